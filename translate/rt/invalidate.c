/*
 * The invalidation protocol and stopping other vcpus.
 *
 * 1. Under the lock the unit leaves map, pages and lookup tables; exits into it go back to stubs.
 * 2. The code epoch rises and POLL_EPOCH is set in every other vcpu.
 * 3. At its next safepoint each vcpu resets its return stack, looks up where its lookup tables are
 *    (rt_guard) and records the epoch (inval_ack).
 * 4. Code memory is reused only by inval_flush_all, while all other vcpus are outside host code and
 *    translation (rt_exclusive).
 *
 * Where code was announced that may not have changed at all (fence.i has no range), units are
 * compared first with the bytes they were made from.
 */
#include "rt_internal.h"
#include "guestmem.h"
#include <linux/futex.h>
#include <string.h>

enum { NO_SUCH_THREAD = 3 /* ESRCH */ };

static void inval_unlink_map(Unit *u)
{
    for (Unit **p = unit_head_of(rt.unit_map, u->pc); *p; p = &(*p)->hash_next)
        if (*p == u) {
            __atomic_store_n(p, u->hash_next, __ATOMIC_RELEASE);
            break;
        }
    uint32_t i = (uint32_t)(u->pc >> 2) & (LOOKUP_SIZE - 1);
    for (uint32_t kind = 0; kind < LANDING_KINDS; kind++) {
        uint32_t *t = rt.lookup[kind][u->mode];
        if (t && t[i] == (uint32_t)((uint8_t *)u - rt.data))
            __atomic_store_n(&t[i], 0, __ATOMIC_RELEASE);
    }
}

static void inval_unlink_pages(Unit *u)
{
    uint64_t page = u->guest_lo >> GUEST_PAGE_SHIFT;
    uint64_t last = (u->guest_lo + u->guest_len - 1) >> GUEST_PAGE_SHIFT;
    for (; page <= last; page++)
        for (PageNode **p = &rt.page_map[page_hash(page)]; *p; p = &(*p)->next)
            if ((*p)->unit == u && (*p)->page == page) {
                __atomic_store_n(p, (*p)->next, __ATOMIC_RELEASE);
                break;
            }
}

static void inval_kill(Unit *u)
{
    LOG(INVAL, "inval: unit %lx\n", u->pc);
    inval_unlink_map(u);
    inval_unlink_pages(u);
    link_cut(u);
    u->dead = 1;
    __atomic_store_n(&u->pc, ~0ull, __ATOMIC_RELEASE);
    rt.n_units--;
}

void inval_replace(Unit *old, Unit *to)
{
    link_move(old, to);
    inval_kill(old);
}

/* What an invalidation is of. */
typedef struct InvalRange {
    GuestAddr start, end;
    bool compare; /* only units whose code is not what it was */
} InvalRange;

/* The guest's code is still what u was made from. */
static bool inval_is_same(const Unit *u)
{
    uint8_t now[CODE_WINDOW];
    return u->source && gm_copy_in(now, u->guest_lo, u->guest_len) &&
           memcmp(now, u->source, u->guest_len) == 0;
}

static bool inval_hits(const Unit *u, const InvalRange *r)
{
    return u->guest_lo < r->end && u->guest_lo + u->guest_len > r->start &&
           !(r->compare && inval_is_same(u));
}

static uint32_t inval_page(uint64_t page, const InvalRange *r)
{
    uint32_t killed = 0;
    PageNode *n = rt.page_map[page_hash(page)];
    while (n) {
        PageNode *next = n->next;
        Unit *u = n->unit;
        if (n->page == page && inval_hits(u, r)) {
            inval_kill(u);
            killed++;
        }
        n = next;
    }
    return killed;
}

static uint32_t inval_all_pages(const InvalRange *r)
{
    uint32_t killed = 0;
    for (uint32_t h = 0; h < 1u << PAGE_MAP_BITS; h++)
        for (PageNode *n = rt.page_map[h], *next; n; n = next) {
            next = n->next;
            Unit *u = n->unit;
            if (inval_hits(u, r)) {
                inval_kill(u);
                killed++;
                next = rt.page_map[h]; /* the unit may have had several nodes in this chain */
            }
        }
    return killed;
}

static void inval_announce(void)
{
    __atomic_add_fetch(&rt.epoch, 1, __ATOMIC_SEQ_CST);
    for (Vcpu *v = rt.registry; v; v = v->registry_next)
        rt_poll_set(v, POLL_EPOCH);
}

