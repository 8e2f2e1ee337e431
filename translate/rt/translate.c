/*
 * The translation driver: guest code -> IR -> passes -> lowering -> allocation -> host code.
 *
 * A unit of tier 1 is a run of guest instructions from one entry that follows fall-through and
 * forward direct jumps. Limits (an IR array, a code chunk's tail) are met by trying again with half
 * the instructions; one instruction always fits.
 *
 * Everything here is the calling vcpu's own: scratch, chunk, the unit until it is published.
 */
#include "rt_internal.h"
#include "guestmem.h"
#include "opt.h"
#include "ownmap.h"
#include "trans_dump.h"

enum { FOLLOW_MAX = 4, HOST_PROT_RW = 3, LANDS_ALL = (1 << LANDING_KINDS) - 1 };

bool code_window_fill(CodeWindow *w, GuestAddr pc, uint32_t size, RtCode *rc)
{
    if (!rt.cfg.code_at(pc, rc))
        return false;
    w->start = pc;
    w->len = (uint32_t)MIN((uint64_t)size, rc->end - pc);
    RtCode next; /* an instruction may begin in one mapping and end in the next */
    if (UNLIKELY(w->len < rt.cfg.guest->insn_len_max) && rt.cfg.code_at(rc->end, &next))
        w->len = rt.cfg.guest->insn_len_max;
    return gm_copy_in(w->bytes, pc, w->len);
}

/* TransCtx.peek: what is there, up to the end of the last page that is. */
static uint32_t front_peek(GuestAddr pc, void *buf, uint32_t n)
{
    uint32_t in_page = (1u << GUEST_PAGE_SHIFT) - (uint32_t)(pc & ((1u << GUEST_PAGE_SHIFT) - 1));
    if (gm_copy_in(buf, pc, n))
        return n;
    return in_page < n && gm_copy_in(buf, pc, in_page) ? in_page : 0;
}

void trans_ctx(TransCtx *tc, IrUnit *u, const Vcpu *v, const RtCode *rc)
{
    const Trans *t = v->trans;
    *tc = (TransCtx){.u = u,
                     .pc = rc->module_base + (uint64_t)u->start_off,
                     .mode = v->mode,
                     .guarded = rc->guarded,
                     .features = &rt.cfg.guest_features,
                     .vdso_start = rt.cfg.vdso_start,
                     .vdso_end = rt.cfg.vdso_end,
                     .peek = t->alone || rt.cfg.interpret ? NULL : front_peek};
}

void trans_open(IrUnit *u, const Vcpu *v, GuestAddr pc, const RtCode *rc)
{
    ir_unit_reset(u);
    u->module_base = rc->module_base;
    u->module_fixed = rc->module_fixed;
    u->mode = v->mode;
    u->start_off = (int64_t)(pc - rc->module_base);
    u->guest_insns = 0;
}

uint8_t trans_landings(const RtCode *rc, const uint8_t *code)
{
    return rc->guarded ? rt.cfg.guest->landings(code) : LANDS_ALL;
}

/* Nothing is known of the unit at pc yet. */
static void front_open(Trans *t, GuestAddr pc)
{
    t->lo = pc;
    t->hi = pc;
    t->n_source = 0;
    t->beyond = false;
    t->pair_end = false;
}

/* The instruction is no part of the unit. */
static TransResult front_short(Trans *t, IrRef at)
{
    t->ir.n = at;
    return TR_SHORT;
}

