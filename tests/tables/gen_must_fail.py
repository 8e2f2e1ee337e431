#!/usr/bin/env python3
"""The table generators refuse bad input, naming file and line.

usage: gen_must_fail.py INSN_GEN STATE_GEN

Each case is a table, the line that is wrong and a piece of the message. A correct table must pass,
so that a generator that always fails does not.
"""
import os
import subprocess
import sys
import tempfile

GOOD = 'feature F hwcap=0.1\nrow  op=1 0000000 imm:s19 rd:5  "row {x:rd}, {label:imm}" feat=F\n'

INSN = [
    (GOOD + 'b 0000 a:5 "b {x:a}"\n', 3, 'pattern has 9 bits, not 32'),
    (GOOD + 'b 00000000 a:25 "b {x:a}"\n', 3, 'pattern has 33 bits, not 32'),
    (GOOD + 'b 000000q a:25 "b {x:a}"\n', 3, "cannot read '000000q'"),
    (GOOD + 'b 0000000 a:20 a:5 "b"\n', 3, 'field a appears twice'),
    (GOOD + 'b 0000000 a:25\n', 3, 'no template'),
    (GOOD + 'b 0000000 a:25 "b {x:z}"\n', 3, "template names the unknown field 'z'"),
    (GOOD + 'b 0000000 a:25 "b {x:a"\n', 3, 'unbalanced braces'),
    (GOOD + 'b 0000000 a:25 "b\n', 3, 'quote is not closed'),
    (GOOD + 'b 0000000 a:25 "b" where=!(z=1)\n', 3, "where= names the unknown field 'z'"),
    (GOOD + 'b 0000000 a:23 c:2 "b" where=!(c=111)\n', 3, 'where= needs 2 bits'),
    (GOOD + 'b 0000000 a:25 "b" where=a=1\n', 3, 'where= takes'),
    (GOOD + 'b 0000000 a:25 "b" colour=red\n', 3, "unknown attribute 'colour'"),
    (GOOD + 'b 0000000 a:25 "b" todo=\n', 3, 'todo= needs a reason'),
    (GOOD + 'b 0000000 a:25 "b" ends=later\n', 3, 'ends= is one of'),
    (GOOD + 'b 0000000 a:25 "b" feat=G\n', 3, "unknown feature 'G'"),
    (GOOD + 'b 0000000 a:25 "b" over=q\n', 3, "over= names the unknown row 'q'"),
    (GOOD + 'b 1000000 a:25 "b"\n', 2, 'overlaps row b'),
    (GOOD + 'row 0000000 a:25 "b"\n', 3, 'row row appears twice'),
    (GOOD + 'b 0000000 a:25 "b" over=row\n', 3, 'not more specific than row'),
    (GOOD + 'b 00000000 a:24 "b"\nc 0000000 a:25 "c" over=b\n', 4, 'not more specific than b'),
    (GOOD + 'b 000000000 a:23 "b" over=row\n', 3, 'does not overlap'),
    (GOOD + 'b 0000000 a:25 "b" fn=row\n', 3, 'handler row has other fields'),
    (GOOD + 'B 0000000 a:25 "b"\n', 3, "bad row name 'B'"),
    (GOOD + '$X 0000000 a:25 "b"\n', 3, "unknown name"),
    (GOOD + 'feature F\n', 3, 'feature F appears twice'),
    (GOOD + 'feature G hwcap=7\n', 3, "cannot read 'hwcap=7'"),
    (GOOD + 'feature G needs=H\n', 3, "unknown feature 'H'"),
    (GOOD + 'feature G sometimes\n', 3, "cannot read 'sometimes'"),
    ('widths 16 32\n' + GOOD + 'b 0000 a:5 "b"\n', 4, 'pattern has 9 bits, not 16 or 32'),
    ('widths 16 32\n' + GOOD + 'b 0000000000000000 "b"\n', 4, 'row b overlaps row row'),
    ('widths 8 32\n' + GOOD, 1, "widths are '16 32'"),
    (GOOD + 'b 0000000 a:9 "b"\n', 3, 'pattern has 16 bits, not 32'),
    (GOOD + 'b 0000000 a:25 "b" feat=F|G\n', 3, "unknown feature 'G'"),
    (GOOD + 'b 0000000 a:25 "b" feat=F|F|F|F\n', 3, 'more than 3 features'),
    (GOOD + 'include nowhere.insn\n', 3, 'no file nowhere.insn'),
]

STATE_GOOD = 'reg x[0..3] i64 sig=0 gdb=0 dump=1\nreg f flags\npin x1 x0\nlayout f x1\n'

STATE = [
    (STATE_GOOD + 'reg y i63\n', 5, 'reg takes a name and one of the types'),
    (STATE_GOOD + 'reg x2 i64\n', 5, 'register x2 appears twice'),
    (STATE_GOOD + 'reg y i64 colour=1\n', 5, "unknown attribute 'colour=1'"),
    (STATE_GOOD + 'reg y,z,Z i64\n', 5, "bad register name 'Z'"),
    (STATE_GOOD + 'pin z\n', 5, "pin names the unknown register 'z'"),
    (STATE_GOOD + 'pin x0\n', 5, 'register x0 is pinned twice'),
    (STATE_GOOD + 'move x0\n', 5, "unknown word 'move'"),
    (STATE_GOOD + 'layout x1\n', 1, 'layout names a register twice'),
    (STATE_GOOD + 'reg y i64 sig=2\n', 1, 'sig= gives a number to two registers'),
    (STATE_GOOD + 'reg v[0..127] v128\n', 1, 'more than 2048'),
]


def run(gen, text, work):
    path = os.path.join(work, 't')
    with open(path, 'w') as fh:
        fh.write(text)
    r = subprocess.run([sys.executable, gen, 'g', path, path + '.h', path + '.c'],
                       capture_output=True, text=True)
    return r.returncode, r.stderr


def check(gen, good, cases, work):
    code, err = run(gen, good, work)
    bad = ['the correct table fails: ' + err] if code else []
    for text, line, message in cases:
        code, err = run(gen, text, work)
        place = 't:%d: error: ' % line
        if code == 0:
            bad.append('accepted, but expected "%s":\n%s' % (message, text))
        elif place not in err or message not in err:
            bad.append('expected "%s%s", got "%s"' % (place, message, err.strip()))
    return bad


def main(argv):
    with tempfile.TemporaryDirectory() as work:
        bad = check(argv[1], GOOD, INSN, work) + check(argv[2], STATE_GOOD, STATE, work)
    print('%d tables that must fail' % (len(INSN) + len(STATE)))
    print('\n'.join(bad))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
