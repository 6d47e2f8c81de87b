/* `quiz`: every answer is worked out again from what stands in the question, by other means: places of windows are
 * counted one by one, parameters added up, fields followed back, figures taken from the matrix that is shown. */
#include <math.h>
#include "kernel/commands/quiz.h"
#include "tests/support/lens.h"

static lens l;
static lg_err err;

enum { MOST = 50 };
typedef struct asked {
    char text[500], choice[3][160], right[160];
    int choices;
} asked;
static asked quiz[MOST];
static int questions;

static void keep(char *to, size_t size, const char *from)
{
    size_t n = strlen(from) < size - 1 ? strlen(from) : size - 1;
    memcpy(to, from, n), to[n] = 0;
}

/* Reads what was shown into quiz[]. */
static void run(const char *cell)
{
    if (lens_run(&l, cell)) TEST_FAIL("%s: LL%03d %s (%s)", cell, l.err.code, l.err.msg, l.err.why);
    char *save = NULL, *text = strdup(lg_buf_str(&l.text));
    int at = -1, answer = -1, n;
    char letter;
    questions = 0;
    memset(quiz, 0, sizeof quiz);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (sscanf(line, "Answer to question %d", &n) == 1) answer = n - 1;
        else if (answer < 0 && sscanf(line, "%d. ", &n) == 1 && n == questions + 1 &&
                 strncmp(strchr(line, '.'), ". ", 2) == 0)
            at = questions++, keep(quiz[at].text, sizeof quiz[at].text, strchr(line, '.') + 2);
        else if (answer < 0 && at >= 0 && sscanf(line, "   (%c) ", &letter) == 1)
            keep(quiz[at].choice[quiz[at].choices++], sizeof quiz[at].choice[0], line + 7);
        else if (answer >= 0 && sscanf(line, "  (%c) ", &letter) == 1 && !*quiz[answer].right)
            memcpy(quiz[answer].right, quiz[answer].choice[letter - 'a'], sizeof quiz[answer].right);
    }
    free(text);
    CHECK(questions > 0);
    for (int i = 0; i < questions; i++) {
        const asked *q = &quiz[i];
        if (q->choices < 2 || !*q->right) TEST_FAIL("question %d of %s has no answer: %s", i + 1, cell, q->text);
        for (int k = 0; k < q->choices; k++)
            for (int j = 0; j < k; j++) CHECK(strcmp(q->choice[k], q->choice[j]) != 0);
        for (int k = 0; k < i; k++) CHECK(strcmp(q->text, quiz[k].text) != 0);
    }
}

static int kinds; /* bit for each kind of question that was met */

static bool is(const asked *q, int kind, const char *expected)
{
    kinds |= 1 << kind;
    if (strcmp(q->right, expected)) TEST_FAIL("%s\n  says %s, should be %s", q->text, q->right, expected);
    return true;
}

static bool is_number(const asked *q, int kind, long long n)
{
    return is(q, kind, lg_thousands(n));
}

static bool is_percent(const asked *q, int kind, double share)
{
    char text[32];
    snprintf(text, sizeof text, "%.1f%%", 100 * share);
    return is(q, kind, text);
}

/* ---- shapes ---- */
typedef struct step {
    const char *name;
    int k, s, filters; /* filters 0: as before */
    bool same;
} step;
/* The network of the tests, as far as it has places: 32x32x3. */
static const step steps[] = {{"conv1", 5, 2, 8, true},     {"conv2", 3, 1, 12, false},    {"bn", 1, 1, 0, false},
                             {"maxpool1", 2, 2, 0, false}, {"depthwise1", 3, 1, 0, true}, {"conv3", 2, 2, 6, false}};
#define NET                                                                                                            \
    "model m on logos { conv 8 5x5 relu same stride 2; conv 12 3x3 relu; batchnorm name bn; maxpool 2; depthwise 3x3 " \
    "relu same; conv 6 2x2 stride 2 no bias; flatten; dense 20 relu; dropout 0.5; dense classes softmax }"

