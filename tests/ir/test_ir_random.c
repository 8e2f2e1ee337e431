/*
 * The random IR generator and the interpreter together: every unit verifies, survives printing and
 * parsing, ends within its bounds, and gives the same result when run twice.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "helpers.h"
#include "ir_interp.h"
#include "ir_random.h"
#include "log.h"

enum { MAX_INSNS = 4000, WINDOW = 1024, TEXT_MAX = 1 << 20 };

typedef struct Bench {
    Arena arena;
    IrUnit unit, again;
    Vcpu *v[2];
    V128 *vals;
    uint8_t *mem;
    char *text[2];
} Bench;

static Bench bench_open(void)
{
    Bench b;
    cr_assert(arena_init(&b.arena, 8 << 20));
    cr_assert(ir_unit_init(&b.unit, &b.arena, MAX_INSNS));
    cr_assert(ir_unit_init(&b.again, &b.arena, MAX_INSNS));
    ir_random_setup(&b.unit);
    ir_random_setup(&b.again);
    b.mem = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(b.mem != MAP_FAILED);
    b.vals = aligned_alloc(16, (MAX_INSNS + 1) * sizeof *b.vals);
    for (unsigned k = 0; k < 2; k++) {
        b.v[k] = aligned_alloc(64, ALIGN_UP(sizeof(Vcpu), 64));
        memset(b.v[k], 0, sizeof(Vcpu));
        memcpy(b.v[k]->helper_fn, helper_functions, sizeof helper_functions);
        b.text[k] = malloc(TEXT_MAX);
    }
    return b;
}

static void bench_close(Bench *b)
{
    arena_free(&b->arena);
    munmap(b->mem, WINDOW);
    free(b->vals);
    for (unsigned k = 0; k < 2; k++) {
        free(b->v[k]);
        free(b->text[k]);
    }
}

static IrExit run(Bench *b, const IrUnit *u, Vcpu *v, IrInterpEnv *env)
{
    *env = (IrInterpEnv){.vals = b->vals, .cap_vals = MAX_INSNS + 1, .max_steps = 1000000};
    for (unsigned k = 0; k < WINDOW; k++)
        b->mem[k] = (uint8_t)(k * 37);
    return ir_interp_run(u, v, env);
}

static void check_unit(Bench *b, const IrRandomConfig *c)
{
    char message[512] = "";
    StrBuf err = STRBUF_ON(message);
    cr_assert(ir_random_unit(&b->unit, c), "seed %lu: too large", c->seed);
    StrBuf t0 = {b->text[0], TEXT_MAX, 0}, t1 = {b->text[1], TEXT_MAX, 0};
    ir_print(&b->unit, &t0);
    bool ok = ir_verify(&b->unit, &err);
    cr_assert(ok, "seed %lu: %s\n%s", c->seed, message, b->text[0]);
    ok = ir_parse(&b->again, b->text[0], &err);
    cr_assert(ok, "seed %lu: %s", c->seed, message);
    ir_print(&b->again, &t1);
    cr_assert_str_eq(b->text[0], b->text[1], "seed %lu", c->seed);

    IrInterpEnv env[2];
    IrExit x[2];
    uint8_t mem[WINDOW];
    for (unsigned k = 0; k < 2; k++) {
        ir_random_state(b->v[k], c->seed);
        b->v[k]->mode = c->mode;
        x[k] = run(b, k ? &b->again : &b->unit, b->v[k], &env[k]);
        if (k == 0)
            memcpy(mem, b->mem, WINDOW);
    }
    cr_assert_neq(x[0].kind, IREXIT_LIMIT, "seed %lu does not end", c->seed);
    cr_assert_neq(x[0].kind, IREXIT_FAULT, "seed %lu leaves its window", c->seed);
    cr_assert_eq(x[0].kind, x[1].kind);
    cr_assert_eq(x[0].pc, x[1].pc);
    cr_assert_eq(x[0].data, x[1].data);
    cr_assert_eq(env[0].fp_flags, env[1].fp_flags);
    cr_assert(ir_random_compare(b->v[0], b->v[1], &err), "seed %lu: %s", c->seed, message);
    cr_assert_arr_eq(mem, b->mem, WINDOW);
}

static void check_many(uint32_t what, uint32_t mode)
{
    Bench b = bench_open();
    for (uint64_t seed = 1; seed <= 400; seed++) {
        IrRandomConfig c = {.seed = seed,
                            .what = what,
                            .n_insns = 20 + (uint32_t)seed,
                            .mode = mode,
                            .mem_base = (uint64_t)b.mem,
                            .mem_size = WINDOW};
        check_unit(&b, &c);
    }
    bench_close(&b);
}

Test(ir_random, integers)
{
    check_many(IRR_INT, 0);
}

Test(ir_random, narrow_and_flags)
{
    check_many(IRR_FLAGS | IRR_NARROW | IRR_GADDR, 0);
}

Test(ir_random, memory)
{
    check_many(IRR_FLAGS | IRR_MEM | IRR_ATOMIC | IRR_EXITS, 0);
}

Test(ir_random, vectors)
{
    check_many(IRR_VEC | IRR_MEM | IRR_BLOCKS, 0);
}

Test(ir_random, floats)
{
    check_many(IRR_VEC | IRR_FP | IRR_VFP | IRR_FLAGS, MODE_FP_CHECKED);
}

Test(ir_random, all)
{
    check_many(IRR_ALL & ~IRR_FAULTS, MODE_FP_CHECKED);
    check_many(IRR_ALL & ~IRR_FAULTS, MODE_FP_DN | MODE_FP_FZ | 3);
}

static GuestAddr window_base;

/* Memory that is the window, wherever an address points: nothing faults. */
static bool wrapped_access(IrInterpEnv *env, IrAccess *x)
{
    uint8_t *mem = env->opaque;
    for (uint32_t k = 0; k < x->size; k++) {
        uint8_t *cell = &mem[(x->addr + k) % WINDOW], *byte = (uint8_t *)x->data + k;
        if (x->write)
            *cell = *byte;
        else
            *byte = *cell;
    }
    return true;
}

