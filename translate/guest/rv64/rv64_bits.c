/*
 * RV64 bit manipulation: Zba, Zbb, Zbc, Zbs, Zbkb, Zbkx, and Zicond.
 *
 * Example, `sh2add a0, a1, a2`:
 *
 *     v1:i64 = get a1
 *     v2:i64 = const 2
 *     v3:i64 = shl v1, v2
 *     v4:i64 = get a2
 *     v5:i64 = add v3, v4
 *     set a0, v5
 */
#include "rv64.h"

static IrRef op64(TransCtx *tc, IrOp op, IrRef a, IrRef b)
{
    return ir_op2(tc->u, op, IR_I64, a, b);
}

static IrRef op64_imm(TransCtx *tc, IrOp op, IrRef a, uint64_t imm)
{
    return ir_op2(tc->u, op, IR_I64, a, ir_const(tc->u, IR_I64, imm));
}

static TransResult set(TransCtx *tc, unsigned rd, IrRef v)
{
    rv64_set_x(tc, rd, v);
    return TR_NEXT;
}

static TransResult set_w(TransCtx *tc, unsigned rd, IrRef v)
{
    rv64_set_w(tc, rd, v);
    return TR_NEXT;
}

/* Bits lsb and up of an i64, extended to 64 bits by op (UBFX, SBFX). */
static IrRef extract(TransCtx *tc, IrOp op, IrRef v, unsigned lsb, unsigned width)
{
    return ir_op1x(tc->u, op, IR_I64, lsb | width << 8, v, 0);
}

/* Zba; funct3: the amount twice */

static TransResult shift_add(TransCtx *tc, unsigned rd, IrRef a, unsigned f3, unsigned rs2)
{
    IrRef v = f3 ? op64_imm(tc, IR_SHL, a, f3 >> 1) : a;
    return set(tc, rd, op64(tc, IR_ADD, v, rv64_x(tc, rs2)));
}

TransResult rv64_shadd(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_shadd f = insn.shadd;
    return shift_add(tc, f.rd, rv64_x(tc, f.rs1), f.f3, f.rs2);
}

static IrRef low_word(TransCtx *tc, unsigned n)
{
    return ir_op1(tc->u, IR_ZEXT, IR_I64, rv64_w(tc, n));
}

TransResult rv64_shadd_uw(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_shadd_uw f = insn.shadd_uw;
    return shift_add(tc, f.rd, low_word(tc, f.rs1), f.f3, f.rs2);
}

TransResult rv64_slli_uw(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_slli_uw f = insn.slli_uw;
    return set(tc, f.rd, op64_imm(tc, IR_SHL, low_word(tc, f.rs1), f.shamt));
}

/* Zbb */

TransResult rv64_logic_not(TransCtx *tc, Rv64Insn insn)
{
    enum { F3_XNOR = 4, F3_ORN = 6 };
    const Rv64_logic_not f = insn.logic_not;
    IrRef a = rv64_x(tc, f.rs1), b = rv64_x(tc, f.rs2);
    if (f.f3 == F3_XNOR)
        return set(tc, f.rd, ir_op1(tc->u, IR_NOT, IR_I64, op64(tc, IR_XOR, a, b)));
    if (f.f3 == F3_ORN)
        return set(tc, f.rd, op64(tc, IR_OR, a, ir_op1(tc->u, IR_NOT, IR_I64, b)));
    return set(tc, f.rd, op64(tc, IR_ANDN, a, b));
}

static const uint8_t count_ops[] = {IR_CLZ, IR_CTZ, IR_POPCNT};

TransResult rv64_bit_count(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_bit_count f = insn.bit_count;
    return set(tc, f.rd, ir_op1(tc->u, (IrOp)count_ops[f.op], IR_I64, rv64_x(tc, f.rs1)));
}

TransResult rv64_bit_count_w(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_bit_count_w f = insn.bit_count_w;
    return set_w(tc, f.rd, ir_op1(tc->u, (IrOp)count_ops[f.op], IR_I32, rv64_w(tc, f.rs1)));
}

TransResult rv64_min_max(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t conds[] = {CMP_SLT, CMP_ULT, CMP_SGT, CMP_UGT}; /* by funct3 - 4 */
    const Rv64_min_max f = insn.min_max;
    IrRef a = rv64_x(tc, f.rs1), b = rv64_x(tc, f.rs2);
    IrRef first = ir_cmp(tc->u, (IrCmp)conds[f.f3 & 3], a, b);
    return set(tc, f.rd, ir_select(tc->u, IR_I64, first, a, b));
}

TransResult rv64_sext_b(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_sext_b f = insn.sext_b;
    return set(tc, f.rd, extract(tc, IR_SBFX, rv64_x(tc, f.rs1), 0, 8));
}

