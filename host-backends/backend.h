/*
 * BackendOps: a host code generator. It sees slots by number, offset and pin, never a guest's
 * names. Two steps around the allocator: select() describes (see regalloc.h), emit() writes code.
 *
 * Conventions of host code, for every backend:
 *  - one register holds vcpu + VCPU_BIAS; pinned slots lie in their registers at unit borders; the
 *    others in memory; the host stack pointer is the vcpu's return stack;
 *  - a unit is entered by a jump to its entry; it leaves by a direct jump (patched by link()), by
 *    the return stack, by the lookup stubs, or by the leave stub to C with vcpu->leave_reason,
 *    leave_arg and leave_data set (LeaveReason of rt.h) and the pc slot up to date;
 *  - every direct exit whose target is not above the guest insn it stands in, every call and every
 *    computed jump polls vcpu->poll first and leaves with LEAVE_POLL, pc slot = the target;
 *  - a computed branch of kind k > 0 looks its target up in lookup_kind[k - 1], and sets
 * vcpu->landing when it leaves (but for LEAVE_IC, whose ExitRec has it).
 *  - FP control (MXCSR, FPCR) holds the guest's rounding and sticky flags from the first enter on.
 */
#ifndef FERRY_BACKEND_H
#define FERRY_BACKEND_H

#include "regalloc.h"
#include "vcpu.h"

struct StrBuf;

/* Why host code came back to C: Vcpu.leave_reason. */
typedef enum LeaveReason {
    LEAVE_LINK,   /* leave_data: ExitRec of a direct exit not linked yet; continue at its target */
    LEAVE_LOOKUP, /* pc slot: target of a computed jump not in the lookup table */
    LEAVE_IC,     /* as LOOKUP; leave_data: the ExitRec whose inline cache is empty */
    LEAVE_TRAP,   /* leave_arg: IrTrap; leave_data: its data; pc slot as the trap says */
    LEAVE_POLL,   /* safepoint: pc slot is where to go on */
    LEAVE_FAULT,  /* set by the host signal handler after restoring guest state */
} LeaveReason;

typedef enum ExitKind { EXIT_JUMP, EXIT_CALL, EXIT_LANDING, EXIT_IC } ExitKind;

/*
 * A patchable exit. Lies in the data part of the code chunk, written by emit(), then owned by rt
 * (under the cache lock). For EXIT_IC: ic_pc/ic_host are read by host code; while empty ic_pc is -1
 * and ic_host the stub, which is right for a jump to -1 too; filled once (host first).
 */
typedef struct ExitRec {
    uint64_t ic_pc;
    uint64_t ic_host;
    struct Unit *owner;
    struct ExitRec *next_in; /* list of exits linked to the same unit */
    struct Unit *linked;
    int64_t target_off; /* module offset of the guest target */
    uint32_t patch_at;  /* bytes from this record back to the 32-bit field to patch: field = rec -
                           patch_at */
    uint32_t stub_at;   /* likewise to the stub that the field leads to while not linked */
    uint8_t kind;       /* ExitKind */
    uint8_t ic_used; /* EXIT_IC: was filled; not again when its unit has died. Read by host code */
    uint8_t
        landing; /* EXIT_IC: the branch's kind (vcpu.h): it is filled only where this may land */
    uint8_t pad[5];
} ExitRec;

/* From the host pc after which it holds to the next entry's: which guest insn, what to recompute.
 */
typedef struct SideEntry {
    uint32_t host_off; /* from the unit's first byte */
    int32_t guest_off; /* guest insn's pc, from the unit's first guest insn */
    uint16_t first_recipe, n_recipes;
} SideEntry;

/* Slot value at a fault: op over places. As RaSnap, in 16 bytes. */
typedef struct SideRecipe {
    uint16_t slot;
    uint8_t op, type; /* IrOp, IrType of operands */
    RaLoc a, b;       /* LOC_REMAT: the constant below */
    int64_t imm;
} SideRecipe;

typedef struct CodeOut {
    uint8_t *rw;      /* where to write */
    uint64_t rx;      /* the address it runs at */
    uint32_t cap;     /* bytes */
    uint8_t *data_rw; /* data part: ExitRecs, filled upward, 16-aligned */
    uint64_t data_rx;
    uint32_t data_cap;
    uint16_t *count; /* quick_open(): entries left; many lie close together, for the data cache */
    /* results */
    uint32_t size, data_size;
    uint32_t hot_size; /* bytes before the far code */
    uint32_t n_exits;  /* ExitRecs stand at data_rw[0..n_exits) */
    SideEntry *side;   /* arrays of the caller */
    uint32_t n_side, cap_side;
    SideRecipe *recipes;
    uint32_t n_recipes, cap_recipes;
} CodeOut;

