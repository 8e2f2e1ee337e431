// guest: aarch64
// programs: -march=armv8.5-a+rng
// expect: 0 failures
/*
 * Rows that no comparison of states can test: random numbers, DIT and SSBS with their way through
 * signal frames, waits with a time limit, what EL0 may not do, cache maintenance, hinted branches,
 * loads of literals.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "check.h"

#define MRS(name)                                                                                  \
    ({                                                                                             \
        uint64_t v_;                                                                               \
        __asm__ volatile("mrs %0, " name : "=r"(v_));                                              \
        v_;                                                                                        \
    })
#define MSR(name, v) __asm__ volatile("msr " name ", %0" : : "r"((uint64_t)(v)))

#define DIT  "s3_3_c4_c2_5"
#define SSBS "s3_3_c4_c2_6"
enum { BIT_SSBS = 1 << 12, BIT_DIT = 1 << 24 };

static void random_numbers(void)
{
    uint64_t seen = 0, all = ~0ull, last = 0, v, nzcv;
    for (int i = 0; i < 256; i++) {
        __asm__ volatile("msr nzcv, %2\n"
                         "mrs %0, s3_3_c2_c4_0\n"
                         "mrs %1, nzcv"
                         : "=r"(v), "=r"(nzcv)
                         : "r"(0xf0000000ull)
                         : "cc");
        CHECK(nzcv == 0);
        CHECK(v != last);
        last = v;
        seen |= v;
        all &= v;
    }
    CHECK(seen == ~0ull && all == 0);
    __asm__ volatile("mrs %0, s3_3_c2_c4_1\nmrs %1, nzcv" : "=r"(v), "=r"(nzcv) : : "cc");
    CHECK(v != last && nzcv == 0);
}

static volatile uint64_t in_handler_dit, in_handler_ssbs, frame_pstate;

static void handler(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    in_handler_dit = MRS(DIT);
    in_handler_ssbs = MRS(SSBS);
    frame_pstate = uc->uc_mcontext.pstate;
    MSR(DIT, 0);
    uc->uc_mcontext.pstate &= ~(uint64_t)BIT_SSBS;
}

static void *other_thread(void *arg)
{
    *(uint64_t *)arg = MRS(DIT) | MRS(SSBS);
    MSR(DIT, 0);
    return NULL;
}

static void pstate_bits(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    CHECK(MRS(DIT) == 0);
    CHECK(MRS(SSBS) == BIT_SSBS);
    MSR(DIT, ~0ull);
    CHECK(MRS(DIT) == BIT_DIT);
    MSR(SSBS, 0);
    CHECK(MRS(SSBS) == 0 && MRS(DIT) == BIT_DIT);
    __asm__ volatile("msr ssbs, #1");
    CHECK(MRS(SSBS) == BIT_SSBS);
    __asm__ volatile("msr dit, #0");
    CHECK(MRS(DIT) == 0);
    __asm__ volatile("msr dit, #1");
    sigaction(SIGUSR1, &sa, NULL);
    raise(SIGUSR1);
    CHECK(in_handler_dit == BIT_DIT && in_handler_ssbs == BIT_SSBS);
    CHECK((frame_pstate & (BIT_DIT | BIT_SSBS)) == (BIT_DIT | BIT_SSBS));
    CHECK(MRS(DIT) == BIT_DIT);
    CHECK(MRS(SSBS) == 0);
    pthread_t t;
    uint64_t there = 0;
    pthread_create(&t, NULL, other_thread, &there);
    pthread_join(t, NULL);
    CHECK(there == BIT_DIT);
    CHECK(MRS(DIT) == BIT_DIT);
    MSR(DIT, 0);
}

static void waits(void)
{
    uint64_t x = 7, until = MRS("cntvct_el0") + 1000;
    __asm__ volatile("mov x9, %1\n"
                     ".inst 0xd5031009\n" /* wfet x9 */
                     ".inst 0xd5031029\n" /* wfit x9 */
                     ".inst 0xd5033e3f\n" /* dsb synxs */
                     "sb"
                     : "+r"(x)
                     : "r"(until)
                     : "x9", "memory");
    __asm__ volatile("hint #6\nhint #34\nhint #20"); /* dgh, bti c, csdb */
    CHECK(x == 7);
}

/* ---- what EL0 may not do, and cache maintenance ---- */

static volatile int last_signal;
static volatile uint64_t last_addr;

static void skip(int sig, siginfo_t *si, void *uc)
{
    last_signal = sig;
    last_addr = (uint64_t)si->si_addr;
    ((ucontext_t *)uc)->uc_mcontext.pc += 4;
}

