/*
 * Resource limits. RLIMIT_AS and RLIMIT_DATA count the runner's own memory, too, of which most is
 * only reserved. When the guest sets one of them the host's becomes larger by that memory, and the
 * guest is shown what it set:
 *
 *     setrlimit(RLIMIT_AS, 200M), 900M reserved   -> host 1100M; getrlimit shows 200M
 *     execve                                      -> host 200M: the new program's runner starts
 *                                                    within it, or a native one
 *
 * Where the hard limit was finite from the start the host's limits are shown and set as they are:
 * the runner has reserved less then. All other limits are the kernel's own.
 */
#include "ownmap.h"
#include "sys_impl.h"

enum { RES_DATA = 2, RES_AS = 9, RES_NONE = -1 };

typedef struct Limit {
    uint64_t cur;
    uint64_t max;
} Limit;

#define INFINITY_LIMIT (~0ull)

/* The runner's part of limits that this process set; inherited by fork with the limits. */
static uint64_t share[2];

/* Index in share[], RES_NONE for others. */
static int counted(uint64_t resource)
{
    return (uint32_t)resource == RES_AS ? 0 : (uint32_t)resource == RES_DATA ? 1 : RES_NONE;
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

static uint64_t new_share(int which, const Limit *host)
{
    if (share[which])
        return share[which];
    return host->max == INFINITY_LIMIT ? ownmap_size() : 0;
}

static long limit_call(uint64_t resource, uint64_t new_p, uint64_t old_p)
{
    int which = counted(resource);
    Limit set, old;
    if (new_p && !gm_copy_in(&set, new_p, sizeof set))
        return -EFAULT;
    long ret = HS(__NR_prlimit64, 0, resource, NULL, &old);
    uint64_t had = share[which];
    if (ret == 0 && new_p) {
        uint64_t extra = new_share(which, &old);
        set.cur = to_host(set.cur, extra);
        set.max = to_host(set.max, extra);
        ret = HS(__NR_prlimit64, 0, resource, &set, NULL);
        if (ret == 0)
            share[which] = extra;
    }
    if (ret || !old_p)
        return ret;
    old.cur = to_guest(old.cur, had);
    old.max = to_guest(old.max, had);
    return gm_copy_out(old_p, &old, sizeof old) ? 0 : -EFAULT;
}

long sys_prlimit64(SysCtx *c, const uint64_t a[6])
{
    bool own = !a[0] || (int)a[0] == (int)HS(__NR_getpid);
    if (!own || counted(a[1]) == RES_NONE)
        return HS(__NR_prlimit64, a[0], a[1], a[2], a[3]);
    return limit_call(a[1], a[2], a[3]);
}

/* A NULL pointer is EFAULT here, where prlimit64 takes it for "not asked". */
long sys_getrlimit(SysCtx *c, const uint64_t a[6])
{
    if (counted(a[0]) == RES_NONE)
        return HS(__NR_getrlimit, a[0], a[1]);
    return a[1] ? limit_call(a[0], 0, a[1]) : -EFAULT;
}

long sys_setrlimit(SysCtx *c, const uint64_t a[6])
{
    if (counted(a[0]) == RES_NONE)
        return HS(__NR_setrlimit, a[0], a[1]);
    return a[1] ? limit_call(a[0], a[1], 0) : -EFAULT;
}

/* Soft limits become what the guest sees (`less`), or are made larger again. */
static void shift_limits(bool less)
{
    static const int resource[] = {RES_AS, RES_DATA};
    for (int i = 0; i < 2; i++) {
        Limit l;
        if (!share[i] || HS(__NR_prlimit64, 0, resource[i], NULL, &l))
            continue;
        l.cur = less ? to_guest(l.cur, share[i]) : to_host(l.cur, share[i]);
        HS(__NR_prlimit64, 0, resource[i], &l, NULL);
    }
}

void sys_limits_before_exec(void)
{
    shift_limits(true);
}

void sys_limits_exec_failed(void)
{
    shift_limits(false);
}
