/* Between the files of signals in linux-user: sig.c, sig_calls.c and the frames of each guest. */
#ifndef FERRY_SIG_HOST_H
#define FERRY_SIG_HOST_H

#include "thread.h"

/* Signals that instructions raise: never blocked on the host. */
uint64_t signal_sync_mask(void);
/* Sets (act may be NULL) and reads an action. */
long signal_set_action(Thread *t, int sig, const SigAction *act, SigAction *old);

bool signal_on_altstack(const Thread *t, uint64_t sp);
/* Where a frame for `act` starts (downwards) when the guest's stack pointer is sp. */
uint64_t signal_stack_for(const Thread *t, const SigAction *act, uint64_t sp);
/* uc_stack of a frame; disarms the stack when it asks for that. */
SigStack signal_save_altstack(Thread *t, uint64_t sp);
long signal_set_altstack(Thread *t, const SigStack *ss, uint64_t sp, uint64_t min_size);

#endif
