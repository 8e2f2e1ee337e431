/*
 * For programs whose output must be the same natively and under a runner: R prints a call's text,
 * its result and its errno's name; nothing printed may depend on the machine or the moment.
 */
#ifndef FERRY_TESTS_SYS_T_H
#define FERRY_TESTS_SYS_T_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A call: -1 with errno, or the value. */
#define R(e) show(#e, (long)(e))
/* A call whose value is arbitrary: only whether it failed. */
#define OK(e) show_ok(#e, (long)(e))
/* A fact that must hold. */
#define T(e) printf("%s: %s\n", #e, (e) ? "yes" : "NO")

static inline long show(const char *text, long v)
{
    if (v == -1)
        printf("%s = -1 %s\n", text, strerrorname_np(errno));
    else
        printf("%s = %ld\n", text, v);
    errno = 0;
    return v;
}

static inline long show_ok(const char *text, long v)
{
    if (v == -1)
        return show(text, v);
    printf("%s ok\n", text);
    errno = 0;
    return v;
}

/* A fresh empty directory becomes the current one; removed by leave_tmp(). */
static char tmp_dir[] = "/tmp/ferry-progXXXXXX";

static inline void enter_tmp(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(tmp_dir) || chdir(tmp_dir))
        exit(99);
}

static inline void leave_tmp(void)
{
    char cmd[64];
    snprintf(cmd, sizeof cmd, "rm -rf %s", tmp_dir);
    if (chdir("/") || system(cmd))
        exit(98);
}

#endif
