/*
 * The image that a new program finds on its stack: argc, argv, envp, auxiliary vector.
 *
 * Built downwards from `sp`: first strings and bytes are pushed, then the table.
 *
 *   StackImage s = { top };
 *   p = stack_push(&s, "aarch64", 8);
 *   sp = stack_finish(&s, &table);       -> 16-byte aligned, argc at [sp]
 */
#ifndef FERRY_ELF_STACK_H
#define FERRY_ELF_STACK_H

#include "types.h"

typedef struct AuxEntry {
    uint64_t type, value;
} AuxEntry;

typedef struct StackImage {
    GuestAddr sp;
    bool failed; /* a write faulted: the stack limit is too small */
} StackImage;

typedef struct StackTable {
    const uint64_t *argv, *envp; /* guest addresses of strings, without the final NULL */
    size_t argc, envc;
    const AuxEntry *aux; /* without AT_NULL */
    size_t naux;
} StackTable;

/* Pushes n bytes and returns where they lie. */
GuestAddr stack_push(StackImage *s, const void *bytes, size_t n);
/* Writes the table (8-byte words) and returns the program's first stack pointer. */
GuestAddr stack_finish(StackImage *s, const StackTable *t);

#endif
