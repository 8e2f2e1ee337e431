/*
 * The verifier's knowledge of single ops: slots, widths, lanes, lists, helpers.
 *
 *     v3:v128 = vshli.8 v2, 9   ->  "amount out of range"
 */
#include "ir_interp.h"
#include "ir_verify.h"
#include "aes.h"
#include "sha.h"

static const IrInsn *arg(const Verifier *vf, const IrInsn *i, unsigned k)
{
    return &vf->u->insns[i->arg[k]];
}

static unsigned lanes(const IrInsn *i)
{
    return 16u >> (i->aux & VE_MASK);
}

static unsigned lane_bits(const IrInsn *i)
{
    return 8u << (i->aux & VE_MASK);
}

static const char *check_slot(const Verifier *vf, const IrInsn *i)
{
    static const uint8_t types[] = {
        [SLOT_I32] = IR_I32, [SLOT_I64] = IR_I64, [SLOT_FLAGS] = IR_FLAGS, [SLOT_V128] = IR_V128};
    if (i->imm < 0 || (uint32_t)i->imm >= vf->u->n_slots)
        return "no such slot";
    IrType t = (IrType)(i->op == IR_GET ? i->type : arg(vf, i, 0)->type);
    return t == types[vf->u->slots[i->imm].type] ? NULL : "type is not the slot's";
}

static const char *check_bitfield(const IrInsn *i)
{
    unsigned lsb = i->aux & 255, width = i->aux >> 8, bits = ir_type_bits((IrType)i->type);
    return width >= 1 && lsb + width <= bits ? NULL : "bit field out of range";
}

/* Sizes of ld and st: exact for floats, at most the type's for integers and vectors. */
static const char *check_access(const Verifier *vf, const IrInsn *i)
{
    bool is_load = i->op == IR_LD, is_store = i->op == IR_ST;
    IrType t = (IrType)(is_store ? arg(vf, i, 2)->type : i->type);
    unsigned bits = 8u << MA_SIZE(i->aux), width = ir_type_bits(t);
    bool is_int = t >= IR_I8 && t <= IR_I64;
    if (t == IR_BOOL || t == IR_FLAGS || t == IR_VOID)
        return "type cannot be in memory";
    if (is_int || t == IR_V128 ? bits > width : bits != width)
        return "size does not fit the type";
    if (i->aux & MA_SIGNED && !(is_load && is_int))
        return "sign extension of what is no integer";
    if (!is_load && !is_store)
        return NULL;
    if ((i->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW)) == (MA_INDEX_SXTW | MA_INDEX_UXTW))
        return "both extensions";
    if (!i->arg[1] && (MA_SCALE(i->aux) || i->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW)))
        return "scale without index";
    return NULL;
}

static const char *check_width_change(const Verifier *vf, const IrInsn *i)
{
    unsigned from = ir_type_bits((IrType)arg(vf, i, 0)->type), to = ir_type_bits((IrType)i->type);
    if (i->op == IR_BITCAST) {
        IrType a = (IrType)arg(vf, i, 0)->type, t = (IrType)i->type;
        bool crosses = (a >= IR_F16) != (t >= IR_F16);
        return from == to && crosses && t != IR_FLAGS ? NULL : "not a bitcast";
    }
    if (i->op == IR_TRUNC)
        return from > to ? NULL : "not narrower";
    return from < to ? NULL : "not wider";
}

static const char *check_list(const Verifier *vf, const IrInsn *i, uint32_t list, uint32_t lo,
                              uint32_t hi)
{
    const IrUnit *u = vf->u;
    if (list && (list >= u->n_extra || u->extra[list] > u->n_extra - list - 1))
        return "list out of bounds";
    uint32_t n = ir_list_len(u, list);
    if (n < lo || n > hi)
        return "wrong length of list";
    for (uint32_t k = 0; k < n; k++) {
        IrRef r = ir_list_refs(u, list)[k];
        if (!ir_verify_is_value(vf, r))
            return "list entry is not a value";
    }
    return NULL;
}

