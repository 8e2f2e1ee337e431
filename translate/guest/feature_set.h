/*
 * Sets of CPU features and the lists that change them: what the guests share.
 *
 * Facts about a feature stand in its `feature` line of the guest's .insn table. A list is what
 * stands behind the model of `-cpu`: "+sve", "-lse", "lse", "lse=on", "lse=off", in any case, by
 * the feature's name or one of its other names. Example, with SHA512 needing SHA256:
 *
 *     "max,-sha256"    takes SHA512 away too
 *     "cortex-a53,+sha512"  brings SHA256 if it was not there
 */
#ifndef FERRY_GUEST_FEATURE_SET_H
#define FERRY_GUEST_FEATURE_SET_H

#include "guest.h"
#include "insn_table.h"

/* The generated data of one guest; features are numbered from 1. */
typedef struct FeatureTable {
    const InsnFeature *feats;
    unsigned count; /* <GUEST>_FEAT_COUNT */
    const char *strings;
    const uint64_t *done; /* <guest>_feat_done */
} FeatureTable;

static inline bool feature_on(const GuestFeatures *f, unsigned feat)
{
    return f->bits[feat / 64] >> feat % 64 & 1;
}

/* True when all rows of the feature are there. */
static inline bool feature_done(const FeatureTable *t, unsigned feat)
{
    return t->done[feat / 64] >> feat % 64 & 1;
}

/* Is `word`, of n characters, the text `name` up to case? */
bool feature_word_is(const char *word, size_t n, const char *name);
/* The feature with this name, 0 when there is none. */
unsigned feature_find(const FeatureTable *t, const char *word, size_t n);
/* Switches one on with all that it needs, or off with all that needs it. What is not done stays
 * off, what is always there stays on. */
void feature_switch(const FeatureTable *t, GuestFeatures *f, unsigned feat, bool on);
/* The widest CPU: all that is done and not kept for being asked for. */
void features_all(const FeatureTable *t, GuestFeatures *f);
/* One word of a list; false with a message when there is no such feature or it is not done. */
bool features_change(const FeatureTable *t, const char *word, size_t n, GuestFeatures *f,
                     struct StrBuf *err);

/* A CPU that can be named. Text as arrays: no relocations. */
typedef struct CpuModel {
    char name[16];
    uint32_t id;     /* the guest's own */
    char feats[256]; /* names of features; "*": all that is offered by default */
} CpuModel;

/*
 * A model and the list behind it, as "-cpu cortex-a72,-crc32" has them; out->model becomes the
 * model's place in `models`. False with a message.
 */
bool features_parse(const FeatureTable *t, const CpuModel *models, unsigned n, const char *spec,
                    GuestFeatures *out, struct StrBuf *err);
/* The names of all models and of all features that are done, for help. */
void features_help(const FeatureTable *t, const CpuModel *models, unsigned n, struct StrBuf *out);

#endif
