/*
 * Thread blocks, clone in all its forms, and the ends of threads.
 *
 *   clone(CLONE_VM|CLONE_THREAD|..., stack, ptid, tls, ctid)
 *     -> a new block with a copy of the vcpu; the host's clone gets the guest's flags without
 *        CLONE_SETTLS and the block's C stack; the child's x0, sp and TLS register are set by us
 *   fork() -> the host's clone on the same C stack, copied on write with everything else
 *
 * All signals are blocked on the host around a clone, so that a child never meets one before its
 * alternate stack and registration are in place.
 */
#include <asm/errno.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <string.h>
#include "addrspace.h"
#include "guestmem.h"
#include "hostsys.h"
#include "ownmap.h"
#include "process.h"
#include "sys_handlers.h"
#include "thread.h"

enum { C_STACK_OFF = THREAD_PAGE, POOL_MAX = 16 };

/*
 * Blocks of ended threads, with all that rt made for them, so that a program that makes many short
 * threads maps and unmaps nothing. A block enters the list while its thread still stands on it;
 * `idle` tells when that is over.
 */
static struct {
    Lock lock; /* innermost: nothing is taken under it */
    uint32_t count;
    Thread *first;
} pool;

static uint8_t *block_of(Thread *t)
{
    return (uint8_t *)((uintptr_t)t & ~(uintptr_t)(THREAD_BLOCK - 1));
}

static size_t alt_offset(void)
{
    return THREAD_BLOCK - THREAD_AREA - THREAD_PAGE - THREAD_ALT;
}

/* A block of the pool that nobody stands on any more. */
static Thread *pool_take(uint32_t tid)
{
    if (!__atomic_load_n(&pool.first, __ATOMIC_RELAXED))
        return NULL;
    lock_take(&pool.lock, tid);
    Thread **p = &pool.first;
    while (*p && !__atomic_load_n(&(*p)->idle, __ATOMIC_ACQUIRE))
        p = &(*p)->next_idle;
    Thread *t = *p;
    if (t) {
        *p = t->next_idle;
        pool.count--;
    }
    lock_drop(&pool.lock, tid);
    return t;
}

static bool pool_put(Thread *t, uint32_t tid, uint32_t idle)
{
    lock_take(&pool.lock, tid);
    bool room = pool.count < POOL_MAX;
    if (room) {
        t->idle = idle;
        t->next_idle = pool.first;
        pool.first = t;
        pool.count++;
    }
    lock_drop(&pool.lock, tid);
    return room;
}

static Thread *block_clear(Thread *t)
{
    void *trans = t->vcpu.trans;
    memset(t, 0, offsetof(Thread, sys.path));
    t->vcpu.trans = trans;
    return t;
}

Thread *thread_alloc(uint32_t tid)
{
    Thread *idle = pool_take(tid);
    if (idle)
        return block_clear(idle);
    long r = HS(__NR_mmap, 0, 2 * THREAD_BLOCK, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (hs_failed(r))
        return NULL;
    uint8_t *base = (uint8_t *)ALIGN_UP((uint64_t)r, THREAD_BLOCK);
    size_t before = (size_t)(base - (uint8_t *)r);
    if (before)
        HS(__NR_munmap, r, before);
    if (before < THREAD_BLOCK)
        HS(__NR_munmap, base + THREAD_BLOCK, THREAD_BLOCK - before);
    int rw = PROT_READ | PROT_WRITE;
    long bad = HS(__NR_mprotect, base + C_STACK_OFF, alt_offset() - THREAD_PAGE - C_STACK_OFF, rw);
    bad |= HS(__NR_mprotect, base + alt_offset(), THREAD_ALT, rw);
    bad |= HS(__NR_mprotect, base + THREAD_BLOCK - THREAD_AREA, THREAD_AREA, rw);
    if (bad) {
        HS(__NR_munmap, base, THREAD_BLOCK);
        return NULL;
    }
    ownmap_add(base, THREAD_BLOCK);
    return (Thread *)(base + THREAD_BLOCK - THREAD_AREA);
}

void thread_free(Thread *t, uint32_t tid)
{
    if (t->vcpu.trans && pool_put(t, tid, 1))
        return;
    rt_vcpu_free(&t->vcpu);
    ownmap_drop(block_of(t));
    HS(__NR_munmap, block_of(t), THREAD_BLOCK);
}

uintptr_t thread_stack_top(Thread *t)
{
    return (uintptr_t)block_of(t) + alt_offset() - THREAD_PAGE;
}

void thread_use_altstack(Thread *t)
{
    SigStack ss = {(uintptr_t)block_of(t) + alt_offset(), 0, 0, THREAD_ALT};
    HS(__NR_sigaltstack, &ss, 0);
}

/* ---- clone ---- */

/* A clone as both calls describe it. */
typedef struct CloneRequest {
    uint64_t flags;
    GuestAddr stack_top; /* 0: the child keeps the stack pointer */
    uint64_t tls;
    long nr;      /* host call */
    long args[4]; /* its arguments, without the guest's stack and TLS */
    struct clone_args *args3;
} CloneRequest;

static void child_registers(Vcpu *v, const CloneRequest *q)
{
    const GuestLinux *g = process.guest;
    const SlotDesc *slots = g->ops->slots;
    *vcpu_slot64(v, &slots[g->slot_ret]) = 0;
    if (q->stack_top)
        *vcpu_slot64(v, &slots[g->ops->slot_sp]) = q->stack_top;
    if (q->flags & CLONE_SETTLS)
        *vcpu_slot64(v, &slots[g->slot_tls]) = q->tls;
}

static void child_signals(Thread *c, Thread *t, uint64_t flags)
{
    c->sig.blocked = t->sig.blocked;
    c->sig.fault_addr = t->sig.fault_addr;
    c->sig.fault_code = t->sig.fault_code;
    c->sig.altstack.flags = 2; /* SS_DISABLE */
    if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM)
        c->sig.altstack = t->sig.altstack;
    if (flags & CLONE_SIGHAND) {
        c->sighand = t->sighand;
        __atomic_fetch_add(&c->sighand->refs, 1, __ATOMIC_RELAXED);
        return;
    }
    c->sighand = &c->own_sighand;
    sighand_copy(c->sighand, t->sighand, t->vcpu.tid);
    if (flags & CLONE_CLEAR_SIGHAND)
        sighand_clear_handlers(c->sighand);
}

