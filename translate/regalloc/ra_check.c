/*
 * The allocation checker: runs the allocated unit with symbols instead of values.
 *
 * Each place (register, spill place, slot memory) holds a small set of symbols: the IR values it
 * is known to be equal to, and for guest state the symbol of what the slot held at block entry.
 * Moves copy sets; results, clobbers and scratch replace them. It shares nothing with the
 * allocator but the types: a get is equal to whatever its slot holds architecturally at that point.
 * Over blocks the entry sets are the intersection over all edges, iterated until they are stable;
 * on an edge each block parameter joins its argument's places.
 *
 * Reported: an operand, recipe or move that reads a place without its value; a constraint that is
 * broken; an observer or block end where a slot's place does not hold the slot's value.
 */
#include "regalloc.h"
#include "check.h"
#include "log.h"
#include <string.h>
#include "vcpu.h"

enum { N_SLOTS = 256, N_PLACES = LOC_NREGS + VCPU_SPILL_COUNT + N_SLOTS, SET_MAX = 4 };

typedef struct Places {
    uint32_t sym[N_PLACES][SET_MAX]; /* 0: free entry */
} Places;

typedef struct Checker {
    const RaUnit *ra;
    const IrUnit *u;
    struct StrBuf *err; /* NULL while the entry sets are still changing */
    bool ok;
    uint32_t i;     /* RaInsn at hand */
    uint32_t *sym;  /* by ref */
    uint32_t fresh; /* next symbol that is no ref */
    uint32_t arch[N_SLOTS];
    IrRef sunk[N_SLOTS]; /* the sunk set that holds, or 0 */
    Places now;
    Places *entry; /* by block */
    bool *known;   /* by block: entry is set */
} Checker;

__attribute__((format(printf, 2, 3))) static void bad(Checker *c, const char *fmt, ...)
{
    if (!c->err || !c->ok)
        return;
    c->ok = false;
    va_list ap;
    va_start(ap, fmt);
    sb_printf(c->err, "ra insn %u (ir %u): ", c->i, c->i < c->ra->n ? c->ra->insns[c->i].ir : 0);
    sb_vprintf(c->err, fmt, ap);
    va_end(ap);
}

static int place_of(const Checker *c, RaLoc l)
{
    if (loc_is_reg(l))
        return l;
    if (l >= LOC_SPILL && l < LOC_SPILL + c->ra->n_spills && l < LOC_SPILL + VCPU_SPILL_COUNT)
        return LOC_NREGS + (l - LOC_SPILL);
    if (l >= LOC_SLOT && l < LOC_SLOT + c->u->n_slots)
        return LOC_NREGS + VCPU_SPILL_COUNT + (l - LOC_SLOT);
    return -1;
}

static bool holds(const Checker *c, RaLoc l, uint32_t sym)
{
    int p = place_of(c, l);
    for (int k = 0; p >= 0 && k < SET_MAX; k++)
        if (c->now.sym[p][k] == sym)
            return true;
    return false;
}

static void put(Checker *c, RaLoc l, uint32_t sym)
{
    int p = place_of(c, l);
    if (p < 0) {
        bad(c, "writes no place (%x)", l);
        return;
    }
    memset(c->now.sym[p], 0, sizeof c->now.sym[p]);
    c->now.sym[p][0] = sym;
}

static bool is_rematerialised(const IrUnit *u, IrRef r)
{
    uint8_t op = u->insns[r].op;
    return op == IR_CONST || op == IR_VCONST || op == IR_GADDR;
}

static bool class_ok(const IrUnit *u, IrRef r, RaLoc l)
{
    uint8_t t = u->insns[r].type;
    bool vec = t == IR_F16 || t == IR_F32 || t == IR_F64 || t == IR_V128;
    return !loc_is_reg(l) || vec == (l >= LOC_VEC);
}

static RaLoc slot_place(const Checker *c, uint32_t slot)
{
    RaLoc p = c->ra->target->pin_of_slot[slot];
    return p != LOC_NONE ? p : (RaLoc)(LOC_SLOT | slot);
}

/* Moves leave slots' memory alone, but for pinned slots, whose memory is scratch. */
static bool may_write(const Checker *c, RaLoc l)
{
    return l < LOC_SLOT || c->ra->target->pin_of_slot[l - LOC_SLOT] != LOC_NONE;
}

