/*
 * Guest memory: loads, stores, atomics, fences, on a host whose order is TSO.
 *
 * Plain, acquire and load-acquire accesses are plain moves; a store that must be ordered before
 * later loads (STLR) is an xchg; only a full fence is a locked operation. A guest address is the
 * host address (64-bit guests). Alignment was checked by the front end.
 *
 * Invariant: an access that may fault changes no pinned register before it: results are made in
 * one instruction or in temps.
 *
 *     v3 = ld.32 [v1 + v2<<2 + 16]      mov ecx, [rbx+rsi*4+16]
 *     v4 = amo.add.64 [v1], v2          mov rax, rsi; lock xadd [rbx], rax
 */
#include "x64_internal.h"
#include "x64_mem.h"

static unsigned size_of(const IrInsn *in)
{
    return MA_SIZE(in->aux);
}

/* A store that must come before later loads: by xchg, or with an index a fence (registers). */
static bool is_ordered(const IrInsn *in)
{
    return MA_ORDER(in->aux) == ORD_REL || MA_ORDER(in->aux) == ORD_SEQ;
}

/* ---- select ------------------------------------------------------------------------------------
 */

static bool tagged(const X64Sel *s)
{
    return (s->u->mode & MODE_TBI_MASK) != 0;
}

static void use_index(X64Sel *s, RaInsn *r, const IrInsn *in, bool *tmp)
{
    IrRef idx = in->arg[1];
    bool ext = in->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW);
    bool narrow = (in->aux & MA_INDEX_UXTW) && x64_sel_clean(s, idx);
    r->form |= MF_INDEX;
    r->cc = narrow; /* the index register is its own extension */
    *tmp = *tmp || (ext && !narrow);
    if (narrow)
        x64_sel_use(s, r, idx, RC_GPR, 0);
    else
        x64_sel_use_int(s, r, idx, ext ? 2 : 3, 0);
}

/* Operands 0 (and 1) are the address. `extra`: scratch registers wanted besides. */
static void use_address(X64Sel *s, RaInsn *r, const IrInsn *in, bool with_index, unsigned extra)
{
    bool gaddr = x64_ir(s, in->arg[0])->op == IR_GADDR;
    bool tmp = gaddr || tagged(s);
    unsigned base = r->n_ops;
    x64_sel_use_int(s, r, in->arg[0], 3, gaddr ? RAF_REMAT_OK : 0);
    if (with_index && in->arg[1])
        use_index(s, r, in, &tmp);
    if (tmp) { /* three temps are few: the base may then come from memory */
        r->form |= MF_TMP;
        if (x64_ir(s, r->op[base].ref)->type == IR_I64)
            r->op[base].flags |= RAF_MEM_OK;
    }
    r->n_tmp[RC_GPR] = (uint8_t)(tmp + extra);
}

/* An operand that must be usable from memory, or there are more than three registers. */
static void use_spillable(X64Sel *s, RaInsn *r, IrRef ref, unsigned size)
{
    IrRef a = x64_sel_alias(s, ref, size);
    x64_sel_use(s, r, a & X64_NARROW ? ref : a, RC_GPR, RAF_MEM_OK);
}

/* A register and a displacement: what most accesses have. */
static inline bool has_plain_address(const X64Sel *s, const IrInsn *in)
{
    return !in->arg[1] && !tagged(s) && x64_ir(s, in->arg[0])->op != IR_GADDR;
}

static void sel_any_ld(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    RegClass cls = x64_class_of((IrType)in->type);
    r->observer = 1;
    x64_sel_dst(s, r, i, cls, 0);
    use_address(s, r, in, true, 0);
    if (cls == RC_VEC && size_of(in) < MEM_32 && !(r->form & MF_TMP))
        x64_sel_tmp(r, 1, 0);
}

void x64_select_ld(X64Sel *s, IrRef i, const IrInsn *in)
{
    if (!has_plain_address(s, in) || x64_class_of((IrType)in->type) == RC_VEC) {
        sel_any_ld(s, i, in);
        return;
    }
    IrRef base = x64_sel_alias(s, in->arg[0], 3);
    RaInsn *r = x64_sel_new(s, i);
    r->observer = r->n_dst = r->n_ops = 1;
    x64_sel_operand(r, &r->dst[0], i, RC_GPR, 0);
    x64_sel_op(s, r, 0, base, 0);
}

