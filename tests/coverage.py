#!/usr/bin/env python3
"""Which rows of a64.insn the tests execute, and how: writes docs/a64-coverage.md.

    coverage.py --build-dir build [--check]

Rows are executed by the random tests (insn_random.py: compared with qemu-aarch64, or with the
manual's rules in a64_reference.py, and with the reference interpreter) or by guest programs
(tests/guest/progs, with their own checks). An implemented row that neither executes needs a reason in
NOT_EXECUTED; --check fails when one lacks it or when the page is out of date.
"""
import argparse
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, 'fuzz'), os.path.join(HERE, 'guest'),
                os.path.join(HERE, '..', 'translate', 'guest', 'gen')]
import insn_gen  # noqa: E402
import insn_random  # noqa: E402
import random_a64  # noqa: E402

PAGE = os.path.join(HERE, '..', 'docs', 'a64-coverage.md')
NOT_EXECUTED = []


def executed(ferry, cmd):
    """The rows that a run used."""
    r = subprocess.run([ferry, '--coverage', '-cold-runs', '0', *cmd], capture_output=True,
                       stdin=subprocess.DEVNULL, timeout=600)
    return set(re.findall(r'^row (\w+) \d+$', r.stderr.decode(errors='replace'), re.M))


def random_rows(args, table):
    """Rows of the random tests' own program, as it is run."""
    opts = argparse.Namespace(seed=1, rows=None, match=None, share=1, per_row=1, sequences=0,
                              length=1, faults=False)
    cases, own, _ = insn_random.make_cases(opts, random_a64, table)
    wanted = {r.name for c in cases + own for r, _ in c.words}
    seen = set()
    for name, some in ('cases', cases), ('own', own):
        base = os.path.join(args.work, name)
        insn_random.build(random_a64, some, base)
        seen |= executed(args.ferry, [base])
    return wanted & seen


def program_rows(args):
    """row: names of the guest programs that execute it."""
    by = {}
    for path in sorted(glob.glob(os.path.join(HERE, 'guest', 'progs', '*.c*'))):
        guests = re.findall(r'^// guest: (.*)$', open(path).read(2000), re.M)
        if guests and 'aarch64' not in guests:
            continue
        name = os.path.splitext(os.path.basename(path))[0]
        head = open(path).read(2000)
        flags = sum((m.split() for m in re.findall(r'^// programs: (.*)$', head, re.M)), [])
        own = sum((m.split() for m in re.findall(r'^// ferry: (.*)$', head, re.M)), [])
        out = os.path.join(args.work, name)
        cc = 'aarch64-linux-gnu-g++' if path.endswith('.cc') else 'aarch64-linux-gnu-gcc'
        subprocess.run([cc, '-w', '-O2', '-ffp-contract=off', *flags, '-static', path, '-o', out,
                        '-lm', '-lpthread'], check=True)
        for row in executed(args.ferry, [*own, out]):
            by.setdefault(row, []).append(name)
    return by


def how_random(row, by_random):
    if row.name not in by_random:
        return None
    return 'reference' if random_a64.by_reference(row) else 'qemu'


def reason_of(row):
    return next((why for pattern, why in NOT_EXECUTED if re.fullmatch(pattern, row.name)), None)


def why_alone(row):
    """Why no random test runs the row."""
    if row.attrs.get('ends', 'none') != 'none':
        return 'leaves the sequence'
    return next(why for pattern, _, why in random_a64.EXCLUDED if re.fullmatch(pattern, row.name))


def page(rows, by_random, by_program):
    by_name = {r.name: r for r in rows}
    done = [r for r in rows if not r.todo]
    how = {r.name: how_random(r, by_random) for r in done}
    alone = [r for r in done if not how[r.name] and r.name in by_program]
    missing = [r for r in done if not how[r.name] and r.name not in by_program]
    o = ['# A64: which rows the tests execute', '',
         'Made by `tests/coverage.py`. %d of %d encodings of `a64.insn` are implemented.' %
         (len(done), len(rows)), '', '| executed by | rows |', '|---|---|',
         '| random tests, compared with qemu-aarch64 and the reference interpreter | %d |' %
         sum(h == 'qemu' for h in how.values()),
         '| random tests, compared with the manual\'s rules and the reference interpreter | %d |' %
         sum(h == 'reference' for h in how.values()),
         '| guest programs alone | %d |' % len(alone), '| nothing | %d |' % len(missing), '',
         'Besides, every row is listed against objdump (`tests/tables`), and every row of a feature is',
         'executed with the feature switched off (`tests/guest/cpu.py`).', '',
         '## Guest programs alone', '']
    groups = {}
    for r in alone:
        groups.setdefault(by_program[r.name][0] if len(by_program[r.name]) < 4 else 'most programs',
                          []).append(r.name)
    o += ['What the random tests cannot run, by program; the reason follows the row.', '']
    for name, names in groups.items():
        why = {}
        for n in names:
            why.setdefault(why_alone(by_name[n]), []).append(n)
        o += ['- %s: %s' % (name, '; '.join('%s (%s)' % (', '.join(k), w) for w, k in why.items()))]
    o += ['', '## Nothing', '']
    o += ['- %s: %s' % (r.name, reason_of(r) or 'no reason given') for r in missing]
    o += ['', '## Not implemented', '']
    todo = {}
    for r in rows:
        if r.todo:
            todo.setdefault(r.todo, []).append(r.name)
    o += ['- %s: %s' % (why, ', '.join(names)) for why, names in todo.items()]
    return '\n'.join(o) + '\n', [r.name for r in missing if not reason_of(r)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('--build-dir', default='build')
    p.add_argument('--check', action='store_true')
    args = p.parse_args()
    args.ferry = os.path.abspath(os.path.join(args.build_dir, 'linux-user', 'ferry'))
    args.work = os.path.join(args.build_dir, 'coverage')
    os.makedirs(args.work, exist_ok=True)
    table = insn_random.Table(random_a64)
    text, bare = page(table.rows, random_rows(args, table), program_rows(args))
    if bare:
        print('executed by nothing, without a reason: ' + ', '.join(bare))
    if not args.check:
        with open(PAGE, 'w') as f:
            f.write(text)
    elif open(PAGE).read() != text:
        print('%s is out of date; run coverage.py' % PAGE)
        bare = bare or ['']
    sys.exit(1 if bare else 0)


if __name__ == '__main__':
    main()
