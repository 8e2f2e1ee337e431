/*
 * RV64 atomics: A, Zacas, Zabha, and the waits of Zawrs.
 *
 * All need natural alignment, else TRAP_ALIGN (Linux: SIGBUS). Ordering: an AMO and a successful sc
 * are full barriers whatever aq and rl say; lr with rl orders as a fence does.
 *
 * The reservation is the slots res_addr, res_size and res_val, the value loaded. sc is a
 * compare-and-swap on that value (pair.h says where that would not do), made without a branch: when
 * the reservation does not match, the value "swapped in" is the expected one, which changes nothing
 * that anyone can see. Example, `sc.d a2, a1, (a0)`:
 *
 *     match = res_addr == a0 and res_size == 8
 *     old   = cas [a0], res_val, match ? a1 : res_val
 *     a2    = not (match and old == res_val);  res_size = 0
 */
#include "pair.h"
#include "rv64.h"

enum { AUX_SEQ = ORD_SEQ << MA_ORDER_SHIFT };

/* The address in rs1, checked for an access of 1 << size bytes. */
static IrRef aligned_addr(TransCtx *tc, unsigned rs1, unsigned size)
{
    IrRef addr = rv64_x(tc, rs1);
    rv64_check_align(tc, addr, 1u << size);
    return addr;
}

/* Type that values of 1 << size bytes have in cas and amo. */
static IrType atomic_type(unsigned size)
{
    return size == MEM_64 ? IR_I64 : IR_I32;
}

/* Register n cut to 1 << size bytes, as the type above. */
static IrRef atomic_operand(TransCtx *tc, unsigned size, unsigned n)
{
    if (size == MEM_64)
        return rv64_x(tc, n);
    IrRef v = rv64_w(tc, n);
    return size == MEM_32 ? v : ir_op1x(tc->u, IR_UBFX, IR_I32, 0 | (8u << size) << 8, v, 0);
}

/* rd = the old value, sign-extended from its size. */
static TransResult set_old(TransCtx *tc, unsigned size, unsigned rd, IrRef old)
{
    if (size < MEM_32)
        old = ir_op1x(tc->u, IR_SBFX, IR_I32, 0 | (8u << size) << 8, old, 0);
    if (size == MEM_64)
        rv64_set_x(tc, rd, old);
    else
        rv64_set_w(tc, rd, old);
    return TR_NEXT;
}

/* Bits of w from `from` on, `n` of them, as they stand at `to` in an immediate. */
static int32_t imm_bits(uint32_t w, unsigned from, unsigned n, unsigned to)
{
    return (int32_t)((w >> from & ((1u << n) - 1)) << to);
}

/* For pair.h: a compressed instruction. */
static PairStep pair_step_c(uint32_t w)
{
    PairStep s = {.len = 2, .next = true};
    unsigned funct3 = w >> 13 & 7, rd = w >> 7 & 31, rs2 = w >> 2 & 31;
    switch (w & 3) {
    case 0:
        s.touches = funct3 != 0;
        break;
    case 1:
        s.next = funct3 != 5;
        s.jump = funct3 >= 5;
        s.target = funct3 == 5
                       ? imm_bits(w, 3, 3, 1) | imm_bits(w, 11, 1, 4) | imm_bits(w, 2, 1, 5) |
                             imm_bits(w, 7, 1, 6) | imm_bits(w, 6, 1, 7) | imm_bits(w, 9, 2, 8) |
                             imm_bits(w, 8, 1, 10) | -imm_bits(w, 12, 1, 11)
                       : imm_bits(w, 3, 2, 1) | imm_bits(w, 10, 2, 3) | imm_bits(w, 2, 1, 5) |
                             imm_bits(w, 5, 2, 6) | -imm_bits(w, 12, 1, 8);
        break;
    case 2:
        s.touches = funct3 != 0 && funct3 != 4;
        if (funct3 == 4 && rs2 == 0) /* c.jr, c.ebreak; c.jalr comes back */
            s.touches = s.next = (w >> 12 & 1) && rd != 0;
        break;
    }
    return s;
}

static PairStep pair_step(const uint8_t *code, uint32_t len)
{
    enum { LOAD = 0x03, LOAD_FP = 0x07, MISC_MEM = 0x0f, STORE = 0x23, STORE_FP = 0x27 };
    enum { AMO = 0x2f, BRANCH = 0x63, JALR = 0x67, JAL = 0x6f, SYSTEM = 0x73, LR = 2, SC = 3 };
    uint32_t w = 0;
    __builtin_memcpy(&w, code, MIN(len, 4u));
    if ((w & 3) != 3)
        return pair_step_c(w);
    PairStep s = {.len = 4, .next = len >= 4};
    bool links = (w >> 7 & 31) != 0;
    switch (w & 0x7f) {
    case AMO:
        s.next = w >> 27 != LR && w >> 27 != SC;
        s.store = w >> 27 == SC;
        s.touches = s.next;
        break;
    case LOAD:
    case LOAD_FP:
    case STORE:
    case STORE_FP:
        s.touches = true;
        break;
    case MISC_MEM:
        s.touches = (w >> 12 & 7) == 2; /* cbo */
        break;
    case BRANCH:
        s.jump = true;
        s.target = imm_bits(w, 8, 4, 1) | imm_bits(w, 25, 6, 5) | imm_bits(w, 7, 1, 11) |
                   -imm_bits(w, 31, 1, 12);
        break;
    case JAL:
        s.next = s.touches = links;
        s.jump = !links;
        s.target = imm_bits(w, 21, 10, 1) | imm_bits(w, 20, 1, 11) | imm_bits(w, 12, 8, 12) |
                   -imm_bits(w, 31, 1, 20);
        break;
    case JALR:
        s.next = s.touches = links;
        break;
    case SYSTEM:
        s.next = (w >> 12 & 7) != 0;
        break;
    }
    return s;
}

