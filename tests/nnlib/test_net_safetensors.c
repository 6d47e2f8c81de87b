/* test_net_safetensors.c - the weights of a network as safetensors: read back equal, with what is said beside them. */
#include <jansson.h>
#include "nnlib/io/net_safetensors.h"
#include "tests/support/export_nets.h"

static lg_buf bytes;
static nn_named_tensors list;

static void read_back(const nn_about *about)
{
    lg_buf_release(&bytes);
    lg_buf_init(&bytes, (size_t)1 << 28);
    lg_err_clear(&err);
    CHECK_OK(nn_safetensors_write(about, &bytes, &err));
    CHECK_OK(nn_weights_file_read(bytes.data, bytes.len, "x.safetensors", &list, &err));
}

TEST(read_back_equal)
{
    for (int i = 0; i < EXPORT_NETS; i++) {
        nn_weights *weights = export_weights(export_nets[i].name);
        const nn_net *net = nn_weights_net(weights);
        nn_about about = export_about(weights, export_nets[i].name);
        size_t params = 0;
        read_back(&about);
        for (int k = 0; k < nn_net_count(net); k++) {
            nn_facts facts;
            nn_array array[NN_MAX_PARAMS];
            CHECK_OK(nn_facts_of(nn_net_node(net, k), &facts, &err));
            int n = facts.fixed ? 0 : nn_facts_arrays(&facts, weights, k, array);
            for (int p = 0; p < n; p++, params++) {
                char name[120];
                snprintf(name, sizeof name, "%s/%s", nn_net_node(net, k)->keras_name, array[p].name);
                const nn_named_tensor *t = nn_named_find(&list, name);
                if (!t) TEST_FAIL("%s is not there", name);
                CHECK_INT(t->rank, array[p].shape.rank);
                CHECK(memcmp(t->dim, array[p].shape.dim, (size_t)t->rank * sizeof *t->dim) == 0);
                CHECK(memcmp(t->data, array[p].data, t->bytes) == 0);
            }
        }
        CHECK_INT(list.count, params);
        nn_weights_unref(weights);
    }
}

TEST(what_is_said_beside)
{
    nn_weights *weights = export_weights("residual");
    nn_about about = export_about(weights, "residual");
    size_t header = 0;
    read_back(&about);
    for (int i = 0; i < 8; i++) header |= (size_t)(unsigned char)bytes.data[i] << 8 * i;
    json_t *root = json_loadb(bytes.data + 8, header, 0, NULL), *notes = json_object_get(root, "__metadata__");
    CHECK_HAS(json_string_value(json_object_get(notes, "layers")),
              "input1: input 12x10x2\nconv1: conv 4 3x3 same no bias\nbatchnorm1: batchnorm\n");
    CHECK_HAS(json_string_value(json_object_get(notes, "layers")), "\nadd2: add (conv3, activation2, activation1)\n");
    CHECK_STR(json_string_value(json_object_get(notes, "scale")), "byte / 255");
    CHECK_STR(json_string_value(json_object_get(notes, "recipe")), about.recipe);
    CHECK_STR(json_string_value(json_object_get(notes, "model")), "residual");
    json_t *classes = json_loads(json_string_value(json_object_get(notes, "classes")), 0, NULL);
    CHECK_INT(json_array_size(classes), 4);
    for (size_t i = 0; i < 4; i++) CHECK_STR(json_string_value(json_array_get(classes, i)), about.label[i]);
    json_decref(classes);
    json_decref(root);
    nn_weights_unref(weights);
}

TEST(refusals)
{
    nn_net *net = NULL, *bare = NET("input 2x2x1", "flatten");
    nn_weights *weights = NULL;
    nn_config config = {.name = "a/../b"};
    lg_buf_clear(&bytes);
    CHECK_OK(nn_weights_zero(bare, &weights, &err));
    nn_about about = export_about(weights, "bare");
    CHECK_INT(nn_safetensors_write(&about, &bytes, &err), LG_E_UNSUPPORTED);
    CHECK_HAS(err.why, "none of its layers has weights");
    nn_weights_unref(weights);
    nn_net_unref(bare);
    lg_err_clear(&err);
    CHECK_OK(nn_net_new(&net, &err));
    CHECK_OK(nn_net_add_line(net, "input 2x2x1", &err));
    CHECK_OK(nn_net_add(net, nn_layer_find("flatten"), &(nn_config){0}, &err));
    char dense[512];
    nn_config_init(nn_layer_find("dense"), dense);
    CHECK_OK(nn_config_parse(nn_layer_find("dense"), dense, "2", &err));
    memcpy(dense, &config, sizeof config);
    CHECK_OK(nn_net_add(net, nn_layer_find("dense"), dense, &err));
    CHECK_OK(nn_net_finish(net, &err));
    CHECK_OK(nn_weights_zero(net, &weights, &err));
    about = export_about(weights, "odd");
    CHECK_INT(nn_safetensors_write(&about, &bytes, &err), LG_E_UNSUPPORTED);
    CHECK_INT(err.code, 367);
    CHECK_HAS(err.why, "`a/../b`");
    nn_weights_unref(weights);
    nn_net_unref(net);
}

TEST(without_memory)
{
    nn_weights *weights = export_weights("residual");
    nn_about about = export_about(weights, "residual");
    lg_status st = LG_E_MEMORY;
    long n = 0;
    for (; st == LG_E_MEMORY && n < 500; n++) {
        lg_buf_release(&bytes);
        lg_err_clear(&err);
        lg_alloc_fail_at(n + 1, true);
        st = nn_safetensors_write(&about, &bytes, &err);
        lg_alloc_fail_at(0, false);
    }
    CHECK_OK(st);
    CHECK(n > 5);
    nn_weights_unref(weights);
}
