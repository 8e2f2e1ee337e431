/*
 * The IR: SSA over blocks with block parameters, for one translated unit of guest code.
 *
 * An IrUnit is one array of 20-byte instructions; an IrRef is an index into it (0 = none; insn 0 is
 * a nop). Blocks are contiguous ranges of the array in order; block 0 is the entry. Values are
 * typed; condition flags are ordinary values of type `flags`. Guest registers are slots: `get`
 * reads, `set` writes. After each `set` the slot holds the value, architecturally: every insn
 * with effect FAULT or EXIT observes all slots as the sets before it left them.
 * Within one guest instruction all faulting insns come before the sets (guest.h has the exception).
 *
 * A unit of tier 1 is usually one block: a run of guest instructions with side exits (`xif`) and
 * one terminator. Example, `subs x0,x0,#1; b.ne loop`:
 *
 *     b0:
 *       at 0x0, 4
 *       v2:i64 = get x0
 *       v3:i64 = const 1
 *       v4:i64 = sub v2, v3
 *       v5:flags = flsub v2, v3
 *       set x0, v4
 *       set nzcv, v5
 *       at 0x4, 4
 *       v9:bool = cc.ne v5
 *       v10:i64 = gaddr 0x0
 *       xif v9, v10
 *       v12:i64 = gaddr 0x8
 *       xjump v12
 *
 * Guest code addresses are never constants: `gaddr` is module base + offset.
 */
#ifndef FERRY_IR_H
#define FERRY_IR_H

#include "types.h"
#include "slots.h"
#include "arena.h"
#include "vcpu.h"

typedef uint32_t IrRef;

typedef enum IrType {
    IR_VOID,
    IR_BOOL, /* 0 or 1; as a host register: 32 bits, upper bits zero */
    IR_I8,
    IR_I16,
    IR_I32,
    IR_I64,
    IR_FLAGS,
    IR_F16,
    IR_F32,
    IR_F64,
    IR_V128, /* 64-bit vectors are v128 with a zero upper half */
    IR_TYPE_COUNT
} IrType;

/* Bits of an op's or helper's effects. */
enum {
    EFF_FAULT = 1,    /* may leave the unit here with exact state: observes all slots */
    EFF_LOAD = 2,     /* reads guest memory */
    EFF_STORE = 4,    /* writes guest memory */
    EFF_STATE_R = 8,  /* reads guest slots */
    EFF_STATE_W = 16, /* writes guest slots */
    EFF_EXIT = 32,    /* may or does leave the unit: observes all slots */
    EFF_FP = 64,      /* depends on the FP mode and raises sticky flags: never removed */
    EFF_TERM = 128,   /* ends a block */
    EFF_KEEP = 256,   /* not removable though the result is unused */
    EFF_BARRIER = 512 /* memory operations do not move across */
};

/* Integer compare conditions (aux of `cmp`, `vcmp`). */
typedef enum IrCmp {
    CMP_EQ, CMP_NE, CMP_ULT, CMP_ULE, CMP_UGT, CMP_UGE, CMP_SLT, CMP_SLE, CMP_SGT, CMP_SGE,
    CMP_COUNT
} IrCmp;

/* Conditions on a flags value (aux of `cc`), numbered as Arm's condition field. */
typedef enum IrCond {
    CC_EQ, CC_NE, CC_CS, CC_CC, CC_MI, CC_PL, CC_VS, CC_VC, CC_HI, CC_LS, CC_GE, CC_LT, CC_GT,
    CC_LE, CC_COUNT
} IrCond;

/* Memory access description: aux of ld, st, cas, amo. */
typedef enum IrMem { MEM_8, MEM_16, MEM_32, MEM_64, MEM_128 } IrMem; /* log2 of bytes */
enum {
    MA_SIZE_MASK = 7,    /* IrMem */
    MA_SIGNED = 8,       /* ld: sign-extend to the result type, else zero-extend */
    MA_SCALE_SHIFT = 4,  /* 2 bits: index is shifted left by this */
    MA_ORDER_SHIFT = 6,  /* 3 bits: IrOrder */
    MA_INDEX_SXTW = 1 << 9,  /* index is an i32, sign-extended to 64 before the shift */
    MA_INDEX_UXTW = 1 << 10, /* index is an i32, zero-extended */
    MA_AMO_SHIFT = 12,   /* 4 bits: IrAmo */
};
typedef enum IrOrder { ORD_PLAIN, ORD_ACQ, ORD_ACQ_PC, ORD_REL, ORD_SEQ } IrOrder;
typedef enum IrAmo {
    AMO_ADD, AMO_AND, AMO_OR, AMO_XOR, AMO_SMAX, AMO_SMIN, AMO_UMAX, AMO_UMIN, AMO_SWAP, AMO_COUNT
} IrAmo;

