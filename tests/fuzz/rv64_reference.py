"""RV64 rows that the installed qemu lacks or gets wrong, written after the manual (volume I).

EFFECT[row](word, x, mem, mid) does one instruction: x is the registers (x[0] stays 0), mem the bytes
of the window, whose byte `mid` is what s0 points to. The rows in EFFECT are judged here and not by
qemu.
"""
M64 = (1 << 64) - 1
BASE = 0  # s0: addresses are relative to it


def bits(w, hi, lo):
    return w >> lo & ((2 << (hi - lo)) - 1)


def signed(v, n):
    v &= (1 << n) - 1
    return v - (1 << n) if v >> (n - 1) else v


def put(x, n, v):
    if n:
        x[n] = v & M64


def crd(w):
    return 8 + bits(w, 9, 7)


def crs2(w):
    return 8 + bits(w, 4, 2)


def load(mem, at, size):
    return int.from_bytes(mem[at:at + size], 'little')


def store(mem, at, size, v):
    mem[at:at + size] = (v & ((1 << 8 * size) - 1)).to_bytes(size, 'little')


def c_load(size, is_signed, offset):
    def effect(w, x, mem, mid):
        v = load(mem, mid + offset(w), size)
        put(x, crs2(w), signed(v, 8 * size) if is_signed else v)
    return effect


def c_store(size, offset):
    def effect(w, x, mem, mid):
        store(mem, mid + offset(w), size, x[crs2(w)])
    return effect


def byte_offset(w):
    return bits(w, 5, 5) * 2 + bits(w, 6, 6)


def half_offset(w):
    return bits(w, 5, 5) * 2


def c_unary(op):
    def effect(w, x, mem, mid):
        put(x, crd(w), op(x[crd(w)]))
    return effect


def c_mul(w, x, mem, mid):
    put(x, crd(w), x[crd(w)] * x[crs2(w)])


def nothing(w, x, mem, mid):
    pass


def cbo_zero(w, x, mem, mid):
    store(mem, mid, 64, 0)


def ctzw(w, x, mem, mid):
    v = x[bits(w, 19, 15)] & 0xffffffff
    put(x, bits(w, 11, 7), (v & -v).bit_length() - 1 if v else 32)


def clear(w, x, mem, mid):
    put(x, bits(w, 11, 7), 0)


def czero(test):
    def effect(w, x, mem, mid):
        put(x, bits(w, 11, 7), 0 if test(x[bits(w, 24, 20)]) else x[bits(w, 19, 15)])
    return effect


def amo(size, op):
    n = 8 * size

    def effect(w, x, mem, mid):
        old, v = load(mem, mid, size), x[bits(w, 24, 20)] & ((1 << n) - 1)
        store(mem, mid, size, op(old, v, n))
        put(x, bits(w, 11, 7), signed(old, n))
    return effect


def amocas(size):
    def effect(w, x, mem, mid):
        rd, rs2, mask = bits(w, 11, 7), bits(w, 24, 20), (1 << 8 * size) - 1
        old = load(mem, mid, size)
        if old == x[rd] & mask:
            store(mem, mid, size, x[rs2])
        put(x, rd, signed(old, 8 * size))
    return effect


def amocas_q(w, x, mem, mid):
    rd, rs2 = bits(w, 11, 7), bits(w, 24, 20)
    old = load(mem, mid, 16)
    if old == (x[rd] | (x[rd + 1] << 64 if rd else 0)):
        store(mem, mid, 16, x[rs2] | (x[rs2 + 1] << 64 if rs2 else 0))
    if rd:
        put(x, rd, old)
        put(x, rd + 1, old >> 64)


AMOS = {
    'amoswap': lambda a, b, n: b,
    'amoadd': lambda a, b, n: a + b,
    'amoxor': lambda a, b, n: a ^ b,
    'amoand': lambda a, b, n: a & b,
    'amoor': lambda a, b, n: a | b,
    'amomin': lambda a, b, n: min(signed(a, n), signed(b, n)),
    'amomax': lambda a, b, n: max(signed(a, n), signed(b, n)),
    'amominu': lambda a, b, n: min(a, b),
    'amomaxu': lambda a, b, n: max(a, b),
}

EFFECT = {
    'c_lbu': c_load(1, False, byte_offset),
    'c_lhu': c_load(2, False, half_offset),
    'c_lh': c_load(2, True, half_offset),
    'c_sb': c_store(1, byte_offset),
    'c_sh': c_store(2, half_offset),
    'c_zext_b': c_unary(lambda v: v & 0xff),
    'c_sext_b': c_unary(lambda v: signed(v, 8)),
    'c_zext_h': c_unary(lambda v: v & 0xffff),
    'c_sext_h': c_unary(lambda v: signed(v, 16)),
    'c_zext_w': c_unary(lambda v: v & 0xffffffff),
    'c_not': c_unary(lambda v: ~v),
    'c_mul': c_mul,
    'c_mop': nothing,
    'czero_eqz': czero(lambda c: c == 0),
    'czero_nez': czero(lambda c: c != 0),
    'ctzw': ctzw,  # qemu 7.2 counts on into the upper half
    'cbo_clean': nothing, 'cbo_flush': nothing, 'cbo_zero': cbo_zero,
    'mop_r': clear, 'mop_rr': clear,
    'amocas_b': amocas(1), 'amocas_h': amocas(2), 'amocas_w': amocas(4), 'amocas_d': amocas(8),
    'amocas_q': amocas_q,
}
for name, op in AMOS.items():
    EFFECT[name + '_b'], EFFECT[name + '_h'] = amo(1, op), amo(2, op)
