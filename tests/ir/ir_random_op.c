/*
 * Random IR: single ops, a function a family. Each picks an op, its types, aux and imm within what
 * the verifier admits, and operands by rnd_pick().
 *
 *     vector_unary:  op vneg..vabs, a random element size, a random vector
 */
#include "ir_interp.h"
#include "aes.h"
#include "sha.h"
#include "ir_random_impl.h"

#define ANY_OF(g, list) ((list)[rnd_below(g, ARRAY_LEN(list))])

static IrRef emit(RandomGen *g, IrOp op, IrType t, unsigned aux, int32_t imm, IrRef a, IrRef b,
                  IrRef c)
{
    return rnd_emit(g, (IrInsn){(uint8_t)op, (uint8_t)t, (uint16_t)aux, {a, b, c}, imm});
}

static void int_binary(RandomGen *g)
{
    static const uint8_t ops[] = {IR_ADD,   IR_SUB,  IR_ADD,  IR_SUB, IR_MUL, IR_MULHU,
                                  IR_MULHS, IR_UDIV, IR_SDIV, IR_AND, IR_OR,  IR_XOR,
                                  IR_ANDN,  IR_SHL,  IR_SHR,  IR_SAR, IR_ROR};
    IrOp op = (IrOp)ANY_OF(g, ops);
    IrType t = rnd_int_type(g);
    bool shift = op >= IR_SHL && op <= IR_ROR;
    IrRef a = rnd_pick(g, t);
    IrRef b = shift && rnd_one_in(g, 2) ? ir_const(g->u, t, rnd_below(g, ir_type_bits(t)))
                                        : rnd_pick(g, t);
    emit(g, op, t, 0, 0, a, b, 0);
}

static void int_unary(RandomGen *g)
{
    static const uint8_t ops[] = {IR_NOT,    IR_NEG,   IR_CLZ,   IR_CTZ, IR_CLS,
                                  IR_POPCNT, IR_BSWAP, IR_REV16, IR_RBIT};
    IrType t = rnd_int_type(g);
    emit(g, (IrOp)ANY_OF(g, ops), t, 0, 0, rnd_pick(g, t), 0, 0);
}

static void int_field(RandomGen *g)
{
    static const uint8_t ops[] = {IR_UBFX, IR_SBFX, IR_BFI, IR_EXTR};
    IrOp op = (IrOp)ANY_OF(g, ops);
    IrType t = rnd_int_type(g);
    unsigned bits = ir_type_bits(t), lsb = rnd_below(g, bits), width = 1 + rnd_below(g, bits - lsb);
    IrRef a = rnd_pick(g, t), b = ir_ops[op].nargs > 1 ? rnd_pick(g, t) : 0;
    if (op == IR_EXTR)
        emit(g, op, t, 0, (int32_t)lsb, a, b, 0);
    else
        emit(g, op, t, lsb | width << 8, 0, a, b, 0);
}

static void int_width(RandomGen *g)
{
    static const uint8_t types[] = {IR_I8, IR_I16, IR_I32, IR_I64};
    bool narrow = g->c->what & IRR_NARROW;
    unsigned lo = narrow ? rnd_below(g, 3) : 2, hi = lo + 1 + rnd_below(g, 3 - lo);
    unsigned how = rnd_below(g, 4);
    if (how == 0)
        emit(g, IR_TRUNC, (IrType)types[lo], 0, 0, rnd_pick(g, (IrType)types[hi]), 0, 0);
    else if (how == 1)
        emit(g, IR_ZEXT, (IrType)types[hi], 0, 0, rnd_pick(g, IR_BOOL), 0, 0);
    else
        emit(g, how == 2 ? IR_ZEXT : IR_SEXT, (IrType)types[hi], 0, 0,
             rnd_pick(g, (IrType)types[lo]), 0, 0);
}

