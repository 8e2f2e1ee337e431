/*
 * ferry's command line and environment. One table (options.c) holds names, variables and help.
 *
 *   ferry [options] program [arguments]
 *
 * It takes qemu-user's names, with one dash or two; the QEMU_* variables set the same options
 * before the command line does. A bad command line is one message and exit status 1 (qemu's).
 */
#ifndef FERRY_OPTIONS_H
#define FERRY_OPTIONS_H

#include "arena.h"

/* Exit statuses of ferry itself, as shells use them. */
enum {
    STATUS_USAGE = 1,
    STATUS_CANNOT_EXECUTE = 126, /* not executable, not ELF, wrong architecture */
    STATUS_NOT_FOUND = 127,
};

typedef struct EnvChange {
    const char *text; /* "NAME=value" to set, "NAME" to unset */
    bool set;
    struct EnvChange *next;
} EnvChange;

#define COLD_RUNS_AUTO (~0ull)
enum { QUICK_RUNS = 16000 }; /* docs/tiers.md */

typedef struct Options {
    const char *sysroot;   /* -L */
    const char *cpu;       /* -cpu */
    const char *argv0;     /* -0 */
    const char *release;   /* -r */
    const char *log_file;  /* -D */
    const char *log_items; /* -d */
    uint64_t stack_size;   /* -s */
    uint64_t seed;         /* --ra-seed */
    uint64_t opt_limit, unit_limit, dump_pc;
    const char *host_features;              /* --host-features */
    const char *seed_text, *opt_limit_text; /* as given, for children */
    uint64_t cold_runs;                     /* or COLD_RUNS_AUTO */
    const char *cold_text;
    uint64_t quick_runs;
    const char *quick_text;
    uint64_t tb_size; /* -tb-size in MiB, or 0 */
    const char *tb_text;
    const char *exec_comm; /* --exec-comm: the name the kernel would give the process */
    int exec_fd;           /* --exec-fd: program's descriptor, -1 none */
    bool exec_fd_close;    /* it was close-on-exec */
    const char *exec_fn;   /* --exec-fn: AT_EXECFN of a script's interpreter */
    const char *exec_self; /* --exec-self: ferry's path, for where /proc is not mounted */
    bool binfmt;           /* --binfmt */
    bool strace, one_insn, perf_map, interpret, verify, wx_split, coverage;
    EnvChange *env, **env_tail; /* -E, -U in order */
    int first_program_arg;      /* index in argv */
} Options;

/*
 * Reads QEMU_* of envp, then argv[1..]. Returns -1 to go on, or the exit status (--help, --version
 * and mistakes have printed what they had to).
 */
int options_parse(Options *o, Arena *a, int argc, char **argv, char **envp);

/*
 * The words that hand the same options to a ferry that runs a child program (exec.c): those that
 * are not in the environment anyway. Returns their number, at most max.
 */
size_t options_inherit(const Options *o, const char **words, size_t max);

#endif
