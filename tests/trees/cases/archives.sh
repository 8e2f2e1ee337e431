# packages: tar gzip xz-utils zstd bzip2
mkdir t; cp /etc/passwd /etc/group t; seq 200000 > t/numbers; ln -s numbers t/link; chmod 640 t/group
touch -d @1000000000 t/* t; touch -h -d @1000000000 t/link; tar --sort=name --owner=0 --group=0 --numeric-owner -cf t.tar t; tar tvf t.tar | cut -c1-10,40-; cd t; md5sum numbers; cd ..
md5sum < t/numbers; for c in "gzip -n -9" "gzip -n -1" "bzip2 -9" "xz -6 -T1" "xz -9e -T1" "zstd -19 -T1 -q" "zstd -1 -T1 -q"; do $c -c t/numbers > z; set -- $c; md5sum < z; $1 -dc z | cmp - t/numbers && echo "$c ok"; done
for o in z j J --zstd; do case $o in --*) f=$o ;; *) f=-$o ;; esac; tar $f -cf x.t t; rm -rf u; mkdir u; tar -C u -xf x.t; diff -r t u/t && echo "$o same"; done
xz -T2 -c t/numbers | xz -dc | md5sum; zstd -T2 -q -c t/numbers | zstd -dc | md5sum; head -c 1000 z > broken; zstd -dc broken > /dev/null 2> /dev/null; echo $?
