/*
 * Mapping of checked segments. ET_EXEC goes where it says and replaces nothing; for ET_DYN the
 * whole span is reserved first so that the kernel finds a place, and then given back, so that holes
 * between segments are holes as under the kernel.
 *
 *   PT_LOAD vaddr 0x10e00 filesz 0x300 memsz 0x2000, file offset 0xe00:
 *     [0x10000,0x12000) file page, tail from 0x11100 cleared; [0x12000,0x13000) anonymous
 */
#include <asm/errno.h>
#include <linux/mman.h>
#include "elf_load.h"
#include "guestmem.h"
#include "hostsys.h"
#include "log.h"

typedef struct Mapper {
    ElfFile *f;
    const ElfMapOptions *o;
    ElfImage *img;
    GuestAddr mapped_end; /* end of the pages mapped so far */
} Mapper;

static int guest_prot(const Mapper *m, const Elf64_Phdr *p)
{
    return (p->p_flags & PF_R ? PROT_READ : 0) | (p->p_flags & PF_W ? PROT_WRITE : 0) |
           (p->p_flags & PF_X ? PROT_EXEC | m->o->code_prot : 0);
}

/* Guest code is read by the translator, never run in place. */
static int host_prot(int prot)
{
    return prot & PROT_EXEC ? (prot & PROT_WRITE) | PROT_READ : prot;
}

static const char *map_failed(Mapper *m, GuestAddr at, long error)
{
    StrBuf sb = STRBUF_ON(m->f->text);
    m->f->error = error == -EEXIST ? -ENOMEM : error;
    sb_printf(&sb, "cannot map its segment at 0x%lx (%s)", at,
              error == -EEXIST   ? "the address is in use"
              : error == -ENOMEM ? "no memory"
                                 : "the kernel refused");
    return m->f->text;
}

/* Maps [at, at+n) from the file, or anonymously when fd is -1. */
static const char *map_range(Mapper *m, GuestAddr at, uint64_t n, int prot, int fd, uint64_t off)
{
    /* A page shared with the segment before is replaced, as the kernel does. */
    int fixed = at < m->mapped_end ? MAP_FIXED : MAP_FIXED_NOREPLACE;
    int flags = MAP_PRIVATE | fixed | (fd < 0 ? MAP_ANONYMOUS : 0);
    long r = HS(__NR_mmap, gm_ptr(at), n, host_prot(prot), flags, fd, off);
    if (hs_failed(r))
        return map_failed(m, at, r);
    if (gm_addr((void *)r) != at) { /* kernels before MAP_FIXED_NOREPLACE take it as a hint */
        HS(__NR_munmap, r, n);
        return map_failed(m, at, -EEXIST);
    }
    m->mapped_end = MAX(m->mapped_end, at + n);
    if (m->o->mapped)
        m->o->mapped(m->o->user, at, at + n, prot, fd, off);
    LOG(LOADER, "segment %lx-%lx prot %d offset %lx\n", at, at + n, prot, off);
    return NULL;
}

/* Clears the part of the last file page that lies past the file's bytes. */
static const char *clear_tail(Mapper *m, GuestAddr from, GuestAddr to, int prot)
{
    void *page = gm_ptr(ALIGN_DOWN(from, ELF_PAGE));
    bool locked = !(prot & PROT_WRITE);
    if (from == to)
        return NULL;
    if (locked)
        HS(__NR_mprotect, page, ELF_PAGE, PROT_READ | PROT_WRITE);
    bool ok = gm_clear(from, to - from);
    if (locked)
        HS(__NR_mprotect, page, ELF_PAGE, host_prot(prot));
    return ok ? NULL : "cannot clear the end of a segment (file changed while loading?)";
}

