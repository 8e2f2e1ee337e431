/*
 * Condition flags as values, and additions with carry.
 *
 * Packed form (flags.h) by `lahf; seto al`, so a flags value is always made in rax. After an
 * addition cmc, after a logical operation stc bring CF to the packed polarity: not C. So EFLAGS
 * that a later insn reads (X64_EFL_WANTED) are always those of a subtraction. An arithmetic op and
 * the flags op beside it on the same operands are one instruction:
 *
 *     v3 = sub v1, v2; v4 = flsub v1, v2; set x0, v3; set nzcv, v4
 *     sub rbx, rsi; lahf; seto al; mov [rbp-8], eax
 */
#include "x64_internal.h"
#include "x64_int.h"

/* The op that gives the result of the flags op `f`, and back. */
static bool is_twin(const X64Sel *s, IrRef f, IrRef j)
{
    const IrInsn *x = x64_ir(s, f), *y = x64_ir(s, j);
    if (x->op == IR_FLLOGIC)
        return x->arg[0] == j && (y->op == IR_AND || y->op == IR_XOR || y->op == IR_OR);
    IrOp want = x->op == IR_FLADD   ? IR_ADD
                : x->op == IR_FLSUB ? IR_SUB
                : x->op == IR_FLADC ? IR_ADC
                                    : IR_SBC;
    bool carry = want == IR_ADC || want == IR_SBC;
    return y->op == want && x->arg[0] == y->arg[0] && x->arg[1] == y->arg[1] &&
           (!carry || x->arg[2] == y->arg[2]);
}

/* The needed twin right before flags op i, or 0. */
static IrRef twin_before(const X64Sel *s, IrRef i)
{
    for (IrRef j = i; j-- > s->block_first;) {
        IrOp op = (IrOp)x64_ir(s, j)->op;
        if (op == IR_NOP || op == IR_CONST || op == IR_GADDR)
            continue;
        return is_twin(s, i, j) && s->val[j] ? j : 0;
    }
    return 0;
}

static bool carry_in(IrOp op)
{
    return op == IR_FLADC || op == IR_FLSBC || op == IR_ADC || op == IR_SBC;
}

/* The carry comes from EFLAGS as the maker of f left them: nothing between changes them. */
static bool carry_at_hand(X64Sel *s, const RaInsn *r, IrRef f)
{
    IrOp op = (IrOp)x64_ir(s, f)->op;
    bool made = op == IR_FLADD || op == IR_FLSUB || op == IR_FLADC || op == IR_FLSBC;
    if (!made || !x64_sel_eflags_stay(s, f, r->ir))
        return false;
    s->val[f] |= X64_EFL_WANTED;
    return true;
}

/* b of the operation: an immediate or operand 1; then the carry's flags. */
static void use_rest(X64Sel *s, RaInsn *r, const IrInsn *x, unsigned size)
{
    int64_t imm;
    if (x64_sel_imm(s, x->arg[1], size, &imm)) {
        r->form |= XF_IMM;
        r->imm = imm;
    } else {
        x64_sel_use_int(s, r, x->arg[1], size, RAF_MEM_OK);
    }
    if (!carry_in((IrOp)x->op))
        return;
    if (carry_at_hand(s, r, x->arg[2]))
        r->form |= XF_CARRY;
    else
        x64_sel_use(s, r, x->arg[2], RC_GPR, 0);
}

static RaInsn *new_flags(X64Sel *s, IrRef i, IrType t)
{
    RaInsn *r = x64_sel_new(s, i);
    r->size = (uint8_t)x64_type_size(t);
    if (s->val[i] & X64_NEED)
        r->form |= XF_FLAGS;
    return r;
}

/* The result in a tied dst[0], flags in rax if they are wanted as a value. */
static void sel_with_result(X64Sel *s, IrRef i, IrRef twin)
{
    const IrInsn *y = x64_ir(s, twin);
    unsigned size = x64_type_size((IrType)y->type);
    RaInsn *r = new_flags(s, i, (IrType)y->type);
    r->form |= XF_RESULT;
    r->cc = y->op;
    x64_sel_dst(s, r, twin, RC_GPR, 0);
    if (s->val[i] & X64_NEED) {
        x64_sel_dst_fixed(s, r, i, RC_GPR, X64_RAX);
        x64_sel_early(r, 1);
    }
    s->val[twin] = 0;
    x64_sel_use_int(s, r, y->arg[0], size, RAF_TIED);
    use_rest(s, r, y, size);
}

