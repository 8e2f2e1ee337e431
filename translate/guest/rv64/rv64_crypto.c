/*
 * RV64 scalar cryptography: AES (Zknd, Zkne), SHA-2 (Zknh), SM4 (Zksed), SM3 (Zksh).
 *
 * The AES state is rs2:rs1, which a vector op works on; an instruction returns the new state's low
 * half. Example, `aes64es a0, a1, a2`:
 *
 *     v1:i64 = get a1
 *     v2:v128 = vfrom v1
 *     v3:i64 = get a2
 *     v4:v128 = vins.64 v2, v3, 1
 *     v5:v128 = vaes.sub v4
 *     v6:i64 = vget.64 v5, 0
 *     set a0, v6
 */
#include "rv64.h"
#include "aes.h"

static TransResult set(TransCtx *tc, unsigned rd, IrRef v)
{
    rv64_set_x(tc, rd, v);
    return TR_NEXT;
}

static IrRef low_half(TransCtx *tc, IrRef v)
{
    return ir_op1x(tc->u, IR_VGET, IR_I64, VE_64, v, 0);
}

static TransResult aes(TransCtx *tc, AesStep step, unsigned rd, unsigned rs1, unsigned rs2)
{
    IrUnit *u = tc->u;
    IrRef state = ir_op1(u, IR_VFROM, IR_V128, rv64_x(tc, rs1));
    state = ir_op2x(u, IR_VINS, IR_V128, VE_64, state, rv64_x(tc, rs2), 1);
    return set(tc, rd, low_half(tc, ir_op1x(u, IR_VAES, IR_V128, step, state, 0)));
}

TransResult rv64_aes64ds(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_aes64ds f = insn.aes64ds;
    return aes(tc, AES_INV_SUB, f.rd, f.rs1, f.rs2);
}

TransResult rv64_aes64dsm(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_aes64dsm f = insn.aes64dsm;
    return aes(tc, AES_INV_ROUND, f.rd, f.rs1, f.rs2);
}

TransResult rv64_aes64es(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_aes64es f = insn.aes64es;
    return aes(tc, AES_SUB, f.rd, f.rs1, f.rs2);
}

TransResult rv64_aes64esm(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_aes64esm f = insn.aes64esm;
    return aes(tc, AES_ROUND, f.rd, f.rs1, f.rs2);
}

/* Columns are mixed one by one: the other half does not matter. */
TransResult rv64_aes64im(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_aes64im f = insn.aes64im;
    return aes(tc, AES_INV_MIX, f.rd, f.rs1, 0);
}

/*
 * S-box of rs1's upper word, rotated by a byte in rounds 0 to 9, and the round constant; twice.
 * With the word in all columns ShiftRows changes nothing.
 */
TransResult rv64_aes64ks1i(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t rcon[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36, 0};
    const Rv64_aes64ks1i f = insn.aes64ks1i;
    IrUnit *u = tc->u;
    IrRef up = ir_op2(u, IR_SHR, IR_I64, rv64_x(tc, f.rs1), ir_const(u, IR_I64, 32));
    IrRef word = ir_op1(u, IR_TRUNC, IR_I32, up);
    if (f.rnum < 10)
        word = ir_op2(u, IR_ROR, IR_I32, word, ir_const(u, IR_I32, 8));
    IrRef all = ir_op1x(u, IR_VDUP, IR_V128, VE_32, word, 0);
    IrRef v = low_half(tc, ir_op1x(u, IR_VAES, IR_V128, AES_SUB, all, 0));
    IrRef round = rv64_const(tc, (int64_t)((uint64_t)rcon[f.rnum] << 32 | rcon[f.rnum]));
    return set(tc, f.rd, ir_op2(u, IR_XOR, IR_I64, v, round));
}

TransResult rv64_aes64ks2(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_aes64ks2 f = insn.aes64ks2;
    IrUnit *u = tc->u;
    IrRef up = ir_op2(u, IR_SHR, IR_I64, rv64_x(tc, f.rs1), ir_const(u, IR_I64, 32));
    IrRef b = rv64_x(tc, f.rs2);
    IrRef w0 = ir_op2(u, IR_XOR, IR_I64, up, b); /* its low word */
    IrRef w1 = ir_op2(u, IR_XOR, IR_I64, w0, ir_op2(u, IR_SHR, IR_I64, b, ir_const(u, IR_I64, 32)));
    return set(tc, f.rd, ir_op2x(u, IR_BFI, IR_I64, 32 | 32 << 8, w0, w1, 0));
}

