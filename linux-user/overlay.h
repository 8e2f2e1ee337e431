/*
 * Files of /proc whose text is the guest's and not the host's: opening one gives a descriptor of a
 * file in memory with the text as of now. To add one: a row in overlay.c and a function that writes
 * the text.
 */
#ifndef FERRY_OVERLAY_H
#define FERRY_OVERLAY_H

#include "sys.h"

/*
 * An open call: true when the file is one of them, and *result is then the call's result. Files are
 * told by what the path leads to, so relative paths and links work.
 */
bool overlay_open(SysCtx *c, const SysPathQuery *q, long *result);

#endif
