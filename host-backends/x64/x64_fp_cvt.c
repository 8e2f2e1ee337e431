/*
 * Scalar conversions and rounding.
 *
 * Float to integer: the range is tested first, in integers: the (upper) word of the float without
 * its sign is compared with that of a bound; all that is too large, infinite or NaN goes to the
 * helper (as do a few values just inside), so cvtt never raises invalid. For unsigned results the
 * sign stays in the comparison and negative values are "too large" too.
 *
 *     f2i.i64 f64, to zero:  pextrd r, x, 1; add r, r; cmp r, 2 * 0x43e00000; jae far;
 *                            cvttsd2si r, x
 *
 * Ties-away rounding with AVX-512: trunc(x + copysign(c, x)), c the largest number below one half,
 * the addition to nearest and without flags by embedded rounding.
 *
 * Ties-away rounding of x otherwise: t = trunc(x), d = x - t (exact), t + trunc(2 d): all without
 * rounding.
 */
#include "x64_vec_priv.h"

enum { ROUND_QUIET = 8, ROUND_MXCSR = 4 };

static bool is64(IrType t)
{
    return t == IR_F64;
}

static IrType arg_type(const X64Vec *v, const IrInsn *ir)
{
    return (IrType)v->env.u->insns[ir->arg[0]].type;
}

/* IrFpRm -> immediate of round*; ties-away has none. */
unsigned v_round_imm(unsigned rm)
{
    static const uint8_t imm[] = {[FPRM_NEAREST] = 0,
                                  [FPRM_PLUS] = 2,
                                  [FPRM_MINUS] = 1,
                                  [FPRM_ZERO] = 3,
                                  [FPRM_MODE] = ROUND_MXCSR};
    DCHECK(rm != FPRM_AWAY && rm <= FPRM_MODE);
    return imm[rm];
}

/* 2^n as a float of the type. */
uint64_t v_fp_pow2(IrType t, int n)
{
    return is64(t) ? (uint64_t)(1023 + n) << 52 : (uint64_t)(127 + n) << 23;
}

/* ---- between formats ------------------------------------------------------------------------ */

static void far_cvt(X64Vec *v, const X64VecFar *f)
{
    const RaInsn *i = f->i;
    const IrInsn *ir = v_ir(v, i);
    IrType from = arg_type(v, ir);
    v_call_const(v, 0, (uint32_t)from | (uint32_t)ir->type << 8 | (uint32_t)ir->aux << 16);
    v_call_arg(v, i, 1, i->op[0].loc, from);
    v_call(v, HELPER_fp_cvt);
    v_call_result(v, i->dst[0].loc, (IrType)ir->type);
}

static void half_wider(X64Vec *v, const RaInsn *i, IrType to)
{
    RaLoc d = i->dst[0].loc, t = v_tmp(i, 0);
    bool check = v_fp_dn(&v->env);
    X64VecFar *f = check ? v_far(v, i, far_cvt) : NULL;
    RaLoc r = check || is64(to) ? t : d;
    v_half_to_single(v, r, i->op[0].loc, t);
    if (check)
        v_far_jcc(v, f, v_fp_check(v, IR_F32, r, LOC_NONE, false));
    if (is64(to))
        v_op2s(v, V_CVTSS2SD, d, r);
    else
        xv_move(v, d, r);
    if (check)
        v_far_back(v, f);
}

static void half_narrow(X64Vec *v, const RaInsn *i, IrType from)
{
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    X64VecFar *f = v_fp_checked(&v->env) ? v_far(v, i, far_cvt) : NULL;
    if (is64(from))
        v_double_to_half(v, t, i->op[0].loc, t2);
    else
        v_single_to_half(v, t, i->op[0].loc);
    if (f)
        v_half_check(v, f, t, t2, true);
    xv_move(v, i->dst[0].loc, t);
    if (f)
        v_far_back(v, f);
}

static void emit_cvt_half(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType from = arg_type(v, ir);
    bool ahp = v->env.u->mode & MODE_FP_AHP && !(ir->aux & FPX_IEEE);
    if (ahp || !v_half_native(&v->env))
        v_fp_now(v, i, far_cvt);
    else if (from == IR_F16)
        half_wider(v, i, (IrType)ir->type);
    else
        half_narrow(v, i, from);
}

