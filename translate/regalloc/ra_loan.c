/*
 * Loans: when an insn asks for more registers of a class than there are temps, a pinned register
 * steps in. Its content goes to its slot's memory before the insn and comes back before the next
 * one. Observers, at which the pins must hold, get none.
 *
 *     rbit wants its operand, an early result and two scratch registers; three temps:
 *     mov [x9], r14; rbit rax <- rcx, scratch rdx, r14; mov r14, [x9]
 */
#include "ra_int.h"

/* A value whose type has the width of class cls, for moves of unknown content. */
static IrRef ref_of_width(const IrUnit *u, RegClass cls)
{
    uint8_t want = cls == RC_VEC ? IR_V128 : IR_I64;
    for (IrRef r = 1; r < u->n; r++)
        if (u->insns[r].type == want)
            return r;
    return 0;
}

/* The pin that is best lent: one whose value the insn at hand does not read. */
static RaLoc choose_pin(const RaState *s, uint64_t cand)
{
    RaLoc any = LOC_NONE;
    for (; cand; cand &= cand - 1) {
        RaLoc r = (RaLoc)__builtin_ctzll(cand);
        if (!s->reg_val[r] || s->val[s->reg_val[r]].wanted != s->pos + 1)
            return r;
        any = r;
    }
    return any;
}

/* A pinned register of the class outside `avoid` and the locked ones, empty; or fails. */
RaLoc ra_borrow(RaState *s, RegClass cls, uint64_t avoid)
{
    const RaTarget *t = s->ra->target;
    uint64_t of_class = cls == RC_GPR ? BIT(LOC_VEC) - 1 : ~(BIT(LOC_VEC) - 1);
    RaLoc r = choose_pin(s, t->pinned & of_class & ~(avoid | s->lock | s->lent));
    IrRef held = r != LOC_NONE ? s->reg_val[r] : 0;
    IrRef ref = held ? held : ref_of_width(s->ra->ir, cls);
    if (r == LOC_NONE || !ref || !s->may_lend || s->n_loans == ARRAY_LEN(s->loans)) {
        s->fail = true;
        return LOC_NONE;
    }
    RaLoan *l = &s->loans[s->n_loans++];
    *l = (RaLoan){r, (RaLoc)(LOC_SLOT | t->slot_of_reg[r]), ref, held, false};
    s->lent |= BIT(r);
    ra_emit_move(s, ref, r, l->slot);
    if (held && s->val[held].mem == LOC_NONE) {
        s->val[held].mem = l->slot;
        l->gave_mem = true;
    }
    ra_drop_reg(s, r);
    return r;
}

/* After the insn: what it left in the pins moves out, what they held comes back. */
void ra_give_back(RaState *s)
{
    while (s->n_loans) {
        RaLoan *l = &s->loans[--s->n_loans];
        ra_save_outside(s, l->reg, s->lent);
        ra_drop_reg(s, l->reg);
        ra_emit_move(s, l->ref, l->slot, l->reg);
        if (l->held)
            ra_hold(s, l->reg, l->held);
        if (l->gave_mem)
            s->val[l->held].mem = LOC_NONE;
        s->lent &= ~BIT(l->reg);
    }
}
