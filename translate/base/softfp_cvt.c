/*
 * Soft floating point: comparison, minimum and maximum, conversions, rounding to integral values.
 *
 * Example: f32 2.5 to an integer: sig 0xa0..0, exp 1, so the value is 0b10.1; with SOFT_RN the
 * fraction is exactly half and the integer part even: 2, IXC.
 */
#include "softfp_impl.h"

/* Orders numbers and infinities as signed integers do: -1, 0, 1. */
static int order(const FpNum *x, const FpNum *y, uint64_t a, uint64_t b)
{
    if (x->cls == FPC_ZERO && y->cls == FPC_ZERO)
        return 0;
    if (x->cls == FPC_ZERO)
        return y->sign ? 1 : -1;
    if (y->cls == FPC_ZERO || x->sign != y->sign)
        return x->sign ? -1 : 1;
    if (a == b)
        return 0;
    return (a < b) != x->sign ? -1 : 1;
}

uint32_t softfp_compare(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b, bool signal)
{
    FpNum x = fp_unpack(fp, f, a), y = fp_unpack(fp, f, b);
    if (fp_is_nan(&x) || fp_is_nan(&y)) {
        if (signal || x.cls == FPC_SNAN || y.cls == FPC_SNAN)
            fp->flags |= SOFT_IOC;
        return 3;
    }
    int o = order(&x, &y, a, b);
    return o < 0 ? 8 : o > 0 ? 2 : 6;
}

/* x86: the second operand unless the first is strictly better; every NaN is invalid. */
static uint64_t minmax_x86(SoftFp *fp, SoftFmt f, const uint64_t ops[2], uint32_t better)
{
    return softfp_compare(fp, f, ops[0], ops[1], true) == better ? ops[0] : ops[1];
}

static uint64_t minmax(SoftFp *fp, SoftFmt f, const uint64_t ops[2], bool max)
{
    if (fp->nan_rule == SOFT_NAN_X86)
        return minmax_x86(fp, f, ops, max ? 2 : 8);
    FpNum x = fp_unpack(fp, f, ops[0]), y = fp_unpack(fp, f, ops[1]);
    uint64_t nan;
    if (fp_nan2(fp, f, ops, &nan))
        return nan;
    if (x.cls == FPC_ZERO && y.cls == FPC_ZERO)
        return fp_zero(f, max ? x.sign && y.sign : x.sign || y.sign);
    bool first = (order(&x, &y, ops[0], ops[1]) > 0) == max;
    if ((first ? x : y).cls == FPC_ZERO)
        return fp_zero(f, (first ? x : y).sign);
    return first ? ops[0] : ops[1];
}

/* A quiet NaN against a number is replaced by the infinity that loses. */
static uint64_t minmax_nm(SoftFp *fp, SoftFmt f, uint64_t ops[2], bool max)
{
    bool nan_a = softfp_is_nan(f, ops[0]), nan_b = softfp_is_nan(f, ops[1]);
    if (fp->nan_rule == SOFT_NAN_RISCV && nan_a != nan_b) {
        if (softfp_is_snan(f, ops[nan_b]))
            fp->flags |= SOFT_IOC;
        return ops[nan_a];
    }
    bool quiet_a = nan_a && !softfp_is_snan(f, ops[0]);
    bool quiet_b = nan_b && !softfp_is_snan(f, ops[1]);
    if (quiet_a != quiet_b)
        ops[quiet_b] = fp_inf(f, max);
    return minmax(fp, f, ops, max);
}

uint64_t softfp_min(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return minmax(fp, f, (uint64_t[2]){a, b}, false);
}

uint64_t softfp_max(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return minmax(fp, f, (uint64_t[2]){a, b}, true);
}

uint64_t softfp_minnm(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return minmax_nm(fp, f, (uint64_t[2]){a, b}, false);
}

uint64_t softfp_maxnm(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return minmax_nm(fp, f, (uint64_t[2]){a, b}, true);
}

typedef struct IntPart {
    u128 value; /* magnitude after rounding, below 2^65 */
    bool inexact, too_big;
} IntPart;

/* The magnitude of n times 2^fbits, rounded to an integer. */
static IntPart int_part(const FpNum *n, int fbits, SoftRm rm)
{
    int exp = n->exp + fbits;
    if (exp > 63)
        return (IntPart){.too_big = true};
    u128 fixed = fp_shr_jam128((u128)n->sig << 64, (unsigned)(63 - exp));
    uint64_t whole = (uint64_t)(fixed >> 64), frac = (uint64_t)fixed, half = 1ull << 63;
    bool up = false;
    switch (rm) {
    case SOFT_RN:
        up = frac > half || (frac == half && (whole & 1));
        break;
    case SOFT_RA:
        up = frac >= half;
        break;
    case SOFT_RP:
        up = frac && !n->sign;
        break;
    case SOFT_RM:
        up = frac && n->sign;
        break;
    case SOFT_RZ:
    case SOFT_RO:
        break;
    }
    return (IntPart){.value = (u128)whole + up, .inexact = frac != 0};
}

static uint64_t low_bits(uint64_t v, unsigned bits)
{
    return bits == 64 ? v : v & ((1ull << bits) - 1);
}

static uint64_t int_limit(const SoftFp *fp, SoftInt k, bool negative)
{
    uint64_t top = 1ull << (k.bits - 1);
    if (fp->nan_rule == SOFT_NAN_X86)
        return k.is_signed ? top : low_bits(~0ull, k.bits);
    if (k.is_signed)
        return negative ? top : top - 1;
    return negative ? 0 : low_bits(~0ull, k.bits);
}

