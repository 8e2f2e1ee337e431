/*
 * The loops of guestmem.c that may fault. All are leaves that keep the stack pointer and the
 * callee-saved registers as they were, so one common exit serves a fault at any instruction.
 */
/* 32 bytes, all loaded before any is stored: they may overlap. */
        .macro  copy32
        movq    (%rsi), %rax
        movq    8(%rsi), %r8
        movq    16(%rsi), %r9
        movq    24(%rsi), %r10
        movq    %rax, (%rdi)
        movq    %r8, 8(%rdi)
        movq    %r9, 16(%rdi)
        movq    %r10, 24(%rdi)
        .endm

        .text
        .hidden gm_asm_begin, gm_asm_end, gm_asm_fault
        .hidden gm_asm_copy, gm_asm_clear, gm_asm_strlen, gm_asm_strcpy
        .globl  gm_asm_begin, gm_asm_end, gm_asm_fault
        .hidden gm_asm_cas16_insn, gm_asm_cas16_fault
        .globl  gm_asm_cas16_insn, gm_asm_cas16_fault
        .globl  gm_asm_copy, gm_asm_clear, gm_asm_strlen, gm_asm_strcpy
        .p2align 4
gm_asm_begin:

/* long gm_asm_copy(rdi dst, rsi src, rdx n): 0 */
        .type   gm_asm_copy, @function
gm_asm_copy:
        cmpq    $256, %rdx
        jae     3f
        movq    %rdx, %rcx
        shrq    $5, %rcx
        jz      7f
8:      copy32
        addq    $32, %rsi
        addq    $32, %rdi
        decq    %rcx
        jnz     8b
7:      movl    %edx, %ecx
        shrl    $3, %ecx
        andl    $3, %ecx
        jz      2f
1:      movq    (%rsi), %rax
        movq    %rax, (%rdi)
        addq    $8, %rsi
        addq    $8, %rdi
        decl    %ecx
        jnz     1b
2:      testb   $4, %dl                 /* an aligned 2, 4 or 8 bytes are one access each */
        jz      4f
        movl    (%rsi), %eax
        movl    %eax, (%rdi)
        addq    $4, %rsi
        addq    $4, %rdi
4:      testb   $2, %dl
        jz      5f
        movzwl  (%rsi), %eax
        movw    %ax, (%rdi)
        addq    $2, %rsi
        addq    $2, %rdi
5:      testb   $1, %dl
        jz      6f
        movzbl  (%rsi), %eax
        movb    %al, (%rdi)
6:      xorl    %eax, %eax
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

/*
 * long gm_asm_casN(rdi p, rsi expected, rdx desired): 0; the old value goes to *expected.
 */
        .macro  CAS name, op, reg
        .globl  \name
        .hidden \name
        .type   \name, @function
\name:
        movq    (%rsi), %rax
        lock \op \reg, (%rdi)
        movq    %rax, (%rsi)
        xorl    %eax, %eax
        ret
        .size   \name, . - \name
        .endm
        CAS     gm_asm_cas1, cmpxchgb, %dl
        CAS     gm_asm_cas2, cmpxchgw, %dx
        CAS     gm_asm_cas4, cmpxchgl, %edx
        CAS     gm_asm_cas8, cmpxchgq, %rdx

/* long gm_asm_cas16(rdi p, rsi expected[2], rdx desired[2]); rbx waits in r8, so a fault keeps it. */
        .globl  gm_asm_cas16
        .hidden gm_asm_cas16
        .type   gm_asm_cas16, @function
gm_asm_cas16:
        movq    %rbx, %r8
        movq    (%rdx), %rbx
        movq    8(%rdx), %rcx
        movq    (%rsi), %rax
        movq    8(%rsi), %rdx
gm_asm_cas16_insn:
        lock cmpxchg16b (%rdi)
        movq    %r8, %rbx
        movq    %rax, (%rsi)
        movq    %rdx, 8(%rsi)
        xorl    %eax, %eax
        ret
        .size   gm_asm_cas16, . - gm_asm_cas16
/* long gm_asm_copyN(rdi dst, rsi src): 0. One access of N bytes. */
        .macro  COPY name, load, into, store, from
        .globl  \name
        .hidden \name
        .type   \name, @function
\name:
        \load   (%rsi), \into
        \store  \from, (%rdi)
        xorl    %eax, %eax
        ret
        .size   \name, . - \name
        .endm
        COPY    gm_asm_copy1, movzbl, %eax, movb, %al
        COPY    gm_asm_copy2, movzwl, %eax, movw, %ax
        COPY    gm_asm_copy4, movl, %eax, movl, %eax
        COPY    gm_asm_copy8, movq, %rax, movq, %rax
gm_asm_end:

