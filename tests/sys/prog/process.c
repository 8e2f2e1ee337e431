/* What a process is and may: ids, waiting, limits, prctl, scheduling, time. */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include "t.h"

static void ids(void)
{
    T(getpid() == syscall(SYS_gettid) && getppid() > 0);
    T(getpgid(0) == getpgrp() && getsid(0) > 0);
    R(getpgid(-1));
    R(setpgid(0, -5));
    uid_t r, e, s;
    R(getresuid(&r, &e, &s));
    T(r == getuid() && e == geteuid());
    R(syscall(SYS_getresuid, 1, 1, 1));
    R(getgroups(-1, NULL));
    T(getgroups(0, NULL) >= 0);
    struct utsname u;
    R(uname(&u));
    T(!strcmp(u.sysname, "Linux"));
    R(syscall(SYS_uname, 1));
}

static int child(int how)
{
    pid_t pid = fork();
    if (!pid) {
        if (how >= 0)
            _exit(how);
        raise(-how);
        _exit(0);
    }
    return pid;
}

static void waits(void)
{
    int st = 0;
    struct rusage ru;
    pid_t pid = child(7);
    T(wait4(pid, &st, 0, &ru) == pid);
    printf("status %x\n", st);
    T(ru.ru_maxrss > 0);
    pid = child(-SIGTERM);
    T(waitpid(pid, &st, 0) == pid);
    printf("status %x\n", st);
    siginfo_t si;
    pid = child(3);
    R(waitid(P_PID, pid, &si, WEXITED | WNOWAIT));
    printf("signo %d code %d status %d pid %d\n", si.si_signo, si.si_code, si.si_status,
           si.si_pid == pid);
    T(waitpid(pid, NULL, 0) == pid);
    R(waitpid(pid, NULL, 0));
    R(waitid(P_ALL, 0, &si, 0));
    pid = child(-SIGSTOP);
    T(waitpid(pid, &st, WUNTRACED) == pid);
    printf("status %x\n", st);
    kill(pid, SIGCONT);
    T(waitpid(pid, &st, 0) == pid);
    printf("status %x\n", st);
    int fd = syscall(SYS_pidfd_open, getpid(), 0);
    T(fd >= 0);
    R(syscall(SYS_pidfd_open, -1, 0));
    R(syscall(SYS_pidfd_getfd, fd, 999, 0));
}

static void limits(void)
{
    struct rlimit l, old;
    R(getrlimit(RLIMIT_NOFILE, &old));
    l = old;
    l.rlim_cur = 100;
    R(setrlimit(RLIMIT_NOFILE, &l));
    R(dup2(0, 100));
    R(prlimit(0, RLIMIT_NOFILE, NULL, &l));
    R(l.rlim_cur);
    l.rlim_cur = l.rlim_max + 1;
    R(l.rlim_max == RLIM_INFINITY || setrlimit(RLIMIT_NOFILE, &l) == -1);
    R(setrlimit(RLIMIT_NOFILE, &old));
    R(getrlimit(99, &l));
    R(syscall(SYS_getrlimit, RLIMIT_CPU, 0));
    l = (struct rlimit){1ull << 40, RLIM_INFINITY};
    R(setrlimit(RLIMIT_AS, &l));
    R(getrlimit(RLIMIT_AS, &l));
    T(l.rlim_cur == 1ull << 40);
    R(getrusage(RUSAGE_SELF, &(struct rusage){0}));
    R(getrusage(77, &(struct rusage){0}));
}

static void controls(void)
{
    char name[16];
    R(prctl(PR_SET_NAME, "a-longer-name-than-fits"));
    R(prctl(PR_GET_NAME, name));
    puts(name);
    R(prctl(PR_SET_PDEATHSIG, 99));
    R(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    int v = 0;
    R(prctl(PR_GET_PDEATHSIG, &v));
    R(v);
    R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    R(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    R(prctl(PR_SET_DUMPABLE, 5));
    R(prctl(12345678, 0));
    R(prctl(PR_SET_TIMERSLACK, 12345));
    R(prctl(PR_GET_TIMERSLACK));
    T(personality(0xffffffff) >= 0);
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2];
    R(syscall(SYS_capget, &h, d));
    h.version = 1;
    R(syscall(SYS_capget, &h, NULL));
    printf("%x\n", h.version);
}

static void scheduling(void)
{
    cpu_set_t set;
    R(sched_getaffinity(0, sizeof set, &set));
    T(CPU_COUNT(&set) > 0);
    R(sched_setaffinity(0, sizeof set, &set));
    CPU_ZERO(&set);
    R(sched_setaffinity(0, sizeof set, &set));
    R(sched_getscheduler(0));
    R(sched_get_priority_max(SCHED_FIFO));
    R(sched_yield());
    struct sched_param p = {5};
    R(sched_setscheduler(0, SCHED_OTHER, &p));
    R(getpriority(PRIO_PROCESS, 0));
    R(setpriority(PRIO_PROCESS, 0, 3));
    R(getpriority(PRIO_PROCESS, 0));
    unsigned cpu = 99999, node;
    R(syscall(SYS_getcpu, &cpu, &node, NULL));
    T(cpu < 99999);
}

static void times_and_system(void)
{
    struct timespec a, b, res;
    R(clock_gettime(CLOCK_MONOTONIC, &a));
    R(clock_gettime(CLOCK_MONOTONIC, &b));
    T(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
    R(clock_gettime(99, &a));
    R(syscall(SYS_clock_gettime, CLOCK_REALTIME, 1));
    R(clock_getres(CLOCK_MONOTONIC, &res));
    R(res.tv_nsec);
    T(time(NULL) > 1000000000);
    struct timeval tv;
    R(gettimeofday(&tv, NULL));
    T(llabs((long long)tv.tv_sec - time(NULL)) <= 1);
    struct timespec ts = {0, 1000000};
    R(nanosleep(&ts, NULL));
    ts.tv_nsec = 1000000000;
    R(nanosleep(&ts, NULL));
    R(syscall(SYS_nanosleep, 1, 0));
    clock_gettime(CLOCK_MONOTONIC, &a);
    a.tv_nsec = 0;
    R(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &a, NULL));
    timer_t t;
    struct sigevent ev = {.sigev_notify = SIGEV_NONE};
    R(timer_create(CLOCK_MONOTONIC, &ev, &t));
    struct itimerspec it = {{0, 0}, {100, 0}}, got;
    R(timer_settime(t, 0, &it, NULL));
    R(timer_gettime(t, &got));
    T(got.it_value.tv_sec >= 98 && got.it_value.tv_sec <= 100);
    R(timer_delete(t));
    struct itimerval iv = {{0, 0}, {50, 0}}, ov;
    R(setitimer(ITIMER_REAL, &iv, NULL));
    R(getitimer(ITIMER_REAL, &ov));
    T(ov.it_value.tv_sec >= 48);
    R(getitimer(9, &ov));
    struct tms tm;
    T(times(&tm) != -1);
    struct sysinfo si;
    R(sysinfo(&si));
    T(si.totalram > 0 && si.procs > 0 && si.mem_unit > 0);
    char r[32];
    R(getrandom(r, 32, 0));
    R(getrandom(r, 32, 0x100));
    R(syscall(1000));
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    ids();
    waits();
    limits();
    controls();
    scheduling();
    times_and_system();
}
