/* Accessors of ir.h; include ir.h instead. */
#ifndef FERRY_IR_INLINE_H
#define FERRY_IR_INLINE_H

static inline uint64_t ir_value(const IrUnit *u, IrRef r)
{
    const IrInsn *i = &u->insns[r];
    return (uint64_t) i->arg[1] << 32 | i->arg[0];
}

static inline bool ir_is_const(const IrUnit *u, IrRef r)
{
    return u->insns[r].op == IR_CONST;
}

/* The argument list at `list` of extra: count and refs. */
static inline uint32_t ir_list_len(const IrUnit *u, uint32_t list)
{
    return list ? u->extra[list] : 0;
}

static inline IrRef *ir_list_refs(const IrUnit *u, uint32_t list)
{
    return &u->extra[list + 1];
}

/*
 * The operand that a recipe of a sunk set (regalloc.h) reads in place of operand r of its flag
 * maker: changes of width that keep the operand's bits are looked through, because backends make
 * no code for them. The place of the result may hold a wider value, of which the low bits count.
 */
static inline IrRef ir_recipe_arg(const IrUnit *u, IrRef r)
{
    IrType t = (IrType)u->insns[r].type;
    for (;;) {
        const IrInsn *i = &u->insns[r];
        if (i->op != IR_TRUNC && i->op != IR_ZEXT && i->op != IR_SEXT)
            return r;
        if (u->insns[i->arg[0]].type == IR_BOOL || u->insns[i->arg[0]].type < t)
            return r;
        r = i->arg[0];
    }
}

static inline uint16_t ir_effects(const IrInsn *i)
{
    uint16_t e = ir_ops[i->op].effects;
    return i->op == IR_CALL ? (uint16_t) (e | ir_helpers[i->imm].effects) : e;
}

/*
 * The same in the unit's mode: an FP op may leave the unit only where invalid operations trap
 * (vcpu.h MODE_FP_CHECKED). The passes count it as a looker all the same: a set of a pinned vector
 * slot costs nothing, and without it the value would need a register of its own.
 */
static inline uint16_t ir_effects_here(const IrUnit *u, const IrInsn *i)
{
    uint16_t e = ir_effects(i);
    bool masked = (u->mode & (MODE_FP_CHECKED | MODE_FP_DN | MODE_FP_FZ)) != 0;
    return e & EFF_FP && masked ? (uint16_t) (e & ~EFF_FAULT) : e;
}

#endif
