/*
 * CHECK is for ferry's own logic, never for guest data. It stays on in release builds: a failed
 * check prints the place and the expression on stderr through raw system calls and aborts.
 */
#ifndef FERRY_BASE_CHECK_H
#define FERRY_BASE_CHECK_H

#include "types.h"

_Noreturn void check_fail(const char *file, int line, const char *expr);
/* The same end where the caller has printed what is wrong. */
_Noreturn void check_end(void);

/* Called once by check_fail before it aborts: prints the vcpu and unit at hand. May be NULL. */
extern void (*check_context_hook)(void);

#define CHECK(e) (LIKELY(e) ? (void) 0 : check_fail(__FILE__, __LINE__, #e))

/* A place that is never reached; `why` says what held. */
#define CHECK_NEVER(why) check_fail(__FILE__, __LINE__, why)

#ifdef FERRY_DEBUG
#define DCHECK(e) CHECK(e)
#else
#define DCHECK(e) ((void) sizeof(e))
#endif

#endif
