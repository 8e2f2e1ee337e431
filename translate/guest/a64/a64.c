/*
 * The A64 guest: decoding, the shared register helpers and its GuestOps.
 *
 * Invariants: an instruction word is little-endian whatever the data order; a row without handler
 * (todo), without its feature, or with a handler that refuses gives an undefined-instruction trap
 * at its own pc. Example: 0x00000000 decodes to row `udf`, whose handler emits xtrap ILLEGAL.
 */
#include <string.h>
#include "a64.h"
#include "log.h"

uint32_t a64_coverage[A64_ROW_COUNT];
static uint64_t undefined_said[(A64_ROW_COUNT + 63) / 64];

static uint32_t insn_word(const TransCtx *tc)
{
    uint32_t word;
    memcpy(&word, tc->code, sizeof(word));
    return word;
}

IrRef a64_r(TransCtx *tc, unsigned sf, unsigned n)
{
    if (n == A64_REG_31) {
        return ir_const(tc->u, a64_type(sf), 0);
    }
    return sf ? ir_get(tc->u, IR_I64, A64_X0 + n) : ir_get32(tc->u, A64_X0 + n);
}

IrRef a64_rsp(TransCtx *tc, unsigned sf, unsigned n)
{
    if (n != A64_REG_31) {
        return a64_r(tc, sf, n);
    }
    return sf ? ir_get(tc->u, IR_I64, A64_SP) : ir_get32(tc->u, A64_SP);
}

void a64_set_r(TransCtx *tc, unsigned sf, unsigned n, IrRef v)
{
    if (n != A64_REG_31) {
        ir_set(tc->u, A64_X0 + n, sf ? v : ir_op1(tc->u, IR_ZEXT, IR_I64, v));
    }
}

void a64_set_rsp(TransCtx *tc, unsigned sf, unsigned n, IrRef v)
{
    if (n != A64_REG_31) {
        a64_set_r(tc, sf, n, v);
    } else {
        ir_set(tc->u, A64_SP, sf ? v : ir_op1(tc->u, IR_ZEXT, IR_I64, v));
    }
}

IrRef a64_cond(TransCtx *tc, unsigned cond)
{
    if (cond >= CC_COUNT) {
        return ir_const(tc->u, IR_BOOL, 1);
    }
    return ir_cc(tc->u, (IrCond)cond, ir_get(tc->u, IR_FLAGS, A64_NZCV));
}

TransResult a64_trap(TransCtx *tc, IrTrap why, IrRef data)
{
    bool after = why == TRAP_SYSCALL || why == TRAP_ICFLUSH || why == TRAP_ISB ||
                 why == TRAP_FPMODE || why == TRAP_YIELD;
    IrRef pc = ir_gaddr(tc->u, after ? tc->pc + A64_INSN_LEN : tc->pc);
    ir_op2x(tc->u, IR_XTRAP, IR_VOID, 0, pc, data, why);
    return TR_END;
}

IrRef a64_addr(TransCtx *tc, IrRef addr)
{
    if (!(tc->mode & MODE_TBI_MASK)) {
        return addr;
    }
    return ir_op1x(tc->u, IR_UBFX, IR_I64, 0 | 56 << 8, addr, 0);
}

IrRef a64_base(TransCtx *tc, unsigned n)
{
    return a64_addr(tc, a64_rsp(tc, 1, n));
}

void a64_check_align(TransCtx *tc, IrRef addr, unsigned size)
{
    if (size == 1) {
        return;
    }
    IrUnit *u = tc->u;
    IrRef bad;
    if (a64_has(tc, A64_FEAT_LSE2)) { /* all of it within 16 aligned bytes */
        IrRef low = ir_op2(u, IR_AND, IR_I64, addr, ir_const(u, IR_I64, 15));
        bad = ir_cmp(u, CMP_UGT, low, ir_const(u, IR_I64, 16 - size));
    } else {
        IrRef low = ir_op2(u, IR_AND, IR_I64, addr, ir_const(u, IR_I64, size - 1));
        bad = ir_cmp(u, CMP_NE, low, ir_const(u, IR_I64, 0));
    }
    ir_emit(u, IR_TRAPIF, IR_VOID, 0, bad, ir_gaddr(u, tc->pc), addr, TRAP_ALIGN);
}

