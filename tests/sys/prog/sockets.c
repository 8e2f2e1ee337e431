/* Sockets: pairs, internet, control messages, options. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "t.h"

static void pairs(void)
{
    int s[2];
    char b[32] = {0};
    R(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s));
    R(send(s[0], "abc", 3, 0));
    R(recv(s[1], b, 32, MSG_PEEK));
    R(recv(s[1], b, 2, MSG_WAITALL));
    R(recv(s[1], b, 32, 0));
    R(recv(s[1], b, 32, MSG_DONTWAIT));
    R(shutdown(s[1], SHUT_WR));
    R(recv(s[0], b, 32, 0));
    R(close(s[1]));
    R(send(s[0], "x", 1, MSG_NOSIGNAL));
    R(socket(AF_INET, 99, 0));
    R(socket(99, SOCK_STREAM, 0));
    R(socketpair(AF_INET, SOCK_STREAM, 0, s));
}

/* A descriptor and credentials travel as control messages. */
static void control(void)
{
    int s[2], p[2], one = 1;
    char data[4] = "fd", c[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))] = {0};
    R(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    R(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
    R(pipe(p));
    struct iovec v = {data, 3};
    struct msghdr m = {.msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = c,
                       .msg_controllen = CMSG_SPACE(sizeof(int))};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    *h = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(h), &p[1], sizeof(int));
    R(sendmsg(s[0], &m, 0));
    memset(c, 0, sizeof c);
    m.msg_controllen = sizeof c;
    R(recvmsg(s[1], &m, MSG_CMSG_CLOEXEC));
    printf("flags %x\n", m.msg_flags & ~MSG_CMSG_CLOEXEC);
    for (h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
        printf("cmsg level %d type %d len %zu\n", h->cmsg_level, h->cmsg_type, (size_t)h->cmsg_len);
        if (h->cmsg_type == SCM_RIGHTS) {
            int fd;
            memcpy(&fd, CMSG_DATA(h), sizeof fd);
            R(write(fd, "through", 7));
            R(fcntl(fd, F_GETFD));
        }
    }
    char b[8] = {0};
    R(read(p[0], b, 7));
    T(!strcmp(b, "through"));
    struct mmsghdr mm[2] = {{.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}},
                            {.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}}};
    R(sendmmsg(s[0], mm, 2, 0));
    printf("%u %u\n", mm[0].msg_len, mm[1].msg_len);
    struct timespec ts = {1, 0};
    R(recvmmsg(s[1], mm, 2, MSG_WAITFORONE, &ts));
}

static void internet(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET}, peer;
    socklen_t n = sizeof a;
    int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, v = 0;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    R(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
    R(bind(l, (void *)&a, sizeof a));
    R(bind(l, (void *)&a, 3));
    R(listen(l, 5));
    R(accept(l, NULL, NULL));
    R(getsockname(l, (void *)&a, &n));
    T(n == sizeof a && a.sin_port);
    int c = socket(AF_INET, SOCK_STREAM, 0);
    R(setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    n = sizeof v;
    R(getsockopt(c, IPPROTO_TCP, TCP_NODELAY, &v, &n));
    T(v == 1 && n == 4);
    R(connect(c, (void *)&a, sizeof a));
    n = sizeof peer;
    int s = accept4(l, (void *)&peer, &n, SOCK_CLOEXEC);
    T(s >= 0 && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    struct timeval tv = {0, 20000};
    R(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
    char b[8];
    R(recv(s, b, 8, 0));
    R(sendto(c, "tcp", 3, 0, NULL, 0));
    R(recvfrom(s, b, 8, 0, NULL, NULL));
    struct linger lg = {1, 2};
    R(setsockopt(c, SOL_SOCKET, SO_LINGER, &lg, sizeof lg));
    n = sizeof lg;
    memset(&lg, 0, sizeof lg);
    R(getsockopt(c, SOL_SOCKET, SO_LINGER, &lg, &n));
    printf("linger %d %d\n", lg.l_onoff, lg.l_linger);
    n = sizeof v;
    R(getsockopt(c, SOL_SOCKET, SO_TYPE, &v, &n));
    R(v);
    R(getsockopt(c, SOL_SOCKET, 9999, &v, &n));
    R(setsockopt(c, SOL_SOCKET, SO_REUSEADDR, (void *)1, 4));
    int u = socket(AF_INET, SOCK_DGRAM, 0);
    R(sendto(u, "u", 1, 0, (void *)&a, sizeof a));
    R(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)1, 16));
}

static void unix_names(void)
{
    struct sockaddr_un a = {AF_UNIX, "sock"}, got;
    socklen_t n = sizeof got;
    int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    R(connect(c, (void *)&a, sizeof a));
    R(bind(l, (void *)&a, offsetof(struct sockaddr_un, sun_path) + 5));
    R(bind(c, (void *)&a, sizeof a));
    R(listen(l, 1));
    R(connect(c, (void *)&a, sizeof a));
    R(getpeername(c, (void *)&got, &n));
    printf("%d %s\n", (int)n, got.sun_path);
    struct ucred cr;
    n = sizeof cr;
    R(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &cr, &n));
    T(cr.pid == getpid() && cr.uid == getuid());
}

int main(void)
{
    enter_tmp();
    pairs();
    control();
    internet();
    unix_names();
    leave_tmp();
}
