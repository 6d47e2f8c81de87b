/* `freeze` after a training: what is frozen keeps its numbers in whatever is trained next, and files of such models. */
#include <math.h>
#include "kernel/commands/box_model.h"
#include "lib/base/reach.h"
#include "lib/store/bundle.h"
#include "nnlib/nnlib.h"
#include "tests/support/lens.h"

static lens l;
static lg_err err;
#define RUN(code) CHECK(run(code))
static bool run(const char *code)
{
    if (lens_run(&l, code) == LG_OK) return true;
    printf("LL%03d %s (%s)\n", l.err.code, l.err.msg, l.err.why);
    return false;
}

static void begin(void)
{
    static bool first = true;
    if (first) lens_shop();
    first = false;
    CHECK_OK(lens_open(&l));
    RUN("load logos from shop size 12x12");
}

static const cmd_model *model_called(const char *name)
{
    return dsl_session_get(l.session, name)->payload;
}

static double fact(const char *object, const char *path)
{
    dsl_fact out = {0};
    lg_arena arena;
    lg_arena_init(&arena, 0);
    dsl_object *o = dsl_session_get(l.session, object);
    CHECK_OK(o->cls->field(o->payload, path, &arena, &out, &err));
    lg_arena_release(&arena);
    return out.number;
}

/* So much work for so few numbers that they are kept. */
#define NET                                                                                                            \
    "model s on logos { conv 16 5x5 relu; conv 32 5x5 relu; maxpool 2; flatten; dense 8 relu; dense classes softmax "  \
    "}\n"

static bool frozen_layers_are(const cmd_model *m, const nn_weights *was)
{
    for (int i = 1; i < nn_net_count(m->net); i++) {
        const nn_node *node = nn_net_node(m->net, i);
        for (int k = 0; node->frozen && k < node->nparam; k++)
            if (memcmp(nn_weights_param(m->weights, i, k), nn_weights_param(was, i, k),
                       nn_shape_size(node->param[k].shape) * sizeof(float)) != 0)
                return false;
    }
    return true;
}

/* The best epoch's weights are the model's; a run that goes on begins with the last one's. */
TEST(continue_keeps_what_was_frozen)
{
    static const char *const how[] = {"fit s continue epochs 2 batch 8 lr 0.01 quiet",
                                      "fit s continue epochs 2 batch 8 lr 0.01 keep last quiet"};
    begin();
    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        RUN(NET "fit s epochs 12 batch 8 lr 0.2 quiet\nfreeze s layers conv*");
        const cmd_model *m = model_called("s");
        const nn_weights *last = cmd_model_run(m)->run.last, *best = cmd_model_run(m)->run.weights;
        CHECK(memcmp(nn_weights_block(last), nn_weights_block(best),
                     nn_net_block(nn_weights_net(best)) * sizeof(float)) != 0); /* or this asks nothing */
        nn_weights *was = nn_weights_ref(m->weights);
        RUN(how[i]);
        CHECK(frozen_layers_are(model_called("s"), was));
        double said = fact("s", "val.loss");
        RUN("let said = s.val.loss\nevaluate s on logos.val");
        char loss[40];
        snprintf(loss, sizeof loss, "%.4f", said);
        if (!strstr(lg_buf_str(&l.text), loss)) printf("%s is not in\n%s\n", loss, lg_buf_str(&l.text));
        CHECK(strstr(lg_buf_str(&l.text), loss) != NULL);
        nn_weights_unref(was);
    }
    lens_close(&l);
}

/* The best epoch of before is no longer one of this network where the frozen layers are those of another epoch. */
TEST(an_epoch_with_other_frozen_layers_is_not_the_best)
{
    begin();
    RUN(NET "fit s epochs 12 batch 8 lr 0.2 keep last quiet\nfreeze s layers conv*");
    const nn_run *before = &cmd_model_run(model_called("s"))->run;
    CHECK(before->best >= 0 && before->best < before->epochs - 1); /* or this asks nothing */
    nn_weights *was = nn_weights_ref(model_called("s")->weights);
    RUN("fit s continue epochs 2 batch 8 lr 0.0000001 quiet");
    const nn_run *now = &cmd_model_run(model_called("s"))->run;
    CHECK(now->best >= now->epochs - 2);
    CHECK(frozen_layers_are(model_called("s"), was));
    nn_weights_unref(was);
    lens_close(&l);
}

