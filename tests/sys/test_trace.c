/*
 * --strace: the exact lines of calls that really ran, caught through log_fd.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "log.h"
#include "sys_fixture.h"

static int capture;

static void trace_start(void)
{
    fixture_start();
    capture = memfd_create("trace", 0);
    log_fd = capture;
    log_mask = 1u << LOG_STRACE;
    ctx.tid = 7;
}

TestSuite(trace, .init = trace_start);

/* What was traced since the last call. */
static const char *traced(void)
{
    static char text[8192];
    ssize_t n = pread(capture, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    cr_assert_eq(ftruncate(capture, 0), 0);
    lseek(capture, 0, SEEK_SET);
    return text;
}

#define EXPECT(want) cr_assert_str_eq(traced(), "7 " want "\n")

Test(trace, strings_flags_and_errors)
{
    CALL(G_openat, AT_FDCWD, "/no/such", ARM_O_DIRECTORY | O_CLOEXEC | O_RDWR);
    EXPECT("openat(AT_FDCWD, \"/no/such\", O_RDWR|O_DIRECTORY|O_CLOEXEC) = -1 ENOENT "
           "(No such file or directory)");
    CALL(G_openat, 99, "a\n\"\001b", ARM_O_NOFOLLOW, 0644);
    EXPECT("openat(99, \"a\\n\\\"\\1b\", O_RDONLY|O_NOFOLLOW) = -1 EBADF "
           "(Bad file descriptor)");
    CALL(G_openat, 99, "new", O_CREAT, 0644);
    EXPECT("openat(99, \"new\", O_RDONLY|O_CREAT, 0644) = -1 EBADF (Bad file descriptor)");
    CALL(G_close, -1);
    EXPECT("close(-1) = -1 EBADF (Bad file descriptor)");
}

Test(trace, buffers_before_and_after)
{
    int p[2];
    char buf[64];
    cr_assert_eq(pipe(p), 0);
    CALL(G_write, p[1], "hello, world, this is longer than what is shown", 47);
    char want[200];
    snprintf(want, sizeof want, "7 write(%d, \"hello, world, this is longer tha\"..., 47) = 47\n",
             p[1]);
    cr_assert_str_eq(traced(), want);
    CALL(G_read, p[0], buf, 5);
    snprintf(want, sizeof want, "7 read(%d, \"hello\", 5) = 5\n", p[0]);
    cr_assert_str_eq(traced(), want);
    struct iovec iov[2] = {{(void *)"ab", 2}, {(void *)"cde", 3}};
    CALL(G_writev, p[1], iov, 2);
    snprintf(want, sizeof want,
             "7 writev(%d, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"cde\", iov_len=3}], 2) = 5\n",
             p[1]);
    cr_assert_str_eq(traced(), want);
}

Test(trace, operations_show_their_own_arguments)
{
    int fd = open("/dev/null", O_RDWR);
    char want[200];
    CALL(G_fcntl, fd, F_GETFD, 0x55);
    snprintf(want, sizeof want, "7 fcntl(%d, F_GETFD) = 0\n", fd);
    cr_assert_str_eq(traced(), want);
    CALL(G_fcntl, fd, F_SETFD, FD_CLOEXEC);
    snprintf(want, sizeof want, "7 fcntl(%d, F_SETFD, FD_CLOEXEC) = 0\n", fd);
    cr_assert_str_eq(traced(), want);
    CALL(G_fcntl, fd, F_GETFL);
    snprintf(want, sizeof want, "7 fcntl(%d, F_GETFL) = O_RDWR|O_LARGEFILE\n", fd);
    cr_assert_str_eq(traced(), want);
    CALL(G_ioctl, fd, TIOCGWINSZ, 0x1234);
    snprintf(want, sizeof want,
             "7 ioctl(%d, TIOCGWINSZ, 0x1234) = -1 ENOTTY (Inappropriate ioctl for device)\n", fd);
    cr_assert_str_eq(traced(), want);
    uint32_t word = 1;
    CALL(G_futex, &word, 129, 1);
    snprintf(want, sizeof want, "7 futex(%p, FUTEX_WAKE|FUTEX_PRIVATE_FLAG, 1) = 0\n",
             (void *)&word);
    cr_assert_str_eq(traced(), want);
    CALL(G_prctl, 4, 1);
    EXPECT("prctl(PR_SET_DUMPABLE, 1) = 0");
    int one = 1;
    CALL(G_setsockopt, -1, 1, 2, &one, 4);
    EXPECT("setsockopt(-1, SOL_SOCKET, SO_REUSEADDR, [1], 4) = -1 EBADF "
           "(Bad file descriptor)");
}

Test(trace, fields_inside_flags)
{
    CALL(220 /* clone */, 0x1200011, 0, 0, 0, 0x10);
    const char *t = traced();
    cr_assert_not_null(
        strstr(t, "clone(SIGCHLD|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID, NULL, NULL, NULL, 0x10)"),
        "%s", t);
}

Test(trace, structs_in_the_guests_layout)
{
    uint64_t ts[2] = {0, 1000};
    CALL(G_nanosleep, ts, 0);
    EXPECT("nanosleep({tv_sec=0, tv_nsec=1000}, NULL) = 0");
    uint8_t g[128];
    int fd = open("/dev/null", O_RDONLY);
    CALL(G_fstat, fd, g);
    const char *t = traced();
    cr_assert_not_null(strstr(t, ", st_rdev=makedev(0x1, 0x3), "), "%s", t);
    cr_assert_not_null(strstr(t, "st_mode=S_IFCHR|0666, "), "%s", t);
    cr_assert_null(strstr(t, "_pad"), "%s", t);
}

/* Arm's has sa_restorer before the mask, RISC-V's has none. */
Test(trace, sigaction_in_the_guests_layout)
{
    uint64_t arm[4] = {0x1000, SA_RESTART, 0x2000, 1u << (SIGTERM - 1)};
    uint64_t riscv[3] = {0x1000, SA_RESTART, 1u << (SIGTERM - 1)};
    CALL(G_rt_sigaction, SIGUSR1, arm, 0, 8);
    const char *t = traced();
    cr_assert_not_null(strstr(t, "(SIGUSR1, {sa_handler=0x1000, sa_flags=SA_RESTART, "
                                 "sa_restorer=0x2000, sa_mask=[TERM]}, NULL, 8)"),
                       "%s", t);
    ctx.abi = &sys_abi_riscv64;
    CALL(G_rt_sigaction, SIGUSR1, riscv, 0, 8);
    t = traced();
    cr_assert_not_null(strstr(t, "(SIGUSR1, {sa_handler=0x1000, sa_flags=SA_RESTART, "
                                 "sa_mask=[TERM]}, NULL, 8)"),
                       "%s", t);
}

Test(trace, calls_that_one_guest_has)
{
    CALL(G_renameat, -1, "a", -1, "b");
    EXPECT("renameat(-1, \"a\", -1, \"b\") = -1 EBADF (Bad file descriptor)");
    cr_assert_eq(CALL(G_riscv_flush_icache, 0, 0, 0), -ENOSYS);
    ctx.abi = &sys_abi_riscv64;
    cr_assert_eq(CALL(G_renameat, -1, "a", -1, "b"), -ENOSYS);
    cr_assert_neq(CALL(G_riscv_flush_icache, 0, 0, 0), -ENOSYS);
}

Test(trace, unreadable_pointers_are_numbers)
{
    CALL(G_openat, AT_FDCWD, 16, 0);
    EXPECT("openat(AT_FDCWD, 0x10, O_RDONLY) = -1 EFAULT (Bad address)");
    CALL(G_nanosleep, 16, 0);
    EXPECT("nanosleep(0x10, NULL) = -1 EFAULT (Bad address)");
}

Test(trace, addresses_of_sockets)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(80)};
    sin.sin_addr.s_addr = htonl(0x7f000001);
    CALL(G_connect, -1, &sin, sizeof sin);
    char want[128]; /* the fixture stands in for the handler */
    snprintf(want, sizeof want,
             "7 connect(-1, {sa_family=AF_INET, sin_port=htons(80), "
             "sin_addr=inet_addr(\"127.0.0.1\")}, 16) = %d\n",
             1000000 + SYS_ROW_connect);
    cr_assert_str_eq(traced(), want);
}

