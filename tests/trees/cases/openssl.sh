# packages: openssl
# limit: 120
openssl version; seq 100000 > d; for h in md5 sha1 sha256 sha512 sha3-256 blake2b512; do openssl dgst -$h d; done
for c in aes-128-cbc aes-256-gcm aes-256-ctr chacha20 camellia-128-cbc des-ede3-cbc aria-128-cbc; do case $c in *gcm) continue ;; esac; openssl enc -$c -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 00112233445566778899aabbccddeeff -in d 2> /dev/null | md5sum; done
openssl genrsa -out k 2048 2> /dev/null; openssl rsa -in k -check -noout; openssl dgst -sha256 -sign k -out s d; openssl rsa -in k -pubout -out p 2> /dev/null; openssl dgst -sha256 -verify p -signature s d
openssl ecparam -name prime256v1 -genkey -noout -out ek; openssl dgst -sha256 -sign ek -out es d; openssl ec -in ek -pubout -out ep 2> /dev/null; openssl dgst -sha256 -verify ep -signature es d; openssl genpkey -algorithm ed25519 -out ed && openssl pkey -in ed -pubout -out edp && openssl pkeyutl -sign -inkey ed -rawin -in d -out eds && openssl pkeyutl -verify -pubin -inkey edp -rawin -in d -sigfile eds
openssl req -x509 -newkey rsa:2048 -nodes -keyout sk -out sc -subj /CN=localhost -days 30 2> /dev/null; openssl x509 -in sc -noout -subject; openssl verify -CAfile sc sc
openssl s_server -accept 127.0.0.1:14433 -key sk -cert sc -www -quiet > /dev/null 2>&1 & p=$!
sleep 1; for i in 1 2 3 4 5 6 7 8 9; do (printf 'GET / HTTP/1.0\r\n\r\n'; sleep 2) | openssl s_client -connect 127.0.0.1:14433 -CAfile sc -quiet -no_ign_eof > o 2> e && break; sleep 1; done
grep -c 'HTTP/1.0 200' o; grep -c 'verify return:1' e; kill $p; wait $p 2> /dev/null
openssl speed -seconds 1 -evp aes-128-gcm > sp 2>&1; grep -c AES-128-GCM sp; openssl prime 1000000007; printf abc | openssl base64; openssl rand -hex 8 | wc -c; openssl pkcs12 -export -inkey sk -in sc -passout pass:x -out p12 && openssl pkcs12 -in p12 -passin pass:x -nodes 2> /dev/null | grep -c BEGIN
