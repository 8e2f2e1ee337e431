/*
 * AES, SHA-1 and SHA-256 by their IR ops; SHA-512, SM3, SM4 through helpers; the logic of SHA-3 as
 * plain vector ops.
 *
 * Example, `rax1 v0.2d, v1.2d, v2.2d`: v1 ^ rol(v2, 1) per 64-bit lane.
 */
#include "a64_simd.h"
#include "aes.h"
#include "sha.h"

/* The value that the instruction before this one wrote to v[n], if it did so; else 0. */
static IrRef just_set(const TransCtx *tc, unsigned n)
{
    const IrUnit *u = tc->u;
    if (u->n < 3)
        return 0;
    const IrInsn *at = &u->insns[u->n - 1], *set = at - 1;
    bool hit = at->op == IR_AT && set->op == IR_SET && set->imm == (int32_t)(A64_V0 + n);
    return hit ? set->arg[0] : 0;
}

/* aesmc after aese (aesimc after aesd) of the same register is one round of AES. */
static IrRef mix_columns(TransCtx *tc, unsigned n, AesStep step)
{
    IrRef sub = just_set(tc, n);
    const IrInsn *s = &tc->u->insns[sub];
    if (sub && s->op == IR_VAES && s->aux == step - AES_MIX)
        return v_op1(tc, IR_VAES, step + AES_MIX, s->arg[0]);
    return v_op1(tc, IR_VAES, step, a64_v(tc, n));
}

/* aese 4, aesd 5: on rd ^ rn; aesmc 6, aesimc 7: on rn. */
TransResult a64_crypto_aes(TransCtx *tc, A64Insn insn)
{
    const A64_crypto_aes f = insn.crypto_aes;
    AesStep step = f.opcode & 3;
    IrRef r;
    if (step >= AES_MIX)
        r = mix_columns(tc, f.rn, step);
    else
        r = v_op1(tc, IR_VAES, step, v_op2(tc, IR_VXOR, 0, a64_v(tc, f.rd), a64_v(tc, f.rn)));
    a64_set_v(tc, f.rd, r);
    return TR_NEXT;
}

static IrRef sha(TransCtx *tc, ShaStep step, IrRef a, IrRef b, IrRef c)
{
    return ir_emit(tc->u, IR_VSHA, IR_V128, step, a, b, c, 0);
}

/* sha1su0: d ^ n ^ m with d and n shifted by two words: {d0..d3} ^ {d2, d3, n0, n1} ^ m. */
static IrRef sha1_su0(TransCtx *tc, IrRef d, IrRef n, IrRef m)
{
    IrRef mid = ir_op2x(tc->u, IR_VEXT, IR_V128, 0, d, n, 8);
    return v_op2(tc, IR_VXOR, 0, v_op2(tc, IR_VXOR, 0, d, mid), m);
}

TransResult a64_crypto_sha3r(TransCtx *tc, A64Insn insn)
{
    enum { SU0 = 3 };
    static const uint8_t steps[] = {SHA1_C, SHA1_P, SHA1_M, 0, SHA256_H, SHA256_H2, SHA256_SU1};
    const A64_crypto_sha3r f = insn.crypto_sha3r;
    IrRef d = a64_v(tc, f.rd), n = a64_v(tc, f.rn), m = a64_v(tc, f.rm);
    a64_set_v(tc, f.rd,
              f.opcode == SU0 ? sha1_su0(tc, d, n, m) : sha(tc, steps[f.opcode], d, n, m));
    return TR_NEXT;
}

/* sha1h 0: word 0 rotated by 30; sha1su1 1, sha256su0 2. */
TransResult a64_crypto_sha2r(TransCtx *tc, A64Insn insn)
{
    const A64_crypto_sha2r f = insn.crypto_sha2r;
    IrUnit *u = tc->u;
    IrRef n = a64_v(tc, f.rn), r;
    if (f.opcode == 0) {
        IrRef w = ir_op1(u, IR_VTO, IR_I32, n);
        w = ir_op2(u, IR_ROR, IR_I32, w, ir_const(u, IR_I32, 2));
        r = ir_op1(u, IR_VFROM, IR_V128, w);
    } else {
        r = sha(tc, f.opcode == 1 ? SHA1_SU1 : SHA256_SU0, a64_v(tc, f.rd), n, n);
    }
    a64_set_v(tc, f.rd, r);
    return TR_NEXT;
}

