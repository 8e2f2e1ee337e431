/*
 * C code's way into guest memory: range checks around the loops of guestmem_x64.S, which may
 * fault. A fault inside the labelled range goes on at gm_asm_fault, which returns -EFAULT.
 *
 *   gm_copy_in(buf, 0, 8)       -> the load faults -> handler -> gm_fixup() -> false
 */
#include "guestmem.h"
#include <asm/errno.h>
#include "check.h"

uint64_t gm_base;
uint64_t gm_limit = 0x800000000000u - 0x1000; /* TASK_SIZE of a 47-bit x86-64 process */

long gm_asm_copy(void *dst, const void *src, size_t n);
long gm_asm_clear(void *dst, size_t n);
/* Bytes before the first NUL, or max when there is none. */
long gm_asm_strlen(const char *s, size_t max);
/* As strlen, and copies each byte (the NUL too) to dst. */
long gm_asm_strcpy(char *dst, const char *s, size_t max);
typedef long GmCas(void *p, uint64_t *old, uint64_t now);
GmCas gm_asm_cas1, gm_asm_cas2, gm_asm_cas4, gm_asm_cas8;
long gm_asm_cas16(void *p, uint64_t *old, const uint64_t *now);
extern const char gm_asm_cas16_insn[], gm_asm_cas16_fault[];
typedef long GmCopy(void *dst, const void *src);
GmCopy gm_asm_copy1, gm_asm_copy2, gm_asm_copy4, gm_asm_copy8, gm_asm_copy16;
extern const char gm_asm_copy16_begin[], gm_asm_copy16_end[], gm_asm_copy16_fault[];
size_t gm_asm_move_up(void *dst, const void *src, size_t n);
size_t gm_asm_move_down(void *dst_end, const void *src_end, size_t n);
size_t gm_asm_fill(void *dst, unsigned byte, size_t n);
extern const char gm_asm_move_begin[], gm_asm_move_end[], gm_asm_move_fault[];
extern const char gm_asm_begin[], gm_asm_end[], gm_asm_fault[];

bool gm_range_ok(GuestAddr a, uint64_t n)
{
    return n <= gm_limit && a <= gm_limit - n;
}

bool gm_copy_in(void *dst, GuestAddr src, size_t n)
{
    return gm_range_ok(src, n) && gm_asm_copy(dst, gm_ptr(src), n) == 0;
}

bool gm_copy_out(GuestAddr dst, const void *src, size_t n)
{
    return gm_range_ok(dst, n) && gm_asm_copy(gm_ptr(dst), src, n) == 0;
}

static bool access_once(void *dst, const void *src, unsigned size)
{
    switch (size) {
    case 1:
        return gm_asm_copy1(dst, src) == 0;
    case 2:
        return gm_asm_copy2(dst, src) == 0;
    case 4:
        return gm_asm_copy4(dst, src) == 0;
    case 8:
        return gm_asm_copy8(dst, src) == 0;
    default:
        return gm_asm_copy16(dst, src) == 0;
    }
}

bool gm_load(void *dst, GuestAddr src, unsigned size)
{
    return access_once(dst, gm_ptr(src), size);
}

bool gm_store(GuestAddr dst, const void *src, unsigned size)
{
    return access_once(gm_ptr(dst), src, size);
}

bool gm_clear(GuestAddr dst, size_t n)
{
    return gm_range_ok(dst, n) && gm_asm_clear(gm_ptr(dst), n) == 0;
}

bool gm_cas(GuestAddr a, unsigned size, uint64_t *old, const uint64_t *now)
{
    if (!gm_range_ok(a, size))
        return false;
    switch (size) {
    case 1:
        return gm_asm_cas1(gm_ptr(a), old, *now) == 0;
    case 2:
        return gm_asm_cas2(gm_ptr(a), old, *now) == 0;
    case 4:
        return gm_asm_cas4(gm_ptr(a), old, *now) == 0;
    case 8:
        return gm_asm_cas8(gm_ptr(a), old, *now) == 0;
    default:
        CHECK(size == 16);
        return gm_asm_cas16(gm_ptr(a), old, now) == 0;
    }
}

size_t gm_move(GuestAddr dst, GuestAddr src, size_t n, bool down)
{
    if (down)
        return gm_asm_move_down(gm_ptr(dst + n), gm_ptr(src + n), n);
    return gm_asm_move_up(gm_ptr(dst), gm_ptr(src), n);
}

size_t gm_fill(GuestAddr dst, uint8_t byte, size_t n)
{
    return gm_asm_fill(gm_ptr(dst), byte, n);
}

/* Meaning of a string loop's result `n` that was allowed `room` bytes out of `max`. */
static long string_result(long n, size_t room, size_t max)
{
    if (n < 0 || (size_t)n < room)
        return n;
    return room < max ? -EFAULT : -ENAMETOOLONG;
}

long gm_strlen(GuestAddr s, size_t max)
{
    if (s >= gm_limit)
        return -EFAULT;
    size_t room = MIN(max, gm_limit - s);
    return string_result(gm_asm_strlen(gm_ptr(s), room), room, max);
}

long gm_copy_str(char *dst, GuestAddr src, size_t cap)
{
    if (src >= gm_limit)
        return -EFAULT;
    size_t room = MIN(cap, gm_limit - src);
    return string_result(gm_asm_strcpy(dst, gm_ptr(src), room), room, cap);
}

uint64_t gm_fixup(uint64_t pc)
{
    if (pc == (uintptr_t)gm_asm_cas16_insn)
        return (uintptr_t)gm_asm_cas16_fault;
    if (pc >= (uintptr_t)gm_asm_copy16_begin && pc < (uintptr_t)gm_asm_copy16_end)
        return (uintptr_t)gm_asm_copy16_fault;
    if (pc >= (uintptr_t)gm_asm_move_begin && pc < (uintptr_t)gm_asm_move_end)
        return (uintptr_t)gm_asm_move_fault;
    bool inside = pc >= (uintptr_t)gm_asm_begin && pc < (uintptr_t)gm_asm_end;
    return inside ? (uintptr_t)gm_asm_fault : 0;
}
