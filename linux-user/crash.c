/*
 * The report of -d crash, on the log:
 *
 *     ferry: killed by SIGSEGV (code 1, address 0x8), program /bin/prog, process 71, thread 71
 *            x0=0000000000000008 ...
 *       #0  000055555555477c  third+0x14 in /bin/prog+0x77c
 *       #1  0000555555554798  main+0x10 in /bin/prog+0x798
 *       last system calls, the latest below:
 *         openat(AT_FDCWD, "/none", O_RDONLY) = -1 ENOENT (No such file or directory)
 *
 * Modules are found in the kernel's maps, one reading a frame: the process is about to end.
 */
#include "crash.h"
#include <asm/signal.h>
#include <string.h>
#include "guestmem.h"
#include "hostsys.h"
#include "log.h"
#include "maps.h"
#include "process.h"
#include "str.h"
#include "symbols.h"
#include "unwind.h"
#include "vcpu_regs.h"

enum { FRAMES_MAX = 64 };

/* The file mapped at an address. */
typedef struct Module {
    char path[SYS_PATH_MAX];
    uint64_t off;    /* of the address in the file */
    GuestAddr image; /* where the file's start is mapped, 0: nowhere */
} Module;

static bool in_vdso(GuestAddr pc)
{
    return pc - gm_addr(process.guest->vdso) < process.guest->vdso_size;
}

/* False when no file is there; m->path then says what is. */
static bool find_module(Module *m, GuestAddr pc)
{
    MapsReader r;
    MapsLine l;
    StrBuf path = STRBUF_ON(m->path);
    bool found = false;
    m->path[0] = 0;
    m->image = 0;
    if (in_vdso(pc)) {
        sb_puts(&path, "[vdso]");
        m->image = gm_addr(process.guest->vdso);
        return false;
    }
    if (!maps_open(&r, "/proc/self/maps"))
        return false;
    while (!found && maps_next(&r, &l)) {
        if (!str_eq(m->path, l.name)) { /* the first line of a file's */
            path.len = 0;
            sb_puts(&path, l.name);
            m->path[path.len] = 0;
            m->image = l.off ? 0 : l.start;
        }
        found = l.start <= pc && pc < l.end;
        m->off = l.off + (pc - l.start);
    }
    maps_close(&r);
    if (!found)
        m->image = 0;
    if (!found || !m->path[0])
        memcpy(m->path, "[no file]", sizeof "[no file]");
    return found && m->path[0] == '/';
}

static void show_frame(unsigned n, const UnwindFrame *f, const Module *m, bool file)
{
    char line[SYS_PATH_MAX + 256], name[ELF_SYMBOL_MAX];
    StrBuf sb = STRBUF_ON(line);
    uint64_t delta, back = f->innermost ? 0 : 1; /* behind a call lies perhaps the next function */
    sb_printf(&sb, "  #%-3u%016lx  ", n, f->pc);
    if (file && elf_symbol_at(m->path, m->off - back, name, &delta))
        sb_printf(&sb, "%s+0x%lx in ", name, delta + back);
    sb_puts(&sb, m->path);
    if (file)
        sb_printf(&sb, "+0x%lx", m->off);
    sb_putc(&sb, '\n');
    log_text(line, sb.len);
}

/* A static program may have no table of its unwind data in memory; its sections tell. */
static UnwindModule module_of(const Module *m, bool file)
{
    UnwindModule u = {file ? m->image : 0, 0};
    if (u.image)
        elf_section_at(m->path, ".eh_frame", &u.eh_frame);
    return u;
}

static bool is_sigreturn(GuestAddr pc)
{
    return pc == gm_addr(process.guest->vdso) + process.guest->vdso_sigreturn;
}

/* From a handler to what the signal interrupted, by the frame that the handler was given. */
static bool leave_signal(UnwindFrame *f)
{
    const GuestOps *g = process.guest->ops;
    GuestAddr regs = f->reg[f->sp] + process.guest->frame_regs;
    log_write("        by a signal\n");
    for (uint32_t i = 0; i < g->n_slots; i++) {
        const SlotDesc *s = &g->slots[i];
        uint64_t *to = i == g->slot_pc                       ? &f->pc
                       : s->gdb >= 0 && s->gdb < UNWIND_REGS ? &f->reg[s->gdb]
                                                             : NULL;
        if (to && s->type == SLOT_I64 && s->sigframe >= 0 &&
            !gm_copy_in(to, regs + 8 * (uint64_t)s->sigframe, 8))
            return false;
    }
    f->innermost = true;
    return true;
}

static void backtrace(Thread *t)
{
    UnwindFrame f;
    Module m;
    unwind_start(&f, &t->vcpu, process.guest->ops);
    for (unsigned n = 0; n < FRAMES_MAX; n++) {
        bool file = find_module(&m, f.pc);
        show_frame(n, &f, &m, file);
        if (is_sigreturn(f.pc)) {
            if (!leave_signal(&f))
                return;
            continue;
        }
        if (!unwind_step(&f, module_of(&m, file)))
            return;
    }
}

void crash_report(Thread *t, int sig, const SigInfo *info)
{
    const char *name = sys_signal_name(sig);
    rt_state_save(&t->vcpu);
    log_write("ferry: killed by %s (code %d, address 0x%lx), program %s, process %ld, thread %ld\n",
              name ? name : "a signal", info ? info->code : 0, info ? info->addr : 0,
              process.exe_path ? process.exe_path : "?", HS(__NR_getpid), HS(__NR_gettid));
    vcpu_dump(&t->vcpu, process.guest->ops, DUMP_GENERAL | DUMP_CONTROL);
    backtrace(t);
    log_write("  last system calls, the latest below:\n");
    sys_show_recent(&t->sys);
}

void crash_note_kill(Thread *t, uint64_t to, uint64_t sig)
{
    const uint64_t core = sig_bit(SIGABRT) | sig_bit(SIGQUIT) | sig_bit(SIGSYS);
    if (!LOG_ON(CRASH) || (int)sig < 1 || (int)sig > 64 || !(core & sig_bit((int)sig)) ||
        t->sighand->act[(int)sig - 1].handler != (uintptr_t)SIG_DFL)
        return;
    if ((int)to == HS(__NR_getpid) || (int)to == HS(__NR_gettid))
        crash_report(t, (int)sig, NULL);
}
