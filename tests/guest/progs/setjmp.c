/* setjmp, longjmp and deep recursion left by them: the return stack must recover. */
#include <setjmp.h>
#include <stdio.h>

static jmp_buf env;
static int depth_seen;

static __attribute__((noinline)) int dive(int n, int stop)
{
    volatile char pad[32];
    pad[0] = (char) n;
    if (n == stop)
        longjmp(env, n + 1);
    return dive(n + 1, stop) + pad[0];
}

static __attribute__((noinline)) int deep(int n)
{
    volatile int keep = n;
    return n == 0 ? 0 : deep(n - 1) + (keep & 3);
}

int main(void)
{
    for (int i = 0; i < 200; i++) {
        int r = setjmp(env);
        if (!r)
            dive(0, i * 37 % 1000);
        depth_seen += r;
    }
    printf("%d\n", depth_seen);
    for (int i = 1; i < 60000; i *= 3)
        printf("%d %d\n", i, deep(i));
    return 0;
}
