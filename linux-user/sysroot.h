/*
 * The sysroot (-L DIR): a tree that lies over the host's. docs/sysroot.md states the rules; in
 * short a name means what is below DIR if it exists there, and the host's otherwise:
 *
 *     -L /srv/arm64
 *     /lib/libc.so.6      -> /srv/arm64/usr/lib/libc.so.6    (lib -> usr/lib there)
 *     /etc/mtab           -> /proc/self/mounts               (a link there, out to the host's
 * /proc) /home/me/x          -> stays: not in the sysroot
 *
 * Symbolic links of the sysroot are followed inside it, absolute ones too. What is handed to the
 * kernel has no link left that could lead it astray, so nothing depends on where DIR lies.
 *
 * No state but process.opt.sysroot, set before the guest runs. Without -L each function returns at
 * once.
 */
#ifndef FERRY_SYSROOT_H
#define FERRY_SYSROOT_H

#include "sys.h"

/* How a call takes the last name of its path. */
enum {
    SYSROOT_FOLLOW = 1, /* a symbolic link there means what it points to */
    SYSROOT_CREATE = 2, /* it may make the name: what exists nowhere goes where its directory is */
};

/* Makes process.opt.sysroot the absolute path without links, or NULL for "/". */
void sysroot_init(void);

/*
 * True when the guest's path, relative to dirfd, means another one for the host: out[SYS_PATH_MAX]
 * then holds it, absolute. False: the path is right as it is.
 */
bool sysroot_find(int dirfd, const char *path, unsigned mode, char *out);

/* The same for a path argument of a call (sysroot_calls.c); its mode is the call's. */
unsigned sysroot_mode(SysCtx *c, const SysPathQuery *q);
bool sysroot_path(SysCtx *c, const SysPathQuery *q, char *out);
/* readlinkat of a link whose text is a path of the host: /proc/self/cwd, /proc/self/fd/N ... */
long sysroot_readlink(const SysPathQuery *q, const char *path);

/* An absolute path of the host as the guest knows it; points into `path`, or to "/". */
const char *sysroot_shown(const char *path);

#endif
