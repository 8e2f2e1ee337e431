/*
 * The system-call layer: what linux-user sees of it.
 *
 * The table (syscalls.tbl, ops.tbl) has one row a call; the generator turns it into const data. A
 * guest's call goes
 *
 *   sys_dispatch -> row of its number -> pass | convert arguments | handler | refuse
 *
 * and under --strace the same rows print it. Rows marked `custom` name a handler with the
 * signature SysHandler, called sys_<row>; those with `owner=linux-user` are written there, the
 * others in this folder. sys_handlers.h lists the prototypes. A missing handler is a link error.
 *
 * Invariants: nothing here keeps state except in SysCtx (one per guest thread, owned by it) and the
 * "reported once" bits of unknown calls (atomic). No locks, no allocation.
 *
 * Example: the exec loop got an svc with x8=63 (read on aarch64):
 *   long r = sys_dispatch(c, 63, x);             -> row `read`: auto, block
 *   SYS_RESTART   a signal came first: leave pc at the svc, deliver, let the guest run it again
 *   SYS_NORETURN_STATE  the handler set all registers itself (rt_sigreturn, execve)
 *   else          x0 = r, pc += 4
 */
#ifndef FERRY_SYS_H
#define FERRY_SYS_H

#include "types.h"
#include "vcpu.h"
#include "log.h"

typedef struct SysCtx SysCtx;
typedef struct SysRow SysRow;
typedef struct SysAbi SysAbi;

/*
 * Special results. Both lie among the errnos that a Linux kernel keeps for itself and never hands
 * to a program, so no real result equals them.
 */
enum {
    SYS_RESTART = -512,        /* interrupted before it had an effect: pc back to the call */
    SYS_NORETURN_STATE = -513, /* the guest's registers are already what they must be */
};

/* Custom handlers: arguments as the guest passed them, result as the guest shall see it. */
typedef long SysHandler(SysCtx *c, const uint64_t a[6]);

/* What a path hook did with the guest's path. */
typedef enum SysPathResult {
    SYS_PATH_KEEP,     /* use the guest's own string */
    SYS_PATH_REPLACED, /* out[] holds another path */
    SYS_PATH_DONE,     /* the whole call is done: *result is its result */
} SysPathResult;

typedef struct SysPathQuery {
    const SysRow *row; /* the call; row->id is SYS_ROW_openat and so on */
    const uint64_t *args;
    unsigned argno;   /* which argument the path is */
    int dirfd;        /* directory it is relative to, AT_FDCWD (-100) where the call has none */
    const char *path; /* the guest's path, copied in */
    size_t len;       /* its length */
} SysPathQuery;

/*
 * Every path argument of every call passes here when set (-L prefix, /proc/self/exe, ...).
 * `out` has SYS_PATH_MAX bytes. Unreadable or over-long guest paths never come here: the kernel
 * gives their errno.
 */
typedef SysPathResult SysPathHook(SysCtx *c, const SysPathQuery *q, char *out, long *result);

enum {
    SYS_PATH_MAX = 4096,
    SYS_PATH_ARGS = 2,
    SYS_RECENT = 8, /* lines of the trace that -d crash keeps, cut to SYS_RECENT_LINE */
    SYS_RECENT_LINE = 160,
};

/* One per guest thread. linux-user fills it and may embed it; `user` is its own. */
struct SysCtx {
    Vcpu *vcpu; /* poll word of the blocking stub */
    const SysAbi *abi;
    void *user;             /* linux-user's thread */
    SysPathHook *path_hook; /* NULL: paths go to the kernel as they are */
    const SysRow *row;      /* row being executed (a sub-row for ioctl, fcntl ...) */
    const char *release;    /* -r: uname release, NULL for the host's */
    /*
     * The mask of a call that waits with a mask of its own (rt_sigsuspend, ppoll ...) and that a
     * signal ended: this signal's handler runs with wait_mask and its sa_mask, and the frame holds
     * the mask from before the call. On from the call to the delivery.
     */
    uint64_t wait_mask;
    bool wait_mask_on;
    /*
     * Set, by a signal handler too, while synchronous signals that somebody sent may wait to be
     * unblocked by the guest, which the kernel does not know of. Calls that can block are then made
     * by the hook. The second one says whether EINTR came of nothing else, so that the call must
     * start again.
     */
    bool sync_waits;
    long (*sync_call)(struct SysCtx *c, long nr, const uint64_t a[6]);
    bool (*sync_only)(struct SysCtx *c);
    const uint64_t *call_mask;              /* of the call being made; NULL: the thread's */
    int32_t tid;                            /* shown by --strace; 0: ask the kernel each time */
    uint32_t recent_count;                  /* lines ever put in `recent` */
    char path[SYS_PATH_ARGS][SYS_PATH_MAX]; /* replaced paths of the running call */
    char path_in[SYS_PATH_MAX];             /* the guest's path while the hook looks at it */
    char recent[SYS_RECENT][SYS_RECENT_LINE];
};

typedef enum SysState {
    SYS_STATE_AUTO,    /* by its argument kinds alone */
    SYS_STATE_CUSTOM,  /* handler */
    SYS_STATE_PARTIAL, /* works, with a stated limit; handler or auto */
    SYS_STATE_NOSYS,   /* refused, with a stated reason */
} SysState;

/* How dispatch runs a row; derived by the generator from state, attributes and kinds. */
typedef enum SysHow {
    SYS_HOW_PASS,       /* all six arguments to the host call as they are */
    SYS_HOW_PASS_BLOCK, /* same through the blocking stub */
    SYS_HOW_MARSHAL,    /* arguments converted by kind, then pass or block */
    SYS_HOW_HANDLER,    /* sys_handlers[row->handler] */
    SYS_HOW_OPS,        /* a sub-row chosen by an argument decides */
    SYS_HOW_REFUSE,     /* -errno of the row */
} SysHow;

