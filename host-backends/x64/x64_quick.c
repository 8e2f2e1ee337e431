/*
 * The quick printer: places, slots, exits, the unit's frame. x64_quick.h has the picture.
 *
 * A unit begins with a countdown that leaves for C when the unit has been entered often enough to
 * be made anew.
 */
#include "x64_quick.h"
#include "ir_build.h"

enum { TEMPS = 1 << X64_RAX | 1 << X64_RCX | 1 << X64_RDX };

/* ---- places ------------------------------------------------------------------------------------
 */

IrRef quick_refuse(X64Quick *q)
{
    q->u->hook = NULL; /* what comes is appended and no more */
    return 0;
}

unsigned quick_temp(X64Quick *q, IrRef v)
{
    if (UNLIKELY(!q->free)) {
        quick_refuse(q);
        return X64_RDX;
    }
    unsigned t = 63u - (unsigned)__builtin_clzll(q->free); /* rax, which flags want, comes last */
    q->free &= ~(1ull << t);
    q->held[t] = v;
    if (v)
        quick_val(q, v)->loc = (uint16_t)t;
    return t;
}

void quick_lose_eflags(X64Quick *q)
{
    q->eflags = 0;
    q->eflags_in_slot = false;
    if (UNLIKELY(q->cond)) {
        IrRef v = q->cond;
        unsigned t = quick_temp(q, v);
        x64_setcc(&q->c.e, (X64Cc)q->cond_cc, t);
        x64_ext_rr(&q->c.e, false, 0, 2, t, t);
        quick_val(q, v)->clean = true;
        q->cond = 0;
    }
}

void quick_flush_pending(X64Quick *q)
{
    IrRef v = q->pend;
    q->pend = 0;
    if (quick_ir(q, v)->op == IR_CMP) {
        q->cond_cc = (uint8_t)quick_compare(q, v);
        q->cond = v;
        quick_val(q, v)->loc = QUICK_COND;
        return;
    }
    if (quick_ir(q, v)->type == IR_V128) {
        quick_refuse(q); /* of vectors, only loads are ever pending, and they are set at once */
        return;
    }
    unsigned t = quick_temp(q, 0);
    quick_make(q, v, (RaLoc)t);
    q->held[t] = v;
    quick_val(q, v)->loc = (uint16_t)t;
}

unsigned quick_bring(X64Quick *q, IrRef v)
{
    QuickVal *x = quick_val(q, v);
    if (x->loc == QUICK_LATER)
        quick_flush(q);
    switch (x->loc) {
    case LOC_REMAT: {
        unsigned t = quick_temp(q, v);
        x64_const(&q->c, t, v);
        return t;
    }
    case QUICK_COND:
        quick_lose_eflags(q);
        break;
    default:
        if (quick_in_slot(x->loc)) {
            X64Mem m = x64_loc_mem(&q->c, x->loc);
            unsigned t = quick_temp(q, v);
            x64_mov_disp(&q->c.e, 0x8b, quick_ir(q, v)->type == IR_I64, t, X64_RBP, m.disp);
            return t;
        }
    }
    if (x->loc < LOC_VEC)
        return x->loc;
    quick_refuse(q); /* gone, or a vector */
    return X64_RDX;
}

void quick_observer(X64Quick *q, IrRef i)
{
    q->r.ir = i;
    x64_side_here(&q->c, &q->r);
}

X64Cc quick_cond(X64Quick *q, IrRef v)
{
    QuickVal *x = quick_val(q, v);
    if (x->loc == QUICK_LATER)
        quick_flush(q);
    if (x->loc == QUICK_COND)
        return (X64Cc)q->cond_cc;
    unsigned t = quick_reg(q, v);
    quick_lose_eflags(q);
    x64_test_rr(&q->c.e, 2, t, t);
    return X64_NE;
}

/* ---- values ------------------------------------------------------------------------------------
 */

#define EMITTED struct IrUnit *u, uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm

static inline X64Quick *quick_of(struct IrUnit *u)
{
    return u->hook_state;
}

