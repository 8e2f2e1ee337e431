/*
 * Loading a guest program.
 *
 *   program_open: ferry: ./nothing: no such file        status 127
 *   program_load: maps the ELF file and its interpreter, puts argv, environment and auxiliary
 *   vector on the kernel's own stack below the strings it left there, and tells the kernel about
 *   the new program (PR_SET_MM_MAP: brk, cmdline, environ, auxv; comm) so that /proc, ps and brk(2)
 *   show the guest.
 */
#include "check.h"
#include "load.h"
#include <asm/errno.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <asm/fcntl.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include <string.h>
#include "addrspace.h"
#include "elf_load.h"
#include "guestmem.h"
#include "hostsys.h"
#include "paths.h"
#include "str.h"
#include "sysroot.h"

enum {
    AT_MINSIGSTKSZ_TYPE = 51, /* linux/auxvec.h of older headers lacks it */
    AUX_MAX = 32,
    HOST_RLIMIT_STACK = 3,
    HOST_X_OK = 1,
    STACK_GAP_MIN = 128 << 20,
};

#define DYN_BASE 0x555555554000u /* two thirds of a 47-bit space, as ELF_ET_DYN_BASE */

typedef struct Loader {
    const Program *p;
    const Boot *boot;
    ElfFile file;
    ElfImage image, interp;
    bool has_interp;
    char interp_path[SYS_PATH_MAX], interp_found[SYS_PATH_MAX];
} Loader;

uint64_t boot_aux(const Boot *b, uint64_t type, uint64_t otherwise)
{
    for (const AuxEntry *a = b->aux; a->type != AT_NULL; a++)
        if (a->type == type)
            return a->value;
    return otherwise;
}

static int open_failed(const char *path, long error)
{
    const char *name = sys_errno_name((int)-error);
    const char *why = error == -ENOENT    ? "no such file"
                      : error == -EACCES  ? "permission denied"
                      : error == -ENOTDIR ? "not a directory"
                      : error == -EISDIR  ? "is a directory"
                      : name              ? name
                                          : "cannot be opened";
    log_error("ferry: %s: %s\n", path, why);
    return error == -ENOENT || error == -ENOTDIR ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}

static void find_exe_path(int fd)
{
    char name[32];
    StrBuf sb = STRBUF_ON(name);
    char *path = arena_alloc(&process.arena, SYS_PATH_MAX);
    sb_printf(&sb, "/proc/self/fd/%d", fd);
    long n = path ? HS(__NR_readlinkat, AT_FDCWD, name, path, SYS_PATH_MAX - 1) : -1;
    if (n < 0)
        return;
    path[n] = 0;
    process.exe_path = path;
}

int program_open(Program *p)
{
    const Options *o = &process.opt;
    long fd = o->exec_fd;
    if (fd < 0) {
        char found[SYS_PATH_MAX];
        bool moved = sysroot_find(AT_FDCWD, p->path, SYSROOT_FOLLOW, found);
        fd = path_open_exec(AT_FDCWD, moved ? found : p->path, 0);
        if (hs_failed(fd))
            return open_failed(p->path, fd);
    }
    p->fd = (int)fd;
    find_exe_path(p->fd);
    return -1;
}

static int bad_program(const char *path, const char *why)
{
    log_error("ferry: %s: %s\n", path, why);
    return STATUS_CANNOT_EXECUTE;
}

static void note_mapped(void *user, GuestAddr start, GuestAddr end, int prot, int fd, uint64_t off)
{
    as_lock();
    as_mapped(start, end, prot, fd, off);
    as_unlock();
}

static uint64_t random_bits(const Boot *b, unsigned byte)
{
    uint64_t bits = 0, at = boot_aux(b, AT_RANDOM, 0);
    if (HS(__NR_personality, 0xffffffff) & ADDR_NO_RANDOMIZE || !at)
        return 0;
    memcpy(&bits, (const char *)at + byte, 4);
    return bits;
}

