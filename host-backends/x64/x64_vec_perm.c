/*
 * Permutes, widening and narrowing, pairwise ops and reductions.
 *
 *     vuzp1.8      keep the low byte of each word of a and b; packuswb
 *     vtbl         idx - 16 k, saturating + 0x70: bit 7 set where out of table k; pshufb gives 0
 *     vaddv.8      psadbw with zero, add the halves, keep the low byte
 */
#include "x64_vec_priv.h"
#include "aes.h"

typedef struct Args {
    const RaInsn *i;
    RaLoc d, a, b, t, t2;
    unsigned ve, aux;
} Args;

static Args args_of(const X64Vec *v, const RaInsn *i)
{
    unsigned aux = v_ir(v, i)->aux;
    Args g = {.i = i,
              .d = i->dst[0].loc,
              .a = i->op[0].loc,
              .b = LOC_NONE,
              .t = LOC_NONE,
              .t2 = LOC_NONE,
              .ve = aux & VE_MASK,
              .aux = aux};
    if (i->n_ops > 1)
        g.b = i->op[1].loc;
    if (i->n_tmp[RC_VEC] > 0)
        g.t = v_tmp(i, 0);
    if (i->n_tmp[RC_VEC] > 1)
        g.t2 = v_tmp(i, 1);
    return g;
}

/* t = the low or high halves of a's double-width elements, as such; the same for t2 and b. */
static void halves(X64Vec *v, const Args *g, RaLoc t, RaLoc s, bool high)
{
    xv_move(v, t, s);
    if (high)
        v_shift(v, g->ve == VE_8 ? V_PSRLWI : V_PSRLDI, t, t, 8u << g->ve);
    else
        v_op3(v, NULL, V_PAND, t, t, v_pool_rep(v, g->ve + 1, g->ve == VE_8 ? 0xff : 0xffff));
}

/* The odd bytes of r are zero, by how it is made (a pairwise minimum's operand). */
static bool odd_bytes_zero(const X64Vec *v, IrRef r)
{
    const IrUnit *u = v->env.u;
    const IrInsn *x = &u->insns[r];
    if (x->op == IR_VUMIN && (x->aux & VE_MASK) == VE_8)
        x = &u->insns[x->arg[1]];
    return x->op == IR_VSHRI && (x->aux & VE_MASK) == VE_16 && x->imm >= 8;
}

static void emit_uzp(X64Vec *v, const Args *g, bool second)
{
    bool bytes = g->ve == VE_8 && !second;
    if (bytes && odd_bytes_zero(v, g->i->op[0].ref) && odd_bytes_zero(v, g->i->op[1].ref)) {
        v_op3(v, g->i, V_PACKUSWB, g->d, g->a, g->b);
        return;
    }
    if (g->a == g->b && g->ve <= VE_16) {
        uint64_t even = g->ve == VE_8 ? 0x0e0c0a0806040200 : 0x0d0c090805040100;
        uint64_t odd = even + (g->ve == VE_8 ? 0x0101010101010101 : 0x0202020202020202);
        v_op3(v, g->i, V_PSHUFB, g->d, g->a, v_pool(v, second ? odd : even, second ? odd : even));
    } else if (g->ve == VE_64) {
        v_op3(v, g->i, second ? V_PUNPCKHQDQ : V_PUNPCKLQDQ, g->d, g->a, g->b);
    } else if (g->ve == VE_32) {
        v_op3i(v, g->i, V_SHUFPS, g->d, g->a, g->b, second ? 0xdd : 0x88);
    } else {
        halves(v, g, g->t, g->a, second);
        halves(v, g, g->t2, g->b, second);
        v_op3(v, NULL, g->ve == VE_8 ? V_PACKUSWB : V_PACKUSDW, g->d, g->t, g->t2);
    }
}