/* One guest instruction; TR_SHORT leaves no trace of it. */
static TransResult front_insn(Trans *t, TransCtx *tc, CodeWindow *w)
{
    tc->code = w->bytes + (tc->pc - w->start);
    tc->code_len = w->len - (uint32_t)(tc->pc - w->start);
    tc->insn_len = rt.cfg.guest->insn_align;
    IrRef at = t->ir.n;
    if (t->quick)
        t->ir.overflow |=
            !rt.cfg.backend->quick_insn(t->quick, (int64_t)(tc->pc - t->ir.module_base));
    else
        ir_at(&t->ir, tc->pc, tc->insn_len);
    TransResult r = rt.cfg.guest->translate_insn(tc);
    if (r == TR_SHORT) {
        t->noexec = tc->pc + tc->code_len;
        return front_short(t, at);
    }
    if (t->quick) {
        if (UNLIKELY(!t->ir.hook)) {
            rt.cfg.backend->quick_undo(t->quick);
            return front_short(t, at);
        }
    } else if (at < t->ir.n) {
        t->ir.insns[at].imm = (int32_t)tc->insn_len;
    }
    if (r == TR_NEXT)
        tc->next_pc = tc->pc + tc->insn_len;
    if (UNLIKELY(tc->pc < t->lo))
        t->lo = tc->pc;
    if (LIKELY(tc->pc + tc->insn_len > t->hi))
        t->hi = tc->pc + tc->insn_len;
    if (UNLIKELY(tc->ahead_end > t->hi))
        t->hi = tc->ahead_end;
    if (UNLIKELY(tc->seen_end)) {
        t->hi = MAX(t->hi, tc->seen_end);
        t->beyond = true;
    }
    t->pair_end |= tc->pair_end;
    t->ir.guest_insns++;
    return r;
}

static bool front_follows(const TransCtx *tc, const Trans *t, uint32_t *follows)
{
    bool near = tc->next_pc > tc->pc && tc->next_pc - t->lo < 4096;
    return near && (*follows)++ < FOLLOW_MAX;
}

/* The window has the longest instruction at tc->pc, or what is executable of it. */
static bool front_fetch(CodeWindow *w, TransCtx *tc, const RtCode *unit)
{
    RtCode rc;
    if (code_window_has(w, tc->pc, rt.cfg.guest->insn_len_max))
        return true;
    if (!code_window_fill(w, tc->pc, CODE_WINDOW, &rc))
        return false;
    tc->guarded = rc.guarded;
    return rc.module_base == unit->module_base;
}

/*
 * Keeps what was read of code that may change, for rt_code_written: only if it was read at once, so
 * that the copy is what the unit is made from.
 */
static void front_keep_source(Trans *t, const CodeWindow *w, const RtCode *rc)
{
    t->n_source = 0;
    if (!rc->written || w->start != t->lo || t->beyond || t->hi > w->start + w->len)
        return;
    t->n_source = (uint32_t)(t->hi - t->lo);
    __builtin_memcpy(t->source, w->bytes, t->n_source);
}

static bool all_passes(void)
{
    return rt.cfg.opt_limit >= OPT_PASS_COUNT && rt.unit_counter <= rt.cfg.unit_limit;
}

/*
 * What the front end's insns go through while it emits: the backend's quick way, or the passes,
 * unless somebody wants to see what it emitted. False on a limit.
 */
static bool front_hook(Trans *t)
{
    const RtConfig *cfg = &rt.cfg;
    t->quick = NULL;
    if (t->quick_out)
        return (t->quick =
                    cfg->backend->quick_open(&t->scratch, &t->ir, &rt.stubs, t->quick_out)) != NULL;
    if (all_passes() && !cfg->interpret && !(dump_any() && dump_on(LOG_OP, t->lo)))
        opt_fold_open(t->fold, &t->ir, OPT_ALL_PASSES);
    return true;
}

/* There is code for pc that is as good as what is being made. */
static bool front_ends_at(const Vcpu *v, GuestAddr pc)
{
    const Unit *u = cache_find(pc, v->mode);
    return u && (!u->count || ((Trans *)v->trans)->quick);
}

