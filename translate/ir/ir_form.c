/*
 * The written form of every op: see ir_form.h for the letters.
 *
 * Ops without an entry in `forms` show their value arguments and nothing else: `add` is "|AB".
 */
#include "ir_form.h"
#include "aes.h"
#include "sha.h"
#include "check.h"
#include "vcpu.h"

const char *const ir_type_names[IR_TYPE_COUNT] = {
    [IR_VOID] = "void", [IR_BOOL] = "bool", [IR_I8] = "i8",       [IR_I16] = "i16",
    [IR_I32] = "i32",   [IR_I64] = "i64",   [IR_FLAGS] = "flags", [IR_F16] = "f16",
    [IR_F32] = "f32",   [IR_F64] = "f64",   [IR_V128] = "v128",
};

static const char *const sizes[] = {"8", "16", "32", "64", "128"};
static const char *const cmps[CMP_COUNT] = {
    [CMP_EQ] = "eq",   [CMP_NE] = "ne",   [CMP_ULT] = "ult", [CMP_ULE] = "ule", [CMP_UGT] = "ugt",
    [CMP_UGE] = "uge", [CMP_SLT] = "slt", [CMP_SLE] = "sle", [CMP_SGT] = "sgt", [CMP_SGE] = "sge",
};
static const char *const conds[CC_COUNT] = {
    [CC_EQ] = "eq", [CC_NE] = "ne", [CC_CS] = "cs", [CC_CC] = "cc", [CC_MI] = "mi",
    [CC_PL] = "pl", [CC_VS] = "vs", [CC_VC] = "vc", [CC_HI] = "hi", [CC_LS] = "ls",
    [CC_GE] = "ge", [CC_LT] = "lt", [CC_GT] = "gt", [CC_LE] = "le",
};
static const char *const orders[] = {
    [ORD_PLAIN] = "",  [ORD_ACQ] = "acq", [ORD_ACQ_PC] = "acqpc",
    [ORD_REL] = "rel", [ORD_SEQ] = "seq",
};
static const char *const amos[AMO_COUNT] = {
    [AMO_ADD] = "add",   [AMO_AND] = "and",   [AMO_OR] = "or",
    [AMO_XOR] = "xor",   [AMO_SMAX] = "smax", [AMO_SMIN] = "smin",
    [AMO_UMAX] = "umax", [AMO_UMIN] = "umin", [AMO_SWAP] = "swap",
};
static const char *const fences[] = {
    [FENCE_LD] = "ld",
    [FENCE_ST] = "st",
    [FENCE_FULL] = "full",
    [FENCE_INSN] = "insn",
};
static const char *const roundings[] = {
    [FPRM_NEAREST] = "near", [FPRM_PLUS] = "plus", [FPRM_MINUS] = "minus",
    [FPRM_ZERO] = "zero",    [FPRM_AWAY] = "away", [FPRM_MODE] = "mode",
};
static const char *const traps[TRAP_COUNT] = {
    [TRAP_NONE] = "none",     [TRAP_SYSCALL] = "syscall", [TRAP_ILLEGAL] = "illegal",
    [TRAP_BREAK] = "break",   [TRAP_ALIGN] = "align",     [TRAP_ICFLUSH] = "icflush",
    [TRAP_ISB] = "isb",       [TRAP_FPMODE] = "fpmode",   [TRAP_YIELD] = "yield",
    [TRAP_NOEXEC] = "noexec", [TRAP_CUSTOM] = "custom",   [TRAP_ICFLUSH_ALL] = "icflush_all",
    [TRAP_EXCLUSIVE] = "exclusive",
};
static const char *const sha_steps[SHA_STEP_COUNT] = {"1c",  "1p",   "1m",     "1su1",
                                                      "256h", "256h2", "256su0", "256su1"};
static const char *const aes_steps[AES_STEP_COUNT] = {
    [AES_SUB] = "sub",        [AES_INV_SUB] = "invsub", [AES_MIX] = "mix",
    [AES_INV_MIX] = "invmix", [AES_ROUND] = "round",    [AES_INV_ROUND] = "invround",
};
static const char *const flag_hi[] = {"", "hi"};
static const char *const flag_signed[] = {"", "s"};
static const char *const flag_ieee[] = {"", "ieee"};
static const char *const flag_exact[] = {"", "exact"};
static const char *const flag_signaling[] = {"", "sig"};
static const char *const flag_sunk[] = {"", "sunk"};
static const char *const flag_castagnoli[] = {"", "c"};
static const char *const landings[LANDING_KINDS] = {"", "land1", "land2", "land3"};

#define FIELD(letter, in_imm, shift, mask, names)                                                  \
    {                                                                                              \
        letter, in_imm, shift, mask, names, ARRAY_LEN(names)                                       \
    }

