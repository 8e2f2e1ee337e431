/*
 * Bump arena over one lazily committed host mapping.
 *
 * A thread owns its arenas; nothing is freed one by one. arena_reset() forgets all, keeping the
 * pages up to `keep` bytes. Allocation past the reservation returns NULL: callers treat that as a
 * limit of the unit at hand and retry with a smaller one.
 */
#ifndef FERRY_BASE_ARENA_H
#define FERRY_BASE_ARENA_H

#include "types.h"

typedef struct Arena {
    uint8_t *base;
    size_t used;
    size_t size;
} Arena;

/* Reserves `size` bytes (rounded to pages); false when the host refuses. */
bool arena_init(Arena *a, size_t size);
/* The same, or a small part of the process's address space where that is limited to little. */
bool arena_init_near(Arena *a, size_t size);
/* RLIMIT_AS in bytes; ~0: none. */
uint64_t arena_address_limit(void);
void arena_free(Arena *a);
void arena_reset(Arena *a, size_t keep);

/* `n` bytes aligned to 16, not cleared; NULL when the reservation is used up. */
static inline void *arena_alloc(Arena *a, size_t n)
{
    size_t at = (a->used + 15) & ~(size_t) 15;
    if (UNLIKELY(n > a->size || at > a->size - n))
        return NULL;
    a->used = at + n;
    return a->base + at;
}

#endif
