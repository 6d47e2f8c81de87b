/* fuzz_onnx.c - any bytes as an ONNX file: its tensors as a file of weights, its nodes, and all of it as a network.
 * `make fuzz F=onnx`. */
#include "nnlib/io/onnx.h"
#include "nnlib/io/onnx_net.h"
#include "tests/fuzz/fuzz_weights.h"

/* Whether a node may read it: a tensor, an input, or an output of a node before. */
static void check_input(const nn_onnx *net, size_t node, const char *name)
{
    if (!name[0] || nn_named_find(&net->tensors, name)) return;
    for (size_t i = 0; i < net->inputs; i++)
        if (strcmp(net->input[i].name, name) == 0) return;
    for (size_t i = 0; i < node; i++)
        for (int k = 0; k < net->node[i].outputs; k++)
            if (strcmp(net->node[i].output[k], name) == 0) return;
    abort();
}

/* A network is finished, with weights that are numbers, or the failure says what is wrong. */
static void network_of_any_bytes(const uint8_t *data, size_t size)
{
    nn_onnx_classifier c;
    lg_err err = {0};
    const nn_onnx_choice choice = {.height = 8, .width = 8, .softmax = true};
    if (nn_onnx_net(data, size, "x", &choice, &c, &err)) {
        if (!err.code || !err.msg[0] || c.net || c.weights) abort();
    } else if (nn_net_count(c.net) < 2 || !nn_weights_finite(c.weights)) {
        abort();
    }
    nn_onnx_classifier_release(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_onnx net;
    lg_err err = {0};
    weights_of_any_bytes(data, size);
    if (nn_onnx_read(data, size, "x", &net, &err) == LG_OK)
        for (size_t i = 0; i < net.nodes; i++)
            for (int k = 0; k < net.node[i].inputs; k++) check_input(&net, i, net.node[i].input[k]);
    nn_onnx_release(&net);
    network_of_any_bytes(data, size);
    return 0;
}
