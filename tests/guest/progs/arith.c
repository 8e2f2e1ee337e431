/* 128-bit integers, divisions, shifts, bit tricks, saturation: random but fixed inputs. */
#include <stdint.h>
#include <stdio.h>

typedef unsigned __int128 u128;
typedef __int128 s128;

static uint64_t x = 88172645463325252ull, h = 1469598103934665603ull;

static uint64_t rnd(void)
{
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (x & 15) ? x : (x & 16 ? x >> 40 : ~0ull << (x & 31));
}

static void mix(uint64_t v)
{
    h = (h ^ v) * 1099511628211ull;
}

static void mix128(u128 v)
{
    mix((uint64_t) v);
    mix((uint64_t) (v >> 64));
}

int main(void)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t a = rnd(), b = rnd(), c = rnd() | 1;
        u128 p = (u128) a << 64 | b, q = (u128) c << (i & 63) | 1;
        s128 sp = (s128) p, sq = (s128) q;
        unsigned n = (unsigned) (rnd() & 127);
        mix128(p * q), mix128(p / q), mix128(p % q), mix128((u128) (sp / sq));
        mix128((u128) (sp % sq)), mix128(p << n), mix128(p >> n), mix128((u128) (sp >> n));
        mix(a / c), mix(a % c), mix((uint64_t) ((int64_t) a / (int64_t) c));
        mix((uint32_t) a / (uint32_t) c), mix((uint64_t) ((int32_t) a % (int32_t) (c | 1)));
        mix((uint64_t) __builtin_clzll(c)), mix((uint64_t) __builtin_ctzll(c));
        mix((uint64_t) __builtin_popcountll(a)), mix(__builtin_bswap64(a));
        mix(__builtin_bswap32((uint32_t) a)), mix(__builtin_bswap16((uint16_t) b));
        mix(a << (b & 63) | a >> (-b & 63)), mix((uint32_t) a << (b & 31) | (uint32_t) a >> (-b & 31));
        uint64_t r;
        int64_t sr;
        mix(__builtin_add_overflow(a, b, &r)), mix(r);
        mix(__builtin_mul_overflow((int64_t) a, (int64_t) b, &sr)), mix((uint64_t) sr);
        mix(__builtin_sub_overflow((int32_t) a, (int32_t) b, (int32_t *) &sr));
        mix((uint64_t) (p > q) | (uint64_t) (sp < sq) << 1 | (uint64_t) ((int64_t) a > (int64_t) b) << 2);
        mix((uint64_t) (int8_t) a), mix((uint64_t) (int16_t) a), mix((uint64_t) (int32_t) a);
        mix((a >> 5 & 0x3ff) | (b & 0x7f) << 20), mix((a & ~0xff00ull) | (b & 0xff) << 8);
    }
    printf("%016llx\n", (unsigned long long) h);
    return 0;
}
