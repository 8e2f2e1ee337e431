/*
 * Reading DWARF's call frame information from guest memory (DWARF 5, 6.4; Linux Standard Base,
 * "Exception Frames"). The data is the guest's, so reads are bounded by what they belong to, and a
 * wrong value ends the walk. Expressions are not evaluated: compilers make none for these guests'
 * functions.
 */
#include "unwind.h"
#include <elf.h>
#include "guestmem.h"

enum {
    ENC_PCREL_SDATA4 = 0x1b,
    ENC_UDATA4 = 0x03,
    ENC_DATAREL_SDATA4 = 0x3b,
    ENC_OMIT = 0xff,
    REMEMBER_MAX = 4,
    PROGRAM_MAX = 1 << 16, /* bytes of one frame's description */
    ADDRESS_BITS = 47,     /* above may lie an authentication code */
};

/* ---- reading ---- */

/* A range of guest memory that is read from its start on; `bad` once something was not there. */
typedef struct Cursor {
    GuestAddr at, end;
    bool bad;
} Cursor;

static uint64_t take(Cursor *c, unsigned size)
{
    uint64_t v = 0;
    if (c->bad || c->end - c->at < size || !gm_copy_in(&v, c->at, size)) {
        c->bad = true;
        return 0;
    }
    c->at += size;
    return v;
}

static int64_t take_s32(Cursor *c)
{
    return (int32_t)take(c, 4);
}

static uint64_t take_uleb(Cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = take(c, 1);
        v |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
    c->bad = true;
    return 0;
}

static int64_t take_sleb(Cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = take(c, 1);
        v |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return (int64_t)(byte & 0x40 && shift < 57 ? v | ~0ull << (shift + 7) : v);
    }
    c->bad = true;
    return 0;
}

/* The rest of an entry that starts with its length, as all of .eh_frame do. */
static Cursor entry_at(GuestAddr at)
{
    Cursor c = {at, at + 4, false};
    uint64_t n = take(&c, 4);
    c.bad |= n == 0 || n > PROGRAM_MAX;
    c.end = c.at + n;
    return c;
}

/* ---- finding the description of a function ---- */

typedef struct Cie {
    uint64_t code_align;
    int64_t data_align;
    uint64_t ra;
    bool has_data, signal; /* augmentation z and S */
    bool absolute;         /* addresses are not relative */
    Cursor program;
} Cie;

/* What the mapped headers of an image say: its bias and where PT_GNU_EH_FRAME is, 0 nowhere. */
static bool read_image(GuestAddr image, GuestAddr *bias, GuestAddr *header)
{
    Elf64_Ehdr eh;
    Elf64_Phdr ph;
    uint64_t first = ~0ull, at = 0;
    if (!image || !gm_copy_in(&eh, image, sizeof eh) || eh.e_phentsize != sizeof ph ||
        eh.e_phnum > 64)
        return false;
    for (unsigned i = 0; i < eh.e_phnum; i++) {
        if (!gm_copy_in(&ph, image + eh.e_phoff + i * sizeof ph, sizeof ph))
            return false;
        if (ph.p_type == PT_LOAD && first == ~0ull)
            first = ph.p_vaddr - ph.p_offset;
        if (ph.p_type == PT_GNU_EH_FRAME)
            at = ph.p_vaddr;
    }
    *bias = image - first;
    *header = at ? *bias + at : 0;
    return first != ~0ull;
}

/* The last entry of the sorted table whose function starts at or before pc; 0: none. */
static GuestAddr search_table(GuestAddr header, GuestAddr pc)
{
    Cursor c = {header, header + 12, false};
    uint64_t head = take(&c, 4), low = 0;
    take_s32(&c);
    uint64_t high = take(&c, 4);
    const uint64_t want =
        1 | ENC_PCREL_SDATA4 << 8 | ENC_UDATA4 << 16 | (uint64_t)ENC_DATAREL_SDATA4 << 24;
    if (c.bad || head != want)
        return 0;
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        Cursor e = {header + 12 + 8 * mid, header + 20 + 8 * mid, false};
        GuestAddr start = header + (uint64_t)take_s32(&e);
        if (e.bad)
            return 0;
        if (start <= pc)
            low = mid + 1;
        else
            high = mid;
    }
    Cursor e = {header + 8 + 8 * low, header + 12 + 8 * low, false};
    return low ? header + (uint64_t)take_s32(&e) : 0;
}

