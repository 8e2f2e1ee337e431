// guest: aarch64
/*
 * SIMD kernels of further extensions: SM3, SM4 and SHA-512 by whole blocks, half precision,
 * bfloat16, products of halves into singles, rounding to integers of a width, JavaScript's
 * conversion.
 */
#include <math.h>
#include <stdbool.h>
#include "neon.h"
#ifdef __aarch64__
#pragma GCC target("arch=armv8.6-a+crypto+sha3+sm4+fp16+fp16fml+bf16")
#include <arm_acle.h>
#endif

static uint32_t rol(uint32_t v, unsigned n)
{
    return n % 32 ? v << n % 32 | v >> (32 - n % 32) : v;
}

static uint64_t ror(uint64_t v, int n)
{
    return v >> n | v << (64 - n);
}

/* ---- SM3: the compression of one block ---- */

static void sm3_portable(uint32_t s[8], const uint32_t b[16])
{
    uint32_t w[68], v[8];
    memcpy(w, b, 64);
    for (int i = 16; i < 68; i++) {
        uint32_t x = w[i - 16] ^ w[i - 9] ^ rol(w[i - 3], 15);
        w[i] = x ^ rol(x, 15) ^ rol(x, 23) ^ rol(w[i - 13], 7) ^ w[i - 6];
    }
    memcpy(v, s, 32);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t t = rol(i < 16 ? 0x79cc4519 : 0x7a879d8a, i),
                 ss1 = rol(rol(v[0], 12) + v[4] + t, 7);
        bool late = i >= 16;
        uint32_t ff = late ? (v[0] & v[1]) | (v[0] & v[2]) | (v[1] & v[2]) : v[0] ^ v[1] ^ v[2];
        uint32_t gg = late ? (v[4] & v[5]) | (~v[4] & v[6]) : v[4] ^ v[5] ^ v[6];
        uint32_t tt1 = ff + v[3] + (ss1 ^ rol(v[0], 12)) + (w[i] ^ w[i + 4]);
        uint32_t tt2 = gg + v[7] + ss1 + w[i];
        v[3] = v[2], v[2] = rol(v[1], 9), v[1] = v[0], v[0] = tt1;
        v[7] = v[6], v[6] = rol(v[5], 19), v[5] = v[4];
        v[4] = tt2 ^ rol(tt2, 9) ^ rol(tt2, 17);
    }
    for (int i = 0; i < 8; i++)
        s[i] ^= v[i];
}

#ifdef __aarch64__
static uint32x4_t reversed(uint32x4_t v)
{
    v = vrev64q_u32(v);
    return vextq_u32(v, v, 2);
}

/* One round; the state's words stand from lane 3 down. */
#define SM3_ROUND(form, k)                                                                         \
    {                                                                                              \
        uint32x4_t ss = vsm3ss1q_u32(abcd, efgh, vdupq_n_u32(rol(t, i + k)));                      \
        abcd = vsm3tt1##form##q_u32(abcd, ss, veorq_u32(w[i / 4], w[i / 4 + 1]), k);               \
        efgh = vsm3tt2##form##q_u32(efgh, ss, w[i / 4], k);                                        \
    }

static void sm3_neon(uint32_t s[8], const uint32_t b[16])
{
    uint32x4_t w[17], abcd = reversed(vld1q_u32(s)), efgh = reversed(vld1q_u32(s + 4));
    memcpy(w, b, 64);
    for (int i = 4; i < 17; i++) {
        uint32x4_t x = vsm3partw1q_u32(w[i - 4], vextq_u32(w[i - 3], w[i - 2], 3), w[i - 1]);
        w[i] =
            vsm3partw2q_u32(x, vextq_u32(w[i - 2], w[i - 1], 2), vextq_u32(w[i - 4], w[i - 3], 3));
    }
    for (unsigned i = 0; i < 64; i += 4) {
        uint32_t t = i < 16 ? 0x79cc4519 : 0x7a879d8a;
        if (i < 16) {
            SM3_ROUND(a, 0) SM3_ROUND(a, 1) SM3_ROUND(a, 2) SM3_ROUND(a, 3)
        } else {
            SM3_ROUND(b, 0) SM3_ROUND(b, 1) SM3_ROUND(b, 2) SM3_ROUND(b, 3)
        }
    }
    vst1q_u32(s, veorq_u32(vld1q_u32(s), reversed(abcd)));
    vst1q_u32(s + 4, veorq_u32(vld1q_u32(s + 4), reversed(efgh)));
}
#endif

