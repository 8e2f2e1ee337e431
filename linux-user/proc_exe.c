/*
 * Which program a process runs. For this process it is known. Another's exe link names the same
 * ferry, and its program is the file mapped where the kernel was told that code starts
 * (PR_SET_MM_MAP in load.c):
 *
 *     /proc/812/exe  -> /usr/bin/ferry, as our own
 *     /proc/812/stat    field 26: 0x555555554000
 *     /proc/812/maps    555555554000-555555560000 r--p ... /srv/arm64/bin/dash
 *
 * Reading these takes the permission that reading the link takes.
 */
#include "proc_exe.h"
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/fcntl.h>
#include <string.h>
#include "hostsys.h"
#include "log.h"
#include "maps.h"
#include "process.h"
#include "str.h"

enum { NAME_MAX_HERE = 64 };

/* "123/..." gives 123 and moves *s behind the slash; 0: no such thing. */
static long take_pid(const char **s)
{
    long n = 0;
    const char *p = *s;
    for (; *p >= '0' && *p <= '9' && n < 1 << 26; p++)
        n = n * 10 + (*p - '0');
    if (*p != '/')
        return 0;
    *s = p + 1;
    return n;
}

/* The process whose exe link the kernel calls by this name; 0: none. */
static long pid_of_link(const char *name)
{
    const char *s = str_after(name, "/proc/");
    long pid = s ? take_pid(&s) : 0;
    if (!pid)
        return 0;
    const char *task = str_after(s, "task/");
    if (task && !take_pid(&task))
        return 0;
    return str_eq(task ? task : s, "exe") ? pid : 0;
}

/* The usual spelling needs no call. */
static long pid_of_text(const char *path)
{
    const char *s = str_after(path, "/proc/");
    const char *self = s ? str_after(s, "self/") : NULL;
    if (s && !self)
        self = str_after(s, "thread-self/");
    if (self)
        return str_eq(self, "exe") ? HS(__NR_getpid) : 0;
    return pid_of_link(path);
}

static long read_link(const char *path, char *out, size_t cap)
{
    long n = HS(__NR_readlinkat, AT_FDCWD, path, out, cap - 1);
    if (n >= 0)
        out[n] = 0;
    return n;
}

/* By what the path leads to: relative to a directory of /proc, through other names of it. */
static long pid_of_file(int dirfd, const char *path)
{
    char link[32], name[NAME_MAX_HERE];
    StrBuf sb = STRBUF_ON(link);
    long fd = HS(__NR_openat, dirfd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (hs_failed(fd))
        return 0;
    sb_printf(&sb, "/proc/self/fd/%ld", fd);
    long n = read_link(link, name, sizeof name);
    HS(__NR_close, fd);
    return n > 0 ? pid_of_link(name) : 0;
}

/* Field `want` of /proc/PID/stat, counted from 1; 0 when it cannot be read. */
static uint64_t stat_field(long pid, int want)
{
    char path[32], text[1024];
    StrBuf sb = STRBUF_ON(path);
    sb_printf(&sb, "/proc/%ld/stat", pid);
    long fd = HS(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (hs_failed(fd))
        return 0;
    long n = HS(__NR_read, fd, text, sizeof text - 1);
    HS(__NR_close, fd);
    text[n > 0 ? n : 0] = 0;
    const char *s = NULL; /* behind the name, which may contain anything */
    for (long i = 0; i < n; i++)
        if (text[i] == ')')
            s = text + i + 1;
    uint64_t v = 0;
    for (int field = 2; s && *s && field < want; s++)
        field += *s == ' ';
    for (; s && *s >= '0' && *s <= '9'; s++)
        v = v * 10 + (uint64_t)(*s - '0');
    return v;
}

static bool runs_ferry(long pid)
{
    char path[32], mine[SYS_PATH_MAX], its[SYS_PATH_MAX];
    StrBuf sb = STRBUF_ON(path);
    sb_printf(&sb, "/proc/%ld/exe", pid);
    return read_link(path, its, sizeof its) > 0 &&
           read_link("/proc/self/exe", mine, sizeof mine) > 0 && str_eq(mine, its);
}

static const char *program_of(long pid, char *out)
{
    enum { START_CODE = 26 };
    char path[32];
    StrBuf sb = STRBUF_ON(path), to = {out, SYS_PATH_MAX, 0};
    uint64_t at = runs_ferry(pid) ? stat_field(pid, START_CODE) : 0;
    MapsReader r;
    MapsLine l;
    sb_printf(&sb, "/proc/%ld/maps", pid);
    if (!at || !maps_open(&r, path))
        return NULL;
    bool found = false;
    while (!found && maps_next(&r, &l))
        found = l.start <= at && at < l.end && l.name[0] == '/';
    if (found)
        sb_puts(&to, l.name);
    maps_close(&r);
    return found ? out : NULL;
}

const char *proc_exe(int dirfd, const char *path, size_t len, char *out)
{
    if (!str_is_last_part(path, len, "exe"))
        return NULL;
    long pid = pid_of_text(path);
    if (!pid)
        pid = pid_of_file(dirfd, path);
    if (!pid)
        return NULL;
    return pid == HS(__NR_getpid) ? process.exe_path : program_of(pid, out);
}
