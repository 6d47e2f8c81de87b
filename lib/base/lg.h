/* lg.h - the ground every part of Logolens stands on: statuses, errors, memory, text, time, cancelling, logging.
 *
 *     lg_err err = {0};
 *     lg_buf text;
 *     lg_buf_init(&text, 1 << 20);
 *     lg_buf_addf(&text, "%d images", 3000);
 *     if (lg_buf_check(&text, &err)) lg_log(LG_LOG_WARN, "%s", err.msg);
 *     lg_buf_release(&text);
 *
 * Invariants
 *  - A function that can fail returns lg_status and fills its lg_err once; on success lg_err is untouched.
 *  - Ownership words used in all headers: *borrowed* (valid during the call; the default), *owned* (the caller frees,
 *    with the function named), *consumed* (the callee owns it from now on, also when it fails).
 *  - Verbs: _new/_free (heap; free(NULL) is fine), _init/_release (caller's storage), _ref/_unref (shared).
 *  - Nothing here exits the process except LG_BUG_ON.
 */
#ifndef LG_H
#define LG_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LG_VERSION "0.1.0"

#define LG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define LG_MUST_CHECK        __attribute__((warn_unused_result))

/* ---- statuses: X(name, class name for the log) ---- */
#define LG_STATUS_LIST(X)                                                                                              \
    X(OK, "Ok")                                                                                                        \
    X(E_MEMORY, "MemoryError")                                                                                         \
    X(E_SYNTAX, "SyntaxError")                                                                                         \
    X(E_NAME, "NameError")                                                                                             \
    X(E_ARG, "ArgumentError")                                                                                          \
    X(E_SHAPE, "ShapeError")                                                                                           \
    X(E_DATA, "DataError")                                                                                             \
    X(E_FORMAT, "FormatError")                                                                                         \
    X(E_IO, "IOError")                                                                                                 \
    X(E_LIMIT, "LimitError")                                                                                           \
    X(E_DENIED, "NotAllowedError")                                                                                     \
    X(E_NUMERIC, "NumericError")                                                                                       \
    X(E_CHECK, "CheckFailed")                                                                                          \
    X(E_NETWORK, "NetworkError")                                                                                       \
    X(E_UNSUPPORTED, "UnsupportedError")                                                                               \
    X(E_INTERRUPTED, "Interrupted")                                                                                    \
    X(E_INTERNAL, "InternalError")

typedef enum lg_status {
#define LG_STATUS_ENUM(name, text) LG_##name,
    LG_STATUS_LIST(LG_STATUS_ENUM)
#undef LG_STATUS_ENUM
} lg_status;

/* Class name of a status ("ShapeError"), for the log; never shown to users, who see the code. */
const char *lg_status_name(lg_status status);

/* A place in the text of a cell. line 0: no place known. */
typedef struct lg_span {
    int line; /* from 1 */
    int col;  /* from 1, in code points */
    int len;  /* in code points, at least 1 where line > 0 */
} lg_span;

/* The one error record. Codes are LLnnn: 1xx reading, 2xx networks, 3xx data, 4xx training and evaluation, 5xx places
 * and platforms, 6xx not allowed, 7xx the network, 9xx our fault. Sizes are fixed: "out of memory" can be said. */
typedef struct lg_err {
    lg_status status;
    int code;         /* 203 for LL203 */
    char msg[400];    /* one sentence, the user's words, no full stop */
    char why[600];    /* the numbers behind it, or "" */
    char hint[400];   /* what to type next (shown after `try:`), or "" */
    lg_span span;     /* where in the cell */
    const char *file; /* C source of the failure, for the log only */
    int line;
    char source[200]; /* the line that span speaks of where it is none of the cell (of a file that was run), else "" */
    bool fresh; /* internal: the last lg_fail call wrote this record (first failure wins) */
} lg_err;

/* lg_fail(err, LG_E_SHAPE, 203, "`%s` cannot fit here", name): fills err unless it is filled, returns the status that
 * err now holds. lg_why / lg_try add the second and third line to the failure just made; they return the status too:
 *     lg_fail(err, LG_E_ARG, 141, "...");
 *     lg_why(err, "...");
 *     return lg_try(err, "...");  */
#define lg_fail(err, status, code, ...) lg_fail_at((err), (status), (code), __FILE__, __LINE__, __VA_ARGS__)
lg_status lg_fail_at(lg_err *err, lg_status status, int code, const char *file, int line, const char *fmt, ...)
    LG_PRINTF(6, 7);
lg_status lg_why(lg_err *err, const char *fmt, ...) LG_PRINTF(2, 3);
lg_status lg_try(lg_err *err, const char *fmt, ...) LG_PRINTF(2, 3);
/* Sets the place of the error unless it already has one; returns err->status. */
lg_status lg_err_place(lg_err *err, lg_span span);
void lg_err_clear(lg_err *err);

