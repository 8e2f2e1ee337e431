/*
 * Code cache: the reservation, chunks, the map of units and the lookup tables.
 *
 * The unit map is a hash by pc with chains; readers take no lock. A unit enters a chain by one
 * release store of the head; it leaves by unlinking, its own hash_next kept, so that a reader
 * standing on it still finds the rest.
 */
#include "rt_internal.h"
#include "ownmap.h"
#include <linux/mman.h>

Rt rt;

enum {
    HOST_PROT_READ = 1,
    HOST_PROT_WRITE = 2,
    HOST_PROT_EXEC = 4,
    HOST_MAP_PRIVATE = 2,
    HOST_MAP_ANON = 0x20,
    HOST_MAP_NORESERVE = 0x4000,
};

void *cache_map(size_t size, int prot)
{
    long r =
        HS(__NR_mmap, 0, size, prot, HOST_MAP_PRIVATE | HOST_MAP_ANON | HOST_MAP_NORESERVE, -1, 0);
    if (hs_failed(r))
        return NULL;
    ownmap_add((void *)r, size);
    return (void *)r;
}

static size_t code_size(void)
{
    return (size_t)CHUNK_CODE * rt.max_chunks;
}

/* A memfd of the code's size, or an error. */
static long code_fd(void)
{
    long fd = HS(__NR_memfd_create, "code", 1 /* MFD_CLOEXEC */);
    if (hs_failed(fd) || !hs_failed(HS(__NR_ftruncate, fd, code_size())))
        return fd;
    HS(__NR_close, fd);
    return -1;
}

/* Maps fd executable (at `rx`, or anywhere when 0) and writable; false leaves nothing behind. */
static bool code_map_twice(long fd, long *rx, long *rw)
{
    long place = *rx;
    *rx = HS(__NR_mmap, place, code_size(), HOST_PROT_READ | HOST_PROT_EXEC,
             place ? MAP_SHARED | MAP_FIXED : MAP_SHARED, fd, 0);
    *rw = HS(__NR_mmap, 0, code_size(), HOST_PROT_READ | HOST_PROT_WRITE, MAP_SHARED, fd, 0);
    if (!hs_failed(*rx) && !hs_failed(*rw))
        return true;
    if (!hs_failed(*rx))
        HS(__NR_munmap, *rx, code_size());
    if (!hs_failed(*rw))
        HS(__NR_munmap, *rw, code_size());
    return false;
}

/* The host refuses RWX (or the option asks): one memfd, mapped writable and executable. */
static bool cache_split_code(void)
{
    long rx = (long)rt.code_rx, rw, fd = code_fd();
    if (hs_failed(fd))
        return false;
    bool ok = code_map_twice(fd, &rx, &rw);
    HS(__NR_close, fd);
    rt.rw_minus_rx = rw - rx;
    if (ok)
        ownmap_add((void *)rw, code_size());
    return ok;
}

static bool cache_map_code(void)
{
    size_t data = (size_t)CHUNK_DATA * rt.max_chunks;
    uint8_t *p = cache_map(code_size() + data, HOST_PROT_READ | HOST_PROT_WRITE);
    if (!p)
        return false;
    rt.code_rx = p;
    rt.data = p + code_size();
    rt.rw_minus_rx = 0;
    int rwx = HOST_PROT_READ | HOST_PROT_WRITE | HOST_PROT_EXEC;
    if (!rt.cfg.wx_split && !hs_failed(HS(__NR_mprotect, p, code_size(), rwx)))
        return true;
    if (cache_split_code())
        return true;
    ownmap_drop(p);
    HS(__NR_munmap, p, code_size() + data);
    return false;
}

/*
 * A double mapping is shared memory and stays shared over a fork: two processes would write one
 * cache. So the child gets a copy of the code in the same place, made before the fork while the
 * lock keeps every unit and link as it is. (Sealing the common one and opening a new cache on both
 * sides would save the copy, but every fork would then cost address space, and old units could not
 * be linked any more.)
 */
static long fork_rx, fork_rw;

static bool copy_code(long fd)
{
    for (uint32_t i = 0; i <= rt.n_chunks; i++) {
        uint64_t at = (uint64_t)i * CHUNK_CODE, n = i ? rt.chunks[i].code_used : CHUNK_CODE;
        while (n) {
            long r = HS(__NR_pwrite64, fd, rt.code_rx + at, n, at);
            if (r <= 0)
                return false;
            at += (uint64_t)r;
            n -= (uint64_t)r;
        }
    }
    return true;
}

bool cache_fork_prepare(void)
{
    if (!rt.rw_minus_rx)
        return true;
    long fd = code_fd();
    if (hs_failed(fd))
        return false;
    fork_rx = 0;
    bool ok = copy_code(fd) && code_map_twice(fd, &fork_rx, &fork_rw);
    HS(__NR_close, fd);
    return ok;
}