#define MA_SIZE(aux)  ((aux) & MA_SIZE_MASK)
#define MA_SCALE(aux) ((aux) >> MA_SCALE_SHIFT & 3)
#define MA_ORDER(aux) ((aux) >> MA_ORDER_SHIFT & 7)
#define MA_AMO(aux)   ((aux) >> MA_AMO_SHIFT & 15)

/* Kinds of `fence` (aux): what must be ordered before what. */
typedef enum IrFence { FENCE_LD, FENCE_ST, FENCE_FULL, FENCE_INSN } IrFence;

/* Rounding of frint, f2i (low bits of aux). FPRM_MODE is the current mode of the unit's key. */
typedef enum IrFpRm { FPRM_NEAREST, FPRM_PLUS, FPRM_MINUS, FPRM_ZERO, FPRM_AWAY, FPRM_MODE } IrFpRm;
enum {
    FPX_RM_MASK = 7,
    FPX_SIGNED = 8,    /* f2i, i2f: the integer is signed */
    FPX_EXACT = 16,    /* frint: raises inexact (FRINTX) */
    FPX_SIGNALING = 32, /* fcmp: quiet NaNs raise invalid too (FCMPE) */
    FPX_IEEE = 64,     /* fcvt, vfcvtl: halves are IEEE 754's whatever MODE_FP_AHP says */
    FPX_SILENT = 128   /* fcmp: no NaN raises anything; only where invalid operations do not trap */
};

/* Vector element size: aux bits of vector ops. */
enum { VE_8, VE_16, VE_32, VE_64, VE_MASK = 3, VE_HI = 4, /* sources from the upper half */
       VE_CMP_SHIFT = 4, /* vcmp: IrCmp; vfcmp: IrCmp EQ, SGT, SGE */
       VE_SIGNED = 8, /* vget: sign-extend */
       VE_CONT_SHIFT = 4 /* vrev: container size VE_16..VE_64 */ };

/* Why a unit is left to C (imm of xtrap, trapif). pc of the report: see each. */
typedef enum IrTrap {
    TRAP_NONE,
    TRAP_SYSCALL,   /* pc: the instruction after */
    TRAP_ILLEGAL,   /* pc: the instruction */
    TRAP_BREAK,     /* pc: the instruction; data: its immediate */
    TRAP_ALIGN,     /* pc: the instruction; data: the address to report (SIGBUS, BUS_ADRALN) */
    TRAP_ICFLUSH,   /* pc: after; data: an address in the line to make coherent */
    TRAP_ISB,       /* pc: after: code changes made so far must be seen */
    TRAP_FPMODE,    /* pc: after; the guest's FP control register was written */
    TRAP_YIELD,     /* pc: after; the guest waits for others (WFE, YIELD) */
    TRAP_NOEXEC,    /* pc: the instruction, which lies in memory that cannot be executed */
    TRAP_CUSTOM,    /* pc: the instruction; data: guest-defined */
    TRAP_ICFLUSH_ALL, /* pc: after; all code must be made coherent with memory */
    TRAP_EXCLUSIVE, /* pc: a load-exclusive; it and what follows up to the store must run alone */
    TRAP_COUNT
} IrTrap;

typedef struct IrInsn {
    uint8_t op;   /* IrOp */
    uint8_t type; /* IrType of the result (IR_VOID if none) */
    uint16_t aux;
    uint32_t arg[3]; /* IrRefs, or as ir_ops.def says for the op */
    int32_t imm;
} IrInsn;

typedef enum IrOp {
#define OP(id, text, sig, nargs, effects) IR_##id,
#include "ir_ops.def"
#undef OP
    IR_OP_COUNT
} IrOp;

