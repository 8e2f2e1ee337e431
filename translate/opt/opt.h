/*
 * The optimiser: forward passes done while a unit is written, or over one that is there.
 *
 *  1 fold   state forwarding, constant folding, algebra, addresses, value numbering
 *  2 dead   sets that are overwritten before anyone can look
 *  3 sink   flag sets that only faults and side exits could see become recipes (aux bit 0)
 *
 * Insns without use stay where they are: selection passes over them. opt_run() removes them too.
 *
 * A unit passes ir_verify afterwards and does the same in each observable respect: slots at every
 * FAULT and EXIT insn, memory operations and their order, sticky FP flags.
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
    bool verify;     /* run ir_verify afterwards */
} OptConfig;

/* The state of the passes over one unit; for units of at most `cap` insns. NULL: no room in a. */
struct Fold;
struct Fold *opt_fold_new(Arena *a, uint32_t cap);
/*
 * From here on what is emitted to u, which was just reset, goes through the passes (bit per
 * OptPass), until u is reset again. Only for units whose blocks come in an order in which every
 * value is emitted before it is used.
 */
void opt_fold_open(struct Fold *f, IrUnit *u, uint32_t passes);
#define OPT_ALL_PASSES ((1u << OPT_PASS_COUNT) - 1)

/* All of it over a unit that is there, in place. Scratch memory comes from `a`, which the caller
 * resets; does nothing when it is too small. */
void opt_run(IrUnit *u, Arena *a, const OptConfig *cfg);

/* One pass alone. */
void opt_pass_run(OptPass p, IrUnit *u, Arena *a);
/* Name of a pass, and back: OPT_PASS_COUNT if there is none. */
extern const char *const opt_pass_names[OPT_PASS_COUNT];
OptPass opt_pass_by_name(const char *name);

#endif
