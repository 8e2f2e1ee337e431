/*
 * The file is read in pieces with pread, so that one that is cut off meanwhile does no harm.
 *
 *   offset 0x6f4 -> PT_LOAD offset 0, vaddr 0x10000: address 0x106f4
 *   .symtab, else .dynsym: main, value 0x106e0, size 0x40 -> "main", delta 0x14
 */
#include "symbols.h"
#include <asm/fcntl.h>
#include <elf.h>
#include <linux/fcntl.h>
#include "hostsys.h"

typedef struct SymbolFile {
    long fd;
    Elf64_Ehdr eh;
} SymbolFile;

static bool read_at(const SymbolFile *f, void *buf, size_t n, uint64_t off)
{
    return (int64_t)off >= 0 && HS(__NR_pread64, f->fd, buf, n, off) == (long)n;
}

static bool address_of(const SymbolFile *f, uint64_t offset, uint64_t *address)
{
    Elf64_Phdr p;
    for (unsigned i = 0; i < f->eh.e_phnum; i++) {
        if (!read_at(f, &p, sizeof p, f->eh.e_phoff + i * sizeof p))
            return false;
        if (p.p_type == PT_LOAD && offset >= p.p_offset && offset - p.p_offset < p.p_filesz) {
            *address = offset - p.p_offset + p.p_vaddr;
            return true;
        }
    }
    return false;
}

/* .symtab has more than .dynsym, where it was not stripped. */
static bool find_table(const SymbolFile *f, Elf64_Shdr *table, Elf64_Shdr *strings)
{
    Elf64_Shdr s;
    bool found = false;
    for (unsigned i = 0; i < f->eh.e_shnum; i++) {
        if (!read_at(f, &s, sizeof s, f->eh.e_shoff + i * sizeof s))
            return false;
        if (s.sh_type != SHT_SYMTAB && (s.sh_type != SHT_DYNSYM || found))
            continue;
        *table = s;
        found = true;
    }
    return found && table->sh_entsize == sizeof(Elf64_Sym) && table->sh_link < f->eh.e_shnum &&
           read_at(f, strings, sizeof *strings, f->eh.e_shoff + table->sh_link * sizeof s);
}

static bool holds(const Elf64_Sym *s, uint64_t address)
{
    unsigned type = ELF64_ST_TYPE(s->st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF &&
           address >= s->st_value && (address - s->st_value < s->st_size || !s->st_size);
}

/* The closest function that starts before the address and reaches it, or has no size. */
static bool find_symbol(const SymbolFile *f, const Elf64_Shdr *table, uint64_t address,
                        Elf64_Sym *best)
{
    Elf64_Sym part[64];
    uint64_t count = table->sh_size / sizeof part[0];
    bool found = false;
    for (uint64_t at = 0; at < count; at += ARRAY_LEN(part)) {
        size_t n = (size_t)MIN(count - at, (uint64_t)ARRAY_LEN(part));
        if (!read_at(f, part, n * sizeof part[0], table->sh_offset + at * sizeof part[0]))
            break;
        for (size_t i = 0; i < n; i++) {
            if (!holds(&part[i], address) || (found && part[i].st_value < best->st_value))
                continue;
            *best = part[i];
            found = true;
        }
    }
    return found;
}

static bool find_name(const SymbolFile *f, uint64_t offset, char *name, uint64_t *delta)
{
    Elf64_Shdr table = {0}, strings = {0};
    Elf64_Sym s;
    uint64_t address;
    if (!address_of(f, offset, &address) || !find_table(f, &table, &strings) ||
        !find_symbol(f, &table, address, &s))
        return false;
    long n = HS(__NR_pread64, f->fd, name, ELF_SYMBOL_MAX - 1, strings.sh_offset + s.st_name);
    name[n > 0 ? n : 0] = 0;
    *delta = address - s.st_value;
    return name[0] != 0;
}

static bool open_file(SymbolFile *f, const char *path)
{
    f->fd = HS(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (hs_failed(f->fd))
        return false;
    if (read_at(f, &f->eh, sizeof f->eh, 0) && f->eh.e_phentsize == sizeof(Elf64_Phdr) &&
        f->eh.e_shentsize == sizeof(Elf64_Shdr))
        return true;
    HS(__NR_close, f->fd);
    return false;
}

bool elf_symbol_at(const char *path, uint64_t offset, char name[ELF_SYMBOL_MAX], uint64_t *delta)
{
    SymbolFile f;
    if (!open_file(&f, path))
        return false;
    bool found = find_name(&f, offset, name, delta);
    HS(__NR_close, f.fd);
    return found;
}

/* Is this, with its final 0, the text at `off` of the file? */
static bool text_is(const SymbolFile *f, uint64_t off, const char *text)
{
    char c;
    do {
        if (!read_at(f, &c, 1, off++) || c != *text)
            return false;
    } while (*text++);
    return true;
}

bool elf_section_at(const char *path, const char *section, uint64_t *address)
{
    SymbolFile f;
    Elf64_Shdr s, names;
    bool found = false;
    if (!open_file(&f, path))
        return false;
    if (!read_at(&f, &names, sizeof names, f.eh.e_shoff + f.eh.e_shstrndx * sizeof names))
        f.eh.e_shnum = 0;
    for (unsigned i = 0; i < f.eh.e_shnum && !found; i++)
        found = read_at(&f, &s, sizeof s, f.eh.e_shoff + i * sizeof s) &&
                text_is(&f, names.sh_offset + s.sh_name, section);
    HS(__NR_close, f.fd);
    if (found)
        *address = s.sh_addr;
    return found && s.sh_addr;
}
