/*
 * softfp under Arm's rules against real A64 instructions. Built twice from this source: for
 * AArch64 each operation is one instruction, for the host it is a call of softfp. Both print one
 * line per operation, format, FPCR setting and first operand, with a hash of all results and flags
 * over the second operand; softfp_a64.py runs both and compares. With an argument N, line N is
 * printed in full instead.
 *
 *   fadd 32 cfg 3 a 3f800000: 5d1c...
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { F16, F32, F64 };
enum { DN = 1 << 2, FZ = 1 << 3, FZ16 = 1 << 4, AHP = 1 << 5 }; /* and the rounding mode */

#ifdef __aarch64__
static void begin(unsigned cfg)
{
    uint64_t fpcr = (uint64_t)(cfg & 3) << 22 | (cfg & DN ? 1 << 25 : 0) |
                    (cfg & FZ ? 1 << 24 : 0) | (cfg & FZ16 ? 1 << 19 : 0) |
                    (cfg & AHP ? 1 << 26 : 0);
    __asm__ volatile("msr fpcr, %0; msr fpsr, xzr" : : "r"(fpcr));
}

static uint32_t end(void)
{
    uint64_t fpsr;
    __asm__ volatile("mrs %0, fpsr; msr fpcr, xzr" : "=r"(fpsr));
    return fpsr & 0x9f;
}

#define RUN(insn)                                                                                  \
    __asm__ volatile("fmov d0, %1; fmov d1, %2; fmov d2, %3; " insn "; fmov %0, d0"                \
                     : "=r"(r)                                                                     \
                     : "r"(a), "r"(b), "r"(a ^ b)                                                  \
                     : "v0", "v1", "v2")
#define RUN_INT(insn)                                                                              \
    __asm__ volatile("fmov d0, %1; mov x0, xzr; " insn "; mov %0, x0"                              \
                     : "=r"(r)                                                                     \
                     : "r"(a)                                                                      \
                     : "v0", "x0")
#define RUN_FROM(insn)                                                                             \
    __asm__ volatile("mov x0, %1; " insn "; fmov %0, d0" : "=r"(r) : "r"(a) : "v0", "x0")
#define RUN_CMP(insn)                                                                              \
    __asm__ volatile("fmov d0, %1; fmov d1, %2; " insn "; mrs %0, nzcv; lsr %0, %0, #28"           \
                     : "=r"(r)                                                                     \
                     : "r"(a), "r"(b)                                                              \
                     : "v0", "v1", "cc")
#define OP2(insn, soft)                                                                            \
    if (f == F16)                                                                                  \
        RUN(insn " h0, h0, h1");                                                                   \
    else if (f == F32)                                                                             \
        RUN(insn " s0, s0, s1");                                                                   \
    else                                                                                           \
        RUN(insn " d0, d0, d1");
#define OP1(insn, soft)                                                                            \
    if (f == F16)                                                                                  \
        RUN(insn " h0, h0");                                                                       \
    else if (f == F32)                                                                             \
        RUN(insn " s0, s0");                                                                       \
    else                                                                                           \
        RUN(insn " d0, d0");
#define OP3(insn, soft)                                                                            \
    if (f == F16)                                                                                  \
        RUN(insn " h0, h0, h1, h2");                                                               \
    else if (f == F32)                                                                             \
        RUN(insn " s0, s0, s1, s2");                                                               \
    else                                                                                           \
        RUN(insn " d0, d0, d1, d2");
#define CMP(insn, soft)                                                                            \
    if (f == F16)                                                                                  \
        RUN_CMP(insn " h0, h1");                                                                   \
    else if (f == F32)                                                                             \
        RUN_CMP(insn " s0, s1");                                                                   \
    else                                                                                           \
        RUN_CMP(insn " d0, d1");
#define TOINT(insn, tail, soft)                                                                    \
    if (f == F16)                                                                                  \
        RUN_INT(insn ", h0" tail);                                                                 \
    else if (f == F32)                                                                             \
        RUN_INT(insn ", s0" tail);                                                                 \
    else                                                                                           \
        RUN_INT(insn ", d0" tail);
#define FROMINT(insn, reg, soft)                                                                   \
    if (f == F16)                                                                                  \
        RUN_FROM(insn " h0, " reg);                                                                \
    else if (f == F32)                                                                             \
        RUN_FROM(insn " s0, " reg);                                                                \
    else                                                                                           \
        RUN_FROM(insn " d0, " reg);
#define CVT(h, s, d, soft)                                                                         \
    if (f == F16)                                                                                  \
        RUN(h);                                                                                    \
    else if (f == F32)                                                                             \
        RUN(s);                                                                                    \
    else                                                                                           \
        RUN(d);
#else
#include "softfp.h"
static SoftFp fp;

