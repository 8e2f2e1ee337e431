#!/usr/bin/env python3
"""Turn a `.insn` table into const decode data, row and field types, and handler prototypes.

usage: insn_gen.py PREFIX TABLE OUT_H OUT_C [DEPFILE]

One row is one encoding of an instruction, read like the manual's box diagram from bit 31 down to
bit 0:

    add_imm  sf:1 00 100010 sh:1 imm12:12 rn:5 rd:5  "add {rs:rd}, {rs:rn}, {imm:imm12}{sh12:sh}"

A line that starts with white space continues the row above it; `#` starts a comment.

    name          the row's name; its handler is PREFIX_name unless `fn=` says otherwise
    010x          fixed bits, x is ignored by the decoder (the manual's "(1)")
    imm12:12      a field of 12 bits;   imm9:s9  a signed one
    size=01       a field that is fixed in this row, so that rows can share a handler
    "template"    how a listing shows it: `{kind:field,...}` goes to the guest's printer

Attributes after the template:

    where=!(sf=0,imm6=1xxxxx)   reserved: the row does not match such a word (may be repeated)
    over=row                    this row is more specific than `row`, which it overlaps
    fn=handler                  share the handler of that name (same fields needed)
    feat=LSE      undefined unless the CPU has the feature; a feature is complete, and so offered by
                  default, when none of its rows is todo
    feat=A|B  feat=A+B          one of several features, all of them (at most 3)
    sets=nzcv  ends=branch  priv  todo="reason"

Directives: `feature NAME [hwcap=WORD.BIT] [id=CRM.OP2.SHIFT.VALUE] [...]` (feat= names one of these: its
bit in the auxiliary vector and its field of an identification register; what the four numbers of
`id` mean is the guest's; see Feature for the rest), `include FILE`, `chapter "TITLE"`, `defaults feat=...` (until the next
chapter), `let NAME words...` (the row word `$NAME` then stands for these words), `widths 16 32` (the
table has rows of 16 bits too: they lie in the low half, the decoder ignores the upper one).

A `todo` row decodes, is listed and counted, but has no handler.
"""
import os
import re
import sys

WIDTH = 32
INDEX_BITS = 14  # A64: 1.4 candidates a word, 12 ns to decode; with 11 bits 2.5 and 20 ns
MAX_ROWS = 4000
MAX_NEEDS = 3
ATTRS = {'where', 'over', 'fn', 'feat', 'sets', 'ends', 'priv', 'todo'}
ENDS = ('none', 'branch', 'call', 'indirect', 'ret', 'trap', 'context')


class TableError(Exception):
    def __init__(self, where, text):
        super().__init__('%s:%d: error: %s' % (where[0], where[1], text))


class Field:
    def __init__(self, name, pos, width, signed):
        self.name, self.pos, self.width, self.signed = name, pos, width, signed

    def key(self):
        return (self.name, self.pos, self.width, self.signed)


class Row:
    """One encoding: `mask`/`value` are its fixed bits, `resv` its reserved (mask, value) pairs."""

    def __init__(self, name, where):
        self.name, self.where = name, where
        self.width = WIDTH
        self.mask = self.value = 0
        self.fields = {}
        self.resv = []
        self.over = []
        self.template = ''
        self.attrs = {}
        self.chapter = ''

    @property
    def handler(self):
        return self.attrs.get('fn', self.name)

    @property
    def todo(self):
        return self.attrs.get('todo')

    def matches(self, word):
        return word & self.mask == self.value and \
            not any(word & m == v for m, v in self.resv)


def parse_bits(text):
    """'01x' as (mask, value)."""
    mask = int(re.sub('[01]', '1', text).replace('x', '0'), 2)
    return mask, int(text.replace('x', '0'), 2)


def place(row, pos, text):
    mask, value = parse_bits(text)
    row.mask |= mask << pos
    row.value |= value << pos


def token_width(tok):
    if re.fullmatch('[01x]+', tok):
        return len(tok)
    m = re.fullmatch(r'[A-Za-z]\w*(?::s?(\d+)|=([01]+))', tok)
    return 0 if not m else int(m.group(1)) if m.group(1) else len(m.group(2))


