/*
 * Control inside a unit and out of it.
 *
 * A direct exit is a jmp, jcc or call with a 32-bit field that link() patches; the field lies
 * within 8 aligned bytes, and until it is linked it leads to a far stub that names the ExitRec.
 * Exits to an address not above the exit's own poll vcpu->poll first, computed jumps always.
 *
 *     xif v7, 0x40 (forward)     jcc field
 *     xif v7, 0x0 (backward)     jncc over; cmp [poll], 0; je field; jmp far; over:
 *     xcall 0x80, 0x24           push guestRA; call field; lea rsp, [rsp+8]; jmp field
 *     xret v3                    cmp [rsp+8], r3; jne far; ret
 */
#include "x64_internal.h"

/* ---- select ------------------------------------------------------------------------------------
 */

void x64_select_computed(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    r->observer = 1;
    x64_sel_use_fixed(s, r, in->arg[0], RC_GPR, X64_RAX, 0);
}

void x64_select_trapif(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    r->observer = 1;
    if (x64_ir(s, in->arg[1])->op != IR_GADDR)
        x64_sel_use(s, r, in->arg[1], RC_GPR, RAF_MEM_OK);
    if (in->arg[2])
        x64_sel_use(s, r, in->arg[2], RC_GPR, RAF_MEM_OK | RAF_REMAT_OK);
    x64_sel_cond(s, r, in->arg[0], false);
}

void x64_select_xtrap(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    r->observer = 1;
    x64_sel_use_fixed(s, r, in->arg[0], RC_GPR, X64_RAX, 0);
    if (in->arg[1])
        x64_sel_use_fixed(s, r, in->arg[1], RC_GPR, X64_RDX, 0);
}

/* The allocator takes a br's arguments from the IR. */
void x64_select_br(X64Sel *s, IrRef i, const IrInsn *in)
{
    x64_sel_new(s, i)->kind = RA_STATE;
    for (uint32_t k = 0; k < ir_list_len(s->u, in->arg[1]); k++)
        s->val[ir_list_refs(s->u, in->arg[1])[k]] |= X64_NEED;
}

void x64_select_xif(X64Sel *s, IrRef i, const IrInsn *in)
{
    RaInsn *r = x64_sel_new(s, i);
    r->observer = 1;
    x64_sel_cond(s, r, in->arg[0], false);
}

void x64_select_brif(X64Sel *s, IrRef i, const IrInsn *in)
{
    x64_sel_cond(s, x64_sel_new(s, i), in->arg[0], false);
}

void x64_select_direct(X64Sel *s, IrRef i, const IrInsn *in)
{
    (void)in;
    x64_sel_new(s, i)->observer = 1;
}

/* ---- direct exits ------------------------------------------------------------------------------
 */

static int64_t target_of(const X64Ctx *c, IrRef gaddr)
{
    CHECK(c->u->insns[gaddr].op == IR_GADDR);
    return (int64_t)ir_value(c->u, gaddr);
}

static X64Mem stub_mem(unsigned n)
{
    return x64_vcpu_mem(offsetof(Vcpu, stub) + n * sizeof(void *));
}

ExitRec *x64_exit_rec(X64Ctx *c, ExitKind kind, int64_t target_off, uint32_t *index)
{
    CodeOut *out = c->out;
    if ((out->n_exits + 1) * sizeof(ExitRec) > out->data_cap) {
        c->fail = true;
        return NULL;
    }
    *index = out->n_exits++;
    ExitRec *rec = (ExitRec *)out->data_rw + *index;
    enum { HALF = sizeof *rec / 2 };
    memset(rec, 0, HALF); /* the compiler makes a slow string store of more */
    memset((uint8_t *)rec + HALF, 0, sizeof *rec - HALF);
    rec->ic_pc = ~0ull;
    rec->target_off = target_off;
    rec->kind = (uint8_t)kind;
    return rec;
}

static uint64_t rec_rx(const X64Ctx *c, uint32_t index)
{
    return c->out->data_rx + index * sizeof(ExitRec);
}

/*
 * From far code to a stub: jmp [stub], or a short jump to such a jump that stands closely before.
 * *last is its place or NULL.
 */
