/* test_fit.c - the training loop: it learns, repeats, continues, stops when told and when it must. */
#include "tests/support/nn_test.h"
#include <pthread.h>
#include <time.h>

/* Images 12x12x1: a bright bar, upright for class 0 and lying for class 1, at a place and with noise drawn from the
 * index. */
typedef struct bars {
    int offset;                /* indices of validation start elsewhere */
    int64_t fail_at, label_at; /* an index that cannot be read; one with an impossible label; -1: none */
} bars;

static lg_status bars_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    const bars *b = ctx;
    for (int i = 0; i < n; i++) {
        uint32_t id = (uint32_t)(indices[i] + b->offset);
        int cls = (int)(id % 2), at = (int)(hash_bits(3, id) % 10) + 1;
        if (indices[i] == b->fail_at) return lg_fail(e, LG_E_DATA, 305, "image %u cannot be read", id);
        for (int k = 0; k < 144; k++) {
            int row = k / 12, col = k % 12;
            x[i * 144 + k] = ((cls ? row : col) == at ? 0.8f : 0.0f) + hash_number(id + 100, (uint32_t)k, 0.2f);
        }
        if (label) label[i] = indices[i] == b->label_at ? 7 : cls;
    }
    return LG_OK;
}

static bars train_bars = {.fail_at = -1, .label_at = -1}, val_bars = {.offset = 5000, .fail_at = -1, .label_at = -1};
static const nn_source validation = {.count = 40, .ctx = &val_bars, .fill = bars_fill};

typedef struct bench {
    nn_net *net;
    nn_weights *start;
    nn_fit_options o;
} bench;

static bench bench_begin(int epochs)
{
    bench b = {.net = NET("input 12x12x1", "conv 6 3x3 relu", "maxpool 2", "flatten", "dense 12 relu", "dropout 0.2",
                          "dense 2 softmax")};
    CHECK_OK(nn_weights_new(b.net, 2, &b.start, &err));
    train_bars = (bars){.fail_at = -1, .label_at = -1};
    b.o = nn_fit_defaults();
    b.o.net = b.net, b.o.weights = b.start, b.o.epochs = epochs, b.o.batch = 16, b.o.lr = 0.1;
    b.o.train = (nn_source){.count = 90, .ctx = &train_bars, .fill = bars_fill};
    b.o.validation = &validation;
    return b;
}

static void bench_end(bench *b)
{
    nn_weights_unref(b->start);
    nn_net_unref(b->net);
}

static bool same_weights(const nn_weights *a, const nn_weights *b)
{
    return memcmp(nn_weights_block(a), nn_weights_block(b), nn_net_block(nn_weights_net(a)) * sizeof(float)) == 0;
}

TEST(it_learns_and_says_how)
{
    bench b = bench_begin(12);
    nn_run run = {0};
    CHECK_OK(nn_fit(&b.o, &run, &err));
    CHECK_INT(run.epochs, 12);
    CHECK_INT(run.steps, 12 * 6);
    const nn_epoch *first = &run.epoch[0], *best = &run.epoch[run.best];
    CHECK(best->val_accuracy > 0.9 && first->loss > 0.5 && run.epoch[11].loss < first->loss);
    CHECK(best->best && best->images_per_second > 0 && best->seconds > 0);
    CHECK_INT(nn_confusion_total(best->confusion, 2), 40);
    CHECK_NEAR(nn_confusion_accuracy(best->confusion, 2), best->val_accuracy, 1e-12);
    CHECK_NEAR(best->recall[1], nn_confusion_class(best->confusion, 2, 1).recall, 1e-12);
    for (int i = 0; i < run.epochs; i++) {
        CHECK_INT(run.epoch[i].epoch, i + 1);
        CHECK(run.epoch[i].val_accuracy <= best->val_accuracy);
    }
    /* The weights handed over are those of the best epoch: predicting gives its accuracy and loss again. */
    float p[80];
    int32_t label[40];
    CHECK_OK(
        nn_predict(&(nn_predict_options){.weights = run.weights, .source = validation, .batch = 7}, p, label, &err));
    int right = 0;
    for (int i = 0; i < 40; i++) right += nn_argmax(p + 2 * i, 2) == label[i];
    CHECK_NEAR(right / 40.0, best->val_accuracy, 1e-12);
    CHECK_NEAR(nn_cross_entropy(p, label, 40, 2), best->val_loss, 1e-6);
    CHECK(nn_weights_finite(run.weights) && !same_weights(run.weights, b.start));
    nn_run_release(&run);
    bench_end(&b);
}

