/*
 * Scalar floating point: arithmetic, min and max, fused multiply-add, compare, sign.
 *
 * How exactness is kept (vcpu.h MODE_FP_*):
 *  - normal mode: the invalid exception traps, so results that are NaN without a NaN operand never
 *    appear; with quiet NaN operands x86 and Arm both give the first one, operand order being kept;
 *  - checked mode: a result that is NaN goes to the helper, and one of +-the smallest normal number
 *    where it may be rounded up from a tiny one (Arm sees underflow before rounding, x86 after).
 *    ucomis against that number gives ZF for both cases at once;
 *  - DN=1 is checked in the same way, FZ=1 is all helpers;
 *  - RISC-V: the host's flags are right, a NaN result only has to become the canonical one. One
 *    ucomis checks two registers, so the results of two insns in a row are looked at together.
 * The host's flags in these cases are a subset of Arm's (same inexact, invalid and overflow; x86
 * underflow implies Arm's), so the helper has only to add some: nothing is undone.
 * Fused multiply-add looks for NaN results in every mode: the choice among three differs.
 *
 *     fmul, checked:  vmulsd t, a, b; vandpd t2, t, |mask|; vucomisd t2, [min]; je far; movaps d, t
 */
#include "flags.h"
#include "x64_vec_priv.h"

static bool is64(IrType t)
{
    return t == IR_F64;
}

RaLoc v_fp_sign(X64Vec *v, IrType t)
{
    return v_pool(v, is64(t) ? 1ull << 63 : 1ull << 31, 0);
}

static RaLoc fp_abs_mask(X64Vec *v, IrType t)
{
    return v_pool(v, is64(t) ? INT64_MAX : INT32_MAX, 0);
}

static RaLoc fp_min_normal(X64Vec *v, IrType t)
{
    return v_pool(v, is64(t) ? 1ull << 52 : 1ull << 23, 0);
}

/* Compares result r so that v_fp_check's condition means: to be done by the helper. */
X64Cc v_fp_check(X64Vec *v, IrType t, RaLoc r, RaLoc tmp, bool tiny)
{
    X64Op ucomi = is64(t) ? V_UCOMISD : V_UCOMISS;
    if (!tiny) {
        v_op2(v, ucomi, r, r);
        return X64_P;
    }
    v_op3(v, NULL, V_PAND, tmp, r, fp_abs_mask(v, t));
    v_op2(v, ucomi, tmp, fp_min_normal(v, t));
    return X64_E;
}

void v_scalar_result(X64Vec *v, const RaInsn *i, RaLoc r)
{
    RaLoc d = i->dst[0].loc;
    if (i->dst[0].ref == i->ir || xv_leaves_zero(v, i))
        xv_move(v, d, r);
    else if (is64((IrType)v_ir(v, i)->type))
        v_op2(v, V_MOVQ, d, r);
    else
        v_op3i(v, i, V_INSERTPS, d, r, r, 0x0e);
    v->zeroed = true;
}

/* ---- two operands and square root ----------------------------------------------------------- */

static void far_op(X64Vec *v, const X64VecFar *f)
{
    const RaInsn *i = f->i;
    const IrInsn *ir = v_ir(v, i);
    IrType t = (IrType)ir->type;
    v_call_const(v, 0, ir->op);
    for (unsigned k = 0; k < i->n_ops; k++)
        v_call_arg(v, i, k + 1, i->op[k].loc, t);
    if (i->n_ops == 1)
        v_call(v, is64(t) ? HELPER_fp_op1_64 : HELPER_fp_op1_32);
    else
        v_call(v, is64(t) ? HELPER_fp_op2_64 : HELPER_fp_op2_32);
    v_call_result(v, i->dst[0].loc, t);
}

void v_fp_now(X64Vec *v, const RaInsn *i, X64VecFarFn fn)
{
    X64VecFar f = {.fn = fn, .i = i};
    fn(v, &f);
}

static void arith_to(X64Vec *v, const RaInsn *i, RaLoc d)
{
    static const uint32_t ops[5][2] = {{V_ADDSS, V_ADDSD},
                                       {V_SUBSS, V_SUBSD},
                                       {V_MULSS, V_MULSD},
                                       {V_DIVSS, V_DIVSD},
                                       {V_SQRTSS, V_SQRTSD}};
    const IrInsn *ir = v_ir(v, i);
    X64Op op = ops[ir->op - IR_FADD][is64((IrType)ir->type)];
    if (ir->op == IR_FSQRT)
        v_op2s(v, op, d, i->op[0].loc);
    else
        v_op3(v, i, op, d, i->op[0].loc, i->op[1].loc);
}

