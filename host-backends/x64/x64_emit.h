/*
 * The x86-64 encoder: every function appends one instruction at e->p.
 *
 * An opcode is one X64Op word: opcode byte, map, mandatory prefix, W and a few encoding facts; the
 * three encoders (legacy, VEX, EVEX) all read the same word. Registers are 0..15 general and 0..31
 * vector, without an offset. Memory is base + index << scale + disp, or an address reached through
 * rip (X64_RIP: m.abs is the address at run time).
 *
 * Capacity: an instruction that might not fit sets e->overflow and starts over at the beginning of
 * the buffer, so emitting goes on harmlessly; the driver looks at the flag once at the end.
 *
 *     x64_alu_ri(e, ALU_ADD, 3, X64_RAX, 8);                   add rax, 8
 *     x64_load(e, 2, X64_RCX, x64_mem(X64_RBP, -64));          mov ecx, [rbp-64]
 *     x64_sse_rr(e, V_PADDB, 13, 1);                           paddb xmm13, xmm1
 *     x64_vex_rrr(e, V_PADDB, 13, 1, 2);                       vpaddb xmm13, xmm1, xmm2
 *
 * Operand sizes of integer instructions are log2 of bytes: 0 byte, 1 word, 2 dword, 3 qword.
 */
#ifndef FERRY_X64_EMIT_H
#define FERRY_X64_EMIT_H

#include <string.h>
#include "types.h"

typedef struct X64Emit {
    uint8_t *p;     /* next byte */
    uint8_t *base;  /* first byte */
    uint8_t *limit; /* the last place at which an instruction may begin */
    uint64_t rx;    /* address at which base will run */
    bool overflow;
} X64Emit;

enum { X64_ROOM = 24 }; /* bytes that an encoder may write, more than an instruction has */

/* Code goes to rw[0..cap) and will run at rx; cap is at least X64_ROOM. */
static inline X64Emit x64_emit_to(uint8_t *rw, size_t cap, uint64_t rx)
{
    return (X64Emit){.p = rw, .base = rw, .limit = rw + cap - X64_ROOM, .rx = rx};
}

typedef enum X64Reg {
    X64_RAX,
    X64_RCX,
    X64_RDX,
    X64_RBX,
    X64_RSP,
    X64_RBP,
    X64_RSI,
    X64_RDI,
    X64_R8,
    X64_R9,
    X64_R10,
    X64_R11,
    X64_R12,
    X64_R13,
    X64_R14,
    X64_R15,
    /* chosen so that the bits & 8 and & 7 are those that the encoding wants in their place */
    X64_RIP = 0x85,
    X64_NONE = 0x94,
} X64Reg;

typedef struct X64Mem {
    uint8_t base, index; /* X64Reg; base X64_NONE: absolute 32-bit or index only */
    uint8_t scale;       /* log2 */
    int32_t disp;
    uint64_t abs; /* with base X64_RIP */
} X64Mem;

static inline X64Mem x64_mem(unsigned base, int32_t disp)
{
    return (X64Mem){(uint8_t)base, X64_NONE, 0, disp, 0};
}
static inline X64Mem x64_mem_index(unsigned base, unsigned index, unsigned scale, int32_t disp)
{
    return (X64Mem){(uint8_t)base, (uint8_t)index, (uint8_t)scale, disp, 0};
}
static inline X64Mem x64_mem_rip(uint64_t abs)
{
    return (X64Mem){X64_RIP, X64_NONE, 0, 0, abs};
}

