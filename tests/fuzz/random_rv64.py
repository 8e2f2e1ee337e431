"""RV64 for insn_random.py: registers, which words can run, and the program around the cases.

All x registers but sp, s0 and t5 and all f registers are random; sp and s0 point into the window,
t5 is the harness's. Branches and jumps skip the one instruction behind them, which is a marker.
The control value of a case is fcsr.
"""
import re
import struct

import rv64_reference

TABLE = 'rv64/rv64.insn'
QEMU = ('qemu-riscv64 -cpu rv64,zba=true,zbb=true,zbc=true,zbs=true,zbkb=true,zbkc=true,zbkx=true,'
        'zknd=true,zkne=true,zknh=true,zksed=true,zksh=true,Zfh=true')
CC = ['riscv64-linux-gnu-gcc', '-march=rv64gc_zfh', '-mno-relax', '-fno-pie',
      '-no-pie']
AS, OBJDUMP = 'riscv64-linux-gnu-as', 'riscv64-linux-gnu-objdump'
IGNORED = 0  # what bits should be that the decoder ignores

WINDOW, MID = 4608, 2304
# state record, in 64-bit words: x1..x31, fcsr, a digest of memory, pc of a fault, f0..f31
FCSR, MEMORY, PC, F0 = 31, 32, 33, 34
WORDS = F0 + 32
X_NAMES = ('ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 '
           't3 t4 t5 t6').split()
REG = X_NAMES + ['fcsr', 'memory', 'pc'] + ['f%d' % i for i in range(32)]
SP, S0, T5 = 2, 8, 30
FREE = [n for n in range(1, 32) if n not in (SP, S0, T5)]
FREE_C = [n for n in range(9, 16)]

# Rows that a straight-line state comparison cannot run; each is tested by programs of its own.
EXCLUDED = [
    (r'ecall|c?_?ebreak|c_unimp|unimp', 'traps'),
    (r'fence_i', 'tested by programs that write code'),
    (r'r[cd]i?_cntr', 'counters differ'),
    (r'cbo_inval', 'not for user mode'),
    (r'wrs_\w+', 'waits'),
]
JUMPS_REG = ('jalr', 'c_jr', 'c_jalr')


def excluded(row):
    return any(re.fullmatch(p, row.name) for p, _ in EXCLUDED)


def is_jump(row):
    return row.attrs.get('ends') in ('branch', 'call', 'indirect', 'ret')


def is_memory(row):
    return bool(re.search(r'\{\w*mem\w*:|\{spst|\(\{r:', row.template)) and row.name != 'jalr'


def choose_registers(row, w, rng, put):
    """The word with registers that keep the case inside; put(word, field, value) sets one."""
    for name in ('rd', 'rs1', 'rs2', 'rs3'):
        w = put(w, name, 0 if rng.random() < .05 else rng.choice(FREE))
    for name in ('rdc', 'rs1c', 'rs2c'):
        w = put(w, name, rng.choice(FREE_C) - 8)
    if row.name == 'amocas_q':
        w = put(w, 'rd', rng.choice([0, 6, 12, 14, 20, 26]))
        w = put(w, 'rs2', rng.choice([0, 4, 10, 14, 22, 28]))
    if is_memory(row):
        w = put(w, 'rs1', S0)
        w = put(w, 'rs1c', S0 - 8)
    if row.name.startswith('csrr'):
        w = put(w, 'csr', rng.choice([1, 2, 3]))
    if re.match('f.*(_dyn)?', row.name) and rng.random() < .6:
        w = put(w, 'rm', 7)
    return w


def predictable(row, get):
    """A rounding mode that exists; a jump that goes where the marker ends (see body)."""
    if get.get('rm', 0) in (5, 6):
        return False
    return not row.name.startswith('csrr') or get['csr'] in (1, 2, 3)


def alone(row):
    """An sc may fail or not after other accesses; a csr write may choose a reserved rounding."""
    return re.match(r'(lr|sc)_|csrr', row.name)


def by_reference(row):
    return row.name in rv64_reference.EFFECT or row.name in rv64_reference.FP_EFFECT


