/*
 * Fixed pieces of host code, and what is written on a fresh return stack.
 *
 * Registers: rbp = vcpu + VCPU_BIAS; rsp = return stack, 16-aligned at unit borders, where a frame
 * is [host return address][guest return address]; rax rcx rdx are free there, everything else is a
 * pin. C code runs on the C stack with the callee-saved registers of enter()'s caller below it; it
 * touches no vector register.
 *
 * The sentinel frame at the bottom expects the guest address -1, which no return has; its host
 * address leads to the lookup all the same.
 */
#include "x64_internal.h"
#include <string.h>

static X64Mem field(size_t off)
{
    return x64_vcpu_mem(off);
}
#define VF(name) field(offsetof(Vcpu, name))

static X64Mem slot_mem(unsigned slot)
{
    return field(offsetof(Vcpu, state) + x64_cfg.slots[slot].off);
}

/* Pins that C may destroy. */
static const uint64_t caller_saved =
    1 << X64_RSI | 1 << X64_RDI | 1 << X64_R8 | 1 << X64_R9 | 1 << X64_R10 | 1 << X64_R11;
static const uint8_t callee_saved[6] = {X64_RBX, X64_RBP, X64_R12, X64_R13, X64_R14, X64_R15};

static void pins(X64Emit *e, const RaTarget *t, uint64_t which, bool load)
{
    for (uint64_t m = t->pinned & which & 0xffff; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctzll(m);
        X64Mem at = slot_mem((unsigned)t->slot_of_reg[r]);
        if (load)
            x64_load(e, 3, r, at);
        else
            x64_store(e, 3, at, r);
    }
}

/* void enter(Vcpu *v, const void *host_pc) */
static void emit_enter(X64Emit *e, const RaTarget *t)
{
    for (unsigned k = 0; k < 6; k++)
        x64_push(e, callee_saved[k]);
    x64_lea(e, 3, X64_RBP, x64_mem(X64_RDI, VCPU_BIAS));
    x64_mov_rr(e, 3, X64_RAX, X64_RSI);
    x64_store(e, 3, VF(c_stack), X64_RSP);
    x64_load(e, 3, X64_RSP, VF(ret_sp));
    pins(e, t, ~0ull, true);
    x64_jmp_r(e, X64_RAX);
}

/* Returns to enter()'s caller; leave_* and the pc slot are set. */
static void emit_leave(X64Emit *e, const RaTarget *t)
{
    pins(e, t, ~0ull, false);
    x64_store(e, 3, VF(ret_sp), X64_RSP);
    x64_load(e, 3, X64_RSP, VF(c_stack));
    for (unsigned k = 6; k-- > 0;)
        x64_pop(e, callee_saved[k]);
    x64_ret(e);
}

static void leave_with(X64Emit *e, uint64_t leave, LeaveReason why)
{
    x64_store_imm(e, 2, VF(leave_reason), (int32_t)why);
    x64_jmp(e, leave);
}

static void emit_leaves(X64Emit *e, BackendStubs *st)
{
    uint64_t leave = (uint64_t)st->leave;
    X64Mem pc = slot_mem(x64_cfg.slot_pc);
    st->priv[X64_STUB_LEAVE_LINK] = (void *)x64_here(e);
    x64_store(e, 3, VF(leave_data), X64_RAX);
    leave_with(e, leave, LEAVE_LINK);
    st->priv[X64_STUB_LEAVE_POLL] = (void *)x64_here(e);
    x64_store(e, 3, pc, X64_RAX);
    leave_with(e, leave, LEAVE_POLL);
    st->priv[X64_STUB_LEAVE_IC] = (void *)x64_here(e);
    x64_store(e, 3, pc, X64_RAX);
    x64_store(e, 3, VF(leave_data), X64_RCX);
    leave_with(e, leave, LEAVE_IC);
    st->priv[X64_STUB_LEAVE_TRAP] = (void *)x64_here(e);
    x64_store(e, 3, pc, X64_RAX);
    x64_store(e, 2, VF(leave_arg), X64_RCX);
    x64_store(e, 3, VF(leave_data), X64_RDX);
    leave_with(e, leave, LEAVE_TRAP);
    st->lookup_miss = st->priv[X64_STUB_LOOKUP_MISS] = (void *)x64_here(e);
    x64_store(e, 3, pc, X64_RAX);
    leave_with(e, leave, LEAVE_LOOKUP);
}

/* Leaves of computed branches that have a kind: it is noted first. */
static void emit_kind_leaves(X64Emit *e, BackendStubs *st)
{
    for (unsigned kind = 1; kind < LANDING_KINDS; kind++) {
        st->priv[X64_STUB_POLL_KIND + kind - 1] = (void *)x64_here(e);
        x64_store_imm(e, 2, VF(landing), (int32_t)kind);
        x64_jmp(e, (uint64_t)st->priv[X64_STUB_LEAVE_POLL]);
        st->priv[X64_STUB_MISS_KIND + kind - 1] = (void *)x64_here(e);
        x64_store_imm(e, 2, VF(landing), (int32_t)kind);
        x64_jmp(e, (uint64_t)st->lookup_miss);
    }
}

