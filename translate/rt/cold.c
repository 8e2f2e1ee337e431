/*
 * Cold code: guest code that has run only a few times is interpreted and not translated.
 *
 * Four fifths of the instructions that a short program executes are executed once, and to translate
 * an instruction costs as much as to interpret it tens of times. So a computed or unlinked jump to
 * code without a unit first comes here: the block up to the next branch goes through the front end,
 * whose insns are executed as they are emitted (cold_emit); only after RtConfig.cold_runs such
 * visits is a unit made.
 *
 * A block ends before the first guest instruction that is not executed here (cold_ops.c says
 * which); that one is translated at its first visit. What a block came to is kept for its further
 * visits, in a small store a vcpu that drops the oldest ones, and all when code was announced as
 * changed.
 *
 * Visits are counted in a table by hash of the pc. Nothing ever counts down: a loop of many blocks
 * must get out of here whatever else runs, so blocks that share an entry are only translated the
 * earlier. The table also tells which way branches went so far: a unit does not go on behind a
 * branch where no block was ever begun (cold_seen; while the process is young, few; later on what
 * is made the quick way goes on anywhere, which costs less than another unit), and which blocks
 * loops begin with (cold_loop_head): their units do not end where other units begin. Two threads
 * counting at once may lose a visit: no harm.
 *
 *     0x400804: stp x29, x30, [sp, #-160]! ... b.ne 0x400a00     one block, interpreted a few
 * times, then the head of a unit
 */
#include "cold.h"
#include "guestmem.h"
#include "trans_dump.h"
#include <string.h>

enum { HEAT_SIZE = 1 << 15, HEAT_LOOP = 4 };
/* An entry: visits, and what is known of them. */
enum { HEAT_COUNT = COLD_RUNS_MAX, HEAT_HEAD = 0x40 /* by a jump back */, HEAT_SEEN = 0x80 };
enum {
    STORE_INSNS = 5120,    /* of the IR */
    STORE_BLOCK_MAX = 512, /* free ones that a block must find */
    STORE_BLOCKS = 256,
    STORE_INDEX = 1024,
    YOUTH = 16384,
    YOUNG_SEEN = 4, /* visits until a young process's units take a block in */
};

#define NO_PC (~0ull) /* ColdBlock.pc of a free one */

/*
 * The blocks that were kept: a ring of them, and one of their insns, of which each block has a run.
 * The oldest ones make room for the next.
 */
typedef struct ColdStore {
    IrUnit u;      /* the block at hand: its insns are in `insns` */
    bool opened;   /* all below is valid */
    uint32_t mode; /* all blocks are of it */
    uint64_t seq;  /* no code was announced as changed since: inval_seq() */
    uint32_t oldest, n_blocks;
    uint32_t at;                /* where the next block's insns go */
    uint8_t index[STORE_INDEX]; /* by hash of the pc: number of a block */
    V128 vals[STORE_BLOCK_MAX];
    ColdBlock blocks[STORE_BLOCKS];
    IrInsn insns[STORE_INSNS];
} ColdStore;
_Static_assert(sizeof(ColdStore) <= COLD_STORE_SIZE, "trans_init() makes room for it");

static uint8_t heat[HEAT_SIZE] __attribute__((aligned(4096)));
/* Guest instructions that may be interpreted until the process is not young any more. */
static uint32_t youth;

/* All pages of it will be written soon: at once they cost half. Kernels before 5.14 cannot. */
static void populate(const void *mem, size_t size)
{
    enum { PAGE = 4096, MADV_POPULATE_WRITE = 23 };
    uint64_t start = ALIGN_DOWN((uint64_t)mem, PAGE);
    HS(__NR_madvise, start, (uint64_t)mem + size - start, MADV_POPULATE_WRITE);
}

void cold_init(const Vcpu *v)
{
    const Trans *t = v->trans;
    if (!rt.cfg.cold_runs)
        return;
    youth = rt.cfg.cold_runs_young ? YOUTH : 0;
    populate(heat, sizeof heat);
    populate(t->cold, sizeof *t->cold);
}

static uint8_t *heat_of(GuestAddr pc)
{
    return &heat[(pc >> 2 ^ pc >> 15) & (HEAT_SIZE - 1)];
}

static unsigned heat_limit(void)
{
    return __atomic_load_n(&youth, __ATOMIC_RELAXED) ? rt.cfg.cold_runs_young : rt.cfg.cold_runs;
}

/* Racing threads may lose some of it: no harm. */
static void grow_older(unsigned guest_insns)
{
    uint32_t left = __atomic_load_n(&youth, __ATOMIC_RELAXED);
    if (left)
        __atomic_store_n(&youth, left > guest_insns ? left - guest_insns : 0, __ATOMIC_RELAXED);
}

