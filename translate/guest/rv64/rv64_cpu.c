/*
 * RV64 CPU models: which features the guest sees.
 *
 * Facts about a feature stand in its `feature` line of rv64.insn. The model "max" has every
 * feature whose rows are all implemented; others cannot be switched on.
 */
#include <string.h>
#include "rv64.h"
#include "log.h"

bool rv64_features_parse(const char *spec, GuestFeatures *out, StrBuf *err)
{
    static const char max[] = "max";
    size_t n = 0;
    while (n < sizeof max && spec[n] == max[n] && max[n])
        n++;
    if (n != sizeof max - 1 || spec[n]) {
        sb_printf(err, "unknown CPU model '%s'; known are max", spec);
        return false;
    }
    memcpy(out->bits, rv64_feat_done, sizeof(out->bits));
    return true;
}

/* AT_HWCAP has the letters of single-letter extensions; I is always there. */
void rv64_hwcaps(const GuestFeatures *f, uint64_t hwcap[2])
{
    hwcap[0] = 1u << ('I' - 'A');
    hwcap[1] = 0;
    for (unsigned feat = 1; feat < RV64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &rv64_features[feat];
        if (d->hwcap_bit != 255 && insn_feat_on(f->bits, feat))
            hwcap[d->hwcap_word] |= 1ull << d->hwcap_bit;
    }
}
