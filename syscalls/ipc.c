/*
 * semctl: the one System V call whose struct (semid64_ds) differs between 64-bit ABIs; which
 * argument it is, and whether it goes in or out, depends on the command.
 */
#include "sys_impl.h"

enum { CMD_IPC_SET = 1, CMD_IPC_STAT = 2, CMD_SEM_STAT = 18, CMD_SEM_STAT_ANY = 20 };

static long semctl_host(const uint64_t a[6], const void *arg)
{
    return HS(__NR_semctl, a[0], a[1], a[2], arg);
}

static long semctl_stat(SysCtx *c, const uint64_t a[6])
{
    uint64_t host[SYS_STRUCT_MAX / 8];
    long ret = semctl_host(a, host);
    if (hs_failed(ret))
        return ret;
    return sys_struct_put(c->abi, SYS_STRUCT_semid_ds, a[3], host) ? ret : -EFAULT;
}

static long semctl_set(SysCtx *c, const uint64_t a[6])
{
    uint64_t host[SYS_STRUCT_MAX / 8];
    if (!sys_struct_get(c->abi, SYS_STRUCT_semid_ds, host, a[3]))
        return -EFAULT;
    return semctl_host(a, host);
}

long sys_semctl(SysCtx *c, const uint64_t a[6])
{
    if (!sys_struct_differs(c->abi, SYS_STRUCT_semid_ds))
        return semctl_host(a, gm_ptr(a[3]));
    switch ((int)a[2]) {
    case CMD_IPC_STAT:
    case CMD_SEM_STAT:
    case CMD_SEM_STAT_ANY:
        return semctl_stat(c, a);
    case CMD_IPC_SET:
        return semctl_set(c, a);
    default: /* plain values, arrays of 16-bit values and seminfo are the same everywhere */
        return HS(__NR_semctl, a[0], a[1], a[2], a[3]);
    }
}
