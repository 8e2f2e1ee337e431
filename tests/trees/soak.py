#!/usr/bin/env python3
"""Runs programs that start threads and processes again and again, and looks for a hang.

    soak.py ARCH [--only a,b] [--runs 100] [--runner follow] [--strace] [--keep]

A case is a script soak/NAME.sh with the head lines of cases/*.sh (see programs.py): called without
an argument it prepares, called with `run N` it is one run. Each run's status and output must be
those of the same release's amd64 tree, prepared likewise and run once.

A run that does not end in its limit is a hang: of all its processes and threads it prints what the
kernel knows (state, processor time, signals, system call, where it sleeps) and with --strace the
last calls; --keep leaves them for a debugger and stops. Exits 77 without trees (skipped).
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
import programs

SOAK = os.path.join(programs.HERE, 'soak')
STRACE_TAIL = 10


def read(path):
    try:
        with open(path, errors='replace') as f:
            return f.read().strip()
    except OSError as e:
        return '(%s)' % e.strerror


def descendants(pid):
    """Numbers of a process and all below it, from parents to children."""
    children = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            stat = read('/proc/%s/stat' % name)
            if ')' in stat:
                children.setdefault(int(stat.rpartition(')')[2].split()[1]), []).append(int(name))
    found = [pid]
    for p in found:
        found += children.get(p, [])
    return found


def traces(logs):
    """The last lines of --strace by thread; a forked child's are in its parent's file."""
    found = {}
    for path in glob.glob(logs + '/strace.*') if logs else []:
        for line in read(path).splitlines():
            found.setdefault(line.split(' ', 1)[0], []).append(line)
    return {tid: lines[-STRACE_TAIL:] for tid, lines in found.items()}


def show_thread(task, trace):
    stat = read(task + '/stat').rpartition(')')[2].split()
    if len(stat) < 13:
        return
    ticks = os.sysconf('SC_CLK_TCK')
    print('    thread %s %r state %s, %.2f s, sleeps in %s, call %s' %
          (os.path.basename(task), read(task + '/comm'), stat[0],
           (int(stat[11]) + int(stat[12])) / ticks, read(task + '/wchan'), read(task + '/syscall')))
    status = dict(line.split(':', 1) for line in read(task + '/status').splitlines() if ':' in line)
    print('      ' + ' '.join('%s %s' % (k, status.get(k, '?').strip())
                              for k in ('SigPnd', 'ShdPnd', 'SigBlk')))
    print('      ' + ' < '.join(line.split()[-1] for line in read(task + '/stack').splitlines()))
    for line in trace.get((status.get('NSpid') or '?').split()[-1], []):
        print('      ' + line)


def show_state(pid, logs):
    trace = traces(logs)
    for p in descendants(pid):
        words = read('/proc/%d/cmdline' % p).replace('\0', ' ')
        print('  process %d: %s' % (p, words[:200]))
        for task in sorted(glob.glob('/proc/%d/task/*' % p)):
            show_thread(task, trace)
    sys.stdout.flush()


class Soak:
    def __init__(self, a):
        self.a = a
        self.tree = make.tree_path(a.arch)
        self.native = make.tree_path(make.NATIVE[a.arch])

    def run(self, tree, case, words, limit, logs=None):
        """(status or 'hang', output) of a case's script with the words; `logs`: for --strace."""
        native = tree == self.native
        options = ['--runner', 'native' if native else self.a.runner, '--ferry', self.a.ferry]
        if logs:
            options.append('--ferry-options=-strace -D /tmp/soak-%s/strace.%%d' % case.name)
        command = 'cd /tmp/soak-%s && HOME=$PWD exec sh ./case.sh %s' % (case.name, words)
        p = subprocess.Popen([os.path.join(programs.HERE, 'enter.py'), *options, tree, '/bin/sh',
                              '-c', command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, start_new_session=True)
        try:
            out, status = p.communicate(timeout=limit)[0], p.returncode
        except subprocess.TimeoutExpired:
            print('HANG %s %s: no end in %d s' % (case.name, words, limit))
            show_state(p.pid, logs)
            if self.a.keep:
                sys.exit('kept: process %d and below' % p.pid)
            os.killpg(p.pid, signal.SIGKILL)
            out, status = p.communicate()[0], 'hang'
        return status, out.decode(errors='replace')

    def prepare(self, tree, case):
        work = os.path.join(tree, 'tmp', 'soak-' + case.name)
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        shutil.copy(case.path, work + '/case.sh')
        status, out = self.run(tree, case, '', 20 * case.limit)
        if status:
            print('FAILED %s: preparing in %s: %s\n%s' % (case.name, tree, status, out[-1000:]))
        return work if status == 0 else None

    def one(self, case):
        """The number of bad runs; -1 when there was none at all."""
        skip = case.skipped(self.a.arch)
        if skip is not None:
            print('skipped %s: %s' % (case.name, skip))
            return 0
        places = [self.prepare(t, case) for t in (self.native, self.tree)]
        if None in places:
            return -1
        want = self.run(self.native, case, 'run 0', case.limit)
        if want[0] != 0:
            print('FAILED %s: natively status %s\n%s' % (case.name, *want))
            return -1
        logs = places[1] if self.a.strace else None
        bad, start = 0, time.monotonic()
        for n in range(self.a.runs):
            for old in glob.glob(places[1] + '/strace.*'):
                os.unlink(old)
            got = self.run(self.tree, case, 'run %d' % n, case.limit * self.a.slower, logs)
            if got != want:
                bad += 1
                print('FAILED %s run %d: status %s for %s' % (case.name, n, got[0], want[0]))
                programs.show_difference(want[1], got[1])
                sys.stdout.flush()
        print('%-10s %s %d runs, %d bad (%.1f s a run)' %
              (case.name, self.a.runner, self.a.runs, bad,
               (time.monotonic() - start) / max(self.a.runs, 1)), flush=True)
        return bad


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('arch', choices=make.NATIVE)
    p.add_argument('--only', default='')
    p.add_argument('--runs', type=int, default=100)
    p.add_argument('--runner', default='follow', choices=('follow', 'binfmt', 'qemu'))
    p.add_argument('--strace', action='store_true')
    p.add_argument('--keep', action='store_true')
    p.add_argument('--slower', type=int, default=5, help='factor on the time limits')
    p.add_argument('--ferry', default='build/linux-user/ferry')
    a = p.parse_args()
    cases = [programs.Case(path) for path in sorted(glob.glob(SOAK + '/*.sh'))]
    if a.only:
        cases = [c for c in cases if c.name in a.only.split(',')]
    s = Soak(a)
    reason = make.missing_reason()
    if reason or not (os.path.isdir(s.tree) and os.path.isdir(s.native)):
        print('skipped: ' + (reason or 'no tree %s or %s (make.py makes them)' % (s.tree, s.native)))
        sys.exit(77)
    bad = [s.one(c) for c in cases]
    print('%d cases of %d runs, %d bad' % (len(cases), a.runs, sum(abs(b) for b in bad)))
    sys.exit(1 if any(bad) else 0)


if __name__ == '__main__':
    main()
