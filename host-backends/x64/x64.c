/*
 * The x86-64 backend's set-up: the choice of pins, links, interrupted contexts.
 *
 * General registers: rbp vcpu, rsp return stack, rax rcx rdx temps, the other eleven are pins in
 * the order of the slots' priority; slots with the highest get the registers with the shortest
 * encodings. Vector registers: the last three (of sixteen) or four (of thirty-two) are temps.
 */
#include "x64_internal.h"
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <string.h>

X64Config x64_cfg;

/* Slot numbers by falling priority; equal ones by number. This runs at every start. */
static void order_by_pin(const SlotDesc *slots, uint32_t n, uint8_t *order)
{
    uint16_t at[256 + 1] = {0}; /* at[p]: where the next one of priority 255 - p goes */
    for (uint32_t k = 0; k < n; k++)
        at[255 - slots[k].pin + 1]++;
    for (uint32_t p = 1; p < 256; p++)
        at[p] = (uint16_t)(at[p] + at[p - 1]);
    for (uint32_t k = 0; k < n; k++)
        order[at[255 - slots[k].pin]++] = (uint8_t)k;
}

/* The next slot of this type that has a priority, from *at on in order; n when there is none. */
static uint32_t next_slot(const SlotDesc *slots, uint32_t n, SlotType type, const uint8_t *order,
                          uint32_t *at)
{
    while (*at < n) {
        uint32_t k = order[(*at)++];
        if (slots[k].type == type && slots[k].pin)
            return k;
    }
    return n;
}

static void pin(RaTarget *t, uint32_t slot, RaLoc reg)
{
    t->pin_of_slot[slot] = reg;
    t->slot_of_reg[reg] = (int16_t)slot;
    t->pinned |= 1ull << reg;
}

static void choose_pins(RaTarget *t, const HostFeatures *f, const SlotDesc *slots, uint32_t n)
{
    static const uint8_t gprs[11] = {X64_RBX, X64_RSI, X64_RDI, X64_R8,  X64_R9, X64_R10,
                                     X64_R11, X64_R12, X64_R13, X64_R14, X64_R15};
    uint8_t order[256];
    uint32_t at_int = 0, at_vec = 0;
    bool wide = f->avx && f->avx2 && f->avx512vl;
    unsigned n_vec = wide ? 32 : 16, n_tmp = wide ? 4 : 3, first_tmp = 16 - n_tmp;
    t->temps[RC_GPR] = 1 << X64_RAX | 1 << X64_RCX | 1 << X64_RDX;
    t->temps[RC_VEC] = ((1ull << n_tmp) - 1) << (LOC_VEC + first_tmp);
    order_by_pin(slots, n, order);
    for (unsigned k = 0; k < ARRAY_LEN(gprs); k++) {
        uint32_t s = next_slot(slots, n, SLOT_I64, order, &at_int);
        if (s < n)
            pin(t, s, gprs[k]);
    }
    for (unsigned r = 0; r < n_vec; r++) {
        if (t->temps[RC_VEC] >> (LOC_VEC + r) & 1)
            continue;
        uint32_t s = next_slot(slots, n, SLOT_V128, order, &at_vec);
        if (s < n)
            pin(t, s, (RaLoc)(LOC_VEC + r));
    }
}

static void setup(const HostFeatures *f, const SlotDesc *slots, uint32_t n, uint16_t slot_pc,
                  RaTarget *out)
{
    CHECK(n <= 256);
    memset(out, 0, sizeof *out);
    for (uint32_t k = 0; k < ARRAY_LEN(out->pin_of_slot); k++)
        out->pin_of_slot[k] = LOC_NONE;
    for (uint32_t k = 0; k < LOC_NREGS; k++)
        out->slot_of_reg[k] = -1;
    choose_pins(out, f, slots, n);
    x64_quick_setup();
    x64_cfg =
        (X64Config){.f = *f, .target = *out, .slots = slots, .n_slots = n, .slot_pc = slot_pc};
}

static void link_exit(ExitRec *rec, int64_t rw_minus_rx, uint64_t to)
{
    uint64_t at = (uint64_t)rec;
    uint64_t field = at - rec->patch_at;
    uint64_t target = to ? to : at - rec->stub_at;
    uint32_t *p = (uint32_t *)(field + (uint64_t)rw_minus_rx);
    __atomic_store_n(p, (uint32_t)(target - (field + 4)), __ATOMIC_RELEASE);
}

