/*
 * What happens between RaInsns: guest state as a source of values (gets, slots), values that live
 * across blocks, and block borders.
 *
 * A value used outside its block has a home: a spill place of its own for the whole unit, stored
 * right after the definition. A block parameter lives in its home too; `br` stores its arguments
 * there. So registers carry nothing but the pins over a border.
 */
#include "ra_int.h"
#include <string.h>

/* Value v (in place `v->mem` only) gets a register outside locked ones; stays backed. */
static RaLoc load_somewhere(RaState *s, IrRef ref)
{
    RaLoc r = ra_alloc_reg(s, ra_class_of(s->ra->ir, ref), 0);
    if (r == LOC_NONE)
        return r;
    ra_emit_move(s, ref, ra_source(s, ref), r);
    ra_hold(s, r, ref);
    return r;
}

static void store_home(RaState *s, IrRef ref)
{
    RaVal *v = &s->val[ref];
    if (!v->regs && load_somewhere(s, ref) == LOC_NONE)
        return;
    if (v->mem & LOC_SLOT)
        ra_drop_slot(s, v->mem & (LOC_SLOT - 1));
    v->mem = ra_alloc_spill(s);
    ra_emit_move(s, ref, (RaLoc)__builtin_ctzll(v->regs), v->mem);
    if (v->next == POS_NONE)
        ra_release(s, v);
}

void ra_store_homes(RaState *s)
{
    for (uint32_t k = 0; k < s->n_pending; k++)
        store_home(s, s->pending[k]);
    s->n_pending = 0;
}

/* The gets that stand before `in`: their slot's place now is theirs. */
void ra_take_gets(RaState *s, const RaInsn *in)
{
    const RaUnit *ra = s->ra;
    while (s->next_get < in->ir) {
        IrRef g = s->next_get;
        s->next_get = ++s->cur_get < ra->n_gets ? ra->gets[s->cur_get] : UINT32_MAX;
        RaVal *v = &s->val[g];
        uint32_t slot = (uint32_t)ra->ir->insns[g].imm;
        RaLoc p = ra->target->pin_of_slot[slot];
        if (v->next == POS_NONE && !v->home)
            continue;
        /* A stand-in that was set may live there: the same bits, but a value of its own. */
        if (p != LOC_NONE) {
            if (UNLIKELY(s->val[s->reg_val[p]].next != POS_NONE))
                ra_save_outside(s, p, BIT(p));
            ra_hold(s, p, g);
        } else {
            ra_leave_slot(s, slot);
            ra_hold_slot(s, slot, g);
        }
        if (v->home)
            store_home(s, g);
    }
}

/* The slot's memory is about to change: the value that lives there moves to a register. */
void ra_leave_slot(RaState *s, uint32_t slot)
{
    if (!(s->slot_held[slot / 64] & BIT(slot % 64)))
        return;
    ra_drop_slot(s, slot);
    IrRef ref = s->slot_val[slot];
    RaVal *v = &s->val[ref];
    if (v->mem != (LOC_SLOT | slot))
        return;
    if (v->next != POS_NONE && !v->regs)
        load_somewhere(s, ref);
    v->mem = 0;
}

static void spill_value(RaState *s, IrRef ref)
{
    RaVal *v = &s->val[ref];
    if (v->next == POS_NONE || ra_is_const(s, ref) || (v->mem && !(v->mem & LOC_SLOT)))
        return;
    if (!v->regs && load_somewhere(s, ref) == LOC_NONE)
        return;
    v->mem = ra_alloc_spill(s);
    ra_emit_move(s, ref, (RaLoc)__builtin_ctzll(v->regs), v->mem);
}