void x64_select_flags(X64Sel *s, IrRef i, const IrInsn *in)
{
    IrRef twin = twin_before(s, i);
    if (twin) {
        sel_with_result(s, i, twin);
        return;
    }
    IrType t = (IrType)x64_ir(s, in->arg[0])->type;
    unsigned size = x64_type_size(t);
    RaInsn *r = new_flags(s, i, t);
    r->cc = in->op;
    bool in_place = in->op == IR_FLSUB || in->op == IR_FLLOGIC; /* cmp, test */
    if (s->val[i] & X64_NEED) {
        x64_sel_dst_fixed(s, r, i, RC_GPR, X64_RAX);
        if (!in_place)
            x64_sel_early(r, 0);
    } else if (!in_place) {
        x64_sel_tmp(r, 1, 0);
    }
    x64_sel_use_int(s, r, in->arg[0], size, 0);
    if (in->op != IR_FLLOGIC)
        use_rest(s, r, in, size);
}

void x64_select_carry(X64Sel *s, IrRef i, const IrInsn *in)
{
    unsigned size = x64_type_size((IrType)in->type);
    RaInsn *r = x64_sel_new(s, i);
    r->size = (uint8_t)x64_type_size((IrType)in->type);
    r->form = XF_RESULT;
    r->cc = in->op;
    x64_sel_dst(s, r, i, RC_GPR, 0);
    x64_sel_use_int(s, r, in->arg[0], size, RAF_TIED);
    use_rest(s, r, in, size);
}

void x64_select_pack(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    x64_sel_dst(s, r, i, RC_GPR, 0);
    x64_sel_use(s, r, in->arg[0], RC_GPR, 0);
}

/* ---- emit --------------------------------------------------------------------------------------
 */

/* d = d op b, where b is the immediate or operand 1. */
static void operate(X64Ctx *c, const RaInsn *r, X64Alu a, unsigned d)
{
    if (r->form & XF_IMM)
        x64_alu_ri(&c->e, a, r->size, d, (int32_t)r->imm);
    else if (x64_op_in_mem(r, 1))
        x64_alu_rm(&c->e, a, r->size, d, x64_op_mem(c, r, 1));
    else
        x64_alu_rr(&c->e, a, r->size, d, x64_op(r, 1));
}

static X64Alu alu_of(IrOp op)
{
    switch (op) {
    case IR_ADD:
    case IR_FLADD:
        return ALU_ADD;
    case IR_SUB:
    case IR_FLSUB:
        return ALU_SUB;
    case IR_ADC:
    case IR_FLADC:
        return ALU_ADC;
    case IR_SBC:
    case IR_FLSBC:
        return ALU_SBB;
    case IR_AND:
        return ALU_AND;
    case IR_OR:
        return ALU_OR;
    default:
        return ALU_XOR;
    }
}

static void print_arith(X64Ctx *c, const RaInsn *r)
{
    X64Emit *e = &c->e;
    IrOp op = (IrOp)r->cc;
    X64Alu a = alu_of(op);
    unsigned d = x64_op(r, 0);
    if (!(r->form & XF_RESULT) && op == IR_FLLOGIC) {
        x64_test_rr(e, r->size, d, d);
    } else if (!(r->form & XF_RESULT) && op == IR_FLSUB) {
        operate(c, r, ALU_CMP, d);
    } else {
        if (!(r->form & XF_RESULT)) {
            d = r->form & XF_FLAGS ? X64_RAX : x64_tmp(r, 0);
            x64_mov_rr(e, MAX(r->size, 2u), d, x64_op(r, 0));
        }
        if (carry_in(op) && !(r->form & XF_CARRY))
            x64_bt_ri(e, 2, x64_op(r, r->n_ops - 1u), FLAGS_BIT_NOT_C);
        if (a == ALU_ADC)
            x64_cmc(e);
        operate(c, r, a, d);
    }
    if (a == ALU_ADD || a == ALU_ADC)
        x64_cmc(e);
    else if (a == ALU_AND || a == ALU_OR || a == ALU_XOR)
        x64_stc(e);
}

