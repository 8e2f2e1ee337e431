/*
 * The blocking stub and the path hook.
 *
 * The signal handler here does what linux-user's does: in the stub's window it moves rip to the
 * exit. A timer lands in a read that would otherwise sleep for ever, so a lost signal shows as a
 * test that runs out of time.
 */
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include "sys_fixture.h"

TestSuite(stub, .init = fixture_start, .timeout = 20);

static volatile int landed; /* 1 before or at the syscall instruction, 2 elsewhere */

static void on_alarm(int sig, siginfo_t *info, void *uc)
{
    greg_t *rip = &((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
    if (sys_stub_must_exit((uint64_t)*rip)) {
        *rip = (greg_t)(uintptr_t)sys_stub_exit;
        landed = 1;
    } else {
        landed = 2;
    }
    vcpu.poll = POLL_SIGNAL;
}

static void alarm_in_us(unsigned us, int flags)
{
    struct sigaction sa = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | flags};
    sigaction(SIGALRM, &sa, NULL);
    struct itimerval it = {.it_value = {0, us}};
    landed = 0;
    vcpu.poll = 0;
    setitimer(ITIMER_REAL, &it, NULL);
}

Test(stub, labels_stand_in_order)
{
    cr_assert_lt((uintptr_t)sys_stub, (uintptr_t)sys_stub_check);
    cr_assert_lt((uintptr_t)sys_stub_check, (uintptr_t)sys_stub_syscall);
    cr_assert_eq((uintptr_t)sys_stub_syscall + 2, (uintptr_t)sys_stub_after);
    cr_assert_not(sys_stub_must_exit((uint64_t)(uintptr_t)sys_stub_check - 1));
    cr_assert(sys_stub_must_exit((uint64_t)(uintptr_t)sys_stub_check));
    cr_assert(sys_stub_must_exit((uint64_t)(uintptr_t)sys_stub_syscall));
    cr_assert_not(sys_stub_must_exit((uint64_t)(uintptr_t)sys_stub_after));
    cr_assert_not(sys_stub_must_exit((uint64_t)(uintptr_t)sys_stub_exit));
}

Test(stub, does_nothing_when_the_poll_word_is_set)
{
    int p[2];
    char c = 'a';
    cr_assert_eq(pipe(p), 0);
    cr_assert_eq(write(p[1], "z", 1), 1);
    vcpu.poll = POLL_SIGNAL;
    cr_assert_eq(CALL(G_read, p[0], &c, 1), SYS_RESTART);
    cr_assert_eq(c, 'a');
    vcpu.poll = 0;
    cr_assert_eq(CALL(G_read, p[0], &c, 1), 1, "the byte is still there");
    cr_assert_eq(c, 'z');
}

Test(stub, passes_all_six_arguments)
{
    uint64_t a[6] = {0, 8192, 3, 0x22, (uint64_t)-1, 0};
    long p = sys_stub(9 /* mmap */, a, &vcpu.poll);
    cr_assert_gt(p, 0);
    uint64_t from[6] = {(uint64_t)p, 4096, 8192, 1, 0, 0};
    long q = sys_stub(25 /* mremap, MAYMOVE */, from, &vcpu.poll);
    cr_assert_gt(q, 0);
}

Test(stub, kernel_restart_comes_back_as_restart)
{
    int p[2];
    char c;
    cr_assert_eq(pipe(p), 0);
    alarm_in_us(20000, SA_RESTART);
    cr_assert_eq(CALL(G_read, p[0], &c, 1), SYS_RESTART);
    cr_assert_eq(landed, 1, "rip was put back to the instruction");
}

Test(stub, without_sa_restart_it_is_eintr)
{
    int p[2];
    char c;
    cr_assert_eq(pipe(p), 0);
    alarm_in_us(20000, 0);
    cr_assert_eq(CALL(G_read, p[0], &c, 1), -EINTR);
    cr_assert_eq(landed, 2, "rip was behind the instruction");
}

Test(stub, nanosleep_gives_eintr_and_the_rest)
{
    struct timespec req = {5, 0}, rem = {0, 0};
    alarm_in_us(20000, SA_RESTART);
    cr_assert_eq(CALL(G_nanosleep, &req, &rem), -EINTR);
    cr_assert_geq(rem.tv_sec, 4);
}

/* Signals at any instant around the call: whatever the moment, the read ends. */
Test(stub, no_signal_is_lost)
{
    int p[2];
    char c;
    cr_assert_eq(pipe(p), 0);
    for (unsigned i = 0; i < 2000; i++) {
        alarm_in_us(1 + i % 40, SA_RESTART);
        for (volatile unsigned spin = 0; spin < i * 7 % 4000; spin++)
            ;
        cr_assert_eq(CALL(G_read, p[0], &c, 1), SYS_RESTART);
        while (!landed)
            ;
    }
}

/* --- path hook */

static SysPathQuery seen;
static char seen_path[2][64];
static unsigned hook_calls;

static SysPathResult hook(SysCtx *c, const SysPathQuery *q, char *out, long *result)
{
    seen = *q;
    strncpy(seen_path[hook_calls++ % 2], q->path, 63);
    if (strcmp(q->path, "/done") == 0) {
        *result = 77;
        return SYS_PATH_DONE;
    }
    if (strncmp(q->path, "/virtual", 8) != 0)
        return SYS_PATH_KEEP;
    snprintf(out, SYS_PATH_MAX, "/tmp%s", q->path + 8);
    return SYS_PATH_REPLACED;
}

static void hook_start(void)
{
    fixture_start();
    ctx.path_hook = hook;
}

TestSuite(path, .init = hook_start);

Test(path, hook_sees_and_replaces)
{
    unlink("/tmp/ferry-hook");
    long fd = CALL(G_openat, AT_FDCWD, "/virtual/ferry-hook", O_CREAT | O_RDWR, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(access("/tmp/ferry-hook", F_OK), 0);
    cr_assert_eq(seen.row->id, SYS_ROW_openat);
    cr_assert_eq(seen.argno, 1);
    cr_assert_eq(seen.dirfd, AT_FDCWD);
    cr_assert_eq(CALL(G_openat, 99, "x", 0), -EBADF);
    cr_assert_eq(seen.dirfd, 99);
    unlink("/tmp/ferry-hook");
}

Test(path, both_paths_of_a_rename_are_replaced)
{
    int fd = open("/tmp/ferry-from", O_CREAT | O_RDWR, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(
        CALL(G_renameat2, AT_FDCWD, "/virtual/ferry-from", AT_FDCWD, "/virtual/ferry-to", 0), 0);
    cr_assert_eq(access("/tmp/ferry-to", F_OK), 0);
    cr_assert_str_eq(seen_path[0], "/virtual/ferry-from");
    cr_assert_str_eq(seen_path[1], "/virtual/ferry-to");
    unlink("/tmp/ferry-to");
}

Test(path, hook_may_finish_the_call)
{
    cr_assert_eq(CALL(G_openat, AT_FDCWD, "/done", 0), 77);
    uint64_t how[3] = {0, 0, 0};
    cr_assert_eq(CALL(G_openat2, AT_FDCWD, "/done", how, 24), 77);
}

Test(path, bad_paths_are_the_kernels_to_refuse)
{
    static char longer[SYS_PATH_MAX + 10];
    memset(longer, 'a', sizeof longer - 1);
    hook_calls = 0;
    cr_assert_eq(CALL(G_openat, AT_FDCWD, longer, 0), -ENAMETOOLONG);
    cr_assert_eq(CALL(G_openat, AT_FDCWD, fixture_edge(), 0), -EFAULT);
    cr_assert_eq(CALL(G_openat, AT_FDCWD, "", 0), -ENOENT);
    cr_assert_eq(hook_calls, 1, "only the empty one reached the hook");
}
