/*
 * From a guest's call number to its row, and from the row to what it does.
 *
 * The common case is two loads and a host call: number -> row -> SYS_HOW_PASS. A row with paths
 * takes the marshalling way only while a path hook is set. Nothing here keeps state but the bits
 * of calls already reported.
 */
#include "check.h"
#include "sys_impl.h"

/* Calls reported as missing, a bit a number; numbers beyond share the last bit. */
enum { REPORTED_BITS = 512 };
static uint64_t reported[REPORTED_BITS / 64];

const SysAbi sys_abi_aarch64 = {
    .name = "aarch64",
    .machine = "aarch64",
    .row_of = sys_numbers_aarch64,
    .count = SYS_NUMBERS_G64,
    .layout = SYS_LAYOUT_G64,
    .flagset = SYS_FLAGSET_ARM,
    .word = 8,
};

const SysAbi sys_abi_riscv64 = {
    .name = "riscv64",
    .machine = "riscv64",
    .row_of = sys_numbers_riscv64,
    .count = SYS_NUMBERS_G64,
    .layout = SYS_LAYOUT_RV64,
    .flagset = SYS_FLAGSET_GENERIC,
    .word = 8,
};

static bool report_first_time(uint32_t nr)
{
    uint32_t bit = MIN(nr, REPORTED_BITS - 1u);
    uint64_t mask = 1ull << (bit % 64);
    return !(__atomic_fetch_or(&reported[bit / 64], mask, __ATOMIC_RELAXED) & mask);
}

static long refuse_unknown(SysCtx *c, uint32_t nr)
{
    if (LOG_ON(UNIMP) && report_first_time(nr))
        log_write("system call %u of %s is unknown: ENOSYS\n", nr, c->abi->name);
    return -ENOSYS;
}

static long refuse_row(SysCtx *c, const SysRow *row, uint32_t nr)
{
    if (LOG_ON(UNIMP) && report_first_time(nr))
        log_write("system call %u (%s) is refused: %s\n", nr, sys_str(row->name),
                  sys_errno_name(row->error));
    return -(long)row->error;
}

/* Index of the sub-row with this key, or -1. */
static int find_key(const SysOpsSet *s, uint64_t key)
{
    const uint64_t *keys = &sys_op_keys[s->first - SYS_ROW_COUNT];
    int lo = 0, hi = s->count - 1;
    while (lo <= hi) {
        int mid = (lo + hi) / 2;
        if (keys[mid] == key)
            return mid;
        if (keys[mid] < key)
            lo = mid + 1;
        else
            hi = mid - 1;
    }
    return -1;
}

const SysRow *sys_find_op(const SysRow *row, const uint64_t a[6])
{
    const SysOpsSet *s = &sys_ops_sets[row->ops];
    uint64_t key = (uint32_t)a[s->key] & s->mask;
    if (s->key2 != SYS_LEN_NONE)
        key = key << 32 | (uint32_t)a[s->key2];
    int i = find_key(s, key);
    return i < 0 ? row : &sys_rows[s->first + i];
}

/* A call that can sleep. */
static long call_blocking(SysCtx *c, long nr, const uint64_t a[6])
{
    long r;
    if (LIKELY(!c->sync_waits))
        r = sys_stub(nr, a, &c->vcpu->poll);
    else
        r = c->sync_call(c, nr, a);
    return UNLIKELY(r == -EINTR && c->sync_waits) && c->sync_only(c) ? SYS_RESTART : r;
}

long sys_host_call(SysCtx *c, const SysRow *row, const uint64_t a[6])
{
    if (row->attrs & SYS_ATTR_BLOCK)
        return call_blocking(c, row->host_nr, a);
    return HS(row->host_nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long run_row(SysCtx *c, const SysRow *row, uint32_t nr, const uint64_t a[6])
{
    c->row = row;
    if (UNLIKELY(row->paths) && c->path_hook && row->how <= SYS_HOW_PASS_BLOCK)
        return sys_marshal(c, row, a);
    switch ((SysHow)row->how) {
    case SYS_HOW_PASS:
        return HS(row->host_nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    case SYS_HOW_PASS_BLOCK:
        return call_blocking(c, row->host_nr, a);
    case SYS_HOW_MARSHAL:
        return sys_marshal(c, row, a);
    case SYS_HOW_HANDLER:
        return sys_handlers[row->handler](c, a);
    case SYS_HOW_OPS: { /* no sub-row has this operation */
        uint16_t error = sys_ops_sets[row->ops].error;
        return error ? -(long)error : sys_host_call(c, row, a);
    }
    case SYS_HOW_REFUSE:
        return refuse_row(c, row, nr);
    }
    CHECK(row->how <= SYS_HOW_REFUSE);
    return -ENOSYS;
}

/* Kept out of line: the trace's text is large and belongs on no untraced call's stack. */
static __attribute__((noinline)) long run_traced(SysCtx *c, const SysRow *row, uint32_t nr,
                                                 const uint64_t a[6])
{
    SysTrace t;
    uint64_t copy[6];
    __builtin_memcpy(copy, a, sizeof copy); /* handlers may change the guest's registers */
    sys_trace_enter(&t, c, row, copy);
    long ret = run_row(c, row, nr, a);
    sys_trace_leave(&t, c, row, copy, ret);
    return ret;
}

long sys_dispatch(SysCtx *c, uint32_t nr, const uint64_t a[6])
{
    const SysAbi *abi = c->abi;
    uint16_t n = nr < abi->count ? abi->row_of[nr] : (uint16_t)SYS_NONE;
    if (UNLIKELY(n == SYS_NONE)) {
        sys_trace_line(c, "syscall_%u(0x%lx, 0x%lx, 0x%lx, ...) = -1 ENOSYS", nr, a[0], a[1], a[2]);
        return refuse_unknown(c, nr);
    }
    const SysRow *row = &sys_rows[n];
    if (row->how == SYS_HOW_OPS)
        row = sys_find_op(row, a);
    if (UNLIKELY(log_mask & (1u << LOG_STRACE | 1u << LOG_CRASH)))
        return run_traced(c, row, nr, a);
    return run_row(c, row, nr, a);
}

const char *sys_name(const SysAbi *abi, uint32_t nr)
{
    uint16_t n = nr < abi->count ? abi->row_of[nr] : (uint16_t)SYS_NONE;
    return n == SYS_NONE ? "?" : sys_str(sys_rows[n].name);
}

const char *sys_errno_name(int err)
{
    if (err <= 0 || (uint32_t)err >= sys_errno_count || !sys_errnos[err].name)
        return NULL;
    return sys_str(sys_errnos[err].name);
}

const char *sys_signal_name(int sig)
{
    const SysFlagSet *s = &sys_flag_sets[SYS_SET_signal];
    for (unsigned i = 0; i < s->count; i++) {
        const SysFlagItem *it = &sys_flag_items[s->first + i];
        if (it->value[0] == (uint64_t)sig)
            return sys_str(it->name);
    }
    return NULL;
}