static void bool_op(RandomGen *g)
{
    IrType t = rnd_int_type(g);
    switch (rnd_below(g, 6)) {
    case 0:
        emit(g, IR_BNOT, IR_BOOL, 0, 0, rnd_pick(g, IR_BOOL), 0, 0);
        return;
    case 1:
        emit(g, rnd_one_in(g, 2) ? IR_BAND : IR_BOR, IR_BOOL, 0, 0, rnd_pick(g, IR_BOOL),
             rnd_pick(g, IR_BOOL), 0);
        return;
    case 2:
    case 3:
        emit(g, IR_CMP, IR_BOOL, rnd_below(g, CMP_COUNT), 0, rnd_pick(g, t), rnd_pick(g, t), 0);
        return;
    default:
        emit(g, IR_SELECT, t, 0, 0, rnd_pick(g, IR_BOOL), rnd_pick(g, t), rnd_pick(g, t));
    }
}

static void crc_op(RandomGen *g)
{
    emit(g, IR_CRC32, IR_I32, rnd_below(g, 8), 0, rnd_pick(g, IR_I32), rnd_pick(g, IR_I64), 0);
}

static void flags_op(RandomGen *g)
{
    static const uint8_t makers[] = {IR_FLADD, IR_FLSUB, IR_FLSUB, IR_FLADC, IR_FLSBC};
    IrType t = rnd_one_in(g, 3) ? IR_I32 : IR_I64;
    IrOp op = (IrOp)ANY_OF(g, makers);
    switch (rnd_below(g, 8)) {
    case 0:
        emit(g, IR_FLLOGIC, IR_FLAGS, 0, 0, rnd_pick(g, t), 0, 0);
        return;
    case 1:
        emit(g, rnd_one_in(g, 2) ? IR_ADC : IR_SBC, t, 0, 0, rnd_pick(g, t), rnd_pick(g, t),
             rnd_pick(g, IR_FLAGS));
        return;
    case 2:
        emit(g, IR_FLPACK, IR_I32, 0, 0, rnd_pick(g, IR_FLAGS), 0, 0);
        return;
    case 3:
        if (rnd_one_in(g, 2))
            emit(g, IR_FLUNPACK, IR_FLAGS, 0, 0, rnd_pick(g, IR_I32), 0, 0);
        else
            emit(g, IR_SELECT, IR_FLAGS, 0, 0, rnd_pick(g, IR_BOOL), rnd_pick(g, IR_FLAGS),
                 rnd_pick(g, IR_FLAGS));
        return;
    case 4:
    case 5:
        emit(g, IR_CC, IR_BOOL, rnd_below(g, CC_COUNT), 0, rnd_pick(g, IR_FLAGS), 0, 0);
        return;
    default:
        emit(g, op, IR_FLAGS, 0, 0, rnd_pick(g, t), rnd_pick(g, t),
             ir_ops[op].nargs > 2 ? rnd_pick(g, IR_FLAGS) : 0);
    }
}

/* --- memory --- */

typedef struct Address {
    IrRef base, index;
    unsigned aux;
    int32_t disp;
} Address;

static IrRef masked(RandomGen *g, IrType t, uint64_t mask)
{
    return ir_op2(g->u, IR_AND, t, rnd_pick(g, t), ir_const(g->u, t, mask));
}

/* An address inside the window that leaves 16 bytes after it. */
static Address window_address(RandomGen *g)
{
    const IrRandomConfig *c = g->c;
    Address a = {.disp = (int32_t)rnd_below(g, 64)};
    uint64_t room = c->mem_size / 2 - 1;
    unsigned scale = rnd_below(g, 4);
    switch (rnd_below(g, 4)) {
    case 0:
        a.base = ir_op2(g->u, IR_ADD, IR_I64, masked(g, IR_I64, room),
                        ir_const(g->u, IR_I64, c->mem_base));
        return a;
    case 1:
        a.base = ir_const(g->u, IR_I64, c->mem_base);
        a.index = masked(g, IR_I64, room >> scale);
        break;
    case 2: /* a negative index */
        a.base = ir_const(g->u, IR_I64, c->mem_base + c->mem_size / 2);
        a.index = ir_op2(g->u, IR_OR, IR_I32, rnd_pick(g, IR_I32),
                         ir_const(g->u, IR_I32, (uint32_t) ~(room >> scale)));
        a.aux = MA_INDEX_SXTW;
        break;
    default:
        a.base = ir_const(g->u, IR_I64, c->mem_base);
        a.index = masked(g, IR_I32, room >> scale);
        a.aux = rnd_one_in(g, 2) ? MA_INDEX_SXTW : MA_INDEX_UXTW;
    }
    a.aux |= scale << MA_SCALE_SHIFT;
    return a;
}

