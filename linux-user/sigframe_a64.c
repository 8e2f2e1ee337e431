/*
 * AArch64's signal frame, as arch/arm64/kernel/signal.c lays it out, and the guest's Linux values.
 *
 *   sp ->  siginfo (128) | ucontext: flags link stack sigmask ... | sigcontext | records
 *          ... up to FRAME_SIZE, then the frame record {x29, x30} that x29 points to
 *   records: fpsimd_context, esr_context after a fault, a terminator
 *
 * Saving and restoring walk the slots of the register table; a slot's `sigframe` number gives its
 * place: 0-30 x, 31 sp, 32 pc, 33 pstate, 64-95 v, 96 fpsr, 97 fpcr.
 */
#include <asm/signal.h>
#include <string.h>
#include "a64_linux.h"
#include "check.h"
#include "flags.h"
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
    OFF_FAULT = OFF_UC + 176, /* sigcontext.fault_address */
    OFF_REGS = OFF_FAULT + 8,
    OFF_RECORDS = OFF_FAULT + 288, /* sigcontext.__reserved */
    RECORDS_SIZE = 4096,
    FRAME_SIZE = OFF_RECORDS + RECORDS_SIZE,
    FPSIMD_MAGIC = 0x46508001,
    FPSIMD_SIZE = 528,
    ESR_MAGIC = 0x45535201,
    ESR_SIZE = 16,
    WRITTEN_MAX = OFF_RECORDS + FPSIMD_SIZE + ESR_SIZE + 8,
    PLACE_FPSR = 96,
    FPSR_FLAGS = 0x9f, /* IDC IXC UFC OFC DZC IOC */
    HWCAP_SSBS = 1 << 28,
    HWCAP2_BTI = 1 << 17,
    A64_PROT_BTI = 0x10,
    PLACE_PSTATE = 33,
    PSTATE_NOT_USER = 0x3df, /* mode, 32-bit and DAIF bits: zero in user mode */
    PSTATE_BTYPE = 10,       /* two bits */
    BTYPE_CALL = 2,
    PSTATE_SSBS = 1 << 12,
    PSTATE_DIT = 1 << 24,
};

typedef struct RecordHead {
    uint32_t magic, size;
} RecordHead;

/* Offset in the frame of a slot's place, with the fpsimd record at `fp`. */
static size_t place_offset(int place, size_t fp)
{
    if (place < 64)
        return OFF_REGS + 8 * (size_t)place;
    if (place < 96)
        return fp + 16 + 16 * (size_t)(place - 64);
    return fp + 8 + 4 * (size_t)(place - 96);
}

static void save_slot(const Vcpu *v, const SlotDesc *s, uint8_t *at)
{
    const uint8_t *state = v->state + s->off;
    uint32_t word;
    uint64_t wide;
    switch (s->type) {
    case SLOT_FLAGS:
        memcpy(&word, state, 4);
        wide = flags_to_nzcv(word);
        memcpy(at, &wide, 8);
        break;
    case SLOT_I32:
        memcpy(at, state, 4);
        break;
    case SLOT_I64:
        memcpy(at, state, 8);
        break;
    default:
        memcpy(at, state, 16);
    }
}

static void restore_slot(Vcpu *v, const SlotDesc *s, const uint8_t *at)
{
    uint8_t *state = v->state + s->off;
    uint32_t word;
    switch (s->type) {
    case SLOT_FLAGS:
        memcpy(&word, at, 4);
        word = flags_from_nzcv(word);
        memcpy(state, &word, 4);
        break;
    case SLOT_I32:
        memcpy(state, at, 4);
        break;
    case SLOT_I64:
        memcpy(state, at, 8);
        break;
    default:
        memcpy(state, at, 16);
    }
}

static uint64_t *place_slot(Vcpu *v, int place)
{
    const GuestOps *g = process.guest->ops;
    for (uint32_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].sigframe == place)
            return vcpu_slot64(v, &g->slots[i]);
    return NULL;
}

static void put_record(uint8_t *at, uint32_t magic, uint32_t size)
{
    RecordHead h = {magic, size};
    memcpy(at, &h, sizeof h);
}

/* The slot has the QC bit; the exception flags are where the host keeps them. */
static void put_fpsr(const Vcpu *v, uint8_t *at)
{
    uint32_t fpsr;
    memcpy(&fpsr, at, 4);
    fpsr = (fpsr & ~(uint32_t)FPSR_FLAGS) | (fp_flags_read(v) & FPSR_FLAGS);
    memcpy(at, &fpsr, 4);
}

/*
 * PSTATE's bits beside the condition flags have a slot of their own, but for BTYPE: that says how
 * the last instruction branched, which is of interest where it was a computed branch
 * (Vcpu.landing).
 */
