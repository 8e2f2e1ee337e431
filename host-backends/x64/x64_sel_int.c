/*
 * Integer ops: which operands, where. x64_out_int.c prints what is described here.
 *
 * Most ops are described without tying the result to an operand: the printer copies when it must
 * and uses lea, rorx or shlx when that saves a copy. Only operations whose second operand must not
 * be overwritten first are tied.
 */
#include "x64_internal.h"
#include "x64_int.h"

/* A new RaInsn of size bytes log2, whose operands 0..n_ops are still to be made. */
static inline RaInsn *new_sized(X64Sel *s, IrRef i, unsigned form, unsigned size, unsigned n_ops)
{
    RaInsn *r = x64_sel_new(s, i);
    r->form = (uint8_t)form;
    r->size = (uint8_t)size;
    r->n_dst = 1;
    r->n_ops = (uint8_t)n_ops;
    x64_sel_operand(r, &r->dst[0], i, RC_GPR, 0);
    return r;
}

static RaInsn *new_int(X64Sel *s, IrRef i, unsigned form, unsigned dst_flags)
{
    RaInsn *r = new_sized(s, i, form, x64_type_size((IrType)x64_ir(s, i)->type), 0);
    r->dst[0].flags = (uint8_t)dst_flags;
    r->binds |= dst_flags & RAF_BINDS;
    return r;
}

/*
 * i = a op b with the constant b as an immediate of and/or/xor/add/sub/mul. An `and` that clears
 * the upper half is one of 32 bits. False when b is no immediate.
 */
static bool sel_binary_imm(X64Sel *s, IrRef i, const IrInsn *in, IrRef a, IrRef b)
{
    unsigned size = x64_type_size((IrType)in->type), sh = 64 - (8u << size);
    uint64_t v = ir_value(s->u, b);
    int64_t imm = (int64_t)(v << sh) >> sh;
    bool eflags = s->val[i] & X64_EFL_ANY;
    if (in->op == IR_AND && !x64_is_s32(imm) && v <= UINT32_MAX && !eflags) {
        size = 2;
        imm = (int32_t)v;
    }
    if (!x64_is_s32(imm) || (in->op == IR_SUB && imm == INT32_MIN && !eflags)) /* see the printer */
        return false;
    IrRef alias = x64_sel_alias(s, a, size);
    RaInsn *r = new_sized(s, i, XF_RI, size, 1);
    r->imm = imm;
    x64_sel_op(s, r, 0, alias, in->op == IR_MUL ? RAF_MEM_OK : 0);
    return true;
}

/* i = a op b; flags: of a, which may be tied */
static inline void sel_binary(X64Sel *s, IrRef i, const IrInsn *in, IrRef a, IrRef b,
                              unsigned flags)
{
    unsigned size = x64_type_size((IrType)in->type);
    IrRef alias_a = x64_sel_alias(s, a, size), alias_b = x64_sel_alias(s, b, size);
    RaInsn *r = new_sized(s, i, XF_RR, size, 2);
    x64_sel_op(s, r, 0, alias_a, flags);
    x64_sel_op(s, r, 1, alias_b, RAF_MEM_OK);
}

/* a + (b << 1..3), for a b that is a shift */
static bool sel_lea(X64Sel *s, IrRef i, IrRef a, IrRef b)
{
    const IrInsn *sh = x64_ir(s, b);
    unsigned size = x64_type_size((IrType)x64_ir(s, i)->type);
    if (!ir_is_const(s->u, sh->arg[1]) || size < 2 || s->val[i] & X64_EFL_ANY ||
        ir_is_const(s->u, a))
        return false;
    uint64_t k = ir_value(s->u, sh->arg[1]) & ((8u << size) - 1);
    if (k < 1 || k > 3 || s->val[b] & X64_NEED)
        return false;
    IrRef alias_a = x64_sel_alias(s, a, size), alias_b = x64_sel_alias(s, sh->arg[0], size);
    RaInsn *r = new_sized(s, i, XF_LEA, size, 2);
    r->imm = (int64_t)k;
    x64_sel_op(s, r, 0, alias_a, 0);
    x64_sel_op(s, r, 1, alias_b, 0);
    return true;
}

static inline bool sel_add_of_shift(X64Sel *s, IrRef i, IrRef a, IrRef b)
{
    return (x64_ir(s, b)->op == IR_SHL && sel_lea(s, i, a, b)) ||
           (x64_ir(s, a)->op == IR_SHL && sel_lea(s, i, b, a));
}

void x64_select_commutative(X64Sel *s, IrRef i, const IrInsn *in)
{
    IrRef a = in->arg[0], b = in->arg[1];
    if (ir_is_const(s->u, a)) {
        IrRef t = a;
        a = b;
        b = t;
    }
    if (in->op == IR_ADD && sel_add_of_shift(s, i, a, b))
        return;
    if (!ir_is_const(s->u, b) || !sel_binary_imm(s, i, in, a, b))
        sel_binary(s, i, in, a, b, 0);
}

