/*
 * Lanewise integer and bitwise vector ops.
 *
 * One opcode where SSE has it. The others, with t and t2 the insn's temps:
 *
 *     vmul.8   (a >> 8 in words) * (b & ff00) gives the odd bytes in place; a * b the even ones
 *     vushl    left and right shifts with counts & 255: the one that does not apply gives zero
 *     vushl.16 without AVX-512: even and odd words in the doublewords that hold them
 */
#include "x64_vec_priv.h"

typedef struct Args {
    const RaInsn *i;
    RaLoc d, a, b, t, t2;
    unsigned ve;
} Args;

static Args args_of(const X64Vec *v, const RaInsn *i)
{
    Args g = {.i = i,
              .d = i->dst[0].loc,
              .a = i->op[0].loc,
              .b = LOC_NONE,
              .t = LOC_NONE,
              .t2 = LOC_NONE,
              .ve = v_ir(v, i)->aux & VE_MASK};
    if (i->n_ops > 1)
        g.b = i->op[1].loc;
    if (i->n_tmp[RC_VEC] > 0)
        g.t = v_tmp(i, 0);
    if (i->n_tmp[RC_VEC] > 1)
        g.t2 = v_tmp(i, 1);
    return g;
}

/* By IrOp and element: the opcode of a lanewise op, 0 if there is none. */
typedef struct LaneOp {
    uint8_t op;
    bool commutes;
    uint32_t by_ve[4];
} LaneOp;

static const LaneOp lane_ops[] = {
    {IR_VADD, true, {V_PADDB, V_PADDW, V_PADDD, V_PADDQ}},
    {IR_VSUB, false, {V_PSUBB, V_PSUBW, V_PSUBD, V_PSUBQ}},
    {IR_VMUL, true, {0, V_PMULLW, V_PMULLD, V_PMULLQ}},
    {IR_VSMIN, true, {V_PMINSB, V_PMINSW, V_PMINSD, V_PMINSQ}},
    {IR_VSMAX, true, {V_PMAXSB, V_PMAXSW, V_PMAXSD, V_PMAXSQ}},
    {IR_VUMIN, true, {V_PMINUB, V_PMINUW, V_PMINUD, V_PMINUQ}},
    {IR_VUMAX, true, {V_PMAXUB, V_PMAXUW, V_PMAXUD, V_PMAXUQ}},
    {IR_VURHADD, true, {V_PAVGB, V_PAVGW, 0, 0}},
    {IR_VSQADD, true, {V_PADDSB, V_PADDSW, 0, 0}},
    {IR_VUQADD, true, {V_PADDUSB, V_PADDUSW, 0, 0}},
    {IR_VSQSUB, false, {V_PSUBSB, V_PSUBSW, 0, 0}},
    {IR_VUQSUB, false, {V_PSUBUSB, V_PSUBUSW, 0, 0}},
    {IR_VZIP1, false, {V_PUNPCKLBW, V_PUNPCKLWD, V_PUNPCKLDQ, V_PUNPCKLQDQ}},
    {IR_VZIP2, false, {V_PUNPCKHBW, V_PUNPCKHWD, V_PUNPCKHDQ, V_PUNPCKHQDQ}},
};

static const LaneOp *lane_op(unsigned op)
{
    for (unsigned k = 0; k < ARRAY_LEN(lane_ops); k++)
        if (lane_ops[k].op == op)
            return &lane_ops[k];
    return NULL;
}

static bool emit_lane_op(X64Vec *v, const Args *g, unsigned op)
{
    const LaneOp *l = lane_op(op);
    if (!l || !l->by_ve[g->ve])
        return false;
    X64Op x = l->by_ve[g->ve];
    if ((x & X64_EVEX_ONLY) && !v->env.avx512)
        return false;
    if (l->commutes)
        v_op3c(v, g->i, x, g->d, g->a, g->b);
    else
        v_op3(v, g->i, x, g->d, g->a, g->b);
    return true;
}

