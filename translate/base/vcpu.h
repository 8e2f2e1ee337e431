/*
 * Vcpu: what a thread of guest code runs on. One per guest thread, owned by it; other threads
 * write only `poll` (atomic store) and read `epoch_seen`/`in_guest`.
 *
 * Host code addresses it through one register that holds vcpu + VCPU_BIAS, so that the first 256
 * bytes (the hot header and the first slots of the guest state) take 8-bit displacements.
 * Layout: [hot header, 64 bytes][guest state by .state table][everything else]
 */
#ifndef FERRY_BASE_VCPU_H
#define FERRY_BASE_VCPU_H

#include "types.h"
#include "slots.h"

enum {
    VCPU_BIAS = 128,
    VCPU_STATE_OFF = 64,
    VCPU_STATE_SIZE = 2048,
    VCPU_SPILL_COUNT = 64, /* 16-byte spill places */
    VCPU_HELPER_MAX = 192,
    VCPU_STUB_MAX = 32,
};

/* Bits of Vcpu.poll: why the vcpu must leave at its next safepoint. */
enum {
    POLL_SIGNAL = 1, /* a guest signal is captured or may be deliverable */
    POLL_EPOCH = 2,  /* code was invalidated: acknowledge, drop caches */
    POLL_STOP = 4,   /* another vcpu wants exclusivity */
    POLL_EXIT = 8,   /* the thread group is being torn down */
};

/*
 * Mode of the translated code a vcpu runs: part of a unit's key. Each mode has its own lookup
 * table; changing mode means vcpu_set_mode() of rt.
 */
enum {
    MODE_FP_RM_SHIFT = 0, /* 2 bits: Arm's RMode: 0 nearest, 1 plus, 2 minus, 3 zero */
    MODE_FP_DN = 1 << 2,
    MODE_FP_FZ = 1 << 3,
    MODE_FP_CHECKED = 1 << 4, /* invalid masked; each FP result is checked inline */
    MODE_TBI_MASK = 1 << 5,   /* data addresses are masked to 56 bits before use */
    MODE_FP_AHP = 1 << 6,
    MODE_FP_FZ16 = 1 << 7,
    MODE_FP_RISCV = 1 << 8, /* softfp's RISC-V rule; with DN, the canonical NaN being the default */
    MODE_FP_RMM = 1 << 9,   /* rounding mode 0: ties away from zero, which no host has; 1: reserved */
    MODE_COUNT = 1024,
};

/*
 * Where a guest checks the landings of computed branches (Arm's BTI), each has a kind: 0 may land
 * anywhere, what the others mean is the guest's (Arm: PSTATE.BTYPE).
 */
enum { LANDING_KINDS = 4 };

struct Unit;
struct ExitRec;

typedef struct Vcpu {
    /* hot header: read by host code with 8-bit displacements */
    uint32_t poll;       /* POLL_*; atomic */
    uint32_t mode;       /* MODE_* */
    uint32_t *lookup;    /* of the current mode: LOOKUP_SIZE offsets from `units` (rt.h) */
    void *leave;         /* host code that goes back to C (backend's `leave` stub) */
    uint64_t ret_sp;     /* return stack pointer, saved by leave, loaded by enter */
    uint64_t c_stack;    /* C stack pointer, saved by enter */
    uint64_t units;      /* address that lookup entries are relative to; a dummy Unit lies there */
    uint64_t scratch;    /* for stubs */
    uint64_t ret_bottom; /* return stack's bottom: address of the sentinel frame */

    /* guest state, by the guest's .state table */
    uint8_t state[VCPU_STATE_SIZE] __attribute__((aligned(16)));

    V128 spill[VCPU_SPILL_COUNT];
    V128 harg[8]; /* helper arguments in order (low 8 bytes, or all 16 for v128); harg[7]: v128 result */
    uint64_t (*syscall_fn)(struct Vcpu *v); /* rt's: 1 when the guest goes on behind the call */
    const void *helper_fn[VCPU_HELPER_MAX]; /* by HelperId */
    const void *stub[VCPU_STUB_MAX];        /* the backend's own pieces of code: vcpu_init() */
    /* lookup tables for computed branches of kind 1 and up: the common one, unless rt_guard() */
    uint32_t *lookup_kind[LANDING_KINDS - 1];
    uint64_t mxcsr_guest;                   /* host FP control word while guest code runs */

    /* set by the leave path for C */
    uint32_t leave_reason; /* LeaveReason of rt.h */
    uint32_t leave_arg;
    uint64_t leave_data;
    /* kind of the computed branch that led to the pc slot, until it has landed; 0 in host code */
    uint32_t landing;

    /* execution control, owner: this thread */
    const void *guest;        /* GuestOps */
    void *process;            /* linux-user's process */
    void *thread;             /* linux-user's thread */
    void *trans;              /* rt's per-thread translation scratch */
    uint64_t epoch_seen;      /* last code epoch acknowledged; atomic */
    uint32_t in_guest;        /* 1 while running translated code; atomic */
    uint32_t ret_stack_size;  /* bytes between guard and bottom */
    uint32_t tid;             /* host thread id: owner word of ferry's locks */
    uint32_t alone;           /* 1: a process of its own, which may die without running our code */
    struct Vcpu *registry_next;
    /* the synchronous fault that LEAVE_FAULT reports */
    int32_t fault_signo, fault_code;
    uint64_t fault_addr, fault_err;
    /* while the reference interpreter runs: its sticky FP flags (Arm's FPSR bits), which helpers
     * then use in place of the host's; NULL otherwise */
    uint32_t *interp_fp_flags;
    uint32_t fp_flags_extra; /* sticky FP flags that the host's control word cannot hold (IDC) */
} Vcpu;

_Static_assert(offsetof(Vcpu, state) == VCPU_STATE_OFF, "the hot header is 64 bytes");

static inline uint64_t *vcpu_slot64(Vcpu *v, const SlotDesc *s)
{
    return (uint64_t *) (v->state + s->off);
}

static inline uint32_t *vcpu_slot32(Vcpu *v, const SlotDesc *s)
{
    return (uint32_t *) (v->state + s->off);
}

static inline V128 *vcpu_slot128(Vcpu *v, const SlotDesc *s)
{
    return (V128 *) (v->state + s->off);
}

#endif
