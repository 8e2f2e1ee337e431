/*
 * Guest state slots: the guest registers as the IR and the backends see them, by number.
 *
 * A guest's `.state` table is made into a const SlotDesc array; a slot's number is its place there.
 * Backends use type, offset and pin priority and never the name.
 */
#ifndef FERRY_BASE_SLOTS_H
#define FERRY_BASE_SLOTS_H

#include "types.h"

typedef enum SlotType {
    SLOT_I32,
    SLOT_I64,
    SLOT_FLAGS, /* 32 bits, layout in flags.h */
    SLOT_V128,
} SlotType;

typedef struct SlotDesc {
    const char *name;
    uint16_t off;      /* bytes from the start of the guest state, naturally aligned */
    uint8_t type;      /* SlotType */
    uint8_t pin;       /* priority for a fixed host register: 255 first, 0 never */
    int16_t sigframe;  /* place in the guest's signal frame (guest-defined index), -1 none */
    int16_t gdb;       /* gdb register number, -1 none */
    uint8_t dump;      /* group in state dumps: 0 none, 1 general, 2 vector, 3 control */
    bool low64;        /* v128: the upper half is always zero */
} SlotDesc;

#endif
