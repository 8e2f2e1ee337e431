/*
 * Calls that wait with a signal mask of their own. The kernel sets the mask, waits, and puts the
 * old one back when a handler returns; the handler itself runs with the call's mask:
 *
 *   blocked {USR1}, pending USR1; ppoll(.., mask {USR2})
 *   -> the handler of USR1 runs with {USR1, USR2} blocked; afterwards {USR1} is blocked again
 *
 * The host call does the waiting; linux-user delivers and needs to know the call's mask then. A set
 * that cannot be read is left to the kernel to refuse.
 */
#include "sys_impl.h"

enum { SIGSET_BYTES = 8 };

#define NEVER_BLOCKED (1ull << 8 | 1ull << 18) /* SIGKILL, SIGSTOP */

long sys_wait_masked(SysCtx *c, const uint64_t a[6], GuestAddr set, uint64_t size)
{
    uint64_t mask = 0;
    bool masked = set && size == SIGSET_BYTES && gm_copy_in(&mask, set, SIGSET_BYTES);
    c->call_mask = masked ? &mask : NULL;
    long r = sys_host_call(c, c->row, a);
    c->call_mask = NULL;
    /* Some calls end with EINTR without a handler, after SIGCONT. */
    c->wait_mask_on = masked && r == -EINTR && c->vcpu->poll & POLL_SIGNAL;
    c->wait_mask = mask & ~NEVER_BLOCKED;
    return r;
}

long sys_ppoll(SysCtx *c, const uint64_t a[6])
{
    return sys_wait_masked(c, a, a[3], a[4]);
}

/* The last argument is {pointer to the set, its size}. */
static long wait_packed(SysCtx *c, const uint64_t a[6])
{
    uint64_t set[2] = {0};
    if (a[5] && !gm_copy_in(set, a[5], sizeof set))
        set[0] = 0;
    return sys_wait_masked(c, a, set[0], set[1]);
}

long sys_pselect6(SysCtx *c, const uint64_t a[6])
{
    return wait_packed(c, a);
}

long sys_io_pgetevents(SysCtx *c, const uint64_t a[6])
{
    return wait_packed(c, a);
}
