/* trust.c - how many entries of a list of customers are right, from the validation images of the model. */
#include "lib/report/customers.h"

#include <math.h>
#include <stdio.h>
#include "nnlib/nnlib.h"

#include "lib/base/banned.h"

/* The shares q that a score test does not tell from p of n: Wilson's interval, n being any number. */
static void score_interval(double p, double n, double *low, double *high)
{
    double z = nn_normal_quantile(0.95), zz = z * z / n;
    double middle = p + zz / 2, half = z * sqrt(p * (1 - p) / n + zz / (4 * n));
    *low = p <= 0 ? 0 : fmax(0, (middle - half) / (1 + zz));
    *high = p >= 1 ? 1 : fmin(1, (middle + half) / (1 + zz));
}

/* K of N against r of n. With s = r + K of t = n + N pooled the test's statistic is (ns - tr)^2 t / (nN s (t - s)):
 * with q = s / t this is Wilson's for the share q and nt / N images. */
static void count_interval(double right, double called, double people, double *low, double *high)
{
    double total = called + people;
    score_interval(right / called, called * total / people, low, high);
    *low = fmin(people, fmax(0, total * *low - right));
    *high = fmin(people, fmax(0, total * *high - right));
}

void rep_trust_count(rep_trust *trust, size_t people)
{
    double called = (double)trust->called, right = (double)trust->right, n = (double)people;
    trust->share = trust->low = trust->high = (double)NAN;
    trust->expected = trust->expected_low = trust->expected_high = (double)NAN;
    if (trust->called < REP_VALIDATIONS) return;
    trust->share = right / called;
    score_interval(trust->share, called, &trust->low, &trust->high);
    trust->expected = n * trust->share;
    trust->expected_low = trust->expected_high = 0;
    if (people) count_interval(right, called, n, &trust->expected_low, &trust->expected_high);
}

/* ---- counting ---- */
typedef struct counts {
    int64_t is, is_called, other, other_called; /* validation images of the group, and others */
    int64_t seen, seen_called;                  /* pictures of posts */
} counts;

static bool member(const rep_posts *posts, const bool *in, int label)
{
    return label >= 0 && label < posts->labels && in[label];
}

static counts count(const rep_posts *posts, const bool *in, float least)
{
    counts c = {0};
    float bound = least > posts->least ? least : posts->least;
    for (size_t i = 0; i < posts->validations; i++) {
        const rep_validation *v = &posts->validation[i];
        bool is = member(posts, in, v->truth), called = member(posts, in, v->said) && v->confidence >= bound;
        c.is += is, c.other += !is;
        c.is_called += is && called, c.other_called += !is && called;
    }
    for (size_t i = 0; i < posts->count; i++)
        for (size_t k = 0; k < posts->post[i].pictures; k++) {
            const rep_picture *picture = &posts->post[i].picture[k];
            c.seen += picture->label >= 0;
            c.seen_called += member(posts, in, rep_picture_class(posts, picture, least));
        }
    return c;
}

/* Of those called so, the share that is it where it is called so in `seen` of all cases: recall and false alarms are
 * the model's, how often the brand is there is not. */
static double corrected(const counts *c, double seen)
{
    double recall = (double)c->is_called / (double)c->is, alarm = (double)c->other_called / (double)c->other;
    if (!(seen > 0) || !(recall > alarm)) return (double)NAN;
    double there = fmin(1, fmax(0, (seen - alarm) / (recall - alarm)));
    return fmin(1, recall * there / seen);
}

static const char *said(const counts *c, const rep_posts *posts, const char *what, float bound, lg_arena *arena,
                        lg_err *err)
{
    const char *set = posts->validation_name ? posts->validation_name : "the validation images";
    int64_t called = c->is_called + c->other_called, all = c->is + c->other;
    char sure[48] = "";
    if (bound > 0) snprintf(sure, sizeof sure, " with at least %.4g%%", 100 * (double)bound);
    if (!all) return lg_arena_strf(arena, err, "the model has no validation images to count from");
    if (!c->is)
        return lg_arena_strf(arena, err, "none of the %s validation images (%s) is %s", lg_thousands(all), set, what);
    if (called < REP_VALIDATIONS)
        return lg_arena_strf(
            arena, err, "only %s of the %s validation images (%s) %s called %s%s; at least %d are needed",
            lg_thousands(called), lg_thousands(all), set, called == 1 ? "is" : "are", what, sure, REP_VALIDATIONS);
    return lg_arena_strf(arena, err, "of the %s validation images (%s) %s were called %s%s, and %s of them are",
                         lg_thousands(all), set, lg_thousands(called), what, sure, lg_thousands(c->is_called));
}

lg_status rep_trust_find(const rep_posts *posts, const bool *in, const char *what, float least, size_t people,
                         lg_arena *arena, rep_trust *out, lg_err *err)
{
    counts c = count(posts, in, least);
    float bound = least > posts->least ? least : posts->least;
    int64_t all = c.is + c.other;
    *out = (rep_trust){.called = c.is ? c.is_called + c.other_called : 0, .right = c.is_called};
    rep_trust_count(out, people);
    out->called = c.is_called + c.other_called;
    out->validation_called = all ? (double)out->called / (double)all : (double)NAN;
    out->posts_called = c.seen ? (double)c.seen_called / (double)c.seen : (double)NAN;
    out->shifted = c.is && c.other && !isnan(out->share) ? corrected(&c, out->posts_called) : (double)NAN;
    out->how = said(&c, posts, what, bound, arena, err);
    return out->how ? LG_OK : err->status;
}
