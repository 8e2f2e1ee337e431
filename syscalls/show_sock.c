/*
 * How sockets' arguments look under --strace: addresses, messages with their control data, options.
 *
 * Example: a descriptor sent over a socket ->
 * {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=1}], msg_iovlen=1,
 *  msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5]}],
 *  msg_controllen=24, msg_flags=0}
 *
 * All layouts here are those of 64-bit kernels, alike on every guest; what the guest gives is read
 * with gm_copy_in and may be anything.
 */
#include "sys_impl.h"

enum { UNIX = 1, INET = 2, INET6 = 10, NETLINK = 16 }; /* sa_family */
enum { ADDRESS_MAX = 110, PATH_AT = 2 };

/* struct msghdr and struct cmsghdr. */
typedef struct Message {
    uint64_t name;
    uint32_t namelen, pad;
    uint64_t iov, iovlen, control, controllen;
    uint32_t flags, pad2;
} Message;
typedef struct Control {
    uint64_t len;
    int32_t level, type;
} Control;
enum { MMSG_SIZE = sizeof(Message) + 8, CONTROLS_SHOWN = 4, DATA_SHOWN = 64, MESSAGES_SHOWN = 4 };

static unsigned big16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t little32(const uint8_t *p)
{
    return (uint32_t)sys_load(p, 4, false);
}

/* RFC 5952: the longest run of two or more zero groups, the first of equals, becomes "::". */
static void show_address6(StrBuf *sb, const uint8_t *a)
{
    unsigned best = 8, best_len = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;
        while (i + n < 8 && !big16(a + 2 * (i + n)))
            n++;
        if (n > best_len) {
            best = i;
            best_len = n;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            sb_puts(sb, "::");
            i += best_len - 1;
            continue;
        }
        sb_printf(sb, i && i != best + best_len ? ":%x" : "%x", big16(a + 2 * i));
    }
}

static void show_unix(StrBuf *sb, const uint8_t *sa, size_t len)
{
    bool abstract = len > PATH_AT && !sa[PATH_AT];
    size_t at = PATH_AT + abstract, n = at;
    while (n < len && (sa[n] || abstract))
        n++;
    sb_puts(sb, abstract ? ", sun_path=@" : ", sun_path=");
    sys_show_quoted(sb, (const char *)sa + at, n - at);
}

void sys_show_sockaddr(StrBuf *sb, SysCtx *c, GuestAddr addr, uint64_t len)
{
    uint8_t sa[ADDRESS_MAX] = {0};
    len = MIN(len, sizeof sa);
    if (len < 2 || !gm_copy_in(sa, addr, len)) {
        sys_show_value(sb, c, SYS_KIND_PTR, 0, addr);
        return;
    }
    unsigned family = (unsigned)sa[0] | (unsigned)sa[1] << 8;
    sb_puts(sb, "{sa_family=");
    sys_show_value(sb, c, SYS_KIND_ENUM, SYS_SET_af, family);
    if (family == UNIX && len > PATH_AT) {
        show_unix(sb, sa, len);
    } else if (family == INET && len >= 8) {
        sb_printf(sb, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")", big16(sa + 2),
                  sa[4], sa[5], sa[6], sa[7]);
    } else if (family == INET6 && len >= 28) {
        sb_printf(sb, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"",
                  big16(sa + 2), big16(sa + 4) << 16 | big16(sa + 6));
        show_address6(sb, sa + 8);
        sb_printf(sb, "\", &sin6_addr), sin6_scope_id=%u", little32(sa + 24));
    } else if (family == NETLINK && len >= 12) {
        sb_printf(sb, ", nl_pid=%u, nl_groups=0x%x", little32(sa + 4), little32(sa + 8));
    }
    sb_putc(sb, '}');
}

/* ---- messages ---- */

static void show_ints(StrBuf *sb, const uint8_t *p, size_t n)
{
    sb_putc(sb, '[');
    for (size_t i = 0; i + 4 <= n; i += 4)
        sb_printf(sb, i ? ", %d" : "%d", (int)little32(p + i));
    sb_putc(sb, ']');
}