/* Number of pages from which on walking the whole map is cheaper. */
static bool inval_is_wide(GuestAddr start, GuestAddr end)
{
    return (end - start) >> GUEST_PAGE_SHIFT > (1u << PAGE_MAP_BITS) / 4;
}

bool rt_has_code(GuestAddr start, GuestAddr end)
{
    if (end <= start || !rt.page_map)
        return false;
    if (inval_is_wide(start, end))
        return rt.n_units != 0;
    uint64_t last = (end - 1) >> GUEST_PAGE_SHIFT;
    for (uint64_t page = start >> GUEST_PAGE_SHIFT; page <= last; page++) {
        PageNode *n = __atomic_load_n(&rt.page_map[page_hash(page)], __ATOMIC_ACQUIRE);
        for (; n; n = __atomic_load_n(&n->next, __ATOMIC_ACQUIRE))
            if (n->page == page)
                return true;
    }
    return false;
}

static uint32_t inval_tid(void)
{
    return (uint32_t)HS(__NR_gettid);
}

/* Announcements of changed code so far, and translations that are reading guest code now. */
static uint64_t change_seq;
static uint32_t translating;

uint64_t inval_seq(void)
{
    return __atomic_load_n(&change_seq, __ATOMIC_SEQ_CST);
}

uint64_t inval_trans_begin(void)
{
    __atomic_add_fetch(&translating, 1, __ATOMIC_SEQ_CST);
    return inval_seq();
}

bool inval_is_current(uint64_t seq)
{
    return inval_seq() == seq;
}

void inval_trans_end(void)
{
    __atomic_sub_fetch(&translating, 1, __ATOMIC_SEQ_CST);
}

static void inval_range(const InvalRange *r)
{
    GuestAddr start = r->start, end = r->end;
    /* A translation that has read the old code and is not published yet must not be. */
    __atomic_add_fetch(&change_seq, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&translating, __ATOMIC_SEQ_CST) && !rt_has_code(start, end))
        return;
    uint32_t tid = inval_tid(), killed = 0;
    lock_take(&rt.lock, tid);
    if (inval_is_wide(start, end)) {
        killed = inval_all_pages(r);
    } else {
        uint64_t last = (end - 1) >> GUEST_PAGE_SHIFT;
        for (uint64_t page = start >> GUEST_PAGE_SHIFT; page <= last; page++)
            for (uint32_t k; (k = inval_page(page, r)) != 0;)
                killed += k;
    }
    if (killed)
        inval_announce();
    lock_drop(&rt.lock, tid);
}

void rt_invalidate(GuestAddr start, GuestAddr end)
{
    inval_range(&(InvalRange){start, end, false});
}

void rt_code_written(GuestAddr start, GuestAddr end)
{
    inval_range(&(InvalRange){start, end, true});
}

/* What stands in the common tables stays there, for branches that land anywhere. */
void rt_guard(void)
{
    uint32_t tid = inval_tid();
    if (rt.guarded)
        return;
    lock_take(&rt.lock, tid);
    __atomic_store_n(&rt.guarded, true, __ATOMIC_SEQ_CST);
    inval_announce();
    lock_drop(&rt.lock, tid);
}

/* The vcpu stands at a safepoint, outside host code: nothing of old units is left in its state. */
void inval_ack(Vcpu *v)
{
    rt_poll_clear(v, POLL_EPOCH);
    uint64_t now = __atomic_load_n(&rt.epoch, __ATOMIC_SEQ_CST);
    fault_reset_ret_stack(v);
    cache_lookup_select(v);
    __atomic_store_n(&v->epoch_seen, now, __ATOMIC_SEQ_CST);
}

/*
 * Under exclusivity nobody else runs or translates: all units die, all chunks are free again.
 * `full`: the generation that was found full; another vcpu may have been first.
 */
static void inval_reset(void *full)
{
    uint32_t tid = inval_tid();
    if (*(uint32_t *)full != rt.generation)
        return;
    LOG(INVAL, "inval: the code cache is full; all %u units go\n", rt.n_units);
    lock_take(&rt.lock, tid);
    inval_all_pages(&(InvalRange){0, ~0ull, false});
    inval_announce();
    rt.n_chunks = rt.left = 0;
    rt.generation++;
    lock_drop(&rt.lock, tid);
}

void inval_flush_all(Vcpu *v, uint32_t full)
{
    rt_exclusive(v, inval_reset, &full);
}

void rt_vcpu_enter(Vcpu *v)
{
    v->tid = inval_tid();
    lock_take(&rt.lock, v->tid);
    v->registry_next = rt.registry;
    rt.registry = v;
    __atomic_store_n(&v->epoch_seen, rt.epoch, __ATOMIC_SEQ_CST);
    lock_drop(&rt.lock, v->tid);
}

