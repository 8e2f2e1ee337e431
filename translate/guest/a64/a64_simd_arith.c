/*
 * Advanced SIMD, integer: three same, three different, by element, two-register miscellaneous,
 * across lanes. The lane-wise work is in a64_simd.c; here operands are fetched and results cut.
 */
#include "a64_simd.h"

/* Even lanes: the maximum or minimum of each and the next one; odd lanes: anything. */
static IrRef minmax_next(TransCtx *tc, A64Lanes x, IrRef a)
{
    x.a = a;
    x.b = v_op1i(tc, IR_VSHRI, x.ve + 1, a, 8 << x.ve);
    return a64_lanes_3same(tc, &x);
}

/*
 * Pairwise operations work on the pairs of a:b; a 64-bit one packs both into one register. Maxima
 * and minima shift each pair's upper lane down on the lower one. Example, `umaxp v0.16b, v1.16b,
 * v1.16b`: v2 = vshri.16 v1, 8; v3 = vumax.8 v1, v2; v4 = vuzp1.8 v3, v3.
 */
static IrRef pairwise(TransCtx *tc, A64Lanes x, unsigned q)
{
    enum { ADDP = 23, MAXP = 20 };
    bool self = !q || x.a == x.b;
    if (!q)
        x.a = x.b = v_concat(tc, x.a, x.b);
    if (x.opcode == ADDP)
        return v_op2(tc, IR_VADDP, x.ve, x.a, x.b);
    x.opcode = x.opcode == MAXP ? 12 : 13;
    if (self || x.ve <= VE_16) {
        IrRef lo = minmax_next(tc, x, x.a), hi = self ? lo : minmax_next(tc, x, x.b);
        return v_op2(tc, IR_VUZP1, x.ve, lo, hi);
    }
    A64Lanes p = x;
    p.a = v_op2(tc, IR_VUZP1, x.ve, x.a, x.b);
    p.b = v_op2(tc, IR_VUZP2, x.ve, x.a, x.b);
    return a64_lanes_3same(tc, &p);
}

TransResult a64_v_3same(TransCtx *tc, A64Insn insn)
{
    const A64_v_3same f = insn.v_3same;
    A64Lanes x = {.ve = f.size, .U = f.U, .opcode = f.opcode};
    enum { SATURATING = 1 << 1 | 1 << 5 | 1 << 9 | 1 << 11 | 1 << 22 }; /* by opcode */
    bool pair = f.opcode == 20 || f.opcode == 21 || f.opcode == 23;
    unsigned whole = f.Q || !(SATURATING >> f.opcode & 1);
    x.a = a64_v_zext(tc, whole, f.rn);
    x.b = f.rm == f.rn ? x.a : a64_v_zext(tc, whole, f.rm);
    x.acc = f.opcode == 15 || f.opcode == 18 ? a64_v(tc, f.rd) : 0;
    a64_set_vq(tc, f.Q, f.rd, pair ? pairwise(tc, x, f.Q) : a64_lanes_3same(tc, &x));
    return TR_NEXT;
}

TransResult a64_v_3same_rdm(TransCtx *tc, A64Insn insn)
{
    const A64_v_3same_rdm f = insn.v_3same_rdm;
    A64Product p = {.ve = f.size, .round = true, .subtract = f.opcode};
    p.a = a64_v_zext(tc, f.Q, f.rn);
    p.b = a64_v_zext(tc, f.Q, f.rm);
    p.acc = a64_v_zext(tc, f.Q, f.rd);
    a64_set_vq(tc, f.Q, f.rd, a64_doubling_high(tc, &p));
    return TR_NEXT;
}

/* U=0: and bic orr orn, U=1: eor bsl bit bif, by size. */
TransResult a64_v_logic(TransCtx *tc, A64Insn insn)
{
    const A64_v_logic f = insn.v_logic;
    IrRef n = a64_v(tc, f.rn), m = f.rm == f.rn ? n : a64_v(tc, f.rm), r;
    switch (f.U << 2 | f.size) {
    case 0:
        r = v_op2(tc, IR_VAND, 0, n, m);
        break;
    case 1:
        r = v_op2(tc, IR_VANDN, 0, n, m);
        break;
    case 2:
        r = f.rm == f.rn ? n : v_op2(tc, IR_VOR, 0, n, m);
        break;
    case 3:
        r = v_op2(tc, IR_VOR, 0, n, v_op1(tc, IR_VNOT, 0, m));
        break;
    case 4:
        r = f.rm == f.rn ? v_zero(tc) : v_op2(tc, IR_VXOR, 0, n, m);
        break;
    case 5:
        r = v_op3(tc, IR_VBSL, 0, a64_v(tc, f.rd), n, m);
        break;
    case 6:
        r = v_op3(tc, IR_VBSL, 0, m, n, a64_v(tc, f.rd));
        break;
    default:
        r = v_op3(tc, IR_VBSL, 0, m, a64_v(tc, f.rd), n);
    }
    a64_set_vq(tc, f.Q, f.rd, r);
    return TR_NEXT;
}

