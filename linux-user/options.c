/*
 * The option table and its reader.
 *
 *   -L /srv/arm64 -E A=1,B=2 -strace prog x     sysroot, two variables, tracing; program at 5
 *   QEMU_STRACE=1 ferry prog                    the same as -strace
 *   ferry -bogus prog                           ferry: unknown option '-bogus' (try --help), status
 * 1
 */
#include "options.h"
#include "ferry_version.h"
#include "hostsys.h"
#include "log.h"
#include "str.h"

typedef enum OptId {
    OPT_HELP,
    OPT_VERSION,
    OPT_GDB,
    OPT_SYSROOT,
    OPT_STACK,
    OPT_TB_SIZE,
    OPT_CPU,
    OPT_SET_ENV,
    OPT_UNSET_ENV,
    OPT_ARGV0,
    OPT_UNAME,
    OPT_IGNORED,
    OPT_LOG,
    OPT_LOGFILE,
    OPT_ONE_INSN,
    OPT_STRACE,
    OPT_SEED,
    OPT_PERFMAP,
    OPT_INTERPRET,
    OPT_VERIFY,
    OPT_SPLIT,
    OPT_HOST_FEATURES,
    OPT_COVERAGE,
    OPT_PASSES,
    OPT_UNITS,
    OPT_DUMP_PC,
    OPT_COLD,
    OPT_QUICK,
    OPT_EXEC_FD,
    OPT_EXEC_COMM,
    OPT_EXEC_SELF,
    OPT_EXEC_FN,
    OPT_BINFMT,
} OptId;

typedef struct OptRow {
    OptId id;
    char name[18];  /* as qemu spells it */
    char other[18]; /* a second name */
    char arg[10];   /* what follows; empty: nothing */
    char env[24];   /* QEMU_ variable */
    char help[70];  /* empty: not shown */
} OptRow;

/* Rows hold arrays, not pointers, so that the table needs no relocations. */
static const OptRow rows[] = {
    {OPT_HELP, "h", "help", "", "", "print this help"},
    {OPT_VERSION, "version", "", "", "QEMU_VERSION", "print the version"},
    {OPT_SYSROOT, "L", "sysroot", "path", "QEMU_LD_PREFIX",
     "the tree with the program's libraries, over the host's"},
    {OPT_SET_ENV, "E", "env", "n=v,...", "QEMU_SET_ENV", "set variables of the program"},
    {OPT_UNSET_ENV, "U", "unset-env", "n,...", "QEMU_UNSET_ENV", "remove variables"},
    {OPT_ARGV0, "0", "argv0", "name", "QEMU_ARGV0", "the program's argv[0]"},
    {OPT_CPU, "cpu", "", "model", "QEMU_CPU", "CPU model and extensions, e.g. max,-lse"},
    {OPT_UNAME, "r", "uname", "release", "QEMU_UNAME", "release that uname(2) reports"},
    {OPT_STACK, "s", "stack-size", "size", "QEMU_STACK_SIZE", "at least this much stack"},
    {OPT_STRACE, "strace", "", "", "QEMU_STRACE", "print system calls"},
    {OPT_LOG, "d", "log", "item,...", "QEMU_LOG", "log items ('-d help' lists them)"},
    {OPT_LOGFILE, "D", "log-file", "file", "QEMU_LOG_FILENAME", "where the log goes; %d: pid"},
    {OPT_GDB, "g", "gdb", "port", "QEMU_GDB", "wait for gdb (not there yet)"},
    {OPT_PERFMAP, "perfmap", "", "", "QEMU_PERFMAP", "write /tmp/perf-PID.map"},
    {OPT_ONE_INSN, "one-insn-per-tb", "", "", "QEMU_ONE_INSN_PER_TB",
     "one guest instruction per unit"},
    {OPT_ONE_INSN, "singlestep", "", "", "QEMU_SINGLESTEP", "the same by its older name"},
    {OPT_IGNORED, "B", "guest-base", "address", "QEMU_GUEST_BASE", "accepted, without effect"},
    {OPT_IGNORED, "R", "reserved-va", "size", "QEMU_RESERVED_VA", "accepted, without effect"},
    {OPT_TB_SIZE, "tb-size", "", "MiB", "QEMU_TB_SIZE", "room for translated code"},
    {OPT_IGNORED, "seed", "", "seed", "QEMU_RAND_SEED", ""},
    {OPT_IGNORED, "p", "", "size", "QEMU_PAGESIZE", ""},
    {OPT_INTERPRET, "interpret", "", "", "", "run the reference interpreter"},
    {OPT_VERIFY, "verify", "", "", "", "check every translated unit"},
    {OPT_SPLIT, "wx-split", "", "", "", "never map code writable and executable at once"},
    {OPT_HOST_FEATURES, "host-features", "", "list", "",
     "use no more of the host: sse42 | avx2 | avx512, +x,-y"},
    {OPT_COVERAGE, "coverage", "", "", "", "report which instruction rows were executed"},
    {OPT_SEED, "ra-seed", "", "n", "", "random register allocation"},
    {OPT_PASSES, "opt-passes", "", "n", "", "run only the first n passes"},
    {OPT_UNITS, "opt-units", "", "n", "", "optimise only the first n units"},
    {OPT_DUMP_PC, "dump-pc", "", "address", "", "dump every stage of the unit at address"},
    {OPT_COLD, "cold-runs", "", "n", "", "interpret code n times (1) before it is translated"},
    {OPT_QUICK, "quick-runs", "", "n", "",
     "enter quickly made code n times (0: none) until it is optimised"},
    {OPT_EXEC_FD, "exec-fd", "", "fd", "", ""},
    {OPT_EXEC_COMM, "exec-comm", "", "name", "", ""},
    {OPT_EXEC_FN, "exec-fn", "", "path", "", ""},
    {OPT_EXEC_SELF, "exec-self", "", "path", "", ""},
    {OPT_BINFMT, "binfmt", "", "", "", "print the registrations for binfmt_misc"},
};

