/*
 * Interval tree as an AVL tree whose nodes also carry the largest end below them.
 *
 * Invariants: heights of siblings differ by at most one; max_end covers the subtree; in-order is
 * (start, node address). A search skips a subtree whose max_end is not above the wanted start.
 */
#include "itree.h"
#include "check.h"

static int height_of(const ITreeNode *n)
{
    return n ? n->height : 0;
}

static bool comes_before(const ITreeNode *a, const ITreeNode *b)
{
    return a->start != b->start ? a->start < b->start : (uintptr_t)a < (uintptr_t)b;
}

static void node_update(ITreeNode *n)
{
    n->height = 1 + MAX(height_of(n->left), height_of(n->right));
    n->max_end = n->end;
    if (n->left)
        n->max_end = MAX(n->max_end, n->left->max_end);
    if (n->right)
        n->max_end = MAX(n->max_end, n->right->max_end);
}

static ITreeNode *rotate_right(ITreeNode *n)
{
    ITreeNode *l = n->left;
    n->left = l->right;
    l->right = n;
    node_update(n);
    node_update(l);
    return l;
}

static ITreeNode *rotate_left(ITreeNode *n)
{
    ITreeNode *r = n->right;
    n->right = r->left;
    r->left = n;
    node_update(n);
    node_update(r);
    return r;
}

static ITreeNode *rebalance(ITreeNode *n)
{
    int lean = height_of(n->left) - height_of(n->right);
    if (lean > 1) {
        if (height_of(n->left->left) < height_of(n->left->right))
            n->left = rotate_left(n->left);
        return rotate_right(n);
    }
    if (lean < -1) {
        if (height_of(n->right->right) < height_of(n->right->left))
            n->right = rotate_right(n->right);
        return rotate_left(n);
    }
    node_update(n);
    return n;
}

static ITreeNode *insert_below(ITreeNode *at, ITreeNode *n)
{
    if (!at)
        return n;
    if (comes_before(n, at))
        at->left = insert_below(at->left, n);
    else
        at->right = insert_below(at->right, n);
    return rebalance(at);
}

void itree_insert(ITree *t, ITreeNode *n)
{
    CHECK(n->start < n->end);
    n->left = n->right = NULL;
    node_update(n);
    t->root = insert_below(t->root, n);
}

static ITreeNode *remove_first(ITreeNode *at, ITreeNode **first)
{
    if (!at->left) {
        *first = at;
        return at->right;
    }
    at->left = remove_first(at->left, first);
    return rebalance(at);
}

static ITreeNode *remove_below(ITreeNode *at, ITreeNode *n)
{
    CHECK(at);
    if (at == n) {
        ITreeNode *heir;
        if (!n->left || !n->right)
            return n->left ? n->left : n->right;
        ITreeNode *right = remove_first(n->right, &heir);
        heir->left = n->left;
        heir->right = right;
        return rebalance(heir);
    }
    if (comes_before(n, at))
        at->left = remove_below(at->left, n);
    else
        at->right = remove_below(at->right, n);
    return rebalance(at);
}

void itree_remove(ITree *t, ITreeNode *n)
{
    t->root = remove_below(t->root, n);
}

/* First node in order that overlaps [start, end) and, when `after` is given, comes after it. */
static ITreeNode *find_below(ITreeNode *at, const ITreeNode *after, uint64_t start, uint64_t end)
{
    if (!at || at->max_end <= start)
        return NULL;
    bool eligible = !after || comes_before(after, at);
    if (eligible) {
        ITreeNode *n = find_below(at->left, after, start, end);
        if (n)
            return n;
        if (at->start >= end)
            return NULL;
        if (at->end > start)
            return at;
    }
    return at->start >= end ? NULL : find_below(at->right, after, start, end);
}

ITreeNode *itree_first(const ITree *t, uint64_t start, uint64_t end)
{
    return find_below(t->root, NULL, start, end);
}

ITreeNode *itree_next(const ITree *t, const ITreeNode *n, uint64_t start, uint64_t end)
{
    return find_below(t->root, n, start, end);
}