/* Appends the insn as a value with a place of its own, or as low bits of `same`. */
static inline IrRef append(X64Quick *q, EMITTED, uint16_t loc)
{
    (void)u;
    IrRef r = ir_append(q->u, head, a, b, c, imm);
    q->val[r] = (QuickVal){r, loc, false};
    return r;
}

static inline IrRef append_same(X64Quick *q, EMITTED, IrRef same)
{
    (void)u;
    IrRef r = ir_append(q->u, head, a, b, c, imm);
    q->val[r].same = same;
    return r;
}

static IrRef emit_refused(EMITTED)
{
    return quick_refuse(quick_of(u));
}

static IrRef emit_const(EMITTED)
{
    return append(quick_of(u), u, head, a, b, c, imm, LOC_REMAT);
}

static IrRef emit_later(EMITTED)
{
    X64Quick *q = quick_of(u);
    quick_flush(q);
    IrRef r = append(q, u, head, a, b, c, imm, QUICK_LATER);
    q->val[r].clean = (head >> 8 & 0xff) == IR_I32;
    q->pend = r;
    return r;
}

static uint64_t const_of(const X64Quick *q, IrRef same, IrType t)
{
    uint64_t v = ir_value(q->u, same);
    return t == IR_I64 ? v : v & ((1ull << x64_type_bits(t)) - 1);
}

static IrRef extend_const(X64Quick *q, uint32_t head, IrRef same, IrType from)
{
    uint64_t v = const_of(q, same, from);
    unsigned sh = 64 - x64_type_bits(from);
    if ((head & 0xff) == IR_SEXT)
        v = (uint64_t)((int64_t)(v << sh) >> sh);
    IrType to = (IrType)(head >> 8 & 0xff);
    return emit_const(q->u, ir_head(IR_CONST, to, 0), (uint32_t)v, (uint32_t)(v >> 32), 0, 0);
}

/*
 * The i32 that is pending is wanted sign-extended: it becomes the low bits of what is made. Word
 * instructions of RISC-V all end so.
 */
static IrRef extend_pending(X64Quick *q, EMITTED)
{
    (void)u;
    IrRef under = q->pend, r = ir_append(q->u, head, a, b, c, imm);
    q->val[r] = (QuickVal){r, QUICK_LATER, false};
    q->val[under].same = r;
    q->under = under;
    q->pend = r;
    return r;
}

static IrRef emit_extend(EMITTED)
{
    X64Quick *q = quick_of(u);
    IrRef same = quick_same(q, a);
    IrType from = (IrType)quick_ir(q, a)->type;
    bool wide_enough = from == IR_BOOL || (from == IR_I32 && quick_val(q, same)->clean);
    if (LIKELY(wide_enough && (head & 0xff) == IR_ZEXT)) {
        IrRef r = append_same(q, u, head, a, b, c, imm, same);
        q->wide = from == IR_I32 ? r : 0;
        return r;
    }
    if (quick_ir(q, same)->op == IR_CONST && from >= IR_I8)
        return extend_const(q, head, same, from);
    if (same == q->pend && from == IR_I32 && quick_ir(q, same)->type == IR_I32 &&
        (head & 0xff) == IR_SEXT)
        return extend_pending(q, u, head, a, b, c, imm);
    return emit_later(u, head, a, b, c, imm);
}

static IrRef emit_trunc(EMITTED)
{
    X64Quick *q = quick_of(u);
    return append_same(q, u, head, a, b, c, imm, quick_same(q, a));
}

static IrRef emit_bnot(EMITTED)
{
    X64Quick *q = quick_of(u);
    X64Cc cc = quick_cond(q, quick_same(q, a));
    if (q->cond)
        quick_val(q, q->cond)->loc = QUICK_GONE;
    IrRef r = append(q, u, head, a, b, c, imm, QUICK_COND);
    q->cond = r;
    q->cond_cc = (uint8_t)(cc ^ 1u);
    return r;
}

