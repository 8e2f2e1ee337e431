/*
 * System calls about signals. Masks: the guest's full mask is SigState.blocked, the host has it
 * without the synchronous signals. Calls that change the mask go through the blocking stub, so a
 * captured signal is delivered first and the call starts again.
 */
#include <asm-generic/siginfo.h>
#include <asm/errno.h>
#include <asm/signal.h>
#include <string.h>
#include "crash.h"
#include "guestmem.h"
#include "hostsys.h"
#include "process.h"
#include "sig_host.h"
#include "sys_handlers.h"
#include "thread.h"

enum { SIGSET_SIZE = 8, GUEST_SS_ONSTACK = 1, GUEST_SS_DISABLE = 2 };
#define GUEST_SS_AUTODISARM (1u << 31)

static const uint64_t unblockable = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1);

/* struct sigaction as the guest's kernel has it: with sa_restorer before the mask, or without. */
static size_t action_size(void)
{
    return sizeof(SigAction) - (process.guest->no_restorer ? sizeof(uint64_t) : 0);
}

static bool action_in(SigAction *act, GuestAddr from)
{
    *act = (SigAction){0};
    if (!gm_copy_in(act, from, action_size()))
        return false;
    if (process.guest->no_restorer) {
        act->mask = act->restorer;
        act->restorer = 0;
    }
    return true;
}

static bool action_out(GuestAddr to, SigAction act)
{
    if (process.guest->no_restorer)
        act.restorer = act.mask;
    return gm_copy_out(to, &act, action_size());
}

long sys_rt_sigaction(SysCtx *c, const uint64_t a[6])
{
    SigAction act, old;
    int sig = (int)a[0];
    if (a[3] != SIGSET_SIZE)
        return -EINVAL;
    if (a[1] && !action_in(&act, a[1]))
        return -EFAULT;
    if (sig < 1 || sig > SIG_COUNT || (a[1] && (sig == SIGKILL || sig == SIGSTOP)))
        return -EINVAL;
    long r = signal_set_action(thread_of(c), sig, a[1] ? &act : NULL, &old);
    if (r == 0 && a[2] && !action_out(a[2], old))
        return -EFAULT;
    return r;
}

static bool mask_from_how(int how, uint64_t set, uint64_t *mask)
{
    if (how == SIG_BLOCK)
        *mask |= set;
    else if (how == SIG_UNBLOCK)
        *mask &= ~set;
    else if (how == SIG_SETMASK)
        *mask = set;
    else
        return false;
    *mask &= ~unblockable;
    return true;
}

/* Host mask and guest mask become `mask`; SYS_RESTART when a signal must come first. */
static long change_mask(Thread *t, uint64_t mask)
{
    uint64_t host = mask & ~signal_sync_mask();
    long r = sys_host_blocking(&t->sys, __NR_rt_sigprocmask, SIG_SETMASK, (uintptr_t)&host, 0,
                               SIGSET_SIZE, 0, 0);
    if (r)
        return r;
    t->sig.blocked = mask;
    if (t->sig.soft_bits)
        rt_poll_set(&t->vcpu, POLL_SIGNAL);
    return 0;
}

long sys_rt_sigprocmask(SysCtx *c, const uint64_t a[6])
{
    Thread *t = thread_of(c);
    uint64_t set, old = t->sig.blocked, mask = old;
    if (a[3] != SIGSET_SIZE)
        return -EINVAL;
    if (a[1]) {
        if (!gm_copy_in(&set, a[1], SIGSET_SIZE))
            return -EFAULT;
        if (!mask_from_how((int)a[0], set, &mask))
            return -EINVAL;
        long r = change_mask(t, mask);
        if (r)
            return r;
    }
    return a[2] && !gm_copy_out(a[2], &old, SIGSET_SIZE) ? -EFAULT : 0;
}

