/*
 * Vector floating point. As x64_fp.c lane by lane; a check looks at all lanes at once and the far
 * path gives the whole vector to helper_vec_op, with the original operands.
 *
 *     vfmul.32 checked:  vmulps t, a, b; vandps t2, t, |mask|; vcmpps t2, t2, [min], EQ_UQ;
 *                        vptest t2, t2; jnz far; vmovaps d, t
 */
#include "x64_vec_priv.h"

enum {
    P_EQ_OQ = 0,
    P_LT_OS = 1,
    P_LE_OS = 2,
    P_UNORD_Q = 3,
    P_EQ_UQ = 8,
    P_GE_OS = 13,
    P_GT_OS = 14,
    ROUND_QUIET = 8
};

typedef struct Args {
    const RaInsn *i;
    const IrInsn *ir;
    RaLoc d, a, b, t, t2;
    bool q; /* f64 lanes */
    unsigned ve;
} Args;

static Args args_of(const X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    Args g = {.i = i,
              .ir = ir,
              .d = i->dst[0].loc,
              .a = i->op[0].loc,
              .b = LOC_NONE,
              .t = LOC_NONE,
              .t2 = LOC_NONE,
              .ve = ir->aux & VE_MASK};
    g.q = g.ve == VE_64;
    if (i->n_ops > 1)
        g.b = i->op[1].loc;
    if (i->n_tmp[RC_VEC] > 0)
        g.t = v_tmp(i, 0);
    if (i->n_tmp[RC_VEC] > 1)
        g.t2 = v_tmp(i, 1);
    return g;
}

static RaLoc sign_mask(X64Vec *v, const Args *g)
{
    return v_pool_rep(v, g->ve, 1ull << ((8u << g->ve) - 1));
}

static RaLoc abs_mask(X64Vec *v, unsigned ve)
{
    return v_pool_rep(v, ve, (1ull << ((8u << ve) - 1)) - 1);
}

/* k1 = lanes where the compare holds. */
static void kcmp_fp(X64Vec *v, bool q, RaLoc a, RaLoc b, unsigned pred)
{
    X64Op op = q ? V_VCMPPD_K : V_VCMPPS_K;
    if (v_is_reg(b))
        x64_evex_rrr(v->e, op, 1, v_num(a), v_num(b), 0);
    else
        x64_evex_rrm(v->e, op, 1, v_num(a), v_mem(v, b), 0, 1);
    x64_u8(v->e, pred);
    v_pool_use(v, b, 1);
}

/* Lanes of ones where the compare holds. SSE: predicates below 8 only, d != b. */
static void fcmp(X64Vec *v, bool q, RaLoc d, RaLoc a, RaLoc b, unsigned pred)
{
    if (v_high(d) || v_high(a) || v_high(b)) {
        kcmp_fp(v, q, a, b, pred);
        x64_evex_rrr(v->e, q ? V_VPMOVM2Q : V_VPMOVM2D, v_num(d), 0, 1, 0);
        return;
    }
    v_op3i(v, NULL, q ? V_CMPPD : V_CMPPS, d, a, b, pred);
}

static void far_if_any(X64Vec *v, X64VecFar *f, RaLoc t)
{
    v_op2(v, V_PTEST, t, t);
    v_far_jcc(v, f, X64_NE);
}

/* Far when the compare holds in any lane; t: scratch. */
static void far_if_fcmp(X64Vec *v, X64VecFar *f, bool q, RaLoc t, RaLoc a, RaLoc b, unsigned pred)
{
    if (!v->env.avx512) {
        fcmp(v, q, t, a, b, pred);
        far_if_any(v, f, t);
        return;
    }
    kcmp_fp(v, q, a, b, pred);
    x64_vex_rrr(v->e, V_KORTESTB, 1, 0, 1);
    v_far_jcc(v, f, X64_NE);
}

/* Far when a lane of r is NaN, or (tiny) +-the smallest normal number. ve: of the result. */
static void check_result(X64Vec *v, X64VecFar *f, unsigned ve, RaLoc r, RaLoc t, bool tiny)
{
    bool q = ve == VE_64;
    if (!tiny || !v->env.avx)
        far_if_fcmp(v, f, q, t, r, r, P_UNORD_Q);
    if (!tiny)
        return;
    v_op3(v, NULL, V_PAND, t, r, abs_mask(v, ve));
    far_if_fcmp(v, f, q, t, t, v_pool_rep(v, ve, q ? 1ull << 52 : 1ull << 23),
                v->env.avx ? P_EQ_UQ : P_EQ_OQ);
}

