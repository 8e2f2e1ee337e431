/*
 * A64 exclusives, ordered accesses and atomics (DDI 0487, C4.1.94: load/store exclusive, ordered,
 * compare and swap, atomic memory operations).
 *
 * All of them need natural alignment (the whole pair for pairs), else TRAP_ALIGN; with LSE2 it is
 * enough to lie within 16 aligned bytes, where x86 atomics are as good as on aligned places. Ordering: LDAR is
 * an acquire load; STLR is a sequentially consistent store, since Arm's release is ordered before a
 * later acquire; atomics are full barriers whatever A and R say.
 *
 * The exclusive monitor is the slots excl_addr, excl_size and excl_lo/hi, the value loaded. A store
 * exclusive is a compare-and-swap on that value; where that would not be exact (pair.h), the code
 * from the load to the store runs alone. The store is made without a branch: when the monitor does
 * not match, the value "swapped in" is the expected one, which changes nothing that anyone can see.
 * Example, `stxr w2, x1, [x0]`:
 *
 *     match  = excl_addr == x0 and excl_size == 8
 *     old    = cas [x0], excl_lo, match ? x1 : excl_lo
 *     w2     = not (match and old == excl_lo);  excl_size = 0
 */
#include "a64.h"
#include "pair.h"

enum { AUX_SEQ = ORD_SEQ << MA_ORDER_SHIFT };

/* The aligned address in xn|sp for an access of `bytes`. */
static IrRef aligned_base(TransCtx *tc, unsigned rn, unsigned bytes)
{
    IrRef addr = a64_base(tc, rn);
    a64_check_align(tc, addr, bytes);
    return addr;
}

static IrRef load_at(TransCtx *tc, unsigned size, IrRef addr, IrOrder order)
{
    return ir_ld(tc->u, IR_I64, size | (uint32_t)order << MA_ORDER_SHIFT, addr, 0, 0);
}

/* Type that values of 1 << size bytes have in cas and amo. */
static IrType atomic_type(unsigned size)
{
    return size == MEM_64 ? IR_I64 : IR_I32;
}

/* Register rn cut to 1 << size bytes, as the type above. */
static IrRef atomic_operand(TransCtx *tc, unsigned size, unsigned rn)
{
    IrRef v = a64_r(tc, size == MEM_64, rn);
    if (size >= MEM_32) {
        return v;
    }
    return ir_op1x(tc->u, IR_UBFX, IR_I32, 0 | (8u << size) << 8, v, 0);
}

/* The low 32 bits of two registers as one 64-bit value. */
static IrRef word_pair(TransCtx *tc, unsigned lo, unsigned hi)
{
    IrUnit *u = tc->u;
    IrRef low = ir_op1(u, IR_ZEXT, IR_I64, a64_r(tc, 0, lo));
    return ir_op2x(u, IR_BFI, IR_I64, 32 | 32 << 8, low, a64_r(tc, 1, hi), 0);
}

static void set_word_pair(TransCtx *tc, unsigned lo, unsigned hi, IrRef v)
{
    IrUnit *u = tc->u;
    IrRef high = ir_op2(u, IR_SHR, IR_I64, v, ir_const(u, IR_I32, 32));
    a64_set_r(tc, 0, lo, ir_op1(u, IR_TRUNC, IR_I32, v));
    a64_set_r(tc, 1, hi, high);
}

/* ordered loads and stores */

TransResult a64_ldar(TransCtx *tc, A64Insn insn)
{
    const A64_ldar f = insn.ldar;
    IrRef addr = aligned_base(tc, f.rn, 1u << f.size);
    a64_set_r(tc, 1, f.rt, load_at(tc, f.size, addr, ORD_ACQ));
    return TR_NEXT;
}

TransResult a64_ldapr(TransCtx *tc, A64Insn insn)
{
    const A64_ldapr f = insn.ldapr;
    IrRef addr = aligned_base(tc, f.rn, 1u << f.size);
    a64_set_r(tc, 1, f.rt, load_at(tc, f.size, addr, ORD_ACQ_PC));
    return TR_NEXT;
}

