/*
 * What the tests of the system-call layer share: a vcpu and context of an aarch64 guest without a
 * translator, a fault handler that knows gm_fixup, and stand-ins for the handlers of linux-user.
 *
 * gm_base is 0, so a test's own memory is guest memory.
 */
#ifndef FERRY_TESTS_SYS_FIXTURE_H
#define FERRY_TESTS_SYS_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "guestmem.h"
#include "sys.h"

/* Numbers of the generic 64-bit table that the tests call. */
enum {
    G_epoll_create1 = 20,
    G_epoll_ctl = 21,
    G_epoll_pwait = 22,
    G_fcntl = 25,
    G_ioctl = 29,
    G_renameat = 38,
    G_renameat2 = 276,
    G_openat = 56,
    G_close = 57,
    G_pipe2 = 59,
    G_read = 63,
    G_write = 64,
    G_writev = 66,
    G_readlinkat = 78,
    G_newfstatat = 79,
    G_fstat = 80,
    G_personality = 92,
    G_exit_group = 94,
    G_futex = 98,
    G_nanosleep = 101,
    G_ptrace = 117,
    G_io_uring_setup = 425,
    G_rt_sigaction = 134,
    G_uname = 160,
    G_getrlimit = 163,
    G_setrlimit = 164,
    G_prctl = 167,
    G_getpid = 172,
    G_gettid = 178,
    G_semget = 190,
    G_semctl = 191,
    G_socket = 198,
    G_connect = 203,
    G_setsockopt = 208,
    G_riscv_flush_icache = 259,
    G_prlimit64 = 261,
    G_pkey_alloc = 289,
    G_mmap = 222,
    G_openat2 = 437,
};

/* open(2) bits of Arm that differ from the host's. */
enum {
    ARM_O_DIRECTORY = 040000,
    ARM_O_NOFOLLOW = 0100000,
    ARM_O_DIRECT = 0200000,
    ARM_O_LARGEFILE = 0400000,
};

extern SysCtx ctx;
extern Vcpu vcpu;

void fixture_start(void);

/* A page that cannot be accessed, directly behind one that can. */
uint8_t *fixture_edge(void);

long call6(uint32_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);
#define CALL_(nr, a, b, c, d, e, f, ...)                                                           \
    call6(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e),           \
          (uint64_t)(f))
#define CALL(...) CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

static inline uint64_t load(const void *p, size_t off, size_t size)
{
    uint64_t v = 0;
    memcpy(&v, (const uint8_t *)p + off, size);
    return v;
}

#endif
