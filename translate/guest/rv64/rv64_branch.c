/*
 * RV64 control transfer.
 *
 * A conditional branch is a side exit and translation goes on behind it; a plain jump is followed
 * by the driver; calls, returns and computed jumps end the unit. Which jumps are calls and returns
 * is the manual's rule for return-address stacks: ra and t0 are the link registers; a jump that
 * writes one pushes, `jalr` through one that does not push from it pops. With both, rd != rs1, it
 * pops and pushes: here a computed call, whose return address is pushed. A jump to the next
 * instruction with a link reads the pc and pushes nothing.
 * Example: `jalr zero, 0(ra)` is `xret`.
 */
#include "rv64.h"

static bool is_link(unsigned n)
{
    return n == RV64_REG_RA || n == RV64_REG_T0;
}

TransResult rv64_jump(TransCtx *tc, unsigned rd, GuestAddr target)
{
    IrUnit *u = tc->u;
    GuestAddr next = tc->pc + tc->insn_len;
    IrRef back = rd ? rv64_next(tc) : 0;
    rv64_set_x(tc, rd, back);
    if (target == next)
        return TR_NEXT;
    if (!is_link(rd)) {
        tc->next_pc = target;
        return TR_FOLLOW;
    }
    ir_op2(u, IR_XCALL, IR_VOID, ir_gaddr(u, target), back);
    return TR_END;
}

/* The target is computed before rd is written; its lowest bit is cleared. */
TransResult rv64_jump_reg(TransCtx *tc, unsigned rd, unsigned rs1, int64_t imm)
{
    IrUnit *u = tc->u;
    if (rs1 && tc->priv_word[RV64_KNOWN_REG] == rs1)
        return rv64_jump(tc, rd, (tc->priv_word[RV64_KNOWN_ADDR] + (uint64_t)imm) & ~1ull);
    IrRef to = rv64_x(tc, rs1);
    if (imm)
        to = ir_op2(u, IR_ADD, IR_I64, to, rv64_const(tc, imm));
    to = ir_op2(u, IR_AND, IR_I64, to, rv64_const(tc, ~1ll));
    if (rd == 0) {
        ir_op1(u, is_link(rs1) ? IR_XRET : IR_XIND, IR_VOID, to);
        return TR_END;
    }
    IrRef back = rv64_next(tc);
    rv64_set_x(tc, rd, back);
    if (is_link(rd))
        ir_op2(u, IR_XCALLI, IR_VOID, to, back);
    else
        ir_op1(u, is_link(rs1) ? IR_XRET : IR_XIND, IR_VOID, to);
    return TR_END;
}

TransResult rv64_branch_if(TransCtx *tc, IrCmp c, unsigned rs1, unsigned rs2, GuestAddr target)
{
    IrUnit *u = tc->u;
    IrRef cond = ir_cmp(u, c, rv64_x(tc, rs1), rv64_x(tc, rs2));
    ir_op2(u, IR_XIF, IR_VOID, cond, ir_gaddr(u, target));
    return TR_NEXT;
}

TransResult rv64_jal(TransCtx *tc, Rv64Insn insn)
{
    return rv64_jump(tc, insn.jal.rd, tc->pc + (uint64_t)rv64_imm_j(insn.word));
}

TransResult rv64_jalr(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_jalr f = insn.jalr;
    return rv64_jump_reg(tc, f.rd, f.rs1, f.imm12);
}

TransResult rv64_branch(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t conds[] = {CMP_EQ, CMP_NE, 0, 0, CMP_SLT, CMP_SGE, CMP_ULT, CMP_UGE};
    const Rv64_branch f = insn.branch;
    GuestAddr target = tc->pc + (uint64_t)rv64_imm_b(insn.word);
    return rv64_branch_if(tc, (IrCmp)conds[f.f3], f.rs1, f.rs2, target);
}
