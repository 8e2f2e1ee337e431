/*
 * RISC-V's signal frame, as arch/riscv/kernel/signal.c lays it out, and the guest's Linux values.
 *
 *   sp ->  siginfo (128) | ucontext: flags link stack sigmask, room for more mask | sigcontext:
 *          pc x1 .. x31 | f0 .. f31 as doubles, fcsr | zero, then an empty list of extensions
 *
 * A slot's `sigframe` number gives its place: 0 pc, 1-31 x, 32-63 f, 64 fcsr. The handler returns
 * to the vdso: this architecture's struct sigaction names no restorer.
 */
#include <asm/signal.h>
#include <string.h>
#include "check.h"
#include "guestmem.h"
#include "helpers.h"
#include "process.h"
#include "sig_host.h"
#include "str.h"
#include "vdso.h"

enum {
    OFF_UC = 128,
    OFF_STACK = OFF_UC + 16,
    OFF_MASK = OFF_UC + 40,
    OFF_REGS = OFF_UC + 176, /* uc_mcontext, aligned to 16 */
    OFF_FP = OFF_REGS + 32 * 8,
    OFF_FCSR = OFF_FP + 32 * 8,
    OFF_RESERVED = OFF_FP + 516, /* must be zero, then the terminator's magic and size */
    FRAME_SIZE = OFF_FP + 528,
    PLACE_FCSR = 64,
};

static uint16_t slot_sp, slot_ra, slot_fcsr;

static size_t place_offset(int place)
{
    if (place == PLACE_FCSR)
        return OFF_FCSR;
    return (place < 32 ? OFF_REGS : OFF_FP - 32 * 8) + 8 * (size_t)place;
}

/* The bytes of a slot that the frame holds: registers are 64 bits wide, fcsr 32. */
static size_t place_size(int place)
{
    return place == PLACE_FCSR ? 4 : 8;
}

static uint64_t *slot64(Vcpu *v, uint16_t slot)
{
    return vcpu_slot64(v, &process.guest->ops->slots[slot]);
}

static void frame_fill(Thread *t, uint8_t *f, const SigStack *ss, const SigInfo *info)
{
    const GuestOps *g = process.guest->ops;
    memset(f, 0, FRAME_SIZE);
    memcpy(f, info, sizeof *info);
    memcpy(f + OFF_STACK, ss, sizeof *ss);
    memcpy(f + OFF_MASK, &t->sig.blocked, 8);
    for (uint32_t i = 0; i < g->n_slots; i++) {
        int place = g->slots[i].sigframe;
        if (place >= 0)
            memcpy(f + place_offset(place), t->vcpu.state + g->slots[i].off, place_size(place));
    }
}

static bool rv64_frame_push(Thread *t, const SigAction *act, const SigInfo *info)
{
    Vcpu *v = &t->vcpu;
    uint8_t f[FRAME_SIZE];
    uint64_t sp = *slot64(v, slot_sp);
    uint64_t frame = ALIGN_DOWN(signal_stack_for(t, act, sp) - FRAME_SIZE, 16);
    SigStack saved = t->sig.altstack, ss = signal_save_altstack(t, sp);
    frame_fill(t, f, &ss, info);
    if (!gm_copy_out(frame, f, sizeof f)) {
        t->sig.altstack = saved;
        return false;
    }
    *slot64(v, slot_ra) = gm_addr(process.guest->vdso) + process.guest->vdso_sigreturn;
    *slot64(v, process.guest->ops->slot_pc) = act->handler;
    *slot64(v, slot_sp) = frame;
    *slot64(v, process.guest->slot_arg[0]) = (uint64_t)info->signo;
    *slot64(v, process.guest->slot_arg[1]) = frame;
    *slot64(v, process.guest->slot_arg[2]) = frame + OFF_UC;
    return true;
}

static bool rv64_frame_pop(Thread *t, uint64_t *mask, SigStack *altstack)
{
    const GuestOps *g = process.guest->ops;
    uint8_t f[FRAME_SIZE];
    uint32_t tail[3]; /* reserved, magic, size */
    if (!gm_copy_in(f, *slot64(&t->vcpu, slot_sp), sizeof f))
        return false;
    memcpy(tail, f + OFF_RESERVED, sizeof tail);
    if (tail[0] || tail[1] || tail[2])
        return false;
    memcpy(mask, f + OFF_MASK, 8);
    memcpy(altstack, f + OFF_STACK, sizeof *altstack);
    for (uint32_t i = 0; i < g->n_slots; i++) {
        int place = g->slots[i].sigframe;
        if (place >= 0)
            memcpy(t->vcpu.state + g->slots[i].off, f + place_offset(place), place_size(place));
    }
    rt_state_load(&t->vcpu);
    return true;
}

/* There is no syndrome in the frame. */
static uint64_t rv64_fault_code(const RtEvent *ev)
{
    (void)ev;
    return 0;
}

static uint16_t slot_named(const GuestOps *g, const char *name)
{
    for (uint16_t i = 0; i < g->n_slots; i++)
        if (str_eq(g->slots[i].name, name))
            return i;
    CHECK_NEVER("slot exists");
    return 0;
}

static void rv64_init(GuestLinux *g)
{
    static const char names[6][3] = {"a0", "a1", "a2", "a3", "a4", "a5"};
    for (int i = 0; i < 6; i++)
        g->slot_arg[i] = slot_named(g->ops, names[i]);
    g->slot_ret = g->slot_arg[0];
    g->slot_nr = slot_named(g->ops, "a7");
    g->slot_tls = slot_named(g->ops, "tp");
    slot_sp = g->ops->slot_sp;
    slot_ra = slot_named(g->ops, "ra");
    slot_fcsr = slot_named(g->ops, "fcsr");
    g->vdso = vdso_rv64;
    g->vdso_size = sizeof vdso_rv64;
    g->vdso_sigreturn = vdso_rv64_sigreturn;
}

GuestLinux guest_linux_rv64 = {
    .abi = &sys_abi_riscv64,
    .debian_arch = "riscv64",
    .triplet = "riscv64-linux-gnu",
    .interp = "ld-linux-riscv64-lp64d.so.1",
    .min_sigstack = FRAME_SIZE,
    .min_altstack = 2048, /* MINSIGSTKSZ of asm-generic/signal.h */
    .no_restorer = true,
    .syscall_len = 4,
    .frame_regs = OFF_REGS,
    .init = rv64_init,
    .frame_push = rv64_frame_push,
    .frame_pop = rv64_frame_pop,
    .fault_code = rv64_fault_code,
};
