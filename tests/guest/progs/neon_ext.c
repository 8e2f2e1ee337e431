// guest: aarch64
/*
 * SIMD kernels of the extensions: dot products, matrix products of bytes, complex arithmetic,
 * polynomial multiply, AES, SHA-1, SHA-256, SHA-512, SHA3's bitwise rows, CRC-32.
 */
#include "neon.h"
#ifdef __aarch64__
#pragma GCC target("arch=armv8.6-a+crypto+sha3+i8mm")
#include <arm_acle.h>
#endif

#define I8(p) ((const int8_t *)(p))

static void dot_products(void)
{
    int32_t *w = (int32_t *)want;
    for (int i = 0; i < BYTES / 4; i++) {
        int64_t ss = 0, uu = 0, us = 0, el = 0;
        for (int k = 4 * i; k < 4 * i + 4; k++) {
            ss += I8(A)[k] * I8(B)[k];
            uu += A[k] * B[k];
            us += A[k] * I8(B)[k];
            el += I8(A)[k] * I8(B)[i / 4 * 16 + 8 + k % 4];
        }
        int32_t c;
        memcpy(&c, C + 4 * i, 4);
        w[i] = (int32_t)(c + ss);
        w[BYTES / 4 + i] = (int32_t)(c + uu);
        w[BYTES / 2 + i] = (int32_t)(c + us);
        w[BYTES * 3 / 4 + i] = (int32_t)(c + el);
    }
    NEON(for (int i = 0; i < BYTES / 4; i += 4) {
        int32_t *g = (int32_t *)got + i;
        int32x4_t c = vld1q_s32((int32_t *)C + i);
        int8x16_t a = vld1q_s8(I8(A) + 4 * i), b = vld1q_s8(I8(B) + 4 * i);
        uint8x16_t ua = vld1q_u8(A + 4 * i), ub = vld1q_u8(B + 4 * i);
        vst1q_s32(g, vdotq_s32(c, a, b));
        vst1q_u32((uint32_t *)g + BYTES / 4, vdotq_u32((uint32x4_t)c, ua, ub));
        vst1q_s32(g + BYTES / 2, vusdotq_s32(c, ua, b));
        vst1q_s32(g + BYTES * 3 / 4, vdotq_laneq_s32(c, a, b, 2));
    })
    report("dot products", 4 * BYTES);
}

static void byte_matrices(void)
{
    for (int at = 0; at < BYTES; at += 16)
        for (int i = 0; i < 4; i++) {
            int64_t ss = 0, uu = 0, us = 0;
            for (int k = 0; k < 8; k++) {
                int x = at + i / 2 * 8 + k, y = at + i % 2 * 8 + k;
                ss += I8(A)[x] * I8(B)[y];
                uu += A[x] * B[y];
                us += A[x] * I8(B)[y];
            }
            int32_t c, r[3];
            memcpy(&c, C + at + 4 * i, 4);
            r[0] = (int32_t)(c + ss), r[1] = (int32_t)(c + uu), r[2] = (int32_t)(c + us);
            for (int k = 0; k < 3; k++)
                memcpy(want + k * BYTES + at + 4 * i, &r[k], 4);
        }
    NEON(for (int at = 0; at < BYTES; at += 16) {
        int32x4_t c = vld1q_s32((int32_t *)(C + at));
        int8x16_t a = vld1q_s8(I8(A) + at), b = vld1q_s8(I8(B) + at);
        uint8x16_t ua = vld1q_u8(A + at), ub = vld1q_u8(B + at);
        vst1q_s32((int32_t *)(got + at), vmmlaq_s32(c, a, b));
        vst1q_u32((uint32_t *)(got + BYTES + at), vmmlaq_u32((uint32x4_t)c, ua, ub));
        vst1q_s32((int32_t *)(got + 2 * BYTES + at), vusmmlaq_s32(c, ua, b));
    })
    report("byte matrices", 3 * BYTES);
}

