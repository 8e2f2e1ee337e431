/*
 * Half precision by F16C: lanes go to single precision, are computed there and rounded back.
 *
 * Why that is exact. Both steps round as MXCSR says.
 *  - A product of halves is a single. Sums, quotients and square roots rounded to 24 bits and then
 *    to 11 are what one rounding gives, as 24 >= 2 * 11 + 2; directed roundings always are. Where
 *    the half is subnormal, sums are exact and a quotient of 11-bit numbers that is no multiple of
 *    a power of two differs from each by more than 2^-23 of it, so the single tells them apart.
 *  - The flags: the single overflows or underflows never, is inexact only if the half is, and
 *    vcvtps2ph raises the rest. It sees underflow after rounding, Arm before: results of +-the
 *    smallest normal half are checked, of products only (of a sum none is tiny and inexact).
 *  - vcvtph2ps raises invalid for signalling NaNs and x86 keeps the first operand's payload, as in
 *    the wider formats (x64_fp.c).
 *  - Fused multiply-add: the product is exact in single; the sum is made in double, where it is
 *    inexact only if the product is beyond 2^17 (infinite as a half) or below 2^-30 of the addend,
 *    so that neither it nor what is near it is halfway. Sticky bits then stand in for what a single
 *    has no room for ("round to odd"), and the way to the half rounds once.
 *
 * Operations are on 256 bits in temps, which are registers below xmm16; the upper halves are
 * cleared behind them (SHA instructions and the kernel's state saving are slow with them dirty).
 *
 *     vfadd.16, normal:  vcvtph2ps yt, a; vcvtph2ps yt2, b; vaddps yt, yt, yt2;
 *                        vcvtps2ph d, yt, by MXCSR; vzeroupper
 */
#include "x64_vec_priv.h"

enum { INF = 0x7c00, ABS = 0x7fff, SIGN = 0x8000, MIN_NORMAL = 0x0400, HALF = 0x3800 };
enum { BY_MXCSR = 4, TRUNCATE = 3, QUIET = 8, BIAS16 = 15 };
enum { ODD_MASK = 0x1fffffff }; /* the bits that a double has more than a single */

bool v_half_native(const XvEnv *e)
{
    bool soft = v_fp_soft(e) || (e->u->mode & MODE_FP_FZ16);
    return e->avx && e->f->f16c && !soft;
}

/* ---- instructions on 256 bits ---------------------------------------------------------------- */

static void y3(X64Vec *v, X64Op op, RaLoc d, RaLoc a, RaLoc b)
{
    x64_vex_rrr(v->e, op | X64_L256, v_num(d), v_num(a), v_num(b));
}

static void y2(X64Vec *v, X64Op op, RaLoc d, RaLoc a)
{
    x64_vex_rrr(v->e, op | X64_L256, v_num(d), 0, v_num(a));
}

static void y2i(X64Vec *v, X64Op op, RaLoc d, RaLoc a, unsigned imm)
{
    y2(v, op, d, a);
    x64_u8(v->e, imm);
}

/* d = a op a literal of 32 or 64 bits in all lanes. */
static void y3_lit(X64Vec *v, X64Op op, RaLoc d, RaLoc a, unsigned ve, uint64_t lane)
{
    RaLoc c = v_pool_wide(v, ve, lane);
    x64_vex_rrm(v->e, op | X64_L256, v_num(d), v_num(a), v_mem(v, c), 0);
    v_pool_use(v, c, 0);
}

/* t = the lanes of half vector b, or 16-bit integers, widened; t is a temp. */
static void y_widen(X64Vec *v, X64Op op, RaLoc t, RaLoc b)
{
    if (v_is_reg(b))
        x64_avx_rrr(v->e, op | X64_L256, v_num(t), 0, v_num(b));
    else
        x64_avx_rrm(v->e, op | X64_L256, v_num(t), 0, v_mem(v, b));
    v_pool_use(v, b, 0);
}

/* d = singles of temp t as halves. */
static void y_to_half(X64Vec *v, RaLoc d, RaLoc t)
{
    x64_avx_rrr(v->e, V_CVTPS2PH | X64_L256, v_num(t), 0, v_num(d));
    x64_u8(v->e, BY_MXCSR);
}

