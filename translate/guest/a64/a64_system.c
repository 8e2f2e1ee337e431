/*
 * A64 exceptions, hints, barriers, cache maintenance and system registers of EL0 (DDI 0487, C4.1.93
 * and C5).
 *
 * What EL0 may not do is undefined here, as Linux reports it (SIGILL). The cache lines are 64
 * bytes; CTR_EL0 says that data is coherent with instruction fetch once it has been invalidated
 * there (IDC=1, DIC=0), so that new code is announced by `ic ivau`. The generic timer counts
 * nanoseconds, as the clock_count helper does. Example: `mrs x0, tpidr_el0` is a get and a set.
 */
#include "a64.h"
#include "flags.h"
#include "vdso_call.h"

enum { LINE_BYTES = 64, CNTFRQ_HZ = 1000000000 };

/* CTR_EL0: RES1, IDC, CWG, ERG and DminLine of 16 words, PIPT, IminLine of 16 words */
static const uint32_t ctr_el0 = 1u << 31 | 1u << 28 | 4u << 24 | 4u << 20 | 4u << 16 | 3u << 14 | 4;
static const uint32_t dczid_el0 = 4; /* log2 of the words that DC ZVA clears; DZP = 0 */

enum {
    FPCR_WRITABLE = 0x07c00000, /* AHP DN FZ RMode */
    FPCR_FZ16 = 1 << 19,
    FPSR_QC = 1 << 27,
    FPSR_FLAGS = 0x9f, /* IDC IXC UFC OFC DZC IOC */
};

TransResult a64_udf(TransCtx *tc, A64Insn insn)
{
    return vdso_call_emit(tc, insn.udf.imm16, A64_X0) ? TR_NEXT : a64_undefined(tc);
}

TransResult a64_hlt(TransCtx *tc, A64Insn insn)
{
    return a64_undefined(tc);
}

TransResult a64_sysreg_undef(TransCtx *tc, A64Insn insn)
{
    return a64_undefined(tc);
}

TransResult a64_mrs_undef(TransCtx *tc, A64Insn insn)
{
    return a64_undefined(tc);
}

static void clear_monitor(TransCtx *tc)
{
    ir_set(tc->u, A64_EXCL_SIZE, ir_const(tc->u, IR_I32, 0));
}

/* The return from an exception clears the exclusive monitor. Linux ignores the immediate. */
TransResult a64_svc(TransCtx *tc, A64Insn insn)
{
    clear_monitor(tc);
    return a64_trap(tc, TRAP_SYSCALL, 0);
}

TransResult a64_brk(TransCtx *tc, A64Insn insn)
{
    return a64_trap(tc, TRAP_BREAK, ir_const(tc->u, IR_I64, insn.brk.imm16));
}

/* YIELD is nothing to a thread that is alone on its CPU; WFE and WFI give the CPU away. */
TransResult a64_hint(TransCtx *tc, A64Insn insn)
{
    enum { HINT_WFE = 2, HINT_WFI = 3 };
    unsigned n = (unsigned)insn.hint.CRm << 3 | insn.hint.op2;
    if (a64_has(tc, A64_FEAT_PAuth) && a64_pauth_hint(tc, n)) {
        return TR_NEXT;
    }
    return n == HINT_WFE || n == HINT_WFI ? a64_trap(tc, TRAP_YIELD, 0) : TR_NEXT;
}

TransResult a64_clrex(TransCtx *tc, A64Insn insn)
{
    clear_monitor(tc);
    tc->pair_end = true;
    return TR_NEXT;
}

/* CRm<1:0>: 1 loads before all, 2 stores before stores, 3 and 0 everything. */
static TransResult barrier(TransCtx *tc, unsigned crm)
{
    static const uint8_t kinds[] = {FENCE_FULL, FENCE_LD, FENCE_ST, FENCE_FULL};
    ir_emit(tc->u, IR_FENCE, IR_VOID, kinds[crm & 3], 0, 0, 0, 0);
    return TR_NEXT;
}

TransResult a64_dmb(TransCtx *tc, A64Insn insn)
{
    return barrier(tc, insn.dmb.CRm);
}

TransResult a64_dsb(TransCtx *tc, A64Insn insn)
{
    return barrier(tc, insn.dsb.CRm);
}

TransResult a64_dsb_nxs(TransCtx *tc, A64Insn insn)
{
    return barrier(tc, 3);
}

/* The wait may end at any time: the CPU is given away once, the time not looked at. */
TransResult a64_wfxt(TransCtx *tc, A64Insn insn)
{
    return a64_trap(tc, TRAP_YIELD, 0);
}

TransResult a64_isb(TransCtx *tc, A64Insn insn)
{
    return a64_trap(tc, TRAP_ISB, 0);
}

/* Speculation barrier: nothing architectural. */
TransResult a64_sb(TransCtx *tc, A64Insn insn)
{
    return TR_NEXT;
}

