/* Any text as a cell: read, bound, run with the test commands, completed, explained. */
#include "tests/support/dsl_table.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static dsl_bench bench;
static atomic_int turn;

/* Loops that would run for ever are interrupted after a second, as a user would. */
static void *impatient(void *unused)
{
    for (int seen = -1;; seen = atomic_load(&turn)) {
        sleep(1);
        if (seen == atomic_load(&turn)) lg_cancel_set(&bench.cancel);
    }
    return unused;
}

static void broken(const char *what)
{
    fprintf(stderr, "broken: %s: LL%03d %s\n", what, bench.err.code, bench.err.msg);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pthread_t watcher;
    static const char setup[] =
        "load logos from x; model scratch on logos { flatten }; let lr = 0.01; let g = [1 2; 3 4]";
    if (!watcher) pthread_create(&watcher, NULL, impatient, NULL);
    dsl_completion found;
    lg_err err = {0};
    bool is;
    char *text, *html, indent[64];
    const char *cell = (const char *)data;
    size_t cursor = size ? data[0] % (size + 1) : 0;
    if (bench_open(&bench) != LG_OK) return 0;
    atomic_fetch_add(&turn, 1);
    if (bench_run(&bench, setup) != LG_OK) broken("setup");
    lg_status st = bench_run_n(&bench, cell, size);
    if (st != bench.err.status) broken("status");
    if (st != LG_OK && st != LG_E_INTERRUPTED && !dsl_code_find(bench.err.code)) broken("code");
    if (lg_utf8_valid(bench.err.msg, strlen(bench.err.msg)) != strlen(bench.err.msg)) broken("sentence");
    if (lg_utf8_valid(bench.err.why, strlen(bench.err.why)) != strlen(bench.err.why)) broken("why");
    if (lg_utf8_valid(bench.err.hint, strlen(bench.err.hint)) != strlen(bench.err.hint)) broken("hint");
    if (dsl_session_complete(bench.session, cell, size, cursor, &found, &err) == LG_OK) dsl_completion_release(&found);
    if (dsl_session_inspect(bench.session, cell, size, cursor, 0, &is, &text, &html, &err) == LG_OK) {
        lg_free(text);
        lg_free(html);
    }
    dsl_is_complete(cell, size, indent);
    bench_close(&bench);
    if (dsl_alive) broken("objects are left");
    return 0;
}
