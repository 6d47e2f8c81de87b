/* test_layers.c - what every kind of layer must keep, by walking the registry: nobody writes these per layer. */
#include "tests/support/nn_test.h"

typedef void visit_fn(const nn_layer_type *type, const nn_example *example);

static void each_example(visit_fn *visit)
{
    for (int i = 0; nn_layers[i]; i++) {
        CHECK(nn_layers[i]->examples != NULL);
        for (const nn_example *e = nn_layers[i]->examples; e->line; e++) visit(nn_layers[i], e);
    }
}

static void lone_random(lone_layer *l, uint32_t stream)
{
    for (int k = 0; k < l->spec.nin; k++) hash_fill(l->x[k], lone_in(l, k), stream + (uint32_t)k, 2.0f);
    for (int k = 0; k < l->nparam; k++) hash_fill(l->param[k], lone_param(l, k), stream + 20 + (uint32_t)k, 0.7f);
}

/* ---- gradients: central differences of sum(r * y), two widths; where they disagree lies a kink, which is left out
 * ---- */

static double score(lone_layer *l, const float *r)
{
    double sum = 0;
    lone_run(l, false);
    for (size_t i = 0; i < lone_out(l); i++) sum += (double)l->y[i] * (double)r[i];
    return sum;
}

static double slope(lone_layer *l, const float *r, float *at, float width)
{
    float was = *at;
    *at = was + width;
    double up = score(l, r), high = (double)*at;
    *at = was - width;
    double down = score(l, r), low = (double)*at;
    *at = was;
    return (up - down) / (high - low);
}

static void check_gradient(lone_layer *l, const float *r, float *values, const float *grad, size_t n, const char *what)
{
    size_t step = n / 60 + 1, tried = 0, kinks = 0;
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)grad[i]));
    for (size_t i = 0; i < n; i += step, tried++) {
        double wide = slope(l, r, &values[i], 4e-3f), narrow = slope(l, r, &values[i], 2e-3f),
               allowed = 2e-3 * largest + 2e-4;
        if (fabs(wide - narrow) > allowed) kinks++;
        else if (!(fabs(narrow - (double)grad[i]) <= 2 * allowed))
            TEST_FAIL("%s %s: gradient %zu of %zu is %g, differences say %g", l->type->name, what, i, n,
                      (double)grad[i], narrow);
    }
    if (kinks * 3 > tried) TEST_FAIL("%s %s: %zu of %zu places are kinks", l->type->name, what, kinks, tried);
}

static void gradients_of(const nn_layer_type *type, const nn_example *example)
{
    lone_layer l;
    if (!example->in[0].rank) return; /* input */
    lone_init(&l, example->line, example->in, 2);
    CHECK(l.type == type);
    lone_random(&l, 40);
    float *r = lone_floats(lone_out(&l));
    hash_fill(r, lone_out(&l), 99, 1.0f);
    lone_run(&l, false);
    memcpy(l.dy, r, lone_out(&l) * sizeof *r);
    lone_run(&l, true);
    for (int k = 0; k < l.spec.nin; k++) check_gradient(&l, r, l.x[k], l.dx[k], lone_in(&l, k), example->line);
    for (int k = 0; k < l.nparam; k++) check_gradient(&l, r, l.param[k], l.grad[k], lone_param(&l, k), l.info[k].name);
    lg_free(r);
    lone_release(&l);
}

TEST(gradients)
{
    each_example(gradients_of);
}

/* ---- the contract: gradients are added, dx may be unwanted, neighbours do not matter, nothing is allocated ---- */

static void contract_of(const nn_layer_type *type, const nn_example *example)
{
    lone_layer l;
    if (!example->in[0].rank || (type->flags & NN_VIEW)) return;
    lone_init(&l, example->line, example->in, 3);
    lone_random(&l, 60);
    hash_fill(l.dy, lone_out(&l), 98, 1.0f);
    long before = lg_alloc_count();
    lone_run(&l, false);
    lone_run(&l, true);
    CHECK_INT(lg_alloc_count() - before, 0);
    float *once[NN_MAX_PARAMS];
    for (int k = 0; k < l.nparam; k++) {
        once[k] = lone_floats(lone_param(&l, k));
        memcpy(once[k], l.grad[k], lone_param(&l, k) * sizeof(float));
    }
    hash_fill(l.dy, lone_out(&l), 98, 1.0f);
    lone_run(&l, false);
    lone_run(&l, true);
    for (int k = 0; k < l.nparam; k++) {
        for (size_t i = 0; i < lone_param(&l, k); i++)
            CHECK_NEAR((double)l.grad[k][i], 2 * (double)once[k][i], 1e-4 + 1e-5 * fabs((double)once[k][i]));
        lg_free(once[k]);
    }
    float *kept[NN_MAX_INPUTS];
    memcpy(kept, l.dx, sizeof kept);
    hash_fill(l.dy, lone_out(&l), 98, 1.0f);
    for (int k = 0; k < l.spec.nin; k++) l.dx[k] = NULL;
    lone_run(&l, false);
    lone_run(&l, true);
    memcpy(l.dx, kept, sizeof kept);
    lone_release(&l);
}

