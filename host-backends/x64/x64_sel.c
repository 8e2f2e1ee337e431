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

void x64_sel_full(X64Sel *s)
{
    s->fail = true;
    s->at++;
}

void x64_sel_dst_fixed(X64Sel *s, RaInsn *r, IrRef ref, RegClass cls, unsigned reg)
{
    x64_sel_dst(s, r, ref, cls, RAF_FIXED);
    r->dst[r->n_dst - 1].fixed = (uint8_t)reg;
}

void x64_sel_use_fixed(X64Sel *s, RaInsn *r, IrRef ref, RegClass cls, unsigned reg, unsigned flags)
{
    x64_sel_use(s, r, ref, cls, flags | RAF_FIXED);
    r->op[r->n_ops - 1].fixed = (uint8_t)reg;
}

/* Ops whose 32-bit result the emitter makes with an instruction that clears bits 63..32. */
static bool op_makes_clean(IrOp op)
{
    switch (op) {
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_MULHU:
    case IR_MULHS:
    case IR_UDIV:
    case IR_SDIV:
    case IR_AND:
    case IR_OR:
    case IR_XOR:
    case IR_ANDN:
    case IR_NOT:
    case IR_NEG:
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_ROR:
    case IR_EXTR:
    case IR_UBFX:
    case IR_SBFX:
    case IR_CLZ:
    case IR_CTZ:
    case IR_CLS:
    case IR_POPCNT:
    case IR_BSWAP:
    case IR_REV16:
    case IR_RBIT:
    case IR_ZEXT:
    case IR_SEXT:
    case IR_CMP:
    case IR_CC:
    case IR_BNOT:
    case IR_SELECT:
    case IR_ADC:
    case IR_SBC:
    case IR_FLPACK:
    case IR_LD:
    case IR_CRC32:
        return true;
    default:
        return false;
    }
}

bool x64_sel_clean(const X64Sel *s, IrRef ref)
{
    const IrInsn *in = x64_ir(s, ref);
    return (in->type == IR_I32 || in->type == IR_BOOL) && op_makes_clean((IrOp)in->op);
}

IrRef x64_sel_alias_ext(const X64Sel *s, IrRef ref, unsigned bits, bool *narrow)
{
    *narrow = false;
    do {
        const IrInsn *in = x64_ir(s, ref);
        IrType from = (IrType)x64_ir(s, in->arg[0])->type;
        if (from == IR_BOOL || bits > x64_type_bits(from)) {
            if (in->op == IR_SEXT || !x64_sel_clean(s, in->arg[0]))
                return ref;
            *narrow = bits == 64;
            return in->arg[0];
        }
        if (ir_is_const(s->u, in->arg[0]))
            return ref;
        ref = in->arg[0];
    } while (x64_is_ext(s, ref));
    return ref;
}

void x64_sel_use_ext(X64Sel *s, RaInsn *r, IrRef ref, unsigned bits, unsigned flags)
{
    bool narrow;
    ref = x64_sel_alias_ext(s, ref, bits, &narrow);
    if (narrow)
        flags &= ~(unsigned)RAF_MEM_OK;
    x64_sel_use(s, r, ref, RC_GPR, flags);
}

/* ---- state, constants of state, calls -------------------------------------------------------- */

/* A set that lives in side tables only: its recipe's inputs must exist. */
static void sel_sunk(X64Sel *s, const IrInsn *in)
{
    const IrInsn *p = x64_ir(s, in->arg[0]);
    if (p->op != IR_FLADD && p->op != IR_FLSUB && p->op != IR_FLLOGIC) {
        s->val[in->arg[0]].need = true;
        return;
    }
    for (unsigned k = 0; k < ir_ops[p->op].nargs; k++)
        s->val[ir_recipe_arg(s->u, p->arg[k])].need = true;
}

