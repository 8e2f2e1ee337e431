"""Reads and checks the system-call tables.

A fact that does not fit stops the build with file and line. The result is plain Python data; what C
sees of it is made by emit.py. Layouts are derived here from the C types, for each ABI.
"""
import re
import sys
from dataclasses import dataclass, field

ABIS = {  # word size, alignment of 64-bit integers
    "x64": (8, 8), "g64": (8, 8), "rv64": (8, 8), "g32": (4, 8), "i386": (4, 4), "arm": (4, 8),
}
BASE_ABI = {"rv64": "g64"}  # whose variants of a struct it shares unless it has its own
GUESTS = ["aarch64", "riscv64"]  # that share the numbers of g64; `38@aarch64` is that one's alone
NUMBER_COLUMNS = ["g64", "g32", "x64", "i386", "arm"]
FLAGSETS = ["generic", "arm"]
STATES = ["auto", "custom", "partial", "nosys"]

# kind in the table -> (kind in C, direction: 0 plain value, 1 in, 2 out, 3 both; what ref names)
KINDS = {
    **{k: (k, 0, None) for k in
       "int uint long ulong size off hex ptr mode cmode fd dirfd pid uid sig dev none op".split()},
    "flags": ("flags", 0, "flags"), "enum": ("enum", 0, "flags"),
    "path": ("path", 1, None), "str": ("str", 1, None), "ostr": ("str", 2, None),
    "strv": ("strv", 1, None), "envp": ("envp", 1, None),
    "in": ("struct", 1, "struct"), "out": ("struct", 2, "struct"),
    "inout": ("struct", 3, "struct"),
    "inv": ("structv", 1, "struct"), "outv": ("structv", 2, "struct"),
    "ibuf": ("buf", 1, "len"), "obuf": ("buf", 2, "len"),
    "iiov": ("iov", 1, "len"), "oiov": ("iov", 2, "len"),
    "sockaddr": ("sockaddr", 1, "len"), "osockaddr": ("sockaddr", 2, "len"),
    "pollfds": ("pollfds", 3, "len"), "fdset": ("fdset", 3, "len"),
    "dents": ("dents", 2, "len"),
    "sigset": ("sigset", 1, None), "osigset": ("sigset", 2, None),
    "wstatus": ("wstatus", 2, None), "sigarg": ("sigarg", 1, None),
    "sockopt": ("sockopt", 1, "len"), "osockopt": ("sockopt", 2, "len"),
    "mmsgs": ("mmsgs", 1, "len"), "ommsgs": ("mmsgs", 2, "len"),
}
SCALAR = re.compile(r"[su](8|16|32|64)|int|uint|long|ulong|ptr")
# kinds that only a struct's `show=` uses
SHOW_KINDS = ["cstr", "rlim", "sigmask", "handler"]
LEN_RET, LEN_NONE, LEN_CONST = 6, 7, 8


class TableError(Exception):
    pass


def fail(where, text):
    raise TableError(f"{where[0]}:{where[1]}: {text}")


def lines(path):
    """Yields ((file, line), indent, text) of lines that say something."""
    with open(path, encoding="utf-8") as f:
        for n, raw in enumerate(f, 1):
            text = raw.rstrip("\n")
            if text.strip() and not text.lstrip().startswith("#"):
                yield (path, n), len(text) - len(text.lstrip()), text.strip()


def number(where, text):
    try:
        if re.fullmatch(r"0[0-7]+", text):
            return int(text, 8)
        return int(text, 0)
    except ValueError:
        fail(where, f"'{text}' is no number")


@dataclass
class Arg:
    name: str
    kind: str      # kind in C
    dir: int
    ref: str = ""  # flags or struct name
    len: int = LEN_NONE


@dataclass
class Row:
    where: tuple
    name: str
    numbers: dict
    state: str
    attrs: dict
    ret: Arg
    args: list
    reason: str = ""
    op: str = ""     # sub-rows: the operation's name
    key: int = 0
    call: str = ""   # sub-rows: the call
    only: str = ""   # the one of GUESTS that has the call


@dataclass
class Ops:
    name: str
    key: int
    key2: int = LEN_NONE
    mask: int = (1 << 32) - 1
    keyflags: str = ""
    rest_none: bool = False
    default: str = "auto"
    rows: list = field(default_factory=list)


@dataclass
class Flags:
    name: str
    is_enum: bool
    items: list = field(default_factory=list)  # (name, mask, [value per flagset])

    def converts(self):
        return any(v[0] != v[1] for _, _, v in self.items)


@dataclass
class Variant:
    where: tuple
    packed: bool
    proof: str
    fields: list = field(default_factory=list)  # (ctype, name, count, show)


