/* test_net_pack.c - networks, weights and runs as bytes: they come back bit for bit, and broken ones are refused. */
#include "tests/support/nn_test.h"

static lg_buf out;

static lg_unpack begin(void)
{
    lg_unpack in;
    CHECK_OK(lg_buf_check(&out, &err));
    lg_unpack_init(&in, out.data, out.len, "a.lmodel", "network");
    return in;
}

static void fresh(void)
{
    lg_err_clear(&err);
    lg_buf_release(&out);
    lg_buf_init(&out, 0);
}

static nn_net *there_and_back(const nn_net *net)
{
    nn_net *again = NULL;
    fresh();
    nn_net_pack(net, &out);
    lg_unpack in = begin();
    CHECK_OK(nn_net_unpack(&in, &again, &err));
    CHECK_OK(lg_unpack_end(&in, &err));
    CHECK(nn_net_same(net, again));
    for (int i = 0; i < nn_net_count(net); i++) {
        CHECK_STR(nn_net_node(again, i)->name, nn_net_node(net, i)->name);
        CHECK_STR(nn_net_node(again, i)->keras_name, nn_net_node(net, i)->keras_name);
    }
    return again;
}

TEST(the_report_network_with_its_weights)
{
    nn_net *net = REPORT_NET, *again = there_and_back(net);
    nn_weights *w = NULL, *back = NULL;
    CHECK_INT(nn_net_params(again), 130532);
    CHECK_OK(nn_weights_new(net, 7, &w, &err));
    fresh();
    nn_weights_pack(w, &out);
    CHECK_INT(out.len, 8 + 4 * 130532);
    lg_unpack in = begin();
    CHECK_OK(nn_weights_unpack(&in, again, &back, &err));
    CHECK_OK(lg_unpack_end(&in, &err));
    CHECK(memcmp(nn_weights_block(w), nn_weights_block(back), nn_net_block(net) * sizeof(float)) == 0);
    nn_weights_unref(w), nn_weights_unref(back);
    nn_net_unref(net), nn_net_unref(again);
}

/* Every kind of layer, with the settings of its examples. */
TEST(every_layer_with_its_examples)
{
    int seen = 0;
    for (int i = 0; nn_layers[i]; i++) {
        for (const nn_example *e = nn_layers[i]->examples; e && e->line; e++) {
            char input[64];
            nn_shape s = e->in[0];
            lg_err_clear(&err);
            if (e->in[1].rank || s.rank != 3 || strcmp(nn_layers[i]->name, "input") == 0) continue;
            snprintf(input, sizeof input, "input %dx%dx%d", (int)s.dim[0], (int)s.dim[1], (int)s.dim[2]);
            nn_net *net = NET(input, e->line), *again = there_and_back(net);
            nn_net_unref(net), nn_net_unref(again);
            seen++;
        }
    }
    CHECK(seen > 10);
}

static nn_net *branches(void)
{
    nn_net *net = NULL;
    char config[512];
    const nn_layer_type *conv = nn_layer_find("conv"), *add = nn_layer_find("add");
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 6x6x2", &err));
    nn_config_init(conv, config);
    CHECK_OK(nn_config_parse(conv, config, "2 3x3 relu same l2 0.1 name mine", &err));
    CHECK_OK(nn_net_add(net, conv, config, &err));
    nn_config_init(add, config);
    CHECK_OK(nn_net_add_to(net, add, config, (const int[]){0, 1}, 2, &err));
    CHECK_OK(nn_net_add_line(net, "flatten", &err));
    CHECK_OK(nn_net_add_line(net, "dense 2 softmax", &err));
    CHECK_OK(nn_net_finish(net, &err));
    return net;
}

TEST(branches_names_and_exact_numbers)
{
    nn_net *net = branches(), *again = there_and_back(net);
    const nn_node *node = nn_net_node(again, 1);
    CHECK_STR(node->name, "mine");
    CHECK(node->param[0].l2 == 0.1); /* bit for bit, not by six digits */
    nn_net_unref(net), nn_net_unref(again);
}