/* SSE: a move comes before the op that may trap, so it must not hit a pin. */
static RaLoc trap_safe_dst(const X64Vec *v, const RaInsn *i)
{
    bool one_insn = v->env.avx || i->n_ops == 1 || i->dst[0].loc == i->op[0].loc;
    return one_insn ? i->dst[0].loc : v_tmp(i, 0);
}

/* ---- RISC-V: NaN results become canonical --------------------------------------------------- */

static void far_canonical(X64Vec *v, const X64VecFar *f)
{
    IrType t = (IrType)v_ir(v, f->i)->type;
    RaLoc nan = v_pool(v, is64(t) ? 0x7ffull << 52 | 1ull << 51 : 0xffu << 23 | 1u << 22, 0);
    bool both = f->reg[0] != f->reg[1];
    for (unsigned k = 0; k < 1u + both; k++) {
        uint32_t past = 0;
        if (both) {
            v_op2(v, is64(t) ? V_UCOMISD : V_UCOMISS, f->reg[k], f->reg[k]);
            past = x64_jcc_fwd32(v->e, X64_NP);
        }
        v_op2(v, is64(t) ? V_MOVQ : V_MOVD, f->reg[k], nan);
        if (both)
            x64_land32(v->e, past);
    }
}

static bool is_arith(const IrInsn *ir)
{
    return ir->op >= IR_FADD && ir->op <= IR_FSQRT;
}

/* The next host code is another such insn's on the same format: it checks this one's result too. */
static bool next_checks(const X64Vec *v, const RaInsn *i)
{
    const RaInsn *n = i + 1;
    while (n < v->end && v->prints_nothing(n))
        n++;
    if (!v->end || n >= v->end || n->n_moves || n->kind != RA_OP || !is_arith(v_ir(v, n)))
        return false;
    return v_ir(v, n)->type == v_ir(v, i)->type;
}

void v_fp_canonical(X64Vec *v, const RaInsn *i, RaLoc d)
{
    RaLoc first = v->unchecked == LOC_NONE ? d : v->unchecked;
    v->unchecked = LOC_NONE;
    if (first == d && next_checks(v, i)) {
        v->unchecked = d;
        return;
    }
    X64VecFar *f = v_far(v, i, far_canonical);
    f->reg[0] = first;
    f->reg[1] = d;
    v_op2(v, is64((IrType)v_ir(v, i)->type) ? V_UCOMISD : V_UCOMISS, first, d);
    v_far_jcc(v, f, X64_P);
    v_far_back(v, f);
}

static void emit_arith(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    if (v_fp_soft(&v->env)) {
        v_fp_now(v, i, far_op);
        return;
    }
    if (v_fp_riscv(&v->env)) {
        RaLoc d = i->dst[0].loc;
        arith_to(v, i, d);
        v_scalar_result(v, i, d);
        v_fp_canonical(v, i, d);
        return;
    }
    if (!v_fp_checked(&v->env)) {
        RaLoc r = trap_safe_dst(v, i);
        arith_to(v, i, r);
        v_scalar_result(v, i, r);
        return;
    }
    bool tiny = ir->op == IR_FMUL; /* a quotient is never so near to a power of two */
    RaLoc t = v_tmp(i, 0);
    X64VecFar *f = v_far(v, i, far_op);
    arith_to(v, i, t);
    v_far_jcc(v, f, v_fp_check(v, (IrType)ir->type, t, v_tmp(i, 1), tiny));
    v_scalar_result(v, i, t);
    v_far_back(v, f);
}

/* ---- min and max ---------------------------------------------------------------------------- */

/*
 * Ordered operands: min(a, b) | min(b, a) differ only for zeros of both signs, where x86 gives the
 * second operand: or gives -0, and (for max) +0.
 */
static void emit_minmax(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType ty = (IrType)ir->type;
    RaLoc a = i->op[0].loc, b = i->op[1].loc, t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    bool max = ir->op == IR_FMAX || ir->op == IR_FMAXNM, q = is64(ty);
    X64Op op = max ? (q ? V_MAXSD : V_MAXSS) : (q ? V_MINSD : V_MINSS);
    if (v_fp_soft(&v->env)) {
        v_fp_now(v, i, far_op);
        return;
    }
    X64VecFar *f = v_far(v, i, far_op);
    v_op2(v, q ? V_UCOMISD : V_UCOMISS, a, b);
    v_far_jcc(v, f, X64_P);
    v_op3(v, NULL, op, t, a, b);
    b = v_in_reg(v, b, t2);
    if (v->env.avx || b == t2) {
        v_op3(v, NULL, op, t2, b, a);
    } else {
        xv_move(v, t2, b);
        v_op3(v, NULL, op, t2, t2, a);
    }
    v_op3(v, NULL, max ? V_PAND : V_POR, i->dst[0].loc, t, t2);
    v_far_back(v, f);
}