/* A pin and its slot's memory: content unknown to the unit is moved too, under any ref. */
static bool is_loan(const Checker *c, const RaMove *m)
{
    RaLoc reg = loc_is_reg(m->from) ? m->from : m->to;
    RaLoc mem = loc_is_reg(m->from) ? m->to : m->from;
    return mem >= LOC_SLOT && c->ra->target->pin_of_slot[mem - LOC_SLOT] == reg;
}

static void check_moves(Checker *c, const RaInsn *in)
{
    for (uint32_t k = in->first_move; k < in->first_move + in->n_moves; k++) {
        const RaMove *m = &c->ra->moves[k];
        if (m->from == LOC_REMAT) {
            if (!is_rematerialised(c->u, m->ref))
                bad(c, "move %u makes v%u, no constant", k, m->ref);
            if (!loc_is_reg(m->to) || !class_ok(c->u, m->ref, m->to))
                bad(c, "move %u makes v%u in place %x", k, m->ref, m->to);
            put(c, m->to, c->sym[m->ref]);
            continue;
        }
        int from = place_of(c, m->from), to = place_of(c, m->to);
        if (from < 0 || to < 0 || !may_write(c, m->to)) {
            bad(c, "move %u from %x to %x", k, m->from, m->to);
            return;
        }
        if (!loc_is_reg(m->from) && !loc_is_reg(m->to))
            bad(c, "move %u is from memory to memory", k);
        if (!class_ok(c->u, m->ref, m->from) || !class_ok(c->u, m->ref, m->to))
            bad(c, "move %u has v%u in the wrong class", k, m->ref);
        if (!is_loan(c, m) && !holds(c, m->from, c->sym[m->ref]))
            bad(c, "move %u: %x does not hold v%u", k, m->from, m->ref);
        memcpy(c->now.sym[to], c->now.sym[from], sizeof c->now.sym[to]);
    }
}

static void check_value(Checker *c, const RaOperand *o, uint32_t k)
{
    if (o->loc == LOC_REMAT) {
        if (!(o->flags & RAF_REMAT_OK) || !is_rematerialised(c->u, o->ref))
            bad(c, "operand %u v%u is to be made anew", k, o->ref);
        return;
    }
    if (!loc_is_reg(o->loc) && !(o->flags & RAF_MEM_OK))
        bad(c, "operand %u v%u lies in memory %x", k, o->ref, o->loc);
    if (!class_ok(c->u, o->ref, o->loc))
        bad(c, "operand %u v%u is in the wrong class of register", k, o->ref);
    if (!holds(c, o->loc, c->sym[o->ref]))
        bad(c, "operand %u: %x does not hold v%u", k, o->loc, o->ref);
}

static bool is_tmp(const RaInsn *in, RaLoc l)
{
    for (uint32_t k = 0; k < (uint32_t)in->n_tmp[RC_GPR] + in->n_tmp[RC_VEC]; k++)
        if (in->tmp[k] == l)
            return true;
    return false;
}

static bool is_dst(const RaInsn *in, RaLoc l)
{
    for (uint32_t k = 0; k < in->n_dst; k++)
        if (in->dst[k].loc == l)
            return true;
    return false;
}

static void check_operands(Checker *c, const RaInsn *in)
{
    int tied = -1;
    for (uint32_t k = 0; k < in->n_ops; k++)
        if (in->op[k].flags & RAF_TIED)
            tied = (int)k;
    for (uint32_t k = 0; k < in->n_ops; k++) {
        const RaOperand *o = &in->op[k];
        check_value(c, o, k);
        if (!loc_is_reg(o->loc))
            continue;
        uint64_t bit = (uint64_t)1 << o->loc;
        if (o->flags & RAF_FIXED && o->loc != o->fixed)
            bad(c, "operand %u is in %u, not in %u", k, o->loc, o->fixed);
        if (in->clobbers & bit && !(o->flags & RAF_FIXED))
            bad(c, "operand %u is in a clobbered register", k);
        if (is_tmp(in, o->loc))
            bad(c, "operand %u shares a scratch register", k);
        if ((int)k == tied && (!in->n_dst || o->loc != in->dst[0].loc))
            bad(c, "the tied operand is not in the result's register");
        if ((int)k == tied)
            continue;
        for (uint32_t j = 0; j < in->n_dst; j++)
            if (in->dst[j].flags & RAF_EARLY && in->dst[j].loc == o->loc)
                bad(c, "operand %u shares an early result's register", k);
        if (tied >= 0 && in->op[tied].loc == o->loc && c->sym[in->op[tied].ref] != c->sym[o->ref])
            bad(c, "operand %u shares the tied operand's register", k);
    }
}

