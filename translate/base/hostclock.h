/*
 * The host's clocks, read through the host's vdso where it has one: the kernel publishes most of
 * them in memory, and no system call is made for those. The kernel builds these functions without
 * vector registers, so they may run wherever C may.
 *
 *   hostclock_init(auxv AT_SYSINFO_EHDR);
 *   HostTime t; hostclock_gettime(CLOCK_MONOTONIC, &t);     -> 0, or -errno
 */
#ifndef FERRY_BASE_HOSTCLOCK_H
#define FERRY_BASE_HOSTCLOCK_H

#include "types.h"

/* struct timespec or struct timeval of a 64-bit Linux. */
typedef struct HostTime {
    int64_t sec, frac;
} HostTime;

typedef struct HostZone {
    int32_t minutes_west, dst;
} HostZone;

/* During set-up; `image` is the vdso's ELF header, NULL: there is none. */
void hostclock_init(const void *image);

long hostclock_gettime(int clock, HostTime *t);
long hostclock_getres(int clock, HostTime *t);
long hostclock_timeofday(HostTime *t, HostZone *z);

#endif