static IrRef emit_cc(EMITTED)
{
    X64Quick *q = quick_of(u);
    IrRef f = quick_same(q, a);
    quick_flush(q);
    IrRef r = append(q, u, head, a, b, c, imm, QUICK_COND);
    bool at_hand = f == q->eflags || (q->eflags_in_slot && quick_in_slot(quick_val(q, f)->loc));
    X64Cc cc = at_hand ? x64_cc_of((IrCond)(head >> 16)) : quick_test_flags(q, r);
    if (q->cond && q->cond != r) { /* two at a time */
        IrRef other = q->cond;
        unsigned t = quick_temp(q, other);
        x64_setcc(&q->c.e, (X64Cc)q->cond_cc, t);
        x64_ext_rr(&q->c.e, false, 0, 2, t, t);
        quick_val(q, other)->clean = true;
    }
    q->cond = r;
    q->cond_cc = (uint8_t)cc;
    return r;
}

static IrRef emit_select(EMITTED)
{
    X64Quick *q = quick_of(u);
    if ((head >> 8 & 0xff) >= IR_F16)
        return quick_refuse(q);
    IrRef r = append(q, u, head, a, b, c, imm, QUICK_LATER);
    quick_select(q, r);
    return r;
}

static IrRef emit_flags(EMITTED)
{
    X64Quick *q = quick_of(u);
    IrRef r = append(q, u, head, a, b, c, imm, QUICK_LATER);
    quick_flags(q, r);
    return r;
}

/* ---- slots -------------------------------------------------------------------------------------
 */

/* ir_get() knows of_slot: what is asked for here is not there, or has another type. */
static IrRef emit_get(EMITTED)
{
    X64Quick *q = quick_of(u);
    uint32_t slot = (uint32_t)imm;
    IrRef known = q->of_slot[slot];
    if (known)
        return append_same(q, u, head, a, b, c, imm, quick_same(q, known));
    RaLoc pin = x64_cfg.target.pin_of_slot[slot];
    IrRef r = append(q, u, head, a, b, c, imm, pin != LOC_NONE ? pin : (uint16_t)(LOC_SLOT | slot));
    q->of_slot[slot] = r;
    return r;
}

/*
 * The slot, whose content lies in `place`, was set to ref, which is v: what it was before is gone,
 * if it lay there. Whoever gets the slot from now on gets ref, if that is where it lies.
 */
static inline void slot_is(X64Quick *q, uint32_t slot, RaLoc place, IrRef v, IrRef ref)
{
    IrRef old = q->of_slot[slot] ? quick_same(q, q->of_slot[slot]) : 0;
    if (old && old != v && quick_val(q, old)->loc == place)
        quick_val(q, old)->loc = QUICK_GONE;
    bool there = quick_val(q, v)->loc == place;
    q->of_slot[slot] = there ? ref : 0;
    q->low[slot] = there && ref == q->wide ? quick_ir(q, ref)->arg[0] : 0;
}

static void set_vector(X64Quick *q, uint32_t slot, RaLoc place, IrRef v, IrRef ref)
{
    const IrInsn *x = quick_ir(q, v);
    RaLoc from = quick_val(q, v)->loc;
    bool to_reg = loc_is_reg(place);
    RaLoc reg = to_reg ? place : (RaLoc)__builtin_ctzll(x64_cfg.target.temps[RC_VEC]);
    if (v == q->pend) {
        q->pend = 0;
        quick_make(q, v, reg);
        from = reg;
    } else if (x->op == IR_VCONST) {
        q->literal = true;
        const V128 *k = &q->u->vconsts[x->arg[0]];
        x64_vec_const(&q->c, x64_num(reg), k->u64[0], k->u64[1]);
        from = reg;
    } else if (from == QUICK_GONE || from == LOC_REMAT) {
        quick_refuse(q);
        return;
    }
    if (!to_reg && !loc_is_reg(from)) {
        x64_vec_move(&q->c, reg, from);
        from = reg;
    }
    if (from != place)
        x64_vec_move(&q->c, place, from);
    if (quick_val(q, v)->loc == QUICK_LATER)
        quick_val(q, v)->loc = place;
    slot_is(q, slot, place, v, ref);
}

