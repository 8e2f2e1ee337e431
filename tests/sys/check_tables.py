#!/usr/bin/env python3
"""The system-call tables against what is known elsewhere, and against inputs that must fail.

  check_tables.py SYSCALLS_FOLDER numbers   call numbers against the installed kernel headers
  check_tables.py SYSCALLS_FOLDER layouts CC ABI   derived struct layouts against a compiler
  check_tables.py SYSCALLS_FOLDER mustfail  each spoiled table is refused with file and line
  check_tables.py SYSCALLS_FOLDER docs FILE docs/syscalls.md is up to date
  check_tables.py SYSCALLS_FOLDER paths FILE  calls that may stay at a link are in sysroot_calls.c
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
FOLDER = sys.argv[1]
SYSTAB = os.path.join(FOLDER, "gen", "systab.py")
SKIP = 77
GUESTS = ["aarch64", "riscv64"]  # the generic table's


def systab(folder, *args):
    return subprocess.run([sys.executable, SYSTAB, folder, *args], capture_output=True, text=True)


def rows():
    for line in open(os.path.join(FOLDER, "syscalls.tbl"), encoding="utf-8"):
        f = line.split()
        if f and not line.startswith("#"):
            numbers = dict(zip(["g64", "g32", "x64", "i386", "arm"], f[1:6]))
            number, _, only = numbers.pop("g64").partition("@")
            for guest in GUESTS:
                numbers[guest] = "-" if only not in ("", guest) else number
            yield f[0], numbers


def header_numbers(cc):
    """Call numbers as the compiler's headers give them; aliases of aliases are followed."""
    text = subprocess.run([cc, "-E", "-dM", "-x", "c", "-"], text=True,
                          input="#include <asm/unistd.h>\n", capture_output=True, check=True).stdout
    defs = dict(re.findall(r"#define (__NR\w+) (\w+)", text))
    out = {}
    for macro, v in defs.items():
        while v in defs:
            v = defs[v]
        if macro.startswith("__NR_") and v.isdigit():
            out[macro[5:]] = int(v)
    return out


def check_numbers():
    """
    Every number the headers know is in the table under the same name, and the reverse for guests:
    what the table gives them beyond the headers is newer, or one architecture's own (244 to 259),
    which the headers make by adding.
    """
    bad = compared = 0
    known = {"x64": "gcc", **{g: f"{g}-linux-gnu-gcc" for g in GUESTS}}
    for column, cc in known.items():
        if not shutil.which(cc):
            print(f"{cc} is not installed: column {column} not compared")
            continue
        want = header_numbers(cc)
        table = {n: int(v[column]) for n, v in rows() if v[column] != "-"}
        for name, nr in table.items():
            if name in want:
                compared += 1
                if want[name] != nr:
                    print(f"{column} {name}: table {nr}, header {want[name]}")
                    bad += 1
        if column in GUESTS:
            ignore = {"syscalls", "arch_specific_syscall", "sync_file_range2"}
            for name in sorted(set(want) - set(table) - ignore):
                print(f"{column} {name} = {want[name]} has no row")
                bad += 1
            newest = max(v for n, v in want.items() if n not in ignore)
            for name in sorted(set(table) - set(want)):
                if table[name] <= newest and not 244 <= table[name] < 260:
                    print(f"{column} {name} = {table[name]}: this guest's kernel has no such call")
                    bad += 1
    print(f"{compared} numbers compared")
    return 1 if bad or compared < 600 else 0


def check_layouts(cc, abi):
    if not shutil.which(cc):
        print(f"skipped: {cc} is not installed")
        return SKIP
    proof = systab(FOLDER, "--proof", abi)
    if proof.returncode or proof.stdout.count("_Static_assert") < 100:
        print("no proof came out:", proof.stderr)
        return 1

    def compiles(text):
        return subprocess.run([cc, "-ffreestanding", "-fsyntax-only", "-x", "c", "-"], input=text,
                              text=True, capture_output=True)

    r = compiles(proof.stdout)
    print(r.stderr[:2000])
    spoiled = re.sub(r"(sizeof\(struct stat\) == )\d+", r"\g<1>9999", proof.stdout)
    if compiles(spoiled).returncode == 0:
        print("a wrong size was not noticed")
        return 1
    return 1 if r.returncode else 0