static bool child_vcpu(Thread *c, Thread *t)
{
    memcpy(c->vcpu.state, t->vcpu.state, sizeof c->vcpu.state);
    c->vcpu.guest = t->vcpu.guest;
    c->vcpu.process = &process;
    c->vcpu.thread = c;
    if (!rt_vcpu_init(&c->vcpu))
        return false;
    c->vcpu.mode = t->vcpu.mode; /* keeps what faults taught us; thread_child_entry applies it */
    c->vcpu.fp_flags_extra = t->vcpu.fp_flags_extra;
    c->sys.vcpu = &c->vcpu;
    c->sys.abi = t->sys.abi;
    c->sys.user = c;
    c->sys.path_hook = t->sys.path_hook;
    c->sys.release = t->sys.release;
    c->sys.sync_call = t->sys.sync_call;
    c->sys.sync_only = t->sys.sync_only;
    return true;
}

static bool block_is_ours(Thread *t);

/* Blocks of processes on our memory that were killed. */
static void reap_dead(Thread *t)
{
    Vcpu *v;
    while ((v = rt_vcpu_take_dead(&t->vcpu))) {
        Thread *dead = v->thread;
        v->tid = t->vcpu.tid; /* the lock's owner is who calls */
        if (block_is_ours(dead))
            thread_free(dead, v->tid);
    }
}

/* A child in our address space: own block. */
static long clone_vm(Thread *t, CloneRequest *q)
{
    if (!(q->flags & CLONE_THREAD))
        reap_dead(t);
    Thread *c = thread_alloc(t->vcpu.tid);
    if (!c)
        return -ENOMEM;
    rt_state_save(&t->vcpu);
    if (!child_vcpu(c, t)) {
        thread_free(c, t->vcpu.tid);
        return -ENOMEM;
    }
    child_registers(&c->vcpu, q);
    child_signals(c, t, q->flags);
    c->clone_flags = q->flags;
    c->vfork_child = q->flags & CLONE_VFORK;
    c->vcpu.alone = !(q->flags & (CLONE_THREAD | CLONE_VFORK));
    uintptr_t sp = thread_stack_top(c);
    if (q->args3) {
        q->args3->stack = sp - 65536; /* clone3 wants a base and a size */
        q->args3->stack_size = 65536;
    } else {
        q->args[1] = (long)sp;
    }
    long r = thread_clone_raw(q->nr, q->args[0], q->args[1], q->args[2], q->args[3], c);
    if (hs_failed(r) || q->flags & CLONE_VFORK) {
        c->vcpu.tid = t->vcpu.tid; /* the lock's owner is who calls */
        if (!hs_failed(r))
            rt_vcpu_exit(&c->vcpu);
        if (c->sighand != &c->own_sighand)
            __atomic_fetch_sub(&c->sighand->refs, 1, __ATOMIC_RELAXED);
        thread_free(c, t->vcpu.tid);
    }
    return r;
}

void thread_child_entry(Thread *t)
{
    thread_use_altstack(t);
    rt_vcpu_enter(&t->vcpu);
    if (t->clone_flags & CLONE_CLEAR_SIGHAND)
        signal_install_sync(t);
    rt_mode_update(&t->vcpu); /* the host's vector and FP registers are the parent's copy */
    signal_unblock(t);
    cpu_loop(t);
}