static void emit_cvt(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType from = arg_type(v, ir), to = (IrType)ir->type;
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    if (v_fp_soft(&v->env)) {
        v_fp_now(v, i, far_cvt);
        return;
    }
    if (from == IR_F16 || to == IR_F16) {
        emit_cvt_half(v, i);
        return;
    }
    bool narrow = to == IR_F32;
    bool riscv = v_fp_riscv(&v->env);
    bool check = !riscv && (narrow ? v_fp_checked(&v->env) : v_fp_dn(&v->env));
    RaLoc r = check ? v_tmp(i, 0) : d;
    v_op2s(v, narrow ? V_CVTSD2SS : V_CVTSS2SD, r, a);
    if (riscv)
        v_fp_canonical(v, i, d);
    if (!check)
        return;
    X64VecFar *f = v_far(v, i, far_cvt);
    v_far_jcc(v, f, v_fp_check(v, to, r, v_tmp(i, 1), narrow));
    xv_move(v, d, r);
    v_far_back(v, f);
}

/* ---- to integral ---------------------------------------------------------------------------- */

static void far_rint(X64Vec *v, const X64VecFar *f)
{
    const RaInsn *i = f->i;
    const IrInsn *ir = v_ir(v, i);
    v_call_const(v, 0, ir->type | (uint32_t)ir->aux << 8);
    v_call_arg(v, i, 1, i->op[0].loc, (IrType)ir->type);
    v_call(v, HELPER_fp_rint);
    v_call_result(v, i->dst[0].loc, (IrType)ir->type);
}

/* t = x rounded, ties away from zero; quiet: ROUND_QUIET or 0. |x| must be small enough. */
static void round_away(X64Vec *v, bool q, RaLoc x, RaLoc t, RaLoc t2, unsigned quiet)
{
    v_op2si(v, q ? V_ROUNDSD : V_ROUNDSS, t, x, 3 | quiet);
    xv_move(v, t2, x);
    v_op3(v, NULL, q ? V_SUBSD : V_SUBSS, t2, t2, t);
    v_op3(v, NULL, q ? V_ADDSD : V_ADDSS, t2, t2, t2);
    v_op2si(v, q ? V_ROUNDSD : V_ROUNDSS, t2, t2, 3 | ROUND_QUIET);
    v_op3(v, NULL, q ? V_ADDSD : V_ADDSS, t, t, t2);
}

enum { EVEX_RN_SAE = 0x10 }; /* EVEX.b with rounding control 00 */

/* t = x + copysign(just below 0.5, x), to nearest, no flags; lanes above: zero. x is no NaN. */
static void add_half_away(X64Vec *v, IrType ty, RaLoc x, RaLoc t)
{
    bool q = is64(ty);
    uint64_t half = q ? 0x3fdfffffffffffff : 0x3effffff;
    v_op2(v, q ? V_MOVQ : V_MOVD, t, v_pool(v, half, 0));
    v_op3i(v, NULL, V_PTERNLOG, t, x, v_fp_sign(v, ty), 0xf8); /* t | (x & sign) */
    x64_evex_rrr(v->e, q ? V_ADDSD : V_ADDSS, v_num(t), v_num(t), v_num(x), EVEX_RN_SAE);
}

static void emit_rint_away512(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType ty = (IrType)ir->type;
    bool q = is64(ty);
    RaLoc a = i->op[0].loc, t = v_tmp(i, 0);
    X64VecFar *f = v_far(v, i, far_rint);
    v_op2(v, q ? V_UCOMISD : V_UCOMISS, a, a);
    v_far_jcc(v, f, X64_P);
    if (ir->aux & FPX_EXACT) /* for inexact alone */
        v_op2si(v, q ? V_ROUNDSD : V_ROUNDSS, v_tmp(i, 1), a, 3);
    add_half_away(v, ty, a, t);
    v_op2si(v, q ? V_ROUNDSD : V_ROUNDSS, i->dst[0].loc, t, 3 | ROUND_QUIET);
    v_far_back(v, f);
}

/* Far when |x| is 2^(mantissa bits) or more, or NaN: integral already. Compares in floats. */
static void emit_rint_away(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType ty = (IrType)ir->type;
    bool q = is64(ty);
    RaLoc d = i->dst[0].loc, a = i->op[0].loc, t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    X64VecFar *f = v_far(v, i, far_rint);
    v_op3(v, NULL, V_PAND, t, a, v_pool(v, q ? INT64_MAX : INT32_MAX, 0));
    v_op2(v, q ? V_MOVQ : V_MOVD, t2, v_pool(v, v_fp_pow2(ty, q ? 52 : 23), 0));
    v_op2(v, q ? V_UCOMISD : V_UCOMISS, t2, t);
    v_far_jcc(v, f, X64_BE);
    round_away(v, q, a, t, t2, (ir->aux & FPX_EXACT) ? 0 : ROUND_QUIET);
    /* the sign is x's: of a zero it may have come out otherwise */
    v_op3(v, NULL, V_PAND, t, t, v_pool(v, q ? INT64_MAX : INT32_MAX, 0));
    xv_move(v, t2, a);
    v_op3(v, NULL, V_PAND, t2, t2, v_fp_sign(v, ty));
    v_op3(v, NULL, V_POR, d, t, t2);
    v_far_back(v, f);
}

