/* See x64_vec_harness.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "helpers.h"
#include "ir_build.h"
#include "softfp.h"
#include "x64_vec_harness.h"

enum { CODE_SIZE = 1 << 16, MXCSR_MASKS = 0x1f80, MXCSR_IM = 1 << 7, SLOTS = 8 };

typedef struct Machine {
    Vcpu v __attribute__((aligned(64)));
    uint64_t gpr[16];
    V128 vec[32];
    uint64_t saved[8];
    uint32_t mxcsr, mxcsr_host;
    uint8_t stack[1 << 16] __attribute__((aligned(16)));
} Machine;

static Machine *m;
static uint8_t *code;
static uint32_t code_len;
static X64Vec *vec;
static uint64_t stub_at[2];
static uint8_t *exit_at;
static volatile sig_atomic_t trapped;
static uint64_t rng = 0x9e3779b97f4a7c15;

uint64_t xv_random(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng * 0x2545f4914f6cdd1d;
}

static X64Mem at(const void *p)
{
    return x64_mem(X64_RBP, (int32_t)((const uint8_t *)p - (const uint8_t *)&m->v) - VCPU_BIAS);
}

/* A helper call that keeps every general register; helpers keep the vector ones. */
static void emit_stub(X64Emit *e, bool is_vec)
{
    static const uint8_t saved[] = {X64_RAX, X64_RCX, X64_RDX, X64_RSI, X64_RDI,
                                    X64_R8,  X64_R9,  X64_R10, X64_R11, X64_RBX};
    static const uint8_t args[] = {X64_RSI, X64_RDX, X64_RCX, X64_R8, X64_R9};
    for (unsigned k = 0; k < ARRAY_LEN(saved); k++)
        x64_push(e, saved[k]);
    x64_mov_rr(e, 3, X64_RBX, X64_RSP);
    x64_alu_ri(e, ALU_AND, 3, X64_RSP, -16);
    x64_lea(e, 3, X64_RDI, at(&m->v));
    x64_load(e, 2, X64_RAX, at(&m->v.harg[6]));
    for (unsigned k = 0; k < ARRAY_LEN(args); k++) {
        X64Mem a = at(&m->v.harg[!is_vec ? k : k == 0 ? 7 : k - 1]);
        if (is_vec && k != 1)
            x64_lea(e, 3, args[k], a);
        else
            x64_load(e, 3, args[k], a);
    }
    x64_call_m(e, x64_mem_index(X64_RBP, X64_RAX, 3, at(m->v.helper_fn).disp));
    if (!is_vec)
        x64_store(e, 3, at(&m->v.harg[7]), X64_RAX);
    x64_mov_rr(e, 3, X64_RSP, X64_RBX);
    for (unsigned k = ARRAY_LEN(saved); k-- > 0;)
        x64_pop(e, saved[k]);
    x64_ret(e);
}

static void far_helper(X64Vec *v, HelperId h)
{
    x64_store_imm(v->e, 2, at(&m->v.harg[6]), h);
    x64_call(v->e, stub_at[h == HELPER_vec_op]);
}

static void on_sigfpe(int sig, siginfo_t *si, void *uc)
{
    (void)sig;
    (void)si;
    ucontext_t *u = uc;
    trapped = 1;
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)exit_at;
}

void xv_setup(void)
{
    if (m)
        return;
    m = aligned_alloc(64, ALIGN_UP(sizeof *m, 64));
    memset(m, 0, sizeof *m);
    memcpy(m->v.helper_fn, helper_functions, sizeof(void *) * HELPER_COUNT);
    code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
    vec = malloc(sizeof *vec);
    X64Emit e = x64_emit_to(code, CODE_SIZE, (uint64_t)code);
    for (unsigned k = 0; k < 2; k++) {
        stub_at[k] = x64_here(&e);
        emit_stub(&e, k);
    }
    code += ALIGN_UP(x64_off(&e), 64);
    struct sigaction sa = {.sa_sigaction = on_sigfpe, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &sa, NULL);
}