/* X64Op: opcode byte | map | prefix | ... */
typedef uint32_t X64Op;
enum {
    X64_MAP_SHIFT = 8,      /* 0 one byte, 1 0F, 2 0F38, 3 0F3A */
    X64_PFX_SHIFT = 10,     /* 0 none, 1 66, 2 F3, 3 F2 */
    X64_W = 1 << 12,        /* REX.W; VEX.W */
    X64_EW = 1 << 13,       /* EVEX.W */
    X64_BYTE_REG = 1 << 14, /* `reg` is a byte register: spl..dil need a REX */
    X64_BYTE_RM = 1 << 15,  /* likewise a register in `rm` */
    X64_EVEX_ONLY = 1 << 16,
    X64_NO_EVEX = 1 << 17,
    X64_N_SHIFT = 18, /* 3 bits: log2 of the memory operand's bytes (EVEX disp8 scale) */
    X64_LOCK = 1 << 21,
    X64_EXT_SHIFT = 22,   /* 3 bits: /n of immediate shift groups */
    X64_DATA16 = 1 << 25, /* 66 besides another prefix */
    X64_L256 = 1 << 26,   /* VEX and EVEX: 256 bits; no memory operand with EVEX */
};
#define X64_OP(pfx, map, opc) ((uint32_t)((opc) | (map) << X64_MAP_SHIFT | (pfx) << X64_PFX_SHIFT))

/* What a legacy op has when more than REX, perhaps 0F, and one opcode byte may be needed. */
#define X64_LONG_RM                                                                                \
    (X64_LOCK | X64_DATA16 | 3u << X64_PFX_SHIFT | 2u << X64_MAP_SHIFT | X64_BYTE_REG)
#define X64_LONG_RR (X64_LONG_RM | X64_BYTE_RM)

/* The encoders. `imm_len`: immediate bytes that follow (needed for rip). */
void x64_rr(X64Emit *e, X64Op op, unsigned reg, unsigned rm);
void x64_rm_any(X64Emit *e, X64Op op, unsigned reg, X64Mem m, unsigned imm_len); /* see x64_rm */
void x64_vex_rrr(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned rm);
void x64_vex_rrm(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, X64Mem m, unsigned imm_len);
void x64_evex_rrr(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned rm, unsigned k);
void x64_evex_rrm(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, X64Mem m, unsigned k,
                  unsigned imm_len);
/* 16-byte nop sequences. */
void x64_nops(X64Emit *e, unsigned n);

static inline uint64_t x64_here(const X64Emit *e)
{
    return e->rx + (uint64_t)(e->p - e->base);
}
static inline uint32_t x64_off(const X64Emit *e)
{
    return (uint32_t)(e->p - e->base);
}
static inline void x64_room(X64Emit *e)
{
    if (UNLIKELY(e->p > e->limit)) {
        e->overflow = true;
        e->p = e->base;
    }
}
static inline void x64_u8(X64Emit *e, unsigned v)
{
    *e->p++ = (uint8_t)v;
}
static inline void x64_u32(X64Emit *e, uint32_t v)
{
    memcpy(e->p, &v, 4);
    e->p += 4;
}
static inline void x64_u64(X64Emit *e, uint64_t v)
{
    memcpy(e->p, &v, 8);
    e->p += 8;
}
static inline bool x64_is_s8(int64_t v)
{
    return v == (int8_t)v;
}
static inline bool x64_is_s32(int64_t v)
{
    return v == (int32_t)v;
}
static inline void x64_put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}
/* [base + disp] without an index. */
static inline uint8_t *x64_put_base_disp(uint8_t *p, unsigned r, unsigned base, int32_t disp)
{
    bool s8 = x64_is_s8(disp);
    unsigned mod = s8 ? 1 << 6 : 2 << 6, len = s8 ? 1 : 4;
    if (disp == 0 && base != 5)
        mod = len = 0;
    *p++ = (uint8_t)(mod | r | base);
    if (base == 4)
        *p++ = 0x24;
    x64_put32(p, (uint32_t)disp);
    return p + len;
}

/*
 * Ops with a memory operand. Where op and address are known to the compiler, as for most fields of
 * the vcpu, only the stores of the bytes are left; the other ones call the encoder.
 */