static const char *map_segment(Mapper *m, const Elf64_Phdr *p)
{
    GuestAddr start = p->p_vaddr + m->img->bias;
    GuestAddr file_end = start + p->p_filesz, mem_end = start + p->p_memsz;
    GuestAddr page = ALIGN_DOWN(start, ELF_PAGE), file_pages = page;
    int prot = guest_prot(m, p);
    const char *why = NULL;
    if (p->p_filesz) {
        file_pages = ALIGN_UP(file_end, ELF_PAGE);
        why = map_range(m, page, file_pages - page, prot, m->f->fd, p->p_offset - (start - page));
        if (!why && p->p_memsz > p->p_filesz)
            why = clear_tail(m, file_end, file_pages, prot);
    }
    if (!why && ALIGN_UP(mem_end, ELF_PAGE) > file_pages)
        why = map_range(m, file_pages, ALIGN_UP(mem_end, ELF_PAGE) - file_pages, prot, -1, 0);
    return why;
}

static void note_segment(ElfImage *img, const ElfFile *f, const Elf64_Phdr *p)
{
    GuestAddr start = p->p_vaddr + img->bias;
    uint64_t ph_bytes = (uint64_t)f->eh.e_phnum * sizeof *p;
    if (!img->end)
        img->start = ALIGN_DOWN(start, ELF_PAGE);
    img->end = ALIGN_UP(start + p->p_memsz, ELF_PAGE);
    img->brk = MAX(img->brk, start + p->p_memsz);
    if (p->p_flags & PF_X) {
        img->start_code = img->start_code ? MIN(img->start_code, start) : start;
        img->end_code = MAX(img->end_code, start + p->p_filesz);
    }
    img->start_data = MAX(img->start_data, start);
    img->end_data = MAX(img->end_data, start + p->p_filesz);
    if (f->eh.e_phoff >= p->p_offset && ph_bytes <= p->p_filesz &&
        f->eh.e_phoff - p->p_offset <= p->p_filesz - ph_bytes)
        img->phdr_addr = f->eh.e_phoff - p->p_offset + start;
}

static bool is_load(const Elf64_Phdr *p)
{
    return p->p_type == PT_LOAD && p->p_memsz;
}

/* Finds a place for a position-independent image and sets the bias. */
static const char *place_dyn(Mapper *m)
{
    uint64_t lo = UINT64_MAX, hi = 0, align = ELF_PAGE;
    for (size_t i = 0; i < m->f->eh.e_phnum; i++) {
        const Elf64_Phdr *p = &m->f->ph[i];
        if (!is_load(p))
            continue;
        lo = MIN(lo, ALIGN_DOWN(p->p_vaddr, ELF_PAGE));
        hi = MAX(hi, ALIGN_UP(p->p_vaddr + p->p_memsz, ELF_PAGE));
        bool power = p->p_align && (p->p_align & (p->p_align - 1)) == 0;
        if (power && p->p_align > align && p->p_align <= 1u << 30)
            align = p->p_align;
    }
    uint64_t span = hi - lo, slack = align - ELF_PAGE;
    long r = HS(__NR_mmap, m->o->hint ? gm_ptr(ALIGN_DOWN(m->o->hint, align)) : NULL, span + slack,
                PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (hs_failed(r))
        return map_failed(m, lo, r);
    HS(__NR_munmap, r, span + slack);
    m->img->bias = ALIGN_UP(gm_addr((void *)r) - lo, align);
    return NULL;
}

const char *elf_map(ElfFile *f, const ElfMapOptions *o, ElfImage *img)
{
    *img = (ElfImage){0};
    Mapper m = {f, o, img, 0};
    const char *why = f->eh.e_type == ET_DYN ? place_dyn(&m) : NULL;
    for (size_t i = 0; !why && i < f->eh.e_phnum; i++) {
        if (!is_load(&f->ph[i]))
            continue;
        why = map_segment(&m, &f->ph[i]);
        note_segment(img, f, &f->ph[i]);
    }
    img->entry = f->eh.e_entry + img->bias;
    return why;
}
