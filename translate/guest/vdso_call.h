/* The calls of a guest's vdso (vdso_calls.def) as IR. */
#ifndef FERRY_VDSO_CALL_H
#define FERRY_VDSO_CALL_H

#include "guest.h"

typedef enum VdsoCall {
#define VDSO_CALL(name) VDSO_CALL_##name,
#include "vdso_calls.def"
#undef VDSO_CALL
    VDSO_CALL_COUNT
} VdsoCall;

/*
 * Emits call number n: arguments in slots arg and arg + 1, the result into slot arg. False, with
 * nothing emitted, when the instruction is not in the vdso or there is no such call.
 */
bool vdso_call_emit(TransCtx *tc, uint32_t n, unsigned arg);

#endif
