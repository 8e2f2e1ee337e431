/*
 * Inside of the float and vector part: instructions over places.
 *
 * All sequences are written as d = a op b over RaLocs, where d and a are vector registers and b is
 * a register or memory (spill place, slot, literal, helper argument). v_op3() makes two-operand
 * SSE code of it where AVX is missing: when d is b's register it goes through the insn's first
 * vector temp, which must then be free or be a itself (a's content is lost).
 *
 * Temps are below xmm16 and not xmm0 (the backend's choice of registers): ops without an EVEX form
 * are used on temps, or by functions that care for high registers (v_icmp, v_fcmp).
 */
#ifndef FERRY_X64_VEC_PRIV_H
#define FERRY_X64_VEC_PRIV_H

#include "check.h"
#include "x64_vec.h"

enum {
    LOC_HARG = 0x1000, /* | n: vcpu->harg[n] */
    LOC_POOL = 0x2000, /* | n: literal */
};

static inline unsigned v_num(RaLoc l)
{
    DCHECK(l >= LOC_VEC && l < LOC_NREGS);
    return l & 31u;
}
static inline bool v_is_reg(RaLoc l)
{
    return l < LOC_NREGS;
}
static inline const IrInsn *v_ir(const X64Vec *v, const RaInsn *i)
{
    return &v->env.u->insns[i->ir];
}
/* The insn's vector temps stand after its general ones. */
static inline RaLoc v_tmp(const RaInsn *i, unsigned n)
{
    DCHECK(n < i->n_tmp[RC_VEC]);
    return i->tmp[i->n_tmp[RC_GPR] + n];
}
static inline RaLoc g_tmp(const RaInsn *i, unsigned n)
{
    DCHECK(n < i->n_tmp[RC_GPR]);
    return i->tmp[n];
}

/* Literals: both halves, or one element in all lanes. */
RaLoc v_pool(X64Vec *v, uint64_t lo, uint64_t hi);
RaLoc v_pool_rep(X64Vec *v, unsigned ve, uint64_t elem);
X64Mem v_mem(const X64Vec *v, RaLoc l);
/* One element in all lanes of 256 bits. */
RaLoc v_pool_wide(X64Vec *v, unsigned ve, uint64_t elem);
/* To be called after each insn with a literal operand; tail: its immediate's bytes. */
void v_pool_use(X64Vec *v, RaLoc l, unsigned tail);

/* Instructions. `i` gives the scratch register for SSE (may be NULL when d != b or AVX). */
void v_op3(X64Vec *v, const RaInsn *i, X64Op op, RaLoc d, RaLoc a, RaLoc b);
void v_op3i(X64Vec *v, const RaInsn *i, X64Op op, RaLoc d, RaLoc a, RaLoc b, unsigned imm);
/* The same where a op b == b op a. */
void v_op3c(X64Vec *v, const RaInsn *i, X64Op op, RaLoc d, RaLoc a, RaLoc b);
/* d = op(a), all of d written. */
void v_op2(X64Vec *v, X64Op op, RaLoc d, RaLoc a);
void v_op2i(X64Vec *v, X64Op op, RaLoc d, RaLoc a, unsigned imm);
/* Scalar d = op(a): lanes above come from a (AVX) or d. */
void v_op2s(X64Vec *v, X64Op op, RaLoc d, RaLoc a);
void v_op2si(X64Vec *v, X64Op op, RaLoc d, RaLoc a, unsigned imm);
void v_shift(X64Vec *v, X64Op op, RaLoc d, RaLoc a, unsigned imm);
void v_zero(X64Vec *v, RaLoc d);
void v_ones(X64Vec *v, RaLoc d);
/* Store: op is a _ST form. */
void v_store(X64Vec *v, X64Op op, RaLoc mem, RaLoc s);
/* The register itself, or b loaded into t. */
RaLoc v_in_reg(X64Vec *v, RaLoc b, RaLoc t);
/* The same for ops without an EVEX form. */
RaLoc v_in_low(X64Vec *v, RaLoc b, RaLoc t);
static inline bool v_high(RaLoc l)
{
    return v_is_reg(l) && (l & 16);
}
/* vector <- general and back, 32 (log2 2) or 64 bits; the vector's rest becomes zero */
void v_from_gpr(X64Vec *v, RaLoc d, RaLoc g, unsigned size);
void v_to_gpr(X64Vec *v, RaLoc g, RaLoc s, unsigned size);
/* EVEX only: compare into k1, then lanes of ones. imm: 0 EQ 1 LT 2 LE 5 GE 6 GT */
void v_kcmp(X64Vec *v, unsigned ve, bool is_signed, RaLoc d, RaLoc a, RaLoc b, unsigned imm);
/* Lanes of ones where a op b; op a PCMPEQx or PCMPGTx. */
void v_icmp(X64Vec *v, const RaInsn *i, bool gt, unsigned ve, RaLoc d, RaLoc a, RaLoc b);

/*
 * Fused multiply-add d = +-(a * b) +- c. In place when d is an operand's register: that operand is
 * kept in the first temp for the far path; otherwise d itself, or the temp while d is a pin that a
 * trap must find unchanged. v_fma_begin() copies and prints the insn and returns the register of
 * the result, v_fma_kept() is where operand k lies for the far path.
 */
