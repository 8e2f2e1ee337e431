// guest: riscv64
// expect: 0 failures
/*
 * What no comparison of states can test on RV64: traps with their pc and si_addr, code that is
 * written and announced by fence.i, instructions that lie across a page's end, reservations, calls
 * through both link registers, counters.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "check.h"

enum { PAGE = 4096, A_NOP = 0x00000013, A_RET = 0x00008067 };

/* What the last signal said; the handler goes on `skip` bytes behind the instruction. */
static volatile struct {
    int signo, code;
    uint64_t addr, pc;
} last;
static volatile int skip;
static void *unlock; /* page to make executable in the handler */

static void handler(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    last.signo = sig;
    last.code = si->si_code;
    last.addr = (uint64_t)si->si_addr;
    last.pc = uc->uc_mcontext.__gregs[REG_PC];
    uc->uc_mcontext.__gregs[REG_PC] += skip;
    if (unlock)
        mprotect(unlock, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void catch_signals(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    const int sigs[] = {SIGILL, SIGTRAP, SIGBUS, SIGSEGV};
    for (unsigned i = 0; i < 4; i++)
        sigaction(sigs[i], &sa, NULL);
}

/* Runs `text`, one instruction at local label 1, and records where that is. */
#define TRAPS(bytes, text, ...)                                                                    \
    ({                                                                                             \
        uint64_t at_;                                                                              \
        skip = bytes;                                                                              \
        memset((void *)&last, 0, sizeof last);                                                     \
        __asm__ volatile(".option push\n.option norvc\nlla %0, 1f\n1: " text "\n.option pop"            \
                         : "=&r"(at_) : __VA_ARGS__ : "memory", "a0", "t0"); \
        at_;                                                                                       \
    })

static void illegal(uint64_t at)
{
    CHECK(last.signo == SIGILL && last.code == ILL_ILLOPC);
    CHECK(last.addr == at && last.pc == at);
}

static void traps(void)
{
    illegal(TRAPS(2, ".2byte 0"));                          /* c.unimp */
    illegal(TRAPS(4, ".4byte 0xc0001073"));                 /* unimp: csrrw zero, cycle, zero */
    illegal(TRAPS(4, ".4byte 0xffffffff"));
    illegal(TRAPS(2, ".2byte 0x9c00"));                     /* reserved in quadrant 0 */
    illegal(TRAPS(4, ".4byte 0x30002573"));                 /* csrr a0, mstatus */
    illegal(TRAPS(4, ".4byte 0x10500073"));                 /* wfi */
    illegal(TRAPS(4, ".4byte 0x0000705b"));                 /* custom-2 */
    uint64_t at = TRAPS(4, ".4byte 0x00100073");            /* ebreak */
    CHECK(last.signo == SIGTRAP && last.code == TRAP_BRKPT && last.pc == at && last.addr == at);
    at = TRAPS(2, ".2byte 0x9002");                         /* c.ebreak */
    CHECK(last.signo == SIGTRAP && last.code == TRAP_BRKPT && last.pc == at && last.addr == at);
}

/* Linux gives the pc of an atomic that is not aligned. */
static void misaligned(void)
{
    static uint64_t words[3] __attribute__((aligned(16)));
    char *p = (char *)words + 1;
    uint64_t at = TRAPS(4, "amoadd.w a0, a0, (%1)", "r"(p));
    CHECK(last.signo == SIGBUS && last.code == BUS_ADRALN && last.pc == at && last.addr == at);
    at = TRAPS(4, "lr.d a0, (%1)", "r"(p + 3));
    CHECK(last.signo == SIGBUS && last.code == BUS_ADRALN && last.pc == at && last.addr == at);
    at = TRAPS(4, "ld a0, (%1)", "r"(p));
    CHECK(last.signo == 0);
    at = TRAPS(4, "ld a0, (%1)", "r"(16ul));
    CHECK(last.signo == SIGSEGV && last.code == SEGV_MAPERR && last.pc == at && last.addr == 16);
}

static uint8_t *code_pages(int n)
{
    return mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
}

static void put(uint8_t *at, uint32_t insn)
{
    memcpy(at, &insn, 4);
}

static uint32_t li_a0(int v)
{
    return 0x513 | (uint32_t)v << 20;
}

static void written_code(void)
{
    uint8_t *p = code_pages(1);
    int (*f)(void) = (int (*)(void))p;
    for (int i = 0; i < 200; i++) {
        put(p, li_a0(i));
        put(p + 4, A_RET);
        __asm__ volatile("fence.i" ::: "memory");
        CHECK(f() == i);
    }
    put(p, 0x80820000 | (0x4501 + 4 * 5)); /* c.li a0, 5; c.jr ra */
    __builtin___clear_cache((char *)p, (char *)p + 4);
    CHECK(f() == 5);
}

/* addi a0, zero, n begins two bytes before a page's end. */
static void across_pages(void)
{
    uint8_t *p = code_pages(2), *at = p + PAGE - 2;
    int (*f)(void) = (int (*)(void))at;
    put(at, li_a0(77));
    put(at + 4, A_RET);
    CHECK(f() == 77);
    mprotect(p + PAGE, PAGE, PROT_NONE);
    skip = 0;
    unlock = p + PAGE;
    CHECK(f() == 77);
    CHECK(last.signo == SIGSEGV && last.code == SEGV_ACCERR);
    CHECK(last.pc == (uint64_t)at && last.addr == (uint64_t)p + PAGE);
    unlock = NULL;
    /* two mappings that differ, both executable */
    mprotect(p, PAGE, PROT_READ | PROT_EXEC);
    CHECK(f() == 77);
    /* the second half alone changes */
    at[3] = 0x01;
    __asm__ volatile("fence.i" ::: "memory");
    CHECK(f() == (77 & 15) + (1 << 4)); /* bits 31 to 24 of the word */
}

static uint64_t shared, amo_sum;
static int32_t word = -5;

static void *count(void *arg)
{
    for (int i = 0; i < 20000; i++) {
        __asm__ volatile("1: lr.d t0, (%0)\n addi t0, t0, 1\n sc.d t1, t0, (%0)\n bnez t1, 1b"
                         :
                         : "r"(&shared)
                         : "t0", "t1", "memory");
        __asm__ volatile("amoadd.d.aqrl zero, %1, (%0)" : : "r"(&amo_sum), "r"(3ul) : "memory");
    }
    return NULL;
}

static void reservations(void)
{
    pthread_t t[3];
    uint64_t fail, v;
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, count, NULL);
    count(NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    CHECK(shared == 80000 && amo_sum == 240000);
    __asm__ volatile("lr.w %0, (%2)\n sc.w %1, zero, (%2)" : "=&r"(v), "=&r"(fail) : "r"(&word) : "memory");
    CHECK((int64_t)v == -5 && fail == 0 && word == 0);
    __asm__ volatile("sc.w %0, %1, (%1)" : "=&r"(fail) : "r"(&word) : "memory");
    CHECK(fail != 0 && word == 0); /* a reservation serves once */
    __asm__ volatile("lr.w t0, (%1)\n sc.w %0, %1, (%2)"
                     : "=&r"(fail)
                     : "r"(&word), "r"(&amo_sum)
                     : "t0", "memory");
    CHECK(fail != 0 && amo_sum == 240000); /* and at its own address */
}

static void links(void)
{
    uint64_t a, b;
    __asm__ volatile("jal %0, 1f\n1: lla %1, 1b" : "=&r"(a), "=&r"(b));
    CHECK(a == b);
    /* call through t0, back through t0; an odd target loses its lowest bit */
    __asm__ volatile("li %0, 0\n jal t0, 1f\n addi %0, %0, 1\n j 2f\n"
                     "1: addi %0, %0, 10\n addi t0, t0, 1\n jr t0\n2:"
                     : "=&r"(a)
                     :
                     : "t0");
    CHECK(a == 11);
    /* coroutines: ra and t0 are exchanged */
    __asm__ volatile("li %0, 0\n lla t0, 1f\n jalr ra, t0\n addi %0, %0, 1\n mv t0, ra\n jalr ra, t0\n"
                     " addi %0, %0, 2\n j 2f\n"
                     "1: mv t0, ra\n addi %0, %0, 10\n jalr ra, t0\n addi %0, %0, 20\n jr ra\n2:"
                     : "=&r"(a)
                     :
                     : "t0", "ra");
    CHECK(a == 33);
    /* rd is the source: the target is read first */
    __asm__ volatile("lla ra, 1f\n jalr ra, ra\n1: lla %1, 1b\n mv %0, ra"
                     : "=&r"(a), "=&r"(b)
                     :
                     : "ra");
    CHECK(a == b);
}

static void counters(void)
{
    uint64_t t, u, v;
    __asm__ volatile("rdtime %0\n rdtime %1" : "=&r"(t), "=&r"(u));
    CHECK(u >= t);
    __asm__ volatile("rdcycle %0\n rdinstret %1\n rdcycle %2" : "=&r"(t), "=&r"(u), "=&r"(v));
    CHECK(v >= t);
}

int main(void)
{
    catch_signals();
    traps();
    misaligned();
    written_code();
    across_pages();
    reservations();
    links();
    counters();
    printf("%d failures\n", failures);
    return 0;
}
