/* fork, vfork-like spawn, pipes, wait statuses, exec of itself, signals between processes. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t got;

static void on(int s, siginfo_t *si, void *uc)
{
    got = s + (si->si_code == SI_USER ? 100 : si->si_code == SI_QUEUE ? 200 : 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        printf("child says %s\n", argv[1]);
        return 5;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    int p[2], st;
    if (pipe(p))
        return 1;
    pid_t c = fork();
    if (!c) {
        char b[20] = {0};
        read(p[0], b, sizeof(b));
        printf("piped %s\n", b);
        _exit(3);
    }
    write(p[1], "hello", 6);
    waitpid(c, &st, 0);
    printf("exit %d\n", WEXITSTATUS(st));
    if (!(c = fork())) {
        signal(SIGTERM, SIG_DFL);
        for (;;)
            pause();
    }
    kill(c, SIGTERM);
    waitpid(c, &st, 0);
    printf("signalled %d %d\n", WIFSIGNALED(st), WTERMSIG(st));
    if (!(c = fork()))
        abort();
    waitpid(c, &st, 0);
    printf("abort %d\n", WTERMSIG(st));
    if (!(c = vfork()))
        _exit(9);
    waitpid(c, &st, 0);
    printf("vfork %d\n", WEXITSTATUS(st));
    char *av[] = {argv[0], "spawned", NULL}, *ev[] = {NULL};
    if (posix_spawn(&c, "/proc/self/exe", NULL, NULL, av, ev) == 0)
        waitpid(c, &st, 0), printf("spawn %d\n", WEXITSTATUS(st));
    printf("missing %d\n", posix_spawn(&c, "/nonexistent/x", NULL, NULL, av, ev) == ENOENT);
    struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &sa, NULL);
    kill(getpid(), SIGUSR1);
    printf("got %d\n", got);
    union sigval v = {.sival_int = 1};
    sigqueue(getpid(), SIGUSR1, v);
    printf("got %d\n", got);
    FILE *f = popen("echo from a shell; exit 4", "r");
    char line[64] = {0};
    if (f && fgets(line, sizeof(line), f))
        printf("%s", line);
    if (f)
        printf("pclose %d\n", WEXITSTATUS(pclose(f)));
    return 0;
}
