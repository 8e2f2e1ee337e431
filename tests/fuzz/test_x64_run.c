/*
 * Random IR as host code against the reference interpreter: slots, memory, exits and faults, at
 * every feature level, with the passes on and off and with random allocation.
 * X64_SEED=n in the environment runs that seed alone; a failure leaves x64_run.bin for objdump.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "ir_random.h"
#include "log.h"
#include "x64_run.h"

static void dump(X64Bench *b, const char *what)
{
    static char text[1 << 20];
    StrBuf sb = STRBUF_ON(text);
    sb_printf(&sb, "%s\n", what);
    ir_print(&b->unit, &sb);
    ra_print(&b->ra, &sb);
    fputs(text, stderr);
    FILE *f = fopen("x64_run.bin", "wb"); /* objdump -D -b binary -m i386:x86-64 */
    if (f) {
        fwrite(b->out.rw, 1, b->out.size, f);
        fclose(f);
    }
}

static void one(X64Bench *b, IrRandomConfig c, bool optimise, uint32_t ra_seed, unsigned level)
{
    char why[512], head[640];
    arena_reset(&b->ir_arena, 8 << 20);
    cr_assert(ir_unit_init(&b->unit, &b->ir_arena, X64_RUN_INSNS));
    ir_random_setup(&b->unit);
    if (!ir_random_unit(&b->unit, &c))
        return;
    b->unit.mode = c.mode;
    b->optimise = optimise;
    if (x64_bench_same(b, c.seed, ra_seed, why, sizeof why))
        return;
    snprintf(head, sizeof head, "seed %lu level %u what %x: %s", (unsigned long)c.seed, level,
             c.what, why);
    dump(b, head);
    cr_assert_fail("%s", head);
}

static void sweep(unsigned level, uint32_t what, uint32_t n_insns, unsigned count, uint32_t mode)
{
    HostFeatures f = x64_bench_features(level);
    X64Bench *b = x64_bench_open(&f, ir_random_slots, IRR_SLOTS, IRR_PC);
    const char *only = getenv("X64_SEED");
    for (unsigned k = 0; k < count; k++) {
        IrRandomConfig c = {.seed = k + 1000 * level,
                            .what = what,
                            .n_insns = n_insns,
                            .mode = mode,
                            .mem_base = (uint64_t)b->mem,
                            .mem_size = X64_RUN_WINDOW};
        if (!only || strtoull(only, NULL, 0) == c.seed)
            one(b, c, k & 1, k % 3 ? 0 : k + 1, level);
    }
    x64_bench_close(b);
}

static void levels(uint32_t what, uint32_t n_insns, unsigned count, uint32_t mode)
{
    for (unsigned level = 0; level < 3; level++)
        sweep(level, what, n_insns, count, mode);
}

Test(x64_run, integer)
{
    levels(IRR_INT, 20, 400, 0);
}
Test(x64_run, integer_long)
{
    levels(IRR_INT, 120, 150, 0);
}
Test(x64_run, flags)
{
    levels(IRR_INT | IRR_FLAGS, 40, 400, 0);
}
Test(x64_run, memory)
{
    levels(IRR_FLAGS | IRR_MEM | IRR_GADDR, 40, 400, 0);
}
Test(x64_run, atomics)
{
    levels(IRR_MEM | IRR_ATOMIC, 40, 300, 0);
}
Test(x64_run, exits)
{
    levels(IRR_FLAGS | IRR_MEM | IRR_EXITS, 60, 400, 0);
}
Test(x64_run, faults)
{
    levels(IRR_FLAGS | IRR_MEM | IRR_ATOMIC | IRR_EXITS | IRR_FAULTS, 60, 400, 0);
}
Test(x64_run, blocks)
{
    levels(IRR_FLAGS | IRR_MEM | IRR_BLOCKS | IRR_EXITS, 100, 200, 0);
}
Test(x64_run, calls)
{
    levels(IRR_FLAGS | IRR_MEM | IRR_CALLS, 60, 200, MODE_FP_CHECKED);
}
Test(x64_run, vectors)
{
    levels(IRR_MEM | IRR_VEC, 60, 200, 0);
}
Test(x64_run, floats)
{
    levels(IRR_MEM | IRR_FLAGS | IRR_FP | IRR_VEC | IRR_VFP | IRR_EXITS, 60, 200, MODE_FP_CHECKED);
}
/* Without vector FP, which RISC-V has not in this form. */
Test(x64_run, floats_riscv)
{
    levels(IRR_MEM | IRR_FP | IRR_EXITS, 60, 400, MODE_FP_DN | MODE_FP_RISCV);
}
Test(x64_run, everything)
{
    levels(IRR_ALL & ~(uint32_t)IRR_NARROW, 150, 200, MODE_FP_CHECKED);
}
