/*
 * Dot products of bytes (DotProd) and 2x2 matrix products (I8MM).
 *
 * The 16-bit products of two signed, two unsigned or mixed bytes are exact; adjacent ones are added
 * into 32 bits, then pairs of those. Example, `sdot v0.4s, v1.16b, v2.16b`:
 *
 *     v4 = vmull.8.s v1, v2;      v5 = vmull.8.hi.s v1, v2
 *     v6 = vaddlp.16.s v4;        v7 = vaddlp.16.s v5
 *     v8 = vaddp.32 v6, v7;       set v0, vadd.32 v0, v8
 */
#include "a64_simd.h"

/* Which operands are signed. */
typedef struct Signs {
    bool a, b;
} Signs;

static IrRef widen_half(TransCtx *tc, IrRef v, bool is_signed, unsigned hi)
{
    return v_op1(tc, IR_VXTL, VE_8 | (is_signed ? VE_SIGNED : 0) | hi, v);
}

/* The sums of adjacent products of one half (hi: 0 or VE_HI), four 32-bit lanes. */
static IrRef pair_sums(TransCtx *tc, Signs sg, const IrRef ab[2], unsigned hi)
{
    IrRef p;
    if (sg.a == sg.b)
        p = v_op2(tc, IR_VMULL, VE_8 | (sg.a ? VE_SIGNED : 0) | hi, ab[0], ab[1]);
    else
        p = v_op2(tc, IR_VMUL, VE_16, widen_half(tc, ab[0], sg.a, hi),
                  widen_half(tc, ab[1], sg.b, hi));
    return v_op1(tc, IR_VADDLP, VE_16 | (sg.a || sg.b ? VE_SIGNED : 0), p);
}

/* Four (or eight) products a sum: a's and b's bytes lane by lane. */
static IrRef dot4(TransCtx *tc, Signs sg, const IrRef ab[2])
{
    return v_op2(tc, IR_VADDP, VE_32, pair_sums(tc, sg, ab, 0), pair_sums(tc, sg, ab, VE_HI));
}

static void dot(TransCtx *tc, A64_v_dot f, Signs sg, IrRef m)
{
    IrRef r = dot4(tc, sg, (IrRef[2]){a64_v(tc, f.rn), m});
    a64_set_vq(tc, f.Q, f.rd, v_op2(tc, IR_VADD, VE_32, a64_v(tc, f.rd), r));
}

TransResult a64_v_dot(TransCtx *tc, A64Insn insn)
{
    const A64_v_dot f = insn.v_dot;
    dot(tc, f, (Signs){!f.U, !f.U}, a64_v(tc, f.rm));
    return TR_NEXT;
}

TransResult a64_usdot_v(TransCtx *tc, A64Insn insn)
{
    dot(tc, insn.v_dot, (Signs){false, true}, a64_v(tc, insn.v_dot.rm));
    return TR_NEXT;
}

/* Four bytes of rm for all lanes. */
static IrRef group(TransCtx *tc, A64_v_dot_el f)
{
    return v_op1i(tc, IR_VDUPL, VE_32, a64_v(tc, f.M << 4 | f.rm), (int32_t)(f.H << 1 | f.L));
}

TransResult a64_v_dot_el(TransCtx *tc, A64Insn insn)
{
    const A64_v_dot_el f = insn.v_dot_el;
    dot(tc, insn.v_dot, (Signs){!f.U, !f.U}, group(tc, f));
    return TR_NEXT;
}

/* usdot (us=1) and sudot (us=0) by element. */
TransResult a64_mixed_dot_el(TransCtx *tc, A64Insn insn)
{
    bool us = insn.mixed_dot_el.us;
    dot(tc, insn.v_dot, (Signs){!us, us}, group(tc, insn.v_dot_el));
    return TR_NEXT;
}

/* Lane 2i + j gets the product of row i of rn (eight bytes) and row j of rm. */
TransResult a64_v_matmul(TransCtx *tc, A64Insn insn)
{
    const A64_v_matmul f = insn.v_matmul;
    Signs sg = {!f.U && !f.B, !f.U};
    IrRef n = a64_v(tc, f.rn), m = a64_v(tc, f.rm), r[2];
    for (int32_t i = 0; i < 2; i++)
        r[i] = dot4(tc, sg, (IrRef[2]){v_op1i(tc, IR_VDUPL, VE_64, n, i), m});
    IrRef sum = v_op2(tc, IR_VADDP, VE_32, r[0], r[1]);
    a64_set_v(tc, f.rd, v_op2(tc, IR_VADD, VE_32, a64_v(tc, f.rd), sum));
    return TR_NEXT;
}
