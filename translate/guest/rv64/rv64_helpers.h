/* Helpers of helpers.def that the RV64 guest implements. */
#ifndef FERRY_RV64_HELPERS_H
#define FERRY_RV64_HELPERS_H

#include "vcpu.h"

uint64_t helper_rv64_fclass(Vcpu *v, uint64_t fmt, uint64_t a);

#endif
