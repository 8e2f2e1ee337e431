# packages: sed
seq 20 | sed -n '2~5{s/.*/[&]/;p}'; echo 'hello world' | sed -E 's/(\w+) (\w+)/\2 \U\1/; y/o/0/'
seq 5 | sed '1!G;h;$!d'; printf 'a\nb\nc\n' > f; sed -i.bak -e '2i\' -e 'inserted' f; cat f f.bak
seq 100000 | sed 's/\([0-9]\)\([0-9]\)/\2\1/g' | md5sum; sed --version | head -1
