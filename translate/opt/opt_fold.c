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

/* Refs and slots are small numbers that follow each other: no more mixing is needed. */
static inline uint32_t hash_of(uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm)
{
    uint32_t h = a + 9 * b + 5 * c + 3 * (uint32_t)imm + 0x2f * head;
    return (h ^ h >> 8 ^ h >> 16) & (FOLD_HASH - 1);
}

/*
 * `last` is not cleared for a new unit: what an older one left there is a ref like any other, of
 * which the insn tells whether it is the one asked for.
 */
static inline IrRef find_in(const Fold *f, uint32_t h, uint32_t head, uint32_t a, uint32_t b,
                            uint32_t c, int32_t imm)
{
    IrRef r = f->last[h];
    const IrInsn *i = &f->ins[r];
    bool same = !((head_of(i) ^ head) | (i->arg[0] ^ a) | (i->arg[1] ^ b) | (i->arg[2] ^ c) |
                  (uint32_t)(i->imm ^ imm));
    return same & (r - f->floor < f->u->n - f->floor) ? r : 0; /* one branch, mostly not taken */
}

IrRef fold_find(const Fold *f, const IrInsn *i)
{
    uint32_t h = hash_of(head_of(i), i->arg[0], i->arg[1], i->arg[2], i->imm);
    return find_in(f, h, head_of(i), i->arg[0], i->arg[1], i->arg[2], i->imm);
}

/*
 * Classes of values, by what makes them: an op that rules name, a constant by its size, or class 0,
 * all the rest. A value's class lies beside its marks, so that one load tells what the rules' table
 * wants to know of it.
 */
enum { CLASSES = 40, CLASS_ZERO = 1, CLASS_SMALL, CLASS_LARGE, CLASSES_FIXED };
static uint8_t class_of[IR_OP_COUNT]; /* by op, shifted as in marks */

static inline uint8_t const_class(uint64_t v)
{
    return (uint8_t)((v == 0   ? CLASS_ZERO
                      : v < 32 ? CLASS_SMALL
                               : CLASS_LARGE)
                     << FOLD_CLASS_SHIFT);
}

