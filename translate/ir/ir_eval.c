/*
 * What the scalar integer, bool and flags ops mean.
 *
 * Operands and results are zero-extended to 64 bits; every result is cut to its type at the one
 * place where ir_eval_int() returns. Flags are packed (flags.h) with other bits zero.
 *
 *     sub i8 3 - 5:    a - b = 0xff..fe   ->   0xfe
 *     flsub i8 3, 5:   N set, C clear (a borrow), Z and V clear
 */
#include "flags.h"
#include "ir_interp.h"

typedef unsigned __int128 u128;

static uint64_t sign_extend(uint64_t v, unsigned bits)
{
    unsigned s = 64 - bits;
    return (uint64_t)((int64_t)(v << s) >> s);
}

bool ir_eval_cmp(IrCmp c, IrType t, uint64_t a, uint64_t b)
{
    int64_t sa = (int64_t)sign_extend(a, ir_type_bits(t));
    int64_t sb = (int64_t)sign_extend(b, ir_type_bits(t));
    switch (c) {
    case CMP_EQ:
        return a == b;
    case CMP_NE:
        return a != b;
    case CMP_ULT:
        return a < b;
    case CMP_ULE:
        return a <= b;
    case CMP_UGT:
        return a > b;
    case CMP_UGE:
        return a >= b;
    case CMP_SLT:
        return sa < sb;
    case CMP_SLE:
        return sa <= sb;
    case CMP_SGT:
        return sa > sb;
    default:
        return sa >= sb;
    }
}

bool ir_eval_cond(IrCond c, uint64_t flags)
{
    uint32_t f = flags_to_nzcv((uint32_t)flags);
    bool n = f >> 31 & 1, z = f >> 30 & 1, carry = f >> 29 & 1, v = f >> 28 & 1;
    bool holds;
    switch (c >> 1) {
    case CC_EQ >> 1:
        holds = z;
        break;
    case CC_CS >> 1:
        holds = carry;
        break;
    case CC_MI >> 1:
        holds = n;
        break;
    case CC_VS >> 1:
        holds = v;
        break;
    case CC_HI >> 1:
        holds = carry && !z;
        break;
    case CC_GE >> 1:
        holds = n == v;
        break;
    default:
        holds = !z && n == v;
        break;
    }
    return holds != (c & 1);
}

/* Flags of x + y + carry in `bits` bits. */
static uint64_t add_flags(unsigned bits, uint64_t x, uint64_t y, bool carry)
{
    uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1, top = 1ull << (bits - 1);
    u128 wide = (u128)x + y + carry;
    uint64_t r = (uint64_t)wide & mask;
    bool v = ((x ^ r) & (y ^ r) & top) != 0;
    uint32_t nzcv = (r & top ? 1u << 31 : 0) | (r == 0 ? 1u << 30 : 0) |
                    ((wide >> bits & 1) != 0 ? 1u << 29 : 0) | (v ? 1u << 28 : 0);
    return flags_from_nzcv(nzcv);
}

static bool carry_of(uint64_t flags)
{
    return flags_to_nzcv((uint32_t)flags) >> 29 & 1;
}

static bool eval_flags(const IrEval *e, uint64_t *out)
{
    unsigned bits = ir_type_bits((IrType)e->arg_type);
    uint64_t inv = ~e->b & ir_type_mask((IrType)e->arg_type);
    switch (e->op) {
    case IR_FLADD:
        *out = flags_of_add(e->a, e->b, bits);
        return true;
    case IR_FLSUB:
        *out = flags_of_sub(e->a, e->b, bits);
        return true;
    case IR_FLADC:
        *out = add_flags(bits, e->a, e->b, carry_of(e->c));
        return true;
    case IR_FLSBC:
        *out = add_flags(bits, e->a, inv, carry_of(e->c));
        return true;
    case IR_FLLOGIC:
        *out = flags_from_nzcv((uint32_t)(e->a >> (bits - 1)) << 31 | (e->a == 0 ? 1u << 30 : 0));
        return true;
    case IR_ADC:
        *out = e->a + e->b + carry_of(e->c);
        return true;
    case IR_SBC:
        *out = e->a + ~e->b + carry_of(e->c);
        return true;
    case IR_CC:
        *out = ir_eval_cond((IrCond)e->aux, e->a);
        return true;
    case IR_FLPACK:
        *out = flags_to_nzcv((uint32_t)e->a);
        return true;
    case IR_FLUNPACK:
        *out = flags_from_nzcv((uint32_t)e->a);
        return true;
    default:
        return false;
    }
}

