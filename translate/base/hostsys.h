/*
 * Raw host system calls: the only way the running core reaches the kernel. Results are the
 * kernel's: -errno on failure. Never touches errno or any thread state.
 */
#ifndef FERRY_BASE_HOSTSYS_H
#define FERRY_BASE_HOSTSYS_H

#include "types.h"
#include <asm/unistd.h>

#if defined(__x86_64__)
static inline long host_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long ret;
    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}
#elif defined(__aarch64__)
static inline long host_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
#error "no host system call for this architecture"
#endif

#define HS_PICK(_0, _1, _2, _3, _4, _5, _6, NAME, ...) NAME
#define HS0(nr)                   host_syscall(nr, 0, 0, 0, 0, 0, 0)
#define HS1(nr, a)                host_syscall(nr, (long) (a), 0, 0, 0, 0, 0)
#define HS2(nr, a, b)             host_syscall(nr, (long) (a), (long) (b), 0, 0, 0, 0)
#define HS3(nr, a, b, c)          host_syscall(nr, (long) (a), (long) (b), (long) (c), 0, 0, 0)
#define HS4(nr, a, b, c, d)       host_syscall(nr, (long) (a), (long) (b), (long) (c), (long) (d), 0, 0)
#define HS5(nr, a, b, c, d, e)                                                                     \
    host_syscall(nr, (long) (a), (long) (b), (long) (c), (long) (d), (long) (e), 0)
#define HS6(nr, a, b, c, d, e, f)                                                                  \
    host_syscall(nr, (long) (a), (long) (b), (long) (c), (long) (d), (long) (e), (long) (f))

/* HS(nr, args...) with zero to six arguments of any integer or pointer type. */
#define HS(...) HS_PICK(__VA_ARGS__, HS6, HS5, HS4, HS3, HS2, HS1, HS0, )(__VA_ARGS__)

/* True when a raw result is an error (the kernel's range -4095..-1). */
static inline bool hs_failed(long r)
{
    return (unsigned long) r > -4096UL;
}

#endif
