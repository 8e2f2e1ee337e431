// programs: -pthread
// Memory calls on everything where /proc/self/maps shows nothing, which is where a runner's own memory
// lies: munmap passes over holes, madvise and mprotect give ENOMEM, MAP_FIXED either works or fails;
// afterwards the program still runs.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

enum { MAX = 256, LOW = 0x10000 };
static const uint64_t TOP = 0x7ffffffff000 & ~0xffffull;
static struct { uint64_t start, end; } map[MAX];

static int read_maps(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[4096];
    int n = 0;
    unsigned long a, b;
    while (n < MAX && f && fgets(line, sizeof line, f))
        if (sscanf(line, "%lx-%lx", &a, &b) == 2 && b <= TOP)
            map[n].start = a, map[n++].end = b;
    if (f)
        fclose(f);
    return n;
}

static int wrong[5];

static void fixed(char *p, size_t n)
{
    void *q = mmap(p, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (q == p)
        munmap(p, n);
    else if (errno != ENOMEM)
        wrong[3]++;
}

/* A mapping of ours at `from` must not move over what is there. */
static void moved(char *p, size_t n)
{
    char *from = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *q = mremap(p, 4096, 8192, MREMAP_MAYMOVE);
    if (q != MAP_FAILED || errno != EFAULT)
        wrong[4]++;
    q = mremap(from, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, p + n - 8192);
    munmap(q == MAP_FAILED ? from : q, 8192);
}

static void hole(uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    char *p = (char *)start;
    size_t n = end - start;
    if (madvise(p, n, MADV_DONTNEED) != -1 || errno != ENOMEM)
        wrong[0]++;
    if (mprotect(p, n, PROT_NONE) != -1 || errno != ENOMEM)
        wrong[1]++;
    if (munmap(p, n))
        wrong[2]++;
    fixed(p, n);
    if (n >= 8192)
        moved(p, n);
}

static void *thread(void *arg)
{
    return (char *)arg + 1;
}

int main(void)
{
    int n = read_maps();
    uint64_t at = LOW;
    for (int i = 0; i < n; i++) {
        /* The kernel's gap below the stack, and its growth, are left alone. */
        uint64_t gap = i == n - 1 || map[i].end > TOP - (1ull << 40) ? 0x1000000 : 0;
        hole(at, map[i].start - gap);
        at = map[i].end;
    }
    hole(at, TOP);
    pthread_t t;
    void *r = NULL;
    int made = 0;
    for (int i = 0; i < 4 && !pthread_create(&t, NULL, thread, NULL); i++)
        made += !pthread_join(t, &r);
    struct timespec now;
    int clock = clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%s, madvise %d mprotect %d munmap %d mmap %d mremap %d wrong, %d threads, clock %d\n",
           n > 4 ? "maps" : "no maps", wrong[0], wrong[1], wrong[2], wrong[3], wrong[4], made, clock);
    return 0;
}
