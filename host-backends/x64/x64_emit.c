/*
 * The encoders behind x64_emit.h. Most instructions that a unit has are one opcode byte with
 * perhaps a REX, and two registers or a base with a displacement: those have a path of their own.
 */
#include "x64_emit.h"
#include "check.h"

/* Bytes are stored whether they are part of the instruction or not; the pointer decides. */
static uint8_t *put_prefixes(uint8_t *p, X64Op op)
{
    static const uint8_t pfx_byte[4] = {0, 0x66, 0xf3, 0xf2};
    unsigned pfx = op >> X64_PFX_SHIFT & 3;
    *p = 0xf0;
    p += (op & X64_LOCK) != 0;
    *p = 0x66;
    p += (op & X64_DATA16) != 0;
    *p = pfx_byte[pfx];
    return p + (pfx != 0);
}

/* Legacy prefixes, REX and opcode; `rex` without W. */
static uint8_t *put_opcode(uint8_t *p, X64Op op, unsigned rex, bool force)
{
    if (op & (X64_LOCK | X64_DATA16 | 3 << X64_PFX_SHIFT))
        p = put_prefixes(p, op);
    rex |= op / (X64_W / 8) & 8;
    *p = (uint8_t)(0x40 | rex);
    p += (rex | force) != 0;
    unsigned map = op >> X64_MAP_SHIFT & 3;
    if (map) {
        *p++ = 0x0f;
        *p = map == 2 ? 0x38 : 0x3a;
        p += map > 1;
    }
    *p++ = (uint8_t)op;
    return p;
}

/* The memory forms without a base register: rip, disp32, index and disp32. */
static uint8_t *put_mem_no_base(const X64Emit *e, uint8_t *p, unsigned r, X64Mem m,
                                unsigned imm_len)
{
    if (m.base == X64_RIP) {
        uint64_t next = e->rx + (uint64_t)(p - e->base) + 5 + imm_len;
        *p++ = (uint8_t)(r | 5);
        x64_put32(p, (uint32_t)(m.abs - next));
        return p + 4;
    }
    *p++ = (uint8_t)(r | 4);
    *p++ = (uint8_t)((unsigned)m.scale << 6 | (m.index & 7u) << 3 | 5);
    x64_put32(p, (uint32_t)m.disp);
    return p + 4;
}

/* ModRM for memory. `n`: log2 of the scale of an 8-bit displacement. */
static uint8_t *put_mem(const X64Emit *e, uint8_t *p, unsigned reg, X64Mem m, unsigned n,
                        unsigned imm_len)
{
    unsigned r = (reg & 7) << 3, base = m.base & 7, mod = 2 << 6, len = 4;
    if (m.base >= X64_RIP)
        return put_mem_no_base(e, p, r, m, imm_len);
    int32_t d = m.disp >> n;
    if (m.disp == 0 && base != 5)
        mod = len = 0;
    else if (x64_is_s8(d) && d * (1 << n) == m.disp)
        mod = 1 << 6, len = 1;
    else
        d = m.disp;
    if (m.index == X64_NONE && base != 4) {
        *p++ = (uint8_t)(mod | r | base);
    } else {
        *p++ = (uint8_t)(mod | r | 4);
        *p++ = (uint8_t)((unsigned)m.scale << 6 | (m.index & 7u) << 3 | base);
    }
    x64_put32(p, (uint32_t)d);
    return p + len;
}

/* REX-like extension bits X and B of a memory operand: bit 1 and bit 0. */
static inline unsigned mem_xb(X64Mem m)
{
    return (m.index & 8u) >> 2 | (m.base & 8u) >> 3;
}

static NO_IPA void long_rr(X64Emit *e, X64Op op, unsigned reg, unsigned rm)
{
    bool force = (op & X64_BYTE_REG && reg >= 4) || (op & X64_BYTE_RM && rm >= 4);
    uint8_t *p = put_opcode(e->p, op, (reg & 8) >> 1 | (rm & 8) >> 3, force);
    *p = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
    e->p = p + 1;
}

void x64_rr(X64Emit *e, X64Op op, unsigned reg, unsigned rm)
{
    x64_room(e);
    if (op & X64_LONG_RR) {
        long_rr(e, op, reg, rm);
        return;
    }
    unsigned rex = (reg & 8) >> 1 | (rm & 8) >> 3 | (op / (X64_W / 8) & 8);
    uint8_t *p = e->p;
    *p = (uint8_t)(0x40 | rex);
    p += rex != 0;
    if (op & 1u << X64_MAP_SHIFT)
        *p++ = 0x0f;
    p[0] = (uint8_t)op;
    p[1] = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
    e->p = p + 2;
}

static NO_IPA void long_rm(X64Emit *e, X64Op op, unsigned reg, X64Mem m, unsigned imm_len)
{
    bool force = op & X64_BYTE_REG && reg >= 4;
    uint8_t *p = put_opcode(e->p, op, (reg & 8) >> 1 | mem_xb(m), force);
    e->p = put_mem(e, p, reg, m, 0, imm_len);
}

void x64_rm_any(X64Emit *e, X64Op op, unsigned reg, X64Mem m, unsigned imm_len)
{
    x64_room(e);
    if (op & X64_LONG_RM || m.index != X64_NONE || m.base >= X64_RIP) {
        long_rm(e, op, reg, m, imm_len);
        return;
    }
    unsigned rex = (reg & 8) >> 1 | m.base >> 3 | (op / (X64_W / 8) & 8), base = m.base & 7;
    uint8_t *p = e->p;
    *p = (uint8_t)(0x40 | rex);
    p += rex != 0;
    if (op & 1u << X64_MAP_SHIFT)
        *p++ = 0x0f;
    *p = (uint8_t)op;
    e->p = x64_put_base_disp(p + 1, (reg & 7) << 3, base, m.disp);
}

