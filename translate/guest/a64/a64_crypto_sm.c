/*
 * The SHA-512, SM3 and SM4 instructions on V128 values, as the Arm ARM's pseudocode has them;
 * the algorithms are those of FIPS 180-4, GB/T 32905 (SM3) and GB/T 32907 (SM4).
 *
 * Example: SM3SS1 takes a's top word rotated by 12, adds e and the round constant, rotates by 7.
 */
#include "a64_simd_helpers.h"
#include "check.h"
#include "sm4.h"

static uint64_t ror64(uint64_t v, unsigned n)
{
    return v >> n | v << (64 - n);
}

static uint32_t rol32(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static uint64_t choose64(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) ^ (~x & z);
}

static uint64_t sigma512_1(uint64_t e)
{
    return ror64(e, 14) ^ ror64(e, 18) ^ ror64(e, 41);
}

static uint64_t sigma512_0(uint64_t a)
{
    return ror64(a, 28) ^ ror64(a, 34) ^ ror64(a, 39);
}

/* rd: h + k + w of two rounds, rn: f g, rm: d e. */
static V128 sha512_h(const V128 *d, const V128 *n, const V128 *m)
{
    V128 r;
    uint64_t e = m->u64[1];
    r.u64[1] = choose64(e, n->u64[0], n->u64[1]) + sigma512_1(e) + d->u64[1];
    e = r.u64[1] + m->u64[0];
    r.u64[0] = choose64(e, m->u64[1], n->u64[0]) + sigma512_1(e) + d->u64[0];
    return r;
}

static uint64_t majority64(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}

static V128 sha512_h2(const V128 *d, const V128 *n, const V128 *m)
{
    V128 r;
    uint64_t a = m->u64[0];
    r.u64[1] = majority64(n->u64[0], m->u64[1], a) + sigma512_0(a) + d->u64[1];
    r.u64[0] = majority64(r.u64[1], a, m->u64[1]) + sigma512_0(r.u64[1]) + d->u64[0];
    return r;
}

static V128 sha512_su0(const V128 *d, const V128 *n)
{
    V128 r;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t w = i ? n->u64[0] : d->u64[1];
        r.u64[i] = d->u64[i] + (ror64(w, 1) ^ ror64(w, 8) ^ w >> 7);
    }
    return r;
}

static V128 sha512_su1(const V128 *d, const V128 *n, const V128 *m)
{
    V128 r;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t w = n->u64[i];
        r.u64[i] = d->u64[i] + (ror64(w, 19) ^ ror64(w, 61) ^ w >> 6) + m->u64[i];
    }
    return r;
}

static V128 sm3_partw1(const V128 *d, const V128 *n, const V128 *m)
{
    V128 r;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t x = d->u32[i] ^ n->u32[i] ^ rol32(i < 3 ? m->u32[i + 1] : r.u32[0], 15);
        r.u32[i] = x ^ rol32(x, 15) ^ rol32(x, 23);
    }
    return r;
}

static V128 sm3_partw2(const V128 *d, const V128 *n, const V128 *m)
{
    V128 r;
    uint32_t t0 = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t t = n->u32[i] ^ rol32(m->u32[i], 7);
        t0 = i ? t0 : t;
        r.u32[i] = d->u32[i] ^ t;
    }
    t0 = rol32(t0, 15);
    r.u32[3] ^= t0 ^ rol32(t0, 15) ^ rol32(t0, 23);
    return r;
}

static V128 sm3_ss1(const V128 *n, const V128 *m, const V128 *a)
{
    uint32_t v = rol32(rol32(n->u32[3], 12) + m->u32[3] + a->u32[3], 7);
    return (V128){.u32 = {0, 0, 0, v}};
}

/* Half a round: TT1 on a b c d, TT2 on e f g h; A for rounds 0..15, B for the others. */
static V128 sm3_tt(A64VecOp op, const V128 *d, const V128 *n, uint32_t w)
{
    uint32_t x = d->u32[3], y = d->u32[2], z = d->u32[1], t;
    if (op == A64_VEC_SM3TT1A || op == A64_VEC_SM3TT2A)
        t = x ^ y ^ z;
    else if (op == A64_VEC_SM3TT1B)
        t = (x & y) | (x & z) | (y & z);
    else
        t = (x & y) | (~x & z);
    t += d->u32[0] + w;
    if (op == A64_VEC_SM3TT1A || op == A64_VEC_SM3TT1B) {
        t += n->u32[3] ^ rol32(x, 12);
        return (V128){.u32 = {z, rol32(y, 9), x, t}};
    }
    t += n->u32[3];
    return (V128){.u32 = {z, rol32(y, 19), x, t ^ rol32(t, 9) ^ rol32(t, 17)}};
}

/* Four rounds of encryption (keys in n) or of key expansion (constants in m). */
static V128 sm4_rounds(V128 x, const V128 *key, bool expand)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t t = sm4_sub(x.u32[1] ^ x.u32[2] ^ x.u32[3] ^ key->u32[i]);
        if (expand)
            t ^= rol32(t, 13) ^ rol32(t, 23);
        else
            t ^= rol32(t, 2) ^ rol32(t, 10) ^ rol32(t, 18) ^ rol32(t, 24);
        x = (V128){.u32 = {x.u32[1], x.u32[2], x.u32[3], x.u32[0] ^ t}};
    }
    return x;
}

V128 a64_crypto_sm_op(A64VecOp op, const V128 *a, const V128 *b, const V128 *c)
{
    switch (op) {
    case A64_VEC_SHA512H:
        return sha512_h(a, b, c);
    case A64_VEC_SHA512H2:
        return sha512_h2(a, b, c);
    case A64_VEC_SHA512SU0:
        return sha512_su0(a, b);
    case A64_VEC_SHA512SU1:
        return sha512_su1(a, b, c);
    case A64_VEC_SM3PARTW1:
        return sm3_partw1(a, b, c);
    case A64_VEC_SM3PARTW2:
        return sm3_partw2(a, b, c);
    case A64_VEC_SM3SS1:
        return sm3_ss1(a, b, c);
    case A64_VEC_SM3TT1A:
    case A64_VEC_SM3TT1B:
    case A64_VEC_SM3TT2A:
    case A64_VEC_SM3TT2B:
        return sm3_tt(op, a, b, c->u32[0]);
    case A64_VEC_SM4E:
        return sm4_rounds(*a, b, false);
    case A64_VEC_SM4EKEY:
        return sm4_rounds(*b, c, true);
    default:
        CHECK_NEVER("a crypto op");
        return *a;
    }
}
