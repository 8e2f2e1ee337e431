/*
 * The forward passes, done while a unit is being written: each insn, as it is emitted, goes through
 * the rules (opt_rules_*.c) and value numbering and either is a value that exists already or is
 * appended. So what the front end appends is never read again just to be simplified.
 *
 *  fold   state forwarding, algebra, constants, addresses, value numbering; all within a block
 *  dead   a set that another one overwrites before anything could look becomes a nop
 *  sink   a set of flags that another one overwrites with only faults and side exits in between is
 *         marked (aux bit 0): it is no longer done. At those lookers the allocator keeps the
 *         producer's operands alive and writes a recipe, read only when the fault or exit happens.
 *         Only where the operands exist as values anyway: got from a slot, set to one, loaded,
 *         block parameters, constants.
 *
 *     set nzcv, v4; v5 = add v1, v2; set nzcv, v6   ->   the first set goes
 *     v4 = flsub v1, v2; set nzcv, v4; v5 = ld [v3]; set nzcv, v6    ->    set.sunk nzcv, v4
 *
 * Lookers are: every insn with effect FAULT or EXIT; calls that read state; the end of a block. A
 * get that is appended (its slot's content was not known) is one for its slot.
 */
#include <string.h>
#include "opt_int.h"
#include "opt_fold.h"
#include "check.h"

static inline const IrOpInfo *info(const IrInsn *i)
{
    return &ir_ops[i->op];
}

static inline uint32_t head_of(const IrInsn *i)
{
    return ir_head((IrOp)i->op, (IrType)i->type, i->aux);
}

static inline uint32_t hash_of(uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm)
{
    uint32_t h = (head + (uint32_t)imm) * 0x27d4eb2fu;
    h ^= (a + 0x10001u * b + (c << 7)) * 0x9e3779b1u;
    return (h ^ h >> 15) * 0x2c1b3c6du >> 24;
}

_Static_assert(FOLD_HASH == 1 << 8, "hash_of gives 8 bits");

static inline IrRef find_in(const Fold *f, uint32_t h, uint32_t head, uint32_t a, uint32_t b,
                            uint32_t c, int32_t imm)
{
    IrRef r = f->last[h];
    const IrInsn *i = &f->ins[r];
    if (r < f->floor || head_of(i) != head ||
        ((i->arg[0] ^ a) | (i->arg[1] ^ b) | (i->arg[2] ^ c)) || i->imm != imm)
        return 0;
    return r;
}

IrRef fold_find(const Fold *f, const IrInsn *i)
{
    uint32_t h = hash_of(head_of(i), i->arg[0], i->arg[1], i->arg[2], i->imm);
    return find_in(f, h, head_of(i), i->arg[0], i->arg[1], i->arg[2], i->imm);
}

static inline IrRef append(Fold *f, uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm)
{
    IrRef r = ir_append(f->u, head, a, b, c, imm);
    f->marks[r] = 0;
    return r;
}

static inline IrRef number(Fold *f, uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm)
{
    uint32_t h = hash_of(head, a, b, c, imm);
    IrRef r = find_in(f, h, head, a, b, c, imm);
    if (r)
        return r;
    r = append(f, head, a, b, c, imm);
    f->last[h] = r;
    return r;
}

/* All arguments constant: the op is done now. */
static bool fold_eval(Fold *f, IrInsn *i)
{
    uint32_t nargs = info(i)->nargs;
    const IrInsn *a = fold_arg(f, i, 0);
    uint64_t v;
    IrEval e = {.op = i->op, .type = i->type, .arg_type = a->type, .aux = i->aux, .imm = i->imm};
    e.a = fold_value(a);
    if (nargs > 1)
        e.b = fold_value(fold_arg(f, i, 1));
    if (nargs > 2)
        e.c = fold_value(fold_arg(f, i, 2));
    if (!ir_eval_int(&e, &v))
        return false;
    fold_to_const(i, v);
    return true;
}

static inline bool all_const(const Fold *f, const IrInsn *i)
{
    uint32_t nargs = info(i)->nargs;
    for (uint32_t k = 0; k < nargs; k++)
        if (f->ins[i->arg[k]].op != IR_CONST)
            return false;
    return nargs != 0;
}

static inline IrRef try_rules(Fold *f, IrInsn *i)
{
    const FoldRule *r = fold_rules[i->op];
    if (!r)
        return FOLD_NO;
    uint8_t a = fold_arg(f, i, 0)->op, b = info(i)->nargs > 1 ? fold_arg(f, i, 1)->op : 0;
    for (; r->a != P_END; r++) {
        if ((r->a != P_ANY && r->a != a) || (r->b != P_ANY && r->b != b))
            continue;
        IrRef res = r->fn(f, i);
        if (res != FOLD_NO)
            return res;
    }
    return FOLD_NO;
}