static inline void x64_rm(X64Emit *e, X64Op op, unsigned reg, X64Mem m, unsigned imm_len)
{
    bool rbp = __builtin_constant_p(m.base) && m.base == X64_RBP && m.index == X64_NONE;
    bool rip = __builtin_constant_p(m.base) && m.base == X64_RIP;
    if (!__builtin_constant_p(op) || op & X64_LONG_RM ||
        !(rip || (rbp && __builtin_constant_p(m.disp)))) {
        x64_rm_any(e, op, reg, m, imm_len);
        return;
    }
    x64_room(e);
    unsigned rex = (reg & 8) >> 1 | (op & X64_W ? 8 : 0), r = (reg & 7) << 3;
    uint8_t *p = e->p;
    *p = (uint8_t)(0x40 | rex);
    p += rex != 0;
    if (op & 1u << X64_MAP_SHIFT)
        *p++ = 0x0f;
    *p++ = (uint8_t)op;
    if (rbp) {
        e->p = x64_put_base_disp(p, r, X64_RBP, m.disp);
        return;
    }
    *p++ = (uint8_t)(r | 5);
    x64_put32(p, (uint32_t)(m.abs - (e->rx + (uint64_t)(p - e->base) + 4 + imm_len)));
    e->p = p + 4;
}
/*
 * mov between a register and [base + disp], 4 or (wide) 8 bytes; opc 8B loads, 89 stores, 8D is
 * lea. The most frequent instruction, where only numbers are unknown to the compiler.
 */
static inline void x64_mov_disp(X64Emit *e, unsigned opc, bool wide, unsigned reg, unsigned base,
                                int32_t disp)
{
    x64_room(e);
    unsigned rex = (reg & 8) >> 1 | base >> 3 | (unsigned)wide << 3;
    uint8_t *p = e->p;
    *p = (uint8_t)(0x40 | rex);
    p += rex != 0;
    *p = (uint8_t)opc;
    e->p = x64_put_base_disp(p + 1, (reg & 7) << 3, base & 7, disp);
}
/* The frequent case of x64_rr: one opcode byte and two registers, 4 or (wide) 8 bytes of them. */
static inline void x64_plain_rr(X64Emit *e, unsigned opc, bool wide, unsigned reg, unsigned rm)
{
    x64_room(e);
    unsigned rex = (reg & 8) >> 1 | rm >> 3 | (unsigned)wide << 3;
    uint8_t *p = e->p;
    *p = (uint8_t)(0x40 | rex);
    p += rex != 0;
    p[0] = (uint8_t)opc;
    p[1] = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
    e->p = p + 2;
}
/* An opcode without operands. */
static inline void x64_op0(X64Emit *e, unsigned opc)
{
    x64_room(e);
    x64_u8(e, opc);
}

/* ---- integer instructions ------------------------------------------------------------------ */

enum { X64_P66 = 1, X64_PF3 = 2, X64_PF2 = 3 };

/* Opcode pair op/op+1 for bytes and larger ones, with 66 or REX.W by size. */
static inline X64Op x64_sized(X64Op op, unsigned size)
{
    static const uint32_t by_size[4] = {X64_BYTE_REG | X64_BYTE_RM, 1 | X64_P66 << X64_PFX_SHIFT, 1,
                                        1 | X64_W};
    return op | by_size[size];
}
/* The same where `reg` is an opcode extension. */
static inline X64Op x64_sized_ext(X64Op op, unsigned size)
{
    return x64_sized(op, size) & ~(uint32_t)X64_BYTE_REG;
}
/* For opcodes without a byte form. */
static inline X64Op x64_wide(X64Op op, unsigned size)
{
    return size == 3 ? op | X64_W : size == 1 ? op | X64_DATA16 : op;
}

typedef enum X64Alu {
    ALU_ADD,
    ALU_OR,
    ALU_ADC,
    ALU_SBB,
    ALU_AND,
    ALU_SUB,
    ALU_XOR,
    ALU_CMP
} X64Alu;
typedef enum X64Shift { SH_ROL, SH_ROR, SH_RCL, SH_RCR, SH_SHL, SH_SHR, SH_SAR = 7 } X64Shift;
typedef enum X64Un { UN_NOT = 2, UN_NEG, UN_MUL, UN_IMUL, UN_DIV, UN_IDIV } X64Un;
typedef enum X64Cc {
    X64_O,
    X64_NO,
    X64_B,
    X64_AE,
    X64_E,
    X64_NE,
    X64_BE,
    X64_A,
    X64_S,
    X64_NS,
    X64_P,
    X64_NP,
    X64_L,
    X64_GE,
    X64_LE,
    X64_G,
} X64Cc;

