/*
 * The register allocator on random units over the fake host of ra_fake.c.
 *
 * Two oracles: ra_check, and `run`, which executes the allocated unit along a random path with a
 * number for each value and looks whether every place that is read holds the number it should.
 * Planted errors: whatever `run` finds wrong, ra_check must have found too.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "log.h"
#include "ra_fake.h"

static Fake f;

static void setup(void)
{
    cr_assert(fake_init(&f));
}

static void teardown(void)
{
    fake_free(&f);
}

TestSuite(ra, .init = setup, .fini = teardown, .timeout = 120);

/* ---- execution with numbers ---- */

typedef struct Exec {
    uint64_t place[LOC_SLOT + 256];
    uint64_t value[8192]; /* by ref */
    uint64_t arch[FAKE_N_SLOTS];
    IrRef sunk[FAKE_N_SLOTS];
    uint64_t tick;
    const char *wrong;
    uint32_t at;
} Exec;

static Exec ex;

static RaLoc slot_place(uint32_t s)
{
    RaLoc p = f.target.pin_of_slot[s];
    return p != LOC_NONE ? p : (RaLoc)(LOC_SLOT | s);
}

static void expect(RaLoc l, uint64_t want, uint32_t i, const char *what)
{
    if (l != LOC_REMAT && (l >= ARRAY_LEN(ex.place) || ex.place[l] != want) && !ex.wrong) {
        ex.wrong = what;
        ex.at = i;
    }
}

static void exec_observe(const RaInsn *in, uint32_t i)
{
    for (uint32_t s = 0; s < FAKE_N_SLOTS; s++) {
        if (!ex.sunk[s]) {
            expect(slot_place(s), ex.arch[s], i, "slot");
            continue;
        }
        bool found = false;
        for (uint32_t k = in->first_snap; k < in->first_snap + in->n_snap; k++) {
            const RaSnap *sn = &f.ra.snaps[k];
            found |= sn->slot == s;
            for (uint32_t j = 0; j < sn->n_ops; j++)
                expect(sn->arg[j].loc, ex.value[sn->arg[j].ref], i, "recipe");
        }
        if (!found)
            expect(LOC_NONE, 0, i, "recipe missing");
    }
}

static void exec_ir(IrRef j)
{
    const IrInsn *x = &f.u.insns[j];
    if (x->op == IR_CONST || x->op == IR_VCONST || x->op == IR_GADDR)
        ex.value[j] = 0xc0000000 + j;
    if (x->op == IR_GET)
        ex.value[j] = ex.arch[x->imm];
    if (x->op == IR_SET) {
        ex.arch[x->imm] = ex.value[x->arg[0]];
        ex.sunk[x->imm] = x->aux & 1 ? j : 0;
    }
}

static void exec_insn(const RaInsn *in, uint32_t i)
{
    for (uint32_t k = in->first_move; k < in->first_move + in->n_moves; k++) {
        const RaMove *m = &f.ra.moves[k];
        ex.place[m->to] = m->from == LOC_REMAT ? 0xc0000000 + m->ref : ex.place[m->from];
    }
    const IrInsn *x = &f.u.insns[in->ir];
    if (in->observer || ir_effects(x) & EFF_TERM)
        exec_observe(in, i);
    for (uint32_t k = 0; k < in->n_ops; k++)
        expect(in->op[k].loc, ex.value[in->op[k].ref], i, "operand");
    for (uint32_t r = 0; r < LOC_NREGS; r++)
        if (in->clobbers >> r & 1)
            ex.place[r] = ++ex.tick;
    for (uint32_t k = 0; k < (uint32_t)in->n_tmp[0] + in->n_tmp[1]; k++)
        ex.place[in->tmp[k]] = ++ex.tick;
    for (uint32_t k = 0; k < in->n_dst; k++)
        ex.place[in->dst[k].loc] = ex.value[in->dst[k].ref] = ++ex.tick << 8;
    if (x->op == IR_SET && !(x->aux & 1) && f.target.pin_of_slot[x->imm] == LOC_NONE)
        ex.place[LOC_SLOT | x->imm] = ex.value[x->arg[0]];
}