void x64_emit_pack(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0);
    if (d != a)
        x64_mov_rr(e, 2, d, a);
    if (in->op == IR_FLPACK) { /* N 15, Z 14, not C 8, V 0 to 31 30 29 28: products of bits never
                                  meet there */
        x64_alu_ri(e, ALU_AND, 2, d, 0xc101);
        x64_alu_ri(e, ALU_XOR, 2, d, 1 << FLAGS_BIT_NOT_C);
        x64_imul_rri(e, 2, d, d, 0x10210000);
        x64_alu_ri(e, ALU_AND, 2, d, (int32_t)0xf0000000);
    } else {
        x64_shift_ri(e, SH_SHR, 2, d, 28);
        x64_alu_ri(e, ALU_XOR, 2, d, 2);
        x64_imul_rri(e, 2, d, d, 0x1081);
    }
}

void x64_emit_flags(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    print_arith(c, r);
    if (r->form & XF_FLAGS)
        x64_pack_eflags(&c->e);
}

void x64_emit_carry(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    print_arith(c, r);
}

/* ---- recipes at exits --------------------------------------------------------------------------
 */

enum { SAVED_RAX = 4, SAVED_TEMP = 5 }; /* harg[]: rax and another while recipes run */

/* What the recipes of one exit know of rax. */
typedef struct Recipes {
    X64Ctx *c;
    bool rax_gone; /* rax was written; what it held lies in harg[SAVED_RAX] if anything wants it */
} Recipes;

/* A register with the argument: its own, or rax, into which it is loaded. */
static unsigned arg_reg(Recipes *k, const RaOperand *a)
{
    X64Emit *e = &k->c->e;
    if (loc_is_reg(a->loc) && !(a->loc == X64_RAX && k->rax_gone))
        return x64_num(a->loc);
    if (a->loc == LOC_REMAT)
        x64_const(k->c, X64_RAX, a->ref);
    else if (a->loc == X64_RAX)
        x64_load(e, 3, X64_RAX, x64_harg(SAVED_RAX));
    else
        x64_load(e, k->c->insns[a->ref].type == IR_I64 ? 3 : 2, X64_RAX, x64_loc_mem(k->c, a->loc));
    k->rax_gone = true;
    return X64_RAX;
}

/* d op= argument b. */
static void arith_arg(Recipes *k, X64Alu op, unsigned size, unsigned d, const RaOperand *b)
{
    X64Ctx *c = k->c;
    X64Emit *e = &c->e;
    if (b->loc == LOC_REMAT) {
        unsigned sh = 64 - (8u << size);
        int64_t imm = (int64_t)(ir_value(c->u, b->ref) << sh) >> sh;
        if (c->insns[b->ref].op == IR_CONST && x64_is_s32(imm)) {
            x64_alu_ri(e, op, size, d, (int32_t)imm);
            return;
        }
        unsigned t = d == X64_RCX ? X64_RDX : X64_RCX;
        x64_store(e, 3, x64_harg(SAVED_TEMP), t);
        x64_const(c, t, b->ref);
        x64_alu_rr(e, op, size, d, t);
        x64_load(e, 3, t, x64_harg(SAVED_TEMP));
    } else if (b->loc == X64_RAX && k->rax_gone) {
        x64_alu_rm(e, op, size, d, x64_harg(SAVED_RAX));
    } else if (loc_is_reg(b->loc)) {
        x64_alu_rr(e, op, size, d, x64_num(b->loc));
    } else {
        x64_alu_rm(e, op, size, d, x64_loc_mem(c, b->loc));
    }
}

/* EFLAGS, those of a subtraction, to a slot. */
static void store_eflags(X64Ctx *c, uint32_t slot)
{
    x64_pack_eflags(&c->e);
    x64_store(&c->e, 2, x64_loc_mem(c, (RaLoc)(LOC_SLOT | slot)), X64_RAX);
}

