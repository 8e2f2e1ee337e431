/*
 * The runtime: turns guest code into units, runs them, links them, forgets them.
 *
 * linux-user drives it:
 *
 *     rt_init(&config);                      once, at set-up
 *     rt_vcpu_init(v);                       for each thread's vcpu, state slots filled in
 *     for (;;) switch (rt_run(v).kind) ...   runs from the pc slot to the next event
 *
 * Threads share one code cache. A vcpu translates into its own chunk; the cache lock covers only
 * publishing and linking. Lock order: address-space lock (linux-user) before the cache lock; a
 * signal handler takes neither.
 *
 * Host code finds computed targets in a lookup table per mode: entry (pc >> 2) & (LOOKUP_SIZE - 1)
 * is the 32-bit offset of a Unit from vcpu->units; 0 is a dummy whose pc matches nothing. Entries
 * are written by one aligned store at any time, so a reader sees the old unit or the new one.
 *
 * Guarded code (rt_guard) is checked where a branch of a kind lands (vcpu.h): each kind then has
 * tables of its own, in which, as in inline caches, only units stand where it may land. So host
 * code checks nothing; C does, when it fills them.
 */
#ifndef FERRY_RT_H
#define FERRY_RT_H

#include "backend.h"
#include "guest.h"

enum { LOOKUP_BITS = 16, LOOKUP_SIZE = 1 << LOOKUP_BITS };

/* A translated unit. The first two fields are read by host code at fixed offsets 0 and 8. */
typedef struct Unit {
    uint64_t pc; /* guest address of its entry; -1 in the dummy and in dead units */
    uint64_t host_entry;
    uint64_t host_end;
    uint32_t mode;
    uint32_t guest_len; /* bytes from the lowest to the highest guest address translated */
    uint64_t guest_lo;
    uint64_t start; /* what pc was until the unit died: vcpus may still be in it */
    uint64_t module_base;
    struct Unit *hash_next; /* chain of the unit map */
    ExitRec *exits;
    uint32_t n_exits;
    uint16_t n_insns;
    uint8_t dead;
    uint8_t landings;  /* kinds of computed branches that may land here, a bit each */
    ExitRec *incoming; /* exits linked to this unit */
    const SideEntry *side;
    const SideRecipe *recipes;
    uint32_t n_side, n_recipes;
    uint16_t *count;       /* entries left to a unit made the quick way; NULL: made the other way */
    const uint8_t *source; /* the guest_len bytes it was made from, if RtCode.written; or NULL */
} Unit;
_Static_assert(offsetof(Unit, pc) == 0 && offsetof(Unit, host_entry) == 8, "read by host code");

typedef enum RtKind {
    RT_TRAP,  /* trap: IrTrap, data; the pc slot as the trap says */
    RT_POLL,  /* vcpu->poll asked for C at a safepoint; the pc slot is where to go on */
    RT_FAULT, /* synchronous host signal in guest code: signo, code, addr; pc slot: the insn */
    RT_NOEXEC /* pc slot: the instruction; data: its first byte that is not mapped executable */
} RtKind;

typedef struct RtEvent {
    RtKind kind;
    uint32_t trap;
    int signo, code;
    uint64_t data;     /* trap data or fault address */
    uint64_t host_err; /* RT_FAULT: the host's error code (write access: bit 1) */
} RtEvent;

/* What the address space says of guest code at pc. */
typedef struct RtCode {
    uint64_t module_base; /* fixed reference for gaddr: the mapping's file start */
    bool module_fixed;
    bool written; /* it may change without a system call: writable, or shared */
    bool guarded; /* not every computed branch may land here (GuestOps.landings) */
    uint64_t start, end; /* from before pc up to what is not executable or is other code */
} RtCode;

enum { COLD_RUNS_MAX = 63 };

typedef struct RtConfig {
    const GuestOps *guest;
    const BackendOps *backend;
    HostFeatures features; /* what may be used (probe() or narrower) */
    GuestFeatures guest_features;
    /* False when pc is not executable guest memory. Called from translation, no lock held. */
    bool (*code_at)(GuestAddr pc, RtCode *out);
    /*
     * Does the guest's system call on its slots, the pc slot being behind it; may change any of
     * them. Called on the guest's thread, which counts as outside translated code meanwhile. Under
     * `interpret` rt_run reports TRAP_SYSCALL instead.
     */
    void (*syscall)(Vcpu *v);
    GuestAddr vdso_start, vdso_end; /* the guest's vdso, where vdso_calls.def holds */
    uint32_t max_insns;             /* guest insns a unit at most; 0: default */
    uint8_t cold_runs;   /* times code is interpreted before it is translated, <= COLD_RUNS_MAX */
    uint8_t cold_runs_young; /* the same while the process is young: cold.c; 0: no difference */
    uint16_t quick_runs; /* entries of a unit made the quick way until it is made anew; 0: none is */
    uint64_t cache_size; /* bytes of translated code at most; 0: default */
    bool single_step;    /* one guest insn a unit, no links */
    bool interpret;      /* run the reference interpreter instead of host code */
    bool wx_split;       /* double mapping instead of RWX */
    uint32_t ra_seed;    /* not 0: random allocation */
    bool verify;         /* verifier and allocation checker on every unit */
    uint32_t opt_limit;  /* bisect: passes run, 0: none .. ~0: all */
    uint64_t unit_limit; /* bisect: units up to this number are optimised */
    bool coverage;       /* count executed table rows */
    bool perf_map;       /* write /tmp/perf-PID.map */
    uint64_t dump_pc;    /* dump every stage of the unit at this pc; 0: none */
} RtConfig;

