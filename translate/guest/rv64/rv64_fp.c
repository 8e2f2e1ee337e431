/*
 * Floating point: F and D as IR ops, half precision and uncommon roundings by softfp.
 *
 * A register holds 64 bits. A narrower value is boxed (all bits above it are ones); what is not
 * properly boxed reads as the canonical NaN. Which registers this unit itself wrote a boxed single
 * to is kept in priv_word[RV64_KNOWN_BOXED], so that most reads need no test.
 *
 * The rounding mode of an instruction is static or fcsr's, which is part of the unit's mode. The
 * host rounds as the mode says; where an instruction wants something else (a static mode that is
 * not the present one, ties away from zero) the helper fp_rounded does it. Reserved modes are
 * illegal instructions. Example, `fadd.d fa0, fa1, fa2`:
 *
 *     v1:v128 = get fa1;  v2:f64 = vto v1;  v3:v128 = get fa2;  v4:f64 = vto v3
 *     v5:f64 = fadd v2, v4;  v6:v128 = vfrom v5;  set fa0, v6
 */
#include "rv64_fp.h"

static const uint8_t type_of_fmt[] = {IR_F32, IR_F64, IR_F16};
static const uint8_t bits_of_fmt[] = {32, 64, 16};
static const uint64_t canonical_nan[] = {0x7fc00000, 0x7ff8000000000000, 0x7e00};

IrType rv64_fp_type(unsigned fmt)
{
    return (IrType)type_of_fmt[fmt];
}

/* ---- registers ------------------------------------------------------------------------------ */

static IrRef whole(TransCtx *tc, unsigned n)
{
    IrRef v = ir_get(tc->u, IR_V128, rv64_slot_f(n));
    return ir_op1(tc->u, IR_VTO, IR_I64, v);
}

static bool known_boxed(const TransCtx *tc, unsigned n)
{
    return tc->priv_word[RV64_KNOWN_BOXED] >> n & 1;
}

/* The value's bits, zero-extended to 64. */
IrRef rv64_fp_bits(TransCtx *tc, unsigned fmt, unsigned n)
{
    IrUnit *u = tc->u;
    IrRef v = whole(tc, n);
    unsigned bits = bits_of_fmt[fmt];
    if (fmt == RV64_FMT_D)
        return v;
    IrRef low = ir_op1x(u, IR_UBFX, IR_I64, bits << 8, v, 0);
    if (fmt == RV64_FMT_S && known_boxed(tc, n))
        return low;
    IrRef up = ir_op2(u, IR_SHR, IR_I64, v, ir_const(u, IR_I32, bits));
    IrRef boxed = ir_cmp(u, CMP_EQ, up, ir_const(u, IR_I64, ~0ull >> bits));
    return ir_select(u, IR_I64, boxed, low, ir_const(u, IR_I64, canonical_nan[fmt]));
}

/* Single or double as a float value. */
IrRef rv64_fp_value(TransCtx *tc, unsigned fmt, unsigned n)
{
    IrUnit *u = tc->u;
    if (fmt == RV64_FMT_D || known_boxed(tc, n))
        return ir_op1(u, IR_VTO, rv64_fp_type(fmt), ir_get(u, IR_V128, rv64_slot_f(n)));
    IrRef low = ir_op1(u, IR_TRUNC, IR_I32, rv64_fp_bits(tc, fmt, n));
    return ir_op1(u, IR_BITCAST, IR_F32, low);
}

void rv64_fp_note(TransCtx *tc, unsigned fmt, unsigned n)
{
    uint64_t *known = &tc->priv_word[RV64_KNOWN_BOXED];
    *known = fmt == RV64_FMT_S ? *known | 1ull << n : *known & ~(1ull << n);
}

/* A v128 with the value in its low bits and zeros above. */
static void set_boxed(TransCtx *tc, unsigned fmt, unsigned n, IrRef v)
{
    IrUnit *u = tc->u;
    if (fmt != RV64_FMT_D)
        v = ir_op2(u, IR_VOR, IR_V128, v, ir_vconst(u, ~0ull << bits_of_fmt[fmt], 0));
    ir_set(u, rv64_slot_f(n), v);
    rv64_fp_note(tc, fmt, n);
}

void rv64_fp_set_value(TransCtx *tc, unsigned fmt, unsigned n, IrRef v)
{
    set_boxed(tc, fmt, n, ir_op1(tc->u, IR_VFROM, IR_V128, v));
}

/* Bits above the format's must be zero. */
void rv64_fp_set_bits(TransCtx *tc, unsigned fmt, unsigned n, IrRef bits)
{
    set_boxed(tc, fmt, n, ir_op1(tc->u, IR_VFROM, IR_V128, bits));
}

