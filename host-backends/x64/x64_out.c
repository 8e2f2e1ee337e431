/*
 * Printing a unit: hot code in RaInsn order with the allocator's moves, then far code, then the
 * vector part's literals. Writes the exits and the side table on the way.
 *
 * A side entry is written where an observer's own code begins; an entry equal to the one before it
 * is left out.
 */
#include "x64_internal.h"

/* ---- far code ----------------------------------------------------------------------------------
 */

void x64_far_at(X64Ctx *c, uint32_t from, X64FarFn *fn, const RaInsn *r, uint64_t arg)
{
    if (c->n_far >= c->cap_far) {
        c->fail = true;
        return;
    }
    c->far[c->n_far++] = (X64Far){fn, r, from, x64_off(&c->e), arg};
}

void x64_far_jcc(X64Ctx *c, X64Cc cc, X64FarFn *fn, const RaInsn *r, uint64_t arg)
{
    x64_far_at(c, x64_jcc_fwd32(&c->e, cc), fn, r, arg);
}

void x64_far_jmp(X64Ctx *c, X64FarFn *fn, const RaInsn *r, uint64_t arg)
{
    x64_far_at(c, x64_jmp_fwd32(&c->e), fn, r, arg);
}

void x64_call_far(X64Ctx *c, X64FarFn *fn, uint64_t arg)
{
    x64_op0(&c->e, 0xe8);
    x64_u32(&c->e, 0);
    x64_far_at(c, x64_off(&c->e), fn, NULL, arg);
}

void x64_far_land(X64Ctx *c)
{
    if (c->n_far)
        c->far[c->n_far - 1].back = x64_off(&c->e);
}

void x64_far_back(X64Ctx *c, const X64Far *f)
{
    x64_jmp(&c->e, c->e.rx + f->back);
}

/* Far code may queue more of it (the stubs of exits it contains). */
static void emit_far(X64Ctx *c)
{
    for (uint32_t k = 0; k < c->n_far && !c->fail; k++) {
        const X64Far *f = &c->far[k];
        if (f->from)
            x64_land32(&c->e, f->from);
        f->fn(c, f);
    }
}

/* ---- constants, places, moves
 * -------------------------------------------------------------------- */

/* Displacement from rbp of a spill place or a slot. */
static inline int32_t loc_disp(const X64Ctx *c, RaLoc l)
{
    if (l & LOC_SLOT)
        return (int32_t)offsetof(Vcpu, state) - VCPU_BIAS +
               (int32_t)c->u->slots[l & (LOC_SLOT - 1)].off;
    CHECK(l & LOC_SPILL);
    return (int32_t)offsetof(Vcpu, spill) - VCPU_BIAS + 16 * (int32_t)(l & (LOC_SPILL - 1));
}

X64Mem x64_loc_mem(const X64Ctx *c, RaLoc l)
{
    return x64_mem(X64_RBP, loc_disp(c, l));
}

/* rip reaches addr. */
static inline bool is_near(const X64Ctx *c, uint64_t addr)
{
    int64_t d = (int64_t)(addr - c->e.rx);
    const int64_t reach = (int64_t)INT32_MAX - (1 << 20); /* the unit is much smaller than 1 MiB */
    return !c->u->module_fixed && d <= reach && d >= -reach;
}

bool x64_gaddr_mem(const X64Ctx *c, int64_t off, X64Mem *m)
{
    uint64_t addr = c->u->module_base + (uint64_t)off;
    if (!is_near(c, addr))
        return false;
    *m = x64_mem_rip(addr);
    return true;
}

void x64_gaddr(X64Ctx *c, unsigned dst, int64_t off)
{
    uint64_t addr = c->u->module_base + (uint64_t)off;
    if (is_near(c, addr))
        x64_lea(&c->e, 3, dst, x64_mem_rip(addr));
    else
        x64_mov_ri(&c->e, dst, addr);
}

void x64_const(X64Ctx *c, unsigned dst, IrRef ref)
{
    const IrInsn *in = &c->u->insns[ref];
    uint64_t v = ir_value(c->u, ref);
    if (in->op == IR_GADDR) {
        x64_gaddr(c, dst, (int64_t)v);
        return;
    }
    CHECK(in->op == IR_CONST);
    static const uint64_t mask[IR_TYPE_COUNT] = {[IR_BOOL] = 1, [IR_I8] = 0xff, [IR_I16] = 0xffff};
    x64_mov_ri(&c->e, dst,
               in->type == IR_I64 ? v
               : mask[in->type]   ? v & mask[in->type]
                                  : (uint32_t)v);
}

