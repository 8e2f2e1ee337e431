/*
 * Rules for integers, bools, bit fields, conversions and the few of vectors.
 *
 * Constants stand on the right of commutative ops and compares. gaddr + constant is a gaddr.
 *
 *     add (add x, 8), 16 -> add x, 24          unless `add x, 8` is a slot's content
 *     trunc (zext x:i32):i32 -> x              cmp.ne (zext b), 0 -> b
 */
#include "opt_rules.h"

static unsigned bits_of(const IrInsn *i)
{
    return ir_type_bits((IrType)i->type);
}

static uint64_t mask_of(const IrInsn *i)
{
    return ir_type_mask((IrType)i->type);
}

static uint64_t value_b(const Fold *f, const IrInsn *i)
{
    return fold_value(fold_arg(f, i, 1));
}

static bool swaps_const(const Fold *f, const IrInsn *i)
{
    uint8_t b = fold_arg(f, i, 1)->op;
    return b != IR_CONST && b != IR_GADDR;
}

/* const op x -> x op const */
static IrRef swap_args(Fold *f, IrInsn *i)
{
    if (!swaps_const(f, i))
        return FOLD_NO;
    uint32_t a = i->arg[0];
    i->arg[0] = i->arg[1];
    i->arg[1] = a;
    return FOLD_AGAIN;
}

static IrRef gaddr_first(Fold *f, IrInsn *i)
{
    return fold_arg(f, i, 1)->op == IR_GADDR ? FOLD_NO : swap_args(f, i);
}

static IrRef gaddr_plus(IrInsn *i, const IrInsn *g, uint64_t d)
{
    uint64_t v = fold_value(g) + d;
    *i = (IrInsn){IR_GADDR, IR_I64, 0, {(uint32_t)v, (uint32_t)(v >> 32), 0}, 0};
    return FOLD_AGAIN;
}

static IrRef add_gaddr(Fold *f, IrInsn *i)
{
    return gaddr_plus(i, fold_arg(f, i, 0), value_b(f, i));
}

static IrRef sub_gaddr(Fold *f, IrInsn *i)
{
    return gaddr_plus(i, fold_arg(f, i, 0), -value_b(f, i));
}

static IrRef sub_gaddrs(Fold *f, IrInsn *i)
{
    return fold_to_const(i, fold_value(fold_arg(f, i, 0)) - value_b(f, i));
}

/* x op 0 -> x */
static IrRef zero_is_neutral(Fold *f, IrInsn *i)
{
    (void)f;
    return i->arg[0];
}

/* x - x, x ^ x */
static IrRef same_gives_zero(Fold *f, IrInsn *i)
{
    (void)f;
    return fold_to_const(i, 0);
}

static IrRef same_gives_it(Fold *f, IrInsn *i)
{
    (void)f;
    return i->arg[0];
}

/* (x + c1) + c2, (x - c1) + c2 -> x + c; only adds: a sub may share its host insn with a flsub */
static IrRef add_chain(Fold *f, IrInsn *i)
{
    const IrInsn *a = fold_arg(f, i, 0);
    if (f->ins[a->arg[1]].op != IR_CONST)
        return FOLD_NO;
    uint64_t c1 = fold_value(&f->ins[a->arg[1]]), c2 = value_b(f, i);
    uint64_t c = (a->op == IR_ADD ? c2 + c1 : c2 - c1) & mask_of(i);
    IrRef x = a->arg[0], k = fold_const(f, (IrType)i->type, c);
    return k ? fold_to(i, IR_ADD, 0, x, k, 0) : FOLD_NO;
}

static IrRef mul_const(Fold *f, IrInsn *i)
{
    uint64_t c = value_b(f, i);
    if (c == 0)
        return i->arg[1];
    if (c == 1)
        return i->arg[0];
    if (c & (c - 1))
        return FOLD_NO;
    IrRef k = fold_const(f, (IrType)i->type, (uint64_t)__builtin_ctzll(c));
    return k ? fold_to(i, IR_SHL, 0, i->arg[0], k, 0) : FOLD_NO;
}

static IrRef udiv_const(Fold *f, IrInsn *i)
{
    uint64_t c = value_b(f, i);
    if (c == 0)
        return i->arg[1];
    if (c == 1)
        return i->arg[0];
    if (c & (c - 1))
        return FOLD_NO;
    IrRef k = fold_const(f, (IrType)i->type, (uint64_t)__builtin_ctzll(c));
    return k ? fold_to(i, IR_SHR, 0, i->arg[0], k, 0) : FOLD_NO;
}

