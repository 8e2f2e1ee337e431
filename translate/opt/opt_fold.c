/*
 * The forward pass. It writes a new unit beside the old one: each old insn, its arguments replaced
 * by what they became, goes through the rules (opt_rules_*.c) and value numbering and either is a
 * value that exists already or is appended. At the end the new unit is copied over the old one.
 *
 * Value numbering and slot contents are per block; constants in slots also live on into a block
 * whose only predecessor is the one before it.
 */
#include <string.h>
#include "opt_int.h"
#include "opt_fold.h"
#include "check.h"

static inline uint32_t hash_of(const IrInsn *i)
{
    uint32_t h = i->op | (uint32_t)i->aux << 8;
    h ^= i->arg[0] * 0x9e3779b1u;
    h ^= i->arg[1] * 0x85ebca6bu;
    h ^= i->arg[2] * 0xc2b2ae35u;
    h ^= (uint32_t)i->imm * 0x27d4eb2fu;
    return (h ^ h >> 15) * 0x2c1b3c6du >> 25;
}

_Static_assert(FOLD_HASH == 1 << 7, "hash_of gives 7 bits");

static inline bool same_insn(const IrInsn *a, const IrInsn *b)
{
    return a->op == b->op && a->type == b->type && a->aux == b->aux && a->arg[0] == b->arg[0] &&
           a->arg[1] == b->arg[1] && a->arg[2] == b->arg[2] && a->imm == b->imm;
}

static inline IrRef find_in(const Fold *f, uint32_t h, const IrInsn *i)
{
    for (IrRef r = f->head[h]; r >= f->floor; r = f->chain[r])
        if (same_insn(&f->ins[r], i))
            return r;
    return 0;
}

IrRef fold_find(const Fold *f, const IrInsn *i)
{
    return find_in(f, hash_of(i), i);
}

static inline IrRef append(Fold *f, const IrInsn *i)
{
    IrRef r = f->n++;
    f->ins[r] = *i;
    f->in_slot[r] = 0;
    return r;
}

static inline IrRef number(Fold *f, const IrInsn *i)
{
    uint32_t h = hash_of(i);
    IrRef r = find_in(f, h, i);
    if (r)
        return r;
    r = append(f, i);
    f->chain[r] = f->head[h];
    f->head[h] = r;
    return r;
}

/* All arguments constant: the op is done now. */
static bool fold_eval(Fold *f, IrInsn *i)
{
    uint32_t nargs = ir_ops[i->op].nargs;
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
    uint32_t nargs = ir_ops[i->op].nargs;
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
    uint8_t a = fold_arg(f, i, 0)->op, b = ir_ops[i->op].nargs > 1 ? fold_arg(f, i, 1)->op : 0;
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
    return number(f, i);
}

IrRef fold_new(Fold *f, IrInsn i)
{
    if (!f->spare)
        return 0;
    f->spare--;
    return fold_pure(f, &i);
}

IrRef fold_const(Fold *f, IrType t, uint64_t v)
{
    return fold_new(
        f, (IrInsn){.op = IR_CONST, .type = (uint8_t)t, .arg = {(uint32_t)v, (uint32_t)(v >> 32)}});
}

static void map_list(Fold *f, uint32_t list)
{
    uint32_t n = ir_list_len(f->u, list);
    IrRef *refs = ir_list_refs(f->u, list);
    for (uint32_t k = 0; k < n; k++)
        refs[k] = f->map[refs[k]];
}

static void fold_set(Fold *f, IrInsn *i)
{
    if (f->cur[i->imm] == i->arg[0])
        return; /* the slot holds it already */
    f->cur[i->imm] = i->arg[0];
    f->in_slot[i->arg[0]] = 1;
    append(f, i);
}

static IrRef fold_get(Fold *f, IrInsn *i)
{
    IrRef r = f->cur[i->imm];
    if (r && f->ins[r].type == i->type)
        return r;
    r = append(f, i);
    f->cur[i->imm] = r;
    f->in_slot[r] = 1;
    return r;
}

