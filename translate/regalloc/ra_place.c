/*
 * Places one RaInsn: its operands, scratch registers and results, with the moves before it.
 *
 * Order of work: operands at fixed registers; the tied operand and with it dst[0]; the other
 * operands; scratch; results; then whatever stands in a register about to be destroyed and lives on
 * is saved. Everything is done by appending moves and updating the state, so that at each step the
 * state says what is true after the moves so far.
 *
 *     v3 = sub v1, v2 (v1 tied), v1 in pin rbx and used later, v3 to be set to rbx's slot:
 *     mov rax, rbx; then `sub rbx, v2` with dst rbx
 */
#include "ra_int.h"
#include <string.h>

/* What the insn at hand demands, while it is placed. */
typedef struct Demand {
    RaInsn *in;
    uint64_t forbid; /* clobbers and registers of fixed operands: no free operand goes there */
    uint64_t dying;  /* temps with operands whose value is not needed afterwards */
    uint64_t tmps;
    uint64_t dsts;
    bool fixed;     /* some operand has a fixed register */
    bool tight;     /* more registers asked for than there are: what may be read from memory is */
    int tied;       /* operand index or -1 */
    RaLoc tied_reg; /* dst[0]'s register once the tied operand is placed */
} Demand;

RaLoc ra_alloc_spill(RaState *s)
{
    if (UNLIKELY(!s->spill_free)) {
        s->fail = true;
        return LOC_SPILL;
    }
    uint32_t n = (uint32_t)__builtin_ctzll(s->spill_free);
    s->spill_free &= s->spill_free - 1;
    s->ra->n_spills = MAX(s->ra->n_spills, n + 1);
    return (RaLoc)(LOC_SPILL | n);
}

void ra_free_spill(RaState *s, RaLoc l)
{
    s->spill_free |= BIT(l & (LOC_SPILL - 1));
}

static inline bool loc_is_spill(RaLoc l)
{
    return l >= LOC_SPILL && l < LOC_SLOT;
}

/* A value that is used no more gives back its spill place. */
void ra_release_mem(RaState *s, RaVal *v)
{
    if (v->home || !loc_is_spill(v->mem))
        return;
    ra_free_spill(s, v->mem);
    v->mem = 0;
}

static inline bool val_live(const RaVal *v)
{
    return v->next != POS_NONE || v->wanted;
}

static inline bool val_backed(const RaState *s, IrRef ref)
{
    return s->val[ref].mem || ra_is_const(s, ref);
}

/* Empties register r, storing its value if that is its last place. */
static void evict(RaState *s, RaLoc r)
{
    IrRef ref = s->reg_val[r];
    if (!ref)
        return;
    RaVal *v = &s->val[ref];
    if (v->regs == BIT(r) && val_live(v) && !val_backed(s, ref)) {
        v->mem = ra_alloc_spill(s);
        ra_emit_move(s, ref, r, v->mem);
    }
    ra_drop_reg(s, r);
}

/* How well register r suits for eviction: the later its value is needed the better. */
static uint32_t evict_score(const RaState *s, RaLoc r)
{
    IrRef ref = s->reg_val[r];
    const RaVal *v = &s->val[ref];
    if (v->regs != BIT(r))
        return UINT32_MAX;
    if (v->wanted)
        return 1;
    uint32_t far = v->next == POS_NONE ? 1u << 30 : v->next - s->pos + 1;
    return far * 2 + (val_backed(s, ref) ? 16 : 0);
}

static RaLoc pick_victim(RaState *s, uint64_t cand)
{
    RaLoc best = LOC_NONE;
    uint32_t best_score = 0;
    for (; cand; cand &= cand - 1) {
        RaLoc r = (RaLoc)__builtin_ctzll(cand);
        uint32_t score = evict_score(s, r);
        if (score > best_score || (score && ra_chance(s, 3))) {
            best = r;
            best_score = score;
        }
    }
    return best;
}

/* Emptying r needs no store. */
static bool costless(const RaState *s, RaLoc r)
{
    IrRef ref = s->reg_val[r];
    return s->val[ref].regs != BIT(r) || val_backed(s, ref);
}

static RaLoc pick_free(RaState *s, uint64_t free)
{
    if (UNLIKELY(s->rng))
        while ((free & (free - 1)) && ra_chance(s, 2))
            free &= free - 1;
    return (RaLoc)__builtin_ctzll(free);
}

/* The register of cand whose content is best given up. */
RaLoc ra_victim(RaState *s, uint64_t cand)
{
    RaLoc r = pick_victim(s, cand);
    return r == LOC_NONE ? pick_free(s, cand) : r;
}

