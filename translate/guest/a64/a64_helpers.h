/* The A64 guest's helpers outside SIMD; helpers.def says what they take. */
#ifndef FERRY_A64_HELPERS_H
#define FERRY_A64_HELPERS_H

#include "vcpu.h"

uint64_t helper_a64_rndr(Vcpu *v);
/* The main part of CPY* and SET*: as much as can be done at once. Linux's traps use them too. */
uint64_t helper_a64_mops_copy(Vcpu *v, uint64_t to, uint64_t from, uint64_t n);
uint64_t helper_a64_mops_set(Vcpu *v, uint64_t to, uint64_t n, uint64_t byte);
/* a64_pauth.c */
uint64_t helper_a64_pac(Vcpu *v, uint64_t how, uint64_t ptr, uint64_t modifier);
uint64_t helper_a64_pacga(Vcpu *v, uint64_t value, uint64_t modifier);

#endif
