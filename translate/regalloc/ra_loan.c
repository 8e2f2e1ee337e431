/*
 * Loans: when an insn asks for more registers of a class than there are temps, a pinned register
 * steps in. Its content goes to its slot's memory before the insn and comes back before the next
 * one. At an insn that may fault it goes to a spill place, and a recipe says so. Insns that may
 * leave the unit otherwise get none.
 *
 *     rbit wants its operand, an early result and two scratch registers; three temps:
 *     mov [x9], r14; rbit rax <- rcx, scratch rdx, r14; mov r14, [x9]
 */
#include "ra_int.h"
#include <string.h>

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
        if (!s->reg_val[r] || !s->val[s->reg_val[r]].wanted)
            return r;
        any = r;
    }
    return any;
}

/* May pins be lent to the insn at hand? */
static RaLends lending(const RaState *s)
{
    const RaInsn *in = &s->ra->insns[s->pos - 1];
    uint16_t e = ir_effects(&s->ra->ir->insns[in->ir]);
    if (e & (EFF_EXIT | EFF_TERM | EFF_STATE_R | EFF_STATE_W))
        return LENDS_NONE;
    return in->observer ? LENDS_BY_RECIPE : LENDS_ANY;
}

static RaLoc loan_place(RaState *s, RaLoc reg, bool by_recipe)
{
    if (by_recipe)
        return ra_alloc_spill(s);
    return (RaLoc)(LOC_SLOT | s->ra->target->slot_of_reg[reg]);
}

/* A pinned register of the class outside `avoid` and the locked ones, empty; or fails. */
RaLoc ra_borrow(RaState *s, RegClass cls, uint64_t avoid)
{
    uint64_t of_class = cls == RC_GPR ? BIT(LOC_VEC) - 1 : ~(BIT(LOC_VEC) - 1);
    RaLoc r = choose_pin(s, s->ra->target->pinned & of_class & ~(avoid | s->lock | s->lent));
    IrRef held = r != LOC_NONE ? s->reg_val[r] : 0;
    RaLends lends = lending(s);
    bool by_recipe = lends == LENDS_BY_RECIPE;
    IrRef ref = held && !by_recipe ? held : ref_of_width(s->ra->ir, cls);
    if (r == LOC_NONE || !ref || lends == LENDS_NONE || (by_recipe && cls != RC_GPR) ||
        s->n_loans == ARRAY_LEN(s->loans)) {
        s->fail = true;
        return LOC_NONE;
    }
    RaLoan *l = &s->loans[s->n_loans++];
    *l = (RaLoan){r, loan_place(s, r, by_recipe), ref, held, false};
    s->lent |= BIT(r);
    ra_emit_move(s, ref, r, l->place);
    if (held && !s->val[held].mem) {
        s->val[held].mem = l->place;
        l->gave_mem = true;
    }
    ra_drop_reg(s, r);
    return r;
}

/* Adds to observer `in` where the lent pins' content is: its recipes move to the list's end. */
void ra_loan_recipes(RaState *s, RaInsn *in)
{
    RaUnit *ra = s->ra;
    if (ra->cap_snaps - ra->n_snaps < in->n_snap + s->n_loans) {
        s->fail = true;
        return;
    }
    RaSnap *to = &ra->snaps[ra->n_snaps];
    memcpy(to, &ra->snaps[in->first_snap], in->n_snap * sizeof *to);
    for (uint32_t k = 0; k < s->n_loans; k++) {
        const RaLoan *l = &s->loans[k];
        to[in->n_snap++] = (RaSnap){.slot = (uint16_t)ra->target->slot_of_reg[l->reg],
                                    .op = IR_NOP,
                                    .type = ra->ir->insns[l->ref].type,
                                    .n_ops = 1,
                                    .arg[0] = {.ref = l->ref, .cls = RC_GPR, .loc = l->place}};
    }
    in->first_snap = ra->n_snaps;
    ra->n_snaps += in->n_snap;
}

/* After the insn: what it left in the pins moves out, what they held comes back. */
void ra_give_back(RaState *s)
{
    while (s->n_loans) {
        RaLoan *l = &s->loans[--s->n_loans];
        ra_save_outside(s, l->reg, s->lent);
        ra_drop_reg(s, l->reg);
        ra_emit_move(s, l->ref, l->place, l->reg);
        if (l->held)
            ra_hold(s, l->reg, l->held);
        if (l->gave_mem)
            s->val[l->held].mem = 0;
        if (!(l->place & LOC_SLOT))
            ra_free_spill(s, l->place);
        s->lent &= ~BIT(l->reg);
    }
}
