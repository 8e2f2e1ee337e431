/*
 * The path hook. With -L /srv/arm64:
 *
 *     openat(AT_FDCWD, "/lib/libc.so.6")   -> /srv/arm64/lib/libc.so.6 when that exists
 *     readlinkat("/proc/self/exe")         -> the guest program's path, not ferry's
 *
 * Calls that create, rename or remove names are left alone: they mean the real tree.
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
#include "process.h"
#include "str.h"

enum { HOST_X_OK = 1 };

const char *path_in_sysroot(const char *path, char *out)
{
    const char *root = process.opt.sysroot;
    StrBuf sb = {out, SYS_PATH_MAX, 0};
    if (!root || path[0] != '/' || str_after(path, root))
        return path;
    sb_printf(&sb, "%s%s", root, path);
    if (sb.len + 1 >= SYS_PATH_MAX)
        return path;
    long r = HS(__NR_faccessat2, AT_FDCWD, out, 0, AT_SYMLINK_NOFOLLOW);
    if (r == -ENOSYS)
        r = HS(__NR_faccessat, AT_FDCWD, out, 0);
    return r == 0 ? out : path;
}

/* After "/proc/": true for "self", "thread-self" and our own number; *rest is what follows. */
static bool own_proc_dir(const char *s, const char **rest)
{
    *rest = str_after(s, "self/");
    if (!*rest)
        *rest = str_after(s, "thread-self/");
    if (*rest)
        return true;
    long pid = 0;
    const char *p = s;
    for (; *p >= '0' && *p <= '9' && p - s < 9; p++)
        pid = pid * 10 + (*p - '0');
    if (p == s || *p != '/' || pid != HS(__NR_getpid))
        return false;
    *rest = p + 1;
    return true;
}

const char *path_self_exe(const char *path)
{
    const char *rest = str_after(path, "/proc/");
    return rest && own_proc_dir(rest, &rest) && str_eq(rest, "exe") ? process.exe_path : NULL;
}

long path_open_exec(int dirfd, const char *path)
{
    struct {
        uint64_t dev, ino, nlink;
        uint32_t mode;
        uint8_t rest[256];
    } st; /* x86-64's struct stat up to st_mode */
    long fd = HS(__NR_openat, dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (hs_failed(fd))
        return fd;
    long r = HS(__NR_fstat, fd, &st);
    if (r == 0 && (st.mode & S_IFMT) != S_IFREG)
        r = -EACCES;
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

static bool looks_in_sysroot(uint16_t row)
{
    switch (row) {
    case SYS_ROW_openat:
    case SYS_ROW_openat2:
    case SYS_ROW_newfstatat:
    case SYS_ROW_statx:
    case SYS_ROW_faccessat:
    case SYS_ROW_faccessat2:
    case SYS_ROW_readlinkat:
    case SYS_ROW_statfs:
    case SYS_ROW_getxattr:
    case SYS_ROW_lgetxattr:
    case SYS_ROW_inotify_add_watch:
        return true;
    default:
        return false;
    }
}

SysPathResult path_hook(SysCtx *c, const SysPathQuery *q, char *out, long *result)
{
    const char *exe = q->path[0] == '/' ? path_self_exe(q->path) : NULL;
    if (exe && q->row->id == SYS_ROW_readlinkat) {
        *result = put_link(q, exe);
        return SYS_PATH_DONE;
    }
    if (exe) {
        StrBuf sb = {out, SYS_PATH_MAX, 0};
        sb_puts(&sb, exe);
        return SYS_PATH_REPLACED;
    }
    if (overlay_open(c, q, result))
        return SYS_PATH_DONE;
    if (process.opt.sysroot && looks_in_sysroot(q->row->id) && path_in_sysroot(q->path, out) == out)
        return SYS_PATH_REPLACED;
    return SYS_PATH_KEEP;
}
