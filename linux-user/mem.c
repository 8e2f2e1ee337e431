/*
 * Memory calls of the guest. They go to the kernel nearly as they are; what is ours:
 *  - PROT_EXEC is kept in the address map and not given to the host, which only reads guest code;
 *  - code that was translated from memory that changes its content, goes away or stops being
 *    executable is invalidated (addrspace.c);
 *  - addresses past the guest's space get the errno that its kernel gives;
 *  - ferry's own memory is to the guest a place where nothing is mapped and nothing can be: munmap
 *    and madvise pass over it, mprotect and mremap end there as at a hole, MAP_FIXED is ENOMEM;
 *  - brk where PR_SET_MM_MAP was refused.
 *
 *   mmap(0, 8192, PROT_READ|PROT_EXEC, MAP_PRIVATE, fd, 0): host PROT_READ, range recorded
 */
#include <asm/errno.h>
#include <linux/mman.h>
#include <asm/mman.h>
#include "addrspace.h"
#include "guestmem.h"
#include "hostsys.h"
#include "ownmap.h"
#include "process.h"
#include "sys_handlers.h"
#include "thread.h"

enum { MAP_HOST_ONLY = 0x40 | 0x80 }; /* x86's MAP_32BIT and MAP_ABOVE4G: unknown to the guest */

/* mprotect refuses bits that are unknown: the guest's for guarded code is known where there is one.
 */
static int host_prot(uint64_t prot)
{
    int p = (int)prot & ~process.prot_guarded;
    return p & PROT_EXEC ? (p & ~PROT_EXEC) | PROT_READ : p;
}

static GuestAddr page_up(uint64_t n)
{
    return ALIGN_UP(n, process.page);
}

/* Is ferry's memory in a range that the kernel would not refuse as a whole? */
static bool has_own(GuestAddr start, uint64_t len)
{
    return !(start & (process.page - 1)) && start + len > start && ownmap_overlaps(start, len);
}

/*
 * The end of the guest's part that begins at `from`: `end`, or where ferry's own memory begins.
 * `from` moves behind ferry's memory when it lies there.
 */
static GuestAddr guest_part(GuestAddr *from, GuestAddr end)
{
    uint64_t next, own;
    while (*from < end && (own = ownmap_end(*from, &next)))
        *from = own;
    if (*from >= end)
        return *from = end;
    return MIN(end, next);
}

/* PR_SET_MDWE: memory that is writable or was not executable does not become executable. */
static bool refused_code(GuestAddr start, uint64_t len, uint64_t prot, bool is_new)
{
    if (!process.no_new_code || !(prot & PROT_EXEC))
        return false;
    if (prot & PROT_WRITE || is_new)
        return prot & PROT_WRITE;
    const AsRange *r;
    for (GuestAddr at = start; at < start + len; at = r->node.end) {
        r = as_first_exec(at, at + 1);
        if (!r)
            return true;
    }
    return false;
}

/* The kernel keeps it, for programs started later; its own rule does not touch guest code, which is
 * not executable on the host. */
long sys_prctl_pr_set_mdwe(SysCtx *c, const uint64_t a[6])
{
    long r = HS(__NR_prctl, a[0], a[1], a[2], a[3], a[4]);
    if (r == 0)
        process.no_new_code = a[1] != 0;
    return r;
}

/* Ends a change of the map: code translated from there dies. */
static void map_done(bool had_code, GuestAddr start, uint64_t len)
{
    as_unlock();
    if (had_code)
        rt_invalidate(start, start + len);
}

/* A new place that was free holds no code: only executable or fixed mappings concern the map. */
static long map_recorded(const uint64_t a[6], uint64_t flags)
{
    uint64_t len = page_up(a[1]);
    as_lock();
    long r = HS(__NR_mmap, a[0], a[1], host_prot(a[2]), flags, a[4], a[5]);
    uint64_t type = flags & MAP_TYPE;
    int prot = (int)a[2] | (type == MAP_PRIVATE ? 0 : AS_SHARED);
    bool had_code = !hs_failed(r) && as_mapped((GuestAddr)r, (GuestAddr)r + len, prot,
                                               flags & MAP_ANONYMOUS ? -1 : (int)a[4], a[5]);
    map_done(had_code, (GuestAddr)r, len);
    return r;
}

