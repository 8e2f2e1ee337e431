/*
 * The float and vector part (x64_vec.h) as families of the backend's driver (x64_internal.h).
 *
 * An op is described once, independent of the driver; select copies the description through
 * x64_sel_use() and x64_sel_dst(), so that operands count as needed.
 */
#include "x64_internal.h"
#include "x64_vec.h"

typedef struct XvSel {
    XvEnv env;
    uint32_t *twin;  /* XvEnv.twin */
    uint32_t *fused; /* by scalar: the vfrom that its code makes directly */
} XvSel;

bool x64_vec_sel_open(X64Sel *s)
{
    const IrUnit *u = s->u;
    XvSel *x = arena_alloc(s->ra->arena, sizeof *x + 2 * u->n * sizeof(uint32_t));
    if (!x)
        return false;
    x->env = xv_env(u, &x64_cfg.f);
    x->twin = (uint32_t *)(x + 1);
    x->fused = x->twin + u->n;
    memset(x->twin, 0, 2 * u->n * sizeof(uint32_t));
    for (uint32_t k = 1; k < u->n; k++)
        if (u->insns[k].op == IR_VFROM)
            x->twin[u->insns[k].arg[0]] = k;
    x->env.twin = x->twin;
    s->vec = x;
    return true;
}

/* The user is the insn whose RaInsn is at hand. */
IrRef x64_vec_sel_alias(X64Sel *s, IrRef ref)
{
    XvSel *x = s->vec;
    x->env.block_first = s->block_first;
    return xv_alias(&x->env, ref, s->ra->buf[s->pos].ir);
}

IrRef x64_vec_sel_result(X64Sel *s, IrRef ref)
{
    XvSel *x = s->vec;
    return x->fused[ref] ? x->fused[ref] : ref;
}

/* A vfrom right after the only insn that makes its scalar, which nothing else reads. */
static bool fuse_vfrom(X64Sel *s, IrRef i)
{
    XvSel *x = s->vec;
    IrRef a = x64_ir(s, i)->arg[0];
    if (s->u->n_blocks != 1 || a + 1 != i || s->need[a] || !xv_may_be_vector(&x->env, a))
        return false;
    s->need[a]++;
    x->fused[a] = i;
    return true;
}

static unsigned fcmp_form(const X64Sel *s, IrRef i)
{
    unsigned form = s->need[i] ? XV_FCMP_VALUE : 0;
    if (s->eflags[i] & X64_EFL_UCOMI)
        form |= XV_FCMP_UCOMI;
    if (s->eflags[i] & X64_EFL_UCOMI_SWAP)
        form |= XV_FCMP_SWAP;
    return form;
}

bool x64_vec_select(X64Sel *s, IrRef i)
{
    const IrInsn *in = x64_ir(s, i);
    if (!xv_owns(in))
        return false;
    if (in->op == IR_VFROM && fuse_vfrom(s, i))
        return true;
    XvSel *x = s->vec;
    RaInsn d;
    x->env.block_first = s->block_first;
    xv_describe(&x->env, i, in->op == IR_FCMP ? fcmp_form(s, i) : 0, &d);
    RaInsn *r = x64_sel_new(s, i);
    if (s->fail)
        return true;
    r->form = d.form;
    r->observer = d.observer;
    r->clobbers = d.clobbers;
    x64_sel_tmp(r, d.n_tmp[RC_GPR], d.n_tmp[RC_VEC]);
    for (unsigned k = 0; k < d.n_dst; k++) {
        if (d.dst[k].flags & RAF_FIXED)
            x64_sel_dst_fixed(s, r, d.dst[k].ref, d.dst[k].cls, d.dst[k].fixed);
        else
            x64_sel_dst(s, r, d.dst[k].ref, d.dst[k].cls, d.dst[k].flags);
    }
    for (unsigned k = 0; k < d.n_ops; k++)
        x64_sel_use(s, r, d.op[k].ref, d.op[k].cls, d.op[k].flags);
    return true;
}

static void far_helper(X64Vec *v, HelperId h)
{
    X64Ctx *c = v->driver;
    x64_far_helper(c, h);
}

bool x64_vec_open(X64Ctx *c)
{
    X64Vec *v = arena_alloc(c->ra->arena, sizeof *v);
    if (!v)
        return false;
    xv_init(v, &c->e, c->u, &x64_cfg.f);
    v->driver = c;
    v->target = c->ra->target;
    v->far_helper = far_helper;
    c->vec = v;
    return true;
}

bool x64_vec_close(X64Ctx *c)
{
    return xv_finish(c->vec);
}

bool x64_vec_emit(X64Ctx *c, const RaInsn *r)
{
    if (r->kind != RA_OP || !xv_owns(&c->u->insns[r->ir]))
        return false;
    xv_emit(c->vec, r);
    return true;
}

void x64_vec_move(X64Ctx *c, RaLoc dst, RaLoc src)
{
    xv_move(c->vec, dst, src);
}

void x64_vec_const(X64Ctx *c, unsigned dst, uint64_t lo, uint64_t hi)
{
    V128 value = {.u64 = {lo, hi}};
    xv_const(c->vec, dst, value);
}
