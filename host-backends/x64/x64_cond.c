/*
 * Conditions: bools that their user fuses as a compare and a condition code.
 *
 * A compare is dropped altogether when an earlier insn leaves the same EFLAGS and everything
 * between keeps them: `subs x0, x0, #1; b.ne` is `sub rbx, 1; jne`. What keeps EFLAGS: moves of the
 * allocator, sets, gets, plain loads and stores, extensions, and insns that are not needed at all.
 *
 *     cmp.eq (and v1, 8), 0      test v1, 8; e
 *     cc.hi (flsub v1, v2)       cmp v1, v2; a        x86's CF is the borrow: Arm's C inverted
 *     cc.ge (get nzcv)           movzx t, f16; shr t, 15; xor t, f; test t, 1; e
 */
#include "x64_internal.h"

enum { WINDOW = 24 }; /* IR insns looked back over */

static const uint8_t cmp_to_x64[CMP_COUNT] = {
    [CMP_EQ] = X64_E,  [CMP_NE] = X64_NE,  [CMP_ULT] = X64_B, [CMP_ULE] = X64_BE,
    [CMP_UGT] = X64_A, [CMP_UGE] = X64_AE, [CMP_SLT] = X64_L, [CMP_SLE] = X64_LE,
    [CMP_SGT] = X64_G, [CMP_SGE] = X64_GE,
};
static const uint8_t cmp_swapped[CMP_COUNT] = {
    [CMP_EQ] = CMP_EQ,   [CMP_NE] = CMP_NE,   [CMP_ULT] = CMP_UGT, [CMP_ULE] = CMP_UGE,
    [CMP_UGT] = CMP_ULT, [CMP_UGE] = CMP_ULE, [CMP_SLT] = CMP_SGT, [CMP_SLE] = CMP_SGE,
    [CMP_SGT] = CMP_SLT, [CMP_SGE] = CMP_SLE,
};
static const uint8_t cc_to_x64[CC_COUNT] = {
    [CC_EQ] = X64_E,  [CC_NE] = X64_NE, [CC_CS] = X64_AE, [CC_CC] = X64_B,  [CC_MI] = X64_S,
    [CC_PL] = X64_NS, [CC_VS] = X64_O,  [CC_VC] = X64_NO, [CC_HI] = X64_A,  [CC_LS] = X64_BE,
    [CC_GE] = X64_GE, [CC_LT] = X64_L,  [CC_GT] = X64_G,  [CC_LE] = X64_LE,
};

X64Cc x64_cc_of(IrCond c)
{
    return (X64Cc)cc_to_x64[c];
}

X64Cc x64_cc_of_cmp(IrCmp c)
{
    return (X64Cc)cmp_to_x64[c];
}

IrCmp x64_cmp_swapped(IrCmp c)
{
    return (IrCmp)cmp_swapped[c];
}

/* ---- looking back for EFLAGS ------------------------------------------------------------------
 */

static bool used_between(const X64Sel *s, IrRef j, IrRef at)
{
    for (IrRef k = j + 1; k < at; k++) {
        const IrInsn *x = x64_ir(s, k);
        for (unsigned a = 0; a < ir_ops[x->op].nargs; a++)
            if (x->arg[a] == j)
                return true;
    }
    return false;
}

static bool access_keeps(const X64Sel *s, const IrInsn *x)
{
    bool plain = MA_ORDER(x->aux) != ORD_REL && MA_ORDER(x->aux) != ORD_SEQ;
    bool computed = x->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW) || s->u->mode & MODE_TBI_MASK ||
                    x64_ir(s, x->arg[0])->op == IR_GADDR;
    return plain && !computed;
}

enum {
    KEEPS = 1,
    KEEPS_PLAIN = 2, /* if access_keeps() says so */
    COMPARES = 4,    /* leaves_compare() may say so */
};
static const uint8_t keeps[IR_OP_COUNT] = {
    [IR_NOP] = KEEPS,      [IR_AT] = KEEPS,       [IR_CONST] = KEEPS,  [IR_VCONST] = KEEPS,
    [IR_GADDR] = KEEPS,    [IR_GET] = KEEPS,      [IR_PARAM] = KEEPS,  [IR_SET] = KEEPS,
    [IR_TRUNC] = KEEPS,    [IR_ZEXT] = KEEPS,     [IR_SEXT] = KEEPS,   [IR_NOT] = KEEPS,
    [IR_LD] = KEEPS_PLAIN, [IR_ST] = KEEPS_PLAIN, [IR_SUB] = COMPARES, [IR_FLSUB] = COMPARES,
    [IR_AND] = COMPARES,   [IR_OR] = COMPARES,    [IR_XOR] = COMPARES, [IR_ADD] = COMPARES,
};

