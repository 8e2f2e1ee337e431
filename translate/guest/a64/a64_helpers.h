/* The A64 guest's helpers outside SIMD; helpers.def says what they take. */
#ifndef FERRY_A64_HELPERS_H
#define FERRY_A64_HELPERS_H

#include "vcpu.h"

uint64_t helper_a64_rndr(Vcpu *v);

#endif
