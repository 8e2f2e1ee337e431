/*
 * RV64 CPU models: which features the guest sees, and how (AT_HWCAP, riscv_hwprobe, /proc/cpuinfo).
 *
 * Facts about a feature stand in its `feature` line of rv64.insn, those of a model in its line
 * here. The default model "max" has every feature whose rows are all implemented. Example of a
 * spec: "rva22,-zbs" or "rv64gc,+zba".
 */
#include "rv64.h"
#include "feature_set.h"
#include "log.h"

static const CpuModel models[] = {
    {"max", 0, "*"},
    {"any", 0, "*"},
    {"rv64", 0, "*"},
    {"rv64gc", 0, "M A F D C Zicsr Zifencei Zicntr"},
    {"rva22", 0,
     "M A F D C Zicsr Zifencei Zicntr Zihintpause Zba Zbb Zbs Zicbom Zicbop Zicboz Zfhmin"},
};

static FeatureTable table(void)
{
    return (FeatureTable){rv64_features, RV64_FEAT_COUNT, rv64_insns.strings, rv64_feat_done};
}

bool rv64_features_parse(const char *spec, GuestFeatures *out, StrBuf *err)
{
    const FeatureTable t = table();
    return features_parse(&t, models, ARRAY_LEN(models), spec, out, err);
}

void rv64_cpu_help(StrBuf *out)
{
    const FeatureTable t = table();
    features_help(&t, models, ARRAY_LEN(models), out);
}

/* AT_HWCAP has the letters of single-letter extensions; I is always there. */
void rv64_hwcaps(const GuestFeatures *f, uint64_t hwcap[2])
{
    hwcap[0] = 1u << ('I' - 'A');
    hwcap[1] = 0;
    for (unsigned feat = 1; feat < RV64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &rv64_features[feat];
        if (d->hwcap_bit != 255 && feature_on(f, feat))
            hwcap[d->hwcap_word] |= 1ull << d->hwcap_bit;
    }
}

/* Names for parts of the single-letter extensions, which Linux shows beside these. */
static const struct {
    char name[8];
    uint8_t feat[2]; /* both of them, 0: none */
    uint8_t hwprobe; /* bit of RISCV_HWPROBE_KEY_IMA_EXT_0 */
} parts[] = {
    {"Zaamo", {RV64_FEAT_A, 0}, 56},
    {"Zalrsc", {RV64_FEAT_A, 0}, 57},
    {"Zca", {RV64_FEAT_C, 0}, 43},
    {"Zcd", {RV64_FEAT_C, RV64_FEAT_D}, 45},
};

static bool part_on(const GuestFeatures *f, unsigned part)
{
    unsigned also = parts[part].feat[1];
    return feature_on(f, parts[part].feat[0]) && (!also || feature_on(f, also));
}

/* The bits of RISCV_HWPROBE_KEY_IMA_EXT_0; its bit 0 stands for F and D. */
static uint64_t ima_extensions(const GuestFeatures *f)
{
    uint64_t v = feature_on(f, RV64_FEAT_F) && feature_on(f, RV64_FEAT_D);
    for (unsigned feat = 1; feat < RV64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &rv64_features[feat];
        if (d->id_value && d->id_crm == RV64_HWPROBE_IMA_EXT_0 && feature_on(f, feat))
            v |= 1ull << d->id_shift;
    }
    for (unsigned i = 0; i < ARRAY_LEN(parts); i++)
        v |= (uint64_t)part_on(f, i) << parts[i].hwprobe;
    return v;
}

/* include/uapi/asm/hwprobe.h of RISC-V */
enum {
    VENDOR,
    ARCH,
    IMPLEMENTATION,
    BASE,
    EXT_0 = RV64_HWPROBE_IMA_EXT_0,
    CPUPERF,
    ZICBOZ_SIZE,
    HIGHEST_VA,
    TIME_FREQ,
    MISALIGNED_SCALAR,
    MISALIGNED_VECTOR,
    THEAD_EXT,
    ZICBOM_SIZE,
    SIFIVE_EXT,
    MIPS_EXT,
    ZICBOP_SIZE
};

