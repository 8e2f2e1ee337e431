/*
 * The forward walk over a block's RaInsns, and a short way for most of them.
 *
 * A RaInsn is plain when it has three operands and one result at most, wherever their classes
 * allow. Mostly its operands lie in registers and its result goes to the pin it is hinted to or to
 * a free temp. The short way does what the general one (ra_place.c) would do, move by move:
 * RaConfig.general, and the test of it.
 *
 *     3: v9 = add v4, v7     v4 in a pin, v7 in temp rcx and not needed behind: rcx is free for v9
 */
#include "ra_int.h"

/* What the operands of a plain RaInsn lock, and of that the temps whose value they use up. */
typedef struct Taken {
    uint64_t lock, dying;
} Taken;

/* Operands [o, end) of the insn at hand have no place yet. */
static void want(RaState *s, const RaOperand *o, const RaOperand *end, bool wanted)
{
    for (; o != end; o++) {
        s->val[o->ref].next = o->after;
        s->val[o->ref].wanted = wanted;
    }
}

/* The place of operand o, a constant or in no register; behind it there are others up to `end`. */
static NO_IPA RaLoc load_operand(RaState *s, const RaOperand *o, const RaOperand *end,
                                 uint64_t lock)
{
    const RaVal *v = &s->val[o->ref];
    if (o->flags & RAF_REMAT_OK && ra_is_const(s, o->ref))
        return LOC_REMAT;
    if (v->regs)
        return ra_best_reg(s, v->regs);
    uint64_t free = s->ra->target->temps[o->cls] & ~(lock | s->busy);
    bool soon = free && v->next != POS_NONE && v->next - s->pos < RA_SOON;
    if (o->flags & RAF_MEM_OK && v->mem && !soon)
        return v->mem;
    s->lock = lock;
    want(s, o, end, true);
    RaLoc r = ra_alloc_reg(s, o->cls, 0);
    want(s, o, end, false);
    if (r != LOC_NONE)
        ra_copy_to(s, o->ref, r);
    return r;
}

static inline Taken plain_operands(RaState *s, RaInsn *in)
{
    RaVal *val = s->val;
    Taken t = {0, 0};
    for (RaOperand *o = in->op, *end = o + in->n_ops; o != end; o++) {
        RaVal *v = &val[o->ref];
        v->next = o->after;
        if (LIKELY(v->regs && !(o->flags & RAF_REMAT_OK)))
            o->loc = ra_best_reg(s, v->regs);
        else
            o->loc = load_operand(s, o, end, t.lock);
        if (!loc_is_reg(o->loc))
            continue;
        t.lock |= BIT(o->loc);
        if (o->after == POS_NONE)
            t.dying |= BIT(o->loc) & s->temps;
    }
    return t;
}

/* The result's place: the pin it is hinted to if nobody needs that any more, else a temp. */
static inline RaLoc plain_dst(RaState *s, const RaInsn *in, Taken t)
{
    const RaVal *v = &s->val[in->dst[0].ref];
    if (v->hint) {
        RaLoc p = (RaLoc)(v->hint - 1);
        uint32_t next = s->val[s->reg_val[p]].next; /* of value 0: POS_NONE */
        if (next == POS_NONE || next > v->hint_pos)
            return p;
    }
    uint64_t temps = s->ra->target->temps[in->dst[0].cls];
    uint64_t free = temps & (~(s->busy | t.lock) | t.dying);
    if (UNLIKELY(v->fix) && free & BIT(v->fix - 1))
        return (RaLoc)(v->fix - 1);
    return LIKELY(free) ? (RaLoc)__builtin_ctzll(free) : ra_victim(s, temps);
}

static void place_plain(RaState *s, RaInsn *in)
{
    Taken t = plain_operands(s, in);
    if (in->n_dst) {
        RaLoc r = plain_dst(s, in, t);
        in->dst[0].loc = r;
        if (s->val[s->reg_val[r]].next != POS_NONE) {
            s->lock = t.lock;
            ra_save_outside(s, r, BIT(r));
        }
    }
    for (const RaOperand *o = in->op, *end = o + in->n_ops; o != end; o++)
        if (o->after == POS_NONE)
            ra_done(s, &s->val[o->ref]);
    if (in->n_dst)
        ra_define(s, &in->dst[0]);
}

static inline void place_op(RaState *s, RaInsn *in)
{
    if (LIKELY(in->plain))
        place_plain(s, in);
    else
        ra_place_op(s, in);
}

/* `set` of a pinned slot: the value is in its register already, or moves there now. */
static inline void place_pin_set(RaState *s, RaInsn *in)
{
    RaLoc p = in->op[0].fixed;
    IrRef ref = in->op[0].ref;
    RaVal *v = &s->val[ref];
    v->next = in->op[0].after;
    in->op[0].loc = p;
    if (s->reg_val[p] != ref)
        ra_move_to_pin(s, ref, p);
    if (v->next == POS_NONE)
        ra_done(s, v);
}

/* The value's whole content stands in the slot's memory after a set of it. */
static bool slot_keeps(const RaState *s, uint32_t slot, IrRef ref)
{
    uint8_t t = s->ra->ir->insns[ref].type;
    return s->ra->ir->slots[slot].type != SLOT_I32 || t != IR_I64;
}

/* `set` of a slot in memory: the backend's store, after which the slot is a place of the value. */
static void place_mem_set(RaState *s, RaInsn *in)
{
    const IrInsn *x = &s->ra->ir->insns[in->ir];
    uint32_t slot = (uint32_t)x->imm;
    ra_leave_slot(s, slot);
    place_op(s, in);
    IrRef ref = in->kind == RA_SET ? in->op[0].ref : x->arg[0];
    if (!s->val[ref].mem && !ra_is_const(s, ref) && slot_keeps(s, slot, ref))
        ra_hold_slot(s, slot, ref);
}

/* A call that writes state; `br` with arguments. */
static void place_state_insn(RaState *s, RaInsn *in)
{
    const IrInsn *x = &s->ra->ir->insns[in->ir];
    bool writes = ra_writes_state(x);
    if (x->op == IR_BR)
        ra_pass_params(s, x);
    if (writes)
        ra_save_state(s);
    place_op(s, in);
    if (writes)
        ra_forget_state(s);
}

static inline void place_insn(RaState *s, RaInsn *in)
{
    switch ((RaWay)in->way) {
    case WAY_OP:
        place_op(s, in);
        return;
    case WAY_PIN_SET:
        place_pin_set(s, in);
        return;
    case WAY_MEM_SET:
        place_mem_set(s, in);
        return;
    case WAY_STATE:
        place_state_insn(s, in);
        return;
    case WAY_NONE:
        return;
    }
}

/* Places RaInsns [first, end), which are a block's; false when something does not fit. */
bool ra_place_block(RaState *s, uint32_t first, uint32_t end)
{
    RaInsn *in = s->ra->insns + first;
    for (s->pos = first + 1; s->pos <= end && !s->fail; s->pos++, in++) {
        s->lock = 0;
        in->first_move = s->ra->n_moves;
        if (UNLIKELY(s->n_pending))
            ra_store_homes(s);
        if (UNLIKELY(s->n_loans))
            ra_give_back(s);
        if (s->next_get < in->ir)
            ra_take_gets(s, in);
        place_insn(s, in);
        in->n_moves = s->ra->n_moves - in->first_move;
    }
    return !s->fail;
}
