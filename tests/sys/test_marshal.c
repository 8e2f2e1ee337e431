/*
 * Dispatch and conversion for an aarch64 guest: each test calls through sys_dispatch and compares
 * with what the host says of the same thing. Offsets are those of the arm64 headers.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include "ownmap.h"
#include "sys_fixture.h"

TestSuite(marshal, .init = fixture_start);

Test(marshal, passes_plain_calls)
{
    cr_assert_eq(CALL(G_getpid), getpid());
    cr_assert_eq(CALL(G_close, -1), -EBADF);
}

Test(marshal, unknown_and_refused_calls_say_enosys)
{
    cr_assert_eq(CALL(244), -ENOSYS);
    cr_assert_eq(CALL(5000), -ENOSYS);
    cr_assert_eq(CALL(0xffffffff), -ENOSYS);
    cr_assert_eq(CALL(G_ptrace, 0), -ENOSYS);
    /* Entries hold epoll events, which x86-64 packs: libuv's loop would spin on wrong data. */
    cr_assert_eq(CALL(G_io_uring_setup, 8, 0), -ENOSYS);
}

Test(marshal, runs_custom_handlers)
{
    cr_assert_eq(CALL(G_mmap), 1000000 + SYS_ROW_mmap);
}

Test(marshal, stat_has_the_guests_layout)
{
    char path[] = "/tmp/ferry-sysXXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "hello", 5), 5);
    struct stat st;
    cr_assert_eq(fstat(fd, &st), 0);
    uint8_t g[144];
    memset(g, 0xaa, sizeof g);
    cr_assert_eq(CALL(G_fstat, fd, g), 0);
    cr_assert_eq(load(g, 0, 8), st.st_dev);
    cr_assert_eq(load(g, 8, 8), st.st_ino);
    cr_assert_eq(load(g, 16, 4), st.st_mode);
    cr_assert_eq(load(g, 20, 4), st.st_nlink);
    cr_assert_eq(load(g, 24, 4), st.st_uid);
    cr_assert_eq(load(g, 48, 8), 5);
    cr_assert_eq(load(g, 56, 4), (uint64_t)st.st_blksize);
    cr_assert_eq(load(g, 88, 8), (uint64_t)st.st_mtim.tv_sec);
    cr_assert_eq(load(g, 96, 8), (uint64_t)st.st_mtim.tv_nsec);
    cr_assert_eq(load(g, 120, 8), 0, "padding is zero");
    cr_assert_eq(g[128], 0xaa, "nothing behind the guest's 128 bytes");
    uint8_t byname[128];
    cr_assert_eq(CALL(G_newfstatat, AT_FDCWD, path, byname, 0), 0);
    cr_assert_eq(memcmp(g, byname, 128), 0);
    unlink(path);
}

Test(marshal, bad_pointers_are_efault)
{
    uint8_t *edge = fixture_edge();
    cr_assert_eq(CALL(G_fstat, 0, edge), -EFAULT);
    cr_assert_eq(CALL(G_fstat, 0, edge - 127), -EFAULT);
    cr_assert_eq(CALL(G_fstat, 0, edge - 128), 0);
    cr_assert_eq(CALL(G_fstat, 0, 0), -EFAULT);
    cr_assert_eq(CALL(G_fstat, -1, edge), -EBADF, "the descriptor is looked at first");
    cr_assert_eq(CALL(G_openat, AT_FDCWD, edge, 0), -EFAULT);
    cr_assert_eq(CALL(G_newfstatat, AT_FDCWD, "/", 1ull << 60, 0), -EFAULT);
    cr_assert_eq(CALL(G_uname, edge - 1), -EFAULT);
    cr_assert_eq(CALL(G_nanosleep, edge, 0), -EFAULT);
}

