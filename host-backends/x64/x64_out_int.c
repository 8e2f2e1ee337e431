/*
 * Printing integer ops as x64_sel_int.c described them.
 *
 *     v3 = add v1, v2      add r1, r2 | lea r3, [r1+r2]
 *     v3 = ubfx v1, 4, 8   rorx r3, r1, 4; movzx r3, r3b
 */
#include "x64_internal.h"
#include "x64_int.h"

/* dst = src; a 32-bit copy is made even onto itself, for its zeros above. */
static void copy(X64Ctx *c, unsigned size, unsigned dst, unsigned src)
{
    if (dst != src)
        x64_copy(&c->e, size == 3, dst, src);
}
static void copy_clean(X64Ctx *c, unsigned size, unsigned dst, unsigned src)
{
    if (dst != src || size == 2)
        x64_copy(&c->e, size == 3, dst, src);
}

static const uint8_t alu_of[IR_OP_COUNT] = {
    [IR_ADD] = ALU_ADD, [IR_SUB] = ALU_SUB,  [IR_AND] = ALU_AND, [IR_OR] = ALU_OR,
    [IR_XOR] = ALU_XOR, [IR_BAND] = ALU_AND, [IR_BOR] = ALU_OR};

/* add/sub of an immediate without EFLAGS being wanted may be a lea. */
static __attribute__((noinline)) void emit_binary_imm(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0);
    bool flags = x64_wants_eflags(r);
    if (d != a && r->size >= 2 && !flags && (in->op == IR_ADD || in->op == IR_SUB)) {
        int32_t k = in->op == IR_ADD ? (int32_t)r->imm : (int32_t)-r->imm;
        x64_mov_disp(e, 0x8d, r->size == 3, d, a, k);
        return;
    }
    if (in->op == IR_AND && !flags && (r->imm == 0xff || r->imm == 0xffff)) {
        x64_ext_rr(e, false, r->imm == 0xff ? 0 : 1, 2, d, a);
        return;
    }
    copy(c, r->size, d, a);
    x64_alu_ri(e, (X64Alu)alu_of[in->op], r->size, d, (int32_t)r->imm);
}

/* b in memory, or less than 4 bytes */
static __attribute__((noinline)) void emit_binary_any(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0);
    X64Alu op = (X64Alu)alu_of[in->op];
    if (x64_op_in_mem(r, 1)) {
        copy(c, r->size, d, a);
        x64_alu_rm(&c->e, op, r->size, d, x64_op_mem(c, r, 1));
        return;
    }
    unsigned b = x64_op(r, 1);
    if (d == b && d != a)
        b = a;
    else
        copy(c, r->size, d, a);
    x64_alu_rr(&c->e, op, r->size, d, b);
}

void x64_emit_binary(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    if (r->form == XF_RI) {
        emit_binary_imm(c, r, in);
        return;
    }
    if (r->size < 2 || x64_op_in_mem(r, 1)) {
        emit_binary_any(c, r, in);
        return;
    }
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0), b = x64_op(r, 1);
    bool wide = r->size == 3;
    if (r->form == XF_LEA) {
        x64_lea_index(&c->e, wide, d, a, b, (unsigned)r->imm);
        return;
    }
    if (d == b && d != a) {
        CHECK(in->op != IR_SUB);
        b = a;
    } else if (d != a) {
        if (in->op == IR_ADD && !x64_wants_eflags(r)) {
            x64_lea_index(&c->e, wide, d, a, b, 0);
            return;
        }
        x64_copy(&c->e, wide, d, a);
    }
    x64_plain_rr(&c->e, alu_of[in->op] << 3 | 1u, wide, b, d);
}

void x64_emit_mul(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), size = MAX(r->size, 2u);
    if (r->form == XF_RI) {
        if (x64_op_in_mem(r, 0)) {
            x64_load(e, size, d, x64_op_mem(c, r, 0));
            x64_imul_rri(e, size, d, d, (int32_t)r->imm);
        } else {
            x64_imul_rri(e, size, d, x64_op(r, 0), (int32_t)r->imm);
        }
        return;
    }
    if (x64_op_in_mem(r, 1)) {
        copy(c, size, d, x64_op(r, 0));
        x64_imul_rm(e, size, d, x64_op_mem(c, r, 1));
    } else if (d == x64_op(r, 1)) {
        x64_imul_rr(e, size, d, x64_op(r, 0));
    } else {
        copy(c, size, d, x64_op(r, 0));
        x64_imul_rr(e, size, d, x64_op(r, 1));
    }
}

