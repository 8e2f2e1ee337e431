// guest: aarch64
// guest: riscv64
// expect: all at their instruction
/*
 * Code faults while another thread writes in it: the handler sees the address of the instruction
 * that faulted, whatever becomes of the code meanwhile. A chain of square roots keeps the thread in
 * one piece of code for a while before it reads through a null pointer.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "guestcode.h"

enum { ROOTS = 40, FAULTS = 4000 };

#if defined(__aarch64__)
enum { OTHER = 0xd503203f /* yield */, ROOT = 0x1e61c000 /* fsqrt d0, d0 */ };
#define CODE_LOAD 0xf9400000u /* ldr x0, [x0] */
#define PC(uc)    (uc)->uc_mcontext.pc
#define RA(uc)    (uc)->uc_mcontext.regs[30]
#define NOP       0xd503201fu
#else
enum { OTHER = 0x00010113 /* mv sp, sp */, ROOT = 0x5a057553 /* fsqrt.d fa0, fa0 */ };
#define CODE_LOAD 0x00053503u /* ld a0, 0(a0) */
#define PC(uc)    (uc)->uc_mcontext.__gregs[REG_PC]
#define RA(uc)    (uc)->uc_mcontext.__gregs[REG_RA]
#define NOP       0x00000013u
#endif

static uint32_t *code;
static volatile int stop;
static unsigned wrong;

static void on_fault(int sig, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
    if (PC(uc) != (uintptr_t)(code + 1 + ROOTS) && !wrong++)
        printf("pc %#lx of code at %p\n", (unsigned long)PC(uc), (void *)code);
    PC(uc) = RA(uc);
}

static void *writer(void *arg)
{
    for (unsigned n = 0; !stop; n++) {
        __atomic_store_n(code, n % 2 ? NOP : (uint32_t)OTHER, __ATOMIC_RELEASE);
        __builtin___clear_cache((char *)code, (char *)(code + 1));
    }
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t *p = code;
    *p++ = NOP;
    for (int i = 0; i < ROOTS; i++)
        *p++ = ROOT;
    *p++ = CODE_LOAD;
    *p++ = CODE_RET;
    __builtin___clear_cache((char *)code, (char *)p);
    pthread_t t;
    pthread_create(&t, NULL, writer, NULL);
    for (int i = 0; i < FAULTS; i++)
        ((void *(*)(void *))code)(NULL);
    stop = 1;
    pthread_join(t, NULL);
    puts(wrong ? "some elsewhere" : "all at their instruction");
    return 0;
}
