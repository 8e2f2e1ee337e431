/*
 * Registrations are named after the guest, "ferry-aarch64"; what they match is made from the
 * guest's ELF machine and class:
 *
 *     offset  0  7f 45 4c 46 02 01 01   ELF, 64-bit, little-endian, version 1
 *             7  any                    OS ABI (GNU programs with IFUNC say 3)
 *             8  00 x 8
 *            16  02 or 03, 00           ET_EXEC or ET_DYN
 *            18  b7 00                  EM_AARCH64
 */
#include "binfmt.h"
#include <asm/fcntl.h>
#include <elf.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <string.h>
#include "guests.h"
#include "hostsys.h"
#include "log.h"
#include "str.h"

enum { MATCHED = 20 /* bytes of the header, up to e_machine */ };

/* With neither flag the kernel's name of what was executed tells: it is not ferry's. */
bool binfmt_started(const Boot *b)
{
    const char *name = (const char *)boot_aux(b, AT_EXECFN, 0);
    return boot_aux(b, AT_FLAGS, 0) & BINFMT_ARGV0 || boot_aux(b, AT_EXECFD, ~0ull) != ~0ull ||
           (name && b->argc > 1 && str_eq(name, b->argv[1]));
}

static void put_bytes(StrBuf *sb, const uint8_t *bytes)
{
    for (int i = 0; i < MATCHED; i++)
        sb_printf(sb, "\\x%02x", bytes[i]);
    sb_putc(sb, ':');
}

static void put_registration(StrBuf *sb, const GuestOps *g, const char *interpreter)
{
    uint8_t magic[MATCHED] = {0x7f, 'E', 'L', 'F', g->elf_class, ELFDATA2LSB, EV_CURRENT};
    uint8_t mask[MATCHED];
    memset(mask, 0xff, sizeof mask);
    mask[EI_OSABI] = 0;
    magic[16] = ET_EXEC;
    mask[16] = (uint8_t) ~(ET_EXEC ^ ET_DYN);
    magic[18] = (uint8_t)g->elf_machine;
    magic[19] = (uint8_t)(g->elf_machine >> 8);
    sb_printf(sb, ":ferry-%s:M::", g->name);
    put_bytes(sb, magic);
    put_bytes(sb, mask);
    sb_printf(sb, "%s:POCF\n", interpreter);
}

void binfmt_print(void)
{
    char path[SYS_PATH_MAX], text[SYS_PATH_MAX + 512];
    long n = HS(__NR_readlinkat, AT_FDCWD, "/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    for (GuestLinux *const *g = guests; *g; g++) {
        StrBuf sb = STRBUF_ON(text);
        put_registration(&sb, (*g)->ops, path);
        HS(__NR_write, 1, sb.buf, sb.len);
    }
}

/* Does some line of the text start with `start` and, behind that, have `c`? */
static bool line_has(const char *text, const char *start, char c)
{
    for (const char *line = text; line && *line; line = str_find(line, '\n')) {
        line += *line == '\n';
        const char *rest = str_after(line, start);
        for (; rest && *rest && *rest != '\n'; rest++)
            if (*rest == c)
                return true;
    }
    return false;
}

bool binfmt_gives_credentials(const GuestLinux *g)
{
    char path[64], text[SYS_PATH_MAX + 512];
    StrBuf sb = STRBUF_ON(path);
    sb_printf(&sb, "/proc/sys/fs/binfmt_misc/ferry-%s", g->ops->name);
    long fd = HS(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (hs_failed(fd))
        return false;
    long n = HS(__NR_read, fd, text, sizeof text - 1);
    HS(__NR_close, fd);
    text[n > 0 ? n : 0] = 0;
    return str_after(text, "enabled") && line_has(text, "flags: ", 'C');
}
