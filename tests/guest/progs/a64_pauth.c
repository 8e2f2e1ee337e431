// guest: aarch64
// programs: -march=armv8.3-a -mbranch-protection=standard
// ferry: -cpu max,+pauth
// expect: 0 failures
/*
 * Pointer authentication, with all of the program's own returns signed: round trips with each key,
 * failures and their form, combined branches and loads, keys over fork, threads and prctl.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "check.h"

static const uint64_t code_bits = 0x7full << 48, error_bits = 3ull << 53;

#define OP(insn, ptr, mod)                                                                         \
    ({                                                                                             \
        uint64_t p_ = (ptr);                                                                       \
        __asm__ volatile(insn : "+r"(p_) : "r"((uint64_t)(mod)));                                  \
        p_;                                                                                        \
    })

/* letters of a key, with z before the second one, and the error code */
#define KEYS(X) X("ia", "iza", 1) X("ib", "izb", 2) X("da", "dza", 1) X("db", "dzb", 2)

static uint64_t some_pointer(uint64_t i)
{
    uint64_t ptr = ((uint64_t)&failures + i * 8) | i << 56;
    return i % 5 ? ptr : ptr | 0xffull << 48;
}

static void round_trips(void)
{
    uint64_t seen = 0;
    for (uint64_t i = 0; i < 500; i++) {
        uint64_t ptr = some_pointer(i), mod = i * 0x123456789;
#define X(k, z, err)                                                                               \
    {                                                                                              \
        uint64_t s = OP("pac" k " %0, %1", ptr, mod);                                              \
        CHECK(((s ^ ptr) & ~code_bits) == 0);                                                      \
        seen |= (s ^ ptr) & code_bits;                                                             \
        CHECK(OP("aut" k " %0, %1", s, mod) == ptr);                                               \
        CHECK(OP("xpaci %0", s, 0) == ptr && OP("xpacd %0", s, 0) == ptr);                         \
        s = OP("pac" z " %0", ptr, 0);                                                             \
        CHECK(OP("aut" z " %0", s, 0) == ptr && OP("aut" k " %0, %1", s, 0) == ptr);               \
    }
        KEYS(X)
#undef X
    }
    CHECK(seen == code_bits);
}

static void wrong_modifiers(void)
{
    int passed[4] = {0}, key;
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t ptr = some_pointer(i), mod = i * 0x9e3779b9;
        key = 0;
#define X(k, z, err)                                                                               \
    {                                                                                              \
        uint64_t s = OP("pac" k " %0, %1", ptr, mod), r = OP("aut" k " %0, %1", s, mod + 8);       \
        passed[key++] += r == ptr;                                                                 \
        CHECK(r == ptr || r == ((ptr & ~error_bits) | (uint64_t)err << 53));                       \
        uint64_t odd = ptr ^ 0x3ull << 50; /* not an address: never authenticates */               \
        s = OP("pac" k " %0, %1", odd, mod);                                                       \
        CHECK(OP("aut" k " %0, %1", s, mod) != ptr);                                               \
    }
        KEYS(X)
#undef X
    }
    for (key = 0; key < 4; key++)
        CHECK(passed[key] < 60); /* one in 128 is to be expected */
}

static void generic_code(void)
{
    uint64_t a, b, c, differ = 0;
    for (uint64_t i = 0; i < 200; i++) {
        __asm__("pacga %0, %1, %2" : "=r"(a) : "r"(i), "r"(7ull));
        __asm__("pacga %0, %1, %2" : "=r"(b) : "r"(i), "r"(8ull));
        __asm__("pacga %0, %1, %2" : "=r"(c) : "r"(i), "r"(7ull));
        CHECK((uint32_t)a == 0 && a == c);
        differ |= a ^ b;
    }
    CHECK(differ >> 32 == 0xffffffff);
}

/* ---- hints, branches, loads ---- */

static void hints(void)
{
    uint64_t sp, ptr = (uint64_t)&failures, r, s, t;
    __asm__ volatile("mov x17, %3\n mov x16, #77\n hint #8\n mov %0, x17\n hint #12\n mov %1, x17\n"
                     "mov x17, %3\n hint #10\n hint #14\n mov %2, x17"
                     : "=&r"(s), "=&r"(r), "=&r"(t)
                     : "r"(ptr)
                     : "x16", "x17");
    CHECK(r == ptr && t == ptr && s == OP("pacia %0, %1", ptr, 77));
#define LR(sign, check, want)                                                                      \
    __asm__ volatile("mov x9, x30\n mov x30, %3\n hint #" sign "\n mov %0, x30\n hint #" check     \
                     "\n mov %1, x30\n mov x30, x9\n mov %2, sp"                                   \
                     : "=&r"(s), "=&r"(r), "=&r"(sp)                                               \
                     : "r"(ptr)                                                                    \
                     : "x9", "x30");                                                               \
    CHECK(r == ptr && s == (want))
    LR("24", "28", OP("paciza %0", ptr, 0));
    LR("25", "29", OP("pacia %0, %1", ptr, sp));
    LR("26", "30", OP("pacizb %0", ptr, 0));
    LR("27", "31", OP("pacib %0, %1", ptr, sp));
    LR("25", "7", OP("pacia %0, %1", ptr, sp));
}

__attribute__((noinline)) static uint64_t twice(uint64_t x)
{
    return 2 * x;
}

static uint64_t call_signed(uint64_t x)
{
    register uint64_t x0 __asm__("x0") = x;
    uint64_t a = OP("pacia %0, %1", (uint64_t)twice, 5), b = OP("pacizb %0", (uint64_t)twice, 0);
    __asm__ volatile("mov x10, #5\n blraa %1, x10\n blrabz %2"
                     : "+r"(x0)
                     : "r"(a), "r"(b)
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x10", "x16", "x17", "x30",
                       "memory");
    return x0;
}

