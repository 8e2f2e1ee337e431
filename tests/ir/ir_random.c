/*
 * Random IR: see ir_random.h.
 *
 * The generator keeps, by type, a pool of values that dominate the place it writes at. Opening an
 * arm of a diamond or the body of a loop remembers how long the pools are; closing it cuts them
 * back. An operand is a value of the pool, a fresh `get`, or a constant, at random.
 */
#include <string.h>
#include "flags.h"
#include "ir_interp.h"
#include "ir_random_impl.h"
#include "log.h"

#define X(n, pin_)                                                                                 \
    {                                                                                              \
        .name = "x" #n, .off = 8 * n, .type = SLOT_I64, .pin = pin_, .sigframe = -1                \
    }
#define V(n, pin_)                                                                                 \
    {                                                                                              \
        .name = "v" #n, .off = 160 + 16 * n, .type = SLOT_V128, .pin = pin_, .sigframe = -1        \
    }
const SlotDesc ir_random_slots[IRR_SLOTS] = {
    X(0, 255),
    X(1, 254),
    X(2, 253),
    X(3, 252),
    X(4, 251),
    X(5, 250),
    X(6, 249),
    X(7, 248),
    X(8, 247),
    X(9, 246),
    X(10, 245),
    X(11, 244),
    X(12, 0),
    X(13, 0),
    X(14, 0),
    X(15, 0),
    [IRR_PC] = {.name = "pc", .off = 128, .type = SLOT_I64, .sigframe = -1},
    [IRR_NZCV] = {.name = "nzcv", .off = 136, .type = SLOT_FLAGS, .sigframe = -1},
    [IRR_C0] = {.name = "c0", .off = 140, .type = SLOT_I32, .sigframe = -1},
    [IRR_C0 + 1] = {.name = "c1", .off = 144, .type = SLOT_I32, .sigframe = -1},
    [IRR_V0] = V(0, 200),
    V(1, 199),
    V(2, 198),
    V(3, 197),
    V(4, 196),
    V(5, 195),
    V(6, 194),
    V(7, 193),
    V(8, 192),
    V(9, 191),
    V(10, 190),
    V(11, 189),
    V(12, 0),
    V(13, 0),
    V(14, 0),
    V(15, 0),
};
#undef X
#undef V

uint64_t rnd_next(RandomGen *g)
{
    g->rng ^= g->rng << 13;
    g->rng ^= g->rng >> 7;
    g->rng ^= g->rng << 17;
    return g->rng * 0x2545f4914f6cdd1d;
}

unsigned rnd_below(RandomGen *g, unsigned n)
{
    return (unsigned)((rnd_next(g) >> 32) % n);
}

bool rnd_one_in(RandomGen *g, unsigned n)
{
    return rnd_below(g, n) == 0;
}

uint64_t rnd_value(RandomGen *g)
{
    static const uint64_t edges[] = {
        0,
        1,
        2,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        1ull << 32,
        (1ull << 63) - 1,
        1ull << 63,
        ~0ull,
        ~0ull - 1,
        0x3f800000,
        0x7fc00000,
        0xff800000,
        0x7f800001,
        0x00800000,
        0x3ff0000000000000,
        0x7ff8000000000000,
        0xfff0000000000000,
        0x7ff0000000000001,
        0x0010000000000000,
        0x4330000000000000,
    };
    switch (rnd_below(g, 4)) {
    case 0:
        return edges[rnd_below(g, ARRAY_LEN(edges))];
    case 1:
        return rnd_next(g) >> rnd_below(g, 64);
    case 2:
        return 0 - (rnd_next(g) >> (40 + rnd_below(g, 24)));
    default:
        return rnd_next(g);
    }
}

