/* test_keras_json.c - the JSON of a network: as kept in tests/golden/keras/config_*.json, which Keras has built.
 *
 * With PEER_PYTHON (a Python that has Keras) it builds them again; see check_config.py. NN_BLESS=1 writes them anew. */
#include <jansson.h>
#include "nnlib/model/keras_json.h"
#include "tests/support/export_nets.h"

static lg_buf config_of(const nn_net *net, nn_keras_form form)
{
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    lg_err_clear(&err);
    CHECK_OK(nn_keras_config(net, "a \"name\"", form, &text, &err));
    return text;
}

static void as_kept(const char *name, nn_keras_form form, const char *path)
{
    nn_weights *weights = export_weights(name);
    lg_buf text = config_of(nn_weights_net(weights), form);
    char kept[1 << 16];
    lg_buf_addc(&text, '\n');
    FILE *f = fopen(path, getenv("NN_BLESS") ? "w+" : "r");
    if (!f) TEST_FAIL("cannot open %s", path);
    if (getenv("NN_BLESS")) fwrite(lg_buf_str(&text), 1, text.len, f), rewind(f);
    kept[fread(kept, 1, sizeof kept - 1, f)] = '\0';
    fclose(f);
    CHECK_STR(lg_buf_str(&text), kept);
    lg_buf_release(&text);
    nn_weights_unref(weights);
}

TEST(configs_are_as_kept)
{
    as_kept("report", NN_KERAS_3, "tests/golden/keras/config_report.json");
    as_kept("layers", NN_KERAS_3, "tests/golden/keras/config_layers.json");
    as_kept("residual", NN_KERAS_3, "tests/golden/keras/config_residual.json");
    as_kept("side_by_side", NN_KERAS_3, "tests/golden/keras/config_side_by_side.json");
    as_kept("crossed", NN_KERAS_3, "tests/golden/keras/config_crossed.json");
    as_kept("prepared", NN_KERAS_3, "tests/golden/keras/config_prepared.json");
    as_kept("side_by_side", NN_KERAS_2, "tests/golden/keras/config_old.json");
    as_kept("kept_dims", NN_KERAS_2, "tests/golden/keras/config_old_kept_dims.json");
}

/* Every layer is there once, with what it reads. */
TEST(it_is_json_of_all_layers)
{
    for (int i = 0; i < EXPORT_NETS; i++) {
        nn_weights *weights = export_weights(export_nets[i].name);
        const nn_net *net = nn_weights_net(weights);
        lg_buf text = config_of(net, NN_KERAS_3);
        json_t *root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
        json_t *layers = json_object_get(json_object_get(root, "config"), "layers");
        CHECK_INT(json_array_size(layers), nn_net_count(net));
        for (int k = 0; k < nn_net_count(net); k++) {
            size_t at;
            json_t *layer, *found = NULL;
            json_array_foreach(layers, at, layer) if (!strcmp(json_string_value(json_object_get(layer, "name")),
                                                              nn_net_node(net, k)->keras_name)) found = layer;
            CHECK(found != NULL);
            bool mix = strcmp(nn_net_node(net, k)->type->name, "preprocess") == 0;
            CHECK_STR(json_string_value(json_object_get(found, "class_name")),
                      mix ? "Conv2D" : nn_net_node(net, k)->type->keras);
            CHECK_INT(json_array_size(json_object_get(found, "inbound_nodes")), k > 0);
        }
        json_decref(root);
        lg_buf_release(&text);
        nn_weights_unref(weights);
    }
}

static void check_order(const char *name, const int *want)
{
    int order[32];
    nn_weights *weights = export_weights(name);
    const nn_net *net = nn_weights_net(weights);
    lg_err_clear(&err);
    CHECK_OK(nn_keras_order(net, order, &err));
    for (int i = 0; i < nn_net_count(net); i++)
        if (order[i] != want[i]) TEST_FAIL("%s: place %d has node %d", name, i, order[i]);
    nn_weights_unref(weights);
}

/* Branches stand by how far they are from the output, not in the order of the lines. */
TEST(order_of_layers)
{
    check_order("side_by_side", (const int[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    check_order("crossed", (const int[]){0, 2, 3, 1, 4, 5, 6, 7, 8});
}

TEST(refusals)
{
    nn_net *net = NULL;
    nn_config config = {.name = "a/b"};
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 4x4x1", &err));
    CHECK_OK(nn_net_add(net, nn_layer_find("flatten"), &config, &err));
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_INT(nn_keras_config(net, "x", NN_KERAS_3, &text, &err), LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 367);
    CHECK_HAS(err.why, "and one is `a/b`");
    nn_net_unref(net);
    lg_buf_release(&text);
}

TEST(keras_builds_the_same)
{
    char line[1024];
    if (!getenv("PEER_PYTHON")) SKIP("PEER_PYTHON names no Python with Keras");
    snprintf(line, sizeof line, "\"%s\" tests/golden/keras/check_config.py", getenv("PEER_PYTHON"));
    CHECK_INT(system(line), 0);
}
