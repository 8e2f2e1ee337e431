/*
 * The quick printer's ops: each gets its operands to where its printer (x64_out_int.c, x64_mem.c)
 * takes them from, as x64_sel_int.c would have asked the allocator to.
 *
 * d, where the result goes, may be a pin that an operand lies in: what must not be overwritten
 * before it is read is moved out of the way first.
 */
#include "x64_quick.h"
#include "x64_int.h"
#include "x64_mem.h"

static RaInsn *insn_to(X64Quick *q, IrRef i, unsigned form, RaLoc d)
{
    RaInsn *r = quick_insn_of(q, i);
    r->form = (uint8_t)form;
    r->size = (uint8_t)quick_size(q, i);
    r->n_dst = 1;
    r->dst[0].loc = d;
    r->dst[0].cls = RC_GPR;
    return r;
}

static bool is_const(const X64Quick *q, IrRef v)
{
    return quick_ir(q, v)->op == IR_CONST;
}

/* The constant v as a sign-extended immediate of an operation of 1 << size bytes. */
static bool is_imm(const X64Quick *q, IrRef v, unsigned size, int64_t *imm)
{
    if (!is_const(q, v))
        return false;
    unsigned sh = 64 - (8u << size);
    *imm = (int64_t)(ir_value(q->u, v) << sh) >> sh;
    return x64_is_s32(*imm);
}

/* Argument k of insn i, as the value that has it. */
static IrRef arg(const X64Quick *q, IrRef i, unsigned k)
{
    return quick_same(q, quick_ir(q, i)->arg[k]);
}

/*
 * Operand 0 is v; what must be loaded is loaded into d, unless `other`, which is read after it,
 * lies there.
 */
static void first_operand(X64Quick *q, IrRef v, IrRef other, RaLoc d)
{
    uint16_t loc = quick_val(q, v)->loc;
    bool in_slot = quick_in_slot(loc);
    if ((!in_slot && loc != LOC_REMAT) || quick_val(q, other)->loc == d) {
        quick_operand(q, 0, v, false);
        return;
    }
    if (in_slot)
        x64_mov_disp(&q->c.e, 0x8b, quick_ir(q, v)->type == IR_I64, x64_num(d), X64_RBP,
                     x64_loc_mem(&q->c, loc).disp);
    else
        x64_const(&q->c, x64_num(d), v);
    q->r.op[0] = (RaOperand){.ref = v, .loc = d, .cls = RC_GPR};
    q->r.n_ops = 1;
}

/* Operand k does not lie in d any more. */
static void keep_from(X64Quick *q, unsigned k, RaLoc d)
{
    if (q->r.op[k].loc != d)
        return;
    unsigned t = quick_temp(q, 0);
    x64_copy(&q->c.e, true, t, x64_num(d));
    q->r.op[k].loc = (RaLoc)t;
}

/* d = operand 0, which from now on lies there; zeros above 4 bytes. */
static void tie(X64Quick *q, RaLoc d)
{
    RaInsn *r = &q->r;
    if (r->op[0].loc != d || r->size == 2)
        x64_copy(&q->c.e, r->size == 3, x64_num(d), x64_op(r, 0));
    r->op[0].loc = d;
}

/* ---- arithmetic --------------------------------------------------------------------------------
 */

/* add and sub of an immediate, and add, become a lea; unless EFLAGS are wanted. */
static bool is_lea(const X64Quick *q, const RaInsn *r, IrOp op, RaLoc d)
{
    if (x64_wants_eflags(r) || r->size < 2 || r->op[0].loc == d)
        return false;
    if (r->form == XF_RI)
        return op == IR_ADD || op == IR_SUB;
    (void)q;
    return op == IR_ADD && !x64_op_in_mem(r, 1) && r->op[1].loc != d;
}

