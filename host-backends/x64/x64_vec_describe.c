/*
 * Operands, temps and clobbers of float and vector ops.
 *
 * At the lowest level there are three vector temps, and every operand may have to be in one, so
 * for each op: operands that must be registers + temps <= 3. The first operand is a register and
 * the others may be memory unless the shape says otherwise.
 *
 *     vsub, SSE:  {.mem = 2, .tv = 1}   a in a register, b anywhere, one scratch register
 */
#include "x64_vec_priv.h"

typedef struct Shape {
    uint8_t mem; /* bit per operand: may be memory */
    uint8_t tv, tg;
    bool early;
} Shape;

static unsigned ve_of(const IrInsn *i)
{
    return i->aux & VE_MASK;
}

bool xv_owns(const IrInsn *i)
{
    return i->op >= IR_FADD && i->op <= IR_VFCVTN;
}

static bool rounds_down(const XvEnv *e)
{
    enum { RM_MINUS = 2 };
    return (e->u->mode >> MODE_FP_RM_SHIFT & 3) == RM_MINUS;
}

/* Conversions of halves know the alternative format. */
static bool half_by_helper(const XvEnv *e, const IrInsn *i)
{
    if (i->op >= IR_VFMIN && i->op <= IR_VFMAXNM)
        return v_fp_soft(e) || e->u->mode & MODE_FP_FZ16;
    bool converts = i->op == IR_VFCVTN || (i->op == IR_VFCVTL && !(i->imm & FPX_IEEE));
    return !v_half_native(e) || (converts && e->u->mode & MODE_FP_AHP);
}

/* Float vector ops the mode or element size leaves to the helper. */
static bool vfp_by_helper(const XvEnv *e, const IrInsn *i)
{
    unsigned ve = ve_of(i);
    if (i->op == IR_VFNEG || i->op == IR_VFABS)
        return false;
    if (i->op == IR_VF2I && (i->imm & FPX_RM_MASK) == FPRM_AWAY && i->imm >> 8)
        return true;
    if (v_is_half(i))
        return half_by_helper(e, i);
    if (v_fp_soft(e) && i->op != IR_VI2F)
        return true;
    if (i->op == IR_VFMA)
        return !e->avx || !e->f->fma;
    if (i->op == IR_VI2F)
        return ve == VE_64 && !(i->imm & FPX_SIGNED) && !e->avx512 && rounds_down(e);
    return false;
}

bool v_by_helper(const XvEnv *e, const IrInsn *i)
{
    unsigned ve = ve_of(i);
    switch (i->op) {
    case IR_VSSHL:
    case IR_VUSHL:
        return ve == VE_8 || !e->avx;
    case IR_VSQXTN:
    case IR_VUQXTN:
    case IR_VSQXTUN:
        return ve == VE_32 && !e->avx512;
    case IR_VUQADD:
    case IR_VUQSUB:
        return ve == VE_64 && !e->avx512;
    case IR_VSQADD:
    case IR_VSQSUB:
        return ve >= VE_32 && !e->avx512;
    case IR_VPMULL:
        return ve != VE_64 || !e->f->pclmul;
    case IR_VAES:
        return !e->f->aes;
    case IR_VSHA:
        return !e->f->sha;
    case IR_VMULL:
        return ve == VE_64;
    default:
        return i->op >= IR_VFADD && i->op <= IR_VFCVTN && vfp_by_helper(e, i);
    }
}

