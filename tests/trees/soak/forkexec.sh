# packages: gcc libc6-dev
# limit: 60
# Threads that fork, vfork and exec while others hold the allocator's locks and signals arrive.
[ "$1" = run ] && exec ./t
cat > t.c <<'X'
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
enum { SPAWNERS = 4, ROUNDS = 6, BUSY = 2 };
extern char **environ;
static volatile int stop;
static volatile sig_atomic_t alarms;
static int results[SPAWNERS];
static void tick(int sig) { (void)sig; alarms++; }
static void *busy(void *arg)
{
    for (unsigned n = 1; !stop; n = n * 1103515245 + 12345) {
        char *p = malloc(n % 5000 + 1);
        p[0] = (char)n;
        free(p);
    }
    return arg;
}
static int await(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
static int by_fork(char **words)
{
    int p[2], n = 0;
    if (pipe2(p, O_CLOEXEC))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        free(malloc(100000));
        execv(words[0], words);
        _exit(99);
    }
    close(p[1]);
    char c;
    while (read(p[0], &c, 1) < 0 && errno == EINTR)
        n++;
    close(p[0]);
    return await(pid);
}
static int by_spawn(char **words)
{
    pid_t pid;
    return posix_spawn(&pid, words[0], NULL, NULL, words, environ) ? -1 : await(pid);
}
static int by_popen(char **words)
{
    char line[100];
    int n;
    snprintf(line, sizeof line, "%s %s %s", words[0], words[1], words[2]);
    FILE *f = popen(line, "re");
    while (f && fgets(line, sizeof line, f))
        ;
    n = f ? pclose(f) : -1;
    return WIFEXITED(n) ? WEXITSTATUS(n) : -1;
}
static void *spawner(void *arg)
{
    int me = (int)(long)arg;
    static int (*const ways[])(char **) = {by_fork, by_spawn, by_popen};
    for (int i = 0; i < ROUNDS; i++) {
        char number[20];
        snprintf(number, sizeof number, "%d", me * ROUNDS + i);
        char *words[] = {"./t", "child", number, NULL};
        results[me] += ways[(me + i) % 3](words);
    }
    return NULL;
}
static void *child_thread(void *arg) { return malloc((size_t)(long)arg); }
int main(int argc, char **argv)
{
    pthread_t t[SPAWNERS], b[BUSY];
    if (argc == 3) {
        pthread_create(t, NULL, child_thread, (void *)10L);
        pthread_join(t[0], NULL);
        return atoi(argv[2]);
    }
    struct sigaction sa = {.sa_handler = tick, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &sa, NULL);
    struct itimerval it = {{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &it, NULL);
    for (long i = 0; i < BUSY; i++)
        pthread_create(&b[i], NULL, busy, NULL);
    for (long i = 0; i < SPAWNERS; i++)
        pthread_create(&t[i], NULL, spawner, (void *)i);
    for (int i = 0; i < SPAWNERS; i++)
        pthread_join(t[i], NULL);
    stop = 1;
    for (int i = 0; i < BUSY; i++)
        pthread_join(b[i], NULL);
    for (int i = 0; i < SPAWNERS; i++)
        printf("%d\n", results[i]);
    return alarms == 0;
}
X
sed -i '/errno.h/a #include <fcntl.h>' t.c
exec gcc -O2 -pthread t.c -o t