long sys_rt_sigsuspend(SysCtx *c, const uint64_t a[6])
{
    uint64_t mask;
    if (a[1] != SIGSET_SIZE)
        return -EINVAL;
    if (!gm_copy_in(&mask, a[0], SIGSET_SIZE))
        return -EFAULT;
    uint64_t host = mask & ~signal_sync_mask();
    long r = sys_host_blocking(c, __NR_rt_sigsuspend, (uintptr_t)&host, SIGSET_SIZE, 0, 0, 0, 0);
    c->wait_mask = mask & ~unblockable;
    c->wait_mask_on = r == -EINTR;
    return r;
}

/* A synchronous signal that somebody sent waits here, not in the kernel. */
static int take_soft_in(Thread *t, uint64_t set, SigInfo *info)
{
    for (int i = 0; i < SOFT_COUNT; i++) {
        if (!(t->sig.soft_bits & 1u << i) || !(set & sig_bit(t->sig.soft[i].signo)))
            continue;
        *info = t->sig.soft[i];
        __atomic_and_fetch(&t->sig.soft_bits, ~(1u << i), __ATOMIC_RELAXED);
        return info->signo;
    }
    return 0;
}

long sys_rt_sigpending(SysCtx *c, const uint64_t a[6])
{
    Thread *t = thread_of(c);
    uint64_t set;
    long r = sys_host_blocking(c, __NR_rt_sigpending, a[0], a[1], 0, 0, 0, 0);
    uint32_t soft = __atomic_load_n(&t->sig.soft_bits, __ATOMIC_RELAXED);
    if (r || !soft || a[1] != SIGSET_SIZE || !gm_copy_in(&set, a[0], sizeof set))
        return r;
    for (int i = 0; i < SOFT_COUNT; i++)
        if (soft >> i & 1)
            set |= sig_bit(t->sig.soft[i].signo) & t->sig.blocked;
    return gm_copy_out(a[0], &set, sizeof set) ? 0 : -EFAULT;
}

long sys_rt_sigtimedwait(SysCtx *c, const uint64_t a[6])
{
    Thread *t = thread_of(c);
    uint64_t set;
    SigInfo info;
    if (a[3] != SIGSET_SIZE)
        return -EINVAL;
    if (!gm_copy_in(&set, a[0], SIGSET_SIZE))
        return -EFAULT;
    int sig = t->sig.soft_bits ? take_soft_in(t, set, &info) : 0;
    if (sig)
        return a[1] && !gm_copy_out(a[1], &info, sizeof info) ? -EFAULT : sig;
    return sys_host_blocking(c, __NR_rt_sigtimedwait, (uintptr_t)&set, a[1], a[2], SIGSET_SIZE, 0,
                             0);
}

long sys_kill(SysCtx *c, const uint64_t a[6])
{
    crash_note_kill(thread_of(c), a[0], a[1]);
    return HS(__NR_kill, a[0], a[1]);
}

long sys_tkill(SysCtx *c, const uint64_t a[6])
{
    crash_note_kill(thread_of(c), a[0], a[1]);
    return HS(__NR_tkill, a[0], a[1]);
}

long sys_tgkill(SysCtx *c, const uint64_t a[6])
{
    crash_note_kill(thread_of(c), a[1], a[2]);
    return HS(__NR_tgkill, a[0], a[1], a[2]);
}

long sys_rt_sigqueueinfo(SysCtx *c, const uint64_t a[6])
{
    return HS(__NR_rt_sigqueueinfo, a[0], a[1], a[2]);
}

long sys_rt_tgsigqueueinfo(SysCtx *c, const uint64_t a[6])
{
    return HS(__NR_rt_tgsigqueueinfo, a[0], a[1], a[2], a[3]);
}

long sys_pidfd_send_signal(SysCtx *c, const uint64_t a[6])
{
    return HS(__NR_pidfd_send_signal, a[0], a[1], a[2], a[3]);
}

/* ---- the guest's alternate stack ---- */

