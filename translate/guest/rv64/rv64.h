/*
 * What the RV64 front end's files share: registers as IR, immediates, and the ways out.
 *
 * A handler is named after its row (or the row's `fn=`), gets the word with its fields and appends
 * IR. Register 0 reads as zero, and a write to it is dropped. A compressed instruction's word has
 * its 16 bits in the low half. The same computation in both lengths goes through one function of
 * this header. Example, `addw a0, a1, a2`:
 *
 *     IrRef sum = ir_op2(tc->u, IR_ADD, IR_I32, rv64_w(tc, 11), rv64_w(tc, 12));
 *     rv64_set_w(tc, 10, sum);
 *
 * Unit-local knowledge: after `auipc rd` the address in rd is known until rd is written again, so
 * that the `jalr` of a far call or jump has a direct target (priv_word[RV64_KNOWN_*]); and a right
 * shift right behind a left shift is one bit field (priv_word[RV64_LEFT_SHIFT]). A comparison between
 * frflags and fsflags of the same register raises nothing (priv_word[RV64_SILENT_AT], its pc).
 */
#ifndef FERRY_RV64_H
#define FERRY_RV64_H

#include "guest.h"
#include "rv64_decode.h"
#include "rv64_state.h"

enum { RV64_REG_RA = 1, RV64_REG_SP = 2, RV64_REG_T0 = 5, RV64_REG_C0 = 8 };

/* TransCtx.priv_word */
enum { RV64_KNOWN_REG, RV64_KNOWN_ADDR, RV64_KNOWN_BOXED, RV64_LEFT_SHIFT, RV64_SILENT_AT };

/* Slot of x register n, not 0; of f register n. */
static inline unsigned rv64_slot_x(unsigned n)
{
    return RV64_RA + n - 1;
}

static inline unsigned rv64_slot_f(unsigned n)
{
    return RV64_FT0 + n;
}

/* Bytes of the instruction that starts with these 16 bits (longer forms are not defined). */
static inline uint32_t rv64_insn_len(uint32_t word)
{
    return (word & 3) == 3 ? 4 : 2;
}

/* Register n as i64; its low half as i32. */
IrRef rv64_x(TransCtx *tc, unsigned n);
IrRef rv64_w(TransCtx *tc, unsigned n);
/* Writes register n; an i32 is sign-extended. */
void rv64_set_x(TransCtx *tc, unsigned n, IrRef v);
void rv64_set_w(TransCtx *tc, unsigned n, IrRef v);

static inline IrRef rv64_const(TransCtx *tc, int64_t v)
{
    return ir_const(tc->u, IR_I64, (uint64_t)v);
}

/* A guest address: of the next instruction. */
static inline IrRef rv64_next(TransCtx *tc)
{
    return ir_gaddr(tc->u, tc->pc + tc->insn_len);
}

/* Ends the unit with a trap reported at this instruction (or after it, as ir.h says for `why`). */
TransResult rv64_trap(TransCtx *tc, IrTrap why, IrRef data);
/* An undefined instruction at this pc; said once a row in the log. */
TransResult rv64_undefined(TransCtx *tc);
/*
 * Traps with TRAP_ALIGN unless `addr` is a multiple of `size` bytes (a power of two). Linux reports
 * the pc as the address (arch/riscv/kernel/traps_misaligned.c, traps.c).
 */
void rv64_check_align(TransCtx *tc, IrRef addr, unsigned size);

static inline bool rv64_has(const TransCtx *tc, Rv64Feat feat)
{
    return insn_feat_on(tc->features->bits, feat);
}

/* Bits hi..lo of a word. */
static inline uint32_t rv64_bits(uint32_t word, unsigned hi, unsigned lo)
{
    return word >> lo & ((2u << (hi - lo)) - 1);
}

/* The low `width` bits as a signed number. */
static inline int64_t rv64_signed(uint32_t v, unsigned width)
{
    return (int32_t)(v << (32 - width)) >> (32 - width);
}

/*
 * Immediates, of the whole word (manual volume I: immediate encoding variants; the formats of C).
 * They are here so that handlers and listings agree.
 */
static inline int64_t rv64_imm_s(uint32_t w)
{
    return rv64_signed(rv64_bits(w, 31, 25) << 5 | rv64_bits(w, 11, 7), 12);
}

static inline int64_t rv64_imm_b(uint32_t w)
{
    return rv64_signed(rv64_bits(w, 31, 31) << 12 | rv64_bits(w, 7, 7) << 11 |
                           rv64_bits(w, 30, 25) << 5 | rv64_bits(w, 11, 8) << 1,
                       13);
}

static inline int64_t rv64_imm_u(uint32_t w)
{
    return (int32_t)(w & 0xfffff000);
}

static inline int64_t rv64_imm_j(uint32_t w)
{
    return rv64_signed(rv64_bits(w, 31, 31) << 20 | rv64_bits(w, 19, 12) << 12 |
                           rv64_bits(w, 20, 20) << 11 | rv64_bits(w, 30, 21) << 1,
                       21);
}

/* c.addi, c.li, c.andi ...; unsigned it is the amount of c.slli */
static inline int64_t rv64_imm_c(uint32_t w)
{
    return rv64_signed(rv64_bits(w, 12, 12) << 5 | rv64_bits(w, 6, 2), 6);
}

static inline unsigned rv64_c_shamt(uint32_t w)
{
    return rv64_bits(w, 12, 12) << 5 | rv64_bits(w, 6, 2);
}

