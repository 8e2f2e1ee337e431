#!/usr/bin/env python3
"""Every option that `ferry --help` shows, in each form that it shows: short, long, --name=value, and
by its QEMU_ variable; each must have the effect that its row here tells. A row that is missing or
too many fails.

    options.py FERRY WORK_DIR

Exits 77 (skipped) where there is no cross compiler.
"""
import os
import re
import resource
import shutil
import subprocess
import sys

FERRY, WORK = map(os.path.abspath, sys.argv[1:3])
SYSROOT = '/usr/aarch64-linux-gnu'
SOURCE = r'''
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct utsname u;
    volatile char *deep = NULL;
    if (argc > 1 && !strcmp(argv[1], "deep")) {
        size_t n = 40 << 20;
        deep = __builtin_alloca(n);
        for (size_t i = n; i; i -= 4096)
            deep[i - 4096] = 1;
    }
    uname(&u);
    printf("%s|%s|%s|%d|%s\n", argv[0], getenv("MARK") ? getenv("MARK") : "-", u.release,
           !!(getauxval(AT_HWCAP) & 1 << 8), deep ? "deep" : "-");
    fflush(stdout);
    char c;
    return argc > 1 && !strcmp(argv[1], "wait") && read(0, &c, 1) > 0;
}
'''
RELEASE = os.uname().release
PLAIN = './shows|-|%s|1|-\n' % RELEASE
failures = 0


def fail(label, why):
    global failures
    failures += 1
    print('FAILED %s: %s' % (label, why))


class Run:
    """One run: status, out, err; maps: what the kernel shows of the process while it waits."""
    def __init__(self, words, env, program='./shows', arg=None, also=()):
        base = {k: v for k, v in os.environ.items() if not k.startswith('QEMU_') and k != 'MARK'}
        words = [FERRY, *also, *words, program, *([arg] if arg else [])]
        p = subprocess.Popen(words, cwd=WORK, env={**base, **env}, stdin=subprocess.PIPE, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             preexec_fn=lambda: resource.setrlimit(
                                 resource.RLIMIT_STACK, (8 << 20, resource.RLIM_INFINITY)))
        first, self.maps = '', ''
        if arg == 'wait':
            first = p.stdout.readline()
            self.maps = open('/proc/%d/maps' % p.pid).read()
        out, self.err = p.communicate(timeout=60)
        self.out, self.status = first + out, p.returncode
        perf = '/tmp/perf-%d.map' % p.pid
        self.perf = os.path.exists(perf) and open(perf).read()
        if self.perf is not False:
            os.unlink(perf)


def shows(text):
    """The program's line with a part replaced, and nothing else."""
    return lambda r: r.status == 0 and r.out == text and not r.err


def listing(**more):
    """The run's listings differ from those without the option; the program does not notice."""
    kinds = dict(also=('-d', 'in_asm,op_opt,out_asm', '-cold-runs', '0'), **more)
    plain = Run((), {}, **kinds).err
    return kinds, lambda r: r.out == PLAIN and r.err != plain and '---- ' in r.err


def unit_sizes(r):
    """The numbers of instructions that units were made from."""
    return {len(re.findall(r'^ +[0-9a-f]+:  ', u, re.M)) for u in r.err.split('---- guest ')[1:]}


def log_written(r):
    path = os.path.join(WORK, 'log')
    text = open(path).read() if os.path.exists(path) else ''
    if text:
        os.unlink(path)
    return r.out == PLAIN and not r.err and 'write(1' in text


def entry():
    head = subprocess.run(['readelf', '-h', WORK + '/shows'], capture_output=True, text=True)
    return re.search(r'Entry point address:\s*(\S+)', head.stdout)[1]