static uint16_t slot_pstate;

static void put_pstate(const Vcpu *v, uint8_t *at)
{
    uint32_t nzcv, rest;
    memcpy(&nzcv, at, 4);
    memcpy(&rest, v->state + process.guest->ops->slots[slot_pstate].off, 4);
    nzcv |= rest | v->landing << PSTATE_BTYPE;
    memcpy(at, &nzcv, 4);
}

static void take_pstate(Vcpu *v, uint64_t pstate)
{
    uint32_t rest = (uint32_t)pstate & (PSTATE_SSBS | PSTATE_DIT);
    memcpy(v->state + process.guest->ops->slots[slot_pstate].off, &rest, 4);
    v->landing = process.prot_guarded ? pstate >> PSTATE_BTYPE & 3 : 0;
}

/* Makes the host's vector registers and flags those of the frame; rt_mode_update() follows. */
static void load_fp(Vcpu *v, const uint8_t *fpsr_at)
{
    uint32_t fpsr;
    memcpy(&fpsr, fpsr_at, 4);
    rt_state_load(v);
    fp_flags_write(v, fpsr & FPSR_FLAGS);
}

/* Fills f with everything but the siginfo; returns the bytes that must be written. */
static size_t frame_fill(Thread *t, uint8_t *f, const SigStack *ss)
{
    const GuestOps *g = process.guest->ops;
    size_t at = OFF_RECORDS;
    memset(f, 0, WRITTEN_MAX);
    memcpy(f + OFF_STACK, ss, sizeof *ss);
    memcpy(f + OFF_MASK, &t->sig.blocked, 8);
    memcpy(f + OFF_FAULT, &t->sig.fault_addr, 8);
    for (uint32_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].sigframe >= 0)
            save_slot(&t->vcpu, &g->slots[i], f + place_offset(g->slots[i].sigframe, OFF_RECORDS));
    put_fpsr(&t->vcpu, f + place_offset(PLACE_FPSR, at));
    put_pstate(&t->vcpu, f + place_offset(PLACE_PSTATE, at));
    put_record(f + at, FPSIMD_MAGIC, FPSIMD_SIZE);
    at += FPSIMD_SIZE;
    if (t->sig.fault_code) {
        put_record(f + at, ESR_MAGIC, ESR_SIZE);
        memcpy(f + at + 8, &t->sig.fault_code, 8);
        at += ESR_SIZE;
    }
    put_record(f + at, 0, 0);
    return at + 8;
}

static bool a64_frame_push(Thread *t, const SigAction *act, const SigInfo *info)
{
    Vcpu *v = &t->vcpu;
    uint8_t f[WRITTEN_MAX];
    uint64_t sp = *place_slot(v, 31);
    uint64_t link[2] = {*place_slot(v, 29), *place_slot(v, 30)};
    uint64_t record = ALIGN_DOWN(signal_stack_for(t, act, sp) - sizeof link, 16);
    uint64_t frame = record - FRAME_SIZE;
    SigStack saved = t->sig.altstack, ss = signal_save_altstack(t, sp);
    size_t n = frame_fill(t, f, &ss);
    bool ok = gm_copy_out(record, link, sizeof link) &&
              gm_copy_out(frame + OFF_UC, f + OFF_UC, n - OFF_UC);
    if (ok && act->flags & SA_SIGINFO)
        ok = gm_copy_out(frame, info, sizeof *info);
    if (!ok) {
        t->sig.altstack = saved;
        return false;
    }
    *place_slot(v, 0) = (uint64_t)info->signo;
    if (act->flags & SA_SIGINFO) {
        *place_slot(v, 1) = frame;
        *place_slot(v, 2) = frame + OFF_UC;
    }
    *place_slot(v, 29) = record;
    *place_slot(v, 30) = act->flags & SA_RESTORER
                             ? act->restorer
                             : gm_addr(process.guest->vdso) + process.guest->vdso_sigreturn;
    *place_slot(v, 31) = frame;
    *place_slot(v, 32) = act->handler;
    v->landing = process.prot_guarded ? BTYPE_CALL : 0;
    return true;
}

/* Finds the fpsimd record; 0 when the records are not well formed or it is missing. */
static size_t find_fpsimd(const uint8_t *f)
{
    size_t at = OFF_RECORDS, found = 0;
    for (;;) {
        RecordHead h;
        if (at + sizeof h > FRAME_SIZE)
            return 0;
        memcpy(&h, f + at, sizeof h);
        if (h.magic == 0)
            return h.size == 0 ? found : 0;
        if (h.size < sizeof h || h.size % 16 || h.size > FRAME_SIZE - at)
            return 0;
        if (h.magic == FPSIMD_MAGIC && h.size == FPSIMD_SIZE && !found)
            found = at;
        else if (h.magic != ESR_MAGIC)
            return 0;
        at += h.size;
    }
}

