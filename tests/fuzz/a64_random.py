#!/usr/bin/env python3
"""Random A64 instructions from the table, under several runners, which must agree.

One static program is made from the rows of a64.insn: for each case it loads a register state (all
general and vector registers, NZCV, FPCR), runs one instruction or a short random sequence, and
stores the whole state and the memory window. It writes all results to standard output, so any
runner can execute it: qemu-aarch64, ferry, ferry with the reference interpreter. Registers x0 to
x26 and all vector registers are random; x27 is a small index, x28 points into the window.
With --faults each sequence runs once per position with a faulting load planted there; the result is
then the context that the SIGSEGV handler is given, and the sequence goes on at the next case.

    a64_random.py --build-dir build --seed 3 --per-row 2 --sequences 200 --length 12
    a64_random.py --runners "qemu-aarch64;build/linux-user/ferry" --rows fadd_d,fmadd_d

Rows that the installed qemu lacks run one by one in a program of their own, under the other runners,
and are compared with the manual's rules as a64_reference.py has them.

A difference prints the case, its instructions and the differing registers.
"""
import argparse
import copy
import os
import random
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(HERE, '..', '..', 'translate', 'guest')
sys.path.insert(0, os.path.join(GUEST, 'gen'))
import a64_reference  # noqa: E402
import insn_gen  # noqa: E402

WINDOW, MID = 2048, 1024
# state record, in 64-bit words: x0..x27, sp, nzcv, fpsr, pad, v0..v31
WORDS = 32 + 64
SPECIAL64 = [0, 1 << 63, 0x7ff0 << 48, 0xfff0 << 48, 0x7ff8 << 48, 0x7ff0000000000001,
             0xfff4000000000123, 1, 0x000fffffffffffff, 0x0010 << 48, 0x3ff0 << 48, 0xbff0 << 48,
             0x7fefffffffffffff, 0x43e0 << 48, 0x41dfffffffc00000, 0x3fe0 << 48, 0x4330000000000001]
SPECIAL32 = [0, 1 << 31, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffa00123, 1, 0x007fffff,
             0x00800000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0x4f000000, 0x5f000000, 0x3f000000]
# Rows that a straight-line state comparison cannot run; each is tested by programs of its own.
EXCLUDED = [
    (r'.*', 'ends', 'leaves the sequence'),
    (r'(mrs|msr|sys|sysl|dc_|ic_|at_|tlbi|cfp|dvp|cpp).*', 'name', 'system registers, caches'),
    (r'.*(_lit.*|^adr$|^adrp$)', 'name', 'depends on the address of the instruction'),
    (r'hint$', 'name', 'some are pointer authentication'),
    (r'(wfe|wfi|yield|wfet|wfit|sev|sevl|dgh|hlt|brk|udf|tcommit|esb).*', 'name', 'waits or traps'),
    (r'(isb|sb|dsb.*|ssbb|pssbb)$', 'name', 'no visible effect'),
    (r'mops_.*', 'name', 'three make one operation; tests/guest/progs/a64_mops.c'),
    (r'.*(pac|aut|ldraa).*', 'name', 'the algorithm is each CPU'"'"'s own; tests/guest/progs/a64_pauth.c'),
]


def excluded(row):
    if row.attrs.get('ends', 'none') != 'none' or row.attrs.get('priv'):
        return True
    return any(re.fullmatch(p, row.name) for p, what, _ in EXCLUDED if what == 'name')


def is_memory(row):
    return '[' in row.template


class Table:
    def __init__(self):
        self.rows, order, _, _ = insn_gen.load(os.path.join(GUEST, 'a64', 'a64.insn'))
        self.above = {}
        for r in self.rows:
            for name in r.over:
                self.above.setdefault(name, []).append(r)
        self.runnable = [r for r in self.rows if not r.todo and not excluded(r)]

    def word(self, row, rng):
        """A random word of the row that runs without leaving the case; None if none is found."""
        in_fields = sum(((1 << f.width) - 1) << f.pos for f in row.fields.values())
        for _ in range(200):
            w = (rng.getrandbits(32) | ~in_fields) & ~row.mask & 0xffffffff | row.value
            w = self.choose_registers(row, w, rng)
            if row.matches(w) and not any(a.matches(w) for a in self.above.get(row.name, [])) and \
                    self.predictable(row, w):
                return w
        return None

    def field(self, row, w, name):
        f = row.fields[name]
        return w >> f.pos & ((1 << f.width) - 1)

    def choose_registers(self, row, w, rng):
        def put(name, value):
            nonlocal w
            f = row.fields.get(name)
            if f and not row.mask >> f.pos & ((1 << f.width) - 1):
                w = w & ~(((1 << f.width) - 1) << f.pos) | value << f.pos
        for name in ('rd', 'rt', 'rt2', 'rs', 'rn', 'rm', 'ra'):
            put(name, 31 if rng.random() < .05 and name not in ('rs', 'rt2') else rng.randrange(27))
        if is_memory(row):
            put('rn', 28)
            if 'rm' in row.fields:
                put('rm', 27)
            if re.match('ldapu|stlu', row.name):
                put('imm9', rng.randrange(-8, 8) * 16 & 511)
        return w

    def predictable(self, row, w):
        """Not one of the manual's CONSTRAINED UNPREDICTABLE register choices."""
        get = {n: self.field(row, w, n) for n in ('rd', 'rt', 'rt2', 'rs', 'rn', 'rm') if n in row.fields}
        if not is_memory(row):
            return True
        if 'rt2' in get and get['rt2'] == get.get('rt'):
            return False
        if 'rs' in get and get['rs'] in (get.get('rt'), get.get('rt2')):
            return False
        if row.name.startswith(('casp', 'caspa', 'caspl')):
            return get['rs'] % 2 == 0 and get['rt'] % 2 == 0 and abs(get['rs'] - get['rt']) > 1
        return True


