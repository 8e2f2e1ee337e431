// guest: aarch64
// programs: -march=armv8.5-a
// expect: 0 failures
/*
 * Memory copy and memory set instructions: results against byte loops, the registers of option A,
 * faults in the middle, registers as option B makes them, encodings that are undefined.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "check.h"

typedef struct Regs {
    uint64_t d, s, n, nzcv;
} Regs;

#define RUN(r, insns)                                                                              \
    __asm__ volatile(".arch_extension mops\n"                                                      \
                     "msr nzcv, %3\n" insns "\nmrs %3, nzcv"                                       \
                     : "+r"((r)->d), "+r"((r)->s), "+r"((r)->n), "+r"((r)->nzcv)                   \
                     :                                                                             \
                     : "memory", "cc")

#define COPY(k)                                                                                    \
    "cpy" k "p [%0]!, [%1]!, %2!\ncpy" k "m [%0]!, [%1]!, %2!\ncpy" k "e [%0]!, [%1]!, %2!"
#define SET(s) "setp [%0]!, %2!, " s "\nsetm [%0]!, %2!, " s "\nsete [%0]!, %2!, " s

static Regs regs(const void *d, const void *s, uint64_t n)
{
    return (Regs){(uint64_t)d, (uint64_t)s, n, 0xf0000000};
}

static uint8_t *pages(size_t n)
{
    return mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* n bytes, in words and a tail */
static void fill(uint8_t *p, size_t n)
{
    static uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < n; i += 8) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        memcpy(p + i, &x, n - i < 8 ? n - i : 8);
    }
}

static void random_copies(void)
{
    enum { SIZE = 4096 };
    static uint8_t a[SIZE], b[SIZE];
    for (int i = 0; i < 1500; i++) {
        size_t n = rand() % 3 ? rand() % 100 : rand() % 1500;
        size_t from = rand() % 2000, to = rand() % 2 ? rand() % 2000 : from + rand() % 64;
        fill(a, SIZE);
        memcpy(b, a, SIZE);
        Regs r = regs(a + to, a + from, n);
        RUN(&r, COPY(""));
        memmove(b + to, b + from, n);
        CHECK(memcmp(a, b, SIZE) == 0);
        bool down = from < to && from + n > to;
        CHECK(r.n == 0 && r.nzcv == 0);
        CHECK(r.d == (uint64_t)a + to + (down ? 0 : n));
        CHECK(r.s == (uint64_t)a + from + (down ? 0 : n));
        r = regs(a + 2048 + to % 400, a + from % 400, n);
        RUN(&r, COPY("f"));
        memmove(b + 2048 + to % 400, b + from % 400, n);
        CHECK(memcmp(a, b, SIZE) == 0 && r.n == 0);
        CHECK(r.d == (uint64_t)a + 2048 + to % 400 + n);
        r = regs(a + to, (void *)(uintptr_t)(0x1234500 + i), n);
        if (i & 1)
            RUN(&r, SET("%1"));
        else
            RUN(&r, SET("xzr"));
        memset(b + to, i & 1 ? i & 255 : 0, n);
        CHECK(memcmp(a, b, SIZE) == 0);
        CHECK(r.d == (uint64_t)a + to + n && r.n == 0 && r.nzcv == 0);
    }
}

static void big_blocks(void)
{
    enum { BIG = (5 << 20) / 2 }; /* more than one piece */
    uint8_t *p = pages(2 * BIG), *q = pages(2 * BIG);
    fill(p, BIG);
    memcpy(q, p, BIG);
    Regs r = regs(p + 1000003, p, BIG);
    RUN(&r, COPY(""));
    memmove(q + 1000003, q, BIG);
    CHECK(memcmp(p, q, 2 * BIG) == 0);
    r = regs(p, p + 77777, BIG);
    RUN(&r, COPY(""));
    memmove(q, q + 77777, BIG);
    CHECK(memcmp(p, q, 2 * BIG) == 0);
    r = regs(p + 5, (void *)0xab, BIG);
    RUN(&r, SET("%1"));
    memset(q + 5, 0xab, BIG);
    CHECK(memcmp(p, q, 2 * BIG) == 0);
    munmap(p, 2 * BIG);
    munmap(q, 2 * BIG);
}

