/*
 * Advanced SIMD shifts by an immediate, vector and scalar, and fixed-point conversions.
 *
 * immh:immb holds element size and amount: the highest bit set in immh is the size, a right shift
 * is 2 * size - immh:immb, a left one immh:immb - size. Example, `srshr v0.4s, v1.4s, #3`:
 *
 *     v2 = vsari.32 v1, 3;  v3 = vshli.32 v1, 29;  v4 = vshri.32 v3, 31;  v5 = vadd.32 v2, v4
 */
#include "a64_simd.h"

typedef struct Shift {
    unsigned ve, U, opcode;
    int32_t right, left;
    IrRef a, acc;
} Shift;

static Shift shift_decode(unsigned U, unsigned opcode, unsigned immh, unsigned immb)
{
    unsigned ve = 31 - (unsigned)__builtin_clz(immh), bits = 8u << ve, imm = immh << 3 | immb;
    return (Shift){ve, U, opcode, (int32_t)(2 * bits - imm), (int32_t)(imm - bits), 0, 0};
}

static IrRef shift_right(TransCtx *tc, unsigned ve, bool is_unsigned, IrRef v, int32_t n)
{
    return v_op1i(tc, is_unsigned ? IR_VSHRI : IR_VSARI, ve, v, n);
}

/* The value shifted, plus the last bit that fell out. */
static IrRef shift_right_round(TransCtx *tc, unsigned ve, bool is_unsigned, IrRef v, int32_t n)
{
    int32_t bits = 8 << ve;
    IrRef bit = v_op1i(tc, IR_VSHRI, ve, v_op1i(tc, IR_VSHLI, ve, v, bits - n), bits - 1);
    return v_op2(tc, IR_VADD, ve, shift_right(tc, ve, is_unsigned, v, n), bit);
}

/* sshr 0, ssra 2, srshr 4, srsra 6. */
static IrRef right_group(TransCtx *tc, const Shift *s)
{
    IrRef r = s->opcode & 4 ? shift_right_round(tc, s->ve, s->U, s->a, s->right)
                            : shift_right(tc, s->ve, s->U, s->a, s->right);
    return s->opcode & 2 ? v_op2(tc, IR_VADD, s->ve, s->acc, r) : r;
}

/* sri 8, shl and sli 10: an insert keeps the bits that the shift leaves empty. */
static IrRef insert_group(TransCtx *tc, const Shift *s)
{
    unsigned bits = 8u << s->ve;
    uint64_t ones = bits == 64 ? ~0ull : (1ull << bits) - 1, hit;
    IrRef v;
    if (s->opcode == 8) {
        hit = s->right == (int32_t)bits ? 0 : ones >> s->right;
        v = v_op1i(tc, IR_VSHRI, s->ve, s->a, s->right);
    } else {
        hit = ones << s->left & ones;
        v = v_op1i(tc, IR_VSHLI, s->ve, s->a, s->left);
    }
    if (s->opcode == 10 && !s->U)
        return v;
    return v_op3(tc, IR_VBSL, 0, a64_v_splat(tc, s->ve, hit), v, s->acc);
}

/* sqshlu 12, sqshl and uqshl 14. */
static IrRef saturating_left(TransCtx *tc, const Shift *s)
{
    A64Lanes x = {.ve = s->ve, .U = s->U, .a = s->a};
    return a64_sat_shift_left(tc, &x, s->left, s->opcode == 12);
}

/* shrn and sqshrun 16, 18 with saturation; odd: rounding. The size is the narrow one. */
static IrRef narrow_group(TransCtx *tc, const Shift *s)
{
    bool plain = s->opcode < 18 && !s->U, is_unsigned = plain || (s->opcode >= 18 && s->U);
    IrRef v = s->opcode & 1 ? shift_right_round(tc, s->ve + 1, is_unsigned, s->a, s->right)
                            : shift_right(tc, s->ve + 1, is_unsigned, s->a, s->right);
    A64Lanes x = {.ve = s->ve, .U = s->U, .opcode = s->opcode < 18 ? 0x12 : 0x14, .a = v};
    return a64_lanes_narrow(tc, &x);
}

