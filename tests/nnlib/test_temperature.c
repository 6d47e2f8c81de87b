/* test_temperature.c - temperature.h against SciPy: temperature.txt holds its answers, make_temperature.py beside it
 * asks it. */
#include "nnlib/train/statistics.h"
#include "nnlib/train/temperature.h"
#include "tests/support/test.h"

enum { ROWS = 100, CLASSES = 10 };
static float p[ROWS * CLASSES], out[ROWS * CLASSES];
static int32_t truth[ROWS];
static int rows, classes;
static double want[3];

static bool read_case(FILE *f)
{
    char line[400];
    do {
        if (!fgets(line, sizeof line, f)) return false;
    } while (*line == '#');
    CHECK_INT(sscanf(line, "case %d %d %lf %lf %lf", &rows, &classes, &want[0], &want[1], &want[2]), 5);
    CHECK(rows <= ROWS && classes <= CLASSES);
    for (int i = 0; i < rows; i++) {
        CHECK(fgets(line, sizeof line, f));
        char *at = line;
        truth[i] = (int32_t)strtol(at, &at, 10);
        for (int k = 0; k < classes; k++) p[i * classes + k] = strtof(at, &at);
    }
    return true;
}

TEST(temperature_is_the_one_scipy_finds)
{
    int cases = 0;
    FILE *f = fopen("tests/golden/statistics/temperature.txt", "r");
    CHECK(f);
    for (; read_case(f); cases++) {
        nn_temperature t = nn_temperature_fit(p, truth, (size_t)rows, classes);
        CHECK_NEAR(t.t, want[0], 1e-5 * want[0]);
        CHECK_NEAR(t.nll, want[1], 1e-7);
        CHECK_NEAR(t.nll_at, want[2], 1e-7);
    }
    fclose(f);
    CHECK_INT(cases, 4);
}

/* Of the last case, which is too sure: calibrated it claims what it keeps, and says the same classes. */
TEST(calibrated_confidence_is_nearer_to_the_rate_of_right_answers)
{
    nn_calibration before = {0}, after = {0};
    nn_temperature t = nn_temperature_fit(p, truth, (size_t)rows, classes);
    for (int i = 0; i < rows; i++) {
        const float *from = p + i * classes;
        float *to = out + i * classes;
        double sum = 0;
        nn_temperature_apply(t.t, from, classes, to);
        for (int k = 0; k < classes; k++) sum += (double)to[k];
        CHECK_NEAR(sum, 1, 1e-5);
        int said = nn_argmax(from, classes);
        CHECK_INT(nn_argmax(to, classes), said);
        nn_calibration_add(&before, (double)from[said], said == truth[i]);
        nn_calibration_add(&after, (double)to[said], said == truth[i]);
    }
    CHECK(fabs(nn_calibration_gap(&after)) < fabs(nn_calibration_gap(&before)) / 2);
}

TEST(what_cannot_be_fitted_stays)
{
    const float one[] = {0.7f, 0.3f}, zero[] = {1, 0};
    const int32_t right[] = {0}, none[] = {-1};
    float to[2];
    CHECK_NEAR(nn_temperature_fit(one, none, 1, 2).t, 1, 0);
    CHECK_NEAR(nn_temperature_fit(NULL, NULL, 0, 2).t, 1, 0);
    CHECK_NEAR(nn_temperature_fit(one, right, 1, 2).t, NN_COLDEST, 1e-9);
    nn_temperature_apply(1, one, 2, to);
    CHECK_NEAR((double)to[0], 0.7, 1e-6);
    nn_temperature_apply(20, zero, 2, to);
    CHECK(to[0] > 0.9f && to[1] > 0 && to[0] + to[1] < 1.0001f);
    nn_temperature_apply(0.05, zero, 2, to);
    CHECK(to[0] == 1.0f && to[1] == 0.0f);
}
