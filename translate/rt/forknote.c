/*
 * What children of a fork had to do anew, for the next fork of the same process.
 *
 * A child starts with all units of its parent, but what it translates or links is lost with it. A
 * shell forks for every command and each child would interpret, translate and link the same few
 * blocks on its way to execve, most of the time by copying pages first. So a child notes what it
 * did in the first moments of its life in a table that is shared memory, and the parent does it
 * before it forks again: from then on children find it done.
 *
 *     parent  forks
 *     child   0x4263d8 is cold, 0x401ddc is cold, 0x4263d8 is linked to 0x401ddc: three notes
 *     parent  forks; the second child notes the same
 *     parent  makes units at 0x4263d8 and 0x401ddc, links them, forks: the third child finds them
 *
 * The table holds hints only: addresses are looked up as a jump there would look them up, so a
 * wrong or torn entry costs a useless unit. Entries are written with plain atomic stores by many
 * processes at once; a lost one is noted again by the next child.
 */
#include "rt_internal.h"
#include "ownmap.h"
#include <linux/mman.h>

enum {
    NOTE_COUNT = 256,
    NOTE_PROBES = 4,
    NOTE_BUDGET = 128, /* of one child */
    NOTE_ENOUGH = 2,   /* notes of one thing until the parent acts */
    NOTE_UNITS = 24,   /* units made at one fork */
    NOTE_FULL = NOTE_COUNT * 3 / 4,
};

#define NO_FROM (~0ull)

/* `to` 0: free. */
typedef struct Note {
    uint64_t to, from; /* guest addresses; from: owner of the exit to link, or NO_FROM */
    uint32_t mode;
    uint32_t times;
} Note;

typedef struct NoteTable {
    uint32_t used;
    uint32_t ready; /* rises when a note has been made often enough */
    Note notes[NOTE_COUNT];
} NoteTable;

static struct {
    NoteTable *table; /* shared with all descendants that have not called execve */
    uint32_t budget;  /* notes that this process may still make */
    uint32_t ready_seen;
    uint64_t done[NOTE_COUNT / 64]; /* notes that this process acted on */
} own;

static void note_add(uint64_t from, uint64_t to, uint32_t mode)
{
    NoteTable *t = own.table;
    uint64_t h = (to >> 2) * 0x9e3779b97f4a7c15u ^ (from >> 2) * 0xc2b2ae3d27d4eb4fu;
    own.budget--;
    for (uint32_t k = 0; k < NOTE_PROBES; k++) {
        Note *n = &t->notes[((h >> 40) + k) % NOTE_COUNT];
        uint64_t free_word = 0;
        if (__atomic_compare_exchange_n(&n->to, &free_word, to, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            n->from = from;
            n->mode = mode;
            __atomic_add_fetch(&t->used, 1, __ATOMIC_RELAXED);
        } else if (n->to != to || n->from != from || n->mode != mode) {
            continue;
        }
        if (__atomic_add_fetch(&n->times, 1, __ATOMIC_RELAXED) == NOTE_ENOUGH)
            __atomic_add_fetch(&t->ready, 1, __ATOMIC_RELAXED);
        return;
    }
}

void fork_note_code(GuestAddr pc, uint32_t mode)
{
    if (UNLIKELY(own.budget) && pc)
        note_add(NO_FROM, pc, mode);
}

void fork_note_link(const Unit *from, const Unit *to)
{
    if (UNLIKELY(own.budget) && to->pc)
        note_add(from->pc, to->pc, from->mode);
}

static bool note_is_ready(uint32_t i)
{
    const Note *n = &own.table->notes[i];
    return n->times >= NOTE_ENOUGH && !(own.done[i / 64] >> (i % 64) & 1);
}

static void note_make_unit(Vcpu *v, const Note *n)
{
    Unit *u;
    if (n->mode == v->mode && !cache_find(n->to, n->mode))
        trans_unit(v, n->to, &u); /* when it fails nothing is lost */
}

static void note_link(Vcpu *v, const Note *n)
{
    Unit *from = cache_find(n->from, n->mode), *to = cache_find(n->to, n->mode);
    for (uint32_t i = 0; from && to && i < from->n_exits; i++) {
        ExitRec *rec = &from->exits[i];
        bool direct = rec->kind != EXIT_IC;
        if (direct && !rec->linked && from->module_base + (uint64_t)rec->target_off == to->pc)
            link_exit(v, rec, to);
    }
}

static void notes_follow(Vcpu *v)
{
    uint32_t made = 0;
    for (uint32_t pass = 0; pass < 2; pass++) /* units, then the links between them */
        for (uint32_t i = 0; i < NOTE_COUNT && made < NOTE_UNITS; i++) {
            Note n = own.table->notes[i];
            if (!note_is_ready(i) || (n.from == NO_FROM) != (pass == 0))
                continue;
            own.done[i / 64] |= 1ull << (i % 64);
            if (pass == 0)
                note_make_unit(v, &n), made++;
            else
                note_link(v, &n);
        }
}

static void notes_clear(void)
{
    __builtin_memset(own.table, 0, sizeof *own.table);
    __builtin_memset(own.done, 0, sizeof own.done);
}

void fork_notes_follow(Vcpu *v)
{
    if (!own.table || __atomic_load_n(&own.table->ready, __ATOMIC_RELAXED) == own.ready_seen)
        return;
    if (!run_enter(v)) /* somebody wants to be alone: next time */
        return;
    own.ready_seen = own.table->ready;
    notes_follow(v);
    run_exit(v);
    if (own.table->used >= NOTE_FULL) {
        notes_clear();
        own.ready_seen = 0;
    }
}

void fork_notes_prepare(void)
{
    if (own.table || rt.cfg.interpret || rt.cfg.single_step)
        return;
    long r = HS(__NR_mmap, 0, sizeof(NoteTable), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    if (hs_failed(r))
        return;
    own.table = (NoteTable *)r;
    ownmap_add(own.table, sizeof(NoteTable));
}

void fork_notes_child(void)
{
    own.budget = own.table ? NOTE_BUDGET : 0;
}
