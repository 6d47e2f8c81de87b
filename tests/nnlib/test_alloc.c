/* Memory: aligned, zeroed, overflow-checked, and every single failure survived. */
#include "lib/base/lg.h"
#include "tests/support/test.h"
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

static bool all_zero(const void *p, size_t n)
{
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++)
        if (b[i]) return false;
    return true;
}

TEST(aligned_and_zeroed)
{
    lg_err err = {0};
    static const size_t sizes[] = {0, 1, 15, 16, 63, 64, 65, 1000, 4096, 100000, 5000000};
    for (int round = 0; round < 3; round++) /* later rounds get used blocks back */
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *p = lg_alloc(sizes[i], 1, &err);
            CHECK(p != NULL);
            CHECK_INT((uintptr_t)p % 64, 0);
            CHECK(all_zero(p, sizes[i]));
            memset(p, 0xab, sizes[i]);
            lg_free(p);
        }
    lg_free(NULL);
}

#ifdef __SANITIZE_ADDRESS__
/* The first byte before and behind a block is seen, whatever its size. */
TEST(blocks_are_fenced)
{
    lg_err err = {0};
    for (size_t n = 0; n < 300; n++) {
        char *p = lg_alloc(n, 1, &err);
        CHECK(__asan_address_is_poisoned(p + n));
        CHECK(__asan_address_is_poisoned(p - 1));
        for (size_t i = 0; i < n; i++) CHECK(!__asan_address_is_poisoned(p + i));
        lg_free(p);
    }
}
#endif

/* Memory that is never touched takes no room: 1 GiB is asked for, and one page of it is used. */
TEST(large_blocks_cost_nothing_until_used)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    SKIP("sanitizers keep shadow memory");
#endif
    lg_err err = {0};
    char *p = lg_alloc((size_t)1 << 30, 1, &err);
    if (!p) SKIP("the system gives no such block");
    p[(size_t)1 << 29] = 1;
    char line[256];
    long resident = -1;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fgets(line, sizeof line, f)) CHECK_INT(sscanf(line, "%*d %ld", &resident), 1);
    if (f) fclose(f);
    lg_free(p);
    CHECK(resident < (256 << 20) / 4096);
}

TEST(impossible_sizes)
{
    lg_err err = {0};
    CHECK(lg_alloc(SIZE_MAX, 2, &err) == NULL);
    CHECK_INT(err.code, 901);
    CHECK_INT(err.status, LG_E_MEMORY);
    err = (lg_err){0};
    CHECK(lg_alloc(SIZE_MAX, 1, &err) == NULL);
    CHECK_HAS(err.msg, "no computer has as much");
    err = (lg_err){0};
    CHECK(lg_alloc(SIZE_MAX / 2 - 1, 1, &err) == NULL);
    CHECK_HAS(err.msg, "9,223,372,036,854,775,8");
    err = (lg_err){0};
    CHECK(lg_strndup("", SIZE_MAX, &err) == NULL);
    CHECK_INT(err.code, 901);
    lg_arena arena;
    lg_arena_init(&arena, 0);
    err = (lg_err){0};
    CHECK(lg_arena_alloc(&arena, SIZE_MAX / 2, 4, &err) == NULL);
    CHECK(lg_arena_strndup(&arena, "", SIZE_MAX, &err) == NULL);
    CHECK_INT(err.code, 901);
    lg_arena_release(&arena);
}

TEST(realloc_keeps_and_zeroes)
{
    lg_err err = {0};
    int *p = lg_realloc(NULL, 0, 3, sizeof *p, &err);
    CHECK(p && all_zero(p, 3 * sizeof *p));
    p[0] = 1, p[1] = 2, p[2] = 3;
    p = lg_realloc(p, 3, 1000, sizeof *p, &err);
    CHECK(p && p[0] == 1 && p[2] == 3 && all_zero(p + 3, 997 * sizeof *p));
    int *same = p;
    lg_alloc_fail_at(1, false);
    CHECK(lg_realloc(p, 1000, 2000, sizeof *p, &err) == NULL);
    CHECK_INT(same[2], 3); /* the old block is still ours */
    err = (lg_err){0};
    CHECK(lg_realloc(p, 1000, SIZE_MAX, sizeof *p, &err) == NULL);
    p = lg_realloc(p, 1000, 2, sizeof *p, &err);
    CHECK(p && p[1] == 2);
    lg_free(p);
}

TEST(memdup_copies)
{
    lg_err err = {0};
    const int from[] = {1, 2, 3};
    int *copy = lg_memdup(from, 3, sizeof *from, &err);
    CHECK(copy && copy != from && copy[0] == 1 && copy[2] == 3 && (uintptr_t)copy % 64 == 0);
    lg_free(copy);
    copy = lg_memdup(NULL, 0, sizeof *copy, &err);
    CHECK(copy != NULL);
    lg_free(copy);
    CHECK(lg_memdup(from, SIZE_MAX, 2, &err) == NULL);
    CHECK_INT(err.code, 901);
    err = (lg_err){0};
    lg_alloc_fail_at(1, false);
    CHECK(lg_memdup(from, 3, sizeof *from, &err) == NULL);
}

