// programs: -pthread
// A limit on the address space holds for the program's own memory: it can have most of it and no
// more, threads start, children and programs that it starts see the same limit.
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, LIMIT = 512, MAX = 1024 };

static void show(const char *who, int resource)
{
    struct rlimit r;
    getrlimit(resource, &r);
    printf("%s: soft limit %lu MiB\n", who, (unsigned long)(r.rlim_cur / MIB));
    fflush(stdout);
}

static void *thread(void *arg)
{
    return arg;
}

static void fill(void)
{
    static void *block[MAX];
    int n = 0;
    while (n < MAX && (block[n] = mmap(0, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                       -1, 0)) != MAP_FAILED)
        memset(block[n++], 1, 1);
    for (int i = 0; i < n; i++)
        munmap(block[i], MIB);
    printf("had %s\n", n < LIMIT * 3 / 4 ? "too little" : n > LIMIT ? "too much" : "what it may");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        show("new program", RLIMIT_AS);
        show("new program", RLIMIT_DATA);
        return 0;
    }
    struct rlimit as = {(unsigned long)LIMIT * MIB, (unsigned long)LIMIT * MIB};
    struct rlimit data = {(unsigned long)LIMIT * MIB, RLIM_INFINITY};
    printf("set %d %d\n", setrlimit(RLIMIT_AS, &as), setrlimit(RLIMIT_DATA, &data));
    show("self", RLIMIT_AS);
    show("self", RLIMIT_DATA);
    fill();
    pthread_t t;
    void *r = NULL;
    printf("thread %d\n", pthread_create(&t, NULL, thread, &t) || pthread_join(t, &r));
    fflush(stdout);
    if (fork() == 0) {
        show("child", RLIMIT_AS);
        execl("/nonexistent", "no", (char *)0);
        show("child after a failed exec", RLIMIT_AS);
        execl("/proc/self/exe", argv[0], "x", (char *)0);
        _exit(1);
    }
    int status = 0;
    wait(&status);
    printf("status %x\n", status);
    return 0;
}
