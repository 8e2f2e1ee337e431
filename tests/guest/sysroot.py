#!/usr/bin/env python3
"""-L: what every path call finds when a tree lies over the host's (docs/sysroot.md).

    sysroot.py FERRY WORK_DIR

Exits 77 (skipped) without a cross compiler.
"""
import atexit
import glob
import itertools
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile

FERRY, WORK = map(os.path.abspath, sys.argv[1:3])
if len(WORK) > 40:  # sockets' names within the sysroot must fit sun_path: they hold WORK twice
    WORK = tempfile.mkdtemp(prefix='ferry-sysroot-')
    atexit.register(shutil.rmtree, WORK, ignore_errors=True)
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(WORK, 'root')  # the sysroot
HOST = os.path.join(WORK, 'host')  # directories of the host; the sysroot has some of them too
GUESTS = 'aarch64', 'riscv64'
failures = 0


def fail(label, why):
    global failures
    failures += 1
    print('FAILED %s: %s' % (label, why))


def check(label, calls, want, cwd=WORK, root=ROOT, program='./paths'):
    global failures
    r = subprocess.run([FERRY, '-L', root, program, *calls], capture_output=True, text=True,
                       cwd=cwd, timeout=60, stdin=subprocess.DEVNULL)
    if r.returncode or r.stdout.splitlines() != want:
        failures += 1
        print('FAILED %s: %s\n  gave %s\n  for  %s\n%s' % (label, ' '.join(calls),
                                                           r.stdout.splitlines(), want, r.stderr))


def put(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, mode)


def make_trees():
    """HOST/both is in the sysroot as well: ROOT + HOST/both."""
    over = ROOT + HOST
    put(HOST + '/both/name', 'host\n')
    put(HOST + '/both/only-host', 'only host\n')
    put(HOST + '/plain/name', 'plain\n')
    put(over + '/both/name', 'sysroot\n')
    put(over + '/both/only-root', 'only root\n')
    put(over + '/new/there', 'new\n')
    put(ROOT + '/usr/lib/lib.so.1', 'library\n')
    for target, name in [('usr/lib', '/lib'), ('/lib/lib.so.1', '/usr/lib/lib.so'),
                         ('../../lib/lib.so', '/usr/lib/up.so'), ('/proc/self/comm', '/etc/comm'),
                         (HOST + '/plain/name', '/etc/out'), ('loop', '/etc/loop'),
                         ('/nowhere', '/etc/dangling'), ('/etc', '/abs'), ('/../etc', '/above')]:
        os.makedirs(os.path.dirname(ROOT + name), exist_ok=True)
        os.symlink(target, ROOT + name)
    put(ROOT + '/proc/version', 'not the kernel\'s\n')
    put(ROOT + '/tmp/ferry-sysroot', 'the sysroot\'s\n')
    put(ROOT + '/etc/ferry-test', 'etc\n')


def reading():
    both = HOST + '/both'
    check('sysroot first', ['cat:%s/name' % both, 'cat:%s/only-host' % both,
                            'cat:%s/only-root' % both, 'cat:%s/none' % both],
          ['sysroot', 'only host', 'only root', 'ENOENT'])
    check('untidy names', ['cat:/%s//./name' % both, 'cat:%s/name/' % both, 'stat:%s/.' % both,
                           'cat:%s/../both/name' % both, 'stat:%s/..' % both,
                           'cat:/..%s/name' % both, 'stat:%s/only-root/..' % both],
          ['sysroot', 'ENOTDIR', 'dir', 'sysroot', 'dir', 'sysroot', 'ENOTDIR'])
    name, size = both + '/name', len('sysroot\n')
    check('calls', ['openat2:' + name, 'stat:' + name, 'lstat:' + name, 'statx:' + name,
                    'access:' + name, 'statfs:%s/only-root' % both, 'readlink:' + name,
                    'inotify:%s/new' % HOST],
          ['sysroot', 'file %d' % size, 'file %d' % size, 'size %d' % size, '0', '0', 'EINVAL', '1'])
    check('the kernel\'s directories', ['access:/proc/self/stat', 'access:/dev/null',
                                        'access:/sys/kernel', 'stat:/proc/version',
                                        'stat:/tmp/ferry-sysroot', 'chdir:/tmp/', 'cwd:',
                                        'stat:ferry-sysroot', 'chdir:/proc/../tmp',
                                        'stat:ferry-sysroot'],
          ['0', '0', '0', 'file 0', 'file %d' % len('the sysroot\'s\n'), '0', '/tmp', 'ENOENT', '0',
           'ENOENT'])
    check('the sysroot\'s own name', ['cat:%s/lib/lib.so' % ROOT, 'cat:%s/none' % ROOT,
                                      'cat:%sx/none' % ROOT],
          ['library', 'ENOENT', 'ENOENT'])
    check('relative -L', ['cat:' + name, 'chdir:/', 'cat:' + name], ['sysroot', '0', 'sysroot'],
          root='root')
    check('-L with links and slashes', ['cat:' + name], ['sysroot'], root='./root/../root//')
    check('-L /', ['cat:' + name], ['host'], root='/')
    check('-L of nothing', ['cat:' + name], ['host'], root='/no/such')


