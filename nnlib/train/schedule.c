/* schedule.c - the learning rate as a function of the step. */
#include "nnlib/train/schedule.h"
#include <math.h>
#include <strings.h>
#include "lib/base/banned.h"

static const double pi = 3.14159265358979323846;
static const double plateau_share = 0.5, plateau_least = 1e-4;
enum { PLATEAU_PATIENCE = 3 };

const char *const nn_schedule_names[NN_SCHEDULES] = {"constant", "cosine", "onecycle", "step", "plateau"};

int nn_schedule_find(const char *name)
{
    char plain[16] = "";
    size_t n = 0;
    for (const char *c = name; *c; c++) {
        if (*c == '-') continue;
        if (n + 1 == sizeof plain) return -1;
        plain[n++] = *c;
    }
    for (int i = 0; i < NN_SCHEDULES; i++)
        if (strcasecmp(plain, nn_schedule_names[i]) == 0) return i;
    return -1;
}

void nn_schedule_init(nn_schedule *schedule, nn_schedule_kind kind, double lr, int64_t steps)
{
    *schedule = (nn_schedule){.kind = kind, .lr = lr, .steps = steps, .share = 1, .lowest = HUGE_VAL};
}

/* From a to b along half a cosine, t in 0..1. */
static double ease(double a, double b, double t)
{
    return b + (a - b) * (1 + cos(pi * t)) / 2;
}

/* As PyTorch places it: the top at step 0.3·steps - 1, the end at steps - 1. */
static double onecycle(const nn_schedule *s, int64_t step)
{
    double first = s->lr / 25, last = first / 1e4, end = (double)s->steps - 1, top = 0.3 * (double)s->steps - 1;
    if ((double)step <= top) return top > 0 ? ease(first, s->lr, (double)step / top) : s->lr;
    if (top < 0) top = 0;
    return end > top ? ease(s->lr, last, ((double)step - top) / (end - top)) : s->lr;
}

static double stairs(const nn_schedule *s, int64_t step)
{
    if (4 * step >= 3 * s->steps) return s->lr / 100;
    return 2 * step >= s->steps ? s->lr / 10 : s->lr;
}

double nn_schedule_lr(const nn_schedule *schedule, int64_t step)
{
    if (step >= schedule->steps) step = schedule->steps > 0 ? schedule->steps - 1 : 0;
    if (schedule->kind == NN_SCHEDULE_COSINE && schedule->steps > 0)
        return ease(schedule->lr, 0, (double)step / (double)schedule->steps);
    if (schedule->kind == NN_SCHEDULE_ONECYCLE) return onecycle(schedule, step);
    if (schedule->kind == NN_SCHEDULE_STEP) return stairs(schedule, step);
    return schedule->lr * schedule->share;
}

void nn_schedule_epoch(nn_schedule *schedule, double loss)
{
    if (schedule->kind != NN_SCHEDULE_PLATEAU) return;
    if (loss < schedule->lowest - plateau_least) {
        schedule->lowest = loss;
        schedule->waited = 0;
        return;
    }
    if (++schedule->waited < PLATEAU_PATIENCE) return;
    schedule->share *= plateau_share;
    schedule->waited = 0;
}
