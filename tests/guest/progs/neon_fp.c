// guest: aarch64
/*
 * SIMD kernels in floating point: arithmetic, fused products, rounding, conversions with and
 * without fraction bits, comparisons, estimates, reductions. Finite values only: the sign of a new
 * NaN is the machine's own.
 */
#include <math.h>
#include "neon.h"

#define VT_f32 float32x4_t
#define VT_f64 float64x2_t

static float FA[BYTES / 4], FB[BYTES / 4], FC[BYTES / 4];
static double DA[BYTES / 8], DB[BYTES / 8], DC[BYTES / 8];

static double some_number(int i)
{
    static const double odd[] = {0,   -0.0,         1,     -1,       0.5,      -0.5,     1.5,
                                 2.5, -2.5,         1e30,  -1e30,    1e-30,    1e9,      -3e9,
                                 5e9, 2147483647.5, 1e-42, 16777217, 0x1p-149, 8388609.5};
    if (i % 3 == 0)
        return odd[next_random() % (sizeof odd / sizeof *odd)];
    return ((int64_t)next_random() >> 20) * 0x1p-32 * (i % 7 + 0.25);
}

static void fill_floats(void)
{
    for (int i = 0; i < BYTES / 4; i++) {
        FA[i] = (float)some_number(i);
        FB[i] = (float)some_number(i + 1);
        FC[i] = (float)some_number(i + 2);
        DA[i / 2] = some_number(i);
        DB[i / 2] = some_number(i + 1);
        DC[i / 2] = some_number(i + 2);
    }
}

/* x, y, z: lanes of T in the arrays P##A..C; results of RT, whose register has as many lanes */
#define FLOOP(label, s, T, P, RT, vexpr, expr)                                                     \
    do {                                                                                           \
        for (int i = 0; i < BYTES / (int)sizeof(T); i++) {                                         \
            T x = P##A[i], y = P##B[i], z = P##C[i];                                               \
            (void)x, (void)y, (void)z;                                                             \
            RT r_ = (RT)(expr);                                                                    \
            memcpy(want + sizeof r_ * i, &r_, sizeof r_);                                          \
        }                                                                                          \
        NEON(for (int i = 0; i < BYTES / (int)sizeof(T); i += 16 / sizeof(T)) {                    \
            VT_##s va = vld1q_##s(P##A + i), vb = vld1q_##s(P##B + i), vc = vld1q_##s(P##C + i);   \
            (void)va, (void)vb, (void)vc;                                                          \
            __auto_type r_ = (vexpr);                                                              \
            memcpy(got + sizeof(RT) * i, &r_, sizeof(RT) * 16 / sizeof(T));                        \
        })                                                                                         \
        report(label, sizeof(RT) * BYTES / sizeof(T));                                             \
    } while (0)

#define F32(label, vexpr, expr) FLOOP(label, f32, float, F, float, vexpr, expr)
#define F64(label, vexpr, expr) FLOOP(label, f64, double, D, double, vexpr, expr)

