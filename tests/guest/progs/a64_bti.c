// guest: aarch64
// expect: 0 failures
/*
 * BTI: which computed branch may land on which instruction of a guarded page, and what a bad
 * landing looks like. On a CPU without it (-cpu cortex-a72) PROT_BTI is no protection.
 *
 * Branches stand in a page of their own and their targets in another; each can be guarded. What
 * must happen is computed from the manual's rules (DDI 0487, D8.4; BTypeNext in BR and BLR).
 * qemu-aarch64 7.2 agrees where pages are fresh; it does not notice that the guard of code it knows
 * changes.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PROT_GUARDED   0x10
#define HWCAP2_HAS_BTI (1ul << 17)
#define CODE           (PROT_READ | PROT_EXEC)

enum { PAGE = 4096, SLOT = 64, ROUNDS = 300 };
enum { BTI_C = 0xd503245f, BTI_J = 0xd503249f, BTI_JC = 0xd50324df, NOP = 0xd503201f };
enum { RET = 0xd65f03c0, MOV_X0_1 = 0xd2800020 };

static int failures, has_bti;
static uint32_t *branches, *targets;

#define CHECK(cond, ...)                                                                           \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            failures++;                                                                            \
            printf("line %d: %s: ", __LINE__, #cond);                                              \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

/* What the handler saw last; it makes the target return 3 to its caller. */
static volatile struct {
    int sig, code;
    uint64_t pc, addr, btype;
} seen;

static void on_signal(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    seen.sig = sig;
    seen.code = si->si_code;
    seen.addr = (uint64_t)si->si_addr;
    seen.pc = uc->uc_mcontext.pc;
    seen.btype = uc->uc_mcontext.pstate >> 10 & 3;
    uc->uc_mcontext.pc = uc->uc_mcontext.regs[30];
    uc->uc_mcontext.regs[0] = 3;
    uc->uc_mcontext.pstate &= ~0xc00ul;
}

static void guard(void *at, int on)
{
    CHECK(mprotect(at, PAGE, CODE | (on ? PROT_GUARDED : 0)) == 0, "%d", errno);
}

static void write_code(uint32_t *page, unsigned slot, const uint32_t *code, unsigned n)
{
    uint32_t *at = page + slot * SLOT / 4;
    memcpy(at, code, n * 4);
    __builtin___clear_cache((char *)at, (char *)(at + n));
}

/* ---- every branch to every landing ---- */

enum { BR_X9, BR_X16, BR_X17, BLR_X9, RET_X9, DIRECT, N_BRANCHES };
static const char *const branch_names[] = {"br x9", "br x16", "br x17", "blr x9", "ret x9", "b"};
static const struct {
    const char *name;
    uint32_t insn;
    uint8_t kinds; /* values of BTYPE that it accepts, a bit each */
} landings[] = {
    {"nop", NOP, 1},
    {"bti", 0xd503241f, 1},
    {"bti c", BTI_C, 1 | 2 | 4},
    {"bti j", BTI_J, 1 | 2 | 8},
    {"bti jc", BTI_JC, 15},
    {"paciasp", 0xd503233f, 1 | 2 | 4},
    {"pacibsp", 0xd503237f, 1 | 2 | 4},
    {"pacia1716", 0xd503211f, 1},
    {"xpaclri", 0xd50320ff, 1},
    {"brk", 0xd4200020, 15},
    {"mov", 0xaa0003e0, 1},
    {"bti + 8", 0xd503251f, 1},
};
enum { N_LANDINGS = sizeof landings / sizeof *landings, INSN_BRK = 9 };

static unsigned btype_of(unsigned branch, int guarded)
{
    switch (branch) {
    case BR_X9:
        return guarded ? 3 : 1;
    case BR_X16:
    case BR_X17:
        return 1;
    case BLR_X9:
        return 2;
    default:
        return 0;
    }
}

static uint32_t direct_b(const uint32_t *from, const uint32_t *to)
{
    return 0x14000000 | ((uint32_t)(to - from) & 0x3ffffff);
}