/* Upper bound of a value's set bits, from the op that makes it. */
static uint64_t possible_bits(const Fold *f, IrRef r)
{
    const IrInsn *i = &f->ins[r];
    switch (i->op) {
    case IR_ZEXT:
        return ir_type_mask((IrType)f->ins[i->arg[0]].type);
    case IR_UBFX:
        return (i->aux >> 8) >= 64 ? ~0ull : (1ull << (i->aux >> 8)) - 1;
    case IR_LD: {
        unsigned bits = 8u << MA_SIZE(i->aux);
        return i->aux & MA_SIGNED || bits >= 64 ? mask_of(i) : (1ull << bits) - 1;
    }
    case IR_AND:
        if (f->ins[i->arg[1]].op == IR_CONST)
            return fold_value(&f->ins[i->arg[1]]);
        break;
    case IR_SHR:
        if (f->ins[i->arg[1]].op == IR_CONST)
            return mask_of(i) >> (fold_value(&f->ins[i->arg[1]]) & (bits_of(i) - 1));
        break;
    default:
        break;
    }
    return mask_of(i);
}

/* Value r of 64 bits is its low 32 bits, sign-extended. depth: how many ops may be looked through.
 */
static bool is_sign_extended(const Fold *f, IrRef r, unsigned depth)
{
    const IrInsn *i = &f->ins[r];
    switch (i->op) {
    case IR_CONST:
        return (int64_t)fold_value(i) == (int32_t)fold_value(i);
    case IR_SEXT:
        return f->ins[i->arg[0]].type <= IR_I32;
    case IR_ZEXT:
        return f->ins[i->arg[0]].type <= IR_I32 && !(possible_bits(f, i->arg[0]) >> 31);
    case IR_LD:
        return MA_SIZE(i->aux) < (i->aux & MA_SIGNED ? MEM_64 : MEM_32);
    case IR_SBFX:
        return i->aux >> 8 <= 32;
    case IR_UBFX:
        return i->aux >> 8 < 32;
    case IR_AND:
        if (possible_bits(f, r) <= INT32_MAX)
            return true;
        /* fall through */
    case IR_OR:
    case IR_XOR:
    case IR_ANDN:
        return depth && is_sign_extended(f, i->arg[0], depth - 1) &&
               is_sign_extended(f, i->arg[1], depth - 1);
    case IR_NOT:
        return depth && is_sign_extended(f, i->arg[0], depth - 1);
    default:
        return false;
    }
}

static IrRef and_const(Fold *f, IrInsn *i)
{
    uint64_t c = value_b(f, i);
    if (c == 0)
        return i->arg[1];
    return (possible_bits(f, i->arg[0]) & ~c) == 0 ? i->arg[0] : FOLD_NO;
}

static IrRef and_chain(Fold *f, IrInsn *i)
{
    const IrInsn *a = fold_arg(f, i, 0);
    if (f->ins[a->arg[1]].op != IR_CONST)
        return FOLD_NO;
    IrRef x = a->arg[0];
    IrRef k = fold_const(f, (IrType)i->type, fold_value(&f->ins[a->arg[1]]) & value_b(f, i));
    return k ? fold_to(i, IR_AND, 0, x, k, 0) : FOLD_NO;
}

static IrRef or_ones(Fold *f, IrInsn *i)
{
    return value_b(f, i) == mask_of(i) ? i->arg[1] : FOLD_NO;
}

static IrRef xor_ones(Fold *f, IrInsn *i)
{
    return value_b(f, i) == mask_of(i) ? fold_to(i, IR_NOT, 0, i->arg[0], 0, 0) : FOLD_NO;
}

/* a & ~c */
static IrRef andn_const(Fold *f, IrInsn *i)
{
    IrRef k = fold_const(f, (IrType)i->type, ~value_b(f, i) & mask_of(i));
    return k ? fold_to(i, IR_AND, 0, i->arg[0], k, 0) : FOLD_NO;
}

/* a & (not b) -> andn a, b */
static IrRef and_not(Fold *f, IrInsn *i)
{
    return fold_to(i, IR_ANDN, 0, i->arg[0], fold_arg(f, i, 1)->arg[0], 0);
}