static inline void jmp_stub(X64Ctx *c, unsigned stub, uint8_t **last)
{
    uint8_t *p = c->e.p;
    if (*last && p + 2 - *last <= 128) {
        x64_jmp_back8(&c->e, *last);
        return;
    }
    *last = p;
    x64_jmp_m(&c->e, stub_mem(stub));
}

/* Where an unlinked field leads: arg is the record's index; f->from the place after the field. */
static void far_unlinked(X64Ctx *c, const X64Far *f)
{
    ExitRec *rec = (ExitRec *)c->out->data_rw + f->arg;
    uint64_t at = rec_rx(c, (uint32_t)f->arg);
    rec->patch_at = (uint32_t)(at - (c->e.rx + f->from - 4));
    rec->stub_at = (uint32_t)(at - x64_here(&c->e));
    x64_lea(&c->e, 3, X64_RAX, x64_mem_rip(at));
    jmp_stub(c, X64_STUB_LEAVE_LINK, &c->link_jmp);
}

/* Padding so that a field `lead` bytes ahead does not cross 8 bytes. */
static void align_field(X64Ctx *c, unsigned lead)
{
    unsigned at = (unsigned)(x64_here(&c->e) + lead) & 7;
    if (at > 4)
        x64_nops(&c->e, 8 - at);
}

/* After an instruction whose last four bytes are the field. */
static void field_done(X64Ctx *c, ExitKind kind, int64_t target_off)
{
    uint32_t index;
    uint32_t from = x64_off(&c->e);
    if (x64_exit_rec(c, kind, target_off, &index))
        x64_far_at(c, from, far_unlinked, NULL, index);
}

static void exit_jmp(X64Ctx *c, ExitKind kind, int64_t target_off)
{
    align_field(c, 1);
    x64_jmp_fwd32(&c->e);
    field_done(c, kind, target_off);
}

/* Exits to one target that follow each other share this. */
static void far_poll(X64Ctx *c, const X64Far *f)
{
    if (c->poll_at && c->poll_target == (int64_t)f->arg) {
        x64_aim32(&c->e, f->from, c->poll_at);
        return;
    }
    c->poll_at = x64_off(&c->e);
    c->poll_target = (int64_t)f->arg;
    x64_gaddr(c, X64_RAX, (int64_t)f->arg);
    jmp_stub(c, X64_STUB_LEAVE_POLL, &c->poll_jmp);
}

static void poll_if_back(X64Ctx *c, int64_t target_off)
{
    if (target_off > c->at_off)
        return;
    x64_alu_mi(&c->e, ALU_CMP, 2, x64_vcpu_mem(offsetof(Vcpu, poll)), 0);
    x64_far_jcc(c, X64_NE, far_poll, NULL, (uint64_t)target_off);
}

/* To a target that may need a poll first. */
static void exit_polled(X64Ctx *c, int64_t target_off)
{
    enum { CMP_BYTES = 4, JCC_BYTES = 2 };
    if (target_off > c->at_off) {
        exit_jmp(c, EXIT_JUMP, target_off);
        return;
    }
    align_field(c, CMP_BYTES + JCC_BYTES);
    uint32_t at = x64_off(&c->e);
    x64_alu_mi(&c->e, ALU_CMP, 2, x64_vcpu_mem(offsetof(Vcpu, poll)), 0);
    DCHECK(c->e.overflow || x64_off(&c->e) - at == CMP_BYTES);
    x64_jcc_fwd32(&c->e, X64_E);
    field_done(c, EXIT_JUMP, target_off);
    x64_far_jmp(c, far_poll, NULL, (uint64_t)target_off);
}

void x64_emit_xjump(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    int64_t t = target_of(c, in->arg[0]);
    x64_snaps_emit(c, r, false);
    exit_polled(c, t);
}

/* A side exit taken in far code. */
static void far_exit(X64Ctx *c, const X64Far *f)
{
    int64_t t = target_of(c, c->u->insns[f->r->ir].arg[1]);
    x64_snaps_emit_taken(c, f->r);
    c->at_off = (int64_t)f->arg;
    exit_polled(c, t);
}