static void set_memory(X64Quick *q, uint32_t slot, IrRef v, IrRef ref)
{
    RaLoc place = (RaLoc)(LOC_SLOT | slot);
    const SlotDesc *s = &q->u->slots[slot];
    X64Mem m = x64_loc_mem(&q->c, place);
    bool wide = s->type == SLOT_I64;
    int64_t k = (int64_t)ir_value(q->u, v);
    if (quick_val(q, v)->loc == LOC_REMAT && quick_ir(q, v)->op == IR_CONST &&
        (!wide || x64_is_s32(k)))
        x64_store_imm(&q->c.e, wide ? 3 : 2, m, (int32_t)k);
    else
        x64_mov_disp(&q->c.e, 0x89, wide, quick_reg(q, v), X64_RBP, m.disp);
    if (s->type == SLOT_FLAGS)
        q->eflags_in_slot = q->eflags == v;
    slot_is(q, slot, place, v, ref);
}

static void set_pin(X64Quick *q, uint32_t slot, RaLoc pin, IrRef v, IrRef ref)
{
    QuickVal *x = quick_val(q, v);
    if (x->loc == LOC_REMAT)
        x64_const(&q->c, pin, v);
    else if (quick_in_slot(x->loc))
        x64_mov_disp(&q->c.e, 0x8b, true, pin, X64_RBP, x64_loc_mem(&q->c, x->loc).disp);
    else if (x->loc != pin)
        x64_copy(&q->c.e, true, pin, quick_reg(q, v));
    slot_is(q, slot, pin, v, ref);
}

/* Not appended: nobody looks back at it. */
static IrRef emit_set(EMITTED)
{
    X64Quick *q = quick_of(u);
    uint32_t slot = (uint32_t)imm;
    IrRef v = quick_same(q, a);
    RaLoc pin = x64_cfg.target.pin_of_slot[slot];
    (void)head, (void)b, (void)c;
    if (LIKELY(v == q->pend) && pin < LOC_VEC && quick_ir(q, v)->op != IR_CMP) {
        q->pend = 0;
        quick_make(q, v, pin);
        quick_val(q, v)->loc = pin;
        slot_is(q, slot, pin, v, a);
        return 0;
    }
    if (v != q->pend)
        quick_flush(q);
    if (u->slots[slot].type == SLOT_V128)
        set_vector(q, slot, pin != LOC_NONE ? pin : (RaLoc)(LOC_SLOT | slot), v, a);
    else if (pin == LOC_NONE)
        set_memory(q, slot, v, a);
    else
        set_pin(q, slot, pin, v, a);
    return 0;
}

/* ---- memory, exits -----------------------------------------------------------------------------
 */

static IrRef emit_load(EMITTED)
{
    unsigned order = MA_ORDER(head >> 16);
    if (order == ORD_REL || order == ORD_SEQ)
        return quick_refuse(quick_of(u));
    return emit_later(u, head, a, b, c, imm);
}

static IrRef emit_store(EMITTED)
{
    X64Quick *q = quick_of(u);
    quick_flush(q);
    IrRef r = append(q, u, head, a, b, c, imm, QUICK_GONE);
    quick_store(q, r);
    return r;
}

/* The insn is printed as it is, from q->r. */
static inline IrRef print_exit(X64Quick *q, EMITTED, X64EmitFn *fn)
{
    (void)u;
    IrRef r = ir_append(q->u, head, a, b, c, imm);
    quick_observer(q, r);
    fn(&q->c, &q->r, &q->u->insns[r]);
    return r;
}

static IrRef emit_xif(EMITTED)
{
    X64Quick *q = quick_of(u);
    IrRef v = quick_same(q, a);
    if (v != q->pend)
        quick_flush(q);
    X64Cc cc = quick_cond(q, v);
    RaInsn *r = quick_insn_of(q, 0);
    r->cond = COND_EFLAGS;
    r->cc = (uint8_t)cc;
    return print_exit(q, u, head, a, b, c, imm, x64_emit_xif);
}

static IrRef emit_xjump(EMITTED)
{
    X64Quick *q = quick_of(u);
    quick_flush(q);
    quick_insn_of(q, 0);
    return print_exit(q, u, head, a, b, c, imm, x64_emit_xjump);
}

static IrRef emit_xcall(EMITTED)
{
    X64Quick *q = quick_of(u);
    quick_flush(q);
    quick_insn_of(q, 0);
    return print_exit(q, u, head, a, b, c, imm, x64_emit_xcall);
}

