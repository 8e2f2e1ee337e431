/* Helpers of helpers.def that the RV64 guest implements. */
#include "rv64_helpers.h"
#include "softfp.h"

/* Bits of fclass: negative from -inf to -0, then +0 to +inf, signalling and quiet NaN. */
uint64_t helper_rv64_fclass(Vcpu *v, uint64_t fmt, uint64_t a)
{
    static const uint8_t formats[] = {SOFT_F32, SOFT_F64, SOFT_F16};
    static const uint8_t fraction[] = {10, 23, 52}; /* by SoftFmt */
    enum { INF = 0, NORMAL = 1, SUBNORMAL = 2, ZERO = 3, SNAN = 8, QNAN = 9 };
    (void)v;
    SoftFmt f = (SoftFmt)formats[fmt];
    unsigned bits = softfp_bits(f), frac = fraction[f];
    bool negative = a >> (bits - 1) & 1;
    uint64_t exp = a >> frac & ((1ull << (bits - 1 - frac)) - 1), rest = a & ((1ull << frac) - 1);
    if (softfp_is_nan(f, a))
        return 1u << (softfp_is_snan(f, a) ? SNAN : QNAN);
    unsigned k = exp == (1ull << (bits - 1 - frac)) - 1 ? INF
                 : exp                                  ? NORMAL
                 : rest                                 ? SUBNORMAL
                                                        : ZERO;
    return 1u << (negative ? k : 7 - k);
}
