"""What insn_check.py has to know of A64 and its objdump."""
import re
import struct
import subprocess
import tempfile

OBJDUMP = 'aarch64-linux-gnu-objdump'
TABLE = 'a64/a64.insn'

IGNORED = 0xffffffff  # what bits should be that the decoder ignores

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
# What objdump lists beyond the rows: text pattern, reason.
NOT_OURS = [
    (r'dcps|eret|drps|hvc|smc', 'undefined at EL0'),
    (r'(msr|mrs) .*s\d_', 'op0 0 and 1 are no registers: unallocated'),
    (r'fml[as]l2? v\d+\.[24]s, v\d+\.[24]h, v\d+\.[24]h$', 'objdump ignores the size bit, which must be 0'),
    (r'.*(undefined|NYI)', 'objdump itself says so'),
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


def code_of(words):
    return struct.pack('<%dI' % len(words), *words)


def size_of(word):
    return 4


def is_unknown(text):
    """objdump sees no instruction."""
    return bool(re.match(r'\.(inst|word)', text))


def disassemble(words, *opts):
    with tempfile.NamedTemporaryFile(suffix='.bin') as fh:
        fh.write(code_of(words))
        fh.flush()
        out = subprocess.run([OBJDUMP, '-D', '-z', '-b', 'binary', '-m', 'aarch64', *opts,
                              '--adjust-vma=0x40000000', '--no-show-raw-insn', fh.name],
                             capture_output=True, text=True, check=True).stdout
    return [ln.split('\t', 1)[1].replace('\t', ' ') for ln in out.splitlines()
            if re.match(r' *[0-9a-f]+:\t', ln)]


def listings(words):
    """For each word the texts that are right: without aliases, and as objdump likes best, which
    names the cache operations that are aliases of sys."""
    return list(zip(disassemble(words, '-M', 'no-aliases'), disassemble(words)))