static void emit_trn(X64Vec *v, const Args *g, bool second)
{
    unsigned w = 8u << g->ve;
    if (g->ve == VE_64) {
        v_op3(v, g->i, second ? V_PUNPCKHQDQ : V_PUNPCKLQDQ, g->d, g->a, g->b);
    } else if (g->ve == VE_32) {
        v_op3i(v, NULL, V_SHUFPS, g->t, g->a, g->b, second ? 0xdd : 0x88);
        v_op2i(v, V_PSHUFD, g->d, g->t, 0xd8);
    } else if (second) { /* a >> w | b's odd elements in place */
        v_shift(v, g->ve == VE_8 ? V_PSRLWI : V_PSRLDI, g->t, g->a, w);
        xv_move(v, g->t2, g->b);
        v_op3(v, NULL, V_PAND, g->t2, g->t2,
              v_pool_rep(v, g->ve + 1, g->ve == VE_8 ? 0xff00 : 0xffff0000));
        v_op3(v, NULL, V_POR, g->d, g->t, g->t2);
    } else {
        halves(v, g, g->t, g->a, false);
        xv_move(v, g->t2, g->b);
        v_shift(v, g->ve == VE_8 ? V_PSLLWI : V_PSLLDI, g->t2, g->t2, w);
        v_op3(v, NULL, V_POR, g->d, g->t, g->t2);
    }
}

/* Byte j of the result is byte sel(j) of the source: reversal within containers. */
static void emit_rev(X64Vec *v, const Args *g)
{
    unsigned n = 1u << (g->aux >> VE_CONT_SHIFT & VE_MASK), e = 1u << g->ve;
    if (e == 4 && n == 8) {
        v_op2i(v, V_PSHUFD, g->d, g->a, 0xb1);
        return;
    }
    V128 sel;
    for (unsigned j = 0; j < 16; j++) /* element order turned, bytes in it kept */
        sel.u8[j] =
            (uint8_t)((j & ~(n - 1)) | ((n - e) - (j & (n - 1) & ~(e - 1))) | (j & (e - 1)));
    v_op3(v, NULL, V_PSHUFB, g->d, g->a, v_pool(v, sel.u64[0], sel.u64[1]));
}

static void emit_tbl(X64Vec *v, const Args *g)
{
    RaLoc x70 = v_pool_rep(v, VE_8, 0x70);
    if (g->i->n_ops == 2) {
        xv_move(v, g->t, g->a);
        v_op3(v, NULL, V_PADDUSB, g->t, g->t, x70);
        v_op3(v, g->i, V_PSHUFB, g->d, g->b, g->t);
        return;
    }
    for (unsigned k = 0; k + 1 < g->i->n_ops; k++) {
        RaLoc table = g->i->op[k + 1].loc;
        xv_move(v, g->t, g->a);
        if (k)
            v_op3(v, NULL, V_PSUBB, g->t, g->t, v_pool_rep(v, VE_8, 16 * k));
        v_op3(v, NULL, V_PADDUSB, g->t, g->t, x70);
        table = v_in_reg(v, table, g->t2);
        if (k == 0) {
            v_op3(v, NULL, V_PSHUFB, g->d, table, g->t);
            continue;
        }
        v_op3(v, NULL, V_PSHUFB, g->t2, table, g->t);
        v_op3(v, NULL, V_POR, g->d, g->d, g->t2);
    }
}

static void emit_xtl(X64Vec *v, const Args *g)
{
    static const uint32_t ext[2][3] = {{V_PMOVZXBW, V_PMOVZXWD, V_PMOVZXDQ},
                                       {V_PMOVSXBW, V_PMOVSXWD, V_PMOVSXDQ}};
    RaLoc s = g->a;
    if (g->aux & VE_HI) {
        v_op2i(v, V_PSHUFD, g->d, s, 0xee);
        s = g->d;
    }
    v_op2(v, ext[(g->aux & VE_SIGNED) != 0][g->ve], g->d, s);
}

