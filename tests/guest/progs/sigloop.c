/*
 * Signals into loops of every kind and into blocking calls: each one queued is delivered, registers
 * survive, restartable calls restart, others give EINTR.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile int rt_sum, rt_count, usr1;
static pthread_t main_thread;
static sem_t sem;

static void on_rt(int s, siginfo_t *si, void *uc)
{
    /* The kernel gives a signal to either thread, so two handlers can run at once. */
    __atomic_fetch_add(&rt_sum, si->si_value.sival_int, __ATOMIC_RELAXED);
    __atomic_fetch_add(&rt_count, 1, __ATOMIC_RELAXED);
}

static void on_usr1(int s)
{
    usr1++;
}

static void *queuer(void *p)
{
    for (int i = 1; i <= 200; i++) {
        union sigval v = {.sival_int = i};
        while (sigqueue(getpid(), SIGRTMIN + i % 3, v))
            usleep(100);
        if (i % 8 == 0)
            usleep(50);
    }
    return p;
}

static void *poker(void *p)
{
    usleep(20000);
    pthread_kill(main_thread, SIGUSR1);
    return p;
}

static uint64_t spin(uint64_t n)
{
    uint64_t a = 1, b = 2, c = 3;
    double d = 1;
    for (uint64_t i = 0; i < n; i++) {
        a = a * 3 + b;
        b ^= c >> 3;
        c += a;
        d = d * 0.999 + (double) (i & 3);
    }
    return a ^ b ^ c ^ (uint64_t) (d * 1e6);
}

static void blocked(const char *name, int flags, int (*call)(void))
{
    struct sigaction sa = {.sa_handler = on_usr1, .sa_flags = flags};
    sigaction(SIGUSR1, &sa, NULL);
    pthread_t t;
    usr1 = 0;
    pthread_create(&t, NULL, poker, NULL);
    errno = 0;
    int r = call(), e = errno;
    pthread_join(t, NULL);
    printf("%s %s: %d %s signals %d\n", name, flags ? "restart" : "plain", r < 0 ? r : 0,
           r < 0 ? strerror(e) : "-", usr1);
}

static int fds[2];

static void *late_writer(void *p)
{
    usleep(60000);
    write(fds[1], "x", 1);
    return p;
}

static int do_read(void)
{
    char c;
    pthread_t t;
    pthread_create(&t, NULL, late_writer, NULL);
    int r = (int) read(fds[0], &c, 1), e = errno;
    pthread_join(t, NULL);
    if (r < 0)
        read(fds[0], &c, 1);
    errno = e;
    return r;
}

static int do_nanosleep(void)
{
    struct timespec ts = {0, 80000000};
    return nanosleep(&ts, NULL);
}

static int do_poll(void)
{
    return poll(NULL, 0, 80);
}

static int do_select(void)
{
    struct timeval tv = {0, 80000};
    return select(0, NULL, NULL, NULL, &tv);
}

static int do_sem(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += 80000000;
    ts.tv_sec += ts.tv_nsec / 1000000000;
    ts.tv_nsec %= 1000000000;
    int r = sem_timedwait(&sem, &ts);
    return r;
}

static int do_pause(void)
{
    return pause();
}

static int do_suspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    return sigsuspend(&none);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    main_thread = pthread_self();
    struct sigaction sa = {.sa_sigaction = on_rt, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            sigaddset(&sa.sa_mask, SIGRTMIN + j);
        sigaction(SIGRTMIN + i, &sa, NULL);
    }
    uint64_t quiet = spin(3000000);
    pthread_t t;
    pthread_create(&t, NULL, queuer, NULL);
    uint64_t noisy = 0;
    for (int i = 0; i < 20 || rt_count < 200; i++)
        noisy = spin(3000000);
    pthread_join(t, NULL);
    printf("%d %d %s\n", rt_count, rt_sum, quiet == noisy ? "same" : "DIFFERENT");
    pipe(fds);
    sem_init(&sem, 0, 0);
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        blocked("read", flags, do_read);
        blocked("nanosleep", flags, do_nanosleep);
        blocked("poll", flags, do_poll);
        blocked("select", flags, do_select);
        blocked("sem_timedwait", flags, do_sem);
        blocked("pause", flags, do_pause);
        blocked("sigsuspend", flags, do_suspend);
    }
    return 0;
}
