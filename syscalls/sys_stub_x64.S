/*
 * The blocking stub; sys.h has its contract. Leaf, no stack use, nothing live that an edit of rip
 * to sys_stub_exit would lose.
 *   long sys_stub(rdi: nr, rsi: args, rdx: poll word)
 */
    .text
    .globl sys_stub, sys_stub_check, sys_stub_syscall, sys_stub_after, sys_stub_exit
    .type sys_stub, @function
    .p2align 5
sys_stub:
    movq %rdi, %rax
    movq %rdx, %rcx
    movq (%rsi), %rdi
    movq 16(%rsi), %rdx
    movq 24(%rsi), %r10
    movq 32(%rsi), %r8
    movq 40(%rsi), %r9
    movq 8(%rsi), %rsi
sys_stub_check:
    cmpl $0, (%rcx)
    jne sys_stub_exit
sys_stub_syscall:
    syscall
sys_stub_after:
    ret
sys_stub_exit:
    movq $-512, %rax
    ret
    .size sys_stub, . - sys_stub
    .section .note.GNU-stack, "", @progbits
