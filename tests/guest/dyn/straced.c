/*
 * Calls whose trace is compared with what strace shows of the native program: those that are the
 * same call on every architecture. Between the two marks only the first thread runs; then threads,
 * children and deaths.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void mark(const char *text)
{
    (void)!write(1, text, strlen(text));
}

static void files(void)
{
    char buf[64];
    int p[2], fd = openat(AT_FDCWD, "new\n\"file\"", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    write(fd, "\0\1two\377 and more than what is shown of it", 45);
    lseek(fd, -3, SEEK_CUR);
    read(fd, buf, sizeof buf);
    pread(fd, buf, 3, 2);
    ftruncate(fd, 5);
    fchmod(fd, 01755);
    close(fd);
    close(fd);
    openat(AT_FDCWD, "/no/such", O_DIRECTORY | O_PATH | O_NOFOLLOW);
    mkdirat(AT_FDCWD, "dir", 0755);
    symlinkat("target", AT_FDCWD, "link");
    readlinkat(AT_FDCWD, "link", buf, sizeof buf);
    syscall(SYS_renameat2, AT_FDCWD, "link", AT_FDCWD, "dir", RENAME_NOREPLACE);
    unlinkat(AT_FDCWD, "link", 0);
    unlinkat(AT_FDCWD, "dir", AT_REMOVEDIR);
    unlinkat(AT_FDCWD, "new\n\"file\"", 0);
    pipe2(p, O_NONBLOCK | O_CLOEXEC);
    read(p[0], buf, 1);
    fcntl(p[0], F_GETFL);
    fcntl(p[0], F_SETFL, O_RDONLY);
    dup3(p[0], 50, O_CLOEXEC);
    close(50);
    close(p[0]);
    close(p[1]);
    mknodat(AT_FDCWD, "fifo", S_IFIFO | 0600, 0);
    unlinkat(AT_FDCWD, "fifo", 0);
}

static void send_descriptor(int s, int fd)
{
    struct {
        struct cmsghdr h;
        int fds[2];
    } c = {{CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS}, {fd, 0}};
    struct iovec iov[2] = {{"one", 3}, {"and two", 7}};
    struct msghdr m = {
        .msg_iov = iov, .msg_iovlen = 2, .msg_control = &c, .msg_controllen = sizeof c};
    sendmsg(s, &m, MSG_NOSIGNAL);
}

static void receive_descriptor(int s)
{
    char buf[20], control[64];
    struct iovec iov = {buf, sizeof buf};
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    recvmsg(s, &m, MSG_CMSG_CLOEXEC);
    int fds[2];
    memcpy(fds, CMSG_DATA((struct cmsghdr *)control), sizeof fds);
    close(fds[0]);
    close(fds[1]);
}

static void messages(int s, int t)
{
    char a[8], b[8];
    struct iovec iov[2] = {{"first", 5}, {"second", 6}}, in[2] = {{a, 8}, {b, 8}};
    struct mmsghdr m[2] = {{{.msg_iov = &iov[0], .msg_iovlen = 1}},
                           {{.msg_iov = &iov[1], .msg_iovlen = 1}}};
    struct mmsghdr r[2] = {{{.msg_iov = &in[0], .msg_iovlen = 1}},
                           {{.msg_iov = &in[1], .msg_iovlen = 1}}};
    sendmmsg(s, m, 2, 0);
    recvmmsg(t, r, 2, 0, NULL);
}

static void local_sockets(void)
{
    struct sockaddr_un a = {AF_UNIX, "sock"}, b = {AF_UNIX, "\0ferry-hidden"}, got;
    socklen_t n = sizeof got;
    int pair[2], s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    bind(s, (void *)&a, sizeof a);
    getsockname(s, (void *)&got, &n);
    unlinkat(AT_FDCWD, "sock", 0);
    close(s);
    s = socket(AF_UNIX, SOCK_DGRAM, 0);
    bind(s, (void *)&b, offsetof(struct sockaddr_un, sun_path) + 13);
    close(s);
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
    send_descriptor(pair[0], pair[1]);
    receive_descriptor(pair[1]);
    messages(pair[0], pair[1]);
    setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
    n = sizeof one;
    getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &one, &n);
    shutdown(pair[0], SHUT_WR);
    close(pair[0]);
    close(pair[1]);
}

static void internet(void)
{
    struct sockaddr_in a = {AF_INET, htons(1)};
    struct sockaddr_in6 b = {AF_INET6, htons(2)};
    struct sockaddr_nl nl = {AF_NETLINK, 0, 77, 0};
    int s = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
    a.sin_addr.s_addr = htonl(0x7f000001);
    sendto(s, "x", 1, MSG_DONTWAIT, (void *)&a, sizeof a);
    connect(s, (void *)&a, sizeof a);
    close(s);
    s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    setsockopt(s, SOL_TCP, TCP_NODELAY, &one, sizeof one);
    close(s);
    static const char *const addresses[] = {
        "::1", "::", "2001:db8::2:1", "1:0:0:2:0:0:0:3", "fe80::", "1:2:3:4:5:6:7:8"};
    for (int i = 0; i < 6; i++) {
        inet_pton(AF_INET6, addresses[i], &b.sin6_addr);
        b.sin6_scope_id = i ? 1000000u + (unsigned)i : 0;
        connect(-1, (void *)&b, sizeof b);
    }
    connect(-1, (void *)&nl, sizeof nl);
    connect(-1, (void *)&nl, 1);
}

static void waiting(void)
{
    struct epoll_event e = {EPOLLIN | EPOLLET, {.u64 = 7}};
    struct timespec now = {0, 0};
    struct itimerspec it = {{0, 0}, {1, 5}};
    fd_set set;
    char buf[8];
    sigset_t sigs;
    int ep = epoll_create1(EPOLL_CLOEXEC), ev = eventfd(1, EFD_NONBLOCK);
    epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e);
    epoll_pwait(ep, &e, 1, 0, NULL);
    epoll_ctl(ep, EPOLL_CTL_DEL, ev, NULL);
    FD_ZERO(&set);
    FD_SET(ev, &set);
    sigemptyset(&sigs);
    sigaddset(&sigs, SIGUSR2);
    pselect(ev + 1, &set, NULL, NULL, &now, &sigs);
    read(ev, buf, 8);
    int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    timerfd_settime(t, TFD_TIMER_ABSTIME, &it, NULL);
    int in = inotify_init1(IN_NONBLOCK);
    inotify_add_watch(in, "/", IN_CREATE | IN_DELETE_SELF);
    for (int fd = ep; fd <= in; fd++)
        close(fd);
}

static void process(void)
{
    struct rlimit r;
    char name[16];
    void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(p, 4096, PROT_NONE);
    madvise(p, 8192, MADV_DONTNEED);
    munmap(p, 8192);
    prctl(PR_SET_NAME, "a name");
    prctl(PR_GET_NAME, name);
    prlimit(0, RLIMIT_NOFILE, NULL, &r);
    faccessat(AT_FDCWD, "/", R_OK | X_OK, 0);
    syscall(SYS_waitid, P_PID, 1, NULL, WEXITED | WNOHANG, NULL);
}

static void handler(int sig)
{
    (void)sig;
}

static void signals(void)
{
    sigset_t s;
    siginfo_t info;
    struct timespec now = {0, 0};
    union sigval v = {.sival_int = 5};
    signal(SIGUSR1, handler);
    signal(SIGSEGV, handler);
    kill(getpid(), SIGUSR1);
    raise(SIGUSR1);
    sigqueue(getpid(), SIGUSR1, v);
    kill(getpid(), SIGSEGV);
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigaddset(&s, SIGTERM);
    sigprocmask(SIG_BLOCK, &s, NULL);
    sigqueue(getpid(), SIGTERM, v);
    sigtimedwait(&s, &info, &now);
    sigprocmask(SIG_UNBLOCK, &s, NULL);
}

static void *thread(void *arg)
{
    syscall(SYS_getpriority, 1, arg);
    return NULL;
}

static void tasks(char *self)
{
    pthread_t t[3];
    int status;
    for (long i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, thread, (void *)(100 + i));
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    if (fork() == 0) {
        execl("./none", "none", "x", NULL);
        execl(self, self, "child", NULL);
    }
    wait4(-1, &status, 0, NULL);
    if (fork() == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile int *)8 = 0;
    }
    wait4(-1, &status, 0, NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        mark("in the child\n");
        _exit(3);
    }
    signal(SIGCHLD, handler);
    mark("begin\n");
    files();
    local_sockets();
    internet();
    waiting();
    process();
    signals();
    mark("end\n");
    tasks(argv[0]);
    return 0;
}