/* ---- arithmetic ----------------------------------------------------------------------------- */

static void arith_to(X64Vec *v, const Args *g, RaLoc d)
{
    static const uint32_t ops[5][2] = {{V_ADDPS, V_ADDPD},
                                       {V_SUBPS, V_SUBPD},
                                       {V_MULPS, V_MULPD},
                                       {V_DIVPS, V_DIVPD},
                                       {V_SQRTPS, V_SQRTPD}};
    X64Op op = ops[g->ir->op - IR_VFADD][g->q];
    if (g->ir->op == IR_VFSQRT)
        v_op2(v, op, d, g->a);
    else
        v_op3(v, g->i, op, d, g->a, g->b);
}

static void emit_arith(X64Vec *v, const Args *g)
{
    unsigned op = g->ir->op;
    if (!v_fp_checked(&v->env)) {
        bool direct = v->env.avx || op == IR_VFSQRT || g->d == g->a;
        arith_to(v, g, direct ? g->d : g->t);
        if (!direct)
            xv_move(v, g->d, g->t);
        return;
    }
    X64VecFar *f = v_far(v, g->i, v_far_vec_op);
    arith_to(v, g, g->t);
    check_result(v, f, g->ve, g->t, g->t2, op == IR_VFMUL);
    xv_move(v, g->d, g->t);
    v_far_back(v, f);
}

static void emit_minmax(X64Vec *v, const Args *g)
{
    static const uint32_t ops[2][2] = {{V_MINPS, V_MINPD}, {V_MAXPS, V_MAXPD}};
    bool max = g->ir->op == IR_VFMAX || g->ir->op == IR_VFMAXNM;
    X64Op op = ops[max][g->q];
    X64VecFar *f = v_far(v, g->i, v_far_vec_op);
    far_if_fcmp(v, f, g->q, g->t, g->a, g->b, P_UNORD_Q);
    v_op3(v, NULL, op, g->t, g->a, g->b);
    xv_move(v, g->t2, g->b);
    v_op3(v, NULL, op, g->t2, g->t2, g->a);
    v_op3(v, NULL, max ? V_PAND : V_POR, g->d, g->t, g->t2);
    v_far_back(v, f);
}

static void far_fma(X64Vec *v, const X64VecFar *f)
{
    Args g = args_of(v, f->i);
    v_call_const(v, 0, g.ir->op | (uint32_t)g.ir->aux << 8);
    for (unsigned k = 0; k < 3; k++) {
        RaLoc a = v_fma_kept(f->i, k);
        if (v_fma_neg(v, g.ir, k)) { /* the operand was named without its sign */
            xv_move(v, g.t2, a);
            a = g.t2;
            v_op3(v, NULL, V_PXOR, a, a, sign_mask(v, &g));
        }
        v_call_arg(v, f->i, k + 1, a, IR_V128);
    }
    v_call(v, HELPER_vec_op);
    v_call_result(v, g.d, IR_V128);
}

static void emit_fma(X64Vec *v, const Args *g)
{
    /* [product negated][addend negated][f64][213, 231] */
    static const uint32_t ops[2][2][2][2] = {
        {{{V_VFMADD213PS, V_VFMADD231PS}, {V_VFMADD213PD, V_VFMADD231PD}},
         {{V_VFMSUB213PS, V_VFMSUB231PS}, {V_VFMSUB213PD, V_VFMSUB231PD}}},
        {{{V_VFNMADD213PS, V_VFNMADD231PS}, {V_VFNMADD213PD, V_VFNMADD231PD}},
         {{V_VFNMSUB213PS, V_VFNMSUB231PS}, {V_VFNMSUB213PD, V_VFNMSUB231PD}}},
    };
    bool np = v_fma_neg(v, g->ir, 0) != v_fma_neg(v, g->ir, 1);
    X64VecFar *f = v_far(v, g->i, far_fma);
    RaLoc r = v_fma_begin(v, g->i, ops[np][v_fma_neg(v, g->ir, 2)][g->q]);
    check_result(v, f, g->ve, r, g->t2, v_fp_checked(&v->env));
    xv_move(v, g->d, r);
    v_far_back(v, f);
}