static void move_vec(X64Ctx *c, const RaMove *m)
{
    if (m->from != LOC_REMAT) {
        x64_vec_move(c, m->to, m->from);
        return;
    }
    const IrInsn *in = &c->u->insns[m->ref];
    if (in->op == IR_VCONST) {
        const V128 *k = &c->u->vconsts[in->arg[0]];
        x64_vec_const(c, x64_num(m->to), k->u64[0], k->u64[1]);
    } else {
        x64_vec_const(c, x64_num(m->to), ir_value(c->u, m->ref), 0);
    }
}

static inline void emit_move(X64Ctx *c, const RaMove *m)
{
    X64Emit *e = &c->e;
    IrType t = (IrType)c->insns[m->ref].type;
    bool wide = t == IR_I64;
    if (x64_class_of(t) == RC_VEC)
        move_vec(c, m);
    else if (m->from == LOC_REMAT)
        x64_const(c, x64_num(m->to), m->ref);
    else if (loc_is_reg(m->from) && loc_is_reg(m->to))
        x64_copy(e, wide, x64_num(m->to), x64_num(m->from));
    else if (loc_is_reg(m->to))
        x64_mov_disp(e, 0x8b, wide, x64_num(m->to), X64_RBP, loc_disp(c, m->from));
    else
        x64_mov_disp(e, 0x89, wide, x64_num(m->from), X64_RBP, loc_disp(c, m->to));
}

/* ---- side table
 * ---------------------------------------------------------------------------------- */

static RaLoc recipe_place(const X64Ctx *c, const RaOperand *a, int64_t *imm)
{
    if (a->loc == LOC_REMAT) {
        const IrInsn *in = &c->u->insns[a->ref];
        *imm = (int64_t)(ir_value(c->u, a->ref) + (in->op == IR_GADDR ? c->u->module_base : 0));
    }
    return a->loc;
}

static void side_recipes(X64Ctx *c, const RaInsn *r)
{
    CodeOut *out = c->out;
    for (uint32_t k = 0; k < r->n_snap; k++) {
        const RaSnap *sn = &c->ra->snaps[r->first_snap + k];
        if (out->n_recipes >= out->cap_recipes) {
            c->fail = true;
            return;
        }
        SideRecipe *sr = &out->recipes[out->n_recipes++];
        *sr = (SideRecipe){.slot = sn->slot, .op = sn->op, .type = sn->type, .b = LOC_NONE};
        sr->a = recipe_place(c, &sn->arg[0], &sr->imm);
        if (sn->n_ops > 1)
            sr->b = recipe_place(c, &sn->arg[1], &sr->imm);
    }
}

/* The guest insn that IR insn `ref` belongs to; they are asked for in order. */
static inline void follow_at(X64Ctx *c, IrRef ref)
{
    for (const IrInsn *in = &c->insns[ref], *seen = c->at_seen; in > seen; in--)
        if (in->op == IR_AT) {
            c->at_off = (int64_t)((uint64_t)in->arg[1] << 32 | in->arg[0]);
            break;
        }
    c->at_seen = &c->insns[ref];
}

void x64_side_here(X64Ctx *c, const RaInsn *r)
{
    CodeOut *out = c->out;
    int64_t off = c->at_off - c->start_off;
    if (off == c->plain_off && !r->n_snap)
        return;
    if (UNLIKELY(out->n_side >= out->cap_side)) {
        c->fail = true;
        return;
    }
    SideEntry *s = &out->side[out->n_side++];
    s->host_off = x64_off(&c->e);
    s->guest_off = (int32_t)off;
    s->first_recipe = (uint16_t)out->n_recipes;
    s->n_recipes = r->n_snap;
    c->plain_off = off;
    if (r->n_snap) {
        c->plain_off = INT64_MIN;
        side_recipes(c, r);
    }
}

/* ---- calls of helpers
 * ----------------------------------------------------------------------------- */

static bool helper_takes_vectors(const HelperDesc *h)
{
    if (h->ret == 'V')
        return true;
    for (const char *a = h->args; *a; a++)
        if (*a == 'V')
            return true;
    return false;
}

