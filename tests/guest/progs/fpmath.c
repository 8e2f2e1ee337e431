// programs: -frounding-math -fno-builtin-rint
/* Doubles, floats, long doubles, complex; special values, rounding modes, exception flags. */
#include <complex.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>

static uint64_t h = 1469598103934665603ull;

static void mix(uint64_t v)
{
    h = (h ^ v) * 1099511628211ull;
}

/* NaN payloads and signs differ between machines: fold all NaNs into one. */
static void mixd(double d)
{
    uint64_t u;
    memcpy(&u, &d, 8);
    mix(isnan(d) ? 0x7ff8000000000000ull : u);
}

static void mixf(float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    mix(isnan(f) ? 0x7fc00000u : u);
}

static const double special[] = {0., -0., 1., -1., 0.5, 1.5, 2.5, -2.5, 1e-310, -1e-310, 5e-324, DBL_MIN,
                                 DBL_MAX, -DBL_MAX, INFINITY, -INFINITY, NAN, 1e18, 9.3e18, 1.9e19,
                                 2147483647.5, -2147483648.9, 4294967295.5, 1. / 3, M_PI, 1e300, 1e-300};
enum { N = sizeof(special) / sizeof(special[0]) };

static void pairs(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            volatile double a = special[i], b = special[j];
            volatile float fa = (float) a, fb = (float) b;
            mixd(a + b), mixd(a - b), mixd(a * b), mixd(a / b), mixd(fma(a, b, 1e10));
            mixf(fa + fb), mixf(fa - fb), mixf(fa * fb), mixf(fa / fb), mixf(fmaf(fa, fb, 3.f));
            mixd(fmod(a, b));
            if (a != b) /* of two zeros either may come out */
                mixd(fmin(a, b)), mixd(fmax(a, b));
            mix((uint64_t) (a < b) | (uint64_t) (a <= b) << 1 | (uint64_t) (a == b) << 2 |
                (uint64_t) (a > b) << 3 | (uint64_t) (a != b) << 4 | (uint64_t) isunordered(a, b) << 5);
            mixd(copysign(a, b)), mixd(a < b ? a : b);
        }
}

static void singles(void)
{
    for (int i = 0; i < N; i++) {
        volatile double a = special[i];
        volatile float f = (float) a;
        mixd(sqrt(fabs(a))), mixd(floor(a)), mixd(ceil(a)), mixd(trunc(a)), mixd(rint(a)), mixd(round(a));
        mixf(sqrtf(fabsf(f))), mixf(floorf(f)), mixf(rintf(f)), mixf(roundf(f));
        mixd((double) f);
        if (fabs(a) < 2e9) {
            mix((uint64_t) (int) a), mix((uint64_t) (long) a), mix((unsigned) fabs(a));
            mix((uint64_t) lrint(a)), mix((uint64_t) lround(a));
        }
    }
}

static void modes(void)
{
    static const int rm[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int m = 0; m < 4; m++) {
        fesetround(rm[m]);
        pairs();
        singles();
        printf("mode %d %016llx %d\n", m, (unsigned long long) h, fegetround() == rm[m]);
    }
    fesetround(FE_TONEAREST);
}

static void flags(void)
{
    volatile double one = 1, zero = 0, big = DBL_MAX, tiny = DBL_MIN, three = 3, r;
    static const int bit[] = {FE_INVALID, FE_DIVBYZERO, FE_OVERFLOW, FE_UNDERFLOW, FE_INEXACT};
    for (int k = 0; k < 7; k++) {
        feclearexcept(FE_ALL_EXCEPT);
        switch (k) {
        case 0:
            r = zero / zero;
            break;
        case 1:
            r = one / zero;
            break;
        case 2:
            r = big * big;
            break;
        case 3:
            r = tiny / three;
            break;
        case 4:
            r = one / three;
            break;
        case 5:
            r = sqrt(-one);
            break;
        case 6:
            r = one + one;
            break;
        }
        int e = fetestexcept(FE_ALL_EXCEPT);
        for (int b = 0; b < 5; b++)
            putchar(e & bit[b] ? '1' : '0');
        putchar('\n');
    }
}

int main(void)
{
    pairs();
    singles();
    printf("%016llx\n", (unsigned long long) h);
    modes();
    flags();
    double complex z = 1.25 + 2.5 * I, w = -0.75 + 1.5 * I;
    double complex p = z * w, q = z / w;
    printf("%.10f %.10f %.10f %.10f %.8f\n", creal(p), cimag(p), creal(q), cimag(q), cabs(csqrt(z)));
    double s = 0;
    for (int i = 1; i < 2000; i++) {
        double t = i * 0.01;
        s += sin(t) * cos(t) + tan(t * 0.1) + exp(-t) + log(t) + pow(t, 1.1) + atan2(t, 2) + sinh(t * .1) +
             cbrt(t) + erf(t * .1) + lgamma(t);
    }
    printf("%.9f\n", s);
    printf("%.17g %.17g %a\n", 0.1 + 0.2, 1e23, M_PI);
    return 0;
}
