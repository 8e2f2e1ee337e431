#define _GNU_SOURCE
/* exec in all its forms: itself, scripts, descriptors, errors; vfork and spawn; what is inherited. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char self[4096];
static char dir[64]; /* files of this run */

/* A path below dir. */
static const char *in_dir(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int wait_status(pid_t p)
{
    int st;
    waitpid(p, &st, 0);
    return WIFSIGNALED(st) ? 1000 + WTERMSIG(st) : WEXITSTATUS(st);
}

/* What the exec'd copy of this program reports. */
static int child(int argc, char **argv)
{
    sigset_t s;
    char comm[32] = "";
    int fd = open("/proc/self/comm", O_RDONLY);
    if (fd >= 0)
        comm[read(fd, comm, sizeof comm - 1) - 1] = 0;
    close(fd);
    sigprocmask(SIG_SETMASK, NULL, &s);
    struct sigaction usr, term, segv;
    sigaction(SIGUSR1, NULL, &usr);
    sigaction(SIGTERM, NULL, &term);
    sigaction(SIGSEGV, NULL, &segv);
    printf("child %s argc %d last %s env %s fd %d\n", argv[1], argc, argv[argc - 1],
           getenv("MARK") ? getenv("MARK") : "-", fd < 0);
    printf("  mask %d %d actions %d %d %d comm %d\n", sigismember(&s, SIGUSR2),
           sigismember(&s, SIGSEGV), usr.sa_handler == SIG_DFL, term.sa_handler == SIG_IGN,
           segv.sa_handler == SIG_IGN, comm[0] != 0);
    fflush(stdout);
    return 5;
}

static void none(int sig)
{
}

static void run(const char *what, int (*f)(void))
{
    fflush(stdout);
    pid_t p = fork();
    if (p == 0) {
        int r = f();
        printf("%s failed: %d %s\n", what, r, strerror(errno));
        fflush(stdout);
        _exit(99);
    }
    printf("%s -> %d\n", what, wait_status(p));
}

static int by_path(void)
{
    char *av[] = { "name0", "child", "by_path", NULL }, *ev[] = { "MARK=1", NULL };
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    sigaddset(&s, SIGSEGV);
    sigprocmask(SIG_BLOCK, &s, NULL);
    signal(SIGUSR1, none);
    signal(SIGTERM, SIG_IGN);
    signal(SIGSEGV, SIG_IGN);
    return execve(self, av, ev);
}
static int by_proc(void)
{
    return execl("/proc/self/exe", "x", "child", "by_proc", NULL);
}
static int by_fd(void)
{
    char *av[] = { "x", "child", "by_fd", NULL };
    return fexecve(open(self, O_RDONLY | O_CLOEXEC), av, environ);
}
/* A link to the program, in a directory given by descriptor. */
static int by_dir(int flags)
{
    char *av[] = {"x", "child", "by_dir", NULL};
    return syscall(SYS_execveat, open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "link", av, environ,
                   flags);
}
static int by_link(void)
{
    return by_dir(0);
}
static int not_by_link(void)
{
    return by_dir(AT_SYMLINK_NOFOLLOW);
}
static int bad_flags(void)
{
    return by_dir(0x40);
}
static int by_script(void)
{
    return execl(in_dir("script"), "ignored", "a", "b", NULL);
}
static int by_script2(void)
{
    return execl(in_dir("script2"), "ignored", "a", NULL);
}
static int missing(void)
{
    return execl(in_dir("nothing"), "x", NULL);
}
static int not_executable(void)
{
    return execl(in_dir("plain"), "x", NULL);
}
static int not_a_program(void)
{
    return execl(in_dir("junk"), "x", NULL);
}
static int directory(void)
{
    return execl(dir, "x", NULL);
}
static int bad_interp(void)
{
    return execl(in_dir("badscript"), "x", NULL);
}
static int bad_pointer(void)
{
    return execve(self, (char **) 8, environ);
}
static int cut_elf(void)
{
    return execl(in_dir("cut"), "x", NULL);
}

static void put_file(const char *name, const char *text, size_t n, int mode)
{
    const char *path = in_dir(name);
    unlink(path);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    (void) !write(fd, text, n);
    fchmod(fd, mode);
    close(fd);
}

static void files(void)
{
    char line[5000], head[100];
    snprintf(dir, sizeof dir, "./execs.tmp%d", (int) getpid());
    mkdir(dir, 0700);
    snprintf(line, sizeof line, "#! %s  child \nrest\n", self);
    put_file("script", line, strlen(line), 0700);
    snprintf(line, sizeof line, "#!%s\n", in_dir("script"));
    put_file("script2", line, strlen(line), 0700);
    (void) !symlink(self, in_dir("link"));
    put_file("plain", line, strlen(line), 0600);
    put_file("junk", "no program\n", 11, 0700);
    put_file("badscript", "#!/nowhere/at/all\n", 18, 0700);
    int fd = open(self, O_RDONLY);
    (void) !read(fd, head, sizeof head);
    close(fd);
    put_file("cut", head, sizeof head, 0700);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "child"))
        return child(argc, argv);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *real = realpath(argv[0], NULL);
    printf("exe %d %d\n", n > 0, real && !strcmp(real, self));
    files();
    run("path", by_path);
    run("proc", by_proc);
    run("fd", by_fd);
    run("link in a directory", by_link);
    run("link itself", not_by_link);
    run("bad flags", bad_flags);
    run("script", by_script);
    run("script of script", by_script2);
    run("missing", missing);
    run("not executable", not_executable);
    run("not a program", not_a_program);
    run("directory", directory);
    run("bad interpreter", bad_interp);
    run("bad pointer", bad_pointer);
    run("cut", cut_elf);
    fflush(stdout);
    pid_t p = 0;
    int r = posix_spawn(&p, in_dir("nothing"), NULL, NULL, argv, environ);
    printf("spawn of nothing: %s\n", strerror(r));
    char *av[] = { "sh", "-c", "echo native shell; kill -9 $$", NULL };
    fflush(stdout);
    r = posix_spawn(&p, "/bin/sh", NULL, NULL, av, environ);
    printf("spawn %d -> %d\n", r, wait_status(p));
    p = vfork();
    if (p == 0)
        _exit(3);
    printf("vfork -> %d\n", wait_status(p));
    printf("system -> %d\n", WEXITSTATUS(system("exit 4")));
    static const char *names[] = { "script", "script2", "plain", "junk", "badscript", "cut", "link" };
    for (int i = 0; i < 7; i++)
        unlink(in_dir(names[i]));
    rmdir(dir);
    return 0;
}
