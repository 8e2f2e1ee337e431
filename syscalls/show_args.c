/*
 * How whole arguments look under --strace: those that are more than one value, with a length in
 * another argument or in the result.
 *
 * Example: write(1, p, 5): kind ibuf(2) takes its length from argument 2 -> "hello"
 */
#include "sys_impl.h"

enum { SHOW_STRING = 32, SHOW_PATH = 255, SHOW_ITEMS = 16, SHOW_VECTOR = 4 };

/* Length of an argument with a counted size; 0 while a result is not known. */
static uint64_t length_of(const SysShow *s, const SysArg *arg)
{
    if (arg->len >= SYS_LEN_CONST)
        return arg->len - SYS_LEN_CONST;
    if (arg->len == SYS_LEN_RET)
        return s->done && s->ret > 0 ? (uint64_t)s->ret : 0;
    return arg->len < 6 ? s->args[arg->len] : 0;
}

/* True when the kernel did not fill what this argument points to. */
static bool not_filled(const SysShow *s, const SysArg *arg)
{
    return arg->dir == SYS_DIR_OUT && (!s->done || hs_failed(s->ret));
}

static void show_pointer(StrBuf *sb, uint64_t v)
{
    if (v)
        sb_printf(sb, "0x%lx", v);
    else
        sb_puts(sb, "NULL");
}

static void show_structv(StrBuf *sb, const SysShow *s, const SysArg *arg, uint64_t v)
{
    uint32_t size = sys_struct_guest_size(s->c->abi, arg->ref);
    uint64_t n = length_of(s, arg);
    if (!v) {
        sb_puts(sb, "NULL");
        return;
    }
    bool plain = sys_structs[arg->ref].count == 1;
    sb_putc(sb, '[');
    for (uint64_t i = 0; i < MIN(n, (uint64_t)SHOW_ITEMS); i++) {
        if (i)
            sb_puts(sb, ", ");
        const SysField *f = &sys_fields[sys_structs[arg->ref].first];
        uint64_t item = 0;
        if (!plain)
            sys_show_struct(sb, s->c, arg->ref, v + i * size);
        else if (gm_copy_in(&item, v + i * size, size))
            sys_show_value(sb, s->c, f->show, 0, sys_load((uint8_t *)&item, size, f->is_signed));
    }
    sb_puts(sb, n > SHOW_ITEMS ? ", ...]" : "]");
}

void sys_show_iov(StrBuf *sb, GuestAddr addr, uint64_t n, uint64_t bytes)
{
    sb_putc(sb, '[');
    for (uint64_t i = 0; i < MIN(n, (uint64_t)SHOW_VECTOR); i++) {
        uint64_t iov[2];
        if (!gm_copy_in(iov, addr + i * sizeof iov, sizeof iov))
            break;
        uint64_t k = MIN(iov[1], bytes);
        bytes -= k;
        sb_puts(sb, i ? ", {iov_base=" : "{iov_base=");
        sys_show_bytes(sb, iov[0], k, SHOW_STRING);
        sb_printf(sb, ", iov_len=%lu}", iov[1]);
    }
    sb_puts(sb, n > SHOW_VECTOR ? ", ...]" : "]");
}

static void show_strv(StrBuf *sb, uint64_t v)
{
    sb_putc(sb, '[');
    for (unsigned i = 0;; i++) {
        uint64_t p;
        if (!gm_copy_in(&p, v + i * 8, sizeof p) || !p)
            break;
        if (i)
            sb_puts(sb, ", ");
        if (i == SHOW_ITEMS) {
            sb_puts(sb, "...");
            break;
        }
        sys_show_string(sb, p, SHOW_STRING);
    }
    sb_putc(sb, ']');
}

static void show_envp(StrBuf *sb, uint64_t v)
{
    unsigned n = 0;
    uint64_t p;
    while (n < 10000 && gm_copy_in(&p, v + n * 8, sizeof p) && p)
        n++;
    sb_printf(sb, "0x%lx /* %u vars */", v, n);
}

