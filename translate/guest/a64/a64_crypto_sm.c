/*
 * The SHA-512, SM3 and SM4 instructions on V128 values, as the Arm ARM's pseudocode has them;
 * the algorithms are those of FIPS 180-4, GB/T 32905 (SM3) and GB/T 32907 (SM4).
 *
 * Example: SM3SS1 takes a's top word rotated by 12, adds e and the round constant, rotates by 7.
 */
#include "a64_simd_helpers.h"
#include "check.h"

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

/* clang-format off */
static const uint8_t sm4_sbox[256] = {
    0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2, 0x28, 0xfb, 0x2c, 0x05,
    0x2b, 0x67, 0x9a, 0x76, 0x2a, 0xbe, 0x04, 0xc3, 0xaa, 0x44, 0x13, 0x26, 0x49, 0x86, 0x06, 0x99,
    0x9c, 0x42, 0x50, 0xf4, 0x91, 0xef, 0x98, 0x7a, 0x33, 0x54, 0x0b, 0x43, 0xed, 0xcf, 0xac, 0x62,
    0xe4, 0xb3, 0x1c, 0xa9, 0xc9, 0x08, 0xe8, 0x95, 0x80, 0xdf, 0x94, 0xfa, 0x75, 0x8f, 0x3f, 0xa6,
    0x47, 0x07, 0xa7, 0xfc, 0xf3, 0x73, 0x17, 0xba, 0x83, 0x59, 0x3c, 0x19, 0xe6, 0x85, 0x4f, 0xa8,
    0x68, 0x6b, 0x81, 0xb2, 0x71, 0x64, 0xda, 0x8b, 0xf8, 0xeb, 0x0f, 0x4b, 0x70, 0x56, 0x9d, 0x35,
    0x1e, 0x24, 0x0e, 0x5e, 0x63, 0x58, 0xd1, 0xa2, 0x25, 0x22, 0x7c, 0x3b, 0x01, 0x21, 0x78, 0x87,
    0xd4, 0x00, 0x46, 0x57, 0x9f, 0xd3, 0x27, 0x52, 0x4c, 0x36, 0x02, 0xe7, 0xa0, 0xc4, 0xc8, 0x9e,
    0xea, 0xbf, 0x8a, 0xd2, 0x40, 0xc7, 0x38, 0xb5, 0xa3, 0xf7, 0xf2, 0xce, 0xf9, 0x61, 0x15, 0xa1,
    0xe0, 0xae, 0x5d, 0xa4, 0x9b, 0x34, 0x1a, 0x55, 0xad, 0x93, 0x32, 0x30, 0xf5, 0x8c, 0xb1, 0xe3,
    0x1d, 0xf6, 0xe2, 0x2e, 0x82, 0x66, 0xca, 0x60, 0xc0, 0x29, 0x23, 0xab, 0x0d, 0x53, 0x4e, 0x6f,
    0xd5, 0xdb, 0x37, 0x45, 0xde, 0xfd, 0x8e, 0x2f, 0x03, 0xff, 0x6a, 0x72, 0x6d, 0x6c, 0x5b, 0x51,
    0x8d, 0x1b, 0xaf, 0x92, 0xbb, 0xdd, 0xbc, 0x7f, 0x11, 0xd9, 0x5c, 0x41, 0x1f, 0x10, 0x5a, 0xd8,
    0x0a, 0xc1, 0x31, 0x88, 0xa5, 0xcd, 0x7b, 0xbd, 0x2d, 0x74, 0xd0, 0x12, 0xb8, 0xe5, 0xb4, 0xb0,
    0x89, 0x69, 0x97, 0x4a, 0x0c, 0x96, 0x77, 0x7e, 0x65, 0xb9, 0xf1, 0x09, 0xc5, 0x6e, 0xc6, 0x84,
    0x18, 0xf0, 0x7d, 0xec, 0x3a, 0xdc, 0x4d, 0x20, 0x79, 0xee, 0x5f, 0x3e, 0xd7, 0xcb, 0x39, 0x48,
};
/* clang-format on */

static uint32_t sm4_sub(uint32_t v)
{
    uint32_t r = 0;
    for (unsigned i = 0; i < 32; i += 8)
        r |= (uint32_t)sm4_sbox[v >> i & 0xff] << i;
    return r;
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
        CHECK(!"a crypto op");
        return *a;
    }
}
