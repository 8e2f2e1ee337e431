/*
 * Vector ops (moves, integer, permutes) of the x86-64 backend at each feature level, with random
 * registers and values, against the meaning of the ops in ir_eval_vec.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "aes.h"
#include "sha.h"
#include "ir_interp.h"
#include "x64_vec_harness.h"

enum { ROUNDS = 300 };

static unsigned pick(unsigned n)
{
    return (unsigned)(xv_random() % n);
}

/* Random bits; small lanes; runs of equal bytes; extremes: by chance. */
static V128 random_vec(void)
{
    V128 v = {.u64 = {xv_random(), xv_random()}};
    static const uint8_t edge[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe};
    switch (pick(4)) {
    case 0:
        for (unsigned k = 0; k < 16; k++)
            v.u8[k] = edge[pick(ARRAY_LEN(edge))];
        break;
    case 1:
        for (unsigned k = 0; k < 16; k++)
            v.u8[k] &= 0x1f;
        break;
    case 2:
        for (unsigned k = 0; k < 4; k++)
            if (pick(2))
                v.u32[k] = pick(2) ? 0 : ~0u;
        break;
    default:
        break;
    }
    return v;
}

typedef struct Kind {
    IrOp op;
    const char *name;
    uint8_t n_args;
    uint8_t ves; /* bit per element size */
} Kind;

#define K(id, n, ves)                                                                              \
    {                                                                                              \
        IR_##id, #id, n, ves                                                                       \
    }
static const Kind kinds[] = {
    K(VAND, 2, 1),     K(VOR, 2, 1),     K(VXOR, 2, 1),    K(VANDN, 2, 1),   K(VNOT, 1, 1),
    K(VBSL, 3, 1),     K(VADD, 2, 15),   K(VSUB, 2, 15),   K(VMUL, 2, 15),   K(VNEG, 1, 15),
    K(VABS, 1, 15),    K(VSMIN, 2, 15),  K(VSMAX, 2, 15),  K(VUMIN, 2, 15),  K(VUMAX, 2, 15),
    K(VURHADD, 2, 15), K(VCMP, 2, 15),   K(VSHLI, 1, 15),  K(VSHRI, 1, 15),  K(VSARI, 1, 15),
    K(VSSHL, 2, 15),   K(VUSHL, 2, 15),  K(VZIP1, 2, 15),  K(VZIP2, 2, 15),  K(VUZP1, 2, 15),
    K(VUZP2, 2, 15),   K(VTRN1, 2, 15),  K(VTRN2, 2, 15),  K(VEXT, 2, 1),    K(VREV, 1, 7),
    K(VTBL, 2, 1),     K(VXTL, 1, 7),    K(VXTN, 1, 7),    K(VSQXTN, 1, 7),  K(VUQXTN, 1, 7),
    K(VSQXTUN, 1, 7),  K(VMULL, 2, 7),   K(VADDP, 2, 15),  K(VADDLP, 1, 7),  K(VADDV, 1, 15),
    K(VSQADD, 2, 15),  K(VUQADD, 2, 15), K(VSQSUB, 2, 15), K(VUQSUB, 2, 15), K(VCNT, 1, 1),
    K(VPMULL, 2, 8),   K(VNZ, 1, 1),     K(VZHI, 1, 1),    K(VGET, 1, 15),   K(VTO, 1, 12),
    K(VINSL, 2, 15),   K(VDUPL, 1, 15),  K(VAES, 1, 1),    K(VSHA, 3, 1),
};
#undef K

