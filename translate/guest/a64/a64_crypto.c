/*
 * The SHA-1 and SHA-256 instructions on V128 values, as FIPS 180-4 has them, four rounds an
 * instruction as the Arm ARM's SHA1hash and SHA256hash.
 *
 * Example: SHA1H of 1 in lane 0 gives 0x40000000, the rotation by 30.
 */
#include "a64_simd_helpers.h"

static uint32_t ror32(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

static uint32_t rol32(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | (~x & z);
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | (x & z) | (y & z);
}

/* Four rounds of SHA-1: abcd, e in lane 0, schedule words (with the constant added). */
static V128 sha1_hash(A64VecOp op, V128 x, uint32_t e, const V128 *w)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t b = x.u32[1], c = x.u32[2], d = x.u32[3], t;
        if (op == A64_VEC_SHA1C)
            t = choose(b, c, d);
        else
            t = op == A64_VEC_SHA1P ? b ^ c ^ d : majority(b, c, d);
        uint32_t a = e + rol32(x.u32[0], 5) + t + w->u32[i];
        e = d;
        x = (V128){.u32 = {a, x.u32[0], rol32(b, 30), c}};
    }
    return x;
}

/* d0 = rd: w0..3 ^= w2..5 ^ w8..11 of rn, rm. */
static V128 sha1_su0(const V128 *d, const V128 *n, const V128 *m)
{
    V128 r;
    r.u64[0] = d->u64[1] ^ d->u64[0] ^ m->u64[0];
    r.u64[1] = n->u64[0] ^ d->u64[1] ^ m->u64[1];
    return r;
}

static V128 sha1_su1(const V128 *d, const V128 *n)
{
    V128 r;
    for (unsigned i = 0; i < 4; i++)
        r.u32[i] = rol32(d->u32[i] ^ (i < 3 ? n->u32[i + 1] : 0), 1);
    r.u32[3] ^= rol32(d->u32[0] ^ n->u32[1], 2);
    return r;
}

/* Four rounds of SHA-256 on abcd (x) and efgh (y); gives the first or the second half. */
static V128 sha256_hash(V128 x, V128 y, const V128 *w, bool first)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t a = x.u32[0], e = y.u32[0];
        uint32_t s1 = ror32(e, 6) ^ ror32(e, 11) ^ ror32(e, 25);
        uint32_t s0 = ror32(a, 2) ^ ror32(a, 13) ^ ror32(a, 22);
        uint32_t t = y.u32[3] + s1 + choose(e, y.u32[1], y.u32[2]) + w->u32[i];
        uint32_t d = x.u32[3] + t;
        t += s0 + majority(a, x.u32[1], x.u32[2]);
        x = (V128){.u32 = {t, a, x.u32[1], x.u32[2]}};
        y = (V128){.u32 = {d, e, y.u32[1], y.u32[2]}};
    }
    return first ? x : y;
}

static V128 sha256_su0(const V128 *d, const V128 *n)
{
    V128 r;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t w = i < 3 ? d->u32[i + 1] : n->u32[0];
        r.u32[i] = d->u32[i] + (ror32(w, 7) ^ ror32(w, 18) ^ w >> 3);
    }
    return r;
}

static V128 sha256_su1(const V128 *d, const V128 *n, const V128 *m)
{
    V128 r;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t w = i < 2 ? m->u32[i + 2] : r.u32[i - 2];
        uint32_t s = ror32(w, 17) ^ ror32(w, 19) ^ w >> 10;
        r.u32[i] = d->u32[i] + (i < 3 ? n->u32[i + 1] : m->u32[0]) + s;
    }
    return r;
}

V128 a64_crypto_op(A64VecOp op, const V128 *a, const V128 *b, const V128 *c)
{
    switch (op) {
    case A64_VEC_SHA1C:
    case A64_VEC_SHA1P:
    case A64_VEC_SHA1M:
        return sha1_hash(op, *a, b->u32[0], c);
    case A64_VEC_SHA1SU0:
        return sha1_su0(a, b, c);
    case A64_VEC_SHA1H:
        return (V128){.u32 = {rol32(b->u32[0], 30)}};
    case A64_VEC_SHA1SU1:
        return sha1_su1(a, b);
    case A64_VEC_SHA256H: /* rd: abcd, rn: efgh */
        return sha256_hash(*a, *b, c, true);
    case A64_VEC_SHA256H2: /* rd: efgh, rn: abcd */
        return sha256_hash(*b, *a, c, false);
    case A64_VEC_SHA256SU0:
        return sha256_su0(a, b);
    case A64_VEC_SHA256SU1:
        return sha256_su1(a, b, c);
    default:
        return a64_crypto_sm_op(op, a, b, c);
    }
}
