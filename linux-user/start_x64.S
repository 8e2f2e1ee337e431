/*
 * Process entry and the few places where C cannot go: where the stack changes or vanishes.
 */
        .text
        .hidden ferry_start, thread_child_entry, _DYNAMIC

/* The kernel's entry: rsp points at argc. */
        .globl  _start
        .type   _start, @function
_start:
        xorl    %ebp, %ebp
        movq    %rsp, %rdi
        leaq    _DYNAMIC(%rip), %rsi
        andq    $-16, %rsp
        call    ferry_start
        ud2

/* void thread_switch_stack(rdi sp, rsi f, rdx arg): calls f(arg) on another stack. */
        .globl  thread_switch_stack
        .hidden thread_switch_stack
        .type   thread_switch_stack, @function
thread_switch_stack:
        movq    %rdi, %rsp
        xorl    %ebp, %ebp
        movq    %rdx, %rdi
        call    *%rsi
        ud2

/*
 * long thread_clone_raw(rdi nr, rsi a, rdx b, rcx c, r8 d, r9 child): clone or clone3 whose child
 * starts on its own stack in thread_child_entry(child). The kernel keeps r9.
 */
        .globl  thread_clone_raw
        .hidden thread_clone_raw
        .type   thread_clone_raw, @function
thread_clone_raw:
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        movq    %r8, %r10
        xorl    %r8d, %r8d
        syscall
        testq   %rax, %rax
        jz      1f
        ret
1:      xorl    %ebp, %ebp
        movq    %r9, %rdi
        call    thread_child_entry
        ud2

/* void thread_exit_idle(rdi idle, rsi nr, rdx status): the block is another's from the store on. */
        .globl  thread_exit_idle
        .hidden thread_exit_idle
        .type   thread_exit_idle, @function
thread_exit_idle:
        movq    %rsi, %rax
        movl    $1, (%rdi)
        movq    %rdx, %rdi
        syscall
        ud2

/* void thread_exit_unmap(rdi block, rsi size, rdx nr, rcx status): unmaps the stack it came on. */
        .globl  thread_exit_unmap
        .hidden thread_exit_unmap
        .type   thread_exit_unmap, @function
thread_exit_unmap:
        movq    %rdx, %r8
        movq    %rcx, %r9
        movl    $11, %eax               /* munmap */
        syscall
        movq    %r8, %rax
        movq    %r9, %rdi
        syscall
        ud2

/* Return from ferry's signal handlers. */
        .globl  signal_restorer
        .hidden signal_restorer
        .type   signal_restorer, @function
signal_restorer:
        movl    $15, %eax               /* rt_sigreturn */
        syscall
        ud2
        .section .note.GNU-stack, "", @progbits
