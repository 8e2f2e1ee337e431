/* Set-up of the runtime and of vcpus; state save and load; FP mode. */
#include "rt_internal.h"
#include "helpers.h"
#include "opt.h"

static bool rt_stubs_init(void)
{
    CodeOut out = {.rw = rt.code_rx + rt.rw_minus_rx,
                   .rx = (uint64_t)rt.code_rx,
                   .cap = CHUNK_CODE,
                   .data_rw = rt.data + rt.chunks[0].data_used,
                   .data_rx = (uint64_t)rt.data + rt.chunks[0].data_used,
                   .data_cap = CHUNK_DATA - rt.chunks[0].data_used};
    if (!rt.cfg.backend->emit_stubs(&rt.target, &out, &rt.stubs))
        return false;
    ((Unit *)rt.data)->host_entry = (uint64_t)rt.stubs.lookup_miss; /* the dummy */
    return true;
}

bool rt_init(const RtConfig *cfg)
{
    rt.cfg = *cfg;
    const GuestOps *g = cfg->guest;
    cfg->backend->setup(&rt.cfg.features, g->slots, g->n_slots, g->slot_pc, &rt.target);
    if (!cache_init()) {
        log_error("ferry: cannot reserve %u KiB of address space for translated code; "
                  "is a limit (ulimit -v) set?\n",
                  (CHUNK_CODE + CHUNK_DATA) / 1024u * CHUNK_COUNT_MIN);
        return false;
    }
    if (!rt_stubs_init()) {
        log_error("ferry: cannot write host code: executable memory is refused\n");
        return false;
    }
    return true;
}

bool rt_code_is_split(void)
{
    return rt.rw_minus_rx != 0;
}

bool rt_vcpu_init(Vcpu *v)
{
    v->guest = rt.cfg.guest;
    v->units = (uint64_t)rt.data;
    v->syscall_fn = rt_syscall;
    v->mode = rt.cfg.guest->mode_of(v);
    cache_lookup_select(v);
    v->mxcsr_guest = rt.cfg.backend->fp_control(v->mode, 0);
    for (uint32_t i = 0; i < HELPER_COUNT; i++)
        v->helper_fn[i] = helper_functions[i];
    if (!v->trans && !trans_init(v))
        return false;
    ((Trans *)v->trans)->cold_vec = false;
    ((Trans *)v->trans)->interp_flags = 0;
    /* room above the bottom for the sentinel frame and what ret_miss may look at */
    v->ret_stack_size = RET_STACK_SIZE - 512;
    v->ret_bottom = (uint64_t)((Trans *)v->trans)->ret_stack + v->ret_stack_size;
    rt.cfg.backend->vcpu_init(v, &rt.stubs);
    if (!rt.registry)
        cold_init(v);
    return true;
}

void rt_vcpu_free(Vcpu *v)
{
    trans_free(v);
}

void rt_state_save(Vcpu *v)
{
    const GuestOps *g = rt.cfg.guest;
    if (rt.cfg.interpret) {
        g->fp_flags_put(v, ((Trans *)v->trans)->interp_flags);
        return;
    }
    rt.stubs.vec_save(v);
    g->fp_flags_put(v, fp_flags_read(v));
}

void rt_state_load(Vcpu *v)
{
    const GuestOps *g = rt.cfg.guest;
    uint32_t keep = v->mode & (MODE_FP_CHECKED | MODE_TBI_MASK);
    v->mode = g->mode_of(v) | keep;
    cache_lookup_select(v);
    if (rt.cfg.interpret) {
        ((Trans *)v->trans)->interp_flags = g->fp_flags_take(v);
        return;
    }
    v->mxcsr_guest = rt.cfg.backend->fp_control(v->mode, 0);
    rt.stubs.vec_load(v);
    fp_flags_write(v, g->fp_flags_take(v));
}

void rt_mode_update(Vcpu *v)
{
    rt_state_save(v);
    rt_state_load(v);
}
