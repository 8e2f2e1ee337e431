/*
 * How system calls meet the sysroot: which calls take the last name of a path as it stands, which
 * may make it, and the calls whose paths lie in other places than a path argument: addresses of
 * AF_UNIX sockets, getcwd's result, links of /proc.
 *
 *     lstat("/lib64")             newfstatat with AT_SYMLINK_NOFOLLOW: the link itself
 *     connect({AF_UNIX, "/run/x.sock"})      /srv/arm64/run/x.sock where that exists
 *     getcwd() in /srv/arm64/etc             "/etc"
 */
#include "sysroot.h"
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/fcntl.h>
#include <string.h>
#include "guestmem.h"
#include "hostsys.h"
#include "paths.h"
#include "process.h"
#include "str.h"
#include "sys_handlers.h"

/* ---- path arguments ---- */

enum { NEW_NAME = 1, WHEN_CLEAR = 2, ALWAYS = 4 };

/* A call that does not follow a link at the end of its path when this flag is set. */
typedef struct NoFollow {
    uint16_t row;
    uint8_t path; /* the path's argument */
    uint8_t flags_arg;
    uint8_t how; /* NEW_NAME: it makes the name; WHEN_CLEAR: the flag asks to follow */
    uint32_t flag;
} NoFollow;

static const NoFollow no_follow[] = {
    {SYS_ROW_newfstatat, 1, 3, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_statx, 1, 2, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_faccessat2, 1, 3, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_fchmodat2, 1, 3, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_fchownat, 1, 4, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_utimensat, 1, 3, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_file_getattr, 1, 4, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_file_setattr, 1, 4, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_setxattrat, 1, 2, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_getxattrat, 1, 2, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_listxattrat, 1, 2, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_removexattrat, 1, 2, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_open_tree, 1, 2, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_open_tree_attr, 1, 2, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_mount_setattr, 1, 2, 0, AT_SYMLINK_NOFOLLOW},
    {SYS_ROW_umount2, 0, 1, 0, 8 /* UMOUNT_NOFOLLOW */},
    {SYS_ROW_inotify_add_watch, 1, 2, 0, 0x02000000 /* IN_DONT_FOLLOW */},
    {SYS_ROW_fanotify_mark, 4, 1, 0, 4 /* FAN_MARK_DONT_FOLLOW */},
    {SYS_ROW_fspick, 1, 2, 0, 2 /* FSPICK_SYMLINK_NOFOLLOW */},
    {SYS_ROW_name_to_handle_at, 1, 4, WHEN_CLEAR, AT_SYMLINK_FOLLOW},
    {SYS_ROW_linkat, 1, 4, WHEN_CLEAR, AT_SYMLINK_FOLLOW},
    {SYS_ROW_move_mount, 1, 4, WHEN_CLEAR, 1 /* MOVE_MOUNT_F_SYMLINKS */},
    {SYS_ROW_move_mount, 3, 4, WHEN_CLEAR, 16 /* MOVE_MOUNT_T_SYMLINKS */},
    {SYS_ROW_linkat, 3, 0, ALWAYS | NEW_NAME, 0},
    {SYS_ROW_symlinkat, 2, 0, ALWAYS | NEW_NAME, 0},
    {SYS_ROW_mkdirat, 1, 0, ALWAYS | NEW_NAME, 0},
    {SYS_ROW_mknodat, 1, 0, ALWAYS | NEW_NAME, 0},
    {SYS_ROW_renameat, 1, 0, ALWAYS, 0},
    {SYS_ROW_renameat, 3, 0, ALWAYS | NEW_NAME, 0},
    {SYS_ROW_renameat2, 1, 0, ALWAYS, 0},
    {SYS_ROW_renameat2, 3, 0, ALWAYS | NEW_NAME, 0},
    {SYS_ROW_unlinkat, 1, 0, ALWAYS, 0},
    {SYS_ROW_readlinkat, 1, 0, ALWAYS, 0},
    {SYS_ROW_lsetxattr, 0, 0, ALWAYS, 0},
    {SYS_ROW_lgetxattr, 0, 0, ALWAYS, 0},
    {SYS_ROW_llistxattr, 0, 0, ALWAYS, 0},
    {SYS_ROW_lremovexattr, 0, 0, ALWAYS, 0},
};

static unsigned open_mode(uint64_t flags)
{
    bool stays = flags & O_NOFOLLOW || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    return (stays ? 0 : SYSROOT_FOLLOW) | (flags & O_CREAT ? SYSROOT_CREATE : 0);
}

