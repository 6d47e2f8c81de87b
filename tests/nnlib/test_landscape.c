/* test_landscape.c - the loss around weights: where it is known, that directions are as the paper says, and that
 * nothing depends on threads. */
#include <math.h>
#include "tests/support/nn_test.h"

/* Image i is a bar of its class; small enough for a network of one layer. */
static lg_status bars_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    (void)ctx, (void)e;
    for (int i = 0; i < n; i++) {
        int32_t class = (int32_t)(indices[i] % 2);
        hash_fill(x + i * 16, 16, (uint32_t)indices[i] + 40, 0.2f);
        for (int k = 0; k < 4; k++) x[i * 16 + (class ? 4 * k : k)] += 1;
        if (label) label[i] = class;
    }
    return LG_OK;
}

static const nn_source source = {.count = 30, .fill = bars_fill};

static nn_landscape find(const nn_weights *w, int size, double radius, lg_pool *pool)
{
    nn_landscape l = {0};
    const nn_landscape_options o = {
        .weights = w, .source = source, .size = size, .radius = radius, .images = 30, .seed = 2, .pool = pool};
    CHECK_OK(nn_landscape_find(&o, &l, &err));
    return l;
}

static nn_net *small(void)
{
    return NET("input 4x4x1", "conv 3 2x2 relu", "batchnorm", "depthwise 2x2 same", "flatten", "dropout 0.5",
               "dense 4 tanh", "dense 2 softmax");
}

static double length(const float *x, size_t n, size_t stride)
{
    double sum = 0;
    for (size_t i = 0; i < n; i += stride) sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

TEST(every_filter_of_a_direction_is_as_long_as_the_one_it_moves)
{
    static const int filters[8] = {[1] = 3, [3] = 3, [6] = 4, [7] = 2};
    nn_net *net = small();
    nn_weights *w = NULL;
    float a[1000], b[1000], again[1000];
    CHECK_OK(nn_weights_new(net, 7, &w, &err));
    CHECK(nn_net_trained_block(net) <= 1000);
    nn_landscape_direction(w, 1, 0, a), nn_landscape_direction(w, 1, 1, b), nn_landscape_direction(w, 1, 0, again);
    CHECK(memcmp(a, again, nn_net_trained_block(net) * sizeof *a) == 0);
    CHECK(memcmp(a, b, nn_net_trained_block(net) * sizeof *a) != 0);
    for (int i = 1; i < 8; i++) {
        const nn_node *node = nn_net_node(net, i);
        for (int k = 0; k < node->nparam; k++) {
            if (node->param[k].moving) continue;
            size_t n = nn_shape_size(node->param[k].shape), f = k ? 0 : (size_t)filters[i];
            if (!f) CHECK_NEAR(length(a + node->offset[k], n, 1), 0, 0); /* biases and norms stay */
            for (size_t j = 0; j < f; j++) {
                double weight = length(nn_weights_param(w, i, k) + j, n - j, f);
                CHECK_NEAR(length(a + node->offset[k] + j, n - j, f), weight, 1e-5);
                CHECK(weight > 0);
            }
        }
    }
    nn_weights_unref(w), nn_net_unref(net);
}

/* Each point is what the network says with weights moved by hand; the middle is where they are. */
TEST(points_are_losses_of_moved_weights)
{
    nn_net *net = small();
    nn_weights *w = NULL, *moved = NULL;
    float a[1000], b[1000], p[60];
    int32_t label[30];
    CHECK_OK(nn_weights_new(net, 7, &w, &err));
    CHECK_OK(nn_weights_copy(w, &moved, &err));
    nn_landscape_direction(w, 2, 0, a), nn_landscape_direction(w, 2, 1, b);
    nn_landscape l = find(w, 5, 0.8, NULL);
    CHECK_INT(l.images, 30);
    CHECK_INT(l.moved, 2 * 2 * 3 + 2 * 2 * 3 + 27 * 4 + 4 * 2);
    for (int row = 0; row < 5; row++)
        for (int column = 0; column < 5; column++) {
            double x = 0.4 * (column - 2), y = 0.4 * (row - 2);
            for (size_t i = 0; i < nn_net_trained_block(net); i++)
                nn_weights_data(moved)[i] = nn_weights_block(w)[i] + (float)x * a[i] + (float)y * b[i];
            CHECK_OK(nn_predict(&(nn_predict_options){.weights = moved, .source = source}, p, label, &err));
            CHECK_NEAR(l.loss[row * 5 + column], nn_cross_entropy(p, label, 30, 2), 1e-5);
        }
    CHECK_NEAR(l.here, l.loss[12], 0);
    CHECK(l.loss[l.lowest] <= l.here && l.loss[l.highest] >= l.here);
    nn_landscape_release(&l), nn_weights_unref(moved), nn_weights_unref(w), nn_net_unref(net);
}

TEST(the_same_on_any_number_of_threads)
{
    nn_net *net = small();
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 7, &w, &err));
    nn_landscape one = find(w, 7, 1, NULL);
    for (int threads = 2; threads < 4; threads++) {
        lg_pool *pool = NULL;
        CHECK_OK(lg_pool_new(threads, &pool, &err));
        nn_landscape many = find(w, 7, 1, pool);
        CHECK(memcmp(one.loss, many.loss, 49 * sizeof *one.loss) == 0);
        nn_landscape_release(&many), lg_pool_free(pool);
    }
    nn_landscape_release(&one), nn_weights_unref(w), nn_net_unref(net);
}