/* An argument whose length argument points to the length once the call is done. */
static uint64_t given_length(const SysShow *s, const SysArg *arg)
{
    uint32_t given;
    if (arg->dir != SYS_DIR_OUT)
        return length_of(s, arg);
    return gm_copy_in(&given, s->args[arg->len], sizeof given) ? given : 0;
}

/* What a call that moves data fills or takes; all of it when it is sent. */
static void show_message(StrBuf *sb, const SysShow *s, const SysArg *arg, uint64_t v)
{
    bool received = arg->dir == SYS_DIR_INOUT;
    sys_show_message(sb, s->c, v, received ? (uint64_t)s->ret : ~0ull,
                     !received || !hs_failed(s->ret));
}

static void show_pollfds(StrBuf *sb, const SysShow *s, const SysArg *arg, uint64_t v)
{
    uint64_t n = length_of(s, arg);
    sb_putc(sb, '[');
    for (uint64_t i = 0; i < MIN(n, (uint64_t)SHOW_ITEMS); i++) {
        if (i)
            sb_puts(sb, ", ");
        sys_show_struct(sb, s->c, SYS_STRUCT_pollfd, v + i * 8);
    }
    sb_puts(sb, n > SHOW_ITEMS ? ", ...]" : "]");
}

static void show_fdset(StrBuf *sb, const SysShow *s, const SysArg *arg, uint64_t v)
{
    uint8_t bits[128];
    uint64_t n = MIN(length_of(s, arg), sizeof bits * 8);
    if (!v || !gm_copy_in(bits, v, (n + 63) / 64 * 8)) {
        show_pointer(sb, v);
        return;
    }
    sb_putc(sb, '[');
    const char *sep = "";
    for (unsigned fd = 0; fd < n; fd++) {
        if (bits[fd / 8] >> (fd % 8) & 1) {
            sb_printf(sb, "%s%u", sep, fd);
            sep = " ";
        }
    }
    sb_putc(sb, ']');
}

static void show_sigset(StrBuf *sb, const SysShow *s, uint64_t v)
{
    uint64_t mask;
    if (!v || !gm_copy_in(&mask, v, sizeof mask))
        show_pointer(sb, v);
    else
        sys_show_value(sb, s->c, SYS_KIND_SIGMASK, 0, mask);
}

static void show_wstatus(StrBuf *sb, uint64_t v)
{
    uint32_t w;
    if (!v || !gm_copy_in(&w, v, sizeof w)) {
        show_pointer(sb, v);
        return;
    }
    const char *sig = sys_signal_name((int)(w & 0x7f));
    const char *stop = sys_signal_name((int)(w >> 8 & 0xff));
    if (w == 0xffff)
        sb_puts(sb, "[{WIFCONTINUED(s)}]");
    else if ((w & 0xff) == 0x7f)
        sb_printf(sb, "[{WIFSTOPPED(s) && WSTOPSIG(s) == %s}]", stop ? stop : "?");
    else if (w & 0x7f)
        sb_printf(sb, "[{WIFSIGNALED(s) && WTERMSIG(s) == %s%s}]", sig ? sig : "?",
                  w & 0x80 ? " && WCOREDUMP(s)" : "");
    else
        sb_printf(sb, "[{WIFEXITED(s) && WEXITSTATUS(s) == %u}]", w >> 8 & 0xff);
}

/* pselect6's last argument: a pointer to the mask and its size. */
static void show_sigarg(StrBuf *sb, const SysShow *s, uint64_t v)
{
    uint64_t arg[2];
    if (!v || !gm_copy_in(arg, v, sizeof arg)) {
        show_pointer(sb, v);
        return;
    }
    sb_puts(sb, "{sigmask=");
    show_sigset(sb, s, arg[0]);
    sb_printf(sb, ", sigsetsize=%lu}", arg[1]);
}

