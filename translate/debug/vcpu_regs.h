/* State dumps: a vcpu's slots as text, by its guest's state table. */
#ifndef FERRY_VCPU_REGS_H
#define FERRY_VCPU_REGS_H

#include "guest.h"

enum { DUMP_GENERAL = 1, DUMP_VECTOR = 2, DUMP_CONTROL = 4, DUMP_ALL = 7 };

/* Writes the groups to log_fd; the slots must be up to date (rt_state_save for vectors). */
void vcpu_dump(Vcpu *v, const GuestOps *g, unsigned groups);

#endif
