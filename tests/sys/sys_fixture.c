/* See sys_fixture.h. */
#include "sys_fixture.h"
#include "sys_handlers.h"

Vcpu vcpu;
SysCtx ctx;

/* The handlers of linux-user: here each answers with a number no kernel call gives. */
#define X(name)                                                                                    \
    long sys_##name(SysCtx *c, const uint64_t a[6])                                                \
    {                                                                                              \
        return 1000000 + SYS_ROW_##name;                                                           \
    }
SYS_HANDLERS_LINUX_USER(X)
#undef X

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    greg_t *rip = &((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
    uint64_t to = gm_fixup((uint64_t)*rip);
    if (!to) {
        signal(sig, SIG_DFL);
        return;
    }
    *rip = (greg_t)to;
}

void fixture_start(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    gm_base = 0;
    gm_limit = 1ull << 47;
    ctx.vcpu = &vcpu;
    ctx.abi = &sys_abi_aarch64;
}

uint8_t *fixture_edge(void)
{
    uint8_t *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(p, MAP_FAILED);
    cr_assert_eq(mprotect(p + 4096, 4096, PROT_NONE), 0);
    return p + 4096;
}

long call6(uint32_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    const uint64_t args[6] = {a, b, c, d, e, f};
    return sys_dispatch(&ctx, nr, args);
}
