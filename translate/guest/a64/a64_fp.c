/*
 * Scalar floating point: arithmetic, comparison, selection, moves and conversions.
 *
 * A scalar lies in lane 0 of its register; writing one clears the rest. What the FPCR says is in
 * the unit's mode, which the FP ops follow. Example, `fadd d0, d1, d2`:
 *
 *     v1 = get v1;  v2:f64 = vto v1;  v3 = get v2;  v4:f64 = vto v3
 *     v5:f64 = fadd v2, v4;  v6 = vfrom v5;  set v0, v6
 */
#include "a64_simd.h"
#include "flags.h"

/* Rounding of FRINT* by the low bits of its opcode: N P M Z A - X I. */
static const uint8_t frint_aux[8] = {
    FPRM_NEAREST, FPRM_PLUS, FPRM_MINUS, FPRM_ZERO, FPRM_AWAY, 0, FPRM_MODE | FPX_EXACT, FPRM_MODE};

TransResult a64_fp_1src(TransCtx *tc, A64Insn insn)
{
    const A64_fp_1src f = insn.fp_1src;
    static const uint8_t ops[] = {IR_NOP, IR_FABS, IR_FNEG, IR_FSQRT};
    IrType t = a64_ftype(f.t);
    IrRef v = a64_f(tc, f.t, f.rn);
    if (f.op >= 8)
        v = ir_op1x(tc->u, IR_FRINT, t, frint_aux[f.op & 7], v, 0);
    else if (f.op)
        v = ir_op1(tc->u, ops[f.op], t, v);
    a64_set_f(tc, f.rd, v);
    return TR_NEXT;
}

TransResult a64_fp_frint_n(TransCtx *tc, A64Insn insn)
{
    const A64_fp_frint_n f = insn.fp_frint_n;
    static const uint8_t ops[] = {A64_VEC_FRINT32Z, A64_VEC_FRINT32X, A64_VEC_FRINT64Z,
                                  A64_VEC_FRINT64X};
    IrRef v = a64_v(tc, f.rn);
    unsigned ve = VE_32 + f.t;
    v = a64_vec_call_fp(tc, ops[f.op & 3], A64_LANES(ve, 1), (A64Operands){v, v, v});
    a64_set_v(tc, f.rd, v);
    return TR_NEXT;
}

/* Register n as f16: the low 16 bits. */
static IrRef get_half(TransCtx *tc, unsigned n)
{
    return ir_op1(tc->u, IR_VTO, IR_F16, a64_v(tc, n));
}

TransResult a64_fp_fcvt(TransCtx *tc, A64Insn insn)
{
    const A64_fp_fcvt f = insn.fp_fcvt;
    static const uint8_t types[] = {IR_F32, IR_F64, IR_VOID, IR_F16};
    IrRef v = f.ftype == 3 ? get_half(tc, f.rn) : a64_f(tc, f.ftype, f.rn);
    a64_set_f(tc, f.rd, ir_op1(tc->u, IR_FCVT, types[f.opc], v));
    return TR_NEXT;
}

TransResult a64_fp_2src(TransCtx *tc, A64Insn insn)
{
    const A64_fp_2src f = insn.fp_2src;
    static const uint8_t ops[] = {IR_FMUL, IR_FDIV,   IR_FADD,   IR_FSUB, IR_FMAX,
                                  IR_FMIN, IR_FMAXNM, IR_FMINNM, IR_FMUL};
    enum { FNMUL = 8 };
    IrType t = a64_ftype(f.t);
    IrRef v = ir_op2(tc->u, ops[f.op], t, a64_f(tc, f.t, f.rn), a64_f(tc, f.t, f.rm));
    if (f.op == FNMUL)
        v = ir_op1(tc->u, IR_FNEG, t, v);
    a64_set_f(tc, f.rd, v);
    return TR_NEXT;
}

/* FMADD a+n*m, FMSUB a-n*m, FNMADD -a-n*m, FNMSUB -a+n*m: the operands are negated, so that NaNs
 * come out as FPMulAdd gives them. */