TEST(contract)
{
    each_example(contract_of);
}

static void alone_as_in_company(const nn_layer_type *type, const nn_example *example)
{
    lone_layer many, one;
    if (!example->in[0].rank) return;
    lone_init(&many, example->line, example->in, 5);
    lone_init(&one, example->line, example->in, 1);
    many.used = one.used = type->sums != NULL; /* while training, those layers are meant to look at the whole batch */
    lone_random(&many, 70);
    for (int k = 0; k < many.nparam && many.used; k++) /* a variance is never negative */
        for (size_t i = 0; i < lone_param(&many, k); i++) many.param[k][i] = fabsf(many.param[k][i]);
    for (int k = 0; k < many.nparam; k++) memcpy(one.param[k], many.param[k], lone_param(&one, k) * sizeof(float));
    for (int k = 0; k < many.spec.nin; k++) memcpy(one.x[k], many.x[k], lone_in(&one, k) * sizeof(float));
    lone_run(&many, false);
    lone_run(&one, false);
    if (memcmp(many.y, one.y, lone_out(&one) * sizeof(float))) TEST_FAIL("%s: neighbours matter", type->name);
    lone_release(&many);
    lone_release(&one);
}

TEST(an_image_does_not_feel_its_neighbours)
{
    each_example(alone_as_in_company);
}

/* ---- every allocation on the way to a running layer fails once ---- */

static lg_status run_alone(const nn_example *example, lg_err *e)
{
    lg_status st;
    nn_net *net = NULL;
    nn_weights *w = NULL;
    nn_exec *exec = NULL;
    char input[NN_SHAPE_TEXT + 8], shape[NN_SHAPE_TEXT];
    snprintf(input, sizeof input, "input %s", nn_shape_text(example->in[0], shape));
    LG_GO(nn_net_new(&net, e));
    LG_GO(nn_net_add_line(net, input, e));
    LG_GO(nn_net_add_line(net, example->line, e));
    if (nn_net_output(net).rank == 3) LG_GO(nn_net_add_line(net, "flatten", e));
    LG_GO(nn_net_add_line(net, "dense 2 softmax", e));
    LG_GO(nn_net_finish(net, e));
    LG_GO(nn_weights_new(net, 1, &w, e));
    LG_GO(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 9, .train = true, .seed = 1,
                                         .loss = nn_loss_find("crossentropy"), .optim = nn_optim_find("sgd")},
                      &exec, e));
    nn_exec_load(exec, w);
    hash_fill(nn_exec_input(exec), 9 * nn_shape_size(nn_net_input(net)), 5, 1.0f);
    nn_exec_gradient(exec, 9);
    nn_exec_step(exec, &(nn_hyper){.lr = 0.01});
    if (!isfinite(nn_exec_loss(exec))) TEST_FAIL("%s: the loss is no number", example->line);
done:
    nn_exec_free(exec);
    nn_weights_unref(w);
    nn_net_unref(net);
    return st;
}

static void memory_of(const nn_layer_type *type, const nn_example *example)
{
    if (example->in[0].rank != 3 || type->min_inputs > 1) return;
    for (long nth = 1;; nth++) {
        lg_err e = {0};
        lg_alloc_fail_at(nth, false);
        lg_status st = run_alone(example, &e);
        lg_alloc_fail_at(0, false);
        if (st == LG_OK) break;
        CHECK_INT(st, LG_E_MEMORY);
        CHECK(nth < 200);
    }
}

TEST(every_allocation_may_fail)
{
    each_example(memory_of);
}

/* ---- words ---- */

