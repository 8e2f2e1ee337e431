/*
 * translate/base/softfp against the host's SSE unit: results and flags, every rounding mode, on
 * pairs of special values and on random ones. SSE gives x86's NaNs and judges tiny after rounding,
 * so the soft side runs with SOFT_NAN_X86. Arm's own rules are checked by softfp_a64.
 */
#include <criterion/criterion.h>
#include <immintrin.h>
#include <string.h>
#include "softfp.h"

enum { RANDOM_ROUNDS = 40000 };

static uint64_t rng_state = 0x9e3779b97f4a7c15;

static uint64_t rng(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x2545f4914f6cdd1d;
}

static const uint64_t special32[] = {
    0,          0x80000000, 1,          0x80000001, 0x007fffff, 0x00800000, 0x00800001,
    0x3f7fffff, 0x3f800000, 0x3f800001, 0xbf800000, 0x40000000, 0x4b000001, 0x4b7fffff,
    0x4effffff, 0x4f000000, 0xcf000000, 0x5f000000, 0x7f7fffff, 0xff7fffff, 0x7f800000,
    0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0xff812345, 0x3effffff, 0x33800000,
    0x3f000000, 0x3fc00000, 0x40200000, 0x00400000, 0x477fefff, 0x38800000,
};
static const uint64_t special64[] = {
    0,
    1ull << 63,
    1,
    0x8000000000000001,
    0x000fffffffffffff,
    0x0010000000000000,
    0x0010000000000001,
    0x3fefffffffffffff,
    0x3ff0000000000000,
    0x3ff0000000000001,
    0xbff0000000000000,
    0x4000000000000000,
    0x41dfffffffc00000,
    0x41e0000000000000,
    0xc1e0000000200000,
    0x43e0000000000000,
    0xc3e0000000000000,
    0x43dfffffffffffff,
    0x7fefffffffffffff,
    0x7ff0000000000000,
    0xfff0000000000000,
    0x7ff8000000000000,
    0xfff8000000000001,
    0x7ff0000000000001,
    0xfff123456789abcd,
    0x3fe0000000000000,
    0x3ff8000000000000,
    0x36a0000000000000,
    0x380fffffe0000000,
    0x47efffffefffffff,
    0x47effffff0000000,
    0x3690000000000001,
};

/* Random bits, half of them with an exponent near that of one so that sums interact. */
static uint64_t random_value(SoftFmt f)
{
    uint64_t r = rng(), pick = rng();
    if (f == SOFT_F32) {
        r &= 0xffffffff;
        if (pick & 1)
            r = (r & 0x807fffff) | (uint64_t)(127 + (pick >> 8) % 40 - 20) << 23;
        return pick & 2 ? r & ~0xfffull : r;
    }
    if (pick & 1)
        r = (r & 0x800fffffffffffff) | (uint64_t)(1023 + (pick >> 8) % 100 - 50) << 52;
    return pick & 2 ? r & ~0xffffffull : r;
}

static float as_f(uint64_t v)
{
    uint32_t u = (uint32_t)v;
    float f;
    memcpy(&f, &u, 4);
    return f;
}

static double as_d(uint64_t v)
{
    double d;
    memcpy(&d, &v, 8);
    return d;
}

static uint64_t f_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

static uint64_t d_bits(double d)
{
    uint64_t u;
    memcpy(&u, &d, 8);
    return u;
}

/* MXCSR's sticky bits IE ZE OE UE PE as softfp's; DE has no counterpart with fz off. */
static uint32_t host_flags(void)
{
    uint32_t m = _mm_getcsr();
    return (m & 1 ? SOFT_IOC : 0) | (m & 4 ? SOFT_DZC : 0) | (m & 8 ? SOFT_OFC : 0) |
           (m & 16 ? SOFT_UFC : 0) | (m & 32 ? SOFT_IXC : 0);
}

/* MXCSR.RC: nearest, down, up, zero. */
static void host_begin(SoftRm rm)
{
    static const uint32_t rc[] = {0, 2, 1, 3};
    _mm_setcsr(0x1f80 | rc[rm] << 13);
}

enum { OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_SQRT, OP_MIN, OP_MAX, OP_COUNT };
static const char *const op_names[] = {"add", "sub", "mul", "div", "sqrt", "min", "max"};

#define ASM2(insn, type)                                                                           \
    __asm__ volatile(insn " %2, %0" : "=x"(r) : "0"((type)a), "x"((type)b));                       \
    break