/* Where Debian has an interpreter of this name. */
static void name_package(StrBuf *sb, const char *interp)
{
    const GuestLinux *g = process.guest;
    if (str_eq(interp, g->interp))
        sb_printf(sb, "ferry: Debian has it in libc6:%s, or for -L /usr/%s in libc6-%s-cross\n",
                  g->debian_arch, g->triplet, g->debian_arch);
    else if (str_after(interp, "ld-musl-"))
        sb_printf(sb, "ferry: Debian has it in musl:%s; -L names a directory that holds it\n",
                  g->debian_arch);
    else
        sb_puts(sb, "ferry: use -L to name a directory that holds it\n");
}

/*
 * What to do about an interpreter that is not there: the places tried, the directory of the cross
 * compiler's libraries if they are installed, and else the packages that have it.
 */
static int no_interp(const Loader *l)
{
    const GuestLinux *g = process.guest;
    const char *root = process.opt.sysroot, *tail = root ? l->interp_path : "";
    char text[2 * SYS_PATH_MAX], cross[SYS_PATH_MAX];
    StrBuf sb = STRBUF_ON(text), at = STRBUF_ON(cross);
    sb_printf(&sb, "ferry: %s: its interpreter %s (%s) is missing; tried %s%s%s%s\n", l->p->path,
              l->interp_path, g->ops->name, root ? root : "", tail, root ? " and " : "",
              l->interp_path);
    sb_printf(&at, "/usr/%s%s", g->triplet, l->interp_path);
    if (HS(__NR_faccessat, AT_FDCWD, cross, HOST_X_OK) == 0)
        sb_printf(&sb, "ferry: it is in /usr/%s: use -L /usr/%s\n", g->triplet, g->triplet);
    else
        name_package(&sb, str_basename(l->interp_path));
    log_error("%s", text);
    return STATUS_NOT_FOUND;
}

/* Code that is made for guarded pages lies in such, where the CPU has them. */
static const char *guard_code(Loader *l, ElfMapOptions *o)
{
    const char *why = elf_read_property(&l->file);
    o->code_prot = l->file.guarded ? process.prot_guarded : 0;
    return why;
}

static int load_interp(Loader *l)
{
    bool found = sysroot_find(AT_FDCWD, l->interp_path, SYSROOT_FOLLOW, l->interp_found);
    const char *path = found ? l->interp_found : l->interp_path;
    unsigned machine = l->file.eh.e_machine;
    long fd = path_open_exec(AT_FDCWD, path, 0);
    if (fd == -ENOENT || fd == -ENOTDIR)
        return no_interp(l);
    if (hs_failed(fd))
        return open_failed(path, fd);
    ElfMapOptions o = {.mapped = note_mapped};
    const char *why = elf_read(&l->file, (int)fd);
    if (!why && l->file.eh.e_machine != machine)
        why = "an interpreter for another architecture than the program's";
    why = why ? why : guard_code(l, &o);
    if (!why)
        why = elf_map(&l->file, &o, &l->interp);
    elf_done(&l->file);
    HS(__NR_close, fd);
    return why ? bad_program(path, why) : -1;
}

static int load_images(Loader *l)
{
    const char *why = elf_read(&l->file, l->p->fd);
    if (!why && l->file.interp) {
        l->has_interp = true;
        why = elf_interp_path(&l->file, l->interp_path, sizeof l->interp_path);
    }
    /* A program with an interpreter lies where PIEs lie; without, in the mmap area. */
    ElfMapOptions o = {.mapped = note_mapped};
    if (l->has_interp)
        o.hint = DYN_BASE + (random_bits(l->boot, 0) & 0xfffffff) * ELF_PAGE;
    else
        why = why ? why : guard_code(l, &o); /* with one, it is the interpreter that guards it */
    if (!why)
        why = elf_map(&l->file, &o, &l->image);
    uint16_t phnum = l->file.eh.e_phnum;
    uint16_t type = l->file.eh.e_type;
    bool exec_stack = l->file.exec_stack;
    elf_done(&l->file);
    if (why)
        return bad_program(l->p->path, why);
    int status = l->has_interp ? load_interp(l) : -1;
    l->file.eh.e_phnum = phnum;
    l->file.eh.e_type = type;
    l->file.exec_stack = exec_stack;
    return status;
}

/* ---- the stack ---- */

typedef struct AuxList {
    AuxEntry e[AUX_MAX];
    size_t n;
} AuxList;