TransResult a64_ic_ivau(TransCtx *tc, A64Insn insn)
{
    return a64_trap(tc, TRAP_ICFLUSH, a64_addr(tc, a64_r(tc, 1, insn.ic_ivau.rt)));
}

/* Cleaning faults as a load does and changes nothing that a program can see. */
TransResult a64_dc_clean(TransCtx *tc, A64Insn insn)
{
    IrRef addr = a64_addr(tc, a64_r(tc, 1, insn.dc_clean.rt));
    ir_ld(tc->u, IR_I64, MEM_8, addr, 0, 0);
    return TR_NEXT;
}

TransResult a64_dc_zva(TransCtx *tc, A64Insn insn)
{
    IrUnit *u = tc->u;
    IrRef mask = ir_const(u, IR_I64, ~(uint64_t)(LINE_BYTES - 1));
    IrRef addr = a64_addr(tc, a64_r(tc, 1, insn.dc_zva.rt));
    IrRef line = ir_op2(u, IR_AND, IR_I64, addr, mask);
    IrRef zero = ir_vconst(u, 0, 0);
    for (int32_t off = 0; off < LINE_BYTES; off += 16) {
        ir_st(u, MEM_128, line, 0, off, zero);
    }
    return TR_NEXT;
}

static TransResult set_const(TransCtx *tc, unsigned rt, uint64_t v)
{
    a64_set_r(tc, 1, rt, ir_const(tc->u, IR_I64, v));
    return TR_NEXT;
}

/* Linux emulates CRm 0 (three registers) and 2 to 7 of the identification space. */
TransResult a64_mrs_id(TransCtx *tc, A64Insn insn)
{
    const A64_mrs_id f = insn.mrs_id;
    bool known = f.CRm == 0 ? f.op2 == 0 || f.op2 == 5 || f.op2 == 6 : f.CRm >= 2 && f.CRm <= 7;
    if (!known) {
        return a64_undefined(tc);
    }
    return set_const(tc, f.rt, a64_id_register(tc->features, f.CRm, f.op2));
}

TransResult a64_mrs_ctr(TransCtx *tc, A64Insn insn)
{
    return set_const(tc, insn.mrs_ctr.rt, ctr_el0);
}

TransResult a64_mrs_dczid(TransCtx *tc, A64Insn insn)
{
    return set_const(tc, insn.mrs_dczid.rt, dczid_el0);
}

TransResult a64_mrs_cntfrq(TransCtx *tc, A64Insn insn)
{
    return set_const(tc, insn.mrs_cntfrq.rt, CNTFRQ_HZ);
}

TransResult a64_mrs_cntvct(TransCtx *tc, A64Insn insn)
{
    a64_set_r(tc, 1, insn.mrs_cntvct.rt, ir_call(tc->u, HELPER_clock_count, IR_I64, NULL, 0));
    return TR_NEXT;
}

TransResult a64_mrs_nzcv(TransCtx *tc, A64Insn insn)
{
    IrRef flags = ir_get(tc->u, IR_FLAGS, A64_NZCV);
    a64_set_r(tc, 0, insn.mrs_nzcv.rt, ir_op1(tc->u, IR_FLPACK, IR_I32, flags));
    return TR_NEXT;
}

TransResult a64_msr_nzcv(TransCtx *tc, A64Insn insn)
{
    IrRef w = a64_r(tc, 0, insn.msr_nzcv.rt);
    ir_set(tc->u, A64_NZCV, ir_op1(tc->u, IR_FLUNPACK, IR_FLAGS, w));
    return TR_NEXT;
}

TransResult a64_mrs_fpcr(TransCtx *tc, A64Insn insn)
{
    a64_set_r(tc, 0, insn.mrs_fpcr.rt, ir_get(tc->u, IR_I32, A64_FPCR));
    return TR_NEXT;
}

TransResult a64_msr_fpcr(TransCtx *tc, A64Insn insn)
{
    IrUnit *u = tc->u;
    uint32_t mask = FPCR_WRITABLE | (a64_has(tc, A64_FEAT_FP16) ? FPCR_FZ16 : 0u);
    IrRef v = a64_r(tc, 0, insn.msr_fpcr.rt);
    ir_set(u, A64_FPCR, ir_op2(u, IR_AND, IR_I32, v, ir_const(u, IR_I32, mask)));
    return a64_trap(tc, TRAP_FPMODE, 0);
}

/* The slot holds QC; the exception flags live in the host's FP unit. */
TransResult a64_mrs_fpsr(TransCtx *tc, A64Insn insn)
{
    IrUnit *u = tc->u;
    IrRef flags = ir_call(u, HELPER_fp_flags_get, IR_I32, NULL, 0);
    IrRef slot = ir_get(u, IR_I32, A64_FPSR), mask = ir_const(u, IR_I32, FPSR_QC);
    IrRef qc = ir_op2(u, IR_AND, IR_I32, slot, mask);
    a64_set_r(tc, 0, insn.mrs_fpsr.rt, ir_op2(u, IR_OR, IR_I32, qc, flags));
    return TR_NEXT;
}