static void make_binary(X64Quick *q, IrRef i, RaLoc d, unsigned eflags)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = insn_to(q, i, XF_RR, d);
    IrRef a = arg(q, i, 0), b = arg(q, i, 1);
    r->extra = eflags << X64_EFL_SHIFT;
    if (is_const(q, a) && in->op != IR_SUB) {
        IrRef t = a;
        a = b;
        b = t;
    }
    if (is_imm(q, b, r->size, &r->imm) && !(in->op == IR_SUB && r->imm == INT32_MIN)) {
        r->form = XF_RI;
        first_operand(q, a, 0, d);
    } else {
        first_operand(q, a, b, d);
        quick_operand(q, 1, b, in->type >= IR_I32);
        if (in->op == IR_SUB && r->op[0].loc != d)
            keep_from(q, 1, d);
    }
    if (!is_lea(q, r, (IrOp)in->op, d))
        quick_lose_eflags(q);
    if (in->op == IR_SUB && r->form == XF_RR)
        x64_emit_sub(&q->c, r, in);
    else
        x64_emit_binary(&q->c, r, in);
}

static void make_mul(X64Quick *q, IrRef i, RaLoc d)
{
    RaInsn *r = insn_to(q, i, XF_RR, d);
    IrRef a = arg(q, i, 0), b = arg(q, i, 1);
    if (is_const(q, a)) {
        a = b;
        b = arg(q, i, 0);
    }
    if (is_imm(q, b, r->size, &r->imm))
        r->form = XF_RI;
    first_operand(q, a, r->form == XF_RR ? b : 0, d);
    if (r->form == XF_RR)
        quick_operand(q, 1, b, true);
    quick_lose_eflags(q);
    x64_emit_mul(&q->c, r, quick_ir(q, i));
}

static void make_shift(X64Quick *q, IrRef i, RaLoc d)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = insn_to(q, i, XF_RI, d);
    IrRef by = arg(q, i, 1);
    first_operand(q, arg(q, i, 0), by, d);
    if (is_const(q, by)) {
        r->imm = (int64_t)(ir_value(q->u, by) & ((8u << r->size) - 1));
    } else if (x64_cfg.f.bmi2 && in->op != IR_ROR) {
        r->form = XF_RR;
        quick_operand(q, 1, by, false);
    } else {
        quick_refuse(q); /* rcx would have to be free */
        return;
    }
    quick_lose_eflags(q);
    x64_emit_shift(&q->c, r, in);
}

static void make_field(X64Quick *q, IrRef i, RaLoc d)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = insn_to(q, i, XF_RI, d);
    first_operand(q, arg(q, i, 0), 0, d);
    quick_lose_eflags(q);
    if (in->op == IR_UBFX)
        x64_emit_ubfx(&q->c, r, in);
    else
        x64_emit_sbfx(&q->c, r, in);
}

/* A constant is put into a field by `and` and `or` of immediates; false if they are too large. */
static bool bfi_const(X64Quick *q, IrRef i, RaLoc d)
{
    const IrInsn *in = quick_ir(q, i);
    unsigned lsb = in->aux & 0xff, width = in->aux >> 8, size = q->r.size;
    uint64_t field = width < 64 ? (1ull << width) - 1 : ~0ull;
    uint64_t clear = ~(field << lsb), put = (ir_value(q->u, arg(q, i, 1)) & field) << lsb;
    if (size == 3 && (!x64_is_s32((int64_t)clear) || !x64_is_s32((int64_t)put)))
        return false;
    first_operand(q, arg(q, i, 0), 0, d);
    tie(q, d);
    x64_alu_ri(&q->c.e, ALU_AND, size, x64_num(d), (int32_t)clear);
    x64_alu_ri(&q->c.e, ALU_OR, size, x64_num(d), (int32_t)put);
    return true;
}

