/*
 * Interval tree: half-open ranges [start, end) in nodes that the caller owns and embeds.
 *
 * Ranges may overlap and repeat. Order is by (start, address of the node). All operations take
 * O(log n) and allocate nothing; the caller does the locking. A node in a tree must not move, and
 * its start and end must not change.
 *
 *   for (n = itree_first(&t, a, b); n; n = itree_next(&t, n, a, b))
 *       ...every node that overlaps [a, b), in order; n may be removed after its successor is taken
 */
#ifndef FERRY_BASE_ITREE_H
#define FERRY_BASE_ITREE_H

#include "types.h"

typedef struct ITreeNode {
    uint64_t start, end; /* start < end */
    uint64_t max_end;    /* largest end in this subtree */
    struct ITreeNode *left, *right;
    int height;
} ITreeNode;

typedef struct ITree {
    ITreeNode *root;
} ITree;

void itree_insert(ITree *t, ITreeNode *n);
/* n must be in t. */
void itree_remove(ITree *t, ITreeNode *n);

/* First node that overlaps [start, end); NULL when none. */
ITreeNode *itree_first(const ITree *t, uint64_t start, uint64_t end);
/* The one after `n` in order; n itself may have been removed meanwhile, but is still readable. */
ITreeNode *itree_next(const ITree *t, const ITreeNode *n, uint64_t start, uint64_t end);

static inline ITreeNode *itree_at(const ITree *t, uint64_t addr)
{
    return addr == UINT64_MAX ? NULL : itree_first(t, addr, addr + 1);
}

#endif