static inline void x64_alu_rr(X64Emit *e, X64Alu a, unsigned size, unsigned dst, unsigned src)
{
    x64_rr(e, x64_sized(X64_OP(0, 0, (unsigned)a << 3), size), src, dst);
}
static inline void x64_alu_rm(X64Emit *e, X64Alu a, unsigned size, unsigned dst, X64Mem m)
{
    x64_rm(e, x64_sized(X64_OP(0, 0, (unsigned)a << 3 | 2), size), dst, m, 0);
}
static inline void x64_alu_mr(X64Emit *e, X64Alu a, unsigned size, X64Mem m, unsigned src)
{
    x64_rm(e, x64_sized(X64_OP(0, 0, (unsigned)a << 3), size), src, m, 0);
}
static inline void x64_lock_alu_mr(X64Emit *e, X64Alu a, unsigned size, X64Mem m, unsigned src)
{
    x64_rm(e, x64_sized(X64_OP(0, 0, (unsigned)a << 3), size) | X64_LOCK, src, m, 0);
}
void x64_imm(X64Emit *e, unsigned size, int32_t imm);
void x64_alu_ri(X64Emit *e, X64Alu a, unsigned size, unsigned dst, int32_t imm);
static inline unsigned x64_imm_bytes(unsigned size)
{
    return size == 0 ? 1 : size == 1 ? 2 : 4;
}
static inline void x64_alu_mi(X64Emit *e, X64Alu a, unsigned size, X64Mem m, int32_t imm)
{
    if (size && x64_is_s8(imm)) {
        x64_rm(e, x64_sized_ext(X64_OP(0, 0, 0x82), size), a, m, 1);
        x64_u8(e, (uint8_t)imm);
    } else {
        x64_rm(e, x64_sized_ext(X64_OP(0, 0, 0x80), size), a, m, x64_imm_bytes(size));
        x64_imm(e, size, imm);
    }
}

static inline void x64_test_rr(X64Emit *e, unsigned size, unsigned a, unsigned b)
{
    x64_rr(e, x64_sized(X64_OP(0, 0, 0x84), size), b, a);
}
void x64_test_ri(X64Emit *e, unsigned size, unsigned a, int32_t imm);
void x64_test_mi(X64Emit *e, unsigned size, X64Mem m, int32_t imm);

/* mov; a 32-bit one clears the upper half. */
static inline void x64_mov_rr(X64Emit *e, unsigned size, unsigned dst, unsigned src)
{
    x64_rr(e, x64_sized(X64_OP(0, 0, 0x88), size), src, dst);
}
/* 4 or (wide) 8 bytes of it. */
static inline void x64_copy(X64Emit *e, bool wide, unsigned dst, unsigned src)
{
    x64_plain_rr(e, 0x89, wide, src, dst);
}
void x64_mov_ri(X64Emit *e, unsigned dst, uint64_t imm); /* shortest that keeps the flags */
static inline void x64_load(X64Emit *e, unsigned size, unsigned dst, X64Mem m)
{
    x64_rm(e, x64_sized(X64_OP(0, 0, 0x8a), size), dst, m, 0);
}
static inline void x64_store(X64Emit *e, unsigned size, X64Mem m, unsigned src)
{
    x64_rm(e, x64_sized(X64_OP(0, 0, 0x88), size), src, m, 0);
}
void x64_store_imm(X64Emit *e, unsigned size, X64Mem m, int32_t imm);

/* Zero and sign extension from `from` (0..2) to a 32 or 64-bit register. */
static inline X64Op x64_ext_op(bool sign, unsigned from, unsigned to)
{
    if (from == 2)
        return sign ? X64_OP(0, 0, 0x63) | X64_W : X64_OP(0, 0, 0x8b);
    X64Op op = X64_OP(0, 1, (sign ? 0xbeu : 0xb6u) | from);
    if (from == 0)
        op |= X64_BYTE_RM;
    return sign && to == 3 ? op | X64_W : op;
}
static inline void x64_ext_rr(X64Emit *e, bool sign, unsigned from, unsigned to, unsigned dst,
                              unsigned src)
{
    x64_rr(e, x64_ext_op(sign, from, to), dst, src);
}
static inline void x64_ext_rm(X64Emit *e, bool sign, unsigned from, unsigned to, unsigned dst,
                              X64Mem m)
{
    x64_rm(e, x64_ext_op(sign, from, to), dst, m, 0);
}

