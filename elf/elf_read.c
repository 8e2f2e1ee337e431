/*
 * ELF headers: reading and checking. Each check is a small function that returns what is wrong or
 * NULL; the order is from the outside in, so that the first complaint is the most useful one.
 *
 *   #!/bin/sh                  -> "not an ELF file"
 *   EM_X86_64                  -> "built for x86-64, which ferry does not run"
 *   p_filesz 9, p_memsz 8      -> "segment 2: more bytes in the file than in memory"
 */
#include <asm/errno.h>
#include <linux/mman.h>
#include <string.h>
#include "elf_load.h"
#include "guestmem.h"
#include "hostsys.h"
#include "log.h"

typedef struct MachineName {
    uint16_t machine;
    char name[14];
} MachineName;

static const MachineName machine_names[] = {
    {EM_386, "i386"},
    {EM_X86_64, "x86-64"},
    {EM_ARM, "ARM"},
    {EM_AARCH64, "AArch64"},
    {EM_RISCV, "RISC-V"},
    {EM_PPC, "PowerPC"},
    {EM_PPC64, "PowerPC64"},
    {EM_S390, "S/390"},
    {EM_MIPS, "MIPS"},
    {EM_SPARC, "SPARC"},
    {EM_SPARCV9, "SPARC V9"},
    {EM_68K, "m68k"},
    {EM_ALPHA, "Alpha"},
    {EM_PARISC, "PA-RISC"},
    {EM_SH, "SuperH"},
    {EM_LOONGARCH, "LoongArch"},
    {EM_MICROBLAZE, "MicroBlaze"},
};

const char *elf_machine_name(unsigned machine)
{
    for (size_t i = 0; i < ARRAY_LEN(machine_names); i++)
        if (machine_names[i].machine == machine)
            return machine_names[i].name;
    return NULL;
}

static const char *bad_segment(ElfFile *f, size_t i, const char *what)
{
    StrBuf sb = STRBUF_ON(f->text);
    sb_printf(&sb, "segment %zu: %s", i, what);
    return f->text;
}

static const char *check_ident(ElfFile *f, size_t got)
{
    const uint8_t *id = (const uint8_t *)f->head;
    if (got < SELFMAG || memcmp(id, ELFMAG, SELFMAG) != 0)
        return "not an ELF file";
    if (got < EI_NIDENT || got < sizeof(Elf32_Ehdr))
        return "truncated ELF header";
    if (id[EI_DATA] != ELFDATA2LSB)
        return id[EI_DATA] == ELFDATA2MSB ? "big-endian programs are not supported"
                                          : "bad byte order in the ELF header";
    if (id[EI_VERSION] != EV_CURRENT)
        return "unknown ELF version";
    if (id[EI_CLASS] != ELFCLASS64 && id[EI_CLASS] != ELFCLASS32)
        return "bad class in the ELF header";
    return NULL;
}

/* Which of RISC-V's ABIs the file is for: e_flags, as the psABI defines them. */
static const char *check_riscv(const ElfFile *f, bool wide)
{
    enum { FLOAT_ABI = 6, FLOAT_ABI_QUAD = 6, RVE = 8 };
    if (!wide)
        return "built for 32-bit RISC-V, which ferry does not run";
    if (f->eh.e_flags & RVE)
        return "built for RISC-V with 16 registers (RVE, lp64e), which ferry does not run";
    if ((f->eh.e_flags & FLOAT_ABI) == FLOAT_ABI_QUAD)
        return "built for RISC-V's quad-precision ABI (lp64q), which ferry does not run";
    return NULL;
}

static const char *check_machine(ElfFile *f)
{
    StrBuf sb = STRBUF_ON(f->text);
    unsigned m = f->eh.e_machine;
    const char *name = elf_machine_name(m);
    bool wide = f->head[EI_CLASS] == ELFCLASS64;
    if (m == EM_AARCH64 && wide)
        return NULL;
    if (m == EM_RISCV)
        return check_riscv(f, wide);
    if (name)
        sb_printf(&sb, "built for %s%s, which ferry does not run", name,
                  m == EM_AARCH64 ? " ILP32" : "");
    else
        sb_printf(&sb, "built for machine number %u, which ferry does not run", m);
    return f->text;
}

static const char *check_header(ElfFile *f, size_t got)
{
    const Elf64_Ehdr *eh = &f->eh;
    if (got < sizeof *eh)
        return "truncated ELF header";
    if (eh->e_type == ET_REL)
        return "an object file, not a program";
    if (eh->e_type == ET_CORE)
        return "a core dump, not a program";
    if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
        return "unknown kind of ELF file";
    if (eh->e_phnum == 0)
        return "no program headers";
    if (eh->e_phentsize != sizeof(Elf64_Phdr))
        return "program headers of a wrong size";
    uint64_t bytes = (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr);
    if (bytes > ELF_PHDR_MAX_BYTES)
        return "too many program headers";
    if (eh->e_phoff > f->size || bytes > f->size - eh->e_phoff)
        return "truncated: the program headers lie outside the file";
    return NULL;
}

