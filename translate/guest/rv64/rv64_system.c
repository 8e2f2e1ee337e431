/*
 * RV64 environment calls, fences and control and status registers.
 *
 * fcsr's rounding mode is a slot and part of the unit's mode; its flags live in the host's FP unit
 * while code runs. The counters run in nanoseconds, as the clock_count helper does. Registers that
 * user mode has not are illegal, as are writes of those that cannot be written.
 * Example: `csrrs a0, fflags, zero` reads and writes nothing: the flags' helper and a `set`.
 */
#include <string.h>
#include "rv64.h"

enum { CSR_FFLAGS = 1, CSR_FRM = 2, CSR_FCSR = 3 };
enum { FRM_SHIFT = 5, FLAGS_MASK = 0x1f, FRM_MASK = 7 };
enum { FENCE_W = 1, FENCE_R = 2, FENCE_O = 4, FENCE_I = 8 };

/*
 * What is before (pred) and after (succ): input and output count as reads and writes. Only earlier
 * writes before later reads need a full barrier.
 */
TransResult rv64_fence(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fence f = insn.fence;
    bool pr = f.pred & (FENCE_R | FENCE_I), pw = f.pred & (FENCE_W | FENCE_O);
    bool sr = f.succ & (FENCE_R | FENCE_I), sw = f.succ & (FENCE_W | FENCE_O);
    if (pw && sr) {
        ir_emit(tc->u, IR_FENCE, IR_VOID, FENCE_FULL, 0, 0, 0, 0);
        return TR_NEXT;
    }
    if (pr && (sr || sw))
        ir_emit(tc->u, IR_FENCE, IR_VOID, FENCE_LD, 0, 0, 0, 0);
    if (pw && sw)
        ir_emit(tc->u, IR_FENCE, IR_VOID, FENCE_ST, 0, 0, 0, 0);
    return TR_NEXT;
}

/* Reads before everything, writes before writes. */
TransResult rv64_fence_tso(TransCtx *tc, Rv64Insn insn)
{
    ir_emit(tc->u, IR_FENCE, IR_VOID, FENCE_LD, 0, 0, 0, 0);
    ir_emit(tc->u, IR_FENCE, IR_VOID, FENCE_ST, 0, 0, 0, 0);
    return TR_NEXT;
}

/* Only the kernel may; Linux lets user mode clean, flush and zero. */
TransResult rv64_cbo_inval(TransCtx *tc, Rv64Insn insn)
{
    return rv64_undefined(tc);
}

/* It faults as an access does and changes nothing that a program can see. */
TransResult rv64_cbo_clean(TransCtx *tc, Rv64Insn insn)
{
    ir_ld(tc->u, IR_I64, MEM_8, rv64_x(tc, insn.cbo_clean.rs1), 0, 0);
    return TR_NEXT;
}

TransResult rv64_cbo_zero(TransCtx *tc, Rv64Insn insn)
{
    IrUnit *u = tc->u;
    IrRef mask = rv64_const(tc, -(int64_t)RV64_CACHE_BLOCK);
    IrRef block = ir_op2(u, IR_AND, IR_I64, rv64_x(tc, insn.cbo_zero.rs1), mask);
    IrRef zero = ir_vconst(u, 0, 0);
    for (int32_t off = 0; off < RV64_CACHE_BLOCK; off += 16)
        ir_st(u, MEM_128, block, 0, off, zero);
    return TR_NEXT;
}

/* The wait may end at any time: another thread gets the processor. */
TransResult rv64_wrs(TransCtx *tc, Rv64Insn insn)
{
    return rv64_trap(tc, TRAP_YIELD, 0);
}

/* Zimop as long as nothing else defines them: they write zero. */
TransResult rv64_mop_r(TransCtx *tc, Rv64Insn insn)
{
    rv64_set_x(tc, insn.mop_r.rd, rv64_const(tc, 0));
    return TR_NEXT;
}

