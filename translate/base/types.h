/*
 * Basic types of every layer.
 *
 * GuestAddr is an address as the guest sees it. It is turned into a host pointer by gm_ptr() of
 * guestmem.h and nowhere else, so that guests with a base (32-bit ones) need no other change.
 */
#ifndef FERRY_BASE_TYPES_H
#define FERRY_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t GuestAddr;

#define ARRAY_LEN(a)       (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)          ((a) < (b) ? (a) : (b))
#define MAX(a, b)          ((a) > (b) ? (a) : (b))
#define ALIGN_UP(x, a)     (((x) + ((a) - 1)) & ~(uint64_t)((a) - 1))
#define ALIGN_DOWN(x, a)   ((x) & ~(uint64_t)((a) - 1))
#define LIKELY(x)          __builtin_expect(!!(x), 1)
#define UNLIKELY(x)        __builtin_expect(!!(x), 0)
#define CONTAINER_OF(p, type, member) ((type *) ((char *) (p) - offsetof(type, member)))

/* A function whose callers keep their own shape: neither inlined nor specialised. */
#ifdef __clang__
#define NO_IPA __attribute__((noinline))
#else
#define NO_IPA __attribute__((noipa))
#endif

/* A 128-bit guest vector register, lane 0 lowest, as it lies in memory. */
typedef union V128 {
    uint64_t u64[2];
    uint32_t u32[4];
    uint16_t u16[8];
    uint8_t u8[16];
    int64_t s64[2];
    int32_t s32[4];
    int16_t s16[8];
    int8_t s8[16];
} __attribute__((aligned(16))) V128;

#endif
