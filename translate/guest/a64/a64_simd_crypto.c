/*
 * AES, SHA-1, SHA-256 through helpers; the logic of SHA-3 as plain vector ops.
 *
 * Example, `rax1 v0.2d, v1.2d, v2.2d`: v1 ^ rol(v2, 1) per 64-bit lane.
 */
#include "a64_simd.h"

/* aese 4, aesd 5: on rd and rn; aesmc 6, aesimc 7: on rn. */
TransResult a64_crypto_aes(TransCtx *tc, A64Insn insn)
{
    const A64_crypto_aes f = insn.crypto_aes;
    IrRef n = a64_v(tc, f.rn), d = f.opcode & 2 ? n : a64_v(tc, f.rd);
    A64Operands o = {d, n, n};
    a64_set_v(tc, f.rd, a64_vec_call(tc, A64_VEC_AESE + (f.opcode & 3), VE_8, o));
    return TR_NEXT;
}

TransResult a64_crypto_sha3r(TransCtx *tc, A64Insn insn)
{
    const A64_crypto_sha3r f = insn.crypto_sha3r;
    A64Operands o = {a64_v(tc, f.rd), a64_v(tc, f.rn), a64_v(tc, f.rm)};
    a64_set_v(tc, f.rd, a64_vec_call(tc, A64_VEC_SHA1C + f.opcode, VE_32, o));
    return TR_NEXT;
}

TransResult a64_crypto_sha2r(TransCtx *tc, A64Insn insn)
{
    const A64_crypto_sha2r f = insn.crypto_sha2r;
    A64Operands o = {a64_v(tc, f.rd), a64_v(tc, f.rn), a64_v(tc, f.rn)};
    a64_set_v(tc, f.rd, a64_vec_call(tc, A64_VEC_SHA1H + f.opcode, VE_32, o));
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
