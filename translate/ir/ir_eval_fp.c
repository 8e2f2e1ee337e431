/*
 * What the floating-point ops mean: softfp with the mode of the unit, scalar and lane by lane.
 *
 *     SoftFp fp = ir_softfp(u->mode);
 *     ir_eval_fp(&fp, &(IrEval){.op = IR_FADD, .type = IR_F32, .a = ..., .b = ...}, &r);
 */
#include "flags.h"
#include "ir_interp.h"
#include "ir_lanes.h"

SoftFp ir_softfp(uint32_t mode)
{
    return (SoftFp){
        .rm = mode >> MODE_FP_RM_SHIFT & 3,
        .nan_rule = mode & MODE_FP_RISCV ? SOFT_NAN_RISCV : SOFT_NAN_ARM,
        .dn = (mode & MODE_FP_DN) != 0,
        .fz = (mode & MODE_FP_FZ) != 0,
        .fz16 = (mode & MODE_FP_FZ16) != 0,
        .ahp = (mode & MODE_FP_AHP) != 0,
    };
}

_Static_assert((int)FPRM_NEAREST == SOFT_RN && (int)FPRM_PLUS == SOFT_RP &&
                   (int)FPRM_MINUS == SOFT_RM && (int)FPRM_ZERO == SOFT_RZ &&
                   (int)FPRM_AWAY == SOFT_RA,
               "IR roundings are softfp's");

static SoftRm rounding(const SoftFp *fp, uint32_t how)
{
    uint32_t rm = how & FPX_RM_MASK;
    return rm == FPRM_MODE ? (SoftRm)fp->rm : (SoftRm)rm;
}

static SoftFmt format_of(IrType t)
{
    return (SoftFmt)(t - IR_F16);
}
_Static_assert(IR_F32 - IR_F16 == SOFT_F32 && IR_F64 - IR_F16 == SOFT_F64, "formats in order");

/* Two operands and a result in format f; false for other ops. */
static bool eval_two(SoftFp *fp, IrOp op, SoftFmt f, const uint64_t ab[2], uint64_t *out)
{
    typedef uint64_t TwoFn(SoftFp *, SoftFmt, uint64_t, uint64_t);
    TwoFn *fn;
    switch (op) {
    case IR_FADD:
        fn = softfp_add;
        break;
    case IR_FSUB:
        fn = softfp_sub;
        break;
    case IR_FMUL:
        fn = softfp_mul;
        break;
    case IR_FDIV:
        fn = softfp_div;
        break;
    case IR_FMIN:
        fn = softfp_min;
        break;
    case IR_FMAX:
        fn = softfp_max;
        break;
    case IR_FMINNM:
        fn = softfp_minnm;
        break;
    case IR_FMAXNM:
        fn = softfp_maxnm;
        break;
    default:
        return false;
    }
    *out = fn(fp, f, ab[0], ab[1]);
    return true;
}

static uint64_t eval_to_int(SoftFp *fp, const IrEval *e)
{
    SoftInt k = {.bits = (uint8_t)ir_type_bits((IrType)e->type),
                 .is_signed = (e->aux & FPX_SIGNED) != 0,
                 .fbits = (uint8_t)e->imm,
                 .rm = (uint8_t)rounding(fp, e->aux)};
    return softfp_to_int(fp, format_of((IrType)e->arg_type), e->a, k);
}

static uint64_t eval_from_int(SoftFp *fp, const IrEval *e)
{
    SoftInt k = {.bits = (uint8_t)ir_type_bits((IrType)e->arg_type),
                 .is_signed = (e->aux & FPX_SIGNED) != 0,
                 .fbits = (uint8_t)e->imm,
                 .rm = fp->rm};
    return softfp_from_int(fp, format_of((IrType)e->type), e->a, k);
}

/* ieee: FPX_IEEE */
static uint64_t convert(SoftFp *fp, uint64_t x, SoftCvt c, uint32_t ieee)
{
    bool ahp = fp->ahp;
    fp->ahp = ahp && !ieee;
    x = softfp_convert(fp, x, c);
    fp->ahp = ahp;
    return x;
}

static uint64_t eval_compare(SoftFp *fp, const IrEval *e)
{
    uint32_t before = fp->flags;
    SoftFmt f = format_of((IrType)e->arg_type);
    uint32_t nzcv = softfp_compare(fp, f, e->a, e->b, e->aux & FPX_SIGNALING);
    if (e->aux & FPX_SILENT)
        fp->flags = before;
    return flags_from_nzcv(nzcv << 28);
}

bool ir_eval_fp(SoftFp *fp, const IrEval *e, uint64_t *out)
{
    SoftFmt f = format_of((IrType)e->type);
    const uint64_t ab[2] = {e->a, e->b};
    switch (e->op) {
    case IR_FSQRT:
        *out = softfp_sqrt(fp, f, e->a);
        return true;
    case IR_FMA:
        *out = softfp_fma(fp, f, (SoftFma){e->a, e->b, e->c});
        return true;
    case IR_FRINT:
        *out = softfp_round_int(fp, f, e->a, rounding(fp, e->aux), e->aux & FPX_EXACT);
        return true;
    case IR_FCMP:
        *out = eval_compare(fp, e);
        return true;
    case IR_FCVT:
        *out = convert(fp, e->a,
                       (SoftCvt){(uint8_t)format_of((IrType)e->arg_type), (uint8_t)f, fp->rm},
                       e->aux & FPX_IEEE);
        return true;
    case IR_F2I:
        *out = eval_to_int(fp, e);
        return true;
    case IR_I2F:
        *out = eval_from_int(fp, e);
        return true;
    default:
        return eval_two(fp, (IrOp)e->op, f, ab, out);
    }
}

