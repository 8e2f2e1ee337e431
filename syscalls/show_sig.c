/*
 * How signals look under --strace: masks, handlers and siginfo_t, whose fields depend on the code.
 *
 * Example: a child's end ->
 * {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=71, si_uid=0, si_status=3, si_utime=0, si_stime=0}
 *
 * siginfo_t is alike on all 64-bit ABIs: int si_signo, si_errno, si_code at 0, 4, 8; the rest
 * from 16.
 */
#include "sys_impl.h"

enum { ILL = 4, TRAP = 5, BUS = 7, FPE = 8, SEGV = 11, CHLD = 17, IO = 29, SYS = 31 };
enum { SI_KERNEL = 0x80, SI_QUEUE = -1, SI_TIMER = -2, SI_TKILL = -6 };

/* Names of a signal's own codes. */
static const struct {
    uint8_t sig;
    uint16_t set;
} own_codes[] = {
    {ILL, SYS_SET_ill_code}, {TRAP, SYS_SET_trap_code}, {BUS, SYS_SET_bus_code},
    {FPE, SYS_SET_fpe_code}, {SEGV, SYS_SET_segv_code}, {CHLD, SYS_SET_chld_code},
    {IO, SYS_SET_io_code},   {SYS, SYS_SET_sys_code},
};

void sys_show_signal(StrBuf *sb, int sig)
{
    const char *name = sys_signal_name(sig);
    if (name)
        sb_puts(sb, name);
    else if (sig >= 32 && sig <= 64)
        sb_printf(sb, "SIGRT_%d", sig - 32);
    else
        sb_printf(sb, "%d", sig);
}

void sys_show_sigmask(StrBuf *sb, uint64_t mask)
{
    unsigned count = 0;
    for (uint64_t m = mask; m; m &= m - 1)
        count++;
    bool invert = count > 32;
    uint64_t bits = invert ? ~mask : mask;
    sb_puts(sb, invert ? "~[" : "[");
    for (unsigned sig = 1, n = 0; sig <= 64; sig++) {
        if (!(bits >> (sig - 1) & 1))
            continue;
        if (n++)
            sb_putc(sb, ' ');
        const char *name = sys_signal_name((int)sig);
        if (name)
            sb_puts(sb, name + 3);
        else
            sb_printf(sb, "RT_%u", sig - 32);
    }
    sb_putc(sb, ']');
}

void sys_show_handler(StrBuf *sb, uint64_t v)
{
    if (v > 1)
        sb_printf(sb, "0x%lx", v);
    else
        sb_puts(sb, v ? "SIG_IGN" : "SIG_DFL");
}

static void show_code(StrBuf *sb, SysCtx *c, int sig, int code)
{
    unsigned set = SYS_SET_si_code;
    for (size_t i = 0; i < ARRAY_LEN(own_codes); i++)
        if (own_codes[i].sig == sig && code > 0 && code < SI_KERNEL)
            set = own_codes[i].set;
    sys_show_value(sb, c, SYS_KIND_ENUM, set, (uint32_t)code);
}

static void show_value(StrBuf *sb, uint64_t v)
{
    sb_printf(sb, ", si_int=%d, si_ptr=", (int)v);
    if (v)
        sb_printf(sb, "0x%lx", v);
    else
        sb_puts(sb, "NULL");
}

static bool is_fault(int sig)
{
    return sig == ILL || sig == TRAP || sig == BUS || sig == FPE || sig == SEGV;
}

/* SIGCHLD: what became of the child. */
static void show_child(StrBuf *sb, int code, const uint8_t *p)
{
    enum { EXITED = 1 };
    int status = (int)sys_load(p + 8, 4, true);
    sb_printf(sb, ", si_pid=%d, si_uid=%u, si_status=", (int)sys_load(p, 4, true),
              (unsigned)sys_load(p + 4, 4, false));
    if (code == EXITED)
        sb_printf(sb, "%d", status);
    else
        sys_show_signal(sb, status);
    sb_printf(sb, ", si_utime=%ld, si_stime=%ld", (long)sys_load(p + 16, 8, true),
              (long)sys_load(p + 24, 8, true));
}

/* What the kernel itself sent for an event, by the signal. */
static void show_event(StrBuf *sb, int sig, int code, const uint8_t *p)
{
    uint64_t first = sys_load(p, 8, false);
    if (is_fault(sig) && !first)
        sb_puts(sb, ", si_addr=NULL");
    else if (is_fault(sig))
        sb_printf(sb, ", si_addr=0x%lx", first);
    else if (sig == CHLD)
        show_child(sb, code, p);
    else if (sig == IO)
        sb_printf(sb, ", si_band=%ld, si_fd=%d", (long)first, (int)sys_load(p + 8, 4, true));
    else if (sig == SYS)
        sb_printf(sb, ", si_call_addr=0x%lx, si_syscall=%d, si_arch=0x%x", first,
                  (int)sys_load(p + 8, 4, true), (unsigned)sys_load(p + 12, 4, false));
}

void sys_show_siginfo(StrBuf *sb, SysCtx *c, const uint8_t *info)
{
    int sig = (int)sys_load(info, 4, true), code = (int)sys_load(info + 8, 4, true);
    const uint8_t *rest = info + 16;
    uint64_t first = sys_load(rest, 8, false);
    sb_puts(sb, "{si_signo=");
    sys_show_signal(sb, sig);
    sb_puts(sb, ", si_code=");
    show_code(sb, c, sig, code);
    if (code > 0 && code != SI_KERNEL)
        show_event(sb, sig, code, rest);
    else if (code == SI_TIMER)
        sb_printf(sb, ", si_timerid=0x%x, si_overrun=%d", (unsigned)first, (int)(first >> 32));
    else if (code != SI_KERNEL)
        sb_printf(sb, ", si_pid=%d, si_uid=%u", (int)first, (unsigned)(first >> 32));
    else if (is_fault(sig))
        sb_puts(sb, ", si_addr=NULL");
    if (code < 0 && code != SI_TKILL)
        show_value(sb, sys_load(rest + 8, 8, false));
    sb_putc(sb, '}');
}
