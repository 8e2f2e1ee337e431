/*
 * Soft floating point: unpacking, rounding, NaNs and the five basic operations.
 *
 * Each operation unpacks, settles NaNs, settles infinities and zeros, and computes a number with
 * sticky lowest bit for fp_round. Example: 1.5 * 1.5 in f32: the 128-bit product of the two
 * significands 0xc0..0 is 0x90..0, bit 127 set, so exp is 0 + 0 + 1: 2.25.
 */
#include "softfp_impl.h"

const FpShape fp_shapes[3] = {
    [SOFT_F16] = {16, 5, 10, 15},
    [SOFT_F32] = {32, 8, 23, 127},
    [SOFT_F64] = {64, 11, 52, 1023},
};

unsigned softfp_bits(SoftFmt f)
{
    return fp_shapes[f].bits;
}

bool softfp_is_nan(SoftFmt f, uint64_t a)
{
    return (a & ~fp_sign_bit(f)) > fp_inf(f, false);
}

static uint64_t quiet_bit(SoftFmt f)
{
    return 1ull << (fp_shapes[f].mbits - 1);
}

bool softfp_is_snan(SoftFmt f, uint64_t a)
{
    return softfp_is_nan(f, a) && !(a & quiet_bit(f));
}

uint64_t softfp_default_nan(const SoftFp *fp, SoftFmt f)
{
    return fp_inf(f, fp->nan_rule == SOFT_NAN_X86) | quiet_bit(f);
}

uint64_t fp_invalid(SoftFp *fp, SoftFmt f)
{
    fp->flags |= SOFT_IOC;
    return softfp_default_nan(fp, f);
}

/* Numbers only: `e` is the biased exponent, not all ones unless the format has no infinities. */
static FpNum unpack_number(SoftFmt f, uint64_t a, unsigned e, bool flush)
{
    const FpShape *s = &fp_shapes[f];
    uint64_t frac = a & fp_frac_mask(f);
    FpNum n = {.cls = FPC_NORMAL, .sign = (a & fp_sign_bit(f)) != 0};
    if (e) {
        n.sig = (1ull << s->mbits | frac) << (63 - s->mbits);
        n.exp = (int32_t)e - s->bias;
    } else if (frac == 0 || flush) {
        n.cls = FPC_ZERO;
    } else {
        unsigned lz = (unsigned)__builtin_clzll(frac);
        n.sig = frac << lz;
        n.exp = 1 - s->bias - s->mbits + 63 - (int32_t)lz;
    }
    return n;
}

static FpNum unpack(SoftFp *fp, SoftFmt f, uint64_t a, bool flush)
{
    const FpShape *s = &fp_shapes[f];
    unsigned e = (unsigned)(a >> s->mbits) & ((1u << s->ebits) - 1);
    uint64_t frac = a & fp_frac_mask(f);
    if (e == (1u << s->ebits) - 1) {
        FpNum n = {.cls = FPC_INF, .sign = (a & fp_sign_bit(f)) != 0};
        if (frac)
            n.cls = a & quiet_bit(f) ? FPC_QNAN : FPC_SNAN;
        return n;
    }
    if (flush && e == 0 && frac && f != SOFT_F16)
        fp->flags |= SOFT_IDC;
    return unpack_number(f, a, e, flush);
}

FpNum fp_unpack(SoftFp *fp, SoftFmt f, uint64_t a)
{
    return unpack(fp, f, a, f == SOFT_F16 ? fp->fz16 : fp->fz);
}

FpNum fp_unpack_cvt(SoftFp *fp, SoftFmt f, uint64_t a)
{
    if (f == SOFT_F16 && fp->ahp)
        return unpack_number(f, a, (unsigned)(a >> 10) & 31, false);
    return unpack(fp, f, a, f != SOFT_F16 && fp->fz);
}

bool fp_overflow_is_inf(SoftRm rm, bool sign)
{
    switch (rm) {
    case SOFT_RP:
        return !sign;
    case SOFT_RM:
        return sign;
    case SOFT_RZ:
    case SOFT_RO:
        return false;
    default:
        return true;
    }
}

