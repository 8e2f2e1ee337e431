/*
 * Structure loads and stores: LD1 to LD4, ST1 to ST4, of whole registers, one lane, or one element
 * for all lanes.
 *
 * Memory is read and written in 16-byte pieces, taken apart and put together by permutes; all
 * loads come before the first register is written. Example, `ld2 {v0.4s, v1.4s}, [x0]`:
 *
 *     v1 = ld.128 x0;  v2 = ld.128 x0 + 16;  v3 = vuzp1.32 v1, v2;  v4 = vuzp2.32 v1, v2
 */
#include "a64_simd.h"
#include <string.h>

typedef struct Multi {
    unsigned q, ve, regs, elems, rt; /* registers, and elements a structure */
    IrRef base;
} Multi;

/* Registers and structure size by opcode: opcodes 0 ld4, 2 6 7 10 ld1, 4 ld3, 8 ld2. */
static const uint8_t multi_regs[] = {4, 0, 4, 0, 3, 0, 3, 1, 2, 0, 2};
static const uint8_t multi_elems[] = {4, 0, 1, 0, 3, 0, 1, 1, 2, 0, 1};

static IrRef load_piece(TransCtx *tc, const Multi *m, unsigned at, unsigned bytes)
{
    if (bytes == 16)
        return ir_ld(tc->u, IR_V128, MEM_128, m->base, 0, (int32_t)at);
    IrRef v = ir_ld(tc->u, IR_F64, MEM_64, m->base, 0, (int32_t)at);
    return ir_op1(tc->u, IR_VFROM, IR_V128, v);
}

static void store_piece(TransCtx *tc, const Multi *m, unsigned at, unsigned bytes, IrRef v)
{
    if (bytes != 16)
        v = ir_op1(tc->u, IR_VTO, IR_F64, v);
    ir_st(tc->u, bytes == 16 ? MEM_128 : MEM_64, m->base, 0, (int32_t)at, v);
}

static IrRef lookup(TransCtx *tc, const uint8_t index[16], const IrRef *tables, unsigned n)
{
    V128 v;
    memcpy(v.u8, index, 16);
    uint32_t list = ir_list(tc->u, tables, n);
    return ir_emit(tc->u, IR_VTBL, IR_V128, 0, ir_vconst(tc->u, v.u64[0], v.u64[1]), list, 0, 0);
}

/* Byte b of register k's result comes from structure b / size, element k. */
static void split3(TransCtx *tc, const Multi *m, const IrRef *in, IrRef *out)
{
    unsigned size = 1u << m->ve, bytes = m->q ? 16 : 8;
    for (unsigned k = 0; k < 3; k++) {
        uint8_t index[16];
        for (unsigned b = 0; b < 16; b++)
            index[b] = (uint8_t)(b < bytes ? (b / size * 3 + k) * size + b % size : 0xff);
        out[k] = lookup(tc, index, in, m->q ? 3 : 2);
    }
}

/* Byte b of the memory image is of structure b / (3 size), register b / size % 3. */
static void join3(TransCtx *tc, const Multi *m, const IrRef *in, IrRef *out)
{
    unsigned size = 1u << m->ve;
    for (unsigned piece = 0; piece < (m->q ? 3u : 2u); piece++) {
        uint8_t index[16];
        for (unsigned i = 0; i < 16; i++) {
            unsigned b = 16 * piece + i, elem = b / size;
            index[i] = (uint8_t)(elem % 3 * 16 + elem / 3 * size + b % size);
        }
        out[piece] = lookup(tc, index, in, 3);
    }
}

/* Pieces of memory to registers. With q=0 half as many pieces hold everything. */
static void split(TransCtx *tc, const Multi *m, const IrRef *in, IrRef *out)
{
    unsigned ve = m->ve;
    if (m->elems == 3) {
        split3(tc, m, in, out);
    } else if (m->elems == 2) {
        IrRef second = m->q ? in[1] : in[0];
        out[0] = v_op2(tc, IR_VUZP1, ve, in[0], second);
        out[1] = v_op2(tc, IR_VUZP2, ve, in[0], second);
    } else {
        IrRef even = v_op2(tc, IR_VUZP1, ve, in[0], in[1]);
        IrRef odd = v_op2(tc, IR_VUZP2, ve, in[0], in[1]);
        IrRef even2 = m->q ? v_op2(tc, IR_VUZP1, ve, in[2], in[3]) : even;
        IrRef odd2 = m->q ? v_op2(tc, IR_VUZP2, ve, in[2], in[3]) : odd;
        out[0] = v_op2(tc, IR_VUZP1, ve, even, even2);
        out[1] = v_op2(tc, IR_VUZP1, ve, odd, odd2);
        out[2] = v_op2(tc, IR_VUZP2, ve, even, even2);
        out[3] = v_op2(tc, IR_VUZP2, ve, odd, odd2);
    }
}

static void join(TransCtx *tc, const Multi *m, const IrRef *in, IrRef *out)
{
    unsigned ve = m->ve;
    if (m->elems == 3) {
        join3(tc, m, in, out);
    } else if (m->elems == 2) {
        out[0] = v_op2(tc, IR_VZIP1, ve, in[0], in[1]);
        out[1] = m->q ? v_op2(tc, IR_VZIP2, ve, in[0], in[1]) : 0;
    } else {
        for (unsigned half = 0; half < (m->q ? 2u : 1u); half++) {
            IrOp zip = half ? IR_VZIP2 : IR_VZIP1;
            IrRef a = v_op2(tc, zip, ve, in[0], in[2]), b = v_op2(tc, zip, ve, in[1], in[3]);
            out[2 * half] = v_op2(tc, IR_VZIP1, ve, a, b);
            out[2 * half + 1] = v_op2(tc, IR_VZIP2, ve, a, b);
        }
    }
}

