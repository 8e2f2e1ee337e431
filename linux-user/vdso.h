/* The vdso images made by gen/vdso_gen.py: whole pages, position-independent. */
#ifndef FERRY_VDSO_H
#define FERRY_VDSO_H

#include "types.h"

extern const uint8_t vdso_a64[4096];
extern const uint64_t vdso_a64_sigreturn; /* offset of __kernel_rt_sigreturn */
extern const uint8_t vdso_rv64[4096];
extern const uint64_t vdso_rv64_sigreturn; /* of __vdso_rt_sigreturn */

#endif
