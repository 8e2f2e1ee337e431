/*
 * A64 loads and stores of general registers (DDI 0487, C4.1.94), without exclusives and atomics.
 *
 * Every access of an instruction comes before its first register write, so that an instruction that
 * faults has changed nothing but memory. Unprivileged forms are plain at EL0; prefetches do
 * nothing. Example, `ldr x0, [x1], #8`:
 *
 *     v1:i64 = get x1
 *     v2:i64 = ld.64 v1
 *     set x0, v2
 *     v3:i64 = const 8
 *     v5:i64 = add v1, v3
 *     set x1, v5
 */
#include "a64.h"

enum { OPC_STORE, OPC_LOAD, OPC_LOAD_S64, OPC_LOAD_S32 };
enum { IDX_UNSCALED, IDX_POST, IDX_UNPRIV, IDX_PRE };

A64Mem a64_mem_disp(TransCtx *tc, unsigned rn, int32_t disp)
{
    IrUnit *u = tc->u;
    IrRef base = a64_rsp(tc, 1, rn);
    if (!(tc->mode & MODE_TBI_MASK)) {
        return (A64Mem){.base = base, .disp = disp, .reg = base};
    }
    IrRef reg = base;
    if (disp) {
        base = ir_op2(u, IR_ADD, IR_I64, base, ir_const(u, IR_I64, (uint64_t)(int64_t)disp));
    }
    return (A64Mem){.base = a64_addr(tc, base), .reg = reg};
}

A64Mem a64_mem_reg(TransCtx *tc, unsigned rn, unsigned rm, unsigned option, unsigned shift)
{
    IrUnit *u = tc->u;
    IrRef base = a64_rsp(tc, 1, rn);
    if (tc->mode & MODE_TBI_MASK || shift > 3) {
        IrRef index = a64_extended(tc, 1, rm, option, shift);
        return (A64Mem){.base = a64_addr(tc, ir_op2(u, IR_ADD, IR_I64, base, index))};
    }
    bool word = (option & 3) == 2;
    uint32_t ext = !word ? 0u : option & 4 ? MA_INDEX_SXTW : MA_INDEX_UXTW;
    return (A64Mem){
        .base = base, .index = a64_r(tc, !word, rm), .aux = ext | shift << MA_SCALE_SHIFT};
}

IrRef a64_load(TransCtx *tc, IrType t, uint32_t aux, A64Mem m)
{
    return ir_ld(tc->u, t, aux | m.aux, m.base, m.index, m.disp);
}

void a64_store(TransCtx *tc, uint32_t aux, A64Mem m, IrRef v)
{
    ir_st(tc->u, aux | m.aux, m.base, m.index, m.disp, v);
}

void a64_writeback(TransCtx *tc, unsigned rn, A64Mem m, int32_t disp)
{
    IrRef by = ir_const(tc->u, IR_I64, (uint64_t)(int64_t)disp);
    a64_set_rsp(tc, 1, rn, ir_op2(tc->u, IR_ADD, IR_I64, m.reg, by));
}

/* One load or store of 1 << size bytes; order is an IrOrder. */
static void access(TransCtx *tc, unsigned size, unsigned opc, unsigned rt, A64Mem m, IrOrder order)
{
    uint32_t aux = size | (uint32_t)order << MA_ORDER_SHIFT;
    switch (opc) {
    case OPC_STORE:
        a64_store(tc, aux, m, a64_r(tc, 1, rt));
        return;
    case OPC_LOAD:
        a64_set_r(tc, 1, rt, a64_load(tc, IR_I64, aux, m));
        return;
    case OPC_LOAD_S64:
        a64_set_r(tc, 1, rt, a64_load(tc, IR_I64, aux | MA_SIGNED, m));
        return;
    default:
        a64_set_r(tc, 0, rt, a64_load(tc, IR_I32, aux | MA_SIGNED, m));
        return;
    }
}

TransResult a64_ldst_uimm(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_uimm f = insn.ldst_uimm;
    A64Mem m = a64_mem_disp(tc, f.rn, (int32_t)f.imm12 << f.size);
    access(tc, f.size, f.opc, f.rt, m, ORD_PLAIN);
    return TR_NEXT;
}

TransResult a64_ldst_imm9(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_imm9 f = insn.ldst_imm9;
    A64Mem m = a64_mem_disp(tc, f.rn, f.idx == IDX_POST ? 0 : f.imm9);
    access(tc, f.size, f.opc, f.rt, m, ORD_PLAIN);
    if (f.idx == IDX_POST || f.idx == IDX_PRE) {
        a64_writeback(tc, f.rn, m, f.imm9);
    }
    return TR_NEXT;
}

TransResult a64_ldst_reg(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_reg f = insn.ldst_reg;
    A64Mem m = a64_mem_reg(tc, f.rn, f.rm, f.option, f.S ? f.size : 0);
    access(tc, f.size, f.opc, f.rt, m, ORD_PLAIN);
    return TR_NEXT;
}

