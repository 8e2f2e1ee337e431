// Threads in waves, more at a time than a runner may keep memory for: each finds fresh thread-local
// data and a whole stack, also after others have ended, after vfork children, and in forked children.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAVE = 40 };

static __thread unsigned mine[64];
static volatile int handled;
static pthread_barrier_t all_there;

static unsigned deep(unsigned n)
{
    volatile char pad[512];
    memset((char *) pad, (int) n, sizeof pad);
    return n ? deep(n - 1) + (unsigned char) pad[n & 511] : 0;
}

static void on_signal(int sig)
{
    __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void *work(void *p)
{
    unsigned long n = (unsigned long) p, sum = 0;
    double x = (double) n;
    for (int i = 0; i < 64; i++) {
        sum += mine[i]; /* must be 0 */
        mine[i] = (unsigned) n + 1;
    }
    pthread_barrier_wait(&all_there);
    raise(SIGUSR1);
    sigset_t left;
    pthread_sigmask(SIG_BLOCK, NULL, &left);
    sum += sigismember(&left, SIGUSR2) ? 1000000 : 0;
    sigaddset(&left, SIGUSR2); /* dies with the thread */
    pthread_sigmask(SIG_SETMASK, &left, NULL);
    return (void *) (sum + deep(40) + (unsigned long) (x * 2.0));
}

static unsigned long wave(int count)
{
    pthread_t t[WAVE];
    unsigned long total = 0;
    pthread_barrier_init(&all_there, NULL, (unsigned) count);
    for (long i = 0; i < count; i++)
        pthread_create(&t[i], NULL, work, (void *) i);
    for (int i = 0; i < count; i++) {
        void *r;
        pthread_join(t[i], &r);
        total += (unsigned long) r;
    }
    return total;
}

static int status_of(pid_t p)
{
    int st = 0;
    waitpid(p, &st, 0);
    return WIFEXITED(st) ? WEXITSTATUS(st) : 256 + WTERMSIG(st);
}

int main(void)
{
    signal(SIGUSR1, on_signal);
    for (int round = 0; round < 6; round++) {
        printf("wave %d: %lu\n", round, wave(round & 1 ? 3 : WAVE));
        pid_t v = vfork();
        if (!v) {
            if (round & 1)
                kill(getpid(), SIGKILL);
            _exit(round);
        }
        printf("vfork: %d\n", status_of(v));
    }
    fflush(stdout);
    pid_t p = fork();
    if (!p) {
        printf("in a child: %lu\n", wave(WAVE) + wave(2));
        fflush(stdout);
        _exit(7);
    }
    printf("child: %d\n", status_of(p));
    printf("handled %d\n", handled);
    return 0;
}
