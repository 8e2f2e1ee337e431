/*
 * Load-exclusive / store-exclusive pairs: may the store be a compare-and-swap on the loaded value?
 *
 * It may, exactly, when nothing between the two touches memory: nobody can then tell whether the
 * location kept its value or changed and changed back, as if the load had come later. Nearly all
 * code is like that. The others (a list head is loaded, then a field of what it points to, then the
 * head is replaced) are found here by walking the code that follows the load; the front end ends
 * the unit before such a load with TRAP_EXCLUSIVE, and the runtime runs the pair alone.
 *
 *     ldxr x0,[x1]; add x0,x0,#1; stxr w2,x0,[x1]; cbnz w2,...     simple
 *     ldxr x0,[x1]; ldr x3,[x0]; stxr w2,x3,[x1]                   not simple
 */
#ifndef FERRY_GUEST_PAIR_H
#define FERRY_GUEST_PAIR_H

#include "guest.h"

/* What one instruction after the load does. All false: the walk ends here (returns, the exception
 * that opens the monitor anyway, another load-exclusive). */
typedef struct PairStep {
    uint32_t len; /* bytes */
    bool next;    /* may go on behind it */
    bool jump;    /* may go on at `target`, relative to it */
    bool touches; /* accesses memory, or calls code that may */
    bool store;   /* the store-exclusive */
    int32_t target;
} PairStep;

/* `code` has at least insn_align bytes; `len` of them are there. */
typedef PairStep PairClassify(const uint8_t *code, uint32_t len);

/*
 * True when every store-exclusive that can be reached from the load at tc->pc, within a short
 * distance ahead, is reached without another access. True, too, when the driver lends no tc->peek:
 * the code runs alone already. Notes in tc->seen_end how far the answer depends on the code.
 */
bool pair_is_simple(TransCtx *tc, uint32_t load_len, PairClassify *classify);

#endif
