/*
 * Rules for condition flags: a condition on flags of a known producer is a compare of the
 * producer's operands, so that the flags themselves die or are only stored.
 *
 *     cc.lt (flsub a, b) -> cmp.slt a, b          cc.eq (fllogic a) -> cmp.eq a, 0
 *     cc.ne (flsub a, b) -> cmp.ne (sub a, b), 0  when that difference is there and in a slot: the
 *                                                 operands need not outlive `subs`
 *     cc (select c, fl, const) -> band or bor of c and cc fl          (ccmp)
 */
#include "opt_rules.h"

/* cmp.aux a, 0 */
static IrRef cmp_with_zero(Fold *f, IrInsn *i, IrCmp c, IrRef a)
{
    IrRef zero = fold_const(f, (IrType)f->ins[a].type, 0);
    return zero ? fold_to(i, IR_CMP, c, a, zero, 0) : FOLD_NO;
}

/* The compare of a result with zero that EQ, NE, MI, PL stand for; CMP_COUNT for others. */
static IrCmp result_cmp(uint32_t cond)
{
    switch (cond) {
    case CC_EQ:
        return CMP_EQ;
    case CC_NE:
        return CMP_NE;
    case CC_MI:
        return CMP_SLT;
    case CC_PL:
        return CMP_SGE;
    default:
        return CMP_COUNT;
    }
}

/* The op a, b that shares the flag maker's operands, if it is there and is a slot's content. */
static IrRef slot_result(Fold *f, IrOp op, const IrInsn *fl)
{
    IrInsn want = {
        .op = (uint8_t)op, .type = f->ins[fl->arg[0]].type, .arg = {fl->arg[0], fl->arg[1]}};
    IrRef r = fold_find(f, &want);
    if (r && fold_in_slot(f, r))
        return r;
    if (!r || want.type != IR_I32)
        return 0;
    IrInsn ext = {.op = IR_ZEXT, .type = IR_I64, .arg = {r}}; /* a W register's content */
    IrRef z = fold_find(f, &ext);
    if (!z || !fold_in_slot(f, z))
        return 0;
    return fold_new(f, (IrInsn){.op = IR_TRUNC, .type = IR_I32, .arg = {z}});
}

static IrRef cc_flsub(Fold *f, IrInsn *i)
{
    static const uint8_t cmps[CC_COUNT] = {
        [CC_EQ] = CMP_EQ,    [CC_NE] = CMP_NE,    [CC_CS] = CMP_UGE,   [CC_CC] = CMP_ULT,
        [CC_MI] = CMP_COUNT, [CC_PL] = CMP_COUNT, [CC_VS] = CMP_COUNT, [CC_VC] = CMP_COUNT,
        [CC_HI] = CMP_UGT,   [CC_LS] = CMP_ULE,   [CC_GE] = CMP_SGE,   [CC_LT] = CMP_SLT,
        [CC_GT] = CMP_SGT,   [CC_LE] = CMP_SLE};
    const IrInsn *fl = fold_arg(f, i, 0);
    IrCmp zero = result_cmp(i->aux);
    if (zero != CMP_COUNT) {
        if (fold_is_const(f, fl->arg[1], 0))
            return cmp_with_zero(f, i, zero, fl->arg[0]);
        IrRef d = slot_result(f, IR_SUB, fl);
        if (d)
            return cmp_with_zero(f, i, zero, d);
    }
    if (cmps[i->aux] == CMP_COUNT)
        return FOLD_NO;
    return fold_to(i, IR_CMP, cmps[i->aux], fl->arg[0], fl->arg[1], 0);
}

static IrRef cc_fladd(Fold *f, IrInsn *i)
{
    const IrInsn *fl = fold_arg(f, i, 0);
    IrCmp zero = result_cmp(i->aux);
    if (zero == CMP_COUNT)
        return FOLD_NO;
    IrRef s = slot_result(f, IR_ADD, fl);
    if (s)
        return cmp_with_zero(f, i, zero, s);
    IrType t = (IrType)f->ins[fl->arg[0]].type;
    if ((i->aux != CC_EQ && i->aux != CC_NE) || f->ins[fl->arg[1]].op != IR_CONST)
        return FOLD_NO;
    IrRef a = fl->arg[0]; /* a + c == 0 when a == -c */
    IrRef k = fold_const(f, t, -fold_value(&f->ins[fl->arg[1]]) & ir_type_mask(t));
    return k ? fold_to(i, IR_CMP, zero, a, k, 0) : FOLD_NO;
}

