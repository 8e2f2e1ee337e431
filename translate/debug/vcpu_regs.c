/* Four 64-bit registers or two vectors a line, in the state table's order. */
#include "vcpu_regs.h"
#include "flags.h"
#include "log.h"

static void dump_slot(Vcpu *v, const SlotDesc *s, StrBuf *sb)
{
    switch ((SlotType)s->type) {
    case SLOT_I32:
        sb_printf(sb, "%9s=%08x        ", s->name, *vcpu_slot32(v, s));
        break;
    case SLOT_I64:
        sb_printf(sb, "%9s=%016lx", s->name, (unsigned long)*vcpu_slot64(v, s));
        break;
    case SLOT_FLAGS: {
        uint32_t f = flags_to_nzcv(*vcpu_slot32(v, s));
        sb_printf(sb, "%9s=%c%c%c%c            ", s->name, f >> 31 & 1 ? 'N' : '-',
                  f >> 30 & 1 ? 'Z' : '-', f >> 29 & 1 ? 'C' : '-', f >> 28 & 1 ? 'V' : '-');
        break;
    }
    case SLOT_V128:
        sb_printf(sb, "%9s=%016lx_%016lx", s->name, (unsigned long)vcpu_slot128(v, s)->u64[1],
                  (unsigned long)vcpu_slot128(v, s)->u64[0]);
        break;
    }
}

void vcpu_dump(Vcpu *v, const GuestOps *g, unsigned groups)
{
    char text[8192];
    StrBuf sb = STRBUF_ON(text);
    for (unsigned group = 1; group <= 3; group++) {
        if (!(groups >> (group - 1) & 1))
            continue;
        unsigned per_line = group == 2 ? 2 : 4, n = 0;
        for (uint32_t i = 0; i < g->n_slots; i++) {
            if (g->slots[i].dump != group)
                continue;
            dump_slot(v, &g->slots[i], &sb);
            if (++n % per_line == 0)
                sb_putc(&sb, '\n');
        }
        if (n % per_line)
            sb_putc(&sb, '\n');
    }
    log_text(sb.buf, sb.len);
}
