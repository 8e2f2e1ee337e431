/*
 * Cold code: guest code that has run only a few times is interpreted and not translated.
 *
 * Four fifths of the instructions that a short program executes are executed once, and to translate
 * an instruction costs as much as to interpret it tens of times. So a computed or unlinked jump to
 * code without a unit first comes here: the block up to the next branch goes through the front end
 * and its IR is executed as it is; only after RtConfig.cold_runs such visits is a unit made.
 *
 * Blocks hold only insns that are plain: values, slots, ordinary loads and stores, exits. A block
 * ends before the first guest instruction that needs more (floating point, atomics, fences, helper
 * calls); that one is translated at its first visit. Everything is as in host code: an access is
 * one access of its size, a fault leaves the slots as the instructions before it left them, and the
 * leave reason and its data are set the same way. General registers lie in their slots while C
 * runs; vector registers are moved to theirs by the first block that has to do with one and back by
 * cold_close().
 *
 * Visits are counted in a table by hash of the pc. Nothing ever counts down: a loop of many blocks
 * must get out of here whatever else runs, so blocks that share an entry are only translated the
 * earlier. The table also tells which way branches went so far: a unit does not go on behind a
 * branch where no block was ever begun (cold_seen), and which blocks loops begin with
 * (cold_loop_head): their units do not end where other units begin. Two threads counting at once
 * may lose a visit: no harm.
 *
 *     0x400804: stp x29, x30, [sp, #-160]! ... b.ne 0x400a00     one block, interpreted a few
 * times, then the head of a unit
 */
#include "rt_internal.h"
#include "guestmem.h"
#include "ir_interp.h"
#include "trans_dump.h"
#include <string.h>

enum { HEAT_SIZE = 1 << 16, HEAT_LOOP = 4 };
/* An entry: visits, and what is known of them. */
enum { HEAT_COUNT = COLD_RUNS_MAX, HEAT_HEAD = 0x40 /* by a jump back */, HEAT_SEEN = 0x80 };
enum { COLD_INSNS = 16 };

static uint8_t heat[HEAT_SIZE];

static const uint64_t type_mask[IR_TYPE_COUNT] = {
    [IR_BOOL] = 1,         [IR_I8] = 0xff,        [IR_I16] = 0xffff,
    [IR_I32] = 0xffffffff, [IR_I64] = ~0ull,      [IR_FLAGS] = 0xc101,
    [IR_F16] = 0xffff,     [IR_F32] = 0xffffffff, [IR_F64] = ~0ull,
};

typedef struct Cold {
    const IrUnit *u;
    Vcpu *v;
    V128 *vals;
    uint64_t pc; /* of the guest insn at hand */
} Cold;

static uint8_t *heat_of(GuestAddr pc)
{
    return &heat[(pc >> 1 ^ pc >> 15) & (HEAT_SIZE - 1)];
}

/* True when this visit is to be interpreted. Visits by a jump back count more: loops stay. */
static bool heat_allows(GuestAddr pc, GuestAddr from)
{
    uint8_t *h = heat_of(pc);
    unsigned count = *h & HEAT_COUNT, known = (*h & HEAT_HEAD) | HEAT_SEEN;
    if (count >= rt.cfg.cold_runs)
        return false;
    if (pc <= from)
        known |= HEAT_HEAD;
    count += pc <= from ? HEAT_LOOP : 1;
    *h = (uint8_t)(MIN(count, (unsigned)HEAT_COUNT) | known);
    return true;
}

bool cold_seen(GuestAddr pc)
{
    return !rt.cfg.cold_runs || *heat_of(pc) & HEAT_SEEN;
}

bool cold_loop_head(GuestAddr pc)
{
    return *heat_of(pc) & HEAT_HEAD;
}

/* What an insn has to do with, or'ed over a stretch. */
enum { USES_MORE = 1, USES_MEMORY = 2, USES_VECTORS = 4 };
#define PURE_OR_MORE(effects) ((effects) ? USES_MORE : 0)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const uint8_t op_uses[IR_OP_COUNT] = {
#define OP(id, text, sig, nargs, effects) [IR_##id] = PURE_OR_MORE(effects),
#include "ir_ops.def"
#undef OP
    [IR_NOP] = USES_MORE, [IR_HI] = USES_MORE,   [IR_SET] = 0,          [IR_GET] = 0,
    [IR_AT] = 0,          [IR_XIF] = 0,          [IR_XJUMP] = 0,        [IR_XCALL] = 0,
    [IR_XCALLI] = 0,      [IR_XRET] = 0,         [IR_XIND] = 0,         [IR_XTRAP] = 0,
    [IR_TRAPIF] = 0,      [IR_LD] = USES_MEMORY, [IR_ST] = USES_MEMORY,
};
#pragma GCC diagnostic pop
static const uint8_t type_uses[IR_TYPE_COUNT] = {[IR_V128] = USES_VECTORS};

