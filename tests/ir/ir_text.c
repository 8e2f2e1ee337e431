/*
 * Runs the cases of IR text files: ir_text FILE...
 *
 * A file holds cases, each opened by a line "== KIND NAME" and cut into parts by lines "--":
 *
 *   roundtrip     text                          printing the parsed text gives the text again
 *   print         text -- expected              printing it gives `expected`
 *   parse-error   text -- message
 *   verify-error  text -- message
 *   run           state -- text -- expected     the interpreter, from the state given
 *
 * State lines: "x0 = 0x5", "v1 = 0xHI:0xLO", "nzcv = 0x60000000", "mem 0x10 = 0x1122" (8 bytes at
 * MEM_BASE + 0x10), "access N" (the Nth memory access fails). Expected lines are those and
 * "exit jump 0x400010" (call, ret, ind, trap NAME-NUMBER, fault, limit), "ret 0x..", "data 0x..",
 * "write 1", "fp 0x10". Slots not listed in the state start as zero; `expected` checks what it
 * lists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "flags.h"
#include "helpers.h"
#include "ir_interp.h"
#include "ir_random.h"
#include "log.h"

enum { MAX_INSNS = 1000, MEM_SIZE = 4096, TEXT_MAX = 1 << 16 };
static const GuestAddr MEM_BASE = 0x10000000;

typedef struct Case {
    const char *file;
    unsigned line;
    char kind[32], name[96];
    char *part[3];
    unsigned n_parts;
} Case;

typedef struct Machine {
    Arena arena;
    IrUnit unit;
    Vcpu vcpu;
    uint8_t mem[MEM_SIZE];
    V128 vals[MAX_INSNS + 1];
    uint64_t fail_at, accesses;
} Machine;

static Machine *m;
static unsigned failures, cases;

static bool fail(const Case *c, const char *want, const char *got)
{
    printf("%s:%u: %s %s\n--- expected\n%s\n--- got\n%s\n", c->file, c->line, c->kind, c->name,
           want, got);
    failures++;
    return false;
}

static void setup_unit(void)
{
    arena_reset(&m->arena, 1 << 20);
    if (!ir_unit_init(&m->unit, &m->arena, MAX_INSNS))
        abort();
    ir_random_setup(&m->unit);
}

static bool parse(const Case *c, const char *text)
{
    char message[400] = "";
    StrBuf err = STRBUF_ON(message);
    setup_unit();
    return ir_parse(&m->unit, text, &err) || fail(c, "text that parses", message);
}

static bool parse_verified(const Case *c, const char *text)
{
    char message[400] = "";
    StrBuf err = STRBUF_ON(message);
    return parse(c, text) &&
           (ir_verify(&m->unit, &err) || fail(c, "a unit that verifies", message));
}

static void check_print(const Case *c, const char *text, const char *want)
{
    static char got[TEXT_MAX];
    StrBuf out = STRBUF_ON(got);
    if (!parse_verified(c, text))
        return;
    ir_print(&m->unit, &out);
    if (strcmp(want, got) != 0)
        fail(c, want, got);
}

static void check_error(const Case *c, bool in_verify)
{
    char message[400] = "";
    StrBuf err = STRBUF_ON(message);
    if (in_verify) {
        if (!parse(c, c->part[0]))
            return;
        if (ir_verify(&m->unit, &err))
            sb_puts(&err, "(verifies)");
    } else {
        setup_unit();
        if (ir_parse(&m->unit, c->part[0], &err))
            sb_puts(&err, "(parses)");
    }
    sb_putc(&err, '\n');
    if (strcmp(message, c->part[1]) != 0)
        fail(c, c->part[1], message);
}

static bool window_access(IrInterpEnv *env, IrAccess *x)
{
    (void)env;
    m->accesses++;
    x->fault = x->addr;
    if (m->accesses == m->fail_at || x->addr < MEM_BASE || x->addr >= MEM_BASE + MEM_SIZE)
        return false;
    x->fault = MEM_BASE + MEM_SIZE;
    if (x->addr + x->size > MEM_BASE + MEM_SIZE)
        return false;
    uint8_t *p = &m->mem[x->addr - MEM_BASE];
    if (x->write)
        memcpy(p, x->data, x->size);
    else
        memcpy(x->data, p, x->size);
    return true;
}

/* The number of a slot; exits on an unknown name: the test file is wrong. */
static const SlotDesc *find_slot(const char *name)
{
    for (unsigned s = 0; s < IRR_SLOTS; s++)
        if (strcmp(ir_random_slots[s].name, name) == 0)
            return &ir_random_slots[s];
    printf("no such slot: %s\n", name);
    exit(1);
}

