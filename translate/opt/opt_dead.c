/*
 * The backward pass: removes pure insns and gets without use, and sets of a slot that another set
 * overwrites before anything can look at the slot.
 *
 * Lookers are: a get of the slot; every insn with effect FAULT or EXIT; calls that read state; the
 * end of a block. Then the unit is closed up over the holes.
 *
 *     set nzcv, v4; v5 = add v1, v2; set nzcv, v6; xjump v7   ->   the first set goes
 *     set nzcv, v4; v5 = ld [v1];    set nzcv, v6; xjump v7   ->   it stays (see opt_sink.c)
 */
#include <string.h>
#include "opt_int.h"

typedef struct Dead {
    IrUnit *u;
    uint8_t *used;             /* by ref */
    uint32_t flag_sets;        /* sets of flags slots that stay */
    uint32_t window;           /* number of the stretch between lookers */
    uint32_t overwritten[256]; /* by slot: window in which a later set overwrites it */
} Dead;

static void use_list(Dead *d, uint32_t list)
{
    for (uint32_t k = 0; k < ir_list_len(d->u, list); k++)
        d->used[ir_list_refs(d->u, list)[k]] = 1;
}

static void use_args(Dead *d, const IrInsn *i)
{
    uint32_t nargs = ir_ops[i->op].nargs;
    for (uint32_t k = 0; k < 3; k++)
        d->used[i->arg[k] & opt_arg_mask(nargs, k)] = 1;
    switch (i->op) {
    case IR_CALL:
        use_list(d, i->arg[0]);
        break;
    case IR_BR:
    case IR_CAS128:
    case IR_VTBL:
        use_list(d, i->arg[1]);
        break;
    default:
        break;
    }
}

/* True when insn r stays. */
static bool keep(Dead *d, IrRef r)
{
    const IrInsn *i = &d->u->insns[r];
    uint16_t e = ir_effects(i);
    if (i->op == IR_SET) {
        if (d->overwritten[i->imm] == d->window)
            return false;
        d->overwritten[i->imm] = d->window;
        d->flag_sets += d->u->slots[i->imm].type == SLOT_FLAGS;
        return true;
    }
    if (i->op == IR_GET) {
        if (d->used[r])
            d->overwritten[i->imm] = 0;
        return d->used[r];
    }
    if (e & (EFF_FAULT | EFF_EXIT | EFF_STATE_R | EFF_TERM))
        d->window++;
    return e != 0 || d->used[r];
}

static void mark_block(Dead *d, const IrBlock *b)
{
    d->window++;
    for (IrRef r = b->end; r-- > b->first;) {
        IrInsn *i = &d->u->insns[r];
        if (i->op != IR_NOP && keep(d, r))
            use_args(d, i);
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
    if (i->op == IR_CALL)
        remap_list(u, map, i->arg[0]);
    else if (i->op == IR_BR || i->op == IR_CAS128 || i->op == IR_VTBL)
        remap_list(u, map, i->arg[1]);
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

/* The same for one block, where each definition stands before its uses: one walk. */
static void close_up_block(IrUnit *u, uint32_t *map)
{
    IrRef to = 1;
    map[0] = 0;
    for (IrRef r = 1; r < u->n; r++) {
        map[r] = to;
        if (u->insns[r].op == IR_NOP)
            continue;
        u->insns[to] = u->insns[r];
        remap(u, map, &u->insns[to++]);
    }
    u->blocks[0].end = to;
    u->n = to;
}

void opt_dead(IrUnit *u, Arena *a, OptState *st)
{
    Dead d;
    uint32_t *map = arena_alloc(a, u->n * sizeof *map);
    d.u = u;
    d.used = arena_alloc(a, u->n);
    if (!map || !d.used)
        return;
    d.window = 1;
    d.flag_sets = 0;
    memset(d.used, 0, u->n);
    memset(d.overwritten, 0, u->n_slots * sizeof d.overwritten[0]);
    for (uint32_t b = u->n_blocks; b-- > 0;)
        mark_block(&d, &u->blocks[b]);
    st->flag_sets = d.flag_sets;
    if (u->n_blocks == 1)
        close_up_block(u, map);
    else
        close_up(u, map);
}
