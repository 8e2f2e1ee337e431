/*
 * The encoders behind x64_emit.h: prefixes, opcode, ModRM, SIB, displacement.
 *
 * Facts from the Intel manual, volume 2: rsp/r12 as base need a SIB byte; rbp/r13 as base need a
 * displacement; rsp is no index; EVEX scales an 8-bit displacement by the operand's bytes.
 */
#include "x64_emit.h"
#include "check.h"

static const uint8_t pfx_byte[4] = {0, 0x66, 0xf3, 0xf2};

static void put_map(X64Emit *e, X64Op op)
{
    unsigned map = op >> X64_MAP_SHIFT & 3;
    if (map) {
        x64_u8(e, 0x0f);
        if (map > 1)
            x64_u8(e, map == 2 ? 0x38 : 0x3a);
    }
    x64_u8(e, op & 0xff);
}

/* Legacy prefixes and REX; `rex` without W. */
static void put_prefixes(X64Emit *e, X64Op op, unsigned rex, bool force)
{
    x64_room(e);
    if (op & X64_LOCK)
        x64_u8(e, 0xf0);
    if (op & X64_DATA16)
        x64_u8(e, 0x66);
    unsigned pfx = op >> X64_PFX_SHIFT & 3;
    if (pfx)
        x64_u8(e, pfx_byte[pfx]);
    if (op & X64_W)
        rex |= 8;
    if (rex || force)
        x64_u8(e, 0x40 | rex);
}

/* ModRM for memory. `n`: log2 of the scale of an 8-bit displacement. */
static void put_mem(X64Emit *e, unsigned reg, X64Mem m, unsigned n, unsigned imm_len)
{
    unsigned r = (reg & 7) << 3;
    if (m.base == X64_RIP) {
        x64_u8(e, r | 5);
        x64_u32(e, (uint32_t)(m.abs - (x64_here(e) + 4 + imm_len)));
        return;
    }
    unsigned index = m.index == X64_NONE ? 4 : m.index & 7u;
    if (m.base == X64_NONE) { /* disp32, perhaps with index */
        x64_u8(e, r | 4);
        x64_u8(e, (unsigned)m.scale << 6 | index << 3 | 5);
        x64_u32(e, (uint32_t)m.disp);
        return;
    }
    unsigned base = m.base & 7, mod = 2;
    int32_t d8 = m.disp >> n;
    if (m.disp == 0 && base != 5)
        mod = 0;
    else if (d8 * (1 << n) == m.disp && x64_is_s8(d8))
        mod = 1;
    if (m.index == X64_NONE && base != 4) {
        x64_u8(e, mod << 6 | r | base);
    } else {
        x64_u8(e, mod << 6 | r | 4);
        x64_u8(e, (unsigned)m.scale << 6 | index << 3 | base);
    }
    if (mod == 1)
        x64_u8(e, (uint8_t)d8);
    else if (mod == 2)
        x64_u32(e, (uint32_t)m.disp);
}

/* REX-like extension bits X and B of a memory operand: bit 1 and bit 0. */
static unsigned mem_xb(X64Mem m)
{
    unsigned x = m.index != X64_NONE && (m.index & 8) ? 2 : 0;
    unsigned b = m.base < 16 && (m.base & 8) ? 1 : 0;
    return x | b;
}

