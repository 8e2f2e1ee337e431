/*
 * Listings of FP and SIMD operands. Kinds start with v; their arguments are the row's fields in the
 * order that the head of each function gives. Spelling as objdump's.
 */
#include "a64_print.h"

static const char size_letters[] = "bhsdq";

/* v3.8h: element size log2, whole register or half */
static void put_vec(PrintCtx *c, int64_t reg, unsigned size, bool full)
{
    unsigned lanes = (full ? 16u : 8u) >> size;
    sb_printf(c->out, "v%d.%u%c", (int)reg & 31, lanes, size_letters[size]);
}

static void put_elem(PrintCtx *c, int64_t reg, unsigned size, int64_t index)
{
    sb_printf(c->out, "v%d.%c[%d]", (int)reg, size_letters[size], (int)index);
}

static unsigned lowest_bit(int64_t v)
{
    return v ? (unsigned)__builtin_ctzll((uint64_t)v) : 0;
}

static unsigned highest_bit(int64_t v)
{
    return v ? 63 - (unsigned)__builtin_clzll((uint64_t)v) : 0;
}

/* size, reg; param: how much wider */
static void kind_scalar(PrintCtx *c, int param)
{
    sb_printf(c->out, "%c%d", size_letters[c->arg[0] + param], (int)c->arg[1]);
}

/* reg, size, Q; param: how much wider */
static void kind_vec(PrintCtx *c, int param)
{
    put_vec(c, c->arg[0], (unsigned)c->arg[1] + (unsigned)param, c->arg[2]);
}

/* reg, size: a whole register; param: how much wider */
static void kind_vec_full(PrintCtx *c, int param)
{
    put_vec(c, c->arg[0], (unsigned)c->arg[1] + (unsigned)param, true);
}

/* reg, Q; param: element size */
static void kind_vec_q(PrintCtx *c, int param)
{
    put_vec(c, c->arg[0], (unsigned)param, c->arg[1]);
}

/* reg, Q: one lane is spelled as the scalar */
static void kind_vd2(PrintCtx *c, int param)
{
    if (c->arg[1]) {
        put_vec(c, c->arg[0], 3, true);
    } else {
        a64_put_reg(c, 'd', c->arg[0]);
    }
}

/* reg, Q: two half-precision lanes or four */
static void kind_vh4(PrintCtx *c, int param)
{
    sb_printf(c->out, "v%d.%dh", (int)c->arg[0], c->arg[1] ? 4 : 2);
}

static void kind_q2(PrintCtx *c, int param)
{
    sb_puts(c->out, c->arg[0] ? "2" : "");
}

static void kind_bt(PrintCtx *c, int param)
{
    sb_puts(c->out, c->arg[0] ? "t" : "b");
}

/* reg, imm5, Q */
static void kind_v5(PrintCtx *c, int param)
{
    put_vec(c, c->arg[0], lowest_bit(c->arg[1]), c->arg[2]);
}

/* reg, imm5 */
static void kind_vel5(PrintCtx *c, int param)
{
    unsigned size = lowest_bit(c->arg[1]);
    put_elem(c, c->arg[0], size, c->arg[1] >> (size + 1));
}

/* reg, imm5, imm4 */
static void kind_vel4(PrintCtx *c, int param)
{
    unsigned size = lowest_bit(c->arg[1]);
    put_elem(c, c->arg[0], size, c->arg[2] >> size);
}

/* reg, imm5 */
static void kind_vsc5(PrintCtx *c, int param)
{
    a64_put_reg(c, size_letters[lowest_bit(c->arg[1])], c->arg[0]);
}

static void kind_vgr5(PrintCtx *c, int param)
{
    a64_put_reg(c, lowest_bit(c->arg[1]) == 3 ? 'x' : 'w', c->arg[0]);
}

/* Q, reg */
static void kind_vgrq(PrintCtx *c, int param)
{
    a64_put_reg(c, c->arg[0] ? 'x' : 'w', c->arg[1]);
}

