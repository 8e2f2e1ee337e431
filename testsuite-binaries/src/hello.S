/* The smallest useful guest: writes a line, exits with 0. No libc, under 2 KiB. */
        .globl  _start
_start:
        mov     x0, #1
        adr     x1, text
        mov     x2, #(end - text)
        mov     x8, #64                 /* write */
        svc     #0
        mov     x0, #0
        mov     x8, #93                 /* exit */
        svc     #0
text:   .ascii  "hello from AArch64\n"
end:
