/*
 * -d crash: what a guest was doing when a signal killed it: registers, backtrace with names, and
 * the thread's last system calls.
 */
#ifndef FERRY_CRASH_H
#define FERRY_CRASH_H

#include "thread.h"

/* By the thread that dies; info may be NULL. */
void crash_report(Thread *t, int sig, const SigInfo *info);
/*
 * For a signal that the guest sends to process or thread `to`: reports when that dumps the sender's
 * core and comes from the kernel alone (abort); those that may be exceptions go through ferry.
 */
void crash_note_kill(Thread *t, uint64_t to, uint64_t sig);

#endif