/* Of many images a quarter has the other label: no weights are right about all, so the loss has a bottom. */
static lg_status mixed_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    LG_TRY(bars_fill(ctx, indices, n, x, label, e));
    for (int i = 0; i < n && label; i++)
        if (hash_bits(9, (uint32_t)indices[i]) % 4 == 0) label[i] = 1 - label[i];
    return LG_OK;
}

/* Trained to the bottom the ground rises on all sides; weights of 0 are flat, for a direction of their length is none.
 */
TEST(forms)
{
    nn_net *net = NET("input 4x4x1", "flatten", "dense 2 softmax");
    nn_weights *zero = NULL;
    nn_run run = {0};
    nn_fit_options o = nn_fit_defaults();
    CHECK_OK(nn_weights_zero(net, &zero, &err));
    nn_landscape l = find(zero, 3, 1, NULL);
    CHECK_INT(l.form, NN_FORM_FLAT);
    CHECK_NEAR(l.here, log(2), 1e-6);
    CHECK(l.lowest == 4 && l.highest == 4);
    nn_landscape_release(&l);
    const nn_source mixed = {.count = 200, .fill = mixed_fill};
    o.net = net, o.weights = zero, o.train = mixed, o.epochs = 60, o.batch = 20, o.lr = 0.3, o.keep_last = true;
    CHECK_OK(nn_fit(&o, &run, &err));
    CHECK_OK(nn_landscape_find(
        &(nn_landscape_options){.weights = run.last, .source = mixed, .size = 9, .radius = 2, .images = 200, .seed = 2},
        &l, &err));
    CHECK(l.form == NN_FORM_BOWL || l.form == NN_FORM_VALLEY);
    CHECK(l.steep >= l.gentle && l.gentle > 0 && l.here > 0.3 && l.here < log(2));
    CHECK(l.loss[l.highest] > 1.5 * l.here && l.loss[l.lowest] > 0.95 * l.here);
    CHECK_INT(l.form, l.steep >= 3 * l.gentle ? NN_FORM_VALLEY : NN_FORM_BOWL);
    CHECK_NEAR(l.slope[0], (l.loss[4 * 9 + 6] - l.loss[4 * 9 + 2]) / 2, 1e-12);
    CHECK_NEAR(l.slope[1], (l.loss[6 * 9 + 4] - l.loss[2 * 9 + 4]) / 2, 1e-12);
    CHECK(fabs(l.slope[0] - l.slope[1]) > 1e-6);
    nn_landscape_release(&l), nn_run_release(&run), nn_weights_unref(zero), nn_net_unref(net);
}

/* Weights whose products are usual numbers, until both are moved: then the losses around are none, and nothing is said
 * of a form. */
