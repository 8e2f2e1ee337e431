/*
 * The C functions that units call: helpers.def lists them, helpers*.c holds those of all guests,
 * a guest's folder those of its own.
 *
 * Host code passes every argument in a general register (vectors by pointer). Floats are passed and
 * returned as their bits. See helpers.def for each one's arguments.
 */
#ifndef FERRY_RT_HELPERS_H
#define FERRY_RT_HELPERS_H

#include "ir.h"
#include "vcpu.h"

/* By HelperId: what goes into Vcpu.helper_fn. */
extern const void *const helper_functions[HELPER_COUNT];

/*
 * Sticky FP flags of the guest as Arm's FPSR bits (SOFT_*). While units run they are in the host's
 * FP control word and, what that cannot hold (IDC), in v->fp_flags_extra; under the reference
 * interpreter all of them are at v->interp_fp_flags. To be called on the guest's thread with the
 * guest's control word loaded.
 */
uint32_t fp_flags_read(const Vcpu *v);
void fp_flags_write(Vcpu *v, uint32_t flags);
void fp_flags_raise(Vcpu *v, uint32_t flags);

/* The same on a saved control word (Vcpu.mxcsr_guest): for signal frames and debuggers. */
uint32_t fp_flags_of_mxcsr(uint32_t mxcsr);
uint32_t fp_flags_to_mxcsr(uint32_t flags);

uint64_t helper_fp_flags_get(Vcpu *v);
void helper_fp_flags_set(Vcpu *v, uint64_t flags);
uint64_t helper_clock_count(Vcpu *v);
uint64_t helper_vdso_call(Vcpu *v, uint64_t n, uint64_t a, uint64_t b);
uint64_t helper_fp_op2_32(Vcpu *v, uint64_t op, uint64_t a, uint64_t b);
uint64_t helper_fp_op2_64(Vcpu *v, uint64_t op, uint64_t a, uint64_t b);
uint64_t helper_fp_op1_32(Vcpu *v, uint64_t op, uint64_t a);
uint64_t helper_fp_op1_64(Vcpu *v, uint64_t op, uint64_t a);
uint64_t helper_fp_fma_32(Vcpu *v, uint64_t a, uint64_t b, uint64_t c);
uint64_t helper_fp_fma_64(Vcpu *v, uint64_t a, uint64_t b, uint64_t c);
uint64_t helper_fp_cmp_32(Vcpu *v, uint64_t aux, uint64_t a, uint64_t b);
uint64_t helper_fp_cmp_64(Vcpu *v, uint64_t aux, uint64_t a, uint64_t b);
uint64_t helper_fp_cvt(Vcpu *v, uint64_t how, uint64_t a);
uint64_t helper_fp_rint(Vcpu *v, uint64_t how, uint64_t a);
uint64_t helper_fp_f2i(Vcpu *v, uint64_t how, uint64_t a);
uint64_t helper_fp_i2f(Vcpu *v, uint64_t how, uint64_t a);
void helper_vec_op(Vcpu *v, V128 *ret, uint64_t insn, const V128 *a, const V128 *b, const V128 *c);

#endif
