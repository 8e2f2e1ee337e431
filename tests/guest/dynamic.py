#!/usr/bin/env python3
"""A dynamic C++ program with a library and a plug-in: lazy binding, IFUNC, TLS, exceptions, threads.

    dynamic.py FERRY WORK_DIR [RUNNER-OPTION...]

Built for the host and each guest with a cross compiler; output and status must be the native
program's. Exits 77 (skipped) without a cross compiler.
"""
import os
import shutil
import subprocess
import sys

FERRY, WORK = map(os.path.abspath, sys.argv[1:3])
SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'dyn')
GUESTS = 'aarch64', 'riscv64'
# How the program is linked: name, options of the compiler.
KINDS = [('lazy', ['-Wl,-z,lazy']),
         ('exec', ['-no-pie', '-fno-pie', '-Wl,-z,now', '-Wl,--hash-style=sysv',
                   '-Wl,-z,max-page-size=65536', '-Wl,-z,common-page-size=65536'])]
# With landing pads for BTI; the libraries lie in guarded pages, without Debian's start files, which
# have no pads.
OWN = {'aarch64': ['-mbranch-protection=standard']}
OWN_SHARED = {'aarch64': ['-Wl,-z,force-bti', '-nostartfiles', '-xc', SOURCES + '/start.c', '-xc++']}


def build(cross, out, options, options_shared):
    os.makedirs(out)
    base = [cross + 'g++', '-O2', '-w', '-ffp-contract=off', *options]
    shared = [o for o in base if o not in ('-no-pie', '-fno-pie')]
    shared += ['-shared', '-fPIC', *options_shared]
    for words in ([*shared, SOURCES + '/lib.cc', '-o', out + '/libdyn.so'],
                  [*shared, SOURCES + '/plugin.cc', '-o', out + '/plugin.so'],
                  [*base, SOURCES + '/main.cc', '-o', out + '/main', '-L' + out, '-ldyn', '-lpthread',
                   '-Wl,-rpath,$ORIGIN', '-Wl,--export-dynamic', '-ldl']):
        r = subprocess.run(words, capture_output=True, text=True) # ld warns of parts without BTI
        if r.returncode:
            sys.exit('%s\n%s' % (' '.join(words), r.stderr))


def run(out, runner, env):
    r = subprocess.run([*runner, './main', './plugin.so'], cwd=out, capture_output=True, timeout=60,
                       env={**os.environ, **env}, stdin=subprocess.DEVNULL)
    return r.returncode, r.stdout.decode(errors='replace'), r.stderr.decode(errors='replace')


def main():
    guests = [g for g in GUESTS if shutil.which(g + '-linux-gnu-g++')]
    if not guests:
        print('skipped: no cross compiler')
        sys.exit(77)
    shutil.rmtree(WORK, ignore_errors=True)
    failures = 0
    build('', WORK + '/native', [], [])
    want = run(WORK + '/native', [], {})
    if want[0] != 0 or len(want[1].splitlines()) < 20:
        sys.exit('the native program fails: %s' % (want,))
    for guest in guests:
        for name, options in KINDS:
            out = '%s/%s-%s' % (WORK, guest, name)
            build(guest + '-linux-gnu-', out, options + OWN.get(guest, []), OWN_SHARED.get(guest, []))
            runner = [FERRY, *sys.argv[3:], '-L', '/usr/%s-linux-gnu' % guest]
            for env in {}, {'LD_BIND_NOW': '1'}:
                got = run(out, runner, env)
                if got != want:
                    failures += 1
                    print('FAILED %s %s %s: status %s\n%s%s' % (guest, name, env, *got))
            trace = run(out, [*runner, '-strace'], {})[2] if guest == 'aarch64' else ''
            if trace and trace.count('|PROT_BTI') < 2:
                failures += 1
                print('FAILED %s: the libraries are not guarded' % name)
    sys.exit(1 if failures else 0)


main()
