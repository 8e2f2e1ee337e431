/*
 * The reference interpreter: see ir_interp.h.
 *
 * One function an op or a group of ops; each reads its operands from vals[], where a scalar stands
 * zero-extended in the low half and the high half is zero (cas128: its second result), and writes
 * vals[] of its own index. A function that ends the run returns false after it has filled in the
 * exit; everything before that has taken effect, nothing after it has.
 *
 *     v3:i64 = add v1, v2    vals[3].u64[0] = vals[1].u64[0] + vals[2].u64[0]
 */
#include <string.h>
#include "check.h"
#include "guestmem.h"
#include "ir_interp.h"

typedef struct Interp {
    const IrUnit *u;
    Vcpu *v;
    IrInterpEnv *env;
    IrRef at;    /* insn at hand */
    uint64_t pc; /* of the guest insn at hand */
    SoftFp fp;
    IrExit exit;
} Interp;

static uint64_t scalar(const Interp *m, IrRef r)
{
    return m->env->vals[r].u64[0];
}

static void put(Interp *m, uint64_t x)
{
    m->env->vals[m->at] = (V128){.u64 = {x, 0}};
}

static uint64_t *pc_slot(Interp *m)
{
    return vcpu_slot64(m->v, &m->u->slots[m->u->slot_pc]);
}

static bool leave(Interp *m, IrExitKind kind, uint64_t pc)
{
    m->exit.kind = (uint8_t)kind;
    m->exit.pc = pc;
    m->exit.insn = m->at;
    *pc_slot(m) = pc;
    return false;
}

static bool leave_trap(Interp *m, IrRef pc, IrRef data)
{
    m->exit.trap = (uint8_t)m->u->insns[m->at].imm;
    m->exit.data = data ? scalar(m, data) : 0;
    return leave(m, IREXIT_TRAP, scalar(m, pc));
}

/* First byte of [a, a+n) that cannot be read, or cannot be written: whole pages fail alike. */
static GuestAddr first_bad_byte(const IrAccess *x)
{
    enum { PAGE = 4096 };
    uint8_t byte;
    uint64_t room = PAGE - x->addr % PAGE;
    if (room >= x->size || !gm_copy_in(&byte, x->addr, 1))
        return x->addr;
    if (x->write && !gm_copy_out(x->addr, &byte, 1))
        return x->addr;
    return x->addr + room;
}

bool ir_interp_access(IrInterpEnv *env, IrAccess *x)
{
    (void)env;
    bool ok =
        x->write ? gm_copy_out(x->addr, x->data, x->size) : gm_copy_in(x->data, x->addr, x->size);
    if (!ok)
        x->fault = first_bad_byte(x);
    return ok;
}

static bool access_memory(Interp *m, IrAccess *x)
{
    bool ok = m->env->access ? m->env->access(m->env, x) : ir_interp_access(m->env, x);
    if (ok)
        return true;
    m->exit.write = x->write;
    m->exit.data = x->fault;
    return leave(m, IREXIT_FAULT, m->pc);
}

static GuestAddr address_of(const Interp *m, const IrInsn *i)
{
    uint64_t index = i->arg[1] ? scalar(m, i->arg[1]) : 0;
    if (i->aux & MA_INDEX_SXTW)
        index = (uint64_t)(int32_t)index;
    return scalar(m, i->arg[0]) + (index << MA_SCALE(i->aux)) + (uint64_t)(int64_t)i->imm;
}

static bool run_load(Interp *m, const IrInsn *i)
{
    V128 v = {.u64 = {0, 0}};
    uint32_t size = 1u << MA_SIZE(i->aux);
    IrAccess x = {.addr = address_of(m, i), .size = size, .data = &v};
    if (!access_memory(m, &x))
        return false;
    if (i->aux & MA_SIGNED) {
        unsigned s = 64 - size * 8;
        v.u64[0] = (uint64_t)((int64_t)(v.u64[0] << s) >> s) & ir_type_mask((IrType)i->type);
    }
    m->env->vals[m->at] = v;
    return true;
}

