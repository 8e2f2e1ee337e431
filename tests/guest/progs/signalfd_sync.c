// Signals that are exceptions elsewhere, sent by kill() while blocked: poll, epoll and read of a
// signalfd see them, no call is interrupted by them, and what is left over comes when it is
// unblocked.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
static volatile int got[65];

static void handler(int sig)
{
    got[sig]++;
}

/* Sends `sig` in a while, from a child. */
static pid_t later(int sig)
{
    pid_t to = getpid(), p = fork();
    if (p == 0) {
        usleep(30000);
        kill(to, sig);
        _exit(0);
    }
    return p;
}

static void one(int fd, int ep, int sig)
{
    struct signalfd_siginfo si = {0};
    struct pollfd p = {fd, POLLIN, 0};
    struct epoll_event ev = {0};
    sigset_t pending;
    kill(getpid(), sig);
    sigpending(&pending);
    int was = sigismember(&pending, sig);
    int n = poll(&p, 1, 1000), e = epoll_wait(ep, &ev, 1, 1000);
    ssize_t r = read(fd, &si, sizeof si);
    sigpending(&pending);
    printf("%d: pending %d, poll %d, epoll %d, read %zd of %d by %s code %d, pending %d\n", sig,
           was, n, e, r, (int)si.ssi_signo, si.ssi_pid == (unsigned)getpid() ? "me" : "?",
           si.ssi_code, sigismember(&pending, sig));
}

static void waiting(int fd, int ep, int sig)
{
    struct signalfd_siginfo si = {0};
    struct epoll_event ev = {0};
    pid_t p = later(sig);
    int e = epoll_wait(ep, &ev, 1, -1);
    ssize_t r = read(fd, &si, sizeof si);
    printf("%d came: epoll %d, read %zd of %d by %s\n", sig, e, r, (int)si.ssi_signo,
           si.ssi_pid == (unsigned)p ? "child" : "?");
    waitpid(p, NULL, 0);
    p = later(sig);
    r = read(fd, &si, sizeof si);
    printf("%d read: %zd of %d\n", sig, r, (int)si.ssi_signo);
    waitpid(p, NULL, 0);
}

int main(void)
{
    sigset_t set, none;
    struct sigaction sa = {.sa_handler = handler};
    sigemptyset(&set);
    sigemptyset(&none);
    for (int i = 0; i < 5; i++) {
        sigaddset(&set, sigs[i]);
        sigaction(sigs[i], &sa, NULL);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, 0), ep = epoll_create1(0);
    struct epoll_event ev = {EPOLLIN, {0}};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
    for (int i = 0; i < 5; i++) {
        one(fd, ep, sigs[i]);
        waiting(fd, ep, sigs[i]);
    }
    /* Not asked for: a poll of nothing is not interrupted, unless its mask lets the signal in. */
    kill(getpid(), SIGSEGV);
    kill(getpid(), SIGFPE);
    struct timespec t = {0, 20000000};
    int a = ppoll(NULL, 0, &t, NULL), b = ppoll(NULL, 0, &t, &set);
    printf("asleep %d %d, handled %d\n", a, b, got[SIGSEGV]);
    sigdelset(&set, SIGFPE);
    a = ppoll(NULL, 0, &t, &set);
    printf("let in %d %s, handled %d %d\n", a, a < 0 && errno == EINTR ? "EINTR" : "", got[SIGFPE],
           got[SIGSEGV]);
    sigprocmask(SIG_SETMASK, &none, NULL);
    printf("unblocked: %d %d\n", got[SIGFPE], got[SIGSEGV]);
    return 0;
}