static void emit_rint(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType ty = (IrType)ir->type;
    unsigned rm = ir->aux & FPX_RM_MASK;
    RaLoc d = i->dst[0].loc;
    if (v_fp_soft(&v->env) || ty == IR_F16) {
        v_fp_now(v, i, far_rint);
        return;
    }
    if (rm == FPRM_AWAY) {
        if (v->env.avx512)
            emit_rint_away512(v, i);
        else
            emit_rint_away(v, i);
        return;
    }
    bool riscv = v_fp_riscv(&v->env), check = !riscv && v_fp_dn(&v->env);
    RaLoc r = check ? v_tmp(i, 0) : d;
    v_op2si(v, is64(ty) ? V_ROUNDSD : V_ROUNDSS, r, i->op[0].loc,
            v_round_imm(rm) | ((ir->aux & FPX_EXACT) ? 0 : ROUND_QUIET));
    if (riscv)
        v_fp_canonical(v, i, d);
    if (!check)
        return;
    X64VecFar *f = v_far(v, i, far_rint);
    v_far_jcc(v, f, v_fp_check(v, ty, r, LOC_NONE, false));
    xv_move(v, d, r);
    v_far_back(v, f);
}

/* ---- to integers ---------------------------------------------------------------------------- */

static void far_f2i(X64Vec *v, const X64VecFar *f)
{
    const RaInsn *i = f->i;
    const IrInsn *ir = v_ir(v, i);
    IrType from = arg_type(v, ir);
    v_call_const(v, 0,
                 (uint32_t)from | (uint32_t)ir->type << 4 | (uint32_t)ir->aux << 8 |
                     (uint32_t)ir->imm << 16);
    v_call_arg(v, i, 1, i->op[0].loc, from);
    v_call(v, HELPER_fp_f2i);
    v_call_result(v, i->dst[0].loc, (IrType)ir->type);
}

/*
 * Upper word (f64) or all bits (f32) of a bound below which the rounded value fits. f64 to 32 bits
 * has room for values that round up to 2^31 or 2^32: the bound is one unit of the word lower.
 */
static uint32_t range_bound(const X64Vec *v, const IrInsn *ir, IrType from)
{
    bool sg = (ir->aux & FPX_SIGNED) != 0;
    int bits = ir->type == IR_I64 ? 64 : 32;
    int n = sg ? bits - 1 : bits == 64 && !v->env.avx512 ? 63 : bits;
    uint64_t b = v_fp_pow2(from, n - ir->imm);
    if (!is64(from))
        return (uint32_t)b;
    bool room = bits == 32 && (ir->aux & FPX_RM_MASK) != FPRM_ZERO;
    return (uint32_t)(b >> 32) - room;
}

static void range_check(X64Vec *v, const RaInsn *i, X64VecFar *f, IrType from)
{
    const IrInsn *ir = v_ir(v, i);
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    uint32_t bound = range_bound(v, ir, from);
    if (!is64(from)) {
        v_to_gpr(v, d, a, 2);
    } else {
        if (v->env.avx)
            x64_avx_rrr(v->e, V_PEXTRD, v_num(a), 0, d);
        else
            x64_sse_rr(v->e, V_PEXTRD, v_num(a), d);
        x64_u8(v->e, 1);
    }
    if (ir->aux & FPX_SIGNED) {
        x64_alu_rr(v->e, ALU_ADD, 2, d, d);
        bound *= 2;
    }
    x64_alu_ri(v->e, ALU_CMP, 2, d, (int32_t)bound);
    v_far_jcc(v, f, X64_AE);
}

/* [f64][64-bit result]: truncating, by MXCSR, truncating to unsigned. */
static const uint32_t cvtt_ops[2][2] = {{V_CVTTSS2SI32, V_CVTTSS2SI64},
                                        {V_CVTTSD2SI32, V_CVTTSD2SI64}};
static const uint32_t cvt_ops[2][2] = {{V_CVTSS2SI32, V_CVTSS2SI64}, {V_CVTSD2SI32, V_CVTSD2SI64}};

static void convert(X64Vec *v, X64Op op, RaLoc d, RaLoc x)
{
    if (v->env.avx)
        x64_avx_rrr(v->e, op, d, 0, v_num(x));
    else
        x64_sse_rr(v->e, op, d, v_num(x));
}