static void x_to_half(X64Vec *v, RaLoc d, RaLoc t)
{
    x64_avx_rrr(v->e, V_CVTPS2PH, v_num(t), 0, v_num(d));
    x64_u8(v->e, BY_MXCSR);
}

static void y_done(X64Vec *v)
{
    x64_room(v->e);
    x64_u8(v->e, 0xc5);
    x64_u8(v->e, 0xf8);
    x64_u8(v->e, 0x77); /* vzeroupper */
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* Far when a half of r is NaN, or (tiny) +-the smallest normal number. t: scratch. */
void v_half_check(X64Vec *v, X64VecFar *f, RaLoc r, RaLoc t, bool tiny)
{
    v_op3(v, NULL, V_PAND, t, r, v_pool_rep(v, VE_16, ABS));
    v_op3(v, NULL, V_PCMPGTW, t, t, v_pool_rep(v, VE_16, INF));
    v_op2(v, V_PTEST, t, t);
    v_far_jcc(v, f, X64_NE);
    if (!tiny)
        return;
    v_op3(v, NULL, V_PAND, t, r, v_pool_rep(v, VE_16, ABS));
    v_op3(v, NULL, V_PCMPEQW, t, t, v_pool_rep(v, VE_16, MIN_NORMAL));
    v_op2(v, V_PTEST, t, t);
    v_far_jcc(v, f, X64_NE);
}

/* d = the halves of singles t, checked where a check is asked for. */
static void finish(X64Vec *v, const RaInsn *i, X64VecFar *f, RaLoc t, bool tiny)
{
    if (!f) {
        y_to_half(v, i->dst[0].loc, t);
    } else {
        y_to_half(v, t, t);
        v_half_check(v, f, t, v_tmp(i, 1), tiny);
        xv_move(v, i->dst[0].loc, t);
        v_far_back(v, f);
    }
    y_done(v);
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static void emit_arith(X64Vec *v, const RaInsn *i)
{
    static const uint32_t ops[] = {V_ADDPS, V_SUBPS, V_MULPS, V_DIVPS, V_SQRTPS};
    unsigned op = v_ir(v, i)->op;
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    X64VecFar *f = v_fp_checked(&v->env) ? v_far(v, i, v_far_vec_op) : NULL;
    y_widen(v, V_CVTPH2PS, t, i->op[0].loc);
    if (op == IR_VFSQRT) {
        y2(v, V_SQRTPS, t, t);
    } else {
        y_widen(v, V_CVTPH2PS, t2, i->op[1].loc);
        y3(v, ops[op - IR_VFADD], t, t, t2);
    }
    finish(v, i, f, t, op == IR_VFMUL);
}

/* t = an integer in the order of half a, no NaN: with the sign set the other bits are inverted. */
static void order_key(X64Vec *v, RaLoc t, RaLoc a)
{
    RaLoc s = v_in_reg(v, a, t);
    v_shift(v, V_PSRAWI, t, s, 15);
    v_shift(v, V_PSRLWI, t, t, 1);
    v_op3(v, NULL, V_PXOR, t, t, a);
}

/* On integers, which leaves -0 below +0 and needs no F16C. */
static void emit_minmax(X64Vec *v, const RaInsn *i)
{
    unsigned op = v_ir(v, i)->op;
    bool max = op == IR_VFMAX || op == IR_VFMAXNM;
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1), d = i->dst[0].loc;
    RaLoc abs = v_pool_rep(v, VE_16, ABS);
    X64VecFar *f = v_far(v, i, v_far_vec_op);
    v_op2(v, V_MOVAPS, t, abs);
    v_op3(v, NULL, V_PAND, t, t, i->op[0].loc);
    v_op2(v, V_MOVAPS, t2, abs);
    v_op3(v, NULL, V_PAND, t2, t2, i->op[1].loc);
    v_op3(v, NULL, V_PMAXSW, t, t, t2);
    v_op3(v, NULL, V_PCMPGTW, t, t, v_pool_rep(v, VE_16, INF));
    v_op2(v, V_PTEST, t, t);
    v_far_jcc(v, f, X64_NE);
    order_key(v, t, i->op[0].loc);
    order_key(v, t2, i->op[1].loc);
    v_op3(v, NULL, max ? V_PMAXSW : V_PMINSW, t, t, t2);
    order_key(v, t2, t);
    xv_move(v, d, t2);
    v_far_back(v, f);
}

/* EQ is quiet, GE and GT signal, as in the wider formats. */
static void emit_cmp(X64Vec *v, const RaInsn *i)
{
    enum { EQ_OQ = 0, GE_OS = 13, GT_OS = 14 };
    unsigned c = v_ir(v, i)->aux >> VE_CMP_SHIFT;
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    y_widen(v, V_CVTPH2PS, t, i->op[0].loc);
    y_widen(v, V_CVTPH2PS, t2, i->op[1].loc);
    y3(v, V_CMPPS, t, t, t2);
    x64_u8(v->e, c == CMP_EQ ? EQ_OQ : c == CMP_SGE ? GE_OS : GT_OS);
    y2i(v, V_VEXTRACTI128, t, t2, 1);
    v_op3(v, NULL, V_PACKSSDW, i->dst[0].loc, t, t2);
    y_done(v);
}

/* ---- fused multiply-add ---------------------------------------------------------------------- */

/* t = half lane group `high` of operand n, as four singles. */
static void widen_part(X64Vec *v, const RaInsn *i, RaLoc t, unsigned n, bool high)
{
    RaLoc a = i->op[n].loc;
    if (high) {
        v_op2i(v, V_PSHUFD, t, a, 0xee);
        a = t;
    }
    v_op2(v, V_CVTPH2PS, t, a);
}

/*
 * t = four sums, rounded to odd to singles: 24 bits, the last one set if anything was cut. That is
 * (x | (x & mask) + mask) & ~mask.
 */
static void fma_part(X64Vec *v, const RaInsn *i, bool high)
{
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    widen_part(v, i, t, 0, high);
    widen_part(v, i, t2, 1, high);
    v_op3(v, NULL, V_MULPS, t, t, t2);
    widen_part(v, i, t2, 2, high);
    y2(v, V_CVTPS2PD, t, t);
    y2(v, V_CVTPS2PD, t2, t2);
    y3(v, V_ADDPD, t, t, t2);
    y3_lit(v, V_PAND, t2, t, VE_64, ODD_MASK);
    y3_lit(v, V_PADDQ, t2, t2, VE_64, ODD_MASK);
    y3(v, V_POR, t, t, t2);
    y3_lit(v, V_PAND, t, t, VE_64, ~(uint64_t)ODD_MASK);
    y2(v, V_CVTPD2PS, t, t);
}

/* The upper four lanes wait in memory. */
static void emit_fma(X64Vec *v, const RaInsn *i)
{
    const RaLoc kept = LOC_HARG | 7;
    RaLoc t = v_tmp(i, 0);
    X64VecFar *f = v_far(v, i, v_far_vec_op);
    fma_part(v, i, true);
    x64_avx_rrmi(v->e, V_CVTPS2PH, v_num(t), 0, v_mem(v, kept), BY_MXCSR);
    fma_part(v, i, false);
    x_to_half(v, t, t);
    v_op3i(v, NULL, V_PINSRQ, t, t, kept, 1);
    v_half_check(v, f, t, v_tmp(i, 1), v_fp_checked(&v->env));
    xv_move(v, i->dst[0].loc, t);
    v_far_back(v, f);
    y_done(v);
}

/* ---- integers -------------------------------------------------------------------------------- */

/* t2 = +-0.5 with the signs of the operand's halves. */
static void signed_half(X64Vec *v, RaLoc a, RaLoc t2)
{
    if (v_is_reg(a)) {
        v_op3(v, NULL, V_PAND, t2, a, v_pool_rep(v, VE_16, SIGN));
    } else {
        xv_move(v, t2, a);
        v_op3(v, NULL, V_PAND, t2, t2, v_pool_rep(v, VE_16, SIGN));
    }
    v_op3(v, NULL, V_POR, t2, t2, v_pool_rep(v, VE_16, HALF));
    y2(v, V_CVTPH2PS, t2, t2);
}

/*
 * t = singles t rounded to integers. Ties away: trunc(x + copysign(0.5, x)), the sum exact for any
 * half; inexact, if wanted, comes from rounding x itself.
 */
static void round_singles(X64Vec *v, const RaInsn *i, unsigned rm, bool exact)
{
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    unsigned quiet = exact ? 0 : QUIET;
    if (rm != FPRM_AWAY) {
        y2i(v, V_ROUNDPS, t, t, v_round_imm(rm) | quiet);
        return;
    }
    if (exact)
        y2i(v, V_ROUNDPS, t2, t, TRUNCATE);
    signed_half(v, i->op[0].loc, t2);
    y3(v, V_ADDPS, t, t, t2);
    y2i(v, V_ROUNDPS, t, t, TRUNCATE | QUIET);
}

static void emit_rint(X64Vec *v, const RaInsn *i)
{
    int32_t imm = v_ir(v, i)->imm;
    X64VecFar *f = v_fp_dn(&v->env) ? v_far(v, i, v_far_vec_op) : NULL;
    y_widen(v, V_CVTPH2PS, v_tmp(i, 0), i->op[0].loc);
    round_singles(v, i, (unsigned)imm & FPX_RM_MASK, imm & FPX_EXACT);
    finish(v, i, f, v_tmp(i, 0), false);
}

static void scale(X64Vec *v, const RaInsn *i, int n)
{
    if (!n)
        return;
    y3_lit(v, V_MULPS, v_tmp(i, 0), v_tmp(i, 0), VE_32, v_fp_pow2(IR_F32, n));
}

/* Far when a half is too large for the integer, negative for an unsigned one, infinite or NaN. */
static void range_check(X64Vec *v, const RaInsn *i, X64VecFar *f, int fbits, bool sg)
{
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    int e = 16 - sg - fbits;
    uint64_t bound = e > BIAS16 ? INF : (uint64_t)(BIAS16 + e) << 10;
    xv_move(v, t, i->op[0].loc);
    v_op3(v, NULL, V_PAND, t2, t, v_pool_rep(v, VE_16, ABS));
    v_op3(v, NULL, V_PCMPGTW, t2, t2, v_pool_rep(v, VE_16, bound - 1));
    if (!sg) {
        v_op3(v, NULL, V_PAND, t, t, v_pool_rep(v, VE_16, SIGN));
        v_op3(v, NULL, V_POR, t2, t2, t);
    }
    v_op2(v, V_PTEST, t2, t2);
    v_far_jcc(v, f, X64_NE);
}

static void emit_f2i(X64Vec *v, const RaInsn *i)
{
    int32_t imm = v_ir(v, i)->imm;
    int fbits = imm >> 8 & 0xff;
    unsigned rm = (unsigned)imm & FPX_RM_MASK;
    bool sg = (imm & FPX_SIGNED) != 0;
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    X64VecFar *f = v_far(v, i, v_far_vec_op);
    range_check(v, i, f, fbits, sg);
    y_widen(v, V_CVTPH2PS, t, i->op[0].loc);
    scale(v, i, fbits);
    if (rm != FPRM_ZERO)
        round_singles(v, i, rm, true);
    y2(v, V_CVTTPS2DQ, t, t);
    y2i(v, V_VEXTRACTI128, t, t2, 1);
    v_op3(v, NULL, sg ? V_PACKSSDW : V_PACKUSDW, i->dst[0].loc, t, t2);
    v_far_back(v, f);
    y_done(v);
}

/* Tiny results are exact: nothing to check. */
static void emit_i2f(X64Vec *v, const RaInsn *i)
{
    int32_t imm = v_ir(v, i)->imm;
    RaLoc t = v_tmp(i, 0);
    y_widen(v, imm & FPX_SIGNED ? V_PMOVSXWD : V_PMOVZXWD, t, i->op[0].loc);
    y2(v, V_CVTDQ2PS, t, t);
    scale(v, i, -(imm >> 8 & 0xff));
    finish(v, i, NULL, t, false);
}

/* ---- other formats --------------------------------------------------------------------------- */

/* Four lanes of one half of the vector to singles. */
static void emit_cvtl(X64Vec *v, const RaInsn *i)
{
    RaLoc t = v_tmp(i, 0), d = i->dst[0].loc, a = i->op[0].loc;
    if (v_ir(v, i)->aux & VE_HI) {
        v_op2i(v, V_PSHUFD, t, a, 0xee);
        a = t;
    }
    if (!v_fp_dn(&v->env)) {
        v_op2(v, V_CVTPH2PS, d, a);
        return;
    }
    X64VecFar *f = v_far(v, i, v_far_vec_op);
    v_op2(v, V_CVTPH2PS, t, a);
    v_op3i(v, NULL, V_CMPPS, v_tmp(i, 1), t, t, 3); /* unordered */
    v_op2(v, V_PTEST, v_tmp(i, 1), v_tmp(i, 1));
    v_far_jcc(v, f, X64_NE);
    xv_move(v, d, t);
    v_far_back(v, f);
}

/* Four singles to halves, zeros above. */
static void emit_cvtn(X64Vec *v, const RaInsn *i)
{
    RaLoc t = v_tmp(i, 0);
    RaLoc a = v_in_reg(v, i->op[0].loc, t);
    if (!v_fp_checked(&v->env)) {
        x_to_half(v, i->dst[0].loc, a);
        return;
    }
    X64VecFar *f = v_far(v, i, v_far_vec_op);
    x_to_half(v, t, a);
    v_half_check(v, f, t, v_tmp(i, 1), true);
    xv_move(v, i->dst[0].loc, t);
    v_far_back(v, f);
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* The lanes above the scalar may hold anything, which must raise nothing. */
void v_half_to_single(X64Vec *v, RaLoc d, RaLoc a, RaLoc t)
{
    v_op3(v, NULL, V_PAND, t, a, v_pool(v, 0xffff, 0));
    v_op2(v, V_CVTPH2PS, d, t);
}

void v_single_to_half(X64Vec *v, RaLoc t, RaLoc a)
{
    v_op3i(v, NULL, V_INSERTPS, t, a, a, 0x0e);
    x_to_half(v, t, t);
}

/* Rounded to odd to a single, as fma_part() does. */
void v_double_to_half(X64Vec *v, RaLoc t, RaLoc a, RaLoc t2)
{
    v_op2(v, V_MOVQ, t, a);
    v_op3(v, NULL, V_PAND, t2, t, v_pool_rep(v, VE_64, ODD_MASK));
    v_op3(v, NULL, V_PADDQ, t2, t2, v_pool_rep(v, VE_64, ODD_MASK));
    v_op3(v, NULL, V_POR, t, t, t2);
    v_op3(v, NULL, V_PAND, t, t, v_pool_rep(v, VE_64, ~(uint64_t)ODD_MASK));
    v_op2(v, V_CVTPD2PS, t, t);
    x_to_half(v, t, t);
}

bool xv_emit_half(X64Vec *v, const RaInsn *i)
{
    switch (v_ir(v, i)->op) {
    case IR_VFADD:
    case IR_VFSUB:
    case IR_VFMUL:
    case IR_VFDIV:
    case IR_VFSQRT:
        emit_arith(v, i);
        return true;
    case IR_VFMIN:
    case IR_VFMAX:
    case IR_VFMINNM:
    case IR_VFMAXNM:
        emit_minmax(v, i);
        return true;
    case IR_VFMA:
        emit_fma(v, i);
        return true;
    case IR_VFCMP:
        emit_cmp(v, i);
        return true;
    case IR_VFRINT:
        emit_rint(v, i);
        return true;
    case IR_VF2I:
        emit_f2i(v, i);
        return true;
    case IR_VI2F:
        emit_i2f(v, i);
        return true;
    case IR_VFCVTL:
        emit_cvtl(v, i);
        return true;
    case IR_VFCVTN:
        emit_cvtn(v, i);
        return true;
    default:
        return false;
    }
}
