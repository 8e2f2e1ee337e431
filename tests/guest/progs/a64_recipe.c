// guest: aarch64
// expect: 0 failures
/*
 * Flags that are overwritten behind a side exit are made only when the exit is taken, from their
 * operands: here a constant too large for an immediate and a value in the register that the exit's
 * code would like to load the constant into, in code that has become hot.
 */
#include <stdint.h>
#include <stdio.h>
#include "check.h"

__asm__(".text\n"
        ".type flags_of, %function\n"
        "flags_of:\n"
        "    sub sp, sp, #112\n"
        "    stp x19, x20, [sp]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    str x0, [sp, #96]\n"
        "    mov x28, x0\n"
        "    add x27, x0, #256\n"
        "    ldr x26, [x0]\n"
        "    add x5, x0, #128\n"
        "    ldr x25, [x0]\n"
        "    add x18, x0, #600\n"
        "    ldr w9, [x28, #8]\n"
        "    lsl w9, w9, #28\n"
        "    msr nzcv, x9\n"
        "    ldr x0, [x28, #1024]\n"
        "    ldr x1, [x28, #1032]\n"
        "    ldr x2, [x28, #1040]\n"
        "    ldr x3, [x28, #1048]\n"
        "    ldr x4, [x28, #1056]\n"
        "    ldr x19, [x28, #1176]\n"
        "    ldr x20, [x28, #1184]\n"
        "    ldr x21, [x28, #1192]\n"
        "    ldr x30, [x28, #1264]\n"
        "    ldr x6, [x28, #1072]\n"
        "    ldr x29, [x28, #1256]\n"
        "    ldr x7, [x28, #1080]\n"
        "    ldr x23, [x28, #1208]\n"
        "    ldr x8, [x28, #1088]\n"
        "    ldr x24, [x28, #1216]\n"
        "    ldr x9, [x28, #1096]\n"
        "    ldr x10, [x28, #1104]\n"
        "    ldr x11, [x28, #1112]\n"
        "    ldr x12, [x28, #1120]\n"
        "    ldr x13, [x28, #1128]\n"
        "    ldr x22, [x28, #1200]\n"
        "    ldr q0, [x28, #1536]\n"
        "    ldr q1, [x28, #1552]\n"
        "    ldr q2, [x28, #1568]\n"
        "    ldr q7, [x28, #1648]\n"
        "    ldr q8, [x28, #1664]\n"
        "    ldr q9, [x28, #1680]\n"
        "    ldr q15, [x28, #1776]\n"
        "    ldr q16, [x28, #1792]\n"
        "    ldr q30, [x28, #2016]\n"
        "    ldr q31, [x28, #2032]\n"
        "    b 1f\n"
        "1:\n"
        "    neg w9, w29\n"
        "    movn w4, #35118, lsl #0\n"
        "    subs x22, x29, w4, uxtw #3\n"
        "    sxth w29, w24\n"
        "    extr x21, x22, x29, #63\n"
        "    neg w7, w24\n"
        "    cbz w20, 9f\n"
        "    ccmn xzr, x10, #5, ls\n"
        "9:\n"
        "    mov x17, x28\n"
        "    ldr x28, [sp, #96]\n"
        "    mrs x16, nzcv\n"
        "    str x16, [x28, #1016]\n"
        "    str x0, [x28, #1024]\n"
        "    str x1, [x28, #1032]\n"
        "    str x2, [x28, #1040]\n"
        "    str x3, [x28, #1048]\n"
        "    str x4, [x28, #1056]\n"
        "    str x19, [x28, #1176]\n"
        "    str x20, [x28, #1184]\n"
        "    str x21, [x28, #1192]\n"
        "    str x30, [x28, #1264]\n"
        "    str x6, [x28, #1072]\n"
        "    str x29, [x28, #1256]\n"
        "    str x7, [x28, #1080]\n"
        "    str x23, [x28, #1208]\n"
        "    str x8, [x28, #1088]\n"
        "    str x24, [x28, #1216]\n"
        "    str x9, [x28, #1096]\n"
        "    str x10, [x28, #1104]\n"
        "    str x11, [x28, #1112]\n"
        "    str x12, [x28, #1120]\n"
        "    str x13, [x28, #1128]\n"
        "    str x22, [x28, #1200]\n"
        "    stp q0, q1, [x28, #768]\n"
        "    stp q2, q9, [x28, #736]\n"
        "    stp q7, q8, [x28, #800]\n"
        "    stp q15, q16, [x28, #832]\n"
        "    stp q30, q31, [x28, #864]\n"
        "    ldr x17, [sp, #96]\n"
        "    sub x25, x25, x17\n"
        "    sub x18, x18, x17\n"
        "    str x25, [x28, #904]\n"
        "    str x18, [x28, #912]\n"
        "    ldp x19, x20, [sp]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    add sp, sp, #112\n"
        "    ret\n");

/* Registers stand in the block as the function's loads and stores say. */
enum { NZCV = 1016 / 8, X20 = 1184 / 8, X29 = 1256 / 8, WORDS = 2048 / 8 };
void flags_of(uint64_t block[WORDS]);

static uint64_t flags_of_sub(uint64_t a, uint64_t b)
{
    uint64_t r = a - b, v = ((a ^ b) & (a ^ r)) >> 63;
    return (r >> 63) << 31 | (uint64_t)(r == 0) << 30 | (uint64_t)(a >= b) << 29 | v << 28;
}

int main(void)
{
    static const uint64_t values[] = {0, 1, 0x7fffbb688, 0x7fffbb687, 1ull << 63, ~0ull};
    static uint64_t block[WORDS];
    for (int round = 0; round < 20000 && !failures; round++)
        for (unsigned k = 0; k < sizeof values / sizeof *values; k++) {
            block[X29] = values[k];
            block[X20] = 0;
            flags_of(block);
            CHECK(block[NZCV] == flags_of_sub(values[k], (uint64_t)(uint32_t)~35118u << 3));
        }
    printf("%d failures\n", failures);
    return 0;
}
