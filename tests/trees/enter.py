#!/usr/bin/env python3
"""Runs a command inside a tree of another architecture, by one of four runners.

    enter.py [--runner follow] [--ferry BIN] TREE COMMAND [ARGUMENT...]

follow   chroot TREE FERRY COMMAND: ferry follows its children itself
binfmt   the kernel starts ferry for every foreign program (flags POCF), in a user namespace that
         has a binfmt_misc of its own: no handler of the machine is seen or changed
qemu     as binfmt, with a static qemu-user
native   nothing in between: for trees of this machine's architecture

The command gets mount and process namespaces of its own: /proc, /sys and /dev/pts are there, what
it mounts goes with it, and so does every process that it leaves. Needs root. Exit status: the
command's; 125 when the tree could not be entered.
"""
import argparse
import ctypes
import os
import shutil
import signal
import sys

NEWNS, NEWUSER, NEWPID = 0x20000, 0x10000000, 0x20000000
MS_NOSUID, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x1000, 0x4000, 0x40000
CANNOT = 125
FERRY = '/.ferry'  # in the tree
RUNNERS = 'follow', 'binfmt', 'qemu', 'native'
MACHINES = {183: 'aarch64', 243: 'riscv64', 62: 'x86_64'}
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        e = ctypes.get_errno()
        raise OSError(e, '%s%r: %s' % (name, args, os.strerror(e)))


def mount(source, target, kind=None, flags=0, data=None):
    def text(s):
        return s.encode() if s is not None else None
    call('mount', text(source), text(target), text(kind), ctypes.c_ulong(flags), text(data))


def machine_of(tree):
    """Of the tree's dynamic loader's neighbour that every tree has from the first stage on."""
    for name in 'usr/bin/dash', 'bin/dash', 'usr/bin/dpkg':
        path = os.path.join(tree, name)
        if os.path.exists(path):
            with open(path, 'rb') as f:
                head = f.read(20)
            return MACHINES[head[18] | head[19] << 8]
    raise OSError('%s holds no Debian tree' % tree)


def handler_line(machine, interpreter, flags='POCF'):
    number = {v: k for k, v in MACHINES.items()}[machine]
    magic = b'\x7fELF\x02\x01\x01' + bytes(9) + b'\x02\x00' + number.to_bytes(2, 'little')
    mask = b'\xff' * 7 + b'\x00' + b'\xff' * 8 + b'\xfe\xff\xff\xff'

    def hexed(data):
        return ''.join('\\x%02x' % b for b in data)
    return ':%s:M::%s:%s:%s:%s' % (machine, hexed(magic), hexed(mask), interpreter, flags)


def new_user_namespace():
    """Everybody keeps his number; the maps must come from outside, so a child writes them."""
    ready, go = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(go)
        os.read(ready, 1)
        try:
            for name in 'uid_map', 'gid_map':
                with open('/proc/%d/%s' % (parent, name), 'w') as f:
                    f.write('0 0 65536\n')
        except OSError as e:
            print('enter.py: %s' % e, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    os.close(ready)
    call('unshare', NEWUSER | NEWNS | NEWPID)
    os.write(go, b'x')
    os.close(go)
    if os.waitpid(child, 0)[1]:
        raise OSError('no user namespace')


def register(machine, interpreter):
    where = '/proc/sys/fs/binfmt_misc'
    mount('binfmt_misc', where, 'binfmt_misc')
    if len(os.listdir(where)) > 2:
        raise OSError('this kernel has one binfmt_misc for all; not touching it')
    with open(where + '/register', 'w') as f:
        f.write(handler_line(machine, interpreter))


def prepare(tree):
    for name in 'proc', 'sys', 'dev/pts':
        path = os.path.join(tree, name)
        if os.path.islink(path):
            os.unlink(path)  # debootstrap in a container links /proc to itself
        os.makedirs(path, exist_ok=True)
    mount('proc', tree + '/proc', 'proc')
    mount('/sys', tree + '/sys', None, MS_BIND | MS_REC)
    mount('devpts', tree + '/dev/pts', 'devpts', MS_NOSUID, 'newinstance,ptmxmode=0666,mode=620')
    if not os.path.exists(tree + '/dev/ptmx'):
        os.symlink('pts/ptmx', tree + '/dev/ptmx')


def bring_ferry(ferry, tree):
    """In this namespace alone: another one may run another ferry in the same tree."""
    target = tree + FERRY
    if not os.path.exists(target):
        open(target, 'w').close()
    mount(ferry, target, None, MS_BIND)


def enter(a):
    """In the child: the namespaces, the mounts, the command."""
    machine = machine_of(a.tree)
    if a.runner in ('binfmt', 'qemu'):
        new_user_namespace()
    else:
        call('unshare', NEWNS | NEWPID)
    pid = os.fork()
    if pid:
        status = os.waitpid(pid, 0)[1]
        os._exit(os.waitstatus_to_exitcode(status) & 0xff)
    libc.prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: the namespace dies with us
    mount('none', '/', None, MS_REC | MS_PRIVATE)
    if a.runner in ('binfmt', 'qemu'):
        mount('proc', '/proc', 'proc')
        qemu = os.path.join(a.qemu_dir, 'qemu-%s-static' % machine)
        register(machine, a.ferry if a.runner == 'binfmt' else qemu)
    prepare(a.tree)
    if a.runner == 'follow':
        bring_ferry(a.ferry, a.tree)
    # Python ignores SIGPIPE, shells ignore SIGINT for what they run in the background.
    for sig in signal.SIGPIPE, signal.SIGINT:
        signal.signal(sig, signal.SIG_DFL)
    os.chroot(a.tree)
    os.chdir('/')
    env = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root',
           'LC_ALL': 'C.UTF-8', 'TERM': 'xterm', 'DEBIAN_FRONTEND': 'noninteractive',
           'SHELL': '/bin/sh', 'LOGNAME': 'root', 'USER': 'root'}
    if a.runner == 'follow':
        program = a.command[0]
        if '/' not in program:
            program = shutil.which(program, path=env['PATH']) or program
        words = [FERRY, *a.ferry_options, '-0', a.command[0], program, *a.command[1:]]
        os.execve(FERRY, words, env)
    os.execvpe(a.command[0], a.command, env)


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('--runner', choices=RUNNERS, default='follow')
    p.add_argument('--ferry', default='build/linux-user/ferry')
    p.add_argument('--ferry-options', default=[], type=str.split)
    p.add_argument('--qemu-dir', default='/usr/bin')
    p.add_argument('tree', type=os.path.abspath)
    p.add_argument('command', nargs=argparse.REMAINDER)
    a = p.parse_args()
    a.ferry = os.path.abspath(a.ferry)
    sys.stdout.flush()
    try:
        enter(a)
    except OSError as e:
        print('enter.py: %s' % e, file=sys.stderr)
        os._exit(CANNOT)


if __name__ == '__main__':
    main()
