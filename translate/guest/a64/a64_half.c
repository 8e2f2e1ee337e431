/*
 * Half precision arithmetic, scalar and vector: FEAT_FP16.
 *
 * Everything is done by the vector ops on lanes of 16 bits, with the handlers' shared functions of
 * the wider formats (a64_lanes_fp3, a64_lanes_fp2): their `sz` of 0 single and 1 double goes on
 * downward to A64_HALF. A scalar is lane 0 of a vector of zeros, on which no op raises a flag; a
 * divisor has ones there. Example,
 * `fadd h0, h1, h2`:
 *
 *     v1 = vinsl.16 0, get v1;  v2 = vinsl.16 0, get v2;  v3 = vfadd.16 v1, v2;  set v0, v3
 */
#include "a64_simd.h"
#include "flags.h"

#define A64_HALF (~0u) /* VE_32 + A64_HALF is VE_16 */

enum { HALF_ONE = 0x3c00 };

static IrRef half(TransCtx *tc, unsigned n)
{
    return a64_v_lane0(tc, VE_16, a64_v(tc, n));
}

/* Lane 0 alone: lanes of zeros may have become something else. */
static void set_half(TransCtx *tc, unsigned n, IrRef v)
{
    a64_set_v(tc, n, a64_v_lane0(tc, VE_16, v));
}

static IrRef negated(TransCtx *tc, IrRef v)
{
    return v_op2(tc, IR_VXOR, 0, v, a64_v_splat(tc, VE_16, 0x8000));
}

/* ---- scalar ---------------------------------------------------------------------------------- */

TransResult a64_fp_1src_h(TransCtx *tc, A64Insn insn)
{
    /* rounding of FRINT* by the low bits of its opcode: N P M Z A - X I */
    static const uint8_t rounding[8] = {
        FPRM_NEAREST,          FPRM_PLUS, FPRM_MINUS, FPRM_ZERO, FPRM_AWAY, 0,
        FPRM_MODE | FPX_EXACT, FPRM_MODE};
    const A64_fp_1src_h f = insn.fp_1src_h;
    IrRef v = half(tc, f.rn);
    if (f.op >= 8)
        v = v_op1i(tc, IR_VFRINT, VE_16, v, rounding[f.op & 7]);
    else if (f.op == 1)
        v = v_op2(tc, IR_VAND, 0, v, a64_v_splat(tc, VE_16, 0x7fff));
    else if (f.op == 2)
        v = negated(tc, v);
    else if (f.op == 3)
        v = v_op1(tc, IR_VFSQRT, VE_16, v);
    set_half(tc, f.rd, v);
    return TR_NEXT;
}

TransResult a64_fp_2src_h(TransCtx *tc, A64Insn insn)
{
    static const uint8_t ops[] = {IR_VFMUL, IR_VFDIV,   IR_VFADD,   IR_VFSUB, IR_VFMAX,
                                  IR_VFMIN, IR_VFMAXNM, IR_VFMINNM, IR_VFMUL};
    enum { FDIV = 1, FNMUL = 8 };
    const A64_fp_2src_h f = insn.fp_2src_h;
    IrRef n = half(tc, f.rn), m = half(tc, f.rm);
    if (f.op == FDIV) {
        IrRef ones = a64_v_splat(tc, VE_16, HALF_ONE);
        m = ir_op2x(tc->u, IR_VINSL, IR_V128, VE_16, ones, m, 0);
    }
    IrRef v = v_op2(tc, (IrOp)ops[f.op], VE_16, n, m);
    set_half(tc, f.rd, f.op == FNMUL ? negated(tc, v) : v);
    return TR_NEXT;
}

TransResult a64_fp_3src_h(TransCtx *tc, A64Insn insn)
{
    const A64_fp_3src_h f = insn.fp_3src_h;
    IrRef n = half(tc, f.rn), m = half(tc, f.rm), a = half(tc, f.ra);
    if (f.o1)
        a = negated(tc, a);
    if (f.o0 != f.o1)
        n = negated(tc, n);
    set_half(tc, f.rd, v_op3(tc, IR_VFMA, VE_16, n, m, a));
    return TR_NEXT;
}

static IrRef as_half(TransCtx *tc, IrRef v)
{
    return ir_op1(tc->u, IR_VTO, IR_F16, v);
}

/*
 * As a single, for comparing: exact, and a signalling NaN raises what the comparison would. With
 * FZ16 the comparison, not the conversion, flushes.
 */
