/*
 * Advanced SIMD scalar forms, integer: the lane-wise operation on lane 0.
 *
 * Operands have zeros above lane 0, which saturate nowhere; the result is cut to lane 0 again.
 * Example, `add d0, d1, d2`: v3 = vzhi v1; v4 = vzhi v2; v5 = vadd.64 v3, v4; set v0, vzhi v5.
 */
#include "a64_simd.h"

TransResult a64_sc_3same(TransCtx *tc, A64Insn insn)
{
    const A64_sc_3same f = insn.sc_3same;
    A64Lanes x = {.ve = f.size, .U = f.U, .opcode = f.opcode};
    x.a = a64_v_lane0(tc, f.size, a64_v(tc, f.rn));
    x.b = a64_v_lane0(tc, f.size, a64_v(tc, f.rm));
    a64_set_v(tc, f.rd, a64_v_lane0(tc, f.size, a64_lanes_3same(tc, &x)));
    return TR_NEXT;
}

TransResult a64_sc_3same_rdm(TransCtx *tc, A64Insn insn)
{
    const A64_sc_3same_rdm f = insn.sc_3same_rdm;
    A64Product p = {.ve = f.size, .round = true, .subtract = f.opcode};
    p.a = a64_v_lane0(tc, f.size, a64_v(tc, f.rn));
    p.b = a64_v_lane0(tc, f.size, a64_v(tc, f.rm));
    p.acc = a64_v_lane0(tc, f.size, a64_v(tc, f.rd));
    a64_set_v(tc, f.rd, a64_v_lane0(tc, f.size, a64_doubling_high(tc, &p)));
    return TR_NEXT;
}

/* sqdmlal, sqdmlsl, sqdmull. */
TransResult a64_sc_3diff(TransCtx *tc, A64Insn insn)
{
    const A64_sc_3diff f = insn.sc_3diff;
    A64Lanes x = {.ve = f.size, .opcode = f.opcode};
    x.a = a64_v_lane0(tc, f.size, a64_v(tc, f.rn));
    x.b = a64_v_lane0(tc, f.size, a64_v(tc, f.rm));
    x.acc = a64_v_lane0(tc, f.size + 1, a64_v(tc, f.rd));
    a64_set_v(tc, f.rd, a64_lanes_3long(tc, &x, 0));
    return TR_NEXT;
}

TransResult a64_sc_2misc(TransCtx *tc, A64Insn insn)
{
    const A64_sc_2misc f = insn.sc_2misc;
    A64Lanes x = {.ve = f.size, .U = f.U, .opcode = f.opcode};
    if (f.opcode == 0x12 || f.opcode == 0x14) {
        x.a = a64_v_lane0(tc, f.size + 1, a64_v(tc, f.rn));
        a64_set_v(tc, f.rd, a64_lanes_narrow(tc, &x));
        return TR_NEXT;
    }
    x.a = a64_v_lane0(tc, f.size, a64_v(tc, f.rn));
    x.acc = f.opcode == 3 ? a64_v_lane0(tc, f.size, a64_v(tc, f.rd)) : x.a;
    a64_set_v(tc, f.rd, a64_v_lane0(tc, f.size, a64_lanes_2misc(tc, &x)));
    return TR_NEXT;
}

TransResult a64_addp_sc(TransCtx *tc, A64Insn insn)
{
    const A64_addp_sc f = insn.addp_sc;
    a64_set_v(tc, f.rd, v_op1(tc, IR_VADDV, VE_64, a64_v(tc, f.rn)));
    return TR_NEXT;
}