void x64_select_sub(X64Sel *s, IrRef i, const IrInsn *in)
{
    IrRef a = in->arg[0], b = in->arg[1];
    if (ir_is_const(s->u, a) && ir_value(s->u, a) == 0 && !(s->val[i] & X64_EFL_ANY)) {
        RaInsn *r = new_int(s, i, XF_NEG, 0);
        x64_sel_use_int(s, r, b, r->size, 0);
        return;
    }
    if (!ir_is_const(s->u, b) || !sel_binary_imm(s, i, in, a, b))
        sel_binary(s, i, in, a, b, RAF_TIED);
}

void x64_select_andn(X64Sel *s, IrRef i, const IrInsn *in)
{
    unsigned size = x64_type_size((IrType)in->type);
    if (x64_cfg.f.bmi1 && size >= 2) {
        RaInsn *r = new_int(s, i, XF_RR, 0);
        x64_sel_use_int(s, r, in->arg[0], size, 0);
        x64_sel_use_int(s, r, in->arg[1], size, 0);
        return;
    }
    RaInsn *r = new_int(s, i, XF_TIED, 0);
    x64_sel_tmp(r, 1, 0);
    x64_sel_use_int(s, r, in->arg[0], size, RAF_TIED);
    x64_sel_use_int(s, r, in->arg[1], size, RAF_MEM_OK);
}

static void describe_unary(X64Sel *s, IrRef i, const IrInsn *in, unsigned tmps, unsigned dst_flags)
{
    RaInsn *r = new_int(s, i, XF_RR, dst_flags);
    x64_sel_tmp(r, tmps, 0);
    x64_sel_use_int(s, r, in->arg[0], x64_type_size((IrType)in->type), 0);
}

void x64_select_unary(X64Sel *s, IrRef i, const IrInsn *in)
{
    describe_unary(s, i, in, 0, 0);
}

void x64_select_clz(X64Sel *s, IrRef i, const IrInsn *in)
{
    bool native = x64_cfg.f.lzcnt;
    describe_unary(s, i, in, !native, native ? 0 : RAF_EARLY);
}

void x64_select_ctz(X64Sel *s, IrRef i, const IrInsn *in)
{
    bool native = x64_cfg.f.bmi1;
    describe_unary(s, i, in, !native, native ? 0 : RAF_EARLY);
}

void x64_select_cls(X64Sel *s, IrRef i, const IrInsn *in)
{
    describe_unary(s, i, in, 1, RAF_EARLY);
}

void x64_select_bools(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = new_int(s, i, XF_RR, 0);
    x64_sel_use(s, r, in->arg[0], RC_GPR, 0);
    x64_sel_use(s, r, in->arg[1], RC_GPR, RAF_MEM_OK);
}

void x64_select_reverse(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = new_int(s, i, XF_TIED, 0);
    bool gfni = x64_rbit_by_gfni(in);
    x64_sel_tmp(r, gfni ? 0 : 2, gfni);
    x64_sel_use_int(s, r, in->arg[0], x64_type_size((IrType)in->type), RAF_TIED);
}

/* By a register. */
static void sel_shift_by(X64Sel *s, IrRef i, const IrInsn *in, unsigned size)
{
    if (x64_cfg.f.bmi2 && size >= 2 && in->op != IR_ROR) {
        RaInsn *r = new_int(s, i, XF_RR, 0);
        x64_sel_use_int(s, r, in->arg[0], size, 0);
        x64_sel_use_int(s, r, in->arg[1], 0, 0);
        return;
    }
    RaInsn *r = new_int(s, i, XF_TIED, 0);
    x64_sel_use_int(s, r, in->arg[0], size, RAF_TIED);
    if (size < 2) /* the printer masks rcx */
        x64_sel_clobbers(r, 1 << X64_RCX);
    x64_sel_use_int_fixed(s, r, in->arg[1], 0, X64_RCX);
}

void x64_select_shift(X64Sel *s, IrRef i, const IrInsn *in)
{
    unsigned size = x64_type_size((IrType)in->type);
    if (!ir_is_const(s->u, in->arg[1])) {
        sel_shift_by(s, i, in, size);
        return;
    }
    int64_t by = (int64_t)(ir_value(s->u, in->arg[1]) & ((8u << size) - 1));
    IrRef alias = x64_sel_alias(s, in->arg[0], size);
    RaInsn *r = new_sized(s, i, XF_RI, size, 1);
    r->imm = by;
    x64_sel_op(s, r, 0, alias, 0);
}

void x64_select_extr(X64Sel *s, IrRef i, const IrInsn *in)
{
    unsigned size = x64_type_size((IrType)in->type);
    if (in->imm == 0 || in->arg[0] == in->arg[1]) {
        RaInsn *r = new_int(s, i, XF_RI, 0); /* a rotation */
        x64_sel_use_int(s, r, in->arg[1], size, 0);
        return;
    }
    RaInsn *r = new_int(s, i, XF_TIED, 0);
    x64_sel_use_int(s, r, in->arg[1], size, RAF_TIED);
    x64_sel_use_int(s, r, in->arg[0], size, 0);
}

/* The size that has a field of `width` bits. */
static unsigned width_size(unsigned width)
{
    return width > 32 ? 3 : width > 16 ? 2 : width > 8;
}

