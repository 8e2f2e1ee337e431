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

#endif
