/*
 * Exact floating point and vector arithmetic for units: what the interpreter does, as functions.
 *
 * Host code calls these where the host's own instruction would not give the guest's result: NaNs,
 * flush to zero, conversions out of range, vector ops without a host form. The mode is the vcpu's;
 * flags raised join the sticky ones.
 *
 *     helper_fp_op2_32(v, IR_FMUL, 0x7f800001, 0x3f800000)  ->  0x7fc00001, IOC raised
 */
#include "check.h"
#include "helpers.h"
#include "ir_interp.h"

static uint64_t eval(Vcpu *v, const IrEval *e)
{
    SoftFp fp = ir_softfp(v->mode);
    uint64_t r = 0;
    bool known = ir_eval_fp(&fp, e, &r);
    CHECK(known);
    fp_flags_raise(v, fp.flags);
    return r;
}

static uint64_t eval_same(Vcpu *v, IrType t, uint64_t op, const uint64_t x[3])
{
    uint64_t mask = ir_type_mask(t);
    IrEval e = {.op = (uint8_t)op,
                .type = (uint8_t)t,
                .arg_type = (uint8_t)t,
                .a = x[0] & mask,
                .b = x[1] & mask,
                .c = x[2] & mask};
    return eval(v, &e);
}

uint64_t helper_fp_op2_32(Vcpu *v, uint64_t op, uint64_t a, uint64_t b)
{
    return eval_same(v, IR_F32, op, (uint64_t[]){a, b, 0});
}

uint64_t helper_fp_op2_64(Vcpu *v, uint64_t op, uint64_t a, uint64_t b)
{
    return eval_same(v, IR_F64, op, (uint64_t[]){a, b, 0});
}

uint64_t helper_fp_op1_32(Vcpu *v, uint64_t op, uint64_t a)
{
    return eval_same(v, IR_F32, op, (uint64_t[]){a, 0, 0});
}

uint64_t helper_fp_op1_64(Vcpu *v, uint64_t op, uint64_t a)
{
    return eval_same(v, IR_F64, op, (uint64_t[]){a, 0, 0});
}

uint64_t helper_fp_fma_32(Vcpu *v, uint64_t a, uint64_t b, uint64_t c)
{
    return eval_same(v, IR_F32, IR_FMA, (uint64_t[]){a, b, c});
}

uint64_t helper_fp_fma_64(Vcpu *v, uint64_t a, uint64_t b, uint64_t c)
{
    return eval_same(v, IR_F64, IR_FMA, (uint64_t[]){a, b, c});
}

static uint64_t compare(Vcpu *v, IrType t, uint64_t aux, const uint64_t ab[2])
{
    IrEval e = {.op = IR_FCMP,
                .type = IR_FLAGS,
                .arg_type = (uint8_t)t,
                .aux = (uint16_t)aux,
                .a = ab[0] & ir_type_mask(t),
                .b = ab[1] & ir_type_mask(t)};
    return eval(v, &e);
}

uint64_t helper_fp_cmp_32(Vcpu *v, uint64_t aux, uint64_t a, uint64_t b)
{
    return compare(v, IR_F32, aux, (uint64_t[]){a, b});
}

uint64_t helper_fp_cmp_64(Vcpu *v, uint64_t aux, uint64_t a, uint64_t b)
{
    return compare(v, IR_F64, aux, (uint64_t[]){a, b});
}

uint64_t helper_fp_cvt(Vcpu *v, uint64_t how, uint64_t a)
{
    IrType from = (IrType)(how & 255);
    IrEval e = {.op = IR_FCVT,
                .type = (uint8_t)(how >> 8),
                .arg_type = (uint8_t)from,
                .aux = (uint8_t)(how >> 16),
                .a = a & ir_type_mask(from)};
    return eval(v, &e);
}

uint64_t helper_fp_rint(Vcpu *v, uint64_t how, uint64_t a)
{
    IrType t = (IrType)(how & 255);
    IrEval e = {.op = IR_FRINT,
                .type = (uint8_t)t,
                .arg_type = (uint8_t)t,
                .aux = (uint8_t)(how >> 8),
                .a = a & ir_type_mask(t)};
    return eval(v, &e);
}

static uint64_t convert_int(Vcpu *v, IrOp op, uint64_t how, uint64_t a)
{
    IrType from = (IrType)(how & 15);
    IrEval e = {.op = (uint8_t)op,
                .type = how >> 4 & 15,
                .arg_type = (uint8_t)from,
                .aux = (uint8_t)(how >> 8),
                .imm = how >> 16 & 255,
                .a = a & ir_type_mask(from)};
    return eval(v, &e);
}

uint64_t helper_fp_f2i(Vcpu *v, uint64_t how, uint64_t a)
{
    return convert_int(v, IR_F2I, how, a);
}

uint64_t helper_fp_i2f(Vcpu *v, uint64_t how, uint64_t a)
{
    return convert_int(v, IR_I2F, how, a);
}

uint64_t helper_fp_modulo32(Vcpu *v, uint64_t a)
{
    return softfp_modulo32(a);
}

uint64_t helper_fp_rounded(Vcpu *v, uint64_t what, uint64_t a, uint64_t b, uint64_t c)
{
    IrEval e = {.op = (uint8_t)what,
                .type = what >> 8 & 15,
                .arg_type = what >> 12 & 15,
                .aux = what >> 20 & 0xfff,
                .a = a,
                .b = b,
                .c = c};
    SoftFp fp = ir_softfp(v->mode);
    fp.rm = what >> 16 & 15;
    uint64_t r = 0;
    bool known = ir_eval_fp(&fp, &e, &r);
    CHECK(known);
    fp_flags_raise(v, fp.flags);
    return r;
}

/*
 * vtbl takes its number of tables (1 or 2) in the imm field. Scalar results are in lane 0. The
 * result may be one of the arguments.
 */
void helper_vec_op(Vcpu *v, V128 *ret, uint64_t insn, const V128 *a, const V128 *b, const V128 *c)
{
    IrOp op = (IrOp)(insn & 255);
    uint32_t aux = insn >> 8 & 255;
    int32_t imm = insn >> 16 & 0xffff;
    V128 args[3] = {*a, *b, *c};
    if (ir_eval_vec(op, aux, imm, args, ret))
        return;
    SoftFp fp = ir_softfp(v->mode);
    bool known = ir_eval_vfp(&fp, op, aux, imm, args, ret);
    CHECK(known);
    fp_flags_raise(v, fp.flags);
}