static void emit_mul(X64Vec *v, const Args *g)
{
    RaLoc t = g->t, t2 = g->t2;
    if (g->ve == VE_8) {
        xv_move(v, t, g->b);
        v_op3(v, NULL, V_PAND, t, t, v_pool_rep(v, VE_16, 0xff00));
        v_shift(v, V_PSRLWI, t2, g->a, 8);
        v_op3(v, NULL, V_PMULLW, t, t, t2);
        v_op3(v, NULL, V_PMULLW, t2, g->a, g->b);
        v_op3(v, NULL, V_PAND, t2, t2, v_pool_rep(v, VE_16, 0xff));
        v_op3(v, NULL, V_POR, g->d, t, t2);
        return;
    }
    /* 64: low * low + ((a high * b low + b high * a low) << 32) */
    v_shift(v, V_PSRLQI, t, g->a, 32);
    v_op3(v, NULL, V_PMULUDQ, t, t, g->b);
    xv_move(v, t2, g->b);
    v_shift(v, V_PSRLQI, t2, t2, 32);
    v_op3(v, NULL, V_PMULUDQ, t2, t2, g->a);
    v_op3(v, NULL, V_PADDQ, t, t, t2);
    v_shift(v, V_PSLLQI, t, t, 32);
    v_op3(v, NULL, V_PMULUDQ, t2, g->a, g->b);
    v_op3(v, NULL, V_PADDQ, g->d, t, t2);
}

static void emit_neg(X64Vec *v, const Args *g)
{
    static const uint32_t sub[4] = {V_PSUBB, V_PSUBW, V_PSUBD, V_PSUBQ};
    v_zero(v, g->t);
    v_op3(v, g->i, sub[g->ve], g->d, g->t, g->a);
}

static void emit_abs(X64Vec *v, const Args *g)
{
    static const uint32_t abs_op[4] = {V_PABSB, V_PABSW, V_PABSD, V_PABSQ};
    if (g->ve < VE_64 || v->env.avx512) {
        v_op2(v, abs_op[g->ve], g->d, g->a);
        return;
    }
    v_zero(v, g->t);
    v_op3(v, NULL, V_PCMPGTQ, g->t, g->t, g->a);
    xv_move(v, g->t2, g->a);
    v_op3(v, NULL, V_PXOR, g->t2, g->t2, g->t);
    v_op3(v, NULL, V_PSUBQ, g->d, g->t2, g->t);
}

/* t = a > b as unsigned quadwords; uses t2. */
static void gt_u64(X64Vec *v, const Args *g, RaLoc a, RaLoc b)
{
    RaLoc sign = v_pool_rep(v, VE_64, 1ull << 63);
    xv_move(v, g->t, a);
    v_op3(v, NULL, V_PXOR, g->t, g->t, sign);
    xv_move(v, g->t2, b);
    v_op3(v, NULL, V_PXOR, g->t2, g->t2, sign);
    v_op3(v, NULL, V_PCMPGTQ, g->t, g->t, g->t2);
}

static void emit_minmax64(X64Vec *v, const Args *g, unsigned op)
{
    if (op == IR_VUMIN || op == IR_VUMAX)
        gt_u64(v, g, g->a, g->b);
    else
        v_op3(v, NULL, V_PCMPGTQ, g->t, g->a, g->b);
    bool max = op == IR_VSMAX || op == IR_VUMAX;
    v_op3(v, NULL, V_PXOR, g->t2, g->a, g->b);
    v_op3(v, NULL, V_PAND, g->t2, g->t2, g->t);
    v_op3c(v, NULL, V_PXOR, g->d, g->t2, max ? g->b : g->a);
}

static void emit_rhadd(X64Vec *v, const Args *g)
{
    bool q = g->ve == VE_64;
    v_op3(v, NULL, V_PXOR, g->t, g->a, g->b);
    v_shift(v, q ? V_PSRLQI : V_PSRLDI, g->t, g->t, 1);
    v_op3(v, NULL, V_POR, g->t2, g->a, g->b);
    v_op3(v, NULL, q ? V_PSUBQ : V_PSUBD, g->d, g->t2, g->t);
}

static void invert(X64Vec *v, RaLoc d, RaLoc s)
{
    v_op3(v, NULL, V_PXOR, d, s, v_pool(v, ~0ull, ~0ull));
}

static void emit_cmp64(X64Vec *v, const Args *g, IrCmp c)
{
    switch (c) {
    case CMP_SGE:
        xv_move(v, g->t, g->b);
        v_op3(v, NULL, V_PCMPGTQ, g->t, g->t, g->a);
        invert(v, g->d, g->t);
        return;
    case CMP_UGT:
        gt_u64(v, g, g->a, g->b);
        xv_move(v, g->d, g->t);
        return;
    default:
        gt_u64(v, g, g->b, g->a);
        invert(v, g->d, g->t);
        return;
    }
}

