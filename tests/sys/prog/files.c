/* Descriptors and their data. */
#define _GNU_SOURCE
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include "t.h"

static void basic(void)
{
    char b[64] = {0};
    int fd = open("a", O_CREAT | O_RDWR | O_EXCL, 0640);
    T(fd >= 0);
    R(open("a", O_CREAT | O_EXCL, 0600));
    R(write(fd, "hello, world", 12));
    R(lseek(fd, 0, SEEK_END));
    R(lseek(fd, -1, SEEK_SET));
    R(lseek(fd, 7, SEEK_SET));
    R(read(fd, b, 64));
    T(!strcmp(b, "world"));
    R(pread(fd, b, 5, 0));
    R(pwrite(fd, "J", 1, 0));
    R(pread(fd, b, 5, -1));
    R(ftruncate(fd, 5));
    R(lseek(fd, 0, SEEK_END));
    R(fallocate(fd, 0, 0, 4096));
    R(fallocate(fd, 0, 0, 0));
    R(lseek(fd, 0, SEEK_DATA));
    R(fsync(fd));
    R(fdatasync(fd));
    R(read(fd, (void *)1, 5));
    R(write(fd, (void *)1, 5));
    R(write(-1, "a", 1));
    R(close(fd));
    R(close(fd));
    R(truncate("a", 3));
    R(truncate("none", 3));
}

static void vectors(void)
{
    char x[4], y[8] = {0};
    struct iovec out[2] = {{"abc", 3}, {"defg", 4}}, in[2] = {{x, 3}, {y, 7}};
    int fd = open("v", O_CREAT | O_RDWR, 0600);
    R(writev(fd, out, 2));
    R(preadv(fd, in, 2, 0));
    T(!memcmp(x, "abc", 3) && !strcmp(y, "defg"));
    R(preadv2(fd, in, 2, 1, 0));
    T(!memcmp(x, "bcd", 3));
    R(pwritev(fd, out, 2, 100));
    R(pwritev2(fd, out, 2, -1, RWF_DSYNC));
    R(pwritev2(fd, out, 2, 0, 0x40000000));
    R(writev(fd, out, -1));
    R(readv(fd, (void *)1, 2));
    close(fd);
}

static void flags(void)
{
    int fd = open("a", O_RDWR | O_APPEND | O_CLOEXEC), p[2];
    R(fcntl(fd, F_GETFD));
    T((fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK)) == (O_RDWR | O_APPEND));
    R(fcntl(fd, F_SETFL, O_NONBLOCK));
    T((fcntl(fd, F_GETFL) & (O_NONBLOCK | O_APPEND)) == O_NONBLOCK);
    T(fcntl(fd, F_DUPFD_CLOEXEC, 50) == 50);
    R(fcntl(50, F_GETFD));
    R(dup3(fd, 60, O_CLOEXEC));
    R(dup3(fd, fd, 0));
    R(dup2(fd, fd) == fd);
    R(fcntl(fd, 9999, 0));
    R(pipe2(p, O_DIRECT | O_NONBLOCK));
    T((fcntl(p[1], F_GETFL) & (O_DIRECT | O_NONBLOCK)) == (O_DIRECT | O_NONBLOCK));
    R(pipe2(p, O_CREAT));
    R(fcntl(p[1], F_SETPIPE_SZ, 8192));
    R(fcntl(p[1], F_GETPIPE_SZ));
    R(close_range(50, 60, 0));
    R(fcntl(50, F_GETFD));
    R(open("a", O_DIRECTORY | O_RDONLY));
    R(open(".", O_RDWR));
    R(symlink("a", "l"));
    R(open("l", O_NOFOLLOW | O_RDONLY));
    int d = open(".", O_TMPFILE | O_RDWR, 0600);
    T(d >= 0 || errno == EOPNOTSUPP);
    int o = open("l", O_PATH | O_NOFOLLOW);
    T(o >= 0);
    R(read(o, p, 1));
}

static void locks(void)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 10};
    int fd = open("a", O_RDWR);
    R(fcntl(fd, F_SETLK, &l));
    pid_t pid = fork();
    if (!pid) {
        struct flock q = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 5};
        int r = fcntl(fd, F_GETLK, &q);
        _exit(!(r == 0 && q.l_type == F_WRLCK && q.l_start == 1 && q.l_len == 10 &&
                q.l_pid == getppid()));
    }
    int st;
    waitpid(pid, &st, 0);
    R(st);
    R(flock(fd, LOCK_EX | LOCK_NB));
    int other = open("a", O_RDWR);
    R(flock(other, LOCK_EX | LOCK_NB));
    struct flock ofd = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    R(fcntl(other, F_OFD_SETLK, &ofd));
    R(fcntl(fd, F_SETLEASE, F_RDLCK) == 0 || errno == EAGAIN);
}

static void copies(void)
{
    int in = open("in", O_CREAT | O_RDWR, 0600), out = open("out", O_CREAT | O_RDWR, 0600), p[2];
    off_t off = 2;
    loff_t a = 0, b = 100;
    char buf[16] = {0};
    R(write(in, "0123456789", 10));
    R(sendfile(out, in, &off, 100));
    T(off == 10);
    R(copy_file_range(in, &a, out, &b, 4, 0));
    T(a == 4 && b == 104);
    R(pipe(p));
    a = 3;
    R(splice(in, &a, p[1], NULL, 5, 0));
    R(read(p[0], buf, 16));
    T(!memcmp(buf, "34567", 5));
    struct iovec v = {"vmsplice", 8};
    R(vmsplice(p[1], &v, 1, 0));
    int q[2];
    R(pipe(q));
    R(tee(p[0], q[1], 100, 0));
    R(read(q[0], buf, 3));
    R(splice(in, NULL, out, NULL, 1, 0));
}

static void memfds(void)
{
    int fd = memfd_create("m", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    T(fd >= 0);
    R(ftruncate(fd, 100));
    R(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    R(fcntl(fd, F_GET_SEALS));
    R(ftruncate(fd, 10));
    R(memfd_create("m", 0x1000));
}

int main(void)
{
    enter_tmp();
    basic();
    vectors();
    flags();
    locks();
    copies();
    memfds();
    leave_tmp();
}
