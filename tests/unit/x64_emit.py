"""Compares what the x86-64 encoder made (x64_emit_list) with objdump's reading of it: the same
length, mnemonic, register numbers in order and displacement."""
import re
import subprocess
import sys
import tempfile

SLOT = 32
GPR = {}
for i, n in enumerate("ax cx dx bx sp bp si di".split()):
    GPR.update({"r" + n: i, "e" + n: i, n: i})
    GPR[n if n[1] in "pi" and n not in ("bp", "sp") else n] = i
for i, n in enumerate("al cl dl bl spl bpl sil dil".split()):
    GPR[n] = i
for i in range(8, 16):
    for s in ("", "d", "w", "b"):
        GPR["r%d%s" % (i, s)] = i
REG = re.compile(r"\b(?:[xy]mm(\d+)|([re]?[abcd]x|[re]?[sb]p|[re]?[sd]i|[abcd]l|spl|bpl|sil|dil|"
                 r"r(?:8|9|1[0-5])[dwb]?)|k([0-7]))\b")
# Names that differ from the mnemonic: suffixes of the table, pseudo-ops, operand sizes.
ALIAS = {"movq_g": "movq", "movq_g_st": "movq"}


def mnemonic(name):
    n = ALIAS.get(name.lower(), name.lower())
    n = re.sub(r"_(st|g|k)$", "", n)
    n = re.sub(r"^(v?cvt.*)(32|64)$", r"\1", n)
    m = re.match(r"^(p(?:srl|sra|sll)[wdq])i$", n)
    return m.group(1) if m else n


def same_name(want, got):
    got = got.split()[-1] if not got.startswith("lock") else got
    cands = {want, "v" + want}
    if want in ("pternlog", "pand", "pandn", "por", "pxor"):
        cands |= {"v" + want + "d", "v" + want + "q"}
    if want.startswith("round"):
        cands.add("vrndscale" + want[5:])
    if want in ("cmpss", "cmpsd", "cmpps", "cmppd"):
        cands |= {want.replace("cmp", p + "cmplt") for p in ("", "v")}
    if want in ("vcmpps", "vcmppd", "vcmpss", "vcmpsd"):
        cands.add(want.replace("vcmp", "vcmplt"))
    if want.startswith("vpcmp"):
        cands.add(want.replace("vpcmp", "vpcmplt"))
    if want == "pclmulqdq":
        cands |= {"pclmulhqlqdq", "vpclmulhqlqdq"}
    return got in cands


def numbers(text):
    out = []
    for m in REG.finditer(text):
        out.append(int(m.group(1) or m.group(3)) if m.group(1) or m.group(3) else GPR[m.group(2)])
    return out


def displacement(text):
    m = re.search(r"\[[^\]]*?([+-]0x[0-9a-f]+)\]", text)
    return int(m.group(1), 16) if m else 0


# Forms that do not exist: the list makes every op with registers and with memory.
NO_MEM = re.compile(r"MOVMSK|PMOVMSKB|MOVLHPS|MOVHLPS|BROADCAST._G")
NO_REG = re.compile(r"MOV[LH]PS_ST")


NO_LEGACY = re.compile(r"^PS[LR][LA]V|CVTPH2PS|CVTPS2PH")
NO_VEX = re.compile(r"^P?BLENDV")
TO_GPR = re.compile(r"2U?SI(32|64)$")
MASKS = re.compile(r"^VPCMPU?[BWDQ]$|_K$|^VPMOV.2.$|^KORTEST")


def exists(line):
    form, name, _, regs, _ = line.split("|")
    if form in ("rm", "evexm") and NO_MEM.search(name) or form == "vex" and NO_VEX.search(name):
        return False
    if form in ("rr", "rm") and NO_LEGACY.search(name) or form in ("rr", "vex", "evex") and NO_REG.search(name):
        return False
    reg = int(regs.split()[0])
    if MASKS.search(name) and (form not in ("vex", "evex") or max(map(int, regs.split())) > 7):
        return False
    return not (TO_GPR.search(name) and reg > 15)


def check(line, got_len, got):
    form, name, code, regs, mem = line.split("|")
    want = [int(r) for r in regs.split()]
    if got_len != len(code) // 2:
        return "length %d" % got_len
    if not same_name(mnemonic(name), got[0]):
        return "mnemonic"
    nums = numbers(got[1])
    if "blendv" in name.lower() and nums[-1:] == [0]:
        nums = nums[:-1]
    # one-source ops do not use vvvv (0 in the list); stores name memory first
    cands = [want, want[::-1], want[1:] + want[:1]]
    if form in ("vex", "evex", "evexm"):
        short = want[:1] + want[2:]
        cands += [short, short[1:] + short[:1], short[::-1]]
    if form == "vex" and name[:6] in ("VPBLEN", "VBLEND"):
        cands += [want + [0]]
    if nums not in cands and not ("cl" in got[1] and nums[:-1] in cands):
        return "registers %s" % nums
    if mem not in ("-", "") and displacement(got[1]) != int(mem):
        return "displacement"
    return None


def main():
    lines = subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    lines = [x for x in lines if exists(x)]
    blob = b""
    for line in lines:
        code = bytes.fromhex(line.split("|")[2])
        blob += code + b"\x90" * (SLOT - len(code))
    with tempfile.NamedTemporaryFile(suffix=".bin") as f:
        f.write(blob)
        f.flush()
        out = subprocess.run(["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "-w", f.name],
                             capture_output=True, text=True, check=True).stdout
    at = {}
    for m in re.finditer(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.*)$", out, re.M):
        if int(m.group(1), 16) % SLOT == 0:
            text = re.sub(r"(\{evex\}|\b(?:rex\S*|data16)) ", "", m.group(3)).strip()
            parts = re.match(r"((?:lock )?\S+) *(.*)", text).groups()
            at[int(m.group(1), 16) // SLOT] = (len(m.group(2).split()), parts)
    bad = 0
    for k, line in enumerate(lines):
        why = check(line, *at[k]) if k in at else "not decoded"
        if why:
            bad += 1
            if bad <= 30:
                print("%s: %s: objdump: %s" % (line, why, at.get(k)))
    print("%d instructions, %d differ" % (len(lines), bad))
    return bad != 0 or len(lines) < 1000


sys.exit(main())
