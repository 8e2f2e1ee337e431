/*
 * Options: what options_inherit() hands to the ferry of a child program means the same there.
 * Example: `-ra-seed 7 -strace` gives the words "-strace" "-ra-seed" "7", in the table's order.
 */
#include <criterion/criterion.h>
#include <string.h>
#include "arena.h"
#include "log.h"
#include "options.h"

enum { WORDS_MAX = 48 };

static Arena arena;

static Options parse(int argc, const char *const *argv)
{
    static char *no_env[] = {NULL};
    Options o;
    char *copy[WORDS_MAX + 3];
    for (int i = 0; i < argc; i++)
        copy[i] = (char *)(uintptr_t)argv[i];
    copy[argc] = NULL;
    cr_assert_eq(options_parse(&o, &arena, argc, copy, no_env), -1);
    return o;
}

/* Every option that a child must get, with a value that is not the default. */
static const char *const given[] = {
    "ferry",
    "-L",
    "/root",
    "-cpu",
    "cortex-a53",
    "-r",
    "5.0",
    "-D",
    "/log",
    "-d",
    "in_asm",
    "-strace",
    "-ra-seed",
    "0x11",
    "-one-insn-per-tb",
    "-verify",
    "-interpret",
    "-perfmap",
    "-wx-split",
    "-coverage",
    "-cold-runs",
    "3",
    "-host-features",
    "sse42",
    "-exec-self",
    "/bin/ferry",
    "-opt-passes",
    "2",
    "prog",
};

Test(options, inherited)
{
    cr_assert(arena_init(&arena, 1 << 20));
    Options o = parse(ARRAY_LEN(given), given);
    const char *words[WORDS_MAX + 2] = {"ferry"}, *again[WORDS_MAX];
    size_t n = options_inherit(&o, words + 1, WORDS_MAX);
    cr_assert_eq(n, ARRAY_LEN(given) - 2, "%zu words of %zu", n, ARRAY_LEN(given) - 2);
    words[n + 1] = "prog";
    Options child = parse((int)n + 2, words);
    cr_assert_eq(child.seed, 0x11);
    cr_assert_eq(child.opt_limit, 2);
    cr_assert_eq(child.cold_runs, 3);
    cr_assert_str_eq(child.host_features, "sse42");
    cr_assert_str_eq(child.cpu, "cortex-a53");
    cr_assert(child.one_insn && child.verify && child.interpret && child.perf_map);
    cr_assert(child.wx_split && child.coverage && child.strace);
    /* and on to a grandchild */
    cr_assert_eq(options_inherit(&child, again, WORDS_MAX), n);
    for (size_t i = 0; i < n; i++)
        cr_assert_str_eq(again[i], words[i + 1]);
    log_mask = 0;
}

/* A short buffer gets whole options only. */
Test(options, inherited_cut)
{
    cr_assert(arena_init(&arena, 1 << 20));
    Options o = parse(ARRAY_LEN(given), given);
    const char *words[WORDS_MAX];
    for (size_t max = 0; max < 8; max++)
        cr_assert_leq(options_inherit(&o, words, max), max);
}
