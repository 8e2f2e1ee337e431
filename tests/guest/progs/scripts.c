/* First lines of scripts as the kernel reads them: blanks, ends, lengths, chains, loops, errors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KERNEL_LINE = 256 }; /* what the kernel reads of a program */

/* The program that a script starts in the end: its words. */
static int child(int argc, char **argv)
{
    printf("  %d words:", argc);
    for (int i = 0; i < argc; i++) {
        size_t n = strlen(argv[i]);
        printf(n > 60 ? " [%.20s... %zu]" : " [%s]", argv[i], n);
    }
    printf("\n");
    return 0;
}

static void put(const char *name, const char *text, size_t n, int mode)
{
    unlink(name);
    int fd = open(name, O_CREAT | O_WRONLY | O_EXCL, 0700);
    if (write(fd, text, n) != (ssize_t)n)
        printf("cannot write %s\n", name);
    fchmod(fd, mode);
    close(fd);
}

static void run(const char *label, const char *name, char **words)
{
    static char *const env[] = {"SCRIPT_CHILD=1", NULL};
    int status;
    printf("%s\n", label);
    fflush(stdout);
    pid_t p = fork();
    if (p == 0) {
        execve(name, words, env);
        printf("  %s\n", strerrorname_np(errno));
        fflush(stdout);
        _exit(1);
    }
    waitpid(p, &status, 0);
    if (!WIFEXITED(status))
        printf("  died of %d\n", WTERMSIG(status));
}

static void try(const char *label, const char *text, size_t n)
{
    char *words[] = {"zero", "one", "", NULL};
    put("script", text, n, 0700);
    run(label, "./script", words);
}

static void lines(void)
{
    static const char *const heads[] = {"#!./p\n",
                                        "#! ./p\n",
                                        "#!\t ./p\t \n",
                                        "#!./p a b  c  \n",
                                        "#!./p",
                                        "#!./p a",
                                        "#!\n",
                                        "#!   \n",
                                        "#!",
                                        "#!  ",
                                        "#",
                                        "",
                                        "#!./none\n",
                                        "#!.\n",
                                        "#!./plain\n",
                                        "#!./p a\r\n",
                                        "#!./p\r\n",
                                        "#!p\n",
                                        "#!./link x\n",
                                        "#!./script\n",
                                        "#!\n./p\n",
                                        "#!./junk\n",
                                        "#!./p\v\n",
                                        "#!./p/\n",
                                        "\n#!./p\n",
                                        " #!./p\n",
                                        "#! # ./p\n",
                                        "#!./p #!\n",
                                        "#!!./p\n",
                                        "#!./p \\n\n"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        try(heads[i], heads[i], strlen(heads[i]));
    try("NUL after the path", "#!./p\0x y\n", 10);
    try("NUL in the argument", "#!./p a\0b\n", 10);
    try("NUL first", "#!\0./p\n", 7);
}

/* The path, then the argument, ends near the end of what the kernel reads. */
static void lengths(void)
{
    char text[2 * KERNEL_LINE], label[64];
    for (int argument = 0; argument < 2; argument++) {
        for (int n = KERNEL_LINE - 4; n <= KERNEL_LINE + 3; n++) {
            strcpy(text, argument ? "#!./p " : "#!");
            size_t at = strlen(text);
            memset(text + at, argument ? 'a' : '/', sizeof text - at);
            if (!argument)
                for (size_t i = 2; i + 2 < (size_t)n; i += 2)
                    text[i] = '.'; /* ./././ */
            if (!argument)
                text[n - 1] = 'p';
            snprintf(label, sizeof label, "%s, %d bytes", argument ? "argument" : "path", n);
            try(label, text, (size_t)n);
            text[n] = '\n';
            try("  and a newline", text, (size_t)n + 1);
            text[n] = ' ';
            try("  and a blank", text, (size_t)n + 1);
        }
    }
}

static void chains(void)
{
    char name[16], text[64], *words[] = {"zero", "last", NULL};
    put("chain0", "#!./p of 0\n", 11, 0700);
    for (int i = 1; i < 8; i++) {
        int n =
            snprintf(text, sizeof text, i % 2 ? "#!./chain%d\n" : "#! ./chain%d of %d\n", i - 1, i);
        snprintf(name, sizeof name, "chain%d", i);
        put(name, text, (size_t)n, 0700);
        run(name, name, words);
        unlink(name);
        put(name, text, (size_t)n, 0700);
    }
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "chain%d", i);
        unlink(name);
    }
}

static void words_of_the_caller(void)
{
    char *none[] = {NULL}, *one[] = {"", NULL};
    put("script", "#!./p a\n", 8, 0700);
    run("no words", "./script", none);
    run("an empty word", "./script", one);
    put("script", "#!./p\n", 6, 0711);
    run("by another name", "././script", one);
    put("script", "#!./p\n", 6, 0600);
    run("not executable", "./script", one);
}

/* A script can only be found by its interpreter when the descriptor stays open. */
static void by_descriptor(void)
{
    static const int flags[] = {0, O_CLOEXEC};
    put("script", "#!./p a\n", 8, 0700);
    for (int i = 0; i < 4; i++) {
        int dir = i / 2, status;
        int fd = open(dir ? "." : "script", O_RDONLY | flags[i % 2]);
        dup3(fd, 40, flags[i % 2]);
        close(fd);
        printf("descriptor of a %s, %s\n", dir ? "directory" : "file", i % 2 ? "closed" : "open");
        fflush(stdout);
        pid_t p = fork();
        if (p == 0) {
            char *const words[] = {"zero", "one", NULL}, *const env[] = {"SCRIPT_CHILD=1", NULL};
            syscall(SYS_execveat, 40, dir ? "script" : "", words, env, dir ? 0 : AT_EMPTY_PATH);
            printf("  %s\n", strerrorname_np(errno));
            fflush(stdout);
            _exit(1);
        }
        waitpid(p, &status, 0);
        close(40);
    }
}

static void random_lines(void)
{
    static const char some[] = " \t./pna\n#!";
    unsigned seed = 1;
    for (int i = 0; i < 150; i++) {
        char text[24] = "#!", label[80] = "";
        size_t n = 2;
        for (seed = seed * 1103515245 + 12345; n < 3 + (seed >> 24) % 12; n++) {
            seed = seed * 1103515245 + 12345;
            text[n] = some[(seed >> 16) % sizeof some]; /* its NUL, too */
        }
        for (size_t k = 0; k < n; k++)
            sprintf(label + strlen(label), text[k] >= ' ' ? "%c" : "\\%o", text[k]);
        try(label, text, n);
    }
}

int main(int argc, char **argv)
{
    char self[4096], dir[64];
    if (getenv("SCRIPT_CHILD"))
        return child(argc, argv);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    snprintf(dir, sizeof dir, "./scripts.tmp%d", (int)getpid());
    mkdir(dir, 0700);
    if (chdir(dir) || symlink(self, "p") || symlink("p", "link"))
        return 1;
    put("plain", "x\n", 2, 0600);
    put("junk", "no program\n", 11, 0700);
    lines();
    lengths();
    chains();
    words_of_the_caller();
    by_descriptor();
    random_lines();
    static const char *const made[] = {"p", "link", "plain", "junk", "script"};
    for (int i = 0; i < 5; i++)
        unlink(made[i]);
    return chdir("..") || rmdir(dir);
}
