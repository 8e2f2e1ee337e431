/*
 * What the widening multiply-adds of half precision (FMLAL) and the bfloat16 instructions compute.
 *
 * FMLAL is one fused multiply-add of widened halves. BFDOT and BFMMLA multiply and add with
 * rounding to odd, default NaNs and denormals flushed, and raise nothing (BFMul, BFAdd of the
 * manual). A bfloat16 is the upper half of a single.
 *
 * Example: BFCVT of 0x3f808000 to nearest even is 0x3f80, inexact.
 */
#include "a64_simd_helpers.h"
#include "softfp.h"

static bool is_nan16(uint32_t h)
{
    return (h & 0x7fff) > 0x7c00;
}

/* Exact; a signalling NaN stays one. */
static uint64_t widen_half(SoftFp *fp, uint32_t h)
{
    uint64_t sign = (uint64_t)(h >> 15) << 31;
    if (is_nan16(h))
        return sign | 0x7f800000 | (h & 0x3ff) << 13;
    if (fp->fz16 && !(h & 0x7c00))
        return sign;
    return softfp_convert(fp, h, (SoftCvt){SOFT_F16, SOFT_F32, SOFT_RN});
}

static V128 mul_add_half(SoftFp *fp, uint32_t what, const V128 *acc, const V128 *n, const V128 *m)
{
    unsigned lanes = what & A64_BF_Q ? 4 : 2, from = what & A64_BF_UPPER ? lanes : 0;
    uint32_t sign = what & A64_BF_NEGATE ? 0x8000 : 0;
    V128 r = {.u64 = {0, 0}};
    fp->ahp = false; /* it is for conversions alone */
    for (unsigned e = 0; e < lanes; e++) {
        SoftFma x = {widen_half(fp, n->u16[from + e] ^ sign), widen_half(fp, m->u16[from + e]),
                     acc->u32[e]};
        r.u32[e] = (uint32_t)softfp_fma(fp, SOFT_F32, x);
    }
    return r;
}

static uint64_t single_of(uint16_t bf)
{
    return (uint64_t)bf << 16;
}

/* What overflows becomes infinite, though rounding is to odd. */
static uint64_t or_infinity(SoftFp *fp, uint64_t r)
{
    bool overflow = fp->flags & SOFT_OFC;
    fp->flags = 0;
    return overflow ? (r & 0x80000000) | 0x7f800000 : r;
}

static uint64_t bf_mul(uint16_t a, uint16_t b)
{
    SoftFp fp = {.rm = SOFT_RO, .dn = true, .fz = true};
    return or_infinity(&fp, softfp_mul(&fp, SOFT_F32, single_of(a), single_of(b)));
}

static uint64_t bf_add(uint64_t a, uint64_t b)
{
    SoftFp fp = {.rm = SOFT_RO, .dn = true, .fz = true};
    return or_infinity(&fp, softfp_add(&fp, SOFT_F32, a, b));
}

/* Two products added to each other, then to the sum. */
static uint32_t dot_add(uint32_t sum, const uint16_t *n, const uint16_t *m)
{
    return (uint32_t)bf_add(sum, bf_add(bf_mul(n[0], m[0]), bf_mul(n[1], m[1])));
}

static V128 dot(uint32_t what, const V128 *acc, const V128 *n, const V128 *m)
{
    V128 r = {.u64 = {0, 0}};
    for (unsigned e = 0; e < (what & A64_BF_Q ? 4u : 2u); e++)
        r.u32[e] = dot_add(acc->u32[e], &n->u16[2 * e], &m->u16[2 * e]);
    return r;
}

/* Rows of four: acc[i][j] + n[i] . m[j]. */
static V128 matrix(const V128 *acc, const V128 *n, const V128 *m)
{
    V128 r;
    for (unsigned e = 0; e < 4; e++) {
        const uint16_t *row = &n->u16[e / 2 * 4], *col = &m->u16[e % 2 * 4];
        r.u32[e] = dot_add(dot_add(acc->u32[e], row, col), row + 2, col + 2);
    }
    return r;
}

static bool rounds_up(const SoftFp *fp, uint32_t a)
{
    uint32_t rest = a & 0xffff;
    switch (fp->rm) {
    case SOFT_RN:
        return rest > 0x8000 || (rest == 0x8000 && a >> 16 & 1);
    case SOFT_RP:
        return rest && !(a >> 31);
    case SOFT_RM:
        return rest && a >> 31;
    default:
        return false;
    }
}

/* FPConvertBF */
static uint16_t convert(SoftFp *fp, uint32_t a)
{
    uint32_t exp = a >> 23 & 0xff, frac = a & 0x7fffff;
    if (exp == 0xff && frac) {
        fp->flags |= frac >> 22 ? 0 : SOFT_IOC;
        return fp->dn ? 0x7fc0 : (uint16_t)(a >> 16 | 0x40);
    }
    if (exp == 0 && frac && fp->fz) {
        fp->flags |= SOFT_IDC;
        return (uint16_t)(a >> 31 << 15);
    }
    uint32_t r = (a >> 16) + rounds_up(fp, a);
    if (a & 0xffff && exp != 0xff) {
        fp->flags |= SOFT_IXC;
        fp->flags |= exp == 0 ? SOFT_UFC : 0;
        fp->flags |= (r & 0x7fff) == 0x7f80 ? SOFT_OFC : 0;
    }
    return (uint16_t)r;
}

static V128 narrow(SoftFp *fp, uint32_t what, const V128 *a)
{
    V128 r = {.u64 = {0, 0}};
    for (unsigned e = 0; e < (what & A64_BF_Q ? 4u : 1u); e++)
        r.u16[e] = convert(fp, a->u32[e]);
    return r;
}

void helper_a64_bf(Vcpu *v, V128 *ret, uint32_t what, const V128 *acc, const V128 *n, const V128 *m)
{
    SoftFp fp = a64_fp_context(v);
    switch (what & A64_BF_OP) {
    case A64_BF_FMLAL:
        *ret = mul_add_half(&fp, what, acc, n, m);
        break;
    case A64_BF_DOT:
        *ret = dot(what, acc, n, m);
        break;
    case A64_BF_MATRIX:
        *ret = matrix(acc, n, m);
        break;
    default:
        *ret = narrow(&fp, what, n);
    }
    a64_fp_raise(v, &fp);
}
