/*
 * The address map as an interval tree of disjoint executable ranges.
 *
 *   mmap(exec) [100,500)     -> {100-500}
 *   mprotect(rw) [200,300)   -> {100-200} {300-500}, units of [200,300) die
 *   munmap [0,1000)          -> {}
 *
 * Nodes come from one lazily committed arena and a free list. Where that ends (a guest with half a
 * million executable mappings) the range is not recorded and faults when executed.
 */
#include "addrspace.h"
#include <linux/mman.h>
#include "arena.h"
#include "guestmem.h"
#include "hostsys.h"
#include "log.h"
#include "process.h"
#include "thread.h"

static Lock map_lock;
static ITree ranges;
static Arena nodes;
static AsRange *free_nodes; /* linked by node.left */

bool as_init(void)
{
    return arena_init_near(&nodes, 64u << 20);
}

void as_lock(void)
{
    lock_take(&map_lock, thread_self()->vcpu.tid);
}

void as_unlock(void)
{
    lock_drop(&map_lock, thread_self()->vcpu.tid);
}

void as_fork_child(void)
{
    map_lock.word = 0;
}

static AsRange *range_of(ITreeNode *n)
{
    return n ? CONTAINER_OF(n, AsRange, node) : NULL;
}

static AsRange *range_new(void)
{
    AsRange *r = free_nodes;
    if (r)
        free_nodes = range_of(r->node.left);
    else
        r = arena_alloc(&nodes, sizeof *r);
    if (r)
        *r = (AsRange){0};
    return r;
}

static void range_free(AsRange *r)
{
    r->node.left = free_nodes ? &free_nodes->node : NULL;
    free_nodes = r;
}

static void range_add(GuestAddr start, GuestAddr end, const AsRange *like, uint64_t off)
{
    AsRange *r = range_new();
    if (!r) {
        LOG(MMU, "ferry: no room to record executable memory at %lx\n", start);
        return;
    }
    *r = *like;
    r->node = (ITreeNode){.start = start, .end = end};
    r->off = off;
    itree_insert(&ranges, &r->node);
}

/* Forgets [start, end); true when something executable was there. */
static bool cut(GuestAddr start, GuestAddr end)
{
    bool found = false;
    AsRange *r;
    while ((r = range_of(itree_first(&ranges, start, end)))) {
        AsRange old = *r;
        found = true;
        itree_remove(&ranges, &r->node);
        range_free(r);
        if (old.node.start < start)
            range_add(old.node.start, start, &old, old.off);
        if (old.node.end > end)
            range_add(end, old.node.end, &old, old.off + (end - old.node.start));
    }
    return found;
}

static void file_identity(AsRange *r, int fd)
{
    struct {
        uint64_t dev, ino;
        uint8_t rest[256];
    } st; /* the kernel's struct stat starts with these on all 64-bit hosts */
    if (fd < 0 || HS(__NR_fstat, fd, &st))
        return;
    r->has_file = true;
    r->dev = st.dev;
    r->ino = st.ino;
}

/* True when code of this protection is guarded. */
static bool guard(int prot)
{
    if (!(prot & process.prot_guarded))
        return false;
    rt_guard();
    return true;
}

bool as_mapped(GuestAddr start, GuestAddr end, int prot, int fd, uint64_t off)
{
    AsRange like = {.prot = prot & ~AS_SHARED, .shared = prot & AS_SHARED};
    bool had_code = cut(start, end);
    if (prot & PROT_EXEC) {
        like.guarded = guard(prot);
        file_identity(&like, fd);
        range_add(start, end, &like, off);
    }
    LOG(MMU, "ferry: map %lx-%lx prot %d\n", start, end, prot);
    return had_code;
}

bool as_unmapped(GuestAddr start, GuestAddr end)
{
    return as_mapped(start, end, 0, -1, 0);
}

void as_code_written(void)
{
    const AsRange *r;
    as_lock();
    for (GuestAddr at = 0; at < gm_limit && (r = as_first_exec(at, gm_limit)); at = r->node.end)
        if (r->prot & PROT_WRITE || r->shared)
            rt_code_written(r->node.start, r->node.end);
    as_unlock();
}

const AsRange *as_first_exec(GuestAddr start, GuestAddr end)
{
    return range_of(itree_first(&ranges, start, end));
}

bool as_protected(GuestAddr start, GuestAddr end, int prot)
{
    AsRange like = {0};
    uint64_t off = 0;
    const AsRange *r = as_first_exec(start, end);
    if (r && r->prot == prot && r->node.start <= start && r->node.end >= end)
        return false;
    if (r) { /* the file stays what it was, if one range covered all of it */
        like = *r;
        off = like.off + (start - like.node.start);
    }
    like.prot = prot;
    bool had_code = cut(start, end);
    if (prot & PROT_EXEC) {
        like.guarded = guard(prot);
        range_add(start, end, &like, off);
    }
    LOG(MMU, "ferry: protect %lx-%lx prot %d\n", start, end, prot);
    return had_code;
}

bool as_moved(GuestAddr from, uint64_t old, GuestAddr to, uint64_t size)
{
    const AsRange *r = as_first_exec(from, from + old);
    AsRange was = r ? *r : (AsRange){0};
    bool had_code = as_unmapped(from, from + old);
    had_code |= as_unmapped(to, to + size);
    if (r)
        range_add(to, to + size, &was, was.off + (from - was.node.start));
    return had_code;
}

bool as_is_mapped(GuestAddr addr)
{
    uint8_t vec;
    GuestAddr page = ALIGN_DOWN(addr, process.page);
    return addr < gm_limit && !hs_failed(HS(__NR_mincore, gm_ptr(page), process.page, &vec));
}

bool as_code_at(GuestAddr pc, RtCode *out)
{
    if (pc & (process.guest->ops->insn_align - 1u))
        return false;
    as_lock();
    const AsRange *r = pc < gm_limit ? as_first_exec(pc, pc + 1) : NULL;
    if (r) {
        /* Content at a file's start: a module's code keeps its distance from there. */
        out->module_base = r->has_file ? r->node.start - r->off : r->node.start;
        out->module_fixed = false;
        out->written = r->prot & PROT_WRITE || r->shared;
        out->guarded = r->guarded;
        out->start = r->node.start;
        out->end = r->node.end;
    }
    as_unlock();
    return r != NULL;
}
