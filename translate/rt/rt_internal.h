/*
 * What the files of the runtime share. One Rt a process; see rt.h for the picture.
 *
 * Memory: one reservation [code | data] of max_chunks chunks. A chunk is CHUNK_CODE bytes of code
 * and CHUNK_DATA bytes of data at the same index, so the displacement from code to its data is the
 * same wherever a reservation of this size lies. Data chunks hold, growing upward: ExitRecs, then
 * the Unit, then its side table, unit after unit. Data chunk 0 begins with the dummy Unit, to which
 * lookup offset 0 leads.
 *
 * Owners: a chunk belongs to the vcpu that took it until it is full; the unit map, page map, exit
 * lists and registry are written under `lock` and read without it where said.
 */
#ifndef FERRY_RT_INTERNAL_H
#define FERRY_RT_INTERNAL_H

#include "rt.h"
#include "check.h"
#include "hostsys.h"
#include "lock.h"
#include "log.h"

enum {
    CHUNK_CODE = 64 << 10,
    CHUNK_DATA = 128 << 10,
    CHUNK_COUNT_MAX = 4096, /* 256 MiB of code, 512 MiB of data, reserved and lazily committed */
    CHUNK_COUNT_MIN = 16,
    UNIT_MAP_BITS = 9, /* at first; grows by two as units come */
    UNIT_MAP_BITS_MAX = 19,
    UNIT_SEEN_BITS = 16,
    PAGE_MAP_BITS = 12,
    GUEST_PAGE_SHIFT = 12,
    UNIT_INSNS_DEFAULT = 48,
    UNIT_IR_MAX = 4096,
    UNIT_CODE_MAX = 24 << 10, /* a chunk with less room than this is closed */
    UNIT_DATA_MAX = 40 << 10,
    RET_STACK_SIZE = 64 << 10,
    RET_GUARD = 8192,
    TRANS_ARENA = 1 << 20,
    UNIT_PAGES_MAX = 4, /* forward jumps are followed within one page's size */
    UNIT_SIDE_MAX = 1024,
    UNIT_RECIPES_MAX = 1024,
    COUNTS = 512, /* a chunk's */
    COLD_STORE_SIZE = 144 << 10,
    CODE_WINDOW = 192, /* guest bytes that are read at once */
};

/* One page with translated code: units that have code in it, through nodes of their own. */
typedef struct PageNode {
    struct PageNode *next;
    Unit *unit;
    uint64_t page;
} PageNode;

typedef struct Chunk {
    Unit *first_unit; /* units of this chunk by rising address, linked by Unit chunk list */
    Unit *last_unit;
    uint32_t code_used, data_used;
    uint32_t n_counts;  /* given away, of those that its data begins with (CodeOut.count) */
    uint32_t next_left; /* in Rt.left: index of the next one */
} Chunk;

/* A unit's place in its chunk; lies just before the Unit. */
typedef struct UnitHead {
    Unit *next_in_chunk;
    uint64_t number; /* order of translation, for bisecting */
} UnitHead;

/* Made the quick way, and entered so often that it is to be made anew the other way. */
static inline bool unit_is_hot(const Unit *u)
{
    enum { WRAPPED = UINT16_MAX };
    return UNLIKELY(u->count) && __atomic_load_n(u->count, __ATOMIC_RELAXED) > WRAPPED / 2;
}

static inline UnitHead *unit_head(Unit *u)
{
    return (UnitHead *)u - 1;
}

/* Per-vcpu translation scratch; Vcpu.trans. */
typedef struct Trans {
    IrUnit ir;
    RaUnit ra;
    Arena ir_arena, scratch;
    struct Fold *fold;           /* the passes' state, while the front end emits */
    CodeOut *quick_out;          /* where the quick way writes to; NULL: the other way */
    void *quick;                 /* its state, while the front end emits; NULL: the other way */
    int32_t chunk;               /* index or -1 */
    uint32_t generation;         /* of the chunk */
    const char *limit;           /* the stage that hit the last limit */
    GuestAddr lo, hi;            /* guest bytes the unit at hand was made from: [lo, hi) */
    uint8_t source[CODE_WINDOW]; /* a copy of these, if n_source is not 0 */
    uint32_t n_source;
    GuestAddr noexec; /* with TRANS_NOEXEC: the first byte that cannot be executed */
    SideEntry *side;
    SideRecipe *recipes;
    V128 *interp_vals;      /* for RtConfig.interpret */
    bool alone;             /* in an exclusive section: exclusive.c */
    bool beyond;            /* the unit at hand depends on code that was read separately */
    bool pair_end;          /* the last front end run met the end of a pair */
    uint8_t landings;       /* of the code that the last front end run began with: Unit.landings */
    int32_t pair_depth;     /* calls less returns within the pair */
    struct ColdStore *cold; /* what cold code came to: cold.c */
    bool cold_vec;          /* vector registers lie in their slots: cold.c */
    uint32_t interp_flags;
    void *mem; /* the mapping all this lies in: guard, return stack, guard, the rest */
    size_t mem_size;
    uint8_t *ret_stack; /* RET_STACK_SIZE bytes */
} Trans;