TransResult a64_fp_3src(TransCtx *tc, A64Insn insn)
{
    const A64_fp_3src f = insn.fp_3src;
    IrType t = a64_ftype(f.t);
    IrRef n = a64_f(tc, f.t, f.rn), m = a64_f(tc, f.t, f.rm), a = a64_f(tc, f.t, f.ra);
    if (f.o1)
        a = ir_op1(tc->u, IR_FNEG, t, a);
    if (f.o0 != f.o1)
        n = ir_op1(tc->u, IR_FNEG, t, n);
    a64_set_f(tc, f.rd, ir_op3(tc->u, IR_FMA, t, n, m, a));
    return TR_NEXT;
}

TransResult a64_fcmp(TransCtx *tc, A64Insn insn)
{
    const A64_fcmp f = insn.fcmp;
    IrRef n = a64_f(tc, f.t, f.rn);
    IrRef m = f.z ? ir_const(tc->u, a64_ftype(f.t), 0) : a64_f(tc, f.t, f.rm);
    IrRef fl = ir_op2x(tc->u, IR_FCMP, IR_FLAGS, f.op ? FPX_SIGNALING : 0, n, m, 0);
    ir_set(tc->u, A64_NZCV, fl);
    return TR_NEXT;
}

/* When the condition is false nothing is compared: two zeros take the operands' place, which
 * raise no flag. */
TransResult a64_fccmp(TransCtx *tc, A64Insn insn)
{
    const A64_fccmp f = insn.fccmp;
    IrType t = a64_ftype(f.t);
    IrRef cond = a64_cond(tc, f.cond), zero = ir_const(tc->u, t, 0);
    IrRef n = ir_select(tc->u, t, cond, a64_f(tc, f.t, f.rn), zero);
    IrRef m = ir_select(tc->u, t, cond, a64_f(tc, f.t, f.rm), zero);
    IrRef fl = ir_op2x(tc->u, IR_FCMP, IR_FLAGS, f.op ? FPX_SIGNALING : 0, n, m, 0);
    IrRef other = ir_const(tc->u, IR_FLAGS, flags_from_nzcv((uint32_t)f.nzcv << 28));
    ir_set(tc->u, A64_NZCV, ir_select(tc->u, IR_FLAGS, cond, fl, other));
    return TR_NEXT;
}

TransResult a64_fcsel(TransCtx *tc, A64Insn insn)
{
    const A64_fcsel f = insn.fcsel;
    IrRef n = a64_f(tc, f.t, f.rn), m = a64_f(tc, f.t, f.rm);
    a64_set_f(tc, f.rd, ir_select(tc->u, a64_ftype(f.t), a64_cond(tc, f.cond), n, m));
    return TR_NEXT;
}

/* VFPExpandImm (DDI 0487, shared functions): sign, exponent NOT(b):bbb..:cd, fraction efgh. */
uint64_t a64_fp_imm(unsigned imm8, unsigned t)
{
    uint64_t sign = imm8 >> 7, b = imm8 >> 6 & 1, low = imm8 & 0x3f;
    if (!t)
        return sign << 31 | (b ^ 1) << 30 | (b ? 0x1full << 25 : 0) | low << 19;
    return sign << 63 | (b ^ 1) << 62 | (b ? 0xffull << 54 : 0) | low << 48;
}

TransResult a64_fmov_imm(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_imm f = insn.fmov_imm;
    a64_set_v(tc, f.rd, ir_vconst(tc->u, a64_fp_imm(f.imm8, f.t), 0));
    return TR_NEXT;
}

/* Rounding by rmode for opcode 000/001; opcode 100/101 rounds to nearest with ties away. */
static const uint8_t rmode_rm[] = {FPRM_NEAREST, FPRM_PLUS, FPRM_MINUS, FPRM_ZERO};

static void fp_to_int(TransCtx *tc, unsigned aux, A64_fp_fixed f, int32_t fbits)
{
    IrRef v = a64_f(tc, f.t, f.rn);
    v = ir_op1x(tc->u, IR_F2I, a64_type(f.sf), aux, v, fbits);
    a64_set_r(tc, f.sf, f.rd, v);
}