/* An empty temp of the class outside `avoid` and the locked ones. LOC_NONE (and fail) if none. */
RaLoc ra_alloc_reg(RaState *s, RegClass cls, uint64_t avoid)
{
    uint64_t cand = s->ra->target->temps[cls] & ~(avoid | s->lock);
    uint64_t free = cand & ~s->busy;
    if (LIKELY(free && !ra_chance(s, 8)))
        return pick_free(s, free);
    if (UNLIKELY(!cand))
        return ra_borrow(s, cls, avoid);
    RaLoc r = ra_victim(s, cand);
    evict(s, r);
    return r;
}

/* Value `ref` gets a copy in r, whose old content must have been dealt with. */
void ra_copy_to(RaState *s, IrRef ref, RaLoc r)
{
    ra_emit_move(s, ref, ra_source(s, ref), r);
    ra_hold(s, r, ref);
}

/* Makes sure that r's value, if live, has a place outside `destroyed`. */
void ra_save_outside(RaState *s, RaLoc r, uint64_t destroyed)
{
    IrRef ref = s->reg_val[r];
    if (!ref)
        return;
    RaVal *v = &s->val[ref];
    if (!val_live(v) || v->regs & ~destroyed || val_backed(s, ref))
        return;
    uint64_t cls_temps = s->ra->target->temps[r < LOC_VEC ? RC_GPR : RC_VEC];
    uint64_t free = cls_temps & ~(s->busy | s->lock | destroyed);
    if (free && !ra_chance(s, 3)) {
        ra_copy_to(s, ref, pick_free(s, free));
        return;
    }
    v->mem = ra_alloc_spill(s);
    ra_emit_move(s, ref, r, v->mem);
}

/* A value in no register of pinned slot p, or in others only, goes there to be set. */
void ra_move_to_pin(RaState *s, IrRef ref, RaLoc p)
{
    if (s->val[s->reg_val[p]].next != POS_NONE) {
        s->val[ref].wanted = true;
        ra_save_outside(s, p, BIT(p));
        s->val[ref].wanted = false;
    }
    ra_copy_to(s, ref, p);
}

/* What recipes read lives over the insn. Returns its registers. */
uint64_t ra_open_snaps(RaState *s, const RaInsn *in)
{
    uint64_t regs = 0;
    for (uint32_t k = in->first_snap; k < in->first_snap + in->n_snap; k++)
        for (uint32_t j = 0; j < s->ra->snaps[k].n_ops; j++) {
            RaVal *v = ra_val(s, s->ra->snaps[k].arg[j].ref);
            v->next = s->pos;
            regs |= v->regs;
        }
    return regs;
}

/* Takes over the operands' next uses and gathers what the insn demands. */
static void open_demand(RaState *s, Demand *d)
{
    RaInsn *in = d->in;
    d->forbid = in->clobbers;
    d->tied = -1;
    d->tied_reg = LOC_NONE;
    for (uint32_t k = 0; k < in->n_ops; k++) {
        RaVal *v = ra_val(s, in->op[k].ref);
        in->op[k].loc = LOC_NONE;
        v->next = in->op[k].after;
        v->wanted = true;
        if (in->op[k].flags & RAF_TIED) {
            d->tied = (int)k;
            if (in->dst[0].flags & RAF_FIXED) {
                in->op[k].flags |= RAF_FIXED;
                in->op[k].fixed = in->dst[0].fixed;
            }
        }
        if (in->op[k].flags & RAF_FIXED) {
            d->forbid |= BIT(in->op[k].fixed);
            d->fixed = true;
        }
    }
    for (uint32_t k = 0; k < in->n_dst; k++)
        if ((in->dst[k].flags & (RAF_FIXED | RAF_EARLY)) == (RAF_FIXED | RAF_EARLY))
            d->forbid |= BIT(in->dst[k].fixed);
    ra_open_snaps(s, in);
}

static void settle(RaState *s, Demand *d, uint32_t k, RaLoc r)
{
    RaVal *v = ra_val(s, d->in->op[k].ref);
    d->in->op[k].loc = r;
    v->wanted = false;
    if (loc_is_reg(r)) {
        s->lock |= BIT(r);
        d->dying &= ~BIT(r); /* another value may just have lost it */
    }
    if (v->next == POS_NONE)
        d->dying |= v->regs & s->temps;
}