static const char *check_typed_list(const Verifier *vf, const IrInsn *i, uint32_t lo, uint32_t hi,
                                    IrType t)
{
    const char *bad = check_list(vf, i, i->arg[1], lo, hi);
    for (uint32_t k = 0; !bad && k < ir_list_len(vf->u, i->arg[1]); k++)
        if (vf->u->insns[ir_list_refs(vf->u, i->arg[1])[k]].type != t)
            bad = "wrong type in list";
    return bad;
}

static IrType helper_type(char letter)
{
    switch (letter) {
    case 'w':
        return IR_I32;
    case 'l':
        return IR_I64;
    case 'b':
        return IR_BOOL;
    case 's':
        return IR_F32;
    case 'd':
        return IR_F64;
    case 'V':
        return IR_V128;
    default:
        return IR_VOID;
    }
}

static const char *check_call(const Verifier *vf, const IrInsn *i)
{
    if (i->imm < 0 || i->imm >= HELPER_COUNT)
        return "no such helper";
    const HelperDesc *h = &ir_helpers[i->imm];
    uint32_t n = 0;
    while (h->args[n])
        n++;
    if (i->type != helper_type(h->ret))
        return "type is not the helper's";
    const char *bad = check_list(vf, i, i->arg[0], n, n);
    for (uint32_t k = 0; !bad && k < n; k++)
        if (vf->u->insns[ir_list_refs(vf->u, i->arg[0])[k]].type != helper_type(h->args[k]))
            bad = "wrong type of helper argument";
    return bad;
}

/* Conversions between floats and integers: types and fraction bits. */
static const char *check_convert(const Verifier *vf, const IrInsn *i)
{
    IrType a = (IrType)arg(vf, i, 0)->type, t = (IrType)i->type;
    if (i->op == IR_FCVT)
        return a != t ? NULL : "conversion to the same format";
    IrType whole = i->op == IR_F2I ? t : a;
    if (whole != IR_I32 && whole != IR_I64)
        return "integer must be i32 or i64";
    if (i->imm < 0 || i->imm > (int32_t)ir_type_bits(whole))
        return "fraction bits out of range";
    return NULL;
}

static const char *check_scalar_vector(const Verifier *vf, const IrInsn *i)
{
    IrType t = (IrType)(i->op == IR_VGET || i->op == IR_VTO ? i->type
                        : i->op == IR_VINS                  ? arg(vf, i, 1)->type
                                                            : arg(vf, i, 0)->type);
    bool is_int = t >= IR_I8 && t <= IR_I64;
    unsigned bits = ir_type_bits(t);
    if (i->op == IR_VFROM)
        return NULL;
    if (i->op == IR_VTO)
        return bits >= 16 ? NULL : "wrong result type";
    if (!is_int || bits < lane_bits(i) || (i->op == IR_VGET && bits < 32))
        return "integer does not fit the lane";
    if (i->op != IR_VDUP && (i->imm < 0 || (unsigned)i->imm >= lanes(i)))
        return "no such lane";
    return NULL;
}

static const char *check_lane(const IrInsn *i)
{
    unsigned a = (unsigned)i->imm, b = 0;
    if (i->op == IR_VINSL) {
        a = i->imm & 255;
        b = (unsigned)i->imm >> 8;
    }
    return a < lanes(i) && b < lanes(i) ? NULL : "no such lane";
}

/* Element sizes that an op has no meaning for. */
static const char *check_element(const IrInsn *i)
{
    unsigned ve = i->aux & VE_MASK;
    switch (i->op) {
    case IR_VXTL:
    case IR_VXTN:
    case IR_VSQXTN:
    case IR_VUQXTN:
    case IR_VSQXTUN:
    case IR_VMULL:
    case IR_VADDLP:
        return ve != VE_64 ? NULL : "no such element size";
    case IR_VAES:
        return i->aux < AES_STEP_COUNT ? NULL : "no such step";
    case IR_VSHA:
        return i->aux < SHA_STEP_COUNT ? NULL : "no such step";
    case IR_VPMULL:
        return ve == VE_64 ? NULL : "no such element size";
    case IR_VFCVTL:
        return ve == VE_16 || ve == VE_32 ? NULL : "no such element size";
    case IR_VFCVTN:
        return ve >= VE_32 ? NULL : "no such element size";
    case IR_VREV:
        return ve < (i->aux >> VE_CONT_SHIFT & 3u) ? NULL : "no such element size";
    default:
        return NULL;
    }
}

