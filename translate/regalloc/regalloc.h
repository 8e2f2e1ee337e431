/*
 * Register allocation over lowered instructions.
 *
 * A backend's select() walks a unit and describes what it will emit: one RaInsn per piece of host
 * code, in order, with operands as IR values and the constraints on where they may lie. IR insns
 * fused into a user (a compare into its branch, an address into its load) have no RaInsn. ra_run()
 * fills in the locations and lists the moves to do before each RaInsn; emit() then only prints.
 *
 * The pin convention: at unit entry, at every insn with effect FAULT or EXIT and at the end, each
 * pinned slot's value lies in its fixed register. All other slots lie in memory. `get` of a pinned
 * slot is its register; `get` of another is a lazy load from memory; `set` moves or stores. A value
 * about to be `set` to a pinned slot is made directly in that register when nothing between needs
 * the old content. Constants (const, gaddr, vconst) are rematerialised, never spilled.
 *
 *     RaInsn r = {.kind = RA_OP, .ir = 5, .n_ops = 2, .n_dst = 1, ...};
 *     r.dst[0] = (RaOperand){.ref = 5, .cls = RC_GPR};
 *     r.op[0] = (RaOperand){.ref = 3, .cls = RC_GPR, .flags = RAF_TIED};
 *     r.op[1] = (RaOperand){.ref = 4, .cls = RC_GPR, .flags = RAF_MEM_OK};
 */
#ifndef FERRY_REGALLOC_H
#define FERRY_REGALLOC_H

#include "ir.h"

typedef enum RegClass { RC_GPR, RC_VEC, RC_COUNT } RegClass;

/* A place. Registers: 0..31 general, 32..63 vector (host numbers). */
typedef uint16_t RaLoc;
enum {
    LOC_VEC = 32,
    LOC_NREGS = 64,
    LOC_SPILL = 0x100, /* | n: vcpu->spill[n] */
    LOC_SLOT = 0x400,  /* | slot: the guest slot's memory */
    LOC_REMAT = 0x800, /* move source only: make the constant RaMove.ref */
    LOC_NONE = 0xffff,
};
static inline bool loc_is_reg(RaLoc l)
{
    return l < LOC_NREGS;
}

enum {
    RAF_MEM_OK = 1,    /* the operand may be used from memory (spill place or slot) */
    RAF_TIED = 2,      /* op[i] must lie in dst[0]'s register and is overwritten */
    RAF_FIXED = 4,     /* must lie in host register `fixed` */
    RAF_EARLY = 8,     /* dst: written before all operands are read: shares no operand's register */
    RAF_REMAT_OK = 16, /* a constant may stay LOC_REMAT: the backend makes it an immediate */
    RAF_BINDS = RAF_TIED | RAF_FIXED | RAF_EARLY,
    /* in RaInsn.binds alone: */
    RAB_CLOBBERS = 32, /* it has some */
    RAB_TWO = 64,      /* two results */
    RAB_GENERAL = 128, /* the allocator's: no short way */
};

typedef struct RaOperand {
    IrRef ref;
    RaLoc loc;      /* filled in by ra_run */
    uint8_t cls;    /* RegClass */
    uint8_t flags;  /* RAF_* */
    uint32_t after; /* the allocator's: the next use of ref behind this insn */
    uint8_t fixed;  /* host register number as in RaLoc, with RAF_FIXED or of a pinned set */
} RaOperand;

typedef enum RaKind {
    RA_OP,      /* no set, call or br: emitted by the backend from `form` and `ir` */
    RA_PIN_SET, /* `set` of op[0] to a pinned slot, whose register is op[0].fixed: done by moves
                   before it, there is nothing to emit */
    RA_MEM_SET, /* `set` of a slot in memory: the backend stores op[0] */
    RA_STATE,   /* call or br; else as RA_OP */
} RaKind;

enum { RA_MAX_OPS = 7, RA_MAX_TMP = 4 };

/* select() clears what stands before first_move; of the arrays only entries that count have
 * content. */
