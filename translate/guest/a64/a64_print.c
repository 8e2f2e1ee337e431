/*
 * Guest listings of A64, from the rows' templates.
 *
 * A template is text with places `{kind:field,...}`; the generator has turned each field name into
 * its place in the word (`5.5` = bit 5, 5 bits; a trailing s: signed). A kind is a small function
 * in the table at the end. The listing is what `objdump -M no-aliases` shows, since one row is one
 * spelling. Example: "add {rs:0.5}, {rs:5.5}, {imm:10.12}{sh12:22.1}" of 0x91000420 gives
 * `add x0, x1, #0x1`.
 *
 * To add a kind: write its function and its line in `kinds` (vectors: a64_print_simd.c).
 */
#include <string.h>
#include "a64_print.h"

static const char *const cond_names[] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                         "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};
static const char *const shift_names[] = {"lsl", "lsr", "asr", "ror"};
static const char *const ext_names[] = {"uxtb", "uxth", "uxtw", "uxtx",
                                        "sxtb", "sxth", "sxtw", "sxtx"};

void a64_put_reg(PrintCtx *c, char letter, int64_t n)
{
    if (n == A64_REG_31 && (letter == 'x' || letter == 'w')) {
        sb_printf(c->out, "%czr", letter);
    } else {
        sb_printf(c->out, "%c%d", letter, (int)n);
    }
}

/* param: the register letter; 0: x or w by bit 31 */
static void kind_reg(PrintCtx *c, int param)
{
    char letter = param ? (char)param : c->word >> 31 ? 'x' : 'w';
    a64_put_reg(c, letter, c->arg[0]);
}

static void kind_reg_sp(PrintCtx *c, int param)
{
    char letter = param ? (char)param : c->word >> 31 ? 'x' : 'w';
    if (c->arg[0] == A64_REG_31) {
        sb_puts(c->out, letter == 'x' ? "sp" : "wsp");
    } else {
        a64_put_reg(c, letter, c->arg[0]);
    }
}

/* The second register of a pair */
static void kind_next(PrintCtx *c, int param)
{
    a64_put_reg(c, (char)param, c->arg[0] + 1);
}

static void kind_hex(PrintCtx *c, int param)
{
    sb_printf(c->out, "#0x%llx", (unsigned long long)c->arg[0]);
}

static void kind_dec(PrintCtx *c, int param)
{
    sb_printf(c->out, "#%lld", (long long)c->arg[0]);
}

static void kind_num(PrintCtx *c, int param)
{
    sb_printf(c->out, "%lld", (long long)c->arg[0]);
}

static void kind_cond(PrintCtx *c, int param)
{
    sb_puts(c->out, cond_names[c->arg[0] & 15]);
}

static void kind_label(PrintCtx *c, int param)
{
    sb_printf(c->out, "0x%llx", (unsigned long long)(c->pc + (uint64_t)c->arg[0] * 4));
}

/* param: bits the immediate is shifted by (ADR 0, ADRP 12) */
static void kind_adr(PrintCtx *c, int param)
{
    uint64_t imm = ((uint64_t)c->arg[0] << 2 | (uint64_t)c->arg[1]) << param;
    uint64_t base = c->pc >> param << param;
    sb_printf(c->out, "0x%llx", (unsigned long long)(base + imm));
}

static void kind_tbit(PrintCtx *c, int param)
{
    sb_printf(c->out, "#%d", (int)(c->arg[0] << 5 | c->arg[1]));
}

static void kind_sh12(PrintCtx *c, int param)
{
    if (c->arg[0]) {
        sb_puts(c->out, ", lsl #12");
    }
}

static void kind_hw(PrintCtx *c, int param)
{
    if (c->arg[0]) {
        sb_printf(c->out, ", lsl #%d", (int)c->arg[0] * 16);
    }
}

static void kind_bitmask(PrintCtx *c, int param)
{
    uint64_t v = 0;
    bool ok = a64_bitmask((unsigned)c->arg[0], (unsigned)c->arg[1], (unsigned)c->arg[2], &v);
    if (!(c->word >> 31)) {
        v = (uint32_t)v;
    }
    sb_printf(c->out, ok ? "#0x%llx" : "#?", (unsigned long long)v);
}

static void kind_shift(PrintCtx *c, int param)
{
    if (c->arg[0] || c->arg[1]) {
        sb_printf(c->out, ", %s #%d", shift_names[c->arg[0]], (int)c->arg[1]);
    }
}