/* aux and imm of an op, as ir_ops.def has them. */
static void choose_aux(XvCase *c, unsigned ve)
{
    static const IrCmp cmps[] = {CMP_EQ, CMP_SGT, CMP_SGE, CMP_UGT, CMP_UGE};
    unsigned lanes = 16u >> ve;
    c->aux = ve;
    switch (c->op) {
    case IR_VCMP:
        c->aux |= (unsigned)cmps[pick(5)] << VE_CMP_SHIFT;
        break;
    case IR_VSHLI:
    case IR_VSHRI:
    case IR_VSARI:
        c->imm = (int32_t)pick((8u << ve) + 1);
        break;
    case IR_VEXT:
        c->imm = (int32_t)pick(16);
        break;
    case IR_VREV:
        c->aux |= (ve + 1 + pick(3 - ve)) << VE_CONT_SHIFT;
        break;
    case IR_VXTL:
    case IR_VMULL:
        c->aux |= (pick(2) ? VE_HI : 0u) | (pick(2) ? VE_SIGNED : 0u);
        break;
    case IR_VADDLP:
        c->aux |= pick(2) ? VE_SIGNED : 0u;
        break;
    case IR_VPMULL:
        c->aux |= pick(2) ? VE_HI : 0u;
        break;
    case IR_VGET:
        c->imm = (int32_t)pick(lanes);
        c->type = ve == VE_64 || pick(2) ? IR_I64 : IR_I32;
        c->aux |= pick(2) ? VE_SIGNED : 0u;
        break;
    case IR_VTO:
        c->type = ve == VE_64 ? (pick(2) ? IR_I64 : IR_F64) : pick(2) ? IR_I32 : IR_F32;
        break;
    case IR_VINSL:
        c->imm = (int32_t)(pick(lanes) | pick(lanes) << 8);
        break;
    case IR_VDUPL:
        c->imm = (int32_t)pick(lanes);
        break;
    case IR_VAES:
        c->aux = pick(AES_STEP_COUNT);
        break;
    case IR_VSHA:
        c->aux = pick(SHA_STEP_COUNT);
        break;
    case IR_VNZ:
        c->type = IR_BOOL;
        break;
    case IR_VTBL:
        c->n_args = 2 + pick(4);
        break;
    default:
        break;
    }
}

static bool same_value(IrType t, const V128 *a, const V128 *b)
{
    if (t == IR_V128)
        return memcmp(a, b, 16) == 0;
    uint64_t mask = t == IR_BOOL ? 0xffffffff : ir_type_mask(t);
    return ((a->u64[0] ^ b->u64[0]) & mask) == 0;
}

static void report(const XvCase *c, const char *name, const char *level, const XvResult *r,
                   const V128 *want)
{
    xv_dump("x64_vec_case.bin");
    char args[400] = "";
    size_t n = 0;
    for (unsigned k = 0; k < c->n_args; k++)
        n += (size_t)snprintf(args + n, sizeof args - n, " %016lx:%016lx", c->arg[k].u64[1],
                              c->arg[k].u64[0]);
    cr_assert_fail("%s aux %x imm %d mode %x at %s:%s\n got %016lx:%016lx\nwant %016lx:%016lx %s",
                   name, c->aux, c->imm, c->mode, level, args, r->value.u64[1], r->value.u64[0],
                   want->u64[1], want->u64[0], r->damage ? r->damage : "");
}

static void try_kind(const Kind *k, unsigned ve, const XvLevel *l)
{
    XvCase c = {.op = k->op, .type = IR_V128, .n_args = k->n_args, .mode = MODE_FP_CHECKED};
    choose_aux(&c, ve);
    for (unsigned j = 0; j < c.n_args; j++) {
        c.arg_type[j] = IR_V128;
        c.arg[j] = random_vec();
        c.same[j] = j && pick(8) == 0;
        if (c.same[j])
            c.arg[j] = c.arg[0];
    }
    if (k->op == IR_VTBL)
        for (unsigned j = 0; j < 16; j++)
            c.arg[0].u8[j] &= pick(4) ? 0x7f : 0xff;
    if (k->op == IR_VNZ && pick(2))
        c.arg[0] = (V128){.u64 = {pick(2) ? 0 : 1ull << pick(64), 0}};
    for (unsigned j = 1; j < c.n_args; j++)
        if (c.same[j])
            c.arg[j] = c.arg[0];
    V128 want;
    int32_t imm = k->op == IR_VTBL ? (int32_t)c.n_args - 1 : c.imm;
    cr_assert(ir_eval_vec(k->op, c.aux, imm, c.arg, &want), "no meaning for %s", k->name);
    XvResult r = xv_run(&c, &l->f);
    if (r.damage || r.trapped || !same_value(c.type, &r.value, &want) || r.flags)
        report(&c, k->name, l->name, &r, &want);
}

