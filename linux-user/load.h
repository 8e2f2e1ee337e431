/*
 * From a program's name to a process ready to run: open, map, stack, program break, kernel's view.
 */
#ifndef FERRY_LOAD_H
#define FERRY_LOAD_H

#include "process.h"

/* What the kernel gave ferry at its start, and what of it is for the guest. */
typedef struct Boot {
    char **argv, **envp;
    int argc;
    const AuxEntry *aux;
    bool by_binfmt; /* the kernel started ferry for the program (binfmt.h) */
    uint64_t
        strings_low; /* lowest address of the kernel's strings: the guest's stack starts here */
} Boot;

/* The program to run, after options. */
typedef struct Program {
    const char *path;   /* as named */
    const char *execfn; /* AT_EXECFN: the path that was executed, a script's where it is one */
    uint64_t *argv;     /* guest addresses of strings */
    size_t argc;
    uint64_t *envp;
    size_t envc;
    int fd; /* open */
} Program;

uint64_t boot_aux(const Boot *b, uint64_t type, uint64_t otherwise);

/* True when n > 0 strings lie one after the other: they take [start, end). */
bool program_strings_span(const GuestAddr *v, size_t n, GuestAddr *start, GuestAddr *end);
/* Opens p->path (or takes opt.exec_fd). -1, or an exit status after a message. */
int program_open(Program *p);
/* Maps it and its interpreter, sets *pc and *sp. -1, or an exit status after a message. */
int program_load(const Program *p, const Boot *b, const uint64_t hwcap[2], GuestAddr *pc,
                 GuestAddr *sp);

#endif
