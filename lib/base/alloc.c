/* alloc.c - all heap memory passes here: zeroed, aligned, counted, and failing on demand in tests. */
#include "lib/base/lg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

/* What the alignment leaves over before and behind a block would hide from AddressSanitizer that somebody reads beyond
 * it: up to 48 bytes. So it is told that nobody may. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define FENCED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(FENCED)
#include <sanitizer/asan_interface.h>
static void fence(char *block, size_t whole, char *p, size_t bytes)
{
    __asan_poison_memory_region(block, (size_t)(p - block));
    __asan_poison_memory_region(p + bytes, (size_t)(block + whole - p) - bytes);
}
static void open_fence(void **p)
{
    __asan_unpoison_memory_region(p - 1, sizeof *p);
}
#else
#define fence(block, whole, p, bytes) ((void)0)
#define open_fence(p)                 ((void)0)
#endif

static atomic_long alloc_made;
static atomic_long alloc_fail; /* allocations until one fails; 0: never */
static atomic_bool alloc_sticky;

void lg_alloc_fail_at(long nth, bool sticky)
{
    atomic_store(&alloc_sticky, sticky);
    atomic_store(&alloc_fail, nth);
}

long lg_alloc_count(void)
{
    return atomic_load_explicit(&alloc_made, memory_order_relaxed);
}

static bool alloc_must_fail(void)
{
    long left = atomic_load_explicit(&alloc_fail, memory_order_relaxed);
    while (left > 0) {
        long next = left > 1 ? left - 1 : atomic_load(&alloc_sticky) ? 1 : 0;
        if (atomic_compare_exchange_weak(&alloc_fail, &left, next)) return left == 1;
    }
    return false;
}

static void *out_of_memory(size_t bytes, lg_err *err)
{
    if (bytes > SIZE_MAX / 2) lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory: no computer has as much");
    else
        lg_fail(err, LG_E_MEMORY, 901, "there is not enough memory left (%s bytes were asked for)",
                lg_thousands((long long)bytes));
    lg_try(err, "use fewer or smaller images, or a smaller batch; `list` shows what could be dropped");
    return NULL;
}

/* The block the system gave, moved up to the next multiple of 64, with its address noted before it. calloc for zeroed
 * ones, because it knows which pages come fresh (and zero) from the system: large blocks then cost nothing until they
 * are used. */
static void *block_new(size_t count, size_t size, bool zeroed, lg_err *err)
{
    size_t bytes;
    atomic_fetch_add_explicit(&alloc_made, 1, memory_order_relaxed);
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) return out_of_memory(SIZE_MAX, err);
    if (alloc_must_fail()) return out_of_memory(bytes, err);
    size_t whole = (bytes ? bytes : 1) + ALIGN; /* so that an empty one too lies within what the system gave */
    char *block = zeroed ? calloc(1, whole) : malloc(whole);
    if (!block) return out_of_memory(bytes, err);
    void **p = (void **)(block + ALIGN - (uintptr_t)block % ALIGN); /* at least 8 bytes up: blocks are aligned to 16 */
    p[-1] = block;
    fence(block, whole, (char *)p, bytes);
    return p;
}

void *lg_alloc(size_t count, size_t size, lg_err *err)
{
    return block_new(count, size, true, err);
}

void *lg_memdup(const void *from, size_t count, size_t size, lg_err *err)
{
    void *copy = block_new(count, size, false, err);
    if (copy && count && size) memcpy(copy, from, count * size);
    return copy;
}

void lg_free(void *p)
{
    if (!p) return;
    open_fence(p);
    free(((void **)p)[-1]);
}

void *lg_realloc(void *old, size_t old_count, size_t count, size_t size, lg_err *err)
{
    void *p = lg_alloc(count, size, err);
    if (!p) return NULL;
    size_t keep = old_count < count ? old_count : count;
    if (old && keep) memcpy(p, old, keep * size);
    lg_free(old);
    return p;
}

char *lg_strndup(const char *s, size_t n, lg_err *err)
{
    char *copy = n < SIZE_MAX ? lg_alloc(n + 1, 1, err) : out_of_memory(n, err);
    if (copy && n) memcpy(copy, s, n);
    return copy;
}

char *lg_strdup(const char *s, lg_err *err)
{
    return lg_strndup(s, strlen(s), err);
}

char *lg_strf(lg_err *err, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 ? out_of_memory(SIZE_MAX, err) : lg_alloc((size_t)n + 1, 1, err);
    if (text) vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    return text;
}

/* ---- arena: a list of chunks, each twice as large as the last up to 1 MiB ---- */
struct lg_arena_chunk {
    struct lg_arena_chunk *next;
    size_t used, cap;
    _Alignas(16) char data[];
};

void lg_arena_init(lg_arena *arena, size_t limit)
{
    *arena = (lg_arena){.limit = limit};
}

static struct lg_arena_chunk *arena_grow(lg_arena *arena, size_t bytes, lg_err *err)
{
    size_t cap = arena->chunk ? arena->chunk->cap * 2 : 4096;
    if (cap > 1u << 20) cap = 1u << 20;
    if (cap < bytes) cap = bytes;
    struct lg_arena_chunk *chunk = lg_alloc(1, sizeof *chunk + cap, err);
    if (!chunk) return NULL;
    chunk->cap = cap;
    chunk->next = arena->chunk;
    arena->chunk = chunk;
    return chunk;
}

void *lg_arena_alloc(lg_arena *arena, size_t count, size_t size, lg_err *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 4) return out_of_memory(SIZE_MAX, err);
    bytes = bytes ? (bytes + 15) & ~(size_t)15 : 16;
    if (arena->limit && arena->used + bytes > arena->limit) {
        lg_fail(err, LG_E_LIMIT, 113, "this cell is too large to read (more than %zu MiB of structure)",
                arena->limit >> 20);
        lg_try(err, "split it into several cells");
        return NULL;
    }
    struct lg_arena_chunk *chunk = arena->chunk;
    if (!chunk || chunk->cap - chunk->used < bytes) chunk = arena_grow(arena, bytes, err);
    if (!chunk) return NULL;
    void *p = chunk->data + chunk->used;
    chunk->used += bytes;
    arena->used += bytes;
    return p;
}

char *lg_arena_strndup(lg_arena *arena, const char *s, size_t n, lg_err *err)
{
    char *copy = n < SIZE_MAX ? lg_arena_alloc(arena, n + 1, 1, err) : out_of_memory(n, err);
    if (copy && n) memcpy(copy, s, n);
    return copy;
}

char *lg_arena_strf(lg_arena *arena, lg_err *err, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 ? out_of_memory(SIZE_MAX, err) : lg_arena_alloc(arena, (size_t)n + 1, 1, err);
    if (text) vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    return text;
}

void lg_arena_release(lg_arena *arena)
{
    struct lg_arena_chunk *chunk = arena->chunk;
    while (chunk) {
        struct lg_arena_chunk *next = chunk->next;
        lg_free(chunk);
        chunk = next;
    }
    *arena = (lg_arena){.limit = arena->limit};
}
