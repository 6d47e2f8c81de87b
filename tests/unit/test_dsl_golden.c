/* Scripts with what is expected beside the line: tests/golden/dsl/NAME.lens, run with the real commands.
 *
 * A blank line ends a cell. `# expect: text` asks for that text in the cell's output, `# expect error: LLnnn text` for
 * that failure at that line (text in the sentence or the hint). A script whose first line is `# oom` is also run with
 * allocations failing one by one. */
#include "kernel/commands/workbench.h"
#include "lib/base/reach.h"
#include "lib/store/paths.h"
#include "tests/support/test.h"
#include <glob.h>
#include <unistd.h>

static lg_buf seen;

static void out_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    (void)out, (void)is_error;
    lg_buf_add(&seen, text, len);
}
static void out_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    (void)out, (void)id, (void)update;
    lg_buf_addf(&seen, "%s\n", bundle->text);
}
static void out_end(dsl_out *out, const char *id)
{
    (void)out, (void)id;
}
static void out_result(dsl_out *out, const dsl_bundle *bundle)
{
    lg_buf_addf(&seen, "%s\n", bundle->text);
    (void)out;
}
static void out_clear(dsl_out *out, bool wait)
{
    (void)out, (void)wait;
}
static dsl_out sink = {.stream = out_stream,
                       .display = out_display,
                       .display_end = out_end,
                       .result = out_result,
                       .clear = out_clear,
                       .columns = 100};

/* What the comments of a cell ask for, against what came. */
static int judge(const char *name, int first_line, char *cell, const lg_err *err)
{
    int bad = 0, line = 1;
    bool wants_error = false;
    const char *at = lg_buf_str(&seen);
    for (char *text = cell; text && *text; line++) {
        char *end = strchr(text, '\n'), *mark, code[8] = "";
        if (end) *end = 0;
        if ((mark = strstr(text, "# expect: "))) {
            if (!strstr(at, mark + 10))
                bad++, printf("%s:%d: no \"%s\" in\n%.1500s\n", name, first_line + line - 1, mark + 10, at);
        } else if ((mark = strstr(text, "# expect error: LL"))) {
            wants_error = true;
            snprintf(code, sizeof code, "%.3s", mark + 18);
            const char *part = mark + 22;
            bool same = err->code == atoi(code) && err->span.line == line &&
                        (strstr(err->msg, part) || strstr(err->hint, part));
            if (!same)
                bad++, printf("%s:%d: LL%03d at line %d: %s\n  try: %s\n", name, first_line + line - 1, err->code,
                              err->span.line, err->msg, err->hint);
        }
        if (end) *end = '\n';
        text = end ? end + 1 : NULL;
    }
    if (!wants_error && err->status)
        bad++, printf("%s:%d: LL%03d %s (%s)\n", name, first_line + err->span.line - 1, err->code, err->msg, err->why);
    return bad;
}

/* Runs all cells of a script in one session. judged false: only asks that nothing breaks. */
static int run_script(const char *name, const char *script, bool judged)
{
    cmd_workbench *bench;
    lg_err err = {0};
    lg_cancel cancel = {0};
    int bad = 0, line = 1;
    if (cmd_workbench_new(&bench, &err) != LG_OK) return judged;
    for (const char *at = script; *at;) {
        const char *end = strstr(at, "\n\n");
        size_t len = end ? (size_t)(end - at) + 1 : strlen(at);
        char *cell = strndup(at, len);
        err = (lg_err){0};
        lg_buf_clear(&seen);
        lg_status st = dsl_session_execute(cmd_workbench_session(bench), cell, len, &sink, &cancel, &err);
        if (st != err.status) bad++, printf("%s: status %d, error %d\n", name, st, err.status);
        if (judged) bad += judge(name, line, cell, &err);
        for (size_t i = 0; i < len; i++) line += at[i] == '\n';
        free(cell);
        for (at += len; *at == '\n'; at++) line++;
    }
    cmd_workbench_free(bench);
    return bad;
}

/* Our own folders below build/, so that a test leaves nothing in anyone's home. */
static void own_folders(void)
{
    lg_err err = {0};
    char home[1000];
    store_paths paths = {0};
    CHECK(getcwd(home, sizeof home - 30));
    strcat(home, "/build");
    mkdir(home, 0755);
    strcat(home, "/test-home");
    mkdir(home, 0700);
    setenv("LOGOLENS_HOME", home, 1);
    CHECK_OK(lg_reach_init(NULL, &err));
    CHECK_OK(store_paths_init(&paths, &err));
    CHECK_OK(store_paths_reach(&paths, &err));
    store_paths_release(&paths);
}

static int each_script(int (*fn)(const char *name, const char *script))
{
    glob_t found;
    int bad = 0;
    own_folders();
    lg_buf_init(&seen, 1 << 24);
    CHECK_INT(glob("tests/golden/dsl/*.lens", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        static char script[1 << 16];
        FILE *f = fopen(found.gl_pathv[i], "r");
        CHECK(f);
        script[fread(script, 1, sizeof script - 1, f)] = 0;
        fclose(f);
        bad += fn(found.gl_pathv[i], script);
    }
    globfree(&found);
    lg_buf_release(&seen);
    return bad;
}

static int as_written(const char *name, const char *script)
{
    return run_script(name, script, true);
}

/* Every allocation near the start, then ever fewer. */
static int without_memory(const char *name, const char *script)
{
    if (strncmp(script, "# oom\n", 6)) return 0;
    long before = lg_alloc_count();
    int bad = run_script(name, script, false);
    long most = lg_alloc_count() - before;
    for (long n = 1; n <= most && !bad; n += 1 + n / 64) {
        lg_alloc_fail_at(n, false);
        bad += run_script(name, script, false);
        lg_alloc_fail_at(0, false);
    }
    return bad + run_script(name, script, true);
}

TEST(scripts_do_as_they_say)
{
    CHECK_INT(each_script(as_written), 0);
}

TEST(scripts_survive_without_memory)
{
    CHECK_INT(each_script(without_memory), 0);
}
