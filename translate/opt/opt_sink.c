/*
 * Sinking of flag sets. A set of a flags slot that a later set in the block overwrites, with
 * nothing but faults and side exits looking in between, is marked (aux bit 0): it is no longer
 * done. At those lookers the allocator keeps the producer's operands alive and writes a recipe,
 * which is read only when the fault or exit happens.
 *
 *     v4 = flsub v1, v2; set nzcv, v4; v5 = ld [v3]; set nzcv, v6    ->    set.sunk nzcv, v4
 *
 * Only where the recipe's operands exist as values anyway: got from a slot, set to one, loaded,
 * block parameters, constants.
 */
#include <string.h>
#include "opt_int.h"

typedef struct Sink {
    IrUnit *u;
    uint8_t *exists; /* by ref: is set to a slot somewhere, or its extension is */
    IrRef open[4];   /* flag sets of the block not overwritten yet */
    uint32_t n_open;
} Sink;

static bool operand_exists(const Sink *s, IrRef r)
{
    r = ir_recipe_arg(s->u, r);
    switch (s->u->insns[r].op) {
    case IR_CONST:
    case IR_GADDR:
    case IR_GET:
    case IR_PARAM:
    case IR_LD:
        return true;
    default:
        return s->exists[r];
    }
}

static bool can_sink(const Sink *s, IrRef set)
{
    const IrInsn *p = &s->u->insns[s->u->insns[set].arg[0]];
    if (p->op == IR_FLLOGIC)
        return operand_exists(s, p->arg[0]);
    if (p->op != IR_FLSUB && p->op != IR_FLADD)
        return false;
    return operand_exists(s, p->arg[0]) && operand_exists(s, p->arg[1]);
}

/* A set of the slot: the open one before it is overwritten here. */
static void see_set(Sink *s, IrRef r)
{
    IrInsn *i = &s->u->insns[r];
    if (s->u->slots[i->imm].type != SLOT_FLAGS)
        return;
    uint32_t k = 0;
    while (k < s->n_open && s->u->insns[s->open[k]].imm != i->imm)
        k++;
    if (k < s->n_open) {
        if (can_sink(s, s->open[k]))
            s->u->insns[s->open[k]].aux |= 1;
        s->open[k] = r;
    } else if (k < ARRAY_LEN(s->open)) {
        s->open[s->n_open++] = r;
    }
}

static void sink_block(Sink *s, const IrBlock *b)
{
    s->n_open = 0;
    for (IrRef r = b->first; r < b->end; r++) {
        const IrInsn *i = &s->u->insns[r];
        if (i->op == IR_SET)
            see_set(s, r);
        else if (i->op == IR_GET ? s->u->slots[i->imm].type == SLOT_FLAGS
                                 : i->op == IR_CALL && ir_effects(i) & (EFF_STATE_R | EFF_STATE_W))
            s->n_open = 0;
    }
}

/* A value set to a slot exists; so does what it is the extension of. */
static void note_set(Sink *s, IrRef v)
{
    s->exists[v] = 1;
    if (s->u->insns[v].op == IR_ZEXT || s->u->insns[v].op == IR_SEXT)
        s->exists[s->u->insns[v].arg[0]] = 1;
}

void opt_sink(IrUnit *u, Arena *a, OptState *st)
{
    Sink s = {.u = u};
    if (st->flag_sets < 2)
        return; /* none can overwrite another */
    s.exists = arena_alloc(a, u->n);
    if (!s.exists)
        return;
    memset(s.exists, 0, u->n);
    for (IrRef r = 1; r < u->n; r++)
        if (u->insns[r].op == IR_SET)
            note_set(&s, u->insns[r].arg[0]);
    for (uint32_t b = 0; b < u->n_blocks; b++)
        sink_block(&s, &u->blocks[b]);
}
