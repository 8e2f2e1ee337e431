/*
 * FEAT_FHM and FEAT_BF16: multiplications of narrow floats added to singles, and bfloat16
 * conversions, through one helper (a64_bf16_helpers.c) but for BFMLAL. An element operand is put in
 * every lane first. Example, `fmlal v0.4s, v1.4h, v2.h[3]`: v3 = vdupl.16 v2[3]; call a64_bf(..,
 * v0, v1, v3).
 */
#include "a64_simd.h"

static IrRef call(TransCtx *tc, uint32_t what, IrRef acc, IrRef n, IrRef m)
{
    IrRef args[4] = {ir_const(tc->u, IR_I32, what), acc, n, m};
    return ir_call(tc->u, HELPER_a64_bf, IR_V128, args, 4);
}

static uint32_t flag(bool on, uint32_t bit)
{
    return on ? bit : 0;
}

/*
 * FMLAL, FMLSL: a fused multiply-add of widened halves. Widening makes signalling NaNs quiet (and
 * raises invalid), but among NaNs they come first: in their lanes the addend becomes zero unless it
 * is such a NaN itself, and n too where only m is one.
 */
typedef struct MulAddLong {
    unsigned q, upper, negate;
    IrRef n, m;
} MulAddLong;

/* Lanes of halves or singles that are signalling NaNs. */
static IrRef signalling(TransCtx *tc, unsigned ve, IrRef v)
{
    uint64_t inf = ve == VE_16 ? 0x7c00 : 0x7f800000, quiet = ve == VE_16 ? 0x200 : 0x400000;
    v = v_op2(tc, IR_VSUB, ve, v_op1(tc, IR_VFABS, ve, v), a64_v_splat(tc, ve, inf + 1));
    return v_op2(tc, IR_VCMP, ve | CMP_UGT << VE_CMP_SHIFT, a64_v_splat(tc, ve, quiet - 1), v);
}

static IrRef mul_add_long(TransCtx *tc, const MulAddLong *f, IrRef acc)
{
    unsigned lane = f->upper ? 1 : 0; /* of q ? doublewords : words */
    IrRef n = v_op1i(tc, IR_VDUPL, f->q ? VE_64 : VE_32, f->n, (int32_t)lane);
    IrRef m = v_op1i(tc, IR_VDUPL, f->q ? VE_64 : VE_32, f->m, (int32_t)lane);
    if (f->negate)
        n = v_op1(tc, IR_VFNEG, VE_16, n);
    IrRef sn = signalling(tc, VE_16, n), sm = signalling(tc, VE_16, m);
    IrRef sa = signalling(tc, VE_32, acc);
    IrRef any = v_op1(tc, IR_VXTL, VE_16 | VE_SIGNED, v_op2(tc, IR_VOR, 0, sn, sm));
    acc = v_op2(tc, IR_VANDN, 0, acc, v_op2(tc, IR_VANDN, 0, any, sa));
    n = v_op1i(tc, IR_VFCVTL, VE_16, n, FPX_IEEE);
    IrRef m_alone = v_op1(tc, IR_VXTL, VE_16 | VE_SIGNED, v_op2(tc, IR_VANDN, 0, sm, sn));
    n = v_op2(tc, IR_VANDN, 0, n, m_alone);
    return v_op3(tc, IR_VFMA, VE_32, n, v_op1i(tc, IR_VFCVTL, VE_16, m, FPX_IEEE), acc);
}

/* By the helper where FPCR flushes. */
static void fmlal(TransCtx *tc, const MulAddLong *f, unsigned rd)
{
    if (tc->mode & (MODE_FP_FZ | MODE_FP_FZ16)) {
        uint32_t what = A64_BF_FMLAL | flag(f->q, A64_BF_Q) | flag(f->upper, A64_BF_UPPER) |
                        flag(f->negate, A64_BF_NEGATE);
        a64_set_v(tc, rd, call(tc, what, a64_v(tc, rd), f->n, f->m));
        return;
    }
    a64_set_vq(tc, f->q, rd, mul_add_long(tc, f, a64_v_fp(tc, f->q, rd)));
}

TransResult a64_fmlal_v(TransCtx *tc, A64Insn insn)
{
    const A64_fmlal_v f = insn.fmlal_v;
    MulAddLong x = {f.Q, f.U, f.a, a64_v(tc, f.rn), a64_v(tc, f.rm)};
    fmlal(tc, &x, f.rd);
    return TR_NEXT;
}

