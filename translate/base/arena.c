/*
 * Arena over one private anonymous mapping that the kernel fills page by page.
 *
 *   arena_init(&a, 1 << 20); p = arena_alloc(&a, 100); arena_reset(&a, 1 << 16);
 */
#include "arena.h"
#include <asm/mman.h>
#include <linux/mman.h>
#include "hostsys.h"
#include "ownmap.h"

enum { ARENA_PAGE = 65536 }; /* a multiple of every host's page size */

uint64_t arena_address_limit(void)
{
    enum { HOST_RLIMIT_AS = 9 };
    uint64_t lim[2] = {~0ull, ~0ull};
    HS(__NR_prlimit64, 0, HOST_RLIMIT_AS, 0, lim);
    return lim[0];
}

bool arena_init(Arena *a, size_t size)
{
    *a = (Arena){0};
    if (size == 0 || size > SIZE_MAX / 2)
        return false;
    size = ALIGN_UP(size, ARENA_PAGE);
    long r = HS(__NR_mmap, 0, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (hs_failed(r))
        return false;
    a->base = (uint8_t *)r;
    a->size = size;
    ownmap_add(a->base, size);
    return true;
}

bool arena_init_near(Arena *a, size_t size)
{
    return arena_init(a, MIN(size, MAX(arena_address_limit() / 32, (uint64_t)ARENA_PAGE)));
}

void arena_free(Arena *a)
{
    if (a->base) {
        ownmap_drop(a->base);
        HS(__NR_munmap, a->base, a->size);
    }
    *a = (Arena){0};
}

void arena_reset(Arena *a, size_t keep)
{
    keep = MIN(ALIGN_UP(keep, ARENA_PAGE), a->size);
    if (a->used > keep)
        HS(__NR_madvise, a->base + keep, ALIGN_UP(a->used, ARENA_PAGE) - keep, MADV_DONTNEED);
    a->used = 0;
}
