/*
 * The RV64 guest: decoding, registers and its GuestOps.
 *
 * Invariants: instructions are little-endian 16-bit parcels, the low two bits tell the length; a
 * row without handler (todo), without its feature, or with a handler that refuses gives an
 * illegal-instruction trap at its own pc. Example: the parcel 0x0000 decodes to row c_unimp, whose
 * handler emits xtrap ILLEGAL.
 */
#include <string.h>
#include "rv64.h"
#include "log.h"
#include "vdso_call.h"

uint32_t rv64_coverage[RV64_ROW_COUNT];
static uint64_t undefined_said[(RV64_ROW_COUNT + 63) / 64];

/* The instruction at tc->code, its upper half zero if it has 16 bits. */
static uint32_t insn_word(const TransCtx *tc)
{
    uint32_t word = tc->code[0] | (uint32_t)tc->code[1] << 8;
    if (rv64_insn_len(word) == 4)
        word |= (uint32_t)tc->code[2] << 16 | (uint32_t)tc->code[3] << 24;
    return word;
}

IrRef rv64_x(TransCtx *tc, unsigned n)
{
    return n ? ir_get(tc->u, IR_I64, rv64_slot_x(n)) : rv64_const(tc, 0);
}

IrRef rv64_w(TransCtx *tc, unsigned n)
{
    if (n == 0)
        return ir_const(tc->u, IR_I32, 0);
    return ir_get32(tc->u, rv64_slot_x(n));
}

void rv64_set_x(TransCtx *tc, unsigned n, IrRef v)
{
    if (n == 0)
        return;
    if (tc->priv_word[RV64_KNOWN_REG] == n)
        tc->priv_word[RV64_KNOWN_REG] = 0;
    ir_set(tc->u, rv64_slot_x(n), v);
}

void rv64_set_w(TransCtx *tc, unsigned n, IrRef v)
{
    if (n != 0)
        rv64_set_x(tc, n, ir_op1(tc->u, IR_SEXT, IR_I64, v));
}

TransResult rv64_trap(TransCtx *tc, IrTrap why, IrRef data)
{
    bool after = why == TRAP_SYSCALL || why == TRAP_ICFLUSH || why == TRAP_ISB ||
                 why == TRAP_FPMODE || why == TRAP_YIELD || why == TRAP_ICFLUSH_ALL;
    IrRef pc = after ? rv64_next(tc) : ir_gaddr(tc->u, tc->pc);
    ir_op2x(tc->u, IR_XTRAP, IR_VOID, 0, pc, data, why);
    return TR_END;
}

void rv64_check_align(TransCtx *tc, IrRef addr, unsigned size)
{
    if (size == 1)
        return;
    IrUnit *u = tc->u;
    IrRef low = ir_op2(u, IR_AND, IR_I64, addr, rv64_const(tc, size - 1));
    IrRef bad = ir_cmp(u, CMP_NE, low, rv64_const(tc, 0));
    IrRef pc = ir_gaddr(u, tc->pc);
    ir_emit(u, IR_TRAPIF, IR_VOID, 0, bad, pc, pc, TRAP_ALIGN);
}

/* Says once a row what is missing; guests that probe for instructions would flood the log. */
static void report_undefined(GuestAddr pc, uint32_t word)
{
    unsigned row = insn_decode(&rv64_insns, word, RV64_DECODE_INDEX(word));
    uint64_t bit = 1ull << row % 64;
    if (__atomic_fetch_or(&undefined_said[row / 64], bit, __ATOMIC_RELAXED) & bit)
        return;
    const char *why = insn_todo(&rv64_insns, row);
    LOG(UNIMP, "instruction %08x at 0x%llx (%s): %s\n", word, (unsigned long long)pc,
        insn_name(&rv64_insns, row), *why ? why : "undefined");
}

TransResult rv64_undefined(TransCtx *tc)
{
    enum { CUSTOM_0 = 0x0b, OPCODE = 0xfffff };
    uint32_t word = insn_word(tc);
    if ((word & OPCODE) == CUSTOM_0 && vdso_call_emit(tc, word >> 20, RV64_A0))
        return TR_NEXT;
    report_undefined(tc->pc, insn_word(tc));
    return rv64_trap(tc, TRAP_ILLEGAL, 0);
}

