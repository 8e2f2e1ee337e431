/*
 * The end of a failed CHECK: one message through raw write(2), then death by SIGABRT with the
 * default action, whatever handlers or masks the guest has installed.
 *
 *   ferry: internal error: translate/rt/x.c:12: CHECK(n > 0) failed
 */
#include "check.h"
#include <asm/signal.h>
#include "hostsys.h"
#include "log.h"

void (*check_context_hook)(void);

static void check_die(void)
{
    uint64_t none = 0, dfl[4] = {0}; /* kernel sigaction: SIG_DFL, no flags, no mask */
    HS(__NR_rt_sigaction, SIGABRT, dfl, 0, sizeof none);
    HS(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
    HS(__NR_tgkill, HS(__NR_getpid), HS(__NR_gettid), SIGABRT);
    __builtin_trap();
}

void check_fail(const char *file, int line, const char *expr)
{
    log_error("ferry: internal error: %s:%d: CHECK(%s) failed\n", file, line, expr);
    check_end();
}

void check_end(void)
{
    static int depth;
    if (__atomic_fetch_add(&depth, 1, __ATOMIC_RELAXED) == 0 && check_context_hook)
        check_context_hook();
    for (;;)
        check_die();
}
