#!/usr/bin/env python3
"""--strace against strace: a guest's trace says what strace says of the native program.

    strace.py FERRY WORK_DIR

One thread's calls are compared line by line (dyn/straced.c), but for what differs by design: flags
may stand in another order, and the forms in SAME. Of threads, children and deaths each task's calls
are. Exits 77 (skipped) without a cross compiler, or where strace cannot trace.
"""
import glob
import os
import re
import resource
import shutil
import subprocess
import sys

FERRY, WORK = map(os.path.abspath, sys.argv[1:3])
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'dyn', 'straced.c')
GUESTS = 'aarch64', 'riscv64'
# What is written in another way: (pattern, what it becomes), for both traces.
SAME = [
    (r'0x[0-9a-f]{5,16}', 'POINTER'),
    (r' += ', ' = '),
    (r'0x[0-9a-f]+ \(flags (\S+)\)', r'\1'),               # F_GETFL
    (r'O_RDONLY\|(O_NONBLOCK\|O_CLOEXEC|O_CLOEXEC)\)', r'\1)'),  # pipe2, dup3
    (r'\[\d+ => (\d+)\]', r'[\1]'),                        # lengths before and after
    (r'data=\{u32=7, u64=7\}', 'data=0x7'),
    (r' \(in \[.*', ''),                                   # pselect6: the result in words
    (r', makedev\(0x0, 0x0\)', ''),
    (r'^(sendmmsg.*)$', lambda m: re.sub(r', msg_len=\d+', '', m[1])),
    ('IPPROTO_IP', '0'), ('IPPROTO_TCP', '6'),
    (r'\|?SA_RESTORER\|?', ''), (r'nl_groups=\w+', 'nl_groups=N'),
    (r', sa_restorer=\w+', ''),                            # x86 alone has one
    (r'(sa_flags=[\w|]+)(, sa_mask=~?\[[^]]*\])', r'\2, \1'),
    (r'{sa_handler=(\w+), , ', r'{sa_handler=\1, '),
    (r'^rt_sigreturn\(.*', 'rt_sigreturn'),
    (r' = 15 \(SIGTERM\)', ' = 15'),
    (r'si_[us]time=\d+', 'si_time=N'),
    (r'^(execve\(.*) = \?', r'\1 = 0'),
    (r'^clone3?\(.*\) = ', 'clone = '),                    # libraries choose between the two
]
TASK_CALLS = re.compile(r'getpriority|clone|write|exit_group|execve|wait4|---|\+\+\+ killed')
# Where the number of a task stands.
TASK_NUMBERS = [re.compile(p) for p in
                (r'(^get[pt]id\(\) += )(\d+)', r'(^t?g?kill\(|^rt_sigqueueinfo\()(\d+)',
                 r'(^tgkill\(\w+, )(\d+)', r'(si_pid=)(\d+)', r'(^(?:wait4|clone).* += )(\d+)')]
failures = 0


def fail(label, why):
    global failures
    failures += 1
    print('FAILED %s: %s' % (label, why))


def build(name, cross):
    where = os.path.join(WORK, name)
    os.makedirs(where)
    subprocess.run([cross + 'gcc', '-w', '-O1', '-static', SOURCE, '-pthread', '-o',
                    where + '/prog'], check=True)
    return where


