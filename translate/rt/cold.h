/*
 * What cold.c (which code is interpreted, what is kept of it) and cold_ops.c (how an insn is
 * executed) share. All of it belongs to one vcpu.
 */
#ifndef FERRY_RT_COLD_H
#define FERRY_RT_COLD_H

#include "rt_internal.h"

enum {
    COLD_INSNS = 16,  /* guest instructions of a block at most */
    COLD_SETS = 16,   /* `set`s of one guest instruction at most */
    COLD_WINDOW = 64, /* guest bytes that are read at once */
};

/* How far the guest instruction at hand is. */
typedef enum ColdState {
    COLD_ON,      /* its insns are executed */
    COLD_ENDS,    /* so they are; the block ends behind it: a branch that was not taken */
    COLD_LEFT,    /* it has left the block: insns that come are not executed */
    COLD_REFUSED, /* it is not for here: nor are they */
} ColdState;

/* A `set` that was done: the slot and what it held. */
typedef struct ColdSet {
    uint32_t slot;
    V128 old;
} ColdSet;

/* A block that was executed to its end, or to where it was left. */
typedef struct ColdBlock {
    GuestAddr pc, next; /* next: where it goes on when no insn leaves it */
    uint64_t module_base;
    const IrInsn *insns; /* as IrUnit.insns */
    uint16_t n;          /* as IrUnit.n */
    uint8_t landings;    /* as Unit.landings */
    uint8_t guest_insns;
    uint8_t off[COLD_INSNS];    /* of guest instruction k: its distance from pc ... */
    uint16_t first[COLD_INSNS]; /* ... and its first insn */
} ColdBlock;

typedef struct Cold {
    IrUnit *u; /* of the block at hand: the store's */
    struct ColdStore *store;
    Vcpu *v;
    V128 *vals;
    ColdState state;
    uint32_t left_n;          /* IrUnit.n when the block was left */
    const ColdBlock *replays; /* or, instead of tc, the kept block that runs */
    uint32_t n_sets;
    ColdSet sets[COLD_SETS]; /* of the guest instruction, in order */
    RtCode code;             /* the mapping that the window lies in; end 0: none */
    TransCtx tc;             /* of the guest instruction at hand */
    CodeWindow window;
} Cold;

/*
 * For the unit at hand, hook_state being the Cold and `known` in it: each insn is executed as it is
 * emitted, until the block is left or an instruction is refused; then the unit has no hook any
 * more.
 */
extern const IrHook cold_hook;
/* The block ends here. */
void cold_leave(Cold *c, LeaveReason why, GuestAddr pc);
/* Runs b, which c->u was set to, to its end; the vcpu then stands as after a leave of host code. */
void cold_replay(Cold *c, const ColdBlock *b);

#endif
