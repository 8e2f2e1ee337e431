// PR_SET_MDWE: what it refuses, and that children have it. And signals that exceptions use, sent
// while they are blocked.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SET_MDWE = 65, GET_MDWE = 66, R = PROT_READ, W = PROT_WRITE, X = PROT_EXEC };

static void say(const char *what, int r)
{
    printf("%s: %s\n", what, r ? strerror(errno) : "done");
}

static char *map(const char *what, int prot)
{
    char *p = mmap(NULL, 8192, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say(what, p == MAP_FAILED);
    return p;
}

static void code_rules(void)
{
    printf("on: %d\n", prctl(GET_MDWE, 0, 0, 0, 0));
    map("rwx", R | W | X);
    char *rw = map("rw", R | W), *rx = map("rx", R | X);
    say("rw to rx", mprotect(rw, 4096, R | X));
    say("rw to r", mprotect(rw, 4096, R));
    say("rx again", mprotect(rx, 8192, R | X));
    say("rx to rwx", mprotect(rx, 8192, R | W | X));
    say("half of rx to r", mprotect(rx, 4096, R));
    say("all of it to rx", mprotect(rx, 8192, R | X));
}

static void sent_signals(void)
{
    sigset_t set, got;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigaddset(&set, SIGTRAP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGSEGV);
    raise(SIGUSR1);
    sigpending(&got);
    printf("pending: %d %d %d\n", sigismember(&got, SIGSEGV), sigismember(&got, SIGTRAP),
           sigismember(&got, SIGUSR1));
    int first, second;
    sigwait(&set, &first);
    sigwait(&set, &second);
    printf("waited: %d\n", first + second);
    sigpending(&got);
    printf("pending: %d\n", sigismember(&got, SIGSEGV));
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 1) {
        code_rules();
        return 0;
    }
    sent_signals();
    int p = fork();
    if (!p) {
        say("bad flags", prctl(SET_MDWE, 8, 0, 0, 0));
        say("set", prctl(SET_MDWE, 1, 0, 0, 0));
        say("unset", prctl(SET_MDWE, 0, 0, 0, 0));
        code_rules();
        if (!fork()) {
            code_rules();
            _exit(0);
        }
        wait(NULL);
        execl(argv[0], argv[0], "again", NULL);
        _exit(9);
    }
    int st;
    wait(&st);
    printf("status %d\n", st);
    map("here rwx", R | W | X);
    return 0;
}