TransResult rv64_mop_rr(TransCtx *tc, Rv64Insn insn)
{
    rv64_set_x(tc, insn.mop_rr.rd, rv64_const(tc, 0));
    return TR_NEXT;
}

TransResult rv64_prefetch(TransCtx *tc, Rv64Insn insn)
{
    return TR_NEXT;
}

/* Nothing, to a thread that is alone on its CPU. */
TransResult rv64_pause(TransCtx *tc, Rv64Insn insn)
{
    return TR_NEXT;
}

/* It has no range: all code that was translated from memory that can be written is at stake. */
TransResult rv64_fence_i(TransCtx *tc, Rv64Insn insn)
{
    return rv64_trap(tc, TRAP_ICFLUSH_ALL, 0);
}

/* A reservation does not outlive the kernel. */
TransResult rv64_ecall(TransCtx *tc, Rv64Insn insn)
{
    ir_set(tc->u, RV64_RES_SIZE, ir_const(tc->u, IR_I32, 0));
    return rv64_trap(tc, TRAP_SYSCALL, 0);
}

TransResult rv64_ebreak(TransCtx *tc, Rv64Insn insn)
{
    return rv64_trap(tc, TRAP_BREAK, 0);
}

/*
 * The flags as fflags has them, NX UF OF DZ NV from bit 0; the helpers have the same five in the
 * opposite order. Turned round by multiplying: the first product has a copy of the bits in five
 * places, the mask keeps another one of each, the second product adds these up in bits 39 to 32.
 */
static IrRef reversed(TransCtx *tc, IrRef flags)
{
    IrUnit *u = tc->u;
    flags = ir_op2(u, IR_AND, IR_I32, flags, ir_const(u, IR_I32, FLAGS_MASK));
    IrRef v = ir_op1(u, IR_ZEXT, IR_I64, flags);
    v = ir_op2(u, IR_MUL, IR_I64, v, ir_const(u, IR_I64, 0x80200802));
    v = ir_op2(u, IR_AND, IR_I64, v, ir_const(u, IR_I64, 0x0884422110));
    v = ir_op2(u, IR_MUL, IR_I64, v, ir_const(u, IR_I64, 0x0101010101));
    return ir_op1(u, IR_TRUNC, IR_I32, ir_op1x(u, IR_UBFX, IR_I64, 35 | 5 << 8, v, 0));
}

static IrRef read_flags(TransCtx *tc)
{
    return reversed(tc, ir_call(tc->u, HELPER_fp_flags_get, IR_I32, NULL, 0));
}

static void write_flags(TransCtx *tc, IrRef v)
{
    IrRef flags = reversed(tc, v);
    ir_call(tc->u, HELPER_fp_flags_set, IR_VOID, &flags, 1);
}

static IrRef read_frm(TransCtx *tc)
{
    IrRef fcsr = ir_get(tc->u, IR_I32, RV64_FCSR);
    return ir_op1x(tc->u, IR_UBFX, IR_I32, FRM_SHIFT | 3 << 8, fcsr, 0);
}

/* The slot keeps frm alone: the flags come back into it when the state is saved. */
static void write_frm(TransCtx *tc, IrRef frm)
{
    IrUnit *u = tc->u;
    IrRef low = ir_op2(u, IR_AND, IR_I32, frm, ir_const(u, IR_I32, FRM_MASK));
    ir_set(u, RV64_FCSR, ir_op2(u, IR_SHL, IR_I32, low, ir_const(u, IR_I32, FRM_SHIFT)));
}

static IrRef read_fp(TransCtx *tc, unsigned csr)
{
    IrUnit *u = tc->u;
    if (csr == CSR_FFLAGS)
        return read_flags(tc);
    IrRef frm = read_frm(tc);
    if (csr == CSR_FRM)
        return frm;
    IrRef up = ir_op2(u, IR_SHL, IR_I32, frm, ir_const(u, IR_I32, FRM_SHIFT));
    return ir_op2(u, IR_OR, IR_I32, up, read_flags(tc));
}