/* addhn 4, subhn 6 and (U=1) their rounding forms: the high half of each sum, narrowed. */
static IrRef add_high(TransCtx *tc, const A64Lanes *x)
{
    unsigned wide = x->ve + 1, bits = 8u << x->ve;
    IrRef r = v_op2(tc, x->opcode == 4 ? IR_VADD : IR_VSUB, wide, x->a, x->b);
    if (x->U)
        r = v_op2(tc, IR_VADD, wide, r, a64_v_splat(tc, wide, 1ull << (bits - 1)));
    return v_op1(tc, IR_VXTN, x->ve, v_op1i(tc, IR_VSHRI, wide, r, (int32_t)bits));
}

TransResult a64_v_3diff(TransCtx *tc, A64Insn insn)
{
    const A64_v_3diff f = insn.v_3diff;
    enum { PMULL = 14 };
    A64Lanes x = {.ve = f.size, .U = f.U, .opcode = f.opcode};
    x.a = a64_v(tc, f.rn);
    x.b = f.rm == f.rn ? x.a : a64_v(tc, f.rm);
    if (f.opcode == 4 || f.opcode == 6) {
        a64_set_half(tc, f.Q, f.rd, add_high(tc, &x));
        return TR_NEXT;
    }
    IrRef r;
    if (f.opcode == PMULL && f.size == 3) {
        r = v_op2(tc, IR_VPMULL, VE_64 | (f.Q ? VE_HI : 0), x.a, x.b);
    } else if (f.opcode == PMULL) {
        unsigned half = f.Q ? 1 : 0;
        IrRef a = v_op1i(tc, IR_VDUPL, VE_64, x.a, (int32_t)half);
        IrRef b = v_op1i(tc, IR_VDUPL, VE_64, x.b, (int32_t)half);
        r = a64_vec_call(tc, A64_VEC_PMULL8, VE_8, (A64Operands){a, b, b});
    } else {
        bool acc = f.opcode == 5 || (f.opcode >= 8 && f.opcode <= 11);
        x.acc = acc ? a64_v(tc, f.rd) : 0;
        r = a64_lanes_3long(tc, &x, f.Q);
    }
    a64_set_v(tc, f.rd, r);
    return TR_NEXT;
}

/* Lane index and register of an element operand: size 1: H:L:M of 16 registers, 2: H:L. */
static IrRef element(TransCtx *tc, A64_v_elem f)
{
    unsigned lane = f.size == VE_16 ? f.H << 2 | f.L << 1 | f.M : f.H << 1 | f.L;
    unsigned reg = f.size == VE_16 ? f.rm : f.M << 4 | f.rm;
    return v_op1i(tc, IR_VDUPL, f.size, a64_v(tc, reg), (int32_t)lane);
}

/*
 * By element, as the whole-register operation it stands for: U and opcode of three same (first
 * column) or, with long set, of three different. Table by the element form's opcode and U.
 */
typedef struct ElemOp {
    uint8_t opcode, U, is_long;
} ElemOp;
static const ElemOp elem_ops[16][2] = {
    [0x0] = {{0}, {18, 0, 0}}, [0x4] = {{0}, {18, 1, 0}},
    [0x8] = {{19, 0, 0}},      [0xc] = {{22, 0, 0}},
    [0xd] = {{22, 1, 0}},      [0x2] = {{8, 0, 1}, {8, 1, 1}},
    [0x3] = {{9, 0, 1}},       [0x6] = {{10, 0, 1}, {10, 1, 1}},
    [0x7] = {{11, 0, 1}},      [0xa] = {{12, 0, 1}, {12, 1, 1}},
    [0xb] = {{13, 0, 1}},
};

static IrRef elem_op(TransCtx *tc, const A64Lanes *x, unsigned hi)
{
    if (x->U && x->opcode >= 13) {
        A64Product p = {x->ve, true, x->opcode == 15, x->a, x->b, x->acc};
        return a64_doubling_high(tc, &p);
    }
    ElemOp e = elem_ops[x->opcode][x->U];
    A64Lanes y = *x;
    y.opcode = e.opcode;
    y.U = e.U;
    return e.is_long ? a64_lanes_3long(tc, &y, hi) : a64_lanes_3same(tc, &y);
}

