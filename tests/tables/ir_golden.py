#!/usr/bin/env python3
"""The IR of a few snippets of a guest, so that a change of the front end shows in review.

usage: ir_golden.py GUEST_IR GUEST EXPECTED [--bless]

EXPECTED has paragraphs: a line `# assembly`, a line of words in hex (first maybe `-m MODE`), then
the IR text. `--bless` rewrites it with the present text.
"""
import subprocess
import sys


def paragraphs(text):
    for part in text.split('\n\n'):
        lines = part.strip('\n').split('\n')
        if len(lines) >= 2:
            yield lines[0], lines[1], lines[2:]


def main(argv):
    tool, guest, path = argv[1:4]
    with open(path) as fh:
        wanted = list(paragraphs(fh.read()))
    bad, fresh = 0, []
    for title, words, expect in wanted:
        r = subprocess.run([tool, guest, *words.split()], capture_output=True, text=True)
        got = [ln for ln in r.stdout.split('\n') if ln.strip()]
        fresh.append('\n'.join([title, words] + got))
        if r.returncode or got != expect:
            bad += 1
            if '--bless' not in argv:
                print('%s\n%s\nexpected:\n%s\ngot:\n%s\n' %
                      (title, words, '\n'.join(expect), '\n'.join(got)))
    if '--bless' in argv:
        with open(path, 'w') as fh:
            fh.write('\n\n'.join(fresh) + '\n')
        return 0
    print('%d snippets, %d differ' % (len(wanted), bad))
    return 1 if bad or not wanted else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
