/*
 * Advanced SIMD floating point: vector, scalar, by element, pairwise and across lanes.
 *
 * Lanes that are no part of the result must raise no flag: see a64_simd.h. Scalar forms of ops
 * without a scalar IR op compute on registers with zeros above lane 0 (0 + 0, 0 * 0 and 0 == 0
 * raise nothing). Example, `faddp v0.4s, v1.4s, v2.4s`:
 *
 *     v3 = vuzp1.32 v1, v2;  v4 = vuzp2.32 v1, v2;  v5 = vfadd.32 v3, v4;  set v0, v5
 */
#include "a64_simd.h"

/* Opcodes of the three-same group. */
enum { MAXNM = 24, MLA, ADD, MUL, CMP, ACMP, MAX, RECPS };

static IrRef fp_compare(TransCtx *tc, unsigned ve, IrCmp c, const IrRef xy[2])
{
    return v_op2(tc, IR_VFCMP, ve | c << VE_CMP_SHIFT, xy[0], xy[1]);
}

static IrRef fp_abs(TransCtx *tc, unsigned ve, IrRef v)
{
    return v_op1(tc, IR_VFABS, ve, v);
}

/* fmla, fmls: FPMulAdd(acc, +-x, y). */
static IrRef fp_mla(TransCtx *tc, const A64FpLanes *f)
{
    unsigned ve = VE_32 + f->sz;
    IrRef x = f->a ? v_op1(tc, IR_VFNEG, ve, f->x) : f->x;
    return v_op3(tc, IR_VFMA, ve, x, f->y, f->acc);
}

/* fcmeq, fcmge, fcmgt and facge, facgt. */
static IrRef fp_compare3(TransCtx *tc, const A64FpLanes *f)
{
    unsigned ve = VE_32 + f->sz;
    IrRef xy[2] = {f->x, f->y};
    if (f->opcode == ACMP) {
        xy[0] = fp_abs(tc, ve, f->x);
        xy[1] = fp_abs(tc, ve, f->y);
    }
    return fp_compare(tc, ve, !f->U ? CMP_EQ : f->a ? CMP_SGT : CMP_SGE, xy);
}

IrRef a64_lanes_fp3(TransCtx *tc, const A64FpLanes *f)
{
    unsigned ve = VE_32 + f->sz;
    switch (f->opcode) {
    case MAXNM:
        return v_op2(tc, f->a ? IR_VFMINNM : IR_VFMAXNM, ve, f->x, f->y);
    case MAX:
        return v_op2(tc, f->a ? IR_VFMIN : IR_VFMAX, ve, f->x, f->y);
    case MLA:
        return fp_mla(tc, f);
    case ADD:
        if (f->U && f->a) /* fabd */
            return fp_abs(tc, ve, v_op2(tc, IR_VFSUB, ve, f->x, f->y));
        return v_op2(tc, f->a ? IR_VFSUB : IR_VFADD, ve, f->x, f->y);
    case MUL:
        if (f->U)
            return v_op2(tc, IR_VFMUL, ve, f->x, f->y);
        return a64_lanes_fp_step(tc, A64_VEC_FMULX, f);
    case CMP:
    case ACMP:
        return fp_compare3(tc, f);
    default:
        if (f->U)
            return v_op2(tc, IR_VFDIV, ve, f->x, f->y);
        return a64_lanes_fp_step(tc, f->a ? A64_VEC_FRSQRTS : A64_VEC_FRECPS, f);
    }
}

static unsigned lane_count(unsigned q, unsigned sz)
{
    return (q ? 4 : 2) >> sz;
}

