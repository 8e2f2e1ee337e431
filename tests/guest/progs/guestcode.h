/* A function of two instruction words that returns a small number, in the guest's machine code. */
#ifndef GUESTCODE_H
#define GUESTCODE_H

#include <stdint.h>

#if defined(__aarch64__)
#define CODE_VALUE(v) (0x52800000u | (uint32_t) (v) << 5) /* mov w0, #v */
#define CODE_RET      0xd65f03c0u
#elif defined(__riscv)
#define CODE_VALUE(v) ((uint32_t) (v) << 20 | 10 << 7 | 0x13) /* addi a0, zero, v */
#define CODE_RET      0x00008067u
#endif

#endif