def links():
    check('links', ['cat:/lib/lib.so.1', 'cat:/lib/lib.so', 'cat:/usr/lib/up.so', 'cat:/etc/comm',
                    'cat:/etc/out', 'cat:/abs/ferry-test', 'cat:/above/ferry-test'],
          ['library', 'library', 'library', 'paths', 'plain', 'etc', 'etc'])
    check('links as they are', ['readlink:/lib', 'readlink:/lib/lib.so', 'lstat:/lib', 'stat:/lib',
                                'lstat:/lib/', 'readlink:/etc/comm', 'nofollow:/lib/lib.so'],
          ['usr/lib', '/lib/lib.so.1', 'link', 'dir', 'dir', '/proc/self/comm', 'ELOOP'])
    check('bad links', ['cat:/etc/loop', 'lstat:/etc/loop', 'cat:/etc/dangling',
                        'lstat:/etc/dangling'], ['ELOOP', 'link', 'ENOENT', 'link'])
    check('directories', ['dir:/usr/lib', 'cat:lib.so', 'readlink:lib.so', 'cat:../lib/lib.so',
                          'cat:../..%s/both/only-host' % HOST, 'stat:', 'nodir:', 'chdir:/lib',
                          'cwd:', 'cat:lib.so', 'readlink:/proc/self/cwd', 'chdir:..', 'cwd:'],
          ['0', 'library', '/lib/lib.so.1', 'library', 'only host', 'ENOENT', '0', '0', '/usr/lib',
           'library', '/usr/lib', '0', '/usr'])
    check('cwd inside', ['cwd:', 'cat:lib.so'], ['/usr/lib', 'library'], cwd=ROOT + '/usr/lib',
          program=WORK + '/paths')
    check('cwd of the host', ['chdir:%s/plain' % HOST, 'cwd:', 'cat:name', 'put:made',
                              'unlink:made'], ['0', HOST + '/plain', 'plain', '0', '0'])


def has(path):
    return os.path.lexists(path)


def expect(label, *paths):
    global failures
    for p in paths:
        if not has(p):
            failures += 1
            print('FAILED %s: no %s' % (label, p))


def writing():
    both, new, over = HOST + '/both', HOST + '/new', ROOT + HOST
    check('new names', ['put:%s/a' % both, 'put:%s/b' % new, 'mkdir:%s/c' % both,
                        'mkdir:%s/d/' % new, 'put:%s/name' % both, 'mkdir:%s/name' % both,
                        'symlink:x,%s/e' % new, 'link:%s/there,%s/f' % (new, new)],
          ['0', '0', '0', '0', 'EEXIST', 'EEXIST', '0', '0'])
    expect('new names', both + '/a', over + '/new/b', both + '/c', over + '/new/d', over + '/new/e',
           over + '/new/f')
    check('changes', ['truncate:%s/name' % both, 'stat:%s/name' % both,
                      'rename:%s/b,%s/g' % (new, new), 'unlink:%s/f' % new, 'unlink:%s/f' % new,
                      'rename:%s/there,%s/only-root' % (new, both), 'cat:%s/only-root' % both,
                      'unlink:%s/name' % both, 'cat:%s/name' % both],
          ['0', 'file 3', '0', '0', 'ENOENT', '0', 'new', '0', 'host'])
    expect('changes', over + '/new/g', both + '/name')
    check('through a directory', ['dir:' + new, 'put:h', 'cat:h', 'rename:h,i', 'unlink:i'],
          ['0', '0', '', '0', '0'])