/* What select() says in sum is what it says one by one. */
static void check_summary(Checker *c, const RaInsn *in)
{
    unsigned binds = 0;
    for (uint32_t k = 0; k < in->n_ops; k++)
        binds |= in->op[k].flags & RAF_BINDS;
    for (uint32_t k = 0; k < in->n_dst; k++)
        binds |= in->dst[k].flags & RAF_BINDS;
    binds |= (in->clobbers ? RAB_CLOBBERS : 0) | (in->n_dst > 1 ? RAB_TWO : 0);
    if (binds & ~(unsigned)in->binds)
        bad(c, "binds is %x, without %x", in->binds, binds);
    const IrInsn *x = &c->u->insns[in->ir];
    RaKind kind = x->op == IR_CALL || x->op == IR_BR ? RA_STATE : RA_OP;
    if (x->op == IR_SET)
        kind = c->ra->target->pin_of_slot[x->imm] != LOC_NONE ? RA_PIN_SET : RA_MEM_SET;
    if (in->kind != kind)
        bad(c, "kind is %u, not %u", in->kind, kind);
}

static void check_results(Checker *c, const RaInsn *in)
{
    const RaTarget *t = c->ra->target;
    uint64_t temps = t->temps[RC_GPR] | t->temps[RC_VEC], seen = 0;
    bool tied = false;
    for (uint32_t k = 0; k < in->n_ops; k++)
        tied = tied || in->op[k].flags & RAF_TIED;
    uint32_t at = 0;
    for (uint32_t cls = 0; cls < RC_COUNT; cls++)
        for (uint32_t k = 0; k < in->n_tmp[cls]; k++, at++) {
            RaLoc l = in->tmp[at];
            uint64_t ok = t->temps[cls] | (in->observer ? 0 : t->pinned);
            if (!loc_is_reg(l) || !(ok >> l & 1) || (cls == RC_VEC) != (l >= LOC_VEC) ||
                seen >> l & 1 || in->clobbers >> l & 1) {
                bad(c, "scratch %u is in %x", at, l);
                return;
            }
            seen |= (uint64_t)1 << l;
        }
    for (uint32_t k = 0; k < in->n_dst; k++) {
        const RaOperand *o = &in->dst[k];
        if (!loc_is_reg(o->loc) || !((temps | t->pinned) >> o->loc & 1) || seen >> o->loc & 1 ||
            !class_ok(c->u, o->ref, o->loc)) {
            bad(c, "result %u is in %x", k, o->loc);
            return;
        }
        seen |= (uint64_t)1 << o->loc;
        if (o->flags & RAF_FIXED ? o->loc != o->fixed : in->clobbers >> o->loc & 1)
            bad(c, "result %u is in %u", k, o->loc);
        if (in->observer && t->pinned >> o->loc & 1 && ((tied && !k) || o->flags & RAF_EARLY))
            bad(c, "result %u may destroy a pin before the fault", k);
    }
}

static void check_snap(Checker *c, const RaInsn *in, uint32_t slot)
{
    const IrInsn *set = &c->u->insns[c->sunk[slot]];
    const IrInsn *x = &c->u->insns[set->arg[0]];
    const RaSnap *sn = NULL;
    for (uint32_t k = 0; k < in->n_snap; k++)
        if (c->ra->snaps[in->first_snap + k].slot == slot)
            sn = &c->ra->snaps[in->first_snap + k];
    if (!sn) {
        bad(c, "slot %u is sunk and has no recipe", slot);
        return;
    }
    for (uint32_t j = 0; j < sn->n_ops; j++) {
        const RaOperand *o = &sn->arg[j];
        IrRef want = sn->op == IR_NOP ? set->arg[0] : ir_recipe_arg(c->u, x->arg[j]);
        if (c->sym[o->ref] != c->sym[want] || (sn->op != IR_NOP && sn->op != x->op))
            bad(c, "recipe of slot %u is another value's", slot);
        if (o->loc == LOC_REMAT ? !is_rematerialised(c->u, o->ref)
                                : !holds(c, o->loc, c->sym[o->ref]))
            bad(c, "recipe of slot %u: %x does not hold v%u", slot, o->loc, o->ref);
        if (loc_is_reg(o->loc) &&
            (in->clobbers >> o->loc & 1 || is_tmp(in, o->loc) || is_dst(in, o->loc)))
            bad(c, "recipe of slot %u is in a register that is destroyed", slot);
    }
}

