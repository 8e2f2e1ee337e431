/*
 * State of one allocation, shared by ra.c (driver), ra_back.c (analysis), ra_plain.c and ra_place.c
 * (insns) and ra_block.c (block borders).
 *
 * Invariants while the forward walk stands before RaInsn i:
 *  - a value is live when `next` != POS_NONE; then it is in a register of `regs`, or in `mem`, or
 *    a constant;
 *  - reg_val[r] names the value in r exactly when r is in that value's `regs`; a value that is
 *    used up stays named until the register is taken, but its temps are not busy;
 *  - a pinned register holds its slot's value except between the definition of a value that was
 *    hinted to it and the `set`, where analysis has proven that nobody looks;
 *  - moves are appended in execution order, so no parallel-move problem arises inside a block.
 */
#ifndef FERRY_RA_INT_H
#define FERRY_RA_INT_H

#include "regalloc.h"
#include "check.h"
#include "vcpu.h"

/* Positions are indices of RaInsns + 1. */
#define POS_NONE 0u
#define BIT(r)   ((uint64_t)1 << (r))

/* All zero: not used, nowhere, no hints. */
typedef struct RaVal {
    uint64_t regs;     /* registers that hold it */
    uint32_t next;     /* position of its next use after the one at hand */
    uint32_t hint_pos; /* position of the set that `hint` comes from */
    RaLoc mem;         /* spill place or slot that holds it, or 0 */
    uint8_t hint;      /* pinned register to be made in, + 1 */
    uint8_t fix;       /* register that a later use demands, + 1 */
    bool wanted;       /* the insn at hand reads it and has no place for it yet */
    bool home;         /* has a spill place of its own: lives across blocks */
} RaVal;

/*
 * A pinned register lent to an insn as a temp. Its content waits in its slot's memory; at an insn
 * that may fault in a spill place, with a recipe, because the fault stores the pins to their slots.
 */
typedef struct RaLoan {
    RaLoc reg, place;
    IrRef ref;     /* whose type the moves have */
    IrRef held;    /* the value that was in it, or 0 */
    bool gave_mem; /* held's `mem` is the place for the time being */
} RaLoan;

/* May pins be lent to an insn: no (exits, block ends), general ones by recipe, any. */
typedef enum RaLends { LENDS_NONE, LENDS_BY_RECIPE, LENDS_ANY } RaLends;

typedef struct RaState {
    RaUnit *ra;
    RaVal *val;       /* by IrRef */
    uint32_t cur_get; /* of ra->gets */
    IrRef next_get;   /* ra->gets[cur_get], or UINT32_MAX */
    uint32_t pos;     /* position at hand */
    uint64_t temps;   /* all classes */
    uint64_t busy;    /* temps that hold a live value */
    uint64_t lock; /* registers that the insn at hand reads or uses as scratch; 0 between insns */
    uint64_t spill_free; /* bit per free spill place */
    union {
        struct {
            uint8_t n_pending, n_loans;
            bool fail;
        };
        uint32_t chores; /* not 0: something is to be done before the next insn */
    };
    uint32_t pending[2]; /* values just made that are to be stored to their home */
    RaLoan loans[4];
    uint64_t lent;         /* registers of loans */
    uint32_t rng;          /* not 0: random choices */
    uint64_t slot_held[4]; /* bit by slot: slot_val counts */
    uint32_t reg_val[LOC_NREGS];
    uint32_t slot_val[256]; /* value whose `mem` is the slot */
} RaState;

static inline RaVal *ra_val(RaState *s, IrRef r)
{
    return &s->val[r];
}

static inline bool ra_chance(RaState *s, uint32_t one_in)
{
    if (!s->rng)
        return false;
    s->rng ^= s->rng << 13;
    s->rng ^= s->rng >> 17;
    s->rng ^= s->rng << 5;
    return s->rng % one_in == 0;
}

static inline RegClass ra_class_of(const IrUnit *u, IrRef r)
{
    uint8_t t = u->insns[r].type;
    return t >= IR_F16 && t <= IR_V128 ? RC_VEC : RC_GPR;
}

/* Made anew where it is needed. */
static inline bool ra_is_const(const RaState *s, IrRef r)
{
    uint8_t op = s->ra->ir->insns[r].op;
    return op == IR_CONST || op == IR_VCONST || op == IR_GADDR;
}

/* Slot's memory is now a place of ref. */
static inline void ra_hold_slot(RaState *s, uint32_t slot, IrRef ref)
{
    s->val[ref].mem = (RaLoc)(LOC_SLOT | slot);
    s->slot_val[slot] = ref;
    s->slot_held[slot / 64] |= BIT(slot % 64);
}

static inline void ra_drop_slot(RaState *s, uint32_t slot)
{
    s->slot_held[slot / 64] &= ~BIT(slot % 64);
}