Test(trace, capabilities)
{
    uint32_t head[2] = {0x20080522, 0}, data[6] = {1, 2, 0, 0x40};
    CALL(91 /* capset */, 16, data);
    const char *t = traced();
    cr_assert_not_null(strstr(t, "capset(0x10, [{effective=0x1, permitted=0x2, inheritable=0}, "
                                 "{effective=0x40, permitted=0, inheritable=0}]) = -1 EFAULT"),
                       "%s", t);
    CALL(90 /* capget */, head, 0);
    EXPECT("capget({version=0x20080522, pid=0}, NULL) = 0");
}

Test(trace, special_results)
{
    char c;
    vcpu.poll = POLL_SIGNAL;
    CALL(G_read, 3, &c, 1);
    char want[100];
    snprintf(want, sizeof want, "7 read(3, %p, 1) = ? ERESTARTSYS (To be restarted)\n", (void *)&c);
    cr_assert_str_eq(traced(), want);
    vcpu.poll = 0;
    CALL(G_exit_group, 3);
    EXPECT("exit_group(3) = ?");
    CALL(5000, 1, 2, 3);
    EXPECT("syscall_5000(0x1, 0x2, 0x3, ...) = -1 ENOSYS");
    sys_trace_line(&ctx, "--- %s ---", "SIGUSR1");
    EXPECT("--- SIGUSR1 ---");
}

Test(trace, long_lines_are_cut_and_end)
{
    static char path[4000];
    memset(path, '\001', sizeof path - 1);
    char *argv[40];
    for (unsigned i = 0; i < 39; i++)
        argv[i] = path;
    argv[39] = NULL;
    for (unsigned i = 0; i < 39; i++)
        argv[i] = path + sizeof path - 33;
    CALL(221 /* execve */, path, argv, argv);
    const char *t = traced();
    size_t n = strlen(t);
    cr_assert_gt(n, 1000);
    cr_assert_lt(n, 2048);
    cr_assert_eq(t[n - 1], '\n');
    cr_assert_eq(strchr(t, '\n'), t + n - 1);
}
