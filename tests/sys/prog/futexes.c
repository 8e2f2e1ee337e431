/* Futexes, robust and priority-inheriting mutexes, asynchronous input. */
#define _GNU_SOURCE
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <pthread.h>
#include "t.h"

static uint32_t word;

static long futex(int op, uint32_t val, void *ts, void *w2, uint32_t v3)
{
    return syscall(SYS_futex, &word, op, val, ts, w2, v3);
}

static void *waker(void *arg)
{
    while (futex(FUTEX_WAKE, 1, NULL, NULL, 0) == 0)
        sched_yield();
    return NULL;
}

static void plain(void)
{
    struct timespec ts = {0, 1000000};
    pthread_t t;
    R(futex(FUTEX_WAIT, 1, NULL, NULL, 0));
    R(futex(FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0));
    R(futex(FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
    R(futex(FUTEX_WAKE, 1, NULL, NULL, 0));
    R(futex(99, 0, NULL, NULL, 0));
    R(syscall(SYS_futex, 1, FUTEX_WAIT, 0, NULL, NULL, 0));
    R(syscall(SYS_futex, 4, FUTEX_WAIT, 0, NULL, NULL, 0));
    pthread_create(&t, NULL, waker, NULL);
    R(futex(FUTEX_WAIT, 0, NULL, NULL, 0));
    pthread_join(t, NULL);
    uint32_t other = 0;
    R(futex(FUTEX_WAKE_OP, 1, (void *)1L, &other, FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0)));
    R(other);
    R(futex(FUTEX_CMP_REQUEUE, 1, (void *)1L, &other, 7));
}

static pthread_mutex_t robust;

static void *die_with_it(void *arg)
{
    pthread_mutex_lock(&robust);
    return NULL;
}

static void mutexes(void)
{
    pthread_mutexattr_t a;
    pthread_t t;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &a);
    pthread_create(&t, NULL, die_with_it, NULL);
    pthread_join(t, NULL);
    printf("lock after death: %s\n", strerrorname_np(pthread_mutex_lock(&robust)));
    R(pthread_mutex_consistent(&robust));
    R(pthread_mutex_unlock(&robust));
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    pthread_mutex_t pi;
    pthread_mutex_init(&pi, &a);
    R(pthread_mutex_lock(&pi));
    R(pthread_mutex_unlock(&pi));
}

static void aio(void)
{
    aio_context_t ctx = 0;
    char b[16] = {0};
    R(syscall(SYS_io_setup, 4, &ctx));
    int fd = open("file", O_CREAT | O_RDWR, 0600);
    R(write(fd, "some bytes", 10));
    struct iocb io = {.aio_lio_opcode = IOCB_CMD_PREAD,
                      .aio_fildes = fd,
                      .aio_data = 77,
                      .aio_buf = (uintptr_t)b,
                      .aio_nbytes = 15},
                *list = &io;
    R(syscall(SYS_io_submit, ctx, 1, &list));
    struct io_event ev;
    R(syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL));
    printf("data %d read %d\n", (int)ev.data, (int)ev.res);
    R(syscall(SYS_io_destroy, ctx));
    R(syscall(SYS_io_destroy, ctx));
}

int main(void)
{
    enter_tmp();
    plain();
    mutexes();
    aio();
    leave_tmp();
}