static void sel_any_st(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    IrRef v = in->arg[2];
    unsigned size = size_of(in);
    bool xchg = is_ordered(in) && !in->arg[1];
    bool vec = x64_class_of((IrType)x64_ir(s, v)->type) == RC_VEC;
    r->observer = 1;
    use_address(s, r, in, true, xchg && !vec);
    if (vec) {
        x64_sel_use(s, r, x64_vec_sel_alias(s, v), RC_VEC, 0);
        return;
    }
    int64_t imm = 0;
    bool fits = x64_sel_imm(s, v, size, &imm);
    r->imm = imm;
    if (xchg)
        use_spillable(s, r, v, size);
    else
        x64_sel_use_int(s, r, v, size, fits ? RAF_REMAT_OK : 0);
}

void x64_select_st(X64Sel *s, IrRef i, const IrInsn *in)
{
    const IrInsn *v = x64_ir(s, in->arg[2]);
    if (!has_plain_address(s, in) || is_ordered(in) || v->op == IR_CONST ||
        x64_class_of((IrType)v->type) == RC_VEC) {
        sel_any_st(s, i, in);
        return;
    }
    IrRef base = x64_sel_alias(s, in->arg[0], 3);
    IrRef value = x64_sel_alias(s, in->arg[2], size_of(in));
    RaInsn *r = x64_sel_new(s, i);
    r->observer = 1;
    r->n_ops = 2;
    x64_sel_op(s, r, 0, base, 0);
    x64_sel_op(s, r, 1, value, 0);
}

void x64_select_cas(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    unsigned size = size_of(in);
    r->observer = 1;
    x64_sel_dst_fixed(s, r, i, RC_GPR, X64_RAX);
    use_address(s, r, in, false, 0);
    x64_sel_use_int_fixed(s, r, in->arg[1], size, X64_RAX);
    x64_sel_use_int(s, r, in->arg[2], size, 0);
}

/* Everything in fixed places: the two pins that cmpxchg16b or its address need are borrowed. */
void x64_select_cas128(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    const IrRef *l = ir_list_refs(s->u, in->arg[1]);
    r->observer = 1;
    x64_sel_clobbers(r, 1 << X64_RCX);
    x64_sel_dst_fixed(s, r, i, RC_GPR, X64_RAX);
    for (IrRef j = i + 1; j < s->u->n; j++) /* its second result stands right behind */
        if (x64_ir(s, j)->op == IR_HI && x64_ir(s, j)->arg[0] == i) {
            x64_sel_dst_fixed(s, r, j, RC_GPR, X64_RDX);
            break;
        }
    if (r->n_dst == 1)
        x64_sel_clobbers(r, 1 << X64_RDX);
    x64_sel_use_fixed(s, r, l[0], RC_GPR, X64_RAX, 0);
    x64_sel_use_fixed(s, r, l[1], RC_GPR, X64_RDX, 0);
    x64_sel_use(s, r, in->arg[0], RC_GPR, RAF_MEM_OK);
    x64_sel_use(s, r, l[2], RC_GPR, RAF_MEM_OK);
    x64_sel_use(s, r, l[3], RC_GPR, RAF_MEM_OK);
}

void x64_select_amo(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    unsigned size = size_of(in), k = MA_AMO(in->aux);
    r->observer = 1;
    if (!(s->val[i] & X64_NEED) && k <= AMO_XOR) {
        r->form = MF_NORES;
        use_address(s, r, in, false, 0);
        x64_sel_use_int(s, r, in->arg[1], size, 0);
        return;
    }
    x64_sel_dst_fixed(s, r, i, RC_GPR, X64_RAX);
    if (k == AMO_ADD || k == AMO_SWAP) {
        use_address(s, r, in, false, 0);
        x64_sel_use_int_fixed(s, r, in->arg[1], size, X64_RAX);
        return;
    }
    x64_sel_early(r, 0); /* rax is filled before the operands' last use */
    use_address(s, r, in, false, 1);
    use_spillable(s, r, in->arg[1], size);
}

void x64_select_fence(X64Sel *s, IrRef i, const IrInsn *in)
{
    if (in->aux == FENCE_FULL)
        x64_sel_new(s, i);
}

/* ---- emit --------------------------------------------------------------------------------------
 */

/* Tagged pointers: bits 63..56 of the address do not count. */
static X64Mem mask_tag(X64Ctx *c, const RaInsn *r, X64Mem m)
{
    unsigned t = x64_tmp(r, 0);
    x64_lea(&c->e, 3, t, m);
    x64_shift_ri(&c->e, SH_SHL, 3, t, 8);
    x64_shift_ri(&c->e, SH_SHR, 3, t, 8);
    return x64_mem(t, 0);
}