/* Every host feature that a backend may use; the names are those of -host-features. */
#define HOST_FEATURES(X)                                                                           \
    X(sse42)                                                                                       \
    X(popcnt)                                                                                      \
    X(lzcnt)                                                                                       \
    X(bmi1)                                                                                        \
    X(bmi2)                                                                                        \
    X(avx)                                                                                         \
    X(avx2)                                                                                        \
    X(fma)                                                                                         \
    X(f16c)                                                                                        \
    X(avx512vl)                                                                                    \
    X(aes)                                                                                         \
    X(pclmul)                                                                                      \
    X(sha)                                                                                         \
    X(gfni)

typedef struct HostFeatures {
#define X(name) bool name;
    HOST_FEATURES(X)
#undef X
} HostFeatures;

/* Fixed pieces of host code, made once at start. Addresses to run. */
typedef struct BackendStubs {
    void (*enter)(Vcpu *v, const void *host_pc); /* loads pins, runs; returns after a leave */
    void (*vec_save)(Vcpu *v); /* vector pins and FP control into slots / mxcsr_guest */
    void (*vec_load)(Vcpu *v); /* back */
    void *leave;          /* host code jumps here with leave_* set: stores general pins, returns */
    void *lookup_jump;    /* computed jump: target in the backend's fixed register */
    void *lookup_miss;    /* as lookup_jump, to C at once: host_entry of the dummy unit */
    void *ret_miss;       /* mismatch at a return: target in the backend's fixed register */
    void *helper_call[4]; /* bit 0: state is stored before, bit 1: reloaded after */
    void *priv[VCPU_STUB_MAX]; /* the backend's: what vcpu_init() puts into Vcpu.stub */
    uint8_t *begin, *end;
} BackendStubs;

typedef struct BackendOps {
    const char *name;
    HostFeatures (*probe)(void);
    /* Takes features away, for tests: "sse42", "avx2,-fma", "-bmi2,-lzcnt"; a level, then +name and
     * -name. Adds none that `f` lacks. False with a message when spec is no such list. */
    bool (*narrow)(const char *spec, HostFeatures *f, struct StrBuf *err);
    /* Chooses pins for these slots. `mask` clears features for tests. */
    void (*setup)(const HostFeatures *f, const SlotDesc *slots, uint32_t n, uint16_t slot_pc,
                  RaTarget *out);
    /* Writes the stubs; false when cap is too small. */
    bool (*emit_stubs)(const RaTarget *t, CodeOut *out, BackendStubs *stubs);
    /* Fills Vcpu.stub and leave, and writes the sentinel frame at ret_bottom (16-aligned, with 32
     * readable bytes above it); ret_sp becomes ret_bottom. */
    void (*vcpu_init)(Vcpu *v, const BackendStubs *stubs);
    /* Describes the unit; false on a limit. */
    bool (*select)(RaUnit *ra);
    /* Writes code, exits, side table; false when a capacity is too small. */
    bool (*emit)(const RaUnit *ra, const BackendStubs *stubs, CodeOut *out);
    /*
     * The quick way (may be NULL): host code is written while the front end emits, unit u's hook
     * being the backend's from quick_open() on, and there are no passes. The result is worse code,
     * sooner. Each entry takes one from *out->count; what finds 0 there leaves with LEAVE_POLL, the
     * pc slot being the unit's. NULL on a limit; else a state in the arena for the others.
     */
    void *(*quick_open)(Arena *a, struct IrUnit *u, const BackendStubs *stubs, CodeOut *out);
    /* The guest instruction at module offset `off` begins: what is emitted next is it. False when
     * the one before needs something that the quick way has not, as when u->hook is NULL after it. */
    bool (*quick_insn)(void *quick, int64_t off);
    /* nothing of the last guest instruction is there any more. */
    void (*quick_undo)(void *quick);
    /* After the terminator: as emit(). */
    bool (*quick_close)(void *quick);
    /* Points the exit's field at host code `to` (run address), or back to its stub (to == 0). */
    void (*link)(ExitRec *rec_rw, int64_t rw_minus_rx, uint64_t to);
    /* Host FP control word for a mode, sticky flags kept from `old` (0: none raised). Invalid is
     * unmasked unless the mode has MODE_FP_CHECKED, DN or FZ. */
    uint64_t (*fp_control)(uint32_t mode, uint64_t old);
    /* Host state of an interrupted thread (ucontext) -> general and vector registers by RaLoc. */
    uint64_t (*ctx_gpr)(const void *ucontext, RaLoc reg);
    const V128 *(*ctx_vec)(const void *ucontext, RaLoc reg);
    uint64_t (*ctx_pc)(const void *ucontext);
    void (*ctx_set_pc)(void *ucontext, uint64_t pc);
    /* The fault's error code; bit 1: it was a write. */
    uint64_t (*ctx_err)(const void *ucontext);
    /* Makes the interrupted thread go on at the leave path to C, without touching pins. */
    void (*ctx_leave)(void *ucontext, Vcpu *v);
    /* An access to `addr` in the return stack's guard: if it was a push or a call, resets to the
     * sentinel so that it works again; false when it was a guest access that ended up there. */
    bool (*ctx_ret_reset)(void *ucontext, Vcpu *v, uint64_t addr);
} BackendOps;

extern const BackendOps backend_x64;

#endif
