/*
 * Synchronous host signals in translated code: exact guest state from the side tables.
 *
 * A unit's side entries are sorted by host_off; the entry of a fault is the last one at or below
 * its pc. Pinned slots are taken from the interrupted registers, the others lie in memory, sunk
 * sets are recomputed by their recipes. Everything here is async-signal-safe and takes no lock.
 */
#include "rt_internal.h"
#include "flags.h"
#include "guestmem.h"
#include <asm/siginfo.h>
#include <asm/signal.h>

/* The sentinel frame's words at the bottom are written by the backend's enter on a fresh stack. */
void fault_reset_ret_stack(Vcpu *v)
{
    v->ret_sp = v->ret_bottom;
}

static const SideEntry *side_find(const Unit *u, uint64_t host_pc)
{
    uint32_t off = (uint32_t)(host_pc - u->host_entry), lo = 0, hi = u->n_side;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (u->side[mid].host_off <= off)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? &u->side[lo - 1] : NULL;
}

static uint64_t place_value(Vcpu *v, const void *uc, RaLoc loc, int64_t imm)
{
    if (loc == LOC_REMAT)
        return (uint64_t)imm;
    if (loc_is_reg(loc))
        return rt.cfg.backend->ctx_gpr(uc, loc);
    if (loc & LOC_SLOT)
        return *(uint64_t *)(v->state + rt.cfg.guest->slots[loc & ~LOC_SLOT].off);
    return v->spill[loc & ~LOC_SPILL].u64[0];
}

/* Flags of a + b + carry in 32 or 64 bits, packed. */
static uint32_t recipe_flags(uint64_t a, uint64_t b, uint32_t carry, bool wide)
{
    uint64_t m = wide ? ~0ull : 0xffffffffull, sign = wide ? 1ull << 63 : 1ull << 31;
    a &= m;
    b &= m;
    uint64_t r = (a + b + carry) & m;
    bool c = wide ? (r < a || (carry && r == a)) : (a + b + carry) >> 32 != 0;
    bool vf = (~(a ^ b) & (a ^ r) & sign) != 0;
    uint32_t nzcv = (uint32_t)((r & sign) != 0) << 31 | (uint32_t)(r == 0) << 30 |
                    (uint32_t)c << 29 | (uint32_t)vf << 28;
    return flags_from_nzcv(nzcv);
}

static void recipe_apply(Vcpu *v, const void *uc, const SideRecipe *r)
{
    const SlotDesc *s = &rt.cfg.guest->slots[r->slot];
    bool wide = r->type == IR_I64;
    uint64_t a = place_value(v, uc, r->a, r->imm);
    uint64_t b = r->b == LOC_NONE ? 0 : place_value(v, uc, r->b, r->imm);
    switch (r->op) {
    case IR_FLADD:
        *vcpu_slot32(v, s) = recipe_flags(a, b, 0, wide);
        break;
    case IR_FLSUB:
        *vcpu_slot32(v, s) = recipe_flags(a, ~b, 1, wide);
        break;
    case IR_FLLOGIC:
        *vcpu_slot32(v, s) = recipe_flags(a, 0, 0, wide);
        break;
    default:
        if (s->type == SLOT_I64)
            *vcpu_slot64(v, s) = a;
        else
            *vcpu_slot32(v, s) = (uint32_t)a;
    }
}

static void state_restore(Vcpu *v, const Unit *u, const SideEntry *e, const void *uc)
{
    const RaTarget *t = &rt.target;
    for (RaLoc r = 0; r < LOC_VEC; r++)
        if (t->pinned >> r & 1)
            *vcpu_slot64(v, &rt.cfg.guest->slots[t->slot_of_reg[r]]) =
                rt.cfg.backend->ctx_gpr(uc, r);
    for (uint32_t i = 0; i < e->n_recipes; i++)
        recipe_apply(v, uc, &u->recipes[e->first_recipe + i]);
    *slot_pc(v) = u->start + (uint64_t)(int64_t)e->guest_off;
}

bool rt_locate(Vcpu *v, const void *uc, GuestAddr *pc)
{
    uint64_t host = rt.cfg.backend->ctx_pc(uc);
    const Unit *u = cache_unit_of_host(host);
    const SideEntry *e = u ? side_find(u, host) : NULL;
    if (!e || !v->in_guest)
        return false;
    *pc = u->start + (uint64_t)(int64_t)e->guest_off;
    return true;
}

/* Bits 47 and up of a 64-bit guest's address: a general protection fault may be a tagged pointer.
 */
static bool fault_is_tag(const Vcpu *v, int signo, int code)
{
    return signo == SIGSEGV && code == SI_KERNEL && !(v->mode & MODE_TBI_MASK) &&
           rt.cfg.guest->elf_class == 2;
}

static bool fault_is_fp_trap(const Vcpu *v, int signo)
{
    return signo == SIGFPE && !(v->mode & MODE_FP_CHECKED);
}

void fault_try_mode(Vcpu *v)
{
    if (!fault_is_tag(v, v->fault_signo, v->fault_code) && !fault_is_fp_trap(v, v->fault_signo))
        return;
    v->mode |= v->fault_signo == SIGFPE ? MODE_FP_CHECKED : MODE_TBI_MASK;
    v->fault_signo = 0;
}

static void fault_note(Vcpu *v, int signo, int code, uint64_t addr, const void *uc)
{
    v->fault_signo = signo;
    v->fault_code = code;
    v->fault_addr = addr;
    v->fault_err = rt.cfg.backend->ctx_err(uc);
}

static bool fault_in_ret_guard(const Vcpu *v, uint64_t addr)
{
    uint64_t low = v->ret_bottom - v->ret_stack_size;
    return addr >= low - 8192 && addr < low;
}

bool rt_fault(Vcpu *v, int signo, int code, uint64_t addr, void *uc)
{
    const BackendOps *be = rt.cfg.backend;
    uint64_t host = be->ctx_pc(uc), fix = gm_fixup(host);
    if (fix) {
        fault_note(v, signo, code, addr, uc); /* for interpreters, whose accesses are such copies */
        be->ctx_set_pc(uc, fix);
        return true;
    }
    if (!v->in_guest)
        return false;
    if (signo == SIGSEGV && fault_in_ret_guard(v, addr) && be->ctx_ret_reset(uc, v, addr))
        return true;
    const Unit *u = cache_unit_of_host(host);
    const SideEntry *e = u ? side_find(u, host) : NULL;
    if (!e)
        return false;
    state_restore(v, u, e, uc);
    fault_note(v, signo, code, addr, uc);
    fault_try_mode(v);
    v->leave_reason = LEAVE_FAULT;
    be->ctx_leave(uc, v);
    return true;
}
