/*
 * Moves between scalars and vectors, lanes, and the "not zero" test.
 *
 *     vfrom.f32 of a computed value   ->  insertps d, a, a, 0x0e (lane 0, the rest zero)
 *     vget lane 3 of words, signed    ->  pextrw r, a, 3; movsx r, r
 */
#include "x64_vec_priv.h"

static void from_float(X64Vec *v, const RaInsn *i, IrType t)
{
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    if (v_is_reg(a) && xv_upper_zero(&v->env, v_ir(v, i)->arg[0]))
        xv_move(v, d, a);
    else if (t == IR_F64)
        v_op2(v, V_MOVQ, d, a);
    else if (t == IR_F32)
        v_op3i(v, i, V_INSERTPS, d, a, a, 0x0e);
    else
        v_op3(v, i, V_PAND, d, a, v_pool(v, 0xffff, 0));
}

static void emit_from(X64Vec *v, const RaInsn *i)
{
    IrType t = (IrType)v->env.u->insns[v_ir(v, i)->arg[0]].type;
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    if (t >= IR_F16) {
        from_float(v, i, t);
    } else if (t == IR_I8 || t == IR_I16) {
        x64_ext_rr(v->e, false, t == IR_I16, 2, g_tmp(i, 0), a);
        v_from_gpr(v, d, g_tmp(i, 0), 2);
    } else if (t == IR_I64) {
        v_op2(v, v_is_reg(a) ? V_MOVQ_G : V_MOVQ, d, a);
    } else {
        v_op2(v, V_MOVD, d, a);
    }
}

/* Between a vector register's low lane and a general register, or two of one kind. */
static void emit_lane0(X64Vec *v, const RaInsn *i)
{
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    IrType t = (IrType)v_ir(v, i)->type;
    unsigned size = t == IR_I64 || t == IR_F64 ? 3 : 2;
    if (d >= LOC_VEC && a >= LOC_VEC)
        xv_move(v, d, a);
    else if (d >= LOC_VEC)
        v_from_gpr(v, d, a, size);
    else if (a >= LOC_VEC)
        v_to_gpr(v, d, a, size);
    else
        x64_mov_rr(v->e, size, d, a);
}

/* pextr has the vector in ModRM.reg. */
static void extract(X64Vec *v, unsigned ve, RaLoc g, RaLoc s, unsigned lane)
{
    static const uint32_t ops[4] = {V_PEXTRB, V_PEXTRW, V_PEXTRD, V_PEXTRQ};
    if (lane == 0 && ve >= VE_32) {
        v_to_gpr(v, g, s, ve);
        return;
    }
    if (v->env.avx)
        x64_avx_rrr(v->e, ops[ve], v_num(s), 0, g);
    else
        x64_sse_rr(v->e, ops[ve], v_num(s), g);
    x64_u8(v->e, lane);
}

static void emit_get(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    unsigned ve = ir->aux & VE_MASK, size = ir->type == IR_I64 ? 3 : 2;
    RaLoc d = i->dst[0].loc;
    extract(v, ve, d, i->op[0].loc, (unsigned)ir->imm);
    if ((ir->aux & VE_SIGNED) && ve < size)
        x64_ext_rr(v->e, true, ve, size, d, d);
}

static const uint32_t pinsr[4] = {V_PINSRB, V_PINSRW, V_PINSRD, V_PINSRQ};

static void emit_insl(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    unsigned ve = ir->aux & VE_MASK, dl = ir->imm & 0xff, sl = ir->imm >> 8 & 0xff;
    RaLoc d = i->dst[0].loc, a = i->op[0].loc, b = i->op[1].loc;
    if (ve == VE_32) {
        v_op3i(v, i, V_INSERTPS, d, a, b, sl << 6 | dl << 4);
    } else if (ve == VE_64 && dl) {
        v_op3i(v, i, V_SHUFPD, d, a, b, sl << 1);
    } else if (ve == VE_64) {
        v_op3i(v, i, V_SHUFPD, d, b, a, sl | 2);
    } else {
        extract(v, ve, g_tmp(i, 0), b, sl);
        v_op3i(v, i, pinsr[ve], d, a, g_tmp(i, 0), dl);
    }
}

static void dup_lane(X64Vec *v, unsigned ve, RaLoc d, RaLoc a, unsigned lane)
{
    if (ve == VE_64)
        v_op2i(v, V_PSHUFD, d, a, lane ? 0xee : 0x44);
    else if (ve == VE_32)
        v_op2i(v, V_PSHUFD, d, a, lane * 0x55);
    else if (lane == 0 && v->env.avx)
        v_op2(v, ve == VE_8 ? V_VPBROADCASTB : V_VPBROADCASTW, d, a);
    else
        v_op3(v, NULL, V_PSHUFB, d, a,
              v_pool_rep(v, VE_16, ve == VE_8 ? lane * 0x101 : (2 * lane + 1) << 8 | 2 * lane));
}

static void emit_dup(X64Vec *v, const RaInsn *i)
{
    static const uint32_t bcast[4] = {V_VPBROADCASTB_G, V_VPBROADCASTW_G, V_VPBROADCASTD_G,
                                      V_VPBROADCASTQ_G};
    unsigned ve = v_ir(v, i)->aux & VE_MASK;
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    if (a >= LOC_VEC) {
        dup_lane(v, ve, d, a, 0);
    } else if (v->env.avx512) {
        v_op2(v, bcast[ve], d, a);
    } else {
        v_from_gpr(v, d, a, ve == VE_64 ? 3 : 2);
        dup_lane(v, ve, d, d, 0);
    }
}

static void emit_nz(X64Vec *v, const RaInsn *i)
{
    RaLoc d = i->dst[0].loc, a = i->op[0].loc;
    if (v_high(a))
        a = v_in_low(v, a, v_tmp(i, 0));
    x64_alu_rr(v->e, ALU_XOR, 2, d, d);
    v_op2(v, V_PTEST, a, a);
    x64_setcc(v->e, X64_NE, d);
}

bool xv_emit_move(X64Vec *v, const RaInsn *i)
{
    const IrInsn *ir = v_ir(v, i);
    switch (ir->op) {
    case IR_VFROM:
        emit_from(v, i);
        return true;
    case IR_VTO:
    case IR_BITCAST:
        emit_lane0(v, i);
        return true;
    case IR_VZHI:
        v_op2(v, V_MOVQ, i->dst[0].loc, i->op[0].loc);
        return true;
    case IR_VGET:
        emit_get(v, i);
        return true;
    case IR_VINS:
        v_op3i(v, i, pinsr[ir->aux & VE_MASK], i->dst[0].loc, i->op[0].loc, i->op[1].loc,
               (unsigned)ir->imm);
        return true;
    case IR_VINSL:
        emit_insl(v, i);
        return true;
    case IR_VDUP:
        emit_dup(v, i);
        return true;
    case IR_VDUPL:
        dup_lane(v, ir->aux & VE_MASK, i->dst[0].loc, i->op[0].loc, (unsigned)ir->imm);
        return true;
    case IR_VNZ:
        emit_nz(v, i);
        return true;
    default:
        return false;
    }
}
