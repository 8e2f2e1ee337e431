/*
 * The meaning of the ops against the host: plain C for integers and flags, SSE for the vector ops
 * that it has one to one. Values are random with edges often.
 */
#include <criterion/criterion.h>
#include <immintrin.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "flags.h"
#include "guestmem.h"
#include "helpers.h"
#include "ir_interp.h"
#include "ir_random_impl.h"
#include "vcpu.h"

enum { ROUNDS = 20000 };

static RandomGen gen = {.rng = 0x1234567};

static uint64_t eval(IrOp op, IrType t, uint64_t a, uint64_t b)
{
    uint64_t r = 0;
    IrEval e = {.op = (uint8_t)op, .type = (uint8_t)t, .arg_type = (uint8_t)t, .a = a, .b = b};
    cr_assert(ir_eval_int(&e, &r));
    return r;
}

#define CHECK_OP(op, T, want)                                                                      \
    cr_assert_eq(eval(op, T, a, b), (uint64_t)(want), #op " " #T " %lx %lx: want %lx, got %lx", a, \
                 b, (uint64_t)(want), eval(op, T, a, b))

Test(ir_eval, integers_64)
{
    for (unsigned k = 0; k < ROUNDS; k++) {
        uint64_t a = rnd_value(&gen), b = rnd_value(&gen);
        int64_t sa = (int64_t)a, sb = (int64_t)b;
        CHECK_OP(IR_ADD, IR_I64, a + b);
        CHECK_OP(IR_SUB, IR_I64, a - b);
        CHECK_OP(IR_MUL, IR_I64, a * b);
        CHECK_OP(IR_MULHU, IR_I64, (unsigned __int128)a * b >> 64);
        CHECK_OP(IR_MULHS, IR_I64, (__int128)sa * sb >> 64);
        CHECK_OP(IR_UDIV, IR_I64, b ? a / b : 0);
        if (!(b == ~0ull && a == 1ull << 63))
            CHECK_OP(IR_SDIV, IR_I64, sb ? sa / sb : 0);
        CHECK_OP(IR_SHL, IR_I64, a << (b & 63));
        CHECK_OP(IR_SHR, IR_I64, a >> (b & 63));
        CHECK_OP(IR_SAR, IR_I64, sa >> (b & 63));
        CHECK_OP(IR_BSWAP, IR_I64, __builtin_bswap64(a));
        CHECK_OP(IR_POPCNT, IR_I64, __builtin_popcountll(a));
        CHECK_OP(IR_CLZ, IR_I64, a ? __builtin_clzll(a) : 64);
        CHECK_OP(IR_CLS, IR_I64, __builtin_clrsbll(sa));
    }
}

Test(ir_eval, integers_narrow)
{
    for (unsigned k = 0; k < ROUNDS; k++) {
        uint64_t a = rnd_value(&gen) & 0xffffffff, b = rnd_value(&gen) & 0xffffffff;
        int32_t sa = (int32_t)a, sb = (int32_t)b;
        CHECK_OP(IR_MUL, IR_I32, (uint32_t)(a * b));
        CHECK_OP(IR_MULHS, IR_I32, (uint32_t)((int64_t)sa * sb >> 32));
        if (sb && !(sb == -1 && a == 1u << 31))
            CHECK_OP(IR_SDIV, IR_I32, (uint32_t)(sa / sb));
        CHECK_OP(IR_SAR, IR_I32, (uint32_t)(sa >> (b & 31)));
        CHECK_OP(IR_CLZ, IR_I32, a ? __builtin_clz((uint32_t)a) : 32);
        CHECK_OP(IR_CTZ, IR_I32, a ? __builtin_ctz((uint32_t)a) : 32);
        CHECK_OP(IR_CLS, IR_I32, __builtin_clrsb(sa));
        a &= 0xffff;
        b &= 0xffff;
        CHECK_OP(IR_ADD, IR_I16, (uint16_t)(a + b));
        CHECK_OP(IR_BSWAP, IR_I16, __builtin_bswap16((uint16_t)a));
        a &= 0xff;
        b &= 0xff;
        CHECK_OP(IR_SUB, IR_I8, (uint8_t)(a - b));
        CHECK_OP(IR_SAR, IR_I8, (uint8_t)((int8_t)a >> (b & 7)));
        CHECK_OP(IR_MULHS, IR_I8, (uint8_t)((int8_t)a * (int8_t)b >> 8));
        CHECK_OP(IR_ROR, IR_I8, (uint8_t)(a >> (b & 7) | a << (-b & 7)));
    }
}