/* Register of an extended operand: x only for uxtx and sxtx */
static void kind_rext(PrintCtx *c, int param)
{
    a64_put_reg(c, (c->arg[1] & 3) == 3 ? 'x' : 'w', c->arg[0]);
}

/* The same in arithmetic, where the 32-bit forms have no x registers */
static void kind_aext(PrintCtx *c, int param)
{
    a64_put_reg(c, (c->arg[1] & 3) == 3 && c->word >> 31 ? 'x' : 'w', c->arg[0]);
}

/* option, amount, two registers: with SP the plain extension is written lsl or left out */
static void kind_ext(PrintCtx *c, int param)
{
    bool sp = c->arg[2] == A64_REG_31 || c->arg[3] == A64_REG_31;
    bool plain = sp && c->arg[0] == (c->word >> 31 ? 3 : 2);
    if (plain && !c->arg[1]) {
        return;
    }
    sb_printf(c->out, ", %s", plain ? "lsl" : ext_names[c->arg[0]]);
    if (c->arg[1]) {
        sb_printf(c->out, " #%d", (int)c->arg[1]);
    }
}

/* option, S of a register offset; param: log2 of the access size */
static void kind_mext(PrintCtx *c, int param)
{
    bool lsl = c->arg[0] == 3;
    if (lsl && !c->arg[1]) {
        return;
    }
    sb_printf(c->out, ", %s", lsl ? "lsl" : ext_names[c->arg[0]]);
    if (c->arg[1]) {
        sb_printf(c->out, " #%d", param);
    }
}

/* Offset inside brackets, left out when 0; param: scale */
static void kind_moff(PrintCtx *c, int param)
{
    if (c->arg[0]) {
        sb_printf(c->out, ", #%lld", (long long)(c->arg[0] * param));
    }
}

static void kind_soff(PrintCtx *c, int param)
{
    sb_printf(c->out, "#%lld", (long long)(c->arg[0] * param));
}

static void kind_prfop(PrintCtx *c, int param)
{
    static const char *const types[] = {"pld", "pli", "pst"};
    unsigned v = (unsigned)c->arg[0];
    if (v >> 3 > 2 || (v >> 1 & 3) == 3) {
        sb_printf(c->out, "#0x%02x", v);
    } else {
        sb_printf(c->out, "%sl%d%s", types[v >> 3], (v >> 1 & 3) + 1, v & 1 ? "strm" : "keep");
    }
}

static void kind_acqrel(PrintCtx *c, int param)
{
    sb_printf(c->out, "%s%s", c->arg[0] ? "a" : "", c->arg[1] ? "l" : "");
}

static void kind_barrier(PrintCtx *c, int param)
{
    static const char *const names[] = {NULL,    "oshld", "oshst", "osh",   NULL,    "nshld",
                                        "nshst", "nsh",   NULL,    "ishld", "ishst", "ish",
                                        NULL,    "ld",    "st",    "sy"};
    unsigned v = (unsigned)c->arg[0];
    if (names[v]) {
        sb_puts(c->out, names[v]);
    } else {
        sb_printf(c->out, "#0x%02x", v);
    }
}

/* ISB's option, which is left out when it is sy */
static void kind_isb(PrintCtx *c, int param)
{
    if (c->arg[0] != 15) {
        sb_printf(c->out, " #0x%x", (unsigned)c->arg[0]);
    }
}

/* RET's register, which is left out when it is x30 */
static void kind_ret(PrintCtx *c, int param)
{
    if (c->arg[0] != 30) {
        sb_putc(c->out, ' ');
        a64_put_reg(c, 'x', c->arg[0]);
    }
}

static void kind_barrier_nxs(PrintCtx *c, int param)
{
    static const char *const names[] = {"osh", "nsh", "ish", "sy"};
    sb_printf(c->out, "%snxs", names[c->arg[0]]);
}

static void kind_hint(PrintCtx *c, int param)
{
    sb_printf(c->out, "#0x%x", (unsigned)(c->arg[0] << 3 | c->arg[1]));
}

static void kind_cr(PrintCtx *c, int param)
{
    sb_printf(c->out, "C%d", (int)c->arg[0]);
}

static void kind_sysreg(PrintCtx *c, int param)
{
    sb_printf(c->out, "s%d_%d_c%d_c%d_%d", (int)c->arg[0] + 2, (int)c->arg[1], (int)c->arg[2],
              (int)c->arg[3], (int)c->arg[4]);
}

static void kind_idreg(PrintCtx *c, int param)
{
    sb_printf(c->out, "s3_0_c0_c%d_%d", (int)c->arg[0], (int)c->arg[1]);
}

