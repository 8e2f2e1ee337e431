/* The host's online processors, which are the guest's too. See cpus.h. */
#include <fcntl.h>
#include "cpus.h"
#include "hostsys.h"
#include "str.h"

/* `list` is as the kernel writes it, "0-3,5". */
static long each_of(const char *list, CpuRangeFn *fn, void *arg)
{
    long r = 0;
    while (*list >= '0' && *list <= '9' && r == 0) {
        uint64_t first = str_take_number(&list), last = first;
        if (*list == '-')
            list++, last = str_take_number(&list);
        r = fn(arg, first, MIN(last, first + 0xffff));
        list += *list == ',';
    }
    return r;
}

long cpus_each_online(CpuRangeFn *fn, void *arg)
{
    char list[1024] = "0";
    long online = HS(__NR_openat, AT_FDCWD, "/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
    if (!hs_failed(online)) {
        long n = HS(__NR_read, online, list, sizeof list - 1);
        list[n > 0 ? n : 1] = 0;
        HS(__NR_close, online);
    }
    return each_of(list, fn, arg);
}
