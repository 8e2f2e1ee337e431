/*
 * Arguments by kind, for rows that the host cannot take as they are: flag bits that differ, structs
 * that differ, paths that a hook may replace.
 *
 * Invariant: an argument that the kernel could refuse is left for the kernel to refuse: a struct
 * that cannot be read becomes an address that cannot be read, so order and choice of errnos stay
 * the kernel's.
 *
 * Example: fstat(3, p) of an aarch64 guest: the host fills its own struct stat on our stack, which
 * is written to p in the guest's layout; a bad p then gives EFAULT.
 */
#include "check.h"
#include "sys_impl.h"

/* No address: the kernel answers EFAULT if it looks, nothing if it does not. */
static const uint64_t BAD_ADDRESS = ~0ull;

typedef struct Marshal {
    SysCtx *c;
    const SysRow *row;
    const uint64_t *a; /* the guest's arguments */
    uint64_t host[6];
    uint32_t used; /* bytes of pool taken */
    uint8_t pool[SYS_STRUCT_MAX] __attribute__((aligned(16)));
} Marshal;

static void get_struct(Marshal *m, unsigned n, const SysArg *arg)
{
    const SysAbi *abi = m->c->abi;
    if (!m->a[n] || !sys_struct_differs(abi, arg->ref))
        return;
    uint32_t size = (uint32_t)ALIGN_UP(sys_struct_host_size(arg->ref), 16);
    CHECK(m->used + size <= sizeof m->pool);
    void *host = m->pool + m->used;
    m->used += size;
    m->host[n] = (uint64_t)(uintptr_t)host;
    if ((arg->dir & SYS_DIR_IN) && !sys_struct_get(abi, arg->ref, host, m->a[n]))
        m->host[n] = BAD_ADDRESS;
}

static long put_structs(Marshal *m, long ret)
{
    for (unsigned n = 0; n < m->row->nargs; n++) {
        const SysArg *arg = sys_row_arg(m->row, n);
        if (arg->kind != SYS_KIND_STRUCT || !(arg->dir & SYS_DIR_OUT) || m->host[n] == m->a[n])
            continue;
        const void *host = (const void *)(uintptr_t)m->host[n];
        if (!sys_struct_put(m->c->abi, arg->ref, m->a[n], host))
            return -EFAULT;
    }
    return ret;
}

static int dirfd_of(const SysRow *row, const uint64_t a[6], unsigned argno)
{
    bool has = argno && sys_row_arg(row, argno - 1)->kind == SYS_KIND_DIRFD;
    return has ? (int)a[argno - 1] : -100;
}

bool sys_path_arg(SysCtx *c, const SysRow *row, const uint64_t a[6], unsigned argno,
                  uint64_t *host_arg, long *result)
{
    *host_arg = a[argno];
    long len = c->path_hook ? gm_copy_str(c->path_in, a[argno], SYS_PATH_MAX) : -1;
    if (len < 0)
        return true; /* unreadable or too long: the kernel's own errno */
    unsigned slot = (row->paths & ((1u << argno) - 1)) != 0; /* a row has at most two paths */
    SysPathQuery q = {row, a, argno, dirfd_of(row, a, argno), c->path_in, (size_t)len};
    SysPathResult done = c->path_hook(c, &q, c->path[slot], result);
    CHECK(done <= SYS_PATH_DONE);
    if (done == SYS_PATH_REPLACED)
        *host_arg = (uint64_t)(uintptr_t)c->path[slot];
    return done != SYS_PATH_DONE;
}

/* False: a path hook finished the call with *result. */
static bool get_args(Marshal *m, long *result)
{
    for (unsigned n = 0; n < m->row->nargs; n++) {
        const SysArg *arg = sys_row_arg(m->row, n);
        if (m->row->paths >> n & 1) {
            if (!sys_path_arg(m->c, m->row, m->a, n, &m->host[n], result))
                return false;
        } else if (!(m->row->convert >> n & 1)) {
            continue;
        } else if (arg->kind == SYS_KIND_FLAGS) {
            m->host[n] = sys_flags_to_host(m->c->abi, arg->ref, m->a[n]);
        } else if (arg->kind == SYS_KIND_STRUCT) {
            get_struct(m, n, arg);
        }
    }
    return true;
}

long sys_marshal(SysCtx *c, const SysRow *row, const uint64_t a[6])
{
    Marshal m;
    m.c = c;
    m.row = row;
    m.a = a;
    m.used = 0;
    __builtin_memcpy(m.host, a, sizeof m.host);
    long ret;
    if (!get_args(&m, &ret))
        return ret;
    ret = sys_host_call(c, row, m.host);
    if (hs_failed(ret))
        return ret;
    if (row->ret == SYS_KIND_FLAGS)
        ret = (long)sys_flags_to_guest(c->abi, row->ret_ref, (uint64_t)ret);
    return row->convert ? put_structs(&m, ret) : ret;
}
