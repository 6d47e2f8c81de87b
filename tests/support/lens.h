/* lens.h - for tests of the language with its real commands: a session, what it showed, and a tiny shop of pictures.
 *
 *     lens l;
 *     lens_shop();                                  // a fresh folder with pictures; relative paths start there
 *     lens_open(&l);
 *     CHECK_OK(lens_run(&l, "load logos from shop"));  // its outputs as text are in l.text, its failure in l.err
 *     lens_close(&l);
 *
 * Scripts: a blank line ends a cell. `# expect: text` asks for that text in the cell's output, `# expect not: text` for
 * its absence, `# expect error: LLnnn text` for that failure at that line (text in the sentence, the why or the hint).
 * LENS_SHOW=1 prints what every cell showed. */
#ifndef TEST_LENS_H
#define TEST_LENS_H

#include <fcntl.h>
#include <glob.h>
#include "kernel/commands/workbench.h"
#include "lib/store/paths.h"
#include "tests/support/dataset.h"

typedef struct lens {
    cmd_workbench *bench;
    dsl_session *session;
    dsl_out out;
    lg_cancel cancel;
    lg_err err;
    lg_buf text;  /* of the last cell */
    lg_buf html;
    int displays; /* of the last cell */
    bool cleared;
} lens;

/* In a test whose session is `l`. */
#define LENS_OK(call)                                                                                                  \
    do {                                                                                                               \
        if ((call) != LG_OK) TEST_FAIL("%s: LL%03d %s (%s)", #call, l.err.code, l.err.msg, l.err.why);                 \
    } while (0)

static inline void lens_stream(dsl_out *out, bool is_error, const char *text, size_t len)
{
    lens *l = out->ctx;
    (void)is_error;
    lg_buf_add(&l->text, text, len);
}

static inline void lens_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    lens *l = out->ctx;
    (void)id, (void)update;
    l->displays++;
    lg_buf_addf(&l->text, "%s\n", bundle->text);
    if (bundle->html) lg_buf_addf(&l->html, "%s\n", bundle->html);
}

static inline void lens_end(dsl_out *out, const char *id)
{
    (void)out, (void)id;
}

static inline void lens_result(dsl_out *out, const dsl_bundle *bundle)
{
    lens *l = out->ctx;
    lg_buf_addf(&l->text, "%s\n", bundle->text);
}

static inline void lens_clear(dsl_out *out, bool wait)
{
    lens *l = out->ctx;
    (void)wait;
    l->cleared = true;
}

static inline lg_status lens_open(lens *l)
{
    *l = (lens){.out = {.stream = lens_stream,
                        .display = lens_display,
                        .display_end = lens_end,
                        .result = lens_result,
                        .clear = lens_clear,
                        .columns = 100}};
    lg_buf_init(&l->text, 1 << 28);
    lg_buf_init(&l->html, 1 << 28);
    LG_TRY(cmd_workbench_new(&l->bench, &l->err));
    l->session = cmd_workbench_session(l->bench);
    return LG_OK;
}

static inline void lens_close(lens *l)
{
    cmd_workbench_free(l->bench);
    lg_buf_release(&l->text);
    lg_buf_release(&l->html);
}

static inline lg_status lens_run_n(lens *l, const char *cell, size_t len)
{
    l->out.ctx = l;
    l->err = (lg_err){0};
    l->displays = 0;
    l->cleared = false;
    lg_buf_clear(&l->text);
    lg_buf_clear(&l->html);
    lg_status st = dsl_session_execute(l->session, cell, len, &l->out, &l->cancel, &l->err);
    if (getenv("LENS_SHOW"))
        printf("---- %.*s\n%s%s%s\n", (int)(len < 4000 ? len : 4000), cell, lg_buf_str(&l->text), st ? "!! " : "",
               st ? l->err.msg : "");
    return st;
}

static inline lg_status lens_run(lens *l, const char *cell)
{
    return lens_run_n(l, cell, strlen(cell));
}

/* The value of a field or arithmetic as text; "?" when there is none. Buffer is static, 4 in rotation. */
static inline const char *lens_fact(lens *l, const char *expr)
{
    static char room[4][200];
    static int turn;
    char *text = NULL, *to = room[turn++ & 3];
    lg_err err = {0};
    bool known = dsl_session_evaluate(l->session, expr, strlen(expr), &text, &err) == LG_OK;
    snprintf(to, sizeof room[0], "%s", known ? text : "?");
    if (known) lg_free(text);
    return to;
}

