/*
 * A64 data processing, register (DDI 0487, C4.1.95): logical and arithmetic with shifted and
 * extended operands, carry, conditional compare and select, multiply, divide, shifts, bit counts,
 * CRC32, flag manipulation.
 *
 * 32-bit forms work on i32 values throughout; only the write widens. Example: `cset w0, ne` is
 * csinc w0, wzr, wzr, eq and becomes zext(cc.ne nzcv).
 */
#include <string.h>
#include "a64.h"
#include "flags.h"
#include "ir_interp.h"

static const uint8_t shift_ops[] = {IR_SHL, IR_SHR, IR_SAR, IR_ROR};

static IrRef shifted(TransCtx *tc, unsigned sf, unsigned rm, unsigned shift, unsigned amount)
{
    IrRef v = a64_r(tc, sf, rm);
    if (amount == 0 || rm == A64_REG_31) {
        return v;
    }
    IrRef n = ir_const(tc->u, IR_I32, amount);
    return ir_op2(tc->u, (IrOp)shift_ops[shift], a64_type(sf), v, n);
}

static IrRef logical_value(TransCtx *tc, const A64_logical_reg f)
{
    static const uint8_t ops[] = {IR_AND, IR_OR, IR_XOR, IR_AND};
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    IrRef b = shifted(tc, f.sf, f.rm, f.shift, f.imm6);
    bool is_and = f.opc == 0 || f.opc == 3;
    if (f.N && !is_and) {
        b = ir_op1(u, IR_NOT, t, b);
    }
    if (f.opc == 1 && f.rn == A64_REG_31) { /* mov, mvn */
        return b;
    }
    IrRef a = a64_r(tc, f.sf, f.rn);
    return ir_op2(u, f.N && is_and ? IR_ANDN : (IrOp)ops[f.opc], t, a, b);
}

TransResult a64_logical_reg(TransCtx *tc, A64Insn insn)
{
    const A64_logical_reg f = insn.logical_reg;
    IrRef v = logical_value(tc, f);
    IrRef flags = f.opc == 3 ? ir_op1(tc->u, IR_FLLOGIC, IR_FLAGS, v) : 0;
    a64_set_r(tc, f.sf, f.rd, v);
    if (f.opc == 3)
        ir_set(tc->u, A64_NZCV, flags);
    return TR_NEXT;
}

void a64_addsub_flags(TransCtx *tc, unsigned sf, bool sub, unsigned rd, IrRef a, IrRef b)
{
    IrRef v = 0;
    if (rd != A64_REG_31)
        v = ir_op2(tc->u, sub ? IR_SUB : IR_ADD, a64_type(sf), a, b);
    IrRef flags = ir_op2(tc->u, sub ? IR_FLSUB : IR_FLADD, IR_FLAGS, a, b);
    if (v)
        a64_set_r(tc, sf, rd, v);
    ir_set(tc->u, A64_NZCV, flags);
}

TransResult a64_addsub_reg(TransCtx *tc, A64Insn insn)
{
    const A64_addsub_reg f = insn.addsub_reg;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    IrRef b = shifted(tc, f.sf, f.rm, f.shift, f.imm6);
    if (f.op && !f.S && f.rn == A64_REG_31) { /* neg */
        a64_set_r(tc, f.sf, f.rd, ir_op1(u, IR_NEG, t, b));
        return TR_NEXT;
    }
    IrRef a = a64_r(tc, f.sf, f.rn);
    if (f.S)
        a64_addsub_flags(tc, f.sf, f.op, f.rd, a, b);
    else
        a64_set_r(tc, f.sf, f.rd, ir_op2(u, f.op ? IR_SUB : IR_ADD, t, a, b));
    return TR_NEXT;
}