/* Of a load or store: the orders that a plain access on the host has anyway. */
static inline unsigned order_uses(const IrInsn *i)
{
    enum { LOADS = 1 << ORD_PLAIN | 1 << ORD_ACQ | 1 << ORD_ACQ_PC, STORES = 1 << ORD_PLAIN };
    unsigned fine = i->op == IR_LD ? LOADS : STORES;
    return fine >> MA_ORDER(i->aux) & 1 ? 0 : USES_MORE;
}

bool cold_plain(const IrUnit *u, IrRef first, bool *vectors)
{
    unsigned uses = 0;
    for (const IrInsn *i = &u->insns[first], *end = &u->insns[u->n]; i < end; i++) {
        unsigned mine = op_uses[i->op];
        uses |= mine | type_uses[i->type];
        if (mine & USES_MEMORY)
            uses |= order_uses(i);
    }
    *vectors |= (uses & USES_VECTORS) != 0;
    return !(uses & USES_MORE);
}

static inline uint64_t value(const Cold *c, IrRef r)
{
    return c->vals[r].u64[0];
}

static inline void put(Cold *c, IrRef r, IrType t, uint64_t x)
{
    c->vals[r] = (V128){.u64 = {x & type_mask[t], 0}};
}

static void cold_get(Cold *c, IrRef r, const IrInsn *i)
{
    const SlotDesc *s = &c->u->slots[i->imm];
    if (i->type == IR_I64)
        put(c, r, IR_I64, *vcpu_slot64(c->v, s));
    else if (i->type == IR_V128)
        c->vals[r] = *vcpu_slot128(c->v, s);
    else
        put(c, r, (IrType)i->type, *vcpu_slot32(c->v, s));
}

static void cold_set(Cold *c, const IrInsn *i)
{
    const SlotDesc *s = &c->u->slots[i->imm];
    const V128 *x = &c->vals[i->arg[0]];
    if (s->type == SLOT_I64)
        *vcpu_slot64(c->v, s) = x->u64[0];
    else if (s->type == SLOT_V128)
        *vcpu_slot128(c->v, s) = *x;
    else
        *vcpu_slot32(c->v, s) = (uint32_t)x->u64[0];
}

static inline GuestAddr address_of(const Cold *c, const IrInsn *i)
{
    uint64_t index = i->arg[1] ? value(c, i->arg[1]) : 0;
    if (i->aux & MA_INDEX_SXTW)
        index = (uint64_t)(int32_t)index;
    return value(c, i->arg[0]) + (index << MA_SCALE(i->aux)) + (uint64_t)(int64_t)i->imm;
}

static bool cold_load(Cold *c, IrRef r, const IrInsn *i)
{
    V128 x = {.u64 = {0, 0}};
    unsigned size = 1u << MA_SIZE(i->aux);
    if (!gm_load(&x, address_of(c, i), size))
        return false;
    if (i->aux & MA_SIGNED) {
        unsigned s = 64 - size * 8;
        x.u64[0] = (uint64_t)((int64_t)(x.u64[0] << s) >> s) & type_mask[i->type];
    }
    c->vals[r] = x;
    return true;
}

/*
 * The ways out of a block; all false. A jump: the pc slot says where, as after a miss in the lookup
 * table.
 */
static bool cold_jump(Cold *c, IrRef target)
{
    *slot_pc(c->v) = value(c, target);
    c->v->leave_reason = LEAVE_LOOKUP;
    return false;
}

/* As cold_jump, by a computed branch of the kind that the insn says. */
static bool cold_branch(Cold *c, const IrInsn *i)
{
    c->v->landing = i->aux;
    return cold_jump(c, i->arg[0]);
}

static bool cold_trap(Cold *c, const IrInsn *i, IrRef pc, IrRef data)
{
    Vcpu *v = c->v;
    *slot_pc(v) = value(c, pc);
    v->leave_arg = (uint32_t)i->imm;
    v->leave_data = data ? value(c, data) : 0;
    v->leave_reason = LEAVE_TRAP;
    return false;
}

/* The handler has noted what the host reported. */
static bool cold_fault(Cold *c)
{
    Vcpu *v = c->v;
    *slot_pc(v) = c->pc;
    v->leave_reason = LEAVE_FAULT;
    fault_try_mode(v);
    return false;
}

static inline void cold_compare(Cold *c, IrRef r, const IrInsn *i)
{
    const uint32_t *a = i->arg;
    IrType t = (IrType)c->u->insns[a[0]].type;
    put(c, r, IR_BOOL, ir_eval_cmp((IrCmp)i->aux, t, value(c, a[0]), value(c, a[1])));
}

