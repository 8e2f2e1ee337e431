/*
 * Links between units. An exit's 32-bit field leads to its stub or to a unit's entry; the unit
 * keeps the list of exits that lead to it, so that its death can point them back to their stubs.
 */
#include "rt_internal.h"

static void link_insert(ExitRec *rec, Unit *to)
{
    rec->linked = to;
    rec->next_in = to->incoming;
    to->incoming = rec;
}

/* The lock is held and both ends were checked to be alive. */
static bool link_possible(const ExitRec *rec, const Unit *to)
{
    return !rec->linked && !rec->owner->dead && !to->dead && rec->owner->mode == to->mode;
}

void link_exit(Vcpu *v, ExitRec *rec, Unit *to)
{
    if (rt.cfg.single_step)
        return;
    lock_take(&rt.lock, v->tid);
    if (link_possible(rec, to)) {
        fork_note_link(rec->owner, to);
        link_insert(rec, to);
        rt.cfg.backend->link(rec, rt.rw_minus_rx, to->host_entry);
        LOG(LINK, "link: exit of %lx to %lx\n", rec->owner->pc, to->pc);
    }
    lock_drop(&rt.lock, v->tid);
}

/* Fills an empty inline cache, once: host first, so that a reader who sees the pc sees its host. */
void link_ic(Vcpu *v, ExitRec *rec, Unit *to)
{
    if (rt.cfg.single_step)
        return;
    lock_take(&rt.lock, v->tid);
    if (link_possible(rec, to) && !rec->ic_used) {
        link_insert(rec, to);
        rec->ic_used = 1;
        __atomic_store_n(&rec->ic_host, to->host_entry, __ATOMIC_RELEASE);
        __atomic_store_n(&rec->ic_pc, to->pc, __ATOMIC_RELEASE);
    }
    lock_drop(&rt.lock, v->tid);
}

/* What leads to `old` leads to `to`, a unit of the same code, from now on. */
void link_move(Unit *old, Unit *to)
{
    ExitRec *rec, *own = NULL;
    while ((rec = old->incoming)) {
        old->incoming = rec->next_in;
        if (rec->owner == old) { /* dies with it */
            rec->next_in = own;
            own = rec;
            continue;
        }
        link_insert(rec, to);
        if (rec->kind == EXIT_IC)
            __atomic_store_n(&rec->ic_host, to->host_entry, __ATOMIC_RELEASE);
        else
            rt.cfg.backend->link(rec, rt.rw_minus_rx, to->host_entry);
    }
    old->incoming = own;
}

static void link_remove(ExitRec *rec)
{
    for (ExitRec **p = &rec->linked->incoming; *p; p = &(*p)->next_in)
        if (*p == rec) {
            *p = rec->next_in;
            break;
        }
    rec->linked = NULL;
}

/* An inline cache is emptied for good: a reader between its two loads may still use ic_host. */
static void link_undo(ExitRec *rec)
{
    if (rec->kind == EXIT_IC) {
        __atomic_store_n(&rec->ic_pc, ~0ull, __ATOMIC_RELEASE);
        __atomic_store_n(&rec->ic_host, (uint64_t)rec - rec->stub_at, __ATOMIC_RELEASE);
    } else {
        rt.cfg.backend->link(rec, rt.rw_minus_rx, 0);
    }
}

void link_cut(Unit *u)
{
    while (u->incoming) {
        ExitRec *rec = u->incoming;
        u->incoming = rec->next_in;
        rec->linked = NULL;
        link_undo(rec);
    }
    for (uint32_t i = 0; i < u->n_exits; i++) {
        ExitRec *rec = &u->exits[i];
        if (!rec->linked)
            continue;
        link_remove(rec);
        link_undo(rec);
    }
}
