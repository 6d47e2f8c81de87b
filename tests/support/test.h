/* test.h - the test harness: one binary a file, any number of TEST(name) { ... } in it.
 *
 *     TEST(arena_zeroes) { CHECK(lg_arena_alloc(&arena, 1, 8, &err) != NULL); }
 *
 * A failed CHECK reports file:line with both values and ends that test; the others go on. SKIP("why") counts as skipped
 * and says so. The last line is `N passed, N failed, N skipped`; the exit status is 1 when any failed.
 * TEST_FILTER=word runs only the tests whose name contains it. */
#ifndef TEST_H
#define TEST_H

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
} test_case;
static test_case *test_first, **test_last = &test_first;
static jmp_buf test_jump;
static const char *test_skipped = "";

#define TEST(id)                                                                                                       \
    static void test_##id(void);                                                                                       \
    static test_case test_case_##id = {#id, test_##id, NULL};                                                          \
    __attribute__((constructor)) static void test_add_##id(void)                                                       \
    {                                                                                                                  \
        *test_last = &test_case_##id;                                                                                  \
        test_last = &test_case_##id.next;                                                                              \
    }                                                                                                                  \
    static void test_##id(void)

#define TEST_FAIL(...)                                                                                                 \
    do {                                                                                                               \
        printf("%s:%d: ", __FILE__, __LINE__);                                                                         \
        printf(__VA_ARGS__);                                                                                           \
        printf("\n");                                                                                                  \
        longjmp(test_jump, 1);                                                                                         \
    } while (0)
#define CHECK(cond)                                                                                                    \
    do {                                                                                                               \
        if (!(cond)) TEST_FAIL("failed: %s", #cond);                                                                   \
    } while (0)
#define CHECK_INT(got, want)                                                                                           \
    do {                                                                                                               \
        long long test_g = (long long)(got), test_w = (long long)(want);                                               \
        if (test_g != test_w) TEST_FAIL("%s is %lld, expected %lld", #got, test_g, test_w);                            \
    } while (0)
#define CHECK_NEAR(got, want, tolerance)                                                                               \
    do {                                                                                                               \
        double test_g = (got), test_w = (want), test_t = (tolerance);                                                  \
        if (!(fabs(test_g - test_w) <= test_t))                                                                        \
            TEST_FAIL("%s is %.9g, expected %.9g within %.3g", #got, test_g, test_w, test_t);                          \
    } while (0)
#define CHECK_STR(got, want)                                                                                           \
    do {                                                                                                               \
        const char *test_g = (got), *test_w = (want);                                                                  \
        if (!test_g || strcmp(test_g, test_w))                                                                         \
            TEST_FAIL("%s is\n  \"%s\", expected\n  \"%s\"", #got, test_g ? test_g : "(null)", test_w);                \
    } while (0)
#define CHECK_HAS(got, part)                                                                                           \
    do {                                                                                                               \
        const char *test_g = (got), *test_w = (part);                                                                  \
        if (!test_g || !strstr(test_g, test_w))                                                                        \
            TEST_FAIL("%s is\n  \"%s\", which lacks \"%s\"", #got, test_g ? test_g : "(null)", test_w);                \
    } while (0)
/* For calls that return lg_status with an `lg_err err` in scope. */
#define CHECK_OK(call)                                                                                                 \
    do {                                                                                                               \
        if ((call) != LG_OK)                                                                                           \
            TEST_FAIL("%s: LL%03d %s (%s) [%s:%d]", #call, err.code, err.msg, err.why, err.file ? err.file : "?",      \
                      err.line);                                                                                       \
    } while (0)
#define SKIP(why)                                                                                                      \
    do {                                                                                                               \
        test_skipped = (why);                                                                                          \
        longjmp(test_jump, 2);                                                                                         \
    } while (0)

/* At the beginning of a long test whose threads, if any, another one in its file has too. */
#ifdef __SANITIZE_THREAD__
#define SKIP_IN_TSAN() SKIP("nothing here that ThreadSanitizer has not seen")
#else
#define SKIP_IN_TSAN() ((void)0)
#endif

/* Full path of handed-over data, or a skip (a failure when LOGOLENS_REQUIRE_SHARED=1). Static, 4 in rotation. */
static inline const char *test_shared(const char *name)
{
    static char path[4][PATH_MAX];
    static int turn;
    char asked[PATH_MAX], *full = path[turn++ & 3];
    const char *root = getenv("LOGOLENS_SHARED"), *must = getenv("LOGOLENS_REQUIRE_SHARED");
    snprintf(asked, sizeof asked, "%s/%s", root ? root : "../shared", name);
    if (realpath(asked, full)) return full;
    if (must && *must == '1') TEST_FAIL("%s is not there, and LOGOLENS_REQUIRE_SHARED=1", asked);
    SKIP("the handed-over data is not there");
    return NULL;
}

/* A function of its own, so that no variable lives across the jump. */
__attribute__((noinline)) static int test_call(const test_case *t)
{
    int how = setjmp(test_jump);
    if (how == 0) t->run();
    return how;
}

int main(void)
{
    int passed = 0, failed = 0, skipped = 0;
    const char *filter = getenv("TEST_FILTER");
    for (test_case *t = test_first; t; t = t->next) {
        if (filter && *filter && !strstr(t->name, filter)) continue;
        int how = test_call(t);
        if (how == 0) {
            passed++;
        } else if (how == 1) {
            printf("  FAILED %s\n", t->name);
            failed++;
        } else {
            printf("  skipped %s: %s\n", t->name, test_skipped ? test_skipped : "");
            skipped++;
        }
        fflush(stdout);
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}

#endif