static unsigned piece_bytes(const Multi *m, unsigned at)
{
    unsigned total = m->regs * (m->q ? 16 : 8);
    return m->elems == 1 ? (m->q ? 16 : 8) : MIN(16, total - at);
}

static void load_multi(TransCtx *tc, const Multi *m)
{
    IrRef in[4] = {0}, out[4];
    unsigned total = m->regs * (m->q ? 16 : 8), n = 0;
    for (unsigned at = 0; at < total; at += piece_bytes(m, at))
        in[n++] = load_piece(tc, m, at, piece_bytes(m, at));
    if (m->elems == 1)
        memcpy(out, in, sizeof(out));
    else
        split(tc, m, in, out);
    for (unsigned i = 0; i < m->regs; i++)
        a64_set_vq(tc, m->q || m->elems == 1, (m->rt + i) % 32, out[i]);
}

static void store_multi(TransCtx *tc, const Multi *m)
{
    IrRef in[4], out[4];
    unsigned total = m->regs * (m->q ? 16 : 8), n = 0;
    for (unsigned i = 0; i < m->regs; i++)
        in[i] = a64_v(tc, (m->rt + i) % 32);
    if (m->elems == 1)
        memcpy(out, in, sizeof(out));
    else
        join(tc, m, in, out);
    for (unsigned at = 0; at < total; at += piece_bytes(m, at))
        store_piece(tc, m, at, piece_bytes(m, at), out[n++]);
}

/* Post-index: register 31 stands for the number of bytes. */
static void post_index(TransCtx *tc, unsigned rn, unsigned rm, unsigned bytes)
{
    IrRef add = rm == A64_REG_31 ? ir_const(tc->u, IR_I64, bytes) : a64_r(tc, 1, rm);
    a64_set_rsp(tc, 1, rn, ir_op2(tc->u, IR_ADD, IR_I64, a64_rsp(tc, 1, rn), add));
}

TransResult a64_ldst_multi(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_multi f = insn.ldst_multi;
    Multi m = {f.Q, f.size, multi_regs[f.opcode], multi_elems[f.opcode], f.rt, a64_base(tc, f.rn)};
    if (f.L)
        load_multi(tc, &m);
    else
        store_multi(tc, &m);
    return TR_NEXT;
}

TransResult a64_ldst_multi_post(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_multi_post f = insn.ldst_multi_post;
    a64_ldst_multi(tc, insn);
    post_index(tc, f.rn, f.rm, multi_regs[f.opcode] * (f.Q ? 16 : 8));
    return TR_NEXT;
}

/* One lane: size and lane lie in opcode, Q, S and size together. */
typedef struct OneLane {
    unsigned ve, lane, elems;
    bool replicate;
} OneLane;

static OneLane lane_decode(A64_ldst_lane f)
{
    OneLane l = {.elems = ((f.opcode & 1) << 1 | f.R) + 1};
    switch (f.opcode >> 1) {
    case 0:
        l.ve = VE_8;
        l.lane = f.Q << 3 | f.S << 2 | f.size;
        break;
    case 1:
        l.ve = VE_16;
        l.lane = f.Q << 2 | f.S << 1 | f.size >> 1;
        break;
    case 2:
        l.ve = f.size & 1 ? VE_64 : VE_32;
        l.lane = f.size & 1 ? f.Q : f.Q << 1 | f.S;
        break;
    default:
        l.ve = f.size;
        l.replicate = true;
    }
    return l;
}

static void load_lanes(TransCtx *tc, A64_ldst_lane f, OneLane l)
{
    IrType t = l.ve == VE_64 ? IR_I64 : IR_I32;
    IrRef base = a64_base(tc, f.rn), e[4];
    for (unsigned i = 0; i < l.elems; i++)
        e[i] = ir_ld(tc->u, t, l.ve, base, 0, (int32_t)(i << l.ve));
    for (unsigned i = 0; i < l.elems; i++) {
        unsigned n = (f.rt + i) % 32;
        if (l.replicate)
            a64_set_vq(tc, f.Q, n, v_op1(tc, IR_VDUP, l.ve, e[i]));
        else
            a64_set_v(tc, n,
                      ir_op2x(tc->u, IR_VINS, IR_V128, l.ve, a64_v(tc, n), e[i], (int32_t)l.lane));
    }
}

static void store_lanes(TransCtx *tc, A64_ldst_lane f, OneLane l)
{
    IrType t = l.ve == VE_64 ? IR_I64 : IR_I32;
    IrRef base = a64_base(tc, f.rn);
    for (unsigned i = 0; i < l.elems; i++) {
        IrRef v = a64_v(tc, (f.rt + i) % 32);
        v = ir_op1x(tc->u, IR_VGET, t, l.ve, v, (int32_t)l.lane);
        ir_st(tc->u, l.ve, base, 0, (int32_t)(i << l.ve), v);
    }
}

TransResult a64_ldst_lane(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_lane f = insn.ldst_lane;
    OneLane l = lane_decode(f);
    if (f.L)
        load_lanes(tc, f, l);
    else
        store_lanes(tc, f, l);
    return TR_NEXT;
}

TransResult a64_ldst_lane_post(TransCtx *tc, A64Insn insn)
{
    const A64_ldst_lane_post f = insn.ldst_lane_post;
    OneLane l = lane_decode(insn.ldst_lane);
    a64_ldst_lane(tc, insn);
    post_index(tc, f.rn, f.rm, l.elems << l.ve);
    return TR_NEXT;
}
