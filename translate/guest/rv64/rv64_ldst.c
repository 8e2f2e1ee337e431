/*
 * RV64 loads and stores of x registers. Misaligned ones work, as the profiles require.
 *
 * A load into x0 still makes its access. Example, `lw a0, 8(sp)`:
 *
 *     v1:i64 = get sp
 *     v2:i64 = ld.32s v1, 8
 *     set a0, v2
 */
#include "rv64.h"

enum { F3_UNSIGNED = 4, F3_SIZE = 3 };

/* Size and sign by funct3 of LOAD: lb lh lw ld lbu lhu lwu */
TransResult rv64_load(TransCtx *tc, unsigned f3, unsigned rd, unsigned rs1, int32_t disp)
{
    unsigned size = f3 & F3_SIZE;
    uint32_t aux = size | (f3 & F3_UNSIGNED || size == MEM_64 ? 0u : MA_SIGNED);
    rv64_set_x(tc, rd, ir_ld(tc->u, IR_I64, aux, rv64_x(tc, rs1), 0, disp));
    return TR_NEXT;
}

TransResult rv64_store(TransCtx *tc, unsigned size, unsigned rs2, unsigned rs1, int32_t disp)
{
    IrRef base = rv64_x(tc, rs1), v = rv64_x(tc, rs2);
    ir_st(tc->u, size, base, 0, disp, v);
    return TR_NEXT;
}

TransResult rv64_load_row(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_load_row f = insn.load_row;
    return rv64_load(tc, f.f3, f.rd, f.rs1, f.imm12);
}

TransResult rv64_store_row(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_store_row f = insn.store_row;
    return rv64_store(tc, f.f3, f.rs2, f.rs1, (int32_t)rv64_imm_s(insn.word));
}
