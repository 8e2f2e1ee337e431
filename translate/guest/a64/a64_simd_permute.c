/*
 * Advanced SIMD moves between lanes: copies, permutes, extract, table lookup, modified immediates.
 *
 * imm5 of a copy names element size (its lowest set bit) and lane (the bits above). A 64-bit
 * permute packs both operands' lower halves into one register first. Example, `zip2 v0.8b, v1.8b,
 * v2.8b` is the upper half of zip1 of the full registers:
 *
 *     v3 = vzip1.8 v1, v2;  v4 = vdupl.64 v3[1];  v5 = vzhi v4;  set v0, v5
 */
#include "a64_simd.h"

typedef struct Lane {
    unsigned ve, lane;
} Lane;

static Lane lane_of(unsigned imm5)
{
    unsigned ve = (unsigned)__builtin_ctz(imm5);
    return (Lane){ve, imm5 >> (ve + 1)};
}

TransResult a64_dup_el(TransCtx *tc, A64Insn insn)
{
    const A64_dup_el f = insn.dup_el;
    Lane l = lane_of(f.imm5);
    a64_set_vq(tc, f.Q, f.rd, v_op1i(tc, IR_VDUPL, l.ve, a64_v(tc, f.rn), (int32_t)l.lane));
    return TR_NEXT;
}

TransResult a64_dup_sc(TransCtx *tc, A64Insn insn)
{
    const A64_dup_sc f = insn.dup_sc;
    Lane l = lane_of(f.imm5);
    IrRef v = a64_v(tc, f.rn);
    if (l.ve == VE_64 && l.lane == 0)
        v = v_op1(tc, IR_VZHI, 0, v);
    else
        v = ir_op2x(tc->u, IR_VINSL, IR_V128, l.ve, v_zero(tc), v, (int32_t)l.lane << 8);
    a64_set_v(tc, f.rd, v);
    return TR_NEXT;
}

TransResult a64_dup_r(TransCtx *tc, A64Insn insn)
{
    const A64_dup_r f = insn.dup_r;
    Lane l = lane_of(f.imm5);
    IrRef r = a64_r(tc, l.ve == VE_64, f.rn);
    a64_set_vq(tc, f.Q, f.rd, v_op1(tc, IR_VDUP, l.ve, r));
    return TR_NEXT;
}

TransResult a64_ins_r(TransCtx *tc, A64Insn insn)
{
    const A64_ins_r f = insn.ins_r;
    Lane l = lane_of(f.imm5);
    IrRef r = a64_r(tc, l.ve == VE_64, f.rn);
    r = ir_op2x(tc->u, IR_VINS, IR_V128, l.ve, a64_v(tc, f.rd), r, (int32_t)l.lane);
    a64_set_v(tc, f.rd, r);
    return TR_NEXT;
}

TransResult a64_ins_el(TransCtx *tc, A64Insn insn)
{
    const A64_ins_el f = insn.ins_el;
    Lane l = lane_of(f.imm5);
    int32_t lanes = (int32_t)(l.lane | (f.imm4 >> l.ve) << 8);
    IrRef d = a64_v(tc, f.rd);
    IrRef n = f.rn == f.rd ? d : a64_v(tc, f.rn);
    a64_set_v(tc, f.rd, ir_op2x(tc->u, IR_VINSL, IR_V128, l.ve, d, n, lanes));
    return TR_NEXT;
}

TransResult a64_umov(TransCtx *tc, A64Insn insn)
{
    const A64_umov f = insn.umov;
    Lane l = lane_of(f.imm5);
    IrRef v = ir_op1x(tc->u, IR_VGET, a64_type(f.Q), l.ve, a64_v(tc, f.rn), (int32_t)l.lane);
    a64_set_r(tc, f.Q, f.rd, v);
    return TR_NEXT;
}

TransResult a64_smov(TransCtx *tc, A64Insn insn)
{
    const A64_smov f = insn.smov;
    Lane l = lane_of(f.imm5);
    IrRef v =
        ir_op1x(tc->u, IR_VGET, a64_type(f.Q), l.ve | VE_SIGNED, a64_v(tc, f.rn), (int32_t)l.lane);
    a64_set_r(tc, f.Q, f.rd, v);
    return TR_NEXT;
}

