// guest: aarch64
// expect: 0 failures
/*
 * Conditional compares with a conditional branch behind them, in all
 * combinations of conditions and immediates, forward and back, of registers and
 * immediates, alone and with code between: where they lead and which flags they
 * leave. The random tests run no branches.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { N = 8, Z = 4, C = 2, V = 1 };
enum { RET = 0xd65f03c0, CODE_WORDS = 32 };

static int failures;
static uint32_t *code;

static int holds(unsigned cond, unsigned f)
{
    int r = cond >> 1 == 0   ? !!(f & Z)
            : cond >> 1 == 1 ? !!(f & C)
            : cond >> 1 == 2 ? !!(f & N)
            : cond >> 1 == 3 ? !!(f & V)
            : cond >> 1 == 4 ? f & C && !(f & Z)
            : cond >> 1 == 5 ? !(f & N) == !(f & V)
            : cond >> 1 == 6 ? !(f & N) == !(f & V) && !(f & Z)
                             : 1;
    return cond & 1 && cond != 15 ? !r : r;
}

/* Flags of a - b or a + b. */
static unsigned flags_of(uint64_t a, uint64_t b, int sub, int wide)
{
    uint64_t mask = wide ? ~0ull : 0xffffffff, sign = wide ? 1ull << 63 : 1u << 31;
    a &= mask;
    b = (sub ? ~b : b) & mask;
    unsigned __int128 sum = (unsigned __int128)a + b + sub;
    uint64_t r = (uint64_t)sum & mask;
    return (r & sign ? N : 0) | (r ? 0 : Z) | (sum >> (wide ? 64 : 32) ? C : 0) |
           (~(a ^ b) & (a ^ r) & sign ? V : 0);
}

typedef struct Case {
    unsigned sf, sub, cond, nzcv, branch, back, gap;
    unsigned chained, cond2, nzcv2; /* another one behind it */
} Case;

/* x0..x3: the operands of a compare and of the conditional one; 1 when the
 * branch was taken, flags in bits 31:28. */
static void assemble(const Case *c)
{
    uint32_t sf = c->sf << 31;
    uint32_t *at = code;
    uint32_t ccmp = sf | (c->sub ? 0x7a430040u : 0x3a430040u) & 0x7fffffff;
    *at++ = 0x14000004;                     /* b start */
    uint32_t *taken_back = at;              /* taken: */
    *at++ = 0xd53b4200;                     /* mrs x0, nzcv */
    *at++ = 0xb2400000;                     /* orr x0, x0, #1 */
    *at++ = RET;                            /* start: */
    *at++ = sf | 0x6b01001f;                /* cmp x0, x1 */
    *at++ = ccmp | c->cond << 12 | c->nzcv; /* ccmp x2, x3, #nzcv, cond */
    if (c->chained)                         /* ccmp x3, x0, #nzcv2, cond2 */
        *at++ = sf | 0x7a400060 | c->cond2 << 12 | c->nzcv2;
    if (c->gap)
        *at++ = 0xd503201f;
    uint32_t *b = at++;
    *at++ = 0xd53b4200; /* mrs x0, nzcv */
    *at++ = RET;
    uint32_t *target = c->back ? taken_back : at;
    *at++ = 0xd53b4200;
    *at++ = 0xb2400000;
    *at++ = RET;
    *b = 0x54000000 | ((uint32_t)(target - b) & 0x7ffff) << 5 | c->branch;
    __builtin___clear_cache((char *)code, (char *)at);
}

static void check(const Case *c, const uint64_t v[4])
{
    typedef uint64_t Fn(uint64_t, uint64_t, uint64_t, uint64_t);
    unsigned first = flags_of(v[0], v[1], 1, c->sf);
    unsigned f = holds(c->cond, first) ? flags_of(v[2], v[3], c->sub, c->sf) : c->nzcv;
    if (c->chained)
        f = holds(c->cond2, f) ? flags_of(v[3], v[0], 1, c->sf) : c->nzcv2;
    uint64_t want = (uint64_t)f << 28 | (unsigned)holds(c->branch, f);
    uint64_t got = ((Fn *)code)(v[0], v[1], v[2], v[3]);
    if (got != want && failures++ < 20)
        printf("ccm%c%u #%u, cond %u, %u #%u, cond %u, b.%u %s: %lx for %lx\n", c->sub ? 'p' : 'n',
               c->sf, c->nzcv, c->cond, c->chained, c->nzcv2, c->cond2, c->branch,
               c->back ? "back" : "forward", got, want);
}

