/* `overfit`: its figures agree with each other, verdicts say what the intervals say, cures do what they are said to,
 * and the model stays as it is. */
#include "kernel/commands/overfit.h"
#include "tests/support/lens.h"

static lens l;
static lg_err err;

typedef struct row {
    double train, val, low, high, gap;
    char verdict[200];
} row;

/* The row of the table that begins so. */
static row row_of(const char *name)
{
    row r = {0};
    char start[40];
    snprintf(start, sizeof start, "\n%s ", name);
    const char *table = strstr(lg_buf_str(&l.text), "After training: "), *at = table ? strstr(table, start) : NULL;
    if (!at) TEST_FAIL("no row %s in\n%s", name, lg_buf_str(&l.text));
    int n = sscanf(at + strlen(start), " %lf%% %lf%% %lf to %lf%% %lf %199[^\n]", &r.train, &r.val, &r.low, &r.high,
                   &r.gap, r.verdict);
    CHECK_INT(n, 6);
    return r;
}

static void check_row(const row *r, const row *none, int images, int judges)
{
    double points, low, high;
    CHECK_NEAR(r->gap, r->train - r->val, 0.11);
    double known = r->train * images / 100, right = r->val * judges / 100;
    CHECK_NEAR(known, round(known), 0.03);
    CHECK_NEAR(right, round(right), 0.03);
    plt_wilson((int64_t)round(right), judges, &low, &high);
    CHECK_NEAR(r->low, 100 * low, 0.051);
    CHECK_NEAR(r->high, 100 * high, 0.051);
    if (!none) return;
    const char *figures = strchr(r->verdict, '(');
    CHECK(figures && sscanf(figures, "(%lf points, %lf to %lf)", &points, &low, &high) == 3);
    CHECK_NEAR(points, r->val - none->val, 0.11);
    CHECK(low <= points && points <= high);
    if (strstr(r->verdict, "better on new")) CHECK(low > 0);
    else if (strstr(r->verdict, "worse on new")) CHECK(high < 0);
    else CHECK_HAS(r->verdict, "not distinguishable");
}

static void shown(const char *cell)
{
    if (lens_run(&l, cell)) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
}

static void begin(void)
{
    static bool made;
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
    shown("load logos from shop split 60/40\nmodel m on logos { conv 6 3x3 relu; maxpool 4; flatten; dense 16 relu; "
          "dense "
          "classes softmax }\nfit m epochs 2 quiet");
}

TEST(figures_agree_and_the_model_stays)
{
    lg_buf before, after;
    begin();
    lg_buf_init(&before, 1 << 24), lg_buf_init(&after, 1 << 24);
    lens_state(&l, &before);
    shown("overfit m images 12 epochs 60 cures dropout, augment, decay, patience");
    int judges = atoi(strstr(lg_buf_str(&l.text), "images of logos: ") + 17);
    CHECK_INT(judges, atoi(lens_fact(&l, "logos.val.count")));
    row none = row_of("no cure");
    CHECK_NEAR(none.train, 100, 1e-9); /* it does learn them by heart */
    check_row(&none, NULL, 12, judges);
    static const char *const cure[] = {"with dropout", "with augment", "with decay", "with patience"};
    for (int i = 0; i < 4; i++) {
        row r = row_of(cure[i]);
        check_row(&r, &none, 12, judges);
    }
    CHECK_HAS(lg_buf_str(&l.html), "alt=\"Gap ");
    lens_state(&l, &after);
    CHECK_STR(lg_buf_str(&after), lg_buf_str(&before));
    lg_buf_release(&before), lg_buf_release(&after);
    lens_close(&l);
}

/* Two sessions, other threads: the same; another seed: other images. */
TEST(the_same_again)
{
    lg_buf first;
    lg_buf_init(&first, 1 << 24);
    begin();
    shown("overfit m images 10 epochs 6 cures dropout, augment");
    lg_buf_adds(&first, strstr(lg_buf_str(&l.text), "no cure: gap"));
    shown("set threads 1\noverfit m images 10 epochs 6 cures dropout, augment");
    CHECK_STR(strstr(lg_buf_str(&l.text), "no cure: gap"), lg_buf_str(&first));
    shown("overfit m images 10 epochs 6 cures dropout, augment seed 5");
    CHECK(strcmp(strstr(lg_buf_str(&l.text), "no cure: gap"), lg_buf_str(&first)) != 0);
    lg_buf_release(&first);
    lens_close(&l);
}