/* True when this visit is to be interpreted. Visits by a jump back count more: loops stay. */
static bool heat_allows(GuestAddr pc, GuestAddr from)
{
    uint8_t *h = heat_of(pc);
    unsigned count = *h & HEAT_COUNT, known = (*h & HEAT_HEAD) | HEAT_SEEN;
    if (count >= heat_limit())
        return false;
    if (pc <= from)
        known |= HEAT_HEAD;
    count += pc <= from ? HEAT_LOOP : 1;
    *h = (uint8_t)(MIN(count, (unsigned)HEAT_COUNT) | known);
    return true;
}

bool cold_seen(GuestAddr pc, bool quick)
{
    unsigned h = *heat_of(pc);
    bool young = __atomic_load_n(&youth, __ATOMIC_RELAXED) != 0;
    if (!rt.cfg.cold_runs || (quick && !young))
        return true;
    return h & HEAT_SEEN && (!young || (h & HEAT_COUNT) >= YOUNG_SEEN);
}

bool cold_loop_head(GuestAddr pc)
{
    return *heat_of(pc) & HEAT_HEAD;
}

static bool cold_goes_on(const Vcpu *v)
{
    return __atomic_load_n(&v->poll, __ATOMIC_ACQUIRE) == 0;
}

static void store_empty(Cold *c, ColdStore *s, uint64_t seq)
{
    const IrUnit *ir = &((Trans *)c->v->trans)->ir;
    s->u = *ir;
    s->opened = true;
    s->mode = c->v->mode;
    s->seq = seq;
    s->oldest = s->n_blocks = s->at = 0;
    for (unsigned k = 0; k < STORE_BLOCKS; k++)
        s->blocks[k].pc = NO_PC;
    c->window.len = 0; /* it may be older than seq, as what is known of the mapping */
    c->code.end = 0;
}

static uint8_t *store_index_of(ColdStore *s, GuestAddr pc)
{
    return &s->index[(pc >> 1 ^ pc >> 11) & (STORE_INDEX - 1)];
}

/* What is kept of the block at pc, or NULL. */
static const ColdBlock *store_find(Cold *c, GuestAddr pc)
{
    ColdStore *s = c->store;
    uint64_t seq = inval_seq();
    if (UNLIKELY(!s->opened || s->seq != seq || s->mode != c->v->mode))
        store_empty(c, s, seq);
    const ColdBlock *b = &s->blocks[*store_index_of(s, pc)];
    return b->pc == pc ? b : NULL;
}

static void store_drop_oldest(ColdStore *s)
{
    s->blocks[s->oldest].pc = NO_PC;
    s->oldest = (s->oldest + 1) % STORE_BLOCKS;
    s->n_blocks--;
}

/* The oldest block's insns begin in [from, end). */
static bool store_oldest_in(const ColdStore *s, uint32_t from, uint32_t end)
{
    uint32_t i = (uint32_t)(s->blocks[s->oldest].insns - s->insns);
    return s->n_blocks && i >= from && i < end;
}

/* A free block with STORE_BLOCK_MAX free insns. */
static ColdBlock *store_take(ColdStore *s)
{
    if (s->at + STORE_BLOCK_MAX > STORE_INSNS) {
        while (store_oldest_in(s, s->at, STORE_INSNS))
            store_drop_oldest(s);
        s->at = 0;
    }
    while (s->n_blocks == STORE_BLOCKS || store_oldest_in(s, s->at, s->at + STORE_BLOCK_MAX))
        store_drop_oldest(s);
    return &s->blocks[(s->oldest + s->n_blocks) % STORE_BLOCKS];
}

/*
 * Not kept are vector constants, which lie elsewhere, and an instruction that left in its midst (a
 * fault): not all of it is known to be fit for this place.
 */
static void store_keep(Cold *c, ColdBlock *b, GuestAddr pc)
{
    ColdStore *s = c->store;
    if (c->left_n != s->u.n || s->u.n_vconsts || s->u.n_extra > 1)
        return;
    b->pc = pc;
    b->insns = s->u.insns;
    b->n = (uint16_t)s->u.n;
    b->module_base = s->u.module_base;
    s->at += s->u.n;
    s->n_blocks++;
    *store_index_of(s, pc) = (uint8_t)(b - s->blocks);
}

/* The window gets code at pc; false when there is none to be executed. */
static __attribute__((noinline)) bool cold_read(Cold *c, GuestAddr pc)
{
    CodeWindow *w = &c->window;
    if (pc < c->code.start || pc + rt.cfg.guest->insn_len_max > c->code.end) {
        c->code.end = 0;
        return code_window_fill(w, pc, COLD_WINDOW, &c->code);
    }
    w->start = pc;
    w->len = (uint32_t)MIN((uint64_t)COLD_WINDOW, c->code.end - pc);
    return gm_copy_in(w->bytes, pc, w->len);
}

/* The window has an instruction at pc, or what there is of it. */
static inline bool cold_fetch(Cold *c, GuestAddr pc)
{
    return LIKELY(code_window_has(&c->window, pc, rt.cfg.guest->insn_len_max)) || cold_read(c, pc);
}

