// guest: aarch64
// expect: MP+dmb.st+dmb.ld forbidden 0
// expect: MP+stlr+ldar forbidden 0
// expect: MP+stlr+ldapr forbidden 0
// expect: SB+dmbs forbidden 0
// expect: SB+stlr+ldar forbidden 0
// expect: SB+swpal forbidden 0
// expect: LB+ldar+stlr forbidden 0
// expect: 2+2W+dmbs forbidden 0
/*
 * Litmus tests of memory order on two threads, in lockstep rounds. Each prints how often the outcome
 * that the architecture forbids was seen. (IRIW needs four processors at once to mean anything.)
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { ROUNDS = 6000, SPINS = 20000 };
typedef struct Cell {
    volatile uint64_t v;
    char pad[120];
} Cell;
static Cell x, y, go[2], res[4];

#define LD(r, p)    __asm__ volatile("ldr %0, [%1]" : "=r"(r) : "r"(p) : "memory")
#define ST(p, v)    __asm__ volatile("str %0, [%1]" ::"r"((uint64_t) (v)), "r"(p) : "memory")
#define LDAR(r, p)  __asm__ volatile("ldar %0, [%1]" : "=r"(r) : "r"(p) : "memory")
#define LDAPR(r, p) __asm__ volatile(".arch armv8.3-a\nldapr %0, [%1]" : "=r"(r) : "r"(p) : "memory")
#define STLR(p, v)  __asm__ volatile("stlr %0, [%1]" ::"r"((uint64_t) (v)), "r"(p) : "memory")
#define SWPAL(p, v)                                                                                \
    __asm__ volatile(".arch armv8.1-a\nswpal %0, xzr, [%1]" ::"r"((uint64_t) (v)), "r"(p) : "memory")
#define DMB(k) __asm__ volatile("dmb " #k ::: "memory")

static void mp_dmb(int t)
{
    uint64_t a, b;
    if (t == 0) {
        ST(&x.v, 1);
        DMB(ishst);
        ST(&y.v, 1);
    } else {
        LD(a, &y.v);
        DMB(ishld);
        LD(b, &x.v);
        res[0].v = a, res[1].v = b;
    }
}

static void mp_stlr_ldar(int t)
{
    uint64_t a, b;
    if (t == 0) {
        ST(&x.v, 1);
        STLR(&y.v, 1);
    } else {
        LDAR(a, &y.v);
        LD(b, &x.v);
        res[0].v = a, res[1].v = b;
    }
}

static void mp_stlr_ldapr(int t)
{
    uint64_t a, b;
    if (t == 0) {
        ST(&x.v, 1);
        STLR(&y.v, 1);
    } else {
        LDAPR(a, &y.v);
        LD(b, &x.v);
        res[0].v = a, res[1].v = b;
    }
}

static void sb_dmb(int t)
{
    uint64_t a;
    ST(t ? &y.v : &x.v, 1);
    DMB(ish);
    LD(a, t ? &x.v : &y.v);
    res[t].v = a;
}

static void sb_stlr(int t)
{
    uint64_t a;
    STLR(t ? &y.v : &x.v, 1);
    LDAR(a, t ? &x.v : &y.v);
    res[t].v = a;
}

static void sb_swp(int t)
{
    uint64_t a;
    SWPAL(t ? &y.v : &x.v, 1);
    LDAR(a, t ? &x.v : &y.v);
    res[t].v = a;
}

static void lb(int t)
{
    uint64_t a;
    LDAR(a, t ? &y.v : &x.v);
    STLR(t ? &x.v : &y.v, 1);
    res[t].v = a;
}

static void w22(int t)
{
    ST(t ? &y.v : &x.v, 1);
    DMB(ish);
    ST(t ? &x.v : &y.v, 2);
}

static int bad_mp(void)
{
    return res[0].v == 1 && res[1].v == 0;
}
static int bad_sb(void)
{
    return res[0].v == 0 && res[1].v == 0;
}
static int bad_lb(void)
{
    return res[0].v == 1 && res[1].v == 1;
}
static int bad_w22(void)
{
    return x.v == 1 && y.v == 1;
}

static const struct Litmus {
    const char *name;
    void (*run)(int t);
    int (*bad)(void);
} tests[] = {{"MP+dmb.st+dmb.ld", mp_dmb, bad_mp},
             {"MP+stlr+ldar", mp_stlr_ldar, bad_mp},
             {"MP+stlr+ldapr", mp_stlr_ldapr, bad_mp},
             {"SB+dmbs", sb_dmb, bad_sb},
             {"SB+stlr+ldar", sb_stlr, bad_sb},
             {"SB+swpal", sb_swp, bad_sb},
             {"LB+ldar+stlr", lb, bad_lb},
             {"2+2W+dmbs", w22, bad_w22}};
enum { N = sizeof(tests) / sizeof(tests[0]) };
static volatile unsigned round_of[2];

static void meet(int t, unsigned n)
{
    __atomic_store_n(&go[t].v, n, __ATOMIC_SEQ_CST);
    for (unsigned spin = 0; __atomic_load_n(&go[!t].v, __ATOMIC_SEQ_CST) < n; spin++)
        if (spin > SPINS) /* the other one has no processor: leave it ours */
            usleep(1);
}

static void *thread(void *p)
{
    int t = (int) (intptr_t) p;
    unsigned n = 0;
    for (int k = 0; k < N; k++) {
        unsigned bad = 0;
        for (int i = 0; i < ROUNDS; i++) {
            if (t == 0)
                x.v = y.v = 0;
            meet(t, ++n);
            tests[k].run(t);
            meet(t, ++n);
            if (t == 0)
                bad += (unsigned) tests[k].bad();
        }
        if (t == 0)
            printf("%s forbidden %u\n", tests[k].name, bad);
    }
    return NULL;
}

int main(void)
{
    pthread_t b;
    pthread_create(&b, NULL, thread, (void *) 1);
    thread(NULL);
    pthread_join(b, NULL);
    return 0;
}
