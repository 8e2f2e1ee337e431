/*
 * Host code of single A64 instructions, for a64_host.py: each line of standard input is a name and
 * a word in hex; the answer is the name, the bytes of hot code and all code in hex.
 *
 *     a64_host avx2 < words        features as for -host-features, of a host that has them all
 *     add_imm 91000420  ->  add_imm 17 48ffc3...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "a64.h"
#include "log.h"
#include "x64_run.h"

enum { BASE = 0x400000 };

static GuestFeatures features;

static void front(IrUnit *u, uint32_t word)
{
    TransCtx tc = {.u = u,
                   .features = &features,
                   .code = (const uint8_t *)&word,
                   .code_len = 4,
                   .insn_len = 4,
                   .pc = u->module_base + BASE,
                   .next_pc = u->module_base + BASE + 4};
    ir_at(u, tc.pc, 4);
    if (guest_a64.translate_insn(&tc) != TR_END)
        ir_op1(u, IR_XJUMP, IR_VOID, ir_gaddr(u, tc.next_pc));
    ir_unit_finish(u);
}

static bool compile(X64Bench *b, uint32_t word)
{
    arena_reset(&b->ir_arena, 8 << 20);
    if (!ir_unit_init(&b->unit, &b->ir_arena, X64_RUN_INSNS))
        abort();
    b->unit.slots = guest_a64.slots;
    b->unit.n_slots = guest_a64.n_slots;
    b->unit.slot_pc = guest_a64.slot_pc;
    b->unit.module_base = (uint64_t)b->code - (1 << 20) - BASE;
    b->unit.start_off = BASE;
    b->unit.guest_insns = 1;
    ir_unit_reset(&b->unit);
    front(&b->unit, word);
    b->optimise = true;
    return x64_bench_compile(b, 0, 0);
}

int main(int argc, char **argv)
{
    char text[256] = "", name[64], word[16];
    StrBuf err = STRBUF_ON(text);
    HostFeatures f = {
#define X(name) .name = true,
        HOST_FEATURES(X)
#undef X
    };
    if (argc != 2 || !backend_x64.narrow(argv[1], &f, &err) ||
        !guest_a64.features_parse("max", &features, &err)) {
        fprintf(stderr, "a64_host: %s\n", text);
        return 2;
    }
    X64Bench *b = x64_bench_open(&f, guest_a64.slots, guest_a64.n_slots, guest_a64.slot_pc);
    while (scanf("%63s %15s", name, word) == 2) {
        if (!compile(b, (uint32_t)strtoul(word, NULL, 16))) {
            fprintf(stderr, "a64_host: %s does not compile: %s\n", name, b->stage);
            return 1;
        }
        printf("%s %u ", name, b->out.hot_size);
        for (uint32_t k = 0; k < b->out.size; k++)
            printf("%02x", b->out.rw[k]);
        putchar('\n');
    }
    return 0;
}