static IrRef undo_unary(Fold *f, IrInsn *i)
{
    return fold_arg(f, i, 0)->arg[0];
}

static IrRef zero_minus(Fold *f, IrInsn *i)
{
    (void)f;
    return fold_to(i, IR_NEG, 0, i->arg[1], 0, 0);
}

/* 0 shifted */
static IrRef shifted_zero(Fold *f, IrInsn *i)
{
    (void)f;
    return i->arg[0];
}

/* Amounts are taken modulo the width. */
static IrRef shift_modulo(Fold *f, IrInsn *i)
{
    uint64_t n = value_b(f, i), w = bits_of(i);
    if (n % w == 0)
        return i->arg[0];
    if (n < w || (w & (w - 1)))
        return FOLD_NO;
    IrRef k = fold_const(f, (IrType)fold_arg(f, i, 1)->type, n % w);
    return k ? fold_to(i, (IrOp)i->op, 0, i->arg[0], k, 0) : FOLD_NO;
}

/* (x << a) >> b with b >= a is a bit field */
static IrRef shift_pair(Fold *f, IrInsn *i)
{
    const IrInsn *a = fold_arg(f, i, 0);
    if (f->ins[a->arg[1]].op != IR_CONST)
        return FOLD_NO;
    uint64_t l = fold_value(&f->ins[a->arg[1]]), r = value_b(f, i), w = bits_of(i);
    if (l >= w || r >= w || r < l)
        return FOLD_NO;
    uint32_t aux = (uint32_t)((r - l) | (w - r) << 8);
    return fold_to(i, i->op == IR_SHR ? IR_UBFX : IR_SBFX, aux, a->arg[0], 0, 0);
}

/* A field that reaches the top is a shift; the whole is the value. */
static IrRef field_to_shift(Fold *f, IrInsn *i)
{
    unsigned lsb = i->aux & 255, width = i->aux >> 8;
    if (width == bits_of(i))
        return i->arg[0];
    if (lsb + width != bits_of(i))
        return FOLD_NO;
    IrRef k = fold_const(f, (IrType)i->type, lsb);
    return k ? fold_to(i, i->op == IR_UBFX ? IR_SHR : IR_SAR, 0, i->arg[0], k, 0) : FOLD_NO;
}

/* A low field of what has no bits above it. */
static IrRef field_of_narrow(Fold *f, IrInsn *i)
{
    unsigned width = i->aux >> 8;
    if (i->aux & 255 || width >= 64)
        return FOLD_NO;
    return possible_bits(f, i->arg[0]) >> width ? FOLD_NO : i->arg[0];
}

static IrRef bfi_same(Fold *f, IrInsn *i)
{
    return i->aux == bits_of(i) << 8 ? i->arg[1] : FOLD_NO;
}

static IrRef extr_zero(Fold *f, IrInsn *i)
{
    return i->imm == 0 ? i->arg[1] : FOLD_NO;
}

static IrRef extr_same(Fold *f, IrInsn *i)
{
    if (i->imm == 0)
        return FOLD_NO;
    IrRef k = fold_const(f, (IrType)i->type, (uint64_t)i->imm);
    return k ? fold_to(i, IR_ROR, 0, i->arg[0], k, 0) : FOLD_NO;
}

/* zext (zext x), sext (sext x), trunc (trunc x) */
static IrRef same_twice(Fold *f, IrInsn *i)
{
    return fold_to(i, (IrOp)i->op, 0, fold_arg(f, i, 0)->arg[0], 0, 0);
}

static IrRef sext_zext(Fold *f, IrInsn *i)
{
    return fold_to(i, IR_ZEXT, 0, fold_arg(f, i, 0)->arg[0], 0, 0);
}

/* trunc of an extension: of what was extended, unless the extension lies in a slot: trunc is free
 */
static IrRef trunc_ext(Fold *f, IrInsn *i)
{
    const IrInsn *a = fold_arg(f, i, 0);
    unsigned from = ir_type_bits((IrType)f->ins[a->arg[0]].type), to = bits_of(i);
    if (f->ins[a->arg[0]].type == i->type)
        return a->arg[0];
    if (f->ins[a->arg[0]].type == IR_BOOL && a->op != IR_ZEXT)
        return FOLD_NO;
    return fold_to(i, from < to ? (IrOp)a->op : IR_TRUNC, 0, a->arg[0], 0, 0);
}

