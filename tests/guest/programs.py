#!/usr/bin/env python3
"""C and C++ programs that must print natively and under ferry the same.

Every file of progs/ is built for host and guest in each variant (-O0 to -O3; static, static-pie,
dynamic, dynamic-exec; the dynamic ones with the cross compiler's libraries by -L); standard output
and exit status must be equal. A first comment line of the form `// programs: OPTION...` adds
compiler options, `// ferry: OPTION...` options of the runner when it is ferry; `// expect: TEXT`
lines replace the native run for programs that only make sense on the guest; `// guest: NAME` lines
name the guests a program is for, when it is not for all.

    tests/guest/programs.py --build-dir build [--only setjmp] [--levels O0,O2]
"""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

LINK = {
    'static': ['-static'],
    'static-pie': ['-static-pie', '-fPIE'],
    'dynamic': [],  # position-independent, lazy binding
    'dynamic-exec': ['-no-pie', '-fno-pie', '-Wl,-z,now'],
}
HERE = os.path.dirname(os.path.abspath(__file__))


def compile_to(cxx, cc, path, out, flags):
    driver = cxx if path.endswith('.cc') else cc
    r = subprocess.run([driver, *flags, path, '-o', out, '-lm', '-lpthread'], capture_output=True,
                       text=True)
    return r.stderr if r.returncode else None


def execute(cmd, limit):
    try:
        r = subprocess.run(cmd, capture_output=True, timeout=limit, stdin=subprocess.DEVNULL)
        return r.returncode, r.stdout, r.stderr.decode(errors='replace')[-400:]
    except subprocess.TimeoutExpired as e:
        return 'timeout after %d s' % limit, e.stdout or b'', ''


def one(job):
    path, level, kind, args = job
    base = os.path.splitext(os.path.basename(path))[0]
    label = '%s -%s %s' % (base, level, kind)
    head = open(path).read()
    extra = re.findall(r'^// programs: (.*)$', head, re.M)
    flags = ['-w', '-' + level, '-ffp-contract=off', *sum((e.split() for e in extra), [])]
    out = os.path.join(args.work, '%s-%s-%s' % (base, level, kind))
    expect = re.findall(r'^// expect: ?(.*)$', head, re.M)
    link = LINK[kind]
    err = compile_to(args.cross + 'g++', args.cross + 'gcc', path, out, [*flags, *link])
    if err:
        return label, 'does not compile for the guest: ' + err[-300:]
    if expect:
        want = (0, ('\n'.join(expect) + '\n').encode(), '')
    else:
        err = compile_to('g++', 'gcc', path, out + '.native', [*flags, '-static'])
        if err:
            return label, 'does not compile natively: ' + err[-300:]
        want = execute([out + '.native'], args.limit)
    own = re.findall(r'^// ferry: (.*)$', head, re.M)
    words = args.runner.split()
    if os.path.basename(words[0]) == 'ferry':
        words += sum((o.split() for o in own), [])
    if kind.startswith('dynamic'):
        words += ['-L', '/usr/%s-linux-gnu' % args.guest]
    got = execute([*words, out], args.limit)
    if got[:2] == want[:2]:
        return label, None
    return label, 'status %s for %s; output\n%s\nfor\n%s\n%s' % (
        got[0], want[0], got[1][-300:].decode(errors='replace'),
        want[1][-300:].decode(errors='replace'), got[2])


def is_for(path, guest):
    guests = re.findall(r'^// guest: (.*)$', open(path).read(2000), re.M)
    return not guests or guest in guests


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('--build-dir', default='build')
    p.add_argument('--guest', default='aarch64', choices=['aarch64', 'riscv64'])
    p.add_argument('--cross', help='prefix of the cross compiler; default: NAME-linux-gnu-')
    p.add_argument('--runner')
    p.add_argument('--levels', default='O0,O1,O2,O3')
    p.add_argument('--kinds', help='default: all (Debian has no static-pie start file for\n'
                   'riscv64)')
    p.add_argument('--work', default='guest-programs', help='folder of the build for binaries')
    p.add_argument('--only')
    p.add_argument('--limit', type=int, default=60)
    p.add_argument('--repeat', type=int, default=1, help='times each program runs')
    p.add_argument('--jobs', type=int, default=2)
    args = p.parse_args()
    args.runner = args.runner or os.path.join(args.build_dir, 'linux-user', 'ferry')
    args.kinds = args.kinds or ','.join(
        k for k in LINK if args.guest != 'riscv64' or k != 'static-pie')
    args.cross = args.cross or args.guest + '-linux-gnu-'
    args.work = os.path.join(args.build_dir, args.work, args.guest)
    os.makedirs(args.work, exist_ok=True)
    paths = sorted(glob.glob(os.path.join(HERE, 'progs', '*.c')) +
                   glob.glob(os.path.join(HERE, 'progs', '*.cc')))
    if args.only:
        names = args.only.split(',')
        paths = [q for q in paths if os.path.splitext(os.path.basename(q))[0] in names]
    paths = [q for q in paths if is_for(q, args.guest)]
    jobs = [(q, level, kind, args) for q in paths for level in args.levels.split(',')
            for kind in args.kinds.split(',')] * args.repeat
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for label, problem in pool.map(one, jobs):
            passed += problem is None
            failed += problem is not None
            if problem:
                print('FAIL %s: %s' % (label, problem), flush=True)
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == '__main__':
    main()
