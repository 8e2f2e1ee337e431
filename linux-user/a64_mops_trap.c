/*
 * CPY* and SET* where translated code gives up.
 *
 * Something is left when a piece was long, or when an access faulted: then one byte is moved by a
 * plain access, which either works (the page has come meanwhile) or reports the fault with the
 * address and code of the host. The registers show how far it got, so a handler that returns goes
 * on there. Registers of option B are put back as arch/arm64/kernel/traps.c does it, and the
 * prologue runs again.
 *
 *     x2 = -0x1000, and [x1-0x1000] is not mapped     SIGSEGV at x1-0x1000, pc at cpyfm
 */
#include <string.h>
#include "a64.h"
#include "a64_helpers.h"
#include "a64_linux.h"
#include "flags.h"
#include "guestmem.h"
#include "process.h"
#include "thread.h"

enum { STAGE_PROLOGUE, STAGE_MAIN, STAGE_EPILOGUE };

/* The instruction and its registers. */
typedef struct Mops {
    bool set;
    unsigned stage;
    uint64_t *to, *from, *n; /* from: the byte to set for SET* */
} Mops;

static uint64_t *reg(Vcpu *v, unsigned n)
{
    return vcpu_slot64(v, &a64_slots[A64_X0 + n]);
}

static uint64_t zero;

static Mops decode(Vcpu *v, uint32_t word)
{
    const A64Insn insn = {.word = word};
    unsigned rs = insn.mops_cpy.rs;
    bool set = insn.mops_cpy.op1 == 3;
    return (Mops){
        .set = set,
        .stage = set ? insn.mops_set.op2 >> 2 : insn.mops_cpy.op1,
        .to = reg(v, insn.mops_cpy.rd),
        .from = rs == A64_REG_31 ? &zero : reg(v, rs),
        .n = reg(v, insn.mops_cpy.rn),
    };
}

/* Option B has start addresses and a positive size; N tells a copy that goes down from its ends. */
static void back_to_prologue(Vcpu *v, const Mops *m, uint32_t nzcv)
{
    if (!m->set && nzcv >> 31) {
        *m->to -= *m->n;
        *m->from -= *m->n;
    }
    *vcpu_slot64(v, &a64_slots[A64_PC]) -= m->stage == STAGE_EPILOGUE ? 8 : 4;
}

/* Moves one byte; false when the access faulted, which v->fault_* then describes. */
static bool one_byte(Vcpu *v, const Mops *m)
{
    const uint64_t tag = 0xffull << 56;
    bool up = (int64_t)*m->n < 0;
    uint64_t at = up ? *m->n : *m->n - 1;
    uint8_t byte = (uint8_t)*m->from;
    if (!m->set && !gm_load(&byte, (*m->from + at) & ~tag, 1))
        return false;
    if (!gm_store((*m->to + at) & ~tag, &byte, 1))
        return false;
    *m->n = up ? at + 1 : at;
    return true;
}

static RtEvent fault_event(const Vcpu *v)
{
    return (RtEvent){.kind = RT_FAULT,
                     .signo = v->fault_signo,
                     .code = v->fault_code,
                     .data = v->fault_addr,
                     .host_err = v->fault_err};
}

bool a64_mops_trap(Thread *t, RtEvent *ev)
{
    Vcpu *v = &t->vcpu;
    Mops m = decode(v, (uint32_t)ev->data);
    uint32_t nzcv = flags_to_nzcv(*vcpu_slot32(v, &a64_slots[A64_NZCV]));
    if (nzcv >> 29 & 1) {
        back_to_prologue(v, &m, nzcv);
        return true;
    }
    /* A signal in between finds the instruction half done, as on a CPU. */
    while (*m.n && !(m.set && (int64_t)*m.n > 0)) {
        if (__atomic_load_n(&v->poll, __ATOMIC_RELAXED))
            return true;
        *m.n = m.set ? helper_a64_mops_set(v, *m.to, *m.n, *m.from)
                     : helper_a64_mops_copy(v, *m.to, *m.from, *m.n);
        if (*m.n && !one_byte(v, &m)) {
            *ev = fault_event(v);
            return false;
        }
    }
    *vcpu_slot64(v, &a64_slots[A64_PC]) += A64_INSN_LEN;
    return true;
}
