/* -host-features: lists narrow the host's features, never widen them. */
#include <criterion/criterion.h>
#include "backend.h"
#include "log.h"

static const HostFeatures all = {
#define X(name) .name = true,
    HOST_FEATURES(X)
#undef X
};

static HostFeatures narrowed(const char *spec, HostFeatures f)
{
    char text[512] = "";
    StrBuf err = STRBUF_ON(text);
    cr_assert(backend_x64.narrow(spec, &f, &err), "%s: %s", spec, text);
    return f;
}

Test(host_features, levels)
{
    HostFeatures f = narrowed("sse42", all);
    cr_assert(f.sse42 && f.popcnt);
    cr_assert(!f.avx && !f.bmi1 && !f.lzcnt && !f.aes && !f.pclmul && !f.f16c);
    f = narrowed("avx2", all);
    cr_assert(f.avx && f.avx2 && f.fma && f.f16c && f.bmi2 && !f.avx512vl && !f.gfni && !f.sha);
    f = narrowed("avx512", all);
    cr_assert(f.avx512vl && f.gfni && f.sha);
}

Test(host_features, changes)
{
    HostFeatures f = narrowed("avx2,-fma,-lzcnt", all);
    cr_assert(f.avx2 && !f.fma && !f.lzcnt);
    f = narrowed("sse42,+bmi2", all);
    cr_assert(f.bmi2 && !f.bmi1);
    f = narrowed("-avx", all);
    cr_assert(!f.avx && !f.avx2 && !f.fma && !f.f16c && !f.avx512vl && f.bmi1);
    HostFeatures old = narrowed("sse42", all);
    f = narrowed("avx512,+avx2,+aes", old);
    cr_assert(!f.avx && !f.avx2 && !f.aes && f.popcnt, "what the host lacks stays off");
}

Test(host_features, mistakes)
{
    const char *const bad[] = {"", "foo", "avx", "sse42,", "-sse42", "+", "avx2,sse42", "-avx22"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char text[512] = "";
        StrBuf err = STRBUF_ON(text);
        HostFeatures f = all;
        cr_assert(!backend_x64.narrow(bad[i], &f, &err), "'%s' was taken", bad[i]);
        cr_assert(text[0]);
    }
}