static bool read_cie(GuestAddr at, Cie *cie)
{
    Cursor c = entry_at(at);
    char aug[8] = "";
    uint64_t id = take(&c, 4), version = take(&c, 1);
    for (unsigned i = 0; !c.bad && i < sizeof aug; i++)
        if (!(aug[i] = (char)take(&c, 1)))
            break;
    *cie = (Cie){.code_align = take_uleb(&c), .data_align = take_sleb(&c)};
    cie->ra = version == 1 ? take(&c, 1) : take_uleb(&c);
    if (c.bad || id || aug[sizeof aug - 1] || (aug[0] && aug[0] != 'z'))
        return false;
    cie->has_data = aug[0] == 'z';
    uint64_t n = cie->has_data ? take_uleb(&c) : 0;
    GuestAddr program = c.at + n;
    for (unsigned i = 1; cie->has_data && aug[i]; i++) {
        uint64_t encoding = aug[i] == 'R' || aug[i] == 'L' || aug[i] == 'P' ? take(&c, 1) : 0;
        cie->signal |= aug[i] == 'S';
        if (aug[i] == 'R' && encoding != ENC_PCREL_SDATA4 && encoding != 0)
            return false;
        cie->absolute |= aug[i] == 'R' && encoding == 0;
        if (aug[i] == 'P') /* a personality: 8 bytes absolute, else 4 */
            take(&c, (encoding & 15) == 0 || (encoding & 15) == 12 ? 8 : 4);
    }
    cie->program = (Cursor){program, c.end, c.bad || program > c.end};
    return !cie->program.bad;
}

/* A function's description. */
typedef struct Fde {
    Cie cie;
    GuestAddr start;
    Cursor program;
} Fde;

/* Reads the description at `at`; false when it is none, or not of the function with pc. */
static bool read_fde(GuestAddr at, GuestAddr pc, Fde *f)
{
    Cursor c = entry_at(at);
    GuestAddr id_at = c.at;
    uint64_t id = take(&c, 4);
    if (c.bad || !id || !read_cie(id_at - id, &f->cie))
        return false;
    GuestAddr field = c.at;
    f->start = f->cie.absolute ? take(&c, 8) : field + (uint64_t)take_s32(&c);
    uint64_t size = take(&c, f->cie.absolute ? 8 : 4);
    uint64_t skip = f->cie.has_data ? take_uleb(&c) : 0;
    if (c.bad || skip > c.end - c.at || pc - f->start >= size)
        return false;
    c.at += skip;
    f->program = c;
    return true;
}

/* Without a table: one entry after the other. */
static bool scan_entries(GuestAddr at, GuestAddr pc, Fde *f)
{
    enum { ENTRIES_MAX = 100000 };
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        Cursor c = entry_at(at);
        if (c.bad)
            return false;
        if (read_fde(at, pc, f))
            return true;
        at = c.end;
    }
    return false;
}

static bool find_fde(UnwindModule m, GuestAddr pc, Fde *f)
{
    GuestAddr bias, header;
    if (!read_image(m.image, &bias, &header))
        return false;
    GuestAddr at = header ? search_table(header, pc) : 0;
    if (at)
        return read_fde(at, pc, f);
    return m.eh_frame && scan_entries(bias + m.eh_frame, pc, f);
}

/* ---- running its program ---- */

typedef enum RuleKind { RULE_SAME, RULE_UNDEFINED, RULE_AT_CFA, RULE_VALUE_CFA, RULE_REG } RuleKind;

typedef struct Rule {
    RuleKind kind;
    int64_t n; /* offset from the CFA, or a register */
} Rule;

typedef struct Row {
    uint64_t cfa_reg;
    int64_t cfa_off;
    Rule rule[UNWIND_REGS];
} Row;

typedef struct Machine {
    const Cie *cie;
    GuestAddr loc, pc; /* stops before loc passes pc */
    Row row, initial, saved[REMEMBER_MAX];
    unsigned n_saved;
} Machine;

