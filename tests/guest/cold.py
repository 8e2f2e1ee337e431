#!/usr/bin/env python3
"""Code that runs again and again is translated, however much other code runs in between.

    cold.py FERRY WORK_DIR

A loop calls a thousand functions in turn; afterwards ferry's perf map must name a unit for nearly
all of them. With -cold-runs 63 and few rounds it must name next to none: then the first visits are
what runs. Exits 77 (skipped) where there is no cross compiler.
"""
import os
import re
import shutil
import subprocess
import sys

FERRY, WORK = map(os.path.abspath, sys.argv[1:3])
CC = 'aarch64-linux-gnu-gcc'
FUNCTIONS = 1000


def build():
    os.makedirs(WORK, exist_ok=True)
    path = os.path.join(WORK, 'cold')
    with open(path + '.c', 'w') as f:
        f.write('#include <stdlib.h>\n#include <stdio.h>\n')
        f.writelines('unsigned f%d(unsigned x);\n' % i for i in range(FUNCTIONS))
        f.write('int main(int argc, char **argv)\n{\n    unsigned x = 1;\n'
                '    for (int n = atoi(argv[1]); n; n--) {\n')
        f.writelines('        x = f%d(x);\n' % i for i in range(FUNCTIONS))
        f.write('    }\n    printf("%u\\n", x);\n    return 0;\n}\n')
        # Behind main: a jump ahead is no loop.
        f.writelines('__attribute__((noinline, noipa)) unsigned f%d(unsigned x) { return x * %d + %d; }\n'
                     % (i, 2 * i + 3, i) for i in range(FUNCTIONS))
    subprocess.run([CC, '-O1', '-fno-toplevel-reorder', '-static', path + '.c', '-o', path], check=True)
    return path


def units_of(program, options, rounds):
    """Functions f0, f1 ... that have a unit after the program's run."""
    symbols = subprocess.run(['aarch64-linux-gnu-nm', program], capture_output=True, text=True,
                             check=True).stdout
    starts = {int(a, 16) for a in re.findall(r'^([0-9a-f]+) [tT] f\d+$', symbols, re.M)}
    p = subprocess.Popen([FERRY, '-perfmap', *options, program, str(rounds)],
                         stdout=subprocess.DEVNULL)
    status = p.wait(timeout=60)
    name = '/tmp/perf-%d.map' % p.pid
    text = open(name).read() if os.path.exists(name) else ''
    if text:
        os.remove(name)
    found = {int(a, 16) for a in re.findall(r'guest-0x([0-9a-f]+)', text)}
    return status, len(starts), len(starts & found)


def main():
    if not shutil.which(CC):
        sys.exit(77)
    program, bad = build(), 0
    for options, rounds, least, most in (([], 60, FUNCTIONS * 9 // 10, FUNCTIONS),
                                         (['-cold-runs', '63'], 3, 0, FUNCTIONS // 10)):
        status, known, units = units_of(program, options, rounds)
        ok = status == 0 and known == FUNCTIONS and least <= units <= most
        bad += not ok
        print('%s %s, %d rounds: status %d, %d of %d functions have units' %
              ('ok' if ok else 'FAILED', options, rounds, status, units, known))
    sys.exit(1 if bad else 0)


main()
