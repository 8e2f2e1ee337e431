/*
 * The exe links of /proc: the kernel's lead to ferry, the guest's to the program that runs.
 */
#ifndef FERRY_PROC_EXE_H
#define FERRY_PROC_EXE_H

#include "types.h"

/*
 * The host's path of the program when `path`, relative to dirfd, is the exe link of this process
 * or of another that this ferry runs; NULL when it is anything else. The text may be in
 * out[SYS_PATH_MAX]. `len`: of the path.
 */
const char *proc_exe(int dirfd, const char *path, size_t len, char *out);

#endif