static const IrField fields[] = {
    FIELD('a', false, MA_AMO_SHIFT, 15, amos),
    FIELD('c', false, 0, 255, cmps),
    FIELD('C', false, VE_CMP_SHIFT, 15, cmps),
    {'e', false, 0, VE_MASK, sizes, 4},
    FIELD('f', false, 0, 255, fences),
    FIELD('g', false, 5, 1, flag_signaling),
    FIELD('h', false, 2, 1, flag_hi),
    FIELD('i', false, 6, 1, flag_ieee),
    FIELD('I', true, 6, 1, flag_ieee),
    {'k', false, VE_CONT_SHIFT, 3, sizes, 4},
    FIELD('l', false, 0, 255, landings),
    FIELD('m', false, 0, MA_SIZE_MASK, sizes),
    FIELD('n', false, 0, 255, conds),
    FIELD('o', false, MA_ORDER_SHIFT, 7, orders),
    {'p', false, 0, 3, sizes, 4},
    FIELD('P', false, 2, 1, flag_castagnoli),
    FIELD('r', false, 0, FPX_RM_MASK, roundings),
    FIELD('R', true, 0, FPX_RM_MASK, roundings),
    FIELD('s', false, 3, 1, flag_signed),
    FIELD('t', true, 0, 255, traps),
    FIELD('u', false, 0, 1, flag_sunk),
    FIELD('x', false, 4, 1, flag_exact),
    FIELD('X', true, 4, 1, flag_exact),
    FIELD('y', false, 0, 255, aes_steps),
    FIELD('Y', false, 0, 255, sha_steps),
    FIELD('Z', true, 3, 1, flag_signed),
};

const IrField *ir_field(char letter)
{
    for (unsigned i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].letter == letter)
            return &fields[i];
    check_fail(__FILE__, __LINE__, "no such field letter");
}

static const char *const forms[IR_OP_COUNT] = {
    [IR_CONST] = "|K",     [IR_VCONST] = "|V",    [IR_GADDR] = "|@",     [IR_GET] = "|s",
    [IR_SET] = "u|sA",     [IR_AT] = "|@j",       [IR_EXTR] = "|ABi",    [IR_UBFX] = "|Af",
    [IR_SBFX] = "|Af",     [IR_BFI] = "|ABf",     [IR_CMP] = "c|AB",     [IR_CRC32] = "pP|AB",
    [IR_CC] = "n|A",       [IR_LD] = "mso|m",     [IR_ST] = "mo|mC",     [IR_CAS] = "mo|ABC",
    [IR_CAS128] = "o|A1",  [IR_AMO] = "amo|AB",   [IR_FENCE] = "f|",     [IR_FCMP] = "g|AB",
    [IR_FRINT] = "rx|A",   [IR_F2I] = "rs|Aj",    [IR_I2F] = "s|Aj",     [IR_VGET] = "es|Ai",
    [IR_VINS] = "e|ABi",   [IR_VINSL] = "e|ABqQ", [IR_VDUP] = "e|A",     [IR_VDUPL] = "e|Ai",
    [IR_VADD] = "e|AB",    [IR_VSUB] = "e|AB",    [IR_VMUL] = "e|AB",    [IR_VNEG] = "e|A",
    [IR_VABS] = "e|A",     [IR_VSMIN] = "e|AB",   [IR_VSMAX] = "e|AB",   [IR_VUMIN] = "e|AB",
    [IR_VUMAX] = "e|AB",   [IR_VURHADD] = "e|AB", [IR_VCMP] = "eC|AB",   [IR_VSHLI] = "e|Ai",
    [IR_VSHRI] = "e|Ai",   [IR_VSARI] = "e|Ai",   [IR_VSSHL] = "e|AB",   [IR_VUSHL] = "e|AB",
    [IR_VZIP1] = "e|AB",   [IR_VZIP2] = "e|AB",   [IR_VUZP1] = "e|AB",   [IR_VUZP2] = "e|AB",
    [IR_VTRN1] = "e|AB",   [IR_VTRN2] = "e|AB",   [IR_VEXT] = "|ABi",    [IR_VREV] = "ek|A",
    [IR_VTBL] = "|A1",     [IR_VXTL] = "ehs|A",   [IR_VXTN] = "e|A",     [IR_VSQXTN] = "e|A",
    [IR_VUQXTN] = "e|A",   [IR_VSQXTUN] = "e|A",  [IR_VMULL] = "ehs|AB", [IR_VADDP] = "e|AB",
    [IR_VADDLP] = "es|A",  [IR_VADDV] = "e|A",    [IR_VSQADD] = "e|AB",  [IR_VUQADD] = "e|AB",
    [IR_VSQSUB] = "e|AB",  [IR_VUQSUB] = "e|AB",  [IR_VPMULL] = "eh|AB", [IR_VAES] = "y|A", [IR_VSHA] = "Y|ABC",
    [IR_VFADD] = "e|AB",
    [IR_VFSUB] = "e|AB",   [IR_VFMUL] = "e|AB",   [IR_VFDIV] = "e|AB",   [IR_VFSQRT] = "e|A",
    [IR_VFMIN] = "e|AB",   [IR_VFMAX] = "e|AB",   [IR_VFMINNM] = "e|AB", [IR_VFMAXNM] = "e|AB",
    [IR_VFMA] = "e|ABC",   [IR_VFNEG] = "e|A",    [IR_VFABS] = "e|A",    [IR_VFCMP] = "eC|AB",
    [IR_VFRINT] = "eRX|A", [IR_VF2I] = "eRZ|AJ",  [IR_VI2F] = "eZ|AJ",   [IR_VFCVTL] = "ehI|A",
    [IR_VFCVTN] = "e|A",   [IR_FCVT] = "i|A",    [IR_CALL] = "|h0",     [IR_BR] = "|o1",       [IR_BRIF] = "|Aop",
    [IR_XTRAP] = "t|Ab",   [IR_TRAPIF] = "t|ABc", [IR_XCALLI] = "l|AB",   [IR_XIND] = "l|A",
};

const char *ir_form(IrOp op)
{
    static const char *const plain[] = {"|", "|A", "|AB", "|ABC"};
    return forms[op] ? forms[op] : plain[ir_ops[op].nargs];
}
