/* test_statistics.c - metrics.h and statistics.h against scikit-learn, statsmodels and scipy: goldens.txt holds their
 * answers, make_goldens.py beside it asks them. */
#include "nnlib/train/statistics.h"
#include "tests/support/test.h"

enum { MOST = 2048 };
static double arg[MOST], want[64];
static int args, wants;
static char word[MOST][24];

/* "name a b c = x y": words of the arguments, and the answers. */
static bool read_line(FILE *f, char name[24])
{
    static char line[1 << 16];
    do {
        if (!fgets(line, sizeof line, f)) return false;
    } while (*line == '#');
    bool answers = false;
    args = wants = 0;
    char *save, *token = strtok_r(line, " \n", &save);
    snprintf(name, 24, "%s", token);
    while ((token = strtok_r(NULL, " \n", &save))) {
        if (*token == '=') answers = true;
        else if (answers) want[wants++] = strtod(token, NULL);
        else {
            snprintf(word[args], sizeof *word, "%s", token);
            arg[args++] = strtod(token, NULL);
        }
    }
    return true;
}

static void near(double got, double expected)
{
    CHECK_NEAR(got, expected, 1e-9 * fmax(1, fabs(expected)));
}

static void check_mcnemar(void)
{
    int64_t b = (int64_t)arg[0], c = (int64_t)arg[1];
    near(nn_mcnemar(b, c), want[0]);
    near(nn_mcnemar_midp(b, c), want[1]);
    nn_paired test = nn_mcnemar_test(b, c);
    near(test.p, b + c < 25 ? want[1] : want[3]);
    CHECK(isnan(test.chi2) == (b + c < 25));
    if (b != c) near(nn_mcnemar_chi2(b, c), want[2]);
    if (b != c) near(nn_chi2_tail(nn_mcnemar_chi2(b, c)), want[3]);
}

static void check_rates(void)
{
    int64_t a = (int64_t)arg[0], n = (int64_t)arg[1], b = (int64_t)arg[2], m = (int64_t)arg[3];
    nn_rates r = nn_rates_test(a, n, b, m, arg[4]);
    near(r.low, want[0]);
    near(r.high, want[1]);
    near(r.p, r.exact ? want[3] : want[2]);
    near(nn_fisher(a, n - a, b, m - b), want[3]);
    nn_rates swapped = nn_rates_test(b, m, a, n, arg[4]);
    near(swapped.low, -r.high);
    near(swapped.p, r.p);
}

static void check_matrix(void)
{
    int n = (int)arg[0];
    int64_t count[64];
    for (int i = 0; i < n * n; i++) count[i] = (int64_t)arg[1 + i];
    near(nn_confusion_accuracy(count, n), want[0]);
    near(nn_confusion_balanced_accuracy(count, n), want[1]);
    near(nn_confusion_macro_f1(count, n), want[2]);
    for (int k = 0; k < n; k++) {
        nn_class_score s = nn_confusion_class(count, n, k);
        near(s.recall, want[3 + k]);
        near(s.precision, want[3 + n + k]);
        near(s.f1, want[3 + 2 * n + k]);
    }
}

static void check_calibration(void)
{
    nn_calibration c = {0};
    for (int i = 1; i < args; i++) nn_calibration_add(&c, arg[i], strchr(word[i], '/')[1] == '1');
    CHECK_INT(nn_calibration_total(&c), arg[0]);
    near(nn_calibration_error(&c), want[0]);
    near(nn_calibration_gap(&c), want[1]);
}

static void check_student(void)
{
    near(nn_student_tail(arg[0], (int)arg[1]), want[0]);
    if (want[0] > 1e-6) CHECK_NEAR(nn_student_quantile(want[0], (int)arg[1]), want[1], 1e-6 * want[1]);
    CHECK(isinf(nn_student_quantile(0.05, 0)));
}

TEST(as_others_say)
{
    char name[24];
    int lines = 0;
    FILE *f = fopen("tests/golden/statistics/goldens.txt", "r");
    CHECK(f);
    for (; read_line(f, name); lines++) {
        if (!strcmp(name, "mcnemar")) check_mcnemar();
        else if (!strcmp(name, "rates")) check_rates();
        else if (!strcmp(name, "matrix")) check_matrix();
        else if (!strcmp(name, "calibration")) check_calibration();
        else if (!strcmp(name, "student")) check_student();
        else {
            CHECK_STR(name, "wilson");
            nn_interval ci = nn_wilson((int64_t)arg[0], (int64_t)arg[1], arg[2]);
            near(ci.low, want[0]);
            near(ci.high, want[1]);
        }
    }
    fclose(f);
    CHECK_INT(lines, 36 + 11 + 12 + 5 + 3 + 36);
}

/* Fagerland, Lydersen & Laake 2013, airway hyper-responsiveness of children: 1 against 7 of 21. */
TEST(published_midp)
{
    CHECK_NEAR(nn_mcnemar(1, 7), 0.070, 0.0005);
    CHECK_NEAR(nn_mcnemar_midp(1, 7), 0.039, 0.0005);
}

/* Newcombe 1998, table II: method 10 for 56/70 - 48/80 and 9/10 - 3/10. */
TEST(published_newcombe)
{
    nn_rates r = nn_rates_test(56, 70, 48, 80, 0.95);
    CHECK_NEAR(r.low, 0.0524, 0.00005);
    CHECK_NEAR(r.high, 0.3339, 0.00005);
    r = nn_rates_test(9, 10, 3, 10, 0.95);
    CHECK_NEAR(r.low, 0.1705, 0.00005);
    CHECK_NEAR(r.high, 0.8090, 0.00005);
}

/* Bonett & Price 2012 by hand: (25 - 62) / 603, z sqrt((25/603 + 62/603 - d^2) / 603). */
TEST(paired_interval)
{
    double d = -37.0 / 603, spread = 1.959963984540054 * sqrt((87.0 / 603 - d * d) / 603);
    nn_interval ci = nn_paired_interval(24, 61, 601, 0.95);
    CHECK_NEAR(ci.low, d - spread, 1e-12);
    CHECK_NEAR(ci.high, d + spread, 1e-12);
}

TEST(nothing_to_go_by)
{
    nn_calibration empty = {0};
    CHECK_NEAR(nn_mcnemar_test(0, 0).p, 1, 0);
    CHECK_NEAR(nn_rates_test(0, 0, 3, 5, 0.95).p, 1, 0);
    CHECK_NEAR(nn_rates_test(5, 5, 100, 100, 0.95).p, 1, 1e-12);
    CHECK_NEAR(nn_paired_interval(0, 0, 0, 0.95).high, 1, 0);
    CHECK_NEAR(nn_calibration_error(&empty), 0, 0);
    nn_calibration_add(&empty, (double)NAN, true);
    CHECK_INT(nn_calibration_total(&empty), 0);
    nn_calibration_add(&empty, 1, true);
    nn_calibration_add(&empty, 0.9, true);
    CHECK_INT(empty.count[NN_BINS - 1], 2);
}
