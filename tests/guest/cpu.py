#!/usr/bin/env python3
"""The guest's CPU as programs see it, for each model and each feature switched off.

    cpu.py FERRY WORK_DIR

A guest program prints AT_HWCAP, the identification registers and /proc/cpuinfo; all must say what
the `feature` lines of a64.insn say of the features that are on. With a feature off, an instruction
of each of its rows must raise SIGILL at its own address; with it on, none that can run alone may.
Exits 77 (skipped) where there is no cross compiler.
"""
import os
import random
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(HERE, '..', '..', 'translate', 'guest')
sys.path.insert(0, os.path.join(GUEST, 'gen'))
sys.path.insert(0, os.path.join(HERE, '..', 'fuzz'))
import insn_gen  # noqa: E402
import insn_random  # noqa: E402
import random_a64  # noqa: E402

CC = 'aarch64-linux-gnu-gcc'
MODELS = ['max', 'cortex-a53', 'cortex-a57', 'cortex-a72', 'cortex-a76', 'neoverse-n1',
          'neoverse-v1']
# The features line of /proc/cpuinfo on machines with these CPUs; neoverse-v1 without its SVE.
REAL = {
    'cortex-a53': 'fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid',
    'cortex-a72': 'fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid',
    'cortex-a76': 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc '
                  'dcpop asimddp',
    'neoverse-n1': 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc '
                   'dcpop asimddp ssbs',
    'neoverse-v1': 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt '
                   'fcma lrcpc dcpop sha3 sm3 sm4 asimddp sha512 asimdfhm dit uscat ilrcpc flagm ssbs paca '
                   'pacg dcpodp i8mm bf16 dgh rng',
}
SPECS = MODELS + ['max,+pauth', 'cortex-a53,+lse,+sm4', 'neoverse-n1,-crc,-rdma', 'max,-sha1']

SHOW = r'''
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#define MRS(name) ({ uint64_t v_; __asm__ volatile("mrs %0, " name : "=r"(v_)); v_; })
#define ID(m, o) printf("id %d %d %#lx\n", m, o, MRS("s3_0_c0_c" #m "_" #o))
#define ID8(m) ID(m, 0); ID(m, 1); ID(m, 2); ID(m, 3); ID(m, 4); ID(m, 5); ID(m, 6); ID(m, 7)
int main(void)
{
    static char text[1 << 16];
    printf("hwcap %#lx %#lx\n", getauxval(AT_HWCAP), getauxval(AT_HWCAP2));
    printf("midr %#lx mpidr %#lx revidr %#lx\n", MRS("midr_el1"), MRS("mpidr_el1"),
           MRS("revidr_el1"));
    printf("ctr %#lx dczid %#lx\n", MRS("ctr_el0"), MRS("dczid_el0"));
    ID8(2); ID8(3); ID8(4); ID8(5); ID8(6); ID8(7);
    static char zeroed[1024] __attribute__((aligned(1024)));
    memset(zeroed, 1, sizeof zeroed);
    __asm__ volatile("dc zva, %0" : : "r"(zeroed + 512) : "memory");
    int n = 0;
    for (int i = 0; i < 1024; i++)
        n += !zeroed[i];
    printf("zva %d\n", n);
    int fd = open("/proc/cpuinfo", O_RDONLY), again;
    long len = read(fd, text, sizeof text - 1);
    again = open("/proc/../proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    printf("descriptors %d %d\n", fd, again);
    fflush(stdout);
    write(1, text, len);
    return 0;
}
'''

# Runs each word by a jump to its place; a handler of SIGILL notes the place, others the fault.
TRY = r'''
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
extern const uint32_t words[], words_end[];
void try_word(const uint32_t *at, void *memory);
static uint64_t back_pc, back_sp;
static const uint32_t *place;
static int ill, other;
extern char resume[];
static char altstack[65536], memory[1 << 16] __attribute__((aligned(4096)));
static void handler(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    if (sig == SIGILL && uc->uc_mcontext.pc == (uint64_t)place && si->si_addr == place)
        ill++;
    else
        other++;
    uc->uc_mcontext.pc = (uint64_t)resume;
}
int main(void)
{
    stack_t ss = {.ss_sp = altstack, .ss_size = sizeof altstack};
    sigaltstack(&ss, NULL);
    int sigs[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP};
    for (int i = 0; i < 4; i++) {
        struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigaction(sigs[i], &sa, NULL);
    }
    for (place = words; place < words_end; place += 2) {
        ill = other = 0;
        try_word(place, memory + sizeof memory / 2);
        printf("%08x %d %d\n", *place, ill, other);
    }
    return 0;
}
__asm__(
    ".text\n.globl try_word\ntry_word:\n"
    "stp x29, x30, [sp, #-96]!\nstp x19, x20, [sp, #16]\nstp x21, x22, [sp, #32]\n"
    "stp x23, x24, [sp, #48]\nstp x25, x26, [sp, #64]\nstp x27, x28, [sp, #80]\n"
    "adrp x9, saved_sp\nmov x10, sp\nstr x10, [x9, :lo12:saved_sp]\n"
    "mov x28, x1\nmov x27, #16\nmov sp, x1\nadr x30, resume\nmov x29, x0\nbr x29\n"
    ".globl resume\nresume:\n"
    "adrp x9, saved_sp\nldr x10, [x9, :lo12:saved_sp]\nmov sp, x10\n"
    "ldp x19, x20, [sp, #16]\nldp x21, x22, [sp, #32]\nldp x23, x24, [sp, #48]\n"
    "ldp x25, x26, [sp, #64]\nldp x27, x28, [sp, #80]\nldp x29, x30, [sp], #96\nret\n"
    ".bss\nsaved_sp: .skip 8\n.text\n");
'''

