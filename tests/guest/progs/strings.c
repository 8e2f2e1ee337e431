/*
 * libc's string and memory functions against loops of bytes: every alignment, lengths around the
 * widths of vectors and well past them, and strings that end right before a page that is not there.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, SPAN = 2 * PAGE, ALIGNS = 33 };

static int failures;
static uint64_t digest = 14695981039346656037u;
static const int lengths[] = {0,  1,  2,  3,  7,  8,  9,  15, 16,  17,  23,  31,  32,  33,
                              47, 48, 63, 64, 65, 95, 96, 97, 127, 128, 129, 255, 256, 1000};
enum { N_LENGTHS = sizeof lengths / sizeof *lengths };
#define NOT_INLINE(f) ((__typeof__(&f))hide((void *)f))

/* What gcc cannot see through, so that libc's own function is called. */
static void *hide(void *p)
{
    __asm__ volatile("" : "+r"(p));
    return p;
}

static void note(const char *what, long got, long want, int align, int n)
{
    digest = (digest ^ (uint64_t)want) * 1099511628211u;
    if (got == want)
        return;
    failures++;
    printf("%s, alignment %d, length %d: %ld for %ld\n", what, align, n, got, want);
}

/* Two pages that end where nothing is mapped. */
static char *window(void)
{
    char *p = mmap(NULL, SPAN + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(p + SPAN, PAGE);
    return p;
}

static char *left, *right;

static void fill(char *p, int n, unsigned seed)
{
    for (int i = 0; i < n; i++) {
        seed = seed * 1103515245 + 12345;
        p[i] = (char)(seed >> 16 & 0xff ? seed >> 16 & 0xff : 1);
    }
}

/* s has n bytes that are not zero, then a zero; it begins anywhere or ends at the edge. */
static void search(char *s, int align, int n)
{
    int at = n * 2 / 3;
    char c = '#';
    fill(s, n, (unsigned)(n + align));
    for (int i = 0; i < n; i++)
        s[i] = s[i] == c ? '+' : s[i];
    s[n] = 0;
    note("strlen", (long)NOT_INLINE(strlen)(s), n, align, n);
    note("strnlen", (long)NOT_INLINE(strnlen)(s, (size_t)at), at, align, n);
    note("strnlen of more", (long)NOT_INLINE(strnlen)(s, (size_t)n + 50), n, align, n);
    note("rawmemchr", (char *)NOT_INLINE(rawmemchr)(s, 0) - s, n, align, n);
    note("memchr of none", NOT_INLINE(memchr)(s, c, (size_t)n + 1) != NULL, 0, align, n);
    note("strchr of none", (void *)NOT_INLINE(strchr)(s, c) != NULL, 0, align, n);
    note("strchrnul of none", NOT_INLINE(strchrnul)(s, c) - s, n, align, n);
    note("strrchr of 0", NOT_INLINE(strrchr)(s, 0) - s, n, align, n);
    if (!n)
        return;
    s[at] = c;
    note("memchr", (char *)NOT_INLINE(memchr)(s, c, (size_t)n) - s, at, align, n);
    note("memchr ends before", NOT_INLINE(memchr)(s, c, (size_t)at) != NULL, 0, align, n);
    note("memchr of everything", (char *)NOT_INLINE(memchr)(s, c, SIZE_MAX) - s, at, align, n);
    note("memrchr", (char *)NOT_INLINE(memrchr)(s, c, (size_t)n) - s, at, align, n);
    note("strchr", NOT_INLINE(strchr)(s, c) - s, at, align, n);
    note("strchrnul", NOT_INLINE(strchrnul)(s, c) - s, at, align, n);
    s[at / 2] = c;
    note("strrchr", NOT_INLINE(strrchr)(s, c) - s, at, align, n);
    int first = 0;
    while (s[first] != c && s[first] != '~')
        first++;
    note("strcspn", (long)NOT_INLINE(strcspn)(s, "#~"), first, align, n);
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

/* Strings of n bytes that differ at one place. */
static void compare(char *a, char *b, int align, int n)
{
    fill(a, n, (unsigned)n);
    memcpy(b, a, (size_t)n);
    a[n] = b[n] = 0;
    note("strcmp of equals", sign(NOT_INLINE(strcmp)(a, b)), 0, align, n);
    note("memcmp of equals", sign(NOT_INLINE(memcmp)(a, b, (size_t)n)), 0, align, n);
    for (int k = 0; k < 3 && n; k++) {
        int at = k == 0 ? 0 : k == 1 ? n / 2 : n - 1;
        char was = b[at];
        b[at] = was == 'x' ? 'y' : 'x';
        int want = sign((unsigned char)a[at] - (unsigned char)b[at]);
        note("strcmp", sign(NOT_INLINE(strcmp)(a, b)), want, align, n);
        note("strncmp", sign(NOT_INLINE(strncmp)(a, b, (size_t)n + 9)), want, align, n);
        note("strncmp ends before", sign(NOT_INLINE(strncmp)(a, b, (size_t)at)), 0, align, n);
        note("memcmp", sign(NOT_INLINE(memcmp)(a, b, (size_t)n)), want, align, n);
        b[at] = 0;
        note("strcmp of a shorter one", sign(NOT_INLINE(strcmp)(a, b)), 1, align, n);
        b[at] = was;
    }
}

static long sum(const char *p, int n)
{
    long r = 0;
    for (int i = 0; i < n; i++)
        r = r * 31 + (unsigned char)p[i];
    return r;
}

/* Copies touch nothing beside their target. */
static void copy(char *to, const char *from, int align, int n)
{
    char *end;
    fill((char *)from, n, (unsigned)(n * 7 + align));
    ((char *)from)[n] = 0;
    long want = sum(from, n);
    memset(to - 16, '=', (size_t)n + 16 + 1);
    note("memcpy", sum(NOT_INLINE(memcpy)(to, from, (size_t)n), n), want, align, n);
    note("memcpy's end", to[n] == '=' && to[-1] == '=', 1, align, n);
    memset(to, '=', (size_t)n + 1);
    note("strcpy", sum(NOT_INLINE(strcpy)(to, from), n), want, align, n);
    note("strcpy's end", to[n] == 0 && to[-1] == '=', 1, align, n);
    memset(to, '=', (size_t)n + 1);
    end = NOT_INLINE(stpcpy)(to, from);
    note("stpcpy", end - to, n, align, n);
    note("stpcpy's bytes", sum(to, n), want, align, n);
    memset(to, '=', (size_t)n + 1);
    end = NOT_INLINE(mempcpy)(to, from, (size_t)n);
    note("mempcpy", end - to + sum(to, n), n + want, align, n);
    NOT_INLINE(memset)(to, align, (size_t)n);
    for (int i = 0; i < n; i++)
        end = to[i] == align ? end : NULL;
    note("memset", end != NULL && to[-1] == '=' && to[n] == '=', 1, align, n);
}

/* Overlapping moves both ways. */
static void move(int align, int n)
{
    static char a[4096], b[4096];
    for (int shift = -40; shift <= 40; shift += 8 + (align & 7)) {
        fill(a, sizeof a, (unsigned)(align + n));
        memcpy(b, a, sizeof a);
        char *to = a + 1024 + align + shift, *from = a + 1024 + align;
        if (shift > 0)
            for (int i = n; i-- > 0;)
                b[to - a + i] = b[from - a + i];
        else
            for (int i = 0; i < n; i++)
                b[to - a + i] = b[from - a + i];
        NOT_INLINE(memmove)(to, from, (size_t)n);
        note("memmove", sum(a, sizeof a), sum(b, sizeof b), align, n);
    }
}

/* Loops that gcc makes vectors of. */
__attribute__((noinline)) static long count_bytes(const char *p, int n, char c)
{
    long r = 0;
    for (int i = 0; i < n; i++)
        r += p[i] == c;
    return r;
}

__attribute__((noinline)) static void upper(char *p, int n)
{
    for (int i = 0; i < n; i++)
        p[i] = (char)(p[i] >= 'a' && p[i] <= 'z' ? p[i] - 32 : p[i]);
}

static void loops(char *s, int align, int n)
{
    long want = 0;
    fill(s, n, (unsigned)(n ^ align));
    for (int i = 0; i < n; i++) {
        want += s[i] == 'e';
        __asm__ volatile("" : : : "memory");
    }
    note("count", count_bytes(s, n, 'e'), want, align, n);
    want = 0;
    for (int i = 0; i < n; i++) {
        want = want * 31 + (unsigned char)(s[i] >= 'a' && s[i] <= 'z' ? s[i] - 32 : s[i]);
        __asm__ volatile("" : : : "memory");
    }
    upper(s, n);
    note("upper", sum(s, n), want, align, n);
}

int main(void)
{
    left = window();
    right = window();
    for (int k = 0; k < N_LENGTHS; k++)
        for (int align = 0; align < ALIGNS; align++) {
            int n = lengths[k], at_edge = SPAN - 1 - n;
            int other = (align * 7 + 3) % ALIGNS;
            search(left + 64 + align, align, n);
            search(left + at_edge, align, n);
            compare(left + 64 + align, right + 64 + other, align, n);
            compare(left + at_edge, right + 64 + align, align, n);
            compare(left + 64 + align, right + at_edge, align, n);
            copy(right + 64 + align, left + 64 + other, align, n);
            copy(right + at_edge, left + 64 + align, align, n);
            copy(right + 64 + align, left + at_edge, align, n);
            move(align, n);
            loops(left + 64 + align, align, n);
            loops(left + at_edge, align, n);
        }
    printf("%d failures, %016lx\n", failures, (unsigned long)digest);
    return failures != 0;
}
