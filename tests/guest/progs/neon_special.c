// guest: aarch64
// programs: -march=armv8.4-a+fp16+fp16fml
// expect: fmulx h: 7016f480 5aaf2e65 918131ed 7016f480 28e3cbb7 7016f480 141e0205 7016f480
// expect: fmulx s: d71ee523 52872d95 2f3d3c80 724319e4 d71ee523 d71ee523 38066859 724319e4
// expect: fmulx d: ae59bd1d f1d1f5c9 018cf06e 49e3040f ae59bd1d ae59bd1d 1a676f09 49e3040f
// expect: fmulx element: bb775651 f5fb8f1b e91e3dd8 b2261260 bb775651 bb775651 135fcd5b b2261260
// expect: frecps h: ce524916 b72c293e edf304f5 ce524916 86353bbe ce524916 2e1273a8 ce524916
// expect: frecps s: 7edfde3c 75766999 6704915c 762ca54c 7edfde3c 7edfde3c c4d40a43 762ca54c
// expect: frecps d: 1dd621ab 8e3cd282 bad900b2 a9b2daa5 1dd621ab 1dd621ab 2d95850c a9b2daa5
// expect: frsqrts h: ed694d04 d28f2375 ecdd15e2 ed694d04 1d7cadd6 ed694d04 a1c701fa ed694d04
// expect: frsqrts s: ec3b7d70 badc7f87 c91c6268 795a44d2 ec3b7d70 ec3b7d70 44b81b74 795a44d2
// expect: frsqrts d: 9721ca2a e988de5a 3f8249be bb623fc5 9721ca2a 9721ca2a b91fb102 bb623fc5
// expect: fmlal: a1c97024 dbf0e457 870572e2 aea36f22 3d73024a a1c97024 2ffd25e6 aea36f22
// expect: fmlsl2: 48f821dc 840185be beb68b1d 75391418 6acc9242 48f821dc ec00c533 75391418
// expect: fmla h: edadd873 0404208b 444f8c50 edadd873 7f23eb5a edadd873 b6bf5530 edadd873
// expect: fmls h: 62872173 d43c3e69 0c9ac87b 62872173 33caacc0 62872173 c1abdac0 62872173
// expect: fadd h: d749685d 63ba899a 77baf8d2 d749685d 45fe67db d749685d 3d79da4a d749685d
// expect: fmul h: a99b1caf b16027b4 cb426f14 a99b1caf 0b5641e8 a99b1caf 778b3c09 a99b1caf
// expect: fdiv h: 255e2cb1 fcfec4ec e33a3d35 255e2cb1 83abbced 255e2cb1 8339eeee 255e2cb1
// expect: fsqrt h: 200132dc 34417856 5a02a8bf 200132dc 7384f939 200132dc fb523663 200132dc
// expect: fmin h: 30efa4ff 30efa4ff f8df44ee 30efa4ff 4d41ff23 30efa4ff f8df44ee 30efa4ff
// expect: fmaxnm h: 7a2b8ef3 7a2b8ef3 71e1d1ad 7a2b8ef3 c31180cb 7a2b8ef3 71e1d1ad 7a2b8ef3
// expect: fcmge h: 83487d82 83487d82 83487d82 83487d82 c16ac0f2 83487d82 83487d82 83487d82
// expect: fcvtas h: cdaf8db7 cdaf8db7 cdaf8db7 cdaf8db7 b93d5219 cdaf8db7 cdaf8db7 cdaf8db7
// expect: frinta h: bcf75aa9 bcf75aa9 dd96c215 bcf75aa9 bcf75aa9 bcf75aa9 dd96c215 bcf75aa9
// expect: frintx h: 1b7737ea db54b430 489b7a3e 1b7737ea 807b1125 1b7737ea cf2d031f 1b7737ea
// expect: fcvtl: d9961c86 d9961c86 c85470be d9961c86 d9961c86 f5867cca c85470be f5867cca
// expect: fcvtn: ce6b976a 66937dc5 bb43ea7c 45d72475 ce6b976a 8c32c233 3f0f084a 6d9fab68
// expect: fcvt h, d: a4356d18 504c94a8 144a9d7d b90ee909 a4356d18 2f04e6f0 71268f13 b9914af9
// expect: fcvt d, h: 2088d172 2088d172 a52951d8 2088d172 2088d172 8986c2d4 a52951d8 8986c2d4
// expect: fcmp h: 38e3dd59 38e3dd59 38e3dd59 38e3dd59 7fa2bfe8 38e3dd59 38e3dd59 38e3dd59
// expect: fcvtzu x, h: 316e8f8c 316e8f8c 316e8f8c 316e8f8c 23e5ac12 316e8f8c 316e8f8c 316e8f8c
/*
 * Zeros, infinities, NaNs of both kinds, denormals and neighbours of powers of two in all
 * combinations, under several FPCRs: products where zero by infinity is 2, Newton steps, widening
 * and half precision arithmetic. For each instruction a digest of results and FPSR under each FPCR;
 * qemu-aarch64 prints the same.
 */