def parse_pattern(row, tokens, widths):
    total = sum(map(token_width, tokens))
    row.width = pos = total if total in widths else WIDTH
    for tok in tokens:
        m = re.fullmatch(r'([A-Za-z]\w*):(s?)(\d+)', tok)
        fixed = re.fullmatch(r'([A-Za-z]\w*)=([01]+)', tok)
        if re.fullmatch('[01x]+', tok):
            name, width, bits = None, len(tok), tok
        elif m:
            name, width, bits = m.group(1), int(m.group(3)), None
        elif fixed:
            name, width, bits = fixed.group(1), len(fixed.group(2)), fixed.group(2)
        else:
            raise TableError(row.where, "row %s: cannot read '%s'" % (row.name, tok))
        pos -= width
        if pos < 0 or width == 0:
            break
        if bits:
            place(row, pos, bits)
        if name:
            if name in row.fields:
                raise TableError(row.where, 'row %s: field %s appears twice' % (row.name, name))
            row.fields[name] = Field(name, pos, width, bool(m and m.group(2)))
    if pos != 0:
        raise TableError(row.where, 'row %s: the pattern has %d bits, not %s' %
                         (row.name, total, ' or '.join(map(str, widths))))


def parse_where(row, text):
    m = re.fullmatch(r'!\(([^()]+)\)', text)
    if not m:
        raise TableError(row.where, "row %s: where= takes '!(field=value,...)', not '%s'" %
                         (row.name, text))
    mask = value = 0
    for term in m.group(1).split(','):
        name, _, bits = term.partition('=')
        f = row.fields.get(name)
        if f is None:
            raise TableError(row.where, "row %s: where= names the unknown field '%s'" %
                             (row.name, name))
        if not re.fullmatch('[01x]+', bits) or len(bits) != f.width:
            raise TableError(row.where, "row %s: where= needs %d bits for %s, not '%s'" %
                             (row.name, f.width, name, bits))
        bm, bv = parse_bits(bits)
        mask |= bm << f.pos
        value |= bv << f.pos
    row.resv.append((mask, value))


def parse_attr(row, text):
    name, _, val = text.partition('=')
    if name not in ATTRS:
        raise TableError(row.where, "row %s: unknown attribute '%s'" % (row.name, name))
    val = val.strip('"')
    if name == 'where':
        parse_where(row, val)
    elif name == 'over':
        row.over.append(val)
    elif name == 'todo' and not val:
        raise TableError(row.where, 'row %s: todo= needs a reason' % row.name)
    elif name == 'ends' and val not in ENDS:
        raise TableError(row.where, 'row %s: ends= is one of %s' % (row.name, ' '.join(ENDS)))
    else:
        row.attrs[name] = val or '1'


def check_template(row):
    if not row.template:
        raise TableError(row.where, 'row %s: no template' % row.name)
    rest = re.sub(r'\{\w+(:[^{}]*)?\}', '', row.template)
    if '{' in rest or '}' in rest:
        raise TableError(row.where, 'row %s: unbalanced braces in the template' % row.name)
    for args in re.findall(r'\{\w+:([^{}]*)\}', row.template):
        for name in args.split(','):
            if name not in row.fields:
                raise TableError(row.where, "row %s: the template names the unknown field '%s'" %
                                 (row.name, name))


def parse_row(tokens, where, defaults, widths):
    row = Row(tokens[0], where)
    if not re.fullmatch(r'[a-z]\w*', row.name):
        raise TableError(where, "bad row name '%s'" % row.name)
    quoted = [i for i, t in enumerate(tokens) if t.startswith('"')]
    if not quoted:
        raise TableError(where, 'row %s: no template' % row.name)
    row.template = tokens[quoted[0]].strip('"')
    parse_pattern(row, tokens[1:quoted[0]], widths)
    row.attrs.update(defaults)
    for tok in tokens[quoted[0] + 1:]:
        parse_attr(row, tok)
    check_template(row)
    return row


TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')


def logical_lines(path):
    """(text, line number) with comments gone and continuation lines joined."""
    out = []
    with open(path) as fh:
        for n, line in enumerate(fh, 1):
            line = re.sub(r'''("[^"]*")|#.*''', lambda m: m.group(1) or '', line).rstrip()
            if not line:
                continue
            if line.count('"') % 2:
                raise TableError((path, n), 'a quote is not closed')
            if line[0].isspace() and out:
                out[-1] = (out[-1][0] + ' ' + line, out[-1][1])
            else:
                out.append((line, n))
    return out


FEATURE_FLAGS = ('off', 'norow', 'always')
MAX_IMPLIED = 3


