/*
 * A64 pointer authentication (DDI 0487, D8.10): the first version of the feature (no EPAC, no
 * FPAC), as `-cpu max,+pauth` shows it.
 *
 * User addresses have 48 bits and the top byte is ignored for code and data, as Linux sets it up,
 * so the code lies in bits 54:48 and bit 55 says which half of the address space is meant:
 *
 *     63      56 55 54     48 47                  0
 *     | tag     | h | code   | address             |
 *
 * A pointer that fails to authenticate gets 01 or 10, by key, in bits 54:53 and so is no address
 * any more. The algorithm is IMPLEMENTATION DEFINED: two rounds of folded 64x64-bit products, each
 * with one half of the key mixed into both factors. It is no cipher: seven bits of a keyed hash do
 * not become stronger with one, and a round of QARMA costs ten times as much.
 */
#include "a64.h"
#include "a64_helpers.h"

enum { PAC_LOW = 48, PAC_BITS = 7, HALF_BIT = 55, HOW_AUTH = 8, HOW_KEY = 7, ERROR_LOW = 53 };

static const uint64_t pac_field = ((1ull << PAC_BITS) - 1) << PAC_LOW;

/* ---- the helpers ---- */

static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t compute_pac(Vcpu *v, uint64_t value, uint64_t modifier, unsigned key)
{
    const uint64_t odd1 = 0x9e3779b97f4a7c15, odd2 = 0xd1b54a32d192ed03;
    uint64_t lo = *vcpu_slot64(v, &a64_slots[A64_PAC_KEY0 + 2 * key]);
    uint64_t hi = *vcpu_slot64(v, &a64_slots[A64_PAC_KEY0 + 2 * key + 1]);
    uint64_t h = fold(value ^ lo, (modifier + odd1) ^ hi);
    return fold(h ^ hi ^ odd2, value + modifier * odd1 + lo) ^ h;
}

/* The pointer as it was before its code: bits 55:48 equal to bit 55. */
static uint64_t original(uint64_t ptr)
{
    return ptr >> HALF_BIT & 1 ? ptr | pac_field : ptr & ~pac_field;
}

static uint64_t add_pac(Vcpu *v, uint64_t ptr, uint64_t modifier, unsigned key)
{
    uint64_t pac = compute_pac(v, original(ptr), modifier, key);
    uint64_t high = ptr >> PAC_LOW & 0xff;
    if (high != 0 && high != 0xff) {
        pac ^= 1ull << 54; /* not an address: it must not authenticate later */
    }
    return (ptr & ~pac_field) | (pac & pac_field);
}

static uint64_t authenticate(Vcpu *v, uint64_t ptr, uint64_t modifier, unsigned key)
{
    uint64_t plain = original(ptr);
    uint64_t pac = compute_pac(v, plain, modifier, key);
    if (((pac ^ ptr) & pac_field) == 0) {
        return plain;
    }
    uint64_t error = key & 1 ? 2 : 1;
    return (plain & ~(3ull << ERROR_LOW)) | error << ERROR_LOW;
}

uint64_t helper_a64_pac(Vcpu *v, uint64_t how, uint64_t ptr, uint64_t modifier)
{
    unsigned key = how & HOW_KEY;
    if (!(*vcpu_slot32(v, &a64_slots[A64_PAC_ENABLED]) >> key & 1)) {
        return ptr;
    }
    return how & HOW_AUTH ? authenticate(v, ptr, modifier, key) : add_pac(v, ptr, modifier, key);
}

uint64_t helper_a64_pacga(Vcpu *v, uint64_t value, uint64_t modifier)
{
    return compute_pac(v, value, modifier, A64_KEY_GA) & 0xffffffff00000000;
}

/* ---- the front end ---- */

static IrRef pac(TransCtx *tc, unsigned how, IrRef ptr, IrRef modifier)
{
    IrRef args[3] = {ir_const(tc->u, IR_I32, how), ptr, modifier};
    return ir_call(tc->u, HELPER_a64_pac, IR_I64, args, 3);
}

static IrRef zero(TransCtx *tc)
{
    return ir_const(tc->u, IR_I64, 0);
}

/* op: 0 IA, 1 IB, 2 DA, 3 DB of PAC*, 4 to 7 of AUT* */
static unsigned how_of(unsigned op)
{
    return (op & 3) | (op & 4 ? HOW_AUTH : 0);
}

TransResult a64_pac_reg(TransCtx *tc, A64Insn insn)
{
    const A64_pac_reg f = insn.pac_reg;
    IrRef ptr = a64_r(tc, 1, f.rd), modifier = a64_rsp(tc, 1, f.rn);
    a64_set_r(tc, 1, f.rd, pac(tc, how_of(f.op), ptr, modifier));
    return TR_NEXT;
}

TransResult a64_pac_zero(TransCtx *tc, A64Insn insn)
{
    const A64_pac_zero f = insn.pac_zero;
    a64_set_r(tc, 1, f.rd, pac(tc, how_of(f.op), a64_r(tc, 1, f.rd), zero(tc)));
    return TR_NEXT;
}

