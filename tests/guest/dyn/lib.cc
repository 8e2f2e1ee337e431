/* The shared library of main.cc: vector arguments, IFUNC, TLS, exceptions, constructors. */
#include "lib.h"
#include <cstdio>

thread_local int depth = 40;
static thread_local int hidden = 7;

double many(double a, double b, double c, double d, float e, float f, float g, float h, int i,
            long j)
{
    return a - b * c + d / 2 - e + f * g - h + i * 3.5 - (double)j;
}

Vec4 add4(Vec4 a, Vec4 b)
{
    Vec4 r;
    for (int i = 0; i < 4; i++)
        r.v[i] = a.v[i] + b.v[i];
    return r;
}

#ifdef __aarch64__
float32x4_t fma4(float32x4_t a, float32x4_t b, float32x4_t c, uint8x16_t d)
{
    return vfmaq_f32(vreinterpretq_f32_u8(veorq_u8(vreinterpretq_u8_f32(a), d)), b, c);
}
#endif

static int one()
{
    return 1;
}
extern "C" int (*choose())()
{
    return one;
}
/* riscv64's binutils of Debian 12 link IFUNCs, too. */
int picked() __attribute__((ifunc("choose")));

int bump_hidden()
{
    return ++hidden;
}

void call_and_fail(int (*f)(int), int n)
{
    struct Guard {
        int n;
        ~Guard() { printf("unwound %d\n", n); }
    } guard{n};
    int r = f(n);
    throw Failure("from the library", r);
}

struct Early {
    Early() { puts("library: constructor"); }
    ~Early() { puts("library: destructor"), fflush(stdout); }
};
static Early early;
