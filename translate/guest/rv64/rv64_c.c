/*
 * Compressed instructions (volume I: C, Zcb, Zcmop): each is a longer instruction with fewer
 * choices, and goes through the same functions. Example: `c.lwsp a0, 8(sp)` is rv64_load() with
 * lw's funct3, rd = 10, rs1 = 2.
 */
#include "rv64.h"

enum { F3_LB, F3_LH, F3_LW, F3_LD, F3_LBU, F3_LHU };
enum { F3_SLL = 1, F3_SRL = 5, F3_AND = 7 };

/* x8 to x15 */
static unsigned creg(unsigned n)
{
    return RV64_REG_C0 + n;
}

TransResult rv64_c_unimp(TransCtx *tc, Rv64Insn insn)
{
    return rv64_undefined(tc);
}

TransResult rv64_c_addi4spn(TransCtx *tc, Rv64Insn insn)
{
    return rv64_add_imm(tc, creg(insn.c_addi4spn.rdc), RV64_REG_SP, rv64_imm_c4spn(insn.word));
}

TransResult rv64_c_lw(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_lw f = insn.c_lw;
    return rv64_load(tc, F3_LW, creg(f.rdc), creg(f.rs1c), rv64_imm_cl32(insn.word));
}

TransResult rv64_c_ld(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_ld f = insn.c_ld;
    return rv64_load(tc, F3_LD, creg(f.rdc), creg(f.rs1c), rv64_imm_cl64(insn.word));
}

TransResult rv64_c_sw(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_sw f = insn.c_sw;
    return rv64_store(tc, MEM_32, creg(f.rs2c), creg(f.rs1c), rv64_imm_cl32(insn.word));
}

TransResult rv64_c_sd(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_sd f = insn.c_sd;
    return rv64_store(tc, MEM_64, creg(f.rs2c), creg(f.rs1c), rv64_imm_cl64(insn.word));
}

TransResult rv64_c_addi(TransCtx *tc, Rv64Insn insn)
{
    unsigned rd = insn.c_addi.rd;
    int64_t imm = rv64_imm_c(insn.word);
    return rd && imm ? rv64_add_imm(tc, rd, rd, imm) : TR_NEXT;
}

TransResult rv64_c_addiw(TransCtx *tc, Rv64Insn insn)
{
    unsigned rd = insn.c_addiw.rd;
    return rv64_add_imm_w(tc, rd, rd, rv64_imm_c(insn.word));
}

TransResult rv64_c_li(TransCtx *tc, Rv64Insn insn)
{
    return rv64_add_imm(tc, insn.c_li.rd, 0, rv64_imm_c(insn.word));
}

TransResult rv64_c_lui(TransCtx *tc, Rv64Insn insn)
{
    return rv64_add_imm(tc, insn.c_lui.rd, 0, rv64_imm_c(insn.word) * 4096);
}

TransResult rv64_c_addi16sp(TransCtx *tc, Rv64Insn insn)
{
    return rv64_add_imm(tc, RV64_REG_SP, RV64_REG_SP, rv64_imm_c16sp(insn.word));
}

TransResult rv64_c_shift_imm(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_shift_imm f = insn.c_shift_imm;
    unsigned rd = creg(f.rdc);
    return rv64_shift(tc, F3_SRL, f.op != 0, rd, rd, rv64_c_shamt(insn.word));
}

TransResult rv64_c_slli(TransCtx *tc, Rv64Insn insn)
{
    unsigned rd = insn.c_slli.rd;
    return rv64_shift(tc, F3_SLL, false, rd, rd, rv64_c_shamt(insn.word));
}

TransResult rv64_c_andi(TransCtx *tc, Rv64Insn insn)
{
    unsigned rd = creg(insn.c_andi.rdc);
    IrRef imm = rv64_const(tc, rv64_imm_c(insn.word));
    rv64_set_x(tc, rd, rv64_alu(tc, IR_I64, F3_AND, false, rv64_x(tc, rd), imm));
    return TR_NEXT;
}

TransResult rv64_c_op(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t ops[] = {IR_SUB, IR_XOR, IR_OR, IR_AND}, ops_w[] = {IR_SUB, IR_ADD};
    const Rv64_c_op f = insn.c_op;
    IrUnit *u = tc->u;
    unsigned rd = creg(f.rdc), rs2 = creg(f.rs2c);
    if (f.w)
        rv64_set_w(tc, rd, ir_op2(u, (IrOp)ops_w[f.op], IR_I32, rv64_w(tc, rd), rv64_w(tc, rs2)));
    else
        rv64_set_x(tc, rd, ir_op2(u, (IrOp)ops[f.op], IR_I64, rv64_x(tc, rd), rv64_x(tc, rs2)));
    return TR_NEXT;
}

TransResult rv64_c_j(TransCtx *tc, Rv64Insn insn)
{
    return rv64_jump(tc, 0, tc->pc + (uint64_t)rv64_imm_cj(insn.word));
}

