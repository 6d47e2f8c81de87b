/* test_keras_training.c - losses, schedules and whole runs give the numbers of Keras. */
#include "tests/support/keras_golden.h"

enum { ROWS = 12, CLASSES = 5, STEPS = 40 };

static void check_loss(const golden *g, const char *name, const float *weight)
{
    char kind[40];
    float z[ROWS * CLASSES], p[ROWS * CLASSES], dz[ROWS * CLASSES], loss[ROWS];
    int32_t label[ROWS];
    const nn_loss_type *type = nn_loss_find(name);
    snprintf(kind, sizeof kind, "%s%s", name, weight ? " weighted" : "");
    for (uint32_t i = 0; i < ROWS; i++) label[i] = (int32_t)(hash_bits(77, i) >> 8) % CLASSES;
    hash_fill(z, ROWS * CLASSES, 78, 4.0f);
    nn_loss_call call = {.n = ROWS, .classes = CLASSES, .label = label, .class_weight = weight, .scale = 1.0f / ROWS,
                         .z = z, .p = p, .dz = dz, .loss = loss};
    type->run(&call);
    check_record(find(g, kind, "p"), p, ROWS * CLASSES);
    check_record(find(g, kind, "loss"), loss, ROWS);
    check_record(find(g, kind, "dz"), dz, ROWS * CLASSES);
    double sum = 0;
    for (int i = 0; i < ROWS; i++) sum += (double)loss[i] / (weight ? (double)weight[label[i]] : 1);
    CHECK_NEAR(nn_mean_loss(type, p, label, ROWS, CLASSES), sum / ROWS, 1e-5);
    /* The scores' block may be that of the results. */
    float in_place[ROWS * CLASSES];
    memcpy(in_place, z, sizeof z);
    call.z = call.p = in_place;
    type->run(&call);
    CHECK(memcmp(in_place, p, sizeof p) == 0);
    memcpy(in_place, z, sizeof z);
    call.z = call.dz = in_place, call.p = p;
    type->run(&call);
    CHECK(memcmp(in_place, dz, sizeof dz) == 0);
}

TEST(losses_equal_keras)
{
    static const float weight[CLASSES] = {0.5f, 2, 1, 0.25f, 3};
    golden g = read_golden("tests/golden/keras/training.bin");
    for (int i = 0; nn_losses[i]; i++) {
        check_loss(&g, nn_losses[i]->name, NULL);
        check_loss(&g, nn_losses[i]->name, weight);
    }
    free_golden(&g);
}

TEST(losses_stand_extreme_scores)
{
    for (int i = 0; nn_losses[i]; i++) {
        float z[6] = {80, -80, 0, -90, 90, 0}, p[6], dz[6], loss[2];
        nn_losses[i]->run(&(nn_loss_call){.n = 2, .classes = 3, .label = (int32_t[]){0, 0}, .scale = 1, .z = z, .p = p,
                                          .dz = dz, .loss = loss});
        CHECK_NEAR(loss[0], 0, 1e-6);
        CHECK_NEAR(loss[1], 180, 1e-3);
        CHECK_NEAR(dz[3], -1, 1e-6);
        CHECK_NEAR(dz[4], 1, 1e-6);
        z[1] = NAN;
        nn_losses[i]->run(&(nn_loss_call){.n = 1, .classes = 3, .label = (int32_t[]){0}, .scale = 1, .z = z, .p = p,
                                          .dz = dz, .loss = loss});
        CHECK(isnan(loss[0]));
    }
}

static void check_steps(const golden *g, const char *name)
{
    float rate[STEPS];
    nn_schedule s;
    nn_schedule_init(&s, (nn_schedule_kind)nn_schedule_find(name), 0.05, STEPS);
    for (int i = 0; i < STEPS; i++) rate[i] = (float)nn_schedule_lr(&s, i);
    for (int i = 0; i < g->count; i++)
        if (strcmp(g->item[i].name, name) == 0) {
            check_equal(name, rate, g->item[i].data, STEPS, 1e-6, 0);
            return;
        }
    TEST_FAIL("no record %s", name);
}

static void check_plateau(const golden *g, const char *name)
{
    const record *told = find(g, name, "told"), *lr = find(g, name, "lr");
    nn_schedule s;
    nn_schedule_init(&s, NN_SCHEDULE_PLATEAU, 0.05, STEPS);
    for (uint32_t i = 0; i < told->count; i++) {
        CHECK_NEAR(nn_schedule_lr(&s, i), lr->data[i], 1e-8);
        nn_schedule_epoch(&s, (double)told->data[i]);
    }
}

TEST(schedules_equal_keras)
{
    golden g = read_golden("tests/golden/keras/training.bin");
    check_steps(&g, "cosine");
    check_steps(&g, "step");
    check_plateau(&g, "plateau|falling");
    check_plateau(&g, "plateau|flat");
    check_plateau(&g, "plateau|rising");
    check_plateau(&g, "plateau|no number");
    free_golden(&g);
}

/* The batches of the golden run: four of eight images. */
static lg_status golden_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    (void)ctx, (void)e;
    float all[8 * 200];
    int32_t labels[8];
    for (int i = 0; i < n; i++) {
        make_batch((int)(indices[i] / 8), 10, 2, 3, 8, all, labels);
        memcpy(x + (size_t)i * 200, all + (size_t)(indices[i] % 8) * 200, 200 * sizeof *x);
        if (label) label[i] = labels[indices[i] % 8];
    }
    return LG_OK;
}

TEST(whole_runs_equal_keras)
{
    static const struct {
        const char *schedule, *optimizer;
    } cases[] = {{"cosine", "momentum"}, {"cosine", "rmsprop"}, {"step", "momentum"}, {"step", "rmsprop"}};
    golden g = read_golden("tests/golden/keras/training.bin");
    nn_net *net = NET("input 10x10x2", "conv 4 3x3 relu l2 0.01", "maxpool 2", "flatten", "dense 3 softmax");
    nn_weights *start = keras_start(net);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[60];
        nn_run run = {0};
        nn_fit_options o = nn_fit_defaults();
        o.net = net, o.weights = start, o.epochs = 3, o.batch = 8, o.lr = 0.05, o.no_shuffle = true, o.loss = "focal";
        o.schedule = cases[i].schedule, o.optimizer = cases[i].optimizer;
        o.train = (nn_source){.count = 32, .fill = golden_fill};
        CHECK_OK(nn_fit(&o, &run, &err));
        snprintf(name, sizeof name, "run|%s", cases[i].schedule);
        check_block(net, nn_weights_block(run.last), NULL, find(&g, name, cases[i].optimizer), 1e-4, false);
        check_block(net, nn_weights_block(run.last), nn_weights_block(start), find(&g, name, cases[i].optimizer), 1e-3,
                    false);
        nn_run_release(&run);
    }
    nn_weights_unref(start);
    nn_net_unref(net);
    free_golden(&g);
}
