#!/usr/bin/env python3
"""Random instructions from a guest's table, under several runners, which must agree.

One static program is made from the rows: for each case it loads a register state, runs one
instruction or a short random sequence, and stores the whole state and a digest of the memory
window. It writes all results to standard output, so any runner can execute it: qemu-user, ferry,
ferry with the reference interpreter. random_GUEST.py knows the registers and writes the program.
With --faults each sequence runs once per position with a faulting load planted there; the result is
then the context that the SIGSEGV handler is given, and the sequence goes on at the next case.

Rows that the installed qemu lacks run one by one in a program of their own, under the other runners,
and are compared with the manual's rules as GUEST_reference.py has them.

    insn_random.py a64 --build-dir build --seed 3 --per-row 2 --sequences 200 --length 12
    insn_random.py a64 --runners "qemu-aarch64;build/linux-user/ferry" --rows fadd_d,fmadd_d

A difference prints the case, its instructions and the differing registers.
"""
import argparse
import copy
import importlib
import os
import random
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST_DIR = os.path.join(HERE, '..', '..', 'translate', 'guest')
sys.path.insert(0, os.path.join(GUEST_DIR, 'gen'))
import insn_gen  # noqa: E402

SPECIAL64 = [0, 1 << 63, 0x7ff0 << 48, 0xfff0 << 48, 0x7ff8 << 48, 0x7ff0000000000001,
             0xfff4000000000123, 1, 0x000fffffffffffff, 0x0010 << 48, 0x3ff0 << 48, 0xbff0 << 48,
             0x7fefffffffffffff, 0x43e0 << 48, 0x41dfffffffc00000, 0x3fe0 << 48, 0x4330000000000001]
SPECIAL32 = [0, 1 << 31, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffa00123, 1, 0x007fffff,
             0x00800000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0x4f000000, 0x5f000000, 0x3f000000]


class Table:
    def __init__(self, guest):
        self.guest = guest
        self.rows, _, _, _ = insn_gen.load(os.path.join(GUEST_DIR, guest.TABLE))
        self.above = {}
        for r in self.rows:
            for name in r.over:
                self.above.setdefault(name, []).append(r)
        self.runnable = [r for r in self.rows if not r.todo and not guest.excluded(r)]

    def word(self, row, rng):
        """A random word of the row that runs without leaving the case; None if none is found."""
        in_fields = sum(((1 << f.width) - 1) << f.pos for f in row.fields.values())
        ignored = ~in_fields & self.guest.IGNORED & ((1 << row.width) - 1)

        def put(w, name, value):
            f = row.fields.get(name)
            ones = ((1 << f.width) - 1) << f.pos if f else 0
            return w if not f or row.mask & ones else w & ~ones | value << f.pos & ones
        for _ in range(200):
            w = (rng.getrandbits(row.width) & in_fields | ignored) & ~row.mask | row.value
            w = self.guest.choose_registers(row, w, rng, put)
            fields = {n: w >> f.pos & ((1 << f.width) - 1) for n, f in row.fields.items()}
            if row.matches(w) and not any(a.matches(w) for a in self.above.get(row.name, [])) and \
                    self.guest.predictable(row, fields):
                return w
        return None


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
    """Words with their rows, the state they start from, and where a fault is planted."""

    def __init__(self, guest, words, rng):
        self.words, self.control = words, guest.control(rng)
        self.state = [rnd64(rng) for _ in range(guest.WORDS)]
        self.fault_at = None
        guest.set_up(self, rng)

    def with_fault(self, at):
        c = copy.copy(self)
        c.fault_at = at
        return c


def pick_rows(args, table, rng):
    rows = table.runnable
    if args.rows:
        rows = [r for r in rows if r.name in args.rows.split(',')]
    if args.match:
        rows = [r for r in rows if re.search(args.match, r.name)]
    if args.share < 1:
        rows = [r for r in rows if rng.random() < args.share]
    return rows


def make_cases(args, guest, table):
    """(cases, cases to judge by the reference, rows that no word was found for)"""
    rng = random.Random(args.seed)
    rows = pick_rows(args, table, rng)
    cases, own, none = [], [], []
    for row in rows:
        for _ in range(args.per_row):
            w = table.word(row, rng)
            if w is None:
                none.append(row.name)
                break
            (own if guest.by_reference(row) else cases).append(Case(guest, [(row, w)], rng))
    mixed = [r for r in rows if not guest.alone(r) and not guest.by_reference(r)]
    for _ in range(args.sequences if mixed else 0):
        words = []
        while len(words) < args.length:
            row = rng.choice(mixed)
            w = table.word(row, rng)
            if w is not None:
                words.append((row, w))
        c = Case(guest, words, rng)
        cases += [c.with_fault(k) for k in range(len(words) + 1)] if args.faults else [c]
    return cases, own, none


def run(runner, program, limit):
    r = subprocess.run([*runner.split(), program], capture_output=True, timeout=limit)
    return r.stdout, r.returncode, r.stderr.decode(errors='replace')[-300:]


