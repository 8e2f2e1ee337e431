/*
 * Loads and stores of f registers. A value narrower than 64 bits is boxed: all bits above it are
 * ones. A store takes the low bits, boxed or not. Example, `flw fa0, 0(a0)`:
 *
 *     v1:i64 = get a0
 *     v2:v128 = ld.32 v1
 *     v3:v128 = vconst 0xffffffff00000000, 0
 *     v4:v128 = vor v2, v3
 *     set fa0, v4
 */
#include "rv64_fp.h"

static TransResult load(TransCtx *tc, unsigned size, unsigned rd, unsigned rs1, int32_t disp)
{
    IrUnit *u = tc->u;
    IrRef v = ir_ld(u, IR_V128, size, rv64_x(tc, rs1), 0, disp);
    if (size != MEM_64) {
        IrRef box = ir_vconst(u, ~0ull << (8u << size), 0);
        v = ir_op2(u, IR_VOR, IR_V128, v, box);
    }
    ir_set(u, rv64_slot_f(rd), v);
    rv64_fp_note(tc, size == MEM_64 ? RV64_FMT_D : size == MEM_32 ? RV64_FMT_S : RV64_FMT_H, rd);
    return TR_NEXT;
}

static TransResult store(TransCtx *tc, unsigned size, unsigned rs2, unsigned rs1, int32_t disp)
{
    IrRef base = rv64_x(tc, rs1);
    ir_st(tc->u, size, base, 0, disp, ir_get(tc->u, IR_V128, rv64_slot_f(rs2)));
    return TR_NEXT;
}

TransResult rv64_fload(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fload f = insn.fload;
    return load(tc, f.sz, f.rd, f.rs1, f.imm12);
}

TransResult rv64_fstore(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_fstore f = insn.fstore;
    return store(tc, f.sz, f.rs2, f.rs1, (int32_t)rv64_imm_s(insn.word));
}

TransResult rv64_c_fld(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_fld f = insn.c_fld;
    return load(tc, MEM_64, RV64_REG_C0 + f.rdc, RV64_REG_C0 + f.rs1c, rv64_imm_cl64(insn.word));
}

TransResult rv64_c_fsd(TransCtx *tc, Rv64Insn insn)
{
    const Rv64_c_fsd f = insn.c_fsd;
    return store(tc, MEM_64, RV64_REG_C0 + f.rs2c, RV64_REG_C0 + f.rs1c, rv64_imm_cl64(insn.word));
}

TransResult rv64_c_fldsp(TransCtx *tc, Rv64Insn insn)
{
    return load(tc, MEM_64, insn.c_fldsp.rd, RV64_REG_SP, rv64_imm_clsp64(insn.word));
}

TransResult rv64_c_fsdsp(TransCtx *tc, Rv64Insn insn)
{
    return store(tc, MEM_64, insn.c_fsdsp.rs2, RV64_REG_SP, rv64_imm_cssp64(insn.word));
}