/* Insn r; false when the block has ended. One switch, so that an insn costs one computed jump. */
static inline bool cold_insn(Cold *c, IrRef r, const IrInsn *i)
{
    const uint32_t *a = i->arg;
    switch ((IrOp)i->op) {
    case IR_AT:
        c->pc = c->u->module_base + ir_value(c->u, r);
        return true;
    case IR_GET:
        cold_get(c, r, i);
        return true;
    case IR_SET:
        cold_set(c, i);
        return true;
    case IR_LD:
        return cold_load(c, r, i) || cold_fault(c);
    case IR_ST:
        return gm_store(address_of(c, i), &c->vals[a[2]], 1u << MA_SIZE(i->aux)) || cold_fault(c);
    case IR_XIF:
        return !value(c, a[0]) || cold_jump(c, a[1]);
    case IR_TRAPIF:
        return !value(c, a[0]) || cold_trap(c, i, a[1], a[2]);
    case IR_XTRAP:
        return cold_trap(c, i, a[0], a[1]);
    case IR_XJUMP:
    case IR_XCALL:
    case IR_XRET:
        return cold_jump(c, a[0]);
    case IR_XCALLI:
    case IR_XIND:
        return cold_branch(c, i);
    case IR_CONST:
        put(c, r, (IrType)i->type, ir_value(c->u, r));
        return true;
    case IR_GADDR:
        put(c, r, IR_I64, c->u->module_base + ir_value(c->u, r));
        return true;
    case IR_VCONST:
        c->vals[r] = c->u->vconsts[a[0]];
        return true;
    case IR_ADD:
        put(c, r, (IrType)i->type, value(c, a[0]) + value(c, a[1]));
        return true;
    case IR_SUB:
        put(c, r, (IrType)i->type, value(c, a[0]) - value(c, a[1]));
        return true;
    case IR_AND:
        put(c, r, (IrType)i->type, value(c, a[0]) & value(c, a[1]));
        return true;
    case IR_OR:
        put(c, r, (IrType)i->type, value(c, a[0]) | value(c, a[1]));
        return true;
    case IR_TRUNC:
    case IR_ZEXT:
        put(c, r, (IrType)i->type, value(c, a[0]));
        return true;
    case IR_CC:
        put(c, r, IR_BOOL, ir_eval_cond((IrCond)i->aux, value(c, a[0])));
        return true;
    case IR_CMP:
        cold_compare(c, r, i);
        return true;
    default:
        ir_eval_insn(c->u, NULL, c->vals, r);
        return true;
    }
}

/* Runs the block to its exit. */
static void cold_exec(Cold *c)
{
    IrRef r = 1;
    while (cold_insn(c, r, &c->u->insns[r]))
        r++;
}

static bool cold_goes_on(const Vcpu *v)
{
    return __atomic_load_n(&v->poll, __ATOMIC_ACQUIRE) == 0;
}

static bool cold_block(Vcpu *v, GuestAddr pc, GuestAddr from)
{
    Trans *t = v->trans;
    bool vectors = false;
    if (!heat_allows(pc, from) || trans_front_cold(v, pc, COLD_INSNS, &vectors) != TRANS_OK)
        return false;
    fork_note_code(pc, v->mode);
    if (UNLIKELY(log_mask)) {
        dump_guest(&t->ir, pc, t->hi);
        dump_ir(&t->ir, LOG_OP, "IR of the front end (interpreted)");
    }
    if (vectors && !t->cold_vec) {
        rt.stubs.vec_save(v);
        t->cold_vec = true;
    }
    if (UNLIKELY(!trans_lands(v))) {
        v->leave_reason = LEAVE_TRAP;
        v->leave_arg = TRAP_ILLEGAL;
        v->leave_data = 0;
        return true;
    }
    Cold c = {.u = &t->ir, .v = v, .vals = t->interp_vals};
    do /* a block that jumps to itself is not made anew */
        cold_exec(&c);
    while (v->leave_reason == LEAVE_LOOKUP && *slot_pc(v) == pc && !v->landing && cold_goes_on(v) &&
           heat_allows(pc, pc));
    return true;
}

bool cold_run(Vcpu *v)
{
    bool ran = false;
    if (v->mode & MODE_TBI_MASK)
        return false;
    for (GuestAddr pc, from = 0; pc = *slot_pc(v), cold_block(v, pc, from); from = pc) {
        ran = true;
        if (v->leave_reason != LEAVE_LOOKUP || !cold_goes_on(v) || cache_find(*slot_pc(v), v->mode))
            break;
    }
    return ran;
}

void cold_close(Vcpu *v)
{
    Trans *t = v->trans;
    if (!t->cold_vec)
        return;
    t->cold_vec = false;
    rt.stubs.vec_load(v);
}
