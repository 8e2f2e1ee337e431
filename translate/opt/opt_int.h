/* The passes, for opt.c. */
#ifndef FERRY_OPT_INT_H
#define FERRY_OPT_INT_H

#include "opt.h"

/* What earlier passes of a run found out for later ones. */
typedef struct OptState {
    uint32_t flag_sets; /* at most as many sets of flags slots are left */
} OptState;

void opt_fold(IrUnit *u, Arena *a, OptState *st);
void opt_dead(IrUnit *u, Arena *a, OptState *st);
void opt_sink(IrUnit *u, Arena *a, OptState *st);

/* All ones when an op with nargs arguments has argument k. Insns of all ops mixed make a loop over
 * nargs mispredict at nearly every insn; masks cost less. */
static inline uint32_t opt_arg_mask(uint32_t nargs, uint32_t k)
{
    return -(uint32_t)(nargs > k);
}

/* The value arguments of i replaced by what they are in map; map[0] must be 0. */
static inline void opt_map_args(IrInsn *i, const uint32_t *map)
{
    uint32_t nargs = ir_ops[i->op].nargs;
    for (uint32_t k = 0; k < 3; k++) {
        uint32_t m = opt_arg_mask(nargs, k), a = i->arg[k];
        i->arg[k] = (map[a & m] & m) | (a & ~m);
    }
}

#endif
