/* What a program finds that binfmt_misc started: words, flags, credentials, descriptors. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char comm[32] = "";
    FILE *f = fopen("/proc/self/comm", "r");
    if (f && fgets(comm, sizeof comm, f))
        comm[strcspn(comm, "\n")] = 0;
    if (f)
        fclose(f);
    if (argc > 2 && !strcmp(argv[1], "exec"))
        return execv(argv[2], argv + 2);
    for (int i = 0; i < argc; i++)
        printf("%s|", argv[i]);
    printf("\ncomm %s execfn %s secure %lu flags %lu uid %d%d\n", comm,
           (char *)getauxval(AT_EXECFN), getauxval(AT_SECURE), getauxval(AT_FLAGS), getuid(),
           geteuid());
    int fds = 0;
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e; d && (e = readdir(d));)
        fds += e->d_name[0] != '.';
    printf("descriptors %d release %s\n", d ? fds - 1 : 3, getenv("QEMU_UNAME") ? "set" : "-");
    return 0;
}
