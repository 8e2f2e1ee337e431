#!/usr/bin/env python3
"""Compare softfp with A64 instructions: softfp_a64.py HOST_PROGRAM GUEST_COMPILER SOURCE QEMU

Builds SOURCE for AArch64, runs it under QEMU and compares its lines with HOST_PROGRAM's.
"""
import os
import subprocess
import sys
import tempfile


def run(cmd):
    return subprocess.run(cmd, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(argv):
    host, cc, source, qemu = argv[1:5]
    with tempfile.TemporaryDirectory() as tmp:
        guest = os.path.join(tmp, 'guest')
        run([cc, '-O1', '-static', '-march=armv8.2-a+fp16', '-o', guest, source])
        qemu_cmd = [qemu, '-cpu', 'max', guest]
        want, got = run(qemu_cmd).splitlines(), run([host]).splitlines()
        if len(want) != len(got) or len(got) < 1000:
            sys.exit('%d lines against %d' % (len(got), len(want)))
        bad = [i for i in range(0, len(got), 2) if got[i:i + 2] != want[i:i + 2]]
        for i in bad[:int(os.environ.get('SHOW', '4'))]:
            print(got[i])
            n = str(i // 2 + 1)
            pairs = zip(run([host, n]).splitlines(), run(qemu_cmd + [n]).splitlines())
            for g, w in pairs:
                if g != w:
                    print('  got %s, want %s' % (g, w))
        print('%d of %d lines differ' % (len(bad), len(got) // 2))
        return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