typedef struct Reader {
    Options *o;
    Arena *arena;
    const char *shown; /* the word as the user wrote it */
} Reader;

bool str_number(const char *s, uint64_t *out)
{
    uint64_t v = 0, base = 10;
    const char *hex = str_after(s, "0x");
    if (hex) {
        base = 16;
        s = hex;
    }
    if (!*s)
        return false;
    for (; *s; s++) {
        char c = *s;
        uint64_t d = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                     : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A' + 10)
                                            : 99;
        if (d >= base || __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
            return false;
    }
    *out = v;
    return true;
}

static void print_out(const char *text, size_t n)
{
    HS(__NR_write, 1, text, n);
}

static int print_help(void)
{
    char line[256];
    static const char head[] = "usage: ferry [options] program [arguments]\n"
                               "Runs a Linux program of another architecture (AArch64, RISC-V).\n\n"
                               "Options; long names take two dashes as well, and --name=value:\n";
    static const char tail[] =
        "\nVariables set the same before the command line does; lists are split at commas.\n"
        "Exit status: the program's; 1 bad options, 126 cannot be executed, 127 not found.\n";
    print_out(head, sizeof head - 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        StrBuf sb = STRBUF_ON(line);
        const OptRow *r = &rows[i];
        if (!r->help[0])
            continue;
        sb_printf(&sb, "  -%s", r->name);
        if (r->other[0])
            sb_printf(&sb, ", --%s", r->other);
        if (r->arg[0])
            sb_printf(&sb, " %s", r->arg);
        while (sb.len < 30)
            sb_putc(&sb, ' ');
        sb_printf(&sb, " %s%s%s%s\n", r->help, r->env[0] ? " [" : "", r->env, r->env[0] ? "]" : "");
        print_out(sb.buf, sb.len);
    }
    print_out(tail, sizeof tail - 1);
    return 0;
}

static int print_log_items(void)
{
    for (int i = 0; i < LOG_CHANNEL_COUNT; i++) {
        char line[128];
        StrBuf sb = STRBUF_ON(line);
        sb_printf(&sb, "%-10s %s\n", log_channels[i].name, log_channels[i].help);
        print_out(sb.buf, sb.len);
    }
    return 0;
}

static int usage_error(Reader *r, const char *what)
{
    log_error("ferry: %s '%s' (try --help)\n", what, r->shown);
    return STATUS_USAGE;
}

static char *copy_text(Arena *a, const char *s, size_t n)
{
    char *c = arena_alloc(a, n + 1);
    if (!c)
        return NULL;
    for (size_t i = 0; i < n; i++)
        c[i] = s[i];
    c[n] = 0;
    return c;
}

/* Splits at commas; each part becomes a change of the environment. */
static int add_env(Reader *r, const char *list, bool set)
{
    while (*list) {
        const char *comma = str_find(list, ',');
        size_t n = comma ? (size_t)(comma - list) : str_len(list);
        EnvChange *e = arena_alloc(r->arena, sizeof *e);
        char *text = copy_text(r->arena, list, n);
        if (!e || !text)
            return usage_error(r, "no memory for");
        bool has_value = str_find(text, '=') != NULL;
        if (has_value != set)
            return usage_error(r, set ? "-E wants NAME=VALUE, not" : "-U wants NAME, not");
        *e = (EnvChange){text, set, NULL};
        *r->o->env_tail = e;
        r->o->env_tail = &e->next;
        list += n + (comma != NULL);
    }
    return -1;
}

/* qemu's names that mean several channels or one with another name. */
static uint32_t log_alias(const char *name)
{
    if (str_eq(name, "op_ind"))
        return 1u << LOG_OP_OPT;
    if (str_eq(name, "int") || str_eq(name, "guest_errors") || str_eq(name, "invalid_mem"))
        return 1u << LOG_SIGNAL;
    if (str_eq(name, "page"))
        return 1u << LOG_MMU;
    if (str_eq(name, "all"))
        return (1u << LOG_CHANNEL_COUNT) - 1;
    return 0;
}

static int set_log(Reader *r, const char *list)
{
    r->o->log_items = list;
    if (str_eq(list, "help") || str_eq(list, "?"))
        return print_log_items();
    while (*list) {
        char name[32];
        size_t n = 0;
        for (; list[n] && list[n] != ','; n++)
            if (n + 1 < sizeof name)
                name[n] = list[n];
        name[MIN(n, sizeof name - 1)] = 0;
        uint32_t bits = log_alias(name);
        for (int i = 0; i < LOG_CHANNEL_COUNT; i++)
            if (str_eq(name, log_channels[i].name))
                bits |= 1u << i;
        if (!bits) {
            log_error("ferry: unknown log item '%s' (-d help lists them)\n", name);
            return STATUS_USAGE;
        }
        log_mask |= bits;
        list += n + (list[n] == ',');
    }
    return -1;
}

static int set_number(Reader *r, const char *value, uint64_t *out)
{
    return str_number(value, out) ? -1 : usage_error(r, "not a number after");
}

/* Bytes, KiB with a K behind the number, MiB with an M. */
static int set_size(Reader *r, const char *value, uint64_t *out)
{
    size_t n = str_len(value);
    char last = n ? value[n - 1] : 0;
    unsigned shift = last == 'k' || last == 'K' ? 10 : last == 'M' ? 20 : 0;
    const char *digits = shift ? copy_text(r->arena, value, n - 1) : value;
    if (!digits || !str_number(digits, out) || *out > ~0ull >> shift)
        return usage_error(r, "not a number after");
    *out <<= shift;
    return -1;
}

/* "7" or "7c": the descriptor, to be closed after loading with c. */
static int set_exec_fd(Reader *r, const char *value)
{
    uint64_t fd = 0;
    r->o->exec_fd_close = value[0] == 'c';
    if (!str_number(value + r->o->exec_fd_close, &fd) || fd > 1u << 30)
        return usage_error(r, "not a descriptor after");
    r->o->exec_fd = (int)fd;
    return -1;
}

static int set_switch(Reader *r, OptId id)
{
    Options *o = r->o;
    switch (id) {
    case OPT_HELP:
        return print_help();
    case OPT_VERSION:
        print_out(FERRY_VERSION_LINE, sizeof FERRY_VERSION_LINE - 1);
        return 0;
    case OPT_STRACE:
        o->strace = true;
        log_mask |= 1u << LOG_STRACE;
        break;
    case OPT_ONE_INSN:
        o->one_insn = true;
        break;
    case OPT_PERFMAP:
        o->perf_map = true;
        break;
    case OPT_INTERPRET:
        o->interpret = true;
        break;
    case OPT_VERIFY:
        o->verify = true;
        break;
    case OPT_SPLIT:
        o->wx_split = true;
        break;
    case OPT_COVERAGE:
        o->coverage = true;
        break;
    case OPT_BINFMT:
        o->binfmt = true;
        break;
    default:
        break;
    }
    return -1;
}

static int set_value(Reader *r, OptId id, const char *value)
{
    Options *o = r->o;
    switch (id) {
    case OPT_GDB:
        log_error("ferry: -g: the gdb stub is not there yet\n");
        return STATUS_USAGE;
    case OPT_SYSROOT:
        o->sysroot = value;
        break;
    case OPT_CPU:
        o->cpu = value;
        break;
    case OPT_ARGV0:
        o->argv0 = value;
        break;
    case OPT_UNAME:
        o->release = value;
        break;
    case OPT_LOGFILE:
        o->log_file = value;
        break;
    case OPT_SET_ENV:
        return add_env(r, value, true);
    case OPT_UNSET_ENV:
        return add_env(r, value, false);
    case OPT_LOG:
        return set_log(r, value);
    case OPT_STACK:
        return set_size(r, value, &o->stack_size);
    case OPT_HOST_FEATURES:
        o->host_features = value;
        break;
    case OPT_TB_SIZE:
        o->tb_text = value;
        return set_number(r, value, &o->tb_size);
    case OPT_SEED:
        o->seed_text = value;
        return set_number(r, value, &o->seed);
    case OPT_PASSES:
        o->opt_limit_text = value;
        return set_number(r, value, &o->opt_limit);
    case OPT_UNITS:
        return set_number(r, value, &o->unit_limit);
    case OPT_COLD:
        o->cold_text = value;
        return set_number(r, value, &o->cold_runs);
    case OPT_QUICK:
        o->quick_text = value;
        return set_number(r, value, &o->quick_runs);
    case OPT_DUMP_PC:
        return set_number(r, value, &o->dump_pc);
    case OPT_EXEC_FD:
        return set_exec_fd(r, value);
    case OPT_EXEC_COMM:
        o->exec_comm = value;
        break;
    case OPT_EXEC_FN:
        o->exec_fn = value;
        break;
    case OPT_EXEC_SELF:
        o->exec_self = value;
        break;
    default:
        break;
    }
    return -1;
}

static int read_env(Reader *r, char **envp)
{
    for (; *envp; envp++) {
        if (!str_after(*envp, "QEMU_"))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            const char *value = rows[i].env[0] ? str_after(*envp, rows[i].env) : NULL;
            if (!value || *value != '=')
                continue;
            r->shown = *envp;
            /* The program may write over its environment later. */
            const char *kept = copy_text(r->arena, value + 1, str_len(value + 1));
            if (!kept)
                return usage_error(r, "no memory for");
            int status =
                rows[i].arg[0] ? set_value(r, rows[i].id, kept) : set_switch(r, rows[i].id);
            if (status >= 0)
                return status;
        }
    }
    return -1;
}