#include <stdint.h>
#include <stdio.h>

static const uint32_t singles[] = {0,          0x80000000, 1,          0x007fffff, 0x00800000,
                                   0x3f7fffff, 0x3f800000, 0x3f800001, 0xbfc00000, 0x40000000,
                                   0x5f000000, 0x7effffff, 0x7f7fffff, 0x7f800000, 0xff800000,
                                   0x7fc01234, 0xffc00042, 0x7f800001, 0xffa00007, 0x34000000};
static const uint64_t doubles[] = {0,
                                   1ull << 63,
                                   1,
                                   0x0010000000000000,
                                   0x3fefffffffffffff,
                                   0x3ff0000000000000,
                                   0xbff8000000000000,
                                   0x5fe0000000000000,
                                   0x7fdfffffffffffff,
                                   0x7fefffffffffffff,
                                   0x7ff0000000000000,
                                   0xfff0000000000000,
                                   0x7ff8000000001234,
                                   0xfff4000000000042};
static const uint16_t halves[] = {0,      0x8000, 1,      0x03ff, 0x0400, 0x0401, 0x3bfe,
                                  0x3bff, 0x3c00, 0x3c01, 0xbe00, 0x4000, 0x57ff, 0x77ff,
                                  0x7bff, 0x7c00, 0xfc00, 0x7e12, 0xfe42, 0x7c01, 0xfd07};
/* nearest, plus, DN, FZ, FZ16, AHP, DN and minus, FZ and AHP */
static const uint64_t controls[] = {0,       1 << 22, 1 << 25,           1 << 24,
                                    1 << 19, 1 << 26, 1 << 25 | 2 << 22, 1 << 24 | 1 << 26};

static uint64_t digest;

static void add(const uint64_t r[2], uint64_t fpsr)
{
    digest = (digest ^ r[0]) * 0x9e3779b97f4a7c15;
    digest = (digest ^ r[1] ^ fpsr << 40) * 0x9e3779b97f4a7c15;
    digest ^= digest >> 29;
}

typedef void Fn(const void *n, const void *m, uint64_t r[2]);

/* v0, the addend, is n's lanes the other way round. */
#define FN(name, insn)                                                                             \
    static void name(const void *n, const void *m, uint64_t r[2])                                  \
    {                                                                                              \
        __asm__ volatile("ldr q1, [%0]\nldr q2, [%1]\nrev64 v0.8h, v1.8h\nrev64 v0.4s, v0.4s\n"    \
                         "ext v0.16b, v0.16b, v0.16b, #8\n" insn "\nstr q0, [%2]" ::"r"(n),        \
                         "r"(m), "r"(r)                                                            \
                         : "v0", "v1", "v2", "x9", "cc", "memory");                                \
    }

FN(fmulx_h, "fmulx v0.8h, v1.8h, v2.8h")
FN(fmulx_s, "fmulx v0.4s, v1.4s, v2.4s")
FN(fmulx_d, "fmulx v0.2d, v1.2d, v2.2d")
FN(fmulx_e, "fmulx s0, s1, v2.s[1]")
FN(frecps_h, "frecps v0.8h, v1.8h, v2.8h")
FN(frecps_s, "frecps v0.4s, v1.4s, v2.4s")
FN(frecps_d, "frecps d0, d1, d2")
FN(frsqrts_h, "frsqrts v0.4h, v1.4h, v2.4h")
FN(frsqrts_s, "frsqrts v0.4s, v1.4s, v2.4s")
FN(frsqrts_d, "frsqrts v0.2d, v1.2d, v2.2d")
FN(fmlal, "fmlal v0.4s, v1.4h, v2.4h")
FN(fmlsl2, "fmlsl2 v0.4s, v1.4h, v2.h[5]")
FN(fmla_h, "fmla v0.8h, v1.8h, v2.8h")
FN(fmls_h, "fmls h0, h1, v2.h[2]")
FN(fadd_h, "fadd v0.8h, v1.8h, v2.8h")
FN(fmul_h, "fmul v0.8h, v1.8h, v2.8h")
FN(fdiv_h, "fdiv v0.8h, v1.8h, v2.8h")
FN(fsqrt_h, "fsqrt v0.8h, v1.8h")
FN(fmin_h, "fmin v0.8h, v1.8h, v2.8h")
FN(fmaxnm_h, "fmaxnm v0.8h, v1.8h, v2.8h")
FN(fcmge_h, "fcmge v0.8h, v1.8h, v2.8h")
FN(fcvtas_h, "fcvtas v0.8h, v1.8h")
FN(frinta_h, "frinta v0.8h, v1.8h")
FN(frintx_h, "frintx v0.8h, v1.8h")
FN(fcvtl, "fcvtl v0.4s, v1.4h")
FN(fcvtn, "fcvtn v0.4h, v1.4s")
FN(fcvt_hd, "fcvt h0, d1")
FN(fcvt_dh, "fcvt d0, h1")
FN(fcmp_h, "fcmp h1, h2\nmrs x9, nzcv\nfmov d0, x9")
FN(fcvtzu_xh, "fcvtzu x9, h1\nfmov d0, x9")

