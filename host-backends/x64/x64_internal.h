/*
 * What the parts of the x86-64 backend share. Two halves:
 *
 *  select (x64_sel*.c): walks the IR backward. An insn gets RaInsns only if a later one `needs` it,
 *  so whatever a user fuses vanishes by itself. RaInsns are made backward too: within one IR insn,
 *  the last piece of host code is described first.
 *
 *  emit (x64_out*.c): walks the allocated RaInsns forward and prints them; rare paths are queued
 *  with x64_far_*() and printed after the hot code.
 *
 * Adding an op: a line in x64_ops.def, a function that describes its operands and one that prints.
 * `form` is free for each family to use: 0 when one pattern is enough.
 *
 *     select:  RaInsn *r = x64_sel_new(s, i);
 *              x64_sel_dst(s, r, i, RC_VEC, 0);
 *              x64_sel_use(s, r, in->arg[0], RC_VEC, RAF_TIED);
 *              x64_sel_use(s, r, in->arg[1], RC_VEC, RAF_MEM_OK);
 *     emit:    x64_sse_rr(&c->e, V_PADDB, x64_dst(r, 0), x64_op(r, 1));
 *
 * Values in registers: i8/i16/i32/bool/flags values sit in the low bits, the rest is undefined,
 * but insns that x64_sel_clean() accepts have zeros up to bit 63. Floats sit in the low lane of a
 * vector register, the rest undefined. A flags value is packed as in flags.h.
 * Free for RaInsns without declaring: EFLAGS, unless x64_sel_keeps_flags() says that the op keeps
 * them. Everything else is declared: n_tmp or clobbers.
 */
#ifndef FERRY_X64_INTERNAL_H
#define FERRY_X64_INTERNAL_H

#include "backend.h"
#include "check.h"
#include "flags.h"
#include "x64_emit.h"

/* Chosen once by setup(), constant afterwards. */
typedef struct X64Config {
    HostFeatures f;
    RaTarget target;
    const SlotDesc *slots;
    uint32_t n_slots;
    uint16_t slot_pc;
} X64Config;
extern X64Config x64_cfg;

/* Vcpu.stub: host code reached through the vcpu, so that units hold no addresses of it. */
enum {
    X64_STUB_LEAVE,       /* leave_* and pc are set */
    X64_STUB_LEAVE_LINK,  /* rax: ExitRec */
    X64_STUB_LEAVE_POLL,  /* rax: pc */
    X64_STUB_LEAVE_IC,    /* rax: target, rcx: ExitRec */
    X64_STUB_LEAVE_TRAP,  /* rax: pc, rdx: data, ecx: IrTrap */
    X64_STUB_SYSCALL,     /* called; rax: pc after the call. Returns when the guest goes on there */
    X64_STUB_LOOKUP,      /* rax: target; polls */
    X64_STUB_LOOKUP_MISS, /* rax: target */
    X64_STUB_RET_MISS,    /* rax: target */
    X64_STUB_HELPER,      /* + EFF_STATE bits 0..3, + 4 for vector signatures; rax: function,
                             with vector signatures ecx: bit i: harg[i] is passed by address,
                             bit 7: the result is harg[7]. Clobbers rax rcx rdx. */
    X64_STUB_SENTINEL = X64_STUB_HELPER + 8,     /* rax: target, its frame was just popped */
    X64_STUB_POLL_KIND,                          /* LEAVE_POLL of a branch of kind 1; 2, 3 */
    X64_STUB_MISS_KIND = X64_STUB_POLL_KIND + 3, /* LOOKUP_MISS likewise */
    X64_STUB_COUNT = X64_STUB_MISS_KIND + 3,
};

/* ---- select --------------------------------------------------------------------------------- */

/*
 * What the insns described so far want of a value. All in one byte: a load of more than was stored
 * last would wait for the store.
 */
typedef uint8_t X64Val;
enum {
    /* one reads EFLAGS that its maker leaves: */
    X64_EFL_WANTED = 1,     /* those of a subtraction: ZF SF OF, CF = not C */
    X64_EFL_UCOMI = 2,      /* fcmp: what ucomis a, b leaves; its operands must then be described */
    X64_EFL_UCOMI_SWAP = 4, /* so that none moves after. fcmp: what ucomis b, a leaves */
    X64_EFL_ANY = 7,
    X64_EFL_SHIFT = 24, /* place of these bits in RaInsn.extra */
    X64_NEED = 8,       /* one reads it */
};