static uint64_t guest_sp(Thread *t)
{
    const GuestOps *ops = process.guest->ops;
    return *vcpu_slot64(&t->vcpu, &ops->slots[ops->slot_sp]);
}

bool signal_on_altstack(const Thread *t, uint64_t sp)
{
    const SigStack *ss = &t->sig.altstack;
    return !((uint32_t)ss->flags & GUEST_SS_AUTODISARM) && sp > ss->sp && sp - ss->sp <= ss->size;
}

static int altstack_flags(const Thread *t, uint64_t sp)
{
    if (!t->sig.altstack.size)
        return GUEST_SS_DISABLE;
    return signal_on_altstack(t, sp) ? GUEST_SS_ONSTACK : 0;
}

uint64_t signal_stack_for(const Thread *t, const SigAction *act, uint64_t sp)
{
    bool use = act->flags & SA_ONSTACK && t->sig.altstack.size && !signal_on_altstack(t, sp);
    return use ? t->sig.altstack.sp + t->sig.altstack.size : sp;
}

SigStack signal_save_altstack(Thread *t, uint64_t sp)
{
    SigStack ss = t->sig.altstack;
    bool disarm = (uint32_t)ss.flags & GUEST_SS_AUTODISARM;
    ss.flags = altstack_flags(t, sp) | (disarm ? (int)GUEST_SS_AUTODISARM : 0);
    ss.pad = 0;
    if (disarm)
        t->sig.altstack = (SigStack){.flags = GUEST_SS_DISABLE};
    return ss;
}

long signal_set_altstack(Thread *t, const SigStack *ss, uint64_t sp, uint64_t min_size)
{
    uint32_t mode = (uint32_t)ss->flags & ~GUEST_SS_AUTODISARM;
    if (signal_on_altstack(t, sp))
        return -EPERM;
    if (mode != 0 && mode != GUEST_SS_ONSTACK && mode != GUEST_SS_DISABLE)
        return -EINVAL;
    if (mode == GUEST_SS_DISABLE) {
        t->sig.altstack = (SigStack){.flags = ss->flags};
        return 0;
    }
    if (ss->size < min_size)
        return -ENOMEM;
    t->sig.altstack = *ss;
    return 0;
}

long sys_sigaltstack(SysCtx *c, const uint64_t a[6])
{
    Thread *t = thread_of(c);
    uint64_t sp = guest_sp(t);
    SigStack ss, old = t->sig.altstack;
    if (a[0] && !gm_copy_in(&ss, a[0], sizeof ss))
        return -EFAULT;
    old.flags = altstack_flags(t, sp) | (int)((uint32_t)old.flags & GUEST_SS_AUTODISARM);
    old.pad = 0;
    long r = a[0] ? signal_set_altstack(t, &ss, sp, process.guest->min_altstack) : 0;
    if (r == 0 && a[1] && !gm_copy_out(a[1], &old, sizeof old))
        return -EFAULT;
    return r;
}

/* ---- return from a handler ---- */

long sys_rt_sigreturn(SysCtx *c, const uint64_t a[6])
{
    Thread *t = thread_of(c);
    uint64_t mask = t->sig.blocked;
    SigStack ss;
    long r = signal_block_all(t);
    if (r)
        return r;
    rt_state_save(&t->vcpu);
    if (!process.guest->frame_pop(t, &mask, &ss)) {
        SigInfo bad = {.signo = SIGSEGV, .code = SEGV_MAPERR, .addr = guest_sp(t)};
        signal_fault(t, &bad);
        return SYS_NORETURN_STATE;
    }
    /* Errors of a bad stack description are ignored, as the kernel does. */
    signal_set_altstack(t, &ss, guest_sp(t), 0);
    t->sig.blocked = mask & ~unblockable;
    rt_state_load(&t->vcpu);
    signal_unblock(t);
    if (t->sig.soft_bits)
        rt_poll_set(&t->vcpu, POLL_SIGNAL);
    return SYS_NORETURN_STATE;
}