static IrRef as_single(TransCtx *tc, IrRef v)
{
    IrUnit *u = tc->u;
    IrRef h = as_half(tc, v);
    if (tc->mode & MODE_FP_FZ16) {
        IrRef w = ir_op1(u, IR_VTO, IR_I32, v);
        IrRef exp = ir_op2(u, IR_AND, IR_I32, w, ir_const(u, IR_I32, 0x7c00));
        IrRef tiny = ir_cmp(u, CMP_EQ, exp, ir_const(u, IR_I32, 0));
        IrRef zero = ir_op2(u, IR_AND, IR_I32, w, ir_const(u, IR_I32, 0x8000));
        w = ir_select(u, IR_I32, tiny, zero, w);
        h = ir_op1(u, IR_BITCAST, IR_F16, ir_op1(u, IR_TRUNC, IR_I16, w));
    }
    return ir_op1x(u, IR_FCVT, IR_F32, FPX_IEEE, h, 0);
}

static IrRef compare(TransCtx *tc, bool signaling, IrRef n, IrRef m)
{
    IrUnit *u = tc->u;
    return ir_op2x(u, IR_FCMP, IR_FLAGS, signaling ? FPX_SIGNALING : 0, as_single(tc, n),
                   as_single(tc, m), 0);
}

TransResult a64_fcmp_h(TransCtx *tc, A64Insn insn)
{
    const A64_fcmp_h f = insn.fcmp_h;
    IrRef m = f.z ? v_zero(tc) : half(tc, f.rm);
    ir_set(tc->u, A64_NZCV, compare(tc, f.op, half(tc, f.rn), m));
    return TR_NEXT;
}

/* When the condition is false two zeros are compared, which raise no flag. */
TransResult a64_fccmp_h(TransCtx *tc, A64Insn insn)
{
    const A64_fccmp_h f = insn.fccmp_h;
    IrUnit *u = tc->u;
    IrRef cond = a64_cond(tc, f.cond), zero = v_zero(tc);
    IrRef n = ir_select(u, IR_V128, cond, half(tc, f.rn), zero);
    IrRef m = ir_select(u, IR_V128, cond, half(tc, f.rm), zero);
    IrRef fl = compare(tc, f.op, n, m);
    IrRef other = ir_const(u, IR_FLAGS, flags_from_nzcv((uint32_t)f.nzcv << 28));
    ir_set(u, A64_NZCV, ir_select(u, IR_FLAGS, cond, fl, other));
    return TR_NEXT;
}

TransResult a64_fcsel_h(TransCtx *tc, A64Insn insn)
{
    const A64_fcsel_h f = insn.fcsel_h;
    IrRef n = half(tc, f.rn), m = half(tc, f.rm);
    a64_set_v(tc, f.rd, ir_select(tc->u, IR_V128, a64_cond(tc, f.cond), n, m));
    return TR_NEXT;
}

/* VFPExpandImm for 16 bits. */
static uint64_t expand_imm(unsigned imm8)
{
    uint64_t b = imm8 >> 6 & 1;
    return (uint64_t)(imm8 >> 7) << 15 | (b ^ 1) << 14 | (b ? 3ull << 12 : 0) |
           (uint64_t)(imm8 & 0x3f) << 6;
}

TransResult a64_fmov_imm_h(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_imm_h f = insn.fmov_imm_h;
    a64_set_v(tc, f.rd, ir_vconst(tc->u, expand_imm(f.imm8), 0));
    return TR_NEXT;
}

TransResult a64_fmov_vh(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_vh f = insn.fmov_vh;
    a64_set_vq(tc, f.Q, f.rd, a64_v_splat(tc, VE_16, expand_imm(f.abc << 5 | f.defgh)));
    return TR_NEXT;
}

TransResult a64_fmov_r_h(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_r_h f = insn.fmov_r_h;
    IrRef w = ir_op1x(tc->u, IR_VGET, IR_I64, VE_16, a64_v(tc, f.rn), 0);
    a64_set_r(tc, 1, f.rd, w);
    return TR_NEXT;
}

TransResult a64_fmov_h_r(TransCtx *tc, A64Insn insn)
{
    const A64_fmov_h_r f = insn.fmov_h_r;
    set_half(tc, f.rd, ir_op1(tc->u, IR_VFROM, IR_V128, a64_r(tc, 1, f.rn)));
    return TR_NEXT;
}

/* ---- general registers ----------------------------------------------------------------------
 *
 * To an integer by way of a single, from one by way of a double: both exact, but for integers of 64
 * bits with more than 36 binary places (53 would not do) and for what FZ16 flushes: helpers.
 */