TransResult rv64_lr(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_lr f = insn.lr;
    IrUnit *u = tc->u;
    if (!pair_is_simple(tc, tc->insn_len, pair_step)) {
        ir_op2x(u, IR_XTRAP, IR_VOID, 0, ir_gaddr(u, tc->pc), 0, TRAP_EXCLUSIVE);
        return TR_END;
    }
    IrRef addr = aligned_addr(tc, f.rs1, f.sz);
    if (f.rl)
        ir_emit(u, IR_FENCE, IR_VOID, FENCE_FULL, 0, 0, 0, 0);
    IrOrder order = f.aq ? ORD_ACQ : ORD_PLAIN;
    uint32_t aux = f.sz | (uint32_t)order << MA_ORDER_SHIFT | (f.sz == MEM_64 ? 0u : MA_SIGNED);
    IrRef v = ir_ld(u, IR_I64, aux, addr, 0, 0);
    ir_set(u, RV64_RES_ADDR, addr);
    ir_set(u, RV64_RES_SIZE, ir_const(u, IR_I32, 1u << f.sz));
    ir_set(u, RV64_RES_VAL, v);
    rv64_set_x(tc, f.rd, v);
    return TR_NEXT;
}

TransResult rv64_sc(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_sc f = insn.sc;
    IrUnit *u = tc->u;
    IrType t = atomic_type(f.sz);
    IrRef addr = aligned_addr(tc, f.rs1, f.sz);
    IrRef same = ir_cmp(u, CMP_EQ, ir_get(u, IR_I64, RV64_RES_ADDR), addr);
    IrRef size = ir_get(u, IR_I32, RV64_RES_SIZE);
    IrRef fits = ir_cmp(u, CMP_EQ, size, ir_const(u, IR_I32, 1u << f.sz));
    IrRef match = ir_op2(u, IR_BAND, IR_BOOL, same, fits);
    IrRef want = ir_get(u, IR_I64, RV64_RES_VAL);
    if (t == IR_I32)
        want = ir_op1(u, IR_TRUNC, IR_I32, want);
    IrRef put = ir_select(u, t, match, atomic_operand(tc, f.sz, f.rs2), want);
    IrRef old = ir_emit(u, IR_CAS, t, f.sz | (uint32_t)AUX_SEQ, addr, want, put, 0);
    IrRef done = ir_op2(u, IR_BAND, IR_BOOL, match, ir_cmp(u, CMP_EQ, old, want));
    IrRef status = ir_op1(u, IR_ZEXT, IR_I64, ir_op1(u, IR_BNOT, IR_BOOL, done));
    ir_set(u, RV64_RES_SIZE, ir_const(u, IR_I32, 0));
    tc->pair_end = true;
    rv64_set_x(tc, f.rd, status);
    return TR_NEXT;
}

TransResult rv64_amo(TransCtx *tc, Rv64Insn insn)
{
    /* by funct5; the low two bits are 0, or 1 for swap */
    static const uint8_t amos[] = {AMO_ADD,  AMO_XOR,  AMO_OR,   AMO_AND,
                                   AMO_SMIN, AMO_SMAX, AMO_UMIN, AMO_UMAX};
    const Rv64_amo f = insn.amo;
    IrAmo amo = f.op & 3 ? AMO_SWAP : (IrAmo)amos[f.op >> 2];
    IrRef addr = aligned_addr(tc, f.rs1, f.sz);
    IrRef v = atomic_operand(tc, f.sz, f.rs2);
    uint32_t aux = f.sz | (uint32_t)AUX_SEQ | (uint32_t)amo << MA_AMO_SHIFT;
    IrRef old = ir_emit(tc->u, IR_AMO, atomic_type(f.sz), aux, addr, v, 0, 0);
    return set_old(tc, f.sz, f.rd, old);
}

TransResult rv64_amocas(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_amocas f = insn.amocas;
    IrRef addr = aligned_addr(tc, f.rs1, f.sz);
    IrRef want = atomic_operand(tc, f.sz, f.rd), put = atomic_operand(tc, f.sz, f.rs2);
    IrRef old =
        ir_emit(tc->u, IR_CAS, atomic_type(f.sz), f.sz | (uint32_t)AUX_SEQ, addr, want, put, 0);
    return set_old(tc, f.sz, f.rd, old);
}

/* The upper half of a register pair; the pair of x0 is zero. */
static IrRef pair_high(TransCtx *tc, unsigned n)
{
    return rv64_x(tc, n ? n + 1 : 0);
}

TransResult rv64_amocas_q(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_amocas_q f = insn.amocas_q;
    IrUnit *u = tc->u;
    IrRef addr = aligned_addr(tc, f.rs1, MEM_128);
    IrRef args[4] = {rv64_x(tc, f.rd), pair_high(tc, f.rd), rv64_x(tc, f.rs2),
                     pair_high(tc, f.rs2)};
    uint32_t list = ir_list(u, args, 4);
    IrRef lo = ir_emit(u, IR_CAS128, IR_I64, AUX_SEQ, addr, list, 0, 0);
    IrRef hi = ir_op1(u, IR_HI, IR_I64, lo);
    if (f.rd) {
        rv64_set_x(tc, f.rd, lo);
        rv64_set_x(tc, f.rd + 1u, hi);
    }
    return TR_NEXT;
}
