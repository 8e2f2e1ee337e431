/*
 * What belongs to the address space of the guest program: one per exec, in static storage.
 * Written during set-up by the first thread; afterwards only what is marked, under its lock.
 */
#ifndef FERRY_PROCESS_H
#define FERRY_PROCESS_H

#include "arena.h"
#include "guest.h"
#include "options.h"
#include "rt.h"
#include "sig.h"
#include "stack.h"
#include "sys.h"

struct Thread;

/* Everything linux-user must know about a guest's kernel ABI. */
typedef struct GuestLinux {
    const GuestOps *ops;
    const SysAbi *abi;
    const char *debian_arch; /* "arm64" */
    const char *triplet;     /* "aarch64-linux-gnu": the cross compiler's libraries are there */
    const char *interp;      /* name of glibc's program interpreter */
    const uint8_t *vdso;     /* page-aligned ELF image */
    uint64_t vdso_size;
    uint64_t vdso_sigreturn; /* offset in it */
    uint64_t min_sigstack;   /* AT_MINSIGSTKSZ: bytes of a frame */
    uint32_t frame_regs;     /* offset in it of the general register with sigframe number 0 */
    uint64_t min_altstack;   /* MINSIGSTKSZ: what sigaltstack(2) asks for */
    bool no_restorer;        /* struct sigaction has no sa_restorer */
    uint64_t task_size;
    uint16_t slot_nr, slot_ret, slot_arg[6], slot_tls;
    /* Where pc, number, result and arguments of a call lie in Vcpu.state; from the slots above. */
    uint16_t at_pc, at_nr, at_ret, at_arg[6];
    uint32_t syscall_len; /* bytes from the call to the pc after it */
    uint64_t esr_data, esr_insn;
    /* Fills the slot numbers above from ops->slots. */
    void (*init)(struct GuestLinux *g);
    /* Registers of a new program beside pc and sp, in slots; NULL: all zero. */
    void (*exec_state)(Vcpu *v);
    /* Pushes a signal frame and points the registers at the handler; false on a bad stack. */
    bool (*frame_push)(struct Thread *t, const SigAction *act, const SigInfo *info);
    /* Restores from the frame at sp: registers (in slots and on the host, but for the mode),
     * *mask, *altstack; false when it is bad. */
    bool (*frame_pop)(struct Thread *t, uint64_t *mask, SigStack *altstack);
    /* TRAP_CUSTOM: does what the kernel does. False: *ev has become a fault to be delivered. */
    bool (*trap)(struct Thread *t, RtEvent *ev);
    /* The bit of mmap's protection that makes code guarded (rt_guard); NULL or 0: there is none. */
    int (*guard_prot)(const GuestFeatures *f);
    /* prctl options of the architecture (PR_PAC_*); NULL: it has none. */
    long (*prctl)(struct Thread *t, const uint64_t a[6]);
    /* Value of the fault code in the frame for a fault (the architecture's syndrome register). */
    uint64_t (*fault_code)(const RtEvent *ev);
} GuestLinux;

/* What /proc shows of the program, kept for where the kernel could not be told. */
typedef struct KernelView {
    GuestAddr arg_start, arg_end, env_start, env_end;
    size_t auxv_size;
    AuxEntry auxv[33]; /* with the end mark */
} KernelView;

typedef struct Process {
    const GuestLinux *guest;
    GuestFeatures features; /* of the guest's CPU */
    Options opt;
    Arena arena;    /* set-up only */
    char *exe_path; /* absolute path of the guest program */
    GuestAddr image_start, image_end;
    bool brk_kernel;              /* the kernel's brk is the guest's (PR_SET_MM_MAP worked) */
    KernelView *view;             /* otherwise */
    GuestAddr brk_start, brk_now; /* otherwise, under mem_lock */
    uint64_t page;                /* host page size */
    int prot_guarded;             /* GuestLinux.guard_prot */
    bool no_new_code; /* PR_SET_MDWE: the kernel's is for the host, whose code is not the guest's */
} Process;

extern Process process;

#endif
