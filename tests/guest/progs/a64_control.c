// guest: aarch64
// programs: -march=armv8.5-a
// expect: 0 failures
/*
 * What random instruction sequences cannot test: branches, addresses relative to the pc, system
 * registers, exclusives that must fail, and traps with their pc, code and address.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static int failures;

#define CHECK_EQ(what, got, want)                                                                  \
    do {                                                                                           \
        uint64_t g_ = (uint64_t) (got), w_ = (uint64_t) (want);                                    \
        if (g_ != w_) {                                                                            \
            printf("%s: %#lx, not %#lx\n", what, (unsigned long) g_, (unsigned long) w_);          \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

/* 1 if `insn reg, [bit,] target` is taken */
#define TAKEN(insn, value)                                                                         \
    ({                                                                                             \
        uint64_t r_ = 1;                                                                           \
        __asm__ volatile(insn "\n mov %0, #0\n 1:" : "+r"(r_) : "r"((uint64_t) (value)) : "cc");   \
        r_;                                                                                        \
    })

static void compare_branches(void)
{
    const uint64_t high = 1ull << 32;
    CHECK_EQ("cbz x", TAKEN("cbz %x1, 1f", high), 0);
    CHECK_EQ("cbz w", TAKEN("cbz %w1, 1f", high), 1);
    CHECK_EQ("cbnz x", TAKEN("cbnz %x1, 1f", high), 1);
    CHECK_EQ("cbnz w", TAKEN("cbnz %w1, 1f", high), 0);
    CHECK_EQ("tbz 0", TAKEN("tbz %x1, #0, 1f", 2), 1);
    CHECK_EQ("tbnz 1", TAKEN("tbnz %x1, #1, 1f", 2), 1);
    CHECK_EQ("tbnz 32", TAKEN("tbnz %x1, #32, 1f", high), 1);
    CHECK_EQ("tbz 63", TAKEN("tbz %x1, #63, 1f", high), 1);
    CHECK_EQ("tbnz 31", TAKEN("tbnz %w1, #31, 1f", 1u << 31), 1);
}

/* Each condition against its definition for all sixteen flag values. */
static bool condition(unsigned cond, unsigned nzcv)
{
    bool n = nzcv >> 3 & 1, z = nzcv >> 2 & 1, c = nzcv >> 1 & 1, v = nzcv & 1;
    bool r[] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    bool hold = r[cond >> 1];
    return cond & 1 && cond != 15 ? !hold : hold;
}

#define COND_CASE(n, name)                                                                         \
    case n:                                                                                        \
        __asm__ volatile("msr nzcv, %1\n b." name " 1f\n mov %0, #0\n 1:"                          \
                         : "+r"(taken)                                                             \
                         : "r"(flags)                                                              \
                         : "cc");                                                                  \
        break

static void conditions(void)
{
    for (unsigned i = 0; i < 256; i++) {
        uint64_t taken = 1, flags = (uint64_t) (i & 15) << 28;
        switch (i >> 4) {
            COND_CASE(0, "eq");
            COND_CASE(1, "ne");
            COND_CASE(2, "cs");
            COND_CASE(3, "cc");
            COND_CASE(4, "mi");
            COND_CASE(5, "pl");
            COND_CASE(6, "vs");
            COND_CASE(7, "vc");
            COND_CASE(8, "hi");
            COND_CASE(9, "ls");
            COND_CASE(10, "ge");
            COND_CASE(11, "lt");
            COND_CASE(12, "gt");
            COND_CASE(13, "le");
            COND_CASE(14, "al");
            COND_CASE(15, "nv");
        }
        char what[32];
        snprintf(what, sizeof(what), "condition %u of nzcv %u", i >> 4, i & 15);
        CHECK_EQ(what, taken, condition(i >> 4, i & 15));
    }
}