static void sm3(void)
{
    /* of "abc", which must give what the standard says */
    static const uint32_t start[8] = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                                      0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
    static const uint32_t digest[8] = {0x66c7f0f4, 0x62eeedd9, 0xd1f2d46b, 0xdc10e4e2,
                                       0x4167c487, 0x5cf2f7a2, 0x297da02b, 0x8f4ba8e0};
    uint32_t s[8], b[16] = {0x61626380};
    b[15] = 24;
    memcpy(s, start, 32);
    sm3_portable(s, b);
    printf("sm3 of abc: %s\n", memcmp(s, digest, 32) ? "wrong" : "right");
    for (int at = 0; at < BYTES; at += 64) {
        memcpy(want + at, A + at, 32);
        sm3_portable((uint32_t *)(want + at), (const uint32_t *)(B + at));
        NEON(memcpy(got + at, A + at, 32); sm3_neon((uint32_t *)(got + at), (uint32_t *)(B + at));)
    }
    report("sm3", BYTES);
}

/* ---- SM4: key schedule and encryption ---- */

static uint8_t sm4_affine(uint8_t x)
{
    uint8_t r = 0;
    for (int i = 0; i < 8; i++) {
        uint8_t row = (uint8_t)(0xa7 << i | 0xa7 >> (8 - i));
        r |= (uint8_t)((__builtin_popcount(row & x) & 1) << i);
    }
    return r ^ 0xd3;
}

static uint8_t sm4_mul(uint8_t a, uint8_t b)
{
    uint8_t r = 0;
    for (; b; b >>= 1, a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0xf5 : 0)))
        r ^= b & 1 ? a : 0;
    return r;
}

static uint8_t sm4_box[256];

static void sm4_make_box(void)
{
    for (int x = 0; x < 256; x++) {
        uint8_t y = sm4_affine((uint8_t)x), inverse = 0;
        for (int i = 1; i < 256; i++)
            if (sm4_mul(y, (uint8_t)i) == 1)
                inverse = (uint8_t)i;
        sm4_box[x] = sm4_affine(inverse);
    }
}

static uint32_t sm4_substitute(uint32_t v)
{
    return (uint32_t)sm4_box[v & 255] | (uint32_t)sm4_box[v >> 8 & 255] << 8 |
           (uint32_t)sm4_box[v >> 16 & 255] << 16 | (uint32_t)sm4_box[v >> 24] << 24;
}

static const uint32_t sm4_fk[4] = {0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc};

static uint32_t sm4_ck(int i)
{
    uint32_t r = 0;
    for (int j = 0; j < 4; j++)
        r = r << 8 | ((4 * i + j) * 7 & 255);
    return r;
}

static void sm4_portable(const uint32_t key[4], const uint32_t in[4], uint32_t out[4])
{
    uint32_t k[36], x[36];
    for (int i = 0; i < 4; i++)
        k[i] = key[i] ^ sm4_fk[i], x[i] = in[i];
    for (int i = 0; i < 32; i++) {
        uint32_t b = sm4_substitute(k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ sm4_ck(i));
        k[i + 4] = k[i] ^ b ^ rol(b, 13) ^ rol(b, 23);
        b = sm4_substitute(x[i + 1] ^ x[i + 2] ^ x[i + 3] ^ k[i + 4]);
        x[i + 4] = x[i] ^ b ^ rol(b, 2) ^ rol(b, 10) ^ rol(b, 18) ^ rol(b, 24);
    }
    for (int i = 0; i < 4; i++)
        out[i] = x[35 - i];
}

#ifdef __aarch64__
static void sm4_neon(const uint32_t key[4], const uint32_t in[4], uint32_t out[4])
{
    uint32x4_t k = veorq_u32(vld1q_u32(key), vld1q_u32(sm4_fk)), x = vld1q_u32(in);
    for (int i = 0; i < 32; i += 4) {
        uint32_t ck[4] = {sm4_ck(i), sm4_ck(i + 1), sm4_ck(i + 2), sm4_ck(i + 3)};
        k = vsm4ekeyq_u32(k, vld1q_u32(ck));
        x = vsm4eq_u32(x, k);
    }
    vst1q_u32(out, reversed(x));
}
#endif

