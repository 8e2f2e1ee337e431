/* The few string functions that set-up needs; the core has no libc. */
#ifndef FERRY_STR_H
#define FERRY_STR_H

#include "types.h"

static inline size_t str_len(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

static inline bool str_eq(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* The rest of s after prefix, or NULL. */
static inline const char *str_after(const char *s, const char *prefix)
{
    while (*prefix)
        if (*s++ != *prefix++)
            return NULL;
    return s;
}

static inline const char *str_find(const char *s, char c)
{
    for (; *s; s++)
        if (*s == c)
            return s;
    return NULL;
}

/* Is `name` the last part of the path of `len` bytes? Looks at its end alone. */
static inline bool str_is_last_part(const char *path, size_t len, const char *name)
{
    size_t n = str_len(name);
    return len >= n && str_eq(path + len - n, name) && (len == n || path[len - n - 1] == '/');
}

static inline const char *str_basename(const char *path)
{
    const char *base = path;
    for (; *path; path++)
        if (*path == '/' && path[1])
            base = path + 1;
    return base;
}

/* The decimal number at *s, which goes on behind it; 0 when there is none. */
static inline uint64_t str_take_number(const char **s)
{
    uint64_t v = 0;
    while (**s >= '0' && **s <= '9')
        v = v * 10 + (uint64_t)(*(*s)++ - '0');
    return v;
}

/* Unsigned number, decimal or 0x...; false when s is no such number. */
bool str_number(const char *s, uint64_t *out);

#endif
