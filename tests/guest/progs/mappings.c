/* Memory calls: protections, fixed and moved mappings, brk, execution of data, file mappings. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static sigjmp_buf env;
static volatile int code;
static void *volatile addr;

static void on_segv(int sig, siginfo_t *si, void *uc)
{
    code = si->si_code;
    addr = si->si_addr;
    siglongjmp(env, sig);
}

static int touch(volatile char *p, int write)
{
    int sig = sigsetjmp(env, 1);
    if (sig)
        return sig * 100 + code * 10 + (addr == p);
    if (write)
        *p = 1;
    else
        (void) *p;
    return 0;
}

static int call(void *p)
{
    int sig = sigsetjmp(env, 1);
    if (sig)
        return sig * 100 + code * 10 + (addr == p);
    ((void (*)(void)) p)();
    return 0;
}

static char *map(size_t n, int prot)
{
    return mmap(NULL, n, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void protections(void)
{
    char *p = map(8192, PROT_READ | PROT_WRITE);
    printf("rw %d %d\n", touch(p, 0), touch(p, 1));
    mprotect(p, 4096, PROT_READ);
    printf("r %d %d, next page %d\n", touch(p, 0), touch(p, 1), touch(p + 4096, 1));
    mprotect(p, 4096, PROT_NONE);
    printf("none %d %d\n", touch(p, 0), touch(p, 1));
    munmap(p, 4096);
    printf("gone %d %d\n", touch(p, 0), touch(p, 1));
    printf("null %d %d\n", touch((char *) 16, 0), touch((char *) 16, 1));
    printf("exec data %d\n", call(p + 4096));
    printf("exec nothing %d\n", call(p));
    mprotect(p + 4096, 4096, PROT_READ | PROT_EXEC);
    printf("exec page written %d\n", touch(p + 4096, 1));
    munmap(p + 4096, 4096);
}

static void fixed(void)
{
    char *p = map(3 * 4096, PROT_READ | PROT_WRITE);
    p[0] = 1, p[4096] = 2, p[8192] = 3;
    char *q = mmap(p + 4096, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    printf("fixed %d: %d %d %d\n", q == p + 4096, p[0], p[4096], p[8192]);
    q = mmap(p, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | 0x100000, -1, 0);
    printf("noreplace %d %s\n", q == MAP_FAILED, strerror(errno));
    q = mmap((void *) 0x7ffffffff0000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
             -1, 0);
    printf("too high %d %s\n", q == MAP_FAILED, strerror(errno));
    q = mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("empty %d %s\n", q == MAP_FAILED, strerror(errno));
    int r = munmap(p + 1, 4096);
    printf("munmap odd %d %s\n", r, strerror(errno));
    munmap(p, 3 * 4096);
}

static void moved(void)
{
    char *p = map(4096, PROT_READ | PROT_WRITE), *hole = map(64 * 4096, PROT_NONE);
    strcpy(p, "moved");
    munmap(hole, 64 * 4096);
    char *q = mremap(p, 4096, 16 * 4096, MREMAP_MAYMOVE);
    printf("mremap '%s' end %d\n", q, q[15 * 4096]);
    char *r = mremap(q, 16 * 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, hole);
    printf("fixed %d '%s' old %d\n", r == hole, r, q == r ? 1121 : touch(q, 0));
    munmap(r, 4096);
}

static void breaks(void)
{
    char *b = (char *) syscall(SYS_brk, 0);
    char *up = (char *) syscall(SYS_brk, b + 3 * 4096);
    printf("brk up %d\n", up == b + 3 * 4096);
    up[-1] = 5;
    printf("brk down %d\n", (char *) syscall(SYS_brk, b) == b);
    up = (char *) syscall(SYS_brk, b + 3 * 4096);
    printf("brk cleared %d\n", up[-1]);
    printf("brk refused %d\n", (char *) syscall(SYS_brk, (char *) 4096) == up);
    syscall(SYS_brk, b);
}

static void files(void)
{
    FILE *f = tmpfile();
    int fd = fileno(f);
    (void) !ftruncate(fd, 4096);
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    strcpy(p, "file");
    char back[8] = "";
    (void) !pread(fd, back, 5, 0);
    printf("shared '%s' past end %d\n", back, touch(p + 4096, 0));
    char *q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    q[0] = 'F';
    printf("private %s %s\n", p, q);
    char *bad = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0);
    printf("bad fd %d %s\n", bad == MAP_FAILED, strerror(errno));
    madvise(q, 4096, MADV_DONTNEED);
    printf("dropped %s\n", q);
}

static int deep(int n)
{
    volatile char a[4096];
    a[0] = (char) n;
    return n ? deep(n - 1) + a[0] - (char) n : 1;
}

int main(void)
{
    struct sigaction sa = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    protections();
    fixed();
    moved();
    breaks();
    files();
    printf("stack grows %d\n", deep(1000));
    return 0;
}