void x64_rr(X64Emit *e, X64Op op, unsigned reg, unsigned rm)
{
    bool force = ((op & X64_BYTE_REG) && reg >= 4) || ((op & X64_BYTE_RM) && rm >= 4);
    put_prefixes(e, op, (reg & 8) >> 1 | (rm & 8) >> 3, force);
    put_map(e, op);
    x64_u8(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void x64_rm(X64Emit *e, X64Op op, unsigned reg, X64Mem m, unsigned imm_len)
{
    put_prefixes(e, op, (reg & 8) >> 1 | mem_xb(m), (op & X64_BYTE_REG) && reg >= 4);
    put_map(e, op);
    put_mem(e, reg, m, 0, imm_len);
}

/* xb: extension bits of the rm side. */
static void put_vex(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned xb)
{
    DCHECK(!(op & X64_EVEX_ONLY) && (reg | vvvv) < 16);
    x64_room(e);
    unsigned map = op >> X64_MAP_SHIFT & 3, pp = op >> X64_PFX_SHIFT & 3;
    unsigned r = reg & 8 ? 0 : 0x80, v = (~vvvv & 15) << 3;
    if (map == 1 && !(op & X64_W) && !xb) {
        x64_u8(e, 0xc5);
        x64_u8(e, r | v | pp);
    } else {
        x64_u8(e, 0xc4);
        x64_u8(e, r | (~xb & 3) << 5 | map);
        x64_u8(e, (op & X64_W ? 0x80u : 0) | v | pp);
    }
    x64_u8(e, op & 0xff);
}

void x64_vex_rrr(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned rm)
{
    DCHECK(rm < 16);
    put_vex(e, op, reg, vvvv, rm >> 3);
    x64_u8(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void x64_vex_rrm(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, X64Mem m, unsigned imm_len)
{
    put_vex(e, op, reg, vvvv, mem_xb(m));
    put_mem(e, reg, m, 0, imm_len);
}

static void put_evex(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned xb, unsigned k)
{
    DCHECK(!(op & X64_NO_EVEX));
    x64_room(e);
    unsigned p0 = op >> X64_MAP_SHIFT & 3;
    p0 |= (~xb & 3) << 5 | (reg & 8 ? 0 : 0x80u) | (reg & 16 ? 0 : 0x10u);
    unsigned p1 = (op & X64_EW ? 0x80u : 0) | (~vvvv & 15) << 3 | 4 | (op >> X64_PFX_SHIFT & 3);
    x64_u8(e, 0x62);
    x64_u8(e, p0);
    x64_u8(e, p1);
    x64_u8(e, (vvvv & 16 ? 0 : 8u) | k); /* L'L = 128 bits, no zeroing */
    x64_u8(e, op & 0xff);
}

void x64_evex_rrr(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned rm, unsigned k)
{
    put_evex(e, op, reg, vvvv, (rm >> 3 & 1) | (rm >> 4 & 1) << 1, k);
    x64_u8(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void x64_evex_rrm(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, X64Mem m, unsigned k,
                  unsigned imm_len)
{
    put_evex(e, op, reg, vvvv, mem_xb(m), k);
    put_mem(e, reg, m, op >> X64_N_SHIFT & 7, imm_len);
}

void x64_nops(X64Emit *e, unsigned n)
{
    static const uint8_t nops[9][9] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0},
        {0x0f, 0x1f, 0x44, 0, 0},
        {0x66, 0x0f, 0x1f, 0x44, 0, 0},
        {0x0f, 0x1f, 0x80, 0, 0, 0, 0},
        {0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},
        {0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},
    };
    while (n) {
        unsigned k = MIN(n, 9u);
        x64_room(e);
        memcpy(e->p, nops[k - 1], k);
        e->p += k;
        n -= k;
    }
}

void x64_imm(X64Emit *e, unsigned size, int32_t imm)
{
    if (size == 0) {
        x64_u8(e, (uint8_t)imm);
    } else if (size == 1) {
        x64_u8(e, (uint8_t)imm);
        x64_u8(e, (uint8_t)(imm >> 8));
    } else {
        x64_u32(e, (uint32_t)imm);
    }
}

static unsigned imm_bytes(unsigned size)
{
    return size == 0 ? 1 : size == 1 ? 2 : 4;
}

void x64_alu_ri(X64Emit *e, X64Alu a, unsigned size, unsigned dst, int32_t imm)
{
    if (size && x64_is_s8(imm)) {
        x64_rr(e, x64_sized(X64_OP(0, 0, 0x82), size), a, dst);
        x64_u8(e, (uint8_t)imm);
    } else {
        x64_rr(e, x64_sized_ext(X64_OP(0, 0, 0x80), size), a, dst);
        x64_imm(e, size, imm);
    }
}

void x64_alu_mi(X64Emit *e, X64Alu a, unsigned size, X64Mem m, int32_t imm)
{
    if (size && x64_is_s8(imm)) {
        x64_rm(e, x64_sized(X64_OP(0, 0, 0x82), size), a, m, 1);
        x64_u8(e, (uint8_t)imm);
    } else {
        x64_rm(e, x64_sized_ext(X64_OP(0, 0, 0x80), size), a, m, imm_bytes(size));
        x64_imm(e, size, imm);
    }
}

void x64_test_ri(X64Emit *e, unsigned size, unsigned a, int32_t imm)
{
    x64_rr(e, x64_sized_ext(X64_OP(0, 0, 0xf6), size), 0, a);
    x64_imm(e, size, imm);
}

void x64_test_mi(X64Emit *e, unsigned size, X64Mem m, int32_t imm)
{
    x64_rm(e, x64_sized_ext(X64_OP(0, 0, 0xf6), size), 0, m, imm_bytes(size));
    x64_imm(e, size, imm);
}

void x64_mov_ri(X64Emit *e, unsigned dst, uint64_t imm)
{
    x64_room(e);
    if (imm <= UINT32_MAX) {
        if (dst >= 8)
            x64_u8(e, 0x41);
        x64_u8(e, 0xb8 | (dst & 7));
        x64_u32(e, (uint32_t)imm);
    } else if (x64_is_s32((int64_t)imm)) {
        x64_rr(e, X64_OP(0, 0, 0xc7) | X64_W, 0, dst);
        x64_u32(e, (uint32_t)imm);
    } else {
        x64_u8(e, 0x48 | dst >> 3);
        x64_u8(e, 0xb8 | (dst & 7));
        x64_u64(e, imm);
    }
}

void x64_store_imm(X64Emit *e, unsigned size, X64Mem m, int32_t imm)
{
    x64_rm(e, x64_sized_ext(X64_OP(0, 0, 0xc6), size), 0, m, imm_bytes(size));
    x64_imm(e, size, imm);
}

void x64_imul_rri(X64Emit *e, unsigned size, unsigned dst, unsigned src, int32_t imm)
{
    bool small = x64_is_s8(imm);
    x64_rr(e, x64_wide(X64_OP(0, 0, small ? 0x6b : 0x69), size), dst, src);
    x64_imm(e, small ? 0 : MAX(size, 1u), imm);
}

void x64_land8(X64Emit *e, uint32_t at)
{
    if (UNLIKELY(e->overflow))
        return;
    uint32_t d = x64_off(e) - at;
    CHECK(d < 128);
    e->base[at - 1] = (uint8_t)d;
}

void x64_land32(X64Emit *e, uint32_t at)
{
    if (UNLIKELY(e->overflow))
        return;
    uint32_t d = x64_off(e) - at;
    memcpy(e->base + at - 4, &d, 4);
}
