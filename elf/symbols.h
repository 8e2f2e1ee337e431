/*
 * Names for addresses, from the symbol tables of ELF files. For messages: a file that is damaged,
 * or changes meanwhile, gives no name.
 */
#ifndef FERRY_ELF_SYMBOLS_H
#define FERRY_ELF_SYMBOLS_H

#include "types.h"

enum { ELF_SYMBOL_MAX = 128 };

/*
 * The function with the byte at `offset` of the file, its name cut to fit. *delta: how far into the
 * function. False when none is known.
 */
bool elf_symbol_at(const char *path, uint64_t offset, char name[ELF_SYMBOL_MAX], uint64_t *delta);
/* The address, in the file's own terms, of a section; false when it has none of that name. */
bool elf_section_at(const char *path, const char *section, uint64_t *address);

#endif
