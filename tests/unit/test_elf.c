/*
 * elf/: the loader against well-formed, broken and randomly damaged files.
 *
 * A file is made in a memfd from a small image with two segments (code; data with bss). Mapping
 * runs in a child process, where the fixed addresses are free and a crash would be seen.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "elf_load.h"
#include "stack.h"

enum { CODE_OFF = 0, DATA_OFF = 0x1000, FILE_SIZE = 0x1100, BASE = 0x10000000 };

typedef struct TestFile {
    uint8_t bytes[FILE_SIZE];
} TestFile;

static Elf64_Ehdr *ehdr(TestFile *t)
{
    return (Elf64_Ehdr *)t->bytes;
}

static Elf64_Phdr *phdr(TestFile *t, int i)
{
    return (Elf64_Phdr *)(t->bytes + sizeof(Elf64_Ehdr)) + i;
}

/* Code at BASE (0x200 bytes), data at BASE + 0x11000 with 0x100 bytes of file, 0x3000 of memory. */
static void good_file(TestFile *t, uint16_t type)
{
    uint64_t base = type == ET_EXEC ? BASE : 0;
    memset(t, 0xaa, sizeof *t);
    *ehdr(t) = (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                            .e_type = type,
                            .e_machine = EM_AARCH64,
                            .e_version = EV_CURRENT,
                            .e_entry = base + 0x180,
                            .e_phoff = sizeof(Elf64_Ehdr),
                            .e_ehsize = sizeof(Elf64_Ehdr),
                            .e_phentsize = sizeof(Elf64_Phdr),
                            .e_phnum = 2};
    *phdr(t, 0) = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, CODE_OFF, base, base, 0x200, 0x200, 0x1000};
    *phdr(t, 1) = (Elf64_Phdr){PT_LOAD,        PF_R | PF_W, DATA_OFF, base + 0x11000,
                               base + 0x11000, 0x100,       0x3000,   0x1000};
}

static int as_fd(const void *bytes, size_t n)
{
    int fd = memfd_create("elf", MFD_CLOEXEC);
    cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
    return fd;
}

static const char *read_file(const void *bytes, size_t n)
{
    static ElfFile f;
    int fd = as_fd(bytes, n);
    const char *why = elf_read(&f, fd);
    cr_assert_eq(why != NULL, f.error != 0);
    elf_done(&f);
    close(fd);
    return why;
}

static void expect_refused(TestFile *t, const char *want)
{
    const char *why = read_file(t, sizeof *t);
    cr_assert_not_null(why);
    cr_assert_not_null(strstr(why, want), "got \"%s\", want \"%s\"", why, want);
}

/* Runs f in a child; its exit status, or 128 + signal. */
static int in_child(int (*f)(void *), void *arg)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(f(arg));
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

typedef struct Seen {
    int n;
    uint64_t start[8], end[8];
    int prot[8];
} Seen;

static void on_mapped(void *user, GuestAddr start, GuestAddr end, int prot, int fd, uint64_t off)
{
    Seen *s = user;
    (void)fd, (void)off;
    if (s->n < 8) {
        s->start[s->n] = start;
        s->end[s->n] = end;
        s->prot[s->n] = prot;
    }
    s->n++;
}

#define EXPECT(e)                                                                                  \
    do {                                                                                           \
        if (!(e))                                                                                  \
            return __LINE__ & 127 ? __LINE__ & 127 : 1;                                            \
    } while (0)

