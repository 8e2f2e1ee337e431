/* Signals as POSIX and Linux describe them: masks, queues, stacks, restarts, siginfo, one-shot. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int log_n;
static int log_v[64];

static void note(int sig)
{
    log_v[log_n++] = sig;
}

static void note_info(int sig, siginfo_t *si, void *uc)
{
    ucontext_t *u = uc;
    log_v[log_n++] = sig;
    log_v[log_n++] = si->si_code;
    log_v[log_n++] = si->si_value.sival_int;
    log_v[log_n++] = sigismember(&u->uc_sigmask, SIGUSR2);
}

static void show(const char *what)
{
    printf("%s:", what);
    for (int i = 0; i < log_n; i++)
        printf(" %d", log_v[i]);
    printf("\n");
    log_n = 0;
}

static void install(int sig, void (*f)(int), int flags)
{
    struct sigaction sa = { .sa_handler = f, .sa_flags = flags };
    sigaction(sig, &sa, NULL);
}

static void masks(void)
{
    sigset_t s, old;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigaddset(&s, SIGUSR2);
    install(SIGUSR1, note, 0);
    install(SIGUSR2, note, 0);
    sigprocmask(SIG_BLOCK, &s, &old);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    show("blocked");
    sigpending(&s);
    printf("pending %d %d\n", sigismember(&s, SIGUSR1), sigismember(&s, SIGUSR2));
    sigprocmask(SIG_SETMASK, &old, NULL);
    show("unblocked");
}

static void nested_handler(int sig)
{
    log_v[log_n++] = sig;
    if (sig == SIGUSR1) {
        raise(SIGUSR2);
        log_v[log_n++] = -1;
        raise(SIGUSR1); /* blocked while we run */
        log_v[log_n++] = -2;
    }
}

static int again;
static void once_more(int sig)
{
    log_v[log_n++] = sig;
    if (!again++)
        raise(sig);
    log_v[log_n++] = -sig;
}

static void handlers(void)
{
    install(SIGUSR1, nested_handler, 0);
    install(SIGUSR2, nested_handler, 0);
    install(SIGUSR1, nested_handler, SA_RESETHAND | SA_NODEFER);
    struct sigaction sa;
    raise(SIGUSR2);
    install(SIGUSR1, once_more, SA_NODEFER);
    raise(SIGUSR1);
    again = 0;
    install(SIGUSR1, once_more, 0);
    raise(SIGUSR1);
    show("nested");
    install(SIGUSR1, note, SA_RESETHAND);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &sa);
    printf("one-shot gone: %d\n", sa.sa_handler == SIG_DFL);
    show("one-shot");
}

static void queued(void)
{
    struct sigaction sa = { .sa_sigaction = note_info, .sa_flags = SA_SIGINFO };
    sigset_t s, old;
    sigemptyset(&s);
    sigaddset(&s, SIGRTMIN + 1);
    sigaddset(&s, SIGRTMIN + 2);
    sigaction(SIGRTMIN + 1, &sa, NULL);
    sigaction(SIGRTMIN + 2, &sa, NULL);
    sigprocmask(SIG_BLOCK, &s, &old);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN + 2 - (i & 1), (union sigval){ .sival_int = 10 + i });
    sigprocmask(SIG_SETMASK, &old, NULL);
    for (int i = 0; i < log_n; i += 4)
        log_v[i] -= SIGRTMIN;
    show("queued");
}

static void waits(void)
{
    sigset_t s, none;
    siginfo_t si;
    sigemptyset(&none);
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    install(SIGUSR1, note, 0);
    sigprocmask(SIG_BLOCK, &s, NULL);
    raise(SIGUSR1);
    int r = sigsuspend(&none);
    printf("sigsuspend %d %d\n", r, errno == EINTR);
    show("suspended");
    raise(SIGUSR1);
    r = sigtimedwait(&s, &si, &(struct timespec){ 1, 0 });
    printf("sigtimedwait %d %d %d\n", r == SIGUSR1, si.si_code == SI_TKILL, si.si_pid == getpid());
    r = sigtimedwait(&s, &si, &(struct timespec){ 0, 1000 });
    printf("timeout %d %d\n", r, errno == EAGAIN);
    sigprocmask(SIG_UNBLOCK, &s, NULL);
    show("none");
}

static int pipe_fd[2];
static void write_pipe(int sig)
{
    note(sig);
    (void) !write(pipe_fd[1], "x", 1);
}

