/*
 * Prints what the x86-64 encoder makes, for x64_emit.py to compare with objdump: a line an
 * instruction: form, name, the bytes in hex, the expected register numbers and displacement.
 *
 *     rr|PADDB|66440ffccf|9 7 |-
 */
#include <stdio.h>
#include "x64_emit.h"

static uint64_t state = 88172645463325252ull;
static uint8_t buf[64];
static X64Emit em;

static uint64_t rnd(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % n;
}

static void begin(void)
{
    em = x64_emit_to(buf, sizeof buf, 0);
}

/* regs: -1 terminated */
static void end(const char *form, const char *name, const int *regs, const char *mem)
{
    printf("%s|%s|", form, name);
    for (uint8_t *p = buf; p < em.p; p++)
        printf("%02x", *p);
    printf("|");
    for (; *regs >= 0; regs++)
        printf("%d ", *regs);
    printf("|%s\n", mem);
}

/* A random memory operand and its text as objdump prints the displacement. */
static X64Mem random_mem(char *text, size_t n, int *base, int *index)
{
    static const int32_t disps[] = {0, 8, -128, 127, 128, 4096, -70000, 16};
    X64Mem m = x64_mem((unsigned)rnd(16), disps[rnd(8)]);
    *base = m.base;
    *index = -1;
    if (rnd(2)) {
        do
            m.index = (uint8_t)rnd(16);
        while (m.index == X64_RSP);
        m.scale = (uint8_t)rnd(4);
        *index = m.index;
    }
    snprintf(text, n, "%d", m.disp);
    return m;
}

typedef struct Vop {
    const char *name;
    X64Op op;
} Vop;

static const Vop vops[] = {
#define ROW(name, pfx, map, opc, flags, n) {#name, (X64Op)V_##name},
    X64_VOPS(ROW, 0, 0, 0, 0, 0, 0, 0, 0, X64_VOP_S)
#undef ROW
};

/* Immediate shift groups have an opcode extension in `reg`. */
static void vector_op(const Vop *v, bool imm)
{
    bool shift = X64_EXT(v->op) != 0;
    int a = (int)rnd(16), b = (int)rnd(16), c = (int)rnd(16), base, index;
    char mem[32];
    X64Mem m = random_mem(mem, sizeof mem, &base, &index);
    if (!(v->op & X64_EVEX_ONLY) && v->name[0] != 'V') {
        begin();
        x64_rr(&em, v->op, shift ? X64_EXT(v->op) : (unsigned)a, (unsigned)b);
        if (imm)
            x64_u8(&em, 1);
        end("rr", v->name, shift ? (int[]){b, -1} : (int[]){a, b, -1}, "-");
        begin();
        if (!shift) {
            x64_rm(&em, v->op, (unsigned)a, m, imm);
            if (imm)
                x64_u8(&em, 1);
            end("rm", v->name, (int[]){a, base, index, -1}, mem);
        }
    }
    if (!(v->op & X64_EVEX_ONLY)) {
        begin();
        x64_vex_rrr(&em, v->op, shift ? X64_EXT(v->op) : (unsigned)a, shift ? (unsigned)c : 0,
                    (unsigned)b);
        if (imm)
            x64_u8(&em, 1);
        end("vex", v->name, shift ? (int[]){c, b, -1} : (int[]){a, 0, b, -1}, "-");
    }
    if (!(v->op & X64_NO_EVEX)) {
        a += (int)rnd(2) * 16;
        c += (int)rnd(2) * 16;
        begin();
        x64_evex_rrr(&em, v->op, shift ? X64_EXT(v->op) : (unsigned)a, shift ? (unsigned)c : 0,
                     (unsigned)b, 0);
        if (imm)
            x64_u8(&em, 1);
        end("evex", v->name, shift ? (int[]){c, b, -1} : (int[]){a, 0, b, -1}, "-");
        if (!shift) {
            begin();
            x64_evex_rrm(&em, v->op, (unsigned)a, 0, m, 0, imm);
            if (imm)
                x64_u8(&em, 1);
            end("evexm", v->name, (int[]){a, 0, base, index, -1}, mem);
        }
    }
}

static const char *const alu_names[] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};