/*
 * Heads of the units' chains by pc, 1 << bits of them. It grows under the lock: units are chained
 * anew into a larger map, which then takes the old one's place. A reader still in the old one may
 * miss a unit, which is as if it came a moment too early; the old one is never given back.
 */
typedef struct UnitMap {
    uint32_t bits;
    Unit *head[];
} UnitMap;

typedef struct Rt {
    RtConfig cfg;
    RaTarget target;
    BackendStubs stubs;
    uint8_t *code_rx, *data;
    int64_t rw_minus_rx; /* 0 unless the mapping is double */
    Chunk *chunks;
    uint32_t max_chunks; /* in the reservation */
    uint32_t n_chunks;   /* taken so far */
    uint32_t left;       /* chunks with room that ended vcpus left: index of the first; 0: none */
    UnitMap *unit_map;   /* chained by hash_next */
    PageNode **page_map;
    uint32_t
        *lookup[LANDING_KINDS][MODE_COUNT]; /* made when first used; kind 0's for all if !guarded */
    bool guarded;                           /* rt_guard was called */
    Lock lock;
    uint64_t epoch; /* atomic: rises with each invalidation */
    uint64_t unit_counter;
    Vcpu *registry; /* under lock */
    uint32_t stop;  /* futex word: 1 while someone is exclusive */
    uint32_t n_units;
    uint32_t generation; /* rises when all chunks are given back; changes only under exclusivity */
    uint64_t unit_seen[(1 << UNIT_SEEN_BITS) / 64]; /* by hash of pc: there is or was a unit */
} Rt;

extern Rt rt;

static inline Unit **unit_head_of(UnitMap *m, GuestAddr pc)
{
    return &m->head[(uint32_t)(pc >> 1 ^ pc >> 11) & ((1u << m->bits) - 1)];
}

/* Most pcs that are looked for have no unit: the map and the units in it stay out of the cache. */
static inline uint64_t unit_seen_bit(GuestAddr pc, uint64_t **word)
{
    uint32_t h = (uint32_t)(pc >> 1 ^ pc >> (UNIT_SEEN_BITS + 1)) & ((1u << UNIT_SEEN_BITS) - 1);
    *word = &rt.unit_seen[h / 64];
    return 1ull << h % 64;
}

static inline uint32_t page_hash(uint64_t page)
{
    return (uint32_t)(page ^ page >> PAGE_MAP_BITS) & ((1u << PAGE_MAP_BITS) - 1);
}

static inline uint64_t *slot_pc(Vcpu *v)
{
    return vcpu_slot64(v, &rt.cfg.guest->slots[rt.cfg.guest->slot_pc]);
}

/* cache.c */
bool cache_init(void);
bool cache_chunk_take(Vcpu *v, Trans *t); /* false: full */
bool cache_chunk_has_room(const Trans *t);
void cache_chunk_leave(Vcpu *v, Trans *t); /* the vcpu ends: others may fill its chunk */
void *cache_map(size_t size, int prot);
/* A copy of a double mapping for the child of a fork; false when memory is refused. */
bool cache_fork_prepare(void);
void cache_fork_parent(void);
void cache_fork_child(void);
Unit *cache_find(GuestAddr pc, uint32_t mode); /* lock-free */
Unit *cache_unit_of_host(uint64_t host_pc);    /* lock-free, async-signal-safe */
void cache_lookup_select(Vcpu *v);             /* the tables of v's mode, for host code */
/* u is where a computed branch of `kind` led. */
void cache_lookup_fill(Vcpu *v, Unit *u, uint32_t kind);
/*
 * Publishes u; under the lock. Returns another live unit of the same key if one came first that is
 * as good; a worse one is replaced.
 */
Unit *cache_publish(Unit *u);

/* translate.c */
/* Guest bytes copied in, so that a page vanishing under the translator is no fault of ours. */
typedef struct CodeWindow {
    uint8_t bytes[CODE_WINDOW];
    GuestAddr start;
    uint32_t len;
} CodeWindow;

