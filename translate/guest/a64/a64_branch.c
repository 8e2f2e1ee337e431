/*
 * A64 branches (DDI 0487, C4.1.93).
 *
 * A conditional branch is a side exit and translation goes on behind it; a plain branch is followed
 * by the driver; calls, returns and computed jumps end the unit. `bl .+4` reads the pc and is no
 * call: it must not push on the return stack. Example: `cbz x0, L` gives
 * `v2:bool = cmp.eq v0, v1` and `xif v2, L`.
 *
 * BTI (D8.4): BR and BLR leave in PSTATE.BTYPE how they branched, and in a guarded page the next
 * instruction must be one that accepts it. BTYPE is the kind of landing of the IR's computed
 * branches (vcpu.h); the runtime asks a64_landings() where one leads to guarded code for the first
 * time.
 */
#include <string.h>
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

/* Values of PSTATE.BTYPE: a jump that BTI c accepts too, a call, another jump. */
enum { BTYPE_NONE, BTYPE_JUMP_C, BTYPE_CALL, BTYPE_JUMP };

static unsigned btype(const TransCtx *tc, unsigned kind)
{
    return a64_has(tc, A64_FEAT_BTI) ? kind : BTYPE_NONE;
}

TransResult a64_jump(TransCtx *tc, unsigned rn, IrRef to)
{
    bool may_call = rn == 16 || rn == 17 || !tc->guarded; /* veneers jump to functions by these */
    ir_op1x(tc->u, IR_XIND, IR_VOID, btype(tc, may_call ? BTYPE_JUMP_C : BTYPE_JUMP), to, 0);
    return TR_END;
}

TransResult a64_call(TransCtx *tc, IrRef to)
{
    IrRef back = a64_next(tc);
    ir_set(tc->u, A64_X30, back);
    ir_op2x(tc->u, IR_XCALLI, IR_VOID, btype(tc, BTYPE_CALL), to, back, 0);
    return TR_END;
}

/* Linux sets SCTLR_EL1.BT0: PACIASP and PACIBSP accept what BTI c does. */
uint8_t a64_landings(const uint8_t *code)
{
    enum {
        HINT_PACIASP = 25,
        HINT_PACIBSP = 27,
        HINT_BTI_C = 34,
        HINT_BTI_J = 36,
        HINT_BTI_JC = 38
    };
    enum { SEQUENTIAL = 1 << BTYPE_NONE, AT_C = SEQUENTIAL | 1 << BTYPE_JUMP_C | 1 << BTYPE_CALL };
    enum { AT_J = SEQUENTIAL | 1 << BTYPE_JUMP_C | 1 << BTYPE_JUMP, AT_JC = AT_J | AT_C };
    A64Insn insn;
    memcpy(&insn.word, code, sizeof(insn.word));
    switch (insn_decode(&a64_insns, insn.word, A64_DECODE_INDEX(insn.word))) {
    case A64_ROW_brk:
    case A64_ROW_hlt:
        return AT_JC;
    case A64_ROW_hint:
        break;
    default:
        return SEQUENTIAL;
    }
    switch ((unsigned)insn.hint.CRm << 3 | insn.hint.op2) {
    case HINT_PACIASP:
    case HINT_PACIBSP:
    case HINT_BTI_C:
        return AT_C;
    case HINT_BTI_J:
        return AT_J;
    case HINT_BTI_JC:
        return AT_JC;
    default:
        return SEQUENTIAL;
    }
}

TransResult a64_br(TransCtx *tc, A64Insn insn)
{
    return a64_jump(tc, insn.br.rn, a64_r(tc, 1, insn.br.rn));
}

TransResult a64_blr(TransCtx *tc, A64Insn insn)
{
    return a64_call(tc, a64_r(tc, 1, insn.blr.rn));
}

TransResult a64_ret(TransCtx *tc, A64Insn insn)
{
    ir_op1(tc->u, IR_XRET, IR_VOID, a64_r(tc, 1, insn.ret.rn));
    return TR_END;
}