/* ---- runs ---- */
static lg_status dots_fill(void *ctx, const int64_t *indices, int n, float *x, int32_t *label, lg_err *e)
{
    (void)ctx, (void)e;
    for (int i = 0; i < n; i++) {
        hash_fill(x + (size_t)i * 72, 72, (uint32_t)indices[i], 0.5f);
        if (label) label[i] = (int32_t)(indices[i] % 2);
        x[(size_t)i * 72] += (float)(indices[i] % 2);
    }
    return LG_OK;
}

static nn_fit_options options(const nn_net *net, const nn_weights *start, const nn_source *val)
{
    nn_fit_options o = nn_fit_defaults();
    o.net = net, o.weights = start, o.batch = 8, o.lr = 0.01, o.optimizer = "adam";
    o.train = (nn_source){.count = 40, .fill = dots_fill};
    o.validation = val;
    return o;
}

static bool same_weights(const nn_weights *a, const nn_weights *b)
{
    return memcmp(nn_weights_block(a), nn_weights_block(b), nn_net_block(nn_weights_net(a)) * sizeof(float)) == 0;
}

/* Two epochs, saved, read back and continued for three, are the five epochs in one. */
TEST(a_run_that_was_saved_goes_on_as_if_it_had_not_been)
{
    nn_net *net = branches();
    nn_weights *start = NULL;
    const nn_source val = {.count = 20, .fill = dots_fill};
    nn_run whole = {0}, half = {0}, read = {0}, rest = {0};
    CHECK_OK(nn_weights_new(net, 3, &start, &err));
    nn_fit_options o = options(net, start, &val);
    o.epochs = 5;
    CHECK_OK(nn_fit(&o, &whole, &err));
    o.epochs = 2;
    CHECK_OK(nn_fit(&o, &half, &err));

    fresh();
    nn_run_pack(&half, &out);
    nn_weights_pack(half.weights, &out), nn_weights_pack(half.last, &out);
    lg_unpack in = begin();
    CHECK_OK(nn_run_unpack(&in, net, &read, &err));
    CHECK_OK(nn_weights_unpack(&in, net, &read.weights, &err));
    CHECK_OK(nn_weights_unpack(&in, net, &read.last, &err));
    CHECK_OK(lg_unpack_end(&in, &err));
    CHECK_INT(read.epochs, 2);
    CHECK_INT(read.steps, half.steps);
    CHECK(memcmp(&read.epoch[0].calibration, &half.epoch[0].calibration, sizeof(nn_calibration)) == 0);
    CHECK(read.epoch[1].val_loss == half.epoch[1].val_loss && read.epoch[0].seconds == half.epoch[0].seconds);
    CHECK(memcmp(read.epoch[1].confusion, half.epoch[1].confusion, 4 * sizeof(int64_t)) == 0);

    o.epochs = 5, o.within = true, o.resume = &read, o.weights = read.last;
    CHECK_OK(nn_fit(&o, &rest, &err));
    CHECK_INT(rest.epochs, 5);
    CHECK_INT(rest.best, whole.best);
    CHECK(same_weights(rest.last, whole.last) && same_weights(rest.weights, whole.weights));
    CHECK(rest.epoch[4].loss == whole.epoch[4].loss && rest.epoch[4].val_loss == whole.epoch[4].val_loss);
    CHECK(memcmp(rest.slots, whole.slots, whole.nslots * sizeof(float)) == 0);
    nn_run_release(&whole), nn_run_release(&half), nn_run_release(&read), nn_run_release(&rest);
    nn_weights_unref(start);
    nn_net_unref(net);
}

/* ---- what is not believed ---- */
/* Reads the bytes as a network, then weights and a run of it; true when all of them were accepted. */
static bool read_all(const void *data, size_t len)
{
    lg_unpack in;
    nn_net *net = NULL;
    nn_weights *w = NULL;
    nn_run run = {0};
    lg_err_clear(&err);
    lg_unpack_init(&in, data, len, "a.lmodel", "network");
    bool fine = nn_net_unpack(&in, &net, &err) == LG_OK;
    fine = fine && nn_weights_unpack(&in, net, &w, &err) == LG_OK;
    fine = fine && nn_run_unpack(&in, net, &run, &err) == LG_OK;
    fine = fine && lg_unpack_end(&in, &err) == LG_OK;
    CHECK(fine || err.status);
    if (fine) CHECK(nn_weights_finite(w));
    nn_run_release(&run);
    nn_weights_unref(w);
    nn_net_unref(net);
    return fine;
}