#define ARITHMETIC(s, T, P, f)                                                                     \
    FLOOP("vaddq_" #s, s, T, P, T, vaddq_##s(va, vb), x + y);                                      \
    FLOOP("vsubq_" #s, s, T, P, T, vsubq_##s(va, vb), x - y);                                      \
    FLOOP("vmulq_" #s, s, T, P, T, vmulq_##s(va, vb), x *y);                                       \
    FLOOP("vdivq_" #s, s, T, P, T, vdivq_##s(va, vaddq_##s(vabsq_##s(vb), vdupq_n_##s(1))),        \
          x / (fabs##f(y) + 1));                                                                   \
    FLOOP("vsqrtq_" #s, s, T, P, T, vsqrtq_##s(vabsq_##s(va)), sqrt##f(fabs##f(x)));               \
    FLOOP("vfmaq_" #s, s, T, P, T, vfmaq_##s(vc, va, vb), fma##f(x, y, z));                        \
    FLOOP("vfmsq_" #s, s, T, P, T, vfmsq_##s(vc, va, vb), fma##f(-x, y, z));                       \
    FLOOP("vabdq_" #s, s, T, P, T, vabdq_##s(va, vb), fabs##f(x - y));                             \
    FLOOP("vmaxq_" #s, s, T, P, T, vmaxq_##s(va, vb),                                              \
          x == y  ? (signbit(x) ? y : x)                                                           \
          : x > y ? x                                                                              \
                  : y);                                                                            \
    FLOOP("vminq_" #s, s, T, P, T, vminq_##s(va, vb),                                              \
          x == y  ? (signbit(x) ? x : y)                                                           \
          : x < y ? x                                                                              \
                  : y);                                                                            \
    FLOOP("vmaxnmq_" #s, s, T, P, T, vmaxnmq_##s(va, vb),                                          \
          x == y  ? (signbit(x) ? y : x)                                                           \
          : x > y ? x                                                                              \
                  : y);                                                                            \
    FLOOP("vnegq_" #s, s, T, P, T, vnegq_##s(va), -x);                                             \
    FLOOP("vabsq_" #s, s, T, P, T, vabsq_##s(va), fabs##f(x));                                     \
    FLOOP("vrndq_" #s, s, T, P, T, vrndq_##s(va), trunc##f(x));                                    \
    FLOOP("vrndnq_" #s, s, T, P, T, vrndnq_##s(va), rint##f(x));                                   \
    FLOOP("vrndaq_" #s, s, T, P, T, vrndaq_##s(va), round##f(x));                                  \
    FLOOP("vrndmq_" #s, s, T, P, T, vrndmq_##s(va), floor##f(x));                                  \
    FLOOP("vrndpq_" #s, s, T, P, T, vrndpq_##s(va), ceil##f(x));                                   \
    FLOOP("vrecpsq_" #s, s, T, P, T, vrecpsq_##s(va, vb), fma##f(-x, y, 2));                       \
    FLOOP("vrndxq_" #s, s, T, P, T, vrndxq_##s(va), rint##f(x));

/* I: integer type of the same width, is its suffix, us the unsigned one's */
#define CONVERSIONS(s, T, P, f, I, is, U, us)                                                      \
    FLOOP("vcvtq_" #is "_" #s, s, T, P, I, vcvtq_##is##_##s(va),                                   \
          to_int(truncl(x), MIN_OF(I), MAX_OF(I)));                                                \
    FLOOP("vcvtnq_" #is "_" #s, s, T, P, I, vcvtnq_##is##_##s(va),                                 \
          to_int(rintl(x), MIN_OF(I), MAX_OF(I)));                                                 \
    FLOOP("vcvtaq_" #is "_" #s, s, T, P, I, vcvtaq_##is##_##s(va),                                 \
          to_int(roundl(x), MIN_OF(I), MAX_OF(I)));                                                \
    FLOOP("vcvtmq_" #is "_" #s, s, T, P, I, vcvtmq_##is##_##s(va),                                 \
          to_int(floorl(x), MIN_OF(I), MAX_OF(I)));                                                \
    FLOOP("vcvtpq_" #is "_" #s, s, T, P, I, vcvtpq_##is##_##s(va),                                 \
          to_int(ceill(x), MIN_OF(I), MAX_OF(I)));                                                 \
    FLOOP("vcvtq_n_" #is "_" #s, s, T, P, I, vcvtq_n_##is##_##s(va, 7),                            \
          to_int(truncl((long double)x * 128), MIN_OF(I), MAX_OF(I)));                             \
    FLOOP("vceqq_" #s, s, T, P, U, vceqq_##s(va, vb), x == y ? -1 : 0);                            \
    FLOOP("vcgtq_" #s, s, T, P, U, vcgtq_##s(va, vb), x > y ? -1 : 0);                             \
    FLOOP("vcgeq_" #s, s, T, P, U, vcgeq_##s(va, vb), x >= y ? -1 : 0);                            \
    FLOOP("vcagtq_" #s, s, T, P, U, vcagtq_##s(va, vb), fabs##f(x) > fabs##f(y) ? -1 : 0);         \
    FLOOP("vcltzq_" #s, s, T, P, U, vcltzq_##s(va), x < 0 ? -1 : 0);

static __int128 to_int(long double v, __int128 low, __int128 high)
{
    return v <= (long double)low ? low : v >= (long double)high ? high : (__int128)v;
}

/* Integers of A to floats, by value and with 5 fraction bits. */
#define FROM_INT(s, T, is, I)                                                                      \
    RUN_TO("vcvtq_" #s "_" #is, is, I, T, vcvtq_##s##_##is(va), ((I *)A)[i]);                      \
    RUN_TO("vcvtq_n_" #s "_" #is, is, I, T, vcvtq_n_##s##_##is(va, 5), (T)((I *)A)[i] * (T)0.03125);

static uint32_t bits_of(float v)
{
    uint32_t b;
    memcpy(&b, &v, 4);
    return b;
}

/* Estimates of eight bits, as the manual's RecipEstimate and RecipSqrtEstimate. */
static uint32_t estimate(float v)
{
    uint32_t b = bits_of(v), a = 256 | (b >> 15 & 255);
    uint32_t r = ((1u << 19) / (2 * a + 1) + 1) / 2;
    return (253 - (b >> 23 & 255)) << 23 | (r & 255) << 15;
}

static uint32_t root_estimate(float v)
{
    uint32_t b = bits_of(v), exp = b >> 23 & 255;
    uint64_t a, k = 512;
    if (exp & 1)
        a = ((b >> 16 & 127) | 128) * 2 + 1;
    else
        a = ((((b >> 15 & 255) | 256) >> 1 << 1) + 1) * 2;
    while (a * (k + 1) * (k + 1) < 1ull << 28)
        k++;
    return ((380 - exp) / 2) << 23 | (((uint32_t)k + 1) / 2 & 255) << 15;
}

static void estimates(void)
{
    for (int i = 0; i < BYTES / 4; i++) {
        uint32_t r = next_random() >> 32;
        float v;
        r = (r & 0x7fffff) | (60 + r % 130) << 23;
        memcpy(&v, &r, 4);
        FA[i] = v;
        ((uint32_t *)want)[i] = estimate(v);
        ((uint32_t *)want)[BYTES / 4 + i] = root_estimate(v);
    }
    NEON(for (int i = 0; i < BYTES / 4; i += 4) {
        vst1q_f32((float *)got + i, vrecpeq_f32(vld1q_f32(FA + i)));
        vst1q_f32((float *)got + BYTES / 4 + i, vrsqrteq_f32(vld1q_f32(FA + i)));
    })
    report("estimates", 2 * BYTES);
}

static void widths(void)
{
    for (int i = 0; i < BYTES / 8; i++) {
        ((double *)want)[i] = FA[i];
        ((float *)(want + BYTES))[i] = (float)DA[i];
    }
    NEON(for (int i = 0; i < BYTES / 8; i += 2) {
        vst1q_f64((double *)got + i, vcvt_f64_f32(vld1_f32(FA + i)));
        vst1_f32((float *)(got + BYTES) + i, vcvt_f32_f64(vld1q_f64(DA + i)));
    })
    report("widths", BYTES + BYTES / 2);
}

/* The order of additions is the instructions': pairs first. */
static void sums(void)
{
    for (int i = 0; i < BYTES / 4; i += 4) {
        float *w = (float *)want + i;
        w[0] = (FA[i] + FA[i + 1]) + (FA[i + 2] + FA[i + 3]);
        w[1] = FA[i] + FA[i + 1];
        w[2] = FB[i + 2] + FB[i + 3];
        w[3] = fmaxf(fmaxf(FB[i], FB[i + 1]), fmaxf(FB[i + 2], FB[i + 3]));
        w[3] = w[3] == 0 ? 0 : w[3];
        NEON({
            float *g = (float *)got + i;
            float32x4_t a = vld1q_f32(FA + i), b = vld1q_f32(FB + i), p = vpaddq_f32(a, b);
            g[0] = vaddvq_f32(a);
            g[1] = vgetq_lane_f32(p, 0);
            g[2] = vgetq_lane_f32(p, 3);
            g[3] = vmaxvq_f32(b);
            g[3] = g[3] == 0 ? 0 : g[3];
        })
    }
    report("sums", BYTES);
}

/* An 8x8 matrix product: multiply-add by element. */
static void matrix(void)
{
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) {
            float sum = 0;
            for (int k = 0; k < 8; k++)
                sum = fmaf(FB[8 * k + j], FC[8 * i + k], sum);
            ((float *)want)[8 * i + j] = sum;
        }
    NEON(for (int i = 0; i < 8; i++) for (int j = 0; j < 8; j += 4) {
        float32x4_t sum = vdupq_n_f32(0);
        float32x4_t lo = vld1q_f32(FC + 8 * i), hi = vld1q_f32(FC + 8 * i + 4);
        sum = vfmaq_laneq_f32(sum, vld1q_f32(FB + j), lo, 0);
        sum = vfmaq_laneq_f32(sum, vld1q_f32(FB + 8 + j), lo, 1);
        sum = vfmaq_laneq_f32(sum, vld1q_f32(FB + 16 + j), lo, 2);
        sum = vfmaq_laneq_f32(sum, vld1q_f32(FB + 24 + j), lo, 3);
        sum = vfmaq_laneq_f32(sum, vld1q_f32(FB + 32 + j), hi, 0);
        sum = vfmaq_laneq_f32(sum, vld1q_f32(FB + 40 + j), hi, 1);
        sum = vfmaq_laneq_f32(sum, vld1q_f32(FB + 48 + j), hi, 2);
        sum = vfmaq_laneq_f32(sum, vld1q_f32(FB + 56 + j), hi, 3);
        vst1q_f32((float *)got + 8 * i + j, sum);
    })
    report("matrix", 256);
}

int main(void)
{
    fill_inputs();
    fill_floats();
    ARITHMETIC(f32, float, F, f)
    ARITHMETIC(f64, double, D, )
    CONVERSIONS(f32, float, F, f, int32_t, s32, uint32_t, u32)
    FLOOP("vcvtq_u32_f32", f32, float, F, uint32_t, vcvtq_u32_f32(va),
          to_int(truncl(x), 0, UINT32_MAX));
    FLOOP("vcvtaq_u32_f32", f32, float, F, uint32_t, vcvtaq_u32_f32(va),
          to_int(roundl(x), 0, UINT32_MAX));
    FROM_INT(f32, float, s32, int32_t)
    FROM_INT(f32, float, u32, uint32_t)
    FROM_INT(f64, double, s64, int64_t)
    widths();
    sums();
    matrix();
    estimates();
    return finish();
}