static uint32_t exec_block(uint32_t b)
{
    uint32_t first = b ? f.ra.block_end[b - 1] : 0;
    IrRef j = f.u.blocks[b].first + f.u.blocks[b].n_params;
    for (uint32_t i = first; i < f.ra.block_end[b]; i++) {
        for (; j < f.ra.insns[i].ir; j++)
            exec_ir(j);
        exec_insn(&f.ra.insns[i], i);
        if (j == f.ra.insns[i].ir)
            exec_ir(j++);
    }
    const IrInsn *t = &f.u.insns[f.u.blocks[b].end - 1];
    if (t->op == IR_BRIF)
        return fake_rand(&f, 2) ? (uint32_t)t->imm : t->arg[1];
    if (t->op != IR_BR)
        return UINT32_MAX;
    uint64_t args[8];
    uint32_t n = ir_list_len(&f.u, t->arg[1]);
    for (uint32_t k = 0; k < n; k++)
        args[k] = ex.value[ir_list_refs(&f.u, t->arg[1])[k]];
    for (uint32_t k = 0; k < n; k++)
        ex.value[f.u.blocks[t->imm].first + k] = args[k];
    return (uint32_t)t->imm;
}

/* NULL when every read along some path was right, else what was wrong. */
static const char *run(void)
{
    memset(&ex, 0, sizeof ex);
    ex.tick = 1000;
    for (uint32_t s = 0; s < FAKE_N_SLOTS; s++)
        ex.place[slot_place(s)] = ex.arch[s] = s + 1;
    for (uint32_t b = 0, n = 0; b != UINT32_MAX && n < 12; n++)
        b = exec_block(b);
    return ex.wrong;
}

/* ---- tests ---- */

static char text[1 << 18];

static bool allocate_as(RaConfig cfg)
{
    arena_reset(f.ra.arena, 1 << 20);
    return ra_run(&f.ra, &cfg);
}

static bool allocate(uint32_t seed)
{
    return allocate_as((RaConfig){.random_seed = seed});
}

static void dump_and_fail(const char *what, uint32_t seed)
{
    StrBuf sb = STRBUF_ON(text);
    ir_print(&f.u, &sb);
    ra_print(&f.ra, &sb);
    fputs(text, stderr);
    cr_assert_fail("seed %u: %s (at %u)", seed, what, ex.at);
}

static void try_random(uint32_t n, bool loop, bool random_choice, uint32_t count)
{
    char msg[512];
    for (uint32_t seed = 1; seed <= count; seed++) {
        f.rng = seed * 7919;
        fake_random_unit(&f, n, loop);
        fake_select(&f);
        if (!allocate(random_choice ? seed : 0))
            dump_and_fail("ra_run gave up", seed);
        StrBuf err = STRBUF_ON(msg);
        if (!ra_check(&f.ra, &err))
            dump_and_fail(msg, seed);
        for (int path = 0; path < 3; path++)
            if (run())
                dump_and_fail(ex.wrong, seed);
    }
}

Test(ra, random_units_are_ssa)
{
    char msg[512];
    for (uint32_t seed = 1; seed <= 200; seed++) {
        f.rng = seed;
        fake_random_unit(&f, 60, seed & 1);
        StrBuf err = STRBUF_ON(msg);
        if (!ir_verify(&f.u, &err))
            dump_and_fail(msg, seed);
    }
}

Test(ra, short_blocks)
{
    try_random(12, false, false, 4000);
}

Test(ra, long_blocks)
{
    try_random(150, false, false, 600);
}

Test(ra, loops)
{
    try_random(20, true, false, 1500);
}

Test(ra, random_choices)
{
    try_random(30, false, true, 2000);
    try_random(20, true, true, 1500);
}

Test(ra, plain_constraints)
{
    f.plain = true;
    try_random(40, false, false, 1000);
}

/* Allocates f.u, lowered under the constraints of `rng`, and prints that into `to`. */
static void print_allocation(uint32_t rng, bool general, StrBuf *to)
{
    f.rng = rng;
    fake_select(&f);
    cr_assert(allocate_as((RaConfig){.general = general}));
    ra_print(&f.ra, to);
}

/* The short way of plain RaInsns does what the general way does, move by move. */
static void try_both_ways(uint32_t n, bool loop, uint32_t count)
{
    static char other[sizeof text];
    uint32_t plain = 0;
    for (uint32_t seed = 1; seed <= count; seed++) {
        f.rng = seed * 104729;
        fake_random_unit(&f, n, loop);
        uint32_t rng = f.rng;
        StrBuf a = STRBUF_ON(other), b = STRBUF_ON(text);
        print_allocation(rng, true, &a);
        print_allocation(rng, false, &b);
        for (uint32_t i = 0; i < f.ra.n; i++)
            plain += ra_is_plain(&f.ra.insns[i]);
        if (strcmp(text, other) != 0) {
            fputs(other, stderr);
            dump_and_fail("another allocation than the general way's", seed);
        }
    }
    cr_assert_gt(plain, count, "few RaInsns are plain");
}