/* The convention: each slot's place holds the slot's value. */
static void check_convention(Checker *c, const RaInsn *in)
{
    for (uint32_t s = 0; s < c->u->n_slots; s++) {
        if (c->sunk[s])
            check_snap(c, in, s);
        else if (!holds(c, slot_place(c, s), c->arch[s]))
            bad(c, "slot %u: place %x does not hold its value (v%u)", s, slot_place(c, s),
                c->arch[s]);
    }
}

static void see_ir(Checker *c, IrRef j)
{
    const IrInsn *x = &c->u->insns[j];
    if (x->op == IR_GET)
        c->sym[j] = c->arch[x->imm];
    if (x->op != IR_SET)
        return;
    c->arch[x->imm] = c->sym[x->arg[0]];
    c->sunk[x->imm] = x->aux & 1 ? j : 0;
}

static void forget_state(Checker *c)
{
    for (uint32_t s = 0; s < c->u->n_slots; s++) {
        put(c, slot_place(c, s), c->fresh);
        c->arch[s] = c->fresh++;
        c->sunk[s] = 0;
    }
}

/* What a set leaves in its slot besides its argument: select may pass a value that is the same in
 * the slot's bits. */
static uint32_t set_symbol(const Checker *c, const RaInsn *in, const IrInsn *x)
{
    return c->sym[in->n_ops ? in->op[0].ref : x->arg[0]];
}

static void add_sym(uint32_t *set, uint32_t sym)
{
    for (int k = 0; k < SET_MAX; k++)
        if (set[k] == sym)
            return;
    for (int k = 0; k < SET_MAX; k++)
        if (!set[k]) {
            set[k] = sym;
            return;
        }
}

static void take_effects(Checker *c, const RaInsn *in)
{
    const IrInsn *x = &c->u->insns[in->ir];
    for (uint32_t r = 0; r < LOC_NREGS; r++)
        if (in->clobbers >> r & 1)
            put(c, (RaLoc)r, 0);
    for (uint32_t k = 0; k < (uint32_t)in->n_tmp[RC_GPR] + in->n_tmp[RC_VEC]; k++)
        put(c, in->tmp[k], 0);
    for (uint32_t k = 0; k < in->n_dst; k++) {
        c->sym[in->dst[k].ref] = in->dst[k].ref;
        put(c, in->dst[k].loc, in->dst[k].ref);
    }
    if (x->op == IR_CALL && ir_effects(x) & EFF_STATE_W)
        forget_state(c);
    if (x->op != IR_SET || x->aux & 1)
        return;
    RaLoc p = slot_place(c, (uint32_t)x->imm);
    if (p == (LOC_SLOT | x->imm))
        put(c, p, set_symbol(c, in, x));
    else if (!in->n_ops || in->op[0].loc != p)
        bad(c, "set of slot %d is not in its register", (int)x->imm);
    else
        add_sym(c->now.sym[place_of(c, p)], set_symbol(c, in, x));
    add_sym(c->now.sym[place_of(c, p)], c->sym[x->arg[0]]);
}

static void check_insn(Checker *c, const RaInsn *in)
{
    const IrInsn *x = &c->u->insns[in->ir];
    uint16_t eff = ir_effects(x);
    check_moves(c, in);
    if (in->observer || eff & EFF_TERM || (x->op == IR_CALL && eff & EFF_STATE_R))
        check_convention(c, in);
    check_summary(c, in);
    check_operands(c, in);
    check_results(c, in);
    if (c->ok)
        take_effects(c, in);
}

