/*
 * C helpers of Advanced SIMD: what has no IR op. Integer only; each computes lane by lane on
 * 64-bit values. The first argument is op | element size << 8 | lanes << 16 (a64_simd_ops.h).
 *
 * Example: A64_VEC_SQSHL with size VE_16 on a lane of 0x4000 shifted by 2: 0x10000 does not fit, so
 * the lane becomes 0x7fff and FPSR.QC is raised.
 */
#include <string.h>
#include "a64.h"
#include "a64_simd_helpers.h"
#include "a64_simd_ops.h"
#include "check.h"
#include "softfp.h"

enum { FPSR_QC_BIT = 1 << 27 };

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

static int64_t lane_signed(uint64_t v, unsigned ve)
{
    unsigned up = 64 - (8u << ve);
    return (int64_t)(v << up) >> up;
}

static uint64_t lane_mask(unsigned ve)
{
    return ~0ull >> (64 - (8u << ve));
}

static uint64_t count_sign(uint64_t v, unsigned ve)
{
    int64_t s = lane_signed(v, ve);
    uint64_t x = (uint64_t)(s ^ s >> 63);
    return (unsigned)(x ? __builtin_clzll(x) : 64) - (64 - (8u << ve)) - 1;
}

static uint64_t count_zeros(uint64_t v, unsigned ve)
{
    return v ? (unsigned)__builtin_clzll(v) - (64 - (8u << ve)) : 8u << ve;
}

static uint64_t reverse_byte(uint64_t v)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < 8; i++)
        r |= (v >> i & 1) << (7 - i);
    return r;
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

/* Right shift by 1..64 (or more), with the last bit shifted out added when rounding. */
static uint64_t shift_right(uint64_t v, unsigned n, bool is_signed, bool round)
{
    if (n > 64)
        return is_signed && !round && v >> 63 ? ~0ull : 0;
    uint64_t sign = is_signed && v >> 63 ? ~0ull : 0;
    uint64_t kept = n == 64 ? sign : v >> n | (n ? sign << (64 - n) : 0);
    return kept + (round && n ? v >> (n - 1) & 1 : 0);
}

typedef struct ShiftKind {
    bool is_signed, round, saturate, to_unsigned;
} ShiftKind;

/* Largest and smallest value of a result lane, for a value of that sign. */
static uint64_t shift_limit(unsigned ve, ShiftKind k, bool negative)
{
    if (!k.is_signed || k.to_unsigned)
        return negative ? 0 : lane_mask(ve);
    return lane_mask(ve) >> 1 ^ (negative ? ~0ull : 0);
}

/* Does the lane's value (sign-extended if signed) shifted left leave the result's range? */
static bool shift_overflows(uint64_t x, int amount, unsigned ve, ShiftKind k)
{
    bool negative = k.is_signed && x >> 63;
    if (amount >= 8 << ve)
        return x != 0;
    if (!negative)
        return x > shift_limit(ve, k, false) >> amount;
    return k.to_unsigned || lane_signed(x << amount, ve) >> amount != (int64_t)x;
}

/* Shift by register: the low byte of `by`, signed; negative amounts shift right. */
static uint64_t shift_lane(uint64_t v, uint64_t by, unsigned ve, ShiftKind k, bool *qc)
{
    int amount = (int8_t)by, bits = 8 << ve;
    uint64_t x = k.is_signed ? (uint64_t)lane_signed(v, ve) : v;
    bool negative = k.is_signed && x >> 63;
    if (amount < 0) {
        x = shift_right(x, (unsigned)-amount, k.is_signed, k.round);
    } else {
        if (k.saturate && shift_overflows(x, amount, ve, k)) {
            *qc = true;
            return shift_limit(ve, k, negative);
        }
        x = amount >= bits ? 0 : x << amount;
    }
    if (k.to_unsigned && negative && x) {
        *qc = true;
        return 0;
    }
    return x;
}

static const ShiftKind shift_kinds[] = {
    [A64_VEC_SRSHL] = {true, true, false, false}, [A64_VEC_URSHL] = {false, true, false, false},
    [A64_VEC_SQSHL] = {true, false, true, false}, [A64_VEC_UQSHL] = {false, false, true, false},
    [A64_VEC_SQRSHL] = {true, true, true, false}, [A64_VEC_UQRSHL] = {false, true, true, false},
    [A64_VEC_SQSHLU] = {true, false, true, true},
};

