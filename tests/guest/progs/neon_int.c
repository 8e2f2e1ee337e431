// guest: aarch64
/*
 * SIMD kernels: integer arithmetic, saturating, halving, widening, narrowing, pairwise, shifts,
 * comparisons, reductions, bits.
 */
#include <stdbool.h>
#include "neon.h"

/* X shifted left by the signed amount, as SSHL, SRSHL and their saturating forms. */
static __int128 shifted(int64_t x, int64_t amount, bool round)
{
    int sh = (int8_t)amount;
    if (sh >= 0)
        return (__int128)x << (sh > 80 ? 80 : sh);
    int n = sh < -80 ? 80 : -sh;
    __int128 v = x;
    return (round ? v + ((__int128)1 << (n - 1)) : v) >> n;
}

static int64_t absolute(int64_t v)
{
    return v < 0 ? -v : v;
}

#define EACH(M)                                                                                    \
    M(s8, int8_t, s8)                                                                              \
    M(u8, uint8_t, s8) M(s16, int16_t, s16) M(u16, uint16_t, s16) M(s32, int32_t, s32)             \
        M(u32, uint32_t, s32)
#define EACH_SIGNED(M) M(s8, int8_t, u8) M(s16, int16_t, u16) M(s32, int32_t, u32)

#define ARITHMETIC(s, T, ss)                                                                       \
    RUN("vaddq_" #s, s, T, vaddq_##s(va, vb), X + Y);                                              \
    RUN("vsubq_" #s, s, T, vsubq_##s(va, vb), X - Y);                                              \
    RUN("vmulq_" #s, s, T, vmulq_##s(va, vb), X *Y);                                               \
    RUN("vmlaq_" #s, s, T, vmlaq_##s(vc, va, vb), (uint64_t)Z + (uint64_t)X * (uint64_t)Y);        \
    RUN("vmlsq_" #s, s, T, vmlsq_##s(vc, va, vb), (uint64_t)Z - (uint64_t)X * (uint64_t)Y);        \
    RUN("vqaddq_" #s, s, T, vqaddq_##s(va, vb), CLAMP(T, X + Y));                                  \
    RUN("vqsubq_" #s, s, T, vqsubq_##s(va, vb), CLAMP(T, X - Y));                                  \
    RUN("vhaddq_" #s, s, T, vhaddq_##s(va, vb), (X + Y) >> 1);                                     \
    RUN("vrhaddq_" #s, s, T, vrhaddq_##s(va, vb), (X + Y + 1) >> 1);                               \
    RUN("vhsubq_" #s, s, T, vhsubq_##s(va, vb), (X - Y) >> 1);                                     \
    RUN("vmaxq_" #s, s, T, vmaxq_##s(va, vb), X > Y ? X : Y);                                      \
    RUN("vminq_" #s, s, T, vminq_##s(va, vb), X < Y ? X : Y);                                      \
    RUN("vabdq_" #s, s, T, vabdq_##s(va, vb), absolute(X - Y));                                    \
    RUN("vabaq_" #s, s, T, vabaq_##s(vc, va, vb), Z + absolute(X - Y));

#define COMPARE(s, T, ss)                                                                          \
    RUN("vceqq_" #s, s, T, vceqq_##s(va, vb), X == Y ? -1 : 0);                                    \
    RUN("vcgtq_" #s, s, T, vcgtq_##s(va, vb), X > Y ? -1 : 0);                                     \
    RUN("vcgeq_" #s, s, T, vcgeq_##s(va, vb), X >= Y ? -1 : 0);                                    \
    RUN("vcltzq_" #s, ss, T, vcltzq_##ss((VT_##ss)va), (X & 1ll << (8 * sizeof(T) - 1)) ? -1 : 0); \
    RUN("vtstq_" #s, s, T, vtstq_##s(va, vb), X &Y ? -1 : 0);

#define SHIFTS(s, T, ss)                                                                           \
    RUN("vshlq_" #s, s, T, vshlq_##s(va, (VT_##ss)vb), shifted(X, Y, false));                      \
    RUN("vrshlq_" #s, s, T, vrshlq_##s(va, (VT_##ss)vb), shifted(X, Y, true));                     \
    RUN("vqshlq_" #s, s, T, vqshlq_##s(va, (VT_##ss)vb), CLAMP(T, shifted(X, Y, false)));          \
    RUN("vqrshlq_" #s, s, T, vqrshlq_##s(va, (VT_##ss)vb), CLAMP(T, shifted(X, Y, true)));         \
    RUN("vshlq_n_" #s, s, T, vshlq_n_##s(va, 3), X << 3);                                          \
    RUN("vqshlq_n_" #s, s, T, vqshlq_n_##s(va, 3), CLAMP(T, (__int128)X << 3));                    \
    RUN("vshrq_n_" #s, s, T, vshrq_n_##s(va, 3), X >> 3);                                          \
    RUN("vrshrq_n_" #s, s, T, vrshrq_n_##s(va, 3), (X + 4) >> 3);                                  \
    RUN("vsraq_n_" #s, s, T, vsraq_n_##s(vc, va, 5), Z + (X >> 5));                                \
    RUN("vrsraq_n_" #s, s, T, vrsraq_n_##s(vc, va, 5), Z + ((X + 16) >> 5));                       \
    RUN("vsliq_n_" #s, s, T, vsliq_n_##s(vc, va, 3), (Z & 7) | X << 3);                            \
    RUN("vsriq_n_" #s, s, T, vsriq_n_##s(vc, va, 3),                                               \
        (Z & ~(MAX_OF(T) >> ((T)-1 < 0 ? 2 : 3))) | ((X & ((1ll << 8 * sizeof(T)) - 1)) >> 3));

#define BITS(s, T, ss)                                                                             \
    RUN("vandq_" #s, s, T, vandq_##s(va, vb), X &Y);                                               \
    RUN("vorrq_" #s, s, T, vorrq_##s(va, vb), X | Y);                                              \
    RUN("veorq_" #s, s, T, veorq_##s(va, vb), X ^ Y);                                              \
    RUN("vbicq_" #s, s, T, vbicq_##s(va, vb), X & ~Y);                                             \
    RUN("vornq_" #s, s, T, vornq_##s(va, vb), X | ~Y);                                             \
    RUN("vmvnq_" #s, s, T, vmvnq_##s(va), ~X);                                                     \
    RUN("vclzq_" #s, s, T, vclzq_##s(va),                                                          \
        __builtin_clzll(((uint64_t)X << (64 - 8 * sizeof(T))) | (1ull << (63 - 8 * sizeof(T)))));

/* Signed types only; us: the unsigned type's suffix. */
#define SIGNED_ONLY(s, T, us)                                                                      \
    RUN("vabsq_" #s, s, T, vabsq_##s(va), absolute(X));                                            \
    RUN("vnegq_" #s, s, T, vnegq_##s(va), -X);                                                     \
    RUN("vqabsq_" #s, s, T, vqabsq_##s(va), CLAMP(T, absolute(X)));                                \
    RUN("vqnegq_" #s, s, T, vqnegq_##s(va), CLAMP(T, -X));                                         \
    RUN("vclsq_" #s, s, T, vclsq_##s(va),                                                          \
        __builtin_clrsbll((int64_t)((uint64_t)X << (64 - 8 * sizeof(T))) |                         \
                          (X < 0 ? (1ll << (64 - 8 * sizeof(T))) - 1 : 0)) >= 8 * sizeof(T)        \
            ? 8 * sizeof(T) - 1                                                                    \
            : __builtin_clrsbll(X) - (64 - 8 * (int)sizeof(T)));                                   \
    RUN("vqshluq_n_" #s, s, T, vqshluq_n_##s(va, 2),                                               \
        saturate((__int128)X << 2, 0, 2 * (__int128)MAX_OF(T) + 1));                               \
    RUN("vuqaddq_" #s, s, T, vuqaddq_##s(va, (VT_##us)vb),                                         \
        CLAMP(T, X + (Y & ((1ll << 8 * sizeof(T)) - 1))));

#define LONG(s, T, W, N)                                                                           \
    LOOP("vaddl_" #s, s, T, W, N, vaddl_##s(LO(va, s), LO(vb, s)), X + Y);                         \
    LOOP("vsubl_" #s, s, T, W, N, vsubl_##s(LO(va, s), LO(vb, s)), X - Y);                         \
    LOOP("vmull_" #s, s, T, W, N, vmull_##s(LO(va, s), LO(vb, s)), X *Y);                          \
    LOOP("vabdl_" #s, s, T, W, N, vabdl_##s(LO(va, s), LO(vb, s)), absolute(X - Y));               \
    LOOP("vmovl_" #s, s, T, W, N, vmovl_##s(LO(va, s)), X);                                        \
    LOOP("vshll_n_" #s, s, T, W, N, vshll_n_##s(LO(va, s), 3), X << 3);

/* From W lanes to half as wide ones. */
#define NARROW(s, W, T, n)                                                                         \
    RUN_TO("vmovn_" #s, s, W, T, vmovn_##s(va), X);                                                \
    RUN_TO("vqmovn_" #s, s, W, T, vqmovn_##s(va), CLAMP(T, X));                                    \
    RUN_TO("vshrn_n_" #s, s, W, T, vshrn_n_##s(va, 5), X >> 5);                                    \
    RUN_TO("vrshrn_n_" #s, s, W, T, vrshrn_n_##s(va, 5), (X + 16) >> 5);                           \
    RUN_TO("vqshrn_n_" #s, s, W, T, vqshrn_n_##s(va, 5), CLAMP(T, X >> 5));                        \
    RUN_TO("vqrshrn_n_" #s, s, W, T, vqrshrn_n_##s(va, 5), CLAMP(T, (X + 16) >> 5));               \
    RUN_TO("vaddhn_" #s, s, W, T, vaddhn_##s(va, vb), (X + Y) >> n);                               \
    RUN_TO("vraddhn_" #s, s, W, T, vraddhn_##s(va, vb), (X + Y + (1ll << (n - 1))) >> n);          \
    RUN_TO("vsubhn_" #s, s, W, T, vsubhn_##s(va, vb), (X - Y) >> n);                               \
    RUN_TO("vrsubhn_" #s, s, W, T, vrsubhn_##s(va, vb), (X - Y + (1ll << (n - 1))) >> n);

#define DOUBLING(s, T, bits)                                                                       \
    RUN("vqdmulhq_" #s, s, T, vqdmulhq_##s(va, vb), CLAMP(T, ((__int128)X * Y * 2) >> bits));      \
    RUN("vqrdmulhq_" #s, s, T, vqrdmulhq_##s(va, vb),                                              \
        CLAMP(T, ((__int128)X * Y * 2 + (1ll << (bits - 1))) >> bits));                            \
    RUN("vqrdmlahq_" #s, s, T, vqrdmlahq_##s(vc, va, vb),                                          \
        CLAMP(T, (((__int128)Z << bits) + (__int128)X * Y * 2 + (1ll << (bits - 1))) >> bits));    \
    RUN("vqrdmlshq_" #s, s, T, vqrdmlshq_##s(vc, va, vb),                                          \
        CLAMP(T, (((__int128)Z << bits) - (__int128)X * Y * 2 + (1ll << (bits - 1))) >> bits));

/* Lane i of a pairwise operation on 16 bytes of A and B: its pair is (P, Q). */
#define PAIRWISE(name, s, T, vexpr, expr)                                                          \
    do {                                                                                           \
        enum { N_ = 16 / sizeof(T) };                                                              \
        for (size_t at = 0; at < BYTES; at += 16) {                                                \
            const T *a = (const T *)(A + at), *b = (const T *)(B + at);                            \
            for (size_t i = 0; i < N_; i++) {                                                      \
                const T *from = i < N_ / 2 ? a + 2 * i : b + 2 * i - N_;                           \
                int64_t P = from[0], Q = from[1];                                                  \
                ((T *)(want + at))[i] = (T)(expr);                                                 \
            }                                                                                      \
            NEON({                                                                                 \
                __auto_type va = vld1q_##s(a);                                                     \
                __auto_type vb = vld1q_##s(b);                                                     \
                vst1q_##s((T *)(got + at), vexpr);                                                 \
            })                                                                                     \
        }                                                                                          \
        report(name, BYTES);                                                                       \
    } while (0);

#define PAIRS(s, T, ss)                                                                            \
    PAIRWISE("vpaddq_" #s, s, T, vpaddq_##s(va, vb), P + Q)                                        \
    PAIRWISE("vpmaxq_" #s, s, T, vpmaxq_##s(va, vb), P > Q ? P : Q)                                \
    PAIRWISE("vpminq_" #s, s, T, vpminq_##s(va, vb), P < Q ? P : Q)

/* One value from 16 bytes. */
#define REDUCE(name, s, T, RT, vexpr, start, step)                                                 \
    do {                                                                                           \
        for (size_t at = 0; at < BYTES; at += 16) {                                                \
            const T *a = (const T *)(A + at);                                                      \
            int64_t R = start;                                                                     \
            for (size_t i = 0; i < 16 / sizeof(T); i++) {                                          \
                int64_t X = a[i];                                                                  \
                R = step;                                                                          \
            }                                                                                      \
            RT r_ = (RT)R;                                                                         \
            memcpy(want + at, &r_, sizeof r_);                                                     \
            NEON({                                                                                 \
                __auto_type va = vld1q_##s(a);                                                     \
                r_ = vexpr;                                                                        \
                memcpy(got + at, &r_, sizeof r_);                                                  \
            })                                                                                     \
        }                                                                                          \
        report(name, BYTES);                                                                       \
    } while (0);

#define REDUCTIONS(s, T, ss)                                                                       \
    REDUCE("vaddvq_" #s, s, T, T, vaddvq_##s(va), 0, R + X)                                        \
    REDUCE("vmaxvq_" #s, s, T, T, vmaxvq_##s(va), MIN_OF(T), X > R ? X : R)                        \
    REDUCE("vminvq_" #s, s, T, T, vminvq_##s(va), MAX_OF(T), X < R ? X : R)

#define PAIR_LONG(s, T, W, ws)                                                                     \
    do {                                                                                           \
        for (size_t i = 0; i < BYTES / sizeof(W); i++) {                                           \
            const T *a = (const T *)A;                                                             \
            W sum = (W)((W)a[2 * i] + (W)a[2 * i + 1]);                                            \
            ((W *)want)[i] = sum;                                                                  \
            ((W *)(want + BYTES))[i] = (W)(sum + ((const W *)C)[i]);                               \
        }                                                                                          \
        NEON(for (size_t at = 0; at < BYTES; at += 16) {                                           \
            __auto_type va = vld1q_##s((const T *)(A + at));                                       \
            vst1q_##ws((W *)(got + at), vpaddlq_##s(va));                                          \
            vst1q_##ws((W *)(got + BYTES + at), vpadalq_##s(vld1q_##ws((const W *)(C + at)), va)); \
        })                                                                                         \
        report("vpaddlq_" #s, 2 * BYTES);                                                          \
    } while (0)

static int ones(int64_t v)
{
    return __builtin_popcountll((uint64_t)v & 255);
}

static int reversed(int64_t v)
{
    int r = 0;
    for (int i = 0; i < 8; i++)
        r |= (v >> i & 1) << (7 - i);
    return r;
}

static void all_lanes(void)
{
    EACH(ARITHMETIC)
}

static void more_lanes(void)
{
    EACH(COMPARE)
    EACH(SHIFTS)
}

static void bit_lanes(void)
{
    EACH(BITS)
    EACH_SIGNED(SIGNED_ONLY)
    RUN("vcntq_u8", u8, uint8_t, vcntq_u8(va), ones(X));
    RUN("vrbitq_u8", u8, uint8_t, vrbitq_u8(va), reversed(X));
    RUN("vbslq_u8", u8, uint8_t, vbslq_u8(va, vb, vc), (X & Y) | (~X & Z));
    RUN("vmulq_p8", p8, uint8_t, vmulq_p8(va, vb), ({
            int r = 0;
            for (int k = 0; k < 8; k++)
                r ^= Y >> k & 1 ? (int)X << k : 0;
            r;
        }));
}

static void changing_width(void)
{
    LONG(s8, int8_t, int16_t, 8)
    LONG(u8, uint8_t, uint16_t, 8)
    LONG(s16, int16_t, int32_t, 4)
    LONG(u16, uint16_t, uint32_t, 4)
    LONG(s32, int32_t, int64_t, 2)
    LONG(u32, uint32_t, uint64_t, 2)
    NARROW(s16, int16_t, int8_t, 8)
    NARROW(u16, uint16_t, uint8_t, 8)
    NARROW(s32, int32_t, int16_t, 16)
    NARROW(u32, uint32_t, uint16_t, 16)
    RUN_TO("vqmovun_s16", s16, int16_t, uint8_t, vqmovun_s16(va), CLAMP(uint8_t, X));
    RUN_TO("vqmovun_s32", s32, int32_t, uint16_t, vqmovun_s32(va), CLAMP(uint16_t, X));
    RUN_TO("vqrshrun_n_s16", s16, int16_t, uint8_t, vqrshrun_n_s16(va, 4),
           CLAMP(uint8_t, (X + 8) >> 4));
    LOOP("vqdmull_s16", s16, int16_t, int32_t, 4, vqdmull_s16(LO(va, s16), LO(vb, s16)),
         CLAMP(int32_t, 2 * X * Y));
}

int main(void)
{
    fill_inputs();
    all_lanes();
    more_lanes();
    bit_lanes();
    changing_width();
    DOUBLING(s16, int16_t, 16)
    DOUBLING(s32, int32_t, 32)
    EACH(PAIRS)
    EACH(REDUCTIONS)
    PAIR_LONG(s8, int8_t, int16_t, s16);
    PAIR_LONG(u8, uint8_t, uint16_t, u16);
    PAIR_LONG(s16, int16_t, int32_t, s32);
    PAIR_LONG(u16, uint16_t, uint32_t, u32);
    return finish();
}
