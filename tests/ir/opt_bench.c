/*
 * Time of each translation stage per guest instruction, over the code of an A64 ELF executable:
 * opt_bench FILE [show ADDRESS]. With `show`, prints one unit at each stage instead.
 *
 * Units are formed as tier 1 does without following jumps: from an address to the first
 * terminator, at most UNIT_MAX instructions; each address after a unit starts the next one. The
 * whole is done ROUNDS times, and each stage's best time is printed.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "a64.h"
#include "backend.h"
#include "ir_build.h"
#include "log.h"
#include "opt.h"

enum { IR_MAX = 4096, UNIT_MAX = 32, N_STAGES = 6, ROUNDS = 10, RA_MAX = 8192 };
static const char *const stage_names[N_STAGES] = {"front", "fold", "dead", "sink", "select", "ra"};

static struct {
    uint8_t *file;
    const uint8_t *text;
    uint64_t addr, size;
    Arena arena, scratch;
    IrUnit u;
    RaUnit ra;
    RaTarget target;
    GuestFeatures features;
    uint64_t ticks[N_STAGES], guest_insns, ir_insns, ir_after, ra_insns, moves, units, failed;
    uint64_t spills, loads, consts, sunk;
    bool show;
} b;

static char text[1 << 18];

static uint64_t ticks(void)
{
    uint32_t lo, hi;
    __asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

static bool load(const char *name)
{
    FILE *f = fopen(name, "rb");
    if (!f)
        return false;
    b.file = malloc(64 << 20);
    size_t n = fread(b.file, 1, 64 << 20, f);
    fclose(f);
    const Elf64_Ehdr *eh = (const Elf64_Ehdr *)b.file;
    if (n < sizeof *eh || memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0)
        return false;
    const Elf64_Shdr *sh = (const Elf64_Shdr *)(b.file + eh->e_shoff);
    const char *names = (const char *)b.file + sh[eh->e_shstrndx].sh_offset;
    for (unsigned k = 0; k < eh->e_shnum; k++)
        if (strcmp(names + sh[k].sh_name, ".text") == 0) {
            b.text = b.file + sh[k].sh_offset;
            b.addr = sh[k].sh_addr;
            b.size = sh[k].sh_size;
        }
    return b.text != NULL;
}

static bool open_all(void)
{
    StrBuf err = STRBUF_ON(text);
    if (!arena_init(&b.arena, 64 << 20) || !arena_init(&b.scratch, 16 << 20) ||
        !ir_unit_init(&b.u, &b.arena, IR_MAX) ||
        !guest_a64.features_parse("max", &b.features, &err))
        return false;
    b.u.slots = guest_a64.slots;
    b.u.n_slots = guest_a64.n_slots;
    b.u.slot_pc = guest_a64.slot_pc;
    b.u.module_base = b.addr & ~0xfffull;
    HostFeatures hf = backend_x64.probe();
    backend_x64.setup(&hf, b.u.slots, b.u.n_slots, b.u.slot_pc, &b.target);
    b.ra = (RaUnit){.ir = &b.u, .target = &b.target, .arena = &b.scratch};
    b.ra.cap = b.ra.cap_moves = b.ra.cap_snaps = RA_MAX;
    b.ra.buf = arena_alloc(&b.arena, RA_MAX * sizeof *b.ra.buf);
    b.ra.moves = arena_alloc(&b.arena, RA_MAX * sizeof *b.ra.moves);
    b.ra.snaps = arena_alloc(&b.arena, RA_MAX * sizeof *b.ra.snaps);
    b.ra.block_end = arena_alloc(&b.arena, b.u.cap_blocks * sizeof *b.ra.block_end);
    return b.ra.block_end != NULL;
}

static uint64_t front(uint64_t at)
{
    IrUnit *u = &b.u;
    ir_unit_reset(u);
    u->start_off = (int64_t)(at - u->module_base);
    TransCtx tc = {.u = u, .features = &b.features};
    TransResult r = TR_NEXT;
    uint64_t pc = at;
    while (r == TR_NEXT && u->guest_insns < UNIT_MAX && pc < b.addr + b.size) {
        tc.pc = pc;
        tc.code = b.text + (pc - b.addr);
        tc.code_len = tc.insn_len = 4;
        tc.next_pc = pc + 4;
        ir_at(u, pc, 4);
        r = guest_a64.translate_insn(&tc);
        u->guest_insns++;
        pc += 4;
    }
    if (r != TR_END)
        ir_emit(u, IR_XJUMP, IR_VOID, 0, ir_gaddr(u, r == TR_FOLLOW ? tc.next_pc : pc), 0, 0, 0);
    ir_unit_finish(u);
    return pc;
}

static void show_ir(const char *title)
{
    StrBuf sb = STRBUF_ON(text);
    if (!b.show)
        return;
    ir_print(&b.u, &sb);
    printf("-- %s\n%s", title, text);
}

static void count_move(const RaMove *m)
{
    if (!loc_is_reg(m->to))
        b.spills++;
    else if (m->from == LOC_REMAT)
        b.consts++;
    else if (!loc_is_reg(m->from))
        b.loads++;
}

static void count_sunk(void)
{
    for (IrRef r = 1; r < b.u.n; r++)
        b.sunk += b.u.insns[r].op == IR_SET && b.u.insns[r].aux & 1;
}

static uint64_t unit(uint64_t at)
{
    uint64_t t[N_STAGES + 1];
    t[0] = ticks();
    uint64_t next = front(at);
    t[1] = ticks();
    b.ir_insns += b.u.n;
    show_ir("front");
    t[1] += ticks() - t[1];
    for (uint32_t p = 0; p < OPT_PASS_COUNT; p++) {
        opt_pass_run((OptPass)p, &b.u, &b.scratch);
        t[2 + p] = ticks();
    }
    show_ir("passes");
    arena_reset(&b.scratch, 1 << 20);
    t[4] += 0;
    uint64_t s0 = ticks();
    bool ok = backend_x64.select(&b.ra);
    t[5] = ticks();
    b.ticks[4] += t[5] - s0;
    RaConfig rc = {.check = b.show};
    ok = ok && ra_run(&b.ra, &rc);
    t[6] = ticks();
    b.ticks[0] += t[1] - t[0];
    for (uint32_t p = 1; p < 4; p++)
        b.ticks[p] += t[p + 1] - t[p];
    b.ticks[5] += t[6] - t[5];
    arena_reset(&b.scratch, 1 << 20);
    b.failed += !ok;
    b.units++;
    b.guest_insns += b.u.guest_insns;
    b.ir_after += b.u.n;
    b.ra_insns += b.ra.n;
    b.moves += b.ra.n_moves;
    for (uint32_t k = 0; k < b.ra.n_moves; k++)
        count_move(&b.ra.moves[k]);
    count_sunk();
    if (b.show) {
        StrBuf sb = STRBUF_ON(text);
        ra_print(&b.ra, &sb);
        printf("-- allocated\n%s", text);
    }
    return next;
}

/* What reading the clock costs by itself. */
static uint64_t tick_cost(void)
{
    uint64_t least = UINT64_MAX;
    for (int k = 0; k < 1000; k++) {
        uint64_t t0 = ticks();
        least = MIN(least, ticks() - t0);
    }
    return least;
}

