/*
 * Exact soft floating point in integers: f16, f32 and f64 by the rules of the Arm ARM's FP
 * pseudocode (shared functions FPUnpack, FPRound, FPAdd ...), with the NaN rules of RISC-V and x86
 * as variants. Used by the reference interpreter, by helpers and by slow paths.
 *
 * Values are the format's bits in a uint64_t with the bits above the format zero, both ways.
 * A context belongs to its caller; `flags` only ever gains bits.
 *
 *   SoftFp fp = {.rm = SOFT_RN};
 *   softfp_add(&fp, SOFT_F32, 0x3f800000, 0x3f800000)  ->  0x40000000, fp.flags 0
 *   softfp_div(&fp, SOFT_F32, 0x3f800000, 0)           ->  0x7f800000, fp.flags SOFT_DZC
 */
#ifndef FERRY_BASE_SOFTFP_H
#define FERRY_BASE_SOFTFP_H

#include "types.h"

typedef enum SoftFmt { SOFT_F16, SOFT_F32, SOFT_F64 } SoftFmt;

/* Rounding modes; the first four have the numbers of Arm's FPCR.RMode. */
typedef enum SoftRm {
    SOFT_RN, /* nearest, ties to even */
    SOFT_RP, /* towards plus infinity */
    SOFT_RM, /* towards minus infinity */
    SOFT_RZ, /* towards zero */
    SOFT_RA, /* nearest, ties away from zero */
    SOFT_RO, /* to odd (FCVTXN) */
} SoftRm;

/* Sticky flags, where Arm's FPSR has them. */
enum {
    SOFT_IOC = 1 << 0, /* invalid operation */
    SOFT_DZC = 1 << 1, /* division by zero */
    SOFT_OFC = 1 << 2, /* overflow */
    SOFT_UFC = 1 << 3, /* underflow */
    SOFT_IXC = 1 << 4, /* inexact */
    SOFT_IDC = 1 << 7, /* denormal input flushed */
};

/*
 * Which NaN an operation gives, when tiny is judged, and what out-of-range conversions give.
 * ARM:   first signalling operand, else first quiet one, made quiet; default NaN positive; tiny
 *        before rounding.
 * RISCV: always the positive canonical NaN; tiny after rounding.
 * X86:   first NaN operand made quiet; default NaN negative; tiny after rounding.
 */
typedef enum SoftNanRule { SOFT_NAN_ARM, SOFT_NAN_RISCV, SOFT_NAN_X86 } SoftNanRule;

typedef struct SoftFp {
    uint8_t rm;       /* SoftRm */
    uint8_t nan_rule; /* SoftNanRule */
    bool dn;          /* every NaN result is the default NaN */
    bool fz;          /* f32 and f64: denormal inputs and results become zero, as Arm's FPCR.FZ */
    bool fz16;        /* the same for f16 arithmetic (not for conversions between formats) */
    bool ahp;         /* conversions use Arm's alternative half precision */
    uint32_t flags;
} SoftFp;

uint64_t softfp_add(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);
uint64_t softfp_sub(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);
uint64_t softfp_mul(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);
/* As mul, but zero times infinity is 2 with the product's sign (FMULX). */
uint64_t softfp_mulx(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);
uint64_t softfp_div(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);
uint64_t softfp_sqrt(SoftFp *fp, SoftFmt f, uint64_t a);

typedef struct SoftFma {
    uint64_t a, b, c;
} SoftFma;
/* a * b + c, rounded once. */
uint64_t softfp_fma(SoftFp *fp, SoftFmt f, SoftFma x);

/* min and max: any NaN wins (x86: the second operand wins); -0 < +0. */
uint64_t softfp_min(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);
uint64_t softfp_max(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);
/* minnm and maxnm: a number wins over a quiet NaN (FMINNM, fmin.d). */
uint64_t softfp_minnm(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);
uint64_t softfp_maxnm(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);

/* NZCV in bits 3..0: less 8, equal 6, greater 2, unordered 3. `signal`: quiet NaNs are invalid. */
uint32_t softfp_compare(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b, bool signal);

typedef struct SoftInt {
    uint8_t bits; /* 16, 32 or 64 */
    bool is_signed;
    uint8_t fbits; /* binary places of a fixed-point number, 0 for an integer */
    uint8_t rm;    /* SoftRm */
} SoftInt;
/* Saturates with IOC; a NaN gives 0. Result in the low `bits`, the others zero. */
uint64_t softfp_to_int(SoftFp *fp, SoftFmt f, uint64_t a, SoftInt k);
/* Takes the low k.bits of v. */
uint64_t softfp_from_int(SoftFp *fp, SoftFmt f, uint64_t v, SoftInt k);

/* The integer part of an f64 modulo 2^32, 0 for an infinity or NaN (FJCVTZS, FCVTMOD.W.D). */
uint32_t softfp_modulo32(uint64_t a);

typedef struct SoftCvt {
    uint8_t from, to; /* SoftFmt */
    uint8_t rm;       /* SoftRm */
} SoftCvt;
uint64_t softfp_convert(SoftFp *fp, uint64_t a, SoftCvt k);

/* To an integral value in the same format; IXC only when `exact`. */
uint64_t softfp_round_int(SoftFp *fp, SoftFmt f, uint64_t a, SoftRm rm, bool exact);
/*
 * FRINT32Z/X and FRINT64Z/X: as round_int with exact, but what does not fit a signed integer of
 * `bits` becomes the most negative one with IOC alone.
 */
uint64_t softfp_round_int_n(SoftFp *fp, SoftFmt f, uint64_t a, SoftRm rm, unsigned bits);

/* Arm's estimates, exact to the manual's tables, and the Newton steps. */
uint64_t softfp_recpe(SoftFp *fp, SoftFmt f, uint64_t a);
uint64_t softfp_rsqrte(SoftFp *fp, SoftFmt f, uint64_t a);
uint64_t softfp_recpx(SoftFp *fp, SoftFmt f, uint64_t a);
uint64_t softfp_recps(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b);  /* 2 - a * b */
uint64_t softfp_rsqrts(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t b); /* (3 - a * b) / 2 */
uint32_t softfp_urecpe(uint32_t a);
uint32_t softfp_ursqrte(uint32_t a);

/* Facts about a format and a value. */
unsigned softfp_bits(SoftFmt f);
bool softfp_is_nan(SoftFmt f, uint64_t a);
bool softfp_is_snan(SoftFmt f, uint64_t a);
uint64_t softfp_default_nan(const SoftFp *fp, SoftFmt f);

#endif
