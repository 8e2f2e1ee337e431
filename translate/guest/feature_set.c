/* Feature sets and lists; feature_set.h describes them. */
#include "feature_set.h"
#include "log.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool feature_word_is(const char *word, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && name[i] && lower(word[i]) == lower(name[i])) {
        i++;
    }
    return i == n && !name[i];
}

unsigned feature_find(const FeatureTable *t, const char *word, size_t n)
{
    for (unsigned feat = 1; n && feat < t->count; feat++) {
        const InsnFeature *d = &t->feats[feat];
        if (feature_word_is(word, n, t->strings + d->name) ||
            feature_word_is(word, n, t->strings + d->info) ||
            feature_word_is(word, n, t->strings + d->also)) {
            return feat;
        }
    }
    return 0;
}

static void put(GuestFeatures *f, unsigned feat, bool on)
{
    uint64_t bit = 1ull << feat % 64;
    f->bits[feat / 64] = on ? f->bits[feat / 64] | bit : f->bits[feat / 64] & ~bit;
}

static bool lacks_a_need(const FeatureTable *t, const GuestFeatures *f, unsigned feat)
{
    for (unsigned i = 0; i < ARRAY_LEN(t->feats[feat].needs); i++) {
        unsigned need = t->feats[feat].needs[i];
        if (need && !feature_on(f, need)) {
            return true;
        }
    }
    return false;
}

/* Takes away what needs a feature that is off, until nothing changes. */
static void close_down(const FeatureTable *t, GuestFeatures *f)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned feat = 1; feat < t->count; feat++) {
            if (feature_on(f, feat) && lacks_a_need(t, f, feat)) {
                put(f, feat, false);
                again = true;
            }
        }
    }
}

/* Brings what the features that are on need, until nothing changes. */
static void close_up(const FeatureTable *t, GuestFeatures *f)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned feat = 1; feat < t->count; feat++) {
            for (unsigned i = 0; feature_on(f, feat) && i < ARRAY_LEN(t->feats[feat].needs); i++) {
                unsigned need = t->feats[feat].needs[i];
                if (need && !feature_on(f, need) && feature_done(t, need)) {
                    put(f, need, true);
                    again = true;
                }
            }
        }
    }
}

void feature_switch(const FeatureTable *t, GuestFeatures *f, unsigned feat, bool on)
{
    if (on && feature_done(t, feat)) {
        put(f, feat, true);
        close_up(t, f);
    }
    if (!on && !t->feats[feat].always) {
        put(f, feat, false);
    }
    close_down(t, f); /* also takes back one whose needs are not done */
}

void features_all(const FeatureTable *t, GuestFeatures *f)
{
    for (unsigned feat = 1; feat < t->count; feat++) {
        put(f, feat, feature_done(t, feat) && !t->feats[feat].off);
    }
    close_down(t, f);
}

bool features_change(const FeatureTable *t, const char *word, size_t n, GuestFeatures *f,
                     struct StrBuf *err)
{
    bool on = true;
    if (n && (word[0] == '+' || word[0] == '-')) {
        on = word[0] == '+';
        word++, n--;
    } else if (n > 4 && feature_word_is(word + n - 4, 4, "=off")) {
        on = false;
        n -= 4;
    } else if (n > 3 && feature_word_is(word + n - 3, 3, "=on")) {
        n -= 3;
    }
    unsigned feat = feature_find(t, word, n);
    if (!feat) {
        sb_printf(err, "unknown feature '%.*s'", (int)n, word);
        return false;
    }
    feature_switch(t, f, feat, on);
    if (feature_on(f, feat) != on) {
        sb_printf(err, "feature '%s' %s", t->strings + t->feats[feat].name,
                  on ? "is not implemented" : "cannot be switched off");
        return false;
    }
    return true;
}

/* Switches the features named in `list` on; unknown ones and those not done are left out. */
static void add_listed(const FeatureTable *t, const char *list, GuestFeatures *out)
{
    while (*list) {
        size_t n = 0;
        while (list[n] && list[n] != ' ') {
            n++;
        }
        unsigned feat = feature_find(t, list, n);
        if (feat) {
            feature_switch(t, out, feat, true);
        }
        list += n + (list[n] == ' ');
    }
}

static void model_apply(const FeatureTable *t, const CpuModel *m, GuestFeatures *out)
{
    for (unsigned feat = 1; feat < t->count; feat++) {
        if (t->feats[feat].always) {
            feature_switch(t, out, feat, true);
        }
    }
    if (m->feats[0] == '*') {
        features_all(t, out);
    } else {
        add_listed(t, m->feats, out);
    }
}

bool features_parse(const FeatureTable *t, const CpuModel *models, unsigned n, const char *spec,
                    GuestFeatures *out, struct StrBuf *err)
{
    *out = (GuestFeatures){0};
    for (unsigned at = 0;; at++) {
        size_t len = 0;
        while (spec[len] && spec[len] != ',') {
            len++;
        }
        if (at == 0) {
            while (out->model < n && !feature_word_is(spec, len, models[out->model].name)) {
                out->model++;
            }
            if (out->model == n) {
                sb_printf(err, "unknown CPU model '%.*s' ('-cpu help' lists them)", (int)len, spec);
                return false;
            }
            model_apply(t, &models[out->model], out);
        } else if (!features_change(t, spec, len, out, err)) {
            return false;
        }
        if (!spec[len]) {
            return true;
        }
        spec += len + 1;
    }
}

static void print_feature(const FeatureTable *t, unsigned feat, struct StrBuf *out)
{
    sb_putc(out, ' ');
    for (const char *name = t->strings + t->feats[feat].name; *name; name++) {
        sb_putc(out, lower(*name));
    }
    if (t->feats[feat].off) {
        sb_puts(out, "(off)");
    }
}

void features_help(const FeatureTable *t, const CpuModel *models, unsigned n, struct StrBuf *out)
{
    sb_puts(out, "models:");
    for (unsigned i = 0; i < n; i++) {
        sb_printf(out, " %s", models[i].name);
    }
    sb_puts(out, "\nfeatures, behind the model as ,+name or ,-name:");
    for (unsigned feat = 1; feat < t->count; feat++) {
        if (feature_done(t, feat) && !t->feats[feat].always) {
            print_feature(t, feat, out);
        }
    }
    sb_putc(out, '\n');
}
