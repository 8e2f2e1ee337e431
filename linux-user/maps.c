/*
 * The guest's /proc/self/maps is made of the kernel's by three changes: memory that is ferry's own
 * is left out, executable ranges get the protection that the guest gave them (on the host they are
 * only readable), and names lose the sysroot in front.
 *
 *     kernel   400000-500000 r--p 00000000 fe:00 12  /srv/arm64/bin/prog     code and data of one
 * file guest    400000-480000 r-xp 00000000 fe:00 12  /bin/prog 480000-500000 r--p 00080000 fe:00
 * 12  /bin/prog
 *
 * The vdso lies in ferry's image and appears as a line of its own.
 */
#include "maps.h"
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <string.h>
#include "addrspace.h"
#include "hostsys.h"
#include "ownmap.h"
#include "process.h"
#include "str.h"
#include "sysroot.h"

/* ---- lines ---- */

bool maps_open(MapsReader *r, const char *path)
{
    long fd = HS(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    r->fd = (int)fd;
    r->at = r->have = 0;
    return !hs_failed(fd);
}

void maps_close(MapsReader *r)
{
    HS(__NR_close, r->fd);
}

/* A whole line in the buffer, its newline replaced by 0; NULL at the end. */
static char *whole_line(MapsReader *r)
{
    for (;;) {
        char *s = r->buf + r->at;
        for (size_t i = 0; i < r->have - r->at; i++)
            if (s[i] == '\n') {
                s[i] = 0;
                r->at += i + 1;
                return s;
            }
        memmove(r->buf, s, r->have - r->at);
        r->have -= r->at;
        r->at = 0;
        long n = HS(__NR_read, r->fd, r->buf + r->have, sizeof r->buf - r->have);
        if (n <= 0)
            return NULL;
        r->have += (size_t)n;
    }
}

static uint64_t take_hex(const char **s)
{
    uint64_t v = 0;
    for (;; (*s)++) {
        char c = **s;
        if (c >= '0' && c <= '9')
            v = v << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (uint64_t)(c - 'a' + 10);
        else
            return v;
    }
}

bool maps_next(MapsReader *r, MapsLine *l)
{
    const char *s = whole_line(r);
    if (!s)
        return false;
    l->start = take_hex(&s);
    s += *s != 0;
    l->end = take_hex(&s);
    s += *s != 0;
    memset(l->prot, 0, sizeof l->prot);
    for (int i = 0; i < 4 && *s; i++)
        l->prot[i] = *s++;
    s += *s != 0;
    l->off = take_hex(&s);
    s += *s != 0;
    l->dev = s;
    while (*s && *s != ' ')
        s++;
    s += *s != 0;
    while (*s >= '0' && *s <= '9')
        s++;
    l->dev_len = (int)(s - l->dev);
    while (*s == ' ')
        s++;
    l->name = s;
    return true;
}

/* ---- the guest's view ---- */

typedef struct View {
    long error;
    int fd;
    StrBuf out;
    MapsLine piece; /* collected, not yet written; end 0: none */
    char text[2 * MAPS_LINE];
} View;

static void flush_text(View *v)
{
    const char *at = v->out.buf;
    size_t n = v->out.len;
    while (n && !v->error) {
        long r = HS(__NR_write, v->fd, at, n);
        if (r > 0)
            at += r, n -= (size_t)r;
        else if (r != -EINTR)
            v->error = r;
    }
    v->out.len = 0;
}

/* The name starts where the kernel has it. */
static void write_piece(View *v)
{
    enum { NAME_COLUMN = 73 };
    const MapsLine *p = &v->piece;
    size_t start = v->out.len;
    if (!p->end)
        return;
    sb_printf(&v->out, "%08lx-%08lx %s %08lx %.*s ", p->start, p->end, p->prot, p->off, p->dev_len,
              p->dev);
    const char *name = sysroot_shown(p->name);
    while (*p->name && v->out.len - start < NAME_COLUMN)
        sb_putc(&v->out, ' ');
    if (*p->name)
        sb_puts(&v->out, name);
    sb_putc(&v->out, '\n');
    if (v->out.len > MAPS_LINE)
        flush_text(v);
    v->piece.end = 0;
}

static bool is_file(const MapsLine *l)
{
    return l->dev_len < 3 || memcmp(l->dev + l->dev_len - 2, " 0", 2) != 0;
}

/* [from, to) of a line with protection `prot`; joins with the piece before where it can. */
static void add_piece(View *v, const MapsLine *l, uint64_t from, uint64_t to, const char *prot)
{
    if (v->piece.end == from && memcmp(v->piece.prot, prot, 4) == 0) {
        v->piece.end = to;
        return;
    }
    write_piece(v);
    v->piece = *l;
    v->piece.start = from;
    v->piece.end = to;
    v->piece.off += is_file(l) ? from - l->start : 0;
    memcpy(v->piece.prot, prot, 4);
}

/* Guest memory [from, to): executable ranges as the guest protected them. */
static void add_guest(View *v, const MapsLine *l, uint64_t from, uint64_t to)
{
    while (from < to) {
        char prot[4];
        memcpy(prot, l->prot, 4);
        as_lock();
        const AsRange *r = as_first_exec(from, to);
        uint64_t end = r && r->node.start > from ? r->node.start : r ? MIN(r->node.end, to) : to;
        if (r && r->node.start <= from) {
            prot[0] = r->prot & PROT_READ ? 'r' : '-';
            prot[1] = r->prot & PROT_WRITE ? 'w' : '-';
            prot[2] = 'x';
        }
        as_unlock();
        add_piece(v, l, from, end, prot);
        from = end;
    }
}

/* The vdso, when it lies in this part of ferry's memory. */
static void add_vdso(View *v, uint64_t from, uint64_t to)
{
    uint64_t at = (uintptr_t)process.guest->vdso;
    static const char dev[] = "00:00 0";
    const MapsLine l = {.dev = dev, .dev_len = sizeof dev - 1, .name = "[vdso]"};
    if (at < from || at >= to)
        return;
    write_piece(v);
    add_piece(v, &l, at, at + process.guest->vdso_size, "r-xp");
    write_piece(v);
}

static bool is_hosts(const char *name)
{
    return str_eq(name, "[vdso]") || str_eq(name, "[vsyscall]") || str_after(name, "[vvar");
}

static void add_line(View *v, const MapsLine *l)
{
    uint64_t at = l->start, next;
    if (is_hosts(l->name))
        return;
    while (at < l->end) {
        uint64_t own = ownmap_end(at, &next);
        uint64_t end = MIN(own ? own : next, l->end);
        if (own)
            add_vdso(v, at, end);
        else
            add_guest(v, l, at, end);
        at = end;
    }
    write_piece(v); /* its name lies in the reader's buffer */
}

long maps_write_own(int fd)
{
    MapsReader r;
    MapsLine line;
    View v;
    v.fd = fd;
    v.error = 0;
    v.out = STRBUF_ON(v.text);
    v.piece.end = 0;
    if (!maps_open(&r, "/proc/self/maps"))
        return r.fd;
    while (maps_next(&r, &line))
        add_line(&v, &line);
    flush_text(&v);
    maps_close(&r);
    return v.error;
}