static uint64_t fp_control(uint32_t mode, uint64_t old)
{
    enum { STICKY = 0x3f, MASKS = 0x1f80, INVALID_MASK = 1 << 7, RC_SHIFT = 13 };
    static const uint8_t rc[4] = {0, 2, 1, 3}; /* Arm: nearest, plus, minus, zero */
    uint64_t w = (old & STICKY) | MASKS | (uint64_t)rc[mode >> MODE_FP_RM_SHIFT & 3] << RC_SHIFT;
    if (!(mode & (MODE_FP_CHECKED | MODE_FP_DN | MODE_FP_FZ)))
        w &= ~(uint64_t)INVALID_MASK;
    return w;
}

/* ---- interrupted contexts -------------------------------------------------------------------- */

/* Places of the general registers in the kernel's sigcontext, by register number. */
static const uint8_t greg_off[16] = {
    [X64_RAX] = offsetof(struct sigcontext, rax), [X64_RCX] = offsetof(struct sigcontext, rcx),
    [X64_RDX] = offsetof(struct sigcontext, rdx), [X64_RBX] = offsetof(struct sigcontext, rbx),
    [X64_RSP] = offsetof(struct sigcontext, rsp), [X64_RBP] = offsetof(struct sigcontext, rbp),
    [X64_RSI] = offsetof(struct sigcontext, rsi), [X64_RDI] = offsetof(struct sigcontext, rdi),
    [X64_R8] = offsetof(struct sigcontext, r8),   [X64_R9] = offsetof(struct sigcontext, r9),
    [X64_R10] = offsetof(struct sigcontext, r10), [X64_R11] = offsetof(struct sigcontext, r11),
    [X64_R12] = offsetof(struct sigcontext, r12), [X64_R13] = offsetof(struct sigcontext, r13),
    [X64_R14] = offsetof(struct sigcontext, r14), [X64_R15] = offsetof(struct sigcontext, r15),
};

static const struct sigcontext *context(const void *uc)
{
    return &((const struct ucontext *)uc)->uc_mcontext;
}
static struct sigcontext *context_rw(void *uc)
{
    return &((struct ucontext *)uc)->uc_mcontext;
}

static uint64_t ctx_gpr(const void *uc, RaLoc reg)
{
    uint64_t v;
    memcpy(&v, (const uint8_t *)context(uc) + greg_off[reg & 15], 8);
    return v;
}

/*
 * xmm0-15 lie in the legacy area; xmm16-31 are the low quarters of the Hi16_ZMM component, whose
 * place the standard format of XSAVE gives through cpuid (leaf 0xd, component 7).
 */
static const V128 *ctx_vec(const void *uc, RaLoc reg)
{
    const uint8_t *fp = (const uint8_t *)context(uc)->fpstate;
    unsigned r = reg & 31;
    if (r < 16)
        return (const V128 *)(fp + 160 + 16 * r);
    return (const V128 *)(fp + x64_cpuid(0xd, 7).b + 64 * (r - 16));
}

static uint64_t ctx_pc(const void *uc)
{
    return context(uc)->rip;
}
static void ctx_set_pc(void *uc, uint64_t pc)
{
    context_rw(uc)->rip = pc;
}
static uint64_t ctx_err(const void *uc)
{
    return context(uc)->err;
}

static void ctx_leave(void *uc, Vcpu *v)
{
    context_rw(uc)->rip = (uint64_t)v->leave;
}

/*
 * The access that hit the guard is a push or a call when it lies just below rsp. Between the two
 * halves of a frame (rsp is 8 off) the guest's half moves along.
 */
static bool ctx_ret_reset(void *uc, Vcpu *v, uint64_t addr)
{
    struct sigcontext *sc = context_rw(uc);
    uint64_t rsp = v->ret_bottom;
    if (addr < sc->rsp - 8 || addr >= sc->rsp)
        return false;
    if (sc->rsp & 8) {
        rsp -= 8;
        *(uint64_t *)rsp = *(const uint64_t *)sc->rsp;
    }
    sc->rsp = rsp;
    return true;
}

const BackendOps backend_x64 = {
    .name = "x86-64",
    .probe = x64_probe,
    .narrow = x64_narrow,
    .setup = setup,
    .emit_stubs = x64_stubs_emit,
    .vcpu_init = x64_vcpu_init,
    .select = x64_select,
    .emit = x64_emit_unit,
    .quick_open = x64_quick_open,
    .quick_insn = x64_quick_insn,
    .quick_undo = x64_quick_undo,
    .quick_close = x64_quick_close,
    .link = link_exit,
    .fp_control = fp_control,
    .ctx_gpr = ctx_gpr,
    .ctx_vec = ctx_vec,
    .ctx_pc = ctx_pc,
    .ctx_set_pc = ctx_set_pc,
    .ctx_err = ctx_err,
    .ctx_leave = ctx_leave,
    .ctx_ret_reset = ctx_ret_reset,
};
