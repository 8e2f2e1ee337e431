/* Faults with handlers: address, code, going on after siglongjmp; SIGFPE by raise; nested signals;
   alternate stack; signals interrupting system calls with and without restart. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

static sigjmp_buf env;
static volatile uintptr_t addr;
static volatile int code, ticks, on_alt;
static char alt[65536];

static void fault(int s, siginfo_t *si, void *uc)
{
    char here;
    addr = (uintptr_t) si->si_addr;
    code = si->si_code;
    on_alt = &here >= alt && &here < alt + sizeof(alt);
    siglongjmp(env, s);
}

static void tick(int s)
{
    ticks++;
}

int main(void)
{
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof(alt)};
    sigaltstack(&ss, NULL);
    struct sigaction sa = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(p + 4096, 4096, PROT_READ);
    int r = sigsetjmp(env, 1);
    if (!r)
        *(volatile int *) 16 = 1;
    printf("%d %lx %d %d\n", r == SIGSEGV, (long) addr, code, on_alt);
    r = sigsetjmp(env, 1);
    if (!r)
        p[5000] = 1;
    printf("%d %ld %d\n", r == SIGSEGV, (long) (addr - (uintptr_t) p), code);
    r = sigsetjmp(env, 1);
    if (!r)
        ((void (*)(void)) (uintptr_t) 0x1000)();
    printf("%d %lx\n", r == SIGSEGV, (long) addr);
    /* A thousand faults, in space that is surely not accessible. */
    char *hole = mmap(NULL, 1000 * 4096l, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long sum = 0;
    for (int i = 0; i < 1000; i++) {
        if (!sigsetjmp(env, 1))
            sum += *(volatile char *) (hole + i * 4096l);
        else
            sum += 1;
    }
    printf("%d\n", sum == 1000);
    struct sigaction ta = {.sa_handler = tick, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &ta, NULL);
    struct itimerval it = {{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &it, NULL);
    volatile uint64_t x = 1;
    while (ticks < 20)
        x = x * 6364136223846793005ull + 1;
    ta.sa_flags = 0;
    sigaction(SIGALRM, &ta, NULL);
    int fd[2];
    pipe(fd);
    char b;
    ssize_t n = read(fd[0], &b, 1);
    printf("%zd %d\n", n, errno == EINTR);
    memset(&it, 0, sizeof(it));
    setitimer(ITIMER_REAL, &it, NULL);
    puts("end");
    return 0;
}