/* Operand k takes up a temp of its class unless it is read from memory. */
static bool takes_temp(const RaState *s, const Demand *d, uint32_t k)
{
    const RaOperand *o = &d->in->op[k];
    const RaVal *v = &s->val[o->ref];
    if (o->flags & RAF_FIXED || (o->flags & RAF_REMAT_OK && ra_is_const(s, o->ref)))
        return false;
    return o->flags & RAF_TIED || !(v->regs & ~s->temps & ~d->forbid);
}

/* The value gets a place in memory and leaves the temps. */
static void force_mem(RaState *s, IrRef ref)
{
    RaVal *v = &s->val[ref];
    if (!v->mem) {
        if (!v->regs) {
            RaLoc r = ra_alloc_reg(s, ra_class_of(s->ra->ir, ref), 0);
            if (r == LOC_NONE)
                return;
            ra_copy_to(s, ref, r);
        }
        v->mem = ra_alloc_spill(s);
        ra_emit_move(s, ref, (RaLoc)__builtin_ctzll(v->regs), v->mem);
    }
    for (uint64_t m = v->regs & s->temps; m; m &= m - 1)
        ra_drop_reg(s, (RaLoc)__builtin_ctzll(m));
}

/* When operands and scratch together might not fit, those that may come from memory do. */
static void tighten(RaState *s, Demand *d)
{
    const RaInsn *in = d->in;
    for (unsigned c = 0; c < RC_COUNT; c++) {
        uint64_t free = s->ra->target->temps[c] & ~d->forbid;
        int room = __builtin_popcountll(free) - in->n_tmp[c];
        for (uint32_t k = 0; k < in->n_dst; k++)
            room -= in->dst[k].cls == c && in->dst[k].flags & RAF_EARLY && d->tied < 0 &&
                    !(in->dst[k].flags & RAF_FIXED);
        for (uint32_t k = 0; k < in->n_ops; k++)
            room -= in->op[k].cls == c && takes_temp(s, d, k);
        if (LIKELY(room >= 0))
            continue;
        d->tight = true;
        for (uint32_t k = 0; k < in->n_ops; k++) {
            const RaOperand *o = &in->op[k];
            if (o->cls == c && o->flags & RAF_MEM_OK && !(o->flags & RAF_TIED) &&
                takes_temp(s, d, k))
                force_mem(s, o->ref);
        }
    }
}

/* Frees register f for a fixed use: its value, if needed, moves away. */
void ra_vacate(RaState *s, RaLoc f, uint64_t avoid)
{
    IrRef old = s->reg_val[f];
    if (!old)
        return;
    RaVal *v = &s->val[old];
    if (val_live(v) && v->regs == BIT(f) && !ra_is_const(s, old))
        ra_save_outside(s, f, avoid | BIT(f));
    ra_drop_reg(s, f);
}

static void place_fixed(RaState *s, Demand *d)
{
    RaInsn *in = d->in;
    for (uint32_t k = 0; k < in->n_ops; k++) {
        if (!(in->op[k].flags & RAF_FIXED))
            continue;
        RaLoc f = in->op[k].fixed;
        IrRef ref = in->op[k].ref;
        if (s->reg_val[f] != ref) {
            ra_vacate(s, f, d->forbid);
            ra_copy_to(s, ref, f);
        }
        settle(s, d, k, f);
        if ((int)k == d->tied)
            d->tied_reg = f;
    }
}

/* Can dst be made in its hinted pin now? (What analysis could not know.) */
static bool hint_usable(RaState *s, const Demand *d, const RaVal *dst)
{
    if (!dst->hint || ra_chance(s, 4))
        return false;
    RaLoc p = (RaLoc)(dst->hint - 1);
    if ((d->dsts | s->lent) & BIT(p))
        return false;
    IrRef old = s->reg_val[p];
    return !old || s->val[old].next == POS_NONE || s->val[old].next > dst->hint_pos;
}

/* True when an operand other than the tied one can be read from p alone. */
static bool other_op_only_in(RaState *s, const Demand *d, RaLoc p)
{
    const RaInsn *in = d->in;
    IrRef tied = in->op[d->tied].ref;
    for (uint32_t k = 0; k < in->n_ops; k++) {
        IrRef ref = in->op[k].ref;
        if ((int)k != d->tied && s->val[ref].regs == BIT(p) &&
            (ref != tied || in->dst[0].flags & RAF_EARLY))
            return true;
    }
    return false;
}

