/*
 * Structs and flags between a guest's form and the host's, driven by the generated tables.
 *
 * The generator matches the fields of two layouts by name and gives the moves between them; what
 * one side lacks is zero there. Fields shown as flags are converted when the set's bits differ.
 *
 * Example: struct stat of generic 64-bit ABIs has st_nlink as 32 bits at 20, x86-64 as 64 bits at
 * 16: its move to the guest is {16, 20, 8, 4}; the three times are one move of 48 bytes.
 */
#include "sys_impl.h"

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

/* Sizes are 1, 2, 4 or 8; both sides are little-endian. No loop and no call: stat is hot. */
static inline uint64_t load(const uint8_t *p, unsigned size, bool is_signed)
{
    switch (size) {
    case 1:
        return is_signed ? (uint64_t)(int8_t)*p : *p;
    case 2: {
        uint16_t v;
        __builtin_memcpy(&v, p, sizeof v);
        return is_signed ? (uint64_t)(int16_t)v : v;
    }
    case 4: {
        uint32_t v;
        __builtin_memcpy(&v, p, sizeof v);
        return is_signed ? (uint64_t)(int32_t)v : v;
    }
    default: {
        uint64_t v;
        __builtin_memcpy(&v, p, sizeof v);
        return v;
    }
    }
}

uint64_t sys_load(const uint8_t *p, unsigned size, bool is_signed)
{
    return load(p, size, is_signed);
}

static inline void store(uint8_t *p, unsigned size, uint64_t v)
{
    switch (size) {
    case 1:
        *p = (uint8_t)v;
        return;
    case 2:
        __builtin_memcpy(p, &v, 2);
        return;
    case 4:
        __builtin_memcpy(p, &v, 4);
        return;
    default:
        __builtin_memcpy(p, &v, 8);
    }
}

static void copy_words(uint8_t *dst, const uint8_t *src, unsigned n)
{
    for (; n >= 8; n -= 8, dst += 8, src += 8)
        __builtin_memcpy(dst, src, 8);
    for (unsigned i = 0; i < n; i++)
        dst[i] = src[i];
}

static void clear_words(uint8_t *dst, unsigned n)
{
    static const uint64_t zero;
    for (; n >= 8; n -= 8, dst += 8)
        __builtin_memcpy(dst, &zero, 8);
    for (unsigned i = 0; i < n; i++)
        dst[i] = 0;
}

/* Which bits a flag set has on either side of a conversion. */
typedef struct FlagWay {
    unsigned from;
    unsigned to;
} FlagWay;

static void convert(SysMoves moves, uint8_t *dst, const uint8_t *src, FlagWay way)
{
    const SysMove *m = &sys_moves[moves.first];
    for (const SysMove *end = m + moves.count; m < end; m++) {
        if (m->in == m->out && m->set == SYS_NONE) {
            copy_words(dst + m->to, src + m->from, m->in);
            continue;
        }
        if (!m->in) {
            clear_words(dst + m->to, m->out);
            continue;
        }
        uint64_t v = load(src + m->from, m->in, m->is_signed);
        if (m->set != SYS_NONE)
            v = flags_convert(m->set, v, way.from, way.to);
        store(dst + m->to, m->out, v);
    }
}

void sys_struct_to_host(const SysAbi *abi, unsigned id, void *host, const void *guest)
{
    convert(sys_structs[id].to_host, host, guest, (FlagWay){abi->flagset, SYS_HOST_FLAGSET});
}

void sys_struct_to_guest(const SysAbi *abi, unsigned id, void *guest, const void *host)
{
    convert(sys_structs[id].to_guest, guest, host, (FlagWay){SYS_HOST_FLAGSET, abi->flagset});
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