/* `how` as helpers.def says for fp_f2i and fp_i2f. */
static uint32_t how(IrType from, IrType to, unsigned aux, unsigned fbits)
{
    return (uint32_t)from | (uint32_t)to << 4 | aux << 8 | fbits << 16;
}

static void to_int(TransCtx *tc, unsigned aux, A64_fp_fixed_h f, unsigned fbits)
{
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    IrRef v = a64_v(tc, f.rn);
    if (tc->mode & MODE_FP_FZ16) {
        IrRef bits = ir_op1x(u, IR_VGET, IR_I64, VE_16, v, 0);
        IrRef args[2] = {ir_const(u, IR_I32, how(IR_F16, t, aux, fbits)), bits};
        v = ir_call(u, HELPER_fp_f2i, IR_I64, args, 2);
        v = f.sf ? v : ir_op1(u, IR_TRUNC, IR_I32, v);
    } else {
        v = ir_op1x(u, IR_FCVT, IR_F32, FPX_IEEE, as_half(tc, v), 0);
        v = ir_op1x(u, IR_F2I, t, aux, v, (int32_t)fbits);
    }
    a64_set_r(tc, f.sf, f.rd, v);
}

static void from_int(TransCtx *tc, A64_fp_fixed_h f, unsigned fbits)
{
    enum { EXACT_ENOUGH = 36 };
    IrUnit *u = tc->u;
    unsigned aux = f.op & 1 ? 0 : FPX_SIGNED;
    if (tc->mode & MODE_FP_FZ16 || (f.sf && fbits > EXACT_ENOUGH)) {
        IrRef args[2] = {ir_const(u, IR_I32, how(a64_type(f.sf), IR_F16, aux, fbits)),
                         a64_r(tc, 1, f.rn)};
        IrRef v = ir_call(u, HELPER_fp_i2f, IR_I64, args, 2);
        set_half(tc, f.rd, ir_op1(u, IR_VFROM, IR_V128, v));
        return;
    }
    IrRef v = ir_op1x(u, IR_I2F, IR_F64, aux, a64_r(tc, f.sf, f.rn), (int32_t)fbits);
    v = ir_op1x(u, IR_FCVT, IR_F16, FPX_IEEE, v, 0);
    a64_set_v(tc, f.rd, ir_op1(u, IR_VFROM, IR_V128, v));
}

TransResult a64_fp_fixed_h(TransCtx *tc, A64Insn insn)
{
    const A64_fp_fixed_h f = insn.fp_fixed_h;
    unsigned fbits = 64 - f.scale;
    if (f.rmode == 0)
        from_int(tc, f, fbits);
    else
        to_int(tc, FPRM_ZERO | (f.op & 1 ? 0u : FPX_SIGNED), f, fbits);
    return TR_NEXT;
}

TransResult a64_fp_to_int_h(TransCtx *tc, A64Insn insn)
{
    static const uint8_t rounding[] = {FPRM_NEAREST, FPRM_PLUS, FPRM_MINUS, FPRM_ZERO};
    const A64_fp_to_int_h f = insn.fp_to_int_h;
    unsigned rm = f.op & 4 ? FPRM_AWAY : rounding[f.rmode];
    to_int(tc, rm | (f.op & 1 ? 0u : FPX_SIGNED), insn.fp_fixed_h, 0);
    return TR_NEXT;
}

TransResult a64_fp_from_int_h(TransCtx *tc, A64Insn insn)
{
    from_int(tc, insn.fp_fixed_h, 0);
    return TR_NEXT;
}

/* ---- vectors ----------------------------------------------------------------------------------
 */

static unsigned lanes(unsigned q)
{
    return q ? 8 : 4;
}

/* Opcodes of the wider formats' three-same group. */
enum { MAXNM = 24, MLA, ADD, MUL, CMP, ACMP, MAX, RECPS };

/* fmls by an exclusive or: the sign of a NaN counts. */
static IrRef three(TransCtx *tc, A64FpLanes x)
{
    if (x.opcode == MLA) {
        IrRef n = x.a ? negated(tc, x.x) : x.x;
        return v_op3(tc, IR_VFMA, VE_16, n, x.y, x.acc);
    }
    return a64_lanes_fp3(tc, &x);
}

