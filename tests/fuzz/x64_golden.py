"""Golden listings of host code: x64_golden's units disassembled by objdump, compared with
x64_golden.txt. `--bless` after the program writes that file anew. Far code begins at ";"."""
import re
import subprocess
import sys
import tempfile


def listing(code, hot):
    with tempfile.NamedTemporaryFile(suffix=".bin") as f:
        f.write(code)
        f.flush()
        out = subprocess.run(["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel",
                              "-w", f.name], capture_output=True, text=True, check=True).stdout
    lines = []
    for m in re.finditer(r"^ *([0-9a-f]+):\t(?:[0-9a-f]{2} )+ *\t(.*)$", out, re.M):
        if int(m.group(1), 16) == hot:
            lines.append("  ;")
        text = re.sub(r"\s+# .*", "", m.group(2)).strip()
        # what is reached through rip depends on nothing but the layout of the test
        text = re.sub(r"\[rip[+-]0x[0-9a-f]+\]", "[rip+..]", text)
        lines.append("  " + re.sub(r"\s+", " ", text))
    return lines


def main():
    prog, snippets, golden = sys.argv[1:4]
    out = subprocess.run([prog, snippets], capture_output=True, text=True)
    if out.returncode:
        print(out.stderr)
        return 1
    text = []
    for line in out.stdout.splitlines():
        name, hot, code = line.rsplit(" ", 2)
        text += [name] + listing(bytes.fromhex(code), int(hot)) + [""]
    text = "\n".join(text)
    if "--bless" in sys.argv:
        open(golden, "w").write(text)
        return 0
    if text == open(golden).read():
        return 0
    import difflib
    print("\n".join(difflib.unified_diff(open(golden).read().split("\n"), text.split("\n"),
                                         "golden", "now", lineterm="")))
    return 1


if __name__ == "__main__":
    sys.exit(main())