static IrRef stripped(TransCtx *tc, IrRef ptr)
{
    IrUnit *u = tc->u;
    IrRef half = ir_op1x(u, IR_SBFX, IR_I64, HALF_BIT | 1 << 8, ptr, 0);
    return ir_op2x(u, IR_BFI, IR_I64, PAC_LOW | PAC_BITS << 8, ptr, half, 0);
}

TransResult a64_xpac(TransCtx *tc, A64Insn insn)
{
    unsigned rd = insn.xpac.rd;
    a64_set_r(tc, 1, rd, stripped(tc, a64_r(tc, 1, rd)));
    return TR_NEXT;
}

TransResult a64_pacga(TransCtx *tc, A64Insn insn)
{
    const A64_pacga f = insn.pacga;
    IrRef args[2] = {a64_r(tc, 1, f.rn), a64_rsp(tc, 1, f.rm)};
    a64_set_r(tc, 1, f.rd, ir_call(tc->u, HELPER_a64_pacga, IR_I64, args, 2));
    return TR_NEXT;
}

bool a64_pauth_hint(TransCtx *tc, unsigned n)
{
    enum { HINT_XPACLRI = 7, HINT_1716 = 8, HINT_LR = 24, FORM_SP = 1, REG_LR = 30 };
    unsigned how = (n & 2 ? A64_KEY_IB : A64_KEY_IA) | (n & 4 ? HOW_AUTH : 0);
    if (n == HINT_XPACLRI) {
        a64_set_r(tc, 1, REG_LR, stripped(tc, a64_r(tc, 1, REG_LR)));
    } else if (n >> 3 == HINT_1716 >> 3 && !(n & 1)) {
        a64_set_r(tc, 1, 17, pac(tc, how, a64_r(tc, 1, 17), a64_r(tc, 1, 16)));
    } else if (n >> 3 == HINT_LR >> 3) {
        IrRef modifier = n & FORM_SP ? a64_rsp(tc, 1, A64_REG_31) : zero(tc);
        a64_set_r(tc, 1, REG_LR, pac(tc, how, a64_r(tc, 1, REG_LR), modifier));
    } else {
        return false;
    }
    return true;
}

/* ---- branches and loads ---- */

static unsigned auth_i(unsigned m)
{
    return HOW_AUTH | (m ? A64_KEY_IB : A64_KEY_IA);
}

TransResult a64_braaz(TransCtx *tc, A64Insn insn)
{
    const A64_braaz f = insn.braaz;
    return a64_jump(tc, f.rn, pac(tc, auth_i(f.M), a64_r(tc, 1, f.rn), zero(tc)));
}

TransResult a64_blraaz(TransCtx *tc, A64Insn insn)
{
    const A64_blraaz f = insn.blraaz;
    return a64_call(tc, pac(tc, auth_i(f.M), a64_r(tc, 1, f.rn), zero(tc)));
}

TransResult a64_braa(TransCtx *tc, A64Insn insn)
{
    const A64_braa f = insn.braa;
    return a64_jump(tc, f.rn, pac(tc, auth_i(f.M), a64_r(tc, 1, f.rn), a64_rsp(tc, 1, f.rm)));
}

TransResult a64_blraa(TransCtx *tc, A64Insn insn)
{
    const A64_blraa f = insn.blraa;
    return a64_call(tc, pac(tc, auth_i(f.M), a64_r(tc, 1, f.rn), a64_rsp(tc, 1, f.rm)));
}

/* The register keeps the signed address. */
TransResult a64_retaa(TransCtx *tc, A64Insn insn)
{
    IrRef sp = a64_rsp(tc, 1, A64_REG_31), lr = ir_get(tc->u, IR_I64, A64_X30);
    ir_op1(tc->u, IR_XRET, IR_VOID, pac(tc, auth_i(insn.retaa.M), lr, sp));
    return TR_END;
}

TransResult a64_ldraa(TransCtx *tc, A64Insn insn)
{
    const A64_ldraa f = insn.ldraa;
    IrUnit *u = tc->u;
    int64_t disp = ((int64_t)f.imm9 - (f.S ? 512 : 0)) * 8;
    unsigned how = HOW_AUTH | (f.M ? A64_KEY_DB : A64_KEY_DA);
    IrRef base = pac(tc, how, a64_rsp(tc, 1, f.rn), zero(tc));
    IrRef addr = ir_op2(u, IR_ADD, IR_I64, base, ir_const(u, IR_I64, (uint64_t)disp));
    IrRef v = ir_ld(u, IR_I64, MEM_64, a64_addr(tc, addr), 0, 0);
    a64_set_r(tc, 1, f.rt, v);
    if (f.W) {
        a64_set_rsp(tc, 1, f.rn, addr);
    }
    return TR_NEXT;
}