/* Pictures that take their time: 6 batches of training and 3 of validation, 4 ms each at the least. */
static lg_status slow_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    nanosleep(&(struct timespec){.tv_nsec = 4000000}, NULL);
    return bars_fill(ctx, indices, n, x, label, e);
}

TEST(waiting_for_pictures_is_told)
{
    bench b = bench_begin(1);
    nn_run run = {0}, more = {0};
    nn_source slow = validation;
    slow.fill = b.o.train.fill = slow_fill;
    b.o.validation = &slow;
    CHECK_OK(nn_fit(&b.o, &run, &err));
    CHECK(run.waited >= 9 * 0.004 && run.waited < run.seconds);
    b.o.resume = &run;
    CHECK_OK(nn_fit(&b.o, &more, &err));
    CHECK(more.waited >= run.waited + 9 * 0.004 && more.waited < more.seconds);
    nn_run_release(&more);
    nn_run_release(&run);
    bench_end(&b);
}

TEST(same_seed_same_run_on_any_threads)
{
    bench b = bench_begin(3);
    nn_run runs[4] = {{0}};
    for (int i = 0; i < 4; i++) {
        lg_pool *pool = NULL;
        CHECK_OK(lg_pool_new(i < 3 ? i + 1 : 2, &pool, &err));
        b.o.pool = pool;
        b.o.seed = i < 3 ? 1 : 2;
        CHECK_OK(nn_fit(&b.o, &runs[i], &err));
        lg_pool_free(pool);
    }
    CHECK(same_weights(runs[0].last, runs[1].last) && same_weights(runs[0].last, runs[2].last));
    CHECK(runs[0].epoch[2].val_loss == runs[2].epoch[2].val_loss && runs[0].epoch[2].loss == runs[2].epoch[2].loss);
    CHECK(!same_weights(runs[0].last, runs[3].last));
    for (int i = 0; i < 4; i++) nn_run_release(&runs[i]);
    bench_end(&b);
}

/* What a program that was killed had on disk: a copy of all a checkpoint shows, after one epoch. */
typedef struct kept_run {
    nn_run run;
    int at; /* epoch */
} kept_run;

static void keep_run(void *ctx, const nn_run *now)
{
    kept_run *k = ctx;
    if (now->epochs != k->at) return;
    size_t cells = (size_t)(now->classes * now->classes), n = (size_t)now->epochs;
    k->run = *now;
    CHECK_OK(nn_weights_copy(now->last, &k->run.last, &err));
    CHECK_OK(nn_weights_copy(now->top, &k->run.top, &err));
    CHECK_OK(nn_weights_copy(now->weights, &k->run.weights, &err));
    k->run.slots = lg_alloc(now->nslots, sizeof *now->slots, &err);
    memcpy(k->run.slots, now->slots, now->nslots * sizeof *now->slots);
    k->run.epoch = lg_alloc(n, sizeof *now->epoch, &err);
    k->run.recall = lg_alloc(n * (size_t)now->classes, sizeof *now->recall, &err);
    for (int i = 0; i < now->epochs; i++) {
        nn_epoch *e = &k->run.epoch[i];
        *e = now->epoch[i];
        e->recall = k->run.recall + i * now->classes;
        memcpy(e->recall, now->epoch[i].recall, (size_t)now->classes * sizeof *e->recall);
        if (!e->confusion) continue;
        e->confusion = lg_alloc(cells, sizeof *e->confusion, &err);
        memcpy(e->confusion, now->epoch[i].confusion, cells * sizeof *e->confusion);
    }
}

static void check_same_run(const nn_run *a, const nn_run *b)
{
    CHECK_INT(a->epochs, b->epochs);
    CHECK_INT(a->best, b->best);
    CHECK_INT(a->before, b->before);
    CHECK_INT(a->steps, b->steps);
    CHECK_INT(a->patience, b->patience);
    for (int i = 0; i < a->epochs; i++) {
        const nn_epoch *x = &a->epoch[i], *y = &b->epoch[i];
        CHECK(x->epoch == y->epoch && x->loss == y->loss && x->val_loss == y->val_loss && x->lr == y->lr);
        CHECK(x->accuracy == y->accuracy && x->val_accuracy == y->val_accuracy && x->best == y->best);
    }
    CHECK(same_weights(a->last, b->last) && same_weights(a->weights, b->weights) && same_weights(a->top, b->top));
    CHECK(memcmp(a->slots, b->slots, a->nslots * sizeof *a->slots) == 0);
}