TransResult a64_v_3same_fp(TransCtx *tc, A64Insn insn)
{
    const A64_v_3same_fp f = insn.v_3same_fp;
    bool pair = f.U && (f.opcode == MAXNM || f.opcode == MAX || (f.opcode == ADD && !f.a));
    A64FpLanes x = {f.sz, f.U, f.a, f.opcode, lane_count(f.Q, f.sz), 0, 0, 0};
    x.x = a64_v_fp(tc, f.Q || pair, f.rn);
    x.y = f.rm == f.rn ? x.x : a64_v_fp(tc, f.Q || pair, f.rm);
    if (f.opcode == MLA)
        x.acc = a64_v_fp(tc, f.Q, f.rd);
    if (pair) {
        IrRef lo = x.x, hi = x.y;
        if (!f.Q)
            lo = hi = v_concat(tc, lo, hi);
        x.x = v_op2(tc, IR_VUZP1, VE_32 + f.sz, lo, hi);
        x.y = v_op2(tc, IR_VUZP2, VE_32 + f.sz, lo, hi);
    }
    a64_set_vq(tc, f.Q, f.rd, a64_lanes_fp3(tc, &x));
    return TR_NEXT;
}

TransResult a64_sc_3same_fp(TransCtx *tc, A64Insn insn)
{
    const A64_sc_3same_fp f = insn.sc_3same_fp;
    A64FpLanes x = {f.sz, f.U, f.a, f.opcode, 1, 0, 0, 0};
    x.x = a64_v_lane0(tc, VE_32 + f.sz, a64_v(tc, f.rn));
    x.y = a64_v_lane0(tc, VE_32 + f.sz, a64_v(tc, f.rm));
    a64_set_v(tc, f.rd, a64_v_lane0(tc, VE_32 + f.sz, a64_lanes_fp3(tc, &x)));
    return TR_NEXT;
}

/* The element operand in every lane; single: H:L of 32 registers, double: H. */
static IrRef element_fp(TransCtx *tc, A64_v_elem_fp f)
{
    unsigned lane = f.sz ? f.H : f.H << 1 | f.L;
    return v_op1i(tc, IR_VDUPL, VE_32 + f.sz, a64_v(tc, f.M << 4 | f.rm), (int32_t)lane);
}

/* Opcodes 1 fmla, 5 fmls, 9 fmul (U=1: fmulx). */
TransResult a64_v_elem_fp(TransCtx *tc, A64Insn insn)
{
    const A64_v_elem_fp f = insn.v_elem_fp;
    bool mul = f.opcode == 9;
    A64FpLanes x = {
        f.sz, mul ? !f.U : 0, f.opcode == 5, mul ? MUL : MLA, lane_count(f.Q, f.sz), 0, 0, 0};
    x.x = a64_v_fp(tc, f.Q, f.rn);
    x.y = element_fp(tc, f);
    if (!mul)
        x.acc = a64_v_fp(tc, f.Q, f.rd);
    a64_set_vq(tc, f.Q, f.rd, a64_lanes_fp3(tc, &x));
    return TR_NEXT;
}

TransResult a64_sc_elem_fp(TransCtx *tc, A64Insn insn)
{
    const A64_sc_elem_fp f = insn.sc_elem_fp;
    IrType t = a64_ftype(f.sz);
    IrRef elem = element_fp(tc, insn.v_elem_fp);
    if (f.U) {
        unsigned ve = VE_32 + f.sz;
        A64FpLanes x = {f.sz, 0, 0, MUL, 1, a64_v_lane0(tc, ve, a64_v(tc, f.rn)), elem, 0};
        a64_set_v(tc, f.rd, a64_v_lane0(tc, ve, a64_lanes_fp3(tc, &x)));
        return TR_NEXT;
    }
    IrRef n = a64_f(tc, f.sz, f.rn), m = ir_op1(tc->u, IR_VTO, t, elem), r;
    if (f.opcode == 9) {
        r = ir_op2(tc->u, IR_FMUL, t, n, m);
    } else {
        if (f.opcode == 5)
            n = ir_op1(tc->u, IR_FNEG, t, n);
        r = ir_op3(tc->u, IR_FMA, t, n, m, a64_f(tc, f.sz, f.rd));
    }
    a64_set_f(tc, f.rd, r);
    return TR_NEXT;
}

/*
 * Complex numbers lie as real, imaginary. The second operand turned by rot * 90 degrees is its
 * parts swapped (odd rot) and signs changed: -imaginary, real at 90 degrees.
 */
