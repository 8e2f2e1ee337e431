/*
 * C helpers of Advanced SIMD: what has no IR op. Integer only; each computes lane by lane on
 * 64-bit values. The first argument is op | element size << 8 | lanes << 16 (a64_simd_ops.h).
 *
 * Example: A64_VEC_PMUL on bytes 3 and 3: (x + 1)(x + 1) = x^2 + 1, so the lane becomes 5.
 */
#include <string.h>
#include "a64.h"
#include "a64_simd_helpers.h"
#include "a64_simd_ops.h"
#include "check.h"
#include "softfp.h"

static uint64_t lane_get(const V128 *v, unsigned ve, unsigned i)
{
    uint64_t r = 0;
    memcpy(&r, v->u8 + (i << ve), 1u << ve);
    return r;
}

static void lane_put(V128 *v, unsigned ve, unsigned i, uint64_t x)
{
    memcpy(v->u8 + (i << ve), &x, 1u << ve);
}

/* Carry-less product of two bytes, 15 bits. */
static uint64_t poly_mul(uint64_t a, uint64_t b)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < 8; i++)
        if (b >> i & 1)
            r ^= a << i;
    return r;
}

static uint64_t plain_lane(A64VecOp op, uint64_t a, uint64_t b)
{
    switch (op) {
    case A64_VEC_PMUL:
        return poly_mul(a, b);
    case A64_VEC_URECPE:
        return softfp_urecpe((uint32_t)a);
    case A64_VEC_URSQRTE:
        return softfp_ursqrte((uint32_t)a);
    default:
        CHECK_NEVER("an op of helper_a64_vec");
        return 0;
    }
}

static V128 poly_mul_long(const V128 *a, const V128 *b)
{
    V128 r;
    for (unsigned i = 0; i < 8; i++)
        r.u16[i] = (uint16_t)poly_mul(a->u8[i], b->u8[i]);
    return r;
}

void helper_a64_vec(Vcpu *v, V128 *ret, uint32_t what, const V128 *a, const V128 *b, const V128 *c)
{
    A64VecOp op = what & 0xff;
    unsigned ve = what >> 8 & 3;
    V128 r;
    if (op >= A64_VEC_SHA512H && op <= A64_VEC_SM3TT2B) {
        *ret = a64_crypto_sm_op(op, a, b, c);
        return;
    }
    switch (op) {
    case A64_VEC_PMULL8:
        *ret = poly_mul_long(a, b);
        return;
    default:
        for (unsigned i = 0; i < 16u >> ve; i++)
            lane_put(&r, ve, i, plain_lane(op, lane_get(a, ve, i), lane_get(b, ve, i)));
        *ret = r;
    }
}

/* FPCR as softfp takes it. */
SoftFp a64_fp_context(const Vcpu *v)
{
    return (SoftFp){.rm = v->mode >> MODE_FP_RM_SHIFT & 3,
                    .dn = v->mode & MODE_FP_DN,
                    .fz = v->mode & MODE_FP_FZ,
                    .fz16 = v->mode & MODE_FP_FZ16,
                    .ahp = v->mode & MODE_FP_AHP};
}

/* The sticky flags are the runtime's, which is reached through the vcpu's table alone. */
void a64_fp_raise(Vcpu *v, const SoftFp *fp)
{
    typedef uint64_t (*GetFn)(Vcpu *);
    typedef void (*SetFn)(Vcpu *, uint64_t);
    if (!fp->flags)
        return;
    uint64_t flags = ((GetFn)v->helper_fn[HELPER_fp_flags_get])(v);
    ((SetFn)v->helper_fn[HELPER_fp_flags_set])(v, flags | fp->flags);
}

static uint64_t fp_lane(SoftFp *fp, A64VecOp op, SoftFmt f, const uint64_t ab[2])
{
    uint64_t a = ab[0], b = ab[1];
    switch (op) {
    case A64_VEC_FMULX:
        return softfp_mulx(fp, f, a, b);
    case A64_VEC_FRECPS:
        return softfp_recps(fp, f, a, b);
    case A64_VEC_FRSQRTS:
        return softfp_rsqrts(fp, f, a, b);
    case A64_VEC_FRECPE:
        return softfp_recpe(fp, f, a);
    case A64_VEC_FRSQRTE:
        return softfp_rsqrte(fp, f, a);
    case A64_VEC_FRECPX:
        return softfp_recpx(fp, f, a);
    case A64_VEC_FRINT32Z:
    case A64_VEC_FRINT64Z:
        return softfp_round_int_n(fp, f, a, SOFT_RZ, op == A64_VEC_FRINT32Z ? 32 : 64);
    case A64_VEC_FRINT32X:
    case A64_VEC_FRINT64X:
        return softfp_round_int_n(fp, f, a, fp->rm, op == A64_VEC_FRINT32X ? 32 : 64);
    default:
        CHECK_NEVER("an op of helper_a64_vec_fp");
        return 0;
    }
}

/* fcvtxn: doubles to singles, rounded to odd. */
static V128 narrow_odd(SoftFp *fp, unsigned lanes, const V128 *a)
{
    V128 r = {{0, 0}};
    for (unsigned i = 0; i < lanes; i++)
        r.u32[i] = (uint32_t)softfp_convert(fp, a->u64[i], (SoftCvt){SOFT_F64, SOFT_F32, SOFT_RO});
    return r;
}

void helper_a64_vec_fp(Vcpu *v, V128 *ret, uint32_t what, const V128 *a, const V128 *b,
                       const V128 *c)
{
    A64VecOp op = what & 0xff;
    unsigned ve = what >> 8 & 3, lanes = what >> 16;
    SoftFp fp = a64_fp_context(v);
    V128 r = {{0, 0}};
    if (op == A64_VEC_FCVTXN) {
        r = narrow_odd(&fp, lanes, a);
    } else {
        for (unsigned i = 0; i < lanes; i++) {
            uint64_t ab[2] = {lane_get(a, ve, i), lane_get(b, ve, i)};
            lane_put(&r, ve, i, fp_lane(&fp, op, (SoftFmt)(SOFT_F16 + ve - VE_16), ab));
        }
    }
    a64_fp_raise(v, &fp);
    *ret = r;
}

/* FPToFixedJS: out of range wraps modulo 2^32 (IOC). Z, in bit 32: the value was an integer in
 * range, neither -0 nor flushed. */
uint64_t helper_a64_fjcvtzs(Vcpu *v, uint64_t a)
{
    SoftFp fp = a64_fp_context(v);
    SoftInt k = {.bits = 32, .is_signed = true, .rm = SOFT_RZ};
    uint64_t r = softfp_to_int(&fp, SOFT_F64, a, k);
    if (fp.flags & SOFT_IOC)
        r = softfp_modulo32(a);
    a64_fp_raise(v, &fp);
    bool negative_zero = a == 1ull << 63 || (fp.flags & SOFT_IDC && a >> 63);
    bool z = !(fp.flags & (SOFT_IOC | SOFT_IXC)) && !negative_zero;
    return r | (uint64_t)z << 32;
}
