/* Inside of the verifier: its three parts and what they share. */
#ifndef FERRY_IR_VERIFY_H
#define FERRY_IR_VERIFY_H

#include "ir.h"

enum { VERIFY_MAX_BLOCKS = 1024 };

typedef struct Verifier {
    const IrUnit *u;
    struct StrBuf *err;
    uint32_t n_reached;                 /* blocks reached from the entry */
    uint16_t order[VERIFY_MAX_BLOCKS];  /* those in reverse postorder */
    uint16_t number[VERIFY_MAX_BLOCKS]; /* place in `order` + 1; 0: not reached */
    uint16_t idom[VERIFY_MAX_BLOCKS];   /* immediate dominator */
} Verifier;

/* Puts "insn N: text: what" into err; returns false. */
bool ir_verify_complain(Verifier *vf, IrRef r, const char *what);
/* r is the number of an insn with a result. */
bool ir_verify_is_value(const Verifier *vf, IrRef r);
/* ir_verify.c: types, aux and imm of one insn by its signature and form; then ir_verify_op. */
bool ir_verify_types(Verifier *vf, IrRef r);
/* ir_verify_op.c: what is special to one op. */
bool ir_verify_op(Verifier *vf, IrRef r);
/* ir_verify_flow.c: blocks, terminators, dominance. */
bool ir_verify_blocks(Verifier *vf);
bool ir_verify_dominance(Verifier *vf);

#endif
