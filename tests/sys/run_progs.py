#!/usr/bin/env python3
"""Runs each program natively and as a guest: what they print and how they end must be the same.

  run_progs.py BUILD_DIR CROSS_CC PROGRAM.c -- RUNNER [ARGS...]
"""
import difflib
import os
import shutil
import subprocess
import sys

SKIP = 77


def build(cc, source, out, *flags):
    cmd = [cc, "-O1", "-w", "-std=gnu17", *flags, source, "-o", out, "-pthread", "-lrt"]
    subprocess.run(cmd, check=True)


def run(cmd):
    try:
        r = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=40)
    except subprocess.TimeoutExpired as e:
        out = (e.stdout or b"").decode(errors="replace").splitlines()
        return out + ["(ran out of time)"], "", 0
    return r.stdout.decode(errors="replace").splitlines(), r.stderr.decode(errors="replace"), \
        r.returncode


def main():
    at = sys.argv.index("--")
    build_dir, cross, source = sys.argv[1:at]
    runner = sys.argv[at + 1:]
    if not shutil.which(cross):
        print(f"skipped: {cross} is not installed")
        return SKIP
    name = os.path.splitext(os.path.basename(source))[0]
    native, guest = (os.path.join(build_dir, f"prog_{name}_{k}") for k in ("native", "guest"))
    build("gcc", source, native)
    build(cross, source, guest, "-static")
    want, _, want_code = run([native])
    got, err, got_code = run([*runner, guest])
    for line in difflib.unified_diff(want, got, "native", "guest", lineterm="", n=1):
        print(line)
    print(f"{len(want)} lines; native ended with {want_code}, guest with {got_code}")
    if err:
        print("stderr:", err[-2000:])
    return 0 if want == got and want_code == got_code == 0 and len(want) > 10 else 1


sys.exit(main())
