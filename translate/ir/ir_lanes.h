/* Lanes of a V128 by element size VE_8..VE_64; inside of the ir_eval functions. */
#ifndef FERRY_IR_LANES_H
#define FERRY_IR_LANES_H

#include "ir.h"

static inline unsigned lane_count(unsigned ve)
{
    return 16u >> ve;
}

static inline unsigned lane_width(unsigned ve)
{
    return 8u << ve;
}

static inline uint64_t lane_mask(unsigned ve)
{
    return ve == VE_64 ? ~0ull : (1ull << lane_width(ve)) - 1;
}

/* Zero-extended. */
static inline uint64_t lane_get(const V128 *v, unsigned ve, unsigned lane)
{
    unsigned bit = lane << (3 + ve);
    return v->u64[bit / 64] >> bit % 64 & lane_mask(ve);
}

/* Sign-extended. */
static inline int64_t lane_get_signed(const V128 *v, unsigned ve, unsigned lane)
{
    unsigned s = 64 - lane_width(ve);
    return (int64_t)(lane_get(v, ve, lane) << s) >> s;
}

static inline void lane_set(V128 *v, unsigned ve, unsigned lane, uint64_t x)
{
    unsigned bit = lane << (3 + ve);
    uint64_t mask = lane_mask(ve) << bit % 64;
    v->u64[bit / 64] = (v->u64[bit / 64] & ~mask) | (x << bit % 64 & mask);
}

#endif
