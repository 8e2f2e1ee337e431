/*
 * Pointer authentication's keys as Linux manages them (arch/arm64/kernel/pointer_auth.c): random at
 * exec, copied to children and threads with the other registers, changed by prctl for the calling
 * thread. A CPU without the feature answers EINVAL.
 *
 *     prctl(PR_PAC_RESET_KEYS, PR_PAC_APIAKEY, 0, 0, 0)    signed return addresses become worthless
 */
#include <asm/errno.h>
#include <linux/prctl.h>
#include <string.h>
#include "a64.h"
#include "a64_linux.h"
#include "hostsys.h"
#include "process.h"
#include "sys_handlers.h"
#include "thread.h"

enum {
    KEYS_ENABLED = PR_PAC_APIAKEY | PR_PAC_APIBKEY | PR_PAC_APDAKEY | PR_PAC_APDBKEY,
    KEYS_ALL = KEYS_ENABLED | PR_PAC_APGAKEY,
};

_Static_assert(PR_PAC_APIAKEY == 1 << A64_KEY_IA && PR_PAC_APIBKEY == 1 << A64_KEY_IB &&
                   PR_PAC_APDAKEY == 1 << A64_KEY_DA && PR_PAC_APDBKEY == 1 << A64_KEY_DB &&
                   PR_PAC_APGAKEY == 1 << A64_KEY_GA,
               "the key bits are the slots' order");

static bool have_pauth(void)
{
    const unsigned feat = A64_FEAT_PAuth;
    return process.features.bits[feat / 64] >> feat % 64 & 1;
}

static void new_keys(Vcpu *v, uint64_t which)
{
    uint64_t random[2 * A64_KEY_COUNT] = {0};
    while (HS(__NR_getrandom, random, sizeof random, 0) == -EINTR)
        ;
    for (unsigned i = 0; i < 2 * A64_KEY_COUNT; i++)
        if (which >> i / 2 & 1)
            *vcpu_slot64(v, &a64_slots[A64_PAC_KEY0 + i]) = random[i];
}

void a64_keys_init(Vcpu *v)
{
    if (!have_pauth())
        return;
    new_keys(v, KEYS_ALL);
    *vcpu_slot32(v, &a64_slots[A64_PAC_ENABLED]) = KEYS_ENABLED;
}

static long reset_keys(Vcpu *v, const uint64_t a[6])
{
    if (a[2] || a[3] || a[4] || a[1] & ~(uint64_t)KEYS_ALL)
        return -EINVAL;
    new_keys(v, a[1] ? a[1] : KEYS_ALL);
    return 0;
}

static long set_enabled(Vcpu *v, const uint64_t a[6])
{
    uint32_t *enabled = vcpu_slot32(v, &a64_slots[A64_PAC_ENABLED]);
    if (a[3] || a[4] || a[1] & ~(uint64_t)KEYS_ENABLED || a[2] & ~a[1])
        return -EINVAL;
    *enabled = (*enabled & ~(uint32_t)a[1]) | (uint32_t)a[2];
    return 0;
}

long a64_prctl(Thread *t, const uint64_t a[6])
{
    if (!have_pauth())
        return -EINVAL;
    switch ((int)a[0]) {
    case PR_PAC_RESET_KEYS:
        return reset_keys(&t->vcpu, a);
    case PR_PAC_SET_ENABLED_KEYS:
        return set_enabled(&t->vcpu, a);
    default: /* PR_PAC_GET_ENABLED_KEYS */
        if (a[1] || a[2] || a[3] || a[4])
            return -EINVAL;
        return *vcpu_slot32(&t->vcpu, &a64_slots[A64_PAC_ENABLED]);
    }
}

static long arch_prctl_call(SysCtx *c, const uint64_t a[6])
{
    return process.guest->prctl ? process.guest->prctl(thread_of(c), a) : -EINVAL;
}

long sys_prctl_pr_pac_reset_keys(SysCtx *c, const uint64_t a[6])
{
    return arch_prctl_call(c, a);
}

long sys_prctl_pr_pac_set_enabled_keys(SysCtx *c, const uint64_t a[6])
{
    return arch_prctl_call(c, a);
}

long sys_prctl_pr_pac_get_enabled_keys(SysCtx *c, const uint64_t a[6])
{
    return arch_prctl_call(c, a);
}
