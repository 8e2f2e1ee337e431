/*
 * RV64I computation, M and Zicond (volume I: RV32I/RV64I integer computational instructions, M).
 *
 * Word forms compute on i32 and sign-extend. Division by zero gives all ones and the dividend as
 * remainder; the IR's division gives 0, so a select puts the ones in, and `a - q * b` with q = 0
 * is the dividend already. Example, `sltu a0, zero, a1`:
 *
 *     v1:i64 = const 0
 *     v2:i64 = get a1
 *     v3:bool = cmp.ult v1, v2
 *     v4:i64 = zext v3
 *     set a0, v4
 */
#include "rv64.h"

enum { F3_ADD, F3_SLL, F3_SLT, F3_SLTU, F3_XOR, F3_SRL, F3_OR, F3_AND };

/* Result of an instruction on i32 or i64, into rd. */
static TransResult result(TransCtx *tc, IrType t, unsigned rd, IrRef v)
{
    if (t == IR_I32)
        rv64_set_w(tc, rd, v);
    else
        rv64_set_x(tc, rd, v);
    return TR_NEXT;
}

static IrRef operand(TransCtx *tc, IrType t, unsigned n)
{
    return t == IR_I32 ? rv64_w(tc, n) : rv64_x(tc, n);
}

IrRef rv64_alu(TransCtx *tc, IrType t, unsigned f3, bool alt, IrRef a, IrRef b)
{
    static const uint8_t ops[] = {
        [F3_ADD] = IR_ADD, [F3_SLL] = IR_SHL, [F3_XOR] = IR_XOR,
        [F3_SRL] = IR_SHR, [F3_OR] = IR_OR,   [F3_AND] = IR_AND,
    };
    IrUnit *u = tc->u;
    if (f3 == F3_SLT || f3 == F3_SLTU)
        return ir_op1(u, IR_ZEXT, t, ir_cmp(u, f3 == F3_SLT ? CMP_SLT : CMP_ULT, a, b));
    IrOp op = (IrOp)ops[f3];
    if (alt)
        op = f3 == F3_ADD ? IR_SUB : IR_SAR;
    return ir_op2(u, op, t, a, b);
}

TransResult rv64_op(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_op f = insn.op;
    IrRef v = rv64_alu(tc, IR_I64, f.f3, f.f7 != 0, rv64_x(tc, f.rs1), rv64_x(tc, f.rs2));
    return result(tc, IR_I64, f.rd, v);
}

TransResult rv64_op_w(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_op_w f = insn.op_w;
    IrRef v = rv64_alu(tc, IR_I32, f.f3, f.f7 != 0, rv64_w(tc, f.rs1), rv64_w(tc, f.rs2));
    return result(tc, IR_I32, f.rd, v);
}

TransResult rv64_add_imm(TransCtx *tc, unsigned rd, unsigned rs1, int64_t imm)
{
    IrRef v = rs1 && imm == 0 ? rv64_x(tc, rs1) : rv64_const(tc, imm);
    if (rs1 && imm)
        v = ir_op2(tc->u, IR_ADD, IR_I64, rv64_x(tc, rs1), v);
    rv64_set_x(tc, rd, v);
    return TR_NEXT;
}

TransResult rv64_add_imm_w(TransCtx *tc, unsigned rd, unsigned rs1, int64_t imm)
{
    IrRef v = rv64_w(tc, rs1);
    if (imm)
        v = ir_op2(tc->u, IR_ADD, IR_I32, v, ir_const(tc->u, IR_I32, (uint32_t)imm));
    rv64_set_w(tc, rd, v);
    return TR_NEXT;
}

TransResult rv64_op_imm(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_op_imm f = insn.op_imm;
    if (f.f3 == F3_ADD)
        return rv64_add_imm(tc, f.rd, f.rs1, f.imm12);
    IrRef a = rv64_x(tc, f.rs1), b = rv64_const(tc, f.imm12);
    return result(tc, IR_I64, f.rd, rv64_alu(tc, IR_I64, f.f3, false, a, b));
}

TransResult rv64_addiw(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_addiw f = insn.addiw;
    return rv64_add_imm_w(tc, f.rd, f.rs1, f.imm12);
}

/*
 * What a left shift leaves for the next instruction in priv_word[RV64_LEFT_SHIFT]. A unit's
 * instructions lie within a page: the low bits of an address tell them apart.
 */
typedef union LeftShift {
    struct {
        uint8_t rd, by;
        uint16_t next; /* address of the next instruction */
        uint32_t src;  /* the value that was shifted */
    };
    uint64_t word;
} LeftShift;

/* (src << sl) >> sr: a bit field of src, to whose place it is moved back if sl > sr. */
static IrRef shift_pair(TransCtx *tc, IrRef src, unsigned sl, unsigned sr, bool arith)
{
    unsigned lsb = sr > sl ? sr - sl : 0, width = 64 - (sr > sl ? sr : sl);
    IrRef v = ir_op1x(tc->u, arith ? IR_SBFX : IR_UBFX, IR_I64, lsb | width << 8, src, 0);
    if (sl > sr)
        v = ir_op2(tc->u, IR_SHL, IR_I64, v, ir_const(tc->u, IR_I64, sl - sr));
    return v;
}