void rt_vcpu_exit(Vcpu *v)
{
    lock_take(&rt.lock, v->tid);
    for (Vcpu **p = &rt.registry; *p; p = &(*p)->registry_next)
        if (*p == v) {
            *p = v->registry_next;
            break;
        }
    lock_drop(&rt.lock, v->tid);
}

void rt_poll_set(Vcpu *v, uint32_t bits)
{
    __atomic_or_fetch(&v->poll, bits, __ATOMIC_SEQ_CST);
}

void rt_poll_clear(Vcpu *v, uint32_t bits)
{
    __atomic_and_fetch(&v->poll, ~bits, __ATOMIC_SEQ_CST);
}

/* Called outside host code with POLL_STOP seen: sleeps until the exclusive one is done. */
void inval_stop_wait(Vcpu *v)
{
    while (__atomic_load_n(&rt.stop, __ATOMIC_SEQ_CST))
        HS(__NR_futex, &rt.stop, 128 /* FUTEX_WAIT | PRIVATE */, 1, 0, 0, 0);
    rt_poll_clear(v, POLL_STOP);
}

/* The kernel looks for the owner of a PI futex; it does not find one that has exited, zombies too.
 */
static bool vcpu_is_dead(const Vcpu *v)
{
    uint32_t word = v->tid;
    return v->alone && HS(__NR_futex, &word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0) ==
                           -NO_SUCH_THREAD;
}

static bool inval_all_outside(Vcpu *self, bool look_closer)
{
    bool outside = true;
    lock_take(&rt.lock, self->tid);
    for (Vcpu *v = rt.registry; v && outside; v = v->registry_next) {
        outside = v == self || !__atomic_load_n(&v->in_guest, __ATOMIC_SEQ_CST);
        if (!outside && look_closer && vcpu_is_dead(v)) {
            v->in_guest = 0;
            outside = true;
        }
    }
    lock_drop(&rt.lock, self->tid);
    return outside;
}

Vcpu *rt_vcpu_take_dead(Vcpu *self)
{
    lock_take(&rt.lock, self->tid);
    Vcpu **p = &rt.registry, *dead;
    while (*p && !vcpu_is_dead(*p))
        p = &(*p)->registry_next;
    dead = *p;
    if (dead)
        *p = dead->registry_next;
    lock_drop(&rt.lock, self->tid);
    return dead;
}

/* The caller is outside host code (in_guest is 0), so two callers cannot wait for each other. */
void rt_exclusive(Vcpu *v, void (*f)(void *arg), void *arg)
{
    uint32_t idle = 0;
    while (!__atomic_compare_exchange_n(&rt.stop, &idle, 1, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
        inval_stop_wait(v);
        idle = 0;
    }
    lock_take(&rt.lock, v->tid);
    for (Vcpu *o = rt.registry; o; o = o->registry_next)
        if (o != v)
            rt_poll_set(o, POLL_STOP);
    lock_drop(&rt.lock, v->tid);
    for (uint32_t n = 1; !inval_all_outside(v, n % 64 == 0); n++)
        HS(__NR_sched_yield);
    f(arg);
    __atomic_store_n(&rt.stop, 0, __ATOMIC_SEQ_CST);
    HS(__NR_futex, &rt.stop, 129 /* FUTEX_WAKE | PRIVATE */, 1 << 30, 0, 0, 0);
}

void rt_fork_warm(Vcpu *v)
{
    fork_notes_follow(v);
}

bool rt_fork_prepare(Vcpu *v)
{
    lock_take(&rt.lock, v->tid);
    fork_notes_prepare();
    if (cache_fork_prepare())
        return true;
    lock_drop(&rt.lock, v->tid);
    return false;
}

void rt_fork_parent(Vcpu *v)
{
    cache_fork_parent();
    lock_drop(&rt.lock, v->tid);
}

/* In the child this thread is alone. */
void rt_fork_child(Vcpu *v)
{
    cache_fork_child();
    fork_notes_child();
    v->tid = inval_tid();
    rt.lock.word = 0;
    rt.stop = 0;
    translating = 0;
    for (Vcpu *o = rt.registry; o; o = o->registry_next)
        if (o != v)
            cache_chunk_leave(v, o->trans);
    rt.registry = v;
    v->registry_next = NULL;
    rt_poll_clear(v, POLL_STOP | POLL_EPOCH);
}