def rows():
    """By the option's first name: its value, how it is run besides, when that is right."""
    seeds, passes = listing(), listing()
    asm = dict(also=('-d', 'in_asm'))
    at = entry()
    usage = lambda r: r.status == 0 and r.out.startswith('usage: ferry')
    same = shows(PLAIN)
    return {
        'h': ('', {}, usage),
        'version': ('', {}, shows('ferry version 0.1.0\n')),
        'L': (SYSROOT, dict(program='./shows.dynamic'),
              shows(PLAIN.replace('shows', 'shows.dynamic'))),
        'E': ('MARK=1', {}, shows(PLAIN.replace('-', '1', 1))),
        'U': ('MARK', dict(mark=True), same),
        '0': ('zero', {}, shows(PLAIN.replace('./shows', 'zero'))),
        'cpu': ('cortex-a53', {}, shows(PLAIN.replace('|1|', '|0|'))),
        'r': ('1.2.3', {}, shows(PLAIN.replace(RELEASE, '1.2.3'))),
        's': ('64M', dict(arg='deep'), shows(PLAIN[:-2] + 'deep\n')),
        'strace': ('', {}, lambda r: r.out == PLAIN and 'write(1, ' in r.err),
        'd': ('in_asm', {}, lambda r: r.out == PLAIN and '---- guest ' in r.err),
        'D': ('log', dict(also=('-strace',)), log_written),
        'g': ('1234', {}, lambda r: r.status == 1 and 'gdb' in r.err and not r.out),
        'perfmap': ('', dict(also=('-cold-runs', '0')), lambda r: r.out == PLAIN and r.perf),
        'one-insn-per-tb': ('', asm, lambda r: r.out == PLAIN and unit_sizes(r) == {1}),
        'singlestep': ('', asm, lambda r: r.out == PLAIN and unit_sizes(r) == {1}),
        'B': ('0x10000', {}, same),
        'R': ('0x4000000000', {}, same),
        'tb-size': ('1', dict(also=('-cold-runs', '0')), same),
        'interpret': ('', dict(also=('-d', 'op,out_asm')),
                      lambda r: r.out == PLAIN and 'IR of' in r.err and 'host' not in r.err),
        'verify': ('', {}, same),
        'wx-split': ('', dict(arg='wait'), lambda r: r.out == PLAIN and ' rwx' not in r.maps),
        'host-features': ('sse42', {}, same),
        'coverage': ('', {}, lambda r: r.out.startswith(PLAIN) and 'add_imm' in r.out + r.err),
        'ra-seed': ('5', *seeds),
        'opt-passes': ('0', *passes),
        'opt-units': ('1', *passes),
        'dump-pc': (at, {}, lambda r: r.out == PLAIN and
                    set(re.findall(r'^---- guest ([0-9a-f]+)', r.err, re.M)) == {at[2:]}),
        'cold-runs': ('9', dict(also=('-d', 'op')),
                      lambda r: r.out == PLAIN and 'interpreted' in r.err),
        'quick-runs': ('1', dict(also=('-cold-runs', '0', '-d', 'inval')),
                       lambda r: r.out == PLAIN and 'inval: unit' in r.err),
        'binfmt': ('', {}, lambda r: r.status == 0 and ':qemu-aarch64:' in r.out or
                   ':ferry-aarch64:' in r.out),
    }


def forms(short, other, value, variable):
    """(words, environment) of each way to write it."""
    for name in (short, other):
        if name:
            yield ['-' + name, *([value] if value else [])], {}
            if len(name) > 1:
                yield ['--' + name, *([value] if value else [])], {}
            if value:
                yield ['--%s=%s' % (name, value)], {}
    if variable:
        yield [], {variable: value or '1'}


def main():
    os.makedirs(WORK, exist_ok=True)
    cc = shutil.which('aarch64-linux-gnu-gcc')
    if not cc:
        print('skipped: no aarch64-linux-gnu-gcc')
        sys.exit(77)
    for name, link in (('shows', '-static'), ('shows.dynamic', '-no-pie')):
        subprocess.run([cc, '-O1', link, '-x', 'c', '-', '-o', os.path.join(WORK, name)],
                       input=SOURCE, text=True, check=True)
    if shows(PLAIN)(Run([], {}, arg='deep')) or ' rwx' not in Run([], {}, arg='wait').maps:
        fail('without options', 'a deep stack, or no code that is writable')
    table = rows()
    help_text = subprocess.run([FERRY, '--help'], capture_output=True, text=True).stdout
    shown = re.findall(r'^  -(\S+?)(?:, --(\S+))?(?: (\S+))?  +.*?(?:\[(QEMU_\w+)\])?$', help_text, re.M)
    for name in {s[0] for s in shown} ^ set(table):
        fail(name, 'not both in --help and here')
    for short, other, arg, variable in shown:
        value, how, right = table.get(short, ('', {}, lambda r: True))
        if bool(arg) != bool(value):
            fail(short, 'shown with the argument %r' % arg)
        how = dict(how)
        mark = {'MARK': 'x'} if how.pop('mark', False) else {}
        for words, env in forms(short, other, value, variable):
            r = Run(words, {**env, **mark}, **how)
            if not right(r):
                fail('%s %s' % (words, env), '%s %r %r' % (r.status, r.out[:200], r.err[-300:]))
    sys.exit(1 if failures else 0)


main()
