/*
 * Zfa: constants, rounding to integral values, the conversion modulo 2^32. Its minima, maxima and
 * quiet comparisons are with the others in rv64_fp.c.
 *
 *     fli.d fa0, 0.5      v1:i64 = const 0x3fe0000000000000; set fa0
 *     fround.s fa0, fa1   v2:f32 = frint.near v1, which raises no inexact
 */
#include "rv64_fp.h"

/* The values of the manual's table of FLI.S. */
#define POW2(e) ((uint32_t)(127 + (e)) << 23)
/* clang-format off */
static const uint32_t constants[32] = {
    1u << 31 | POW2(0), 0, POW2(-16), POW2(-15), POW2(-8), POW2(-7), POW2(-4), POW2(-3),
    POW2(-2), POW2(-2) | 1 << 21, POW2(-2) | 2 << 21, POW2(-2) | 3 << 21,
    POW2(-1), POW2(-1) | 1 << 21, POW2(-1) | 2 << 21, POW2(-1) | 3 << 21,
    POW2(0), POW2(0) | 1 << 21, POW2(0) | 2 << 21, POW2(0) | 3 << 21,
    POW2(1), POW2(1) | 1 << 21, POW2(1) | 2 << 21, POW2(2),
    POW2(3), POW2(4), POW2(7), POW2(8), POW2(15), POW2(16), 0x7f800000, 0x7fc00000,
};
/* clang-format on */

uint32_t rv64_fli_single(unsigned k)
{
    return constants[k];
}

/* Two to the 16th, too large for a half, becomes infinity as it would by rounding. */
TransResult rv64_fli(TransCtx *tc, Rv64Insn insn)
{
    static const uint64_t smallest[] = {1ull << 23, 1ull << 52, 1ull << 10}; /* normal, by fmt */
    static const uint8_t formats[] = {SOFT_F32, SOFT_F64, SOFT_F16};
    const Rv64_fli f = insn.fli;
    SoftFp fp = {.rm = SOFT_RN, .nan_rule = SOFT_NAN_RISCV};
    uint64_t v = smallest[f.fmt];
    if (f.k != RV64_FLI_MIN)
        v = softfp_convert(&fp, constants[f.k], (SoftCvt){SOFT_F32, formats[f.fmt], SOFT_RN});
    rv64_fp_set_bits(tc, f.fmt, f.rd, ir_const(tc->u, IR_I64, v));
    return TR_NEXT;
}

/* The rounding is part of the op, so the present mode does not matter. */
TransResult rv64_fround(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fround f = insn.fround;
    IrUnit *u = tc->u;
    Rv64Rounding r;
    if (!rv64_fp_rounding(tc, f.rm, &r))
        return rv64_undefined(tc);
    IrType t = rv64_fp_type(f.fmt);
    uint32_t aux = (uint32_t)r.rm | (f.nx ? FPX_EXACT : 0);
    if (f.fmt == RV64_FMT_H) {
        IrRef x[3] = {rv64_fp_bits(tc, f.fmt, f.rs1), 0, 0};
        rv64_fp_set_bits(tc, f.fmt, f.rd,
                         rv64_fp_call(tc, &(Rv64FpCall){IR_FRINT, t, t, r.rm, aux}, x));
        return TR_NEXT;
    }
    IrRef v = rv64_fp_value(tc, f.fmt, f.rs1);
    rv64_fp_set_value(tc, f.fmt, f.rd, ir_op1x(u, IR_FRINT, t, aux, v, 0));
    return TR_NEXT;
}

/* The plain conversion raises the flags, and its result is not needed. */
TransResult rv64_fcvtmod_w_d(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fcvtmod_w_d f = insn.fcvtmod_w_d;
    IrUnit *u = tc->u;
    IrRef v = rv64_fp_value(tc, RV64_FMT_D, f.rs1);
    ir_op1x(u, IR_F2I, IR_I32, FPRM_ZERO | FPX_SIGNED, v, 0);
    rv64_set_w(tc, f.rd, ir_call(u, HELPER_fp_modulo32, IR_I32, &v, 1));
    return TR_NEXT;
}