TransResult a64_stlr(TransCtx *tc, A64Insn insn)
{
    const A64_stlr f = insn.stlr;
    IrRef addr = aligned_base(tc, f.rn, 1u << f.size);
    ir_st(tc->u, f.size | (uint32_t)AUX_SEQ, addr, 0, 0, a64_r(tc, 1, f.rt));
    return TR_NEXT;
}

/* exclusives */

/* For pair.h, by the top-level groups of the manual. */
static PairStep pair_step(const uint8_t *code, uint32_t len)
{
    uint32_t w;
    if (len < A64_INSN_LEN)
        return (PairStep){.len = len};
    __builtin_memcpy(&w, code, sizeof w);
    PairStep s = {.len = A64_INSN_LEN, .next = true};
    bool is_ldst = (w & 0x0a000000) == 0x08000000, is_excl = (w & 0x3f800000) == 0x08000000;
    bool is_casp = (w & 0xbfa00000) == 0x08200000;
    if (is_excl && !is_casp) {
        s.store = !(w & 1u << 22);
        s.next = false; /* either way the monitor is another one from here on */
    } else if (is_ldst) {
        s.touches = true;
    } else if ((w & 0x7c000000) == 0x14000000) { /* b, bl */
        s.touches = w >> 31;
        s.next = w >> 31;
        s.jump = !(w >> 31);
        s.target = (int32_t)(w << 6) >> 4;
    } else if ((w & 0xff000000) == 0x54000000 || (w & 0x7e000000) == 0x34000000) {
        s.jump = true; /* b.cond, cbz, cbnz */
        s.target = ((int32_t)(w << 8) >> 13) * 4;
    } else if ((w & 0x7e000000) == 0x36000000) { /* tbz, tbnz */
        s.jump = true;
        s.target = ((int32_t)(w << 13) >> 18) * 4;
    } else if ((w & 0xfe000000) == 0xd6000000) { /* br, blr, ret */
        s.touches = s.next = (w >> 21 & 7) == 1; /* blr and its relatives come back */
    } else if ((w & 0xff000000) == 0xd4000000 || (w & 0xfffff0ff) == 0xd503305f) {
        s.next = false; /* exceptions, clrex */
    } else if ((w & 0xfff80000) == 0xd5080000) {
        s.touches = true; /* sys: cache maintenance, dc zva */
    }
    return s;
}

static bool must_run_alone(TransCtx *tc)
{
    return !pair_is_simple(tc, A64_INSN_LEN, pair_step);
}

static void monitor_open(TransCtx *tc, IrRef addr, unsigned bytes, IrRef lo, IrRef hi)
{
    IrUnit *u = tc->u;
    ir_set(u, A64_EXCL_ADDR, addr);
    ir_set(u, A64_EXCL_SIZE, ir_const(u, IR_I32, bytes));
    ir_set(u, A64_EXCL_LO, lo);
    if (hi) {
        ir_set(u, A64_EXCL_HI, hi);
    }
}

static IrRef monitor_match(TransCtx *tc, IrRef addr, unsigned bytes)
{
    IrUnit *u = tc->u;
    IrRef same = ir_cmp(u, CMP_EQ, ir_get(u, IR_I64, A64_EXCL_ADDR), addr);
    IrRef size = ir_get(u, IR_I32, A64_EXCL_SIZE);
    IrRef fits = ir_cmp(u, CMP_EQ, size, ir_const(u, IR_I32, bytes));
    return ir_op2(u, IR_BAND, IR_BOOL, same, fits);
}

/* Closes the monitor and writes 0 to ws if the store was done, else 1. */
static TransResult monitor_close(TransCtx *tc, unsigned rs, IrRef done)
{
    IrUnit *u = tc->u;
    IrRef status = ir_op1(u, IR_ZEXT, IR_I64, ir_op1(u, IR_BNOT, IR_BOOL, done));
    ir_set(u, A64_EXCL_SIZE, ir_const(u, IR_I32, 0));
    tc->pair_end = true;
    a64_set_r(tc, 1, rs, status);
    return TR_NEXT;
}