static TransResult rv64_translate_insn(TransCtx *tc)
{
    if (tc->code_len < 2 || tc->code_len < rv64_insn_len(tc->code[0]))
        return TR_SHORT;
    uint32_t word = insn_word(tc);
    tc->insn_len = rv64_insn_len(word);
    unsigned row = insn_decode(&rv64_insns, word, RV64_DECODE_INDEX(word));
    unsigned handler = rv64_insns.match[row].handler;
    if (!handler || !insn_is_offered(&rv64_insns, row, tc->features->bits))
        return rv64_undefined(tc);
    rv64_coverage[row]++; /* threads may lose a count: no locked operation is worth it here */
    return rv64_handlers[handler](tc, (Rv64Insn){.word = word});
}

static unsigned rv64_row_of(const uint8_t *code, uint32_t len)
{
    uint32_t word = 0;
    if (len < 2 || len < rv64_insn_len(code[0]))
        return RV64_ROW_UNALLOCATED;
    memcpy(&word, code, rv64_insn_len(code[0]));
    return insn_decode(&rv64_insns, word, RV64_DECODE_INDEX(word));
}

/* fcsr: NX UF OF DZ NV in bits 0 to 4, frm in bits 7 to 5 (volume I, F: fcsr). */
enum { FCSR_FLAGS = 0x1f, FCSR_FRM_SHIFT = 5 };

/* The five flags in the opposite order: softfp has them as Arm's FPSR, NV first. */
static uint32_t reverse_flags(uint32_t f)
{
    return (f & 1) << 4 | (f & 2) << 2 | (f & 4) | (f & 8) >> 2 | (f & 16) >> 4;
}

static uint32_t rv64_mode_of(const Vcpu *v)
{
    /* frm RNE RTZ RDN RUP as the mode's nearest, plus, minus, zero */
    static const uint8_t mode_of_frm[8] = {0, 3, 2, 1};
    uint32_t fcsr;
    memcpy(&fcsr, v->state + rv64_slots[RV64_FCSR].off, sizeof(fcsr));
    unsigned frm = fcsr >> FCSR_FRM_SHIFT & 7;
    uint32_t mode = (v->mode & MODE_FP_CHECKED) | MODE_FP_DN | MODE_FP_RISCV;
    if (frm == 4) /* RMM: ties away from zero; above it: reserved */
        return mode | MODE_FP_RMM;
    if (frm > 4)
        return mode | MODE_FP_RMM | 1 << MODE_FP_RM_SHIFT;
    return mode | (uint32_t)mode_of_frm[frm] << MODE_FP_RM_SHIFT;
}

static void rv64_fp_flags_put(Vcpu *v, uint32_t flags)
{
    uint32_t *fcsr = vcpu_slot32(v, &rv64_slots[RV64_FCSR]);
    *fcsr = (*fcsr & ~(uint32_t)FCSR_FLAGS) | reverse_flags(flags);
}

static uint32_t rv64_fp_flags_take(const Vcpu *v)
{
    uint32_t fcsr;
    memcpy(&fcsr, v->state + rv64_slots[RV64_FCSR].off, sizeof(fcsr));
    return reverse_flags(fcsr & FCSR_FLAGS);
}

const GuestOps guest_rv64 = {
    .name = "riscv64",
    .elf_machine = 243,
    .elf_class = 2,
    .insn_align = 2,
    .insn_len_max = 4,
    .slots = rv64_slots,
    .n_slots = RV64_SLOT_COUNT,
    .slot_pc = RV64_PC,
    .slot_sp = RV64_SP,
    .slot_monitor = RV64_RES_SIZE,
    .slot_link = RV64_RA,
    .state_size = RV64_STATE_SIZE,
    .translate_insn = rv64_translate_insn,
    .print_insn = rv64_print_insn,
    .mode_of = rv64_mode_of,
    .fp_flags_put = rv64_fp_flags_put,
    .fp_flags_take = rv64_fp_flags_take,
    .features_parse = rv64_features_parse,
    .hwcaps = rv64_hwcaps,
    .cpu_help = rv64_cpu_help,
    .cpuinfo = rv64_cpuinfo,
    .insns = &rv64_insns,
    .row_of = rv64_row_of,
    .coverage = rv64_coverage,
};