unsigned xv_levels(XvLevel out[4])
{
    HostFeatures f = {.sse42 = true, .popcnt = true, .pclmul = true};
    unsigned n = 0;
    __builtin_cpu_init();
    f.aes = __builtin_cpu_supports("aes");
    f.sha = backend_x64.probe().sha;
    out[n++] = (XvLevel){"sse4.2", f};
    if (!__builtin_cpu_supports("avx2"))
        return n;
    f.avx = f.avx2 = true;
    out[n++] = (XvLevel){"avx2", f};
    if (!__builtin_cpu_supports("fma"))
        return n;
    f.fma = f.f16c = true;
    out[n++] = (XvLevel){"avx2+fma", f};
    if (!__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512bw"))
        return n;
    f.avx512vl = true;
    out[n++] = (XvLevel){"avx512", f};
    return n;
}

/* ---- locations ------------------------------------------------------------------------------ */

typedef struct Places {
    uint64_t used; /* bit per register */
    unsigned n_vec;
    unsigned n_spill;
} Places;

static RaLoc fresh(Places *p, unsigned cls, unsigned limit)
{
    for (;;) {
        unsigned r = (unsigned)(xv_random() % limit);
        if (cls == RC_GPR && (r == X64_RSP || r == X64_RBP))
            continue;
        RaLoc l = (RaLoc)(cls == RC_VEC ? LOC_VEC + r : r);
        if (p->used >> l & 1)
            continue;
        p->used |= 1ull << l;
        return l;
    }
}

static void place(RaInsn *i, Places *p)
{
    if (i->n_dst && (i->dst[0].flags & RAF_FIXED))
        p->used |= 1ull << i->dst[0].fixed;
    for (unsigned k = 0; k < i->n_ops; k++) {
        RaOperand *o = &i->op[k];
        o->loc = LOC_NONE;
        for (unsigned j = 0; j < k; j++) /* one value lies in one place */
            if (i->op[j].ref == o->ref && (loc_is_reg(i->op[j].loc) || (o->flags & RAF_MEM_OK)))
                o->loc = i->op[j].loc;
        if (o->loc == LOC_NONE && (o->flags & RAF_MEM_OK) && xv_random() % 3 == 0)
            o->loc = (RaLoc)(LOC_SPILL | p->n_spill++);
        if (o->loc == LOC_NONE)
            o->loc = fresh(p, o->cls, o->cls == RC_VEC ? p->n_vec : 16);
    }
    for (unsigned k = 0; k < i->n_dst; k++) {
        RaOperand *d = &i->dst[k];
        d->loc = LOC_NONE;
        RaLoc shared = i->n_ops ? i->op[xv_random() % i->n_ops].loc : LOC_NONE;
        bool may = loc_is_reg(shared) && (shared >= LOC_VEC) == (d->cls == RC_VEC);
        if (d->flags & RAF_FIXED)
            d->loc = d->fixed;
        else if (may && !(d->flags & RAF_EARLY) && xv_random() % 2)
            d->loc = shared;
        else
            d->loc = fresh(p, d->cls, d->cls == RC_VEC ? p->n_vec : 16);
    }
    unsigned t = 0;
    for (unsigned k = 0; k < i->n_tmp[RC_GPR]; k++)
        i->tmp[t++] = fresh(p, RC_GPR, 16);
    p->used |= 1ull << LOC_VEC; /* never a temp: some instructions use it unasked */
    for (unsigned k = 0; k < i->n_tmp[RC_VEC]; k++)
        i->tmp[t++] = fresh(p, RC_VEC, 16);
}

/* ---- the unit and its code ------------------------------------------------------------------- */

static IrInsn insns[32];
static uint32_t extra[16], twin[32];
static SlotDesc slots[1];

static IrRef build(IrUnit *u, const XvCase *c)
{
    *u = (IrUnit){.insns = insns,
                  .n = 1,
                  .cap = ARRAY_LEN(insns),
                  .extra = extra,
                  .n_extra = 1,
                  .cap_extra = ARRAY_LEN(extra),
                  .slots = slots,
                  .mode = c->mode};
    IrRef a[XV_MAX_ARGS] = {0};
    memset(twin, 0, sizeof twin);
    for (unsigned k = 0; k < c->n_args; k++) {
        IrType t = c->arg_type[k];
        bool via = (t == IR_F32 || t == IR_F64) && xv_random() % 2;
        if (k && c->same[k]) {
            a[k] = a[0];
            continue;
        }
        a[k] = ir_get(u, via ? IR_V128 : t, 0);
        if (via)
            a[k] = ir_op1(u, IR_VTO, t, a[k]);
        else if ((t == IR_F32 || t == IR_F64) && xv_random() % 2)
            twin[a[k]] = ir_op1(u, IR_VFROM, IR_V128, a[k]);
        if (c->negate[k])
            a[k] = ir_op1x(u, t == IR_V128 ? IR_VFNEG : IR_FNEG, t, c->aux, a[k], 0);
    }
    if (c->op != IR_VTBL)
        return ir_emit(u, c->op, c->type, c->aux, a[0], c->n_args > 1 ? a[1] : 0,
                       c->n_args > 2 ? a[2] : 0, c->imm);
    extra[1] = c->n_args - 1;
    for (unsigned k = 1; k < c->n_args; k++)
        extra[k + 1] = a[k];
    return ir_emit(u, c->op, c->type, c->aux, a[0], 1, 0, c->imm);
}

static const uint8_t callee_saved[] = {X64_RBX, X64_RBP, X64_R12, X64_R13, X64_R14, X64_R15};

static void vec_regs(X64Emit *e, bool load, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        if (k < 16)
            x64_sse_rm(e, load ? V_MOVUPS : V_MOVUPS_ST, k, at(&m->vec[k]));
        else
            x64_avx_rrm(e, load ? V_MOVUPS : V_MOVUPS_ST, k, 0, at(&m->vec[k]));
    }
}