typedef struct X64Sel {
    RaUnit *ra;
    const IrUnit *u;
    const IrInsn *insns; /* u's */
    X64Val *val;         /* by ref */
    void *vec;           /* the float and vector part's, made when it is first asked */
    RaInsn *at;  /* the last one made; RaInsns are filled downward from the end of ra->buf */
    IrRef *gets; /* the last of ra->gets; filled downward too */
    uint32_t block_first; /* first IR insn of the block at hand */
    bool fail;
} X64Sel;

static inline bool x64_wants_eflags(const RaInsn *r)
{
    return r->extra >> X64_EFL_SHIFT != 0;
}

/*
 * A new RaInsn (before those made so far) for IR insn `ir`; kind RA_OP, form 0. An IR insn has one
 * at most, so that there is always room.
 */
static inline RaInsn *x64_sel_new(X64Sel *s, uint32_t ir)
{
    /* read first, then field by field: so stores of constants, the caller's too, become few */
    uint32_t eflags = s->val[ir] & X64_EFL_ANY;
    RaInsn *r = --s->at;
    r->ir = ir;
    r->kind = RA_OP;
    r->form = 0;
    r->n_dst = r->n_ops = 0;
    r->demands = 0;
    r->size = r->cc = r->cond = r->first_cond = 0;
    r->clobbers = 0;
    r->imm = 0;
    r->extra = eflags << X64_EFL_SHIFT;
    r->first_snap = 0;
    r->n_snap = r->observer = 0;
    return r;
}
/* Fills in an operand or result of r. */
static inline void x64_sel_operand(RaInsn *r, RaOperand *o, IrRef ref, RegClass cls, unsigned flags)
{
    r->binds |= flags & RAF_BINDS;
    o->ref = ref;
    o->loc = LOC_NONE;
    o->cls = (uint8_t)cls;
    o->flags = (uint8_t)flags;
}
/* The value that an insn's vector result is described as: itself, or a vfrom that was fused. */
IrRef x64_vec_sel_result(X64Sel *s, IrRef ref);
static inline void x64_sel_dst(X64Sel *s, RaInsn *r, IrRef ref, RegClass cls, unsigned flags)
{
    DCHECK(r->n_dst < ARRAY_LEN(r->dst));
    if (cls == RC_VEC)
        ref = x64_vec_sel_result(s, ref);
    x64_sel_operand(r, &r->dst[r->n_dst++], ref, cls, flags);
}
static inline void x64_sel_clobbers(RaInsn *r, uint64_t regs)
{
    r->clobbers |= regs;
    r->binds |= regs ? RAB_CLOBBERS : 0;
}
static inline void x64_sel_early(RaInsn *r, unsigned k)
{
    r->dst[k].flags |= RAF_EARLY;
    r->binds |= RAF_EARLY;
}
void x64_sel_dst_fixed(X64Sel *s, RaInsn *r, IrRef ref, RegClass cls, unsigned reg);
/* Appends an operand and marks `ref` as needed. */
static inline void x64_sel_use(X64Sel *s, RaInsn *r, IrRef ref, RegClass cls, unsigned flags)
{
    DCHECK(r->n_ops < RA_MAX_OPS);
    x64_sel_operand(r, &r->op[r->n_ops++], ref, cls, flags);
    s->val[ref] |= X64_NEED;
}
void x64_sel_use_fixed(X64Sel *s, RaInsn *r, IrRef ref, RegClass cls, unsigned reg, unsigned flags);
static inline void x64_sel_tmp(RaInsn *r, unsigned gpr, unsigned vec)
{
    r->n_tmp[RC_GPR] = (uint8_t)gpr;
    r->n_tmp[RC_VEC] = (uint8_t)vec;
}
static inline const IrInsn *x64_ir(const X64Sel *s, IrRef r)
{
    return &s->insns[r];
}
static inline RegClass x64_class_of(IrType t)
{
    return t >= IR_F16 && t <= IR_V128 ? RC_VEC : RC_GPR;
}

/*
 * By op: x64_select_* describes insn i, of which something is needed or that has effects, and
 * x64_emit_* (below) prints what it described. The float and vector part has all float and vector
 * ops but those in the list.
 */
typedef void X64SelectFn(X64Sel *s, IrRef i, const IrInsn *in);
#define X64OP(op, sel, emit) X64SelectFn x64_select_##sel;
#include "x64_ops.def"
#undef X64OP
X64SelectFn x64_select_vec;
/* The value a vector-class operand may name instead of `ref` (same register content). */
IrRef x64_vec_sel_alias(X64Sel *s, IrRef ref);
static inline bool x64_op_is_ext(unsigned op)
{
    return op - IR_ZEXT <= IR_TRUNC - IR_ZEXT;
}
_Static_assert(IR_SEXT == IR_ZEXT + 1 && IR_TRUNC == IR_ZEXT + 2, "order of ops");
/*
 * The value that an operand of which only the low 1 << size bytes are read may name instead of ref:
 * looks through trunc, zext, sext. With size 3, X64_NARROW is added when the result is an i32 value
 * whose register has zeros above; its memory has not, so that RAF_MEM_OK must go.
 */
