/*
 * Conversions and moves. To integers the host's op is always right, as its rounding is part of it;
 * out of range saturates, and a NaN gives the largest number (softfp's RISC-V rule). From integers
 * and between formats the result may be rounded: by the host if it rounds so at present.
 *
 *     fcvt.w.d a0, fa0, rtz    v1:f64 = ...;  v2:i32 = f2i.zero.s v1;  sign-extended to a0
 */
#include "rv64_fp.h"

/* The low two bits of rs2: 0 w, 1 wu, 2 l, 3 lu. */
static IrType int_type(unsigned rs2)
{
    return rs2 & 2 ? IR_I64 : IR_I32;
}

static uint32_t int_aux(unsigned rs2)
{
    return rs2 & 1 ? 0 : FPX_SIGNED;
}

TransResult rv64_fcvt_to_int(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fcvt_to_int f = insn.fcvt_to_int;
    IrUnit *u = tc->u;
    Rv64Rounding r;
    if (!rv64_fp_rounding(tc, f.rm, &r))
        return rv64_undefined(tc);
    IrType t = int_type(f.to);
    uint32_t aux = (uint32_t)r.rm | int_aux(f.to);
    IrRef v;
    if (f.fmt == RV64_FMT_H) {
        IrRef x[3] = {rv64_fp_bits(tc, f.fmt, f.rs1), 0, 0};
        v = rv64_fp_call(tc, &(Rv64FpCall){IR_F2I, t, IR_F16, r.rm, aux}, x);
        if (t == IR_I32)
            v = ir_op1(u, IR_TRUNC, IR_I32, v);
    } else {
        v = ir_op1x(u, IR_F2I, t, aux, rv64_fp_value(tc, f.fmt, f.rs1), 0);
    }
    if (t == IR_I32)
        rv64_set_w(tc, f.rd, v);
    else
        rv64_set_x(tc, f.rd, v);
    return TR_NEXT;
}

TransResult rv64_fcvt_from_int(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fcvt_from_int f = insn.fcvt_from_int;
    IrUnit *u = tc->u;
    Rv64Rounding r;
    if (!rv64_fp_rounding(tc, f.rm, &r))
        return rv64_undefined(tc);
    IrType from = int_type(f.from), t = rv64_fp_type(f.fmt);
    bool exact = f.fmt == RV64_FMT_D && from == IR_I32;
    IrRef v = from == IR_I32 ? rv64_w(tc, f.rs1) : rv64_x(tc, f.rs1);
    if ((r.native || exact) && f.fmt != RV64_FMT_H) {
        rv64_fp_set_value(tc, f.fmt, f.rd, ir_op1x(u, IR_I2F, t, int_aux(f.from), v, 0));
        return TR_NEXT;
    }
    IrRef x[3] = {from == IR_I32 ? ir_op1(u, IR_ZEXT, IR_I64, v) : v, 0, 0};
    Rv64FpCall call = {IR_I2F, t, from, r.rm, int_aux(f.from)};
    rv64_fp_set_bits(tc, f.fmt, f.rd, rv64_fp_call(tc, &call, x));
    return TR_NEXT;
}

TransResult rv64_fcvt(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fcvt f = insn.fcvt;
    Rv64Rounding r;
    if (!rv64_fp_rounding(tc, f.rm, &r))
        return rv64_undefined(tc);
    IrType from = rv64_fp_type(f.from), t = rv64_fp_type(f.fmt);
    bool exact = t == IR_F64 || from == IR_F16;
    if ((r.native || exact) && from != IR_F16 && t != IR_F16) {
        IrRef v = rv64_fp_value(tc, f.from, f.rs1);
        rv64_fp_set_value(tc, f.fmt, f.rd, ir_op1(tc->u, IR_FCVT, t, v));
        return TR_NEXT;
    }
    IrRef x[3] = {rv64_fp_bits(tc, f.from, f.rs1), 0, 0};
    rv64_fp_set_bits(tc, f.fmt, f.rd,
                     rv64_fp_call(tc, &(Rv64FpCall){IR_FCVT, t, from, r.rm, 0}, x));
    return TR_NEXT;
}

/* The bits as they are, boxed or not; narrower ones are sign-extended. */
TransResult rv64_fmv_to_x(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fmv_to_x f = insn.fmv_to_x;
    IrUnit *u = tc->u;
    IrRef v = ir_op1(u, IR_VTO, IR_I64, ir_get(u, IR_V128, rv64_slot_f(f.rs1)));
    if (f.fmt != RV64_FMT_D)
        v = ir_op1x(u, IR_SBFX, IR_I64, (f.fmt == RV64_FMT_S ? 32u : 16u) << 8, v, 0);
    rv64_set_x(tc, f.rd, v);
    return TR_NEXT;
}

TransResult rv64_fmv_from_x(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fmv_from_x f = insn.fmv_from_x;
    IrRef v = rv64_x(tc, f.rs1);
    if (f.fmt != RV64_FMT_D)
        v = ir_op1x(tc->u, IR_UBFX, IR_I64, (f.fmt == RV64_FMT_S ? 32u : 16u) << 8, v, 0);
    rv64_fp_set_bits(tc, f.fmt, f.rd, v);
    return TR_NEXT;
}