static bool run_store(Interp *m, const IrInsn *i)
{
    V128 v = m->env->vals[i->arg[2]];
    IrAccess x = {
        .addr = address_of(m, i), .size = 1u << MA_SIZE(i->aux), .write = true, .data = &v};
    return access_memory(m, &x);
}

/*
 * Compare-and-swap on the memory itself, or, where accesses are intercepted, as a write. Sets
 * *swapped; false when the access faulted.
 */
static bool swap_memory(Interp *m, IrAccess *x, const uint64_t *old, bool *swapped)
{
    uint64_t seen[2] = {old[0], x->size == 16 ? old[1] : 0};
    *swapped = true;
    if (m->env->access || x->addr % x->size || !gm_cas(x->addr, x->size, seen, x->data))
        return access_memory(m, x);
    *swapped = seen[0] == old[0] && (x->size < 16 || seen[1] == old[1]);
    return true;
}

/* Reads the old value, then writes what is to be there: the same again if cas fails. */
static bool run_atomic(Interp *m, const IrInsn *i)
{
    IrMem size = (IrMem)MA_SIZE(i->aux);
    uint64_t old, mask = size == MEM_64 ? ~0ull : (1ull << (8u << size)) - 1;
    uint64_t b = scalar(m, i->arg[1]), now;
    bool swapped = false;
    while (!swapped) {
        old = 0;
        IrAccess x = {.addr = scalar(m, i->arg[0]), .size = 1u << size, .data = &old};
        if (!access_memory(m, &x))
            return false;
        if (i->op == IR_AMO)
            now = ir_eval_amo((IrAmo)MA_AMO(i->aux), size, old, b) & mask;
        else
            now = old == (b & mask) ? scalar(m, i->arg[2]) & mask : old;
        x = (IrAccess){.addr = x.addr, .size = x.size, .write = true, .data = &now};
        if (!swap_memory(m, &x, &old, &swapped))
            return false;
    }
    put(m, old);
    return true;
}

static bool run_cas128(Interp *m, const IrInsn *i)
{
    const IrRef *l = ir_list_refs(m->u, i->arg[1]);
    V128 old, now;
    bool swapped = false;
    while (!swapped) {
        IrAccess x = {.addr = scalar(m, i->arg[0]), .size = 16, .data = &old};
        if (!access_memory(m, &x))
            return false;
        now = old;
        if (old.u64[0] == scalar(m, l[0]) && old.u64[1] == scalar(m, l[1]))
            now = (V128){.u64 = {scalar(m, l[2]), scalar(m, l[3])}};
        x = (IrAccess){.addr = x.addr, .size = 16, .write = true, .data = &now};
        if (!swap_memory(m, &x, old.u64, &swapped))
            return false;
    }
    m->env->vals[m->at] = old;
    return true;
}

static void run_get(Interp *m, const IrInsn *i)
{
    const SlotDesc *s = &m->u->slots[i->imm];
    if (i->type == IR_V128)
        m->env->vals[m->at] = *vcpu_slot128(m->v, s);
    else if (i->type == IR_I64)
        put(m, *vcpu_slot64(m->v, s));
    else
        put(m, *vcpu_slot32(m->v, s) & ir_type_mask((IrType)i->type));
}

static void run_set(Interp *m, const IrInsn *i)
{
    const SlotDesc *s = &m->u->slots[i->imm];
    const V128 *x = &m->env->vals[i->arg[0]];
    if (s->type == SLOT_V128)
        *vcpu_slot128(m->v, s) = *x;
    else if (s->type == SLOT_I64)
        *vcpu_slot64(m->v, s) = x->u64[0];
    else
        *vcpu_slot32(m->v, s) = (uint32_t)x->u64[0];
}

static void eval_integer(const IrUnit *u, SoftFp *fp, V128 *vals, IrRef at)
{
    const IrInsn *i = &u->insns[at];
    uint64_t x[3] = {0, 0, 0}, r;
    for (unsigned k = 0; k < ir_ops[i->op].nargs; k++)
        x[k] = vals[i->arg[k]].u64[0];
    if (i->op == IR_CONST)
        x[0] = ir_value(u, at);
    IrEval e = {.op = i->op,
                .type = i->type,
                .arg_type = ir_ops[i->op].nargs ? u->insns[i->arg[0]].type : i->type,
                .aux = i->aux,
                .imm = i->imm,
                .a = x[0],
                .b = x[1],
                .c = x[2]};
    bool known = ir_ops[i->op].effects & EFF_FP ? ir_eval_fp(fp, &e, &r) : ir_eval_int(&e, &r);
    CHECK(known);
    vals[at] = (V128){.u64 = {r, 0}};
}

