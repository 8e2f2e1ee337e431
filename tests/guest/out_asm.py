#!/usr/bin/env python3
"""The bytes that `-d out_asm` logs become instructions that cover each unit.

    out_asm.py FERRY PROGRAM
"""
import os
import re
import subprocess
import sys
import tempfile

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../translate/debug/out_asm.py')


def units(text):
    """(address, size, lines) of each unit in a listing."""
    for part in re.split(r'^---- host ', text, flags=re.M)[1:]:
        head, _, rest = part.partition('\n')
        at, size = re.match(r'([0-9a-f]+), (\d+) bytes', head).groups()
        yield int(at, 16), int(size), re.findall(r'^ *([0-9a-f]+):  (.+)', rest, flags=re.M)


def problem(at, size, lines):
    places = [int(a, 16) for a, _ in lines]
    if not places or places[0] != at or places != sorted(set(places)):
        return 'does not start at its address or goes back'
    if not size - 16 < places[-1] - at < size:
        return 'is not listed to its end'
    if not any(re.match(r'jmp|call', text) for _, text in lines):
        return 'has no exit'
    return None


def main():
    ferry, program = sys.argv[1:]
    with tempfile.NamedTemporaryFile('r') as log:
        subprocess.run([ferry, '-cold-runs', '0', '-d', 'out_asm', '-D', log.name, program],
                       check=True, stdout=subprocess.DEVNULL)
        out = subprocess.run([sys.executable, TOOL, log.name], check=True, capture_output=True,
                             text=True).stdout
    found = list(units(out))
    bad = [(hex(u[0]), problem(*u)) for u in found if problem(*u)]
    print('%d units, %d wrong %s' % (len(found), len(bad), bad[:3]))
    return 1 if bad or len(found) < 2 else 0


sys.exit(main())
