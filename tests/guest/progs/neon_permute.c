// guest: aarch64
/*
 * SIMD kernels that move elements: zips, transposes, reversals, extraction, table lookup, copies of
 * lanes, loads and stores of structures.
 */
#include "neon.h"

/* vexpr of va, vb; expr is the index of lane i in the 2n lanes of a and b. */
#define MOVE(label, s, T, vexpr, expr)                                                             \
    do {                                                                                           \
        enum { n = 16 / sizeof(T) };                                                               \
        for (size_t at = 0; at < BYTES; at += 16) {                                                \
            T both[2 * n];                                                                         \
            memcpy(both, A + at, 16);                                                              \
            memcpy(both + n, B + at, 16);                                                          \
            for (int i = 0; i < n; i++)                                                            \
                ((T *)(want + at))[i] = both[expr];                                                \
            NEON({                                                                                 \
                __auto_type va = vld1q_##s(both);                                                  \
                __auto_type vb = vld1q_##s(both + n);                                              \
                (void)vb;                                                                          \
                vst1q_##s((T *)(got + at), vexpr);                                                 \
            })                                                                                     \
        }                                                                                          \
        report(label, BYTES);                                                                      \
    } while (0);

#define MOVES(s, T)                                                                                \
    MOVE("vzip1q_" #s, s, T, vzip1q_##s(va, vb), i % 2 * n + i / 2)                                \
    MOVE("vzip2q_" #s, s, T, vzip2q_##s(va, vb), i % 2 * n + i / 2 + n / 2)                        \
    MOVE("vuzp1q_" #s, s, T, vuzp1q_##s(va, vb), 2 * i)                                            \
    MOVE("vuzp2q_" #s, s, T, vuzp2q_##s(va, vb), 2 * i + 1)                                        \
    MOVE("vtrn1q_" #s, s, T, vtrn1q_##s(va, vb), i % 2 * n + (i & ~1))                             \
    MOVE("vtrn2q_" #s, s, T, vtrn2q_##s(va, vb), i % 2 * n + (i | 1))                              \
    MOVE("vextq_" #s, s, T, vextq_##s(va, vb, 1), i + 1)                                           \
    MOVE("vdupq_laneq_" #s, s, T, vdupq_laneq_##s(va, 1), 1)                                       \
    MOVE("vcopyq_laneq_" #s, s, T, vcopyq_laneq_##s(va, 1, vb, 0), i == 1 ? n : i)                 \
    MOVE("vsetq_lane_" #s, s, T, vsetq_lane_##s(vgetq_lane_##s(vb, 1), va, 0), i == 0 ? n + 1 : i)

#define EACH(M)                                                                                    \
    M(u8, uint8_t)                                                                                 \
    M(s16, int16_t) M(u16, uint16_t) M(s32, int32_t) M(u32, uint32_t) M(u64, uint64_t)

/* Structures of k elements: loaded apart and stored in another order, then back. */
#define STRUCTS(s, T)                                                                              \
    do {                                                                                           \
        enum { n = 16 / sizeof(T) };                                                               \
        const T *a = (const T *)A;                                                                 \
        T *w = (T *)want;                                                                          \
        for (int i = 0; i < n; i++) {                                                              \
            for (int k = 0; k < 2; k++)                                                            \
                w[k * n + i] = a[2 * i + 1 - k];                                                   \
            for (int k = 0; k < 3; k++)                                                            \
                w[(2 + k) * n + i] = a[3 * i + k];                                                 \
            for (int k = 0; k < 4; k++)                                                            \
                w[5 * n + 4 * i + k] = a[(3 - k) * n + i];                                         \
            for (int k = 0; k < 3; k++)                                                            \
                w[9 * n + 3 * i + k] = a[(k ^ 1) % 3 * n + i];                                     \
        }                                                                                          \
        NEON({                                                                                     \
            T *g = (T *)got;                                                                       \
            __auto_type p2 = vld2q_##s(a);                                                         \
            vst1q_##s(g, p2.val[1]);                                                               \
            vst1q_##s(g + n, p2.val[0]);                                                           \
            __auto_type p3 = vld3q_##s(a);                                                         \
            vst1q_##s##_x3(g + 2 * n, p3);                                                         \
            __auto_type p4 = vld1q_##s##_x4(a);                                                    \
            __auto_type q4 = p4;                                                                   \
            q4.val[0] = p4.val[3];                                                                 \
            q4.val[1] = p4.val[2];                                                                 \
            q4.val[2] = p4.val[1];                                                                 \
            q4.val[3] = p4.val[0];                                                                 \
            vst4q_##s(g + 5 * n, q4);                                                              \
            __auto_type r3 = p3;                                                                   \
            r3.val[0] = p4.val[1];                                                                 \
            r3.val[1] = p4.val[0];                                                                 \
            r3.val[2] = p4.val[0];                                                                 \
            vst3q_##s(g + 9 * n, r3);                                                              \
        })                                                                                         \
        report("structs_" #s, 12 * 16);                                                            \
    } while (0);

/* Single lanes and replicated elements of structures. */
#define LANES(s, T)                                                                                \
    do {                                                                                           \
        enum { n = 16 / sizeof(T) };                                                               \
        const T *a = (const T *)A, *b = (const T *)B;                                              \
        T *w = (T *)want;                                                                          \
        for (int i = 0; i < n; i++) {                                                              \
            w[i] = a[0];                                                                           \
            for (int k = 0; k < 4; k++) {                                                          \
                w[(1 + k) * n + i] = a[k];                                                         \
                w[(5 + k) * n + i] = i == 1 ? b[k] : a[k];                                         \
            }                                                                                      \
            w[9 * n + i] = i == 0 ? b[7] : a[i];                                                   \
        }                                                                                          \
        w[10 * n] = a[1];                                                                          \
        w[10 * n + 1] = a[1];                                                                      \
        w[10 * n + 2] = a[n + 1];                                                                  \
        NEON({                                                                                     \
            T *g = (T *)got;                                                                       \
            vst1q_##s(g, vld1q_dup_##s(a));                                                        \
            __auto_type d4 = vld4q_dup_##s(a);                                                     \
            vst1q_##s##_x4(g + n, d4);                                                             \
            vst1q_##s##_x4(g + 5 * n, vld4q_lane_##s(b, d4, 1));                                   \
            vst1q_##s(g + 9 * n, vld1q_lane_##s(b + 7, vld1q_##s(a), 0));                          \
            vst1q_lane_##s(g + 10 * n, vld1q_##s(a), 1);                                           \
            vst2q_lane_##s(g + 10 * n + 1, vld1q_##s##_x2(a), 1);                                  \
        })                                                                                         \
        report("lanes_" #s, 10 * 16 + 3 * sizeof(T));                                              \
    } while (0);

/* Table lookup in 1 to 4 registers, out of range 0 or unchanged. */
static void tables(void)
{
    for (int regs = 1; regs <= 4; regs++) {
        char name[16] = {'t', 'b', 'l', (char)('0' + regs), 0};
        for (int at = 0; at < 256; at += 16) {
            for (int i = 0; i < 16; i++) {
                unsigned k = B[at + i] & 0x7f;
                want[at + i] = k < 16u * regs ? A[k] : 0;
                want[256 + at + i] = k < 16u * regs ? A[k] : C[at + i];
            }
            NEON({
                uint8x16_t ix = vandq_u8(vld1q_u8(B + at), vdupq_n_u8(0x7f));
                uint8x16_t old = vld1q_u8(C + at);
                uint8x16x4_t t = vld1q_u8_x4(A);
                uint8x16x2_t t2 = {{t.val[0], t.val[1]}};
                uint8x16x3_t t3 = {{t.val[0], t.val[1], t.val[2]}};
                uint8x16_t r = regs == 1   ? vqtbl1q_u8(t.val[0], ix)
                               : regs == 2 ? vqtbl2q_u8(t2, ix)
                               : regs == 3 ? vqtbl3q_u8(t3, ix)
                                           : vqtbl4q_u8(t, ix);
                uint8x16_t x = regs == 1   ? vqtbx1q_u8(old, t.val[0], ix)
                               : regs == 2 ? vqtbx2q_u8(old, t2, ix)
                               : regs == 3 ? vqtbx3q_u8(old, t3, ix)
                                           : vqtbx4q_u8(old, t, ix);
                vst1q_u8(got + at, r);
                vst1q_u8(got + 256 + at, x);
            })
        }
        report(name, 512);
    }
}

/* A grey value of each pixel: a loop as programs have it. */
static void grey(void)
{
    for (int i = 0; i < BYTES / 4; i++)
        want[i] = (uint8_t)((77 * A[3 * i] + 150 * A[3 * i + 1] + 29 * A[3 * i + 2] + 128) >> 8);
    NEON(for (int i = 0; i < BYTES / 4; i += 8) {
        uint8x8x3_t p = vld3_u8(A + 3 * i);
        uint16x8_t sum = vmull_u8(p.val[0], vdup_n_u8(77));
        sum = vmlal_u8(sum, p.val[1], vdup_n_u8(150));
        sum = vmlal_u8(sum, p.val[2], vdup_n_u8(29));
        vst1_u8(got + i, vrshrn_n_u16(sum, 8));
    })
    report("grey", BYTES / 4);
}

int main(void)
{
    fill_inputs();
    EACH(MOVES)
    MOVE("vrev16q_u8", u8, uint8_t, vrev16q_u8(va), i ^ 1)
    MOVE("vrev32q_u8", u8, uint8_t, vrev32q_u8(va), i ^ 3)
    MOVE("vrev64q_u8", u8, uint8_t, vrev64q_u8(va), i ^ 7)
    MOVE("vrev32q_u16", u16, uint16_t, vrev32q_u16(va), i ^ 1)
    MOVE("vrev64q_u16", u16, uint16_t, vrev64q_u16(va), i ^ 3)
    MOVE("vrev64q_u32", u32, uint32_t, vrev64q_u32(va), i ^ 1)
    EACH(STRUCTS)
    EACH(LANES)
    tables();
    grey();
    return finish();
}