/* Whether sig without its low `drop` bits (one or more) is to be raised by one. */
static bool round_up(SoftRm rm, bool sign, uint64_t sig, unsigned drop)
{
    uint64_t half = 1ull << (drop - 1), rem = sig & (2 * half - 1);
    bool odd = sig >> drop & 1;
    switch (rm) {
    case SOFT_RN:
        return rem > half || (rem == half && odd);
    case SOFT_RA:
        return rem >= half;
    case SOFT_RP:
        return rem && !sign;
    case SOFT_RM:
        return rem && sign;
    case SOFT_RO:
        return rem && !odd;
    default:
        return false;
    }
}

/* Whether the number, just below the smallest normal one, would round up to it (tiny after). */
static bool rounds_to_normal(SoftFmt f, FpNum n, SoftRm rm)
{
    const FpShape *s = &fp_shapes[f];
    unsigned drop = 63u - s->mbits;
    if (n.exp != -s->bias || n.sig >> drop != (2ull << s->mbits) - 1)
        return false;
    return round_up(rm, n.sign, n.sig, drop);
}

typedef struct RoundHow {
    SoftRm rm;
    bool flush, ahp;
} RoundHow;

static uint64_t round_overflow(SoftFp *fp, SoftFmt f, bool sign, RoundHow how)
{
    if (how.ahp) {
        fp->flags |= SOFT_IOC;
        return fp_zero(f, sign) | (fp_sign_bit(f) - 1);
    }
    fp->flags |= SOFT_OFC | SOFT_IXC;
    return fp_overflow_is_inf(how.rm, sign) ? fp_inf(f, sign) : fp_max_normal(f, sign);
}

static uint64_t round_pack(SoftFp *fp, SoftFmt f, FpNum n, RoundHow how)
{
    const FpShape *s = &fp_shapes[f];
    int32_t biased = n.exp + s->bias;
    uint64_t sig = n.sig;
    if (biased < 1) {
        if (how.flush) {
            fp->flags |= SOFT_UFC;
            return fp_zero(f, n.sign);
        }
        sig = fp_shr_jam(sig, (unsigned)(1 - biased));
        biased = 0;
    }
    unsigned drop = 63u - s->mbits;
    uint64_t kept = sig >> drop, rem = sig & ((1ull << drop) - 1);
    if (biased == 0 && rem && (fp->nan_rule == SOFT_NAN_ARM || !rounds_to_normal(f, n, how.rm)))
        fp->flags |= SOFT_UFC;
    if (round_up(how.rm, n.sign, sig, drop))
        kept++;
    /* A carry out of the fraction raises the exponent by itself: the hidden bit adds to it. */
    uint64_t packed = kept + ((uint64_t)(biased ? biased - 1 : 0) << s->mbits);
    unsigned limit = (1u << s->ebits) - (how.ahp ? 0 : 1);
    if (packed >> s->mbits >= limit)
        return round_overflow(fp, f, n.sign, how);
    if (rem)
        fp->flags |= SOFT_IXC;
    return fp_zero(f, n.sign) | packed;
}

uint64_t fp_round(SoftFp *fp, SoftFmt f, FpNum n, SoftRm rm)
{
    return round_pack(fp, f, n, (RoundHow){rm, f == SOFT_F16 ? fp->fz16 : fp->fz, false});
}

uint64_t fp_round_cvt(SoftFp *fp, SoftFmt f, FpNum n, SoftRm rm)
{
    bool half = f == SOFT_F16;
    return round_pack(fp, f, n, (RoundHow){rm, !half && fp->fz, half && fp->ahp});
}

static uint64_t nan_result(SoftFp *fp, SoftFmt f, uint64_t a)
{
    if (fp->dn || fp->nan_rule == SOFT_NAN_RISCV)
        return softfp_default_nan(fp, f);
    return a | quiet_bit(f);
}

