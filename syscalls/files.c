/*
 * Handlers of calls on descriptors that their kinds alone cannot run: arrays of epoll_event, the
 * extensible open_how, and calls that could close the log's descriptor (-D FILE).
 *
 * The log's descriptor does not exist for the guest: closing it is EBADF, and what the guest opens
 * can never get its number while ferry writes there.
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
    long n = sys_wait_masked(c, a, a[4], a[5]);
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

/* Standard error is the guest's own, also when ferry logs to it. */
static bool is_log_fd(uint64_t fd)
{
    return (int)fd == log_fd && log_fd > 2;
}

long sys_close(SysCtx *c, const uint64_t a[6])
{
    return is_log_fd(a[0]) ? -EBADF : sys_host_call(c, c->row, a);
}

long sys_dup3(SysCtx *c, const uint64_t a[6])
{
    if (is_log_fd(a[0]) || is_log_fd(a[1]))
        return -EBADF;
    return HS(__NR_dup3, a[0], a[1], sys_open_flags_to_host(c->abi, a[2]));
}

/* Goes around the log's descriptor: first what lies below it, then what lies above. */
long sys_close_range(SysCtx *c, const uint64_t a[6])
{
    uint32_t first = (uint32_t)a[0], last = (uint32_t)a[1], log = (uint32_t)log_fd;
    if (log <= 2 || log < first || log > last)
        return HS(__NR_close_range, first, last, a[2]);
    long ret = log > first ? HS(__NR_close_range, first, log - 1, a[2]) : 0;
    if (!ret && log < last)
        ret = HS(__NR_close_range, log + 1, last, a[2]);
    return ret;
}
