/*
 * binfmt_misc: the kernel starts ferry for programs of its guests. docs/binfmt.md has the user's
 * side.
 *
 *     execve("/bin/ls", {"ls", "-l"})    flags POCF, in binfmt_misc's ferry-aarch64
 *     -> ferry /bin/ls ls -l             AT_FLAGS bit 0 (P), AT_EXECFD 3 (O), the file's
 * credentials (C)
 */
#ifndef FERRY_BINFMT_H
#define FERRY_BINFMT_H

#include "load.h"

enum { BINFMT_ARGV0 = 1 /* AT_FLAGS of flag P: argv[0] follows the path */ };

/*
 * Was this ferry started by binfmt_misc? (Asked before the kernel's tables are given up.) Then no word is an option. (Not seen for a script's
 * interpreter without flags P and O.)
 */
bool binfmt_started(const Boot *b);
/* Prints the registrations, a line each, as binfmt.d and the file `register` take them. */
void binfmt_print(void);
/* Is the guest registered for a ferry, with flag C: a set-user-ID program is the kernel's to start?
 */
bool binfmt_gives_credentials(const GuestLinux *g);

#endif
