/* Inside of the random IR generator. */
#ifndef FERRY_TESTS_IR_RANDOM_IMPL_H
#define FERRY_TESTS_IR_RANDOM_IMPL_H

#include "ir_random.h"

enum { POOL_MAX = 48 };

/* Values of one type that may be used here; those from `scope` on belong to the open region. */
typedef struct Pool {
    unsigned n, scope;
    IrRef refs[POOL_MAX];
} Pool;

typedef struct Scope {
    unsigned n[IR_TYPE_COUNT], scope[IR_TYPE_COUNT];
} Scope;

typedef struct RandomGen {
    IrUnit *u;
    const IrRandomConfig *c;
    uint64_t rng;
    uint32_t limit;    /* stop at about this insn */
    uint32_t next_off; /* module offset of the next guest insn */
    Pool pools[IR_TYPE_COUNT];
} RandomGen;

uint64_t rnd_next(RandomGen *g);
unsigned rnd_below(RandomGen *g, unsigned n);
bool rnd_one_in(RandomGen *g, unsigned n);
/* An integer with edges often; bits of a float of type t. */
uint64_t rnd_value(RandomGen *g);
uint64_t rnd_float(RandomGen *g, IrType t);
/* A value of type t: of the pool, from a slot, or a constant. */
IrRef rnd_pick(RandomGen *g, IrType t);
/* Puts r into the pool of t. */
IrRef rnd_keep(RandomGen *g, IrType t, IrRef r);
/* Emits i and keeps its result. */
IrRef rnd_emit(RandomGen *g, IrInsn i);
IrType rnd_int_type(RandomGen *g);

/* ir_random_op.c: one op of what the configuration allows. */
void rnd_op(RandomGen *g);

#endif