void x64_select_set(X64Sel *s, IrRef i, const IrInsn *in)
{
    if (in->aux & 1) {
        s->ra->sunk = true;
        sel_sunk(s, in);
        return;
    }
    RaInsn *r = x64_sel_new(s, i);
    bool pinned = s->ra->target->pin_of_slot[in->imm] != LOC_NONE;
    r->kind = RA_SET;
    r->form = pinned ? X64_SET_MOVES : 0;
    IrRef v = in->arg[0];
    IrType t = (IrType)x64_ir(s, v)->type;
    if (x64_class_of(t) == RC_VEC) {
        x64_sel_use(s, r, x64_vec_sel_alias(s, v), RC_VEC, 0);
        return;
    }
    bool wide = s->u->slots[in->imm].type == SLOT_I64;
    unsigned bits = wide ? 64 : 32;
    int64_t imm;
    bool as_imm = !pinned && x64_sel_imm(s, v, bits, &imm);
    x64_sel_use_int(s, r, v, bits, as_imm ? RAF_REMAT_OK : 0);
}

void x64_select_call(X64Sel *s, IrRef i, const IrInsn *in)
{
    const HelperDesc *h = &ir_helpers[in->imm];
    RaInsn *r = x64_sel_new(s, i);
    r->clobbers = 1 << X64_RAX | 1 << X64_RCX | 1 << X64_RDX;
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
                        x64_sel_imm(s, a, 64, &imm) ? RAF_MEM_OK | RAF_REMAT_OK : RAF_MEM_OK);
    }
    DCHECK(h->args != NULL);
}

/* ---- the walk ----------------------------------------------------------------------------------
 */

void x64_select_none(X64Sel *s, IrRef i, const IrInsn *in)
{
    (void)s, (void)i, (void)in;
}

/* Somebody reads it: the allocator is told. */
void x64_select_get(X64Sel *s, IrRef i, const IrInsn *in)
{
    (void)in;
    *--s->ra->gets = i;
    s->ra->n_gets++;
}

/* What was described since the guest insn behind this one belongs to it. */
void x64_select_at(X64Sel *s, IrRef i, const IrInsn *in)
{
    (void)i;
    int64_t off = (int64_t)((uint64_t)in->arg[1] << 32 | in->arg[0]) - s->u->start_off;
    for (RaInsn *r = s->at; r < s->placed; r++)
        r->guest_off = (int32_t)off;
    s->placed = s->at;
}

static X64SelectFn *const select_fn[IR_OP_COUNT] = {
#define X64OP(op, sel, emit) [IR_##op] = x64_select_##sel,
#include "x64_ops.def"
#undef X64OP
};

/* Ops that are described whether something needs their value or not. */
static const bool always[IR_OP_COUNT] = {
#define OP(id, text, sig, nargs, effects) ((effects) & ~(EFF_STATE_R | EFF_LOAD)) != 0,
#include "ir_ops.def"
#undef OP
};

static void sel_block(X64Sel *s, const IrBlock *b)
{
    const IrRef first = b->first;
    const IrInsn *in = &s->insns[b->end];
    const X64Val *val = &s->val[b->end];
    s->block_first = first;
    for (IrRef i = b->end; i != first;) {
        i--, in--, val--;
        X64SelectFn *fn = select_fn[in->op];
        if (fn == x64_select_none || (!val->need && !val->eflags && !always[in->op]))
            continue;
        if (fn)
            fn(s, i, in);
        else
            x64_select_vec(s, i, in);
    }
}

static bool sel_open(X64Sel *s, RaUnit *ra)
{
    const IrUnit *u = ra->ir;
    size_t words = (u->n * sizeof(X64Val) + 7) / 8;
    uint64_t *val = arena_alloc(ra->arena, words * 8);
    IrRef *gets = arena_alloc(ra->arena, u->n * sizeof *gets);
    if (!val || !gets)
        return false;
    ra->gets = gets + u->n; /* filled downward */
    ra->n_gets = 0;
    ra->sunk = false;
    for (size_t k = 0; k < words; k++)
        val[k] = 0;
    *s = (X64Sel){
        .ra = ra, .u = u, .insns = u->insns, .at = ra->buf + ra->cap, .val = (X64Val *)val};
    return true;
}

bool x64_select(RaUnit *ra)
{
    X64Sel s;
    if (!sel_open(&s, ra))
        return false;
    const RaInsn *end = s.placed = s.at;
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
    return true;
}