static float furthest(const nn_weights *a, const nn_weights *b)
{
    float most = 0;
    const nn_net *net = nn_weights_net(a);
    for (int i = 1; i < nn_net_count(net); i++)
        for (int k = 0; k < nn_net_node(net, i)->nparam; k++)
            for (size_t j = 0; j < nn_shape_size(nn_net_node(net, i)->param[k].shape); j++)
                most = fmaxf(most, fabsf(nn_weights_param(a, i, k)[j] - nn_weights_param(b, i, k)[j]));
    return most;
}

/* Adam divides by how many steps it has made: one that begins anew has made none, or its first ones are not as long as
 * the learning rate says. */
TEST(an_optimiser_that_begins_anew_counts_anew)
{
    static const char *const how[] = {"fit s epochs 4 batch 8 lr 0.01 optimizer adam keep last quiet\n"
                                      "unfreeze s layers all",
                                      "fit s epochs 4 batch 8 lr 0.01 optimizer momentum keep last quiet"};
    begin();
    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        RUN(NET "freeze s layers conv*");
        RUN(how[i]);
        nn_weights *was = NULL;
        CHECK_OK(nn_weights_copy(model_called("s")->weights, &was, &err));
        RUN("fit s continue epochs 1 batch 64 lr 0.001 optimizer adam keep last quiet"); /* one step */
        float moved = furthest(was, model_called("s")->weights);
        CHECK(moved > 0.00099f && moved < 0.00101f);
        nn_weights_unref(was);
    }
    lens_close(&l);
}

/* Layers that were frozen when they had learnt something begin anew in a model like it, so they learn; those of a base
 * keep what they know. */
TEST(like_thaws_what_begins_anew)
{
    begin();
    RUN(NET "fit s epochs 1 batch 8 quiet\nfreeze s layers conv*\nmodel again like s");
    CHECK_INT(nn_net_frozen(model_called("again")->net), 0);
    RUN("model t on logos { input 32x32; base mobilenet width 0.1 weights none frozen until conv_pw_2_relu; globalavg; "
        "dense 4 relu; dense classes softmax }\nfreeze t layers dense1\nmodel u like t");
    CHECK_INT(nn_net_frozen(model_called("u")->net), nn_net_frozen(model_called("t")->net) - 1);
    lens_close(&l);
}

/* A sweep trains as `fit` does: from the first weights, but for what is frozen. */
TEST(a_sweep_keeps_what_is_frozen)
{
    begin();
    RUN(NET "fit s epochs 6 batch 8 lr 0.1 quiet\nfreeze s layers conv*");
    RUN("sweep s lr 0.05 batch 8 epochs 3 by val.loss as g");
    RUN("fit s epochs 3 batch 8 lr 0.05 again quiet");
    CHECK_NEAR(fact("g", "best.mean"), fact("s", "val.loss"), 1e-9);
    lens_close(&l);
}

/* Runs of large networks are forgotten earlier, the last one never. */
TEST(old_runs_are_forgotten_by_weight)
{
    begin();
    RUN(NET "for rate in 0.01, 0.02, 0.03, 0.04 { fit s epochs 1 batch 8 lr $rate optimizer adam quiet }");
    const cmd_model *m = model_called("s");
    const cmd_run *last = cmd_model_run(m);
    size_t one = (2 * nn_net_block(m->net) + last->run.nslots) * sizeof(float);
    const struct {
        size_t most;
        int left;
    } cases[] = {{SIZE_MAX, 4}, {3 * one, 4}, {3 * one - 1, 3}, {one, 2}, {0, 1}};
    CHECK_INT(m->runs, 4);
    CHECK(last->run.nslots > 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cmd_model *copy = NULL;
        CHECK_OK(cmd_model_again(m, &copy, &err));
        cmd_model_forget_runs(copy, cases[i].most);
        CHECK_INT(copy->runs, cases[i].left);
        CHECK(cmd_model_run(copy) == last);
        cmd_model_free(copy);
    }
    lens_close(&l);
}