static IrRef rotated(TransCtx *tc, unsigned sz, unsigned rot, IrRef v)
{
    unsigned ve = VE_32 + sz;
    uint64_t sign = sz ? 1ull << 63 : 1ull << 31, re = 0, im = 0;
    if (rot & 1)
        v = sz ? ir_op2x(tc->u, IR_VEXT, IR_V128, 0, v, v, 8)
               : v_op1(tc, IR_VREV, ve | VE_64 << VE_CONT_SHIFT, v);
    if (rot == 1 || rot == 2)
        re = sign;
    if (rot == 2 || rot == 3)
        im = sign;
    if (!(re | im))
        return v;
    uint64_t low = sz ? re : re | im << 32;
    return v_op2(tc, IR_VXOR, 0, v, ir_vconst(tc->u, low, sz ? im : low));
}

TransResult a64_fcadd_v(TransCtx *tc, A64Insn insn)
{
    const A64_fcadd_v f = insn.fcadd_v;
    IrRef m = rotated(tc, f.sz, f.rot ? 3 : 1, a64_v_fp(tc, f.Q, f.rm));
    IrRef r = v_op2(tc, IR_VFADD, VE_32 + f.sz, a64_v_fp(tc, f.Q, f.rn), m);
    a64_set_vq(tc, f.Q, f.rd, r);
    return TR_NEXT;
}

/* Adds the real (even rot) or imaginary part of n times m turned. */
static IrRef complex_mla(TransCtx *tc, unsigned sz, unsigned rot, const IrRef nma[3])
{
    unsigned ve = VE_32 + sz;
    IrRef part = v_op2(tc, rot & 1 ? IR_VTRN2 : IR_VTRN1, ve, nma[0], nma[0]);
    return v_op3(tc, IR_VFMA, ve, part, rotated(tc, sz, rot, nma[1]), nma[2]);
}

TransResult a64_fcmla_v(TransCtx *tc, A64Insn insn)
{
    const A64_fcmla_v f = insn.fcmla_v;
    IrRef nma[3] = {a64_v_fp(tc, f.Q, f.rn), a64_v_fp(tc, f.Q, f.rm), a64_v_fp(tc, f.Q, f.rd)};
    a64_set_vq(tc, f.Q, f.rd, complex_mla(tc, f.sz, f.rot, nma));
    return TR_NEXT;
}

TransResult a64_fcmla_el(TransCtx *tc, A64Insn insn)
{
    const A64_fcmla_el f = insn.fcmla_el;
    IrRef m = v_op1i(tc, IR_VDUPL, VE_64, a64_v(tc, f.M << 4 | f.rm), (int32_t)f.H);
    IrRef nma[3] = {a64_v(tc, f.rn), m, a64_v(tc, f.rd)};
    a64_set_v(tc, f.rd, complex_mla(tc, 0, f.rot, nma));
    return TR_NEXT;
}

/* Compares with zero: 12 gt/ge, 13 eq/le, 14 lt. */
static IrRef fp_compare_zero(TransCtx *tc, const A64FpLanes *f)
{
    IrRef zero = v_zero(tc), xz[2] = {f->x, zero}, zx[2] = {zero, f->x};
    unsigned ve = VE_32 + f->sz;
    if (f->opcode == 12)
        return fp_compare(tc, ve, f->U ? CMP_SGE : CMP_SGT, xz);
    if (f->opcode == 14)
        return fp_compare(tc, ve, CMP_SGT, zx);
    return f->U ? fp_compare(tc, ve, CMP_SGE, zx) : fp_compare(tc, ve, CMP_EQ, xz);
}

/* frintn/p (24, a), frinta (24, U), frintm/z (25, a), frintx/i (25, U, a). */
static IrRef fp_round(TransCtx *tc, const A64FpLanes *f)
{
    static const uint8_t rm[2][2][2] = {
        {{FPRM_NEAREST, FPRM_PLUS}, {FPRM_AWAY, FPRM_AWAY}},
        {{FPRM_MINUS, FPRM_ZERO}, {FPRM_MODE | FPX_EXACT, FPRM_MODE}}};
    return v_op1i(tc, IR_VFRINT, VE_32 + f->sz, f->x, rm[f->opcode & 1][f->U][f->a]);
}