static inline int64_t rv64_imm_c16sp(uint32_t w)
{
    return rv64_signed(rv64_bits(w, 12, 12) << 9 | rv64_bits(w, 4, 3) << 7 |
                           rv64_bits(w, 5, 5) << 6 | rv64_bits(w, 2, 2) << 5 |
                           rv64_bits(w, 6, 6) << 4,
                       10);
}

static inline int32_t rv64_imm_c4spn(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 10, 7) << 6 | rv64_bits(w, 12, 11) << 4 |
                     rv64_bits(w, 5, 5) << 3 | rv64_bits(w, 6, 6) << 2);
}

/* Offsets of c.lw and c.sw (32), c.ld and c.sd (64). */
static inline int32_t rv64_imm_cl32(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 5, 5) << 6 | rv64_bits(w, 12, 10) << 3 | rv64_bits(w, 6, 6) << 2);
}

static inline int32_t rv64_imm_cl64(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 6, 5) << 6 | rv64_bits(w, 12, 10) << 3);
}

/* Offsets of loads and stores relative to sp. */
static inline int32_t rv64_imm_clsp32(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 3, 2) << 6 | rv64_bits(w, 12, 12) << 5 | rv64_bits(w, 6, 4) << 2);
}

static inline int32_t rv64_imm_clsp64(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 4, 2) << 6 | rv64_bits(w, 12, 12) << 5 | rv64_bits(w, 6, 5) << 3);
}

static inline int32_t rv64_imm_cssp32(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 8, 7) << 6 | rv64_bits(w, 12, 9) << 2);
}

static inline int32_t rv64_imm_cssp64(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 9, 7) << 6 | rv64_bits(w, 12, 10) << 3);
}

/* Offsets of Zcb's byte and halfword accesses. */
static inline int32_t rv64_imm_clb(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 5, 5) << 1 | rv64_bits(w, 6, 6));
}

static inline int32_t rv64_imm_clh(uint32_t w)
{
    return (int32_t)(rv64_bits(w, 5, 5) << 1);
}

static inline int64_t rv64_imm_cj(uint32_t w)
{
    return rv64_signed(rv64_bits(w, 12, 12) << 11 | rv64_bits(w, 8, 8) << 10 |
                           rv64_bits(w, 10, 9) << 8 | rv64_bits(w, 6, 6) << 7 |
                           rv64_bits(w, 7, 7) << 6 | rv64_bits(w, 2, 2) << 5 |
                           rv64_bits(w, 11, 11) << 4 | rv64_bits(w, 5, 3) << 1,
                       12);
}

static inline int64_t rv64_imm_cb(uint32_t w)
{
    return rv64_signed(rv64_bits(w, 12, 12) << 8 | rv64_bits(w, 6, 5) << 6 |
                           rv64_bits(w, 2, 2) << 5 | rv64_bits(w, 11, 10) << 3 |
                           rv64_bits(w, 4, 3) << 1,
                       9);
}

/* rv64_int.c: rd = a op b by funct3 of OP, `alt` for its second meaning (sub, sra). */
IrRef rv64_alu(TransCtx *tc, IrType t, unsigned f3, bool alt, IrRef a, IrRef b);
/* rd = rs1 shifted by a constant; funct3 and `arith` as in rv64_alu. */
TransResult rv64_shift(TransCtx *tc, unsigned f3, bool arith, unsigned rd, unsigned rs1,
                       unsigned by);
/* rd = rs1 + imm; with rs1 = 0 a constant, with imm = 0 a move. */
TransResult rv64_add_imm(TransCtx *tc, unsigned rd, unsigned rs1, int64_t imm);
TransResult rv64_add_imm_w(TransCtx *tc, unsigned rd, unsigned rs1, int64_t imm);

/* rv64_ldst.c: f3 of LOAD (size and sign), size of STORE */
TransResult rv64_load(TransCtx *tc, unsigned f3, unsigned rd, unsigned rs1, int32_t disp);
TransResult rv64_store(TransCtx *tc, unsigned size, unsigned rs2, unsigned rs1, int32_t disp);

/* rv64_branch.c */
TransResult rv64_jump(TransCtx *tc, unsigned rd, GuestAddr target);
TransResult rv64_jump_reg(TransCtx *tc, unsigned rd, unsigned rs1, int64_t imm);
TransResult rv64_branch_if(TransCtx *tc, IrCmp c, unsigned rs1, unsigned rs2, GuestAddr target);

/* rv64_cpu.c: models and features */
bool rv64_features_parse(const char *spec, GuestFeatures *out, struct StrBuf *err);
void rv64_hwcaps(const GuestFeatures *f, uint64_t hwcap[2]);
void rv64_cpu_help(struct StrBuf *out);
void rv64_cpuinfo(const GuestFeatures *f, unsigned cpu, struct StrBuf *out);
/* A key of riscv_hwprobe(2); false for one that is not known. */
bool rv64_hwprobe(const GuestFeatures *f, int64_t key, uint64_t *value);
/* The key's value is a set of bits, of which one may ask for some. */
bool rv64_hwprobe_is_bitmask(int64_t key);
enum {
    RV64_HWPROBE_IMA_EXT_0 = 4, /* the key that `id=` of a feature names */
    RV64_CACHE_BLOCK = 64,      /* bytes, of the cbo instructions */
    RV64_TIME_HZ = 1000000000,  /* of the time counter: helper_clock_count */
};

/* rv64_print.c */
uint32_t rv64_print_insn(GuestAddr pc, const uint8_t *code, uint32_t len, struct StrBuf *out);

extern uint32_t rv64_coverage[RV64_ROW_COUNT];

#endif