/* Row of a word without its dashes; *value is set when the word has "=value". */
static const OptRow *find_row(const char *word, const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *names[2] = {rows[i].name, rows[i].other};
        for (int k = 0; k < 2; k++) {
            const char *rest = names[k][0] ? str_after(word, names[k]) : NULL;
            if (rest && *rest == 0)
                return &rows[i];
            if (rest && *rest == '=' && rows[i].arg[0]) {
                *value = rest + 1;
                return &rows[i];
            }
        }
    }
    return NULL;
}

static int read_words(Reader *r, int argc, char **argv)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        const char *word = argv[i] + 1 + (argv[i][1] == '-'), *value;
        r->shown = argv[i];
        if (!*word) { /* "--" */
            i++;
            break;
        }
        const OptRow *row = find_row(word, &value);
        if (!row)
            return usage_error(r, "unknown option");
        if (row->arg[0] && !value) {
            if (i + 1 >= argc)
                return usage_error(r, "an argument is missing after");
            value = argv[++i];
        }
        int status = row->arg[0] ? set_value(r, row->id, value) : set_switch(r, row->id);
        if (status >= 0)
            return status;
    }
    r->o->first_program_arg = i;
    return -1;
}

int options_parse(Options *o, Arena *a, int argc, char **argv, char **envp)
{
    *o = (Options){
        .exec_fd = -1, .opt_limit = ~0ull, .unit_limit = ~0ull, .cold_runs = COLD_RUNS_AUTO,
        .quick_runs = QUICK_RUNS};
    o->env_tail = &o->env;
    Reader r = {o, a, ""};
    int status = read_env(&r, envp);
    return status >= 0 ? status : read_words(&r, argc, argv);
}