static inline bool lens_state_one(void *ctx, const char *name, dsl_object *object)
{
    lg_buf *to = ctx, fields;
    lg_arena arena;
    const dsl_class *cls = object->cls;
    lg_arena_init(&arena, 0);
    lg_buf_init(&fields, 0);
    lg_buf_addf(to, "%s, a %s made %s: ", name, dsl_kind_name(cls->kind), object->made);
    cls->brief(object->payload, to);
    if (cls->fields) cls->fields(object->payload, &fields);
    for (char *at = fields.data, *end; at && (end = strchr(at, '\n')); at = end + 1) {
        dsl_fact fact = {0};
        lg_err err = {0};
        *end = 0;
        bool known = cls->field(object->payload, at, &arena, &fact, &err) == LG_OK;
        lg_buf_addf(to, "; %s %.17g %s", at, known ? fact.number : -1,
                    known ? (fact.text ? fact.text : "") : "unknown");
    }
    lg_buf_addc(to, '\n');
    lg_buf_release(&fields);
    lg_arena_release(&arena);
    return true;
}

/* Every object with every field, to compare before and after; state is initialised by the caller. */
static inline void lens_state(lens *l, lg_buf *state)
{
    lg_buf_clear(state);
    dsl_session_each(l->session, lens_state_one, state);
}

/* Logs of label fixes outlive a session; what one test says of an image is not to reach the next. */
static inline void lens_forget_fixes(void)
{
    static const char *const where[] = {"*.edits.tsv", "*/*.edits.tsv", "home/data/edits/*"};
    for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
        char pattern[128];
        glob_t found;
        snprintf(pattern, sizeof pattern, "%s/%s", ds_folder, where[i]);
        if (glob(pattern, 0, NULL, &found)) continue;
        for (size_t k = 0; k < found.gl_pathc; k++) CHECK_INT(unlink(found.gl_pathv[k]), 0);
        globfree(&found);
    }
}

/* ---- scripts ---- */
/* One `# expect` of a line against what came; 1 when it is not so. */
static inline int lens_judge_line(const lens *l, const char *text, int line, bool *wants_error)
{
    const char *mark, *shown = lg_buf_str(&l->text);
    if ((mark = strstr(text, "# expect not: "))) return strstr(shown, mark + 14) != NULL;
    if ((mark = strstr(text, "# expect: "))) return strstr(shown, mark + 10) == NULL;
    if (!(mark = strstr(text, "# expect error: LL"))) return 0;
    const char *part = mark + 22;
    *wants_error = true;
    return l->err.code != (int)strtol(mark + 18, NULL, 10) || (!*l->err.source && l->err.span.line != line) ||
           (!strstr(l->err.msg, part) && !strstr(l->err.why, part) && !strstr(l->err.hint, part));
}

static inline int lens_judge(const lens *l, const char *name, int first_line, char *cell)
{
    int bad = 0, line = 1;
    bool wants_error = false;
    for (char *text = cell; text && *text; line++) {
        char *end = strchr(text, '\n');
        if (end) *end = 0;
        if (lens_judge_line(l, text, line, &wants_error))
            bad++, printf("%s:%d: %s\n  got LL%03d at line %d: %s (why: %s; try: %s)\n%.3000s\n", name,
                          first_line + line - 1, text, l->err.code, l->err.span.line, l->err.msg, l->err.why,
                          l->err.hint, lg_buf_str(&l->text));
        if (end) *end = '\n';
        text = end ? end + 1 : NULL;
    }
    if (!wants_error && l->err.status)
        bad++, printf("%s:%d: LL%03d %s (%s)\n", name, first_line + l->err.span.line - 1, l->err.code, l->err.msg,
                      l->err.why);
    return bad;
}

