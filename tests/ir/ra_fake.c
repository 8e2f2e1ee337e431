#include "ra_fake.h"
#include <string.h>

#define SLOT(nm, o, ty, pr)                                                                        \
    {                                                                                              \
        .name = nm, .off = o, .type = ty, .pin = pr, .sigframe = -1, .gdb = -1                     \
    }
const SlotDesc fake_slots[FAKE_N_SLOTS] = {
    SLOT("x0", 0, SLOT_I64, 9),   SLOT("x1", 8, SLOT_I64, 8),  SLOT("x2", 16, SLOT_I64, 7),
    SLOT("x3", 24, SLOT_I64, 6),  SLOT("x4", 32, SLOT_I64, 0), SLOT("x5", 40, SLOT_I64, 0),
    SLOT("x6", 48, SLOT_I64, 0),  SLOT("x7", 56, SLOT_I64, 0), SLOT("nzcv", 64, SLOT_FLAGS, 0),
    SLOT("v0", 80, SLOT_V128, 5), SLOT("pc", 96, SLOT_I64, 0),
};

enum { MAX_INSNS = 4096 };

bool fake_init(Fake *f)
{
    memset(f, 0, sizeof *f);
    f->rng = 1;
    if (!arena_init(&f->arena, 64u << 20) || !ir_unit_init(&f->u, &f->arena, MAX_INSNS))
        return false;
    f->u.slots = fake_slots;
    f->u.n_slots = FAKE_N_SLOTS;
    f->u.slot_pc = FAKE_PC;
    RaTarget *t = &f->target;
    t->temps[RC_GPR] = 7;
    t->temps[RC_VEC] = (uint64_t)7 << LOC_VEC;
    for (uint32_t s = 0; s < 256; s++)
        t->pin_of_slot[s] = LOC_NONE;
    for (uint32_t r = 0; r < LOC_NREGS; r++)
        t->slot_of_reg[r] = -1;
    for (uint32_t s = 0; s < FAKE_N_SLOTS; s++) {
        if (!fake_slots[s].pin)
            continue;
        uint32_t r = s == FAKE_SLOT_V0 ? LOC_VEC + 3 : 3 + s;
        t->pin_of_slot[s] = (RaLoc)r;
        t->slot_of_reg[r] = (int16_t)s;
        t->pinned |= (uint64_t)1 << r;
    }
    RaUnit *ra = &f->ra;
    ra->ir = &f->u;
    ra->target = t;
    ra->cap = MAX_INSNS;
    ra->cap_moves = 8 * MAX_INSNS;
    ra->cap_snaps = MAX_INSNS;
    ra->insns = arena_alloc(&f->arena, ra->cap * sizeof *ra->insns);
    ra->moves = arena_alloc(&f->arena, ra->cap_moves * sizeof *ra->moves);
    ra->snaps = arena_alloc(&f->arena, ra->cap_snaps * sizeof *ra->snaps);
    ra->block_end = arena_alloc(&f->arena, 64 * sizeof *ra->block_end);
    ra->gets = arena_alloc(&f->arena, MAX_INSNS * sizeof *ra->gets);
    ra->sunk = arena_alloc(&f->arena, MAX_INSNS * sizeof *ra->sunk);
    ra->arena = arena_alloc(&f->arena, sizeof(Arena));
    return ra->arena && arena_init(ra->arena, 64u << 20);
}

void fake_free(Fake *f)
{
    arena_free(f->ra.arena);
    arena_free(&f->arena);
}

uint32_t fake_rand(Fake *f, uint32_t n)
{
    f->rng = f->rng * 1664525u + 1013904223u;
    return (f->rng >> 8) % n;
}

/* Values that may be used at the point of generation. */
typedef struct Pool {
    IrRef i64[MAX_INSNS], vec[MAX_INSNS], bools[MAX_INSNS];
    uint32_t n_i64, n_vec, n_bool;
} Pool;

static Pool pool;

static void push_i64(IrRef r)
{
    pool.i64[pool.n_i64++] = r;
}

static void push_vec(IrRef r)
{
    pool.vec[pool.n_vec++] = r;
}

static void push_bool(IrRef r)
{
    pool.bools[pool.n_bool++] = r;
}

