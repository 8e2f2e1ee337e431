#!/usr/bin/env python3
"""What the first executions of code cost: nanoseconds a guest instruction.

A program of many different functions calls each of the first N once. It is run with two N in turn;
the difference in processor time over the difference in instructions leaves out start and end. The
functions are made at random from a fixed seed: integer C with loads, stores and branches.

There are two figures: for an instruction that was translated (or interpreted), as --coverage counts
them, and for an instruction of the functions. The first counts what stands behind a branch that was
taken, and what two units have, as often as it was done.

    tests/bench/translation.py --build-dir build
    tests/bench/translation.py --build-dir build --guest riscv64 --runs 21
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import tempfile

from bench import GUESTS

FUNCTIONS = 4000
STATEMENTS = ['x+=p[{i}]*{k};', 'x^=p[{i}]+p[{j}];', 'x=x*{k}+(p[{i}]<<3);', 'p[{i}]^=x>>{s};',
              'if(x&{k})x-=p[{i}];', 'p[{i}]+=x%{s}+1;']
MODES = [('translated', ['-cold-runs', '0']),
         ('optimised', ['-cold-runs', '0', '-quick-runs', '0']),
         ('interpreted', ['-cold-runs', '63'])]


def source(rng):
    out = ['#include <stdio.h>', '#include <stdlib.h>', 'static unsigned a[64];']
    for n in range(FUNCTIONS):
        lines = [rng.choice(STATEMENTS).format(i=rng.randrange(64), j=rng.randrange(64),
                                               k=rng.randrange(3, 60), s=rng.randrange(3, 29))
                 for _ in range(10)]
        out.append('__attribute__((noinline)) unsigned f%d(unsigned x, unsigned *p) {%s return x;}' %
                   (n, ''.join(lines)))
    out.append('static unsigned (*const f[])(unsigned, unsigned *) = {%s};' %
               ','.join('f%d' % n for n in range(FUNCTIONS)))
    out.append('int main(int argc, char **argv) { unsigned x = 1; int n = atoi(argv[argc - 1]);'
               'for (int i = 0; i < n; i++) x = f[i](x, a); printf("%u\\n", x); return 0; }')
    return '\n'.join(out)


def instructions(objdump, binary, first):
    """How many the functions from f<first> on have."""
    text = subprocess.run([objdump, '-d', '--no-show-raw-insn', binary], check=True,
                          capture_output=True, text=True).stdout
    count, counting = 0, False
    for line in text.splitlines():
        m = re.match(r'[0-9a-f]+ <(.*)>:', line)
        if m:
            number = re.fullmatch(r'f(\d+)', m[1])
            counting = bool(number) and int(number[1]) >= first
        elif counting and re.match(r' *[0-9a-f]+:\t', line):
            count += 1
    return count


def cpu_time(cmd):
    p = subprocess.Popen(cmd, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        raise SystemExit('%s: status %d' % (' '.join(cmd), p.returncode))
    return used.ru_utime + used.ru_stime


def handled(runner, binary, count):
    """How many instructions went through the front end."""
    text = subprocess.run([*runner, '--coverage', binary, str(count)], check=True,
                          capture_output=True, text=True).stderr
    return sum(int(n) for n in re.findall(r'^row \S+ (\d+)$', text, re.M))


def measure(runner, binary, first, runs):
    """The least of the runs with few and with all functions: seconds between them."""
    few, many = [], []
    for _ in range(runs):
        few.append(cpu_time([*runner, binary, str(first)]))
        many.append(cpu_time([*runner, binary, str(FUNCTIONS)]))
    return min(many) - min(few)


def main():
    a = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('--build-dir', default='build')
    a.add_argument('--guest', choices=GUESTS, default='aarch64')
    a.add_argument('--runs', type=int, default=11)
    a.add_argument('--ferry', action='append', help='other ferries to compare')
    o = a.parse_args()
    cc, peer = GUESTS[o.guest]
    first = FUNCTIONS // 8
    with tempfile.TemporaryDirectory() as tmp:
        c, binary = os.path.join(tmp, 'many.c'), os.path.join(tmp, 'many')
        with open(c, 'w') as f:
            f.write(source(random.Random(1)))
        subprocess.run([cc, '-O2', '-static', c, '-o', binary], check=True)
        n = instructions(cc.replace('gcc', 'objdump'), binary, first)
        print('%s: %d instructions, executed once' % (o.guest, n))
        for ferry in [os.path.join(o.build_dir, 'linux-user', 'ferry'), *(o.ferry or [])]:
            for name, options in MODES:
                runner = [ferry, *options]
                t = measure(runner, binary, first, o.runs)
                done = handled(runner, binary, FUNCTIONS) - handled(runner, binary, first)
                print('%-12s %6.0f ns each of %d, %6.0f ns an instruction of the program  %s' %
                      (name, t / done * 1e9, done, t / n * 1e9, ferry))
        if shutil.which(peer):
            t = measure([peer], binary, first, max(o.runs // 3, 1))
            print('%-12s %41.0f ns an instruction of the program  %s' % ('peer', t / n * 1e9, peer))


if __name__ == '__main__':
    main()
