/* What the library gives the program, and the plug-in both. */
#pragma once
#include <stdexcept>
#include <string>

struct Vec4 {
    float v[4];
};

/* Eight vector-register arguments, some integers, and a result in registers: a lazy stub must keep
   them all. */
double many(double a, double b, double c, double d, float e, float f, float g, float h, int i,
            long j);
Vec4 add4(Vec4 a, Vec4 b);
#ifdef __aarch64__
#include <arm_neon.h>
float32x4_t fma4(float32x4_t a, float32x4_t b, float32x4_t c, uint8x16_t d);
#endif
int picked();                  /* an IFUNC */
extern thread_local int depth; /* TLS of the library: initial value 40 */
int bump_hidden();             /* TLS seen by the library alone */

struct Failure : std::runtime_error {
    int code;
    Failure(const std::string &what, int code) : std::runtime_error(what), code(code) {}
};

void call_and_fail(int (*f)(int), int n); /* throws Failure, or what f throws */
extern "C" int weak_hook(int) __attribute__((weak));