static V128 shift_lanes(A64VecOp op, unsigned ve, const V128 *a, const V128 *b, bool *qc)
{
    V128 r;
    for (unsigned i = 0; i < 16u >> ve; i++)
        lane_put(&r, ve, i,
                 shift_lane(lane_get(a, ve, i), lane_get(b, ve, i), ve, shift_kinds[op], qc));
    return r;
}

static uint64_t plain_lane(A64VecOp op, unsigned ve, uint64_t a, uint64_t b)
{
    switch (op) {
    case A64_VEC_CLS:
        return count_sign(a, ve);
    case A64_VEC_CLZ:
        return count_zeros(a, ve);
    case A64_VEC_RBIT:
        return reverse_byte(a);
    case A64_VEC_PMUL:
        return poly_mul(a, b);
    case A64_VEC_URECPE:
        return softfp_urecpe((uint32_t)a);
    case A64_VEC_URSQRTE:
        return softfp_ursqrte((uint32_t)a);
    default:
        CHECK(!"an op of helper_a64_vec");
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
    bool qc = false;
    V128 r;
    if (op >= A64_VEC_SHA512H && op <= A64_VEC_SM3TT2B) {
        *ret = a64_crypto_sm_op(op, a, b, c);
        return;
    }
    switch (op) {
    case A64_VEC_SRSHL:
    case A64_VEC_URSHL:
        *ret = shift_lanes(op, ve, a, b, &qc);
        return;
    case A64_VEC_PMULL8:
        *ret = poly_mul_long(a, b);
        return;
    default:
        for (unsigned i = 0; i < 16u >> ve; i++)
            lane_put(&r, ve, i, plain_lane(op, ve, lane_get(a, ve, i), lane_get(b, ve, i)));
        *ret = r;
    }
}

/* Clamps a 128-bit value to a signed or unsigned lane. */
static uint64_t clamp(__int128 x, unsigned ve, bool is_signed, bool *qc)
{
    __int128 max = (__int128)(is_signed ? lane_mask(ve) >> 1 : lane_mask(ve));
    __int128 min = is_signed ? -max - 1 : 0;
    if (x >= min && x <= max)
        return (uint64_t)x;
    *qc = true;
    return (uint64_t)(x < min ? min : max);
}

/* suqadd: signed accumulator b plus unsigned a; usqadd the reverse. */
static uint64_t mixed_add(uint64_t a, uint64_t b, unsigned ve, bool acc_signed, bool *qc)
{
    __int128 x = acc_signed ? (__int128)a : lane_signed(a, ve);
    __int128 y = acc_signed ? lane_signed(b, ve) : (__int128)b;
    return clamp(x + y, ve, acc_signed, qc);
}

/* sqrdmlah: (acc << bits + 2ab + 2^(bits-1)) >> bits, saturated; sqrdmlsh subtracts. */
static uint64_t mul_acc_high(const uint64_t abc[3], unsigned ve, bool subtract, bool *qc)
{
    unsigned bits = 8u << ve;
    __int128 p = (__int128)lane_signed(abc[0], ve) * lane_signed(abc[1], ve) * 2;
    __int128 acc = (__int128)lane_signed(abc[2], ve) * ((__int128)1 << bits);
    __int128 sum = (subtract ? acc - p : acc + p) + ((__int128)1 << (bits - 1));
    return clamp(sum >> bits, ve, true, qc);
}

static uint64_t sat_lane(A64VecOp op, unsigned ve, const uint64_t abc[3], bool *qc)
{
    switch (op) {
    case A64_VEC_SUQADD:
        return mixed_add(abc[0], abc[1], ve, true, qc);
    case A64_VEC_USQADD:
        return mixed_add(abc[0], abc[1], ve, false, qc);
    case A64_VEC_SQRDMLAH:
    case A64_VEC_SQRDMLSH:
        return mul_acc_high(abc, ve, op == A64_VEC_SQRDMLSH, qc);
    default:
        return shift_lane(abc[0], abc[1], ve, shift_kinds[op], qc);
    }
}

static V128 sat_lanes(uint32_t what, const V128 *abc[3], bool *qc)
{
    A64VecOp op = what & 0xff;
    unsigned ve = what >> 8 & 3;
    V128 r;
    for (unsigned i = 0; i < 16u >> ve; i++) {
        uint64_t x[3] = {lane_get(abc[0], ve, i), lane_get(abc[1], ve, i), lane_get(abc[2], ve, i)};
        lane_put(&r, ve, i, sat_lane(op, ve, x, qc));
    }
    return r;
}

void helper_a64_vec_sat(Vcpu *v, V128 *ret, uint32_t what, const V128 *a, const V128 *b,
                        const V128 *c)
{
    bool qc = false;
    *ret = sat_lanes(what, (const V128 *[3]){a, b, c}, &qc);
}

uint64_t helper_a64_vec_qc(Vcpu *v, uint32_t what, const V128 *a, const V128 *b, const V128 *c)
{
    bool qc = false;
    sat_lanes(what, (const V128 *[3]){a, b, c}, &qc);
    return qc ? FPSR_QC_BIT : 0;
}

/* FPCR as softfp takes it. */
static SoftFp fp_context(const Vcpu *v)
{
    return (SoftFp){.rm = v->mode >> MODE_FP_RM_SHIFT & 3,
                    .dn = v->mode & MODE_FP_DN,
                    .fz = v->mode & MODE_FP_FZ,
                    .fz16 = v->mode & MODE_FP_FZ16,
                    .ahp = v->mode & MODE_FP_AHP};
}

/* The sticky flags are the runtime's, which is reached through the vcpu's table alone. */
static void fp_raise(Vcpu *v, const SoftFp *fp)
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
        CHECK(!"an op of helper_a64_vec_fp");
        return 0;
    }
}