TEST(where_losses_are_no_numbers_there_is_no_form)
{
    nn_net *net = NET("input 4x4x1", "flatten", "dense 4", "dense 2 softmax");
    nn_weights *w = NULL;
    CHECK_OK(nn_weights_new(net, 7, &w, &err));
    for (int i = 0; i < 64; i++) (nn_weights_data(w) + nn_net_node(net, 2)->offset[0])[i] *= 1e30f;
    for (int i = 0; i < 8; i++) (nn_weights_data(w) + nn_net_node(net, 3)->offset[0])[i] *= 1e-30f;
    nn_landscape l = find(w, 3, 1e10, NULL);
    CHECK(isfinite(l.here) && isnan(l.loss[0]) && isnan(l.steep));
    CHECK(l.lowest == 4 && l.highest == 4);
    CHECK_INT(l.form, NN_FORM_UNKNOWN);
    nn_landscape_release(&l), nn_weights_unref(w), nn_net_unref(net);
}

static void count_points(void *ctx, int done, int points)
{
    int *seen = ctx;
    seen[0] = done, seen[1] = points;
}

TEST(numbers_that_make_no_sense_and_interrupts)
{
    nn_net *net = small();
    nn_weights *w = NULL;
    nn_landscape l = {0};
    int seen[2] = {0};
    lg_cancel cancel = {0};
    CHECK_OK(nn_weights_new(net, 7, &w, &err));
    nn_landscape_options o = {
        .weights = w, .source = source, .size = 4, .radius = 1, .images = 8, .ctx = seen, .on_point = count_points};
    CHECK(nn_landscape_find(&o, &l, &err) != LG_OK && err.code == 142);
    lg_err_clear(&err);
    o.size = 3, o.radius = 0;
    CHECK(nn_landscape_find(&o, &l, &err) != LG_OK && err.code == 142);
    lg_err_clear(&err);
    o.radius = 1;
    CHECK_OK(nn_landscape_find(&o, &l, &err));
    CHECK(seen[0] == 9 && seen[1] == 9 && l.images == 8);
    nn_landscape_release(&l);
    lg_cancel_set(&cancel);
    o.cancel = &cancel;
    CHECK_INT(nn_landscape_find(&o, &l, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    o.cancel = NULL;
    nn_weights_data(w)[0] = NAN;
    CHECK(nn_landscape_find(&o, &l, &err) != LG_OK && err.code == 437);
    lg_err_clear(&err);
    CHECK(!l.loss);
    nn_weights_unref(w), nn_net_unref(net);
    net = REPORT_NET;
    CHECK(nn_landscape_images(net, 21) >= NN_LANDSCAPE_FEWEST && nn_landscape_images(net, 21) < 100);
    CHECK_INT(nn_landscape_images(net, 101), NN_LANDSCAPE_FEWEST);
    nn_net_unref(net);
}

/* Frozen layers do not move, and run once. */
TEST(frozen_layers_stay)
{
    nn_net *net = small(), *half = NULL;
    bool frozen[8] = {[1] = true, [2] = true, [3] = true};
    nn_weights *w = NULL, *again = NULL;
    CHECK_OK(nn_weights_new(net, 7, &w, &err));
    CHECK_OK(nn_net_with_frozen(net, frozen, &half, &err));
    CHECK_OK(nn_weights_for(w, half, &again, &err));
    nn_landscape l = find(again, 3, 1, NULL), whole = find(w, 3, 1, NULL);
    CHECK_INT(l.moved, 27 * 4 + 4 * 2);
    CHECK_NEAR(l.here, whole.here, 1e-6);
    CHECK(fabs(l.loss[0] - whole.loss[0]) > 1e-4);
    nn_landscape_release(&l), nn_landscape_release(&whole);
    nn_weights_unref(again), nn_net_unref(half);
    memset(frozen, 0, sizeof frozen); /* one in the middle: it runs with the rest, and stays all the same */
    frozen[6] = true;
    CHECK_OK(nn_net_with_frozen(net, frozen, &half, &err));
    CHECK_OK(nn_weights_for(w, half, &again, &err));
    l = find(again, 3, 1, NULL);
    CHECK_INT(l.moved, 2 * 2 * 3 + 2 * 2 * 3 + 4 * 2);
    nn_landscape_release(&l), nn_weights_unref(again), nn_weights_unref(w), nn_net_unref(half), nn_net_unref(net);
}
