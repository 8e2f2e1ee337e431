"""docs/programs.md: the parts between `<!-- NAME -->` and `<!-- end -->` are written by the runs."""
import os
import re
import subprocess
import time

import make

DOCS = os.path.join(make.HERE, '../../docs/programs.md')


def replace_part(name, text):
    with open(DOCS) as f:
        old = f.read()
    pattern = r'(<!-- %s -->\n).*?(<!-- end -->)' % re.escape(name)
    new, n = re.subn(pattern, lambda m: m[1] + text + m[2], old, flags=re.S)
    if n != 1:
        raise ValueError('docs/programs.md has no part %s' % name)
    with open(DOCS, 'w') as f:
        f.write(new)


def read_rows(name):
    """Of a part's table: its lines by the first column."""
    with open(DOCS) as f:
        part = re.search(r'<!-- %s -->\n(.*?)<!-- end -->' % re.escape(name), f.read(), re.S)
    rows = {}
    for line in part[1].splitlines()[2:] if part else []:
        cells = [c.strip() for c in line.strip('|').split('|')]
        rows[cells[0]] = cells
    return rows


def version(tree, package):
    r = subprocess.run(['dpkg-query', '--admindir=' + os.path.join(tree, 'var/lib/dpkg'), '-W',
                        '-f', '${Version}\n', package], capture_output=True, text=True)
    return r.stdout.split('\n')[0] or '?'


def write_programs(arch, results):
    """results: (case, runner, what). Rows of cases that were not run stay."""
    runners = ['follow', 'binfmt']
    rows = read_rows('programs ' + arch)
    tree = make.tree_path(arch)
    for case, runner, what in results:
        if runner not in runners:
            continue
        row = rows.setdefault(case.name, [case.name, '', '', ''])
        package = case.packages(arch)[0]
        row[1] = '%s %s' % (package, version(tree, package))
        row[2 + runners.index(runner)] = what
    text = '| case | version | ferry follows | binfmt_misc |\n|---|---|---|---|\n'
    text += ''.join('| %s |\n' % ' | '.join(rows[k]) for k in sorted(rows))
    replace_part('programs ' + arch, text)


def write_figures(arch, rows, ferry, qemu):
    text = ('| program, %s | native s | ferry s | of native | qemu-user s | of native |\n'
            '|---|---|---|---|---|---|\n' % time.strftime('%Y-%m-%d'))
    for name, n, f, q in rows:
        text += '| %s | %.2f | %.2f | %.2f | %.2f | %.2f |\n' % (name, n, f, f / n, q, q / n)
    text += '| geometric mean | | | %.2f | | %.2f |\n' % (ferry, qemu)
    replace_part('figures ' + arch, text)