/* One of the texts of a list of words, by the argument; param: place in `word_lists` */
static const char *const word_lists[] = {
    "a b",                                                     /* ab */
    "i d",                                                     /* id */
    "? ? ? ? cfp dvp ? cpp",                                   /* rctx, by op + 4 */
    "smax umax smin umin",                                     /* minmax */
    "pacia pacib pacda pacdb autia autib autda autdb",         /* pac */
    "paciza pacizb pacdza pacdzb autiza autizb autdza autdzb", /* pacz */
    "? ldclrp ? ldsetp ? ? ? ? swpp ? ? ? ? ? ? ?",            /* lse128, see kind_lse128 */
    "p m e",                                                   /* mops: phase */
    " wt rt t wn wtwn rtwn twn rn wtrn rtrn trn n wtn rtn tn", /* mops: hints of a copy */
    " t n tn",                                                 /* mops: hints of a set */
};

static void kind_word(PrintCtx *c, int param)
{
    const char *p = word_lists[param & 15];
    for (int64_t skip = c->arg[0] + (param >> 4); skip > 0 && *p; p++) {
        skip -= *p == ' ';
    }
    while (*p && *p != ' ') {
        sb_putc(c->out, *p++);
    }
}

static void kind_lse128(PrintCtx *c, int param)
{
    c->arg[0] = c->arg[0] << 3 | c->arg[1];
    kind_word(c, 6);
}

/* Phase and hints of a memory copy (param 0) or set (param 1) */
static void kind_mops(PrintCtx *c, int param)
{
    int64_t hints = param ? c->arg[0] & 3 : c->arg[1];
    c->arg[0] = param ? c->arg[0] >> 2 : c->arg[0];
    kind_word(c, 7);
    c->arg[0] = hints;
    kind_word(c, param ? 9 : 8);
}

static void put_mem(PrintCtx *c, int64_t base, int64_t off, bool writeback)
{
    sb_putc(c->out, '[');
    c->arg[0] = base;
    kind_reg_sp(c, 'x');
    if (off) {
        sb_printf(c->out, ", #%lld", (long long)off);
    }
    sb_puts(c->out, writeback ? "]!" : "]");
}

/* Base, offset in granules, and 1 post-index, 2 offset, 3 pre-index */
static void kind_mtemem(PrintCtx *c, int param)
{
    int64_t off = c->arg[1] * 16, idx = c->n > 2 ? c->arg[2] : 2;
    put_mem(c, c->arg[0], idx == 1 ? 0 : off, idx == 3);
    if (idx == 1) {
        sb_printf(c->out, ", #%lld", (long long)off);
    }
}

/* Base, S, imm9, W of LDRAA */
static void kind_pacmem(PrintCtx *c, int param)
{
    put_mem(c, c->arg[0], (c->arg[2] - c->arg[1] * 512) * 8, c->arg[3] != 0);
}

static void kind_tagoff(PrintCtx *c, int param)
{
    sb_printf(c->out, "#0x%llx", (unsigned long long)c->arg[0] * 16);
}

static void kind_rs_opt(PrintCtx *c, int param)
{
    sb_puts(c->out, c->arg[0] ? "rs" : "");
}

