/*
 * The AES and SHA instructions on V128 values.
 *
 * AES: byte i of the state is row i % 4 of column i / 4 (FIPS 197). The S-box is computed from its
 * definition (inverse in GF(2^8), then an affine map), so no table needs to be trusted; lookups
 * by data would leak the key through the cache besides. SHA-1 and SHA-256 as FIPS 180-4 has them,
 * four rounds an instruction as the Arm ARM's SHA1hash and SHA256hash.
 *
 * Example: AESE of state 0 and key 0 gives 0x63 in every byte.
 */
#include "a64_simd_helpers.h"
#include "check.h"

static uint8_t gf_double(uint8_t a)
{
    return (uint8_t)(a << 1 ^ (a >> 7) * 0x1b);
}

static uint8_t gf_mul(uint8_t a, uint8_t b)
{
    uint8_t r = 0;
    for (; b; b >>= 1, a = gf_double(a))
        r ^= (uint8_t)(a * (b & 1));
    return r;
}

/* a^254, which is 1 / a, and 0 for 0. */
static uint8_t gf_inverse(uint8_t a)
{
    uint8_t a2 = gf_mul(a, a), a3 = gf_mul(a2, a), a6 = gf_mul(a3, a3), a12 = gf_mul(a6, a6);
    uint8_t a15 = gf_mul(a12, a3), a30 = gf_mul(a15, a15), a60 = gf_mul(a30, a30);
    uint8_t a120 = gf_mul(a60, a60), a240 = gf_mul(a120, a120), a14 = gf_mul(a12, a2);
    return gf_mul(a240, a14);
}

static uint8_t rol8(uint8_t v, unsigned n)
{
    return (uint8_t)(v << n | v >> (8 - n));
}

static uint8_t sub_byte(uint8_t v)
{
    v = gf_inverse(v);
    return v ^ rol8(v, 1) ^ rol8(v, 2) ^ rol8(v, 3) ^ rol8(v, 4) ^ 0x63;
}

static uint8_t inv_sub_byte(uint8_t v)
{
    return gf_inverse(rol8(v, 1) ^ rol8(v, 3) ^ rol8(v, 6) ^ 0x05);
}

/* AddRoundKey, ShiftRows (row r moves by r columns), SubBytes. */
static V128 aes_round(const V128 *a, const V128 *key, bool inverse)
{
    V128 r;
    for (unsigned i = 0; i < 16; i++) {
        unsigned row = i % 4, col = i / 4;
        unsigned from = (inverse ? col + 4 - row : col + row) % 4 * 4 + row;
        uint8_t v = a->u8[from] ^ key->u8[from];
        r.u8[i] = inverse ? inv_sub_byte(v) : sub_byte(v);
    }
    return r;
}

static V128 mix_columns(const V128 *a, const uint8_t k[4])
{
    V128 r;
    for (unsigned i = 0; i < 16; i++) {
        uint8_t v = 0;
        for (unsigned j = 0; j < 4; j++)
            v ^= gf_mul(a->u8[(i & 12) + (i + j) % 4], k[j]);
        r.u8[i] = v;
    }
    return r;
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

static uint32_t ror32(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
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
    static const uint8_t mix[] = {2, 3, 1, 1}, inv_mix[] = {14, 11, 13, 9};
    switch (op) {
    case A64_VEC_AESE:
    case A64_VEC_AESD:
        return aes_round(a, b, op == A64_VEC_AESD);
    case A64_VEC_AESMC:
    case A64_VEC_AESIMC:
        return mix_columns(a, op == A64_VEC_AESMC ? mix : inv_mix);
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
        CHECK(!"a crypto op");
        return *a;
    }
}