void x64_helper(X64Ctx *c, HelperId id)
{
    X64Emit *e = &c->e;
    const HelperDesc *h = &ir_helpers[id];
    unsigned stub = X64_STUB_HELPER;
    if (h->effects & EFF_STATE_R)
        stub += 1;
    if (h->effects & EFF_STATE_W)
        stub += 2;
    if (helper_takes_vectors(h)) {
        unsigned mask = h->ret == 'V' ? 0x80 : 0;
        for (unsigned k = 0; h->args[k]; k++)
            mask |= h->args[k] == 'V' ? 1u << k : 0;
        x64_mov_ri(e, X64_RCX, mask);
        stub += 4;
    }
    x64_load(e, 3, X64_RAX, x64_vcpu_mem(offsetof(Vcpu, helper_fn) + id * sizeof(void *)));
    x64_call_m(e, x64_vcpu_mem(offsetof(Vcpu, stub) + stub * sizeof(void *)));
}

void x64_far_helper(X64Ctx *c, HelperId id)
{
    X64Emit *e = &c->e;
    x64_push(e, X64_RAX);
    x64_push(e, X64_RCX);
    x64_push(e, X64_RDX);
    x64_helper(c, id);
    if (ir_helpers[id].ret != 'V')
        x64_store(e, 3, x64_harg(7), X64_RAX);
    x64_pop(e, X64_RDX);
    x64_pop(e, X64_RCX);
    x64_pop(e, X64_RAX);
}

static void call_arg(X64Ctx *c, const RaInsn *r, unsigned k)
{
    X64Emit *e = &c->e;
    const RaOperand *o = &r->op[k];
    X64Mem to = x64_harg(k);
    if (o->loc == LOC_REMAT) {
        x64_const(c, X64_RAX, o->ref);
        x64_store(e, 3, to, X64_RAX);
    } else if (!loc_is_reg(o->loc)) { /* all 16 bytes: floats and integers use the low ones */
        X64Mem from = x64_loc_mem(c, o->loc);
        bool wide = c->u->insns[o->ref].type == IR_V128;
        bool dword = o->cls == RC_GPR && c->u->insns[o->ref].type != IR_I64;
        for (unsigned h = 0; h < 1u + wide; h++) {
            x64_load(e, dword ? 2 : 3, X64_RAX, from);
            x64_store(e, 3, to, X64_RAX);
            from.disp += 8;
            to.disp += 8;
        }
    } else if (o->cls == RC_VEC) {
        if (x64_cfg.f.avx && x64_cfg.f.avx2)
            x64_avx_rrm(e, V_MOVUPS_ST, x64_op(r, k), 0, to);
        else
            x64_sse_rm(e, V_MOVUPS_ST, x64_op(r, k), to);
    } else {
        x64_store(e, 3, to, x64_op(r, k));
    }
}

void x64_emit_call(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    x64_snaps_emit(c, r, true); /* for a helper that reads slots */
    for (unsigned k = 0; k < r->n_ops; k++)
        call_arg(c, r, k);
    x64_helper(c, (HelperId)in->imm);
    if (!r->n_dst || r->dst[0].cls != RC_VEC)
        return;
    if (ir_helpers[in->imm].ret != 'V')
        x64_store(&c->e, 3, x64_harg(7), X64_RAX);
    if (x64_cfg.f.avx && x64_cfg.f.avx2)
        x64_avx_rrm(&c->e, V_MOVUPS, x64_dst(r, 0), 0, x64_harg(7));
    else
        x64_sse_rm(&c->e, V_MOVUPS, x64_dst(r, 0), x64_harg(7));
}

/* ---- the walk
 * -------------------------------------------------------------------------------------- */

void x64_emit_set(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    RaLoc slot = (RaLoc)(LOC_SLOT | (unsigned)in->imm), l = r->op[0].loc;
    bool wide = c->u->slots[in->imm].type == SLOT_I64;
    if (r->op[0].cls == RC_VEC)
        x64_vec_move(c, slot, l);
    else if (l == LOC_REMAT)
        x64_store_imm(e, wide ? 3 : 2, x64_loc_mem(c, slot), (int32_t)ir_value(c->u, r->op[0].ref));
    else
        x64_mov_disp(e, 0x89, wide, x64_num(l), X64_RBP, loc_disp(c, slot));
}

void x64_emit_none(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)c, (void)r, (void)in;
}

