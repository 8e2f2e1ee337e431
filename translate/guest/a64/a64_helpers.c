/*
 * Helpers of the A64 guest outside SIMD: random numbers, memory copy and set.
 *
 * They run on the guest's thread between two of its instructions, so they may use the host's calls
 * but nothing that keeps state outside the vcpu.
 */
#include <asm/errno.h>
#include "a64.h"
#include "a64_helpers.h"
#include "guestmem.h"
#include "hostsys.h"

/*
 * RNDR and RNDRRS: the kernel's generator is reseeded as well as any. A signal cannot interrupt so
 * short a read, but the pool may not be ready early at boot: then the call waits.
 */
uint64_t helper_a64_rndr(Vcpu *v)
{
    uint64_t r = 0;
    for (;;) {
        long n = HS(__NR_getrandom, &r, sizeof r, 0);
        if (n == sizeof r && r)
            return r;
        if (n < 0 && n != -EINTR)
            return 0;
    }
}

/* An interrupt must not wait for longer than one piece takes. */
enum { MOPS_PIECE = 1 << 20 };

static uint64_t untagged(uint64_t addr)
{
    return addr & ~(0xffull << 56);
}

/*
 * Option A of the manual: a negative size means that the addresses are those of the ends and the
 * copy goes up, a positive one that it goes down. The result is nearer to zero by what was done.
 */
uint64_t helper_a64_mops_copy(Vcpu *v, uint64_t to, uint64_t from, uint64_t n)
{
    if ((int64_t)n < 0) {
        uint64_t piece = MIN(-n, MOPS_PIECE);
        return n + piece - gm_move(untagged(to + n), untagged(from + n), piece, false);
    }
    uint64_t piece = MIN(n, MOPS_PIECE), low = n - piece;
    return low + gm_move(untagged(to + low), untagged(from + low), piece, true);
}

uint64_t helper_a64_mops_set(Vcpu *v, uint64_t to, uint64_t n, uint64_t byte)
{
    if ((int64_t)n >= 0)
        return n;
    uint64_t piece = MIN(-n, MOPS_PIECE);
    return n + piece - gm_fill(untagged(to + n), (uint8_t)byte, piece);
}
