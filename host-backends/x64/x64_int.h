/* Forms of integer RaInsns, shared by x64_sel_int.c and x64_out_int.c. */
#ifndef FERRY_X64_INT_H
#define FERRY_X64_INT_H

enum {
    XF_RR,       /* dst, op0 [, op1]: free places */
    XF_RI,       /* dst, op0, imm */
    XF_TIED,     /* dst is op0 */
    XF_LEA,      /* op0 + op1 << imm */
    XF_NEG,      /* -op0 */
    XF_BFI_MASK, /* dst is op0; masks in tmp0 */
    XF_BFI_ROT,  /* dst is op0; by rotations */
};

/* Forms of flags RaInsns. */
enum {
    XF_FLAGS = 1,  /* dst[..] holds the packed flags, in rax */
    XF_RESULT = 2, /* dst[0] holds the arithmetic result too (the insn before) */
    XF_IMM = 4,    /* op1 is imm */
    XF_CARRY = 8,  /* the carry comes in EFLAGS */
};

#endif
