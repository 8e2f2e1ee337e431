#!/usr/bin/env python3
"""Bad input to the command line: one clear line on standard error that starts `ferry:`, and the right
exit status. A guest killed by a signal makes ferry die of that signal. With --mutate N: so many
mutated ELF files, none of which may make ferry crash by itself or hang.

    tests/guest/badinput.py --build-dir build --mutate 300
"""
import argparse
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
HELLO = os.path.join(HERE, '..', '..', 'testsuite-binaries', 'bin', 'hello')
EHDR = {'class': (4, 'B'), 'data': (5, 'B'), 'type': (16, 'H'), 'machine': (18, 'H'), 'entry': (24, 'Q'),
        'phoff': (32, 'Q'), 'phentsize': (54, 'H'), 'phnum': (56, 'H')}
PHDR = {'type': (0, 'I'), 'offset': (8, 'Q'), 'vaddr': (16, 'Q'), 'filesz': (32, 'Q'), 'memsz': (40, 'Q'),
        'align': (48, 'Q')}


def patched(image, **changes):
    """The image with header fields replaced: entry=..., ph0_memsz=..."""
    b = bytearray(image)
    phoff = struct.unpack_from('<Q', b, 32)[0]
    loads = [phoff + 56 * i for i in range(struct.unpack_from('<H', b, 56)[0])
             if struct.unpack_from('<I', b, phoff + 56 * i)[0] == 1]
    for name, value in changes.items():
        if name.startswith('ph'):
            n, field = name[2:].split('_') if '_' in name else (None, None)
            if n is not None and n.isdigit():
                off, fmt = PHDR[field]
                struct.pack_into('<' + fmt, b, loads[int(n)] + off, value)
                continue
        off, fmt = EHDR[name]
        struct.pack_into('<' + fmt, b, off, value)
    return bytes(b)


def run(cmd, limit=20):
    r = subprocess.run(cmd, capture_output=True, timeout=limit, stdin=subprocess.DEVNULL)
    return r.returncode, r.stdout, r.stderr.decode(errors='replace')


class Check:
    def __init__(self, ferry, tmp):
        self.ferry, self.tmp, self.passed, self.failed = ferry, tmp, 0, 0

    def report(self, name, problem):
        self.passed += not problem
        self.failed += bool(problem)
        if problem:
            print('FAIL %s: %s' % (name, problem))

    def message(self, name, args, status, *words):
        code, out, err = run([self.ferry, *args])
        lines = err.splitlines()
        problem = None
        if code != status:
            problem = 'status %s, not %s; %s' % (code, status, err[-200:])
        elif len(lines) != 1 or not err.startswith('ferry: '):
            problem = 'not one line starting `ferry: `: %r' % err
        elif out:
            problem = 'wrote to standard output'
        else:
            missing = [w for w in words if w not in err]
            problem = 'no %r in %r' % (missing, err) if missing else None
        self.report(name, problem)

    def file(self, name, data, status, *words, mode=0o755):
        path = os.path.join(self.tmp, 'file-' + name.replace(' ', '-'))
        with open(path, 'wb') as f:
            f.write(data)
        os.chmod(path, mode)
        self.message(name, [path], status, *words)

    def dies(self, name, sig, code):
        """A guest program (assembly) that must end by the signal."""
        src, out = os.path.join(self.tmp, 'd.S'), os.path.join(self.tmp, 'die')
        with open(src, 'w') as f:
            f.write('.globl _start\n_start:\n' + code + '\nmov x8, #94\nmov x0, #0\nsvc #0\n')
        subprocess.run(['aarch64-linux-gnu-gcc', '-nostdlib', '-static', '-o', out, src], check=True)
        status, _, err = run([self.ferry, out])
        self.report(name, None if status == -sig else 'status %s for -%d; %s' % (status, sig, err))