typedef struct IrOpInfo {
    const char *text;
    const char *sig;
    uint8_t nargs; /* leading entries of arg[] that are IrRefs of values */
    uint16_t effects;
} IrOpInfo;
extern const IrOpInfo ir_ops[IR_OP_COUNT];

/* Helpers: C functions that units may call. One list for all guests: helpers.def. */
typedef enum HelperId {
#define HELPER(name, ret, args, effects) HELPER_##name,
#include "helpers.def"
#undef HELPER
    HELPER_COUNT
} HelperId;

typedef struct HelperDesc {
    const char *name;
    const char *args; /* a letter an argument, as helpers.def says */
    char ret;
    uint16_t effects;
} HelperDesc;
extern const HelperDesc ir_helpers[HELPER_COUNT];

enum { IR_MAX_PARAMS = 64 }; /* of one block */

typedef struct IrBlock {
    uint32_t first, end; /* insns [first, end); its `param`s come first */
    uint32_t n_params;
} IrBlock;

struct IrUnit;

/*
 * What stands between ir_emit() and the array: opt_fold.c simplifies each insn as it is emitted.
 * emit has a function by op, which gets the insn in pieces (head: ir_head()) and returns a ref that
 * has its value, be it new or not (0 for an insn without result that is not needed); block is told
 * of each new block. IR_AT is never given to it.
 */
typedef IrRef IrEmitFn(struct IrUnit *u, uint32_t head, uint32_t a, uint32_t b, uint32_t c,
                       int32_t imm);
typedef struct IrHook {
    IrEmitFn *const *emit;
    void (*block)(struct IrUnit *u);
} IrHook;

typedef struct IrUnit {
    const IrHook *hook; /* or NULL: insns are appended as they are. Gone with ir_unit_reset() */
    void *hook_state;
    const IrRef *known; /* by slot: the value that it has here, where the hook knows it, or 0 */
    IrRef *known32;     /* likewise its low 32 bits as an i32 */
    IrInsn *insns;
    uint32_t n, cap;
    uint32_t *extra; /* argument lists: [count, refs...] */
    uint32_t n_extra, cap_extra;
    V128 *vconsts;
    uint32_t n_vconsts, cap_vconsts;
    IrBlock *blocks;
    uint32_t n_blocks, cap_blocks;
    bool overflow; /* a limit was hit: the driver retries with fewer guest insns */

    const SlotDesc *slots;
    uint32_t n_slots;
    uint16_t slot_pc;
    uint64_t module_base; /* guest address that gaddr offsets are relative to */
    bool module_fixed;    /* the module never moves: addresses may be immediates */
    uint32_t mode;        /* MODE_* of vcpu.h the unit is translated for */
    int64_t start_off;    /* first guest instruction, as module offset */
    uint32_t guest_insns; /* number translated */
} IrUnit;

/*
 * Sets up empty arrays from the arena, and clears all else; false when the arena is used up. Set
 * slots, n_slots, slot_pc, module_base ... after it; they stay over resets.
 */
bool ir_unit_init(IrUnit *u, Arena *a, uint32_t max_insns);
/* Forgets all insns and opens block 0, whose first insn will be number 1. */
void ir_unit_reset(IrUnit *u);

/*
 * Text form; ir_form.h describes it. A value's number is its index in insns: numbers grow down the
 * text, insns without result take one too, and a gap is filled with nops. Blocks start with a line
 * `b0:` and so on; `;` starts a comment; a first line `mode 0x10` sets the mode.
 * Printing never fails (cut off at the buffer's end); parsing reports line and cause.
 */
struct StrBuf;
void ir_print(const IrUnit *u, struct StrBuf *out);
void ir_print_insn(const IrUnit *u, IrRef r, struct StrBuf *out);
/* Parses `text` into u, which is reset first (slots must be set). On error returns false with a message in err. */
bool ir_parse(IrUnit *u, const char *text, struct StrBuf *err);

/* Verifies types, dominance, block structure. On failure returns false with a message in err. */
bool ir_verify(const IrUnit *u, struct StrBuf *err);

static inline bool ir_is_const(const IrUnit *u, IrRef r);

#include "ir_inline.h"
#endif