static X64Mem with_index(X64Ctx *c, const RaInsn *r, const IrInsn *in, X64Mem m)
{
    unsigned idx = x64_op(r, 1), scale = MA_SCALE(in->aux);
    if (in->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW) && !r->cc) {
        bool sign = in->aux & MA_INDEX_SXTW;
        unsigned t = x64_tmp(r, 0);
        x64_ext_rr(&c->e, sign, 2, 3, t, idx);
        idx = t;
    }
    m.index = (uint8_t)idx;
    m.scale = (uint8_t)scale;
    return m;
}

/* tmp = index << scale + base, of a base that lies in memory. */
static X64Mem base_in_mem(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned t = x64_tmp(r, 0);
    if (!(r->form & MF_INDEX)) {
        x64_load(e, 3, t, x64_op_mem(c, r, 0));
        return x64_mem(t, in->imm);
    }
    bool ext = in->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW);
    if (ext)
        x64_ext_rr(e, in->aux & MA_INDEX_SXTW, 2, 3, t, x64_op(r, 1));
    else
        x64_mov_rr(e, 3, t, x64_op(r, 1));
    if (MA_SCALE(in->aux))
        x64_shift_ri(e, SH_SHL, 3, t, MA_SCALE(in->aux));
    x64_alu_rm(e, ALU_ADD, 3, t, x64_op_mem(c, r, 0));
    return x64_mem(t, in->imm);
}

/* The memory operand of r, whose address is described by use_address(). */
static X64Mem address(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Mem m = x64_mem(X64_NONE, in->imm);
    if (r->op[0].loc == LOC_REMAT) {
        int64_t off = (int64_t)ir_value(c->u, r->op[0].ref);
        if (!(r->form & MF_INDEX) && !(c->u->mode & MODE_TBI_MASK) &&
            x64_gaddr_mem(c, off + in->imm, &m))
            return m;
        CHECK(r->form & MF_TMP);
        unsigned t = x64_tmp(r, 0);
        x64_gaddr(c, t, off);
        m.base = (uint8_t)t;
        if (r->form & MF_INDEX && !r->cc && in->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW)) {
            /* one temp: the extended index, scaled, plus the address */
            X64Emit *e = &c->e;
            x64_ext_rr(e, in->aux & MA_INDEX_SXTW, 2, 3, t, x64_op(r, 1));
            x64_shift_ri(e, SH_SHL, 3, t, MA_SCALE(in->aux));
            x64_store(e, 3, x64_harg(6), t);
            x64_gaddr(c, t, off + in->imm);
            x64_alu_rm(e, ALU_ADD, 3, t, x64_harg(6));
            m = x64_mem(t, 0);
        } else if (r->form & MF_INDEX) {
            m = with_index(c, r, in, m);
        }
    } else if (x64_op_in_mem(r, 0)) {
        m = base_in_mem(c, r, in);
    } else {
        m.base = (uint8_t)x64_op(r, 0);
        if (r->form & MF_INDEX)
            m = with_index(c, r, in, m);
    }
    return c->u->mode & MODE_TBI_MASK ? mask_tag(c, r, m) : m;
}

static bool use_avx(void)
{
    return x64_cfg.f.avx && x64_cfg.f.avx2;
}

static void vec_rm(X64Ctx *c, X64Op op, unsigned reg, X64Mem m)
{
    if (use_avx())
        x64_avx_rrm(&c->e, op, reg, 0, m);
    else
        x64_sse_rm(&c->e, op, reg, m);
}

static void emit_vec_ld(X64Ctx *c, const RaInsn *r, unsigned size, X64Mem m)
{
    static const X64Op ops[5] = {0, 0, V_MOVSS, V_MOVSD, V_MOVUPS};
    unsigned d = x64_dst(r, 0);
    if (size >= MEM_32) {
        vec_rm(c, ops[size], d, m);
        return;
    }
    unsigned t = x64_tmp(r, 0); /* perhaps a part of the address till now */
    x64_ext_rm(&c->e, false, size, 2, t, m);
    if (use_avx())
        x64_avx_rrr(&c->e, V_MOVD, d, 0, t);
    else
        x64_sse_rr(&c->e, V_MOVD, d, t);
}

