// More code than a small cache holds, run by threads in different orders, with signal handlers that
// call into it, forks in between, and returns through frames that were there before a flush.
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint32_t Fn(uint32_t, unsigned);
enum { COUNT = 512, THREADS = 3, ROUNDS = 3 };

static Fn *const table[COUNT];
static volatile sig_atomic_t ticks;

/* Each makes its own mix, and calls another one below it while depth lasts. */
#define F(n)                                                                                       \
    static uint32_t f##n(uint32_t x, unsigned depth)                                               \
    {                                                                                              \
        x = x * (2654435761u + 2 * 0x##n) ^ x >> (1 + 0x##n % 13);                                 \
        if (x & 1 << 0x##n % 31)                                                                   \
            x = x << 7 | x >> 25;                                                                  \
        else                                                                                       \
            x -= 0x##n * 77;                                                                       \
        uint64_t w = (uint64_t) x * (0x9e3779b97f4a7c15u + 0x##n);                                 \
        w ^= w >> 29;                                                                              \
        switch (w >> 5 & 7) {                                                                      \
        case 0: x += (uint32_t) w; break;                                                          \
        case 1: x ^= (uint32_t) (w >> 9); break;                                                   \
        case 2: x -= (uint32_t) (w >> 17) * 3; break;                                              \
        case 3: x += x / (1 + (uint32_t) (w & 15)); break;                                         \
        case 4: x = ~x + 0x##n; break;                                                             \
        case 5: x = x >> 3 | x << 29; break;                                                       \
        default: x += 0x##n##u << 3; break;                                                        \
        }                                                                                          \
        if (depth)                                                                                 \
            x += table[(x >> 8) % COUNT](x, depth - 1) * 3;                                        \
        return x ^ (uint32_t) (w >> 32);                                                           \
    }
#define N(n) f##n,
#define R16(M, n)                                                                                  \
    M(n##0) M(n##1) M(n##2) M(n##3) M(n##4) M(n##5) M(n##6) M(n##7) M(n##8) M(n##9) M(n##a)        \
    M(n##b) M(n##c) M(n##d) M(n##e) M(n##f)
#define R256(M, n)                                                                                 \
    R16(M, n##0) R16(M, n##1) R16(M, n##2) R16(M, n##3) R16(M, n##4) R16(M, n##5) R16(M, n##6)     \
    R16(M, n##7) R16(M, n##8) R16(M, n##9) R16(M, n##a) R16(M, n##b) R16(M, n##c) R16(M, n##d)     \
    R16(M, n##e) R16(M, n##f)
R256(F, 1)
R256(F, 2)
static Fn *const table[COUNT] = {R256(N, 1) R256(N, 2)};

static void tick(int sig)
{
    static volatile uint32_t sink;
    int t = ++ticks;
    sink += table[t * 31 % COUNT](t, 3);
}

static void *run(void *p)
{
    uint32_t sum = 0, step = 2 * (uint32_t) (uintptr_t) p + 1;
    for (unsigned r = 0; r < ROUNDS; r++)
        for (unsigned i = 0; i < COUNT; i++)
            sum = sum * 31 + table[(i * step + r) % COUNT](i, i % 12);
    return (void *) (uintptr_t) sum;
}

static void run_threads(void)
{
    pthread_t t[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, run, (void *) i);
    for (int i = 0; i < THREADS; i++) {
        void *r;
        pthread_join(t[i], &r);
        printf("thread %d: %x\n", i, (uint32_t) (uintptr_t) r);
    }
}

int main(void)
{
    struct itimerval it = {{0, 2000}, {0, 2000}};
    struct sigaction sa = {.sa_handler = tick, .sa_flags = SA_RESTART};
    setvbuf(stdout, NULL, _IONBF, 0);
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &it, NULL);
    run_threads();
    for (int i = 0; i < 3; i++) {
        int st;
        pid_t c = fork();
        if (!c) {
            run_threads();
            _exit((int) (uintptr_t) run((void *) 5) & 127);
        }
        while (waitpid(c, &st, 0) < 0)
            ;
        printf("child %d, here %x\n", st >> 8, (uint32_t) (uintptr_t) run((void *) 7));
    }
    run_threads();
    return 0;
}
