/* Helpers of helpers.def that the A64 guest implements, and what they call. */
#ifndef FERRY_A64_SIMD_HELPERS_H
#define FERRY_A64_SIMD_HELPERS_H

#include "a64_simd_ops.h"
#include "softfp.h"
#include "vcpu.h"

void helper_a64_vec(Vcpu *v, V128 *ret, uint32_t what, const V128 *a, const V128 *b, const V128 *c);
void helper_a64_vec_fp(Vcpu *v, V128 *ret, uint32_t what, const V128 *a, const V128 *b,
                       const V128 *c);
void helper_a64_bf(Vcpu *v, V128 *ret, uint32_t what, const V128 *acc, const V128 *n,
                   const V128 *m);
uint64_t helper_a64_fjcvtzs(Vcpu *v, uint64_t a);

/* SHA-512, SM3 and SM4: a64_crypto_sm.c. */
V128 a64_crypto_sm_op(A64VecOp op, const V128 *a, const V128 *b, const V128 *c);

/* softfp's context for the vcpu's mode; raised flags go to where the host keeps them. */
SoftFp a64_fp_context(const Vcpu *v);
void a64_fp_raise(Vcpu *v, const SoftFp *fp);

#endif