static __attribute__((noinline)) void emit_any_ld(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned size = size_of(in);
    X64Mem m = address(c, r, in);
    if (r->dst[0].cls == RC_VEC) {
        emit_vec_ld(c, r, size, m);
        return;
    }
    unsigned d = x64_dst(r, 0), to = in->type == IR_I64 ? 3 : 2;
    bool sign = in->aux & MA_SIGNED;
    if (size >= to || (size == MEM_32 && !sign))
        x64_load(e, MIN(size, to), d, m);
    else
        x64_ext_rm(e, sign, size, to, d, m);
}

/* The address is a register and a displacement, the value in a general register. */
static inline bool is_simple(const RaInsn *r, const RaOperand *value)
{
    return !r->form && loc_is_reg(r->op[0].loc) && value->loc < LOC_VEC;
}

void x64_emit_ld(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    unsigned size = size_of(in);
    bool whole = size == MEM_64 || (size == MEM_32 && !(in->aux & MA_SIGNED));
    if (whole && is_simple(r, &r->dst[0]))
        x64_mov_disp(&c->e, 0x8b, size == MEM_64 && in->type == IR_I64, x64_dst(r, 0), x64_op(r, 0),
                     in->imm);
    else
        emit_any_ld(c, r, in);
}

static void emit_vec_st(X64Ctx *c, unsigned size, X64Mem m, unsigned v)
{
    static const X64Op ops[5] = {V_PEXTRB, V_PEXTRW, V_MOVSS_ST, V_MOVSD_ST, V_MOVUPS_ST};
    X64Emit *e = &c->e;
    if (size >= MEM_32) {
        vec_rm(c, ops[size], v, m);
        return;
    }
    if (use_avx())
        x64_avx_rrmi(e, ops[size], v, 0, m, 0);
    else
        x64_sse_rmi(e, ops[size], v, m, 0);
}

static void full_fence(X64Ctx *c)
{
    x64_rm(&c->e, X64_OP(0, 0, 0x83) | X64_LOCK, ALU_OR, x64_vcpu_mem(offsetof(Vcpu, scratch)), 1);
    x64_u8(&c->e, 0);
}

static __attribute__((noinline)) void emit_any_st(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned size = size_of(in), k = r->n_ops - 1u;
    bool seq = is_ordered(in);
    X64Mem m = address(c, r, in);
    if (seq && r->op[k].cls == RC_GPR && !in->arg[1]) {
        unsigned t = x64_tmp(r, r->form & MF_TMP ? 1 : 0);
        if (x64_op_in_mem(r, k))
            x64_load(e, size, t, x64_op_mem(c, r, k));
        else
            x64_mov_rr(e, size == MEM_64 ? 3 : 2, t, x64_op(r, k));
        x64_xchg_mr(e, size, m, t);
        return;
    }
    if (r->op[k].cls == RC_VEC)
        emit_vec_st(c, size, m, x64_op(r, k));
    else if (r->op[k].loc == LOC_REMAT)
        x64_store_imm(e, size, m, (int32_t)r->imm);
    else
        x64_store(e, size, m, x64_op(r, k));
    if (seq)
        full_fence(c);
}

void x64_emit_st(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    unsigned size = size_of(in);
    const RaOperand *v = &r->op[r->n_ops - 1u];
    if (size >= MEM_32 && size <= MEM_64 && is_simple(r, v) && !is_ordered(in))
        x64_mov_disp(&c->e, 0x89, size == MEM_64, x64_num(v->loc), x64_op(r, 0), in->imm);
    else
        emit_any_st(c, r, in);
}

/* The old value in rax, zero-extended. */
static void extend_rax(X64Ctx *c, unsigned size)
{
    if (size < MEM_64)
        x64_ext_rr(&c->e, false, size, 2, X64_RAX, X64_RAX);
}

