/*
 * The optimiser: a short list of passes over one unit, in place.
 *
 *  1 fold   forward: state forwarding, constant folding, algebra, addresses, value numbering
 *  2 dead   backward: insns without use, sets that are overwritten before anyone can look
 *  3 sink   flag sets that only faults and side exits could see become recipes (aux bit 0)
 *
 * Every pass leaves a unit that passes ir_verify and does the same in each observable respect:
 * slots at every FAULT and EXIT insn, memory operations and their order, sticky FP flags.
 *
 *     v1 = get x0; v2 = const 1; v3 = flsub v1, v2; set nzcv, v3; v4 = cc.eq v3; xif v4, v5
 *  -> v1 = get x0; v2 = const 1; v3 = flsub v1, v2; set nzcv, v3; v4 = cmp.eq v1, v2; xif v4, v5
 */
#ifndef FERRY_OPT_H
#define FERRY_OPT_H

#include "ir.h"

typedef enum OptPass { OPT_FOLD, OPT_DEAD, OPT_SINK, OPT_PASS_COUNT } OptPass;

typedef struct OptConfig {
    uint32_t passes; /* how many of the list to run, from the first on: bisecting */
    uint32_t skip;   /* bit per OptPass to leave out */
    bool verify;     /* run ir_verify after each pass */
} OptConfig;

/* Scratch memory comes from `a`, which the caller resets. */
void opt_run(IrUnit *u, Arena *a, const OptConfig *cfg);

/* One pass alone. Does nothing when the arena is too small. */
void opt_pass_run(OptPass p, IrUnit *u, Arena *a);
/* Name of a pass, and back: OPT_PASS_COUNT if there is none. */
extern const char *const opt_pass_names[OPT_PASS_COUNT];
OptPass opt_pass_by_name(const char *name);

#endif
