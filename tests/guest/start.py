#!/usr/bin/env python3
"""How ferry starts programs: command line, exit statuses, environment, what the program finds.

    start.py FERRY TESTSUITE_BINARIES WORK_DIR

Exits 77 (skipped) where there is no cross compiler; the prebuilt hello is tested before that.
"""
import ctypes
import os
import resource
import shutil
import struct
import subprocess
import sys

FERRY, SUITE, WORK = map(os.path.abspath, sys.argv[1:4])
HELLO = os.path.join(SUITE, 'bin', 'hello')
SYSROOT = '/usr/aarch64-linux-gnu'
failures = 0


def fail(label, why):
    global failures
    failures += 1
    print('FAILED %s: %s' % (label, why))


def check(label, cmd, status=0, out=None, err=None, env=None, space=None):
    """Runs ferry; out: exact standard output, err: text that standard error must contain, space:
    bytes of address space it may have."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
    base = {k: v for k, v in os.environ.items() if not k.startswith('QEMU_')}
    r = subprocess.run([FERRY, *cmd], capture_output=True, text=True, timeout=60, cwd=WORK,
                       env={**base, **(env or {})}, stdin=subprocess.DEVNULL,
                       preexec_fn=limit if space else None)
    wrong = []
    if r.returncode != status:
        wrong.append('status %d for %d' % (r.returncode, status))
    if out is not None and r.stdout != out:
        wrong.append('output %r for %r' % (r.stdout, out))
    if err is not None and err not in r.stderr:
        wrong.append('message %r without %r' % (r.stderr, err))
    if err is None and r.stderr:
        wrong.append('message %r' % r.stderr)
    if wrong:
        fail(label, '; '.join(wrong))


def write(name, data, mode=0o755):
    path = os.path.join(WORK, name)
    with open(path, 'wb') as f:
        f.write(data)
    os.chmod(path, mode)
    return path


def command_line():
    text = 'hello from AArch64\n'
    check('hello', [HELLO], out=text)
    check('arguments are the program\'s', [HELLO, '-bogus', '--help'], out=text)
    for mib in 16, 64, 500:
        check('%d MiB of address space' % mib, [HELLO], out=text, space=mib << 20)
    check('4 MiB of address space', [HELLO], 126, '', 'ferry: ', space=4 << 20)
    check('end of options', ['--', HELLO], out=text)
    check('unknown option', ['-bogus', HELLO], 1, '', "unknown option '-bogus'")
    check('nothing to run', [], 1, '', 'no program')
    check('missing argument', ['-L'], 1, '', "missing after '-L'")
    check('bad number', ['-s', '12x', HELLO], 1, '', 'not a number')
    check('bad -E', ['-E', 'A', HELLO], 1, '', '-E wants NAME=VALUE')
    check('bad log item', ['-d', 'nosuch', HELLO], 1, '', "unknown log item 'nosuch'")
    check('bad cpu', ['-cpu', 'pentium', HELLO], 1, '', '-cpu pentium')
    check('cpu feature', ['-cpu', 'max,+sve', HELLO], 1, '', "feature 'SVE' is not implemented")
    check('narrow cpu', ['-cpu', 'cortex-a53,+lse', HELLO], out=text)
    check('bad host feature', ['-host-features', 'sse9', HELLO], 1, '', "cannot read 'sse9'")
    check('narrow host', ['-host-features', 'sse42', HELLO], out=text)
    check('gdb', ['-g', '1234', HELLO], 1, '', 'gdb')
    models = subprocess.run([FERRY, '-cpu', 'help'], capture_output=True, text=True, timeout=60)
    if models.returncode or 'aarch64:\nmodels: max ' not in models.stdout:
        fail('cpu help', models.stdout + models.stderr)
    check('version', ['-version'], out='ferry version 0.1.0\n')
    check('strace', ['-strace', HELLO], out=text, err='write(1, "hello from AArch64\\n", 19) = 19')
    check('strace by variable', [HELLO], out=text, err='write(1', env={'QEMU_STRACE': '1'})
    log = os.path.join(WORK, 'log')
    check('log file', ['-D', log, '--strace', HELLO], out=text)
    if 'write(1' not in open(log).read():
        fail('log file', 'no trace in it')


def bad_programs():
    good = open(HELLO, 'rb').read()
    check('missing', ['./nothing'], 127, '', './nothing: no such file')
    check('below a file', [HELLO + '/x'], 127, '', 'not a directory')
    check('directory', ['.'], 126, '', '.: ')
    check('not executable', [write('plain', good, 0o644)], 126, '', 'permission denied')
    check('empty', [write('empty', b'')], 126, '', 'not an ELF file')
    check('text', [write('text', b'#!/bin/sh\nexit 0\n')], 126, '', 'not an ELF file')
    check('cut', [write('cut', good[:60])], 126, '', 'truncated')
    check('native', [shutil.which('true')], 126, '', 'built for x86-64, which ferry does not run')
    check('big endian', [write('be', good[:5] + b'\2' + good[6:])], 126, '', 'big-endian')


def programs():
    subprocess.run([os.path.join(SUITE, 'build.sh'), WORK], check=True)
    for kind in 'static', 'static-pie', 'dynamic':
        check('start ' + kind, ['-L', SYSROOT, './start.' + kind, 'a', 'b c', ''], out='OK\n')
        check('start without arguments ' + kind,
              ['-L', SYSROOT, './start.' + kind], out='OK\n', env={'A': ''})
    interpreters()
    shown = ['./cmdline.static', 'a b', '', 'c']
    check('cmdline', shown, out='./cmdline.static|a b||c| 0\n')
    check('cmdline, short name', ['-0', 'x', *shown], out='x|a b||c| 0\n')
    check('cmdline, long name', ['-0', 'x' * 500, *shown], out='x' * 500 + '|a b||c| 0\n')
    check('environ', ['-E', 'MARK=1', '-U', 'HOME', *shown], out='./cmdline.static|a b||c| 0\n')
    show = ['./args.static']
    check('argv0', ['-0', 'zero', *show, 'x'], out='zero x -\n')
    check('set', ['-E', 'MARK=1', *show], out='./args.static 1\n')
    check('set twice', ['-E', 'MARK=1,B=2', '-E', 'MARK=3', *show], out='./args.static 3\n')
    check('unset', ['-U', 'MARK', *show], out='./args.static -\n', env={'MARK': 'x'})
    check('by variable', show, out='z 7\n', env={'QEMU_SET_ENV': 'MARK=7', 'QEMU_ARGV0': 'z'})


def packages(guest, arch, ld, old, program='start.dynamic'):
    """Which package has an interpreter that is nowhere, by its name."""
    image = open(os.path.join(WORK, program), 'rb').read()
    libc = 'libc6:%s, or for -L /usr/%s-linux-gnu in libc6-%s-cross' % (arch, guest, arch)
    for name, advice in (('/xyz' + ld[4:], 'Debian has it in %s\n' % libc),
                         ('/lib/ld-musl-%s.so.1' % guest,
                          'Debian has it in musl:%s; -L names a directory that holds it\n' % arch),
                         ('/lib/other.so', 'use -L to name a directory that holds it\n')):
        write('dynamic.none', image.replace(old, name.encode().ljust(len(old), b'\0'), 1))
        check('package of %s' % name, ['./dynamic.none'], 127, '', 'ferry: ./dynamic.none: its '
              'interpreter %s (%s) is missing; tried %s\nferry: %s' % (name, guest, name, advice))


def interpreters():
    """The message about a missing interpreter; an interpreter that is none."""
    ld = '/lib/ld-linux-aarch64.so.1'
    tried = 'ferry: ./start.dynamic: its interpreter %s (aarch64) is missing; tried ' % ld
    if not os.path.exists(ld):
        check('no interpreter', ['./start.dynamic'], 127, '',
              tried + ld + '\nferry: it is in %s: use -L %s\n' % (SYSROOT, SYSROOT))
        check('no interpreter below -L', ['-L', '/proc', './start.dynamic'], 127, '',
              tried + '/proc%s and %s\n' % (ld, ld))
    packages('aarch64', 'arm64', ld, ld.encode())
    if shutil.which('riscv64-linux-gnu-gcc'):
        subprocess.run(['riscv64-linux-gnu-gcc', '-x', 'c', '-', '-o', WORK + '/dynamic.riscv64'],
                       input=b'int main(void) { return 0; }', check=True)
        packages('riscv64', 'riscv64', '/lib/ld-linux-riscv64-lp64d.so.1',
                 b'/lib/ld-linux-riscv64-lp64d.so.1', 'dynamic.riscv64')
    image = open(os.path.join(WORK, 'start.dynamic'), 'rb').read()
    old = ld.encode() + b'\0'
    at = image.index(old)
    write('dynamic.other', image[:at] + b'i\0'.ljust(len(old), b'\0') + image[at + len(old):])
    check('other interpreter', ['./dynamic.other'], 127, '', 'i (aarch64) is missing; tried i\n'
          'ferry: use -L to name a directory that holds it')
    write('i', b'no program')
    check('text as interpreter', ['./dynamic.other'], 126, '', 'ferry: i: not an ELF file')
    write('i', open(HELLO, 'rb').read(), 0o644)
    check('interpreter that is not executable', ['./dynamic.other'], 126, '',
          'ferry: i: permission denied')
    other = '/usr/riscv64-linux-gnu/lib/ld-linux-riscv64-lp64d.so.1'
    if os.path.exists(other):
        write('i', open(other, 'rb').read())
        check('interpreter of another guest', ['./dynamic.other'], 126, '',
              'ferry: i: an interpreter for another architecture')
    write('i', open(HELLO, 'rb').read())
    check('any program as interpreter', ['./dynamic.other'], out='hello from AArch64\n')
    os.unlink(os.path.join(WORK, 'i'))


def untold():
    """Where the kernel takes no description of the program (a filter refuses PR_SET_MM)."""
    libc = ctypes.CDLL(None)
    prctl_nr, set_mm, eperm = 157, 35, 1
    def code(op, jt, jf, k):
        return struct.pack('<HBBI', op, jt, jf, k)
    load, equal, give = 0x20, 0x15, 0x06
    text = (code(load, 0, 0, 0) + code(equal, 0, 3, prctl_nr) + code(load, 0, 0, 16) +
            code(equal, 0, 1, set_mm) + code(give, 0, 0, 0x00050000 | eperm) +
            code(give, 0, 0, 0x7fff0000))
    buf = ctypes.create_string_buffer(text)
    prog = struct.pack('<HxxxxxxQ', len(text) // 8, ctypes.addressof(buf))

    def refuse():
        libc.prctl(38, 1, 0, 0, 0) # PR_SET_NO_NEW_PRIVS
        if libc.prctl(22, 2, prog, 0, 0): # PR_SET_SECCOMP
            os._exit(77)
    base = {k: v for k, v in os.environ.items() if not k.startswith('QEMU_')}
    for words, want in ((['./cmdline.static', 'a b', '', 'c'], './cmdline.static|a b||c| 0\n'),
                        (['./start.static', 'x', 'y'], 'OK\n')):
        r = subprocess.run([FERRY, *words], capture_output=True, text=True, timeout=60, cwd=WORK,
                           env=base, preexec_fn=refuse)
        if r.returncode == 77:
            print('not tested: a kernel that takes no description (no seccomp here)')
        elif (r.returncode, r.stdout) != (0, want):
            fail('untold %s' % words[0], '%d %r %r' % (r.returncode, r.stdout, r.stderr))


def forks():
    """What children translate, their parent has ready for later ones."""
    r = subprocess.run([FERRY, '-d', 'in_asm', './forks.static'], capture_output=True, text=True,
                       timeout=60, cwd=WORK)
    made = [part.count('---- guest') for part in r.stderr.split('mark\n')[1:-1]]
    if r.returncode or len(made) != 8:
        fail('forks', 'status %d, %d marks' % (r.returncode, len(made)))
    elif not made[7] < made[0]:
        fail('forks', 'units made around each fork: %s' % made)


def main():
    os.makedirs(WORK, exist_ok=True)
    command_line()
    bad_programs()
    if not shutil.which('aarch64-linux-gnu-gcc'):
        print('skipped: no aarch64-linux-gnu-gcc')
        sys.exit(1 if failures else 77)
    programs()
    untold()
    forks()
    sys.exit(1 if failures else 0)


main()