/* eor3 n ^ m ^ a, bcax n ^ (m & ~a). */
TransResult a64_crypto_logic4(TransCtx *tc, A64Insn insn)
{
    const A64_crypto_logic4 f = insn.crypto_logic4;
    IrRef m = a64_v(tc, f.rm), a = a64_v(tc, f.ra);
    IrRef r = v_op2(tc, f.op ? IR_VANDN : IR_VXOR, 0, m, a);
    a64_set_v(tc, f.rd, v_op2(tc, IR_VXOR, 0, a64_v(tc, f.rn), r));
    return TR_NEXT;
}

static IrRef rotate_right(TransCtx *tc, IrRef v, unsigned n)
{
    if (n == 0)
        return v;
    IrRef lo = v_op1i(tc, IR_VSHRI, VE_64, v, (int32_t)n);
    return v_op2(tc, IR_VOR, 0, lo, v_op1i(tc, IR_VSHLI, VE_64, v, (int32_t)(64 - n)));
}

TransResult a64_rax1(TransCtx *tc, A64Insn insn)
{
    const A64_rax1 f = insn.rax1;
    IrRef r = rotate_right(tc, a64_v(tc, f.rm), 63);
    a64_set_v(tc, f.rd, v_op2(tc, IR_VXOR, 0, a64_v(tc, f.rn), r));
    return TR_NEXT;
}

TransResult a64_xar(TransCtx *tc, A64Insn insn)
{
    const A64_xar f = insn.xar;
    IrRef x = v_op2(tc, IR_VXOR, 0, a64_v(tc, f.rn), a64_v(tc, f.rm));
    a64_set_v(tc, f.rd, rotate_right(tc, x, f.imm6));
    return TR_NEXT;
}

/* group 0: sha512h, sha512h2, sha512su1; group 1: sm3partw1, sm3partw2, sm4ekey. */
TransResult a64_crypto_3r(TransCtx *tc, A64Insn insn)
{
    const A64_crypto_3r f = insn.crypto_3r;
    A64VecOp op = (f.group ? A64_VEC_SM3PARTW1 : A64_VEC_SHA512H) + f.opcode;
    A64Operands o = {a64_v(tc, f.rd), a64_v(tc, f.rn), a64_v(tc, f.rm)};
    a64_set_v(tc, f.rd, a64_vec_call(tc, op, VE_32, o));
    return TR_NEXT;
}

/* sha512su0 0, sm4e 1. */
TransResult a64_crypto_2r(TransCtx *tc, A64Insn insn)
{
    const A64_crypto_2r f = insn.crypto_2r;
    IrRef n = a64_v(tc, f.rn);
    A64Operands o = {a64_v(tc, f.rd), n, n};
    a64_set_v(tc, f.rd, a64_vec_call(tc, f.opcode ? A64_VEC_SM4E : A64_VEC_SHA512SU0, VE_32, o));
    return TR_NEXT;
}

TransResult a64_sm3ss1(TransCtx *tc, A64Insn insn)
{
    const A64_sm3ss1 f = insn.sm3ss1;
    A64Operands o = {a64_v(tc, f.rn), a64_v(tc, f.rm), a64_v(tc, f.ra)};
    a64_set_v(tc, f.rd, a64_vec_call(tc, A64_VEC_SM3SS1, VE_32, o));
    return TR_NEXT;
}

/* The schedule word that imm2 names is put in every lane. */
TransResult a64_sm3tt(TransCtx *tc, A64Insn insn)
{
    const A64_sm3tt f = insn.sm3tt;
    IrRef m = v_op1i(tc, IR_VDUPL, VE_32, a64_v(tc, f.rm), (int32_t)f.imm2);
    A64Operands o = {a64_v(tc, f.rd), a64_v(tc, f.rn), m};
    a64_set_v(tc, f.rd, a64_vec_call(tc, A64_VEC_SM3TT1A + f.op, VE_32, o));
    return TR_NEXT;
}