static void make_branches(void)
{
    static const uint32_t words[] = {0xd61f0120, 0xd61f0200, 0xd61f0220, 0xd63f0120, 0xd65f0120};
    for (unsigned k = 0; k < DIRECT; k++) {
        uint32_t code[] = {
            BTI_JC,     0xa9bf7bfd, 0xaa0003e9, 0xaa0003f0, 0xaa0003f1, 0x10000060,
            0xaa0003fe, words[k],   0xa8c17bfd, RET}; /* [5]: adr x0, .+12; mov x30, x0 */
        write_code(branches, k, code, sizeof code / 4);
    }
}

static void make_targets(void)
{
    for (unsigned k = 0; k < N_LANDINGS; k++) {
        /* where pointer authentication is on, the return address becomes itself again */
        uint32_t undo = k == 5 ? 0xd50323bf : k == 6 ? 0xd50323ff : NOP;
        uint32_t code[] = {landings[k].insn, undo, MOV_X0_1, RET};
        write_code(targets, k, code, 4);
    }
}

static uint32_t *map(unsigned pages)
{
    return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_pages(void)
{
    branches = map(1);
    targets = map(4);
    make_branches();
    make_targets();
    mprotect(branches, PAGE, CODE);
}

static long jump(unsigned branch, const uint32_t *to)
{
    typedef long Fn(const void *);
    return ((Fn *)(branches + branch * SLOT / 4))(to);
}

static void try_one(unsigned branch, unsigned landing, int from_guarded, int to_guarded)
{
    const uint32_t *to = targets + landing * SLOT / 4;
    unsigned btype = has_bti ? btype_of(branch, from_guarded) : 0;
    int lands = !to_guarded || !has_bti || landings[landing].kinds >> btype & 1;
    memset((void *)&seen, 0, sizeof seen);
    long r = jump(branch, to);
    const char *b = branch_names[branch], *l = landings[landing].name;
    if (!lands) {
        CHECK(r == 3 && seen.sig == SIGILL && seen.code == ILL_ILLOPC, "%s to %s: %ld, signal %d",
              b, l, r, seen.sig);
        CHECK(seen.pc == (uint64_t)to && seen.addr == (uint64_t)to, "%s to %s", b, l);
        CHECK(seen.btype == btype, "%s to %s: %lu for %u", b, l, seen.btype, btype);
    } else if (landing == INSN_BRK) {
        CHECK(r == 3 && seen.sig == SIGTRAP && seen.pc == (uint64_t)to, "%s: %ld", b, r);
    } else {
        CHECK(r == 1 && !seen.sig, "%s to %s, %d to %d: %ld, signal %d", b, l, from_guarded,
              to_guarded, r, seen.sig);
    }
}

static void all_pairs(void)
{
    for (int rep = 0; rep < 4; rep++)
        for (int g = 0; g < 4; g++) {
            if (rep < 2)
                make_pages();
            guard(branches, g & 1);
            guard(targets, g >> 1);
            for (unsigned b = 0; b < DIRECT; b++)
                for (unsigned l = 0; l < N_LANDINGS; l++)
                    try_one(b, l, g & 1, g >> 1);
        }
    guard(branches, 0);
    guard(targets, 0);
}

/* ---- guards that come and go, direct branches ---- */

static long call(const void *f)
{
    return ((long (*)(void))f)();
}

static void guards_change(void)
{
    const uint32_t *plain = targets, *pad = targets + 2 * SLOT / 4;
    for (int i = 0; i < ROUNDS; i++)
        CHECK(call(plain) == 1 && call(pad) == 1, "%d", i);
    for (int k = 0; k < 3; k++) {
        guard(targets, 1);
        for (int i = 0; i < ROUNDS; i++)
            CHECK(call(plain) == (has_bti ? 3 : 1) && call(pad) == 1, "%d", i);
        guard(targets, 0);
        for (int i = 0; i < ROUNDS; i++)
            CHECK(call(plain) == 1, "%d", i);
    }
    /* protection without the bit takes the guard away, for all of a new mapping too */
    guard(targets, 1);
    mprotect(targets, PAGE, PROT_READ);
    guard(targets, 0);
    CHECK(call(plain) == 1, "-");
}

/* Code that is reached by b, bl and ret, and by blr in between. */
static void direct_branches(void)
{
    uint32_t *page = targets + PAGE / 4, *f = page + 64, *g = page + 128;
    uint32_t at_f[] = {MOV_X0_1, RET};
    uint32_t at_g[] = {BTI_C, 0xa9bf7bfd, 0x94000000 | ((uint32_t)(f - (g + 2)) & 0x3ffffff),
                       0xa8c17bfd, RET};
    uint32_t at_h[] = {BTI_C, direct_b(page + 193, f)};
    guard(page, 0);
    mprotect(page, PAGE, PROT_READ | PROT_WRITE);
    memcpy(f, at_f, sizeof at_f);
    memcpy(g, at_g, sizeof at_g);
    memcpy(page + 192, at_h, sizeof at_h);
    guard(page, 1);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(call(g) == 1 && call(page + 192) == 1, "%d", i);
        if (i % 7 == 0)
            CHECK(call(f) == (has_bti ? 3 : 1), "%d", i);
    }
}

