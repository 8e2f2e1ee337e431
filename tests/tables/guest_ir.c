/*
 * Prints the IR that a front end makes of instructions given in hex, as one run at 0x400000 that
 * ends with an exit behind the last. Used by ir_golden.py.
 *
 *     guest_ir a64 [-m MODE] 91000420 d65f03c0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "guest_find.h"
#include "ir_verify.h"
#include "log.h"

enum { BASE = 0x400000, IR_MAX = 4096 };

int main(int argc, char **argv)
{
    static char text[65536];
    StrBuf sb = STRBUF_ON(text);
    GuestFeatures features;
    Arena arena;
    IrUnit u;
    uint32_t mode = 0;
    const GuestOps *g = argc > 1 ? guest_find(argv[1]) : NULL;
    argc -= 1, argv += 1;
    if (argc > 2 && !strcmp(argv[1], "-m")) {
        mode = (uint32_t)strtoul(argv[2], NULL, 0);
        argc -= 2, argv += 2;
    }
    if (!g || !g->features_parse("max", &features, &sb) || !arena_init(&arena, 1 << 22) ||
        !ir_unit_init(&u, &arena, IR_MAX)) {
        return 1;
    }
    u.slots = g->slots;
    u.n_slots = g->n_slots;
    u.slot_pc = g->slot_pc;
    u.module_base = BASE;
    u.mode = mode;
    TransCtx tc = {.u = &u, .mode = mode, .features = &features, .code_len = 4, .pc = BASE};
    TransResult r = TR_NEXT;
    for (int i = 1; i < argc && r == TR_NEXT; i++) {
        uint32_t word = (uint32_t)strtoul(argv[i], NULL, 16);
        tc.code = (const uint8_t *)&word;
        tc.insn_len = g->insn_align;
        IrRef at = u.n;
        ir_at(&u, tc.pc, 0);
        r = g->translate_insn(&tc);
        u.insns[at].imm = (int32_t)tc.insn_len;
        tc.pc = r == TR_FOLLOW ? tc.next_pc : tc.pc + tc.insn_len;
    }
    if (r != TR_END) {
        ir_op1(&u, IR_XJUMP, IR_VOID, ir_gaddr(&u, tc.pc));
    }
    u.blocks[u.n_blocks - 1].end = u.n;
    ir_print(&u, &sb);
    fputs(text, stdout);
    sb.len = 0;
    if (!ir_verify(&u, &sb)) {
        printf("bad IR: %s\n", text);
        return 1;
    }
    return 0;
}
