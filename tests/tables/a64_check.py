#!/usr/bin/env python3
"""Compare random words of each A64 row with objdump: decoding and listing.

usage: a64_check.py GEN_DIR TABLE A64_LIST [--rows REGEX] [--count N] [--seed N]

Each row's free bits are drawn at random (its `x` bits are ones, as the manual's "should be one"),
reserved words are skipped, and `objdump -M no-aliases` must show the same text after both are
normalised. Rows that this objdump cannot judge are listed in UNKNOWN with the reason. Further words
are drawn at random over the whole space: where objdump sees nothing, the table must not have an
implemented row, save for ODD.
Exit status 77 (skipped) when aarch64-linux-gnu-objdump is missing.
"""
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

OBJDUMP = 'aarch64-linux-gnu-objdump'

# Row pattern: why objdump 2.40 is no oracle for it.
UNKNOWN = [
    (r'(sve|sme)$', 'one row for a whole encoding group'),
    (r'mrs$|msr$|mrs_id$|sys$|sysl$', 'objdump names registers and operations that are undefined at EL0'),
    (r'ldst_rcpc_v$|ldap1$|ldop128$|msr_tpidr2$|mrs_gcspr$|bc_cond$', 'newer than binutils 2.40'),
    (r'minmax|ctz$|cnt_reg$|abs_reg$', 'newer than binutils 2.40'),
    (r'mops_', 'the listing merges 64 spellings; overlapping registers are reserved'),
    (r'st2g$|stg$|stzg$|stz2g$|ldg$|stgp', 'never listed: hidden by every model'),
    (r'rctx$|irg$', 'never listed: hidden by every model'),
]


def normal(text):
    """One spelling for both: no blanks around commas, no comments, hex immediates."""
    text = re.sub(r'\s*(//|<).*', '', text.strip().lower())
    text = re.sub(r'\s+', ' ', text)
    text = re.sub(r'\s*,\s*', ',', text)
    text = re.sub(r'#(-?)0x([0-9a-f]+)', lambda m: '#%s%d' % (m.group(1), int(m.group(2), 16)), text)
    text = re.sub(r'\b0x([0-9a-f]{5,})\b', lambda m: str(int(m.group(1), 16)), text)
    text = re.sub(r'\b0x([0-9a-f]+)\b', lambda m: str(int(m.group(1), 16)), text)
    text = re.sub(r'\{ ', '{', text)
    text = re.sub(r' \}', '}', text)
    return text


def draw(row, rng):
    """A random word of the row, or None when only reserved ones turned up."""
    for _ in range(200):
        word = rng.getrandbits(32) & ~row.mask | row.value | ignored_bits(row)
        for f in row.fields.values():  # registers 31 and fields 0 more often than by chance
            fixed = row.mask >> f.pos & ((1 << f.width) - 1)
            if not fixed and rng.random() < 0.15:
                ones = ((1 << f.width) - 1) << f.pos
                word = word & ~ones if rng.random() < 0.5 else word | ones
        if row.matches(word):
            return word
    return None


def unpredictable(row, word):
    """Two loads into one register, write-back to a register that is transferred, MOPS registers."""
    def field(name):
        f = row.fields.get(name)
        return None if f is None else word >> f.pos & ((1 << f.width) - 1)
    if row.name.startswith('mops_'):
        regs = [field('rd'), field('rs'), field('rn')]
        return len(set(regs)) < 3 or 31 in regs
    rt, rt2, rn = field('rt'), field('rt2'), field('rn')
    if rt is not None and rt == rt2:
        return True
    writeback = re.search(r'_(pre|post)$', row.name)
    return bool(writeback and rn is not None and rn != 31 and rn in (rt, rt2))


def objdump(words, *opts):
    with tempfile.NamedTemporaryFile(suffix='.bin') as fh:
        fh.write(struct.pack('<%dI' % len(words), *words))
        fh.flush()
        out = subprocess.run([OBJDUMP, '-D', '-z', '-b', 'binary', '-m', 'aarch64', *opts,
                              '--adjust-vma=0x40000000', '--no-show-raw-insn', fh.name],
                             capture_output=True, text=True, check=True).stdout
    return [ln.split('\t', 1)[1].replace('\t', ' ') for ln in out.splitlines()
            if re.match(r' *[0-9a-f]+:\t', ln)]


def ours(tool, words):
    data = struct.pack('<%dI' % len(words), *words)
    out = subprocess.run([tool], input=data, capture_output=True, check=True).stdout.decode()
    return [ln.split('\t') for ln in out.splitlines()]


def options(argv):
    opt = {'--rows': '.', '--count': '24', '--seed': '1'}
    for i in range(0, len(argv), 2):
        opt[argv[i]] = argv[i + 1]
    return re.compile(opt['--rows']), int(opt['--count']), random.Random(int(opt['--seed']))


def check_rows(rows, order, tool, count, rng):
    want, words = [], []
    for row in rows:
        if any(re.match(p, row.name) for p, _ in UNKNOWN):
            continue
        for _ in range(count):
            w = draw(row, rng)
            if w is None or unpredictable(row, w) or next(r for r in order if r.matches(w)) is not row:
                continue  # a more specific row has it
            want.append(row)
            words.append(w)
    theirs, mine = objdump(words, '-M', 'no-aliases'), ours(tool, words)
    aliases = objdump(words)  # names the cache operations, which are aliases of sys
    assert len(theirs) == len(words) == len(mine), (len(theirs), len(words), len(mine))
    bad = {}
    for row, w, a, alias, b in zip(want, words, theirs, aliases, mine):
        if b[0] != row.name:
            bad.setdefault(row.name, []).append('%08x: decoded as row %s' % (w, b[0]))
        elif normal(b[1]) not in (normal(a), normal(alias)):
            bad.setdefault(row.name, []).append('%08x: objdump "%s" ferry "%s"' %
                                                (w, normal(a), normal(b[1])))
    return len(words), bad


def ignored_bits(row):
    named = 0
    for f in row.fields.values():
        named |= ((1 << f.width) - 1) << f.pos
    return ~(row.mask | named) & 0xffffffff


def check_space(order, tool, rng):
    """Random words that objdump rejects must not reach an implemented row."""
    words = [rng.getrandbits(32) for _ in range(40000)]
    bad = {}
    by_name = {r.name: r for r in order}
    for w, a, b in zip(words, objdump(words), ours(tool, words)):
        row = by_name.get(b[0])
        if not row or row.todo or not re.match(r'\.(inst|word)', a):
            continue
        if unpredictable(row, w) or ~w & ignored_bits(row):
            continue
        bad.setdefault(b[0], []).append('%08x: objdump knows no such word' % w)
    return len(words), bad


def main(argv):
    sys.path.insert(0, argv[1])
    import insn_gen
    if not shutil.which(OBJDUMP):
        print('skipped: no %s here' % OBJDUMP)
        return 77
    pattern, count, rng = options(argv[4:])
    rows, order, _, _ = insn_gen.load(argv[2])
    picked = [r for r in rows if pattern.search(r.name)]
    n, bad = check_rows(picked, order, argv[3], count, rng)
    m, bad2 = check_space(order, argv[3], rng)
    print('%d rows, %d words of rows and %d random words compared' % (len(picked), n, m))
    for name, texts in list(bad.items()) + list(bad2.items()):
        print('row %s: %d differences; first: %s' % (name, len(texts), texts[0]))
    return 1 if bad or bad2 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