/* Mostly a recent value, so that lives are short as in real code. */
static IrRef pick(Fake *f, const IrRef *list, uint32_t n)
{
    uint32_t back = fake_rand(f, fake_rand(f, 3) ? MIN(n, 6u) : n);
    return list[n - 1 - back];
}

static IrRef pick_i64(Fake *f)
{
    return pick(f, pool.i64, pool.n_i64);
}

static void gen_state(Fake *f)
{
    uint32_t s = fake_rand(f, 8);
    switch (fake_rand(f, 5)) {
    case 0:
    case 1:
        push_i64(ir_get(&f->u, IR_I64, s));
        break;
    case 2:
    case 3:
        ir_set(&f->u, s, pick_i64(f));
        break;
    default:
        if (fake_rand(f, 2))
            push_vec(ir_get(&f->u, IR_V128, FAKE_SLOT_V0));
        else
            ir_set(&f->u, FAKE_SLOT_V0, pick(f, pool.vec, pool.n_vec));
    }
}

static void gen_memory(Fake *f)
{
    IrRef base = pick_i64(f), index = fake_rand(f, 2) ? pick_i64(f) : 0;
    if (fake_rand(f, 2))
        push_i64(ir_ld(&f->u, IR_I64, MEM_64, base, index, 8));
    else
        ir_st(&f->u, MEM_64, base, index, 8, pick_i64(f));
}

static void gen_one(Fake *f)
{
    static const uint8_t ops[] = {IR_ADD, IR_SUB, IR_AND, IR_MUL, IR_XOR};
    IrUnit *u = &f->u;
    switch (fake_rand(f, 12)) {
    case 0:
        push_i64(ir_const(u, IR_I64, fake_rand(f, 1000)));
        break;
    case 1:
        gen_memory(f);
        break;
    case 2:
        push_bool(ir_cmp(u, CMP_ULT, pick_i64(f), pick_i64(f)));
        break;
    case 3: {
        IrRef c = pick(f, pool.bools, pool.n_bool);
        push_i64(ir_select(u, IR_I64, c, pick_i64(f), pick_i64(f)));
        break;
    }
    case 4: {
        IrRef a = pick(f, pool.vec, pool.n_vec);
        push_vec(ir_op2(u, IR_VXOR, IR_V128, a, pick(f, pool.vec, pool.n_vec)));
        break;
    }
    case 5:
        if (!fake_rand(f, 3)) {
            IrRef c = pick(f, pool.bools, pool.n_bool);
            ir_op2(u, IR_XIF, IR_VOID, c, ir_gaddr(u, 0x1000));
        }
        break;
    case 6:
    case 7:
    case 8:
        gen_state(f);
        break;
    default: {
        IrRef a = pick_i64(f);
        IrOp op = ops[fake_rand(f, ARRAY_LEN(ops))];
        push_i64(ir_op2(u, op, IR_I64, a, pick_i64(f)));
    }
    }
}

/* Insns of a block up to its terminator; some have a sunk set of the flags around them. */
static void gen_block(Fake *f, uint32_t n)
{
    bool sunk = fake_rand(f, 2);
    if (sunk) {
        IrRef a = pick_i64(f), fl = ir_op2(&f->u, IR_FLSUB, IR_FLAGS, a, pick_i64(f));
        ir_emit(&f->u, IR_SET, IR_VOID, 1, fl, 0, 0, FAKE_SLOT_FLAGS);
    }
    for (uint32_t k = 0; k < n; k++)
        gen_one(f);
    if (sunk)
        ir_set(&f->u, FAKE_SLOT_FLAGS, ir_op1(&f->u, IR_FLLOGIC, IR_FLAGS, pick_i64(f)));
}

static void gen_br(Fake *f, uint32_t to)
{
    IrRef args[4] = {pick_i64(f), pick_i64(f), pick(f, pool.vec, pool.n_vec), pick_i64(f)};
    ir_emit(&f->u, IR_BR, IR_VOID, 0, 0, ir_list(&f->u, args, 4), 0, (int32_t)to);
}

