/*
 * A64 CPU models: which features the guest sees, and how (AT_HWCAP, identification registers).
 *
 * Facts about a feature stand in its `feature` line of a64.insn. The default model "max" has every
 * feature whose rows are all implemented; others cannot be switched on. Example of a spec:
 * "cortex-a72,-crc32" or "max,lse=off".
 */
#include <string.h>
#include "a64.h"
#include "log.h"

typedef struct CpuModel {
    const char *name;
    const char *feats; /* NULL: all that is implemented */
} CpuModel;

static const CpuModel models[] = {
    {"max", NULL},
    {"any", NULL},
    {"cortex-a53", " CRC32 AES PMULL SHA1 SHA256 "},
    {"cortex-a57", " CRC32 AES PMULL SHA1 SHA256 "},
    {"cortex-a72", " CRC32 AES PMULL SHA1 SHA256 "},
    {"cortex-a76", " CRC32 AES PMULL SHA1 SHA256 LSE RDM DotProd LRCPC DPB LOR "},
    {"neoverse-n1", " CRC32 AES PMULL SHA1 SHA256 LSE RDM DotProd LRCPC DPB LOR "},
};

static const char *feat_name(unsigned feat)
{
    return a64_insns.strings + a64_features[feat].name;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Is `word`, of n characters, the text `name` up to case? */
static bool same_word(const char *word, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && name[i] && lower(word[i]) == lower(name[i])) {
        i++;
    }
    return i == n && !name[i];
}

static bool list_has(const char *list, const char *name)
{
    for (const char *p = list; *p; p++) {
        size_t n = 0;
        while (p[n] && p[n] != ' ') {
            n++;
        }
        if (n && same_word(p, n, name)) {
            return true;
        }
        p += n;
        if (!*p) {
            break;
        }
    }
    return false;
}

static bool feat_done(unsigned feat)
{
    return a64_feat_done[feat / 64] >> feat % 64 & 1;
}

static void feat_put(GuestFeatures *f, unsigned feat, bool on)
{
    uint64_t bit = 1ull << feat % 64;
    f->bits[feat / 64] = on ? f->bits[feat / 64] | bit : f->bits[feat / 64] & ~bit;
}

static bool model_apply(const char *word, size_t n, GuestFeatures *out)
{
    for (unsigned i = 0; i < ARRAY_LEN(models); i++) {
        if (!same_word(word, n, models[i].name)) {
            continue;
        }
        for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
            bool in = !models[i].feats || list_has(models[i].feats, feat_name(feat));
            feat_put(out, feat, in && feat_done(feat));
        }
        return true;
    }
    return false;
}

/* One of "+feat", "-feat", "feat", "feat=on", "feat=off". */
static bool option_apply(const char *word, size_t n, GuestFeatures *out, StrBuf *err)
{
    bool on = true;
    if (n && (word[0] == '+' || word[0] == '-')) {
        on = word[0] == '+';
        word++, n--;
    } else if (n > 4 && same_word(word + n - 4, 4, "=off")) {
        on = false;
        n -= 4;
    } else if (n > 3 && same_word(word + n - 3, 3, "=on")) {
        n -= 3;
    }
    for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
        if (!same_word(word, n, feat_name(feat))) {
            continue;
        }
        if (on && !feat_done(feat)) {
            sb_printf(err, "feature '%s' is not implemented", feat_name(feat));
            return false;
        }
        feat_put(out, feat, on);
        return true;
    }
    sb_printf(err, "unknown feature '%.*s'", (int)n, word);
    return false;
}

bool a64_features_parse(const char *spec, GuestFeatures *out, StrBuf *err)
{
    *out = (GuestFeatures){{0}};
    for (unsigned at = 0;; at++) {
        size_t n = 0;
        while (spec[n] && spec[n] != ',') {
            n++;
        }
        if (at == 0 && !model_apply(spec, n, out)) {
            sb_printf(err, "unknown CPU model '%.*s'; known are", (int)n, spec);
            for (unsigned i = 0; i < ARRAY_LEN(models); i++) {
                sb_printf(err, " %s", models[i].name);
            }
            return false;
        }
        if (at > 0 && !option_apply(spec, n, out, err)) {
            return false;
        }
        if (!spec[n]) {
            return true;
        }
        spec += n + 1;
    }
}

void a64_hwcaps(const GuestFeatures *f, uint64_t hwcap[2])
{
    enum { HWCAP_FP = 0, HWCAP_ASIMD = 1, HWCAP_CPUID = 11 };
    hwcap[0] = 1u << HWCAP_FP | 1u << HWCAP_ASIMD | 1u << HWCAP_CPUID;
    hwcap[1] = 0;
    for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &a64_features[feat];
        if (d->hwcap_bit != 255 && f->bits[feat / 64] >> feat % 64 & 1) {
            hwcap[d->hwcap_word] |= 1ull << d->hwcap_bit;
        }
    }
}

/*
 * Linux, Documentation/arch/arm64/cpu-feature-registers.rst: fields that are not shown have a safe
 * value, other registers of the space read as zero.
 */
uint64_t a64_id_register(const GuestFeatures *f, unsigned crm, unsigned op2)
{
    uint64_t v = 0;
    if (crm == 0) {
        return op2 == 0 ? 0x000f0fe0 : op2 == 5 ? 0x80000000 : 0; /* MIDR, MPIDR, REVIDR */
    }
    if (crm == 4 && op2 == 0) {
        v = 0x11; /* PFR0: EL0 and EL1 in AArch64 state only */
    }
    if (crm == 5 && op2 == 0) {
        v = 0x6; /* DFR0: debug architecture of Armv8 */
    }
    for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &a64_features[feat];
        if (d->id_crm != crm || d->id_op2 != op2 || !(f->bits[feat / 64] >> feat % 64 & 1)) {
            continue;
        }
        uint64_t old = v >> d->id_shift & 15;
        if (d->id_value > old) {
            v += (d->id_value - old) << d->id_shift;
        }
    }
    return v;
}
