/*
 * execve and execveat of the guest.
 *
 * A program for the guest becomes
 *
 *     /proc/self/exe  ferry <inherited options> -0 <argv[0]> -- <path> <argv[1]>...
 *
 * so it works whether or not binfmt_misc knows ferry; scripts are followed to their interpreter
 * here for the same reason. Where /proc is not mounted, as in a tree that is being made, the path
 * by which ferry was started has to do. Everything else (native programs, formats of binfmt_misc)
 * goes to the kernel as it is. All errors that the kernel would give for the guest's program
 * (missing, not executable, bad ELF, no interpreter) are decided before the host's exec, which does
 * not return.
 *
 *     execve("./x.py", {"./x.py", "1"})   x.py starts with "#!/usr/bin/env python3", env is a guest
 *     -> ferry -0 /usr/bin/env -- /usr/bin/env python3 ./x.py 1
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <asm/fcntl.h>
#include <linux/mman.h>
#include <string.h>
#include "binfmt.h"
#include "elf_load.h"
#include "guestmem.h"
#include "guests.h"
#include "hostsys.h"
#include "log.h"
#include "paths.h"
#include "proc_exe.h"
#include "process.h"
#include "str.h"
#include "sysroot.h"
#include "sys_handlers.h"
#include "thread.h"

enum {
    HEAD_SIZE = 256,  /* the kernel's BINPRM_BUF_SIZE */
    SCRIPT_DEPTH = 5, /* scripts that name scripts */
    PREFIX_MAX = 64,  /* words before the program's own arguments */
};

/* One level of "#!": the words it puts in front. */
typedef struct Script {
    char line[HEAD_SIZE + 1];
    const char *interp, *arg; /* arg may be NULL */
} Script;

typedef enum Target { TARGET_NATIVE, TARGET_GUEST } Target;

/* Everything an exec needs, in one mapping of its own. */
typedef struct ExecPlan {
    Thread *t;
    int dirfd, flags;
    const char *path; /* what execve was given, on the host */
    int depth;        /* scripts followed */
    Script scripts[SCRIPT_DEPTH];
    char head[HEAD_SIZE];
    char path_buf[SYS_PATH_MAX + 32];
    char shown[SYS_PATH_MAX + 32]; /* /dev/fd/N form for descriptors */
    char interp[SYS_PATH_MAX], interp_at[SYS_PATH_MAX], exe[SYS_PATH_MAX];
    char fd_text[32];
    char comm[32]; /* --exec-comm=: named after the path as given, not after what it leads to */
    ElfFile elf;
    int fd;              /* open program, -1 none */
    bool sets_id;        /* the program that runs in the end is set-user-ID or set-group-ID */
    bool moved;          /* path is the sysroot's */
    bool pass_fd;        /* the child cannot open it by name */
    bool name_closes;    /* the descriptor in `shown` is closed by the exec */
    size_t size;         /* of this mapping */
    const char *words[]; /* the host's argv */
} ExecPlan;

/* Number of strings in a guest vector; -EFAULT. */
static long count_strings(GuestAddr v)
{
    uint64_t p;
    for (long n = 0; v; n++, v += 8) {
        if (!gm_copy_in(&p, v, 8))
            return -EFAULT;
        if (!p)
            return n;
    }
    return 0;
}

static long open_program(ExecPlan *x, int dirfd, const char *path)
{
    long fd = path_open_exec(dirfd, path, x->depth ? 0 : x->flags);
    if (hs_failed(fd))
        return fd;
    x->fd = (int)fd;
    x->sets_id = path_sets_id(x->fd);
    memset(x->head, 0, sizeof x->head);
    long r = HS(__NR_pread64, fd, x->head, HEAD_SIZE, 0);
    return r < 0 ? r : 0;
}

static void close_program(ExecPlan *x)
{
    if (x->fd >= 0)
        HS(__NR_close, x->fd);
    x->fd = -1;
}

static long check_property(ExecPlan *x)
{
    return elf_read_property(&x->elf) ? x->elf.error : 0;
}

/* The interpreter named in x->interp, of a program for `machine`. */
static long check_interp(ExecPlan *x, unsigned machine)
{
    bool found = sysroot_find(AT_FDCWD, x->interp, SYSROOT_FOLLOW, x->interp_at);
    long fd = path_open_exec(AT_FDCWD, found ? x->interp_at : x->interp, 0);
    if (hs_failed(fd))
        return fd;
    bool bad = elf_read(&x->elf, (int)fd) || x->elf.eh.e_machine != machine;
    long r = bad ? -ELIBBAD : check_property(x);
    elf_done(&x->elf);
    HS(__NR_close, fd);
    return r;
}

