/* Helpers of helpers.def that the A64 guest implements, and what they call. */
#ifndef FERRY_A64_SIMD_HELPERS_H
#define FERRY_A64_SIMD_HELPERS_H

#include "a64_simd_ops.h"
#include "vcpu.h"

void helper_a64_vec(Vcpu *v, V128 *ret, uint32_t what, const V128 *a, const V128 *b, const V128 *c);
void helper_a64_vec_fp(Vcpu *v, V128 *ret, uint32_t what, const V128 *a, const V128 *b,
                       const V128 *c);
uint64_t helper_a64_fjcvtzs(Vcpu *v, uint64_t a);

/* SHA-512, SM3 and SM4: a64_crypto_sm.c. */
V128 a64_crypto_sm_op(A64VecOp op, const V128 *a, const V128 *b, const V128 *c);

#endif
