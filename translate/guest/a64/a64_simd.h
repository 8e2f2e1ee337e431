/*
 * Shared by the floating-point and Advanced SIMD handlers: vector registers as IR values.
 *
 * A 64-bit vector (Q=0) is a v128 whose upper half is zero after every write; when it is read, its
 * upper half may hold anything. Integer ops compute on all 128 bits and a64_set_vq() clears what
 * does not belong to the result. FP ops may raise flags in every lane, so they read 64-bit vectors
 * through a64_v_fp(), which repeats the lower half in the upper one: the same lanes twice raise
 * the same flags. Example, `fdiv v0.2s, v1.2s, v2.2s`:
 *
 *     v1 = get v1;  v2 = vdupl.64 v1[0];  v3 = get v2;  v4 = vdupl.64 v3[0]
 *     v5 = vfdiv.32 v2, v4;  v6 = vzhi v5;  set v0, v6
 */
#ifndef FERRY_A64_SIMD_H
#define FERRY_A64_SIMD_H

#include "a64.h"
#include "a64_simd_ops.h"

enum { A64_FPSR_QC = 27 };

static inline IrRef a64_v(TransCtx *tc, unsigned n)
{
    return ir_get(tc->u, IR_V128, A64_V0 + n);
}

static inline void a64_set_v(TransCtx *tc, unsigned n, IrRef v)
{
    ir_set(tc->u, A64_V0 + n, v);
}

static inline IrRef v_op1(TransCtx *tc, IrOp op, unsigned aux, IrRef a)
{
    return ir_op1x(tc->u, op, IR_V128, aux, a, 0);
}

static inline IrRef v_op1i(TransCtx *tc, IrOp op, unsigned aux, IrRef a, int32_t imm)
{
    return ir_op1x(tc->u, op, IR_V128, aux, a, imm);
}

static inline IrRef v_op2(TransCtx *tc, IrOp op, unsigned aux, IrRef a, IrRef b)
{
    return ir_op2x(tc->u, op, IR_V128, aux, a, b, 0);
}

static inline IrRef v_op3(TransCtx *tc, IrOp op, unsigned aux, IrRef a, IrRef b, IrRef c)
{
    return ir_emit(tc->u, op, IR_V128, aux, a, b, c, 0);
}

static inline IrRef v_zero(TransCtx *tc)
{
    return ir_vconst(tc->u, 0, 0);
}

/* `value` in every lane of element size ve. */
IrRef a64_v_splat(TransCtx *tc, unsigned ve, uint64_t value);

/* Writes a vector of 64 (q=0) or 128 bits. */
static inline void a64_set_vq(TransCtx *tc, unsigned q, unsigned n, IrRef v)
{
    a64_set_v(tc, n, q ? v : v_op1(tc, IR_VZHI, 0, v));
}

/* The result of a narrowing op, whose upper half is zero, in the half of register n that q says. */
void a64_set_half(TransCtx *tc, unsigned q, unsigned n, IrRef v);

/* Register n with zero above its 64 bits when q=0. */
static inline IrRef a64_v_zext(TransCtx *tc, unsigned q, unsigned n)
{
    IrRef v = a64_v(tc, n);
    return q ? v : v_op1(tc, IR_VZHI, 0, v);
}

/* Register n as an operand of lane-wise FP. */
static inline IrRef a64_v_fp(TransCtx *tc, unsigned q, unsigned n)
{
    IrRef v = a64_v(tc, n);
    return q ? v : v_op1i(tc, IR_VDUPL, VE_64, v, 0);
}

/* The lower halves of a and b side by side. */
static inline IrRef v_concat(TransCtx *tc, IrRef a, IrRef b)
{
    return v_op2(tc, IR_VZIP1, VE_64, a, b);
}

/* Lane 0 of element size ve, all else zero. */
IrRef a64_v_lane0(TransCtx *tc, unsigned ve, IrRef v);

/* Scalar FP registers; t: 0 single, 1 double. Writing clears the rest of the register. */
static inline IrType a64_ftype(unsigned t)
{
    return t ? IR_F64 : IR_F32;
}

static inline IrRef a64_f(TransCtx *tc, unsigned t, unsigned n)
{
    return ir_op1(tc->u, IR_VTO, a64_ftype(t), a64_v(tc, n));
}

