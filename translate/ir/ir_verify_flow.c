/*
 * The verifier's view of blocks: their bounds, terminators and parameters, and dominance.
 *
 * Dominators are found by the iterative method over reverse postorder (Cooper, Harvey and Kennedy):
 * in a diamond b0 -> b1, b2 -> b3 the immediate dominator of b3 is b0, so that b3 may use values
 * of b0 and its own but none of b1. Blocks that cannot be reached may use anything.
 */
#include "ir_form.h"
#include "ir_verify.h"
#include "log.h"

static bool complain_block(Verifier *vf, uint32_t b, const char *what)
{
    sb_printf(vf->err, "block %u: %s", b, what);
    return false;
}

static const IrInsn *terminator(const IrUnit *u, uint32_t b)
{
    return &u->insns[u->blocks[b].end - 1];
}

/* Blocks that b's terminator leads to inside the unit. */
static unsigned successors(const IrUnit *u, uint32_t b, uint32_t out[2])
{
    const IrInsn *t = terminator(u, b);
    if (t->op == IR_BR) {
        out[0] = (uint32_t)t->imm;
        return 1;
    }
    if (t->op != IR_BRIF)
        return 0;
    out[0] = (uint32_t)t->imm;
    out[1] = t->arg[1];
    return 2;
}

static bool check_bounds(Verifier *vf, uint32_t b)
{
    const IrUnit *u = vf->u;
    const IrBlock *k = &u->blocks[b];
    uint32_t first = b ? u->blocks[b - 1].end : 1;
    if (k->first != first || k->end > u->n || k->end <= k->first)
        return complain_block(vf, b, "is empty or does not follow the one before");
    if (b + 1 == u->n_blocks && k->end != u->n)
        return complain_block(vf, b, "does not end with the unit");
    if (k->n_params > IR_MAX_PARAMS)
        return complain_block(vf, b, "has too many parameters");
    for (IrRef r = k->first; r < k->end; r++) {
        const IrInsn *i = &u->insns[r];
        bool is_term = (ir_ops[i->op].effects & EFF_TERM) != 0;
        if (is_term != (r + 1 == k->end))
            return ir_verify_complain(
                vf, r, is_term ? "terminator inside a block" : "block ends without terminator");
        if ((i->op == IR_PARAM) != (r - k->first < k->n_params))
            return ir_verify_complain(vf, r, "parameters are not those first in the block");
    }
    return true;
}

static bool check_edge(Verifier *vf, uint32_t from, uint32_t to)
{
    const IrUnit *u = vf->u;
    IrRef r = u->blocks[from].end - 1;
    const IrInsn *t = &u->insns[r];
    if (to >= u->n_blocks)
        return ir_verify_complain(vf, r, "no such block");
    const IrBlock *k = &u->blocks[to];
    uint32_t list = t->op == IR_BR ? t->arg[1] : 0;
    if (to == 0 && k->n_params)
        return ir_verify_complain(vf, r, "the entry has parameters");
    if (ir_list_len(u, list) != k->n_params)
        return ir_verify_complain(vf, r, "wrong number of block parameters");
    for (uint32_t p = 0; p < k->n_params; p++)
        if (u->insns[ir_list_refs(u, list)[p]].type != u->insns[k->first + p].type)
            return ir_verify_complain(vf, r, "wrong type of block parameter");
    return true;
}

bool ir_verify_blocks(Verifier *vf)
{
    const IrUnit *u = vf->u;
    if (u->n_blocks == 0 || u->n_blocks > VERIFY_MAX_BLOCKS)
        return complain_block(vf, u->n_blocks, "is one too many");
    for (uint32_t b = 0; b < u->n_blocks; b++)
        if (!check_bounds(vf, b))
            return false;
    for (uint32_t b = 0; b < u->n_blocks; b++) {
        uint32_t next[2];
        unsigned n = successors(u, b, next);
        for (unsigned k = 0; k < n; k++)
            if (!check_edge(vf, b, next[k]))
                return false;
    }
    if (u->blocks[0].n_params)
        return complain_block(vf, 0, "has parameters");
    return true;
}