/* True when the pin convention must hold before RaInsn `in`, which stands for x. */
static inline bool ra_observes(const RaInsn *in, const IrInsn *x)
{
    if (in->observer)
        return true;
    return x->op == IR_CALL && ir_effects(x) & (EFF_STATE_R | EFF_STATE_W);
}

static inline bool ra_writes_state(const IrInsn *x)
{
    return x->op == IR_CALL && ir_effects(x) & EFF_STATE_W;
}

static inline void ra_emit_move(RaState *s, IrRef ref, RaLoc from, RaLoc to)
{
    RaUnit *ra = s->ra;
    if (UNLIKELY(ra->n_moves >= ra->cap_moves)) {
        s->fail = true;
        return;
    }
    ra->moves[ra->n_moves++] = (RaMove){ref, from, to};
}

/* Where to copy a value from: a register, else memory, else it is made anew. */
static inline RaLoc ra_source(const RaState *s, IrRef ref)
{
    const RaVal *v = &s->val[ref];
    if (v->regs)
        return (RaLoc)__builtin_ctzll(v->regs);
    if (v->mem)
        return v->mem;
    CHECK(ra_is_const(s, ref));
    return LOC_REMAT;
}

/* The register to read a value from that is in `regs`: a pin, if there is one, stays longest. */
static inline RaLoc ra_best_reg(const RaState *s, uint64_t regs)
{
    uint64_t pins = regs & ~s->temps;
    return (RaLoc)__builtin_ctzll(pins ? pins : regs);
}

/* A value in memory that is used again within so many RaInsns is better loaded. */
enum { RA_SOON = 16 };
static inline bool ra_is_soon(const RaState *s, const RaOperand *o)
{
    return o->after != POS_NONE && o->after - s->pos < RA_SOON;
}

/* Register r forgets its value. */
static inline void ra_drop_reg(RaState *s, RaLoc r)
{
    s->val[s->reg_val[r]].regs &= ~BIT(r); /* of value 0, that is none, too */
    s->reg_val[r] = 0;
    s->busy &= ~BIT(r);
}

/* Register r now holds value `ref` (a representative), and nothing else. */
static inline void ra_hold(RaState *s, RaLoc r, IrRef ref)
{
    s->val[s->reg_val[r]].regs &= ~BIT(r);
    s->reg_val[r] = ref;
    s->val[ref].regs |= BIT(r);
    s->busy |= BIT(r) & s->temps;
}

void ra_release_mem(RaState *s, RaVal *v);

/* The value has no more uses: its temps are free, though `regs` still says where it is. */
static inline void ra_release(RaState *s, RaVal *v)
{
    s->busy &= ~(v->regs & s->temps);
    if (UNLIKELY(v->mem))
        ra_release_mem(s, v);
}

/* Value ref has just been made. */
static inline void ra_defined(RaState *s, IrRef ref)
{
    RaVal *v = &s->val[ref];
    if (UNLIKELY(v->home))
        s->pending[s->n_pending++] = ref;
    else if (UNLIKELY(v->next == POS_NONE))
        ra_release(s, v);
}

/* ra_back.c */
void ra_look_back(RaState *s);

/* ra_plain.c */
bool ra_place_block(RaState *s, uint32_t first, uint32_t end);

/* ra_place.c */
void ra_place_op(RaState *s, RaInsn *in);
uint64_t ra_open_snaps(RaState *s, const RaInsn *in);
void ra_place_snaps(RaState *s, const RaInsn *in, uint64_t destroyed);
void ra_vacate(RaState *s, RaLoc f, uint64_t avoid);
RaLoc ra_alloc_reg(RaState *s, RegClass cls, uint64_t avoid);
RaLoc ra_victim(RaState *s, uint64_t cand);
void ra_copy_to(RaState *s, IrRef ref, RaLoc r);
RaLoc ra_alloc_spill(RaState *s);
void ra_free_spill(RaState *s, RaLoc l);
void ra_move_to_pin(RaState *s, IrRef ref, RaLoc p);
void ra_save_outside(RaState *s, RaLoc r, uint64_t destroyed);

/* ra_loan.c */
RaLoc ra_borrow(RaState *s, RegClass cls, uint64_t avoid);
void ra_loan_recipes(RaState *s, RaInsn *in);
void ra_give_back(RaState *s);

/* ra_block.c */
void ra_take_gets(RaState *s, const RaInsn *in);
void ra_store_homes(RaState *s);
void ra_pass_params(RaState *s, const IrInsn *br);
void ra_end_block(RaState *s);
void ra_leave_slot(RaState *s, uint32_t slot);
void ra_save_state(RaState *s);
void ra_forget_state(RaState *s);

#endif