/* The element size of a scalar type, for vfrom and vto. */
static unsigned element_of(IrType t)
{
    unsigned ve = 0;
    while (8u << ve < ir_type_bits(t))
        ve++;
    return ve;
}

static void eval_vector(const IrUnit *u, SoftFp *fp, V128 *vals, IrRef at)
{
    const IrInsn *i = &u->insns[at];
    V128 args[5], r;
    uint32_t n = ir_ops[i->op].nargs, aux = i->aux;
    int32_t imm = i->imm;
    for (uint32_t k = 0; k < n; k++)
        args[k] = vals[i->arg[k]];
    if (i->op == IR_VTBL) {
        imm = (int32_t)ir_list_len(u, i->arg[1]);
        for (int32_t k = 0; k < imm; k++)
            args[1 + k] = vals[ir_list_refs(u, i->arg[1])[k]];
    }
    if (i->op == IR_VFROM)
        aux = element_of((IrType)u->insns[i->arg[0]].type);
    else if (i->op == IR_VTO)
        aux = element_of((IrType)i->type);
    uint64_t x = i->op == IR_VINS ? args[1].u64[0] : args[0].u64[0];
    bool known = ir_eval_vec((IrOp)i->op, aux, imm, args, &r) ||
                 ir_eval_vec_from((IrOp)i->op, aux, imm, args, x, &r) ||
                 ir_eval_vfp(fp, (IrOp)i->op, aux, imm, args, &r);
    CHECK(known);
    if (i->type != IR_V128)
        r.u64[0] &= ir_type_mask((IrType)i->type);
    vals[at] = r;
}

void ir_eval_insn(const IrUnit *u, SoftFp *fp, V128 *vals, IrRef at)
{
    const IrInsn *i = &u->insns[at];
    if (i->op == IR_SELECT)
        vals[at] = vals[vals[i->arg[0]].u64[0] ? i->arg[1] : i->arg[2]];
    else if (i->op >= IR_VFROM)
        eval_vector(u, fp, vals, at);
    else
        eval_integer(u, fp, vals, at);
}

/* Arguments are passed in registers, whatever their number: helpers ignore what they do not take.
 */