static Address random_address(RandomGen *g, unsigned size)
{
    const IrRandomConfig *c = g->c;
    if (!(c->what & IRR_FAULTS) || !rnd_one_in(g, 16))
        return window_address(g);
    uint64_t end = c->mem_base + c->mem_size; /* may begin in the window and end outside */
    uint64_t at = rnd_one_in(g, 4) ? end - rnd_below(g, size) : end + rnd_below(g, 4000);
    int32_t disp = (int32_t)rnd_below(g, 200) - 100;
    return (Address){.base = ir_const(g->u, IR_I64, at - (uint64_t)(int64_t)disp), .disp = disp};
}

static IrType memory_type(RandomGen *g)
{
    unsigned k = rnd_below(g, 8);
    if (k == 0 && g->c->what & (IRR_VEC | IRR_FP))
        return IR_V128;
    if (k == 1 && g->c->what & IRR_FP)
        return rnd_one_in(g, 2) ? IR_F32 : IR_F64;
    return rnd_int_type(g);
}

static void memory_op(RandomGen *g)
{
    static const uint8_t ld_orders[] = {ORD_PLAIN, ORD_PLAIN, ORD_ACQ, ORD_ACQ_PC};
    static const uint8_t st_orders[] = {ORD_PLAIN, ORD_PLAIN, ORD_REL, ORD_SEQ};
    IrType t = memory_type(g);
    bool is_int = t >= IR_I8 && t <= IR_I64, load = rnd_one_in(g, 2);
    unsigned size = MEM_8;
    while (8u << size < ir_type_bits(t))
        size++;
    if (is_int)
        size = rnd_below(g, size + 1);
    else if (t == IR_V128)
        size -= rnd_below(g, 3);
    IrRef v = load ? 0 : rnd_pick(g, t);
    Address a = random_address(g, 1u << size);
    IrOrder order = (IrOrder)(load ? ANY_OF(g, ld_orders) : ANY_OF(g, st_orders));
    unsigned aux = a.aux | size | (unsigned)order << MA_ORDER_SHIFT;
    if (load && is_int && rnd_one_in(g, 2))
        aux |= MA_SIGNED;
    if (load)
        emit(g, IR_LD, t, aux, a.disp, a.base, a.index, 0);
    else
        ir_st(g->u, aux, a.base, a.index, a.disp, v);
    if (rnd_one_in(g, 20))
        ir_emit(g->u, IR_FENCE, IR_VOID, rnd_below(g, 4), 0, 0, 0, 0);
}

