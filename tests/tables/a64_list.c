/*
 * Lists A64 words from standard input (binary, little-endian) as ferry's tables see them, one line
 * each: `row<TAB>listing`. The first word lies at 0x40000000. Used by a64_check.py.
 */
#include <stdio.h>
#include "a64.h"
#include "log.h"

int main(void)
{
    uint8_t code[4];
    for (GuestAddr pc = 0x40000000; fread(code, sizeof(code), 1, stdin) == 1; pc += sizeof(code)) {
        char text[128];
        StrBuf sb = STRBUF_ON(text);
        uint32_t word = code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
        guest_a64.print_insn(pc, code, sizeof(code), &sb);
        unsigned row = insn_decode(&a64_insns, word, A64_DECODE_INDEX(word));
        printf("%s\t%s\n", insn_name(&a64_insns, row), text);
    }
    return 0;
}
