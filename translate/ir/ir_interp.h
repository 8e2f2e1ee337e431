/*
 * The reference interpreter of the IR, and the meaning of its ops as pure functions.
 *
 * ir_interp_run() executes one unit on a Vcpu whose slots are all in memory, one insn at a time in
 * the plainest way: it is what every other way of running a unit is compared with. Floating point
 * goes through softfp, vectors lane by lane, guest memory through env->access. The ir_eval_*
 * functions are the same arithmetic for constant folding, for helpers and for tests.
 *
 *     IrInterpEnv env = {.vals = vals, .cap_vals = N};
 *     IrExit x = ir_interp_run(u, v, &env);
 *     x.kind == IREXIT_JUMP, x.pc == 0x400100
 *
 * Limits: accesses are not atomic against other threads.
 */
#ifndef FERRY_IR_INTERP_H
#define FERRY_IR_INTERP_H

#include "ir.h"
#include "softfp.h"
#include "vcpu.h"

typedef enum IrExitKind {
    IREXIT_JUMP,  /* pc: target of xif, xjump */
    IREXIT_CALL,  /* pc: target; ret: the return address (xcall, xcalli) */
    IREXIT_RET,   /* pc: where to (xret) */
    IREXIT_IND,   /* pc: where to (xind) */
    IREXIT_TRAP,  /* trap, data; pc as the trap says */
    IREXIT_FAULT, /* pc: the guest instruction; data: first address that failed; write */
    IREXIT_LIMIT, /* env->max_steps were executed; the state is that of the middle of the unit */
} IrExitKind;

typedef struct IrExit {
    uint8_t kind; /* IrExitKind */
    uint8_t trap; /* IrTrap */
    bool write;   /* of a fault */
    IrRef insn;   /* the IR insn that ended the run */
    uint64_t pc;  /* also stored in the pc slot, except at IREXIT_LIMIT */
    uint64_t ret;
    uint64_t data;
} IrExit;

/* One guest memory access; data is read (write) or filled in (read). */
typedef struct IrAccess {
    GuestAddr addr;
    uint32_t size; /* bytes: 1, 2, 4, 8 or 16 */
    bool write;
    void *data;
    GuestAddr fault; /* out, when it fails: first address that is not accessible */
} IrAccess;

/* Owned by the caller; vals is scratch, one per insn of the largest unit to run. */
typedef struct IrInterpEnv {
    bool (*access)(struct IrInterpEnv *env, IrAccess *x); /* NULL: ir_interp_access */
    void *opaque;
    V128 *vals;
    uint32_t cap_vals;
    uint32_t fp_flags;  /* in and out: sticky FP flags as Arm's FPSR bits (SOFT_*) */
    uint64_t max_steps; /* insns to execute at most in one run; 0: no limit */
    uint64_t steps;     /* out: insns executed by the last run */
} IrInterpEnv;

/*
 * CHECKs that u fits env->vals; u must pass ir_verify. FP ops take their mode from u->mode, which
 * must be v->mode for the helpers' sake. Helpers are called through v->helper_fn; those that touch
 * the sticky FP flags find them at v->interp_fp_flags. A sunk `set` is done like any other. xind and
 * xcalli set v->landing.
 */
IrExit ir_interp_run(const IrUnit *u, Vcpu *v, IrInterpEnv *env);

/* The default access: guarded copies, which report faults. */
bool ir_interp_access(IrInterpEnv *env, IrAccess *x);

/*
 * A scalar op with its operands: integers zero-extended, bool 0 or 1, floats as bits, flags packed
 * (flags.h) with their undefined bits zero. arg_type is the type of the first argument.
 */
typedef struct IrEval {
    uint8_t op, type, arg_type;
    uint16_t aux;
    int32_t imm;
    uint64_t a, b, c;
} IrEval;

/*
 * Pure integer, bool and flags ops (also const, select of any scalar, fneg, fabs, bitcast): the
 * result in the same form. False when the op is none of these.
 */
bool ir_eval_int(const IrEval *e, uint64_t *out);
/* a condition on packed flags */
bool ir_eval_cond(IrCond c, uint64_t flags);
/* an integer compare of two values of type t */
bool ir_eval_cmp(IrCmp c, IrType t, uint64_t a, uint64_t b);
/* what the memory holds after an amo of 1 << size bytes */
uint64_t ir_eval_amo(IrAmo k, IrMem size, uint64_t old, uint64_t v);

/*
 * Vector ops without effects whose value arguments are vectors. args: the operands in order; vtbl:
 * the indices, then `imm` tables. vto, vget and vnz leave their scalar in lane 0 of *out, bits
 * above its type zero; vto takes its width from aux (VE_32, VE_64) here and vget sign-extends to
 * 64 bits. False when the op is none of these.
 */
bool ir_eval_vec(IrOp op, uint32_t aux, int32_t imm, const V128 *args, V128 *out);
/* vfrom, vins, vdup: args[0] the vector (vins), x the scalar; vfrom takes its width from aux. */
bool ir_eval_vec_from(IrOp op, uint32_t aux, int32_t imm, const V128 *vec, uint64_t x, V128 *out);

/* softfp's context for a unit mode (MODE_*), with no flags. */
SoftFp ir_softfp(uint32_t mode);
/* Scalar FP ops with effect FP; flags gather in fp. False when the op is none of these. */
bool ir_eval_fp(SoftFp *fp, const IrEval *e, uint64_t *out);
/* Vector FP ops with effect FP (and vfneg, vfabs). */
bool ir_eval_vfp(SoftFp *fp, IrOp op, uint32_t aux, int32_t imm, const V128 *args, V128 *out);

/*
 * Executes insn `at`, which computes a value from values (select, integers, floats, vectors): reads
 * vals[] of its arguments, writes vals[at]. A scalar stands zero-extended in the low half, the high
 * half is zero. fp: for ops with effect FP, else unused.
 */
void ir_eval_insn(const IrUnit *u, SoftFp *fp, V128 *vals, IrRef at);

/* Bits of a type as a value: 1 for bool, 32 for flags; 0 for void. */
unsigned ir_type_bits(IrType t);
extern const uint64_t ir_type_masks[IR_TYPE_COUNT];

/* Bits of v that count in type t (flags: the four of flags.h). */
static inline uint64_t ir_type_mask(IrType t)
{
    return ir_type_masks[t];
}

#endif
