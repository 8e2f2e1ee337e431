/* What a program sees of itself and of its children below /proc: exe, maps, cmdline, auxv, stat. */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[1 << 16];

static size_t slurp(int fd)
{
    size_t n = 0;
    ssize_t r;
    while ((r = read(fd, text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)r;
    close(fd);
    text[n] = 0;
    return n;
}

/* The line of maps that holds the address: its protection and the last part of its name. */
static const char *line_of(const void *p)
{
    static char out[512];
    slurp(open("/proc/self/maps", O_RDONLY));
    for (char *s = strtok(text, "\n"); s; s = strtok(NULL, "\n")) {
        unsigned long lo, hi, at = (unsigned long)p;
        char prot[8], name[400] = "";
        sscanf(s, "%lx-%lx %7s %*s %*s %*s %399s", &lo, &hi, prot, name);
        if (at < lo || at >= hi)
            continue;
        const char *base = strrchr(name, '/');
        int own = base && strstr(base, "procself") != NULL;
        snprintf(out, sizeof out, "%s %s%s", prot,
                 own    ? "own"
                 : base ? base
                        : name,
                 (lo | hi) % 4096 ? " odd" : "");
        return out;
    }
    return "none";
}

static int variable = 5;
static const int constant[4000] = {1, 2, 3};

static void maps(void)
{
    int here;
    void *heap = malloc(100);
    int pages = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS;
    char *m = mmap(NULL, 5 * 65536, pages, anon, -1, 0);
    printf("main %s\n", line_of((void *)maps));
    printf("data %s\n", line_of(&variable));
    printf("constant %c\n", *line_of(constant));
    printf("stack %s\n", line_of(&here));
    printf("heap %s\n", line_of(heap));
    mprotect(m + 65536, 65536, PROT_READ | PROT_EXEC);
    mprotect(m + 3 * 65536, 65536, PROT_NONE);
    for (int i = 0; i < 5; i++)
        printf("anonymous %s\n", line_of(m + i * 65536));
    void *vdso = (void *)getauxval(AT_SYSINFO_EHDR);
    printf("vdso %s\n", vdso ? line_of(vdso) : "r-xp [vdso]");
    munmap(m, 5 * 65536);
    printf("gone %s\n", line_of(m + 65536));
    slurp(open("/proc/self/maps", O_RDONLY));
    printf("runner %d, lines %d\n", strstr(text, "ferry") || strstr(text, "qemu"),
           strstr(text, "[stack]") && strstr(text, "[vdso]"));
}

/* Everything that maps says can be read is there and can be read. */
static void readable(void)
{
    int bad = 0, lines = 0, null = open("/dev/null", O_WRONLY);
    char *save, *copy = strdup((slurp(open("/proc/self/maps", O_RDONLY)), text));
    int fds[2];
    (void)!pipe(fds);
    for (char *s = strtok_r(copy, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
        unsigned long lo, hi;
        char prot[8], c;
        sscanf(s, "%lx-%lx %7s", &lo, &hi, prot);
        if (prot[0] == 'r' && !strstr(s, "[v")) {
            bad += write(fds[1], (char *)lo, 1) != 1 || read(fds[0], &c, 1) != 1;
            lines++;
        }
    }
    close(null);
    printf("unreadable %d of %d\n", bad, lines > 4);
}

static const char *exe_of(const char *path)
{
    static char to[4096];
    ssize_t n = readlink(path, to, sizeof to - 1);
    to[n > 0 ? n : 0] = 0;
    return strstr(to, "procself") && to[0] == '/' ? "own" : n < 0 ? "error" : to;
}

static void exe(char **argv)
{
    char path[64], other[64];
    struct stat a, b;
    stat(argv[0], &a);
    pid_t p = fork();
    if (p == 0) {
        execl("/proc/self/exe", "child name", "wait", NULL);
        _exit(1);
    }
    usleep(1000);
    snprintf(path, sizeof path, "/proc/%d/exe", p);
    snprintf(other, sizeof other, "/proc/%d/cmdline", p);
    for (int i = 0; i < 5000; i++, usleep(2000)) /* until it is the new program */
        if (slurp(open(other, O_RDONLY)) && !strncmp(text, "child name", 10))
            break;
    printf("cmdline %s %s\n", text, text + 11);
    printf("exe %s %s", exe_of("/proc/self/exe"), exe_of("/proc/thread-self/exe"));
    printf(" %s\n", exe_of(path));
    printf("same %d", stat(path, &b) == 0 && a.st_ino == b.st_ino);
    printf(" %d", lstat(path, &b) == 0 && S_ISLNK(b.st_mode));
    printf(" %d\n", stat("/proc/self/../self/exe", &b) == 0 && a.st_ino == b.st_ino);
    int dir = open("/proc/self", O_RDONLY | O_DIRECTORY), fd = openat(dir, "exe", O_RDONLY);
    unsigned char head[4] = "";
    (void)!read(fd, head, 4);
    printf("elf %d\n", !memcmp(head, ELFMAG, 4) && fstat(fd, &b) == 0 && a.st_ino == b.st_ino);
    fd = openat(dir, "maps", O_RDONLY);
    printf("maps by directory %d\n", slurp(fd) && !strstr(text, "ferry"));
    snprintf(other, sizeof other, "/proc/%d/comm", p);
    slurp(open(other, O_RDONLY));
    printf("comm %s", text);
    kill(p, SIGKILL);
    waitpid(p, NULL, 0);
}

static void kernel(void)
{
    unsigned long code, stack;
    slurp(open("/proc/self/stat", O_RDONLY));
    char *s = strrchr(text, ')');
    for (int field = 2; s && field < 26; field++)
        s = strchr(s + 1, ' ');
    sscanf(s, "%lu %*u %lu", &code, &stack);
    printf("stat %s", line_of((void *)code));
    printf(" %s\n", line_of((void *)stack));
    size_t n = slurp(open("/proc/self/auxv", O_RDONLY));
    ElfW(auxv_t) *v = (void *)text;
    unsigned long entry = 0, phdr = 0;
    for (; (char *)v < text + n && v->a_type; v++) {
        entry = v->a_type == AT_ENTRY ? v->a_un.a_val : entry;
        phdr = v->a_type == AT_PHDR ? v->a_un.a_val : phdr;
    }
    printf("auxv %d %d\n", entry == getauxval(AT_ENTRY), phdr == getauxval(AT_PHDR));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return pause();
    maps();
    readable();
    exe(argv);
    kernel();
    return 0;
}