def mounts():
    """A directory of the sysroot, seen on the host's; a file system's name is no path."""
    if os.geteuid():
        print('mounts are not tested: they need root')
        return
    with open('/proc/self/mountinfo') as f:
        if '/' not in (line.split()[4] for line in f):
            print('mounts are not tested: the root directory is no mount point (a chroot)')
            return
    check('bind mount', ['mount:%s/both,%s/plain' % (HOST, HOST), 'cat:%s/plain/only-root' % HOST],
          ['0', 'only root'])
    check('name of a file system', ['mount:ferry-test,%s/plain' % HOST], ['ferry-test'],
          cwd=ROOT + '/etc', program=WORK + '/paths')


def sockets():
    long = '/etc/' + 'n' * 100
    with socket.socket(socket.AF_UNIX) as s, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as d:
        os.chdir(ROOT + '/etc')
        for server, name in (s, 'sock'), (d, 'dgram'):
            server.bind(name)
        s.listen(5)
        check('sockets', ['connect:/etc/sock', 'send:/etc/dgram', 'bind:/etc/sock', 'connect:/etc/no',
                          'bind:%s/plain/sock' % HOST, 'bind:%s/new/sock' % HOST,
                          'names:%s/new/named' % HOST, 'names:%s/plain/named' % HOST],
              ['0', '1', 'EADDRINUSE', 'ENOENT', '0', '0', '%s/new/named 1 %s/new/named 1' % (HOST, HOST),
               '%s/plain/named 1 %s/plain/named 1' % (HOST, HOST)])
        for d in HOST + '/new/p', HOST + '/plain/p':
            check('names of peers', ['peers:' + d], ['2 1 %sc %sc %sk 1' % (d, d, d)])
        expect('sockets', ROOT + HOST + '/new/pc', HOST + '/plain/pk', HOST + '/plain/sock', ROOT + HOST + '/new/sock')
    os.chdir('/')


class Model:
    """What the rules say, name by name: (place on the host, resolved path) or an error."""

    def __init__(self):
        self.links = 0

    @staticmethod
    def place(path):
        for p in ROOT + path, path:
            if os.path.lexists(p):
                return p
        return None

    def resolve(self, path, follow):
        must_be_dir = path.endswith(('/', '/.'))
        follow |= must_be_dir
        at, rest = '', [n for n in path.split('/') if n not in ('', '.')]
        while rest:
            name = rest.pop(0)
            if name == '..':
                here = self.place(at or '/')
                if not os.path.isdir(here):
                    return 'ENOTDIR', None
                at = os.path.dirname(at) if at.count('/') else ''
                continue
            at += '/' + name
            here = self.place(at)
            if not here:
                return 'ENOENT', None
            if os.path.islink(here) and (rest or follow):
                self.links += 1
                if self.links > 40:
                    return 'ELOOP', None
                target = os.readlink(here)
                at = '' if target.startswith('/') else os.path.dirname(at)
                rest = [n for n in target.split('/') if n not in ('', '.')] + rest
        here = self.place(at or '/')
        if must_be_dir and not os.path.isdir(here):
            return 'ENOTDIR', None
        return None, here


def expected(call, path):
    error, here = Model().resolve(path, call != 'readlink' and call != 'lstat')
    if error:
        return error
    if os.path.islink(here):
        return os.readlink(here) if call == 'readlink' else 'link'
    if call == 'readlink':
        return 'EINVAL'
    if os.path.isdir(here):
        return 'dir' if call in ('stat', 'lstat') else ''
    size = os.path.getsize(here)
    return 'file %d' % size if call in ('stat', 'lstat') else open(here).read().strip()


def random_names(rng, depth):
    return '/'.join(rng.choice('abc') for _ in range(rng.randint(1, depth)))


def random_path(rng, base):
    parts = [rng.choice(['a', 'b', 'c', 'a', 'b', '.', '..', '']) for _ in range(rng.randint(1, 5))]
    return base + '/' + '/'.join(parts) + rng.choice(['', '', '', '/', '/a'])