/* ---- fused multiply-add --------------------------------------------------------------------- */

bool v_fma_neg(const X64Vec *v, const IrInsn *ir, unsigned k)
{
    return v_fma_negates(ir, &v->env.u->insns[ir->arg[k]]);
}

static bool fma_native(const X64Vec *v)
{
    return v->env.avx && v->env.f->fma && !v_fp_soft(&v->env);
}

static bool may_be_pin(const X64Vec *v, RaLoc d)
{
    return !v->target || v->target->pinned >> d & 1;
}

RaLoc v_fma_kept(const RaInsn *i, unsigned k)
{
    return i->op[k].loc == i->dst[0].loc ? v_tmp(i, 0) : i->op[k].loc;
}

RaLoc v_fma_begin(X64Vec *v, const RaInsn *i, const uint32_t ops[2])
{
    RaLoc d = i->dst[0].loc, t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    RaLoc a = i->op[0].loc, b = i->op[1].loc, c = i->op[2].loc;
    if (d == c && d != a && d != b) { /* d += a * b */
        xv_move(v, t, d);
        v_op3(v, NULL, ops[1], d, a, b);
        return d;
    }
    RaLoc r = d == a || d == b || !may_be_pin(v, d) ? d : t;
    if (d == b && d != a) {
        RaLoc x = a;
        a = b;
        b = x;
    }
    if (d == a) /* every operand that is d is t from here on */
        xv_move(v, t, d);
    else
        xv_move(v, r, a);
    b = v_in_reg(v, b == d && d == a ? t : b, t2);
    v_op3(v, NULL, ops[0], r, b, c == d ? t : c);
    return r;
}

static void far_fma(X64Vec *v, const X64VecFar *f)
{
    const RaInsn *i = f->i;
    const IrInsn *ir = v_ir(v, i);
    IrType t = (IrType)ir->type;
    for (unsigned k = 0; k < 3; k++) {
        RaLoc a = fma_native(v) ? v_fma_kept(i, k) : i->op[k].loc;
        if (fma_native(v) && v_fma_neg(v, ir, k)) { /* the operand was named without its sign */
            xv_move(v, v_tmp(i, 1), a);
            a = v_tmp(i, 1);
            v_op3(v, NULL, V_PXOR, a, a, v_fp_sign(v, t));
        }
        v_call_arg(v, i, k, a, t);
    }
    v_call(v, is64(t) ? HELPER_fp_fma_64 : HELPER_fp_fma_32);
    v_call_result(v, i->dst[0].loc, t);
}

static void emit_fma(X64Vec *v, const RaInsn *i)
{
    /* [product negated][addend negated][f64][213, 231] */
    static const uint32_t ops[2][2][2][2] = {
        {{{V_VFMADD213SS, V_VFMADD231SS}, {V_VFMADD213SD, V_VFMADD231SD}},
         {{V_VFMSUB213SS, V_VFMSUB231SS}, {V_VFMSUB213SD, V_VFMSUB231SD}}},
        {{{V_VFNMADD213SS, V_VFNMADD231SS}, {V_VFNMADD213SD, V_VFNMADD231SD}},
         {{V_VFNMSUB213SS, V_VFNMSUB231SS}, {V_VFNMSUB213SD, V_VFNMSUB231SD}}},
    };
    const IrInsn *ir = v_ir(v, i);
    IrType ty = (IrType)ir->type;
    if (!fma_native(v)) {
        v_fp_now(v, i, far_fma);
        return;
    }
    bool np = v_fma_neg(v, ir, 0) != v_fma_neg(v, ir, 1);
    X64VecFar *f = v_far(v, i, far_fma);
    RaLoc r = v_fma_begin(v, i, ops[np][v_fma_neg(v, ir, 2)][is64(ty)]);
    bool tiny = v_fp_checked(&v->env) && !v_fp_riscv(&v->env);
    v_far_jcc(v, f, v_fp_check(v, ty, r, v_tmp(i, 1), tiny));
    v_scalar_result(v, i, r);
    v_far_back(v, f);
}

/* ---- compare -------------------------------------------------------------------------------- */

static void far_cmp(X64Vec *v, const X64VecFar *f)
{
    const RaInsn *i = f->i;
    const IrInsn *ir = v_ir(v, i);
    IrType t = (IrType)v->env.u->insns[ir->arg[0]].type;
    v_call_const(v, 0, ir->aux);
    v_call_arg(v, i, 1, i->op[0].loc, t);
    v_call_arg(v, i, 2, i->op[1].loc, t);
    v_call(v, is64(t) ? HELPER_fp_cmp_64 : HELPER_fp_cmp_32);
    if (i->n_dst)
        v_call_result(v, i->dst[0].loc, IR_FLAGS);
}