/* Complex numbers: a + i*b, and z + a*b in two steps. */
static void complex_numbers(void)
{
    static float a[64], b[64], c[64];
    for (int i = 0; i < 64; i++) {
        a[i] = (float)(int16_t)next_random() / 64;
        b[i] = (float)(int16_t)next_random() / 128;
        c[i] = (float)(int16_t)next_random() / 32;
    }
    float *w = (float *)want;
    for (int i = 0; i < 64; i += 2) {
        w[i] = a[i] - b[i + 1];
        w[i + 1] = a[i + 1] + b[i];
        float re = __builtin_fmaf(a[i], b[i], c[i]), im = __builtin_fmaf(a[i], b[i + 1], c[i + 1]);
        w[64 + i] = __builtin_fmaf(-a[i + 1], b[i + 1], re);
        w[64 + i + 1] = __builtin_fmaf(a[i + 1], b[i], im);
    }
    NEON(for (int i = 0; i < 64; i += 4) {
        float32x4_t x = vld1q_f32(a + i), y = vld1q_f32(b + i), z = vld1q_f32(c + i);
        vst1q_f32((float *)got + i, vcaddq_rot90_f32(x, y));
        vst1q_f32((float *)got + 64 + i, vcmlaq_rot90_f32(vcmlaq_f32(z, x, y), x, y));
    })
    report("complex numbers", 512);
}

static void polynomials(void)
{
    for (int i = 0; i < BYTES / 8; i++) {
        uint64_t x, y;
        memcpy(&x, A + 8 * i, 8);
        memcpy(&y, B + 8 * i, 8);
        unsigned __int128 r = 0;
        for (int k = 0; k < 64; k++)
            r ^= y >> k & 1 ? (unsigned __int128)x << k : 0;
        memcpy(want + 16 * i, &r, 16);
    }
    NEON(for (int i = 0; i < BYTES / 8; i++) {
        uint64_t x, y;
        memcpy(&x, A + 8 * i, 8);
        memcpy(&y, B + 8 * i, 8);
        poly128_t r = vmull_p64(x, y);
        memcpy(got + 16 * i, &r, 16);
    })
    report("polynomials", 2 * BYTES);
}

/* ---- AES: one round each way, from the definition ---- */

static uint8_t gf_mul(uint8_t a, uint8_t b)
{
    uint8_t r = 0;
    for (; b; b >>= 1, a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0)))
        r ^= b & 1 ? a : 0;
    return r;
}

static uint8_t sbox(uint8_t v)
{
    uint8_t inv = 0, r = 0x63;
    for (int i = 1; i < 256 && v; i++)
        if (gf_mul(v, (uint8_t)i) == 1)
            inv = (uint8_t)i;
    for (int i = 0; i < 5; i++)
        r ^= (uint8_t)(inv << i | inv >> (8 - i));
    return r;
}

static void aes(void)
{
    static uint8_t box[256], back[256];
    for (int i = 0; i < 256; i++) {
        box[i] = sbox((uint8_t)i);
        back[box[i]] = (uint8_t)i;
    }
    for (int at = 0; at < BYTES; at += 16) {
        uint8_t e[16], d[16];
        for (int i = 0; i < 16; i++) {
            int from = (i + 4 * (i % 4)) % 16, inv = (i + 12 * (i % 4)) % 16;
            e[i] = box[A[at + from] ^ B[at + from]];
            d[i] = back[A[at + inv] ^ B[at + inv]];
        }
        for (int i = 0; i < 16; i++) {
            static const uint8_t mix[4] = {2, 3, 1, 1}, unmix[4] = {14, 11, 13, 9};
            uint8_t m = 0, u = 0;
            for (int k = 0; k < 4; k++) {
                m ^= gf_mul(e[i / 4 * 4 + (i + k) % 4], mix[k]);
                u ^= gf_mul(d[i / 4 * 4 + (i + k) % 4], unmix[k]);
            }
            want[at + i] = m;
            want[BYTES + at + i] = u;
        }
    }
    NEON(for (int at = 0; at < BYTES; at += 16) {
        uint8x16_t a = vld1q_u8(A + at), k = vld1q_u8(B + at);
        vst1q_u8(got + at, vaesmcq_u8(vaeseq_u8(a, k)));
        vst1q_u8(got + BYTES + at, vaesimcq_u8(vaesdq_u8(a, k)));
    })
    report("aes", 2 * BYTES);
}

