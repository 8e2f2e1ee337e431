/*
 * Host code of small IR snippets: prints each unit's hot code and far code in hex for
 * x64_golden.py, and checks by itself that a module's code does not depend on where it lies.
 *
 *     x64_golden snippets.ir      units in IR text, each after a line "# name"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "ir_random.h"
#include "log.h"
#include "x64_run.h"

static char text[1 << 16];

static void compile(X64Bench *b, const char *name, const char *src)
{
    char err[256];
    StrBuf sb = STRBUF_ON(err);
    arena_reset(&b->ir_arena, 8 << 20);
    if (!ir_unit_init(&b->unit, &b->ir_arena, X64_RUN_INSNS))
        abort();
    ir_random_setup(&b->unit);
    b->unit.module_base = (uint64_t)b->code - (1 << 20);
    b->unit.module_fixed = false;
    if (!ir_parse(&b->unit, src, &sb)) {
        fprintf(stderr, "%s: %s\n", name, err);
        exit(1);
    }
    if (!x64_bench_compile(b, 0, 0)) {
        fprintf(stderr, "%s: does not compile: %s\n", name, b->stage);
        exit(1);
    }
}

static void print(const X64Bench *b, const char *name)
{
    printf("%s %u ", name, b->out.hot_size);
    for (uint32_t k = 0; k < b->out.size; k++)
        printf("%02x", b->out.rw[k]);
    printf("\n");
}

/* The same unit with code, data and module all moved by one distance. */
static void check_moved(X64Bench *b, const char *name, const char *src)
{
    static uint8_t first[65536];
    uint32_t n = b->out.size;
    uint8_t *code = b->code, *data = b->data;
    memcpy(first, b->out.rw, n);
    b->code =
        mmap(NULL, X64_RUN_CODE * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    b->data = b->code + X64_RUN_CODE;
    compile(b, name, src);
    if (b->out.size != n || memcmp(first, b->out.rw, n) != 0) {
        fprintf(stderr, "%s: other bytes at another base\n", name);
        exit(1);
    }
    munmap(b->code, X64_RUN_CODE * 2);
    b->code = code;
    b->data = data;
}

int main(int argc, char **argv)
{
    FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (!f)
        return 2;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    HostFeatures feat = {.sse42 = true,
                         .popcnt = true,
                         .lzcnt = true,
                         .bmi1 = true,
                         .bmi2 = true,
                         .avx = true,
                         .avx2 = true,
                         .fma = true};
    X64Bench *b = x64_bench_open(&feat, ir_random_slots, IRR_SLOTS, IRR_PC);
    for (char *p = strstr(text, "# "); p;) {
        char *next = strstr(p + 1, "\n# ");
        char *body = strchr(p, '\n') + 1;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(body - 1 - (p + 2)), p + 2);
        if (next)
            *next++ = 0;
        compile(b, name, body);
        print(b, name);
        check_moved(b, name, body);
        p = next;
    }
    return 0;
}