static inline void x64_lea(X64Emit *e, unsigned size, unsigned dst, X64Mem m)
{
    x64_rm(e, x64_wide(X64_OP(0, 0, 0x8d), size), dst, m, 0);
}
/* dst = base + (index << scale), 4 or (wide) 8 bytes */
void x64_lea_index(X64Emit *e, bool wide, unsigned dst, unsigned base, unsigned index,
                   unsigned scale);
static inline void x64_imul_rr(X64Emit *e, unsigned size, unsigned dst, unsigned src)
{
    x64_rr(e, x64_wide(X64_OP(0, 1, 0xaf), size), dst, src);
}
static inline void x64_imul_rm(X64Emit *e, unsigned size, unsigned dst, X64Mem m)
{
    x64_rm(e, x64_wide(X64_OP(0, 1, 0xaf), size), dst, m, 0);
}
void x64_imul_rri(X64Emit *e, unsigned size, unsigned dst, unsigned src, int32_t imm);
/* not, neg; mul, imul, div, idiv of rdx:rax. */
static inline void x64_un_r(X64Emit *e, X64Un op, unsigned size, unsigned r)
{
    x64_rr(e, x64_sized_ext(X64_OP(0, 0, 0xf6), size), op, r);
}
static inline void x64_un_m(X64Emit *e, X64Un op, unsigned size, X64Mem m)
{
    x64_rm(e, x64_sized_ext(X64_OP(0, 0, 0xf6), size), op, m, 0);
}
static inline void x64_shift_cl(X64Emit *e, X64Shift s, unsigned size, unsigned r)
{
    x64_rr(e, x64_sized_ext(X64_OP(0, 0, 0xd2), size), s, r);
}
void x64_shift_ri(X64Emit *e, X64Shift s, unsigned size, unsigned r, unsigned imm);
/* shrd dst, src, imm: dst = (src:dst) >> imm */
static inline void x64_shrd(X64Emit *e, unsigned size, unsigned dst, unsigned src, unsigned imm)
{
    x64_rr(e, x64_wide(X64_OP(0, 1, 0xac), size), src, dst);
    x64_u8(e, imm);
}
static inline void x64_shld(X64Emit *e, unsigned size, unsigned dst, unsigned src, unsigned imm)
{
    x64_rr(e, x64_wide(X64_OP(0, 1, 0xa4), size), src, dst);
    x64_u8(e, imm);
}
/* BMI2: dst = src shifted by `by`; flags kept. */
static inline void x64_shx(X64Emit *e, X64Shift s, unsigned size, unsigned dst, unsigned src,
                           unsigned by)
{
    unsigned pfx = s == SH_SHL ? X64_P66 : s == SH_SAR ? X64_PF3 : X64_PF2;
    x64_vex_rrr(e, X64_OP(pfx, 2, 0xf7) | (size == 3 ? X64_W : 0), dst, by, src);
}
static inline void x64_rorx(X64Emit *e, unsigned size, unsigned dst, unsigned src, unsigned imm)
{
    x64_vex_rrr(e, X64_OP(X64_PF2, 3, 0xf0) | (size == 3 ? X64_W : 0), dst, 0, src);
    x64_u8(e, imm);
}
/* BMI1: dst = ~a & b */
static inline void x64_andn(X64Emit *e, unsigned size, unsigned dst, unsigned a, unsigned b)
{
    x64_vex_rrr(e, X64_OP(0, 2, 0xf2) | (size == 3 ? X64_W : 0), dst, a, b);
}
static inline void x64_bt_ri(X64Emit *e, unsigned size, unsigned r, unsigned bit)
{
    x64_rr(e, x64_wide(X64_OP(0, 1, 0xba), size), 4, r);
    x64_u8(e, bit);
}
/* Bit counts by X64Op: dst = f(src). */
#define X64_BSF    X64_OP(0, 1, 0xbc)
#define X64_BSR    X64_OP(0, 1, 0xbd)
#define X64_TZCNT  X64_OP(X64_PF3, 1, 0xbc)
#define X64_LZCNT  X64_OP(X64_PF3, 1, 0xbd)
#define X64_POPCNT X64_OP(X64_PF3, 1, 0xb8)
static inline void x64_bits_rr(X64Emit *e, X64Op op, unsigned size, unsigned dst, unsigned src)
{
    x64_rr(e, x64_wide(op, size), dst, src);
}
static inline void x64_bswap(X64Emit *e, unsigned size, unsigned r)
{
    x64_room(e);
    unsigned rex = (size == 3 ? 8u : 0) | r >> 3;
    if (rex)
        x64_u8(e, 0x40 | rex);
    x64_u8(e, 0x0f);
    x64_u8(e, 0xc8 | (r & 7));
}
/* SSE4.2 crc32 of a value of `size` bytes log2. */
static inline void x64_crc32(X64Emit *e, unsigned size, unsigned dst, unsigned src)
{
    X64Op op = X64_OP(X64_PF2, 2, size ? 0xf1 : 0xf0);
    x64_rr(e, size == 0 ? op | X64_BYTE_RM : x64_wide(op, size), dst, src);
}
static inline void x64_setcc(X64Emit *e, X64Cc cc, unsigned r)
{
    x64_rr(e, X64_OP(0, 1, 0x90u | cc) | X64_BYTE_RM, 0, r);
}
static inline void x64_cmov(X64Emit *e, X64Cc cc, unsigned size, unsigned dst, unsigned src)
{
    x64_rr(e, x64_wide(X64_OP(0, 1, 0x40u | cc), size), dst, src);
}
static inline void x64_cmov_m(X64Emit *e, X64Cc cc, unsigned size, unsigned dst, X64Mem m)
{
    x64_rm(e, x64_wide(X64_OP(0, 1, 0x40u | cc), size), dst, m, 0);
}
static inline void x64_xchg_mr(X64Emit *e, unsigned size, X64Mem m, unsigned r)
{
    x64_rm(e, x64_sized(X64_OP(0, 0, 0x86), size), r, m, 0);
}
static inline void x64_xchg_rr(X64Emit *e, unsigned size, unsigned a, unsigned b)
{
    x64_rr(e, x64_sized(X64_OP(0, 0, 0x86), size), b, a);
}
static inline void x64_lock_cmpxchg(X64Emit *e, unsigned size, X64Mem m, unsigned src)
{
    x64_rm(e, x64_sized(X64_OP(0, 1, 0xb0), size) | X64_LOCK, src, m, 0);
}
static inline void x64_lock_xadd(X64Emit *e, unsigned size, X64Mem m, unsigned src)
{
    x64_rm(e, x64_sized(X64_OP(0, 1, 0xc0), size) | X64_LOCK, src, m, 0);
}
static inline void x64_lock_cmpxchg16b(X64Emit *e, X64Mem m)
{
    x64_rm(e, X64_OP(0, 1, 0xc7) | X64_W | X64_LOCK, 1, m, 0);
}
static inline void x64_push(X64Emit *e, unsigned r)
{
    x64_room(e);
    if (r >= 8)
        x64_u8(e, 0x41);
    x64_u8(e, 0x50 | (r & 7));
}
static inline void x64_pop(X64Emit *e, unsigned r)
{
    x64_room(e);
    if (r >= 8)
        x64_u8(e, 0x41);
    x64_u8(e, 0x58 | (r & 7));
}
static inline void x64_push_imm(X64Emit *e, int32_t imm)
{
    x64_room(e);
    x64_u8(e, 0x68);
    x64_u32(e, (uint32_t)imm);
}
static inline void x64_push_m(X64Emit *e, X64Mem m)
{
    x64_rm(e, X64_OP(0, 0, 0xff), 6, m, 0);
}
static inline void x64_jmp_r(X64Emit *e, unsigned r)
{
    x64_rr(e, X64_OP(0, 0, 0xff), 4, r);
}
static inline void x64_jmp_m(X64Emit *e, X64Mem m)
{
    x64_rm(e, X64_OP(0, 0, 0xff), 4, m, 0);
}
static inline void x64_call_r(X64Emit *e, unsigned r)
{
    x64_rr(e, X64_OP(0, 0, 0xff), 2, r);
}
static inline void x64_call_m(X64Emit *e, X64Mem m)
{
    x64_rm(e, X64_OP(0, 0, 0xff), 2, m, 0);
}
static inline void x64_ret(X64Emit *e)
{
    x64_op0(e, 0xc3);
}
static inline void x64_lahf(X64Emit *e)
{
    x64_op0(e, 0x9f);
}
/* lahf; seto al: the flags of EFLAGS as flags.h packs them, in ax. */
static inline void x64_pack_eflags(X64Emit *e)
{
    x64_room(e);
    x64_put32(e->p, 0xc0900f9f);
    e->p += 4;
}
static inline void x64_sahf(X64Emit *e)
{
    x64_op0(e, 0x9e);
}
static inline void x64_cmc(X64Emit *e)
{
    x64_op0(e, 0xf5);
}
static inline void x64_stc(X64Emit *e)
{
    x64_op0(e, 0xf9);
}
static inline void x64_clc(X64Emit *e)
{
    x64_op0(e, 0xf8);
}
static inline void x64_cdq(X64Emit *e, unsigned size)
{
    x64_room(e);
    if (size == 3)
        x64_u8(e, 0x48);
    x64_u8(e, 0x99);
}
static inline void x64_ud2(X64Emit *e)
{
    x64_room(e);
    x64_u8(e, 0x0f);
    x64_u8(e, 0x0b);
}

