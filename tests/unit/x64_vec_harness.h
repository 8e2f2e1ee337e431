/*
 * Runs one float or vector op natively: describes it, gives it random registers and places within
 * the description's constraints (operands and result share registers where allowed), prints it
 * with a prologue that loads every register, and hands back the registers afterwards.
 *
 * What is compared besides the result: no other register and no memory operand changed, and the
 * sticky flags. When the op traps (SIGFPE, invalid unmasked) nothing but temps may have changed.
 *
 *     XvCase c = {.op = IR_VADD, .type = IR_V128, .aux = VE_8, .n_args = 2, ...};
 *     XvResult r = xv_run(&h, &c);     r.value, r.flags, r.trapped
 */
#ifndef FERRY_X64_VEC_HARNESS_H
#define FERRY_X64_VEC_HARNESS_H

#include "x64_vec.h"

enum { XV_MAX_ARGS = 5 };

typedef struct XvCase {
    IrOp op;
    IrType type;
    uint32_t aux;
    int32_t imm;
    uint32_t mode; /* MODE_FP_* */
    unsigned n_args;
    IrType arg_type[XV_MAX_ARGS];
    V128 arg[XV_MAX_ARGS];
    bool negate[XV_MAX_ARGS]; /* the operand is an fneg of arg (fma) */
    bool same[XV_MAX_ARGS];   /* the operand is the same value as operand 0 */
} XvCase;

typedef struct XvResult {
    V128 value;
    uint32_t flags; /* SOFT_* raised */
    bool trapped;
    bool as_vector;     /* the result was described as a vfrom's: all above the type must be zero */
    const char *damage; /* what changed that must not, or NULL */
    unsigned size;      /* bytes of code */
} XvResult;

typedef struct XvLevel {
    const char *name;
    HostFeatures f;
} XvLevel;

/* The feature levels of this machine, lowest first; returns how many. */
unsigned xv_levels(XvLevel out[4]);
void xv_setup(void);
uint64_t xv_random(void);
XvResult xv_run(const XvCase *c, const HostFeatures *f);
/* Writes the last case's code to a file, for objdump; only with XV_DUMP in the environment. */
void xv_dump(const char *path);

#endif