/* linux_dirent64: d_ino 8, d_off 8, d_reclen 2 at 16. */
static void show_dents(StrBuf *sb, const SysShow *s, const SysArg *arg, uint64_t v)
{
    uint64_t len = length_of(s, arg), at = 0;
    unsigned n = 0;
    uint16_t reclen;
    while (at < len && gm_copy_in(&reclen, v + at + 16, sizeof reclen) && reclen) {
        at += reclen;
        n++;
    }
    sb_printf(sb, "0x%lx /* %u entries */", v, n);
}

static void show_op(StrBuf *sb, const SysShow *s, const SysRow *row, uint64_t v)
{
    const SysRow *call = &sys_rows[row->id];
    const SysOpsSet *ops = &sys_ops_sets[call->ops];
    if (row == call) { /* an operation without a row */
        sb_printf(sb, "0x%x", (unsigned)v);
        return;
    }
    sb_puts(sb, sys_str(row->name));
    uint64_t rest = (uint32_t)v & ~ops->mask;
    if (rest && ops->keyflags != SYS_NONE) {
        sb_putc(sb, '|');
        sys_show_flags(sb, s->c->abi, ops->keyflags, rest);
    }
}

static void show_pointed(StrBuf *sb, const SysShow *s, const SysArg *arg, uint64_t v)
{
    switch (arg->kind) {
    case SYS_KIND_PATH:
    case SYS_KIND_STR:
        sys_show_string(sb, v, arg->kind == SYS_KIND_PATH ? SHOW_PATH : SHOW_STRING);
        return;
    case SYS_KIND_BUF:
        sys_show_bytes(sb, v, length_of(s, arg), SHOW_STRING);
        return;
    case SYS_KIND_STRUCT:
        if (arg->ref == SYS_STRUCT_msghdr)
            show_message(sb, s, arg, v);
        else
            sys_show_struct(sb, s->c, arg->ref, v);
        return;
    case SYS_KIND_STRUCTV:
        show_structv(sb, s, arg, v);
        return;
    case SYS_KIND_IOV:
        sys_show_iov(sb, v, length_of(s, arg), arg->dir == SYS_DIR_OUT ? (uint64_t)s->ret : ~0ull);
        return;
    case SYS_KIND_STRV:
        show_strv(sb, v);
        return;
    case SYS_KIND_ENVP:
        show_envp(sb, v);
        return;
    case SYS_KIND_SOCKADDR:
        sys_show_sockaddr(sb, s->c, v, given_length(s, arg));
        return;
    case SYS_KIND_SOCKOPT:
        sys_show_option(sb, v, given_length(s, arg));
        return;
    case SYS_KIND_MMSGS:
        sys_show_messages(sb, s->c, v, length_of(s, arg), arg->dir == SYS_DIR_OUT);
        return;
    case SYS_KIND_POLLFDS:
        show_pollfds(sb, s, arg, v);
        return;
    case SYS_KIND_FDSET:
        show_fdset(sb, s, arg, v);
        return;
    case SYS_KIND_SIGSET:
        show_sigset(sb, s, v);
        return;
    case SYS_KIND_SIGARG:
        show_sigarg(sb, s, v);
        return;
    case SYS_KIND_WSTATUS:
        show_wstatus(sb, v);
        return;
    case SYS_KIND_DENTS:
        show_dents(sb, s, arg, v);
        return;
    default:
        show_pointer(sb, v);
    }
}

void sys_show_arg(StrBuf *sb, const SysShow *s, const SysRow *row, unsigned n)
{
    const SysArg *arg = sys_row_arg(row, n);
    uint64_t v = s->args[n];
    if (arg->kind == SYS_KIND_OP)
        show_op(sb, s, row, v);
    else if (arg->dir == SYS_DIR_VALUE)
        sys_show_value(sb, s->c, arg->kind, arg->ref, v);
    else if (!v || not_filled(s, arg))
        show_pointer(sb, v);
    else
        show_pointed(sb, s, arg, v);
}