/* EQ is quiet, GE and GT signal, on x86 as on Arm. SSE has only LE and LT: operands swapped. */
static void emit_cmp(X64Vec *v, const Args *g)
{
    unsigned c = g->ir->aux >> VE_CMP_SHIFT;
    if (v->env.avx) {
        unsigned p = c == CMP_EQ ? P_EQ_OQ : c == CMP_SGE ? P_GE_OS : P_GT_OS;
        fcmp(v, g->q, g->d, g->a, g->b, p);
        return;
    }
    unsigned p = c == CMP_EQ ? P_EQ_OQ : c == CMP_SGE ? P_LE_OS : P_LT_OS;
    xv_move(v, g->t, c == CMP_EQ ? g->a : g->b);
    fcmp(v, g->q, g->t, g->t, c == CMP_EQ ? g->b : g->a, p);
    xv_move(v, g->d, g->t);
}

/* ---- conversions ---------------------------------------------------------------------------- */

/* One-source op into d, or checked through t. ve: of the result. */
static void convert_checked(X64Vec *v, const Args *g, X64Op op, RaLoc s, unsigned ve, bool check,
                            bool tiny)
{
    if (!check) {
        v_op2(v, op, g->d, s);
        return;
    }
    X64VecFar *f = v_far(v, g->i, v_far_vec_op);
    v_op2(v, op, g->t, s);
    check_result(v, f, ve, g->t, g->t2, tiny);
    xv_move(v, g->d, g->t);
    v_far_back(v, f);
}

static void emit_cvtl(X64Vec *v, const Args *g)
{
    RaLoc s = g->a;
    if (g->ir->aux & VE_HI) {
        v_op2i(v, V_PSHUFD, g->t, s, 0xee);
        s = g->t;
    }
    convert_checked(v, g, V_CVTPS2PD, s, VE_64, v_fp_dn(&v->env), false);
}

static void emit_cvtn(X64Vec *v, const Args *g)
{
    convert_checked(v, g, V_CVTPD2PS, g->a, VE_32, v_fp_checked(&v->env), true);
}

/* t = x rounded, ties away; see x64_fp_cvt.c. */
static void round_away(X64Vec *v, const Args *g, RaLoc x, unsigned quiet)
{
    X64Op round = g->q ? V_ROUNDPD : V_ROUNDPS;
    v_op2i(v, round, g->t, x, 3 | quiet);
    xv_move(v, g->t2, x);
    v_op3(v, NULL, g->q ? V_SUBPD : V_SUBPS, g->t2, g->t2, g->t);
    v_op3(v, NULL, g->q ? V_ADDPD : V_ADDPS, g->t2, g->t2, g->t2);
    v_op2i(v, round, g->t2, g->t2, 3 | ROUND_QUIET);
    v_op3(v, NULL, g->q ? V_ADDPD : V_ADDPS, g->t, g->t, g->t2);
}

/*
 * Far when a lane's magnitude has bits >= bound (an integer compare; NaN and infinity have), or,
 * for unsigned results, its sign set.
 */
static void range_check(X64Vec *v, const Args *g, X64VecFar *f, uint64_t bound, bool is_signed)
{
    RaLoc lim = v_pool_rep(v, g->ve, bound - 1);
    if (is_signed) {
        v_op3(v, NULL, V_PAND, g->t, g->a, abs_mask(v, g->ve));
        v_icmp(v, g->i, true, g->ve, g->t, g->t, lim);
    } else {
        v_icmp(v, g->i, true, g->ve, g->t, g->a, lim);
        v_op3(v, NULL, V_PAND, g->t2, g->a, sign_mask(v, g));
        v_op3(v, NULL, V_POR, g->t, g->t, g->t2);
    }
    far_if_any(v, f, g->t);
}

static void emit_rint(X64Vec *v, const Args *g)
{
    unsigned rm = g->ir->imm & FPX_RM_MASK, quiet = g->ir->imm & FPX_EXACT ? 0 : ROUND_QUIET;
    X64Op round = g->q ? V_ROUNDPD : V_ROUNDPS;
    bool dn = v_fp_dn(&v->env);
    if (rm != FPRM_AWAY && !dn) {
        v_op2i(v, round, g->d, g->a, v_round_imm(rm) | quiet);
        return;
    }
    X64VecFar *f = v_far(v, g->i, v_far_vec_op);
    if (rm == FPRM_AWAY) {
        range_check(v, g, f, v_fp_pow2(g->q ? IR_F64 : IR_F32, g->q ? 52 : 23), true);
        round_away(v, g, g->a, quiet);
        v_op3(v, NULL, V_PAND, g->t, g->t, abs_mask(v, g->ve));
        xv_move(v, g->t2, g->a);
        v_op3(v, NULL, V_PAND, g->t2, g->t2, sign_mask(v, g));
        v_op3(v, NULL, V_POR, g->d, g->t, g->t2);
    } else {
        v_op2i(v, round, g->t, g->a, v_round_imm(rm) | quiet);
        check_result(v, f, g->ve, g->t, g->t2, false);
        xv_move(v, g->d, g->t);
    }
    v_far_back(v, f);
}