/* Exclusive or of v rotated right by r[0] and r[1], and rotated or (shift) shifted by r[2]. */
static IrRef sigma(TransCtx *tc, IrType t, IrRef v, const uint8_t r[3], bool shift)
{
    IrUnit *u = tc->u;
    IrRef a = ir_op2(u, IR_ROR, t, v, ir_const(u, t, r[0]));
    IrRef b = ir_op2(u, IR_ROR, t, v, ir_const(u, t, r[1]));
    IrRef c = ir_op2(u, shift ? IR_SHR : IR_ROR, t, v, ir_const(u, t, r[2]));
    return ir_op2(u, IR_XOR, t, ir_op2(u, IR_XOR, t, a, b), c);
}

/* FIPS 180-4, 4.1.2 and 4.1.3; op: sum0 sum1 sig0 sig1 */
TransResult rv64_sha256(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t by[4][3] = {{2, 13, 22}, {6, 11, 25}, {7, 18, 3}, {17, 19, 10}};
    const Rv64_sha256 f = insn.sha256;
    rv64_set_w(tc, f.rd, sigma(tc, IR_I32, rv64_w(tc, f.rs1), by[f.op], f.op >= 2));
    return TR_NEXT;
}

TransResult rv64_sha512(TransCtx *tc, Rv64Insn insn)
{
    static const uint8_t by[4][3] = {{28, 34, 39}, {14, 18, 41}, {1, 8, 7}, {19, 61, 6}};
    const Rv64_sha512 f = insn.sha512;
    return set(tc, f.rd, sigma(tc, IR_I64, rv64_x(tc, f.rs1), by[f.op], f.op >= 2));
}

static IrRef rol32(TransCtx *tc, IrRef v, unsigned n)
{
    return ir_op2(tc->u, IR_ROR, IR_I32, v, ir_const(tc->u, IR_I32, -n & 31));
}

static IrRef xor32(TransCtx *tc, IrRef a, IrRef b)
{
    return ir_op2(tc->u, IR_XOR, IR_I32, a, b);
}

/* v with itself rotated left by two amounts (GB/T 32905: P0, P1). */
static TransResult sm3(TransCtx *tc, unsigned rd, unsigned rs1, unsigned r1, unsigned r2)
{
    IrRef v = rv64_w(tc, rs1);
    rv64_set_w(tc, rd, xor32(tc, xor32(tc, v, rol32(tc, v, r1)), rol32(tc, v, r2)));
    return TR_NEXT;
}

TransResult rv64_sm3p0(TransCtx *tc, Rv64Insn insn)
{
    return sm3(tc, insn.sm3p0.rd, insn.sm3p0.rs1, 9, 17);
}

TransResult rv64_sm3p1(TransCtx *tc, Rv64Insn insn)
{
    return sm3(tc, insn.sm3p1.rd, insn.sm3p1.rs1, 15, 23);
}

/* Some bits of a byte, moved up: a term of SM4's linear maps on words in RISC-V's byte order. */
typedef struct Sm4Term {
    uint8_t mask, shift;
} Sm4Term;

/* The S-box of byte bs of rs2, through the sum of n terms, turned to its place, plus rs1. */
static TransResult sm4(TransCtx *tc, Rv64_sm4ed f, const Sm4Term *terms, unsigned n)
{
    IrUnit *u = tc->u;
    IrRef word = rv64_w(tc, f.rs2);
    IrRef all = ir_call(u, HELPER_sm4_sub, IR_I32, &word, 1);
    IrRef x = ir_op1x(u, IR_UBFX, IR_I32, 8u * f.bs | 8u << 8, all, 0), sum = x;
    for (unsigned i = 0; i < n; i++) {
        IrRef term = x;
        if (terms[i].mask != 0xff)
            term = ir_op2(u, IR_AND, IR_I32, x, ir_const(u, IR_I32, terms[i].mask));
        term = ir_op2(u, IR_SHL, IR_I32, term, ir_const(u, IR_I32, terms[i].shift));
        sum = xor32(tc, sum, term);
    }
    rv64_set_w(tc, f.rd, xor32(tc, rol32(tc, sum, 8u * f.bs), rv64_w(tc, f.rs1)));
    return TR_NEXT;
}

TransResult rv64_sm4ed(TransCtx *tc, Rv64Insn insn)
{
    static const Sm4Term terms[] = {{0xff, 8}, {0xff, 2}, {0xff, 18}, {0x3f, 26}, {0xc0, 10}};
    return sm4(tc, insn.sm4ed, terms, ARRAY_LEN(terms));
}

/* The fields of sm4ks are those of sm4ed. */
TransResult rv64_sm4ks(TransCtx *tc, Rv64Insn insn)
{
    static const Sm4Term terms[] = {{0x07, 29}, {0xfe, 7}, {0x01, 23}, {0xf8, 13}};
    return sm4(tc, insn.sm4ed, terms, ARRAY_LEN(terms));
}