TransStatus trans_front(Vcpu *v, GuestAddr pc, uint32_t max_insns)
{
    Trans *t = v->trans;
    CodeWindow w;
    RtCode rc;
    t->noexec = pc;
    if ((pc & (rt.cfg.guest->insn_align - 1u)) || !code_window_fill(&w, pc, CODE_WINDOW, &rc))
        return TRANS_NOEXEC;
    front_open(t, pc);
    trans_open(&t->ir, v, pc, &rc);
    t->landings = trans_landings(&rc, w.bytes);
    if (!front_hook(t))
        return TRANS_REFUSED;
    TransCtx tc;
    trans_ctx(&tc, &t->ir, v, &rc);
    uint32_t follows = 0;
    bool loop = cold_loop_head(pc); /* a loop's unit has all of it */
    for (;;) {
        if (!front_fetch(&w, &tc, &rc))
            break;
        TransResult r = front_insn(t, &tc, &w);
        if (r == TR_SHORT && t->ir.guest_insns == 0)
            return t->quick ? TRANS_REFUSED : TRANS_NOEXEC;
        if (r == TR_SHORT)
            break;
        if (r == TR_END) {
            front_keep_source(t, &w, &rc);
            ir_unit_finish(&t->ir);
            return TRANS_OK;
        }
        bool follow = r == TR_NEXT || front_follows(&tc, t, &follows);
        tc.pc = tc.next_pc;
        /* After a jump or branch: nothing has run there yet, or there is code for it. */
        bool border = r == TR_FOLLOW || t->ir.insns[t->ir.n - 1].op == IR_XIF;
        if (border && (!cold_seen(tc.pc, t->quick != NULL) || (!loop && front_ends_at(v, tc.pc))))
            break;
        if (!follow || t->ir.guest_insns >= max_insns || t->ir.overflow)
            break;
    }
    front_keep_source(t, &w, &rc);
    ir_emit(&t->ir, IR_XJUMP, IR_VOID, 0, ir_gaddr(&t->ir, tc.pc), 0, 0, 0);
    ir_unit_finish(&t->ir);
    return TRANS_OK;
}

static bool trans_chunk_ready(Vcpu *v, Trans *t)
{
    if (t->generation != rt.generation)
        t->chunk = -1;
    t->generation = rt.generation;
    return cache_chunk_has_room(t) || cache_chunk_take(v, t);
}

static void trans_lower_open(Trans *t)
{
    arena_reset(&t->scratch, TRANS_ARENA);
    t->ra.ir = &t->ir;
    t->ra.target = &rt.target;
    t->ra.n = t->ra.n_moves = t->ra.n_snaps = t->ra.n_spills = 0;
    t->ra.arena = &t->scratch;
}

static CodeOut trans_out(const Trans *t)
{
    const Chunk *c = &rt.chunks[t->chunk];
    uint64_t rx = (uint64_t)rt.code_rx + (uint64_t)t->chunk * CHUNK_CODE + c->code_used;
    uint8_t *data = rt.data + (uint64_t)t->chunk * CHUNK_DATA + c->data_used;
    return (CodeOut){.rw = (uint8_t *)(rx + (uint64_t)rt.rw_minus_rx),
                     .rx = rx,
                     .cap = CHUNK_CODE - c->code_used,
                     .data_rw = data,
                     .data_rx = (uint64_t)data,
                     .data_cap = UNIT_DATA_MAX,
                     .side = t->side,
                     .cap_side = UNIT_SIDE_MAX,
                     .recipes = t->recipes,
                     .cap_recipes = UNIT_RECIPES_MAX};
}

static bool trans_limit(Trans *t, const char *stage)
{
    LOG(OP, "limit hit in %s at %u insns\n", stage, t->ir.guest_insns);
    t->limit = stage;
    return false;
}

/* One instruction always fits: our bug. What is needed to find it is said. */
static _Noreturn void trans_stuck(const Trans *t, const Vcpu *v, GuestAddr pc)
{
    log_error("ferry: internal error: the instruction at 0x%lx (mode 0x%x) does not fit: limit hit "
              "in %s; please report it with the output of -dump-pc 0x%lx\n",
              pc, v->mode, t->limit, pc);
    check_end();
}