def random_trees():
    """Random trees with links below the sysroot, against the rules in Python."""
    for seed in range(40):
        rng = random.Random(seed)
        base = '%s/random%d' % (HOST, seed)
        os.makedirs(base + '/a')
        os.makedirs(ROOT + base + '/b')
        for top in base, ROOT + base:
            for i in range(12):
                path = top + '/' + random_names(rng, 3)
                kind = rng.choice(['file', 'dir'] + ['link'] * 3 * (top != base))
                if os.path.realpath(os.path.dirname(path)) != os.path.dirname(path):
                    continue # below a link
                try:
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    if kind == 'dir':
                        os.mkdir(path)
                    elif kind == 'file':
                        with open(path, 'x') as f:
                            f.write('%s %d' % ('host' if top == base else 'root', i))
                    else:
                        target = random_names(rng, 3)
                        os.symlink(rng.choice([target, '../' + target, base + '/' + target]), path)
                except OSError:
                    pass # the name is taken, or goes through a file or a bad link
        # Links of the host's own tree are the kernel's: here there are none.
        calls = [(rng.choice(['cat', 'stat', 'lstat', 'readlink']), random_path(rng, base))
                 for _ in range(150)]
        calls = [(c, p) for c, p in calls if len(os.path.normpath(p)) >= len(base)]
        r = subprocess.run([FERRY, '-L', ROOT, './paths', *('%s:%s' % c for c in calls)], cwd=WORK,
                           capture_output=True, text=True, timeout=60)
        # Which of the two a path through a file gives depends on what the other tree has there.
        for call, got in itertools.zip_longest(calls, r.stdout.splitlines()):
            want = expected(*call)
            if (got or 'empty').replace('ENOTDIR', 'ENOENT') != \
                    (want or 'empty').replace('ENOTDIR', 'ENOENT'):
                fail('random %d' % seed, '%s:%s gave %r for %r' % (*call, got, want))


def programs(guest):
    """What is in the sysroot runs by its path there: a dynamic program, scripts, their children."""
    tree = '/usr/%s-linux-gnu' % guest
    sub = os.path.join(WORK, 'tree-' + guest)
    shutil.rmtree(sub, ignore_errors=True)
    os.makedirs(sub + '/bin')
    os.makedirs(sub + '/t')
    shutil.copytree(tree + '/lib', sub + '/lib', symlinks=True,
                    ignore=lambda d, names: [n for n in names if '.so' not in n and n != 'lib'])
    subprocess.run([guest + '-linux-gnu-gcc', '-O1', '-D_GNU_SOURCE', '-w',
                    HERE + '/dyn/paths.c', '-o', sub + '/bin/ferry-paths'], check=True)
    put(sub + '/t/script', '#!/bin/ferry-paths cat:/t/file\n', 0o755)
    put(sub + '/t/script2', '#! /t/script\n', 0o755)
    put(sub + '/t/native', '#!/bin/echo native\n', 0o755)
    put(sub + '/t/file', 'in the tree\n')
    own = '/bin/ferry-paths'
    check('by path ' + guest, ['cat:/t/file', 'readlink:/proc/self/exe', 'exec:/t/native'],
          ['in the tree', own, 'native %s/t/native' % sub], root=sub, program=own)
    check('exec ' + guest, ['exec:%s,cat:/t/file' % own], ['in the tree'], root=sub, program=own)
    check('self ' + guest, ['exec:/proc/self/exe,readlink:/proc/self/exe'], [own], root=sub,
          program=own)
    check('script ' + guest, ['exec:/t/script,stat:/t'], ['in the tree', '/t/script', 'dir'],
          root=sub, program=own)
    check('script of script ' + guest, ['exec:/t/script2,stat:/t'],
          ['in the tree', '/t/script', '/t/script2', 'dir'], root=sub, program=own)
    check('exec of what is no program ' + guest, ['exec:/t/file', 'exec:/t/none'],
          ['EACCES', 'ENOENT'], root=sub, program=own)
    os.unlink(glob.glob(sub + '/lib/ld-linux-*')[0])
    put(sub + '/t/tool', open(WORK + '/paths', 'rb').read(), 0o755)
    check('missing interpreter ' + guest, ['exec:' + own], ['ENOENT'], root=sub, program='/t/tool')
    put(glob.glob(tree + '/lib/ld-linux-*')[0].replace(tree, sub), b'no program', 0o755)
    check('bad interpreter ' + guest, ['exec:' + own], ['ELIBBAD'], root=sub, program='/t/tool')


def main():
    found = [g for g in GUESTS if shutil.which(g + '-linux-gnu-gcc')]
    if not found:
        print('skipped: no cross compiler')
        sys.exit(77)
    shutil.rmtree(WORK, ignore_errors=True)
    make_trees()
    subprocess.run([found[0] + '-linux-gnu-gcc', '-O1', '-w', '-static', HERE + '/dyn/paths.c',
                    '-o', WORK + '/paths'], check=True)
    reading()
    links()
    mounts()
    writing()
    random_trees()
    sockets()
    for guest in found:
        programs(guest)
    sys.exit(1 if failures else 0)


main()