TEST(strings)
{
    lg_err err = {0};
    char *a = lg_strdup("nike", &err), *b = lg_strndup("adidas", 3, &err), *c = lg_strf(&err, "%s-%d", "puma", 7);
    CHECK_STR(a, "nike");
    CHECK_STR(b, "adi");
    CHECK_STR(c, "puma-7");
    lg_free(a), lg_free(b), lg_free(c);
    char *empty = lg_strf(&err, "%s", "");
    CHECK_STR(empty, "");
    lg_free(empty);
}

TEST(fail_at)
{
    lg_err err = {0};
    void *p[4];
    lg_alloc_fail_at(2, false);
    for (int i = 0; i < 4; i++) {
        err = (lg_err){0};
        p[i] = lg_alloc(1, 1, &err);
        CHECK((p[i] == NULL) == (i == 1));
        CHECK_INT(err.code, p[i] ? 0 : 901);
        lg_free(p[i]);
    }
    lg_alloc_fail_at(2, true);
    for (int i = 0; i < 4; i++) {
        p[i] = lg_alloc(1, 1, &err);
        CHECK((p[i] == NULL) == (i >= 1));
        lg_free(p[i]);
    }
    lg_alloc_fail_at(0, false);
    long before = lg_alloc_count();
    lg_free(lg_alloc(1, 1, &err));
    CHECK_INT(lg_alloc_count(), before + 1);
}

TEST(arena)
{
    lg_err err = {0};
    lg_arena arena;
    lg_arena_init(&arena, 0);
    unsigned char *block[300];
    for (int i = 0; i < 300; i++) {
        size_t size = (size_t)i * 37 % 900;
        block[i] = lg_arena_alloc(&arena, size, 1, &err);
        CHECK(block[i] != NULL);
        CHECK_INT((uintptr_t)block[i] % 16, 0);
        CHECK(all_zero(block[i], size));
        memset(block[i], i & 0xff, size);
    }
    for (int i = 0; i < 300; i++) /* none overlaps another */
        for (size_t j = 0; j < (size_t)i * 37 % 900; j++) CHECK(block[i][j] == (i & 0xff));
    void *large = lg_arena_alloc(&arena, 3, 1 << 20, &err);
    CHECK(large && all_zero(large, 3 << 20));
    CHECK_STR(lg_arena_strndup(&arena, "hello world", 5, &err), "hello");
    CHECK_STR(lg_arena_strf(&arena, &err, "%03d", 7), "007");
    lg_arena_release(&arena);
    lg_arena_release(&arena);
}

TEST(arena_limit)
{
    lg_err err = {0};
    lg_arena arena;
    lg_arena_init(&arena, 1 << 20);
    size_t blocks = 0;
    while (lg_arena_alloc(&arena, 1000, 1, &err)) CHECK(++blocks < 2000);
    CHECK_INT(err.status, LG_E_LIMIT);
    CHECK_INT(err.code, 113);
    CHECK_INT(blocks, (1 << 20) / 1008);
    lg_arena_release(&arena);
    err = (lg_err){0};
    CHECK(lg_arena_alloc(&arena, 1000, 1, &err) != NULL); /* usable again, with its limit */
    CHECK_INT(arena.limit, 1 << 20);
    lg_arena_release(&arena);
}

/* Builds a little of everything; any failure must leave nothing behind (the leak check of the asan build sees it). */
static lg_status build_all(lg_err *err)
{
    lg_status st = LG_OK;
    char *text = NULL, *grown = NULL;
    lg_buf buf;
    lg_arena arena;
    lg_buf_init(&buf, 0);
    lg_arena_init(&arena, 0);
    grown = lg_alloc(4, 1, err);
    if (!grown) goto failed;
    for (size_t n = 4; n < 4096; n *= 2) {
        char *more = lg_realloc(grown, n, n * 2, 1, err);
        if (!more) goto failed;
        grown = more;
        if (!lg_arena_alloc(&arena, n, 2, err)) goto failed;
        if (!lg_arena_strf(&arena, err, "%zu", n)) goto failed;
        for (size_t i = 0; i < n; i++) lg_buf_addf(&buf, "%zu,", i);
        lg_buf_base64(&buf, grown, n);
    }
    LG_GO(lg_buf_check(&buf, err));
    text = lg_buf_take(&buf, err);
    if (!text) goto failed;
    goto done;
failed:
    st = err->status;
done:
    lg_free(text);
    lg_free(grown);
    lg_buf_release(&buf);
    lg_arena_release(&arena);
    return st;
}

TEST(every_failing_allocation_is_survived)
{
    for (int sticky = 0; sticky < 2; sticky++) {
        long n = 1;
        for (;; n++) {
            lg_err err = {0};
            lg_alloc_fail_at(n, sticky);
            lg_status st = build_all(&err);
            lg_alloc_fail_at(0, false);
            if (st == LG_OK) break;
            CHECK_INT(st, LG_E_MEMORY);
            CHECK_INT(err.code, 901);
            CHECK(n < 1000);
        }
        CHECK(n > 20); /* so many there were */
    }
}
