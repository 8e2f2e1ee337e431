/*
 * GuestOps: what a guest architecture gives to the rest. All of it is const data and functions;
 * every guest is in one binary, chosen by pointer.
 *
 * Translation works an instruction at a time: the driver sets pc/code in TransCtx, emits the `at`
 * marker and calls translate_insn, which appends IR. The rule for state: within one guest
 * instruction every insn that can fault comes before every `set`, with one exception: an
 * instruction with several loads may set a register after its load if the register is not needed
 * to run the instruction again.
 */
#ifndef FERRY_GUEST_H
#define FERRY_GUEST_H

#include "ir_build.h"
#include "vcpu.h"

typedef enum TransResult {
    TR_NEXT,   /* go on with the next instruction in memory */
    TR_FOLLOW, /* unconditional direct jump to next_pc: the driver follows or ends with xjump */
    TR_END,    /* a terminator was emitted */
    TR_SHORT,  /* the instruction is longer than code_len; nothing was emitted */
} TransResult;

/* Words of feature bits; the meaning of each bit is the guest's (its .insn feat= names). */
typedef struct GuestFeatures {
    uint64_t bits[4];
    uint32_t model; /* which CPU; the number is the guest's own */
} GuestFeatures;

typedef struct TransCtx {
    IrUnit *u;
    GuestAddr pc;         /* of this instruction */
    const uint8_t *code;  /* its bytes */
    uint32_t code_len;    /* readable executable bytes from here */
    uint32_t mode;        /* MODE_* */
    const GuestFeatures *features;
    GuestAddr next_pc;    /* out: for TR_FOLLOW; else it is pc + insn_len */
    uint32_t insn_len;    /* out: bytes of this instruction; preset to insn_align */
    void *priv;           /* guest's own state within a unit, cleared to NULL at its start */
    uint64_t priv_word[5];/* guest's own scratch within a unit, cleared at its start */
    /*
     * Copies up to n bytes of guest code, which need not be executable, and returns how many; NULL
     * while the code runs alone (pair.h).
     */
    uint32_t (*peek)(GuestAddr pc, void *buf, uint32_t n);
    GuestAddr seen_end;   /* out: code up to here decided what was emitted; 0: this instruction */
    GuestAddr ahead_end;  /* out: the same for code within code_len, which was read with this one */
    GuestAddr vdso_start, vdso_end; /* of the guest's vdso: vdso_call.h */
    bool guarded;         /* RtCode.guarded of this instruction */
    bool at_once;         /* what is emitted is executed at once, not translated: plain is best */
    bool pair_end;        /* out: a store-exclusive, or what opens the monitor for good */
} TransCtx;

struct StrBuf;

typedef struct GuestOps {
    const char *name;      /* as uname's machine: "aarch64" */
    uint16_t elf_machine;
    uint8_t elf_class;     /* 1: 32-bit, 2: 64-bit */
    uint8_t insn_align;    /* instruction addresses are multiples of this */
    uint8_t insn_len_max;
    const SlotDesc *slots;
    uint32_t n_slots;
    uint16_t slot_pc, slot_sp, slot_link; /* slot_link: return address register or 0xffff */
    uint16_t slot_monitor; /* 32 bits: 0 when no load-exclusive waits for its store */
    uint32_t state_size;   /* bytes used of Vcpu.state */

    /* Appends the IR of the instruction at tc->code. */
    TransResult (*translate_insn)(TransCtx *tc);
    /* Listing of one instruction (mnemonic and operands), for -d in_asm; returns its length. */
    uint32_t (*print_insn)(GuestAddr pc, const uint8_t *code, uint32_t len, struct StrBuf *out);
    /* MODE_* of a vcpu from its control registers (FPCR ...), keeping bits not the guest's. */
    uint32_t (*mode_of)(const Vcpu *v);
    /* Features by CPU model and +ext/-ext list ("max", "cortex-a72,-crc"); false if unknown,
     * with a message in err. */
    bool (*features_parse)(const char *spec, GuestFeatures *out, struct StrBuf *err);
    /* Models and features, for -cpu help. */
    void (*cpu_help)(struct StrBuf *out);
    /* One processor's lines of /proc/cpuinfo. */
    void (*cpuinfo)(const GuestFeatures *f, unsigned cpu, struct StrBuf *out);
    /* HWCAP words for the auxiliary vector. */
    void (*hwcaps)(const GuestFeatures *f, uint64_t hwcap[2]);
    const char *platform;  /* AT_PLATFORM */
    /* Sticky FP flags (SOFT_* of softfp.h) into the guest's status slot, and out of it. */
    void (*fp_flags_put)(Vcpu *v, uint32_t flags);
    uint32_t (*fp_flags_take)(const Vcpu *v);
    const struct InsnTable *insns; /* rows of the decode table (insn_table.h) */
    /* The row of the instruction at `code`, 0 when it is unallocated or cut off. */
    unsigned (*row_of)(const uint8_t *code, uint32_t len);
    /*
     * Kinds of computed branches (a bit each, bit 0 always) that may land on the instruction at
     * `code` in memory that RtCode calls guarded. NULL: the guest has no such memory.
     */
    uint8_t (*landings)(const uint8_t *code);
    uint32_t *coverage;    /* per row: times it was translated, for --coverage */
} GuestOps;

extern const GuestOps guest_a64, guest_rv64;

#endif