void x64_select_field(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = new_int(s, i, XF_RI, 0);
    unsigned lsb = in->aux & 0xff, width = in->aux >> 8;
    x64_sel_use_int(s, r, in->arg[0], lsb == 0 && width <= 32 ? width_size(width) : r->size, 0);
}

void x64_select_bfi(X64Sel *s, IrRef i, const IrInsn *in)
{
    unsigned size = x64_type_size((IrType)in->type);
    unsigned lsb = in->aux & 0xff, width = in->aux >> 8;
    RaInsn *r = new_int(s, i, XF_TIED, 0);
    if (width == 8u << size) {
        r->form = XF_RI;
        x64_sel_use_int(s, r, in->arg[1], size, 0);
        return;
    }
    x64_sel_use_int(s, r, in->arg[0], size, RAF_TIED);
    x64_sel_use_int(s, r, in->arg[1], width_size(width), 0);
    if (lsb != 0 || (width != 8 && width != 16)) {
        bool by_mask = size == 2 || x64_is_s32(~(int64_t)(((1ull << width) - 1) << lsb));
        r->form = by_mask ? XF_BFI_MASK : XF_BFI_ROT;
        x64_sel_tmp(r, by_mask, 0);
        if (!by_mask)
            x64_sel_early(r, 0);
    }
}

void x64_select_mulh(X64Sel *s, IrRef i, const IrInsn *in)
{
    unsigned size = x64_type_size((IrType)in->type);
    RaInsn *r = x64_sel_new(s, i);
    r->size = (uint8_t)x64_type_size((IrType)in->type);
    x64_sel_clobbers(r, 1 << X64_RAX);
    x64_sel_dst_fixed(s, r, i, RC_GPR, X64_RDX);
    x64_sel_use_int_fixed(s, r, in->arg[0], size, X64_RAX);
    x64_sel_use_int(s, r, in->arg[1], size, RAF_MEM_OK);
}

void x64_select_div(X64Sel *s, IrRef i, const IrInsn *in)
{
    unsigned size = x64_type_size((IrType)in->type);
    RaInsn *r = x64_sel_new(s, i);
    r->size = (uint8_t)x64_type_size((IrType)in->type);
    x64_sel_clobbers(r, 1 << X64_RDX);
    x64_sel_dst_fixed(s, r, i, RC_GPR, X64_RAX);
    x64_sel_use_int_fixed(s, r, in->arg[0], size, X64_RAX);
    x64_sel_use_int(s, r, in->arg[1], size, 0);
}

/* zext, sext, trunc that somebody wants as a value of their own. */
void x64_select_extend(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = new_int(s, i, XF_RR, 0);
    IrType from = (IrType)x64_ir(s, in->arg[0])->type;
    unsigned size = in->op == IR_TRUNC ? x64_type_size((IrType)in->type) : x64_type_size(from);
    r->cc = from == IR_BOOL ? 2 : (uint8_t)x64_type_size(from);
    x64_sel_use_int(s, r, in->arg[0], size, size == 3 ? 0 : RAF_MEM_OK);
}

void x64_select_select(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    IrType t = (IrType)in->type;
    RegClass cls = x64_class_of(t);
    r->size = t == IR_I64 ? 3 : 2;
    x64_sel_dst(s, r, i, cls, 0);
    if (cls == RC_VEC) {
        x64_sel_use(s, r, x64_vec_sel_alias(s, in->arg[2]), RC_VEC, RAF_TIED);
        x64_sel_use(s, r, x64_vec_sel_alias(s, in->arg[1]), RC_VEC, RAF_MEM_OK);
    } else if (t == IR_FLAGS || t == IR_BOOL) {
        x64_sel_use(s, r, in->arg[2], RC_GPR, RAF_TIED);
        x64_sel_use(s, r, in->arg[1], RC_GPR, RAF_MEM_OK);
    } else {
        x64_sel_use_int(s, r, in->arg[2], r->size, RAF_TIED);
        x64_sel_use_int(s, r, in->arg[1], r->size, RAF_MEM_OK);
    }
    x64_sel_cond(s, r, in->arg[0], false);
}

/* A bool as a value. */
void x64_select_bool(X64Sel *s, IrRef i, const IrInsn *in)
{
    (void)in;
    RaInsn *r = x64_sel_new(s, i);
    x64_sel_dst(s, r, i, RC_GPR, 0);
    x64_sel_cond(s, r, i, false);
    if (r->cond == COND_UCOMI)
        x64_sel_tmp(r, 1, 0);
}

void x64_select_crc32(X64Sel *s, IrRef i, const IrInsn *in)
{
    bool castagnoli = in->aux & 4;
    unsigned size = in->aux & 3;
    RaInsn *r = x64_sel_new(s, i);
    r->size = (uint8_t)size;
    x64_sel_dst(s, r, i, RC_GPR, 0);
    x64_sel_use(s, r, in->arg[0], RC_GPR, RAF_TIED);
    x64_sel_use_int(s, r, in->arg[1], size, 0);
    if (!castagnoli)
        x64_sel_tmp(r, 1, 0);
}
