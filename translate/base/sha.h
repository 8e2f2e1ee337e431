/*
 * The steps of SHA-1 and SHA-256 (FIPS 180-4) on four 32-bit words, the first in lane 0: four
 * rounds, or four words of the message schedule. Round constants are in `c` already.
 *
 * Example: SHA256_SU0 of a = {1,0,0,0}, b = 0 is a: the sigma of zero is zero.
 */
#ifndef FERRY_BASE_SHA_H
#define FERRY_BASE_SHA_H

#include "types.h"

typedef enum ShaStep {
    SHA1_C,     /* rounds with "choose": a: abcd, b: e in lane 0, c: words */
    SHA1_P,     /* with "parity" */
    SHA1_M,     /* with "majority" */
    SHA1_SU1,   /* schedule, second part: a, b */
    SHA256_H,   /* rounds: a: abcd, b: efgh, c: words; the new abcd */
    SHA256_H2,  /* a: efgh, b: abcd; the new efgh */
    SHA256_SU0, /* schedule, first part: a, b */
    SHA256_SU1, /* second part: a, b, c */
    SHA_STEP_COUNT
} ShaStep;

V128 sha_step(ShaStep step, const V128 *a, const V128 *b, const V128 *c);

#endif