static void emit_f2i(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType from = arg_type(v, ir);
    unsigned rm = ir->aux & FPX_RM_MASK;
    bool q = is64(from), sg = (ir->aux & FPX_SIGNED) != 0, wide = ir->type == IR_I64;
    if (v_fp_soft(&v->env) || from == IR_F16 || ir->type < IR_I32 || (rm == FPRM_AWAY && ir->imm)) {
        v_fp_now(v, i, far_f2i);
        return;
    }
    X64VecFar *f = v_far(v, i, far_f2i);
    RaLoc d = i->dst[0].loc, x = i->op[0].loc, t = v_tmp(i, 0);
    range_check(v, i, f, from);
    if (ir->imm) {
        xv_move(v, t, x);
        v_op3(v, NULL, q ? V_MULSD : V_MULSS, t, t, v_pool(v, v_fp_pow2(from, ir->imm), 0));
        x = t;
    }
    bool by_mode = rm == FPRM_MODE || (rm < 4 && rm == (v->env.u->mode & 3u));
    bool wide_op = wide || !sg, u64 = wide && !sg && v->env.avx512;
    X64Op cvtt = u64 ? (q ? V_VCVTTSD2USI64 : V_VCVTTSS2USI64) : cvtt_ops[q][wide_op];
    if (rm == FPRM_AWAY && v->env.avx512) {
        add_half_away(v, from, x, t);
        convert(v, cvtt, d, x); /* for inexact alone */
        x64_evex_rrr(v->e, cvtt, d, 0, v_num(t), EVEX_RN_SAE);
        v_far_back(v, f);
        return;
    }
    if (rm == FPRM_AWAY) {
        round_away(v, q, x, t, v_tmp(i, 1), 0);
        x = t;
    } else if (rm != FPRM_ZERO && (!by_mode || u64)) {
        v_op2si(v, q ? V_ROUNDSD : V_ROUNDSS, t, x, v_round_imm(rm));
        x = t;
    } else if (rm != FPRM_ZERO) {
        convert(v, cvt_ops[q][wide_op], d, x);
        v_far_back(v, f);
        return;
    }
    convert(v, cvtt, d, x);
    v_far_back(v, f);
}

/* ---- from integers -------------------------------------------------------------------------- */

static void far_i2f(X64Vec *v, const X64VecFar *f)
{
    const RaInsn *i = f->i;
    const IrInsn *ir = v_ir(v, i);
    IrType from = arg_type(v, ir);
    v_call_const(v, 0,
                 (uint32_t)from | (uint32_t)ir->type << 4 | (uint32_t)ir->aux << 8 |
                     (uint32_t)ir->imm << 16);
    v_call_arg(v, i, 1, i->op[0].loc, from);
    v_call(v, HELPER_fp_i2f);
    v_call_result(v, i->dst[0].loc, (IrType)ir->type);
}

/* The scaling by 2^-fbits is exact: the integer is at least 1 and at most 2^64. */
static void scale_down(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    RaLoc d = i->dst[0].loc;
    IrType t = (IrType)ir->type;
    if (ir->imm)
        v_op3(v, NULL, is64(t) ? V_MULSD : V_MULSS, d, d, v_pool(v, v_fp_pow2(t, -ir->imm), 0));
}

static void emit_i2f(X64Vec *v, const RaInsn *i)
{
    static const uint32_t si[2][2] = {{V_CVTSI2SS32, V_CVTSI2SS64}, {V_CVTSI2SD32, V_CVTSI2SD64}};
    static const uint32_t ui[2][2] = {{V_VCVTUSI2SS32, V_VCVTUSI2SS64},
                                      {V_VCVTUSI2SD32, V_VCVTUSI2SD64}};
    const IrInsn *ir = v_ir(v, i);
    IrType from = arg_type(v, ir), to = (IrType)ir->type;
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    if (to == IR_F16 || from < IR_I32) {
        v_fp_now(v, i, far_i2f);
        return;
    }
    bool wide = from == IR_I64, q = is64(to), sg = (ir->aux & FPX_SIGNED) != 0;
    X64VecFar *f = NULL;
    X64Op op = si[q][wide];
    if (!sg && v->env.avx512) {
        op = ui[q][wide];
    } else if (!sg && wide) {
        f = v_far(v, i, far_i2f);
        x64_test_rr(v->e, 3, a, a);
        v_far_jcc(v, f, X64_S);
    } else if (!sg) {
        x64_mov_rr(v->e, 2, g_tmp(i, 0), a);
        a = g_tmp(i, 0);
        op = si[q][1];
    }
    v_zero(v, d);
    v_op3(v, NULL, op, d, d, a);
    scale_down(v, i);
    if (f)
        v_far_back(v, f);
}

bool xv_emit_cvt(X64Vec *v, const RaInsn *i)
{
    switch (v_ir(v, i)->op) {
    case IR_FCVT:
        emit_cvt(v, i);
        return true;
    case IR_FRINT:
        emit_rint(v, i);
        return true;
    case IR_F2I:
        emit_f2i(v, i);
        return true;
    case IR_I2F:
        emit_i2f(v, i);
        return true;
    default:
        return false;
    }
}
