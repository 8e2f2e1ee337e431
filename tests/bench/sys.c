/* Memory functions of libc, system calls, signals, processes, threads. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

static char buf1[1 << 16], buf2[1 << 16];

static uint64_t b_memcpy(unsigned reps)
{
    uint64_t s = 0;
    for (unsigned i = 0; i < reps * 640000u; i++) {
        size_t n = 16 + (i * 37u & 1023);
        buf1[i & 4095] = (char) i;
        memcpy(buf2 + (i & 63), buf1 + (i & 127), n);
        s += (uint8_t) buf2[(i & 63) + n / 2];
    }
    return s;
}

/* Strings of 0 to 511 bytes, the end moving. */
static uint64_t b_strlen(unsigned reps)
{
    uint64_t s = 0;
    memset(buf1, 'x', sizeof(buf1));
    for (unsigned i = 0; i < reps * 1000000u; i++) {
        size_t n = i * 61u & 511;
        buf1[n] = 0;
        s += strlen(buf1);
        buf1[n] = 'x';
    }
    return s;
}

static uint64_t b_memchr(unsigned reps)
{
    uint64_t s = 0;
    memset(buf1, 'x', sizeof(buf1));
    for (unsigned i = 0; i < reps * 1000000u; i++) {
        size_t n = i * 61u & 511;
        buf1[n] = 'y';
        s += (size_t) ((char *) memchr(buf1, 'y', sizeof(buf1)) - buf1);
        buf1[n] = 'x';
    }
    return s;
}

static uint64_t b_strcmp(unsigned reps)
{
    uint64_t s = 0;
    memset(buf1, 'x', sizeof(buf1));
    for (unsigned i = 0; i < reps * 1000000u; i++) {
        size_t n = i * 61u & 511;
        buf1[n] = 0;
        s += (unsigned) (strcmp(buf1, buf1 + 1024) > 0) + n;
        buf1[n] = 'x';
    }
    return s;
}

static uint64_t getppid_loop(unsigned reps)
{
    uint64_t s = 0;
    for (unsigned i = 0; i < reps * 100000u; i++)
        s += syscall(SYS_getppid) > 0;
    return s;
}

static volatile unsigned hits;

static void on_signal(int sig)
{
    hits += (unsigned) sig;
}

static uint64_t signals(unsigned reps)
{
    signal(SIGUSR1, on_signal);
    for (unsigned i = 0; i < reps * 10000u; i++)
        raise(SIGUSR1);
    return hits / SIGUSR1;
}

static uint64_t fork_wait(unsigned reps)
{
    uint64_t s = 0;
    for (unsigned i = 0; i < reps * 150; i++) {
        pid_t p = fork();
        if (!p)
            _exit(3);
        int st;
        waitpid(p, &st, 0);
        s += (unsigned) WEXITSTATUS(st);
    }
    return s;
}

static void *thread_one(void *p)
{
    return p;
}

static uint64_t threads(unsigned reps)
{
    uint64_t s = 0;
    for (unsigned i = 0; i < reps * 600; i++) {
        pthread_t t;
        void *r;
        pthread_create(&t, NULL, thread_one, (void *) (uintptr_t) i);
        pthread_join(t, &r);
        s += (uintptr_t) r;
    }
    return s;
}

static uint64_t counter;
static unsigned per_thread;

static void *count(void *p)
{
    for (unsigned i = 0; i < per_thread; i++)
        __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
    return p;
}

static uint64_t atomics(unsigned reps)
{
    pthread_t t[2];
    per_thread = reps * 300000u;
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, count, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return counter;
}

const Bench bench_mem[] = {
    {"memcpy", "memory functions", b_memcpy}, {"strlen", "memory functions", b_strlen},
    {"memchr", "memory functions", b_memchr}, {"strcmp", "memory functions", b_strcmp}, {0}};
const Bench bench_sys[] = {{"getppid", "system calls", getppid_loop},
                           {"signals", "signals", signals},
                           {"fork", "processes", fork_wait},
                           {"threads", "threads", threads},
                           {"atomics", "threads", atomics},
                           {0}};