static void atomic_op(RandomGen *g)
{
    static const uint8_t orders[] = {ORD_PLAIN, ORD_ACQ, ORD_REL, ORD_SEQ};
    IrType t = rnd_one_in(g, 2) ? IR_I32 : IR_I64;
    unsigned kind = rnd_below(g, 6), size = rnd_below(g, t == IR_I64 ? 4 : 3);
    unsigned bytes = kind == 0 ? 16 : 1u << size, order = ANY_OF(g, orders);
    uint64_t room = g->c->mem_size / 2 - bytes;
    IrRef addr = ir_op2(g->u, IR_ADD, IR_I64, masked(g, IR_I64, room),
                        ir_const(g->u, IR_I64, g->c->mem_base));
    unsigned aux = size | order << MA_ORDER_SHIFT;
    if (kind == 0) {
        IrRef l[4];
        for (unsigned k = 0; k < 4; k++)
            l[k] = rnd_pick(g, IR_I64);
        IrRef lo =
            emit(g, IR_CAS128, IR_I64, order << MA_ORDER_SHIFT, 0, addr, ir_list(g->u, l, 4), 0);
        emit(g, IR_HI, IR_I64, 0, 0, lo, 0, 0);
    } else if (kind < 3) {
        IrRef old = rnd_one_in(g, 2) ? emit(g, IR_LD, t, size, 0, addr, 0, 0) : rnd_pick(g, t);
        emit(g, IR_CAS, t, aux, 0, addr, old, rnd_pick(g, t));
    } else {
        emit(g, IR_AMO, t, aux | rnd_below(g, AMO_COUNT) << MA_AMO_SHIFT, 0, addr, rnd_pick(g, t),
             0);
    }
}

/* --- scalar floats --- */

static void float_convert(RandomGen *g, IrType t)
{
    IrType other = t == IR_F32 ? IR_F64 : IR_F32, it = rnd_one_in(g, 2) ? IR_I32 : IR_I64;
    unsigned sign = rnd_one_in(g, 2) ? FPX_SIGNED : 0;
    int32_t fbits = rnd_one_in(g, 4) ? (int32_t)rnd_below(g, ir_type_bits(it) + 1) : 0;
    switch (rnd_below(g, 5)) {
    case 0:
        emit(g, IR_FCVT, t, 0, 0, rnd_pick(g, other), 0, 0);
        return;
    case 1:
        emit(g, IR_F2I, it, rnd_below(g, 6) | sign, fbits, rnd_pick(g, t), 0, 0);
        return;
    case 2:
        emit(g, IR_I2F, t, sign, fbits, rnd_pick(g, it), 0, 0);
        return;
    case 3:
        emit(g, IR_FRINT, t, rnd_below(g, 6) | (rnd_one_in(g, 2) ? FPX_EXACT : 0), 0,
             rnd_pick(g, t), 0, 0);
        return;
    default:
        it = t == IR_F32 ? IR_I32 : IR_I64;
        if (rnd_one_in(g, 2))
            emit(g, IR_BITCAST, it, 0, 0, rnd_pick(g, t), 0, 0);
        else
            emit(g, IR_BITCAST, t, 0, 0, rnd_pick(g, it), 0, 0);
    }
}

static void float_op(RandomGen *g)
{
    static const uint8_t ops[] = {IR_FADD, IR_FSUB,  IR_FMUL, IR_FDIV,   IR_FADD,
                                  IR_FMUL, IR_FMIN,  IR_FMAX, IR_FMINNM, IR_FMAXNM,
                                  IR_FMA,  IR_FSQRT, IR_FNEG, IR_FABS};
    IrType t = rnd_one_in(g, 2) ? IR_F32 : IR_F64;
    IrOp op = (IrOp)ANY_OF(g, ops);
    unsigned n = ir_ops[op].nargs;
    switch (rnd_below(g, 6)) {
    case 0:
        float_convert(g, t);
        return;
    case 1:
        if (rnd_one_in(g, 2))
            emit(g, IR_FCMP, IR_FLAGS, rnd_one_in(g, 2) ? FPX_SIGNALING : 0, 0, rnd_pick(g, t),
                 rnd_pick(g, t), 0);
        else
            emit(g, IR_VFROM, IR_V128, 0, 0, rnd_pick(g, t), 0, 0);
        return;
    case 2:
        emit(g, IR_SELECT, t, 0, 0, rnd_pick(g, IR_BOOL), rnd_pick(g, t), rnd_pick(g, t));
        return;
    default:
        emit(g, op, t, 0, 0, rnd_pick(g, t), n > 1 ? rnd_pick(g, t) : 0,
             n > 2 ? rnd_pick(g, t) : 0);
    }
}