TransResult a64_ldr_lit(TransCtx *tc, A64Insn insn)
{
    const A64_ldr_lit f = insn.ldr_lit;
    IrRef base = ir_gaddr(tc->u, tc->pc + (uint64_t)(int64_t)f.imm19 * A64_INSN_LEN);
    unsigned size = f.opc == 1 ? MEM_64 : MEM_32;
    access(tc, size, f.opc == 2 ? OPC_LOAD_S64 : OPC_LOAD, f.rt, (A64Mem){.base = base}, ORD_PLAIN);
    return TR_NEXT;
}

/*
 * LSE2: a pair is one access, which x86 does at once within 16 aligned bytes (of vectors: hosts
 * with AVX). Two words go through a doubleword, two doublewords through a vector.
 */
static void load_pair_at_once(TransCtx *tc, A64_ldst_pair f, A64Mem m)
{
    IrUnit *u = tc->u;
    IrRef lo, hi;
    if (f.opc == 2) {
        IrRef v = a64_load(tc, IR_V128, MEM_128, m);
        lo = ir_op1(u, IR_VTO, IR_I64, v);
        hi = ir_op1x(u, IR_VGET, IR_I64, VE_64, v, 1);
    } else {
        IrRef v = a64_load(tc, IR_I64, MEM_64, m);
        IrOp field = f.opc == 1 ? IR_SBFX : IR_UBFX;
        lo = ir_op1x(u, field, IR_I64, 0 | 32 << 8, v, 0);
        hi = ir_op1x(u, field, IR_I64, 32 | 32 << 8, v, 0);
    }
    a64_set_r(tc, 1, f.rt, lo);
    a64_set_r(tc, 1, f.rt2, hi);
}

static void store_pair_at_once(TransCtx *tc, A64_ldst_pair f, A64Mem m)
{
    IrUnit *u = tc->u;
    IrRef lo = a64_r(tc, 1, f.rt), hi = a64_r(tc, 1, f.rt2);
    if (f.opc == 2) {
        IrRef v = ir_op1(u, IR_VFROM, IR_V128, lo);
        v = ir_op2x(u, IR_VINS, IR_V128, VE_64, v, hi, 1);
        a64_store(tc, MEM_128, m, v);
    } else {
        a64_store(tc, MEM_64, m, ir_op2x(u, IR_BFI, IR_I64, 32 | 32 << 8, lo, hi, 0));
    }
}

TransResult a64_ldst_pair(TransCtx *tc, A64Insn insn)
{
    enum { MODE_POST = 1, MODE_PRE = 3 };
    const A64_ldst_pair f = insn.ldst_pair;
    unsigned size = f.opc == 2 ? MEM_64 : MEM_32;
    int32_t bytes = 1 << size, disp = f.imm7 * bytes;
    A64Mem m = a64_mem_disp(tc, f.rn, f.mode == MODE_POST ? 0 : disp);
    A64Mem m2 = m;
    m2.disp += bytes;
    if (a64_has(tc, A64_FEAT_LSE2)) {
        (f.L ? load_pair_at_once : store_pair_at_once)(tc, f, m);
    } else if (f.L) {
        uint32_t aux = size | (f.opc == 1 ? MA_SIGNED : 0u);
        IrRef v = a64_load(tc, IR_I64, aux, m), v2 = a64_load(tc, IR_I64, aux, m2);
        a64_set_r(tc, 1, f.rt, v);
        a64_set_r(tc, 1, f.rt2, v2);
    } else {
        a64_store(tc, size, m, a64_r(tc, 1, f.rt));
        a64_store(tc, size, m2, a64_r(tc, 1, f.rt2));
    }
    if (f.mode == MODE_POST || f.mode == MODE_PRE) {
        a64_writeback(tc, f.rn, m, disp);
    }
    return TR_NEXT;
}

/* LDAPUR, STLUR and their narrow forms: aligned, ordered. */
TransResult a64_ldst_rcpc2(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_rcpc2 f = insn.ldst_rcpc2;
    IrUnit *u = tc->u;
    IrRef by = ir_const(u, IR_I64, (uint64_t)(int64_t)f.imm9);
    IrRef addr = ir_op2(u, IR_ADD, IR_I64, a64_rsp(tc, 1, f.rn), by);
    addr = a64_addr(tc, addr);
    a64_check_align(tc, addr, 1u << f.size);
    access(tc, f.size, f.opc, f.rt, (A64Mem){.base = addr},
           f.opc == OPC_STORE ? ORD_SEQ : ORD_ACQ_PC);
    return TR_NEXT;
}

TransResult a64_prfm_uimm(TransCtx *tc, A64Insn insn)
{
    return TR_NEXT;
}

TransResult a64_prfum(TransCtx *tc, A64Insn insn)
{
    return TR_NEXT;
}

TransResult a64_prfm_reg(TransCtx *tc, A64Insn insn)
{
    return TR_NEXT;
}

TransResult a64_prfm_lit(TransCtx *tc, A64Insn insn)
{
    return TR_NEXT;
}