enum { X64_NARROW_SHIFT = 31 };
#define X64_NARROW (1u << X64_NARROW_SHIFT)
IrRef x64_sel_alias_ext(const IrInsn *insns, IrRef ref, unsigned size);
static inline IrRef x64_sel_alias(const X64Sel *s, IrRef ref, unsigned size)
{
    return x64_op_is_ext(x64_ir(s, ref)->op) ? x64_sel_alias_ext(s->insns, ref, size) : ref;
}
/* Makes operand k, of r->n_ops, from what x64_sel_alias gave. */
static inline void x64_sel_op(X64Sel *s, RaInsn *r, unsigned k, IrRef alias, unsigned flags)
{
    _Static_assert(RAF_MEM_OK == 1, "a narrow value takes it away");
    IrRef ref = alias & ~X64_NARROW;
    x64_sel_operand(r, &r->op[k], ref, RC_GPR, flags & ~(alias >> X64_NARROW_SHIFT));
    s->val[ref] |= X64_NEED;
}
/* x64_sel_use of an integer operand through x64_sel_alias. */
static inline void x64_sel_use_int(X64Sel *s, RaInsn *r, IrRef ref, unsigned size, unsigned flags)
{
    IrRef alias = x64_sel_alias(s, ref, size);
    DCHECK(r->n_ops < RA_MAX_OPS);
    x64_sel_op(s, r, r->n_ops++, alias, flags);
}
void x64_sel_use_int_fixed(X64Sel *s, RaInsn *r, IrRef ref, unsigned size, unsigned reg);
/* True when ref's general register has zeros above its type's bits (i32, bool, flags types). */
bool x64_sel_clean(const X64Sel *s, IrRef ref);
/* A constant that fits a sign-extended 32-bit immediate of an operation of 1 << size bytes. */
static inline bool x64_sel_imm(const X64Sel *s, IrRef ref, unsigned size, int64_t *imm)
{
    const IrInsn *in = x64_ir(s, ref);
    if (in->op != IR_CONST)
        return false;
    unsigned sh = 64 - (8u << size);
    *imm = (int64_t)(ir_value(s->u, ref) << sh) >> sh;
    return x64_is_s32(*imm);
}
/* Sizes are log2 of bytes. What is no integer counts as 4 bytes. */
static inline unsigned x64_type_size(IrType t)
{
    return t - IR_I8 <= IR_I64 - IR_I8 ? t - IR_I8 : 2;
}
static inline unsigned x64_type_bits(IrType t)
{
    return 8u << x64_type_size(t);
}

/* ---- conditions ------------------------------------------------------------------------------ */

/*
 * A bool as its user fuses it. The compare's operands become operands of the user's RaInsn, from
 * index `first_op` on; x64_cond_emit() prints the compare and returns the condition to use.
 */
struct X64Ctx;
/* Of EFLAGS after a subtraction. */
X64Cc x64_cc_of(IrCond c);
X64Cc x64_cc_of_cmp(IrCmp c);
/* a c b is b swapped(c) a. */
IrCmp x64_cmp_swapped(IrCmp c);
typedef enum X64CondKind {
    COND_NONE,
    COND_EFLAGS, /* insn imm left them */
    COND_CMP,    /* cmp op, op|imm */
    COND_TEST,   /* test op, op|imm */
    COND_BT,     /* bit imm of op */
    COND_BOOL,   /* op != 0, a bool */
    COND_FLAGS,  /* packed flags in op; cc is an IrCond */
    COND_UCOMI,  /* EFLAGS that an fcmp left; cc is an IrCond, extra says whether swapped */
} X64CondKind;
/* Describes bool `ref` as a condition of r (whose other operands and general scratch registers are
 * there already). */
void x64_sel_cond(X64Sel *s, RaInsn *r, IrRef ref, bool negate);
/* Nothing between the insn at `from` and the reader `at` changes EFLAGS. */
bool x64_sel_eflags_stay(const X64Sel *s, IrRef from, IrRef at);

