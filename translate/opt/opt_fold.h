/*
 * The fold engine's inside: opt_fold.c (appending, value numbering, slots) and the rule files.
 *
 * A rule matches an insn by its op and the ops of its first two arguments, and then:
 *  - returns a ref of an existing value that equals the insn;
 *  - or changes *i into an equal insn and returns FOLD_AGAIN: rules are tried anew;
 *  - or returns FOLD_NO.
 * Rules must terminate: each one that returns FOLD_AGAIN leaves something simpler. Arguments are
 * refs into f->ins. Rules emit what they need besides through fold_new() and fold_const(), which
 * return 0 when the unit has no room: then the rule returns FOLD_NO.
 *
 * Values that are the content of a slot (got from it or set to it) are cheap: they lie in a pin.
 * fold_in_slot() tells; rules that would read the inputs of such a value in its stead do not apply,
 * because the inputs would have to be kept beside it.
 */
#ifndef FERRY_OPT_FOLD_H
#define FERRY_OPT_FOLD_H

#include "ir_build.h"
#include "ir_interp.h"
#include "opt.h"

enum { FOLD_HASH = 256 };
#define FOLD_NO    ((IrRef)0)
#define FOLD_AGAIN (~(IrRef)0)

/* What is known of a value: bits, and above them its class. */
enum {
    FOLD_IN_SLOT = 1, /* it is or was a slot's content */
    FOLD_EXISTS = 2,  /* so is its extension: it need not be kept alive for a recipe */
    FOLD_CLASS_SHIFT = 2
};

typedef struct Fold {
    IrUnit *u;
    IrInsn *ins;              /* u's */
    uint32_t passes;          /* bit per OptPass that is done */
    uint32_t spare;           /* insns that rules may still add */
    uint32_t floor;           /* first ref of the block at hand: values before it are not reused */
    uint32_t looker;          /* last insn that observes the slots, or the block's first - 1 */
    uint32_t state;           /* last insn that uses slots behind the unit's back, or the same */
    uint8_t *marks;           /* by ref: FOLD_*, class; not of insns without a value */
    uint32_t last[FOLD_HASH]; /* by hash: the last value, which is not kept for good */
    uint32_t cur[256];        /* by slot: its content, or 0 */
    uint32_t cur32[256];      /* by slot of 64 bits: its low half as an i32, or 0 */
    uint32_t set[256];        /* by slot: the set that stands as its last, or 0 */
} Fold;

typedef IrRef (*FoldFn)(Fold *f, IrInsn *i);

/*
 * What an argument is to be: made by an op (its IrOp), or one of these. P_ZERO and P_LARGE are
 * constants: 0; neither 0 nor below 32, so not the amount of a common shift. b may be P_SAME:
 * arg[1] is arg[0].
 */
enum { P_ANY = 255, P_END = 254, P_SAME = 253, P_ZERO = 252, P_LARGE = 251 };
typedef struct FoldRule {
    uint8_t a, b; /* of arg[0], arg[1] */
    bool loose;   /* does not apply when arg[0] is a slot's content */
    FoldFn fn;
} FoldRule;

/* By op: its rules, seven at most, in order of trial, ended by P_END; or NULL. */
extern const FoldRule *const fold_rules[IR_OP_COUNT];

/* Loads and stores: address folding, and the value that is stored. */
void fold_access(Fold *f, IrInsn *i);
/* Exits: known targets and conditions; false: the insn does nothing. */
bool fold_effect(Fold *f, IrInsn *i);

/* A new insn, folded and numbered, beyond the one at hand. 0 when there is no room. */
IrRef fold_new(Fold *f, IrInsn i);
IrRef fold_const(Fold *f, IrType t, uint64_t v);
/* The value of an insn that exists already in this block, or 0. */
IrRef fold_find(const Fold *f, const IrInsn *i);

static inline const IrInsn *fold_arg(const Fold *f, const IrInsn *i, unsigned k)
{
    return &f->ins[i->arg[k]];
}

static inline uint64_t fold_value(const IrInsn *c)
{
    return (uint64_t)c->arg[1] << 32 | c->arg[0];
}

static inline bool fold_is_const(const Fold *f, IrRef r, uint64_t v)
{
    return f->ins[r].op == IR_CONST && fold_value(&f->ins[r]) == v;
}

static inline bool fold_in_slot(const Fold *f, IrRef r)
{
    return f->marks[r] & FOLD_IN_SLOT;
}

/* *i becomes op(args...) of the same type. */
static inline IrRef fold_to(IrInsn *i, IrOp op, uint32_t aux, IrRef a, IrRef b, IrRef c)
{
    *i = (IrInsn){(uint8_t)op, i->type, (uint16_t)aux, {a, b, c}, 0};
    return FOLD_AGAIN;
}

static inline IrRef fold_to_const(IrInsn *i, uint64_t v)
{
    *i = (IrInsn){IR_CONST, i->type, 0, {(uint32_t)v, (uint32_t)(v >> 32), 0}, 0};
    return FOLD_AGAIN;
}

#endif