TransResult rv64_sext_h(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_sext_h f = insn.sext_h;
    return set(tc, f.rd, extract(tc, IR_SBFX, rv64_x(tc, f.rs1), 0, 16));
}

TransResult rv64_zext_h(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_zext_h f = insn.zext_h;
    return set(tc, f.rd, extract(tc, IR_UBFX, rv64_x(tc, f.rs1), 0, 16));
}

/* funct3 1: left, which is right by the negative amount */
static IrRef rotate(TransCtx *tc, IrType t, unsigned f3, IrRef a, IrRef by)
{
    if (f3 == 1)
        by = ir_op1(tc->u, IR_NEG, t, by);
    return ir_op2(tc->u, IR_ROR, t, a, by);
}

TransResult rv64_rotate(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_rotate f = insn.rotate;
    return set(tc, f.rd, rotate(tc, IR_I64, f.f3, rv64_x(tc, f.rs1), rv64_x(tc, f.rs2)));
}

TransResult rv64_rotate_w(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_rotate_w f = insn.rotate_w;
    return set_w(tc, f.rd, rotate(tc, IR_I32, f.f3, rv64_w(tc, f.rs1), rv64_w(tc, f.rs2)));
}

TransResult rv64_rori(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_rori f = insn.rori;
    return set(tc, f.rd, op64_imm(tc, IR_ROR, rv64_x(tc, f.rs1), f.shamt));
}

TransResult rv64_roriw(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_roriw f = insn.roriw;
    IrRef by = ir_const(tc->u, IR_I32, f.shamt);
    return set_w(tc, f.rd, ir_op2(tc->u, IR_ROR, IR_I32, rv64_w(tc, f.rs1), by));
}

/*
 * Each byte that is not 0 becomes 0xff: its top bit is found by an addition that cannot carry out
 * of the byte, then 0x80 - 0x01 fills the bits below.
 */
TransResult rv64_orc_b(TransCtx *tc, Rv64Insn insn)
{
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7f;
    const Rv64_orc_b f = insn.orc_b;
    IrRef v = rv64_x(tc, f.rs1);
    IrRef sum = op64_imm(tc, IR_ADD, op64_imm(tc, IR_AND, v, low7), low7);
    IrRef top = op64_imm(tc, IR_AND, op64(tc, IR_OR, sum, v), ~low7);
    IrRef below = op64(tc, IR_SUB, top, op64_imm(tc, IR_SHR, top, 7));
    return set(tc, f.rd, op64(tc, IR_OR, below, top));
}

TransResult rv64_rev8(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_rev8 f = insn.rev8;
    return set(tc, f.rd, ir_op1(tc->u, IR_BSWAP, IR_I64, rv64_x(tc, f.rs1)));
}

/* Zbs */

static TransResult change_bit(TransCtx *tc, unsigned op, unsigned rd, unsigned rs1, IrRef by)
{
    static const uint8_t ops[] = {[1] = IR_OR, [2] = IR_ANDN, [3] = IR_XOR};
    IrRef one = op64(tc, IR_SHL, rv64_const(tc, 1), by);
    return set(tc, rd, op64(tc, (IrOp)ops[op], rv64_x(tc, rs1), one));
}

TransResult rv64_single_bit(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_single_bit f = insn.single_bit;
    return change_bit(tc, f.op, f.rd, f.rs1, rv64_x(tc, f.rs2));
}

TransResult rv64_single_bit_imm(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_single_bit_imm f = insn.single_bit_imm;
    return change_bit(tc, f.op, f.rd, f.rs1, rv64_const(tc, f.shamt));
}

TransResult rv64_bext(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_bext f = insn.bext;
    IrRef v = op64(tc, IR_SHR, rv64_x(tc, f.rs1), rv64_x(tc, f.rs2));
    return set(tc, f.rd, op64_imm(tc, IR_AND, v, 1));
}

TransResult rv64_bexti(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_bexti f = insn.bexti;
    return set(tc, f.rd, extract(tc, IR_UBFX, rv64_x(tc, f.rs1), f.shamt, 1));
}

/* Zbc: halves of the 128-bit product; clmulr takes it from bit 63 on */

