/* format_onnx.c - the tensors of an ONNX file; its network is checked on the way, and read with nn_onnx_read. */
#include "nnlib/io/format.h"
#include <string.h>
#include "nnlib/io/onnx.h"
#include "lib/base/banned.h"

/* ONNX has no mark of its own. Everyone writes the version (field 1, 3 or more) first; SavedModels have 1 there. What
 * comes next is a text, a number or a message of the model. */
static bool probe(const unsigned char *data, size_t len)
{
    return len > 3 && data[0] == 0x08 && data[1] >= 3 && data[1] < 64 && data[2] &&
           memchr("\x12\x1a\x22\x28\x32\x3a\x42", data[2], 7);
}

static lg_status load(const unsigned char *data, size_t len, nn_named_tensors *out, lg_err *err)
{
    nn_onnx net;
    lg_status st = nn_onnx_read(data, len, out->file, &net, err);
    if (st == LG_OK && !net.tensors.count) st = nn_named_damaged(out->file, err, "it has no tensors");
    if (st == LG_OK) {
        nn_named_release(out);
        *out = net.tensors;
        net.tensors = (nn_named_tensors){.file = out->file};
    }
    nn_onnx_release(&net);
    return st;
}

const nn_format nn_format_onnx = {.name = "onnx", .probe = probe, .load = load};