static inline IrRef append(Fold *f, uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm)
{
    IrRef r = ir_append(f->u, head, a, b, c, imm);
    f->marks[r] = class_of[head & 255];
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

static inline IrRef number_const(Fold *f, uint32_t head, uint32_t a, uint32_t b, uint32_t c,
                                 int32_t imm)
{
    IrRef r = number(f, head, a, b, c, imm);
    if ((head & 255) == IR_CONST)
        f->marks[r] |= const_class((uint64_t)b << 32 | a);
    return r;
}

/* ---- rules --------------------------------------------------------------------------------------
 */

/*
 * Which rules of an op may fit, by the classes of its first two arguments: bit k is the k-th rule,
 * EVAL that the arguments may be constant all of them. Mostly none does, and two loads tell.
 */
enum { LISTS = 64, EVAL = 1 << 7, RULES_MAX = 7 };
typedef union RuleSets { /* a set of rules by class */
    uint8_t of[CLASSES];
    uint64_t word[CLASSES / 8];
} RuleSets;
typedef struct RuleIndex {
    RuleSets a, b;
    uint8_t same, loose; /* rules that want the arguments to be one value; FoldRule.loose */
    uint32_t b_mask;     /* all ones if there is a second argument */
    const FoldRule *rules;
} RuleIndex;

static RuleIndex rule_index[LISTS];
static uint8_t list_of[IR_OP_COUNT]; /* by op */

static unsigned class_named(uint8_t op, unsigned *n_classes)
{
    if (!class_of[op]) {
        CHECK(*n_classes < CLASSES);
        class_of[op] = (uint8_t)((*n_classes)++ << FOLD_CLASS_SHIFT);
    }
    return class_of[op] >> FOLD_CLASS_SHIFT;
}

static void index_rule(RuleSets *s, uint8_t pattern, uint8_t bit, unsigned *n_classes)
{
    if (pattern == IR_CONST || pattern == P_ZERO)
        s->of[CLASS_ZERO] |= bit;
    if (pattern == IR_CONST)
        s->of[CLASS_SMALL] |= bit;
    if (pattern == IR_CONST || pattern == P_LARGE)
        s->of[CLASS_LARGE] |= bit;
    else if (pattern < IR_OP_COUNT)
        s->of[class_named(pattern, n_classes)] |= bit;
    else if (pattern != P_ZERO)
        for (unsigned k = 0; k < ARRAY_LEN(s->word); k++)
            s->word[k] |= bit * 0x0101010101010101ull;
}

static void index_list(RuleIndex *x, uint32_t op, unsigned *n_classes)
{
    const FoldRule *r = x->rules = fold_rules[op];
    uint32_t nargs = ir_ops[op].nargs;
    x->b_mask = opt_arg_mask(nargs, 1);
    index_rule(&x->a, IR_CONST, EVAL, n_classes);
    index_rule(&x->b, nargs > 1 ? IR_CONST : P_ANY, EVAL, n_classes);
    for (unsigned k = 0; r && r[k].a != P_END; k++) {
        CHECK(k < RULES_MAX);
        uint8_t bit = (uint8_t)(1u << k);
        index_rule(&x->a, r[k].a, bit, n_classes);
        index_rule(&x->b, r[k].b, bit, n_classes);
        x->same |= r[k].b == P_SAME ? bit : 0;
        x->loose |= r[k].loose ? bit : 0;
    }
}

/* Lists 1 to 3 are those of ops without rules, by number of arguments. */
static void index_rules(void)
{
    unsigned n_classes = CLASSES_FIXED, n = 4;
    for (uint32_t op = 0; op < IR_OP_COUNT; op++) {
        list_of[op] = (uint8_t)(fold_rules[op] ? n++ : ir_ops[op].nargs);
        CHECK(n <= LISTS);
        RuleIndex *x = &rule_index[list_of[op]];
        if (list_of[op] && !x->a.of[CLASS_ZERO])
            index_list(x, op, &n_classes);
    }
}

static inline uint32_t rules_for(const Fold *f, const RuleIndex *x, IrRef a, IrRef b)
{
    uint32_t ma = f->marks[a], mb = f->marks[b & x->b_mask];
    uint32_t m = (uint32_t)x->a.of[ma >> FOLD_CLASS_SHIFT] & x->b.of[mb >> FOLD_CLASS_SHIFT];
    m &= a == b ? ~0u : ~(uint32_t)x->same;
    return m & (ma & FOLD_IN_SLOT ? ~(uint32_t)x->loose : ~0u);
}

/* The insn in the pieces that IrHook's functions get. */
#define PIECES uint32_t head, uint32_t a, uint32_t b, uint32_t c, int32_t imm

static inline IrInsn insn_of(PIECES)
{
    return (IrInsn){(uint8_t)head, (uint8_t)(head >> 8), (uint16_t)(head >> 16), {a, b, c}, imm};
}

/* The first two arguments may be constant: if all are, the op is done now. */
static bool fold_eval(Fold *f, IrInsn *i)
{
    uint32_t nargs = info(i)->nargs;
    const IrInsn *a = fold_arg(f, i, 0);
    if (nargs > 2 && fold_arg(f, i, 2)->op != IR_CONST)
        return false;
    uint64_t v = fold_value(a);
    IrEval e = {.op = i->op, .type = i->type, .arg_type = a->type, .aux = i->aux, .imm = i->imm};
    e.a = v;
    if (nargs > 1)
        e.b = fold_value(fold_arg(f, i, 1));
    if (nargs > 2)
        e.c = fold_value(fold_arg(f, i, 2));
    if (!ir_eval_int(&e, &v))
        return false;
    fold_to_const(i, v);
    return true;
}

static IrRef try_rules(Fold *f, const RuleIndex *x, uint32_t fits, IrInsn *i)
{
    for (uint32_t m = fits & (EVAL - 1); m; m &= m - 1) {
        IrRef res = x->rules[__builtin_ctz(m)].fn(f, i);
        if (res != FOLD_NO)
            return res;
    }
    return FOLD_NO;
}

/* A pure insn that some rules may fit: simplified, then numbered. */
static NO_IPA IrRef fold_by_rules(Fold *f, PIECES)
{
    IrInsn i = insn_of(head, a, b, c, imm);
    for (uint32_t round = 0; round < 16; round++) {
        const RuleIndex *x = &rule_index[list_of[i.op]];
        if (!info(&i)->nargs)
            break;
        uint32_t fits = rules_for(f, x, i.arg[0], i.arg[1]);
        if (fits & EVAL && fold_eval(f, &i))
            break;
        IrRef r = try_rules(f, x, fits, &i);
        if (r == FOLD_NO)
            break;
        if (r != FOLD_AGAIN)
            return r;
    }
    return number_const(f, head_of(&i), i.arg[0], i.arg[1], i.arg[2], i.imm);
}

/* A pure insn with arguments. */
static inline IrRef fold_pure(Fold *f, PIECES)
{
    if (rules_for(f, &rule_index[list_of[head & 255]], a, b))
        return fold_by_rules(f, head, a, b, c, imm);
    return number(f, head, a, b, c, imm);
}

IrRef fold_new(Fold *f, IrInsn i)
{
    /* the insn at hand must still fit after it */
    if (!f->spare || f->u->n + 1 >= f->u->cap)
        return 0;
    f->spare--;
    return fold_by_rules(f, head_of(&i), i.arg[0], i.arg[1], i.arg[2], i.imm);
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
        return (f->marks[r] & (FOLD_IN_SLOT | FOLD_EXISTS)) != 0;
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
static IrRef overwrite(Fold *f, IrRef old, uint32_t slot)
{
    if (old > f->looker) {
        if (f->passes & 1 << OPT_DEAD)
            f->ins[old] = (IrInsn){.op = IR_NOP};
    } else if (f->u->slots[slot].type == SLOT_FLAGS && f->passes & 1 << OPT_SINK &&
               old > f->state && can_sink(f, old)) {
        f->ins[old].aux |= 1;
    }
    return 0;
}

/* ---- appending, by kind of insn -----------------------------------------------------------------
 */

/* fold_emitters' functions */
#define EMITTED struct IrUnit *u, PIECES

static IrRef emit_set(EMITTED)
{
    Fold *f = u->hook_state;
    uint32_t slot = (uint32_t)imm;
    if (f->cur[slot] == a && f->passes & 1 << OPT_FOLD)
        return 0; /* the slot holds it already */
    f->cur[slot] = a;
    f->marks[a] |= FOLD_IN_SLOT;
    const IrInsn *v = &f->ins[a];
    f->cur32[slot] = 0;
    if (v->op == IR_ZEXT || v->op == IR_SEXT) {
        f->marks[v->arg[0]] |= FOLD_EXISTS;
        f->cur32[slot] = f->ins[v->arg[0]].type == IR_I32 ? v->arg[0] : 0;
    }
    IrRef old = f->set[slot];
    f->set[slot] = ir_append(u, head, a, b, c, imm);
    return old ? overwrite(f, old, slot) : 0;
}

static IrRef emit_get(EMITTED)
{
    Fold *f = u->hook_state;
    uint32_t slot = (uint32_t)imm;
    IrRef r = ir_append(u, head, a, b, c, imm); /* ir_get() has looked at u->known */
    f->cur[slot] = r;
    f->set[slot] = 0;
    f->marks[r] = FOLD_IN_SLOT;
    return r;
}

static IrRef emit_nop(EMITTED)
{
    return 0;
}

static IrRef emit_plain(EMITTED)
{
    return append(u->hook_state, head, a, b, c, imm);
}

/* No arguments. */
static IrRef emit_const(EMITTED)
{
    return number_const(u->hook_state, head, a, b, c, imm);
}

static IrRef emit_pure(EMITTED)
{
    Fold *f = u->hook_state;
    if (UNLIKELY(!(f->passes & 1 << OPT_FOLD)))
        return append(f, head, a, b, c, imm);
    return fold_pure(f, head, a, b, c, imm);
}

/* zext or trunc: of a constant, as instructions with immediates make them all the time. */
static inline bool is_cut(uint32_t head)
{
    return ((head & 255) == IR_ZEXT || (head & 255) == IR_TRUNC) && (head >> 8 & 255) >= IR_I8;
}

static IrRef cut_const(Fold *f, uint32_t head, IrRef a)
{
    const IrInsn *k = &f->ins[a];
    IrType to = (IrType)(head >> 8 & 255);
    uint64_t v = fold_value(k) & ir_type_mask((head & 255) == IR_ZEXT ? (IrType)k->type : to);
    return number_const(f, ir_head(IR_CONST, to, 0), (uint32_t)v, (uint32_t)(v >> 32), 0, 0);
}

/* The same where one argument is all: vtbl has a list besides. */
static IrRef emit_pure1(EMITTED)
{
    Fold *f = u->hook_state;
    unsigned class = f->marks[a] >> FOLD_CLASS_SHIFT;
    bool is_const = class >= CLASS_ZERO && class < CLASSES_FIXED;
    if (is_const && is_cut(head) && f->passes & 1 << OPT_FOLD)
        return cut_const(f, head, a);
    return emit_pure(u, head, a, 0, 0, imm);
}

/* A load or store. */
static IrRef emit_access(EMITTED)
{
    Fold *f = u->hook_state;
    IrInsn i = insn_of(head, a, b, c, imm);
    if (LIKELY(f->passes & 1 << OPT_FOLD))
        fold_access(f, &i);
    IrRef r = append(f, head_of(&i), i.arg[0], i.arg[1], i.arg[2], i.imm);
    f->looker = r;
    return r;
}

/* With other effects. */
static IrRef emit_effect(EMITTED)
{
    Fold *f = u->hook_state;
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
            memset(f->cur32, 0, sizeof f->cur32);
            memset(f->set, 0, sizeof f->set);
        }
    }
    return r;
}

