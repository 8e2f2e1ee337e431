/*
 * A64 memory copy and memory set: CPY*, CPYF*, SET* (DDI 0487, C6.2 and D1.3.4).
 *
 * Prologue, main part and epilogue are three instructions. Option A is implemented, which C = 0
 * after the prologue says: the prologue turns an upward copy's addresses into those of the ends and
 * its size into a negative number, so that main part and epilogue change one register. The prologue
 * moves nothing, the main part moves all, the epilogue finds nothing left:
 *
 *     cpyfp [x0]!, [x1]!, x2!     x0 += x2; x1 += x2; x2 = -x2; nzcv = 0
 *     cpyfm [x0]!, [x1]!, x2!     x2 = a64_mops_copy(x0, x1, x2); trap if it is not 0
 *     cpyfe [x0]!, [x1]!, x2!     trap if x2 is not 0
 *
 * The trap leads to Linux's part (linux-user): it goes on byte by byte up to the fault, or goes
 * back to the prologue when the flags say that another CPU's option B made the registers. The
 * hints (unprivileged, non-temporal) mean nothing at EL0.
 */
#include "a64.h"

enum { STAGE_PROLOGUE, STAGE_MAIN, STAGE_EPILOGUE };

/* The stage may be left alone only when C is clear and nothing remains. */
static void trap_if(TransCtx *tc, A64Insn insn, IrRef cond)
{
    IrRef word = ir_const(tc->u, IR_I64, insn.word), pc = ir_gaddr(tc->u, tc->pc);
    ir_emit(tc->u, IR_TRAPIF, IR_VOID, 0, cond, pc, word, TRAP_CUSTOM);
}

static void trap_on_option_b(TransCtx *tc, A64Insn insn)
{
    trap_if(tc, insn, ir_cc(tc->u, CC_CS, ir_get(tc->u, IR_FLAGS, A64_NZCV)));
}

static void trap_on_rest(TransCtx *tc, A64Insn insn, IrRef n)
{
    trap_if(tc, insn, ir_cmp(tc->u, CMP_NE, n, ir_const(tc->u, IR_I64, 0)));
}

static IrRef limited(TransCtx *tc, IrRef n, uint64_t max)
{
    IrUnit *u = tc->u;
    IrRef top = ir_const(u, IR_I64, max);
    return ir_select(u, IR_I64, ir_cmp(u, CMP_ULT, n, top), n, top);
}

static void clear_flags(TransCtx *tc)
{
    IrRef zero = ir_const(tc->u, IR_I32, 0);
    ir_set(tc->u, A64_NZCV, ir_op1(tc->u, IR_FLUNPACK, IR_FLAGS, zero));
}

static IrRef low56(TransCtx *tc, IrRef addr)
{
    return ir_op1x(tc->u, IR_UBFX, IR_I64, 0 | 56 << 8, addr, 0);
}

/* Would going up overwrite what is still to be read? */
static IrRef must_go_down(TransCtx *tc, IrRef to, IrRef from, IrRef size)
{
    IrUnit *u = tc->u;
    IrRef start = low56(tc, to);
    IrRef below = ir_cmp(u, CMP_ULT, low56(tc, from), start);
    IrRef end = low56(tc, ir_op2(u, IR_ADD, IR_I64, from, size));
    return ir_op2(u, IR_BAND, IR_BOOL, below, ir_cmp(u, CMP_UGT, end, start));
}

static TransResult copy_prologue(TransCtx *tc, const A64_mops_cpy f)
{
    enum { MOVE_BITS = 55, COPY_BITS = 63 };
    IrUnit *u = tc->u;
    IrRef to = a64_r(tc, 1, f.rd), from = a64_r(tc, 1, f.rs);
    IrRef size = limited(tc, a64_r(tc, 1, f.rn), (1ull << (f.move ? MOVE_BITS : COPY_BITS)) - 1);
    IrRef to_end = ir_op2(u, IR_ADD, IR_I64, to, size);
    IrRef from_end = ir_op2(u, IR_ADD, IR_I64, from, size);
    IrRef n = ir_op1(u, IR_NEG, IR_I64, size);
    if (f.move) {
        IrRef down = must_go_down(tc, to, from, size);
        to_end = ir_select(u, IR_I64, down, to, to_end);
        from_end = ir_select(u, IR_I64, down, from, from_end);
        n = ir_select(u, IR_I64, down, size, n);
    }
    a64_set_r(tc, 1, f.rd, to_end);
    a64_set_r(tc, 1, f.rs, from_end);
    a64_set_r(tc, 1, f.rn, n);
    clear_flags(tc);
    return TR_NEXT;
}

TransResult a64_mops_cpy(TransCtx *tc, A64Insn insn)
{
    const A64_mops_cpy f = insn.mops_cpy;
    bool same = f.rd == f.rs || f.rs == f.rn || f.rd == f.rn;
    if (same || f.rd == A64_REG_31 || f.rs == A64_REG_31 || f.rn == A64_REG_31) {
        return a64_undefined(tc);
    }
    if (f.op1 == STAGE_PROLOGUE) {
        return copy_prologue(tc, f);
    }
    trap_on_option_b(tc, insn);
    IrRef n = a64_r(tc, 1, f.rn);
    if (f.op1 == STAGE_MAIN) {
        IrRef args[3] = {a64_r(tc, 1, f.rd), a64_r(tc, 1, f.rs), n};
        n = ir_call(tc->u, HELPER_a64_mops_copy, IR_I64, args, 3);
        a64_set_r(tc, 1, f.rn, n);
    }
    trap_on_rest(tc, insn, n);
    return TR_NEXT;
}

TransResult a64_mops_set(TransCtx *tc, A64Insn insn)
{
    const A64_mops_set f = insn.mops_set;
    IrUnit *u = tc->u;
    unsigned stage = f.op2 >> 2;
    bool same = f.rd == f.rs || f.rs == f.rn || f.rd == f.rn;
    if (same || f.rd == A64_REG_31 || f.rn == A64_REG_31) {
        return a64_undefined(tc);
    }
    IrRef to = a64_r(tc, 1, f.rd), n = a64_r(tc, 1, f.rn);
    if (stage == STAGE_PROLOGUE) {
        n = limited(tc, n, INT64_MAX);
        a64_set_r(tc, 1, f.rd, ir_op2(u, IR_ADD, IR_I64, to, n));
        a64_set_r(tc, 1, f.rn, ir_op1(u, IR_NEG, IR_I64, n));
        clear_flags(tc);
        return TR_NEXT;
    }
    trap_on_option_b(tc, insn);
    if (stage == STAGE_MAIN) {
        IrRef args[3] = {to, n, a64_r(tc, 1, f.rs)};
        n = ir_call(u, HELPER_a64_mops_set, IR_I64, args, 3);
        a64_set_r(tc, 1, f.rn, n);
    }
    trap_on_rest(tc, insn, n);
    return TR_NEXT;
}
