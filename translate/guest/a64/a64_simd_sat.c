/*
 * Lane-wise integer operations that a host has for some sizes or not at all, put together from
 * those that it has: saturation with its QC flag, shifts by register, doubling products, counts.
 *
 * A saturating operation computes the wrapping result and a mask of the lanes that left the range;
 * these get the bound, and QC is raised when the mask is not empty. Example, `sqadd v0.4s, v1.4s,
 * v2.4s`: sum = a + b; out = (a ^ sum) & (b ^ sum), by its sign; bound = (a < 0) ^ 0x7fffffff;
 * result = out < 0 ? bound : sum.
 */
#include "a64_simd.h"

static IrRef less_zero(TransCtx *tc, unsigned ve, IrRef v)
{
    return v_op2(tc, IR_VCMP, ve | CMP_SGT << VE_CMP_SHIFT, v_zero(tc), v);
}

static IrRef equal(TransCtx *tc, unsigned ve, IrRef a, IrRef b)
{
    return v_op2(tc, IR_VCMP, ve | CMP_EQ << VE_CMP_SHIFT, a, b);
}

static uint64_t sign_bit(unsigned ve)
{
    return 1ull << ((8 << ve) - 1);
}

/* The bound that a signed value's lane goes to: the largest, or for a negative one the smallest. */
static IrRef signed_bound(TransCtx *tc, unsigned ve, IrRef v)
{
    return v_op2(tc, IR_VXOR, 0, less_zero(tc, ve, v), a64_v_splat(tc, ve, sign_bit(ve) - 1));
}

static void qc_if_any(TransCtx *tc, IrRef mask)
{
    a64_qc_if(tc, ir_op1(tc->u, IR_VNZ, IR_BOOL, mask));
}

/* ---- addition and subtraction ---- */

/* Lanes of 8 and 16 bits: the host's own, compared with the wrapping one. */
static IrRef addsub_small(TransCtx *tc, const A64Lanes *x, bool sub)
{
    static const uint8_t ops[2][2] = {{IR_VSQADD, IR_VUQADD}, {IR_VSQSUB, IR_VUQSUB}};
    IrRef r = v_op2(tc, (IrOp)ops[sub][x->U], x->ve, x->a, x->b);
    a64_qc_if_differ(tc, r, v_op2(tc, sub ? IR_VSUB : IR_VADD, x->ve, x->a, x->b));
    return r;
}

static IrRef addsub_unsigned(TransCtx *tc, const A64Lanes *x, bool sub)
{
    const unsigned above = x->ve | CMP_UGT << VE_CMP_SHIFT;
    IrRef r = v_op2(tc, sub ? IR_VSUB : IR_VADD, x->ve, x->a, x->b);
    IrRef out = v_op2(tc, IR_VCMP, above, sub ? x->b : x->a, sub ? x->a : r);
    qc_if_any(tc, out);
    return sub ? v_op2(tc, IR_VANDN, 0, r, out) : v_op2(tc, IR_VOR, 0, r, out);
}

IrRef a64_sat_addsub(TransCtx *tc, const A64Lanes *x, bool sub)
{
    if (x->ve <= VE_16)
        return addsub_small(tc, x, sub);
    if (x->U)
        return addsub_unsigned(tc, x, sub);
    IrRef r = v_op2(tc, sub ? IR_VSUB : IR_VADD, x->ve, x->a, x->b);
    IrRef differ = v_op2(tc, IR_VXOR, 0, x->a, r);
    IrRef other = v_op2(tc, IR_VXOR, 0, x->b, sub ? x->a : r);
    IrRef out = less_zero(tc, x->ve, v_op2(tc, IR_VAND, 0, differ, other));
    qc_if_any(tc, out);
    return v_op3(tc, IR_VBSL, 0, out, signed_bound(tc, x->ve, x->a), r);
}

/* The smallest value's lane stays negative; one less than it is the largest. */
IrRef a64_sat_abs(TransCtx *tc, unsigned ve, IrRef v)
{
    IrRef r = v_op1(tc, IR_VABS, ve, v), out = less_zero(tc, ve, r);
    qc_if_any(tc, out);
    return v_op2(tc, IR_VADD, ve, r, out);
}

/* suqadd and usqadd: the accumulator's range moved by half its size makes both operands alike. */
IrRef a64_sat_mixed(TransCtx *tc, const A64Lanes *x)
{
    IrRef half = a64_v_splat(tc, x->ve, sign_bit(x->ve));
    A64Lanes y = {.ve = x->ve, .U = !x->U, .b = x->a};
    y.a = v_op2(tc, IR_VXOR, 0, x->acc, half);
    return v_op2(tc, IR_VXOR, 0, a64_sat_addsub(tc, &y, false), half);
}

/* ---- narrowing ---- */