static bool nan_of(SoftFp *fp, SoftFmt f, const uint64_t *ops, int count)
{
    bool any = false;
    for (int i = 0; i < count; i++) {
        any |= softfp_is_nan(f, ops[i]);
        if (softfp_is_snan(f, ops[i]))
            fp->flags |= SOFT_IOC;
    }
    return any;
}

static uint64_t nan_choose(SoftFp *fp, SoftFmt f, const uint64_t *ops, int count)
{
    if (fp->nan_rule == SOFT_NAN_ARM)
        for (int i = 0; i < count; i++)
            if (softfp_is_snan(f, ops[i]))
                return nan_result(fp, f, ops[i]);
    int i = 0;
    while (!softfp_is_nan(f, ops[i]))
        i++;
    return nan_result(fp, f, ops[i]);
}

bool fp_nan1(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t *out)
{
    if (!nan_of(fp, f, &a, 1))
        return false;
    *out = nan_result(fp, f, a);
    return true;
}

bool fp_nan2(SoftFp *fp, SoftFmt f, const uint64_t *ops, uint64_t *out)
{
    if (!nan_of(fp, f, ops, 2))
        return false;
    *out = nan_choose(fp, f, ops, 2);
    return true;
}

bool fp_nan3(SoftFp *fp, SoftFmt f, const uint64_t *ops, uint64_t *out)
{
    if (!nan_of(fp, f, ops, 3))
        return false;
    *out = nan_choose(fp, f, ops, 3);
    return true;
}

/* x + y of nonzero numbers; an exact zero has the sign that the rounding mode says. */
static uint64_t add_numbers(SoftFp *fp, SoftFmt f, FpNum x, FpNum y)
{
    if (x.exp < y.exp || (x.exp == y.exp && x.sig < y.sig)) {
        FpNum t = x;
        x = y;
        y = t;
    }
    uint64_t big = x.sig >> 1, small = fp_shr_jam(y.sig >> 1, (unsigned)(x.exp - y.exp));
    uint64_t sum = x.sign == y.sign ? big + small : big - small;
    if (sum == 0)
        return fp_zero(f, fp->rm == SOFT_RM);
    unsigned lz = (unsigned)__builtin_clzll(sum);
    FpNum r = {.sig = sum << lz, .exp = x.exp + 1 - (int32_t)lz, .sign = x.sign};
    return fp_round(fp, f, r, fp->rm);
}

static uint64_t add_signed(SoftFp *fp, SoftFmt f, const uint64_t ops[2], bool negate_b)
{
    FpNum x = fp_unpack(fp, f, ops[0]), y = fp_unpack(fp, f, ops[1]);
    uint64_t nan;
    if (fp_nan2(fp, f, ops, &nan))
        return nan;
    y.sign ^= negate_b;
    if (x.cls == FPC_INF && y.cls == FPC_INF && x.sign != y.sign)
        return fp_invalid(fp, f);
    if (x.cls == FPC_INF)
        return fp_inf(f, x.sign);
    if (y.cls == FPC_INF)
        return fp_inf(f, y.sign);
    if (x.cls == FPC_ZERO && y.cls == FPC_ZERO)
        return fp_zero(f, x.sign == y.sign ? x.sign : fp->rm == SOFT_RM);
    if (x.cls == FPC_ZERO)
        return fp_round(fp, f, y, fp->rm);
    if (y.cls == FPC_ZERO)
        return fp_round(fp, f, x, fp->rm);
    return add_numbers(fp, f, x, y);
}

uint64_t softfp_add(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return add_signed(fp, f, (uint64_t[2]){a, b}, false);
}

uint64_t softfp_sub(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return add_signed(fp, f, (uint64_t[2]){a, b}, true);
}

typedef struct FpWide {
    u128 sig;
    int32_t exp;
    bool sign;
} FpWide;

/* The exact product, bit 127 set. */
static FpWide mul_wide(const FpNum *x, const FpNum *y)
{
    FpWide w = {(u128)x->sig * y->sig, x->exp + y->exp + 1, x->sign != y->sign};
    if (!(w.sig >> 127)) {
        w.sig <<= 1;
        w.exp--;
    }
    return w;
}

