#!/usr/bin/env python3
"""A Go program, cross-built by the host's Go: static, with Go's own calls of the kernel.

    go.py FERRY WORK_DIR [--repeat N]

Output and status must be those of the native build. Also runs on one processor (GOMAXPROCS=1) and
with the collector at work all the time (GOGC=5). Exits 77 (skipped) where there is no Go.
"""
import argparse
import os
import shutil
import subprocess
import sys

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'go', 'main.go')
GUESTS = 'arm64', 'riscv64'
MODES = {}, {'GOMAXPROCS': '1'}, {'GOGC': '5'}


def build(arch, work):
    out = os.path.join(work, arch)
    env = dict(os.environ, GOARCH=arch, CGO_ENABLED='0', GO111MODULE='off', GOFLAGS='', GOPATH=work,
               GOCACHE=os.path.join(work, 'cache'), GOTOOLCHAIN='local')
    r = subprocess.run(['go', 'build', '-o', out, SOURCE], env=env, capture_output=True, text=True)
    if r.returncode:
        sys.exit('go build for %s:\n%s' % (arch, r.stderr))
    return out


def run(words, mode):
    r = subprocess.run(words, env=dict(os.environ, **mode), stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, errors='replace', timeout=180)
    return r.returncode, r.stdout, r.stderr


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('ferry', type=os.path.abspath)
    p.add_argument('work', type=os.path.abspath)
    p.add_argument('--repeat', type=int, default=1)
    a = p.parse_args()
    if not shutil.which('go'):
        print('skipped: no go here (Debian: golang-go)')
        sys.exit(77)
    os.makedirs(a.work, exist_ok=True)
    want = run([build('amd64', a.work)], {})
    if want[0] or want[2] or not want[1].endswith('end\n'):
        sys.exit('the native program fails: %s' % (want,))
    failures = 0
    for guest in GUESTS:
        program = build(guest, a.work)
        for mode in list(MODES) * a.repeat:
            got = run([a.ferry, program], mode)
            if got != want:
                failures += 1
                print('%s %s: status %s\n%s%s\nnative:\n%s' % (guest, mode, *got, want[1]))
    print('%d runs, %d failed' % (len(GUESTS) * len(MODES) * a.repeat, failures))
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