/* --- vectors --- */

static void vector_unary(RandomGen *g)
{
    static const uint8_t ops[] = {IR_VNEG,  IR_VABS,  IR_VNOT,  IR_VZHI, IR_VSHLI,
                                  IR_VSHRI, IR_VSARI, IR_VADDV, IR_VCNT, IR_VDUPL};
    IrOp op = (IrOp)ANY_OF(g, ops);
    unsigned ve = rnd_below(g, 4);
    bool sized = op != IR_VNOT && op != IR_VZHI && op != IR_VCNT;
    int32_t imm = 0;
    if (op >= IR_VSHLI && op <= IR_VSARI)
        imm = (int32_t)rnd_below(g, (8u << ve) + 1);
    else if (op == IR_VDUPL)
        imm = (int32_t)rnd_below(g, 16u >> ve);
    emit(g, op, IR_V128, sized ? ve : 0, imm, rnd_pick(g, IR_V128), 0, 0);
}

static void vector_binary(RandomGen *g)
{
    static const uint8_t ops[] = {
        IR_VAND,   IR_VOR,    IR_VXOR,   IR_VANDN,  IR_VADD,    IR_VSUB,  IR_VMUL,
        IR_VSMIN,  IR_VSMAX,  IR_VUMIN,  IR_VUMAX,  IR_VURHADD, IR_VSSHL, IR_VUSHL,
        IR_VZIP1,  IR_VZIP2,  IR_VUZP1,  IR_VUZP2,  IR_VTRN1,   IR_VTRN2, IR_VADDP,
        IR_VSQADD, IR_VUQADD, IR_VSQSUB, IR_VUQSUB,
    };
    IrOp op = (IrOp)ANY_OF(g, ops);
    unsigned ve = op >= IR_VAND && op <= IR_VANDN ? 0 : rnd_below(g, 4);
    emit(g, op, IR_V128, ve, 0, rnd_pick(g, IR_V128), rnd_pick(g, IR_V128), 0);
}

/* Ops that change the element size. */
static void vector_resize(RandomGen *g)
{
    static const uint8_t ops[] = {IR_VXTL,    IR_VXTN,  IR_VSQXTN, IR_VUQXTN,
                                  IR_VSQXTUN, IR_VMULL, IR_VADDLP};
    IrOp op = (IrOp)ANY_OF(g, ops);
    unsigned aux = rnd_below(g, 3);
    if (op == IR_VXTL || op == IR_VMULL || op == IR_VADDLP)
        aux |= rnd_one_in(g, 2) ? VE_SIGNED : 0;
    if (op == IR_VXTL || op == IR_VMULL)
        aux |= rnd_one_in(g, 2) ? VE_HI : 0;
    emit(g, op, IR_V128, aux, 0, rnd_pick(g, IR_V128),
         ir_ops[op].nargs > 1 ? rnd_pick(g, IR_V128) : 0, 0);
}

