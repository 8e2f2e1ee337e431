/* Running guest code by the reference interpreter instead of host code (RtConfig.interpret). */
#ifndef FERRY_RT_INTERP_H
#define FERRY_RT_INTERP_H

#include "rt_internal.h"

/* As rt_run. Each unit is made into IR anew and thrown away: slow, plain, an oracle. */
RtEvent interp_run(Vcpu *v);

#endif