def disassemble(guest, words):
    src = '.text\n' + ''.join(guest.code(w) + '\n' for _, w in words)
    obj = '/tmp/insn_random_%d.o' % os.getpid()
    subprocess.run([guest.AS, '-o', obj, '-'], input=src.encode())
    out = subprocess.run([guest.OBJDUMP, '-d', obj], capture_output=True, text=True).stdout
    os.unlink(obj)
    return [line.split('\t', 2)[2].replace('\t', ' ') for line in out.splitlines()
            if re.match(r'\s+[0-9a-f]+:\t', line)]


def known(guest, case, reg):
    return any(re.fullmatch(p, row.name) and re.fullmatch(r, reg) for row, _ in case.words
               for p, r, _ in guest.KNOWN)


def differences(guest, case, a, b):
    n = guest.WORDS
    wa, wb = struct.unpack('<%dQ' % n, a), struct.unpack('<%dQ' % n, b)
    return [(guest.REG[i], case.state[i], wa[i], wb[i]) for i in range(n)
            if wa[i] != wb[i] and not known(guest, case, guest.REG[i])]


def show_case(guest, n, key, c, diff, name_a, name_b):
    print('case %d (%s), %s, fault at %s:' % (n, key, guest.describe(c), c.fault_at))
    print('    ' + '\n    '.join(disassemble(guest, c.words)))
    for reg, was, x, y in diff[:6]:
        print('    %-6s was %016x  %s %016x  %s %016x' % (reg, was, name_a, x, name_b, y))
    if len(c.words) == 1:
        print('    inputs: ' + guest.inputs(c))


def compare(guest, cases, name_a, a, name_b, b, show):
    size, bad = 8 * guest.WORDS, {}
    for n, c in enumerate(cases):
        ra, rb = a[n * size:(n + 1) * size], b[n * size:(n + 1) * size]
        if len(ra) < size or len(rb) < size:
            break
        diff = differences(guest, c, ra, rb) if ra != rb else []
        if not diff:
            continue
        key = ' '.join(r.name for r, _ in c.words) if len(c.words) == 1 else 'sequence'
        bad.setdefault(key, []).append(n)
        if sum(map(len, bad.values())) <= show:
            show_case(guest, n, key, c, diff, name_a, name_b)
    return bad


def expected(guest, cases, out):
    """What `out` should be: what the reference knows is put in its place."""
    words = list(struct.unpack('<%dQ' % (guest.WORDS * len(cases)), out))
    for n, c in enumerate(cases):
        for k, v in guest.expect(c).items():
            words[n * guest.WORDS + k] = v
    return struct.pack('<%dQ' % len(words), *words)


def build(guest, cases, base):
    with open(base + '.S', 'w') as f:
        f.write(guest.assembly(cases))
    subprocess.run([*guest.CC, '-nostdlib', '-static', '-o', base, base + '.S'], check=True)


def run_cases(args, guest, cases, runners, reference):
    """All runners on one program; they agree with the first, or with the reference."""
    work = os.path.join(args.build_dir, 'fuzz')
    os.makedirs(work, exist_ok=True)
    base = os.path.join(work, '%s_random_%d_%d%s' % (args.guest, args.seed, os.getpid(),
                                                     '_own' if reference else ''))
    build(guest, cases, base)
    results, good, size = [], True, 8 * guest.WORDS
    for r in runners:
        out, code, err = run(r, base, args.limit)
        if code != 0 or len(out) != size * len(cases):
            print('%s: status %d after %d of %d cases: %s' % (r, code, len(out) // size,
                                                             len(cases), err))
            good, out = False, b''
        results.append(out)
    for r, out in list(zip(runners, results))[0 if reference else 1:]:
        want = expected(guest, cases, out) if reference and out else results[0]
        bad = compare(guest, cases, 'ref', want, 'got', out, args.show) if out and want else {}
        if bad:
            good = False
            print('%s differs from %s: %s' % (r, 'the reference' if reference else runners[0],
                                              ', '.join('%s x%d' % (k, len(v))
                                                        for k, v in bad.items())))
    if good:
        os.unlink(base + '.S')
        os.unlink(base)
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('guest', help='a64, rv64')
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
    guest = importlib.import_module('random_' + args.guest)
    ferry = os.path.join(args.build_dir, 'linux-user', 'ferry')
    runners = [r.replace('QEMU', guest.QEMU) for r in (
        args.runners or 'QEMU;{0} -cold-runs 0 -quick-runs 0;{0} -cold-runs 0 -quick-runs 30000;'
        '{0} -cold-runs 127;{0} --interpret'
        .format(ferry)).split(';')]
    table = Table(guest)
    cases, own, none = make_cases(args, guest, table)
    good = run_cases(args, guest, cases, runners, False) if cases else True
    others = [r for r in runners if 'qemu' not in r]
    good &= run_cases(args, guest, own, others, True) if own else True
    if none:
        print('no word found for: ' + ', '.join(none))
    print('%d rows of %d runnable, %d cases (%d by the reference), %d runners' % (
        len({r.name for c in cases + own for r, _ in c.words}), len(table.runnable),
        len(cases + own), len(own), len(runners)))
    sys.exit(0 if good else 1)


if __name__ == '__main__':
    main()