TransResult rv64_c_beqz(TransCtx *tc, Rv64Insn insn)
{
    GuestAddr target = tc->pc + (uint64_t)rv64_imm_cb(insn.word);
    return rv64_branch_if(tc, CMP_EQ, creg(insn.c_beqz.rs1c), 0, target);
}

TransResult rv64_c_bnez(TransCtx *tc, Rv64Insn insn)
{
    GuestAddr target = tc->pc + (uint64_t)rv64_imm_cb(insn.word);
    return rv64_branch_if(tc, CMP_NE, creg(insn.c_bnez.rs1c), 0, target);
}

TransResult rv64_c_lwsp(TransCtx *tc, Rv64Insn insn)
{
    return rv64_load(tc, F3_LW, insn.c_lwsp.rd, RV64_REG_SP, rv64_imm_clsp32(insn.word));
}

TransResult rv64_c_ldsp(TransCtx *tc, Rv64Insn insn)
{
    return rv64_load(tc, F3_LD, insn.c_ldsp.rd, RV64_REG_SP, rv64_imm_clsp64(insn.word));
}

TransResult rv64_c_swsp(TransCtx *tc, Rv64Insn insn)
{
    return rv64_store(tc, MEM_32, insn.c_swsp.rs2, RV64_REG_SP, rv64_imm_cssp32(insn.word));
}

TransResult rv64_c_sdsp(TransCtx *tc, Rv64Insn insn)
{
    return rv64_store(tc, MEM_64, insn.c_sdsp.rs2, RV64_REG_SP, rv64_imm_cssp64(insn.word));
}

TransResult rv64_c_jr(TransCtx *tc, Rv64Insn insn)
{
    return rv64_jump_reg(tc, 0, insn.c_jr.rs1, 0);
}

TransResult rv64_c_jalr(TransCtx *tc, Rv64Insn insn)
{
    return rv64_jump_reg(tc, RV64_REG_RA, insn.c_jalr.rs1, 0);
}

TransResult rv64_c_mv(TransCtx *tc, Rv64Insn insn)
{
    rv64_set_x(tc, insn.c_mv.rd, rv64_x(tc, insn.c_mv.rs2));
    return TR_NEXT;
}

TransResult rv64_c_add(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_add f = insn.c_add;
    IrRef sum = ir_op2(tc->u, IR_ADD, IR_I64, rv64_x(tc, f.rd), rv64_x(tc, f.rs2));
    rv64_set_x(tc, f.rd, sum);
    return TR_NEXT;
}

TransResult rv64_c_ebreak(TransCtx *tc, Rv64Insn insn)
{
    return rv64_trap(tc, TRAP_BREAK, 0);
}

/* Zcb */

TransResult rv64_c_lbu(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_lbu f = insn.c_lbu;
    return rv64_load(tc, F3_LBU, creg(f.rdc), creg(f.rs1c), rv64_imm_clb(insn.word));
}

TransResult rv64_c_lh(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_lh f = insn.c_lh;
    return rv64_load(tc, f.sext ? F3_LH : F3_LHU, creg(f.rdc), creg(f.rs1c),
                     rv64_imm_clh(insn.word));
}

TransResult rv64_c_sb(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_sb f = insn.c_sb;
    return rv64_store(tc, MEM_8, creg(f.rs2c), creg(f.rs1c), rv64_imm_clb(insn.word));
}

TransResult rv64_c_sh(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_sh f = insn.c_sh;
    return rv64_store(tc, MEM_16, creg(f.rs2c), creg(f.rs1c), rv64_imm_clh(insn.word));
}

TransResult rv64_c_unary(TransCtx *tc, Rv64Insn insn)
{
    enum { ZEXT_B, SEXT_B, ZEXT_H, SEXT_H, ZEXT_W, NOT };
    static const uint8_t widths[] = {8, 8, 16, 16, 32};
    const Rv64_c_unary f = insn.c_unary;
    IrUnit *u = tc->u;
    IrRef v = rv64_x(tc, creg(f.rdc));
    if (f.op == NOT) {
        v = ir_op1(u, IR_NOT, IR_I64, v);
    } else {
        IrOp op = f.op == SEXT_B || f.op == SEXT_H ? IR_SBFX : IR_UBFX;
        v = ir_op1x(u, op, IR_I64, 0 | (uint32_t)widths[f.op] << 8, v, 0);
    }
    rv64_set_x(tc, creg(f.rdc), v);
    return TR_NEXT;
}

TransResult rv64_c_mul(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_mul f = insn.c_mul;
    unsigned rd = creg(f.rdc);
    IrRef v = ir_op2(tc->u, IR_MUL, IR_I64, rv64_x(tc, rd), rv64_x(tc, creg(f.rs2c)));
    rv64_set_x(tc, rd, v);
    return TR_NEXT;
}

TransResult rv64_c_mop(TransCtx *tc, Rv64Insn insn)
{
    return TR_NEXT;
}