static void pack_small(void)
{
    nn_net *net = branches();
    nn_weights *start = NULL;
    nn_run run = {0};
    CHECK_OK(nn_weights_new(net, 3, &start, &err));
    nn_fit_options o = options(net, start, NULL);
    o.epochs = 2, o.optimizer = "momentum";
    CHECK_OK(nn_fit(&o, &run, &err));
    fresh();
    nn_net_pack(net, &out), nn_weights_pack(start, &out), nn_run_pack(&run, &out);
    nn_run_release(&run);
    nn_weights_unref(start);
    nn_net_unref(net);
}

TEST(cut_at_every_byte)
{
    pack_small();
    CHECK(read_all(out.data, out.len));
    for (size_t len = 0; len < out.len; len++) {
        char *part = malloc(len ? len : 1);
        memcpy(part, out.data, len);
        CHECK(!read_all(part, len));
        free(part);
    }
}

TEST(every_byte_may_be_anything)
{
    pack_small();
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    int refused = 0;
    for (size_t i = 0; i < out.len; i++) {
        char was = out.data[i];
        for (size_t v = 0; v < sizeof values; v++) {
            out.data[i] = (char)values[v];
            refused += !read_all(out.data, out.len);
        }
        out.data[i] = was;
    }
    CHECK(refused > 500);
    CHECK(read_all(out.data, out.len));
}

/* A stride of which one side is given cannot be typed; nor can no filters at all. */
TEST(settings_that_cannot_be_typed)
{
    static const char stride[] = "\6\0\0\0stride\0\2", filters[] = "\7\0\0\0filters\0\0";
    static const struct {
        const char *name;
        size_t len;
    } fields[] = {{stride, sizeof stride - 1}, {filters, sizeof filters - 1}};
    for (int i = 0; i < 2; i++) {
        nn_net *net = NET("input 8x8x1", "conv 2 3x3", "maxpool 2", "flatten", "dense 2"), *again = NULL;
        fresh();
        nn_net_pack(net, &out);
        char *at = out.data, *last = NULL;
        while ((at = memmem(at, (size_t)(out.data + out.len - at), fields[i].name, fields[i].len))) last = at++;
        CHECK(last != NULL);
        last[fields[i].len] = 0; /* the lowest byte: 0 instead of what was chosen */
        if (i == 0) last[fields[i].len + 8] = 2;
        lg_unpack in = begin();
        CHECK(nn_net_unpack(&in, &again, &err) == LG_E_FORMAT);
        CHECK_INT(err.code, 331);
        nn_net_unref(net);
    }
}

TEST(weights_of_another_network)
{
    nn_net *net = NET("input 4x4x1", "flatten", "dense 2 softmax"), *other = NET("input 4x4x1", "flatten", "dense 3");
    nn_weights *w = NULL, *back = NULL;
    CHECK_OK(nn_weights_new(net, 1, &w, &err));
    fresh();
    nn_weights_pack(w, &out);
    lg_unpack in = begin();
    CHECK(nn_weights_unpack(&in, other, &back, &err) == LG_E_FORMAT);
    CHECK_INT(err.code, 331);
    CHECK(!back);
    nn_weights_unref(w);
    nn_net_unref(net), nn_net_unref(other);
}

/* A network that would need gigabytes costs nothing before its numbers are seen. */
TEST(a_claim_costs_no_memory)
{
    nn_net *net = NET("input 64x64x3", "flatten", "dense 40000"), *again = NULL;
    nn_weights *w = NULL;
    fresh();
    nn_net_pack(net, &out);
    lg_pack_u64(&out, nn_net_params(net));
    lg_unpack in = begin();
    CHECK_OK(nn_net_unpack(&in, &again, &err));
    CHECK(nn_weights_unpack(&in, again, &w, &err) == LG_E_FORMAT);
    CHECK(!w);
    nn_net_unref(net), nn_net_unref(again);
}

TEST(memory_may_run_out)
{
    pack_small();
    for (long n = 1; n < 200; n++) {
        lg_alloc_fail_at(n, false);
        bool fine = read_all(out.data, out.len);
        lg_alloc_fail_at(0, false);
        if (fine) return;
        CHECK_INT(err.code, 901);
    }
    TEST_FAIL("reading never ended well");
}