/* Set-up; false with a message on stderr. Allocates address space, writes the stubs. */
bool rt_init(const RtConfig *cfg);
/* Code is never writable and executable at once: asked for, or the host refuses it. */
bool rt_code_is_split(void);

/*
 * Return stack, scratch, helper table, mode. The caller owns v, whose guest state is filled in, and
 * calls rt_state_load() on the vcpu's thread before its first rt_run(). False when memory is
 * refused. v->trans is NULL, or what an earlier vcpu that has ended left: it is used again. The new
 * vcpu of a cloned thread inherits the host registers instead: set mxcsr_guest by
 * rt_state_save() on the parent first, then copy the guest state.
 */
bool rt_vcpu_init(Vcpu *v);
/* Gives back what rt_vcpu_init took. Not while v runs. */
void rt_vcpu_free(Vcpu *v);
/*
 * Registers v among those that invalidation waits for, before its rt_state_load(), which takes in what
 * rt_guard() did until then; unregister when its thread ends.
 */
void rt_vcpu_enter(Vcpu *v);
void rt_vcpu_exit(Vcpu *v);
/*
 * A vcpu of a process of its own (Vcpu.alone) on our memory that has died, by a signal that no code
 * of ours saw: it is unregistered, and what rt_vcpu_init took is to be given back. NULL: none.
 */
Vcpu *rt_vcpu_take_dead(Vcpu *self);

/*
 * Runs guest code from the pc slot until something C must act on. General registers are in their
 * slots after it returns; vector slots only after rt_state_save().
 */
RtEvent rt_run(Vcpu *v);

/*
 * Brings the vector and FP status slots up to date / makes host registers, FP control, mode and
 * lookup table what the slots say.
 */
void rt_state_save(Vcpu *v);
void rt_state_load(Vcpu *v);
/* Save and load: after guest code wrote its FP control slot, or v->mode was changed. */
void rt_mode_update(Vcpu *v);

/*
 * For the host's handler of SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP. True when the fault lay in
 * translated code (or in a copying function of guestmem.h): the context is edited, the handler
 * returns, and rt_run reports RT_FAULT (or goes on by itself, e.g. after a return stack overflow
 * or an FP trap). False: not ours.
 */
bool rt_fault(Vcpu *v, int signo, int code, uint64_t addr, void *ucontext);

/* The pc slot and general registers of an interrupted context, for dumps; false if not in a unit.
 */
bool rt_locate(Vcpu *v, const void *ucontext, GuestAddr *pc);

/* Sets bits in v->poll; v leaves at its next safepoint. Async-signal-safe, any thread. */
void rt_poll_set(Vcpu *v, uint32_t bits);
void rt_poll_clear(Vcpu *v, uint32_t bits);

/*
 * Guest code in [start, end) changed or went away: units there die. When it returns, no thread
 * starts such a unit anew; others leave theirs at their next safepoint. Any thread, no lock held.
 */
void rt_invalidate(GuestAddr start, GuestAddr end);
/*
 * Guest code in [start, end) may have been written: the same, but units whose code is what they
 * were made from stay.
 */
void rt_code_written(GuestAddr start, GuestAddr end);
/*
 * Before the first guarded code comes into being: from now on lookup tables are kept apart by kinds
 * of branches. Code that becomes guarded or ceases to be so must be invalidated, as ever.
 */
void rt_guard(void);
/* True when a unit was translated from the page range. Cheap; for mprotect and munmap. */
bool rt_has_code(GuestAddr start, GuestAddr end);

/*
 * Around a raw fork-like clone (no CLONE_VM): the forking thread holds the cache lock. False, with
 * nothing to undo, when memory is refused.
 */
bool rt_fork_prepare(Vcpu *v);
/* Before that, with no lock held: makes ready what earlier children had to translate. */
void rt_fork_warm(Vcpu *v);
void rt_fork_parent(Vcpu *v);
void rt_fork_child(Vcpu *v);

/* Runs f(arg) while all other registered vcpus are outside translated code. */
void rt_exclusive(Vcpu *v, void (*f)(void *arg), void *arg);

/* Report of executed rows (cfg.coverage) on log_fd, at exit. */
void rt_coverage_report(void);

#endif