/*
 * Jumps. To a known address: x64_jmp / x64_jcc / x64_call (rel32). Forward ones return a patch
 * place (offset after the field) for x64_land8 / x64_land32, which aim it at the current place.
 */
static inline void x64_rel32(X64Emit *e, uint64_t target)
{
    x64_u32(e, (uint32_t)(target - (x64_here(e) + 4)));
}
static inline void x64_jmp(X64Emit *e, uint64_t target)
{
    x64_room(e);
    x64_u8(e, 0xe9);
    x64_rel32(e, target);
}
static inline void x64_call(X64Emit *e, uint64_t target)
{
    x64_room(e);
    x64_u8(e, 0xe8);
    x64_rel32(e, target);
}
static inline void x64_jcc(X64Emit *e, X64Cc cc, uint64_t target)
{
    x64_room(e);
    x64_u8(e, 0x0f);
    x64_u8(e, 0x80u | cc);
    x64_rel32(e, target);
}
static inline uint32_t x64_jmp_fwd32(X64Emit *e)
{
    x64_room(e);
    x64_u8(e, 0xe9);
    x64_u32(e, 0);
    return x64_off(e);
}
static inline uint32_t x64_jcc_fwd32(X64Emit *e, X64Cc cc)
{
    x64_room(e);
    x64_u8(e, 0x0f);
    x64_u8(e, 0x80u | cc);
    x64_u32(e, 0);
    return x64_off(e);
}
static inline uint32_t x64_jmp_fwd8(X64Emit *e)
{
    x64_room(e);
    x64_u8(e, 0xeb);
    x64_u8(e, 0);
    return x64_off(e);
}
static inline uint32_t x64_jcc_fwd8(X64Emit *e, X64Cc cc)
{
    x64_room(e);
    x64_u8(e, 0x70u | cc);
    x64_u8(e, 0);
    return x64_off(e);
}
/* Short jump back to offset `to`. */
static inline void x64_jcc_back8(X64Emit *e, X64Cc cc, uint32_t to)
{
    x64_room(e);
    x64_u8(e, 0x70u | cc);
    x64_u8(e, to - (x64_off(e) + 1));
}
static inline void x64_jmp_back8(X64Emit *e, const uint8_t *to)
{
    x64_room(e);
    e->p[0] = 0xeb;
    e->p[1] = (uint8_t)(to - (e->p + 2));
    e->p += 2;
}
void x64_land8(X64Emit *e, uint32_t at);
/* Aims it at offset `to`. */
static inline void x64_aim32(X64Emit *e, uint32_t at, uint32_t to)
{
    if (UNLIKELY(e->overflow))
        return;
    x64_put32(e->base + at - 4, to - at);
}
static inline void x64_land32(X64Emit *e, uint32_t at)
{
    x64_aim32(e, at, x64_off(e));
}