/* gcc extends and scales 32-bit indices by pairs of shifts: half of all shifts by constants. */
TransResult rv64_shift(TransCtx *tc, unsigned f3, bool arith, unsigned rd, unsigned rs1,
                       unsigned by)
{
    IrRef src = rv64_x(tc, rs1);
    LeftShift left = {.word = tc->priv_word[RV64_LEFT_SHIFT]};
    if (f3 == F3_SRL && left.next == (uint16_t)tc->pc && left.rd == rs1 && rs1 && by)
        return result(tc, IR_I64, rd, shift_pair(tc, left.src, left.by, by, arith));
    IrRef v = rv64_alu(tc, IR_I64, f3, arith, src, ir_const(tc->u, IR_I64, by));
    if (f3 == F3_SLL && by) {
        uint16_t next = (uint16_t)(tc->pc + tc->insn_len);
        left = (LeftShift){{.rd = (uint8_t)rd, .by = (uint8_t)by, .next = next, .src = src}};
        tc->priv_word[RV64_LEFT_SHIFT] = left.word;
    }
    return result(tc, IR_I64, rd, v);
}

TransResult rv64_shift_imm(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_shift_imm f = insn.shift_imm;
    return rv64_shift(tc, f.f3, f.arith != 0, f.rd, f.rs1, f.shamt);
}

TransResult rv64_shift_imm_w(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_shift_imm_w f = insn.shift_imm_w;
    IrRef a = rv64_w(tc, f.rs1), by = ir_const(tc->u, IR_I32, f.shamt);
    IrRef v = rv64_alu(tc, IR_I32, f.f3, f.arith != 0, a, by);
    if (f.f3 == F3_SRL && !f.arith && f.shamt) /* not negative: hosts extend with zeros for free */
        return result(tc, IR_I64, f.rd, ir_op1(tc->u, IR_ZEXT, IR_I64, v));
    return result(tc, IR_I32, f.rd, v);
}

TransResult rv64_lui(TransCtx *tc, Rv64Insn insn)
{
    rv64_set_x(tc, insn.lui.rd, rv64_const(tc, rv64_imm_u(insn.word)));
    return TR_NEXT;
}

TransResult rv64_auipc(TransCtx *tc, Rv64Insn insn)
{
    unsigned rd = insn.auipc.rd;
    GuestAddr addr = tc->pc + (uint64_t)rv64_imm_u(insn.word);
    rv64_set_x(tc, rd, ir_gaddr(tc->u, addr));
    tc->priv_word[RV64_KNOWN_REG] = rd;
    tc->priv_word[RV64_KNOWN_ADDR] = addr;
    return TR_NEXT;
}

/* multiplication and division */

/* Upper half of signed a by unsigned b. */
static IrRef mulhsu(TransCtx *tc, IrRef a, IrRef b)
{
    IrUnit *u = tc->u;
    IrRef sign = ir_op2(u, IR_SAR, IR_I64, a, ir_const(u, IR_I64, 63));
    IrRef fix = ir_op2(u, IR_AND, IR_I64, sign, b);
    return ir_op2(u, IR_SUB, IR_I64, ir_op2(u, IR_MULHU, IR_I64, a, b), fix);
}

TransResult rv64_mul(TransCtx *tc, Rv64Insn insn)
{
    enum { F3_MUL, F3_MULH, F3_MULHSU, F3_MULHU };
    const Rv64_mul f = insn.mul;
    IrRef a = rv64_x(tc, f.rs1), b = rv64_x(tc, f.rs2);
    if (f.f3 == F3_MULHSU)
        return result(tc, IR_I64, f.rd, mulhsu(tc, a, b));
    IrOp op = f.f3 == F3_MUL ? IR_MUL : f.f3 == F3_MULH ? IR_MULHS : IR_MULHU;
    return result(tc, IR_I64, f.rd, ir_op2(tc->u, op, IR_I64, a, b));
}

TransResult rv64_mulw(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_mulw f = insn.mulw;
    IrRef v = ir_op2(tc->u, IR_MUL, IR_I32, rv64_w(tc, f.rs1), rv64_w(tc, f.rs2));
    return result(tc, IR_I32, f.rd, v);
}

/* funct3: bit 0 unsigned, bit 1 remainder */
static TransResult divide(TransCtx *tc, IrType t, unsigned f3, unsigned rd, unsigned rs1,
                          unsigned rs2)
{
    IrUnit *u = tc->u;
    IrRef a = operand(tc, t, rs1), b = operand(tc, t, rs2);
    IrRef q = ir_op2(u, f3 & 1 ? IR_UDIV : IR_SDIV, t, a, b);
    if (f3 & 2) {
        IrRef rem = ir_op2(u, IR_SUB, t, a, ir_op2(u, IR_MUL, t, q, b));
        return result(tc, t, rd, rem);
    }
    IrRef none = ir_cmp(u, CMP_EQ, b, ir_const(u, t, 0));
    IrRef ones = ir_const(u, t, t == IR_I32 ? 0xffffffff : ~0ull);
    return result(tc, t, rd, ir_select(u, t, none, ones, q));
}

TransResult rv64_div(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_div f = insn.div;
    return divide(tc, IR_I64, f.f3, f.rd, f.rs1, f.rs2);
}

TransResult rv64_div_w(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_div_w f = insn.div_w;
    return divide(tc, IR_I32, f.f3, f.rd, f.rs1, f.rs2);
}