def headers(c, hello):
    c.message('missing file', ['/nonexistent/program'], 127, '/nonexistent/program')
    c.message('directory', [c.tmp], 126, c.tmp)
    c.file('not executable', hello, 126, mode=0o644)
    c.file('not ELF', b'hello, this is no program\n' * 20, 126, 'ELF')
    c.file('empty', b'', 126)
    c.file('truncated header', hello[:40], 126)
    c.file('truncated table', hello[:70], 126)
    c.file('32-bit class', patched(hello, **{'class': 1}), 126, '32')
    c.file('big-endian', patched(hello, data=2), 126, 'endian')
    c.file('other architecture', patched(hello, machine=22), 126, 'S/390')
    c.file('relocatable', patched(hello, type=1), 126)
    c.file('bad phentsize', patched(hello, phentsize=32), 126)
    c.file('no segments', patched(hello, ph0_type=6, ph1_type=6) if c.loads > 1 else
           patched(hello, ph0_type=6), 126, 'loadable')
    c.file('huge segment', patched(hello, ph0_memsz=1 << 50), 126)
    c.file('segment at the top', patched(hello, ph0_vaddr=0xfffffffffffff000), 126)
    c.file('filesz over memsz', patched(hello, ph0_filesz=1 << 20, ph0_memsz=16), 126)
    c.file('entry outside', patched(hello, entry=0x123456789000), 126, 'entry')
    if c.loads > 1:
        first = struct.unpack_from('<Q', hello, c.load0 + 16)[0]
        c.file('overlapping segments', patched(hello, ph1_vaddr=first), 126)
    c.message('unknown option', ['-bogus', 'x'], 1, '-bogus')
    c.message('no program', [], 1)
    c.message('unknown cpu', ['-cpu', 'nosuch', HELLO], 1, 'nosuch')
    c.message('unknown log item', ['-d', 'nosuch', HELLO], 1, 'nosuch')


def signals(c):
    c.dies('SIGSEGV', signal.SIGSEGV, 'mov x0, #16\nldr x0, [x0]')
    c.dies('SIGILL', signal.SIGILL, '.inst 0')
    c.dies('SIGTRAP', signal.SIGTRAP, 'brk #1')
    c.dies('SIGBUS', signal.SIGBUS, 'adr x0, _start\nadd x0, x0, #1\nldxr x1, [x0]')
    c.dies('jump to nowhere', signal.SIGSEGV, 'mov x0, #4096\nbr x0')
    for s in (signal.SIGTERM, signal.SIGKILL, signal.SIGABRT, signal.SIGUSR1):
        c.dies('kill %d' % s, s, 'mov x8, #172\nsvc #0\nmov x1, #%d\nmov x8, #129\nsvc #0' % s)


def mutate(c, hello, count, seed):
    """Random damage to headers (mostly) and code; ferry must end by itself or by a guest signal."""
    rng = random.Random(seed)
    path = os.path.join(c.tmp, 'mutant')
    internal = 0
    for n in range(count):
        b = bytearray(hello)
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(64) if rng.random() < .4 else rng.randrange(64, 64 + 56 * 4) \
                if rng.random() < .7 else rng.randrange(len(b))
            at = min(at, len(b) - 1)
            b[at] = rng.choice([0, 0xff, 0x7f, 0x80, b[at] ^ 1 << rng.randrange(8), rng.randrange(256)])
        if rng.random() < .1:
            b = b[:rng.randrange(len(b))]
        with open(path, 'wb') as f:
            f.write(b)
        os.chmod(path, 0o755)
        try:
            status, _, err = run([c.ferry, path], 10)
        except subprocess.TimeoutExpired:
            status, err = 0, ''  # a damaged program may loop; ferry itself is then running it
        if 'internal error' in err or 'CHECK' in err or 'check failed' in err or status == -signal.SIGABRT:
            internal += 1
            keep = os.path.join(tempfile.gettempdir(), 'ferry-mutant-%d' % n)
            shutil.copy(path, keep)
            print('FAIL mutant kept as %s: status %s %s' % (keep, status, err[-200:]))
    c.report('%d mutated files' % count, '%d made ferry fail' % internal if internal else None)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('--build-dir', default='build')
    p.add_argument('--mutate', type=int, default=0)
    p.add_argument('--seed', type=int, default=1)
    args = p.parse_args()
    hello = open(HELLO, 'rb').read()
    with tempfile.TemporaryDirectory() as tmp:
        c = Check(os.path.join(args.build_dir, 'linux-user', 'ferry'), tmp)
        phoff = struct.unpack_from('<Q', hello, 32)[0]
        at = [phoff + 56 * i for i in range(struct.unpack_from('<H', hello, 56)[0])
              if struct.unpack_from('<I', hello, phoff + 56 * i)[0] == 1]
        c.loads, c.load0 = len(at), at[0]
        headers(c, hello)
        signals(c)
        if args.mutate:
            mutate(c, hello, args.mutate, args.seed)
        print('%d passed, %d failed' % (c.passed, c.failed))
        sys.exit(1 if c.failed else 0)


if __name__ == '__main__':
    main()