static double ns_per_tick(void)
{
    struct timespec a, z;
    clock_gettime(CLOCK_MONOTONIC, &a);
    uint64_t t0 = ticks();
    do
        clock_gettime(CLOCK_MONOTONIC, &z);
    while ((z.tv_sec - a.tv_sec) * 1000000000ll + z.tv_nsec - a.tv_nsec < 20000000);
    return 2e7 / (double)(ticks() - t0);
}

int main(int argc, char **argv)
{
    if (argc < 2 || !load(argv[1]) || !open_all()) {
        fprintf(stderr, "usage: opt_bench A64-EXECUTABLE [show ADDRESS]\n");
        return 2;
    }
    if (argc > 3) {
        b.show = true;
        unit(strtoull(argv[3], NULL, 0));
        return 0;
    }
    uint64_t best[N_STAGES];
    for (int round = 0; round < ROUNDS; round++) {
        b.guest_insns = b.ir_insns = b.ir_after = b.ra_insns = b.moves = b.units = b.failed = 0;
        b.spills = b.loads = b.consts = b.sunk = 0;
        memset(b.ticks, 0, sizeof b.ticks);
        for (uint64_t at = b.addr; at < b.addr + b.size;)
            at = unit(at);
        for (int s = 0; s < N_STAGES; s++)
            best[s] = round ? MIN(best[s], b.ticks[s]) : b.ticks[s];
    }
    double ns = ns_per_tick(), n = (double)b.guest_insns;
    for (int s = 0; s < N_STAGES; s++)
        best[s] -= MIN(best[s], tick_cost() * b.units);
    printf("clock: %.1f ns a reading, taken off\n", (double)tick_cost() * ns);
    printf("%lu units, %lu guest insns, %.2f a unit; %lu units failed\n", b.units, b.guest_insns,
           n / (double)b.units, b.failed);
    printf("per guest insn: IR %.2f, after passes %.2f, RaInsns %.2f, sunk sets %.3f\n",
           (double)b.ir_insns / n, (double)b.ir_after / n, (double)b.ra_insns / n,
           (double)b.sunk / n);
    printf("moves: %.3f, of which constants %.3f, loads %.3f, stores %.3f\n", (double)b.moves / n,
           (double)b.consts / n, (double)b.loads / n, (double)b.spills / n);
    for (int s = 0; s < N_STAGES; s++)
        printf("%-8s %6.1f ns per guest insn\n", stage_names[s], (double)best[s] * ns / n);
    return 0;
}
