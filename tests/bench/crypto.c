/*
 * SIMD kernels written with each machine's own 128-bit instructions: byte search, AES, SHA-256.
 * Where a machine has none, the plain C says what they compute, with the same checksum.
 */
#include <string.h>
#include "bench.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#pragma GCC target("+crypto")
#elif defined(__x86_64__)
#include <immintrin.h>
#pragma GCC target("aes,sha,sse4.1")
#endif

enum { TEXT = 4096, BLOCKS = 4, ROUNDS = 10 };

static uint8_t text[TEXT + 16];

static void fill(uint8_t *p, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        p[i] = (uint8_t) (seed >> 24);
    }
}

/* ---- byte search ----------------------------------------------------------------------------- */

/* Offset of the first byte c at or after p[0], a multiple of 16 bytes before the end; TEXT if none. */
static size_t find_byte(const uint8_t *p, size_t n, uint8_t c)
{
    for (size_t i = 0; i < n; i += 16) {
#if defined(__aarch64__)
        uint8x16_t eq = vceqq_u8(vld1q_u8(p + i), vdupq_n_u8(c));
        uint64_t m = vget_lane_u64(
            vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(eq), 4)), 0);
        if (m)
            return i + (size_t) (__builtin_ctzll(m) >> 2);
#elif defined(__x86_64__)
        __m128i eq = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *) (p + i)),
                                    _mm_set1_epi8((char) c));
        unsigned m = (unsigned) _mm_movemask_epi8(eq);
        if (m)
            return i + (size_t) __builtin_ctz(m);
#else
        for (size_t k = i; k < i + 16; k++)
            if (p[k] == c)
                return k;
#endif
    }
    return TEXT;
}

static uint64_t search(unsigned reps)
{
    uint64_t s = 0;
    memset(text, 'a', sizeof text);
    for (unsigned i = 0; i < reps * 110000u; i++) {
        size_t at = i * 97u & (TEXT - 1);
        text[at] = 'z';
        s += find_byte(text, TEXT, 'z');
        text[at] = 'a';
    }
    return s;
}

/* ---- AES: one round each on four independent blocks ------------------------------------------- */

#if defined(__aarch64__)
typedef uint8x16_t Block;
#define block_load(p)     vld1q_u8(p)
#define block_store(p, b) vst1q_u8((uint8_t *) (p), b)
#define block_start(b, k) (b)
/* round r of 0..ROUNDS-2, with the key of before it; the last one without the mix */
#define block_round(b, k, r) vaesmcq_u8(vaeseq_u8(b, (k)[r]))
#define block_last(b, k)     veorq_u8(vaeseq_u8(b, (k)[ROUNDS - 1]), (k)[ROUNDS])
#elif defined(__x86_64__)
typedef __m128i Block;
#define block_load(p)        _mm_loadu_si128((const __m128i *) (p))
#define block_store(p, b)    _mm_storeu_si128((__m128i *) (p), b)
#define block_start(b, k)    _mm_xor_si128(b, (k)[0])
#define block_round(b, k, r) _mm_aesenc_si128(b, (k)[(r) + 1])
#define block_last(b, k)     _mm_aesenclast_si128(b, (k)[ROUNDS])
#endif

#ifdef block_load
static uint64_t aes(unsigned reps)
{
    uint8_t bytes[16 * (ROUNDS + 1 + BLOCKS)];
    Block key[ROUNDS + 1], b[BLOCKS];
    fill(bytes, sizeof bytes, 7);
    for (int i = 0; i <= ROUNDS; i++)
        key[i] = block_load(bytes + 16 * i);
    for (int i = 0; i < BLOCKS; i++)
        b[i] = block_load(bytes + 16 * (ROUNDS + 1 + i));
    for (unsigned n = 0; n < reps * 700000u; n++) {
        for (int i = 0; i < BLOCKS; i++)
            b[i] = block_start(b[i], key);
#pragma GCC unroll 9
        for (int r = 0; r < ROUNDS - 1; r++)
            for (int i = 0; i < BLOCKS; i++)
                b[i] = block_round(b[i], key, r);
        for (int i = 0; i < BLOCKS; i++)
            b[i] = block_last(b[i], key);
    }
    uint64_t s = 0, w[2];
    for (int i = 0; i < BLOCKS; i++) {
        block_store(w, b[i]);
        s = s * 31 + (w[0] ^ w[1]);
    }
    return s;
}
#endif