static void ctl_word(X64Emit *e, unsigned ext, uint32_t *p) /* 2 ldmxcsr, 3 stmxcsr */
{
    x64_rm(e, X64_OP(0, 1, 0xae), ext, at(p), 0);
}

static void prologue(X64Emit *e, unsigned n_vec)
{
    x64_push(e, X64_RBP);
    x64_mov_rr(e, 3, X64_RBP, X64_RDI);
    for (unsigned k = 0; k < ARRAY_LEN(callee_saved); k++)
        if (callee_saved[k] != X64_RBP)
            x64_store(e, 3, at(&m->saved[k]), callee_saved[k]);
    x64_store(e, 3, at(&m->saved[7]), X64_RSP);
    ctl_word(e, 3, &m->mxcsr_host);
    vec_regs(e, true, n_vec);
    for (unsigned k = 0; k < 16; k++)
        if (k != X64_RSP && k != X64_RBP)
            x64_load(e, 3, k, at(&m->gpr[k]));
    ctl_word(e, 2, &m->mxcsr);
}

static void epilogue(X64Emit *e, unsigned n_vec)
{
    exit_at = e->p;
    ctl_word(e, 3, &m->mxcsr);
    ctl_word(e, 2, &m->mxcsr_host);
    for (unsigned k = 0; k < 16; k++)
        if (k != X64_RSP && k != X64_RBP)
            x64_store(e, 3, at(&m->gpr[k]), k);
    vec_regs(e, false, n_vec);
    x64_load(e, 3, X64_RSP, at(&m->saved[7]));
    for (unsigned k = 0; k < ARRAY_LEN(callee_saved); k++)
        if (callee_saved[k] != X64_RBP)
            x64_load(e, 3, callee_saved[k], at(&m->saved[k]));
    x64_pop(e, X64_RBP);
    x64_ret(e);
}

static uint32_t start_mxcsr(uint32_t mode)
{
    static const uint32_t rc[4] = {0, 2, 1, 3}; /* nearest, up, down, zero of Arm's numbers */
    uint32_t x = MXCSR_MASKS | rc[mode & 3] << 13;
    bool masked = mode & (MODE_FP_CHECKED | MODE_FP_DN | MODE_FP_FZ);
    return masked ? x : x & ~(uint32_t)MXCSR_IM;
}

static void fill(const XvCase *c, const RaInsn *i)
{
    for (unsigned k = 0; k < 16; k++)
        m->gpr[k] = xv_random();
    for (unsigned k = 0; k < 32; k++)
        m->vec[k] = (V128){.u64 = {xv_random(), xv_random()}};
    for (unsigned k = 0; k < 8; k++)
        m->v.spill[k] = (V128){.u64 = {xv_random(), xv_random()}};
    for (unsigned k = 0; k < c->n_args; k++) {
        RaLoc l = i->op[k].loc;
        void *to = !loc_is_reg(l) ? (void *)&m->v.spill[l & 0xff]
                   : l >= LOC_VEC ? (void *)&m->vec[l & 31]
                                  : (void *)&m->gpr[l];
        unsigned n = c->arg_type[k] == IR_V128                              ? 16
                     : c->arg_type[k] == IR_F64 || c->arg_type[k] == IR_I64 ? 8
                     : c->arg_type[k] == IR_F16 || c->arg_type[k] == IR_I16 ? 2
                     : c->arg_type[k] == IR_I8                              ? 1
                                                                            : 4;
        V128 x = c->arg[k];
        IrOp def = (IrOp)insns[i->op[k].ref].op; /* a negation that was not fused */
        for (unsigned b = 0; b < n && (def == IR_FNEG || def == IR_VFNEG); b++)
            if ((b + 1) % (n == 16 ? 1u << (c->aux & VE_MASK) : n) == 0)
                x.u8[b] ^= 0x80;
        if (def == IR_VFROM)
            memset(to, 0, 16);
        memcpy(to, &x, n);
    }
}