/* opcode: S at bit 2 (fmlsl); U: the upper half. The element is H:L:M of one of 16 registers. */
TransResult a64_fmlal_el(TransCtx *tc, A64Insn insn)
{
    const A64_fmlal_el f = insn.fmlal_el;
    int32_t lane = (int32_t)(f.H << 2 | f.L << 1 | f.M);
    IrRef m = v_op1i(tc, IR_VDUPL, VE_16, a64_v(tc, f.rm), lane);
    MulAddLong x = {f.Q, f.U, f.opcode & 4, a64_v(tc, f.rn), m};
    fmlal(tc, &x, f.rd);
    return TR_NEXT;
}

TransResult a64_bfdot_v(TransCtx *tc, A64Insn insn)
{
    const A64_bfdot_v f = insn.bfdot_v;
    uint32_t what = A64_BF_DOT | flag(f.Q, A64_BF_Q);
    a64_set_v(tc, f.rd, call(tc, what, a64_v(tc, f.rd), a64_v(tc, f.rn), a64_v(tc, f.rm)));
    return TR_NEXT;
}

/* The element is a pair, H:L. */
TransResult a64_bfdot_el(TransCtx *tc, A64Insn insn)
{
    const A64_bfdot_el f = insn.bfdot_el;
    IrRef m = v_op1i(tc, IR_VDUPL, VE_32, a64_v(tc, f.M << 4 | f.rm), (int32_t)(f.H << 1 | f.L));
    uint32_t what = A64_BF_DOT | flag(f.Q, A64_BF_Q);
    a64_set_v(tc, f.rd, call(tc, what, a64_v(tc, f.rd), a64_v(tc, f.rn), m));
    return TR_NEXT;
}

TransResult a64_bfmmla_v(TransCtx *tc, A64Insn insn)
{
    const A64_bfmmla_v f = insn.bfmmla_v;
    IrRef r = call(tc, A64_BF_MATRIX, a64_v(tc, f.rd), a64_v(tc, f.rn), a64_v(tc, f.rm));
    a64_set_v(tc, f.rd, r);
    return TR_NEXT;
}

/* The even or (odd) the odd elements as singles, of which they are the upper halves. */
static IrRef widened(TransCtx *tc, unsigned odd, IrRef v)
{
    if (odd)
        return v_op2(tc, IR_VAND, 0, v, a64_v_splat(tc, VE_32, 0xffff0000));
    return v_op1i(tc, IR_VSHLI, VE_32, v, 16);
}

static void bf_mul_add(TransCtx *tc, unsigned odd, unsigned rd, IrRef n, IrRef m)
{
    IrRef acc = a64_v(tc, rd);
    a64_set_v(tc, rd, v_op3(tc, IR_VFMA, VE_32, widened(tc, odd, n), widened(tc, odd, m), acc));
}

/* Q: the odd elements. */
TransResult a64_bfmlal_v(TransCtx *tc, A64Insn insn)
{
    const A64_bfmlal_v f = insn.bfmlal_v;
    bf_mul_add(tc, f.Q, f.rd, a64_v(tc, f.rn), a64_v(tc, f.rm));
    return TR_NEXT;
}

TransResult a64_bfmlal_el(TransCtx *tc, A64Insn insn)
{
    const A64_bfmlal_el f = insn.bfmlal_el;
    int32_t lane = (int32_t)(f.H << 2 | f.L << 1 | f.M);
    IrRef m = v_op1i(tc, IR_VDUPL, VE_16, a64_v(tc, f.rm), lane);
    bf_mul_add(tc, f.Q, f.rd, a64_v(tc, f.rn), m);
    return TR_NEXT;
}

TransResult a64_bfcvt(TransCtx *tc, A64Insn insn)
{
    const A64_bfcvt f = insn.bfcvt;
    IrRef n = a64_v(tc, f.rn);
    a64_set_v(tc, f.rd, call(tc, A64_BF_CVT, n, n, n));
    return TR_NEXT;
}

TransResult a64_bfcvtn_v(TransCtx *tc, A64Insn insn)
{
    const A64_bfcvtn_v f = insn.bfcvtn_v;
    IrRef n = a64_v(tc, f.rn);
    a64_set_half(tc, f.Q, f.rd, call(tc, A64_BF_CVT | A64_BF_Q, n, n, n));
    return TR_NEXT;
}
