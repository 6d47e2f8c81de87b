/* Interrupts at random moments: the cell ends as Interrupted (or had ended before), every object is whole, what was
 * there before is still there, and the session goes on. After an interrupted `fit` the weights kept are those its
 * figures speak of. */
#include <pthread.h>
#include <time.h>
#include "tests/support/lens.h"

static lens l;

typedef struct stopper {
    pthread_t thread;
    double after; /* seconds */
} stopper;

static void *stop_later(void *arg)
{
    const stopper *s = arg;
    struct timespec t = {.tv_sec = (time_t)s->after, .tv_nsec = (long)(fmod(s->after, 1) * 1e9)};
    nanosleep(&t, NULL);
    lg_cancel_set(&l.cancel);
    return NULL;
}

static lg_status run_stopped(const char *cell, double after)
{
    stopper s = {.after = after};
    CHECK(pthread_create(&s.thread, NULL, stop_later, &s) == 0);
    lg_status st = lens_run(&l, cell);
    pthread_join(s.thread, NULL);
    lg_cancel_clear(&l.cancel);
    return st;
}

/* Under a sanitizer each cell is a quarter as long: it is the moment that is random, not what is interrupted. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LONG(release, sanitizer) sanitizer
enum { TIMES = 22 };
#else
#define LONG(release, sanitizer) release
enum { TIMES = 50 };
#endif
#define MODEL "model scratch on logos { conv 8 3x3 relu; conv 8 3x3 relu; maxpool 2; flatten; dense classes softmax }"
static const char *const cells[] = {
    "load logos from shop",
    "split logos 70/30",
    "fit scratch epochs " LONG("24", "6") " batch 4 lr 0.01 again as trial",
    "fit scratch epochs " LONG("16", "4") " batch 4 lr 0.001 continue quiet",
    "confusion scratch on logos.train as matrix",
    "compare scratch, other on logos.train as both",
    "show logos with scratch sort confidence limit 24",
    "findlr scratch steps " LONG("160", "60") " batch 4",
    "landscape scratch size " LONG("21", "11"),
    "dream scratch steps " LONG("800", "200"),
    "overfit scratch images 12 epochs " LONG("80", "20") " cures decay",
};
enum { CELLS = sizeof cells / sizeof *cells };

/* The weights a model has are those that its figures were measured with. */
static void check_weights(void)
{
    double accuracy = atof(lens_fact(&l, "scratch.val.accuracy")), loss = atof(lens_fact(&l, "scratch.val.loss"));
    if (lens_run(&l, "confusion scratch as now")) TEST_FAIL("confusion: LL%03d %s", l.err.code, l.err.msg);
    if (strstr(lg_buf_str(&l.text), "before the last change")) return; /* judged on other images than then */
    CHECK_NEAR(atof(lens_fact(&l, "now.accuracy")), accuracy, 1e-12);
    CHECK_NEAR(atof(lens_fact(&l, "now.loss")), loss, 1e-9);
}

static void check_whole(const char *cell, lg_status st, const char *before)
{
    char name[16];
    lg_buf after;
    dsl_error_name(&l.err, name);
    if (st) CHECK_STR(name, "Interrupted");
    if (strncmp(cell, "fit", 3) == 0) {
        if (st && l.displays) CHECK(strstr(lg_buf_str(&l.text), "topped"));
    } else if (st) {
        lg_buf_init(&after, 1 << 24);
        lens_state(&l, &after);
        bool same = strcmp(lg_buf_str(&after), before) == 0;
        lg_buf_release(&after);
        if (!same) TEST_FAIL("%s: objects changed", cell);
    }
}