static const char *damage(const RaInsn *i, const Machine *before, bool trap, unsigned n_vec)
{
    static char text[64];
    uint64_t may = i->clobbers;
    for (unsigned k = 0; k < i->n_dst && !trap; k++)
        may |= 1ull << i->dst[k].loc;
    for (unsigned k = 0; k < (unsigned)i->n_tmp[0] + i->n_tmp[1]; k++)
        may |= 1ull << i->tmp[k];
    for (unsigned k = 0; k < 16; k++)
        if (k != X64_RSP && k != X64_RBP && !(may >> k & 1) && m->gpr[k] != before->gpr[k])
            return snprintf(text, sizeof text, "general register %u changed", k), text;
    for (unsigned k = 0; k < n_vec; k++)
        if (!(may >> (LOC_VEC + k) & 1) && memcmp(&m->vec[k], &before->vec[k], 16) != 0)
            return snprintf(text, sizeof text, "vector register %u changed", k), text;
    if (memcmp(m->v.spill, before->v.spill, sizeof m->v.spill) != 0)
        return "memory changed";
    if ((m->mxcsr & ~0x3fu) != (before->mxcsr & ~0x3fu))
        return "MXCSR control changed";
    return NULL;
}

static uint32_t soft_flags(uint32_t x)
{
    return (x & 1 ? SOFT_IOC : 0) | (x & 4 ? SOFT_DZC : 0) | (x & 8 ? SOFT_OFC : 0) |
           (x & 16 ? SOFT_UFC : 0) | (x & 32 ? SOFT_IXC : 0) | (m->v.fp_flags_extra & SOFT_IDC);
}

XvResult xv_run(const XvCase *c, const HostFeatures *f)
{
    static Machine before;
    IrUnit u;
    IrRef r = build(&u, c);
    XvEnv env = xv_env(&u, f);
    env.twin = twin;
    RaInsn i;
    xv_describe(&env, r, c->op == IR_FCMP ? XV_FCMP_VALUE : 0, &i);
    bool as_vector =
        (c->type == IR_F32 || c->type == IR_F64) && xv_may_be_vector(&env, r) && xv_random() % 2;
    if (as_vector)
        i.dst[0].ref = ir_op1(&u, IR_VFROM, IR_V128, r);
    Places p = {.n_vec = f->avx512vl ? 32 : 16};
    place(&i, &p);
    X64Emit e = x64_emit_to(code, CODE_SIZE / 2, (uint64_t)code);
    xv_init(vec, &e, &u, f);
    vec->far_helper = far_helper;
    RaTarget target = {.pinned = xv_random() % 2 ? ~0ull : 0};
    vec->target = &target;
    prologue(&e, p.n_vec);
    uint32_t from = x64_off(&e);
    xv_emit(vec, &i);
    uint32_t size = x64_off(&e) - from;
    epilogue(&e, p.n_vec);
    XvResult res = {.size = size, .as_vector = as_vector};
    if (!xv_finish(vec) || e.overflow) {
        res.damage = "limit";
        return res;
    }
    code_len = x64_off(&e);
    fill(c, &i);
    m->mxcsr = start_mxcsr(c->mode);
    m->v.mode = c->mode;
    m->v.fp_flags_extra = 0;
    memcpy(&before, m, offsetof(Machine, stack));
    trapped = 0;
    ((void (*)(uint8_t *))code)((uint8_t *)&m->v + VCPU_BIAS);
    res.trapped = trapped;
    if (!target.pinned && i.n_dst) /* a trap may leave anything in a result that is no pin */
        i.clobbers |= 1ull << i.dst[0].loc;
    res.damage = damage(&i, &before, trapped, p.n_vec);
    res.flags = soft_flags(m->mxcsr);
    RaLoc d = i.dst[0].loc;
    if (d >= LOC_VEC)
        res.value = m->vec[d & 31];
    else
        res.value.u64[0] = m->gpr[d];
    return res;
}

void xv_dump(const char *path)
{
    FILE *f = getenv("XV_DUMP") ? fopen(path, "wb") : NULL;
    if (!f)
        return;
    fwrite(code, 1, code_len, f);
    fclose(f);
}