class Tables:
    def __init__(self, folder):
        self.errnos = self.read_errnos(f"{folder}/errnos.tbl")
        self.flags = self.read_flags(f"{folder}/flags.tbl")
        self.structs = self.read_structs(f"{folder}/structs.tbl")
        self.ops = self.read_ops(f"{folder}/ops.tbl")
        self.rows = self.read_rows(f"{folder}/syscalls.tbl")
        for row in self.rows:
            if "ops" in row.attrs and row.attrs["ops"] not in self.ops:
                fail(row.where, f"no table of operations '{row.attrs['ops']}'")

    # --- errnos.tbl
    def read_errnos(self, path):
        out = {}
        for where, _, text in lines(path):
            m = re.fullmatch(r"(E\w+)\s+(\d+)\s+(.+)", text)
            if not m:
                fail(where, "want NAME VALUE text")
            value = int(m[2])
            if value in [v for v, _ in out.values()]:
                fail(where, f"errno {value} stands twice")
            if m[1] in out:
                fail(where, f"{m[1]} stands twice")
            out[m[1]] = (value, m[3])
        return out

    # --- flags.tbl
    def read_flags(self, path):
        out, cur = {}, None
        for where, indent, text in lines(path):
            if indent == 0:
                m = re.fullmatch(r"(flags|enum)\s+(\w+)", text)
                if not m:
                    fail(where, "want `flags NAME` or `enum NAME`")
                if m[2] in out:
                    fail(where, f"set '{m[2]}' stands twice")
                cur = out[m[2]] = Flags(m[2], m[1] == "enum")
                continue
            if cur is None:
                fail(where, "value before the first set")
            m = re.fullmatch(r"include (\w+)", text)
            if m and m[1] not in out:
                fail(where, f"unknown set '{m[1]}'")
            if m:
                cur.items += out[m[1]].items
                continue
            self.read_flag_line(where, cur, text.split())
        return out

    def read_flag_line(self, where, cur, tokens):
        mask = None
        if tokens[0] == "field":
            if cur.is_enum:
                fail(where, "a field in an enum")
            mask = number(where, tokens[1])
            tokens = tokens[2:]
        for t in tokens:
            m = re.fullmatch(r"([\w|]+)=(\w+)(?:@arm:(\w+))?", t)
            if not m:
                fail(where, f"'{t}' is not NAME=VALUE[@arm:VALUE]")
            v = number(where, m[2])
            arm = number(where, m[3]) if m[3] else v
            item_mask = (1 << 64) - 1 if cur.is_enum else v if mask is None else mask
            if mask is None and not cur.is_enum and (v == 0 or v & (v - 1)):
                fail(where, f"{m[1]}: a flag outside a field must be one bit")
            if mask is not None and mask and v & ~mask:
                fail(where, f"{m[1]}: value lies outside its field")
            if not cur.is_enum and mask is None and any(
                    iv[0] == v and im == v for _, im, iv in cur.items):
                fail(where, f"{m[1]}: bit {v:#x} stands twice in '{cur.name}'")
            cur.items.append((m[1], item_mask, [v, arm]))

    # --- structs.tbl
    def read_structs(self, path):
        out, cur = {}, None
        for where, indent, text in lines(path):
            if indent == 0:
                cur = self.read_struct_head(where, out, text)
                continue
            if cur is None:
                fail(where, "field before the first struct")
            m = re.fullmatch(r"(\w+)\s+(\w+)(?:\[(\d+)\])?(?:\s+show=([\w()]+))?", text)
            if not m:
                fail(where, "want `ctype field[count] show=kind`")
            if not SCALAR.fullmatch(m[1]) and m[1] not in out:
                fail(where, f"unknown type '{m[1]}'")
            if m[2] in [f[1] for f in cur.fields]:
                fail(where, f"field '{m[2]}' stands twice")
            show = self.read_show(where, m[4] or "")
            cur.fields.append((m[1], m[2], int(m[3] or 1), show))
        for name, variants in out.items():
            for v in variants.values():
                if not v.fields:
                    fail(v.where, f"struct '{name}' has no field")
        return out

    def read_struct_head(self, where, out, text):
        m = re.fullmatch(r"struct\s+(\w+)((?:\s+@\w+)*)(\s+packed)?(?:\s+proof=(\S+))?", text)
        if not m:
            fail(where, "want `struct NAME [@abi ...] [packed] [proof=HEADER:CTYPE]`")
        abis = [a[1:] for a in m[2].split()] or ["*"]
        variants = out.setdefault(m[1], {})
        if not variants and abis != ["*"]:
            fail(where, f"struct '{m[1]}' needs its general form first")
        cur = Variant(where, bool(m[3]), m[4] or "")
        for a in abis:
            if a != "*" and a not in ABIS:
                fail(where, f"unknown ABI '{a}'")
            if a in variants:
                fail(where, f"struct '{m[1]}' stands twice for {a}")
            variants[a] = cur
        return cur

    def read_show(self, where, text):
        if not text:
            return ("", "")
        m = re.fullmatch(r"(\w+)(?:\((\w+)\))?", text)
        if not m or (m[1] not in KINDS and m[1] not in SHOW_KINDS):
            fail(where, f"unknown kind '{text}'")
        if m[1] in ("flags", "enum") and m[2] not in self.flags:
            fail(where, f"unknown set '{m[2]}'")
        return (m[1], m[2] or "")

    # --- syscalls.tbl, ops.tbl
    def read_arg(self, where, text, name=None):
        m = re.fullmatch(r"(?:(\w+):)?(\w+)(?:\(([^)]*)\))?", text)
        if not m or m[2] not in KINDS:
            fail(where, f"unknown kind in '{text}'")
        ckind, dirn, refs = KINDS[m[2]]
        arg = Arg(m[1] or name or "", ckind, dirn)
        params = m[3].split(",") if m[3] is not None else []
        want = {None: 0, "flags": 1, "len": 1, "struct": 2 if ckind == "structv" else 1}[refs]
        if len(params) != want:
            fail(where, f"'{text}': kind {m[2]} takes {want} parameter(s)")
        if refs == "flags" and params[0] not in self.flags:
            fail(where, f"unknown set '{params[0]}'")
        if refs == "struct" and params[0] not in self.structs:
            fail(where, f"unknown struct '{params[0]}'")
        if refs in ("flags", "struct"):
            arg.ref = params.pop(0)
        if params:
            arg.len = self.read_len(where, params[0])
        return arg

    def read_len(self, where, text):
        if text == "ret":
            return LEN_RET
        if re.fullmatch(r"[0-5]", text):
            return int(text)
        m = re.fullmatch(r"#(\d+)", text)
        if not m or int(m[1]) > 200:
            fail(where, f"length '{text}' is neither an argument, `ret` nor #n")
        return LEN_CONST + int(m[1])

    def read_attrs(self, where, text):
        out = {}
        for a in [] if text == "-" else text.split(","):
            k, _, v = a.partition("=")
            if k not in ("block", "noret", "owner", "ops", "err", "handler"):
                fail(where, f"unknown attribute '{a}'")
            out[k] = v or True
        if out.get("owner", "linux-user") != "linux-user":
            fail(where, f"unknown owner '{out['owner']}'")
        if "err" in out and out["err"] not in self.errnos:
            fail(where, f"unknown errno '{out['err']}'")
        return out

    def read_body(self, where, name, numbers, fields, reason):
        if len(fields) < 3:
            fail(where, "row too short: want state, attributes, result")
        state, attrs = fields[0], self.read_attrs(where, fields[1])
        if state not in STATES:
            fail(where, f"unknown state '{state}'")
        if state in ("partial", "nosys") and not reason:
            fail(where, f"{name}: state {state} needs a reason after ` ; `")
        if (state == "nosys") != ("err" in attrs):
            fail(where, f"{name}: err= belongs to state nosys")
        ret = self.read_arg(where, fields[2])
        return Row(where, name, numbers, state, attrs, ret, [], reason)

    def read_rows(self, path):
        rows, names, taken = [], set(), {c: {} for c in NUMBER_COLUMNS}
        for where, _, text in lines(path):
            body, _, reason = text.partition(" ; ")
            f = body.split()
            if len(f) < 9:
                fail(where, "row too short")
            name = f[0]
            if name in names:
                fail(where, f"call '{name}' stands twice")
            names.add(name)
            numbers, only = {}, ""
            for col, t in zip(NUMBER_COLUMNS, f[1:6]):
                if t == "-":
                    continue
                if col == "g64":
                    t, _, only = t.partition("@")
                if only and only not in GUESTS:
                    fail(where, f"{name}: '{only}' is no guest of column g64")
                n = number(where, t)
                if n in taken[col]:
                    fail(where, f"{col} number {n} is already {taken[col][n]}")
                taken[col][n] = name
                numbers[col] = n
            row = self.read_body(where, name, numbers, f[6:9], reason)
            row.only = only
            row.args = [self.read_arg(where, t) for t in f[9:]]
            if len(row.args) > 6:
                fail(where, f"{name}: more than six arguments")
            for a in row.args:
                if a.len < 6 and a.len >= len(row.args):
                    fail(where, f"{name}: {a.name} takes its length from a missing argument")
            rows.append(row)
        return rows

    def read_ops(self, path):
        out, cur = {}, None
        for where, _, text in lines(path):
            body, _, reason = text.partition(" ; ")
            f = body.split()
            if f[0] == "ops":
                cur = self.read_ops_head(where, f)
                if cur.name in out:
                    fail(where, f"ops '{cur.name}' stands twice")
                out[cur.name] = cur
                continue
            if cur is None or len(f) < 5:
                fail(where, "want NAME VALUE state attributes result ...")
            row = self.read_body(where, f[0], {}, f[2:5], reason)
            row.op, row.key = f[0], self.read_key(where, cur, f[1])
            if row.key in [r.key for r in cur.rows]:
                fail(where, f"value {f[1]} stands twice in '{cur.name}'")
            for t in f[5:]:
                m = re.fullmatch(r"a([0-5]):(.*)", t)
                if not m:
                    fail(where, f"'{t}' is not aN:kind")
                row.args.append((int(m[1]), self.read_arg(where, m[2])))
            cur.rows.append(row)
        for o in out.values():
            o.rows.sort(key=lambda r: r.key)
        return out

    def read_key(self, where, ops, text):
        if ops.key2 == LEN_NONE:
            return number(where, text)
        m = re.fullmatch(r"(\d+)\.(\d+)", text)
        if not m:
            fail(where, "want VALUE.VALUE2")
        return int(m[1]) << 32 | int(m[2])

    def read_ops_head(self, where, f):
        o = Ops(f[1], -1)
        for t in f[2:]:
            k, _, v = t.partition("=")
            if k in ("key", "key2", "mask"):
                setattr(o, k, number(where, v))
            elif k == "keyflags" and v in self.flags:
                o.keyflags = v
            elif t == "rest=none":
                o.rest_none = True
            elif k == "default" and (v == "auto" or v in self.errnos):
                o.default = v
            else:
                fail(where, f"unknown '{t}'")
        if not 0 <= o.key <= 5:
            fail(where, "key= must name an argument")
        return o

    def sub_rows(self, row):
        """The sub-rows of a call, with the call's own arguments filled in."""
        ops = self.ops[row.attrs["ops"]]
        out = []
        for r in ops.rows:
            given = dict(r.args)
            for n in given:
                if n >= max(len(row.args), ops.key + 1) and row.args:
                    fail(r.where, f"{row.name} has no argument {n}")
            args = []
            for i, base in enumerate(row.args):
                if i in given:
                    a = given[i]
                    args.append(Arg(base.name, a.kind, a.dir, a.ref, a.len))
                elif ops.rest_none and i > ops.key:
                    args.append(Arg(base.name, "none", 0))
                else:
                    args.append(base)
            ret = r.ret if r.ret.kind != "int" else row.ret
            out.append(Row(r.where, r.op, row.numbers, r.state, r.attrs, ret, args, r.reason,
                           r.op, r.key, row.name))
        return ops, out

    # --- layouts
    def variant(self, name, abi):
        v = self.structs[name]
        return v.get(abi) or v.get(BASE_ABI.get(abi), v["*"])

    def scalar(self, ctype, abi):
        """(size, alignment, signed) of a plain C type."""
        word, align64 = ABIS[abi]
        if ctype in ("int", "uint"):
            return 4, 4, ctype == "int"
        if ctype in ("long", "ulong", "ptr"):
            return word, word, ctype == "long"
        size = int(ctype[1:]) // 8
        return size, align64 if size == 8 else size, ctype[0] == "s"

    def layout(self, name, abi):
        """(size, alignment, [(field path, offset, size, signed, count, show)]), nested flattened."""
        v = self.variant(name, abi)
        off, align, out = 0, 1, []
        for ctype, fname, count, show in v.fields:
            if not SCALAR.fullmatch(ctype):
                size, al, sub = self.layout(ctype, abi)
                if count != 1:
                    fail(v.where, "an array of structs inside a struct")
            else:
                size, al, sub = *self.scalar(ctype, abi)[:2], None
            al = 1 if v.packed else al
            off = (off + al - 1) // al * al
            align = max(align, al)
            if sub is None:
                kind = show if show[0] else ("hex" if ctype == "ptr" else "", "")
                signed = self.scalar(ctype, abi)[2]
                out.append((fname, off, size, signed, count, kind))
            else:
                out += [(f"{fname}.{p}", off + o, s, g, c, k) for p, o, s, g, c, k in sub]
            off += size * count
        return (off + align - 1) // align * align, align, out


def main_guard(run):
    try:
        return run()
    except TableError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