class Feature:
    """A `feature` line. Beside hwcap= and id=:

        info=asimdrdm  its name in /proc/cpuinfo, and a second name in lists
        also=rdma      a third name in lists
        needs=A,B      switching it on switches these on; without one of them it is off
        off            not in the widest CPU: has to be asked for
        norow          complete though no row names it (hints, wider behaviour of other rows)
        always         cannot be switched off
    """

    def __init__(self, tokens, where):
        self.hwcap, self.ident = (0, 255), (0, 0, 0, 0)
        self.info = self.also = ''
        self.needs, self.flags, self.where = [], set(), where
        if len(tokens) < 2:
            raise TableError(where, 'feature needs a name')
        self.name = tokens[1]
        for tok in tokens[2:]:
            if not self.take(tok):
                raise TableError(where, "feature %s: cannot read '%s'" % (self.name, tok))

    def take(self, tok):
        key, _, value = tok.partition('=')
        nums = tuple(map(int, value.split('.'))) if re.fullmatch(r'\d+(\.\d+)*', value) else ()
        if tok in FEATURE_FLAGS:
            self.flags.add(tok)
        elif key == 'hwcap' and len(nums) == 2 and nums[0] < 2 and nums[1] < 64:
            self.hwcap = nums
        elif key == 'id' and len(nums) == 4 and nums[2] < 64:
            self.ident = nums
        elif key in ('info', 'also') and re.fullmatch(r'\w+', value):
            setattr(self, key, value)
        elif key == 'needs' and 0 < len(value.split(',')) <= MAX_IMPLIED:
            self.needs = value.split(',')
        else:
            return False
        return True

    def data(self, number, strings):
        """Its InsnFeature, by the numbers of all features."""
        for n in self.needs:
            if n not in number:
                raise TableError(self.where, "feature %s: unknown feature '%s'" % (self.name, n))
        implied = ([number[n] for n in self.needs] + [0] * MAX_IMPLIED)[:MAX_IMPLIED]
        texts = [strings.add(t) for t in (self.name, self.info, self.also)]
        return '{%s, %s, {%s}, %d, %d},' % (
            ', '.join(map(str, texts)), ', '.join(map(str, self.hwcap + self.ident)),
            ', '.join(map(str, implied)), 'off' in self.flags, 'always' in self.flags)


def expand(tokens, lets, where):
    out = []
    for tok in tokens:
        if tok[0] == '$' and tok[1:] not in lets:
            raise TableError(where, "unknown name '%s'" % tok)
        out += lets[tok[1:]] if tok[0] == '$' else [tok]
    return out


def needs(row):
    """The features that the row names: ([names], all of them are needed)."""
    text = row.attrs.get('feat', '')
    return [n for n in re.split(r'[|+]', text) if n], '+' in text


def check_needs(row, features):
    names, _ = needs(row)
    if len(names) > MAX_NEEDS:
        raise TableError(row.where, 'row %s: more than %d features' % (row.name, MAX_NEEDS))
    for name in names:
        if name not in features:
            raise TableError(row.where, "row %s: unknown feature '%s'" % (row.name, name))


def parse_widths(tokens, widths, where):
    if tokens != ['16', '32']:
        raise TableError(where, "widths are '16 32'")
    widths[:] = [16, 32]


def parse_file(path, rows, files, features, widths):
    files.append(path)
    chapter, defaults, lets = '', {}, {}
    for text, n in logical_lines(path):
        where = (path, n)
        tokens = TOKEN.findall(text)
        if tokens[0] == 'include':
            sub = os.path.join(os.path.dirname(path), tokens[1])
            if not os.path.exists(sub):
                raise TableError(where, 'no file %s' % tokens[1])
            parse_file(sub, rows, files, features, widths)
        elif tokens[0] == 'widths':
            parse_widths(tokens[1:], widths, where)
        elif tokens[0] == 'chapter':
            chapter, defaults = ' '.join(tokens[1:]).strip('"'), {}
        elif tokens[0] == 'defaults':
            defaults = {k: v.strip('"') for k, _, v in (t.partition('=') for t in tokens[1:])}
        elif tokens[0] == 'feature':
            f = Feature(tokens, where)
            if f.name in features:
                raise TableError(where, 'feature %s appears twice' % f.name)
            features[f.name] = f
        elif tokens[0] == 'let':
            lets[tokens[1]] = tokens[2:]
        else:
            row = parse_row(expand(tokens, lets, where), where, defaults, widths)
            check_needs(row, features)
            row.chapter = chapter
            rows.append(row)


