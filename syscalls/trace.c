/*
 * --strace: one line a call, from the rows that ran it.
 *
 * Arguments that the call fills are shown after it, all before them earlier, because the call may
 * change what an in-argument pointed to. A line is written when the call is done, whole, so that
 * lines of threads do not mix. Calls that may not come back are written before they run; if one
 * comes back after all, a second line gives the result.
 *
 * Under -d crash the last lines of each thread are kept instead, for the report of its death.
 *
 *   1234 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
 *   1234 read(3, "root:x:0:0:root:/root:/bin/bash\n"..., 4096) = 1872
 *   1234 unlinkat(AT_FDCWD, "nofile", 0) = -1 ENOENT (No such file or directory)
 */
#include "sys_impl.h"

static int tid_of(const SysCtx *c)
{
    return c->tid ? c->tid : (int)HS(__NR_gettid);
}

static bool known_only_after(const SysArg *arg)
{
    return (arg->dir & SYS_DIR_OUT) != 0;
}

/* The mode of an open that creates nothing. */
static bool unused_mode(const SysShow *s, const SysArg *arg, unsigned n)
{
    enum { CREAT = 0100, TMPFILE = 020000000 };
    return arg->kind == SYS_KIND_CMODE && !(s->args[n - 1] & (CREAT | TMPFILE));
}

/* Shows arguments from t->shown on; stops at one that only the finished call knows. */
static void show_args(SysTrace *t, const SysShow *s, const SysRow *row)
{
    for (; t->shown < row->nargs; t->shown++) {
        const SysArg *arg = sys_row_arg(row, t->shown);
        if (arg->kind == SYS_KIND_NONE || unused_mode(s, arg, t->shown))
            continue;
        if (!s->done && known_only_after(arg) && !(row->attrs & SYS_ATTR_NORETURN))
            return;
        if (t->shown)
            sb_puts(&t->sb, ", ");
        sys_show_arg(&t->sb, s, row, t->shown);
    }
}

static void write_line(SysTrace *t, SysCtx *c)
{
    if (LOG_ON(CRASH)) {
        StrBuf sb = STRBUF_ON(c->recent[c->recent_count++ % SYS_RECENT]);
        sb_puts(&sb, t->text);
    }
    if (!LOG_ON(STRACE))
        return;
    if (t->sb.len + 2 > t->sb.cap) /* cut off: the line still ends */
        t->sb.len = t->sb.cap - 2;
    sb_putc(&t->sb, '\n');
    log_text(t->text, t->sb.len);
}

void sys_show_recent(const SysCtx *c)
{
    uint32_t n = MIN(c->recent_count, (uint32_t)SYS_RECENT);
    for (uint32_t i = c->recent_count - n; i != c->recent_count; i++)
        log_write("    %s\n", c->recent[i % SYS_RECENT]);
}

void sys_trace_enter(SysTrace *t, SysCtx *c, const SysRow *row, const uint64_t a[6])
{
    t->sb = STRBUF_ON(t->text);
    t->shown = 0;
    sb_printf(&t->sb, "%d %s(", tid_of(c), sys_str(sys_rows[row->id].name));
    SysShow s = {c, a, 0, false};
    show_args(t, &s, row);
    if (row->attrs & SYS_ATTR_NORETURN) {
        sb_puts(&t->sb, ") = ?");
        write_line(t, c);
    }
}

static void show_result(StrBuf *sb, SysCtx *c, const SysRow *row, long ret)
{
    if (ret == SYS_RESTART) {
        sb_puts(sb, "? ERESTARTSYS (To be restarted)");
    } else if (ret == SYS_NORETURN_STATE) {
        sb_puts(sb, "?");
    } else if (hs_failed(ret)) {
        const char *name = sys_errno_name((int)-ret);
        if (name)
            sb_printf(sb, "-1 %s (%s)", name, sys_str(sys_errnos[-ret].text));
        else
            sb_printf(sb, "-1 (errno %ld)", -ret);
    } else if (row->ret == SYS_KIND_INT || row->ret == SYS_KIND_FD) {
        sb_printf(sb, "%ld", ret);
    } else {
        sys_show_value(sb, c, row->ret, row->ret_ref, (uint64_t)ret);
    }
}

void sys_trace_leave(SysTrace *t, SysCtx *c, const SysRow *row, const uint64_t a[6], long ret)
{
    if (row->attrs & SYS_ATTR_NORETURN) {
        if (!hs_failed(ret) || ret == SYS_NORETURN_STATE)
            return;
        t->sb = STRBUF_ON(t->text);
        sb_printf(&t->sb, "%d <... %s resumed> = ", tid_of(c), sys_str(sys_rows[row->id].name));
        show_result(&t->sb, c, row, ret);
        write_line(t, c);
        return;
    }
    if ((row->id == SYS_ROW_clone || row->id == SYS_ROW_clone3) && ret == 0)
        return; /* in the child: the call was the parent's */
    SysShow s = {c, a, ret, true};
    show_args(t, &s, row);
    sb_puts(&t->sb, ") = ");
    show_result(&t->sb, c, row, ret);
    write_line(t, c);
}

void sys_trace_line(SysCtx *c, const char *fmt, ...)
{
    if (!LOG_ON(STRACE))
        return;
    SysTrace t;
    t.sb = STRBUF_ON(t.text);
    sb_printf(&t.sb, "%d ", tid_of(c));
    va_list ap;
    va_start(ap, fmt);
    sb_vprintf(&t.sb, fmt, ap);
    va_end(ap);
    write_line(&t, c);
}

void sys_trace_signal(SysCtx *c, const void *siginfo)
{
    SysTrace t;
    if (!LOG_ON(STRACE))
        return;
    t.sb = STRBUF_ON(t.text);
    sb_printf(&t.sb, "%d --- ", tid_of(c));
    sys_show_signal(&t.sb, *(const int32_t *)siginfo);
    sb_putc(&t.sb, ' ');
    sys_show_siginfo(&t.sb, c, siginfo);
    sb_puts(&t.sb, " ---");
    write_line(&t, c);
}