Test(ra, short_way_is_the_general_way)
{
    try_both_ways(12, false, 1500);
    try_both_ways(100, false, 200);
    try_both_ways(20, true, 500);
    f.plain = true;
    try_both_ways(12, false, 500);
    try_both_ways(20, true, 500);
}

static uint32_t real_place(void)
{
    static const RaLoc some[] = {0, 1, 2, 3, 4, 5, 6, 32, 33, 34, 35, LOC_SPILL, LOC_SPILL + 1};
    return some[fake_rand(&f, ARRAY_LEN(some))];
}

/* Changes one field of the result; false when the chosen place does not have it. */
static bool mutate(void)
{
    RaUnit *ra = &f.ra;
    RaInsn *in = &ra->insns[fake_rand(&f, ra->n)];
    switch (fake_rand(&f, 5)) {
    case 0:
        if (!in->n_ops)
            return false;
        in->op[fake_rand(&f, in->n_ops)].loc = (RaLoc)real_place();
        return true;
    case 1:
        if (!in->n_dst)
            return false;
        in->dst[0].loc = (RaLoc)(fake_rand(&f, 7) + (in->dst[0].cls == RC_VEC ? LOC_VEC : 0));
        return true;
    case 2:
        if (!in->n_moves)
            return false;
        in->n_moves--;
        return true;
    case 3:
        if (!in->n_moves)
            return false;
        ra->moves[in->first_move + fake_rand(&f, in->n_moves)].to = (RaLoc)real_place();
        return true;
    default:
        if (!in->n_snap || ra->snaps[in->first_snap].arg[0].loc == LOC_REMAT)
            return false;
        ra->snaps[in->first_snap].arg[0].loc = (RaLoc)real_place();
        return true;
    }
}

Test(ra, checker_finds_planted_errors)
{
    char msg[512];
    uint32_t harmful = 0;
    for (uint32_t seed = 1; seed <= 6000; seed++) {
        f.rng = seed * 31337;
        fake_random_unit(&f, 25, seed % 3 == 0);
        fake_select(&f);
        cr_assert(allocate(0));
        if (!mutate())
            continue;
        StrBuf err = STRBUF_ON(msg);
        bool passes = ra_check(&f.ra, &err);
        const char *wrong = run();
        harmful += wrong != NULL;
        if (wrong && passes)
            dump_and_fail("the checker passed a harmful change", seed);
    }
    cr_assert_gt(harmful, 800, "only %u planted errors did harm", harmful);
}

/* add x0, x0, #1: made in place, no move at all. */
Test(ra, hint_makes_value_in_its_pin)
{
    IrUnit *u = &f.u;
    ir_unit_reset(u);
    IrRef a = ir_get(u, IR_I64, 0), c = ir_const(u, IR_I64, 1);
    IrRef v = ir_op2(u, IR_ADD, IR_I64, a, c);
    ir_set(u, 0, v);
    ir_op1(u, IR_XJUMP, IR_VOID, ir_gaddr(u, 0x10));
    u->blocks[0].end = u->n;
    f.plain = true;
    fake_select(&f);
    cr_assert(allocate(0));
    cr_assert_eq(f.ra.n_moves, 0);
    cr_assert_eq(f.ra.insns[0].dst[0].loc, f.target.pin_of_slot[0]);
}

/* The same with an observer between: the new value must wait in a temp. */
Test(ra, no_hint_across_an_observer)
{
    IrUnit *u = &f.u;
    ir_unit_reset(u);
    IrRef a = ir_get(u, IR_I64, 0), c = ir_const(u, IR_I64, 1);
    IrRef v = ir_op2(u, IR_ADD, IR_I64, a, c);
    ir_ld(u, IR_I64, MEM_64, a, 0, 0);
    ir_set(u, 0, v);
    ir_op1(u, IR_XJUMP, IR_VOID, ir_gaddr(u, 0x10));
    u->blocks[0].end = u->n;
    f.plain = true;
    fake_select(&f);
    cr_assert(allocate(0));
    cr_assert_neq(f.ra.insns[0].dst[0].loc, f.target.pin_of_slot[0]);
    cr_assert_eq(f.ra.n_moves, 2);
}
