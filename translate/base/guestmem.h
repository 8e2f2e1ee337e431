/*
 * GuestMem: C code's only way into guest memory.
 *
 * gm_ptr() turns a guest address into the host address where it is mapped; it checks nothing.
 * The copying functions survive bad addresses: a fault inside them makes them return false (the
 * fault handler recognises their code range, gm_fixup()) and the caller answers -EFAULT.
 */
#ifndef FERRY_BASE_GUESTMEM_H
#define FERRY_BASE_GUESTMEM_H

#include "types.h"

extern uint64_t gm_base;  /* host address of guest address 0; 0 for 64-bit guests */
extern uint64_t gm_limit; /* first guest address that is never user memory */

static inline void *gm_ptr(GuestAddr a)
{
    return (void *)(uintptr_t)(gm_base + a);
}

static inline GuestAddr gm_addr(const void *p)
{
    return (uint64_t)(uintptr_t)p - gm_base;
}

/* True when [a, a+n) lies below gm_limit without wrapping. */
bool gm_range_ok(GuestAddr a, uint64_t n);

/* Copies n bytes; false (with an unknown part copied) when the guest side is not accessible. */
bool gm_copy_in(void *dst, GuestAddr src, size_t n);
bool gm_copy_out(GuestAddr dst, const void *src, size_t n);
bool gm_clear(GuestAddr dst, size_t n);

/*
 * One access of 1, 2, 4, 8 or 16 bytes as a guest instruction makes it: no other check of the
 * address than the host's. False when the host reports a fault, of which the handler knows all.
 */
bool gm_load(void *dst, GuestAddr src, unsigned size);
bool gm_store(GuestAddr dst, const void *src, unsigned size);

/*
 * Atomic compare-and-swap of size 1, 2, 4 or 8 bytes: *old (zero-extended) is compared, and becomes
 * what was there. With 16 bytes `old` and `now` are pairs, and `a` is a multiple of 16. False when
 * not accessible for writing.
 */
bool gm_cas(GuestAddr a, unsigned size, uint64_t *old, const uint64_t *now);

/*
 * Blocks as guest instructions move them: like gm_load, no check of the addresses. The result is
 * the number of bytes not done when the host reported a fault, 0 when all is done. A block is
 * copied upwards from its first byte or downwards from its last.
 */
size_t gm_move(GuestAddr dst, GuestAddr src, size_t n, bool down);
size_t gm_fill(GuestAddr dst, uint8_t byte, size_t n);

/*
 * Length of the guest string without its NUL, at most max; -EFAULT when unreadable,
 * -ENAMETOOLONG when no NUL stands within max bytes.
 */
long gm_strlen(GuestAddr s, size_t max);
/* Copies a string with its NUL into dst[cap]; result as gm_strlen. */
long gm_copy_str(char *dst, GuestAddr src, size_t cap);

/*
 * For the host's SIGSEGV/SIGBUS handler: when `pc` lies in a copying function, the host pc to go
 * on at (the copy then reports failure); otherwise 0.
 */
uint64_t gm_fixup(uint64_t pc);

#endif
