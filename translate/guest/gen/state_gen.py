#!/usr/bin/env python3
"""Turn a `.state` table (a guest's registers) into slot numbers and a const SlotDesc array.

usage: state_gen.py PREFIX TABLE OUT_H OUT_C

    reg NAME TYPE [sig=N] [gdb=N] [dump=N]    one register; TYPE is i32 i64 flags v128, or low64: a
                                              v128 whose upper half is always zero
    reg x[0..30] i64 sig=0                    a file of registers; sig and gdb count up
    reg ra,sp,gp i64 sig=1                    the same with names of their own
    pin NAME...                               fixed host registers: the first is the most wanted
    layout NAME...                            these lie first in the state, in this order

Slot numbers follow the order of the `reg` lines; offsets follow `layout`, then that order. The
state starts 64 bytes into the vcpu and its first 192 bytes are cheap to address.
"""
import os
import re
import sys

SIZE = {'i32': 4, 'i64': 8, 'flags': 4, 'v128': 16, 'low64': 16}
STATE_MAX = 2048


class StateError(Exception):
    pass


def fail(where, text):
    raise StateError('%s:%d: error: %s' % (where[0], where[1], text))


class Reg:
    def __init__(self, name, kind, where):
        self.name, self.kind, self.where = name, kind, where
        self.pin, self.off = 0, None
        self.num = {'sig': -1, 'gdb': -1, 'dump': 0}


def parse_reg(words, where, regs):
    if len(words) < 3 or words[2] not in SIZE:
        fail(where, "reg takes a name and one of the types %s" % ' '.join(SIZE))
    m = re.fullmatch(r'([a-z]\w*)\[(\d+)\.\.(\d+)\]', words[1])
    if m:
        names = [m.group(1) + str(i) for i in range(int(m.group(2)), int(m.group(3)) + 1)]
    else:
        names = words[1].split(',')
    for i, name in enumerate(names):
        if not re.fullmatch(r'[a-z]\w*', name):
            fail(where, "bad register name '%s'" % name)
        if name in regs:
            fail(where, 'register %s appears twice' % name)
        r = Reg(name, words[2], where)
        for attr in words[3:]:
            key, _, val = attr.partition('=')
            if key not in r.num or not val.isdigit():
                fail(where, "register %s: unknown attribute '%s'" % (name, attr))
            r.num[key] = int(val) + (i if key != 'dump' else 0)
        regs[name] = r


def parse(path):
    regs, layout = {}, []
    with open(path) as fh:
        for n, line in enumerate(fh, 1):
            words = line.split('#')[0].split()
            where = (path, n)
            if not words:
                continue
            if words[0] == 'reg':
                parse_reg(words, where, regs)
                continue
            if words[0] not in ('pin', 'layout'):
                fail(where, "unknown word '%s'" % words[0])
            for i, name in enumerate(words[1:]):
                if name not in regs:
                    fail(where, "%s names the unknown register '%s'" % (words[0], name))
                if words[0] == 'layout':
                    layout.append(regs[name])
                elif regs[name].pin:
                    fail(where, 'register %s is pinned twice' % name)
                else:
                    regs[name].pin = 255 - i
    if len(set(layout)) != len(layout):
        fail((path, 1), 'layout names a register twice')
    return list(regs.values()), layout


def place(regs, layout, path):
    off = 0
    for r in layout + [r for r in regs if r not in layout]:
        size = SIZE[r.kind]
        off = (off + size - 1) // size * size
        r.off = off
        off += size
    if off > STATE_MAX:
        fail((path, 1), 'the state has %d bytes, more than %d' % (off, STATE_MAX))
    for kind in ('sig', 'gdb'):
        nums = [r.num[kind] for r in regs if r.num[kind] >= 0]
        if len(set(nums)) != len(nums):
            fail((path, 1), '%s= gives a number to two registers' % kind)
    return (off + 15) // 16 * 16


def write(regs, size, p, table, out_h, out_c):
    up, src = p.upper(), os.path.basename(table)
    with open(out_h, 'w') as fh:
        fh.write('/* Made by state_gen.py from %s; do not edit. */\n' % src)
        fh.write('#ifndef FERRY_%s_STATE_H\n#define FERRY_%s_STATE_H\n#include "slots.h"\n\n' %
                 (up, up))
        fh.write('enum {\n')
        fh.writelines('    %s_%s,\n' % (up, r.name.upper()) for r in regs)
        fh.write('    %s_SLOT_COUNT\n};\n\nenum { %s_STATE_SIZE = %d };\n\n' % (up, up, size))
        fh.write('extern const SlotDesc %s_slots[%s_SLOT_COUNT];\n#endif\n' % (p, up))
    with open(out_c, 'w') as fh:
        fh.write('/* Made by state_gen.py from %s; do not edit. */\n' % src)
        fh.write('#include "%s"\n\nconst SlotDesc %s_slots[%s_SLOT_COUNT] = {\n' %
                 (os.path.basename(out_h), p, up))
        fh.writelines('    {"%s", %d, SLOT_%s, %d, %d, %d, %d, %s},\n' %
                      (r.name, r.off, 'V128' if r.kind == 'low64' else r.kind.upper(), r.pin,
                       r.num['sig'], r.num['gdb'], r.num['dump'],
                       'true' if r.kind == 'low64' else 'false') for r in regs)
        fh.write('};\n')


def main(argv):
    if len(argv) != 5:
        sys.exit(__doc__)
    try:
        regs, layout = parse(argv[2])
        size = place(regs, layout, argv[2])
    except (StateError, OSError) as e:
        sys.exit(str(e))
    write(regs, size, argv[1], argv[2], argv[3], argv[4])
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