static int places(int n, int k, int s, bool same)
{
    int count = 0;
    for (int at = 0; same ? at < n : at + k <= n; at += s) count++;
    return count;
}

static int behind(const char *name, int *maps)
{
    int side = 32;
    *maps = 3;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        side = places(side, steps[i].k, steps[i].s, steps[i].same);
        if (steps[i].filters) *maps = steps[i].filters;
        if (strcmp(steps[i].name, name) == 0) return side;
    }
    TEST_FAIL("no step %s", name);
}

/* Pixels that a number depends on: its place, followed back through the windows. */
static int field(const char *name)
{
    int last = 0, low = 0, high = 0;
    while (strcmp(steps[last].name, name)) last++;
    for (int i = last; i >= 0; i--) low *= steps[i].s, high = high * steps[i].s + steps[i].k - 1;
    return high - low + 1;
}

static bool check_shape(const asked *q)
{
    char a[40], b[40], c[60], size[60];
    int h, w, d, n, k, k2, s, maps;
    if (sscanf(q->text, "`%39[^`]` (%39[^)]) gets %dx%dx%d. It has %d filters of %dx%d, stride %d, %59[^.]", a, b, &h,
               &w, &d, &n, &k, &k2, &s, c) == 10 ||
        (n = 0, sscanf(q->text, "`%39[^`]` (%39[^)]) gets %dx%dx%d. It has windows of %dx%d, stride %d, %59[^.]", a, b,
                       &h, &w, &d, &k, &k2, &s, c) == 9) ||
        sscanf(q->text,
               "`%39[^`]` (%39[^)]) gets %dx%dx%d. It has one kernel of %dx%d for each map, stride %d, %59[^.]", a, b,
               &h, &w, &d, &k, &k2, &s, c) == 9) {
        bool same = strstr(c, "same") != NULL;
        snprintf(size, sizeof size, "%dx%dx%d", places(h, k, s, same), places(w, k2, s, same), n ? n : d);
        return is(q, 0, size);
    }
    if (sscanf(q->text, "`flatten` gets %dx%dx%d. How many", &h, &w, &d) == 3) return is_number(q, 1, h * w * d);
    if (sscanf(q->text, "`globalavg` gets %dx%dx%d. How many", &h, &w, &d) == 3) return is_number(q, 2, d);
    if (sscanf(q->text, "`%39[^`]` is a dense layer of %d units and gets %d numbers. How many come", a, &n, &k) == 3)
        return is_number(q, 3, n);
    if (sscanf(q->text, "`%39[^`]` (%39[^)]) gets %dx%dx%d. How many numbers does it give on", a, b, &h, &w, &d) == 5)
        return is_number(q, 4, h * w * d);
    if (sscanf(q->text, "`%39[^`]` (%39[^)]) gets %d numbers. How many numbers does it give on", a, b, &n) == 3)
        return is_number(q, 4, n);
    if (sscanf(q->text, "An image of 32x32x3 goes in. What size has it behind `%39[^`]", a) == 1) {
        n = behind(a, &maps);
        snprintf(size, sizeof size, "%dx%dx%d", n, n, maps);
        return is(q, 5, size);
    }
    if (sscanf(q->text, "How many pixels of the image can one number behind `%39[^`]", a) == 1)
        return is_number(q, 6, field(a));
    TEST_FAIL("a question that the test does not know: %s", q->text);
}

/* ---- counts ---- */
static long long digits(const char **at)
{
    long long n = 0;
    while (**at && (**at < '0' || **at > '9')) ++*at;
    for (; (**at >= '0' && **at <= '9') || (**at == ',' && (*at)[1] >= '0' && (*at)[1] <= '9'); ++*at)
        if (**at != ',') n = 10 * n + (**at - '0');
    return n;
}

