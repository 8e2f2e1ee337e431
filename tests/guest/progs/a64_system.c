// programs: -march=armv8.5-a+rng
// expect: 0 failures
/*
 * Rows of the extensions that no comparison of states can test: random numbers, DIT and SSBS with
 * their way through signal frames, waits with a time limit, barriers that are hints.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <ucontext.h>
#include <unistd.h>

static int failures;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            printf("line %d: %s\n", __LINE__, #cond);                                              \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

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

int main(void)
{
    random_numbers();
    pstate_bits();
    waits();
    printf("%d failures\n", failures);
    return 0;
}
