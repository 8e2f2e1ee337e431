/*
 * Which instructions the host has (cpuid), and narrower sets for tests.
 *
 * A narrower set is a level, then changes: "avx2,-fma" is what the host has of the level avx2
 * without FMA. Features are only taken away; what rests on a missing feature goes with it, so
 * "-avx" leaves neither avx2 nor avx512vl.
 */
#include "x64_internal.h"
#include "log.h"
#include <string.h>

enum { MAX_FAMILY_LEAF = 7 };

X64Cpuid x64_cpuid(uint32_t leaf, uint32_t sub)
{
    X64Cpuid r;
    __asm__("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "0"(leaf), "2"(sub));
    return r;
}

static bool bit(uint32_t w, unsigned n)
{
    return w >> n & 1;
}

static uint32_t xcr0(void)
{
    uint32_t lo, hi;
    __asm__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return lo;
}

HostFeatures x64_probe(void)
{
    HostFeatures f = {0};
    X64Cpuid one = x64_cpuid(1, 0), ext = x64_cpuid(0x80000001, 0), seven = {0};
    if (x64_cpuid(0, 0).a >= MAX_FAMILY_LEAF)
        seven = x64_cpuid(7, 0);
    uint32_t saved = bit(one.c, 27) ? xcr0() : 0;
    bool ymm = (saved & 6) == 6, zmm = ymm && (saved & 0xe0) == 0xe0;
    f.sse42 = bit(one.c, 20);
    f.popcnt = bit(one.c, 23);
    f.pclmul = bit(one.c, 1);
    f.aes = bit(one.c, 25);
    f.lzcnt = bit(ext.c, 5);
    f.avx = ymm && bit(one.c, 28);
    f.fma = f.avx && bit(one.c, 12);
    f.f16c = f.avx && bit(one.c, 29);
    f.bmi1 = bit(seven.b, 3);
    f.bmi2 = bit(seven.b, 8);
    f.avx2 = f.avx && bit(seven.b, 5);
    f.sha = bit(seven.b, 29);
    f.gfni = bit(seven.c, 8);
    /* F, DQ, BW and VL: what the 128-bit forms that the backend uses need */
    f.avx512vl =
        zmm && bit(seven.b, 16) && bit(seven.b, 17) && bit(seven.b, 30) && bit(seven.b, 31);
    return f;
}

/* ---- narrower sets ---- */

enum { LEVEL_SSE42, LEVEL_AVX2, LEVEL_AVX512 };

typedef enum Feature {
#define X(name) F_##name,
    HOST_FEATURES(X)
#undef X
        F_COUNT
} Feature;

_Static_assert(sizeof(HostFeatures) == F_COUNT * sizeof(bool), "HostFeatures is its list");

static const char names[F_COUNT][10] = {
#define X(name) #name,
    HOST_FEATURES(X)
#undef X
};

/* The lowest level that has the feature; none: LEVEL_SSE42. */
static const uint8_t level_of[F_COUNT] = {
    [F_lzcnt] = LEVEL_AVX2,      [F_bmi1] = LEVEL_AVX2,  [F_bmi2] = LEVEL_AVX2,
    [F_avx] = LEVEL_AVX2,        [F_avx2] = LEVEL_AVX2,  [F_fma] = LEVEL_AVX2,
    [F_f16c] = LEVEL_AVX2,       [F_aes] = LEVEL_AVX2,   [F_pclmul] = LEVEL_AVX2,
    [F_avx512vl] = LEVEL_AVX512, [F_sha] = LEVEL_AVX512, [F_gfni] = LEVEL_AVX512,
};

/* What the feature cannot do without; none: sse42, which is never taken away. */
static const uint8_t needs[F_COUNT] = {
    [F_avx2] = F_avx,
    [F_fma] = F_avx,
    [F_f16c] = F_avx,
    [F_avx512vl] = F_avx2,
};

static bool word_is(const char *word, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && name[i] && word[i] == name[i])
        i++;
    return i == n && !name[i];
}

static bool level_find(const char *word, size_t n, unsigned *level)
{
    static const char levels[][8] = {"sse42", "avx2", "avx512"};
    for (unsigned i = 0; i < ARRAY_LEN(levels); i++)
        if (word_is(word, n, levels[i])) {
            *level = i;
            return true;
        }
    return false;
}

static unsigned feature_find(const char *word, size_t n)
{
    unsigned f = 0;
    while (f < F_COUNT && !word_is(word, n, names[f]))
        f++;
    return f;
}

/* Takes away what rests on a feature that is not there; `needs` points to earlier features. */
static void close_down(bool *have)
{
    for (unsigned f = 0; f < F_COUNT; f++)
        have[f] &= have[needs[f]];
}

/* "+name" or "-name". */
static bool change_apply(const char *word, size_t n, const bool *host, bool *have)
{
    unsigned f = n > 1 ? feature_find(word + 1, n - 1) : F_COUNT;
    bool on = word[0] == '+';
    if (f == F_COUNT || f == F_sse42 || (!on && word[0] != '-'))
        return false;
    have[f] = on && host[f];
    return true;
}

static void explain(const char *word, size_t n, struct StrBuf *err)
{
    sb_printf(err, "cannot read '%.*s'; it is sse42, avx2 or avx512, then +x or -x, with x of",
              (int)n, word);
    for (unsigned f = F_sse42 + 1; f < F_COUNT; f++)
        sb_printf(err, " %s", names[f]);
}

bool x64_narrow(const char *spec, HostFeatures *out, struct StrBuf *err)
{
    bool host[F_COUNT], have[F_COUNT];
    unsigned level;
    memcpy(host, out, sizeof host);
    memcpy(have, out, sizeof have);
    for (bool first = true;; first = false) {
        size_t n = 0;
        while (spec[n] && spec[n] != ',')
            n++;
        if (first && level_find(spec, n, &level)) {
            for (unsigned f = 0; f < F_COUNT; f++)
                have[f] &= level_of[f] <= level;
        } else if (!change_apply(spec, n, host, have)) {
            explain(spec, n, err);
            return false;
        }
        if (!spec[n])
            break;
        spec += n + 1;
    }
    close_down(have);
    memcpy(out, have, sizeof have);
    return true;
}