/* The i-th number of a text, names of layers left out. */
static long long number(const char *text, int i)
{
    const char *at = strchr(text, '`') ? strrchr(text, '`') : text;
    for (; i > 0; i--) digits(&at);
    return digits(&at);
}

static bool check_count(const asked *q)
{
    char a[40], b[40], value[40];
    int n, k, k2, d;
    long long sum = 0;
    if (sscanf(q->text, "`%39[^`]` has %d filters of %dx%d", a, &n, &k, &k2) == 4) {
        d = atoi(strstr(q->text, "gets ") + 5);
        for (int f = 0; f < n; f++) sum += (long long)k * k2 * d + (strstr(q->text, "with a bias") ? 1 : 0);
        return is_number(q, 7, sum);
    }
    if (strstr(q->text, "is a dense layer of") && strstr(q->text, "How many parameters")) {
        for (long long u = 0; u < number(q->text, 0); u++)
            sum += number(q->text, 1) + (strstr(q->text, "with biases") ? 1 : 0);
        return is_number(q, 8, sum);
    }
    if (sscanf(q->text, "`%39[^`]` (%39[^)]) gives", a, b) == 2) {
        const char *last = strrchr(q->text, 'x');
        return is_number(q, 9, strcmp(b, "batchnorm") ? 0 : 4 * atoi(last + 1));
    }
    if (strstr(q->text, "are flattened for")) {
        const char *at = q->text;
        long long h = digits(&at), w = digits(&at), c = digits(&at), units = atoll(strstr(q->text, "layer of ") + 9);
        return is_number(q, 10, h * w * c * units - c * units);
    }
    if (strstr(q->text, "has m in all its layers")) return is(q, 11, lg_thousands(atoll(lens_fact(&l, "m.params"))));
    const char *at = q->text;
    if (strncmp(q->text, "Of the", 6) == 0 && strstr(q->text, "always says")) {
        long long all = digits(&at), most = digits(&at);
        CHECK_INT(all, atoll(lens_fact(&l, "logos.val.count")));
        return is_percent(q, 12, (double)most / (double)all);
    }
    if (strstr(q->text, "How many steps")) {
        long long images = digits(&at), times = strstr(q->text, "variants") ? digits(&at) : 1, batch = digits(&at),
                  taken = 0;
        CHECK_INT(images, atoll(lens_fact(&l, "logos.train.count")));
        for (long long left = images * times; left > 0; left -= batch) taken++;
        return is_number(q, 13, taken);
    }
    if (strstr(q->text, "count with `fit")) {
        double n1 = (double)digits(&at), all = (double)digits(&at), labels = (double)digits(&at);
        snprintf(value, sizeof value, "%.2f", all / labels / n1);
        return is(q, 14, value);
    }
    if (strstr(q->text, "Which share of them judges")) {
        double train = (double)digits(&at), val = (double)digits(&at),
               test = strstr(q->text, "test") ? (double)digits(&at) : 0;
        return is_percent(q, 15, val / (train + val + test));
    }
    if (strstr(q->text, "How much more often")) {
        double most = (double)digits(&at), least = (double)digits(&at);
        snprintf(value, sizeof value, "%.1f times", most / least);
        return is(q, 16, value);
    }
    TEST_FAIL("a question that the test does not know: %s", q->text);
}

/* ---- metrics ---- */
enum { LABELS = 4 };
static const char *const label[LABELS] = {"adidas", "nike", "other", "puma"};
static int cell[LABELS][LABELS];

static void read_matrix(void)
{
    const char *at = strstr(lg_buf_str(&l.text), "\nadidas ");
    CHECK(at != NULL);
    for (int i = 0; i < LABELS; i++, at = strchr(at + 1, '\n')) {
        char name[20];
        CHECK_INT(sscanf(at + 1, "%19s %d %d %d %d", name, &cell[i][0], &cell[i][1], &cell[i][2], &cell[i][3]), 5);
        CHECK_STR(name, label[i]);
    }
}

