/*
 * The loops of guestmem.c that may fault. All are leaves that keep the stack pointer and the
 * callee-saved registers as they were, so one common exit serves a fault at any instruction.
 */
        .text
        .hidden gm_asm_begin, gm_asm_end, gm_asm_fault
        .hidden gm_asm_copy, gm_asm_clear, gm_asm_strlen, gm_asm_strcpy
        .globl  gm_asm_begin, gm_asm_end, gm_asm_fault
        .globl  gm_asm_copy, gm_asm_clear, gm_asm_strlen, gm_asm_strcpy
        .p2align 4
gm_asm_begin:

/* long gm_asm_copy(rdi dst, rsi src, rdx n): 0 */
        .type   gm_asm_copy, @function
gm_asm_copy:
        cmpq    $256, %rdx
        jae     3f
        movq    %rdx, %rcx
        shrq    $3, %rcx
        jz      2f
1:      movq    (%rsi), %rax
        movq    %rax, (%rdi)
        addq    $8, %rsi
        addq    $8, %rdi
        decq    %rcx
        jnz     1b
2:      andl    $7, %edx
        jz      5f
4:      movzbl  (%rsi), %eax
        movb    %al, (%rdi)
        incq    %rsi
        incq    %rdi
        decl    %edx
        jnz     4b
5:      xorl    %eax, %eax
        ret
3:      movq    %rdx, %rcx
        rep movsb
        xorl    %eax, %eax
        ret
        .size   gm_asm_copy, . - gm_asm_copy

/* long gm_asm_clear(rdi dst, rsi n): 0 */
        .type   gm_asm_clear, @function
gm_asm_clear:
        movq    %rsi, %rcx
        xorl    %eax, %eax
        rep stosb
        ret
        .size   gm_asm_clear, . - gm_asm_clear

/* long gm_asm_strlen(rdi s, rsi max) */
        .type   gm_asm_strlen, @function
gm_asm_strlen:
        xorl    %eax, %eax
1:      cmpq    %rsi, %rax
        jae     2f
        cmpb    $0, (%rdi,%rax)
        je      2f
        incq    %rax
        jmp     1b
2:      ret
        .size   gm_asm_strlen, . - gm_asm_strlen

/* long gm_asm_strcpy(rdi dst, rsi s, rdx max) */
        .type   gm_asm_strcpy, @function
gm_asm_strcpy:
        xorl    %eax, %eax
1:      cmpq    %rdx, %rax
        jae     2f
        movzbl  (%rsi,%rax), %ecx
        movb    %cl, (%rdi,%rax)
        testl   %ecx, %ecx
        jz      2f
        incq    %rax
        jmp     1b
2:      ret
        .size   gm_asm_strcpy, . - gm_asm_strcpy
gm_asm_end:

gm_asm_fault:
        movq    $-14, %rax              /* -EFAULT */
        ret
        .section .note.GNU-stack, "", @progbits
