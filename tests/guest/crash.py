#!/usr/bin/env python3
"""-d crash: registers, backtrace with names and the last system calls of a guest that a signal kills.

    crash.py FERRY WORK_DIR

Also with damaged unwind data: the guest's death stays the guest's. Debian 12's riscv64 libraries have
no unwind data for C, so there a walk ends where it enters them. Exits 77 (skipped) without a cross
compiler.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys

FERRY, WORK = map(os.path.abspath, sys.argv[1:3])
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'dyn', 'crash.c')
GUESTS = 'aarch64', 'riscv64'
failures = 0


def fail(label, why):
    global failures
    failures += 1
    print('FAILED %s: %s' % (label, why))


def run(guest, program, *words, options=('-d', 'crash')):
    r = subprocess.run([FERRY, *options, '-L', '/usr/%s-linux-gnu' % guest, program, *words],
                       capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    return r.returncode, r.stdout.decode(), r.stderr.decode(errors='replace')


def frames(text):
    """Names of the backtrace's frames, "?" where there is none."""
    return [m.group(1) or '?' for m in
            re.finditer(r'^  #\d+ +[0-9a-f]{16}  (?:(\S+)\+0x[0-9a-f]+ in )?', text, re.M)]


def check(guest, program, way, sig, want, *more):
    label = '%s %s %s' % (os.path.basename(program), way, ' '.join(more))
    status, out, err = run(guest, program, way, *more)
    if status != -sig or out != 'started\n':
        fail(label, 'status %d, output %r, %s' % (status, out, err))
    seen = frames(err)
    at = 0
    for name in want:
        if name not in seen[at:]:
            fail(label, '%s is not in %s of %s' % (name, seen[at:], seen))
            return
        at = seen.index(name, at) + 1
    for part in ('ferry: killed by %s (' % sig.name, ' pc=',
                 'openat(AT_FDCWD, "/none/such", O_RDONLY) = -1 ENOENT'):
        if part not in err:
            fail(label, 'no %r in\n%s' % (part, err))
    if run(guest, program, way, options=())[2]:
        fail(label, 'a report without -d crash')


def guest_programs(guest):
    in_libraries = guest != 'riscv64'
    chain = ['innermost', 'second', 'recurse', 'recurse', 'recurse', 'main']
    for name, options in ('static', ['-static', '-O2']), ('dynamic', ['-O1']), \
            ('nofp', ['-O2', '-fomit-frame-pointer']):
        program = '%s/%s-%s' % (WORK, guest, name)
        subprocess.run([guest + '-linux-gnu-gcc', '-w', '-g', '-fno-optimize-sibling-calls',
                        '-fasynchronous-unwind-tables', *options, SOURCE, '-o', program, '-lpthread'], check=True)
        check(guest, program, 'load', signal.SIGSEGV, chain)
        check(guest, program, 'jump', signal.SIGSEGV, ['?'] + chain)
        check(guest, program, 'trap', signal.SIGTRAP, chain)
        check(guest, program, 'abort', signal.SIGABRT, ['abort'] + chain if in_libraries else [])
        check(guest, program, 'load', signal.SIGSEGV, chain[:5] + ['thread'], 'thread')
        check(guest, program, 'signal', signal.SIGSEGV, ['innermost', 'handler', '?'] +
              (['raise'] + chain if in_libraries else []))
        check(guest, program, 'load', signal.SIGSEGV, chain[:4] + ['compare'] +
              (['qsort_r', 'main'] if in_libraries else []), 'sort')


def section(program, name):
    text = subprocess.run(['readelf', '-SW', program], capture_output=True, text=True).stdout
    m = re.search(r' %s +\S+ +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)' % re.escape(name), text)
    return int(m.group(1), 16), int(m.group(2), 16)


def damaged(guest):
    """Random bytes in the unwind data and in the symbol table."""
    program = '%s/%s-dynamic' % (WORK, guest)
    good = open(program, 'rb').read()
    for seed in range(24):
        rng = random.Random(seed)
        bad = bytearray(good)
        at, size = section(program, ('.eh_frame', '.eh_frame_hdr', '.symtab')[seed % 3])
        for _ in range(size // 8 + 1):
            bad[at + rng.randrange(size)] = rng.randrange(256)
        path = '%s/%s-damaged' % (WORK, guest)
        with open(path, 'wb') as f:
            f.write(bad)
        os.chmod(path, 0o755)
        status, _, err = run(guest, path, 'load')
        if status != -signal.SIGSEGV or 'last system calls' not in err:
            fail('damaged %s %d' % (guest, seed), 'status %d\n%s' % (status, err[-500:]))


def main():
    found = [g for g in GUESTS if shutil.which(g + '-linux-gnu-gcc')]
    if not found:
        print('skipped: no cross compiler')
        sys.exit(77)
    os.makedirs(WORK, exist_ok=True)
    for guest in found:
        guest_programs(guest)
        damaged(guest)
    sys.exit(1 if failures else 0)


main()