static void restarts(int flags)
{
    char c = 0;
    struct itimerval it = { { 0, 0 }, { 0, 20000 } };
    if (pipe(pipe_fd))
        return;
    install(SIGALRM, write_pipe, flags);
    setitimer(ITIMER_REAL, &it, NULL);
    errno = 0;
    long r = read(pipe_fd[0], &c, 1);
    printf("read %ld errno %d '%c'\n", r, errno, c ? c : '-');
    show("alarm");
    it.it_value.tv_usec = 20000;
    setitimer(ITIMER_REAL, &it, NULL);
    struct timespec ts = { 5, 0 }, left = { 0, 0 };
    r = nanosleep(&ts, &left);
    printf("nanosleep %ld %d %d\n", r, errno == EINTR, left.tv_sec == 4);
    show("alarm");
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

static char alt[65536];
static volatile int on_alt;
static void alt_handler(int sig)
{
    char here;
    stack_t ss;
    sigaltstack(NULL, &ss);
    on_alt = &here > alt && &here < alt + sizeof alt && ss.ss_flags == SS_ONSTACK;
    stack_t other = { .ss_sp = alt, .ss_size = sizeof alt };
    log_v[log_n++] = sigaltstack(&other, NULL) == -1 && errno == EPERM;
}

static void stacks(void)
{
    stack_t ss = { .ss_sp = alt, .ss_size = sizeof alt }, old;
    sigaltstack(&ss, &old);
    printf("was disabled %d\n", old.ss_flags == SS_DISABLE);
    ss.ss_size = 1000;
    printf("small %d\n", sigaltstack(&ss, NULL) == -1 && errno == ENOMEM);
    install(SIGUSR1, alt_handler, SA_ONSTACK);
    raise(SIGUSR1);
    printf("on alternate stack %d\n", on_alt);
    install(SIGUSR1, alt_handler, 0);
    raise(SIGUSR1);
    printf("on normal stack %d\n", !on_alt);
    show("stacks");
}

static void *page;
static volatile int segv_code;
static void fix_page(int sig, siginfo_t *si, void *uc)
{
    segv_code = si->si_code;
    log_v[log_n++] = si->si_addr == (char *) page + 8;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void faults(void)
{
    struct sigaction sa = { .sa_sigaction = fix_page, .sa_flags = SA_SIGINFO };
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &sa, NULL);
    *(volatile int *) ((char *) page + 8) = 42;
    printf("retried %d accerr %d\n", *(int *) ((char *) page + 8), segv_code == SEGV_ACCERR);
    /* Sent, not raised: arrives once, and obeys the mask. */
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGSEGV);
    install(SIGSEGV, note, 0);
    sigprocmask(SIG_BLOCK, &s, NULL);
    kill(getpid(), SIGSEGV);
    show("sent while blocked");
    sigprocmask(SIG_UNBLOCK, &s, NULL);
    show("sent");
}

static int status_of(void (*f)(void))
{
    int st;
    fflush(stdout);
    pid_t p = fork();
    if (p == 0) {
        f();
        _exit(0);
    }
    waitpid(p, &st, 0);
    return WIFSIGNALED(st) ? 1000 + WTERMSIG(st) : WEXITSTATUS(st);
}

static void die_segv(void)
{
    signal(SIGSEGV, SIG_DFL);
    *(volatile int *) 8 = 1;
}
static void die_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *) 8 = 1;
}
static void die_blocked(void)
{
    sigset_t s;
    sigfillset(&s);
    install(SIGSEGV, note, 0);
    sigprocmask(SIG_BLOCK, &s, NULL);
    *(volatile int *) 8 = 1;
}
static void die_term(void)
{
    raise(SIGTERM);
}
static void die_abort(void)
{
    abort();
}
static void live_ignored(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGSEGV, SIG_IGN);
    raise(SIGTERM);
    raise(SIGSEGV);
    raise(SIGCHLD);
}
static void stack_gone(void)
{
    stack_t ss = { .ss_sp = alt, .ss_size = sizeof alt };
    sigaltstack(&ss, NULL);
    install(SIGSEGV, alt_handler, SA_ONSTACK);
    munmap((void *) ((unsigned long) alt & ~4095ul), 65536);
    *(volatile int *) 8 = 1;
}
static void stop_and_go(void)
{
    pid_t me = getpid(), p = fork();
    if (p == 0) {
        usleep(30000);
        kill(me, SIGCONT);
        _exit(0);
    }
    raise(SIGTSTP);
    waitpid(p, NULL, 0);
    _exit(7);
}

static void deaths(void)
{
    printf("deaths %d %d %d %d %d %d %d\n", status_of(die_segv), status_of(die_ignored),
           status_of(die_blocked), status_of(die_term), status_of(die_abort),
           status_of(live_ignored), status_of(stack_gone));
    printf("stopped and continued %d\n", status_of(stop_and_go));
}

static void *target(void *p)
{
    while (!*(volatile int *) p)
        ;
    return NULL;
}
static pthread_t who;
static volatile int right_thread;
static void check_thread(int sig)
{
    right_thread = pthread_equal(pthread_self(), who);
    *(volatile int *) &again = 1;
}

static void threads(void)
{
    again = 0;
    install(SIGUSR1, check_thread, 0);
    pthread_create(&who, NULL, target, &again);
    usleep(10000);
    pthread_kill(who, SIGUSR1);
    pthread_join(who, NULL);
    printf("thread signal %d\n", right_thread);
}

int main(void)
{
    masks();
    handlers();
    queued();
    waits();
    restarts(0);
    restarts(SA_RESTART);
    stacks();
    faults();
    deaths();
    threads();
    return 0;
}