def expect(case):
    """What the state record is after a case of one instruction: {index: value}."""
    row, w = case.words[0]
    regs = [0] + case.state[:31]
    mem = bytearray(struct.pack('<16Q', *case.state[:16]) * (WINDOW // 128))
    regs[SP] = regs[S0] = rv64_reference.BASE
    f, fcsr = list(case.state[F0:WORDS]), case.control
    if row.name in rv64_reference.EFFECT:
        rv64_reference.EFFECT[row.name](w, regs, mem, MID)
    else:
        fcsr |= rv64_reference.FP_EFFECT[row.name](w, regs, f, fcsr >> 5)
    want = {F0 + n: f[n] for n in range(32)}
    want.update({n - 1: regs[n] for n in FREE})
    want[FCSR], want[MEMORY] = fcsr, digest(mem)
    return want


def digest(mem):
    sum = 0
    for v in struct.unpack('<%dQ' % (len(mem) // 8), mem):
        sum = (sum * 31 + v) & 0xffffffffffffffff
    return sum


def control(rng):
    return rng.choice([0, 0, 0, 1, 2, 3, 4]) << 5 | rng.choice([0, 0, rng.getrandbits(5)])


def set_up(case, rng):
    for i in range(32):  # boxed single and half precision values too
        k = rng.random()
        if k < .3:
            case.state[F0 + i] |= 0xffffffff << 32
        elif k < .4:
            case.state[F0 + i] |= 0xffffffffffff << 16


def describe(case):
    return 'fcsr %#x' % case.control


def inputs(case):
    """The registers that a single instruction may read."""
    used = sorted({f for _, w in case.words for f in [w >> 7 & 31, w >> 15 & 31, w >> 20 & 31,
                                                      w >> 27 & 31, 8 + (w >> 2 & 7), 8 + (w >> 7 & 7)]})
    return ' '.join('%s=%016x f%d=%016x' % (('zero', *X_NAMES)[n], case.state[n - 1] if n else 0, n,
                                            case.state[F0 + n]) for n in used)


# rt_sigaction(SIGSEGV, handler); the handler's a2 is the ucontext: pc and x1 to x31 at 176, f0 to
# f31 at 432, fcsr at 688.
HANDLER = '''
    la a0, altstack
    li a1, 0
    li a7, 132
    ecall
    li a0, 11
    la a1, action
    li a2, 0
    li a3, 8
    li a7, 134
    ecall
    j 1f
handler:
    la t0, current
    ld t1, 0(t0)
    ld t2, 8(t0)
    addi t3, a2, 184
    li t4, 31
2:  ld a0, 0(t3)
    sd a0, 0(t1)
    addi t3, t3, 8
    addi t1, t1, 8
    addi t4, t4, -1
    bnez t4, 2b
    lwu a0, 688(a2)
    sd a0, 0(t1)
    ld a0, 176(a2)
    sd a0, 16(t1)
    addi t1, t1, 24
    addi t3, a2, 432
    li t4, 32
2:  ld a0, 0(t3)
    sd a0, 0(t1)
    addi t3, t3, 8
    addi t1, t1, 8
    addi t4, t4, -1
    bnez t4, 2b
    sd t2, 176(a2)
    ret
# a0: the case's input. The window is filled with its x registers, over and over.
fill:
    la a1, window
    li a2, %d
    li a3, 0
2:  slli a4, a3, 3
    add a4, a4, a0
    ld a5, 0(a4)
    sd a5, 0(a1)
    addi a1, a1, 8
    addi a3, a3, 1
    andi a3, a3, 15
    addi a2, a2, -8
    bnez a2, 2b
    ret
# t5: the case's output. Leaves fcsr and the digest of the window there.
finish:
    frcsr a0
    sd a0, %d(t5)
    la a1, window
    li a2, %d
    li a3, 0
2:  ld a4, 0(a1)
    slli a5, a3, 5
    sub a3, a5, a3
    add a3, a3, a4
    addi a1, a1, 8
    addi a2, a2, -8
    bnez a2, 2b
    sd a3, %d(t5)
    ret
1:
''' % (WINDOW, 8 * FCSR, WINDOW, 8 * MEMORY)


def load_state(n, c):
    o = ['la a0, in_%d' % n, 'call fill']
    if c.fault_at is not None:
        o += ['la a0, current', 'la a1, out_%d' % n, 'la a2, after_%d' % n, 'sd a1, 0(a0)',
              'sd a2, 8(a0)']
    o += ['li a0, %d' % c.control, 'fscsr a0', 'la t5, in_%d' % n]
    o += ['fld f%d, %d(t5)' % (f, 8 * (F0 + f)) for f in range(32)]
    o += ['ld x%d, %d(t5)' % (r, 8 * (r - 1)) for r in FREE]
    return o + ['la sp, window + %d' % MID, 'la s0, window + %d' % MID]


MARKER = 'addi t6, t6, 1'


def with_offset(row, w):
    """The branch or jump with an offset over the marker of four bytes behind it."""
    if row.name == 'c_j':
        return w & ~0x1ffc | 6 >> 1 << 3
    if row.name in ('c_beqz', 'c_bnez'):
        return w & ~0x1c7c | 6 >> 1 << 3
    if row.name == 'jal':
        return w & 0xfff | 8 >> 1 << 21
    return w & 0x1fff07f | 8 >> 1 << 8


def jump_reg(row, w):
    """A computed jump over the marker: its register is made to point there."""
    imm = (w >> 20) - (w >> 31 << 12) if row.name == 'jalr' else 0
    reg = w >> 15 & 31 if row.name == 'jalr' else w >> 7 & 31
    if reg == 0:
        return []
    return ['la x%d, 1f - (%d)' % (reg, imm), code(w), '.option push', '.option norvc', MARKER,
            '.option pop', '1:']


def body(c):
    o = []
    for k, (row, w) in enumerate(c.words):
        if c.fault_at == k:
            o.append('ld zero, 0(zero)')
        if is_memory(row) and len(c.words) > 1:
            o += ['la sp, window + %d' % MID, 'la s0, window + %d' % MID]
        if row.name in JUMPS_REG:
            o += jump_reg(row, w)
        elif is_jump(row):
            o += [code(with_offset(row, w)), '.option push', '.option norvc', MARKER, '.option pop']
        else:
            o.append(code(w))
    return o + (['ld zero, 0(zero)'] if c.fault_at == len(c.words) else [])


def store_state(n):
    o = ['la t5, out_%d' % n]
    o += ['sd x%d, %d(t5)' % (r, 8 * (r - 1)) for r in range(1, 32) if r != T5]
    o += ['fsd f%d, %d(t5)' % (f, 8 * (F0 + f)) for f in range(32)]
    return o + ['call finish']


def assembly(cases):
    o = ['.text', '.globl _start', '_start:', HANDLER]
    for n, c in enumerate(cases):
        o += load_state(n, c) + body(c)
        o.append('after_%d:' % n)
        o += store_state(n) if c.fault_at is None else []
    o += ['la a1, out_0', 'li a2, %d' % (8 * WORDS * len(cases)),
          '1: li a0, 1', 'li a7, 64', 'ecall', 'blez a0, 2f', 'add a1, a1, a0', 'sub a2, a2, a0',
          'bnez a2, 1b', '2: li a0, 0', 'li a7, 94', 'ecall']
    o += ['.data', '.balign 64', 'action: .quad handler, 0x08000004, 0',
          'altstack: .quad stack, 0, 65536', 'current: .quad 0, 0']
    for n, c in enumerate(cases):
        o.append('in_%d: .quad %s' % (n, ', '.join('%#x' % x for x in c.state)))
    o += ['.bss', '.balign 64', 'window: .skip %d' % WINDOW, 'stack: .skip 65536']
    for n in range(len(cases)):
        o.append('out_%d: .skip %d' % (n, 8 * WORDS))
    return '\n'.join(o) + '\n'


def code(w):
    """Data to the assembler, so that it looks at no feature; objdump is told that it is code."""
    return '.insn 4, %#x' % w if w & 3 == 3 else '.insn 2, %#x' % w


# Differences that are deliberate or another runner's: row pattern, register, reason.
KNOWN = []
