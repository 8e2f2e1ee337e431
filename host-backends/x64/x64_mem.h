/* Forms of memory RaInsns: whoever describes one, x64_mem.c prints it. */
#ifndef FERRY_X64_MEM_H
#define FERRY_X64_MEM_H

enum {
    MF_INDEX = 1, /* op[1] is the index */
    MF_TMP = 2,   /* tmp[0]: the extended index, or the address made beforehand */
    MF_NORES = 4, /* amo: nobody reads the old value */
};

#endif
