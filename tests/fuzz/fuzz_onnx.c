/* fuzz_onnx.c - any bytes as an ONNX file: its tensors as a file of weights, and its nodes. `make fuzz F=onnx`. */
#include "nnlib/io/onnx.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_onnx net;
    lg_err err = {0};
    weights_of_any_bytes(data, size);
    if (nn_onnx_read(data, size, "x", &net, &err) == LG_OK)
        for (size_t i = 0; i < net.nodes; i++)
            for (int k = 0; k < net.node[i].inputs; k++) check_input(&net, i, net.node[i].input[k]);
    nn_onnx_release(&net);
    return 0;
}
