#!/usr/bin/env python3
"""binfmt_misc: every set of flags, in a user namespace with registrations of its own.

    binfmt.py FERRY TOOLS WORK_DIR

Exits 77 (skipped) where the kernel gives no such namespace, or without a cross compiler.
"""
import ctypes
import os
import shutil
import subprocess
import sys

FERRY, TOOLS, WORK = map(os.path.abspath, sys.argv[1:4])
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'dyn', 'binfmt.c')
MISC = '/proc/sys/fs/binfmt_misc'
failures = 0


def check(label, got, want):
    global failures
    if got != want:
        failures += 1
        print('FAILED %s:\n  gave %r\n  for  %r' % (label, got, want))


def run(*words, env=None, program=None, **more):
    """Output and status of a program that the kernel starts."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith('QEMU_')}
    try:
        r = subprocess.run(words, executable=program, capture_output=True, text=True, timeout=60,
                           cwd=WORK, env={**clean, **(env or {})}, stdin=subprocess.DEVNULL, **more)
    except OSError as e:
        return e.strerror
    return r.stdout + r.stderr if r.returncode == 0 else 'status %d: %s' % (r.returncode, r.stderr)


def tool(*words):
    return subprocess.run([TOOLS + '/ferry-binfmt', *words], capture_output=True, text=True)


def register(flags):
    tool('remove')
    lines = subprocess.run([FERRY, '--binfmt'], capture_output=True, text=True, check=True).stdout
    for line in lines.splitlines():
        with open(MISC + '/register', 'w') as f:
            f.write(line[:line.rindex(':') + 1] + flags)


def shown(argv, uid='00', comm='prog', secure=0, env='-'):
    name = comm if comm.startswith('-') else './' + comm
    return '%s|\ncomm %s execfn %s secure %d flags 0 uid %s\ndescriptors 3 release %s\n' % (
        '|'.join(argv), comm, name, secure, uid, env)


def flags():
    check('nothing registered', run('./prog'), 'Exec format error')
    for f in '', 'P', 'O', 'F', 'PO', 'OC', 'POCF':
        register(f)
        argv0 = 'name' if 'P' in f else './prog'
        check('flags ' + f, run('name', 'a', '', 'b c', program='./prog'),
              shown([argv0, 'a', '', 'b c']))
        known = 'P' in f or 'O' in f # else ferry cannot tell that it was a script
        check('script, flags ' + f, run('./script', 'x'),
              shown(['./prog', 'arg', './script', 'x'], comm='script' if known else 'prog'))
        check('option by variable, flags ' + f, run('./prog', env={'QEMU_UNAME': '1.2'}),
              shown(['./prog'], env='set'))
        check('exec by a guest, flags ' + f, run('./prog', 'exec', './prog', 'x'),
              shown(['./prog', 'x']))
        check('script by a guest, flags ' + f, run('./prog', 'exec', './script', 'x'),
              shown(['./prog', 'arg', './script', 'x'], comm='script'))
        check('a name with a dash, flags ' + f,
              run('zero', 'x', program='-strace', env={'PATH': ''}),
              shown(['zero' if 'P' in f else '-strace', 'x'], comm='-strace'))
    register('F')
    check('the wrong architecture', run('/bin/echo', 'native'), 'native\n')


def rights():
    """As another user: a program that cannot be read, one that is set-user-ID."""
    other = {'user': 1000, 'group': 1000, 'extra_groups': []}
    for f, unreadable in ('PF', False), ('POF', True), ('POCF', True):
        register(f)
        got = run('./unreadable', **other)
        if unreadable:
            check('unreadable, flags ' + f, got, shown(['./unreadable'], '10001000', 'unreadable'))
        else:
            check('unreadable, flags ' + f, got.startswith('status 126'), True)
        want = ('10000', 1) if 'C' in f else ('10001000', 0)
        for label, words in ('set-user-ID', ['./setuid']), ('by a guest', ['./prog', 'exec', './setuid']):
            check('%s, flags %s' % (label, f), run(*words, **other),
                  shown(['./setuid'], want[0], 'setuid', want[1]))
            check('%s with QEMU_STRACE, flags %s' % (label, f), 'write(1' in
                  run(*words, env={'QEMU_STRACE': '1'}, **other), not want[1])


def chroots():
    """A tree without /proc: by the kernel, and with nothing registered by ferry alone."""
    tree = WORK + '/tree'
    os.makedirs(tree)
    shutil.copy(WORK + '/prog', tree)
    shutil.copy(FERRY, tree + '/ferry')
    env = {'PATH': '/none'}
    want = 'comm  execfn /prog secure 0 flags 0 uid 00\ndescriptors 3 release -\n'
    register('POCF')
    check('chroot', run('chroot', tree, '/prog', 'x', program=shutil.which('chroot'), env=env),
          '/prog|x|\n' + want)
    check('exec in a chroot', run('chroot', tree, '/prog', 'exec', '/prog', 'y',
                                  program=shutil.which('chroot'), env=env), '/prog|y|\n' + want)
    tool('remove')
    check('exec in a chroot, nothing registered',
          run('chroot', tree, '/ferry', '/prog', 'exec', '/prog', 'exec', '/prog', 'z',
              program=shutil.which('chroot'), env=env), '/prog|z|\n' + want)


def the_tool():
    r = tool('status')
    check('status without registration', (r.returncode, 'not registered' in r.stderr), (1, True))
    r = tool('install', FERRY)
    check('install', (r.returncode, 'ferry-aarch64: enabled, %s, flags POCF' % FERRY in r.stdout),
          (0, True))
    check('installed', run('./prog'), shown(['./prog']))
    line = subprocess.run([FERRY, '--binfmt'], capture_output=True, text=True).stdout.splitlines()[0]
    with open(MISC + '/register', 'w') as f:
        f.write(line.replace('ferry-', 'rival-'))
    check('a rival', 'rival-aarch64 claims the same programs' in tool('status').stdout, True)
    with open(MISC + '/rival-aarch64', 'w') as f:
        f.write('-1')
    check('remove', tool('remove').returncode, 0)
    check('removed', run('./prog'), 'Exec format error')


def inside():
    os.chmod(WORK, 0o755)
    subprocess.run(['aarch64-linux-gnu-gcc', '-O1', '-w', '-static', SOURCE, '-o', WORK + '/prog'],
                   check=True)
    for name, mode in ('-strace', 0o755), ('unreadable', 0o711), ('setuid', 0o4755):
        shutil.copy(WORK + '/prog', WORK + '/' + name)
        os.chmod(WORK + '/' + name, mode)
    with open(WORK + '/script', 'w') as f:
        f.write('#!./prog arg\n')
    os.chmod(WORK + '/script', 0o755)
    the_tool()
    flags()
    rights()
    chroots()
    sys.exit(1 if failures else 0)


def enter_namespace():
    """A user namespace in which the first 65536 numbers are themselves, with its own binfmt_misc."""
    new_user, new_mounts = 0x10000000, 0x20000
    libc = ctypes.CDLL(None, use_errno=True)
    ready, go = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0: # from outside: who enters may map only one number
        os.close(go)
        os.read(ready, 1)
        for name in 'uid_map', 'gid_map':
            with open('/proc/%d/%s' % (parent, name), 'w') as f:
                f.write('0 0 65536\n')
        os._exit(0)
    os.close(ready)
    failed = libc.unshare(new_user | new_mounts)
    os.close(go)
    if failed or os.waitpid(child, 0)[1]:
        return 'no user namespace: ' + os.strerror(ctypes.get_errno())
    if subprocess.run(['mount', '--make-rprivate', '/']).returncode or subprocess.run(
            ['mount', '-t', 'binfmt_misc', 'none', MISC]).returncode:
        return 'no binfmt_misc in a user namespace (Linux 6.7 has it)'
    return None


def main():
    why = 'no aarch64-linux-gnu-gcc' if not shutil.which('aarch64-linux-gnu-gcc') else \
        'needs root' if os.geteuid() else enter_namespace()
    if why:
        print('skipped: ' + why)
        sys.exit(77)
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    inside()


main()
