/*
 * Instruction selection, the driver: one backward walk over the IR.
 *
 * An insn is described when it has an effect or when something described already needs it; so a
 * compare fused into its branch, or an address into its load, never gets a RaInsn of its own.
 * RaInsns are filled from the end of the array downward.
 *
 *     v3 = and v1, 7          described second:  and v3, v1, 7     only if another insn needs v3
 *     v4 = cmp.ne v3, 0       not at all
 *     xif v4, 0x40            described first:   test v1, 7; jne
 */
#include "x64_internal.h"

void x64_sel_dst_fixed(X64Sel *s, RaInsn *r, IrRef ref, RegClass cls, unsigned reg)
{
    if (r->n_dst)
        r->binds |= RAB_TWO;
    x64_sel_dst(s, r, ref, cls, RAF_FIXED);
    r->dst[r->n_dst - 1].fixed = (uint8_t)reg;
}

void x64_sel_use_fixed(X64Sel *s, RaInsn *r, IrRef ref, RegClass cls, unsigned reg, unsigned flags)
{
    x64_sel_use(s, r, ref, cls, flags | RAF_FIXED);
    r->op[r->n_ops - 1].fixed = (uint8_t)reg;
}

void x64_sel_use_int_fixed(X64Sel *s, RaInsn *r, IrRef ref, unsigned size, unsigned reg)
{
    x64_sel_use_fixed(s, r, x64_sel_alias(s, ref, size) & ~X64_NARROW, RC_GPR, reg, 0);
}

/* Ops whose 32-bit result the emitter makes with an instruction that clears bits 63..32. */
static const bool makes_clean[IR_OP_COUNT] = {
    [IR_ADD] = true,    [IR_SUB] = true,  [IR_MUL] = true,    [IR_MULHU] = true,  [IR_MULHS] = true,
    [IR_UDIV] = true,   [IR_SDIV] = true, [IR_AND] = true,    [IR_OR] = true,     [IR_XOR] = true,
    [IR_ANDN] = true,   [IR_NOT] = true,  [IR_NEG] = true,    [IR_SHL] = true,    [IR_SHR] = true,
    [IR_SAR] = true,    [IR_ROR] = true,  [IR_EXTR] = true,   [IR_UBFX] = true,   [IR_SBFX] = true,
    [IR_CLZ] = true,    [IR_CTZ] = true,  [IR_CLS] = true,    [IR_POPCNT] = true, [IR_BSWAP] = true,
    [IR_REV16] = true,  [IR_RBIT] = true, [IR_ZEXT] = true,   [IR_SEXT] = true,   [IR_CMP] = true,
    [IR_CC] = true,     [IR_BNOT] = true, [IR_SELECT] = true, [IR_ADC] = true,    [IR_SBC] = true,
    [IR_FLPACK] = true, [IR_LD] = true,   [IR_CRC32] = true,
};

static inline bool is_clean(const IrInsn *in)
{
    return (in->type == IR_I32 || in->type == IR_BOOL) && makes_clean[in->op];
}

bool x64_sel_clean(const X64Sel *s, IrRef ref)
{
    return is_clean(x64_ir(s, ref));
}

_Static_assert(IR_BOOL < IR_I8 && IR_I64 == IR_I8 + 3, "order of types");

IrRef x64_sel_alias_ext(const IrInsn *insns, IrRef ref, unsigned size)
{
    for (const IrInsn *in = &insns[ref];;) {
        IrRef a = in->arg[0];
        const IrInsn *from = &insns[a];
        if (from->type < IR_I8 + size) { /* a bool, too */
            if (in->op == IR_SEXT || !is_clean(from))
                return ref;
            return size == 3 ? a | X64_NARROW : a;
        }
        if (from->op == IR_CONST)
            return ref;
        ref = a;
        in = from;
        if (!x64_op_is_ext(in->op))
            return ref;
    }
}

/* ---- state, constants of state, calls -------------------------------------------------------- */

/* A set that lives in side tables only: its recipe's inputs must exist. */
static __attribute__((noinline)) void sel_sunk(X64Sel *s, IrRef i, const IrInsn *in)
{
    const IrInsn *p = x64_ir(s, in->arg[0]);
    s->ra->sunk[s->ra->n_sunk++] = i;
    if (p->op != IR_FLADD && p->op != IR_FLSUB && p->op != IR_FLLOGIC) {
        s->val[in->arg[0]] |= X64_NEED;
        return;
    }
    for (unsigned k = 0; k < ir_ops[p->op].nargs; k++)
        s->val[ir_recipe_arg(s->u, p->arg[k])] |= X64_NEED;
}

/* To a slot in memory, or a pinned vector. */
static __attribute__((noinline)) void sel_other_set(X64Sel *s, IrRef i, const IrInsn *in, RaLoc pin)
{
    RaInsn *r = x64_sel_new(s, i);
    IrRef v = in->arg[0];
    r->kind = pin != LOC_NONE ? RA_PIN_SET : RA_MEM_SET;
    r->op[0].fixed = (uint8_t)pin;
    if (x64_class_of((IrType)x64_ir(s, v)->type) == RC_VEC) {
        x64_sel_use(s, r, x64_vec_sel_alias(s, v), RC_VEC, 0);
        return;
    }
    unsigned size = s->u->slots[in->imm].type == SLOT_I64 ? 3 : 2;
    int64_t imm;
    x64_sel_use_int(s, r, v, size, x64_sel_imm(s, v, size, &imm) ? RAF_REMAT_OK : 0);
}