void x64_emit_andn(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    X64Emit *e = &c->e;
    if (r->form == XF_RR) {
        x64_andn(e, r->size, x64_dst(r, 0), x64_op(r, 1), x64_op(r, 0));
        return;
    }
    unsigned t = x64_tmp(r, 0);
    if (x64_op_in_mem(r, 1))
        x64_load(e, r->size, t, x64_op_mem(c, r, 1));
    else
        copy(c, r->size, t, x64_op(r, 1));
    x64_un_r(e, UN_NOT, 3, t);
    x64_alu_rr(e, ALU_AND, r->size, x64_dst(r, 0), t);
}

void x64_emit_mulh(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Un op = in->op == IR_MULHU ? UN_MUL : UN_IMUL;
    if (x64_op_in_mem(r, 1))
        x64_un_m(&c->e, op, r->size, x64_op_mem(c, r, 1));
    else
        x64_un_r(&c->e, op, r->size, x64_op(r, 1));
}

static void far_udiv(X64Ctx *c, const X64Far *f)
{
    x64_alu_rr(&c->e, ALU_XOR, 2, X64_RAX, X64_RAX);
    x64_far_back(c, f);
}

/* The divisor is 0 or -1: 0 or the negated dividend. */
static void far_sdiv(X64Ctx *c, const X64Far *f)
{
    X64Emit *e = &c->e;
    unsigned b = x64_op(f->r, 1), size = f->r->size;
    x64_un_r(e, UN_NEG, size, X64_RAX);
    x64_alu_rr(e, ALU_AND, size, X64_RAX, b);
    x64_far_back(c, f);
}

void x64_emit_div(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned b = x64_op(r, 1);
    if (in->op == IR_UDIV) {
        x64_test_rr(e, r->size, b, b);
        x64_far_jcc(c, X64_E, far_udiv, r, 0);
        x64_alu_rr(e, ALU_XOR, 2, X64_RDX, X64_RDX);
        x64_un_r(e, UN_DIV, r->size, b);
    } else {
        x64_lea(e, r->size, X64_RDX, x64_mem(b, 1));
        x64_alu_ri(e, ALU_CMP, r->size, X64_RDX, 1);
        x64_far_jcc(c, X64_BE, far_sdiv, r, 0);
        x64_cdq(e, r->size);
        x64_un_r(e, UN_IDIV, r->size, b);
    }
    x64_far_land(c);
}

static X64Shift shift_of(IrOp op)
{
    return op == IR_SHL ? SH_SHL : op == IR_SHR ? SH_SHR : op == IR_SAR ? SH_SAR : SH_ROR;
}

static void ror_imm(X64Ctx *c, unsigned size, unsigned d, unsigned a, unsigned k)
{
    if (k == 0) {
        copy_clean(c, size, d, a);
    } else if (size >= 2 && d != a && x64_cfg.f.bmi2) {
        x64_rorx(&c->e, size, d, a, k);
    } else {
        copy(c, size, d, a);
        x64_shift_ri(&c->e, SH_ROR, size, d, k);
    }
}

/* By a register. */
static void emit_shift_by(X64Ctx *c, const RaInsn *r, X64Shift sh)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0);
    if (r->form == XF_RR) {
        x64_shx(e, sh, r->size, d, x64_op(r, 0), x64_op(r, 1));
        return;
    }
    if (r->size < 2)
        x64_alu_ri(e, ALU_AND, 2, X64_RCX, r->size ? 15 : 7);
    x64_shift_cl(e, sh, r->size, d);
    if (r->size == 2) /* a count of 0 leaves the upper half as it was */
        x64_mov_rr(e, 2, d, d);
}

void x64_emit_shift(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Shift sh = shift_of((IrOp)in->op);
    if (r->form != XF_RI) {
        emit_shift_by(c, r, sh);
        return;
    }
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0), k = (unsigned)r->imm;
    if (sh == SH_ROR) {
        ror_imm(c, r->size, d, a, k);
    } else if (k == 0) {
        copy_clean(c, r->size, d, a);
    } else {
        if (d != a)
            x64_copy(&c->e, r->size == 3, d, a);
        x64_shift_ri(&c->e, sh, r->size, d, k);
    }
}