static void sm4(void)
{
    static const uint32_t key[4] = {0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210};
    static const uint32_t cipher[4] = {0x681edf34, 0xd206965e, 0x86b3e94f, 0x536e4246};
    uint32_t out[4];
    sm4_make_box();
    sm4_portable(key, key, out);
    printf("sm4 of the standard's example: %s\n", memcmp(out, cipher, 16) ? "wrong" : "right");
    for (int at = 0; at < BYTES; at += 16) {
        const uint32_t *k = (const uint32_t *)(A + at), *in = (const uint32_t *)(B + at);
        sm4_portable(k, in, (uint32_t *)(want + at));
        NEON(sm4_neon(k, in, (uint32_t *)(got + at));)
    }
    report("sm4", BYTES);
}

/* ---- SHA-512: two rounds, four words of the message ---- */

static void sha512(void)
{
    for (int at = 0; at + 160 <= BYTES; at += 160) {
        uint64_t s[8], w[16], m[2], t;
        memcpy(s, A + at, 64);
        memcpy(w, B + at, 128);
        for (int i = 0; i < 2; i++) {
            uint64_t e = s[4], a = s[0];
            t = s[7] + (ror(e, 14) ^ ror(e, 18) ^ ror(e, 41)) + ((e & s[5]) ^ (~e & s[6])) + w[i];
            uint64_t u =
                (ror(a, 28) ^ ror(a, 34) ^ ror(a, 39)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
            memmove(s + 1, s, 56);
            s[4] += t;
            s[0] = t + u;
        }
        for (int i = 0; i < 2; i++) {
            uint64_t x = w[i + 1], y = w[14 + i];
            m[i] = w[i] + (ror(x, 1) ^ ror(x, 8) ^ x >> 7) + w[9 + i] +
                   (ror(y, 19) ^ ror(y, 61) ^ y >> 6);
        }
        memcpy(want + at, s, 64);
        memcpy(want + at + 64, m, 16);
    }
    NEON(for (int at = 0; at + 160 <= BYTES; at += 160) {
        const uint64_t *s = (uint64_t *)(A + at), *w = (uint64_t *)(B + at);
        uint64_t *g = (uint64_t *)(got + at);
        uint64x2_t ab = vld1q_u64(s), cd = vld1q_u64(s + 2), ef = vld1q_u64(s + 4);
        uint64x2_t gh = vld1q_u64(s + 6), wk = vld1q_u64(w);
        uint64x2_t sum = vaddq_u64(gh, vextq_u64(wk, wk, 1)); /* the first round's high */
        uint64x2_t t = vsha512hq_u64(sum, vextq_u64(ef, gh, 1), vextq_u64(cd, ef, 1));
        vst1q_u64(g, vsha512h2q_u64(t, cd, ab));
        vst1q_u64(g + 2, ab);
        vst1q_u64(g + 4, vaddq_u64(cd, t));
        vst1q_u64(g + 6, ef);
        uint64x2_t m = vsha512su0q_u64(vld1q_u64(w), vld1q_u64(w + 2));
        vst1q_u64(g + 8, vsha512su1q_u64(m, vld1q_u64(w + 14), vld1q_u64(w + 9)));
    })
    report("sha512", BYTES);
}

/* ---- half precision: finite values, computed in double and rounded once ---- */

static double half_value(uint16_t h)
{
    int e = h >> 10 & 31, m = h & 1023;
    double v = e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);
    return h >> 15 ? -v : v;
}

static uint16_t half_of(double v)
{
    int e;
    uint16_t sign = signbit(v) ? 0x8000 : 0;
    frexp(v, &e);
    int unit = (e < -13 ? -13 : e) - 11;
    double n = rint(ldexp(fabs(v), -unit));
    if (n >= 2048)
        n /= 2, unit++;
    if (unit > 5)
        return sign | 0x7c00;
    return sign | (uint16_t)(n >= 1024 ? (unit + 24) * 1024 + (int)n : (int)n);
}

enum { HALVES = 512 };
static uint16_t ha[HALVES], hb[HALVES], hc[HALVES];

/* Exponents so that products are exact in double and sums, too. */
static uint16_t some_half(void)
{
    uint64_t r = next_random();
    return (uint16_t)((r & 0x83ff) | (8 + (r >> 20) % 12) << 10);
}

static void fill_halves(void)
{
    for (int i = 0; i < HALVES; i++)
        ha[i] = some_half(), hb[i] = some_half(), hc[i] = some_half();
    ha[3] = 0, hb[5] = 0x8000, ha[7] = 3, hb[7] = 0x3c00; /* zeros, a subnormal number */
}