static void set_slot(const SlotDesc *s, const char *value)
{
    char *end;
    uint64_t v = strtoull(value, &end, 0);
    if (s->type == SLOT_V128) {
        vcpu_slot128(&m->vcpu, s)->u64[1] = *end == ':' ? v : 0;
        vcpu_slot128(&m->vcpu, s)->u64[0] = *end == ':' ? strtoull(end + 1, NULL, 0) : v;
    } else if (s->type == SLOT_I64) {
        *vcpu_slot64(&m->vcpu, s) = v;
    } else {
        *vcpu_slot32(&m->vcpu, s) =
            s->type == SLOT_FLAGS ? flags_from_nzcv((uint32_t)v) : (uint32_t)v;
    }
}

static void show_slot(const SlotDesc *s, char *out, size_t size)
{
    if (s->type == SLOT_V128)
        snprintf(out, size, "%s = 0x%016lx:0x%016lx", s->name, vcpu_slot128(&m->vcpu, s)->u64[1],
                 vcpu_slot128(&m->vcpu, s)->u64[0]);
    else if (s->type == SLOT_I64)
        snprintf(out, size, "%s = 0x%lx", s->name, *vcpu_slot64(&m->vcpu, s));
    else if (s->type == SLOT_FLAGS)
        snprintf(out, size, "%s = 0x%x", s->name, flags_to_nzcv(*vcpu_slot32(&m->vcpu, s)));
    else
        snprintf(out, size, "%s = 0x%x", s->name, *vcpu_slot32(&m->vcpu, s));
}

static void apply_state(char *text)
{
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char name[32], value[80];
        uint64_t at, v;
        if (sscanf(line, "mem %lx = %lx", &at, &v) == 2)
            memcpy(&m->mem[at], &v, 8);
        else if (sscanf(line, "access %lu", &v) == 1)
            m->fail_at = v;
        else if (sscanf(line, "%31s = %79s", name, value) == 2)
            set_slot(find_slot(name), value);
    }
}

/* The line of the outcome that belongs to an expected line. */
static void show_outcome(const char *want, const IrExit *x, const IrInterpEnv *env, char *out,
                         size_t size)
{
    static const char *const kinds[] = {
        [IREXIT_JUMP] = "jump",  [IREXIT_CALL] = "call", [IREXIT_RET] = "ret",
        [IREXIT_IND] = "ind",    [IREXIT_TRAP] = "trap", [IREXIT_FAULT] = "fault",
        [IREXIT_LIMIT] = "limit"};
    char name[32] = "";
    uint64_t at, v;
    if (sscanf(want, "mem %lx", &at) == 1) {
        memcpy(&v, &m->mem[at], 8);
        snprintf(out, size, "mem 0x%lx = 0x%lx", at, v);
    } else if (strncmp(want, "exit trap ", 10) == 0 && x->kind == IREXIT_TRAP) {
        snprintf(out, size, "exit trap %u 0x%lx", x->trap, x->pc);
    } else if (strncmp(want, "exit ", 5) == 0) {
        snprintf(out, size, "exit %s 0x%lx", kinds[x->kind], x->pc);
    } else if (strncmp(want, "ret ", 4) == 0) {
        snprintf(out, size, "ret 0x%lx", x->ret);
    } else if (strncmp(want, "data ", 5) == 0) {
        snprintf(out, size, "data 0x%lx", x->data);
    } else if (strncmp(want, "write ", 6) == 0) {
        snprintf(out, size, "write %d", x->write);
    } else if (strncmp(want, "fp ", 3) == 0) {
        snprintf(out, size, "fp 0x%x", env->fp_flags);
    } else if (sscanf(want, "%31s", name) == 1) {
        show_slot(find_slot(name), out, size);
    }
}

