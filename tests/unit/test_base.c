/*
 * translate/base: own mem functions, formatter, arena, interval tree, guest memory copies.
 * The mem functions are called through pointers so that the compiler cannot replace the calls.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "arena.h"
#include "guestmem.h"
#include "itree.h"
#include "log.h"

static void *(*volatile p_memcpy)(void *restrict, const void *restrict, size_t) = memcpy;
static void *(*volatile p_memmove)(void *, const void *, size_t) = memmove;
static void *(*volatile p_memset)(void *, int, size_t) = memset;
static int (*volatile p_memcmp)(const void *, const void *, size_t) = memcmp;

static void fill(uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(seed + i * 7 + (i >> 3));
}

static void expect_moved(size_t n, size_t from, size_t to, bool move)
{
    uint8_t got[1024], want[1024];
    fill(got, sizeof got, (unsigned)n);
    fill(want, sizeof want, (unsigned)n);
    uint8_t copy[1024];
    for (size_t i = 0; i < n; i++)
        copy[i] = want[from + i];
    for (size_t i = 0; i < n; i++)
        want[to + i] = copy[i];
    void *r = (move ? p_memmove : p_memcpy)(got + to, got + from, n);
    cr_assert_eq(r, got + to);
    for (size_t i = 0; i < sizeof got; i++)
        cr_assert_eq(got[i], want[i], "n=%zu from=%zu to=%zu at %zu", n, from, to, i);
}

Test(mem, copies_every_size)
{
    for (size_t n = 0; n <= 400; n++)
        expect_moved(n, 3, 510, false);
}

Test(mem, moves_overlapping)
{
    for (size_t n = 0; n <= 400; n += n < 40 ? 1 : 13)
        for (size_t d = 0; d <= 40; d++) {
            expect_moved(n, 100, 100 + d, true);
            expect_moved(n, 100 + d, 100, true);
        }
}

Test(mem, sets_exactly)
{
    for (size_t n = 0; n <= 400; n++) {
        uint8_t b[512];
        fill(b, sizeof b, 1);
        uint8_t before = b[9], after = b[10 + n];
        p_memset(b + 10, 0xa5, n);
        cr_assert(b[9] == before && b[10 + n] == after);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(b[10 + i], 0xa5);
    }
}

Test(mem, compares_by_first_difference)
{
    uint8_t a[64], b[64];
    for (size_t n = 1; n <= 40; n++)
        for (size_t at = 0; at < n; at++) {
            fill(a, sizeof a, 5);
            fill(b, sizeof b, 5);
            cr_assert_eq(p_memcmp(a, b, n), 0);
            a[at] = 0xfe;
            b[at] = 0x01;
            b[at + 1] = 0xff; /* later bytes must not matter */
            cr_assert(p_memcmp(a, b, n) > 0);
            cr_assert(p_memcmp(b, a, n) < 0);
        }
}

static void expect_text(const char *want, const char *fmt, ...)
{
    char buf[128];
    StrBuf sb = STRBUF_ON(buf);
    va_list ap;
    va_start(ap, fmt);
    sb_vprintf(&sb, fmt, ap);
    va_end(ap);
    cr_assert_str_eq(buf, want);
    cr_assert_eq(sb.len, strlen(want));
}

Test(log, formats)
{
    expect_text("a-5|  7|7  |007|-07", "%c%d|%3d|%-3d|%03d|%03d", 'a', -5, 7, 7, 7, -7);
    expect_text("ffffffffffffffff 4294967295", "%lx %u", -1l, -1);
    expect_text("-9223372036854775808 0", "%ld %zu", INT64_MIN, (size_t)0);
    expect_text("ab |  ab|abc|%|0x10", "%-3s|%4s|%.*s|%%|%p", "ab", "ab", 3, "abcdef", (void *)16);
    expect_text("(null)", "%s", (char *)NULL);
}

Test(log, cuts_off_at_capacity)
{
    char b[8] = "xxxxxxx";
    StrBuf sb = {b, 5, 0};
    sb_printf(&sb, "%d", 1234567);
    cr_assert_str_eq(b, "1234");
    cr_assert_eq(b[5], 'x');
    sb_puts(&sb, "more");
    cr_assert_eq(sb.len, 4);
}

