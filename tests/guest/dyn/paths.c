/*
 * Path calls by name: each argument "call:arg[,arg]" is run and its result printed, so that a test
 * can ask what a path means. "cat:/etc/name" prints the file's first line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <linux/stat.h>

static int dir = AT_FDCWD; /* what "dir:" opened: relative paths of at-calls start there */

static const char *first_line(int fd)
{
    static char text[4096];
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    return text;
}

static const char *result(long r)
{
    static char text[64];
    snprintf(text, sizeof text, "%ld", r);
    return r < 0 ? strerrorname_np(errno) : text;
}

static const char *opened(int fd)
{
    return fd < 0 ? result(fd) : first_line(fd);
}

static const char *linked(const char *path)
{
    static char text[4096];
    ssize_t n = readlinkat(dir, path, text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    return n < 0 ? result(n) : text;
}

static const char *stated(const char *path, int flags)
{
    static char text[64];
    struct stat st;
    if (fstatat(dir, path, &st, flags) < 0)
        return result(-1);
    const char *kind = S_ISDIR(st.st_mode) ? "dir" : S_ISLNK(st.st_mode) ? "link" : "file";
    snprintf(text, sizeof text, S_ISREG(st.st_mode) ? "%s %ld" : "%s", kind, (long)st.st_size);
    return text;
}

static const char *statxed(const char *path)
{
    static char text[64];
    struct statx st;
    if (syscall(SYS_statx, dir, path, 0, STATX_SIZE, &st) < 0)
        return result(-1);
    snprintf(text, sizeof text, "size %ld", (long)st.stx_size);
    return text;
}

static const char *xattr(const char *path)
{
    static char text[64];
    ssize_t n = getxattr(path, "user.mark", text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    return n < 0 ? result(n) : text;
}

static int put(const char *path)
{
    int fd = openat(dir, path, O_CREAT | O_WRONLY | O_EXCL, 0600);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

static long unix_socket(const char *path, int server)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, server == 2 ? SOCK_DGRAM : SOCK_STREAM, 0);
    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(a.sun_path) + 1);
    struct iovec iov = {"x", 1};
    struct msghdr m = {.msg_name = &a, .msg_namelen = n, .msg_iov = &iov, .msg_iovlen = 1};
    if (server == 1)
        return bind(fd, (void *)&a, n);
    if (server == 2)
        return sendto(fd, "x", 1, 0, (void *)&a, n) < 0 ? -1 : sendmsg(fd, &m, 0);
    return connect(fd, (void *)&a, n);
}

/* The names that both ends of a connection show. */
static const char *names(const char *path)
{
    static char text[256];
    struct sockaddr_un a = {.sun_family = AF_UNIX}, own, peer;
    int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t n = sizeof own, m = sizeof peer;
    strcpy(a.sun_path, path);
    if (bind(s, (void *)&a, sizeof a) || listen(s, 1) || connect(c, (void *)&a, sizeof a))
        return result(-1);
    getsockname(s, (void *)&own, &n);
    getpeername(c, (void *)&peer, &m);
    snprintf(text, sizeof text, "%s %d %s %d", own.sun_path, n == m, peer.sun_path,
             n == 2 + strlen(path) + 1);
    return text;
}

static int bound(int type, const char *path, const char *ending)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, type, 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s%s", path, ending);
    return bind(s, (void *)&a, sizeof a) ? -1 : s;
}

/* What a receiver and a server see of senders and clients that have names, too; by sendmmsg. */
static const char *peers(const char *path)
{
    static char text[600];
    struct sockaddr_un to = {.sun_family = AF_UNIX}, a = {0}, b = {0}, c = {0};
    int s = bound(SOCK_DGRAM, path, ""), from = bound(SOCK_DGRAM, path, "c");
    int l = bound(SOCK_STREAM, path, "l"), k = bound(SOCK_STREAM, path, "k");
    char byte;
    struct iovec iov = {&byte, 1};
    struct mmsghdr m[2] = {{{&to, sizeof to, &iov, 1}}, {{&to, sizeof to, &iov, 1}}};
    struct msghdr in = {&b, sizeof b, &iov, 1};
    socklen_t n = sizeof a, o = sizeof c;
    strcpy(to.sun_path, path);
    int sent = sendmmsg(from, m, 2, 0);
    if (recvfrom(s, &byte, 1, 0, (void *)&a, &n) != 1 || recvmsg(s, &in, 0) != 1)
        return result(-1);
    snprintf(to.sun_path, sizeof to.sun_path, "%sl", path);
    if (listen(l, 1) || connect(k, (void *)&to, sizeof to) || accept4(l, (void *)&c, &o, 0) < 0)
        return result(-1);
    snprintf(text, sizeof text, "%d %u %s %s %s %d", sent, m[1].msg_len, a.sun_path, b.sun_path,
             c.sun_path, n == in.msg_namelen && n == o);
    return text;
}

