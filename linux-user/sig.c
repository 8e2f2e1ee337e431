/*
 * Host side of guest signals: ferry's handlers, capture, delivery, death. Rules in sig.h.
 *
 *   kill(pid, SIGUSR1) while the guest computes, guest has a handler:
 *     on_signal: captured = SIGUSR1, uc_sigmask = all, poll
 *     ... next safepoint: cpu_loop -> signal_deliver_pending -> frame_push -> mask for the handler
 *   the same while in read(2): rip at or before the stub's syscall -> sys_stub_exit -> SYS_RESTART
 */
#include <asm-generic/siginfo.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <string.h>
#include "check.h"
#include "crash.h"
#include "hostsys.h"
#include "log.h"
#include "process.h"
#include "thread.h"

#define SIGSET_ALL (~0ull)

/* Index is the place in SigState.soft. */
static const uint8_t sync_signals[SOFT_COUNT] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

enum { SA_MIRRORED = SA_RESTART | SA_NOCLDSTOP | SA_NOCLDWAIT };

void signal_restorer(void);

uint64_t signal_sync_mask(void)
{
    return sig_bit(SIGSEGV) | sig_bit(SIGBUS) | sig_bit(SIGILL) | sig_bit(SIGFPE) |
           sig_bit(SIGTRAP);
}

static int soft_index(int sig)
{
    for (int i = 0; i < SOFT_COUNT; i++)
        if (sync_signals[i] == sig)
            return i;
    return -1;
}

