// guest: riscv64
// expect: 0 failures
/*
 * Comparisons between frflags and fsflags, which compilers make of quiet ones: whatever the flags
 * were, they are so afterwards, and NaNs compare false. Sequences that look much like it are not
 * mistaken for it.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "check.h"

enum { NX = 1, NV = 16, ALL = 31 };


typedef struct Seen {
    uint64_t result, saved, flags;
} Seen;

/* Starts with `flags`; `text` has the operands in fa0 and fa1, %0 for a result and %1 for flags. */
#define RUN(flags_, text)                                                                          \
    ({                                                                                             \
        Seen s_;                                                                                   \
        __asm__ volatile("fsflags %3\n fld fa0, %4\n fld fa1, %5\n" text "\n frflags %2"           \
                         : "=&r"(s_.result), "=&r"(s_.saved), "=&r"(s_.flags)                      \
                         : "r"((uint64_t)(flags_)), "m"(a), "m"(b)                                 \
                         : "fa0", "fa1", "t0");                                                    \
        s_;                                                                                        \
    })

static void same_flags(Seen s, uint64_t flags, int result)
{
    CHECK(s.result == (uint64_t)result && s.saved == flags && s.flags == flags);
}

static void one_pair(uint64_t a, uint64_t b, uint64_t flags, int less, int equal, int signals)
{
    same_flags(RUN(flags, "frflags %1\n flt.d %0, fa0, fa1\n fsflags %1"), flags, less);
    same_flags(RUN(flags, "frflags %1\n fle.d %0, fa0, fa1\n fsflags %1"), flags, less | equal);
    /* the value and the branch are both wanted */
    same_flags(RUN(flags, "frflags %1\n flt.d %0, fa0, fa1\n fsflags %1\n beqz %0, 1f\n"
                          " fle.d %0, fa0, fa1\n1:"),
               flags, less);
    /* entered in the middle, and left in the middle */
    Seen s = RUN(flags, "frflags %1\n j 1f\n1: flt.d %0, fa0, fa1\n fsflags %1");
    same_flags(s, flags, less);
    s = RUN(flags, "li t0, 2\n j 2f\n1: addi t0, t0, -1\n2: frflags %1\n flt.d %0, fa0, fa1\n"
                   " fsflags %1\n bnez t0, 1b");
    same_flags(s, flags, less);
    /* not the same register: the flags become what that one has */
    s = RUN(flags, "li t0, 1\n frflags %1\n flt.d %0, fa0, fa1\n fsflags t0");
    CHECK(s.result == (uint64_t)less && s.saved == flags && s.flags == NX);
    /* the comparison writes the register itself */
    s = RUN(flags, "frflags %1\n flt.d %1, fa0, fa1\n fsflags %1\n mv %0, %1");
    CHECK(s.result == (uint64_t)less && s.flags == (uint64_t)less);
    /* nothing is put back */
    s = RUN(flags, "frflags %1\n flt.d %0, fa0, fa1\n nop");
    CHECK(s.result == (uint64_t)less && s.flags == (flags | (signals ? NV : 0)));
}

static void singles(float x, float y, uint64_t flags, int less)
{
    uint64_t a = ~0ull << 32, b = a;
    memcpy(&a, &x, 4);
    memcpy(&b, &y, 4);
    same_flags(RUN(flags, "frflags %1\n flt.s %0, fa0, fa1\n fsflags %1"), flags, less);
    a &= 0xffffffff; /* not boxed: a quiet NaN */
    same_flags(RUN(flags, "frflags %1\n flt.s %0, fa0, fa1\n fsflags %1"), flags, 0);
}

int main(void)
{
    static const struct {
        uint64_t bits;
        double order; /* NaN: unordered */
    } v[] = {
        {0, 0},
        {1ull << 63, 0},
        {0x3ff0ull << 48, 1},
        {0xbff0ull << 48, -1},
        {1, 5e-324},
        {0x7ff0ull << 48, 1e308 * 10},
        {0x7ff8ull << 48, 0},
        {0x7ff0000000000001, 0},
        {0xfffc000000000123, 0},
    };
    enum { N = sizeof v / sizeof v[0], FIRST_NAN = 6 };
    static const uint64_t flags[] = {0, NX, NV, ALL, ALL & ~NV};
    for (int i = 0; i < N * N * 5; i++) {
        int x = i % N, y = i / N % N, ordered = x < FIRST_NAN && y < FIRST_NAN;
        one_pair(v[x].bits, v[y].bits, flags[i / (N * N)], ordered && v[x].order < v[y].order,
                 ordered && v[x].order == v[y].order, !ordered);
    }
    for (int i = 0; i < 5; i++) {
        singles(1, 2, flags[i], 1);
        singles(2, 1, flags[i], 0);
        singles(0. / (i - i), 1, flags[i], 0);
    }
    printf("%d failures\n", failures);
    return 0;
}
