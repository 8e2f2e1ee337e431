/*
 * Lane-wise integer operations: what the vector, scalar and by-element forms of Advanced SIMD
 * share. Each function computes on whole 128-bit values; the callers cut.
 *
 * What saturates or has no host instruction is in a64_simd_sat.c. Example, `uhadd v0.8h, v1.8h,
 * v2.8h`: v3 = vxor v1, v2; v4 = vshri.16 v3, 1; v5 = vand v1, v2; v6 = vadd.16 v5, v4.
 */
#include "a64_simd.h"

IrRef a64_v_splat(TransCtx *tc, unsigned ve, uint64_t value)
{
    static const uint64_t ones[] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};
    uint64_t low = ve == VE_64 ? value : value & ((1ull << (8 << ve)) - 1);
    return ir_vconst(tc->u, low * ones[ve], low * ones[ve]);
}

void a64_set_half(TransCtx *tc, unsigned q, unsigned n, IrRef v)
{
    a64_set_v(tc, n, q ? v_concat(tc, a64_v(tc, n), v) : v);
}

IrRef a64_v_lane0(TransCtx *tc, unsigned ve, IrRef v)
{
    if (ve == VE_64)
        return v_op1(tc, IR_VZHI, 0, v);
    if (ve < VE_32)
        return v_op2(tc, IR_VAND, 0, v, ir_vconst(tc->u, (1u << (8u << ve)) - 1, 0));
    return ir_op2x(tc->u, IR_VINSL, IR_V128, ve, v_zero(tc), v, 0);
}

void a64_qc_if(TransCtx *tc, IrRef cond)
{
    IrUnit *u = tc->u;
    IrRef bit = ir_op1(u, IR_ZEXT, IR_I32, cond);
    bit = ir_op2(u, IR_SHL, IR_I32, bit, ir_const(u, IR_I32, A64_FPSR_QC));
    ir_set(u, A64_FPSR, ir_op2(u, IR_OR, IR_I32, ir_get(u, IR_I32, A64_FPSR), bit));
}

void a64_qc_if_differ(TransCtx *tc, IrRef a, IrRef b)
{
    a64_qc_if(tc, ir_op1(tc->u, IR_VNZ, IR_BOOL, v_op2(tc, IR_VXOR, 0, a, b)));
}

static IrRef vec_call(TransCtx *tc, HelperId h, uint32_t what, const A64Operands *x)
{
    IrRef args[4] = {ir_const(tc->u, IR_I32, what), x->a, x->b, x->c};
    return ir_call(tc->u, h, IR_V128, args, 4);
}

IrRef a64_vec_call(TransCtx *tc, A64VecOp op, unsigned ve, A64Operands x)
{
    return vec_call(tc, HELPER_a64_vec, op | ve << 8, &x);
}

IrRef a64_vec_call_fp(TransCtx *tc, A64VecOp op, unsigned ve_lanes, A64Operands x)
{
    return vec_call(tc, HELPER_a64_vec_fp, op | ve_lanes << 8, &x);
}

static IrRef compare(TransCtx *tc, unsigned ve, IrCmp c, IrRef a, IrRef b)
{
    return v_op2(tc, IR_VCMP, ve | c << VE_CMP_SHIFT, a, b);
}

/* (a + b) >> 1, (a - b) >> 1 and (a + b + 1) >> 1 without the carry bit:
 * a + b = 2(a & b) + (a ^ b), a - b = (a ^ b) - 2(b & ~a), a + b = 2(a | b) - (a ^ b). */
static IrRef halving(TransCtx *tc, const A64Lanes *x)
{
    enum { HADD = 0, RHADD = 2 };
    if (x->opcode == RHADD && x->U && x->ve <= VE_16)
        return v_op2(tc, IR_VURHADD, x->ve, x->a, x->b);
    IrRef diff = v_op2(tc, IR_VXOR, 0, x->a, x->b);
    IrRef half = v_op1i(tc, x->U ? IR_VSHRI : IR_VSARI, x->ve, diff, 1);
    if (x->opcode == HADD)
        return v_op2(tc, IR_VADD, x->ve, v_op2(tc, IR_VAND, 0, x->a, x->b), half);
    if (x->opcode == RHADD)
        return v_op2(tc, IR_VSUB, x->ve, v_op2(tc, IR_VOR, 0, x->a, x->b), half);
    return v_op2(tc, IR_VSUB, x->ve, half, v_op2(tc, IR_VANDN, 0, x->b, x->a));
}

