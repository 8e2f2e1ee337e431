/*
 * The path hook:
 *
 *     readlinkat("/proc/self/exe")     -> the guest program's path, not ferry's
 *     openat("/proc/cpuinfo")          -> the guest's processors (overlay.c)
 *     openat("/lib/libc.so.6")         -> the sysroot's (sysroot.c)
 */
#include "paths.h"
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <asm/fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include "guestmem.h"
#include "hostsys.h"
#include "overlay.h"
#include "proc_exe.h"
#include "process.h"
#include "str.h"
#include "sysroot.h"

enum { HOST_X_OK = 1 };

/* st_mode of an open file, 0 when that fails. */
static uint32_t mode_of_fd(long fd)
{
    struct {
        uint64_t dev, ino, nlink;
        uint32_t mode;
        uint8_t rest[256];
    } st; /* x86-64's struct stat up to st_mode */
    return HS(__NR_fstat, fd, &st) == 0 ? st.mode : 0;
}

bool path_sets_id(int fd)
{
    uint32_t mode = mode_of_fd(fd), group = S_ISGID | S_IXGRP;
    return mode & S_ISUID || (mode & group) == group;
}

long path_open_exec(int dirfd, const char *path, int flags)
{
    int stay = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
    long fd = HS(__NR_openat, dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | stay);
    if (hs_failed(fd))
        return fd;
    long r = (mode_of_fd(fd) & S_IFMT) == S_IFREG ? 0 : -EACCES;
    if (r == 0)
        r = HS(__NR_faccessat2, fd, "", HOST_X_OK, AT_EMPTY_PATH | AT_EACCESS);
    if (r == -ENOSYS)
        r = HS(__NR_faccessat, dirfd, path, HOST_X_OK);
    if (r == 0)
        return fd;
    HS(__NR_close, fd);
    return r;
}

/* readlink's result; args: dirfd, path, buf, size. */
static long put_link(const SysPathQuery *q, const char *text)
{
    size_t n = MIN(str_len(text), q->args[3]);
    if ((int)q->args[3] <= 0)
        return -EINVAL;
    return gm_copy_out(q->args[2], text, n) ? (long)n : -EFAULT;
}

uint64_t path_open_flags(SysCtx *c, const SysPathQuery *q)
{
    uint64_t flags = q->args[2];
    if (q->row->id == SYS_ROW_openat2 && !gm_copy_in(&flags, q->args[2], sizeof flags))
        return O_WRONLY; /* the kernel will say EFAULT */
    return sys_open_flags_to_host(c->abi, flags);
}

/* Is the call about the link itself? */
static bool names_link(SysCtx *c, const SysPathQuery *q)
{
    return !(sysroot_mode(c, q) & SYSROOT_FOLLOW);
}

/* mount's source is a path when it is a directory of the tree that is seen again elsewhere. */
static bool is_just_a_name(const SysPathQuery *q)
{
    enum { BIND_OR_MOVE = 0x1000 | 0x2000 };
    return q->row->id == SYS_ROW_mount && q->argno == 0 && !(q->args[3] & BIND_OR_MOVE);
}

SysPathResult path_hook(SysCtx *c, const SysPathQuery *q, char *out, long *result)
{
    if (is_just_a_name(q))
        return SYS_PATH_KEEP;
    const char *exe = proc_exe(q->dirfd, q->path, q->len, out);
    if (exe && q->row->id == SYS_ROW_readlinkat) {
        *result = put_link(q, sysroot_shown(exe));
        return SYS_PATH_DONE;
    }
    if (exe && names_link(c, q))
        return SYS_PATH_KEEP;
    if (exe) {
        memmove(out, exe, str_len(exe) + 1);
        return SYS_PATH_REPLACED;
    }
    if (overlay_open(c, q, result))
        return SYS_PATH_DONE;
    bool moved = sysroot_path(c, q, out);
    if (process.opt.sysroot && q->row->id == SYS_ROW_readlinkat) {
        *result = sysroot_readlink(q, moved ? out : q->path);
        return SYS_PATH_DONE;
    }
    return moved ? SYS_PATH_REPLACED : SYS_PATH_KEEP;
}
