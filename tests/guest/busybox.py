#!/usr/bin/env python3
"""Debian's busybox-static for arm64 or riscv64 under ferry: each script must print what the native one prints.

Applets are found through PATH as links to the guest's busybox, so every command is an execve of a
foreign program. vi and an interactive shell (job control) run under pseudo-terminals.

    tests/guest/busybox.py --build-dir build
"""
import argparse
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.environ.get('FERRY_TEST_CACHE', os.path.expanduser('~/.cache/ferry-tests'))
SCRIPTS = {
    'pipeline': 'seq 1 2000 | grep 7 | sort -rn | head -n 5 | tr 0-9 a-j; echo $?',
    'variables': 'a=5; b=$((a * 7 % 4)); echo $a $b ${a:-x} ${c:-y}; set -- one two; echo $# $2; f() { return 3; }; f; echo $?',
    'loops': 'i=0; while [ $i -lt 300 ]; do i=$((i + 1)); done; echo $i; for w in a b c; do echo -n $w; done; echo; case foo in f*) echo yes;; esac',
    'here': 'cat <<X | wc -c\nsome text $((6 * 7))\nX',
    'sha': 'dd if=/dev/zero bs=1000 count=300 2>/dev/null | sha256sum; echo abc | md5sum; echo abc | sha512sum; echo abc | cksum',
    'files': 'mkdir d; cd d; for i in 1 2 3; do echo $i > f$i; done; ls; mv f1 g; ln -s g h; cat h; cp -r . ../e; ls ../e | wc -l; find . -type f | sort; rm -r ../e; stat -c %s g; touch -d @0 g; stat -c %Y g; chmod 600 g; ls -l g | cut -c1-10; readlink h',
    'tar': 'mkdir t; seq 1 5000 > t/a; cp t/a t/b; tar cf x.tar t; rm -r t; tar xf x.tar; cmp t/a t/b && echo same; gzip -9 x.tar; gunzip -t x.tar.gz && echo ok; zcat x.tar.gz | tar t; bzip2 -k t/a; bunzip2 -c t/a.bz2 | sha1sum',
    'awk': "seq 1 500 | awk '{ s += $1 * $1; a[$1 % 7]++ } END { print s, a[3], sin(1), substr(\"hello\", 2, 3); printf \"%.5f %5d|%-5s|\\n\", 3.14159, 42, \"x\" }'",
    'sed': "printf 'one\\ntwo\\nthree\\n' | sed -e 's/o/0/g;2d;$a end' -ne 'p'; echo a.b.c | sed -E 's/([a-z])\\.([a-z])/\\2-\\1/'",
    'jobs': 'sleep 0.05 & p=$!; wait $p; echo $?; (exit 7) & wait $!; echo $?; sleep 5 & kill $!; wait $! ; echo $?; trap "echo term" TERM; kill -TERM $$; sh -c "kill -9 \\$\\$"; echo $?',
    'subshell': 'x=1; (x=2; echo $x); echo $x; echo $(echo `echo nested`); true && false || echo or; ! true; echo $?; exec 3>file; echo to3 >&3; exec 3>&-; cat file',
    'script': 'printf "#!${PATH%%:*}/env sh\\necho script \\$1\\n" > s; chmod +x s; ./s arg; cat /proc/self/comm; printf "echo plain\\n" > p; chmod +x p; ./p; ./nothing 2>/dev/null; echo $?; ./d2 2>/dev/null; echo $?',
    'text': 'seq 1 20 | tail -n 3; echo "c a b" | xargs -n 1 echo | sort | uniq -c | sed "s/^ *//"; echo hello | rev; expr 3 + 4; printf "%s-%d\\n" a 1 b 2; echo abc | od -c | head -n 1; seq 5 | paste -s -d, ; factor 360360; echo "1+2*3" | bc; date -u -d @86400 +%F',
    'diff': 'seq 1 10 > a; seq 1 10 | sed s/5/five/ > b; diff a b; echo $?; patch a < /dev/null; diff -u a b | tail -n +3 | tee c | wc -l; ed a 2>/dev/null </dev/null; echo $?',
    'env': 'export FOO=bar; env | grep FOO; env -i A=1 env; echo $PPID | grep -c .; pwd | grep -c .; id -u; cat /proc/self/comm; tr "\\0" " " < /proc/self/cmdline | sed "s,^[^ ]*/,,"; echo; basename $(readlink /proc/self/exe)',
}