/* Doublewords to words; the vector's lower half holds the result. */
static IrRef narrow_words(TransCtx *tc, bool is_signed, IrRef v)
{
    IrRef r = v_op1(tc, IR_VXTN, VE_32, v);
    IrRef back = v_op1(tc, IR_VXTL, VE_32 | (is_signed ? VE_SIGNED : 0), r);
    IrRef fits = equal(tc, VE_64, back, v);
    a64_qc_if_differ(tc, back, v);
    IrRef bound = a64_v_splat(tc, VE_64, 0xffffffff);
    if (is_signed)
        bound = v_op2(tc, IR_VXOR, 0, less_zero(tc, VE_64, v), a64_v_splat(tc, VE_64, INT32_MAX));
    return v_op1(tc, IR_VXTN, VE_32, v_op3(tc, IR_VBSL, 0, fits, v, bound));
}

IrRef a64_sat_narrow64(TransCtx *tc, IrOp op, IrRef v)
{
    if (op != IR_VSQXTUN)
        return narrow_words(tc, op == IR_VSQXTN, v);
    IrRef below = less_zero(tc, VE_64, v);
    qc_if_any(tc, below);
    return narrow_words(tc, false, v_op2(tc, IR_VANDN, 0, v, below));
}

/* ---- doubling products: the high half of 2ab, rounded, with or without an accumulator ---- */

static IrRef product_high(TransCtx *tc, const A64Product *p, unsigned hi)
{
    unsigned half = p->ve | VE_SIGNED | (hi ? VE_HI : 0), wide = p->ve + 1;
    int32_t bits = 8 << p->ve;
    IrRef v = v_op2(tc, IR_VMULL, half, p->a, p->b);
    if (p->subtract)
        v = v_op1(tc, IR_VNEG, wide, v);
    if (p->round)
        v = v_op2(tc, IR_VADD, wide, v, a64_v_splat(tc, wide, 1ull << (bits - 2)));
    v = v_op1i(tc, IR_VSARI, wide, v, bits - 1);
    if (p->acc)
        v = v_op2(tc, IR_VADD, wide, v, v_op1(tc, IR_VXTL, half, p->acc));
    A64Lanes x = {.ve = p->ve, .opcode = 0x14, .a = v};
    return a64_lanes_narrow(tc, &x);
}

IrRef a64_doubling_high(TransCtx *tc, const A64Product *p)
{
    IrRef low = product_high(tc, p, 0);
    return v_concat(tc, low, product_high(tc, p, 1));
}

/* ---- shifts by register: the signed low byte of each lane of b ---- */

/* Bytes by way of words, which every host can shift by lanes. */
static IrRef shift_bytes(TransCtx *tc, const A64Lanes *x)
{
    unsigned sign = x->U ? 0 : VE_SIGNED;
    IrRef out[2];
    for (unsigned h = 0; h < 2; h++) {
        IrRef a = v_op1(tc, IR_VXTL, VE_8 | sign | (h ? VE_HI : 0), x->a), r[2];
        IrRef b = v_op1(tc, IR_VXTL, VE_8 | VE_SIGNED | (h ? VE_HI : 0), x->b);
        for (unsigned k = 0; k < 2; k++)
            r[k] = v_op2(tc, x->U ? IR_VUSHL : IR_VSSHL, VE_32,
                         v_op1(tc, IR_VXTL, VE_16 | sign | (k ? VE_HI : 0), a),
                         v_op1(tc, IR_VXTL, VE_16 | VE_SIGNED | (k ? VE_HI : 0), b));
        out[h] = v_op2(tc, IR_VUZP1, VE_16, r[0], r[1]);
    }
    return v_op2(tc, IR_VUZP1, VE_8, out[0], out[1]);
}

static IrRef shift(TransCtx *tc, const A64Lanes *x)
{
    if (x->ve == VE_8)
        return shift_bytes(tc, x);
    return v_op2(tc, x->U ? IR_VUSHL : IR_VSSHL, x->ve, x->a, x->b);
}

/* All ones where the amount is negative. */
static IrRef to_the_right(TransCtx *tc, const A64Lanes *x)
{
    int32_t up = (8 << x->ve) - 8;
    return less_zero(tc, x->ve, up ? v_op1i(tc, IR_VSHLI, x->ve, x->b, up) : x->b);
}

/*
 * srshl, urshl: a right shift (negative amount n) adds the last bit that falls out, which is the
 * lowest one after a shift by n + 1.
 */
static IrRef rounding_shift(TransCtx *tc, const A64Lanes *x)
{
    IrRef one = a64_v_splat(tc, x->ve, 1);
    A64Lanes next = *x;
    next.b = v_op2(tc, IR_VADD, x->ve, x->b, one);
    IrRef last = v_op2(tc, IR_VAND, 0, shift(tc, &next), one);
    IrRef add = v_op2(tc, IR_VAND, 0, last, to_the_right(tc, x));
    return v_op2(tc, IR_VADD, x->ve, shift(tc, x), add);
}