static uint64_t mul_high(const IrEval *e, unsigned bits, bool is_signed)
{
    if (!is_signed)
        return (uint64_t)((u128)e->a * e->b >> bits);
    __int128 a = (int64_t)sign_extend(e->a, bits), b = (int64_t)sign_extend(e->b, bits);
    return (uint64_t)(a * b >> bits);
}

static uint64_t divide_signed(const IrEval *e, unsigned bits)
{
    int64_t a = (int64_t)sign_extend(e->a, bits), b = (int64_t)sign_extend(e->b, bits);
    if (b == 0)
        return 0;
    return b == -1 ? -(uint64_t)a : (uint64_t)(a / b);
}

static bool eval_arith(const IrEval *e, uint64_t *out)
{
    unsigned bits = ir_type_bits((IrType)e->type);
    switch (e->op) {
    case IR_ADD:
        *out = e->a + e->b;
        return true;
    case IR_SUB:
        *out = e->a - e->b;
        return true;
    case IR_MUL:
        *out = e->a * e->b;
        return true;
    case IR_MULHU:
        *out = mul_high(e, bits, false);
        return true;
    case IR_MULHS:
        *out = mul_high(e, bits, true);
        return true;
    case IR_UDIV:
        *out = e->b ? e->a / e->b : 0;
        return true;
    case IR_SDIV:
        *out = divide_signed(e, bits);
        return true;
    case IR_NEG:
        *out = -e->a;
        return true;
    default:
        return false;
    }
}

static bool eval_logic(const IrEval *e, uint64_t *out)
{
    switch (e->op) {
    case IR_AND:
    case IR_BAND:
        *out = e->a & e->b;
        return true;
    case IR_OR:
    case IR_BOR:
        *out = e->a | e->b;
        return true;
    case IR_XOR:
        *out = e->a ^ e->b;
        return true;
    case IR_ANDN:
        *out = e->a & ~e->b;
        return true;
    case IR_NOT:
    case IR_BNOT:
        *out = ~e->a;
        return true;
    case IR_CMP:
        *out = ir_eval_cmp((IrCmp)e->aux, (IrType)e->arg_type, e->a, e->b);
        return true;
    case IR_SELECT:
        *out = e->a ? e->b : e->c;
        return true;
    default:
        return false;
    }
}

static bool eval_shift(const IrEval *e, uint64_t *out)
{
    unsigned bits = ir_type_bits((IrType)e->type), n = (unsigned)(e->b & (bits - 1));
    unsigned lsb = e->aux & 255, width = e->aux >> 8;
    uint64_t field = width >= 64 ? ~0ull : (1ull << width) - 1;
    switch (e->op) {
    case IR_SHL:
        *out = e->a << n;
        return true;
    case IR_SHR:
        *out = e->a >> n;
        return true;
    case IR_SAR:
        *out = (uint64_t)((int64_t)sign_extend(e->a, bits) >> n);
        return true;
    case IR_ROR:
        *out = n ? e->a >> n | e->a << (bits - n) : e->a;
        return true;
    case IR_EXTR:
        *out = e->imm ? e->b >> e->imm | e->a << (bits - (unsigned)e->imm) : e->b;
        return true;
    case IR_UBFX:
        *out = e->a >> lsb & field;
        return true;
    case IR_SBFX:
        *out = sign_extend(e->a >> lsb & field, width);
        return true;
    case IR_BFI:
        *out = (e->a & ~(field << lsb)) | (e->b & field) << lsb;
        return true;
    default:
        return false;
    }
}

static uint64_t reverse_bits(uint64_t v, unsigned bits)
{
    uint64_t r = 0;
    for (unsigned k = 0; k < bits; k++)
        r |= (v >> k & 1) << (bits - 1 - k);
    return r;
}

