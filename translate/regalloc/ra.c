/*
 * The allocator's driver:
 *
 *  1. where there are several blocks, values that live across them; where there are sunk sets, the
 *     recipes (RaSnap) of each observer;
 *  2. backward over RaInsns: next uses and hints (ra_back.c);
 *  3. forward over RaInsns: places (ra_place.c).
 *
 *     set nzcv, v5 (sunk)    RaInsn 4, an observer, gets the recipe nzcv = flsub v1, v2 when
 *     v9 = ld [v1]           v5 = flsub v1, v2: v1 and v2 must lie somewhere until then
 */
#include "ra_int.h"
#include "log.h"
#include <string.h>

enum { MAX_ACTIVE = 4 }; /* sunk slots at one time */

/* The recipes of a block's observers, while its RaInsns are gone through. */
typedef struct Prepass {
    RaState *s;
    uint32_t left;           /* of ra->sunk: those still to come */
    uint32_t n_sunk;         /* slots whose set is sunk here, */
    RaSnap sunk[MAX_ACTIVE]; /* and what they hold */
} Prepass;

static bool state_init(RaState *s, RaUnit *ra, const RaConfig *cfg)
{
    const IrUnit *u = ra->ir;
    memset(s, 0, offsetof(RaState, slot_val));
    s->ra = ra;
    s->val = arena_alloc(ra->arena, u->n * sizeof(RaVal));
    if (!s->val)
        return false;
    memset(s->val, 0, u->n * sizeof(RaVal));
    s->temps = ra->target->temps[RC_GPR] | ra->target->temps[RC_VEC];
    s->spill_free = ~(uint64_t)0;
    s->rng = cfg->random_seed;
    s->next_get = ra->n_gets ? ra->gets[0] : UINT32_MAX;
    ra->n_moves = 0;
    ra->n_snaps = 0;
    ra->n_spills = 0;
    return true;
}

/* The slot is set: what a sunk set gave it is gone. */
static void end_sunk(Prepass *p, uint32_t slot)
{
    for (uint32_t k = 0; k < p->n_sunk; k++)
        if (p->sunk[k].slot == slot)
            p->sunk[k] = p->sunk[--p->n_sunk];
}

/* The recipe of sunk set x. */
static void see_sunk(Prepass *p, const IrInsn *x)
{
    const IrUnit *u = p->s->ra->ir;
    end_sunk(p, (uint32_t)x->imm);
    if (p->n_sunk == MAX_ACTIVE) {
        p->s->fail = true;
        return;
    }
    IrRef v = x->arg[0];
    const IrInsn *def = &u->insns[v];
    bool recipe = def->op == IR_FLADD || def->op == IR_FLSUB || def->op == IR_FLLOGIC;
    RaSnap *sn = &p->sunk[p->n_sunk++];
    sn->slot = (uint16_t)x->imm;
    sn->op = recipe ? def->op : IR_NOP;
    sn->type = u->insns[recipe ? def->arg[0] : v].type;
    sn->n_ops = recipe ? ir_ops[def->op].nargs : 1;
    for (uint32_t j = 0; j < sn->n_ops; j++) {
        IrRef r = recipe ? ir_recipe_arg(u, def->arg[j]) : v;
        sn->arg[j] = (RaOperand){.ref = r, .cls = (uint8_t)ra_class_of(u, r), .loc = LOC_NONE};
    }
}

/* Observer `in` gets the recipes of the slots whose set is sunk here. */
static void make_snaps(Prepass *p, RaInsn *in)
{
    RaUnit *ra = p->s->ra;
    if (ra->cap_snaps - ra->n_snaps < p->n_sunk) {
        p->s->fail = true;
        return;
    }
    in->first_snap = ra->n_snaps;
    in->n_snap = (uint8_t)p->n_sunk;
    for (uint32_t k = 0; k < p->n_sunk; k++)
        ra->snaps[ra->n_snaps++] = p->sunk[k];
}

/* The recipes of RaInsns [first, end), which are a block's. */
static void snap_block(Prepass *p, uint32_t first, uint32_t end)
{
    const RaUnit *ra = p->s->ra;
    p->n_sunk = 0;
    IrRef next = p->left ? ra->sunk[p->left - 1] : UINT32_MAX;
    for (RaInsn *in = ra->insns + first; in != ra->insns + end; in++) {
        for (; next < in->ir; next = --p->left ? ra->sunk[p->left - 1] : UINT32_MAX)
            see_sunk(p, &ra->ir->insns[next]);
        if (!p->n_sunk)
            continue;
        const IrInsn *x = &ra->ir->insns[in->ir];
        if (ra_observes(in, x))
            make_snaps(p, in);
        if (x->op == IR_SET)
            end_sunk(p, (uint32_t)x->imm);
        else if (ra_writes_state(x))
            p->n_sunk = 0;
    }
}

static void mark_home(RaState *s, IrRef ref, const IrBlock *b)
{
    bool outside = ref < b->first || ref >= b->end;
    if (outside && !ra_is_const(s, ref))
        s->val[ref].home = true;
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
            s->val[j].home = true;
            s->val[j].mem = ra_alloc_spill(s);
        }
}

static void prepass(RaState *s)
{
    RaUnit *ra = s->ra;
    Prepass p;
    p.s = s;
    p.left = ra->n_sunk;
    if (ra->ir->n_blocks > 1)
        place_params(s);
    for (uint32_t b = 0, first = 0; p.left && b < ra->ir->n_blocks; first = ra->block_end[b++])
        snap_block(&p, first, ra->block_end[b]);
    if (ra->ir->n_blocks > 1)
        for (uint32_t b = 0, first = 0; b < ra->ir->n_blocks; first = ra->block_end[b++])
            find_homes(s, b, first, ra->block_end[b]);
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
    if (UNLIKELY(cfg->general || s.rng))
        for (uint32_t i = 0; i < ra->n; i++)
            ra->insns[i].binds |= RAB_GENERAL;
    ra_look_back(&s);
    for (uint32_t b = 0, first = 0; b < ra->ir->n_blocks; first = ra->block_end[b++]) {
        if (!ra_place_block(&s, first, ra->block_end[b]))
            return false;
        if (b + 1 < ra->ir->n_blocks)
            ra_end_block(&s);
    }
    if (cfg->check)
        verify(ra);
    return true;
}