#define SIGNAL_OF(...)                                                                             \
    ({                                                                                             \
        last_signal = 0;                                                                           \
        __asm__ volatile(__VA_ARGS__);                                                             \
        last_signal;                                                                               \
    })

static void forbidden(void)
{
    CHECK(SIGNAL_OF(".inst 0xd4000002" ::: "memory") == SIGILL); /* hvc #0 */
    CHECK(SIGNAL_OF(".inst 0xd4000003" ::: "memory") == SIGILL); /* smc #0 */
    CHECK(SIGNAL_OF(".inst 0xd508711f" ::: "memory") == SIGILL); /* ic ialluis */
    CHECK(SIGNAL_OF(".inst 0xd5287100" ::: "x0") == SIGILL);     /* sysl x0, #0, c7, c1, #0 */
    CHECK(SIGNAL_OF(".inst 0xd5181000" ::: "memory") == SIGILL); /* msr sctlr_el1, x0 */
    CHECK(SIGNAL_OF("msr fpsr, xzr") == 0);
}

static void cache_lines(void)
{
    uint8_t *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    p[5] = 77;
    mprotect(p + 4096, 4096, PROT_NONE);
#define LINE(op)                                                                                   \
    CHECK(SIGNAL_OF("dc " op ", %0" : : "r"(p + 5) : "memory") == 0);                              \
    CHECK(SIGNAL_OF("dc " op ", %0" : : "r"(p + 4101) : "memory") == SIGSEGV);                     \
    CHECK(last_addr == (uint64_t)p + 4101)
    LINE("cvac");
    LINE("cvau");
    LINE("civac");
    LINE("cvap");
    LINE("cvadp");
    CHECK(p[5] == 77);
    munmap(p, 8192);
}

/* ---- the rest of the registers, hinted branches, literals ---- */

static void read_only_registers(void)
{
    uint64_t a, b, c;
    __asm__ volatile("mrs %0, tpidrro_el0\nmrs %1, cntfrq_el0" : "=r"(a), "=r"(b));
    CHECK(a == 0 && b >= 1000000 && b <= 1000000000);
    a = MRS("cntvct_el0");
    b = MRS("s3_3_c14_c0_6"); /* cntvctss_el0 */
    c = MRS("cntvct_el0");
    CHECK(a <= b && b <= c);
}

/* bc.cond is b.cond with a hint: the same for every condition and all flags. */
#define BRANCH(cond, word)                                                                         \
    for (uint64_t f = 0; f < 16; f++) {                                                            \
        uint64_t x, y;                                                                             \
        __asm__ volatile("msr nzcv, %2\nmov %0, #1\n.inst " word "\nmov %0, #0\n"                  \
                         "mov %1, #1\nb." cond " 1f\nmov %1, #0\n1:"                               \
                         : "=&r"(x), "=&r"(y)                                                      \
                         : "r"(f << 28)                                                            \
                         : "cc");                                                                  \
        CHECK(x == y);                                                                             \
    }

static void hinted_branches(void)
{
    BRANCH("eq", "0x54000050")
    BRANCH("ne", "0x54000051")
    BRANCH("cs", "0x54000052")
    BRANCH("cc", "0x54000053")
    BRANCH("mi", "0x54000054")
    BRANCH("pl", "0x54000055")
    BRANCH("vs", "0x54000056")
    BRANCH("vc", "0x54000057")
    BRANCH("hi", "0x54000058")
    BRANCH("ls", "0x54000059")
    BRANCH("ge", "0x5400005a")
    BRANCH("lt", "0x5400005b")
    BRANCH("gt", "0x5400005c")
    BRANCH("le", "0x5400005d")
    BRANCH("al", "0x5400005e")
    BRANCH("nv", "0x5400005f")
}

static void literals(void)
{
    uint64_t v[6];
    __asm__ volatile("b 2f\n.balign 16\n1: .quad 0x1122334455667788, 0x99aabbccddeeff00\n"
                     "2: prfm pldl1keep, 1b\n"
                     "movi v0.16b, #255\nldr s0, 1b\nstr q0, [%0]\n"
                     "movi v0.16b, #255\nldr d0, 1b\nstr q0, [%0, #16]\n"
                     "movi v0.16b, #255\nldr q0, 1b\nstr q0, [%0, #32]"
                     :
                     : "r"(v)
                     : "v0", "memory");
    CHECK(v[0] == 0x55667788 && v[1] == 0);
    CHECK(v[2] == 0x1122334455667788 && v[3] == 0);
    CHECK(v[4] == 0x1122334455667788 && v[5] == 0x99aabbccddeeff00);
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &sa, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    forbidden();
    cache_lines();
    read_only_registers();
    hinted_branches();
    literals();
    random_numbers();
    pstate_bits();
    waits();
    printf("%d failures\n", failures);
    return 0;
}
