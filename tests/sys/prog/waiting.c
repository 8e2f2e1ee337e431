/* Waiting on descriptors: poll, select, epoll, eventfd, timerfd, signalfd, inotify. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include "t.h"

static void polls(void)
{
    int p[2];
    pipe(p);
    struct pollfd f[3] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {-1, POLLIN, 7}};
    R(poll(f, 3, 0));
    printf("%x %x %x\n", f[0].revents, f[1].revents, f[2].revents);
    R(write(p[1], "x", 1));
    R(poll(f, 3, -1));
    printf("%x %x %x\n", f[0].revents, f[1].revents, f[2].revents);
    f[0].fd = 999;
    R(poll(f, 1, 0));
    printf("%x\n", f[0].revents);
    struct timespec ts = {0, 1000000};
    f[0].fd = -1;
    R(ppoll(f, 1, &ts, NULL));
    ts.tv_nsec = -1;
    R(ppoll(f, 1, &ts, NULL));
    fd_set r, w;
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_SET(p[0], &r);
    FD_SET(p[1], &w);
    struct timeval tv = {1, 0};
    R(select(p[1] + 1, &r, &w, NULL, &tv));
    T(FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w));
    FD_SET(900, &r);
    R(select(901, &r, NULL, NULL, &tv));
    R(select(-1, NULL, NULL, NULL, &tv));
    close(p[1]);
    f[0] = (struct pollfd){p[0], POLLIN, 0};
    R(poll(f, 1, 0));
    printf("%x\n", f[0].revents);
}

static void epolls(void)
{
    int ep = epoll_create1(EPOLL_CLOEXEC), p[5][2];
    T(ep >= 0);
    R(epoll_create1(1));
    struct epoll_event ev, got[8];
    for (int i = 0; i < 5; i++) {
        pipe(p[i]);
        ev = (struct epoll_event){EPOLLIN, {.u64 = 0xabcdef0000000000ull + i}};
        R(epoll_ctl(ep, EPOLL_CTL_ADD, p[i][0], &ev));
    }
    R(epoll_ctl(ep, EPOLL_CTL_ADD, p[0][0], &ev));
    R(epoll_ctl(ep, EPOLL_CTL_MOD, 999, &ev));
    R(epoll_wait(ep, got, 8, 0));
    for (int i = 0; i < 5; i += 2)
        write(p[i][1], "x", 1);
    int n = epoll_wait(ep, got, 8, -1);
    R(n);
    for (int i = 0; i < n; i++)
        printf("%x %llx\n", got[i].events, (unsigned long long)got[i].data.u64);
    R(epoll_wait(ep, got, 2, 0));
    R(epoll_wait(ep, got, 0, 0));
    ev = (struct epoll_event){EPOLLIN | EPOLLET | EPOLLONESHOT, {.u64 = 1}};
    R(epoll_ctl(ep, EPOLL_CTL_MOD, p[0][0], &ev));
    R(epoll_ctl(ep, EPOLL_CTL_DEL, p[2][0], NULL));
    R(epoll_wait(ep, got, 8, 0));
    R(epoll_wait(ep, got, 8, 0));
    struct timespec ts = {0, 1000000};
    n = syscall(SYS_epoll_pwait2, ep, got, 8, &ts, NULL, 0);
    R(n);
    R(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev));
}

static void counters(void)
{
    uint64_t v = 7;
    int e = eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE);
    R(write(e, &v, 8));
    R(read(e, &v, 8));
    R(v);
    R(read(e, &v, 4));
    R(eventfd(0, 0x1000));
    int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec it = {{0, 0}, {0, 2000000}}, old;
    R(read(t, &v, 8));
    R(timerfd_settime(t, 0, &it, &old));
    R(old.it_value.tv_sec);
    struct pollfd f = {t, POLLIN, 0};
    R(poll(&f, 1, 5000));
    R(read(t, &v, 8));
    R(v);
    R(timerfd_gettime(t, &old));
    R(old.it_value.tv_nsec);
    it.it_value.tv_nsec = 1000000000;
    R(timerfd_settime(t, 0, &it, NULL));
    R(timerfd_create(77, 0));
}

static void signals(void)
{
    sigset_t s;
    struct signalfd_siginfo si;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigaddset(&s, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &s, NULL);
    int fd = signalfd(-1, &s, SFD_NONBLOCK);
    R(read(fd, &si, sizeof si));
    kill(getpid(), SIGUSR1);
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 42});
    R(read(fd, &si, sizeof si));
    printf("signo %u code %d pid %d\n", si.ssi_signo, si.ssi_code,
           si.ssi_pid == (unsigned)getpid());
    R(read(fd, &si, sizeof si));
    printf("signo %d int %d\n", (int)si.ssi_signo - SIGRTMIN, si.ssi_int);
    R(read(fd, &si, 10));
}

static void watches(void)
{
    char b[512];
    int fd = inotify_init1(IN_NONBLOCK);
    R(inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE));
    R(inotify_add_watch(fd, "none", IN_CREATE));
    R(read(fd, b, sizeof b));
    close(creat("seen", 0600));
    unlink("seen");
    int n = read(fd, b, sizeof b);
    for (int at = 0; at < n;) {
        struct inotify_event *e = (void *)(b + at);
        printf("%x %s\n", e->mask, e->len ? e->name : "");
        at += sizeof *e + e->len;
    }
    R(inotify_rm_watch(fd, 1));
    R(inotify_rm_watch(fd, 9));
}

int main(void)
{
    enter_tmp();
    polls();
    epolls();
    counters();
    signals();
    watches();
    leave_tmp();
}
