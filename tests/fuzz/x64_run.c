/*
 * The bench of x64_run.h. Faults in the unmapped page after the window are caught by a SIGSEGV
 * handler that restores the guest's state from pins and side table, as the runtime does.
 */
#include "x64_run.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "flags.h"
#include "guestmem.h"
#include "helpers.h"
#include "check.h"
#include "ir_random.h"
#include "log.h"
#include "opt.h"
#include "rt.h"

enum { RET_STACK = 16384, STUBS = 8192, ALTSTACK = 65536, SLOT_MASK = 0x3ff, SPILL_MASK = 0xff };

static X64Bench *current;

HostFeatures x64_bench_features(unsigned level)
{
    static const char *const levels[] = {"sse42", "avx2", "avx512"};
    char text[256];
    StrBuf err = STRBUF_ON(text);
    HostFeatures f = backend_x64.probe();
    CHECK(backend_x64.narrow(levels[MIN(level, 2)], &f, &err));
    return f;
}

/* ---- faults ------------------------------------------------------------------------------------
 */

static uint64_t place(const X64Bench *b, const void *uc, RaLoc l, int64_t imm)
{
    if (l == LOC_REMAT)
        return (uint64_t)imm;
    if (loc_is_reg(l))
        return backend_x64.ctx_gpr(uc, l);
    if (l & LOC_SPILL)
        return b->v[1]->spill[l & SPILL_MASK].u64[0];
    uint64_t v;
    memcpy(&v, b->v[1]->state + b->unit.slots[l & SLOT_MASK].off, 8);
    return v;
}

static void apply_recipe(X64Bench *b, const void *uc, const SideRecipe *r)
{
    const SlotDesc *s = &b->unit.slots[r->slot];
    uint64_t x = place(b, uc, r->a, r->imm);
    if (r->op == IR_NOP) {
        memcpy(b->v[1]->state + s->off, &x, s->type == SLOT_I64 ? 8 : 4);
        return;
    }
    uint64_t mask = r->type == IR_I64 ? ~0ull : 0xffffffffull, out = 0;
    IrEval e = {.op = r->op, .type = IR_FLAGS, .arg_type = r->type, .a = x & mask};
    if (r->b != LOC_NONE)
        e.b = place(b, uc, r->b, r->imm) & mask;
    if (!ir_eval_int(&e, &out))
        abort();
    memcpy(b->v[1]->state + s->off, &out, 4);
}

static void on_fault(int sig, siginfo_t *si, void *uc)
{
    X64Bench *b = current;
    uint64_t off = backend_x64.ctx_pc(uc) - b->out.rx, fix = gm_fixup(backend_x64.ctx_pc(uc));
    if (fix) { /* the interpreter's access */
        backend_x64.ctx_set_pc(uc, fix);
        return;
    }
    if (!b || off >= b->out.size) {
        signal(sig, SIG_DFL);
        return;
    }
    const SideEntry *e = NULL;
    for (uint32_t k = 0; k < b->out.n_side && b->out.side[k].host_off <= off; k++)
        e = &b->out.side[k];
    if (!e)
        abort();
    for (uint32_t k = 0; k < e->n_recipes; k++)
        apply_recipe(b, uc, &b->out.recipes[e->first_recipe + k]);
    Vcpu *v = b->v[1];
    *vcpu_slot64(v, &b->unit.slots[b->unit.slot_pc]) =
        b->unit.module_base + (uint64_t)b->unit.start_off + (uint64_t)(int64_t)e->guest_off;
    v->leave_reason = LEAVE_FAULT;
    v->leave_data = (uint64_t)si->si_addr;
    backend_x64.ctx_leave(uc, v);
}

/* ---- set-up ------------------------------------------------------------------------------------
 */

