// guest: riscv64
// expect: 0 failures
/*
 * fence.i has no range: it makes good whatever code was written, and code that was not keeps
 * working. One function among many, the middle of a long one, the same bytes again, a second
 * mapping, a page's end, another thread. And riscv_flush_icache(2).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "check.h"

enum { PAGE = 4096, RET = 0x00008067, MANY = 64, LONG = 100, ROUNDS = 300 };
typedef int Fn(void);

static uint32_t li_a0(int v)
{
    return 0x513 | (uint32_t)v << 20;
}

static uint32_t add_a0(int v)
{
    return 0x50513 | (uint32_t)v << 20;
}

static void put(uint8_t *at, uint32_t insn)
{
    memcpy(at, &insn, 4);
}

static void fence(void)
{
    __asm__ volatile("fence.i" ::: "memory");
}

static int call(const uint8_t *at)
{
    return ((Fn *)at)();
}

static uint8_t *pages(int n)
{
    return mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0);
}

static void one_of_many(void)
{
    uint8_t *p = pages(1);
    int value[MANY];
    for (int i = 0; i < MANY; i++) {
        value[i] = i;
        put(p + 16 * i, li_a0(i));
        put(p + 16 * i + 4, RET);
    }
    for (int r = 0; r < ROUNDS; r++) {
        int k = r * 7 % MANY;
        if (r % 3) { /* else the same bytes are written */
            value[k] = 100 + r;
            put(p + 16 * k, li_a0(value[k]));
        } else {
            put(p + 16 * k, li_a0(value[k]));
        }
        fence();
        for (int i = 0; i < MANY; i++)
            CHECK(call(p + 16 * i) == value[i]);
    }
}

/* More than one unit reads the code that changes: some begin before it, some at it. */
static void in_the_middle(void)
{
    uint8_t *p = pages(2), *at = p + PAGE - 2 * LONG; /* across the pages */
    int sum = 0, step[LONG];
    put(at, li_a0(0));
    for (int i = 0; i < LONG; i++) {
        step[i] = i;
        sum += i;
        put(at + 4 + 4 * i, add_a0(i));
    }
    put(at + 4 + 4 * LONG, RET);
    for (int r = 0; r < ROUNDS; r++) {
        int k = r * 13 % LONG;
        sum += r - step[k];
        step[k] = r;
        put(at + 4 + 4 * k, add_a0(r));
        fence();
        CHECK(call(at) == sum);
    }
}

static void second_mapping(void)
{
    int fd = memfd_create("code", 0);
    CHECK(ftruncate(fd, PAGE) == 0);
    uint8_t *w = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    uint8_t *x = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    put(w + 4, RET);
    for (int r = 0; r < ROUNDS; r++) {
        put(w, li_a0(r / 2));
        fence();
        CHECK(call(x) == r / 2);
    }
    /* gone, and something else in its place */
    CHECK(mmap(x, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
               -1, 0) == x);
    put(x, li_a0(1234));
    put(x + 4, RET);
    fence();
    CHECK(call(x) == 1234);
}

/* The call has a range: of the code in it, one instruction of two bytes too; without one, all. */
static void by_call(void)
{
    uint8_t *p = pages(2), *at = p + PAGE - 2;
    put(at + 4, RET);
    put(p, li_a0(0));
    put(p + 4, RET);
    for (int r = 0; r < ROUNDS; r++) {
        put(at, li_a0(r)); /* across the pages */
        CHECK(syscall(SYS_riscv_flush_icache, at + r % 2 * 2, at + 2 + r % 2 * 2, 0) == 0);
        CHECK(call(at) == r);
        put(p, li_a0(-r));
        CHECK(syscall(SYS_riscv_flush_icache, 0, 0, r % 2) == 0);
        CHECK(call(p) == -r);
    }
}

static uint8_t *shared;
static int turn;

static void *other_thread(void *arg)
{
    for (int r = 1; r <= ROUNDS; r++) {
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 2 * r - 1)
            sched_yield();
        fence();
        CHECK(call(shared) == r);
        __atomic_store_n(&turn, 2 * r, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void by_another_thread(void)
{
    pthread_t t;
    shared = pages(1);
    put(shared, li_a0(0));
    put(shared + 4, RET);
    pthread_create(&t, NULL, other_thread, NULL);
    for (int r = 1; r <= ROUNDS; r++) {
        put(shared, li_a0(r));
        __atomic_store_n(&turn, 2 * r - 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 2 * r)
            sched_yield();
    }
    pthread_join(t, NULL);
}

int main(void)
{
    one_of_many();
    in_the_middle();
    second_mapping();
    by_call();
    by_another_thread();
    printf("%d failures\n", failures);
    return 0;
}