void x64_emit_xif(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    int64_t t = target_of(c, in->arg[1]);
    X64Cond cc = x64_cond_emit(c, r);
    if (r->n_snap || cc.parity) {
        uint32_t over = cc.parity < 0 ? x64_jcc_fwd8(e, X64_P) : 0;
        if (cc.parity > 0)
            x64_far_jcc(c, X64_P, far_exit, r, (uint64_t)c->at_off);
        x64_far_jcc(c, (X64Cc)cc.cc, far_exit, r, (uint64_t)c->at_off);
        if (over)
            x64_land8(e, over);
    } else if (t <= c->at_off) {
        uint32_t over = x64_jcc_fwd8(e, (X64Cc)(cc.cc ^ 1));
        exit_polled(c, t);
        x64_land8(e, over);
    } else {
        align_field(c, 2);
        x64_jcc_fwd32(e, (X64Cc)cc.cc);
        field_done(c, EXIT_JUMP, t);
    }
}

/* ---- calls, returns, computed jumps
 * -------------------------------------------------------------- */

/* The host address behind a call: drops the guest's half of the frame and goes on. */
static void emit_landing(X64Ctx *c, int64_t ret_off)
{
    x64_lea(&c->e, 3, X64_RSP, x64_mem(X64_RSP, 8));
    exit_jmp(c, EXIT_LANDING, ret_off);
}

static void push_ret(X64Ctx *c, int64_t ret_off)
{
    uint64_t addr = c->u->module_base + (uint64_t)ret_off;
    if (c->u->module_fixed && x64_is_s32((int64_t)addr)) {
        x64_push_imm(&c->e, (int32_t)addr);
        return;
    }
    x64_gaddr(c, X64_RCX, ret_off);
    x64_push(&c->e, X64_RCX);
}

void x64_emit_xcall(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    int64_t t = target_of(c, in->arg[0]), ret = target_of(c, in->arg[1]);
    x64_snaps_emit(c, r, false);
    poll_if_back(c, t);
    push_ret(c, ret);
    align_field(c, 1);
    x64_op0(&c->e, 0xe8);
    x64_u32(&c->e, 0);
    field_done(c, EXIT_CALL, t);
    emit_landing(c, ret);
}

/* Leaves for a computed branch of `kind` to rax: `plain` is the stub of kind 0, `first` of kind 1.
 */
static X64Mem kind_stub(unsigned plain, unsigned first, unsigned kind)
{
    return stub_mem(kind ? first + kind - 1 : plain);
}

static X64Mem kind_lookup(unsigned kind)
{
    size_t off = offsetof(Vcpu, lookup_kind) + (kind - 1) * sizeof(uint32_t *);
    return x64_vcpu_mem(kind ? off : offsetof(Vcpu, lookup));
}

/* The lookup, in place so that its jump is predicted by itself. rax: target. */
void x64_lookup_emit(X64Emit *e, unsigned kind, bool with_poll)
{
    if (with_poll)
        x64_alu_mi(e, ALU_CMP, 2, x64_vcpu_mem(offsetof(Vcpu, poll)), 0);
    uint32_t poll = with_poll ? x64_jcc_fwd8(e, X64_NE) : 0;
    x64_mov_rr(e, 3, X64_RCX, X64_RAX);
    x64_shift_ri(e, SH_SHR, 3, X64_RCX, 2);
    x64_load(e, 3, X64_RDX, kind_lookup(kind));
    x64_ext_rr(e, false, 1, 2, X64_RCX, X64_RCX); /* LOOKUP_BITS is 16 */
    x64_load(e, 2, X64_RDX, x64_mem_index(X64_RDX, X64_RCX, 2, 0));
    x64_alu_rm(e, ALU_ADD, 3, X64_RDX, x64_vcpu_mem(offsetof(Vcpu, units)));
    x64_alu_rm(e, ALU_CMP, 3, X64_RAX, x64_mem(X64_RDX, 0));
    uint32_t miss = x64_jcc_fwd8(e, X64_NE);
    x64_jmp_m(e, x64_mem(X64_RDX, 8));
    x64_land8(e, miss);
    x64_jmp_m(e, kind_stub(X64_STUB_LOOKUP_MISS, X64_STUB_MISS_KIND, kind));
    if (with_poll) {
        x64_land8(e, poll);
        x64_jmp_m(e, kind_stub(X64_STUB_LEAVE_POLL, X64_STUB_POLL_KIND, kind));
    }
}