static bool check_metric(const asked *q)
{
    int all = 0, right = 0, row[LABELS] = {0}, column[LABELS] = {0}, about = -1, most = 0;
    char text[80];
    double balanced = 0, low, high;
    for (int i = 0; i < LABELS; i++)
        for (int k = 0; k < LABELS; k++) {
            all += cell[i][k], row[i] += cell[i][k], column[k] += cell[i][k];
            if (i == k) right += cell[i][k];
            else if (cell[i][k] > most)
                most = cell[i][k], snprintf(text, sizeof text, "%s called %s", label[i], label[k]);
        }
    for (int i = 0; i < LABELS; i++) {
        snprintf(text + 40, 40, "are %s,", label[i]);
        if (strstr(q->text, text + 40)) about = i;
        balanced += (double)cell[i][i] / row[i] / LABELS;
    }
    if (strstr(q->text, "What is the accuracy")) return is_percent(q, 17, (double)right / all);
    if (strstr(q->text, "What is the recall")) return is_percent(q, 18, (double)cell[about][about] / row[about]);
    if (strstr(q->text, "What is the precision")) return is_percent(q, 19, (double)cell[about][about] / column[about]);
    if (strstr(q->text, "What is F1"))
        return is_percent(q, 20, 2.0 * cell[about][about] / (row[about] + column[about]));
    if (strstr(q->text, "Which confusion")) return is(q, 21, text);
    if (strstr(q->text, "balanced accuracy")) return is_percent(q, 22, balanced);
    if (strstr(q->text, "About how wide")) {
        plt_wilson(4 * right, 4 * all, &low, &high);
        snprintf(text, sizeof text, "%.1f points", 100 * (high - low));
        return is(q, 23, text);
    }
    if (strstr(q->text, "Is it better than that")) {
        double largest = 0;
        for (int i = 0; i < LABELS; i++) largest = fmax(largest, (double)row[i] / all);
        plt_wilson(right, all, &low, &high);
        return is(q, 24,
                  low > largest    ? "yes: all of the interval lies above it"
                  : high < largest ? "no: all of the interval lies below it"
                                   : "that is open: the interval holds it");
    }
    TEST_FAIL("a question that the test does not know: %s", q->text);
}

static void begin(void)
{
    static bool made;
    if (!made) lens_shop();
    made = true;
    CHECK_OK(lens_open(&l));
    if (lens_run(&l, "load logos from shop split 60/40\n" NET)) TEST_FAIL("LL%03d %s", l.err.code, l.err.msg);
}

static void check_all(const char *topic, int seeds, bool (*check)(const asked *q), int expected)
{
    kinds = 0;
    for (int seed = 1; seed <= seeds; seed++) {
        char line[80];
        snprintf(line, sizeof line, "quiz %s count %d seed %d", topic, seed % 2 ? 50 : 6, seed);
        run(line);
        if (check == check_metric) read_matrix();
        for (int i = 0; i < questions; i++) check(&quiz[i]);
    }
    CHECK_INT(kinds, expected);
}

TEST(shapes)
{
    begin();
    check_all("shapes", 8, check_shape, 0x7f & ~(1 << 2));
    CHECK_OK(lens_run(&l, "model g on logos { conv 4 3x3; globalavg; dense classes softmax }"));
    kinds = 0;
    run("quiz shapes on g count 20");
    for (int i = 0; i < questions; i++)
        if (strstr(quiz[i].text, "globalavg")) check_shape(&quiz[i]);
    CHECK_INT(kinds, 1 << 2);
    lens_close(&l);
}

TEST(counts)
{
    begin();
    check_all("counts", 8, check_count, 0x1ff80);
    CHECK_OK(lens_run(&l, "split logos 60/20/20\naugment logos x3"));
    run("quiz counts on logos count 30");
    for (int i = 0; i < questions; i++) check_count(&quiz[i]);
    CHECK_HAS(lg_buf_str(&l.text), "each in 3 variants");
    lens_close(&l);
}