static IrRef shift_lanes(TransCtx *tc, const Shift *s)
{
    if (s->opcode < 8)
        return right_group(tc, s);
    if (s->opcode <= 10)
        return insert_group(tc, s);
    return saturating_left(tc, s);
}

TransResult a64_v_shift(TransCtx *tc, A64Insn insn)
{
    const A64_v_shift f = insn.v_shift;
    enum { SHRN = 16, SHLL = 20 };
    Shift s = shift_decode(f.U, f.opcode, f.immh, f.immb);
    if (f.opcode == SHLL) {
        unsigned aux = s.ve | (f.U ? 0 : VE_SIGNED) | (f.Q ? VE_HI : 0);
        IrRef v = v_op1(tc, IR_VXTL, aux, a64_v(tc, f.rn));
        a64_set_v(tc, f.rd, s.left ? v_op1i(tc, IR_VSHLI, s.ve + 1, v, s.left) : v);
    } else if (f.opcode >= SHRN) {
        s.a = a64_v(tc, f.rn);
        a64_set_half(tc, f.Q, f.rd, narrow_group(tc, &s));
    } else {
        s.a = a64_v_zext(tc, f.Q || f.opcode <= 10, f.rn);
        bool acc = f.opcode == 2 || f.opcode == 6 || f.opcode == 8 || (f.opcode == 10 && f.U);
        s.acc = acc ? a64_v(tc, f.rd) : 0;
        a64_set_vq(tc, f.Q, f.rd, shift_lanes(tc, &s));
    }
    return TR_NEXT;
}

TransResult a64_sc_shift(TransCtx *tc, A64Insn insn)
{
    const A64_sc_shift f = insn.sc_shift;
    enum { SHRN = 16 };
    Shift s = shift_decode(f.U, f.opcode, f.immh, f.immb);
    if (f.opcode >= SHRN) {
        s.a = a64_v_lane0(tc, s.ve + 1, a64_v(tc, f.rn));
        a64_set_v(tc, f.rd, narrow_group(tc, &s));
        return TR_NEXT;
    }
    s.a = a64_v_lane0(tc, s.ve, a64_v(tc, f.rn));
    s.acc = a64_v(tc, f.rd);
    a64_set_v(tc, f.rd, a64_v_lane0(tc, s.ve, shift_lanes(tc, &s)));
    return TR_NEXT;
}

/* scvtf, ucvtf 28; fcvtzs, fcvtzu 31. */
TransResult a64_v_shift_fp(TransCtx *tc, A64Insn insn)
{
    const A64_v_shift_fp f = insn.v_shift_fp;
    Shift s = shift_decode(f.U, f.opcode, f.immh, f.immb);
    int32_t imm = (f.U ? 0 : FPX_SIGNED) | s.right << 8;
    IrRef v = a64_v_fp(tc, f.Q, f.rn);
    if (f.opcode == 28)
        v = v_op1i(tc, IR_VI2F, s.ve, v, imm);
    else
        v = v_op1i(tc, IR_VF2I, s.ve, v, imm | FPRM_ZERO);
    a64_set_vq(tc, f.Q, f.rd, v);
    return TR_NEXT;
}

TransResult a64_sc_shift_fp(TransCtx *tc, A64Insn insn)
{
    const A64_sc_shift_fp f = insn.sc_shift_fp;
    Shift s = shift_decode(f.U, f.opcode, f.immh, f.immb);
    unsigned sz = s.ve - VE_32, aux = f.U ? 0 : FPX_SIGNED;
    IrType integer = sz ? IR_I64 : IR_I32;
    IrRef v;
    if (f.opcode == 28) {
        v = ir_op1(tc->u, IR_VTO, integer, a64_v(tc, f.rn));
        v = ir_op1x(tc->u, IR_I2F, a64_ftype(sz), aux, v, s.right);
    } else {
        v = ir_op1x(tc->u, IR_F2I, integer, aux | FPRM_ZERO, a64_f(tc, sz, f.rn), s.right);
    }
    a64_set_f(tc, f.rd, v);
    return TR_NEXT;
}
