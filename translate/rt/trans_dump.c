/*
 * Dumps of a unit at each stage. One static text buffer under a lock of its own: dumps are for
 * people, they may be slow, but lines of threads must not mix.
 */
#include "trans_dump.h"
#include "guestmem.h"

enum { DUMP_CAP = 1 << 18 };
static char *dump_buf; /* mapped when first used, so that ferry's own data stays in few pages */
static Lock dump_lock;

static StrBuf dump_open(uint32_t *tid)
{
    *tid = (uint32_t)HS(__NR_gettid);
    lock_take(&dump_lock, *tid);
    if (!dump_buf)
        dump_buf = cache_map(DUMP_CAP, 3 /* PROT_READ | PROT_WRITE */);
    CHECK(dump_buf != NULL);
    return (StrBuf){dump_buf, DUMP_CAP, 0};
}

static void dump_close(StrBuf *sb, uint32_t tid)
{
    log_text(sb->buf, sb->len);
    lock_drop(&dump_lock, tid);
}

bool dump_on(LogChannel ch, uint64_t pc)
{
    return (log_mask >> ch & 1) || (rt.cfg.dump_pc && rt.cfg.dump_pc == pc);
}

static uint64_t unit_pc(const IrUnit *u)
{
    return u->module_base + (uint64_t)u->start_off;
}

/* Walks the `at` markers, so that a unit that follows jumps is listed as it was translated. */
void dump_guest(const IrUnit *u, GuestAddr lo, GuestAddr hi)
{
    if (LIKELY(!dump_on(LOG_IN_ASM, unit_pc(u))))
        return;
    uint32_t tid;
    StrBuf sb = dump_open(&tid);
    sb_printf(&sb, "---- guest %lx..%lx\n", (unsigned long)lo, (unsigned long)hi);
    for (IrRef r = 0; r < u->n; r++) {
        if (u->insns[r].op != IR_AT)
            continue;
        uint8_t bytes[16] = {0};
        GuestAddr pc = u->module_base + ir_value(u, r);
        uint32_t len = (uint32_t)u->insns[r].imm;
        if (!gm_copy_in(bytes, pc, MIN(len, sizeof(bytes))))
            continue;
        sb_printf(&sb, "%12lx:  ", (unsigned long)pc);
        rt.cfg.guest->print_insn(pc, bytes, len, &sb);
        sb_putc(&sb, '\n');
    }
    dump_close(&sb, tid);
}

void dump_ir(const IrUnit *u, LogChannel ch, const char *title)
{
    if (LIKELY(!dump_on(ch, unit_pc(u))))
        return;
    uint32_t tid;
    StrBuf sb = dump_open(&tid);
    sb_printf(&sb, "---- %s, unit %lx\n", title, (unsigned long)unit_pc(u));
    ir_print(u, &sb);
    dump_close(&sb, tid);
}

void dump_ra(const RaUnit *ra)
{
    if (LIKELY(!dump_on(LOG_RA, unit_pc(ra->ir))))
        return;
    uint32_t tid;
    StrBuf sb = dump_open(&tid);
    sb_printf(&sb, "---- allocated, unit %lx\n", (unsigned long)unit_pc(ra->ir));
    ra_print(ra, &sb);
    dump_close(&sb, tid);
}

void dump_host(const uint8_t *rw, uint64_t rx, uint32_t n)
{
    if (LIKELY(!(log_mask >> LOG_OUT_ASM & 1)))
        return;
    uint32_t tid;
    StrBuf sb = dump_open(&tid);
    sb_printf(&sb, "---- host %lx, %u bytes\n", (unsigned long)rx, n);
    for (uint32_t i = 0; i < n; i++)
        sb_printf(&sb, "%02x%s", rw[i], i % 32 == 31 || i + 1 == n ? "\n" : "");
    dump_close(&sb, tid);
}

void dump_verify(const IrUnit *u, const char *after)
{
    char msg[256];
    StrBuf err = STRBUF_ON(msg);
    if (ir_verify(u, &err))
        return;
    uint32_t tid;
    StrBuf sb = dump_open(&tid);
    ir_print(u, &sb);
    dump_close(&sb, tid);
    log_error("ferry: IR verifier after %s: %s\n", after, msg);
    CHECK_NEVER("the IR is well-formed");
}
