/* Integer kernels, calls and indirect jumps. */
#include <stdlib.h>
#include <string.h>
#include "bench.h"

static uint64_t sieve(unsigned reps)
{
    enum { N = 1 << 19 };
    static uint8_t comp[N];
    uint64_t sum = 0;
    for (unsigned r = 0; r < reps * 7; r++) {
        memset(comp, 0, sizeof(comp));
        for (unsigned i = 2; i * i < N; i++)
            if (!comp[i])
                for (unsigned j = i * i; j < N; j += i)
                    comp[j] = 1;
        for (unsigned i = 2; i < N; i++)
            sum += comp[i] ? 0 : i;
    }
    return sum;
}

static __attribute__((noinline)) uint64_t fib(unsigned n)
{
    uint64_t s = 0;
    while (n > 2) {
        __asm__ volatile("" : "+r"(n));
        s += fib(n - 1);
        n -= 2;
    }
    return s + 1;
}

static uint64_t calls(unsigned reps)
{
    uint64_t s = 0;
    for (unsigned r = 0; r < reps; r++)
        s += fib(33 + (r & 1));
    return s;
}

static int cmp_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return x < y ? -1 : x > y;
}

static uint64_t sort(unsigned reps)
{
    enum { N = 100000 };
    static uint32_t v[N];
    uint64_t s = 1;
    for (unsigned r = 0; r < reps; r++) {
        uint32_t x = 12345 + r;
        for (unsigned i = 0; i < N; i++)
            v[i] = x = x * 1664525u + 1013904223u;
        qsort(v, N, sizeof(v[0]), cmp_u32);
        for (unsigned i = 0; i < N; i += 97)
            s = s * 31 + v[i];
    }
    return s;
}

/* A stack machine with a switch: one indirect jump an operation. */
static uint64_t interp(unsigned reps)
{
    enum { PUSH, ADD, XOR, DUP, SWAP, DROP, LOOP, ROT, END };
    static const uint8_t code[] = {PUSH, 3, DUP, ADD, XOR, DUP, PUSH, 17, SWAP, ROT, ADD, SWAP, DROP,
                                   LOOP, END};
    uint64_t total = 0;
    for (unsigned r = 0; r < reps; r++) {
        uint64_t st[64] = {r + 1, 7, 9}, count = 660000;
        unsigned sp = 3, pc = 0;
        for (;;) {
            switch (code[pc++]) {
            case PUSH:
                st[sp++ & 63] = code[pc++];
                break;
            case ADD:
                sp--;
                st[(sp - 1) & 63] += st[sp & 63];
                break;
            case XOR:
                sp--;
                st[(sp - 1) & 63] ^= st[sp & 63] << 1;
                break;
            case DUP:
                st[sp & 63] = st[(sp - 1) & 63];
                sp++;
                break;
            case SWAP: {
                uint64_t t = st[(sp - 1) & 63];
                st[(sp - 1) & 63] = st[(sp - 2) & 63];
                st[(sp - 2) & 63] = t;
                break;
            }
            case ROT:
                st[(sp - 1) & 63] = st[(sp - 1) & 63] >> 7 | st[(sp - 1) & 63] << 57;
                break;
            case DROP:
                sp--;
                break;
            case LOOP:
                if (--count)
                    pc = 0;
                break;
            default:
                goto out;
            }
        }
    out:
        total += st[(sp - 1) & 63];
    }
    return total;
}

#define ROR32(x, n) ((x) >> (n) | (x) << (32 - (n)))

static void sha256_block(uint32_t h[8], const uint32_t w0[16])
{
    static const uint32_t seed[8] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
                                     0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5};
    uint32_t w[64], s[8];
    memcpy(w, w0, 64);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (ROR32(a, 7) ^ ROR32(a, 18) ^ a >> 3) + w[i - 7] +
               (ROR32(b, 17) ^ ROR32(b, 19) ^ b >> 10);
    }
    memcpy(s, h, sizeof(s));
    for (int i = 0; i < 64; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t t1 = s[7] + (ROR32(e, 6) ^ ROR32(e, 11) ^ ROR32(e, 25)) +
                      ((e & s[5]) ^ (~e & s[6])) + seed[i & 7] * (uint32_t) (i + 1) + w[i];
        uint32_t t2 = (ROR32(a, 2) ^ ROR32(a, 13) ^ ROR32(a, 22)) +
                      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof(s[0]));
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

/* SHA-256's round function (with other constants) over a counter. */
static uint64_t sha256(unsigned reps)
{
    uint32_t h[8] = {1, 2, 3, 4, 5, 6, 7, 8}, w[16] = {0};
    for (unsigned r = 0; r < reps * 20000; r++) {
        w[r & 15] += h[r & 7];
        sha256_block(h, w);
    }
    return (uint64_t) h[0] << 32 | h[7];
}

static uint64_t lz(unsigned reps)
{
    enum { N = 1 << 17, HB = 14 };
    static uint8_t in[N + 16];
    static uint32_t head[1 << HB];
    uint32_t x = 99;
    for (unsigned i = 0; i < N; i++) {
        x = x * 1103515245u + 12345;
        in[i] = (x >> 16 & 31) > 6 && i > 300 ? in[i - 257 - (x >> 24 & 7)] : (uint8_t) (x >> 20);
    }
    uint64_t s = 0;
    for (unsigned r = 0; r < reps * 26; r++) {
        memset(head, 0, sizeof(head));
        for (unsigned i = 0; i + 8 < N;) {
            uint32_t k, len = 0;
            memcpy(&k, in + i, 4);
            uint32_t hash = k * 2654435761u >> (32 - HB), cand = head[hash];
            head[hash] = i;
            if (cand)
                while (len < 64 && i + len < N && in[cand + len] == in[i + len])
                    len++;
            s = s * 3 + len;
            i += len > 3 ? len : 1;
        }
    }
    return s;
}

static uint64_t crc(unsigned reps)
{
    static uint32_t t[256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
        t[i] = c;
    }
    uint32_t c = ~0u;
    for (uint32_t i = 0; i < reps * 5000000u; i++)
        c = t[(c ^ i) & 255] ^ c >> 8;
    return c;
}

static uint64_t div128(unsigned reps)
{
    uint64_t s = 1, d = 3;
    for (unsigned i = 0; i < reps * 3000000u; i++) {
        unsigned __int128 p = (unsigned __int128) s * 0x9e3779b97f4a7c15ull + i;
        s = (uint64_t) (p >> 64) ^ (uint64_t) p;
        d += s / (i | 1u) + s % 1000003u;
    }
    return d;
}

const Bench bench_int[] = {{"sieve", "integer", sieve},   {"qsort", "integer", sort},
                           {"sha256", "integer", sha256}, {"lz", "integer", lz},
                           {"crc32", "integer", crc},     {"div128", "integer", div128},
                           {"calls", "calls", calls},     {"interp", "calls", interp},
                           {0}};
