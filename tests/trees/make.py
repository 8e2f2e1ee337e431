#!/usr/bin/env python3
"""Makes Debian trees of other architectures, cached outside the repository.

    make.py ARCH [--runner follow]          the finished tree, made if it is not there; prints its path
    make.py ARCH --fresh DIR [--runner R]   a second stage from start to end in DIR, timed
    make.py ARCH --fresh DIR --minbase      the same of a smaller set of packages

The first stage (download and unpack: nothing of the tree runs) lies in CACHE/trees/ARCH-first. The
second stage runs the tree's own dpkg and maintainer scripts under the runner (see enter.py). CACHE
is $FERRY_TEST_CACHE, the mirror $FERRY_DEBIAN_MIRROR.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.environ.get('FERRY_TEST_CACHE', os.path.expanduser('~/.cache/ferry-tests'))
MIRROR = os.environ.get('FERRY_DEBIAN_MIRROR', 'http://deb.debian.org/debian')
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
# Each foreign tree's release; the native trees to compare with are of the same.
SUITES = {'arm64': 'bookworm', 'riscv64': 'trixie', 'amd64': 'bookworm', 'amd64-trixie': 'trixie'}
NATIVE = {'arm64': 'amd64', 'riscv64': 'amd64-trixie'}


def tree_path(arch):
    return os.path.join(CACHE, 'trees', arch)


def missing_reason():
    if os.geteuid():
        return 'needs root: device nodes, chroot and mounts'
    if not shutil.which('debootstrap'):
        return 'debootstrap is not installed'
    return None


def first_stage(arch, minbase=False):
    done = tree_path(arch + ('-minbase' if minbase else '') + '-first')
    if os.path.isdir(done):
        return done
    new = done + '.new'
    shutil.rmtree(new, ignore_errors=True)
    os.makedirs(os.path.dirname(new), exist_ok=True)
    subprocess.run(['debootstrap', '--foreign', '--arch=' + arch.split('-')[0],
                    '--variant=' + ('minbase' if minbase else '-'), '--keyring=' + KEYRING,
                    SUITES[arch], new, MIRROR],
                   check=True, stdout=subprocess.DEVNULL)
    os.rename(new, done)
    return done


def copy(source, target):
    subprocess.run(['cp', '-a', source, target], check=True)


def second_stage(tree, options):
    """Wall and processor time in seconds."""
    start, used = time.monotonic(), os.times()
    # In a user namespace nodes cannot be made, which debootstrap only knows of containers.
    container = ['/usr/bin/env', 'container=lxc'] if set(options) & {'binfmt', 'qemu'} else []
    log = tree + '.log'
    with open(log, 'w') as f:
        r = subprocess.run([os.path.join(HERE, 'enter.py'), *options, tree, *container,
                            '/bin/sh', '/debootstrap/debootstrap', '--second-stage'],
                           stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT)
    took = time.monotonic() - start
    now = os.times()
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    with open(log) as f:
        text = f.read()
    if r.returncode or not text.endswith('I: Base system installed successfully.\n'):
        sys.exit('second stage in %s failed, status %d; the end of %s:\n%s' %
                 (tree, r.returncode, log, text[-2000:]))
    return took, cpu


def settle(tree, arch):
    """What a tree needs to install more packages by itself."""
    with open(os.path.join(tree, 'etc/apt/sources.list'), 'w') as f:
        f.write('deb %s %s main\n' % (MIRROR, SUITES[arch]))
    with open(os.path.join(tree, 'etc/apt/apt.conf.d/90ferry'), 'w') as f:
        f.write('APT::Install-Recommends "false";\nAcquire::Languages "none";\n'
                'APT::Sandbox::User "root";\nDpkg::Use-Pty "false";\n')
    policy = os.path.join(tree, 'usr/sbin/policy-rc.d')  # packages start no daemons here
    with open(policy, 'w') as f:
        f.write('#!/bin/sh\nexit 101\n')
    os.chmod(policy, 0o755)
    for name in 'etc/resolv.conf', 'etc/hosts':
        if os.path.exists('/' + name):
            shutil.copy('/' + name, os.path.join(tree, name))


def make(arch, options):
    tree = tree_path(arch)
    if os.path.isdir(tree):
        return tree
    new = tree + '.new'
    shutil.rmtree(new, ignore_errors=True)
    copy(first_stage(arch), new)
    second_stage(new, options)
    settle(new, arch)
    os.rename(new, tree)
    return tree


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('arch', choices=SUITES)
    p.add_argument('--fresh')
    p.add_argument('--minbase', action='store_true')
    p.add_argument('--runner')
    p.add_argument('--ferry', default='build/linux-user/ferry')
    p.add_argument('--qemu-dir', default='/usr/bin')
    a = p.parse_args()
    if missing_reason():
        print('skipped: ' + missing_reason())
        sys.exit(77)
    runner = a.runner or ('native' if a.arch.startswith('amd64') else 'follow')
    options = ['--runner', runner, '--ferry', a.ferry, '--qemu-dir', a.qemu_dir]
    if a.fresh:
        copy(first_stage(a.arch, a.minbase), a.fresh)
        print('second stage of %s by %s: %.1f s, processor time %.1f s' %
              (a.arch, runner, *second_stage(a.fresh, options)))
    else:
        print(make(a.arch, options))


if __name__ == '__main__':
    main()
