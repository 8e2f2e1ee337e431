/*
 * One guest thread: its vcpu, C stack, alternate stack and mirrored kernel state in one aligned
 * block of address space.
 *
 *   block (THREAD_BLOCK bytes, aligned to its size)
 *     guard | C stack | guard | host's alternate signal stack | guard | Thread
 *
 * thread_self() is the stack pointer rounded down: it works on the C stack and on the alternate
 * stack, needs no TLS register, and so is valid in a signal handler at any instant.
 *
 * Owner: the thread itself. Another thread only writes vcpu.poll (through rt) and, for a child
 * that it is creating, everything before the clone. A vfork child's block is freed by its parent.
 */
#ifndef FERRY_THREAD_H
#define FERRY_THREAD_H

#include "rt.h"
#include "sig.h"
#include "sys.h"

enum {
    THREAD_BLOCK = 512 * 1024,
    THREAD_PAGE = 4096,
    THREAD_AREA = 64 * 1024, /* for the Thread at the top */
    THREAD_ALT = 64 * 1024,  /* frames with AVX-512 and AMX state take 11 KiB */
};

typedef struct Thread {
    Vcpu vcpu;
    SigState sig;
    SigHand *sighand;    /* shared with CLONE_SIGHAND */
    SigHand own_sighand; /* what `sighand` points to in a thread that made its own */
    uint64_t clone_flags;
    bool vfork_child; /* the parent frees the block */
    bool main;        /* first thread of the process: its block lives as long as the process */
    struct Thread *next_idle; /* in the pool of ended threads' blocks, under its lock */
    uint32_t idle;            /* atomic: 1 once the thread that ended has left the block for good */
    SysCtx sys;               /* last: a block used again need not clear its path buffers */
} Thread;

_Static_assert(sizeof(Thread) <= THREAD_AREA, "the Thread fits at the top of its block");

static inline Thread *thread_of_sp(uintptr_t sp)
{
    return (Thread *)((sp & ~(uintptr_t)(THREAD_BLOCK - 1)) + THREAD_BLOCK - THREAD_AREA);
}

static inline Thread *thread_self(void)
{
    return thread_of_sp((uintptr_t)__builtin_frame_address(0));
}

/*
 * A cleared block; NULL when memory is refused. One from the pool keeps vcpu.trans, which
 * rt_vcpu_init() then uses again. `tid`: the caller's, for the pool's lock.
 */
Thread *thread_alloc(uint32_t tid);
/* Nobody runs on the block: it goes to the pool, or back to the kernel. */
void thread_free(Thread *t, uint32_t tid);
/* Top of its C stack, 16-byte aligned. */
uintptr_t thread_stack_top(Thread *t);
/* Registers the block's alternate stack with the kernel, for the calling thread. */
void thread_use_altstack(Thread *t);

static inline Thread *thread_of(SysCtx *c)
{
    return (Thread *)c->user;
}

/* start_x64.S */
long thread_clone_raw(long nr, long a, long b, long c, long d, Thread *child);
_Noreturn void thread_exit_unmap(void *block, size_t size, long nr, long status);
_Noreturn void thread_exit_idle(uint32_t *idle, long nr, long status);
_Noreturn void thread_switch_stack(uintptr_t sp, void (*f)(void *), void *arg);
void thread_child_entry(Thread *t);

/* RtConfig.syscall (cpu_loop.c). */
void cpu_syscall(Vcpu *v);

/* Runs the guest until the thread ends (cpu_loop.c). */
_Noreturn void cpu_loop(Thread *t);

#endif