static void emit_cmp(X64Vec *v, const Args *g, IrCmp c)
{
    static const uint32_t max_op[2][4] = {{V_PMAXSB, V_PMAXSW, V_PMAXSD, 0},
                                          {V_PMAXUB, V_PMAXUW, V_PMAXUD, 0}};
    static const uint32_t minu[4] = {V_PMINUB, V_PMINUW, V_PMINUD, 0};
    if (c == CMP_EQ || c == CMP_SGT) {
        v_icmp(v, g->i, c == CMP_SGT, g->ve, g->d, g->a, g->b);
    } else if (v->env.avx512) {
        v_kcmp(v, g->ve, c == CMP_SGE, g->d, g->a, g->b, c == CMP_UGT ? 6 : 5);
    } else if (g->ve == VE_64) {
        emit_cmp64(v, g, c);
    } else if (c == CMP_UGT) {
        v_op3(v, NULL, minu[g->ve], g->t, g->a, g->b);
        v_icmp(v, NULL, false, g->ve, g->t, g->t, g->a);
        invert(v, g->d, g->t);
    } else { /* a >= b: max(a, b) == a */
        v_op3(v, NULL, max_op[c == CMP_UGE][g->ve], g->t, g->a, g->b);
        v_icmp(v, NULL, false, g->ve, g->d, g->t, g->a);
    }
}

/* ---- shifts -------------------------------------------------------------------------------- */

static void emit_shift_bytes(X64Vec *v, const Args *g, unsigned op, unsigned n)
{
    if (op != IR_VSARI && n >= 8) {
        v_zero(v, g->d);
        return;
    }
    if (op == IR_VSHLI) {
        v_shift(v, V_PSLLWI, g->d, g->a, n);
        v_op3(v, NULL, V_PAND, g->d, g->d, v_pool_rep(v, VE_8, 0xffu << n));
        return;
    }
    n = MIN(n, 7u + (op != IR_VSARI));
    v_shift(v, V_PSRLWI, g->d, g->a, n);
    v_op3(v, NULL, V_PAND, g->d, g->d, v_pool_rep(v, VE_8, 0xffu >> n));
    if (op == IR_VSARI) {
        RaLoc m = v_pool_rep(v, VE_8, 0x80u >> n);
        v_op3(v, NULL, V_PXOR, g->d, g->d, m);
        v_op3(v, NULL, V_PSUBB, g->d, g->d, m);
    }
}

static void emit_shift_imm(X64Vec *v, const Args *g, unsigned op, unsigned n)
{
    static const uint32_t ops[3][4] = {{0, V_PSLLWI, V_PSLLDI, V_PSLLQI},
                                       {0, V_PSRLWI, V_PSRLDI, V_PSRLQI},
                                       {0, V_PSRAWI, V_PSRADI, V_PSRAQI}};
    if (n == 0) {
        xv_move(v, g->d, g->a);
    } else if (g->ve == VE_8) {
        emit_shift_bytes(v, g, op, n);
    } else if (op == IR_VSARI && g->ve == VE_64 && !v->env.avx512) {
        n = MIN(n, 63u);
        RaLoc m = v_pool_rep(v, VE_64, 1ull << (63 - n));
        v_shift(v, V_PSRLQI, g->d, g->a, n);
        v_op3(v, NULL, V_PXOR, g->d, g->d, m);
        v_op3(v, NULL, V_PSUBQ, g->d, g->d, m);
    } else {
        v_shift(v, ops[op - IR_VSHLI][g->ve], g->d, g->a, n);
    }
}