IrRef a64_extended(TransCtx *tc, unsigned sf, unsigned rm, unsigned option, unsigned shift)
{
    IrUnit *u = tc->u;
    IrType t = a64_type(sf);
    bool is_signed = option & 4;
    unsigned log2 = option & 3;
    IrRef v;
    if (log2 < 2) {
        v = ir_op1x(u, is_signed ? IR_SBFX : IR_UBFX, t, 0 | (8u << log2) << 8, a64_r(tc, sf, rm),
                    0);
    } else if (log2 == 2 && sf) {
        v = ir_op1(u, is_signed ? IR_SEXT : IR_ZEXT, t, a64_r(tc, 0, rm));
    } else {
        v = a64_r(tc, sf, rm);
    }
    return shift ? ir_op2(u, IR_SHL, t, v, ir_const(u, IR_I32, shift)) : v;
}

TransResult a64_addsub_ext(TransCtx *tc, A64Insn insn)
{
    const A64_addsub_ext f = insn.addsub_ext;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    IrRef a = a64_rsp(tc, f.sf, f.rn);
    IrRef b = a64_extended(tc, f.sf, f.rm, f.option, f.imm3);
    if (f.S)
        a64_addsub_flags(tc, f.sf, f.op, f.rd, a, b);
    else
        a64_set_rsp(tc, f.sf, f.rd, ir_op2(u, f.op ? IR_SUB : IR_ADD, t, a, b));
    return TR_NEXT;
}

TransResult a64_addsub_carry(TransCtx *tc, A64Insn insn)
{
    const A64_addsub_carry f = insn.addsub_carry;
    IrUnit *u = tc->u;
    IrRef a = a64_r(tc, f.sf, f.rn), b = a64_r(tc, f.sf, f.rm);
    IrRef carry = ir_get(u, IR_FLAGS, A64_NZCV);
    IrRef v = ir_op3(u, f.op ? IR_SBC : IR_ADC, a64_type(f.sf), a, b, carry);
    IrRef flags = f.S ? ir_op3(u, f.op ? IR_FLSBC : IR_FLADC, IR_FLAGS, a, b, carry) : 0;
    a64_set_r(tc, f.sf, f.rd, v);
    if (f.S)
        ir_set(u, A64_NZCV, flags);
    return TR_NEXT;
}

static bool is_cond_compare(unsigned row)
{
    return row == A64_ROW_ccmp_reg || row == A64_ROW_ccmp_imm || row == A64_ROW_ccmn_reg ||
           row == A64_ROW_ccmn_imm;
}

/*
 * Where a conditional compare leads to when its condition does not hold, if a conditional branch
 * follows it: that then goes by the immediate, *flags, or by that of further conditional compares
 * between the two, whose conditions fail by it. The way may be an exit of its own if the branch is
 * taken (`a && b && c` skips what follows), or if it closes a loop, which then ends. 0: neither.
 */
static GuestAddr way_without(TransCtx *tc, uint32_t *flags)
{
    enum { AHEAD = 4 * A64_INSN_LEN };
    for (uint32_t at = A64_INSN_LEN; at <= AHEAD && at + A64_INSN_LEN <= tc->code_len;
         at += A64_INSN_LEN) {
        A64Insn next;
        memcpy(&next.word, tc->code + at, sizeof(next.word));
        unsigned row = insn_decode(&a64_insns, next.word, A64_DECODE_INDEX(next.word));
        unsigned cond = row == A64_ROW_b_cond  ? next.b_cond.cond
                        : is_cond_compare(row) ? next.ccmp_reg.cond
                                               : (unsigned)CC_COUNT;
        if (cond >= CC_COUNT) {
            return 0;
        }
        bool holds = ir_eval_cond((IrCond)cond, *flags);
        if (row == A64_ROW_b_cond) {
            GuestAddr branch = tc->pc + at, behind = branch + A64_INSN_LEN;
            GuestAddr target = branch + (uint64_t)next.b_cond.imm19 * A64_INSN_LEN;
            tc->ahead_end = behind;
            return holds ? target : target <= tc->pc ? behind : 0;
        }
        if (holds) {
            return 0; /* goes by its own operands */
        }
        *flags = flags_from_nzcv((uint32_t)next.ccmp_reg.nzcv << 28);
    }
    return 0;
}