/* xb: extension bits of the rm side. */
static inline uint8_t *put_vex(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned xb)
{
    DCHECK(!(op & X64_EVEX_ONLY) && (reg | vvvv) < 16);
    x64_room(e);
    uint8_t *p = e->p;
    unsigned map = op >> X64_MAP_SHIFT & 3, pp = op >> X64_PFX_SHIFT & 3;
    unsigned r = reg & 8 ? 0 : 0x80, v = (~vvvv & 15) << 3 | pp | (op & X64_L256 ? 4 : 0);
    if (map == 1 && !(op & X64_W) && !xb) {
        x64_put32(p, 0xc5 | (r | v) << 8 | (op & 0xff) << 16);
        return p + 3;
    }
    x64_put32(p, 0xc4 | (r | (~xb & 3) << 5 | map) << 8 | ((op & X64_W ? 0x80u : 0) | v) << 16 |
                     op << 24);
    return p + 4;
}

void x64_vex_rrr(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned rm)
{
    DCHECK(rm < 16);
    uint8_t *p = put_vex(e, op, reg, vvvv, rm >> 3);
    *p = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
    e->p = p + 1;
}

void x64_vex_rrm(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, X64Mem m, unsigned imm_len)
{
    e->p = put_mem(e, put_vex(e, op, reg, vvvv, mem_xb(m)), reg, m, 0, imm_len);
}

static inline uint8_t *put_evex(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned xb,
                                unsigned k)
{
    DCHECK(!(op & X64_NO_EVEX));
    x64_room(e);
    uint8_t *p = e->p;
    unsigned p0 = op >> X64_MAP_SHIFT & 3;
    p0 |= (~xb & 3) << 5 | (reg & 8 ? 0 : 0x80u) | (reg & 16 ? 0 : 0x10u);
    unsigned p1 = (op & X64_EW ? 0x80u : 0) | (~vvvv & 15) << 3 | 4 | (op >> X64_PFX_SHIFT & 3);
    unsigned p2 = (vvvv & 16 ? 0 : 8u) | (op & X64_L256 ? 0x20u : 0) | k; /* no zeroing */
    x64_put32(p, 0x62 | p0 << 8 | p1 << 16 | p2 << 24);
    p[4] = (uint8_t)op;
    return p + 5;
}

void x64_evex_rrr(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned rm, unsigned k)
{
    uint8_t *p = put_evex(e, op, reg, vvvv, (rm >> 3 & 1) | (rm >> 4 & 1) << 1, k);
    *p = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
    e->p = p + 1;
}

void x64_evex_rrm(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, X64Mem m, unsigned k,
                  unsigned imm_len)
{
    uint8_t *p = put_evex(e, op, reg, vvvv, mem_xb(m), k);
    e->p = put_mem(e, p, reg, m, op >> X64_N_SHIFT & 7, imm_len);
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

void x64_alu_ri(X64Emit *e, X64Alu a, unsigned size, unsigned dst, int32_t imm)
{
    if (size >= 2 && x64_is_s8(imm)) {
        x64_plain_rr(e, 0x83, size == 3, a, dst);
        x64_u8(e, (uint8_t)imm);
    } else if (size && x64_is_s8(imm)) {
        x64_rr(e, x64_sized(X64_OP(0, 0, 0x82), size), a, dst);
        x64_u8(e, (uint8_t)imm);
    } else {
        x64_rr(e, x64_sized_ext(X64_OP(0, 0, 0x80), size), a, dst);
        x64_imm(e, size, imm);
    }
}

void x64_shift_ri(X64Emit *e, X64Shift s, unsigned size, unsigned r, unsigned imm)
{
    if (size >= 2)
        x64_plain_rr(e, 0xc1, size == 3, s, r);
    else
        x64_rr(e, x64_sized_ext(X64_OP(0, 0, 0xc0), size), s, r);
    x64_u8(e, imm);
}

void x64_lea_index(X64Emit *e, bool wide, unsigned dst, unsigned base, unsigned index,
                   unsigned scale)
{
    x64_room(e);
    unsigned rex = (dst & 8) >> 1 | (index & 8) >> 2 | base >> 3 | (unsigned)wide << 3;
    unsigned disp8 = (base & 7) == 5; /* no form without a displacement */
    uint8_t *p = e->p;
    *p = (uint8_t)(0x40 | rex);
    p += rex != 0;
    p[0] = 0x8d;
    p[1] = (uint8_t)(disp8 << 6 | (dst & 7) << 3 | 4);
    p[2] = (uint8_t)(scale << 6 | (index & 7) << 3 | (base & 7));
    p[3] = 0;
    e->p = p + 3 + disp8;
}

void x64_test_ri(X64Emit *e, unsigned size, unsigned a, int32_t imm)
{
    x64_rr(e, x64_sized_ext(X64_OP(0, 0, 0xf6), size), 0, a);
    x64_imm(e, size, imm);
}

void x64_test_mi(X64Emit *e, unsigned size, X64Mem m, int32_t imm)
{
    x64_rm(e, x64_sized_ext(X64_OP(0, 0, 0xf6), size), 0, m, x64_imm_bytes(size));
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
    x64_rm(e, x64_sized_ext(X64_OP(0, 0, 0xc6), size), 0, m, x64_imm_bytes(size));
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