/* zext (trunc x) where x has no bits above */
static IrRef zext_trunc(Fold *f, IrInsn *i)
{
    const IrInsn *a = fold_arg(f, i, 0);
    if (f->ins[a->arg[0]].type != i->type || a->type == IR_BOOL)
        return FOLD_NO;
    return possible_bits(f, a->arg[0]) & ~ir_type_mask((IrType)a->type) ? FOLD_NO : a->arg[0];
}

/* sext (trunc x) where x is that already */
static IrRef sext_trunc(Fold *f, IrInsn *i)
{
    enum { DEPTH = 3 };
    const IrInsn *a = fold_arg(f, i, 0);
    if (i->type != IR_I64 || a->type != IR_I32 || f->ins[a->arg[0]].type != IR_I64)
        return FOLD_NO;
    return is_sign_extended(f, a->arg[0], DEPTH) ? a->arg[0] : FOLD_NO;
}

/* bools */
static IrRef bnot_cmp(Fold *f, IrInsn *i)
{
    static const uint8_t inverse[CMP_COUNT] = {CMP_NE,  CMP_EQ,  CMP_UGE, CMP_UGT, CMP_ULE,
                                               CMP_ULT, CMP_SGE, CMP_SGT, CMP_SLE, CMP_SLT};
    const IrInsn *a = fold_arg(f, i, 0);
    return fold_to(i, IR_CMP, inverse[a->aux], a->arg[0], a->arg[1], 0);
}

static IrRef bnot_cc(Fold *f, IrInsn *i)
{
    const IrInsn *a = fold_arg(f, i, 0);
    return fold_to(i, IR_CC, a->aux ^ 1u, a->arg[0], 0, 0);
}

static IrRef bool_const(Fold *f, IrInsn *i)
{
    bool c = value_b(f, i), is_and = i->op == IR_BAND;
    return c == is_and ? i->arg[0] : i->arg[1];
}

/* x == 0 and y == 0 -> (x | y) == 0; the same with != and or */
static IrRef bool_of_zeros(Fold *f, IrInsn *i)
{
    const IrInsn *a = fold_arg(f, i, 0), *b = fold_arg(f, i, 1);
    IrCmp c = i->op == IR_BAND ? CMP_EQ : CMP_NE;
    IrType t = (IrType)f->ins[a->arg[0]].type;
    bool zeros = fold_is_const(f, a->arg[1], 0) && fold_is_const(f, b->arg[1], 0);
    if (a->aux != c || b->aux != c || !zeros || f->ins[b->arg[0]].type != t)
        return FOLD_NO;
    IrRef zero = a->arg[1];
    IrRef any =
        fold_new(f, (IrInsn){.op = IR_OR, .type = (uint8_t)t, .arg = {a->arg[0], b->arg[0]}});
    return any ? fold_to(i, IR_CMP, c, any, zero, 0) : FOLD_NO;
}

static IrRef cmp_swap(Fold *f, IrInsn *i)
{
    static const uint8_t mirror[CMP_COUNT] = {CMP_EQ,  CMP_NE,  CMP_UGT, CMP_UGE, CMP_ULT,
                                              CMP_ULE, CMP_SGT, CMP_SGE, CMP_SLT, CMP_SLE};
    if (!swaps_const(f, i))
        return FOLD_NO;
    return fold_to(i, IR_CMP, mirror[i->aux], i->arg[1], i->arg[0], 0);
}

static IrRef cmp_same(Fold *f, IrInsn *i)
{
    (void)f;
    return fold_to_const(i, i->aux == CMP_EQ || i->aux == CMP_ULE || i->aux == CMP_UGE ||
                                i->aux == CMP_SLE || i->aux == CMP_SGE);
}

static IrRef cmp_gaddrs(Fold *f, IrInsn *i)
{
    if (i->aux != CMP_EQ && i->aux != CMP_NE)
        return FOLD_NO;
    bool eq = fold_value(fold_arg(f, i, 0)) == value_b(f, i);
    return fold_to_const(i, eq == (i->aux == CMP_EQ));
}

/* x < 0, x >= 0 unsigned and their like */
static IrRef cmp_zero(Fold *f, IrInsn *i)
{
    (void)f;
    switch (i->aux) {
    case CMP_ULT:
        return fold_to_const(i, 0);
    case CMP_UGE:
        return fold_to_const(i, 1);
    case CMP_ULE:
        return fold_to(i, IR_CMP, CMP_EQ, i->arg[0], i->arg[1], 0);
    case CMP_UGT:
        return fold_to(i, IR_CMP, CMP_NE, i->arg[0], i->arg[1], 0);
    default:
        return FOLD_NO;
    }
}

