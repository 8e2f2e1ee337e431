/* Loaded with dlopen: TLS in a late module, symbols of the library and the program, exceptions. */
#include "lib.h"
#include <cstdio>

static thread_local long late[64] = {1, 2, 3};
thread_local std::string name = "plug";

extern "C" int weak_hook(int n)
{
    return n * 100;
}

extern "C" int plugin_run(int n)
{
    late[n % 64] += n;
    name += char('a' + n);
    depth += n;
    if (n == 9)
        throw Failure("from the plug-in: " + name, (int)late[9]);
    return (int)late[n % 64] + depth;
}

static void __attribute__((destructor)) gone()
{
    puts("plugin: gone");
    fflush(stdout);
}
