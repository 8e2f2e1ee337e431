/*
 * Inside of softfp: the unpacked form and the rounding step that every operation ends in.
 *
 * A number is (-1)^sign * sig * 2^(exp - 63) with bit 63 of sig set. A result may have its lowest
 * bit or-ed with whatever was lost below it ("sticky"): the widest format keeps 53 bits, so
 * rounding stays exact.
 *
 *   f32 0x3fc00000 (1.5)  ->  {FP_NORMAL, sign 0, exp 0, sig 0xc000000000000000}
 */
#ifndef FERRY_BASE_SOFTFP_IMPL_H
#define FERRY_BASE_SOFTFP_IMPL_H

#include "softfp.h"

typedef enum FpClass { FPC_ZERO, FPC_NORMAL, FPC_INF, FPC_QNAN, FPC_SNAN } FpClass;

typedef struct FpNum {
    uint64_t sig;
    int32_t exp;
    uint8_t cls; /* FpClass */
    bool sign;
} FpNum;

typedef struct FpShape {
    uint8_t bits, ebits, mbits;
    int16_t bias;
} FpShape;

typedef unsigned __int128 u128;

extern const FpShape fp_shapes[3];

static inline uint64_t fp_sign_bit(SoftFmt f)
{
    return 1ull << (fp_shapes[f].bits - 1);
}

static inline uint64_t fp_frac_mask(SoftFmt f)
{
    return (1ull << fp_shapes[f].mbits) - 1;
}

static inline uint64_t fp_inf(SoftFmt f, bool sign)
{
    return (sign ? fp_sign_bit(f) : 0) | ((1ull << fp_shapes[f].ebits) - 1) << fp_shapes[f].mbits;
}

static inline uint64_t fp_zero(SoftFmt f, bool sign)
{
    return sign ? fp_sign_bit(f) : 0;
}

static inline uint64_t fp_max_normal(SoftFmt f, bool sign)
{
    return fp_inf(f, sign) - 1;
}

static inline bool fp_is_nan(const FpNum *n)
{
    return n->cls >= FPC_QNAN;
}

/* Shift right, or-ing what falls out into the lowest bit. */
static inline uint64_t fp_shr_jam(uint64_t v, unsigned n)
{
    if (n == 0)
        return v;
    if (n > 63)
        return v != 0;
    return v >> n | (v << (64 - n) != 0);
}

static inline u128 fp_shr_jam128(u128 v, unsigned n)
{
    if (n == 0)
        return v;
    if (n > 127)
        return v != 0;
    return v >> n | (v << (128 - n) != 0);
}

/* Flushes denormal inputs (IDC) as fp->fz and fp->fz16 say. */
FpNum fp_unpack(SoftFp *fp, SoftFmt f, uint64_t a);
/* As fp_unpack but for conversions: f16 is never flushed and may be the alternative format. */
FpNum fp_unpack_cvt(SoftFp *fp, SoftFmt f, uint64_t a);

/* Rounds and packs a finite nonzero number; raises OFC, UFC, IXC. */
uint64_t fp_round(SoftFp *fp, SoftFmt f, FpNum n, SoftRm rm);

/* The same for a conversion's result: f16 is never flushed and may be the alternative format. */
uint64_t fp_round_cvt(SoftFp *fp, SoftFmt f, FpNum n, SoftRm rm);

/* IOC and the default NaN. */
uint64_t fp_invalid(SoftFp *fp, SoftFmt f);

/* True and *out set when one of the operands is a NaN; flags raised. */
bool fp_nan1(SoftFp *fp, SoftFmt f, uint64_t a, uint64_t *out);
bool fp_nan2(SoftFp *fp, SoftFmt f, const uint64_t *ops, uint64_t *out);
bool fp_nan3(SoftFp *fp, SoftFmt f, const uint64_t *ops, uint64_t *out);

/* True when an overflow with this sign gives infinity, not the largest finite number. */
bool fp_overflow_is_inf(SoftRm rm, bool sign);

/* a * b + c for finite operands, times 2^scale, rounded once; exact zero takes rm's sign. */
uint64_t fp_fma_finite(SoftFp *fp, SoftFmt f, const FpNum abc[3], int scale);

#endif