/* ---- hashes ---- */

static uint32_t rol(uint32_t v, int n)
{
    return v << n | v >> (32 - n);
}

static uint64_t ror64(uint64_t v, int n)
{
    return v >> n | v << (64 - n);
}

/* Four rounds of SHA-256 on a state of eight words with four words w. */
static void sha256_rounds(uint32_t s[8], const uint32_t w[4])
{
    for (int i = 0; i < 4; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t t =
            s[7] + (rol(e, 26) ^ rol(e, 21) ^ rol(e, 7)) + ((e & s[5]) ^ (~e & s[6])) + w[i];
        uint32_t u =
            (rol(a, 30) ^ rol(a, 19) ^ rol(a, 10)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 28);
        s[4] += t;
        s[0] = t + u;
    }
}

static void sha256(void)
{
    for (int at = 0; at < BYTES; at += 64) {
        uint32_t s[8], w[16], m[4];
        memcpy(s, A + at, 32);
        memcpy(w, B + at, 64);
        sha256_rounds(s, w);
        for (int i = 0; i < 4; i++) {
            uint32_t x = w[i + 1], y = i < 2 ? w[14 + i] : m[i - 2];
            m[i] = w[i] + (rol(x, 25) ^ rol(x, 14) ^ x >> 3) + w[9 + i] +
                   (rol(y, 15) ^ rol(y, 13) ^ y >> 10);
        }
        memcpy(want + at, s, 32);
        memcpy(want + at + 32, m, 16);
    }
    NEON(for (int at = 0; at < BYTES; at += 64) {
        uint32x4_t ab = vld1q_u32((uint32_t *)(A + at)), ef = vld1q_u32((uint32_t *)(A + at + 16));
        uint32x4x4_t w = vld1q_u32_x4((uint32_t *)(B + at));
        vst1q_u32((uint32_t *)(got + at), vsha256hq_u32(ab, ef, w.val[0]));
        vst1q_u32((uint32_t *)(got + at + 16), vsha256h2q_u32(ef, ab, w.val[0]));
        uint32x4_t m = vsha256su0q_u32(w.val[0], w.val[1]);
        vst1q_u32((uint32_t *)(got + at + 32), vsha256su1q_u32(m, w.val[2], w.val[3]));
    })
    report("sha256", BYTES);
}

static uint32_t sha1_f(int kind, uint32_t b, uint32_t c, uint32_t d)
{
    return kind == 0 ? (b & c) ^ (~b & d) : kind == 1 ? b ^ c ^ d : (b & c) ^ (b & d) ^ (c & d);
}

static void sha1(void)
{
    for (int at = 0; at + 48 <= BYTES; at += 48)
        for (int kind = 0; kind < 3; kind++) {
            uint32_t s[5], w[4];
            memcpy(s, A + at, 20);
            memcpy(w, B + at, 16);
            for (int i = 0; i < 4; i++) {
                uint32_t t = rol(s[0], 5) + sha1_f(kind, s[1], s[2], s[3]) + s[4] + w[i];
                s[4] = s[3], s[3] = s[2], s[2] = rol(s[1], 30), s[1] = s[0], s[0] = t;
            }
            memcpy(want + at + 16 * kind, s, 16);
        }
    NEON(for (int at = 0; at + 48 <= BYTES; at += 48) {
        uint32_t e;
        memcpy(&e, A + at + 16, 4);
        uint32x4_t abcd = vld1q_u32((uint32_t *)(A + at)), w = vld1q_u32((uint32_t *)(B + at));
        vst1q_u32((uint32_t *)(got + at), vsha1cq_u32(abcd, e, w));
        vst1q_u32((uint32_t *)(got + at + 16), vsha1pq_u32(abcd, e, w));
        vst1q_u32((uint32_t *)(got + at + 32), vsha1mq_u32(abcd, e, w));
    })
    report("sha1", BYTES / 48 * 48);
}