/* ---- vector instructions ------------------------------------------------------------------- */

#include "x64_vops.h"

/* Immediate vector shifts: `op` V_xxI with its /n inside; legacy and VEX/EVEX forms. */
#define X64_EXT(op) ((op) >> X64_EXT_SHIFT & 7)

/* Legacy SSE: reg is also the first source of two-operand ones. */
static inline void x64_sse_rr(X64Emit *e, X64Op op, unsigned reg, unsigned rm)
{
    x64_rr(e, op, reg, rm);
}
static inline void x64_sse_rm(X64Emit *e, X64Op op, unsigned reg, X64Mem m)
{
    x64_rm(e, op, reg, m, 0);
}
static inline void x64_sse_rri(X64Emit *e, X64Op op, unsigned reg, unsigned rm, unsigned imm)
{
    x64_rr(e, op, reg, rm);
    x64_u8(e, imm);
}
static inline void x64_sse_rmi(X64Emit *e, X64Op op, unsigned reg, X64Mem m, unsigned imm)
{
    x64_rm(e, op, reg, m, 1);
    x64_u8(e, imm);
}
/* psllw reg, imm and the like. */
static inline void x64_sse_shift(X64Emit *e, X64Op op, unsigned reg, unsigned imm)
{
    x64_rr(e, op, X64_EXT(op), reg);
    x64_u8(e, imm);
}