void fake_random_unit(Fake *f, uint32_t n, bool loop)
{
    IrUnit *u = &f->u;
    ir_unit_reset(u);
    memset(&pool, 0, sizeof pool);
    push_i64(ir_get(u, IR_I64, 0));
    push_i64(ir_get(u, IR_I64, 5));
    push_vec(ir_get(u, IR_V128, FAKE_SLOT_V0));
    push_vec(ir_vconst(u, 1, 2));
    push_bool(ir_cmp(u, CMP_EQ, pool.i64[0], pool.i64[1]));
    gen_block(f, n);
    if (loop) {
        gen_br(f, 1);
        ir_block_open(u);
        static const uint8_t types[] = {IR_I64, IR_I64, IR_V128, IR_I64};
        for (uint32_t k = 0; k < 4; k++) {
            IrRef p = ir_emit(u, IR_PARAM, types[k], 0, 0, 0, 0, 0);
            if (k == 2)
                push_vec(p);
            else
                push_i64(p);
        }
        u->blocks[1].n_params = 4;
        gen_block(f, n / 2);
        ir_emit(u, IR_BRIF, IR_VOID, 0, pick(f, pool.bools, pool.n_bool), 3, 0, 2);
        uint32_t n_i64 = pool.n_i64, n_vec = pool.n_vec, n_bool = pool.n_bool;
        ir_block_open(u);
        gen_block(f, n / 4);
        gen_br(f, 1);
        pool.n_i64 = n_i64, pool.n_vec = n_vec, pool.n_bool = n_bool;
        ir_block_open(u);
        gen_block(f, n / 4);
    }
    ir_op1(u, IR_XJUMP, IR_VOID, ir_gaddr(u, 0x2000));
    u->blocks[u->n_blocks - 1].end = u->n;
}

static uint8_t class_of(const IrUnit *u, IrRef r)
{
    return u->insns[r].type >= IR_F16 ? RC_VEC : RC_GPR;
}

/* Registers of the class that the insn still may ask for. */
typedef struct Budget {
    int left[RC_COUNT];
    uint8_t free_fixed; /* general temps not yet fixed or clobbered: bits 0..2 */
} Budget;

static uint8_t take_fixed(Fake *f, Budget *b)
{
    uint8_t r;
    do
        r = (uint8_t)fake_rand(f, 3);
    while (!(b->free_fixed >> r & 1));
    b->free_fixed &= (uint8_t) ~(1u << r);
    return r;
}

static void constrain_ops(Fake *f, RaInsn *in, Budget *b)
{
    for (uint32_t k = 0; k < in->n_ops; k++) {
        RaOperand *o = &in->op[k];
        uint8_t op = f->u.insns[o->ref].op;
        bool is_const = op == IR_CONST || op == IR_VCONST || op == IR_GADDR;
        if (is_const && fake_rand(f, 2))
            o->flags |= RAF_REMAT_OK;
        b->left[o->cls]--;
        if (!fake_rand(f, 3))
            o->flags |= RAF_MEM_OK;
        else if (o->cls == RC_GPR && !fake_rand(f, 6)) {
            o->flags = RAF_FIXED;
            o->fixed = take_fixed(f, b);
        }
    }
}

static void constrain_dst(Fake *f, RaInsn *in, Budget *b)
{
    RaOperand *d = &in->dst[0];
    if (!in->n_dst)
        return;
    if (in->n_ops && in->op[0].cls == d->cls && fake_rand(f, 2)) {
        in->op[0].flags &= (uint8_t) ~(RAF_MEM_OK | RAF_REMAT_OK);
        in->op[0].flags |= RAF_TIED;
        if (in->op[0].flags & RAF_FIXED || fake_rand(f, 3))
            return;
    }
    if (d->cls == RC_GPR && b->left[RC_GPR] > 0 && b->free_fixed && !fake_rand(f, 6)) {
        d->flags |= RAF_FIXED;
        d->fixed = take_fixed(f, b);
        b->left[RC_GPR]--;
    }
    if (b->left[d->cls] > 0 && !fake_rand(f, 4)) {
        d->flags |= RAF_EARLY;
        b->left[d->cls]--;
    }
}

