/*
 * Start of ferry: options, the guest program's environment, runtime, first thread. The only file
 * that names concrete guests and backends.
 *
 * ferry is a static position-independent executable without libc: _start (start_x64.S) calls
 * ferry_start on the kernel's stack, which relocates the image and changes to the first thread's
 * own stack; from then on the kernel's stack is the guest's.
 */
#include <asm/errno.h>
#include <elf.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <asm/fcntl.h>
#include <linux/resource.h>
#include <string.h>
#include "addrspace.h"
#include "binfmt.h"
#include "guestmem.h"
#include "guests.h"
#include "hostclock.h"
#include "hostsys.h"
#include "load.h"
#include "ownmap.h"
#include "paths.h"
#include "str.h"
#include "sysroot.h"
#include "thread.h"

enum { LOG_FD_MIN = 500 };
enum { PR_GET_MDWE_NR = 66 }; /* newer than some headers */

Process process;
_Noreturn void ferry_start(uint64_t *sp, const Elf64_Dyn *dyn);

static Boot boot;

static _Noreturn void quit(int status)
{
    for (;;)
        HS(__NR_exit_group, status);
}

static void quit_on(int status)
{
    if (status >= 0)
        quit(status);
}

/* ---- first steps ---- */

/* The image's own relocations: only "add the base" exists in a static PIE of hidden symbols. */
static void relocate(const Elf64_Dyn *dyn, uint64_t base)
{
    const Elf64_Rela *rela = NULL;
    size_t bytes = 0;
    for (; dyn->d_tag != DT_NULL; dyn++) {
        if (dyn->d_tag == DT_RELA)
            rela = (const Elf64_Rela *)(base + dyn->d_un.d_ptr);
        if (dyn->d_tag == DT_RELASZ)
            bytes = dyn->d_un.d_val;
    }
    for (; bytes; bytes -= sizeof *rela, rela++) {
        if (ELF64_R_TYPE(rela->r_info) != R_X86_64_RELATIVE)
            __builtin_trap();
        *(uint64_t *)(base + rela->r_offset) = base + (uint64_t)rela->r_addend;
    }
}

static void read_boot(uint64_t *sp)
{
    boot.argc = (int)sp[0];
    boot.argv = (char **)(sp + 1);
    boot.envp = boot.argv + boot.argc + 1;
    char **p = boot.envp;
    while (*p)
        p++;
    boot.aux = (const AuxEntry *)(p + 1);
}

/* ---- the program's words ---- */

static _Noreturn void no_memory(void)
{
    log_error("ferry: no memory to start\n");
    quit(STATUS_CANNOT_EXECUTE);
}

static void *boot_alloc(size_t n)
{
    void *p = arena_alloc(&process.arena, n);
    if (!p)
        no_memory();
    return p;
}

/*
 * The new stack image overwrites the kernel's tables, so the auxiliary vector moves to the arena.
 * Its random bytes and platform name lie just below the strings and stay.
 */
static void keep_aux(void)
{
    size_t n = 1;
    while (boot.aux[n - 1].type != AT_NULL)
        n++;
    AuxEntry *copy = boot_alloc(n * sizeof *copy);
    memcpy(copy, boot.aux, n * sizeof *copy);
    boot.aux = copy;
    uint64_t low = (uintptr_t)boot.argv[0];
    low = MIN(low, boot_aux(&boot, AT_RANDOM, low));
    boot.strings_low = MIN(low, boot_aux(&boot, AT_PLATFORM, low));
}

/* Name part of "NAME=value" equal to that of `change`? */
static bool same_name(const char *entry, const char *change)
{
    while (*change && *change != '=' && *entry == *change)
        entry++, change++;
    return *entry == '=' && (*change == 0 || *change == '=');
}

static void apply_change(Program *p, const EnvChange *e)
{
    size_t n = 0;
    bool placed = false;
    for (size_t i = 0; i < p->envc; i++) {
        if (!same_name(gm_ptr(p->envp[i]), e->text))
            p->envp[n++] = p->envp[i];
        else if (e->set && !placed)
            placed = true, p->envp[n++] = gm_addr(e->text);
    }
    if (e->set && !placed)
        p->envp[n++] = gm_addr(e->text);
    p->envc = n;
}