static TransResult write_fp(TransCtx *tc, unsigned csr, IrRef v)
{
    IrUnit *u = tc->u;
    if (csr != CSR_FRM)
        write_flags(tc, v);
    if (csr == CSR_FFLAGS)
        return TR_NEXT;
    if (csr == CSR_FCSR)
        v = ir_op2(u, IR_SHR, IR_I32, v, ir_const(u, IR_I32, FRM_SHIFT));
    write_frm(tc, v);
    return rv64_trap(tc, TRAP_FPMODE, 0);
}

/* op: 1 write, 2 set bits, 3 clear bits; `old` is the register's value, `v` the operand. */
static IrRef combine(TransCtx *tc, unsigned op, IrRef old, IrRef v)
{
    if (op == 1)
        return v;
    return ir_op2(tc->u, op == 2 ? IR_OR : IR_ANDN, IR_I32, old, v);
}

/*
 * `frflags a; flt or fle b, x, y; fsflags a`, which compilers make of a comparison that must be
 * quiet about NaNs: the flags stay, so the comparison is to raise none and nothing is written.
 */
static void find_quiet_compare(TransCtx *tc, unsigned reg)
{
    uint32_t word[3];
    if (tc->code_len < sizeof word)
        return;
    memcpy(word, tc->code, sizeof word);
    unsigned row = insn_decode(&rv64_insns, word[1], RV64_DECODE_INDEX(word[1]));
    bool compares = row == RV64_ROW_flt_s || row == RV64_ROW_fle_s || row == RV64_ROW_flt_d ||
                    row == RV64_ROW_fle_d;
    Rv64Insn back = {.word = word[2]};
    row = insn_decode(&rv64_insns, word[2], RV64_DECODE_INDEX(word[2]));
    if (!compares || (word[1] >> 7 & 31) == reg || row != RV64_ROW_csrrw)
        return;
    if (back.csr.csr != CSR_FFLAGS || back.csr.rd || back.csr.rs1 != reg)
        return;
    tc->priv_word[RV64_SILENT_AT] = tc->pc + 4;
    tc->seen_end = tc->pc + sizeof word;
}

static TransResult csr_fp(TransCtx *tc, Rv64_csr f)
{
    IrUnit *u = tc->u;
    if (tc->priv_word[RV64_SILENT_AT] && tc->pc == tc->priv_word[RV64_SILENT_AT] + 4)
        return TR_NEXT; /* the fsflags of a quiet comparison */
    if (f.csr == CSR_FFLAGS && f.op == 2 && f.rs1 == 0 && f.rd != 0)
        find_quiet_compare(tc, f.rd);
    bool writes = f.op == 1 || f.rs1 != 0;
    IrRef v = f.imm ? ir_const(u, IR_I32, f.rs1) : rv64_w(tc, f.rs1);
    IrRef old = f.op == 1 && f.rd == 0 ? 0 : read_fp(tc, f.csr);
    if (f.rd)
        rv64_set_x(tc, f.rd, ir_op1(u, IR_ZEXT, IR_I64, old));
    return writes ? write_fp(tc, f.csr, combine(tc, f.op, old, v)) : TR_NEXT;
}

TransResult rv64_counter(TransCtx *tc, Rv64Insn insn)
{
    IrRef count = ir_call(tc->u, HELPER_clock_count, IR_I64, NULL, 0);
    rv64_set_x(tc, insn.counter.rd, count);
    return TR_NEXT;
}

TransResult rv64_csr(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_csr f = insn.csr;
    switch (f.csr) {
    case CSR_FFLAGS:
    case CSR_FRM:
    case CSR_FCSR:
        return rv64_has(tc, RV64_FEAT_F) ? csr_fp(tc, f) : rv64_undefined(tc);
    default:
        return rv64_undefined(tc);
    }
}
