"""A64 for insn_random.py: registers, which words can run, and the program around the cases.

x0 to x26 and all vector registers are random; x27 is a small index, x28 points into the window.
The control value of a case is FPCR.
"""
import re

import a64_reference

TABLE = 'a64/a64.insn'
QEMU = 'qemu-aarch64'
CC = ['aarch64-linux-gnu-gcc', '-march=armv8.6-a+crypto+sha3+sm4+fp16']
AS, OBJDUMP = 'aarch64-linux-gnu-as', 'aarch64-linux-gnu-objdump'
IGNORED = 0xffffffff  # what bits should be that the decoder ignores

WINDOW, MID = 2048, 1024
# state record, in 64-bit words: x0..x27, sp, nzcv, fpsr, pad, v0..v31
WORDS = 32 + 64
# Rows that a straight-line state comparison cannot run; each is tested by programs of its own.
EXCLUDED = [
    (r'(mrs|msr|sys|sysl|dc_|ic_|at_|tlbi|cfp|dvp|cpp).*', 'name', 'system registers, caches'),
    (r'.*(_lit.*|^adr$|^adrp$)', 'name', 'depends on the address of the instruction'),
    (r'hint$', 'name', 'some are pointer authentication'),
    (r'(wfe|wfi|yield|wfet|wfit|sev|sevl|dgh|hlt|brk|udf|tcommit|esb).*', 'name', 'waits or traps'),
    (r'(isb|sb|dsb.*|ssbb|pssbb)$', 'name', 'no visible effect'),
    (r'mops_.*', 'name', 'three make one operation; tests/guest/progs/a64_mops.c'),
    (r'.*(pac|aut|ldraa).*', 'name', "the algorithm is each CPU's own; tests/guest/progs/a64_pauth.c"),
]


def excluded(row):
    if row.attrs.get('ends', 'none') != 'none' or row.attrs.get('priv'):
        return True
    return any(re.fullmatch(p, row.name) for p, what, _ in EXCLUDED if what == 'name')


def is_memory(row):
    return '[' in row.template


def choose_registers(row, w, rng, put):
    """The word with registers that keep the case inside; put(word, field, value) sets one."""
    for name in ('rd', 'rt', 'rt2', 'rs', 'rn', 'rm', 'ra'):
        zero = rng.random() < .05 and name not in ('rs', 'rt2')
        w = put(w, name, 31 if zero else rng.randrange(27))
    if is_memory(row):
        w = put(w, 'rn', 28)
        w = put(w, 'rm', 27)
        if re.match('ldapu|stlu', row.name):
            w = put(w, 'imm9', rng.randrange(-8, 8) * 16 & 511)
    return w


def predictable(row, get):
    """Not one of the manual's CONSTRAINED UNPREDICTABLE register choices; get: fields by name."""
    if not is_memory(row):
        return True
    if 'rt2' in get and get['rt2'] == get.get('rt'):
        return False
    if 'rs' in get and get['rs'] in (get.get('rt'), get.get('rt2')):
        return False
    if row.name.startswith(('casp', 'caspa', 'caspl')):
        return get['rs'] % 2 == 0 and get['rt'] % 2 == 0 and abs(get['rs'] - get['rt']) > 1
    return True


def alone(row):
    """Exclusives run alone: a store of another size than the load before it may do either thing."""
    return re.match('(ldx|ldax|stx|stlx)[rp]', row.name)


def by_reference(row):
    return row.attrs.get('feat') in a64_reference.FEATURES or row.name in a64_reference.ROWS


def expect(case):
    """What the state record is after a case of one instruction: {index: value}."""
    row, w = case.words[0]
    want = {k: case.state[k] for k in (*range(28), *range(32, WORDS))}
    want.update({29: case.nzcv, 30: 0})
    want.update(a64_reference.EFFECT[row.name](w, case))
    return want


def control(rng):
    return rng.choice([0, 0, 0, 0, 1 << 22, 2 << 22, 3 << 22, 1 << 25, 1 << 24, 3 << 24,
                       1 << 19, 1 << 19 | 1 << 22, 1 << 26, 5 << 24, 1 << 26 | 1 << 19])


def set_up(case, rng):
    case.state[27] = rng.randrange(0, 64)
    case.nzcv = rng.getrandbits(4) << 28


def describe(case):
    return 'fpcr %#x nzcv %#x' % (case.control, case.nzcv)


def inputs(case):
    """The vector registers that a single instruction may read, where they say more than `was`."""
    used = {f for _, w in case.words for f in [w & 31, w >> 5 & 31, w >> 16 & 31]}
    return ' '.join('v%d=%016x%016x' % (v, case.state[33 + 2 * v], case.state[32 + 2 * v])
                    for v in sorted(used))