Test(marshal, open_flags_are_arms)
{
    char dir[] = "/tmp/ferry-dirXXXXXX", link[64];
    cr_assert_not_null(mkdtemp(dir));
    snprintf(link, sizeof link, "%s/link", dir);
    cr_assert_eq(symlink("/etc/passwd", link), 0);
    cr_assert_eq(CALL(G_openat, AT_FDCWD, link, ARM_O_NOFOLLOW), -ELOOP);
    cr_assert_eq(CALL(G_openat, AT_FDCWD, "/etc/passwd", ARM_O_DIRECTORY), -ENOTDIR);
    long fd = CALL(G_openat, AT_FDCWD, dir, ARM_O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert(fcntl((int)fd, F_GETFL) & O_DIRECTORY);
    long fl = CALL(G_fcntl, fd, F_GETFL);
    cr_assert(fl & ARM_O_DIRECTORY, "%#lx", fl);
    cr_assert_eq(fl & ARM_O_LARGEFILE, ARM_O_LARGEFILE, "a 64-bit kernel sets it");
    cr_assert_not(fl & ARM_O_DIRECT);
    close((int)fd);
    unlink(link);
    rmdir(dir);
}

Test(marshal, setfl_takes_arms_o_direct)
{
    int p[2];
    cr_assert_eq(CALL(G_pipe2, p, ARM_O_DIRECT | O_NONBLOCK), 0);
    cr_assert(fcntl(p[1], F_GETFL) & O_DIRECT);
    cr_assert_eq(CALL(G_fcntl, p[1], F_SETFL, 0), 0);
    cr_assert_not(fcntl(p[1], F_GETFL) & O_DIRECT);
    cr_assert_eq(CALL(G_fcntl, p[1], F_SETFL, ARM_O_DIRECT), 0);
    cr_assert(fcntl(p[1], F_GETFL) & O_DIRECT);
    cr_assert(CALL(G_fcntl, p[1], F_GETFL) & ARM_O_DIRECT);
}

Test(marshal, open_flags_convert_and_return)
{
    for (unsigned i = 0; i < 32; i++) {
        uint64_t f = 1ull << i;
        uint64_t host = sys_open_flags_to_host(&sys_abi_aarch64, f);
        cr_assert_eq(sys_open_flags_to_guest(&sys_abi_aarch64, host), f, "bit %u", i);
        cr_assert_eq(host != f, i >= 14 && i <= 17, "bit %u", i);
    }
    cr_assert_eq(sys_open_flags_to_host(&sys_abi_aarch64, ARM_O_NOFOLLOW), O_NOFOLLOW);
    cr_assert_eq(sys_open_flags_to_host(&sys_abi_aarch64, ARM_O_DIRECT), O_DIRECT);
}

Test(marshal, openat2_checks_as_the_kernel_does)
{
    uint64_t how[5] = {ARM_O_DIRECTORY, 0, 0, 0, 0};
    long fd = CALL(G_openat2, AT_FDCWD, "/", how, 24);
    cr_assert_geq(fd, 0);
    close((int)fd);
    cr_assert_eq(CALL(G_openat2, AT_FDCWD, "/etc/passwd", how, 24), -ENOTDIR);
    cr_assert_eq(CALL(G_openat2, AT_FDCWD, "/", how, 23), -EINVAL);
    cr_assert_eq(CALL(G_openat2, AT_FDCWD, "/", how, 8192), -E2BIG);
    fd = CALL(G_openat2, AT_FDCWD, "/", how, 40);
    cr_assert_geq(fd, 0, "zero tail");
    close((int)fd);
    how[4] = 1;
    cr_assert_eq(CALL(G_openat2, AT_FDCWD, "/", how, 40), -E2BIG);
    cr_assert_eq(CALL(G_openat2, AT_FDCWD, "/", fixture_edge() - 8, 24), -EFAULT);
}

/* The guest's epoll_event: u32 events at 0, u64 data at 8, 16 bytes. */
typedef struct GuestEvent {
    uint32_t events;
    uint32_t pad;
    uint64_t data;
} GuestEvent;

static int epoll_on_pipes(unsigned n, int pipes[][2])
{
    int ep = (int)CALL(G_epoll_create1, 0);
    cr_assert_geq(ep, 0);
    for (unsigned i = 0; i < n; i++) {
        cr_assert_eq(pipe(pipes[i]), 0);
        GuestEvent ev = {EPOLLIN, 0xdead, 0x1111222233334444ull + i};
        cr_assert_eq(CALL(G_epoll_ctl, ep, EPOLL_CTL_ADD, pipes[i][0], &ev), 0);
        cr_assert_eq(write(pipes[i][1], "x", 1), 1);
    }
    return ep;
}

Test(marshal, epoll_events_have_the_guests_layout)
{
    enum { N = 7 };
    int pipes[N][2];
    int ep = epoll_on_pipes(N, pipes);
    GuestEvent got[N + 1];
    memset(got, 0xaa, sizeof got);
    cr_assert_eq(CALL(G_epoll_pwait, ep, got, N + 1, 0, 0, 8), N);
    for (unsigned i = 0; i < N; i++) {
        cr_assert_eq(got[i].events, EPOLLIN);
        cr_assert_eq(got[i].data, 0x1111222233334444ull + i);
    }
    cr_assert_eq(got[N].events, 0xaaaaaaaa);
    cr_assert_eq(CALL(G_epoll_ctl, ep, EPOLL_CTL_DEL, pipes[0][0], 0), 0, "NULL event");
    cr_assert_eq(CALL(G_epoll_ctl, ep, EPOLL_CTL_DEL, pipes[1][0], 1), 0, "event not looked at");
    cr_assert_eq(CALL(G_epoll_ctl, ep, EPOLL_CTL_MOD, pipes[2][0], 1), -EFAULT);
}

Test(marshal, epoll_gives_the_events_that_fit)
{
    enum { N = 6 };
    int pipes[N][2];
    int ep = epoll_on_pipes(N, pipes);
    GuestEvent *tail = (GuestEvent *)fixture_edge() - 5;
    cr_assert_eq(CALL(G_epoll_pwait, ep, tail, N, 0, 0, 8), 5);
    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(tail[i].data, 0x1111222233334444ull + i);
}

Test(marshal, semctl_has_the_guests_layout)
{
    long id = CALL(G_semget, IPC_PRIVATE, 3, 0600);
    cr_assert_geq(id, 0);
    uint8_t g[104];
    memset(g, 0xaa, sizeof g);
    cr_assert_eq(CALL(G_semctl, id, 0, IPC_STAT, g), 0);
    struct semid_ds ds;
    cr_assert_eq(semctl((int)id, 0, IPC_STAT, &ds), 0);
    cr_assert_eq(load(g, 56, 8), (uint64_t)ds.sem_ctime);
    cr_assert_eq(load(g, 64, 8), 3);
    cr_assert_eq(g[88], 0xaa);
    uint32_t mode = 0640;
    memcpy(g + 20, &mode, 4);
    cr_assert_eq(CALL(G_semctl, id, 0, IPC_SET, g), 0);
    cr_assert_eq(semctl((int)id, 0, IPC_STAT, &ds), 0);
    cr_assert_eq(ds.sem_perm.mode & 0777, 0640);
    cr_assert_eq(CALL(G_semctl, id, 1, 16 /* SETVAL */, 42), 0);
    cr_assert_eq(CALL(G_semctl, id, 1, 12 /* GETVAL */, 0), 42);
    cr_assert_eq(CALL(G_semctl, id, 0, IPC_RMID, 0), 0);
}

Test(marshal, uname_names_the_guests_machine)
{
    struct utsname host, g;
    uname(&host);
    cr_assert_eq(CALL(G_uname, &g), 0);
    cr_assert_str_eq(g.machine, "aarch64");
    cr_assert_str_eq(g.release, host.release);
    cr_assert_str_eq(g.nodename, host.nodename);
    ctx.release = "4.19.0-ferry";
    cr_assert_eq(CALL(G_uname, &g), 0);
    cr_assert_str_eq(g.release, "4.19.0-ferry");
}

Test(marshal, limits_leave_out_the_runners_share)
{
    ownmap_add((const void *)(1ull << 40), 1ull << 30);
    struct rlimit r = {1ull << 34, RLIM_INFINITY}, host;
    cr_assert_eq(CALL(G_setrlimit, RLIMIT_AS, &r), 0);
    cr_assert_eq(getrlimit(RLIMIT_AS, &host), 0);
    cr_assert_eq(host.rlim_cur, (1ull << 34) + (1ull << 30));
    cr_assert_eq(host.rlim_max, RLIM_INFINITY);
    memset(&r, 0, sizeof r);
    cr_assert_eq(CALL(G_getrlimit, RLIMIT_AS, &r), 0);
    cr_assert_eq(r.rlim_cur, 1ull << 34);
    cr_assert_eq(r.rlim_max, RLIM_INFINITY);
    struct rlimit r2 = {0};
    cr_assert_eq(CALL(G_prlimit64, 0, RLIMIT_AS, 0, &r2), 0);
    cr_assert_eq(memcmp(&r, &r2, sizeof r), 0);
    cr_assert_eq(CALL(G_getrlimit, RLIMIT_AS, 0), -EFAULT);
    cr_assert_eq(CALL(G_getrlimit, RLIMIT_NOFILE, 0), -EFAULT);
    cr_assert_eq(CALL(G_prlimit64, 0, RLIMIT_AS, 0, 0), 0);
    cr_assert_eq(CALL(G_prlimit64, 0, 99, 0, &r), -EINVAL);
    host.rlim_cur = RLIM_INFINITY; /* what follows at exit may need much */
    cr_assert_eq(setrlimit(RLIMIT_AS, &host), 0);
}

Test(marshal, answers_of_the_guests_cpu)
{
    cr_assert_eq(CALL(G_personality, 8 /* PER_LINUX32 */), -EINVAL);
    cr_assert_geq(CALL(G_personality, 0xffffffff), 0);
    cr_assert_eq(CALL(G_pkey_alloc, 0, 0), -ENOSPC);
    cr_assert_eq(CALL(G_pkey_alloc, 1, 0), -EINVAL);
}

Test(marshal, operations_have_their_own_rows)
{
    cr_assert_eq(CALL(G_prctl, 22 /* PR_SET_SECCOMP */, 1), -EINVAL);
    cr_assert_eq(CALL(G_prctl, 26 /* PR_SET_TSC */, 1), -EINVAL);
    char name[16] = "ferry-test", got[16];
    cr_assert_eq(CALL(G_prctl, 15 /* PR_SET_NAME */, name), 0);
    cr_assert_eq(CALL(G_prctl, 16 /* PR_GET_NAME */, got), 0);
    cr_assert_str_eq(got, name);
    cr_assert_eq(CALL(G_prctl, 0x7eadbeef), -EINVAL, "unknown: the kernel's own answer");
    uint32_t word = 5;
    cr_assert_eq(CALL(G_futex, &word, 1 /* WAKE */, 1), 0);
    cr_assert_eq(CALL(G_futex, &word, 0 | 128 /* WAIT_PRIVATE */, 4, 0), -EAGAIN);
    int fd = open("/etc/passwd", O_RDONLY);
    cr_assert_eq(CALL(G_ioctl, fd, 0xdeadbeef, 0), -ENOTTY);
}

Test(marshal, the_logs_descriptor_is_not_the_guests)
{
    int fd[5];
    for (unsigned i = 0; i < 5; i++)
        fd[i] = open("/dev/null", O_RDONLY);
    log_fd = fd[2];
    cr_assert_eq(CALL(G_close, fd[2]), -EBADF);
    cr_assert_eq(CALL(24 /* dup3 */, fd[0], fd[2], 0), -EBADF);
    cr_assert_eq(CALL(24 /* dup3 */, fd[0], fd[1], O_CLOEXEC), fd[1]);
    cr_assert_eq(CALL(436 /* close_range */, fd[1], fd[4], 0), 0);
    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(fcntl(fd[i], F_GETFD) >= 0, i == 0 || i == 2, "descriptor %u", i);
    cr_assert_eq(CALL(436 /* close_range */, fd[2], fd[2], 0), 0);
    cr_assert_geq(fcntl(fd[2], F_GETFD), 0);
    log_fd = 2;
    cr_assert_eq(CALL(G_close, fd[2]), 0);
}
