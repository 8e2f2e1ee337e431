#!/usr/bin/env python3
"""Compare random words of each row of a guest's table with objdump: decoding and listing.

usage: insn_check.py GUEST_DIR GUEST INSN_LIST [--rows REGEX] [--count N] [--seed N]

Each row's free bits are drawn at random (its `x` bits are what the manual says they should be),
reserved words are skipped, and `objdump -M no-aliases` must show the same text after both are
normalised. list_GUEST.py says how objdump is driven, and which rows it cannot judge, with the
reason. Further words are drawn at random over the whole space: where objdump sees nothing, the
table must not have an implemented row, and what objdump knows must be a row (NOT_OURS: what need not).
Exit status 77 (skipped) when the guest's objdump is missing.
"""
import importlib
import os
import random
import re
import shutil
import subprocess
import sys


def draw(guest, row, rng):
    """A random word of the row, or None when only reserved ones turned up."""
    for _ in range(200):
        word = rng.getrandbits(row.width) & ~row.mask & ~ignored_bits(row) | row.value
        word |= ignored_bits(row) & guest.IGNORED
        for f in row.fields.values():  # registers 31 and fields 0 more often than by chance
            fixed = row.mask >> f.pos & ((1 << f.width) - 1)
            if not fixed and rng.random() < 0.15:
                ones = ((1 << f.width) - 1) << f.pos
                word = word & ~ones if rng.random() < 0.5 else word | ones
        if row.matches(word):
            return word
    return None


def ours(guest, name, tool, words):
    out = subprocess.run([tool, name], input=guest.code_of(words), capture_output=True,
                         check=True).stdout.decode()
    return [ln.split('\t') for ln in out.splitlines()]


def options(argv):
    opt = {'--rows': '.', '--count': '24', '--seed': '1'}
    for i in range(0, len(argv), 2):
        opt[argv[i]] = argv[i + 1]
    return re.compile(opt['--rows']), int(opt['--count']), random.Random(int(opt['--seed']))


def check_rows(guest, rows, order, list_words, count, rng):
    want, words = [], []
    for row in rows:
        if any(re.match(p, row.name) for p, _ in guest.UNKNOWN):
            continue
        for _ in range(count):
            w = draw(guest, row, rng)
            if w is None or guest.unpredictable(row, w) or \
                    next(r for r in order if r.matches(w)) is not row:
                continue  # a more specific row has it
            want.append(row)
            words.append(w)
    theirs, mine = guest.listings(words), list_words(words)
    assert len(theirs) == len(words) == len(mine), (len(theirs), len(words), len(mine))
    bad = {}
    for row, w, right, b in zip(want, words, theirs, mine):
        if b[0] != row.name:
            bad.setdefault(row.name, []).append('%08x: decoded as row %s' % (w, b[0]))
        elif guest.normal(b[1]) not in [guest.normal(t) for t in right]:
            bad.setdefault(row.name, []).append('%08x: objdump "%s" ferry "%s"' % (
                w, guest.normal(right[0]), guest.normal(b[1])))
    return len(words), bad


def ignored_bits(row):
    named = 0
    for f in row.fields.values():
        named |= ((1 << f.width) - 1) << f.pos
    return ~(row.mask | named) & ((1 << row.width) - 1)


def is_missing(guest, text):
    """objdump knows an instruction that should have a row."""
    rules = getattr(guest, 'NOT_OURS', None)
    return rules is not None and not guest.is_unknown(text) and \
        not any(re.match(p, text) for p, _ in rules)


def check_space(guest, order, list_words, rng):
    """Random words: objdump and the table agree on what is an instruction."""
    words = [rng.getrandbits(32) for _ in range(40000)]
    words = [w & (1 << 8 * guest.size_of(w)) - 1 for w in words if guest.size_of(w)]
    bad = {}
    by_name = {r.name: r for r in order}
    for w, a, b in zip(words, guest.listings(words), list_words(words)):
        row = by_name.get(b[0])
        if not row and is_missing(guest, a[0]):
            bad.setdefault('none', []).append('%08x: objdump has "%s"' % (w, a[0]))
        if not row or row.todo or not guest.is_unknown(a[-1]):
            continue
        if any(re.match(p, row.name) for p, _ in guest.UNKNOWN):
            continue
        if guest.unpredictable(row, w) or (w ^ guest.IGNORED) & ignored_bits(row):
            continue
        bad.setdefault(b[0], []).append('%08x: objdump knows no such word' % w)
    return len(words), bad


def main(argv):
    sys.path.insert(0, os.path.join(argv[1], 'gen'))
    import insn_gen
    guest = importlib.import_module('list_' + argv[2])
    if not shutil.which(guest.OBJDUMP):
        print('skipped: no %s here' % guest.OBJDUMP)
        return 77
    pattern, count, rng = options(argv[4:])
    rows, order, _, _ = insn_gen.load(os.path.join(argv[1], guest.TABLE))
    picked = [r for r in rows if pattern.search(r.name)]

    def list_words(words):
        return ours(guest, argv[2], argv[3], words)
    n, bad = check_rows(guest, picked, order, list_words, count, rng)
    m, bad2 = check_space(guest, order, list_words, rng)
    print('%d rows, %d words of rows and %d random words compared' % (len(picked), n, m))
    for name, texts in list(bad.items()) + list(bad2.items()):
        print('row %s: %d differences; first: %s' % (name, len(texts), texts[0]))
    return 1 if bad or bad2 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