/* clang-format off */
static IrEmitFn *const fold_emitters[IR_OP_COUNT] = {
#define EMITTER(op, nargs, effects)                                                                \
    (op == IR_GET ? emit_get : op == IR_SET ? emit_set : op == IR_NOP ? emit_nop :                 \
     op == IR_AT || op == IR_PARAM ? emit_plain : op == IR_LD || op == IR_ST ? emit_access :       \
     (effects) != 0 ? emit_effect : (nargs) == 0 ? emit_const :                                    \
     (nargs) == 1 && op != IR_VTBL ? emit_pure1 : emit_pure)
#define OP(id, text, sig, nargs, effects) [IR_##id] = EMITTER(IR_##id, nargs, effects),
#include "ir_ops.def"
#undef OP
};
/* clang-format on */

/* A block begins: nothing is known. */
static void fold_block(IrUnit *u)
{
    Fold *f = u->hook_state;
    f->floor = u->n;
    f->looker = f->state = u->n - 1;
    memset(f->cur, 0, u->n_slots * sizeof f->cur[0]);
    memset(f->cur32, 0, u->n_slots * sizeof f->cur32[0]);
    memset(f->set, 0, u->n_slots * sizeof f->set[0]);
}

static const IrHook fold_hook = {fold_emitters, fold_block};

Fold *opt_fold_new(Arena *a, uint32_t cap)
{
    Fold *f = arena_alloc(a, sizeof *f);
    if (!f)
        return NULL;
    memset(f->last, 0, sizeof f->last);
    if (!list_of[IR_ADD]) /* the first thread does it, before there are others */
        index_rules();
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
    u->hook = &fold_hook;
    if (passes & 1 << OPT_FOLD) {
        u->known = f->cur;
        u->known32 = f->cur32;
    }
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
    if (i.op == IR_GET)
        return ir_get(u, (IrType)i.type, (uint32_t)i.imm);
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
    u->known = NULL;
    u->known32 = NULL;
}
