/*
 * Code cache: the reservation, chunks, the map of units and the lookup tables.
 *
 * The unit map is a hash by pc with chains; readers take no lock. A unit enters a chain by one
 * release store of the head; it leaves by unlinking, its own hash_next kept, so that a reader
 * standing on it still finds the rest.
 */
#include "rt_internal.h"
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
    return hs_failed(r) ? NULL : (void *)r;
}

static bool cache_map_code(void)
{
    size_t code = (size_t)CHUNK_CODE * CHUNK_COUNT, data = (size_t)CHUNK_DATA * CHUNK_COUNT;
    uint8_t *p = cache_map(code + data, HOST_PROT_READ | HOST_PROT_WRITE);
    if (!p)
        return false;
    rt.code_rx = p;
    rt.data = p + code;
    rt.rw_minus_rx = 0;
    int rwx = HOST_PROT_READ | HOST_PROT_WRITE | HOST_PROT_EXEC;
    if (!rt.cfg.wx_split && !hs_failed(HS(__NR_mprotect, p, code, rwx)))
        return true;
    /* The host refuses RWX (or the option asks): one memfd, mapped writable and executable. */
    long fd = HS(__NR_memfd_create, "code", 1 /* MFD_CLOEXEC */);
    if (hs_failed(fd))
        return false;
    bool ok = !hs_failed(HS(__NR_ftruncate, fd, code));
    long rx =
        HS(__NR_mmap, p, code, HOST_PROT_READ | HOST_PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
    long rw = HS(__NR_mmap, 0, code, HOST_PROT_READ | HOST_PROT_WRITE, MAP_SHARED, fd, 0);
    HS(__NR_close, fd);
    if (!ok || hs_failed(rx) || hs_failed(rw))
        return false;
    rt.rw_minus_rx = rw - rx;
    return true;
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
    if (old->bits >= UNIT_MAP_BITS_MAX || rt.n_units < 2u << old->bits)
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
    rt.chunks = cache_map(sizeof(Chunk) * CHUNK_COUNT, rw);
    rt.unit_map = unit_map_new(UNIT_MAP_BITS);
    rt.page_map = cache_map(sizeof(PageNode *) << PAGE_MAP_BITS, rw);
    if (!rt.chunks || !rt.unit_map || !rt.page_map || !cache_map_code())
        return false;
    /* The dummy unit that empty lookup entries lead to, then room for nothing else in chunk 0. */
    Unit *dummy = (Unit *)rt.data;
    dummy->pc = ~0ull;
    dummy->dead = 1;
    rt.chunks[0].data_used = ALIGN_UP(sizeof(Unit), 64);
    return true;
}

/* Chunk 0 holds the stubs and the dummy; units start in chunk 1. */
bool cache_chunk_take(Vcpu *v, Trans *t)
{
    lock_take(&rt.lock, v->tid);
    bool ok = rt.n_chunks + 1 < CHUNK_COUNT;
    if (ok) {
        t->chunk = (int32_t)++rt.n_chunks;
        rt.chunks[t->chunk] = (Chunk){0};
        t->chunk_last = NULL;
    }
    lock_drop(&rt.lock, v->tid);
    return ok;
}

Unit *cache_find(GuestAddr pc, uint32_t mode)
{
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
    if (off >= (uint64_t)CHUNK_CODE * CHUNK_COUNT)
        return NULL;
    Unit *u = __atomic_load_n(&rt.chunks[off / CHUNK_CODE].first_unit, __ATOMIC_ACQUIRE);
    for (; u; u = __atomic_load_n(&unit_head(u)->next_in_chunk, __ATOMIC_ACQUIRE))
        if (host_pc >= u->host_entry && host_pc < u->host_end)
            return u;
    return NULL;
}

uint32_t *cache_lookup_table(Vcpu *v, uint32_t mode)
{
    uint32_t *t = __atomic_load_n(&rt.lookup[mode], __ATOMIC_ACQUIRE);
    if (t)
        return t;
    lock_take(&rt.lock, v->tid);
    t = rt.lookup[mode];
    if (!t) {
        t = cache_map(sizeof(uint32_t) * LOOKUP_SIZE, HOST_PROT_READ | HOST_PROT_WRITE);
        CHECK(t != NULL);
        __atomic_store_n(&rt.lookup[mode], t, __ATOMIC_RELEASE);
    }
    lock_drop(&rt.lock, v->tid);
    return t;
}

void cache_lookup_fill(Vcpu *v, Unit *u)
{
    uint32_t *t = cache_lookup_table(v, u->mode);
    uint32_t off = (uint32_t)((uint8_t *)u - rt.data);
    __atomic_store_n(&t[(u->pc >> 2) & (LOOKUP_SIZE - 1)], off, __ATOMIC_RELEASE);
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
    if (other)
        return other;
    unit_map_grow();
    Unit **head = unit_head_of(rt.unit_map, u->pc);
    u->hash_next = *head;
    cache_pages_add(u);
    __atomic_store_n(head, u, __ATOMIC_RELEASE);
    rt.n_units++;
    return u;
}
