/* Texts that were made to break readers, random texts, deep nesting, and every allocation failing once. */
#include "lib/plot/plot.h"
#include "tests/support/dsl_table.h"
#include "tests/support/test.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>

static dsl_bench b;

#define SETUP "load logos from data/x\nmodel scratch on logos { flatten }"

static char *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    char *text = malloc(*size + 1);
    *size = fread(text, 1, *size, f);
    text[*size] = 0;
    fclose(f);
    return text;
}

/* Any text at all: an answer or an error that can be shown. */
static bool survives(const char *name, const char *text, size_t size)
{
    lg_status st = bench_run_n(&b, text, size);
    lg_buf block;
    bool ok = st == b.err.status;
    lg_buf_init(&block, 1 << 16);
    plt_error_block(&b.err, text, false, &block);
    if (st != LG_OK) {
        ok = ok && block.len > 0 && block.len < 2048 && lg_utf8_valid(lg_buf_str(&block), block.len) == block.len;
        ok = ok && b.err.msg[0] && dsl_code_find(b.err.code);
    }
    if (!ok) printf("%s: LL%03d %s (%zu bytes)\n", name, b.err.code, b.err.msg, block.len);
    lg_buf_release(&block);
    return ok;
}

TEST(corpus)
{
    const char *list = test_shared("corpora/dsl/dsl.tsv");
    FILE *f = fopen(list, "r");
    char line[400], name[100], expected[40];
    int bad = 0, files = 0;
    CHECK(f);
    bench_open(&b);
    CHECK(fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f)) {
        size_t size = 0;
        char path[200];
        if (sscanf(line, "%99[^\t]\t%39[^\t]", name, expected) != 2) continue;
        snprintf(path, sizeof path, "corpora/dsl/%s", name);
        char *text = read_file(test_shared(path), &size);
        CHECK(text);
        bad += !survives(name, text, size);
        if (!strcmp(expected, "error") && b.err.status == LG_OK) {
            printf("%s: no error\n", name);
            bad++;
        }
        char indent[64];
        dsl_is_complete(text, size, indent);
        free(text);
        files++;
    }
    fclose(f);
    bench_close(&b);
    CHECK_INT(bad, 0);
    CHECK(files >= 50);
}

static void repeat(char *out, const char *piece, int times)
{
    size_t n = strlen(piece);
    for (int i = 0; i < times; i++) memcpy(out + (size_t)i * n, piece, n);
    out[(size_t)times * n] = 0;
}

/* Ten thousand of anything, on a stack that has 26 bytes for each: no frame is that small. Sanitizers have larger ones. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { DEEP = 10000, STACK = 1 << 20 };
#else
enum { DEEP = 10000, STACK = 256 << 10 };
#endif
static void *deep_things(void *bad)
{
    static const char *const pieces[] = {
        "(",       "{", "[",  "-",          "not ", "(-",   "2^",    "for x in 1 {", "model m { ",
        "say a, ", "$", "\"", "let a = (",  "a.",   "(1+",  "(max(", "where ",       "residual {",
        "\\\n",    ";", "#",  "check not ", "a=",   "x x ", "1..2,", "}{",           ")("};
    static const char *const before[] = {"", "(", "check ", "model m { ", "rows where ", "let g = [", "say (1"};
    char *text = malloc(2000000);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        for (size_t k = 0; k < sizeof before / sizeof *before; k++) {
            snprintf(text, 64, "%s", before[k]);
            repeat(text + strlen(text), pieces[i], DEEP);
            *(int *)bad += !survives(pieces[i], text, strlen(text));
        }
    free(text);
    return NULL;
}

TEST(deep)
{
    int bad = 0;
    pthread_t thread;
    pthread_attr_t attr;
    bench_open(&b);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    CHECK_INT(pthread_create(&thread, &attr, deep_things, &bad), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    bench_close(&b);
    CHECK_INT(bad, 0);
}

static void *cancel_soon(void *cancel)
{
    struct timespec pause = {.tv_nsec = 30 * 1000 * 1000};
    nanosleep(&pause, NULL);
    lg_cancel_set(cancel);
    return NULL;
}

TEST(long_cells_can_be_interrupted)
{
    char *text = malloc(4000000);
    pthread_t thread;
    bench_open(&b);
    repeat(text, "let x = 1\n", 200000);
    CHECK_INT(bench_run(&b, text), LG_OK);
    repeat(text, "for a in 1..100000 { for c in 1..100000 { let x = $c } }\n", 1);
    CHECK_INT(pthread_create(&thread, NULL, cancel_soon, &b.cancel), 0);
    CHECK_INT(bench_run(&b, text), LG_E_INTERRUPTED);
    pthread_join(thread, NULL);
    lg_cancel_clear(&b.cancel);
    CHECK_INT(bench_run(&b, "say still here"), LG_OK);
    bench_close(&b);
    free(text);
}

/* Words, marks and rubbish in random order. */
TEST(random_texts)
{
    static const char *const bits[] = {"load ",       "fit ",
                                       "model ",      "m ",
                                       "on ",         "logos ",
                                       "scratch ",    "{ ",
                                       "} ",          "( ",
                                       ") ",          "[ ",
                                       "] ",          ", ",
                                       "; ",          "\n",
                                       "= ",          "== ",
                                       "< ",          "where ",
                                       "and ",        "or ",
                                       "not ",        "in ",
                                       "contains ",   "let ",
                                       "for ",        "check ",
                                       "no ",         "$x ",
                                       "x ",          "\"a $x ${m.y}\" ",
                                       "'b' ",        "1 ",
                                       "2.5 ",        "10% ",
                                       "3x3 ",        "x10 ",
                                       "80/20 ",      "0..1 ",
                                       "as ",         "from ",
                                       "with ",       "epochs ",
                                       "lr ",         "conv ",
                                       "dense ",      "classes ",
                                       "+ ",          "- ",
                                       "* ",          "^ ",
                                       "sqrt",        "max",
                                       "# c",         "\\\n",
                                       "logos.val ",  "scratch.params ",
                                       "run ",        "say ",
                                       "show ",       "é ",
                                       "\xff",        "\xe2\x80\x8b",
                                       "5m ",         "residual ",
                                       "augment ",    "rows ",
                                       "use ",        "convolve ",
                                       "label ",      "edge ",
                                       ".. ",         "..",
                                       "2026-10-01 ", "off ",
                                       "today "};
    lg_rng rng;
    char text[2000];
    int bad = 0;
    lg_rng_init(&rng, 20261001);
    bench_open(&b);
    bench_run(&b, SETUP);
    for (int round = 0; round < 20000 && !bad; round++) {
        size_t used = 0;
        int words = (int)lg_rng_below(&rng, 24) + 1;
        for (int i = 0; i < words; i++) {
            const char *bit = bits[lg_rng_below(&rng, sizeof bits / sizeof *bits)];
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", bit);
        }
        bad += !survives(text, text, used);
        if (round % 8) continue;
        dsl_completion found;
        lg_err err = {0};
        bool is;
        char *plain, *html, indent[64];
        size_t cursor = lg_rng_below(&rng, used + 2);
        bad += dsl_session_complete(b.session, text, used, cursor, &found, &err) != LG_OK;
        dsl_completion_release(&found);
        bad += dsl_session_inspect(b.session, text, used, cursor, 0, &is, &plain, &html, &err) != LG_OK;
        lg_free(plain);
        lg_free(html);
        dsl_is_complete(text, used, indent);
    }
    bench_close(&b);
    CHECK_INT(bad, 0);
    CHECK_INT(dsl_alive, 0);
}