TransResult a64_v_3same_h(TransCtx *tc, A64Insn insn)
{
    const A64_v_3same_h f = insn.v_3same_h;
    unsigned opcode = MAXNM + f.opcode;
    bool pair = f.U && (opcode == MAXNM || opcode == MAX || (opcode == ADD && !f.a));
    A64FpLanes x = {A64_HALF, f.U, f.a, opcode, lanes(f.Q), 0, 0, 0};
    x.x = a64_v_fp(tc, f.Q || pair, f.rn);
    x.y = f.rm == f.rn ? x.x : a64_v_fp(tc, f.Q || pair, f.rm);
    if (opcode == MLA)
        x.acc = a64_v_fp(tc, f.Q, f.rd);
    if (pair) {
        IrRef lo = x.x, hi = x.y;
        if (!f.Q)
            lo = hi = v_concat(tc, lo, hi);
        x.x = v_op2(tc, IR_VUZP1, VE_16, lo, hi);
        x.y = v_op2(tc, IR_VUZP2, VE_16, lo, hi);
    }
    a64_set_vq(tc, f.Q, f.rd, three(tc, x));
    return TR_NEXT;
}

TransResult a64_sc_3same_h(TransCtx *tc, A64Insn insn)
{
    const A64_sc_3same_h f = insn.sc_3same_h;
    A64FpLanes x = {A64_HALF, f.U, f.a, MAXNM + f.opcode, 1, 0, 0, 0};
    x.x = half(tc, f.rn);
    x.y = half(tc, f.rm);
    set_half(tc, f.rd, three(tc, x));
    return TR_NEXT;
}

/* Opcodes 1 fmla, 5 fmls, 9 fmul (U=1: fmulx); the element is H:L:M of one of 16 registers. */
static IrRef by_element(TransCtx *tc, A64_v_elem_h f, unsigned n_lanes, IrRef n, IrRef acc)
{
    bool mul = f.opcode == 9;
    IrRef elem = v_op1i(tc, IR_VDUPL, VE_16, a64_v(tc, f.rm), (int32_t)(f.H << 2 | f.L << 1 | f.M));
    A64FpLanes x = {A64_HALF, mul ? !f.U : 0, f.opcode == 5, mul ? MUL : MLA, n_lanes, n, elem,
                    acc};
    return three(tc, x);
}

TransResult a64_v_elem_h(TransCtx *tc, A64Insn insn)
{
    const A64_v_elem_h f = insn.v_elem_h;
    IrRef acc = f.opcode == 9 ? 0 : a64_v_fp(tc, f.Q, f.rd);
    a64_set_vq(tc, f.Q, f.rd, by_element(tc, f, lanes(f.Q), a64_v_fp(tc, f.Q, f.rn), acc));
    return TR_NEXT;
}

/* Zeros times the element may be invalid: lane 0 of the product stands in all lanes. */
TransResult a64_sc_elem_h(TransCtx *tc, A64Insn insn)
{
    const A64_sc_elem_h f = insn.sc_elem_h;
    IrRef n = v_op1i(tc, IR_VDUPL, VE_16, a64_v(tc, f.rn), 0);
    IrRef acc = f.opcode == 9 ? 0 : v_op1i(tc, IR_VDUPL, VE_16, a64_v(tc, f.rd), 0);
    set_half(tc, f.rd, by_element(tc, insn.v_elem_h, 1, n, acc));
    return TR_NEXT;
}

TransResult a64_v_2misc_h(TransCtx *tc, A64Insn insn)
{
    const A64_v_2misc_h f = insn.v_2misc_h;
    A64FpLanes x = {A64_HALF, f.U, f.a, f.opcode, lanes(f.Q), a64_v_fp(tc, f.Q, f.rn), 0, 0};
    a64_set_vq(tc, f.Q, f.rd, a64_lanes_fp2(tc, &x));
    return TR_NEXT;
}

TransResult a64_sc_2misc_h(TransCtx *tc, A64Insn insn)
{
    const A64_sc_2misc_h f = insn.sc_2misc_h;
    A64FpLanes x = {A64_HALF, f.U, f.a, f.opcode, 1, half(tc, f.rn), 0, 0};
    set_half(tc, f.rd, a64_lanes_fp2(tc, &x));
    return TR_NEXT;
}

/* The op of a reduction: fmaxnm, fminnm (12), faddp (13), fmax, fmin (15), on lanes 2k and 2k+1. */
static IrRef reduce(TransCtx *tc, unsigned opcode, unsigned a, IrRef v)
{
    static const uint8_t ops[] = {IR_VFMAXNM, IR_VFMINNM, IR_VFADD, IR_VFADD,
                                  IR_NOP,     IR_NOP,     IR_VFMAX, IR_VFMIN};
    IrRef even = v_op2(tc, IR_VUZP1, VE_16, v, v), odd = v_op2(tc, IR_VUZP2, VE_16, v, v);
    return v_op2(tc, (IrOp)ops[(opcode & 3) << 1 | a], VE_16, even, odd);
}

