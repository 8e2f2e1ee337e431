/*
 * Mapping of ELF programs into guest memory.
 *
 * The file is hostile input: every size and offset is checked before use, and a bad file gives a
 * text that says what is wrong. elf_read() looks and checks, elf_map() maps.
 *
 *   ElfFile f; ElfImage img;
 *   const char *why = elf_read(&f, fd);              "not an ELF file"
 *   if (!why) why = elf_map(&f, &map_opts, &img);    img.entry, img.phdr_addr, img.brk ...
 *
 * Guest segments keep their permissions on the host but for PROT_EXEC, which the host never needs:
 * code is only read. ElfMapOptions.mapped tells the owner of the address map about each range.
 */
#ifndef FERRY_ELF_LOAD_H
#define FERRY_ELF_LOAD_H

#include <elf.h>
#include "types.h"

enum {
    ELF_PAGE = 4096,
    ELF_PHDR_MAX_BYTES = 65536, /* as the kernel */
    ELF_HEAD = 4096,
};

typedef struct ElfFile {
    int fd;
    uint64_t size; /* of the file */
    Elf64_Ehdr eh;
    const Elf64_Phdr *ph; /* in head, or in a mapping of its own */
    uint64_t ph_mapped;   /* bytes of that mapping, 0 none */
    long error;           /* -errno of the operation that failed; -ENOEXEC for a bad file */
    const Elf64_Phdr *interp, *property;
    bool exec_stack; /* PT_GNU_STACK asks for it; missing means no for 64-bit Arm */
    bool guarded;    /* by elf_read_property: its code is made for guarded pages */
    char head[ELF_HEAD] __attribute__((aligned(16)));
    char text[96]; /* for messages with a number or name in them */
} ElfFile;

/* One mapping made by elf_map; prot is the guest's (PROT_EXEC included). fd -1: anonymous. */
typedef void ElfMapped(void *user, GuestAddr start, GuestAddr end, int prot, int fd, uint64_t off);

typedef struct ElfMapOptions {
    GuestAddr hint; /* where an ET_DYN image should go; 0: the kernel's choice */
    ElfMapped *mapped;
    void *user;
    int code_prot; /* further bits of the guest's protection of code */
} ElfMapOptions;

typedef struct ElfImage {
    GuestAddr bias; /* added to every address of the file */
    GuestAddr entry;
    GuestAddr phdr_addr;  /* AT_PHDR; 0 when the table is in no segment */
    GuestAddr start, end; /* whole pages */
    GuestAddr start_code, end_code, start_data, end_data;
    GuestAddr brk; /* end of the last segment, not rounded */
} ElfImage;

/* Reads and checks the headers. NULL, or what is wrong (f->error is set then). */
const char *elf_read(ElfFile *f, int fd);
/* Maps all segments. NULL, or what is wrong; what was mapped before stays mapped. */
const char *elf_map(ElfFile *f, const ElfMapOptions *o, ElfImage *img);
/* Copies PT_INTERP's path into out[cap]; NULL or what is wrong. */
const char *elf_interp_path(ElfFile *f, char *out, size_t cap);
/*
 * Reads PT_GNU_PROPERTY where the guest's kernel does: of the interpreter, or of a program without.
 * NULL or what is wrong (f->error is set then).
 */
const char *elf_read_property(ElfFile *f);
/* Frees what elf_read allocated; the descriptor stays the caller's. */
void elf_done(ElfFile *f);

/* "x86-64", "RISC-V" ...; NULL when unknown. */
const char *elf_machine_name(unsigned machine);

#endif
