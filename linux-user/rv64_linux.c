/* System calls that only RISC-V has (`@riscv64` in syscalls.tbl). */
#include <asm/errno.h>
#include "addrspace.h"
#include "guestmem.h"
#include "process.h"
#include "rv64.h"
#include "sys_handlers.h"

typedef struct HwprobePair {
    int64_t key;
    uint64_t value;
} HwprobePair;

/* All harts are alike, so a set of them changes nothing; it must be readable and not empty. */
static long check_cpus(GuestAddr cpus, uint64_t size)
{
    uint64_t word, any = 0;
    if (!cpus)
        return size ? -EINVAL : 0;
    for (uint64_t at = 0; at + 8 <= MIN(size, 128); at += 8) {
        if (!gm_copy_in(&word, cpus + at, 8))
            return -EFAULT;
        any |= word;
    }
    return any ? 0 : -EINVAL;
}

long sys_riscv_hwprobe(SysCtx *c, const uint64_t a[6])
{
    if (a[4])
        return -EINVAL; /* RISCV_HWPROBE_WHICH_CPUS: newer than what is offered */
    long r = check_cpus(a[3], a[2]);
    for (uint64_t i = 0; i < a[1] && r == 0; i++) {
        HwprobePair p;
        GuestAddr at = a[0] + i * sizeof p;
        if (!gm_copy_in(&p, at, sizeof p))
            return -EFAULT;
        if (!rv64_hwprobe(&process.features, p.key, &p.value))
            p = (HwprobePair){-1, 0};
        if (!gm_copy_out(at, &p, sizeof p))
            return -EFAULT;
    }
    return r;
}

/* The kernel flushes everything, whatever the range. */
long sys_riscv_flush_icache(SysCtx *c, const uint64_t a[6])
{
    enum { FLUSH_LOCAL = 1 };
    if (a[2] & ~(uint64_t)FLUSH_LOCAL)
        return -EINVAL;
    as_code_written();
    return 0;
}