TransResult a64_ldxr(TransCtx *tc, A64Insn insn)
{
    const A64_ldxr f = insn.ldxr;
    if (must_run_alone(tc))
        return a64_trap(tc, TRAP_EXCLUSIVE, 0);
    IrRef addr = aligned_base(tc, f.rn, 1u << f.size);
    IrRef v = load_at(tc, f.size, addr, f.o0 ? ORD_ACQ : ORD_PLAIN);
    monitor_open(tc, addr, 1u << f.size, v, 0);
    a64_set_r(tc, 1, f.rt, v);
    return TR_NEXT;
}

TransResult a64_ldxp(TransCtx *tc, A64Insn insn)
{
    const A64_ldxp f = insn.ldxp;
    if (must_run_alone(tc))
        return a64_trap(tc, TRAP_EXCLUSIVE, 0);
    IrUnit *u = tc->u;
    unsigned bytes = 2u << f.size;
    IrOrder order = f.o0 ? ORD_ACQ : ORD_PLAIN;
    IrRef addr = aligned_base(tc, f.rn, bytes);
    IrRef lo = load_at(tc, MEM_64, addr, order);
    if (f.size == MEM_32) {
        monitor_open(tc, addr, bytes, lo, 0);
        set_word_pair(tc, f.rt, f.rt2, lo);
        return TR_NEXT;
    }
    IrRef hi = ir_ld(u, IR_I64, MEM_64 | (uint32_t)order << MA_ORDER_SHIFT, addr, 0, 8);
    monitor_open(tc, addr, bytes, lo, hi);
    a64_set_r(tc, 1, f.rt, lo);
    a64_set_r(tc, 1, f.rt2, hi);
    return TR_NEXT;
}

/* The store of a single value of 1 << size bytes; true if it was done. */
static IrRef store_exclusive(TransCtx *tc, unsigned size, IrRef addr, IrRef v)
{
    IrUnit *u = tc->u;
    IrType t = atomic_type(size);
    IrRef match = monitor_match(tc, addr, 1u << size);
    IrRef want = ir_get(u, IR_I64, A64_EXCL_LO);
    if (t == IR_I32) {
        want = ir_op1(u, IR_TRUNC, IR_I32, want);
    }
    IrRef put = ir_select(u, t, match, v, want);
    IrRef old = ir_emit(u, IR_CAS, t, size | (uint32_t)AUX_SEQ, addr, want, put, 0);
    return ir_op2(u, IR_BAND, IR_BOOL, match, ir_cmp(u, CMP_EQ, old, want));
}

TransResult a64_stxr(TransCtx *tc, A64Insn insn)
{
    const A64_stxr f = insn.stxr;
    IrRef addr = aligned_base(tc, f.rn, 1u << f.size);
    IrRef v = atomic_operand(tc, f.size, f.rt);
    return monitor_close(tc, f.rs, store_exclusive(tc, f.size, addr, v));
}

/* old = cas128; the result is its low half, *hi the rest. */
static IrRef cas_pair(TransCtx *tc, IrRef addr, const IrRef expect_and_new[4], IrRef *hi)
{
    IrUnit *u = tc->u;
    uint32_t list = ir_list(u, expect_and_new, 4);
    IrRef lo = ir_emit(u, IR_CAS128, IR_I64, AUX_SEQ, addr, list, 0, 0);
    *hi = ir_op1(u, IR_HI, IR_I64, lo);
    return lo;
}