enum { RET_SEARCH = 6 }; /* frames looked at */

/*
 * A return that the top frame does not expect (longjmp, unwinding, switched stacks): if a frame a
 * little up does, the ones below it are dropped; else the stack stays and the target is looked up.
 */
static void emit_ret_miss(X64Emit *e, BackendStubs *st)
{
    uint32_t found[RET_SEARCH], end[RET_SEARCH];
    st->ret_miss = st->priv[X64_STUB_RET_MISS] = (void *)x64_here(e);
    for (int k = 0; k < RET_SEARCH; k++) {
        X64Mem guest = x64_mem(X64_RSP, 16 * k + 8);
        x64_alu_mr(e, ALU_CMP, 3, guest, X64_RAX);
        found[k] = x64_jcc_fwd32(e, X64_E);
        x64_alu_mi(e, ALU_CMP, 3, guest, -1);
        end[k] = x64_jcc_fwd32(e, X64_E);
    }
    for (int k = 0; k < RET_SEARCH; k++)
        x64_land32(e, end[k]);
    st->lookup_jump = st->priv[X64_STUB_LOOKUP] = (void *)x64_here(e);
    x64_lookup_emit(e, 0, true);
    for (int k = 0; k < RET_SEARCH; k++) {
        x64_land32(e, found[k]);
        if (k)
            x64_lea(e, 3, X64_RSP, x64_mem(X64_RSP, 16 * k));
        x64_ret(e);
    }
}

/* What the sentinel's host address leads to: the frame stays, the target (rax) is looked up. */
static void emit_sentinel(X64Emit *e, BackendStubs *st)
{
    st->priv[X64_STUB_SENTINEL] = (void *)x64_here(e);
    x64_lea(e, 3, X64_RSP, x64_mem(X64_RSP, -8));
    x64_lookup_emit(e, 0, true);
}

/*
 * Argument registers of C after the vcpu, filled from harg[]. With vectors: ecx says which
 * arguments and whether the result go by address; the result's address comes second.
 */
static void emit_args(X64Emit *e, bool vectors)
{
    static const uint8_t regs[5] = {X64_RSI, X64_RDX, X64_RCX, X64_R8, X64_R9};
    if (!vectors) {
        for (unsigned k = 0; k < 5; k++)
            x64_load(e, 3, regs[k], x64_harg(k));
        return;
    }
    static const uint8_t shifted[4] = {X64_RDX, X64_R10, X64_R8, X64_R9}; /* r10: rcx in the end */
    static const uint8_t plain[5] = {X64_RSI, X64_RDX, X64_R10, X64_R8, X64_R9};
    x64_test_ri(e, 0, X64_RCX, 0x80);
    uint32_t no_result = x64_jcc_fwd32(e, X64_E);
    uint32_t done = 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        const uint8_t *to = pass ? plain : shifted;
        if (pass)
            x64_land32(e, no_result);
        else
            x64_lea(e, 3, X64_RSI, x64_harg(7));
        for (unsigned k = 0; k < 4u + pass; k++) {
            x64_lea(e, 3, to[k], x64_harg(k));
            x64_test_ri(e, 0, X64_RCX, (int32_t)(1u << k));
            x64_cmov_m(e, X64_E, 3, to[k], x64_harg(k));
        }
        if (!pass)
            done = x64_jmp_fwd32(e);
    }
    x64_land32(e, done);
    x64_mov_rr(e, 3, X64_RCX, X64_R10);
}

/*
 * Calls the C function rax. rsp is 8 below a unit's, the host return address on top. Pins that C
 * may destroy go through their slots' memory, which means nothing while they are pinned.
 */
static void emit_helper(X64Emit *e, const RaTarget *t, unsigned kind)
{
    bool store_all = kind & 3, reload_all = kind & 2, vectors = kind & 4;
    pins(e, t, store_all ? ~0ull : caller_saved, false);
    x64_store(e, 3, VF(ret_sp), X64_RSP);
    x64_load(e, 3, X64_RSP, VF(c_stack));
    x64_lea(e, 3, X64_RDI, x64_mem(X64_RBP, -VCPU_BIAS));
    emit_args(e, vectors);
    x64_alu_ri(e, ALU_AND, 3, X64_RSP, -16);
    x64_call_r(e, X64_RAX);
    x64_load(e, 3, X64_RSP, VF(ret_sp));
    pins(e, t, reload_all ? ~0ull : caller_saved, true);
    x64_ret(e);
}

