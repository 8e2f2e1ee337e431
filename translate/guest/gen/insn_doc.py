#!/usr/bin/env python3
"""Write the table of supported instructions from an `.insn` table, as Markdown.

usage: insn_doc.py TITLE TABLE OUT.md           write it
       insn_doc.py TITLE TABLE OUT.md --check   fail if OUT.md is not what would be written
"""
import os
import re
import sys

import insn_gen


def mnemonic(row):
    text = re.sub(r'\{(ab|id):[^}]*\}', '[ab]', row.template.split(' ')[0])
    text = re.sub(r'\{[^}]*\}$', '', text)
    return re.sub(r'\{[^}]*\}', '*', text) or row.name


def document(title, table):
    rows, _, features, _ = insn_gen.load(table)
    done = [r for r in rows if not r.todo]
    o = ['# %s' % title, '',
         'Made by `translate/guest/gen/insn_doc.py` from `%s`.' % os.path.basename(table), '',
         '%d of %d encodings are implemented. Executing one of the others raises SIGILL, as on a CPU' %
         (len(done), len(rows)), 'without the extension, and is said once under `-d unimp`.', '']
    chapters = list(dict.fromkeys(r.chapter for r in rows))
    for name in chapters:
        mine = [r for r in rows if r.chapter == name]
        ok = list(dict.fromkeys(mnemonic(r) for r in mine if not r.todo))
        o += ['## ' + name, '']
        if ok:
            o += ['Implemented: ' + ', '.join(ok) + '.', '']
        why = {}
        for r in mine:
            if r.todo:
                why.setdefault(r.todo, []).append(mnemonic(r))
        for reason, names in why.items():
            o += ['Not implemented (%s): %s.' % (reason, ', '.join(dict.fromkeys(names))), '']
    used = {n for r in rows for n in insn_gen.needs(r)[0]}
    lacking = {n for r in rows if r.todo for n in insn_gen.needs(r)[0]}
    used |= {f for f in features if 'norow' in features[f].flags}
    used.discard(None)
    hidden = {f for f in used - lacking if 'off' in features[f].flags}
    o += ['## Features', '', 'Offered by the default CPU: ' +
          ', '.join(f for f in features if f in used - lacking - hidden) + '.', '']
    if hidden:
        o += ['Offered when asked for (`-cpu max,+...`): ' +
              ', '.join(f for f in features if f in hidden) + '.', '']
    o += ['Not offered: ' +
          ', '.join(f for f in features if f in lacking or f not in used) + '.', '']
    return '\n'.join(o)


def main(argv):
    text = document(argv[1], argv[2])
    if '--check' not in argv:
        with open(argv[3], 'w') as fh:
            fh.write(text)
        return 0
    with open(argv[3]) as fh:
        if fh.read() == text:
            return 0
    print('%s is out of date; run insn_doc.py' % argv[3])
    return 1


if __name__ == '__main__':
    sys.exit(main(sys.argv))