/* One guest instruction; false when it is not for here, and nothing has happened. */
static inline bool cold_insn(Cold *c, TransResult *how)
{
    TransCtx *tc = &c->tc;
    uint32_t at = (uint32_t)(tc->pc - c->window.start);
    tc->code = c->window.bytes + at;
    tc->code_len = c->window.len - at;
    tc->insn_len = rt.cfg.guest->insn_align;
    c->n_sets = 0;
    if (UNLIKELY(log_mask))
        ir_at(c->u, tc->pc, tc->insn_len);
    *how = rt.cfg.guest->translate_insn(tc);
    if (LIKELY(*how == TR_NEXT))
        tc->next_pc = tc->pc + tc->insn_len;
    return *how != TR_SHORT && c->state != COLD_REFUSED;
}

/*
 * Up to the first branch, or what is not for here; false when that comes first. The window has the
 * first instruction.
 */
static bool cold_insns(Cold *c, ColdBlock *b)
{
    TransCtx *tc = &c->tc;
    GuestAddr pc = tc->pc;
    TransResult how = TR_NEXT;
    unsigned k = 0;
    c->state = COLD_ON;
    do {
        b->first[k] = (uint16_t)c->u->n;
        b->off[k] = (uint8_t)(tc->pc - pc);
        if (!cold_insn(c, &how)) {
            c->u->n = b->first[k];
            break;
        }
        k++;
        tc->pc = tc->next_pc;
        if (how != TR_NEXT || c->state != COLD_ON || k == COLD_INSNS || !cold_fetch(c, tc->pc))
            break;
        tc->guarded = c->code.guarded;
    } while (c->code.module_base == c->u->module_base);
    b->next = tc->pc;
    b->guest_insns = (uint8_t)k;
    if (k && c->state != COLD_LEFT)
        cold_leave(c, LEAVE_LOOKUP, tc->pc);
    return k != 0;
}

/* The branch that led to b, if it was computed, may land there; it has. Else a unit will tell. */
static bool cold_lands(Cold *c, const ColdBlock *b)
{
    if (UNLIKELY(!(b->landings >> c->v->landing & 1)))
        return false;
    c->v->landing = 0;
    return true;
}

/* The block at pc, from the guest's code; false when its first instruction is not for here. */
static bool cold_first(Cold *c, GuestAddr pc)
{
    ColdStore *s = c->store;
    if (pc & (rt.cfg.guest->insn_align - 1u) || !cold_fetch(c, pc))
        return false;
    ColdBlock *b = store_take(s);
    s->u.insns = &s->insns[s->at];
    s->u.cap = STORE_BLOCK_MAX;
    trans_open(&s->u, c->v, pc, &c->code);
    s->u.hook = &cold_hook;
    s->u.hook_state = c;
    trans_ctx(&c->tc, &s->u, c->v, &c->code);
    c->tc.at_once = true;
    b->landings = trans_landings(&c->code, c->window.bytes + (pc - c->window.start));
    if (!cold_lands(c, b))
        return false;
    if (!cold_insns(c, b))
        return false;
    if (UNLIKELY(log_mask)) {
        ir_unit_finish(&s->u);
        dump_guest(&s->u, pc, c->tc.pc);
        dump_ir(&s->u, LOG_OP, "IR of the front end (interpreted)");
    }
    grow_older(b->guest_insns);
    store_keep(c, b, pc);
    return true;
}

/* The same from what is kept of it. */
static bool cold_again(Cold *c, const ColdBlock *b)
{
    if (!cold_lands(c, b))
        return false;
    c->u->insns = (IrInsn *)b->insns;
    c->u->module_base = b->module_base;
    cold_replay(c, b);
    grow_older(b->guest_insns);
    return true;
}

static bool cold_block(Cold *c, GuestAddr pc, GuestAddr from)
{
    if (!heat_allows(pc, from))
        return false;
    const ColdBlock *b = store_find(c, pc);
    if (!(b ? cold_again(c, b) : cold_first(c, pc)))
        return false;
    fork_note_code(pc, c->v->mode);
    return true;
}

bool cold_run(Vcpu *v)
{
    Trans *t = v->trans;
    bool ran = false;
    Cold c; /* not cleared: most of it is the window */
    if (v->mode & MODE_TBI_MASK)
        return false;
    c.store = t->cold;
    c.u = &t->cold->u;
    c.v = v;
    c.vals = t->cold->vals;
    c.replays = NULL;
    c.window.len = 0;
    c.code.end = 0;
    for (GuestAddr pc, from = 0; pc = *slot_pc(v), cold_block(&c, pc, from); from = pc) {
        ran = true;
        if (v->leave_reason != LEAVE_LOOKUP || !cold_goes_on(v) || cache_find(*slot_pc(v), v->mode))
            break;
    }
    return ran;
}

void cold_close(Vcpu *v)
{
    Trans *t = v->trans;
    if (!t->cold_vec)
        return;
    t->cold_vec = false;
    rt.stubs.vec_load(v);
}