static void vector_special(RandomGen *g)
{
    static const uint8_t cmps[] = {CMP_EQ, CMP_SGT, CMP_SGE, CMP_UGT, CMP_UGE};
    IrRef a = rnd_pick(g, IR_V128), b = rnd_pick(g, IR_V128), tables[4];
    unsigned ve = rnd_below(g, 4), n = 1 + rnd_below(g, 4), lanes = 16u >> ve;
    switch (rnd_below(g, 9)) {
    case 7:
        emit(g, IR_SELECT, IR_V128, 0, 0, rnd_pick(g, IR_BOOL), a, b);
        return;
    case 0:
        emit(g, IR_VCMP, IR_V128, ve | (unsigned)ANY_OF(g, cmps) << VE_CMP_SHIFT, 0, a, b, 0);
        return;
    case 1:
        emit(g, IR_VEXT, IR_V128, 0, (int32_t)rnd_below(g, 16), a, b, 0);
        return;
    case 2:
        ve = rnd_below(g, 3);
        emit(g, IR_VREV, IR_V128, ve | (ve + 1 + rnd_below(g, 3 - ve)) << VE_CONT_SHIFT, 0, a, 0,
             0);
        return;
    case 3:
        for (unsigned k = 0; k < n; k++)
            tables[k] = rnd_pick(g, IR_V128);
        if (rnd_one_in(g, 2)) /* keep some indices in range */
            a = ir_op2(g->u, IR_VAND, IR_V128, a,
                       ir_vconst(g->u, 0x3f1f3f3f1f1fff0f, 0x3f3f1f0f0f3f3fff));
        emit(g, IR_VTBL, IR_V128, 0, 0, a, ir_list(g->u, tables, n), 0);
        return;
    case 4:
        emit(g, IR_VPMULL, IR_V128, VE_64 | (rnd_one_in(g, 2) ? VE_HI : 0), 0, a, b, 0);
        emit(g, IR_VAES, IR_V128, rnd_below(g, AES_STEP_COUNT), 0, a, 0, 0);
        emit(g, IR_VSHA, IR_V128, rnd_below(g, SHA_STEP_COUNT), 0, a, b, rnd_pick(g, IR_V128));
        return;
    case 5:
        emit(g, IR_VNZ, IR_BOOL, 0, 0, a, 0, 0);
        return;
    case 6:
        emit(g, IR_VINSL, IR_V128, ve, (int32_t)(rnd_below(g, lanes) | rnd_below(g, lanes) << 8), a,
             b, 0);
        return;
    default:
        emit(g, IR_VBSL, IR_V128, 0, 0, a, b, rnd_pick(g, IR_V128));
    }
}

static void vector_scalar(RandomGen *g)
{
    unsigned ve = rnd_below(g, 4);
    int32_t lane = (int32_t)rnd_below(g, 16u >> ve);
    IrType t = ve == VE_64 || rnd_one_in(g, 2) ? IR_I64 : IR_I32;
    switch (rnd_below(g, 5)) {
    case 0:
        emit(g, IR_VGET, t, ve | (rnd_one_in(g, 2) ? VE_SIGNED : 0), lane, rnd_pick(g, IR_V128), 0,
             0);
        return;
    case 1:
        emit(g, IR_VINS, IR_V128, ve, lane, rnd_pick(g, IR_V128), rnd_pick(g, t), 0);
        return;
    case 2:
        emit(g, IR_VDUP, IR_V128, ve, 0, rnd_pick(g, t), 0, 0);
        return;
    case 3:
        emit(g, IR_VTO, t, 0, 0, rnd_pick(g, IR_V128), 0, 0);
        return;
    default:
        emit(g, IR_VFROM, IR_V128, 0, 0, rnd_pick(g, t), 0, 0);
    }
}

static void vector_float_special(RandomGen *g, unsigned ve)
{
    static const uint8_t cmps[] = {CMP_EQ, CMP_SGT, CMP_SGE};
    IrRef a = rnd_pick(g, IR_V128);
    int32_t rm = (int32_t)rnd_below(g, 6), sign = rnd_one_in(g, 2) ? FPX_SIGNED : 0;
    int32_t fbits = rnd_one_in(g, 4) ? (int32_t)rnd_below(g, (8u << ve) + 1) : 0;
    switch (rnd_below(g, 6)) {
    case 0:
        emit(g, IR_VFCMP, IR_V128, ve | (unsigned)ANY_OF(g, cmps) << VE_CMP_SHIFT, 0, a,
             rnd_pick(g, IR_V128), 0);
        return;
    case 1:
        emit(g, IR_VFRINT, IR_V128, ve, rm | (rnd_one_in(g, 2) ? FPX_EXACT : 0), a, 0, 0);
        return;
    case 2:
        emit(g, IR_VF2I, IR_V128, ve, rm | sign | fbits << 8, a, 0, 0);
        return;
    case 3:
        emit(g, IR_VI2F, IR_V128, ve, sign | fbits << 8, a, 0, 0);
        return;
    case 4:
        emit(g, IR_VFCVTL, IR_V128, (VE_16 + rnd_below(g, 2)) | (rnd_one_in(g, 2) ? VE_HI : 0), 0, a,
             0, 0);
        return;
    default:
        emit(g, IR_VFCVTN, IR_V128, VE_32 + rnd_below(g, 2), 0, a, 0, 0);
    }
}

