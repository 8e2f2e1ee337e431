/*
 * /proc/PID/maps: reading the kernel's lines, and the guest's view of its own.
 */
#ifndef FERRY_MAPS_H
#define FERRY_MAPS_H

#include "types.h"

enum { MAPS_LINE = 8192 }; /* the longest name is PATH_MAX, with escapes a little more */

typedef struct MapsLine {
    uint64_t start, end, off;
    char prot[5];    /* "r-xp" */
    const char *dev; /* "fe:00 1234": device and inode, without the spaces after */
    int dev_len;
    const char *name; /* "" when there is none */
} MapsLine;

typedef struct MapsReader {
    int fd;
    size_t at, have;
    char buf[2 * MAPS_LINE];
} MapsReader;

/* Opens `path`, which is some process's maps; false when that fails. */
bool maps_open(MapsReader *r, const char *path);
/* The next line; its texts are good until the next call. False at the end. */
bool maps_next(MapsReader *r, MapsLine *line);
void maps_close(MapsReader *r);

/* Writes /proc/self/maps as the guest would see it: 0 or -errno. */
long maps_write_own(int fd);

#endif
