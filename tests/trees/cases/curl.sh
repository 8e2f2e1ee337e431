# packages: curl python3
seq 50000 > data; python3 -m http.server 18080 --bind 127.0.0.1 > /dev/null 2>&1 & p=$!
for i in 1 2 3 4 5 6 7 8 9; do sleep 1; curl -sf http://127.0.0.1:18080/ > /dev/null && break; done
curl -s http://127.0.0.1:18080/data | md5sum; curl -s -r 0-99 -o part -w '%{http_code} %{size_download}\n' http://127.0.0.1:18080/data; curl -sI http://localhost:18080/none | head -1; curl -s file://$PWD/data | wc -c
curl -s -S -Z http://127.0.0.1:18080/data http://127.0.0.1:18080/data -o a -o b 2> /dev/null; cmp a b && echo parallel; kill $p; wait $p 2> /dev/null; curl -s http://127.0.0.1:18081/; echo $?; curl --version | head -1 | cut -d' ' -f1,2