static void *map(size_t n, int prot)
{
    void *p = mmap(NULL, n, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        abort();
    return p;
}

static void catch_faults(void)
{
    stack_t st = {.ss_sp = map(ALTSTACK, PROT_READ | PROT_WRITE), .ss_size = ALTSTACK};
    sigaltstack(&st, NULL);
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
}

static void open_vcpu(X64Bench *b, unsigned k)
{
    static uint32_t lookup[LOOKUP_SIZE];
    static Unit dummy = {.pc = ~0ull, .dead = 1};
    Vcpu *v = map(sizeof(Vcpu), PROT_READ | PROT_WRITE);
    b->v[k] = v;
    memcpy(v->helper_fn, helper_functions, sizeof helper_functions);
    dummy.host_entry = (uint64_t)b->stubs.lookup_miss;
    v->lookup = v->lookup_kind[0] = v->lookup_kind[1] = v->lookup_kind[2] = lookup;
    v->units = (uint64_t)&dummy;
    v->ret_bottom = (uint64_t)b->ret_stack + RET_STACK - 512;
    backend_x64.vcpu_init(v, &b->stubs);
}

static void open_arrays(X64Bench *b)
{
    enum { N = X64_RUN_INSNS, RW = PROT_READ | PROT_WRITE };
    b->ra = (RaUnit){.ir = &b->unit, .target = &b->target, .arena = &b->scratch};
    b->ra.buf = map(N * sizeof(RaInsn), RW);
    b->ra.moves = map(4 * N * sizeof(RaMove), RW);
    b->ra.snaps = map(N * sizeof(RaSnap), RW);
    b->ra.block_end = map(N * sizeof(uint32_t), RW);
    b->ra.cap = N;
    b->ra.cap_moves = 4 * N;
    b->ra.cap_snaps = N;
    b->out.side = map(N * sizeof(SideEntry), RW);
    b->out.recipes = map(N * sizeof(SideRecipe), RW);
    b->out.cap_side = b->out.cap_recipes = N;
    b->vals = map((N + 1) * sizeof(V128), RW);
}

X64Bench *x64_bench_open(const HostFeatures *f, const SlotDesc *slots, uint32_t n, uint16_t slot_pc)
{
    int rw = PROT_READ | PROT_WRITE;
    X64Bench *b = calloc(1, sizeof *b);
    if (!arena_init(&b->ir_arena, 8 << 20) || !arena_init(&b->scratch, 8 << 20) ||
        !ir_unit_init(&b->unit, &b->ir_arena, X64_RUN_INSNS))
        abort();
    b->code = map(X64_RUN_CODE * 2, rw | PROT_EXEC);
    b->data = b->code + X64_RUN_CODE;
    b->mem = map(X64_RUN_WINDOW + 4096, rw);
    mprotect(b->mem + X64_RUN_WINDOW, 4096, PROT_NONE);
    b->ret_stack = map(RET_STACK, rw);
    backend_x64.setup(f, slots, n, slot_pc, &b->target);
    CodeOut o = {.rw = b->code, .rx = (uint64_t)b->code, .cap = STUBS};
    if (!backend_x64.emit_stubs(&b->target, &o, &b->stubs))
        abort();
    open_arrays(b);
    open_vcpu(b, 0);
    open_vcpu(b, 1);
    current = b;
    catch_faults();
    return b;
}

void x64_bench_close(X64Bench *b)
{
    current = NULL;
    arena_free(&b->ir_arena);
    arena_free(&b->scratch);
    munmap(b->code, X64_RUN_CODE * 2);
    munmap(b->mem, X64_RUN_WINDOW + 4096);
    free(b);
}

/* Prints what the allocation checker has against it. */
static bool allocation_holds(const X64Bench *b)
{
    static char text[1 << 16];
    StrBuf err = STRBUF_ON(text);
    if (ra_check(&b->ra, &err))
        return true;
    fprintf(stderr, "allocation: %s\n", text);
    return false;
}

bool x64_bench_compile(X64Bench *b, uint32_t ra_seed, uint32_t offset)
{
    OptConfig oc = {.passes = b->optimise ? OPT_PASS_COUNT : 0, .verify = true};
    arena_reset(&b->scratch, 8 << 20);
    opt_run(&b->unit, &b->scratch, &oc);
    arena_reset(&b->scratch, 8 << 20);
    b->stage = "select";
    if (!backend_x64.select(&b->ra))
        return false;
    RaConfig rc = {.random_seed = ra_seed};
    b->stage = "allocation";
    if (getenv("X64_VERBOSE")) {
        static char text[1 << 18];
        StrBuf sb = STRBUF_ON(text);
        ir_print(&b->unit, &sb);
        ra_print(&b->ra, &sb);
        fputs(text, stderr);
    }
    if (!ra_run(&b->ra, &rc) || !allocation_holds(b))
        return false;
    b->stage = "emit";
    b->out.rw = b->code + STUBS + offset;
    b->out.rx = (uint64_t)b->out.rw;
    b->out.cap = X64_RUN_CODE - STUBS - offset;
    b->out.data_rw = b->data + offset;
    b->out.data_rx = (uint64_t)b->out.data_rw;
    b->out.data_cap = X64_RUN_CODE - offset;
    return backend_x64.emit(&b->ra, &b->stubs, &b->out);
}

/* No vector register may be touched between the three calls. */
__attribute__((noinline, target("general-regs-only"))) static void enter(X64Bench *b, Vcpu *v)
{
    uint32_t csr;
    __asm__ volatile("stmxcsr %0" : "=m"(csr));
    b->stubs.vec_load(v);
    b->stubs.enter(v, (const void *)b->out.rx);
    b->stubs.vec_save(v);
    __asm__ volatile("ldmxcsr %0" : : "m"(csr));
}

void x64_bench_run(X64Bench *b)
{
    Vcpu *v = b->v[1];
    v->mode = b->unit.mode;
    v->mxcsr_guest = backend_x64.fp_control(v->mode, 0);
    v->ret_sp = v->ret_bottom;
    v->landing = 0;
    enter(b, v);
    uint64_t *pc = vcpu_slot64(v, &b->unit.slots[b->unit.slot_pc]);
    if (v->leave_reason == LEAVE_LINK)
        *pc = b->unit.module_base + (uint64_t)((const ExitRec *)v->leave_data)->target_off;
    if (v->leave_reason == LEAVE_IC)
        v->landing = ((const ExitRec *)v->leave_data)->landing;
    b->got_pc = *pc;
}

/* ---- comparison --------------------------------------------------------------------------------
 */

static bool exits_agree(const X64Bench *b, StrBuf *why)
{
    const Vcpu *v = b->v[1];
    const IrExit *w = &b->want;
    sb_printf(
        why, "exit: want kind %u pc %lx trap %u data %lx; got reason %u pc %lx arg %u data %lx",
        w->kind, w->pc, w->trap, w->data, v->leave_reason, b->got_pc, v->leave_arg, v->leave_data);
    if (w->pc != b->got_pc || v->landing != b->v[0]->landing)
        return false;
    switch ((IrExitKind)w->kind) {
    case IREXIT_TRAP:
        return v->leave_reason == LEAVE_TRAP && v->leave_arg == w->trap && v->leave_data == w->data;
    case IREXIT_FAULT:
        return v->leave_reason == LEAVE_FAULT;
    case IREXIT_LIMIT:
        return true;
    default:
        return v->leave_reason != LEAVE_TRAP && v->leave_reason != LEAVE_FAULT;
    }
}

bool x64_bench_same(X64Bench *b, uint64_t seed, uint32_t ra_seed, char *text, size_t cap)
{
    static uint8_t before[X64_RUN_WINDOW], after[X64_RUN_WINDOW];
    StrBuf why = {text, cap, 0};
    IrInterpEnv env = {.vals = b->vals, .cap_vals = X64_RUN_INSNS + 1, .max_steps = 1000000};
    b->v[0]->mode = b->v[1]->mode = b->unit.mode;
    ir_random_state(b->v[0], seed);
    memcpy(b->v[1]->state, b->v[0]->state, sizeof b->v[0]->state);
    for (unsigned k = 0; k < X64_RUN_WINDOW; k++)
        b->mem[k] = (uint8_t)(k * 37 + seed);
    memcpy(before, b->mem, X64_RUN_WINDOW);
    b->v[0]->landing = 0;
    b->want = ir_interp_run(&b->unit, b->v[0], &env);
    memcpy(after, b->mem, X64_RUN_WINDOW);
    memcpy(b->mem, before, X64_RUN_WINDOW);
    if (b->want.kind == IREXIT_LIMIT)
        return true;
    if (!x64_bench_compile(b, ra_seed, (uint32_t)(seed % 7) * 16)) {
        sb_printf(&why, "does not compile: %s", b->stage);
        return false;
    }
    x64_bench_run(b);
    if (!exits_agree(b, &why))
        return false;
    why.len = 0;
    if (!ir_random_compare(b->v[0], b->v[1], &why))
        return false;
    /* the interpreter's copy may have written a part of a store that faults across the end */
    size_t n = b->want.kind == IREXIT_FAULT ? X64_RUN_WINDOW - 16 : X64_RUN_WINDOW;
    if (memcmp(after, b->mem, n) != 0) {
        sb_printf(&why, "memory differs");
        return false;
    }
    return true;
}
