#!/usr/bin/env python3
"""Programs of Debian 13's arm64, which are built for BTI, so that ld.so guards their pages: bash and
perl print what the host's print, with BTI, with pointer authentication besides, and with neither.

    tests/guest/guarded.py --build-dir build
"""
import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.environ.get('FERRY_TEST_CACHE', os.path.expanduser('~/.cache/ferry-tests'))
PACKAGES = ['libc6', 'libtinfo6', 'bash', 'perl-base', 'libcrypt1']
BASH = '''
fib() { (( $1 < 2 )) && r=$1 && return; fib $(($1 - 1)); local a=$r; fib $(($1 - 2)); r=$((a + r)); }
fib 15; echo $r
declare -A h; for w in one two three two; do h[$w]=$((h[$w] + 1)); done; echo ${h[two]} ${#h[@]}
s=abcdefgh; echo ${s:2:3} ${s/c/X} ${s^^} ${#s}; [[ $s =~ c(.*)f ]] && echo ${BASH_REMATCH[1]}
trap 'echo usr1' USR1; kill -USR1 $$; (exit 7); echo $?; x=$(echo sub; exit 3); echo $x $?
for i in {1..200}; do echo $i; done | { n=0; while read v; do n=$((n + v)); done; echo $n; }
( sleep_for() { read -t 0.01 < /dev/zero; }; sleep_for & wait $!; echo waited )
printf '%05d %s %q\\n' 42 text "a b"; type -t fib cd; echo ${PIPESTATUS[0]}
'''
PERL = r'''
my %h; $h{$_ % 7} += $_ for 1 .. 1000; print join(",", map { "$_=$h{$_}" } sort keys %h), "\n";
my $t = "The quick brown fox" x 20; my $n = () = $t =~ /(\w)(\w+)/g; print "$n\n";
(my $u = $t) =~ s/(\w+)/\u\L$1/g; print substr($u, 0, 30), "\n";
my @s = sort { $b <=> $a } map { ($_ * 7919) % 1009 } 1 .. 500; print "@s[0..5]\n";
sub fib { $_[0] < 2 ? $_[0] : fib($_[0] - 1) + fib($_[0] - 2) } print fib(18), "\n";
local $SIG{USR1} = sub { print "signal\n" }; kill USR1 => $$; local $SIG{ALRM} = sub { die "late\n" };
eval { die { code => 5 } }; print $@->{code}, "\n"; print pack("N n C", 1, 2, 3) eq "\0\0\0\1\0\2\3" ? "ok\n" : "no\n";
my $pid = fork; if (!$pid) { exit 9 } waitpid $pid, 0; print $? >> 8, "\n"; printf "%.10g %e\n", sqrt(2), 1e100 / 3;
'''


def fetch():
    tree = os.path.join(CACHE, 'trixie-arm64')
    for package in PACKAGES:
        part = os.path.join(tree + '-parts', package)
        os.makedirs(os.path.dirname(part), exist_ok=True)
        subprocess.run([os.path.join(HERE, 'fetch-foreign'), 'arm64', package, part, 'trixie'], check=True)
        subprocess.run(['cp', '-a', part + '/.', tree + '/'], check=True) if os.path.isdir(tree) else \
            subprocess.run(['cp', '-a', part, tree], check=True)
    for name in 'bin', 'lib':
        if not os.path.lexists(os.path.join(tree, name)):
            os.symlink('usr/' + name, os.path.join(tree, name))
    return tree


def run(words):
    r = subprocess.run(words, capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
                       env={**os.environ, 'LC_ALL': 'C', 'PERL_HASH_SEED': '0'})
    return r.returncode, r.stdout, r.stderr


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('--build-dir', default='build')
    args = p.parse_args()
    ferry = os.path.abspath(os.path.join(args.build_dir, 'linux-user', 'ferry'))
    tree = fetch()
    passed = failed = 0
    for name, flag, script in ('bash', '-c', BASH), ('perl', '-e', PERL):
        want = run(['/usr/bin/' + name, flag, script])
        for options in (['-cpu', 'max'], ['-cpu', 'max,+pauth'], ['-cpu', 'max,-bti'],
                        ['-cold-runs', '0'], ['-tb-size', '1', '-cold-runs', '0']):
            got = run([ferry, *options, '-L', tree, tree + '/usr/bin/' + name, flag, script])
            good = got[:2] == want[:2] and want[0] == 0
            passed += good
            failed += not good
            if not good:
                print('FAILED %s %s:\n  got  %r\n  want %r' % (name, options, got, want))
        trace = run([ferry, '-strace', '-L', tree, tree + '/usr/bin/' + name, flag, script])[2]
        if trace.count(b'|PROT_BTI') < 3:
            failed += 1
            print('FAILED %s: its pages are not guarded' % name)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
