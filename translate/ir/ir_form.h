/*
 * How an op is written: which parts of an insn are shown, in which order. Printer, parser and
 * verifier all read it here.
 *
 * A form is "suffixes|operands", a letter each. `ld` is "mso|m": memory size, sign, order as
 * suffixes, then an address:
 *
 *     v7:i64 = ld.32.s.acq [v1 + v2<<2 + 16]
 *
 * Suffix letters name an IrField. Operand letters:
 *   A B C   value in arg[0], arg[1], arg[2]      b c  the same, left out when 0
 *   0 1     list in arg[0], arg[1] ({v1, v2}; left out when empty)
 *   i       imm        j  imm, left out when 0   J  imm >> 8, left out when 0
 *   q Q     low byte of imm, imm >> 8            f  lsb, width of aux
 *   K V     const bits, vector constant          @  signed 64-bit offset in arg[0], arg[1]
 *   s h     slot, helper (imm)                   o p  block in imm, in arg[1]
 *   m       address: arg[0], arg[1], imm, aux
 */
#ifndef FERRY_IR_FORM_H
#define FERRY_IR_FORM_H

#include "ir.h"

/* A small field of aux or imm with a name for each value; an empty name is left out. */
typedef struct IrField {
    char letter;
    bool in_imm;
    uint8_t shift;
    uint8_t mask;
    const char *const *names;
    uint8_t n_names;
} IrField;

/* The field of a suffix letter. */
const IrField *ir_field(char letter);
/* The form of an op. */
const char *ir_form(IrOp op);

static inline uint32_t ir_field_get(const IrField *f, const IrInsn *i)
{
    uint32_t word = f->in_imm ? (uint32_t)i->imm : i->aux;
    return word >> f->shift & f->mask;
}

extern const char *const ir_type_names[IR_TYPE_COUNT];

#endif
