/* fork, vfork and spawn out of a program whose other threads allocate, lock and fork too. */
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int stop;
static long total;

static void *churn(void *p)
{
    unsigned seed = (unsigned) (size_t) p;
    while (!stop) {
        char *m = malloc(1 + rand_r(&seed) % 5000);
        memset(m, 1, 1);
        free(m);
    }
    return NULL;
}

static void *forker(void *p)
{
    for (int i = 0; i < 25; i++) {
        pid_t c = i & 1 ? fork() : vfork();
        if (c == 0)
            _exit(i);
        int st = 0;
        if (c < 0 || waitpid(c, &st, 0) != c || !WIFEXITED(st) || WEXITSTATUS(st) != i)
            printf("bad %d\n", i);
        __atomic_add_fetch(&total, WEXITSTATUS(st), __ATOMIC_RELAXED);
    }
    return NULL;
}

int main(void)
{
    pthread_t a[2], f[2];
    for (size_t i = 0; i < 2; i++)
        pthread_create(&a[i], NULL, churn, (void *) i), pthread_create(&f[i], NULL, forker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(f[i], NULL);
    stop = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(a[i], NULL);
    printf("%ld\n", total);
    return 0;
}
