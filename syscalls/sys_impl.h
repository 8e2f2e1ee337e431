/* What the files of syscalls/ share: argument conversion, struct conversion, tracing. */
#ifndef FERRY_SYS_IMPL_H
#define FERRY_SYS_IMPL_H

#include <string.h>

#include "guestmem.h"
#include "hostsys.h"
#include "sys_handlers.h"
#include "sys_table.h"

/* errno values; the core includes no libc header for them. Same numbers on every guest so far. */
#include <asm-generic/errno.h>

/* Small copies use __builtin_memcpy: -ffreestanding makes plain memcpy a call, even of 8 bytes. */

/* The largest struct that is converted through a copy on the C stack. */
enum { SYS_STRUCT_MAX = 512 };

/* Bits of a flag set from the guest's ABI to the host's and back. */
uint64_t sys_flags_to_host(const SysAbi *abi, unsigned set, uint64_t v);
uint64_t sys_flags_to_guest(const SysAbi *abi, unsigned set, uint64_t v);

/* True when the struct's bytes differ between this guest and the host. */
bool sys_struct_differs(const SysAbi *abi, unsigned id);
uint32_t sys_struct_guest_size(const SysAbi *abi, unsigned id);
uint32_t sys_struct_host_size(unsigned id);

/* One struct between host memory `host` and guest bytes `guest` (a copy, not guest memory). */
void sys_struct_to_host(const SysAbi *abi, unsigned id, void *host, const void *guest);
void sys_struct_to_guest(const SysAbi *abi, unsigned id, void *guest, const void *host);

/* An integer of 1, 2, 4 or 8 bytes as it lies in guest memory or a copy of it. */
uint64_t sys_load(const uint8_t *p, unsigned size, bool is_signed);

/* Same from or to guest memory; false: not accessible. */
bool sys_struct_get(const SysAbi *abi, unsigned id, void *host, GuestAddr src);
bool sys_struct_put(const SysAbi *abi, unsigned id, GuestAddr dst, const void *host);

/*
 * The path argument `argno` for the host call: the guest's own pointer or a replacement in
 * c->path. Returns false when the hook finished the call; *result is then its result.
 */
bool sys_path_arg(SysCtx *c, const SysRow *row, const uint64_t a[6], unsigned argno,
                  uint64_t *host_arg, long *result);

/* The row that decides for a call with operations: a sub-row, or `row` itself. */
const SysRow *sys_find_op(const SysRow *row, const uint64_t a[6]);

/* Converts arguments by kind, calls the host, converts results. */
long sys_marshal(SysCtx *c, const SysRow *row, const uint64_t a[6]);

/* Runs a row's host call with finished arguments, through the stub when it can sleep. */
long sys_host_call(SysCtx *c, const SysRow *row, const uint64_t a[6]);

/*
 * Runs the call being executed, which waits with the guest's signal set at `set` (size bytes; 0:
 * none), and notes that mask in the SysCtx when a signal ended the call.
 */
long sys_wait_masked(SysCtx *c, const uint64_t a[6], GuestAddr set, uint64_t size);

/* --strace of one call: in-arguments before, the rest after. */
typedef struct SysTrace {
    StrBuf sb;
    unsigned shown; /* arguments already printed */
    char text[2048];
} SysTrace;

void sys_trace_enter(SysTrace *t, SysCtx *c, const SysRow *row, const uint64_t a[6]);
void sys_trace_leave(SysTrace *t, SysCtx *c, const SysRow *row, const uint64_t a[6], long ret);

/* One value by kind; for arguments, results and struct fields alike. */
typedef struct SysShow {
    SysCtx *c;
    const uint64_t *args;
    long ret;
    bool done; /* the call has returned: ret and out-memory are valid */
} SysShow;

void sys_show_value(StrBuf *sb, SysCtx *c, unsigned kind, unsigned ref, uint64_t v);
void sys_show_flags(StrBuf *sb, const SysAbi *abi, unsigned set, uint64_t v);
void sys_show_struct(StrBuf *sb, SysCtx *c, unsigned id, GuestAddr addr);
void sys_show_string(StrBuf *sb, GuestAddr addr, size_t max);
void sys_show_bytes(StrBuf *sb, GuestAddr addr, uint64_t len, size_t max);
void sys_show_quoted(StrBuf *sb, const char *text, size_t n);
void sys_show_arg(StrBuf *sb, const SysShow *s, const SysRow *row, unsigned n);
/* An iovec of n parts, of which `bytes` bytes count. */
void sys_show_iov(StrBuf *sb, GuestAddr addr, uint64_t n, uint64_t bytes);

/* Signals (show_sig.c); info: a copy of a siginfo_t, of which 48 bytes are read. */
void sys_show_signal(StrBuf *sb, int sig);
void sys_show_sigmask(StrBuf *sb, uint64_t mask);
void sys_show_handler(StrBuf *sb, uint64_t v);
void sys_show_siginfo(StrBuf *sb, SysCtx *c, const uint8_t *info);

/*
 * Sockets (show_sock.c). A message with `bytes` bytes of data in its iovec; not filled: of a failed
 * receive, only pointers. Messages of sendmmsg and recvmmsg.
 */
void sys_show_sockaddr(StrBuf *sb, SysCtx *c, GuestAddr addr, uint64_t len);
void sys_show_message(StrBuf *sb, SysCtx *c, GuestAddr addr, uint64_t bytes, bool filled);
void sys_show_messages(StrBuf *sb, SysCtx *c, GuestAddr addr, uint64_t n, bool received);
void sys_show_option(StrBuf *sb, GuestAddr addr, uint64_t len);

#endif