/* Whatever optimiser and schedule, whenever it was cut off: going on from a checkpoint gives the uninterrupted run. */
TEST(a_checkpoint_goes_on_bit_for_bit)
{
    static const char *const names[] = {"sgd", "momentum", "adam", "rmsprop"};
    for (int k = 0; k < 4 * NN_SCHEDULES; k++) {
        bench b = bench_begin(8);
        nn_run whole = {0}, rest = {0};
        kept_run kept = {.at = 1 + k % 7};
        b.o.optimizer = names[k % 4], b.o.schedule = nn_schedule_names[k / 4], b.o.lr = k % 4 < 2 ? 0.05 : 0.002;
        b.o.keep_last = k % 3 == 0, b.o.patience = k % 2 ? 3 : 0, b.o.loss = k % 5 ? "auto" : "focal";
        if (k / 4 == NN_SCHEDULE_PLATEAU) b.o.lr = 1e-7, b.o.patience = 0; /* nothing is learnt, so it is halved */
        CHECK_OK(nn_fit(&b.o, &whole, &err));
        if (k / 4 == NN_SCHEDULE_PLATEAU) CHECK_NEAR(whole.epoch[7].lr, 0.25e-7, 1e-12);
        b.o.on_checkpoint = keep_run, b.o.checkpoint_ctx = &kept;
        CHECK_OK(nn_fit(&b.o, &rest, &err));
        check_same_run(&rest, &whole); /* being watched changes nothing */
        nn_run_release(&rest);
        b.o.on_checkpoint = NULL;
        b.o.resume = &kept.run, b.o.within = true, b.o.weights = kept.run.last;
        CHECK_OK(nn_fit(&b.o, &rest, &err));
        check_same_run(&rest, &whole);
        nn_run_release(&whole), nn_run_release(&rest), nn_run_release(&kept.run);
        bench_end(&b);
    }
}

/* A run that goes on after another one may be cut off too. */
TEST(a_checkpoint_of_a_continued_run)
{
    bench b = bench_begin(3);
    nn_run first = {0}, whole = {0}, rest = {0};
    kept_run kept = {.at = 5};
    b.o.optimizer = "adam", b.o.schedule = "onecycle", b.o.lr = 0.005, b.o.patience = 4;
    CHECK_OK(nn_fit(&b.o, &first, &err));
    b.o.resume = &first, b.o.weights = first.last, b.o.epochs = 5;
    b.o.on_checkpoint = keep_run, b.o.checkpoint_ctx = &kept;
    CHECK_OK(nn_fit(&b.o, &whole, &err));
    CHECK_INT(whole.before, 3);
    CHECK(whole.epoch[3].lr > 0.0002 && whole.epoch[2].lr < 1e-6); /* the schedule began anew */
    b.o.on_checkpoint = NULL;
    b.o.resume = &kept.run, b.o.weights = kept.run.last, b.o.within = true;
    CHECK_OK(nn_fit(&b.o, &rest, &err));
    check_same_run(&rest, &whole);
    nn_run_release(&first), nn_run_release(&whole), nn_run_release(&rest), nn_run_release(&kept.run);
    bench_end(&b);
}

TEST(same_run_on_any_threads_with_every_optimiser_and_schedule)
{
    lg_pool *pool[2] = {0};
    CHECK_OK(lg_pool_new(1, &pool[0], &err));
    CHECK_OK(lg_pool_new(3, &pool[1], &err));
    for (int k = 0; nn_optims[k]; k++)
        for (int i = 0; i < NN_SCHEDULES; i++) {
            bench b = bench_begin(2);
            nn_run run[2] = {{0}};
            b.o.optimizer = nn_optims[k]->name, b.o.schedule = nn_schedule_names[i], b.o.lr = 0.01;
            b.o.loss = i % 2 ? "focal" : "auto";
            for (int t = 0; t < 2; t++) {
                b.o.pool = pool[t];
                CHECK_OK(nn_fit(&b.o, &run[t], &err));
            }
            check_same_run(&run[0], &run[1]);
            nn_run_release(&run[0]), nn_run_release(&run[1]);
            bench_end(&b);
        }
    lg_pool_free(pool[0]), lg_pool_free(pool[1]);
}