typedef struct RaInsn {
    uint32_t ir;  /* IR insn it stands for (its last one if fused) */
    uint8_t kind; /* RaKind */
    uint8_t form; /* backend's choice of pattern */
    uint8_t n_dst, n_ops;
    union {
        struct {
            uint8_t n_tmp[RC_COUNT]; /* scratch registers it needs; sum <= RA_MAX_TMP */
            uint8_t binds;           /* RAF_BINDS of its operands and results, RAB_* */
        };
        uint32_t demands; /* 0: none of these */
    };
    /* for the backend alone: what it chose besides `form` */
    uint8_t size, cc, cond, first_cond; /* operand size, condition, its kind, its first operand */
    uint64_t clobbers;                  /* bit per register 0..63 destroyed (beyond dst) */
    int64_t imm;                        /* the backend's, as is the next */
    uint32_t extra;
    uint32_t first_snap;          /* filled in: recipes for sunk sets, */
    uint8_t n_snap;               /* snap[first_snap] and so on */
    uint8_t observer;             /* 1: FAULT or EXIT effect: the pin convention holds here */
    uint32_t first_move, n_moves; /* filled in: moves to do before it, in order */
    RaLoc tmp[RA_MAX_TMP];        /* filled in: general ones first */
    RaOperand dst[2];
    RaOperand op[RA_MAX_OPS];
} RaInsn;

/* No constraints but what class the few operands are of. */
static inline bool ra_is_plain(const RaInsn *in)
{
    return !in->demands && in->n_ops <= 3;
}

/* One move, already sequenced (no parallel semantics left). `from` may be LOC_REMAT. */
typedef struct RaMove {
    IrRef ref; /* the value moved; its type gives the width */
    RaLoc from, to;
} RaMove;

/* State recipe at an observer: slot `slot` is op(args) of these places. */
typedef struct RaSnap {
    uint16_t slot;
    uint8_t op; /* IrOp of the recipe: FLADD FLSUB FLLOGIC, or NOP: the value op[0] itself */
    uint8_t
        type; /* operand IrType: the place may hold a wider value, of which the low bits count */
    uint8_t n_ops;
    RaOperand arg[2]; /* loc: register, spill, slot or LOC_REMAT (constant arg.ref) */
} RaSnap;

/* What the allocator needs to know of the host: made by the backend at start. */
typedef struct RaTarget {
    uint64_t
        temps[RC_COUNT]; /* bit per register (0..63) free for values inside a unit: three or more */
    RaLoc pin_of_slot[256];         /* by slot: its register or LOC_NONE */
    int16_t slot_of_reg[LOC_NREGS]; /* by register: pinned slot or -1 */
    uint64_t pinned;                /* bit per pinned register */
} RaTarget;

typedef struct RaConfig {
    uint32_t random_seed; /* not 0: choices and spills at random from this seed */
    bool check;           /* run the checker on the result */
    bool general;         /* no short cuts: for tests, the result is the same */
} RaConfig;

/* The lowered unit: arrays are the caller's, of the given capacities. */
typedef struct RaUnit {
    const IrUnit *ir;
    const RaTarget *target;
    RaInsn *buf;   /* room for cap RaInsns */
    RaInsn *insns; /* the unit's, in order; select() sets it to a place in buf */
    uint32_t n, cap;
    RaMove *moves;
    uint32_t n_moves, cap_moves;
    RaSnap *snaps;
    uint32_t n_snaps, cap_snaps;
    uint32_t *block_end; /* by block: index after its last RaInsn; select() fills it */
    IrRef *gets;         /* by select(): the gets that a RaInsn or recipe reads, in order; those */
    uint32_t n_gets;     /* that nothing reads may be among them */
    IrRef *sunk;         /* by select(): the sunk sets, the last one first */
    uint32_t n_sunk;
    uint32_t n_spills; /* filled in */
    Arena *arena;      /* scratch, reset by the caller */
} RaUnit;

/* Fills in locations, moves and snaps. False when a limit is hit (retry with a smaller unit). */
bool ra_run(RaUnit *ra, const RaConfig *cfg);

/* Symbolic check that every operand read holds its value and every observer's pins hold theirs. */
struct StrBuf;
bool ra_check(const RaUnit *ra, struct StrBuf *err);
void ra_print(const RaUnit *ra, struct StrBuf *out);

#endif
