#!/usr/bin/env python3
"""Benchmark: native, ferry and qemu-user in turn in one run.

Same C source, same options for host and guest. Every kernel runs natively, under ferry and under
the peer, one after the other, --runs times; medians of wall time and ratios to native are printed,
and the geometric mean of each group. Checksums must agree. A runner that is missing is left out
and said so.

    tests/bench/bench.py --build-dir build            about a second natively a kernel
    tests/bench/bench.py --reps 10 --runs 1 --only sieve,calls
"""
import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = ['main.c', 'int.c', 'fp.c', 'crypto.c', 'sys.c']
CFLAGS = ['-O2', '-ftree-vectorize', '-static', '-fno-strict-aliasing', '-ffp-contract=off']
GUESTS = {'aarch64': ('aarch64-linux-gnu-gcc', 'qemu-aarch64'),
          'riscv64': ('riscv64-linux-gnu-gcc', 'qemu-riscv64')}


def build(cc, out):
    src = [os.path.join(HERE, s) for s in SOURCES]
    subprocess.run([cc, *CFLAGS, *src, '-o', out, '-lm', '-lpthread'], check=True)


def build_hello(cc, out):
    src = out + '.c'
    with open(src, 'w') as f:
        f.write('#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n')
    subprocess.run([cc, '-O2', '-static', src, '-o', out], check=True)


def timed(cmd, limit):
    t = time.perf_counter()
    r = subprocess.run(cmd, capture_output=True, text=True, timeout=limit)
    t = time.perf_counter() - t
    if r.returncode != 0:
        return None, 'status %d: %s' % (r.returncode, r.stderr.strip()[-200:])
    return t, r.stdout.strip()


def timed_many(cmd, times, limit):
    """Start-up: the mean over many runs of a tiny program."""
    t = time.perf_counter()
    for _ in range(times):
        r = subprocess.run(cmd, capture_output=True, timeout=limit)
        if r.returncode != 0:
            return None, 'status %d' % r.returncode
    return (time.perf_counter() - t) / times, 'hello'


def kernels(native):
    out = subprocess.run([native, 'list'], capture_output=True, text=True, check=True).stdout
    rows = [line.rsplit(' ', 1) for line in out.splitlines()]
    return [(name, group) for group, name in rows]


def measure(args, runners, native_bin, guest_bin, name):
    """{runner: [seconds]} and {runner: checksum or error}."""
    secs, sums = {r: [] for r in runners}, {}
    for _ in range(args.runs):
        for r, prefix in runners.items():
            if r in sums and secs[r] == []:
                continue
            binary = native_bin if r == 'native' else guest_bin
            try:
                if name == 'hello':
                    t, out = timed_many(prefix + [binary + '-hello'], 40, args.limit)
                else:
                    t, out = timed(prefix + [binary, name, str(args.reps)], args.limit)
            except subprocess.TimeoutExpired:
                t, out = None, 'over %d s' % args.limit
            sums[r] = out
            if t is not None:
                secs[r].append(t)
    return secs, sums


def geomean(xs):
    return math.exp(sum(map(math.log, xs)) / len(xs)) if xs else float('nan')


def parse_args():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('--build-dir', default='build', help='where linux-user/ferry is')
    p.add_argument('--guest', default='aarch64', choices=sorted(GUESTS))
    p.add_argument('--reps', type=int, default=100)
    p.add_argument('--runs', type=int, default=3)
    p.add_argument('--limit', type=int, default=300, help='seconds a run may take')
    p.add_argument('--only', help='comma list of kernels')
    p.add_argument('--no-peer', action='store_true', help='leave qemu-user out')
    p.add_argument('--json', help='write all figures to this file')
    return p.parse_args()


def main():
    args = parse_args()
    ferry = os.path.join(args.build_dir, 'linux-user', 'ferry')
    cross, peer = GUESTS[args.guest]
    work = os.path.join(args.build_dir, 'bench')
    os.makedirs(work, exist_ok=True)
    native_bin, guest_bin = os.path.join(work, 'native'), os.path.join(work, args.guest)
    build('gcc', native_bin)
    build(cross, guest_bin)
    build_hello('gcc', native_bin + '-hello')
    build_hello(cross, guest_bin + '-hello')
    runners = {'native': [], 'ferry': [ferry]}
    if not args.no_peer and shutil.which(peer):
        runners['peer'] = [peer]
    elif not args.no_peer:
        print('%s is not installed: no peer in this run' % peer)
    todo = [('hello', 'start-up')] + kernels(native_bin)
    if args.only:
        todo = [k for k in todo if k[0] in args.only.split(',')]
    print('%-9s %-17s %9s %9s %9s %8s %8s' % ('kernel', 'group', 'native s', 'ferry s', 'peer s',
                                              'ferry/n', 'peer/n'))
    result, groups, bad = [], {}, 0
    for name, group in todo:
        secs, sums = measure(args, runners, native_bin, guest_bin, name)
        med = {r: statistics.median(s) if s else None for r, s in secs.items()}
        row = {'kernel': name, 'group': group, 'seconds': secs, 'median': med, 'output': sums}
        result.append(row)
        wrong = [r for r in sums if sums[r] != sums['native']]
        bad += bool(set(wrong) - {'peer'})
        ratio = {r: med[r] / med['native'] if med.get(r) and med['native'] else None
                 for r in ('ferry', 'peer')}
        for r in ratio:
            if ratio[r]:
                groups.setdefault(group, {}).setdefault(r, []).append(ratio[r])

        def show(x, fmt):
            return fmt % x if x is not None else '-'
        print('%-9s %-17s %9s %9s %9s %8s %8s%s' % (
            name, group, show(med['native'], '%.4f'), show(med.get('ferry'), '%.4f'),
            show(med.get('peer'), '%.4f'), show(ratio['ferry'], '%.2f'), show(ratio['peer'], '%.2f'),
            ''.join('  %s: %s' % (r, sums[r]) for r in wrong)), flush=True)
    print()
    means = {g: {r: geomean(x) for r, x in rs.items()} for g, rs in groups.items()}
    for g, rs in means.items():
        print('%-27s ferry %6.2f   peer %6.2f' % (g, rs.get('ferry', float('nan')),
                                                   rs.get('peer', float('nan'))))
    if args.json:
        with open(args.json, 'w') as f:
            json.dump({'reps': args.reps, 'kernels': result, 'geomeans': means}, f, indent=1)
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
