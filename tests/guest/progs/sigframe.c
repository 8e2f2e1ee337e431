// guest: aarch64
// expect: registers in the frame 1
// expect: vectors in the frame 1
// expect: no esr without a fault 1
// expect: fault frame 1 esr 92000046 addr 1
// expect: handler changes registers 1 vectors 1 flags 1
// expect: pc changed 1
// expect: frame record 1 trampoline 1 aligned 1
// expect: fpsr 13 restored 1
// expect: bad frame 11
// expect: alignment 7 1
/* AArch64's signal frame, field by field, as arch/arm64/kernel/signal.c writes it. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

typedef struct Head {
    uint32_t magic, size;
} Head;

static volatile int ok, ok2, vectors_ok, no_esr;
static volatile uint64_t saved, saved2;

static char *record(ucontext_t *uc, uint32_t magic)
{
    char *p = (char *) uc->uc_mcontext.__reserved;
    for (;;) {
        Head *h = (Head *) p;
        if (h->magic == magic)
            return p;
        if (!h->magic)
            return NULL;
        p += h->size;
    }
}

static void install(int sig, void (*f)(int, siginfo_t *, void *))
{
    struct sigaction sa = { .sa_sigaction = f, .sa_flags = SA_SIGINFO };
    sigaction(sig, &sa, NULL);
}

static void see_registers(int sig, siginfo_t *si, void *p)
{
    ucontext_t *uc = p;
    ok = uc->uc_mcontext.regs[9] == 0x123456789abcdef0 && uc->uc_mcontext.regs[10] == 10 &&
         (uc->uc_mcontext.pstate & 0xf0000000) == 0x60000000 && uc->uc_link == NULL &&
         uc->uc_flags == 0 && uc->uc_mcontext.pc != 0;
    Head *fp = (Head *) record(uc, 0x46508001);
    uint64_t *v = (uint64_t *) ((char *) fp + 16);
    vectors_ok = fp && fp->size == 528 && v[2 * 9] == 0x1111111111111111 &&
          v[2 * 9 + 1] == 0x2222222222222222 && v[2 * 31] == 0x3333333333333333;
    no_esr = record(uc, 0x45535201) == NULL;
}

/* Sets registers, raises a signal with tgkill by hand, so that nothing is lost in between. */
static void raise_with_registers(int sig)
{
    register long x0 __asm__("x0") = getpid();
    register long x1 __asm__("x1") = gettid();
    register long x2 __asm__("x2") = sig;
    register long x8 __asm__("x8") = 131;
    uint64_t nine = 0x123456789abcdef0, a = 0x1111111111111111, b = 0x2222222222222222,
             c = 0x3333333333333333, out9, outv, outf;
    __asm__ volatile("mov x9, %[nine]\n mov x10, #10\n"
                     "ins v9.d[0], %[a]\n ins v9.d[1], %[b]\n dup v31.2d, %[c]\n"
                     "cmp x10, #10\n"
                     "svc #0\n"
                     "mov %[out9], x9\n umov %[outv], v9.d[1]\n mrs %[outf], nzcv\n"
                     : [out9] "=&r"(out9), [outv] "=&r"(outv), [outf] "=&r"(outf), "+r"(x0)
                     : [nine] "r"(nine), [a] "r"(a), [b] "r"(b), [c] "r"(c), "r"(x1), "r"(x2),
                       "r"(x8)
                     : "x9", "x10", "v9", "v31", "memory", "cc");
    saved = out9;
    saved2 = outv;
    ok2 = outf == 0x90000000;
}

static void change_registers(int sig, siginfo_t *si, void *p)
{
    ucontext_t *uc = p;
    uint64_t *v = (uint64_t *) (record(uc, 0x46508001) + 16);
    uc->uc_mcontext.regs[9] = 99;
    uc->uc_mcontext.pstate = 0x90000000;
    v[2 * 9 + 1] = 77;
}