/* Before a call that writes guest state: what lives in pins and slots gets a spill place. */
void ra_save_state(RaState *s)
{
    for (uint64_t m = s->ra->target->pinned; m; m &= m - 1) {
        IrRef ref = s->reg_val[__builtin_ctzll(m)];
        if (ref)
            spill_value(s, ref);
    }
    for (uint32_t w = 0; w < ARRAY_LEN(s->slot_held); w++)
        for (uint64_t m = s->slot_held[w]; m; m &= m - 1) {
            uint32_t slot = 64 * w + (uint32_t)__builtin_ctzll(m);
            IrRef ref = s->slot_val[slot];
            if (s->val[ref].mem == (LOC_SLOT | slot))
                spill_value(s, ref);
        }
    memset(s->slot_held, 0, sizeof s->slot_held);
}

void ra_forget_state(RaState *s)
{
    for (uint64_t m = s->ra->target->pinned; m; m &= m - 1)
        ra_drop_reg(s, (RaLoc)__builtin_ctzll(m));
}

typedef struct ParamMove {
    IrRef ref;
    RaLoc from, home;
} ParamMove;

static bool is_param_home(const RaState *s, const IrBlock *b, uint32_t n, RaLoc l, uint32_t but)
{
    for (uint32_t k = 0; k < n; k++)
        if (k != but && s->val[b->first + k].mem == l)
            return true;
    return false;
}

/* Copies an argument that stands in another parameter's home to a fresh place. */
static RaLoc set_aside(RaState *s, IrRef ref, RaLoc from)
{
    RaLoc to = ra_alloc_spill(s);
    RaLoc r = from;
    if (!loc_is_reg(from)) {
        r = ra_alloc_reg(s, ra_class_of(s->ra->ir, ref), 0);
        if (r == LOC_NONE)
            return LOC_NONE;
        ra_emit_move(s, ref, from, r);
    }
    ra_emit_move(s, ref, r, to);
    return to;
}

/* The arguments of `br` go to the homes of the target's parameters, as if all at once. */
void ra_pass_params(RaState *s, const IrInsn *br)
{
    const IrUnit *u = s->ra->ir;
    const IrBlock *b = &u->blocks[br->imm];
    uint32_t n = ir_list_len(u, br->arg[1]);
    const IrRef *refs = ir_list_refs(u, br->arg[1]);
    RaLoc aside[VCPU_SPILL_COUNT];
    if (n > ARRAY_LEN(aside)) {
        s->fail = true;
        return;
    }
    for (uint32_t k = 0; k < n; k++) {
        const RaVal *v = ra_val(s, refs[k]);
        aside[k] = LOC_NONE;
        if (v->mem && is_param_home(s, b, n, v->mem, k) && !s->fail)
            aside[k] = set_aside(s, refs[k], ra_source(s, refs[k]));
    }
    for (uint32_t k = 0; k < n && !s->fail; k++) {
        IrRef ref = refs[k];
        RaVal *v = &s->val[ref];
        RaLoc home = s->val[b->first + k].mem, from = aside[k];
        if (from == LOC_NONE && v->mem == home)
            continue;
        if (from == LOC_NONE)
            from = ra_source(s, ref);
        if (!loc_is_reg(from)) {
            RaLoc r = ra_alloc_reg(s, ra_class_of(u, ref), 0);
            if (r == LOC_NONE)
                return;
            ra_emit_move(s, ref, from, r);
            from = r;
        }
        ra_emit_move(s, ref, from, home);
    }
    for (uint32_t k = 0; k < n; k++) {
        RaVal *v = ra_val(s, refs[k]);
        if (aside[k] != LOC_NONE)
            ra_free_spill(s, aside[k]);
        if (v->home)
            continue;
        v->next = POS_NONE;
        ra_release(s, v);
    }
}

/* Forgets what registers and slots hold. */
void ra_end_block(RaState *s)
{
    CHECK(s->n_pending == 0);
    for (RaLoc r = 0; r < LOC_NREGS; r++)
        if (s->reg_val[r])
            ra_drop_reg(s, r);
    s->busy = 0;
    memset(s->slot_held, 0, sizeof s->slot_held);
}
