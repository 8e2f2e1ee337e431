/*
 * Frame of the SIMD kernels: each one is a loop in portable C and the same loop with arm_neon.h.
 * On the guest both run and must agree; host and guest print the same digests of the portable one.
 *
 *     RUN("vhaddq_s8", s8, int8_t, vhaddq_s8(va, vb), (X + Y) >> 1)
 */
#ifndef NEON_H
#define NEON_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __aarch64__
#pragma GCC target("arch=armv8.6-a+crypto")
#include <arm_neon.h>
#define NEON(...) __VA_ARGS__
#define VT_s8     int8x16_t
#define VT_u8     uint8x16_t
#define VT_s16    int16x8_t
#define VT_u16    uint16x8_t
#define VT_s32    int32x4_t
#define VT_u32    uint32x4_t
#else
#define NEON(...)
#endif

enum { BYTES = 1024 };
static uint8_t A[BYTES + 16], B[BYTES + 16], C[BYTES + 16], want[4 * BYTES], got[4 * BYTES];
static int differing;

static uint64_t next_random(void)
{
    static uint64_t x = 88172645463325252u;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x;
}

/* Random bytes with many extreme and many small values among them. */
static void fill_inputs(void)
{
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, 0x40, 0xc0, 2};
    for (int i = 0; i < BYTES + 16; i++) {
        uint64_t r = next_random();
        A[i] = r & 1 ? odd[r >> 8 & 7] : (uint8_t)(r >> 16);
        B[i] = r & 2 ? odd[r >> 24 & 7] : (uint8_t)(r >> 32);
        C[i] = r & 4 ? odd[r >> 40 & 7] : (uint8_t)(r >> 48);
    }
}

static void report(const char *name, size_t n)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ want[i]) * 1099511628211u;
    printf("%s %016lx\n", name, (unsigned long)h);
    NEON(if (memcmp(want, got, n)) {
        differing++;
        for (size_t i = 0; i < n; i++)
            if (want[i] != got[i]) {
                printf("  byte %zu: %02x, portable C has %02x\n", i, got[i], want[i]);
                break;
            }
    })
    memset(want, 0, sizeof want);
    memset(got, 0, sizeof got);
}

/* Loops over lanes of type T, 16 bytes of A, B, C a step, RT results of the same number. */
#define LOOP(label, s, T, RT, step, vexpr, expr)                                                   \
    do {                                                                                           \
        enum { N_ = BYTES / sizeof(T) };                                                           \
        const T *a = (const T *)A, *b = (const T *)B, *c = (const T *)C;                           \
        for (int i = 0; i < N_; i++) {                                                             \
            int64_t X = (int64_t)a[i], Y = (int64_t)b[i], Z = (int64_t)c[i];                       \
            (void)X, (void)Y, (void)Z;                                                             \
            RT r_ = (RT)(expr);                                                                    \
            memcpy(want + sizeof r_ * i, &r_, sizeof r_);                                          \
        }                                                                                          \
        NEON(for (int i = 0; i < N_; i += step) {                                                  \
            __auto_type va = vld1q_##s((const void *)(a + i));                                     \
            __auto_type vb = vld1q_##s((const void *)(b + i));                                     \
            __auto_type vc = vld1q_##s((const void *)(c + i));                                     \
            (void)va, (void)vb, (void)vc;                                                          \
            __auto_type r_ = (vexpr);                                                              \
            memcpy(got + sizeof(RT) * i, &r_, sizeof(RT) * step);                                  \
        })                                                                                         \
        (void)b, (void)c;                                                                          \
        report(label, sizeof(RT) * N_);                                                            \
    } while (0)

#define RUN(label, s, T, vexpr, expr)        LOOP(label, s, T, T, 16 / sizeof(T), vexpr, expr)
#define RUN_TO(label, s, T, RT, vexpr, expr) LOOP(label, s, T, RT, 16 / sizeof(T), vexpr, expr)
/* vexpr uses the low halves only and gives 16 bytes */
#define LO(v, s) vget_low_##s(v)

#define MIN_OF(T)   ((T)-1 < 0 ? -(1ll << (8 * sizeof(T) - 1)) : 0)
#define MAX_OF(T)   ((T)-1 < 0 ? (1ll << (8 * sizeof(T) - 1)) - 1 : (1ll << 8 * sizeof(T)) - 1)
#define CLAMP(T, v) saturate(v, MIN_OF(T), MAX_OF(T))

static inline __int128 saturate(__int128 v, __int128 low, __int128 high)
{
    return v < low ? low : v > high ? high : v;
}

static int finish(void)
{
    printf("%d kernels differ\n", differing);
    return differing != 0;
}

#endif
