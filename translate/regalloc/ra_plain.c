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

/* What the operands of a plain RaInsn use up. */
typedef struct Done {
    uint64_t temps; /* that hold their values, */
    unsigned mem;   /* union of their places in memory */
} Done;

/* Operands [o, end) of the insn at hand have no place yet. */
static void want(RaState *s, const RaOperand *o, const RaOperand *end, bool wanted)
{
    for (; o != end; o++) {
        s->val[o->ref].next = o->after;
        s->val[o->ref].wanted = wanted;
    }
}

/* The registers of in's operands before `end`. */
static uint64_t locked(const RaInsn *in, const RaOperand *end)
{
    uint64_t regs = 0;
    for (const RaOperand *o = in->op; o != end; o++)
        if (loc_is_reg(o->loc))
            regs |= BIT(o->loc);
    return regs;
}

/* The place of in's operand o, a constant or in no register. */
static NO_IPA RaLoc load_operand(RaState *s, const RaInsn *in, const RaOperand *o)
{
    const RaVal *v = &s->val[o->ref];
    if (o->flags & RAF_REMAT_OK && ra_is_const(s, o->ref))
        return LOC_REMAT;
    if (v->regs)
        return ra_best_reg(s, v->regs);
    uint64_t lock = locked(in, o);
    uint64_t free = s->ra->target->temps[o->cls] & ~(lock | s->busy);
    if (o->flags & RAF_MEM_OK && v->mem && !(free && ra_is_soon(s, o)))
        return v->mem;
    s->lock = lock;
    want(s, o, in->op + in->n_ops, true);
    RaLoc r = ra_alloc_reg(s, o->cls, 0);
    want(s, o, in->op + in->n_ops, false);
    s->lock = 0;
    if (r != LOC_NONE)
        ra_copy_to(s, o->ref, r);
    return r;
}

static inline Done plain_operands(RaState *s, RaInsn *in)
{
    const uint64_t temps = s->temps;
    Done d = {0, 0};
    for (RaOperand *o = in->op, *end = o + in->n_ops; o != end; o++) {
        RaVal *v = &s->val[o->ref];
        v->next = o->after;
        uint64_t pins = v->regs & ~temps;
        if (UNLIKELY(!v->regs || o->flags & RAF_REMAT_OK)) {
            o->loc = load_operand(s, in, o);
            d.temps &= ~v->regs; /* another value may just have lost it */
        } else {
            o->loc = (RaLoc)__builtin_ctzll(pins ? pins : v->regs);
        }
        if (o->after == POS_NONE) {
            d.temps |= v->regs & temps;
            d.mem |= v->mem;
        }
    }
    return d;
}

/* The result's place: the pin it is hinted to if nobody needs that any more, else a temp. */
static inline RaLoc plain_dst(RaState *s, const RaOperand *dst, const RaVal *v, uint64_t done)
{
    if (v->hint) {
        RaLoc p = (RaLoc)(v->hint - 1);
        uint32_t next = s->val[s->reg_val[p]].next; /* of value 0: POS_NONE */
        if (next == POS_NONE || next > v->hint_pos)
            return p;
    }
    uint64_t temps = s->ra->target->temps[dst->cls];
    uint64_t free = temps & (~s->busy | done);
    if (UNLIKELY(v->fix) && free & BIT(v->fix - 1))
        return (RaLoc)(v->fix - 1);
    return LIKELY(free) ? (RaLoc)__builtin_ctzll(free) : ra_victim(s, temps);
}

/* r's old value lives on: it is saved if this was its last place. */
static NO_IPA void plain_save(RaState *s, const RaInsn *in, RaLoc r)
{
    s->lock = locked(in, in->op + in->n_ops);
    ra_save_outside(s, r, BIT(r));
    s->lock = 0;
}

static inline void plain_result(RaState *s, RaInsn *in, uint64_t done)
{
    IrRef ref = in->dst[0].ref;
    RaVal *v = &s->val[ref];
    RaLoc r = plain_dst(s, &in->dst[0], v, done);
    RaVal *old = &s->val[s->reg_val[r]];
    in->dst[0].loc = r;
    if (UNLIKELY(old->next != POS_NONE))
        plain_save(s, in, r);
    old->regs &= ~BIT(r);
    s->reg_val[r] = ref;
    v->regs |= BIT(r);
    s->busy = (s->busy & ~done) | (BIT(r) & s->temps);
}

/* Recipes, and spill places of values that were used up. */
static NO_IPA void plain_rest(RaState *s, const RaInsn *in)
{
    if (in->n_snap)
        ra_place_snaps(s, in, in->n_dst ? BIT(in->dst[0].loc) : 0);
    for (uint32_t k = 0; k < in->n_ops; k++)
        if (in->op[k].after == POS_NONE)
            ra_release_mem(s, &s->val[in->op[k].ref]);
}

static inline __attribute__((always_inline)) void place_plain(RaState *s, RaInsn *in)
{
    Done d = plain_operands(s, in);
    if (UNLIKELY(in->n_snap))
        d.temps &= ~ra_open_snaps(s, in);
    if (in->n_dst)
        plain_result(s, in, d.temps);
    else
        s->busy &= ~d.temps;
    if (UNLIKELY((d.mem & LOC_SPILL) | in->n_snap))
        plain_rest(s, in);
    if (in->n_dst)
        ra_defined(s, in->dst[0].ref);
}

/* The general way, but for the frequent case of an only operand in a fixed register. */
static NO_IPA void place_constrained(RaState *s, RaInsn *in)
{
    if (in->binds != RAF_FIXED || in->n_dst || in->n_ops != 1 || in->n_snap ||
        in->n_tmp[RC_GPR] | in->n_tmp[RC_VEC]) {
        ra_place_op(s, in);
        return;
    }
    RaOperand *o = &in->op[0];
    RaVal *v = &s->val[o->ref];
    o->loc = o->fixed;
    v->next = o->after;
    if (s->reg_val[o->fixed] != o->ref) {
        v->wanted = true;
        ra_vacate(s, o->fixed, 0);
        ra_copy_to(s, o->ref, o->fixed);
        v->wanted = false;
    }
    if (v->next == POS_NONE)
        ra_release(s, v);
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

/* The operands of a state insn or a set. */
static NO_IPA void place_op(RaState *s, RaInsn *in)
{
    if (ra_is_plain(in))
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
    else if (LIKELY(ra_is_plain(in)))
        place_plain(s, in);
    else
        place_constrained(s, in);
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