static inline void a64_set_f(TransCtx *tc, unsigned n, IrRef v)
{
    a64_set_v(tc, n, ir_op1(tc->u, IR_VFROM, IR_V128, v));
}

/* VFPExpandImm: the constant of FMOV, as bits of single (t=0) or double. */
uint64_t a64_fp_imm(unsigned imm8, unsigned t);
/* AdvSIMDExpandImm, 64 bits of it. */
uint64_t a64_expand_imm(unsigned op, unsigned cmode, unsigned imm8);

/* Raises FPSR.QC when the bool is true / when a and b differ. */
void a64_qc_if(TransCtx *tc, IrRef cond);
void a64_qc_if_differ(TransCtx *tc, IrRef a, IrRef b);

/*
 * Calls of the C helpers (a64_simd_helpers.c) for what has no IR op. Operands that are not used
 * may be any value. `lanes` counts the lanes an FP helper computes; the others become zero.
 */
typedef struct A64Operands {
    IrRef a, b, c;
} A64Operands;
IrRef a64_vec_call(TransCtx *tc, A64VecOp op, unsigned ve, A64Operands x);
IrRef a64_vec_call_fp(TransCtx *tc, A64VecOp op, unsigned ve_lanes, A64Operands x);
#define A64_LANES(ve, lanes) ((ve) | (lanes) << 8)

/* Integer lane-wise operations shared by vector, scalar and by-element forms. */
typedef struct A64Lanes {
    unsigned ve, U, opcode;
    IrRef a, b, acc;
} A64Lanes;
/* The three-same group; sets QC where the operation saturates. */
IrRef a64_lanes_3same(TransCtx *tc, const A64Lanes *x);
/* The three-different group with widened results: opcode as in the manual's table. */
IrRef a64_lanes_3long(TransCtx *tc, const A64Lanes *x, unsigned hi);
/* Two-register miscellaneous, same element size in and out. */
IrRef a64_lanes_2misc(TransCtx *tc, const A64Lanes *x);
/* sqxtn (U=0), uqxtn (U=1, opcode 0x14), sqxtun (opcode 0x12), xtn; ve is the narrow size. */
IrRef a64_lanes_narrow(TransCtx *tc, const A64Lanes *x);

/* a64_simd_sat.c: put together where hosts have no such op; they set QC. */
IrRef a64_sat_addsub(TransCtx *tc, const A64Lanes *x, bool sub);
IrRef a64_sat_abs(TransCtx *tc, unsigned ve, IrRef v);
/* suqadd (U=0) and usqadd: a onto acc. */
IrRef a64_sat_mixed(TransCtx *tc, const A64Lanes *x);
/* Doublewords to words; op: IR_VSQXTN, IR_VUQXTN or IR_VSQXTUN. */
IrRef a64_sat_narrow64(TransCtx *tc, IrOp op, IrRef v);
/* The high half of 2ab, rounded or not, added to or (subtract) taken off acc unless that is 0. */
typedef struct A64Product {
    unsigned ve;
    bool round, subtract;
    IrRef a, b, acc;
} A64Product;
IrRef a64_doubling_high(TransCtx *tc, const A64Product *p);
/* sshl, ushl and their rounding and saturating forms. */
IrRef a64_shift_by_register(TransCtx *tc, const A64Lanes *x, bool round, bool saturate);
IrRef a64_sat_shift_left(TransCtx *tc, const A64Lanes *x, int32_t n, bool to_unsigned);
IrRef a64_count_zeros(TransCtx *tc, unsigned ve, IrRef v);
IrRef a64_count_signs(TransCtx *tc, unsigned ve, IrRef v);
IrRef a64_reverse_bits(TransCtx *tc, IrRef v);

/* Lane-wise FP of the three-same group; sz: 0 single, 1 double. acc is the destination. */
typedef struct A64FpLanes {
    unsigned sz, U, a, opcode, lanes;
    IrRef x, y, acc;
} A64FpLanes;
IrRef a64_lanes_fp3(TransCtx *tc, const A64FpLanes *f);
/* FMULX, FRECPS, FRSQRTS of x and y (a64_simd_step.c). */
IrRef a64_lanes_fp_step(TransCtx *tc, A64VecOp op, const A64FpLanes *f);
/* Two-register miscellaneous FP: compares with zero, conversions, estimates, rounding. */
IrRef a64_lanes_fp2(TransCtx *tc, const A64FpLanes *f);

#endif
