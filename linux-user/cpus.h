/*
 * The host's online processors, which are the guest's too.
 *
 *     cpus_each_online(fn, arg) on a host that lists "0-3,5"  ->  fn(arg, 0, 3), fn(arg, 5, 5)
 */
#ifndef FERRY_CPUS_H
#define FERRY_CPUS_H

#include "types.h"

/* Processors `first` to `last`; a result other than 0 ends the walk. */
typedef long CpuRangeFn(void *arg, uint64_t first, uint64_t last);
/* The last result of fn; processor 0 alone where the host does not tell. */
long cpus_each_online(CpuRangeFn *fn, void *arg);

#endif