static IrRef abs_diff(TransCtx *tc, unsigned ve, unsigned U, const IrRef ab[2])
{
    IrRef max = v_op2(tc, U ? IR_VUMAX : IR_VSMAX, ve, ab[0], ab[1]);
    IrRef min = v_op2(tc, U ? IR_VUMIN : IR_VSMIN, ve, ab[0], ab[1]);
    return v_op2(tc, IR_VSUB, ve, max, min);
}

/* sqdmulh (U=0) and sqrdmulh. */
static IrRef doubling_high(TransCtx *tc, const A64Lanes *x)
{
    return a64_doubling_high(tc,
                             &(A64Product){.ve = x->ve, .round = x->U, .a = x->a, .b = x->b});
}

/* cmtst and cmeq. */
static IrRef test_or_equal(TransCtx *tc, const A64Lanes *x)
{
    if (x->U)
        return compare(tc, x->ve, CMP_EQ, x->a, x->b);
    IrRef both = v_op2(tc, IR_VAND, 0, x->a, x->b);
    return v_op1(tc, IR_VNOT, 0, compare(tc, x->ve, CMP_EQ, both, v_zero(tc)));
}

static IrRef multiply(TransCtx *tc, const A64Lanes *x)
{
    enum { MLA = 18 };
    if (x->opcode != MLA && x->U)
        return a64_vec_call(tc, A64_VEC_PMUL, x->ve, (A64Operands){x->a, x->b, x->b});
    IrRef p = v_op2(tc, IR_VMUL, x->ve, x->a, x->b);
    if (x->opcode != MLA)
        return p;
    return v_op2(tc, x->U ? IR_VSUB : IR_VADD, x->ve, x->acc, p);
}

IrRef a64_lanes_3same(TransCtx *tc, const A64Lanes *x)
{
    const IrRef ab[2] = {x->a, x->b};
    unsigned U = x->U, ve = x->ve;
    switch (x->opcode) {
    case 0:
    case 2:
    case 4:
        return halving(tc, x);
    case 1:
    case 5:
        return a64_sat_addsub(tc, x, x->opcode == 5);
    case 6:
        return compare(tc, ve, U ? CMP_UGT : CMP_SGT, x->a, x->b);
    case 7:
        return compare(tc, ve, U ? CMP_UGE : CMP_SGE, x->a, x->b);
    case 8:
    case 9:
    case 10:
    case 11:
        return a64_shift_by_register(tc, x, x->opcode & 2, x->opcode & 1);
    case 12:
        return v_op2(tc, U ? IR_VUMAX : IR_VSMAX, ve, x->a, x->b);
    case 13:
        return v_op2(tc, U ? IR_VUMIN : IR_VSMIN, ve, x->a, x->b);
    case 14:
        return abs_diff(tc, ve, U, ab);
    case 15:
        return v_op2(tc, IR_VADD, ve, x->acc, abs_diff(tc, ve, U, ab));
    case 16:
        return v_op2(tc, U ? IR_VSUB : IR_VADD, ve, x->a, x->b);
    case 17:
        return test_or_equal(tc, x);
    case 18:
    case 19:
        return multiply(tc, x);
    default:
        return doubling_high(tc, x);
    }
}

static IrRef widen(TransCtx *tc, unsigned ve, unsigned U, unsigned hi, IrRef v)
{
    return v_op1(tc, IR_VXTL, ve | (U ? 0 : VE_SIGNED) | (hi ? VE_HI : 0), v);
}

/* sqdmlal, sqdmlsl, sqdmull: opcodes 9, 11, 13. */
static IrRef doubling_long(TransCtx *tc, const A64Lanes *x, unsigned hi)
{
    IrRef p = v_op2(tc, IR_VMULL, x->ve | VE_SIGNED | (hi ? VE_HI : 0), x->a, x->b);
    A64Lanes dbl = {.ve = x->ve + 1, .a = p, .b = p};
    IrRef r = a64_sat_addsub(tc, &dbl, false);
    if (x->opcode == 13)
        return r;
    A64Lanes sum = {.ve = x->ve + 1, .a = x->acc, .b = r};
    return a64_sat_addsub(tc, &sum, x->opcode == 11);
}