/* Insn j leaves EFLAGS alone, whatever comes of it; `at` is the reader. */
static bool keeps_flags(const X64Sel *s, IrRef j, IrRef at)
{
    const IrInsn *x = x64_ir(s, j);
    if (keeps[x->op] & (KEEPS | KEEPS_PLAIN))
        return keeps[x->op] == KEEPS || access_keeps(s, x);
    return !s->val[j] && !ir_effects(x) && !used_between(s, j, at);
}

/* All insns between the one at `from` and the reader `at` keep EFLAGS. */
static bool window_open(const X64Sel *s, IrRef from, IrRef at)
{
    if (from < s->block_first || at - from > WINDOW)
        return false;
    for (IrRef j = at - 1; j > from; j--)
        if (!keeps_flags(s, j, at))
            return false;
    return true;
}

bool x64_sel_eflags_stay(const X64Sel *s, IrRef from, IrRef at)
{
    return window_open(s, from, at);
}

static bool same_value(const X64Sel *s, IrRef a, IrRef b)
{
    return a == b ||
           (ir_is_const(s->u, a) && ir_is_const(s->u, b) && ir_value(s->u, a) == ir_value(s->u, b));
}

/* Insn j leaves the EFLAGS of `cmp a, b` as far as cc looks. */
static bool leaves_compare(const X64Sel *s, IrRef j, IrRef a, IrRef b, X64Cc *cc)
{
    const IrInsn *x = x64_ir(s, j);
    if (x->op == IR_SUB || x->op == IR_FLSUB)
        if (x->arg[0] == a && same_value(s, x->arg[1], b) && x64_ir(s, a)->type >= IR_I32)
            return true;
    bool zero = ir_is_const(s->u, b) && ir_value(s->u, b) == 0;
    if (!zero || j != a || x->type < IR_I32)
        return false;
    bool logic = x->op == IR_AND || x->op == IR_OR || x->op == IR_XOR;
    if (!logic && x->op != IR_ADD && x->op != IR_SUB)
        return false;
    if (*cc == X64_L || *cc == X64_GE)
        *cc = *cc == X64_L ? X64_S : X64_NS;
    return *cc == X64_E || *cc == X64_NE || *cc == X64_S || *cc == X64_NS ||
           (logic && (*cc == X64_G || *cc == X64_LE));
}

static bool reuse_compare(X64Sel *s, RaInsn *r, IrRef a, IrRef b, X64Cc cc)
{
    IrRef at = r->ir;
    IrRef end = MAX(s->block_first, at - MIN(at, WINDOW - 1u));
    const IrInsn *x = x64_ir(s, at);
    for (IrRef j = at; j-- > end;) {
        if (keeps[(--x)->op] == KEEPS)
            continue;
        X64Cc c = cc;
        if (keeps[x->op] == COMPARES && leaves_compare(s, j, a, b, &c)) {
            s->val[j] |= X64_EFL_WANTED;
            r->cond = COND_EFLAGS;
            r->cc = (uint8_t)c;
            r->imm = j;
            return true;
        }
        if (!keeps_flags(s, j, at))
            return false;
    }
    return false;
}

/* ---- compares ----------------------------------------------------------------------------------
 */

static void set_cond(RaInsn *r, X64CondKind k, unsigned cc, unsigned size, int64_t imm)
{
    r->cond = (uint8_t)k;
    r->cc = (uint8_t)cc;
    r->extra |= size;
    r->imm = imm;
}

/* a & mask, for a test instruction; of 1 << size bytes. */
static bool test_mask(X64Sel *s, RaInsn *r, IrRef a, uint64_t mask, unsigned size, X64Cc cc)
{
    if (mask && !(mask & (mask - 1)) && mask > INT32_MAX && (cc == X64_E || cc == X64_NE)) {
        unsigned bit = (unsigned)__builtin_ctzll(mask);
        set_cond(r, COND_BT, cc == X64_E ? X64_AE : X64_B, size, bit);
        x64_sel_use_int(s, r, a, size, 0);
        return true;
    }
    bool zero = cc == X64_E || cc == X64_NE; /* the others look at the sign */
    if (mask > UINT32_MAX || (mask > INT32_MAX && size == 3 && !zero))
        return false;
    size = zero && mask <= 0xff ? 0 : 2;
    set_cond(r, COND_TEST, cc, size, (int32_t)mask);
    r->extra |= 1u << 8; /* with the immediate */
    x64_sel_use_int(s, r, a, size, 0);
    return true;
}