static Shape shape_shuffle(const XvEnv *e, const IrInsn *i)
{
    unsigned ve = ve_of(i), nc = !e->avx; /* scratch for a two-operand form */
    switch (i->op) {
    case IR_VUZP1:
    case IR_VUZP2:
        return (Shape){.mem = 2, .tv = (uint8_t)(ve <= VE_16 ? 2 : nc)};
    case IR_VTRN1:
    case IR_VTRN2:
        return (Shape){.mem = 2, .tv = (uint8_t)(ve <= VE_16 ? 2 : ve == VE_32 ? 1 : nc)};
    case IR_VEXT:
        return (Shape){.mem = 1, .tv = (uint8_t)nc};
    case IR_VTBL:
        if (ir_list_len(e->u, i->arg[1]) == 1)
            return (Shape){.mem = 1, .tv = 1};
        return (Shape){.mem = 0x1f, .tv = 2, .early = true};
    case IR_VADDP:
    case IR_VMULL:
        return (Shape){.mem = 2, .tv = 2};
    case IR_VADDLP:
    case IR_VADDV:
    case IR_VCNT:
        return (Shape){.tv = 2};
    case IR_VXTL:
        return (Shape){.mem = !(i->aux & VE_HI)};
    case IR_VPMULL:
    case IR_VAES:
        return (Shape){.tv = 2};
    case IR_VSHA:
        return (Shape){.mem = 7, .tv = 3};
    default: /* vzip, vrev, vxtn ... */
        return (Shape){.mem = 2, .tv = (uint8_t)nc};
    }
}

static Shape shape_vec(const XvEnv *e, const IrInsn *i)
{
    unsigned ve = ve_of(i), nc = !e->avx;
    switch (i->op) {
    case IR_VAND:
    case IR_VOR:
    case IR_VXOR:
    case IR_VADD:
        return (Shape){.mem = 2};
    case IR_VANDN:
        return (Shape){.mem = 1, .tv = (uint8_t)nc};
    case IR_VNOT:
    case IR_VSHLI:
    case IR_VSHRI:
    case IR_VSARI:
        return (Shape){0};
    case IR_VBSL:
        return (Shape){.mem = 5, .tv = 1};
    case IR_VMUL:
        return (Shape){.mem = 2,
                       .tv = (uint8_t)(ve == VE_8 || (ve == VE_64 && !e->avx512) ? 2 : 0)};
    case IR_VNEG:
        return (Shape){.mem = 1, .tv = 1};
    case IR_VABS:
        return (Shape){.mem = 1, .tv = (uint8_t)(ve == VE_64 && !e->avx512 ? 2 : 0)};
    case IR_VSMIN:
    case IR_VSMAX:
    case IR_VUMIN:
    case IR_VUMAX:
        return (Shape){.mem = 2, .tv = (uint8_t)(ve == VE_64 && !e->avx512 ? 2 : 0)};
    case IR_VURHADD:
        return (Shape){.mem = 2, .tv = (uint8_t)(ve >= VE_32 ? 2 : 0)};
    case IR_VCMP:
        return (Shape){.mem = 2, .tv = (uint8_t)(e->avx512 ? 0 : 2)};
    case IR_VSSHL:
    case IR_VUSHL:
        return (Shape){.mem = 2,
                       .tv = 2,
                       .early = !e->avx512 && (ve == VE_16 || (ve == VE_64 && i->op == IR_VSSHL))};
    case IR_VSQADD:
    case IR_VUQADD:
    case IR_VSQSUB:
    case IR_VUQSUB:
        return (Shape){.mem = 2, .tv = (uint8_t)(ve >= VE_32 ? 2 : nc)};
    case IR_VSUB:
        return (Shape){.mem = 2, .tv = (uint8_t)nc};
    default:
        return shape_shuffle(e, i);
    }
}

static Shape shape_move(const XvEnv *e, const IrInsn *i)
{
    IrType from = (IrType)e->u->insns[i->arg[0]].type;
    unsigned nc = !e->avx, small = ve_of(i) <= VE_16;
    switch (i->op) {
    case IR_VFROM:
        if (from == IR_I8 || from == IR_I16)
            return (Shape){.tg = 1};
        return (Shape){.mem = from == IR_F64 || from == IR_I32 || from == IR_I64};
    case IR_VZHI:
        return (Shape){.mem = 1};
    case IR_VINS:
        return (Shape){.mem = 2};
    case IR_VINSL:
        return (Shape){.tv = (uint8_t)nc, .tg = (uint8_t)small};
    case IR_VNZ:
        return (Shape){.tv = e->avx512};
    default: /* vto, vget, vdup, vdupl, bitcast */
        return (Shape){0};
    }
}