static size_t data_needed(const CodeOut *out)
{
    return out->data_size + out->n_side * sizeof(SideEntry) + out->n_recipes * sizeof(SideRecipe) +
           sizeof(Unit) + UNIT_PAGES_MAX * sizeof(PageNode) + CODE_WINDOW + 4 * 64;
}

/* Passes to host code; false when some limit is hit. */
static bool trans_back(Trans *t, CodeOut *out)
{
    const RtConfig *cfg = &rt.cfg;
    if (t->ir.overflow)
        return trans_limit(t, "the front end");
    if (dump_any())
        dump_ir(&t->ir, LOG_OP, "IR of the front end");
    if (cfg->verify)
        dump_verify(&t->ir, "front end");
    trans_lower_open(t);
    if (!t->ir.hook) {
        OptConfig oc = {.passes = rt.unit_counter <= cfg->unit_limit ? cfg->opt_limit : 0,
                        .verify = cfg->verify};
        opt_run(&t->ir, &t->scratch, &oc);
    }
    if (dump_any())
        dump_ir(&t->ir, LOG_OP_OPT, "IR after the passes");
    trans_lower_open(t);
    if (!cfg->backend->select(&t->ra))
        return trans_limit(t, "selection");
    RaConfig rc = {.random_seed = cfg->ra_seed, .check = cfg->verify};
    if (!ra_run(&t->ra, &rc))
        return trans_limit(t, "allocation");
    if (dump_any())
        dump_ra(&t->ra);
    *out = trans_out(t);
    if (!cfg->backend->emit(&t->ra, &rt.stubs, out))
        return trans_limit(t, "emission");
    return data_needed(out) <= UNIT_DATA_MAX || trans_limit(t, "the side table");
}

/* Places head, Unit, page nodes and side table behind the exits; returns the bytes of data used. */
static uint32_t trans_place(Trans *t, Vcpu *v, GuestAddr pc, const CodeOut *out, Unit **res)
{
    uint8_t *p = out->data_rw + ALIGN_UP(out->data_size, 64);
    UnitHead *head = (UnitHead *)(p + 64 - sizeof(UnitHead));
    Unit *u = (Unit *)(p + 64);
    *head = (UnitHead){NULL, rt.unit_counter};
    uint64_t pages = ((t->hi - 1) >> GUEST_PAGE_SHIFT) - (t->lo >> GUEST_PAGE_SHIFT) + 1;
    SideEntry *side = (SideEntry *)((PageNode *)(u + 1) + pages);
    SideRecipe *rec = (SideRecipe *)ALIGN_UP((uint64_t)(side + out->n_side), 16);
    __builtin_memcpy(side, out->side, out->n_side * sizeof(*side));
    if (out->n_recipes)
        __builtin_memcpy(rec, out->recipes, out->n_recipes * sizeof(*rec));
    uint8_t *source = (uint8_t *)(rec + out->n_recipes);
    if (t->n_source)
        __builtin_memcpy(source, t->source, t->n_source);
    *u = (Unit){.pc = pc,
                .host_entry = out->rx,
                .host_end = out->rx + out->size,
                .mode = v->mode,
                .guest_lo = t->lo,
                .start = pc,
                .guest_len = (uint32_t)(t->hi - t->lo),
                .module_base = t->ir.module_base,
                .exits = (ExitRec *)out->data_rw,
                .n_exits = out->n_exits,
                .n_insns = (uint16_t)t->ir.guest_insns,
                .landings = t->landings,
                .side = side,
                .n_side = out->n_side,
                .recipes = rec,
                .n_recipes = out->n_recipes,
                .count = t->quick ? out->count : NULL,
                .source = t->n_source ? source : NULL};
    for (uint32_t i = 0; i < out->n_exits; i++)
        u->exits[i].owner = u;
    *res = u;
    return (uint32_t)(source + t->n_source - out->data_rw);
}

