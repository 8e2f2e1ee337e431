/* What `-d` shows of a unit under translation, and the checks of RtConfig.verify. */
#ifndef FERRY_TRANS_DUMP_H
#define FERRY_TRANS_DUMP_H

#include "rt_internal.h"

/* False when nothing is shown of any unit: the functions below need not be called. */
static inline bool dump_any(void)
{
    return UNLIKELY(log_mask || rt.cfg.dump_pc);
}
/* True when channel ch is to be shown for the unit at pc. */
bool dump_on(LogChannel ch, uint64_t pc);
void dump_guest(const IrUnit *u, GuestAddr lo, GuestAddr hi); /* LOG_IN_ASM */
void dump_ir(const IrUnit *u, LogChannel ch, const char *title);
void dump_ra(const RaUnit *ra);                             /* LOG_RA */
void dump_host(const uint8_t *rw, uint64_t rx, uint32_t n); /* LOG_OUT_ASM: bytes; see tools */
/* CHECKs that the verifier accepts the unit, with its text and message on stderr if not. */
void dump_verify(const IrUnit *u, const char *after);

#endif
