/*
 * The helper table and the helpers that are neither arithmetic nor of one guest: sticky FP flags
 * and clocks.
 *
 * On an x86-64 host the flags are MXCSR's low bits: a guest's division by zero leaves ZE set, and
 * reading FPSR turns that into DZC. MXCSR's DE means "an operand was denormal", which is not Arm's
 * IDC ("a denormal operand was flushed"): IDC arises in soft arithmetic alone and has its own
 * word.
 */
#include <asm/errno.h>
#include <linux/time.h>
#include "helpers.h"
#include "check.h"
#include "guestmem.h"
#include "hostclock.h"
#include "sm4.h"
#include "softfp.h"
#include "vdso_call.h"

/* Declared without their types: the table is for host code, which knows them by helpers.def. */
#define HELPER(name, ret, args, effects) extern const char fn_##name[] __asm__("helper_" #name);
#include "helpers.def"
#undef HELPER

const void *const helper_functions[HELPER_COUNT] = {
#define HELPER(name, ret, args, effects) [HELPER_##name] = fn_##name,
#include "helpers.def"
#undef HELPER
};

enum {
    MXCSR_IE = 1 << 0,
    MXCSR_DE = 1 << 1,
    MXCSR_ZE = 1 << 2,
    MXCSR_OE = 1 << 3,
    MXCSR_UE = 1 << 4,
    MXCSR_PE = 1 << 5,
    MXCSR_FLAGS = 0x3f,
};

/* IE is bit 0 in both; ZE OE UE PE are bits 2..5 there and 1..4 in Arm's FPSR. */
uint32_t fp_flags_of_mxcsr(uint32_t mxcsr)
{
    return (mxcsr & MXCSR_IE) | (mxcsr & (MXCSR_ZE | MXCSR_OE | MXCSR_UE | MXCSR_PE)) >> 1;
}

uint32_t fp_flags_to_mxcsr(uint32_t flags)
{
    return (flags & SOFT_IOC) | (flags & (SOFT_DZC | SOFT_OFC | SOFT_UFC | SOFT_IXC)) << 1;
}

_Static_assert(SOFT_DZC << 1 == MXCSR_ZE && SOFT_OFC << 1 == MXCSR_OE &&
                   SOFT_UFC << 1 == MXCSR_UE && SOFT_IXC << 1 == MXCSR_PE &&
                   SOFT_IOC == (int)MXCSR_IE,
               "the flags stand in the same order");

#if defined(__x86_64__)
static uint32_t host_word_read(void)
{
    uint32_t w;
    __asm__ volatile("stmxcsr %0" : "=m"(w));
    return w;
}

static void host_word_write(uint32_t w)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(w));
}
#else
#error "no FP control word for this host"
#endif

uint32_t fp_flags_read(const Vcpu *v)
{
    if (v->interp_fp_flags)
        return *v->interp_fp_flags;
    return fp_flags_of_mxcsr(host_word_read()) | v->fp_flags_extra;
}

void fp_flags_write(Vcpu *v, uint32_t flags)
{
    if (v->interp_fp_flags) {
        *v->interp_fp_flags = flags;
        return;
    }
    uint32_t is = host_word_read();
    uint32_t want = (is & ~(uint32_t)MXCSR_FLAGS) | fp_flags_to_mxcsr(flags);
    if (want != (is & ~(uint32_t)MXCSR_DE)) /* writing it takes much longer than reading */
        host_word_write(want);
    v->fp_flags_extra = flags & SOFT_IDC;
}

void fp_flags_raise(Vcpu *v, uint32_t flags)
{
    if (!flags)
        return;
    if (v->interp_fp_flags) {
        *v->interp_fp_flags |= flags;
        return;
    }
    host_word_write(host_word_read() | fp_flags_to_mxcsr(flags));
    v->fp_flags_extra |= flags & SOFT_IDC;
}

uint64_t helper_fp_flags_get(Vcpu *v)
{
    return fp_flags_read(v);
}

void helper_fp_flags_set(Vcpu *v, uint64_t flags)
{
    fp_flags_write(v, (uint32_t)flags);
}

/* CNTVCT_EL0: nanoseconds, as CNTFRQ_EL0 says 1 GHz. */
uint64_t helper_clock_count(Vcpu *v)
{
    HostTime t = {0};
    hostclock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.sec * 1000000000u + (uint64_t)t.frac;
}

static long time_out(long r, GuestAddr to, const HostTime *t)
{
    return r || gm_store(to, t, sizeof *t) ? r : -EFAULT;
}

static long vdso_timeofday(GuestAddr tv, GuestAddr tz)
{
    HostTime t;
    HostZone z;
    long r = hostclock_timeofday(tv ? &t : NULL, tz ? &z : NULL);
    if (r == 0 && tz && !gm_copy_out(tz, &z, sizeof z))
        return -EFAULT;
    return tv ? time_out(r, tv, &t) : r;
}

/* Times of 64-bit guests look as the host's. */
uint64_t helper_vdso_call(Vcpu *v, uint64_t n, uint64_t a, uint64_t b)
{
    HostTime t;
    switch ((VdsoCall)n) {
    case VDSO_CALL_clock_gettime:
        return (uint64_t)time_out(hostclock_gettime((int)a, &t), b, &t);
    case VDSO_CALL_gettimeofday:
        return (uint64_t)vdso_timeofday(a, b);
    case VDSO_CALL_clock_getres:
        return (uint64_t)(b ? time_out(hostclock_getres((int)a, &t), b, &t)
                            : hostclock_getres((int)a, &t));
    case VDSO_CALL_COUNT:
        break;
    }
    CHECK_NEVER("a call of vdso_calls.def");
}

uint64_t helper_sm4_sub(Vcpu *v, uint64_t word)
{
    return sm4_sub((uint32_t)word);
}
