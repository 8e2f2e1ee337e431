/*
 * Runs the cases of text files through passes: opt_text FILE...
 *
 * A case is "== PASS[+PASS...] NAME", a unit, a line "--", and the unit expected after the passes
 * (as ir_print writes it). PASS is a name of opt_pass_names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ir_random.h"
#include "log.h"
#include "opt.h"

enum { MAX_INSNS = 500, TEXT_MAX = 1 << 16 };

typedef struct Case {
    char passes[64], name[96];
    char text[2][TEXT_MAX];
} Case;

static Case c;
static unsigned failures, cases;
static char got[TEXT_MAX];

static bool transform(void)
{
    static Arena arena, scratch;
    IrUnit u;
    StrBuf out = STRBUF_ON(got);
    if ((!arena.base && !arena_init(&arena, 1 << 22)) ||
        (!scratch.base && !arena_init(&scratch, 1 << 22)))
        abort();
    arena_reset(&arena, 1 << 20);
    arena_reset(&scratch, 1 << 20);
    if (!ir_unit_init(&u, &arena, MAX_INSNS))
        abort();
    ir_random_setup(&u);
    if (!ir_parse(&u, c.text[0], &out) || !ir_verify(&u, &out))
        return false;
    for (char *p = strtok(c.passes, "+"); p; p = strtok(NULL, "+")) {
        OptPass pass = opt_pass_by_name(p);
        if (pass == OPT_PASS_COUNT) {
            sb_printf(&out, "no pass %s\n", p);
            return false;
        }
        opt_pass_run(pass, &u, &scratch);
    }
    if (!ir_verify(&u, &out))
        return false;
    ir_print(&u, &out);
    return true;
}

static void finish_case(const char *file)
{
    if (!c.name[0])
        return;
    cases++;
    if (!transform() || strcmp(got, c.text[1]) != 0) {
        printf("%s: %s\n--- expected\n%s--- got\n%s\n", file, c.name, c.text[1], got);
        failures++;
    }
    c.name[0] = 0;
}

static void run_file(const char *file)
{
    char line[512];
    unsigned part = 0;
    FILE *f = fopen(file, "r");
    if (!f) {
        perror(file);
        exit(1);
    }
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "== ", 3) == 0) {
            finish_case(file);
            memset(&c, 0, sizeof c);
            part = 0;
            if (sscanf(line, "== %63s %95[^\n]", c.passes, c.name) != 2) {
                printf("%s: bad line %s", file, line);
                exit(1);
            }
        } else if (strcmp(line, "--\n") == 0) {
            part = 1;
        } else if (c.name[0] && line[0] != '#' && line[0] != '\n') {
            if (strlen(c.text[part]) + strlen(line) < TEXT_MAX)
                strcat(c.text[part], line);
        }
    }
    finish_case(file);
    fclose(f);
}

int main(int argc, char **argv)
{
    for (int k = 1; k < argc; k++)
        run_file(argv[k]);
    printf("%u cases, %u failures\n", cases, failures);
    return failures != 0 || cases == 0;
}