static void emit_xtn(X64Vec *v, const Args *g)
{
    V128 sel;
    unsigned e = 1u << g->ve;
    for (unsigned j = 0; j < 16; j++)
        sel.u8[j] = (uint8_t)(j < 8 ? (j & ~(e - 1)) * 2 + (j & (e - 1)) : 0x80);
    v_op3(v, NULL, V_PSHUFB, g->d, g->a, v_pool(v, sel.u64[0], sel.u64[1]));
}

/* EVEX down-converts have the source in ModRM.reg. */
static void down(X64Vec *v, X64Op op, RaLoc d, RaLoc s)
{
    x64_evex_rrr(v->e, op, v_num(s), 0, v_num(d), 0);
}

static void pack_low(X64Vec *v, const Args *g, X64Op op, RaLoc s)
{
    v_op3(v, NULL, op, g->d, s, s);
    v_op2(v, V_MOVQ, g->d, g->d);
}

static void emit_qxtn(X64Vec *v, const Args *g, unsigned op)
{
    bool b = g->ve == VE_8;
    if (op == IR_VSQXTN) {
        if (g->ve == VE_32)
            down(v, V_VPMOVSQD, g->d, g->a);
        else
            pack_low(v, g, b ? V_PACKSSWB : V_PACKSSDW, g->a);
    } else if (op == IR_VSQXTUN) {
        if (g->ve < VE_32) {
            pack_low(v, g, b ? V_PACKUSWB : V_PACKUSDW, g->a);
            return;
        }
        v_op3(v, NULL, V_PMAXSQ, g->d, g->a, v_pool(v, 0, 0));
        down(v, V_VPMOVUSQD, g->d, g->d);
    } else if (v->env.avx512) {
        down(v, b ? V_VPMOVUSWB : g->ve == VE_16 ? V_VPMOVUSDW : V_VPMOVUSQD, g->d, g->a);
    } else {
        RaLoc lim = v_pool_rep(v, g->ve + 1, b ? 0xff : 0xffff);
        v_op3(v, NULL, b ? V_PMINUW : V_PMINUD, g->d, g->a, lim);
        pack_low(v, g, b ? V_PACKUSWB : V_PACKUSDW, g->d);
    }
}

static void widen8(X64Vec *v, const Args *g, RaLoc t, RaLoc s)
{
    bool sg = (g->aux & VE_SIGNED) != 0;
    if (g->aux & VE_HI) {
        v_op2i(v, V_PSHUFD, t, s, 0xee);
        s = t;
    }
    v_op2(v, sg ? V_PMOVSXBW : V_PMOVZXBW, t, s);
}

static void emit_mull(X64Vec *v, const Args *g)
{
    bool sg = (g->aux & VE_SIGNED) != 0, hi = (g->aux & VE_HI) != 0;
    if (g->ve == VE_8) {
        widen8(v, g, g->t, g->a);
        widen8(v, g, g->t2, g->b);
        v_op3(v, NULL, V_PMULLW, g->d, g->t, g->t2);
    } else if (g->ve == VE_16) {
        v_op3(v, NULL, V_PMULLW, g->t, g->a, g->b);
        v_op3(v, NULL, sg ? V_PMULHW : V_PMULHUW, g->t2, g->a, g->b);
        v_op3(v, NULL, hi ? V_PUNPCKHWD : V_PUNPCKLWD, g->d, g->t, g->t2);
    } else { /* the two lanes to positions 0 and 2 */
        unsigned sel = hi ? 0x32 : 0x10;
        v_op2i(v, V_PSHUFD, g->t, g->a, sel);
        v_op2i(v, V_PSHUFD, g->t2, g->b, sel);
        v_op3(v, NULL, sg ? V_PMULDQ : V_PMULUDQ, g->d, g->t, g->t2);
    }
}

/* t = in each word of s: the sum of its two bytes, modulo 256. */
static void pair_bytes(X64Vec *v, RaLoc t, RaLoc s)
{
    xv_move(v, t, s);
    v_shift(v, V_PSRLWI, t, t, 8);
    v_op3(v, NULL, V_PADDB, t, t, s);
    v_op3(v, NULL, V_PAND, t, t, v_pool_rep(v, VE_16, 0xff));
}

