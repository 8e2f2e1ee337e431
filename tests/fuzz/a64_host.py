#!/usr/bin/env python3
"""Host code of A64 instructions: golden listings, and which rows call a helper.

    a64_host.py A64_HOST GOLDEN [--bless]

GOLDEN has assembler lines, each followed by the host code that it becomes at the level of AVX2, up
to the unit's exit; --bless writes the host code anew. Then random words of every row that computes
in registers are compiled: whoever calls a helper on the way that is always taken must stand in
HELPERS with its reason, and nothing may stand there that calls none.
Exits 77 (skipped) without the cross assembler.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import insn_random  # noqa: E402
import random_a64  # noqa: E402
from x64_golden import listing  # noqa: E402

AS, DUMP = 'aarch64-linux-gnu-as', 'aarch64-linux-gnu-objdump'
LEVEL = 'avx2'
# Row pattern: why a call is right. Everything else must be host instructions.
HELPERS = [
    (r'sha(1|256|512).*', 'SHA-NI belongs to the next level; the host has no SHA-512 at all'),
    (r'sm[34].*', 'the host has no such instructions'),
    (r'pmul_v|pmull_8', 'products of bytes without carry are rare'),
    (r'u?recpe_v|ursqrte_v|frecp[ex]_.*|frsqrte_.*', 'the manual\'s tables, with every special case'),
    (r'frint(32|64)[xz]_[fv]', 'out of range is the smallest integer: rare'),
    (r'fjcvtzs', 'modulo 2^32, for JavaScript'),
    (r'fcvtxn_.*', 'round to odd: rare'),
    (r'bf(dot|mmla)_.*|bfcvtn?(_v)?', 'bfloat16 sums round to odd and raise nothing'),
    (r'[su]cvtf_fix_h', 'doublewords with more than 36 binary places: a double rounds them too'),
]


def compile_words(tool, pairs):
    """(name, hot bytes, code) of each (name, word)."""
    text = ''.join('%s %08x\n' % p for p in pairs)
    r = subprocess.run([tool, LEVEL], input=text, capture_output=True, text=True)
    if r.returncode:
        sys.exit(r.stderr)
    out = [ln.split() for ln in r.stdout.splitlines()]
    return [(n, int(hot), bytes.fromhex(code)) for n, hot, code in out]


def assemble(lines):
    with tempfile.TemporaryDirectory() as d:
        obj = os.path.join(d, 'o')
        subprocess.run([AS, '-march=armv8.6-a+fp16+crypto+sha3+sm4+mops', '-W', '-o', obj, '-'],
                       check=True, text=True, input='.text\n' + '\n'.join(lines) + '\n')
        out = subprocess.run([DUMP, '-d', obj], capture_output=True, text=True, check=True).stdout
    return [int(w, 16) for w in re.findall(r'^ +[0-9a-f]+:\t([0-9a-f]{8}) ', out, re.M)]


def body(hot, code):
    """The hot code without what pads and leaves the unit; places in the vcpu and in the unit are
    not told."""
    lines = [ln for ln in listing(code[:hot], hot) if ln != '  ;']
    lines = [re.sub(r'\[rbp[+-]0x[0-9a-f]+\]', '[rbp+..]', ln) for ln in lines]
    lines = [re.sub(r'^(  j\w+) 0x[0-9a-f]+$', r'\1 ..', ln) for ln in lines]
    while lines and re.match(r'  (jmp|nop|xchg ax,ax|data16|cs nop)', lines[-1]):
        lines.pop()
    return lines


def golden(tool, path, bless):
    was = open(path).read()
    names = [ln for ln in was.splitlines() if ln and ln[0] not in ' #']
    head = [ln for ln in was.splitlines() if ln.startswith('#')]
    words = assemble(names)
    assert len(words) == len(names), (len(words), len(names))
    got = compile_words(tool, [('i', w) for w in words])
    text = '\n'.join(head) + '\n'
    for name, (_, hot, code) in zip(names, got):
        text += '\n%s\n%s\n' % (name, '\n'.join(body(hot, code)))
    if bless:
        with open(path, 'w') as f:
            f.write(text)
    elif text != was:
        import difflib
        print('\n'.join(difflib.unified_diff(was.split('\n'), text.split('\n'), 'golden', 'now',
                                             lineterm='')))
        print('if this is better or as good: a64_host.py %s %s --bless' % (tool, path))
        return False
    return len(names) >= 60


def in_registers(table):
    for row in table.runnable:
        if not random_a64.is_memory(row):
            yield row


def calls(tool, table):
    """Rows of which some random word calls a helper in hot code."""
    rng, pairs = random.Random(3), []
    for row in in_registers(table):
        for _ in range(4):
            w = table.word(row, rng)
            if w is not None:
                pairs.append((row.name, w))
    found = set()
    for name, hot, code in compile_words(tool, pairs):
        if any(ln.split()[0] == 'call' for ln in listing(code[:hot], hot) if ln != '  ;'):
            found.add(name)
    return found, {n for n, _ in pairs}


def helpers(tool):
    found, all_rows = calls(tool, insn_random.Table(random_a64))
    bad = [n for n in sorted(found) if not any(re.fullmatch(p, n) for p, _ in HELPERS)]
    for name in bad:
        print('row %s calls a helper and has no reason in HELPERS' % name)
    for pattern, _ in HELPERS:
        if not any(re.fullmatch(pattern, n) for n in found):
            print("HELPERS: no row of '%s' calls a helper" % pattern)
            bad.append(pattern)
    print('%d rows, %d call a helper, each with a reason' % (len(all_rows), len(found) - len(bad)))
    return not bad


def main(argv):
    if not shutil.which(AS) or not shutil.which(DUMP):
        print('skipped: no %s here' % AS)
        return 77
    good = golden(argv[1], argv[2], '--bless' in argv)
    good &= helpers(argv[1])
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv))