/* As binfmt_elf: bad headers are ENOEXEC; a missing interpreter is its own error, a bad ELIBBAD. */
static long check_guest_elf(ExecPlan *x)
{
    bool bad = elf_read(&x->elf, x->fd), dynamic = !bad && x->elf.interp;
    unsigned machine = x->elf.eh.e_machine;
    if (dynamic)
        bad = elf_interp_path(&x->elf, x->interp, sizeof x->interp);
    long r = bad ? x->elf.error : dynamic ? 0 : check_property(x);
    elf_done(&x->elf);
    return r == 0 && dynamic ? check_interp(x, machine) : r;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The first character of [at, last] that is no blank, or NULL. */
static char *skip_blanks(char *at, const char *last)
{
    while (at <= last && blank(*at))
        at++;
    return at <= last ? at : NULL;
}

/* The first blank or NUL of [at, last], or NULL. */
static char *find_break(char *at, const char *last)
{
    while (at <= last && !blank(*at) && *at)
        at++;
    return at <= last ? at : NULL;
}

/*
 * Splits "#! interp arg" as fs/binfmt_script.c does; -ENOEXEC when there is no interpreter. A line
 * counts as ended by a newline alone: without one before a NUL, all that was read is the line, and
 * what follows the interpreter's blank is its argument, even nothing.
 */
static long parse_script(ExecPlan *x, Script *s)
{
    char *start = s->line + 2, *last = s->line + HEAD_SIZE - 1, *end = start;
    memcpy(s->line, x->head, HEAD_SIZE);
    s->line[HEAD_SIZE] = 0;
    while (end <= last && *end && *end != '\n')
        end++;
    if (end > last || !*end) {
        char *name = skip_blanks(start, last);
        if (!name || !find_break(name, last))
            return -ENOEXEC; /* blank, or the path itself may be longer */
        end = last;
    }
    while (blank(end[-1]))
        end--;
    char *name = skip_blanks(start, end);
    if (!name || name == end)
        return -ENOEXEC;
    char *gap = find_break(name, end), *arg = gap && *gap ? skip_blanks(gap, end) : NULL;
    *end = 0;
    if (arg)
        *gap = 0;
    s->interp = name;
    s->arg = arg;
    return 0;
}

/* Follows scripts to the program that runs in the end. */
static long find_target(ExecPlan *x, Target *target)
{
    *target = TARGET_NATIVE;
    long r = open_program(x, x->dirfd, x->path);
    while (r == 0 && x->head[0] == '#' && x->head[1] == '!') {
        if (x->depth == SCRIPT_DEPTH)
            return -ELOOP;
        Script *s = &x->scripts[x->depth];
        r = parse_script(x, s);
        if (r)
            return r;
        if (x->name_closes)
            return -ENOENT; /* the interpreter could not open the script */
        close_program(x);
        x->depth++;
        bool found = sysroot_find(AT_FDCWD, s->interp, SYSROOT_FOLLOW, x->interp_at);
        /* An empty path is the directory itself for the kernel's own lookups: -EACCES. */
        r = open_program(x, AT_FDCWD, found ? x->interp_at : *s->interp ? s->interp : ".");
    }
    const GuestLinux *g = r ? NULL : guest_of_elf(x->head, sizeof x->head);
    if (!g)
        return r;
    *target = x->sets_id && binfmt_gives_credentials(g) ? TARGET_NATIVE : TARGET_GUEST;
    return check_guest_elf(x);
}

/* argv of the host: ferry's words, the scripts' words, the guest's arguments. */
static long build_words(ExecPlan *x, GuestAddr argv, long argc)
{
    size_t n = 0;
    const char **w = x->words;
    const char *program = x->depth ? x->scripts[x->depth - 1].interp : x->shown;
    uint64_t first = 0;
    if (argc && !gm_copy_in(&first, argv, 8))
        return -EFAULT;
    w[n++] = "ferry";
    n += options_inherit(&process.opt, w + n, PREFIX_MAX / 2);
    w[n++] = "-0";
    w[n++] = x->depth ? program : argc ? gm_ptr(first) : "";
    if (x->pass_fd && !x->depth) {
        StrBuf sb = STRBUF_ON(x->fd_text);
        sb_printf(&sb, "--exec-fd=c%d", x->fd);
        w[n++] = x->fd_text;
    }
    w[n++] = x->comm;
    if (x->depth) {
        w[n++] = "-exec-fn";
        w[n++] = x->shown;
    }
    w[n++] = "--";
    w[n++] = x->depth ? program : x->shown;
    for (int i = x->depth - 1; i >= 0; i--) {
        if (i < x->depth - 1)
            w[n++] = x->scripts[i].interp;
        if (x->scripts[i].arg)
            w[n++] = x->scripts[i].arg;
    }
    if (x->depth)
        w[n++] = x->shown;
    for (long i = 1; i < argc; i++)
        if (!gm_copy_in(&w[n++], argv + 8 * (uint64_t)i, 8))
            return -EFAULT;
    w[n] = NULL;
    return 0;
}

/* Ferry itself, by the kernel's link or, where /proc is not mounted, by the path it had. */
static long exec_ferry(ExecPlan *x, uint64_t envp)
{
    SysCtx *c = &x->t->sys;
    const char *self = process.opt.exec_self;
    if (x->pass_fd && !x->depth)
        HS(__NR_fcntl, x->fd, F_SETFD, 0);
    long r = sys_host_blocking(c, __NR_execve, (uintptr_t) "/proc/self/exe", (uintptr_t)x->words,
                               envp, 0, 0, 0);
    if (r == -ENOENT && self)
        r = sys_host_blocking(c, __NR_execve, (uintptr_t)self, (uintptr_t)x->words, envp, 0, 0, 0);
    return r;
}

/* The host's exec through the stub: a captured signal comes first. */
static long host_exec(ExecPlan *x, Target target, const uint64_t *a)
{
    Thread *t = x->t;
    long r = signal_before_exec(t);
    sys_limits_before_exec();
    if (r == 0 && target == TARGET_GUEST) {
        r = exec_ferry(x, a[3]);
        if (r == -ENOENT) /* binfmt_misc may know us */
            target = TARGET_NATIVE, r = 0;
    }
    if (r == 0 && target == TARGET_NATIVE) {
        uint64_t path = x->moved ? (uintptr_t)x->path : a[1];
        r = sys_host_blocking(&t->sys, __NR_execveat, (uint64_t)(int64_t)a[0], path, a[2], a[3],
                              a[4], 0);
    }
    sys_limits_exec_failed();
    signal_exec_failed(t);
    return r;
}

/* x->path, or where the sysroot has it: then in x->path_buf as well. */
static const char *find_in_sysroot(ExecPlan *x)
{
    unsigned mode = x->flags & AT_SYMLINK_NOFOLLOW ? 0 : SYSROOT_FOLLOW;
    if (sysroot_find(x->dirfd, x->path, mode, x->interp_at)) {
        memcpy(x->path_buf, x->interp_at, sizeof x->interp_at);
        x->moved = true;
    }
    return x->path_buf;
}

/* Names of the program: what to open now, and what the new program sees as its path. */
static long name_program(ExecPlan *x, GuestAddr path)
{
    StrBuf shown = {x->shown, sizeof x->shown, 0};
    long n = gm_copy_str(x->path_buf, path, SYS_PATH_MAX);
    if (n < 0)
        return n;
    if (n == 0 && !(x->flags & AT_EMPTY_PATH))
        return -ENOENT;
    x->path = x->path_buf;
    StrBuf comm = STRBUF_ON(x->comm);
    sb_printf(&comm, "--exec-comm=%s", str_basename(x->path));
    if (x->dirfd >= 0 && x->path[0] != '/')
        x->name_closes = HS(__NR_fcntl, x->dirfd, F_GETFD) == FD_CLOEXEC;
    if (n == 0) {
        StrBuf sb = {x->path_buf, sizeof x->path_buf, 0};
        sb_printf(&sb, "/proc/self/fd/%d", x->dirfd);
        sb_printf(&shown, "/dev/fd/%d", x->dirfd);
        x->dirfd = AT_FDCWD;
        x->pass_fd = true;
        return 0;
    }
    if (x->dirfd != AT_FDCWD && x->path[0] != '/') {
        sb_printf(&shown, "/dev/fd/%d/%s", x->dirfd, x->path);
        x->path = find_in_sysroot(x);
        x->pass_fd = true;
        return 0;
    }
    const char *own = proc_exe(x->dirfd, x->path, str_len(x->path), x->exe);
    sb_puts(&shown, own ? own : x->path);
    x->path = own ? own : find_in_sysroot(x);
    return 0;
}

/* a: dirfd, path, argv, envp, flags */
static long exec_run(Thread *t, const uint64_t a[5])
{
    long argc = count_strings(a[2]);
    if (argc < 0)
        return argc;
    size_t size = sizeof(ExecPlan) + sizeof(char *) * ((size_t)argc + PREFIX_MAX);
    long r = HS(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (hs_failed(r))
        return r;
    ExecPlan *x = (ExecPlan *)r;
    x->t = t;
    x->size = size;
    x->fd = -1;
    x->dirfd = (int)a[0];
    x->flags = (int)a[4];
    Target target = TARGET_NATIVE; /* with other flags: to be refused, or only a check */
    r = name_program(x, a[1]);
    if (r == 0 && !(x->flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)))
        r = find_target(x, &target);
    /* Executable but not readable: only the kernel can say. */
    if (r == -EACCES && x->fd < 0 && x->depth == 0) {
        target = TARGET_NATIVE;
        r = 0;
    }
    if (r == 0 && target == TARGET_GUEST)
        r = build_words(x, a[2], argc);
    if (r == 0)
        r = host_exec(x, target, a);
    close_program(x);
    HS(__NR_munmap, x, size);
    return r;
}

long sys_execve(SysCtx *c, const uint64_t a[6])
{
    const uint64_t b[5] = {(uint64_t)AT_FDCWD, a[0], a[1], a[2], 0};
    return exec_run(thread_of(c), b);
}

long sys_execveat(SysCtx *c, const uint64_t a[6])
{
    return exec_run(thread_of(c), a);
}
