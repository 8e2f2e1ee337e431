// guest: aarch64
// programs: -march=armv8.4-a
// ferry: -cpu max,+lse2
// expect: uscat 1
// expect: torn 0
// expect: 0 failures
/*
 * FEAT_LSE2: pairs of registers are read and written at once within 16 aligned bytes; ordered,
 * exclusive and atomic accesses may be unaligned there, and nowhere else.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <ucontext.h>

enum { ROUNDS = 200000 };

static int failures;
static volatile int bus, stop;
static void *fault_addr;
static _Alignas(64) uint8_t mem[64];

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            printf("line %d: %s\n", __LINE__, #cond);                                              \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static void on_bus(int sig, siginfo_t *si, void *uc)
{
    (void) sig;
    bus += si->si_code == BUS_ADRALN;
    fault_addr = si->si_addr;
    ((ucontext_t *) uc)->uc_mcontext.pc += 4;
}

static void *writer(void *arg)
{
    (void) arg;
    for (uint64_t i = 0; !stop; i++) {
        __asm__ volatile("stp %0, %0, [%1]" ::"r"(i), "r"(mem) : "memory");
        __asm__ volatile("stp %w0, %w0, [%1]" ::"r"(i), "r"(mem + 20) : "memory");
    }
    return NULL;
}

/* Halves that differ when a pair was written or read in two. */
static int torn(void)
{
    pthread_t t;
    int n = 0;
    pthread_create(&t, NULL, writer, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t a, b;
        __asm__ volatile("ldp %0, %1, [%2]" : "=r"(a), "=r"(b) : "r"(mem) : "memory");
        n += a != b;
        __asm__ volatile("ldp %w0, %w1, [%2]" : "=r"(a), "=r"(b) : "r"(mem + 20) : "memory");
        n += a != b;
    }
    stop = 1;
    pthread_join(t, NULL);
    return n;
}

static void pairs(void)
{
    uint64_t a = 0x1122334455667788, b = 0x99aabbccddeeff00, c, d;
    uint8_t *p = mem + 3;
    __asm__ volatile("stp %0, %1, [%2, #8]" ::"r"(a), "r"(b), "r"(p) : "memory");
    CHECK(memcmp(p + 8, &a, 8) == 0 && memcmp(p + 16, &b, 8) == 0);
    __asm__ volatile("ldp %0, %1, [%2, #8]" : "=r"(c), "=r"(d) : "r"(p));
    CHECK(c == a && d == b);
    __asm__ volatile("ldpsw %0, %1, [%2], #8" : "=r"(c), "=r"(d), "+r"(p));
    __asm__ volatile("ldpsw %0, %1, [%2], #8" : "=r"(c), "=r"(d), "+r"(p));
    CHECK(c == (uint64_t) (int32_t) a && d == a >> 32 && p == mem + 19);
    __asm__ volatile("stp %w1, %w2, [%0, #-8]!" : "+r"(p) : "r"(b), "r"(a) : "memory");
    CHECK(p == mem + 11);
    __asm__ volatile("ldp %w0, %w1, [%2]" : "=r"(c), "=r"(d) : "r"(mem + 11));
    CHECK(c == (uint32_t) b && d == (uint32_t) a);
}

/* Each of `insn` on mem + 5 (within 16 bytes) and mem + 13 (across): no signal, SIGBUS. */
#define UNALIGNED(insn)                                                                            \
    do {                                                                                           \
        for (int across = 0; across < 2; across++) {                                               \
            void *p = mem + (across ? 13 : 5);                                                     \
            bus = 0;                                                                               \
            __asm__ volatile(insn ::"r"(p) : "x1", "x2", "memory");                                \
            if (bus != across || (across && fault_addr != p))                                      \
                printf("%s: %d signals\n", insn, bus), failures++;                                 \
        }                                                                                          \
    } while (0)

static void unaligned(void)
{
    struct sigaction sa = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &sa, NULL);
    UNALIGNED("ldar x1, [%0]");
    UNALIGNED("ldar w1, [%0]");
    UNALIGNED("stlr w1, [%0]");
    UNALIGNED("ldapr x1, [%0]");
    UNALIGNED("ldapur w1, [%0]");
    UNALIGNED("ldxr w1, [%0]");
    UNALIGNED("ldaxr x1, [%0]\nclrex");
    UNALIGNED("ldadd x1, x2, [%0]");
    UNALIGNED("swpal w1, w2, [%0]");
    UNALIGNED("cas x1, x2, [%0]");
    uint64_t was = 41, one = 1, now;
    memcpy(mem + 37, &was, 8);
    __asm__ volatile("ldaddal %1, %0, [%2]" : "=r"(was) : "r"(one), "r"(mem + 37) : "memory");
    memcpy(&now, mem + 37, 8);
    CHECK(was == 41 && now == 42);
    uint32_t failed;
    __asm__ volatile("ldxr x1, [%1]\nadd x1, x1, #1\nstxr %w0, x1, [%1]"
                     : "=&r"(failed)
                     : "r"(mem + 37)
                     : "x1", "memory");
    memcpy(&now, mem + 37, 8);
    CHECK(!failed && now == 43);
}

int main(void)
{
    uint64_t mmfr2;
    __asm__("mrs %0, s3_0_c0_c7_2" : "=r"(mmfr2));
    printf("uscat %d\n", (getauxval(AT_HWCAP) & HWCAP_USCAT) && (mmfr2 >> 32 & 15) == 1);
    printf("torn %d\n", torn());
    pairs();
    unaligned();
    printf("%d failures\n", failures);
    return failures != 0;
}
