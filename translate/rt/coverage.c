/*
 * `--coverage`: how often each row of the guest's table was translated, in the table's order:
 *
 *     coverage: 412 of 931 implemented rows
 *     row add_imm 2210
 *     unused fcvtas_dd
 */
#include "rt_internal.h"
#include "insn_table.h"

static bool row_implemented(const InsnTable *t, unsigned row)
{
    return t->match[row].handler != 0;
}

static void coverage_line(const char *what, const char *name, uint32_t count)
{
    char text[96];
    StrBuf sb = STRBUF_ON(text);
    sb_printf(&sb, "%s %s", what, name);
    if (count)
        sb_printf(&sb, " %u", count);
    sb_putc(&sb, '\n');
    log_text(sb.buf, sb.len);
}

void rt_coverage_report(void)
{
    const GuestOps *g = rt.cfg.guest;
    if (!rt.cfg.coverage || !g->insns)
        return;
    uint32_t used = 0, all = 0;
    for (unsigned row = 1; row < g->insns->rows; row++) {
        all += row_implemented(g->insns, row);
        used += row_implemented(g->insns, row) && g->coverage[row];
    }
    log_write("coverage: %u of %u implemented rows\n", used, all);
    for (unsigned row = 1; row < g->insns->rows; row++)
        if (g->coverage[row])
            coverage_line("row", insn_name(g->insns, row), g->coverage[row]);
        else if (row_implemented(g->insns, row))
            coverage_line("unused", insn_name(g->insns, row), 0);
}