/* NULL when guest code changed since `seq`: the unit is forgotten. */
static Unit *trans_publish(Vcpu *v, Trans *t, GuestAddr pc, const CodeOut *out, uint64_t seq)
{
    Unit *u;
    uint32_t data = trans_place(t, v, pc, out, &u);
    lock_take(&rt.lock, v->tid);
    if (!inval_is_current(seq)) {
        lock_drop(&rt.lock, v->tid);
        return NULL;
    }
    Chunk *c = &rt.chunks[t->chunk];
    Unit **link = c->last_unit ? &unit_head(c->last_unit)->next_in_chunk : &c->first_unit;
    __atomic_store_n(link, u, __ATOMIC_RELEASE);
    c->last_unit = u;
    c->n_counts += u->count != NULL;
    c->code_used += (uint32_t)ALIGN_UP(out->size, 16);
    c->data_used += (uint32_t)ALIGN_UP(data, 64);
    Unit *live = cache_publish(u);
    rt.unit_counter++;
    lock_drop(&rt.lock, v->tid);
    if (live != u)
        u->dead = 1;
    return live;
}

/*
 * Code that has not shown yet that it is hot is made the quick way; not where a unit is to be
 * looked at or cut, or runs alone.
 */
static bool quick_wanted(const Vcpu *v, GuestAddr pc)
{
    const RtConfig *cfg = &rt.cfg;
    const Trans *t = v->trans;
    const Unit *hot = cache_find(pc, v->mode);
    return cfg->quick_runs && cfg->backend->quick_open && !hot && all_passes() &&
           !cfg->single_step && !cfg->interpret && !cfg->ra_seed && !cfg->verify && !t->alone &&
           !(log_mask & LOG_STAGES) && !cfg->dump_pc && !(v->mode & MODE_TBI_MASK) &&
           rt.chunks[t->chunk].n_counts < COUNTS;
}

/* False when the unit's first instruction, or its size, is not for the quick way. */
static bool trans_quick(Vcpu *v, GuestAddr pc, CodeOut *out)
{
    Trans *t = v->trans;
    trans_lower_open(t);
    *out = trans_out(t);
    out->count =
        (uint16_t *)(rt.data + (uint64_t)t->chunk * CHUNK_DATA) + rt.chunks[t->chunk].n_counts;
    *out->count = (uint16_t)rt.cfg.quick_runs;
    t->quick_out = out;
    TransStatus st = trans_front(v, pc, rt.cfg.max_insns ? rt.cfg.max_insns : UNIT_INSNS_DEFAULT);
    t->quick_out = NULL;
    return st == TRANS_OK && rt.cfg.backend->quick_close(t->quick) &&
           data_needed(out) <= UNIT_DATA_MAX;
}

/* One attempt; *res is NULL when guest code changed meanwhile. */
static TransStatus trans_try(Vcpu *v, GuestAddr pc, uint64_t seq, Unit **res)
{
    Trans *t = v->trans;
    CodeOut quick;
    if (quick_wanted(v, pc) && trans_quick(v, pc, &quick)) {
        *res = trans_publish(v, t, pc, &quick, seq);
        return TRANS_OK;
    }
    uint32_t max = rt.cfg.single_step ? 1
                   : rt.cfg.max_insns ? rt.cfg.max_insns
                                      : UNIT_INSNS_DEFAULT;
    CodeOut out;
    for (;; max = t->ir.guest_insns / 2) {
        if (UNLIKELY(max == 0))
            trans_stuck(t, v, pc);
        TransStatus st = trans_front(v, pc, max);
        if (st != TRANS_OK)
            return st;
        if (dump_any())
            dump_guest(&t->ir, pc, t->hi);
        if (trans_back(t, &out))
            break;
    }
    if (dump_any())
        dump_host(out.rw, out.rx, out.size);
    *res = trans_publish(v, t, pc, &out, seq);
    return TRANS_OK;
}

