"""Writes the checked tables as C data, as a proof of layouts, and as a page of documentation."""
from tables import (FLAGSETS, GUESTS, KINDS, LEN_CONST, LEN_NONE, SHOW_KINDS, fail)

LAYOUTS = ["x64", "g64", "rv64"]  # the ABIs whose layouts the C tables hold; structs.tbl knows more
NONE = 0xffff


def kind_names():
    names = []
    for k in [v[0] for v in KINDS.values()] + SHOW_KINDS:
        if k not in names:
            names.append(k)
    return names


class Strings:
    """All names in one NUL-separated string: an offset needs no relocation."""

    def __init__(self):
        self.at, self.parts, self.size = {}, [], 0
        self.add("")

    def add(self, text):
        if text not in self.at:
            self.at[text] = self.size
            self.parts.append(text)
            self.size += len(text) + 1
        return self.at[text]

    def emit(self):
        body = "\n".join(f'    "{p}\\0"' for p in self.parts)
        return f"const char sys_strings[] =\n{body};\n"


class Emit:
    def __init__(self, tables, host):
        self.t, self.host = tables, host
        self.strings = Strings()
        self.sets = list(tables.flags)
        self.structs = list(tables.structs)
        self.args, self.rows, self.ops_sets, self.op_keys = [], [], [], []
        self.handlers = []  # (name, owner)
        self.flat = []      # (row, id) in the order of sys_rows
        self.collect()

    # --- what converts
    def struct_fields(self, name):
        """Fields of all variants by name: {path: {abi: (off, size, signed, count, show)}}."""
        out = {}
        for abi in ["g64"] + LAYOUTS:
            for path, *rest in self.t.layout(name, abi)[2]:
                out.setdefault(path, {})[abi] = rest
        return out

    def struct_converts(self, name):
        if self.t.layout(name, "x64")[2] != self.t.layout(name, "g64")[2]:
            return True
        return any(f[4][0] == "flags" and self.t.flags[f[4][1]].converts()
                   for v in self.struct_fields(name).values() for f in [v["g64"]])

    def arg_converts(self, row, a):
        if a.kind == "flags":
            return self.t.flags[a.ref].converts()
        if a.kind in ("struct", "structv") and self.how_name(row, False) != "HANDLER" and (
                self.t.layout(a.ref, "rv64") != self.t.layout(a.ref, "g64")):
            fail(row.where, f"{row.name}: {a.ref} differs between guests of g64: needs a handler")
        if a.kind in ("struct", "structv") and self.struct_converts(a.ref):
            if a.kind == "structv" and self.how_name(row, False) != "HANDLER":
                fail(row.where, f"{row.name}: an array of {a.ref} needs a handler")
            return True
        return False

    def how_name(self, row, converts):
        if row.state == "nosys":
            return "REFUSE"
        if row.state == "custom" or "handler" in row.attrs:
            return "HANDLER"
        if "ops" in row.attrs:
            return "OPS"
        if converts:
            return "MARSHAL"
        return "PASS_BLOCK" if "block" in row.attrs else "PASS"

    def moves(self, name, src, dst):
        """How the bytes of a struct get from one layout to the other: (from, to, in, out, signed,
        set). Neighbours that only move are one block with in == out == their whole length."""
        out = []
        for path, by_abi in self.struct_fields(name).items():
            if src not in by_abi or dst not in by_abi:
                continue
            (so, ss, sg, n, show), (do, ds, *_) = by_abi[src], by_abi[dst]
            conv = show[0] == "flags" and self.t.flags[show[1]].converts()
            ref = self.sets.index(show[1]) if conv else NONE
            for i in range(n):
                out.append([so + i * ss, do + i * ds, ss, ds, int(sg), ref])
        out.sort()
        merged = []
        for m in out:
            p = merged[-1] if merged else None
            if (p and p[2] == p[3] and m[2] == m[3] and p[5] == m[5] == NONE
                    and p[0] + p[2] == m[0] and p[1] + p[3] == m[1]):
                p[2] += m[2]
                p[3] += m[3]
            else:
                merged.append(m)
        return merged + self.holes(merged, self.t.layout(name, dst)[0])

    @staticmethod
    def holes(moves, size):
        """Bytes that no move writes, as moves with in == 0: they become zero."""
        out, at = [], 0
        for to, n in sorted((m[1], m[3]) for m in moves) + [(size, 0)]:
            if to > at:
                out.append([0, at, 0, to - at, 0, NONE])
            at = to + n
        return out

    # --- rows
    def collect(self):
        for i, row in enumerate(self.t.rows):
            self.flat.append((row, i))
        for i, row in enumerate(self.t.rows):
            if "ops" in row.attrs:
                ops, subs = self.t.sub_rows(row)
                row.ops_index = len(self.ops_sets)
                self.ops_sets.append((ops, len(self.flat), len(subs)))
                self.op_keys += [(r.key, r) for r in subs]
                self.flat += [(r, i) for r in subs]
        for row, i in self.flat:
            self.rows.append(self.row_text(row, i))

    def arg_text(self, a):
        ref = 0
        if a.kind in ("flags", "enum"):
            ref = self.sets.index(a.ref)
        elif a.kind in ("struct", "structv"):
            ref = self.structs.index(a.ref)
        return (f"{{{self.strings.add(a.name)}, {ref}, SYS_KIND_{a.kind.upper()}, {a.dir}, "
                f"{a.len}}}")

    def handler_of(self, row):
        name = f"{row.call}_{row.op.lower()}" if row.op else row.name
        self.handlers.append((name, row.attrs.get("owner", "syscalls")))
        return len(self.handlers) - 1

    def row_text(self, row, i):
        convert = sum(1 << n for n, a in enumerate(row.args) if self.arg_converts(row, a))
        paths = sum(1 << n for n, a in enumerate(row.args) if a.kind == "path")
        ret_conv = row.ret.kind == "flags" and self.t.flags[row.ret.ref].converts()
        how = self.how_name(row, convert or ret_conv)
        if bin(paths).count("1") > 2:
            fail(row.where, f"{row.name}: more than two paths")
        host = row.numbers.get(self.host)
        if host is None and how in ("PASS", "PASS_BLOCK", "MARSHAL", "OPS"):
            fail(row.where, f"{row.name}: state {row.state} but the host has no such call")
        attrs = ["SYS_ATTR_" + {"block": "BLOCK", "noret": "NORETURN"}[a]
                 for a in ("block", "noret") if a in row.attrs]
        if row.attrs.get("owner"):
            attrs.append("SYS_ATTR_LINUX_USER")
        handler = self.handler_of(row) if how == "HANDLER" else NONE
        error = self.t.errnos[row.attrs["err"]][0] if "err" in row.attrs else 0
        first = len(self.args)
        self.args += [self.arg_text(a) for a in row.args]
        ret_ref = self.sets.index(row.ret.ref) if row.ret.kind in ("flags", "enum") else 0
        ops = getattr(row, "ops_index", NONE)
        return (f"{{{i}, {self.strings.add(row.op or row.name)}, {NONE if host is None else host}, "
                f"{handler}, {ops}, {error}, {first}, {len(row.args)}, "
                f"SYS_KIND_{row.ret.kind.upper()}, SYS_HOW_{how}, SYS_STATE_{row.state.upper()}, "
                f"{' | '.join(attrs) or '0'}, {convert}, {paths}, {ret_ref}}},"
                f" /* {row.call + ' ' if row.call else ''}{row.op or row.name} */")

    # --- sys_rows.h, sys_handlers.h
    def rows_header(self):
        out = ["/* Generated from the system-call tables. */", "#ifndef FERRY_SYS_ROWS_H",
               "#define FERRY_SYS_ROWS_H", "", "enum {"]
        out += [f"    SYS_ROW_{r.name}," for r in self.t.rows]
        out += ["    SYS_ROW_COUNT,", f"    SYS_ROWS_WITH_OPS = {len(self.flat)},"]
        out += [f"    SYS_ROW_{r.call}_{r.op.lower()} = {i}," for i, (r, *_) in enumerate(self.flat)
                if r.op and r.state == "custom"] + ["};", ""]
        out += ["typedef enum SysKind {"] + [f"    SYS_KIND_{k.upper()}," for k in kind_names()]
        out += ["    SYS_KIND_COUNT", "} SysKind;", "", "enum {"]
        out += [f"    SYS_SET_{s}," for s in self.sets] + ["    SYS_SET_COUNT", "};", "", "enum {"]
        out += [f"    SYS_STRUCT_{s}," for s in self.structs] + ["    SYS_STRUCT_COUNT", "};", ""]
        out += ["enum {"] + [f"    SYS_LAYOUT_{a.upper()}," for a in LAYOUTS]
        out += ["    SYS_LAYOUT_COUNT", "};", "", "enum {"]
        out += [f"    SYS_FLAGSET_{f.upper()}," for f in FLAGSETS] + ["    SYS_FLAGSET_COUNT", "};"]
        top = max(r.numbers["g64"] for r in self.t.rows if "g64" in r.numbers) + 1
        out += ["", f"enum {{ SYS_NUMBERS_G64 = {top} }};"]
        out += ["", f"enum {{ SYS_HOST_LAYOUT = SYS_LAYOUT_{self.host.upper()}, "
                "SYS_HOST_FLAGSET = SYS_FLAGSET_" +
                ("ARM" if self.host == "g64" else "GENERIC") + " };", "", "#endif", ""]
        return "\n".join(out)

    def handlers_header(self):
        out = ["/* Generated: handlers that the tables name. SysHandler is in sys.h. */",
               "#ifndef FERRY_SYS_HANDLERS_H", "#define FERRY_SYS_HANDLERS_H", '#include "sys.h"']
        for owner, macro in (("linux-user", "LINUX_USER"), ("syscalls", "OWN")):
            names = [n for n, o in self.handlers if o == owner]
            out += ["", f"/* in {owner}/ */", f"#define SYS_HANDLERS_{macro}(X) \\"]
            out += [f"    X({n}) \\" for n in names[:-1]] + [f"    X({names[-1]})"]
            out += ["", *[f"SysHandler sys_{n};" for n in names]]
        return "\n".join(out + ["", "#endif", ""])

    # --- sys_tables.c
    def flags_data(self):
        items, sets = [], []
        for s in self.t.flags.values():
            sets.append(f"{{{len(items)}, {len(s.items)}, {int(s.is_enum)}, {int(s.converts())}}},"
                        f" /* {s.name} */")
            items += [f"{{{self.strings.add(n)}, {m:#x}, {{{v[0]:#x}, {v[1]:#x}}}}}, /* {n} */"
                      for n, m, v in s.items]
        return (["const SysFlagItem sys_flag_items[] = {", *items, "};", ""]
                + ["const SysFlagSet sys_flag_sets[] = {", *sets, "};", ""])

    def field_text(self, name, path, by_abi):
        parts = path.split(".")
        if len(parts) > 2:
            fail(self.t.variant(name, "g64").where, f"{path}: nested too deep to print")
        some = by_abi.get("g64") or next(iter(by_abi.values()))
        offs = [str(by_abi[a][0]) if a in by_abi else str(NONE) for a in LAYOUTS]
        sizes = [str(by_abi[a][1]) if a in by_abi else "0" for a in LAYOUTS]
        hidden = any(p.startswith("_") for p in parts)
        show, ref = some[4]
        show = "none" if hidden else show or ("long" if some[2] else "ulong")
        show = KINDS[show][0] if show in KINDS else show
        refno = self.sets.index(ref) if ref else 0
        group = self.strings.add(parts[0]) if len(parts) == 2 else 0
        return (f"{{{self.strings.add(parts[-1])}, {group}, {some[3]}, {{{', '.join(offs)}}}, "
                f"{{{', '.join(sizes)}}}, {int(some[2])}, SYS_KIND_{show.upper()}, {refno}}},"
                f" /* {path} */")

    def structs_data(self):
        fields, structs, moves = [], [], []
        for name in self.structs:
            by_path = self.struct_fields(name)
            spans = []
            for src, dst in (("g64", self.host), (self.host, "g64")):
                way = self.moves(name, src, dst) if self.struct_converts(name) else []
                spans.append(f"{{{len(moves)}, {len(way)}}}")
                moves += [f"{{{', '.join(map(str, m))}}}, /* {name} {src} to {dst} */" for m in way]
            sizes = [str(self.t.layout(name, a)[0]) for a in LAYOUTS]
            structs.append(f"{{{self.strings.add(name)}, {len(fields)}, {len(by_path)}, "
                           f"{{{', '.join(sizes)}}}, {int(self.struct_converts(name))}, "
                           f"{', '.join(spans)}}},"
                           f" /* {name} */")
            fields += [self.field_text(name, p, by) for p, by in by_path.items()]
        return (["const SysMove sys_moves[] = {", *moves, "};", ""]
                + ["const SysField sys_fields[] = {", *fields, "};", ""]
                + ["const SysStruct sys_structs[] = {", *structs, "};", ""])

    def ops_data(self):
        sets = [f"{{{first}, {count}, {o.key}, {o.key2}, {o.mask:#x}, "
                f"{self.sets.index(o.keyflags) if o.keyflags else NONE}, "
                f"{0 if o.default == 'auto' else self.t.errnos[o.default][0]}}}, /* {o.name} */"
                for o, first, count in self.ops_sets]
        keys = [f"{k:#x}, /* {r.call} {r.op} */" for k, r in self.op_keys]
        return (["const SysOpsSet sys_ops_sets[] = {", *sets, "};", ""]
                + ["const uint64_t sys_op_keys[] = {", *keys, "};", ""])

    def errno_data(self):
        top = max(v for v, _ in self.t.errnos.values()) + 1
        by = {v: (n, text) for n, (v, text) in self.t.errnos.items()}
        items = []
        for v in range(top):
            n, text = by.get(v, ("", ""))
            items.append(f"{{{self.strings.add(n)}, {self.strings.add(text)}}},")
        return ["const SysErrno sys_errnos[] = {", *items, "};",
                f"const uint32_t sys_errno_count = {top};", ""]

    def numbers_data(self, guest):
        rows = {r.numbers["g64"]: i for i, r in enumerate(self.t.rows)
                if "g64" in r.numbers and r.only in ("", guest)}
        top = max(r.numbers["g64"] for r in self.t.rows if "g64" in r.numbers) + 1
        return [f"const uint16_t sys_numbers_{guest}[] = {{",
                *[f"{rows.get(n, NONE)}," for n in range(top)], "};", ""]

    def tables_c(self):
        body = self.flags_data() + self.structs_data() + self.ops_data() + self.errno_data()
        body += ["const SysArg sys_args[] = {", *[a + "," for a in self.args], "};", ""]
        body += ["const SysRow sys_rows[] = {", *self.rows, "};", ""]
        for guest in GUESTS:
            body += self.numbers_data(guest)
        body += ["SysHandler *const sys_handlers[] = {",
                 *[f"sys_{n}," for n, _ in self.handlers], "};", ""]
        head = ["/* Generated from the system-call tables. */", '#include "sys_table.h"',
                '#include "sys_handlers.h"', ""]
        if self.strings.size >= 1 << 16:
            raise ValueError("sys_strings outgrew 16-bit offsets")
        return "\n".join(head) + self.strings.emit() + "\n" + "\n".join(body)

    # --- a C file that compiles only when the derived layouts are the headers' own
    def proof(self, abi):
        out = ["/* Generated: the derived layouts against the compiler's headers. */",
               "#include <stddef.h>"]
        proven = {n: self.t.variant(n, abi) for n in self.structs
                  if self.t.variant(n, abi).proof}
        headers = {v.proof.partition(":")[0] for v in proven.values()}
        out += [f"#include <{h}>" for h in sorted(headers)]
        for name, v in proven.items():
            ctype = v.proof.partition(":")[2].replace(":", " ")
            size = self.t.layout(name, abi)[0]
            out.append(f'_Static_assert(sizeof({ctype}) == {size}, "{name}");')
            offs = {}
            for path, off, *_ in self.t.layout(name, abi)[2]:
                offs.setdefault(path.split(".")[0], off)
            out += [f'_Static_assert(offsetof({ctype}, {f}) == {o}, "{name}.{f}");'
                    for f, o in offs.items() if not f.startswith("_")]
        out.append(f"int proven = {len(proven)};")
        return "\n".join(out) + "\n"

    # --- docs/syscalls.md
    def docs(self):
        rows = [r for r in self.t.rows if "g64" in r.numbers]
        count = {s: sum(r.state == s for r in rows) for s in ("auto", "custom", "partial", "nosys")}
        out = ["# System calls of AArch64 and RISC-V guests", "",
               "Generated from `syscalls/syscalls.tbl` and `ops.tbl` by `syscalls/gen/systab.py "
               "--docs`; a test", "fails when it is out of date.", "",
               f"Of {len(rows)} calls {count['auto']} run by their argument kinds alone (auto), "
               f"{count['custom']} have a handler", f"(custom), {count['partial']} work with a "
               f"stated difference (partial), {count['nosys']} are refused (nosys). A", "state says "
               "how a call is meant to run; what is tested stands in `tests/sys`.", "",
               "| number | call | state | home | remark |", "|---|---|---|---|---|"]
        for r in sorted(rows, key=lambda r: r.numbers["g64"]):
            home = ""
            if r.state == "custom" or "handler" in r.attrs:
                home = r.attrs.get("owner", "syscalls")
            note = f"{r.only} alone" + (f"; {r.reason}" if r.reason else "") if r.only else r.reason
            if r.state == "nosys":
                note = f"{r.attrs['err']}: {r.reason}"
            out.append(f"| {r.numbers['g64']} | {r.name} | {r.state} | {home} | {note} |")
        out += ["", "## Operations that differ from their call", "",
                "| call | operation | state | remark |", "|---|---|---|---|"]
        for row, _ in self.flat:
            if row.op and row.state != "auto":
                err = f"{row.attrs['err']}: " if "err" in row.attrs else ""
                out.append(f"| {row.call} | {row.op} | {row.state} | {err}{row.reason} |")
        return "\n".join(out) + "\n"
