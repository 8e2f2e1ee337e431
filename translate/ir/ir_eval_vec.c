/*
 * What the vector ops without effects mean: lane by lane, in five groups.
 *
 *     vaddp.16 a, b:  lane 0 = a[0] + a[1], ..., lane 4 = b[0] + b[1], ...
 *
 * *out is complete before it is written, so that it may be one of the arguments.
 */
#include "ir_interp.h"
#include "aes.h"
#include "sha.h"
#include "ir_lanes.h"

typedef __int128 s128;
typedef unsigned __int128 u128;

typedef struct VecOp {
    unsigned op, ve, aux;
    int32_t imm;
    const V128 *args;
} VecOp;

static bool vec_bitwise(const VecOp *o, V128 *out)
{
    const V128 *a = &o->args[0], *b = &o->args[1], *c = &o->args[2];
    for (unsigned k = 0; k < 2; k++) {
        switch (o->op) {
        case IR_VAND:
            out->u64[k] = a->u64[k] & b->u64[k];
            break;
        case IR_VOR:
            out->u64[k] = a->u64[k] | b->u64[k];
            break;
        case IR_VXOR:
            out->u64[k] = a->u64[k] ^ b->u64[k];
            break;
        case IR_VANDN:
            out->u64[k] = a->u64[k] & ~b->u64[k];
            break;
        case IR_VNOT:
            out->u64[k] = ~a->u64[k];
            break;
        case IR_VBSL:
            out->u64[k] = (a->u64[k] & b->u64[k]) | (~a->u64[k] & c->u64[k]);
            break;
        case IR_VZHI:
            out->u64[k] = k == 0 ? a->u64[0] : 0;
            break;
        default:
            return false;
        }
    }
    return true;
}

/* v within the range of a lane, signed or unsigned. */
static uint64_t saturate(s128 v, unsigned bits, bool is_signed)
{
    s128 lo = is_signed ? -((s128)1 << (bits - 1)) : 0;
    s128 hi = ((s128)1 << (is_signed ? bits - 1 : bits)) - 1;
    return (uint64_t)(v < lo ? lo : v > hi ? hi : v);
}

/* Shift by the signed low byte of n: left, or right if negative. */
static uint64_t shift_by_lane(s128 v, uint64_t n, unsigned bits)
{
    int amount = (int8_t)n;
    if (amount >= (int)bits)
        return 0;
    if (amount >= 0)
        return (uint64_t)((u128)v << amount);
    return (uint64_t)(v >> MIN(-amount, 127));
}

static bool compare_lane(unsigned cmp, unsigned ve, uint64_t x, uint64_t y)
{
    static const uint8_t types[] = {IR_I8, IR_I16, IR_I32, IR_I64};
    return ir_eval_cmp((IrCmp)cmp, (IrType)types[ve], x, y);
}

/* Ops whose lane k depends on lanes k of a and b alone. */
static bool lane_simple(const VecOp *o, unsigned k, uint64_t *r)
{
    uint64_t x = lane_get(&o->args[0], o->ve, k);
    int64_t sx = lane_get_signed(&o->args[0], o->ve, k);
    unsigned bits = lane_width(o->ve);
    switch (o->op) {
    case IR_VNEG:
        *r = -x;
        return true;
    case IR_VABS:
        *r = sx < 0 ? -x : x;
        return true;
    case IR_VSHLI:
        *r = o->imm >= (int)bits ? 0 : x << o->imm;
        return true;
    case IR_VSHRI:
        *r = o->imm >= (int)bits ? 0 : x >> o->imm;
        return true;
    case IR_VSARI:
        *r = (uint64_t)(sx >> MIN(o->imm, (int)bits - 1));
        return true;
    case IR_VCNT:
        *r = 0;
        for (uint64_t v = x; v; v &= v - 1)
            *r += 1;
        return true;
    default:
        return false;
    }
}

static bool lane_binary(const VecOp *o, unsigned k, uint64_t *r)
{
    uint64_t x = lane_get(&o->args[0], o->ve, k), y = lane_get(&o->args[1], o->ve, k);
    int64_t sx = lane_get_signed(&o->args[0], o->ve, k);
    int64_t sy = lane_get_signed(&o->args[1], o->ve, k);
    switch (o->op) {
    case IR_VADD:
        *r = x + y;
        return true;
    case IR_VSUB:
        *r = x - y;
        return true;
    case IR_VMUL:
        *r = x * y;
        return true;
    case IR_VSMIN:
        *r = sx < sy ? x : y;
        return true;
    case IR_VSMAX:
        *r = sx < sy ? y : x;
        return true;
    case IR_VUMIN:
        *r = MIN(x, y);
        return true;
    case IR_VUMAX:
        *r = MAX(x, y);
        return true;
    case IR_VURHADD:
        *r = (uint64_t)(((u128)x + y + 1) >> 1);
        return true;
    case IR_VCMP:
        *r = compare_lane(o->aux >> VE_CMP_SHIFT & 15, o->ve, x, y) ? ~0ull : 0;
        return true;
    default:
        return false;
    }
}

