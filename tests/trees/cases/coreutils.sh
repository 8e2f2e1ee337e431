# packages: coreutils
seq 1 1000 | sort -R --random-source=/etc/passwd | sort -n | md5sum
seq 1 3000 | sha256sum; seq 3000 | b2sum; seq 3000 | sha512sum; seq 3000 | cksum; seq 3000 | sum
printf 'b 2\na 10\nc 1\n' | sort -k2n | paste -sd, | tr ' ' _
seq 10 | shuf --random-source=/etc/passwd | sort -g | head -3; seq 20 | split -l 6 - part.; wc -l part.*
mkdir -p d/e; touch -d '2020-02-03 04:05:06 UTC' d/f; ln -s f d/l; ln d/f d/h; stat -c '%n %s %h %F %a' d/f d/l d/e
ls -l --time-style=+%F d | cut -d" " -f1,2,3,4; TZ=UTC date -d @1234567890; date -u -d '2024-02-29 +1 year' +%F
cp -a d d2; mv d2 d3; find d3 | sort; rm -r d3; du -s --apparent-size d | cut -f2; df / > /dev/null; echo $?
echo 'hello world' | base64 | base64 -d | od -An -tx1; factor 1234567890123456789; expr 6 \* 7; numfmt --to=iec 123456789
yes | head -c 100000 | tee t1 | wc -c; cmp t1 t1 && echo same; dd if=/dev/zero bs=4k count=25 2> /dev/null | md5sum
comm -12 part.aa part.aa | wc -l
timeout 0.2 sleep 5; echo $?; nice -n 5 nice; env -i A=1 env; printf '%s\n' x y | tac; cut -c2- part.ab; fold -w 3 part.ac
truncate -s 1M big; stat -c %s big; realpath ./d/l; basename /a/b.c .c; test 10 -gt 9 && echo gt; tsort <<X
a b
b c
X
