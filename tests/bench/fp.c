/* Floating point and SIMD kernels. Checksums are of rounded values, exact in all of them. */
#include <math.h>
#include <string.h>
#include "bench.h"

static uint64_t bits(double d)
{
    uint64_t u;
    memcpy(&u, &d, 8);
    return u;
}

typedef struct Body {
    double x, y, z, vx, vy, vz, m;
} Body;

static uint64_t nbody(unsigned reps)
{
    Body b[5] = {{0, 0, 0, 0, 0, 0, 39.47},
                 {4.84, -1.16, -.10, .606, 2.81, -.02, .037},
                 {8.34, 4.12, -.4, -1.01, 1.82, .008, .011},
                 {12.89, -15.11, -.22, 1.08, .868, -.01, .0017},
                 {15.37, -25.9, .179, .979, .594, -.034, .002}};
    for (unsigned r = 0; r < reps * 120000; r++) {
        for (int i = 0; i < 5; i++)
            for (int j = i + 1; j < 5; j++) {
                double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
                double d2 = dx * dx + dy * dy + dz * dz, mag = .01 / (d2 * sqrt(d2));
                b[i].vx -= dx * b[j].m * mag, b[i].vy -= dy * b[j].m * mag;
                b[i].vz -= dz * b[j].m * mag, b[j].vx += dx * b[i].m * mag;
                b[j].vy += dy * b[i].m * mag, b[j].vz += dz * b[i].m * mag;
            }
        for (int i = 0; i < 5; i++)
            b[i].x += .01 * b[i].vx, b[i].y += .01 * b[i].vy, b[i].z += .01 * b[i].vz;
    }
    return bits(b[0].x) ^ bits(b[4].z);
}

static uint64_t mandel(unsigned reps)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < reps; r++)
        for (int py = 0; py < 100; py++)
            for (int px = 0; px < 150; px++) {
                double cx = px / 75.0 - 1.5 + r * 1e-6, cy = py / 50.0 - 1.0, x = 0, y = 0;
                int n = 0;
                while (n < 500 && x * x + y * y < 4) {
                    double t = x * x - y * y + cx;
                    y = 2 * x * y + cy;
                    x = t;
                    n++;
                }
                sum += (unsigned) n;
            }
    return sum;
}

static uint64_t libm(unsigned reps)
{
    double s = 0;
    for (unsigned i = 1; i <= reps * 330000; i++) {
        double x = i * 1e-4;
        s += sin(x) + exp(-x * 1e-3) + pow(x, 0.3) + log(x);
    }
    return (uint64_t) (s * 1024);
}

static uint64_t conv(unsigned reps)
{
    uint64_t s = 0;
    float f = 1.5f;
    double d = 2.25;
    for (unsigned i = 1; i < reps * 3300000u; i++) {
        f = (float) (int) (i & 0xffff) * 0.5f;
        d = (double) (int64_t) (i * 77ull) + f;
        s += (uint64_t) d + (unsigned) (int) f + (uint64_t) (int64_t) (d * 0.125);
        d = (double) (s & 0xfffff);
        s ^= (uint64_t) (float) d;
    }
    return s;
}

static uint64_t matmul(unsigned reps)
{
    enum { N = 128 };
    static float a[N][N], b[N][N], c[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = (float) ((i * j) % 17), b[i][j] = (float) ((i + j) % 13), c[i][j] = 0;
    for (unsigned r = 0; r < reps * 40; r++)
        for (int i = 0; i < N; i++)
            for (int k = 0; k < N; k++) {
                float x = a[i][k] * (r & 1 ? -1.f : 1.f);
                for (int j = 0; j < N; j++)
                    c[i][j] += x * b[k][j];
            }
    double s = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            s += c[i][j];
    return bits(s);
}

static uint64_t dot8(unsigned reps)
{
    enum { N = 8192 };
    static int8_t a[N], b[N];
    for (int i = 0; i < N; i++)
        a[i] = (int8_t) (i * 7), b[i] = (int8_t) (i * 13 + 5);
    uint64_t s = 0;
    for (unsigned r = 0; r < reps * 8000; r++) {
        int32_t d = 0;
        for (int i = 0; i < N; i++)
            d += a[i] * b[i];
        s += (uint32_t) d + r;
        a[r % N]++;
    }
    return s;
}

static uint64_t colour(unsigned reps)
{
    enum { N = 16384 };
    static uint8_t rgb[3 * N], y[N];
    for (int i = 0; i < 3 * N; i++)
        rgb[i] = (uint8_t) (i * 31);
    uint64_t s = 0;
    for (unsigned r = 0; r < reps * 600; r++) {
        for (int i = 0; i < N; i++)
            y[i] = (uint8_t) ((77 * rgb[3 * i] + 150 * rgb[3 * i + 1] + 29 * rgb[3 * i + 2]) >> 8);
        s += y[r % N];
        rgb[r % N] ^= 1;
    }
    return s;
}

const Bench bench_fp[] = {{"nbody", "floating point", nbody},
                          {"mandel", "floating point", mandel},
                          {"libm", "floating point", libm},
                          {"conv", "floating point", conv},
                          {0}};
const Bench bench_simd[] = {
    {"matmul", "SIMD", matmul}, {"dot8", "SIMD", dot8}, {"colour", "SIMD", colour}, {0}};
