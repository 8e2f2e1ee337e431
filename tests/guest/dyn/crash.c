/* Dies in a way that its argument names, below a chain of functions that a backtrace must show. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone))
static volatile int sink;
static const char *way;

/* Another symbol than the function's last byte must lie behind the call. */
APART int innermost(int *p)
{
    open("/none/such", O_RDONLY);
    if (!strcmp(way, "load"))
        sink = *p;
    if (!strcmp(way, "jump"))
        ((void (*)(void))(uintptr_t)p)();
    if (!strcmp(way, "abort"))
        abort();
    if (!strcmp(way, "signal"))
        raise(SIGUSR1);
    if (!strcmp(way, "trap"))
        __builtin_trap();
    return sink + 1;
}

APART int second(int n)
{
    char big[300];
    memset(big, n, sizeof big);
    sink = big[n];
    return innermost((int *)8) + big[n + 1] + sink;
}

APART int recurse(int n)
{
    int r = n ? recurse(n - 1) : second(3);
    return r + sink;
}

static void handler(int sig)
{
    sink = sig;
    way = "load";
    sink = innermost((int *)8) + sink;
}

static void *thread(void *arg)
{
    sink = recurse(2);
    return arg;
}

static int compare(const void *a, const void *b)
{
    sink = recurse(1);
    return a < b;
}

int main(int argc, char **argv)
{
    int v[4] = {4, 3, 2, 1};
    way = argv[1];
    signal(SIGUSR1, handler);
    write(1, "started\n", 8);
    if (argc > 2 && !strcmp(argv[2], "thread")) {
        pthread_t t;
        pthread_create(&t, NULL, thread, NULL);
        pthread_join(t, NULL);
    } else if (argc > 2) {
        qsort(v, 4, sizeof v[0], compare); /* through the library */
    } else {
        sink = recurse(2);
    }
    return sink;
}