Test(ir_eval, flags)
{
    for (unsigned k = 0; k < ROUNDS; k++) {
        uint64_t a = rnd_value(&gen), b = rnd_value(&gen);
        int64_t r;
        bool v = __builtin_sub_overflow((int64_t)a, (int64_t)b, &r);
        uint32_t want = (r < 0 ? 8u : 0) | (r == 0 ? 4u : 0) | (a >= b ? 2u : 0) | v;
        IrEval e = {.op = IR_FLSUB, .type = IR_FLAGS, .arg_type = IR_I64, .a = a, .b = b};
        uint64_t f;
        cr_assert(ir_eval_int(&e, &f));
        cr_assert_eq(flags_to_nzcv((uint32_t)f), want << 28, "%lx - %lx", a, b);
        cr_assert_eq(ir_eval_cond(CC_LT, f), (int64_t)a < (int64_t)b);
        cr_assert_eq(ir_eval_cond(CC_GT, f), (int64_t)a > (int64_t)b);
        cr_assert_eq(ir_eval_cond(CC_HI, f), a > b);
        cr_assert_eq(ir_eval_cond(CC_CC, f), a < b);
        int32_t r32;
        v = __builtin_add_overflow((int32_t)a, (int32_t)b, &r32);
        uint32_t sum = (uint32_t)a + (uint32_t)b;
        want = (sum >> 31 ? 8u : 0) | (sum == 0 ? 4u : 0) | (sum < (uint32_t)a ? 2u : 0) | v;
        e = (IrEval){.op = IR_FLADD,
                     .type = IR_FLAGS,
                     .arg_type = IR_I32,
                     .a = (uint32_t)a,
                     .b = (uint32_t)b};
        cr_assert(ir_eval_int(&e, &f));
        cr_assert_eq(flags_to_nzcv((uint32_t)f), want << 28, "%x + %x", (uint32_t)a, (uint32_t)b);
    }
}

typedef struct VecCase {
    const char *name;
    IrOp op;
    unsigned aux;
    int32_t imm;
    __m128i (*host)(__m128i a, __m128i b);
} VecCase;

#define SSE(fn, expr)                                                                              \
    static __m128i __attribute__((target("sse4.2,pclmul"))) host_##fn(__m128i a, __m128i b)        \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)b;                                                                                   \
        return expr;                                                                               \
    }
SSE(add8, _mm_add_epi8(a, b))
SSE(sub64, _mm_sub_epi64(a, b))
SSE(mul16, _mm_mullo_epi16(a, b))
SSE(mul32, _mm_mullo_epi32(a, b))
SSE(abs16, _mm_abs_epi16(a))
SSE(smin8, _mm_min_epi8(a, b))
SSE(smax32, _mm_max_epi32(a, b))
SSE(umin16, _mm_min_epu16(a, b))
SSE(umax8, _mm_max_epu8(a, b))
SSE(avg8, _mm_avg_epu8(a, b))
SSE(avg16, _mm_avg_epu16(a, b))
SSE(eq32, _mm_cmpeq_epi32(a, b))
SSE(gt8, _mm_cmpgt_epi8(a, b))
SSE(gt64, _mm_cmpgt_epi64(a, b))
SSE(shl16, _mm_slli_epi16(a, 5))
SSE(shr64, _mm_srli_epi64(a, 64))
SSE(sar32, _mm_srai_epi32(a, 32))
SSE(zip8, _mm_unpacklo_epi8(a, b))
SSE(zip2_32, _mm_unpackhi_epi32(a, b))
SSE(uzp64, _mm_unpacklo_epi64(a, b))
SSE(trn64, _mm_unpackhi_epi64(a, b))
SSE(ext5, _mm_alignr_epi8(b, a, 5))
SSE(tbl, _mm_shuffle_epi8(b, _mm_or_si128(a, _mm_cmpgt_epi8(a, _mm_set1_epi8(15)))))
SSE(sxtl8, _mm_cvtepi8_epi16(a))
SSE(zxtl32, _mm_cvtepu32_epi64(a))
SSE(sqxtn16, _mm_packs_epi32(a, _mm_setzero_si128()))
SSE(sqxtun8, _mm_packus_epi16(a, _mm_setzero_si128()))
SSE(addp16, _mm_hadd_epi16(a, b))
SSE(sqadd8, _mm_adds_epi8(a, b))
SSE(uqadd16, _mm_adds_epu16(a, b))
SSE(sqsub16, _mm_subs_epi16(a, b))
SSE(uqsub8, _mm_subs_epu8(a, b))
SSE(pmull, _mm_clmulepi64_si128(a, b, 0))
SSE(pmull_hi, _mm_clmulepi64_si128(a, b, 0x11))
SSE(andn, _mm_andnot_si128(b, a))
SSE(umull32, _mm_mul_epu32(_mm_shuffle_epi32(a, 0x50), _mm_shuffle_epi32(b, 0x50)))