size_t options_inherit(const Options *o, const char **words, size_t max)
{
    const struct {
        const char *name, *value;
        bool on;
    } list[] = {
        {"-L", o->sysroot, o->sysroot},
        {"-cpu", o->cpu, o->cpu},
        {"-r", o->release, o->release},
        {"-D", o->log_file, o->log_file},
        {"-d", o->log_items, o->log_items},
        {"-strace", NULL, o->strace},
        {"-one-insn-per-tb", NULL, o->one_insn},
        {"-perfmap", NULL, o->perf_map},
        {"-interpret", NULL, o->interpret},
        {"-verify", NULL, o->verify},
        {"-wx-split", NULL, o->wx_split},
        {"-coverage", NULL, o->coverage},
        {"-cold-runs", o->cold_text, o->cold_text},
        {"-quick-runs", o->quick_text, o->quick_text},
        {"-ra-seed", o->seed_text, o->seed_text},
        {"-opt-passes", o->opt_limit_text, o->opt_limit_text},
        {"-host-features", o->host_features, o->host_features},
        {"-tb-size", o->tb_text, o->tb_text},
        {"-exec-self", o->exec_self, o->exec_self},
    };
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        if (!list[i].on || n + 2 > max)
            continue;
        words[n++] = list[i].name;
        if (list[i].value)
            words[n++] = list[i].value;
    }
    return n;
}
