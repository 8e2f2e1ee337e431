/*
 * Shapes of the generated data (sys_tables.c). Nothing holds a pointer except sys_handlers; names
 * are offsets in sys_strings. Internal to syscalls/.
 *
 * Example: row `fstat` has two arguments at sys_args[row->args]: {fd} and {statbuf, struct stat,
 * out}. sys_structs[SYS_STRUCT_stat] points at fields, each with an offset and size per layout.
 */
#ifndef FERRY_SYS_TABLE_H
#define FERRY_SYS_TABLE_H

#include "sys.h"

enum { SYS_DIR_VALUE = 0, SYS_DIR_IN = 1, SYS_DIR_OUT = 2, SYS_DIR_INOUT = 3 };

/* SysArg.len: below 6 the argument with the length, else: */
enum { SYS_LEN_RET = 6, SYS_LEN_NONE = 7, SYS_LEN_CONST = 8 };

enum { SYS_NONE = 0xffff };

typedef struct SysArg {
    uint16_t name;
    uint16_t ref; /* SYS_SET_* or SYS_STRUCT_* by kind */
    uint8_t kind; /* SysKind */
    uint8_t dir;  /* SYS_DIR_* */
    uint8_t len;  /* SYS_LEN_*; a constant n is SYS_LEN_CONST + n */
} SysArg;

/* An item matches v when (v & mask) == value. */
typedef struct SysFlagItem {
    uint16_t name;
    uint64_t mask; /* of the generic set: for one-bit flags equal to value[0] */
    uint64_t value[SYS_FLAGSET_COUNT];
} SysFlagItem;

typedef struct SysFlagSet {
    uint16_t first;
    uint16_t count;
    uint8_t is_enum;
    uint8_t converts; /* some value differs between ABIs */
} SysFlagSet;

typedef struct SysField {
    uint16_t name;
    uint16_t group; /* name of the struct member it lies in, 0 at the top */
    uint16_t count;
    uint16_t off[SYS_LAYOUT_COUNT]; /* SYS_NONE where the layout has no such field */
    uint8_t size[SYS_LAYOUT_COUNT];
    uint8_t is_signed;
    uint8_t show; /* SysKind; SYS_KIND_NONE for padding */
    uint16_t show_ref;
} SysField;

/*
 * One step of a conversion between two layouts: `in` bytes at `from` become `out` bytes at `to`.
 * With in == out and no set it is a plain copy of any length, with in == 0 it clears; else it is an
 * integer of 1 to 8 bytes. The moves of a struct write each of its bytes once.
 */
typedef struct SysMove {
    uint16_t from;
    uint16_t to;
    uint16_t in;
    uint16_t out;
    uint8_t is_signed;
    uint16_t set; /* flags to convert on the way, or SYS_NONE */
} SysMove;

typedef struct SysMoves {
    uint16_t first;
    uint16_t count;
} SysMoves;

typedef struct SysStruct {
    uint16_t name;
    uint16_t first;
    uint16_t count;
    uint16_t size[SYS_LAYOUT_COUNT];
    uint8_t converts; /* layout or flags differ for some guest */
    SysMoves to_host; /* from the generic 64-bit layout; empty unless `converts` */
    SysMoves to_guest;
} SysStruct;

/* The sub-rows of one call, sorted by key; sys_op_keys runs parallel to the sub-rows. */
typedef struct SysOpsSet {
    uint16_t first; /* in sys_rows; the first sub-row of all is SYS_ROW_COUNT */
    uint16_t count;
    uint8_t key;  /* argument with the operation */
    uint8_t key2; /* second half of the key, SYS_LEN_NONE without */
    uint32_t mask;
    uint16_t keyflags; /* flag set of the bits outside the mask */
    uint16_t error;    /* of unknown operations; 0: run as the call's row says */
} SysOpsSet;

typedef struct SysErrno {
    uint16_t name;
    uint16_t text;
} SysErrno;

extern const char sys_strings[];
extern const SysArg sys_args[];
extern const SysRow sys_rows[];
extern const SysFlagItem sys_flag_items[];
extern const SysFlagSet sys_flag_sets[];
extern const SysMove sys_moves[];
extern const SysField sys_fields[];
extern const SysStruct sys_structs[];
extern const SysOpsSet sys_ops_sets[];
extern const uint64_t sys_op_keys[];
extern const SysErrno sys_errnos[];
extern const uint32_t sys_errno_count;
/* by guest: both have numbers of the generic table, but not all the same calls */
extern const uint16_t sys_numbers_aarch64[SYS_NUMBERS_G64], sys_numbers_riscv64[SYS_NUMBERS_G64];
extern SysHandler *const sys_handlers[];

static inline const char *sys_str(uint16_t off)
{
    return sys_strings + off;
}

static inline const SysArg *sys_row_arg(const SysRow *row, unsigned n)
{
    return &sys_args[row->args + n];
}

#endif