static uint64_t host_op32(int op, float a, float b)
{
    float r = 0;
    switch (op) {
    case OP_ADD:
        ASM2("addss", float);
    case OP_SUB:
        ASM2("subss", float);
    case OP_MUL:
        ASM2("mulss", float);
    case OP_DIV:
        ASM2("divss", float);
    case OP_MIN:
        ASM2("minss", float);
    case OP_MAX:
        ASM2("maxss", float);
    default:
        __asm__ volatile("sqrtss %1, %0" : "=x"(r) : "x"(a));
    }
    return f_bits(r);
}

static uint64_t host_op64(int op, double a, double b)
{
    double r = 0;
    switch (op) {
    case OP_ADD:
        ASM2("addsd", double);
    case OP_SUB:
        ASM2("subsd", double);
    case OP_MUL:
        ASM2("mulsd", double);
    case OP_DIV:
        ASM2("divsd", double);
    case OP_MIN:
        ASM2("minsd", double);
    case OP_MAX:
        ASM2("maxsd", double);
    default:
        __asm__ volatile("sqrtsd %1, %0" : "=x"(r) : "x"(a));
    }
    return d_bits(r);
}

static uint64_t soft_op(SoftFp *fp, SoftFmt f, int op, const uint64_t ab[2])
{
    uint64_t a = ab[0], b = ab[1];
    switch (op) {
    case OP_ADD:
        return softfp_add(fp, f, a, b);
    case OP_SUB:
        return softfp_sub(fp, f, a, b);
    case OP_MUL:
        return softfp_mul(fp, f, a, b);
    case OP_DIV:
        return softfp_div(fp, f, a, b);
    case OP_MIN:
        return softfp_min(fp, f, a, b);
    case OP_MAX:
        return softfp_max(fp, f, a, b);
    default:
        return softfp_sqrt(fp, f, a);
    }
}

static void check_ops(SoftFmt f, uint64_t a, uint64_t b)
{
    for (int rm = SOFT_RN; rm <= SOFT_RZ; rm++) {
        for (int op = 0; op < OP_COUNT; op++) {
            SoftFp fp = {.rm = (uint8_t)rm, .nan_rule = SOFT_NAN_X86};
            uint64_t got = soft_op(&fp, f, op, (uint64_t[2]){a, b});
            host_begin(rm);
            uint64_t want =
                f == SOFT_F32 ? host_op32(op, as_f(a), as_f(b)) : host_op64(op, as_d(a), as_d(b));
            uint32_t flags = host_flags();
            host_begin(SOFT_RN);
            cr_assert(got == want && fp.flags == flags,
                      "%s f%u rm %d: %lx %lx: got %lx flags %x, want %lx flags %x", op_names[op],
                      softfp_bits(f), rm, a, b, got, fp.flags, want, flags);
        }
    }
}

static bool host_has_fma(void)
{
    return __builtin_cpu_supports("fma");
}

__attribute__((target("fma"))) static uint64_t host_fma(SoftFmt f, SoftFma x)
{
    if (f == SOFT_F32) {
        float a = as_f(x.a), b = as_f(x.b), c = as_f(x.c);
        __asm__ volatile("vfmadd213ss %2, %1, %0" : "+x"(a) : "x"(b), "x"(c));
        return f_bits(a);
    }
    double a = as_d(x.a), b = as_d(x.b), c = as_d(x.c);
    __asm__ volatile("vfmadd213sd %2, %1, %0" : "+x"(a) : "x"(b), "x"(c));
    return d_bits(a);
}

static void check_fma(SoftFmt f, SoftFma x)
{
    /* Which NaN operand wins depends on the instruction's form: any NaN will do. */
    for (int rm = SOFT_RN; rm <= SOFT_RZ; rm++) {
        SoftFp fp = {.rm = (uint8_t)rm, .nan_rule = SOFT_NAN_X86};
        uint64_t got = softfp_fma(&fp, f, x);
        host_begin(rm);
        uint64_t want = host_fma(f, x);
        uint32_t flags = host_flags();
        host_begin(SOFT_RN);
        bool same = got == want || (softfp_is_nan(f, got) && softfp_is_nan(f, want));
        cr_assert(same && fp.flags == flags,
                  "fma f%u rm %d: %lx %lx %lx: got %lx flags %x, want %lx flags %x", softfp_bits(f),
                  rm, x.a, x.b, x.c, got, fp.flags, want, flags);
    }
}

/* cvtss2si and friends: out of range gives the most negative integer, like the X86 rule. */
static uint64_t host_to_int(SoftFmt f, uint64_t a, unsigned bits)
{
    uint64_t l;
    uint32_t w;
    if (f == SOFT_F32 && bits == 64)
        __asm__ volatile("cvtss2si %1, %0" : "=r"(l) : "x"(as_f(a)));
    else if (bits == 64)
        __asm__ volatile("cvtsd2si %1, %0" : "=r"(l) : "x"(as_d(a)));
    else if (f == SOFT_F32)
        __asm__ volatile("cvtss2si %1, %0" : "=r"(w) : "x"(as_f(a)));
    else
        __asm__ volatile("cvtsd2si %1, %0" : "=r"(w) : "x"(as_d(a)));
    return bits == 64 ? l : w;
}

