/* The passes, for opt.c. */
#ifndef FERRY_OPT_INT_H
#define FERRY_OPT_INT_H

#include "opt.h"

/* The forward passes named by `passes` (bit per OptPass) over a unit, as if it were emitted anew.
 */
void opt_fold(IrUnit *u, Arena *a, uint32_t passes);
/* Closes the unit up over insns that nothing needs. */
void opt_tidy(IrUnit *u, Arena *a);

/* The list of refs among an insn's arguments, or 0. */
static inline uint32_t opt_list_of(const IrInsn *i)
{
    switch (i->op) {
    case IR_CALL:
        return i->arg[0];
    case IR_BR:
    case IR_CAS128:
    case IR_VTBL:
        return i->arg[1];
    default:
        return 0;
    }
}

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