static void pc_relative(void)
{
    uint64_t a, b, c, d;
    __asm__ volatile("1: adr %0, 1b\n adr %1, 2f\n 2:" : "=r"(a), "=r"(b));
    CHECK_EQ("adr", b - a, 8);
    __asm__ volatile("1: adrp %0, 1b\n adr %1, 1b" : "=r"(a), "=r"(b));
    CHECK_EQ("adrp", a, b & ~0xfffull);
    __asm__ volatile("ldr %0, 1f\n ldr %w1, 1f\n ldrsw %2, 1f\n b 2f\n .balign 8\n"
                     "1: .quad 0x89abcdef87654321\n 2:"
                     : "=r"(a), "=r"(b), "=r"(c));
    CHECK_EQ("ldr literal x", a, 0x89abcdef87654321);
    CHECK_EQ("ldr literal w", b, 0x87654321);
    CHECK_EQ("ldrsw literal", c, 0xffffffff87654321);
    __asm__ volatile("mov %1, x30\n bl 1f\n 1: mov %0, x30\n adr %2, 1b\n mov x30, %1"
                     : "=&r"(a), "=&r"(d), "=&r"(b)
                     :
                     : "x30");
    CHECK_EQ("bl to the next instruction", a, b);
    __asm__ volatile("adr x16, 1f\n blr x16\n b 2f\n 1: mov %0, x30\n mov x17, x30\n ret x17\n 2:"
                     : "=r"(a)
                     :
                     : "x16", "x17", "x30");
    __asm__ volatile("adr x30, 1f\n mov x16, x30\n blr x30\n 1: mov %0, x30\n sub %0, %0, x16"
                     : "=r"(b)
                     :
                     : "x16", "x30");
    CHECK_EQ("blr x30", b, 0);
}

static void system_registers(void)
{
    uint64_t v, w;
    __asm__ volatile("mrs %0, dczid_el0" : "=r"(v));
    CHECK_EQ("dczid_el0", v, 4);
    __asm__ volatile("mrs %0, ctr_el0" : "=r"(v));
    CHECK_EQ("ctr_el0 line sizes", v & 0xf000f, 0x40004);
    __asm__ volatile("msr nzcv, %1\n mrs %0, nzcv" : "=r"(v) : "r"(~0ull) : "cc");
    CHECK_EQ("nzcv", v, 0xf0000000);
    __asm__ volatile("mrs %0, fpcr\n msr fpcr, %2\n mrs %1, fpcr\n msr fpcr, %0"
                     : "=&r"(v), "=&r"(w)
                     : "r"(0xc00000ull));
    CHECK_EQ("fpcr", w, 0xc00000);
    __asm__ volatile("msr fpsr, %1\n mrs %0, fpsr\n msr fpsr, xzr" : "=r"(v) : "r"(0x0800009full));
    CHECK_EQ("fpsr", v, 0x0800009f);
    __asm__ volatile("mrs %0, cntvct_el0\n isb\n mrs %1, cntvct_el0" : "=r"(v), "=r"(w));
    CHECK_EQ("cntvct_el0 goes on", w >= v, 1);
    static uint8_t block[192];
    memset(block, 1, sizeof(block));
    uint8_t *p = (uint8_t *) (((uintptr_t) block + 63) & ~63ull);
    __asm__ volatile("dc zva, %0" : : "r"(p + 17) : "memory");
    for (int i = 0; i < 64; i++)
        CHECK_EQ("dc zva", p[i], 0);
    CHECK_EQ("dc zva's end", p[64], 1);
}

static void exclusives(void)
{
    uint64_t mem[2] __attribute__((aligned(16))) = {5, 6}, v, w;
    uint32_t st;
    __asm__ volatile("clrex\n stxr %w0, %2, [%1]" : "=&r"(st) : "r"(mem), "r"(9ull) : "memory");
    CHECK_EQ("stxr without ldxr", st, 1);
    CHECK_EQ("memory after it", mem[0], 5);
    __asm__ volatile("ldxr %1, [%2]\n stxr %w0, %3, [%2]"
                     : "=&r"(st), "=&r"(v)
                     : "r"(mem), "r"(9ull)
                     : "memory");
    CHECK_EQ("stxr", st, 0);
    CHECK_EQ("ldxr", v, 5);
    CHECK_EQ("memory after both", mem[0], 9);
    __asm__ volatile("ldxr %1, [%2]\n stxr %w0, %3, [%4]"
                     : "=&r"(st), "=&r"(v)
                     : "r"(mem), "r"(3ull), "r"(mem + 1)
                     : "memory");
    CHECK_EQ("stxr elsewhere", st, 1);
    CHECK_EQ("memory elsewhere", mem[1], 6);
    __asm__ volatile("ldxr %1, [%2]\n clrex\n stxr %w0, %3, [%2]"
                     : "=&r"(st), "=&r"(v)
                     : "r"(mem), "r"(3ull)
                     : "memory");
    CHECK_EQ("stxr after clrex", st, 1);
    __asm__ volatile("ldaxp %1, %2, [%3]\n stlxp %w0, %2, %1, [%3]"
                     : "=&r"(st), "=&r"(v), "=&r"(w)
                     : "r"(mem)
                     : "memory");
    CHECK_EQ("stlxp", st, 0);
    CHECK_EQ("swapped low", mem[0], 6);
    CHECK_EQ("swapped high", mem[1], 9);
    __asm__ volatile("mov x8, #172\n ldxr %1, [%2]\n svc #0\n stxr %w0, %3, [%2]"
                     : "=&r"(st), "=&r"(v)
                     : "r"(mem), "r"(3ull)
                     : "memory", "x0", "x8");
    CHECK_EQ("stxr after a system call", st, 1);
}