static void check_conversions(SoftFmt f, uint64_t a)
{
    for (int rm = SOFT_RN; rm <= SOFT_RZ; rm++) {
        for (unsigned bits = 32; bits <= 64; bits += 32) {
            SoftFp fp = {.rm = (uint8_t)rm, .nan_rule = SOFT_NAN_X86};
            SoftInt k = {.bits = (uint8_t)bits, .is_signed = true, .rm = (uint8_t)rm};
            uint64_t got = softfp_to_int(&fp, f, a, k);
            host_begin(rm);
            uint64_t want = host_to_int(f, a, bits);
            uint32_t flags = host_flags();
            host_begin(SOFT_RN);
            cr_assert(got == want && fp.flags == flags,
                      "f%u to i%u rm %d: %lx: got %lx flags %x, want %lx flags %x", softfp_bits(f),
                      bits, rm, a, got, fp.flags, want, flags);
        }
        SoftFp fp = {.rm = (uint8_t)rm, .nan_rule = SOFT_NAN_X86};
        SoftFmt to = f == SOFT_F32 ? SOFT_F64 : SOFT_F32;
        uint64_t got = softfp_convert(&fp, a, (SoftCvt){(uint8_t)f, (uint8_t)to, (uint8_t)rm});
        float rf = 0;
        double rd = 0;
        host_begin(rm);
        if (f == SOFT_F32)
            __asm__ volatile("cvtss2sd %1, %0" : "=x"(rd) : "x"(as_f(a)));
        else
            __asm__ volatile("cvtsd2ss %1, %0" : "=x"(rf) : "x"(as_d(a)));
        uint32_t flags = host_flags();
        host_begin(SOFT_RN);
        uint64_t want = f == SOFT_F32 ? d_bits(rd) : f_bits(rf);
        cr_assert(got == want && fp.flags == flags,
                  "f%u convert rm %d: %lx: got %lx flags %x, want %lx flags %x", softfp_bits(f), rm,
                  a, got, fp.flags, want, flags);
    }
}

static void check_round(SoftFmt f, uint64_t a)
{
    for (int rm = SOFT_RN; rm <= SOFT_RZ; rm++) {
        SoftFp fp = {.nan_rule = SOFT_NAN_X86};
        uint64_t got = softfp_round_int(&fp, f, a, rm, true);
        float rf = 0;
        double rd = 0;
        host_begin(rm);
        if (f == SOFT_F32)
            __asm__ volatile("roundss $4, %1, %0" : "=x"(rf) : "x"(as_f(a)));
        else
            __asm__ volatile("roundsd $4, %1, %0" : "=x"(rd) : "x"(as_d(a)));
        uint32_t flags = host_flags();
        host_begin(SOFT_RN);
        uint64_t want = f == SOFT_F32 ? f_bits(rf) : d_bits(rd);
        cr_assert(got == want && fp.flags == flags,
                  "f%u round rm %d: %lx: got %lx flags %x, want %lx flags %x", softfp_bits(f), rm,
                  a, got, fp.flags, want, flags);
    }
}

static void check_compare(SoftFmt f, uint64_t a, uint64_t b)
{
    double x = f == SOFT_F32 ? (double)as_f(a) : as_d(a);
    double y = f == SOFT_F32 ? (double)as_f(b) : as_d(b);
    uint32_t want = x < y ? 8 : x > y ? 2 : x == y ? 6 : 3;
    bool snan = softfp_is_snan(f, a) || softfp_is_snan(f, b);
    for (int signal = 0; signal < 2; signal++) {
        SoftFp fp = {0};
        cr_assert_eq(softfp_compare(&fp, f, a, b, signal), want, "%lx %lx", a, b);
        cr_assert_eq(fp.flags, snan || (signal && want == 3) ? SOFT_IOC : 0, "%lx %lx", a, b);
    }
}

static void check_all(SoftFmt f, uint64_t a, uint64_t b, uint64_t c)
{
    check_ops(f, a, b);
    check_compare(f, a, b);
    check_conversions(f, a);
    check_round(f, a);
    if (host_has_fma())
        check_fma(f, (SoftFma){a, b, c});
}

