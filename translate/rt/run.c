/*
 * The execution loop: from the pc slot into host code and back until C must act.
 *
 * in_guest is 1 while this vcpu runs or makes units. It is raised before `stop` and the epoch are
 * looked at, and an exclusive vcpu raises `stop` before it looks at in_guest, so one of the two
 * always sees the other.
 */
#include "rt_internal.h"
#include "rt_interp.h"
#include "vcpu_regs.h"

static RtEvent event_trap(Vcpu *v)
{
    return (RtEvent){.kind = RT_TRAP, .trap = v->leave_arg, .data = v->leave_data};
}

static RtEvent event_fault(Vcpu *v)
{
    return (RtEvent){.kind = RT_FAULT,
                     .signo = v->fault_signo,
                     .code = v->fault_code,
                     .data = v->fault_addr,
                     .host_err = v->fault_err};
}

/* True when the vcpu may run host code; else something was done about it and the loop goes round.
 */
bool run_enter(Vcpu *v)
{
    __atomic_store_n(&v->in_guest, 1, __ATOMIC_SEQ_CST);
    bool stop = __atomic_load_n(&rt.stop, __ATOMIC_SEQ_CST);
    bool old = __atomic_load_n(&rt.epoch, __ATOMIC_SEQ_CST) != v->epoch_seen;
    if (LIKELY(!stop && !old))
        return true;
    __atomic_store_n(&v->in_guest, 0, __ATOMIC_SEQ_CST);
    if (stop)
        inval_stop_wait(v);
    if (old)
        inval_ack(v);
    return false;
}

void run_exit(Vcpu *v)
{
    __atomic_store_n(&v->in_guest, 0, __ATOMIC_RELEASE);
}

/* A new unit for the pc slot. NULL: *ev is set, or the cache was emptied and the loop goes round.
 */
static Unit *run_translate(Vcpu *v, RtEvent *ev)
{
    GuestAddr pc = *slot_pc(v);
    Unit *u;
    switch (trans_unit(v, pc, &u)) {
    case TRANS_OK:
        return u;
    case TRANS_REFUSED: /* never: the other way takes everything */
    case TRANS_NOEXEC:
        *ev = (RtEvent){.kind = RT_NOEXEC, .data = ((Trans *)v->trans)->noexec};
        return NULL;
    case TRANS_FULL: {
        uint32_t full = rt.generation; /* constant while this vcpu counts as running */
        run_exit(v);
        inval_flush_all(v, full);
    }
    }
    return NULL;
}

static void run_log(Vcpu *v, const Unit *u)
{
    LOG(EXEC, "exec: %lx (host %lx)\n", (unsigned long)u->pc, (unsigned long)u->host_entry);
    if (LOG_ON(CPU))
        vcpu_dump(v, rt.cfg.guest, DUMP_GENERAL);
}

/* After a leave: true with *ev set when C must act; *rec is an exit to link to the next unit. */
static bool run_left(Vcpu *v, ExitRec **rec, RtEvent *ev)
{
    switch ((LeaveReason)v->leave_reason) {
    case LEAVE_LINK:
        *rec = (ExitRec *)v->leave_data;
        *slot_pc(v) = (*rec)->owner->module_base + (uint64_t)(*rec)->target_off;
        return false;
    case LEAVE_IC:
        *rec = (ExitRec *)v->leave_data;
        v->landing = (*rec)->landing;
        return false;
    case LEAVE_LOOKUP:
    case LEAVE_POLL:
        return false;
    case LEAVE_TRAP:
        *ev = event_trap(v);
        return true;
    case LEAVE_FAULT:
        if (v->fault_signo == 0) { /* the mode was changed: go on at the same instruction */
            rt_mode_update(v);
            return false;
        }
        *ev = event_fault(v);
        return true;
    }
    CHECK_NEVER("a known leave reason");
}