/* At most size bytes of the mapping of pc, but at least one instruction; *rc is that mapping's. */
bool code_window_fill(CodeWindow *w, GuestAddr pc, uint32_t size, RtCode *rc);
static inline bool code_window_has(const CodeWindow *w, GuestAddr pc, uint32_t n)
{
    return pc >= w->start && pc - w->start + n <= w->len;
}

/* TRANS_REFUSED: not by the quick way. */
typedef enum TransStatus { TRANS_OK, TRANS_NOEXEC, TRANS_FULL, TRANS_REFUSED } TransStatus;
/* Makes the unit at pc (it may come from another vcpu that was faster). */
TransStatus trans_unit(Vcpu *v, GuestAddr pc, Unit **out);
/* Guest code at pc to IR in v's scratch: what the interpreter runs. */
TransStatus trans_front(Vcpu *v, GuestAddr pc, uint32_t max_insns);
/* The branch that led to the code that was just read, if it was computed, may land there; it has.
 */
static inline bool trans_lands(Vcpu *v)
{
    if (LIKELY(!v->landing))
        return true;
    if (UNLIKELY(!(((Trans *)v->trans)->landings >> v->landing & 1)))
        return false;
    v->landing = 0;
    return true;
}
/* The parts of it that cold code is run with: an empty unit, the context of its first insn. */
void trans_open(IrUnit *u, const Vcpu *v, GuestAddr pc, const RtCode *rc);
uint8_t trans_landings(const RtCode *rc, const uint8_t *code); /* Unit.landings of code there */
void trans_ctx(TransCtx *tc, IrUnit *u, const Vcpu *v, const RtCode *rc);
bool trans_init(Vcpu *v);
void trans_free(Vcpu *v);

/* cold.c */
void cold_init(const Vcpu *v); /* v: the first one of the process */
/*
 * Interprets from the pc slot on as long as code is cold; false when nothing was done. Else the
 * vcpu stands as after a leave of host code, but for vector registers: cold_close() before host
 * code or anyone else looks at them.
 */
bool cold_run(Vcpu *v);
void cold_close(Vcpu *v);
/*
 * False when code at pc, behind a branch, is known not to have run yet, or not often enough for a
 * unit made the quick way or the other.
 */
bool cold_seen(GuestAddr pc, bool quick);
/* A jump back led to pc. */
bool cold_loop_head(GuestAddr pc);

/* link.c */
void link_exit(Vcpu *v, ExitRec *rec, Unit *to);
void link_ic(Vcpu *v, ExitRec *rec, Unit *to);
void link_move(Unit *old, Unit *to); /* under the lock */
void link_cut(Unit *u); /* all exits into and out of u; under the lock */

/* invalidate.c */
void inval_ack(Vcpu *v);
/* `to`, of the same code, takes old's place; under the lock, before `to` is published. */
void inval_replace(Unit *old, Unit *to);
/*
 * A translation reads guest code between begin and end. What begin returned is valid as long as
 * inval_is_current() says so under the cache lock: no code was announced as changed meanwhile.
 */
uint64_t inval_trans_begin(void);
bool inval_is_current(uint64_t seq);
void inval_trans_end(void);
uint64_t inval_seq(void); /* what inval_trans_begin() would return now */
void inval_stop_wait(Vcpu *v);
/* Every unit dies and the memory is free again, unless `full` is not the generation any more. */
void inval_flush_all(Vcpu *v, uint32_t full);

/* run.c */
uint64_t rt_syscall(Vcpu *v); /* Vcpu.syscall_fn */
/* From C outside host code: counts as running, as a translation must; false when it may not now. */
bool run_enter(Vcpu *v);
void run_exit(Vcpu *v);

/* exclusive.c: after TRAP_EXCLUSIVE; the vcpu then stands as after a leave of host code */
void excl_run(Vcpu *v);

/* forknote.c */
void fork_note_code(GuestAddr pc, uint32_t mode); /* code without a unit is about to run */
void fork_note_link(const Unit *from, const Unit *to);
void fork_notes_follow(Vcpu *v); /* before a fork, without locks */
void fork_notes_prepare(void);   /* under the lock */
void fork_notes_child(void);

/* fault.c */
void fault_reset_ret_stack(Vcpu *v);
/* After a fault is noted in v: when another mode makes it go away, sets that and fault_signo 0. */
void fault_try_mode(Vcpu *v);

/* perfmap.c */
void perf_map_add(const Unit *u);

#endif
