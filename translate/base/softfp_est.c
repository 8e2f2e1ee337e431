/*
 * Soft floating point: Arm's reciprocal estimates, computed as the manual's functions
 * RecipEstimate and RecipSqrtEstimate do, and the fused Newton steps.
 *
 * Example: FRECPE of f32 2.0: fraction 0, so the 9-bit input is 256; the estimate is 511, whose
 * low 8 bits are the result's top fraction bits: 0x3eff8000, just below 0.5.
 */
#include "softfp_impl.h"

/* 256..511, standing for [0.5, 1), to 256..511, standing for (1, 2]. */
static uint32_t recip_estimate(uint32_t a)
{
    uint32_t b = (1u << 19) / (2 * a + 1);
    return (b + 1) / 2;
}

/* 128..511, standing for [0.25, 1), to 256..511. */
static uint32_t recip_sqrt_estimate(uint32_t a)
{
    a = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
    uint32_t b = 512;
    while (a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (b + 1) / 2;
}

uint32_t softfp_urecpe(uint32_t a)
{
    return a >> 31 ? recip_estimate(a >> 23) << 23 : ~0u;
}

uint32_t softfp_ursqrte(uint32_t a)
{
    return a >> 30 ? recip_sqrt_estimate(a >> 23) << 23 : ~0u;
}

/* 1 / n is beyond the largest number. */
static uint64_t recpe_overflow(SoftFp *fp, SoftFmt f, bool sign)
{
    fp->flags |= SOFT_OFC | SOFT_IXC;
    return fp_overflow_is_inf(fp->rm, sign) ? fp_inf(f, sign) : fp_max_normal(f, sign);
}

static uint64_t recpe_number(SoftFp *fp, SoftFmt f, FpNum n)
{
    const FpShape *s = &fp_shapes[f];
    bool flush = f == SOFT_F16 ? fp->fz16 : fp->fz;
    if (n.exp < -s->bias - 1)
        return recpe_overflow(fp, f, n.sign);
    if (flush && n.exp >= s->bias - 1) {
        fp->flags |= SOFT_UFC;
        return fp_zero(f, n.sign);
    }
    uint64_t est = recip_estimate((uint32_t)(n.sig >> 55));
    int32_t exp = s->bias - n.exp - 1;
    /* The hidden bit shifts into the fraction of a denormal result. */
    uint64_t frac = est << (s->mbits - 8);
    if (exp <= 0)
        return fp_zero(f, n.sign) | frac >> (1 - exp);
    return fp_zero(f, n.sign) | (uint64_t)exp << s->mbits | (frac & fp_frac_mask(f));
}

uint64_t softfp_recpe(SoftFp *fp, SoftFmt f, uint64_t a)
{
    FpNum n = fp_unpack(fp, f, a);
    uint64_t nan;
    if (fp_nan1(fp, f, a, &nan))
        return nan;
    if (n.cls == FPC_INF)
        return fp_zero(f, n.sign);
    if (n.cls == FPC_NORMAL)
        return recpe_number(fp, f, n);
    fp->flags |= SOFT_DZC;
    return fp_inf(f, n.sign);
}

uint64_t softfp_rsqrte(SoftFp *fp, SoftFmt f, uint64_t a)
{
    const FpShape *s = &fp_shapes[f];
    FpNum n = fp_unpack(fp, f, a);
    uint64_t nan;
    if (fp_nan1(fp, f, a, &nan))
        return nan;
    if (n.cls == FPC_ZERO) {
        fp->flags |= SOFT_DZC;
        return fp_inf(f, n.sign);
    }
    if (n.sign)
        return fp_invalid(fp, f);
    if (n.cls == FPC_INF)
        return fp_zero(f, false);
    /* The manual's exponent is the biased one: odd ones take the input in [0.25, 0.5). */
    int32_t biased = n.exp + s->bias;
    uint32_t in = (uint32_t)(n.sig >> (biased & 1 ? 56 : 55));
    uint64_t est = recip_sqrt_estimate(in) & 0xff;
    uint64_t exp = (uint64_t)((3 * s->bias - 1 - biased) >> 1);
    return exp << s->mbits | est << (s->mbits - 8);
}

uint64_t softfp_recpx(SoftFp *fp, SoftFmt f, uint64_t a)
{
    const FpShape *s = &fp_shapes[f];
    uint64_t nan, top = (1ull << s->ebits) - 1, exp = a >> s->mbits & top;
    fp_unpack(fp, f, a);
    if (fp_nan1(fp, f, a, &nan))
        return nan;
    return (a & fp_sign_bit(f)) | (exp ? exp ^ top : top - 1) << s->mbits;
}

/* (2 or 3) + a * b, the latter halved; infinity times zero counts as zero. */
static uint64_t newton_step(SoftFp *fp, SoftFmt f, const uint64_t ops[2], bool rsqrt)
{
    FpNum n[3] = {fp_unpack(fp, f, ops[0]), fp_unpack(fp, f, ops[1])};
    n[2] = (FpNum){.cls = FPC_NORMAL, .exp = 1, .sig = rsqrt ? 3ull << 62 : 1ull << 63};
    uint64_t nan, one = (uint64_t)fp_shapes[f].bias << fp_shapes[f].mbits;
    if (fp_nan2(fp, f, ops, &nan))
        return nan;
    bool inf = n[0].cls == FPC_INF || n[1].cls == FPC_INF;
    if (inf && (n[0].cls == FPC_ZERO || n[1].cls == FPC_ZERO))
        return rsqrt ? one | 1ull << (fp_shapes[f].mbits - 1) : one + (1ull << fp_shapes[f].mbits);
    if (inf)
        return fp_inf(f, n[0].sign != n[1].sign);
    return fp_fma_finite(fp, f, n, rsqrt ? -1 : 0);
}

uint64_t softfp_recps(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return newton_step(fp, f, (uint64_t[2]){a ^ fp_sign_bit(f), b}, false);
}

uint64_t softfp_rsqrts(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return newton_step(fp, f, (uint64_t[2]){a ^ fp_sign_bit(f), b}, true);
}
