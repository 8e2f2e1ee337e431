/*
 * Signals reach code that makes no system call in time: a timer of the thread's own processor time
 * fires into loops of every kind, and the handler reads the same clock. None may be late by more
 * than 10 ms, of which the kernel's tick takes up to 4. The clock stands still while the thread
 * does not run, so a busy machine is no excuse; a virtual one that loses time is: a kind of loop
 * fails when a quarter of its signals are late, as all are where a loop has no safepoint.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALS = 12, LATE_NS = 10000000, BIG = 4 << 20 };

static timer_t timer;
static volatile int count, late;
static int64_t due;
static char from[BIG], to[BIG];

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void arm(void)
{
    due = now() + 1000000 + count % 5 * 300000;
    struct itimerspec it = {.it_value = {due / 1000000000, due % 1000000000}};
    timer_settime(timer, TIMER_ABSTIME, &it, NULL);
}

static void on_alarm(int s)
{
    late += now() - due > LATE_NS;
    if (++count < SIGNALS)
        arm();
}

static uint64_t sum(uint64_t n)
{
    uint64_t a = n;
    while (count < SIGNALS)
        a = a * 3 + (a >> 7);
    return a;
}

/* No jump back for a long time: everything is in one block. */
static uint64_t straight(uint64_t a)
{
#define STEP  a = a * 5 + (a >> 3) + 1;
#define STEPS STEP STEP STEP STEP STEP STEP STEP STEP STEP STEP
    while (count < SIGNALS) {
        STEPS STEPS STEPS STEPS STEPS STEPS STEPS STEPS STEPS STEPS
    }
    return a;
}

static uint64_t nested(uint64_t a)
{
    while (count < SIGNALS)
        for (int i = 0; i < 1000; i++)
            for (int k = 0; k < 1000 && count < SIGNALS; k++)
                a += a << 1 ^ k;
    return a;
}

static double floats(double d)
{
    while (count < SIGNALS)
        d = d / 1.0001 + 0.5;
    return d;
}

static __attribute__((noinline)) uint64_t deep(uint64_t n)
{
    return n == 0 || count >= SIGNALS ? n : deep(n - 1) + 1;
}

static uint64_t calls(uint64_t a)
{
    while (count < SIGNALS)
        a += deep(1000);
    return a;
}

static uint64_t add(uint64_t x)
{
    return x + 1;
}
static uint64_t mix(uint64_t x)
{
    return x ^ x << 3;
}

static uint64_t computed(uint64_t a)
{
    static uint64_t (*volatile const f[])(uint64_t) = {add, mix};
    while (count < SIGNALS)
        a = f[a >> 5 & 1](a);
    return a;
}

static uint64_t copies(uint64_t a)
{
    while (count < SIGNALS) {
        memcpy(to, from, BIG);
        memset(from, (int)a++, BIG);
    }
    return a;
}

static uint64_t atomics(uint64_t a)
{
    static uint64_t word;
    while (count < SIGNALS)
        a += __atomic_fetch_add(&word, 1, __ATOMIC_SEQ_CST);
    return a;
}

/* Only stores: the handler is the only one who looks. */
static uint64_t spins(uint64_t a)
{
    static volatile uint64_t word;
    while (count < SIGNALS)
        word = a;
    return word;
}

static void report(const char *name)
{
    printf("%s: %d signals, %s\n", name, count, late < SIGNALS / 4 ? "in time" : "LATE");
    fflush(stdout);
}

#define TRY(f)                                                                                     \
    do {                                                                                           \
        count = late = 0;                                                                          \
        arm();                                                                                     \
        keep += (uint64_t)f(3);                                                                    \
        report(#f);                                                                                \
    } while (0)

int main(void)
{
    struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct sigaction sa = {.sa_handler = on_alarm};
    volatile uint64_t keep = 0;
    sigaction(SIGALRM, &sa, NULL);
    if (timer_create(CLOCK_THREAD_CPUTIME_ID, &e, &timer))
        return 1;
    TRY(sum);
    TRY(straight);
    TRY(nested);
    TRY(floats);
    TRY(calls);
    TRY(computed);
    TRY(copies);
    TRY(atomics);
    TRY(spins);
    return 0;
}
