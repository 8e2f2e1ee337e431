/*
 * Runs a guest thread: lets rt run guest code and acts on what stopped it.
 *
 *   svc #0 with x8 = 64      RT_TRAP, TRAP_SYSCALL, pc after it -> sys_dispatch -> x0
 *   load from 0              RT_FAULT, SIGSEGV -> signal_fault -> guest handler or death
 *   signal captured          RT_POLL -> signal_deliver_pending
 *
 * Between two rt_run calls the guest's general registers are in their slots.
 */
#include <asm-generic/siginfo.h>
#include <asm/signal.h>
#include <string.h>
#include "addrspace.h"
#include "hostsys.h"
#include "log.h"
#include "process.h"
#include "thread.h"

static uint64_t *slot(Thread *t, unsigned n)
{
    return vcpu_slot64(&t->vcpu, &process.guest->ops->slots[n]);
}

static uint64_t *state_at(Thread *t, uint32_t off)
{
    return (uint64_t *)(t->vcpu.state + off);
}

static void do_syscall(Thread *t)
{
    const GuestLinux *g = process.guest;
    uint64_t args[6];
    if (UNLIKELY(__atomic_load_n(&t->vcpu.poll, __ATOMIC_RELAXED) & POLL_SIGNAL)) {
        *state_at(t, g->at_pc) -= g->syscall_len; /* the signal came before the call */
        return;
    }
    for (unsigned i = 0; i < 6; i++)
        args[i] = *state_at(t, g->at_arg[i]);
    long r = sys_dispatch(&t->sys, (uint32_t)*state_at(t, g->at_nr), args);
    if (r == SYS_RESTART)
        *state_at(t, g->at_pc) -= g->syscall_len;
    else if (r != SYS_NORETURN_STATE)
        *state_at(t, g->at_ret) = (uint64_t)r;
}

void cpu_syscall(Vcpu *v)
{
    do_syscall((Thread *)v->thread);
}

static void fault(Thread *t, int signo, int code, uint64_t addr, const RtEvent *ev)
{
    SigInfo si = {.signo = signo, .code = code, .addr = addr};
    /* As arm64's thread_struct: exceptions without a syndrome clear both words. */
    t->sig.fault_addr = ev ? addr : 0;
    t->sig.fault_code = ev ? process.guest->fault_code(ev) : 0;
    signal_fault(t, &si);
}

/* A breakpoint leaves the last syndrome alone. */
static void breakpoint(Thread *t)
{
    SigInfo si = {
        .signo = SIGTRAP, .code = TRAP_BRKPT, .addr = *slot(t, process.guest->ops->slot_pc)};
    signal_fault(t, &si);
}

/*
 * The instruction at the pc, or its part from ev->data on, is not executable: not aligned, not
 * mapped, or mapped without execute permission.
 */
static void not_executable(Thread *t, const RtEvent *ev)
{
    const GuestOps *ops = process.guest->ops;
    uint64_t pc = *slot(t, ops->slot_pc), at = ev->kind == RT_NOEXEC ? ev->data : pc;
    RtEvent e = *ev;
    e.code = as_is_mapped(at) ? SEGV_ACCERR : SEGV_MAPERR;
    if (pc & (ops->insn_align - 1u))
        fault(t, SIGBUS, BUS_ADRALN, pc, &e);
    else
        fault(t, SIGSEGV, e.code, at, &e);
}

static void do_trap(Thread *t, const RtEvent *ev)
{
    const GuestOps *ops = process.guest->ops;
    switch (ev->trap) {
    case TRAP_SYSCALL:
        do_syscall(t);
        break;
    case TRAP_BREAK:
        breakpoint(t);
        break;
    case TRAP_ALIGN:
        fault(t, SIGBUS, BUS_ADRALN, ev->data, ev);
        break;
    case TRAP_NOEXEC:
        not_executable(t, ev);
        break;
    case TRAP_ICFLUSH:
        rt_code_written(ALIGN_DOWN(ev->data, 64), ALIGN_DOWN(ev->data, 64) + 64);
        break;
    case TRAP_ICFLUSH_ALL:
        as_code_written();
        break;
    case TRAP_FPMODE:
        rt_mode_update(&t->vcpu);
        break;
    case TRAP_ISB:
        break;
    case TRAP_YIELD:
        HS(__NR_sched_yield);
        break;
    default:
        LOG(UNIMP, "ferry: illegal or unknown instruction at %lx\n", *slot(t, ops->slot_pc));
        fault(t, SIGILL, ILL_ILLOPC, *slot(t, ops->slot_pc), NULL);
    }
}

void cpu_loop(Thread *t)
{
    Vcpu *v = &t->vcpu;
    for (;;) {
        RtEvent ev = rt_run(v);
        switch (ev.kind) {
        case RT_TRAP:
            if (ev.trap != TRAP_CUSTOM)
                do_trap(t, &ev);
            else if (!process.guest->trap(t, &ev))
                fault(t, ev.signo, ev.code, ev.data, &ev);
            break;
        case RT_POLL:
            break;
        case RT_FAULT:
            /* x86 has no code and address for non-canonical addresses; nothing is mapped there. */
            if (ev.signo == SIGSEGV && ev.code == SI_KERNEL)
                ev.code = SEGV_MAPERR;
            fault(t, ev.signo, ev.code, ev.data, &ev);
            break;
        case RT_NOEXEC:
            not_executable(t, &ev);
            break;
        }
        if (UNLIKELY(__atomic_load_n(&v->poll, __ATOMIC_RELAXED) & POLL_SIGNAL))
            signal_deliver_pending(t);
    }
}