static volatile int trap_signal, trap_code;
static volatile uint64_t trap_pc, trap_addr;

/* Notes the signal and goes on behind the instruction. */
static void on_trap(int sig, siginfo_t *si, void *uc)
{
    ucontext_t *u = uc;
    trap_signal = sig;
    trap_code = si->si_code;
    trap_addr = (uint64_t) si->si_addr;
    trap_pc = u->uc_mcontext.pc;
    u->uc_mcontext.pc += 4;
}

/* Runs one instruction at a known address; the signal must carry that address as pc. */
#define TRAPS(what, insn, sig, code, addr_or_0)                                                    \
    do {                                                                                           \
        uint64_t at_;                                                                              \
        register uint64_t base_ __asm__("x9") = (uint64_t) (addr_or_0);                            \
        trap_signal = 0;                                                                           \
        __asm__ volatile("adr %0, 1f\n 1: " insn                                                   \
                         : "=&r"(at_)                                                              \
                         : "r"(base_)                                                              \
                         : "x10", "x11", "x12", "x13", "memory", "cc");                            \
        CHECK_EQ(what " signal", trap_signal, sig);                                                \
        CHECK_EQ(what " code", trap_code, code);                                                   \
        CHECK_EQ(what " pc", trap_pc, at_);                                                        \
        CHECK_EQ(what " address", trap_addr, (addr_or_0) ? (uint64_t) (addr_or_0) : at_);          \
    } while (0)

static void traps(void)
{
    static uint64_t mem[8] __attribute__((aligned(64)));
    uint8_t *odd = (uint8_t *) mem + 1;
    struct sigaction sa = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    const int signals[] = {SIGILL, SIGBUS, SIGTRAP, SIGSEGV};
    for (int i = 0; i < 4; i++)
        sigaction(signals[i], &sa, NULL);
    TRAPS("udf", ".inst 0x00000000", SIGILL, ILL_ILLOPC, 0);
    TRAPS("unallocated", ".inst 0xffffffff", SIGILL, ILL_ILLOPC, 0);
    TRAPS("hlt", "hlt #1", SIGILL, ILL_ILLOPC, 0);
    TRAPS("sctlr_el1", "mrs x10, sctlr_el1", SIGILL, ILL_ILLOPC, 0);
    TRAPS("brk", "brk #7", SIGTRAP, TRAP_BRKPT, 0);
    TRAPS("ldar", "ldar x10, [x9]", SIGBUS, BUS_ADRALN, odd);
    TRAPS("stlr", "stlr w10, [x9]", SIGBUS, BUS_ADRALN, odd);
    TRAPS("ldxr", "ldxrh w10, [x9]", SIGBUS, BUS_ADRALN, odd);
    TRAPS("ldaxp", "ldaxp x10, x11, [x9]", SIGBUS, BUS_ADRALN, (uint8_t *) mem + 8);
    TRAPS("ldadd", "ldadd x10, x11, [x9]", SIGBUS, BUS_ADRALN, odd);
    TRAPS("casp", "casp x10, x11, x12, x13, [x9]", SIGBUS, BUS_ADRALN, (uint8_t *) mem + 8);
    TRAPS("null", "ldr x10, [x9]", SIGSEGV, SEGV_MAPERR, 16);
    uint64_t before = 0x1234, after;
    __asm__ volatile("mov x9, #16\n mov x10, %1\n mov x11, #77\n ldp x10, x11, [x9], #16\n"
                     "eor %0, x10, x11\n eor %0, %0, x9"
                     : "=r"(after)
                     : "r"(before)
                     : "x9", "x10", "x11", "memory");
    CHECK_EQ("registers after a faulting ldp", after, before ^ 77 ^ 16);
}

int main(void)
{
    compare_branches();
    conditions();
    pc_relative();
    system_registers();
    exclusives();
    traps();
    printf("%d failures\n", failures);
    return 0;
}
