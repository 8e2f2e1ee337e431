/*
 * Load-exclusive / store-exclusive pairs with accesses between them (translate/guest/pair.h) run
 * alone: all other vcpus are outside translated code, and the reference interpreter executes the
 * guest instructions from the load to the store one by one.
 *
 *     ldxr x0, [x1]      TRAP_EXCLUSIVE: everybody else stops
 *     ldr  x2, [x0, #8]  interpreted
 *     stxr w3, x2, [x1]  interpreted; tc->pair_end: everybody goes on
 *
 * A system call, a fault or a jump away from the pair (calls may come back) ends the section. After
 * EXCL_INSNS instructions it ends too, as an interrupt would end it: with the monitor closed, so
 * that the store fails.
 *
 * What is not stopped: the kernel on behalf of other threads' system calls, and other processes.
 */
#include "rt_internal.h"
#include "ir_interp.h"
#include "trans_dump.h"

enum { EXCL_INSNS = 4096, EXCL_BYTES = 256 };

static void excl_fault(Vcpu *v)
{
    v->leave_reason = LEAVE_FAULT; /* the handler has noted what the host reported */
    fault_try_mode(v);
}

/* Ends the section. */
static bool excl_trap(Vcpu *v, uint32_t trap, uint64_t data)
{
    v->leave_arg = trap;
    v->leave_data = data;
    v->leave_reason = LEAVE_TRAP;
    return false;
}

/* One guest instruction; false when the section ends, leave reason and data set. */
static bool excl_insn(Vcpu *v, Trans *t)
{
    v->leave_reason = LEAVE_LOOKUP; /* go on at the pc slot */
    if (trans_front(v, *slot_pc(v), 1) != TRANS_OK)
        return false;
    if (UNLIKELY(!trans_lands(v)))
        return excl_trap(v, TRAP_ILLEGAL, 0);
    if (UNLIKELY(log_mask))
        dump_guest(&t->ir, *slot_pc(v), t->hi);
    IrInterpEnv env = {
        .vals = t->interp_vals, .cap_vals = UNIT_IR_MAX, .fp_flags = t->interp_flags};
    IrExit x = ir_interp_run(&t->ir, v, &env);
    t->interp_flags = env.fp_flags;
    if (x.kind == IREXIT_FAULT) {
        excl_fault(v);
        return false;
    }
    if (x.kind == IREXIT_TRAP)
        return excl_trap(v, x.trap, x.data);
    t->pair_depth += (x.kind == IREXIT_CALL) - (x.kind == IREXIT_RET);
    return !t->pair_end;
}

static void excl_body(void *arg)
{
    Vcpu *v = arg;
    Trans *t = v->trans;
    GuestAddr start = *slot_pc(v);
    uint32_t n = 0;
    t->alone = true;
    t->pair_depth = 0;
    while (n < EXCL_INSNS && excl_insn(v, t) &&
           (t->pair_depth > 0 || *slot_pc(v) - start < EXCL_BYTES))
        n++;
    if (n == EXCL_INSNS)
        *vcpu_slot32(v, &rt.cfg.guest->slots[rt.cfg.guest->slot_monitor]) = 0;
    t->alone = false;
}

/* Vector registers and FP flags are on the host before and after. */
void excl_run(Vcpu *v)
{
    const GuestOps *g = rt.cfg.guest;
    Trans *t = v->trans;
    LOG(EXEC, "exec: %lx (alone)\n", (unsigned long)*slot_pc(v));
    rt_state_save(v);
    t->interp_flags = g->fp_flags_take(v);
    v->interp_fp_flags = &t->interp_flags;
    rt_exclusive(v, excl_body, v);
    v->interp_fp_flags = NULL;
    g->fp_flags_put(v, t->interp_flags);
    rt_state_load(v);
}
