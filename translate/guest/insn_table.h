/*
 * Decode tables of guests with instructions of 32 (and 16) bits, as gen/insn_gen.py writes them.
 *
 * All data is const and free of pointers to text (one string blob with offsets), so that a
 * position-independent ferry needs no relocation for it and nothing is built at start.
 *
 * Decoding: some bits of the word, chosen by the generator, pick a bucket; the bucket's list names
 * the candidate rows, the most specific first, and ends with row 0, which matches everything and
 * means "unallocated". Example: 0x91000420 picks the list {add_imm, 0}; its mask fits, so the
 * answer is A64_ROW_add_imm.
 */
#ifndef FERRY_GUEST_INSN_TABLE_H
#define FERRY_GUEST_INSN_TABLE_H

#include "types.h"

typedef enum InsnEnds {
    INSN_ENDS_NONE,
    INSN_ENDS_BRANCH,   /* direct jump, conditional or not */
    INSN_ENDS_CALL,     /* direct call */
    INSN_ENDS_INDIRECT, /* indirect jump or call */
    INSN_ENDS_RET,
    INSN_ENDS_TRAP,    /* system call, breakpoint, undefined */
    INSN_ENDS_CONTEXT, /* changes what later instructions mean: FP mode, new code */
} InsnEnds;

/* All that decoding asks of a row, in one part of a cache line. */
typedef struct InsnMatch {
    _Alignas(16) uint32_t mask;
    uint32_t value;
    uint16_t resv_first; /* reserved values: the row does not match these */
    uint16_t handler;    /* place in the guest's handler table, 0 none */
    uint8_t resv_count;
    uint8_t ends; /* InsnEnds */
    uint8_t feat; /* <GUEST>_FEAT_*, 0 none, or feats + place in need */
} InsnMatch;

typedef struct InsnReserved {
    uint32_t mask, value;
} InsnReserved;

/* Offsets into InsnTable.strings; offset 0 is the empty text. */
typedef struct InsnInfo {
    uint32_t name, templ, sets, todo, chapter, handler;
} InsnInfo;

/* A feature that rows may need: its AT_HWCAP bit and its field of an identification register. */
typedef struct InsnFeature {
    uint32_t name, info, also; /* offsets into InsnTable.strings; info: its /proc/cpuinfo name */
    uint8_t hwcap_word;
    uint8_t hwcap_bit; /* 255: none */
    uint8_t id_crm, id_op2, id_shift, id_value;
    uint8_t needs[3]; /* features that it implies, 0: none */
    bool off;         /* not in the widest CPU */
    bool always;      /* cannot be switched off */
} InsnFeature;

/* What a row needs that names several features: one of them, or all. */
typedef struct InsnNeed {
    uint8_t feat[3]; /* 0: none */
    uint8_t all;
} InsnNeed;

typedef struct InsnTable {
    const InsnMatch *match;
    const InsnReserved *reserved;
    const InsnInfo *info;
    const InsnNeed *need;
    const uint16_t *bucket;     /* index -> start in list */
    const uint16_t *list;
    const char *strings;
    uint32_t rows;
    uint32_t feats; /* <GUEST>_FEAT_COUNT */
} InsnTable;

static inline bool insn_is_reserved(const InsnTable *t, const InsnMatch *m, uint32_t word)
{
    const InsnReserved *r = t->reserved + m->resv_first;
    for (unsigned i = 0; i < m->resv_count; i++) {
        if ((word & r[i].mask) == r[i].value) {
            return true;
        }
    }
    return false;
}

/* The row of `word`, 0 when it is unallocated. `index` is <GUEST>_DECODE_INDEX(word). */
static inline unsigned insn_decode(const InsnTable *t, uint32_t word, uint32_t index)
{
    for (const uint16_t *l = t->list + t->bucket[index];; l++) {
        const InsnMatch *m = &t->match[*l];
        if ((word & m->mask) == m->value && !insn_is_reserved(t, m, word)) {
            return *l;
        }
    }
}

static inline bool insn_feat_on(const uint64_t bits[4], unsigned feat)
{
    return bits[feat / 64] >> feat % 64 & 1;
}

/* The features `bits` (GuestFeatures) have what the row needs. */
static inline bool insn_is_offered(const InsnTable *t, unsigned row, const uint64_t bits[4])
{
    unsigned feat = t->match[row].feat;
    if (feat < t->feats) {
        return !feat || insn_feat_on(bits, feat);
    }
    const InsnNeed *n = &t->need[feat - t->feats];
    bool all = true, any = false;
    for (unsigned i = 0; i < ARRAY_LEN(n->feat) && n->feat[i]; i++) {
        bool on = insn_feat_on(bits, n->feat[i]);
        all = all && on;
        any = any || on;
    }
    return n->all ? all : any;
}

static inline const char *insn_name(const InsnTable *t, unsigned row)
{
    return t->strings + t->info[row].name;
}

/* Why the row has no handler yet; empty for implemented rows. */
static inline const char *insn_todo(const InsnTable *t, unsigned row)
{
    return t->strings + t->info[row].todo;
}

#endif
