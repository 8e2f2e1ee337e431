/*
 * Floating point and vectors on x86-64: describing and printing of those ops, independent of the
 * driver (x64_vec_glue.c connects the two, tests run it alone).
 *
 * xv_describe() fills one RaInsn for an IR insn that xv_owns(); xv_emit() prints it once locations
 * are known; xv_finish() prints the far paths and the literal pool after the unit's hot code.
 *
 * Invariants:
 *  - an op that can raise the (unmasked) invalid exception writes no pinned register before its
 *    last insn that can trap;
 *  - a scalar float lies in the low lane of its register, the lanes above are undefined. Operands
 *    are named through xv_alias(), so that a `vto` to a float costs nothing;
 *  - sequences use k1 and EFLAGS as scratch, no general register but those the RaInsn has, and of
 *    the Vcpu only harg[].
 *
 *     v3 = fadd v1, v2   ->   vaddsd xmm13, xmm1, xmm2
 *     the same, checked  ->   vaddsd xmm13, xmm1, xmm2; vucomisd xmm13, xmm13; jp far
 */
#ifndef FERRY_X64_VEC_H
#define FERRY_X64_VEC_H

#include "backend.h"
#include "x64_emit.h"

enum {
    X64_VEC_MAX_FAR = 512,
    X64_VEC_MAX_POOL = 128,
    X64_VEC_MAX_POOL_USES = 1024,
    X64_VEC_FAR_JUMPS = 4,
};

struct X64Vec;
struct X64VecFar;
typedef void (*X64VecFarFn)(struct X64Vec *v, const struct X64VecFar *f);

/* A far path: jumps at `at` lead to it, it ends by a jump back to `back`. */
typedef struct X64VecFar {
    X64VecFarFn fn;
    const RaInsn *i;
    uint32_t at[X64_VEC_FAR_JUMPS]; /* offsets after the 32-bit fields of the jumps */
    uint32_t n_at;
    RaLoc reg[2]; /* free for fn */
    uint32_t back;
} X64VecFar;

/* What choices depend on. avx: AVX and AVX2, three operands; avx512: 128-bit forms, xmm16-31. */
typedef struct XvEnv {
    const IrUnit *u;
    const HostFeatures *f;
    bool avx, avx512;
    /* during select only, else NULL: by scalar float, the vfrom of it in its block, or 0 */
    const uint32_t *twin;
    uint32_t block_first; /* first insn of the block at hand */
} XvEnv;
XvEnv xv_env(const IrUnit *u, const HostFeatures *f);

typedef struct X64Vec {
    XvEnv env;
    X64Emit *e;
    void *driver;           /* for far_helper */
    const RaInsn *end;      /* of the block at hand, so that an insn may look ahead; or NULL */
    RaLoc unchecked;        /* result of the insn before, which may be any NaN; LOC_NONE */
    const RaTarget *target; /* NULL: every register may be a pin */
    /* Prints a helper call: arguments in harg[0..], result in harg[7], every register kept. */
    void (*far_helper)(struct X64Vec *v, HelperId h);
    /* True for a RaInsn that prints nothing at all. NULL without a driver. */
    bool (*prints_nothing)(const RaInsn *i);
    bool zeroed; /* the insn at hand has cleared the lanes above its result */
    bool limit;  /* a table is full: the unit must be made smaller */
    uint32_t n_far, n_pool, n_uses;
    X64VecFar far[X64_VEC_MAX_FAR];
    V128 pool[X64_VEC_MAX_POOL];
    struct {
        uint32_t at;        /* offset after the insn's disp32 field */
        uint16_t idx, tail; /* tail: bytes of immediate after it */
    } uses[X64_VEC_MAX_POOL_USES];
} X64Vec;

/* Empties the tables. */
void xv_init(X64Vec *v, X64Emit *e, const IrUnit *u, const HostFeatures *f);

/* fcmp's RaInsn.form: what is wanted of it. */
enum {
    XV_FCMP_VALUE = 1, /* the packed flags, in dst[0] */
    XV_FCMP_UCOMI = 2, /* EFLAGS as of ucomis a, b */
    XV_FCMP_SWAP = 4,  /* EFLAGS as of ucomis b, a */
};

/* True for float and vector ops (not ld, st, get, set, const, vconst, select). */
bool xv_owns(const IrInsn *i);
/* Fills *out: operands, temps, clobbers. `form` as given by the caller (fcmp only). */
void xv_describe(const XvEnv *env, IrRef r, unsigned form, RaInsn *out);
/*
 * The value that insn `user` may name in r's place: the same register content as far as r's type
 * goes. A scalar that was put in a vector is named by that vector: it lies in a pin then, and the
 * scalar's own register is free.
 */
IrRef xv_alias(const XvEnv *env, IrRef r, IrRef user);
/* True when r's code can leave zeros above its result, so that a vfrom of it needs no insn: the
 * RaInsn's result is then the vfrom's. */
bool xv_may_be_vector(const XvEnv *env, IrRef r);
void xv_emit(X64Vec *v, const RaInsn *i);
/* Far code and pool. False when a table was full (e->overflow is the driver's to check). */
bool xv_finish(X64Vec *v);

X64Mem xv_home(const X64Vec *v, RaLoc loc);         /* memory of a spill place or slot */
void xv_move(X64Vec *v, RaLoc dst, RaLoc src);      /* all 128 bits; one may be memory */
void xv_const(X64Vec *v, unsigned dst, V128 value); /* zero, ones, or from the pool */

#endif
