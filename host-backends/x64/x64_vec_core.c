/*
 * Instructions over places, literals, far paths and far calls of the float and vector part.
 * x64_vec_priv.h describes the rules.
 *
 * Example, SSE, d = a - d in xmm3:  movaps t, xmm3; movaps xmm3, a; psubb xmm3, t.
 */
#include "x64_vec_priv.h"

static X64Mem vcpu_mem(size_t off)
{
    return x64_mem(X64_RBP, (int32_t)off - VCPU_BIAS);
}

XvEnv xv_env(const IrUnit *u, const HostFeatures *f)
{
    bool avx = f->avx && f->avx2;
    return (XvEnv){.u = u, .f = f, .avx = avx, .avx512 = avx && f->avx512vl};
}

void xv_init(X64Vec *v, X64Emit *e, const IrUnit *u, const HostFeatures *f)
{
    v->env = xv_env(u, f);
    v->e = e;
    v->target = NULL;
    v->end = NULL;
    v->unchecked = LOC_NONE;
    v->limit = false;
    v->n_far = v->n_pool = v->n_uses = 0;
}

X64Mem xv_home(const X64Vec *v, RaLoc l)
{
    DCHECK(!v_is_reg(l));
    if (l & LOC_SPILL)
        return vcpu_mem(offsetof(Vcpu, spill) + 16 * (l & 0xffu));
    DCHECK(l & LOC_SLOT);
    return vcpu_mem(offsetof(Vcpu, state) + v->env.u->slots[l & 0x3ff].off);
}

X64Mem v_mem(const X64Vec *v, RaLoc l)
{
    if (l & LOC_POOL)
        return x64_mem_rip(x64_here(v->e));
    if (l & LOC_HARG)
        return vcpu_mem(offsetof(Vcpu, harg) + 16 * (l & 0xffu));
    return xv_home(v, l);
}

RaLoc v_pool(X64Vec *v, uint64_t lo, uint64_t hi)
{
    for (uint32_t k = 0; k < v->n_pool; k++)
        if (v->pool[k].u64[0] == lo && v->pool[k].u64[1] == hi)
            return (RaLoc)(LOC_POOL | k);
    if (v->n_pool == X64_VEC_MAX_POOL) {
        v->limit = true;
        return LOC_POOL;
    }
    v->pool[v->n_pool].u64[0] = lo;
    v->pool[v->n_pool].u64[1] = hi;
    return (RaLoc)(LOC_POOL | v->n_pool++);
}

static uint64_t splat(unsigned ve, uint64_t elem)
{
    static const uint64_t ones[4] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};
    return ve == VE_64 ? elem : (elem & ((1ull << (8u << ve)) - 1)) * ones[ve];
}

RaLoc v_pool_rep(X64Vec *v, unsigned ve, uint64_t elem)
{
    uint64_t w = splat(ve, elem);
    return v_pool(v, w, w);
}

/* Two equal literals side by side. */
RaLoc v_pool_wide(X64Vec *v, unsigned ve, uint64_t elem)
{
    uint64_t w = splat(ve, elem);
    for (uint32_t k = 0; k + 1 < v->n_pool; k++) {
        const V128 *p = &v->pool[k];
        if (p[0].u64[0] == w && p[0].u64[1] == w && p[1].u64[0] == w && p[1].u64[1] == w)
            return (RaLoc)(LOC_POOL | k);
    }
    if (v->n_pool + 2 > X64_VEC_MAX_POOL) {
        v->limit = true;
        return LOC_POOL;
    }
    v->pool[v->n_pool] = v->pool[v->n_pool + 1] = (V128){.u64 = {w, w}};
    v->n_pool += 2;
    return (RaLoc)(LOC_POOL | (v->n_pool - 2));
}

void v_pool_use(X64Vec *v, RaLoc l, unsigned tail)
{
    if (v_is_reg(l) || !(l & LOC_POOL))
        return;
    if (v->n_uses == X64_VEC_MAX_POOL_USES) {
        v->limit = true;
        return;
    }
    v->uses[v->n_uses].at = x64_off(v->e) - tail;
    v->uses[v->n_uses].idx = l & 0xff;
    v->uses[v->n_uses++].tail = (uint16_t)tail;
}

/* ---- instructions -------------------------------------------------------------------------- */

