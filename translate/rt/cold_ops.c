/*
 * How cold code's insns are executed: each as the front end emits it (cold_hook), and those of a
 * kept block one after the other (cold_replay).
 *
 * Executed are only insns that are plain: values, slots, ordinary loads and stores, exits. A guest
 * instruction that needs more (floating point, atomics, fences, helper calls, branches of its own)
 * is refused, which shows in its midst: then its `set`s are taken back, and the guest instruction
 * is as one that has not begun. Its loads and stores may be done twice, as after a fault (guest.h
 * has the rule that allows it). Everything is as in host code: an access is one access of its size,
 * a fault leaves the slots as the sets before it left them, and the leave reason and its data are
 * set the same way. General registers lie in their slots while C runs; vector registers are moved
 * to theirs by the first insn that has to do with one.
 *
 *     v2:i64 = get x0         vals[2] = the slot
 *     v3:i64 = const 1        vals[3] = 1
 *     v4:i64 = add v2, v3     vals[4] = vals[2] + vals[3]
 *     set x0, v4              the slot = vals[4]
 */
#include "cold.h"
#include "guestmem.h"
#include "ir_interp.h"
#include "flags.h"
#include <string.h>

/* Ops of values that ir_eval_insn() takes: those without effects, but for the parts of others. */
static const bool op_is_pure[IR_OP_COUNT] = {
#define OP(id, text, sig, nargs, effects)                                                          \
    [IR_##id] = !(effects) && IR_##id != IR_NOP && IR_##id != IR_HI,
#include "ir_ops.def"
#undef OP
};

/* Of a load or store: the orders that a plain access on the host has anyway. */
static inline bool order_is_plain(IrOp op, uint32_t aux)
{
    enum { LOADS = 1 << ORD_PLAIN | 1 << ORD_ACQ | 1 << ORD_ACQ_PC, STORES = 1 << ORD_PLAIN };
    unsigned fine = op == IR_LD ? LOADS : STORES;
    return fine >> MA_ORDER(aux) & 1;
}

static inline uint64_t value(const Cold *c, IrRef r)
{
    return c->vals[r].u64[0];
}

static inline void put(Cold *c, IrRef r, IrType t, uint64_t x)
{
    c->vals[r] = (V128){.u64 = {x & ir_type_mask(t), 0}};
}

/* A vector slot is about to be read or written. */
static void cold_vectors(Cold *c)
{
    Trans *t = c->v->trans;
    if (LIKELY(t->cold_vec))
        return;
    rt.stubs.vec_save(c->v);
    t->cold_vec = true;
}

/* The ways out; those that execute an insn return its number, so that callers end with the call. */
void cold_leave(Cold *c, LeaveReason why, GuestAddr pc)
{
    *slot_pc(c->v) = pc;
    c->v->leave_reason = why;
    c->state = COLD_LEFT;
    c->left_n = c->u->n;
    c->u->hook = NULL; /* what comes is appended and no more */
}

static __attribute__((noinline)) IrRef cold_refuse(Cold *c, IrRef r)
{
    while (c->n_sets) {
        const ColdSet *was = &c->sets[--c->n_sets];
        const SlotDesc *s = &c->u->slots[was->slot];
        if (s->type == SLOT_I64)
            *vcpu_slot64(c->v, s) = was->old.u64[0];
        else if (s->type == SLOT_V128)
            *vcpu_slot128(c->v, s) = was->old;
        else
            *vcpu_slot32(c->v, s) = (uint32_t)was->old.u64[0];
    }
    c->state = COLD_REFUSED;
    c->u->hook = NULL;
    return r;
}

/* A slot of another type than i64. */
static __attribute__((noinline)) IrRef cold_get(Cold *c, IrRef r)
{
    const IrInsn *i = &c->u->insns[r];
    const SlotDesc *s = &c->u->slots[i->imm];
    if (i->type != IR_V128) {
        put(c, r, (IrType)i->type, *vcpu_slot32(c->v, s));
        return r;
    }
    cold_vectors(c);
    c->vals[r] = *vcpu_slot128(c->v, s);
    return r;
}

static __attribute__((noinline)) IrRef cold_set(Cold *c, IrRef r)
{
    const IrInsn *i = &c->u->insns[r];
    const SlotDesc *s = &c->u->slots[i->imm];
    const V128 *x = &c->vals[i->arg[0]];
    ColdSet *was = &c->sets[c->n_sets++];
    was->slot = (uint32_t)i->imm;
    if (s->type == SLOT_V128) {
        cold_vectors(c);
        was->old = *vcpu_slot128(c->v, s);
        *vcpu_slot128(c->v, s) = *x;
    } else {
        was->old.u64[0] = *vcpu_slot32(c->v, s);
        *vcpu_slot32(c->v, s) = (uint32_t)x->u64[0];
    }
    return r;
}

/* Of the guest instruction that insn r is of. */
static GuestAddr cold_pc(const Cold *c, IrRef r)
{
    const ColdBlock *b = c->replays;
    if (!b)
        return c->tc.pc;
    unsigned k = b->guest_insns - 1u;
    while (b->first[k] > r)
        k--;
    return b->pc + b->off[k];
}

/* As after a miss in the lookup table. */
static __attribute__((noinline)) IrRef cold_jump(Cold *c, IrRef r, IrRef target)
{
    cold_leave(c, LEAVE_LOOKUP, value(c, target));
    return r;
}

static __attribute__((noinline)) IrRef cold_trap(Cold *c, IrRef r, IrRef pc, IrRef data)
{
    c->v->leave_arg = (uint32_t)c->u->insns[r].imm;
    c->v->leave_data = data ? value(c, data) : 0;
    cold_leave(c, LEAVE_TRAP, value(c, pc));
    return r;
}

/* The handler has noted what the host reported. */
static __attribute__((noinline)) IrRef cold_fault(Cold *c, IrRef r)
{
    cold_leave(c, LEAVE_FAULT, cold_pc(c, r));
    fault_try_mode(c->v);
    return r;
}

static inline GuestAddr address_of(const Cold *c, const IrInsn *i)
{
    uint64_t index = i->arg[1] ? value(c, i->arg[1]) : 0;
    if (i->aux & MA_INDEX_SXTW)
        index = (uint64_t)(int32_t)index;
    return value(c, i->arg[0]) + (index << MA_SCALE(i->aux)) + (uint64_t)(int64_t)i->imm;
}

static __attribute__((noinline)) IrRef cold_load(Cold *c, IrRef r)
{
    const IrInsn *i = &c->u->insns[r];
    unsigned size = 1u << MA_SIZE(i->aux);
    V128 *x = &c->vals[r];
    if (UNLIKELY(!order_is_plain(IR_LD, i->aux)))
        return cold_refuse(c, r);
    GuestAddr from = address_of(c, i);
    *x = (V128){.u64 = {0, 0}};
    if (UNLIKELY(!gm_load(x, from, size)))
        return cold_fault(c, r);
    if (i->aux & MA_SIGNED) {
        unsigned s = 64 - size * 8;
        x->u64[0] = (uint64_t)((int64_t)(x->u64[0] << s) >> s) & ir_type_mask((IrType)i->type);
    }
    return r;
}

static __attribute__((noinline)) IrRef cold_store(Cold *c, IrRef r)
{
    const IrInsn *i = &c->u->insns[r];
    if (UNLIKELY(!order_is_plain(IR_ST, i->aux)))
        return cold_refuse(c, r);
    if (UNLIKELY(!gm_store(address_of(c, i), &c->vals[i->arg[2]], 1u << MA_SIZE(i->aux))))
        return cold_fault(c, r);
    return r;
}

static __attribute__((noinline)) IrRef cold_compare(Cold *c, IrRef r)
{
    const IrInsn *i = &c->u->insns[r];
    const uint32_t *a = i->arg;
    IrType t = (IrType)c->u->insns[a[0]].type;
    put(c, r, IR_BOOL, ir_eval_cmp((IrCmp)i->aux, t, value(c, a[0]), value(c, a[1])));
    return r;
}

static __attribute__((noinline)) IrRef cold_cond(Cold *c, IrRef r)
{
    const IrInsn *i = &c->u->insns[r];
    put(c, r, IR_BOOL, ir_eval_cond((IrCond)i->aux, value(c, i->arg[0])));
    return r;
}

static __attribute__((noinline)) IrRef cold_flags(Cold *c, IrRef r)
{
    const IrInsn *i = &c->u->insns[r];
    uint64_t x = value(c, i->arg[0]), y = value(c, i->arg[1]);
    unsigned bits = ir_type_bits((IrType)c->u->insns[i->arg[0]].type);
    uint32_t f = i->op == IR_FLSUB ? flags_of_sub(x, y, bits) : flags_of_add(x, y, bits);
    c->vals[r] = (V128){.u64 = {f, 0}};
    return r;
}

static __attribute__((noinline)) IrRef cold_other(Cold *c, IrRef r)
{
    const IrInsn *i = &c->u->insns[r];
    if (i->op == IR_VCONST)
        c->vals[r] = c->u->vconsts[i->arg[0]];
    else if (op_is_pure[i->op])
        ir_eval_insn(c->u, NULL, c->vals, r);
    else if (i->op != IR_AT)
        return cold_refuse(c, r);
    return r;
}

/*
 * Executes insn r. Its parts come in registers, and all calls are the last thing done: so the few
 * ops that make most of the insns need neither memory nor a stack frame.
 */
static inline __attribute__((always_inline)) IrRef
cold_exec(Cold *c, IrRef r, IrOp op, uint32_t head, uint32_t a, uint32_t b, int32_t imm)
{
    IrType type = (IrType)(head >> 8 & 0xff);
    switch (op) {
    case IR_GET:
        if (UNLIKELY(type != IR_I64))
            return cold_get(c, r);
        c->vals[r] = (V128){.u64 = {*vcpu_slot64(c->v, &c->u->slots[imm]), 0}};
        return r;
    case IR_SET: {
        const SlotDesc *s = &c->u->slots[imm];
        if (UNLIKELY(c->n_sets >= COLD_SETS))
            return cold_refuse(c, r);
        if (UNLIKELY(s->type != SLOT_I64))
            return cold_set(c, r);
        ColdSet *was = &c->sets[c->n_sets++];
        was->slot = (uint32_t)imm;
        was->old.u64[0] = *vcpu_slot64(c->v, s);
        *vcpu_slot64(c->v, s) = value(c, a);
        return r;
    }
    case IR_CONST:
        put(c, r, type, a | (uint64_t)b << 32);
        return r;
    case IR_GADDR:
        c->vals[r] = (V128){.u64 = {c->u->module_base + (a | (uint64_t)b << 32), 0}};
        return r;
    case IR_ADD:
        put(c, r, type, value(c, a) + value(c, b));
        return r;
    case IR_SUB:
        put(c, r, type, value(c, a) - value(c, b));
        return r;
    case IR_AND:
        put(c, r, type, value(c, a) & value(c, b));
        return r;
    case IR_OR:
        put(c, r, type, value(c, a) | value(c, b));
        return r;
    case IR_XOR:
        put(c, r, type, value(c, a) ^ value(c, b));
        return r;
    case IR_FLADD:
    case IR_FLSUB:
        return cold_flags(c, r);
    case IR_SELECT:
        c->vals[r] = c->vals[value(c, a) ? b : c->u->insns[r].arg[2]];
        return r;
    case IR_TRUNC:
    case IR_ZEXT:
        put(c, r, type, value(c, a));
        return r;
    case IR_LD:
        return cold_load(c, r);
    case IR_ST:
        return cold_store(c, r);
    case IR_CC:
        return cold_cond(c, r);
    case IR_CMP:
        return cold_compare(c, r);
    case IR_XIF:
        c->state = COLD_ENDS;
        return value(c, a) ? cold_jump(c, r, b) : r;
    case IR_XCALLI:
    case IR_XIND:
        c->v->landing = head >> 16;
        return cold_jump(c, r, a);
    case IR_XJUMP:
    case IR_XCALL:
    case IR_XRET:
        return cold_jump(c, r, a);
    case IR_XTRAP:
        return cold_trap(c, r, a, b);
    case IR_TRAPIF:
        return value(c, a) ? cold_trap(c, r, b, c->u->insns[r].arg[2]) : r;
    default:
        return cold_other(c, r);
    }
}

static __attribute__((noinline)) IrRef cold_full(Cold *c)
{
    return cold_refuse(c, 0);
}

#define PIECES IrUnit *u, uint32_t head, uint32_t a, uint32_t b, uint32_t arg2, int32_t imm

/*
 * IrHook.emit: the insn is kept, for those that look at what an operand is and for cold_replay(),
 * and executed.
 */
static inline __attribute__((always_inline)) IrRef cold_emit(IrOp op, PIECES)
{
    Cold *c = u->hook_state;
    if (UNLIKELY(u->n >= u->cap))
        return cold_full(c);
    return cold_exec(c, ir_append(u, head, a, b, arg2, imm), op, head, a, b, imm);
}

/* The frequent ops have functions of their own, the others share one. */
#define EMITTER(name, op)                                                                          \
    static IrRef name(PIECES)                                                                      \
    {                                                                                              \
        return cold_emit(op, u, head, a, b, arg2, imm);                                            \
    }
EMITTER(emit_get, IR_GET)
EMITTER(emit_set, IR_SET)
EMITTER(emit_const, IR_CONST)
EMITTER(emit_gaddr, IR_GADDR)
EMITTER(emit_add, IR_ADD)
EMITTER(emit_sub, IR_SUB)
EMITTER(emit_narrow, IR_TRUNC)
EMITTER(emit_load, IR_LD)
EMITTER(emit_store, IR_ST)
EMITTER(emit_cond, IR_CC)
EMITTER(emit_compare, IR_CMP)
EMITTER(emit_flags, IR_FLSUB)
EMITTER(emit_branch, IR_XIF)
EMITTER(emit_any, (IrOp)(head & 0xff))

/* clang-format off */
static IrEmitFn *const emitters[IR_OP_COUNT] = {
#define EMITTER_OF(op)                                                                             \
    (op == IR_GET ? emit_get : op == IR_SET ? emit_set : op == IR_CONST ? emit_const :             \
     op == IR_GADDR ? emit_gaddr : op == IR_ADD ? emit_add : op == IR_SUB ? emit_sub :             \
     op == IR_TRUNC || op == IR_ZEXT ? emit_narrow : op == IR_LD ? emit_load :                     \
     op == IR_ST ? emit_store : op == IR_CC ? emit_cond : op == IR_CMP ? emit_compare :\
     op == IR_FLADD || op == IR_FLSUB ? emit_flags :           \
     op == IR_XIF ? emit_branch : emit_any)
#define OP(id, text, sig, nargs, effects) [IR_##id] = EMITTER_OF(IR_##id),
#include "ir_ops.def"
#undef OP
};
/* clang-format on */

/* IrHook.block: no instruction with branches of its own is executed here. */
static void cold_emit_block(IrUnit *u)
{
    cold_refuse(u->hook_state, 0);
}

const IrHook cold_hook = {.emit = emitters, .block = cold_emit_block};

void cold_replay(Cold *c, const ColdBlock *b)
{
    c->replays = b;
    c->state = COLD_ON;
    for (IrRef r = 1; r < b->n && c->state <= COLD_ENDS; r++) {
        const IrInsn *i = &b->insns[r];
        uint32_t head; /* as ir_head() makes it */
        memcpy(&head, i, sizeof head);
        c->n_sets = 0; /* nothing of it is refused */
        cold_exec(c, r, (IrOp)i->op, head, i->arg[0], i->arg[1], i->imm);
    }
    if (c->state <= COLD_ENDS)
        cold_leave(c, LEAVE_LOOKUP, b->next);
    c->replays = NULL;
}