/* The inline cache does not match: fill it if it is empty, else look up. */
static void far_ic(X64Ctx *c, const X64Far *f)
{
    X64Emit *e = &c->e;
    uint64_t at = rec_rx(c, (uint32_t)f->arg);
    ExitRec *rec = (ExitRec *)c->out->data_rw + f->arg;
    rec->ic_host = x64_here(e);
    rec->stub_at = (uint32_t)(at - x64_here(e));
    x64_alu_mi(e, ALU_CMP, 0, x64_mem_rip(at + offsetof(ExitRec, ic_used)), 0);
    uint32_t used = x64_jcc_fwd8(e, X64_NE);
    x64_lea(e, 3, X64_RCX, x64_mem_rip(at));
    x64_jmp_m(e, stub_mem(X64_STUB_LEAVE_IC));
    x64_land8(e, used);
    x64_lookup_emit(e, rec->landing, false);
}

/* arg: the branch's kind */
static void far_poll_rax(X64Ctx *c, const X64Far *f)
{
    x64_jmp_m(&c->e, kind_stub(X64_STUB_LEAVE_POLL, X64_STUB_POLL_KIND, (unsigned)f->arg));
}

/* The record of a computed branch's inline cache. */
static bool ic_rec(X64Ctx *c, unsigned kind, uint32_t *index)
{
    ExitRec *rec = x64_exit_rec(c, EXIT_IC, 0, index);
    if (rec)
        rec->landing = (uint8_t)kind;
    return rec != NULL;
}

/* Poll, then to rax by the inline cache. */
static void emit_computed(X64Ctx *c, unsigned kind)
{
    X64Emit *e = &c->e;
    uint32_t index;
    if (!ic_rec(c, kind, &index))
        return;
    uint64_t at = rec_rx(c, index);
    x64_alu_mi(e, ALU_CMP, 2, x64_vcpu_mem(offsetof(Vcpu, poll)), 0);
    x64_far_jcc(c, X64_NE, far_poll_rax, NULL, kind);
    x64_alu_rm(e, ALU_CMP, 3, X64_RAX, x64_mem_rip(at + offsetof(ExitRec, ic_pc)));
    x64_far_jcc(c, X64_NE, far_ic, NULL, index);
    x64_jmp_m(e, x64_mem_rip(at + offsetof(ExitRec, ic_host)));
}

/* A computed call: the landing first, jumped over, so that the jump can be a call's second half. */
void x64_emit_xcalli(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Emit *e = &c->e;
    int64_t ret = target_of(c, in->arg[1]);
    uint32_t index;
    x64_snaps_emit(c, r, true);
    x64_alu_mi(e, ALU_CMP, 2, x64_vcpu_mem(offsetof(Vcpu, poll)), 0);
    x64_far_jcc(c, X64_NE, far_poll_rax, NULL, in->aux);
    if (!ic_rec(c, in->aux, &index))
        return;
    uint64_t at = rec_rx(c, index);
    push_ret(c, ret);
    x64_alu_rm(e, ALU_CMP, 3, X64_RAX, x64_mem_rip(at + offsetof(ExitRec, ic_pc)));
    uint32_t miss = x64_jcc_fwd8(e, X64_NE);
    x64_call_m(e, x64_mem_rip(at + offsetof(ExitRec, ic_host)));
    uint32_t back = x64_off(e);
    emit_landing(c, ret);
    x64_land8(e, miss);
    x64_call_far(c, far_ic, index);
    x64_jmp(e, c->e.rx + back);
}

void x64_emit_xind(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    x64_snaps_emit(c, r, true);
    emit_computed(c, in->aux);
}

/* Return to an address that the frame on top does not expect. */
static void far_ret_miss(X64Ctx *c, const X64Far *f)
{
    x64_jmp_m(&c->e, stub_mem(X64_STUB_RET_MISS));
}

void x64_emit_xret(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    x64_snaps_emit(c, r, true);
    x64_alu_mr(&c->e, ALU_CMP, 3, x64_mem(X64_RSP, 8), X64_RAX);
    x64_far_jcc(c, X64_NE, far_ret_miss, r, 0);
    x64_ret(&c->e);
}

/* ---- traps
 * --------------------------------------------------------------------------------------- */

/* rax: pc, rdx: data */
static void leave_trap(X64Ctx *c, int32_t trap)
{
    x64_mov_ri(&c->e, X64_RCX, (uint32_t)trap);
    x64_jmp_m(&c->e, stub_mem(X64_STUB_LEAVE_TRAP));
}

