/*
 * Paths that mean something else for the guest: /proc/self/exe and what a sysroot (-L) holds.
 */
#ifndef FERRY_PATHS_H
#define FERRY_PATHS_H

#include "sys.h"

/*
 * Opens a file that is to be executed, for reading: a regular file with permission to execute, as
 * the kernel's open_exec. A descriptor or -errno. Of execveat's `flags` AT_SYMLINK_NOFOLLOW counts.
 */
long path_open_exec(int dirfd, const char *path, int flags);
/* Would executing the open file change the user or group? */
bool path_sets_id(int fd);
/* The flags of openat or openat2 with the host's bits. */
uint64_t path_open_flags(SysCtx *c, const SysPathQuery *q);
/* SysCtx.path_hook */
SysPathResult path_hook(SysCtx *c, const SysPathQuery *q, char *out, long *result);

#endif
