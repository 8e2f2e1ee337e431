/*
 * Lists code from standard input as a guest's tables see it, one line an instruction:
 * `row<TAB>listing`. The first one lies at 0x40000000. Used by insn_check.py.
 *
 *     insn_list a64 < code
 */
#include <stdio.h>
#include "guest_find.h"
#include "insn_table.h"
#include "log.h"

enum { START = 0x40000000, CODE_MAX = 1 << 20 };

int main(int argc, char **argv)
{
    static uint8_t code[CODE_MAX];
    const GuestOps *g = argc == 2 ? guest_find(argv[1]) : NULL;
    if (!g) {
        fprintf(stderr, "usage: insn_list GUEST < CODE\n");
        return 2;
    }
    uint32_t n = (uint32_t)fread(code, 1, sizeof(code), stdin);
    for (uint32_t at = 0, len; at < n; at += len) {
        char text[128];
        StrBuf sb = STRBUF_ON(text);
        len = g->print_insn(START + at, code + at, n - at, &sb);
        printf("%s\t%s\n", insn_name(g->insns, g->row_of(code + at, n - at)), text);
    }
    return 0;
}
