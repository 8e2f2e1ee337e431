/* Slow paths of lock.h: the kernel's PI futex does the queueing. */
#include "lock.h"
#include "check.h"
#include "hostsys.h"
#include <linux/futex.h>

enum { FERRY_ESRCH = 3, FERRY_EAGAIN = 11, FERRY_EINTR = 4 };

/*
 * Shared (not FUTEX_PRIVATE) operations: a vfork child is another process on the same memory, and
 * private futexes are keyed by the mm, which it shares, so private ones would do as well; but after
 * the owner's death only the robust takeover below matters, and it works with either.
 */
void lock_take_slow(Lock *l, uint32_t tid)
{
    for (;;) {
        long r = HS(__NR_futex, &l->word, FUTEX_LOCK_PI_PRIVATE, 0, 0, 0, 0);
        if (r == 0)
            return;
        if (r == -FERRY_ESRCH) {
            uint32_t dead = __atomic_load_n(&l->word, __ATOMIC_RELAXED);
            if (__atomic_compare_exchange_n(&l->word, &dead, tid, false, __ATOMIC_ACQUIRE,
                                            __ATOMIC_RELAXED))
                return;
            continue;
        }
        CHECK(r == -FERRY_EAGAIN || r == -FERRY_EINTR);
    }
}

void lock_drop_slow(Lock *l)
{
    long r = HS(__NR_futex, &l->word, FUTEX_UNLOCK_PI_PRIVATE, 0, 0, 0, 0);
    CHECK(r == 0);
}