static const VecCase vec_cases[] = {
    {"vadd.8", IR_VADD, VE_8, 0, host_add8},
    {"vsub.64", IR_VSUB, VE_64, 0, host_sub64},
    {"vmul.16", IR_VMUL, VE_16, 0, host_mul16},
    {"vmul.32", IR_VMUL, VE_32, 0, host_mul32},
    {"vabs.16", IR_VABS, VE_16, 0, host_abs16},
    {"vsmin.8", IR_VSMIN, VE_8, 0, host_smin8},
    {"vsmax.32", IR_VSMAX, VE_32, 0, host_smax32},
    {"vumin.16", IR_VUMIN, VE_16, 0, host_umin16},
    {"vumax.8", IR_VUMAX, VE_8, 0, host_umax8},
    {"vurhadd.8", IR_VURHADD, VE_8, 0, host_avg8},
    {"vurhadd.16", IR_VURHADD, VE_16, 0, host_avg16},
    {"vcmp.32.eq", IR_VCMP, VE_32 | CMP_EQ << VE_CMP_SHIFT, 0, host_eq32},
    {"vcmp.8.sgt", IR_VCMP, VE_8 | CMP_SGT << VE_CMP_SHIFT, 0, host_gt8},
    {"vcmp.64.sgt", IR_VCMP, VE_64 | CMP_SGT << VE_CMP_SHIFT, 0, host_gt64},
    {"vshli.16", IR_VSHLI, VE_16, 5, host_shl16},
    {"vshri.64", IR_VSHRI, VE_64, 64, host_shr64},
    {"vsari.32", IR_VSARI, VE_32, 32, host_sar32},
    {"vzip1.8", IR_VZIP1, VE_8, 0, host_zip8},
    {"vzip2.32", IR_VZIP2, VE_32, 0, host_zip2_32},
    {"vuzp1.64", IR_VUZP1, VE_64, 0, host_uzp64},
    {"vtrn2.64", IR_VTRN2, VE_64, 0, host_trn64},
    {"vext", IR_VEXT, 0, 5, host_ext5},
    {"vtbl", IR_VTBL, 0, 1, host_tbl},
    {"vxtl.8.s", IR_VXTL, VE_8 | VE_SIGNED, 0, host_sxtl8},
    {"vxtl.32", IR_VXTL, VE_32, 0, host_zxtl32},
    {"vsqxtn.16", IR_VSQXTN, VE_16, 0, host_sqxtn16},
    {"vsqxtun.8", IR_VSQXTUN, VE_8, 0, host_sqxtun8},
    {"vaddp.16", IR_VADDP, VE_16, 0, host_addp16},
    {"vsqadd.8", IR_VSQADD, VE_8, 0, host_sqadd8},
    {"vuqadd.16", IR_VUQADD, VE_16, 0, host_uqadd16},
    {"vsqsub.16", IR_VSQSUB, VE_16, 0, host_sqsub16},
    {"vuqsub.8", IR_VUQSUB, VE_8, 0, host_uqsub8},
    {"vpmull.64", IR_VPMULL, VE_64, 0, host_pmull},
    {"vpmull.64.hi", IR_VPMULL, VE_64 | VE_HI, 0, host_pmull_hi},
    {"vandn", IR_VANDN, 0, 0, host_andn},
    {"vmull.32", IR_VMULL, VE_32, 0, host_umull32},
};