static Shape shape_fp(const XvEnv *e, const IrInsn *i, unsigned form)
{
    IrType from = (IrType)e->u->insns[i->arg[0]].type;
    bool soft = v_fp_soft(e), checked = v_fp_checked(e) && !v_fp_riscv(e);
    switch (i->op) {
    case IR_FNEG:
    case IR_FABS:
        return (Shape){0};
    case IR_FCMP:
        return (Shape){.mem = form & XV_FCMP_SWAP || i->aux & FPX_SILENT ? 0 : 2, .tv = soft};
    case IR_FMA:
        return (Shape){.mem = 6, .tv = 2};
    case IR_FADD:
    case IR_FSUB:
    case IR_FMUL:
    case IR_FDIV:
    case IR_FSQRT:
        return (Shape){.mem = 2, .tv = (uint8_t)(soft ? 1 : checked ? 2 : !e->avx)};
    case IR_FMIN:
    case IR_FMAX:
    case IR_FMINNM:
    case IR_FMAXNM:
        return (Shape){.mem = 2, .tv = 2};
    case IR_FRINT:
    case IR_F2I:
        return (Shape){.tv = 2};
    case IR_I2F: {
        bool uns32 = from == IR_I32 && !(i->aux & FPX_SIGNED) && !e->avx512;
        return (Shape){.tg = uns32};
    }
    default: /* fcvt */
        return (Shape){.tv = 2};
    }
}

static Shape shape_vfp(const IrInsn *i)
{
    if (v_is_half(i) && i->op != IR_VFNEG && i->op != IR_VFABS)
        return (Shape){.mem = 7, .tv = 2};
    switch (i->op) {
    case IR_VFNEG:
    case IR_VFABS:
        return (Shape){0};
    case IR_VFMA:
        return (Shape){.mem = 6, .tv = 2};
    case IR_VF2I:
    case IR_VI2F:
        return (Shape){.tv = 2, .tg = 1};
    default:
        return (Shape){.mem = 2, .tv = 2};
    }
}

static Shape shape_of(const XvEnv *e, const IrInsn *i, unsigned form)
{
    if (i->op < IR_VFROM)
        return i->op == IR_BITCAST ? shape_move(e, i) : shape_fp(e, i, form);
    if (v_by_helper(e, i))
        return (Shape){.mem = 7, .tv = 1};
    if (i->op >= IR_VFADD)
        return shape_vfp(i);
    return i->op <= IR_VDUPL || i->op == IR_VNZ ? shape_move(e, i) : shape_vec(e, i);
}

static uint8_t class_of(IrType t)
{
    return t >= IR_F16 && t <= IR_V128 ? RC_VEC : RC_GPR;
}

static void add_op(const XvEnv *e, RaInsn *out, IrRef r, unsigned mem)
{
    r = xv_alias(e, r, out->ir);
    RaOperand *o = &out->op[out->n_ops++];
    o->ref = r;
    o->cls = class_of((IrType)e->u->insns[r].type);
    o->flags = mem ? RAF_MEM_OK : 0;
    if (mem && e->u->insns[r].op == IR_VCONST)
        o->flags |= RAF_REMAT_OK;
}

/* fma's operands are named without their negations; emit finds those again. */
static IrRef fma_arg(const XvEnv *e, const IrInsn *fma, IrRef r)
{
    return v_fma_negates(fma, &e->u->insns[r]) ? e->u->insns[r].arg[0] : r;
}

static bool fuses_neg(const XvEnv *e, const IrInsn *i)
{
    return (i->op == IR_FMA || i->op == IR_VFMA) && e->avx && e->f->fma && !v_fp_soft(e);
}

static void describe_dst(const XvEnv *e, const IrInsn *in, IrRef r, unsigned form, RaInsn *out)
{
    if (in->op == IR_FCMP && !(form & XV_FCMP_VALUE))
        return;
    RaOperand *d = &out->dst[out->n_dst++];
    d->ref = r;
    d->cls = class_of((IrType)in->type);
    if (in->op == IR_FCMP && !v_fp_soft(e)) { /* lahf */
        d->flags = RAF_FIXED;
        d->fixed = X64_RAX;
    }
}

