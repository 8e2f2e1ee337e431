/* What a program finds when it starts: prints OK or what is wrong. AArch64 only. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;
static int bad;

#define WANT(e) ((e) ? (void) 0 : (void) (printf("wrong: %s\n", #e), bad = 1))

static size_t read_file(const char *path, char *buf, size_t cap)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(buf, 1, cap - 1, f) : 0;
    if (f)
        fclose(f);
    buf[n] = 0;
    return n;
}

static void auxiliary_vector(void)
{
    Elf64_Phdr *ph = (Elf64_Phdr *) getauxval(AT_PHDR);
    WANT(getauxval(AT_PAGESZ) == (unsigned long) sysconf(_SC_PAGESIZE));
    WANT(getauxval(AT_PHENT) == sizeof *ph && getauxval(AT_PHNUM) > 2);
    WANT(ph && (ph->p_type == PT_LOAD || ph->p_type == PT_PHDR));
    WANT(getauxval(AT_HWCAP) & HWCAP_FP && getauxval(AT_HWCAP) & HWCAP_ASIMD);
    WANT(!strcmp((char *) getauxval(AT_PLATFORM), "aarch64"));
    WANT(getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid());
    WANT(getauxval(AT_SECURE) == 0 && getauxval(AT_CLKTCK) == 100);
    WANT(getauxval(51) >= 4720); /* AT_MINSIGSTKSZ */
    WANT(getauxval(AT_RANDOM) != 0);
    const char *vdso = (const char *) getauxval(AT_SYSINFO_EHDR);
    WANT(vdso && !memcmp(vdso, ELFMAG, SELFMAG));
    WANT(getauxval(AT_EXECFN) && access((char *) getauxval(AT_EXECFN), X_OK) == 0);
}

static void kernel_view(int argc, char **argv)
{
    char buf[65536], comm[32];
    size_t n = read_file("/proc/self/cmdline", buf, sizeof buf), at = 0;
    for (int i = 0; i < argc; i++) {
        WANT(at < n && !strcmp(buf + at, argv[i]));
        at += strlen(argv[i]) + 1;
    }
    WANT(at == n);
    n = read_file("/proc/self/environ", buf, sizeof buf);
    WANT(!environ[0] || (n && !strcmp(buf, environ[0])));
    n = read_file("/proc/self/auxv", buf, sizeof buf);
    WANT(n >= 16 && ((unsigned long *) buf)[0] == AT_SYSINFO_EHDR);
    read_file("/proc/self/comm", comm, sizeof comm);
    const char *base = strrchr(argv[0], '/');
    WANT(!strncmp(comm, base ? base + 1 : argv[0], 15 < strlen(comm) - 1 ? 15 : strlen(comm) - 1));
    read_file("/proc/self/maps", buf, sizeof buf);
    char *stack = strstr(buf, "[stack]");
    unsigned long lo = 0, hi = 0;
    while (stack && stack > buf && stack[-1] != '\n')
        stack--;
    WANT(stack && sscanf(stack, "%lx-%lx", &lo, &hi) == 2);
    WANT((unsigned long) &argc >= lo && (unsigned long) &argc < hi);
}

int main(int argc, char **argv)
{
    struct utsname u;
    WANT(uname(&u) == 0 && !strcmp(u.machine, "aarch64"));
    auxiliary_vector();
    kernel_view(argc, argv);
    char *b = sbrk(4096);
    WANT(b != (char *) -1);
    WANT(environ && (size_t) environ > (size_t) &argc);
    if (!bad)
        printf("OK\n");
    return bad;
}
