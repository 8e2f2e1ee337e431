/*
 * rt_run for the interpreter. With RtConfig.opt_limit 0 the IR is the front end's; otherwise it
 * goes through the passes first, so that a pass can be judged without host code.
 */
#include "rt_interp.h"
#include "ir_interp.h"
#include "opt.h"
#include "trans_dump.h"
#include <asm/siginfo.h>
#include <asm/signal.h>

static RtEvent interp_fault(const Vcpu *v, const IrExit *x)
{
    return (RtEvent){.kind = RT_FAULT,
                     .signo = SIGSEGV,
                     .code = v->fault_code,
                     .data = x->data,
                     .host_err = x->write ? 2 : 0};
}

static IrExit interp_unit(Vcpu *v, Trans *t)
{
    OptConfig oc = {.passes = rt.cfg.opt_limit, .verify = rt.cfg.verify};
    if (oc.passes) {
        arena_reset(&t->scratch, TRANS_ARENA);
        opt_run(&t->ir, &t->scratch, &oc);
    }
    IrInterpEnv env = {
        .vals = t->interp_vals, .cap_vals = UNIT_IR_MAX, .fp_flags = t->interp_flags};
    IrExit x = ir_interp_run(&t->ir, v, &env);
    t->interp_flags = env.fp_flags;
    return x;
}

RtEvent interp_run(Vcpu *v)
{
    Trans *t = v->trans;
    v->interp_fp_flags = &t->interp_flags; /* for signal frames, between units */
    for (;;) {
        if (__atomic_load_n(&v->poll, __ATOMIC_ACQUIRE)) {
            uint32_t ours = POLL_EPOCH | POLL_STOP;
            uint32_t poll = __atomic_fetch_and(&v->poll, ~ours, __ATOMIC_ACQUIRE);
            if (poll & ~ours)
                return (RtEvent){.kind = RT_POLL};
        }
        GuestAddr pc = *slot_pc(v);
        uint32_t max = rt.cfg.single_step ? 1 : UNIT_INSNS_DEFAULT;
        if (trans_front(v, pc, max) != TRANS_OK)
            return (RtEvent){.kind = RT_NOEXEC, .data = t->noexec};
        if (!trans_lands(v))
            return (RtEvent){.kind = RT_TRAP, .trap = TRAP_ILLEGAL};
        while (t->ir.overflow)
            trans_front(v, pc, max = t->ir.guest_insns / 2);
        dump_guest(&t->ir, pc, t->hi);
        dump_ir(&t->ir, LOG_OP, "IR of the front end");
        IrExit x = interp_unit(v, t);
        if (x.kind == IREXIT_TRAP)
            return (RtEvent){.kind = RT_TRAP, .trap = x.trap, .data = x.data};
        if (x.kind == IREXIT_FAULT)
            return interp_fault(v, &x);
    }
}
