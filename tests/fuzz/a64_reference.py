"""A64 rows that the installed qemu lacks, written after the manual's pseudocode (DDI 0487, C6.2).

EFFECT[row](word, case) gives what one instruction changes: {index in the state record: value}, with
the indices of random_a64.py (general register n at n; register 31 reads as zero and drops what is
written). FEATURES are the features whose rows are judged here and not by qemu.
"""
from fractions import Fraction

FEATURES = {'CSSC'}
# Rows that it gets wrong.
ROWS = {'fcvtzs_scxh'}


def read(case, n, bits):
    return 0 if n == 31 else case.state[n] & ((1 << bits) - 1)


def signed(v, bits):
    return v - (1 << bits) if v >> (bits - 1) & 1 else v


def write(word, value, bits):
    rd = word & 31
    return {} if rd == 31 else {rd: value & ((1 << bits) - 1)}


def unary(op):
    def effect(word, case):
        bits = 64 if word >> 31 else 32
        return write(word, op(read(case, word >> 5 & 31, bits), bits), bits)
    return effect


def choose(pick, is_signed, imm):
    def effect(word, case):
        bits = 64 if word >> 31 else 32
        a = read(case, word >> 5 & 31, bits)
        if imm:
            b = word >> 10 & 255
            b = signed(b, 8) if is_signed else b
        else:
            b = read(case, word >> 16 & 31, bits)
            b = signed(b, bits) if is_signed else b
        return write(word, pick(signed(a, bits) if is_signed else a, b), bits)
    return effect


def min_max_reg(word, case):
    return [choose(max, True, False), choose(max, False, False), choose(min, True, False),
            choose(min, False, False)][word >> 10 & 3](word, case)


VREG0, FPSR = 32, 30  # in the state record: the low half of v0, then its high half; FPSR
IOC, IXC = 1, 16


def half_value(h):
    """A half as (kind, Fraction): 'number', 'inf' or 'nan'."""
    sign, exp, frac = -1 if h >> 15 else 1, h >> 10 & 31, h & 1023
    if exp == 31:
        return ('nan', 0) if frac else ('inf', sign)
    scaled = Fraction(frac | 1024 if exp else frac, 1 << 24) * (1 << (max(exp, 1) - 1))
    return 'number', sign * scaled


def fcvtzs_half_fixed(word, case):
    """qemu 7.2 leaves the bits above the 16 of the result set to its sign."""
    h = case.state[VREG0 + 2 * (word >> 5 & 31)] & 0xffff
    if case.control >> 19 & 1 and not h & 0x7c00:
        h = 0  # FZ16
    kind, v = half_value(h)
    scaled = v * (1 << (16 - (word >> 16 & 15))) if kind == 'number' else v * (1 << 40)
    n = int(scaled)  # towards zero
    flags = IXC if n != scaled else 0
    if kind != 'number' or not -0x8000 <= n <= 0x7fff:
        n, flags = max(-0x8000, min(0x7fff, n)), IOC
    rd = word & 31
    return {VREG0 + 2 * rd: n & 0xffff, VREG0 + 2 * rd + 1: 0, FPSR: flags}


EFFECT = {
    'fcvtzs_scxh': fcvtzs_half_fixed,
    'abs_reg': unary(lambda v, bits: abs(signed(v, bits))),
    'cnt_reg': unary(lambda v, bits: bin(v).count('1')),
    'ctz': unary(lambda v, bits: (v & -v).bit_length() - 1 if v else bits),
    'minmax_reg': min_max_reg,
    'smax_imm': choose(max, True, True),
    'umax_imm': choose(max, False, True),
    'smin_imm': choose(min, True, True),
    'umin_imm': choose(min, False, True),
}