static void emit_addp(X64Vec *v, const Args *g)
{
    if (g->ve == VE_8) {
        pair_bytes(v, g->t, g->a);
        pair_bytes(v, g->t2, g->b);
        v_op3(v, NULL, V_PACKUSWB, g->d, g->t, g->t2);
    } else if (g->ve == VE_64) {
        v_op3(v, NULL, V_PUNPCKLQDQ, g->t, g->a, g->b);
        v_op3(v, NULL, V_PUNPCKHQDQ, g->t2, g->a, g->b);
        v_op3(v, NULL, V_PADDQ, g->d, g->t, g->t2);
    } else {
        RaLoc b = v_high(g->b) ? v_in_low(v, g->b, g->t2) : g->b;
        xv_move(v, g->t, g->a);
        v_op3(v, NULL, g->ve == VE_16 ? V_PHADDW : V_PHADDD, g->t, g->t, b);
        xv_move(v, g->d, g->t);
    }
}

static void emit_addlp(X64Vec *v, const Args *g)
{
    bool sg = (g->aux & VE_SIGNED) != 0;
    RaLoc t = g->t, t2 = g->t2, a = g->a;
    if (g->ve == VE_8 && sg) { /* pmaddubsw: unsigned * signed */
        xv_move(v, t, v_pool_rep(v, VE_8, 1));
        v_op3(v, NULL, V_PMADDUBSW, t, t, a);
        xv_move(v, g->d, t);
    } else if (g->ve == VE_8) {
        v_op3(v, NULL, V_PMADDUBSW, g->d, a, v_pool_rep(v, VE_8, 1));
    } else if (g->ve == VE_16 && sg) {
        v_op3(v, NULL, V_PMADDWD, g->d, a, v_pool_rep(v, VE_16, 1));
    } else if (g->ve == VE_16) {
        v_shift(v, V_PSRLDI, t, a, 16);
        v_op3(v, NULL, V_PAND, t2, a, v_pool_rep(v, VE_32, 0xffff));
        v_op3(v, NULL, V_PADDD, g->d, t, t2);
    } else if (sg) {
        v_op2i(v, V_PSHUFD, t, a, 0x08);
        v_op2(v, V_PMOVSXDQ, t, t);
        v_op2i(v, V_PSHUFD, t2, a, 0x0d);
        v_op2(v, V_PMOVSXDQ, t2, t2);
        v_op3(v, NULL, V_PADDQ, g->d, t, t2);
    } else {
        v_shift(v, V_PSRLQI, t, a, 32);
        v_op3(v, NULL, V_PAND, t2, a, v_pool_rep(v, VE_64, 0xffffffff));
        v_op3(v, NULL, V_PADDQ, g->d, t, t2);
    }
}

static void emit_addv(X64Vec *v, const Args *g)
{
    static const uint32_t add[4] = {V_PADDD, V_PADDW, V_PADDD, V_PADDQ};
    static const uint64_t keep[4] = {0xff, 0xffff, 0xffffffff, ~0ull};
    RaLoc t = g->t, t2 = g->t2, s = g->a;
    if (g->ve == VE_8) {
        v_zero(v, t);
        v_op3(v, NULL, V_PSADBW, t, t, s);
        s = t;
    }
    v_op2i(v, V_PSHUFD, t2, s, 0xee);
    v_op3(v, NULL, add[g->ve], t, s, t2);
    if (g->ve == VE_16 || g->ve == VE_32) {
        v_op2i(v, V_PSHUFD, t2, t, 0x55);
        v_op3(v, NULL, add[g->ve], t, t, t2);
    }
    if (g->ve == VE_16) {
        v_shift(v, V_PSRLDI, t2, t, 16);
        v_op3(v, NULL, V_PADDW, t, t, t2);
    }
    if (g->ve == VE_64)
        v_op2(v, V_MOVQ, g->d, t);
    else
        v_op3(v, NULL, V_PAND, g->d, t, v_pool(v, keep[g->ve], 0));
}

