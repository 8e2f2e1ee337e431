/*
 * One step of a guest's stack back to its caller, by the call frame information of the module
 * (.eh_frame, found through PT_GNU_EH_FRAME in the mapped image) or, without any, by AArch64's
 * frame records. For backtraces alone: whatever looks wrong ends the walk.
 *
 *     pc in main, sp 0x7ff0: CFA = sp + 32, ra at CFA - 24, x29 at CFA - 32
 *     -> pc = [0x7ff8], sp = 0x8010, x29 = [0x7ff0]
 *
 * Registers go by the DWARF numbers of the guest's psABI, which are gdb's, too.
 */
#ifndef FERRY_DEBUG_UNWIND_H
#define FERRY_DEBUG_UNWIND_H

#include "guest.h"

enum { UNWIND_REGS = 32 };

typedef struct UnwindFrame {
    uint64_t pc;
    uint64_t reg[UNWIND_REGS];
    uint8_t sp, ra, fp; /* which register is which; fp 0: frames have no records */
    bool innermost;     /* pc is the instruction itself, not one behind a call */
} UnwindFrame;

/* The innermost frame of a vcpu that is not running. */
void unwind_start(UnwindFrame *f, Vcpu *v, const GuestOps *g);
/* The module that f->pc lies in. */
typedef struct UnwindModule {
    GuestAddr image;   /* where its ELF header is mapped; 0: no module */
    uint64_t eh_frame; /* address of .eh_frame in the file's terms, for modules without a table */
} UnwindModule;

/* Replaces *f by its caller's frame. False: there is none, or it cannot be found. */
bool unwind_step(UnwindFrame *f, UnwindModule module);

#endif