Test(ir_eval, vectors)
{
    for (unsigned c = 0; c < ARRAY_LEN(vec_cases); c++) {
        const VecCase *v = &vec_cases[c];
        for (unsigned k = 0; k < 2000; k++) {
            V128 args[2], got, want;
            __m128i a, b, r;
            for (unsigned w = 0; w < 4; w++)
                args[w / 2].u64[w % 2] = rnd_value(&gen);
            if (v->op == IR_VTBL && k & 1)
                args[0].u64[0] &= 0x0f0f0f1f0f0f0f0f;
            memcpy(&a, &args[0], 16);
            memcpy(&b, &args[1], 16);
            r = v->host(a, b);
            memcpy(&want, &r, 16);
            cr_assert(ir_eval_vec(v->op, v->aux, v->imm, args, &got), "%s", v->name);
            cr_assert(got.u64[0] == want.u64[0] && got.u64[1] == want.u64[1],
                      "%s of %016lx%016lx %016lx%016lx: want %016lx%016lx, got %016lx%016lx",
                      v->name, args[0].u64[1], args[0].u64[0], args[1].u64[1], args[1].u64[0],
                      want.u64[1], want.u64[0], got.u64[1], got.u64[0]);
        }
    }
}

/* Effects and odd ops are refused, not guessed at. */
Test(ir_eval, refuses_other_ops)
{
    V128 args[3] = {0}, out;
    uint64_t r;
    SoftFp fp = ir_softfp(0);
    cr_assert_not(ir_eval_vec(IR_ADD, 0, 0, args, &out));
    cr_assert_not(ir_eval_vec(IR_VFADD, VE_32, 0, args, &out));
    cr_assert_not(ir_eval_vfp(&fp, IR_VADD, VE_32, 0, args, &out));
    cr_assert_not(ir_eval_int(&(IrEval){.op = IR_FADD, .type = IR_F32}, &r));
    cr_assert_not(ir_eval_int(&(IrEval){.op = IR_LD, .type = IR_I64}, &r));
    cr_assert_not(ir_eval_fp(&fp, &(IrEval){.op = IR_ADD, .type = IR_I64}, &r));
}

/* MXCSR and Arm's flags: what the hardware raised is seen, what is set there stays. */
Test(ir_eval, sticky_flags_in_the_host_word)
{
    static Vcpu v;
    uint32_t before = _mm_getcsr();
    _mm_setcsr(0x1f80);
    volatile float zero = 0, one = 1, q = 0;
    q = one / zero;
    cr_assert_eq(helper_fp_flags_get(&v), SOFT_DZC, "%f", (double)q);
    helper_fp_flags_set(&v, SOFT_IXC | SOFT_IDC | SOFT_IOC);
    cr_assert_eq(_mm_getcsr(), 0x1f80u | 0x21);
    cr_assert_eq(helper_fp_op2_32(&v, IR_FMUL, 0x7f7fffff, 0x7f7fffff), 0x7f800000);
    cr_assert_eq(helper_fp_flags_get(&v), SOFT_IXC | SOFT_IDC | SOFT_IOC | SOFT_OFC);
    helper_fp_flags_set(&v, 0);
    cr_assert_eq(helper_fp_flags_get(&v), 0);
    cr_assert_eq(_mm_getcsr(), 0x1f80u);
    _mm_setcsr(before);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)info;
    ucontext_t *u = context;
    uint64_t to = gm_fixup((uint64_t)u->uc_mcontext.gregs[REG_RIP]);
    if (!to)
        _exit(99);
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)to;
}

/* The default access names the first byte that cannot be accessed. */
Test(ir_eval, default_access_faults)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    uint8_t *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(p != MAP_FAILED);
    uint64_t a = (uint64_t)p, data = 0x1122334455667788;
    mprotect(p + 4096, 4096, PROT_READ);
    mprotect(p + 8192, 4096, PROT_NONE);
    IrInterpEnv env = {0};
    IrAccess x = {.addr = a + 4088, .size = 8, .write = true, .data = &data};
    cr_assert(ir_interp_access(&env, &x));
    x.addr = a + 4092;
    cr_assert_not(ir_interp_access(&env, &x));
    cr_assert_eq(x.fault, a + 4096);
    x.write = false;
    cr_assert(ir_interp_access(&env, &x));
    x.addr = a + 8190;
    cr_assert_not(ir_interp_access(&env, &x));
    cr_assert_eq(x.fault, a + 8192);
    x.write = true;
    cr_assert_not(ir_interp_access(&env, &x));
    cr_assert_eq(x.fault, a + 8190);
    x.addr = a + 8200;
    cr_assert_not(ir_interp_access(&env, &x));
    cr_assert_eq(x.fault, a + 8200);
}
