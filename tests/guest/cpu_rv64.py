#!/usr/bin/env python3
"""The RISC-V CPU as programs see it, for several models and with features switched off.

    cpu_rv64.py FERRY WORK_DIR

A guest program prints AT_HWCAP, what riscv_hwprobe answers for every key by the call and by the
vdso's function, how it takes sets of processors, and /proc/cpuinfo; all must say what the `feature`
lines of rv64.insn say of the features that are on. With a feature off, an instruction of each of its
rows must raise SIGILL at its own address. Exits 77 (skipped) where there is no cross compiler.
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
import random_rv64  # noqa: E402

CC = 'riscv64-linux-gnu-gcc'
GC = {'M', 'A', 'F', 'D', 'C', 'Zicsr', 'Zifencei', 'Zicntr'}
RVA22 = GC | {'Zihintpause', 'Zba', 'Zbb', 'Zbs', 'Zicbom', 'Zicbop', 'Zicboz', 'Zfhmin'}
EXT_0 = 4  # the key that has a bit for each extension

SHOW = r'''
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>
typedef struct { int64_t key; uint64_t value; } Pair;
typedef long ProbeFn(Pair *, size_t, size_t, void *, unsigned);
enum { HWPROBE = 258, WHICH_CPUS = 1, KEYS = 20 };

static ProbeFn *from_vdso(void)
{
    const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Ehdr *eh = (const void *)base;
    const Elf64_Phdr *ph = (const void *)(base + eh->e_phoff);
    const Elf64_Dyn *d = NULL;
    for (int i = 0; i < eh->e_phnum; i++)
        if (ph[i].p_type == PT_DYNAMIC)
            d = (const void *)(base + ph[i].p_vaddr);
    const Elf64_Sym *syms = NULL;
    const char *names = NULL;
    uint32_t n = 0;
    for (; d->d_tag; d++) {
        const void *at = base + d->d_un.d_ptr;
        if (d->d_tag == DT_SYMTAB)
            syms = at;
        else if (d->d_tag == DT_STRTAB)
            names = at;
        else if (d->d_tag == DT_HASH)
            n = ((const uint32_t *)at)[1];
    }
    for (uint32_t i = 1; i < n; i++)
        if (!strcmp(names + syms[i].st_name, "__vdso_riscv_hwprobe"))
            return (ProbeFn *)(base + syms[i].st_value);
    return NULL;
}

/* The call's result: 0 or an errno. */
static int probe(Pair *p, size_t n, size_t size, void *cpus, unsigned flags)
{
    return syscall(HWPROBE, p, n, size, cpus, flags) < 0 ? errno : 0;
}

static void masks(void)
{
    uint64_t none[16] = {0}, all[16], beyond[16] = {0};
    memset(all, 0xff, sizeof all);
    beyond[15] = 1ull << 63;
    Pair p = {3, 0}, bad = {3, 0};
    printf("masks %d %d %d %d %d %d %d %d %d\n", probe(&p, 1, 0, NULL, 0), probe(&p, 1, 8, NULL, 0),
           probe(&p, 1, 128, none, 0), probe(&p, 1, 128, all, 0), probe(&p, 1, 1, all, 0),
           probe(&p, 1, 0, all, 0), probe(&p, 1, 128, beyond, 0), probe(&p, 1, 0, NULL, 2),
           probe((Pair *)8, 1, 0, NULL, 0));
    p.key = 1000;
    printf("unknown %d %ld %ld\n", probe(&p, 1, 0, NULL, 0), (long)p.key, (long)p.value);
}

/* How many processors are left of `start` (0: of all) when they must match the pair. */
static int which(Pair p, uint64_t start, int *err)
{
    uint64_t set[16] = {start};
    int n = 0;
    *err = probe(&p, 1, sizeof set, set, WHICH_CPUS);
    for (int i = 0; i < 16; i++)
        n += __builtin_popcountll(set[i]);
    return n;
}

static void which_cpus(uint64_t ext)
{
    int e[7], n[5];
    Pair p = {4, ext};
    n[0] = which(p, 0, &e[0]);
    n[1] = which((Pair){4, ext & -ext}, 1, &e[1]);
    n[2] = which((Pair){4, ext | 1ull << 62}, 0, &e[2]);
    n[3] = which((Pair){0, 12345}, 0, &e[3]);
    n[4] = which((Pair){1000, 0}, 0, &e[4]);
    e[5] = probe(&p, 1, 8, NULL, WHICH_CPUS);
    e[6] = probe(&p, 1, 0, &ext, WHICH_CPUS);
    printf("which %d %d %d %d %d of %ld, %d %d %d %d %d %d %d\n", n[0], n[1], n[2], n[3], n[4],
           sysconf(_SC_NPROCESSORS_ONLN), e[0], e[1], e[2], e[3], e[4], e[5], e[6]);
}

int main(void)
{
    static char text[1 << 16];
    Pair a[KEYS], b[KEYS];
    ProbeFn *fn = from_vdso();
    for (int i = 0; i < KEYS; i++)
        a[i] = b[i] = (Pair){i, 99};
    int r = probe(a, KEYS, 0, NULL, 0);
    long s = fn ? fn(b, KEYS, 0, NULL, 0) : -1;
    printf("hwcap %#lx\nresults %d %ld %d\n", getauxval(AT_HWCAP), r, s, memcmp(a, b, sizeof a));
    for (int i = 0; i < KEYS; i++)
        printf("key %d %ld %#lx\n", i, (long)a[i].key, (long)a[i].value);
    masks();
    which_cpus(a[4].value);
    fflush(stdout);
    int fd = open("/proc/cpuinfo", O_RDONLY);
    write(1, text, read(fd, text, sizeof text));
    return 0;
}
'''

# Jumps to each place; a handler notes SIGILL there.
TRY = r'''
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <ucontext.h>
extern const uint64_t places[], places_end[];
extern char resume[];
void try_place(uint64_t at);
static uint64_t place;
static int ill, other;
static void handler(int sig, siginfo_t *si, void *uc_)
{
    ucontext_t *uc = uc_;
    int here = uc->uc_mcontext.__gregs[REG_PC] == place && (uint64_t)si->si_addr == place;
    *(sig == SIGILL && here ? &ill : &other) += 1;
    uc->uc_mcontext.__gregs[REG_PC] = (uint64_t)resume;
}
int main(void)
{
    int sigs[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP};
    for (int i = 0; i < 4; i++) {
        struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
        sigaction(sigs[i], &sa, NULL);
    }
    for (const uint64_t *p = places; p < places_end; p++) {
        ill = other = 0;
        place = *p;
        try_place(place);
        printf("%d %d\n", ill, other);
    }
    return 0;
}
__asm__(".text\n.option norvc\n.globl try_place\ntry_place:\naddi sp, sp, -112\n"
        "sd ra, 0(sp)\nsd s0, 8(sp)\nsd s1, 16(sp)\nsd s2, 24(sp)\nsd s3, 32(sp)\nsd s4, 40(sp)\n"
        "sd s5, 48(sp)\nsd s6, 56(sp)\nsd s7, 64(sp)\nsd s8, 72(sp)\nsd s9, 80(sp)\nsd s10, 88(sp)\n"
        "sd s11, 96(sp)\njr a0\n.globl resume\nresume:\n"
        "ld ra, 0(sp)\nld s0, 8(sp)\nld s1, 16(sp)\nld s2, 24(sp)\nld s3, 32(sp)\nld s4, 40(sp)\n"
        "ld s5, 48(sp)\nld s6, 56(sp)\nld s7, 64(sp)\nld s8, 72(sp)\nld s9, 80(sp)\nld s10, 88(sp)\n"
        "ld s11, 96(sp)\naddi sp, sp, 112\nret\n");
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
    # all of it in what every model has
    subprocess.run([CC, '-O1', '-w', '-static', '-march=rv64gc', '-mno-relax', '-o', out, out + '.c'], check=True)
    return out


def run(ferry, cpu, program):
    r = subprocess.run([ferry, '-cpu', cpu, program], capture_output=True, text=True, timeout=60)
    if r.returncode:
        fail('%s: status %d: %s' % (cpu, r.returncode, r.stderr[-200:]))
    return r.stdout


def check(cpu, what, got, want):
    if got != want:
        fail('%s: %s: %s, not %s' % (cpu, what, got, want))


def expected_keys(on, features):
    """What each key must answer; None: any value."""
    ext = sum(1 << f.ident[2] for n, f in features.items() if n in on and f.ident[0] == EXT_0)
    ext |= {'F', 'D'} <= on
    ext |= (('C' in on) << 43) | (({'C', 'D'} <= on) << 45) | (('A' in on) * 3 << 56)
    block = {k: 64 if f in on else 0 for k, f in ((6, 'Zicboz'), (12, 'Zicbom'), (15, 'Zicbop'))}
    return {0: 0, 1: 0, 2: 0, 3: 1, EXT_0: ext, 5: 3, 7: (1 << 47) - 1, 8: None, 9: 3, 10: 4,
            11: 0, 13: 0, 14: 0, **block}


def views(ferry, program, cpu, features, on):
    """on: the features that the model has; None: those of /proc/cpuinfo."""
    out = run(ferry, cpu, program)
    if not out:
        return set()
    isa, = set(re.findall(r'^isa\t\t: rv64i(\w+)$', out, re.M))
    letters, _, rest = isa.partition('_')
    shown = {n for n in features if n.lower() in rest.split('_') or len(n) == 1 and n.lower() in letters}
    on = shown if on is None else on
    check(cpu, 'cpuinfo', sorted(shown), sorted(on))
    implied = {'zca': 'C' in on, 'zcd': {'C', 'D'} <= on, 'zaamo': 'A' in on, 'zalrsc': 'A' in on}
    for name, want in implied.items():
        check(cpu, name, name in rest.split('_'), want)
    hwcap = int(re.search(r'^hwcap (\S+)$', out, re.M).group(1), 0)
    check(cpu, 'HWCAP', hwcap, 1 << 8 | sum(1 << ord(n) - 65 for n in on if len(n) == 1))
    keys = {int(i): (int(k), int(v, 0)) for i, k, v in re.findall(r'^key (\d+) (\S+) (\S+)$', out, re.M)}
    want = expected_keys(on, features)
    for i, (key, value) in keys.items():
        check(cpu, 'key %d' % i, key, i if i in want else -1)
        if want.get(i, 0) is not None:
            check(cpu, 'value of key %d' % i, hex(value), hex(want.get(i, 0)))
    if keys[8][1] < 1000000:
        fail('%s: time base %d' % (cpu, keys[8][1]))
    cpus = os.sysconf('SC_NPROCESSORS_ONLN')
    for line in ('results 0 0 0', 'masks 0 14 22 0 0 22 22 22 14', 'unknown 0 -1 0',
                 'which %d 1 0 0 0 of %d, 0 0 0 0 0 22 22' % (cpus, cpus)):
        if line not in out.splitlines():
            fail('%s: no line "%s" in\n%s' % (cpu, line, out[:1500]))
    check(cpu, 'processors in cpuinfo', out.count('processor\t:'), cpus)
    return on


def illegal(ferry, work, table, feature, spec, rng):
    """How many rows' words raise SIGILL with the feature off."""
    words = []
    for row in table.rows:
        names, all_of = insn_gen.needs(row)
        if feature in names and not row.todo and (len(names) == 1 or all_of):
            words.append((row, table.word(row, rng)))
    words = [(r, w) for r, w in words if w is not None]
    if not words:
        return 0
    asm = ''.join('1%03d: %s\\nj resume\\n' % (k, random_rv64.code(w)) for k, (_, w) in enumerate(words))
    asm += '.data\\n.balign 8\\n.globl places\\nplaces:\\n'
    asm += ''.join('.quad 1%03db\\n' % k for k in range(len(words)))
    asm = '__asm__("%s.globl places_end\\nplaces_end:\\n.text\\n");' % asm
    seen = run(ferry, spec, build(work, 'try_' + feature, TRY + asm)).splitlines()
    check(spec, 'words of ' + feature, len(seen), len(words))
    for (row, word), line in zip(words, seen):
        if line != '1 0':
            fail('%s: row %s (%08x) does not raise SIGILL: %s' % (spec, row.name, word, line))
    return len(words)


def main(argv):
    ferry, work = map(os.path.abspath, argv[1:3])
    if not shutil.which(CC):
        print('skipped: no %s here' % CC)
        return 77
    os.makedirs(work, exist_ok=True)
    table = insn_random.Table(random_rv64)
    _, _, features, _ = insn_gen.load(os.path.join(GUEST, 'rv64', 'rv64.insn'))
    show = build(work, 'show_rv64', SHOW)
    views(ferry, show, 'rv64gc', features, GC)
    views(ferry, show, 'rva22', features, RVA22)
    views(ferry, show, 'rv64gc,+zba', features, GC | {'Zba'})
    offered = views(ferry, show, 'max', features, None)
    lacking = {f for r in table.rows if r.todo for f in insn_gen.needs(r)[0]}
    check('max', 'features', sorted(offered), sorted(set(features) - lacking))
    rng, n = random.Random(6), 0
    for name in sorted(offered - GC):
        spec = 'max,-' + name.lower()
        without = views(ferry, show, spec, features, None)
        check(spec, name, name in without, False)
        n += illegal(ferry, work, table, name, spec, rng)
    print('%d features offered, %d rows switched off' % (len(offered), n))
    return 1 if failures or n < 80 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
