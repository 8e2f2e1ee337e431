/* The walk of pair.h: over halfwords of the next PAIR_BYTES, once without and once with an access
 * on the way. */
#include "pair.h"

enum { PAIR_BYTES = 256, PAIR_UNIT = 2, PAIR_PLACES = PAIR_BYTES / PAIR_UNIT };

typedef struct PairWalk {
    uint8_t code[PAIR_BYTES];
    uint32_t len;
    /* one bit a place, [1]: reached after an access */
    uint64_t todo[2][PAIR_PLACES / 64], done[2][PAIR_PLACES / 64];
    uint32_t seen_end;
} PairWalk;

/* Places outside, and the load itself and what lies before it, end a path. */
static void walk_add(PairWalk *w, int64_t at, bool touched)
{
    if (at <= 0 || at >= w->len || at % PAIR_UNIT)
        return;
    uint32_t place = (uint32_t)at / PAIR_UNIT;
    uint64_t bit = 1ull << place % 64;
    if (!(w->done[touched][place / 64] & bit))
        w->todo[touched][place / 64] |= bit;
    w->done[touched][place / 64] |= bit;
}

static bool walk_take(PairWalk *w, uint32_t *at, bool *touched)
{
    for (uint32_t k = 0; k < 2; k++)
        for (uint32_t i = 0; i < PAIR_PLACES / 64; i++)
            if (w->todo[k][i]) {
                uint32_t n = (uint32_t)__builtin_ctzll(w->todo[k][i]);
                w->todo[k][i] &= w->todo[k][i] - 1;
                *at = (i * 64 + n) * PAIR_UNIT;
                *touched = k;
                return true;
            }
    return false;
}

bool pair_is_simple(TransCtx *tc, uint32_t load_len, PairClassify *classify)
{
    PairWalk w = {.len = 0};
    uint32_t at;
    bool touched, simple = true;
    if (!tc->peek)
        return true;
    w.len = tc->peek(tc->pc, w.code, PAIR_BYTES);
    walk_add(&w, load_len, false);
    while (simple && walk_take(&w, &at, &touched)) {
        PairStep s = classify(w.code + at, w.len - at);
        w.seen_end = MAX(w.seen_end, at + s.len);
        simple = !(s.store && touched);
        if (s.next)
            walk_add(&w, (int64_t)at + s.len, touched || s.touches);
        if (s.jump)
            walk_add(&w, (int64_t)at + s.target, touched || s.touches);
    }
    tc->seen_end = tc->pc + MAX(w.seen_end, load_len);
    return simple;
}
