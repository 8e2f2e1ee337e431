/*
 * The allocator's driver and analysis:
 *
 *  1. where there are several blocks, values that live across them; where there are sunk sets, the
 *     recipes (RaSnap) of each observer;
 *  2. backward over RaInsns: next use of each operand, and for each value the pinned register it
 *     should be made in because a `set` of that slot follows with nothing between that looks;
 *  3. forward over RaInsns: places (ra_place.c).
 *
 *     0: v3 = add v1, 8     after walk 2: v1 next used at 1; v3 hinted to x0's register, because
 *     1: cmp v1, v2         RaInsn 2 sets it and neither 1 nor anything else observes
 *     2: set x0, v3
 */
#include "ra_int.h"
#include "log.h"
#include <string.h>

enum { MAX_ACTIVE = 4 }; /* sunk slots at one time */

typedef struct Sunk {
    uint32_t slot;
    IrRef set; /* the sunk set */
} Sunk;

typedef struct Prepass {
    RaState *s;
    uint32_t at; /* next IR insn to look at */
    uint32_t n_sunk;
    Sunk sunk[MAX_ACTIVE];
} Prepass;

static bool state_init(RaState *s, RaUnit *ra, const RaConfig *cfg)
{
    const IrUnit *u = ra->ir;
    memset(s, 0, offsetof(RaState, slot_val));
    memset(s->slot_val, 0, u->n_slots * sizeof s->slot_val[0]);
    s->ra = ra;
    s->val = arena_alloc(ra->arena, u->n * sizeof(RaVal));
    s->after = arena_alloc(ra->arena, ra->n * sizeof *s->after);
    if (!s->val || !s->after)
        return false;
    memset(s->val, 0, u->n * sizeof(RaVal));
    s->temps = ra->target->temps[RC_GPR] | ra->target->temps[RC_VEC];
    s->spill_free = ~(uint64_t)0;
    s->rng = cfg->random_seed;
    ra->n_moves = 0;
    ra->n_snaps = 0;
    ra->n_spills = 0;
    return true;
}

static void see_set(Prepass *p, IrRef j, const IrInsn *x)
{
    uint32_t slot = (uint32_t)x->imm;
    for (uint32_t k = 0; k < p->n_sunk; k++)
        if (p->sunk[k].slot == slot)
            p->sunk[k] = p->sunk[--p->n_sunk];
    if (!(x->aux & 1))
        return;
    if (p->n_sunk == MAX_ACTIVE) {
        p->s->fail = true;
        return;
    }
    p->sunk[p->n_sunk++] = (Sunk){slot, j};
}

/* RV_* that follow from the op. */
static const uint8_t op_flags[IR_OP_COUNT] = {
    [IR_CONST] = RV_CONST, [IR_VCONST] = RV_CONST, [IR_GADDR] = RV_CONST};

/* Recipes of observer `in` for the slots whose set is sunk here. */
static void make_snaps(Prepass *p, RaInsn *in)
{
    RaUnit *ra = p->s->ra;
    in->first_snap = ra->n_snaps;
    for (uint32_t k = 0; k < p->n_sunk; k++) {
        if (ra->n_snaps >= ra->cap_snaps) {
            p->s->fail = true;
            return;
        }
        IrRef v = ra->ir->insns[p->sunk[k].set].arg[0];
        const IrInsn *x = &ra->ir->insns[v];
        RaSnap *sn = &ra->snaps[ra->n_snaps++];
        bool recipe = x->op == IR_FLADD || x->op == IR_FLSUB || x->op == IR_FLLOGIC;
        sn->slot = (uint16_t)p->sunk[k].slot;
        sn->op = recipe ? x->op : IR_NOP;
        sn->n_ops = recipe ? ir_ops[x->op].nargs : 1;
        for (uint32_t j = 0; j < sn->n_ops; j++) {
            IrRef r = recipe ? ir_recipe_arg(ra->ir, x->arg[j]) : v;
            sn->arg[j] =
                (RaOperand){.ref = r, .cls = (uint8_t)ra_class_of(ra->ir, r), .loc = LOC_NONE};
        }
        sn->type = ra->ir->insns[recipe ? x->arg[0] : v].type;
        in->n_snap++;
    }
}