TransResult a64_sc_pair_h(TransCtx *tc, A64Insn insn)
{
    const A64_sc_pair_h f = insn.sc_pair_h;
    IrRef v = v_op1i(tc, IR_VDUPL, VE_32, a64_v(tc, f.rn), 0);
    set_half(tc, f.rd, reduce(tc, f.opcode, f.a, v));
    return TR_NEXT;
}

TransResult a64_v_across_h(TransCtx *tc, A64Insn insn)
{
    const A64_v_across_h f = insn.v_across_h;
    IrRef v = a64_v_fp(tc, f.Q, f.rn);
    for (unsigned n = lanes(f.Q); n > 1; n /= 2)
        v = reduce(tc, f.opcode, f.a, v);
    set_half(tc, f.rd, v);
    return TR_NEXT;
}

/* scvtf, ucvtf (11100) and fcvtzs, fcvtzu (11111) with 16 - immb binary places. */
static IrRef fixed_point(TransCtx *tc, A64_v_fixed_h f, IrRef v)
{
    int32_t imm = (16 - (int32_t)f.immb) << 8 | (f.U ? 0 : FPX_SIGNED);
    if (f.opcode == 0x1c)
        return v_op1i(tc, IR_VI2F, VE_16, v, imm);
    return v_op1i(tc, IR_VF2I, VE_16, v, imm | FPRM_ZERO);
}

TransResult a64_v_fixed_h(TransCtx *tc, A64Insn insn)
{
    const A64_v_fixed_h f = insn.v_fixed_h;
    a64_set_vq(tc, f.Q, f.rd, fixed_point(tc, f, a64_v_fp(tc, f.Q, f.rn)));
    return TR_NEXT;
}

TransResult a64_sc_fixed_h(TransCtx *tc, A64Insn insn)
{
    const A64_sc_fixed_h f = insn.sc_fixed_h;
    set_half(tc, f.rd, fixed_point(tc, insn.v_fixed_h, half(tc, f.rn)));
    return TR_NEXT;
}

/* ---- complex numbers ---------------------------------------------------------------------------
 */

/* v turned by rot * 90 degrees: parts swapped (odd rot), signs changed. */
static IrRef rotated(TransCtx *tc, unsigned rot, IrRef v)
{
    uint64_t re = rot == 1 || rot == 2 ? 0x8000 : 0, im = rot == 2 || rot == 3 ? 0x80000000 : 0;
    if (rot & 1)
        v = v_op1(tc, IR_VREV, VE_16 | VE_32 << VE_CONT_SHIFT, v);
    return re | im ? v_op2(tc, IR_VXOR, 0, v, a64_v_splat(tc, VE_32, re | im)) : v;
}

static IrRef complex_mla(TransCtx *tc, unsigned rot, const IrRef nma[3])
{
    IrRef part = v_op2(tc, rot & 1 ? IR_VTRN2 : IR_VTRN1, VE_16, nma[0], nma[0]);
    return v_op3(tc, IR_VFMA, VE_16, part, rotated(tc, rot, nma[1]), nma[2]);
}

TransResult a64_fcadd_vh(TransCtx *tc, A64Insn insn)
{
    const A64_fcadd_vh f = insn.fcadd_vh;
    IrRef m = rotated(tc, f.rot ? 3 : 1, a64_v_fp(tc, f.Q, f.rm));
    a64_set_vq(tc, f.Q, f.rd, v_op2(tc, IR_VFADD, VE_16, a64_v_fp(tc, f.Q, f.rn), m));
    return TR_NEXT;
}

TransResult a64_fcmla_vh(TransCtx *tc, A64Insn insn)
{
    const A64_fcmla_vh f = insn.fcmla_vh;
    IrRef nma[3] = {a64_v_fp(tc, f.Q, f.rn), a64_v_fp(tc, f.Q, f.rm), a64_v_fp(tc, f.Q, f.rd)};
    a64_set_vq(tc, f.Q, f.rd, complex_mla(tc, f.rot, nma));
    return TR_NEXT;
}

TransResult a64_fcmla_elh(TransCtx *tc, A64Insn insn)
{
    const A64_fcmla_elh f = insn.fcmla_elh;
    IrRef m = v_op1i(tc, IR_VDUPL, VE_32, a64_v(tc, f.M << 4 | f.rm), (int32_t)(f.H << 1 | f.L));
    IrRef nma[3] = {a64_v_fp(tc, f.Q, f.rn), m, a64_v_fp(tc, f.Q, f.rd)};
    a64_set_vq(tc, f.Q, f.rd, complex_mla(tc, f.rot, nma));
    return TR_NEXT;
}