TEST(interrupts_at_random_moments)
{
    lg_err err = {0};
    lg_rng rng;
    double seconds[CELLS];
    int stopped = 0;
    lg_buf before;
    lens_shop();
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, "load logos from shop\n" MODEL
                     "\nmodel other on logos { flatten; dense classes softmax }\nfit scratch epochs 1 batch 8 quiet"))
        TEST_FAIL("setup: %s", l.err.msg);
    for (int i = 0; i < CELLS; i++) {
        double began = lg_now();
        if (lens_run(&l, cells[i])) TEST_FAIL("%s: LL%03d %s", cells[i], l.err.code, l.err.msg);
        seconds[i] = lg_now() - began;
    }
    lg_rng_init(&rng, 20261123);
    lg_buf_init(&before, 1 << 24);
    for (int k = 0; k < TIMES; k++) {
        int i = k % CELLS;
        lens_state(&l, &before);
        lg_status st = run_stopped(cells[i], seconds[i] * lg_rng_uniform(&rng));
        stopped += st == LG_E_INTERRUPTED;
        check_whole(cells[i], st, lg_buf_str(&before));
        if (strncmp(cells[i], "fit", 3) == 0) check_weights();
        if (lens_run(&l, "say fine") || strcmp(lg_buf_str(&l.text), "fine\n")) TEST_FAIL("the session is broken");
    }
    lg_buf_release(&before);
    CHECK(stopped > 0);
    if (lens_run(&l, "fit scratch epochs 2 batch 8 again quiet\nconfusion scratch")) TEST_FAIL("%s", l.err.msg);
    lens_close(&l);
}

/* Stops at the first sign that a training gives of itself. */
static void stop_at_progress(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    lens_display(out, bundle, id, update);
    lg_cancel_set(&l.cancel);
}

/* One line at its end, and until then how far it is, if it takes long. */
TEST(a_quiet_training_is_seen_to_go_on)
{
    lg_err err = {0};
    lens_shop();
    CHECK_OK(lens_open(&l));
    CHECK_OK(lens_run(&l, "load logos from shop\n" MODEL));
    l.out.live = true;
    l.out.display = stop_at_progress;
    CHECK_INT(lens_run(&l, "fit scratch epochs 100000 batch 4 time 20s quiet"), LG_E_INTERRUPTED);
    CHECK_HAS(lg_buf_str(&l.text), " of 100000");
    CHECK_HAS(lg_buf_str(&l.text), "topped");
    CHECK(!strstr(lg_buf_str(&l.text), "this epoch so far"));
    lg_cancel_clear(&l.cancel);
    lens_close(&l);
}

/* Cancelled before the cell begins: nothing of it runs. */
TEST(interrupted_before_it_begins)
{
    lg_err err = {0};
    CHECK_OK(lens_open(&l));
    lg_cancel_set(&l.cancel);
    CHECK_INT(lens_run(&l, "say one\nload logos from shop"), LG_E_INTERRUPTED);
    CHECK_STR(lg_buf_str(&l.text), "");
    lg_cancel_clear(&l.cancel);
    CHECK_OK(lens_run(&l, "say two"));
    lens_close(&l);
}

/* A run takes long enough to be stopped after some of 160, and not so long that a sanitizer never ends the first. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROUNDS "batch 8, 16 epochs 1"
#else
#define ROUNDS "batch 2, 4 epochs 6"
#endif

TEST(a_stopped_sweep_keeps_what_was_finished)
{
    lg_err err = {0};
    const char *sweep = "sweep scratch lr 0.1, 0.05, 0.02, 0.01 " ROUNDS " repeat 20 as board";
    char name[16];
    lens_shop();
    CHECK_OK(lens_open(&l));
    CHECK_OK(lens_run(&l, "load logos from shop"));
    CHECK_OK(lens_run(&l, MODEL));
    double after = 0.1;
    lg_status st = run_stopped(sweep, after);
    while (st == LG_E_INTERRUPTED && strcmp(lens_fact(&l, "board.runs"), "?") == 0 && after < 100)
        st = run_stopped(sweep, after *= 2);
    dsl_error_name(&l.err, name);
    CHECK_STR(name, "Interrupted");
    double runs = atof(lens_fact(&l, "board.runs"));
    CHECK(runs >= 1 && runs < 160);
    CHECK_INT((int)atof(lens_fact(&l, "scratch.runs")), 0);
    /* the same line goes on from there */
    lg_buf again;
    lg_buf_init(&again, 400);
    st = run_stopped(sweep, after);
    lg_buf_addf(&again, "%d of these runs had been made before", (int)runs);
    CHECK(strstr(lg_buf_str(&l.text), lg_buf_str(&again)));
    CHECK(st == LG_OK || atof(lens_fact(&l, "board.runs")) >= runs);
    lg_buf_release(&again);
    lens_close(&l);
}