static void set_rule(Machine *m, Cursor *c, uint64_t reg, RuleKind kind, int64_t n)
{
    if (reg < UNWIND_REGS)
        m->row.rule[reg] = (Rule){kind, n};
    else if (reg >= 128) /* vector registers lie below and are of no use here */
        c->bad = true;
}

static void set_same(Machine *m, uint64_t reg)
{
    if (reg < UNWIND_REGS)
        m->row.rule[reg] = m->initial.rule[reg];
}

static void remember(Machine *m, Cursor *c, bool restore)
{
    if (restore ? m->n_saved == 0 : m->n_saved == REMEMBER_MAX)
        c->bad = true;
    else if (restore)
        m->row = m->saved[--m->n_saved];
    else
        m->saved[m->n_saved++] = m->row;
}

/* Instructions whose operands follow. */
static void run_extended(Machine *m, Cursor *c, unsigned op)
{
    const int64_t align = m->cie->data_align;
    uint64_t reg = (op >= 0x05 && op <= 0x09) || (op >= 0x0c && op <= 0x0d) ||
                           (op >= 0x11 && op <= 0x12) || op == 0x14 || op == 0x15
                       ? take_uleb(c)
                       : 0;
    switch (op) {
    case 0x00: /* nop */
    case 0x2d: /* AARCH64_negate_ra_state: the code is cut off anyway */
        break;
    case 0x05: /* offset_extended */
        set_rule(m, c, reg, RULE_AT_CFA, (int64_t)take_uleb(c) * align);
        break;
    case 0x06: /* restore_extended */
        set_same(m, reg);
        break;
    case 0x07: /* undefined */
        set_rule(m, c, reg, RULE_UNDEFINED, 0);
        break;
    case 0x08: /* same_value */
        set_rule(m, c, reg, RULE_SAME, 0);
        break;
    case 0x09: /* register */
        set_rule(m, c, reg, RULE_REG, (int64_t)take_uleb(c));
        break;
    case 0x0a: /* remember_state */
    case 0x0b: /* restore_state */
        remember(m, c, op == 0x0b);
        break;
    case 0x0c: /* def_cfa */
        m->row.cfa_reg = reg;
        m->row.cfa_off = (int64_t)take_uleb(c);
        break;
    case 0x0d: /* def_cfa_register */
        m->row.cfa_reg = reg;
        break;
    case 0x0e: /* def_cfa_offset */
        m->row.cfa_off = (int64_t)take_uleb(c);
        break;
    case 0x11: /* offset_extended_sf */
        set_rule(m, c, reg, RULE_AT_CFA, take_sleb(c) * align);
        break;
    case 0x12: /* def_cfa_sf */
        m->row.cfa_reg = reg;
        m->row.cfa_off = take_sleb(c) * align;
        break;
    case 0x13: /* def_cfa_offset_sf */
        m->row.cfa_off = take_sleb(c) * align;
        break;
    case 0x14: /* val_offset */
        set_rule(m, c, reg, RULE_VALUE_CFA, (int64_t)take_uleb(c) * align);
        break;
    case 0x15: /* val_offset_sf */
        set_rule(m, c, reg, RULE_VALUE_CFA, take_sleb(c) * align);
        break;
    case 0x2e: /* GNU_args_size */
        take_uleb(c);
        break;
    default: /* expressions and what is unknown */
        c->bad = true;
    }
}

/* Runs a program up to the row of pc; false when it is not understood. */
static bool run_program(Machine *m, Cursor *c)
{
    static const uint8_t advance[5] = {0, 0, 1, 2, 4};
    while (!c->bad && c->at < c->end) {
        unsigned byte = (unsigned)take(c, 1), low = byte & 0x3f;
        uint64_t delta = 0;
        if (byte >> 6 == 1)
            delta = low;
        else if (byte >= 0x02 && byte <= 0x04)
            delta = take(c, advance[byte]);
        else if (byte >> 6 == 2)
            set_rule(m, c, low, RULE_AT_CFA, (int64_t)take_uleb(c) * m->cie->data_align);
        else if (byte >> 6 == 3)
            set_same(m, low);
        else
            run_extended(m, c, byte);
        m->loc += delta * m->cie->code_align;
        if (m->loc > m->pc)
            return !c->bad;
    }
    return !c->bad;
}

