/*
 * Helpers of the A64 guest outside SIMD: random numbers.
 *
 * They run on the guest's thread between two of its instructions, so they may use the host's calls
 * but nothing that keeps state outside the vcpu.
 */
#include <asm/errno.h>
#include "a64.h"
#include "a64_helpers.h"
#include "hostsys.h"

/*
 * RNDR and RNDRRS: the kernel's generator is reseeded as well as any. A signal cannot interrupt so
 * short a read, but the pool may not be ready early at boot: then the call waits.
 */
uint64_t helper_a64_rndr(Vcpu *v)
{
    uint64_t r = 0;
    for (;;) {
        long n = HS(__NR_getrandom, &r, sizeof r, 0);
        if (n == sizeof r && r)
            return r;
        if (n < 0 && n != -EINTR)
            return 0;
    }
}