static void begin(unsigned cfg)
{
    fp = (SoftFp){
        .rm = cfg & 3, .dn = cfg & DN, .fz = cfg & FZ, .fz16 = cfg & FZ16, .ahp = cfg & AHP};
}

static uint32_t end(void)
{
    return fp.flags;
}

#define OP2(insn, soft)          r = soft;
#define OP1(insn, soft)          r = soft;
#define OP3(insn, soft)          r = soft;
#define CMP(insn, soft)          r = soft;
#define TOINT(insn, tail, soft)  r = soft;
#define FROMINT(insn, reg, soft) r = soft;
#define CVT(h, s, d, soft)       r = soft;
#endif

#define K(bits, sign, fbits, rm) ((SoftInt){bits, sign, fbits, rm})
#define C(to)                    ((SoftCvt){(uint8_t)f, (uint8_t)(to), fp.rm})

/* name, kind, instruction parts, softfp call; two-operand kinds first (TWO of them) */
#define OPS(X)                                                                                     \
    X(OP2("fadd", softfp_add(&fp, f, a, b)))                                                       \
    X(OP2("fsub", softfp_sub(&fp, f, a, b)))                                                       \
    X(OP2("fmul", softfp_mul(&fp, f, a, b)))                                                       \
    X(OP2("fmulx", softfp_mulx(&fp, f, a, b)))                                                     \
    X(OP2("fdiv", softfp_div(&fp, f, a, b)))                                                       \
    X(OP2("fmin", softfp_min(&fp, f, a, b)))                                                       \
    X(OP2("fmax", softfp_max(&fp, f, a, b)))                                                       \
    X(OP2("fminnm", softfp_minnm(&fp, f, a, b)))                                                   \
    X(OP2("fmaxnm", softfp_maxnm(&fp, f, a, b)))                                                   \
    X(OP2("frecps", softfp_recps(&fp, f, a, b)))                                                   \
    X(OP2("frsqrts", softfp_rsqrts(&fp, f, a, b)))                                                 \
    X(OP3("fmadd", softfp_fma(&fp, f, (SoftFma){a, b, a ^ b})))                                    \
    X(CMP("fcmp", softfp_compare(&fp, f, a, b, false)))                                            \
    X(CMP("fcmpe", softfp_compare(&fp, f, a, b, true)))                                            \
    X(OP1("fsqrt", softfp_sqrt(&fp, f, a)))                                                        \
    X(OP1("frecpe", softfp_recpe(&fp, f, a)))                                                      \
    X(OP1("frsqrte", softfp_rsqrte(&fp, f, a)))                                                    \
    X(OP1("frecpx", softfp_recpx(&fp, f, a)))                                                      \
    X(OP1("frintn", softfp_round_int(&fp, f, a, SOFT_RN, false)))                                  \
    X(OP1("frintp", softfp_round_int(&fp, f, a, SOFT_RP, false)))                                  \
    X(OP1("frintm", softfp_round_int(&fp, f, a, SOFT_RM, false)))                                  \
    X(OP1("frintz", softfp_round_int(&fp, f, a, SOFT_RZ, false)))                                  \
    X(OP1("frinta", softfp_round_int(&fp, f, a, SOFT_RA, false)))                                  \
    X(OP1("frintx", softfp_round_int(&fp, f, a, fp.rm, true)))                                     \
    X(OP1("frinti", softfp_round_int(&fp, f, a, fp.rm, false)))                                    \
    X(TOINT("fcvtns x0", "", softfp_to_int(&fp, f, a, K(64, true, 0, SOFT_RN))))                   \
    X(TOINT("fcvtnu w0", "", softfp_to_int(&fp, f, a, K(32, false, 0, SOFT_RN))))                  \
    X(TOINT("fcvtps w0", "", softfp_to_int(&fp, f, a, K(32, true, 0, SOFT_RP))))                   \
    X(TOINT("fcvtmu x0", "", softfp_to_int(&fp, f, a, K(64, false, 0, SOFT_RM))))                  \
    X(TOINT("fcvtms w0", "", softfp_to_int(&fp, f, a, K(32, true, 0, SOFT_RM))))                   \
    X(TOINT("fcvtas x0", "", softfp_to_int(&fp, f, a, K(64, true, 0, SOFT_RA))))                   \
    X(TOINT("fcvtzs w0", "", softfp_to_int(&fp, f, a, K(32, true, 0, SOFT_RZ))))                   \
    X(TOINT("fcvtzu x0", ", #9", softfp_to_int(&fp, f, a, K(64, false, 9, SOFT_RZ))))              \
    X(TOINT("fcvtzs x0", ", #64", softfp_to_int(&fp, f, a, K(64, true, 64, SOFT_RZ))))             \
    X(FROMINT("scvtf", "w0", softfp_from_int(&fp, f, a, K(32, true, 0, fp.rm))))                   \
    X(FROMINT("scvtf", "x0", softfp_from_int(&fp, f, a, K(64, true, 0, fp.rm))))                   \
    X(FROMINT("ucvtf", "x0, #30", softfp_from_int(&fp, f, a, K(64, false, 30, fp.rm))))            \
    X(FROMINT("ucvtf", "w0", softfp_from_int(&fp, f, a, K(32, false, 0, fp.rm))))                  \
    X(CVT("fcvt s0, h0", "fcvt h0, s0", "fcvt h0, d0", softfp_convert(&fp, a, C(f == F16))))       \
    X(CVT("fcvt d0, h0", "fcvt d0, s0", "fcvt s0, d0", softfp_convert(&fp, a, C(f == F64 ? 1 : 2))))

