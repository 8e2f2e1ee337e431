/*
 * A64 branches (DDI 0487, C4.1.93).
 *
 * A conditional branch is a side exit and translation goes on behind it; a plain branch is followed
 * by the driver; calls, returns and computed jumps end the unit. `bl .+4` reads the pc and is no
 * call: it must not push on the return stack. Example: `cbz x0, L` gives
 * `v2:bool = cmp.eq v0, v1` and `xif v2, L`.
 */
#include "a64.h"

/* Address `words` instructions from this one. */
static GuestAddr target_of(const TransCtx *tc, int64_t words)
{
    return tc->pc + (uint64_t)words * A64_INSN_LEN;
}

static TransResult exit_if(TransCtx *tc, IrRef cond, GuestAddr target)
{
    IrRef to = ir_gaddr(tc->u, target);
    ir_op2x(tc->u, IR_XIF, IR_VOID, 0, cond, to, 0);
    return TR_NEXT;
}

static TransResult follow(TransCtx *tc, GuestAddr target)
{
    tc->next_pc = target;
    return TR_FOLLOW;
}

TransResult a64_b_cond(TransCtx *tc, A64Insn insn)
{
    const A64_b_cond f = insn.b_cond;
    GuestAddr target = target_of(tc, f.imm19);
    return f.cond >= CC_COUNT ? follow(tc, target) : exit_if(tc, a64_cond(tc, f.cond), target);
}

TransResult a64_b(TransCtx *tc, A64Insn insn)
{
    return follow(tc, target_of(tc, insn.b.imm26));
}

TransResult a64_bl(TransCtx *tc, A64Insn insn)
{
    IrUnit *u = tc->u;
    IrRef back = a64_next(tc);
    ir_set(u, A64_X30, back);
    if (insn.bl.imm26 == 1) {
        return TR_NEXT;
    }
    IrRef to = ir_gaddr(u, target_of(tc, insn.bl.imm26));
    ir_op2(u, IR_XCALL, IR_VOID, to, back);
    return TR_END;
}

TransResult a64_cb(TransCtx *tc, A64Insn insn)
{
    const A64_cb f = insn.cb;
    IrUnit *u = tc->u;
    IrRef v = a64_r(tc, f.sf, f.rt), zero = ir_const(u, a64_type(f.sf), 0);
    return exit_if(tc, ir_cmp(u, f.op ? CMP_NE : CMP_EQ, v, zero), target_of(tc, f.imm19));
}

TransResult a64_tb(TransCtx *tc, A64Insn insn)
{
    const A64_tb f = insn.tb;
    IrUnit *u = tc->u;
    unsigned sf = f.b5, bit = f.b40;
    IrType t = a64_type(sf);
    IrRef mask = ir_const(u, t, (sf ? 1ull << 32 : 1) << bit);
    IrRef v = ir_op2(u, IR_AND, t, a64_r(tc, sf, f.rt), mask);
    IrRef cond = ir_cmp(u, f.op ? CMP_NE : CMP_EQ, v, ir_const(u, t, 0));
    return exit_if(tc, cond, target_of(tc, f.imm14));
}

TransResult a64_br(TransCtx *tc, A64Insn insn)
{
    ir_op1(tc->u, IR_XIND, IR_VOID, a64_r(tc, 1, insn.br.rn));
    return TR_END;
}

TransResult a64_blr(TransCtx *tc, A64Insn insn)
{
    IrUnit *u = tc->u;
    IrRef to = a64_r(tc, 1, insn.blr.rn), back = a64_next(tc);
    ir_set(u, A64_X30, back);
    ir_op2(u, IR_XCALLI, IR_VOID, to, back);
    return TR_END;
}

TransResult a64_ret(TransCtx *tc, A64Insn insn)
{
    ir_op1(tc->u, IR_XRET, IR_VOID, a64_r(tc, 1, insn.ret.rn));
    return TR_END;
}