/* A pure insn: simplified, then numbered. */
static IrRef fold_pure(Fold *f, IrInsn *i)
{
    for (uint32_t round = 0; round < 16; round++) {
        if (all_const(f, i) && fold_eval(f, i))
            break;
        IrRef r = try_rules(f, i);
        if (r == FOLD_NO)
            break;
        if (r != FOLD_AGAIN)
            return r;
    }
    return number(f, head_of(i), i->arg[0], i->arg[1], i->arg[2], i->imm);
}

IrRef fold_new(Fold *f, IrInsn i)
{
    /* the insn at hand must still fit after it */
    if (!f->spare || f->u->n + 1 >= f->u->cap)
        return 0;
    f->spare--;
    return fold_pure(f, &i);
}

IrRef fold_const(Fold *f, IrType t, uint64_t v)
{
    return fold_new(
        f, (IrInsn){.op = IR_CONST, .type = (uint8_t)t, .arg = {(uint32_t)v, (uint32_t)(v >> 32)}});
}

/* ---- slots ------------------------------------------------------------------------------------*/

static bool operand_exists(const Fold *f, IrRef r)
{
    r = ir_recipe_arg(f->u, r);
    switch (f->ins[r].op) {
    case IR_CONST:
    case IR_GADDR:
    case IR_GET:
    case IR_PARAM:
    case IR_LD:
        return true;
    default:
        return f->marks[r] != 0;
    }
}

static bool can_sink(const Fold *f, IrRef set)
{
    const IrInsn *p = &f->ins[f->ins[set].arg[0]];
    if (p->op == IR_FLLOGIC)
        return operand_exists(f, p->arg[0]);
    if (p->op != IR_FLSUB && p->op != IR_FLADD)
        return false;
    return operand_exists(f, p->arg[0]) && operand_exists(f, p->arg[1]);
}

/* Another set of the slot follows `old`: who could have looked in between? */
static void overwrite(Fold *f, IrRef old, uint32_t slot)
{
    if (old > f->looker) {
        if (f->passes & 1 << OPT_DEAD)
            f->ins[old] = (IrInsn){.op = IR_NOP};
    } else if (f->passes & 1 << OPT_SINK && old > f->state &&
               f->u->slots[slot].type == SLOT_FLAGS && can_sink(f, old)) {
        f->ins[old].aux |= 1;
    }
}

/* ---- appending, by kind of insn -----------------------------------------------------------------
 */

/* One emitted insn, in the pieces that IrHook.emit gets. */
#define PIECES Fold *f, uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm

static IrRef emit_set(PIECES)
{
    uint32_t slot = (uint32_t)imm;
    if (f->cur[slot] == a && f->passes & 1 << OPT_FOLD)
        return 0; /* the slot holds it already */
    f->cur[slot] = a;
    f->marks[a] |= FOLD_IN_SLOT;
    if (f->ins[a].op == IR_ZEXT || f->ins[a].op == IR_SEXT)
        f->marks[f->ins[a].arg[0]] |= FOLD_EXISTS;
    IrRef old = f->set[slot];
    if (old)
        overwrite(f, old, slot);
    f->set[slot] = append(f, head, a, b, c, imm);
    return 0;
}

static IrRef emit_get(PIECES)
{
    uint32_t slot = (uint32_t)imm;
    IrRef r = f->cur[slot];
    if (r && f->ins[r].type == (uint8_t)(head >> 8) && f->passes & 1 << OPT_FOLD)
        return r;
    r = append(f, head, a, b, c, imm);
    f->cur[slot] = r;
    f->set[slot] = 0;
    f->marks[r] = FOLD_IN_SLOT;
    return r;
}

static IrRef emit_nop(PIECES)
{
    return 0;
}

static IrRef emit_plain(PIECES)
{
    return append(f, head, a, b, c, imm);
}

/* No arguments. */
static IrRef emit_const(PIECES)
{
    return number(f, head, a, b, c, imm);
}

static inline IrInsn insn_of(uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm)
{
    return (IrInsn){(uint8_t)head, (uint8_t)(head >> 8), (uint16_t)(head >> 16), {a, b, c}, imm};
}

static IrRef emit_pure(PIECES)
{
    IrInsn i = insn_of(head, a, b, c, imm);
    if (!(f->passes & 1 << OPT_FOLD))
        return append(f, head, a, b, c, imm);
    return fold_pure(f, &i);
}

/* With effects. */
static IrRef emit_effect(PIECES)
{
    IrInsn i = insn_of(head, a, b, c, imm);
    if (f->passes & 1 << OPT_FOLD && !fold_effect(f, &i))
        return 0;
    uint32_t effects = ir_effects(&i);
    IrRef r = append(f, head_of(&i), i.arg[0], i.arg[1], i.arg[2], i.imm);
    if (effects & (EFF_FAULT | EFF_EXIT | EFF_STATE_R | EFF_TERM))
        f->looker = r;
    if (UNLIKELY(effects & (EFF_STATE_R | EFF_STATE_W))) {
        f->state = r;
        if (effects & EFF_STATE_W) {
            memset(f->cur, 0, sizeof f->cur);
            memset(f->set, 0, sizeof f->set);
        }
    }
    return r;
}

