/*
 * Handlers of calls on descriptors whose structs the kinds alone cannot convert: arrays of
 * epoll_event, and the extensible open_how.
 */
#include "sys_impl.h"

/*
 * Turns n events that the host wrote from `events` on into the guest's larger form, in place and
 * from the last to the first, so that no entry is overwritten before it is read. Returns how many
 * lie before the first that could not be written, as the kernel would.
 */
static long expand_events(const SysAbi *abi, GuestAddr events, long n)
{
    uint32_t host_size = sys_struct_host_size(SYS_STRUCT_epoll_event);
    uint32_t guest_size = sys_struct_guest_size(abi, SYS_STRUCT_epoll_event);
    long good = n;
    for (long i = n - 1; i >= 0; i--) {
        uint8_t event[16];
        if (!gm_copy_in(event, events + (uint64_t)i * host_size, host_size) ||
            !sys_struct_put(abi, SYS_STRUCT_epoll_event, events + (uint64_t)i * guest_size, event))
            good = i;
    }
    return good ? good : -EFAULT;
}

static long wait_events(SysCtx *c, const uint64_t a[6])
{
    long n = sys_host_call(c, c->row, a);
    if (n <= 0 || !sys_struct_differs(c->abi, SYS_STRUCT_epoll_event))
        return n;
    return expand_events(c->abi, a[1], n);
}

/* The guest's event is never smaller than the host's: the host's array fits the guest's. */
_Static_assert((int)SYS_HOST_LAYOUT == (int)SYS_LAYOUT_X64,
               "epoll: in-place expansion wants packed events");

long sys_epoll_pwait(SysCtx *c, const uint64_t a[6])
{
    return wait_events(c, a);
}

long sys_epoll_pwait2(SysCtx *c, const uint64_t a[6])
{
    return wait_events(c, a);
}

/* Bytes beyond the struct that this code knows must be zero: E2BIG, as openat2(2) says. */
static long check_zero_tail(GuestAddr p, uint64_t n)
{
    while (n) {
        uint8_t part[64];
        size_t k = MIN(n, sizeof part);
        if (!gm_copy_in(part, p, k))
            return -EFAULT;
        for (size_t i = 0; i < k; i++)
            if (part[i])
                return -E2BIG;
        p += k;
        n -= k;
    }
    return 0;
}

long sys_openat2(SysCtx *c, const uint64_t a[6])
{
    uint64_t how[3];
    uint64_t size = a[3];
    if (size < sizeof how)
        return -EINVAL;
    if (size > 4096)
        return -E2BIG;
    long ret = check_zero_tail(a[2] + sizeof how, size - sizeof how);
    if (ret)
        return ret;
    if (!sys_struct_get(c->abi, SYS_STRUCT_open_how, how, a[2]))
        return -EFAULT;
    uint64_t host[6] = {a[0], 0, (uint64_t)(uintptr_t)how, sizeof how};
    if (!sys_path_arg(c, c->row, a, 1, &host[1], &ret))
        return ret;
    return sys_host_call(c, c->row, host);
}
