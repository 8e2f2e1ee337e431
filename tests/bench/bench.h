/*
 * Kernels of the benchmark. Each takes a repeat count and returns a checksum that must be the same
 * for every architecture; 100 repeats take about a second natively on a 2024 server core.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

typedef uint64_t (*BenchFn)(unsigned reps);

typedef struct Bench {
    const char *name, *group;
    BenchFn run;
} Bench;

extern const Bench bench_int[], bench_fp[], bench_simd[], bench_crypto[], bench_mem[], bench_sys[];

#endif
