#!/usr/bin/env python3
"""Turns the bytes that `-d out_asm` logs into instructions, by objdump.

    ferry -d in_asm,out_asm -D log prog; translate/debug/out_asm.py log
    ferry -d out_asm prog 2>&1 | translate/debug/out_asm.py

ferry links no library, so no disassembler is in it. A unit's constants, which lie behind its code,
are shown as instructions, too. What is not host code passes through.
"""
import re
import subprocess
import sys
import tempfile

HEAD = re.compile(r'---- host ([0-9a-f]+), (\d+) bytes')


def listing(raw, base):
    """Lines `address:  instruction` of code that lies at `base`."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(raw)
        f.flush()
        out = subprocess.run(['objdump', '-D', '-b', 'binary', '-m', 'i386:x86-64', '-M', 'intel',
                              '--no-show-raw-insn', '--adjust-vma=%#x' % base, f.name],
                             capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        m = re.match(r'\s*([0-9a-f]+):\t(.*)', line)
        if m:
            yield '%12s:  %s' % (m[1], m[2].rstrip())


def convert(lines, put):
    lines = iter(lines)
    for line in lines:
        put(line.rstrip('\n'))
        m = HEAD.match(line)
        if not m:
            continue
        raw, size = b'', int(m[2])
        while len(raw) < size:
            text = next(lines, '').strip()
            if not re.fullmatch('([0-9a-f]{2})+', text):
                put('(%d of %d bytes) %s' % (len(raw), size, text))
                break
            raw += bytes.fromhex(text)
        for out in listing(raw, int(m[1], 16)):
            put(out)


def main(argv):
    try:
        with open(argv[1]) if len(argv) > 1 else sys.stdin as f:
            convert(f, print)
    except BrokenPipeError:
        sys.stderr.close()


if __name__ == '__main__':
    main(sys.argv)
