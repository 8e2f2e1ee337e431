/*
 * PT_GNU_PROPERTY, as far as Linux reads it on AArch64 (fs/binfmt_elf.c, CONFIG_ARM64_BTI): whether
 * the file's code is made for guarded pages.
 *
 * The segment is one note: a header, the name "GNU", then properties of 8 aligned bytes by rising
 * type.
 *
 *     04000000 10000000 05000000 'GNU\0'      name and descriptor size, NT_GNU_PROPERTY_TYPE_0
 *     000000c0 04000000 01000000 00000000     AARCH64_FEATURE_1_AND, 4 bytes: BTI
 */
#include <asm/errno.h>
#include <string.h>
#include "elf_load.h"
#include "hostsys.h"

enum { NOTE_MAX = 1024, ALIGN = 8, HEAD_SIZE = sizeof(Elf64_Nhdr) + sizeof "GNU" };

typedef struct Property {
    uint32_t type, size;
} Property;

/* The properties in [at, end); false when they are not well formed. */
static bool read_properties(ElfFile *f, const uint8_t *at, const uint8_t *end)
{
    uint32_t last = 0;
    for (bool first = true; at < end; first = false) {
        Property p;
        uint32_t features;
        if (end - at < (long)sizeof p)
            return false;
        memcpy(&p, at, sizeof p);
        at += sizeof p;
        if (ALIGN_UP((uint64_t)p.size, ALIGN) > (uint64_t)(end - at) || (!first && p.type <= last))
            return false;
        if (p.type == GNU_PROPERTY_AARCH64_FEATURE_1_AND) {
            if (p.size != sizeof features)
                return false;
            memcpy(&features, at, sizeof features);
            f->guarded = features & GNU_PROPERTY_AARCH64_FEATURE_1_BTI;
        }
        last = p.type;
        at += ALIGN_UP(p.size, ALIGN);
    }
    return true;
}

static bool read_note(ElfFile *f, const uint8_t *note, uint64_t n)
{
    Elf64_Nhdr head;
    memcpy(&head, note, sizeof head);
    if (head.n_type != NT_GNU_PROPERTY_TYPE_0 || head.n_namesz != sizeof "GNU" ||
        memcmp(note + sizeof head, "GNU", sizeof "GNU") != 0)
        return false;
    return head.n_descsz <= n - HEAD_SIZE &&
           read_properties(f, note + HEAD_SIZE, note + HEAD_SIZE + head.n_descsz);
}

const char *elf_read_property(ElfFile *f)
{
    uint8_t note[NOTE_MAX];
    const Elf64_Phdr *p = f->property;
    f->guarded = false;
    if (!p || f->eh.e_machine != EM_AARCH64)
        return NULL;
    f->error = -ENOEXEC;
    if (p->p_filesz > sizeof note)
        return "its GNU properties are too large";
    long n = HS(__NR_pread64, f->fd, note, p->p_filesz, p->p_offset);
    if (n < HEAD_SIZE) {
        f->error = -EIO;
        return "its GNU properties cannot be read";
    }
    if (!read_note(f, note, (uint64_t)n))
        return "bad GNU properties";
    f->error = 0;
    return NULL;
}
