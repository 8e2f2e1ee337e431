/* Thread-locals, mutexes, condition variables, barriers, once, keys: sums that must come out. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 5000 };
static __thread long local = 7;
static __thread int zeroed[10];
static long shared, produced, consumed, queue[16], qn;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t bar;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int onces;
static unsigned long atom, lock_word;

static void run_once(void)
{
    onces++;
}

static void *worker(void *p)
{
    long id = (long) p;
    pthread_once(&once, run_once);
    for (int i = 0; i < ROUNDS; i++) {
        local += id;
        zeroed[i % 10]++;
        pthread_mutex_lock(&m);
        shared += i;
        pthread_mutex_unlock(&m);
        __atomic_add_fetch(&atom, 3, __ATOMIC_SEQ_CST);
        while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE))
            ;
        __atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
    }
    pthread_barrier_wait(&bar);
    return (void *) (local + zeroed[3]);
}

static void *producer(void *p)
{
    for (long i = 1; i <= 2000; i++) {
        pthread_mutex_lock(&m);
        while (qn == 16)
            pthread_cond_wait(&not_full, &m);
        queue[qn++] = i;
        produced += i;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&m);
    }
    return p;
}

static void *consumer(void *p)
{
    for (long i = 1; i <= 2000; i++) {
        pthread_mutex_lock(&m);
        while (qn == 0)
            pthread_cond_wait(&not_empty, &m);
        consumed += queue[--qn];
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&m);
    }
    return p;
}

int main(void)
{
    pthread_t t[THREADS], a, b;
    pthread_barrier_init(&bar, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, worker, (void *) i);
    for (int i = 0; i < THREADS; i++) {
        void *r;
        pthread_join(t[i], &r);
        printf("%ld\n", (long) r);
    }
    printf("%ld %lu %d %ld\n", shared, atom, onces, local);
    pthread_create(&a, NULL, producer, NULL);
    pthread_create(&b, NULL, consumer, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    printf("%ld %ld\n", produced, consumed);
    return 0;
}