/*
 * A silent compare leaves the sticky flags: AVX-512 has a form that does, else they are put back
 * when an operand was a NaN.
 */
static bool is_silent(const IrInsn *ir)
{
    return (ir->aux & FPX_SILENT) != 0;
}

enum { EVEX_SAE = 0x10, SAVED_MXCSR = LOC_HARG | 6 };

static void put_mxcsr(X64Vec *v, bool store)
{
    x64_rm(v->e, X64_OP(0, 1, 0xae), store ? 3 : 2, v_mem(v, SAVED_MXCSR),
           0); /* stmxcsr, ldmxcsr */
}

static void far_silent(X64Vec *v, const X64VecFar *f)
{
    put_mxcsr(v, false);
}

/* Unordered: C and V. */
static void far_cmp_unordered(X64Vec *v, const X64VecFar *f)
{
    if (is_silent(v_ir(v, f->i)) && !v->env.avx512)
        put_mxcsr(v, false);
    x64_mov_ri(v->e, f->i->dst[0].loc, 1u << FLAGS_BIT_V);
}

static void put_compare(X64Vec *v, const RaInsn *i, X64Op op, unsigned first)
{
    RaLoc a = i->op[first].loc, b = i->op[1 - first].loc;
    if (is_silent(v_ir(v, i)) && v->env.avx512)
        x64_evex_rrr(v->e, op, v_num(a), 0, v_num(b), EVEX_SAE);
    else
        v_op2(v, op, a, b);
}

static void leave_eflags(X64Vec *v, const RaInsn *i, IrType t)
{
    if (!(i->form & (XV_FCMP_SWAP | XV_FCMP_UCOMI)))
        return;
    put_compare(v, i, is64(t) ? V_UCOMISD : V_UCOMISS, (i->form & XV_FCMP_SWAP) != 0);
    if (is_silent(v_ir(v, i)) && !v->env.avx512) { /* EFLAGS stay */
        X64VecFar *f = v_far(v, i, far_silent);
        v_far_jcc(v, f, X64_P);
        v_far_back(v, f);
    }
}

/*
 * Packed flags: lahf gives Z in place and CF (less) at the place of "not C"; N is that bit again,
 * 7 higher: x * 0x81 is x | x << 7, as no set bits meet (SF, AF, and P when ordered, are clear).
 */
static void emit_cmp(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType t = (IrType)v->env.u->insns[ir->arg[0]].type;
    if (is_silent(ir) && !v->env.avx512)
        put_mxcsr(v, true);
    if (v_fp_soft(&v->env)) {
        v_fp_now(v, i, far_cmp);
        leave_eflags(v, i, t);
        return;
    }
    bool value = i->n_dst != 0, sig = (ir->aux & FPX_SIGNALING) != 0;
    if (value || sig || !(i->form & (XV_FCMP_UCOMI | XV_FCMP_SWAP)))
        put_compare(v, i, sig ? (is64(t) ? V_COMISD : V_COMISS) : (is64(t) ? V_UCOMISD : V_UCOMISS),
                    0);
    if (value) {
        X64VecFar *f = v_far(v, i, far_cmp_unordered);
        v_far_jcc(v, f, X64_P);
        x64_mov_ri(v->e, X64_RAX, 0);
        x64_lahf(v->e);
        x64_imul_rri(v->e, 2, X64_RAX, X64_RAX, 1 | 1 << (FLAGS_BIT_N - FLAGS_BIT_NOT_C));
        v_far_back(v, f);
    }
    if (value || (i->form & XV_FCMP_SWAP) || !sig)
        leave_eflags(v, i, t);
}

static void emit_sign(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    IrType t = (IrType)ir->type;
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    bool neg = ir->op == IR_FNEG;
    if (t == IR_F16)
        v_op3(v, i, neg ? V_PXOR : V_PAND, d, a, v_pool(v, neg ? 0x8000 : 0x7fff, 0));
    else
        v_op3(v, i, neg ? V_PXOR : V_PAND, d, a, neg ? v_fp_sign(v, t) : fp_abs_mask(v, t));
}

bool xv_emit_fp(X64Vec *v, const RaInsn *i)
{
    switch (v_ir(v, i)->op) {
    case IR_FADD:
    case IR_FSUB:
    case IR_FMUL:
    case IR_FDIV:
    case IR_FSQRT:
        emit_arith(v, i);
        return true;
    case IR_FMIN:
    case IR_FMAX:
    case IR_FMINNM:
    case IR_FMAXNM:
        emit_minmax(v, i);
        return true;
    case IR_FMA:
        emit_fma(v, i);
        return true;
    case IR_FCMP:
        emit_cmp(v, i);
        return true;
    case IR_FNEG:
    case IR_FABS:
        emit_sign(v, i);
        return true;
    default:
        return false;
    }
}