/* A compare of v with 0: its operation becomes a test if nothing else needs it. */
static bool test_of(X64Sel *s, RaInsn *r, IrRef v, unsigned size, X64Cc cc)
{
    const IrInsn *x = x64_ir(s, v);
    if (s->val[v] & X64_NEED || size < 2)
        return false;
    if (x->op == IR_AND) {
        if (ir_is_const(s->u, x->arg[1])) {
            uint64_t m = ir_value(s->u, x->arg[1]);
            return test_mask(s, r, x->arg[0], size == 2 ? (uint32_t)m : m, size, cc);
        }
        set_cond(r, COND_TEST, cc, size, 0);
        x64_sel_use_int(s, r, x->arg[0], size, 0);
        x64_sel_use_int(s, r, x->arg[1], size, 0);
        return true;
    }
    if (x->op == IR_UBFX && (cc == X64_E || cc == X64_NE)) {
        unsigned lsb = x->aux & 0xff, width = x->aux >> 8;
        uint64_t m = (width >= 64 ? ~0ull : (1ull << width) - 1) << lsb;
        return test_mask(s, r, x->arg[0], m, size, cc);
    }
    return false;
}

static void cond_compare(X64Sel *s, RaInsn *r, IrRef a, IrRef b, X64Cc cc)
{
    IrType t = (IrType)x64_ir(s, a)->type;
    unsigned size = x64_type_size(t);
    int64_t imm = 0;
    bool is_imm = x64_sel_imm(s, b, size, &imm);
    if (is_imm && imm == 0 && cc != X64_B && cc != X64_AE && cc != X64_O && cc != X64_NO) {
        cc = cc == X64_A ? X64_NE : cc == X64_BE ? X64_E : cc;
        X64Cc sign = cc == X64_L ? X64_S : cc == X64_GE ? X64_NS : cc;
        if (test_of(s, r, a, size, sign))
            return;
        set_cond(r, COND_TEST, cc, size, 0);
        x64_sel_use_int(s, r, a, size, 0);
        return;
    }
    set_cond(r, COND_CMP, cc, size, imm);
    if (is_imm) {
        r->extra |= 1u << 8;
        x64_sel_use_int(s, r, a, size, RAF_MEM_OK);
        return;
    }
    x64_sel_use_int(s, r, a, size, 0);
    x64_sel_use_int(s, r, b, size, RAF_MEM_OK);
}

static void sel_cmp(X64Sel *s, RaInsn *r, const IrInsn *in, bool negate)
{
    IrCmp c = (IrCmp)in->aux;
    IrRef a = in->arg[0], b = in->arg[1];
    if (ir_is_const(s->u, a) && !ir_is_const(s->u, b)) {
        IrRef t = a;
        a = b;
        b = t;
        c = (IrCmp)cmp_swapped[c];
    }
    X64Cc cc = (X64Cc)(cmp_to_x64[c] ^ negate);
    const IrInsn *x = x64_ir(s, a);
    bool zero = ir_is_const(s->u, b) && ir_value(s->u, b) == 0;
    bool mask = (x->op == IR_AND || x->op == IR_UBFX) && !s->val[a];
    if (zero && mask) /* a test makes the operation itself unnecessary */
        cond_compare(s, r, a, b, cc);
    else if (!reuse_compare(s, r, a, b, cc))
        cond_compare(s, r, a, b, cc);
}

/* ---- conditions on flags -----------------------------------------------------------------------
 */

static bool cc_needs_tmp(IrCond c)
{
    return c >= CC_GE && c <= CC_LE;
}

static void cond_packed(X64Sel *s, RaInsn *r, IrRef f, IrCond c)
{
    set_cond(r, COND_FLAGS, c, 2, 0);
    if (cc_needs_tmp(c)) {
        r->extra |= (uint32_t)r->n_tmp[RC_GPR] << 16;
        r->n_tmp[RC_GPR]++;
    }
    x64_sel_use(s, r, f, RC_GPR, 0);
}

static bool reuse_ucomi(X64Sel *s, RaInsn *r, IrRef f, IrCond c)
{
    X64Cond out;
    unsigned have = s->val[f] & (X64_EFL_UCOMI | X64_EFL_UCOMI_SWAP);
    for (unsigned swap = 0; swap < 2; swap++) {
        unsigned bit = swap ? X64_EFL_UCOMI_SWAP : X64_EFL_UCOMI;
        if ((have && have != bit) || !x64_fcmp_cond(c, swap, &out))
            continue;
        s->val[f] |= (uint8_t)bit;
        set_cond(r, COND_UCOMI, c, 0, 0);
        r->extra |= swap << 8;
        return true;
    }
    return false;
}

