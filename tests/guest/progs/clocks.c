// The clocks by libc, which asks the vdso, and by system call: both go forward in turn, name the
// same resolution and refuse the same. The instructions that the vdso consists of are undefined
// elsewhere.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec <= b->tv_nsec);
}

static int by_call(int clock, struct timespec *t)
{
    return (int)syscall(SYS_clock_gettime, clock, t);
}

static void look(int clock)
{
    struct timespec t[6], r1 = {0}, r2 = {0};
    int ok = 1, e1, e2;
    for (int i = 0; i < 6; i++)
        ok &= (i & 1 ? clock_gettime(clock, &t[i]) : by_call(clock, &t[i])) == 0;
    for (int i = 0; ok && i < 5; i++)
        ok &= before(&t[i], &t[i + 1]) && t[i].tv_nsec < 1000000000;
    errno = 0;
    e1 = clock_getres(clock, &r1) ? errno : 0;
    errno = 0;
    e2 = syscall(SYS_clock_getres, clock, &r2) ? errno : 0;
    printf("clock %d: %s, resolution %s %d, %d\n", clock, ok ? "forward" : "no",
           e1 == e2 && r1.tv_sec == r2.tv_sec && r1.tv_nsec == r2.tv_nsec ? "same" : "differs", e1,
           clock_getres(clock, NULL));
}

static void day(void)
{
    struct timespec a, b;
    struct timeval tv;
    struct timezone tz = {77, 77}, tz2 = {78, 78};
    by_call(CLOCK_REALTIME, &a);
    a.tv_nsec = a.tv_nsec / 1000 * 1000;
    int r = gettimeofday(&tv, &tz);
    by_call(CLOCK_REALTIME, &b);
    struct timespec t = {tv.tv_sec, tv.tv_usec * 1000};
    int r2 = (int)syscall(SYS_gettimeofday, NULL, &tz2);
    printf("day: %d %d, between %d, zone %d\n", r, r2, before(&a, &t) && before(&t, &b),
           tz.tz_minuteswest == tz2.tz_minuteswest);
}

static sigjmp_buf back;

static void ill(int sig)
{
    siglongjmp(back, sig);
}

int main(void)
{
    for (int c = 0; c <= 12; c++)
        if (c != CLOCK_REALTIME_ALARM && c != CLOCK_BOOTTIME_ALARM && c != 10)
            look(c);
    look(-1);
    day();
    signal(SIGILL, ill);
    int sig = sigsetjmp(back, 1);
    if (!sig) {
#if defined(__aarch64__)
        __asm__ volatile(".inst 0" ::: "memory");
#elif defined(__riscv)
        __asm__ volatile(".4byte 0x0000000b" ::: "memory");
#else
        __asm__ volatile("ud2" ::: "memory");
#endif
    }
    printf("signal %d\n", sig);
    return 0;
}