/*
 * long gm_asm_copy16(rdi dst, rsi src): 0. One access; xmm0 is the guest's and waits in the red zone.
 */
        .globl  gm_asm_copy16, gm_asm_copy16_begin, gm_asm_copy16_end, gm_asm_copy16_fault
        .hidden gm_asm_copy16, gm_asm_copy16_begin, gm_asm_copy16_end, gm_asm_copy16_fault
        .type   gm_asm_copy16, @function
gm_asm_copy16:
        movups  %xmm0, -24(%rsp)
gm_asm_copy16_begin:
        movups  (%rsi), %xmm0
        movups  %xmm0, (%rdi)
gm_asm_copy16_end:
        movups  -24(%rsp), %xmm0
        xorl    %eax, %eax
        ret
gm_asm_copy16_fault:
        movups  -24(%rsp), %xmm0
        jmp     gm_asm_fault
        .size   gm_asm_copy16, . - gm_asm_copy16

/*
 * Blocks that may end early: size_t gm_asm_move_up(rdi dst, rsi src, rdx n), gm_asm_fill(rdi dst,
 * rsi byte, rdx n) and gm_asm_move_down(rdi dst end, rsi src end, rdx n). They return the bytes not
 * done, which rcx counts at every instruction that may fault.
 */
        .globl  gm_asm_move_up, gm_asm_move_down, gm_asm_fill
        .globl  gm_asm_move_begin, gm_asm_move_end, gm_asm_move_fault
        .hidden gm_asm_move_up, gm_asm_move_down, gm_asm_fill
        .hidden gm_asm_move_begin, gm_asm_move_end, gm_asm_move_fault
        .type   gm_asm_move_up, @function
gm_asm_move_begin:
gm_asm_move_up:
        movq    %rdx, %rcx
        cmpq    $512, %rcx
        jae     4f
1:      cmpq    $32, %rcx
        jb      2f
        copy32
        addq    $32, %rsi
        addq    $32, %rdi
        subq    $32, %rcx
        jmp     1b
2:      cmpq    $8, %rcx
        jb      5f
        movq    (%rsi), %rax
        movq    %rax, (%rdi)
        addq    $8, %rsi
        addq    $8, %rdi
        subq    $8, %rcx
        jmp     2b
5:      testq   %rcx, %rcx
        jz      7f
6:      movzbl  (%rsi), %eax
        movb    %al, (%rdi)
        incq    %rsi
        incq    %rdi
        decq    %rcx
        jnz     6b
7:      xorl    %eax, %eax
        ret
4:      rep movsb
        xorl    %eax, %eax
        ret
        .size   gm_asm_move_up, . - gm_asm_move_up

        .type   gm_asm_move_down, @function
gm_asm_move_down:
        movq    %rdx, %rcx
1:      cmpq    $32, %rcx
        jb      2f
        movq    -8(%rsi), %rax
        movq    -16(%rsi), %r8
        movq    -24(%rsi), %r9
        movq    -32(%rsi), %r10
        movq    %rax, -8(%rdi)
        movq    %r8, -16(%rdi)
        movq    %r9, -24(%rdi)
        movq    %r10, -32(%rdi)
        subq    $32, %rsi
        subq    $32, %rdi
        subq    $32, %rcx
        jmp     1b
2:      testq   %rcx, %rcx
        jz      4f
3:      movzbl  -1(%rsi), %eax
        movb    %al, -1(%rdi)
        decq    %rsi
        decq    %rdi
        decq    %rcx
        jnz     3b
4:      xorl    %eax, %eax
        ret
        .size   gm_asm_move_down, . - gm_asm_move_down

        .type   gm_asm_fill, @function
gm_asm_fill:
        movq    %rdx, %rcx
        movzbl  %sil, %eax
        cmpq    $512, %rcx
        jae     4f
        movabsq $0x0101010101010101, %r8
        imulq   %r8, %rax
1:      cmpq    $8, %rcx
        jb      2f
        movq    %rax, (%rdi)
        addq    $8, %rdi
        subq    $8, %rcx
        jmp     1b
2:      testq   %rcx, %rcx
        jz      5f
3:      movb    %al, (%rdi)
        incq    %rdi
        decq    %rcx
        jnz     3b
5:      xorl    %eax, %eax
        ret
4:      rep stosb
        xorl    %eax, %eax
        ret
        .size   gm_asm_fill, . - gm_asm_fill
gm_asm_move_end:
gm_asm_move_fault:
        movq    %rcx, %rax
        ret

gm_asm_cas16_fault:
        movq    %r8, %rbx
gm_asm_fault:
        movq    $-14, %rax              /* -EFAULT */
        ret
        .section .note.GNU-stack, "", @progbits