static void make_bfi(X64Quick *q, IrRef i, RaLoc d)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = insn_to(q, i, XF_TIED, d);
    unsigned lsb = in->aux & 0xff, width = in->aux >> 8;
    quick_lose_eflags(q);
    if (is_const(q, arg(q, i, 1)) && bfi_const(q, i, d))
        return;
    if (width == 8u << r->size) {
        r->form = XF_RI;
        first_operand(q, arg(q, i, 1), 0, d);
    } else {
        first_operand(q, arg(q, i, 0), arg(q, i, 1), d);
        quick_operand(q, 1, arg(q, i, 1), false);
        keep_from(q, 1, d);
        tie(q, d);
        if (lsb != 0 || (width != 8 && width != 16)) {
            bool by_mask = r->size == 2 || x64_is_s32(~(int64_t)(((1ull << width) - 1) << lsb));
            r->form = by_mask ? XF_BFI_MASK : XF_BFI_ROT;
            if (by_mask)
                r->tmp[0] = (RaLoc)quick_temp(q, 0);
        }
    }
    x64_emit_bfi(&q->c, r, in);
}

static void make_extr(X64Quick *q, IrRef i, RaLoc d)
{
    const IrInsn *in = quick_ir(q, i);
    bool rotation = in->imm == 0 || arg(q, i, 0) == arg(q, i, 1);
    insn_to(q, i, rotation ? XF_RI : XF_TIED, d);
    quick_lose_eflags(q);
    first_operand(q, arg(q, i, 1), rotation ? 0 : arg(q, i, 0), d);
    if (!rotation) {
        quick_operand(q, 1, arg(q, i, 0), false);
        keep_from(q, 1, d);
        tie(q, d);
    }
    x64_emit_extr(&q->c, &q->r, in);
}

/* v into temp t, which may be taken for it. */
static void put_in(X64Quick *q, IrRef v, unsigned t)
{
    uint16_t loc = quick_val(q, v)->loc;
    if (quick_in_slot(loc))
        x64_mov_disp(&q->c.e, 0x8b, quick_ir(q, v)->type == IR_I64, t, X64_RBP,
                     x64_loc_mem(&q->c, loc).disp);
    else if (loc == LOC_REMAT)
        x64_const(&q->c, t, v);
    else if (loc != t)
        x64_copy(&q->c.e, true, t, quick_reg(q, v));
}

/*
 * Division and upper halves of products have fixed places: rax, rdx. The other operand may be in
 * rcx. Far code reads the RaInsn of a division, so that it has one of its own.
 */
static void make_fixed(X64Quick *q, IrRef i, RaLoc d, X64EmitFn *fn, unsigned from)
{
    enum { A_AND_D = 1 << X64_RAX | 1 << X64_RDX, C = 1 << X64_RCX };
    IrRef a = arg(q, i, 0), b = arg(q, i, 1);
    quick_lose_eflags(q);
    uint64_t may = q->free | (d <= X64_RDX ? 1ull << d : 0);
    unsigned rb = quick_val(q, b)->loc;
    bool bring = rb >= LOC_VEC || rb == X64_RAX || rb == X64_RDX;
    if ((may & A_AND_D) != A_AND_D || (bring && !(may & C)) || q->n_kept == ARRAY_LEN(q->kept)) {
        quick_refuse(q);
        return;
    }
    if (bring)
        put_in(q, b, rb = X64_RCX);
    put_in(q, a, X64_RAX);
    RaInsn *r = insn_to(q, i, XF_RR, X64_RAX);
    r->op[1] = (RaOperand){.ref = b, .loc = (RaLoc)rb, .cls = RC_GPR};
    q->kept[q->n_kept] = *r;
    fn(&q->c, &q->kept[q->n_kept++], quick_ir(q, i));
    if (d != from)
        x64_copy(&q->c.e, r->size == 3, x64_num(d), from);
}