def scratch_run(cmd, script, applets, limit):
    with tempfile.TemporaryDirectory() as tmp:
        env = {'PATH': applets, 'HOME': tmp, 'TZ': 'UTC', 'LC_ALL': 'C'}
        try:
            r = subprocess.run([*cmd, 'sh', '-c', script], cwd=tmp, env=env, capture_output=True,
                               timeout=limit, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as e:
            return 'timeout', e.stdout or b''
        return r.returncode, r.stdout


def applet_dir(tmp, busybox, name):
    d = os.path.join(tmp, name)
    os.mkdir(d)
    out = subprocess.run(['busybox', '--list'], capture_output=True, text=True, check=True).stdout
    for a in out.split():
        os.symlink(busybox, os.path.join(d, a))
    os.symlink(busybox, os.path.join(d, 'busybox')) if 'busybox' not in out.split() else None
    return d


def read_until(fd, wanted, limit):
    seen, end = b'', time.time() + limit
    while time.time() < end and not re.search(wanted, seen):
        if select.select([fd], [], [], .2)[0]:
            try:
                seen += os.read(fd, 4096)
            except OSError:
                break
    return seen


def vi(cmd, limit):
    """Types a text in vi, saves it, and gives back the file."""
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, 'text')
        pid, fd = pty.fork()
        if pid == 0:
            os.environ['TERM'] = 'vt100'
            os.execvp(cmd[0], [*cmd, 'vi', path])
        read_until(fd, rb'~', limit)
        for keys in (b'ihello world\x1b', b'yyp', b'ofrom vi\x1b', b':wq\r'):
            os.write(fd, keys)
            time.sleep(.1)
        read_until(fd, rb'\x00never\x00', .5)
        deadline = time.time() + limit
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.time() > deadline:
                os.kill(pid, 9)
                return 'timeout'
            time.sleep(.05)
        os.close(fd)
        return open(path).read() if os.path.exists(path) else None


# What is typed, and what must then appear.
JOB_STEPS = (
    (b'', rb'\$ '),
    (b'sleep 100\r', rb'sleep 100\r\n'),
    (b'\x1a', rb'\[1\]\+ +Stopped +sleep 100'),
    (b'jobs\r', rb'\[1\]\+ +Stopped +sleep 100'),
    (b'bg\r', rb'\[1\] sleep 100'),
    (b'jobs\r', rb'\[1\]\+ +Running +sleep 100'),
    (b'cat | sed s/a/b/\r', rb's/a/b/\r\n'),
    (b'banana\r', rb'banana\r\n'),
    (b'\x1a', rb'\[2\]\+ +Stopped +cat \| sed'),
    (b'fg %2\r', rb'cat \| sed s/a/b/'),
    (b'\x04', rb'bbnana'),
    (b'fg %1\r', rb'\r\nsleep 100'),
    (b'\x03', rb'\$ '),
    (b'echo status $?\r', rb'status [0-9]+'),
    (b'exit 5\r', rb'exit 5'),
)


def job_control(cmd, limit):
    """A dialogue with an interactive shell on a terminal: what appeared at each step, its status."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM='dumb', PS1='$ ', PATH=cmd[-1])
        os.execvp(cmd[0], [*cmd[:-1], 'sh', '-i'])
    seen = []
    for keys, wanted in JOB_STEPS:
        time.sleep(.15)
        os.write(fd, keys)
        text = read_until(fd, wanted, limit)
        m = re.search(wanted, text)
        seen.append((keys, m[0] if m else b'NOT in ' + text))
        if not m:
            os.kill(pid, 9)
            break
    read_until(fd, rb'\x00never\x00', .3)
    status = os.waitpid(pid, 0)[1]
    os.close(fd)
    return seen, status


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('--build-dir', default='build')
    p.add_argument('--arch', default='arm64', choices=['arm64', 'riscv64'])
    p.add_argument('--runner')
    p.add_argument('--only')
    p.add_argument('--repeat', type=int, default=1)
    p.add_argument('--limit', type=int, default=60)
    args = p.parse_args()
    runner = (args.runner or os.path.abspath(os.path.join(args.build_dir, 'linux-user', 'ferry'))).split()
    runner[0] = shutil.which(runner[0]) or runner[0]
    tree = os.path.join(CACHE, 'busybox-' + args.arch)
    subprocess.run([os.path.join(HERE, 'fetch-foreign'), args.arch, 'busybox-static', tree],
                   check=True)
    guest = next(q for q in (os.path.join(tree, d, 'busybox') for d in ('bin', 'usr/bin'))
                 if os.path.exists(q))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        native_dir, guest_dir = applet_dir(tmp, '/bin/busybox', 'native'), applet_dir(tmp, guest, 'guest')
        names = args.only.split(',') if args.only else [*SCRIPTS, 'vi', 'job control']
        for name in names * args.repeat:
            if name == 'vi':
                want, got = vi(['/bin/busybox'], args.limit), vi([*runner, guest], args.limit)
            elif name == 'job control':
                want = job_control(['/bin/busybox', native_dir], args.limit)
                got = job_control([*runner, guest, guest_dir], args.limit)
            else:
                want = scratch_run(['/bin/busybox'], SCRIPTS[name], native_dir, args.limit)
                got = scratch_run([*runner, guest], SCRIPTS[name], guest_dir, args.limit)
            good = got == want and b'NOT in ' not in repr(want).encode()
            passed += good
            failed += not good
            if not good:
                print('FAIL %s:\n  got  %r\n  want %r' % (name, got, want), flush=True)
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == '__main__':
    main()