/* Conversions whose result lanes have another size. */
static V128 fp_resize(SoftFp *fp, A64VecOp op, unsigned lanes, const V128 *a)
{
    V128 r = {{0, 0}};
    for (unsigned i = 0; i < lanes; i++) {
        if (op == A64_VEC_FCVTN_H)
            r.u16[i] =
                (uint16_t)softfp_convert(fp, a->u32[i], (SoftCvt){SOFT_F32, SOFT_F16, fp->rm});
        else if (op == A64_VEC_FCVTL_H)
            r.u32[i] =
                (uint32_t)softfp_convert(fp, a->u16[i], (SoftCvt){SOFT_F16, SOFT_F32, fp->rm});
        else
            r.u32[i] =
                (uint32_t)softfp_convert(fp, a->u64[i], (SoftCvt){SOFT_F64, SOFT_F32, SOFT_RO});
    }
    return r;
}

void helper_a64_vec_fp(Vcpu *v, V128 *ret, uint32_t what, const V128 *a, const V128 *b,
                       const V128 *c)
{
    A64VecOp op = what & 0xff;
    unsigned ve = what >> 8 & 3, lanes = what >> 16;
    SoftFp fp = fp_context(v);
    V128 r = {{0, 0}};
    if (op >= A64_VEC_FCVTN_H) {
        r = fp_resize(&fp, op, lanes, a);
    } else {
        for (unsigned i = 0; i < lanes; i++) {
            uint64_t ab[2] = {lane_get(a, ve, i), lane_get(b, ve, i)};
            lane_put(&r, ve, i, fp_lane(&fp, op, ve == VE_64 ? SOFT_F64 : SOFT_F32, ab));
        }
    }
    fp_raise(v, &fp);
    *ret = r;
}

/* The integer part of a finite double modulo 2^32. */
static uint32_t js_modulo(uint64_t a)
{
    int exp = (int)(a >> 52 & 0x7ff) - 1075;
    uint64_t sig = (a & ((1ull << 52) - 1)) | 1ull << 52;
    if (exp >= 32 || exp <= -53)
        return 0;
    uint64_t r = exp < 0 ? sig >> -exp : sig << exp;
    return (uint32_t)(a >> 63 ? -r : r);
}

/* FPToFixedJS: out of range wraps modulo 2^32 (IOC). Z, in bit 32: the value was an integer in
 * range, neither -0 nor flushed. */
uint64_t helper_a64_fjcvtzs(Vcpu *v, uint64_t a)
{
    SoftFp fp = fp_context(v);
    SoftInt k = {.bits = 32, .is_signed = true, .rm = SOFT_RZ};
    uint64_t r = softfp_to_int(&fp, SOFT_F64, a, k);
    if (fp.flags & SOFT_IOC)
        r = js_modulo(a);
    fp_raise(v, &fp);
    bool negative_zero = a == 1ull << 63 || (fp.flags & SOFT_IDC && a >> 63);
    bool z = !(fp.flags & (SOFT_IOC | SOFT_IXC)) && !negative_zero;
    return r | (uint64_t)z << 32;
}
