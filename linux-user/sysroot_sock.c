/*
 * AF_UNIX sockets and the sysroot: names that calls take are looked up as paths are, names that
 * they return are shown without the sysroot.
 *
 *     connect({AF_UNIX, "/run/x.sock"})      /srv/arm64/run/x.sock where that exists
 *     accept() of a client bound there       "/run/client"
 *
 * Without -L every call goes straight to the host.
 */
#include "sysroot.h"
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/fcntl.h>
#include <string.h>
#include "guestmem.h"
#include "hostsys.h"
#include "process.h"
#include "str.h"
#include "sys_handlers.h"

enum { FAMILY_UNIX = 1, SUN_PATH = 2, SUN_PATH_MAX = 108 };

typedef struct UnixName {
    char addr[SUN_PATH + SUN_PATH_MAX + 1]; /* struct sockaddr_un */
    char path[SYS_PATH_MAX];
    uint64_t ptr, len; /* what the host call gets */
    int dirfd;         /* to be closed after it, or -1 */
} UnixName;

/* A path that is too long for the address is reached through its directory's descriptor. */
static bool put_name(UnixName *u)
{
    StrBuf sb = {u->addr + SUN_PATH, SUN_PATH_MAX, 0};
    const char *base = str_basename(u->path);
    if (str_len(u->path) < SUN_PATH_MAX) {
        sb_puts(&sb, u->path);
    } else {
        char dir[SYS_PATH_MAX];
        StrBuf d = STRBUF_ON(dir);
        sb_printf(&d, "%.*s", (int)(base - u->path), u->path);
        u->dirfd = (int)HS(__NR_openat, AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (u->dirfd < 0)
            return false;
        sb_printf(&sb, "/proc/self/fd/%d/%s", u->dirfd, base);
    }
    u->ptr = (uintptr_t)u->addr;
    u->len = SUN_PATH + sb.len + 1;
    return sb.len + 1 < sb.cap;
}

/* Fills u with the address that the host shall get for the guest's. */
static void name_socket(UnixName *u, GuestAddr addr, uint64_t len, unsigned mode)
{
    uint16_t family;
    u->ptr = addr;
    u->len = len;
    u->dirfd = -1;
    if (!process.opt.sysroot || (int)len <= SUN_PATH || len > SUN_PATH + SUN_PATH_MAX ||
        !gm_copy_in(u->addr, addr, len))
        return;
    memcpy(&family, u->addr, sizeof family);
    u->addr[len] = 0;
    if (family != FAMILY_UNIX || !u->addr[SUN_PATH] ||
        !sysroot_find(AT_FDCWD, u->addr + SUN_PATH, mode, u->path) || put_name(u))
        return;
    u->ptr = addr;
    u->len = len;
}

static long done_with(UnixName *u, long result)
{
    if (u->dirfd >= 0)
        HS(__NR_close, u->dirfd);
    return result;
}

long sys_bind(SysCtx *c, const uint64_t a[6])
{
    UnixName u;
    name_socket(&u, a[1], a[2], SYSROOT_CREATE);
    return done_with(&u, sys_host_blocking(c, __NR_bind, a[0], u.ptr, u.len, 0, 0, 0));
}

long sys_connect(SysCtx *c, const uint64_t a[6])
{
    UnixName u;
    name_socket(&u, a[1], a[2], SYSROOT_FOLLOW);
    return done_with(&u, sys_host_blocking(c, __NR_connect, a[0], u.ptr, u.len, 0, 0, 0));
}

long sys_sendto(SysCtx *c, const uint64_t a[6])
{
    UnixName u;
    name_socket(&u, a[4], a[5], SYSROOT_FOLLOW);
    return done_with(&u, sys_host_blocking(c, __NR_sendto, a[0], a[1], a[2], a[3], u.ptr, u.len));
}

/* struct msghdr: name and its length, then what passes as it is; flags at the end. */
enum { MSG_WORDS = 7, MMSG_SIZE = 8 * MSG_WORDS + 8, MMSG_MAX = 1024 /* UIO_MAXIOV */ };

static long send_message(SysCtx *c, uint64_t fd, GuestAddr at, uint64_t flags)
{
    uint64_t msg[MSG_WORDS];
    UnixName u;
    if (!gm_copy_in(msg, at, sizeof msg))
        return sys_host_blocking(c, __NR_sendmsg, fd, at, flags, 0, 0, 0);
    name_socket(&u, msg[0], (uint32_t)msg[1], SYSROOT_FOLLOW);
    msg[0] = u.ptr;
    msg[1] = (msg[1] & ~(uint64_t)UINT32_MAX) | (uint32_t)u.len;
    return done_with(&u, sys_host_blocking(c, __NR_sendmsg, fd, (uintptr_t)msg, flags, 0, 0, 0));
}

long sys_sendmsg(SysCtx *c, const uint64_t a[6])
{
    if (!process.opt.sysroot)
        return sys_host_blocking(c, __NR_sendmsg, a[0], a[1], a[2], 0, 0, 0);
    return send_message(c, a[0], a[1], a[2]);
}

/* Does a message name a receiver? Then each is sent by itself, as the kernel does it. */
static bool names_receiver(GuestAddr at, uint64_t n)
{
    uint64_t name;
    for (uint64_t i = 0; i < n; i++)
        if (gm_copy_in(&name, at + i * MMSG_SIZE, sizeof name) && name)
            return true;
    return false;
}

long sys_sendmmsg(SysCtx *c, const uint64_t a[6])
{
    uint64_t n = MIN((uint32_t)a[2], (uint32_t)MMSG_MAX);
    if (!process.opt.sysroot || !names_receiver(a[1], n))
        return sys_host_blocking(c, __NR_sendmmsg, a[0], a[1], a[2], a[3], 0, 0);
    for (uint64_t i = 0; i < n; i++) {
        GuestAddr at = a[1] + i * MMSG_SIZE;
        long r = send_message(c, a[0], at, a[3]);
        uint32_t len = (uint32_t)r;
        if (r >= 0 && !gm_copy_out(at + 8 * MSG_WORDS, &len, sizeof len))
            r = -EFAULT;
        if (r < 0)
            return i ? (long)i : r;
    }
    return (long)n;
}

/* ---- names that calls return ---- */

/*
 * Takes the sysroot off the name at `addr`, for which there were `room` bytes; *len is the whole
 * name's length, which the kernel may have cut off. False: not accessible.
 */
static bool show_name(GuestAddr addr, uint32_t room, uint32_t *len)
{
    char name[SUN_PATH + SUN_PATH_MAX + 1];
    uint16_t family;
    if (!addr || *len <= SUN_PATH || *len > MIN(room, (uint32_t)sizeof name - 1) ||
        !gm_copy_in(name, addr, *len))
        return true;
    name[*len] = 0;
    const char *path = name + SUN_PATH, *shown = sysroot_shown(path);
    memcpy(&family, name, sizeof family);
    if (family != FAMILY_UNIX || shown == path)
        return true;
    *len = SUN_PATH + (uint32_t)str_len(shown) + 1;
    return gm_copy_out(addr + SUN_PATH, shown, *len - SUN_PATH);
}

/* Runs the call, whose arguments addr and len give the place of a name, and shows that. */
static long call_showing(SysCtx *c, const uint64_t *a, unsigned addr, bool blocks)
{
    uint32_t room = 0, len;
    bool known = process.opt.sysroot && a[addr] && gm_copy_in(&room, a[addr + 1], sizeof room);
    unsigned nr = c->row->host_nr;
    long r = blocks ? sys_host_blocking(c, nr, a[0], a[1], a[2], a[3], a[4], a[5])
                    : HS(nr, a[0], a[1], a[2]);
    if (r < 0 || !known || !gm_copy_in(&len, a[addr + 1], sizeof len))
        return r;
    bool ok = show_name(a[addr], room, &len) && gm_copy_out(a[addr + 1], &len, sizeof len);
    return ok ? r : -EFAULT;
}

long sys_getsockname(SysCtx *c, const uint64_t a[6])
{
    return call_showing(c, a, 1, false);
}

long sys_getpeername(SysCtx *c, const uint64_t a[6])
{
    return call_showing(c, a, 1, false);
}

long sys_accept(SysCtx *c, const uint64_t a[6])
{
    return call_showing(c, a, 1, true);
}

long sys_accept4(SysCtx *c, const uint64_t a[6])
{
    return call_showing(c, a, 1, true);
}

long sys_recvfrom(SysCtx *c, const uint64_t a[6])
{
    return call_showing(c, a, 4, true);
}

/* The name in a msghdr that was filled, with the room that there was before. */
static bool show_message_name(GuestAddr msg, uint32_t room)
{
    uint64_t head[2];
    if (!gm_copy_in(head, msg, sizeof head))
        return false;
    uint32_t len = (uint32_t)head[1];
    return show_name(head[0], room, &len) && gm_copy_out(msg + 8, &len, sizeof len);
}

long sys_recvmsg(SysCtx *c, const uint64_t a[6])
{
    uint32_t room = 0;
    bool known = process.opt.sysroot && gm_copy_in(&room, a[1] + 8, sizeof room);
    long r = sys_host_blocking(c, __NR_recvmsg, a[0], a[1], a[2], 0, 0, 0);
    return r < 0 || !known || show_message_name(a[1], room) ? r : -EFAULT;
}