static unsigned setup_levels(XvLevel *levels)
{
    xv_setup();
    return xv_levels(levels);
}

Test(x64_vec, lanes)
{
    XvLevel levels[4];
    unsigned n = setup_levels(levels);
    for (unsigned l = 0; l < n; l++)
        for (unsigned k = 0; k < ARRAY_LEN(kinds); k++)
            for (unsigned ve = 0; ve < 4; ve++)
                for (unsigned j = 0; j < ROUNDS && (kinds[k].ves >> ve & 1); j++)
                    try_kind(&kinds[k], ve, &levels[l]);
}

/* vfrom, vins, vdup, and bitcast: scalars in. */
static void try_scalar(IrOp op, const XvLevel *l)
{
    static const IrType from[] = {IR_I8, IR_I16, IR_I32, IR_I64, IR_F16, IR_F32, IR_F64};
    static const uint8_t width[] = {VE_8, VE_16, VE_32, VE_64, VE_16, VE_32, VE_64};
    XvCase c = {.op = op, .type = IR_V128, .n_args = op == IR_VINS ? 2 : 1};
    unsigned s = c.n_args - 1, k = pick(7);
    c.aux = pick(4);
    c.arg[0] = random_vec();
    c.arg_type[0] = IR_V128;
    c.arg[s] = random_vec();
    c.arg_type[s] = op == IR_VFROM ? from[k] : c.aux == VE_64 ? IR_I64 : IR_I32;
    c.imm = op == IR_VINS ? (int32_t)pick(16u >> c.aux) : 0;
    unsigned aux = op == IR_VFROM ? width[k] : c.aux;
    if (op == IR_VFROM)
        c.aux = 0;
    V128 want;
    uint64_t x = c.arg[s].u64[0] & ir_type_mask(c.arg_type[s]);
    cr_assert(ir_eval_vec_from(op, aux, c.imm, &c.arg[0], x, &want));
    XvResult r = xv_run(&c, &l->f);
    if (r.damage || r.trapped || !same_value(c.type, &r.value, &want) || r.flags)
        report(&c, op == IR_VFROM ? "VFROM" : op == IR_VINS ? "VINS" : "VDUP", l->name, &r, &want);
}

static void try_bitcast(const XvLevel *l)
{
    static const IrType a[] = {IR_I32, IR_F32, IR_I64, IR_F64, IR_I16, IR_F16};
    unsigned k = pick(6);
    XvCase c = {.op = IR_BITCAST, .type = a[k ^ 1], .n_args = 1, .arg_type = {a[k]}};
    c.arg[0] = random_vec();
    XvResult r = xv_run(&c, &l->f);
    bool clean = !r.as_vector || !(r.value.u64[1] | (r.value.u64[0] & ~ir_type_mask(c.type)));
    if (r.damage || r.trapped || !clean || !same_value(c.type, &r.value, &c.arg[0]) || r.flags)
        report(&c, "BITCAST", l->name, &r, &c.arg[0]);
}

Test(x64_vec, scalars_in)
{
    XvLevel levels[4];
    unsigned n = setup_levels(levels);
    for (unsigned l = 0; l < n; l++)
        for (unsigned j = 0; j < 4 * ROUNDS; j++) {
            try_scalar(IR_VFROM, &levels[l]);
            try_scalar(IR_VINS, &levels[l]);
            try_scalar(IR_VDUP, &levels[l]);
            try_bitcast(&levels[l]);
        }
}