/* One operand, or andn; no constraints. */
static void make_plain(X64Quick *q, IrRef i, RaLoc d, X64EmitFn *fn)
{
    RaInsn *r = insn_to(q, i, XF_RR, d);
    quick_operand(q, 0, arg(q, i, 0), false);
    if (ir_ops[quick_ir(q, i)->op].nargs > 1)
        quick_operand(q, 1, arg(q, i, 1), false);
    if (r->size < 2 || (quick_ir(q, i)->op == IR_ANDN && !x64_cfg.f.bmi1) ||
        (quick_ir(q, i)->op == IR_CLZ && !x64_cfg.f.lzcnt)) {
        quick_refuse(q);
        return;
    }
    quick_lose_eflags(q);
    fn(&q->c, r, quick_ir(q, i));
}

static void make_extend(X64Quick *q, IrRef i, RaLoc d)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = insn_to(q, i, XF_RR, d);
    r->cc = (uint8_t)quick_size(q, in->arg[0]);
    quick_operand(q, 0, arg(q, i, 0), true);
    x64_emit_extend(&q->c, r, in);
}

/* ---- memory ------------------------------------------------------------------------------------
 */

/* Operands 0 (and 1) are the address; n_tmp: temps taken for it. */
static unsigned use_address(X64Quick *q, const IrInsn *in)
{
    RaInsn *r = &q->r;
    IrRef base = quick_same(q, in->arg[0]);
    if (quick_val(q, base)->loc == LOC_REMAT && quick_ir(q, base)->op == IR_GADDR && !in->arg[1]) {
        r->op[0] = (RaOperand){.ref = base, .loc = LOC_REMAT, .cls = RC_GPR};
        r->n_ops = 1;
        r->form = MF_TMP;
        r->tmp[0] = (RaLoc)quick_temp(q, 0);
        return 1;
    }
    quick_operand(q, 0, base, false);
    if (!in->arg[1])
        return 0;
    IrRef index = quick_same(q, in->arg[1]);
    quick_operand(q, 1, index, false);
    r->form = MF_INDEX;
    r->cc = in->aux & MA_INDEX_UXTW && quick_val(q, index)->clean;
    if (!(in->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW)) || r->cc)
        return 0;
    r->form |= MF_TMP;
    r->tmp[0] = (RaLoc)quick_temp(q, 0);
    return 1;
}

static void make_load(X64Quick *q, IrRef i, RaLoc d)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = insn_to(q, i, 0, d);
    bool vec = in->type >= IR_F16;
    unsigned n = use_address(q, in);
    if (vec && MA_SIZE(in->aux) < MEM_32 && !n)
        r->tmp[0] = (RaLoc)quick_temp(q, 0);
    r->dst[0].cls = vec ? RC_VEC : RC_GPR;
    quick_observer(q, i);
    x64_emit_ld(&q->c, r, in);
}

void quick_store(X64Quick *q, IrRef i)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = quick_insn_of(q, i);
    IrRef v = quick_same(q, in->arg[2]);
    unsigned n = use_address(q, in), k = r->n_ops, order = MA_ORDER(in->aux);
    bool ordered = order == ORD_REL || order == ORD_SEQ;
    RaOperand *o = &r->op[k];
    if (ordered) /* an xchg destroys EFLAGS no less than a fence */
        quick_lose_eflags(q);
    if (quick_ir(q, v)->type >= IR_F16) {
        *o = (RaOperand){.ref = v, .loc = quick_val(q, v)->loc, .cls = RC_VEC};
        r->n_ops = (uint8_t)(k + 1);
        if (!loc_is_reg(o->loc)) {
            RaLoc t = (RaLoc)__builtin_ctzll(x64_cfg.target.temps[RC_VEC]);
            if (!quick_in_slot(o->loc)) {
                quick_refuse(q);
                return;
            }
            x64_vec_move(&q->c, t, o->loc);
            o->loc = t;
        }
    } else if (!ordered && is_imm(q, v, MA_SIZE(in->aux), &r->imm)) {
        *o = (RaOperand){.ref = v, .loc = LOC_REMAT, .cls = RC_GPR};
        r->n_ops = (uint8_t)(k + 1);
    } else {
        quick_operand(q, k, v, false);
        if (ordered)
            r->tmp[n] = (RaLoc)quick_temp(q, 0);
    }
    if (r->form & MF_TMP && !(r->form & MF_INDEX) && ordered)
        quick_lose_eflags(q);
    quick_observer(q, i);
    x64_emit_st(&q->c, r, in);
}