/* Bits of a float: random ones near one, so that sums and products stay finite, or edges. */
uint64_t rnd_float(RandomGen *g, IrType t)
{
    uint64_t r = rnd_next(g);
    if (rnd_one_in(g, 4))
        return rnd_value(g) & ir_type_mask(t);
    if (rnd_one_in(g, 2))
        r &= t == IR_F64 ? ~((1ull << 40) - 1) : ~0xfffull;
    if (t == IR_F64)
        return (r & 0x800fffffffffffff) | (uint64_t)(1023 - 12 + rnd_below(g, 25)) << 52;
    return (r & 0x807fffff) | (uint64_t)(127 - 12 + rnd_below(g, 25)) << 23;
}

IrRef rnd_keep(RandomGen *g, IrType t, IrRef r)
{
    Pool *p = &g->pools[t];
    if (p->n < POOL_MAX)
        p->refs[p->n++] = r;
    else if (p->scope < POOL_MAX)
        p->refs[p->scope + rnd_below(g, POOL_MAX - p->scope)] = r;
    return r;
}

IrRef rnd_emit(RandomGen *g, IrInsn i)
{
    return rnd_keep(
        g, (IrType)i.type,
        ir_emit(g->u, (IrOp)i.op, (IrType)i.type, i.aux, i.arg[0], i.arg[1], i.arg[2], i.imm));
}

static IrRef fresh_vector(RandomGen *g)
{
    if (!rnd_one_in(g, 4))
        return ir_get(g->u, IR_V128, IRR_V0 + rnd_below(g, 16));
    if (g->c->what & IRR_VFP && rnd_one_in(g, 2)) {
        uint64_t d = rnd_float(g, IR_F64), s = rnd_float(g, IR_F32) << 32 | rnd_float(g, IR_F32);
        return ir_vconst(g->u, rnd_one_in(g, 2) ? d : s, rnd_float(g, IR_F64));
    }
    return ir_vconst(g->u, rnd_value(g), rnd_value(g));
}

static IrRef fresh_value(RandomGen *g, IrType t)
{
    IrUnit *u = g->u;
    switch (t) {
    case IR_I64:
        if (g->c->what & IRR_GADDR && rnd_one_in(g, 8))
            return ir_gaddr(u, IRR_MODULE_BASE + rnd_below(g, 0x10000));
        return ir_get(u, IR_I64, IRR_X0 + rnd_below(g, 16));
    case IR_I32:
        if (rnd_one_in(g, 4))
            return ir_get(u, IR_I32, IRR_C0 + rnd_below(g, 2));
        return ir_op1(u, IR_TRUNC, IR_I32, rnd_pick(g, IR_I64));
    case IR_I16:
    case IR_I8:
        return ir_op1(u, IR_TRUNC, t, rnd_pick(g, IR_I32));
    case IR_BOOL:
        return ir_cmp(u, (IrCmp)rnd_below(g, CMP_COUNT), rnd_pick(g, IR_I64), rnd_pick(g, IR_I64));
    case IR_FLAGS:
        return ir_get(u, IR_FLAGS, IRR_NZCV);
    case IR_F32:
        return rnd_one_in(g, 2) ? ir_op1(u, IR_VTO, IR_F32, rnd_pick(g, IR_V128))
                                : ir_op1(u, IR_BITCAST, IR_F32, rnd_pick(g, IR_I32));
    case IR_F64:
        return rnd_one_in(g, 2) ? ir_op1(u, IR_VTO, IR_F64, rnd_pick(g, IR_V128))
                                : ir_op1(u, IR_BITCAST, IR_F64, rnd_pick(g, IR_I64));
    default:
        return fresh_vector(g);
    }
}

static IrRef const_value(RandomGen *g, IrType t)
{
    if (t == IR_V128)
        return fresh_vector(g);
    if (t == IR_F32 || t == IR_F64)
        return ir_const(g->u, t, rnd_float(g, t));
    return ir_const(g->u, t, rnd_value(g) & ir_type_mask(t));
}

IrRef rnd_pick(RandomGen *g, IrType t)
{
    Pool *p = &g->pools[t];
    unsigned how = rnd_below(g, 8);
    if (p->n && how < 5) {
        unsigned last = MIN(p->n, 6);
        return rnd_one_in(g, 3) ? p->refs[rnd_below(g, p->n)]
                                : p->refs[p->n - 1 - rnd_below(g, last)];
    }
    return rnd_keep(g, t, how == 7 ? const_value(g, t) : fresh_value(g, t));
}

