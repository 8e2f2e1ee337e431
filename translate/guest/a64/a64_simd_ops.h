/*
 * Operations of the C helpers of a64_simd_helpers.c: the `op` byte of their first argument,
 * op | element size << 8 | lanes << 16. Shared by the handlers and the helpers.
 */
#ifndef FERRY_A64_SIMD_OPS_H
#define FERRY_A64_SIMD_OPS_H

/* clang-format off */
#define A64_VEC_OPS(X) \
    /* helper_a64_vec: no state */ \
    X(PMUL) X(PMULL8) X(URECPE) X(URSQRTE) \
    X(SHA512H) X(SHA512H2) X(SHA512SU1) X(SHA512SU0) X(SM3PARTW1) X(SM3PARTW2) X(SM4EKEY) X(SM4E) \
    X(SM3SS1) X(SM3TT1A) X(SM3TT1B) X(SM3TT2A) X(SM3TT2B) \
    /* helper_a64_vec_fp: FP mode and flags */ \
    X(FMULX) X(FRECPS) X(FRSQRTS) X(FRECPE) X(FRSQRTE) X(FRECPX) \
    X(FRINT32Z) X(FRINT32X) X(FRINT64Z) X(FRINT64X) X(FCVTXN)
/* clang-format on */

typedef enum A64VecOp {
#define X(name) A64_VEC_##name,
    A64_VEC_OPS(X)
#undef X
        A64_VEC_COUNT
} A64VecOp;

/* First argument of helper_a64_bf: an operation and what selects the lanes. */
enum {
    A64_BF_FMLAL,
    A64_BF_DOT,
    A64_BF_MATRIX,
    A64_BF_CVT,
    A64_BF_OP = 15,
    A64_BF_Q = 16,      /* 128 bits (CVT: four lanes, else one) */
    A64_BF_UPPER = 32,  /* FMLAL: the upper halves */
    A64_BF_NEGATE = 64, /* FMLAL: the first factor */
};

#endif
