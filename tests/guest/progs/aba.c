// guest: aarch64
// guest: riscv64
// Lock-free stack whose head is replaced by load-exclusive, load of the node's next, store-exclusive:
// right only if the store fails when the head changed and changed back in between.
// expect: pops found free nodes: 0
// expect: nodes at the end: 8
// expect: pairs of other shapes: 40000
// expect: changed and changed back: fails, then works
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

enum { NODES = 8, THREADS = 4, ROUNDS = 20000 };

typedef struct Node {
    struct Node *next;
    int taken;
} Node;

static Node nodes[NODES];
static Node *head;
static int wrong;

static Node *pop(void)
{
    Node *n, *next;
    unsigned fail;
#ifdef __riscv
    __asm__ volatile("1: lr.d.aq %0, (%3)\n"
                     "   beqz %0, 2f\n"
                     "   ld %1, 0(%0)\n"
                     "   sc.d.rl %2, %1, (%3)\n"
                     "   bnez %2, 1b\n"
                     "2:"
                     : "=&r"(n), "=&r"(next), "=&r"(fail)
                     : "r"(&head)
                     : "memory");
#else
    __asm__ volatile("1: ldaxr %0, %3\n"
                     "   cbz %0, 2f\n"
                     "   ldr %1, [%0]\n"
                     "   stlxr %w2, %1, %3\n"
                     "   cbnz %w2, 1b\n"
                     "2:"
                     : "=&r"(n), "=&r"(next), "=&r"(fail), "+Q"(head)::"memory");
#endif
    return n;
}

static void push(Node *n)
{
    Node *old;
    unsigned fail;
#ifdef __riscv
    __asm__ volatile("1: lr.d.aq %0, (%2)\n"
                     "   sd %0, 0(%3)\n"
                     "   sc.d.rl %1, %3, (%2)\n"
                     "   bnez %1, 1b\n"
                     : "=&r"(old), "=&r"(fail)
                     : "r"(&head), "r"(n)
                     : "memory");
#else
    __asm__ volatile("1: ldaxr %0, %2\n"
                     "   str %0, [%3]\n"
                     "   stlxr %w1, %3, %2\n"
                     "   cbnz %w1, 1b\n"
                     : "=&r"(old), "=&r"(fail), "+Q"(head)
                     : "r"(n)
                     : "memory");
#endif
}

static void take(Node *n)
{
    if (n && __atomic_exchange_n(&n->taken, 1, __ATOMIC_SEQ_CST))
        __atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);
}

static void give(Node *n)
{
    if (!n)
        return;
    __atomic_store_n(&n->taken, 0, __ATOMIC_SEQ_CST);
    push(n);
}

static void *work(void *p)
{
    for (int i = 0; i < ROUNDS; i++) {
        Node *a = pop();
        take(a);
        Node *b = i & 1 ? pop() : NULL;
        take(b);
        give(a); /* the one that was the head first becomes it again */
        give(b);
    }
    return NULL;
}

static uint64_t counter, limit = ~0ull;

/* A call and a branch over the store between load and store. */
static __attribute__((noinline)) uint64_t more(uint64_t x)
{
    return x + (__atomic_load_n(&limit, __ATOMIC_RELAXED) != 0);
}

#ifdef __riscv
#define LOAD_EXCLUSIVE(old)                                                                        \
    __asm__ volatile("lr.d %0, (%1)" : "=r"(old) : "r"(&counter) : "memory")
#define STORE_EXCLUSIVE(fail, v)                                                                   \
    __asm__ volatile("sc.d %0, %2, (%1)" : "=&r"(fail) : "r"(&counter), "r"(v) : "memory")
#else
#define LOAD_EXCLUSIVE(old) __asm__ volatile("ldxr %0, %1" : "=r"(old) : "Q"(counter))
#define STORE_EXCLUSIVE(fail, v)                                                                   \
    __asm__ volatile("stxr %w0, %2, %1" : "=&r"(fail), "=Q"(counter) : "r"(v))
#endif

static void *count(void *p)
{
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t old;
        unsigned fail;
        do {
            LOAD_EXCLUSIVE(old);
            old = more(old);
            if (old > limit)
                break;
            STORE_EXCLUSIVE(fail, old);
        } while (fail);
    }
    return NULL;
}

static uint64_t word;
static volatile int inside, changed;

/* Says that it is inside, and waits a while for the other thread; 0 when the store was done. */
static unsigned pair_with_wait(void)
{
    uint64_t v, n, x, *at = &word;
    unsigned fail;
#ifdef __riscv
    __asm__ volatile("   lr.d %0, (%4)\n"
                     "   li %1, 1\n"
                     "   sw %1, %5\n"
                     "   li %1, 0x4000000\n"
                     "1: addi %1, %1, -1\n"
                     "   beqz %1, 2f\n"
                     "   lw %2, %6\n"
                     "   beqz %2, 1b\n"
                     "2: addi %0, %0, 1\n"
                     "   sc.d %3, %0, (%4)\n"
                     : "=&r"(v), "=&r"(n), "=&r"(x), "=&r"(fail), "+r"(at), "=m"(inside)
                     : "m"(changed)
                     : "memory");
#else
    __asm__ volatile("   ldxr %0, %4\n"
                     "   mov %w1, #1\n"
                     "   str %w1, %5\n"
                     "   mov %1, #0x4000000\n"
                     "1: sub %1, %1, #1\n"
                     "   cbz %1, 2f\n"
                     "   ldr %w2, %6\n"
                     "   cbz %w2, 1b\n"
                     "2: add %0, %0, #1\n"
                     "   stxr %w3, %0, %4\n"
                     : "=&r"(v), "=&r"(n), "=&r"(x), "=&r"(fail), "+Q"(word), "=m"(inside)
                     : "m"(changed)
                     : "memory");
#endif
    return fail;
}

static void *change_back(void *p)
{
    while (!inside)
        ;
    __atomic_store_n(&word, 77, __ATOMIC_SEQ_CST);
    __atomic_store_n(&word, 0, __ATOMIC_SEQ_CST);
    changed = 1;
    return NULL;
}

static void forced(void)
{
    pthread_t t;
    pthread_create(&t, NULL, change_back, NULL);
    unsigned first = pair_with_wait(), tries = 1;
    while (tries++ < 1000 && pair_with_wait())
        ;
    pthread_join(t, NULL);
    printf("changed and changed back: %s, then %s\n", first ? "fails" : "works",
           word == 1 ? "works" : "fails");
}

static void run(void *(*f)(void *), int n)
{
    pthread_t t[THREADS];
    for (int i = 0; i < n; i++)
        pthread_create(&t[i], NULL, f, NULL);
    for (int i = 0; i < n; i++)
        pthread_join(t[i], NULL);
}

int main(void)
{
    int left = 0;
    for (int i = 0; i < NODES; i++)
        push(&nodes[i]);
    run(work, THREADS);
    while (pop())
        left++;
    printf("pops found free nodes: %d\nnodes at the end: %d\n", wrong, left);
    run(count, 2);
    printf("pairs of other shapes: %llu\n", (unsigned long long) counter);
    forced();
    return 0;
}
