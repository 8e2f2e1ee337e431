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

/* What the operands of a plain RaInsn take up. */
typedef struct Taken {
    uint64_t lock;  /* temps that they are read from, */
    uint64_t dying; /* of these, those whose value is used up, */
    uint64_t done;  /* and all temps with values that are; */
    unsigned mem;   /* union of these values' places in memory */
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
    s->lock = 0;
    if (r != LOC_NONE)
        ra_copy_to(s, o->ref, r);
    return r;
}

static inline Taken plain_operands(RaState *s, RaInsn *in)
{
    const uint64_t temps = s->temps;
    Taken t = {0, 0, 0, 0};
    for (RaOperand *o = in->op, *end = o + in->n_ops; o != end; o++) {
        RaVal *v = &s->val[o->ref];
        v->next = o->after;
        uint64_t pins = v->regs & ~temps, bit = 0;
        if (UNLIKELY(!v->regs || o->flags & RAF_REMAT_OK)) {
            o->loc = load_operand(s, o, end, t.lock);
            bit = loc_is_reg(o->loc) ? BIT(o->loc) & temps : 0;
            t.done &= ~bit; /* another value may just have lost it */
        } else if (pins) {
            o->loc = (RaLoc)__builtin_ctzll(pins);
        } else {
            o->loc = (RaLoc)__builtin_ctzll(v->regs);
            bit = v->regs & -v->regs;
        }
        t.lock |= bit;
        if (o->after != POS_NONE)
            continue;
        t.dying |= bit;
        t.done |= v->regs & temps;
        t.mem |= v->mem;
    }
    return t;
}

/* Once the insn is placed: spill places of values that it used up. */
static NO_IPA void plain_release_mem(RaState *s, const RaInsn *in)
{
    for (uint32_t k = 0; k < in->n_ops; k++)
        if (in->op[k].after == POS_NONE)
            ra_release_mem(s, &s->val[in->op[k].ref]);
}

/* The result's place: the pin it is hinted to if nobody needs that any more, else a temp. */
static inline RaLoc plain_dst(RaState *s, const RaInsn *in, const RaVal *v, Taken t)
{
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

/* r's old value lives on: it is saved if this was its last place. */
static NO_IPA void plain_save(RaState *s, RaLoc r, uint64_t lock)
{
    s->lock = lock;
    ra_save_outside(s, r, BIT(r));
    s->lock = 0;
}

static inline void plain_result(RaState *s, RaInsn *in, Taken t)
{
    RaVal *v = &s->val[in->dst[0].ref];
    RaLoc r = plain_dst(s, in, v, t);
    RaVal *old = &s->val[s->reg_val[r]];
    in->dst[0].loc = r;
    if (UNLIKELY(old->next != POS_NONE))
        plain_save(s, r, t.lock);
    old->regs &= ~BIT(r);
    s->reg_val[r] = in->dst[0].ref;
    v->regs |= BIT(r);
    s->busy = (s->busy & ~t.done) | (BIT(r) & s->temps);
}

static inline __attribute__((always_inline)) void place_plain(RaState *s, RaInsn *in)
{
    Taken t = plain_operands(s, in);
    if (in->n_dst)
        plain_result(s, in, t);
    else
        s->busy &= ~t.done;
    if (UNLIKELY(t.mem & LOC_SPILL))
        plain_release_mem(s, in);
    if (in->n_dst)
        ra_defined(s, in->dst[0].ref);
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
        ra_release(s, v);
}

/* The general way, for operands of a state insn or a set, too. */
static NO_IPA void place_op(RaState *s, RaInsn *in)
{
    if (in->plain)
        place_plain(s, in);
    else
        ra_place_op(s, in);
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
    IrRef ref = in->op[0].ref;
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
    if (in->kind == RA_PIN_SET)
        place_pin_set(s, in);
    else if (UNLIKELY(in->kind == RA_MEM_SET))
        place_mem_set(s, in);
    else if (UNLIKELY(in->kind == RA_STATE))
        place_state_insn(s, in);
    else if (LIKELY(in->plain))
        place_plain(s, in);
    else
        ra_place_op(s, in);
}

/* What the insn before has left to be done. */
static NO_IPA void do_chores(RaState *s)
{
    if (s->n_pending)
        ra_store_homes(s);
    if (s->n_loans)
        ra_give_back(s);
}

/* Places RaInsns [first, end), which are a block's; false when something does not fit. */
bool ra_place_block(RaState *s, uint32_t first, uint32_t end)
{
    RaUnit *ra = s->ra;
    uint32_t moves = ra->n_moves;
    RaInsn *in = ra->insns + first;
    for (uint32_t pos = first + 1; pos <= end; pos++, in++) {
        s->pos = pos;
        in->first_move = moves;
        if (UNLIKELY(s->chores))
            do_chores(s);
        if (s->next_get < in->ir)
            ra_take_gets(s, in);
        place_insn(s, in);
        uint32_t now = ra->n_moves;
        in->n_moves = now - moves;
        moves = now;
        if (UNLIKELY(s->fail))
            return false;
    }
    return true;
}