/* AVX level: all forms come down to these two; imm < 0: none. */
static void put_avx(X64Vec *v, X64Op op, unsigned d, unsigned a, RaLoc b, int imm)
{
    X64Emit *e = v->e;
    if (v_is_reg(b)) {
        x64_avx_rrr(e, op, d, a, b & 31u);
        if (imm >= 0)
            x64_u8(e, (unsigned)imm);
    } else if (imm >= 0) {
        x64_avx_rrmi(e, op, d, a, v_mem(v, b), (unsigned)imm);
    } else {
        x64_avx_rrm(e, op, d, a, v_mem(v, b));
    }
    v_pool_use(v, b, imm >= 0);
}

static void put_sse(X64Vec *v, X64Op op, unsigned d, RaLoc b, int imm)
{
    X64Emit *e = v->e;
    if (v_is_reg(b)) {
        x64_sse_rr(e, op, d, b & 31u);
        if (imm >= 0)
            x64_u8(e, (unsigned)imm);
    } else if (imm >= 0) {
        x64_sse_rmi(e, op, d, v_mem(v, b), (unsigned)imm);
    } else {
        x64_sse_rm(e, op, d, v_mem(v, b));
    }
    v_pool_use(v, b, imm >= 0);
}

static void op3(X64Vec *v, const RaInsn *i, X64Op op, RaLoc d, RaLoc a, RaLoc b, int imm)
{
    if (v->env.avx) {
        put_avx(v, op, v_num(d), v_num(a), b, imm);
        return;
    }
    if (d == b && d != a) {
        RaLoc t = v_tmp(i, 0);
        if (a == t) {
            put_sse(v, op, v_num(t), b, imm);
            xv_move(v, d, t);
            return;
        }
        xv_move(v, t, b);
        b = t;
    }
    if (d != a)
        xv_move(v, d, a);
    put_sse(v, op, v_num(d), b, imm);
}

void v_op3(X64Vec *v, const RaInsn *i, X64Op op, RaLoc d, RaLoc a, RaLoc b)
{
    op3(v, i, op, d, a, b, -1);
}

void v_op3i(X64Vec *v, const RaInsn *i, X64Op op, RaLoc d, RaLoc a, RaLoc b, unsigned imm)
{
    op3(v, i, op, d, a, b, (int)imm);
}

void v_op3c(X64Vec *v, const RaInsn *i, X64Op op, RaLoc d, RaLoc a, RaLoc b)
{
    if (d == b)
        op3(v, i, op, d, b, a, -1);
    else
        op3(v, i, op, d, a, b, -1);
}

void v_op2(X64Vec *v, X64Op op, RaLoc d, RaLoc a)
{
    if (v->env.avx)
        put_avx(v, op, v_num(d), 0, a, -1);
    else
        put_sse(v, op, v_num(d), a, -1);
}

void v_op2i(X64Vec *v, X64Op op, RaLoc d, RaLoc a, unsigned imm)
{
    if (v->env.avx)
        put_avx(v, op, v_num(d), 0, a, (int)imm);
    else
        put_sse(v, op, v_num(d), a, (int)imm);
}

void v_op2s(X64Vec *v, X64Op op, RaLoc d, RaLoc a)
{
    if (v->env.avx)
        put_avx(v, op, v_num(d), v_is_reg(a) ? v_num(a) : v_num(d), a, -1);
    else
        put_sse(v, op, v_num(d), a, -1);
}

void v_op2si(X64Vec *v, X64Op op, RaLoc d, RaLoc a, unsigned imm)
{
    if (v->env.avx)
        put_avx(v, op, v_num(d), v_is_reg(a) ? v_num(a) : v_num(d), a, (int)imm);
    else
        put_sse(v, op, v_num(d), a, (int)imm);
}

void v_shift(X64Vec *v, X64Op op, RaLoc d, RaLoc a, unsigned imm)
{
    if (v->env.avx) {
        x64_avx_shift(v->e, op, v_num(d), v_num(a), imm);
        return;
    }
    xv_move(v, d, a);
    x64_sse_shift(v->e, op, v_num(d), imm);
}

void xv_move(X64Vec *v, RaLoc d, RaLoc s)
{
    if (d == s)
        return;
    if (v_is_reg(d))
        v_op2(v, v_is_reg(s) ? V_MOVAPS : V_MOVUPS, d, s);
    else
        v_store(v, V_MOVUPS_ST, d, s);
}

