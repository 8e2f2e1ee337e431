/*
 * The quick printer: host code made insn by insn while the front end emits, without passes, without
 * an allocator, without looking ahead. For code that has just stopped being cold: it costs a third
 * of the other way and is replaced by it when it turns out to be hot (RtConfig.quick_runs).
 *
 * It prints with the same functions as the allocated code (x64_emit_*), from a RaInsn that it fills
 * in itself. Between guest instructions everything is as at an observer: pinned slots in their
 * registers, the others in memory, no value alive; so side entries need no recipes.
 *
 * A value is in one of these places, by its `same`. Those in pins and slots live on into the next
 * guest instruction, for it to get from the slots.
 *
 *   a register   a pin whose slot it was got from or set to, or a temp (rax, rcx, rdx)
 *   slot memory  got from a slot without a pin
 *   LOC_REMAT    const, gaddr, vconst
 *   QUICK_LATER  the insn at `pend`: made when it is known where to, mostly by the `set` behind it
 *   QUICK_COND   a bool: EFLAGS with condition cond_cc
 *   QUICK_GONE   its pin or slot was set to something else
 *
 * What does not fit (an op that is not here, a value that is gone, more than the temps hold)
 * refuses the guest instruction: nothing of it stays, and the unit ends before it.
 *
 *     v1 = get x1              v1 in rsi
 *     v2 = const 8             v2 later
 *     v3 = add v1, v2          v3 pending
 *     set x0, v3               lea rbx, [rsi+8]
 */
#ifndef FERRY_X64_QUICK_H
#define FERRY_X64_QUICK_H

#include "x64_internal.h"

enum { QUICK_LATER = 0x1000, QUICK_COND, QUICK_GONE };

typedef struct QuickVal {
    IrRef same;   /* the value that has its place and content; narrower ones are its low bits */
    uint16_t loc; /* of a value that is its own `same` */
    bool clean;   /* its register has zeros above bit 31 */
} QuickVal;

/* What there was before the guest instruction at hand, to go back to. */
typedef struct QuickMark {
    uint8_t *p;
    int64_t at_off, plain_off;
    uint32_t n_far, n_exits, n_side;
} QuickMark;

typedef struct X64Quick {
    X64Ctx c;
    RaUnit ra; /* for c alone */
    RaInsn r;  /* the one to print from; all its fields but those that printers of no use here read
                  are set anew each time */
    RaInsn kept[4]; /* those that far code reads */
    uint32_t n_kept;
    IrUnit *u;
    QuickVal *val;       /* by ref */
    IrRef pend;          /* 0: none */
    IrRef under;         /* with a pending sext: the insn that it and its argument are made from */
    IrRef wide;          /* the last zext that is its i32 argument's register as it is, or 0 */
    IrRef cond;          /* the one value in QUICK_COND, or 0 */
    IrRef eflags;        /* the flags value that EFLAGS are (not C in CF), or 0 */
    bool eflags_in_slot; /* the flags slot's content is; outlives guest instructions */
    bool literal;        /* the guest instruction at hand has one */
    uint8_t cond_cc;     /* X64Cc */
    uint64_t free;       /* temps */
    IrRef held[4];       /* by temp rax, rcx, rdx: its value */
    QuickMark mark;
    /* What slots were set to or got as, if that still lies in the pin or slot: IrUnit.known,
     * known32 */
    IrRef of_slot[256], low[256];
} X64Quick;

static inline IrRef quick_same(const X64Quick *q, IrRef r)
{
    return q->val[r].same;
}
static inline QuickVal *quick_val(X64Quick *q, IrRef same)
{
    return &q->val[same];
}
static inline const IrInsn *quick_ir(const X64Quick *q, IrRef r)
{
    return &q->u->insns[r];
}
static inline unsigned quick_size(const X64Quick *q, IrRef r)
{
    return x64_type_size((IrType)quick_ir(q, r)->type);
}

/* The insn that makes pending v: itself, or what it extends. */
static inline IrRef quick_made(const X64Quick *q, IrRef v)
{
    const IrInsn *in = quick_ir(q, v);
    return in->op == IR_SEXT && quick_same(q, in->arg[0]) == v ? q->under : v;
}

/* The guest instruction is not for here. */
IrRef quick_refuse(X64Quick *q);
/* A free temp; refuses when there is none. It is value v's, if not 0. */
unsigned quick_temp(X64Quick *q, IrRef v);
/* The general register that v is in, or is put in. EFLAGS stay unless v was pending. */
unsigned quick_bring(X64Quick *q, IrRef v);
static inline unsigned quick_reg(X64Quick *q, IrRef v)
{
    unsigned loc = quick_val(q, v)->loc;
    return LIKELY(loc < LOC_VEC) ? loc : quick_bring(q, v);
}
/* EFLAGS are about to be lost. */
void quick_lose_eflags(X64Quick *q);
/* What is pending is made now, in a temp. */
void quick_flush_pending(X64Quick *q);
static inline void quick_flush(X64Quick *q)
{
    if (UNLIKELY(q->pend))
        quick_flush_pending(q);
}
/* The condition that makes bool v true; EFLAGS are set for it. */
X64Cc quick_cond(X64Quick *q, IrRef v);
static inline bool quick_in_slot(unsigned loc)
{
    return loc >= LOC_SLOT && loc < LOC_REMAT;
}
/* Operand k of q->r is v as it lies there, in a register or memory if that is allowed. */
static inline void quick_operand(X64Quick *q, unsigned k, IrRef v, bool mem_ok)
{
    RaOperand *o = &q->r.op[k];
    unsigned loc = quick_val(q, v)->loc;
    if (UNLIKELY(loc >= LOC_VEC) && !(mem_ok && quick_in_slot(loc)))
        loc = quick_bring(q, v);
    o->ref = v;
    o->cls = RC_GPR;
    o->loc = (RaLoc)loc;
    q->r.n_ops = (uint8_t)(k + 1);
}
/* An observer's code begins here. */
void quick_observer(X64Quick *q, IrRef i);
/* A RaInsn of insn i without operands, in q->r. */
static inline RaInsn *quick_insn_of(X64Quick *q, IrRef i)
{
    RaInsn *r = &q->r;
    r->ir = i;
    r->form = 0;
    r->n_dst = r->n_ops = 0;
    r->size = r->cc = r->cond = r->first_cond = 0;
    r->imm = 0;
    r->extra = 0;
    return r;
}

/* x64_quick_ops.c: makes pending insn i in register d (a pin or a temp). */
void quick_make(X64Quick *q, IrRef i, RaLoc d);
/* The same in a temp, with EFLAGS as the op leaves them. */
void quick_make_with_eflags(X64Quick *q, IrRef i);
/* cmp and the like of pending compare i; returns the condition. */
X64Cc quick_compare(X64Quick *q, IrRef i);
/* Makes store or select i now. */
void quick_store(X64Quick *q, IrRef i);
void quick_select(X64Quick *q, IrRef i);
/* fladd, flsub, fllogic i: packed in rax and in EFLAGS. */
void quick_flags(X64Quick *q, IrRef i);
/* cc i of flags in a slot or register, by a test. */
X64Cc quick_test_flags(X64Quick *q, IrRef i);

#endif