#define HALF(label, vexpr, expr)                                                                   \
    do {                                                                                           \
        for (int i = 0; i < HALVES; i++) {                                                         \
            double X = half_value(ha[i]), Y = half_value(hb[i]), Z = half_value(hc[i]);            \
            (void)Y, (void)Z;                                                                      \
            uint16_t r_ = (expr);                                                                  \
            memcpy(want + 2 * i, &r_, 2);                                                          \
        }                                                                                          \
        NEON(for (int i = 0; i < HALVES; i += 8) {                                                 \
            float16x8_t va = vld1q_f16((void *)(ha + i)), vb = vld1q_f16((void *)(hb + i));        \
            float16x8_t vc = vld1q_f16((void *)(hc + i));                                          \
            (void)vb, (void)vc;                                                                    \
            __auto_type r_ = (vexpr);                                                              \
            memcpy(got + 2 * i, &r_, 16);                                                          \
        })                                                                                         \
        report(label, 2 * HALVES);                                                                 \
    } while (0)

static void halves(void)
{
    HALF("vaddq_f16", vaddq_f16(va, vb), half_of(X + Y));
    HALF("vsubq_f16", vsubq_f16(va, vb), half_of(X - Y));
    HALF("vmulq_f16", vmulq_f16(va, vb), half_of(X * Y));
    HALF("vdivq_f16", vdivq_f16(va, vc), half_of(X / Z));
    HALF("vsqrtq_f16", vsqrtq_f16(vabsq_f16(va)), half_of(sqrt(fabs(X))));
    HALF("vfmaq_f16", vfmaq_f16(vc, va, vb), half_of(X * Y + Z));
    HALF("vfmsq_f16", vfmsq_f16(vc, va, vb), half_of(Z - X * Y));
    HALF("vmaxq_f16", vmaxq_f16(va, vc), half_of(X > Z ? X : Z));
    HALF("vminnmq_f16", vminnmq_f16(va, vc), half_of(X < Z ? X : Z));
    HALF("vabdq_f16", vabdq_f16(va, vb), half_of(fabs(X - Y)));
    HALF("vrndmq_f16", vrndmq_f16(va), half_of(floor(X)));
    HALF("vrndaq_f16", vrndaq_f16(va), half_of(round(X)));
    HALF("vcvtq_s16_f16", vcvtq_s16_f16(va), (uint16_t)(int16_t)X);
    HALF("vcvtpq_s16_f16", vcvtpq_s16_f16(va), (uint16_t)(int16_t)ceil(X));
    HALF("vcvtq_f16_s16", vcvtq_f16_s16((int16x8_t)va), half_of((int16_t)ha[i]));
    HALF("vcvtq_n_s16_f16", vcvtq_n_s16_f16(va, 4), (uint16_t)(int16_t)(X * 16));
    HALF("vcgeq_f16", vcgeq_f16(va, vb), X >= Y ? 0xffff : 0);
    HALF("vcagtq_f16", vcagtq_f16(va, vb), fabs(X) > fabs(Y) ? 0xffff : 0);
}

static void longer_products(void)
{
    for (int i = 0; i < HALVES; i += 8)
        for (int k = 0; k < 4; k++) {
            float r[3], c;
            double a = half_value(ha[i + k]), b = half_value(hb[i + k]);
            c = (float)half_value(hc[i + k]) / 3;
            r[0] = fmaf((float)a, (float)b, c);
            a = half_value(ha[i + 4 + k]), b = half_value(hb[i + 4 + k]);
            r[1] = fmaf((float)-a, (float)b, c);
            r[2] = fmaf((float)a, (float)half_value(hb[i + 5]), c);
            for (int j = 0; j < 3; j++)
                memcpy(want + 6 * i + 16 * j + 4 * k, &r[j], 4);
        }
    NEON(for (int i = 0; i < HALVES; i += 8) {
        float16x8_t a = vld1q_f16((void *)(ha + i)), b = vld1q_f16((void *)(hb + i));
        float32x4_t c = vdivq_f32(vcvt_f32_f16(vld1_f16((void *)(hc + i))), vdupq_n_f32(3));
        float32x4_t r[3] = {vfmlalq_low_f16(c, a, b), vfmlslq_high_f16(c, a, b),
                            vfmlalq_laneq_high_f16(c, a, b, 5)};
        memcpy(got + 6 * i, r, 48);
    })
    report("products of halves", 6 * HALVES);
}

/* ---- bfloat16 ---- */

static uint16_t bf_of(float f)
{
    uint32_t w;
    memcpy(&w, &f, 4);
    return (uint16_t)((w + 0x7fff + (w >> 16 & 1)) >> 16);
}

static float bf_value(uint16_t b)
{
    uint32_t w = (uint32_t)b << 16;
    float f;
    memcpy(&f, &w, 4);
    return f;
}