static void load_place(X64Ctx *c, const RaOperand *o, unsigned d)
{
    if (o->loc == LOC_REMAT)
        x64_const(c, d, o->ref);
    else if (loc_is_reg(o->loc))
        x64_mov_rr(&c->e, 3, d, x64_num(o->loc));
    else
        x64_load(&c->e, 3, d, x64_loc_mem(c, o->loc));
}

static void far_trap(X64Ctx *c, const X64Far *f)
{
    const RaInsn *r = f->r;
    const IrInsn *in = &c->u->insns[r->ir];
    bool pc_op = c->u->insns[in->arg[1]].op != IR_GADDR;
    x64_snaps_emit(c, r, true);
    if (in->arg[2]) { /* through memory: the places may be each other's targets */
        const RaOperand *o = &r->op[pc_op];
        unsigned t = loc_is_reg(o->loc)                 ? x64_num(o->loc)
                     : pc_op && r->op[0].loc == X64_RDX ? X64_RCX
                                                        : X64_RDX;
        if (!loc_is_reg(o->loc))
            load_place(c, o, t);
        x64_store(&c->e, 3, x64_harg(0), t);
    }
    if (pc_op)
        load_place(c, &r->op[0], X64_RAX);
    else
        x64_gaddr(c, X64_RAX, target_of(c, in->arg[1]));
    if (in->arg[2])
        x64_load(&c->e, 3, X64_RDX, x64_harg(0));
    else
        x64_alu_rr(&c->e, ALU_XOR, 2, X64_RDX, X64_RDX);
    leave_trap(c, in->imm);
}

void x64_emit_trapif(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)in;
    X64Cond cc = x64_cond_emit(c, r);
    uint32_t over = cc.parity < 0 ? x64_jcc_fwd8(&c->e, X64_P) : 0;
    if (cc.parity > 0)
        x64_far_jcc(c, X64_P, far_trap, r, 0);
    x64_far_jcc(c, (X64Cc)cc.cc, far_trap, r, 0);
    if (over)
        x64_land8(&c->e, over);
}

/* A host call, so that the processor's return prediction stays in step with guest calls. */
static void emit_syscall(X64Ctx *c, const IrInsn *in)
{
    x64_call_m(&c->e, stub_mem(X64_STUB_SYSCALL));
    exit_jmp(c, EXIT_JUMP, target_of(c, in->arg[0]));
}

void x64_emit_xtrap(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    x64_snaps_emit(c, r, true);
    if (!in->arg[1])
        x64_alu_rr(&c->e, ALU_XOR, 2, X64_RDX, X64_RDX);
    if (in->imm == TRAP_SYSCALL && c->u->insns[in->arg[0]].op == IR_GADDR)
        emit_syscall(c, in);
    else
        leave_trap(c, in->imm);
}

/* ---- inside the unit
 * ------------------------------------------------------------------------------ */

static void add_fix(X64Ctx *c, uint32_t block)
{
    if (c->n_fix >= c->cap_fix) {
        c->fail = true;
        return;
    }
    c->fix[2 * c->n_fix] = x64_off(&c->e);
    c->fix[2 * c->n_fix++ + 1] = block;
}

static void jump_block(X64Ctx *c, uint32_t block)
{
    if (block == c->block + 1)
        return;
    x64_jmp_fwd32(&c->e);
    add_fix(c, block);
}

static void jcc_block(X64Ctx *c, X64Cc cc, uint32_t block)
{
    x64_jcc_fwd32(&c->e, cc);
    add_fix(c, block);
}

void x64_emit_brif(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    X64Cond cc = x64_cond_emit(c, r);
    uint32_t yes = (uint32_t)in->imm, no = in->arg[1];
    if (cc.parity > 0)
        jcc_block(c, X64_P, yes);
    if (cc.parity < 0)
        jcc_block(c, X64_P, no);
    if (yes == c->block + 1 && cc.parity <= 0) {
        jcc_block(c, (X64Cc)(cc.cc ^ 1), no);
        return;
    }
    jcc_block(c, (X64Cc)cc.cc, yes);
    jump_block(c, no);
}

void x64_emit_br(X64Ctx *c, const RaInsn *r, const IrInsn *in)
{
    (void)r;
    jump_block(c, (uint32_t)in->imm);
}