static void integer_ops(void)
{
    unsigned size = (unsigned)rnd(4), w = 2 + (unsigned)rnd(2), k = (unsigned)rnd(8);
    int a = (int)rnd(16), b = (int)rnd(16), c = (int)rnd(16), base, index;
    char mem[32];
    X64Mem m = random_mem(mem, sizeof mem, &base, &index);
#define RR(name, call) (begin(), call, end("int", name, (int[]){a, b, -1}, "-"))
#define RM(name, call) (begin(), call, end("int", name, (int[]){a, base, index, -1}, mem))
#define MR(name, call) (begin(), call, end("intst", name, (int[]){a, base, index, -1}, mem))
#define R1(name, call) (begin(), call, end("int", name, (int[]){a, -1}, "-"))
#define MI(name, call) (begin(), call, end("int", name, (int[]){base, index, -1}, mem))
    RR(alu_names[k], x64_alu_rr(&em, (X64Alu)k, size, (unsigned)a, (unsigned)b));
    RM(alu_names[k], x64_alu_rm(&em, (X64Alu)k, size, (unsigned)a, m));
    MR(alu_names[k], x64_alu_mr(&em, (X64Alu)k, size, m, (unsigned)a));
    R1(alu_names[k], x64_alu_ri(&em, (X64Alu)k, size, (unsigned)a, rnd(2) ? 5 : 100));
    R1(alu_names[k], x64_alu_ri(&em, (X64Alu)k, w, (unsigned)a, 0x12345));
    if (index >= 0 || base >= 0)
        MI(alu_names[k], x64_alu_mi(&em, (X64Alu)k, w, m, 0x12345));
    RR("mov", x64_mov_rr(&em, size, (unsigned)a, (unsigned)b));
    RM("mov", x64_load(&em, size, (unsigned)a, m));
    MR("mov", x64_store(&em, size, m, (unsigned)a));
    RR("test", x64_test_rr(&em, size, (unsigned)a, (unsigned)b));
    R1("test", x64_test_ri(&em, size, (unsigned)a, 0x11));
    RM("lea", x64_lea(&em, w, (unsigned)a, m));
    RR("imul", x64_imul_rr(&em, w, (unsigned)a, (unsigned)b));
    RR("imul", x64_imul_rri(&em, w, (unsigned)a, (unsigned)b, rnd(2) ? 3 : 3000));
    RM("imul", x64_imul_rm(&em, w, (unsigned)a, m));
    R1("not", x64_un_r(&em, UN_NOT, size, (unsigned)a));
    R1("neg", x64_un_r(&em, UN_NEG, size, (unsigned)a));
    R1("div", x64_un_r(&em, UN_DIV, w, (unsigned)a));
    R1("sar", x64_shift_ri(&em, SH_SAR, size, (unsigned)a, 5));
    R1("rol", x64_shift_ri(&em, SH_ROL, size, (unsigned)a, 5));
    RR("shrd", x64_shrd(&em, w, (unsigned)a, (unsigned)b, 9));
    RR("rorx", x64_rorx(&em, w, (unsigned)a, (unsigned)b, 9));
    begin();
    x64_shx(&em, SH_SHR, w, (unsigned)a, (unsigned)b, (unsigned)c);
    end("int", "shrx", (int[]){a, b, c, -1}, "-");
    begin();
    x64_andn(&em, w, (unsigned)a, (unsigned)b, (unsigned)c);
    end("int", "andn", (int[]){a, b, c, -1}, "-");
    R1("bt", x64_bt_ri(&em, w, (unsigned)a, 31));
    RR("lzcnt", x64_bits_rr(&em, X64_LZCNT, w, (unsigned)a, (unsigned)b));
    RR("tzcnt", x64_bits_rr(&em, X64_TZCNT, w, (unsigned)a, (unsigned)b));
    RR("popcnt", x64_bits_rr(&em, X64_POPCNT, w, (unsigned)a, (unsigned)b));
    RR("bsr", x64_bits_rr(&em, X64_BSR, w, (unsigned)a, (unsigned)b));
    R1("bswap", x64_bswap(&em, w, (unsigned)a));
    RR("crc32", x64_crc32(&em, size, (unsigned)a, (unsigned)b));
    R1("setb", x64_setcc(&em, X64_B, (unsigned)a));
    RR("cmovg", x64_cmov(&em, X64_G, w, (unsigned)a, (unsigned)b));
    MR("xchg", x64_xchg_mr(&em, size, m, (unsigned)a));
    MR("lock cmpxchg", x64_lock_cmpxchg(&em, size, m, (unsigned)a));
    MR("lock xadd", x64_lock_xadd(&em, size, m, (unsigned)a));
    R1("push", x64_push(&em, (unsigned)a));
    R1("pop", x64_pop(&em, (unsigned)a));
    R1("jmp", x64_jmp_r(&em, (unsigned)a));
    RR("movzx", x64_ext_rr(&em, false, 0, 2, (unsigned)a, (unsigned)b));
    RR("movsx", x64_ext_rr(&em, true, 1, 3, (unsigned)a, (unsigned)b));
    RR("movsxd", x64_ext_rr(&em, true, 2, 3, (unsigned)a, (unsigned)b));
    RM("movsx", x64_ext_rm(&em, true, 0, 2, (unsigned)a, m));
}