void cache_fork_parent(void)
{
    if (!rt.rw_minus_rx)
        return;
    HS(__NR_munmap, fork_rx, code_size());
    HS(__NR_munmap, fork_rw, code_size());
}

/* The copy takes the place of both views; chunks keep what their owners had not published. */
void cache_fork_child(void)
{
    enum { MAYMOVE_FIXED = 3 };
    if (!rt.rw_minus_rx)
        return;
    size_t n = code_size();
    long rx = HS(__NR_mremap, fork_rx, n, n, MAYMOVE_FIXED, rt.code_rx);
    long rw = HS(__NR_mremap, fork_rw, n, n, MAYMOVE_FIXED, rt.code_rx + rt.rw_minus_rx);
    CHECK(!hs_failed(rx) && !hs_failed(rw));
}

/*
 * Chunks that fit what was asked for and a part of the limit on address space, which is the guest's
 * to use.
 */
static uint32_t cache_chunks_wanted(void)
{
    enum { PART = 8, CHUNK_ALL = CHUNK_CODE + CHUNK_DATA };
    uint64_t n = rt.cfg.cache_size ? rt.cfg.cache_size / CHUNK_CODE : CHUNK_COUNT_MAX;
    n = MIN(n, arena_address_limit() / PART / CHUNK_ALL);
    return (uint32_t)MIN(MAX(n, (uint64_t)CHUNK_COUNT_MIN), (uint64_t)CHUNK_COUNT_MAX);
}

static UnitMap *unit_map_new(uint32_t bits)
{
    UnitMap *m = cache_map(sizeof *m + (sizeof(Unit *) << bits), HOST_PROT_READ | HOST_PROT_WRITE);
    if (m)
        m->bits = bits;
    return m;
}

static void unit_map_grow(void)
{
    UnitMap *old = rt.unit_map;
    if (old->bits >= UNIT_MAP_BITS_MAX || rt.n_units < 1u << old->bits >> 1)
        return;
    UnitMap *m = unit_map_new(old->bits + 2);
    if (!m)
        return; /* chains grow instead */
    for (uint32_t i = 0; i < 1u << old->bits; i++)
        for (Unit *u = old->head[i], *next; u; u = next) {
            Unit **head = unit_head_of(m, u->pc);
            next = u->hash_next;
            __atomic_store_n(&u->hash_next, *head, __ATOMIC_RELEASE);
            *head = u;
        }
    __atomic_store_n(&rt.unit_map, m, __ATOMIC_RELEASE);
}

bool cache_init(void)
{
    int rw = HOST_PROT_READ | HOST_PROT_WRITE;
    rt.max_chunks = cache_chunks_wanted();
    rt.chunks = cache_map(sizeof(Chunk) * CHUNK_COUNT_MAX, rw);
    rt.unit_map = unit_map_new(UNIT_MAP_BITS);
    rt.page_map = cache_map(sizeof(PageNode *) << PAGE_MAP_BITS, rw);
    if (!rt.chunks || !rt.unit_map || !rt.page_map)
        return false;
    while (!cache_map_code()) {
        if (rt.max_chunks <= CHUNK_COUNT_MIN)
            return false;
        rt.max_chunks = MAX(rt.max_chunks / 2, (uint32_t)CHUNK_COUNT_MIN);
    }
    /* The dummy unit that empty lookup entries lead to, then room for nothing else in chunk 0. */
    Unit *dummy = (Unit *)rt.data;
    dummy->pc = ~0ull;
    dummy->dead = 1;
    rt.chunks[0].data_used = ALIGN_UP(sizeof(Unit), 64);
    return true;
}

static bool chunk_has_room(const Chunk *c)
{
    return CHUNK_CODE - c->code_used >= UNIT_CODE_MAX && CHUNK_DATA - c->data_used >= UNIT_DATA_MAX;
}

bool cache_chunk_has_room(const Trans *t)
{
    return t->chunk >= 0 && chunk_has_room(&rt.chunks[t->chunk]);
}

/*
 * Large pages for what a large program's code grows into: [at, at + size) is about to be used for the
 * first time. The first 2 MiB, which small programs do with, stay as they are.
 */
static void cache_advise(uint64_t at, uint64_t size)
{
    enum { LARGE_PAGE = 2 << 20, ADVISE_HUGE = 14 };
    uint64_t first = ALIGN_UP(at, (uint64_t)LARGE_PAGE);
    if (first < at + size)
        HS(__NR_madvise, first, LARGE_PAGE, ADVISE_HUGE); /* it may refuse: no harm */
}

/* Chunk 0 holds the stubs and the dummy; units start in chunk 1. */
bool cache_chunk_take(Vcpu *v, Trans *t)
{
    t->chunk = -1;
    lock_take(&rt.lock, v->tid);
    if (rt.left) {
        t->chunk = (int32_t)rt.left;
        rt.left = rt.chunks[rt.left].next_left;
    } else if (rt.n_chunks + 1 < rt.max_chunks) {
        t->chunk = (int32_t)++rt.n_chunks;
        rt.chunks[t->chunk] = (Chunk){.data_used = COUNTS * sizeof(uint16_t)};
        cache_advise((uint64_t)rt.code_rx + (uint64_t)t->chunk * CHUNK_CODE, CHUNK_CODE);
        cache_advise((uint64_t)rt.data + (uint64_t)t->chunk * CHUNK_DATA, CHUNK_DATA);
    }
    lock_drop(&rt.lock, v->tid);
    return t->chunk >= 0;
}