/* C and V are clear */
static IrRef cc_fllogic(Fold *f, IrInsn *i)
{
    IrRef a = fold_arg(f, i, 0)->arg[0];
    switch (i->aux) {
    case CC_CS:
    case CC_VS:
    case CC_HI:
        return fold_to_const(i, 0);
    case CC_CC:
    case CC_VC:
    case CC_LS:
        return fold_to_const(i, 1);
    case CC_GE:
        return cmp_with_zero(f, i, CMP_SGE, a);
    case CC_LT:
        return cmp_with_zero(f, i, CMP_SLT, a);
    case CC_GT:
        return cmp_with_zero(f, i, CMP_SGT, a);
    case CC_LE:
        return cmp_with_zero(f, i, CMP_SLE, a);
    default:
        return cmp_with_zero(f, i, result_cmp(i->aux), a);
    }
}

/* cc of one of two flags values, one of them constant */
static IrRef cc_select(Fold *f, IrInsn *i)
{
    const IrInsn *s = fold_arg(f, i, 0);
    IrRef c = s->arg[0], yes = s->arg[1], no = s->arg[2];
    bool no_const = f->ins[no].op == IR_CONST;
    if (!no_const && f->ins[yes].op != IR_CONST)
        return FOLD_NO;
    IrRef part = no_const ? yes : no, k = no_const ? no : yes;
    bool v = ir_eval_cond((IrCond)i->aux, fold_value(&f->ins[k]));
    IrRef b = fold_new(f, (IrInsn){.op = IR_CC, .type = IR_BOOL, .aux = i->aux, .arg = {part}});
    if (!b)
        return FOLD_NO;
    if (v == no_const) { /* bnot c | b; or, the constant on the other side, bnot c & b */
        c = fold_new(f, (IrInsn){.op = IR_BNOT, .type = IR_BOOL, .arg = {c}});
        if (!c)
            return FOLD_NO;
    }
    return fold_to(i, v ? IR_BOR : IR_BAND, 0, c, b, 0);
}

static IrRef pack_unpack(Fold *f, IrInsn *i)
{
    IrRef k = fold_const(f, IR_I32, 0xf0000000);
    return k ? fold_to(i, IR_AND, 0, fold_arg(f, i, 0)->arg[0], k, 0) : FOLD_NO;
}

static IrRef unpack_pack(Fold *f, IrInsn *i)
{
    return fold_arg(f, i, 0)->arg[0];
}

/* a + b + C, a + ~b + C with C known */
static IrRef known_carry(Fold *f, IrInsn *i)
{
    const IrInsn *fl = &f->ins[i->arg[2]];
    if (fl->op != IR_CONST)
        return FOLD_NO;
    bool carry = ir_eval_cond(CC_CS, fold_value(fl));
    switch (i->op) {
    case IR_ADC:
        return carry ? FOLD_NO : fold_to(i, IR_ADD, 0, i->arg[0], i->arg[1], 0);
    case IR_FLADC:
        return carry ? FOLD_NO : fold_to(i, IR_FLADD, 0, i->arg[0], i->arg[1], 0);
    case IR_SBC:
        return carry ? fold_to(i, IR_SUB, 0, i->arg[0], i->arg[1], 0) : FOLD_NO;
    default:
        return carry ? fold_to(i, IR_FLSUB, 0, i->arg[0], i->arg[1], 0) : FOLD_NO;
    }
}

#define ANY P_ANY
#define END                                                                                        \
    {                                                                                              \
        P_END, P_END, false, NULL                                                                  \
    }
const FoldRule fold_rules_cc[] = {{IR_FLSUB, ANY, false, cc_flsub},
                                  {IR_FLADD, ANY, false, cc_fladd},
                                  {IR_FLLOGIC, ANY, false, cc_fllogic},
                                  {IR_SELECT, ANY, false, cc_select},
                                  END};
const FoldRule fold_rules_flpack[] = {{IR_FLUNPACK, ANY, false, pack_unpack}, END};
const FoldRule fold_rules_flunpack[] = {{IR_FLPACK, ANY, false, unpack_pack}, END};
const FoldRule fold_rules_adc[] = {{ANY, ANY, false, known_carry}, END};
const FoldRule fold_rules_sbc[] = {{ANY, ANY, false, known_carry}, END};