static void prologue_registers(void)
{
    uint8_t a[64];
    Regs r = regs(a, a + 8, 40);
    RUN(&r, "cpyp [%0]!, [%1]!, %2!");
    CHECK(r.d == (uint64_t)a + 40 && r.s == (uint64_t)a + 48 && r.n == (uint64_t)-40);
    r = regs(a + 8, a, 40);
    RUN(&r, "cpyp [%0]!, [%1]!, %2!");
    CHECK(r.d == (uint64_t)a + 8 && r.s == (uint64_t)a && r.n == 40 && r.nzcv == 0);
    r = regs(a, a + 8, 1ull << 55);
    RUN(&r, "cpyp [%0]!, [%1]!, %2!");
    CHECK(r.n == -((1ull << 55) - 1) && r.d == (uint64_t)a + (1ull << 55) - 1);
    r = regs(a, a + 8, 1ull << 55);
    RUN(&r, "cpyfp [%0]!, [%1]!, %2!");
    CHECK(r.n == -(1ull << 55));
    r = regs(a, a + 8, ~0ull);
    RUN(&r, "cpyfp [%0]!, [%1]!, %2!");
    CHECK(r.n == -(~0ull >> 1));
    r = regs(a, a + 8, ~0ull);
    RUN(&r, "setp [%0]!, %2!, %1");
    CHECK(r.n == -(~0ull >> 1) && r.d == (uint64_t)a + (~0ull >> 1));
}

/* Registers of option B, entered at the main part or the epilogue: the prologue runs again. */
static void option_b(void)
{
    uint8_t a[64], b[64];
    fill(a, 64);
    memset(b, 0, 64);
    Regs r = {(uint64_t)b, (uint64_t)a, 50, 0x20000000};
    RUN(&r, "b 1f\ncpyfp [%0]!, [%1]!, %2!\n1: cpyfm [%0]!, [%1]!, %2!\ncpyfe [%0]!, [%1]!, %2!");
    CHECK(memcmp(a, b, 50) == 0 && b[50] == 0 && r.n == 0 && r.nzcv == 0);
    memset(b, 0, 64);
    r = (Regs){(uint64_t)b + 50, (uint64_t)a + 50, 50, 0xa0000000}; /* down: the ends */
    RUN(&r, "b 1f\ncpyp [%0]!, [%1]!, %2!\ncpym [%0]!, [%1]!, %2!\n1: cpye [%0]!, [%1]!, %2!");
    CHECK(memcmp(a, b, 50) == 0 && b[50] == 0 && r.n == 0);
    r = (Regs){(uint64_t)b, 7, 50, 0x20000000};
    RUN(&r, "b 1f\nsetp [%0]!, %2!, %1\n1: setm [%0]!, %2!, %1\nsete [%0]!, %2!, %1");
    CHECK(b[0] == 7 && b[49] == 7 && b[50] == 0 && r.n == 0);
    /* an epilogue with something left does it */
    memset(b, 0, 64);
    r = (Regs){(uint64_t)b + 40, (uint64_t)a + 40, (uint64_t)-40, 0};
    RUN(&r, "cpye [%0]!, [%1]!, %2!");
    CHECK(memcmp(a, b, 40) == 0 && b[40] == 0 && r.n == 0);
}

static uint8_t *hole;
static int hole_prot, faults;
static uint64_t fault_addr, fault_n;
static uint32_t fault_insn;
static int fault_code;
static sigjmp_buf out;

static void handler(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    if (sig == SIGILL)
        siglongjmp(out, 1);
    fault_addr = (uint64_t)si->si_addr;
    fault_code = si->si_code;
    fault_insn = *(uint32_t *)uc->uc_mcontext.pc;
    fault_n = uc->uc_mcontext.regs[3];
    if (++faults > 1 || mprotect(hole, 4096, PROT_READ | PROT_WRITE))
        siglongjmp(out, 2);
}

/* n in x3, source in x2, destination in x1 */
#define RUN_FIXED(dst, src, size, insns)                                                           \
    ({                                                                                             \
        register uint64_t d_ __asm__("x1") = (uint64_t)(dst);                                      \
        register uint64_t s_ __asm__("x2") = (uint64_t)(src);                                      \
        register uint64_t n_ __asm__("x3") = (size);                                               \
        __asm__ volatile(".arch_extension mops\n" insns                                            \
                         : "+r"(d_), "+r"(s_), "+r"(n_)                                            \
                         :                                                                         \
                         : "memory", "cc");                                                        \
        n_;                                                                                        \
    })
#define FIXED(k)                                                                                   \
    "cpy" k "p [x1]!, [x2]!, x3!\ncpy" k "m [x1]!, [x2]!, x3!\ncpy" k "e [x1]!, [x2]!, x3!"

