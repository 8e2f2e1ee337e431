/* The passes, for opt.c. */
#ifndef FERRY_OPT_INT_H
#define FERRY_OPT_INT_H

#include "opt.h"

void opt_fold(IrUnit *u, Arena *a);
void opt_dead(IrUnit *u, Arena *a);
void opt_sink(IrUnit *u, Arena *a);

#endif