static void aux_add(AuxList *l, uint64_t type, uint64_t value)
{
    CHECK(l->n < AUX_MAX);
    l->e[l->n++] = (AuxEntry){type, value};
}

/* In the order of fs/binfmt_elf.c with arm64's ARCH_DLINFO. */
static void aux_fill(AuxList *a, const Loader *l, const uint64_t hwcap[2], GuestAddr platform,
                     GuestAddr execfn)
{
    const Boot *b = l->boot;
    aux_add(a, AT_SYSINFO_EHDR, gm_addr(process.guest->vdso));
    aux_add(a, AT_MINSIGSTKSZ_TYPE, process.guest->min_sigstack);
    aux_add(a, AT_HWCAP, hwcap[0]);
    aux_add(a, AT_PAGESZ, process.page);
    aux_add(a, AT_CLKTCK, boot_aux(b, AT_CLKTCK, 100));
    aux_add(a, AT_PHDR, l->image.phdr_addr);
    aux_add(a, AT_PHENT, sizeof(Elf64_Phdr));
    aux_add(a, AT_PHNUM, l->file.eh.e_phnum);
    aux_add(a, AT_BASE, l->has_interp ? l->interp.bias : 0);
    aux_add(a, AT_FLAGS, 0); /* ferry's own tell what binfmt_misc did */
    aux_add(a, AT_ENTRY, l->image.entry);
    static const uint8_t same[] = {AT_UID, AT_EUID, AT_GID, AT_EGID, AT_SECURE, AT_RANDOM};
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        aux_add(a, same[i], boot_aux(b, same[i], 0));
    if (hwcap[1])
        aux_add(a, AT_HWCAP2, hwcap[1]);
    aux_add(a, AT_EXECFN, execfn);
    if (platform)
        aux_add(a, AT_PLATFORM, platform);
}

static int build_stack(const Loader *l, const uint64_t hwcap[2], AuxList *aux, GuestAddr *sp)
{
    const Program *p = l->p;
    const char *platform = process.guest->ops->platform;
    StackImage s = {.sp = l->boot->strings_low};
    GuestAddr at = platform ? stack_push(&s, platform, str_len(platform) + 1) : 0;
    aux_fill(aux, l, hwcap, at, gm_addr(p->execfn));
    StackTable t = {p->argv, p->envp, p->argc, p->envc, aux->e, aux->n};
    *sp = stack_finish(&s, &t);
    if (!s.failed)
        return -1;
    log_error("ferry: %s: arguments and environment do not fit the stack limit\n", p->path);
    return STATUS_CANNOT_EXECUTE;
}

/*
 * PT_GNU_STACK with PF_X: code may lie on the stack (gcc's trampolines of nested functions), down
 * to where it can grow; the kernel keeps at least STACK_GAP_MIN free below its top.
 */
static void allow_stack_code(const Loader *l)
{
    struct {
        uint64_t soft, hard;
    } limit = {STACK_GAP_MIN, 0};
    const char *last = (const char *)boot_aux(l->boot, AT_EXECFN, l->boot->strings_low);
    GuestAddr end = ALIGN_UP((GuestAddr)last + str_len(last) + 1, process.page);
    if (!l->file.exec_stack)
        return;
    HS(__NR_prlimit64, 0, HOST_RLIMIT_STACK, 0, &limit);
    GuestAddr start = end - ALIGN_DOWN(MIN(limit.soft, (uint64_t)STACK_GAP_MIN), process.page);
    as_lock();
    as_mapped(start, end, PROT_READ | PROT_WRITE | PROT_EXEC, -1, 0);
    as_unlock();
}

/* ---- the kernel's view of the process ---- */

static GuestAddr choose_brk(const Loader *l)
{
    GuestAddr end = ALIGN_UP(l->image.brk, process.page);
    uint64_t gap = (random_bits(l->boot, 4) & 0x1fff) * process.page; /* 32 MiB */
    /* A static PIE lies in the mmap area; its heap goes where PIEs start. */
    if (l->file.eh.e_type == ET_DYN && !l->has_interp)
        end = DYN_BASE;
    return end + gap;
}

