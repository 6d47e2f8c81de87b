/* test_lr_range.c - the learning rate range test: it leaves weights alone, repeats, stops, and what it suggests learns. */
#include "tests/support/nn_test.h"

/* Two classes of six numbers, told apart by their first two. hard: labels drawn at random. */
typedef struct dots {
    bool hard;
    lg_cancel *press; /* cancelled when image 0 of the second visit is read */
    atomic_int seen;
} dots;

static lg_status dots_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    dots *d = ctx;
    (void)e;
    for (int i = 0; i < n; i++) {
        uint32_t id = (uint32_t)indices[i];
        int cls = (int)(hash_bits(4, id) >> 9) % 2;
        for (uint32_t k = 0; k < 6; k++) x[i * 6 + (int)k] = hash_number(id + 50, k, 0.5f) + (k < 2 ? cls - 0.5f : 0);
        if (label) label[i] = d->hard ? (int)(hash_bits(5, id) >> 9) % 2 : cls;
        if (d->press && atomic_fetch_add(&d->seen, 1) == 400) lg_cancel_set(d->press);
    }
    return LG_OK;
}

static dots easy;

typedef struct bench {
    nn_net *net;
    nn_weights *start;
    nn_lr_options o;
} bench;

static bench bench_begin(void)
{
    bench b = {.net = NET("input 1x2x3", "flatten", "dense 8 relu", "dropout 0.2", "dense 2 softmax")};
    CHECK_OK(nn_weights_new(b.net, 1, &b.start, &err));
    easy = (dots){0};
    b.o = nn_lr_defaults();
    b.o.net = b.net, b.o.weights = b.start, b.o.batch = 16, b.o.low = 1e-5, b.o.high = 100;
    b.o.train = (nn_source){.count = 100, .ctx = &easy, .fill = dots_fill};
    return b;
}

static void bench_end(bench *b)
{
    nn_weights_unref(b->start);
    nn_net_unref(b->net);
}

TEST(a_band_and_a_rate_that_learns)
{
    static const char *const names[] = {"sgd", "momentum", "adam", "rmsprop"};
    for (int i = 0; i < 4; i++) {
        bench b = bench_begin();
        nn_lr_range r = {0};
        nn_weights *before = NULL;
        b.o.optimizer = names[i];
        CHECK_OK(nn_weights_copy(b.start, &before, &err));
        CHECK_OK(nn_lr_range_find(&b.o, &r, &err));
        CHECK(memcmp(nn_weights_block(before), nn_weights_block(b.start), nn_net_block(b.net) * sizeof(float)) == 0);
        CHECK(r.count > 40 && r.count <= 100);
        CHECK_NEAR(r.lr[0], 1e-5, 1e-12);
        CHECK_NEAR(r.lr[1] / r.lr[0], pow(1e7, 1.0 / 99), 1e-9);
        CHECK(r.from > r.lr[0] && r.from < r.to && r.suggest > 0 && r.suggest <= r.to);
        if (r.diverges > 0) CHECK(r.to <= r.diverges);
        else CHECK_NEAR(r.lr[r.count - 1], 100, 1e-9);

        nn_fit_options o = nn_fit_defaults();
        nn_run run = {0};
        o.net = b.net, o.weights = b.start, o.train = b.o.train, o.epochs = 10, o.batch = 16;
        o.optimizer = names[i], o.lr = r.suggest;
        CHECK_OK(nn_fit(&o, &run, &err));
        CHECK(run.epoch[9].accuracy > 0.8 && run.epoch[9].loss < 0.8 * run.epoch[0].loss);
        nn_run_release(&run);
        nn_lr_range_release(&r);
        nn_weights_unref(before);
        bench_end(&b);
    }
}

TEST(it_stops_where_the_loss_explodes)
{
    bench b = bench_begin();
    nn_lr_range r = {0};
    b.o.high = 1e12, b.o.steps = 200;
    CHECK_OK(nn_lr_range_find(&b.o, &r, &err));
    CHECK(r.count < 200 && r.diverges > 0 && r.diverges <= r.lr[r.count - 1]);
    double lowest = r.loss[0];
    for (int i = 0; i < r.count - 1; i++) {
        lowest = fmin(lowest, r.loss[i]);
        CHECK(r.loss[i] <= 4 * lowest);
    }
    CHECK(!(r.loss[r.count - 1] <= 4 * lowest));
    nn_lr_range_release(&r);
    bench_end(&b);
}

TEST(nothing_to_suggest)
{
    bench b = bench_begin();
    nn_lr_range r = {0};
    b.o.low = 1e-9, b.o.high = 1e-6;
    for (b.o.seed = 1; b.o.seed <= 20; b.o.seed++) {
        CHECK_OK(nn_lr_range_find(&b.o, &r, &err));
        CHECK(r.count == 100 && r.suggest == 0 && r.from == 0 && r.diverges == 0);
        nn_lr_range_release(&r);
    }
    bench_end(&b);
}

TEST(the_same_on_any_threads)
{
    bench b = bench_begin();
    nn_lr_range r[2] = {{0}};
    for (int i = 0; i < 2; i++) {
        lg_pool *pool = NULL;
        CHECK_OK(lg_pool_new(1 + 2 * i, &pool, &err));
        b.o.pool = pool;
        CHECK_OK(nn_lr_range_find(&b.o, &r[i], &err));
        lg_pool_free(pool);
    }
    CHECK_INT(r[0].count, r[1].count);
    CHECK(memcmp(r[0].loss, r[1].loss, (size_t)r[0].count * sizeof *r[0].loss) == 0);
    CHECK(r[0].suggest == r[1].suggest);
    nn_lr_range_release(&r[0]), nn_lr_range_release(&r[1]);
    bench_end(&b);
}

TEST(an_interrupt_leaves_what_was_measured)
{
    bench b = bench_begin();
    nn_lr_range r = {0};
    lg_cancel cancel = {0};
    easy.press = b.o.cancel = &cancel;
    CHECK_INT(nn_lr_range_find(&b.o, &r, &err), LG_E_INTERRUPTED);
    CHECK(r.count > 10 && r.count < 40 && isfinite(r.loss[r.count - 1]));
    nn_lr_range_release(&r);
    lg_err_clear(&err);
    bench_end(&b);
}

static void refused(bench *b, int code)
{
    nn_lr_range r = {0};
    CHECK(nn_lr_range_find(&b->o, &r, &err) != LG_OK);
    CHECK_INT(err.code, code);
    CHECK(r.count == 0 && r.lr == NULL);
    lg_err_clear(&err);
}

TEST(impossible_settings)
{
    bench b = bench_begin();
    b.o.low = 0, refused(&b, 142);
    b.o.low = 1, b.o.high = 1, refused(&b, 142);
    b.o.high = (double)NAN, refused(&b, 142);
    b.o.high = HUGE_VAL, refused(&b, 142);
    b.o.high = 2, b.o.steps = 9, refused(&b, 142);
    b.o.steps = 20, b.o.batch = 0, refused(&b, 142);
    b.o.batch = 4, b.o.optimizer = "addam", refused(&b, 141);
    b.o.optimizer = "sgd", b.o.loss = "hinge", refused(&b, 141);
    b.o.loss = "auto", b.o.train.count = 0, refused(&b, 406);
    bench_end(&b);
}