bool rv64_hwprobe_is_bitmask(int64_t key)
{
    return key == BASE || key == EXT_0 || key == CPUPERF;
}

bool rv64_hwprobe(const GuestFeatures *f, int64_t key, uint64_t *value)
{
    enum { BASE_IMA = 1, MISALIGNED_FAST = 3, VECTOR_UNSUPPORTED = 4 };
    switch (key) {
    case VENDOR:
    case ARCH:
    case IMPLEMENTATION:
    case THEAD_EXT:
    case SIFIVE_EXT:
    case MIPS_EXT:
        *value = 0;
        return true;
    case BASE:
        *value = feature_on(f, RV64_FEAT_M) && feature_on(f, RV64_FEAT_A) ? BASE_IMA : 0;
        return true;
    case EXT_0:
        *value = ima_extensions(f);
        return true;
    case CPUPERF:
    case MISALIGNED_SCALAR:
        *value = MISALIGNED_FAST;
        return true;
    case MISALIGNED_VECTOR:
        *value = VECTOR_UNSUPPORTED;
        return true;
    case ZICBOZ_SIZE:
        *value = feature_on(f, RV64_FEAT_Zicboz) ? RV64_CACHE_BLOCK : 0;
        return true;
    case ZICBOM_SIZE:
        *value = feature_on(f, RV64_FEAT_Zicbom) ? RV64_CACHE_BLOCK : 0;
        return true;
    case ZICBOP_SIZE:
        *value = feature_on(f, RV64_FEAT_Zicbop) ? RV64_CACHE_BLOCK : 0;
        return true;
    case HIGHEST_VA:
        *value = (1ull << 47) - 1;
        return true;
    case TIME_FREQ:
        *value = RV64_TIME_HZ;
        return true;
    default:
        return false;
    }
}

/* ---- /proc/cpuinfo --------------------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static const char *name_of(unsigned feat)
{
    return rv64_insns.strings + rv64_features[feat].name;
}

/* Single letters, then the Z extensions by their second letter and by name, as Linux has them. */
static const char canonical[] = "imafdqlcbkjtpvh";

static unsigned rank_of(const char *name)
{
    unsigned group = 0;
    char letter = lower(name[1] ? name[1] : name[0]);
    while (canonical[group] && canonical[group] != letter)
        group++;
    return (name[1] ? 32 : 0) + group;
}

static bool comes_before(const char *a, const char *b)
{
    unsigned ra = rank_of(a), rb = rank_of(b);
    while (ra == rb && *a && *a == *b)
        a++, b++;
    return ra != rb ? ra < rb : *a < *b;
}

/* Of the features and then the parts, numbered from 1; NULL when it is off. */
static const char *isa_name(const GuestFeatures *f, unsigned i)
{
    if (i < RV64_FEAT_COUNT)
        return feature_on(f, i) ? name_of(i) : NULL;
    return part_on(f, i - RV64_FEAT_COUNT) ? parts[i - RV64_FEAT_COUNT].name : NULL;
}

static void print_isa(const GuestFeatures *f, StrBuf *out)
{
    const char *last = NULL;
    sb_puts(out, "rv64i");
    for (;;) {
        const char *next = NULL;
        for (unsigned i = 1; i < RV64_FEAT_COUNT + ARRAY_LEN(parts); i++) {
            const char *name = isa_name(f, i);
            if (name && (!last || comes_before(last, name)) && (!next || comes_before(name, next)))
                next = name;
        }
        if (!next)
            return;
        if (next[1])
            sb_putc(out, '_');
        for (const char *c = next; *c; c++)
            sb_putc(out, lower(*c));
        last = next;
    }
}

/* As arch/riscv/kernel/cpu.c prints a hart. */
void rv64_cpuinfo(const GuestFeatures *f, unsigned cpu, StrBuf *out)
{
    sb_printf(out, "processor\t: %u\nhart\t\t: %u\nisa\t\t: ", cpu, cpu);
    print_isa(f, out);
    sb_puts(out, "\nmmu\t\t: sv48\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\n");
    sb_puts(out, "hart isa\t: ");
    print_isa(f, out);
    sb_puts(out, "\n\n");
}
