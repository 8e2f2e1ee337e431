# packages: gcc libc6-dev binutils
# only: arm64 gold does not know RISC-V
cat > m.c <<'X'
#include <stdio.h>
extern int value; int add(int, int);
int main(void) { printf("%d\n", add(value, 1)); return add(1, 2); }
X
echo 'int value = 41; int add(int a, int b) { return a + b; }' > a.c; ld.gold --version | head -1 | cut -d' ' -f1-2
for o in -O2 "-O2 -static" "-O2 -flto" "-O2 -ffunction-sections -Wl,--gc-sections,--icf=all" "-O2 -Wl,--threads,--thread-count=4"; do gcc $o -fuse-ld=gold -o t m.c a.c && ./t; echo "$o $?"; done
gcc -fuse-ld=gold -fPIC -shared -o liba.so a.c && gcc -fuse-ld=gold -o t m.c ./liba.so && ./t; echo $?; echo 'int main(void) { return nowhere(); }' | gcc -fuse-ld=gold -w -xc - 2>&1 | grep -c undefined