TransStatus trans_unit(Vcpu *v, GuestAddr pc, Unit **res)
{
    TransStatus st = TRANS_OK;
    if (!trans_chunk_ready(v, v->trans))
        return TRANS_FULL;
    for (*res = NULL; st == TRANS_OK && !*res;) {
        uint64_t seq = inval_trans_begin();
        st = trans_try(v, pc, seq, res);
        inval_trans_end();
    }
    if (st == TRANS_OK && rt.cfg.perf_map)
        perf_map_add(*res);
    return st;
}

static void *carve(uint8_t **p, size_t n)
{
    void *r = *p;
    *p += ALIGN_UP(n, 64);
    return r;
}

/* An arena over memory that goes with its surroundings. */
static Arena carve_arena(uint8_t **p)
{
    return (Arena){.base = carve(p, TRANS_ARENA), .size = TRANS_ARENA};
}

static bool trans_unit_init(Trans *t)
{
    const GuestOps *g = rt.cfg.guest;
    t->fold = opt_fold_new(&t->ir_arena, UNIT_IR_MAX + 1);
    if (!t->fold || !ir_unit_init(&t->ir, &t->ir_arena, UNIT_IR_MAX))
        return false;
    t->ir.slots = g->slots;
    t->ir.n_slots = g->n_slots;
    t->ir.slot_pc = g->slot_pc;
    return true;
}

/* The return stack and all scratch of a vcpu in one lazily committed mapping. */
bool trans_init(Vcpu *v)
{
    enum { RA_INSNS = UNIT_IR_MAX, RA_MOVES = 2 * UNIT_IR_MAX, RA_SNAPS = UNIT_IR_MAX };
    enum { RET_AREA = RET_STACK_SIZE + 2 * RET_GUARD, HOST_PROT_NONE = 0 };
    size_t size = sizeof(Trans) + RA_INSNS * sizeof(RaInsn) + RA_MOVES * sizeof(RaMove) +
                  RA_SNAPS * sizeof(RaSnap) + UNIT_SIDE_MAX * sizeof(SideEntry) +
                  UNIT_RECIPES_MAX * sizeof(SideRecipe) + 256 * sizeof(uint32_t) +
                  UNIT_IR_MAX * sizeof(V128) + COLD_STORE_SIZE + 1024 + RET_AREA + 2 * TRANS_ARENA;
    uint8_t *mem = cache_map(size, HOST_PROT_RW), *p = mem + RET_AREA;
    if (!mem)
        return false;
    HS(__NR_mprotect, mem, RET_GUARD, HOST_PROT_NONE);
    HS(__NR_mprotect, p - RET_GUARD, RET_GUARD, HOST_PROT_NONE);
    Trans *t = (Trans *)p;
    t->mem = mem;
    t->mem_size = size;
    t->ret_stack = mem + RET_GUARD;
    t->chunk = -1;
    carve(&p, sizeof(Trans));
    t->ra.buf = carve(&p, RA_INSNS * sizeof(RaInsn));
    t->ra.cap = RA_INSNS;
    t->ra.moves = carve(&p, RA_MOVES * sizeof(RaMove));
    t->ra.cap_moves = RA_MOVES;
    t->ra.snaps = carve(&p, RA_SNAPS * sizeof(RaSnap));
    t->ra.cap_snaps = RA_SNAPS;
    t->side = carve(&p, UNIT_SIDE_MAX * sizeof(SideEntry));
    t->recipes = carve(&p, UNIT_RECIPES_MAX * sizeof(SideRecipe));
    t->ra.block_end = carve(&p, 256 * sizeof(uint32_t));
    t->interp_vals = carve(&p, UNIT_IR_MAX * sizeof(V128));
    t->cold = carve(&p, COLD_STORE_SIZE);
    v->trans = t;
    t->ir_arena = carve_arena(&p);
    t->scratch = carve_arena(&p);
    return trans_unit_init(t);
}

void trans_free(Vcpu *v)
{
    Trans *t = v->trans;
    if (!t)
        return;
    cache_chunk_leave(v, t);
    v->trans = NULL;
    ownmap_drop(t->mem);
    HS(__NR_munmap, t->mem, t->mem_size);
}
