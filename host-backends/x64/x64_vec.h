/*
 * Floating point and vectors on x86-64: what the driver (select and emit of the backend) calls.
 *
 * For each IR insn that x64_vec_owns(), select() calls x64_vec_describe(), which fills one RaInsn;
 * emit() calls x64_vec_emit() with it once locations are known, and x64_vec_finish() once after
 * the unit's hot code: that writes the far paths and the literal pool of these ops.
 *
 * Invariants:
 *  - an op that can raise the (unmasked) invalid exception writes no pinned register before its
 *    last insn that can trap;
 *  - a scalar float lies in the low lane of its register, the lanes above are undefined. Operands
 *    are named through x64_vec_alias(), so a `vto` to a float costs nothing and a `vfrom` of a
 *    value whose upper lanes are known to be zero neither: such insns need a RaInsn only when a
 *    described operand names them;
 *  - sequences use k1 as scratch, no general register but those the RaInsn has, and of the Vcpu
 *    only harg[]. All but the far calls keep the host's stack.
 *
 * Far calls: a helper with its arguments in harg[0..3] and its result in harg[7], every register
 * kept. They go through two stubs that x64_vec_emit_stub() writes and whose addresses stand in
 * vcpu->helper_fn[X64_FARCALL_SCALAR] and [X64_FARCALL_VEC]; harg[6] holds the function.
 *
 *     v3 = fadd v1, v2   ->   vaddsd xmm13, xmm1, xmm2
 *     the same, checked  ->   vaddsd xmm13, xmm1, xmm2; vucomisd xmm13, xmm13; jp far
 */
#ifndef FERRY_X64_VEC_H
#define FERRY_X64_VEC_H

#include "backend.h"
#include "x64_emit.h"

enum {
    X64_FARCALL_SCALAR = VCPU_HELPER_MAX - 2, /* helper_fn[]: stub for integer and float helpers */
    X64_FARCALL_VEC = VCPU_HELPER_MAX - 1,    /* for helper_vec_op */
    X64_VEC_MAX_FAR = 384,
    X64_VEC_MAX_POOL = 96,
    X64_VEC_MAX_POOL_USES = 768,
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
    uint32_t back;
} X64VecFar;

typedef struct X64Vec {
    /* set by the driver */
    X64Emit *e;
    const IrUnit *u;
    const HostFeatures *f;
    const RaTarget *target;
    /* inside */
    bool avx;    /* three-operand forms: AVX and AVX2 are there */
    bool avx512;
    bool limit;  /* a table is full: the unit must be made smaller */
    uint32_t n_far, n_pool, n_uses;
    X64VecFar far[X64_VEC_MAX_FAR];
    V128 pool[X64_VEC_MAX_POOL];
    struct {
        uint32_t at; /* offset after the insn's disp32 field */
        uint16_t idx, tail; /* tail: bytes of immediate after it */
    } uses[X64_VEC_MAX_POOL_USES];
} X64Vec;

/* Empties the tables and looks at the features. Call before select and before each emit. */
void x64_vec_init(X64Vec *v, X64Emit *e, const IrUnit *u, const HostFeatures *f,
                  const RaTarget *t);

/* True for float and vector ops (not ld, st, get, set, const, vconst, select). */
bool x64_vec_owns(const IrInsn *i);
/* Fills all of *out but first_move, n_moves and locations. */
void x64_vec_describe(const X64Vec *v, IrRef r, RaInsn *out);
/* The value that may be named in r's place: the same register content as far as r's type goes. */
IrRef x64_vec_alias(const X64Vec *v, IrRef r);
void x64_vec_emit(X64Vec *v, const RaInsn *i);
/* Far code and pool. False when a table was full (e->overflow is the driver's to check). */
bool x64_vec_finish(X64Vec *v);

/* Writes a far call stub at e->p: `vec` for helper_vec_op's shape. */
void x64_vec_emit_stub(X64Emit *e, bool vec);

/*
 * A condition on an fcmp's flags without making the flags: compares and says which jump to take.
 * The fcmp itself must still be emitted where it stands (it may trap); this repeats the compare
 * quietly. parity 0: `cc` decides; +1: true also when P is set (jump on P too); -1: true only when
 * P is clear as well.
 */
typedef struct X64FcmpCc {
    uint8_t cc; /* X64Cc */
    int8_t parity;
} X64FcmpCc;
X64FcmpCc x64_fcmp_test(X64Vec *v, IrType type, IrCond cond, RaLoc a, RaLoc b);

/* For the driver's own float and vector ld, st, moves and constants. */
X64Mem x64_vec_home(const X64Vec *v, RaLoc loc);           /* memory of a spill place or slot */
void x64_vec_move(X64Vec *v, RaLoc dst, RaLoc src);        /* all 128 bits; one may be memory */
void x64_vec_const(X64Vec *v, unsigned dst, V128 value);   /* zero, ones, or from the pool */

#endif