/* The byte counts, each zero-extended to its lane: a count that does not apply is >= 128. */
static void emit_ushl(X64Vec *v, const Args *g)
{
    static const uint32_t left[4] = {0, V_PSLLVW, V_PSLLVD, V_PSLLVQ};
    static const uint32_t right[4] = {0, V_PSRLVW, V_PSRLVD, V_PSRLVQ};
    RaLoc ff = v_pool_rep(v, g->ve, 0xff), t = g->t, t2 = g->t2;
    v_zero(v, t);
    v_op3(v, NULL, V_PSUBB, t, t, g->b);
    v_op3(v, NULL, V_PAND, t, t, ff);
    v_op3(v, NULL, right[g->ve], t, g->a, t);
    xv_move(v, t2, g->b);
    v_op3(v, NULL, V_PAND, t2, t2, ff);
    v_op3(v, NULL, left[g->ve], t2, g->a, t2);
    v_op3(v, NULL, V_POR, g->d, t, t2);
}

/* d = the signed low byte of b in each lane. */
static void sext_count(X64Vec *v, const Args *g, RaLoc d)
{
    static const uint32_t sll[4] = {0, V_PSLLWI, V_PSLLDI, V_PSLLQI};
    static const uint32_t sra[4] = {0, V_PSRAWI, V_PSRADI, V_PSRAQI};
    unsigned n = (8u << g->ve) - 8;
    xv_move(v, d, g->b);
    v_shift(v, sll[g->ve], d, d, n);
    v_shift(v, sra[g->ve], d, d, n);
}

/* t2 = right shift by the negated count, t = left shift; the count's sign tells which. */
static void emit_sshl(X64Vec *v, const Args *g)
{
    static const uint32_t left[4] = {0, V_PSLLVW, V_PSLLVD, V_PSLLVQ};
    static const uint32_t right[4] = {0, V_PSRAVW, V_PSRAVD, V_PSRAVQ};
    static const uint32_t sub[4] = {0, V_PSUBW, V_PSUBD, V_PSUBQ};
    static const uint32_t signs[4] = {0, V_VPMOVW2M, V_VPMOVD2M, V_VPMOVQ2M};
    static const uint32_t blend[4] = {0, V_MOVDQU16, V_MOVDQA32, V_MOVDQA64};
    RaLoc t = g->t, t2 = g->t2;
    sext_count(v, g, t2);
    xv_move(v, t, t2);
    invert(v, t2, t2);
    v_op3(v, NULL, sub[g->ve], t2, t2, v_pool(v, ~0ull, ~0ull));
    v_op3(v, NULL, right[g->ve], t2, g->a, t2);
    if (v->env.avx512) {
        x64_evex_rrr(v->e, signs[g->ve], 1, 0, v_num(t), 0);
        v_op3(v, NULL, left[g->ve], t, g->a, t);
        x64_evex_rrr(v->e, blend[g->ve], v_num(t), 0, v_num(t2), 1);
        xv_move(v, g->d, t);
        return;
    }
    v_op3(v, NULL, V_PSLLVD, g->d, g->a, t);
    x64_vex_blendv(v->e, V_VBLENDVPS, v_num(g->d), v_num(g->d), v_num(t2), v_num(t));
}

/* ---- what AVX2 has no shift by lanes for: d is early, a and b stay to the end ---- */

/* d = the unsigned low byte of each word of b (negated if neg), for its even (or odd) words. */
static void word_count(X64Vec *v, const Args *g, RaLoc d, bool neg, bool odd)
{
    if (neg) {
        v_zero(v, d);
        v_op3(v, NULL, V_PSUBB, d, d, g->b);
    } else {
        xv_move(v, d, g->b);
    }
    if (odd)
        v_shift(v, V_PSRLDI, d, d, 16);
    v_op3(v, NULL, V_PAND, d, d, v_pool_rep(v, VE_32, 0xff));
}

/* d = words of a shifted left, and t, t2 used: each doubleword is shifted once for either word. */
static void words_left(X64Vec *v, const Args *g)
{
    word_count(v, g, g->t, false, false);
    v_op3(v, NULL, V_PSLLVD, g->d, g->a, g->t);
    v_op3(v, NULL, V_PAND, g->d, g->d, v_pool_rep(v, VE_32, 0xffff));
    word_count(v, g, g->t, false, true);
    v_op3(v, NULL, V_PAND, g->t2, g->a, v_pool_rep(v, VE_32, 0xffff0000));
    v_op3(v, NULL, V_PSLLVD, g->t2, g->t2, g->t);
    v_op3(v, NULL, V_POR, g->d, g->d, g->t2);
}