static void branches_and_loads(void)
{
    static const uint64_t words[200] = {[3] = 33, [100] = 100};
    CHECK(call_signed(21) == 84);
    uint64_t to, r = 1, base = (uint64_t)(words + 100), v;
    __asm__ volatile("adr %0, 1f\n pacib %0, sp\n brab %0, sp\n mov %1, #0\n 1:"
                     : "=&r"(to), "+r"(r));
    __asm__ volatile("adr %0, 1f\n paciza %0\n braaz %0\n mov %1, #0\n 1:" : "=&r"(to), "+r"(r));
    CHECK(r == 1);
    uint64_t a = OP("pacdza %0", base, 0), b = OP("pacdzb %0", base, 0), kept = b;
    __asm__ volatile("ldraa %0, [%1]" : "=r"(v) : "r"(a));
    CHECK(v == 100);
    __asm__ volatile("ldrab %0, [%1, #-776]!" : "=&r"(v), "+r"(b) : : "memory");
    CHECK(v == 33 && b == base - 776);
    __asm__ volatile("ldrab %0, [%1, #-776]" : "=&r"(v), "+r"(kept) : : "memory");
    CHECK(v == 33 && kept == OP("pacdzb %0", base, 0));
}

static sigjmp_buf out;
static volatile uint64_t fault_pc, fault_x9;

static void handler(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    fault_pc = uc->uc_mcontext.pc;
    fault_x9 = uc->uc_mcontext.regs[9];
    siglongjmp(out, sig);
}

/* One in 128 wrong codes passes: look for one that does not. */
static uint64_t badly_signed(uint64_t ptr)
{
    uint64_t s = OP("paciza %0", ptr, 0) ^ 1ull << 48;
    CHECK(OP("autiza %0", s, 0) != ptr);
    return s;
}

static void failing_accesses(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    uint64_t bad = badly_signed((uint64_t)twice);
    int sig = sigsetjmp(out, 1);
    if (!sig)
        __asm__ volatile("braaz %0" : : "r"(bad));
    CHECK(sig == SIGSEGV && fault_pc == ((uint64_t)twice | 1ull << 53));
    bad = OP("pacdza %0", (uint64_t)&failures, 0) ^ 1ull << 48;
    sig = sigsetjmp(out, 1);
    if (!sig)
        __asm__ volatile("mov x9, %0\n 1: ldraa x10, [x9, #8]!" : : "r"(bad) : "x9", "x10");
    CHECK(sig == SIGSEGV && fault_x9 == bad);
}

/* ---- keys ---- */

static void *sign_there(void *arg)
{
    *(uint64_t *)arg = OP("pacib %0, %1", (uint64_t)&failures, 3);
    return NULL;
}

static void inherited_keys(void)
{
    uint64_t here = OP("pacib %0, %1", (uint64_t)&failures, 3), there = 0;
    pthread_t t;
    pthread_create(&t, NULL, sign_there, &there);
    pthread_join(t, NULL);
    CHECK(here == there);
    int status = 0;
    if (fork() == 0)
        _exit(OP("pacib %0, %1", (uint64_t)&failures, 3) == here ? 7 : 8);
    wait(&status);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static uint64_t codes_of_db(uint64_t salt)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 16; i++)
        sum = sum * 31 + OP("pacdb %0, %1", (uint64_t)&failures, i + salt);
    return sum;
}

/* Not with the keys that sign the return of this function. */
static void changed_keys(void)
{
    enum {
        RESET = 54,
        SET_ENABLED = 60,
        GET_ENABLED = 61,
        IA = 1,
        IB = 2,
        DA = 4,
        DB = 8,
        GA = 16
    };
    uint64_t ptr = (uint64_t)&failures, before = codes_of_db(0), ib = OP("pacizb %0", ptr, 0);
    CHECK(prctl(RESET, DB | GA, 0, 0, 0) == 0);
    CHECK(codes_of_db(0) != before && OP("pacizb %0", ptr, 0) == ib);
    CHECK(prctl(RESET, 32, 0, 0, 0) == -1);
    CHECK(prctl(RESET, DB, 1, 0, 0) == -1);
    CHECK(prctl(GET_ENABLED, 0, 0, 0, 0) == (IA | IB | DA | DB));
    CHECK(prctl(SET_ENABLED, DA | DB, DA, 0, 0) == 0);
    CHECK(prctl(GET_ENABLED, 0, 0, 0, 0) == (IA | IB | DA));
    CHECK(OP("pacdzb %0", ptr, 0) == ptr);
    CHECK(OP("autdzb %0", ptr | 5ull << 48, 0) == (ptr | 5ull << 48));
    CHECK(prctl(SET_ENABLED, DA, DB, 0, 0) == -1);
    CHECK(prctl(SET_ENABLED, GA, GA, 0, 0) == -1);
    CHECK(prctl(SET_ENABLED, DB, DB, 0, 0) == 0);
    CHECK(codes_of_db(0) != 0 && prctl(GET_ENABLED, 1, 0, 0, 0) == -1);
}

static void shown(void)
{
    uint64_t isar1;
    CHECK(getauxval(AT_HWCAP) >> 30 == 3);
    __asm__("mrs %0, id_aa64isar1_el1" : "=r"(isar1));
    CHECK((isar1 >> 8 & 15) == 1 && (isar1 >> 28 & 15) == 1 && (isar1 >> 4 & 15) == 0);
}

int main(void)
{
    shown();
    round_trips();
    wrong_modifiers();
    generic_code();
    hints();
    branches_and_loads();
    failing_accesses();
    inherited_keys();
    changed_keys();
    printf("%d failures\n", failures);
    return 0;
}