/* nzcv = condition holds ? flags of a op b : the immediate */
static TransResult cond_compare(TransCtx *tc, bool sub, IrRef a, IrRef b, unsigned cond,
                                unsigned nzcv)
{
    IrUnit *u = tc->u;
    IrRef holds = a64_cond(tc, cond);
    uint32_t packed = flags_from_nzcv(nzcv << 28), final = packed;
    IrRef other = ir_const(u, IR_FLAGS, packed);
    bool looks = cond < CC_COUNT && !tc->at_once;
    GuestAddr without = looks ? way_without(tc, &final) : 0;
    if (without) { /* the exit is the branch's; nothing between the two can fault */
        ir_set(u, A64_NZCV, ir_const(u, IR_FLAGS, final));
        ir_op2x(u, IR_XIF, IR_VOID, 0, ir_op1(u, IR_BNOT, IR_BOOL, holds), ir_gaddr(u, without), 0);
    }
    IrRef flags = ir_op2(u, sub ? IR_FLSUB : IR_FLADD, IR_FLAGS, a, b);
    bool always = cond >= CC_COUNT || without;
    ir_set(u, A64_NZCV, always ? flags : ir_select(u, IR_FLAGS, holds, flags, other));
    return TR_NEXT;
}

TransResult a64_ccmp_reg(TransCtx *tc, A64Insn insn)
{
    const A64_ccmp_reg f = insn.ccmp_reg;
    IrRef a = a64_r(tc, f.sf, f.rn), b = a64_r(tc, f.sf, f.rm);
    return cond_compare(tc, f.op, a, b, f.cond, f.nzcv);
}

TransResult a64_ccmp_imm(TransCtx *tc, A64Insn insn)
{
    const A64_ccmp_imm f = insn.ccmp_imm;
    IrRef a = a64_r(tc, f.sf, f.rn), b = ir_const(tc->u, a64_type(f.sf), f.imm5);
    return cond_compare(tc, f.op, a, b, f.cond, f.nzcv);
}

TransResult a64_csel(TransCtx *tc, A64Insn insn)
{
    const A64_csel f = insn.csel;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    bool both_zero = f.rn == A64_REG_31 && f.rm == A64_REG_31;
    if (both_zero && f.op != f.o2 && f.cond < CC_COUNT) { /* cset (csinc), csetm (csinv) */
        IrType wide = f.op ? t : IR_I64;
        IrRef v = ir_op1(u, IR_ZEXT, wide, a64_cond(tc, f.cond ^ 1u));
        a64_set_r(tc, f.op ? f.sf : 1, f.rd, f.op ? ir_op1(u, IR_NEG, t, v) : v);
        return TR_NEXT;
    }
    IrRef a = a64_r(tc, f.sf, f.rn);
    if (f.cond >= CC_COUNT) {
        a64_set_r(tc, f.sf, f.rd, a);
        return TR_NEXT;
    }
    IrRef b = a64_r(tc, f.sf, f.rm);
    if (f.op) {
        b = ir_op1(u, f.o2 ? IR_NEG : IR_NOT, t, b);
    } else if (f.o2) {
        b = ir_op2(u, IR_ADD, t, b, ir_const(u, t, 1));
    }
    a64_set_r(tc, f.sf, f.rd, ir_select(u, t, a64_cond(tc, f.cond), a, b));
    return TR_NEXT;
}

/* ra + product or ra - product */
static void set_mul_acc(TransCtx *tc, unsigned sf, unsigned rd, unsigned ra, bool sub, IrRef prod)
{
    IrUnit *u = tc->u;
    IrType t = a64_type(sf);
    IrRef v = prod;
    if (ra != A64_REG_31) {
        v = ir_op2(u, sub ? IR_SUB : IR_ADD, t, a64_r(tc, sf, ra), prod);
    } else if (sub) {
        v = ir_op1(u, IR_NEG, t, prod);
    }
    a64_set_r(tc, sf, rd, v);
}

TransResult a64_madd(TransCtx *tc, A64Insn insn)
{
    const A64_madd f = insn.madd;
    IrRef a = a64_r(tc, f.sf, f.rn), b = a64_r(tc, f.sf, f.rm);
    set_mul_acc(tc, f.sf, f.rd, f.ra, f.o0, ir_op2(tc->u, IR_MUL, a64_type(f.sf), a, b));
    return TR_NEXT;
}