/* d = lanes of x (integral, in range) as 64-bit integers, two scalar conversions. */
static void cvtt_pd2qq(X64Vec *v, const Args *g, RaLoc x)
{
    RaLoc r = g_tmp(g->i, 0);
    v_op2i(v, V_PSHUFD, g->t2, x, 0xee);
    if (v->env.avx) {
        x64_avx_rrr(v->e, V_CVTTSD2SI64, r, 0, v_num(x));
        v_from_gpr(v, g->t, r, 3);
        x64_avx_rrr(v->e, V_CVTTSD2SI64, r, 0, v_num(g->t2));
    } else {
        x64_sse_rr(v->e, V_CVTTSD2SI64, r, v_num(x));
        v_from_gpr(v, g->t, r, 3);
        x64_sse_rr(v->e, V_CVTTSD2SI64, r, v_num(g->t2));
    }
    v_op3i(v, NULL, V_PINSRQ, g->d, g->t, r, 1);
}

static void emit_f2i(X64Vec *v, const Args *g)
{
    unsigned rm = g->ir->imm & FPX_RM_MASK;
    int fbits = g->ir->imm >> 8 & 0xff;
    bool sg = (g->ir->imm & FPX_SIGNED) != 0;
    IrType ft = g->q ? IR_F64 : IR_F32;
    int bits = (g->q ? 64 : 32) - (sg || !v->env.avx512);
    X64VecFar *f = v_far(v, g->i, v_far_vec_op);
    RaLoc x = g->a;
    range_check(v, g, f, v_fp_pow2(ft, bits - fbits), sg);
    if (fbits) {
        v_op3(v, NULL, g->q ? V_MULPD : V_MULPS, g->t, x,
              v_pool_rep(v, g->ve, v_fp_pow2(ft, fbits)));
        x = g->t;
    }
    if (rm == FPRM_AWAY)
        round_away(v, g, x, 0);
    else if (rm != FPRM_ZERO)
        v_op2i(v, g->q ? V_ROUNDPD : V_ROUNDPS, g->t, x, v_round_imm(rm));
    if (rm != FPRM_ZERO)
        x = g->t;
    if (!g->q)
        v_op2(v, sg || !v->env.avx512 ? V_CVTTPS2DQ : V_VCVTTPS2UDQ, g->d, x);
    else if (v->env.avx512)
        v_op2(v, sg ? V_VCVTTPD2QQ : V_VCVTTPD2UQQ, g->d, x);
    else
        cvtt_pd2qq(v, g, x);
    v_far_back(v, f);
}

/* u32 -> f32: upper half * 65536 + lower half; only the addition rounds. */
static void cvt_u32(X64Vec *v, const Args *g)
{
    v_shift(v, V_PSRLDI, g->t, g->a, 16);
    v_op2(v, V_CVTDQ2PS, g->t, g->t);
    v_op3(v, NULL, V_MULPS, g->t, g->t, v_pool_rep(v, VE_32, v_fp_pow2(IR_F32, 16)));
    v_op3(v, NULL, V_PAND, g->t2, g->a, v_pool_rep(v, VE_32, 0xffff));
    v_op2(v, V_CVTDQ2PS, g->t2, g->t2);
    v_op3(v, NULL, V_ADDPS, g->d, g->t, g->t2);
}

static void cvt_s64(X64Vec *v, const Args *g)
{
    RaLoc r = g_tmp(g->i, 0);
    v_op2i(v, V_PSHUFD, g->t2, g->a, 0xee);
    v_to_gpr(v, r, g->a, 3);
    v_zero(v, g->t);
    v_op3(v, NULL, V_CVTSI2SD64, g->t, g->t, r);
    v_to_gpr(v, r, g->t2, 3);
    v_zero(v, g->t2);
    v_op3(v, NULL, V_CVTSI2SD64, g->t2, g->t2, r);
    v_op3(v, NULL, V_PUNPCKLQDQ, g->d, g->t, g->t2);
}