static bool reuse_flags(X64Sel *s, RaInsn *r, IrRef f, IrCond c)
{
    switch ((IrOp)x64_ir(s, f)->op) {
    case IR_FLADD:
    case IR_FLSUB:
    case IR_FLADC:
    case IR_FLSBC:
    case IR_FLLOGIC:
        if (!window_open(s, f, r->ir))
            return false;
        s->val[f] |= X64_EFL_WANTED;
        r->cond = COND_EFLAGS;
        r->cc = cc_to_x64[c];
        r->imm = f;
        return true;
    case IR_FCMP:
        return window_open(s, f, r->ir) && reuse_ucomi(s, r, f, c);
    default:
        return false;
    }
}

/* Makes the flags anew at the user: cheaper than the packed form. */
static bool redo_flags(X64Sel *s, RaInsn *r, IrRef f, IrCond c)
{
    const IrInsn *p = x64_ir(s, f);
    IrType t = (IrType)x64_ir(s, p->arg[0])->type;
    unsigned size = x64_type_size(t);
    if (p->op == IR_FLSUB && t >= IR_I32) {
        set_cond(r, COND_CMP, cc_to_x64[c], size, 0);
        int64_t imm;
        if (x64_sel_imm(s, p->arg[1], size, &imm)) {
            r->imm = imm;
            r->extra |= 1u << 8;
            x64_sel_use_int(s, r, p->arg[0], size, RAF_MEM_OK);
            return true;
        }
        x64_sel_use_int(s, r, p->arg[0], size, 0);
        x64_sel_use_int(s, r, p->arg[1], size, RAF_MEM_OK);
        return true;
    }
    bool carry = c == CC_CS || c == CC_CC || c == CC_HI || c == CC_LS;
    if (p->op != IR_FLLOGIC || carry || t < IR_I32)
        return false;
    set_cond(r, COND_TEST, cc_to_x64[c], size, 0);
    x64_sel_use_int(s, r, p->arg[0], size, 0);
    return true;
}

/* A bool that is no compare. Those that `and` and `or` make come with ZF, or need not be made. */
static void cond_bool(X64Sel *s, RaInsn *r, IrRef ref, X64Cc cc)
{
    const IrInsn *x = x64_ir(s, ref);
    X64Val *v = &s->val[ref];
    if (x->op == IR_BAND && !*v) {
        set_cond(r, COND_TEST, cc, 2, 0);
        x64_sel_use(s, r, x->arg[0], RC_GPR, 0);
        x64_sel_use(s, r, x->arg[1], RC_GPR, 0);
        return;
    }
    if ((x->op == IR_BAND || x->op == IR_BOR) && window_open(s, ref, r->ir)) {
        *v |= X64_EFL_WANTED;
        set_cond(r, COND_EFLAGS, cc, 0, ref);
        return;
    }
    set_cond(r, COND_BOOL, cc, 2, 0);
    x64_sel_use(s, r, ref, RC_GPR, 0);
}

/* True with *inner when `in` is a compare of a (zero-extended) bool with 0 or 1. */
static bool strip_bool_cmp(const X64Sel *s, const IrInsn *in, IrRef *inner, bool *negate)
{
    if (in->op != IR_CMP || in->aux > CMP_NE || !ir_is_const(s->u, in->arg[1]))
        return false;
    uint64_t k = ir_value(s->u, in->arg[1]);
    IrRef a = in->arg[0];
    if (x64_ir(s, a)->op == IR_ZEXT && x64_ir(s, x64_ir(s, a)->arg[0])->type == IR_BOOL)
        a = x64_ir(s, a)->arg[0];
    if (k > 1 || x64_ir(s, a)->type != IR_BOOL)
        return false;
    *inner = a;
    *negate ^= (in->aux == CMP_EQ) == (k == 0);
    return true;
}

void x64_sel_cond(X64Sel *s, RaInsn *r, IrRef ref, bool negate)
{
    r->first_cond = r->n_ops;
    const IrInsn *in = x64_ir(s, ref);
    for (;; in = x64_ir(s, ref)) {
        if (in->op == IR_BNOT) {
            negate = !negate;
            ref = in->arg[0];
        } else if (!strip_bool_cmp(s, in, &ref, &negate)) {
            break;
        }
    }
    if (in->op == IR_CMP && x64_ir(s, in->arg[0])->type >= IR_I8) {
        sel_cmp(s, r, in, negate);
        return;
    }
    if (in->op == IR_CC) {
        IrCond c = (IrCond)(in->aux ^ negate);
        if (!reuse_flags(s, r, in->arg[0], c) && !redo_flags(s, r, in->arg[0], c))
            cond_packed(s, r, in->arg[0], c);
        return;
    }
    cond_bool(s, r, ref, (X64Cc)(X64_NE ^ (unsigned)negate));
}