Test(arena, allocates_aligned_until_full)
{
    Arena a;
    cr_assert(arena_init(&a, 65536));
    uint8_t *first = arena_alloc(&a, 1), *second = arena_alloc(&a, 100);
    cr_assert(first && second == first + 16);
    cr_assert_null(arena_alloc(&a, 65536 - 100));
    cr_assert_not_null(arena_alloc(&a, 65536 - 16 - 112));
    cr_assert_null(arena_alloc(&a, 1));
    cr_assert_null(arena_alloc(&a, SIZE_MAX));
    second[50] = 7;
    arena_reset(&a, 0);
    cr_assert_eq(arena_alloc(&a, 1), first);
    cr_assert_eq(second[50], 0, "pages past keep are given back");
    arena_free(&a);
    cr_assert_not(arena_init(&a, 0));
    cr_assert_not(arena_init(&a, SIZE_MAX));
}

enum { NODES = 300 };

/* Checks a query against a plain scan over the nodes that are in. */
static void expect_query(const ITree *t, ITreeNode *nodes, const bool *in, uint64_t s, uint64_t e)
{
    ITreeNode *n = itree_first(t, s, e), *last = NULL;
    int want = 0, got = 0;
    for (int i = 0; i < NODES; i++)
        want += in[i] && nodes[i].start < e && nodes[i].end > s;
    for (; n; last = n, n = itree_next(t, n, s, e), got++) {
        cr_assert(in[n - nodes] && n->start < e && n->end > s);
        cr_assert(!last || last->start < n->start || (last->start == n->start && last < n));
    }
    cr_assert_eq(got, want);
}

static int checked_height(const ITreeNode *n)
{
    if (!n)
        return 0;
    int l = checked_height(n->left), r = checked_height(n->right);
    cr_assert(l - r <= 1 && r - l <= 1, "balanced");
    return 1 + (l > r ? l : r);
}

Test(itree, agrees_with_a_scan)
{
    static ITreeNode nodes[NODES];
    static bool in[NODES];
    ITree t = {0};
    srand(1);
    for (int step = 0; step < 4000; step++) {
        int i = rand() % NODES;
        if (in[i]) {
            itree_remove(&t, &nodes[i]);
        } else {
            nodes[i].start = (uint64_t)(rand() % 1000);
            nodes[i].end = nodes[i].start + 1 + (uint64_t)(rand() % 30);
            itree_insert(&t, &nodes[i]);
        }
        in[i] = !in[i];
        uint64_t s = (uint64_t)(rand() % 1000);
        expect_query(&t, nodes, in, s, s + 1 + (uint64_t)(rand() % 60));
        checked_height(t.root);
    }
    for (int i = 0; i < NODES; i++)
        if (in[i])
            itree_remove(&t, &nodes[i]);
    cr_assert_null(t.root);
}

Test(itree, ascending_inserts_stay_shallow)
{
    static ITreeNode nodes[1024];
    ITree t = {0};
    for (uint64_t i = 0; i < 1024; i++) {
        nodes[i] = (ITreeNode){.start = i * 10, .end = i * 10 + 10};
        itree_insert(&t, &nodes[i]);
    }
    cr_assert_leq(t.root->height, 15);
    cr_assert_eq(itree_at(&t, 5119), &nodes[511]);
    cr_assert_null(itree_at(&t, 10240));
    cr_assert_null(itree_at(&t, UINT64_MAX));
}

static void on_fault(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    uint64_t to = gm_fixup((uint64_t)uc->uc_mcontext.gregs[REG_RIP]);
    (void)si;
    if (!to)
        _exit(99);
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)to;
    (void)sig;
}

/* One readable page with an inaccessible one behind it. */
static uint8_t *page_before_hole(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    uint8_t *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(p + 4096, 4096, PROT_NONE);
    return p;
}

Test(guestmem, copies_and_reports_faults)
{
    uint8_t *p = page_before_hole(), buf[1024];
    for (size_t n = 0; n <= 600; n++) {
        GuestAddr end = gm_addr(p + 4096);
        fill(buf, sizeof buf, (unsigned)n);
        cr_assert(gm_copy_out(end - n, buf, n));
        cr_assert_eq(memcmp(p + 4096 - n, buf, n), 0);
        memset(buf, 0, sizeof buf);
        cr_assert(gm_copy_in(buf, end - n, n));
        cr_assert_eq(memcmp(p + 4096 - n, buf, n), 0);
        cr_assert_not(gm_copy_in(buf, end - n, n + 1));
        cr_assert_not(gm_copy_out(end - n, buf, n + 1));
        cr_assert_not(gm_clear(end - n, n + 1));
        cr_assert(gm_clear(end - n, n));
        cr_assert(n == 0 || p[4095] == 0);
    }
}

