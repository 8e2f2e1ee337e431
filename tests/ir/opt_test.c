/*
 * The passes on random IR: after any number of them a unit verifies and does the same as before,
 * in slots, memory, exit, sticky FP flags and the state at a planted fault.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "helpers.h"
#include "ir_interp.h"
#include "ir_random.h"
#include "log.h"
#include "opt.h"

enum { MAX_INSNS = 6000, WINDOW = 1024, TEXT_MAX = 1 << 20 };

static struct {
    Arena arena, scratch;
    IrUnit plain, opt;
    Vcpu *v[2];
    V128 *vals;
    uint8_t *mem, want_mem[WINDOW];
    char *text;
    uint64_t fail_at, accesses;
} t;

static void setup(void)
{
    cr_assert(arena_init(&t.arena, 16 << 20) && arena_init(&t.scratch, 16 << 20));
    cr_assert(ir_unit_init(&t.plain, &t.arena, MAX_INSNS));
    cr_assert(ir_unit_init(&t.opt, &t.arena, MAX_INSNS));
    ir_random_setup(&t.plain);
    ir_random_setup(&t.opt);
    t.mem = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(t.mem != MAP_FAILED);
    t.vals = aligned_alloc(16, (MAX_INSNS + 1) * sizeof *t.vals);
    t.text = malloc(TEXT_MAX);
    for (unsigned k = 0; k < 2; k++) {
        t.v[k] = aligned_alloc(64, ALIGN_UP(sizeof(Vcpu), 64));
        memset(t.v[k], 0, sizeof(Vcpu));
        memcpy(t.v[k]->helper_fn, helper_functions, sizeof helper_functions);
    }
}

TestSuite(opt, .init = setup, .timeout = 240);

static bool counted_access(IrInterpEnv *env, IrAccess *x)
{
    if (++t.accesses != t.fail_at)
        return ir_interp_access(env, x);
    x->fault = x->addr;
    return false;
}

static IrExit run(const IrUnit *u, Vcpu *v, uint64_t seed, uint32_t mode, uint32_t *fp)
{
    IrInterpEnv env = {
        .access = counted_access, .vals = t.vals, .cap_vals = MAX_INSNS + 1, .max_steps = 1000000};
    for (unsigned k = 0; k < WINDOW; k++)
        t.mem[k] = (uint8_t)(k * 37);
    ir_random_state(v, seed);
    v->mode = mode;
    t.accesses = 0;
    IrExit x = ir_interp_run(u, v, &env);
    *fp = env.fp_flags;
    return x;
}

static void copy_unit(IrUnit *to, const IrUnit *from)
{
    IrUnit own = *to;
    *to = *from;
    to->insns = own.insns, to->extra = own.extra;
    to->vconsts = own.vconsts, to->blocks = own.blocks;
    memcpy(to->insns, from->insns, from->n * sizeof *to->insns);
    memcpy(to->extra, from->extra, from->n_extra * sizeof *to->extra);
    memcpy(to->vconsts, from->vconsts, from->n_vconsts * sizeof *to->vconsts);
    memcpy(to->blocks, from->blocks, from->n_blocks * sizeof *to->blocks);
}

static void show(uint64_t seed, const char *what)
{
    StrBuf out = {t.text, TEXT_MAX, 0};
    ir_print(&t.plain, &out);
    sb_puts(&out, "=>\n");
    ir_print(&t.opt, &out);
    cr_assert_fail("seed %lu, fault at %lu: %s\n%s", seed, t.fail_at, what, t.text);
}

static void compare(const IrRandomConfig *c)
{
    char msg[256] = "";
    StrBuf err = STRBUF_ON(msg);
    uint32_t fp[2];
    IrExit a = run(&t.plain, t.v[0], c->seed, c->mode, &fp[0]);
    memcpy(t.want_mem, t.mem, WINDOW);
    IrExit b = run(&t.opt, t.v[1], c->seed, c->mode, &fp[1]);
    if (a.kind == IREXIT_IND && b.kind == IREXIT_JUMP)
        a.kind = b.kind; /* a computed jump to a known address is a direct one */
    if (a.kind != b.kind || a.pc != b.pc || a.ret != b.ret || a.data != b.data ||
        a.trap != b.trap || a.write != b.write)
        show(c->seed, "another exit");
    if (fp[0] != fp[1])
        show(c->seed, "other FP flags");
    if (memcmp(t.want_mem, t.mem, WINDOW) != 0)
        show(c->seed, "other memory");
    if (!ir_random_compare(t.v[0], t.v[1], &err))
        show(c->seed, msg);
}