RaLoc v_fma_begin(X64Vec *v, const RaInsn *i, const uint32_t ops_213_231[2]);
RaLoc v_fma_kept(const RaInsn *i, unsigned k);

/* Far code. */
X64VecFar *v_far(X64Vec *v, const RaInsn *i, X64VecFarFn fn);
void v_far_jcc(X64Vec *v, X64VecFar *f, X64Cc cc);
static inline void v_far_back(X64Vec *v, X64VecFar *f)
{
    f->back = x64_off(v->e);
}
/* Arguments n of a far call: a place (of a type), a constant; then the call. */
void v_call_arg(X64Vec *v, const RaInsn *i, unsigned n, RaLoc l, IrType t);
void v_call_const(X64Vec *v, unsigned n, uint32_t c);
void v_call(X64Vec *v, HelperId h);
void v_call_result(X64Vec *v, RaLoc d, IrType t);
/* helper_vec_op on the insn's operands, result to its dst. */
void v_call_vec_op(X64Vec *v, const RaInsn *i);
void v_far_vec_op(X64Vec *v, const X64VecFar *f);

/* Families; each returns false when the op is not its own. */
bool xv_emit_move(X64Vec *v, const RaInsn *i);
bool xv_emit_int(X64Vec *v, const RaInsn *i);
bool xv_emit_perm(X64Vec *v, const RaInsn *i);
bool xv_emit_fp(X64Vec *v, const RaInsn *i);
bool xv_emit_cvt(X64Vec *v, const RaInsn *i);
void xv_emit_sha(X64Vec *v, const RaInsn *i);
bool xv_emit_vfp(X64Vec *v, const RaInsn *i);

/* The fma's operand a is a negation of elements of its own width. */
static inline bool v_fma_negates(const IrInsn *fma, const IrInsn *a)
{
    if (fma->op == IR_FMA)
        return a->op == IR_FNEG;
    if ((fma->aux & VE_MASK) == VE_16)
        return false;
    return a->op == IR_VFNEG && (a->aux & VE_MASK) == (fma->aux & VE_MASK);
}

/* FP mode of the unit. */
static inline bool v_fp_soft(const XvEnv *e)
{
    return (e->u->mode & MODE_FP_FZ) != 0;
}
static inline bool v_fp_checked(const XvEnv *e)
{
    return (e->u->mode & (MODE_FP_CHECKED | MODE_FP_DN)) != 0;
}
static inline bool v_fp_dn(const XvEnv *e)
{
    return (e->u->mode & MODE_FP_DN) != 0;
}

/* RISC-V's rule: a NaN result is the canonical one, tininess is judged as x86 does. */
static inline bool v_fp_riscv(const XvEnv *e)
{
    return (e->u->mode & MODE_FP_RISCV) != 0;
}

/* Shared by the float files (x64_fp.c, x64_fp_cvt.c). */
RaLoc v_fp_sign(X64Vec *v, IrType t); /* literal: the sign bit in the low lane */
/* RISC-V: insn i wrote d, which may be any quiet NaN and shall be the canonical one. */
void v_fp_canonical(X64Vec *v, const RaInsn *i, RaLoc d);
X64Cc v_fp_check(X64Vec *v, IrType t, RaLoc r, RaLoc tmp, bool tiny);
void v_fp_now(X64Vec *v, const RaInsn *i, X64VecFarFn fn);     /* prints a far path's code here */
bool v_fma_neg(const X64Vec *v, const IrInsn *ir, unsigned k); /* operand k is a negation */
unsigned v_round_imm(unsigned rm);
uint64_t v_fp_pow2(IrType t, int n);

/*
 * Half precision (x64_vec_half.c). Native: F16C is there and the mode has no flushing. Scalars: d
 * or t = a converted, t and t2 scratch.
 */
static inline bool v_is_half(const IrInsn *i) /* of the vector float ops */
{
    unsigned ve = i->aux & VE_MASK;
    return ve == VE_16 || (i->op == IR_VFCVTN && ve == VE_32);
}
bool v_half_native(const XvEnv *e);
void v_half_to_single(X64Vec *v, RaLoc d, RaLoc a, RaLoc t);
void v_single_to_half(X64Vec *v, RaLoc t, RaLoc a);
void v_double_to_half(X64Vec *v, RaLoc t, RaLoc a, RaLoc t2);
void v_half_check(X64Vec *v, X64VecFar *f, RaLoc r, RaLoc t, bool tiny);
bool xv_emit_half(X64Vec *v, const RaInsn *i);

/* True when scalar op i leaves zeros above its result. */
bool xv_leaves_zero(const X64Vec *v, const RaInsn *i);
/* d = r as the last move of a scalar op, clearing the lanes above if its result is the vfrom's. */
void v_scalar_result(X64Vec *v, const RaInsn *i, RaLoc r);
/* True when the lanes above scalar float r are zero in its register, by how r is made. */
bool xv_upper_zero(const XvEnv *e, IrRef r);

/* True when helper_vec_op does the insn as a whole: no good sequence at this level or mode. */
bool v_by_helper(const XvEnv *e, const IrInsn *i);

#endif
