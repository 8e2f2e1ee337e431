/*
 * Text form of an allocated unit, for `-d ra` and tests: one line a RaInsn, its moves before it.
 *
 *     3: add v7 -> r3 | v5:r3* v6:[x9]  tmp r2
 *        mov v2: r3 -> spill0
 */
#include "regalloc.h"
#include "log.h"

static void print_loc(const IrUnit *u, RaLoc l, struct StrBuf *out)
{
    if (l < LOC_VEC)
        sb_printf(out, "r%u", l);
    else if (l < LOC_NREGS)
        sb_printf(out, "w%u", l - LOC_VEC);
    else if (l == LOC_NONE)
        sb_puts(out, "?");
    else if (l == LOC_REMAT)
        sb_puts(out, "const");
    else if (l >= LOC_SLOT && l < LOC_SLOT + u->n_slots)
        sb_printf(out, "[%s]", u->slots[l - LOC_SLOT].name);
    else
        sb_printf(out, "spill%u", l - LOC_SPILL);
}

static void print_moves(const RaUnit *ra, const RaInsn *in, struct StrBuf *out)
{
    for (uint32_t k = in->first_move; k < in->first_move + in->n_moves; k++) {
        sb_printf(out, "   mov v%u: ", ra->moves[k].ref);
        print_loc(ra->ir, ra->moves[k].from, out);
        sb_puts(out, " -> ");
        print_loc(ra->ir, ra->moves[k].to, out);
        sb_putc(out, '\n');
    }
}

static void print_operand(const RaUnit *ra, const RaOperand *o, struct StrBuf *out)
{
    sb_printf(out, " v%u:", o->ref);
    print_loc(ra->ir, o->loc, out);
    if (o->flags & RAF_TIED)
        sb_putc(out, '*');
}

static void print_snaps(const RaUnit *ra, const RaInsn *in, struct StrBuf *out)
{
    for (uint32_t k = in->first_snap; k < in->first_snap + in->n_snap; k++) {
        const RaSnap *s = &ra->snaps[k];
        sb_printf(out, "  %s=%s", ra->ir->slots[s->slot].name, ir_ops[s->op].text);
        for (uint32_t j = 0; j < s->n_ops; j++)
            print_operand(ra, &s->arg[j], out);
    }
}

void ra_print(const RaUnit *ra, struct StrBuf *out)
{
    for (uint32_t i = 0; i < ra->n; i++) {
        const RaInsn *in = &ra->insns[i];
        print_moves(ra, in, out);
        sb_printf(out, "%2u: %s.%u", i, ir_ops[ra->ir->insns[in->ir].op].text, in->ir);
        for (uint32_t k = 0; k < in->n_dst; k++)
            print_operand(ra, &in->dst[k], out);
        if (in->n_dst)
            sb_puts(out, " =");
        for (uint32_t k = 0; k < in->n_ops; k++)
            print_operand(ra, &in->op[k], out);
        for (uint32_t k = 0; k < (uint32_t)in->n_tmp[RC_GPR] + in->n_tmp[RC_VEC]; k++) {
            sb_puts(out, "  tmp ");
            print_loc(ra->ir, in->tmp[k], out);
        }
        print_snaps(ra, in, out);
        sb_putc(out, '\n');
    }
}
