/*
 * Resource limits. RLIMIT_AS and RLIMIT_DATA count the runner's reservations too, so the guest's
 * value is the host's less a constant (SysCtx.extra_*), which needs no state over fork and exec.
 * All others are the kernel's own.
 */
#include "sys_impl.h"

enum { RES_DATA = 2, RES_AS = 9 };

typedef struct Limit {
    uint64_t cur;
    uint64_t max;
} Limit;

static const uint64_t INFINITY_LIMIT = ~0ull;

static uint64_t extra_of(const SysCtx *c, uint32_t resource)
{
    return resource == RES_AS ? c->extra_as : resource == RES_DATA ? c->extra_data : 0;
}

static uint64_t to_host(uint64_t v, uint64_t extra)
{
    return v > INFINITY_LIMIT - extra ? INFINITY_LIMIT : v + extra;
}

static uint64_t to_guest(uint64_t v, uint64_t extra)
{
    if (v == INFINITY_LIMIT)
        return v;
    return v > extra ? v - extra : 0;
}

static long limit_call(SysCtx *c, uint64_t pid, uint64_t resource, uint64_t new_p, uint64_t old_p)
{
    uint64_t extra = extra_of(c, (uint32_t)resource);
    if (!extra)
        return HS(__NR_prlimit64, pid, resource, new_p, old_p);
    Limit set, old;
    if (new_p) {
        if (!gm_copy_in(&set, new_p, sizeof set))
            return -EFAULT;
        set.cur = to_host(set.cur, extra);
        set.max = to_host(set.max, extra);
    }
    long ret = HS(__NR_prlimit64, pid, resource, new_p ? &set : NULL, old_p ? &old : NULL);
    if (ret || !old_p)
        return ret;
    old.cur = to_guest(old.cur, extra);
    old.max = to_guest(old.max, extra);
    return gm_copy_out(old_p, &old, sizeof old) ? 0 : -EFAULT;
}

long sys_prlimit64(SysCtx *c, const uint64_t a[6])
{
    return limit_call(c, a[0], a[1], a[2], a[3]);
}

/* A NULL pointer is EFAULT here, where prlimit64 takes it for "not asked". */
long sys_getrlimit(SysCtx *c, const uint64_t a[6])
{
    if (!extra_of(c, (uint32_t)a[0]))
        return HS(__NR_getrlimit, a[0], a[1]);
    return a[1] ? limit_call(c, 0, a[0], 0, a[1]) : -EFAULT;
}

long sys_setrlimit(SysCtx *c, const uint64_t a[6])
{
    if (!extra_of(c, (uint32_t)a[0]))
        return HS(__NR_setrlimit, a[0], a[1]);
    return a[1] ? limit_call(c, 0, a[0], a[1], 0) : -EFAULT;
}