/* Small whole numbers, for which every order of rounding gives the same. */
static void bfloats(void)
{
    static uint16_t a[128], b[128];
    static float c[128];
    for (int i = 0; i < 128; i++) {
        a[i] = bf_of((float)((int)(next_random() % 255) - 127));
        b[i] = bf_of((float)((int)(next_random() % 255) - 127));
        c[i] = (float)((int)(next_random() % 20001) - 10000);
    }
    float *w = (float *)want;
    for (int at = 0; at < 128; at += 8)
        for (int k = 0; k < 4; k++) {
            float *r = w + at * 2 + k, sum = c[at / 2 + k];
            const uint16_t *x = a + at + 2 * k, *y = b + at + 2 * k;
            r[0] = sum + bf_value(x[0]) * bf_value(y[0]) + bf_value(x[1]) * bf_value(y[1]);
            r[4] = fmaf(bf_value(x[0]), bf_value(y[0]), sum);
            r[8] = fmaf(bf_value(x[1]), bf_value(y[1]), sum);
            for (int j = 0; j < 4; j++)
                sum += bf_value(a[at + k / 2 * 4 + j]) * bf_value(b[at + k % 2 * 4 + j]);
            r[12] = sum;
        }
    NEON(for (int at = 0; at < 128; at += 8) {
        bfloat16x8_t x = vld1q_bf16((void *)(a + at)), y = vld1q_bf16((void *)(b + at));
        float32x4_t z = vld1q_f32(c + at / 2);
        float32x4_t r[4] = {vbfdotq_f32(z, x, y), vbfmlalbq_f32(z, x, y), vbfmlaltq_f32(z, x, y),
                            vbfmmlaq_f32(z, x, y)};
        memcpy((float *)got + at * 2, r, 64);
    })
    report("bfloat16 products", 1024);
    for (int i = 0; i < BYTES / 4; i++) {
        uint32_t v = ((uint32_t)next_random() & 0x807fffff) | (60 + i % 128) << 23;
        memcpy(C + 4 * i, &v, 4);
        float f;
        memcpy(&f, &v, 4);
        uint16_t r = bf_of(f);
        memcpy(want + 2 * i, &r, 2);
    }
    NEON(for (int i = 0; i < BYTES / 4; i += 4) {
        bfloat16x4_t r = vcvt_bf16_f32(vld1q_f32((float *)(C + 4 * i)));
        memcpy(got + 2 * i, &r, 8);
    })
    report("bfloat16 from single", BYTES / 2);
}

/* ---- rounding to integers of a width, JavaScript's conversion ---- */

static double within(double v, int bits)
{
    double limit = ldexp(1, bits - 1);
    return v >= -limit && v < limit ? v : -limit;
}

/* The value modulo 2^32, by steps that are exact. */
static int32_t to_int32(double v)
{
    double r = fmod(trunc(v), 4294967296.0);
    return (int32_t)(uint32_t)(int64_t)r;
}

static void to_integers(void)
{
    static double d[256];
    double *w = (double *)want;
    for (int i = 0; i < 256; i++)
        d[i] = ldexp((double)(int64_t)next_random(), i % 90 - 75);
    for (int i = 0; i < 256; i++) {
        float f = (float)d[i];
        w[i] = i & 1 ? within(trunc(d[i]), 32) : within(rint(d[i]), 64);
        w[256 + i] = i & 1 ? within(rintf(f), 32) : within(truncf(f), 64);
    }
    NEON(for (int i = 0; i < 256; i += 2) {
        double *g = (double *)got;
        float64x2_t v = vld1q_f64(d + i);
        float32x2_t f = vcvt_f32_f64(v);
        g[i] = vgetq_lane_f64(vrnd64xq_f64(v), 0);
        g[i + 1] = vgetq_lane_f64(vrnd32zq_f64(v), 1);
        g[256 + i] = vget_lane_f32(vrnd64z_f32(f), 0);
        g[256 + i + 1] = vget_lane_f32(vrnd32x_f32(f), 1);
    })
    report("rounding to widths", 4096);
    for (int i = 0; i < 256; i++) {
        int32_t r = to_int32(d[i]);
        memcpy(want + 4 * i, &r, 4);
        NEON(r = __jcvt(d[i]); memcpy(got + 4 * i, &r, 4);)
    }
    report("JavaScript's conversion", 1024);
}

int main(void)
{
    fill_inputs();
    sm3();
    sm4();
    sha512();
    fill_halves();
    halves();
    longer_products();
    bfloats();
    to_integers();
    return finish();
}