static void constrain(Fake *f, RaInsn *in)
{
    /* beyond the temps pins are lent, but not to observers and at block ends */
    bool border = in->observer || ir_effects(&f->u.insns[in->ir]) & EFF_TERM;
    int more = !border && !fake_rand(f, 4);
    Budget b = {{3 + 2 * more, 3 + more}, 7};
    constrain_ops(f, in, &b);
    constrain_dst(f, in, &b);
    if (b.left[RC_GPR] > 0 && b.free_fixed && !fake_rand(f, 5)) {
        in->clobbers = (uint64_t)1 << take_fixed(f, &b);
        b.left[RC_GPR]--;
    }
    for (uint32_t c = 0; c < RC_COUNT; c++)
        while (b.left[c] > 0 && in->n_tmp[c] < 2 && !fake_rand(f, more ? 2 : 4)) {
            in->n_tmp[c]++;
            b.left[c]--;
        }
}

static void constrain_plain(Fake *f, RaInsn *in)
{
    uint8_t op = f->u.insns[in->ir].op;
    if (op == IR_ADD || op == IR_SUB || op == IR_AND || op == IR_MUL || op == IR_XOR)
        in->op[0].flags |= RAF_TIED;
    for (uint32_t k = in->n_ops; k-- > 0;)
        if (!(in->op[k].flags & RAF_TIED))
            in->op[k].flags |= RAF_REMAT_OK;
    if (in->n_ops == 2 && in->n_dst)
        in->op[1].flags |= RAF_MEM_OK;
}

static void add_op(Fake *f, RaInsn *in, IrRef r)
{
    in->op[in->n_ops++] = (RaOperand){.ref = r, .cls = class_of(&f->u, r)};
}

static void lower(Fake *f, IrRef r)
{
    const IrInsn *x = &f->u.insns[r];
    switch (x->op) {
    case IR_NOP:
    case IR_CONST:
    case IR_VCONST:
    case IR_GADDR:
    case IR_GET:
    case IR_AT:
    case IR_PARAM:
        return;
    default:
        break;
    }
    if (x->op == IR_SET && x->aux & 1)
        return;
    RaInsn *in = &f->ra.insns[f->ra.n++];
    memset(in, 0, sizeof *in);
    in->ir = r;
    in->kind = x->op == IR_CALL || x->op == IR_BR ? RA_STATE : RA_OP;
    in->observer = (ir_effects_here(&f->u, x) & (EFF_FAULT | EFF_EXIT)) != 0;
    for (uint32_t k = 0; k < ir_ops[x->op].nargs; k++)
        if (x->arg[k])
            add_op(f, in, x->arg[k]);
    if (x->type != IR_VOID) {
        in->n_dst = 1;
        in->dst[0] = (RaOperand){.ref = r, .cls = class_of(&f->u, r)};
    }
    if (x->op == IR_SET) {
        RaLoc pin = f->target.pin_of_slot[x->imm];
        in->kind = pin != LOC_NONE ? RA_PIN_SET : RA_MEM_SET;
        in->op[0].fixed = (uint8_t)pin;
    }
    if (f->plain)
        constrain_plain(f, in);
    else if (x->op != IR_SET)
        constrain(f, in);
    for (uint32_t k = 0; k < in->n_ops; k++)
        in->binds |= in->op[k].flags & RAF_BINDS;
    for (uint32_t k = 0; k < in->n_dst; k++)
        in->binds |= in->dst[k].flags & RAF_BINDS;
    if (in->clobbers)
        in->binds |= RAB_CLOBBERS;
}

void fake_select(Fake *f)
{
    f->ra.n = f->ra.n_gets = 0;
    f->ra.n_sunk = 0;
    for (uint32_t b = 0; b < f->u.n_blocks; b++) {
        for (IrRef r = f->u.blocks[b].first; r < f->u.blocks[b].end; r++) {
            const IrInsn *x = &f->u.insns[r];
            if (x->op == IR_GET)
                f->ra.gets[f->ra.n_gets++] = r;
            lower(f, r);
        }
        f->ra.block_end[b] = f->ra.n;
    }
    for (IrRef r = f->u.n; r-- > 1;)
        if (f->u.insns[r].op == IR_SET && f->u.insns[r].aux & 1)
            f->ra.sunk[f->ra.n_sunk++] = r;
}
