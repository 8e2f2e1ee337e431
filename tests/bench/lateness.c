/*
 * How late signals of another thread reach their handler while a program blocks or computes: the
 * latest of 200, by call. Built for the guest and natively, run in turn:
 *
 *     aarch64-linux-gnu-gcc -O2 -static -pthread tests/bench/lateness.c -o late
 *     build/linux-user/ferry ./late
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile long sent, worst, seen;
static int fds[2], pair[2], ep;
static sem_t sem;

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}
static void handler(int s)
{
    long late = now() - sent;
    if (late > worst)
        worst = late;
    seen++;
}
static void b_read(void)
{
    char c;
    if (read(fds[0], &c, 1) >= 0)
        abort();
}
static void b_poll(void)
{
    struct pollfd p = {fds[0], POLLIN, 0};
    poll(&p, 1, 1000);
}
static void b_select(void)
{
    fd_set s;
    FD_ZERO(&s);
    FD_SET(fds[0], &s);
    struct timeval t = {1, 0};
    select(fds[0] + 1, &s, 0, 0, &t);
}
static void b_epoll(void)
{
    struct epoll_event e;
    epoll_wait(ep, &e, 1, 1000);
}
static void b_nanosleep(void)
{
    struct timespec t = {1, 0};
    nanosleep(&t, 0);
}
static void b_recv(void)
{
    char c;
    recv(pair[0], &c, 1, 0);
}
static void b_sem(void)
{
    sem_wait(&sem);
}
static void b_pause(void)
{
    pause();
}
static void b_wait(void)
{
    waitpid(-1, 0, 0);
}
static void b_loop(void)
{
    long n = seen;
    while (seen == n)
        ;
}

static pthread_t target;
static volatile int stop;
enum { GAP_NS = 3000000 };
/* Sends one after the other, each when the one before has been seen or is overdue. */
static void *sender(void *a)
{
    while (!stop) {
        long n = seen;
        struct timespec t = {0, GAP_NS + rand() % 2000000};
        nanosleep(&t, 0);
        sent = now();
        pthread_kill(target, SIGUSR1);
        for (int k = 0; k < 200000 && seen == n && !stop; k++) {
            struct timespec z = {0, 20000};
            nanosleep(&z, 0);
        }
    }
    return 0;
}
int main(void)
{
    static const struct {
        const char *name;
        void (*f)(void);
    } calls[] = {{"read", b_read},        {"poll", b_poll},           {"select", b_select},
                 {"epoll_wait", b_epoll}, {"nanosleep", b_nanosleep}, {"recv", b_recv},
                 {"futex", b_sem},        {"pause", b_pause},         {"wait4", b_wait},
                 {"a loop", b_loop}};
    struct sigaction sa = {.sa_handler = handler};
    sigaction(SIGUSR1, &sa, 0);
    pipe(fds);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    sem_init(&sem, 0, 0);
    ep = epoll_create1(0);
    struct epoll_event e = {.events = EPOLLIN};
    epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e);
    pid_t child = fork();
    if (!child) {
        pause();
        _exit(0);
    }
    target = pthread_self();
    for (unsigned k = 0; k < sizeof calls / sizeof *calls; k++) {
        pthread_t t;
        seen = worst = 0;
        stop = 0;
        pthread_create(&t, 0, sender, 0);
        while (seen < 200)
            calls[k].f();
        stop = 1;
        pthread_join(t, 0);
        printf("%-12s %ld signals, the latest %ld us\n", calls[k].name, seen, worst / 1000);
    }
    kill(child, SIGKILL);
    return 0;
}