/* compare of an extended value with a constant: of the value itself where it fits */
static IrRef cmp_zext(Fold *f, IrInsn *i)
{
    const IrInsn *a = fold_arg(f, i, 0);
    IrRef x = a->arg[0];
    IrType t = (IrType)f->ins[x].type;
    uint64_t c = value_b(f, i);
    if (i->aux > CMP_UGE || c & ~ir_type_mask(t))
        return FOLD_NO;
    if (t != IR_BOOL) {
        IrRef k = fold_const(f, t, c);
        return k ? fold_to(i, IR_CMP, i->aux, x, k, 0) : FOLD_NO;
    }
    if (i->aux > CMP_NE)
        return FOLD_NO;
    if ((i->aux == CMP_NE) == (c == 0))
        return x;
    return fold_to(i, IR_BNOT, 0, x, 0, 0);
}

static IrRef select_const(Fold *f, IrInsn *i)
{
    return fold_value(fold_arg(f, i, 0)) & 1 ? i->arg[1] : i->arg[2];
}

static IrRef select_same(Fold *f, IrInsn *i)
{
    return i->arg[1] == i->arg[2] ? i->arg[1] : FOLD_NO;
}

static IrRef select_bnot(Fold *f, IrInsn *i)
{
    return fold_to(i, IR_SELECT, 0, fold_arg(f, i, 0)->arg[0], i->arg[2], i->arg[1]);
}

/* select c, 1, 0 -> zext c; of bools: and, or */
static IrRef select_bits(Fold *f, IrInsn *i)
{
    IrRef c = i->arg[0];
    bool one_zero = fold_is_const(f, i->arg[1], 1) && fold_is_const(f, i->arg[2], 0);
    bool zero_one = fold_is_const(f, i->arg[1], 0) && fold_is_const(f, i->arg[2], 1);
    if (i->type == IR_BOOL) {
        if (fold_is_const(f, i->arg[2], 0))
            return fold_to(i, IR_BAND, 0, c, i->arg[1], 0);
        if (fold_is_const(f, i->arg[1], 1))
            return fold_to(i, IR_BOR, 0, c, i->arg[2], 0);
        return FOLD_NO;
    }
    if (i->type < IR_I8 || i->type > IR_I64 || (!one_zero && !zero_one))
        return FOLD_NO;
    if (zero_one) {
        c = fold_new(f, (IrInsn){.op = IR_BNOT, .type = IR_BOOL, .arg = {c}});
        if (!c)
            return FOLD_NO;
    }
    return fold_to(i, IR_ZEXT, 0, c, 0, 0);
}

/* clz (rbit x), which is how A64 counts trailing zeros */
static IrRef clz_rbit(Fold *f, IrInsn *i)
{
    return fold_to(i, IR_CTZ, 0, fold_arg(f, i, 0)->arg[0], 0, 0);
}

/* vto (vzhi x): a scalar is all in the lower half */
static IrRef vto_vzhi(Fold *f, IrInsn *i)
{
    i->arg[0] = fold_arg(f, i, 0)->arg[0];
    return FOLD_AGAIN;
}

/* vto (vfrom x) -> x of the same type */
static IrRef vto_vfrom(Fold *f, IrInsn *i)
{
    IrRef x = fold_arg(f, i, 0)->arg[0];
    return f->ins[x].type == i->type ? x : FOLD_NO;
}

/* vzhi of what has a zero upper half already */
static IrRef vzhi_zeroed(Fold *f, IrInsn *i)
{
    return i->arg[0];
}

static IrRef bitcast_back(Fold *f, IrInsn *i)
{
    IrRef x = fold_arg(f, i, 0)->arg[0];
    return f->ins[x].type == i->type ? x : FOLD_NO;
}

/* lane 0 of a vector made from an integer of that size */
static IrRef vget_vfrom(Fold *f, IrInsn *i)
{
    IrRef x = fold_arg(f, i, 0)->arg[0];
    bool whole = (i->aux & VE_MASK) == (i->type == IR_I64 ? VE_64 : VE_32);
    return i->imm == 0 && whole && f->ins[x].type == i->type ? x : FOLD_NO;
}