TransResult a64_maddl(TransCtx *tc, A64Insn insn)
{
    const A64_maddl f = insn.maddl;
    IrUnit *u = tc->u;
    IrOp ext = f.U ? IR_ZEXT : IR_SEXT;
    IrRef a = ir_op1(u, ext, IR_I64, a64_r(tc, 0, f.rn));
    IrRef b = ir_op1(u, ext, IR_I64, a64_r(tc, 0, f.rm));
    set_mul_acc(tc, 1, f.rd, f.ra, f.o0, ir_op2(u, IR_MUL, IR_I64, a, b));
    return TR_NEXT;
}

TransResult a64_mulh(TransCtx *tc, A64Insn insn)
{
    const A64_mulh f = insn.mulh;
    IrRef a = a64_r(tc, 1, f.rn), b = a64_r(tc, 1, f.rm);
    a64_set_r(tc, 1, f.rd, ir_op2(tc->u, f.U ? IR_MULHU : IR_MULHS, IR_I64, a, b));
    return TR_NEXT;
}

/* rd = rn op rm */
static TransResult binary(TransCtx *tc, IrOp op, unsigned sf, unsigned rd, unsigned rn, unsigned rm)
{
    IrRef a = a64_r(tc, sf, rn), b = a64_r(tc, sf, rm);
    a64_set_r(tc, sf, rd, ir_op2(tc->u, op, a64_type(sf), a, b));
    return TR_NEXT;
}

TransResult a64_udiv(TransCtx *tc, A64Insn insn)
{
    const A64_udiv f = insn.udiv;
    return binary(tc, IR_UDIV, f.sf, f.rd, f.rn, f.rm);
}

TransResult a64_sdiv(TransCtx *tc, A64Insn insn)
{
    const A64_sdiv f = insn.sdiv;
    return binary(tc, IR_SDIV, f.sf, f.rd, f.rn, f.rm);
}

TransResult a64_shift_reg(TransCtx *tc, A64Insn insn)
{
    const A64_shift_reg f = insn.shift_reg;
    return binary(tc, (IrOp)shift_ops[f.op2], f.sf, f.rd, f.rn, f.rm);
}

TransResult a64_crc32(TransCtx *tc, A64Insn insn)
{
    const A64_crc32 f = insn.crc32;
    IrRef acc = a64_r(tc, 0, f.rn), v = a64_r(tc, 1, f.rm);
    a64_set_r(tc, 0, f.rd, ir_op2x(tc->u, IR_CRC32, IR_I32, f.sz | f.C << 2, acc, v, 0));
    return TR_NEXT;
}

/* rd = op rn */
static TransResult unary(TransCtx *tc, IrOp op, unsigned sf, unsigned rd, unsigned rn)
{
    a64_set_r(tc, sf, rd, ir_op1(tc->u, op, a64_type(sf), a64_r(tc, sf, rn)));
    return TR_NEXT;
}

TransResult a64_rbit(TransCtx *tc, A64Insn insn)
{
    return unary(tc, IR_RBIT, insn.rbit.sf, insn.rbit.rd, insn.rbit.rn);
}

TransResult a64_rev16(TransCtx *tc, A64Insn insn)
{
    return unary(tc, IR_REV16, insn.rev16.sf, insn.rev16.rd, insn.rev16.rn);
}

TransResult a64_rev(TransCtx *tc, A64Insn insn)
{
    return unary(tc, IR_BSWAP, insn.rev.sf, insn.rev.rd, insn.rev.rn);
}

TransResult a64_rev32(TransCtx *tc, A64Insn insn)
{
    IrUnit *u = tc->u;
    IrRef v = ir_op1(u, IR_BSWAP, IR_I64, a64_r(tc, 1, insn.rev32.rn));
    v = ir_op2(u, IR_ROR, IR_I64, v, ir_const(u, IR_I32, 32));
    a64_set_r(tc, 1, insn.rev32.rd, v);
    return TR_NEXT;
}