/* size, H, L, M, rm of an indexed element; param 1: pairs of a complex number */
static void kind_velem(PrintCtx *c, int param)
{
    int64_t h = c->arg[1], l = c->arg[2], m = c->arg[3], rm = c->arg[4];
    bool half = c->arg[0] == 1;
    if (param) {
        put_elem(c, m << 4 | rm, half ? 1 : 2, half ? h << 1 | l : h);
    } else if (half) {
        put_elem(c, rm, 1, h << 2 | l << 1 | m);
    } else {
        put_elem(c, m << 4 | rm, 2, h << 1 | l);
    }
}

/* sz, H, L, M, rm */
static void kind_velemf(PrintCtx *c, int param)
{
    int64_t reg = c->arg[3] << 4 | c->arg[4];
    bool dbl = c->arg[0];
    put_elem(c, reg, dbl ? 3 : 2, dbl ? c->arg[1] : c->arg[1] << 1 | c->arg[2]);
}

/* H, L, M, rm */
static void kind_velemh(PrintCtx *c, int param)
{
    put_elem(c, c->arg[3], 1, c->arg[0] << 2 | c->arg[1] << 1 | c->arg[2]);
}

/* H, L, M, rm: four bytes (param 4) or two halves (param 2) as one element */
static void kind_velem_group(PrintCtx *c, int param)
{
    sb_printf(c->out, "v%d.%d%c[%d]", (int)(c->arg[2] << 4 | c->arg[3]), param,
              param == 4 ? 'b' : 'h', (int)(c->arg[0] << 1 | c->arg[1]));
}

/* The expanded 8-bit float: 1.xxxx * 2^(-3..4), in the form of printf's %.18e */
static void put_fp_imm(PrintCtx *c, unsigned imm8)
{
    unsigned exp = ((imm8 >> 4 & 7) ^ 4);      /* 0..7: -3..4 */
    uint64_t n = (16ull + (imm8 & 15)) << exp; /* the value times 128 */
    int e10 = n >= 1280 ? 1 : n >= 128 ? 0 : -1;
    uint64_t unit = e10 > 0 ? 781250000000000u : e10 == 0 ? 7812500000000000u : 78125000000000000u;
    uint64_t digits = n * unit, whole = 1000000000000000000u;
    sb_printf(c->out, "#%s%d.", imm8 & 0x80 ? "-" : "", (int)(digits / whole));
    digits %= whole;
    for (uint64_t place = whole / 10; place; place /= 10) {
        sb_putc(c->out, (char)('0' + digits / place % 10));
    }
    sb_printf(c->out, "e%s0%d", e10 < 0 ? "-" : "+", e10 < 0 ? -e10 : e10);
}

static void kind_vfpimm(PrintCtx *c, int param)
{
    put_fp_imm(c, (unsigned)c->arg[0]);
}

/* abc, defgh */
static void kind_vmif(PrintCtx *c, int param)
{
    put_fp_imm(c, (unsigned)(c->arg[0] << 5 | c->arg[1]));
}

static void kind_vmi(PrintCtx *c, int param)
{
    sb_printf(c->out, "#0x%x", (unsigned)(c->arg[0] << 5 | c->arg[1]));
}

/* Each bit of the immediate becomes a byte. */
static void kind_vmi64(PrintCtx *c, int param)
{
    uint64_t v = 0;
    unsigned imm8 = (unsigned)(c->arg[0] << 5 | c->arg[1]);
    for (unsigned i = 0; i < 8; i++) {
        v |= imm8 >> i & 1 ? 0xffull << 8 * i : 0;
    }
    sb_printf(c->out, "#0x%llx", (unsigned long long)v);
}

/* cmode: the shift of a modified immediate */
static void kind_vmis(PrintCtx *c, int param)
{
    unsigned cmode = (unsigned)c->arg[0];
    bool ones = (cmode & 14) == 12;
    unsigned shift = ones ? 8u << (cmode & 1) : cmode & 8 ? (cmode & 2) * 4 : (cmode >> 1 & 3) * 8;
    if (shift && cmode < 14) {
        sb_printf(c->out, ", %s #%u", ones ? "msl" : "lsl", shift);
    }
}