#define ANY   P_ANY
#define SAME  P_SAME
#define ZERO  P_ZERO
#define LARGE P_LARGE
#define END                                                                                        \
    {                                                                                              \
        P_END, P_END, false, NULL                                                                  \
    }

static const FoldRule r_add[] = {{IR_CONST, ANY, false, swap_args},
                                 {ANY, ZERO, false, zero_is_neutral},
                                 {IR_GADDR, IR_CONST, false, add_gaddr},
                                 {IR_GADDR, ANY, false, gaddr_first},
                                 {IR_ADD, IR_CONST, true, add_chain},
                                 {IR_SUB, IR_CONST, true, add_chain},
                                 END};
static const FoldRule r_sub[] = {
    {ANY, ZERO, false, zero_is_neutral},     {IR_GADDR, IR_CONST, false, sub_gaddr},
    {IR_GADDR, IR_GADDR, false, sub_gaddrs}, {ZERO, ANY, false, zero_minus},
    {ANY, SAME, false, same_gives_zero},     END};
static const FoldRule r_mul[] = {
    {IR_CONST, ANY, false, swap_args}, {ANY, IR_CONST, false, mul_const}, END};
static const FoldRule r_udiv[] = {{ANY, IR_CONST, false, udiv_const}, END};
static const FoldRule r_and[] = {
    {IR_CONST, ANY, false, swap_args}, {IR_AND, IR_CONST, true, and_chain},
    {ANY, IR_CONST, false, and_const}, {ANY, IR_NOT, false, and_not},
    {ANY, SAME, false, same_gives_it}, END};
static const FoldRule r_or[] = {{IR_CONST, ANY, false, swap_args},
                                {ANY, ZERO, false, zero_is_neutral},
                                {ANY, LARGE, false, or_ones},
                                {ANY, SAME, false, same_gives_it},
                                END};
static const FoldRule r_xor[] = {{IR_CONST, ANY, false, swap_args},
                                 {ANY, ZERO, false, zero_is_neutral},
                                 {ANY, LARGE, false, xor_ones},
                                 {ANY, SAME, false, same_gives_zero},
                                 END};
static const FoldRule r_andn[] = {
    {ANY, IR_CONST, false, andn_const}, {ANY, SAME, false, same_gives_zero}, END};
static const FoldRule r_not[] = {{IR_NOT, ANY, false, undo_unary}, END};
static const FoldRule r_neg[] = {{IR_NEG, ANY, false, undo_unary}, END};
static const FoldRule r_shl[] = {{ANY, ZERO, false, zero_is_neutral},
                                 {ANY, LARGE, false, shift_modulo},
                                 {ZERO, ANY, false, shifted_zero},
                                 END};
static const FoldRule r_shr[] = {{ANY, ZERO, false, zero_is_neutral},
                                 {ANY, LARGE, false, shift_modulo},
                                 {IR_SHL, IR_CONST, true, shift_pair},
                                 END};
static const FoldRule r_ror[] = {
    {ANY, ZERO, false, zero_is_neutral}, {ANY, LARGE, false, shift_modulo}, END};
static const FoldRule r_extr[] = {{ANY, ANY, false, extr_zero}, {ANY, SAME, false, extr_same}, END};
static const FoldRule r_ubfx[] = {
    {ANY, ANY, false, field_to_shift}, {ANY, ANY, false, field_of_narrow}, END};
static const FoldRule r_sbfx[] = {{ANY, ANY, false, field_to_shift}, END};
static const FoldRule r_bfi[] = {{ANY, ANY, false, bfi_same}, END};
static const FoldRule r_bswap[] = {{IR_BSWAP, ANY, false, undo_unary}, END};
static const FoldRule r_rev16[] = {{IR_REV16, ANY, false, undo_unary}, END};
static const FoldRule r_clz[] = {{IR_RBIT, ANY, false, clz_rbit}, END};
static const FoldRule r_rbit[] = {{IR_RBIT, ANY, false, undo_unary}, END};
static const FoldRule r_zext[] = {
    {IR_ZEXT, ANY, false, same_twice}, {IR_TRUNC, ANY, false, zext_trunc}, END};
static const FoldRule r_sext[] = {{IR_SEXT, ANY, false, same_twice},
                                  {IR_ZEXT, ANY, false, sext_zext},
                                  {IR_TRUNC, ANY, false, sext_trunc},
                                  END};
