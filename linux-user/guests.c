/* The list of guests: a new one is added here and in elf_read.c's list of machines. */
#include "guests.h"
#include <linux/elf.h>
#include <string.h>

extern GuestLinux guest_linux_a64, guest_linux_rv64;

GuestLinux *const guests[] = {&guest_linux_a64, &guest_linux_rv64, NULL};

void guests_init(void)
{
    guest_linux_a64.ops = &guest_a64;
    guest_linux_rv64.ops = &guest_rv64;
}

void guest_choose(GuestLinux *g)
{
    const SlotDesc *slots = g->ops->slots;
    g->init(g);
    g->at_pc = (uint16_t)slots[g->ops->slot_pc].off;
    g->at_nr = (uint16_t)slots[g->slot_nr].off;
    g->at_ret = (uint16_t)slots[g->slot_ret].off;
    for (int i = 0; i < 6; i++)
        g->at_arg[i] = (uint16_t)slots[g->slot_arg[i]].off;
}

GuestLinux *guest_of_elf(const void *head, size_t got)
{
    Elf64_Ehdr eh;
    if (got < sizeof eh)
        return NULL;
    memcpy(&eh, head, sizeof eh);
    if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
        return NULL;
    for (GuestLinux *const *g = guests; *g; g++)
        if ((*g)->ops->elf_machine == eh.e_machine && (*g)->ops->elf_class == eh.e_ident[EI_CLASS])
            return *g;
    return NULL;
}