/* rax = v */
static void in_rax(X64Quick *q, IrRef v)
{
    uint16_t loc = quick_val(q, v)->loc;
    if (loc == LOC_REMAT)
        x64_const(&q->c, X64_RAX, v);
    else if (quick_in_slot(loc))
        x64_load(&q->c.e, 3, X64_RAX, x64_loc_mem(&q->c, loc));
    else if (loc != X64_RAX)
        x64_copy(&q->c.e, true, X64_RAX, quick_reg(q, v));
}

static IrRef emit_computed(EMITTED)
{
    X64Quick *q = quick_of(u);
    IrOp op = (IrOp)(head & 0xff);
    quick_flush(q);
    in_rax(q, quick_same(q, a));
    quick_insn_of(q, 0);
    return print_exit(q, u, head, a, b, c, imm,
                      op == IR_XRET   ? x64_emit_xret
                      : op == IR_XIND ? x64_emit_xind
                                      : x64_emit_xcalli);
}

static IrRef emit_xtrap(EMITTED)
{
    X64Quick *q = quick_of(u);
    quick_flush(q);
    if (b) {
        IrRef data = quick_same(q, b);
        if (quick_ir(q, data)->op != IR_CONST && quick_ir(q, data)->op != IR_GADDR)
            return quick_refuse(q);
        x64_const(&q->c, X64_RDX, data);
    }
    in_rax(q, quick_same(q, a));
    quick_insn_of(q, 0);
    return print_exit(q, u, head, a, b, c, imm, x64_emit_xtrap);
}

/* clang-format off */
static IrEmitFn *const emitters[IR_OP_COUNT] = {
    [IR_CONST] = emit_const, [IR_GADDR] = emit_const, [IR_VCONST] = emit_const,
    [IR_GET] = emit_get, [IR_SET] = emit_set,
    [IR_ZEXT] = emit_extend, [IR_SEXT] = emit_extend, [IR_TRUNC] = emit_trunc,
    [IR_ADD] = emit_later, [IR_SUB] = emit_later, [IR_MUL] = emit_later, [IR_AND] = emit_later,
    [IR_OR] = emit_later, [IR_XOR] = emit_later, [IR_ANDN] = emit_later, [IR_NOT] = emit_later,
    [IR_NEG] = emit_later, [IR_SHL] = emit_later, [IR_SHR] = emit_later, [IR_SAR] = emit_later,
    [IR_ROR] = emit_later, [IR_EXTR] = emit_later, [IR_UBFX] = emit_later, [IR_SBFX] = emit_later,
    [IR_BFI] = emit_later, [IR_CLZ] = emit_later, [IR_BSWAP] = emit_later,
    [IR_UDIV] = emit_later, [IR_SDIV] = emit_later, [IR_MULHU] = emit_later,
    [IR_MULHS] = emit_later, [IR_BAND] = emit_later, [IR_BOR] = emit_later,
    [IR_CMP] = emit_later, [IR_BNOT] = emit_bnot, [IR_CC] = emit_cc, [IR_SELECT] = emit_select,
    [IR_FLADD] = emit_flags, [IR_FLSUB] = emit_flags, [IR_FLLOGIC] = emit_flags,
    [IR_LD] = emit_load, [IR_ST] = emit_store,
    [IR_XIF] = emit_xif, [IR_XJUMP] = emit_xjump, [IR_XCALL] = emit_xcall,
    [IR_XCALLI] = emit_computed, [IR_XRET] = emit_computed, [IR_XIND] = emit_computed,
    [IR_XTRAP] = emit_xtrap,
};
/* clang-format on */

/* ---- the unit ----------------------------------------------------------------------------------
 */

static IrEmitFn *all_emitters[IR_OP_COUNT]; /* the rest refuse */

/* No instruction with branches of its own. */
static void new_block(IrUnit *u)
{
    quick_refuse(quick_of(u));
}

static const IrHook quick_hook = {all_emitters, new_block};

