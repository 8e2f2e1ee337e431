/*
 * IR tables and the unit's arrays.
 *
 * A unit owns nothing: its arrays come from the caller's arena and stay as they are over
 * ir_unit_reset(), so that translating many units allocates once. Entry 0 of insns is a nop and
 * entry 0 of extra is unused, so that 0 can mean "none" for refs and lists.
 */
#include <string.h>
#include "ir_build.h"
#include "ir_interp.h"

const IrOpInfo ir_ops[IR_OP_COUNT] = {
#define OP(id, text, sig, nargs, effects) [IR_##id] = {text, sig, nargs, effects},
#include "ir_ops.def"
#undef OP
};

const HelperDesc ir_helpers[HELPER_COUNT] = {
#define HELPER(name, ret, args, effects) [HELPER_##name] = {#name, args, ret, effects},
#include "helpers.def"
#undef HELPER
};

_Static_assert(sizeof(IrInsn) == 20, "an insn is 20 bytes");
_Static_assert((int)HELPER_COUNT <= (int)VCPU_HELPER_MAX,
               "the vcpu's helper table is large enough");

unsigned ir_type_bits(IrType t)
{
    static const uint8_t bits[IR_TYPE_COUNT] = {
        [IR_BOOL] = 1,   [IR_I8] = 8,   [IR_I16] = 16, [IR_I32] = 32, [IR_I64] = 64,
        [IR_FLAGS] = 32, [IR_F16] = 16, [IR_F32] = 32, [IR_F64] = 64, [IR_V128] = 128,
    };
    return bits[t];
}

/* Flags are packed as flags.h has them; of a vector the mask is its lower half's. */
const uint64_t ir_type_masks[IR_TYPE_COUNT] = {
    [IR_BOOL] = 1,         [IR_I8] = 0xff,        [IR_I16] = 0xffff,
    [IR_I32] = 0xffffffff, [IR_I64] = ~0ull,      [IR_FLAGS] = 0xc101,
    [IR_F16] = 0xffff,     [IR_F32] = 0xffffffff, [IR_F64] = ~0ull,
    [IR_V128] = ~0ull,
};

bool ir_unit_init(IrUnit *u, Arena *a, uint32_t max_insns)
{
    memset(u, 0, sizeof *u);
    u->cap = max_insns + 1;
    u->cap_extra = max_insns + 16;
    u->cap_vconsts = max_insns / 4 + 16;
    u->cap_blocks = max_insns / 8 + 16;
    u->insns = arena_alloc(a, u->cap * sizeof *u->insns);
    u->extra = arena_alloc(a, u->cap_extra * sizeof *u->extra);
    u->vconsts = arena_alloc(a, u->cap_vconsts * sizeof *u->vconsts);
    u->blocks = arena_alloc(a, u->cap_blocks * sizeof *u->blocks);
    if (!u->insns || !u->extra || !u->vconsts || !u->blocks)
        return false;
    ir_unit_reset(u);
    return true;
}

void ir_unit_reset(IrUnit *u)
{
    u->insns[0] = (IrInsn){.op = IR_NOP};
    u->n = 1;
    u->extra[0] = 0;
    u->n_extra = 1;
    u->n_vconsts = 0;
    u->blocks[0] = (IrBlock){1, 1, 0};
    u->n_blocks = 1;
    u->overflow = false;
    u->guest_insns = 0;
    u->hook = NULL;
    u->known = NULL;
    u->known32 = NULL;
}

IrRef ir_vconst(IrUnit *u, uint64_t lo, uint64_t hi)
{
    if (u->n_vconsts >= u->cap_vconsts) {
        u->overflow = true;
        return 0;
    }
    u->vconsts[u->n_vconsts] = (V128){.u64 = {lo, hi}};
    return ir_emit(u, IR_VCONST, IR_V128, 0, u->n_vconsts++, 0, 0, 0);
}

uint32_t ir_list(IrUnit *u, const IrRef *refs, uint32_t n)
{
    if (n == 0)
        return 0;
    if (n >= u->cap_extra - u->n_extra) {
        u->overflow = true;
        return 0;
    }
    uint32_t list = u->n_extra;
    u->extra[list] = n;
    memcpy(&u->extra[list + 1], refs, n * sizeof *refs);
    u->n_extra += n + 1;
    return list;
}

static void close_block(IrUnit *u)
{
    IrBlock *b = &u->blocks[u->n_blocks - 1];
    b->end = u->n;
    b->n_params = 0;
    while (b->first + b->n_params < b->end && u->insns[b->first + b->n_params].op == IR_PARAM)
        b->n_params++;
}

uint32_t ir_block_open(IrUnit *u)
{
    close_block(u);
    if (u->n_blocks >= u->cap_blocks) {
        u->overflow = true;
        return 0;
    }
    u->blocks[u->n_blocks] = (IrBlock){u->n, u->n, 0};
    if (u->hook)
        u->hook->block(u);
    return u->n_blocks++;
}

void ir_unit_finish(IrUnit *u)
{
    close_block(u);
}
