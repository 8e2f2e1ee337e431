// programs: -Wl,-z,max-page-size=2097152 -Wl,-z,common-page-size=65536
/* Segments whose alignment is larger than a page: their objects lie as the linker promised. */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>

#define KIB64 __attribute__((aligned(65536)))
#define MIB2  __attribute__((aligned(2097152)))
static char data[70000] KIB64 = {1};
static char zero[70000] MIB2;
static const char constant[100] KIB64 = {2};
static __thread int own __attribute__((aligned(256))) = 3;

/* The compiler takes alignments for granted. */
static uintptr_t at(const void *p)
{
    __asm__("" : "+r"(p));
    return (uintptr_t)p;
}

int main(void)
{
    const Elf64_Phdr *ph = (const Elf64_Phdr *)getauxval(AT_PHDR);
    uint64_t align = 0, sum = 0;
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
        if (ph[i].p_type == PT_LOAD && ph[i].p_align > align)
            align = ph[i].p_align;
    for (unsigned i = 0; i < sizeof zero; i++)
        sum += (unsigned char)zero[i] + (i ? (unsigned char)data[i] : 0);
    printf("segments %lu data %lu zero %lu constant %lu tls %lu\n", align, at(data) % 65536,
           at(zero) % 2097152, at(constant) % 65536, at(&own) % 256);
    printf("%d %lu %d %d\n", data[0], sum, constant[0], own);
    zero[69999] = data[69999] = 5;
    return zero[69999] + data[69999] - 10;
}
