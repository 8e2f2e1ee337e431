/*
 * A64 data processing, immediate (DDI 0487, C4.1.92): PC-relative addresses, add and subtract,
 * logical, move wide, bitfields, extract.
 *
 * Common idioms get the IR they stand for, so that tier 1 needs no folding: `mov x0, #8` is one
 * const, `mov x29, sp` (add #0) is one get and one set, `lsl w0, w1, #3` (a ubfm) is one shl.
 */
#include "a64.h"

static uint64_t low_bits(unsigned n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

bool a64_bitmask(unsigned n, unsigned immr, unsigned imms, uint64_t *out)
{
    unsigned key = n << 6 | (~imms & 0x3f);
    if (key < 2) {
        return false;
    }
    unsigned len = 31 - (unsigned)__builtin_clz(key);
    unsigned esize = 1u << len, levels = esize - 1;
    unsigned s = imms & levels, r = immr & levels;
    if (s == levels) {
        return false;
    }
    uint64_t elem = low_bits(s + 1);
    if (r) {
        elem = (elem >> r | elem << (esize - r)) & low_bits(esize);
    }
    for (unsigned w = esize; w < 64; w *= 2) {
        elem |= elem << w;
    }
    *out = elem;
    return true;
}

TransResult a64_adr(TransCtx *tc, A64Insn insn)
{
    const A64_adr f = insn.adr;
    uint64_t imm = (uint64_t)(int64_t)f.immhi * 4 + f.immlo;
    GuestAddr target = f.op ? (tc->pc & ~0xfffull) + (imm << 12) : tc->pc + imm;
    a64_set_r(tc, 1, f.rd, ir_gaddr(tc->u, target));
    return TR_NEXT;
}

TransResult a64_addsub_imm(TransCtx *tc, A64Insn insn)
{
    const A64_addsub_imm f = insn.addsub_imm;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    uint32_t imm = (uint32_t)f.imm12 << (f.sh ? 12 : 0);
    IrRef a = a64_rsp(tc, f.sf, f.rn);
    if (!f.S && imm == 0) {
        a64_set_rsp(tc, f.sf, f.rd, a);
        return TR_NEXT;
    }
    IrRef b = ir_const(u, t, imm);
    if (!f.S) {
        a64_set_rsp(tc, f.sf, f.rd, ir_op2(u, f.op ? IR_SUB : IR_ADD, t, a, b));
        return TR_NEXT;
    }
    a64_addsub_flags(tc, f.sf, f.op, f.rd, a, b);
    return TR_NEXT;
}

TransResult a64_logical_imm(TransCtx *tc, A64Insn insn)
{
    static const uint8_t ops[] = {IR_AND, IR_OR, IR_XOR, IR_AND};
    const A64_logical_imm f = insn.logical_imm;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    uint64_t imm;
    if (!a64_bitmask(f.N, f.immr, f.imms, &imm)) {
        return a64_undefined(tc);
    }
    IrRef b = ir_const(u, t, f.sf ? imm : (uint32_t)imm);
    if (f.opc == 1 && f.rn == A64_REG_31) { /* mov */
        a64_set_rsp(tc, f.sf, f.rd, b);
        return TR_NEXT;
    }
    IrRef v = ir_op2(u, (IrOp)ops[f.opc], t, a64_r(tc, f.sf, f.rn), b);
    if (f.opc != 3) {
        a64_set_rsp(tc, f.sf, f.rd, v);
        return TR_NEXT;
    }
    IrRef flags = ir_op1(u, IR_FLLOGIC, IR_FLAGS, v);
    a64_set_r(tc, f.sf, f.rd, v);
    ir_set(u, A64_NZCV, flags);
    return TR_NEXT;
}

TransResult a64_mov_wide(TransCtx *tc, A64Insn insn)
{
    const A64_mov_wide f = insn.mov_wide;
    IrUnit *u = tc->u;
    unsigned shift = f.hw * 16u;
    uint64_t imm = (uint64_t)f.imm16 << shift;
    if (f.opc == 3) {
        IrType t = a64_type(f.sf);
        IrRef old = a64_r(tc, f.sf, f.rd);
        IrRef v = ir_op2x(u, IR_BFI, t, shift | 16 << 8, old, ir_const(u, t, f.imm16), 0);
        a64_set_r(tc, f.sf, f.rd, v);
        return TR_NEXT;
    }
    if (f.opc == 0) {
        imm = f.sf ? ~imm : (uint32_t)~imm;
    }
    a64_set_r(tc, 1, f.rd, ir_const(u, IR_I64, imm));
    return TR_NEXT;
}

/* SBFM and UBFM: a shift where one edge of the field is the register's, else an extraction. */
static TransResult bitfield_move(TransCtx *tc, A64Insn insn, bool is_signed)
{
    const A64_ubfm f = insn.ubfm;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    unsigned bits = f.sf ? 64 : 32;
    IrRef v = a64_r(tc, f.sf, f.rn);
    IrOp extract = is_signed ? IR_SBFX : IR_UBFX;
    if (f.imms == bits - 1) { /* lsr, asr */
        if (f.immr) {
            v = ir_op2(u, is_signed ? IR_SAR : IR_SHR, t, v, ir_const(u, IR_I32, f.immr));
        }
    } else if (f.imms >= f.immr) {
        v = ir_op1x(u, extract, t, f.immr | (f.imms - f.immr + 1) << 8, v, 0);
    } else {
        if (f.imms + 1 != f.immr || is_signed) { /* not lsl: bits above the field go */
            v = ir_op1x(u, extract, t, 0 | (f.imms + 1) << 8, v, 0);
        }
        v = ir_op2(u, IR_SHL, t, v, ir_const(u, IR_I32, bits - f.immr));
    }
    a64_set_r(tc, f.sf, f.rd, v);
    return TR_NEXT;
}

TransResult a64_sbfm(TransCtx *tc, A64Insn insn)
{
    return bitfield_move(tc, insn, true);
}

TransResult a64_ubfm(TransCtx *tc, A64Insn insn)
{
    return bitfield_move(tc, insn, false);
}

TransResult a64_bfm(TransCtx *tc, A64Insn insn)
{
    const A64_bfm f = insn.bfm;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    unsigned bits = f.sf ? 64 : 32;
    IrRef src = a64_r(tc, f.sf, f.rn), dst = a64_r(tc, f.sf, f.rd);
    unsigned lsb = 0, width = f.imms + 1u;
    if (f.imms >= f.immr) {
        width = f.imms - f.immr + 1u;
        if (f.immr) {
            src = ir_op2(u, IR_SHR, t, src, ir_const(u, IR_I32, f.immr));
        }
    } else {
        lsb = bits - f.immr;
    }
    IrRef v = width == bits ? src : ir_op2x(u, IR_BFI, t, lsb | width << 8, dst, src, 0);
    a64_set_r(tc, f.sf, f.rd, v);
    return TR_NEXT;
}

TransResult a64_extr(TransCtx *tc, A64Insn insn)
{
    const A64_extr f = insn.extr;
    IrUnit *u = tc->u;
    IrType t = a64_type(f.sf);
    IrRef low = a64_r(tc, f.sf, f.rm);
    IrRef v = low;
    if (f.imms && f.rn == f.rm) {
        v = ir_op2(u, IR_ROR, t, low, ir_const(u, IR_I32, f.imms));
    } else if (f.imms) {
        v = ir_op2x(u, IR_EXTR, t, 0, a64_r(tc, f.sf, f.rn), low, (int32_t)f.imms);
    }
    a64_set_r(tc, f.sf, f.rd, v);
    return TR_NEXT;
}
