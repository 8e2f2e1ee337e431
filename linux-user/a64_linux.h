/* What Linux does for AArch64 programs beside signal frames (sigframe_a64.c). */
#ifndef FERRY_A64_LINUX_H
#define FERRY_A64_LINUX_H

#include "rt.h"

struct Thread;

/*
 * GuestLinux.trap: a main part or epilogue of CPY* or SET* (a64_mops.c) that has something left, or
 * whose registers have option B's form. pc is the instruction's, the event's data its word.
 */
bool a64_mops_trap(struct Thread *t, RtEvent *ev);
/* New random keys for all of pointer authentication and all of them enabled, as exec does it. */
void a64_keys_init(Vcpu *v);
/* GuestLinux.prctl */
long a64_prctl(struct Thread *t, const uint64_t a[6]);

#endif