IrType rnd_int_type(RandomGen *g)
{
    if (g->c->what & IRR_NARROW && rnd_one_in(g, 4))
        return rnd_one_in(g, 2) ? IR_I8 : IR_I16;
    return rnd_one_in(g, 3) ? IR_I32 : IR_I64;
}

/* What a value of the module may be: those that the configuration has. */
static IrType any_type(RandomGen *g)
{
    static const uint8_t types[] = {IR_I64,   IR_I32,  IR_I64, IR_BOOL,
                                    IR_FLAGS, IR_V128, IR_F32, IR_F64};
    IrType t = (IrType)types[rnd_below(g, ARRAY_LEN(types))];
    if ((t == IR_V128 && !(g->c->what & IRR_VEC)) || (t == IR_FLAGS && !(g->c->what & IRR_FLAGS)) ||
        ((t == IR_F32 || t == IR_F64) && !(g->c->what & IRR_FP)))
        return IR_I64;
    return t;
}

static void open_guest_insn(RandomGen *g)
{
    ir_at(g->u, IRR_MODULE_BASE + g->next_off, 4);
    g->next_off += 4;
}

static void random_set(RandomGen *g)
{
    unsigned k = rnd_below(g, 12);
    if (k == 0 && g->c->what & IRR_FLAGS)
        ir_set(g->u, IRR_NZCV, rnd_pick(g, IR_FLAGS));
    else if (k == 1)
        ir_set(g->u, IRR_C0 + rnd_below(g, 2), rnd_pick(g, IR_I32));
    else if (k < 6 && g->c->what & (IRR_VEC | IRR_FP))
        ir_set(g->u, IRR_V0 + rnd_below(g, 16), rnd_pick(g, IR_V128));
    else
        ir_set(g->u, IRR_X0 + rnd_below(g, 16), rnd_pick(g, IR_I64));
}

static void side_exit(RandomGen *g)
{
    open_guest_insn(g);
    IrRef c = rnd_pick(g, IR_BOOL);
    IrRef to = ir_gaddr(g->u, IRR_MODULE_BASE + 4 * rnd_below(g, 4096));
    if (rnd_one_in(g, 4))
        ir_emit(g->u, IR_TRAPIF, IR_VOID, 0, c, to, rnd_one_in(g, 2) ? rnd_pick(g, IR_I64) : 0,
                TRAP_ALIGN);
    else
        ir_op2(g->u, IR_XIF, IR_VOID, c, to);
}

/* One guest insn: work that may fault, then sets. */
static void guest_insn(RandomGen *g)
{
    if (g->c->what & IRR_EXITS && rnd_one_in(g, 10)) {
        side_exit(g);
        return;
    }
    open_guest_insn(g);
    for (unsigned k = 1 + rnd_below(g, 4); k; k--)
        rnd_op(g);
    for (unsigned k = rnd_below(g, 3); k; k--)
        random_set(g);
}

static void save_pools(RandomGen *g, Scope *s)
{
    for (unsigned t = 0; t < IR_TYPE_COUNT; t++) {
        s->n[t] = g->pools[t].n;
        s->scope[t] = g->pools[t].scope;
        g->pools[t].scope = g->pools[t].n;
    }
}

static void restore_pools(RandomGen *g, const Scope *s)
{
    for (unsigned t = 0; t < IR_TYPE_COUNT; t++) {
        g->pools[t].n = s->n[t];
        g->pools[t].scope = s->scope[t];
    }
}

static void straight(RandomGen *g, unsigned n)
{
    uint32_t stop = MIN(g->u->n + n, g->limit);
    do
        guest_insn(g);
    while (g->u->n < stop && !g->u->overflow);
}

static void region(RandomGen *g, unsigned depth);