static const PrintKind kinds[] = {
    {"r", kind_reg, 0},
    {"x", kind_reg, 'x'},
    {"w", kind_reg, 'w'},
    {"b", kind_reg, 'b'},
    {"h", kind_reg, 'h'},
    {"s", kind_reg, 's'},
    {"d", kind_reg, 'd'},
    {"q", kind_reg, 'q'},
    {"v", kind_reg, 'v'},
    {"rs", kind_reg_sp, 0},
    {"xs", kind_reg_sp, 'x'},
    {"ws", kind_reg_sp, 'w'},
    {"xnext", kind_next, 'x'},
    {"wnext", kind_next, 'w'},
    {"imm", kind_hex, 0},
    {"dec", kind_dec, 0},
    {"num", kind_num, 0},
    {"cond", kind_cond, 0},
    {"label", kind_label, 0},
    {"adr", kind_adr, 0},
    {"adrp", kind_adr, 12},
    {"tbit", kind_tbit, 0},
    {"sh12", kind_sh12, 0},
    {"hw", kind_hw, 0},
    {"bitmask", kind_bitmask, 0},
    {"shift", kind_shift, 0},
    {"rext", kind_rext, 0},
    {"aext", kind_aext, 0},
    {"ext", kind_ext, 0},
    {"mext0", kind_mext, 0},
    {"mext1", kind_mext, 1},
    {"mext2", kind_mext, 2},
    {"mext3", kind_mext, 3},
    {"mext4", kind_mext, 4},
    {"moff1", kind_moff, 1},
    {"moff2", kind_moff, 2},
    {"moff4", kind_moff, 4},
    {"moff8", kind_moff, 8},
    {"moff16", kind_moff, 16},
    {"soff1", kind_soff, 1},
    {"soff4", kind_soff, 4},
    {"soff8", kind_soff, 8},
    {"soff16", kind_soff, 16},
    {"prfop", kind_prfop, 0},
    {"acqrel", kind_acqrel, 0},
    {"barrier", kind_barrier, 0},
    {"isb", kind_isb, 0},
    {"ret", kind_ret, 0},
    {"barrier_nxs", kind_barrier_nxs, 0},
    {"hint", kind_hint, 0},
    {"cr", kind_cr, 0},
    {"sysreg", kind_sysreg, 0},
    {"idreg", kind_idreg, 0},
    {"ab", kind_word, 0},
    {"id", kind_word, 1},
    {"rctx", kind_word, 2 | 4 << 4},
    {"minmax", kind_word, 3},
    {"pac", kind_word, 4},
    {"pacz", kind_word, 5},
    {"rs_opt", kind_rs_opt, 0},
    {"lse128", kind_lse128, 0},
    {"mops", kind_mops, 0},
    {"mopsset", kind_mops, 1},
    {"mtemem", kind_mtemem, 0},
    {"mtemem16", kind_mtemem, 0},
    {"pacmem", kind_pacmem, 0},
    {"tagoff", kind_tagoff, 0},
    {NULL, NULL, 0},
};

static bool is_name(const char *kind, const char *name, size_t n)
{
    size_t i = 0;
    while (i < n && kind[i] == name[i] && kind[i]) {
        i++;
    }
    return i == n && !kind[n];
}

/* The kind of that name of n characters in a list that ends with an empty entry. */
static const PrintKind *find_kind(const PrintKind *k, const char *name, size_t n)
{
    while (k->name && !is_name(k->name, name, n)) {
        k++;
    }
    return k->name ? k : NULL;
}

/* Reads `pos.width[s]` at *p and returns the field's value. */
static int64_t read_field(const char **p, uint32_t word)
{
    unsigned pos = 0, width = 0;
    for (; **p != '.'; (*p)++) {
        pos = pos * 10 + (unsigned)(**p - '0');
    }
    for ((*p)++; **p >= '0' && **p <= '9'; (*p)++) {
        width = width * 10 + (unsigned)(**p - '0');
    }
    uint32_t v = width == 32 ? word : word >> pos & ((1u << width) - 1);
    if (**p != 's') {
        return v;
    }
    (*p)++;
    return (int32_t)(v << (32 - width)) >> (32 - width);
}

/* Prints the place that starts after `{`; returns the text after its `}`. */
static const char *print_place(PrintCtx *c, const char *p)
{
    const char *name = p;
    while (*p != ':' && *p != '}') {
        p++;
    }
    size_t n = (size_t)(p - name);
    c->n = 0;
    while (*p != '}') {
        p++;
        int64_t v = read_field(&p, c->word);
        if (c->n < MAX_ARGS) {
            c->arg[c->n++] = v;
        }
    }
    const PrintKind *k = find_kind(kinds, name, n);
    k = k ? k : find_kind(a64_print_simd_kinds, name, n);
    if (k) {
        k->fn(c, k->param);
    } else {
        sb_printf(c->out, "<%.*s>", (int)n, name);
    }
    return p + 1;
}

uint32_t a64_print_insn(GuestAddr pc, const uint8_t *code, uint32_t len, StrBuf *out)
{
    if (len < A64_INSN_LEN) {
        sb_puts(out, "(cut off)");
        return len;
    }
    PrintCtx c = {.out = out, .pc = pc};
    memcpy(&c.word, code, sizeof(c.word));
    unsigned row = insn_decode(&a64_insns, c.word, A64_DECODE_INDEX(c.word));
    if (row == A64_ROW_UNALLOCATED) {
        sb_printf(out, ".inst 0x%08x", c.word);
        return A64_INSN_LEN;
    }
    const char *p = a64_insns.strings + a64_insns.info[row].templ;
    while (*p) {
        if (*p == '{') {
            p = print_place(&c, p + 1);
        } else {
            sb_putc(out, *p++);
        }
    }
    return A64_INSN_LEN;
}