static RaLoc choose_tied(RaState *s, Demand *d)
{
    RaInsn *in = d->in;
    RaVal *v = ra_val(s, in->op[d->tied].ref);
    const RaVal *dst = &s->val[in->dst[0].ref];
    if (hint_usable(s, d, dst) && !other_op_only_in(s, d, (RaLoc)(dst->hint - 1)))
        return (RaLoc)(dst->hint - 1);
    RegClass cls = in->dst[0].cls;
    uint64_t ok = s->ra->target->temps[cls] & ~(d->forbid | s->lock);
    if (v->next == POS_NONE && v->regs & ok)
        return (RaLoc)__builtin_ctzll(v->regs & ok);
    if (dst->fix && BIT(dst->fix - 1) & ok & ~s->busy)
        return (RaLoc)(dst->fix - 1);
    uint64_t free = ok & ~s->busy;
    if (free)
        return pick_free(s, free);
    RaLoc victim = pick_victim(s, ok & ~v->regs);
    if (v->regs & ok && (victim == LOC_NONE || !costless(s, victim)))
        return (RaLoc)__builtin_ctzll(v->regs & ok); /* saved from the register it will lose */
    return ra_alloc_reg(s, cls, d->forbid);
}

static void place_tied(RaState *s, Demand *d)
{
    RaInsn *in = d->in;
    if (in->op[d->tied].flags & RAF_FIXED)
        return;
    IrRef ref = in->op[d->tied].ref;
    RaLoc r = choose_tied(s, d);
    if (r == LOC_NONE)
        return;
    if (s->reg_val[r] != ref) {
        ra_vacate(s, r, d->forbid);
        ra_copy_to(s, ref, r);
    }
    settle(s, d, (uint32_t)d->tied, r);
    d->tied_reg = r;
}

static void place_op(RaState *s, Demand *d, uint32_t k)
{
    RaOperand *o = &d->in->op[k];
    IrRef ref = o->ref;
    RaVal *v = &s->val[ref];
    if (o->flags & RAF_REMAT_OK && ra_is_const(s, ref)) {
        settle(s, d, k, LOC_REMAT);
        return;
    }
    uint64_t avoid = d->forbid;
    if (d->tied_reg != LOC_NONE) {
        bool same = d->in->op[d->tied].ref == ref;
        if (!same || d->in->dst[0].flags & RAF_EARLY)
            avoid |= BIT(d->tied_reg);
    }
    uint64_t have = v->regs & ~avoid;
    if (have) {
        uint64_t better = have & ~s->temps;
        if (!better && d->tied_reg != LOC_NONE)
            better = have & ~BIT(d->tied_reg);
        settle(s, d, k, (RaLoc)__builtin_ctzll(better ? better : have));
        return;
    }
    uint64_t free = s->ra->target->temps[o->cls] & ~(avoid | s->lock | s->busy);
    bool soon = free && ra_is_soon(s, o) && !ra_chance(s, 2);
    if (o->flags & RAF_MEM_OK && v->mem && (d->tight || !soon)) {
        settle(s, d, k, v->mem);
        return;
    }
    RaLoc r = ra_alloc_reg(s, o->cls, avoid);
    if (r == LOC_NONE)
        return;
    ra_copy_to(s, ref, r);
    settle(s, d, k, r);
}

static void place_tmps(RaState *s, Demand *d)
{
    RaInsn *in = d->in;
    uint64_t avoid = d->forbid;
    for (uint32_t k = 0; k < in->n_dst; k++)
        if (in->dst[k].flags & RAF_FIXED)
            avoid |= BIT(in->dst[k].fixed);
    uint32_t at = 0;
    for (uint32_t c = 0; c < RC_COUNT; c++)
        for (uint32_t k = 0; k < in->n_tmp[c]; k++) {
            RaLoc r = ra_alloc_reg(s, (RegClass)c, avoid);
            in->tmp[at++] = r;
            if (r == LOC_NONE)
                return;
            s->lock |= BIT(r);
            d->tmps |= BIT(r);
        }
}

static RaLoc choose_dst(RaState *s, Demand *d, uint32_t k)
{
    const RaOperand *o = &d->in->dst[k];
    const RaVal *v = &s->val[o->ref];
    bool early = o->flags & RAF_EARLY;
    if (hint_usable(s, d, v) && !(early && s->lock & BIT(v->hint - 1)))
        return (RaLoc)(v->hint - 1);
    uint64_t cand = s->ra->target->temps[o->cls] & ~(d->tmps | d->dsts | d->in->clobbers);
    for (uint32_t j = 0; j < d->in->n_dst; j++)
        if (j != k && d->in->dst[j].flags & RAF_FIXED)
            cand &= ~BIT(d->in->dst[j].fixed);
    if (early)
        cand &= ~s->lock;
    uint64_t free = cand & ((~s->busy & ~s->lock) | d->dying);
    if (v->fix && free & BIT(v->fix - 1))
        return (RaLoc)(v->fix - 1);
    if (free)
        return pick_free(s, free);
    if (!cand)
        return ra_borrow(s, o->cls, d->tmps | d->dsts | d->forbid);
    return ra_victim(s, cand);
}

