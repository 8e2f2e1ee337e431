/*
 * Address folding into loads and stores, and exits whose target or condition is known.
 *
 *     ld.64 [(add x, 16) + 8] -> ld.64 [x + 24]
 *     ld.32 [(add x, y) + 0] -> ld.32 [x + y];  index (shl y, 2) -> scale 4;  (sext y) -> sxtw
 *
 * A sum that is a slot's content stays: it lies in a pin, its inputs may not.
 */
#include "opt_rules.h"

/* base (add x, c), (sub x, c): into the displacement */
static bool fold_base_const(Fold *f, IrInsn *i)
{
    const IrInsn *b = fold_arg(f, i, 0);
    if ((b->op != IR_ADD && b->op != IR_SUB) || f->ins[b->arg[1]].op != IR_CONST)
        return false;
    int64_t c = (int64_t)fold_value(&f->ins[b->arg[1]]);
    if (c < -(1 << 30) || c > 1 << 30)
        return false;
    int64_t d = b->op == IR_ADD ? i->imm + c : i->imm - c;
    if (d < INT32_MIN || d > INT32_MAX)
        return false;
    i->imm = (int32_t)d;
    i->arg[0] = b->arg[0];
    return true;
}

/* base (add x, y), no index yet: y becomes the index */
static bool fold_base_sum(Fold *f, IrInsn *i)
{
    const IrInsn *b = fold_arg(f, i, 0);
    if (b->op != IR_ADD || i->arg[1] || f->ins[b->arg[1]].op == IR_CONST)
        return false;
    i->arg[1] = b->arg[1];
    i->arg[0] = b->arg[0];
    return true;
}

static bool fold_index_shift(Fold *f, IrInsn *i)
{
    const IrInsn *x = fold_arg(f, i, 1);
    if (x->op != IR_SHL || f->ins[x->arg[1]].op != IR_CONST ||
        i->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW))
        return false;
    uint64_t n = fold_value(&f->ins[x->arg[1]]) + MA_SCALE(i->aux);
    if (n > 3 || fold_value(&f->ins[x->arg[1]]) > 3)
        return false;
    i->aux = (uint16_t)((i->aux & ~(3u << MA_SCALE_SHIFT)) | n << MA_SCALE_SHIFT);
    i->arg[1] = x->arg[0];
    return true;
}

static bool fold_index_extend(Fold *f, IrInsn *i)
{
    const IrInsn *x = fold_arg(f, i, 1);
    if ((x->op != IR_SEXT && x->op != IR_ZEXT) || f->ins[x->arg[0]].type != IR_I32 ||
        i->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW))
        return false;
    i->aux |= x->op == IR_SEXT ? MA_INDEX_SXTW : MA_INDEX_UXTW;
    i->arg[1] = x->arg[0];
    return true;
}

/* a constant index joins the displacement */
static bool fold_index_const(Fold *f, IrInsn *i)
{
    const IrInsn *x = fold_arg(f, i, 1);
    if (x->op != IR_CONST || x->type != IR_I64)
        return false;
    int64_t c = (int64_t)fold_value(x);
    if (c < -(1 << 27) || c > 1 << 27)
        return false;
    int64_t d = i->imm + c * (1 << MA_SCALE(i->aux));
    if (d < INT32_MIN || d > INT32_MAX)
        return false;
    i->imm = (int32_t)d;
    i->arg[1] = 0;
    i->aux &= (uint16_t) ~(3u << MA_SCALE_SHIFT);
    return true;
}

/* A slot that r was got from has not been set since. */
static bool is_at_hand(const Fold *f, IrRef r)
{
    const IrInsn *i = &f->ins[r];
    return i->op != IR_GET || f->cur[i->imm] == r;
}

/* (shl x, 1 to 3) with x at hand */
static bool is_scaled(const Fold *f, IrRef r)
{
    const IrInsn *i = &f->ins[r];
    return i->op == IR_SHL && f->ins[i->arg[1]].op == IR_CONST &&
           fold_value(&f->ins[i->arg[1]]) <= 3 && is_at_hand(f, i->arg[0]);
}

/*
 * base: a sum of two values that the instruction right before made and put in a slot. What it was
 * made of is in registers still, and the access need not wait for the sum.
 */
static void fold_fresh_sum(Fold *f, IrInsn *i)
{
    enum { NEAR = 4 }; /* the sum, its set, at, a constant */
    const IrInsn *b = fold_arg(f, i, 0);
    if (b->op != IR_ADD || i->arg[0] + NEAR < f->u->n || i->arg[1])
        return;
    bool swap = is_scaled(f, b->arg[0]);
    IrRef x = b->arg[swap], y = b->arg[!swap];
    if (!is_at_hand(f, x) || !is_at_hand(f, y) || f->ins[y].op == IR_CONST)
        return;
    i->arg[0] = x;
    i->arg[1] = y;
    if (!is_scaled(f, y))
        return;
    i->arg[1] = f->ins[y].arg[0];
    i->aux |= (uint16_t)(fold_value(&f->ins[f->ins[y].arg[1]]) << MA_SCALE_SHIFT);
}

static void fold_address(Fold *f, IrInsn *i)
{
    if (fold_in_slot(f, i->arg[0]))
        fold_fresh_sum(f, i);
    for (uint32_t round = 0; round < 8; round++) {
        bool more = false;
        if (!fold_in_slot(f, i->arg[0]))
            more = fold_base_const(f, i) || fold_base_sum(f, i);
        if (!more && i->arg[1] && !fold_in_slot(f, i->arg[1]))
            more = fold_index_shift(f, i) || fold_index_extend(f, i) || fold_index_const(f, i);
        if (!more)
            return;
    }
}

/* cas, amo have no displacement: nothing to fold. A stored value loses bits that are not stored. */
static void fold_store_value(Fold *f, IrInsn *i)
{
    const IrInsn *v = &f->ins[i->arg[2]];
    unsigned bits = 8u << MA_SIZE(i->aux);
    if (v->op != IR_ZEXT && v->op != IR_SEXT && v->op != IR_TRUNC)
        return;
    const IrInsn *x = &f->ins[v->arg[0]];
    if (x->type >= IR_I8 && x->type <= IR_I64 && ir_type_bits((IrType)x->type) >= bits &&
        !fold_in_slot(f, i->arg[2]))
        i->arg[2] = v->arg[0];
}

void fold_access(Fold *f, IrInsn *i)
{
    if (i->op == IR_ST)
        fold_store_value(f, i);
    fold_address(f, i);
}

bool fold_effect(Fold *f, IrInsn *i)
{
    switch (i->op) {
    case IR_XIF:
    case IR_TRAPIF:
        return !fold_is_const(f, i->arg[0], 0);
    case IR_XIND: /* direct branches are not checked where they land */
        if (!i->aux && fold_arg(f, i, 0)->op == IR_GADDR)
            i->op = IR_XJUMP;
        return true;
    case IR_XCALLI:
        if (!i->aux && fold_arg(f, i, 0)->op == IR_GADDR)
            i->op = IR_XCALL;
        return true;
    default:
        return true;
    }
}