static void program_env(Program *p)
{
    size_t extra = 0, n = 0;
    for (const EnvChange *e = process.opt.env; e; e = e->next)
        extra++;
    while (boot.envp[n])
        n++;
    p->envp = boot_alloc((n + extra + 1) * 8);
    for (size_t i = 0; i < n; i++)
        p->envp[i] = gm_addr(boot.envp[i]);
    p->envc = n;
    for (const EnvChange *e = process.opt.env; e; e = e->next)
        apply_change(p, e);
}

/*
 * The guest's strings must lie one after the other for the kernel to show them as its command line,
 * so argv[0] takes the end of the place where the program's path stood. With one that is longer
 * than the path all of them move (strings_to_stack).
 */
static void place_argv0(Program *p, const char *name)
{
    size_t path_len = str_len(p->path) + 1, len = str_len(name) + 1;
    p->argv[0] = gm_addr(name);
    if (len > path_len)
        return;
    char *end = (char *)p->path + path_len, *copy = boot_alloc(path_len);
    memcpy(copy, p->path, path_len);
    memmove(end - len, name, len);
    p->path = copy;
    p->argv[0] = gm_addr(end - len);
}

static void program_args(Program *p)
{
    int i = process.opt.first_program_arg;
    bool preserved = boot_aux(&boot, AT_FLAGS, 0) & BINFMT_ARGV0;
    p->path = boot.argv[i];
    if (preserved && boot.argc > 2)
        i = 2; /* ferry path argv0 args... */
    p->argc = (size_t)(boot.argc - i);
    p->argv = boot_alloc((p->argc + 1) * 8);
    for (size_t k = 0; k < p->argc; k++)
        p->argv[k] = gm_addr(boot.argv[i + (int)k]);
    if (process.opt.argv0)
        place_argv0(p, process.opt.argv0);
    uint64_t fd = boot_aux(&boot, AT_EXECFD, ~0ull);
    if (fd != ~0ull) {
        process.opt.exec_fd = (int)fd;
        process.opt.exec_fd_close = true;
    }
}

static void push_strings(StackImage *s, GuestAddr *v, size_t n)
{
    GuestAddr lo, hi;
    if (n == 0 || program_strings_span(v, n, &lo, &hi))
        return;
    for (size_t i = n; i-- > 0;) {
        const char *text = gm_ptr(v[i]);
        v[i] = stack_push(s, text, str_len(text) + 1);
    }
}

/*
 * Texts that the guest keeps pointing to must lie on its stack, one after the other, not in ferry's
 * memory. The kernel's own strings are there already; where options changed some, all move.
 */
static void strings_to_stack(Program *p)
{
    StackImage s = {.sp = boot.strings_low};
    push_strings(&s, p->envp, p->envc);
    push_strings(&s, p->argv, p->argc);
    if ((const uint8_t *)p->path - process.arena.base < (int64_t)process.arena.size &&
        (const uint8_t *)p->path >= process.arena.base)
        p->path = gm_ptr(stack_push(&s, p->path, str_len(p->path) + 1));
    boot.strings_low = s.sp;
    if (process.opt.exec_fn)
        p->execfn = process.opt.exec_fn;
    else if (boot.by_binfmt)
        p->execfn = (const char *)boot_aux(&boot, AT_EXECFN, 0);
    else
        p->execfn = p->path;
}

/* ---- set-up in order ---- */