/* The recipes of a block with sunk sets. */
static void snap_block(Prepass *p, uint32_t b, uint32_t first, uint32_t end)
{
    RaUnit *ra = p->s->ra;
    p->n_sunk = 0;
    p->at = ra->ir->blocks[b].first;
    for (uint32_t i = first; i < end; i++) {
        RaInsn *in = &ra->insns[i];
        const IrInsn *x = &ra->ir->insns[p->at];
        for (; p->at < in->ir; p->at++, x++) {
            if (x->op == IR_SET)
                see_set(p, p->at, x);
            else if (ra_writes_state(x))
                p->n_sunk = 0;
        }
        if (p->n_sunk && ra_observes(in, x))
            make_snaps(p, in);
        if (x->op == IR_SET && x->aux & 1)
            in->n_ops = 0;
    }
}

static void mark_home(RaState *s, IrRef ref, const IrBlock *b)
{
    bool outside = ref < b->first || ref >= b->end;
    if (outside && !op_flags[s->ra->ir->insns[ref].op])
        s->val[ref].flags |= RV_HOME;
}

/* Values that are used outside their block. */
static void find_homes(RaState *s, uint32_t b, uint32_t first, uint32_t end)
{
    RaUnit *ra = s->ra;
    const IrBlock *blk = &ra->ir->blocks[b];
    for (uint32_t i = first; i < end; i++) {
        const RaInsn *in = &ra->insns[i];
        for (uint32_t k = 0; k < in->n_ops; k++)
            mark_home(s, in->op[k].ref, blk);
        for (uint32_t k = 0; k < in->n_snap; k++)
            for (uint32_t j = 0; j < ra->snaps[in->first_snap + k].n_ops; j++)
                mark_home(s, ra->snaps[in->first_snap + k].arg[j].ref, blk);
    }
    const IrInsn *t = &ra->ir->insns[blk->end - 1];
    if (t->op == IR_BR && t->arg[1])
        for (uint32_t k = 0; k < ir_list_len(ra->ir, t->arg[1]); k++)
            mark_home(s, ir_list_refs(ra->ir, t->arg[1])[k], blk);
}

static void place_params(RaState *s)
{
    const IrUnit *u = s->ra->ir;
    for (uint32_t b = 0; b < u->n_blocks; b++)
        for (IrRef j = u->blocks[b].first; j < u->blocks[b].first + u->blocks[b].n_params; j++) {
            s->val[j].flags |= RV_HOME;
            s->val[j].mem = ra_alloc_spill(s);
        }
}

static void prepass(RaState *s)
{
    RaUnit *ra = s->ra;
    Prepass p;
    p.s = s;
    if (ra->ir->n_blocks > 1)
        place_params(s);
    if (ra->sunk)
        for (uint32_t b = 0, first = 0; b < ra->ir->n_blocks; first = ra->block_end[b++])
            snap_block(&p, b, first, ra->block_end[b]);
    if (ra->ir->n_blocks > 1)
        for (uint32_t b = 0, first = 0; b < ra->ir->n_blocks; first = ra->block_end[b++])
            find_homes(s, b, first, ra->block_end[b]);
}

/* Backward walk: what lies ahead within the block. */
typedef struct Ahead {
    uint32_t observer; /* next position where the pins must hold */
    uint32_t set[256]; /* by slot: position of the next set */
    bool read[256];    /* by slot: a get of its own stands before that set */
} Ahead;

/* Value ref is used at pos. */
static inline RaVal *note_use(RaState *s, IrRef ref, uint32_t pos)
{
    RaVal *v = &s->val[ref];
    v->next = pos;
    v->flags |= op_flags[s->ra->ir->insns[ref].op];
    return v;
}

/* Keeps the hint of dst only if nothing looks at the old content between here and the set. */
static void settle_hint(RaState *s, const Ahead *a, const RaInsn *in, uint32_t k)
{
    RaVal *v = &s->val[in->dst[k].ref];
    int32_t slot = s->ra->target->slot_of_reg[v->hint - 1];
    bool ok = a->observer > v->hint_pos && a->set[slot] == v->hint_pos && !a->read[slot] &&
              !(in->dst[k].flags & RAF_FIXED);
    if (in->observer && ok) {
        ok = !(in->dst[k].flags & RAF_EARLY);
        for (uint32_t j = 0; j < in->n_ops; j++)
            ok = ok && !(in->op[j].flags & RAF_TIED);
    }
    if (!ok)
        v->hint = 0;
}

