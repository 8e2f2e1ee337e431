/* /tmp/perf-PID.map: one line a unit, so that perf shows guest addresses for host code. */
#include "rt_internal.h"
#include <asm/fcntl.h>

static int perf_fd = -1;

static int perf_open(void)
{
    char name[64];
    StrBuf sb = STRBUF_ON(name);
    sb_printf(&sb, "/tmp/perf-%d.map", (int)HS(__NR_getpid));
    return (int)HS(__NR_open, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

void perf_map_add(const Unit *u)
{
    if (perf_fd == -1)
        perf_fd = perf_open();
    if (perf_fd < 0)
        return;
    char line[96];
    StrBuf sb = STRBUF_ON(line);
    sb_printf(&sb, "%lx %x guest-0x%lx\n", (unsigned long)u->host_entry,
              (unsigned)(u->host_end - u->host_entry), (unsigned long)u->pc);
    HS(__NR_write, perf_fd, sb.buf, sb.len);
}