TEST(two_halves_make_a_whole)
{
    static const char *const names[] = {"sgd", "momentum", "adam", "rmsprop"};
    for (int k = 0; k < 4; k++) {
        bench b = bench_begin(4);
        nn_run whole = {0}, half = {0}, rest = {0};
        b.o.optimizer = names[k], b.o.lr = 0.01;
        CHECK_OK(nn_fit(&b.o, &whole, &err));
        b.o.epochs = 2;
        CHECK_OK(nn_fit(&b.o, &half, &err));
        b.o.resume = &half, b.o.weights = half.last;
        CHECK_OK(nn_fit(&b.o, &rest, &err));
        CHECK_INT(rest.epochs, 4);
        CHECK_INT(rest.epoch[3].epoch, 4);
        CHECK_INT(rest.best, whole.best);
        CHECK(rest.epoch[1].val_loss == half.epoch[1].val_loss && rest.epoch[3].val_loss == whole.epoch[3].val_loss);
        CHECK(same_weights(rest.last, whole.last) && same_weights(rest.weights, whole.weights));
        nn_run_release(&whole), nn_run_release(&half), nn_run_release(&rest);
        bench_end(&b);
    }
}

typedef struct stopper {
    lg_cancel cancel;
    int epoch, batch; /* when to press */
} stopper;

static void stop_at(void *ctx, const nn_progress *p)
{
    stopper *s = ctx;
    if (p->epoch == s->epoch && p->batch == s->batch) lg_cancel_set(&s->cancel);
}

/* k x k numbers for every epoch would fill the memory of long runs, and more so of runs that are continued. */
static void counts_of_best_and_last(const nn_run *run)
{
    for (int i = 0; i < run->epochs; i++) {
        const nn_epoch *e = &run->epoch[i];
        CHECK(e->recall == run->recall + 2 * i);
        CHECK((e->confusion != NULL) == (i == run->best || i == run->epochs - 1));
        if (!e->confusion) continue;
        CHECK_NEAR(nn_confusion_accuracy(e->confusion, 2), e->val_accuracy, 1e-12);
        CHECK_NEAR(e->recall[0], nn_confusion_class(e->confusion, 2, 0).recall, 1e-12);
    }
}