static IrRef fold_other(Fold *f, IrInsn *i)
{
    switch (i->op) {
    case IR_NOP:
        return 0;
    case IR_GET:
        return fold_get(f, i);
    case IR_SET:
        fold_set(f, i);
        return 0;
    case IR_CALL:
        map_list(f, i->arg[0]);
        if (ir_effects(i) & EFF_STATE_W)
            memset(f->cur, 0, sizeof f->cur);
        break;
    case IR_BR:
    case IR_CAS128:
        map_list(f, i->arg[1]);
        break;
    case IR_AT:
    case IR_PARAM:
        break;
    default:
        if (!fold_effect(f, i))
            return 0;
    }
    return append(f, i);
}

static inline IrRef fold_insn(Fold *f, const IrInsn *old)
{
    IrInsn i = *old;
    opt_map_args(&i, f->map);
    if (UNLIKELY(i.op == IR_VTBL))
        map_list(f, i.arg[1]);
    if (ir_ops[i.op].effects == 0 && i.op != IR_NOP)
        return fold_pure(f, &i);
    return fold_other(f, &i);
}

/* Forgets values; keeps constant slots when block b follows its only predecessor. */
static void enter_block(Fold *f, uint32_t b, bool follows)
{
    f->floor = f->n;
    for (uint32_t s = 0; s < f->u->n_slots; s++) {
        IrRef r = f->cur[s];
        uint8_t op = r ? f->ins[r].op : IR_NOP;
        if (!follows || (op != IR_CONST && op != IR_GADDR))
            f->cur[s] = 0;
    }
}

static void fold_block(Fold *f, uint32_t b, bool follows)
{
    IrBlock *blk = &f->u->blocks[b];
    uint32_t first = f->n;
    enter_block(f, b, follows);
    for (IrRef r = blk->first; r < blk->end; r++)
        f->map[r] = fold_insn(f, &f->old[r]);
    blk->first = first;
    blk->end = f->n;
}

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

/* follows[b]: block b's only predecessor is b - 1. */
static bool *find_followers(const IrUnit *u, Arena *a)
{
    bool *follows = arena_alloc(a, u->n_blocks);
    uint8_t *preds = arena_alloc(a, u->n_blocks);
    if (!follows || !preds)
        return NULL;
    memset(preds, 0, u->n_blocks);
    memset(follows, 0, u->n_blocks);
    for (uint32_t b = 0; b < u->n_blocks; b++) {
        const IrInsn *t = &u->insns[u->blocks[b].end - 1];
        uint32_t to[2] = {(uint32_t)t->imm, t->arg[1]};
        uint32_t n = t->op == IR_BRIF ? 2 : t->op == IR_BR;
        for (uint32_t k = 0; k < n; k++) {
            follows[to[k]] = preds[to[k]] == 0 && to[k] == b + 1;
            preds[to[k]] = 1;
        }
    }
    follows[0] = false;
    return follows;
}

static bool fold_init(Fold *f, IrUnit *u, Arena *a)
{
    f->u = u;
    f->old = u->insns;
    f->ins = arena_alloc(a, u->cap * sizeof *f->ins);
    f->map = arena_alloc(a, u->n * sizeof *f->map);
    f->chain = arena_alloc(a, u->cap * sizeof *f->chain);
    f->in_slot = arena_alloc(a, u->cap);
    if (!f->ins || !f->map || !f->chain || !f->in_slot)
        return false;
    f->ins[0] = (IrInsn){.op = IR_NOP};
    f->map[0] = 0;
    f->in_slot[0] = 0;
    f->n = 1;
    f->spare = u->cap - u->n;
    memset(f->head, 0, sizeof f->head);
    memset(f->cur, 0, u->n_slots * sizeof f->cur[0]);
    return true;
}

void opt_fold(IrUnit *u, Arena *a, OptState *st)
{
    Fold f;
    bool *follows = NULL;
    if (u->n_blocks > 1) {
        follows = find_followers(u, a);
        if (!follows || !defs_come_first(u))
            return;
    }
    if (!fold_init(&f, u, a))
        return;
    for (uint32_t b = 0; b < u->n_blocks; b++)
        fold_block(&f, b, follows && follows[b]);
    CHECK(f.n <= u->cap);
    memcpy(u->insns, f.ins, f.n * sizeof *u->insns);
    u->n = f.n;
}
