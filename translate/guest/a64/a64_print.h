/*
 * Kinds of operands in listings: what a64_print.c and a64_print_simd.c share.
 */
#ifndef FERRY_A64_PRINT_H
#define FERRY_A64_PRINT_H

#include "a64.h"
#include "log.h"

enum { MAX_ARGS = 6 };

typedef struct PrintCtx {
    StrBuf *out;
    GuestAddr pc;
    uint32_t word;
    unsigned n;
    int64_t arg[MAX_ARGS];
} PrintCtx;

typedef struct PrintKind {
    const char *name;
    void (*fn)(PrintCtx *c, int param);
    int param;
} PrintKind;

/* A general register, 31 being zero, or another by its letter. */
void a64_put_reg(PrintCtx *c, char letter, int64_t n);

/* Ends with an empty entry. */
extern const PrintKind a64_print_simd_kinds[];

#endif