static const char *check_vector(const IrInsn *i)
{
    unsigned cmp = i->aux >> VE_CMP_SHIFT;
    switch (i->op) {
    case IR_VSHLI:
    case IR_VSHRI:
    case IR_VSARI:
        return i->imm >= 0 && (unsigned)i->imm <= lane_bits(i) ? NULL : "amount out of range";
    case IR_VEXT:
        return i->imm >= 0 && i->imm < 16 ? NULL : "offset out of range";
    case IR_VCMP:
        return cmp == CMP_EQ || cmp == CMP_SGT || cmp == CMP_SGE || cmp == CMP_UGT || cmp == CMP_UGE
                   ? NULL
                   : "no such vector compare";
    case IR_VFCMP:
        if (cmp != CMP_EQ && cmp != CMP_SGT && cmp != CMP_SGE)
            return "no such vector compare";
        break;
    case IR_VF2I:
    case IR_VI2F:
        if ((unsigned)i->imm >> 8 > lane_bits(i))
            return "fraction bits out of range";
        break;
    default:
        break;
    }
    if (i->op >= IR_VFADD && i->op <= IR_VI2F && (i->aux & VE_MASK) < VE_16)
        return "no such element size";
    return check_element(i);
}

static const char *check_crc(const IrInsn *i)
{
    return (i->aux & ~7u) == 0 ? NULL : "bad size";
}

static const char *check_op(const Verifier *vf, const IrInsn *i)
{
    switch (i->op) {
    case IR_CONST:
        return i->type != IR_VOID && i->type != IR_V128 &&
                       ((uint64_t)i->arg[1] << 32 | i->arg[0]) <=
                           (i->type == IR_FLAGS ? 0xffffffff : ir_type_mask((IrType)i->type))
                   ? NULL
                   : "constant does not fit its type";
    case IR_VCONST:
        return i->arg[0] < vf->u->n_vconsts ? NULL : "no such vector constant";
    case IR_GET:
    case IR_SET:
        return check_slot(vf, i);
    case IR_HI:
        return arg(vf, i, 0)->op == IR_CAS128 ? NULL : "operand has no second result";
    case IR_EXTR:
        return (unsigned)i->imm < ir_type_bits((IrType)i->type) ? NULL : "amount out of range";
    case IR_UBFX:
    case IR_SBFX:
    case IR_BFI:
        return check_bitfield(i);
    case IR_ZEXT:
    case IR_SEXT:
    case IR_TRUNC:
    case IR_BITCAST:
        return check_width_change(vf, i);
    case IR_CRC32:
        return check_crc(i);
    case IR_LD:
    case IR_ST:
    case IR_CAS:
    case IR_AMO:
        return check_access(vf, i);
    case IR_CAS128:
        return check_typed_list(vf, i, 4, 4, IR_I64);
    case IR_VTBL:
        return check_typed_list(vf, i, 1, 4, IR_V128);
    case IR_FCVT:
    case IR_F2I:
    case IR_I2F:
        return check_convert(vf, i);
    case IR_VFROM:
    case IR_VTO:
    case IR_VGET:
    case IR_VINS:
    case IR_VDUP:
        return check_scalar_vector(vf, i);
    case IR_VINSL:
    case IR_VDUPL:
        return check_lane(i);
    case IR_CALL:
        return check_call(vf, i);
    case IR_BR:
        return check_list(vf, i, i->arg[1], 0, ~0u);
    case IR_XIND:
    case IR_XCALLI:
        return i->aux < LANDING_KINDS ? NULL : "no such kind of landing";
    case IR_XTRAP:
    case IR_TRAPIF:
        return i->imm > TRAP_NONE ? NULL : "no such trap";
    default:
        return check_vector(i);
    }
}

bool ir_verify_op(Verifier *vf, IrRef r)
{
    const char *bad = check_op(vf, &vf->u->insns[r]);
    return bad ? ir_verify_complain(vf, r, bad) : true;
}
