// expect: done 0 wrong
/*
 * Threads call a function while another rewrites and flushes it: every result is one of the values
 * that were ever written, and after the writer has joined the last value is seen.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include "guestcode.h"

typedef unsigned (*Fn)(void);
static uint32_t *code;
static volatile int stop;
static unsigned wrong;

static void *caller(void *p)
{
    unsigned last = 0;
    while (!stop) {
        unsigned r = ((Fn) code)();
        if (r < 100 || r >= 400)
            __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
        last = r;
    }
    return (void *) (uintptr_t) last;
}

int main(void)
{
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    code[0] = CODE_VALUE(100);
    code[1] = CODE_RET;
    __builtin___clear_cache((char *) code, (char *) (code + 2));
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, caller, NULL);
    for (unsigned k = 0; k < 3000; k++) {
        __atomic_store_n(&code[0], CODE_VALUE(100 + k % 300), __ATOMIC_RELEASE);
        __builtin___clear_cache((char *) code, (char *) (code + 2));
    }
    if (((Fn) code)() != 100 + 2999 % 300)
        wrong++;
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    printf("done %u wrong\n", wrong);
    return 0;
}