static void show_control(StrBuf *sb, SysCtx *c, const Control *h, GuestAddr data)
{
    enum { SOCKET = 1, RIGHTS = 1, CREDENTIALS = 2 };
    uint8_t bytes[DATA_SHOWN];
    uint64_t n = h->len - sizeof *h;
    sb_printf(sb, "{cmsg_len=%lu, cmsg_level=", h->len);
    sys_show_value(sb, c, SYS_KIND_ENUM, SYS_SET_sol, (uint32_t)h->level);
    sb_puts(sb, ", cmsg_type=");
    if (h->level == SOCKET)
        sys_show_value(sb, c, SYS_KIND_ENUM, SYS_SET_scm, (uint32_t)h->type);
    else
        sb_printf(sb, "0x%x", (unsigned)h->type);
    sb_puts(sb, ", cmsg_data=");
    if (h->level != SOCKET || n > sizeof bytes || !gm_copy_in(bytes, data, n))
        sys_show_bytes(sb, data, n, DATA_SHOWN / 2);
    else if (h->type == RIGHTS)
        show_ints(sb, bytes, n);
    else if (h->type == CREDENTIALS && n >= 12)
        sb_printf(sb, "{pid=%u, uid=%u, gid=%u}", little32(bytes), little32(bytes + 4),
                  little32(bytes + 8));
    else
        sys_show_bytes(sb, data, n, DATA_SHOWN / 2);
    sb_putc(sb, '}');
}

static void show_controls(StrBuf *sb, SysCtx *c, GuestAddr at, uint64_t len)
{
    Control h;
    if (!at || len < sizeof h || !gm_copy_in(&h, at, sizeof h)) {
        sys_show_value(sb, c, SYS_KIND_PTR, 0, at);
        return;
    }
    sb_putc(sb, '[');
    for (unsigned i = 0; len >= sizeof h && gm_copy_in(&h, at, sizeof h); i++) {
        if (h.len < sizeof h || h.len > len || i == CONTROLS_SHOWN) {
            sb_puts(sb, i ? ", ..." : "...");
            break;
        }
        if (i)
            sb_puts(sb, ", ");
        show_control(sb, c, &h, at + sizeof h);
        uint64_t whole = MIN(ALIGN_UP(h.len, 8), len);
        at += whole;
        len -= whole;
    }
    sb_putc(sb, ']');
}

void sys_show_message(StrBuf *sb, SysCtx *c, GuestAddr addr, uint64_t bytes, bool filled)
{
    Message m;
    if (!gm_copy_in(&m, addr, sizeof m)) {
        sys_show_value(sb, c, SYS_KIND_PTR, 0, addr);
        return;
    }
    sb_puts(sb, "{msg_name=");
    if (filled && m.name)
        sys_show_sockaddr(sb, c, m.name, m.namelen);
    else
        sys_show_value(sb, c, SYS_KIND_PTR, 0, m.name);
    sb_printf(sb, ", msg_namelen=%d, msg_iov=", (int)m.namelen);
    if (filled)
        sys_show_iov(sb, m.iov, m.iovlen, bytes);
    else
        sys_show_value(sb, c, SYS_KIND_PTR, 0, m.iov);
    sb_printf(sb, ", msg_iovlen=%lu", m.iovlen);
    if (m.control || m.controllen) {
        sb_puts(sb, ", msg_control=");
        if (filled)
            show_controls(sb, c, m.control, m.controllen);
        else
            sys_show_value(sb, c, SYS_KIND_PTR, 0, m.control);
    }
    sb_printf(sb, ", msg_controllen=%lu, msg_flags=", m.controllen);
    sys_show_flags(sb, c->abi, SYS_SET_msg, m.flags);
    sb_putc(sb, '}');
}

void sys_show_messages(StrBuf *sb, SysCtx *c, GuestAddr addr, uint64_t n, bool received)
{
    sb_putc(sb, '[');
    for (uint64_t i = 0; i < MIN(n, (uint64_t)MESSAGES_SHOWN); i++) {
        GuestAddr at = addr + i * MMSG_SIZE;
        uint32_t len;
        if (!gm_copy_in(&len, at + sizeof(Message), sizeof len))
            break;
        sb_puts(sb, i ? ", {msg_hdr=" : "{msg_hdr=");
        sys_show_message(sb, c, at, received ? len : ~0ull, true);
        sb_printf(sb, received ? ", msg_len=%u}" : "}", len);
    }
    sb_puts(sb, n > MESSAGES_SHOWN ? ", ...]" : "]");
}

void sys_show_option(StrBuf *sb, GuestAddr addr, uint64_t len)
{
    uint8_t value[4];
    if (len == sizeof value && gm_copy_in(value, addr, sizeof value))
        show_ints(sb, value, sizeof value);
    else
        sys_show_bytes(sb, addr, len, DATA_SHOWN / 2);
}
