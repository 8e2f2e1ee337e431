#include "vdso_call.h"

bool vdso_call_emit(TransCtx *tc, uint32_t n, unsigned arg)
{
    IrUnit *u = tc->u;
    if (tc->pc < tc->vdso_start || tc->pc >= tc->vdso_end || n >= VDSO_CALL_COUNT)
        return false;
    IrRef args[3] = {ir_const(u, IR_I32, n)};
    args[1] = ir_get(u, IR_I64, arg);
    args[2] = ir_get(u, IR_I64, arg + 1);
    ir_set(u, arg, ir_call(u, HELPER_vdso_call, IR_I64, args, 3));
    return true;
}