void x64_emit_extr(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    if (r->form == XF_RI)
        ror_imm(c, r->size, x64_dst(r, 0), x64_op(r, 0), (unsigned)in->imm);
    else
        x64_shrd(&c->e, r->size, x64_dst(r, 0), x64_op(r, 1), (unsigned)in->imm);
}

/* d = the low `width` (8, 16, 32) bits of a, extended. */
static bool emit_low_field(X64Ctx *c, bool sign, unsigned size, unsigned width, unsigned d,
                           unsigned a)
{
    if (width != 8 && width != 16 && width != 32)
        return false;
    unsigned from = width == 8 ? 0 : width == 16 ? 1 : 2;
    if (from >= size)
        copy_clean(c, size, d, a);
    else
        x64_ext_rr(&c->e, sign, from, MAX(size, 2u), d, a);
    return true;
}

void x64_emit_ubfx(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    unsigned lsb = in->aux & 0xff, width = in->aux >> 8;
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0), size = MAX(r->size, 2u), bits = 8u << r->size;
    if (lsb == 0 && emit_low_field(c, false, size, width, d, a))
        return;
    if (lsb + width == bits && bits >= 32) {
        copy(c, size, d, a);
        if (lsb)
            x64_shift_ri(e, SH_SHR, size, d, lsb);
        return;
    }
    if (width > 32) {
        copy(c, size, d, a);
        x64_shift_ri(e, SH_SHL, size, d, 64 - lsb - width);
        x64_shift_ri(e, SH_SHR, size, d, 64 - width);
        return;
    }
    unsigned from = a;
    if (lsb) {
        ror_imm(c, size, d, a, lsb); /* garbage above the field is masked */
        from = d;
    }
    if (emit_low_field(c, false, 3, width, d, from))
        return;
    copy(c, 2, d, from);
    x64_alu_ri(e, ALU_AND, 2, d, (int32_t)((1ull << width) - 1));
}

void x64_emit_sbfx(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    unsigned lsb = in->aux & 0xff, width = in->aux >> 8;
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0), size = MAX(r->size, 2u), bits = 8u << size;
    if (lsb == 0 && emit_low_field(c, true, size, width, d, a))
        return;
    copy(c, size, d, a);
    if (lsb + width < bits)
        x64_shift_ri(e, SH_SHL, size, d, bits - lsb - width);
    if (width < bits)
        x64_shift_ri(e, SH_SAR, size, d, bits - width);
}

void x64_emit_bfi(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), lsb = in->aux & 0xff, width = in->aux >> 8, size = r->size;
    if (r->form == XF_RI) {
        copy_clean(c, size, d, x64_op(r, 0));
        return;
    }
    unsigned b = x64_op(r, 1);
    if (r->form == XF_TIED) {
        x64_mov_rr(e, width == 8 ? 0 : 1, d, b);
        return;
    }
    uint64_t field = (1ull << width) - 1;
    if (r->form == XF_BFI_MASK) {
        unsigned t = x64_tmp(r, 0);
        if (!emit_low_field(c, false, 3, width, t, b)) {
            copy(c, size, t, b);
            if (field <= INT32_MAX) {
                x64_alu_ri(e, ALU_AND, 2, t, (int32_t)field);
            } else {
                x64_shift_ri(e, SH_SHL, size, t, (8u << size) - width);
                x64_shift_ri(e, SH_SHR, size, t, (8u << size) - width);
            }
        }
        if (lsb)
            x64_shift_ri(e, SH_SHL, size, t, lsb);
        x64_alu_ri(e, ALU_AND, size, d, (int32_t) ~(field << lsb));
        x64_alu_rr(e, ALU_OR, size, d, t);
        return;
    }
    /* field to the bottom, replaced from b above, turned back */
    if (lsb)
        x64_shift_ri(e, SH_ROR, size, d, lsb);
    x64_shrd(e, size, d, b, width);
    unsigned back = (lsb + width) & ((8u << size) - 1);
    if (back)
        x64_shift_ri(e, SH_ROL, size, d, back);
}

/* clz without lzcnt, ctz without tzcnt: 0 gives the width. d differs from a and t. */
static void scan_bits(X64Ctx *c, const RaInsn *r, X64Op op, unsigned a)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), t = x64_tmp(r, 0), bits = 8u << r->size;
    x64_mov_ri(e, d, op == X64_BSR ? 2 * bits - 1 : bits);
    x64_bits_rr(e, op, r->size, t, a);
    x64_cmov(e, X64_NE, r->size, d, t);
    if (op == X64_BSR)
        x64_alu_ri(e, ALU_XOR, r->size, d, (int32_t)bits - 1);
}

