/*
 * The packed form of condition flags in memory.
 *
 * An IR value of type `flags` has N, Z, C (carry out of an addition; for a subtraction "no borrow",
 * Arm's polarity) and V. A slot of type `flags` holds them as 32 bits in the layout below, which an
 * x86-64 host makes from a compare with lahf and seto alone; all other bits are undefined and must
 * be ignored by readers. C is stored inverted: after a compare, x86's CF is the borrow.
 */
#ifndef FERRY_BASE_FLAGS_H
#define FERRY_BASE_FLAGS_H

#include "types.h"

enum {
    FLAGS_BIT_N = 15,
    FLAGS_BIT_Z = 14,
    FLAGS_BIT_NOT_C = 8,
    FLAGS_BIT_V = 0,
};

/* NZCV as Arm's register has it (bits 31..28) from the packed form. */
static inline uint32_t flags_to_nzcv(uint32_t packed)
{
    uint32_t n = packed >> FLAGS_BIT_N & 1, z = packed >> FLAGS_BIT_Z & 1;
    uint32_t c = ~(packed >> FLAGS_BIT_NOT_C) & 1, v = packed >> FLAGS_BIT_V & 1;
    return n << 31 | z << 30 | c << 29 | v << 28;
}

static inline uint32_t flags_from_nzcv(uint32_t nzcv)
{
    return (nzcv >> 31 & 1) << FLAGS_BIT_N | (nzcv >> 30 & 1) << FLAGS_BIT_Z |
           (~nzcv >> 29 & 1) << FLAGS_BIT_NOT_C | (nzcv >> 28 & 1) << FLAGS_BIT_V;
}

/* N, Z and V of a result, whose operands and itself have their sign in bit 63. */
static inline uint32_t flags_pack(uint64_t r, bool not_c, uint64_t v)
{
    return (uint32_t)(r >> 63) << FLAGS_BIT_N | (uint32_t)(r == 0) << FLAGS_BIT_Z |
           (uint32_t)not_c << FLAGS_BIT_NOT_C | (uint32_t)(v >> 63) << FLAGS_BIT_V;
}

/* The packed flags of a + b and a - b, numbers of `bits` bits whose other bits are zero. */
static inline uint32_t flags_of_add(uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t x = a << (64 - bits), y = b << (64 - bits), r = x + y;
    return flags_pack(r, r >= x, (x ^ r) & (y ^ r));
}

static inline uint32_t flags_of_sub(uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t x = a << (64 - bits), y = b << (64 - bits), r = x - y;
    return flags_pack(r, x < y, (x ^ y) & (x ^ r));
}

#endif