/* The nth allocation fails, for every n: no crash, no leak, and the session works afterwards. */
TEST(memory_runs_out_anywhere)
{
    static const char *const cells[] = {"load logos from data/x size 64\nmodel scratch on logos { for n in 4, 8 { conv "
                                        "$n 3x3 relu; maxpool 2 }; residual { conv 4 1 }; dense classes }",
                                        "load a from x; load c from x; let lr = 0.5, 1\nsay \"$lr ${a.params}\" "
                                        "b\n(a.params * 2)\na\nlet g = [1 2; 3 4]\ng",
                                        "load a from x; model m on a { flatten }\nfor r in 1..3 { fit m epochs $r as t "
                                        "}\ncheck t.2.params > 3 and t.params in 1, 130532",
                                        "load a from x; rows where label = nike and id in 1, 2 where confidence < 40%",
                                        "load a from x; model m on a { flatten }; fit m epoch 3",
                                        "fit(scratch, epochs=20)",
                                        "show nothing",
                                        "run 'say a; load z from y'",
                                        "load a from x; use a; split 70/30 by source",
                                        "load a from x\ncheck a.params = 3 \"no\"",
                                        "convolve [1 2; 3 4] with [1 0; 0 1]"};
    int bad = 0;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        for (long n = 1;; n++) {
            lg_err err = {0};
            if (bench_open(&b) != LG_OK) break;
            long before = lg_alloc_count();
            lg_alloc_fail_at(n, false);
            lg_status st = bench_run(&b, cells[i]);
            long made = lg_alloc_count() - before;
            lg_alloc_fail_at(0, false);
            if (st == LG_E_MEMORY && b.err.code != 901) bad++;
            if (bench_run(&b, "load fresh from x\nsay \"fine ${fresh.params}\"") != LG_OK) bad++;
            if (bad) TEST_FAIL("cell %zu, allocation %ld: LL%03d %s", i, n, b.err.code, b.err.msg);
            dsl_completion found;
            bool is;
            char *text, *html;
            lg_alloc_fail_at(n, false);
            if (dsl_session_complete(b.session, "fit fresh epo", 13, 5, &found, &err) == LG_OK)
                dsl_completion_release(&found);
            lg_alloc_fail_at(n, false);
            err = (lg_err){0};
            if (dsl_session_inspect(b.session, "fit fresh", 9, 1, 0, &is, &text, &html, &err) == LG_OK) {
                lg_free(text);
                lg_free(html);
            }
            lg_alloc_fail_at(0, false);
            bench_close(&b);
            if (dsl_alive) TEST_FAIL("cell %zu, allocation %ld: %d objects are left", i, n, dsl_alive);
            if (n > made) break;
        }
    CHECK_INT(bad, 0);
}