long sys_mmap(SysCtx *c, const uint64_t a[6])
{
    uint64_t flags = a[3];
    bool validate = (flags & MAP_TYPE) == MAP_SHARED_VALIDATE;
    if (validate && flags & MAP_HOST_ONLY)
        return -EOPNOTSUPP;
    flags &= ~(uint64_t)MAP_HOST_ONLY;
    bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    if (fixed && !gm_range_ok(a[0], a[1]))
        return -ENOMEM;
    if (flags & MAP_FIXED && ownmap_overlaps(a[0], a[1]))
        return -ENOMEM;
    if (refused_code(a[0], a[1], a[2], true))
        return -EACCES;
    if (fixed || a[2] & PROT_EXEC)
        return map_recorded(a, flags);
    return HS(__NR_mmap, a[0], a[1], host_prot(a[2]), flags, a[4], a[5]);
}

/* munmap(2) does not mind holes. */
static long unmap_parts(GuestAddr from, GuestAddr end)
{
    long r = gm_range_ok(from, end - from) ? 0 : -EINVAL;
    for (GuestAddr to; !r && from < end; from = to) {
        to = guest_part(&from, end);
        r = from < to ? HS(__NR_munmap, from, to - from) : 0;
    }
    return r;
}

long sys_munmap(SysCtx *c, const uint64_t a[6])
{
    uint64_t len = page_up(a[1]);
    as_lock();
    long r = has_own(a[0], len) ? unmap_parts(a[0], a[0] + len) : HS(__NR_munmap, a[0], a[1]);
    map_done(r == 0 && as_unmapped(a[0], a[0] + len), a[0], len);
    return r;
}

static long protect(const uint64_t a[6])
{
    uint64_t len = page_up(a[1]);
    as_lock();
    if (refused_code(a[0], len, a[2], false)) {
        as_unlock();
        return -EACCES;
    }
    bool own = has_own(a[0], len);
    if (own) { /* what lies before it is changed, as before any hole */
        GuestAddr from = a[0];
        GuestAddr to = guest_part(&from, a[0] + len);
        len = from == a[0] ? to - from : 0;
    }
    long r = own && !len ? -ENOMEM : HS(__NR_mprotect, a[0], own ? len : a[1], host_prot(a[2]));
    map_done(r == 0 && len && as_protected(a[0], a[0] + len, (int)a[2]), a[0], len);
    return own && r == 0 ? -ENOMEM : r;
}

long sys_mprotect(SysCtx *c, const uint64_t a[6])
{
    return protect(a);
}

long sys_pkey_mprotect(SysCtx *c, const uint64_t a[6])
{
    return (int)a[3] == -1 ? protect(a) : -EINVAL; /* pkey_alloc never gave one out */
}

long sys_mremap(SysCtx *c, const uint64_t a[6])
{
    uint64_t old = page_up(a[1]), len = page_up(a[2]);
    if (a[3] & MREMAP_FIXED && !gm_range_ok(a[4], a[2]))
        return -EINVAL;
    if (ownmap_overlaps(a[0], MAX(old, 1u)))
        return -EFAULT;
    if (a[3] & MREMAP_FIXED && ownmap_overlaps(a[4], len))
        return -ENOMEM;
    as_lock();
    long r = HS(__NR_mremap, a[0], a[1], a[2], a[3], a[4]);
    bool had_code = !hs_failed(r) && as_moved(a[0], old, (GuestAddr)r, len);
    map_done(had_code, a[0], old);
    if (had_code)
        rt_invalidate((GuestAddr)r, (GuestAddr)r + len);
    return r;
}