# file, text to find, replacement, what the message must say
MUST_FAIL = [
    ("syscalls.tbl", r"^read .*$", r"\g<0>\n\g<0>", "stands twice"),
    ("syscalls.tbl", r"^(read\s+)63", r"\g<1>64", "already"),
    ("syscalls.tbl", r"^(read\s+)63", r"\g<1>6x", "is no number"),
    ("syscalls.tbl", r"^(renameat .*)@aarch64", r"\g<1>@mips", "is no guest"),
    ("structs.tbl", r"^struct sigaction @rv64", r"struct timespec @rv64", "differs between guests"),
    ("syscalls.tbl", r"^(read .*)auto ", r"\g<1>done ", "unknown state"),
    ("syscalls.tbl", r"^(read .*)fd:fd", r"\g<1>fd:fdd", "unknown kind"),
    ("syscalls.tbl", r"^(read .*)obuf\(ret\)", r"\g<1>obuf", "parameter"),
    ("syscalls.tbl", r"^(read .*)obuf\(ret\)", r"\g<1>obuf(5)", "missing argument"),
    ("syscalls.tbl", r"^(read .*)obuf\(ret\)", r"\g<1>obuf(xx)", "neither an argument"),
    ("syscalls.tbl", r"^(openat .*)flags\(open\)", r"\g<1>flags(opn)", "unknown set"),
    ("syscalls.tbl", r"^(fstat .*)out\(stat\)", r"\g<1>out(stats)", "unknown struct"),
    ("syscalls.tbl", r"^(ptrace .*) ; .*$", r"\g<1>", "needs a reason"),
    ("syscalls.tbl", r"^(ptrace .*)err=ENOSYS", r"\g<1>err=ENOSUCH", "unknown errno"),
    ("syscalls.tbl", r"^(ptrace .*)err=ENOSYS", r"\g<1>-", "err= belongs"),
    ("syscalls.tbl", r"^(read .*)block", r"\g<1>blok", "unknown attribute"),
    ("syscalls.tbl", r"^(mmap .*)owner=linux-user", r"\g<1>owner=nobody", "unknown owner"),
    ("syscalls.tbl", r"^(fcntl .*)ops=fcntl", r"\g<1>ops=fcntk", "no table of operations"),
    ("syscalls.tbl", r"^(read .*)$", r"\g<1> a:int b:int c:int d:int", "more than six"),
    ("syscalls.tbl", r"^read .*$", r"read 63", "row too short"),
    ("syscalls.tbl", r"^(fstat .*\s)80(\s+80\s+)5(\s)", r"\g<1>80\g<2>-\g<3>", "no such call"),
    ("syscalls.tbl", r"^(epoll_pwait .*)custom", r"\g<1>auto  ", "needs a handler"),
    ("ops.tbl", r"^(F_SETFL) 4 ", r"\g<1> 3 ", "stands twice"),
    ("ops.tbl", r"^(F_SETFL .*)a2:", r"\g<1>a9:", "is not aN:kind"),
    ("ops.tbl", r"^(F_SETFL .*)a2:", r"\g<1>a5:", "has no argument"),
    ("ops.tbl", r"^ops fcntl key=1", r"ops fcntl key=9", "must name an argument"),
    ("ops.tbl", r"^SO_DEBUG 1\.1", r"SO_DEBUG 1", "want VALUE.VALUE2"),
    ("structs.tbl", r"^(    )long tv_sec$", r"\g<1>lung tv_sec", "unknown type"),
    ("structs.tbl", r"^    long tv_nsec$", r"    long tv_sec", "stands twice"),
    ("structs.tbl", r"^struct rlimit ", r"struct rlimit @pdp11 ", "general form"),
    ("structs.tbl", r"^struct stat @x64", r"struct stat @pdp11", "unknown ABI"),
    ("structs.tbl", r"show=flags\(poll\)", r"show=flags(pol)", "unknown set"),
    ("structs.tbl", r"show=dev", r"show=devil", "unknown kind"),
    ("flags.tbl", r"O_CREAT=0100 ", r"O_CREAT=0300 ", "one bit"),
    ("flags.tbl", r"O_CREAT=0100 ", r"O_CREAT=0200 ", "stands twice"),
    ("flags.tbl", r"O_RDWR=2", r"O_RDWR=8", "outside its field"),
    ("flags.tbl", r"O_CREAT=0100 ", r"O_CREAT ", "is not NAME=VALUE"),
    ("flags.tbl", r"^enum seek", r"enum at", "stands twice"),
    ("flags.tbl", r"^flags open$", r"bits open", "want `flags NAME`"),
    ("flags.tbl", r"include clone", r"include clones", "unknown set"),
    ("errnos.tbl", r"^EPERM .*$", r"EPERM 2 no", "stands twice"),
    ("errnos.tbl", r"^EPERM .*$", r"EPERM", "want NAME VALUE"),
]