/* Recipe operands: their next uses are kept, then they are used here. */
static void look_back_snaps(RaState *s, const RaInsn *in, uint32_t pos)
{
    RaSnap *snaps = &s->ra->snaps[in->first_snap];
    uint32_t(*after)[2] = &s->snap_after[in->first_snap];
    for (uint32_t k = 0; k < in->n_snap; k++)
        for (uint32_t j = 0; j < snaps[k].n_ops; j++)
            after[k][j] = s->val[snaps[k].arg[j].ref].next;
    for (uint32_t k = 0; k < in->n_snap; k++)
        for (uint32_t j = 0; j < snaps[k].n_ops; j++)
            note_use(s, snaps[k].arg[j].ref, pos);
}

static inline void look_back_ops(RaState *s, const RaInsn *in, uint32_t i)
{
    uint32_t *after = s->after[i];
    for (uint32_t k = 0; k < in->n_ops; k++)
        after[k] = s->val[in->op[k].ref].next;
    if (UNLIKELY(in->n_snap))
        look_back_snaps(s, in, i + 1); /* reads what operands' values come to next, too */
    for (uint32_t k = 0; k < in->n_ops; k++) {
        RaVal *v = note_use(s, in->op[k].ref, i + 1);
        if (in->op[k].flags & RAF_FIXED)
            v->fix = (uint8_t)(in->op[k].fixed + 1);
    }
}

static void look_back_set(RaState *s, Ahead *a, const RaInsn *in, const IrInsn *x, uint32_t pos)
{
    if (x->aux & 1)
        return;
    a->set[x->imm] = pos;
    a->read[x->imm] = false;
    RaLoc p = s->ra->target->pin_of_slot[x->imm];
    if (p != LOC_NONE && in->n_ops) {
        RaVal *v = &s->val[in->op[0].ref];
        v->hint = (uint8_t)(p + 1);
        v->hint_pos = pos;
    }
}

static inline void look_back_insn(RaState *s, Ahead *a, uint32_t i)
{
    const RaUnit *ra = s->ra;
    const RaInsn *in = &ra->insns[i];
    const IrInsn *x = &ra->ir->insns[in->ir];
    for (uint32_t k = 0; k < in->n_dst; k++)
        if (s->val[in->dst[k].ref].hint)
            settle_hint(s, a, in, k);
    if (ra_observes(in, x))
        a->observer = i + 1;
    look_back_ops(s, in, i);
    if (x->op == IR_SET) {
        look_back_set(s, a, in, x, i + 1);
    } else if (UNLIKELY(x->op == IR_BR && x->arg[1])) {
        for (uint32_t k = 0; k < ir_list_len(ra->ir, x->arg[1]); k++)
            note_use(s, ir_list_refs(ra->ir, x->arg[1])[k], i + 1);
    }
}

static void look_back(RaState *s)
{
    const RaUnit *ra = s->ra;
    Ahead a;
    uint32_t g = ra->n_gets;
    for (uint32_t b = ra->ir->n_blocks; b-- > 0;) {
        uint32_t first = b ? ra->block_end[b - 1] : 0;
        memset(a.set, 0, ra->ir->n_slots * sizeof a.set[0]);
        memset(a.read, 0, ra->ir->n_slots);
        a.observer = ra->block_end[b] + 1;
        for (uint32_t i = ra->block_end[b]; i-- > first;) {
            look_back_insn(s, &a, i);
            uint32_t prev = i > first ? ra->insns[i - 1].ir : ra->ir->blocks[b].first - 1;
            for (; g && ra->gets[g - 1] > prev; g--) {
                const RaVal *v = &s->val[ra->gets[g - 1]];
                if (v->next != POS_NONE || v->flags & RV_HOME)
                    a.read[ra->ir->insns[ra->gets[g - 1]].imm] = true;
            }
        }
    }
}

static void verify(const RaUnit *ra)
{
    char text[512];
    StrBuf err = STRBUF_ON(text);
    if (ra_check(ra, &err))
        return;
    log_error("ferry: register allocation: %s\n", text);
    CHECK_NEVER("register allocation");
}

bool ra_run(RaUnit *ra, const RaConfig *cfg)
{
    RaState s;
    if (!state_init(&s, ra, cfg))
        return false;
    prepass(&s);
    if (s.fail)
        return false;
    s.snap_after = arena_alloc(ra->arena, ra->n_snaps * sizeof *s.snap_after);
    if (!s.snap_after)
        return false;
    look_back(&s);
    for (uint32_t b = 0, i = 0; b < ra->ir->n_blocks; b++) {
        for (; i < ra->block_end[b]; i++) {
            ra_place(&s, i);
            if (UNLIKELY(s.fail))
                return false;
        }
        if (b + 1 < ra->ir->n_blocks)
            ra_end_block(&s);
    }
    if (cfg->check)
        verify(ra);
    return true;
}