/* AVX level: VEX where it can be, EVEX when a register is above 15 or the op has no VEX form.
 * One-source ops pass vvvv = 0. */
static inline bool x64_avx_evex(X64Op op, unsigned a, unsigned b, unsigned c)
{
    return (op & X64_EVEX_ONLY) || ((a | b | c) & 16);
}
static inline void x64_avx_rrr(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned rm)
{
    if (x64_avx_evex(op, reg, vvvv, rm))
        x64_evex_rrr(e, op, reg, vvvv, rm, 0);
    else
        x64_vex_rrr(e, op, reg, vvvv, rm);
}
static inline void x64_avx_rrri(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, unsigned rm,
                                unsigned imm)
{
    x64_avx_rrr(e, op, reg, vvvv, rm);
    x64_u8(e, imm);
}
static inline void x64_avx_rrm(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, X64Mem m)
{
    if (x64_avx_evex(op, reg, vvvv, 0))
        x64_evex_rrm(e, op, reg, vvvv, m, 0, 0);
    else
        x64_vex_rrm(e, op, reg, vvvv, m, 0);
}
static inline void x64_avx_rrmi(X64Emit *e, X64Op op, unsigned reg, unsigned vvvv, X64Mem m,
                                unsigned imm)
{
    if (x64_avx_evex(op, reg, vvvv, 0))
        x64_evex_rrm(e, op, reg, vvvv, m, 0, 1);
    else
        x64_vex_rrm(e, op, reg, vvvv, m, 1);
    x64_u8(e, imm);
}
/* vpsllw dst, src, imm and the like. */
static inline void x64_avx_shift(X64Emit *e, X64Op op, unsigned dst, unsigned src, unsigned imm)
{
    x64_avx_rrr(e, op, X64_EXT(op), dst, src);
    x64_u8(e, imm);
}
/* vblendvps/pd, vpblendvb: the selector register goes in the immediate. */
static inline void x64_vex_blendv(X64Emit *e, X64Op op, unsigned dst, unsigned a, unsigned b,
                                  unsigned sel)
{
    x64_vex_rrr(e, op, dst, a, b);
    x64_u8(e, sel << 4);
}

#endif
