#!/usr/bin/env python3
"""BTI: which programs the loader puts into guarded pages, and the ways to run guarded code.

    bti.py FERRY WORK_DIR

Linux guards what has the property of GNU_PROPERTY_AARCH64_FEATURE_1_BTI: a program without
interpreter, else the interpreter alone, which does the rest. Programs without libc call a function
without landing pad; status 0 says that nothing was checked, SIGILL that it was. progs/a64_bti.c runs
in every way that code can run. Exits 77 (skipped) without a cross compiler.
"""
import os
import shutil
import signal
import struct
import subprocess
import sys

FERRY, WORK = map(os.path.abspath, sys.argv[1:3])
HERE = os.path.dirname(os.path.abspath(__file__))
CC = 'aarch64-linux-gnu-gcc'
ILL = -signal.SIGILL
BTI = '''
    .section .note.gnu.property, "a"
    .balign 8
    .word 4, 16, 5
    .asciz "GNU"
    .word 0xc0000000, 4, 1, 0
'''
CALL = '''
    .text
    .globl _start
_start:
    %s
    adr x9, 1f
    blr x9
    mov x0, #0
    mov x8, #94
    svc #0
1:  ret
'''
# As ld.so: jumps to the program's entry point, which it finds in the auxiliary vector.
INTERP = '''
    .text
    .globl _start
_start:
    mov x1, sp
    ldr x2, [x1]
    add x1, x1, x2, lsl #3
    add x1, x1, #16
1:  ldr x2, [x1], #8
    cbnz x2, 1b
2:  ldp x2, x3, [x1], #16
    cmp x2, #9
    b.ne 2b
    %s
    br x3
'''
# execve of argv[1]: its errno
EXEC = '''
    .text
    .globl _start
_start:
    ldr x0, [sp, #16]
    add x1, sp, #16
    mov x2, #0
    mov x8, #221
    svc #0
    neg x0, x0
    mov x8, #94
    svc #0
'''
failures = 0


def expect(what, got, want):
    global failures
    if got != want:
        failures += 1
        print('FAILED %s: %s for %s' % (what, got, want))


def build(name, text, *options):
    out = os.path.join(WORK, name)
    with open(out + '.s', 'w') as f:
        f.write(text)
    subprocess.run([CC, '-nostdlib', '-Wl,--build-id=none', '-o', out, out + '.s', *options], check=True)
    return out


def note(*words, size=None, kind=5, name=b'GNU'):
    size = 4 * len(words) if size is None else size
    return struct.pack('<3I4s%dI' % len(words), 4, size, kind, name, *words)


def with_note(program, data):
    """A copy whose PT_GNU_PROPERTY is `data`, at the end of the file; the linker would mend it."""
    out = program + '-note'
    b = bytearray(open(program, 'rb').read())
    off, = struct.unpack_from('<Q', b, 32)
    for k in range(struct.unpack_from('<H', b, 56)[0]):
        if struct.unpack_from('<I', b, off + 56 * k)[0] == 0x6474e553:
            struct.pack_into('<Q', b, off + 56 * k + 8, len(b))
            struct.pack_into('<Q', b, off + 56 * k + 32, len(data))
    with open(out, 'wb') as f:
        f.write(b + data)
    shutil.copymode(program, out)
    return out


def status(program, *words, cpu='max', options=()):
    r = subprocess.run([FERRY, '-cpu', cpu, *options, program, *words], capture_output=True, timeout=60)
    return r.returncode


def programs():
    call = CALL % 'nop'
    expect('static', status(build('static', call, '-static')), 0)
    guarded = build('guarded', call + BTI, '-static')
    expect('static, guarded', status(guarded), ILL)
    for label, data, want in (('BTI', note(0xc0000000, 4, 1, 0), ILL),
                              ('pauth', note(0xc0000000, 4, 2, 0), 0),
                              ('both', note(0xc0000000, 4, 3, 0), ILL),
                              ('second', note(0xb0000000, 8, 7, 7, 0xc0000000, 4, 1, 0), ILL),
                              ('unknown', note(0xb0000000, 0, 0xc0000001, 8, 1, 1), 0),
                              ('none', note(), 0)):
        program = with_note(guarded, data)
        expect('static, property ' + label, status(program), want)
        expect('static, property %s, no BTI' % label, status(program, cpu='max,-bti'), 0)
    expect('static pie', status(build('pie', call + BTI, '-static-pie')), ILL)


def interpreters():
    """The program's property is the interpreter's business; the jump to it is from a guarded page."""
    for own in ('', BTI):
        for theirs in ('', BTI):
            check = 'adr x9, 3f\n blr x9\n b 4f\n3: ret\n4:'
            ok, bad = (build(n, INTERP % k + own, '-static-pie') for n, k in
                       (('ld-ok', ''), ('ld-bad', check)))
            label = 'interpreter %r, program %r' % (bool(own), bool(theirs))
            for interp, want in ((ok, 0), (bad, ILL if own else 0)):
                program = build('dynamic', CALL % 'nop' + theirs, '-pie', '-Wl,--no-as-needed',
                                '-Wl,-export-dynamic', '-Wl,--dynamic-linker=' + interp)
                expect(label, status(program), want)


def bad_properties():
    """ENOEXEC (8), as the kernel says before it gives up the old program."""
    run = build('run', EXEC, '-static')
    call = CALL % 'nop'
    good = build('good', call + BTI, '-static')
    broken = {'size of a property': note(0xc0000000, 8, 1, 0), 'order': note(2, 0, 1, 0),
              'twice': note(0xc0000000, 4, 1, 0, 0xc0000000, 4, 1, 0),
              'past the end': note(0xc0000000, 4, 1, 0, size=24), 'cut': note(7, 0, 0),
              'name': note(name=b'GNV'), 'type': note(kind=6), 'long': note(*([1, 1040] + [0] * 260))}
    for label, data in broken.items():
        program = with_note(good, data)
        expect('execve, ' + label, status(run, program), 8)
        expect('ferry, ' + label, status(program), 126)
    expect('execve, short', status(run, with_note(good, note()[:12])), 5)  # EIO
    interp = with_note(build('ld', INTERP % '' + BTI, '-static-pie'), broken['order'])
    program = build('dynamic', call, '-pie', '-Wl,-export-dynamic', '-Wl,--dynamic-linker=' + interp)
    expect('execve, the interpreter', status(run, program), 8)
    expect('execve, good', status(run, good), ILL)


def ways():
    out = os.path.join(WORK, 'a64_bti')
    subprocess.run([CC, '-O2', '-static', '-w', '-o', out, os.path.join(HERE, 'progs', 'a64_bti.c'),
                    '-lpthread'], check=True)
    for cpu, *options in (['max'], ['max', '--interpret'], ['max', '-cold-runs', '0'],
                          ['max', '-one-insn-per-tb'], ['max', '-cold-runs', '0', '-wx-split'],
                          ['max', '-cold-runs', '0', '-tb-size', '1'], ['max,+pauth'],
                          ['cortex-a72,+bti'], ['cortex-a72'], ['max,-bti']):
        expect('a64_bti -cpu %s %s' % (cpu, ' '.join(options)), status(out, cpu=cpu, options=options), 0)


def main():
    if not shutil.which(CC):
        print('skipped: no %s here' % CC)
        return 77
    os.makedirs(WORK, exist_ok=True)
    programs()
    interpreters()
    bad_properties()
    ways()
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