static bool a64_frame_pop(Thread *t, uint64_t *mask, SigStack *altstack)
{
    const GuestOps *g = process.guest->ops;
    uint8_t f[FRAME_SIZE];
    uint64_t sp = *place_slot(&t->vcpu, 31), pstate;
    if (sp % 16 || !gm_copy_in(f, sp, sizeof f))
        return false;
    memcpy(mask, f + OFF_MASK, 8);
    memcpy(altstack, f + OFF_STACK, sizeof *altstack);
    memcpy(&pstate, f + place_offset(PLACE_PSTATE, 0), 8);
    size_t fp = find_fpsimd(f);
    if (!fp || pstate & PSTATE_NOT_USER)
        return false;
    for (uint32_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].sigframe >= 0)
            restore_slot(&t->vcpu, &g->slots[i], f + place_offset(g->slots[i].sigframe, fp));
    take_pstate(&t->vcpu, pstate);
    load_fp(&t->vcpu, f + place_offset(PLACE_FPSR, fp));
    return true;
}

/* ESR_EL1 as the CPU reports it: class, 32-bit instruction, write bit, fault status. */
static uint64_t a64_fault_code(const RtEvent *ev)
{
    enum {
        EC_INSN = 0x20u << 26 | 1u << 25,
        EC_DATA = 0x24u << 26 | 1u << 25,
        WRITE = 1 << 6,
        TRANSLATION = 0x06, /* level 2 */
        PERMISSION = 0x0f,  /* level 3 */
        ALIGNMENT = 0x21,
    };
    bool accerr = ev->code == 2; /* SEGV_ACCERR */
    if (ev->kind == RT_TRAP && ev->trap == TRAP_ALIGN)
        return (uint32_t)EC_DATA | ALIGNMENT;
    if (ev->kind != RT_FAULT)
        return (uint32_t)EC_INSN | (accerr ? PERMISSION : TRANSLATION);
    uint32_t status = ev->signo == SIGSEGV && accerr ? PERMISSION : TRANSLATION;
    return (uint32_t)EC_DATA | status | (ev->host_err & 2 ? WRITE : 0);
}

static uint16_t slot_named(const GuestOps *g, const char *name)
{
    for (uint16_t i = 0; i < g->n_slots; i++)
        if (str_eq(g->slots[i].name, name))
            return i;
    CHECK_NEVER("slot exists");
    return 0;
}

static void a64_init(GuestLinux *g)
{
    static const char names[6][3] = {"x0", "x1", "x2", "x3", "x4", "x5"};
    for (int i = 0; i < 6; i++)
        g->slot_arg[i] = slot_named(g->ops, names[i]);
    g->slot_ret = g->slot_arg[0];
    g->slot_nr = slot_named(g->ops, "x8");
    slot_pstate = slot_named(g->ops, "pstate");
    g->slot_tls = slot_named(g->ops, "tpidr_el0");
    g->vdso = vdso_a64;
    g->vdso_size = sizeof vdso_a64;
    g->vdso_sigreturn = vdso_a64_sigreturn;
}

/* Programs start with speculative store bypass allowed, as Linux has it by default. */
static void a64_exec_state(Vcpu *v)
{
    uint64_t hwcap[2];
    process.guest->ops->hwcaps(&process.features, hwcap);
    take_pstate(v, hwcap[0] & HWCAP_SSBS ? PSTATE_SSBS : 0);
    a64_keys_init(v);
}

static int a64_guard_prot(const GuestFeatures *f)
{
    uint64_t hwcap[2];
    process.guest->ops->hwcaps(f, hwcap);
    return hwcap[1] & HWCAP2_BTI ? A64_PROT_BTI : 0;
}

GuestLinux guest_linux_a64 = {
    .abi = &sys_abi_aarch64,
    .debian_arch = "arm64",
    .triplet = "aarch64-linux-gnu",
    .interp = "ld-linux-aarch64.so.1",
    .min_sigstack = 4720, /* frame, frame record and alignment: AT_MINSIGSTKSZ without SVE */
    .min_altstack = 5120,
    .frame_regs = OFF_REGS,
    .syscall_len = 4,
    .init = a64_init,
    .exec_state = a64_exec_state,
    .frame_push = a64_frame_push,
    .frame_pop = a64_frame_pop,
    .fault_code = a64_fault_code,
    .trap = a64_mops_trap,
    .guard_prot = a64_guard_prot,
    .prctl = a64_prctl,
};