void cache_chunk_leave(Vcpu *v, Trans *t)
{
    lock_take(&rt.lock, v->tid);
    if (t->generation == rt.generation && cache_chunk_has_room(t)) {
        rt.chunks[t->chunk].next_left = rt.left;
        rt.left = (uint32_t)t->chunk;
    }
    t->chunk = -1;
    lock_drop(&rt.lock, v->tid);
}

Unit *cache_find(GuestAddr pc, uint32_t mode)
{
    uint64_t *seen, bit = unit_seen_bit(pc, &seen);
    if (!(__atomic_load_n(seen, __ATOMIC_RELAXED) & bit))
        return NULL;
    UnitMap *m = __atomic_load_n(&rt.unit_map, __ATOMIC_ACQUIRE);
    Unit *u = __atomic_load_n(unit_head_of(m, pc), __ATOMIC_ACQUIRE);
    for (; u; u = __atomic_load_n(&u->hash_next, __ATOMIC_ACQUIRE))
        if (u->pc == pc && u->mode == mode)
            return u;
    return NULL;
}

Unit *cache_unit_of_host(uint64_t host_pc)
{
    uint64_t off = host_pc - (uint64_t)rt.code_rx;
    if (off >= code_size())
        return NULL;
    Unit *u = __atomic_load_n(&rt.chunks[off / CHUNK_CODE].first_unit, __ATOMIC_ACQUIRE);
    for (; u; u = __atomic_load_n(&unit_head(u)->next_in_chunk, __ATOMIC_ACQUIRE))
        if (host_pc >= u->host_entry && host_pc < u->host_end)
            return u;
    return NULL;
}

static uint32_t *cache_lookup_table(Vcpu *v, uint32_t mode, uint32_t kind)
{
    uint32_t **at = &rt.lookup[__atomic_load_n(&rt.guarded, __ATOMIC_ACQUIRE) ? kind : 0][mode];
    uint32_t *t = __atomic_load_n(at, __ATOMIC_ACQUIRE);
    if (t)
        return t;
    lock_take(&rt.lock, v->tid);
    t = *at;
    if (!t) {
        t = cache_map(sizeof(uint32_t) * LOOKUP_SIZE, HOST_PROT_READ | HOST_PROT_WRITE);
        CHECK(t != NULL);
        __atomic_store_n(at, t, __ATOMIC_RELEASE);
    }
    lock_drop(&rt.lock, v->tid);
    return t;
}

void cache_lookup_select(Vcpu *v)
{
    v->lookup = cache_lookup_table(v, v->mode, 0);
    for (uint32_t kind = 1; kind < LANDING_KINDS; kind++)
        v->lookup_kind[kind - 1] = cache_lookup_table(v, v->mode, kind);
}

void cache_lookup_fill(Vcpu *v, Unit *u, uint32_t kind)
{
    uint32_t *t = cache_lookup_table(v, u->mode, kind);
    uint32_t off = (uint32_t)((uint8_t *)u - rt.data);
    lock_take(&rt.lock, v->tid);
    if (!u->dead) /* the death of a unit takes it out of the tables, once */
        __atomic_store_n(&t[(u->pc >> 2) & (LOOKUP_SIZE - 1)], off, __ATOMIC_RELEASE);
    lock_drop(&rt.lock, v->tid);
}

static void cache_pages_add(Unit *u)
{
    PageNode *node = (PageNode *)(u + 1);
    uint64_t page = u->guest_lo >> GUEST_PAGE_SHIFT;
    uint64_t last = (u->guest_lo + u->guest_len - 1) >> GUEST_PAGE_SHIFT;
    for (; page <= last; page++, node++) {
        PageNode **head = &rt.page_map[page_hash(page)];
        *node = (PageNode){*head, u, page};
        __atomic_store_n(head, node, __ATOMIC_RELEASE);
    }
}

Unit *cache_publish(Unit *u)
{
    Unit *other = cache_find(u->pc, u->mode);
    if (other && (u->count || !other->count))
        return other;
    if (other)
        inval_replace(other, u);
    unit_map_grow();
    Unit **head = unit_head_of(rt.unit_map, u->pc);
    u->hash_next = *head;
    cache_pages_add(u);
    uint64_t *seen, bit = unit_seen_bit(u->pc, &seen);
    __atomic_fetch_or(seen, bit, __ATOMIC_RELAXED);
    __atomic_store_n(head, u, __ATOMIC_RELEASE);
    rt.n_units++;
    return u;
}
