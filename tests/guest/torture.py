#!/usr/bin/env python3
"""GCC's C torture execute tests under ferry.

A program counts when it compiles for host and guest with the same options and exits 0 natively; it
must then exit 0 under ferry. Programs left out are counted by reason. The sources come from
Debian's gcc-12-source package: --fetch downloads and unpacks them into the cache directory.

    tests/guest/torture.py --build-dir build --fetch --levels O0,O1,O2,O3
    tests/guest/torture.py --build-dir build --sample 100 --seed 7
"""
import argparse
import concurrent.futures
import glob
import os
import random
import re
import subprocess
import sys
import tempfile

CACHE = os.environ.get('FERRY_TEST_CACHE', os.path.expanduser('~/.cache/ferry-tests'))
SUB = 'gcc/testsuite/gcc.c-torture/execute'


def fetch():
    """Unpacks the execute tests into CACHE; does nothing when they are there."""
    found = glob.glob(os.path.join(CACHE, 'gcc-*', SUB))
    if found:
        return found[0]
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as tmp:
        subprocess.run(['apt-get', 'download', '-qq', 'gcc-12-source'], cwd=tmp, check=True)
        deb = glob.glob(os.path.join(tmp, '*.deb'))[0]
        subprocess.run(['dpkg-deb', '-x', deb, tmp], check=True)
        tar = glob.glob(os.path.join(tmp, 'usr/src/gcc-*/gcc-*.tar.xz'))[0]
        subprocess.run(['tar', 'xJf', tar, '-C', CACHE, '--wildcards', '*/' + SUB + '/*'],
                       check=True)
    return glob.glob(os.path.join(CACHE, 'gcc-*', SUB))[0]


def options_of(path):
    """Options that the test names for every target."""
    text = open(path, errors='replace').read()
    opts = []
    for m in re.finditer(r'dg-(?:additional-)?options\s+"([^"]*)"\s*(\{[^}]*\})?', text):
        if not m.group(2):
            opts += m.group(1).split()
    return [o for o in opts if not o.startswith('-m')]


def run(cmd, limit):
    try:
        r = subprocess.run(cmd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=limit,
                           stdin=subprocess.DEVNULL)
        return r.returncode, r.stderr.decode(errors='replace')
    except subprocess.TimeoutExpired:
        return 'timeout', ''


def native_problem(flags, tmp):
    """Why the program does not count, or None when it exits 0 natively."""
    native = os.path.join(tmp, 'native')
    if run(['gcc', '-static', *flags, '-o', native], 60)[0] != 0:
        return 'left out: does not compile natively'
    if run([native], 20)[0] != 0:
        return 'left out: fails natively'
    return None


def one(job):
    path, level, args = job
    name = os.path.basename(path)[:-2]
    with tempfile.TemporaryDirectory() as tmp:
        flags = ['-w', '-' + level, *options_of(path), path, '-lm']
        if not args.quick:
            reason = native_problem(flags, tmp)
            if reason:
                return name, level, reason, ''
        guest = os.path.join(tmp, 'guest')
        kind = ['-static-pie', '-fPIE'] if args.static_pie else ['-static']
        if run([args.cc, *kind, *flags, '-o', guest], 60)[0] != 0:
            return name, level, 'left out: does not compile for the guest', ''
        status, err = run([*args.runner.split(), guest], args.limit)
        if status == 0:
            return name, level, 'pass', ''
        reason = native_problem(flags, tmp) if args.quick else None
        return name, level, reason or 'FAIL (%s)' % status, err[-300:]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('--build-dir', default='build')
    p.add_argument('--guest', default='aarch64', choices=['aarch64', 'riscv64'])
    p.add_argument('--cc', help='default: the cross compiler of the guest')
    p.add_argument('--runner', help='command in front of the program; default: the built ferry')
    p.add_argument('--levels', default='O2')
    p.add_argument('--sample', type=int, default=0, help='so many programs, chosen by --seed')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--only', help='names, separated by commas')
    p.add_argument('--static-pie', action='store_true')
    p.add_argument('--quick', action='store_true',
                   help='build natively only what fails under ferry (passes then count all that\n'
                        'pass there, also the few that fail natively)')
    p.add_argument('--limit', type=int, default=60, help='seconds a program may take under ferry')
    p.add_argument('--jobs', type=int, default=2)
    p.add_argument('--fetch', action='store_true')
    args = p.parse_args()
    args.cc = args.cc or args.guest + '-linux-gnu-gcc'
    args.runner = args.runner or os.path.join(args.build_dir, 'linux-user', 'ferry')
    found = [fetch()] if args.fetch else glob.glob(os.path.join(CACHE, 'gcc-*', SUB))
    if not found:
        print('torture: no sources in %s; run with --fetch' % CACHE)
        sys.exit(77)
    paths = sorted(glob.glob(os.path.join(found[0], '*.c')) +
                   glob.glob(os.path.join(found[0], 'ieee', '*.c')))
    if args.only:
        paths = [q for q in paths if os.path.basename(q)[:-2] in args.only.split(',')]
    if args.sample:
        paths = sorted(random.Random(args.seed).sample(paths, min(args.sample, len(paths))))
    jobs = [(q, level, args) for level in args.levels.split(',') for q in paths]
    counts, failed = {}, []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for name, level, result, err in pool.map(one, jobs):
            kind = result.split(' (')[0]
            counts[kind] = counts.get(kind, 0) + 1
            if kind == 'FAIL':
                failed.append(name)
                print('%s -%s: %s %s' % (name, level, result, err.strip()), flush=True)
    print('torture: ' + ', '.join('%d %s' % (n, k) for k, n in sorted(counts.items())))
    sys.exit(1 if failed or not counts.get('pass') else 0)


if __name__ == '__main__':
    main()