/* ---- rounding ------------------------------------------------------------------------------- */

bool rv64_fp_rounding(const TransCtx *tc, unsigned rm, Rv64Rounding *r)
{
    static const uint8_t soft[] = {SOFT_RN, SOFT_RZ, SOFT_RM, SOFT_RP, SOFT_RA};
    enum { DYNAMIC = 7 };
    SoftRm present = (SoftRm)(tc->mode >> MODE_FP_RM_SHIFT & 3);
    bool odd = tc->mode & MODE_FP_RMM; /* ties away, or reserved */
    if (rm == DYNAMIC) {
        r->rm = odd ? SOFT_RA : present;
        r->native = !odd;
        return !odd || present == SOFT_RN;
    }
    if (rm >= sizeof soft)
        return false;
    r->rm = (SoftRm)soft[rm];
    r->native = !odd && r->rm == present;
    return true;
}

/* ---- operations ----------------------------------------------------------------------------- */

IrRef rv64_fp_call(TransCtx *tc, const Rv64FpCall *k, const IrRef x[3])
{
    IrUnit *u = tc->u;
    uint32_t what = (uint32_t)k->op | (uint32_t)k->type << 8 | (uint32_t)k->from << 12 |
                    (uint32_t)k->rm << 16 | k->aux << 20;
    IrRef zero = x[1] && x[2] ? 0 : ir_const(u, IR_I64, 0);
    IrRef args[4] = {ir_const(u, IR_I32, what), x[0], x[1] ? x[1] : zero, x[2] ? x[2] : zero};
    return ir_call(u, HELPER_fp_rounded, IR_I64, args, 4);
}

/* op on n registers of one format, none of them negated. */
static TransResult arith(TransCtx *tc, const Rv64Arith *k)
{
    Rv64Rounding r;
    if (!rv64_fp_rounding(tc, k->rm, &r))
        return rv64_undefined(tc);
    IrType t = rv64_fp_type(k->fmt);
    IrRef x[3] = {0, 0, 0};
    bool native = (r.native || !k->rounds) && k->fmt != RV64_FMT_H;
    for (unsigned i = 0; i < k->n; i++)
        x[i] = native ? rv64_fp_value(tc, k->fmt, k->reg[i]) : rv64_fp_bits(tc, k->fmt, k->reg[i]);
    if (native) {
        IrRef v = ir_op3(tc->u, k->op, t, x[0], x[1], x[2]);
        rv64_fp_set_value(tc, k->fmt, k->rd, v);
    } else {
        Rv64FpCall call = {k->op, t, t, r.rm, 0};
        rv64_fp_set_bits(tc, k->fmt, k->rd, rv64_fp_call(tc, &call, x));
    }
    return TR_NEXT;
}

/* f5: 0 add, 1 sub, 2 mul, 3 div. */
TransResult rv64_farith(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t ops[] = {IR_FADD, IR_FSUB, IR_FMUL, IR_FDIV};
    const Rv64_farith f = insn.farith;
    return arith(tc, &(Rv64Arith){(IrOp)ops[f.f5], f.fmt, f.rm, f.rd, 2, {f.rs1, f.rs2}, true});
}

TransResult rv64_fsqrt(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fsqrt f = insn.fsqrt;
    return arith(tc, &(Rv64Arith){IR_FSQRT, f.fmt, f.rm, f.rd, 1, {f.rs1}, true});
}

/* f3: 0 min, 1 max, of numbers before NaNs; 2 and 3 (Zfa) the same with NaNs first. */
TransResult rv64_fminmax(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t ops[] = {IR_FMINNM, IR_FMAXNM, IR_FMIN, IR_FMAX};
    const Rv64_fminmax f = insn.fminmax;
    return arith(tc, &(Rv64Arith){(IrOp)ops[f.f3], f.fmt, 0, f.rd, 2, {f.rs1, f.rs2}, false});
}

