# packages: bc
echo 'scale=200; 4*a(1); e(1); l(2); s(1)' | bc -l; echo '2^2000' | bc | md5sum; echo 'define f(n) { if (n < 2) return 1; return n * f(n - 1); } f(150)' | bc
echo 'ibase=16; FF*FF; obase=2; 1F' | bc; printf '20k 2 v p 3 5 ^ p\n' | dc 2> /dev/null || echo 'no dc'; echo '1/0' | bc 2>&1
