"""What insn_check.py has to know of RV64 and its objdump."""
import os
import re
import struct
import subprocess
import tempfile

OBJDUMP = 'riscv64-linux-gnu-objdump'
AS = 'riscv64-linux-gnu-as'
TABLE = 'rv64/rv64.insn'
# All that binutils 2.40 knows: it decodes only what the file's attributes name.
MARCH = ('rv64imafdc_zicsr_zifencei_zba_zbb_zbs_zbc_zbkb_zbkc_zbkx_zknd_zkne_zknh_zksed_zksh_zfh'
         '_zicbom_zicboz_zicbop_zihintpause_zawrs')

IGNORED = 0  # what bits should be that the decoder ignores

# Row pattern: why objdump 2.40 is no oracle for it.
UNKNOWN = [
    (r'v_', 'one row for a whole encoding group'),
    (r'mop_|czero', 'newer than binutils 2.40'),
    (r'fli_|f(min|max)m_|fround|f(le|lt)q_|fcvtmod', 'newer than binutils 2.40'),
    (r'amo\w*_[bh]$|amocas_', 'newer than binutils 2.40'),
    (r'c_(lbu|lh|lhu|sb|sh|[sz]ext_[bhw]|not|mul|mop)$', 'newer than binutils 2.40'),
]


CSRS = ('fflags', 'frm', 'fcsr', 'cycle', 'time', 'instret')


def one_csr(m):
    return m.group(1) + (m.group(2) if m.group(2) in CSRS else '?')


def normal(text):
    """One spelling for both: plain numbers, registers of privileged modes without a name."""
    text = re.sub(r'\s*(#|<).*', '', text.strip().lower())
    text = re.sub(r'\s+', ' ', text)
    text = re.sub(r'^(csrr\w+ \w+,)(\w+)', one_csr, text)
    text = re.sub(r'^(c\.s\w+)64 (.*)', r'\1 \2,0', text)
    text = re.sub(r'(?<=[ ,])([0-9a-f]{8})$', lambda m: str(int(m.group(1), 16)), text)
    return re.sub(r'\b0x([0-9a-f]+)\b', lambda m: str(int(m.group(1), 16)), text)


def unpredictable(row, word):
    """Conversions that never round take any rounding mode; objdump knows them with mode 0 alone."""
    return '{rmx:' in row.template and word >> 12 & 7 != 0


def size_of(word):
    """Bytes of the instruction; 0 for the longer ones, of which none is defined."""
    if word & 31 == 31:
        return 0
    return 4 if word & 3 == 3 else 2


def code_of(words):
    return b''.join(struct.pack('<I', w)[:size_of(w)] for w in words)


def is_unknown(text):
    return bool(re.match(r'\.[248]byte', text))


def listings(words):
    src = '.text\n' + ''.join('.insn %d, %#x\n' % (size_of(w), w & (1 << 8 * size_of(w)) - 1)
                              for w in words)
    with tempfile.TemporaryDirectory() as work:
        obj = os.path.join(work, 'o')
        subprocess.run([AS, '-march=' + MARCH, '-mno-relax', '-o', obj, '-'], input=src.encode(),
                       check=True)
        out = subprocess.run([OBJDUMP, '-d', '-z', '-M', 'no-aliases', '--no-show-raw-insn',
                              '--adjust-vma=0x40000000', obj],
                             capture_output=True, text=True, check=True).stdout
    return [(ln.split('\t', 1)[1].replace('\t', ' '),) for ln in out.splitlines()
            if re.match(r' *[0-9a-f]+:\t', ln)]