void x64_emit_count(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0);
    if (r->size < 2) {
        c->fail = true; /* guests have no such insns; the IR allows them */
        return;
    }
    switch ((IrOp)in->op) {
    case IR_POPCNT:
        x64_bits_rr(e, X64_POPCNT, r->size, d, a);
        return;
    case IR_CTZ:
        if (x64_cfg.f.bmi1)
            x64_bits_rr(e, X64_TZCNT, r->size, d, a);
        else
            scan_bits(c, r, X64_BSF, a);
        return;
    case IR_CLZ:
        if (x64_cfg.f.lzcnt)
            x64_bits_rr(e, X64_LZCNT, r->size, d, a);
        else
            scan_bits(c, r, X64_BSR, a);
        return;
    default:
        break;
    }
    /* cls: ((a ^ a >> width-1) << 1 | 1) has as many leading zeros */
    unsigned t = x64_tmp(r, 0);
    copy(c, r->size, t, a);
    x64_shift_ri(e, SH_SAR, r->size, t, (8u << r->size) - 1);
    x64_alu_rr(e, ALU_XOR, r->size, t, a);
    x64_lea(e, r->size, t, x64_mem_index(t, t, 0, 1));
    x64_bits_rr(e, X64_BSR, r->size, d, t);
    x64_alu_ri(e, ALU_XOR, r->size, d, (int32_t)(8u << r->size) - 1);
}

/* d = pieces of `k` bits swapped pairwise; mask selects the lower of each pair. */
static void swap_step(X64Ctx *c, const RaInsn *r, uint64_t mask, unsigned k)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), t = x64_tmp(r, 0), m = x64_tmp(r, 1), size = r->size;
    x64_mov_ri(e, m, size == 3 ? mask : (uint32_t)mask);
    x64_mov_rr(e, size, t, d);
    x64_shift_ri(e, SH_SHR, size, t, k);
    x64_alu_rr(e, ALU_AND, size, t, m);
    x64_alu_rr(e, ALU_AND, size, d, m);
    x64_shift_ri(e, SH_SHL, size, d, k);
    x64_alu_rr(e, ALU_OR, size, d, t);
}

static void emit_bswap(X64Ctx *c, const RaInsn *r, unsigned d, unsigned a)
{
    if (r->size == 1) {
        copy(c, 2, d, a);
        x64_shift_ri(&c->e, SH_ROL, 1, d, 8);
        return;
    }
    copy_clean(c, r->size, d, a);
    if (r->size >= 2)
        x64_bswap(&c->e, r->size, d);
}

void x64_emit_reverse(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    unsigned d = x64_dst(r, 0), a = x64_op(r, 0);
    if (in->op == IR_REV16 && r->size == 3) {
        copy(c, 3, d, a);
        swap_step(c, r, 0x00ff00ff00ff00ff, 8);
        return;
    }
    emit_bswap(c, r, d, a);
    if (in->op == IR_REV16 && r->size == 2)
        x64_shift_ri(&c->e, SH_ROL, 2, d, 16);
    if (in->op != IR_RBIT)
        return;
    if (x64_rbit_by_gfni(in)) {
        x64_vec_rbit(c, r->size, d, r->tmp[0]);
        return;
    }
    swap_step(c, r, 0x0f0f0f0f0f0f0f0f, 4);
    swap_step(c, r, 0x3333333333333333, 2);
    swap_step(c, r, 0x5555555555555555, 1);
}

void x64_emit_extend(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), from = r->cc;
    bool sign = in->op == IR_SEXT;
    if (in->op == IR_TRUNC) {
        if (x64_op_in_mem(r, 0))
            x64_load(e, 2, d, x64_op_mem(c, r, 0));
        else
            copy(c, 2, d, x64_op(r, 0));
        return;
    }
    if (x64_op_in_mem(r, 0))
        x64_ext_rm(e, sign, from, MAX(r->size, 2u), d, x64_op_mem(c, r, 0));
    else
        x64_ext_rr(e, sign, from, MAX(r->size, 2u), d, x64_op(r, 0));
}

