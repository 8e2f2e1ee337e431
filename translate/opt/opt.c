/*
 * The list of passes, and running them over a unit that is there.
 */
#include <string.h>
#include "opt_int.h"
#include "check.h"
#include "log.h"

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

static void run(uint32_t passes, IrUnit *u, Arena *a)
{
    opt_fold(u, a, passes);
    if (passes & 1 << OPT_DEAD)
        opt_tidy(u, a);
}

void opt_pass_run(OptPass p, IrUnit *u, Arena *a)
{
    run(1u << p, u, a);
}

void opt_run(IrUnit *u, Arena *a, const OptConfig *cfg)
{
    uint32_t n = MIN(cfg->passes, (uint32_t)OPT_PASS_COUNT);
    uint32_t passes = ((1u << n) - 1) & ~cfg->skip;
    char text[256];
    StrBuf err = STRBUF_ON(text);
    if (!passes)
        return;
    run(passes, u, a);
    if (!cfg->verify || ir_verify(u, &err))
        return;
    log_error("ferry: after the passes: %s\n", text);
    CHECK_NEVER("the unit is still well formed");
}
