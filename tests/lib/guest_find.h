/* The guests by the name of their folder, for test tools that take one as an argument. */
#ifndef FERRY_TESTS_GUEST_FIND_H
#define FERRY_TESTS_GUEST_FIND_H

#include <string.h>
#include "guest.h"

static inline const GuestOps *guest_find(const char *name)
{
    return !strcmp(name, "a64") ? &guest_a64 : !strcmp(name, "rv64") ? &guest_rv64 : NULL;
}

#endif