void x64_select_set(X64Sel *s, IrRef i, const IrInsn *in)
{
    if (in->aux & 1) {
        sel_sunk(s, i, in);
        return;
    }
    RaLoc pin = s->ra->target->pin_of_slot[in->imm];
    if (pin >= LOC_VEC) {
        sel_other_set(s, i, in, pin);
        return;
    }
    IrRef v = x64_sel_alias(s, in->arg[0], 3);
    RaInsn *r = x64_sel_new(s, i);
    r->kind = RA_PIN_SET;
    r->n_ops = 1;
    r->op[0].fixed = (uint8_t)pin;
    x64_sel_op(s, r, 0, v, 0);
}

void x64_select_call(X64Sel *s, IrRef i, const IrInsn *in)
{
    const HelperDesc *h = &ir_helpers[in->imm];
    RaInsn *r = x64_sel_new(s, i);
    r->kind = RA_STATE;
    x64_sel_clobbers(r, 1 << X64_RAX | 1 << X64_RCX | 1 << X64_RDX);
    r->observer = (ir_effects(in) & (EFF_FAULT | EFF_EXIT)) != 0;
    if (in->type != IR_VOID) {
        if (x64_class_of((IrType)in->type) == RC_VEC)
            x64_sel_dst(s, r, i, RC_VEC, 0);
        else
            x64_sel_dst_fixed(s, r, i, RC_GPR, X64_RAX);
    }
    uint32_t n = ir_list_len(s->u, in->arg[0]);
    CHECK(n <= RA_MAX_OPS);
    for (uint32_t k = 0; k < n; k++) {
        IrRef a = ir_list_refs(s->u, in->arg[0])[k];
        int64_t imm;
        if (x64_class_of((IrType)x64_ir(s, a)->type) == RC_VEC)
            x64_sel_use(s, r, x64_vec_sel_alias(s, a), RC_VEC, RAF_MEM_OK);
        else
            x64_sel_use(s, r, a, RC_GPR,
                        x64_sel_imm(s, a, 3, &imm) ? RAF_MEM_OK | RAF_REMAT_OK : RAF_MEM_OK);
    }
    DCHECK(h->args != NULL);
}

/* ---- the walk ----------------------------------------------------------------------------------
 */

void x64_select_none(X64Sel *s, IrRef i, const IrInsn *in)
{
    (void)s, (void)i, (void)in;
}

static X64SelectFn *const select_fn[IR_OP_COUNT] = {
#define X64OP(op, sel, emit) [IR_##op] = x64_select_##sel,
#include "x64_ops.def"
#undef X64OP
};

/* Ops that are described whether something needs their value or not. */
static const bool always[IR_OP_COUNT] = {
#define IS_MARK(op) ((op) == IR_AT || (op) == IR_PARAM)
#define OP(id, text, sig, nargs, effects)                                                          \
    !IS_MARK(IR_##id) && ((effects) & ~(EFF_STATE_R | EFF_LOAD)) != 0,
#include "ir_ops.def"
#undef OP
};

/* What stands up to GET in the list of ops: nothing is described, the allocator makes it. */
_Static_assert(IR_NOP == 0 && IR_CONST == 1 && IR_VCONST == 2 && IR_GADDR == 3 && IR_GET == 4,
               "order of ops");

static void sel_block(X64Sel *s, const IrBlock *b)
{
    const IrInsn *in = &s->insns[b->end], *first = &s->insns[b->first];
    const X64Val *val = &s->val[b->end];
    s->block_first = b->first;
    while (in != first) {
        in--, val--;
        if (!(*val | always[in->op]))
            continue;
        IrRef i = (IrRef)(val - s->val);
        if (in->op <= IR_GET) {
            if (in->op == IR_GET)
                *--s->gets = i;
            continue;
        }
        X64SelectFn *fn = select_fn[in->op];
        if (fn)
            fn(s, i, in);
        else
            x64_select_vec(s, i, in);
    }
}

static bool sel_open(X64Sel *s, RaUnit *ra)
{
    const IrUnit *u = ra->ir;
    size_t n = (u->n + 31) & ~(size_t)31; /* cleared 32 at a time */
    uint64_t *val = arena_alloc(ra->arena, n * (sizeof(X64Val) + sizeof(IrRef)));
    if (!val || u->n > ra->cap)
        return false;
    for (uint64_t *p = val, *end = p + n / 8; p != end; p += 4)
        p[0] = p[1] = p[2] = p[3] = 0;
    IrRef *gets = (IrRef *)(val + n / 8);
    ra->sunk = gets; /* filled upward, gets downward from the end */
    ra->n_sunk = 0;
    s->ra = ra;
    s->u = u;
    s->insns = u->insns;
    s->val = (X64Val *)val;
    s->vec = NULL;
    s->at = ra->buf + ra->cap;
    s->gets = gets + u->n;
    s->fail = false;
    return true;
}

bool x64_select(RaUnit *ra)
{
    X64Sel s;
    if (!sel_open(&s, ra))
        return false;
    const RaInsn *end = s.at;
    const IrRef *gets_end = s.gets;
    for (uint32_t b = ra->ir->n_blocks; b-- > 0;) {
        ra->block_end[b] = (uint32_t)(end - s.at); /* counted from the end; turned round below */
        sel_block(&s, &ra->ir->blocks[b]);
        if (s.fail)
            return false;
    }
    ra->n = (uint32_t)(end - s.at);
    for (uint32_t b = 0; b < ra->ir->n_blocks; b++)
        ra->block_end[b] = ra->n - ra->block_end[b];
    ra->insns = s.at;
    ra->gets = s.gets;
    ra->n_gets = (uint32_t)(gets_end - s.gets);
    return true;
}