/*
 * The system call: C works on the slots and answers whether the guest simply goes on behind it. If
 * not, leave_* is set and enter() returns to its caller; the frame of this call is dropped.
 */
static void emit_syscall_stub(X64Emit *e, const RaTarget *t, BackendStubs *st)
{
    st->priv[X64_STUB_SYSCALL] = (void *)x64_here(e);
    x64_store(e, 3, slot_mem(x64_cfg.slot_pc), X64_RAX);
    pins(e, t, ~0ull, false);
    x64_store(e, 3, VF(ret_sp), X64_RSP);
    x64_load(e, 3, X64_RSP, VF(c_stack));
    x64_lea(e, 3, X64_RDI, x64_mem(X64_RBP, -VCPU_BIAS));
    x64_alu_ri(e, ALU_AND, 3, X64_RSP, -16);
    x64_call_m(e, VF(syscall_fn));
    x64_test_rr(e, 2, X64_RAX, X64_RAX);
    uint32_t leave = x64_jcc_fwd32(e, X64_E);
    x64_load(e, 3, X64_RSP, VF(ret_sp));
    pins(e, t, ~0ull, true);
    x64_ret(e);
    x64_land32(e, leave);
    x64_alu_mi(e, ALU_ADD, 3, VF(ret_sp), 8);
    x64_load(e, 3, X64_RSP, VF(c_stack));
    for (unsigned k = 6; k-- > 0;)
        x64_pop(e, callee_saved[k]);
    x64_ret(e);
}

static X64Op vec_move_op(bool store)
{
    return store ? V_MOVUPS_ST : V_MOVUPS;
}

/* void vec_save(Vcpu *v), void vec_load(Vcpu *v): vector pins and MXCSR. */
static void emit_vec_state(X64Emit *e, const RaTarget *t, bool store)
{
    bool avx = x64_cfg.f.avx && x64_cfg.f.avx2;
    for (unsigned r = 0; r < 32; r++) {
        if (!(t->pinned >> (LOC_VEC + r) & 1))
            continue;
        unsigned slot = (unsigned)t->slot_of_reg[LOC_VEC + r];
        size_t off = offsetof(Vcpu, state) + x64_cfg.slots[slot].off;
        X64Mem m = x64_mem(X64_RDI, (int32_t)off);
        if (avx)
            x64_avx_rrm(e, vec_move_op(store), r, 0, m);
        else
            x64_sse_rm(e, vec_move_op(store), r, m);
    }
    X64Mem csr = x64_mem(X64_RDI, offsetof(Vcpu, mxcsr_guest));
    x64_rm(e, X64_OP(0, 1, 0xae), store ? 3 : 2, csr, 0); /* stmxcsr, ldmxcsr */
    x64_ret(e);
}

static void align16(X64Emit *e)
{
    x64_nops(e, (unsigned)-x64_here(e) & 15);
}

bool x64_stubs_emit(const RaTarget *t, CodeOut *out, BackendStubs *st)
{
    X64Emit em = x64_emit_to(out->rw, out->cap, out->rx);
    X64Emit *e = &em;
    if (out->cap < 4096)
        return false;
    memset(st, 0, sizeof *st);
    st->begin = (uint8_t *)out->rx;
    st->enter = (void (*)(Vcpu *, const void *))x64_here(e);
    emit_enter(e, t);
    align16(e);
    st->leave = st->priv[X64_STUB_LEAVE] = (void *)x64_here(e);
    emit_leave(e, t);
    emit_leaves(e, st);
    emit_kind_leaves(e, st);
    align16(e);
    emit_syscall_stub(e, t, st);
    align16(e);
    emit_ret_miss(e, st);
    emit_sentinel(e, st);
    for (unsigned k = 0; k < 8; k++) {
        align16(e);
        st->priv[X64_STUB_HELPER + k] = (void *)x64_here(e);
        if (k < 4)
            st->helper_call[k] = st->priv[X64_STUB_HELPER + k];
        emit_helper(e, t, k);
    }
    align16(e);
    st->vec_save = (void (*)(Vcpu *))x64_here(e);
    emit_vec_state(e, t, true);
    align16(e);
    st->vec_load = (void (*)(Vcpu *))x64_here(e);
    emit_vec_state(e, t, false);
    align16(e);
    out->size = out->hot_size = x64_off(e);
    st->end = st->begin + out->size;
    return !e->overflow;
}

void x64_vcpu_init(Vcpu *v, const BackendStubs *st)
{
    for (unsigned k = 0; k < X64_STUB_COUNT; k++)
        v->stub[k] = st->priv[k];
    v->leave = st->leave;
    uint64_t *frame = (uint64_t *)v->ret_bottom;
    frame[0] = (uint64_t)st->priv[X64_STUB_SENTINEL];
    frame[1] = ~0ull;
    v->ret_sp = v->ret_bottom;
}