void v_store(X64Vec *v, X64Op op, RaLoc mem, RaLoc s)
{
    if (v->env.avx)
        x64_avx_rrm(v->e, op, v_num(s), 0, v_mem(v, mem));
    else
        x64_sse_rm(v->e, op, v_num(s), v_mem(v, mem));
}

void v_zero(X64Vec *v, RaLoc d)
{
    v_op3(v, NULL, V_PXOR, d, d, d);
}

void v_ones(X64Vec *v, RaLoc d)
{
    if (v_high(d))
        v_op3i(v, NULL, V_PTERNLOG, d, d, d, 0xff);
    else
        v_op3(v, NULL, V_PCMPEQD, d, d, d);
}

void xv_const(X64Vec *v, unsigned dst, V128 c)
{
    RaLoc d = (RaLoc)(LOC_VEC | dst);
    if (!(c.u64[0] | c.u64[1]))
        v_zero(v, d);
    else if (!~(c.u64[0] & c.u64[1]))
        v_ones(v, d);
    else
        v_op2(v, V_MOVAPS, d, v_pool(v, c.u64[0], c.u64[1]));
}

RaLoc v_in_reg(X64Vec *v, RaLoc b, RaLoc t)
{
    if (v_is_reg(b))
        return b;
    xv_move(v, t, b);
    return t;
}

RaLoc v_in_low(X64Vec *v, RaLoc b, RaLoc t)
{
    if (v_is_reg(b) && !v_high(b))
        return b;
    xv_move(v, t, b);
    return t;
}

void v_from_gpr(X64Vec *v, RaLoc d, RaLoc g, unsigned size)
{
    v_op2(v, size == 3 ? V_MOVQ_G : V_MOVD, d, g);
}

void v_to_gpr(X64Vec *v, RaLoc g, RaLoc s, unsigned size)
{
    X64Op op = size == 3 ? V_MOVQ_G_ST : V_MOVD_ST;
    if (v->env.avx)
        x64_avx_rrr(v->e, op, v_num(s), 0, g);
    else
        x64_sse_rr(v->e, op, v_num(s), g);
}

/* ---- compares ------------------------------------------------------------------------------ */

void v_kcmp(X64Vec *v, unsigned ve, bool is_signed, RaLoc d, RaLoc a, RaLoc b, unsigned imm)
{
    static const uint32_t cmp_ops[2][4] = {
        {V_VPCMPUB, V_VPCMPUW, V_VPCMPUD, V_VPCMPUQ},
        {V_VPCMPB, V_VPCMPW, V_VPCMPD, V_VPCMPQ},
    };
    static const uint32_t m2v[4] = {V_VPMOVM2B, V_VPMOVM2W, V_VPMOVM2D, V_VPMOVM2Q};
    put_avx(v, cmp_ops[is_signed][ve], 1, v_num(a), b, (int)imm);
    x64_evex_rrr(v->e, m2v[ve], v_num(d), 0, 1, 0);
}

void v_icmp(X64Vec *v, const RaInsn *i, bool gt, unsigned ve, RaLoc d, RaLoc a, RaLoc b)
{
    static const uint32_t ops[2][4] = {
        {V_PCMPEQB, V_PCMPEQW, V_PCMPEQD, V_PCMPEQQ},
        {V_PCMPGTB, V_PCMPGTW, V_PCMPGTD, V_PCMPGTQ},
    };
    if (v_high(d) || v_high(a) || v_high(b))
        v_kcmp(v, ve, true, d, a, b, gt ? 6 : 0);
    else if (gt)
        v_op3(v, i, ops[1][ve], d, a, b);
    else
        v_op3c(v, i, ops[0][ve], d, a, b);
}

/* ---- far paths ----------------------------------------------------------------------------- */

X64VecFar *v_far(X64Vec *v, const RaInsn *i, X64VecFarFn fn)
{
    if (v->n_far == X64_VEC_MAX_FAR) {
        v->limit = true;
        v->n_far--;
    }
    X64VecFar *f = &v->far[v->n_far++];
    f->fn = fn;
    f->i = i;
    f->n_at = 0;
    return f;
}

void v_far_jcc(X64Vec *v, X64VecFar *f, X64Cc cc)
{
    CHECK(f->n_at < X64_VEC_FAR_JUMPS);
    f->at[f->n_at++] = x64_jcc_fwd32(v->e, cc);
}