static IrRef branch_to(RandomGen *g, uint32_t block, const IrRef *args, uint32_t n)
{
    return ir_emit(g->u, IR_BR, IR_VOID, 0, 0, ir_list(g->u, args, n), 0, (int32_t)block);
}

static void open_params(RandomGen *g, const uint8_t *types, unsigned n)
{
    for (unsigned k = 0; k < n; k++)
        rnd_emit(g, (IrInsn){.op = IR_PARAM, .type = types[k]});
}

/* if (c) { ... } else { ... } with up to three values joined. */
static void diamond(RandomGen *g, unsigned depth)
{
    uint8_t types[3];
    IrRef args[3];
    unsigned n = rnd_below(g, 4);
    for (unsigned k = 0; k < n; k++)
        types[k] = (uint8_t)any_type(g);
    IrRef c = rnd_pick(g, IR_BOOL);
    IrRef split = ir_emit(g->u, IR_BRIF, IR_VOID, 0, c, 0, 0, 0);
    IrRef ends[2];
    for (unsigned arm = 0; arm < 2; arm++) {
        Scope s;
        save_pools(g, &s);
        uint32_t b = ir_block_open(g->u);
        if (arm == 0)
            g->u->insns[split].imm = (int32_t)b;
        else
            g->u->insns[split].arg[1] = b;
        region(g, depth + 1);
        for (unsigned k = 0; k < n; k++)
            args[k] = rnd_pick(g, (IrType)types[k]);
        ends[arm] = branch_to(g, 0, args, n);
        restore_pools(g, &s);
    }
    uint32_t join = ir_block_open(g->u);
    g->u->insns[ends[0]].imm = g->u->insns[ends[1]].imm = (int32_t)join;
    open_params(g, types, n);
}

/* A loop of 1 to 5 turns that carries its counter and up to two values. */
static void loop(RandomGen *g, unsigned depth)
{
    uint8_t types[3] = {IR_I64, 0, 0};
    IrRef args[3] = {ir_const(g->u, IR_I64, 1 + rnd_below(g, 5)), 0, 0};
    unsigned n = 1 + rnd_below(g, 3);
    for (unsigned k = 1; k < n; k++) {
        types[k] = (uint8_t)any_type(g);
        args[k] = rnd_pick(g, (IrType)types[k]);
    }
    uint32_t head = g->u->n_blocks;
    branch_to(g, head, args, n);
    Scope s;
    save_pools(g, &s);
    ir_block_open(g->u);
    IrRef counter = g->u->n;
    open_params(g, types, n);
    region(g, depth + 1);
    IrRef left = ir_op2(g->u, IR_SUB, IR_I64, counter, ir_const(g->u, IR_I64, 1));
    IrRef more = ir_cmp(g->u, CMP_NE, left, ir_const(g->u, IR_I64, 0));
    uint32_t back = g->u->n_blocks;
    ir_emit(g->u, IR_BRIF, IR_VOID, 0, more, back + 1, 0, (int32_t)back);
    ir_block_open(g->u);
    args[0] = left;
    for (unsigned k = 1; k < n; k++)
        args[k] = rnd_pick(g, (IrType)types[k]);
    branch_to(g, head, args, n);
    restore_pools(g, &s);
    ir_block_open(g->u);
    rnd_keep(g, IR_I64, left);
}

static void region(RandomGen *g, unsigned depth)
{
    straight(g, 4 + rnd_below(g, depth ? 12 : 24));
    if (!(g->c->what & IRR_BLOCKS) || depth >= 3 || g->u->n >= g->limit || rnd_one_in(g, 2))
        return;
    if (rnd_one_in(g, 2))
        loop(g, depth);
    else
        diamond(g, depth);
    straight(g, 2 + rnd_below(g, 6));
}

