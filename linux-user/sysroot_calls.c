/*
 * How system calls meet the sysroot: which calls take the last name of a path as it stands, which
 * may make it, and the calls that show paths: getcwd, links of /proc. AF_UNIX: sysroot_sock.c.
 *
 *     lstat("/lib64")             newfstatat with AT_SYMLINK_NOFOLLOW: the link itself
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