static X64EmitFn *const emit_fn[IR_OP_COUNT] = {
#define X64OP(op, sel, emit) [IR_##op] = x64_emit_##emit,
#include "x64_ops.def"
#undef X64OP
};

static __attribute__((noinline)) void emit_all_moves(X64Ctx *c, const RaInsn *r)
{
    const RaMove *m = &c->ra->moves[r->first_move];
    for (uint32_t k = 0; k < r->n_moves; k++)
        emit_move(c, &m[k]);
}

static inline void emit_moves(X64Ctx *c, const RaInsn *r)
{
    const RaMove *m = &c->ra->moves[r->first_move];
    if (r->n_moves == 1 && m->from < LOC_VEC && m->to < LOC_VEC)
        x64_copy(&c->e, c->insns[m->ref].type == IR_I64, m->to, m->from);
    else
        emit_all_moves(c, r);
}

static inline void emit_insn(X64Ctx *c, const RaInsn *r)
{
    if (r->n_moves)
        emit_moves(c, r);
    if (r->kind == RA_PIN_SET)
        return;
    if (r->observer) {
        follow_at(c, r->ir);
        x64_side_here(c, r);
    }
    const IrInsn *in = &c->insns[r->ir];
    X64EmitFn *fn = emit_fn[in->op];
    if (fn)
        fn(c, r, in);
    else
        x64_emit_vec(c, r, in);
}

/* Field by field: most units have few of the things that c counts. */
static void ctx_clear(X64Ctx *c)
{
    c->n_far = c->n_fix = 0;
    c->vec = NULL;
    c->block = 0;
    c->link_jmp = c->poll_jmp = NULL;
    c->poll_at = 0;
    c->poll_target = 0;
    c->fail = false;
}

bool x64_out_open(X64Ctx *c, const RaUnit *ra, const BackendStubs *stubs, CodeOut *out)
{
    const IrUnit *u = ra->ir;
    if (out->cap < 64)
        return false;
    ctx_clear(c);
    c->e = x64_emit_to(out->rw, out->cap, out->rx);
    c->ra = ra;
    c->u = u;
    c->insns = u->insns;
    c->stubs = stubs;
    c->out = out;
    out->n_exits = out->n_side = out->n_recipes = 0;
    c->start_off = c->at_off = u->start_off;
    c->at_seen = c->insns;
    c->plain_off = INT64_MIN;
    c->cap_far = 2 * ra->n + 64;
    c->cap_fix = 3 * u->n_blocks + 8;
    size_t words = 2 * c->cap_fix + u->n_blocks;
    c->far = arena_alloc(ra->arena, c->cap_far * sizeof *c->far + words * sizeof *c->fix);
    c->fix = (uint32_t *)(c->far + c->cap_far);
    c->block_off = c->fix + 2 * c->cap_fix;
    return c->far != NULL;
}

static void fix_blocks(X64Ctx *c)
{
    for (uint32_t k = 0; k < c->n_fix && !c->e.overflow; k++) {
        uint32_t at = c->fix[2 * k], d = c->block_off[c->fix[2 * k + 1]] - at;
        memcpy(c->e.base + at - 4, &d, 4);
    }
}

bool x64_out_close(X64Ctx *c)
{
    CodeOut *out = c->out;
    out->hot_size = x64_off(&c->e);
    if (c->fail || c->e.overflow)
        return false;
    emit_far(c);
    if (c->fail || c->e.overflow || !x64_vec_close(c) || c->e.overflow)
        return false;
    fix_blocks(c);
    out->size = x64_off(&c->e);
    out->data_size = (uint32_t)(out->n_exits * sizeof(ExitRec));
    return !c->fail && !c->e.overflow;
}

bool x64_emit_unit(const RaUnit *ra, const BackendStubs *stubs, CodeOut *out)
{
    X64Ctx *c = arena_alloc(ra->arena, sizeof *c);
    if (!c || !x64_out_open(c, ra, stubs, out))
        return false;
    const RaInsn *r = ra->insns;
    for (uint32_t b = 0; b < ra->ir->n_blocks; b++) {
        const RaInsn *end = ra->insns + ra->block_end[b];
        c->block = b;
        c->block_off[b] = x64_off(&c->e);
        for (; r < end; r++)
            emit_insn(c, r);
    }
    return x64_out_close(c);
}