static const FoldRule r_trunc[] = {{IR_TRUNC, ANY, false, same_twice},
                                   {IR_ZEXT, ANY, true, trunc_ext},
                                   {IR_SEXT, ANY, true, trunc_ext},
                                   END};
static const FoldRule r_cmp[] = {
    {IR_CONST, ANY, false, cmp_swap},        {ANY, SAME, false, cmp_same},
    {IR_GADDR, IR_GADDR, false, cmp_gaddrs}, {ANY, ZERO, false, cmp_zero},
    {IR_ZEXT, IR_CONST, false, cmp_zext},    END};
static const FoldRule r_select[] = {{IR_CONST, ANY, false, select_const},
                                    {IR_BNOT, ANY, false, select_bnot},
                                    {ANY, ANY, false, select_same},
                                    {ANY, ANY, false, select_bits},
                                    END};
static const FoldRule r_bnot[] = {{IR_BNOT, ANY, false, undo_unary},
                                  {IR_CMP, ANY, false, bnot_cmp},
                                  {IR_CC, ANY, false, bnot_cc},
                                  END};
static const FoldRule r_band[] = {{IR_CONST, ANY, false, swap_args},
                                  {ANY, IR_CONST, false, bool_const},
                                  {ANY, SAME, false, same_gives_it},
                                  {IR_CMP, IR_CMP, false, bool_of_zeros},
                                  END};
static const FoldRule r_fneg[] = {{IR_FNEG, ANY, false, undo_unary}, END};
static const FoldRule r_bitcast[] = {{IR_BITCAST, ANY, false, bitcast_back}, END};
static const FoldRule r_vto[] = {
    {IR_VFROM, ANY, false, vto_vfrom}, {IR_VZHI, ANY, false, vto_vzhi}, END};
static const FoldRule r_vget[] = {{IR_VFROM, ANY, false, vget_vfrom}, END};
static const FoldRule r_vzhi[] = {{IR_VZHI, ANY, false, vzhi_zeroed},
                                  {IR_VFROM, ANY, false, vzhi_zeroed},
                                  {IR_VXTN, ANY, false, vzhi_zeroed},
                                  END};
static const FoldRule r_vnot[] = {{IR_VNOT, ANY, false, undo_unary}, END};
static const FoldRule r_vand[] = {{ANY, SAME, false, same_gives_it}, END};

const FoldRule *const fold_rules[IR_OP_COUNT] = {
    [IR_ADD] = r_add,
    [IR_SUB] = r_sub,
    [IR_MUL] = r_mul,
    [IR_UDIV] = r_udiv,
    [IR_AND] = r_and,
    [IR_OR] = r_or,
    [IR_XOR] = r_xor,
    [IR_ANDN] = r_andn,
    [IR_NOT] = r_not,
    [IR_NEG] = r_neg,
    [IR_SHL] = r_shl,
    [IR_SHR] = r_shr,
    [IR_SAR] = r_shr,
    [IR_ROR] = r_ror,
    [IR_EXTR] = r_extr,
    [IR_UBFX] = r_ubfx,
    [IR_SBFX] = r_sbfx,
    [IR_BFI] = r_bfi,
    [IR_BSWAP] = r_bswap,
    [IR_REV16] = r_rev16,
    [IR_CLZ] = r_clz,
    [IR_RBIT] = r_rbit,
    [IR_ZEXT] = r_zext,
    [IR_SEXT] = r_sext,
    [IR_TRUNC] = r_trunc,
    [IR_CMP] = r_cmp,
    [IR_SELECT] = r_select,
    [IR_BNOT] = r_bnot,
    [IR_BAND] = r_band,
    [IR_BOR] = r_band,
    [IR_FNEG] = r_fneg,
    [IR_BITCAST] = r_bitcast,
    [IR_VTO] = r_vto,
    [IR_VGET] = r_vget,
    [IR_VZHI] = r_vzhi,
    [IR_VNOT] = r_vnot,
    [IR_VAND] = r_vand,
    [IR_VOR] = r_vand,
    [IR_CC] = fold_rules_cc,
    [IR_FLPACK] = fold_rules_flpack,
    [IR_ADC] = fold_rules_adc,
    [IR_SBC] = fold_rules_sbc,
    [IR_FLADC] = fold_rules_adc,
    [IR_FLSBC] = fold_rules_sbc,
    [IR_FLUNPACK] = fold_rules_flunpack,
};