#define S 4
#define D 8
#define H 2
static const struct {
    const char *name;
    Fn *fn;
    int size;
} fns[] = {
    {"fmulx h", fmulx_h, H},       {"fmulx s", fmulx_s, S},     {"fmulx d", fmulx_d, D},
    {"fmulx element", fmulx_e, S}, {"frecps h", frecps_h, H},   {"frecps s", frecps_s, S},
    {"frecps d", frecps_d, D},     {"frsqrts h", frsqrts_h, H}, {"frsqrts s", frsqrts_s, S},
    {"frsqrts d", frsqrts_d, D},   {"fmlal", fmlal, H},         {"fmlsl2", fmlsl2, H},
    {"fmla h", fmla_h, H},         {"fmls h", fmls_h, H},       {"fadd h", fadd_h, H},
    {"fmul h", fmul_h, H},         {"fdiv h", fdiv_h, H},       {"fsqrt h", fsqrt_h, H},
    {"fmin h", fmin_h, H},         {"fmaxnm h", fmaxnm_h, H},   {"fcmge h", fcmge_h, H},
    {"fcvtas h", fcvtas_h, H},     {"frinta h", frinta_h, H},   {"frintx h", frintx_h, H},
    {"fcvtl", fcvtl, H},           {"fcvtn", fcvtn, S},         {"fcvt h, d", fcvt_hd, D},
    {"fcvt d, h", fcvt_dh, H},     {"fcmp h", fcmp_h, H},       {"fcvtzu x, h", fcvtzu_xh, H}};

enum { N_S = sizeof singles / 4, N_D = sizeof doubles / 8, N_H = sizeof halves / 2 };

/* Lanes of one value, but for the one at `at`, which is another. */
static void fill(void *v, int size, unsigned k, unsigned other, unsigned at)
{
    for (unsigned i = 0; i < 16u / (unsigned)size; i++) {
        unsigned e = i == at % (16u / (unsigned)size) ? other : k;
        if (size == H)
            ((uint16_t *)v)[i] = halves[e];
        else if (size == S)
            ((uint32_t *)v)[i] = singles[e];
        else
            ((uint64_t *)v)[i] = doubles[e];
    }
}

static void all(unsigned f, uint64_t fpcr)
{
    int size = fns[f].size;
    unsigned n = size == H ? N_H : size == S ? N_S : N_D;
    for (unsigned a = 0; a < n; a++)
        for (unsigned b = 0; b < n; b++) {
            _Alignas(16) uint64_t x[2], y[2], r[2];
            uint64_t fpsr;
            fill(x, size, a, (a * 7 + b) % n, b);
            fill(y, size, b, (b * 5 + a) % n, a);
            __asm__ volatile("msr fpcr, %0\nmsr fpsr, xzr" ::"r"(fpcr));
            fns[f].fn(x, y, r);
            __asm__ volatile("mrs %0, fpsr\nmsr fpcr, xzr" : "=r"(fpsr));
            add(r, fpsr);
        }
}

int main(void)
{
    for (unsigned f = 0; f < sizeof fns / sizeof *fns; f++) {
        printf("%s:", fns[f].name);
        for (unsigned c = 0; c < sizeof controls / sizeof *controls; c++) {
            digest = 0;
            all(f, controls[c]);
            printf(" %08x", (unsigned)(digest >> 32));
        }
        printf("\n");
    }
    return 0;
}
