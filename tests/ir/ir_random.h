/*
 * Random IR for differential tests: the same seed and configuration give the same unit.
 *
 * Units pass ir_verify, end within a bounded number of steps, touch guest memory only inside the
 * window given, and use the slots of ir_random_slots. Every guest insn (`at`) does its faulting
 * work before its sets, as guest.h asks.
 *
 *     IrRandomConfig c = {.seed = 7, .what = IRR_INT | IRR_FLAGS, .n_insns = 60};
 *     ir_random_setup(u);                      // slots, module base
 *     CHECK(ir_random_unit(u, &c));
 *     ir_random_state(v, 7);                   // slots of the vcpu
 *     run both ways; ir_random_compare(u, v1, v2, &err)
 */
#ifndef FERRY_TESTS_IR_RANDOM_H
#define FERRY_TESTS_IR_RANDOM_H

#include "ir_build.h"
#include "vcpu.h"

/* What a unit may hold. Integer arithmetic on i32 and i64, get and set are always there. */
enum {
    IRR_INT = 0,
    IRR_FLAGS = 1,    /* flags values, adc, cc */
    IRR_MEM = 2,      /* ld and st; fences */
    IRR_ATOMIC = 4,   /* cas, cas128, amo (aligned) */
    IRR_VEC = 8,      /* vectors of integers */
    IRR_FP = 16,      /* scalar floats */
    IRR_VFP = 32,     /* vectors of floats; with IRR_VEC */
    IRR_BLOCKS = 64,  /* diamonds and loops, nested, with block parameters */
    IRR_EXITS = 128,  /* xif, trapif and every kind of exit at the end; else one xjump at the end */
    IRR_FAULTS = 256, /* some accesses touch [mem_base + mem_size, + 4096): must not be mapped */
    IRR_NARROW = 512, /* arithmetic on i8 and i16 */
    IRR_CALLS = 1024, /* helpers: vec_op, fp_op2_64, fp_flags_get */
    IRR_GADDR = 2048, /* gaddr as a value in arithmetic */
    IRR_ALL = 4095,
};

typedef struct IrRandomConfig {
    uint64_t seed;
    uint32_t what;      /* IRR_* */
    uint32_t n_insns;   /* about as many IR insns; the unit's capacity bounds it */
    uint32_t mode;      /* MODE_* for u->mode */
    GuestAddr mem_base; /* window of guest memory */
    uint32_t mem_size;  /* power of two, at least 256 */
} IrRandomConfig;

/* x0..x15 i64, pc i64, nzcv flags, c0..c1 i32, v0..v15 v128; some with a pin priority. */
enum { IRR_X0 = 0, IRR_PC = 16, IRR_NZCV = 17, IRR_C0 = 18, IRR_V0 = 20, IRR_SLOTS = 36 };
extern const SlotDesc ir_random_slots[IRR_SLOTS];
enum { IRR_MODULE_BASE = 0x400000 };

/* Points an initialised unit at the slots and at module base IRR_MODULE_BASE. */
void ir_random_setup(IrUnit *u);
/* Fills the unit. False when its capacity is too small. */
bool ir_random_unit(IrUnit *u, const IrRandomConfig *c);
/* Random contents of all slots: edge values often. Clears nothing else. */
void ir_random_state(Vcpu *v, uint64_t seed);
/* True when all slots are equal (flags: their four bits); else names the first that differs. */
struct StrBuf;
bool ir_random_compare(const Vcpu *want, const Vcpu *got, struct StrBuf *err);

#endif