failures = 0


def fail(text):
    global failures
    failures += 1
    print('FAILED ' + text)


def build(work, name, source):
    out = os.path.join(work, name)
    with open(out + '.c', 'w') as f:
        f.write(source)
    subprocess.run([CC, '-O1', '-w', '-static', '-march=armv8.5-a', '-o', out, out + '.c'],
                   check=True)
    return out


def run(ferry, cpu, program):
    r = subprocess.run([ferry, '-cpu', cpu, program], capture_output=True, text=True, timeout=60)
    if r.returncode:
        fail('%s: status %d: %s' % (cpu, r.returncode, r.stderr[-200:]))
    return r.stdout


def views(ferry, program, cpu, features):
    out = run(ferry, cpu, program)
    if not out:
        return
    h = [int(x, 0) for x in re.search(r'^hwcap (\S+) (\S+)$', out, re.M).groups()]
    ident = {(int(m), int(o)): int(v, 0) for m, o, v in
             re.findall(r'^id (\d) (\d) (\S+)$', out, re.M)}
    info = re.search(r'^Features\t:(.*)$', out, re.M).group(1).split()
    on = {f.name for f in features.values() if f.info in info}
    if info != REAL.get(cpu, ' '.join(info)).split():
        fail('%s: cpuinfo has %s' % (cpu, ' '.join(info)))
    for f in features.values():
        if f.hwcap[1] != 255 and (h[f.hwcap[0]] >> f.hwcap[1] & 1) != (f.name in on):
            fail('%s: HWCAP and cpuinfo differ on %s' % (cpu, f.name))
        crm, op2, shift, value = f.ident
        if value and f.info and (ident[crm, op2] >> shift & 15 >= value) != (f.name in on):
            fail('%s: the ID register and cpuinfo differ on %s' % (cpu, f.name))
        if f.name in on and not {n for n in f.needs if features[n].info} <= on:
            fail('%s: %s without %s' % (cpu, f.name, f.needs))
    known = [1 << f.hwcap[1] for f in features.values() if f.hwcap[1] != 255 and f.hwcap[0] == 0]
    if h[0] & ~sum(known):
        fail('%s: HWCAP has bits without a feature: %#x' % (cpu, h[0]))
    midr, = re.search(r'^midr (\S+) mpidr 0x80000000 revidr 0$', out, re.M).groups()
    part = re.search(r'^CPU part\t: (\S+)$', out, re.M).group(1)
    maker = re.search(r'^CPU implementer\t: (\S+)$', out, re.M).group(1)
    if int(midr, 0) >> 4 & 0xfff != int(part, 0) or int(midr, 0) >> 24 != int(maker, 0):
        fail('%s: MIDR %s, part %s of %s' % (cpu, midr, part, maker))
    ctr, dczid = (int(x, 0) for x in re.search(r'^ctr (\S+) dczid (\S+)$', out, re.M).groups())
    if (ctr >> 16 & 15, ctr & 15, ctr >> 28 & 3, dczid) != (4, 4, 1, 4) or 'zva 64\n' not in out:
        fail('%s: CTR_EL0 %#x, DCZID_EL0 %#x' % (cpu, ctr, dczid))
    if 'descriptors 3 4\n' not in out or out.count('processor\t:') != os.sysconf('SC_NPROCESSORS_ONLN'):
        fail('%s: /proc/cpuinfo' % cpu)
    return on


# Its reads of identification registers are all that qemu 7.2 does not refuse.
IDS = '''
#include <stdint.h>
#include <stdio.h>
#define ID(m, o) ({ uint64_t v_; __asm__("mrs %0, s3_0_c0_c" #m "_" #o : "=r"(v_)); \
                    printf("%d.%d %#lx\\n", m, o, v_); })
int main(void)
{
    ID(4, 0); ID(4, 1); ID(5, 0); ID(5, 1); ID(6, 0); ID(6, 1); ID(7, 0); ID(7, 1);
    return 0;
}
'''