/* ---- conditions and flags ----------------------------------------------------------------------
 */

X64Cc quick_compare(X64Quick *q, IrRef i)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = quick_insn_of(q, i);
    IrRef a = arg(q, i, 0), b = arg(q, i, 1);
    unsigned size = quick_size(q, in->arg[0]);
    IrCmp cmp = (IrCmp)in->aux;
    if (is_const(q, a) && !is_const(q, b)) {
        IrRef t = a;
        a = b;
        b = t;
        cmp = x64_cmp_swapped(cmp);
    }
    if (quick_ir(q, in->arg[0])->type == IR_BOOL)
        size = 2;
    r->cc = (uint8_t)x64_cc_of_cmp(cmp);
    r->extra = size;
    quick_operand(q, 0, a, false);
    if (is_imm(q, b, size, &r->imm)) {
        bool test = r->imm == 0;
        r->cond = test ? COND_TEST : COND_CMP;
        r->extra |= test ? 0 : 1u << 8;
    } else {
        r->cond = COND_CMP;
        quick_operand(q, 1, b, size >= 2);
    }
    quick_lose_eflags(q);
    return (X64Cc)x64_cond_emit(&q->c, r).cc;
}

/* What is taken when the condition fails becomes the result. */
void quick_select(X64Quick *q, IrRef i)
{
    const IrInsn *in = quick_ir(q, i);
    IrRef cond = arg(q, i, 0), yes = arg(q, i, 1), no = arg(q, i, 2);
    if (q->pend != cond)
        quick_flush(q);
    unsigned ry = quick_reg(q, yes), size = in->type == IR_I64 ? 3 : 2;
    X64Cc cc = quick_cond(q, cond);
    unsigned t = quick_temp(q, i);
    put_in(q, no, t); /* no mov changes EFLAGS */
    x64_cmov(&q->c.e, cc, size, t, ry);
    quick_val(q, i)->clean = size == 2;
}

/* Whose value rax holds moves to another temp. */
static void take_rax(X64Quick *q)
{
    if (!(q->free >> X64_RAX & 1)) {
        IrRef v = q->held[X64_RAX];
        unsigned t = quick_temp(q, v);
        x64_copy(&q->c.e, true, t, X64_RAX);
        if (!v)
            quick_refuse(q); /* scratch of the insn at hand */
    }
    q->free &= ~(1ull << X64_RAX);
}

/* Pending v is the result whose flags are i's. */
static bool is_twin(const X64Quick *q, IrRef v, IrRef i)
{
    const IrInsn *x = quick_ir(q, v), *f = quick_ir(q, i);
    if (f->op == IR_FLLOGIC)
        return quick_same(q, f->arg[0]) == v &&
               (x->op == IR_AND || x->op == IR_OR || x->op == IR_XOR);
    return x->op == (f->op == IR_FLADD ? IR_ADD : IR_SUB) && arg(q, v, 0) == arg(q, i, 0) &&
           arg(q, v, 1) == arg(q, i, 1) && x->type == quick_ir(q, f->arg[0])->type;
}

void quick_make_with_eflags(X64Quick *q, IrRef i)
{
    unsigned t = quick_temp(q, 0);
    make_binary(q, i, (RaLoc)t, X64_EFL_WANTED);
    q->held[t] = i;
    quick_val(q, i)->loc = (uint16_t)t;
}

