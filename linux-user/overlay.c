/*
 * The overlays. With an AArch64 guest:
 *
 *     openat(AT_FDCWD, "/proc/cpuinfo", O_RDONLY)   -> a file that starts "processor\t:
 * 0\nBogoMIPS"
 *
 * Only a path whose last part is the name of a row costs more than a comparison. The file is made
 * in memory, and what the guest gets is a second, read-only opening of it with its own flags.
 */
#include "overlay.h"
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include "cpus.h"
#include "guestmem.h"
#include "hostsys.h"
#include "maps.h"
#include "paths.h"
#include "process.h"
#include "str.h"

typedef struct Overlay {
    char name[16];
    char path[24];         /* what the kernel calls it; % is our own number, # any */
    long (*write)(int fd); /* 0 or -errno */
    bool untold;           /* only where the kernel could not be told (process.view) */
} Overlay;

static long write_all(int fd, const char *text, size_t n)
{
    while (n) {
        long r = HS(__NR_write, fd, text, n);
        if (r < 0 && r != -EINTR)
            return r;
        if (r > 0)
            text += r, n -= (size_t)r;
    }
    return 0;
}

/* ---- /proc/cpuinfo ---- */

static long cpuinfo_range(void *arg, uint64_t first, uint64_t last)
{
    const GuestOps *g = process.guest->ops;
    int fd = *(int *)arg;
    long r = 0;
    for (uint64_t cpu = first; cpu <= last && r == 0; cpu++) {
        char text[2048];
        StrBuf sb = STRBUF_ON(text);
        g->cpuinfo(&process.features, (unsigned)cpu, &sb);
        r = write_all(fd, sb.buf, sb.len);
    }
    return r;
}

static long write_cpuinfo(int fd)
{
    return process.guest->ops->cpuinfo ? cpus_each_online(cpuinfo_range, &fd) : -ENOENT;
}

/* ---- what the kernel shows by itself when PR_SET_MM_MAP works ---- */

/* Guest memory as it is now, as far as it can be read. */
static long write_guest(int fd, GuestAddr at, GuestAddr end)
{
    char part[1024];
    long r = 0;
    while (at < end && r == 0) {
        size_t n = MIN((size_t)(end - at), sizeof part);
        if (!gm_copy_in(part, at, n))
            break;
        r = write_all(fd, part, n);
        at += n;
    }
    return r;
}

static long write_cmdline(int fd)
{
    return write_guest(fd, process.view->arg_start, process.view->arg_end);
}

static long write_environ(int fd)
{
    return write_guest(fd, process.view->env_start, process.view->env_end);
}

static long write_auxv(int fd)
{
    return write_all(fd, (const char *)process.view->auxv, process.view->auxv_size);
}

static const Overlay overlays[] = {
    {"cpuinfo", "/proc/cpuinfo", write_cpuinfo, false},
    {"maps", "/proc/%/maps", maps_write_own, false},
    {"maps", "/proc/%/task/#/maps", maps_write_own, false},
    {"cmdline", "/proc/%/cmdline", write_cmdline, true},
    {"environ", "/proc/%/environ", write_environ, true},
    {"auxv", "/proc/%/auxv", write_auxv, true},
};

/* ---- opening ---- */

static void fd_path(char out[32], long fd)
{
    StrBuf sb = {out, 32, 0};
    sb_printf(&sb, "/proc/self/fd/%ld", fd);
}

/* "/proc/12/maps" against "/proc/%/maps". */
static bool matches(const char *name, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern != '%' && *pattern != '#') {
            if (*name++ != *pattern)
                return false;
            continue;
        }
        const char *digits = name;
        uint64_t n = str_take_number(&name);
        if (name == digits || (*pattern == '%' && n != (uint64_t)HS(__NR_getpid)))
            return false;
    }
    return *name == 0;
}

/* The row that the call's path leads to; NULL: none. */
static const Overlay *find_overlay(const SysPathQuery *q)
{
    char link[32], name[64];
    size_t i = 0;
    while (i < ARRAY_LEN(overlays) && (!str_is_last_part(q->path, q->len, overlays[i].name) ||
                                       (overlays[i].untold && !process.view)))
        i++;
    if (i == ARRAY_LEN(overlays))
        return NULL;
    long fd = HS(__NR_openat, q->dirfd, q->path, O_PATH | O_CLOEXEC);
    if (hs_failed(fd))
        return NULL;
    fd_path(link, fd);
    long n = HS(__NR_readlinkat, AT_FDCWD, link, name, sizeof name - 1);
    HS(__NR_close, fd);
    name[n > 0 ? n : 0] = 0;
    for (i = 0; i < ARRAY_LEN(overlays); i++)
        if (matches(name, overlays[i].path) && (!overlays[i].untold || process.view))
            return &overlays[i];
    return NULL;
}

/* A second opening of the file in memory takes the first one's place: the lowest free number. */
static long reopen(long fd, uint64_t flags)
{
    char link[32];
    fd_path(link, fd);
    long r = HS(__NR_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC | (flags & O_NONBLOCK));
    if (hs_failed(r)) {
        HS(__NR_close, fd);
        return r;
    }
    fd = HS(__NR_dup3, r, fd, flags & O_CLOEXEC);
    HS(__NR_close, r);
    return fd;
}

bool overlay_open(SysCtx *c, const SysPathQuery *q, long *result)
{
    if (q->row->id != SYS_ROW_openat && q->row->id != SYS_ROW_openat2)
        return false;
    const Overlay *o = find_overlay(q);
    uint64_t flags = o ? path_open_flags(c, q) : 0;
    if (!o || (flags & O_ACCMODE) != O_RDONLY || flags & (O_PATH | O_DIRECTORY | O_TRUNC))
        return false;
    long fd = HS(__NR_memfd_create, o->name, MFD_CLOEXEC);
    if (hs_failed(fd)) {
        *result = fd;
        return true;
    }
    HS(__NR_fchmod, fd, 0444);
    long r = o->write((int)fd);
    if (r == 0) {
        *result = reopen(fd, flags);
        return true;
    }
    HS(__NR_close, fd);
    *result = r;
    return true;
}