/*
 * The two words of each lane become the doubles 2^52 + low and 2^84 + high * 2^32; less 2^84 + 2^52
 * the latter is exact, and the sum of both rounds once. Of 0 that sum is 2^52 - 2^52: -0 when
 * rounding down, which v_by_helper() keeps out.
 */
static void cvt_u64(X64Vec *v, const Args *g)
{
    const uint64_t two52 = 0x4330000000000000, two84 = 0x4530000000000000;
    v_op3(v, NULL, V_PAND, g->t, g->a, v_pool_rep(v, VE_64, 0xffffffff));
    v_op3(v, NULL, V_POR, g->t, g->t, v_pool_rep(v, VE_64, two52));
    v_shift(v, V_PSRLQI, g->t2, g->a, 32);
    v_op3(v, NULL, V_POR, g->t2, g->t2, v_pool_rep(v, VE_64, two84));
    v_op3(v, NULL, V_SUBPD, g->t2, g->t2, v_pool_rep(v, VE_64, two84 | 1u << 20));
    v_op3(v, NULL, V_ADDPD, g->d, g->t2, g->t);
}

static void emit_i2f(X64Vec *v, const Args *g)
{
    int fbits = g->ir->imm >> 8 & 0xff;
    bool sg = (g->ir->imm & FPX_SIGNED) != 0;
    if (g->q && v->env.avx512)
        v_op2(v, sg ? V_VCVTQQ2PD : V_VCVTUQQ2PD, g->d, g->a);
    else if (g->q)
        sg ? cvt_s64(v, g) : cvt_u64(v, g);
    else if (sg)
        v_op2(v, V_CVTDQ2PS, g->d, g->a);
    else if (v->env.avx512)
        v_op2(v, V_VCVTUDQ2PS, g->d, g->a);
    else
        cvt_u32(v, g);
    if (fbits)
        v_op3(v, NULL, g->q ? V_MULPD : V_MULPS, g->d, g->d,
              v_pool_rep(v, g->ve, v_fp_pow2(g->q ? IR_F64 : IR_F32, -fbits)));
}

bool xv_emit_vfp(X64Vec *v, const RaInsn *i)
{
    Args g = args_of(v, i);
    if (v_is_half(g.ir) && xv_emit_half(v, i))
        return true;
    switch (g.ir->op) {
    case IR_VFADD:
    case IR_VFSUB:
    case IR_VFMUL:
    case IR_VFDIV:
    case IR_VFSQRT:
        emit_arith(v, &g);
        return true;
    case IR_VFMIN:
    case IR_VFMAX:
    case IR_VFMINNM:
    case IR_VFMAXNM:
        emit_minmax(v, &g);
        return true;
    case IR_VFMA:
        emit_fma(v, &g);
        return true;
    case IR_VFNEG:
        v_op3(v, i, V_PXOR, g.d, g.a, sign_mask(v, &g));
        return true;
    case IR_VFABS:
        v_op3(v, i, V_PAND, g.d, g.a, abs_mask(v, g.ve));
        return true;
    case IR_VFCMP:
        emit_cmp(v, &g);
        return true;
    case IR_VFRINT:
        emit_rint(v, &g);
        return true;
    case IR_VF2I:
        emit_f2i(v, &g);
        return true;
    case IR_VI2F:
        emit_i2f(v, &g);
        return true;
    case IR_VFCVTL:
        emit_cvtl(v, &g);
        return true;
    case IR_VFCVTN:
        emit_cvtn(v, &g);
        return true;
    default:
        return false;
    }
}

void xv_emit(X64Vec *v, const RaInsn *i)
{
    v->zeroed = false;
    if (v_by_helper(&v->env, v_ir(v, i)))
        v_call_vec_op(v, i);
    else if (!xv_emit_move(v, i) && !xv_emit_int(v, i) && !xv_emit_perm(v, i) &&
             !xv_emit_fp(v, i) && !xv_emit_cvt(v, i) && !xv_emit_vfp(v, i))
        CHECK_NEVER("a float or vector op");
    if (i->n_dst && i->dst[0].ref != i->ir && !v->zeroed)
        v_scalar_result(v, i, i->dst[0].loc);
}