static void place_dsts(RaState *s, Demand *d)
{
    RaInsn *in = d->in;
    if (d->tied_reg != LOC_NONE) {
        in->dst[0].loc = d->tied_reg;
        d->dsts |= BIT(d->tied_reg);
    }
    for (uint32_t k = d->tied_reg != LOC_NONE; k < in->n_dst; k++) {
        RaLoc r = in->dst[k].flags & RAF_FIXED ? in->dst[k].fixed : choose_dst(s, d, k);
        in->dst[k].loc = r;
        if (r == LOC_NONE)
            return;
        d->dsts |= BIT(r);
    }
}

/* Recipes' places, that outlive the insn; then the arguments' next uses. */
void ra_place_snaps(RaState *s, const RaInsn *in, uint64_t destroyed)
{
    for (uint32_t k = 0; k < in->n_snap; k++) {
        RaSnap *sn = &s->ra->snaps[in->first_snap + k];
        for (uint32_t j = 0; j < sn->n_ops; j++) {
            const RaVal *v = ra_val(s, sn->arg[j].ref);
            uint64_t have = v->regs & ~destroyed;
            if (ra_is_const(s, sn->arg[j].ref))
                sn->arg[j].loc = LOC_REMAT;
            else if (have)
                sn->arg[j].loc = (RaLoc)__builtin_ctzll(have);
            else
                sn->arg[j].loc = v->mem ? v->mem : LOC_NONE;
        }
    }
    for (uint32_t k = 0; k < in->n_snap; k++)
        for (uint32_t j = 0; j < s->ra->snaps[in->first_snap + k].n_ops; j++) {
            const RaOperand *a = &s->ra->snaps[in->first_snap + k].arg[j];
            RaVal *v = ra_val(s, a->ref);
            v->next = a->after;
            if (v->next == POS_NONE)
                ra_release(s, v);
        }
}

/* After the insn: dead operands, destroyed registers, new values. */
static void commit(RaState *s, Demand *d)
{
    RaInsn *in = d->in;
    for (uint32_t k = 0; k < in->n_ops; k++) {
        RaVal *v = ra_val(s, in->op[k].ref);
        if (UNLIKELY(loc_is_spill(v->mem) && ra_is_const(s, in->op[k].ref))) {
            ra_free_spill(s, v->mem); /* it was there for this insn alone */
            v->mem = 0;
        }
        if (v->next == POS_NONE)
            ra_release(s, v);
    }
    for (uint64_t m = in->clobbers; m; m &= m - 1)
        ra_drop_reg(s, (RaLoc)__builtin_ctzll(m));
    for (uint32_t k = 0; k < in->n_dst; k++) {
        ra_hold(s, in->dst[k].loc, in->dst[k].ref);
        ra_defined(s, in->dst[k].ref);
    }
}

/* The general way of operands and results. */
void ra_place_op(RaState *s, RaInsn *in)
{
    Demand d = {.in = in};
    open_demand(s, &d);
    if (UNLIKELY(in->n_ops + in->n_tmp[RC_GPR] + in->n_tmp[RC_VEC] + in->n_dst > 3))
        tighten(s, &d);
    if (d.fixed)
        place_fixed(s, &d);
    if (d.tied >= 0)
        place_tied(s, &d);
    for (uint32_t k = 0; k < in->n_ops; k++)
        if (in->op[k].loc == LOC_NONE && !s->fail)
            place_op(s, &d, k);
    if (in->n_tmp[RC_GPR] | in->n_tmp[RC_VEC])
        place_tmps(s, &d);
    if (!s->fail)
        place_dsts(s, &d);
    if (UNLIKELY(s->fail))
        return;
    uint64_t destroyed = d.dsts | in->clobbers | d.tmps;
    for (uint64_t m = d.dsts | in->clobbers; m; m &= m - 1)
        if (s->reg_val[__builtin_ctzll(m)])
            ra_save_outside(s, (RaLoc)__builtin_ctzll(m), destroyed);
    if (in->n_snap)
        ra_place_snaps(s, in, destroyed);
    if (UNLIKELY(s->n_loans && in->observer))
        ra_loan_recipes(s, in);
    commit(s, &d);
    s->lock = 0;
}