static void mutate(IrUnit *u, uint64_t seed)
{
    uint64_t r = seed * 0x9e3779b97f4a7c15;
    for (unsigned k = 0; k < 1 + seed % 3; k++) {
        r ^= r << 13;
        r ^= r >> 7;
        r ^= r << 17;
        IrRef at = 1 + (IrRef)(r >> 40) % (u->n - 1);
        uint8_t *bytes = (uint8_t *)&u->insns[at];
        if (r & 1)
            u->insns[at].arg[r >> 1 & 1] = 1 + (uint32_t)(r >> 8) % u->n;
        else
            bytes[(r >> 8) % sizeof(IrInsn)] ^= (uint8_t)(1u << (r >> 16) % 8);
    }
}

static bool has_call(const IrUnit *u)
{
    for (IrRef r = 1; r < u->n; r++)
        if (u->insns[r].op == IR_CALL)
            return true;
    return false;
}

/* Damaged units are refused or can be run; printing and verifying never fall over. */
Test(ir_random, damaged_units)
{
    Bench b = bench_open();
    unsigned refused = 0, ran = 0;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        char message[256] = "";
        StrBuf err = STRBUF_ON(message), text = {b.text[0], TEXT_MAX, 0};
        IrRandomConfig c = {.seed = seed % 50,
                            .what = IRR_ALL & ~(IRR_CALLS | IRR_FAULTS),
                            .n_insns = 40,
                            .mem_base = 0x1000,
                            .mem_size = WINDOW};
        cr_assert(ir_random_unit(&b.unit, &c));
        mutate(&b.unit, seed);
        if (!ir_verify(&b.unit, &err)) {
            refused++;
            cr_assert(err.len > 0);
            continue;
        }
        ir_print(&b.unit, &text);
        if (has_call(&b.unit))
            continue;
        IrInterpEnv env = {.access = wrapped_access,
                           .opaque = b.mem,
                           .vals = b.vals,
                           .cap_vals = MAX_INSNS + 1,
                           .max_steps = 2000};
        ir_random_state(b.v[0], seed);
        ir_interp_run(&b.unit, b.v[0], &env);
        ran++;
    }
    cr_assert_gt(refused, 1000);
    cr_assert_gt(ran, 1000);
    bench_close(&b);
}

static bool guarded_access(IrInterpEnv *env, IrAccess *x)
{
    uint64_t at = x->addr - window_base;
    cr_assert_lt(at, WINDOW + 4096, "access at window + %lx", at);
    x->fault = window_base + MAX(at, WINDOW);
    if (at + x->size > WINDOW)
        return false;
    uint8_t *cell = (uint8_t *)env->opaque + at;
    memcpy(x->write ? cell : x->data, x->write ? x->data : cell, x->size);
    return true;
}

/* With IRR_FAULTS some units fault, on the page after the window. */
Test(ir_random, faults)
{
    Bench b = bench_open();
    unsigned faults = 0;
    window_base = 0x7000;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        IrRandomConfig c = {.seed = seed,
                            .what = IRR_MEM | IRR_VEC | IRR_FAULTS | IRR_BLOCKS,
                            .n_insns = 200,
                            .mem_base = window_base,
                            .mem_size = WINDOW};
        cr_assert(ir_random_unit(&b.unit, &c));
        IrInterpEnv env = {
            .access = guarded_access, .opaque = b.mem, .vals = b.vals, .cap_vals = MAX_INSNS + 1};
        ir_random_state(b.v[0], seed);
        IrExit x = ir_interp_run(&b.unit, b.v[0], &env);
        if (x.kind != IREXIT_FAULT)
            continue;
        faults++;
        cr_assert_geq(x.data, window_base + WINDOW);
        cr_assert_lt(x.pc - IRR_MODULE_BASE, b.unit.guest_insns * 4u);
        cr_assert_eq(*vcpu_slot64(b.v[0], &ir_random_slots[IRR_PC]), x.pc);
    }
    cr_assert_gt(faults, 50);
    bench_close(&b);
}

/* Every op turns up in some unit. */
Test(ir_random, covers_all_ops)
{
    Bench b = bench_open();
    unsigned seen[IR_OP_COUNT] = {0};
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        IrRandomConfig c = {.seed = seed,
                            .what = IRR_ALL,
                            .n_insns = 400,
                            .mem_base = (uint64_t)b.mem,
                            .mem_size = WINDOW};
        cr_assert(ir_random_unit(&b.unit, &c));
        for (IrRef r = 1; r < b.unit.n; r++)
            seen[b.unit.insns[r].op]++;
    }
    for (unsigned op = IR_CONST; op < IR_OP_COUNT; op++)
        cr_assert(seen[op] > 0, "op %s never made", ir_ops[op].text);
    bench_close(&b);
}
