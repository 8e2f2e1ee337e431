/*
 * Guest listings of RV64, from the rows' templates, as `objdump -M no-aliases` shows them.
 *
 * A template is text with places `{kind:field,...}`; the generator has turned each field name into
 * its place in the word (`7.5` = bit 7, 5 bits; a trailing s: signed). A kind is a small function
 * in the table at the end; kinds of scattered immediates read the whole word.
 * Example: "c.lw {rc:2.3},{cmem_w:10.3,5.2,7.3}" of 0x4188 gives `c.lw a0,0(a1)`.
 *
 * To add a kind: write its function and its line in `kinds`.
 */
#include <string.h>
#include "rv64_fp.h"
#include "log.h"

enum { MAX_ARGS = 4 };

typedef struct PrintCtx {
    StrBuf *out;
    GuestAddr pc;
    uint32_t word;
    unsigned n;
    int64_t arg[MAX_ARGS];
} PrintCtx;

typedef struct PrintKind {
    char name[12];
    void (*fn)(PrintCtx *c, int param);
    int param;
} PrintKind;

static const char x_names[32][5] = {
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};
static const char f_names[32][5] = {
    "ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1",  "fa0",
    "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4",  "fs5",
    "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};

/* param: added to the register's number (8 for the fields of three bits) */
static void kind_x(PrintCtx *c, int param)
{
    sb_puts(c->out, x_names[(c->arg[0] + param) & 31]);
}

static void kind_f(PrintCtx *c, int param)
{
    sb_puts(c->out, f_names[(c->arg[0] + param) & 31]);
}

static void kind_dec(PrintCtx *c, int param)
{
    sb_printf(c->out, "%lld", (long long)c->arg[0]);
}

static void kind_hex(PrintCtx *c, int param)
{
    sb_printf(c->out, "0x%llx", (unsigned long long)c->arg[0]);
}

/* disp(reg); the base is the last field, plus param */
static void put_mem(PrintCtx *c, int64_t disp, int64_t base)
{
    sb_printf(c->out, "%lld(%s)", (long long)disp, x_names[base & 31]);
}

static void kind_mem(PrintCtx *c, int param)
{
    put_mem(c, c->arg[0], c->arg[1]);
}

/* The field is a multiple of 32 */
static void kind_pfmem(PrintCtx *c, int param)
{
    put_mem(c, c->arg[0] * 32, c->arg[1]);
}

static void kind_smem(PrintCtx *c, int param)
{
    put_mem(c, rv64_imm_s(c->word), c->arg[2]);
}

enum { CMEM_W, CMEM_D, CMEM_B, CMEM_H };

static void kind_cmem(PrintCtx *c, int param)
{
    int32_t disp = param == CMEM_W   ? rv64_imm_cl32(c->word)
                   : param == CMEM_D ? rv64_imm_cl64(c->word)
                   : param == CMEM_B ? rv64_imm_clb(c->word)
                                     : rv64_imm_clh(c->word);
    put_mem(c, disp, c->arg[c->n - 1] + RV64_REG_C0);
}

enum { SP_LW, SP_LD, SP_SW, SP_SD };

static void kind_spmem(PrintCtx *c, int param)
{
    int32_t disp = param == SP_LW   ? rv64_imm_clsp32(c->word)
                   : param == SP_LD ? rv64_imm_clsp64(c->word)
                   : param == SP_SW ? rv64_imm_cssp32(c->word)
                                    : rv64_imm_cssp64(c->word);
    put_mem(c, disp, RV64_REG_SP);
}

enum { TO_J, TO_B, TO_CJ, TO_CB };

static void kind_target(PrintCtx *c, int param)
{
    int64_t by = param == TO_J    ? rv64_imm_j(c->word)
                 : param == TO_B  ? rv64_imm_b(c->word)
                 : param == TO_CJ ? rv64_imm_cj(c->word)
                                  : rv64_imm_cb(c->word);
    sb_printf(c->out, "0x%llx", (unsigned long long)(c->pc + (uint64_t)by));
}

enum { IMM_C, IMM_4SPN, IMM_16SP, IMM_SHAMT, IMM_LUI };

static void kind_cimm(PrintCtx *c, int param)
{
    switch (param) {
    case IMM_C:
        sb_printf(c->out, "%d", (int)rv64_imm_c(c->word));
        return;
    case IMM_4SPN:
        sb_printf(c->out, "%d", rv64_imm_c4spn(c->word));
        return;
    case IMM_16SP:
        sb_printf(c->out, "%d", (int)rv64_imm_c16sp(c->word));
        return;
    case IMM_SHAMT:
        sb_printf(c->out, "0x%x", rv64_c_shamt(c->word));
        return;
    default:
        sb_printf(c->out, "0x%x", (unsigned)rv64_imm_c(c->word) & 0xfffff);
    }
}

static void kind_fset(PrintCtx *c, int param)
{
    static const char letters[] = "iorw";
    for (int bit = 3; bit >= 0; bit--)
        if (c->arg[0] >> bit & 1)
            sb_putc(c->out, letters[3 - bit]);
    if (c->arg[0] == 0)
        sb_puts(c->out, "unknown"); /* as objdump */
}

static void kind_aqrl(PrintCtx *c, int param)
{
    static const char texts[4][6] = {"", ".rl", ".aq", ".aqrl"};
    sb_puts(c->out, texts[c->arg[0] * 2 + c->arg[1]]);
}

static const char counters[3][8] = {"cycle", "time", "instret"};

static void kind_counter(PrintCtx *c, int param)
{
    sb_puts(c->out, counters[c->arg[0]]);
}

static void kind_csr(PrintCtx *c, int param)
{
    static const char names[4][8] = {"", "fflags", "frm", "fcsr"};
    enum { CYCLE = 0xc00, INSTRET = 0xc02 };
    int64_t n = c->arg[0];
    if (n >= 1 && n <= 3)
        sb_puts(c->out, names[n]);
    else if (n >= CYCLE && n <= INSTRET)
        sb_puts(c->out, counters[n - CYCLE]);
    else
        sb_printf(c->out, "0x%llx", (unsigned long long)c->arg[0]);
}

/* c.mop.n has the odd numbers 1 to 15 */
static void kind_mopn(PrintCtx *c, int param)
{
    sb_printf(c->out, "%d", (int)c->arg[0] * 2 + 1);
}

static void kind_mopr(PrintCtx *c, int param)
{
    sb_printf(c->out, "%d", (int)(c->arg[0] << 4 | c->arg[1] << 2 | c->arg[2]));
}

static void kind_moprr(PrintCtx *c, int param)
{
    sb_printf(c->out, "%d", (int)(c->arg[0] << 2 | c->arg[1]));
}

/* A rounding mode that is not the one objdump leaves out: fcsr's, or 0 (param) where none rounds.
 */
static void kind_rm(PrintCtx *c, int param)
{
    static const char names[8][8] = {"rne", "rtz",     "rdn",     "rup",
                                     "rmm", "unknown", "unknown", "dyn"};
    if (c->arg[0] != param)
        sb_printf(c->out, ",%s", names[c->arg[0] & 7]);
}

/* A constant of fli: as C writes a hexadecimal number, of at most two places. */
static void kind_fli(PrintCtx *c, int param)
{
    enum { INF = 30, NAN = 31 };
    int64_t k = c->arg[0];
    if (k == RV64_FLI_MIN || k >= INF) {
        sb_puts(c->out, k == RV64_FLI_MIN ? "min" : k == INF ? "inf" : "nan");
        return;
    }
    uint32_t v = rv64_fli_single((unsigned)k), place = v >> 19 & 15;
    sb_puts(c->out, v >> 31 ? "-0x1" : "0x1");
    if (place)
        sb_printf(c->out, ".%x", place);
    sb_printf(c->out, "p%+d", (int)(v >> 23 & 255) - 127);
}

static const PrintKind kinds[] = {
    {"rm", kind_rm, 7},
    {"rmx", kind_rm, 0},
    {"r", kind_x, 0},
    {"rc", kind_x, 8},
    {"f", kind_f, 0},
    {"fc", kind_f, 8},
    {"dec", kind_dec, 0},
    {"hex", kind_hex, 0},
    {"hi20", kind_hex, 0},
    {"mem", kind_mem, 0},
    {"pfmem", kind_pfmem, 0},
    {"smem", kind_smem, 0},
    {"cmem_w", kind_cmem, CMEM_W},
    {"cmem_d", kind_cmem, CMEM_D},
    {"cbmem", kind_cmem, CMEM_B},
    {"chmem", kind_cmem, CMEM_H},
    {"spmem_w", kind_spmem, SP_LW},
    {"spmem_d", kind_spmem, SP_LD},
    {"spst_w", kind_spmem, SP_SW},
    {"spst_d", kind_spmem, SP_SD},
    {"jtarget", kind_target, TO_J},
    {"btarget", kind_target, TO_B},
    {"cjtarget", kind_target, TO_CJ},
    {"cbtarget", kind_target, TO_CB},
    {"imm6", kind_cimm, IMM_C},
    {"imm4spn", kind_cimm, IMM_4SPN},
    {"imm16sp", kind_cimm, IMM_16SP},
    {"shamt", kind_cimm, IMM_SHAMT},
    {"clui", kind_cimm, IMM_LUI},
    {"fli", kind_fli, 0},
    {"fset", kind_fset, 0},
    {"aqrl", kind_aqrl, 0},
    {"counter", kind_counter, 0},
    {"csr", kind_csr, 0},
    {"mopr", kind_mopr, 0},
    {"moprr", kind_moprr, 0},
    {"mopn", kind_mopn, 0},
};

/* The kind of that name of n characters, NULL if there is none. */
static const PrintKind *find_kind(const char *name, size_t n)
{
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
        if (n < sizeof(kinds[i].name) && !memcmp(kinds[i].name, name, n) && !kinds[i].name[n])
            return &kinds[i];
    return NULL;
}

/* Reads `pos.width[s]` at *p and returns the field's value. */
static int64_t read_field(const char **p, uint32_t word)
{
    unsigned pos = 0, width = 0;
    for (; **p != '.'; (*p)++)
        pos = pos * 10 + (unsigned)(**p - '0');
    for ((*p)++; **p >= '0' && **p <= '9'; (*p)++)
        width = width * 10 + (unsigned)(**p - '0');
    uint32_t v = rv64_bits(word, pos + width - 1, pos);
    if (**p != 's')
        return v;
    (*p)++;
    return rv64_signed(v, width);
}

/* Prints the place that starts after `{`; returns the text after its `}`. */
static const char *print_place(PrintCtx *c, const char *p)
{
    const char *name = p;
    while (*p != ':' && *p != '}')
        p++;
    const PrintKind *k = find_kind(name, (size_t)(p - name));
    size_t n = (size_t)(p - name);
    c->n = 0;
    while (*p != '}') {
        p++;
        int64_t v = read_field(&p, c->word);
        if (c->n < MAX_ARGS)
            c->arg[c->n++] = v;
    }
    if (k)
        k->fn(c, k->param);
    else
        sb_printf(c->out, "<%.*s>", (int)n, name);
    return p + 1;
}

uint32_t rv64_print_insn(GuestAddr pc, const uint8_t *code, uint32_t len, StrBuf *out)
{
    if (len < 2 || len < rv64_insn_len(code[0])) {
        sb_puts(out, "(cut off)");
        return len;
    }
    PrintCtx c = {.out = out, .pc = pc, .word = 0};
    uint32_t size = rv64_insn_len(code[0]);
    memcpy(&c.word, code, size);
    unsigned row = insn_decode(&rv64_insns, c.word, RV64_DECODE_INDEX(c.word));
    if (row == RV64_ROW_UNALLOCATED) {
        sb_printf(out, size == 2 ? ".2byte 0x%04x" : ".4byte 0x%08x", c.word);
        return size;
    }
    const char *p = rv64_insns.strings + rv64_insns.info[row].templ;
    while (*p) {
        if (*p == '{')
            p = print_place(&c, p + 1);
        else
            sb_putc(out, *p++);
    }
    return size;
}
