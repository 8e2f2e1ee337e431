/* /proc/self/cmdline as words, then the length of /proc/self/environ less that of the environment. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char text[1 << 20];

static long slurp(const char *path)
{
    int fd = open(path, O_RDONLY);
    long n = 0, r;
    while ((r = read(fd, text + n, sizeof text - (size_t) n)) > 0)
        n += r;
    close(fd);
    return n;
}

int main(int argc, char **argv, char **envp)
{
    long n = slurp("/proc/self/cmdline"), env = slurp("/proc/self/environ");
    slurp("/proc/self/cmdline");
    for (long i = 0; i < n; i++)
        putchar(text[i] ? text[i] : '|');
    for (; *envp; envp++)
        env -= (long) strlen(*envp) + 1;
    printf(" %ld\n", env);
    return 0;
}