/* LG_TRY(call) returns a failure on; LG_GO(call) jumps to the function's one `done:` label with `st` set. */
#define LG_TRY(call)                                                                                                   \
    do {                                                                                                               \
        lg_status lg_try_st = (call);                                                                                  \
        if (lg_try_st != LG_OK) return lg_try_st;                                                                      \
    } while (0)
#define LG_GO(call)                                                                                                    \
    do {                                                                                                               \
        st = (call);                                                                                                   \
        if (st != LG_OK) goto done;                                                                                    \
    } while (0)

/* A mistake of ours after which memory cannot be trusted: log and abort. Never for user input. */
#define LG_BUG_ON(cond)                                                                                                \
    do {                                                                                                               \
        if (cond) lg_bug(__FILE__, __LINE__, #cond);                                                                   \
    } while (0)
void lg_bug(const char *file, int line, const char *what) __attribute__((noreturn));

/* ---- memory ---- */
/* Zeroed, 64-byte aligned, overflow-checked; NULL only with err filled (LL901). count or size 0 gives a valid block.
 * Freed with lg_free, never with free. */
void *lg_alloc(size_t count, size_t size, lg_err *err) LG_MUST_CHECK;
/* The same block with a copy of count*size bytes in it, which is not zeroed first. */
void *lg_memdup(const void *from, size_t count, size_t size, lg_err *err) LG_MUST_CHECK;
/* Grows or shrinks to count*size; the new part is zeroed; on failure NULL and the old block stays valid. */
void *lg_realloc(void *old, size_t old_count, size_t count, size_t size, lg_err *err) LG_MUST_CHECK;
void lg_free(void *p);                                                /* NULL is fine */
char *lg_strdup(const char *s, lg_err *err) LG_MUST_CHECK;            /* owned, lg_free */
char *lg_strndup(const char *s, size_t n, lg_err *err) LG_MUST_CHECK; /* owned, lg_free; exactly n bytes of s */
char *lg_strf(lg_err *err, const char *fmt, ...) LG_PRINTF(2, 3) LG_MUST_CHECK; /* owned, lg_free */

/* For tests: the nth allocation from now (1 = next) fails, and with sticky all after it; 0 switches off. */
void lg_alloc_fail_at(long nth, bool sticky);
/* Allocations made so far in this process (for "forward never allocates" tests). */
long lg_alloc_count(void);

/* Cell arena: many small blocks freed at once. Blocks are zeroed and 16-byte aligned. */
typedef struct lg_arena {
    struct lg_arena_chunk *chunk;
    size_t used, limit; /* bytes handed out; limit 0 = none */
} lg_arena;
void lg_arena_init(lg_arena *arena, size_t limit);
void *lg_arena_alloc(lg_arena *arena, size_t count, size_t size, lg_err *err) LG_MUST_CHECK;
char *lg_arena_strndup(lg_arena *arena, const char *s, size_t n, lg_err *err) LG_MUST_CHECK;
char *lg_arena_strf(lg_arena *arena, lg_err *err, const char *fmt, ...) LG_PRINTF(3, 4) LG_MUST_CHECK;
void lg_arena_release(lg_arena *arena);

/* ---- growing bytes ---- */
/* Writers return nothing: a failure (memory, limit) sticks and is asked for once, with lg_buf_check. `data` is always
 * NUL-terminated once anything was added; it is NULL before. */
typedef struct lg_buf {
    char *data;
    size_t len, cap, limit;
    lg_status failed;
} lg_buf;
void lg_buf_init(lg_buf *buf, size_t limit); /* limit in bytes; 0 = 1 GiB */
void lg_buf_release(lg_buf *buf);
void lg_buf_clear(lg_buf *buf); /* keeps the block, forgets the failure */
/* Room for `more` bytes and a NUL at data + len, so that a reader can fill them and raise len itself. */
bool lg_buf_reserve(lg_buf *buf, size_t more);
void lg_buf_add(lg_buf *buf, const void *data, size_t len);
void lg_buf_adds(lg_buf *buf, const char *s);
void lg_buf_addc(lg_buf *buf, char c);
void lg_buf_addf(lg_buf *buf, const char *fmt, ...) LG_PRINTF(2, 3);
void lg_buf_addv(lg_buf *buf, const char *fmt, va_list ap) LG_PRINTF(2, 0);
lg_status lg_buf_check(const lg_buf *buf, lg_err *err) LG_MUST_CHECK;
const char *lg_buf_str(const lg_buf *buf);                     /* "" when empty */
char *lg_buf_take(lg_buf *buf, lg_err *err) LG_MUST_CHECK;     /* owned (lg_free); the buffer is empty afterwards */
void lg_buf_base64(lg_buf *buf, const void *data, size_t len); /* appends RFC 4648 text, no line breaks */

/* ---- text ---- */
/* Decodes one code point; returns bytes used, 0 at the end or at invalid UTF-8 (overlong, surrogate, > U+10FFFF). */
int lg_utf8_next(const char *s, size_t len, uint32_t *cp);
/* Byte offset of the first invalid sequence, or len when all is valid. */
size_t lg_utf8_valid(const char *s, size_t len);
size_t lg_utf8_count(const char *s, size_t len);                 /* code points */
size_t lg_utf8_offset(const char *s, size_t len, size_t points); /* byte offset of the nth code point, clamped */
int lg_utf8_width(const char *s);                                /* terminal columns: 0 combining, 2 wide East Asian */
size_t lg_utf8_fit(const char *s, size_t len, int columns);      /* bytes of whole characters in no more columns */
/* Case-insensitive compare of UTF-8 (ASCII and Latin-1/Greek/Cyrillic simple folding); labels compare with this. */
int lg_casecmp(const char *a, const char *b);
bool lg_case_contains(const char *text, const char *part); /* is part in text, by the same folding? */
/* Damerau-Levenshtein (optimal string alignment), case-insensitive; for "did you mean". Of texts longer than 255
 * characters the rest counts by its length only. */
int lg_edit_distance(const char *a, const char *b);
/* Best of n names (NULLs are skipped) within max(1, length / 3) edits of word, else one that word begins, or NULL. */
const char *lg_nearest(const char *word, const char *const *names, size_t n);
/* 12345 -> "12,345" in one of a few rotating thread-local buffers. */
const char *lg_thousands(long long value);
/* Copies text shown to people: control characters, bidi overrides and invalid UTF-8 become visible escapes. */
void lg_buf_add_plain(lg_buf *buf, const char *s, size_t len);
/* The same characters, line feed excepted, become `?` in place: for fixed fields. lg_err texts went through it. */
void lg_text_scrub(char *s);

/* ---- numbers ---- */
bool lg_parse_int(const char *s, long long *out); /* whole text must be the number */
/* The shortest text that reads back as the same number: 0.1, 32, 1e-07. */
void lg_number_text(double value, char out[40]);
bool lg_parse_double(const char *s, double *out); /* locale-free, no hex, no inf/nan */
/* xoshiro256** seeded by SplitMix64 (Blackman & Vigna, 2018): same seed, same numbers, everywhere. */
typedef struct lg_rng {
    uint64_t s[4];
} lg_rng;
void lg_rng_init(lg_rng *rng, uint64_t seed);
uint64_t lg_rng_next(lg_rng *rng);
double lg_rng_uniform(lg_rng *rng);                              /* [0, 1) */
double lg_rng_normal(lg_rng *rng);                               /* mean 0, deviation 1 */
uint64_t lg_rng_below(lg_rng *rng, uint64_t bound);              /* [0, bound), unbiased */
uint64_t lg_hash64(const void *data, size_t len, uint64_t seed); /* FNV-1a with a finaliser; not for security */

/* ---- time, cancelling, log ---- */
double lg_now(void); /* seconds on the monotonic clock */
/* ISO 8601 UTC with microseconds and Z, e.g. 2026-10-01T08:00:00.000000Z. */
void lg_time_iso(char out[32]);

/* Shared between the I/O thread (sets) and the executor (asks). Async-signal-safe. */
typedef struct lg_cancel {
    atomic_int flag;
} lg_cancel;
static inline void lg_cancel_set(lg_cancel *c)
{
    atomic_store_explicit(&c->flag, 1, memory_order_release);
}
static inline void lg_cancel_clear(lg_cancel *c)
{
    atomic_store_explicit(&c->flag, 0, memory_order_release);
}
static inline bool lg_cancelled(lg_cancel *c)
{
    return c && atomic_load_explicit(&c->flag, memory_order_acquire);
}
/* LG_OK, or LG_E_INTERRUPTED with err filled ("interrupted"). c may be NULL. */
lg_status lg_cancel_check(lg_cancel *c, lg_err *err);

typedef enum lg_log_level { LG_LOG_ERROR, LG_LOG_WARN, LG_LOG_INFO, LG_LOG_DEBUG } lg_log_level;
/* To stderr, with milliseconds and the thread's name, when level <= LOGOLENS_LOG (error|warn|info|debug; default
 * warn). Never image bytes, tokens or user names. Waits for nobody: a line for which there is no room, in a pipe that
 * is not read or a terminal that was stopped, is lost, and the next one says how many were. */
void lg_log(lg_log_level level, const char *fmt, ...) LG_PRINTF(2, 3);
/* Where lines go from now on instead; for who puts something else in the place of descriptor 2. */
void lg_log_fd(int fd);
/* Every line passes it before it is written: what may not be said is taken out in place; it gives the new length, never
 * a larger one. Set once, before other threads start. */
void lg_log_filter(size_t (*filter)(char *text, size_t len));
/* Would LG_AT_ONCE bytes be taken without waiting? */
bool lg_takes(int fd);
enum { LG_AT_ONCE = 4096 };
void lg_thread_name(const char *name); /* at most 15 bytes; for the log and the debugger */

#endif
