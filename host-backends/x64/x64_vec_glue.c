/*
 * The float and vector part (x64_vec.h) as families of the backend's driver (x64_internal.h).
 *
 * An op is described once, independent of the driver; select copies the description through
 * x64_sel_use() and x64_sel_dst(), so that operands count as needed.
 */
#include "x64_internal.h"
#include "x64_vec_priv.h"

typedef struct XvSel {
    XvEnv env;
    uint32_t *twin;  /* XvEnv.twin */
    uint32_t *fused; /* by scalar: the vfrom that its code makes directly */
} XvSel;

static XvSel *sel_open(X64Sel *s)
{
    const IrUnit *u = s->u;
    XvSel *x = arena_alloc(s->ra->arena, sizeof *x + 2 * u->n * sizeof(uint32_t));
    if (!x) {
        s->fail = true;
        return NULL;
    }
    x->env = xv_env(u, &x64_cfg.f);
    x->twin = (uint32_t *)(x + 1);
    x->fused = x->twin + u->n;
    memset(x->twin, 0, 2 * u->n * sizeof(uint32_t));
    for (uint32_t k = 1; k < u->n; k++)
        if (u->insns[k].op == IR_VFROM)
            x->twin[u->insns[k].arg[0]] = k;
    x->env.twin = x->twin;
    s->vec = x;
    return x;
}

/* Most units have neither floats nor vectors. NULL when the arena is used up. */
static XvSel *sel_state(X64Sel *s)
{
    XvSel *x = s->vec ? s->vec : sel_open(s);
    if (x)
        x->env.block_first = s->block_first;
    return x;
}

/* The user is the insn whose RaInsn is at hand. */
IrRef x64_vec_sel_alias(X64Sel *s, IrRef ref)
{
    XvSel *x = sel_state(s);
    return x ? xv_alias(&x->env, ref, s->at->ir) : ref;
}

IrRef x64_vec_sel_result(X64Sel *s, IrRef ref)
{
    XvSel *x = sel_state(s);
    return x && x->fused[ref] ? x->fused[ref] : ref;
}

/* A vfrom right after the only insn that makes its scalar, which nothing else reads. */
static bool fuse_vfrom(X64Sel *s, XvSel *x, IrRef i)
{
    IrRef a = x64_ir(s, i)->arg[0];
    if (s->u->n_blocks != 1 || a + 1 != i || (s->val[a] & X64_NEED) ||
        !xv_may_be_vector(&x->env, a))
        return false;
    s->val[a] |= X64_NEED;
    x->fused[a] = i;
    return true;
}

static unsigned fcmp_form(const X64Sel *s, IrRef i)
{
    unsigned form = s->val[i] & X64_NEED ? XV_FCMP_VALUE : 0;
    if (s->val[i] & X64_EFL_UCOMI)
        form |= XV_FCMP_UCOMI;
    if (s->val[i] & X64_EFL_UCOMI_SWAP)
        form |= XV_FCMP_SWAP;
    return form;
}

void x64_select_vec(X64Sel *s, IrRef i, const IrInsn *in)
{
    CHECK(xv_owns(in));
    XvSel *x = sel_state(s);
    if (!x || (in->op == IR_VFROM && fuse_vfrom(s, x, i)))
        return;
    RaInsn d;
    xv_describe(&x->env, i, in->op == IR_FCMP ? fcmp_form(s, i) : 0, &d);
    RaInsn *r = x64_sel_new(s, i);
    if (s->fail)
        return;
    r->form = d.form;
    r->observer = d.observer;
    x64_sel_clobbers(r, d.clobbers);
    x64_sel_tmp(r, d.n_tmp[RC_GPR], d.n_tmp[RC_VEC]);
    if (d.n_dst > 1)
        r->binds |= RAB_TWO;
    for (unsigned k = 0; k < d.n_dst; k++) {
        if (d.dst[k].flags & RAF_FIXED)
            x64_sel_dst_fixed(s, r, d.dst[k].ref, d.dst[k].cls, d.dst[k].fixed);
        else
            x64_sel_dst(s, r, d.dst[k].ref, d.dst[k].cls, d.dst[k].flags);
    }
    for (unsigned k = 0; k < d.n_ops; k++)
        x64_sel_use(s, r, d.op[k].ref, d.op[k].cls, d.op[k].flags);
}

static void far_helper(X64Vec *v, HelperId h)
{
    X64Ctx *c = v->driver;
    x64_far_helper(c, h);
}

static bool prints_nothing(const RaInsn *r)
{
    return r->kind == RA_PIN_SET && !r->n_moves;
}

/* The printing half's state, made when it is first asked. NULL when the arena is used up. */
static X64Vec *emit_state(X64Ctx *c)
{
    if (c->vec)
        return c->vec;
    X64Vec *v = arena_alloc(c->ra->arena, sizeof *v);
    if (!v) {
        c->fail = true;
        return NULL;
    }
    xv_init(v, &c->e, c->u, &x64_cfg.f);
    v->driver = c;
    v->target = c->ra->target;
    v->far_helper = far_helper;
    v->prints_nothing = prints_nothing;
    c->vec = v;
    return v;
}

bool x64_vec_close(X64Ctx *c)
{
    return !c->vec || xv_finish(c->vec);
}

/* Constants that the allocator left where they may come from memory are literals. */
static void place_literals(X64Ctx *c, X64Vec *v, uint32_t insn)
{
    RaInsn *r = &c->ra->insns[insn];
    for (unsigned k = 0; k < r->n_ops; k++)
        if (r->op[k].loc == LOC_REMAT) {
            const V128 *x = &c->u->vconsts[c->u->insns[r->op[k].ref].arg[0]];
            r->op[k].loc = v_pool(v, x->u64[0], x->u64[1]);
        }
}

void x64_emit_vec(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    X64Vec *v = emit_state(c);
    if (!v)
        return;
    v->end = c->ra->insns + c->ra->block_end[c->block];
    place_literals(c, v, (uint32_t)(r - c->ra->insns));
    xv_emit(v, r);
}

void x64_vec_move(X64Ctx *c, RaLoc dst, RaLoc src)
{
    X64Vec *v = emit_state(c);
    if (v)
        xv_move(v, dst, src);
}

void x64_vec_rbit(X64Ctx *c, unsigned size, unsigned d, RaLoc t)
{
    X64Vec *v = emit_state(c);
    if (!v)
        return;
    v_from_gpr(v, t, (RaLoc)d, size);
    v_op3i(v, NULL, V_GF2P8AFFINEQB, t, t, v_pool_rep(v, VE_64, 0x8040201008040201), 0);
    v_to_gpr(v, (RaLoc)d, t, size);
}

void x64_vec_const(X64Ctx *c, unsigned dst, uint64_t lo, uint64_t hi)
{
    V128 value = {.u64 = {lo, hi}};
    X64Vec *v = emit_state(c);
    if (v)
        xv_const(v, dst, value);
}
