/*
 * Runs a static program of a guest on the front end and the reference interpreter alone: no
 * optimiser, no backend, no runner. It is how the front end is compared with another implementation
 * (insn_random.py --runners "qemu-aarch64;guest_interp"), and a first look at a program that the
 * whole ferry fails on.
 *
 * Limits: a static non-PIE program whose segments do not lie where this tool is mapped; one thread;
 * the system calls write, exit, exit_group, brk, uname and a few that simply succeed. A trap that a
 * kernel would turn into a signal ends the run with status 3 and its pc.
 *
 *     guest_interp [-v] PROGRAM [ARGS...]       -v: print the IR of every unit to stderr
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "arena.h"
#include "guest.h"
#include "helpers.h"
#include "ir_interp.h"
#include "log.h"

enum { UNIT_INSNS = 32, IR_MAX = 8192, STACK_BYTES = 8 << 20 };

/* The guests, and where their system calls find number, arguments and result. */
typedef struct Abi {
    const GuestOps *ops;
    const char *nr, *arg[3];
} Abi;
static const Abi abis[] = {
    {&guest_a64, "x8", {"x0", "x1", "x2"}},
    {&guest_rv64, "a7", {"a0", "a1", "a2"}},
};
static const Abi *abi;

static Vcpu vcpu;
static IrUnit unit;
static V128 vals[IR_MAX + 1];
static GuestFeatures features;
static uint64_t brk_start, brk_now;
static uint32_t fp_flags;
static bool verbose;

static uint64_t *reg(const char *name)
{
    const SlotDesc *s = abi->ops->slots;
    while (strcmp(s->name, name) != 0)
        s++;
    return vcpu_slot64(&vcpu, s);
}

static void die(const char *what, uint64_t pc)
{
    fprintf(stderr, "guest_interp: %s at 0x%llx\n", what, (unsigned long long)pc);
    exit(3);
}

static bool access_memory(IrInterpEnv *env, IrAccess *x)
{
    void *p = (void *)(uintptr_t)x->addr;
    memcpy(x->write ? p : x->data, x->write ? x->data : p, x->size);
    return true;
}

static const Abi *find_abi(const Elf64_Ehdr *eh)
{
    for (unsigned i = 0; i < ARRAY_LEN(abis); i++)
        if (abis[i].ops->elf_machine == eh->e_machine)
            return &abis[i];
    return NULL;
}

