/*
 * SHA-1 and SHA-256 steps by SHA-NI, whose state and word order differ from Arm's.
 *
 *     SHA-256   Arm abcd, efgh with a, e in lane 0; the host wants lanes f e b a and h g d c and
 *               does two rounds an instruction, its words in xmm0, which is a guest's register and
 *               waits in a temp meanwhile
 *     SHA-1     the host counts lanes from the other end and adds the round constant itself, which
 *               Arm's caller has added: it is taken off first
 *
 * These instructions have neither a VEX form nor registers above xmm15: all is done in temps.
 */
#include "sha.h"
#include "x64_vec_priv.h"

enum {
    SHA1MSG2 = X64_OP(0, 2, 0xca),
    SHA256RNDS2 = X64_OP(0, 2, 0xcb),
    SHA256MSG1 = X64_OP(0, 2, 0xcc),
    SHA256MSG2 = X64_OP(0, 2, 0xcd),
    SHA1RNDS4 = X64_OP(0, 3, 0xcc),
    REVERSE = 0x1b, /* pshufd: lanes in the other order */
};

static const RaLoc xmm0 = LOC_VEC;

static void sha_rr(X64Vec *v, X64Op op, RaLoc d, RaLoc s)
{
    x64_sse_rr(v->e, op, v_num(d), v_num(s));
}

static void sha256_rounds(X64Vec *v, const RaInsn *i, bool second)
{
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1), old = v_tmp(i, 2);
    RaLoc abcd = i->op[second].loc, efgh = i->op[!second].loc, w = i->op[2].loc;
    xv_move(v, t, efgh);
    v_op3i(v, NULL, V_SHUFPS, t, t, abcd, 0x11); /* f e b a */
    xv_move(v, t2, efgh);
    v_op3i(v, NULL, V_SHUFPS, t2, t2, abcd, 0xbb); /* h g d c */
    xv_move(v, old, xmm0);
    xv_move(v, xmm0, w);
    sha_rr(v, SHA256RNDS2, t2, t);
    v_op2i(v, V_PSHUFD, xmm0, xmm0, 0x0e);
    sha_rr(v, SHA256RNDS2, t, t2);
    xv_move(v, xmm0, old);
    v_op3i(v, NULL, V_SHUFPS, t, t, t2, second ? 0x11 : 0xbb);
    xv_move(v, i->dst[0].loc, t);
}

static void sha1_rounds(X64Vec *v, const RaInsn *i, unsigned function)
{
    static const uint32_t k[3] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc};
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    v_op2i(v, V_PSHUFD, t, i->op[2].loc, REVERSE);
    v_op3(v, NULL, V_PADDD, t, t, v_pool_rep(v, VE_32, (uint32_t)-k[function]));
    xv_move(v, t2, i->op[1].loc);
    v_shift(v, V_PSLLDQ, t2, t2, 12);
    v_op3(v, NULL, V_PADDD, t, t, t2);
    v_op2i(v, V_PSHUFD, t2, i->op[0].loc, REVERSE);
    sha_rr(v, SHA1RNDS4, t2, t);
    x64_u8(v->e, function);
    v_op2i(v, V_PSHUFD, i->dst[0].loc, t2, REVERSE);
}

static void sha1_schedule(X64Vec *v, const RaInsn *i)
{
    RaLoc t = v_tmp(i, 0), t2 = v_tmp(i, 1);
    v_op2i(v, V_PSHUFD, t, i->op[0].loc, REVERSE);
    v_op2i(v, V_PSHUFD, t2, i->op[1].loc, REVERSE);
    sha_rr(v, SHA1MSG2, t, t2);
    v_op2i(v, V_PSHUFD, i->dst[0].loc, t, REVERSE);
}

static void sha256_schedule0(X64Vec *v, const RaInsn *i)
{
    RaLoc t = v_tmp(i, 0);
    RaLoc b = v_in_low(v, i->op[1].loc, v_tmp(i, 1));
    xv_move(v, t, i->op[0].loc);
    sha_rr(v, SHA256MSG1, t, b);
    xv_move(v, i->dst[0].loc, t);
}

/* The words seven back, a + (b, c moved down by one), then the sigmas. */
static void sha256_schedule1(X64Vec *v, const RaInsn *i)
{
    RaLoc t = v_tmp(i, 0), c = v_tmp(i, 1);
    xv_move(v, c, i->op[2].loc);
    xv_move(v, t, c);
    v_op3i(v, NULL, V_PALIGNR, t, t, i->op[1].loc, 4);
    v_op3(v, NULL, V_PADDD, t, t, i->op[0].loc);
    sha_rr(v, SHA256MSG2, t, c);
    xv_move(v, i->dst[0].loc, t);
}

void xv_emit_sha(X64Vec *v, const RaInsn *i)
{
    ShaStep step = v_ir(v, i)->aux;
    switch (step) {
    case SHA1_C:
    case SHA1_P:
    case SHA1_M:
        sha1_rounds(v, i, (unsigned)step - SHA1_C);
        break;
    case SHA1_SU1:
        sha1_schedule(v, i);
        break;
    case SHA256_H:
    case SHA256_H2:
        sha256_rounds(v, i, step == SHA256_H2);
        break;
    case SHA256_SU0:
        sha256_schedule0(v, i);
        break;
    default:
        sha256_schedule1(v, i);
    }
}