/* t2 = words of a shifted right by the negated counts, and t used. */
static void words_right(X64Vec *v, const Args *g, bool is_signed)
{
    uint32_t by_lane = is_signed ? V_PSRAVD : V_PSRLVD;
    word_count(v, g, g->t, true, false);
    v_shift(v, V_PSLLDI, g->t2, g->a, 16);
    v_shift(v, is_signed ? V_PSRADI : V_PSRLDI, g->t2, g->t2, 16);
    v_op3(v, NULL, by_lane, g->t2, g->t2, g->t);
    v_op3(v, NULL, V_PAND, g->t2, g->t2, v_pool_rep(v, VE_32, 0xffff));
    word_count(v, g, g->t, true, true);
    v_op3(v, NULL, by_lane, g->t, g->a, g->t);
    v_op3(v, NULL, V_PAND, g->t, g->t, v_pool_rep(v, VE_32, 0xffff0000));
    v_op3(v, NULL, V_POR, g->t2, g->t2, g->t);
}

static void emit_word_shift(X64Vec *v, const Args *g, bool is_signed)
{
    words_left(v, g);
    words_right(v, g, is_signed);
    if (!is_signed) { /* the direction that does not apply has given zero */
        v_op3(v, NULL, V_POR, g->d, g->d, g->t2);
        return;
    }
    xv_move(v, g->t, g->b);
    v_shift(v, V_PSLLWI, g->t, g->t, 8);
    v_shift(v, V_PSRAWI, g->t, g->t, 15);
    x64_vex_blendv(v->e, V_VPBLENDVB, v_num(g->d), v_num(g->d), v_num(g->t2), v_num(g->t));
}

/* Doublewords to the right with their sign: what is negative is shifted inverted. */
static void emit_sshl64(X64Vec *v, const Args *g)
{
    RaLoc ff = v_pool_rep(v, VE_64, 0xff);
    v_zero(v, g->t2);
    v_op3(v, NULL, V_PCMPGTQ, g->t2, g->t2, g->a);
    v_zero(v, g->t);
    v_op3(v, NULL, V_PSUBB, g->t, g->t, g->b);
    v_op3(v, NULL, V_PAND, g->t, g->t, ff);
    v_op3(v, NULL, V_PXOR, g->d, g->a, g->t2);
    v_op3(v, NULL, V_PSRLVQ, g->d, g->d, g->t);
    v_op3(v, NULL, V_PXOR, g->d, g->d, g->t2);
    xv_move(v, g->t, g->b);
    v_shift(v, V_PSLLQI, g->t2, g->t, 56); /* its sign: to the right */
    v_op3(v, NULL, V_PAND, g->t, g->t, ff);
    v_op3(v, NULL, V_PSLLVQ, g->t, g->a, g->t);
    x64_vex_blendv(v->e, V_VBLENDVPD, v_num(g->d), v_num(g->t), v_num(g->d), v_num(g->t2));
}

/* ---- saturating ---------------------------------------------------------------------------- */

static void emit_uqadd(X64Vec *v, const Args *g, bool sub)
{
    bool q = g->ve == VE_64;
    if (sub) { /* max(a, b) - b */
        v_op3(v, NULL, q ? V_PMAXUQ : V_PMAXUD, g->t, g->a, g->b);
        v_op3(v, g->i, q ? V_PSUBQ : V_PSUBD, g->d, g->t, g->b);
        return;
    }
    invert(v, g->t, g->a); /* a + min(b, ~a) */
    v_op3(v, NULL, q ? V_PMINUQ : V_PMINUD, g->t, g->t, g->b);
    v_op3c(v, NULL, q ? V_PADDQ : V_PADDD, g->d, g->t, g->a);
}