def covered(mask, value, cubes):
    """Is every word of the cube (mask, value) in one of `cubes`?"""
    live = [(m, v) for m, v in cubes if (mask & m) & (value ^ v) == 0]
    if not live:
        return False
    best = min(live, key=lambda c: bin(c[0] & ~mask).count('1'))
    free = best[0] & ~mask
    if not free:
        return True
    bit = free & -free
    return all(covered(mask | bit, value | b, live) for b in (0, bit))


def overlap(a, b):
    """A word that both rows match exists."""
    if (a.mask & b.mask) & (a.value ^ b.value):
        return False
    return not covered(a.mask | b.mask, a.value | b.value, a.resv + b.resv)


def bits_of(row):
    return bin(row.mask).count('1')


def check_overlaps(rows):
    by_name = {r.name: r for r in rows}
    order = sorted(rows, key=lambda r: -bits_of(r))
    for row in rows:
        for name in row.over:
            if name not in by_name:
                raise TableError(row.where, "row %s: over= names the unknown row '%s'" %
                                 (row.name, name))
            if bits_of(by_name[name]) >= bits_of(row):
                raise TableError(row.where, 'row %s: not more specific than %s' %
                                 (row.name, name))
    for i, a in enumerate(order):
        for b in order[i + 1:]:
            if (b.name in a.over) == overlap(a, b):
                continue
            if b.name in a.over:
                raise TableError(a.where, 'row %s says over=%s but does not overlap it' %
                                 (a.name, b.name))
            raise TableError(a.where, 'row %s overlaps row %s (%s:%d); say over=%s' %
                             (a.name, b.name, b.where[0], b.where[1], b.name))
    return order


def check_rows(rows):
    seen, handlers = {}, {}
    for row in rows:
        if row.name in seen:
            raise TableError(row.where, 'row %s appears twice (%s:%d)' %
                             ((row.name,) + seen[row.name].where))
        seen[row.name] = row
        shape = sorted(f.key() for f in row.fields.values())
        first = handlers.setdefault(row.handler, (row, shape))
        if first[1] != shape:
            raise TableError(row.where, 'row %s: handler %s has other fields in row %s' %
                             (row.name, row.handler, first[0].name))
    if len(rows) > MAX_ROWS:
        raise TableError(rows[-1].where, 'more than %d rows' % MAX_ROWS)


def choose_index(rows):
    """Greedily pick the bits that leave the shortest lists."""
    chosen = []
    groups = [rows]
    for _ in range(min(INDEX_BITS, WIDTH)):
        best = None
        for bit in range(WIDTH):
            if bit in chosen:
                continue
            cost = 0
            for g in groups:
                ones = sum(1 for r in g if not r.mask >> bit & 1 or r.value >> bit & 1)
                zeros = sum(1 for r in g if not r.mask >> bit & 1 or not r.value >> bit & 1)
                cost += ones * ones + zeros * zeros
            if best is None or cost < best[0]:
                best = (cost, bit)
        bit = best[1]
        chosen.append(bit)
        groups = [[r for r in g if not r.mask >> bit & 1 or r.value >> bit & 1 == v]
                  for g in groups for v in (0, 1)]
        groups = [g for g in groups if g]
    return sorted(chosen)


def bit_runs(bits):
    """Sorted bits as (lowest bit, count, place in the index)."""
    runs, at = [], 0
    for b in bits:
        if runs and runs[-1][0] + runs[-1][1] == b:
            runs[-1][1] += 1
        else:
            runs.append([b, 1, at])
        at += 1
    return runs


def index_expr(bits):
    return ' | '.join('((w) >> %d & %#xu) << %d' % (lo, (1 << n) - 1, at)
                      for lo, n, at in bit_runs(bits))


def make_buckets(order, bits):
    """Bucket starts and the flat list of row numbers; each list ends with 0, the catch-all."""
    starts, flat, known = [], [], {}
    for idx in range(1 << len(bits)):
        mask = value = 0
        for i, b in enumerate(bits):
            mask |= 1 << b
            value |= (idx >> i & 1) << b
        rows = tuple(r.number for r in order if not (r.mask & mask) & (r.value ^ value)
                     and not covered(r.mask | mask, r.value | value, r.resv)) + (0,)
        if rows not in known:
            known[rows] = len(flat)
            flat.extend(rows)
        starts.append(known[rows])
    return starts, flat


class Strings:
    """One blob with each text once: offsets instead of pointers keep relocations out."""

    def __init__(self):
        self.at, self.text, self.size = {'': 0}, [''], 1

    def add(self, s):
        if s not in self.at:
            self.at[s] = self.size
            self.text.append(s)
            self.size += len(s.encode()) + 1
        return self.at[s]