/* Scratch of far paths: the last temp; an earlier one may hold an operand that was overwritten. */
static RaLoc last_tmp(const RaInsn *i)
{
    return v_tmp(i, i->n_tmp[RC_VEC] - 1u);
}

static void call_arg_float(X64Vec *v, const RaInsn *i, unsigned n, RaLoc l, IrType t)
{
    if (t == IR_F16) {
        xv_move(v, last_tmp(i), l);
        l = last_tmp(i);
        v_op3(v, NULL, V_PAND, l, l, v_pool(v, 0xffff, 0));
    }
    v_store(v, t == IR_F64 ? V_MOVQ_ST : V_MOVD_ST, (RaLoc)(LOC_HARG | n), l);
}

void v_call_arg(X64Vec *v, const RaInsn *i, unsigned n, RaLoc l, IrType t)
{
    X64Mem to = vcpu_mem(offsetof(Vcpu, harg) + 16 * n);
    if (t != IR_V128 && t != IR_F64 && t != IR_I64)
        x64_store_imm(v->e, 2, vcpu_mem(offsetof(Vcpu, harg) + 16 * n + 4), 0);
    if (l < LOC_VEC) {
        x64_store(v->e, t == IR_I64 ? 3 : 2, to, l);
        return;
    }
    if (!v_is_reg(l)) {
        v_op2(v, t == IR_V128 ? V_MOVUPS : t == IR_F64 ? V_MOVQ : V_MOVD, last_tmp(i), l);
        l = last_tmp(i);
    }
    if (t == IR_V128)
        v_store(v, V_MOVUPS_ST, (RaLoc)(LOC_HARG | n), l);
    else
        call_arg_float(v, i, n, l, t);
}

void v_call_const(X64Vec *v, unsigned n, uint32_t c)
{
    x64_store_imm(v->e, 2, vcpu_mem(offsetof(Vcpu, harg) + 16 * n), (int32_t)c);
}

void v_call(X64Vec *v, HelperId h)
{
    v->far_helper(v, h);
}

void v_call_result(X64Vec *v, RaLoc d, IrType t)
{
    RaLoc from = LOC_HARG | 7;
    if (d < LOC_VEC)
        x64_load(v->e, t == IR_I64 ? 3 : 2, d, v_mem(v, from));
    else
        v_op2(v, t == IR_V128 ? V_MOVUPS : t == IR_F64 ? V_MOVQ : V_MOVD, d, from);
}

void v_call_vec_op(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    v_call_const(v, 0, ir->op | (uint32_t)ir->aux << 8 | (uint32_t)ir->imm << 16);
    for (unsigned k = 0; k < i->n_ops; k++)
        v_call_arg(v, i, k + 1, i->op[k].loc, IR_V128);
    v_call(v, HELPER_vec_op);
    v_call_result(v, i->dst[0].loc, IR_V128);
}

void v_far_vec_op(X64Vec *v, const X64VecFar *f)
{
    v_call_vec_op(v, f->i);
}

static void put_pool(X64Vec *v)
{
    X64Emit *e = v->e;
    if (!v->n_uses)
        return;
    while ((x64_here(e) & 15) && !e->overflow)
        x64_op0(e, 0xcc);
    uint32_t pool = x64_off(e);
    for (uint32_t k = 0; k < v->n_pool; k++) {
        x64_room(e);
        x64_u64(e, v->pool[k].u64[0]);
        x64_u64(e, v->pool[k].u64[1]);
    }
    if (e->overflow)
        return;
    for (uint32_t k = 0; k < v->n_uses; k++) {
        uint32_t at = v->uses[k].at;
        uint32_t d = pool + 16u * v->uses[k].idx - (at + v->uses[k].tail);
        memcpy(e->base + at - 4, &d, 4);
    }
}

bool xv_finish(X64Vec *v)
{
    for (uint32_t k = 0; k < v->n_far && !v->limit; k++) {
        X64VecFar *f = &v->far[k];
        for (uint32_t j = 0; j < f->n_at; j++)
            x64_land32(v->e, f->at[j]);
        f->fn(v, f);
        x64_jmp(v->e, v->e->rx + f->back);
    }
    put_pool(v);
    return !v->limit;
}