static void check_run(const Case *c)
{
    memset(&m->vcpu, 0, sizeof m->vcpu);
    memset(m->mem, 0, sizeof m->mem);
    memcpy(m->vcpu.helper_fn, helper_functions, sizeof helper_functions);
    m->fail_at = m->accesses = 0;
    apply_state(c->part[0]);
    if (!parse_verified(c, c->part[1]))
        return;
    m->vcpu.mode = m->unit.mode;
    IrInterpEnv env = {.access = window_access,
                       .vals = m->vals,
                       .cap_vals = ARRAY_LEN(m->vals),
                       .max_steps = 10000};
    IrExit x = ir_interp_run(&m->unit, &m->vcpu, &env);
    for (char *line = strtok(c->part[2], "\n"); line; line = strtok(NULL, "\n")) {
        char got[160] = "";
        show_outcome(line, &x, &env, got, sizeof got);
        if (strcmp(line, got) != 0)
            fail(c, line, got);
    }
}

static void run_case(const Case *c)
{
    unsigned parts = strcmp(c->kind, "run") == 0 ? 3 : strcmp(c->kind, "roundtrip") == 0 ? 1 : 2;
    cases++;
    if (c->n_parts != parts)
        fail(c, "the parts of this kind of case", "another number of them");
    else if (strcmp(c->kind, "roundtrip") == 0)
        check_print(c, c->part[0], c->part[0]);
    else if (strcmp(c->kind, "print") == 0)
        check_print(c, c->part[0], c->part[1]);
    else if (strcmp(c->kind, "parse-error") == 0)
        check_error(c, false);
    else if (strcmp(c->kind, "verify-error") == 0)
        check_error(c, true);
    else if (strcmp(c->kind, "run") == 0)
        check_run(c);
    else
        fail(c, "a kind of case", c->kind);
}

static void flush_case(Case *c)
{
    for (unsigned k = 0; k < c->n_parts; k++) /* blank lines between cases */
        for (size_t n = strlen(c->part[k]); n > 1 && c->part[k][n - 2] == '\n'; n--)
            c->part[k][n - 1] = 0;
    if (c->n_parts)
        run_case(c);
    c->n_parts = 0;
}

static void run_file(const char *name)
{
    char line[400];
    Case c = {.file = name};
    unsigned n = 0;
    FILE *f = fopen(name, "r");
    if (!f) {
        perror(name);
        exit(1);
    }
    for (unsigned k = 0; k < 3; k++)
        c.part[k] = malloc(TEXT_MAX);
    while (fgets(line, sizeof line, f)) {
        n++;
        bool opens = strncmp(line, "== ", 3) == 0;
        if (opens) {
            flush_case(&c);
            c.line = n;
            if (sscanf(line, "== %31s %95[^\n]", c.kind, c.name) != 2)
                fail(&c, "== KIND NAME", line);
        }
        if (opens || (strcmp(line, "--\n") == 0 && c.n_parts && c.n_parts < 3))
            c.part[c.n_parts++][0] = 0;
        else if (c.n_parts && line[0] != '#')
            strncat(c.part[c.n_parts - 1], line, TEXT_MAX - strlen(c.part[c.n_parts - 1]) - 1);
    }
    flush_case(&c);
    for (unsigned k = 0; k < 3; k++)
        free(c.part[k]);
    fclose(f);
}

int main(int argc, char **argv)
{
    m = aligned_alloc(64, ALIGN_UP(sizeof *m, 64));
    memset(m, 0, sizeof *m);
    if (!arena_init(&m->arena, 1 << 20))
        return 1;
    for (int k = 1; k < argc; k++)
        run_file(argv[k]);
    printf("%u cases, %u failures\n", cases, failures);
    return failures != 0 || cases == 0;
}