/* What was shown of the work says how it ended. */
TEST(progress_says_how_it_ended)
{
    cmd_live live;
    CHECK(lens_open(&l) == LG_OK);
    l.out.ctx = &l;
    l.out.live = true;
    for (int stopped = 0; stopped < 2; stopped++) {
        cmd_live_init(&live, &l.out);
        live.shown = true;
        live.last = 0;
        cmd_live_progress(&live, "reading pictures", 1, 2);
        cmd_live_close(&live, stopped ? LG_E_INTERRUPTED : LG_OK);
        CHECK_HAS(lg_buf_str(&l.text), stopped ? "reading pictures: stopped" : "reading pictures: done");
    }
    lens_close(&l);
}

/* ---- progress gives its place to what follows ---- */
typedef struct place { /* a display as its reader has it */
    char id[40], text[200];
    bool ended;
} place;
static place places[8];
static int count;

static void keep_display(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    int at = 0;
    (void)out;
    while (at < count && !(update && !strcmp(places[at].id, id))) at++;
    if (at == count) count++;
    CHECK(count <= 8 && !places[at].ended);
    snprintf(places[at].text, sizeof places[at].text, "%s", bundle->text);
    snprintf(places[at].id, sizeof places[at].id, "%s", id ? id : "");
}

static void keep_end(dsl_out *out, const char *id)
{
    int found = 0;
    (void)out;
    for (int i = 0; i < count; i++)
        if (!strcmp(places[i].id, id)) places[i].ended = true, found++;
    CHECK_INT(found, 1);
}

static void work(const char *what, lg_status st)
{
    cmd_live live;
    cmd_live_init(&live, &l.out);
    live.last = lg_now() - 10; /* it takes long */
    cmd_live_progress(&live, what, 1, 2);
    cmd_live_close(&live, st);
}

static void watch(void)
{
    CHECK(lens_open(&l) == LG_OK);
    l.out.ctx = &l;
    l.out.live = true;
    l.out.display = keep_display;
    l.out.display_end = keep_end;
    count = 0;
    memset(places, 0, sizeof places);
}

TEST(what_follows_takes_the_place_of_progress)
{
    plt_doc doc;
    watch();
    work("reading pictures", LG_OK);
    work("looking at the images", LG_OK); /* of the same command: one place for both */
    CHECK_INT(count, 1);
    CHECK_HAS(places[0].text, "looking at the images: done");
    plt_doc_init(&doc);
    plt_title(&doc, "the result");
    LENS_OK(cmd_display_to(&l.out, &doc, false, 0, &l.err));
    plt_doc_init(&doc);
    plt_title(&doc, "more");
    LENS_OK(cmd_display_to(&l.out, &doc, false, 0, &l.err)); /* the place is taken */
    CHECK_INT(count, 2);
    CHECK(places[0].ended && !strncmp(places[0].text, "the result", 10) && !strncmp(places[1].text, "more", 4));
    lens_close(&l);
}

static int slides;

static void keep_slide(dsl_out *out, const dsl_call *call, const dsl_slider *slider, const dsl_bundle *bundle)
{
    (void)out, (void)call, (void)slider, (void)bundle;
    slides++;
}

/* A slider has a place of its own: the line above it goes. */
TEST(progress_is_wiped_above_a_slider)
{
    const char *cell = "softmax 1, 2, 3 slider";
    watch();
    slides = 0;
    l.out.slide = keep_slide;
    work("reading pictures", LG_OK);
    LENS_OK(dsl_session_execute(l.session, cell, strlen(cell), &l.out, &l.cancel, &l.err));
    CHECK(count == 1 && slides == 1 && places[0].ended && !*places[0].text && !*l.out.idle);
    lens_close(&l);
}

/* Its last line stays where nothing follows: of what was stopped, of a command that shows nothing, above a result. */
TEST(progress_that_nothing_follows_stays)
{
    plt_doc doc;
    watch();
    work("reading pictures", LG_E_INTERRUPTED);
    CHECK(count == 1 && places[0].ended && !*l.out.idle);
    work("reading pictures", LG_OK);
    CHECK(count == 2 && !places[1].ended);
    LENS_OK(dsl_session_execute(l.session, "say x", 5, &l.out, &l.cancel, &l.err)); /* with the command it is over */
    CHECK(places[1].ended && !*l.out.idle);
    l.out.is_result = true;
    work("reading pictures", LG_OK);
    CHECK(count == 3 && places[2].ended && !*l.out.idle);
    plt_doc_init(&doc);
    plt_title(&doc, "the result");
    LENS_OK(cmd_display_to(&l.out, &doc, false, 0, &l.err));
    CHECK_INT(count, 4);
    lens_close(&l);
}
