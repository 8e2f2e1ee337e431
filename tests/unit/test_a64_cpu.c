/* A64 CPU models and feature lists: what they switch, and that all views of a feature agree. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "a64.h"
#include "feature_set.h"
#include "log.h"

static GuestFeatures parse(const char *spec)
{
    char text[256] = "";
    StrBuf err = STRBUF_ON(text);
    GuestFeatures f;
    cr_assert(guest_a64.features_parse(spec, &f, &err), "%s: %s", spec, text);
    return f;
}

static bool has(const char *spec, A64Feat feat)
{
    GuestFeatures f = parse(spec);
    return feature_on(&f, feat);
}

Test(a64_cpu, lists)
{
    cr_assert(has("max", A64_FEAT_LSE) && has("max", A64_FEAT_SHA512));
    cr_assert(!has("max,-lse", A64_FEAT_LSE) && !has("max,lse=off", A64_FEAT_LSE));
    cr_assert(has("max,-lse,+lse", A64_FEAT_LSE) && has("max,-LSE,atomics=on", A64_FEAT_LSE));
    cr_assert(!has("cortex-a53", A64_FEAT_LSE) && has("cortex-a53", A64_FEAT_AES));
    cr_assert(has("cortex-a53,+crc", A64_FEAT_CRC32) && !has("cortex-a53,-crc", A64_FEAT_CRC32));
    cr_assert(has("neoverse-n1", A64_FEAT_LSE) && !has("neoverse-n1", A64_FEAT_FCMA));
    cr_assert(has("neoverse-v1", A64_FEAT_FCMA) && !has("neoverse-v1", A64_FEAT_SVE));
}

Test(a64_cpu, implied)
{
    cr_assert(has("cortex-a53,-sha2,-sha1,+sha512", A64_FEAT_SHA1));
    cr_assert(!has("max,-sha1", A64_FEAT_SHA3), "SHA3 rests on SHA512, that on SHA1");
    cr_assert(!has("max,-aes", A64_FEAT_PMULL));
    cr_assert(has("max,-pmull", A64_FEAT_AES));
    cr_assert(!has("max,-sm3", A64_FEAT_SM4) && has("cortex-a53,+sm4", A64_FEAT_SM3));
}

Test(a64_cpu, mistakes)
{
    const char *const bad[] = {"",         "pentium",  "max,",     "max,foo",  "max,-fp",
                               "max,+sve", "max,+mte", "max,=off", "max,lse=", "+lse"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char text[256] = "";
        StrBuf err = STRBUF_ON(text);
        GuestFeatures f;
        cr_assert(!guest_a64.features_parse(bad[i], &f, &err), "'%s' was taken", bad[i]);
        cr_assert(text[0]);
    }
}

/* A feature that is on shows in AT_HWCAP, in its register field and in cpuinfo, and only then. */
static void check_views(const char *spec)
{
    GuestFeatures f = parse(spec);
    char text[2048] = "", word[32];
    StrBuf out = STRBUF_ON(text);
    uint64_t hwcap[2];
    guest_a64.hwcaps(&f, hwcap);
    guest_a64.cpuinfo(&f, 3, &out);
    cr_assert(strstr(text, "processor\t: 3\n"));
    for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &a64_features[feat];
        bool on = feature_on(&f, feat);
        if (d->hwcap_bit != 255) {
            cr_assert_eq(hwcap[d->hwcap_word] >> d->hwcap_bit & 1, on);
            snprintf(word, sizeof word, " %s", a64_insns.strings + d->info);
            char *at = strstr(text, word);
            while (at && at[strlen(word)] > ' ')
                at = strstr(at + 1, word);
            cr_assert_eq(at != NULL, on, "%s:%s", spec, word);
        }
        if (d->id_value) {
            uint64_t v = a64_id_register(&f, d->id_crm, d->id_op2) >> d->id_shift & 15;
            cr_assert(on ? v >= d->id_value : v < d->id_value, "%s:%s", spec, word);
        }
    }
}

Test(a64_cpu, views)
{
    check_views("max");
    check_views("cortex-a53");
    check_views("cortex-a72,+lse,+sm4");
    check_views("neoverse-n1,-crc");
    check_views("neoverse-v1");
    for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
        char spec[64];
        snprintf(spec, sizeof spec, "max,-%s", a64_insns.strings + a64_features[feat].name);
        if (!a64_features[feat].always)
            check_views(spec);
    }
}

Test(a64_cpu, registers)
{
    GuestFeatures f = parse("cortex-a72");
    cr_assert_eq(a64_id_register(&f, 0, 0), 0x410fd083);
    cr_assert_eq(a64_id_register(&f, 0, 5), 0x80000000);
    cr_assert_eq(a64_id_register(&f, 4, 0), 0x11);
    cr_assert_eq(a64_id_register(&f, 5, 0), 0x6);
    cr_assert_eq(a64_id_register(&f, 6, 0), 0x11120); /* AES with PMULL, SHA1, SHA2, CRC32 */
    cr_assert_eq(a64_id_register(&f, 6, 1), 0);
    cr_assert_eq(a64_id_register(&f, 7, 0), 0xff000000);
    char text[1024] = "";
    StrBuf out = STRBUF_ON(text);
    guest_a64.cpuinfo(&f, 0, &out);
    cr_assert_str_eq(text, "processor\t: 0\nBogoMIPS\t: 2000.00\n"
                           "Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid\n"
                           "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\n"
                           "CPU part\t: 0xd08\nCPU revision\t: 3\n\n");
}