def rnd64(rng):
    k = rng.random()
    if k < .25:
        return rng.choice(SPECIAL64)
    if k < .4:
        return rng.choice(SPECIAL32) << 32 | rng.choice(SPECIAL32)
    if k < .5:
        return struct.unpack('<Q', struct.pack('<d', rng.uniform(-1e6, 1e6)))[0]
    if k < .6:
        return int.from_bytes(struct.pack('<ff', rng.uniform(-1e3, 1e3), rng.gauss(0, 1)), 'little')
    if k < .7:
        return rng.getrandbits(rng.randrange(1, 64))
    if k < .8:
        return (1 << 64) - 1 - rng.getrandbits(rng.randrange(1, 64))
    return rng.getrandbits(64)


class Case:
    def __init__(self, words, rng, fpcr):
        self.words, self.fpcr = words, fpcr
        self.state = [rnd64(rng) for _ in range(WORDS)]
        self.state[27] = rng.randrange(0, 64)
        self.nzcv = rng.getrandbits(4) << 28
        self.fault_at = None

    def with_fault(self, at):
        c = copy.copy(self)
        c.fault_at = at
        return c


def make_cases(args, table):
    rng = random.Random(args.seed)
    rows = table.runnable
    if args.rows:
        rows = [r for r in rows if r.name in args.rows.split(',')]
    if args.match:
        rows = [r for r in rows if re.search(args.match, r.name)]
    if args.share < 1:
        rows = [r for r in rows if rng.random() < args.share]
    cases, own, none = [], [], []

    def fpcr():
        return rng.choice([0, 0, 0, 0, 1 << 22, 2 << 22, 3 << 22, 1 << 25, 1 << 24, 3 << 24])
    for row in rows:
        for _ in range(args.per_row):
            w = table.word(row, rng)
            if w is None:
                none.append(row.name)
                break
            by_reference = row.attrs.get('feat') in a64_reference.FEATURES
            (own if by_reference else cases).append(Case([(row, w)], rng, fpcr()))
    # Exclusives run alone: a store of another size than the load before it may do either thing.
    mixed = [r for r in rows if not re.match('(ldx|ldax|stx|stlx)[rp]', r.name) and
             r.attrs.get('feat') not in a64_reference.FEATURES]
    for _ in range(args.sequences if mixed else 0):
        words = []
        while len(words) < args.length:
            row = rng.choice(mixed)
            w = table.word(row, rng)
            if w is not None:
                words.append((row, w))
        c = Case(words, rng, fpcr())
        cases += [c.with_fault(k) for k in range(len(words) + 1)] if args.faults else [c]
    return cases, own, none


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
    o += ['ldr x0, =%#x' % c.nzcv, 'msr nzcv, x0', 'ldr x0, =%#x' % c.fpcr, 'msr fpcr, x0',
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


def run(runner, program, limit):
    r = subprocess.run([*runner.split(), program], capture_output=True, timeout=limit)
    return r.stdout, r.returncode, r.stderr.decode(errors='replace')[-300:]


def disassemble(words):
    src = '.text\n' + ''.join('.inst %#010x\n' % w for _, w in words)
    subprocess.run(['aarch64-linux-gnu-as', '-o', '/tmp/a64_random.o', '-'], input=src.encode())
    out = subprocess.run(['aarch64-linux-gnu-objdump', '-d', '/tmp/a64_random.o'],
                         capture_output=True, text=True).stdout
    return [line.split('\t', 2)[2].replace('\t', ' ') for line in out.splitlines()
            if re.match(r'\s+[0-9a-f]+:\t', line)]


# Differences that are deliberate or another runner's: row pattern, register, reason.
KNOWN = []


def known(case, reg):
    return any(re.fullmatch(p, row.name) and re.fullmatch(r, reg) for row, _ in case.words
               for p, r, _ in KNOWN)


def differences(case, a, b):
    wa, wb = struct.unpack('<%dQ' % WORDS, a), struct.unpack('<%dQ' % WORDS, b)
    return [(REG[i], case.state[i], wa[i], wb[i]) for i in range(WORDS)
            if wa[i] != wb[i] and not known(case, REG[i])]


def compare(cases, name_a, a, name_b, b, show):
    size, bad = 8 * WORDS, {}
    for n, c in enumerate(cases):
        ra, rb = a[n * size:(n + 1) * size], b[n * size:(n + 1) * size]
        if ra == rb or not differences(c, ra, rb):
            continue
        key = ' '.join(r.name for r, _ in c.words) if len(c.words) == 1 else 'sequence'
        bad.setdefault(key, []).append(n)
        if sum(map(len, bad.values())) > show:
            continue
        print('case %d (%s), fpcr %#x nzcv %#x, fault at %s:' % (n, key, c.fpcr, c.nzcv,
                                                               c.fault_at))
        print('    ' + '\n    '.join(disassemble(c.words)))
        for reg, was, x, y in differences(c, ra, rb)[:6]:
            print('    %-6s was %016x  %s %016x  %s %016x' % (reg, was, name_a, x, name_b, y))
        used = {f for row, w in c.words for f in [w & 31, w >> 5 & 31, w >> 16 & 31]}
        if len(c.words) == 1:
            print('    inputs: ' + ' '.join('v%d=%016x%016x' % (v, c.state[33 + 2 * v], c.state[32 + 2 * v])
                                            for v in sorted(used)) )
    return bad


def expected(cases, out):
    """What `out` should be: only what the reference knows is put in its place."""
    words = list(struct.unpack('<%dQ' % (WORDS * len(cases)), out))
    for n, c in enumerate(cases):
        row, w = c.words[0]
        at = n * WORDS
        words[at:at + 28] = c.state[:28]
        words[at + 29], words[at + 30] = c.nzcv, 0
        words[at + 32:at + WORDS] = c.state[32:]
        for k, v in a64_reference.EFFECT[row.name](w, c).items():
            words[at + k] = v
    return struct.pack('<%dQ' % len(words), *words)


def build(cases, base):
    with open(base + '.S', 'w') as f:
        f.write(assembly(cases))
    subprocess.run(['aarch64-linux-gnu-gcc', '-march=armv8.6-a+crypto+sha3+sm4+fp16', '-nostdlib',
                    '-static', '-o', base, base + '.S'], check=True)


def run_cases(cases, runners, args, suffix):
    """All runners on one program; they agree with the first, or with the reference for _own."""
    work = os.path.join(args.build_dir, 'fuzz')
    os.makedirs(work, exist_ok=True)
    base = os.path.join(work, 'a64_random_%d_%d%s' % (args.seed, os.getpid(), suffix))
    build(cases, base)
    results, good = [], True
    for r in runners:
        out, code, err = run(r, base, args.limit)
        if code != 0 or len(out) != 8 * WORDS * len(cases):
            print('%s: status %d after %d of %d cases: %s' % (r, code, len(out) // (8 * WORDS),
                                                             len(cases), err))
            good, out = False, b''
        results.append(out)
    for r, out in list(zip(runners, results))[0 if suffix else 1:]:
        want = expected(cases, out) if suffix and out else results[0]
        if not out or not want:
            continue
        bad = compare(cases, 'ref', want, 'got', out, args.show)
        if bad:
            good = False
            print('%s differs from %s: %s' % (r, 'the reference' if suffix else runners[0],
                                              ', '.join('%s x%d' % (k, len(v))
                                                        for k, v in bad.items())))
    if good:
        os.unlink(base + '.S')
        os.unlink(base)
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('--build-dir', default='build')
    p.add_argument('--runners', help='commands separated by ;  the first one is the reference')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--per-row', type=int, default=2)
    p.add_argument('--share', type=float, default=1., help='part of the rows, chosen by seed')
    p.add_argument('--sequences', type=int, default=100)
    p.add_argument('--length', type=int, default=10)
    p.add_argument('--faults', action='store_true', help='plant a fault at every position')
    p.add_argument('--rows')
    p.add_argument('--match')
    p.add_argument('--show', type=int, default=12)
    p.add_argument('--limit', type=int, default=120)
    args = p.parse_args()
    ferry = os.path.join(args.build_dir, 'linux-user', 'ferry')
    runners = (args.runners or 'qemu-aarch64;{0} -cold-runs 0;{0} -cold-runs 127;{0} --interpret'
               .format(ferry)).split(';')
    table = Table()
    cases, own, none = make_cases(args, table)
    good = run_cases(cases, runners, args, '') if cases else True
    good &= run_cases(own, runners[1:], args, '_own') if own else True
    if none:
        print('no word found for: ' + ', '.join(none))
    print('%d rows of %d runnable, %d cases (%d by the reference), %d runners' % (
        len({r.name for c in cases + own for r, _ in c.words}), len(table.runnable),
        len(cases + own), len(own), len(runners)))
    sys.exit(0 if good else 1)


if __name__ == '__main__':
    main()