/* fcvtn/p (26, a), fcvtm/z (27, a), fcvta (28); U: unsigned. */
static IrRef fp_to_int(TransCtx *tc, const A64FpLanes *f)
{
    static const uint8_t rm[3][2] = {
        {FPRM_NEAREST, FPRM_PLUS}, {FPRM_MINUS, FPRM_ZERO}, {FPRM_AWAY, FPRM_AWAY}};
    int32_t imm = rm[f->opcode - 26][f->a] | (f->U ? 0 : FPX_SIGNED);
    return v_op1i(tc, IR_VF2I, VE_32 + f->sz, f->x, imm);
}

static IrRef fp_estimate(TransCtx *tc, const A64FpLanes *f)
{
    A64Operands o = {f->x, f->x, f->x};
    unsigned ve = VE_32 + f->sz;
    if (f->opcode == 28)
        return a64_vec_call(tc, f->U ? A64_VEC_URSQRTE : A64_VEC_URECPE, ve, o);
    A64VecOp op = f->opcode == 31 ? A64_VEC_FRECPX : f->U ? A64_VEC_FRSQRTE : A64_VEC_FRECPE;
    return a64_vec_call_fp(tc, op, A64_LANES(ve, f->lanes), o);
}

IrRef a64_lanes_fp2(TransCtx *tc, const A64FpLanes *f)
{
    unsigned ve = VE_32 + f->sz;
    switch (f->opcode) {
    case 12:
    case 13:
    case 14:
        return fp_compare_zero(tc, f);
    case 15:
        return v_op1(tc, f->U ? IR_VFNEG : IR_VFABS, ve, f->x);
    case 24:
    case 25:
        return fp_round(tc, f);
    case 26:
    case 27:
        return fp_to_int(tc, f);
    case 28:
        return f->a ? fp_estimate(tc, f) : fp_to_int(tc, f);
    case 29:
        if (f->a)
            return fp_estimate(tc, f);
        return v_op1i(tc, IR_VI2F, ve, f->x, f->U ? 0 : FPX_SIGNED);
    default:
        return f->U ? v_op1(tc, IR_VFSQRT, ve, f->x) : fp_estimate(tc, f);
    }
}

TransResult a64_v_2misc_fp(TransCtx *tc, A64Insn insn)
{
    const A64_v_2misc_fp f = insn.v_2misc_fp;
    A64FpLanes x = {f.sz, f.U, f.a, f.opcode, lane_count(f.Q, f.sz), a64_v_fp(tc, f.Q, f.rn), 0, 0};
    a64_set_vq(tc, f.Q, f.rd, a64_lanes_fp2(tc, &x));
    return TR_NEXT;
}

/* Conversions as scalar ops, the rest on lane 0 of a register with zeros above. */
TransResult a64_sc_2misc_fp(TransCtx *tc, A64Insn insn)
{
    const A64_sc_2misc_fp f = insn.sc_2misc_fp;
    unsigned ve = VE_32 + f.sz;
    if (f.opcode == 29 && !f.a) {
        IrRef v = ir_op1(tc->u, IR_VTO, f.sz ? IR_I64 : IR_I32, a64_v(tc, f.rn));
        unsigned aux = f.U ? 0 : FPX_SIGNED;
        a64_set_f(tc, f.rd, ir_op1x(tc->u, IR_I2F, a64_ftype(f.sz), aux, v, 0));
        return TR_NEXT;
    }
    A64FpLanes x = {f.sz, f.U, f.a, f.opcode, 1, 0, 0, 0};
    x.x = a64_v_lane0(tc, ve, a64_v(tc, f.rn));
    a64_set_v(tc, f.rd, a64_v_lane0(tc, ve, a64_lanes_fp2(tc, &x)));
    return TR_NEXT;
}