static int map_and_check(void *arg)
{
    TestFile *t = arg;
    static ElfFile f;
    Seen seen = {0};
    ElfImage img;
    ElfMapOptions o = {.mapped = on_mapped, .user = &seen};
    EXPECT(elf_read(&f, as_fd(t, sizeof *t)) == NULL);
    EXPECT(elf_map(&f, &o, &img) == NULL);
    uint64_t b = ehdr(t)->e_type == ET_EXEC ? BASE : img.bias;
    EXPECT(b % 4096 == 0 && (ehdr(t)->e_type == ET_EXEC ? img.bias == 0 : img.bias != 0));
    EXPECT(img.entry == b + 0x180 && img.phdr_addr == b + 64 && img.brk == b + 0x14000);
    EXPECT(img.start == b && img.end == b + 0x14000);
    EXPECT(img.start_code == b && img.end_code == b + 0x200);
    EXPECT(seen.n == 3 && seen.prot[0] == (PROT_READ | PROT_EXEC));
    EXPECT(seen.start[2] == b + 0x12000 && seen.end[2] == b + 0x14000);
    const uint8_t *data = (const uint8_t *)b + 0x11000;
    EXPECT(memcmp((const void *)b, t->bytes, 0x200) == 0);
    EXPECT(data[0xff] == 0xaa && data[0x100] == 0 && data[0xfff] == 0 && data[0x2fff] == 0);
    unsigned char vec;
    EXPECT(mincore((void *)(b + 0x8000), 4096, &vec) == -1); /* the hole is a hole */
    return 0;
}

Test(elf, maps_fixed_program)
{
    TestFile t;
    good_file(&t, ET_EXEC);
    cr_assert_eq(in_child(map_and_check, &t), 0);
}

Test(elf, maps_position_independent_program)
{
    TestFile t;
    good_file(&t, ET_DYN);
    cr_assert_eq(in_child(map_and_check, &t), 0);
}