/* Depth-first walk from the entry: reverse postorder. */
static void find_order(Verifier *vf)
{
    static const uint16_t open_mark = 0xffff;
    uint16_t stack[VERIFY_MAX_BLOCKS];
    uint8_t taken[VERIFY_MAX_BLOCKS];
    uint16_t post[VERIFY_MAX_BLOCKS];
    uint32_t depth = 0, n_post = 0;
    for (uint32_t b = 0; b < vf->u->n_blocks; b++)
        vf->number[b] = taken[b] = 0;
    stack[depth++] = 0;
    vf->number[0] = open_mark;
    while (depth) {
        uint32_t b = stack[depth - 1], next[2];
        if (taken[b] < successors(vf->u, b, next)) {
            uint32_t s = next[taken[b]++];
            if (!vf->number[s]) {
                vf->number[s] = open_mark;
                stack[depth++] = (uint16_t)s;
            }
            continue;
        }
        post[n_post++] = (uint16_t)b;
        depth--;
    }
    vf->n_reached = n_post;
    for (uint32_t k = 0; k < n_post; k++) {
        vf->order[k] = post[n_post - 1 - k];
        vf->number[vf->order[k]] = (uint16_t)(k + 1);
    }
}

static uint32_t common_dominator(const Verifier *vf, uint32_t a, uint32_t b)
{
    while (a != b) {
        if (vf->number[a] > vf->number[b])
            a = vf->idom[a];
        else
            b = vf->idom[b];
    }
    return a;
}

/* Merges `from` as a predecessor into the dominator of `to`; true when that changed it. */
static bool merge_edge(Verifier *vf, uint32_t from, uint32_t to, uint16_t none)
{
    if (to == 0)
        return false;
    uint16_t old = vf->idom[to];
    vf->idom[to] = old == none ? (uint16_t)from : (uint16_t)common_dominator(vf, old, from);
    return vf->idom[to] != old;
}

static void find_dominators(Verifier *vf)
{
    static const uint16_t none = 0xffff;
    for (uint32_t b = 0; b < vf->u->n_blocks; b++)
        vf->idom[b] = none;
    vf->idom[0] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = 0; k < vf->n_reached; k++) {
            uint32_t next[2], b = vf->order[k];
            unsigned n = successors(vf->u, b, next);
            for (unsigned s = 0; s < n; s++)
                changed |= merge_edge(vf, b, next[s], none);
        }
    }
}

static uint32_t block_of(const IrUnit *u, IrRef r)
{
    uint32_t lo = 0, hi = u->n_blocks - 1;
    while (lo < hi) {
        uint32_t mid = (lo + hi + 1) / 2;
        if (u->blocks[mid].first <= r)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

static bool check_use(Verifier *vf, IrRef user, uint32_t b, IrRef def)
{
    if (def >= vf->u->blocks[b].first && def < vf->u->blocks[b].end)
        return def < user || ir_verify_complain(vf, user, "operand is defined later");
    uint32_t home = block_of(vf->u, def), at = b;
    while (at != home && at != 0)
        at = vf->idom[at];
    return at == home || ir_verify_complain(vf, user, "operand does not dominate its use");
}

static bool check_uses(Verifier *vf, IrRef r, uint32_t b)
{
    const IrInsn *i = &vf->u->insns[r];
    for (unsigned k = 0; k < ir_ops[i->op].nargs; k++)
        if (i->arg[k] && !check_use(vf, r, b, i->arg[k]))
            return false;
    uint32_t list = 0;
    if (i->op == IR_CALL)
        list = i->arg[0];
    else if (i->op == IR_BR || i->op == IR_VTBL || i->op == IR_CAS128)
        list = i->arg[1];
    for (uint32_t k = 0; k < ir_list_len(vf->u, list); k++)
        if (!check_use(vf, r, b, ir_list_refs(vf->u, list)[k]))
            return false;
    return true;
}

bool ir_verify_dominance(Verifier *vf)
{
    find_order(vf);
    find_dominators(vf);
    for (uint32_t k = 0; k < vf->n_reached; k++) {
        uint32_t b = vf->order[k];
        for (IrRef r = vf->u->blocks[b].first; r < vf->u->blocks[b].end; r++)
            if (!check_uses(vf, r, b))
                return false;
    }
    return true;
}

bool ir_verify(const IrUnit *u, StrBuf *err)
{
    Verifier vf = {.u = u, .err = err};
    if (u->overflow) {
        sb_puts(err, "the unit overflowed");
        return false;
    }
    for (IrRef r = 1; r < u->n; r++)
        if (!ir_verify_types(&vf, r))
            return false;
    return ir_verify_blocks(&vf) && ir_verify_dominance(&vf);
}
