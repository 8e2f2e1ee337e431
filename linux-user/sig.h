/*
 * Guest signals. What the kernel can keep, it keeps: queues, masks, default actions, restarts.
 *
 * Rules
 * - The host's action of a signal is the guest's: SIG_DFL and SIG_IGN as they are; a guest handler
 *   is mirrored by ferry's, with SA_RESTART, SA_NOCLDSTOP and SA_NOCLDWAIT of the guest. Only the
 *   synchronous ones (SEGV BUS ILL FPE TRAP) always have ferry's handler.
 * - The host's mask is the guest's (SigState.blocked) but for the synchronous ones, which are never
 *   blocked on the host.
 * - The handler captures one asynchronous signal, blocks all others through uc_sigmask and sets
 *   POLL_SIGNAL. Delivery happens at the next safepoint, in signal_deliver_pending(), which sets
 *   the mask that the guest's handler runs with. So at most one signal is ever captured.
 * - A host call that changes the mask goes through the blocking stub, so that a captured signal
 *   (with its fully blocked mask) is delivered before the call.
 * - Synchronous signals sent by kill() and the like are kept in SigState.soft. While the guest
 * blocks them and makes a call that can sleep they are queued in the kernel again, blocked: only
 * there are signalfd and its pollers told. No code of ferry or the guest runs meanwhile that could
 * fault.
 */
#ifndef FERRY_SIG_H
#define FERRY_SIG_H

#include "lock.h"
#include "types.h"

struct Thread;
struct SysCtx;

enum { SIG_COUNT = 64, SIGINFO_SIZE = 128 };

/* Layout of the kernel's siginfo_t, alike on all 64-bit ABIs; only the head is named. */
typedef struct SigInfo {
    int32_t signo, err, code, pad;
    uint64_t addr; /* faults: si_addr; kill: pid and uid */
    uint8_t rest[SIGINFO_SIZE - 24];
} SigInfo;

/* The kernel's struct sigaction, alike on x86-64 and AArch64. */
typedef struct SigAction {
    uint64_t handler, flags, restorer, mask;
} SigAction;

typedef struct SigStack {
    uint64_t sp;
    int32_t flags, pad;
    uint64_t size;
} SigStack;

typedef struct SigHand {
    Lock lock;
    uint32_t refs;
    uint64_t mirrored; /* bit sig-1: act[] is the guest's; otherwise the kernel knows it */
    SigAction act[SIG_COUNT];
} SigHand;

enum { SOFT_COUNT = 5 };

typedef struct SigState {
    uint64_t blocked; /* the guest's mask */
    SigStack altstack;
    int captured; /* signal number, 0 none; written by the host's handler */
    SigInfo captured_info;
    uint32_t soft_bits; /* synchronous signals sent by somebody */
    SigInfo soft[SOFT_COUNT];
    uint64_t fault_addr; /* of the last synchronous exception, as thread_struct keeps it */
    uint64_t fault_code;
} SigState;

static inline uint64_t sig_bit(int sig)
{
    return 1ull << (sig - 1);
}

/* SysCtx.sync_call and sync_only. */
long signal_sync_call(struct SysCtx *c, long nr, const uint64_t a[6]);
bool signal_sync_only(struct SysCtx *c);
/* Takes over what the kernel gave the process: mask, ignored signals; installs the handlers. */
void signal_init(struct Thread *t);
/* Installs the handlers of synchronous signals again (after CLONE_CLEAR_SIGHAND). */
void signal_install_sync(struct Thread *t);
/* Delivers captured and soft signals: the guest's registers are those of the interrupted place. */
void signal_deliver_pending(struct Thread *t);
/* A synchronous exception of the guest at its pc. */
void signal_fault(struct Thread *t, const SigInfo *info);
/* Blocks all signals on the host; SYS_RESTART when one must be delivered first. */
long signal_block_all(struct Thread *t);
/* Makes the host's mask follow the guest's again. */
void signal_unblock(struct Thread *t);
/* Copies the table for a child without CLONE_SIGHAND, or resets handlers (CLEAR_SIGHAND). */
void sighand_copy(SigHand *to, SigHand *from, uint32_t tid);
void sighand_clear_handlers(SigHand *h);
/* Makes the kernel's state what an exec'd program must inherit; and back when exec failed. */
long signal_before_exec(struct Thread *t);
void signal_exec_failed(struct Thread *t);
/* Ends the process by `sig`'s default action. */
_Noreturn void signal_die(struct Thread *t, int sig, const SigInfo *info);

#endif
