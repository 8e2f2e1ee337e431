/*
 * The steps of AES on a 16-byte state: byte i is row i % 4 of column i / 4 (FIPS 197).
 * Example: AES_SUB of the zero state gives 0x63 in every byte.
 */
#ifndef FERRY_BASE_AES_H
#define FERRY_BASE_AES_H

#include "types.h"

typedef enum AesStep {
    AES_SUB,       /* ShiftRows and SubBytes */
    AES_INV_SUB,   /* their inverses */
    AES_MIX,       /* MixColumns */
    AES_INV_MIX,   /* its inverse */
    AES_ROUND,     /* AES_SUB, then AES_MIX */
    AES_INV_ROUND, /* AES_INV_SUB, then AES_INV_MIX */
    AES_STEP_COUNT
} AesStep;

V128 aes_step(AesStep step, const V128 *a);

#endif