/* One recipe to its slot. */
static void emit_recipe(Recipes *k, const RaSnap *sn)
{
    X64Emit *e = &k->c->e;
    unsigned size = x64_type_size((IrType)sn->type);
    unsigned a = arg_reg(k, &sn->arg[0]);
    switch (sn->op) {
    case IR_FLLOGIC:
        x64_test_rr(e, size, a, a);
        x64_stc(e);
        break;
    case IR_FLSUB:
        arith_arg(k, ALU_CMP, size, a, &sn->arg[1]);
        break;
    case IR_FLADD:
        k->rax_gone = true;
        if (a != X64_RAX)
            x64_mov_rr(e, MAX(size, 2u), X64_RAX, a);
        arith_arg(k, ALU_ADD, size, X64_RAX, &sn->arg[1]);
        x64_cmc(e);
        break;
    default: {
        bool wide = k->c->u->slots[sn->slot].type == SLOT_I64;
        x64_store(e, wide ? 3 : 2, x64_loc_mem(k->c, (RaLoc)(LOC_SLOT | sn->slot)), a);
        return;
    }
    }
    store_eflags(k->c, sn->slot);
    k->rax_gone = true;
}

/* An argument in rax is read after rax was written. */
static bool reads_rax_late(const RaSnap *sn, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t j = 0; j < sn[k].n_ops; j++)
            if (sn[k].arg[j].loc == X64_RAX && (k || j || sn[k].op == IR_FLADD))
                return true;
    return false;
}

void x64_snaps_emit(X64Ctx *c, const RaInsn *r, bool keep_rax)
{
    if (!r->n_snap)
        return;
    const RaSnap *sn = &c->ra->snaps[r->first_snap];
    Recipes k = {.c = c};
    if (keep_rax || reads_rax_late(sn, r->n_snap))
        x64_store(&c->e, 3, x64_harg(SAVED_RAX), X64_RAX);
    for (uint32_t i = 0; i < r->n_snap; i++)
        emit_recipe(&k, &sn[i]);
    if (keep_rax && k.rax_gone)
        x64_load(&c->e, 3, X64_RAX, x64_harg(SAVED_RAX));
}

/* Both name the same value, as far as `bits` bits of it go. */
static bool same_bits(const X64Ctx *c, IrRef a, IrRef b, unsigned bits)
{
    if (a == b)
        return true;
    if (!ir_is_const(c->u, a) || !ir_is_const(c->u, b))
        return false;
    return (ir_value(c->u, a) ^ ir_value(c->u, b)) << (64 - bits) == 0;
}

/* r's condition compares just what the recipe subtracts. */
static bool cond_is_recipe(const X64Ctx *c, const RaInsn *r, const RaSnap *sn)
{
    unsigned k = r->first_cond, bits = 8u << (r->extra & 3);
    bool imm = r->extra & 1u << 8;
    if (sn->op != IR_FLSUB || x64_type_size((IrType)sn->type) != (r->extra & 3) ||
        sn->arg[0].ref != r->op[k].ref)
        return false;
    IrRef b = sn->arg[1].ref;
    if (r->cond == COND_CMP && !imm)
        return same_bits(c, b, r->op[k + 1].ref, bits);
    bool zero_test = r->cond == COND_TEST && !imm && r->n_ops == k + 1;
    if (!zero_test && r->cond != COND_CMP)
        return false;
    uint64_t want = zero_test ? 0 : (uint64_t)r->imm;
    return ir_is_const(c->u, b) && (ir_value(c->u, b) ^ want) << (64 - bits) == 0;
}

/* The insn that left r's EFLAGS is the recipe's. */
static bool maker_is_recipe(const X64Ctx *c, const RaInsn *r, const RaSnap *sn)
{
    if (r->cond != COND_EFLAGS)
        return false;
    const IrInsn *x = &c->insns[r->imm];
    bool same_op = x->op == sn->op || (x->op == IR_SUB && sn->op == IR_FLSUB);
    if (!same_op || c->insns[x->arg[0]].type != sn->type)
        return false;
    for (unsigned k = 0; k < sn->n_ops; k++)
        if (!same_bits(c, ir_recipe_arg(c->u, x->arg[k]), sn->arg[k].ref,
                       x64_type_bits((IrType)sn->type)))
            return false;
    return true;
}

void x64_snaps_emit_taken(X64Ctx *c, const RaInsn *r)
{
    const RaSnap *sn = &c->ra->snaps[r->first_snap];
    if (r->n_snap == 1 && (cond_is_recipe(c, r, sn) || maker_is_recipe(c, r, sn)))
        store_eflags(c, sn->slot);
    else
        x64_snaps_emit(c, r, false);
}