static long set_host_mask(uint64_t mask)
{
    mask &= ~signal_sync_mask();
    return HS(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
}

/* The guest itself blocks everything, and so does the host: libc does so around clone. */
static bool signal_all_blocked(const Thread *t)
{
    uint64_t rest = signal_sync_mask() | sig_bit(SIGKILL) | sig_bit(SIGSTOP);
    return !~(t->sig.blocked | rest);
}

long signal_block_all(Thread *t)
{
    uint64_t mask = SIGSET_ALL & ~signal_sync_mask();
    if (signal_all_blocked(t))
        return 0;
    return sys_host_blocking(&t->sys, __NR_rt_sigprocmask, SIG_SETMASK, (uintptr_t)&mask, 0,
                             sizeof mask, 0, 0);
}

void signal_unblock(Thread *t)
{
    if (!t->sig.captured && !signal_all_blocked(t))
        set_host_mask(t->sig.blocked);
}

/* ---- ferry's handlers ---- */

typedef struct ucontext HostContext;

static void leave_stub(HostContext *uc)
{
    if (sys_stub_must_exit(uc->uc_mcontext.rip))
        uc->uc_mcontext.rip = (uintptr_t)sys_stub_exit;
}

static void on_signal(int sig, SigInfo *si, HostContext *uc)
{
    Thread *t = thread_self();
    uint64_t all = SIGSET_ALL & ~signal_sync_mask();
    CHECK(t->sig.captured == 0);
    t->sig.captured = sig;
    t->sig.captured_info = *si;
    memcpy(&uc->uc_sigmask, &all, sizeof all);
    rt_poll_set(&t->vcpu, POLL_SIGNAL);
    leave_stub(uc);
}

static _Noreturn void ferry_crashed(int sig, const SigInfo *si, HostContext *uc)
{
    log_error("ferry: internal error: signal %d (code %d) at host address 0x%lx, accessing 0x%lx\n",
              sig, si->code, (unsigned long)uc->uc_mcontext.rip, si->addr);
    if (check_context_hook)
        check_context_hook();
    signal_die(thread_self(), sig, NULL);
}

/* Sent by kill() and its like, not raised by an instruction. */
static bool sent_by_somebody(const SigInfo *si)
{
    return si->code <= 0;
}

static void on_sync_signal(int sig, SigInfo *si, HostContext *uc)
{
    Thread *t = thread_self();
    if (sent_by_somebody(si)) {
        int i = soft_index(sig);
        t->sig.soft[i] = *si;
        __atomic_or_fetch(&t->sig.soft_bits, 1u << i, __ATOMIC_RELAXED);
        t->sys.sync_waits = true;
        rt_poll_set(&t->vcpu, POLL_SIGNAL);
        leave_stub(uc);
        return;
    }
    if (!rt_fault(&t->vcpu, sig, si->code, si->addr, uc))
        ferry_crashed(sig, si, uc);
}

static long install(int sig, void *handler, uint64_t flags, SigAction *old)
{
    SigAction sa = {
        .handler = (uintptr_t)handler,
        .flags = flags | SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
        .restorer = (uintptr_t)signal_restorer,
        .mask = SIGSET_ALL & ~signal_sync_mask(),
    };
    return HS(__NR_rt_sigaction, sig, &sa, old, 8);
}

static void set_default(int sig)
{
    SigAction sa = {0};
    HS(__NR_rt_sigaction, sig, &sa, 0, 8);
}

void signal_install_sync(Thread *t)
{
    for (int i = 0; i < SOFT_COUNT; i++)
        install(sync_signals[i], on_sync_signal, SA_RESTART | SA_NODEFER, NULL);
}

void signal_init(Thread *t)
{
    SigHand *h = t->sighand = &t->own_sighand;
    h->refs = 1;
    t->sig.altstack.flags = 2; /* SS_DISABLE */
    t->sys.sync_call = signal_sync_call;
    t->sys.sync_only = signal_sync_only;
    for (int i = 0; i < SOFT_COUNT; i++) {
        SigAction old = {0};
        int sig = sync_signals[i];
        install(sig, on_sync_signal, SA_RESTART | SA_NODEFER, &old);
        if (old.handler == (uintptr_t)SIG_IGN)
            h->act[sig - 1].handler = old.handler;
        h->mirrored |= sig_bit(sig);
    }
    HS(__NR_rt_sigprocmask, SIG_SETMASK, 0, &t->sig.blocked, 8);
    if (t->sig.blocked & signal_sync_mask())
        set_host_mask(t->sig.blocked);
}

/* ---- the table of actions ---- */

void sighand_copy(SigHand *to, SigHand *from, uint32_t tid)
{
    lock_take(&from->lock, tid);
    memcpy(to->act, from->act, sizeof to->act);
    to->mirrored = from->mirrored;
    lock_drop(&from->lock, tid);
    to->lock.word = 0;
    to->refs = 1;
}

void sighand_clear_handlers(SigHand *h)
{
    for (int i = 0; i < SIG_COUNT; i++)
        if (h->act[i].handler != (uintptr_t)SIG_IGN)
            h->act[i] = (SigAction){0};
}

/* What the host must do for the guest's action. */
static long mirror_action(int sig, const SigAction *act)
{
    if (soft_index(sig) >= 0)
        return 0;
    if (act->handler <= 1) {
        SigAction sa = {.handler = act->handler, .flags = act->flags & SA_MIRRORED};
        return HS(__NR_rt_sigaction, sig, &sa, 0, 8);
    }
    return install(sig, on_signal, act->flags & SA_MIRRORED, NULL);
}

long signal_set_action(Thread *t, int sig, const SigAction *act, SigAction *old)
{
    SigHand *h = t->sighand;
    lock_take(&h->lock, t->vcpu.tid);
    if (!(h->mirrored & sig_bit(sig))) { /* inherited over exec: default or ignored */
        HS(__NR_rt_sigaction, sig, 0, &h->act[sig - 1], 8);
        h->act[sig - 1].flags &= ~(uint64_t)SA_RESTORER;
        h->mirrored |= sig_bit(sig);
    }
    *old = h->act[sig - 1];
    long r = 0;
    if (act) {
        h->act[sig - 1] = *act;
        h->act[sig - 1].mask &= ~(sig_bit(SIGKILL) | sig_bit(SIGSTOP));
        r = mirror_action(sig, act);
    }
    lock_drop(&h->lock, t->vcpu.tid);
    /* An ignored signal is forgotten when it was pending. */
    if (act && act->handler == (uintptr_t)SIG_IGN && soft_index(sig) >= 0)
        __atomic_and_fetch(&t->sig.soft_bits, ~(1u << soft_index(sig)), __ATOMIC_RELAXED);
    return r;
}

/* The action to follow now; a one-shot handler is used up. */
static SigAction take_action(Thread *t, int sig)
{
    SigHand *h = t->sighand;
    lock_take(&h->lock, t->vcpu.tid);
    SigAction act = h->act[sig - 1];
    if (act.handler > 1 && act.flags & SA_RESETHAND) {
        h->act[sig - 1].handler = 0;
        mirror_action(sig, &h->act[sig - 1]);
    }
    lock_drop(&h->lock, t->vcpu.tid);
    return act;
}

/* ---- delivery ---- */

static bool ignored_by_default(int sig)
{
    return sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT;
}

static bool stops_by_default(int sig)
{
    return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU || sig == SIGSTOP;
}

_Noreturn void signal_die(Thread *t, int sig, const SigInfo *info)
{
    uint64_t none = ~sig_bit(sig);
    long pid = HS(__NR_getpid), tid = HS(__NR_gettid);
    if (LOG_ON(CRASH))
        crash_report(t, sig, info);
    sys_trace_line(&t->sys, "+++ killed by %s +++",
                   sys_signal_name(sig) ? sys_signal_name(sig) : "a real-time signal");
    set_default(sig);
    if (!info || hs_failed(HS(__NR_rt_tgsigqueueinfo, pid, tid, sig, info)))
        HS(__NR_tgkill, pid, tid, sig);
    HS(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
    for (;;) /* a signal that does not kill after all (SIGCHLD ...) cannot come here */
        HS(__NR_exit_group, 128 + sig);
}

static void stop_by_default(int sig)
{
    uint64_t mask = ~sig_bit(sig), old;
    set_default(sig);
    HS(__NR_tgkill, HS(__NR_getpid), HS(__NR_gettid), sig);
    HS(__NR_rt_sigprocmask, SIG_SETMASK, &mask, &old, 8);
    HS(__NR_rt_sigprocmask, SIG_SETMASK, &old, 0, 8);
}

/* The mask that decides now: of the call that a signal ended, until its handler has its frame. */
static uint64_t mask_now(const Thread *t)
{
    return t->sys.wait_mask_on ? t->sys.wait_mask : t->sig.blocked;
}

/*
 * Makes the guest run the handler of one signal. All asynchronous signals are blocked on the host
 * here; `forced` is for exceptions, which kill when blocked or ignored (force_sig_info).
 */
static void deliver(Thread *t, const SigInfo *info, bool forced)
{
    int sig = info->signo;
    SigAction act = take_action(t, sig);
    LOG(SIGNAL, "ferry: signal %d code %d addr %lx handler %lx\n", sig, info->code, info->addr,
        act.handler);
    sys_trace_signal(&t->sys, info);
    if (forced && (t->sig.blocked & sig_bit(sig) || act.handler == (uintptr_t)SIG_IGN))
        signal_die(t, sig, info);
    if (act.handler == (uintptr_t)SIG_IGN)
        return;
    if (act.handler == (uintptr_t)SIG_DFL) {
        if (stops_by_default(sig))
            stop_by_default(sig);
        else if (!ignored_by_default(sig))
            signal_die(t, sig, info);
        return;
    }
    rt_state_save(&t->vcpu);
    if (!process.guest->frame_push(t, &act, info)) {
        /* As force_sigsegv: a SIGSEGV whose own frame does not fit kills. */
        SigInfo bad = {.signo = SIGSEGV, .code = SI_KERNEL};
        if (sig == SIGSEGV)
            signal_die(t, SIGSEGV, &bad);
        deliver(t, &bad, true);
        return;
    }
    t->sig.blocked = mask_now(t) | act.mask | (act.flags & SA_NODEFER ? 0 : sig_bit(sig));
    t->sys.wait_mask_on = false;
}

static bool take_soft(Thread *t, SigInfo *out)
{
    for (int i = 0; i < SOFT_COUNT; i++) {
        if (!(t->sig.soft_bits & 1u << i) || mask_now(t) & sig_bit(sync_signals[i]))
            continue;
        *out = t->sig.soft[i];
        __atomic_and_fetch(&t->sig.soft_bits, ~(1u << i), __ATOMIC_RELAXED);
        return true;
    }
    return false;
}

void signal_deliver_pending(Thread *t)
{
    SigInfo info;
    rt_poll_clear(&t->vcpu, POLL_SIGNAL);
    set_host_mask(SIGSET_ALL);
    if (t->sig.captured) {
        info = t->sig.captured_info;
        t->sig.captured = 0;
        deliver(t, &info, false);
    }
    while (take_soft(t, &info))
        deliver(t, &info, false);
    t->sys.wait_mask_on = false;
    set_host_mask(t->sig.blocked);
}

void signal_fault(Thread *t, const SigInfo *info)
{
    set_host_mask(SIGSET_ALL);
    /* A signal captured before the exception goes first; the instruction then runs again. */
    if (t->sig.captured)
        return;
    deliver(t, info, true);
    set_host_mask(t->sig.blocked);
}

/* ---- sent synchronous signals in the kernel's queue ---- */

static uint32_t soft_of_mask(uint64_t mask)
{
    uint32_t bits = 0;
    for (int i = 0; i < SOFT_COUNT; i++)
        bits |= (mask & sig_bit(sync_signals[i]) ? 1u : 0) << i;
    return bits;
}

/* Back into the kernel's queue, where they stay as long as `set` is blocked. */
static void soft_queue(Thread *t, uint32_t bits)
{
    long pid = HS(__NR_getpid), tid = HS(__NR_gettid);
    for (int i = 0; i < SOFT_COUNT; i++) {
        if (!(bits >> i & 1))
            continue;
        SigInfo info = t->sig.soft[i];
        __atomic_and_fetch(&t->sig.soft_bits, ~(1u << i), __ATOMIC_RELAXED);
        HS(__NR_rt_tgsigqueueinfo, pid, tid, sync_signals[i], &info);
    }
}

/*
 * A signal that is captured in the call blocks all but the synchronous ones, which then come back
 * to on_sync_signal; so do those that are left at the end.
 */
long signal_sync_call(SysCtx *c, long nr, const uint64_t a[6])
{
    Thread *t = thread_of(c);
    uint64_t set = t->sig.blocked & signal_sync_mask();
    uint32_t bits = __atomic_load_n(&t->sig.soft_bits, __ATOMIC_RELAXED) & soft_of_mask(set);
    if (!bits) {
        c->sync_waits = t->sig.soft_bits != 0;
        return sys_stub(nr, a, &t->vcpu.poll);
    }
    HS(__NR_rt_sigprocmask, SIG_BLOCK, &set, 0, sizeof set);
    soft_queue(t, bits);
    long r = sys_stub(nr, a, &t->vcpu.poll);
    HS(__NR_rt_sigprocmask, SIG_UNBLOCK, &set, 0, sizeof set);
    return r;
}

bool signal_sync_only(SysCtx *c)
{
    Thread *t = thread_of(c);
    uint64_t mask = c->call_mask ? *c->call_mask : t->sig.blocked;
    uint32_t bits = __atomic_load_n(&t->sig.soft_bits, __ATOMIC_RELAXED);
    return bits && !t->sig.captured && !(bits & ~soft_of_mask(mask));
}

/* ---- exec ---- */

/*
 * The new program inherits the kernel's mask and ignored signals, so for the synchronous ones
 * these must say now what the guest wants.
 */
long signal_before_exec(Thread *t)
{
    uint64_t mask = t->sig.blocked;
    for (int i = 0; i < SOFT_COUNT; i++) {
        SigAction sa = {.handler = (uintptr_t)SIG_IGN};
        if (t->sighand->act[sync_signals[i] - 1].handler == sa.handler)
            HS(__NR_rt_sigaction, sync_signals[i], &sa, 0, 8);
    }
    return sys_host_blocking(&t->sys, __NR_rt_sigprocmask, SIG_SETMASK, (uintptr_t)&mask, 0,
                             sizeof mask, 0, 0);
}

void signal_exec_failed(Thread *t)
{
    signal_install_sync(t);
    if (!t->sig.captured) /* signal_before_exec blocked the synchronous ones, too */
        set_host_mask(t->sig.blocked);
}
