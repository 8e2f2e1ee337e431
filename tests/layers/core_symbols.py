#!/usr/bin/env python3
"""The running core is freestanding: links its libraries into one object and looks at what is left
undefined. Only names of the list below may be.

    core_symbols.py LIB.a ...
"""
import subprocess
import sys
import tempfile

# the linker's own names; everything else must be ours
ALLOWED = {'_GLOBAL_OFFSET_TABLE_', '__ehdr_start', '_end', 'environ'}


def undefined(libs):
    with tempfile.NamedTemporaryFile(suffix='.o') as out:
        subprocess.run(['ld', '-r', '-o', out.name, '--whole-archive', *libs], check=True)
        nm = subprocess.run(['nm', '-u', out.name], capture_output=True, text=True, check=True)
        return sorted({line.split()[-1] for line in nm.stdout.splitlines() if line.strip()})


def main():
    left = [n for n in undefined(sys.argv[1:]) if n not in ALLOWED]
    print('core: undefined: ' + ', '.join(left) if left else 'core: nothing undefined')
    sys.exit(1 if left else 0)


if __name__ == '__main__':
    main()
