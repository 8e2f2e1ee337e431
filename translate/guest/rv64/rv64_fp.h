/* What the floating-point files share: registers by format, rounding, the softfp call. */
#ifndef FERRY_RV64_FP_H
#define FERRY_RV64_FP_H

#include "flags.h"
#include "rv64.h"
#include "softfp.h"

/* The fmt field. */
enum { RV64_FMT_S, RV64_FMT_D, RV64_FMT_H };

IrType rv64_fp_type(unsigned fmt);

/* f register n: its bits in an i64; a single or double as a float. Unboxed. */
IrRef rv64_fp_bits(TransCtx *tc, unsigned fmt, unsigned n);
IrRef rv64_fp_value(TransCtx *tc, unsigned fmt, unsigned n);
/* Writes f register n, boxed; the bits in an i64 that is zero above them. */
void rv64_fp_set_value(TransCtx *tc, unsigned fmt, unsigned n, IrRef v);
void rv64_fp_set_bits(TransCtx *tc, unsigned fmt, unsigned n, IrRef bits);
/* f register n was written, properly boxed. */
void rv64_fp_note(TransCtx *tc, unsigned fmt, unsigned n);

typedef struct Rv64Rounding {
    SoftRm rm;
    bool native; /* the host rounds so while the unit runs */
} Rv64Rounding;

/* The rm field's meaning; false for one that is reserved. */
bool rv64_fp_rounding(const TransCtx *tc, unsigned rm, Rv64Rounding *r);

/* An IR op by softfp, with a rounding of its own: types of result and operands, the op's aux. */
typedef struct Rv64FpCall {
    IrOp op;
    IrType type, from;
    SoftRm rm;
    uint32_t aux;
} Rv64FpCall;

/* x: i64s with the operands' bits, 0 for those that the op has not; the result's bits. */
IrRef rv64_fp_call(TransCtx *tc, const Rv64FpCall *k, const IrRef x[3]);

/*
 * The constant number k of fli (Zfa) as a single; entry 1 is the format's smallest normal number
 * and stands as 0.
 */
uint32_t rv64_fli_single(unsigned k);
enum { RV64_FLI_MIN = 1 };

/* rd = op of n registers. */
typedef struct Rv64Arith {
    IrOp op;
    unsigned fmt, rm, rd, n, reg[3];
    bool rounds;
} Rv64Arith;

#endif