static bool read_word(GuestAddr at, uint64_t *v)
{
    return gm_copy_in(v, at, 8);
}

/* The caller's registers by the row. */
static bool apply_row(UnwindFrame *f, const Row *row, uint64_t ra)
{
    UnwindFrame old = *f;
    if (row->cfa_reg >= UNWIND_REGS || ra >= UNWIND_REGS)
        return false;
    uint64_t cfa = old.reg[row->cfa_reg] + (uint64_t)row->cfa_off;
    for (unsigned i = 0; i < UNWIND_REGS; i++) {
        const Rule *r = &row->rule[i];
        uint64_t at = cfa + (uint64_t)r->n;
        if (r->kind == RULE_AT_CFA && !read_word(at, &f->reg[i]))
            return false;
        if (r->kind == RULE_VALUE_CFA)
            f->reg[i] = at;
        if (r->kind == RULE_REG && r->n < UNWIND_REGS)
            f->reg[i] = old.reg[r->n];
    }
    if (row->rule[ra].kind == RULE_UNDEFINED) /* the outermost function says so */
        return false;
    f->pc = f->reg[ra] & ((1ull << ADDRESS_BITS) - 1);
    f->reg[f->sp] = cfa;
    return f->pc != 0 && (cfa > old.reg[f->sp] || f->pc != old.pc);
}

typedef enum Step { STEP_UNKNOWN, STEP_DONE, STEP_END } Step;

static Step step_by_cfi(UnwindFrame *f, UnwindModule module)
{
    Machine m;
    Fde fde;
    GuestAddr pc = f->innermost ? f->pc : f->pc - 1;
    if (!find_fde(module, pc, &fde))
        return STEP_UNKNOWN;
    m.cie = &fde.cie;
    m.pc = pc;
    m.n_saved = 0;
    m.row = (Row){.cfa_reg = f->sp};
    m.initial = m.row;
    m.loc = fde.start;
    if (!run_program(&m, &fde.cie.program))
        return STEP_END;
    m.initial = m.row;
    m.loc = fde.start;
    if (!run_program(&m, &fde.program) || !apply_row(f, &m.row, fde.cie.ra))
        return STEP_END;
    f->innermost = fde.cie.signal;
    return STEP_DONE;
}

/* ---- without information ---- */

/* A frame record: the caller's frame pointer, then the return address. */
static bool step_by_record(UnwindFrame *f)
{
    uint64_t record = f->fp ? f->reg[f->fp] : 0, next, ra;
    if (!record || record % 8 || !read_word(record, &next) || !read_word(record + 8, &ra))
        return false;
    f->pc = ra & ((1ull << ADDRESS_BITS) - 1);
    f->reg[f->fp] = next;
    f->reg[f->sp] = record + 16;
    return f->pc && (!next || next > record);
}

bool unwind_step(UnwindFrame *f, UnwindModule module)
{
    bool first = f->innermost;
    Step step = step_by_cfi(f, module);
    if (step != STEP_UNKNOWN)
        return step == STEP_DONE;
    f->innermost = false;
    if (!first || module.image)
        return step_by_record(f);
    /* After a jump to nowhere the link register still holds. */
    f->pc = f->reg[f->ra] & ((1ull << ADDRESS_BITS) - 1);
    return f->pc != 0;
}

void unwind_start(UnwindFrame *f, Vcpu *v, const GuestOps *g)
{
    enum { EM_WITH_RECORDS = EM_AARCH64, RECORD_REG = 29 };
    *f = (UnwindFrame){.pc = *vcpu_slot64(v, &g->slots[g->slot_pc]), .innermost = true};
    for (uint32_t i = 0; i < g->n_slots; i++) {
        const SlotDesc *s = &g->slots[i];
        if (s->type == SLOT_I64 && s->gdb >= 0 && s->gdb < UNWIND_REGS)
            f->reg[s->gdb] = *vcpu_slot64(v, s);
    }
    f->sp = (uint8_t)g->slots[g->slot_sp].gdb;
    f->ra = (uint8_t)g->slots[g->slot_link].gdb;
    f->fp = g->elf_machine == EM_WITH_RECORDS ? RECORD_REG : 0;
}