/* Says once a row what is missing; guests that probe for instructions would flood the log. */
static void report_undefined(GuestAddr pc, uint32_t word)
{
    unsigned row = insn_decode(&a64_insns, word, A64_DECODE_INDEX(word));
    uint64_t bit = 1ull << row % 64;
    if (__atomic_fetch_or(&undefined_said[row / 64], bit, __ATOMIC_RELAXED) & bit) {
        return;
    }
    const char *why = insn_todo(&a64_insns, row);
    LOG(UNIMP, "instruction %08x at 0x%llx (%s): %s\n", word, (unsigned long long)pc,
        insn_name(&a64_insns, row), *why ? why : "undefined");
}

TransResult a64_undefined(TransCtx *tc)
{
    report_undefined(tc->pc, insn_word(tc));
    return a64_trap(tc, TRAP_ILLEGAL, 0);
}

static TransResult a64_translate_insn(TransCtx *tc)
{
    uint32_t word = insn_word(tc);
    tc->insn_len = A64_INSN_LEN;
    unsigned row = insn_decode(&a64_insns, word, A64_DECODE_INDEX(word));
    unsigned handler = a64_insns.match[row].handler;
    if (!handler || !insn_is_offered(&a64_insns, row, tc->features->bits)) {
        return a64_undefined(tc);
    }
    a64_coverage[row]++; /* threads may lose a count: no locked operation is worth it here */
    return a64_handlers[handler](tc, (A64Insn){.word = word});
}

static unsigned a64_row_of(const uint8_t *code, uint32_t len)
{
    uint32_t word;
    if (len < A64_INSN_LEN) {
        return A64_ROW_UNALLOCATED;
    }
    memcpy(&word, code, sizeof(word));
    return insn_decode(&a64_insns, word, A64_DECODE_INDEX(word));
}

/* FPCR: RMode 23:22, FZ 24, DN 25, AHP 26, FZ16 19 (DDI 0487, C5.2.8). */
static uint32_t a64_mode_of(const Vcpu *v)
{
    uint32_t fpcr;
    memcpy(&fpcr, v->state + a64_slots[A64_FPCR].off, sizeof(fpcr));
    uint32_t mode = v->mode & (MODE_FP_CHECKED | MODE_TBI_MASK);
    mode |= (fpcr >> 22 & 3) << MODE_FP_RM_SHIFT;
    mode |= fpcr >> 24 & 1 ? MODE_FP_FZ : 0;
    mode |= fpcr >> 25 & 1 ? MODE_FP_DN : 0;
    mode |= fpcr >> 26 & 1 ? MODE_FP_AHP : 0;
    mode |= fpcr >> 19 & 1 ? MODE_FP_FZ16 : 0;
    return mode;
}

/* The sticky flags stand in FPSR's low byte as softfp has them; QC stays the slot's own. */
enum { A64_FPSR_STICKY = 0x9f };

static void a64_fp_flags_put(Vcpu *v, uint32_t flags)
{
    uint32_t *fpsr = vcpu_slot32(v, &a64_slots[A64_FPSR]);
    *fpsr = (*fpsr & ~(uint32_t)A64_FPSR_STICKY) | (flags & A64_FPSR_STICKY);
}

static uint32_t a64_fp_flags_take(const Vcpu *v)
{
    return *(const uint32_t *)(v->state + a64_slots[A64_FPSR].off) & A64_FPSR_STICKY;
}

const GuestOps guest_a64 = {
    .name = "aarch64",
    .elf_machine = 183,
    .elf_class = 2,
    .insn_align = A64_INSN_LEN,
    .insn_len_max = A64_INSN_LEN,
    .slots = a64_slots,
    .n_slots = A64_SLOT_COUNT,
    .slot_pc = A64_PC,
    .slot_sp = A64_SP,
    .slot_monitor = A64_EXCL_SIZE,
    .slot_link = A64_X30,
    .state_size = A64_STATE_SIZE,
    .translate_insn = a64_translate_insn,
    .print_insn = a64_print_insn,
    .mode_of = a64_mode_of,
    .fp_flags_put = a64_fp_flags_put,
    .fp_flags_take = a64_fp_flags_take,
    .features_parse = a64_features_parse,
    .cpu_help = a64_cpu_help,
    .cpuinfo = a64_cpuinfo,
    .hwcaps = a64_hwcaps,
    .platform = "aarch64",
    .insns = &a64_insns,
    .row_of = a64_row_of,
    .landings = a64_landings,
    .coverage = a64_coverage,
};