typedef struct X64Cond {
    uint8_t cc;    /* X64Cc */
    int8_t parity; /* +1: also true when P is set; -1: true only when P is clear as well */
} X64Cond;
/* Prints r's compare. */
X64Cond x64_cond_emit(struct X64Ctx *c, const RaInsn *r);
/* The condition of fcmp's flags, left in EFLAGS by ucomis a, b or (swap) ucomis b, a. False when
 * this order cannot tell. */
static inline bool x64_fcmp_cond(IrCond cc, bool swap, X64Cond *out)
{
    static const struct {
        int8_t order;
        X64Cond c;
    } t[CC_COUNT] = {
        [CC_EQ] = {-1, {X64_E, -1}}, [CC_NE] = {-1, {X64_NE, 1}}, [CC_CS] = {1, {X64_BE, 0}},
        [CC_CC] = {1, {X64_A, 0}},   [CC_MI] = {1, {X64_A, 0}},   [CC_PL] = {1, {X64_BE, 0}},
        [CC_VS] = {-1, {X64_P, 0}},  [CC_VC] = {-1, {X64_NP, 0}}, [CC_HI] = {1, {X64_B, 0}},
        [CC_LS] = {1, {X64_AE, 0}},  [CC_GE] = {0, {X64_AE, 0}},  [CC_LT] = {0, {X64_B, 0}},
        [CC_GT] = {0, {X64_A, 0}},   [CC_LE] = {0, {X64_BE, 0}},
    };
    *out = t[cc].c;
    return t[cc].order < 0 || t[cc].order == swap;
}

/* ---- emit ------------------------------------------------------------------------------------ */

typedef struct X64Ctx X64Ctx;
typedef struct X64Far X64Far;
typedef void X64FarFn(X64Ctx *c, const X64Far *f);

/* Code to print after the hot code. */
struct X64Far {
    X64FarFn *fn;
    const RaInsn *r;
    uint32_t from; /* rel32 place that leads here, 0 none */
    uint32_t back; /* hot offset to go back to */
    uint64_t arg;
};

struct X64Ctx {
    X64Emit e;
    const RaUnit *ra;
    const IrUnit *u;
    const IrInsn *insns; /* u's */
    const BackendStubs *stubs;
    CodeOut *out;
    X64Far *far;
    uint32_t n_far, cap_far;
    void *vec;           /* the float and vector part's, made when it is first asked */
    uint32_t *block_off; /* by block */
    uint32_t *fix;       /* pairs: rel32 place, block */
    uint32_t n_fix, cap_fix;
    uint32_t block;        /* block at hand */
    int64_t at_off;        /* module offset of the last observer's guest insn */
    const IrInsn *at_seen; /* the last observer */
    int64_t start_off;     /* u's */
    int64_t plain_off; /* the last side entry's guest_off if it has no recipes, else INT64_MIN */
    uint8_t *link_jmp, *poll_jmp; /* far code: the last jumps to LEAVE_LINK, LEAVE_POLL, or NULL */
    uint32_t poll_at;             /* and the last code that leaves for a poll, */
    int64_t poll_target;          /* to go on at this module offset */
    bool fail;
};

static inline unsigned x64_num(RaLoc l)
{
    DCHECK(loc_is_reg(l));
    return l & 31;
}
static inline unsigned x64_dst(const RaInsn *r, unsigned i)
{
    return x64_num(r->dst[i].loc);
}
static inline unsigned x64_op(const RaInsn *r, unsigned i)
{
    return x64_num(r->op[i].loc);
}
/* Scratch: general ones come first in tmp[]. */
static inline unsigned x64_tmp(const RaInsn *r, unsigned i)
{
    return x64_num(r->tmp[i]);
}
static inline bool x64_op_in_mem(const RaInsn *r, unsigned i)
{
    return !loc_is_reg(r->op[i].loc);
}
static inline X64Mem x64_vcpu_mem(size_t offset_in_vcpu)
{
    return x64_mem(X64_RBP, (int32_t)offset_in_vcpu - VCPU_BIAS);
}
/* Memory of a spill place or a slot. */
X64Mem x64_loc_mem(const X64Ctx *c, RaLoc l);
static inline X64Mem x64_op_mem(const X64Ctx *c, const RaInsn *r, unsigned i)
{
    return x64_loc_mem(c, r->op[i].loc);
}
static inline X64Mem x64_harg(unsigned i)
{
    return x64_vcpu_mem(offsetof(Vcpu, harg) + 16 * (size_t)i);
}