static void fp_from_int(TransCtx *tc, A64_fp_fixed f, int32_t fbits)
{
    IrRef v = a64_r(tc, f.sf, f.rn);
    unsigned aux = f.op & 1 ? 0 : FPX_SIGNED;
    a64_set_f(tc, f.rd, ir_op1x(tc->u, IR_I2F, a64_ftype(f.t), aux, v, fbits));
}

TransResult a64_fp_fixed(TransCtx *tc, A64Insn insn)
{
    const A64_fp_fixed f = insn.fp_fixed;
    int32_t fbits = 64 - (int32_t)f.scale;
    if (f.rmode == 0)
        fp_from_int(tc, f, fbits);
    else
        fp_to_int(tc, FPRM_ZERO | (f.op & 1 ? 0 : FPX_SIGNED), f, fbits);
    return TR_NEXT;
}

TransResult a64_fp_to_int(TransCtx *tc, A64Insn insn)
{
    const A64_fp_to_int f = insn.fp_to_int;
    unsigned rm = f.op & 4 ? FPRM_AWAY : rmode_rm[f.rmode];
    fp_to_int(tc, rm | (f.op & 1 ? 0 : FPX_SIGNED), insn.fp_fixed, 0);
    return TR_NEXT;
}

TransResult a64_fp_from_int(TransCtx *tc, A64Insn insn)
{
    fp_from_int(tc, insn.fp_fixed, 0);
    return TR_NEXT;
}

/* The helper gives the result in bits 31..0 and Z in bit 32. */
TransResult a64_fjcvtzs(TransCtx *tc, A64Insn insn)
{
    const A64_fjcvtzs f = insn.fjcvtzs;
    IrRef arg = a64_f(tc, 1, f.rn);
    IrRef r = ir_call(tc->u, HELPER_a64_fjcvtzs, IR_I64, &arg, 1);
    IrRef z = ir_op2(tc->u, IR_SHR, IR_I64, r, ir_const(tc->u, IR_I64, 2));
    z = ir_op1(tc->u, IR_TRUNC, IR_I32, z);
    z = ir_op2(tc->u, IR_AND, IR_I32, z, ir_const(tc->u, IR_I32, 1u << 30));
    a64_set_r(tc, 0, f.rd, ir_op1(tc->u, IR_TRUNC, IR_I32, r));
    ir_set(tc->u, A64_NZCV, ir_op1(tc->u, IR_FLUNPACK, IR_FLAGS, z));
    return TR_NEXT;
}

TransResult a64_fmov_w_s(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_w_s f = insn.fmov_w_s;
    a64_set_r(tc, 0, f.rd, ir_op1(tc->u, IR_VTO, IR_I32, a64_v(tc, f.rn)));
    return TR_NEXT;
}

TransResult a64_fmov_x_d(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_x_d f = insn.fmov_x_d;
    a64_set_r(tc, 1, f.rd, ir_op1(tc->u, IR_VTO, IR_I64, a64_v(tc, f.rn)));
    return TR_NEXT;
}

TransResult a64_fmov_s_w(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_s_w f = insn.fmov_s_w;
    a64_set_f(tc, f.rd, a64_r(tc, 0, f.rn));
    return TR_NEXT;
}

TransResult a64_fmov_d_x(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_d_x f = insn.fmov_d_x;
    a64_set_f(tc, f.rd, a64_r(tc, 1, f.rn));
    return TR_NEXT;
}

TransResult a64_fmov_x_vd1(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_x_vd1 f = insn.fmov_x_vd1;
    a64_set_r(tc, 1, f.rd, ir_op1x(tc->u, IR_VGET, IR_I64, VE_64, a64_v(tc, f.rn), 1));
    return TR_NEXT;
}

TransResult a64_fmov_vd1_x(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_vd1_x f = insn.fmov_vd1_x;
    IrRef v = ir_op2x(tc->u, IR_VINS, IR_V128, VE_64, a64_v(tc, f.rd), a64_r(tc, 1, f.rn), 1);
    a64_set_v(tc, f.rd, v);
    return TR_NEXT;
}
