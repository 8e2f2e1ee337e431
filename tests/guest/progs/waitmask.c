// Calls that wait with a mask of their own: the handler's mask, the mask afterwards, the order of
// two signals that are let in at once.
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

static char text[4096];
static int len;

static void show_mask(const char *what)
{
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    len += snprintf(text + len, sizeof text - len, "%s:", what);
    for (int s = 1; s < 32; s++)
        if (sigismember(&now, s))
            len += snprintf(text + len, sizeof text - len, " %d", s);
    len += snprintf(text + len, sizeof text - len, "\n");
}

static void handler(int sig)
{
    char name[32];
    snprintf(name, sizeof name, "  in handler of %d", sig);
    show_mask(name);
    snprintf(name, sizeof name, "  end of handler of %d", sig);
    show_mask(name);
}

static void set_of(sigset_t *s, int a, int b, int c)
{
    sigemptyset(s);
    if (a)
        sigaddset(s, a);
    if (b)
        sigaddset(s, b);
    if (c)
        sigaddset(s, c);
}

static int wait_in(int kind, const sigset_t *mask)
{
    struct timespec soon = {5, 0};
    struct epoll_event ev;
    int ep, r;
    switch (kind) {
    case 0:
        return sigsuspend(mask);
    case 1:
        return ppoll(NULL, 0, &soon, mask);
    case 2:
        return pselect(0, NULL, NULL, NULL, &soon, mask);
    default:
        ep = epoll_create1(0);
        r = epoll_pwait(ep, &ev, 1, 5000, mask);
        close(ep);
        return r;
    }
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler};
    sigset_t blocked, mask;
    set_of(&sa.sa_mask, SIGWINCH, SIGSEGV, 0);
    sigaction(SIGUSR1, &sa, NULL);
    sigaction(SIGUSR2, &sa, NULL);
    set_of(&blocked, SIGUSR1, SIGUSR2, SIGHUP);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    for (int kind = 0; kind < 4; kind++) {
        show_mask("one signal");
        raise(SIGUSR1);
        set_of(&mask, SIGTERM, SIGUSR2, SIGILL);
        int r = wait_in(kind, &mask);
        len += snprintf(text + len, sizeof text - len, "result %d: %m\n", r);
        show_mask("two signals");
        raise(SIGUSR1);
        raise(SIGUSR2);
        set_of(&mask, SIGTERM, 0, 0);
        r = wait_in(kind, &mask);
        len += snprintf(text + len, sizeof text - len, "result %d: %m\n", r);
        show_mask("after");
        fputs(text, stdout);
        len = 0;
    }
    struct timespec none = {0, 0};
    set_of(&mask, SIGTERM, 0, 0);
    printf("nothing: %d\n", ppoll(NULL, 0, &none, &mask));
    alarm(0);
    raise(SIGUSR1);
    set_of(&mask, SIGUSR2, 0, 0);
    sigprocmask(SIG_SETMASK, &mask, NULL); /* delivered here, with the ordinary mask */
    show_mask("end");
    fputs(text, stdout);
    return 0;
}
