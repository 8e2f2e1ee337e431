/*
 * Memory that is ferry's own and not the guest's, so that views of the address space
 * (/proc/self/maps) can leave it out and the guest's memory calls pass over it. Whoever maps memory
 * for ferry says so here:
 *
 *   ownmap_add(p, size);   ...   ownmap_drop(p);
 *
 * One table a process, without a lock: a slot is claimed by an atomic exchange and read whole. It
 * is copied by fork with the memory it describes. Memory that finds no slot is merely not left out
 * and not protected.
 */
#ifndef FERRY_BASE_OWNMAP_H
#define FERRY_BASE_OWNMAP_H

#include "types.h"

void ownmap_add(const void *start, size_t size);
void ownmap_drop(const void *start);
/*
 * The end of ferry's memory that holds `at`, or 0 when `at` is in none; *next is then the start of
 * the first that comes after it (~0: none).
 */
uint64_t ownmap_end(uint64_t at, uint64_t *next);
/* Bytes of all of it. */
uint64_t ownmap_size(void);
/* Is any of [start, start + size) ferry's? */
static inline bool ownmap_overlaps(uint64_t start, uint64_t size)
{
    uint64_t next;
    return size && (ownmap_end(start, &next) || next - start < size);
}

#endif