TEST(metrics)
{
    begin();
    CHECK_OK(lens_run(&l, "fit m epochs 8 batch 4 lr 0.003 optimizer adam quiet as tried"));
    check_all("metrics on m", 6, check_metric, 0x1fe0000);
    run("quiz metrics on tried count 3");
    lens_close(&l);
}

/* Answers are folded in HTML and come last in plain text; the same seed asks the same. */
TEST(answers_are_kept_back)
{
    begin();
    run("quiz shapes count 4 seed 3");
    char *first = strdup(lg_buf_str(&l.text));
    const char *text = lg_buf_str(&l.text), *html = lg_buf_str(&l.html);
    CHECK(strstr(text, "4. ") < strstr(text, "Answer to question 1") &&
          !strstr(strstr(text, "Answer to question 1"), "\n4. "));
    int folds = 0;
    for (const char *at = html; (at = strstr(at, "<details")); at++) folds++;
    CHECK_INT(folds, 4);
    run("quiz shapes on m count 4 seed 3");
    CHECK_STR(strstr(lg_buf_str(&l.text), "\n1. "), strstr(first, "\n1. "));
    free(first);
    lens_close(&l);
}

/* Windows with gaps, or with other steps across than down, are more than the question tells. */
TEST(windows_that_a_question_cannot_tell)
{
    begin();
    CHECK_OK(lens_run(&l, "model d on logos { conv 4 3x3 dilation 2; conv 5 3x3 stride 2x1; conv 6 3x3; flatten; dense "
                          "classes softmax }"));
    run("quiz shapes on d count 50");
    int windows = 0;
    for (int i = 0; i < questions; i++) windows += strstr(quiz[i].text, " filters of ") != NULL;
    CHECK_INT(windows, 1);
    CHECK_HAS(lg_buf_str(&l.text), "It has 6 filters of 3x3");
    lens_close(&l);
}

TEST(labels_that_are_equally_frequent)
{
    begin();
    for (int i = 0; i < 6; i++) {
        char path[40];
        snprintf(path, sizeof path, "even/%c/%d.png", 'a' + i % 3, i);
        lens_picture(path, i % 3, i);
    }
    CHECK_OK(lens_run(&l, "load even from even"));
    run("quiz counts on even count 50");
    CHECK_HAS(lg_buf_str(&l.text), "are a, and of no other label there are more. How many");
    CHECK(!strstr(lg_buf_str(&l.text), "more than of any"));
    lens_close(&l);
}

/* Does one of the questions about this matrix of three classes have these words? */
static bool asks(const int64_t count[9], const char *words)
{
    static char *const names[] = {"a", "b", "c"};
    int64_t matrix[9];
    const cmd_score score = {.count = matrix, .classes = 3};
    memcpy(matrix, count, sizeof matrix);
    cmd_quiz of = {.asked = QUIZ_MOST, .model_name = "m", .score = &score, .label = names};
    lg_rng_init(&of.rng, 1);
    cmd_quiz_metrics(&of);
    cmd_quiz_deal(&of);
    CHECK(of.count > 0);
    for (int i = 0; i < of.count; i++)
        if (strstr(of.question[i].text, words)) return true;
    return false;
}

/* Near 0 and 100% four times as many images make an interval narrower than half; of two largest cells none is the
 * largest. */
TEST(what_is_not_so_is_not_asked)
{
    static const int64_t usual[] = {20, 5, 1, 2, 20, 4, 0, 1, 20}, all_right[] = {5, 0, 0, 0, 5, 0, 0, 0, 5},
                         none_right[] = {0, 5, 0, 0, 0, 4, 5, 0, 0}, tie[] = {20, 5, 1, 2, 20, 5, 0, 1, 20};
    CHECK(asks(usual, "About how wide") && !asks(all_right, "About how wide") && !asks(none_right, "About how wide"));
    CHECK(asks(usual, "Which confusion") && !asks(tie, "Which confusion") && !asks(all_right, "Which confusion"));
}
