/*
 * Looking names up in the sysroot.
 *
 * Nearly every path has no symbolic link below the sysroot, and then one openat2 that refuses links
 * answers: found, or not there. Only when it meets one are the names walked one by one, each tried
 * in the sysroot first and on the host second, links being read and followed by name:
 *
 *     /lib64/ld.so    lib64 -> usr/lib64    rest "usr/lib64/ld.so"
 *                     usr, lib64: directories
 *                     ld.so -> /lib/ld-2.so: an absolute link, rest "lib/ld-2.so" from the top
 */
#include "sysroot.h"
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include "hostsys.h"
#include "log.h"
#include "process.h"
#include "str.h"

enum { LINKS_MAX = 40 /* the kernel's MAXSYMLINKS */ };

typedef enum Place {
    PLACE_NONE,
    PLACE_SYSROOT,
    PLACE_HOST,
    PLACE_PLAIN, /* too long, or a file as directory: the kernel says so of the plain path */
    PLACE_LOOP,  /* too many links */
} Place;

/* Nothing, or a slash at the path's end. */
static bool is_end(const char *rest)
{
    return rest[*rest == '/'] == 0;
}

/*
 * Directories that are the running system's and never the sysroot's. /tmp is where programs meet:
 * who goes there means the host's, though a name below it may be the sysroot's like any other.
 * `more`: what of the path is still to come.
 */
static bool is_systems(const char *path, const char *more)
{
    static const char kernels[][6] = {"/proc", "/sys", "/dev"};
    for (size_t i = 0; i < ARRAY_LEN(kernels); i++) {
        const char *rest = str_after(path, kernels[i]);
        if (rest && (*rest == 0 || *rest == '/'))
            return true;
    }
    const char *rest = str_after(path, "/tmp");
    return rest && is_end(rest) && is_end(more);
}

/* The part of a host's path below the sysroot: "" for the sysroot itself; NULL when outside. */
static const char *inside(const char *path)
{
    const char *root = process.opt.sysroot;
    const char *rest = root ? str_after(path, root) : NULL;
    return rest && (*rest == 0 || *rest == '/') ? rest : NULL;
}

const char *sysroot_shown(const char *path)
{
    const char *rest = inside(path);
    return !rest ? path : *rest ? rest : "/";
}