def run(words, where):
    """Runs in the program's directory, which it leaves as it was."""
    r = subprocess.run(words, cwd=where, capture_output=True, text=True, timeout=60,
                       stdin=subprocess.DEVNULL, env={'PATH': os.environ['PATH'], 'LC_ALL': 'C'},
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
    if r.returncode or r.stdout != 'begin\nend\nin the child\n':
        fail('the program', 'status %d\n%s%s' % (r.returncode, r.stdout, r.stderr))


def native(where):
    run(['strace', '-ff', '-o', 'log', './prog'], where)
    return {int(p.rsplit('.', 1)[1]): open(p).read().splitlines()
            for p in glob.glob(where + '/log.*')}


def guest(name, where):
    """Also joins what ferry writes before an exec and the result of one that failed."""
    run([FERRY, '-strace', '-D', 'log.%d', './prog'], where)
    tasks = {}
    # A child writes into its parent's log until it starts a program of its own.
    logs = [open(p).read() for p in glob.glob(where + '/log.*')]
    for text in sorted(logs, key=lambda text: 'write(1, "begin' not in text):
        for line in text.splitlines():
            m = re.match(r'(\d+) ((?:<\.\.\. \w+ resumed> = )?)(.+)$', line)
            if not m:
                fail(name, 'a line of the trace is %r' % line)
                continue
            lines = tasks.setdefault(int(m[1]), [])
            if m[2]:
                lines[-1] = re.sub(r' = \?$', ' = ' + m[3], lines[-1])
            else:
                lines.append(m[3])
    return tasks


def normal(line, numbers):
    for place in TASK_NUMBERS:
        line = place.sub(lambda m: m[1] + numbers.get(m[2], m[2]), line)
    for pattern, to in SAME:
        line = re.sub(pattern, to, line)
    return re.sub(r'\w+(?:\|\w+)+', lambda m: '|'.join(sorted(m[0].split('|'))), line)


def is_first(lines):
    return any(l.startswith('write(1, "begin') for l in lines)


def by_age(main, lines):
    """Numbers of the tasks as words: the first one's, then those that it made."""
    made = [m[1] for l in lines for m in [re.match(r'clone3?\(.*\) += (\d+)$', l)] if m]
    return {n: 'TASK%d' % i for i, n in enumerate([str(main), *made])}


def marked(lines):
    """What the first thread does between the marks."""
    first = [i for i, l in enumerate(lines) if l.startswith('write(1, "begin')]
    last = [i for i, l in enumerate(lines) if l.startswith('write(1, "end')]
    return lines[first[0]:last[0] + 1]


def compare(name, want, got):
    """want, got: {task: lines}"""
    if len(got) != len(want):
        fail(name, '%d tasks for %d' % (len(got), len(want)))
        return
    lines = []
    for tasks in want, got:
        main = [t for t in tasks if is_first(tasks[t])][0]
        numbers = by_age(main, tasks[main])
        both = ([normal(l, numbers) for l in marked(tasks[main])],
                sorted([normal(l, numbers) for l in tasks[t] if TASK_CALLS.match(l)]
                       for t in tasks if t != main))
        main_end = tasks[main][tasks[main].index(marked(tasks[main])[-1]):]
        # SIGCHLD comes during wait4 or after it.
        lines.append((*both, sorted(normal(l, numbers) for l in main_end if TASK_CALLS.match(l))))
    for label, w, g in zip(('calls', 'tasks', 'first thread at the end'), *lines):
        if label == 'tasks':  # the program's own start is in the exec'd child alone
            w, g = ['\n'.join(t) for t in w], ['\n'.join(t) for t in g]
        if len(w) != len(g):
            fail('%s %s' % (name, label), '%d lines for %d' % (len(g), len(w)))
        for a, b in zip(w, g):
            if a != b:
                fail('%s %s' % (name, label), '\n  gave   %s\n  strace %s' % (b, a))


def main():
    found = [g for g in GUESTS if shutil.which(g + '-linux-gnu-gcc')]
    if not found or not shutil.which('strace'):
        print('skipped: no cross compiler or no strace')
        sys.exit(77)
    if subprocess.run(['strace', '-o', '/dev/null', 'true'], capture_output=True).returncode:
        print('skipped: strace may not trace here')
        sys.exit(77)
    shutil.rmtree(WORK, ignore_errors=True)
    want = native(build('native', ''))
    for g in found:
        compare(g, want, guest(g, build(g, g + '-linux-gnu-')))
    sys.exit(1 if failures else 0)


main()
