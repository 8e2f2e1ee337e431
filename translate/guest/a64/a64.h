/*
 * What the A64 front end's files share: reading and writing registers as IR, and the ways out.
 *
 * A handler is named after its row (or the row's `fn=`), gets the word with its fields and appends
 * IR. Register 31 is the zero register (a64_r) or the stack pointer (a64_rsp), by operand.
 * 32-bit values are IR_I32; writing one clears the upper half. Example, `add w0, w1, w2`:
 *
 *     TransResult a64_add(TransCtx *tc, A64Insn insn)
 *     {
 *         const A64_add f = insn.add;
 *         IrRef sum = ir_op2(tc->u, IR_ADD, IR_I32, a64_r(tc, 0, f.rn), a64_r(tc, 0, f.rm));
 *         a64_set_r(tc, 0, f.rd, sum);
 *         return TR_NEXT;
 *     }
 */
#ifndef FERRY_A64_H
#define FERRY_A64_H

#include "guest.h"
#include "a64_decode.h"
#include "a64_state.h"

enum { A64_REG_31 = 31, A64_INSN_LEN = 4 };

/* Bits of the pstate slot (SPSR_EL1's places). */
enum { A64_PSTATE_SSBS = 1 << 12, A64_PSTATE_DIT = 1 << 24 };

/* Keys of pointer authentication, in the order of the pac_key slots. */
enum { A64_KEY_IA, A64_KEY_IB, A64_KEY_DA, A64_KEY_DB, A64_KEY_GA, A64_KEY_COUNT };

/* The HINT instructions of PAuth; false when n is none of them. */
bool a64_pauth_hint(TransCtx *tc, unsigned n);

/* Integer type of an operand whose size bit is sf. */
static inline IrType a64_type(unsigned sf)
{
    return sf ? IR_I64 : IR_I32;
}

/* Register n or zero, as i64 or i32 by sf. */
IrRef a64_r(TransCtx *tc, unsigned sf, unsigned n);
/* Register n or the stack pointer. */
IrRef a64_rsp(TransCtx *tc, unsigned sf, unsigned n);
/* Writes register n; 31 drops the value (a64_set_r) or writes the stack pointer. */
void a64_set_r(TransCtx *tc, unsigned sf, unsigned n, IrRef v);
void a64_set_rsp(TransCtx *tc, unsigned sf, unsigned n, IrRef v);

/* A guest address; a64_next is the address of the next instruction. */
static inline IrRef a64_next(TransCtx *tc)
{
    return ir_gaddr(tc->u, tc->pc + A64_INSN_LEN);
}

/* The condition field as a bool; 14 and 15 are always true. */
IrRef a64_cond(TransCtx *tc, unsigned cond);

/* Ends the unit with BR and its like (the address was in rn) or BLR (sets x30). */
TransResult a64_jump(TransCtx *tc, unsigned rn, IrRef to);
TransResult a64_call(TransCtx *tc, IrRef to);
/* GuestOps.landings */
uint8_t a64_landings(const uint8_t *code);

/* Ends the unit with a trap reported at this instruction (or after it, as ir.h says for `why`). */
TransResult a64_trap(TransCtx *tc, IrTrap why, IrRef data);
/* An undefined instruction at this pc; said once a row in the log. */
TransResult a64_undefined(TransCtx *tc);

static inline bool a64_has(const TransCtx *tc, A64Feat feat)
{
    return tc->features->bits[feat / 64] >> feat % 64 & 1;
}

/*
 * a + b or a - b to register rd (none if 31) and its flags to nzcv. The flags op stands right
 * beside the sum: backends make one instruction of the two.
 */
void a64_addsub_flags(TransCtx *tc, unsigned sf, bool sub, unsigned rd, IrRef a, IrRef b);
/* A data address as the memory ops take it: register n or SP (masked to 56 bits in TBI mode). */
IrRef a64_base(TransCtx *tc, unsigned n);
/* Applies the same masking to a computed address. */
IrRef a64_addr(TransCtx *tc, IrRef addr);
/*
 * A memory operand: base, scaled index (or 0) and displacement as `ld` and `st` take them; add its
 * aux to the access's. In TBI mode it is one masked base.
 */
typedef struct A64Mem {
    IrRef base, index;
    uint32_t aux;
    int32_t disp;
    IrRef reg; /* the base register as it was read, for a64_writeback */
} A64Mem;

/* [xn|sp, #disp] */
A64Mem a64_mem_disp(TransCtx *tc, unsigned rn, int32_t disp);
/* [xn|sp, rm, ext #shift]; option as in the manual's register-offset forms, shift up to 4 */
A64Mem a64_mem_reg(TransCtx *tc, unsigned rn, unsigned rm, unsigned option, unsigned shift);
IrRef a64_load(TransCtx *tc, IrType t, uint32_t aux, A64Mem m);
void a64_store(TransCtx *tc, uint32_t aux, A64Mem m, IrRef v);
/* xn or sp = m.reg + disp: the write-back of pre- and post-indexed forms, after all accesses. */
void a64_writeback(TransCtx *tc, unsigned rn, A64Mem m, int32_t disp);
/* Register rm extended by option (uxtb..sxtx) and shifted left. */
IrRef a64_extended(TransCtx *tc, unsigned sf, unsigned rm, unsigned option, unsigned shift);

/* Traps with TRAP_ALIGN unless `addr` is a multiple of `size` bytes (a power of two). */
void a64_check_align(TransCtx *tc, IrRef addr, unsigned size);

/*
 * The value of a bitmask immediate, replicated to 64 bits (DDI 0487, DecodeBitMasks); false when
 * the encoding is reserved.
 */
bool a64_bitmask(unsigned n, unsigned immr, unsigned imms, uint64_t *out);

extern uint32_t a64_coverage[A64_ROW_COUNT];

/* a64_cpu.c: models, features, identification registers */
bool a64_features_parse(const char *spec, GuestFeatures *out, struct StrBuf *err);
void a64_cpu_help(struct StrBuf *out);
void a64_cpuinfo(const GuestFeatures *f, unsigned cpu, struct StrBuf *out);
void a64_hwcaps(const GuestFeatures *f, uint64_t hwcap[2]);
/* Value of the identification register op0=3 op1=0 CRn=0, as Linux shows it to EL0. */
uint64_t a64_id_register(const GuestFeatures *f, unsigned crm, unsigned op2);

/* a64_print.c */
uint32_t a64_print_insn(GuestAddr pc, const uint8_t *code, uint32_t len, struct StrBuf *out);

#endif