static void wide_hashes(void)
{
    for (int i = 0; i < BYTES / 16; i++) {
        uint64_t a[2], b[2], c[2], r[10];
        memcpy(a, A + 16 * i, 16);
        memcpy(b, B + 16 * i, 16);
        memcpy(c, C + 16 * i, 16);
        for (int k = 0; k < 2; k++) {
            r[k] = a[k] ^ b[k] ^ c[k];
            r[2 + k] = a[k] ^ (b[k] & ~c[k]);
            r[4 + k] = a[k] ^ ror64(b[k], 63);
            r[6 + k] = ror64(a[k] ^ b[k], 19);
        }
        r[8] = a[0] + (ror64(a[1], 1) ^ ror64(a[1], 8) ^ a[1] >> 7);
        r[9] = a[1] + (ror64(b[0], 1) ^ ror64(b[0], 8) ^ b[0] >> 7);
        if (i < 50)
            memcpy(want + 80 * i, r, 80);
    }
    NEON(for (int i = 0; i < 50; i++) {
        uint64x2_t a = vld1q_u64((uint64_t *)(A + 16 * i)), b = vld1q_u64((uint64_t *)(B + 16 * i));
        uint64x2_t c = vld1q_u64((uint64_t *)(C + 16 * i));
        uint64_t *g = (uint64_t *)(got + 80 * i);
        vst1q_u64(g, veor3q_u64(a, b, c));
        vst1q_u64(g + 2, vbcaxq_u64(a, b, c));
        vst1q_u64(g + 4, vrax1q_u64(a, b));
        vst1q_u64(g + 6, vxarq_u64(a, b, 19));
        vst1q_u64(g + 8, vsha512su0q_u64(a, b));
    })
    report("wide hashes", 4000);
}

static void checksums(void)
{
    for (int i = 0; i < BYTES / 8; i++) {
        uint64_t v;
        memcpy(&v, A + 8 * i, 8);
        uint32_t plain = (uint32_t)i, c = (uint32_t)i * 77;
        for (int k = 0; k < 64; k++) {
            plain = plain >> 1 ^ ((plain ^ v >> k) & 1 ? 0xedb88320 : 0);
            c = c >> 1 ^ ((c ^ v >> k) & 1 ? 0x82f63b78 : 0);
        }
        memcpy(want + 8 * i, &plain, 4);
        memcpy(want + 8 * i + 4, &c, 4);
    }
    NEON(for (int i = 0; i < BYTES / 8; i++) {
        uint64_t v;
        memcpy(&v, A + 8 * i, 8);
        uint32_t plain = __crc32d((uint32_t)i, v), c = (uint32_t)i * 77;
        for (int k = 0; k < 64; k += 16)
            c = k & 16 ? __crc32cb(__crc32cb(c, (uint8_t)(v >> k)), (uint8_t)(v >> (k + 8)))
                       : __crc32ch(c, (uint16_t)(v >> k));
        memcpy(got + 8 * i, &plain, 4);
        memcpy(got + 8 * i + 4, &c, 4);
    })
    report("checksums", BYTES);
}

int main(void)
{
    fill_inputs();
    dot_products();
    byte_matrices();
    complex_numbers();
    polynomials();
    aes();
    sha1();
    sha256();
    wide_hashes();
    checksums();
    return finish();
}