TransResult rv64_clmul(TransCtx *tc, Rv64Insn insn)
{
    enum { F3_CLMUL = 1, F3_CLMULR, F3_CLMULH };
    const Rv64_clmul f = insn.clmul;
    IrUnit *u = tc->u;
    IrRef a = ir_op1(u, IR_VFROM, IR_V128, rv64_x(tc, f.rs1));
    IrRef b = ir_op1(u, IR_VFROM, IR_V128, rv64_x(tc, f.rs2));
    IrRef product = ir_op2x(u, IR_VPMULL, IR_V128, VE_64, a, b, 0);
    IrRef lo = f.f3 == F3_CLMULH ? 0 : ir_op1x(u, IR_VGET, IR_I64, VE_64, product, 0);
    IrRef hi = f.f3 == F3_CLMUL ? 0 : ir_op1x(u, IR_VGET, IR_I64, VE_64, product, 1);
    if (f.f3 == F3_CLMULR)
        lo = ir_op2x(u, IR_EXTR, IR_I64, 0, hi, lo, 63);
    return set(tc, f.rd, f.f3 == F3_CLMULH ? hi : lo);
}

/* Zbkb, Zbkx */

TransResult rv64_pack(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_pack f = insn.pack;
    IrRef a = rv64_x(tc, f.rs1), b = rv64_x(tc, f.rs2);
    return set(tc, f.rd, ir_op2x(tc->u, IR_BFI, IR_I64, 32 | 32 << 8, a, b, 0));
}

TransResult rv64_packh(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_packh f = insn.packh;
    IrRef a = extract(tc, IR_UBFX, rv64_x(tc, f.rs1), 0, 8), b = rv64_x(tc, f.rs2);
    return set(tc, f.rd, ir_op2x(tc->u, IR_BFI, IR_I64, 8 | 8 << 8, a, b, 0));
}

TransResult rv64_packw(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_packw f = insn.packw;
    IrRef a = rv64_w(tc, f.rs1), b = rv64_w(tc, f.rs2);
    return set_w(tc, f.rd, ir_op2x(tc->u, IR_BFI, IR_I32, 16 | 16 << 8, a, b, 0));
}

/* The bits of each byte in the opposite order. */
TransResult rv64_brev8(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_brev8 f = insn.brev8;
    IrRef all = ir_op1(tc->u, IR_RBIT, IR_I64, rv64_x(tc, f.rs1));
    return set(tc, f.rd, ir_op1(tc->u, IR_BSWAP, IR_I64, all));
}

static IrRef vector(TransCtx *tc, IrRef v)
{
    return ir_op1(tc->u, IR_VFROM, IR_V128, v);
}

/* Bytes of the table by the bytes of an i64; out of range gives 0. */
static IrRef look_up(TransCtx *tc, IrRef table, IrRef index)
{
    IrUnit *u = tc->u;
    uint32_t list = ir_list(u, &table, 1);
    IrRef v = ir_emit(u, IR_VTBL, IR_V128, 0, vector(tc, index), list, 0, 0);
    return ir_op1x(u, IR_VGET, IR_I64, VE_64, v, 0);
}

/* Indices 8 to 15 find the zeros of the table's upper half. */
TransResult rv64_xperm8(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_xperm8 f = insn.xperm8;
    return set(tc, f.rd, look_up(tc, vector(tc, rv64_x(tc, f.rs1)), rv64_x(tc, f.rs2)));
}

/* Even (odd 0) or odd nibbles, each in a byte. */
static IrRef nibbles(TransCtx *tc, IrRef v, bool odd)
{
    if (odd)
        v = op64_imm(tc, IR_SHR, v, 4);
    return op64_imm(tc, IR_AND, v, 0x0f0f0f0f0f0f0f0f);
}

TransResult rv64_xperm4(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_xperm4 f = insn.xperm4;
    IrRef from = rv64_x(tc, f.rs1), index = rv64_x(tc, f.rs2);
    IrRef even = vector(tc, nibbles(tc, from, false)), odd = vector(tc, nibbles(tc, from, true));
    IrRef table = ir_op2x(tc->u, IR_VZIP1, IR_V128, VE_8, even, odd, 0);
    IrRef lo = look_up(tc, table, nibbles(tc, index, false));
    IrRef hi = look_up(tc, table, nibbles(tc, index, true));
    return set(tc, f.rd, op64(tc, IR_OR, lo, op64_imm(tc, IR_SHL, hi, 4)));
}

/* Zicond: zero if rs2 is (eqz) or is not (nez) zero, else rs1 */
TransResult rv64_czero(TransCtx *tc, Rv64Insn insn)
{
    enum { F3_EQZ = 5 };
    const Rv64_czero f = insn.czero;
    IrRef zero = rv64_const(tc, 0), a = rv64_x(tc, f.rs1);
    IrRef clear = ir_cmp(tc->u, f.f3 == F3_EQZ ? CMP_EQ : CMP_NE, rv64_x(tc, f.rs2), zero);
    return set(tc, f.rd, ir_select(tc->u, IR_I64, clear, zero, a));
}