/* Stopped in the second run, the first one is shown. */
static bool second;
static void stop_in_second(dsl_out *out, const dsl_bundle *bundle, const char *id, bool update)
{
    lens_display(out, bundle, id, update);
    if (strstr(bundle->text, "run 2 of 2")) second = true, lg_cancel_set(&l.cancel);
}

TEST(stopped_on_the_way)
{
    begin();
    l.out.live = true;
    l.out.display = stop_in_second;
    CHECK_INT(lens_run(&l, "overfit m images 20 epochs 500 cures dropout"), LG_E_INTERRUPTED);
    CHECK(second);
    CHECK_HAS(l.err.msg, "stopped after 1 of 2 runs");
    const char *end = strstr(lg_buf_str(&l.text), "After training: ");
    CHECK(end != NULL && strstr(end, "no cure") && !strstr(end, "\nwith dropout"));
    const char *last = strstr(lg_buf_str(&l.text), "Accuracy while training"), *next = last;
    while (next) last = next, next = strstr(last + 1, "Accuracy while training");
    CHECK(last != NULL && strstr(last, "no cure: gap") && !strstr(last, "with dropout: ")); /* half a run */
    CHECK(!strstr(last, "\n  dropout: "));
    lg_cancel_clear(&l.cancel);
    lens_close(&l);
}

/* A hundred judges, of whom the first so many are called right without the cure, and with it. */
static const char *told(int without, int with)
{
    static plt_bundle r;
    static uint8_t none[100], cured[100];
    static double line[2] = {0.5, 1};
    for (int i = 0; i < 100; i++) none[i] = i < without, cured[i] = i < with;
    cmd_overfit lab = {.model = "m", .data = "d", .settings = "", .off = "", .images = 10, .planned = 2,
                       .all_images = 50, .judges = 100, .all_judges = 100, .watched = 100, .baseline = 0.4, .runs = 2};
    lab.run[0] = (cmd_overfit_run){.epochs = 2, .done = true, .train = line, .val = line, .train_right = 10,
                                   .val_right = without, .right = none};
    lab.run[1] = (cmd_overfit_run){.cure = CURE_AUGMENT, .epochs = 2, .done = true, .train = line, .val = line,
                                   .train_right = 10, .val_right = with, .right = cured};
    plt_doc doc;
    plt_doc_init(&doc);
    cmd_doc_overfit(&doc, &lab);
    plt_bundle_release(&r);
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_TEXT}, &r, &err));
    plt_doc_release(&doc);
    return r.text;
}

/* A cure that makes it worse can well be told from none. */
TEST(the_best_cure_in_words)
{
    CHECK_HAS(told(70, 72), "no cure can be told from none");
    CHECK_HAS(told(70, 50), "no cure is better than none: the best cure for so few images is more images");
    CHECK_HAS(told(70, 50), "worse on new pictures (-20.0 points");
    CHECK_HAS(told(50, 70), "With augment 70.0% of the same 100 new images");
}

/* A base stays frozen, one channel is enough, and layers of a block keep their sums. */
TEST(other_networks)
{
    begin();
    shown("load grey from shop size 16x16x1 split 60/40\nmodel g on grey { conv 4 3x3 relu; residual { conv 4 3x3 same "
          "}; "
          "globalavg; dense classes softmax }\noverfit g images 8 epochs 2 cures dropout");
    CHECK_HAS(lg_buf_str(&l.text), "before dense1, which g does not have");
    shown("model b on logos { base mobilenet width 0.1 weights none frozen until conv_pw_3_relu; conv 8 1x1 relu; "
          "globalavg; dense classes softmax }\n"
          "overfit b images 8 epochs 2 cures dropout, decay");
    CHECK_HAS(lg_buf_str(&l.text), "with decay: gap");
    lens_close(&l);
}