/* d = d or op1 by a condition; vectors and P conditions by a short jump. */
void x64_emit_select(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    X64Emit *e = &c->e;
    bool vec = r->dst[0].cls == RC_VEC;
    X64Cond cc = x64_cond_emit(c, r);
    if (!vec && cc.parity >= 0) {
        for (unsigned k = 0; k < 1u + (unsigned)cc.parity; k++) {
            X64Cc x = k ? X64_P : (X64Cc)cc.cc;
            if (x64_op_in_mem(r, 1))
                x64_cmov_m(e, x, r->size, x64_dst(r, 0), x64_op_mem(c, r, 1));
            else
                x64_cmov(e, x, r->size, x64_dst(r, 0), x64_op(r, 1));
        }
        return;
    }
    uint32_t yes = cc.parity > 0 ? x64_jcc_fwd8(e, X64_P) : 0;
    uint32_t no = x64_jcc_fwd8(e, (X64Cc)(cc.cc ^ 1));
    uint32_t no2 = cc.parity < 0 ? x64_jcc_fwd8(e, X64_P) : 0;
    if (yes)
        x64_land8(e, yes);
    if (vec)
        x64_vec_move(c, r->dst[0].loc, r->op[1].loc);
    else if (x64_op_in_mem(r, 1))
        x64_load(e, r->size, x64_dst(r, 0), x64_op_mem(c, r, 1));
    else
        x64_mov_rr(e, r->size, x64_dst(r, 0), x64_op(r, 1));
    x64_land8(e, no);
    if (no2)
        x64_land8(e, no2);
    if (!vec && r->size == 2) /* as cmov: zeros above either way */
        x64_mov_rr(e, 2, x64_dst(r, 0), x64_dst(r, 0));
}

/* The result's register may be cleared before the compare. */
static bool clear_first(const RaInsn *r)
{
    if (r->cond == COND_EFLAGS || r->cond == COND_UCOMI || r->cond == COND_FLAGS)
        return false;
    for (unsigned k = 0; k < r->n_ops; k++)
        if (r->op[k].loc == r->dst[0].loc)
            return false;
    return true;
}

void x64_emit_bool(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0);
    bool cleared = clear_first(r);
    if (cleared)
        x64_alu_rr(e, ALU_XOR, 2, d, d);
    X64Cond cc = x64_cond_emit(c, r);
    if (cc.parity)
        x64_setcc(e, cc.parity > 0 ? X64_P : X64_NP, x64_tmp(r, 0));
    x64_setcc(e, (X64Cc)cc.cc, d);
    if (cc.parity)
        x64_alu_rr(e, cc.parity > 0 ? ALU_OR : ALU_AND, 0, d, x64_tmp(r, 0));
    if (!cleared)
        x64_ext_rr(e, false, 0, 2, d, d);
}

/*
 * The polynomial of Ethernet, bit by bit: v = crc ^ data; for each bit of data, v shifts right and
 * takes the polynomial if a 1 fell out.
 */
static void emit_crc32_ieee(X64Ctx *c, const RaInsn *r)
{
    X64Emit *e = &c->e;
    unsigned d = x64_dst(r, 0), t = x64_tmp(r, 0), b = x64_op(r, 1);
    x64_mov_rr(e, 2, d, d);
    if (r->size < 2)
        x64_ext_rr(e, false, r->size, 2, t, b);
    else
        x64_mov_rr(e, r->size, t, b);
    x64_alu_rr(e, ALU_XOR, r->size == 3 ? 3 : 2, d, t);
    for (unsigned k = 0; k < 8u << r->size; k++) {
        x64_shift_ri(e, SH_SHR, 3, d, 1);
        x64_alu_rr(e, ALU_SBB, 2, t, t);
        x64_alu_ri(e, ALU_AND, 2, t, (int32_t)0xedb88320);
        x64_alu_rr(e, ALU_XOR, 3, d, t);
    }
}

void x64_emit_crc32(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    if (in->aux & 4)
        x64_crc32(&c->e, r->size, x64_dst(r, 0), x64_op(r, 1));
    else
        emit_crc32_ieee(c, r);
}

static void print_unary(X64Ctx *c, const RaInsn *r, X64Un op)
{
    copy(c, r->size, x64_dst(r, 0), x64_op(r, 0));
    x64_un_r(&c->e, op, MAX(r->size, 2u), x64_dst(r, 0));
}

void x64_emit_not(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    print_unary(c, r, UN_NOT);
}

void x64_emit_neg(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    print_unary(c, r, UN_NEG);
}

void x64_emit_sub(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    if (r->form == XF_NEG)
        print_unary(c, r, UN_NEG);
    else
        x64_emit_binary(c, r, in);
}