static void last_exit(RandomGen *g)
{
    IrUnit *u = g->u;
    open_guest_insn(g);
    IrRef to = ir_gaddr(u, IRR_MODULE_BASE + 4 * rnd_below(g, 4096));
    IrRef after = ir_gaddr(u, IRR_MODULE_BASE + g->next_off);
    unsigned kind = g->c->what & IRR_EXITS ? rnd_below(g, 7) : 0;
    switch (kind) {
    case 2:
        ir_op2(u, IR_XCALL, IR_VOID, to, after);
        return;
    case 3:
        ir_op2x(u, IR_XCALLI, IR_VOID, rnd_below(g, LANDING_KINDS), rnd_pick(g, IR_I64), after, 0);
        return;
    case 4:
        ir_op1(u, IR_XRET, IR_VOID, rnd_pick(g, IR_I64));
        return;
    case 5:
        ir_op1x(u, IR_XIND, IR_VOID, rnd_below(g, LANDING_KINDS), rnd_pick(g, IR_I64), 0);
        return;
    case 6:
        ir_emit(u, IR_XTRAP, IR_VOID, 0, to, rnd_one_in(g, 2) ? rnd_pick(g, IR_I64) : 0, 0,
                TRAP_BREAK);
        return;
    default:
        ir_op1(u, IR_XJUMP, IR_VOID, to);
    }
}

void ir_random_setup(IrUnit *u)
{
    u->slots = ir_random_slots;
    u->n_slots = IRR_SLOTS;
    u->slot_pc = IRR_PC;
    u->module_base = IRR_MODULE_BASE;
}

bool ir_random_unit(IrUnit *u, const IrRandomConfig *c)
{
    RandomGen g = {.u = u, .c = c, .rng = (c->seed + 1) * 0x9e3779b97f4a7c15 | 1};
    for (unsigned k = 0; k < 8; k++)
        rnd_next(&g);
    ir_unit_reset(u);
    u->mode = c->mode;
    u->start_off = 0;
    g.limit = MIN(u->n + c->n_insns, u->cap / 4 * 3);
    do
        region(&g, 0);
    while (u->n < g.limit && !u->overflow);
    last_exit(&g);
    u->guest_insns = g.next_off / 4;
    ir_unit_finish(u);
    return !u->overflow;
}

void ir_random_state(Vcpu *v, uint64_t seed)
{
    RandomGen g = {.rng = (seed + 77) * 0x9e3779b97f4a7c15 | 1};
    for (unsigned s = 0; s < IRR_SLOTS; s++) {
        const SlotDesc *d = &ir_random_slots[s];
        if (d->type == SLOT_V128) {
            uint64_t f = rnd_float(&g, IR_F32) << 32 | rnd_float(&g, IR_F32);
            bool is_float = rnd_one_in(&g, 2);
            vcpu_slot128(v, d)->u64[0] = is_float ? rnd_float(&g, IR_F64) : rnd_value(&g);
            vcpu_slot128(v, d)->u64[1] = is_float ? f : rnd_value(&g);
        } else if (d->type == SLOT_I64) {
            *vcpu_slot64(v, d) = rnd_value(&g);
        } else {
            *vcpu_slot32(v, d) = (uint32_t)rnd_value(&g);
        }
    }
}

bool ir_random_compare(const Vcpu *want, const Vcpu *got, StrBuf *err)
{
    for (unsigned s = 0; s < IRR_SLOTS; s++) {
        const SlotDesc *d = &ir_random_slots[s];
        static const uint8_t sizes[] = {
            [SLOT_I32] = 4, [SLOT_I64] = 8, [SLOT_FLAGS] = 4, [SLOT_V128] = 16};
        uint64_t w[2] = {0, 0}, x[2] = {0, 0};
        memcpy(w, want->state + d->off, sizes[d->type]);
        memcpy(x, got->state + d->off, sizes[d->type]);
        if (d->type == SLOT_FLAGS) {
            w[0] = flags_to_nzcv((uint32_t)w[0]);
            x[0] = flags_to_nzcv((uint32_t)x[0]);
        }
        if (w[0] == x[0] && w[1] == x[1])
            continue;
        sb_printf(err, "%s: want 0x%lx:0x%lx, got 0x%lx:0x%lx", d->name, w[1], w[0], x[1], x[0]);
        return false;
    }
    return true;
}
