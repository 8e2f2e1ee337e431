/* The guests that this ferry runs, and which of them a program is for. */
#ifndef FERRY_GUESTS_H
#define FERRY_GUESTS_H

#include "process.h"

/* Every guest, ended by NULL; the first one stands in where none is known. */
extern GuestLinux *const guests[];

/* Connects each with its front end; before all else. */
void guests_init(void);

/* Completes the one that was chosen: its slots, and where they lie. */
void guest_choose(GuestLinux *g);

/*
 * The guest of the ELF file that starts with these `got` bytes; NULL when it is none of theirs
 * (elf_read() then says why).
 */
GuestLinux *guest_of_elf(const void *head, size_t got);

#endif