static void check_many(uint32_t what, uint32_t mode, unsigned count)
{
    char msg[256];
    for (uint64_t seed = 1; seed <= count; seed++) {
        IrRandomConfig c = {.seed = seed,
                            .what = what,
                            .n_insns = 15 + (uint32_t)seed % 200,
                            .mode = mode,
                            .mem_base = (uint64_t)t.mem,
                            .mem_size = WINDOW};
        cr_assert(ir_random_unit(&t.plain, &c));
        for (uint32_t passes = 1; passes <= OPT_PASS_COUNT; passes++) {
            OptConfig cfg = {.passes = passes, .skip = passes == 2 ? seed % 2 : 0};
            copy_unit(&t.opt, &t.plain);
            arena_reset(&t.scratch, 1 << 20);
            opt_run(&t.opt, &t.scratch, &cfg);
            StrBuf err = STRBUF_ON(msg);
            if (!ir_verify(&t.opt, &err))
                show(seed, msg);
            t.fail_at = 0;
            compare(&c);
            if (passes < OPT_PASS_COUNT)
                continue;
            for (t.fail_at = 1; t.fail_at <= 6; t.fail_at++)
                compare(&c);
        }
    }
}

Test(opt, integers)
{
    check_many(IRR_INT | IRR_NARROW | IRR_GADDR, 0, 1500);
}

Test(opt, flags_and_exits)
{
    check_many(IRR_FLAGS | IRR_EXITS | IRR_MEM, 0, 1500);
}

Test(opt, memory)
{
    check_many(IRR_MEM | IRR_ATOMIC | IRR_FLAGS | IRR_GADDR, 0, 800);
}

Test(opt, blocks)
{
    check_many(IRR_BLOCKS | IRR_FLAGS | IRR_MEM | IRR_EXITS, 0, 800);
}

Test(opt, vectors_and_floats)
{
    check_many(IRR_VEC | IRR_FP | IRR_VFP | IRR_FLAGS, MODE_FP_CHECKED, 500);
}

Test(opt, everything)
{
    check_many(IRR_ALL & ~IRR_FAULTS, MODE_FP_CHECKED, 600);
}

static uint32_t count_op(const IrUnit *u, IrOp op)
{
    uint32_t n = 0;
    for (IrRef r = 1; r < u->n; r++)
        n += u->insns[r].op == op;
    return n;
}

/* The passes do something: random units shrink, and some flag sets are sunk. */
Test(opt, has_effect)
{
    uint32_t before = 0, after = 0, gets = 0, gets_left = 0, sunk = 0;
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        IrRandomConfig c = {.seed = seed,
                            .what = IRR_FLAGS | IRR_MEM | IRR_EXITS,
                            .n_insns = 120,
                            .mem_base = (uint64_t)t.mem,
                            .mem_size = WINDOW};
        cr_assert(ir_random_unit(&t.opt, &c));
        before += t.opt.n;
        gets += count_op(&t.opt, IR_GET);
        arena_reset(&t.scratch, 1 << 20);
        OptConfig cfg = {.passes = OPT_PASS_COUNT};
        opt_run(&t.opt, &t.scratch, &cfg);
        after += t.opt.n;
        gets_left += count_op(&t.opt, IR_GET);
        for (IrRef r = 1; r < t.opt.n; r++)
            sunk += t.opt.insns[r].op == IR_SET && t.opt.insns[r].aux & 1;
    }
    cr_assert_lt(after * 10, before * 9, "%u insns became %u", before, after);
    cr_assert_lt(gets_left, gets);
    cr_assert_gt(sunk, 10, "only %u sets sunk", sunk);
}
