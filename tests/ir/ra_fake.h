/*
 * A made-up host for the allocator's tests: three general and three vector temps, five pinned
 * slots, and a select() that lowers each IR insn to one RaInsn under random constraints. Random
 * units of its own: one block, or a loop with parameters (0 -> 1; 1 -> 2, 3; 2 -> 1).
 */
#ifndef FERRY_TEST_RA_FAKE_H
#define FERRY_TEST_RA_FAKE_H

#include "ir_build.h"
#include "regalloc.h"

enum { FAKE_N_SLOTS = 11, FAKE_SLOT_FLAGS = 8, FAKE_SLOT_V0 = 9, FAKE_PC = 10 };

extern const SlotDesc fake_slots[FAKE_N_SLOTS];

typedef struct Fake {
    Arena arena;
    IrUnit u;
    RaTarget target;
    RaUnit ra;
    uint32_t rng;
    bool plain; /* select() without random constraints: tied two-operand form, immediates */
} Fake;

bool fake_init(Fake *f);
void fake_free(Fake *f);
uint32_t fake_rand(Fake *f, uint32_t n); /* 0..n-1 */
/* A random unit of about n insns into f->u. */
void fake_random_unit(Fake *f, uint32_t n, bool loop);
/* Lowers f->u into f->ra. */
void fake_select(Fake *f);

#endif
