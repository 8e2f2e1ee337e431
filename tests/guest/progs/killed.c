// Processes on the same memory (CLONE_VM without CLONE_THREAD) that are killed in the middle of a
// loop: nobody may wait for them afterwards, neither for code changes nor for LL/SC pairs.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int started;
static uint64_t word, other;

static int spin(void *arg)
{
    for (;;)
        started = started + 1;
    return 0;
}

/* On the guest a pair with a load between its halves; natively anything that counts. */
static void pair(void)
{
#ifdef __aarch64__
    uint64_t v, x;
    unsigned fail;
    __asm__ volatile("1: ldxr %0, %3; ldr %1, %4; add %0, %0, #1; stxr %w2, %0, %3; cbnz %w2, 1b"
                     : "=&r"(v), "=&r"(x), "=&r"(fail), "+Q"(word)
                     : "m"(other));
#else
    word++;
#endif
}

static pid_t start(char *stack)
{
    started = 0;
    pid_t p = clone(spin, stack + 65536, CLONE_VM | SIGCHLD, NULL);
    while (started < 1000)
        ;
    return p;
}

int main(void)
{
    char *stack = malloc(65536);
    for (int i = 0; i < 60; i++) {
        int st;
        pid_t p = start(stack);
        pair();
        kill(p, SIGKILL);
        if (i & 1) { /* a zombie must not be waited for either */
            siginfo_t si;
            waitid(P_PID, p, &si, WEXITED | WNOWAIT);
            pair();
        }
        waitpid(p, &st, 0);
        pair();
        if (!WIFSIGNALED(st) || WTERMSIG(st) != SIGKILL)
            printf("status %x\n", st);
    }
    printf("%d pairs\n", (int) word);
    return 0;
}