/* The scalar op that a vector op does in each lane; NOP when there is none. */
static IrOp scalar_op(IrOp op)
{
    static const uint8_t ops[] = {
        [IR_VFADD - IR_VFADD] = IR_FADD,     [IR_VFSUB - IR_VFADD] = IR_FSUB,
        [IR_VFMUL - IR_VFADD] = IR_FMUL,     [IR_VFDIV - IR_VFADD] = IR_FDIV,
        [IR_VFSQRT - IR_VFADD] = IR_FSQRT,   [IR_VFMIN - IR_VFADD] = IR_FMIN,
        [IR_VFMAX - IR_VFADD] = IR_FMAX,     [IR_VFMINNM - IR_VFADD] = IR_FMINNM,
        [IR_VFMAXNM - IR_VFADD] = IR_FMAXNM, [IR_VFMA - IR_VFADD] = IR_FMA,
        [IR_VFRINT - IR_VFADD] = IR_FRINT,   [IR_VF2I - IR_VFADD] = IR_F2I,
        [IR_VI2F - IR_VFADD] = IR_I2F,
    };
    if (op < IR_VFADD || op - IR_VFADD >= ARRAY_LEN(ops))
        return IR_NOP;
    return (IrOp)ops[op - IR_VFADD];
}

static SoftFmt lane_format(unsigned ve)
{
    return (SoftFmt)(SOFT_F16 + ve - VE_16);
}
_Static_assert(IR_I32 - IR_I16 == 1 && IR_I64 - IR_I16 == 2, "integers in the order of formats");

static uint64_t compare_lanes(SoftFp *fp, uint32_t aux, uint64_t x, uint64_t y)
{
    SoftFmt f = lane_format(aux & VE_MASK);
    IrCmp c = (IrCmp)(aux >> VE_CMP_SHIFT & 15);
    uint32_t nzcv = softfp_compare(fp, f, x, y, c != CMP_EQ);
    bool holds = nzcv == 6 || (c != CMP_EQ && nzcv == 2);
    if (c == CMP_SGT)
        holds = nzcv == 2;
    return holds ? ~0ull : 0;
}

static void eval_lanes(SoftFp *fp, IrOp op, uint32_t aux, int32_t imm, const V128 *args, V128 *out)
{
    unsigned ve = aux & VE_MASK;
    uint8_t ft = (uint8_t)(IR_F16 + lane_format(ve)), it = (uint8_t)(IR_I16 + lane_format(ve));
    IrOp scalar = scalar_op(op);
    bool converts = scalar == IR_F2I || scalar == IR_I2F;
    IrEval e = {.op = (uint8_t)scalar,
                .type = scalar == IR_F2I ? it : ft,
                .arg_type = scalar == IR_I2F ? it : ft,
                .aux = (uint16_t)(imm & 0xff),
                .imm = converts ? imm >> 8 : 0};
    for (unsigned k = 0; k < lane_count(ve); k++) {
        uint64_t r = 0;
        e.a = lane_get(&args[0], ve, k);
        e.b = ir_ops[op].nargs > 1 ? lane_get(&args[1], ve, k) : 0;
        e.c = ir_ops[op].nargs > 2 ? lane_get(&args[2], ve, k) : 0;
        ir_eval_fp(fp, &e, &r);
        lane_set(out, ve, k, r);
    }
}

static void eval_widen(SoftFp *fp, uint32_t aux, int32_t imm, const V128 *a, V128 *out)
{
    unsigned ve = aux & VE_MASK, n = lane_count(ve) / 2;
    SoftCvt c = {(uint8_t)lane_format(ve), (uint8_t)lane_format(ve + 1), fp->rm};
    for (unsigned k = 0; k < n; k++) {
        uint64_t x = lane_get(a, ve, k + (aux & VE_HI ? n : 0));
        lane_set(out, ve + 1, k, convert(fp, x, c, (uint32_t)imm & FPX_IEEE));
    }
}

static void eval_narrow(SoftFp *fp, unsigned ve, const V128 *a, V128 *out)
{
    SoftCvt c = {(uint8_t)lane_format(ve), (uint8_t)lane_format(ve - 1), fp->rm};
    for (unsigned k = 0; k < lane_count(ve); k++)
        lane_set(out, ve - 1, k, softfp_convert(fp, lane_get(a, ve, k), c));
}

static void eval_sign(IrOp op, unsigned ve, const V128 *a, V128 *out)
{
    uint64_t sign = 1ull << (lane_width(ve) - 1);
    for (unsigned k = 0; k < lane_count(ve); k++) {
        uint64_t x = lane_get(a, ve, k);
        lane_set(out, ve, k, op == IR_VFNEG ? x ^ sign : x & ~sign);
    }
}

bool ir_eval_vfp(SoftFp *fp, IrOp op, uint32_t aux, int32_t imm, const V128 *args, V128 *out)
{
    V128 r = {.u64 = {0, 0}};
    unsigned ve = aux & VE_MASK;
    if (op == IR_VFNEG || op == IR_VFABS) {
        eval_sign(op, ve, args, &r);
    } else if (op == IR_VFCVTL) {
        eval_widen(fp, aux, imm, args, &r);
    } else if (op == IR_VFCVTN) {
        eval_narrow(fp, ve, args, &r);
    } else if (op == IR_VFCMP) {
        for (unsigned k = 0; k < lane_count(ve); k++)
            lane_set(&r, ve, k,
                     compare_lanes(fp, aux, lane_get(&args[0], ve, k), lane_get(&args[1], ve, k)));
    } else if (scalar_op(op) != IR_NOP) {
        eval_lanes(fp, op, aux, imm, args, &r);
    } else {
        return false;
    }
    *out = r;
    return true;
}