static int map_over_used(void *arg)
{
    static ElfFile f;
    ElfImage img;
    ElfMapOptions o = {0};
    char *used = mmap((void *)(BASE + 0x12000), 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    *used = 7;
    EXPECT(elf_read(&f, as_fd(arg, sizeof(TestFile))) == NULL);
    const char *why = elf_map(&f, &o, &img);
    EXPECT(why && strstr(why, "in use") && f.error < 0 && *used == 7);
    return 0;
}

Test(elf, never_replaces_a_mapping)
{
    TestFile t;
    good_file(&t, ET_EXEC);
    cr_assert_eq(in_child(map_over_used, &t), 0);
}

Test(elf, honours_large_alignment)
{
    static ElfFile f;
    TestFile t;
    ElfImage img;
    ElfMapOptions o = {0};
    good_file(&t, ET_DYN);
    phdr(&t, 0)->p_align = 0x200000;
    int fd = as_fd(&t, sizeof t);
    for (int i = 0; i < 4; i++) {
        cr_assert_null(elf_read(&f, fd));
        cr_assert_null(elf_map(&f, &o, &img));
        cr_assert_eq(img.bias % 0x200000, 0);
    }
}

Test(elf, names_what_is_wrong_with_the_header)
{
    TestFile t;
    good_file(&t, ET_EXEC);
    t.bytes[1] = 'X';
    expect_refused(&t, "not an ELF file");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_ident[EI_DATA] = ELFDATA2MSB;
    expect_refused(&t, "big-endian");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_ident[EI_CLASS] = 9;
    expect_refused(&t, "class");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_machine = EM_X86_64;
    expect_refused(&t, "x86-64");
    ehdr(&t)->e_machine = 0xfff0;
    expect_refused(&t, "65520");
    good_file(&t, ET_REL);
    expect_refused(&t, "object file");
    good_file(&t, ET_CORE);
    expect_refused(&t, "core dump");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_phnum = 0;
    expect_refused(&t, "no program headers");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_phentsize = 32;
    expect_refused(&t, "wrong size");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_phoff = UINT64_MAX - 8;
    expect_refused(&t, "outside the file");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_phnum = 0xffff;
    expect_refused(&t, "too many");
}

Test(elf, names_what_is_wrong_with_a_segment)
{
    TestFile t;
    good_file(&t, ET_EXEC);
    phdr(&t, 1)->p_filesz = 0x4000;
    expect_refused(&t, "segment 1: more bytes in the file");
    good_file(&t, ET_EXEC);
    phdr(&t, 1)->p_offset = 0x2000;
    expect_refused(&t, "segment 1: lies outside the file");
    good_file(&t, ET_EXEC);
    phdr(&t, 1)->p_memsz = UINT64_MAX / 2;
    expect_refused(&t, "segment 1: does not fit");
    good_file(&t, ET_EXEC);
    phdr(&t, 1)->p_vaddr = 0xffff800000000000;
    expect_refused(&t, "segment 1: does not fit");
    good_file(&t, ET_EXEC);
    phdr(&t, 1)->p_vaddr++;
    expect_refused(&t, "differ within the page");
    good_file(&t, ET_EXEC);
    phdr(&t, 1)->p_vaddr = BASE;
    expect_refused(&t, "segment 1: overlaps");
    good_file(&t, ET_EXEC);
    phdr(&t, 0)->p_type = phdr(&t, 1)->p_type = PT_NULL;
    expect_refused(&t, "no loadable segments");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_entry = BASE + 0x11000;
    expect_refused(&t, "entry point");
    good_file(&t, ET_EXEC);
    ehdr(&t)->e_entry = BASE + 0x200;
    expect_refused(&t, "entry point");
}

Test(elf, refuses_every_truncation)
{
    TestFile t;
    good_file(&t, ET_EXEC);
    for (size_t n = 0; n < DATA_OFF + 0x100; n += n < 512 ? 1 : 97)
        cr_assert_not_null(read_file(&t, n), "%zu bytes", n);
    cr_assert_null(read_file(&t, sizeof t));
}

static int map_damaged(void *arg)
{
    static ElfFile f;
    ElfImage img;
    ElfMapOptions o = {0};
    if (elf_read(&f, as_fd(arg, sizeof(TestFile))) != NULL)
        return 1;
    return elf_map(&f, &o, &img) ? 2 : 0;
}

Test(elf, survives_random_damage, .timeout = 60)
{
    int loaded = 0, refused = 0;
    srand(1);
    for (int i = 0; i < 1500; i++) {
        TestFile t;
        good_file(&t, i & 1 ? ET_DYN : ET_EXEC);
        for (int k = rand() % 4; k >= 0; k--) {
            size_t at = (size_t)rand() % (64 + 2 * 56);
            t.bytes[at] = rand() & 1 ? (uint8_t)rand() : (uint8_t)(rand() & 1 ? 0xff : 0);
        }
        int r = in_child(map_damaged, &t);
        cr_assert(r <= 2, "case %d: status %d", i, r);
        r ? refused++ : loaded++;
    }
    cr_assert(loaded > 50 && refused > 50, "%d loaded, %d refused", loaded, refused);
}

Test(elf, reads_interpreter_path)
{
    static ElfFile f;
    TestFile t;
    char path[64];
    good_file(&t, ET_DYN);
    *phdr(&t, 1) = (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = 0x180, .p_filesz = 8};
    memcpy(t.bytes + 0x180, "/lib/ld", 8);
    cr_assert_null(elf_read(&f, as_fd(&t, sizeof t)));
    cr_assert_null(elf_interp_path(&f, path, sizeof path));
    cr_assert_str_eq(path, "/lib/ld");
    cr_assert_not_null(elf_interp_path(&f, path, 4));
    t.bytes[0x187] = 'x';
    cr_assert_null(elf_read(&f, as_fd(&t, sizeof t)));
    cr_assert_not_null(elf_interp_path(&f, path, sizeof path));
}

Test(stack, lays_out_the_table)
{
    static _Alignas(16) uint64_t area[64];
    StackImage s = {(uint64_t)(uintptr_t)(area + 64), false};
    uint64_t argv[2], envp[1];
    argv[0] = stack_push(&s, "prog", 5);
    argv[1] = stack_push(&s, "x", 2);
    envp[0] = stack_push(&s, "A=1", 4);
    AuxEntry aux[1] = {{AT_PAGESZ, 4096}};
    StackTable table = {argv, envp, 2, 1, aux, 1};
    uint64_t sp = stack_finish(&s, &table), *w = (uint64_t *)(uintptr_t)sp;
    cr_assert_not(s.failed);
    cr_assert_eq(sp % 16, 0);
    cr_assert_eq(w[0], 2);
    cr_assert_str_eq((char *)w[1], "prog");
    cr_assert_str_eq((char *)w[2], "x");
    cr_assert_eq(w[3], 0);
    cr_assert_str_eq((char *)w[4], "A=1");
    cr_assert_eq(w[5], 0);
    cr_assert(w[6] == AT_PAGESZ && w[7] == 4096 && w[8] == AT_NULL && w[9] == 0);
}