static void see_fault(int sig, siginfo_t *si, void *p)
{
    ucontext_t *uc = p;
    char *esr = record(uc, 0x45535201);
    ok = sig == SIGSEGV && si->si_addr == (void *) 0x10 && si->si_code == SEGV_MAPERR && esr;
    saved = esr ? *(uint64_t *) (esr + 8) : 0;
    ok2 = uc->uc_mcontext.fault_address == 0x10;
    uc->uc_mcontext.pc += 4; /* past the store */
}

static void skip(int sig, siginfo_t *si, void *p)
{
    ucontext_t *uc = p;
    uc->uc_mcontext.pc = uc->uc_mcontext.regs[3];
}

static void see_stack(int sig, siginfo_t *si, void *p)
{
    uint64_t *fp = __builtin_frame_address(0), lr = fp[1];
    uint64_t *kernel = (uint64_t *) fp[0]; /* the record that x29 named when we were called */
    ucontext_t *uc = p;
    ok = kernel[0] == uc->uc_mcontext.regs[29] && kernel[1] == uc->uc_mcontext.regs[30] &&
         (char *) kernel > (char *) uc;
    ok2 = *(uint32_t *) lr == 0xd2801168 && *(uint32_t *) (lr + 4) == 0xd4000001;
    saved = (uint64_t) si % 16 == 0 && (char *) uc - (char *) si == 128;
}

static void see_fpsr(int sig, siginfo_t *si, void *p)
{
    char *fp = record(p, 0x46508001);
    saved = ((uint32_t *) fp)[2];
    ((uint32_t *) fp)[2] = 0x08000002; /* QC and DZC */
}

static void bad_frame(int sig, siginfo_t *si, void *p)
{
    ucontext_t *uc = p;
    uc->uc_mcontext.pstate = 0x5; /* EL1h */
}

static sigjmp_buf env;
static void see_alignment(int sig, siginfo_t *si, void *p)
{
    ok = sig;
    ok2 = si->si_code == BUS_ADRALN;
    siglongjmp(env, 1);
}

int main(void)
{
    install(SIGUSR1, see_registers);
    raise_with_registers(SIGUSR1);
    printf("registers in the frame %d\n", ok);
    printf("vectors in the frame %d\n", vectors_ok && saved2 == 0x2222222222222222);
    printf("no esr without a fault %d\n", no_esr);
    install(SIGSEGV, see_fault);
    install(SIGUSR2, change_registers);
    __asm__ volatile("mov x3, #0x10\n str xzr, [x3]\n" : : : "x3", "memory");
    printf("fault frame %d esr %lx addr %d\n", ok, (unsigned long) saved, ok2);
    raise_with_registers(SIGUSR2);
    printf("handler changes registers %d vectors %d flags %d\n", saved == 99, saved2 == 77, ok2);
    install(SIGILL, skip);
    uint64_t r;
    __asm__ volatile("adr x3, 1f\n mov %0, #1\n udf #0\n mov %0, #2\n1:\n" : "=&r"(r) : : "x3");
    printf("pc changed %d\n", (int) r);
    install(SIGUSR1, see_stack);
    raise(SIGUSR1);
    printf("frame record %d trampoline %d aligned %d\n", ok, ok2, (int) saved);
    install(SIGUSR1, see_fpsr);
    volatile double zero = 0, three = 3;
    uint64_t fpsr = 0;
    __asm__ volatile("msr fpsr, xzr");
    volatile double q = three / zero; /* DZC */
    q = zero / zero;                  /* IOC */
    q = 1 / three;                    /* IXC */
    raise(SIGUSR1);
    __asm__ volatile("mrs %0, fpsr" : "=r"(fpsr));
    printf("fpsr %lx restored %d\n", (unsigned long) saved & 0x13, fpsr == 0x08000002);
    fflush(stdout);
    int st;
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        install(SIGUSR1, bad_frame);
        raise(SIGUSR1);
        _exit(1);
    }
    waitpid(pid, &st, 0);
    printf("bad frame %d\n", WIFSIGNALED(st) ? WTERMSIG(st) : -1);
    install(SIGBUS, see_alignment);
    static char bytes[64];
    if (!sigsetjmp(env, 1))
        __asm__ volatile("ldaxr x4, [%0]" : : "r"(bytes + 1) : "x4");
    printf("alignment %d %d\n", ok, ok2);
    return 0;
}