static bool elem_is_long(unsigned opcode)
{
    return elem_ops[opcode][0].is_long;
}

TransResult a64_v_elem(TransCtx *tc, A64Insn insn)
{
    const A64_v_elem f = insn.v_elem;
    bool is_long = elem_is_long(f.opcode), full = f.Q || is_long, saturates = f.opcode >= 12;
    bool acc = f.opcode != 8 && (f.opcode < 10 || f.opcode > 13 || f.U);
    A64Lanes x = {.ve = f.size, .U = f.U, .opcode = f.opcode};
    x.a = a64_v_zext(tc, full || !saturates, f.rn);
    x.b = element(tc, f);
    x.acc = acc ? a64_v_zext(tc, full || !saturates, f.rd) : 0;
    a64_set_vq(tc, full, f.rd, elem_op(tc, &x, f.Q));
    return TR_NEXT;
}

TransResult a64_sc_elem(TransCtx *tc, A64Insn insn)
{
    const A64_sc_elem f = insn.sc_elem;
    bool is_long = elem_is_long(f.opcode);
    A64Lanes x = {.ve = f.size, .U = f.U, .opcode = f.opcode};
    x.a = a64_v_lane0(tc, f.size, a64_v(tc, f.rn));
    x.b = element(tc, insn.v_elem);
    x.acc = a64_v_lane0(tc, f.size + is_long, a64_v(tc, f.rd));
    a64_set_v(tc, f.rd, a64_v_lane0(tc, f.size + is_long, elem_op(tc, &x, 0)));
    return TR_NEXT;
}

static bool misc_is_narrow(unsigned opcode)
{
    return opcode == 0x12 || opcode == 0x14;
}

TransResult a64_v_2misc(TransCtx *tc, A64Insn insn)
{
    const A64_v_2misc f = insn.v_2misc;
    enum { SHLL = 0x13 };
    A64Lanes x = {.ve = f.size, .U = f.U, .opcode = f.opcode};
    if (misc_is_narrow(f.opcode)) {
        x.a = a64_v(tc, f.rn);
        a64_set_half(tc, f.Q, f.rd, a64_lanes_narrow(tc, &x));
        return TR_NEXT;
    }
    if (f.opcode == SHLL) {
        IrRef v = v_op1(tc, IR_VXTL, f.size | (f.Q ? VE_HI : 0), a64_v(tc, f.rn));
        a64_set_v(tc, f.rd, v_op1i(tc, IR_VSHLI, f.size + 1, v, 8 << f.size));
        return TR_NEXT;
    }
    unsigned whole = f.Q || !(f.opcode == 3 || f.opcode == 7); /* suqadd, sqabs saturate */
    x.a = a64_v_zext(tc, whole, f.rn);
    x.acc = f.opcode == 3 || f.opcode == 6 ? a64_v_zext(tc, whole, f.rd) : x.a;
    a64_set_vq(tc, f.Q, f.rd, a64_lanes_2misc(tc, &x));
    return TR_NEXT;
}

/* Folds a register onto itself until lane 0 has the result; a 64-bit one is repeated first, which
 * changes no maximum. */
static IrRef across_minmax(TransCtx *tc, A64Lanes x, unsigned q)
{
    if (!q)
        x.a = v_op1i(tc, IR_VDUPL, VE_64, x.a, 0);
    for (unsigned bytes = q ? 8 : 4; bytes >= 1u << x.ve; bytes /= 2) {
        x.b = ir_op2x(tc->u, IR_VEXT, IR_V128, 0, x.a, x.a, (int32_t)bytes);
        x.a = a64_lanes_3same(tc, &x);
    }
    return a64_v_lane0(tc, x.ve, x.a);
}

TransResult a64_v_across(TransCtx *tc, A64Insn insn)
{
    const A64_v_across f = insn.v_across;
    enum { ADDLV = 3, MAXV = 10, ADDV = 27 };
    bool sum = f.opcode == ADDV || f.opcode == ADDLV;
    IrRef n = a64_v_zext(tc, f.Q || !sum, f.rn), r;
    if (f.opcode == ADDV) {
        r = v_op1(tc, IR_VADDV, f.size, n);
    } else if (f.opcode == ADDLV) {
        r = v_op1(tc, IR_VADDLP, f.size | (f.U ? 0 : VE_SIGNED), n);
        r = v_op1(tc, IR_VADDV, f.size + 1, r);
    } else {
        A64Lanes x = {.ve = f.size, .U = f.U, .opcode = f.opcode == MAXV ? 12 : 13, .a = n};
        r = across_minmax(tc, x, f.Q);
    }
    a64_set_v(tc, f.rd, r);
    return TR_NEXT;
}
