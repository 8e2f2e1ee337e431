/*
 * The backward walk: the next use of each operand's value, for each value the pinned register it
 * should be made in because a `set` of that slot follows with nothing between that looks, and how
 * each RaInsn is to be placed.
 *
 *     0: v3 = add v1, 8     v1 next used at 1; v3 hinted to x0's register, because
 *     1: cmp v1, v2         RaInsn 2 sets it and neither 1 nor anything else observes
 *     2: set x0, v3
 */
#include "ra_int.h"

/*
 * What lies ahead within the block. Entries of sets behind the block, or left over, do no harm: a
 * hint counts only with the set that it comes from, before the next observer.
 */
typedef struct Ahead {
    uint32_t observer;       /* next position where the pins must hold */
    uint32_t n_gets;         /* those of ra->gets that are still to come */
    IrRef get;               /* the last of them, or 0 */
    uint64_t read;           /* pins of whose slot a get stands before that set */
    uint32_t set[LOC_NREGS]; /* by pin: position of the slot's next set */
} Ahead;

/*
 * A value about to be made in its hinted pin: the hint stays only if nothing looks at the pin's old
 * content between here and the set.
 */
static inline void settle_hint(const Ahead *a, const RaInsn *in, const RaOperand *dst, RaVal *v)
{
    unsigned p = v->hint - 1u;
    if (a->observer <= v->hint_pos || a->set[p] != v->hint_pos || a->read & BIT(p) ||
        dst->flags & RAF_FIXED || (in->observer && in->binds & (RAF_EARLY | RAF_TIED)))
        v->hint = 0;
}

/* Recipe operands: their next uses are kept, then they are used here. */
static NO_IPA void look_back_snaps(RaState *s, const RaInsn *in, uint32_t pos)
{
    RaSnap *snaps = &s->ra->snaps[in->first_snap];
    for (uint32_t k = 0; k < in->n_snap; k++)
        for (uint32_t j = 0; j < snaps[k].n_ops; j++)
            snaps[k].arg[j].after = s->val[snaps[k].arg[j].ref].next;
    for (uint32_t k = 0; k < in->n_snap; k++)
        for (uint32_t j = 0; j < snaps[k].n_ops; j++)
            s->val[snaps[k].arg[j].ref].next = pos;
}

/* The next use of operand o's value, which an earlier operand or a recipe of `in` reads, too. */
static NO_IPA uint32_t shared_after(const RaState *s, const RaInsn *in, const RaOperand *o)
{
    for (const RaOperand *e = in->op; e != o; e++)
        if (e->ref == o->ref)
            return e->after;
    for (uint32_t n = in->first_snap; n < in->first_snap + in->n_snap; n++)
        for (uint32_t j = 0; j < s->ra->snaps[n].n_ops; j++)
            if (s->ra->snaps[n].arg[j].ref == o->ref)
                return s->ra->snaps[n].arg[j].after;
    CHECK_NEVER("register allocation");
}

static NO_IPA void note_fixed(RaState *s, const RaInsn *in)
{
    for (uint32_t k = 0; k < in->n_ops; k++)
        if (in->op[k].flags & RAF_FIXED)
            s->val[in->op[k].ref].fix = (uint8_t)(in->op[k].fixed + 1);
}

/* A call may observe; `br` uses its arguments. */
static NO_IPA void look_back_state(RaState *s, Ahead *a, const RaInsn *in, uint32_t pos)
{
    const IrInsn *x = &s->ra->ir->insns[in->ir];
    if (ra_observes(in, x))
        a->observer = pos;
    if (x->op != IR_BR)
        return;
    for (uint32_t k = 0; k < ir_list_len(s->ra->ir, x->arg[1]); k++)
        s->val[ir_list_refs(s->ra->ir, x->arg[1])[k]].next = pos;
}

/* The gets behind RaInsn `in` and before those seen so far: their slots are read. */
static NO_IPA void look_back_gets(RaState *s, Ahead *a, const RaInsn *in)
{
    const RaUnit *ra = s->ra;
    while (a->get > in->ir) {
        const RaVal *v = &s->val[a->get];
        RaLoc p = ra->target->pin_of_slot[ra->ir->insns[a->get].imm];
        if (p != LOC_NONE && (v->next != POS_NONE || v->home))
            a->read |= BIT(p);
        a->get = --a->n_gets ? ra->gets[a->n_gets - 1] : 0;
    }
}

static inline void look_back_pin_set(RaState *s, Ahead *a, RaInsn *in, uint32_t pos)
{
    RaVal *v = &s->val[in->op[0].ref];
    unsigned p = in->op[0].fixed;
    a->set[p] = pos;
    a->read &= ~BIT(p);
    in->op[0].after = v->next;
    v->next = v->hint_pos = pos;
    v->hint = (uint8_t)(p + 1);
}

static inline void look_back_op(RaState *s, Ahead *a, RaInsn *in, uint32_t pos)
{
    RaVal *val = s->val;
    for (const RaOperand *o = in->dst, *end = o + in->n_dst; o != end; o++)
        if (val[o->ref].hint)
            settle_hint(a, in, o, &val[o->ref]);
    if (in->observer)
        a->observer = pos;
    if (UNLIKELY(in->n_snap))
        look_back_snaps(s, in, pos);
    for (RaOperand *o = in->op, *end = o + in->n_ops; o != end; o++) {
        RaVal *v = &val[o->ref];
        o->after = v->next;
        if (UNLIKELY(v->next == pos))
            o->after = shared_after(s, in, o);
        v->next = pos;
    }
    if (UNLIKELY(in->binds & RAF_FIXED))
        note_fixed(s, in);
    if (UNLIKELY(in->kind == RA_STATE))
        look_back_state(s, a, in, pos);
}

void ra_look_back(RaState *s)
{
    const RaUnit *ra = s->ra;
    Ahead a;
    a.n_gets = ra->n_gets;
    a.get = a.n_gets ? ra->gets[a.n_gets - 1] : 0;
    a.read = 0;
    for (uint32_t b = ra->ir->n_blocks; b-- > 0;) {
        RaInsn *first = ra->insns + (b ? ra->block_end[b - 1] : 0);
        uint32_t pos = ra->block_end[b];
        a.observer = pos + 1;
        for (RaInsn *in = ra->insns + pos; in != first; pos--) {
            in--;
            if (UNLIKELY(a.get > in->ir))
                look_back_gets(s, &a, in);
            if (in->kind == RA_PIN_SET)
                look_back_pin_set(s, &a, in, pos);
            else
                look_back_op(s, &a, in, pos);
        }
    }
}
