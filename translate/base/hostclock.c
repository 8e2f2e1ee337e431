/*
 * The vdso's functions are looked up once, by name, in its dynamic symbols. They return -errno, or
 * make the system call themselves for clocks that are not published.
 */
#include "hostclock.h"
#include <elf.h>
#include "hostsys.h"
#include "ownmap.h"

typedef int ClockFn(int clock, HostTime *t);
typedef int DayFn(HostTime *t, HostZone *z);

static ClockFn *vdso_gettime, *vdso_getres;
static DayFn *vdso_timeofday;

typedef struct Image {
    uintptr_t bias;
    const Elf64_Sym *sym, *sym_end;
    const char *str;
} Image;

/* The string table follows the symbols in every vdso: their number stands nowhere else without a
 * DT_HASH. */
static bool image_open(Image *im, const Elf64_Ehdr *eh)
{
    const Elf64_Phdr *ph = (const void *)((uintptr_t)eh + eh->e_phoff);
    const Elf64_Dyn *dyn = NULL;
    bool loaded = false;
    for (unsigned i = 0; i < eh->e_phnum; i++) {
        if (ph[i].p_type == PT_LOAD && !loaded) {
            im->bias = (uintptr_t)eh + ph[i].p_offset - ph[i].p_vaddr;
            loaded = true;
        } else if (ph[i].p_type == PT_DYNAMIC) {
            dyn = (const void *)((uintptr_t)eh + ph[i].p_offset);
        }
    }
    for (; loaded && dyn && dyn->d_tag != DT_NULL; dyn++) {
        if (dyn->d_tag == DT_SYMTAB)
            im->sym = (const void *)(im->bias + dyn->d_un.d_ptr);
        else if (dyn->d_tag == DT_STRTAB)
            im->str = (const void *)(im->bias + dyn->d_un.d_ptr);
    }
    im->sym_end = im->sym + ((uintptr_t)im->str - (uintptr_t)im->sym) / sizeof *im->sym;
    return im->sym && (uintptr_t)im->str > (uintptr_t)im->sym;
}

static uintptr_t image_function(const Image *im, const char *name)
{
    for (const Elf64_Sym *s = im->sym; s < im->sym_end; s++) {
        const char *a = im->str + s->st_name, *b = name;
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b && s->st_shndx != SHN_UNDEF)
            return im->bias + s->st_value;
    }
    return 0;
}

/* The guest must not take away what the functions need: the image, and the pages with the clocks
 * before it, of which the kernel has up to six. */
static void image_keep(const Elf64_Ehdr *eh)
{
    enum { PAGE = 4096, BEFORE_MAX = 8, AFTER = 2 };
    uintptr_t start = (uintptr_t)eh;
    uint8_t vec;
    for (int i = 0; i < BEFORE_MAX && HS(__NR_mincore, start - PAGE, PAGE, &vec) == 0; i++)
        start -= PAGE;
    ownmap_add((const void *)start, (uintptr_t)eh + AFTER * PAGE - start);
}

void hostclock_init(const void *image)
{
    Image im = {0};
    const Elf64_Ehdr *eh = image;
    if (!eh || eh->e_ident[EI_CLASS] != ELFCLASS64 || !image_open(&im, eh))
        return;
    vdso_gettime = (ClockFn *)image_function(&im, "__vdso_clock_gettime");
    vdso_getres = (ClockFn *)image_function(&im, "__vdso_clock_getres");
    vdso_timeofday = (DayFn *)image_function(&im, "__vdso_gettimeofday");
    image_keep(eh);
}

long hostclock_gettime(int clock, HostTime *t)
{
    return vdso_gettime ? vdso_gettime(clock, t) : HS(__NR_clock_gettime, clock, t);
}

long hostclock_getres(int clock, HostTime *t)
{
    return vdso_getres ? vdso_getres(clock, t) : HS(__NR_clock_getres, clock, t);
}

long hostclock_timeofday(HostTime *t, HostZone *z)
{
    return vdso_timeofday ? vdso_timeofday(t, z) : HS(__NR_gettimeofday, t, z);
}