/* reg, immh, Q */
static void kind_vi(PrintCtx *c, int param)
{
    put_vec(c, c->arg[0], highest_bit(c->arg[1]), c->arg[2]);
}

/* reg, immh */
static void kind_viw(PrintCtx *c, int param)
{
    put_vec(c, c->arg[0], highest_bit(c->arg[1]) + 1, true);
}

/* immh, reg; param: how much wider */
static void kind_vsci(PrintCtx *c, int param)
{
    a64_put_reg(c, size_letters[highest_bit(c->arg[0]) + (unsigned)param], c->arg[1]);
}

/* immh, immb; param 1: a right shift */
static void kind_vshift(PrintCtx *c, int param)
{
    int bits = 8 << highest_bit(c->arg[0]);
    int v = (int)(c->arg[0] << 3 | c->arg[1]);
    sb_printf(c->out, "#%d", param ? 2 * bits - v : v - bits);
}

/* The argument subtracted from param */
static void kind_from(PrintCtx *c, int param)
{
    sb_printf(c->out, "#%d", param - (int)c->arg[0]);
}

static void kind_vshll(PrintCtx *c, int param)
{
    sb_printf(c->out, "#%d", 8 << c->arg[0]);
}

/* param: the step in degrees; rotations of FCADD are 90 and 270 */
static void kind_vrot(PrintCtx *c, int param)
{
    sb_printf(c->out, "#%d", (int)c->arg[0] * param + (param == 180 ? 90 : 0));
}

static void kind_vsm3(PrintCtx *c, int param)
{
    sb_printf(c->out, "%d%c", (int)(c->arg[0] >> 1) + 1, c->arg[0] & 1 ? 'b' : 'a');
}

/* reg, sz: the two lanes that are combined */
static void kind_vpair(PrintCtx *c, int param)
{
    put_vec(c, c->arg[0], c->arg[1] ? 3 : 2, c->arg[1]);
}

/* {v0.4s-v3.4s}, or each by name up to two and where the numbers wrap; suffix such as "4s" */
static void put_list(PrintCtx *c, int64_t first, unsigned n, const char *suffix)
{
    unsigned last = ((unsigned)first + n - 1) & 31;
    sb_putc(c->out, '{');
    if (n > 2 && last > (unsigned)first) {
        sb_printf(c->out, "v%d.%s-v%u.%s", (int)first, suffix, last, suffix);
    } else {
        for (unsigned i = 0; i < n; i++) {
            sb_printf(c->out, "%sv%u.%s", i ? ", " : "", ((unsigned)first + i) & 31, suffix);
        }
    }
    sb_putc(c->out, '}');
}

static void put_list_of(PrintCtx *c, int64_t first, unsigned n, unsigned size, bool full)
{
    char text[8];
    StrBuf sb = STRBUF_ON(text);
    sb_printf(&sb, "%u%c", (full ? 16u : 8u) >> size, size_letters[size]);
    put_list(c, first, n, text);
}

