/*
 * Runs IR units as host code: select, allocate, emit, enter; and the same unit by the reference
 * interpreter, from the same state. A bench owns all memory; one at a time in a process.
 *
 *     X64Bench *b = x64_bench_open(&features, slots, n, slot_pc);
 *     build or generate b->unit
 *     char why[512];
 *     if (!x64_bench_same(b, seed, ra_seed, why, sizeof why)) cr_fail("%s", why);
 */
#ifndef FERRY_X64_RUN_H
#define FERRY_X64_RUN_H

#include "backend.h"
#include "ir_interp.h"

enum { X64_RUN_INSNS = 4000, X64_RUN_WINDOW = 4096, X64_RUN_CODE = 1 << 20 };

typedef struct X64Bench {
    Arena ir_arena, scratch;
    IrUnit unit;
    RaTarget target;
    BackendStubs stubs;
    RaUnit ra;
    CodeOut out;
    Vcpu *v[2]; /* 0: interpreter, 1: host code */
    V128 *vals;
    uint8_t *mem; /* the guest window; a page that is not mapped follows */
    uint8_t *code, *data;
    uint8_t *ret_stack;
    bool optimise;     /* run the passes before select */
    const char *stage; /* of the last compilation */
    IrExit want;
    uint64_t got_pc;
} X64Bench;

/* The host's features cut down to a level: 0 SSE4.2, 1 AVX2 and BMI, 2 everything. */
HostFeatures x64_bench_features(unsigned level);
X64Bench *x64_bench_open(const HostFeatures *f, const SlotDesc *slots, uint32_t n,
                         uint16_t slot_pc);
void x64_bench_close(X64Bench *b);
/* Unit to code at code + offset; false on a limit. */
bool x64_bench_compile(X64Bench *b, uint32_t ra_seed, uint32_t offset);
/* Runs the compiled unit on v[1] until it leaves; faults in the window's guard page end it too. */
void x64_bench_run(X64Bench *b);
/* Interpreter against host code from random state `seed`. False with a reason. */
bool x64_bench_same(X64Bench *b, uint64_t seed, uint32_t ra_seed, char *why, size_t cap);

#endif