Test(softfp, special_f32)
{
    for (size_t i = 0; i < ARRAY_LEN(special32); i++)
        for (size_t j = 0; j < ARRAY_LEN(special32); j++)
            for (size_t k = 0; k < ARRAY_LEN(special32); k += 3)
                check_all(SOFT_F32, special32[i], special32[j], special32[k]);
}

Test(softfp, special_f64)
{
    for (size_t i = 0; i < ARRAY_LEN(special64); i++)
        for (size_t j = 0; j < ARRAY_LEN(special64); j++)
            for (size_t k = 0; k < ARRAY_LEN(special64); k += 3)
                check_all(SOFT_F64, special64[i], special64[j], special64[k]);
}

Test(softfp, random)
{
    for (int i = 0; i < RANDOM_ROUNDS; i++) {
        SoftFmt f = i & 1 ? SOFT_F64 : SOFT_F32;
        uint64_t a = random_value(f), b = random_value(f), c = random_value(f);
        /* Every fourth addend nearly cancels the product. */
        if (i % 4 == 0) {
            SoftFp fp = {.rm = SOFT_RZ};
            c = softfp_mul(&fp, f, a, b) ^ 1ull << (softfp_bits(f) - 1);
        }
        check_all(f, a, b, c);
    }
}

/* A sum, product or quotient of two f16 is exact enough in f64 that rounding it once more to f16
 * gives f16's own result. */
Test(softfp, f16_through_f64)
{
    for (int i = 0; i < RANDOM_ROUNDS * 4; i++) {
        uint64_t ab[2] = {rng() & 0xffff, rng() & 0xffff}, wide[2];
        SoftFp fp = {.rm = (uint8_t)(i & 3)}, ref = {.rm = (uint8_t)(i & 3)};
        int op = i / 4 % OP_COUNT;
        for (int k = 0; k < 2; k++)
            wide[k] = softfp_convert(&ref, ab[k], (SoftCvt){SOFT_F16, SOFT_F64, SOFT_RN});
        if (ref.flags)
            continue; /* a signalling NaN changes when it is widened */
        uint64_t got = soft_op(&fp, SOFT_F16, op, ab);
        uint64_t sum = soft_op(&ref, SOFT_F64, op, wide);
        SoftCvt down = {SOFT_F64, SOFT_F16, ref.rm};
        cr_assert_eq(got, softfp_convert(&ref, sum, down), "%s %lx %lx", op_names[op], ab[0],
                     ab[1]);
        cr_assert_eq(fp.flags, ref.flags, "%s %lx %lx", op_names[op], ab[0], ab[1]);
    }
}

static void check_from_int(uint64_t v, int rm)
{
    float rf;
    double rd;
    SoftInt k = {.bits = 64, .is_signed = true, .rm = (uint8_t)rm};
    SoftFp fp = {0};
    host_begin(rm);
    __asm__ volatile("cvtsi2ssq %1, %0" : "=x"(rf) : "r"(v));
    __asm__ volatile("cvtsi2sdq %1, %0" : "=x"(rd) : "r"(v));
    uint32_t flags = host_flags();
    host_begin(SOFT_RN);
    cr_assert_eq(softfp_from_int(&fp, SOFT_F32, v, k), f_bits(rf), "%lx rm %d", v, rm);
    cr_assert_eq(softfp_from_int(&fp, SOFT_F64, v, k), d_bits(rd), "%lx rm %d", v, rm);
    cr_assert_eq(fp.flags, flags);
}

Test(softfp, from_int)
{
    static const uint64_t edges[] = {0, 1, 0xffffff, 0x1000001, 0x7fffffff, 1ull << 63, ~0ull};
    for (int rm = SOFT_RN; rm <= SOFT_RZ; rm++) {
        for (size_t i = 0; i < ARRAY_LEN(edges); i++)
            check_from_int(edges[i], rm);
        for (int i = 0; i < RANDOM_ROUNDS; i++)
            check_from_int(rng() >> (rng() & 63), rm);
    }
}

Test(softfp, riscv_canonical_nan)
{
    SoftFp fp = {.nan_rule = SOFT_NAN_RISCV};
    cr_assert_eq(softfp_add(&fp, SOFT_F32, 0xffc12345, 0), 0x7fc00000);
    cr_assert_eq(fp.flags, 0);
    cr_assert_eq(softfp_minnm(&fp, SOFT_F64, 0x7ff0000000000001, 0x3ff0000000000000),
                 0x3ff0000000000000);
    cr_assert_eq(fp.flags, SOFT_IOC);
    SoftInt w = {.bits = 32, .is_signed = true, .rm = SOFT_RZ};
    cr_assert_eq(softfp_to_int(&fp, SOFT_F32, 0xffc00000, w), 0x7fffffff);
}