/* Registers of LD1-4/ST1-4, multiple structures, by opcode */
static unsigned list_count(int64_t opcode)
{
    static const uint8_t counts[16] = {
        [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2};
    return counts[opcode & 15];
}

/* opcode, rt, size, Q */
static void kind_vlist(PrintCtx *c, int param)
{
    put_list_of(c, c->arg[1], list_count(c->arg[0]), (unsigned)c->arg[2], c->arg[3]);
}

/* R, opcode, rt, size, Q */
static void kind_vlistr(PrintCtx *c, int param)
{
    unsigned n = (unsigned)((c->arg[1] & 1) << 1 | c->arg[0]) + 1;
    put_list_of(c, c->arg[2], n, (unsigned)c->arg[3], c->arg[4]);
}

/* log2 of the element of a single-structure access, by opcode and size */
static unsigned lane_size(int64_t opcode, int64_t size)
{
    unsigned scale = (unsigned)opcode >> 1;
    return scale == 3 ? (unsigned)size : scale == 2 && (size & 1) ? 3 : scale;
}

/* R, opcode, rt, Q, S, size */
static void kind_vlane(PrintCtx *c, int param)
{
    unsigned size = lane_size(c->arg[1], c->arg[5]);
    unsigned n = (unsigned)((c->arg[1] & 1) << 1 | c->arg[0]) + 1;
    unsigned index = (unsigned)(c->arg[3] << 3 | c->arg[4] << 2 | c->arg[5]);
    char suffix[2] = {size_letters[size], 0};
    put_list(c, c->arg[2], n, suffix);
    sb_printf(c->out, "[%u]", index >> size);
}

static void put_post(PrintCtx *c, int64_t rm, unsigned bytes)
{
    if (rm == A64_REG_31) {
        sb_printf(c->out, "#%u", bytes);
    } else {
        a64_put_reg(c, 'x', rm);
    }
}

/* rm, opcode, Q */
static void kind_vpostm(PrintCtx *c, int param)
{
    put_post(c, c->arg[0], list_count(c->arg[1]) * (c->arg[2] ? 16u : 8u));
}

/* rm, R, opcode, size */
static void kind_vposts(PrintCtx *c, int param)
{
    unsigned n = (unsigned)((c->arg[2] & 1) << 1 | c->arg[1]) + 1;
    put_post(c, c->arg[0], n << lane_size(c->arg[2], c->arg[3]));
}

/* rn, len */
static void kind_vtab(PrintCtx *c, int param)
{
    put_list(c, c->arg[0], (unsigned)c->arg[1] + 1, "16b");
}

const PrintKind a64_print_simd_kinds[] = {
    {"va", kind_vec, 0},
    {"vwp", kind_vec, 1},
    {"vf", kind_vec, 2},
    {"vfn", kind_vec, 1},
    {"vw", kind_vec_full, 1},
    {"vfw", kind_vec_full, 2},
    {"vbb", kind_vec_q, 0},
    {"vh8", kind_vec_q, 1},
    {"vs4", kind_vec_q, 2},
    {"vd2", kind_vd2, 0},
    {"vh4", kind_vh4, 0},
    {"vq2", kind_q2, 0},
    {"vbt", kind_bt, 0},
    {"v5", kind_v5, 0},
    {"vel5", kind_vel5, 0},
    {"vel4", kind_vel4, 0},
    {"vsc5", kind_vsc5, 0},
    {"vgr5", kind_vgr5, 0},
    {"vgrq", kind_vgrq, 0},
    {"velem", kind_velem, 0},
    {"velemc", kind_velem, 1},
    {"velemf", kind_velemf, 0},
    {"velemh", kind_velemh, 0},
    {"velem4b", kind_velem_group, 4},
    {"velem2h", kind_velem_group, 2},
    {"vfpimm", kind_vfpimm, 0},
    {"vmif", kind_vmif, 0},
    {"vmi", kind_vmi, 0},
    {"vmi64", kind_vmi64, 0},
    {"vmis", kind_vmis, 0},
    {"vi", kind_vi, 0},
    {"viw", kind_viw, 0},
    {"vsci", kind_vsci, 0},
    {"vsciw", kind_vsci, 1},
    {"vshr", kind_vshift, 1},
    {"vshl", kind_vshift, 0},
    {"vshrh", kind_from, 16},
    {"vscale", kind_from, 64},
    {"vshll", kind_vshll, 0},
    {"vrot", kind_vrot, 90},
    {"vrot1", kind_vrot, 180},
    {"vsm3", kind_vsm3, 0},
    {"vpair", kind_vpair, 0},
    {"vfr", kind_scalar, 2},
    {"vsc", kind_scalar, 0},
    {"vscw", kind_scalar, 1},
    {"vlist", kind_vlist, 0},
    {"vlistr", kind_vlistr, 0},
    {"vlane", kind_vlane, 0},
    {"vpostm", kind_vpostm, 0},
    {"vposts", kind_vposts, 0},
    {"vtab", kind_vtab, 0},
    {NULL, NULL, 0},
};