# rt_sigaction(SIGSEGV, handler); the handler's x2 is the ucontext: general registers at 184, sp at
# 432, pc at 440, pstate at 448, the reserved records at 464: there fpsimd comes first on Linux.
HANDLER = '''
    ldr x0, =altstack
    mov x1, #0
    mov x8, #132
    svc #0
    mov x0, #11
    ldr x1, =action
    mov x2, #0
    mov x3, #8
    mov x8, #134
    svc #0
    b 1f
handler:
    ldr x3, =current
    ldp x4, x5, [x3]
    add x6, x2, #184
    mov x7, #28
2:  ldr x8, [x6], #8
    str x8, [x4], #8
    subs x7, x7, #1
    b.ne 2b
    ldr x8, [x2, #432]
    str x8, [x4], #8
    ldr x8, [x2, #448]
    and x8, x8, #0xf0000000
    str x8, [x4], #8
    ldr w8, [x2, #472]
    str x8, [x4], #8
    ldr x8, [x2, #440]
    str x8, [x4], #8
    add x6, x2, #480
    mov x7, #64
2:  ldr x8, [x6], #8
    str x8, [x4], #8
    subs x7, x7, #1
    b.ne 2b
    str x5, [x2, #440]
    ret
    .ltorg
1:
'''


def load_state(n, c):
    o = ['ldr x29, =in_%d' % n]
    o += ['ldp q%d, q%d, [x29, #%d]' % (v, v + 1, 256 + 16 * v) for v in range(0, 32, 2)]
    o += ['ldr x28, =window', 'mov x0, #0']
    o += ['1: ldr q31, [x29, #256]', 'str q31, [x28, x0]', 'add x0, x0, #16',
          'cmp x0, #%d' % WINDOW, 'b.ne 1b', 'ldr q31, [x29, #%d]' % (256 + 16 * 31)]
    o += ['add x28, x28, #%d' % MID, 'mov sp, x28']
    if c.fault_at is not None:
        o += ['ldr x0, =current', 'ldr x1, =out_%d' % n, 'ldr x2, =after_%d' % n,
              'stp x1, x2, [x0]']
    o += ['ldr x0, =%#x' % c.nzcv, 'msr nzcv, x0', 'ldr x0, =%#x' % c.control, 'msr fpcr, x0',
          'msr fpsr, xzr', 'mov x30, #0', 'clrex']
    return o + ['ldp x%d, x%d, [x29, #%d]' % (r, r + 1, 8 * r) for r in range(0, 28, 2)]


def body(c):
    o = []
    for k, (row, w) in enumerate(c.words):
        if c.fault_at == k:
            o.append('ldr xzr, [x30]')
        if is_memory(row) and len(c.words) > 1:
            o += ['ldr x28, =window + %d' % MID, 'mov x27, #%d' % (c.state[27] & 56)]
        o.append('.inst %#010x' % w)
    return o + (['ldr xzr, [x30]'] if c.fault_at == len(c.words) else [])


def store_state(n):
    o = ['ldr x29, =out_%d' % n]
    o += ['stp x%d, x%d, [x29, #%d]' % (r, r + 1, 8 * r) for r in range(0, 28, 2)]
    o += ['stp q%d, q%d, [x29, #%d]' % (v, v + 1, 256 + 16 * v) for v in range(0, 32, 2)]
    o += ['mov x0, sp', 'str x0, [x29, #224]', 'mrs x0, nzcv', 'str x0, [x29, #232]',
          'mrs x0, fpsr', 'str x0, [x29, #240]', 'msr fpcr, xzr']
    # a digest of the window
    return o + ['ldr x28, =window', 'mov x0, #0', 'mov x1, #0', 'mov x3, #31',
                '1: ldr x2, [x28, x0]', 'madd x1, x1, x3, x2', 'add x0, x0, #8',
                'cmp x0, #%d' % WINDOW, 'b.ne 1b', 'str x1, [x29, #248]']


def assembly(cases):
    o = ['.text', '.globl _start', '_start:', HANDLER]
    for n, c in enumerate(cases):
        o += load_state(n, c) + body(c)
        o.append('after_%d:' % n)
        o += store_state(n) if c.fault_at is None else []
        o += ['b 2f', '.ltorg', '2:']
    o += ['ldr x1, =out_0', 'ldr x2, =%d' % (8 * WORDS * len(cases)),
          '1: mov x0, #1', 'mov x8, #64', 'svc #0', 'cmp x0, #0', 'b.le 2f', 'add x1, x1, x0',
          'subs x2, x2, x0', 'b.ne 1b', '2: mov x0, #0', 'mov x8, #94', 'svc #0', '.ltorg']
    o += ['.data', '.balign 64', 'action: .quad handler, 0x08000004, 0, 0',
          'altstack: .quad stack, 0, 65536', 'current: .quad 0, 0']
    for n, c in enumerate(cases):
        o.append('in_%d: .quad %s' % (n, ', '.join('%#x' % x for x in c.state)))
    o += ['.bss', '.balign 64', 'window: .skip %d' % WINDOW, 'stack: .skip 65536']
    for n in range(len(cases)):
        o.append('out_%d: .skip %d' % (n, 8 * WORDS))
    return '\n'.join(o) + '\n'


REG = ['x%d' % i for i in range(28)] + ['sp', 'nzcv', 'fpsr', 'memory'] + \
      ['v%d.%s' % (i // 2, 'lh'[i % 2]) for i in range(64)]


def code(w):
    return '.inst %#010x' % w


# Differences that are deliberate or another runner's: row pattern, register, reason.
KNOWN = []