static uint64_t reverse_bytes(uint64_t v, unsigned bits, unsigned piece)
{
    uint64_t r = 0;
    for (unsigned at = 0; at < bits; at += 8) {
        unsigned to = at / piece * piece + (piece - 8 - at % piece);
        r |= (v >> at & 255) << to;
    }
    return r;
}

static unsigned leading_zeros(uint64_t v, unsigned bits)
{
    return v ? (unsigned)__builtin_clzll(v) - (64 - bits) : bits;
}

static uint32_t crc_step(uint32_t crc, uint64_t data, unsigned bytes, bool castagnoli)
{
    uint32_t poly = castagnoli ? 0x82f63b78 : 0xedb88320;
    for (unsigned k = 0; k < bytes * 8; k++) {
        bool bit = (crc ^ data >> k) & 1;
        crc = crc >> 1 ^ (bit ? poly : 0);
    }
    return crc;
}

static bool eval_bits(const IrEval *e, uint64_t *out)
{
    unsigned bits = ir_type_bits((IrType)e->type);
    uint64_t mask = ir_type_mask((IrType)e->type);
    switch (e->op) {
    case IR_CLZ:
        *out = leading_zeros(e->a, bits);
        return true;
    case IR_CTZ:
        *out = e->a ? (unsigned)__builtin_ctzll(e->a) : bits;
        return true;
    case IR_CLS:
        *out =
            leading_zeros((e->a ^ (uint64_t)((int64_t)sign_extend(e->a, bits) >> 1)) & mask, bits) -
            1;
        return true;
    case IR_POPCNT:
        *out = 0;
        for (uint64_t v = e->a; v; v &= v - 1)
            *out += 1;
        return true;
    case IR_BSWAP:
        *out = reverse_bytes(e->a, bits, bits);
        return true;
    case IR_REV16:
        *out = bits == 8 ? e->a : reverse_bytes(e->a, bits, 16);
        return true;
    case IR_RBIT:
        *out = reverse_bits(e->a, bits);
        return true;
    case IR_CRC32:
        *out = crc_step((uint32_t)e->a, e->b, 1u << (e->aux & 3), e->aux & 4);
        return true;
    default:
        return false;
    }
}

static bool eval_convert(const IrEval *e, uint64_t *out)
{
    uint64_t sign = 1ull << (ir_type_bits((IrType)e->type) - 1);
    switch (e->op) {
    case IR_CONST:
        *out = e->a;
        return true;
    case IR_ZEXT:
    case IR_TRUNC:
    case IR_BITCAST:
        *out = e->a;
        return true;
    case IR_SEXT:
        *out = sign_extend(e->a, ir_type_bits((IrType)e->arg_type));
        return true;
    case IR_FNEG:
        *out = e->a ^ sign;
        return true;
    case IR_FABS:
        *out = e->a & ~sign;
        return true;
    default:
        return false;
    }
}

bool ir_eval_int(const IrEval *e, uint64_t *out)
{
    if (e->type == IR_VOID || e->type == IR_V128)
        return false;
    if (!eval_arith(e, out) && !eval_logic(e, out) && !eval_shift(e, out) && !eval_flags(e, out) &&
        !eval_bits(e, out) && !eval_convert(e, out))
        return false;
    *out &= ir_type_mask((IrType)e->type);
    return true;
}

uint64_t ir_eval_amo(IrAmo k, IrMem size, uint64_t old, uint64_t v)
{
    unsigned bits = 8u << size;
    uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
    old &= mask;
    v &= mask;
    bool less = (int64_t)sign_extend(old, bits) < (int64_t)sign_extend(v, bits);
    switch (k) {
    case AMO_ADD:
        return (old + v) & mask;
    case AMO_AND:
        return old & v;
    case AMO_OR:
        return old | v;
    case AMO_XOR:
        return old ^ v;
    case AMO_SMAX:
        return less ? v : old;
    case AMO_SMIN:
        return less ? old : v;
    case AMO_UMAX:
        return old < v ? v : old;
    case AMO_UMIN:
        return old < v ? old : v;
    default:
        return v;
    }
}