TransResult a64_stxp(TransCtx *tc, A64Insn insn)
{
    const A64_stxp f = insn.stxp;
    IrUnit *u = tc->u;
    unsigned bytes = 2u << f.size;
    IrRef addr = aligned_base(tc, f.rn, bytes);
    if (f.size == MEM_32) {
        IrRef v = word_pair(tc, f.rt, f.rt2);
        return monitor_close(tc, f.rs, store_exclusive(tc, MEM_64, addr, v));
    }
    IrRef match = monitor_match(tc, addr, bytes);
    IrRef lo = ir_get(u, IR_I64, A64_EXCL_LO), hi = ir_get(u, IR_I64, A64_EXCL_HI);
    IrRef args[4] = {lo, hi, ir_select(u, IR_I64, match, a64_r(tc, 1, f.rt), lo),
                     ir_select(u, IR_I64, match, a64_r(tc, 1, f.rt2), hi)};
    IrRef old_hi, old_lo = cas_pair(tc, addr, args, &old_hi);
    IrRef same =
        ir_op2(u, IR_BAND, IR_BOOL, ir_cmp(u, CMP_EQ, old_lo, lo), ir_cmp(u, CMP_EQ, old_hi, hi));
    return monitor_close(tc, f.rs, ir_op2(u, IR_BAND, IR_BOOL, match, same));
}

/* LSE */

TransResult a64_cas(TransCtx *tc, A64Insn insn)
{
    const A64_cas f = insn.cas;
    IrRef addr = aligned_base(tc, f.rn, 1u << f.size);
    IrRef want = atomic_operand(tc, f.size, f.rs), put = atomic_operand(tc, f.size, f.rt);
    IrRef old =
        ir_emit(tc->u, IR_CAS, atomic_type(f.size), f.size | (uint32_t)AUX_SEQ, addr, want, put, 0);
    a64_set_r(tc, f.size == MEM_64, f.rs, old);
    return TR_NEXT;
}

TransResult a64_casp(TransCtx *tc, A64Insn insn)
{
    const A64_casp f = insn.casp;
    IrUnit *u = tc->u;
    unsigned s2 = f.rs + 1u, t2 = f.rt + 1u;
    IrRef addr = aligned_base(tc, f.rn, f.sz ? 16 : 8);
    if (!f.sz) {
        IrRef want = word_pair(tc, f.rs, s2), put = word_pair(tc, f.rt, t2);
        IrRef old = ir_emit(u, IR_CAS, IR_I64, MEM_64 | AUX_SEQ, addr, want, put, 0);
        set_word_pair(tc, f.rs, s2, old);
        return TR_NEXT;
    }
    IrRef args[4] = {a64_r(tc, 1, f.rs), a64_r(tc, 1, s2), a64_r(tc, 1, f.rt), a64_r(tc, 1, t2)};
    IrRef hi, lo = cas_pair(tc, addr, args, &hi);
    a64_set_r(tc, 1, f.rs, lo);
    a64_set_r(tc, 1, s2, hi);
    return TR_NEXT;
}

TransResult a64_ldop(TransCtx *tc, A64Insn insn)
{
    static const uint8_t amos[] = {AMO_ADD,  AMO_AND,  AMO_XOR,  AMO_OR,
                                   AMO_SMAX, AMO_SMIN, AMO_UMAX, AMO_UMIN};
    const A64_ldop f = insn.ldop;
    IrUnit *u = tc->u;
    IrType t = atomic_type(f.size);
    IrAmo amo = f.o3 ? AMO_SWAP : (IrAmo)amos[f.opc];
    IrRef addr = aligned_base(tc, f.rn, 1u << f.size);
    IrRef v = atomic_operand(tc, f.size, f.rs);
    if (amo == AMO_AND) { /* LDCLR clears the bits of rs */
        v = ir_op1(u, IR_NOT, t, v);
    }
    uint32_t aux = f.size | (uint32_t)AUX_SEQ | (uint32_t)amo << MA_AMO_SHIFT;
    IrRef old = ir_emit(u, IR_AMO, t, aux, addr, v, 0, 0);
    a64_set_r(tc, f.size == MEM_64, f.rt, old);
    return TR_NEXT;
}