/* Overflow: add: (r ^ a) & (r ^ b) negative; sub: (a ^ b) & (a ^ r) negative. */
static void emit_sqadd(X64Vec *v, const Args *g, bool sub)
{
    static const uint32_t ops[2][2] = {{V_PADDD, V_PADDQ}, {V_PSUBD, V_PSUBQ}};
    bool q = g->ve == VE_64;
    RaLoc b = v_in_reg(v, g->b, g->t2);
    v_op3(v, NULL, ops[sub][q], g->t, g->a, b);
    if (b == g->t2) { /* keep b: t2 = (b op ...) needs a as the first input */
        v_op3i(v, NULL, V_PTERNLOG, g->t2, g->t, g->a, sub ? 0x42 : 0x24);
    } else {
        xv_move(v, g->t2, g->a);
        v_op3i(v, NULL, V_PTERNLOG, g->t2, g->t, b, sub ? 0x18 : 0x24);
    }
    x64_evex_rrr(v->e, q ? V_VPMOVQ2M : V_VPMOVD2M, 1, 0, v_num(g->t2), 0);
    v_shift(v, q ? V_PSRAQI : V_PSRADI, g->t2, g->a, 63);
    v_op3(v, NULL, V_PXOR, g->t2, g->t2, v_pool_rep(v, g->ve, q ? INT64_MAX : INT32_MAX));
    x64_evex_rrr(v->e, q ? V_MOVDQA64 : V_MOVDQA32, v_num(g->t), 0, v_num(g->t2), 1);
    xv_move(v, g->d, g->t);
}

/* ---- bitwise ------------------------------------------------------------------------------- */

static void emit_bsl(X64Vec *v, const RaInsn *i)
{
    RaLoc d = i->dst[0].loc, a = i->op[0].loc, b = i->op[1].loc, c = i->op[2].loc, t = v_tmp(i, 0);
    if (v->env.avx512) {
        bool direct = d == a || (d != b && d != c);
        RaLoc r = direct ? d : t;
        xv_move(v, r, a);
        v_op3i(v, NULL, V_PTERNLOG, r, b, c, 0xca); /* operands r, b, c: r ? b : c */
        xv_move(v, d, r);
        return;
    }
    v_op3(v, NULL, V_PXOR, t, b, c);
    v_op3(v, NULL, V_PAND, t, t, a);
    v_op3c(v, NULL, V_PXOR, d, t, c);
}

static bool emit_bitwise(X64Vec *v, const Args *g, unsigned op)
{
    switch (op) {
    case IR_VAND:
        v_op3c(v, NULL, V_PAND, g->d, g->a, g->b);
        return true;
    case IR_VOR:
        v_op3c(v, NULL, V_POR, g->d, g->a, g->b);
        return true;
    case IR_VXOR:
        v_op3c(v, NULL, V_PXOR, g->d, g->a, g->b);
        return true;
    case IR_VANDN:
        v_op3(v, g->i, V_PANDN, g->d, g->b, g->a);
        return true;
    case IR_VNOT:
        invert(v, g->d, g->a);
        return true;
    case IR_VBSL:
        emit_bsl(v, g->i);
        return true;
    default:
        return false;
    }
}

bool xv_emit_int(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    Args g = args_of(v, i);
    if (emit_bitwise(v, &g, ir->op) || emit_lane_op(v, &g, ir->op))
        return true;
    switch (ir->op) {
    case IR_VMUL:
        emit_mul(v, &g);
        return true;
    case IR_VNEG:
        emit_neg(v, &g);
        return true;
    case IR_VABS:
        emit_abs(v, &g);
        return true;
    case IR_VSMIN:
    case IR_VSMAX:
    case IR_VUMIN:
    case IR_VUMAX:
        emit_minmax64(v, &g, ir->op);
        return true;
    case IR_VURHADD:
        emit_rhadd(v, &g);
        return true;
    case IR_VCMP:
        emit_cmp(v, &g, (IrCmp)(ir->aux >> VE_CMP_SHIFT));
        return true;
    case IR_VSHLI:
    case IR_VSHRI:
    case IR_VSARI:
        emit_shift_imm(v, &g, ir->op, (unsigned)ir->imm);
        return true;
    case IR_VUSHL:
    case IR_VSSHL:
        if (g.ve == VE_16 && !v->env.avx512)
            emit_word_shift(v, &g, ir->op == IR_VSSHL);
        else if (ir->op == IR_VUSHL)
            emit_ushl(v, &g);
        else if (g.ve == VE_64 && !v->env.avx512)
            emit_sshl64(v, &g);
        else
            emit_sshl(v, &g);
        return true;
    case IR_VUQADD:
        emit_uqadd(v, &g, false);
        return true;
    case IR_VUQSUB:
        emit_uqadd(v, &g, true);
        return true;
    case IR_VSQADD:
        emit_sqadd(v, &g, false);
        return true;
    case IR_VSQSUB:
        emit_sqadd(v, &g, true);
        return true;
    default:
        return false;
    }
}