static void records_of(const nn_layer_type *type, const nn_example *example)
{
    char text[NN_FORMULA], line[400];
    (void)example;
    CHECK(type->name && type->keras && type->doc && type->fields && type->infer);
    CHECK(nn_layer_find(type->name) == type && nn_layer_find(type->keras) != NULL);
    CHECK(type->config_size >= sizeof(nn_config));
    CHECK((type->forward && type->backward) || (type->flags & NN_VIEW) || strcmp(type->name, "input") == 0);
    CHECK(nn_field_find(type->fields, "name") != NULL);
    for (const nn_field *f = type->fields; f->name; f++) {
        CHECK(f->help != NULL && f->offset < type->config_size);
        CHECK((f->kind == NN_CHOICE) == (f->choices != NULL));
        CHECK(f->kind != NN_INT || f->max > f->min);
    }
    /* What a config says as words reads back as the same config. */
    char config[512] = {0}, again[512] = {0};
    lg_err_clear(&err);
    nn_config_init(type, config);
    CHECK_OK(nn_config_parse(type, config, example->line + strcspn(example->line, " "), &err));
    size_t used = 0;
    line[0] = '\0';
    for (const nn_field *f = type->fields; f->name; f++) {
        nn_field_text(f, config, text);
        if (f->kind == NN_FLAG && strcmp(f->name, "valid") == 0) continue;
        if (f->kind == NN_FLAG)
            used +=
                (size_t)snprintf(line + used, sizeof line - used, "%s%s ", strcmp(text, "yes") ? "no " : "", f->name);
        else if (text[0] && (f->fallback != 0 || strcmp(text, "0x0"))) /* 0x0 by default: not given */
            used += (size_t)snprintf(line + used, sizeof line - used, "%s=%s ", f->name, text);
    }
    nn_config_init(type, again);
    CHECK_OK(nn_config_parse(type, again, line, &err));
    CHECK(memcmp(config, again, type->config_size) == 0);
}

TEST(records_and_words)
{
    each_example(records_of);
}

static void refused(const char *line, int code, const char *sentence)
{
    char config[512], word[32];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(line, " "), line);
    const nn_layer_type *type = nn_layer_find(word);
    lg_err_clear(&err);
    CHECK(type != NULL);
    nn_config_init(type, config);
    CHECK(nn_config_parse(type, config, line + strlen(word), &err) != LG_OK);
    CHECK_INT(err.code, code);
    CHECK_HAS(err.msg, sentence);
}

TEST(settings_are_checked)
{
    refused("conv many 3x3", 141, "`conv filters` wants a whole number, not `many`");
    refused("conv 16 3x3 rellu", 140, "`conv` does not know `rellu`");
    CHECK_STR(err.hint, "did you mean `relu`?");
    refused("conv 0 3x3", 142, "`conv filters` must be at least 1, not 0");
    refused("conv 16 kernel 0x3", 142, "`conv kernel` must be at least 1");
    refused("conv 3x3", 143, "`conv` needs a whole number");
    refused("conv 16 strides=2x", 141, "`conv stride` wants a size");
    refused("dropout 1.5", 142, "`dropout rate` must be at most 0.99");
    refused("dropout", 143, "`dropout` needs a number");
    refused("dense 4 activation=softmx", 141, "wants one of linear, relu");
    CHECK_STR(err.hint, "did you mean `softmax`?");
    refused("maxpool 300", 142, "must be at most 255");
    refused("conv 16 name", 143, "needs a value");
    refused("conv 16 64", 140, "does not know `64`");
    refused("dense 1.5", 141, "wants a whole number");
    refused("dense 99999999999999999999999", 142, "must be at most");
    refused("dense -3", 142, "must be at least 1");
    refused("conv 16 9999999999999999999x3", 140, "does not know");
}

TEST(spellings)
{
    static const char *const same[][2] = {
        {"conv 16 3x3 relu", "Conv2D 3x3 16 activation=relu"}, {"conv 16 3", "conv filters=16 kernel_size 3x3"},
        {"maxpool 2", "MaxPooling2D pool_size=2x2"},           {"maxpool 3 stride 2", "max_pooling2d 3x3 strides 2"},
        {"dropout 0.5", "Dropout 50%"},                        {"dense 4 no bias", "dense units=4 use_bias=no"},
        {"conv 8 3x3 swish", "conv 8, 3x3, silu"},             {"conv 8 same", "conv 8 no valid"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char config[2][512];
        memset(config, 0, sizeof config);
        for (int k = 0; k < 2; k++) {
            char word[32];
            snprintf(word, sizeof word, "%.*s", (int)strcspn(same[i][k], " "), same[i][k]);
            const nn_layer_type *type = nn_layer_find(word);
            lg_err_clear(&err);
            CHECK(type != NULL);
            nn_config_init(type, config[k]);
            CHECK_OK(nn_config_parse(type, config[k], same[i][k] + strlen(word), &err));
        }
        if (memcmp(config[0], config[1], sizeof config[0])) TEST_FAIL("`%s` is not `%s`", same[i][0], same[i][1]);
    }
}