/* sign: bit 0: the product is negated, bit 1: the addend is. */
static TransResult fused(TransCtx *tc, Rv64_fmadd f, unsigned sign)
{
    IrUnit *u = tc->u;
    Rv64Rounding r;
    if (!rv64_fp_rounding(tc, f.rm, &r))
        return rv64_undefined(tc);
    IrType t = rv64_fp_type(f.fmt);
    const unsigned reg[3] = {f.rs1, f.rs2, f.rs3};
    bool native = r.native && f.fmt != RV64_FMT_H;
    IrRef x[3], top = ir_const(u, IR_I64, 1ull << (bits_of_fmt[f.fmt] - 1));
    for (unsigned i = 0; i < 3; i++) {
        bool negate = (i == 0 && sign & 1) || (i == 2 && sign & 2);
        x[i] = native ? rv64_fp_value(tc, f.fmt, reg[i]) : rv64_fp_bits(tc, f.fmt, reg[i]);
        if (negate)
            x[i] = native ? ir_op1(u, IR_FNEG, t, x[i]) : ir_op2(u, IR_XOR, IR_I64, x[i], top);
    }
    if (native) {
        rv64_fp_set_value(tc, f.fmt, f.rd, ir_op3(u, IR_FMA, t, x[0], x[1], x[2]));
    } else {
        Rv64FpCall call = {IR_FMA, t, t, r.rm, 0};
        rv64_fp_set_bits(tc, f.fmt, f.rd, rv64_fp_call(tc, &call, x));
    }
    return TR_NEXT;
}

/* neg: 0 madd, 1 msub, 2 nmsub, 3 nmadd. */
TransResult rv64_fmadd(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t signs[] = {0, 2, 1, 3};
    return fused(tc, insn.fmadd, signs[insn.fmadd.neg]);
}

/* f3: 0 the sign of rs2, 1 its opposite, 2 the signs' exclusive or. */
TransResult rv64_fsgnj(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fsgnj f = insn.fsgnj;
    IrUnit *u = tc->u;
    IrRef a = rv64_fp_bits(tc, f.fmt, f.rs1);
    if (f.rs1 == f.rs2 && f.f3 == 0) {
        rv64_fp_set_bits(tc, f.fmt, f.rd, a);
        return TR_NEXT;
    }
    IrRef top = ir_const(u, IR_I64, 1ull << (bits_of_fmt[f.fmt] - 1));
    IrRef sign = ir_op2(u, IR_AND, IR_I64, rv64_fp_bits(tc, f.fmt, f.rs2), top);
    IrRef rest = f.f3 == 2 ? a : ir_op2(u, IR_ANDN, IR_I64, a, top);
    if (f.f3 == 1)
        sign = ir_op2(u, IR_XOR, IR_I64, sign, top);
    rv64_fp_set_bits(tc, f.fmt, f.rd, ir_op2(u, IR_XOR, IR_I64, rest, sign));
    return TR_NEXT;
}

/* f3: 0 le, 1 lt, 2 eq, 4 leq, 5 ltq (Zfa); the last three are quiet about quiet NaNs. */
TransResult rv64_fcompare(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t conds[] = {CC_LS, CC_MI, CC_EQ};
    /* in packed flags: less or equal, less, equal */
    static const uint32_t masks[] = {1u << FLAGS_BIT_Z | 1u << FLAGS_BIT_NOT_C, 1u << FLAGS_BIT_N,
                                     1u << FLAGS_BIT_Z};
    const Rv64_fcompare f = insn.fcompare;
    IrUnit *u = tc->u;
    bool silent = tc->priv_word[RV64_SILENT_AT] == tc->pc;
    uint32_t aux = silent ? FPX_SILENT : f.f3 < 2 ? FPX_SIGNALING : 0;
    unsigned relation = f.f3 & 3;
    IrRef holds;
    if (f.fmt == RV64_FMT_H) {
        IrRef x[3] = {rv64_fp_bits(tc, f.fmt, f.rs1), rv64_fp_bits(tc, f.fmt, f.rs2), 0};
        Rv64FpCall call = {IR_FCMP, IR_FLAGS, IR_F16, SOFT_RN, aux};
        IrRef some = ir_op2(u, IR_AND, IR_I64, rv64_fp_call(tc, &call, x),
                            ir_const(u, IR_I64, masks[relation]));
        holds = ir_cmp(u, CMP_NE, some, ir_const(u, IR_I64, 0));
    } else {
        IrRef a = rv64_fp_value(tc, f.fmt, f.rs1), b = rv64_fp_value(tc, f.fmt, f.rs2);
        holds = ir_cc(u, (IrCond)conds[relation], ir_op2x(u, IR_FCMP, IR_FLAGS, aux, a, b, 0));
    }
    rv64_set_x(tc, f.rd, ir_op1(u, IR_ZEXT, IR_I64, holds));
    return TR_NEXT;
}

TransResult rv64_fclass(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fclass f = insn.fclass;
    IrUnit *u = tc->u;
    IrRef args[2] = {ir_const(u, IR_I32, f.fmt), rv64_fp_bits(tc, f.fmt, f.rs1)};
    rv64_set_x(tc, f.rd, ir_call(u, HELPER_rv64_fclass, IR_I64, args, 2));
    return TR_NEXT;
}