/* A copy of n bytes whose source or destination reaches into the hole at its end or its start. */
static void faulting_copy(size_t n, int where)
{
    uint8_t *p = pages(16 << 12), *q = pages(16 << 12);
    bool down = where & 1, write = where & 2;
    uint8_t *over = (write ? q : p) + (4 << 12), *src, *dst;
    hole = over;
    fill(p, 16 << 12);
    if (down) { /* overlapping, upwards in one block */
        src = over + 4096 - 200;
        dst = src + 100;
        src = dst - 100;
    } else {
        src = write ? p : over - n / 2;
        dst = write ? over - n / 2 : q;
    }
    uint8_t *copy = malloc(n);
    memcpy(copy, src, n);
    mprotect(hole, 4096, write && !down ? PROT_READ : PROT_NONE);
    faults = 0;
    uint64_t left = RUN_FIXED(dst, src, n, FIXED(""));
    CHECK(left == 0 && faults == 1);
    CHECK(memcmp(dst, copy, n) == 0);
    CHECK((fault_insn & 0xffe0fc00) == 0x1d400400 || (fault_insn & 0xdfe0fc00) == 0x1d400400);
    if (!down) {
        CHECK(fault_addr == (uint64_t)hole);
        CHECK(fault_n == -(n - n / 2));
        CHECK(fault_code == SEGV_ACCERR);
    } else {
        CHECK(fault_addr == (uint64_t)hole + 4095);
        CHECK(fault_n == (uint64_t)(hole + 4096 - src) || fault_n == (uint64_t)(hole + 4096 - dst));
    }
    free(copy);
    munmap(p, 16 << 12);
    munmap(q, 16 << 12);
}

static void faulting_set(size_t n)
{
    uint8_t *p = pages(3 << 12);
    hole = p + 4096;
    mprotect(hole, 4096, PROT_READ);
    faults = 0;
    uint64_t left = RUN_FIXED(hole - n / 2, 0x4d, n,
                              "setp [x1]!, x3!, x2\nsetm [x1]!, x3!, x2\nsete [x1]!, x3!, x2");
    CHECK(left == 0 && faults == 1 && fault_addr == (uint64_t)hole);
    CHECK(fault_n == -(n - n / 2));
    for (size_t i = 0; i < n; i++)
        CHECK(hole[i - n / 2] == 0x4d);
    CHECK(hole[n - n / 2] == 0);
    munmap(p, 3 << 12);
}

static void faults_in_the_middle(void)
{
    static const size_t sizes[] = {2, 7, 9, 31, 33, 64, 100, 513, 1024, 3000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        faulting_copy(sizes[i], 0);
        faulting_copy(sizes[i], 2);
        faulting_set(sizes[i]);
        if (sizes[i] > 200)
            faulting_copy(sizes[i], 1);
    }
}

static void tagged(void)
{
    uint8_t a[80], b[80];
    fill(a, 80);
    memset(b, 0, 80);
    Regs r = regs((void *)((uint64_t)b | 0x5aull << 56), (void *)((uint64_t)a | 0xa5ull << 56), 70);
    RUN(&r, COPY(""));
    CHECK(memcmp(a, b, 70) == 0 && b[70] == 0);
    CHECK(r.d == (((uint64_t)b + 70) | 0x5aull << 56));
}

#define IS_UNDEFINED(word)                                                                         \
    ({                                                                                             \
        int r_ = sigsetjmp(out, 1);                                                                \
        if (!r_)                                                                                   \
            __asm__ volatile(".inst " #word ::: "x1", "x2", "x3", "memory", "cc");                 \
        r_ == 1;                                                                                   \
    })

static void undefined(void)
{
    CHECK(IS_UNDEFINED(0x19010441)); /* cpyfp x1, x1, x2 */
    CHECK(IS_UNDEFINED(0x19020441)); /* cpyfp x1, x2, x2 */
    CHECK(IS_UNDEFINED(0x19020421)); /* cpyfp x1, x2, x1 */
    CHECK(IS_UNDEFINED(0x1902047f)); /* cpyfp xzr, x2, x3 */
    CHECK(IS_UNDEFINED(0x191f0461)); /* cpyfp x1, xzr, x3 */
    CHECK(IS_UNDEFINED(0x190207e1)); /* cpyfp x1, x2, xzr */
    CHECK(IS_UNDEFINED(0x19c207e1)); /* setp x1, xzr, x2 */
    CHECK(IS_UNDEFINED(0x19c2c461)); /* set with op2 11xx */
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    if (sigsetjmp(out, 1) == 0) {
        prologue_registers();
        random_copies();
        big_blocks();
        option_b();
        faults_in_the_middle();
        tagged();
        undefined();
    } else {
        printf("an unexpected fault at %#lx\n", (unsigned long)fault_addr);
        failures++;
    }
    printf("%d failures\n", failures);
    return 0;
}
