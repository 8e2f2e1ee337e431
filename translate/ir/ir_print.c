/*
 * Text form of units: printing. Which parts an op shows is ir_form.h's; this file has one printer
 * a letter.
 *
 *     v7:i64 = ld.32.s [v1 + v2<<2 + 16]
 */
#include "ir_form.h"
#include "log.h"

static void print_list(const IrUnit *u, uint32_t list, StrBuf *out)
{
    if (list >= u->n_extra || u->extra[list] >= u->n_extra - list) {
        sb_printf(out, "{list %u?}", list); /* units that fail to verify are printed too */
        return;
    }
    sb_putc(out, '{');
    for (uint32_t k = 0; k < ir_list_len(u, list); k++)
        sb_printf(out, "%sv%u", k ? ", " : "", ir_list_refs(u, list)[k]);
    sb_putc(out, '}');
}

static void print_signed(int64_t v, StrBuf *out)
{
    if (v < 0)
        sb_printf(out, "-0x%lx", -(uint64_t)v);
    else
        sb_printf(out, "0x%lx", (uint64_t)v);
}

static void print_address(const IrInsn *i, StrBuf *out)
{
    sb_printf(out, "[v%u", i->arg[0]);
    if (i->arg[1]) {
        const char *ext = "";
        if (i->aux & MA_INDEX_SXTW)
            ext = "sxtw ";
        else if (i->aux & MA_INDEX_UXTW)
            ext = "uxtw ";
        sb_printf(out, " + %sv%u", ext, i->arg[1]);
        if (MA_SCALE(i->aux))
            sb_printf(out, "<<%u", MA_SCALE(i->aux));
    }
    if (i->imm)
        sb_printf(out, " %c %u", i->imm < 0 ? '-' : '+',
                  i->imm < 0 ? -(uint32_t)i->imm : (uint32_t)i->imm);
    sb_putc(out, ']');
}

static void print_slot(const IrUnit *u, int32_t slot, StrBuf *out)
{
    if (slot >= 0 && (uint32_t)slot < u->n_slots)
        sb_puts(out, u->slots[slot].name);
    else
        sb_printf(out, "slot%d", slot);
}

/* Prints the operand behind one letter; false when it is one that is left out. */
static bool operand_absent(const IrInsn *i, char letter)
{
    switch (letter) {
    case 'b':
    case '1':
        return i->arg[1] == 0;
    case 'c':
        return i->arg[2] == 0;
    case '0':
        return i->arg[0] == 0;
    case 'j':
        return i->imm == 0;
    case 'J':
        return i->imm >> 8 == 0;
    default:
        return false;
    }
}

static void print_const(const IrUnit *u, const IrInsn *i, char letter, StrBuf *out)
{
    uint64_t v = (uint64_t)i->arg[1] << 32 | i->arg[0];
    if (letter == '@')
        print_signed((int64_t)v, out);
    else if (letter == 'K')
        sb_printf(out, v < 10 ? "%lu" : "0x%lx", v);
    else if (i->arg[0] < u->n_vconsts)
        sb_printf(out, "0x%016lx:0x%016lx", u->vconsts[i->arg[0]].u64[1],
                  u->vconsts[i->arg[0]].u64[0]);
    else
        sb_printf(out, "vconst%u", i->arg[0]);
}

static void print_operand(const IrUnit *u, const IrInsn *i, char letter, StrBuf *out)
{
    switch (letter) {
    case 'A':
        sb_printf(out, "v%u", i->arg[0]);
        return;
    case 'B':
    case 'b':
        sb_printf(out, "v%u", i->arg[1]);
        return;
    case 'C':
    case 'c':
        sb_printf(out, "v%u", i->arg[2]);
        return;
    case '0':
    case '1':
        print_list(u, i->arg[letter - '0'], out);
        return;
    case 'i':
    case 'j':
        sb_printf(out, "%d", i->imm);
        return;
    case 'J':
    case 'Q':
        sb_printf(out, "%d", i->imm >> 8);
        return;
    case 'q':
        sb_printf(out, "%d", i->imm & 255);
        return;
    case 'f':
        sb_printf(out, "%u, %u", i->aux & 255u, i->aux >> 8);
        return;
    case 's':
        print_slot(u, i->imm, out);
        return;
    case 'h':
        sb_puts(out, i->imm >= 0 && i->imm < HELPER_COUNT ? ir_helpers[i->imm].name : "?");
        return;
    case 'o':
        sb_printf(out, "b%d", i->imm);
        return;
    case 'p':
        sb_printf(out, "b%u", i->arg[1]);
        return;
    case 'm':
        print_address(i, out);
        return;
    default:
        print_const(u, i, letter, out);
    }
}

static const char *print_suffixes(const IrInsn *i, const char *form, StrBuf *out)
{
    for (; *form != '|'; form++) {
        const IrField *f = ir_field(*form);
        uint32_t v = ir_field_get(f, i);
        if (v >= f->n_names)
            sb_printf(out, ".?%u", v);
        else if (f->names[v][0])
            sb_printf(out, ".%s", f->names[v]);
    }
    return form + 1;
}

void ir_print_insn(const IrUnit *u, IrRef r, StrBuf *out)
{
    const IrInsn *i = &u->insns[r];
    if (i->op >= IR_OP_COUNT) {
        sb_printf(out, "op%u?", i->op);
        return;
    }
    if (i->type != IR_VOID)
        sb_printf(out, "v%u:%s = ", r, i->type < IR_TYPE_COUNT ? ir_type_names[i->type] : "?");
    sb_puts(out, ir_ops[i->op].text);
    const char *form = print_suffixes(i, ir_form((IrOp)i->op), out);
    const char *sep = " ";
    for (; *form; form++) {
        if (operand_absent(i, *form))
            continue;
        bool joined = *form == '0' || *form == '1';
        sb_puts(out, joined ? " " : sep);
        print_operand(u, i, *form, out);
        sep = ", ";
    }
}

void ir_print(const IrUnit *u, StrBuf *out)
{
    if (u->mode)
        sb_printf(out, "mode 0x%x\n", u->mode);
    for (uint32_t b = 0; b < u->n_blocks; b++) {
        sb_printf(out, "b%u:\n", b);
        for (IrRef r = u->blocks[b].first; r < u->blocks[b].end; r++) {
            if (u->insns[r].op == IR_NOP)
                continue;
            sb_puts(out, "  ");
            ir_print_insn(u, r, out);
            sb_putc(out, '\n');
        }
    }
}
