/*
 * memcpy, memmove, memset and memcmp with general registers alone: the compiler emits calls to
 * them even in freestanding code, and libc's use vector registers that belong to the guest.
 *
 * Small sizes take a few overlapping unaligned words; from REP_MIN bytes on the string
 * instructions win (fast short rep movsb).
 *
 *   memcpy(d, s, 13): words at 0 and at 5 (13-8), loaded before either is stored.
 */
#include "types.h"

typedef uint64_t U64u __attribute__((may_alias, aligned(1)));
typedef uint32_t U32u __attribute__((may_alias, aligned(1)));
typedef uint16_t U16u __attribute__((may_alias, aligned(1)));

enum { REP_MIN = 256 };

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* Up to 16 bytes; everything is loaded before anything is stored, so overlap is harmless. */
static inline void copy_small(char *d, const char *s, size_t n)
{
    if (n >= 8) {
        uint64_t a = *(const U64u *)s, b = *(const U64u *)(s + n - 8);
        *(U64u *)d = a;
        *(U64u *)(d + n - 8) = b;
    } else if (n >= 4) {
        uint32_t a = *(const U32u *)s, b = *(const U32u *)(s + n - 4);
        *(U32u *)d = a;
        *(U32u *)(d + n - 4) = b;
    } else if (n >= 2) {
        uint16_t a = *(const U16u *)s, b = *(const U16u *)(s + n - 2);
        *(U16u *)d = a;
        *(U16u *)(d + n - 2) = b;
    } else if (n) {
        *d = *s;
    }
}

static void copy_forward(char *d, const char *s, size_t n)
{
    uint64_t last0 = *(const U64u *)(s + n - 16), last1 = *(const U64u *)(s + n - 8);
    char *end = d + n;
    for (; n > 16; n -= 16, d += 16, s += 16) {
        uint64_t a = *(const U64u *)s, b = *(const U64u *)(s + 8);
        *(U64u *)d = a;
        *(U64u *)(d + 8) = b;
    }
    *(U64u *)(end - 16) = last0;
    *(U64u *)(end - 8) = last1;
}

static void copy_backward(char *d, const char *s, size_t n)
{
    uint64_t first0 = *(const U64u *)s, first1 = *(const U64u *)(s + 8);
    while (n > 16) {
        uint64_t a = *(const U64u *)(s + n - 8), b = *(const U64u *)(s + n - 16);
        *(U64u *)(d + n - 8) = a;
        *(U64u *)(d + n - 16) = b;
        n -= 16;
    }
    *(U64u *)d = first0;
    *(U64u *)(d + 8) = first1;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    if (n <= 16) {
        copy_small(dst, src, n);
        return dst;
    }
#if defined(__x86_64__)
    if (n >= REP_MIN) {
        void *d = dst;
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n) : : "memory");
        return dst;
    }
#endif
    copy_forward(dst, src, n);
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    if ((uintptr_t)dst - (uintptr_t)src >= n) {
        /* The copy may run upwards, but a string instruction is slow on a short distance. */
        if (n > 16 && (uintptr_t)src - (uintptr_t)dst < n)
            copy_forward(dst, src, n);
        else
            memcpy(dst, src, n);
    } else if (n <= 16) {
        copy_small(dst, src, n);
    } else {
        copy_backward(dst, src, n);
    }
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    char *d = dst;
    uint64_t v = (uint8_t)c * 0x0101010101010101u;
    if (n < 8) {
        for (; n; n--)
            *d++ = (char)c;
        return dst;
    }
#if defined(__x86_64__)
    if (n >= REP_MIN) {
        __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
        return dst;
    }
#endif
    char *end = d + n;
    for (; n > 8; n -= 8, d += 8)
        *(U64u *)d = v;
    *(U64u *)(end - 8) = v;
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;
    for (; n >= 8; n -= 8, p += 8, q += 8)
        if (*(const U64u *)p != *(const U64u *)q)
            break;
    for (; n; n--, p++, q++)
        if (*p != *q)
            return *p < *q ? -1 : 1;
    return 0;
}
