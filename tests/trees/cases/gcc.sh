# packages: gcc libc6-dev binutils
# limit: 120
cat > m.c <<'X'
#include <stdio.h>
#include <stdlib.h>
int add(int, int);
static int cmp(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(void) { int v[1000]; for (int i = 0; i < 1000; i++) v[i] = add(i * 7919 % 1009, 1); qsort(v, 1000, sizeof *v, cmp); printf("%d %d %d\n", v[0], v[500], v[999]); return add(1, 2); }
X
cat > a.c <<'X'
int add(int a, int b) { return a + b; }
X
for o in -O0 -O2 "-O2 -flto" "-O3 -g" "-O2 -static" "-Os -fPIE -pie" "-O2 -fsanitize=undefined"; do gcc $o -o t m.c a.c && ./t; echo "$o $?"; done
gcc -shared -fPIC -o liba.so a.c && gcc -o t m.c -L. -la -Wl,-rpath,. && ./t; echo $?; gcc -c a.c && ar rc liba.a a.o && nm liba.a | grep -c ' T add'; objdump -d a.o | grep -c '<add>:'; ld -r -o r.o a.o && gcc -o t m.c r.o && ./t; readelf -s t | grep -q ' main$' && echo main; strip t && ./t; echo $?
echo 'int f(void) { return x; }' | gcc -xc - 2>&1 | grep -c error; gcc -E -P -xc - <<X
#define A(x) x##1
A(b)
X
