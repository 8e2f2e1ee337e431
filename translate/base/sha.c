/* Four rounds or words at a time, as the Arm ARM's SHA1hash and SHA256hash; see sha.h. */
#include "sha.h"

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
static V128 sha1_hash(ShaStep step, V128 x, uint32_t e, const V128 *w)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t b = x.u32[1], c = x.u32[2], d = x.u32[3], t;
        if (step == SHA1_C)
            t = choose(b, c, d);
        else
            t = step == SHA1_P ? b ^ c ^ d : majority(b, c, d);
        uint32_t a = e + rol32(x.u32[0], 5) + t + w->u32[i];
        e = d;
        x = (V128){.u32 = {a, x.u32[0], rol32(b, 30), c}};
    }
    return x;
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

V128 sha_step(ShaStep step, const V128 *a, const V128 *b, const V128 *c)
{
    switch (step) {
    case SHA1_C:
    case SHA1_P:
    case SHA1_M:
        return sha1_hash(step, *a, b->u32[0], c);
    case SHA1_SU1:
        return sha1_su1(a, b);
    case SHA256_H:
        return sha256_hash(*a, *b, c, true);
    case SHA256_H2:
        return sha256_hash(*b, *a, c, false);
    case SHA256_SU0:
        return sha256_su0(a, b);
    default:
        return sha256_su1(a, b, c);
    }
}