/* Jumps to far code when cc; f->back is the place after the jump. */
void x64_far_jcc(X64Ctx *c, X64Cc cc, X64FarFn *fn, const RaInsn *r, uint64_t arg);
/* The general form: `from` is the place after the rel32 that is to lead there. */
void x64_far_at(X64Ctx *c, uint32_t from, X64FarFn *fn, const RaInsn *r, uint64_t arg);
void x64_call_far(X64Ctx *c, X64FarFn *fn, uint64_t arg);
void x64_far_jmp(X64Ctx *c, X64FarFn *fn, const RaInsn *r, uint64_t arg);
void x64_far_land(X64Ctx *c);                  /* the last one goes back to here instead */
void x64_far_back(X64Ctx *c, const X64Far *f); /* jmp back, from far code */
/*
 * Calls a helper whose arguments lie in harg[]; the result lies in harg[7] (low 8 bytes, or all).
 * x64_far_helper keeps every general and vector register (for far code); x64_helper clobbers
 * rax rcx rdx and leaves an integer result in rax.
 */
void x64_helper(X64Ctx *c, HelperId h);
void x64_far_helper(X64Ctx *c, HelperId h);

static inline bool x64_rbit_by_gfni(const IrInsn *i)
{
    return i->op == IR_RBIT && i->type >= IR_I32 && x64_cfg.f.gfni;
}

typedef void X64EmitFn(X64Ctx *c, const RaInsn *r, const IrInsn *in);
#define X64OP(op, sel, emit) X64EmitFn x64_emit_##emit;
#include "x64_ops.def"
#undef X64OP
X64EmitFn x64_emit_vec;

/* After the hot code: the float and vector part's far code and literals. False when a table was
 * full. */
bool x64_vec_close(X64Ctx *c);
/* All 128 bits; one of the two may be memory. */
void x64_vec_move(X64Ctx *c, RaLoc dst, RaLoc src);
void x64_vec_const(X64Ctx *c, unsigned dst, uint64_t lo, uint64_t hi);
/* Reverses the bits in each byte of general register d by GFNI; t: a vector temp. */
void x64_vec_rbit(X64Ctx *c, unsigned size, unsigned d, RaLoc t);

/* Code that jumps to the unit of address rax, with a poll first; clobbers rcx rdx. */
void x64_lookup_emit(X64Emit *e, unsigned kind, bool with_poll);
/* Stores the sunk sets that r's exit needs. General registers stay, rax if wanted. */
void x64_snaps_emit(X64Ctx *c, const RaInsn *r, bool keep_rax);
/* The same where a jump on r's condition leads to: EFLAGS are still those of the condition. rax is
 * lost. */
void x64_snaps_emit_taken(X64Ctx *c, const RaInsn *r);
/* gaddr in a register. */
void x64_gaddr(X64Ctx *c, unsigned dst, int64_t off);
/* The guest address is near enough for rip: true with the operand. */
bool x64_gaddr_mem(const X64Ctx *c, int64_t off, X64Mem *m);
/* A constant in a general register; EFLAGS stay. */
void x64_const(X64Ctx *c, unsigned dst, IrRef ref);
/* A new exit record; NULL (and c->fail) when there is no room. */
ExitRec *x64_exit_rec(X64Ctx *c, ExitKind kind, int64_t target_off, uint32_t *index);

/* A side entry for observer r of the guest insn at c->at_off, unless it would say nothing new. */
void x64_side_here(X64Ctx *c, const RaInsn *r);
/* Begins to print: arrays are made for ra->n RaInsns. False when a capacity is too small. */
bool x64_out_open(X64Ctx *c, const RaUnit *ra, const BackendStubs *stubs, CodeOut *out);
/* Far code and literals, after the last hot code; fills in the results. */
bool x64_out_close(X64Ctx *c);

/* The backend's functions behind BackendOps. */
void x64_quick_setup(void); /* before the first quick_open() */
void *x64_quick_open(Arena *a, IrUnit *u, const BackendStubs *stubs, CodeOut *out);
bool x64_quick_insn(void *quick, int64_t off);
void x64_quick_undo(void *quick);
bool x64_quick_close(void *quick);
bool x64_select(RaUnit *ra);
bool x64_emit_unit(const RaUnit *ra, const BackendStubs *stubs, CodeOut *out);
bool x64_stubs_emit(const RaTarget *t, CodeOut *out, BackendStubs *stubs);
void x64_vcpu_init(Vcpu *v, const BackendStubs *stubs);

/* x64_features.c */
typedef struct X64Cpuid {
    uint32_t a, b, c, d;
} X64Cpuid;

X64Cpuid x64_cpuid(uint32_t leaf, uint32_t sub);
HostFeatures x64_probe(void);
bool x64_narrow(const char *spec, HostFeatures *f, struct StrBuf *err);

#endif