TransResult a64_clz(TransCtx *tc, A64Insn insn)
{
    return unary(tc, IR_CLZ, insn.clz.sf, insn.clz.rd, insn.clz.rn);
}

TransResult a64_cls(TransCtx *tc, A64Insn insn)
{
    return unary(tc, IR_CLS, insn.cls.sf, insn.cls.rd, insn.cls.rn);
}

TransResult a64_ctz(TransCtx *tc, A64Insn insn)
{
    return unary(tc, IR_CTZ, insn.ctz.sf, insn.ctz.rd, insn.ctz.rn);
}

TransResult a64_cnt_reg(TransCtx *tc, A64Insn insn)
{
    return unary(tc, IR_POPCNT, insn.cnt_reg.sf, insn.cnt_reg.rd, insn.cnt_reg.rn);
}

TransResult a64_abs_reg(TransCtx *tc, A64Insn insn)
{
    const A64_abs_reg f = insn.abs_reg;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    IrRef v = a64_r(tc, f.sf, f.rn);
    IrRef below = ir_cmp(u, CMP_SLT, v, ir_const(u, t, 0));
    a64_set_r(tc, f.sf, f.rd, ir_select(u, t, below, ir_op1(u, IR_NEG, t, v), v));
    return TR_NEXT;
}

/* opc: 0 smax, 1 umax, 2 smin, 3 umin */
static TransResult min_max(TransCtx *tc, unsigned sf, unsigned opc, unsigned rd, IrRef a, IrRef b)
{
    static const uint8_t takes_a[] = {CMP_SGT, CMP_UGT, CMP_SLT, CMP_ULT};
    IrRef cond = ir_cmp(tc->u, (IrCmp)takes_a[opc], a, b);
    a64_set_r(tc, sf, rd, ir_select(tc->u, a64_type(sf), cond, a, b));
    return TR_NEXT;
}

TransResult a64_minmax_reg(TransCtx *tc, A64Insn insn)
{
    const A64_minmax_reg f = insn.minmax_reg;
    IrRef a = a64_r(tc, f.sf, f.rn), b = a64_r(tc, f.sf, f.rm);
    return min_max(tc, f.sf, f.opc, f.rd, a, b);
}

TransResult a64_minmax_simm(TransCtx *tc, A64Insn insn)
{
    const A64_minmax_simm f = insn.minmax_simm;
    uint64_t imm = f.sf ? (uint64_t)(int64_t)f.imm8 : (uint32_t)f.imm8;
    IrRef a = a64_r(tc, f.sf, f.rn), b = ir_const(tc->u, a64_type(f.sf), imm);
    return min_max(tc, f.sf, f.opc, f.rd, a, b);
}

TransResult a64_minmax_uimm(TransCtx *tc, A64Insn insn)
{
    const A64_minmax_uimm f = insn.minmax_uimm;
    IrRef a = a64_r(tc, f.sf, f.rn), b = ir_const(tc->u, a64_type(f.sf), f.imm8);
    return min_max(tc, f.sf, f.opc, f.rd, a, b);
}

/* Two-operand i32 ops with short names for the flag arithmetic below. */
static IrRef w_op(TransCtx *tc, IrOp op, IrRef a, IrRef b)
{
    return ir_op2(tc->u, op, IR_I32, a, b);
}

static IrRef w_const(TransCtx *tc, uint32_t v)
{
    return ir_const(tc->u, IR_I32, v);
}

static IrRef nzcv_word(TransCtx *tc)
{
    return ir_op1(tc->u, IR_FLPACK, IR_I32, ir_get(tc->u, IR_FLAGS, A64_NZCV));
}

static TransResult set_nzcv_word(TransCtx *tc, IrRef w)
{
    ir_set(tc->u, A64_NZCV, ir_op1(tc->u, IR_FLUNPACK, IR_FLAGS, w));
    return TR_NEXT;
}

