#!/usr/bin/env python3
"""Turns syscalls.tbl, ops.tbl, structs.tbl, flags.tbl and errnos.tbl into C data.

  systab.py FOLDER --out DIR [--host x64]   writes sys_rows.h, sys_handlers.h, sys_tables.c
  systab.py FOLDER --proof ABI              prints the proof of layouts for x64, g64 or rv64
  systab.py FOLDER --docs                   prints docs/syscalls.md
  systab.py FOLDER --check                  checks only
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from emit import LAYOUTS, Emit  # noqa: E402
from tables import Tables, main_guard  # noqa: E402


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def run():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("folder")
    p.add_argument("--out")
    p.add_argument("--host", choices=LAYOUTS, default="x64")
    p.add_argument("--proof", choices=LAYOUTS)
    p.add_argument("--docs", action="store_true")
    p.add_argument("--check", action="store_true")
    o = p.parse_args()
    emit = Emit(Tables(o.folder), o.host)
    if o.proof:
        sys.stdout.write(emit.proof(o.proof))
    elif o.docs:
        sys.stdout.write(emit.docs())
    elif o.out:
        write(f"{o.out}/sys_rows.h", emit.rows_header())
        write(f"{o.out}/sys_handlers.h", emit.handlers_header())
        write(f"{o.out}/sys_tables.c", emit.tables_c())
    return 0


sys.exit(main_guard(run))
