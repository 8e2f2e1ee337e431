/* System calls that only RISC-V has (`@riscv64` in syscalls.tbl). */
#include <asm/errno.h>
#include "addrspace.h"
#include "cpus.h"
#include "guestmem.h"
#include "process.h"
#include "rv64.h"
#include "sys_handlers.h"

typedef struct HwprobePair {
    int64_t key;
    uint64_t value;
} HwprobePair;

/* A set of processors as the kernel has it: so many that none is left out. */
enum { CPUS_MAX = 1024 };
typedef struct CpuSet {
    uint64_t word[CPUS_MAX / 64];
} CpuSet;

static long add_cpus(void *arg, uint64_t first, uint64_t last)
{
    CpuSet *s = arg;
    for (uint64_t cpu = first; cpu <= last && cpu < CPUS_MAX; cpu++)
        s->word[cpu / 64] |= 1ull << cpu % 64;
    return 0;
}

static bool is_empty(const CpuSet *s)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < ARRAY_LEN(s->word); i++)
        any |= s->word[i];
    return !any;
}

/* The online ones of the guest's set, of which at most sizeof(CpuSet) bytes count. */
static bool cpus_in(CpuSet *s, GuestAddr from, uint64_t size, bool none_is_all)
{
    CpuSet online = {{0}};
    *s = (CpuSet){{0}};
    cpus_each_online(add_cpus, &online);
    if (!gm_copy_in(s, from, MIN(size, sizeof *s)))
        return false;
    bool all = none_is_all && is_empty(s);
    for (unsigned i = 0; i < ARRAY_LEN(s->word); i++)
        s->word[i] = all ? online.word[i] : s->word[i] & online.word[i];
    return true;
}

/* All harts are alike, so a set of them only must not be empty; none at all stands for all. */
static long check_cpus(GuestAddr cpus, uint64_t size)
{
    CpuSet s;
    if (!cpus && !size)
        return 0;
    if (!cpus_in(&s, cpus, size, false))
        return -EFAULT;
    return is_empty(&s) ? -EINVAL : 0;
}

static long get_values(const uint64_t a[6])
{
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

/* Whether a hart has what the pair asks for: of keys that are sets of bits, at least these. */
static bool pair_matches(const HwprobePair *p, uint64_t value)
{
    if (rv64_hwprobe_is_bitmask(p->key))
        return (value & p->value) == p->value;
    return value == p->value;
}

/* RISCV_HWPROBE_WHICH_CPUS: of the set, or of all if it is empty, those that match every pair. */
static long get_cpus(const uint64_t a[6])
{
    CpuSet s;
    bool match = true;
    if (!a[2] || !a[3])
        return -EINVAL;
    if (!cpus_in(&s, a[3], a[2], true))
        return -EFAULT;
    for (uint64_t i = 0; i < a[1]; i++) {
        HwprobePair p;
        uint64_t value;
        GuestAddr at = a[0] + i * sizeof p;
        if (!gm_copy_in(&p, at, sizeof p))
            return -EFAULT;
        if (rv64_hwprobe(&process.features, p.key, &value)) {
            match = match && pair_matches(&p, value);
            continue;
        }
        match = false;
        if (!gm_copy_out(at, &(HwprobePair){-1, 0}, sizeof p))
            return -EFAULT;
    }
    if (!match)
        s = (CpuSet){{0}};
    return gm_copy_out(a[3], &s, MIN(a[2], sizeof s)) ? 0 : -EFAULT;
}

/* As arch/riscv/kernel/sys_hwprobe.c. */
long sys_riscv_hwprobe(SysCtx *c, const uint64_t a[6])
{
    enum { WHICH_CPUS = 1 };
    uint32_t flags = (uint32_t)a[4];
    if (flags & ~(uint32_t)WHICH_CPUS)
        return -EINVAL;
    return flags ? get_cpus(a) : get_values(a);
}

/*
 * The call is defined on its range; today's kernel flushes everything. A compiler at run time makes
 * tens of thousands of calls, each after one patch, and to compare all code every time costs more
 * than all else it does. Without a range it is everything here, too.
 */
long sys_riscv_flush_icache(SysCtx *c, const uint64_t a[6])
{
    enum { FLUSH_LOCAL = 1 };
    if (a[2] & ~(uint64_t)FLUSH_LOCAL)
        return -EINVAL;
    if (a[0] < a[1])
        rt_code_written(a[0], a[1]);
    else
        as_code_written();
    return 0;
}