def headers(features):
    """The kernel's header has each AT_HWCAP bit under the name that cpuinfo has."""
    try:
        text = open('/usr/aarch64-linux-gnu/include/asm/hwcap.h').read()
    except OSError:
        return
    bits = {(int(w or 1) - 1, n.lower()): int(b) for w, n, b in
            re.findall(r'^#define HWCAP(2?)_(\w+)\s+\(1(?:UL)? << (\d+)\)', text, re.M)}
    known = 0
    for f in features.values():
        want = bits.get((f.hwcap[0], f.info)) if f.hwcap[1] != 255 else None
        known += want is not None
        if want is not None and want != f.hwcap[1]:
            fail('%s: HWCAP bit %d, in the header %d' % (f.name, f.hwcap[1], want))
    if known < 40:
        fail('the header has only %d of the features' % known)


def registers(ferry, work):
    """qemu's models have the same identification registers."""
    program = build(work, 'ids', IDS)
    for cpu in MODELS:
        want = subprocess.run(['qemu-aarch64', '-cpu', cpu, program], capture_output=True, text=True)
        # neoverse-v1 is newer than qemu 7.2, and its max has other features
        if cpu != 'max' and want.returncode == 0 and run(ferry, cpu, program) != want.stdout:
            fail('%s: identification registers are not those of qemu:\n%s' % (cpu, want.stdout))


def words_of(table, feature, rng):
    """A word of each row that needs the feature, and whether it may run alone."""
    out = []
    for row in table.rows:
        names, all_of = insn_gen.needs(row)
        if feature not in names or row.todo or (len(names) > 1 and not all_of):
            continue
        word = table.word(row, rng)
        if word is not None:
            out.append((row, word, not random_a64.excluded(row)))
    return out


def illegal(ferry, work, table, feature, spec_on, spec_off, rng):
    words = words_of(table, feature, rng)
    if not words:
        return 0
    asm = '__asm__(".text\\n.balign 64\\n.globl words\\nwords:\\n%s.globl words_end\\nwords_end:\\n");' % ''.join(
        '.inst %#x\\nb resume\\n' % w for _, w, _ in words)
    program = build(work, 'try_' + feature, TRY + asm)
    off = [ln.split() for ln in run(ferry, spec_off, program).splitlines()]
    for (row, word, _), seen in zip(words, off):
        if seen[1:] != ['1', '0']:
            fail('%s: row %s (%08x) does not raise SIGILL' % (spec_off, row.name, word))
    if len(off) != len(words):
        fail('%s: %d of %d words' % (spec_off, len(off), len(words)))
    alone = [k for k in words if k[2]]
    if alone:
        asm = asm.split('words:')[0] + 'words:\\n%s.globl words_end\\nwords_end:\\n");' % ''.join(
            '.inst %#x\\nb resume\\n' % w for _, w, _ in alone)
        program = build(work, 'try_' + feature, TRY + asm)
        on = [ln.split() for ln in run(ferry, spec_on, program).splitlines()]
        for (row, word, _), seen in zip(alone, on):
            if seen[1] != '0':
                fail('%s: row %s (%08x) raises SIGILL' % (spec_on, row.name, word))
    return len(words)


def main(argv):
    ferry, work = map(os.path.abspath, argv[1:3])
    if not shutil.which(CC):
        print('skipped: no %s here' % CC)
        return 77
    os.makedirs(work, exist_ok=True)
    table = insn_random.Table(random_a64)
    _, _, features, _ = insn_gen.load(os.path.join(GUEST, 'a64', 'a64.insn'))
    show = build(work, 'show', SHOW)
    offered = views(ferry, show, 'max', features)
    headers(features)
    if shutil.which('qemu-aarch64'):
        registers(ferry, work)
    for spec in SPECS:
        views(ferry, show, spec, features)
    rng, n = random.Random(5), 0
    lacking = {f for r in table.rows if r.todo for f in insn_gen.needs(r)[0]}
    for f in features.values():
        if f.name in lacking or 'always' in f.flags:
            continue
        off = 'max' if 'off' in f.flags else 'max,-' + f.name
        on = 'max,+' + f.name if 'off' in f.flags else 'max'
        n += illegal(ferry, work, table, f.name, on, off, rng)
        if 'off' not in f.flags:
            views(ferry, show, off, features)
    print('%d models, %d features offered, %d rows switched off' % (len(SPECS), len(offered or ()), n))
    return 1 if failures or n < 100 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