/* Attribute bits of a row. */
enum {
    SYS_ATTR_BLOCK = 1 << 0,      /* can sleep: host call goes through sys_stub */
    SYS_ATTR_NORETURN = 1 << 1,   /* does not come back when it succeeds: traced before the call */
    SYS_ATTR_LINUX_USER = 1 << 2, /* the handler lives in linux-user/ */
};

/* Plain data without pointers, so that the tables need no relocations. */
struct SysRow {
    uint16_t id;      /* SYS_ROW_*; a sub-row has its call's */
    uint16_t name;    /* offset in sys_strings */
    uint16_t host_nr; /* host's number, SYS_NO_HOST when it has none */
    uint16_t handler; /* index in sys_handlers */
    uint16_t ops;     /* index in sys_ops_sets when how is OPS */
    uint16_t error;   /* errno when refused */
    uint16_t args;    /* index of the first argument in sys_args */
    uint8_t nargs;
    uint8_t ret;     /* SysKind of the result */
    uint8_t how;     /* SysHow */
    uint8_t state;   /* SysState */
    uint8_t attrs;   /* SYS_ATTR_* */
    uint8_t convert; /* bit per argument whose kind may need get or put */
    uint8_t paths;   /* bit per argument that is a path */
    uint8_t ret_ref; /* enum of the result's kind */
};

enum { SYS_NO_HOST = 0xffff };

/*
 * A guest's system-call ABI as a value. `row_of` maps its numbers to rows; 0xffff marks a hole.
 * Layout and flag sets say which columns of structs.tbl and flags.tbl the guest uses.
 */
struct SysAbi {
    const char *name;    /* "aarch64" */
    const char *machine; /* uname -m */
    const uint16_t *row_of;
    uint32_t count;
    uint8_t layout;  /* SysLayout: column of structs.tbl */
    uint8_t flagset; /* SysFlagSet: column of flags.tbl */
    uint8_t word;    /* bytes of a long: 4 or 8 */
};

extern const SysAbi sys_abi_aarch64, sys_abi_riscv64;

/*
 * Runs the guest's call. Result: raw (-4095..-1 are errnos), SYS_RESTART or SYS_NORETURN_STATE.
 * A bad number gives -ENOSYS and is logged once per number on the UNIMP channel.
 */
long sys_dispatch(SysCtx *c, uint32_t nr, const uint64_t a[6]);

/* Name of a call for messages, "?" when there is none. */
const char *sys_name(const SysAbi *abi, uint32_t nr);

/* Names from flags.tbl: "ENOENT", "SIGSEGV"; NULL when unknown. */
const char *sys_errno_name(int err);
const char *sys_signal_name(int sig);

/*
 * open(2) flags between the guest's and the host's bits, for handlers in linux-user that make
 * descriptors of their own.
 */
uint64_t sys_open_flags_to_host(const SysAbi *abi, uint64_t flags);
uint64_t sys_open_flags_to_guest(const SysAbi *abi, uint64_t flags);

/*
 * Traces one line by hand, for events that are no calls ("--- SIGSEGV ... ---", "+++ exited +++").
 * Prints nothing unless --strace is on.
 */
void sys_trace_line(SysCtx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same of a signal that the guest gets; a copy of its siginfo_t. */
void sys_trace_signal(SysCtx *c, const void *siginfo);

/* Logs the thread's last calls, the latest last; under -d crash they are kept. */
void sys_show_recent(const SysCtx *c);

/*
 * The blocking stub, the only place where a thread may sleep in the kernel on the guest's behalf.
 *
 *   sys_stub_check:    cmp dword [poll], 0 ; jne sys_stub_exit
 *   sys_stub_syscall:  syscall
 *   sys_stub_after:    ret                            result is the kernel's
 *   sys_stub_exit:     result SYS_RESTART ; ret
 *
 * A signal handler that finds rip in [sys_stub_check, sys_stub_after) sets it to sys_stub_exit:
 * before the instruction nothing has happened; at it, the kernel asks for a restart (it has put
 * rip back). From sys_stub_after on, rax is the result. The stub keeps nothing on the stack and
 * nothing live in registers there, so editing rip alone is enough.
 */
long sys_stub(long nr, const uint64_t a[6], const uint32_t *poll);
extern const char sys_stub_check[], sys_stub_syscall[], sys_stub_after[], sys_stub_exit[];

/* True when the handler must move rip to sys_stub_exit. */
static inline bool sys_stub_must_exit(uint64_t pc)
{
    return pc >= (uint64_t)(uintptr_t)sys_stub_check && pc < (uint64_t)(uintptr_t)sys_stub_after;
}

/* A host call that can sleep, for handlers: through the stub with the thread's poll word. */
static inline long sys_host_blocking(SysCtx *c, long nr, uint64_t a0, uint64_t a1, uint64_t a2,
                                     uint64_t a3, uint64_t a4, uint64_t a5)
{
    const uint64_t a[6] = {a0, a1, a2, a3, a4, a5};
    return sys_stub(nr, a, &c->vcpu->poll);
}

/*
 * Around the host's execve: the new program inherits the limits, but not the runner's memory that
 * they were enlarged for (limits.c).
 */
void sys_limits_before_exec(void);
void sys_limits_exec_failed(void);

#include "sys_rows.h" /* generated: SYS_ROW_* */

#endif
