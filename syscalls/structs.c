/*
 * Structs and flags between a guest's form and the host's, driven by the generated tables.
 *
 * Fields match by name; the table holds offset and size in each layout. What one side lacks is
 * zero there. Fields shown as flags are converted when the set's bits differ.
 *
 * Example: struct stat of generic 64-bit ABIs has st_nlink as 32 bits at 20, x86-64 as 64 bits at
 * 16: put reads 8 bytes, writes 4.
 */
#include "sys_impl.h"

typedef struct Side {
    unsigned layout;
    unsigned flagset;
} Side;

static Side guest_side(const SysAbi *abi)
{
    return (Side){abi->layout, abi->flagset};
}

static Side host_side(void)
{
    return (Side){SYS_HOST_LAYOUT, SYS_HOST_FLAGSET};
}

static uint64_t flags_convert(unsigned set, uint64_t v, unsigned from, unsigned to)
{
    const SysFlagSet *s = &sys_flag_sets[set];
    if (from == to || !s->converts)
        return v;
    uint64_t clear = 0, bits = 0;
    for (unsigned i = 0; i < s->count; i++) {
        const SysFlagItem *it = &sys_flag_items[s->first + i];
        if (it->value[from] == it->value[to])
            continue;
        clear |= it->value[from];
        if (v & it->value[from])
            bits |= it->value[to];
    }
    return (v & ~clear) | bits;
}

uint64_t sys_flags_to_host(const SysAbi *abi, unsigned set, uint64_t v)
{
    return flags_convert(set, v, abi->flagset, SYS_HOST_FLAGSET);
}

uint64_t sys_flags_to_guest(const SysAbi *abi, unsigned set, uint64_t v)
{
    return flags_convert(set, v, SYS_HOST_FLAGSET, abi->flagset);
}

uint64_t sys_open_flags_to_host(const SysAbi *abi, uint64_t flags)
{
    return sys_flags_to_host(abi, SYS_SET_open, flags);
}

uint64_t sys_open_flags_to_guest(const SysAbi *abi, uint64_t flags)
{
    return sys_flags_to_guest(abi, SYS_SET_open, flags);
}

bool sys_struct_differs(const SysAbi *abi, unsigned id)
{
    bool same_side = abi->layout == SYS_HOST_LAYOUT && abi->flagset == SYS_HOST_FLAGSET;
    return sys_structs[id].converts && !same_side;
}

uint32_t sys_struct_guest_size(const SysAbi *abi, unsigned id)
{
    return sys_structs[id].size[abi->layout];
}

uint32_t sys_struct_host_size(unsigned id)
{
    return sys_structs[id].size[SYS_HOST_LAYOUT];
}

uint64_t sys_load(const uint8_t *p, unsigned size, bool is_signed)
{
    uint64_t v = 0;
    memcpy(&v, p, size); /* little-endian on both sides */
    unsigned spare = 64 - size * 8;
    if (is_signed && spare)
        v = (uint64_t)((int64_t)(v << spare) >> spare);
    return v;
}

static void copy_field(const SysField *f, uint8_t *dst, Side to, const uint8_t *src, Side from)
{
    if (f->off[from.layout] == SYS_NONE || f->off[to.layout] == SYS_NONE)
        return;
    unsigned in = f->size[from.layout], out = f->size[to.layout];
    for (unsigned i = 0; i < f->count; i++) {
        uint64_t v = sys_load(src + f->off[from.layout] + i * in, in, f->is_signed);
        if (f->show == SYS_KIND_FLAGS)
            v = flags_convert(f->show_ref, v, from.flagset, to.flagset);
        memcpy(dst + f->off[to.layout] + i * out, &v, out);
    }
}

static void convert(unsigned id, uint8_t *dst, Side to, const uint8_t *src, Side from)
{
    const SysStruct *s = &sys_structs[id];
    memset(dst, 0, s->size[to.layout]);
    for (unsigned i = 0; i < s->count; i++)
        copy_field(&sys_fields[s->first + i], dst, to, src, from);
}

void sys_struct_to_host(const SysAbi *abi, unsigned id, void *host, const void *guest)
{
    convert(id, host, host_side(), guest, guest_side(abi));
}

void sys_struct_to_guest(const SysAbi *abi, unsigned id, void *guest, const void *host)
{
    convert(id, guest, guest_side(abi), host, host_side());
}

bool sys_struct_get(const SysAbi *abi, unsigned id, void *host, GuestAddr src)
{
    uint8_t copy[SYS_STRUCT_MAX];
    if (!gm_copy_in(copy, src, sys_struct_guest_size(abi, id)))
        return false;
    sys_struct_to_host(abi, id, host, copy);
    return true;
}

bool sys_struct_put(const SysAbi *abi, unsigned id, GuestAddr dst, const void *host)
{
    uint8_t copy[SYS_STRUCT_MAX];
    sys_struct_to_guest(abi, id, copy, host);
    return gm_copy_out(dst, copy, sys_struct_guest_size(abi, id));
}