/* One branch to many targets: more than an inline cache holds. */
static void many_targets(void)
{
    static const uint8_t good[] = {2, 5, 6, 4};
    guard(targets, 1);
    guard(branches, 1);
    for (int i = 0; i < ROUNDS * 10; i++) {
        CHECK(jump(BLR_X9, targets + good[i & 3] * SLOT / 4) == 1, "%d", i);
        if (i % 50 == 0)
            try_one(BLR_X9, (unsigned)(i / 50) % N_LANDINGS, 1, 1);
        /* returns to anywhere do not open the way for calls */
        if (i % 9 == 0)
            CHECK(jump(RET_X9, targets) == 1, "%d", i);
    }
    guard(targets, 0);
    guard(branches, 0);
}

/* ---- signals ---- */

static volatile int handled;

static void note_handled(void)
{
    handled++;
}

/* A handler in a guarded page is entered as by blr. */
static void handlers(void)
{
    static void (*note)(void) = note_handled;
    uint64_t fn = (uint64_t)&note;
    static const uint32_t pads[] = {NOP, BTI_C, BTI_J, BTI_JC};
    uint32_t *page = targets + 2 * PAGE / 4;
    mprotect(page, PAGE, PROT_READ | PROT_WRITE);
    for (unsigned k = 0; k < 4; k++) {
        uint32_t code[] = {pads[k], 0x58000089 /* ldr x9, .+16 */, 0xf9400129, 0xd61f0120, NOP};
        memcpy(page + 64 * k, code, sizeof code);
        memcpy(page + 64 * k + 5, &fn, 8);
    }
    guard(page, 1);
    for (int i = 0; i < 40; i++) {
        unsigned k = (unsigned)i & 3;
        int lands = !has_bti || k == 1 || k == 3;
        struct sigaction sa = {.sa_flags = SA_NODEFER};
        sa.sa_handler = (void (*)(int))(page + 64 * k);
        sigaction(SIGUSR1, &sa, NULL);
        memset((void *)&seen, 0, sizeof seen);
        handled = 0;
        raise(SIGUSR1);
        CHECK(handled == lands, "handler %u", k);
        CHECK(lands ? !seen.sig : seen.sig == SIGILL && seen.btype == 2, "handler %u", k);
        CHECK(lands || seen.pc == (uint64_t)(page + 64 * k), "handler %u", k);
    }
}

/* sigreturn brings back what the frame says. */
static uint64_t go_to, go_btype;

static void redirect(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    CHECK((uc->uc_mcontext.pstate & 0xc00) == 0, "%llx", uc->uc_mcontext.pstate);
    uc->uc_mcontext.regs[30] = uc->uc_mcontext.pc;
    uc->uc_mcontext.pc = go_to;
    uc->uc_mcontext.pstate |= go_btype << 10;
}

__attribute__((noinline)) static long raise_and_go(void)
{
    register long x0 __asm__("x0") = getpid();
    register long x1 __asm__("x1") = SIGUSR2;
    register long x8 __asm__("x8") = 129; /* kill */
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "x30", "memory");
    return x0;
}