/* Each length over the end of the page, both ways: what is done is done, what is left is told. */
Test(guestmem, moves_blocks_up_to_a_fault)
{
    uint8_t *p = page_before_hole(), *q = page_before_hole(), want[4096];
    for (size_t n = 0; n <= 1200; n += n < 80 ? 1 : 37) {
        for (size_t room = n > 40 ? n - 40 : 0; room <= n; room++) {
            fill(p, 4096, (unsigned)n);
            memset(q, 0, 4096);
            size_t left = gm_move(gm_addr(q + 4096 - room), gm_addr(p + 1), n, false);
            cr_assert(left >= n - room && left < n - room + 32);
            cr_assert_eq(memcmp(q + 4096 - room, p + 1, n - left), 0);
            left = gm_fill(gm_addr(q + 4096 - room), 0x5a, n);
            cr_assert(left >= n - room && left < n - room + 8);
            memset(want, 0x5a, n - left);
            cr_assert_eq(memcmp(q + 4096 - room, want, n - left), 0);
        }
        fill(p, 4096, (unsigned)n);
        memcpy(want, p + 100, n);
        cr_assert_eq(gm_move(gm_addr(p + 103), gm_addr(p + 100), n, true), 0);
        cr_assert_eq(memcmp(p + 103, want, n), 0);
        memcpy(want, p + 103, n);
        cr_assert_eq(gm_move(gm_addr(p + 100), gm_addr(p + 103), n, false), 0);
        cr_assert_eq(memcmp(p + 100, want, n), 0);
        cr_assert_eq(gm_move(gm_addr(q + 4096 - n), gm_addr(p), n + 64, true), n + 64);
    }
}

Test(guestmem, compares_and_swaps)
{
    uint8_t *p = page_before_hole();
    GuestAddr a = gm_addr(p);
    for (unsigned size = 1; size <= 8; size *= 2) {
        uint64_t old = 0x1122334455667788u & (~0ull >> (64 - 8 * size)), now = 0x99, wrong = 1;
        memset(p, 0x55, 16);
        memcpy(p, &old, size);
        cr_assert(gm_cas(a, size, &wrong, &now));
        cr_assert_eq(wrong, old);
        cr_assert(gm_cas(a, size, &old, &now));
        cr_assert(p[0] == 0x99 && p[size] == 0x55);
        cr_assert_not(gm_cas(a + 4096, size, &old, &now));
    }
    uint64_t pair[2] = {1, 2}, next[2] = {3, 4}, other[2] = {1, 9};
    memcpy(p, pair, 16);
    cr_assert(gm_cas(a, 16, other, next));
    cr_assert(other[0] == 1 && other[1] == 2 && memcmp(p, pair, 16) == 0);
    cr_assert(gm_cas(a, 16, pair, next));
    cr_assert_eq(memcmp(p, next, 16), 0);
    cr_assert_not(gm_cas(a + 4096, 16, pair, next));
    mprotect(p, 4096, PROT_READ);
    cr_assert_not(gm_cas(a, 16, next, next));
    cr_assert_not(gm_cas(a, 4, next, next));
}

Test(guestmem, refuses_kernel_addresses)
{
    uint8_t b[16];
    cr_assert_not(gm_copy_in(b, gm_limit, 1));
    cr_assert_not(gm_copy_in(b, UINT64_MAX - 4, 16));
    cr_assert_not(gm_range_ok(gm_limit - 8, 9));
    cr_assert(gm_range_ok(gm_limit - 8, 8));
    cr_assert_eq(gm_strlen(UINT64_MAX, 10), -EFAULT);
    cr_assert_eq(gm_fixup((uint64_t)(uintptr_t)&gm_fixup), 0);
}

Test(guestmem, strings)
{
    uint8_t *p = page_before_hole();
    char out[64];
    memset(p, 'x', 4096);
    GuestAddr s = gm_addr(p + 4090);
    cr_assert_eq(gm_strlen(s, 100), -EFAULT);
    cr_assert_eq(gm_strlen(s, 6), -ENAMETOOLONG);
    cr_assert_eq(gm_copy_str(out, s, sizeof out), -EFAULT);
    p[4095] = 0;
    cr_assert_eq(gm_strlen(s, 100), 5);
    cr_assert_eq(gm_strlen(s, 6), 5);
    cr_assert_eq(gm_strlen(s, 5), -ENAMETOOLONG);
    cr_assert_eq(gm_copy_str(out, s, sizeof out), 5);
    cr_assert_str_eq(out, "xxxxx");
}
