// expect: 42 1 2 3 7 99
// expect: alias 5 6
/* Code made at run time: patched and flushed, in fresh mappings, through a second mapping. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "guestcode.h"

typedef int (*Fn)(void);

static void put(uint32_t *at, unsigned value)
{
    at[0] = CODE_VALUE(value);
    at[1] = CODE_RET;
}

int main(void)
{
    uint32_t *c = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    put(c, 42);
    __builtin___clear_cache((char *) c, (char *) (c + 2));
    printf("%d", ((Fn) c)());
    for (unsigned i = 1; i <= 3; i++) {
        put(c, i);
        __builtin___clear_cache((char *) c, (char *) (c + 2));
        printf(" %d", ((Fn) c)());
    }
    mprotect(c, 65536, PROT_READ | PROT_WRITE);
    put(c, 7);
    mprotect(c, 65536, PROT_READ | PROT_EXEC);
    __builtin___clear_cache((char *) c, (char *) (c + 2));
    printf(" %d", ((Fn) c)());
    munmap(c, 65536);
    uint32_t *d = mmap(c, 65536, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    put(d, 99);
    __builtin___clear_cache((char *) d, (char *) (d + 2));
    printf(" %d\n", ((Fn) d)());
    int fd = memfd_create("jit", 0);
    ftruncate(fd, 4096);
    uint32_t *rw = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    uint32_t *rx = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    put(rw, 5);
    __builtin___clear_cache((char *) rw, (char *) (rw + 2));
    __builtin___clear_cache((char *) rx, (char *) (rx + 2));
    printf("alias %d", ((Fn) rx)());
    put(rw, 6);
    __builtin___clear_cache((char *) rx, (char *) (rx + 2));
    printf(" %d\n", ((Fn) rx)());
    return 0;
}