uint64_t softfp_to_int(SoftFp *fp, SoftFmt f, uint64_t a, SoftInt k)
{
    FpNum n = fp_unpack(fp, f, a);
    if (fp_is_nan(&n)) {
        fp->flags |= SOFT_IOC;
        return fp->nan_rule == SOFT_NAN_ARM ? 0 : int_limit(fp, k, false);
    }
    if (n.cls == FPC_ZERO)
        return 0;
    IntPart i = {.too_big = true};
    if (n.cls == FPC_NORMAL)
        i = int_part(&n, k.fbits, k.rm);
    u128 limit = (u128)1 << (k.bits - k.is_signed);
    if (n.sign)
        limit = k.is_signed ? limit + 1 : 1;
    if (i.too_big || i.value >= limit) {
        fp->flags |= SOFT_IOC;
        return int_limit(fp, k, n.sign);
    }
    if (i.inexact)
        fp->flags |= SOFT_IXC;
    uint64_t v = (uint64_t)i.value;
    return low_bits(n.sign ? -v : v, k.bits);
}

uint32_t softfp_modulo32(uint64_t a)
{
    int exp = (int)(a >> 52 & 0x7ff) - 1075;
    uint64_t sig = (a & ((1ull << 52) - 1)) | 1ull << 52;
    if (exp >= 32 || exp <= -53)
        return 0;
    uint64_t r = exp < 0 ? sig >> -exp : sig << exp;
    return (uint32_t)(a >> 63 ? -r : r);
}

uint64_t softfp_from_int(SoftFp *fp, SoftFmt f, uint64_t v, SoftInt k)
{
    v = low_bits(v, k.bits);
    FpNum n = {.cls = FPC_NORMAL, .sign = k.is_signed && v >> (k.bits - 1)};
    if (n.sign)
        v = low_bits(-v, k.bits);
    if (v == 0)
        return 0;
    int lz = __builtin_clzll(v);
    n.sig = v << lz;
    n.exp = 63 - lz - k.fbits;
    return fp_round(fp, f, n, k.rm);
}

/* A NaN in another format keeps its sign and the top of its payload. */
static uint64_t convert_nan(SoftFp *fp, uint64_t a, SoftCvt k)
{
    const FpShape *from = &fp_shapes[k.from], *to = &fp_shapes[k.to];
    bool sign = a & fp_sign_bit(k.from), alt = k.to == SOFT_F16 && fp->ahp;
    if (alt || softfp_is_snan(k.from, a))
        fp->flags |= SOFT_IOC;
    if (alt)
        return fp_zero(k.to, sign);
    if (fp->dn || fp->nan_rule == SOFT_NAN_RISCV)
        return softfp_default_nan(fp, k.to);
    uint64_t frac = (a & fp_frac_mask(k.from)) << (63 - from->mbits) >> (63 - to->mbits);
    return fp_inf(k.to, sign) | 1ull << (to->mbits - 1) | frac;
}

uint64_t softfp_convert(SoftFp *fp, uint64_t a, SoftCvt k)
{
    FpNum n = fp_unpack_cvt(fp, k.from, a);
    if (fp_is_nan(&n))
        return convert_nan(fp, a, k);
    if (n.cls == FPC_ZERO)
        return fp_zero(k.to, n.sign);
    if (n.cls == FPC_NORMAL)
        return fp_round_cvt(fp, k.to, n, k.rm);
    if (k.to != SOFT_F16 || !fp->ahp)
        return fp_inf(k.to, n.sign);
    fp->flags |= SOFT_IOC;
    return fp_zero(k.to, n.sign) | (fp_sign_bit(k.to) - 1);
}

/* A magnitude of at most the format's precision, as a number. */
static uint64_t pack_integral(SoftFmt f, uint64_t v, bool sign)
{
    const FpShape *s = &fp_shapes[f];
    if (v == 0)
        return fp_zero(f, sign);
    int lz = __builtin_clzll(v);
    uint64_t frac = v << lz >> (63 - s->mbits);
    return fp_zero(f, sign) | (frac + ((uint64_t)(63 - lz + s->bias - 1) << s->mbits));
}

uint64_t softfp_round_int(SoftFp *fp, SoftFmt f, uint64_t a, SoftRm rm, bool exact)
{
    FpNum n = fp_unpack(fp, f, a);
    uint64_t nan;
    if (fp_nan1(fp, f, a, &nan))
        return nan;
    if (n.cls == FPC_ZERO)
        return fp_zero(f, n.sign);
    if (n.cls == FPC_INF || n.exp >= fp_shapes[f].mbits)
        return a;
    IntPart i = int_part(&n, 0, rm);
    if (exact && i.inexact)
        fp->flags |= SOFT_IXC;
    return pack_integral(f, (uint64_t)i.value, n.sign);
}

uint64_t softfp_round_int_n(SoftFp *fp, SoftFmt f, uint64_t a, SoftRm rm, unsigned bits)
{
    FpNum n = fp_unpack(fp, f, a);
    if (n.cls == FPC_ZERO)
        return fp_zero(f, n.sign);
    IntPart i = {.too_big = true};
    if (n.cls == FPC_NORMAL)
        i = int_part(&n, 0, rm);
    u128 limit = ((u128)1 << (bits - 1)) + n.sign;
    if (i.too_big || i.value >= limit) {
        fp->flags |= SOFT_IOC;
        return pack_integral(f, 1ull << (bits - 1), true);
    }
    if (i.inexact)
        fp->flags |= SOFT_IXC;
    return pack_integral(f, (uint64_t)i.value, n.sign);
}