static void open_log(void)
{
    char path[SYS_PATH_MAX];
    StrBuf sb = STRBUF_ON(path);
    const char *name = process.opt.log_file;
    if (!name)
        return;
    for (; *name; name++) {
        if (name[0] == '%' && name[1] == 'd')
            sb_printf(&sb, "%ld", HS(__NR_getpid)), name++;
        else
            sb_putc(&sb, *name);
    }
    long fd = HS(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (hs_failed(fd)) {
        log_error("ferry: cannot open the log file %s\n", path);
        quit(STATUS_USAGE);
    }
    /* Away from the low numbers, which programs expect to get. */
    long high = HS(__NR_fcntl, fd, F_DUPFD_CLOEXEC, LOG_FD_MIN);
    if (!hs_failed(high)) {
        HS(__NR_close, fd);
        fd = high;
    }
    log_fd = (int)fd;
}

static void grow_stack_limit(void)
{
    struct rlimit64 lim;
    uint64_t want = process.opt.stack_size;
    if (!want || HS(__NR_prlimit64, 0, RLIMIT_STACK, 0, &lim) || lim.rlim_cur >= want)
        return;
    lim.rlim_cur = MIN(want, lim.rlim_max);
    HS(__NR_prlimit64, 0, RLIMIT_STACK, &lim, 0);
}

/* -cpu help asks for no program. */
static void print_cpu_help(void)
{
    const char *spec = process.opt.cpu;
    if (!spec || (!str_eq(spec, "help") && !str_eq(spec, "?")))
        return;
    for (GuestLinux *const *g = guests; *g; g++) {
        char text[4096];
        StrBuf out = STRBUF_ON(text);
        sb_printf(&out, "%s:\n", (*g)->ops->name);
        if ((*g)->ops->cpu_help)
            (*g)->ops->cpu_help(&out);
        HS(__NR_write, 1, out.buf, out.len);
    }
    quit(0);
}

/*
 * Whoever starts a program with more rights than his own must not steer ferry: then the environment
 * is the program's alone. What binfmt_misc puts on the command line is the program's as well, also
 * when it starts with a dash.
 */
static void read_options(void)
{
    static char *none[] = {NULL};
    bool by_kernel = boot.by_binfmt = binfmt_started(&boot);
    char **env = boot_aux(&boot, AT_SECURE, 0) ? none : boot.envp;
    quit_on(options_parse(&process.opt, &process.arena, by_kernel ? 1 : boot.argc, boot.argv, env));
    const char *self = (const char *)boot_aux(&boot, AT_EXECFN, 0);
    if (!self || *self != '/' || by_kernel || str_eq(self, "/proc/self/exe"))
        return;
    size_t n = str_len(self) + 1;
    process.opt.exec_self = memcpy(boot_alloc(n), self, n); /* the guest may write over it */
}

/* By the file's header. A file that is for no guest is refused when it is loaded. */
static void choose_guest(const Program *p)
{
    Elf64_Ehdr head;
    long got = HS(__NR_pread64, p->fd, &head, sizeof head, 0);
    GuestLinux *g = hs_failed(got) ? NULL : guest_of_elf(&head, (size_t)got);
    g = g ? g : guests[0];
    guest_choose(g);
    process.guest = g;
}

static GuestFeatures choose_cpu(const GuestOps *g)
{
    char text[128] = "";
    StrBuf err = STRBUF_ON(text);
    GuestFeatures f = {0};
    const char *spec = process.opt.cpu ? process.opt.cpu : "max";
    if (!g->features_parse(spec, &f, &err)) {
        log_error("ferry: -cpu %s: %s\n", spec, text);
        quit(STATUS_USAGE);
    }
    return f;
}

static HostFeatures choose_host(const BackendOps *b)
{
    char text[256] = "";
    StrBuf err = STRBUF_ON(text);
    HostFeatures f = b->probe();
    const char *spec = process.opt.host_features;
    if (spec && !b->narrow(spec, &f, &err)) {
        log_error("ferry: -host-features %s: %s\n", spec, text);
        quit(STATUS_USAGE);
    }
    return f;
}

enum { COLD_RUNS = 1, COLD_RUNS_YOUNG = 12 }; /* docs/tiers.md */

/*
 * How often code is interpreted before it is translated. Options that ask to see or check what is
 * translated mean all code.
 */
static uint8_t choose_cold_runs(const Options *o)
{
    const uint32_t looked = LOG_STAGES | 1u << LOG_EXEC | 1u << LOG_CPU;
    if (o->one_insn)
        return 0;
    if (o->cold_runs != COLD_RUNS_AUTO)
        return (uint8_t)MIN(o->cold_runs, COLD_RUNS_MAX);
    bool looks = o->verify || o->seed || o->dump_pc || o->opt_limit != ~0ull ||
                 o->unit_limit != ~0ull || log_mask & looked;
    return looks ? 0 : COLD_RUNS;
}

static void init_runtime(const GuestOps *g, const GuestFeatures *f)
{
    const Options *o = &process.opt;
    RtConfig cfg = {
        .guest = g,
        .backend = &backend_x64,
        .guest_features = *f,
        .code_at = as_code_at,
        .syscall = cpu_syscall,
        .vdso_start = gm_addr(process.guest->vdso),
        .vdso_end = gm_addr(process.guest->vdso) + process.guest->vdso_size,
        .cold_runs = choose_cold_runs(o),
        .cold_runs_young = o->cold_runs == COLD_RUNS_AUTO ? COLD_RUNS_YOUNG : 0,
        .quick_runs = (uint16_t)MIN(o->quick_runs, (uint64_t)INT16_MAX),
        .single_step = o->one_insn,
        .interpret = o->interpret,
        .wx_split = o->wx_split,
        .cache_size = MIN(o->tb_size, 1ull << 20) << 20,
        .ra_seed = (uint32_t)o->seed,
        .verify = o->verify,
        .opt_limit = (uint32_t)MIN(o->opt_limit, UINT32_MAX),
        .unit_limit = o->unit_limit,
        .coverage = o->coverage,
        .perf_map = o->perf_map,
        .dump_pc = o->dump_pc,
    };
    cfg.features = choose_host(cfg.backend);
    if (!rt_init(&cfg) || !as_init())
        quit(STATUS_CANNOT_EXECUTE);
    if (rt_code_is_split()) /* perhaps because of this, inherited over exec */
        process.no_new_code = HS(__NR_prctl, PR_GET_MDWE_NR, 0, 0, 0, 0) > 0;
}

static void init_thread(Thread *t)
{
    t->main = true;
    t->vcpu.guest = process.guest->ops;
    t->vcpu.process = &process;
    t->vcpu.thread = t;
    t->sys.vcpu = &t->vcpu;
    t->sys.abi = process.guest->abi;
    t->sys.user = t;
    t->sys.path_hook = path_hook;
    t->sys.release = process.opt.release;
    if (!rt_vcpu_init(&t->vcpu))
        no_memory();
    thread_use_altstack(t);
    signal_init(t);
}

static void init_registers(Thread *t, GuestAddr pc, GuestAddr sp)
{
    const GuestOps *g = process.guest->ops;
    *vcpu_slot64(&t->vcpu, &g->slots[g->slot_pc]) = pc;
    *vcpu_slot64(&t->vcpu, &g->slots[g->slot_sp]) = sp;
    if (process.guest->exec_state)
        process.guest->exec_state(&t->vcpu);
    rt_vcpu_enter(&t->vcpu);
    rt_state_load(&t->vcpu);
}

static void ferry_main(void *thread)
{
    Thread *t = thread;
    Program p = {.fd = -1};
    uint64_t hwcap[2] = {0};
    GuestAddr pc, sp;
    if (!arena_init_near(&process.arena, 64u << 20))
        no_memory();
    read_options();
    guests_init();
    sysroot_init();
    print_cpu_help();
    if (process.opt.binfmt) {
        binfmt_print();
        quit(0);
    }
    if (process.opt.first_program_arg >= boot.argc) {
        log_error("ferry: no program to run (try --help)\n");
        quit(STATUS_USAGE);
    }
    keep_aux();
    program_args(&p);
    program_env(&p);
    open_log();
    grow_stack_limit();
    process.page = boot_aux(&boot, AT_PAGESZ, 4096);
    quit_on(program_open(&p));
    choose_guest(&p);
    process.features = choose_cpu(process.guest->ops);
    process.guest->ops->hwcaps(&process.features, hwcap);
    if (process.guest->guard_prot)
        process.prot_guarded = process.guest->guard_prot(&process.features);
    init_runtime(process.guest->ops, &process.features);
    init_thread(t);
    /* The kernel's tables below its strings are not needed any more. */
    strings_to_stack(&p);
    quit_on(program_load(&p, &boot, hwcap, &pc, &sp));
    init_registers(t, pc, sp);
    cpu_loop(t);
}

void ferry_start(uint64_t *sp, const Elf64_Dyn *dyn)
{
    extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));
    extern const char _end[] __attribute__((visibility("hidden")));
    relocate(dyn, (uintptr_t)&__ehdr_start);
    ownmap_add(&__ehdr_start, (uintptr_t)_end - (uintptr_t)&__ehdr_start);
    read_boot(sp);
    hostclock_init((const void *)boot_aux(&boot, AT_SYSINFO_EHDR, 0));
    Thread *t = thread_alloc(0);
    if (!t)
        no_memory();
    thread_switch_stack(thread_stack_top(t), ferry_main, t);
}