bool program_strings_span(const GuestAddr *v, size_t n, GuestAddr *start, GuestAddr *end)
{
    if (!n)
        return false;
    GuestAddr at = v[0];
    for (size_t i = 0; i < n; i++) {
        if (v[i] != at)
            return false;
        at += str_len(gm_ptr(v[i])) + 1;
    }
    *start = v[0];
    *end = at;
    return true;
}

/*
 * The process's name: the last part of the path that was executed, as it was given; with an empty
 * one (fexecve) that of the file.
 */
static const char *comm_of(const Program *p)
{
    const char *given = process.opt.exec_comm;
    if (!given)
        return str_basename(p->execfn);
    return *given || !process.exe_path ? given : str_basename(process.exe_path);
}

/* For the files of /proc that ferry then writes itself (overlay.c). */
static void keep_view(const struct prctl_mm_map *m)
{
    KernelView *v = arena_alloc(&process.arena, sizeof *v);
    if (!v || m->auxv_size > sizeof v->auxv)
        return;
    v->arg_start = m->arg_start;
    v->arg_end = m->arg_end;
    v->env_start = m->env_start;
    v->env_end = m->env_end;
    v->auxv_size = m->auxv_size;
    memcpy(v->auxv, m->auxv, m->auxv_size);
    process.view = v;
}

static void tell_kernel(const Loader *l, const AuxList *aux, GuestAddr sp)
{
    const Program *p = l->p;
    AuxEntry auxv[AUX_MAX + 1] = {0};
    GuestAddr brk = choose_brk(l);
    memcpy(auxv, aux->e, aux->n * sizeof auxv[0]);
    struct prctl_mm_map m = {
        .start_code = l->image.start_code,
        .end_code = l->image.end_code,
        .start_data = l->image.start_data,
        .end_data = MAX(l->image.end_data, l->image.start_data),
        .start_brk = brk,
        .brk = brk,
        .start_stack = sp,
        .arg_start = sp,
        .arg_end = sp,
        .env_start = sp,
        .env_end = sp,
        .auxv = (void *)auxv,
        .auxv_size = (uint32_t)((aux->n + 1) * sizeof auxv[0]),
        .exe_fd = (uint32_t)-1,
    };
    uint64_t lo, hi;
    lo = hi = sp;
    program_strings_span(p->argv, p->argc, &lo, &hi);
    m.arg_start = lo;
    m.arg_end = hi;
    lo = hi = sp;
    program_strings_span(p->envp, p->envc, &lo, &hi);
    m.env_start = lo;
    m.env_end = hi;
    process.brk_kernel = HS(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &m, sizeof m, 0) == 0;
    if (!process.brk_kernel)
        keep_view(&m);
    process.brk_start = process.brk_now = brk;
    HS(__NR_prctl, PR_SET_NAME, comm_of(p));
}

int program_load(const Program *p, const Boot *b, const uint64_t hwcap[2], GuestAddr *pc,
                 GuestAddr *sp)
{
    AuxList aux = {0};
    Loader *l = arena_alloc(&process.arena, sizeof *l);
    if (!l)
        return bad_program(p->path, "no memory to load it");
    memset(l, 0, sizeof *l);
    l->p = p;
    l->boot = b;
    int status = load_images(l);
    if (status >= 0)
        return status;
    if (process.opt.exec_fd < 0 || process.opt.exec_fd_close)
        HS(__NR_close, p->fd);
    as_lock();
    as_mapped(gm_addr(process.guest->vdso), gm_addr(process.guest->vdso) + process.guest->vdso_size,
              PROT_READ | PROT_EXEC, -1, 0);
    as_unlock();
    status = build_stack(l, hwcap, &aux, sp);
    if (status >= 0)
        return status;
    allow_stack_code(l);
    tell_kernel(l, &aux, *sp);
    process.image_start = l->image.start;
    process.image_end = l->image.end;
    *pc = l->has_interp ? l->interp.entry : l->image.entry;
    LOG(LOADER, "ferry: entry %lx, stack %lx, brk %lx%s\n", *pc, *sp, process.brk_start,
        process.brk_kernel ? "" : " (own)");
    return -1;
}
