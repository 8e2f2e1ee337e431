/*
 * Text form of units: parsing. Reads what ir_print.c writes, with the same table of forms; checks
 * the syntax and that every number fits, and leaves meaning to ir_verify().
 *
 *     b0:
 *       v1:i64 = get x0       ; insn 1
 *       v5:i64 = add v1, v1   ; insns 2 to 4 become nops
 *
 * Every parse function returns false after it has put its complaint into ps->err.
 */
#include "ir_build.h"
#include "ir_form.h"
#include "log.h"
#include "vcpu.h"

enum { LIST_MAX = 64 };

typedef struct Parser {
    IrUnit *u;
    const char *p;
    unsigned line;
    StrBuf *err;
    bool in_block;
} Parser;

static bool complain(Parser *ps, const char *what)
{
    int n = 0;
    while (n < 24 && ps->p[n] && ps->p[n] != '\n')
        n++;
    sb_printf(ps->err, "line %u: %s at \"%.*s\"", ps->line, what, n, ps->p);
    return false;
}

static void skip_blanks(Parser *ps)
{
    while (*ps->p == ' ' || *ps->p == '\t')
        ps->p++;
    if (*ps->p == ';')
        while (*ps->p && *ps->p != '\n')
            ps->p++;
}

static bool at_end_of_line(Parser *ps)
{
    skip_blanks(ps);
    return *ps->p == '\n' || *ps->p == 0;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static unsigned word_len(const char *p)
{
    unsigned n = 0;
    while (is_word_char(p[n]))
        n++;
    return n;
}

/* True when the word at the cursor is exactly `s`, which is then skipped. */
static bool take_word(Parser *ps, const char *s)
{
    unsigned n = word_len(ps->p), k = 0;
    while (k < n && s[k] == ps->p[k])
        k++;
    if (k != n || s[k])
        return false;
    ps->p += n;
    return true;
}

static bool take_char(Parser *ps, char c)
{
    skip_blanks(ps);
    if (*ps->p != c)
        return false;
    ps->p++;
    return true;
}

static bool expect_char(Parser *ps, char c)
{
    static const char *const text[] = {"expected ','", "expected '='", "expected ':'",
                                       "expected '['", "expected ']'", "expected '}'"};
    static const char chars[] = ",=:[]}";
    if (take_char(ps, c))
        return true;
    unsigned k = 0;
    while (chars[k] != c)
        k++;
    return complain(ps, text[k]);
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

/* An unsigned number, decimal or 0x, of at most 64 bits. */
static bool parse_u64(Parser *ps, uint64_t *out)
{
    skip_blanks(ps);
    const char *p = ps->p;
    unsigned base = 10;
    if (p[0] == '0' && p[1] == 'x') {
        base = 16;
        p += 2;
    }
    uint64_t v = 0;
    if (digit_value(*p) >= (int)base)
        return complain(ps, "expected a number");
    for (; digit_value(*p) < (int)base; p++) {
        unsigned d = (unsigned)digit_value(*p);
        if (v > (~0ull - d) / base)
            return complain(ps, "number too large");
        v = v * base + d;
    }
    ps->p = p;
    *out = v;
    return true;
}

static bool parse_below(Parser *ps, uint64_t limit, uint32_t *out)
{
    uint64_t v;
    const char *start = ps->p;
    if (!parse_u64(ps, &v))
        return false;
    if (v >= limit) {
        ps->p = start;
        return complain(ps, "number out of range");
    }
    *out = (uint32_t)v;
    return true;
}

static bool parse_s64(Parser *ps, uint64_t *out)
{
    bool neg = take_char(ps, '-');
    if (!parse_u64(ps, out))
        return false;
    if (neg)
        *out = -*out;
    return true;
}

static bool parse_imm(Parser *ps, int32_t *out)
{
    uint64_t v;
    const char *start = ps->p;
    if (!parse_s64(ps, &v))
        return false;
    if ((int64_t)v != (int32_t)v) {
        ps->p = start;
        return complain(ps, "number out of range");
    }
    *out = (int32_t)v;
    return true;
}

static bool parse_ref(Parser *ps, uint32_t *out)
{
    if (!take_char(ps, 'v'))
        return complain(ps, "expected a value");
    return parse_below(ps, ps->u->cap, out);
}

static bool parse_list(Parser *ps, uint32_t *out)
{
    IrRef refs[LIST_MAX];
    uint32_t n = 0;
    *out = 0;
    if (!take_char(ps, '{'))
        return complain(ps, "expected '{'");
    while (!take_char(ps, '}')) {
        if (n && !expect_char(ps, ','))
            return false;
        if (n == LIST_MAX)
            return complain(ps, "list too long");
        if (!parse_ref(ps, &refs[n++]))
            return false;
    }
    *out = ir_list(ps->u, refs, n);
    return true;
}

static bool parse_index(Parser *ps, IrInsn *i)
{
    if (take_word(ps, "sxtw"))
        i->aux |= MA_INDEX_SXTW;
    else if (take_word(ps, "uxtw"))
        i->aux |= MA_INDEX_UXTW;
    uint32_t scale = 0;
    if (!parse_ref(ps, &i->arg[1]))
        return false;
    if (take_char(ps, '<')) {
        if (!take_char(ps, '<'))
            return complain(ps, "expected '<<'");
        if (!parse_below(ps, 4, &scale))
            return false;
    }
    i->aux |= (uint16_t)(scale << MA_SCALE_SHIFT);
    return true;
}

/* [v1], [v1 + v2<<3 + 16], [v1 + sxtw v2 - 8] */
static bool parse_address(Parser *ps, IrInsn *i)
{
    if (!expect_char(ps, '[') || !parse_ref(ps, &i->arg[0]))
        return false;
    skip_blanks(ps);
    if (*ps->p == '+') {
        const char *plus = ps->p++;
        skip_blanks(ps);
        if (digit_value(*ps->p) <= 9)
            ps->p = plus;
        else if (!parse_index(ps, i))
            return false;
    }
    skip_blanks(ps);
    if (*ps->p == '-' || take_char(ps, '+'))
        if (!parse_imm(ps, &i->imm))
            return false;
    return expect_char(ps, ']');
}

static bool parse_slot(Parser *ps, int32_t *out)
{
    skip_blanks(ps);
    for (uint32_t s = 0; s < ps->u->n_slots; s++) {
        if (take_word(ps, ps->u->slots[s].name)) {
            *out = (int32_t)s;
            return true;
        }
    }
    return complain(ps, "no such slot");
}

static bool parse_helper(Parser *ps, int32_t *out)
{
    skip_blanks(ps);
    for (int32_t h = 0; h < HELPER_COUNT; h++) {
        if (take_word(ps, ir_helpers[h].name)) {
            *out = h;
            return true;
        }
    }
    return complain(ps, "no such helper");
}

static bool parse_block(Parser *ps, uint32_t *out)
{
    if (!take_char(ps, 'b'))
        return complain(ps, "expected a block");
    return parse_below(ps, ps->u->cap_blocks, out);
}

static bool parse_vconst(Parser *ps, IrInsn *i)
{
    uint64_t hi, lo;
    if (!parse_u64(ps, &hi) || !expect_char(ps, ':') || !parse_u64(ps, &lo))
        return false;
    IrUnit *u = ps->u;
    if (u->n_vconsts >= u->cap_vconsts) {
        u->overflow = true;
        return true;
    }
    u->vconsts[u->n_vconsts] = (V128){.u64 = {lo, hi}};
    i->arg[0] = u->n_vconsts++;
    return true;
}

/* A number in the low or the high part of imm, or in aux. */
static bool parse_part(Parser *ps, IrInsn *i, char letter)
{
    uint32_t v, w;
    if (!parse_below(ps, 256, &v))
        return false;
    if (letter == 'f') {
        if (!expect_char(ps, ',') || !parse_below(ps, 256, &w))
            return false;
        i->aux = (uint16_t)(v | w << 8);
    } else {
        i->imm |= (int32_t)(letter == 'q' ? v : v << 8);
    }
    return true;
}

static bool parse_wide(Parser *ps, IrInsn *i, char letter)
{
    uint64_t v;
    if (letter == '@' ? !parse_s64(ps, &v) : !parse_u64(ps, &v))
        return false;
    i->arg[0] = (uint32_t)v;
    i->arg[1] = (uint32_t)(v >> 32);
    return true;
}

static bool parse_operand(Parser *ps, IrInsn *i, char letter)
{
    switch (letter) {
    case 'A':
        return parse_ref(ps, &i->arg[0]);
    case 'B':
    case 'b':
        return parse_ref(ps, &i->arg[1]);
    case 'C':
    case 'c':
        return parse_ref(ps, &i->arg[2]);
    case '0':
    case '1':
        return parse_list(ps, &i->arg[letter - '0']);
    case 'i':
    case 'j':
        return parse_imm(ps, &i->imm);
    case 's':
        return parse_slot(ps, &i->imm);
    case 'h':
        return parse_helper(ps, &i->imm);
    case 'o':
        return parse_block(ps, (uint32_t *)&i->imm);
    case 'p':
        return parse_block(ps, &i->arg[1]);
    case 'm':
        return parse_address(ps, i);
    case 'V':
        return parse_vconst(ps, i);
    case '@':
    case 'K':
        return parse_wide(ps, i, letter);
    default:
        return parse_part(ps, i, letter);
    }
}

static bool operand_optional(char letter)
{
    return letter == 'b' || letter == 'c' || letter == 'j' || letter == 'J' || letter == '0' ||
           letter == '1';
}

static bool parse_operands(Parser *ps, IrInsn *i, const char *form)
{
    bool first = true;
    for (; *form; form++) {
        if (operand_optional(*form) && at_end_of_line(ps))
            continue;
        bool joined = *form == '0' || *form == '1';
        if (!first && !joined && !expect_char(ps, ','))
            return false;
        if (!parse_operand(ps, i, *form))
            return false;
        first = false;
    }
    return true;
}

static void set_field(const IrField *f, IrInsn *i, uint32_t v)
{
    if (f->in_imm)
        i->imm |= (int32_t)(v << f->shift);
    else
        i->aux |= (uint16_t)(v << f->shift);
}

/* One suffix: its name after a dot, or nothing when the field has a nameless value. */
static bool parse_suffix(Parser *ps, IrInsn *i, const IrField *f)
{
    const char *start = ps->p;
    if (*ps->p == '.') {
        ps->p++;
        for (uint32_t v = 0; v < f->n_names; v++) {
            if (f->names[v][0] && take_word(ps, f->names[v])) {
                set_field(f, i, v);
                return true;
            }
        }
        ps->p = start;
    }
    return f->names[0][0] ? complain(ps, "expected a suffix") : true;
}

/* The op's name may itself hold no dot: a word. */
static bool parse_op(Parser *ps, IrInsn *i)
{
    skip_blanks(ps);
    unsigned op = 0;
    while (op < IR_OP_COUNT && !take_word(ps, ir_ops[op].text))
        op++;
    if (op == IR_OP_COUNT)
        return complain(ps, "no such op");
    i->op = (uint8_t)op;
    const char *form = ir_form((IrOp)op);
    for (; *form != '|'; form++)
        if (!parse_suffix(ps, i, ir_field(*form)))
            return false;
    if (*ps->p == '.')
        return complain(ps, "no such suffix here");
    return parse_operands(ps, i, form + 1);
}

static bool parse_type(Parser *ps, uint8_t *out)
{
    skip_blanks(ps);
    for (uint8_t t = IR_VOID + 1; t < IR_TYPE_COUNT; t++) {
        if (take_word(ps, ir_type_names[t])) {
            *out = t;
            return true;
        }
    }
    return complain(ps, "no such type");
}

/* "v7:i64 =" before the op; fills up to insn 7 with nops. */
static bool parse_result(Parser *ps, IrInsn *i)
{
    uint32_t n;
    const char *start = ps->p;
    if (!parse_ref(ps, &n))
        return false;
    if (n < ps->u->n) {
        ps->p = start;
        sb_printf(ps->err, "(next number is v%u) ", ps->u->n);
        return complain(ps, "value number too low");
    }
    while (ps->u->n < n)
        ir_emit(ps->u, IR_NOP, IR_VOID, 0, 0, 0, 0, 0);
    return expect_char(ps, ':') && parse_type(ps, &i->type) && expect_char(ps, '=');
}

static bool parse_insn(Parser *ps)
{
    IrInsn i = {0};
    if (!ps->in_block)
        return complain(ps, "insn before the first block");
    bool has_result = *ps->p == 'v' && digit_value(ps->p[1]) <= 9;
    if (has_result && !parse_result(ps, &i))
        return false;
    if (!parse_op(ps, &i))
        return false;
    ir_emit(ps->u, (IrOp)i.op, (IrType)i.type, i.aux, i.arg[0], i.arg[1], i.arg[2], i.imm);
    return true;
}

static bool is_block_header(const char *p)
{
    unsigned n = word_len(p);
    return p[0] == 'b' && n > 1 && digit_value(p[1]) <= 9 && p[n] == ':';
}

static bool parse_block_header(Parser *ps)
{
    uint32_t n;
    const char *start = ps->p;
    if (!parse_block(ps, &n) || !expect_char(ps, ':'))
        return false;
    if (n != (ps->in_block ? ps->u->n_blocks : 0)) {
        ps->p = start;
        return complain(ps, "block out of order");
    }
    if (ps->in_block)
        ir_block_open(ps->u);
    ps->in_block = true;
    return true;
}

static bool parse_line(Parser *ps)
{
    if (at_end_of_line(ps))
        return true;
    if (!ps->in_block && take_word(ps, "mode")) {
        if (!parse_below(ps, MODE_COUNT, &ps->u->mode))
            return false;
    } else if (is_block_header(ps->p)) {
        if (!parse_block_header(ps))
            return false;
    } else if (!parse_insn(ps)) {
        return false;
    }
    return at_end_of_line(ps) || complain(ps, "more than expected");
}

bool ir_parse(IrUnit *u, const char *text, StrBuf *err)
{
    Parser ps = {.u = u, .p = text, .line = 1, .err = err};
    ir_unit_reset(u);
    u->mode = 0;
    for (;;) {
        if (!parse_line(&ps))
            return false;
        if (u->overflow)
            return complain(&ps, "unit too large");
        if (!*ps.p)
            break;
        ps.p++;
        ps.line++;
    }
    ir_unit_finish(u);
    return true;
}