/* Without a cure a penalty of the network's own is off: it learns as the same network without one. */
TEST(a_penalty_is_off)
{
    char line[200], numbers[2][400];
    begin();
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "model p on logos seed 3 { conv 4 3x3 relu%s; flatten; dense classes softmax }",
                 i ? " l2 0.5" : "");
        shown(line);
        shown("overfit p images 10 epochs 4 cures decay");
        const char *from = strstr(lg_buf_str(&l.text), "no cure: gap"), *to = strstr(from, "\nwith decay");
        CHECK(to != NULL);
        snprintf(numbers[i], sizeof numbers[i], "%.*s", (int)(to - from), from);
        CHECK(!i == !strstr(lg_buf_str(&l.text), "; its own l2 penalties are off"));
    }
    CHECK_STR(numbers[1], numbers[0]);
    lens_close(&l);
}

/* ---- verdicts ---- */
enum { JUDGES = 100, PLANNED = 3 };
typedef struct fake {
    cmd_overfit lab;
    uint8_t right[4][JUDGES];
    double line[PLANNED];
    char *text; /* of the document */
} fake;

/* A run that knows `train` of 10 images, and of the judges those from `first` on, `n` of them. */
static void add_run(fake *f, cmd_cure cure, int train, int first, int n)
{
    uint8_t *right = f->right[f->lab.runs];
    for (int i = first; i < first + n; i++) right[i] = 1;
    f->lab.run[f->lab.runs++] = (cmd_overfit_run){.cure = cure,
                                                  .epochs = PLANNED,
                                                  .done = true,
                                                  .train = f->line,
                                                  .val = f->line,
                                                  .train_right = train,
                                                  .val_right = n,
                                                  .right = right};
}

static const char *document(fake *f)
{
    plt_doc doc;
    plt_bundle out = {0};
    plt_doc_init(&doc);
    cmd_doc_overfit(&doc, &f->lab);
    CHECK_OK(plt_render(&doc, &(plt_options){.flags = PLT_TEXT}, &out, &err));
    f->text = strdup(out.text);
    plt_bundle_release(&out);
    plt_doc_release(&doc);
    return f->text;
}

static fake begin_fake(void)
{
    return (fake){.lab = {.model = "m",
                          .data = "d",
                          .settings = "batch 2",
                          .off = "",
                          .images = 10,
                          .planned = PLANNED,
                          .all_images = 50,
                          .judges = JUDGES,
                          .all_judges = JUDGES,
                          .watched = JUDGES,
                          .baseline = 0.3}};
}

/* What is more than chance is called so, for better and for worse; a few images more are not. */
TEST(verdicts)
{
    fake f = begin_fake();
    add_run(&f, CURE_NONE, 10, 0, 50);
    add_run(&f, CURE_DROPOUT, 10, 0, 70);
    add_run(&f, CURE_AUGMENT, 10, 10, 56);
    add_run(&f, CURE_DECAY, 4, 0, 30);
    f.lab.run[3].diverged = true;
    const char *text = document(&f);
    CHECK_HAS(text, "better on new pictures (+20.0 points, ");
    CHECK_HAS(text, "not distinguishable (+6.0 points, ");
    CHECK_HAS(text, "the loss was lost; worse on new pictures (-20.0 points, ");
    const char *smaller = strstr(text, "; gap smaller as it learns less by heart");
    CHECK(smaller > strstr(text, "the loss was lost") && !strstr(smaller + 8, "gap smaller")); /* of decay alone */
    CHECK_HAS(text, "With dropout 70.0% of the same 100 new images are called right instead of 50.0%");
    CHECK_HAS(text, "Gap 50 points; with dropout 30, with augment 44, with decay 10");
    free(f.text);
    f = begin_fake();
    add_run(&f, CURE_NONE, 10, 0, 50);
    add_run(&f, CURE_AUGMENT, 10, 2, 51);
    CHECK_HAS(document(&f), "On these 100 new images no cure can be told from none");
    free(f.text);
    f = begin_fake();
    add_run(&f, CURE_NONE, 9, 0, 50);
    CHECK_HAS(document(&f), "Without a cure it knows only 90% of its 10 images: it has not learnt them by heart");
    free(f.text);
    f = begin_fake();
    add_run(&f, CURE_NONE, 10, 0, 97);
    CHECK_HAS(document(&f), "that is no overfitting");
    free(f.text);
}
