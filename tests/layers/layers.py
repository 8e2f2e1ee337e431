#!/usr/bin/env python3
"""The layer rule, read off the #include lines, and the size rule.

A file may include headers of its own folder and of the folders its layer may use. Generated headers
count as lying in the folder that generates them. `--self-test` shows that a breach is found.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
BASE, IR = 'translate/base', 'translate/ir'
# folder: folders it may use besides itself
MAY = {
    BASE: [],
    IR: [BASE],
    'translate/opt': [BASE, IR],
    'translate/regalloc': [BASE, IR],
    'translate/guest': [BASE, IR],
    'translate/guest/a64': [BASE, IR, 'translate/guest'],
    'translate/guest/rv64': [BASE, IR, 'translate/guest'],
    'host-backends': [BASE, IR, 'translate/regalloc'],
    'host-backends/x64': [BASE, IR, 'translate/regalloc', 'host-backends'],
    'translate/debug': [BASE, IR, 'translate/guest'],
    'translate/rt': [BASE, IR, 'translate/opt', 'translate/regalloc', 'translate/guest',
                     'translate/debug', 'host-backends'],
    'elf': [BASE],
    'syscalls': [BASE],
    'linux-user': [BASE, IR, 'translate/opt', 'translate/regalloc', 'translate/guest',
                   'translate/guest/a64', 'translate/guest/rv64', 'translate/rt', 'translate/debug', 'host-backends', 'elf',
                   'syscalls'],
}
GENERATED = re.compile(r'^((?:a64|rv64)_(decode|state)|sys_\w+|vdso_\w+)\.(h|inc)$')
# only main and the list of guests name concrete guests and backends
CONCRETE = re.compile(r'\b(guest_a64|guest_rv64|backend_x64)\b')
CONCRETE_OK = {'translate/guest/guest.h', 'host-backends/backend.h', 'linux-user/main.c',
               'linux-user/guests.c'}
MAX_LINES = 800


def sources(root):
    for folder in MAY:
        path = os.path.join(root, folder)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            if name.endswith(('.c', '.h', '.def', '.S')):
                yield folder, name


def breaches(root):
    files = list(sources(root))
    home = {}
    for folder, name in files:
        home.setdefault(name, []).append(folder)
    for folder, name in files:
        text = open(os.path.join(root, folder, name)).read()
        where = folder + '/' + name
        if text.count('\n') > MAX_LINES:
            yield '%s: %d lines; at most %d' % (where, text.count('\n'), MAX_LINES)
        for inc in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
            inc = os.path.basename(inc)
            homes = home.get(inc)
            if not homes:
                if not GENERATED.match(inc):
                    yield '%s: includes %s, which no folder has' % (where, inc)
                continue
            if not any(h == folder or h in MAY[folder] for h in homes):
                yield '%s: includes %s of %s' % (where, inc, homes[0])
        if CONCRETE.search(text) and where not in CONCRETE_OK and \
                not folder.startswith(('translate/guest/', 'host-backends/')):
            yield '%s: names a concrete guest or backend' % where


def self_test():
    import tempfile
    with tempfile.TemporaryDirectory() as tmp:
        os.makedirs(os.path.join(tmp, BASE))
        os.makedirs(os.path.join(tmp, IR))
        open(os.path.join(tmp, IR, 'ir.h'), 'w').write('\n')
        open(os.path.join(tmp, BASE, 'x.c'), 'w').write('#include "ir.h"\n')
        assert len(list(breaches(tmp))) == 1


if __name__ == '__main__':
    self_test()
    found = list(breaches(ROOT))
    print('\n'.join(found) if found else 'layers: %d files, no breach' % len(list(sources(ROOT))))
    sys.exit(1 if found else 0)
