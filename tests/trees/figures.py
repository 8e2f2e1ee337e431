#!/usr/bin/env python3
"""Processor time of whole programs: natively, under ferry, under qemu-user; medians.

    figures.py ARCH [--runs 3] [--only a,b] [--qemu-dir DIR] [--report]

Each program runs in the tree with the release's amd64 one as the measure, start and translation
included, nothing kept from run to run. Times are user and system time of all its processes, so that
other work on the machine disturbs little; natively each takes about half a second or more.
--report writes the table into docs/programs.md. Nothing here passes or fails.
"""
import argparse
import math
import os
import statistics
import subprocess
import sys

import enter
import make
import report

HERE = os.path.dirname(os.path.abspath(__file__))

PROGRAMS = {
    'python3': '''python3 -c "
d = {}
for i in range(3000000): d[i % 1000] = d.get(i % 1000, 0) + i * 3 % 7
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(sum(d.values()), fib(27), sum(len(str(i)) for i in range(500000)))"''',
    'perl': r'''perl -e '
my %h; for my $i (1..3000000) { $h{$i % 5000} .= chr(65 + $i % 26) } my $n = 0; for (values %h) { $n++ while /A.?C|Z/g }
sub fib { my $n = shift; $n < 2 ? $n : fib($n - 1) + fib($n - 2) } print $n, " ", fib(27), "\n"' ''',
    'lua': '''lua5.4 -e "
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local t = {} for i = 1, 1000000 do t[i] = (i * 7919) % 1000003 end table.sort(t)
local s = {} for i = 1, 300000 do s[#s + 1] = tostring(i) end print(fib(30), t[500], #table.concat(s))"''',
    'sqlite3': '''sqlite3 :memory: "create table a(i integer primary key, t text);
with recursive c(n) as (select 1 union all select n + 1 from c where n < 400000)
insert into a select n, printf('%d', n * 7919 % 400009) from c; create index x on a(t);
select count(*), sum(length(t)) from a; select count(*) from a x join a y on x.t = y.t where x.i % 3 = 0;"''',
    'gcc -O2': 'gcc -O2 -c /tmp/figures.c -o /tmp/figures.o && nm /tmp/figures.o | grep -c " T "',
    'xz': 'seq 400000 | xz -6 -T1 | md5sum',
    'bzip2': 'seq 2000000 | bzip2 -9 | md5sum',
    # No keys are made: how long that takes is luck. 2^2281-1 is a prime number.
    'openssl': '''p=$(printf '%570s' | tr ' ' f); openssl prime -hex 1$p | md5sum
head -c 50000000 /dev/zero | openssl enc -aes-256-cbc -K $(printf '%.64s' $p) -iv $(printf '%.32s' $p) | md5sum
for h in sha256 sha3-256; do head -c 50000000 /dev/zero | openssl dgst -$h -r; done''',
    'shell loop': '''i=0; while [ $i -lt 1000000 ]; do i=$((i + 1)); case $i in *77) x=${i%7}; esac; done; echo $i $x
for i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done; done''',
}


def c_source():
    """A file that keeps a compiler busy for half a second."""
    text = '#include <stdio.h>\n#include <string.h>\n'
    for i in range(220):
        text += '''int f%d(int *a, int n) { int s = %d; for (int i = 0; i < n; i++) { switch (a[i] & 7) {
case 0: s += a[i] * %d; break; case 1: s ^= a[i] << %d; break; case 2: a[i] = s / (n + 1); break;
default: for (int j = i; j < n; j += 3) if (a[j] > s) s -= a[j] %% 17; else a[j] += i; } }
char b[64]; snprintf(b, sizeof b, "%%d %%d", s, a[0]); return s + (int)strlen(b); }
''' % (i, i, i + 3, i % 13)
    return text


def run(tree, options, command):
    """(processor seconds, output); the time of an empty entering is not taken off: 0.05 s."""
    before = os.times()
    r = subprocess.run([os.path.join(HERE, 'enter.py'), *options, tree, '/bin/sh', '-c', command],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    if r.returncode or r.stderr:
        sys.exit('%s: status %d, %s' % (command.split()[0], r.returncode, r.stderr[-500:]))
    return cpu, r.stdout


def measure(name, command, runners, runs):
    """Medians by runner; the runs alternate, and all print the same."""
    times, texts = {r: [] for r in runners}, set()
    for _ in range(runs):
        for r, (tree, options) in runners.items():
            cpu, text = run(tree, options, command)
            times[r].append(cpu)
            texts.add(text)
    if len(texts) != 1:
        sys.exit('%s: outputs differ: %r' % (name, texts))
    return {r: statistics.median(t) for r, t in times.items()}


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('arch', choices=make.NATIVE)
    p.add_argument('--runs', type=int, default=3)
    p.add_argument('--only', default='')
    p.add_argument('--ferry', default='build/linux-user/ferry')
    p.add_argument('--qemu-dir', default='/usr/bin')
    p.add_argument('--report', action='store_true')
    a = p.parse_args()
    tree, native = make.tree_path(a.arch), make.tree_path(make.NATIVE[a.arch])
    if make.missing_reason() or not (os.path.isdir(tree) and os.path.isdir(native)):
        print('skipped: %s' % (make.missing_reason() or 'no trees'))
        sys.exit(77)
    qemu = os.path.join(a.qemu_dir, 'qemu-%s-static' % enter.machine_of(tree))
    if not os.path.exists(qemu):
        print('skipped: no %s (a static qemu-user, which needs nothing of the tree)' % qemu)
        sys.exit(77)
    common = ['--ferry', a.ferry, '--qemu-dir', a.qemu_dir]
    runners = {'native': (native, ['--runner', 'native', *common]),
               'ferry': (tree, ['--runner', 'follow', *common]),
               'qemu': (tree, ['--runner', 'qemu', *common])}
    for t in tree, native:
        with open(os.path.join(t, 'tmp/figures.c'), 'w') as f:
            f.write(c_source())
    rows = []
    for name, command in PROGRAMS.items():
        if a.only and name not in a.only.split(','):
            continue
        m = measure(name, command, runners, a.runs)
        rows.append((name, m['native'], m['ferry'], m['qemu']))
        print('%-12s native %6.2f  ferry %6.2f (%.2f)  qemu-user %6.2f (%.2f)' %
              (name, m['native'], m['ferry'], m['ferry'] / m['native'], m['qemu'],
               m['qemu'] / m['native']), flush=True)

    def mean(k):
        return math.exp(sum(math.log(r[k] / r[1]) for r in rows) / len(rows))
    print('geometric mean: ferry %.2f, qemu-user %.2f of native' % (mean(2), mean(3)))
    if a.report:
        report.write_figures(a.arch, rows, mean(2), mean(3))


if __name__ == '__main__':
    main()
