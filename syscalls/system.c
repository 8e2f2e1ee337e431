/*
 * Calls about the machine as a whole: uname, personality, protection keys, mlockall.
 */
#include "sys_impl.h"

enum { UTS_FIELD = 65, UTS_RELEASE = 2, UTS_MACHINE = 4, UTS_FIELDS = 6 };

static void set_field(char *uts, unsigned field, const char *text)
{
    char *dst = uts + field * UTS_FIELD;
    unsigned n = 0;
    while (n < UTS_FIELD - 1 && text[n])
        n++;
    memset(dst, 0, UTS_FIELD);
    memcpy(dst, text, n);
}

long sys_uname(SysCtx *c, const uint64_t a[6])
{
    char uts[UTS_FIELD * UTS_FIELDS];
    long ret = HS(__NR_uname, uts);
    if (ret)
        return ret;
    set_field(uts, UTS_MACHINE, c->abi->machine);
    if (c->release)
        set_field(uts, UTS_RELEASE, c->release);
    return gm_copy_out(a[0], uts, sizeof uts) ? 0 : -EFAULT;
}

/*
 * A 64-bit Arm CPU without 32-bit user mode refuses PER_LINUX32 with EINVAL; the guest's CPU is
 * one. On the host the call would succeed and change what uname says to native programs.
 */
long sys_personality(SysCtx *c, const uint64_t a[6])
{
    enum { PER_MASK = 0xff, PER_LINUX32 = 8 };
    uint32_t persona = (uint32_t)a[0];
    if (persona != 0xffffffffu && (persona & PER_MASK) == PER_LINUX32)
        return -EINVAL;
    return HS(__NR_personality, persona);
}

/* No guest CPU has protection keys: what a kernel says there, whatever the host could do. */
long sys_pkey_alloc(SysCtx *c, const uint64_t a[6])
{
    enum { PKEY_ACCESS_MASK = 3 };
    if (a[0] || (a[1] & ~(uint64_t)PKEY_ACCESS_MASK))
        return -EINVAL;
    return -ENOSPC;
}

long sys_pkey_free(SysCtx *c, const uint64_t a[6])
{
    return -EINVAL;
}

/*
 * The address space also holds ferry's reservations, which must not be filled: pages are locked as
 * they are touched. Flags that the kernel refuses reach it unchanged.
 */
long sys_mlockall(SysCtx *c, const uint64_t a[6])
{
    enum { MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4 };
    uint64_t flags = a[0];
    bool valid = (flags & (MCL_CURRENT | MCL_FUTURE)) && !(flags & ~7ull);
    return sys_host_blocking(c, __NR_mlockall, valid ? flags | MCL_ONFAULT : flags, 0, 0, 0, 0, 0);
}