/* Runs all cells of a script in one session, without fixes from earlier on, and counts what is wrong. judged false: only asks that nothing breaks. */
static inline int lens_script(const char *name, const char *script, bool judged)
{
    lens l;
    int bad = 0, line = 1;
    lens_forget_fixes();
    if (lens_open(&l) != LG_OK) {
        lens_close(&l);
        return judged;
    }
    for (const char *at = script; *at;) {
        const char *end = strstr(at, "\n\n");
        size_t len = end ? (size_t)(end - at) + 1 : strlen(at);
        char *cell = strndup(at, len);
        lg_status st = lens_run_n(&l, cell, len);
        if (st != l.err.status) bad++, printf("%s: status %d, error %d\n", name, st, l.err.status);
        if (judged) bad += lens_judge(&l, name, line, cell);
        for (size_t i = 0; i < len; i++) line += at[i] == '\n';
        free(cell);
        for (at += len; *at == '\n'; at++) line++;
    }
    lens_close(&l);
    return bad;
}

/* ---- places ---- */
/* Our own folders (catalogue, cache) below `home`, relative paths from `start`; once in a program. */
static inline void lens_places(const char *start, const char *home)
{
    lg_err err = {0};
    store_paths paths = {0};
    mkdir(home, 0700);
    setenv("LOGOLENS_HOME", home, 1);
    CHECK_OK(lg_reach_init(start, &err));
    CHECK_OK(store_paths_init(&paths, &err));
    CHECK_OK(store_paths_reach(&paths, &err));
    store_paths_release(&paths);
}

/* 32x32 as a PNG file: the class decides the colours, the look the pattern. png is initialised here. */
static inline void lens_png(int class, int look, lg_buf *png)
{
    static const int tint[][3] = {{200, 40, 40}, {40, 180, 60}, {50, 60, 210}, {190, 180, 40}};
    lg_err err = {0};
    img_picture p = {0};
    lg_rng rng;
    double grid[8][8];
    lg_rng_init(&rng, (uint64_t)look * 4 + (uint64_t)class);
    for (int i = 0; i < 64; i++) grid[i / 8][i % 8] = 0.2 + 0.8 * lg_rng_uniform(&rng);
    CHECK_OK(img_picture_init(&p, 32, 32, 3, &err));
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 32; x++)
            for (int k = 0; k < 3; k++) img_at(&p, y, x)[k] = (uint8_t)(grid[y / 4][x / 4] * tint[class][k]);
    lg_buf_init(png, 1 << 20);
    CHECK_OK(img_png_write(&p, 1, png, &err));
    img_picture_release(&p);
}

static inline void lens_picture(const char *name, int class, int look)
{
    lg_buf png;
    lens_png(class, look, &png);
    ds_write(name, png.data, png.len);
    lg_buf_release(&png);
}

/* Our own folders in memory, where the system has such a place: for tests that write catalogues, whose every step is
 * forced to the disk. Before lens_shop. */
static char lens_memory[64];

static inline void lens_memory_clean(void)
{
    nftw(lens_memory, ds_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void lens_home_in_memory(void)
{
    snprintf(lens_memory, sizeof lens_memory, "/dev/shm/logolens-test-XXXXXX");
    if (mkdtemp(lens_memory)) atexit(lens_memory_clean);
    else *lens_memory = 0;
}

/* A fresh folder (ds_folder) with
 *     shop/LABEL/NN.png   48 pictures of four labels: adidas 18, nike 14, other 7, puma 9
 *     flat/NN.png         the same 48 without folders, and list.csv with their file, label, source
 * Call it once in a program. */
static inline void lens_shop(void)
{
    static const char *const label[] = {"adidas", "nike", "puma", "other"};
    static const int count[] = {18, 14, 9, 7};
    char path[64], home[96];
    lg_buf list;
    lg_buf_init(&list, 1 << 16);
    lg_buf_adds(&list, "file,label,source\n");
    snprintf(ds_folder, sizeof ds_folder, "/tmp/logolens-test-XXXXXX");
    CHECK(mkdtemp(ds_folder) != NULL);
    atexit(ds_clean);
    snprintf(home, sizeof home, "%s/home", *lens_memory ? lens_memory : ds_folder);
    for (int class = 0, n = 1; class < 4; class++)
        for (int i = 0; i < count[class]; i++, n++) {
            snprintf(path, sizeof path, "shop/%s/%02d.png", label[class], i + 1);
            lens_picture(path, class, i);
            snprintf(path, sizeof path, "flat/%02d.png", n);
            lens_picture(path, class, i);
            lg_buf_addf(&list, "%02d.png,%s,camera%d\n", n, label[class], n % 6);
        }
    ds_text("list.csv", lg_buf_str(&list));
    lg_buf_release(&list);
    lens_places(ds_folder, home);
}

#endif
