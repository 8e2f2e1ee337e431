/*
 * FMULX, FRECPS and FRSQRTS: products in which zero by infinity is 2, and nothing is invalid.
 *
 * Both factors of such lanes become zero, and the 2 is put in afterwards (FMULX) or comes out by
 * itself: 2 - 0 * 0, (3 - 0 * 0) / 2. FRSQRTS rounds once, after halving, though 3 - x * y may
 * be too large for the format: a factor of 1 or more and the 3 are halved before, else the result.
 * With inputs flushed to zero the lanes are others: then the C helper does all.
 *
 *     frecps v0.4s, v1.4s, v2.4s:  m = lanes of zero by infinity; v3 = vfneg.32 (v1 & ~m)
 *                                  v0 = vfma.32 v3, v2 & ~m, 2.0
 */
#include "a64_simd.h"

static uint64_t one_of(unsigned ve)
{
    static const uint64_t ones[] = {
        [VE_16] = 0x3c00, [VE_32] = 0x3f800000, [VE_64] = 0x3ff0000000000000};
    return ones[ve];
}

/* The exponent's lowest bit: adding it doubles a number. */
static uint64_t double_of(unsigned ve)
{
    static const uint64_t steps[] = {[VE_16] = 1 << 10, [VE_32] = 1 << 23, [VE_64] = 1ull << 52};
    return steps[ve];
}

static uint64_t infinity_of(unsigned ve)
{
    static const uint64_t infs[] = {
        [VE_16] = 0x7c00, [VE_32] = 0x7f800000, [VE_64] = 0x7ff0000000000000};
    return infs[ve];
}

/* Lanes where one factor is zero and the other one infinite. */
static IrRef zero_by_infinity(TransCtx *tc, unsigned ve, IrRef x, IrRef y)
{
    x = v_op1(tc, IR_VFABS, ve, x);
    y = v_op1(tc, IR_VFABS, ve, y);
    IrRef low = v_op2(tc, IR_VUMIN, ve, x, y), high = v_op2(tc, IR_VUMAX, ve, x, y);
    unsigned eq = ve | CMP_EQ << VE_CMP_SHIFT;
    low = v_op2(tc, IR_VCMP, eq, low, v_zero(tc));
    high = v_op2(tc, IR_VCMP, eq, high, a64_v_splat(tc, ve, infinity_of(ve)));
    return v_op2(tc, IR_VAND, 0, low, high);
}

static IrRef mulx(TransCtx *tc, unsigned ve, const IrRef xy[2], IrRef lanes)
{
    IrRef x = v_op2(tc, IR_VANDN, 0, xy[0], lanes), y = v_op2(tc, IR_VANDN, 0, xy[1], lanes);
    uint64_t sign = 1ull << ((8u << ve) - 1);
    IrRef two = v_op2(tc, IR_VXOR, 0, xy[0], xy[1]);
    two = v_op2(tc, IR_VAND, 0, two, a64_v_splat(tc, ve, sign));
    two = v_op2(tc, IR_VOR, 0, two, a64_v_splat(tc, ve, one_of(ve) + double_of(ve)));
    return v_op3(tc, IR_VBSL, 0, lanes, two, v_op2(tc, IR_VFMUL, ve, x, y));
}

static IrRef recps(TransCtx *tc, unsigned ve, IrRef x, IrRef y)
{
    IrRef two = a64_v_splat(tc, ve, one_of(ve) + double_of(ve));
    return v_op3(tc, IR_VFMA, ve, v_op1(tc, IR_VFNEG, ve, x), y, two);
}

static IrRef rsqrts(TransCtx *tc, unsigned ve, IrRef x, IrRef y)
{
    uint64_t one = one_of(ve), step = double_of(ve);
    /* finite and 1 or more */
    IrRef big = v_op1(tc, IR_VFABS, ve, x);
    big = v_op2(tc, IR_VSUB, ve, big, a64_v_splat(tc, ve, one));
    big = v_op2(tc, IR_VCMP, ve | CMP_UGT << VE_CMP_SHIFT,
                a64_v_splat(tc, ve, infinity_of(ve) - one), big);
    IrRef less = v_op2(tc, IR_VAND, 0, big, a64_v_splat(tc, ve, step));
    IrRef three = a64_v_splat(tc, ve, one + step + step / 2);
    IrRef half = a64_v_splat(tc, ve, one - step);
    x = v_op1(tc, IR_VFNEG, ve, v_op2(tc, IR_VSUB, ve, x, less));
    IrRef r = v_op3(tc, IR_VFMA, ve, x, y, v_op2(tc, IR_VSUB, ve, three, less));
    return v_op2(tc, IR_VFMUL, ve, r, v_op2(tc, IR_VADD, ve, half, less));
}

IrRef a64_lanes_fp_step(TransCtx *tc, A64VecOp op, const A64FpLanes *f)
{
    unsigned ve = VE_32 + f->sz;
    if (tc->mode & (MODE_FP_FZ | MODE_FP_FZ16))
        return a64_vec_call_fp(tc, op, A64_LANES(ve, f->lanes), (A64Operands){f->x, f->y, f->y});
    IrRef xy[2] = {f->x, f->y}, lanes = zero_by_infinity(tc, ve, f->x, f->y);
    if (op == A64_VEC_FMULX)
        return mulx(tc, ve, xy, lanes);
    IrRef x = v_op2(tc, IR_VANDN, 0, f->x, lanes), y = v_op2(tc, IR_VANDN, 0, f->y, lanes);
    return op == A64_VEC_FRECPS ? recps(tc, ve, x, y) : rsqrts(tc, ve, x, y);
}