/* A child with a copy of our memory; returns twice. */
static long clone_copy(Thread *t, CloneRequest *q)
{
    rt_fork_warm(&t->vcpu);
    /* No lock may be held by a thread that the child does not have. */
    lock_take(&t->sighand->lock, t->vcpu.tid);
    as_lock();
    if (!rt_fork_prepare(&t->vcpu)) {
        as_unlock();
        lock_drop(&t->sighand->lock, t->vcpu.tid);
        return -ENOMEM;
    }
    lock_take(&pool.lock, t->vcpu.tid);
    long r = HS(q->nr, q->args[0], q->args[1], q->args[2], q->args[3]);
    if (r != 0) {
        lock_drop(&pool.lock, t->vcpu.tid);
        rt_fork_parent(&t->vcpu);
        as_unlock();
        lock_drop(&t->sighand->lock, t->vcpu.tid);
        return r;
    }
    /* The locks name the parent as their owner. */
    pool.lock.word = 0;
    rt_fork_child(&t->vcpu);
    as_fork_child();
    t->sighand->lock.word = 0;
    t->sys.tid = 0;
    t->main = true;
    t->vfork_child = false;
    t->sighand->refs = 1;
    if (q->flags & CLONE_CLEAR_SIGHAND) {
        sighand_clear_handlers(t->sighand);
        signal_install_sync(t);
    }
    child_registers(&t->vcpu, q);
    return 0;
}

static long clone_run(Thread *t, CloneRequest *q)
{
    long r = signal_block_all(t);
    if (r)
        return r;
    r = q->flags & CLONE_VM ? clone_vm(t, q) : clone_copy(t, q);
    signal_unblock(t);
    return r;
}

long sys_clone(SysCtx *c, const uint64_t a[6])
{
    /* AArch64 passes flags, stack, parent_tid, tls, child_tid. The legacy call ignores the flags
     * above 32 bits. */
    uint64_t flags = (uint32_t)a[0];
    CloneRequest q = {
        .flags = flags,
        .stack_top = a[1],
        .tls = a[3],
        .nr = __NR_clone,
        .args = {(long)(flags & ~(uint64_t)CLONE_SETTLS), 0, (long)a[2], (long)a[4]},
    };
    return clone_run(thread_of(c), &q);
}

long sys_clone3(SysCtx *c, const uint64_t a[6])
{
    union {
        struct clone_args args;
        uint8_t bytes[256];
    } u;
    uint64_t size = a[1];
    if (size > THREAD_PAGE)
        return -E2BIG;
    if (size < CLONE_ARGS_SIZE_VER0)
        return -EINVAL;
    memset(&u, 0, sizeof u);
    if (size > sizeof u || !gm_copy_in(&u, a[0], size))
        return size > sizeof u ? -E2BIG : -EFAULT;
    if ((u.args.stack == 0) != (u.args.stack_size == 0))
        return -EINVAL;
    CloneRequest q = {
        .flags = u.args.flags,
        .stack_top = u.args.stack ? u.args.stack + u.args.stack_size : 0,
        .tls = u.args.tls,
        .nr = __NR_clone3,
        .args = {(long)&u, (long)size},
        .args3 = &u.args,
    };
    u.args.flags &= ~(uint64_t)CLONE_SETTLS;
    u.args.tls = 0;
    u.args.stack = u.args.stack_size = 0;
    return clone_run(thread_of(c), &q);
}

long sys_set_tid_address(SysCtx *c, const uint64_t a[6])
{
    return HS(__NR_set_tid_address, a[0]);
}

/* ---- exit ---- */

static _Noreturn void exit_now(long nr, long status)
{
    for (;;)
        HS(nr, status);
}

/* True when the block can go with the thread: nobody else uses what is in it. */
static bool block_is_ours(Thread *t)
{
    uint32_t others = t->sighand == &t->own_sighand ? 1 : 0;
    uint32_t left = __atomic_sub_fetch(&t->sighand->refs, 1, __ATOMIC_ACQ_REL);
    return !t->main && !t->vfork_child && !(others && left);
}

static _Noreturn void thread_end(Thread *t, long nr, long status)
{
    uint64_t all = ~0ull;
    HS(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &all, 0, sizeof all);
    if (t->main || t->vfork_child) { /* the vfork parent frees it all */
        if (t->main)
            rt_vcpu_exit(&t->vcpu);
        exit_now(nr, status);
    }
    rt_vcpu_exit(&t->vcpu);
    bool ours = block_is_ours(t);
    if (ours && pool_put(t, t->vcpu.tid, 0))
        thread_exit_idle(&t->idle, nr, status);
    rt_vcpu_free(&t->vcpu);
    if (ours) {
        ownmap_drop(block_of(t));
        thread_exit_unmap(block_of(t), THREAD_BLOCK, nr, status);
    }
    exit_now(nr, status);
}

long sys_exit(SysCtx *c, const uint64_t a[6])
{
    thread_end(thread_of(c), __NR_exit, (int)a[0]);
}

long sys_exit_group(SysCtx *c, const uint64_t a[6])
{
    Thread *t = thread_of(c);
    if (process.opt.coverage)
        rt_coverage_report();
    /* A process of its own in our address space must not leave its block behind. */
    if (!t->main && !(t->clone_flags & CLONE_THREAD))
        thread_end(t, __NR_exit_group, (int)a[0]);
    exit_now(__NR_exit_group, (int)a[0]);
}
