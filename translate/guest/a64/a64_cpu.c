/*
 * A64 CPU models: which features the guest sees, and how (AT_HWCAP, identification registers,
 * /proc/cpuinfo).
 *
 * Facts about a feature stand in its `feature` line of a64.insn, those of a model in its line here.
 * The default model "max" has every feature whose rows are all implemented but for those that have
 * to be asked for; the others have what their CPU has of that. Example of a spec:
 * "cortex-a72,-crc32" or "max,lse=off,+pauth".
 */
#include "a64.h"
#include "feature_set.h"
#include "log.h"

/* id: MIDR: implementer, variant, architecture, part, revision. Revisions: those of widespread
 * machines. Text as arrays: no relocations. */
static const CpuModel models[] = {
    {"max", 0x413fd0c1, "*"},
    {"any", 0x000f0fe0, "*"},
    {"cortex-a53", 0x410fd034, "CRC32 AES PMULL SHA1 SHA256"},
    {"cortex-a57", 0x411fd070, "CRC32 AES PMULL SHA1 SHA256"},
    {"cortex-a72", 0x410fd083, "CRC32 AES PMULL SHA1 SHA256"},
    {"cortex-a76", 0x414fd0b1,
     "CRC32 AES PMULL SHA1 SHA256 LSE LOR RDM DotProd FP16 FP16SIMD LRCPC DPB SSBS1"},
    {"neoverse-n1", 0x413fd0c1,
     "CRC32 AES PMULL SHA1 SHA256 LSE LOR RDM DotProd FP16 FP16SIMD LRCPC DPB SSBS SSBS1"},
    {"neoverse-v1", 0x411fd401,
     "CRC32 AES PMULL SHA1 SHA256 SHA512 SHA3 SM3 SM4 LSE LOR LSE2 RDM DotProd FP16 FP16SIMD FHM "
     "FCMA JSCVT LRCPC LRCPC2 DPB DPB2 FlagM DIT SSBS SSBS1 RNG I8MM BF16 DGH PAuth PACGA"},
};

static FeatureTable table(void)
{
    return (FeatureTable){a64_features, A64_FEAT_COUNT, a64_insns.strings, a64_feat_done};
}

bool a64_features_parse(const char *spec, GuestFeatures *out, StrBuf *err)
{
    const FeatureTable t = table();
    return features_parse(&t, models, ARRAY_LEN(models), spec, out, err);
}

void a64_cpu_help(StrBuf *out)
{
    const FeatureTable t = table();
    features_help(&t, models, ARRAY_LEN(models), out);
}

void a64_hwcaps(const GuestFeatures *f, uint64_t hwcap[2])
{
    hwcap[0] = hwcap[1] = 0;
    for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &a64_features[feat];
        if (d->hwcap_bit != 255 && feature_on(f, feat)) {
            hwcap[d->hwcap_word] |= 1ull << d->hwcap_bit;
        }
    }
}

/* The cpuinfo name of an AT_HWCAP bit that is on; NULL when it is off. */
static const char *info_of(const GuestFeatures *f, unsigned word, unsigned bit)
{
    for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &a64_features[feat];
        if (d->hwcap_word == word && d->hwcap_bit == bit && feature_on(f, feat)) {
            return a64_insns.strings + d->info;
        }
    }
    return NULL;
}

/* As arch/arm64/kernel/cpuinfo.c prints a processor; BogoMIPS follows from the timer's 1 GHz. */
void a64_cpuinfo(const GuestFeatures *f, unsigned cpu, StrBuf *out)
{
    uint32_t midr = models[f->model].id;
    sb_printf(out, "processor\t: %u\nBogoMIPS\t: 2000.00\nFeatures\t:", cpu);
    for (unsigned i = 0; i < 128; i++) {
        const char *name = info_of(f, i / 64, i % 64);
        if (name) {
            sb_printf(out, " %s", name);
        }
    }
    sb_printf(out, "\nCPU implementer\t: 0x%02x\nCPU architecture: 8\nCPU variant\t: 0x%x\n",
              midr >> 24, midr >> 20 & 15);
    sb_printf(out, "CPU part\t: 0x%03x\nCPU revision\t: %u\n\n", midr >> 4 & 0xfff, midr & 15);
}

/*
 * Linux, Documentation/arch/arm64/cpu-feature-registers.rst: fields that are not shown have a safe
 * value, other registers of the space read as zero.
 */
uint64_t a64_id_register(const GuestFeatures *f, unsigned crm, unsigned op2)
{
    enum {
        PFR0_EL_AARCH64 = 0x11,    /* EL0 and EL1 in AArch64 state only */
        DFR0_ARMV8 = 0x6,          /* debug architecture */
        MMFR0_NO_GRANULES = 0xffu, /* TGran4 and TGran64 at bit 24: not told */
    };
    uint64_t v = 0;
    if (crm == 0) {
        return op2 == 0 ? models[f->model].id : op2 == 5 ? 0x80000000 : 0; /* MPIDR, REVIDR */
    }
    if (op2 == 0) {
        v = crm == 4   ? PFR0_EL_AARCH64
            : crm == 5 ? DFR0_ARMV8
            : crm == 7 ? (uint64_t)MMFR0_NO_GRANULES << 24
                       : 0;
    }
    for (unsigned feat = 1; feat < A64_FEAT_COUNT; feat++) {
        const InsnFeature *d = &a64_features[feat];
        if (!d->id_value || d->id_crm != crm || d->id_op2 != op2 || !feature_on(f, feat)) {
            continue;
        }
        uint64_t old = v >> d->id_shift & 15;
        if (d->id_value > old) {
            v += (d->id_value - old) << d->id_shift;
        }
    }
    return v;
}