TransResult a64_msr_fpsr(TransCtx *tc, A64Insn insn)
{
    IrUnit *u = tc->u;
    IrRef v = a64_r(tc, 0, insn.msr_fpsr.rt);
    IrRef flags = ir_op2(u, IR_AND, IR_I32, v, ir_const(u, IR_I32, FPSR_FLAGS));
    ir_call(u, HELPER_fp_flags_set, IR_VOID, &flags, 1);
    ir_set(u, A64_FPSR, ir_op2(u, IR_AND, IR_I32, v, ir_const(u, IR_I32, FPSR_QC)));
    return TR_NEXT;
}

/* Random numbers come from the kernel. The helper gives 0 only when there is none; Z says so. */
TransResult a64_mrs_rndr(TransCtx *tc, A64Insn insn)
{
    IrUnit *u = tc->u;
    IrRef v = ir_call(u, HELPER_a64_rndr, IR_I64, NULL, 0);
    IrRef none = ir_cmp(u, CMP_EQ, v, ir_const(u, IR_I64, 0));
    IrRef failed = ir_const(u, IR_FLAGS, flags_from_nzcv(1u << 30));
    IrRef fine = ir_const(u, IR_FLAGS, flags_from_nzcv(0));
    a64_set_r(tc, 1, insn.mrs_rndr.rt, v);
    ir_set(u, A64_NZCV, ir_select(u, IR_FLAGS, none, failed, fine));
    return TR_NEXT;
}

/* ---- bits of PSTATE that change nothing here but are kept ---- */

static IrRef pstate_bit(TransCtx *tc, uint32_t bit)
{
    IrUnit *u = tc->u;
    return ir_op2(u, IR_AND, IR_I32, ir_get(u, IR_I32, A64_PSTATE), ir_const(u, IR_I32, bit));
}

/* PSTATE's bit = that bit of v */
static TransResult set_pstate_bit(TransCtx *tc, uint32_t bit, IrRef v)
{
    IrUnit *u = tc->u;
    v = ir_op2(u, IR_AND, IR_I32, v, ir_const(u, IR_I32, bit));
    IrRef rest =
        ir_op2(u, IR_AND, IR_I32, ir_get(u, IR_I32, A64_PSTATE), ir_const(u, IR_I32, ~bit));
    ir_set(u, A64_PSTATE, ir_op2(u, IR_OR, IR_I32, rest, v));
    return TR_NEXT;
}

TransResult a64_mrs_dit(TransCtx *tc, A64Insn insn)
{
    a64_set_r(tc, 0, insn.mrs_dit.rt, pstate_bit(tc, A64_PSTATE_DIT));
    return TR_NEXT;
}

TransResult a64_msr_dit_reg(TransCtx *tc, A64Insn insn)
{
    return set_pstate_bit(tc, A64_PSTATE_DIT, a64_r(tc, 0, insn.msr_dit_reg.rt));
}

TransResult a64_msr_dit(TransCtx *tc, A64Insn insn)
{
    IrRef v = ir_const(tc->u, IR_I32, insn.msr_dit.imm1 ? A64_PSTATE_DIT : 0);
    return set_pstate_bit(tc, A64_PSTATE_DIT, v);
}

TransResult a64_mrs_ssbs(TransCtx *tc, A64Insn insn)
{
    a64_set_r(tc, 0, insn.mrs_ssbs.rt, pstate_bit(tc, A64_PSTATE_SSBS));
    return TR_NEXT;
}

TransResult a64_msr_ssbs_reg(TransCtx *tc, A64Insn insn)
{
    return set_pstate_bit(tc, A64_PSTATE_SSBS, a64_r(tc, 0, insn.msr_ssbs_reg.rt));
}

TransResult a64_msr_ssbs(TransCtx *tc, A64Insn insn)
{
    IrRef v = ir_const(tc->u, IR_I32, insn.msr_ssbs.imm1 ? A64_PSTATE_SSBS : 0);
    return set_pstate_bit(tc, A64_PSTATE_SSBS, v);
}

TransResult a64_mrs_tpidr(TransCtx *tc, A64Insn insn)
{
    a64_set_r(tc, 1, insn.mrs_tpidr.rt, ir_get(tc->u, IR_I64, A64_TPIDR_EL0));
    return TR_NEXT;
}

TransResult a64_msr_tpidr(TransCtx *tc, A64Insn insn)
{
    ir_set(tc->u, A64_TPIDR_EL0, a64_r(tc, 1, insn.msr_tpidr.rt));
    return TR_NEXT;
}

TransResult a64_mrs_tpidrro(TransCtx *tc, A64Insn insn)
{
    a64_set_r(tc, 1, insn.mrs_tpidrro.rt, ir_get(tc->u, IR_I64, A64_TPIDRRO_EL0));
    return TR_NEXT;
}
