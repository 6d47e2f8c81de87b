/* test_metrics.c - scores against published and hand-computed values. */
#include "tests/support/nn_test.h"

TEST(normal_quantiles)
{
    CHECK_NEAR(nn_normal_quantile(0.95), 1.959963984540054, 1e-12);
    CHECK_NEAR(nn_normal_quantile(0.99), 2.575829303548901, 1e-12);
    CHECK_NEAR(nn_normal_quantile(0.5), 0.674489750196082, 1e-12);
    CHECK_NEAR(nn_normal_quantile(0.9999999), 5.326723886384, 1e-8);
}

/* Newcombe 1998, table I, method 3 (score without continuity correction). */
TEST(wilson_intervals)
{
    static const struct { int right, total; double low, high;
    } want[] = {{81, 263, 0.2553, 0.3662},
                {15, 148, 0.0624, 0.1605},
                {0, 20, 0.0, 0.1611},
                {1, 29, 0.0061, 0.1718},
                {29, 29, 0.8830, 1.0}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        nn_interval got = nn_wilson(want[i].right, want[i].total, 0.95);
        CHECK_NEAR(got.low, want[i].low, 5e-5);
        CHECK_NEAR(got.high, want[i].high, 5e-5);
    }
    CHECK(nn_wilson(0, 0, 0.95).low == 0 && nn_wilson(0, 0, 0.95).high == 1);
}

TEST(counts_stay_inside_their_matrix)
{
    static const int32_t bad[] = {-1, 2, INT32_MIN, INT32_MAX};
    int64_t guarded[2 + 4 + 2] = {0}, *m = guarded + 2;
    nn_confusion_add(m, 2, 1, 0);
    for (int i = 0; i < 4; i++) {
        nn_confusion_add(m, 2, bad[i], 0);
        nn_confusion_add(m, 2, 0, bad[i]);
    }
    for (int i = 0; i < 8; i++) CHECK_INT(guarded[i], i == 4);
}

TEST(confusion_scores)
{
    static const int64_t m[] = {50, 5, 0, 10, 30, 0, 0, 5, 0}; /* rows true, columns predicted; class 3 has 5 images */
    nn_class_score a = nn_confusion_class(m, 3, 0), c = nn_confusion_class(m, 3, 2);
    CHECK_INT(a.truth, 55);
    CHECK_INT(a.predicted, 60);
    CHECK_INT(a.right, 50);
    CHECK_NEAR(a.recall, 50 / 55.0, 1e-12);
    CHECK_NEAR(a.precision, 50 / 60.0, 1e-12);
    CHECK_NEAR(a.f1, 100 / 115.0, 1e-12);
    CHECK(c.recall == 0 && c.precision == 0 && c.f1 == 0);
    CHECK_INT(nn_confusion_total(m, 3), 100);
    CHECK_NEAR(nn_confusion_accuracy(m, 3), 0.8, 1e-12);
    CHECK_NEAR(nn_confusion_balanced_accuracy(m, 3), (50 / 55.0 + 30 / 40.0) / 3, 1e-12);
    CHECK_NEAR(nn_confusion_macro_f1(m, 3), (100 / 115.0 + 60 / 80.0) / 3, 1e-12);
}

TEST(mcnemar_exact)
{
    CHECK_NEAR(nn_mcnemar(0, 0), 1, 0);
    CHECK_NEAR(nn_mcnemar(10, 0), 2.0 / 1024, 1e-12);
    CHECK_NEAR(nn_mcnemar(1, 9), 2 * 11.0 / 1024, 1e-12);
    CHECK_NEAR(nn_mcnemar(6, 6), 1, 1e-12);
}
