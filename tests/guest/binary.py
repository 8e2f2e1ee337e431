#!/usr/bin/env python3
"""The executable keeps its promises: static, no interpreter, no libc, few relocations.

    binary.py FERRY
"""
import subprocess
import sys

MAX_RELOCATIONS = 3000  # each costs time at every start
ALLOWED_TYPE = 'R_X86_64_RELATIVE'


def readelf(*args):
    return subprocess.run(['readelf', '-W', *args, sys.argv[1]], capture_output=True, text=True,
                          check=True).stdout


problems = []
if 'INTERP' in readelf('-l'):
    problems.append('it has an interpreter')
if '(NEEDED)' in readelf('-d'):
    problems.append('it needs shared libraries')
relocations = [line for line in readelf('-r').splitlines() if 'R_' in line]
others = [line for line in relocations if ALLOWED_TYPE not in line]
if others:
    problems.append('a relocation that start-up does not do: ' + others[0])
if not 0 < len(relocations) <= MAX_RELOCATIONS:
    problems.append('%d relocations' % len(relocations))
symbols = readelf('-s').splitlines()
undefined = [s.split()[-1] for s in symbols if ' UND ' in s and len(s.split()) > 7]
if undefined:
    problems.append('undefined symbols: ' + ' '.join(undefined))
if any(' TLS ' in s for s in symbols):
    problems.append('it has thread-local variables')
for p in problems:
    print('FAILED: ' + p)
sys.exit(1 if problems else 0)
