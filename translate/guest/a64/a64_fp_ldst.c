/*
 * Loads and stores of FP and SIMD registers: literal, pair, immediate and register offsets.
 *
 * The size field (opc<1>:size) is log2 of the bytes. A load clears the register above what it
 * reads. Example, `ldr d0, [x1, #8]`: v2:f64 = ld.64 v1 + 8; v3 = vfrom v2; set v0, v3.
 */
#include "a64_simd.h"

typedef struct Access {
    IrRef base, index;
    int32_t disp;
    unsigned log2, aux; /* aux: what there is besides the size */
} Access;

/* The register's value after the load; 8 and 16 bits come through an integer. */
static IrRef load(TransCtx *tc, const Access *m)
{
    static const uint8_t types[] = {IR_I32, IR_I32, IR_F32, IR_F64, IR_V128};
    IrRef v = ir_ld(tc->u, types[m->log2], m->aux | m->log2, m->base, m->index, m->disp);
    return m->log2 == MEM_128 ? v : ir_op1(tc->u, IR_VFROM, IR_V128, v);
}

static void store(TransCtx *tc, const Access *m, IrRef v)
{
    static const uint8_t types[] = {IR_I32, IR_I32, IR_F32, IR_F64, IR_V128};
    if (m->log2 != MEM_128)
        v = ir_op1(tc->u, IR_VTO, types[m->log2], v);
    ir_st(tc->u, m->aux | m->log2, m->base, m->index, m->disp, v);
}

static void write_back(TransCtx *tc, unsigned rn, int64_t add)
{
    IrUnit *u = tc->u;
    IrRef old = a64_rsp(tc, 1, rn);
    a64_set_rsp(tc, 1, rn, ir_op2(u, IR_ADD, IR_I64, old, ir_const(u, IR_I64, (uint64_t)add)));
}

TransResult a64_ldr_lit_v(TransCtx *tc, A64Insn insn)
{
    const A64_ldr_lit_v f = insn.ldr_lit_v;
    Access m = {.base = ir_gaddr(tc->u, tc->pc + (uint64_t)((int64_t)f.imm19 * 4)),
                .log2 = MEM_32 + f.opc};
    a64_set_v(tc, f.rt, load(tc, &m));
    return TR_NEXT;
}

/* mode: 0 no-allocate hint, 1 post-index, 2 offset, 3 pre-index. */
TransResult a64_ldst_pair_v(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_pair_v f = insn.ldst_pair_v;
    int32_t size = 4 << f.opc, off = f.imm7 * size;
    Access lo = {.base = a64_base(tc, f.rn), .disp = f.mode == 1 ? 0 : off, .log2 = MEM_32 + f.opc};
    Access hi = lo;
    hi.disp += size;
    if (f.L) {
        IrRef a = load(tc, &lo), b = load(tc, &hi);
        a64_set_v(tc, f.rt, a);
        a64_set_v(tc, f.rt2, b);
    } else {
        store(tc, &lo, a64_v(tc, f.rt));
        store(tc, &hi, a64_v(tc, f.rt2));
    }
    if (f.mode & 1)
        write_back(tc, f.rn, off);
    return TR_NEXT;
}

static void load_or_store(TransCtx *tc, const Access *m, bool is_load, unsigned rt)
{
    if (is_load)
        a64_set_v(tc, rt, load(tc, m));
    else
        store(tc, m, a64_v(tc, rt));
}

TransResult a64_ldst_uimm_v(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_uimm_v f = insn.ldst_uimm_v;
    unsigned log2 = (f.opc & 2) << 1 | f.size;
    Access m = {.base = a64_base(tc, f.rn), .disp = (int32_t)(f.imm12 << log2), .log2 = log2};
    load_or_store(tc, &m, f.opc & 1, f.rt);
    return TR_NEXT;
}

/* idx: 0 unscaled offset, 1 post-index, 3 pre-index. */
TransResult a64_ldst_imm9_v(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_imm9_v f = insn.ldst_imm9_v;
    Access m = {.base = a64_base(tc, f.rn),
                .disp = f.idx == 1 ? 0 : f.imm9,
                .log2 = (f.opc & 2) << 1 | f.size};
    load_or_store(tc, &m, f.opc & 1, f.rt);
    if (f.idx)
        write_back(tc, f.rn, f.imm9);
    return TR_NEXT;
}

/* With tag bits to be ignored, or a shift beyond what a memory op scales by, the sum is made
 * first. */
TransResult a64_ldst_reg_v(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_reg_v f = insn.ldst_reg_v;
    IrUnit *u = tc->u;
    unsigned log2 = (f.opc & 2) << 1 | f.size, shift = f.S ? log2 : 0;
    bool wide = f.option & 1;
    Access m = {.log2 = log2};
    if (!(tc->mode & MODE_TBI_MASK) && shift <= 3) {
        m.base = a64_rsp(tc, 1, f.rn);
        m.index = a64_r(tc, wide, f.rm);
        m.aux = shift << MA_SCALE_SHIFT;
        if (!wide)
            m.aux |= f.option & 4 ? MA_INDEX_SXTW : MA_INDEX_UXTW;
    } else {
        IrRef index = a64_r(tc, wide, f.rm);
        if (!wide)
            index = ir_op1(u, f.option & 4 ? IR_SEXT : IR_ZEXT, IR_I64, index);
        index = ir_op2(u, IR_SHL, IR_I64, index, ir_const(u, IR_I64, shift));
        m.base = a64_addr(tc, ir_op2(u, IR_ADD, IR_I64, a64_rsp(tc, 1, f.rn), index));
    }
    load_or_store(tc, &m, f.opc & 1, f.rt);
    return TR_NEXT;
}