static void run_call(Interp *m, const IrInsn *i)
{
    typedef uint64_t HelperFn(Vcpu *, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
    const HelperDesc *h = &ir_helpers[i->imm];
    HelperFn *fn = (HelperFn *)(uintptr_t)m->v->helper_fn[i->imm];
    CHECK(fn);
    V128 result = {.u64 = {0, 0}};
    uint64_t a[5] = {0, 0, 0, 0, 0};
    unsigned n = 0;
    if (h->ret == 'V')
        a[n++] = (uint64_t)(uintptr_t)&result;
    for (uint32_t k = 0; k < ir_list_len(m->u, i->arg[0]); k++) {
        IrRef r = ir_list_refs(m->u, i->arg[0])[k];
        CHECK(n < ARRAY_LEN(a));
        a[n++] = h->args[k] == 'V' ? (uint64_t)(uintptr_t)&m->env->vals[r] : scalar(m, r);
    }
    uint64_t x = fn(m->v, a[0], a[1], a[2], a[3], a[4]);
    if (h->ret == 'V')
        m->env->vals[m->at] = result;
    else if (h->ret != '-')
        put(m, x & ir_type_mask((IrType)i->type));
}

/* Goes to a block; its parameters are assigned all at once. */
static void enter_block(Interp *m, uint32_t block, uint32_t list)
{
    V128 args[IR_MAX_PARAMS];
    uint32_t n = ir_list_len(m->u, list);
    CHECK(n <= IR_MAX_PARAMS);
    for (uint32_t k = 0; k < n; k++)
        args[k] = m->env->vals[ir_list_refs(m->u, list)[k]];
    IrRef first = m->u->blocks[block].first;
    memcpy(&m->env->vals[first], args, n * sizeof *args);
    m->at = first - 1; /* the main loop steps over it */
}

static bool run_control(Interp *m, const IrInsn *i)
{
    uint64_t a = i->op == IR_BR ? 0 : scalar(m, i->arg[0]);
    switch (i->op) {
    case IR_BR:
        enter_block(m, (uint32_t)i->imm, i->arg[1]);
        return true;
    case IR_BRIF:
        enter_block(m, a ? (uint32_t)i->imm : i->arg[1], 0);
        return true;
    case IR_XIF:
        return !a || leave(m, IREXIT_JUMP, scalar(m, i->arg[1]));
    case IR_XJUMP:
        return leave(m, IREXIT_JUMP, a);
    case IR_XCALLI:
        m->v->landing = i->aux;
        /* fallthrough */
    case IR_XCALL:
        m->exit.ret = scalar(m, i->arg[1]);
        return leave(m, IREXIT_CALL, a);
    case IR_XRET:
        return leave(m, IREXIT_RET, a);
    case IR_XIND:
        m->v->landing = i->aux;
        return leave(m, IREXIT_IND, a);
    case IR_TRAPIF:
        return !a || leave_trap(m, i->arg[1], i->arg[2]);
    default:
        return leave_trap(m, i->arg[0], i->arg[1]);
    }
}

static bool run_memory(Interp *m, const IrInsn *i)
{
    switch (i->op) {
    case IR_LD:
        return run_load(m, i);
    case IR_ST:
        return run_store(m, i);
    case IR_CAS128:
        return run_cas128(m, i);
    default:
        return run_atomic(m, i);
    }
}

static void run_state(Interp *m, const IrInsn *i)
{
    switch (i->op) {
    case IR_VCONST:
        m->env->vals[m->at] = m->u->vconsts[i->arg[0]];
        break;
    case IR_GADDR:
        put(m, m->u->module_base + ir_value(m->u, m->at));
        break;
    case IR_GET:
        run_get(m, i);
        break;
    case IR_SET:
        run_set(m, i);
        break;
    case IR_AT:
        m->pc = m->u->module_base + ir_value(m->u, m->at);
        break;
    case IR_HI:
        put(m, m->env->vals[i->arg[0]].u64[1]);
        break;
    default: /* nop, param, fence */
        break;
    }
}

/* False when the insn ended the run. */
static bool run_insn(Interp *m)
{
    const IrInsn *i = &m->u->insns[m->at];
    IrOp op = (IrOp)i->op;
    if (op >= IR_BR)
        return run_control(m, i);
    if (op >= IR_LD && op <= IR_AMO)
        return run_memory(m, i);
    if (op == IR_FENCE)
        __atomic_thread_fence(__ATOMIC_SEQ_CST); /* other threads run guest code too */
    else if (op == IR_CALL)
        run_call(m, i);
    else if (op == IR_NOP || (op >= IR_VCONST && op <= IR_HI))
        run_state(m, i);
    else
        ir_eval_insn(m->u, &m->fp, m->env->vals, m->at);
    return true;
}

IrExit ir_interp_run(const IrUnit *u, Vcpu *v, IrInterpEnv *env)
{
    Interp m = {.u = u, .v = v, .env = env, .at = 1, .fp = ir_softfp(u->mode)};
    CHECK(u->n <= env->cap_vals);
    uint32_t *outer = v->interp_fp_flags;
    v->interp_fp_flags = &env->fp_flags;
    m.pc = u->module_base + (uint64_t)u->start_off;
    env->steps = 0;
    for (;; m.at++) {
        if (env->max_steps && env->steps >= env->max_steps) {
            m.exit.kind = IREXIT_LIMIT;
            m.exit.insn = m.at;
            m.exit.pc = m.pc;
            break;
        }
        env->steps++;
        m.fp.flags = 0;
        bool go_on = run_insn(&m);
        env->fp_flags |= m.fp.flags;
        if (!go_on)
            break;
    }
    v->interp_fp_flags = outer;
    return m.exit;
}