TransResult a64_v_frint_n(TransCtx *tc, A64Insn insn)
{
    const A64_v_frint_n f = insn.v_frint_n;
    static const uint8_t ops[2][2] = {{A64_VEC_FRINT32Z, A64_VEC_FRINT32X},
                                      {A64_VEC_FRINT64Z, A64_VEC_FRINT64X}};
    IrRef n = a64_v(tc, f.rn);
    unsigned ve = A64_LANES(VE_32 + f.sz, lane_count(f.Q, f.sz));
    IrRef r = a64_vec_call_fp(tc, ops[f.opcode & 1][f.U], ve, (A64Operands){n, n, n});
    a64_set_v(tc, f.rd, r);
    return TR_NEXT;
}

/* fcvtn, fcvtn2 (to single: sz=1, to half: sz=0) and fcvtxn, fcvtxn2 (U=1). */
TransResult a64_v_fcvtn(TransCtx *tc, A64Insn insn)
{
    const A64_v_fcvtn f = insn.v_fcvtn;
    IrRef n = a64_v(tc, f.rn), r;
    if (f.U)
        r = a64_vec_call_fp(tc, A64_VEC_FCVTXN, A64_LANES(VE_64, 2), (A64Operands){n, n, n});
    else
        r = v_op1(tc, IR_VFCVTN, VE_32 + f.sz, n);
    a64_set_half(tc, f.Q, f.rd, r);
    return TR_NEXT;
}

TransResult a64_fcvtxn_sc(TransCtx *tc, A64Insn insn)
{
    const A64_fcvtxn_sc f = insn.fcvtxn_sc;
    IrRef n = a64_v(tc, f.rn);
    IrRef r = a64_vec_call_fp(tc, A64_VEC_FCVTXN, A64_LANES(VE_64, 1), (A64Operands){n, n, n});
    a64_set_v(tc, f.rd, r);
    return TR_NEXT;
}

TransResult a64_v_fcvtl(TransCtx *tc, A64Insn insn)
{
    const A64_v_fcvtl f = insn.v_fcvtl;
    a64_set_v(tc, f.rd, v_op1(tc, IR_VFCVTL, (VE_16 + f.sz) | (f.Q ? VE_HI : 0), a64_v(tc, f.rn)));
    return TR_NEXT;
}

/* The scalar op of a reduction: fmaxnm, fminnm (12), faddp (13), fmax, fmin (15). */
static IrRef reduce(TransCtx *tc, IrType t, unsigned opcode_a, const IrRef xy[2])
{
    static const uint8_t ops[] = {IR_FMAXNM, IR_FMINNM, IR_FADD, IR_FADD,
                                  IR_NOP,    IR_NOP,    IR_FMAX, IR_FMIN};
    return ir_op2(tc->u, ops[opcode_a], t, xy[0], xy[1]);
}

static IrRef lane_as(TransCtx *tc, IrType t, IrRef v, unsigned lane)
{
    if (lane)
        v = v_op1i(tc, IR_VDUPL, t == IR_F64 ? VE_64 : VE_32, v, (int32_t)lane);
    return ir_op1(tc->u, IR_VTO, t, v);
}

TransResult a64_sc_pair_fp(TransCtx *tc, A64Insn insn)
{
    const A64_sc_pair_fp f = insn.sc_pair_fp;
    IrType t = a64_ftype(f.sz);
    IrRef n = a64_v(tc, f.rn);
    IrRef xy[2] = {lane_as(tc, t, n, 0), lane_as(tc, t, n, 1)};
    a64_set_f(tc, f.rd, reduce(tc, t, (f.opcode & 3) << 1 | f.a, xy));
    return TR_NEXT;
}

/* Reduce() halves the vector: (0 op 1) op (2 op 3). */
TransResult a64_v_across_fp(TransCtx *tc, A64Insn insn)
{
    const A64_v_across_fp f = insn.v_across_fp;
    unsigned op = (f.opcode & 3) << 1 | f.a;
    IrRef n = a64_v(tc, f.rn), r[2];
    for (unsigned i = 0; i < 2; i++) {
        IrRef xy[2] = {lane_as(tc, IR_F32, n, 2 * i), lane_as(tc, IR_F32, n, 2 * i + 1)};
        r[i] = reduce(tc, IR_F32, op, xy);
    }
    a64_set_f(tc, f.rd, reduce(tc, IR_F32, op, r));
    return TR_NEXT;
}