/* Block b begins: what it defines is not yet anywhere; slots hold their unknown content. */
static void enter_block(Checker *c, uint32_t b)
{
    const IrBlock *blk = &c->u->blocks[b];
    uint32_t base = c->u->n + b * N_SLOTS;
    c->now = c->entry[b];
    for (uint32_t p = 0; p < N_PLACES; p++)
        for (uint32_t k = 0; k < SET_MAX; k++) {
            uint32_t y = c->now.sym[p][k];
            if ((y >= blk->first + blk->n_params && y < blk->end) ||
                (y >= base && y < base + N_SLOTS) || y >= c->u->n + c->u->n_blocks * N_SLOTS)
                c->now.sym[p][k] = 0;
        }
    memset(c->sunk, 0, sizeof c->sunk);
    for (uint32_t s = 0; s < c->u->n_slots; s++) {
        c->arch[s] = base + s;
        put(c, slot_place(c, s), base + s);
    }
}

static void check_block(Checker *c, uint32_t b)
{
    const IrBlock *blk = &c->u->blocks[b];
    uint32_t i = b ? c->ra->block_end[b - 1] : 0;
    IrRef j = blk->first;
    enter_block(c, b);
    for (; i < c->ra->block_end[b] && c->ok; i++) {
        const RaInsn *in = &c->ra->insns[i];
        c->i = i;
        for (; j < in->ir; j++)
            see_ir(c, j);
        check_insn(c, in);
        if (j != in->ir)
            continue;
        see_ir(c, j++);
    }
}

static bool has_sym(const uint32_t *set, uint32_t sym)
{
    for (int k = 0; k < SET_MAX; k++)
        if (set[k] == sym)
            return true;
    return false;
}

/* The state now flows to block `to`; true when that changes its entry. */
static bool flow(Checker *c, uint32_t to, const IrInsn *br)
{
    Places p = c->now;
    const IrBlock *blk = &c->u->blocks[to];
    for (uint32_t q = 0; q < N_PLACES; q++)
        for (uint32_t k = 0; k < SET_MAX; k++)
            if (p.sym[q][k] >= blk->first && p.sym[q][k] < blk->first + blk->n_params)
                p.sym[q][k] = 0;
    uint32_t n = br->op == IR_BR ? ir_list_len(c->u, br->arg[1]) : 0;
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t q = 0; q < N_PLACES; q++)
            if (has_sym(c->now.sym[q], c->sym[ir_list_refs(c->u, br->arg[1])[k]]))
                add_sym(p.sym[q], blk->first + k);
    if (!c->known[to]) {
        c->entry[to] = p;
        c->known[to] = true;
        return true;
    }
    bool changed = false;
    for (uint32_t q = 0; q < N_PLACES; q++)
        for (uint32_t k = 0; k < SET_MAX; k++) {
            uint32_t *y = &c->entry[to].sym[q][k];
            if (*y && !has_sym(p.sym[q], *y)) {
                *y = 0;
                changed = true;
            }
        }
    return changed;
}

static bool flow_all(Checker *c)
{
    bool changed = false;
    for (uint32_t b = 0; b < c->u->n_blocks; b++) {
        if (!c->known[b])
            continue;
        check_block(c, b);
        const IrInsn *t = &c->u->insns[c->u->blocks[b].end - 1];
        if (t->op == IR_BR || t->op == IR_BRIF)
            changed |= flow(c, (uint32_t)t->imm, t);
        if (t->op == IR_BRIF)
            changed |= flow(c, t->arg[1], t);
    }
    return changed;
}

bool ra_check(const RaUnit *ra, struct StrBuf *err)
{
    const IrUnit *u = ra->ir;
    Checker *c = arena_alloc(ra->arena, sizeof *c);
    if (!c)
        return true; /* no room to check: the unit is too large, not wrong */
    memset(c, 0, sizeof *c);
    c->ra = ra;
    c->u = u;
    c->ok = true;
    c->fresh = u->n + u->n_blocks * N_SLOTS;
    c->sym = arena_alloc(ra->arena, u->n * sizeof *c->sym);
    c->entry = arena_alloc(ra->arena, u->n_blocks * sizeof *c->entry);
    c->known = arena_alloc(ra->arena, u->n_blocks * sizeof *c->known);
    if (!c->sym || !c->entry || !c->known)
        return true;
    for (IrRef r = 0; r < u->n; r++)
        c->sym[r] = r;
    memset(c->known, 0, u->n_blocks * sizeof *c->known);
    memset(&c->entry[0], 0, sizeof c->entry[0]);
    c->known[0] = true;
    if (u->n_blocks > 1)
        while (flow_all(c))
            ;
    c->err = err;
    flow_all(c);
    return c->ok;
}