/* In a mount namespace of its own from then on; "/" itself would be the sysroot. */
static const char *bind_mount(const char *from, const char *to)
{
    if (unshare(CLONE_NEWNS) || mount(NULL, "/proc/self/root", NULL, MS_REC | MS_PRIVATE, NULL))
        return result(-1);
    if (*from == '/')
        return result(mount(from, to, NULL, MS_BIND, NULL));
    static char line[8192]; /* of a file system without a source: the name that the kernel got */
    if (mount(from, to, "tmpfs", 0, NULL))
        return result(-1);
    FILE *f = fopen("/proc/self/mounts", "r");
    while (fgets(line, sizeof line, f))
        ;
    fclose(f);
    line[strcspn(line, " ")] = 0;
    return line;
}

static const char *how_open(const char *path)
{
    struct open_how how = {.flags = O_RDONLY};
    return opened((int)syscall(SYS_openat2, dir, path, &how, sizeof how));
}

static const char *run(const char *call, char *a)
{
    char *b = strchr(a, ',');
    static char cwd[4096];
    struct statfs fs;
    if (b)
        *b++ = 0;
#define IS(name) (!strcmp(call, name))
    return IS("cat")        ? opened(openat(dir, a, O_RDONLY))
           : IS("nofollow") ? opened(openat(dir, a, O_RDONLY | O_NOFOLLOW))
           : IS("openat2")  ? how_open(a)
           : IS("stat")     ? stated(a, 0)
           : IS("lstat")    ? stated(a, AT_SYMLINK_NOFOLLOW)
           : IS("statx")    ? statxed(a)
           : IS("access")   ? result(faccessat(dir, a, R_OK, 0))
           : IS("readlink") ? linked(a)
           : IS("statfs")   ? result(statfs(a, &fs))
           : IS("getxattr") ? xattr(a)
           : IS("truncate") ? result(truncate(a, 3))
           : IS("chdir")    ? result(chdir(a))
           : IS("cwd")      ? getcwd(cwd, sizeof cwd)
           : IS("dir")      ? ((dir = open(a, O_RDONLY | O_DIRECTORY)) < 0 ? result(-1) : "0")
           : IS("nodir")    ? (dir = AT_FDCWD, "0")
           : IS("put")      ? result(put(a))
           : IS("mkdir")    ? result(mkdirat(dir, a, 0700))
           : IS("unlink")   ? result(unlinkat(dir, a, 0))
           : IS("rename")   ? result(renameat(dir, a, dir, b))
           : IS("link")     ? result(linkat(dir, a, dir, b, 0))
           : IS("symlink")  ? result(symlinkat(a, dir, b))
           : IS("inotify")  ? result(inotify_add_watch(inotify_init(), a, IN_OPEN))
           : IS("bind")     ? result(unix_socket(a, 1))
           : IS("names")    ? names(a)
           : IS("peers")    ? peers(a)
           : IS("mount")    ? bind_mount(a, b)
           : IS("send")     ? result(unix_socket(a, 2))
           : IS("connect")  ? result(unix_socket(a, 0))
           : IS("exec")     ? result(execl(a, a, b, (char *)NULL))
                            : "unknown call";
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *arg = strchr(argv[i], ':');
        if (arg)
            *arg++ = 0;
        printf("%s\n", arg ? run(argv[i], arg) : argv[i]);
        fflush(stdout);
    }
    return 0;
}