void quick_flags(X64Quick *q, IrRef i)
{
    const IrInsn *in = quick_ir(q, i);
    IrOp op = (IrOp)in->op;
    unsigned size = quick_size(q, in->arg[0]);
    if (size < 2 || quick_ir(q, in->arg[0])->type < IR_I8) {
        quick_refuse(q);
        return;
    }
    take_rax(q);
    q->held[X64_RAX] = i;
    IrRef twin = q->pend && is_twin(q, q->pend, i) ? q->pend : 0;
    if (twin) {
        q->pend = 0;
        quick_make_with_eflags(q, twin);
        /* x64_emit_sub and x64_emit_binary leave EFLAGS as they are */
    } else {
        quick_flush(q);
    }
    RaInsn *r = quick_insn_of(q, i);
    r->size = (uint8_t)size;
    r->cc = (uint8_t)op;
    r->form = XF_FLAGS;
    if (!twin) {
        quick_operand(q, 0, arg(q, i, 0), false);
        if (op != IR_FLLOGIC && is_imm(q, arg(q, i, 1), size, &r->imm))
            r->form |= XF_IMM;
        else if (op != IR_FLLOGIC)
            quick_operand(q, 1, arg(q, i, 1), true);
        quick_lose_eflags(q);
        x64_emit_flags(&q->c, r, in);
    } else {
        if (op == IR_FLADD)
            x64_cmc(&q->c.e);
        else if (op == IR_FLLOGIC)
            x64_stc(&q->c.e);
        x64_pack_eflags(&q->c.e);
    }
    quick_val(q, i)->loc = X64_RAX;
    q->eflags = i;
    q->eflags_in_slot = false;
}

X64Cc quick_test_flags(X64Quick *q, IrRef i)
{
    const IrInsn *in = quick_ir(q, i);
    RaInsn *r = quick_insn_of(q, i);
    r->cond = COND_FLAGS;
    r->cc = (uint8_t)in->aux;
    quick_operand(q, 0, arg(q, i, 0), false);
    if (in->aux >= CC_GE)
        r->tmp[0] = (RaLoc)quick_temp(q, 0);
    quick_lose_eflags(q);
    return (X64Cc)x64_cond_emit(&q->c, r).cc;
}

/* ---- all of them -------------------------------------------------------------------------------
 */

void quick_make(X64Quick *q, IrRef i, RaLoc d)
{
    switch ((IrOp)quick_ir(q, i)->op) {
    case IR_ADD:
    case IR_SUB:
    case IR_AND:
    case IR_OR:
    case IR_XOR:
    case IR_BAND:
    case IR_BOR:
        make_binary(q, i, d, 0);
        return;
    case IR_MUL:
        make_mul(q, i, d);
        return;
    case IR_UDIV:
    case IR_SDIV:
        make_fixed(q, i, d, x64_emit_div, X64_RAX);
        return;
    case IR_MULHU:
    case IR_MULHS:
        make_fixed(q, i, d, x64_emit_mulh, X64_RDX);
        return;
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_ROR:
        make_shift(q, i, d);
        return;
    case IR_UBFX:
    case IR_SBFX:
        make_field(q, i, d);
        return;
    case IR_BFI:
        make_bfi(q, i, d);
        return;
    case IR_EXTR:
        make_extr(q, i, d);
        return;
    case IR_ANDN:
        make_plain(q, i, d, x64_emit_andn);
        return;
    case IR_NOT:
        make_plain(q, i, d, x64_emit_not);
        return;
    case IR_NEG:
        make_plain(q, i, d, x64_emit_neg);
        return;
    case IR_CLZ:
        make_plain(q, i, d, x64_emit_count);
        return;
    case IR_BSWAP:
        make_plain(q, i, d, x64_emit_reverse);
        return;
    case IR_SEXT:
        if (quick_made(q, i) != i) {
            quick_make(q, q->under, d);
            x64_ext_rr(&q->c.e, true, 2, 3, x64_num(d), x64_num(d));
            return;
        } /* fall through */
    case IR_ZEXT:
        make_extend(q, i, d);
        return;
    case IR_LD:
        make_load(q, i, d);
        return;
    default:
        quick_refuse(q);
    }
}