static void sigreturns(void)
{
    struct sigaction sa = {.sa_sigaction = redirect, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR2, &sa, NULL);
    for (int g = 0; g < 2; g++) {
        guard(targets, g);
        for (unsigned l = 0; l < N_LANDINGS; l++)
            for (go_btype = 0; go_btype < 4; go_btype++) {
                int lands = !g || !has_bti || landings[l].kinds >> go_btype & 1;
                if (l == INSN_BRK)
                    continue;
                go_to = (uint64_t)(targets + l * SLOT / 4);
                memset((void *)&seen, 0, sizeof seen);
                long r = raise_and_go();
                CHECK(r == (lands ? 1 : 3), "%s, %lu: %ld", landings[l].name, go_btype, r);
                CHECK(lands || seen.btype == go_btype, "%s, %lu: %lu", landings[l].name, go_btype,
                      seen.btype);
            }
    }
    guard(targets, 0);
}

/* A jump to where nothing is executable tells how it came there. */
static void to_nowhere(void)
{
    mprotect(targets + 3 * PAGE / 4, PAGE, PROT_READ);
    for (int i = 0; i < 20; i++)
        for (unsigned b = 0; b < DIRECT; b++) {
            const uint32_t *to = targets + 3 * PAGE / 4;
            memset((void *)&seen, 0, sizeof seen);
            CHECK(jump(b, to) == 3 && seen.sig == SIGSEGV && seen.code == SEGV_ACCERR, "%d",
                  seen.sig);
            CHECK(seen.btype == (has_bti ? btype_of(b, 0) : 0), "%s: %lu", branch_names[b],
                  seen.btype);
        }
}

/* ---- threads ---- */

static volatile int stop;

static void *calls(void *arg)
{
    volatile long *n = arg; /* rounds, rounds that went wrong */
    while (!stop) {
        n[1] += jump(BLR_X9, targets + 2 * SLOT / 4) != 1;
        n[1] += jump(BR_X16, targets + 3 * SLOT / 4) != 1;
        n[0]++;
    }
    return NULL;
}

static void threads(void)
{
    pthread_t t[2];
    volatile long n[2][2] = {0};
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, calls, (void *)n[i]);
    for (int i = 0; i < 50 || n[0][0] < 50 || n[1][0] < 50; i++) {
        guard(targets, i & 1);
        guard(branches, i >> 1 & 1);
        CHECK(jump(BLR_X9, targets) == (i & 1 && has_bti ? 3 : 1), "%d", i);
        usleep(200);
    }
    stop = 1;
    for (int i = 0; i < 2; i++) {
        pthread_join(t[i], NULL);
        CHECK(n[i][1] == 0, "%ld of %ld", n[i][1], n[i][0]);
    }
    guard(targets, 0);
    guard(branches, 0);
}

/* A child has its parent's guards. */
static void forks(void)
{
    guard(targets, 1);
    pid_t child = fork();
    if (child == 0)
        _exit(call(targets) == (has_bti ? 3 : 1) && call(targets + 2 * SLOT / 4) == 1 ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0, "%x", status);
    guard(targets, 0);
}

/* mmap ignores the bit where it means nothing, mprotect does not. */
static void unknown_bits(void)
{
    void *p = mmap(NULL, PAGE, CODE | PROT_GUARDED, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED, "%d", errno);
    CHECK(mprotect(p, PAGE, CODE | 0x40) == -1 && errno == EINVAL, "%d", errno);
    int r = mprotect(p, PAGE, PROT_READ | PROT_GUARDED);
    CHECK(has_bti ? r == 0 : r == -1 && errno == EINVAL, "%d", errno);
    munmap(p, PAGE);
}

int main(void)
{
    int sigs[] = {SIGILL, SIGTRAP, SIGSEGV};
    static char altstack[65536];
    stack_t ss = {.ss_sp = altstack, .ss_size = sizeof altstack};
    sigaltstack(&ss, NULL);
    has_bti = (getauxval(AT_HWCAP2) & HWCAP2_HAS_BTI) != 0;
    for (int i = 0; i < 3; i++) {
        struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigaction(sigs[i], &sa, NULL);
    }
    unknown_bits();
    make_pages();
    if (has_bti) {
        all_pairs();
        guards_change();
        direct_branches();
        many_targets();
        handlers();
        sigreturns();
        threads();
        forks();
    }
    to_nowhere();
    printf("%d failures\n", failures);
    return failures != 0;
}