void xv_describe(const XvEnv *e, IrRef r, unsigned form, RaInsn *out)
{
    const IrInsn *in = &e->u->insns[r];
    Shape s = shape_of(e, in, form);
    *out = (RaInsn){.ir = r, .kind = RA_OP, .form = (uint8_t)form};
    out->observer = (ir_effects_here(e->u, in) & (EFF_FAULT | EFF_EXIT)) != 0;
    out->n_tmp[RC_GPR] = s.tg;
    out->n_tmp[RC_VEC] = s.tv;
    for (unsigned k = 0; k < ir_ops[in->op].nargs; k++)
        add_op(e, out, fuses_neg(e, in) ? fma_arg(e, in, in->arg[k]) : in->arg[k], s.mem >> k & 1);
    if (in->op == IR_VTBL)
        for (uint32_t k = 0; k < ir_list_len(e->u, in->arg[1]); k++)
            add_op(e, out, ir_list_refs(e->u, in->arg[1])[k], s.mem >> (k + 1) & 1);
    describe_dst(e, in, r, form, out);
    if (s.early)
        out->dst[0].flags |= RAF_EARLY;
}

/* ---- scalars in vector registers ------------------------------------------------------------ */

static bool is_float(IrType t)
{
    return t == IR_F32 || t == IR_F64;
}

IrRef xv_alias(const XvEnv *e, IrRef r, IrRef user)
{
    const IrInsn *i = &e->u->insns[r];
    if (i->op == IR_VTO && is_float((IrType)i->type))
        return i->arg[0];
    if (!e->twin || !is_float((IrType)i->type))
        return r;
    IrRef v = e->twin[r];
    return v && v >= e->block_first && v < user ? v : r;
}

bool xv_may_be_vector(const XvEnv *e, IrRef r)
{
    const IrInsn *i = &e->u->insns[r];
    return is_float((IrType)i->type) && (i->op == IR_LD || (xv_owns(i) && i->op != IR_VTO));
}

/* True when the lanes above type t are zero in a register that holds value r. */
static bool zero_above(const XvEnv *e, IrRef r, IrType t)
{
    const IrInsn *i = &e->u->insns[r];
    IrType from;
    switch (i->op) {
    case IR_GET:
        return t == IR_F64 && e->u->slots[i->imm].low64;
    case IR_LD:
        return i->type == t || (i->type == IR_V128 && MA_SIZE(i->aux) <= (t == IR_F64 ? 3 : 2));
    case IR_I2F:
        return i->type == t;
    case IR_VFROM:
        from = (IrType)e->u->insns[i->arg[0]].type;
        return from == t || from == IR_F32 || from == IR_I32;
    case IR_VZHI:
        return t == IR_F64;
    default:
        return false;
    }
}

bool xv_leaves_zero(const X64Vec *v, const RaInsn *i)
{
    const XvEnv *e = &v->env;
    const IrInsn *in = &e->u->insns[i->ir];
    IrType t = (IrType)in->type;
    bool zero0 = i->n_ops && zero_above(e, i->op[0].ref, t);
    if (v_fp_soft(e))
        return in->op != IR_FNEG && in->op != IR_BITCAST;
    switch (in->op) {
    case IR_I2F:
    case IR_FABS:
        return true;
    case IR_BITCAST:
        return i->op[0].loc < LOC_VEC;
    case IR_FADD:
    case IR_FSUB:
    case IR_FMUL:
    case IR_FDIV:
    case IR_FNEG:
        return zero0;
    case IR_FRINT:
        return (in->aux & FPX_RM_MASK) == FPRM_AWAY || (e->avx && zero0);
    case IR_FSQRT:
        return e->avx && v_is_reg(i->op[0].loc) && zero0;
    case IR_FMA:
        return e->avx && e->f->fma && zero0 && zero_above(e, i->op[1].ref, t) &&
               zero_above(e, i->op[2].ref, t);
    default:
        return false;
    }
}

bool xv_upper_zero(const XvEnv *e, IrRef r)
{
    const IrInsn *i = &e->u->insns[r];
    return i->op != IR_VFROM && zero_above(e, r, (IrType)i->type);
}