/* Counts of the nibbles, looked up. */
static void emit_cnt(X64Vec *v, const Args *g)
{
    RaLoc lut = v_pool(v, 0x0302020102010100, 0x0403030203020201);
    RaLoc nib = v_pool_rep(v, VE_8, 0x0f);
    v_shift(v, V_PSRLWI, g->t2, g->a, 4);
    v_op3(v, NULL, V_PAND, g->t2, g->t2, nib);
    xv_move(v, g->t, lut);
    v_op3(v, NULL, V_PSHUFB, g->t, g->t, g->t2);
    v_op3(v, NULL, V_PAND, g->t2, g->a, nib);
    xv_move(v, g->d, lut);
    v_op3(v, NULL, V_PSHUFB, g->d, g->d, g->t2);
    v_op3(v, NULL, V_PADDB, g->d, g->d, g->t);
}

static void emit_pmull(X64Vec *v, const Args *g)
{
    RaLoc b = v_in_low(v, g->b, g->t2);
    xv_move(v, g->t, g->a);
    v_op3i(v, NULL, V_PCLMULQDQ, g->t, g->t, b, g->aux & VE_HI ? 0x11 : 0);
    xv_move(v, g->d, g->t);
}

/* The round key is zero; MixColumns alone is a last inverse round undone by a whole round. */
static void emit_aes(X64Vec *v, const Args *g)
{
    static const X64Op ops[AES_STEP_COUNT] = {
        [AES_SUB] = V_AESENCLAST, [AES_INV_SUB] = V_AESDECLAST, [AES_MIX] = V_AESENC,
        [AES_INV_MIX] = V_AESIMC, [AES_ROUND] = V_AESENC,       [AES_INV_ROUND] = V_AESDEC,
    };
    xv_move(v, g->t, g->a);
    if (g->aux == AES_INV_MIX) {
        v_op2(v, V_AESIMC, g->t, g->t);
    } else {
        v_op3(v, NULL, V_PXOR, g->t2, g->t2, g->t2);
        if (g->aux == AES_MIX)
            v_op3(v, NULL, V_AESDECLAST, g->t, g->t, g->t2);
        v_op3(v, NULL, ops[g->aux], g->t, g->t, g->t2);
    }
    xv_move(v, g->d, g->t);
}

bool xv_emit_perm(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    Args g = args_of(v, i);
    switch (ir->op) {
    case IR_VUZP1:
    case IR_VUZP2:
        emit_uzp(v, &g, ir->op == IR_VUZP2);
        return true;
    case IR_VTRN1:
    case IR_VTRN2:
        emit_trn(v, &g, ir->op == IR_VTRN2);
        return true;
    case IR_VEXT:
        v_op3i(v, i, V_PALIGNR, g.d, g.b, g.a, (unsigned)ir->imm);
        return true;
    case IR_VREV:
        emit_rev(v, &g);
        return true;
    case IR_VTBL:
        emit_tbl(v, &g);
        return true;
    case IR_VXTL:
        emit_xtl(v, &g);
        return true;
    case IR_VXTN:
        emit_xtn(v, &g);
        return true;
    case IR_VSQXTN:
    case IR_VUQXTN:
    case IR_VSQXTUN:
        emit_qxtn(v, &g, ir->op);
        return true;
    case IR_VMULL:
        emit_mull(v, &g);
        return true;
    case IR_VADDP:
        emit_addp(v, &g);
        return true;
    case IR_VADDLP:
        emit_addlp(v, &g);
        return true;
    case IR_VADDV:
        emit_addv(v, &g);
        return true;
    case IR_VCNT:
        emit_cnt(v, &g);
        return true;
    case IR_VPMULL:
        emit_pmull(v, &g);
        return true;
    case IR_VAES:
        emit_aes(v, &g);
        return true;
    case IR_VSHA:
        xv_emit_sha(v, i);
        return true;
    default:
        return false;
    }
}