def check_mustfail():
    bad = 0
    tables = ["syscalls.tbl", "ops.tbl", "structs.tbl", "flags.tbl", "errnos.tbl"]
    for name, find, put, message in MUST_FAIL:
        with tempfile.TemporaryDirectory() as tmp:
            for t in tables:
                shutil.copy(os.path.join(FOLDER, t), tmp)
            path = os.path.join(tmp, name)
            text = open(path, encoding="utf-8").read()
            spoiled, n = re.subn(find, put, text, count=1, flags=re.M)
            open(path, "w", encoding="utf-8").write(spoiled)
            r = systab(tmp, "--check")
            place = re.search(r"error: \S+\.tbl:\d+: ", r.stderr)
            if not n or r.returncode != 1 or message not in r.stderr or not place:
                print(f"{name} {find} -> {put}: found {n}, exit {r.returncode}, want '{message}': "
                      f"{r.stderr.strip()[-300:]}")
                bad += 1
    print(f"{len(MUST_FAIL)} spoiled tables, {bad} wrong")
    return 1 if bad else 0


def check_docs(path):
    want = systab(FOLDER, "--docs").stdout
    if not want or open(path, encoding="utf-8").read() != want:
        print(f"{path} is out of date: run {SYSTAB} {FOLDER} --docs > {path}")
        return 1
    return 0


# Calls whose flag says how the last link is taken, and that do it themselves.
OWN_LINKS = {"execveat": "linux-user/exec.c"}
NO_FOLLOW = re.compile(r"\{SYS_ROW_(\w+), (\d), (\d), (\w|[\w| ]+), (\w+)")


def check_paths(path):
    """A path beside AT_SYMLINK_NOFOLLOW or AT_SYMLINK_FOLLOW needs its line for the sysroot."""
    sys.path.insert(0, os.path.join(FOLDER, "gen"))
    import tables
    t = tables.Tables(FOLDER)
    found = {(m[1], int(m[2])): (int(m[3]), m[4], m[5])
             for m in NO_FOLLOW.finditer(open(path, encoding="utf-8").read())}
    bad = seen = 0
    for row in t.rows:
        paths = [i for i, a in enumerate(row.args) if a.kind == "path"]
        flags = [i for i, a in enumerate(row.args) if a.kind == "flags" and a.ref in t.flags and
                 any(n.startswith("AT_SYMLINK_") for n, *_ in t.flags[a.ref].items)]
        if not paths or not flags or row.name in OWN_LINKS:
            continue
        seen += 1
        line = found.get((row.name, paths[0]))
        if not line or line[0] != flags[0]:
            print(f"{path}: {row.name}: path {paths[0]} with flags {flags[0]} has {line}")
            bad += 1
    names = {r.name for r in t.rows}
    for name, arg in found:
        row = [r for r in t.rows if r.name == name]
        if name not in names or row[0].args[arg].kind != "path":
            print(f"{path}: {name} has no path {arg}")
            bad += 1
    print(f"{seen} calls, {bad} wrong")
    return 1 if bad or seen < 10 else 0


def main():
    what = sys.argv[2]
    if what == "paths":
        return check_paths(sys.argv[3])
    if what == "numbers":
        return check_numbers()
    if what == "layouts":
        return check_layouts(*sys.argv[3:5])
    if what == "mustfail":
        return check_mustfail()
    return check_docs(sys.argv[3])


sys.exit(main())