def c_string(s):
    return '"%s\\0"' % s.replace('\\', '\\\\').replace('"', '\\"')


def bitfields(fields):
    """C bit-field declarations, lowest bit first (little-endian hosts allocate upwards)."""
    out, at = [], 0
    for f in sorted(fields, key=lambda f: f.pos):
        if f.pos > at:
            out.append('uint32_t : %d;' % (f.pos - at))
        out.append('%s %s : %d;' % ('int32_t' if f.signed else 'uint32_t', f.name, f.width))
        at = f.pos + f.width
    return ' '.join(out)


def resolve_template(row):
    """Field names become `pos.width`, with an s when signed, for the printer."""
    def one(m):
        if not m.group(2):
            return m.group(0)
        args = []
        for name in m.group(2)[1:].split(','):
            f = row.fields[name]
            args.append('%d.%d%s' % (f.pos, f.width, 's' if f.signed else ''))
        return '{%s:%s}' % (m.group(1), ','.join(args))
    return re.sub(r'\{(\w+)(:[^{}]*)?\}', one, row.template)


def handlers_of(rows):
    """(name, first row) of each handler, in table order; done says that it is implemented."""
    first, done = {}, {}
    for r in rows:
        first.setdefault(r.handler, r)
        done[r.handler] = done.get(r.handler, False) or not r.todo
    return first, done


