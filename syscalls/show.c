/*
 * How each kind of argument looks under --strace. The kinds are those of the tables; results and
 * struct fields use the same functions. Guest memory is read with gm_copy_in: an unreadable
 * pointer is shown as a number.
 *
 * Example: kind flags(open), value 0x80241 of an aarch64 guest ->
 * O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC
 */
#include "sys_impl.h"

static void show_hex_or_null(StrBuf *sb, uint64_t v)
{
    if (v)
        sb_printf(sb, "0x%lx", v);
    else
        sb_puts(sb, "NULL");
}

static void show_enum(StrBuf *sb, const SysAbi *abi, unsigned set, uint64_t v)
{
    const SysFlagSet *s = &sys_flag_sets[set];
    for (unsigned i = 0; i < s->count; i++) {
        const SysFlagItem *it = &sys_flag_items[s->first + i];
        if (it->value[abi->flagset] == (uint32_t)v) {
            sb_puts(sb, sys_str(it->name));
            return;
        }
    }
    sb_printf(sb, "%d", (int)v);
}

/* Items with a mask of their own are fields: the first that matches names all bits of the field. */
void sys_show_flags(StrBuf *sb, const SysAbi *abi, unsigned set, uint64_t v)
{
    const SysFlagSet *s = &sys_flag_sets[set];
    uint64_t seen = 0;
    size_t start = sb->len;
    for (unsigned i = 0; i < s->count; i++) {
        const SysFlagItem *it = &sys_flag_items[s->first + i];
        uint64_t value = it->value[abi->flagset];
        bool field = it->mask != it->value[0] || !value;
        uint64_t mask = field ? it->mask : value;
        bool whole = field && !mask; /* "field 0": the name of the value 0 */
        if (whole ? v != 0 : (v & mask) != value || (mask & seen))
            continue;
        seen |= mask;
        if (sb->len != start)
            sb_putc(sb, '|');
        sb_puts(sb, sys_str(it->name));
    }
    uint64_t rest = v & ~seen;
    if (rest || sb->len == start)
        sb_printf(sb, sb->len == start ? "%s0x%lx" : "%s|0x%lx", "", rest);
    if (!v && sb->len == start + 3) { /* plain "0" rather than "0x0" */
        sb->len = start;
        sb_putc(sb, '0');
    }
}

/* S_IFREG|0644; at least three octal digits after the 0. */
static void show_mode(StrBuf *sb, const SysAbi *abi, unsigned mode)
{
    enum { TYPE = 0170000, PERMISSIONS = 0777 };
    if (mode & TYPE) {
        sys_show_flags(sb, abi, SYS_SET_mode, mode & ~(unsigned)PERMISSIONS);
        sb_putc(sb, '|');
        mode &= PERMISSIONS;
    }
    sb_putc(sb, '0');
    for (int shift = mode >= 01000 ? 9 : 6; shift >= 0; shift -= 3)
        sb_putc(sb, (char)('0' + (mode >> shift & 7)));
}

static void show_dirfd(StrBuf *sb, uint64_t v)
{
    if ((int)v == -100)
        sb_puts(sb, "AT_FDCWD");
    else
        sb_printf(sb, "%d", (int)v);
}

static void show_rlim(StrBuf *sb, uint64_t v)
{
    if (v == ~0ull)
        sb_puts(sb, "RLIM64_INFINITY");
    else if (v && v % 1024 == 0)
        sb_printf(sb, "%lu*1024", v / 1024);
    else
        sb_printf(sb, "%lu", v);
}

static void show_dev(StrBuf *sb, uint64_t v)
{
    uint64_t major = (v >> 8 & 0xfff) | (v >> 32 & 0xfffff000);
    uint64_t minor = (v & 0xff) | (v >> 12 & 0xffffff00);
    sb_printf(sb, "makedev(0x%lx, 0x%lx)", major, minor);
}

void sys_show_value(StrBuf *sb, SysCtx *c, unsigned kind, unsigned ref, uint64_t v)
{
    switch (kind) {
    case SYS_KIND_INT:
    case SYS_KIND_FD:
    case SYS_KIND_PID:
        sb_printf(sb, "%d", (int)v);
        return;
    case SYS_KIND_UID: /* -1: "leave it" */
        sb_printf(sb, (uint32_t)v == ~0u ? "%d" : "%u", (unsigned)v);
        return;
    case SYS_KIND_UINT:
        sb_printf(sb, "%u", (unsigned)v);
        return;
    case SYS_KIND_LONG:
    case SYS_KIND_OFF:
        sb_printf(sb, "%ld", (long)v);
        return;
    case SYS_KIND_ULONG:
    case SYS_KIND_SIZE:
        sb_printf(sb, "%lu", v);
        return;
    case SYS_KIND_HEX:
        sb_printf(sb, v ? "0x%lx" : "%lu", v);
        return;
    case SYS_KIND_MODE:
    case SYS_KIND_CMODE:
        show_mode(sb, c->abi, (unsigned)v);
        return;
    case SYS_KIND_DIRFD:
        show_dirfd(sb, v);
        return;
    case SYS_KIND_SIG:
        sys_show_signal(sb, (int)v);
        return;
    case SYS_KIND_DEV:
        show_dev(sb, v);
        return;
    case SYS_KIND_RLIM:
        show_rlim(sb, v);
        return;
    case SYS_KIND_SIGMASK:
        sys_show_sigmask(sb, v);
        return;
    case SYS_KIND_HANDLER:
        sys_show_handler(sb, v);
        return;
    case SYS_KIND_FLAGS:
        sys_show_flags(sb, c->abi, ref, v);
        return;
    case SYS_KIND_ENUM:
        show_enum(sb, c->abi, ref, v);
        return;
    default:
        show_hex_or_null(sb, v);
    }
}

