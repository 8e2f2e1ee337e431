// Code on the stack: gcc's trampolines of nested functions, in deep frames and in threads.
// programs: -Wl,-z,execstack
#include <pthread.h>
#include <stdio.h>

static int apply(int (*f)(int), int x)
{
    return f(x);
}

static int deep(int depth, int sum)
{
    int local = depth * 3;
    int add(int x)
    {
        return x + local;
    }
    int (*volatile f)(int) = add;
    volatile char room[4096];
    room[0] = (char)depth;
    sum = apply(f, sum) + room[0] - (char)depth;
    return depth ? deep(depth - 1, sum) : sum;
}

static void *thread(void *arg)
{
    return (void *)(long)deep(40, (int)(long)arg);
}

int main(void)
{
    pthread_t t[4];
    printf("%d\n", deep(400, 1));
    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, thread, (void *)i);
    for (int i = 0; i < 4; i++) {
        void *r;
        pthread_join(t[i], &r);
        printf("%ld\n", (long)r);
    }
    return 0;
}