TransResult a64_rmif(TransCtx *tc, A64Insn insn)
{
    const A64_rmif f = insn.rmif;
    IrUnit *u = tc->u;
    uint32_t mask = (uint32_t)f.mask << 28;
    IrRef v = a64_r(tc, 1, f.rn);
    if (f.imm6) {
        v = ir_op2(u, IR_ROR, IR_I64, v, ir_const(u, IR_I32, f.imm6));
    }
    IrRef w = w_op(tc, IR_SHL, ir_op1(u, IR_TRUNC, IR_I32, v), w_const(tc, 28));
    w = w_op(tc, IR_AND, w, w_const(tc, mask));
    IrRef old = w_op(tc, IR_AND, nzcv_word(tc), w_const(tc, ~mask));
    return set_nzcv_word(tc, w_op(tc, IR_OR, old, w));
}

/* N and Z of the low 8 or 16 bits, V when the bit above differs from the sign; C stays. */
TransResult a64_setf(TransCtx *tc, A64Insn insn)
{
    const A64_setf f = insn.setf;
    IrUnit *u = tc->u;
    unsigned up = f.sz ? 16 : 24;
    IrRef v = a64_r(tc, 0, f.rn);
    IrRef top = w_op(tc, IR_SHL, v, w_const(tc, up));
    IrRef above = w_op(tc, IR_SHL, v, w_const(tc, up - 1));
    IrRef n = w_op(tc, IR_AND, top, w_const(tc, 1u << 31));
    IrRef z = ir_op1(u, IR_ZEXT, IR_I32, ir_cmp(u, CMP_EQ, top, w_const(tc, 0)));
    z = w_op(tc, IR_SHL, z, w_const(tc, 30));
    IrRef o = w_op(tc, IR_SHR, w_op(tc, IR_XOR, top, above), w_const(tc, 31));
    o = w_op(tc, IR_SHL, o, w_const(tc, 28));
    IrRef c = w_op(tc, IR_AND, nzcv_word(tc), w_const(tc, 1u << 29));
    IrRef w = w_op(tc, IR_OR, w_op(tc, IR_OR, n, z), w_op(tc, IR_OR, o, c));
    return set_nzcv_word(tc, w);
}

TransResult a64_cfinv(TransCtx *tc, A64Insn insn)
{
    return set_nzcv_word(tc, w_op(tc, IR_XOR, nzcv_word(tc), w_const(tc, 1u << 29)));
}

/* Bit `bit` of w as 0 or 1. */
static IrRef w_bit(TransCtx *tc, IrRef w, unsigned bit)
{
    return ir_op1x(tc->u, IR_UBFX, IR_I32, bit | 1 << 8, w, 0);
}

/* Arm's flags of a float compare to the form where unordered is Z and V (and back, below). */
TransResult a64_axflag(TransCtx *tc, A64Insn insn)
{
    IrRef w = nzcv_word(tc);
    IrRef z = w_bit(tc, w, 30), c = w_bit(tc, w, 29), v = w_bit(tc, w, 28);
    z = w_op(tc, IR_SHL, w_op(tc, IR_OR, z, v), w_const(tc, 30));
    c = w_op(tc, IR_SHL, w_op(tc, IR_ANDN, c, v), w_const(tc, 29));
    return set_nzcv_word(tc, w_op(tc, IR_OR, z, c));
}

TransResult a64_xaflag(TransCtx *tc, A64Insn insn)
{
    IrRef w = nzcv_word(tc);
    IrRef z = w_bit(tc, w, 30), c = w_bit(tc, w, 29), one = w_const(tc, 1);
    IrRef neither = w_op(tc, IR_XOR, w_op(tc, IR_OR, z, c), one);
    IrRef n = w_op(tc, IR_SHL, neither, w_const(tc, 31));
    IrRef z2 = w_op(tc, IR_SHL, w_op(tc, IR_AND, z, c), w_const(tc, 30));
    IrRef c2 = w_op(tc, IR_SHL, w_op(tc, IR_OR, z, c), w_const(tc, 29));
    IrRef v2 = w_op(tc, IR_SHL, w_op(tc, IR_ANDN, z, c), w_const(tc, 28));
    return set_nzcv_word(tc, w_op(tc, IR_OR, w_op(tc, IR_OR, n, z2), w_op(tc, IR_OR, c2, v2)));
}
