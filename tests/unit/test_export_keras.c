/* Models as files of Keras: what the helper wrote is read back by our own reader, number by number, with the
 * description that was meant. Whether Keras takes them is asked by tests/real/export.sh. */
#include "kernel/commands/export_keras.h"
#include "lib/hdf5/keras_file.h"
#include "tests/support/export_nets.h"
#include "tests/support/keras.h"

static lg_buf bytes;
static h5_weights back;

typedef lg_status (*writer)(const nn_about *about, lg_buf *out, lg_err *err);

static void write_and_read(writer write, const nn_about *about)
{
    h5_setup(&(h5_options){.program = keras_helper()});
    lg_buf_release(&bytes);
    lg_buf_init(&bytes, (size_t)1 << 28);
    lg_err_clear(&err);
    CHECK_OK(write(about, &bytes, &err));
    CHECK_OK(h5_weights_read(bytes.data, bytes.len, "x", NULL, &back, &err));
}

static void check_config(const nn_about *about, nn_keras_form form)
{
    lg_buf config;
    lg_buf_init(&config, 0);
    CHECK_OK(nn_keras_config(nn_weights_net(about->weights), about->name, form, &config, &err));
    CHECK_STR(back.config, lg_buf_str(&config));
    lg_buf_release(&config);
}

static void check_tensors(const nn_about *about)
{
    const nn_net *net = nn_weights_net(about->weights);
    size_t count = 0;
    for (int i = 0; i < nn_net_count(net); i++) {
        nn_facts facts;
        nn_array array[NN_MAX_PARAMS];
        CHECK_OK(nn_facts_of(nn_net_node(net, i), &facts, &err));
        int n = nn_facts_arrays(&facts, about->weights, i, array);
        for (int k = 0; k < n; k++, count++) {
            char name[120];
            bool depthwise = facts.op == NN_OP_DEPTHWISE && k == 0;
            snprintf(name, sizeof name, "%s/%s%s", nn_net_node(net, i)->keras_name, depthwise ? "depthwise_" : "",
                     array[k].name);
            const nn_named_tensor *t = nn_named_find(&back.tensors, name);
            if (!t) TEST_FAIL("%s is not in the file", name);
            CHECK_INT(t->bytes, nn_shape_size(array[k].shape) * sizeof(float));
            CHECK(memcmp(t->data, array[k].data, t->bytes) == 0);
        }
    }
    CHECK_INT(back.tensors.count, count);
}

static void check_all(writer write, nn_keras_form form)
{
    for (int i = 0; i < EXPORT_NETS; i++) {
        nn_weights *weights = export_weights(export_nets[i].name);
        const nn_about about = export_about(weights, export_nets[i].name);
        write_and_read(write, &about);
        CHECK(!back.counted);
        check_config(&about, form);
        check_tensors(&about);
        h5_weights_release(&back);
        nn_weights_unref(weights);
    }
}

TEST(keras_comes_back)
{
    check_all(cmd_keras_write, NN_KERAS_3);
    CHECK(memcmp(bytes.data, "PK\3\4", 4) == 0);
}

TEST(h5_comes_back)
{
    check_all(cmd_keras_h5_write, NN_KERAS_2);
    CHECK(memcmp(bytes.data, "\x89HDF", 4) == 0);
}

/* Without a helper it is said; without finite weights the helper is not even asked. */
TEST(refusals)
{
    nn_weights *weights = export_weights("report");
    const nn_about about = export_about(weights, "report");
    lg_buf_clear(&bytes);
    lg_err_clear(&err);
    h5_setup(&(h5_options){.program = NULL});
    CHECK(cmd_keras_write(&about, &bytes, &err) != LG_OK);
    CHECK_INT(err.code, 366);
    nn_weights_data(weights)[5] = INFINITY;
    lg_err_clear(&err);
    CHECK_INT(cmd_keras_h5_write(&about, &bytes, &err), LG_E_NUMERIC);
    CHECK_INT(err.code, 364);
    CHECK_INT(bytes.len, 0);
    nn_weights_unref(weights);
}