static bool lane_saturating(const VecOp *o, unsigned k, uint64_t *r)
{
    uint64_t x = lane_get(&o->args[0], o->ve, k), y = lane_get(&o->args[1], o->ve, k);
    int64_t sx = lane_get_signed(&o->args[0], o->ve, k);
    int64_t sy = lane_get_signed(&o->args[1], o->ve, k);
    unsigned bits = lane_width(o->ve);
    switch (o->op) {
    case IR_VSSHL:
        *r = shift_by_lane(sx, y, bits);
        return true;
    case IR_VUSHL:
        *r = shift_by_lane(x, y, bits);
        return true;
    case IR_VSQADD:
        *r = saturate((s128)sx + sy, bits, true);
        return true;
    case IR_VUQADD:
        *r = saturate((s128)x + y, bits, false);
        return true;
    case IR_VSQSUB:
        *r = saturate((s128)sx - sy, bits, true);
        return true;
    case IR_VUQSUB:
        *r = saturate((s128)x - y, bits, false);
        return true;
    default:
        return false;
    }
}

static bool is_unary(unsigned op)
{
    return op == IR_VNEG || op == IR_VABS || op == IR_VSHLI || op == IR_VSHRI || op == IR_VSARI ||
           op == IR_VCNT;
}

static bool vec_lanewise(const VecOp *o, V128 *out)
{
    for (unsigned k = 0; k < lane_count(o->ve); k++) {
        uint64_t r;
        bool known = is_unary(o->op) ? lane_simple(o, k, &r)
                                     : lane_binary(o, k, &r) || lane_saturating(o, k, &r);
        if (!known)
            return false;
        lane_set(out, o->ve, k, r);
    }
    return true;
}

/* Lane k of a permutation of the lanes of a:b (numbers from a's lane 0 up); < 0: no such op. */
static int permuted_lane(const VecOp *o, unsigned k)
{
    unsigned n = lane_count(o->ve), half = n / 2;
    switch (o->op) {
    case IR_VZIP1:
        return (int)(k / 2 + (k % 2) * n);
    case IR_VZIP2:
        return (int)(half + k / 2 + (k % 2) * n);
    case IR_VUZP1:
        return (int)(2 * k);
    case IR_VUZP2:
        return (int)(2 * k + 1);
    case IR_VTRN1:
        return (int)(k / 2 * 2 + (k % 2) * n);
    case IR_VTRN2:
        return (int)(k / 2 * 2 + 1 + (k % 2) * n);
    case IR_VEXT:
        return (int)k + o->imm;
    case IR_VDUPL:
        return o->imm;
    case IR_VREV: {
        unsigned group = (8u << (o->aux >> VE_CONT_SHIFT & 3)) / lane_width(o->ve);
        return (int)(k / group * group + (group - 1 - k % group));
    }
    default:
        return -1;
    }
}

static bool vec_permute(const VecOp *o, V128 *out)
{
    unsigned n = lane_count(o->ve);
    for (unsigned k = 0; k < n; k++) {
        int from = permuted_lane(o, k);
        if (from < 0)
            return false;
        lane_set(out, o->ve, k, lane_get(&o->args[(unsigned)from / n], o->ve, (unsigned)from % n));
    }
    return true;
}

static bool vec_table(const VecOp *o, V128 *out)
{
    if (o->op == IR_VINSL) {
        *out = o->args[0];
        lane_set(out, o->ve, o->imm & 255, lane_get(&o->args[1], o->ve, (unsigned)o->imm >> 8));
        return true;
    }
    if (o->op != IR_VTBL)
        return false;
    for (unsigned k = 0; k < 16; k++) {
        unsigned at = o->args[0].u8[k];
        out->u8[k] = at < 16u * (unsigned)o->imm ? o->args[1 + at / 16].u8[at % 16] : 0;
    }
    return true;
}

/* One source lane of a widening op: sign- or zero-extended, from the low or the high half. */
static int64_t wide_source(const VecOp *o, const V128 *v, unsigned k)
{
    unsigned lane = k + (o->aux & VE_HI ? lane_count(o->ve) / 2 : 0);
    return o->aux & VE_SIGNED ? lane_get_signed(v, o->ve, lane) : (int64_t)lane_get(v, o->ve, lane);
}

static bool vec_widen(const VecOp *o, V128 *out)
{
    unsigned wide = o->ve + 1;
    const V128 *a = &o->args[0], *b = &o->args[1];
    for (unsigned k = 0; k < lane_count(o->ve) / 2; k++) {
        uint64_t r;
        if (o->op == IR_VXTL)
            r = (uint64_t)wide_source(o, a, k);
        else if (o->op == IR_VMULL)
            r = (uint64_t)wide_source(o, a, k) * (uint64_t)wide_source(o, b, k);
        else if (o->op == IR_VADDLP && o->aux & VE_SIGNED)
            r = (uint64_t)(lane_get_signed(a, o->ve, 2 * k) + lane_get_signed(a, o->ve, 2 * k + 1));
        else if (o->op == IR_VADDLP)
            r = lane_get(a, o->ve, 2 * k) + lane_get(a, o->ve, 2 * k + 1);
        else
            return false;
        lane_set(out, wide, k, r);
    }
    return true;
}