/* clang-format off */
static IrRef (*const emitters[IR_OP_COUNT])(PIECES) = {
#define EMITTER(op, nargs, effects)                                                                \
    (op == IR_GET ? emit_get : op == IR_SET ? emit_set : op == IR_NOP ? emit_nop :                 \
     op == IR_AT || op == IR_PARAM ? emit_plain : (effects) != 0 ? emit_effect :                   \
     (nargs) == 0 ? emit_const : emit_pure)
#define OP(id, text, sig, nargs, effects) [IR_##id] = EMITTER(IR_##id, nargs, effects),
#include "ir_ops.def"
#undef OP
};
/* clang-format on */

static IrRef fold_emit(IrUnit *u, uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm)
{
    if (UNLIKELY(u->n >= u->cap)) {
        u->overflow = true;
        return 0;
    }
    return emitters[head & 255](u->hook_state, head, a, b, c, imm);
}

/* A block begins: nothing is known. */
static void fold_block(IrUnit *u)
{
    Fold *f = u->hook_state;
    f->floor = u->n;
    f->looker = f->state = u->n - 1;
    memset(f->cur, 0, u->n_slots * sizeof f->cur[0]);
    memset(f->set, 0, u->n_slots * sizeof f->set[0]);
}

static const IrHook fold_hook = {fold_emit, fold_block};

Fold *opt_fold_new(Arena *a, uint32_t cap)
{
    Fold *f = arena_alloc(a, sizeof *f);
    if (!f)
        return NULL;
    f->marks = arena_alloc(a, cap);
    return f->marks ? f : NULL;
}

void opt_fold_open(Fold *f, IrUnit *u, uint32_t passes)
{
    CHECK(u->n == 1);
    f->u = u;
    f->ins = u->insns;
    f->passes = passes;
    f->spare = u->cap;
    f->marks[0] = 0;
    memset(f->last, 0, sizeof f->last);
    u->hook = &fold_hook;
    u->hook_state = f;
    fold_block(u);
}

/* ---- over a unit that is there already ----------------------------------------------------------
 */

/* True when every value is defined earlier in the array than it is used. */
static bool defs_come_first(const IrUnit *u)
{
    for (IrRef r = 1; r < u->n; r++) {
        const IrInsn *i = &u->insns[r];
        for (uint32_t k = 0; k < ir_ops[i->op].nargs; k++)
            if (i->arg[k] >= r)
                return false;
        uint32_t list = i->op == IR_CALL ? i->arg[0] : i->op == IR_BR ? i->arg[1] : 0;
        for (uint32_t k = 0; k < ir_list_len(u, list); k++)
            if (ir_list_refs(u, list)[k] >= r)
                return false;
    }
    return true;
}

/* Emits the old insn anew, with what its arguments became. */
static IrRef replay(IrUnit *u, const IrInsn *old, const uint32_t *map)
{
    IrInsn i = *old;
    opt_map_args(&i, map);
    uint32_t list = opt_list_of(&i);
    for (uint32_t k = 0; k < ir_list_len(u, list); k++)
        ir_list_refs(u, list)[k] = map[ir_list_refs(u, list)[k]];
    return ir_emit_head(u, head_of(&i), i.arg[0], i.arg[1], i.arg[2], i.imm);
}

void opt_fold(IrUnit *u, Arena *a, uint32_t passes)
{
    uint32_t n = u->n, n_blocks = u->n_blocks;
    IrInsn *old = arena_alloc(a, n * sizeof *old);
    IrBlock *blocks = arena_alloc(a, n_blocks * sizeof *blocks);
    uint32_t *map = arena_alloc(a, n * sizeof *map);
    Fold *f = opt_fold_new(a, u->cap);
    if (!old || !blocks || !map || !f || (n_blocks > 1 && !defs_come_first(u)))
        return;
    memcpy(old, u->insns, n * sizeof *old);
    memcpy(blocks, u->blocks, n_blocks * sizeof *blocks);
    map[0] = 0;
    u->n = 1;
    u->n_blocks = 1;
    opt_fold_open(f, u, passes);
    f->spare = u->cap - n; /* the old insns will fit in any case */
    for (uint32_t b = 0; b < n_blocks; b++) {
        if (b)
            ir_block_open(u);
        for (IrRef r = blocks[b].first; r < blocks[b].end; r++)
            map[r] = replay(u, &old[r], map);
    }
    ir_unit_finish(u);
    u->hook = NULL;
}
