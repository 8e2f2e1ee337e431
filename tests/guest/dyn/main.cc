/*
 * A dynamic program: a library bound lazily, a plug-in (argv[1]) by dlopen, threads with TLS of
 * both, exceptions through all three, libm, and the objects that the loader lists.
 */
#include "lib.h"
#include <cmath>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <thread>
#include <vector>

static int thrower(int n)
{
    if (n & 1)
        throw n;
    return n + 1;
}

static void vectors()
{
    printf("many %.3f\n", many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    Vec4 r = add4({{1, 2, 3, 4}}, {{10, 20, 30, 40}});
    printf("add4 %g %g %g %g\n", r.v[0], r.v[1], r.v[2], r.v[3]);
    float out[4] = {17, 28, 41, 56};
#ifdef __aarch64__
    const float a[4] = {1, 2, 3, 4}, b[4] = {2, 2, 2, 2}, c[4] = {8, 13, 19, 26};
    vst1q_f32(out, fma4(vld1q_f32(a), vld1q_f32(b), vld1q_f32(c), vdupq_n_u8(0)));
#endif
    printf("fma4 %g %g %g %g\n", out[0], out[1], out[2], out[3]);
    printf("libm %.15g %.15g %.15g\n", sin(1.0), pow(2.5, 3.5), exp(-1.25));
}

static void exceptions()
{
    for (int n = 0; n < 4; n++) {
        try {
            call_and_fail(thrower, n);
        } catch (const Failure &f) {
            printf("failure %s %d\n", f.what(), f.code);
        } catch (int i) {
            printf("int %d\n", i);
        }
    }
}

static int (*run)(int);

static void threads()
{
    std::vector<std::thread> all;
    int sums[6];
    for (int i = 0; i < 6; i++)
        all.emplace_back([i, &sums] {
            int sum = 0;
            for (int k = 0; k < 2000; k++) {
                depth += k & 3;
                sum += bump_hidden() + run(i) % 1000;
            }
            try {
                run(9);
            } catch (const Failure &f) {
                sum += f.code;
            }
            sums[i] = sum;
        });
    for (auto &t : all)
        t.join();
    for (int s : sums)
        printf("thread %d\n", s);
    printf("main's %d %d\n", depth, bump_hidden());
}

static int count_object(struct dl_phdr_info *info, size_t, void *n)
{
    ++*(int *)n;
    return 0;
}

int main(int argc, char **argv)
{
    vectors();
    printf("ifunc %d weak %d\n", picked(), weak_hook ? 1 : 0);
    exceptions();
    void *h = dlopen(argv[1], RTLD_LAZY | RTLD_GLOBAL);
    if (!h)
        return puts(dlerror()), 1;
    run = (int (*)(int))dlsym(h, "plugin_run");
    int first = run(1), second = run(2);
    printf("run %d %d\n", first, second);
    try {
        run(9);
    } catch (const Failure &f) {
        printf("%s %d\n", f.what(), f.code);
    }
    threads();
    int objects = 0;
    dl_iterate_phdr(count_object, &objects);
    Dl_info info;
    dladdr((void *)run, &info);
    printf("objects %d, %s in %s\n", objects > 5, info.dli_sname, strrchr(info.dli_fname, '/'));
    printf("close %d\n", dlclose(h));
    printf("missing: %d\n", dlopen("./nothing.so", RTLD_NOW) == NULL);
    fflush(stdout);
    return 0;
}
