/* `step`, `gradients`, `landscape`: what is written out is what a calculator gives, the model stays as it is, and the
 * number of threads changes nothing. */
#include "tests/support/lens.h"
#include <math.h>

static lens l;
static lg_err err;

static const char *shown(const char *cell)
{
    lg_buf_clear(&l.html);
    if (lens_run(&l, cell)) TEST_FAIL("LL%03d %s (%s)", l.err.code, l.err.msg, l.err.why);
    return lg_buf_str(&l.text);
}

static void begin(void)
{
    static bool made;
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
    shown("load logos from shop split 60/20/20\n"
          "model m on logos seed 4 { conv 4 3x3 relu; maxpool 4; flatten; dense 8 relu; dense classes softmax }");
}

/* The number behind `before`, which is behind `from`; NAN where there is none. */
static double number_behind(const char *from, const char *before, const char **end)
{
    const char *at = strstr(from, before);
    char *stop;
    if (!at) return (double)NAN;
    at += strlen(before);
    while (*at == ' ' || *at == '(') at++;
    double value = strtod(at, &stop);
    if (end) *end = stop;
    return value;
}

/* What a calculator gives differs by the rounding of what is printed, in six digits. */
static void check_close(double got, double want)
{
    CHECK_NEAR(got, want, 2e-5 * fmax(fabs(got), fabs(want)) + 2e-6);
}

TEST(a_calculator_gives_the_same)
{
    begin();
    const char *text = shown("step m image 7 lr 0.05"), *at = text;
    double score = number_behind(text, "= e^", &at), sum = number_behind(at, "/", &at);
    double p = number_behind(at, "=", &at), loss;
    CHECK_NEAR(p, exp(score) / sum, 1e-4);
    CHECK_NEAR(number_behind(at, "-ln(", &at), p, 1e-9);
    loss = number_behind(at, "=", &at);
    CHECK_NEAR(loss, -log(p), 1e-5);
    CHECK_NEAR(number_behind(text, "\nLoss ", NULL), loss, 1e-3);
    int checked = 0;
    for (at = text; (at = strstr(at, "  g  = ")); checked++) {
        double input = number_behind(at, "g  =", &at), error = 1, g = input;
        if (strncmp(at, " · ", 4) == 0) {
            error = number_behind(at, "· ", &at);
            g = number_behind(at, "=", &at);
            check_close(g, input * error);
        }
        double w = number_behind(at, "lr · g =", &at), lr = number_behind(at, "-", &at);
        double again = number_behind(at, "· ", &at), after = number_behind(at, "=", &at);
        CHECK_NEAR(lr, 0.05, 1e-9);
        CHECK_NEAR(again, g, 1e-9);
        check_close(after, w - lr * g);
        double high = number_behind(strchr(at, '\n') + 1, "\n", NULL), slope;
        const char *line = strchr(strchr(at, '\n') + 1, '\n') + 1;
        high = number_behind(line, "(", &line);
        double low = number_behind(line, "- ", &line), twice = number_behind(line, "/", &line);
        slope = number_behind(line, "=", &line);
        CHECK_NEAR(slope, (high - low) / twice, 1e-2 * fabs(slope) + 1e-4);
        CHECK_NEAR(slope, g, 0.03 * fabs(g) + 1e-3);
    }
    CHECK_INT(checked, 5);
    lens_close(&l);
}

/* 7 positions for a network of one layer: shapes that come and go, and a still without. */
TEST(the_picture_moves_unless_it_must_not)
{
    begin();
    shown("model one on logos { globalavg; dense classes softmax }\nstep one image 7");
    CHECK_HAS(lg_buf_str(&l.html), "alt=\"Loss");
    size_t moving = l.html.len;
    const char *text = shown("step one image 7 no animate");
    CHECK(l.html.len < moving && l.html.len < 400000);
    CHECK_HAS(text, "all 5 positions of the picture");
    lens_close(&l);
}

static char *copy(const char *text)
{
    char *out = malloc(strlen(text) + 1);
    return strcpy(out, text);
}

TEST(models_stay_and_threads_change_nothing)
{
    static const char *const cells[] = {"step m image 7 lr 0.5", "gradients m batch 16", "landscape m size 5"};
    lg_buf before, after;
    lg_buf_init(&before, 1 << 24);
    lg_buf_init(&after, 1 << 24);
    begin();
    lens_state(&l, &before);
    for (int i = 0; i < 3; i++) {
        shown("set threads 1");
        char *one = copy(shown(cells[i]));
        for (int threads = 2; threads < 4; threads++) {
            shown(threads == 2 ? "set threads 2" : "set threads 3");
            CHECK_STR(shown(cells[i]), one);
        }
        free(one);
    }
    lens_state(&l, &after);
    CHECK_STR(lg_buf_str(&after), lg_buf_str(&before));
    lg_buf_release(&before), lg_buf_release(&after);
    lens_close(&l);
}

/* A network with a base, its beginning frozen: what is left out of the picture is counted, and numbers are of the
 * whole. */
TEST(a_base)
{
    begin();
    const char *text = shown("model t on logos { base mobilenet width 0.1 weights none frozen until conv_pw_6_relu\n"
                             "globalavg; dense 8 relu; dense classes softmax }\nstep t image 7 layer conv_pw_2");
    CHECK_HAS(text, " more");
    CHECK_HAS(text, "conv_pw_2 is frozen");
    CHECK_HAS(shown("gradients t batch 4"), "frozen layers get no gradient");
    CHECK_HAS(shown("landscape t size 3"), "9 losses");
    lens_close(&l);
}