static uint64_t round_wide(SoftFp *fp, SoftFmt f, FpWide w)
{
    uint64_t hi = (uint64_t)(w.sig >> 64);
    int lz = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((uint64_t)w.sig);
    w.sig <<= lz;
    FpNum r = {.sign = w.sign, .exp = w.exp - lz};
    r.sig = (uint64_t)(w.sig >> 64) | ((uint64_t)w.sig != 0);
    return fp_round(fp, f, r, fp->rm);
}

static uint64_t mul_common(SoftFp *fp, SoftFmt f, const uint64_t ops[2], bool extended)
{
    FpNum x = fp_unpack(fp, f, ops[0]), y = fp_unpack(fp, f, ops[1]);
    bool sign = x.sign != y.sign;
    uint64_t nan;
    if (fp_nan2(fp, f, ops, &nan))
        return nan;
    if ((x.cls == FPC_INF && y.cls == FPC_ZERO) || (x.cls == FPC_ZERO && y.cls == FPC_INF)) {
        if (!extended)
            return fp_invalid(fp, f);
        return fp_zero(f, sign) | (uint64_t)(fp_shapes[f].bias + 1) << fp_shapes[f].mbits;
    }
    if (x.cls == FPC_INF || y.cls == FPC_INF)
        return fp_inf(f, sign);
    if (x.cls == FPC_ZERO || y.cls == FPC_ZERO)
        return fp_zero(f, sign);
    return round_wide(fp, f, mul_wide(&x, &y));
}

uint64_t softfp_mul(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return mul_common(fp, f, (uint64_t[2]){a, b}, false);
}

uint64_t softfp_mulx(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    return mul_common(fp, f, (uint64_t[2]){a, b}, true);
}

/* Long division, one bit a step: enough bits for the widest format, then sticky. */
static uint64_t div_numbers(SoftFp *fp, SoftFmt f, FpNum x, FpNum y)
{
    FpNum r = {.sign = x.sign != y.sign, .exp = x.exp - y.exp};
    u128 rem = x.sig;
    if (x.sig < y.sig) {
        rem <<= 1;
        r.exp--;
    }
    uint64_t q = 0;
    for (int i = 0; i < 56; i++) {
        q <<= 1;
        if (rem >= y.sig) {
            rem -= y.sig;
            q |= 1;
        }
        rem <<= 1;
    }
    r.sig = q << 8 | (rem != 0);
    return fp_round(fp, f, r, fp->rm);
}

uint64_t softfp_div(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b)
{
    FpNum x = fp_unpack(fp, f, a), y = fp_unpack(fp, f, b);
    bool sign = x.sign != y.sign;
    uint64_t nan;
    if (fp_nan2(fp, f, (uint64_t[2]){a, b}, &nan))
        return nan;
    if (x.cls == y.cls && x.cls != FPC_NORMAL)
        return fp_invalid(fp, f);
    if (x.cls == FPC_INF)
        return fp_inf(f, sign);
    if (y.cls == FPC_ZERO) {
        fp->flags |= SOFT_DZC;
        return fp_inf(f, sign);
    }
    if (x.cls == FPC_ZERO || y.cls == FPC_INF)
        return fp_zero(f, sign);
    return div_numbers(fp, f, x, y);
}

/* Digit by digit: 56 bits of root from a 112-bit radicand, two bits a step. */
static uint64_t sqrt_number(SoftFp *fp, SoftFmt f, FpNum x)
{
    bool odd = x.exp & 1;
    uint64_t in = odd ? x.sig : x.sig >> 1;
    uint64_t root = 0, rem = 0;
    for (int i = 0; i < 56; i++) {
        rem = rem << 2 | in >> 62;
        in <<= 2;
        uint64_t trial = root << 2 | 1;
        root <<= 1;
        if (rem >= trial) {
            rem -= trial;
            root |= 1;
        }
    }
    FpNum r = {.exp = (x.exp - odd) / 2, .sig = root << 8 | (rem != 0)};
    return fp_round(fp, f, r, fp->rm);
}