#define NAME(op) #op,
static const char *const names[] = {OPS(NAME)};

static uint64_t run(unsigned op, int f, uint64_t a, uint64_t b)
{
    uint64_t r = 0;
    unsigned n = 0;
#define CASE(code)                                                                                 \
    if (op == n++) {                                                                               \
        code return r;                                                                             \
    }
    OPS(CASE)
    return r;
}

static const uint64_t v16[] = {0,      0x8000, 1,      0x3ff,  0x83ff, 0x400,  0x401,
                               0x3c00, 0xbc00, 0x3bff, 0x3c01, 0x4000, 0x7bff, 0xfbff,
                               0x7c00, 0xfc00, 0x7e00, 0xfe12, 0x7c01, 0xfd23, 0x3800,
                               0x4100, 0xc248, 0x6417, 0x0123, 0x1a00, 0x0200, 0x00ff};
static const uint64_t v32[] = {
    0,          0x80000000, 1,          0x007fffff, 0x807fffff, 0x00800000, 0x00800001,
    0x3f7fffff, 0x3f800000, 0xbf800001, 0x40000000, 0x4effffff, 0x4f000000, 0xcf000000,
    0x5f7fffff, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345,
    0x7f800001, 0xff8abcde, 0x3f000000, 0x40200000, 0xc0600000, 0x33812345, 0x477ff000,
    0x00400000, 0x00200000, 0x7e800000, 0x7f000000, 0x387fffff, 0x387fe000, 0x20000000};
static const uint64_t v64[] = {0,
                               1ull << 63,
                               1,
                               0x000fffffffffffff,
                               0x800fffffffffffff,
                               0x0010000000000000,
                               0x3fefffffffffffff,
                               0x3ff0000000000000,
                               0xbff0000000000001,
                               0x4000000000000000,
                               0x41dfffffffc00000,
                               0x41e0000000000000,
                               0xc1e0000000100000,
                               0x43e0000000000000,
                               0xc3e0000000000000,
                               0x7fefffffffffffff,
                               0x7ff0000000000000,
                               0xfff0000000000000,
                               0x7ff8000000000000,
                               0xfff8123456789abc,
                               0x7ff0000000000001,
                               0xfff7000000000001,
                               0x3fe0000000000000,
                               0x4004000000000000,
                               0xc00c000000000000,
                               0x380fffffffffffff,
                               0x36a0000000000001,
                               0x47efffffefffffff,
                               0x40effe0000000000,
                               0x0008000000000000,
                               0x0004000000000000,
                               0x7fd0000000000000,
                               0x7fe0000000000000,
                               0x3f0fffffffffffff};

static const struct {
    const uint64_t *v;
    unsigned n;
} values[] = {{v16, sizeof v16 / 8}, {v32, sizeof v32 / 8}, {v64, sizeof v64 / 8}};
static const unsigned configs[] = {0,      1,      2,       3,        DN,       FZ,
                                   FZ | 1, FZ | 3, FZ | DN, FZ16 | 2, AHP | DN, AHP | FZ | FZ16};

static uint64_t line_hash(unsigned op, int f, unsigned cfg, uint64_t a, bool full)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (unsigned i = 0; i < values[f].n; i++) {
        begin(cfg);
        uint64_t r = run(op, f, a, values[f].v[i]);
        uint32_t flags = end();
        if (full)
            printf("  b %lx: %lx flags %x\n", values[f].v[i], r, flags);
        hash = (hash ^ r) * 0x100000001b3;
        hash = (hash ^ flags) * 0x100000001b3;
    }
    return hash;
}

int main(int argc, char **argv)
{
    unsigned line = 0, wanted = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    for (unsigned op = 0; op < sizeof names / sizeof names[0]; op++)
        for (int f = F16; f <= F64; f++)
            for (unsigned c = 0; c < sizeof configs / sizeof configs[0]; c++)
                for (unsigned i = 0; i < values[f].n; i++) {
                    uint64_t a = values[f].v[i];
                    line++;
                    if (wanted && line != wanted)
                        continue;
                    printf("%.24s f%d cfg %x a %lx\n", names[op], 16 << f, configs[c], a);
                    printf("  %lx\n", line_hash(op, f, configs[c], a, wanted));
                }
    return 0;
}