/* Maps the program; returns its entry. */
static uint64_t load(const char *path, Elf64_Ehdr *eh)
{
    FILE *f = fopen(path, "rb");
    if (!f || fread(eh, sizeof(*eh), 1, f) != 1 || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
        !(abi = find_abi(eh)) || eh->e_type != ET_EXEC) {
        fprintf(stderr, "guest_interp: %s is no static program of a guest\n", path);
        exit(2);
    }
    for (unsigned i = 0; i < eh->e_phnum; i++) {
        Elf64_Phdr ph;
        fseek(f, (long)(eh->e_phoff + i * sizeof(ph)), SEEK_SET);
        if (fread(&ph, sizeof(ph), 1, f) != 1 || ph.p_type != PT_LOAD) {
            continue;
        }
        uint64_t start = ph.p_vaddr & ~0xfffull,
                 end = (ph.p_vaddr + ph.p_memsz + 0xfff) & ~0xfffull;
        void *m = mmap((void *)start, end - start, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (m != (void *)start) {
            die("segment does not fit", ph.p_vaddr);
        }
        fseek(f, (long)ph.p_offset, SEEK_SET);
        if (fread((void *)ph.p_vaddr, 1, ph.p_filesz, f) != ph.p_filesz) {
            die("segment cut off", ph.p_vaddr);
        }
        brk_start = brk_now = end > brk_now ? end : brk_now;
    }
    fclose(f);
    mmap((void *)brk_start, 64 << 20, PROT_READ | PROT_WRITE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return eh->e_entry;
}

static uint64_t make_stack(const Elf64_Ehdr *eh, int argc, char **argv)
{
    static const uint8_t random_bytes[16] = {1, 2, 3};
    uint64_t hwcap[2];
    uint8_t *m =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t *sp = (uint64_t *)(m + STACK_BYTES - 4096);
    uint64_t *p = sp;
    abi->ops->hwcaps(&features, hwcap);
    *p++ = (uint64_t)argc;
    for (int i = 0; i < argc; i++) {
        *p++ = (uint64_t)argv[i];
    }
    *p++ = 0;
    *p++ = 0;
    const uint64_t aux[] = {AT_PAGESZ, 4096,
                            AT_RANDOM, (uint64_t)random_bytes,
                            AT_HWCAP,  hwcap[0],
                            AT_HWCAP2, hwcap[1],
                            AT_PHDR,   0x400000 + eh->e_phoff,
                            AT_PHNUM,  eh->e_phnum,
                            AT_PHENT,  sizeof(Elf64_Phdr),
                            AT_ENTRY,  eh->e_entry,
                            AT_UID,    1,
                            AT_EUID,   1,
                            AT_GID,    1,
                            AT_EGID,   1,
                            AT_NULL,   0};
    memcpy(p, aux, sizeof(aux));
    return (uint64_t)sp;
}

static uint64_t system_call(void)
{
    uint64_t nr = *reg(abi->nr);
    uint64_t a = *reg(abi->arg[0]), b = *reg(abi->arg[1]), c = *reg(abi->arg[2]);
    switch (nr) {
    case 64:
        return (uint64_t)write((int)a, (void *)b, c);
    case 66: {
        uint64_t sum = 0;
        for (uint64_t i = 0; i < c; i++) {
            sum += (uint64_t)write((int)a, ((void **)b)[2 * i], ((size_t *)b)[2 * i + 1]);
        }
        return sum;
    }
    case 93:
    case 94:
        exit((int)a);
    case 214:
        brk_now = a >= brk_start && a < brk_start + (64 << 20) ? a : brk_now;
        return brk_now;
    case 222:
        return (uint64_t)mmap(NULL, b, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    case 113: {
        struct timespec *t = (void *)b;
        return (uint64_t)(clock_gettime((int)a, t) ? -22 : 0);
    }
    case 96: /* set_tid_address */
        return 1;
    case 215: /* munmap, mprotect, rt_sigprocmask, rt_sigaction */
    case 226:
    case 135:
    case 134:
        return 0;
    default:
        return (uint64_t)-38;
    }
}

static void translate(uint64_t pc)
{
    char text[65536];
    StrBuf sb = STRBUF_ON(text);
    ir_unit_reset(&unit);
    unit.module_base = pc & ~0xfffull;
    unit.start_off = (int64_t)(pc - unit.module_base);
    unit.mode = vcpu.mode;
    TransCtx tc = {
        .u = &unit, .mode = vcpu.mode, .features = &features, .code_len = abi->ops->insn_len_max};
    TransResult r = TR_NEXT;
    for (unsigned n = 0; n < UNIT_INSNS && r == TR_NEXT; n++) {
        tc.pc = pc;
        tc.code = (const uint8_t *)(uintptr_t)pc;
        tc.insn_len = abi->ops->insn_align;
        IrRef at = unit.n;
        ir_at(&unit, pc, 0);
        r = abi->ops->translate_insn(&tc);
        unit.insns[at].imm = (int32_t)tc.insn_len;
        pc = r == TR_FOLLOW ? tc.next_pc : pc + tc.insn_len;
    }
    if (r != TR_END) {
        ir_op1(&unit, IR_XJUMP, IR_VOID, ir_gaddr(&unit, pc));
    }
    unit.blocks[unit.n_blocks - 1].end = unit.n;
    if (verbose) {
        ir_print(&unit, &sb);
        fprintf(stderr, "%s\n", text);
        sb.len = 0;
    }
    if (unit.overflow || !ir_verify(&unit, &sb)) {
        fprintf(stderr, "%s\n", text);
        die("bad IR", pc);
    }
}

/* Acts on a trap; returns the pc to go on at. */
static uint64_t act_on(const IrExit *x)
{
    switch (x->trap) {
    case TRAP_SYSCALL:
        *reg(abi->arg[0]) = system_call();
        return x->pc;
    case TRAP_FPMODE:
        vcpu.mode = abi->ops->mode_of(&vcpu);
        return x->pc;
    case TRAP_ICFLUSH:
    case TRAP_ICFLUSH_ALL:
    case TRAP_ISB:
    case TRAP_YIELD:
        return x->pc;
    default:
        fprintf(stderr, "trap %u, ", x->trap);
        die("a signal", x->pc);
        return 0;
    }
}

int main(int argc, char **argv)
{
    Arena arena;
    Elf64_Ehdr eh;
    if (argc > 1 && !strcmp(argv[1], "-v")) {
        verbose = true;
        argc--, argv++;
    }
    if (argc < 2) {
        fprintf(stderr, "usage: guest_interp [-v] PROGRAM [ARGS...]\n");
        return 2;
    }
    char text[256];
    StrBuf sb = STRBUF_ON(text);
    uint64_t pc = load(argv[1], &eh);
    abi->ops->features_parse("max", &features, &sb);
    if (!arena_init(&arena, 64 << 20) || !ir_unit_init(&unit, &arena, IR_MAX)) {
        die("no memory", 0);
    }
    unit.slots = abi->ops->slots;
    unit.n_slots = abi->ops->n_slots;
    unit.slot_pc = abi->ops->slot_pc;
    memcpy(vcpu.helper_fn, helper_functions, sizeof(helper_functions));
    const SlotDesc *sp = &abi->ops->slots[abi->ops->slot_sp];
    *vcpu_slot64(&vcpu, sp) = make_stack(&eh, argc - 1, argv + 1);
    IrInterpEnv env = {.access = access_memory, .vals = vals, .cap_vals = IR_MAX + 1};
    for (;;) {
        translate(pc);
        env.fp_flags = fp_flags;
        IrExit x = ir_interp_run(&unit, &vcpu, &env);
        fp_flags = env.fp_flags;
        pc = x.kind == IREXIT_TRAP ? act_on(&x) : x.pc;
    }
}
