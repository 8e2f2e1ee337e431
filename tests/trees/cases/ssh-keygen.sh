# packages: openssh-client
for t in rsa ecdsa ed25519; do ssh-keygen -q -t $t -N '' -f k$t -C c; ssh-keygen -lf k$t.pub | cut -d' ' -f1,3-; echo text > m; ssh-keygen -q -Y sign -f k$t -n file m 2> /dev/null; ssh-keygen -Y check-novalidate -n file -s m.sig < m | cut -d' ' -f1-4; rm m.sig; done; ssh -V 2>&1 | cut -d, -f2
