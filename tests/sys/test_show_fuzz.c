/*
 * Tracing survives any guest: every row is shown with arguments and results that no sane program
 * passes. Nothing is executed. A line must come out whole, ended, and within its buffer.
 */
#include "log.h"
#include "sys_fixture.h"
#include "sys_impl.h"

static uint64_t state = 0x9e3779b97f4a7c15ull;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint8_t *edge;

/* Pointers good, bad and at the edge; lengths small, huge and negative. */
static uint64_t odd_value(void)
{
    uint64_t r = next_random();
    switch (r >> 8 & 15) {
    case 0:
        return 0;
    case 1:
        return ~0ull;
    case 2:
        return (uint64_t)(uintptr_t)edge;
    case 3:
    case 4:
    case 5:
        return (uint64_t)(uintptr_t)edge - (r >> 16 & 255);
    case 6:
    case 7:
    case 8:
        return (uint64_t)(uintptr_t)edge - 4096 + (r >> 16 & 4095);
    case 9:
        return 1ull << (r >> 16 & 63);
    case 10:
        return gm_limit - (r >> 16 & 15);
    case 11:
    case 12:
        return r >> 16 & 63;
    case 13:
        return (uint64_t)INT64_MIN;
    case 14:
        return 0x7fffffff;
    default:
        return r;
    }
}

/* Memory full of values that are themselves odd: pointers in vectors, lengths, flags. */
static void fill_memory(void)
{
    uint64_t *p = (uint64_t *)(edge - 4096);
    for (unsigned i = 0; i < 512; i++)
        p[i] = odd_value();
}

static void show_once(const SysRow *row, int capture)
{
    static const long results[] = {-EFAULT, -4095, 0, 1, 5, 4096, SYS_RESTART, 1l << 40, 1l << 62};
    uint64_t a[6];
    for (unsigned i = 0; i < 6; i++)
        a[i] = odd_value();
    long ret = results[next_random() % ARRAY_LEN(results)];
    SysTrace t;
    sys_trace_enter(&t, &ctx, row, a);
    cr_assert_lt(t.sb.len, sizeof t.text);
    sys_trace_leave(&t, &ctx, row, a, ret);
    cr_assert_lt(t.sb.len, sizeof t.text);
    bool child = (row->id == SYS_ROW_clone || row->id == SYS_ROW_clone3) && ret == 0;
    cr_assert(child || t.text[t.sb.len - 1] == '\n', "row %s", sys_str(row->name));
    (void)!ftruncate(capture, 0);
    lseek(capture, 0, SEEK_SET);
}

Test(show, survives_any_argument, .init = fixture_start, .timeout = 60)
{
    int capture = memfd_create("trace", 0);
    log_fd = capture;
    log_mask = 1u << LOG_STRACE;
    ctx.tid = 1;
    edge = fixture_edge();
    for (unsigned round = 0; round < 40; round++) {
        fill_memory();
        for (unsigned i = 0; i < SYS_ROWS_WITH_OPS; i++)
            show_once(&sys_rows[i], capture);
    }
}

/* What dispatch takes as given about the tables. */
Test(show, rows_are_consistent)
{
    for (unsigned i = 0; i < SYS_ROWS_WITH_OPS; i++) {
        const SysRow *row = &sys_rows[i];
        bool plain = row->how == SYS_HOW_PASS || row->how == SYS_HOW_PASS_BLOCK;
        cr_assert_lt(row->id, SYS_ROW_COUNT);
        cr_assert(!plain || !row->convert, "%s", sys_str(row->name));
        cr_assert(!plain || row->host_nr != SYS_NO_HOST, "%s", sys_str(row->name));
        cr_assert_eq(row->how == SYS_HOW_REFUSE, row->error != 0, "%s", sys_str(row->name));
        cr_assert_eq(row->how == SYS_HOW_OPS, row->ops != SYS_NONE, "%s", sys_str(row->name));
        cr_assert(i >= SYS_ROW_COUNT || row->id == i);
    }
    for (unsigned i = 0; i < SYS_STRUCT_COUNT; i++)
        for (unsigned l = 0; l < SYS_LAYOUT_COUNT; l++)
            cr_assert_leq(sys_structs[i].size[l], SYS_STRUCT_MAX);
}