/* A network that was opened holds weights for images of one size; one like it for another size has layers they do not
 * fit. */
TEST(like_a_network_that_was_opened)
{
    static const char *const other[] = {"model again like net on big", "model again like net on small"};
    begin();
    RUN("model f on logos { conv 4 3x3 relu; flatten; dense classes softmax }\nexport f to f.onnx");
    CHECK_HAS(lg_buf_str(&l.text), "not trained: these are its first weights");
    RUN("open net from f.onnx\nexport net to g.onnx");
    CHECK(!strstr(lg_buf_str(&l.text), "not trained"));
    RUN("model same like net on logos\nload big from shop size 40x40\nload small from shop size "
        "6x6");
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        CHECK(lens_run(&l, other[i]) != LG_OK);
        CHECK_INT(l.err.code, 408);
    }
    lens_close(&l);
}

/* ---- hostile files ---- */
static lg_buf bytes;

static void read_file(const char *name)
{
    lg_buf_init(&bytes, (size_t)1 << 28);
    CHECK_OK(lg_reach_read(name, &bytes, &err));
}

/* The model's file where the number `from` bytes before the end of a section is another one. */
static lg_status open_with(const char *section, size_t from, uint32_t value)
{
    store_bundle b;
    store_writer w;
    CHECK_OK(store_bundle_read("f.lmodel", bytes.data, bytes.len, &b, &err));
    store_writer_init(&w, b.kind, b.sections);
    for (int i = 0; i < b.sections; i++) {
        lg_buf *out = store_writer_section(&w, b.section[i].name);
        size_t at = out->len;
        lg_buf_add(out, b.data + b.section[i].at, b.section[i].len);
        if (strcmp(b.section[i].name, section)) continue;
        CHECK(out->len - at >= from);
        memcpy(out->data + out->len - from, &value, sizeof value);
    }
    CHECK_OK(store_writer_finish(&w, &err));
    CHECK_OK(lg_reach_write_quick("g.lmodel", w.out.data, w.out.len, 0600, &err));
    store_writer_release(&w);
    return lens_run(&l, "open g from g.lmodel");
}

/* Weights of a part are not weights of the whole, whatever a file says. */
TEST(weights_of_a_part_are_not_those_of_the_model)
{
    begin();
    RUN(NET "freeze s layers conv*\nfit s epochs 1 batch 8 quiet\nsave s to f.lmodel");
    CHECK_INT(nn_net_count(nn_weights_net(cmd_model_run(model_called("s"))->run.weights)), 3);
    read_file("f.lmodel");
    CHECK(open_with("model", 4, 1) == LG_OK); /* as it is: first weights, then the present ones */
    for (int present = 0; present < 2; present++) {
        CHECK(open_with("model", present ? 4 : 8, 2) != LG_OK);
        CHECK_INT(l.err.code, 331);
    }
    lg_buf_release(&bytes);
    lens_close(&l);
}

/* Those of a run are of one network: a training that goes on from them reads them all alike. */
TEST(weights_of_a_run_are_of_one_network)
{
    static const uint32_t three[] = {2, 2, 2}; /* kept, last and best ones: after one epoch they are the same */
    store_bundle b;
    size_t at = 0, len = 0;
    begin();
    RUN(NET "freeze s layers conv*\nfit s epochs 1 batch 8 again quiet\nsave s to f.lmodel");
    read_file("f.lmodel");
    CHECK_OK(store_bundle_read("f.lmodel", bytes.data, bytes.len, &b, &err));
    for (int i = 0; i < b.sections; i++) {
        if (strcmp(b.section[i].name, "runs")) continue;
        const unsigned char *from = b.data + b.section[i].at;
        const unsigned char *found = memmem(from, b.section[i].len, three, sizeof three);
        CHECK(found != NULL);
        at = (size_t)(found - from), len = b.section[i].len;
    }
    CHECK(open_with("runs", len - at, 2) == LG_OK);
    for (size_t i = 0; i < 3; i++) {
        CHECK(open_with("runs", len - at - 4 * i, 0) != LG_OK);
        CHECK_INT(l.err.code, 331);
    }
    lg_buf_release(&bytes);
    lens_close(&l);
}