/* ---- SHA-256 with the crypto instructions ------------------------------------------------------ */

static const uint32_t sha_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* One block of sixteen words into state a..h. */
#if defined(__aarch64__)
static void sha_block(uint32_t h[8], const uint32_t w[16])
{
    uint32x4_t abcd = vld1q_u32(h), efgh = vld1q_u32(h + 4), a0 = abcd, e0 = efgh, m[4];
    for (int i = 0; i < 4; i++)
        m[i] = vld1q_u32(w + 4 * i);
#pragma GCC unroll 16
    for (int r = 0; r < 16; r++) {
        uint32x4_t wk = vaddq_u32(m[r & 3], vld1q_u32(sha_k + 4 * r)), old = abcd;
        if (r < 12)
            m[r & 3] = vsha256su1q_u32(vsha256su0q_u32(m[r & 3], m[(r + 1) & 3]), m[(r + 2) & 3],
                                       m[(r + 3) & 3]);
        abcd = vsha256hq_u32(abcd, efgh, wk);
        efgh = vsha256h2q_u32(efgh, old, wk);
    }
    vst1q_u32(h, vaddq_u32(abcd, a0));
    vst1q_u32(h + 4, vaddq_u32(efgh, e0));
}
#elif defined(__x86_64__)
static void sha_block(uint32_t h[8], const uint32_t w[16])
{
    __m128i abef = _mm_set_epi32((int) h[0], (int) h[1], (int) h[4], (int) h[5]);
    __m128i cdgh = _mm_set_epi32((int) h[2], (int) h[3], (int) h[6], (int) h[7]);
    __m128i a0 = abef, c0 = cdgh, m[4];
    for (int i = 0; i < 4; i++)
        m[i] = _mm_loadu_si128((const __m128i *) (w + 4 * i));
#pragma GCC unroll 16
    for (int r = 0; r < 16; r++) {
        __m128i wk = _mm_add_epi32(m[r & 3], _mm_loadu_si128((const __m128i *) (sha_k + 4 * r)));
        if (r < 12) {
            __m128i t = _mm_alignr_epi8(m[(r + 3) & 3], m[(r + 2) & 3], 4);
            t = _mm_add_epi32(_mm_sha256msg1_epu32(m[r & 3], m[(r + 1) & 3]), t);
            m[r & 3] = _mm_sha256msg2_epu32(t, m[(r + 3) & 3]);
        }
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
    }
    uint32_t x[8];
    _mm_storeu_si128((__m128i *) x, _mm_add_epi32(abef, a0));
    _mm_storeu_si128((__m128i *) (x + 4), _mm_add_epi32(cdgh, c0));
    h[0] = x[3], h[1] = x[2], h[4] = x[1], h[5] = x[0];
    h[2] = x[7], h[3] = x[6], h[6] = x[5], h[7] = x[4];
}
#else
static uint32_t ror(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void sha_block(uint32_t h[8], const uint32_t in[16])
{
    uint32_t w[64], s[8];
    memcpy(w, in, 64);
    memcpy(s, h, 32);
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] +
               (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
    for (int i = 0; i < 64; i++) {
        uint32_t t = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) +
                     ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha_k[i] + w[i];
        uint32_t u = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) +
                     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 28);
        s[4] += t;
        s[0] = t + u;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}
#endif

static uint64_t sha256ce(unsigned reps)
{
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, w[16];
    fill((uint8_t *) w, sizeof w, 3);
    for (unsigned n = 0; n < reps * 200000u; n++) {
        w[n & 15] ^= h[n & 7];
        sha_block(h, w);
    }
    return (uint64_t) h[0] << 32 | h[7];
}

const Bench bench_crypto[] = {{"search", "SIMD", search},
#ifdef block_load
                              {"aes", "SIMD", aes},
#endif
                              {"sha256ce", "SIMD", sha256ce},
                              {0}};