/* Paths of their own in the encoder: registers and [base + disp], addresses that are constants. */
static void short_paths(void)
{
    int a = (int)rnd(16), b = (int)rnd(16), base, index;
    bool wide = rnd(2);
    char mem[32];
    X64Mem m = random_mem(mem, sizeof mem, &base, &index);
    index = -1;
    RR("mov", x64_copy(&em, wide, (unsigned)a, (unsigned)b));
    RM("mov", x64_mov_disp(&em, 0x8b, wide, (unsigned)a, (unsigned)base, m.disp));
    MR("mov", x64_mov_disp(&em, 0x89, wide, (unsigned)a, (unsigned)base, m.disp));
    base = X64_RBP;
#define AT_RBP(disp)                                                                               \
    snprintf(mem, sizeof mem, "%d", disp);                                                         \
    RM("mov", x64_load(&em, 3, (unsigned)a, x64_mem(X64_RBP, disp)));                              \
    MR("mov", x64_store(&em, 2, x64_mem(X64_RBP, disp), (unsigned)a));                             \
    RM("movzx", x64_ext_rm(&em, false, 1, 2, (unsigned)a, x64_mem(X64_RBP, disp)));                \
    MI("cmp", x64_alu_mi(&em, ALU_CMP, 2, x64_mem(X64_RBP, disp), 0));                             \
    MI("add", x64_alu_mi(&em, ALU_ADD, 3, x64_mem(X64_RBP, disp), 0x12345))
    AT_RBP(0);
    AT_RBP(-128);
    AT_RBP(0x1250);
    snprintf(mem, sizeof mem, "%d", 0x1000 - 7); /* from the insn's end */
    begin();
    x64_lea(&em, 3, (unsigned)a, x64_mem_rip(0x1000));
    end("int", "lea", (int[]){a, -1}, mem);
}

/* 256 bits, of registers. */
static void wide_op(const Vop *v, bool imm)
{
    int a = (int)rnd(16), b = (int)rnd(16);
    for (unsigned evex = 0; evex < 2; evex++) {
        begin();
        if (evex)
            x64_evex_rrr(&em, v->op | X64_L256, (unsigned)a + 16, 0, (unsigned)b, 0);
        else
            x64_vex_rrr(&em, v->op | X64_L256, (unsigned)a, 0, (unsigned)b);
        if (imm)
            x64_u8(&em, 1);
        end(evex ? "evex" : "vex", v->name, (int[]){evex ? a + 16 : a, 0, b, -1}, "-");
        if (v->op & X64_NO_EVEX)
            return;
    }
}

int main(void)
{
    static const Vop wide[] = {{"ADDPS", V_ADDPS},       {"MULPD", V_MULPD},
                               {"CVTPH2PS", V_CVTPH2PS}, {"CVTPS2PD", V_CVTPS2PD},
                               {"CVTPD2PS", V_CVTPD2PS}, {"CVTPS2PH", V_CVTPS2PH},
                               {"PADDQ", V_PADDQ},       {"ROUNDPS", V_ROUNDPS},
                               {"CMPPS", V_CMPPS},       {"PTEST", V_PTEST}};
    for (unsigned k = 0; k < 10 * sizeof wide / sizeof *wide; k++) {
        const Vop *v = &wide[k % (sizeof wide / sizeof *wide)];
        wide_op(v, (v->op >> X64_MAP_SHIFT & 3) == 3 || v->op == V_CMPPS);
    }
    for (unsigned k = 0; k < 200; k++)
        integer_ops();
    for (unsigned k = 0; k < 50; k++)
        short_paths();
    for (unsigned round = 0; round < 6; round++)
        for (unsigned k = 0; k < sizeof vops / sizeof *vops; k++) {
            bool imm = (vops[k].op >> X64_MAP_SHIFT & 3) == 3 || X64_EXT(vops[k].op);
            unsigned low = vops[k].op & 0xff;
            bool one = (vops[k].op >> X64_MAP_SHIFT & 3) == 1;
            imm = imm || (one && (low == 0x70 || low == 0xc6 || low == 0xc2 || low == 0xc4));
            vector_op(&vops[k], imm);
        }
    return 0;
}
