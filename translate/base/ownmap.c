/* A table of ranges; a free slot has start 0, one being filled has end 0. */
#include "ownmap.h"

enum {
    SLOTS = 4096, /* a few, and one or two a thread */
    OWN_PAGE = 4096,
};

typedef struct OwnRange {
    uint64_t start, end;
} OwnRange;

static OwnRange slots[SLOTS];
static uint32_t used; /* slots from here on were never taken */

void ownmap_add(const void *start, size_t size)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint64_t none = 0, at = (uintptr_t)start;
        if (!__atomic_compare_exchange_n(&slots[i].start, &none, at, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            continue;
        __atomic_store_n(&slots[i].end, ALIGN_UP(at + size, OWN_PAGE), __ATOMIC_RELEASE);
        uint32_t seen = __atomic_load_n(&used, __ATOMIC_RELAXED);
        while (seen <= i && !__atomic_compare_exchange_n(&used, &seen, i + 1, false,
                                                         __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            continue;
        return;
    }
}

void ownmap_drop(const void *start)
{
    uint32_t n = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < n; i++) {
        if (__atomic_load_n(&slots[i].start, __ATOMIC_RELAXED) != (uintptr_t)start)
            continue;
        __atomic_store_n(&slots[i].end, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&slots[i].start, 0, __ATOMIC_RELEASE);
        return;
    }
}

uint64_t ownmap_end(uint64_t at, uint64_t *next)
{
    uint32_t n = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
    *next = ~0ull;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t end = __atomic_load_n(&slots[i].end, __ATOMIC_ACQUIRE);
        uint64_t start = __atomic_load_n(&slots[i].start, __ATOMIC_ACQUIRE);
        if (!start || end <= at)
            continue;
        if (start <= at)
            return end;
        *next = MIN(*next, start);
    }
    return 0;
}

uint64_t ownmap_size(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < __atomic_load_n(&used, __ATOMIC_ACQUIRE); i++) {
        uint64_t end = __atomic_load_n(&slots[i].end, __ATOMIC_ACQUIRE);
        uint64_t start = __atomic_load_n(&slots[i].start, __ATOMIC_ACQUIRE);
        sum += start && end > start ? end - start : 0;
    }
    return sum;
}