static bool vec_narrow(const VecOp *o, V128 *out)
{
    unsigned wide = o->ve + 1, bits = lane_width(o->ve);
    for (unsigned k = 0; k < lane_count(wide); k++) {
        uint64_t x = lane_get(&o->args[0], wide, k), r;
        int64_t sx = lane_get_signed(&o->args[0], wide, k);
        if (o->op == IR_VXTN)
            r = x;
        else if (o->op == IR_VSQXTN)
            r = saturate(sx, bits, true);
        else if (o->op == IR_VUQXTN)
            r = saturate(x, bits, false);
        else if (o->op == IR_VSQXTUN)
            r = saturate(sx, bits, false);
        else
            return false;
        lane_set(out, o->ve, k, r);
    }
    return true;
}

/* Ops that bring lanes together. */
static bool vec_reduce(const VecOp *o, V128 *out)
{
    unsigned n = lane_count(o->ve);
    uint64_t sum = 0;
    switch (o->op) {
    case IR_VADDP:
        for (unsigned k = 0; k < n; k++) {
            const V128 *v = &o->args[k / (n / 2)];
            unsigned at = 2 * k % n;
            lane_set(out, o->ve, k, lane_get(v, o->ve, at) + lane_get(v, o->ve, at + 1));
        }
        return true;
    case IR_VADDV:
        for (unsigned k = 0; k < n; k++)
            sum += lane_get(&o->args[0], o->ve, k);
        lane_set(out, o->ve, 0, sum);
        return true;
    case IR_VNZ:
        out->u64[0] = (o->args[0].u64[0] | o->args[0].u64[1]) != 0;
        return true;
    case IR_VTO:
        lane_set(out, o->ve, 0, lane_get(&o->args[0], o->ve, 0));
        return true;
    case IR_VGET:
        out->u64[0] = o->aux & VE_SIGNED
                          ? (uint64_t)lane_get_signed(&o->args[0], o->ve, (unsigned)o->imm)
                          : lane_get(&o->args[0], o->ve, (unsigned)o->imm);
        return true;
    default:
        return false;
    }
}

static bool vec_carryless(const VecOp *o, V128 *out)
{
    if (o->op != IR_VPMULL)
        return false;
    unsigned half = o->aux & VE_HI ? 1 : 0;
    u128 x = o->args[0].u64[half], r = 0;
    for (unsigned k = 0; k < 64; k++)
        if (o->args[1].u64[half] >> k & 1)
            r ^= x << k;
    out->u64[0] = (uint64_t)r;
    out->u64[1] = (uint64_t)(r >> 64);
    return true;
}

static bool vec_aes(const VecOp *o, V128 *out)
{
    if (o->op != IR_VAES || o->aux >= AES_STEP_COUNT)
        return false;
    *out = aes_step((AesStep)o->aux, &o->args[0]);
    return true;
}

static bool vec_sha(const VecOp *o, V128 *out)
{
    if (o->op != IR_VSHA || o->aux >= SHA_STEP_COUNT)
        return false;
    *out = sha_step((ShaStep)o->aux, &o->args[0], &o->args[1], &o->args[2]);
    return true;
}

bool ir_eval_vec(IrOp op, uint32_t aux, int32_t imm, const V128 *args, V128 *out)
{
    VecOp o = {op, aux & VE_MASK, aux, imm, args};
    if (op < IR_VTO || op > IR_VNZ || op == IR_VINS || op == IR_VDUP)
        return false;
    V128 r = {.u64 = {0, 0}};
    if (op == IR_VEXT || op == IR_VCNT)
        o.ve = VE_8;
    bool sized_down = o.ve < VE_64; /* ops that change the element size */
    if (!vec_bitwise(&o, &r) && !vec_permute(&o, &r) && !vec_table(&o, &r) && !vec_reduce(&o, &r) &&
        !vec_carryless(&o, &r) && !vec_aes(&o, &r) && !vec_sha(&o, &r) &&
        !(sized_down && (vec_widen(&o, &r) || vec_narrow(&o, &r))) &&
        !vec_lanewise(&o, &r))
        return false;
    *out = r;
    return true;
}

bool ir_eval_vec_from(IrOp op, uint32_t aux, int32_t imm, const V128 *vec, uint64_t x, V128 *out)
{
    unsigned ve = aux & VE_MASK;
    V128 r = {.u64 = {0, 0}};
    switch (op) {
    case IR_VFROM:
        lane_set(&r, ve, 0, x);
        break;
    case IR_VINS:
        r = *vec;
        lane_set(&r, ve, (unsigned)imm, x);
        break;
    case IR_VDUP:
        for (unsigned k = 0; k < lane_count(ve); k++)
            lane_set(&r, ve, k, x);
        break;
    default:
        return false;
    }
    *out = r;
    return true;
}