/* False when what stopped the guest is the runtime's own business and it may go on. */
static bool run_is_event(Vcpu *v, ExitRec **rec, RtEvent *ev)
{
    if (ev->kind != RT_TRAP || ev->trap != TRAP_EXCLUSIVE)
        return true;
    excl_run(v);
    return run_left(v, rec, ev);
}

/* False when the branch that led to u may not land there: *ev says so, and it stays in v. */
static bool run_lands(Vcpu *v, const Unit *u, RtEvent *ev)
{
    if (LIKELY(u->landings >> v->landing & 1))
        return true;
    *ev = (RtEvent){.kind = RT_TRAP, .trap = TRAP_ILLEGAL};
    return false;
}

/* The branch to u has landed. looked: the lookup table had no unit for this pc. */
static void run_connect(Vcpu *v, ExitRec *rec, Unit *u, bool looked)
{
    if (rec && rec->kind == EXIT_IC)
        link_ic(v, rec, u);
    else if (rec)
        link_exit(v, rec, u);
    if (looked)
        cache_lookup_fill(v, u, v->landing);
    v->landing = 0;
}

/*
 * Called from host code. The guest goes on right behind the call unless something asks for C: a
 * safepoint, other code, another pc (restart, sigreturn), another mode.
 */
uint64_t rt_syscall(Vcpu *v)
{
    uint64_t next = *slot_pc(v);
    uint32_t *lookup = v->lookup;
    run_exit(v);
    rt.cfg.syscall(v);
    __atomic_store_n(&v->in_guest, 1, __ATOMIC_SEQ_CST);
    if (LIKELY(!__atomic_load_n(&v->poll, __ATOMIC_ACQUIRE) && *slot_pc(v) == next &&
               v->lookup == lookup && !v->landing &&
               __atomic_load_n(&rt.epoch, __ATOMIC_ACQUIRE) == v->epoch_seen))
        return 1;
    v->leave_reason = LEAVE_POLL;
    return 0;
}

RtEvent rt_run(Vcpu *v)
{
    if (rt.cfg.interpret)
        return interp_run(v);
    RtEvent ev = {.kind = RT_POLL};
    ExitRec *rec = NULL;
    bool looked = false;
    for (;;) {
        uint32_t poll = __atomic_load_n(&v->poll, __ATOMIC_ACQUIRE);
        if (UNLIKELY(poll & ~(uint32_t)(POLL_EPOCH | POLL_STOP)))
            break;
        /* Before `stop` and the epoch are looked at: a bit that comes later stays. */
        if (UNLIKELY(poll))
            rt_poll_clear(v, POLL_EPOCH | POLL_STOP);
        if (UNLIKELY(!run_enter(v))) {
            rec = NULL;
            continue;
        }
        ev.signo = -1;
        Unit *u = cache_find(*slot_pc(v), v->mode);
        if (!u && cold_run(v)) {
            rec = NULL;
            looked = false;
            bool out = run_left(v, &rec, &ev);
            run_exit(v);
            if (out) {
                cold_close(v);
                if (run_is_event(v, &rec, &ev))
                    return ev;
            }
            continue;
        }
        cold_close(v);
        if (!u || unit_is_hot(u)) {
            fork_note_code(*slot_pc(v), v->mode);
            u = run_translate(v, &ev);
        }
        if (UNLIKELY(!u || !run_lands(v, u, &ev))) {
            run_exit(v);
            rec = NULL;
            if (ev.signo != -1)
                return ev;
            continue;
        }
        run_connect(v, rec, u, looked);
        rec = NULL;
        if (UNLIKELY(log_mask))
            run_log(v, u);
        rt.stubs.enter(v, (const void *)u->host_entry);
        bool out = run_left(v, &rec, &ev); /* reads exits, which a flush could take away */
        run_exit(v);
        looked = v->leave_reason == LEAVE_LOOKUP || v->leave_reason == LEAVE_IC;
        if (out && run_is_event(v, &rec, &ev))
            return ev;
    }
    cold_close(v);
    return (RtEvent){.kind = RT_POLL};
}