unsigned sysroot_mode(SysCtx *c, const SysPathQuery *q)
{
    if (q->row->id == SYS_ROW_openat || q->row->id == SYS_ROW_openat2)
        return open_mode(path_open_flags(c, q));
    for (size_t i = 0; i < ARRAY_LEN(no_follow); i++) {
        const NoFollow *n = &no_follow[i];
        if (n->row != q->row->id || n->path != q->argno)
            continue;
        bool set = q->args[n->flags_arg] & n->flag, stays = n->how & WHEN_CLEAR ? !set : set;
        return (stays || n->how & ALWAYS ? 0 : SYSROOT_FOLLOW) |
               (n->how & NEW_NAME ? SYSROOT_CREATE : 0);
    }
    return SYSROOT_FOLLOW;
}

/* openat2 that keeps to the tree below its directory: the kernel's alone. */
static bool is_scoped(const SysPathQuery *q)
{
    enum { RESOLVE_BENEATH_OR_IN_ROOT = 0x18 };
    uint64_t how[3];
    return q->row->id == SYS_ROW_openat2 && gm_copy_in(how, q->args[2], sizeof how) &&
           how[2] & RESOLVE_BENEATH_OR_IN_ROOT;
}

bool sysroot_path(SysCtx *c, const SysPathQuery *q, char *out)
{
    return process.opt.sysroot && !is_scoped(q) &&
           sysroot_find(q->dirfd, q->path, sysroot_mode(c, q), out);
}

/* ---- what shows a path of the host ---- */

long sysroot_readlink(const SysPathQuery *q, const char *path)
{
    char text[SYS_PATH_MAX];
    if ((int)q->args[3] <= 0)
        return -EINVAL;
    long n = HS(__NR_readlinkat, q->dirfd, path, text, sizeof text - 1);
    if (hs_failed(n))
        return n;
    text[n] = 0;
    const char *shown = sysroot_shown(text);
    size_t len = MIN(str_len(shown), (size_t)(int)q->args[3]);
    return gm_copy_out(q->args[2], shown, len) ? (long)len : -EFAULT;
}

long sys_getcwd(SysCtx *c, const uint64_t a[6])
{
    char path[SYS_PATH_MAX];
    if (!process.opt.sysroot)
        return sys_host_blocking(c, __NR_getcwd, a[0], a[1], 0, 0, 0, 0);
    long n = sys_host_blocking(c, __NR_getcwd, (uintptr_t)path, sizeof path, 0, 0, 0, 0);
    if (n < 0)
        return n;
    const char *shown = sysroot_shown(path);
    size_t len = str_len(shown) + 1;
    if (len > a[1])
        return -ERANGE;
    return gm_copy_out(a[0], shown, len) ? (long)len : -EFAULT;
}

/* ---- sockets ---- */

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

long sys_sendmsg(SysCtx *c, const uint64_t a[6])
{
    uint64_t msg[7]; /* struct msghdr: name, its length, the rest as it is */
    UnixName u;
    if (!process.opt.sysroot || !gm_copy_in(msg, a[1], sizeof msg))
        return sys_host_blocking(c, __NR_sendmsg, a[0], a[1], a[2], 0, 0, 0);
    name_socket(&u, msg[0], (uint32_t)msg[1], SYSROOT_FOLLOW);
    msg[0] = u.ptr;
    msg[1] = (msg[1] & ~(uint64_t)UINT32_MAX) | (uint32_t)u.len;
    return done_with(&u, sys_host_blocking(c, __NR_sendmsg, a[0], (uintptr_t)msg, a[2], 0, 0, 0));
}

/* getsockname and getpeername: a name below the sysroot as the guest knows it. */
static long socket_name(SysCtx *c, const uint64_t a[6])
{
    char addr[SUN_PATH + SUN_PATH_MAX + 1];
    uint32_t room = 0, len;
    bool known = gm_copy_in(&room, a[2], sizeof room);
    long r = HS(c->row->host_nr, a[0], a[1], a[2]);
    if (r || !process.opt.sysroot || !known || !gm_copy_in(&len, a[2], sizeof len) ||
        len <= SUN_PATH || len > MIN(room, (uint32_t)sizeof addr - 1) ||
        !gm_copy_in(addr, a[1], len))
        return r;
    addr[len] = 0;
    const char *path = addr + SUN_PATH, *shown = sysroot_shown(path);
    uint16_t family;
    memcpy(&family, addr, sizeof family);
    if (family != FAMILY_UNIX || shown == path)
        return r;
    len = SUN_PATH + (uint32_t)str_len(shown) + 1;
    bool ok =
        gm_copy_out(a[1] + SUN_PATH, shown, len - SUN_PATH) && gm_copy_out(a[2], &len, sizeof len);
    return ok ? r : -EFAULT;
}

long sys_getsockname(SysCtx *c, const uint64_t a[6])
{
    return socket_name(c, a);
}

long sys_getpeername(SysCtx *c, const uint64_t a[6])
{
    return socket_name(c, a);
}