static void vector_float(RandomGen *g)
{
    static const uint8_t ops[] = {IR_VFADD, IR_VFSUB,  IR_VFMUL, IR_VFDIV,   IR_VFADD,
                                  IR_VFMUL, IR_VFMIN,  IR_VFMAX, IR_VFMINNM, IR_VFMAXNM,
                                  IR_VFMA,  IR_VFSQRT, IR_VFNEG, IR_VFABS};
    IrOp op = (IrOp)ANY_OF(g, ops);
    unsigned ve = rnd_one_in(g, 2) ? VE_32 : VE_64, n = ir_ops[op].nargs;
    if (rnd_one_in(g, 3)) {
        vector_float_special(g, ve);
        return;
    }
    emit(g, op, IR_V128, ve, 0, rnd_pick(g, IR_V128), n > 1 ? rnd_pick(g, IR_V128) : 0,
         n > 2 ? rnd_pick(g, IR_V128) : 0);
}

static void call_op(RandomGen *g)
{
    IrRef args[4];
    if (rnd_one_in(g, 3)) {
        args[0] = ir_const(g->u, IR_I32, IR_FADD + rnd_below(g, 4));
        for (unsigned k = 1; k < 3; k++)
            args[k] = rnd_pick(g, IR_F64);
        rnd_keep(g, IR_F64, ir_call(g->u, HELPER_fp_op2_64, IR_F64, args, 3));
    } else if (rnd_one_in(g, 3)) {
        rnd_keep(g, IR_I32, ir_call(g->u, HELPER_fp_flags_get, IR_I32, NULL, 0));
    } else {
        args[0] = ir_const(g->u, IR_I32, (IR_VADD + rnd_below(g, 3)) | rnd_below(g, 4) << 8);
        for (unsigned k = 1; k < 4; k++)
            args[k] = rnd_pick(g, IR_V128);
        rnd_keep(g, IR_V128, ir_call(g->u, HELPER_vec_op, IR_V128, args, 4));
    }
}

typedef struct Family {
    uint32_t what; /* IRR_* that it needs; 0: always there */
    uint32_t weight;
    void (*fn)(RandomGen *g);
} Family;

static const Family families[] = {
    {IRR_INT, 6, int_binary},     {IRR_INT, 2, int_unary},     {IRR_INT, 2, int_field},
    {IRR_INT, 2, int_width},      {IRR_INT, 3, bool_op},       {IRR_INT, 1, crc_op},
    {IRR_FLAGS, 5, flags_op},     {IRR_MEM, 5, memory_op},     {IRR_ATOMIC, 2, atomic_op},
    {IRR_VEC, 2, vector_unary},   {IRR_VEC, 4, vector_binary}, {IRR_VEC, 2, vector_resize},
    {IRR_VEC, 3, vector_special}, {IRR_VEC, 2, vector_scalar}, {IRR_FP, 6, float_op},
    {IRR_VFP, 5, vector_float},   {IRR_CALLS, 1, call_op},
};

void rnd_op(RandomGen *g)
{
    uint32_t total = 0;
    for (unsigned k = 0; k < ARRAY_LEN(families); k++)
        if (!families[k].what || g->c->what & families[k].what)
            total += families[k].weight;
    uint32_t at = rnd_below(g, total);
    for (unsigned k = 0; k < ARRAY_LEN(families); k++) {
        if (families[k].what && !(g->c->what & families[k].what))
            continue;
        if (at < families[k].weight) {
            families[k].fn(g);
            return;
        }
        at -= families[k].weight;
    }
}
