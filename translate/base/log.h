/*
 * Log channels and the freestanding formatter.
 *
 * Each `-d` item is one channel, listed once in LOG_CHANNELS. Output goes to log_fd through raw
 * write(2): one write a message, so that lines of threads do not mix. Nothing here allocates.
 *
 *   LOG(IR, "unit %lx: %u insns\n", pc, n);      printed if `-d ir` is on
 *   log_error("ferry: %s: %s\n", path, why);     always, on stderr
 */
#ifndef FERRY_BASE_LOG_H
#define FERRY_BASE_LOG_H

#include <stdarg.h>
#include "types.h"

/* channel, option name, what it shows */
#define LOG_CHANNELS(X)                                                                            \
    X(IN_ASM, "in_asm", "guest instructions of each unit translated")                              \
    X(OP, "op", "IR as the front end made it")                                                     \
    X(OP_OPT, "op_opt", "IR after the passes")                                                     \
    X(RA, "ra", "allocated instructions")                                                          \
    X(OUT_ASM, "out_asm", "host code of each unit")                                                \
    X(EXEC, "exec", "each entry from the execution loop")                                          \
    X(CPU, "cpu", "guest registers at each entry from the execution loop")                         \
    X(LINK, "link", "exits linked and unlinked")                                                   \
    X(INVAL, "inval", "invalidation of translated code")                                           \
    X(MMU, "mmu", "guest mappings")                                                                \
    X(SIGNAL, "signal", "guest signals queued and delivered")                                      \
    X(STRACE, "strace", "system calls of the guest")                                               \
    X(UNIMP, "unimp", "instructions and calls that are not there yet")                             \
    X(LOADER, "loader", "segments, stack and auxiliary vector")                                    \
    X(CRASH, "crash", "state and backtrace when a guest dies of a signal")

typedef enum LogChannel {
#define X(id, name, help) LOG_##id,
    LOG_CHANNELS(X)
#undef X
        LOG_CHANNEL_COUNT
} LogChannel;

typedef struct LogChannelInfo {
    const char *name;
    const char *help;
} LogChannelInfo;

extern const LogChannelInfo log_channels[LOG_CHANNEL_COUNT];
extern uint32_t log_mask; /* bit per channel */
extern int log_fd;        /* 2 until `-D file` moves it */

/* Those that show the stages of a translation. */
#define LOG_STAGES                                                                                 \
    (1u << LOG_IN_ASM | 1u << LOG_OP | 1u << LOG_OP_OPT | 1u << LOG_RA | 1u << LOG_OUT_ASM)
#define LOG_ON(ch)   UNLIKELY(log_mask & (1u << LOG_##ch))
#define LOG(ch, ...) (LOG_ON(ch) ? log_write(__VA_ARGS__) : (void) 0)

/* A bounded text under construction; never overflows, cuts off instead. */
typedef struct StrBuf {
    char *buf;
    size_t cap;
    size_t len;
} StrBuf;

#define STRBUF_ON(array) ((StrBuf){(array), sizeof(array), 0})

/*
 * printf subset: %c %s %.*s %d %u %x %p with l/ll/z sizes, width, 0 and - flags, %%.
 * The result is always NUL-terminated when cap > 0.
 */
void sb_printf(StrBuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sb_vprintf(StrBuf *sb, const char *fmt, va_list ap);
void sb_putc(StrBuf *sb, char c);
void sb_puts(StrBuf *sb, const char *s);

void log_write(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Writes a finished text to log_fd. */
void log_text(const char *text, size_t len);

#endif
