"""RV64 rows that the installed qemu lacks or gets wrong, written after the manual (volume I).

EFFECT[row](word, x, mem, mid) does one instruction: x is the registers (x[0] stays 0), mem the bytes
of the window, whose byte `mid` is what s0 points to. FP_EFFECT[row](word, x, f, frm) does one
floating-point instruction on the 64-bit f registers and gives the fflags it raises. The rows in
either are judged here and not by qemu.
"""
from fractions import Fraction

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


# ---- floating point -------------------------------------------------------------------------

NX, NV = 1, 16
RNE, RTZ, RDN, RUP, RMM, DYN = 0, 1, 2, 3, 4, 7


class Format:
    """An IEEE 754 interchange format; values are its bits."""

    def __init__(self, exp_bits, frac_bits):
        self.frac_bits, self.width = frac_bits, 1 + exp_bits + frac_bits
        self.bias = (1 << (exp_bits - 1)) - 1
        self.inf = ((1 << exp_bits) - 1) << frac_bits
        self.sign = 1 << (self.width - 1)
        self.quiet = 1 << (frac_bits - 1)
        self.nan = self.inf | self.quiet

    def is_nan(self, v):
        return v & ~self.sign > self.inf

    def is_snan(self, v):
        return self.is_nan(v) and not v & self.quiet

    def number(self, v):
        """A value that is neither NaN nor infinite."""
        exp, frac = (v & ~self.sign) >> self.frac_bits, v & ((1 << self.frac_bits) - 1)
        n = frac if exp == 0 else frac | 1 << self.frac_bits
        scale = max(exp, 1) - self.bias - self.frac_bits
        n = Fraction(n) * Fraction(2) ** scale
        return -n if v & self.sign else n

    def encode(self, n):
        """A number that the format has."""
        if n == 0:
            return 0
        sign, n, exp = (self.sign if n < 0 else 0), abs(Fraction(n)), 0
        while n >= 2:
            n, exp = n / 2, exp + 1
        while n < 1 and exp > 1 - self.bias:
            n, exp = n * 2, exp - 1
        frac = n * (1 << self.frac_bits)
        assert frac.denominator == 1
        return sign | (int(frac) + (((exp + self.bias - 1) << self.frac_bits)))

    def before(self, a, b):
        """a < b of numbers and infinities; -0 lies before +0."""
        key = [-(v & ~self.sign) - 1 if v & self.sign else v for v in (a, b)]
        return key[0] < key[1]


FORMATS = [Format(8, 23), Format(11, 52), Format(5, 10)]  # by the fmt field


def fp_get(w, f, pos):
    """(format, the register's value); what is not boxed is the canonical NaN."""
    fmt, v = FORMATS[bits(w, 26, 25)], f[bits(w, pos + 4, pos)]
    if fmt.width < 64 and v >> fmt.width != M64 >> fmt.width:
        return fmt, fmt.nan
    return fmt, v & (M64 >> (64 - fmt.width))


def fp_put(w, f, v):
    fmt = FORMATS[bits(w, 26, 25)]
    f[bits(w, 11, 7)] = v | (M64 << fmt.width & M64)


FLI = [-1, None, Fraction(1, 1 << 16), Fraction(1, 1 << 15), Fraction(1, 256), Fraction(1, 128),
       .0625, .125, .25, .3125, .375, .4375, .5, .625, .75, .875, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4,
       8, 16, 128, 256, 1 << 15, 1 << 16]


def fli(w, x, f, frm):
    fmt, k = FORMATS[bits(w, 26, 25)], bits(w, 19, 15)
    if k == 1:
        v = 1 << fmt.frac_bits
    elif k == 31:
        v = fmt.nan
    else:  # two to the 16th is beyond half precision
        v = fmt.inf if k == 30 or k == 29 and fmt.width == 16 else fmt.encode(FLI[k])
    fp_put(w, f, v)
    return 0


def fminmax_m(largest):
    def effect(w, x, f, frm):
        (fmt, a), (_, b) = fp_get(w, f, 15), fp_get(w, f, 20)
        if fmt.is_nan(a) or fmt.is_nan(b):
            fp_put(w, f, fmt.nan)
            return NV if fmt.is_snan(a) or fmt.is_snan(b) else 0
        fp_put(w, f, b if fmt.before(a, b) == largest else a)
        return 0
    return effect


def to_integral(n, rm):
    down = n.numerator // n.denominator
    if down == n:
        return down
    half = n - down - Fraction(1, 2)
    up = {RNE: half > 0 or half == 0 and down & 1, RTZ: n < 0, RDN: False, RUP: True,
          RMM: half > 0 or half == 0 and n > 0}[rm]
    return down + bool(up)


def fround(w, x, f, frm):
    (fmt, a), rm = fp_get(w, f, 15), bits(w, 14, 12)
    rm = frm if rm == DYN else rm
    if fmt.is_nan(a):
        fp_put(w, f, fmt.nan)
        return NV if fmt.is_snan(a) else 0
    if a & ~fmt.sign == fmt.inf:
        fp_put(w, f, a)
        return 0
    n = to_integral(fmt.number(a), rm)
    fp_put(w, f, fmt.encode(n) | a & fmt.sign)
    return NX if n != fmt.number(a) and bits(w, 20, 20) else 0


def quiet_compare(test):
    def effect(w, x, f, frm):
        (fmt, a), (_, b) = fp_get(w, f, 15), fp_get(w, f, 20)
        if fmt.is_nan(a) or fmt.is_nan(b):
            put(x, bits(w, 11, 7), 0)
            return NV if fmt.is_snan(a) or fmt.is_snan(b) else 0
        zeros = not (a | b) & ~fmt.sign
        put(x, bits(w, 11, 7), test(fmt.before(a, b) and not zeros, a == b or zeros))
        return 0
    return effect


def fcvtmod(w, x, f, frm):
    fmt, a = fp_get(w, f, 15)
    if fmt.is_nan(a) or a & ~fmt.sign == fmt.inf:
        put(x, bits(w, 11, 7), 0)
        return NV
    exact = fmt.number(a)
    n = to_integral(exact, RTZ)
    put(x, bits(w, 11, 7), signed(n, 32))
    if not -1 << 31 <= n < 1 << 31:
        return NV
    return NX if n != exact else 0


FP_EFFECT = {'fcvtmod_w_d': fcvtmod}
for name in 'shd':
    FP_EFFECT.update({
        'fli_' + name: fli, 'fround_' + name: fround, 'froundnx_' + name: fround,
        'fminm_' + name: fminmax_m(False), 'fmaxm_' + name: fminmax_m(True),
        'fltq_' + name: quiet_compare(lambda less, same: less),
        'fleq_' + name: quiet_compare(lambda less, same: less or same),
    })
