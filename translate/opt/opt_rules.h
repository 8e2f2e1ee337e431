/* Rule lists of other files that the table in opt_rules_int.c names. */
#ifndef FERRY_OPT_RULES_H
#define FERRY_OPT_RULES_H

#include "opt_fold.h"

extern const FoldRule fold_rules_cc[], fold_rules_flpack[], fold_rules_flunpack[];
extern const FoldRule fold_rules_adc[], fold_rules_sbc[];

#endif