/* The unit has been entered often enough. */
static void far_count(X64Ctx *c, const X64Far *f)
{
    (void)f;
    x64_gaddr(c, X64_RAX, c->start_off);
    x64_jmp_m(&c->e, x64_vcpu_mem(offsetof(Vcpu, stub) + X64_STUB_LEAVE_POLL * sizeof(void *)));
}

static void countdown(X64Quick *q)
{
    x64_alu_mi(&q->c.e, ALU_SUB, 1, x64_mem_rip((uint64_t)q->c.out->count), 1);
    x64_far_jcc(&q->c, X64_B, far_count, NULL, 0);
}

void x64_quick_setup(void)
{
    for (unsigned op = 0; op < IR_OP_COUNT; op++)
        all_emitters[op] = emitters[op] ? emitters[op] : emit_refused;
}

void *x64_quick_open(Arena *a, IrUnit *u, const BackendStubs *stubs, CodeOut *out)
{
    enum { FAR_MAX = 256 };
    X64Quick *q = arena_alloc(a, sizeof *q);
    if (!q)
        return NULL;
    q->ra.ir = u;
    q->ra.arena = a;
    q->ra.target = &x64_cfg.target;
    q->ra.n = FAR_MAX;
    q->u = u;
    q->val = arena_alloc(a, u->cap * sizeof *q->val);
    if (!q->val || !x64_out_open(&q->c, &q->ra, stubs, out))
        return NULL;
    q->n_kept = 0;
    q->r.n_snap = 0;
    q->r.n_moves = 0;
    q->eflags_in_slot = q->literal = false;
    q->val[0] = (QuickVal){0, QUICK_GONE, false};
    memset(q->of_slot, 0, u->n_slots * sizeof q->of_slot[0]);
    memset(q->low, 0, u->n_slots * sizeof q->low[0]);
    u->hook_state = q;
    u->hook = &quick_hook;
    u->known = q->of_slot;
    u->known32 = q->low;
    q->pend = q->cond = q->eflags = q->wide = 0;
    q->free = TEMPS;
    countdown(q);
    return q;
}

/* The temps are free again. Of what they hold, only what lies in memory too can be asked for. */
static void drop_temps(X64Quick *q)
{
    for (uint64_t m = TEMPS & ~q->free; m; m &= m - 1) {
        IrRef v = q->held[__builtin_ctzll(m)];
        const IrInsn *x = quick_ir(q, v);
        bool in_slot = x->op == IR_GET && quick_same(q, q->of_slot[x->imm]) == v;
        quick_val(q, v)->loc = in_slot ? (uint16_t)(LOC_SLOT | (unsigned)x->imm) : QUICK_GONE;
    }
    q->free = TEMPS;
}

/* The guest instruction at hand ends. */
static inline void end_insn(X64Quick *q)
{
    if (UNLIKELY(q->pend)) {
        if (quick_ir(q, quick_made(q, q->pend))->op == IR_LD) /* it may fault */
            quick_flush(q);
        q->pend = 0;
    }
    if (q->free != TEMPS)
        drop_temps(q);
    q->cond = q->eflags = 0;
}

bool x64_quick_insn(void *quick, int64_t off)
{
    X64Quick *q = quick;
    X64Ctx *c = &q->c;
    end_insn(q);
    if (UNLIKELY(!q->u->hook))
        return false;
    q->mark =
        (QuickMark){c->e.p, c->at_off, c->plain_off, c->n_far, c->out->n_exits, c->out->n_side};
    c->at_off = off;
    q->literal = false;
    return true;
}

void x64_quick_undo(void *quick)
{
    X64Quick *q = quick;
    X64Ctx *c = &q->c;
    const QuickMark *m = &q->mark;
    c->e.p = m->p;
    c->at_off = m->at_off;
    c->plain_off = m->plain_off;
    c->n_far = m->n_far;
    c->out->n_exits = m->n_exits;
    c->out->n_side = m->n_side;
    c->fail |= q->literal; /* its user is gone, but would be aimed at it */
    q->pend = 0;
    end_insn(q);
    q->eflags_in_slot = false;
    q->u->hook = &quick_hook;
}

bool x64_quick_close(void *quick)
{
    X64Quick *q = quick;
    return q->u->hook && !q->u->overflow && x64_out_close(&q->c);
}
