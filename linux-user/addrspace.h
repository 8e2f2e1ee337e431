/*
 * Address map: which guest memory is executable, and from which file it comes.
 *
 * The kernel is the truth about everything else; the host maps guest code without PROT_EXEC, so
 * only executability needs a record here: a few ranges a module. Readers: the translator (may this
 * pc be executed?), /proc/self/maps (which lines show an x).
 *
 * One lock, taken before the code cache's; no signal handler takes it.
 */
#ifndef FERRY_ADDRSPACE_H
#define FERRY_ADDRSPACE_H

#include "itree.h"
#include "rt.h"

typedef struct AsRange {
    ITreeNode node;
    int prot; /* guest's, has PROT_EXEC */
    bool has_file;
    bool guarded; /* RtCode.guarded */
    bool shared; /* its content may change through another mapping */
    uint64_t dev, ino; /* of the file mapped, else 0 */
    uint64_t off;      /* file offset of node.start */
} AsRange;

bool as_init(void);
void as_lock(void);
void as_unlock(void);
/* In a child that copied our memory: the lock's owner is another process. */
void as_fork_child(void);
/* For rt: RtConfig.code_at. Takes the lock. False for a pc that is not aligned, too. */
bool as_code_at(GuestAddr pc, RtCode *out);

/* Is anything mapped at addr? Asks the kernel. */
bool as_is_mapped(GuestAddr addr);

/*
 * Under the lock, together with the host call, so that the map changes as the kernel's does. True
 * when code may have been translated from there: call rt_invalidate() after unlocking.
 */

/*
 * [start, end) has the guest's protection `prot` and content of fd at off (-1: anonymous). AS_SHARED
 * in prot: it is a shared mapping.
 */
enum { AS_SHARED = 1 << 16 };
bool as_mapped(GuestAddr start, GuestAddr end, int prot, int fd, uint64_t off);
bool as_unmapped(GuestAddr start, GuestAddr end);
/* [start, end) keeps its content and has a new protection. */
bool as_protected(GuestAddr start, GuestAddr end, int prot);
/* The content of [from, from+old) moved to [to, to+size). */
bool as_moved(GuestAddr from, uint64_t old, GuestAddr to, uint64_t size);
/*
 * For guests whose announcement of new code has no range: units die whose code may have been
 * written since without a call that told, because it can be written or is shared. Takes the lock.
 */
void as_code_written(void);
/* First executable range that overlaps [start, end); NULL when none does. */
const AsRange *as_first_exec(GuestAddr start, GuestAddr end);

#endif