def done_mask(rows, features):
    """Bit mask, as four words, of the features that are complete: no row of theirs is todo."""
    names = list(features)
    if len(names) > 255:
        raise TableError(rows[-1].where, 'more than 255 features')
    lacking = {n for r in rows if r.todo for n in needs(r)[0]}
    used = {n for r in rows for n in needs(r)[0]}
    words = [0] * 4
    used |= {n for n in names if 'norow' in features[n].flags}
    for i, n in enumerate(names, 1):
        words[i // 64] |= (n in used and n not in lacking) << i % 64
    return words


def write_header(path, p, rows, bits, features, table):
    up, camel = p.upper(), p.capitalize()
    first, done = handlers_of(rows)
    o = ['/* Made by insn_gen.py from %s; do not edit. */' % os.path.basename(table),
         '#ifndef FERRY_%s_DECODE_H' % up, '#define FERRY_%s_DECODE_H' % up,
         '#include "guest.h"', '#include "insn_table.h"', '',
         'typedef enum %sRow {' % camel, '    %s_ROW_UNALLOCATED,' % up]
    o += ['    %s_ROW_%s,' % (up, r.name) for r in rows]
    o += ['    %s_ROW_COUNT' % up, '} %sRow;' % camel, '']
    o += ['/* Bits of GuestFeatures; 0 is not used. */', 'typedef enum %sFeat {' % camel,
          '    %s_FEAT_NONE,' % up]
    o += ['    %s_FEAT_%s,' % (up, n) for n in features]
    o += ['    %s_FEAT_COUNT' % up, '} %sFeat;' % camel, '']
    o += ['/* The fields of each handler\'s rows. */']
    with_fields = {}
    for name, r in first.items():
        decl = bitfields(r.fields.values())
        if decl:
            with_fields[name] = 1
            o.append('typedef struct %s_%s { %s } %s_%s;' % (camel, name, decl, camel, name))
    o += ['', 'typedef union %sInsn {' % camel, '    uint32_t word;']
    o += ['    %s_%s %s;' % (camel, name, name) for name in with_fields]
    o += ['} %sInsn;' % camel, '',
          'typedef TransResult (*%sHandler)(TransCtx *tc, %sInsn insn);' % (camel, camel), '']
    o += ['TransResult %s_%s(TransCtx *tc, %sInsn insn);' % (p, name, camel)
          for name in first if done[name]]
    o += ['', '#define %s_DECODE_INDEX(w) (%s)' % (up, index_expr(bits)), '',
          'extern const InsnTable %s_insns;' % p,
          'extern const %sHandler %s_handlers[];' % (camel, p),
          'extern const uint64_t %s_feat_done[4]; /* features without a todo row */' % p,
          'extern const InsnFeature %s_features[]; /* by %sFeat */' % (p, camel),
          '#endif', '']
    with open(path, 'w') as fh:
        fh.write('\n'.join(o))


def array(o, decl, items, per):
    o.append(decl + ' = {')
    for i in range(0, len(items), per):
        o.append('    ' + ' '.join(items[i:i + per]))
    o.append('};')
    o.append('')


def write_data(path, p, rows, bits, order, features, header, table):
    up, camel = p.upper(), p.capitalize()
    first, done = handlers_of(rows)
    fn = {name: i for i, name in enumerate((n for n in first if done[n]), 1)}
    starts, flat = make_buckets(order, bits)
    strings, resv = Strings(), []
    match = ['{0, 0, 0, 0, 0, 0, 0},']
    info = ['{%d, 0, 0, 0, 0, 0},' % strings.add('unallocated')]
    number = {n: i for i, n in enumerate(features, 1)}
    several = list(dict.fromkeys(r.attrs['feat'] for r in rows if len(needs(r)[0]) > 1))
    number.update((text, len(features) + 1 + i) for i, text in enumerate(several))
    if max(number.values(), default=0) > 255:
        raise TableError(rows[-1].where, 'more than 255 features and groups of them')
    for r in rows:
        match.append('{%#010xu, %#010xu, %d, %d, %d, INSN_ENDS_%s, %d},' %
                     (r.mask, r.value, len(resv), 0 if r.todo else fn[r.handler], len(r.resv),
                      r.attrs.get('ends', 'none').upper(), number.get(r.attrs.get('feat'), 0)))
        resv += ['{%#010xu, %#010xu},' % c for c in r.resv]
        info.append('{%s},' % ', '.join(str(strings.add(s)) for s in (
            r.name, resolve_template(r), r.attrs.get('sets', ''), r.todo or '', r.chapter,
            r.handler)))
    need = []
    for text in several:
        names = re.split(r'[|+]', text)
        nums = [number[n] for n in names] + [0] * (MAX_NEEDS - len(names))
        need.append('{{%s}, %d},' % (', '.join(map(str, nums)), '+' in text))
    known = ['{0, 0, 0, 0, 255, 0, 0, 0, 0, {0}, 0, 0},']
    known += [f.data(number, strings) for f in features.values()]
    o = ['/* Made by insn_gen.py from %s; do not edit. */' % os.path.basename(table),
         '#include "%s"' % os.path.basename(header), '']
    array(o, 'const uint64_t %s_feat_done[4]' % p,
          ['%#xu,' % w for w in done_mask(rows, features)], 4)
    array(o, 'const InsnFeature %s_features[]' % p, known, 2)
    array(o, 'static const InsnNeed need[]', need or ['{{0}, 0},'], 6)
    array(o, 'static const InsnMatch match[]', match, 2)
    array(o, 'static const InsnReserved reserved[]', resv or ['{0, 0},'], 4)
    array(o, 'static const InsnInfo info[]', info, 2)
    array(o, 'static const uint16_t bucket[]', ['%d,' % s for s in starts], 16)
    array(o, 'static const uint16_t list[]', ['%d,' % s for s in flat], 16)
    array(o, 'static const char strings[]', [c_string(s) for s in strings.text], 1)
    array(o, 'const %sHandler %s_handlers[]' % (camel, p),
          ['0,'] + ['%s_%s,' % (p, n) for n in fn], 4)
    o += ['const InsnTable %s_insns = {' % p, '    .match = match,', '    .reserved = reserved,',
          '    .info = info,',
          '    .need = need,', '    .feats = %s_FEAT_COUNT,' % up, '    .bucket = bucket,',
          '    .list = list,', '    .strings = strings,', '    .rows = %s_ROW_COUNT,' % up,
          '};', '']
    with open(path, 'w') as fh:
        fh.write('\n'.join(o))


def load(path):
    """Read and check a table: (rows, the same by decreasing specificity, features, files)."""
    rows, files, features = [], [], {}
    parse_file(path, rows, files, features, [WIDTH])
    if not rows:
        raise TableError((path, 1), 'no rows')
    check_rows(rows)
    order = check_overlaps(rows)
    for i, r in enumerate(rows, 1):
        r.number = i
    return rows, order, features, files


def main(argv):
    if len(argv) not in (5, 6):
        sys.exit(__doc__)
    prefix, table, out_h, out_c = argv[1:5]
    try:
        rows, order, features, files = load(table)
    except (TableError, OSError) as e:
        sys.exit(str(e))
    bits = choose_index(rows)
    write_header(out_h, prefix, rows, bits, features, table)
    write_data(out_c, prefix, rows, bits, order, features, out_h, table)
    if len(argv) == 6:
        with open(argv[5], 'w') as fh:
            fh.write('%s %s: %s\n' % (out_h, out_c, ' '.join(files)))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