TEST(only_best_and_last_epoch_keep_their_counts)
{
    bench b = bench_begin(40);
    stopper stop = {.epoch = 43, .batch = 1};
    nn_run first = {0}, more = {0}, none = {0};
    CHECK_OK(nn_fit(&b.o, &first, &err));
    counts_of_best_and_last(&first);
    b.o.resume = &first, b.o.weights = first.last, b.o.epochs = 5;
    b.o.cancel = &stop.cancel, b.o.on_batch = stop_at, b.o.ctx = &stop;
    CHECK_INT(nn_fit(&b.o, &more, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    CHECK_INT(more.epochs, 42);
    counts_of_best_and_last(&more);
    for (int i = 0; i < 40; i++) CHECK(memcmp(more.epoch[i].recall, first.epoch[i].recall, 2 * sizeof(double)) == 0);
    stop.epoch = 41, lg_cancel_set(&stop.cancel);
    CHECK_INT(nn_fit(&b.o, &none, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    CHECK_INT(none.epochs, 40);
    counts_of_best_and_last(&none);
    nn_run_release(&first), nn_run_release(&more), nn_run_release(&none);
    bench_end(&b);
}

/* ---- interrupting ---- */

TEST(interrupt_keeps_the_best)
{
    bench b = bench_begin(9);
    stopper stop = {.epoch = 4, .batch = 3};
    nn_run run = {0}, upto = {0};
    b.o.cancel = &stop.cancel, b.o.on_batch = stop_at, b.o.ctx = &stop;
    CHECK_INT(nn_fit(&b.o, &run, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    CHECK(run.interrupted && !run.diverged);
    CHECK_INT(run.epochs, 3);
    CHECK_INT(run.steps, 3 * 6 + 3);
    b.o.cancel = NULL, b.o.on_batch = NULL, b.o.epochs = 3;
    CHECK_OK(nn_fit(&b.o, &upto, &err));
    CHECK_INT(run.best, upto.best);
    CHECK(same_weights(run.weights, upto.weights) && !same_weights(run.last, upto.last));
    nn_run_release(&run), nn_run_release(&upto);
    bench_end(&b);
}

TEST(interrupt_in_the_first_epoch_keeps_whole_batches)
{
    bench b = bench_begin(2);
    stopper stop = {.epoch = 1, .batch = 2};
    nn_run run = {0}, two = {0};
    b.o.cancel = &stop.cancel, b.o.on_batch = stop_at, b.o.ctx = &stop, b.o.no_shuffle = true;
    CHECK_INT(nn_fit(&b.o, &run, &err), LG_E_INTERRUPTED);
    lg_err_clear(&err);
    CHECK_INT(run.epochs, 0);
    CHECK_INT(run.best, -1);
    CHECK_INT(run.steps, 2);
    b.o.cancel = NULL, b.o.on_batch = NULL, b.o.epochs = 1, b.o.train.count = 32;
    CHECK_OK(nn_fit(&b.o, &two, &err));
    CHECK(same_weights(run.weights, two.last));
    nn_run_release(&run), nn_run_release(&two);
    bench_end(&b);
}

/* The interrupt comes between the step that was too large and the loss that would have told. */
TEST(an_interrupted_run_holds_finite_numbers)
{
    for (int best = 0; best < 2; best++) {
        bench b = bench_begin(4);
        stopper stop = {.epoch = 1, .batch = 1};
        nn_run run = {0}, before = {0}, back = {0};
        lg_buf text;
        lg_unpack in;
        if (best) {
            b.o.epochs = 1, b.o.optimizer = "rmsprop", b.o.lr = 0.001;
            CHECK_OK(nn_fit(&b.o, &before, &err));
            b.o.resume = &before, b.o.weights = before.last, b.o.within = true, b.o.epochs = 4, stop.epoch = 2;
        }
        b.o.cancel = &stop.cancel, b.o.on_batch = stop_at, b.o.ctx = &stop, b.o.lr = 1e40;
        CHECK_INT(nn_fit(&b.o, &run, &err), LG_E_INTERRUPTED);
        lg_err_clear(&err);
        CHECK(run.interrupted && nn_weights_finite(run.weights) && nn_weights_finite(run.last));
        CHECK(same_weights(run.last, best ? before.top : b.start));
        lg_buf_init(&text, 1 << 24);
        nn_run_pack(&run, &text); /* what is saved opens again */
        lg_unpack_init(&in, text.data, text.len, "a.lrun", "run");
        CHECK_OK(nn_run_unpack(&in, b.net, &back, &err));
        lg_buf_release(&text);
        nn_run_release(&run), nn_run_release(&before), nn_run_release(&back);
        bench_end(&b);
    }
}

static void *press(void *ctx)
{
    double until = lg_now() + 0.03;
    while (lg_now() < until) {}
    lg_cancel_set(ctx);
    return NULL;
}

TEST(interrupt_from_another_thread)
{
    bench b = bench_begin(100000);
    lg_cancel cancel = {0};
    pthread_t thread;
    nn_run run = {0};
    lg_pool *pool = NULL;
    CHECK_OK(lg_pool_new(2, &pool, &err));
    b.o.cancel = &cancel, b.o.pool = pool;
    CHECK_INT(pthread_create(&thread, NULL, press, &cancel), 0);
    CHECK_INT(nn_fit(&b.o, &run, &err), LG_E_INTERRUPTED);
    pthread_join(thread, NULL);
    lg_err_clear(&err);
    CHECK(run.interrupted && nn_weights_finite(run.weights));
    nn_run_release(&run);
    lg_pool_free(pool);
    bench_end(&b);
}

/* ---- what goes wrong ---- */

TEST(a_loss_that_is_no_number_stops)
{
    static const double rates[] = {1e9, 1e30, 300};
    for (int i = 0; i < 3; i++) {
        bench b = bench_begin(5);
        nn_run run = {0};
        b.o.lr = rates[i];
        if (i == 2) b.o.optimizer = "momentum";
        lg_status st = nn_fit(&b.o, &run, &err);
        if (i < 2) CHECK_INT(st, LG_E_NUMERIC);
        if (st != LG_OK) {
            CHECK_INT(err.code, 401);
            CHECK_HAS(err.msg, "the loss is no longer a number (epoch ");
            CHECK_HAS(err.why, "with the learning rate ");
            CHECK_HAS(err.hint, "`lr 0.01`");
            CHECK(run.diverged);
        }
        lg_err_clear(&err);
        CHECK(run.weights && nn_weights_finite(run.weights) && nn_weights_finite(run.last));
        if (i < 2) CHECK(same_weights(run.weights, b.start));
        nn_run_release(&run);
        bench_end(&b);
    }
}

static void refused(bench *b, int code, const char *sentence)
{
    nn_run run = {0};
    lg_err_clear(&err);
    CHECK(nn_fit(&b->o, &run, &err) != LG_OK);
    CHECK_INT(err.code, code);
    CHECK_HAS(err.msg, sentence);
    CHECK(run.weights == NULL && run.epochs == 0);
    nn_run_release(&run);
    lg_err_clear(&err);
}

TEST(impossible_settings)
{
    bench b = bench_begin(0);
    refused(&b, 142, "`fit epochs` must be 1 to 100,000, not 0");
    b.o.epochs = 2, b.o.batch = 0;
    refused(&b, 142, "`fit batch` must be at least 1");
    b.o.batch = 8, b.o.lr = (double)NAN;
    refused(&b, 142, "`fit lr` must be above 0");
    b.o.lr = -1;
    refused(&b, 142, "`fit lr` must be above 0");
    b.o.lr = 0.1, b.o.optimizer = "addam";
    refused(&b, 141, "`fit optimizer` wants one of adam, momentum, rmsprop, sgd, not `addam`");
    b.o.optimizer = "sgd", b.o.loss = "hinge";
    refused(&b, 141, "`fit loss` wants one of auto, crossentropy, focal, not `hinge`");
    b.o.loss = "auto", b.o.schedule = "cosinus";
    refused(&b, 141, "`fit schedule` wants one of constant, cosine, onecycle, step, plateau, not `cosinus`");
    b.o.schedule = "one-cycle", b.o.train.count = 0;
    refused(&b, 406, "there are no training images");
    bench_end(&b);
}

TEST(trouble_with_images)
{
    bench b = bench_begin(2);
    nn_run run = {0};
    train_bars.fail_at = 60;
    CHECK_INT(nn_fit(&b.o, &run, &err), LG_E_DATA);
    CHECK_INT(err.code, 305);
    CHECK_STR(err.msg, "image 60 cannot be read");
    nn_run_release(&run);
    lg_err_clear(&err);
    train_bars.fail_at = -1, train_bars.label_at = 3;
    CHECK_INT(nn_fit(&b.o, &run, &err), LG_E_DATA);
    CHECK_STR(err.msg, "image 3 has class 8, but the network knows 2 classes");
    nn_run_release(&run);
    lg_err_clear(&err);
    bench_end(&b);
}

TEST(batch_larger_than_the_set)
{
    bench b = bench_begin(2);
    nn_run run = {0};
    b.o.batch = 1000000, b.o.train.count = 5, b.o.validation = NULL;
    CHECK_OK(nn_fit(&b.o, &run, &err));
    CHECK_INT(run.steps, 2);
    CHECK(isnan(run.epoch[0].val_loss) && run.best == (run.epoch[1].loss < run.epoch[0].loss));
    CHECK_INT(nn_confusion_total(run.epoch[1].confusion, 2), 5);
    nn_run_release(&run);
    bench_end(&b);
}

static void count_epochs(void *ctx, const nn_epoch *e)
{
    *(int *)ctx = e->epoch;
}

TEST(patience_last_and_time)
{
    bench b = bench_begin(400);
    int seen = 0;
    nn_run run = {0};
    b.o.patience = 3, b.o.on_epoch = count_epochs, b.o.ctx = &seen;
    CHECK_OK(nn_fit(&b.o, &run, &err));
    CHECK(run.patience && run.epochs < 400);
    CHECK_INT(run.epochs - 1 - run.best, 3);
    CHECK_INT(seen, run.epochs);
    CHECK(!same_weights(run.weights, run.last));
    nn_run_release(&run);
    b.o.patience = 0, b.o.epochs = 2, b.o.keep_last = true;
    CHECK_OK(nn_fit(&b.o, &run, &err));
    CHECK(same_weights(run.weights, run.last));
    nn_run_release(&run);
    b.o.epochs = 100000, b.o.time = 0.02;
    CHECK_OK(nn_fit(&b.o, &run, &err));
    CHECK(run.epochs >= 1 && run.epochs < 100000 && run.seconds >= 0.02);
    nn_run_release(&run);
    bench_end(&b);
}

TEST(every_allocation_of_a_run_may_fail)
{
    bench b = bench_begin(2);
    int failures = 0;
    b.o.train.count = 9;
    for (long nth = 1; nth < 500; nth++) {
        nn_run run = {0};
        lg_err e = {0};
        lg_alloc_fail_at(nth, false);
        lg_status st = nn_fit(&b.o, &run, &e);
        lg_alloc_fail_at(0, false);
        nn_run_release(&run);
        if (st == LG_OK) break;
        CHECK_INT(st, LG_E_MEMORY);
        failures++;
    }
    CHECK(failures > 20 && failures < 400);
    bench_end(&b);
}