IrRef a64_lanes_3long(TransCtx *tc, const A64Lanes *x, unsigned hi)
{
    unsigned wide = x->ve + 1;
    IrRef r;
    switch (x->opcode) {
    case 0: /* saddl */
    case 2: /* ssubl */
        return v_op2(tc, x->opcode ? IR_VSUB : IR_VADD, wide, widen(tc, x->ve, x->U, hi, x->a),
                     widen(tc, x->ve, x->U, hi, x->b));
    case 1: /* saddw */
    case 3: /* ssubw */
        return v_op2(tc, x->opcode == 1 ? IR_VADD : IR_VSUB, wide, x->a,
                     widen(tc, x->ve, x->U, hi, x->b));
    case 5: /* sabal */
    case 7: /* sabdl: the difference of two lanes fits a lane of its size, unsigned */
        r = widen(tc, x->ve, 1, hi, abs_diff(tc, x->ve, x->U, (IrRef[2]){x->a, x->b}));
        return x->opcode == 7 ? r : v_op2(tc, IR_VADD, wide, x->acc, r);
    case 9:
    case 11:
    case 13:
        return doubling_long(tc, x, hi);
    default: /* smull 12, smlal 8, smlsl 10 */
        r = v_op2(tc, IR_VMULL, x->ve | (x->U ? 0 : VE_SIGNED) | (hi ? VE_HI : 0), x->a, x->b);
        if (x->opcode == 12)
            return r;
        return v_op2(tc, x->opcode == 8 ? IR_VADD : IR_VSUB, wide, x->acc, r);
    }
}

/* sqabs (U=0) and sqneg (U=1): the most negative value saturates. */
static IrRef saturating_abs_neg(TransCtx *tc, const A64Lanes *x)
{
    A64Lanes y = {.ve = x->ve, .a = v_zero(tc), .b = x->a};
    if (x->U)
        return a64_sat_addsub(tc, &y, true);
    return a64_sat_abs(tc, x->ve, x->a);
}

/* rev64 (opcode 0, U=0), rev32 (0, 1), rev16 (1). */
static IrRef reverse(TransCtx *tc, const A64Lanes *x)
{
    unsigned container = x->opcode ? VE_16 : x->U ? VE_32 : VE_64;
    return v_op1(tc, IR_VREV, x->ve | container << VE_CONT_SHIFT, x->a);
}

/* Compares with zero: opcode 8 gt/ge, 9 eq/le, 10 lt. */
static IrRef compare_zero(TransCtx *tc, const A64Lanes *x)
{
    IrRef zero = v_zero(tc);
    switch (x->opcode << 1 | x->U) {
    case 8 << 1:
        return compare(tc, x->ve, CMP_SGT, x->a, zero);
    case 8 << 1 | 1:
        return compare(tc, x->ve, CMP_SGE, x->a, zero);
    case 9 << 1:
        return compare(tc, x->ve, CMP_EQ, x->a, zero);
    case 9 << 1 | 1:
        return compare(tc, x->ve, CMP_SGE, zero, x->a);
    default:
        return compare(tc, x->ve, CMP_SGT, zero, x->a);
    }
}

IrRef a64_lanes_2misc(TransCtx *tc, const A64Lanes *x)
{
    unsigned pair = x->ve | (x->U ? 0 : VE_SIGNED);
    switch (x->opcode) {
    case 0:
    case 1:
        return reverse(tc, x);
    case 2: /* saddlp */
        return v_op1(tc, IR_VADDLP, pair, x->a);
    case 3: /* suqadd */
        return a64_sat_mixed(tc, x);
    case 4:
        return x->U ? a64_count_zeros(tc, x->ve, x->a) : a64_count_signs(tc, x->ve, x->a);
    case 5:
        if (!x->U)
            return v_op1(tc, IR_VCNT, VE_8, x->a);
        return x->ve ? a64_reverse_bits(tc, x->a) : v_op1(tc, IR_VNOT, 0, x->a);
    case 6: /* sadalp */
        return v_op2(tc, IR_VADD, x->ve + 1, x->acc, v_op1(tc, IR_VADDLP, pair, x->a));
    case 7:
        return saturating_abs_neg(tc, x);
    case 11:
        return v_op1(tc, x->U ? IR_VNEG : IR_VABS, x->ve, x->a);
    default:
        return compare_zero(tc, x);
    }
}

IrRef a64_lanes_narrow(TransCtx *tc, const A64Lanes *x)
{
    enum { XTN = 0x12 };
    if (x->opcode == XTN && !x->U)
        return v_op1(tc, IR_VXTN, x->ve, x->a);
    IrOp op = x->opcode == XTN ? IR_VSQXTUN : x->U ? IR_VUQXTN : IR_VSQXTN;
    if (x->ve == VE_32)
        return a64_sat_narrow64(tc, op, x->a);
    IrRef r = v_op1(tc, op, x->ve, x->a);
    unsigned sign = op == IR_VSQXTN ? VE_SIGNED : 0;
    a64_qc_if_differ(tc, x->a, v_op1(tc, IR_VXTL, x->ve | sign, r));
    return r;
}
