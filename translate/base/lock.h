/*
 * The lock of shared structures: a priority-inheriting futex whose word holds the owner's thread
 * id. An owner that died (a CLONE_VM process killed inside) is noticed by the kernel and its lock
 * taken over. Never taken by a signal handler; not recursive.
 */
#ifndef FERRY_BASE_LOCK_H
#define FERRY_BASE_LOCK_H

#include "types.h"

typedef struct Lock {
    uint32_t word;
} Lock;

void lock_take_slow(Lock *l, uint32_t tid);
void lock_drop_slow(Lock *l);

/* tid: the calling thread's id (Vcpu.tid). */
static inline void lock_take(Lock *l, uint32_t tid)
{
    uint32_t free_word = 0;
    if (LIKELY(__atomic_compare_exchange_n(&l->word, &free_word, tid, false, __ATOMIC_ACQUIRE,
                                           __ATOMIC_RELAXED)))
        return;
    lock_take_slow(l, tid);
}

static inline void lock_drop(Lock *l, uint32_t tid)
{
    uint32_t owned = tid;
    if (LIKELY(__atomic_compare_exchange_n(&l->word, &owned, 0, false, __ATOMIC_RELEASE,
                                           __ATOMIC_RELAXED)))
        return;
    lock_drop_slow(l);
}

#endif
