/*
 * Builder: appends insns to a unit. Every function returns the new value's ref. On overflow the
 * unit's `overflow` is set and insns are dropped (ref of the nop); the driver checks once.
 *
 *     IrRef a = ir_get(u, IR_I64, A64_X1);
 *     ir_set(u, A64_X0, ir_op2(u, IR_ADD, IR_I64, a, ir_const(u, IR_I64, 8)));
 */
#ifndef FERRY_IR_BUILD_H
#define FERRY_IR_BUILD_H

#include "ir.h"

/* The first four bytes of an IrInsn as one word. */
static inline uint32_t ir_head(IrOp op, IrType type, uint32_t aux)
{
    return (uint32_t)op | (uint32_t)type << 8 | aux << 16;
}

/* Appends the insn as it is. */
static inline IrRef ir_append(IrUnit *u, uint32_t head, uint32_t a, uint32_t b, uint32_t c,
                              int32_t imm)
{
    if (UNLIKELY(u->n >= u->cap)) {
        u->overflow = true;
        return 0;
    }
    IrRef r = u->n++;
    u->insns[r] =
        (IrInsn){(uint8_t)head, (uint8_t)(head >> 8), (uint16_t)(head >> 16), {a, b, c}, imm};
    return r;
}

/* Appends it by the unit's hook, or as it is. */
static inline IrRef ir_emit_head(IrUnit *u, uint32_t head, uint32_t a, uint32_t b, uint32_t c,
                                 int32_t imm)
{
    if (u->hook)
        return u->hook->emit[head & 255](u, head, a, b, c, imm);
    return ir_append(u, head, a, b, c, imm);
}

static inline IrRef ir_emit(IrUnit *u, IrOp op, IrType type, uint32_t aux, uint32_t a, uint32_t b,
                            uint32_t c, int32_t imm)
{
    return ir_emit_head(u, ir_head(op, type, aux), a, b, c, imm);
}

static inline IrRef ir_const(IrUnit *u, IrType type, uint64_t v)
{
    return ir_emit(u, IR_CONST, type, 0, (uint32_t)v, (uint32_t)(v >> 32), 0, 0);
}

/* Guest address `pc`, as module base + offset. */
static inline IrRef ir_gaddr(IrUnit *u, GuestAddr pc)
{
    uint64_t off = pc - u->module_base;
    return ir_emit(u, IR_GADDR, IR_I64, 0, (uint32_t)off, (uint32_t)(off >> 32), 0, 0);
}

IrRef ir_vconst(IrUnit *u, uint64_t lo, uint64_t hi);

static inline IrRef ir_get(IrUnit *u, IrType type, uint32_t slot)
{
    if (u->known && u->known[slot] && u->insns[u->known[slot]].type == type)
        return u->known[slot];
    return ir_emit(u, IR_GET, type, 0, 0, 0, 0, (int32_t)slot);
}

static inline void ir_set(IrUnit *u, uint32_t slot, IrRef v)
{
    ir_emit(u, IR_SET, IR_VOID, 0, v, 0, 0, (int32_t)slot);
}

/* trunc:i32 of an i64 slot. What was extended to be set there is known without it. */
static inline IrRef ir_get32(IrUnit *u, uint32_t slot)
{
    if (u->known32 && u->known32[slot])
        return u->known32[slot];
    IrRef r = ir_emit(u, IR_TRUNC, IR_I32, 0, ir_get(u, IR_I64, slot), 0, 0, 0);
    if (u->known32)
        u->known32[slot] = r;
    return r;
}

static inline void ir_at(IrUnit *u, GuestAddr pc, uint32_t len)
{
    uint64_t off = pc - u->module_base;
    ir_append(u, ir_head(IR_AT, IR_VOID, 0), (uint32_t)off, (uint32_t)(off >> 32), 0, (int32_t)len);
}

static inline IrRef ir_op1(IrUnit *u, IrOp op, IrType t, IrRef a)
{
    return ir_emit(u, op, t, 0, a, 0, 0, 0);
}

static inline IrRef ir_op2(IrUnit *u, IrOp op, IrType t, IrRef a, IrRef b)
{
    return ir_emit(u, op, t, 0, a, b, 0, 0);
}

static inline IrRef ir_op3(IrUnit *u, IrOp op, IrType t, IrRef a, IrRef b, IrRef c)
{
    return ir_emit(u, op, t, 0, a, b, c, 0);
}

static inline IrRef ir_op1x(IrUnit *u, IrOp op, IrType t, uint32_t aux, IrRef a, int32_t imm)
{
    return ir_emit(u, op, t, aux, a, 0, 0, imm);
}

static inline IrRef ir_op2x(IrUnit *u, IrOp op, IrType t, uint32_t aux, IrRef a, IrRef b,
                            int32_t imm)
{
    return ir_emit(u, op, t, aux, a, b, 0, imm);
}

static inline IrRef ir_cmp(IrUnit *u, IrCmp c, IrRef a, IrRef b)
{
    return ir_emit(u, IR_CMP, IR_BOOL, c, a, b, 0, 0);
}

static inline IrRef ir_cc(IrUnit *u, IrCond c, IrRef flags)
{
    return ir_emit(u, IR_CC, IR_BOOL, c, flags, 0, 0, 0);
}

static inline IrRef ir_select(IrUnit *u, IrType t, IrRef cond, IrRef a, IrRef b)
{
    return ir_emit(u, IR_SELECT, t, 0, cond, a, b, 0);
}

/* aux: MA_* including size; index may be 0. */
static inline IrRef ir_ld(IrUnit *u, IrType t, uint32_t aux, IrRef base, IrRef index, int32_t disp)
{
    return ir_emit(u, IR_LD, t, aux, base, index, 0, disp);
}

static inline void ir_st(IrUnit *u, uint32_t aux, IrRef base, IrRef index, int32_t disp, IrRef v)
{
    ir_emit(u, IR_ST, IR_VOID, aux, base, index, v, disp);
}

/* A list of n refs in `extra`; 0 for an empty one (or on overflow). */
uint32_t ir_list(IrUnit *u, const IrRef *refs, uint32_t n);

static inline IrRef ir_call(IrUnit *u, HelperId h, IrType t, const IrRef *args, uint32_t n)
{
    return ir_emit(u, IR_CALL, t, 0, ir_list(u, args, n), 0, 0, (int32_t)h);
}

/* Ends the current block and opens the next one; returns its number. */
uint32_t ir_block_open(IrUnit *u);

/*
 * Ends the last block: to be called once after the last insn of a unit (and again whenever insns
 * were appended). Before it, the last block's `end` and `n_params` are not valid.
 */
void ir_unit_finish(IrUnit *u);

#endif