/* ---- emit --------------------------------------------------------------------------------------
 */

static X64Cond emit_packed(X64Ctx *c, const RaInsn *r)
{
    static const struct {
        uint16_t mask;
        uint8_t cc;
    } simple[CC_GE] = {
        [CC_EQ] = {1 << FLAGS_BIT_Z, X64_NE},
        [CC_NE] = {1 << FLAGS_BIT_Z, X64_E},
        [CC_CS] = {1 << FLAGS_BIT_NOT_C, X64_E},
        [CC_CC] = {1 << FLAGS_BIT_NOT_C, X64_NE},
        [CC_MI] = {1 << FLAGS_BIT_N, X64_NE},
        [CC_PL] = {1 << FLAGS_BIT_N, X64_E},
        [CC_VS] = {1 << FLAGS_BIT_V, X64_NE},
        [CC_VC] = {1 << FLAGS_BIT_V, X64_E},
        [CC_HI] = {1 << FLAGS_BIT_NOT_C | 1 << FLAGS_BIT_Z, X64_E},
        [CC_LS] = {1 << FLAGS_BIT_NOT_C | 1 << FLAGS_BIT_Z, X64_NE},
    };
    X64Emit *e = &c->e;
    unsigned f = x64_op(r, r->first_cond);
    if (r->cc < CC_GE) {
        x64_test_ri(e, 2, f, simple[r->cc].mask);
        return (X64Cond){simple[r->cc].cc, 0};
    }
    unsigned t = x64_tmp(r, r->extra >> 16);
    x64_ext_rr(e, false, 1, 2, t, f);
    x64_shift_ri(e, SH_SHR, 2, t, FLAGS_BIT_N); /* N alone: bit 0 */
    x64_alu_rr(e, ALU_XOR, 2, t, f);            /* bit 0: N != V, bit 14: Z */
    bool with_z = r->cc == CC_GT || r->cc == CC_LE;
    x64_test_ri(e, 2, t, with_z ? 1 << FLAGS_BIT_Z | 1 : 1);
    bool none = r->cc == CC_GE || r->cc == CC_GT;
    return (X64Cond){none ? X64_E : X64_NE, 0};
}

static void emit_cmp(X64Ctx *c, const RaInsn *r)
{
    X64Emit *e = &c->e;
    unsigned size = r->extra & 3, k = r->first_cond;
    if (r->extra & 1u << 8) {
        if (x64_op_in_mem(r, k))
            x64_alu_mi(e, ALU_CMP, size, x64_op_mem(c, r, k), (int32_t)r->imm);
        else
            x64_alu_ri(e, ALU_CMP, size, x64_op(r, k), (int32_t)r->imm);
        return;
    }
    if (x64_op_in_mem(r, k + 1))
        x64_alu_rm(e, ALU_CMP, size, x64_op(r, k), x64_op_mem(c, r, k + 1));
    else
        x64_alu_rr(e, ALU_CMP, size, x64_op(r, k), x64_op(r, k + 1));
}

static void emit_test(X64Ctx *c, const RaInsn *r)
{
    unsigned size = r->extra & 3, k = r->first_cond;
    if (r->extra & 1u << 8)
        x64_test_ri(&c->e, size, x64_op(r, k), (int32_t)r->imm);
    else
        x64_test_rr(&c->e, size, x64_op(r, k), x64_op(r, r->n_ops > k + 1 ? k + 1 : k));
}

X64Cond x64_cond_emit(X64Ctx *c, const RaInsn *r)
{
    X64Cond out = {r->cc, 0};
    switch ((X64CondKind)r->cond) {
    case COND_NONE:
    case COND_EFLAGS:
        break;
    case COND_CMP:
        emit_cmp(c, r);
        break;
    case COND_TEST:
        emit_test(c, r);
        break;
    case COND_BT:
        x64_bt_ri(&c->e, r->extra & 3, x64_op(r, r->first_cond), (unsigned)r->imm);
        break;
    case COND_BOOL:
        x64_test_rr(&c->e, 2, x64_op(r, r->first_cond), x64_op(r, r->first_cond));
        break;
    case COND_FLAGS:
        return emit_packed(c, r);
    case COND_UCOMI:
        CHECK(x64_fcmp_cond((IrCond)r->cc, r->extra >> 8 & 1, &out));
        break;
    }
    return out;
}
