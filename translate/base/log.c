/*
 * Freestanding formatter and log output. See log.h for the printf subset.
 *
 *   char b[32]; StrBuf sb = STRBUF_ON(b);
 *   sb_printf(&sb, "%-4s|%08lx", "ab", 255ul);      -> "ab  |000000ff"
 *
 * log_write formats into a stack buffer of LOG_LINE bytes; longer messages are cut off.
 */
#include "log.h"
#include "hostsys.h"

enum { LOG_LINE = 2048 };

const LogChannelInfo log_channels[LOG_CHANNEL_COUNT] = {
#define X(id, name, help) {name, help},
    LOG_CHANNELS(X)
#undef X
};

uint32_t log_mask;
int log_fd = 2;

void sb_putc(StrBuf *sb, char c)
{
    if (sb->len + 1 < sb->cap)
        sb->buf[sb->len++] = c;
    if (sb->cap)
        sb->buf[sb->len] = 0;
}

void sb_puts(StrBuf *sb, const char *s)
{
    while (*s)
        sb_putc(sb, *s++);
}

/* One conversion as parsed from the format. */
typedef struct Spec {
    bool left, zero;
    int width, precision; /* precision -1: none */
    int longs;            /* 0 int, 1 long, 2 long long; size_t counts as long */
} Spec;

static void sb_fill(StrBuf *sb, char c, int n)
{
    while (n-- > 0)
        sb_putc(sb, c);
}

static void sb_field(StrBuf *sb, const Spec *sp, const char *s, size_t n)
{
    int pad = sp->width - (int)n;
    if (!sp->left)
        sb_fill(sb, ' ', pad);
    for (size_t i = 0; i < n; i++)
        sb_putc(sb, s[i]);
    if (sp->left)
        sb_fill(sb, ' ', pad);
}

static void sb_number(StrBuf *sb, const Spec *sp, uint64_t v, unsigned base, const char *prefix)
{
    char digits[24];
    size_t at = sizeof digits, plen = 0;
    do {
        digits[--at] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    size_t n = sizeof digits - at;
    while (prefix[plen])
        plen++;
    int pad = sp->width - (int)(n + plen);
    if (!sp->left && !sp->zero)
        sb_fill(sb, ' ', pad);
    sb_puts(sb, prefix);
    if (!sp->left && sp->zero)
        sb_fill(sb, '0', pad);
    for (size_t i = 0; i < n; i++)
        sb_putc(sb, digits[at + i]);
    if (sp->left)
        sb_fill(sb, ' ', pad);
}

static int parse_int(const char **f, va_list *ap)
{
    if (**f == '*') {
        (*f)++;
        return va_arg(*ap, int);
    }
    int v = 0;
    for (; **f >= '0' && **f <= '9'; (*f)++)
        v = v * 10 + (**f - '0');
    return v;
}

static const char *parse_spec(const char *f, Spec *sp, va_list *ap)
{
    *sp = (Spec){.precision = -1};
    for (;; f++) {
        if (*f == '-')
            sp->left = true;
        else if (*f == '0')
            sp->zero = true;
        else
            break;
    }
    sp->width = parse_int(&f, ap);
    if (*f == '.') {
        f++;
        sp->precision = parse_int(&f, ap);
    }
    for (;; f++) {
        if (*f == 'l')
            sp->longs++;
        else if (*f == 'z')
            sp->longs = 1;
        else
            return f;
    }
}

static void put_string(StrBuf *sb, const Spec *sp, const char *s)
{
    size_t n = 0;
    if (!s)
        s = "(null)";
    while ((sp->precision < 0 || n < (size_t)sp->precision) && s[n])
        n++;
    sb_field(sb, sp, s, n);
}

static void put_conversion(StrBuf *sb, char c, Spec *sp, va_list *ap)
{
    char one;
    int64_t v;
    switch (c) {
    case 'c':
        one = (char)va_arg(*ap, int);
        sb_field(sb, sp, &one, 1);
        break;
    case 's':
        put_string(sb, sp, va_arg(*ap, const char *));
        break;
    case 'd':
    case 'i':
        v = sp->longs ? va_arg(*ap, long) : va_arg(*ap, int);
        sb_number(sb, sp, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0 ? "-" : "");
        break;
    case 'u':
    case 'x':
        sb_number(sb, sp, sp->longs ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned),
                  c == 'x' ? 16 : 10, "");
        break;
    case 'p':
        sb_number(sb, sp, (uintptr_t)va_arg(*ap, void *), 16, "0x");
        break;
    default:
        sb_putc(sb, c);
    }
}

void sb_vprintf(StrBuf *sb, const char *fmt, va_list ap_in)
{
    va_list ap;
    Spec sp;
    va_copy(ap, ap_in);
    if (sb->cap)
        sb->buf[sb->len] = 0;
    for (const char *f = fmt; *f; f++) {
        if (*f != '%') {
            sb_putc(sb, *f);
            continue;
        }
        f = parse_spec(f + 1, &sp, &ap);
        if (!*f)
            break;
        put_conversion(sb, *f, &sp, &ap);
    }
    va_end(ap);
}

void sb_printf(StrBuf *sb, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    sb_vprintf(sb, fmt, ap);
    va_end(ap);
}

static void write_all(int fd, const char *text, size_t len)
{
    while (len) {
        long r = HS(__NR_write, fd, text, len);
        if (r == -4 /* EINTR */)
            continue;
        if (r <= 0)
            return;
        text += r;
        len -= (size_t)r;
    }
}

void log_text(const char *text, size_t len)
{
    write_all(log_fd, text, len);
}

void log_write(const char *fmt, ...)
{
    char line[LOG_LINE];
    StrBuf sb = STRBUF_ON(line);
    va_list ap;
    va_start(ap, fmt);
    sb_vprintf(&sb, fmt, ap);
    va_end(ap);
    write_all(log_fd, sb.buf, sb.len);
}

void log_error(const char *fmt, ...)
{
    char line[LOG_LINE];
    StrBuf sb = STRBUF_ON(line);
    va_list ap;
    va_start(ap, fmt);
    sb_vprintf(&sb, fmt, ap);
    va_end(ap);
    write_all(2, sb.buf, sb.len);
}