static void combinations(void)
{
    static const uint64_t v[][4] = {{1, 1, 5, 5},
                                    {1, 2, 5, 5},
                                    {2, 1, 5, 6},
                                    {1, 1, 0x80000000, 1},
                                    {1, 2, ~0ull, 1},
                                    {~0ull, 1, 1ull << 63, 1ull << 63},
                                    {1ull << 63, 1, 0x7fffffff, ~0ull},
                                    {3, 3, 0, 0}};
    for (unsigned k = 0; k < 16 * 16 * 16; k++)
        for (unsigned how = 0; how < 4; how++) {
            Case c = {.cond = k & 15, .nzcv = k >> 4 & 15, .branch = k >> 8};
            c.sf = how & 1;
            c.sub = (k + k / 16 + how) % 3 != 0;
            c.back = how >> 1;
            c.gap = k % 11 == 0;
            c.chained = k % 3 == 1;
            c.cond2 = k * 7 / 5 & 15;
            c.nzcv2 = k * 11 / 3 & 15;
            assemble(&c);
            for (unsigned i = 0; i < sizeof v / sizeof *v; i++)
                check(&c, v[i]);
        }
}

/* A branch that is changed after its compare was translated. */
static void changed_branches(void)
{
    const uint64_t no[4] = {1, 2, 5, 5}, yes[4] = {1, 1, 5, 5};
    for (unsigned i = 0; i < 300; i++) {
        Case c = {.sf = 1,
                  .sub = 1,
                  .cond = 0,
                  .nzcv = i % 3 ? 0 : Z,
                  .branch = i & 1,
                  .back = i / 2 & 1};
        if (i % 5 == 0)
            c.nzcv = Z;
        assemble(&c);
        for (int k = 0; k < 5; k++) {
            check(&c, no);
            check(&c, yes);
        }
    }
}

/* Loops whose end is a conditional compare, as libc's strcmp has it. */
__attribute__((noinline)) static long find(const unsigned char *p, long n, unsigned stop)
{
    long i = 0;
    __asm__ volatile("1: ldrb w9, [%1, %0]\n"
                     "add %0, %0, #1\n"
                     "cmp %0, %2\n"
                     "ccmp w9, %w3, #4, lt\n" /* at the end as if it were found */
                     "b.ne 1b\n"
                     : "+r"(i)
                     : "r"(p), "r"(n), "r"(stop)
                     : "w9", "cc", "memory");
    return i;
}

__attribute__((noinline)) static long same(const unsigned char *p, const unsigned char *q)
{
    long i = 0;
    __asm__ volatile("1: ldrb w9, [%1, %0]\n"
                     "ldrb w10, [%2, %0]\n"
                     "add %0, %0, #1\n"
                     "cmp w9, #0\n"
                     "ccmp w9, w10, #0, ne\n"
                     "b.eq 1b\n"
                     : "+r"(i)
                     : "r"(p), "r"(q)
                     : "w9", "w10", "cc", "memory");
    return i - 1;
}

static void loops(void)
{
    static unsigned char p[600], q[600];
    for (int n = 1; n < 500; n += 7) {
        memset(p, 'x', sizeof p);
        memset(q, 'x', sizeof q);
        failures += find(p, n, 'y') != n;
        p[n / 2] = 'y';
        failures += find(p, n, 'y') != n / 2 + 1;
        p[n / 2] = 'x';
        p[n] = q[n] = 0;
        failures += same(p, q) != n;
        q[n / 3] = 'z';
        failures += same(p, q) != n / 3;
    }
}

int main(void)
{
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    combinations();
    changed_branches();
    loops();
    printf("%d failures\n", failures);
    return failures != 0;
}