/* Advice for the guest's parts; ENOMEM at the end, as with holes. */
static long advise_parts(SysCtx *c, const uint64_t a[6])
{
    long r = 0;
    GuestAddr from = a[0], end = from + page_up(a[1]);
    for (GuestAddr to; !r && from < end; from = to) {
        to = guest_part(&from, end);
        r = from < to ? sys_host_blocking(c, __NR_madvise, from, to - from, a[2], 0, 0, 0) : 0;
    }
    return r ? r : -ENOMEM;
}

long sys_madvise(SysCtx *c, const uint64_t a[6])
{
    bool parts = has_own(a[0], page_up(a[1]));
    long r =
        parts ? advise_parts(c, a) : sys_host_blocking(c, __NR_madvise, a[0], a[1], a[2], 0, 0, 0);
    bool drops = a[2] == MADV_DONTNEED || a[2] == MADV_REMOVE || a[2] == MADV_FREE;
    if (r || !drops || !a[1])
        return r;
    /* Threads of libc do this to their stack at every end: most ranges hold no code. */
    as_lock();
    map_done(as_first_exec(a[0], a[0] + page_up(a[1])) != NULL, a[0], page_up(a[1]));
    return r;
}

enum { GUEST_SHM_EXEC = 0100000, GUEST_SHM_REMAP = 040000 };

/* Bytes of a segment, 0 when unknown. struct shmid_ds has shm_segsz after its ipc_perm. */
static uint64_t segment_size(uint64_t id)
{
    uint64_t ds[16] = {0};
    return HS(__NR_shmctl, id, 2 /* IPC_STAT */, ds) < 0 ? 0 : ds[6];
}

long sys_shmat(SysCtx *c, const uint64_t a[6])
{
    int prot = PROT_READ | (a[2] & GUEST_SHM_EXEC ? PROT_EXEC : 0) | AS_SHARED;
    if (a[2] & GUEST_SHM_REMAP && ownmap_overlaps(a[1], MAX(page_up(segment_size(a[0])), 1u)))
        return -EINVAL;
    as_lock();
    long r = HS(__NR_shmat, a[0], a[1], a[2] & ~(uint64_t)GUEST_SHM_EXEC);
    uint64_t len = hs_failed(r) ? 0 : page_up(segment_size(a[0]));
    bool recorded = len && (prot & PROT_EXEC || a[2] & GUEST_SHM_REMAP);
    map_done(recorded && as_mapped((GuestAddr)r, (GuestAddr)r + len, prot, -1, 0), (GuestAddr)r,
             len);
    return r;
}

long sys_shmdt(SysCtx *c, const uint64_t a[6])
{
    uint64_t len = 0;
    as_lock();
    long r = HS(__NR_shmdt, a[0]);
    const AsRange *code = r == 0 ? as_first_exec(a[0], a[0] + 1) : NULL;
    if (code)
        len = code->node.end - a[0];
    map_done(len && as_unmapped(a[0], a[0] + len), a[0], len);
    return r;
}

/* The program break kept by ourselves: pages are mapped where nothing else lies. */
static bool brk_grow(GuestAddr from, GuestAddr to)
{
    long r = HS(__NR_mmap, from, to - from, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (hs_failed(r))
        return false;
    if ((GuestAddr)r == from)
        return true;
    HS(__NR_munmap, r, to - from);
    return false;
}

static GuestAddr brk_own(GuestAddr want)
{
    Process *p = &process;
    GuestAddr old_end = page_up(p->brk_now), new_end = page_up(want);
    if (want < p->brk_start || want >= gm_limit)
        return p->brk_now;
    if (new_end > old_end && !brk_grow(old_end, new_end))
        return p->brk_now;
    if (new_end < old_end)
        HS(__NR_munmap, new_end, old_end - new_end);
    return p->brk_now = want;
}

long sys_brk(SysCtx *c, const uint64_t a[6])
{
    if (process.brk_kernel)
        return HS(__NR_brk, a[0]);
    as_lock();
    GuestAddr r = brk_own(a[0]);
    as_unlock();
    return (long)r;
}