/* Fills buf from the file; false when the file ends or an error comes first. */
static bool read_exact(ElfFile *f, void *buf, size_t n, uint64_t off)
{
    char *to = buf;
    while (n) {
        long r = HS(__NR_pread64, f->fd, to, n, off);
        if (r == -EINTR)
            continue;
        if (r <= 0) {
            f->error = r ? r : -ENOEXEC;
            return false;
        }
        to += r;
        n -= (size_t)r;
        off += (uint64_t)r;
    }
    return true;
}

static const char *read_phdrs(ElfFile *f, size_t got)
{
    size_t bytes = (size_t)f->eh.e_phnum * sizeof(Elf64_Phdr);
    if (f->eh.e_phoff % 8 == 0 && f->eh.e_phoff + bytes <= got) {
        f->ph = (const Elf64_Phdr *)(f->head + f->eh.e_phoff);
        return NULL;
    }
    long r = HS(__NR_mmap, 0, ELF_PHDR_MAX_BYTES, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (hs_failed(r)) {
        f->error = r;
        return "no memory for the program headers";
    }
    f->ph = (const Elf64_Phdr *)r;
    f->ph_mapped = ELF_PHDR_MAX_BYTES;
    return read_exact(f, (void *)r, bytes, f->eh.e_phoff) ? NULL
                                                          : "cannot read the program headers";
}

static const char *check_load(ElfFile *f, size_t i, uint64_t prev_end)
{
    const Elf64_Phdr *p = &f->ph[i];
    if (p->p_filesz > p->p_memsz)
        return bad_segment(f, i, "more bytes in the file than in memory");
    if (p->p_offset > f->size || p->p_filesz > f->size - p->p_offset)
        return bad_segment(f, i, "lies outside the file (truncated?)");
    if (!gm_range_ok(p->p_vaddr, p->p_memsz) || p->p_vaddr + p->p_memsz > gm_limit - ELF_PAGE)
        return bad_segment(f, i, "does not fit the address space");
    if ((p->p_vaddr - p->p_offset) % ELF_PAGE)
        return bad_segment(f, i, "address and file offset differ within the page");
    if (p->p_vaddr < prev_end)
        return bad_segment(f, i, "overlaps the one before or is out of order");
    return NULL;
}

static bool in_exec_segment(const ElfFile *f, uint64_t addr)
{
    for (size_t i = 0; i < f->eh.e_phnum; i++) {
        const Elf64_Phdr *p = &f->ph[i];
        if (p->p_type == PT_LOAD && addr >= p->p_vaddr && addr - p->p_vaddr < p->p_memsz)
            return p->p_flags & PF_X;
    }
    return false;
}

static const char *check_segments(ElfFile *f)
{
    uint64_t prev_end = 0;
    size_t loads = 0;
    f->exec_stack = false;
    for (size_t i = 0; i < f->eh.e_phnum; i++) {
        const Elf64_Phdr *p = &f->ph[i];
        if (p->p_type == PT_GNU_STACK)
            f->exec_stack = p->p_flags & PF_X;
        if (p->p_type == PT_INTERP && !f->interp)
            f->interp = p;
        if (p->p_type == PT_GNU_PROPERTY)
            f->property = p;
        if (p->p_type != PT_LOAD || p->p_memsz == 0)
            continue;
        const char *why = check_load(f, i, prev_end);
        if (why)
            return why;
        prev_end = p->p_vaddr + p->p_memsz;
        loads++;
    }
    if (!loads)
        return "no loadable segments";
    return in_exec_segment(f, f->eh.e_entry) ? NULL : "the entry point is in no code segment";
}

static const char *read_and_check(ElfFile *f)
{
    long end = HS(__NR_lseek, f->fd, 0, 2 /* SEEK_END */);
    long got = HS(__NR_pread64, f->fd, f->head, sizeof f->head, 0);
    if (hs_failed(end) || hs_failed(got)) {
        f->error = hs_failed(got) ? got : end;
        return "cannot be read";
    }
    f->size = (uint64_t)end;
    const char *why = check_ident(f, (size_t)got);
    memcpy(&f->eh, f->head, sizeof f->eh);
    why = why ? why : check_machine(f);
    why = why ? why : check_header(f, (size_t)got);
    why = why ? why : read_phdrs(f, (size_t)got);
    return why ? why : check_segments(f);
}

const char *elf_read(ElfFile *f, int fd)
{
    f->fd = fd;
    f->size = 0;
    f->ph = f->interp = f->property = NULL;
    f->ph_mapped = 0;
    f->error = 0;
    memset(f->head, 0, sizeof f->head);
    const char *why = read_and_check(f);
    if (why && !f->error)
        f->error = -ENOEXEC;
    return why;
}

const char *elf_interp_path(ElfFile *f, char *out, size_t cap)
{
    uint64_t n = f->interp->p_filesz;
    f->error = -ENOEXEC;
    if (n < 2 || n > cap || f->interp->p_offset > f->size || n > f->size - f->interp->p_offset)
        return "bad path of the program interpreter";
    if (!read_exact(f, out, n, f->interp->p_offset))
        return "cannot read the path of the program interpreter";
    if (out[n - 1] != 0)
        return "the path of the program interpreter does not end";
    f->error = 0;
    return NULL;
}

void elf_done(ElfFile *f)
{
    if (f->ph_mapped)
        HS(__NR_munmap, f->ph, f->ph_mapped);
    f->ph_mapped = 0;
    f->ph = f->interp = f->property = NULL;
}
