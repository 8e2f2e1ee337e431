/*
 * Tidies a unit up: insns that nothing needs and nops go, and it is closed up over the holes. A
 * backend's selection passes over them anyway; this is for those who read the IR: dumps, tests, the
 * interpreter.
 */
#include <string.h>
#include "opt_int.h"

static void use_args(const IrUnit *u, uint8_t *used, const IrInsn *i)
{
    uint32_t nargs = ir_ops[i->op].nargs;
    for (uint32_t k = 0; k < nargs; k++)
        used[i->arg[k]] = 1;
    uint32_t list = opt_list_of(i);
    for (uint32_t k = 0; k < ir_list_len(u, list); k++)
        used[ir_list_refs(u, list)[k]] = 1;
}

static void drop_unused(IrUnit *u, uint8_t *used)
{
    for (IrRef r = u->n; r-- > 1;) {
        IrInsn *i = &u->insns[r];
        bool stays = i->op == IR_GET ? used[r] : ir_effects(i) != 0 || used[r];
        if (i->op != IR_NOP && stays)
            use_args(u, used, i);
        else
            i->op = IR_NOP;
    }
}

static void remap_list(const IrUnit *u, const uint32_t *map, uint32_t list)
{
    for (uint32_t k = 0; k < ir_list_len(u, list); k++)
        ir_list_refs(u, list)[k] = map[ir_list_refs(u, list)[k]];
}

static inline void remap(const IrUnit *u, const uint32_t *map, IrInsn *i)
{
    opt_map_args(i, map);
    remap_list(u, map, opt_list_of(i));
}

/* Closes the unit up; map is filled with the new refs. */
static void close_up(IrUnit *u, uint32_t *map)
{
    IrRef to = 1;
    map[0] = 0;
    for (uint32_t b = 0; b < u->n_blocks; b++) {
        IrBlock *blk = &u->blocks[b];
        IrRef first = to;
        for (IrRef r = blk->first; r < blk->end; r++) {
            map[r] = to;
            if (u->insns[r].op != IR_NOP)
                u->insns[to++] = u->insns[r];
        }
        blk->first = first;
        blk->end = to;
    }
    u->n = to;
    for (IrRef r = 1; r < to; r++)
        remap(u, map, &u->insns[r]);
}

void opt_tidy(IrUnit *u, Arena *a)
{
    uint32_t *map = arena_alloc(a, u->n * sizeof *map);
    uint8_t *used = arena_alloc(a, u->n);
    if (!map || !used)
        return;
    memset(used, 0, u->n);
    drop_unused(u, used);
    close_up(u, map);
}