/* Opcodes 1 uzp1, 2 trn1, 3 zip1, 5 uzp2, 6 trn2, 7 zip2. */
TransResult a64_v_permute(TransCtx *tc, A64Insn insn)
{
    const A64_v_permute f = insn.v_permute;
    static const uint8_t ops[] = {IR_NOP, IR_VUZP1, IR_VTRN1, IR_VZIP1,
                                  IR_NOP, IR_VUZP2, IR_VTRN2, IR_VZIP2};
    enum { ZIP2 = 7 };
    IrRef n = a64_v(tc, f.rn), m = f.rm == f.rn ? n : a64_v(tc, f.rm), r;
    bool uzp = (f.opcode & 3) == 1;
    if (!f.Q && uzp)
        n = m = v_concat(tc, n, m);
    if (!f.Q && f.opcode == ZIP2)
        r = v_op1i(tc, IR_VDUPL, VE_64, v_op2(tc, IR_VZIP1, f.size, n, m), 1);
    else
        r = v_op2(tc, ops[f.opcode], f.size, n, m);
    a64_set_vq(tc, f.Q, f.rd, r);
    return TR_NEXT;
}

TransResult a64_ext_v(TransCtx *tc, A64Insn insn)
{
    const A64_ext_v f = insn.ext_v;
    IrRef n = a64_v(tc, f.rn), m = f.rm == f.rn ? n : a64_v(tc, f.rm);
    if (!f.Q)
        n = m = v_concat(tc, n, m);
    IrRef r = ir_op2x(tc->u, IR_VEXT, IR_V128, 0, n, m, (int32_t)f.imm4);
    a64_set_vq(tc, f.Q, f.rd, r);
    return TR_NEXT;
}

/* tbx (op=1) keeps the lanes whose index is out of range. */
TransResult a64_v_tbl(TransCtx *tc, A64Insn insn)
{
    const A64_v_tbl f = insn.v_tbl;
    IrRef tables[4], index = a64_v(tc, f.rm);
    for (unsigned i = 0; i <= f.len; i++)
        tables[i] = a64_v(tc, (f.rn + i) % 32);
    uint32_t list = ir_list(tc->u, tables, f.len + 1);
    IrRef r = ir_emit(tc->u, IR_VTBL, IR_V128, 0, index, list, 0, 0);
    if (f.op) {
        IrRef limit = a64_v_splat(tc, VE_8, 16 * (f.len + 1));
        IrRef out = v_op2(tc, IR_VCMP, VE_8 | CMP_UGE << VE_CMP_SHIFT, index, limit);
        r = v_op3(tc, IR_VBSL, 0, out, a64_v(tc, f.rd), r);
    }
    a64_set_vq(tc, f.Q, f.rd, r);
    return TR_NEXT;
}

static uint64_t byte_mask(unsigned imm8)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        if (imm8 >> i & 1)
            v |= 0xffull << 8 * i;
    return v;
}

/* AdvSIMDExpandImm (DDI 0487, shared functions); movi, mvni, orr, bic differ only in the use. */
uint64_t a64_expand_imm(unsigned op, unsigned cmode, unsigned imm8)
{
    uint64_t v = imm8, word = 0x0000000100000001, half = 0x0001000100010001;
    switch (cmode >> 1) {
    case 0:
    case 1:
    case 2:
    case 3:
        return (v << 8 * (cmode >> 1)) * word;
    case 4:
    case 5:
        return (v << 8 * (cmode >> 1 & 1)) * half;
    case 6:
        return (cmode & 1 ? v << 16 | 0xffff : v << 8 | 0xff) * word;
    default:
        if (cmode & 1)
            return op ? a64_fp_imm(imm8, 1) : a64_fp_imm(imm8, 0) * word;
        return op ? byte_mask(imm8) : v * 0x0101010101010101;
    }
}

/* cmode 14 and 15 use op for the kind of constant, not to invert; odd ones below 12 are orr, bic.
 */
TransResult a64_v_modimm(TransCtx *tc, A64Insn insn)
{
    const A64_v_modimm f = insn.v_modimm;
    uint64_t v = a64_expand_imm(f.op, f.cmode, f.abc << 5 | f.defgh);
    if (f.cmode < 12 && (f.cmode & 1)) {
        IrRef d = a64_v(tc, f.rd);
        a64_set_vq(tc, f.Q, f.rd,
                   v_op2(tc, f.op ? IR_VANDN : IR_VOR, 0, d, ir_vconst(tc->u, v, v)));
        return TR_NEXT;
    }
    if (f.op && f.cmode < 14)
        v = ~v;
    a64_set_v(tc, f.rd, ir_vconst(tc->u, v, f.Q ? v : 0));
    return TR_NEXT;
}