static void show_char(StrBuf *sb, unsigned char ch, bool digit_next)
{
    static const char plain[] = "\n\t\r\v\f\"\\", escape[] = "ntrvf\"\\";
    for (unsigned i = 0; i < sizeof plain - 1; i++) {
        if (ch == plain[i]) {
            sb_putc(sb, '\\');
            sb_putc(sb, escape[i]);
            return;
        }
    }
    if (ch >= 32 && ch < 127) {
        sb_putc(sb, (char)ch);
        return;
    }
    sb_putc(sb, '\\'); /* octal, as short as the next character allows */
    if (digit_next || ch >= 0100)
        sb_putc(sb, (char)('0' + (ch >> 6)));
    if (digit_next || ch >= 010)
        sb_putc(sb, (char)('0' + (ch >> 3 & 7)));
    sb_putc(sb, (char)('0' + (ch & 7)));
}

void sys_show_quoted(StrBuf *sb, const char *text, size_t n)
{
    sb_putc(sb, '"');
    for (size_t i = 0; i < n; i++) {
        bool digit = i + 1 < n && text[i + 1] >= '0' && text[i + 1] <= '7';
        show_char(sb, (unsigned char)text[i], digit);
    }
    sb_putc(sb, '"');
}

void sys_show_string(StrBuf *sb, GuestAddr addr, size_t max)
{
    if (!addr) {
        sb_puts(sb, "NULL");
        return;
    }
    long len = gm_strlen(addr, max);
    if (len < 0 && len != -ENAMETOOLONG) {
        sb_printf(sb, "0x%lx", addr);
        return;
    }
    sys_show_bytes(sb, addr, len < 0 ? max + 1 : (uint64_t)len, max);
}

void sys_show_bytes(StrBuf *sb, GuestAddr addr, uint64_t len, size_t max)
{
    char part[256];
    size_t n = MIN(MIN(len, max), sizeof part);
    if (!addr || !gm_copy_in(part, addr, n)) {
        show_hex_or_null(sb, addr);
        return;
    }
    sys_show_quoted(sb, part, n);
    if (n < len)
        sb_puts(sb, "...");
}

static void show_field(StrBuf *sb, SysCtx *c, const SysField *f, const uint8_t *p)
{
    unsigned size = f->size[c->abi->layout];
    sb_printf(sb, "%s=", sys_str(f->name));
    if (f->show == SYS_KIND_CSTR) {
        size_t n = 0;
        while (n < f->count && p[n])
            n++;
        sys_show_quoted(sb, (const char *)p, n);
        return;
    }
    if (f->count > 1)
        sb_putc(sb, '[');
    for (unsigned i = 0; i < f->count; i++) {
        if (i)
            sb_puts(sb, ", ");
        sys_show_value(sb, c, f->show, f->show_ref, sys_load(p + i * size, size, f->is_signed));
    }
    if (f->count > 1)
        sb_putc(sb, ']');
}

/* The fields of a struct in the guest's layout, in the table's order. */
static void show_fields(StrBuf *sb, SysCtx *c, const SysStruct *s, const uint8_t *bytes)
{
    uint16_t group = 0;
    const char *sep = "";
    for (unsigned i = 0; i < s->count; i++) {
        const SysField *f = &sys_fields[s->first + i];
        uint16_t off = f->off[c->abi->layout];
        if (off == SYS_NONE || f->show == SYS_KIND_NONE)
            continue;
        if (group && f->group != group)
            sb_putc(sb, '}');
        sb_puts(sb, sep);
        sep = ", ";
        if (f->group && f->group != group)
            sb_printf(sb, "%s={", sys_str(f->group));
        group = f->group;
        show_field(sb, c, f, bytes + off);
    }
    if (group)
        sb_putc(sb, '}');
}

void sys_show_struct(StrBuf *sb, SysCtx *c, unsigned id, GuestAddr addr)
{
    const SysStruct *s = &sys_structs[id];
    uint8_t bytes[SYS_STRUCT_MAX];
    if (!addr || !gm_copy_in(bytes, addr, s->size[c->abi->layout])) {
        show_hex_or_null(sb, addr);
        return;
    }
    if (id == SYS_STRUCT_siginfo) {
        sys_show_siginfo(sb, c, bytes);
        return;
    }
    const SysField *f = &sys_fields[s->first];
    if (s->count == 1) { /* a single integer: [v] */
        sb_putc(sb, '[');
        sys_show_value(sb, c, f->show, f->show_ref,
                       sys_load(bytes, f->size[c->abi->layout], f->is_signed));
        sb_putc(sb, ']');
        return;
    }
    sb_putc(sb, '{');
    show_fields(sb, c, s, bytes);
    sb_putc(sb, '}');
}
