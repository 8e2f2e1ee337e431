#!/usr/bin/env python3
"""Debian's programs in a tree of another architecture: what they print is what the same release's
amd64 programs print on this machine.

    programs.py ARCH [--only a,b] [--runner follow,binfmt] [--install] [--report]

A case is a script cases/NAME.sh, run in an empty directory of the tree by the tree's own shell,
without input. Its first lines say what it needs:

    # packages: lua5.4 a|b        installed by --install with the tree's own apt; a|b: Debian 12's
                                  name and Debian 13's
    # limit: 120                  seconds, 60 if not said
    # only: arm64 REASON          other trees skip it
    # known: riscv64 REASON       it fails there: a pass is reported as well

--report writes the results into docs/programs.md. The trees come from make.py. Exits 77 when there is none (skipped, with the reason).
"""
import argparse
import glob
import os
import shutil
import signal
import subprocess
import sys
import time

import make
import report

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, 'cases')


class Case:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-3]
        self.head = {}
        with open(path) as f:
            for line in f:
                key, colon, value = line[1:].partition(':')
                if line[0] != '#' or not colon:
                    break
                self.head[key.strip()] = value.strip()
        self.limit = int(self.head.get('limit', 60))

    def packages(self, arch):
        new = make.SUITES[arch] == 'trixie'
        return [p.split('|')[-1 if new else 0] for p in self.head['packages'].split()]

    def about(self, key, arch):
        """The reason of `# key: ARCH reason`, or None."""
        first, _, reason = self.head.get(key, '').partition(' ')
        return reason if first == arch else None

    def skipped(self, arch):
        only = self.head.get('only', '')
        return only.partition(' ')[2] if only and only.split()[0] != arch else None


def install(arch, tree, cases, options):
    packages = sorted({p for c in cases if c.skipped(arch) is None for p in c.packages(arch)})
    for command in ['apt-get', 'update'], ['apt-get', 'install', '-y', *packages]:
        r = subprocess.run([os.path.join(HERE, 'enter.py'), *options, tree, *command],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        if r.returncode:
            sys.exit('%s in %s failed:\n%s' % (' '.join(command[:2]), tree, r.stdout[-3000:]))


def run_case(case, tree, options, limit):
    """(status or 'time', output, processor seconds)"""
    # Of this process alone: several may run in a tree at once. The names' length is the same in all.
    name = 'case%07d' % os.getpid()
    work, script = os.path.join(tree, 'tmp', name), os.path.join(tree, 'tmp', name + '.sh')
    os.makedirs(work)
    shutil.copy(case.path, script)
    used = os.times()
    p = subprocess.Popen([os.path.join(HERE, 'enter.py'), *options, tree, '/bin/sh', '-c',
                          'cd /tmp/%s && HOME=$PWD exec sh ../%s.sh' % (name, name)],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, start_new_session=True)
    try:
        out, status = p.communicate(timeout=limit)[0], p.returncode
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        out, status = p.communicate()[0], 'time'
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.unlink(script)
    now = os.times()
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    return status, out.decode(errors='replace'), cpu


def show_difference(want, got):
    want, got = want.splitlines(), got.splitlines()
    for i in range(max(len(want), len(got))):
        w = want[i] if i < len(want) else None
        g = got[i] if i < len(got) else None
        if w != g:
            print('    line %d\n      native %r\n      here   %r' % (i + 1, w, g))
            if i + 1 < len(got):
                print('      then   %r' % got[i + 1:i + 4])
            return


class Runner:
    def __init__(self, a, arch):
        self.a, self.arch = a, arch
        self.tree = make.tree_path(arch)
        self.native = make.tree_path(make.NATIVE[arch])
        self.rows = []

    def options(self, runner):
        return ['--runner', runner, '--ferry', self.a.ferry, '--qemu-dir', self.a.qemu_dir]

    def one(self, case, runner):
        """True unless it failed."""
        skip, known = case.skipped(self.arch), case.about('known', self.arch)
        if skip is not None:
            print('skipped %s: %s' % (case.name, skip))
            self.rows.append((case, runner, 'skipped: ' + skip))
            return True
        want = run_case(case, self.native, self.options('native'), case.limit)
        start = time.monotonic()
        got = run_case(case, self.tree, self.options(runner), case.limit * self.a.slower)
        good = got[:2] == want[:2] and got[0] != 'time'
        word = 'ok' if good else 'KNOWN' if known is not None else 'FAILED'
        print('%-7s %-20s %s native %.2f s, here %.2f s (%.1f s)' %
              (word, case.name, runner, want[2], got[2], time.monotonic() - start))
        if not good:
            print('    status %s for %s' % (got[0], want[0]))
            show_difference(want[1], got[1])
        sys.stdout.flush()
        self.rows.append((case, runner, 'ok' if good else 'fails' +
                          (': ' + known if known is not None else '')))
        return good or known is not None


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('arch', choices=make.NATIVE)
    p.add_argument('--only', default='')
    p.add_argument('--runner', default='follow')
    p.add_argument('--install', action='store_true')
    p.add_argument('--report', action='store_true')
    p.add_argument('--slower', type=int, default=5, help='factor on the time limits')
    p.add_argument('--ferry', default='build/linux-user/ferry')
    p.add_argument('--qemu-dir', default='/usr/bin')
    a = p.parse_args()
    cases = [Case(path) for path in sorted(glob.glob(CASES + '/*.sh'))]
    if a.only:
        cases = [c for c in cases if c.name in a.only.split(',')]
    r = Runner(a, a.arch)
    if make.missing_reason():
        print('skipped: ' + make.missing_reason())
        sys.exit(77)
    if not (os.path.isdir(r.tree) and os.path.isdir(r.native)):
        print('skipped: no tree %s or %s (make.py makes them)' % (r.tree, r.native))
        sys.exit(77)
    if a.install:
        install(a.arch, r.native, cases, r.options('native'))
        install(a.arch, r.tree, cases, r.options('follow'))
    good = [r.one(c, runner) for runner in a.runner.split(',') for c in cases]
    if a.report:
        report.write_programs(a.arch, r.rows)
    print('%d passed, %d failed' % (sum(good), len(good) - sum(good)))
    sys.exit(0 if all(good) else 1)


if __name__ == '__main__':
    main()
