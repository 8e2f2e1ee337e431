/*
 * The list of passes.
 */
#include <string.h>
#include "opt_int.h"
#include "check.h"
#include "log.h"

static void (*const passes[OPT_PASS_COUNT])(IrUnit *, Arena *, OptState *) = {
    [OPT_FOLD] = opt_fold,
    [OPT_DEAD] = opt_dead,
    [OPT_SINK] = opt_sink,
};

const char *const opt_pass_names[OPT_PASS_COUNT] = {
    [OPT_FOLD] = "fold",
    [OPT_DEAD] = "dead",
    [OPT_SINK] = "sink",
};

OptPass opt_pass_by_name(const char *name)
{
    for (uint32_t p = 0; p < OPT_PASS_COUNT; p++) {
        const char *a = opt_pass_names[p], *b = name;
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b)
            return (OptPass)p;
    }
    return OPT_PASS_COUNT;
}

void opt_pass_run(OptPass p, IrUnit *u, Arena *a)
{
    OptState st = {.flag_sets = UINT32_MAX};
    passes[p](u, a, &st);
}

static void verify(const IrUnit *u, OptPass p)
{
    char text[256];
    StrBuf err = STRBUF_ON(text);
    if (ir_verify(u, &err))
        return;
    log_error("ferry: pass %s: %s\n", opt_pass_names[p], text);
    CHECK(!"the unit is still well formed");
}

void opt_run(IrUnit *u, Arena *a, const OptConfig *cfg)
{
    OptState st = {.flag_sets = UINT32_MAX};
    for (uint32_t p = 0; p < OPT_PASS_COUNT && p < cfg->passes; p++) {
        if (cfg->skip >> p & 1)
            continue;
        passes[p](u, a, &st);
        if (cfg->verify)
            verify(u, (OptPass)p);
    }
}
