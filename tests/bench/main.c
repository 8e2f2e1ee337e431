/* bench list | bench NAME REPS: prints the kernel's checksum. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench.h"

static const Bench *const groups[] = {bench_int,    bench_fp,  bench_simd,
                                      bench_crypto, bench_mem, bench_sys};

int main(int argc, char **argv)
{
    for (unsigned g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
        for (const Bench *b = groups[g]; b->name; b++) {
            if (argc == 2 && !strcmp(argv[1], "list"))
                printf("%s %s\n", b->group, b->name);
            if (argc == 3 && !strcmp(argv[1], b->name)) {
                printf("%016llx\n", (unsigned long long) b->run((unsigned) atoi(argv[2])));
                return 0;
            }
        }
    return argc == 2 ? 0 : 2;
}