uint64_t softfp_sqrt(SoftFp *fp, SoftFmt f, uint64_t a)
{
    FpNum x = fp_unpack(fp, f, a);
    uint64_t nan;
    if (fp_nan1(fp, f, a, &nan))
        return nan;
    if (x.cls == FPC_ZERO)
        return fp_zero(f, x.sign);
    if (x.sign)
        return fp_invalid(fp, f);
    if (x.cls == FPC_INF)
        return fp_inf(f, false);
    return sqrt_number(fp, f, x);
}

/* The sum of two numbers with bit 127 set and at least one zero bit below what matters. */
static uint64_t add_wide(SoftFp *fp, SoftFmt f, FpWide x, FpWide y)
{
    if (x.exp < y.exp || (x.exp == y.exp && x.sig < y.sig)) {
        FpWide t = x;
        x = y;
        y = t;
    }
    u128 small = fp_shr_jam128(y.sig >> 1, (unsigned)(x.exp - y.exp));
    x.sig = x.sign == y.sign ? (x.sig >> 1) + small : (x.sig >> 1) - small;
    x.exp++;
    if (x.sig == 0)
        return fp_zero(f, fp->rm == SOFT_RM);
    return round_wide(fp, f, x);
}

uint64_t fp_fma_finite(SoftFp *fp, SoftFmt f, const FpNum abc[3], int scale)
{
    const FpNum *a = &abc[0], *b = &abc[1], *c = &abc[2];
    bool product_sign = a->sign != b->sign;
    bool product = a->cls != FPC_ZERO && b->cls != FPC_ZERO;
    FpWide wc = {(u128)c->sig << 64, c->exp + scale, c->sign};
    if (!product && c->cls == FPC_ZERO)
        return fp_zero(f, c->sign == product_sign ? c->sign : fp->rm == SOFT_RM);
    if (!product)
        return round_wide(fp, f, wc);
    FpWide wp = mul_wide(a, b);
    wp.exp += scale;
    if (c->cls == FPC_ZERO)
        return round_wide(fp, f, wp);
    return add_wide(fp, f, wp, wc);
}

/* The NaN cases of a * b + c; Arm looks at the addend first. */
static bool fma_nan(SoftFp *fp, SoftFmt f, SoftFma x, bool inf_times_zero, uint64_t *out)
{
    bool arm = fp->nan_rule == SOFT_NAN_ARM;
    uint64_t arm_order[3] = {x.c, x.a, x.b}, x86_order[3] = {x.a, x.b, x.c};
    if (!fp_nan3(fp, f, arm ? arm_order : x86_order, out))
        return false;
    if (!inf_times_zero || fp->nan_rule == SOFT_NAN_X86)
        return true;
    if (!softfp_is_snan(f, x.c) || !arm)
        *out = fp_invalid(fp, f);
    return true;
}

uint64_t softfp_fma(SoftFp *fp, SoftFmt f, SoftFma x)
{
    FpNum n[3] = {fp_unpack(fp, f, x.a), fp_unpack(fp, f, x.b), fp_unpack(fp, f, x.c)};
    bool inf_times_zero = (n[0].cls == FPC_INF && n[1].cls == FPC_ZERO) ||
                          (n[0].cls == FPC_ZERO && n[1].cls == FPC_INF);
    bool inf_product = n[0].cls == FPC_INF || n[1].cls == FPC_INF;
    bool sign = n[0].sign != n[1].sign;
    uint64_t nan;
    if (fma_nan(fp, f, x, inf_times_zero, &nan))
        return nan;
    if (inf_times_zero || (inf_product && n[2].cls == FPC_INF && n[2].sign != sign))
        return fp_invalid(fp, f);
    if (n[2].cls == FPC_INF)
        return fp_inf(f, n[2].sign);
    if (inf_product)
        return fp_inf(f, sign);
    return fp_fma_finite(fp, f, n, 0);
}