/* A left shift that does not come back to the operand has lost bits. */
static IrRef saturating_shift(TransCtx *tc, const A64Lanes *x, IrRef r)
{
    A64Lanes back = *x;
    back.a = r;
    back.b = v_op1(tc, IR_VNEG, x->ve, x->b);
    IrRef kept =
        v_op2(tc, IR_VOR, 0, equal(tc, x->ve, shift(tc, &back), x->a), to_the_right(tc, x));
    IrRef ones = ir_vconst(tc->u, ~0ull, ~0ull);
    a64_qc_if_differ(tc, kept, ones);
    return v_op3(tc, IR_VBSL, 0, kept, r, x->U ? ones : signed_bound(tc, x->ve, x->a));
}

IrRef a64_shift_by_register(TransCtx *tc, const A64Lanes *x, bool round, bool saturate)
{
    IrRef r = round ? rounding_shift(tc, x) : shift(tc, x);
    return saturate ? saturating_shift(tc, x, r) : r;
}

/* sqshl, uqshl, and sqshlu (to_unsigned) by an immediate. */
IrRef a64_sat_shift_left(TransCtx *tc, const A64Lanes *x, int32_t n, bool to_unsigned)
{
    IrRef a = x->a, ones = ir_vconst(tc->u, ~0ull, ~0ull);
    if (to_unsigned) {
        IrRef below = less_zero(tc, x->ve, a);
        qc_if_any(tc, below);
        a = v_op2(tc, IR_VANDN, 0, a, below);
    }
    bool is_signed = !x->U && !to_unsigned;
    IrRef r = v_op1i(tc, IR_VSHLI, x->ve, a, n);
    IrRef back = v_op1i(tc, is_signed ? IR_VSARI : IR_VSHRI, x->ve, r, n);
    IrRef kept = equal(tc, x->ve, back, a);
    a64_qc_if_differ(tc, back, a);
    return v_op3(tc, IR_VBSL, 0, kept, r, is_signed ? signed_bound(tc, x->ve, a) : ones);
}

/* ---- counts: nibbles by table, then pairs ---- */

static IrRef lookup(TransCtx *tc, IrRef index, uint64_t lo, uint64_t hi)
{
    IrRef table = ir_vconst(tc->u, lo, hi);
    uint32_t list = ir_list(tc->u, &table, 1);
    return ir_emit(tc->u, IR_VTBL, IR_V128, 0, index, list, 0, 0);
}

static IrRef low_nibble(TransCtx *tc, IrRef v)
{
    return v_op2(tc, IR_VAND, 0, v, a64_v_splat(tc, VE_8, 15));
}

/* The high part's count, and the low part's too where the high one is all zeros. */
static IrRef join_counts(TransCtx *tc, unsigned ve, uint64_t full, IrRef high, IrRef low)
{
    IrRef zeros = equal(tc, ve, high, a64_v_splat(tc, ve, full));
    return v_op2(tc, IR_VADD, ve, high, v_op2(tc, IR_VAND, 0, low, zeros));
}

IrRef a64_count_zeros(TransCtx *tc, unsigned ve, IrRef v)
{
    const uint64_t lo = 0x0101010102020304; /* leading zeros of 0 to 7; none above */
    if (ve == VE_8) {
        IrRef high = lookup(tc, v_op1i(tc, IR_VSHRI, VE_8, v, 4), lo, 0);
        return join_counts(tc, VE_8, 4, high, lookup(tc, low_nibble(tc, v), lo, 0));
    }
    int32_t half = 4 << ve;
    IrRef c = a64_count_zeros(tc, ve - 1, v);
    IrRef low = v_op2(tc, IR_VAND, 0, c, a64_v_splat(tc, ve, (1ull << half) - 1));
    return join_counts(tc, ve, (uint64_t)half, v_op1i(tc, IR_VSHRI, ve, c, half), low);
}

/* Bits equal to the sign: the zeros above the first change, of which one is the sign itself. */
IrRef a64_count_signs(TransCtx *tc, unsigned ve, IrRef v)
{
    IrRef changes = v_op2(tc, IR_VXOR, 0, v, v_op1i(tc, IR_VSARI, ve, v, 1));
    return v_op2(tc, IR_VSUB, ve, a64_count_zeros(tc, ve, changes), a64_v_splat(tc, ve, 1));
}

IrRef a64_reverse_bits(TransCtx *tc, IrRef v)
{
    const uint64_t lo = 0x0e060a020c040800, hi = 0x0f070b030d050901; /* nibbles reversed */
    IrRef low = lookup(tc, low_nibble(tc, v), lo << 4, hi << 4);
    return v_op2(tc, IR_VOR, 0, low, lookup(tc, v_op1i(tc, IR_VSHRI, VE_8, v, 4), lo, hi));
}