/* An rmw that x86 lacks: rax = old, until nobody came between. */
static void emit_amo_loop(X64Ctx *c, const RaInsn *r, unsigned size, X64Mem m, IrAmo k)
{
    static const uint8_t keep_cc[AMO_COUNT] = {
        [AMO_SMAX] = X64_L, [AMO_SMIN] = X64_G, [AMO_UMAX] = X64_B, [AMO_UMIN] = X64_A};
    static const uint8_t alu[AMO_COUNT] = {
        [AMO_AND] = ALU_AND, [AMO_OR] = ALU_OR, [AMO_XOR] = ALU_XOR, [AMO_ADD] = ALU_ADD};
    X64Emit *e = &c->e;
    unsigned t = x64_tmp(r, r->form & MF_TMP ? 1 : 0), wide = MAX(size, 2u);
    x64_load(e, size, X64_RAX, m);
    uint32_t again = x64_off(e);
    x64_mov_rr(e, wide, t, X64_RAX);
    bool in_mem = x64_op_in_mem(r, 1);
    X64Alu op = k <= AMO_XOR ? (X64Alu)alu[k] : ALU_CMP; /* cmp: t still equals rax */
    if (in_mem)
        x64_alu_rm(e, op, size, t, x64_op_mem(c, r, 1));
    else
        x64_alu_rr(e, op, size, t, x64_op(r, 1));
    if (k > AMO_XOR && in_mem)
        x64_cmov_m(e, (X64Cc)keep_cc[k], wide, t, x64_op_mem(c, r, 1));
    else if (k > AMO_XOR)
        x64_cmov(e, (X64Cc)keep_cc[k], wide, t, x64_op(r, 1));
    x64_lock_cmpxchg(e, size, m, t);
    x64_jcc_back8(e, X64_NE, again);
    extend_rax(c, size);
}

void x64_emit_amo(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    static const uint8_t alu[AMO_COUNT] = {
        [AMO_ADD] = ALU_ADD, [AMO_AND] = ALU_AND, [AMO_OR] = ALU_OR, [AMO_XOR] = ALU_XOR};
    X64Emit *e = &c->e;
    unsigned size = size_of(in);
    IrAmo k = (IrAmo)MA_AMO(in->aux);
    X64Mem m = address(c, r, in);
    if (r->form & MF_NORES) {
        x64_lock_alu_mr(e, (X64Alu)alu[k], size, m, x64_op(r, 1));
    } else if (k == AMO_ADD) {
        x64_lock_xadd(e, size, m, X64_RAX);
        extend_rax(c, size);
    } else if (k == AMO_SWAP) {
        x64_xchg_mr(e, size, m, X64_RAX);
        extend_rax(c, size);
    } else {
        emit_amo_loop(c, r, size, m, k);
    }
}

void x64_emit_cas(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Mem m = address(c, r, in);
    x64_lock_cmpxchg(&c->e, size_of(in), m, x64_op(r, 2));
    extend_rax(c, size_of(in));
}

static void stage(X64Ctx *c, const RaInsn *r, unsigned k, unsigned to)
{
    X64Emit *e = &c->e;
    if (x64_op_in_mem(r, k)) {
        x64_load(e, 3, X64_RCX, x64_op_mem(c, r, k));
        x64_store(e, 3, x64_harg(to), X64_RCX);
    } else {
        x64_store(e, 3, x64_harg(to), x64_op(r, k));
    }
}

/*
 * cmpxchg16b wants rbx, a pin, and all temps are taken, so its address borrows rsi. A fault while
 * pins are borrowed would show wrong registers: a locked or with 0 faults first in their place.
 */
void x64_emit_cas128(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    stage(c, r, 3, 2);
    stage(c, r, 4, 3);
    if (x64_op_in_mem(r, 2))
        x64_load(e, 3, X64_RCX, x64_op_mem(c, r, 2));
    else
        x64_mov_rr(e, 3, X64_RCX, x64_op(r, 2));
    if (in->imm)
        x64_alu_ri(e, ALU_ADD, 3, X64_RCX, in->imm);
    if (c->u->mode & MODE_TBI_MASK) {
        x64_shift_ri(e, SH_SHL, 3, X64_RCX, 8);
        x64_shift_ri(e, SH_SHR, 3, X64_RCX, 8);
    }
    x64_rm(e, X64_OP(0, 0, 0x83) | X64_LOCK, ALU_OR, x64_mem(X64_RCX, 0), 1);
    x64_u8(e, 0);
    x64_store(e, 3, x64_harg(0), X64_RSI);
    x64_store(e, 3, x64_harg(1), X64_RBX);
    x64_mov_rr(e, 3, X64_RSI, X64_RCX);
    x64_load(e, 3, X64_RBX, x64_harg(2));
    x64_load(e, 3, X64_RCX, x64_harg(3));
    x64_lock_cmpxchg16b(e, x64_mem(X64_RSI, 0));
    x64_load(e, 3, X64_RSI, x64_harg(0));
    x64_load(e, 3, X64_RBX, x64_harg(1));
}

void x64_emit_fence(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)r, (void)in;
    full_fence(c);
}
