/* Initial stack image; layout as in the System V ABI ("Process Initialization"). */
#include "stack.h"
#include "guestmem.h"

GuestAddr stack_push(StackImage *s, const void *bytes, size_t n)
{
    s->sp -= n;
    s->failed |= !gm_copy_out(s->sp, bytes, n);
    return s->sp;
}

static GuestAddr put(StackImage *s, GuestAddr at, const void *bytes, size_t n)
{
    s->failed |= !gm_copy_out(at, bytes, n);
    return at + n;
}

GuestAddr stack_finish(StackImage *s, const StackTable *t)
{
    static const uint64_t zeros[2];
    uint64_t argc = t->argc;
    size_t bytes = 8 * (1 + t->argc + 1 + t->envc + 1) + sizeof(AuxEntry) * (t->naux + 1);
    s->sp = ALIGN_DOWN(s->sp - bytes, 16);
    GuestAddr at = put(s, s->sp, &argc, 8);
    at = put(s, at, t->argv, 8 * t->argc);
    at = put(s, at, zeros, 8);
    at = put(s, at, t->envp, 8 * t->envc);
    at = put(s, at, zeros, 8);
    at = put(s, at, t->aux, sizeof(AuxEntry) * t->naux);
    put(s, at, zeros, sizeof zeros);
    return s->sp;
}