void sysroot_init(void)
{
    const char *given = process.opt.sysroot;
    char link[32];
    char *path = given ? arena_alloc(&process.arena, SYS_PATH_MAX) : NULL;
    if (!path)
        return;
    long fd = HS(__NR_openat, AT_FDCWD, given, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (hs_failed(fd))
        return;
    StrBuf sb = STRBUF_ON(link);
    sb_printf(&sb, "/proc/self/fd/%ld", fd);
    long n = HS(__NR_readlinkat, AT_FDCWD, link, path, SYS_PATH_MAX - 1);
    HS(__NR_close, fd);
    if (n > 0)
        path[n] = 0;
    else /* no /proc: as given, and links above it are the user's risk */
        memcpy(path, given, MIN(str_len(given) + 1, (size_t)SYS_PATH_MAX));
    for (n = (long)str_len(path); n && path[n - 1] == '/'; n--)
        path[n - 1] = 0;
    process.opt.sysroot = *path ? path : NULL;
}

/*
 * Copies an absolute path without "//" and "/./"; a slash at the end stays. Returns false when it
 * is too long; *up is set when it has "..".
 */
static bool tidy(const char *path, StrBuf *out, bool *up)
{
    while (*path) {
        while (*path == '/')
            path++;
        size_t n = 0;
        while (path[n] && path[n] != '/')
            n++;
        if (n == 1 && path[0] == '.') {
            path += n;
            if (!*path)
                sb_putc(out, '/');
            continue;
        }
        *up |= n == 2 && path[0] == '.' && path[1] == '.';
        sb_printf(out, "/%.*s", (int)n, path);
        path += n;
    }
    return out->len + 1 < out->cap;
}

static bool exists(const char *path)
{
    char byte;
    long r = HS(__NR_readlinkat, AT_FDCWD, path, &byte, 1);
    return r != -ENOENT && r != -ENOTDIR;
}

/* ---- name by name ---- */

typedef struct Walk {
    unsigned mode;
    bool only_sysroot; /* the path was given with the sysroot's name in front */
    bool moved;        /* `at` was cut off since place was seen */
    Place place;       /* of `at` */
    size_t root_len;   /* the guest's part of `at` starts there */
    StrBuf at;         /* the sysroot's path, then what is resolved so far */
    char at_text[2 * SYS_PATH_MAX];
    char rest[SYS_PATH_MAX], link[SYS_PATH_MAX];
} Walk;

static const char *guests(const Walk *w)
{
    return w->at_text + w->root_len;
}

/* Reads the link that w->at names, where it exists; its length, 0: no link, -1: nothing there. */
static long look(Walk *w)
{
    const size_t cap = sizeof w->link - 1;
    long n = HS(__NR_readlinkat, AT_FDCWD, w->at_text, w->link, cap);
    w->moved = false;
    w->place = PLACE_SYSROOT;
    if ((n == -ENOENT || n == -ENOTDIR) && !w->only_sysroot) {
        n = HS(__NR_readlinkat, AT_FDCWD, guests(w), w->link, cap);
        w->place = PLACE_HOST;
    }
    if (n > 0)
        w->link[n] = 0;
    if (n == -ENOENT || n == -ENOTDIR) {
        w->place = PLACE_NONE;
        return -1;
    }
    return n > 0 ? n : 0;
}

static void cut_at(Walk *w, size_t len)
{
    w->at.len = len;
    w->at.buf[len] = 0;
    w->moved = true;
}

/* Puts the link's text before what is left; false when that is too long. */
static bool follow_link(Walk *w, long n, size_t parent)
{
    size_t left = str_len(w->rest);
    if ((size_t)n + 1 + left >= sizeof w->rest)
        return false;
    memmove(w->rest + n + (left != 0), w->rest, left + 1);
    memcpy(w->rest, w->link, (size_t)n);
    if (left)
        w->rest[n] = '/';
    cut_at(w, w->link[0] == '/' ? w->root_len : parent);
    return true;
}

/* Takes the first name off w->rest into `name`, w->rest keeps "" or "/...". */
static size_t take_name(Walk *w, char *name)
{
    const char *s = w->rest;
    size_t n = 0;
    while (*s == '/')
        s++;
    while (s[n] && s[n] != '/')
        n++;
    memcpy(name, s, n);
    name[n] = 0;
    memmove(w->rest, s + n, str_len(s + n) + 1);
    return n;
}

/* Where `at` is now. */
static void settle(Walk *w)
{
    if (w->moved)
        w->place = w->only_sysroot || exists(w->at_text) ? PLACE_SYSROOT : PLACE_HOST;
    w->moved = false;
}

/* False when what `at` names is no directory. */
static bool go_up(Walk *w)
{
    size_t n = w->at.len;
    settle(w);
    sb_puts(&w->at, "/.");
    if (!exists(w->place == PLACE_HOST ? guests(w) : w->at_text))
        return false;
    while (n > w->root_len && w->at.buf[n - 1] != '/')
        n--;
    cut_at(w, n > w->root_len ? n - 1 : n);
    return true;
}

/*
 * The name is in neither tree: where it may be made, if this is the last one. A link that led here
 * is not forgotten: what the host has at the path as it was given is not meant.
 */
static Place nowhere(Walk *w, size_t parent, bool linked)
{
    char dir[SYS_PATH_MAX];
    size_t n = parent - w->root_len;
    bool last = is_end(w->rest);
    sb_puts(&w->at, w->rest);
    if (!(w->mode & SYSROOT_CREATE) || !last || n >= sizeof dir)
        return linked ? PLACE_HOST : PLACE_NONE;
    memcpy(dir, guests(w), n);
    dir[n] = 0;
    return w->only_sysroot || (n && !exists(dir)) ? PLACE_SYSROOT : PLACE_HOST;
}

static Place walk(Walk *w)
{
    char name[SYS_PATH_MAX];
    for (unsigned links = 0;;) {
        size_t n = take_name(w, name), parent = w->at.len;
        if (n == 0)
            break;
        if (n == 1 && name[0] == '.')
            continue;
        if (n == 2 && name[0] == '.' && name[1] == '.') {
            if (!go_up(w))
                return PLACE_PLAIN;
            continue;
        }
        sb_printf(&w->at, "/%s", name);
        if (w->at.len + 1 >= w->at.cap)
            return PLACE_PLAIN;
        if (is_systems(guests(w), w->rest) && !w->only_sysroot) {
            sb_puts(&w->at, w->rest);
            return PLACE_HOST;
        }
        long link = look(w);
        if (link < 0)
            return nowhere(w, parent, links != 0);
        if (link && !w->rest[0] && !(w->mode & SYSROOT_FOLLOW))
            break;
        if (link && ++links > LINKS_MAX)
            return PLACE_LOOP;
        if (link && !follow_link(w, link, parent))
            return PLACE_PLAIN;
    }
    settle(w);
    return w->place;
}

/* ---- the whole lookup ---- */

/* A path of which the kernel says ELOOP: each step follows two links. */
static void write_loop(char *out)
{
    StrBuf sb = {out, SYS_PATH_MAX, 0};
    for (int i = 0; i <= LINKS_MAX / 2; i++)
        sb_puts(&sb, "/proc/self/root");
}

/* PLACE_NONE, or out[] has the path; on entry it has the plain one, below the sysroot. */
static Place walk_path(const char *path, unsigned mode, bool only, char *out)
{
    Walk w;
    w.mode = mode;
    w.only_sysroot = only;
    w.moved = true;
    w.at = STRBUF_ON(w.at_text);
    sb_puts(&w.at, process.opt.sysroot);
    w.root_len = w.at.len;
    size_t n = str_len(path);
    memcpy(w.rest, path, n + 1);
    Place place = walk(&w);
    if (place == PLACE_LOOP)
        write_loop(out);
    if (place == PLACE_LOOP || place == PLACE_PLAIN)
        return PLACE_SYSROOT;
    const char *found = place == PLACE_HOST ? guests(&w) : w.at_text;
    StrBuf sb = {out, SYS_PATH_MAX, 0};
    sb_puts(&sb, *found ? found : "/");
    if (n > 1 && path[n - 1] == '/' && sb.len && out[sb.len - 1] != '/')
        sb_putc(&sb, '/'); /* it must be a directory */
    return sb.len + 1 >= sb.cap ? PLACE_NONE : place;
}

/* An absolute path of the guest. */
static Place find(const char *given, unsigned mode, char *out)
{
    char path[SYS_PATH_MAX];
    StrBuf sb = STRBUF_ON(path), host = {out, SYS_PATH_MAX, 0};
    bool up = false;
    const char *own = inside(given);
    if (!tidy(own ? own : given, &sb, &up) || (!own && !up && is_systems(path, "")))
        return PLACE_NONE;
    sb_printf(&host, "%s%s", process.opt.sysroot, path);
    if (host.len + 1 >= host.cap)
        return PLACE_NONE;
    bool slash = sb.len > 1 && path[sb.len - 1] == '/'; /* what is there must be a directory */
    if (slash) {
        mode |= SYSROOT_FOLLOW;
        out[host.len - 1] = 0;
    }
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (mode & SYSROOT_FOLLOW ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_NO_SYMLINKS,
    };
    long fd = up ? -ELOOP : HS(__NR_openat2, AT_FDCWD, out, &how, sizeof how);
    if (slash)
        out[host.len - 1] = '/';
    if (!hs_failed(fd)) {
        HS(__NR_close, fd);
        return PLACE_SYSROOT;
    }
    bool missing = fd == -ENOENT || fd == -ENOTDIR;
    if (fd == -EACCES || (missing && !(mode & SYSROOT_CREATE)))
        return missing ? PLACE_NONE : PLACE_SYSROOT;
    return walk_path(path, mode, own, out);
}

/* The directory's path on the host, with room for a name after it; its length or 0. */
static size_t dir_path(int dirfd, char *out)
{
    char link[32] = "/proc/self/cwd";
    StrBuf sb = STRBUF_ON(link);
    if (dirfd != AT_FDCWD)
        sb_printf(&sb, "/proc/self/fd/%d", dirfd);
    long n = HS(__NR_readlinkat, AT_FDCWD, link, out, SYS_PATH_MAX - 2);
    if (n <= 0)
        return 0;
    out[n] = 0;
    return (size_t)n;
}

bool sysroot_find(int dirfd, const char *path, unsigned mode, char *out)
{
    if (!process.opt.sysroot || !*path)
        return false;
    if (*path == '/')
        return find(path, mode, out) != PLACE_NONE;
    char dir[SYS_PATH_MAX], whole[SYS_PATH_MAX];
    StrBuf sb = STRBUF_ON(whole);
    if (!dir_path(dirfd, dir) || !inside(dir))
        return false; /* a directory of the host: its names are the host's */
    sb_printf(&sb, "%s/%s", inside(dir), path);
    if (sb.len + 1 >= sb.cap)
        return false;
    if (find(whole, mode & SYSROOT_FOLLOW, out) != PLACE_NONE)
        return true;
    if (!exists(whole))
        return false; /* what it makes goes into the directory that it has */
    memcpy(out, whole, sb.len + 1);
    return true;
}
